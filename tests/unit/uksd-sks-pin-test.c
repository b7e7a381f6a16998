// SPDX-License-Identifier: LGPL-2.1-or-later
/* PINs, PUKs, and what they protect. */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/channel.h"
#include "daemon/master/register.h"
#include "daemon/sks/tries.h"
#include "daemon/tpmgate.h"
#include "tests/unit/clock.h"
#include "tests/unit/uksd-ceremony.h"
#include "tests/unit/uksd-sks-fixture.h"
#include "tpm/nv.h"

/* Places in what sks_protection() reads. */
enum { STATUS_AT, PUK_LIMIT = 2, PUK_ERRORS = 3, PIN_LIMIT = 7, PIN_ERRORS = 13, BACKUP = 18 };

FIXTURE(pin)
{
	struct daemon daemon;
	struct issuer issuer;
	struct issuer_puk puk;
	struct issuer_pin pin;
	struct issuer_key key;
	struct issuer_key other;
	unsigned int fields[19];
};

FIXTURE_SETUP(pin)
{
	SKS_SETUP();
	self->puk = (struct issuer_puk){ .id = "PUK.1", .value = "012355", .len = 6, .limit = 3 };
	self->pin = (struct issuer_pin){
		.id = "PIN.1", .puk = &self->puk, .limit = 3, .min = 4, .max = 8,
		.grouping = SKS_GROUPING_SHARED,
	};
	self->key = (struct issuer_key){ .id = "Key.1", .pin = &self->pin, .pin_value = "1234" };
	self->other = (struct issuer_key){
		.id = "Key.2", .pin = &self->pin, .pin_value = "1234",
		.usage = SKS_USAGE_ENCRYPTION,
	};
}

FIXTURE_TEARDOWN(pin)
{
	issuer_key_free(&self->key);
	issuer_key_free(&self->other);
	SKS_TEARDOWN();
}

static int begin(struct _test_data_pin *self)
{
	return sks_open_with_pin(&self->issuer, &self->puk, &self->pin);
}

static int enrol(struct _test_data_pin *self)
{
	return begin(self) || sks_make(&self->issuer, &self->key) ||
	       sks_make(&self->issuer, &self->other) || issuer_close(&self->issuer) ? -1 : 0;
}

#define SIGN(key, pin)	sks_sign_with(&self->issuer, key, ECDSA_SHA256, pin)
#define DO(method, key, ...)	sks_authorized(&self->issuer, method, key, __VA_ARGS__)

/* Rows 16, 18 and 19; the counter is in the store before the answer. */
TEST_F(pin, is_blocked_by_wrong_tries_for_all_keys_that_share_it)
{
	ASSERT_STATUS(0, enrol(self));
	EXPECT_STATUS(0, SIGN(&self->key, "1234"));
	EXPECT_TRUE(sks_is_signature(&self->issuer, &self->key));
	EXPECT_STATUS(SKS_E_AUTHORIZATION, SIGN(&self->key, "1235"));
	EXPECT_STATUS(SKS_E_AUTHORIZATION, SIGN(&self->other, ""));
	ASSERT_EQ(sks_protection(&self->issuer, &self->other, self->fields), 0);
	EXPECT_EQ(self->fields[PIN_ERRORS], 2);
	EXPECT_STATUS(0, SIGN(&self->key, "1234"));
	ASSERT_EQ(sks_protection(&self->issuer, &self->other, self->fields), 0);
	EXPECT_EQ(self->fields[PIN_ERRORS], 0);
	EXPECT_STATUS(SKS_E_AUTHORIZATION, SIGN(&self->key, "1"));
	EXPECT_STATUS(SKS_E_AUTHORIZATION, SIGN(&self->key, "2"));
	EXPECT_STATUS(SKS_E_AUTHORIZATION, SIGN(&self->other, "3"));
	EXPECT_STATUS(SKS_E_AUTHORIZATION, SIGN(&self->key, "1234"));
	daemon_stop(&self->daemon);
	ASSERT_EQ(daemon_start(&self->daemon), 0);
	EXPECT_STATUS(SKS_E_AUTHORIZATION, SIGN(&self->other, "1234"));
	ASSERT_EQ(sks_protection(&self->issuer, &self->key, self->fields), 0);
	EXPECT_EQ(self->fields[PIN_ERRORS], 3);
	EXPECT_EQ(self->fields[STATUS_AT], SKS_PROTECTED_PIN | SKS_PROTECTED_PUK |
		  SKS_PROTECTED_PIN_BLOCKED);
}

/* Row 20 */
TEST_F(pin, is_unlocked_and_changed_by_puk)
{
	int i;

	ASSERT_STATUS(0, enrol(self));
	for (i = 0; i < 3; i++)
		EXPECT_STATUS(SKS_E_AUTHORIZATION, SIGN(&self->key, "9999"));
	EXPECT_STATUS(SKS_E_AUTHORIZATION, DO(SKS_UNLOCK_KEY, &self->key, "999999", NULL));
	EXPECT_STATUS(0, DO(SKS_UNLOCK_KEY, &self->key, "012355", NULL));
	EXPECT_STATUS(0, SIGN(&self->other, "1234"));
	EXPECT_STATUS(0, DO(SKS_SET_PIN, &self->key, "012355", "4321"));
	EXPECT_STATUS(SKS_E_AUTHORIZATION, SIGN(&self->other, "1234"));
	EXPECT_STATUS(0, SIGN(&self->other, "4321"));
	EXPECT_STATUS(SKS_E_AUTHORIZATION, DO(SKS_CHANGE_PIN, &self->key, "1234", "5555"));
	EXPECT_STATUS(SKS_E_OPTION, DO(SKS_CHANGE_PIN, &self->key, "4321", "1"));
	EXPECT_STATUS(0, DO(SKS_CHANGE_PIN, &self->key, "4321", "5678"));
	EXPECT_STATUS(0, SIGN(&self->other, "5678"));
}

TEST_F(pin, is_not_helped_by_a_puk_that_is_locked)
{
	int i;

	ASSERT_STATUS(0, enrol(self));
	for (i = 0; i < 3; i++)
		EXPECT_STATUS(SKS_E_AUTHORIZATION, DO(SKS_UNLOCK_KEY, &self->key, "1", NULL));
	EXPECT_STATUS(SKS_E_AUTHORIZATION, DO(SKS_UNLOCK_KEY, &self->key, "012355", NULL));
	ASSERT_EQ(sks_protection(&self->issuer, &self->key, self->fields), 0);
	EXPECT_EQ(self->fields[PUK_ERRORS], 3);
	EXPECT_EQ(self->fields[STATUS_AT], SKS_PROTECTED_PIN | SKS_PROTECTED_PUK |
		  SKS_PROTECTED_PUK_BLOCKED);
	EXPECT_STATUS(0, SIGN(&self->key, "1234"));
}

/*
 * The answer to a wrong one comes a second later (who waits is the caller, no worker),
 * and until then even the right one is no try.
 */
TEST_F(pin, takes_time_where_a_puk_is_never_locked)
{
	int i;

	self->puk.limit = 0;
	ASSERT_STATUS(0, enrol(self));
	for (i = 0; i < 2; i++) {
		EXPECT_STATUS(SKS_E_AUTHORIZATION, DO(SKS_UNLOCK_KEY, &self->key, "1", NULL));
		EXPECT_EQ(self->daemon.delay_ms, 1000);
		EXPECT_STATUS(SKS_E_AUTHORIZATION,
			      DO(SKS_SET_PIN, &self->other, "012355", "5555"));
		EXPECT_EQ(self->daemon.delay_ms, 0);
		EXPECT_STATUS(0, SIGN(&self->key, "1234"));
		clock_shift_since_boot += 2;
	}
	EXPECT_STATUS(0, DO(SKS_UNLOCK_KEY, &self->key, "012355", NULL));
	EXPECT_EQ(self->daemon.delay_ms, 0);
	ASSERT_EQ(sks_protection(&self->issuer, &self->key, self->fields), 0);
	EXPECT_EQ(self->fields[PUK_ERRORS], 0);
	EXPECT_EQ(self->fields[STATUS_AT], SKS_PROTECTED_PIN | SKS_PROTECTED_PUK);
}

static void unlock_later(struct frame *args, const struct issuer_key *key)
{
	frame_number(args, key->handle, 4);
	frame_text(args, "1");
}

static int send_request(int fd, uint64_t id, uint32_t op, const struct uks_attrs *in)
{
	uint8_t buf[1024];
	struct uks_request_header header = {
		.len = sizeof(header) + in->len, .op = op, .id = id, .uid = ALICE,
		.userns = 0xeffffffd, .payload_len = in->len, .out_max = UKS_PAYLOAD_MAX,
	};

	memcpy(buf, &header, sizeof(header));
	memcpy(buf + sizeof(header), in->buf, in->len);
	return send(fd, buf, header.len, 0) == (ssize_t)header.len ? 0 : -1;
}

static uint64_t receive_id(int fd)
{
	static uint8_t buf[ANSWER_MAX];
	struct uks_answer_header header = { };

	if (recv(fd, buf, sizeof(buf), 0) >= (ssize_t)sizeof(header))
		memcpy(&header, buf, sizeof(header));
	return header.id;
}

/* With one worker only: it serves others before the second is over. */
TEST_F(pin, that_takes_time_keeps_no_worker)
{
	struct uks_attrs in = self->daemon.in;
	struct channels *channels;
	struct frame args = { };
	struct pollfd due;
	int pair[2];
	uint64_t i;

	self->puk.limit = 0;
	ASSERT_STATUS(0, enrol(self));
	ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	channels = channels_new(&pair[1], 1, &self->daemon.failure);
	ASSERT_NE(channels, NULL);
	ASSERT_EQ(channels_start(channels, &self->daemon.uksd, &self->daemon.failure), 0);
	channels_go(channels);
	unlock_later(&args, &self->key);
	uks_attrs_init(&in, self->daemon.in_buf, sizeof(self->daemon.in_buf));
	uks_attrs_put_u32(&in, UKS_A_COMMAND, SKS_UNLOCK_KEY);
	uks_attrs_put(&in, UKS_A_MESSAGE, args.bytes, args.len);
	ASSERT_EQ(send_request(pair[0], 1, UKS_OP_PROVISION, &in), 0);
	in.len = 0;
	for (i = 2; i < 20; i++) {
		ASSERT_EQ(send_request(pair[0], i, UKS_OP_STATUS, &in), 0);
		ASSERT_EQ(receive_id(pair[0]), i);
	}
	due = (struct pollfd){ .fd = channels_due_fd(channels), .events = POLLIN };
	ASSERT_EQ(poll(&due, 1, 60000), 1);
	channels_give_due(channels);
	EXPECT_EQ(receive_id(pair[0]), 1);
	/* What is still put off at the end is given then. */
	uks_attrs_init(&in, self->daemon.in_buf, sizeof(self->daemon.in_buf));
	uks_attrs_put_u32(&in, UKS_A_COMMAND, SKS_UNLOCK_KEY);
	uks_attrs_put(&in, UKS_A_MESSAGE, args.bytes, args.len);
	clock_shift_since_boot += 2;
	ASSERT_EQ(send_request(pair[0], 30, UKS_OP_PROVISION, &in), 0);
	in.len = 0;
	ASSERT_EQ(send_request(pair[0], 31, UKS_OP_STATUS, &in), 0);
	ASSERT_EQ(receive_id(pair[0]), 31);
	channels_free(channels);
	EXPECT_EQ(receive_id(pair[0]), 30);
	close(pair[0]);
	frame_free(&args);
}

TEST_F(pin, is_not_changed_where_its_policy_forbids_that)
{
	self->pin.fixed = true;
	ASSERT_STATUS(0, enrol(self));
	EXPECT_STATUS(SKS_E_NOT_ALLOWED, DO(SKS_CHANGE_PIN, &self->key, "1234", "4321"));
	EXPECT_STATUS(SKS_E_NOT_ALLOWED, DO(SKS_SET_PIN, &self->key, "012355", "4321"));
	EXPECT_STATUS(0, DO(SKS_UNLOCK_KEY, &self->key, "012355", NULL));
	EXPECT_STATUS(0, SIGN(&self->key, "1234"));
}

/* Row 17 */
TEST_F(pin, obeys_the_rules_of_its_policy)
{
	static const struct {
		uint8_t format, patterns;
		const char *pin;
		int status;
	} rules[] = {
		{ SKS_FORMAT_NUMERIC, 0, "1234", 0 },
		{ SKS_FORMAT_NUMERIC, 0, "123A", SKS_E_OPTION },
		{ SKS_FORMAT_NUMERIC, 0, "123", SKS_E_OPTION },
		{ SKS_FORMAT_NUMERIC, 0, "123456789", SKS_E_OPTION },
		{ SKS_FORMAT_ALPHANUMERIC, 0, "12AB", 0 },
		{ SKS_FORMAT_ALPHANUMERIC, 0, "12ab", SKS_E_OPTION },
		{ SKS_FORMAT_ALPHANUMERIC, SKS_PATTERN_MISSING_GROUP, "ABCD", SKS_E_OPTION },
		{ SKS_FORMAT_ALPHANUMERIC, SKS_PATTERN_MISSING_GROUP, "12AB", 0 },
		{ SKS_FORMAT_STRING, SKS_PATTERN_MISSING_GROUP, "12AB", SKS_E_OPTION },
		{ SKS_FORMAT_STRING, SKS_PATTERN_MISSING_GROUP, "1aB-", 0 },
		{ SKS_FORMAT_STRING, 0, "\xff\xff\xff\xff", SKS_E_OPTION },
		{ SKS_FORMAT_BINARY, 0, "\xff\xff\xff\xff", 0 },
		{ SKS_FORMAT_NUMERIC, SKS_PATTERN_SEQUENCE, "1234", SKS_E_OPTION },
		{ SKS_FORMAT_NUMERIC, SKS_PATTERN_SEQUENCE, "4321", SKS_E_OPTION },
		{ SKS_FORMAT_NUMERIC, SKS_PATTERN_SEQUENCE, "1235", 0 },
		{ SKS_FORMAT_NUMERIC, SKS_PATTERN_REPEATED, "1214", SKS_E_OPTION },
		{ SKS_FORMAT_NUMERIC, SKS_PATTERN_REPEATED, "1235", 0 },
		{ SKS_FORMAT_NUMERIC, SKS_PATTERN_TWO_IN_A_ROW, "1225", SKS_E_OPTION },
		{ SKS_FORMAT_NUMERIC, SKS_PATTERN_TWO_IN_A_ROW, "1212", 0 },
		{ SKS_FORMAT_NUMERIC, SKS_PATTERN_THREE_IN_A_ROW, "1222", SKS_E_OPTION },
		{ SKS_FORMAT_NUMERIC, SKS_PATTERN_THREE_IN_A_ROW, "1122", 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		self->pin.format = rules[i].format;
		self->pin.patterns = rules[i].patterns;
		self->key.pin_value = rules[i].pin;
		ASSERT_STATUS(0, begin(self));
		EXPECT_STATUS(rules[i].status, issuer_create_key(&self->issuer, &self->key));
		if (!rules[i].status)
			EXPECT_STATUS(0, issuer_abort(&self->issuer));
		/* What broke a rule has ended the session; what did not was aborted. */
		EXPECT_EQ(sks_count_rows(&self->daemon), 0);
	}
}

TEST_F(pin, is_checked_also_when_the_user_chooses_it)
{
	self->pin.user_defined = true;
	self->key.pin_value = "12";
	ASSERT_STATUS(0, begin(self));
	EXPECT_STATUS(SKS_E_OPTION, issuer_create_key(&self->issuer, &self->key));
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
	self->key.pin_value = "1234";
	ASSERT_STATUS(0, enrol(self));
	EXPECT_STATUS(0, SIGN(&self->key, "1234"));
}

TEST_F(pin, differs_between_groups_and_not_within)
{
	ASSERT_STATUS(0, begin(self));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->key));
	self->other.pin_value = "4321";
	EXPECT_STATUS(SKS_E_OPTION, issuer_create_key(&self->issuer, &self->other));
	self->pin.grouping = SKS_GROUPING_UNIQUE;
	self->other.pin_value = "1234";
	ASSERT_STATUS(0, begin(self));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->key));
	EXPECT_STATUS(SKS_E_OPTION, issuer_create_key(&self->issuer, &self->other));
	self->other.pin_value = "4321";
	ASSERT_STATUS(0, enrol(self));
	EXPECT_STATUS(0, SIGN(&self->key, "1234"));
	EXPECT_STATUS(0, SIGN(&self->other, "4321"));
	EXPECT_STATUS(SKS_E_OPTION, DO(SKS_CHANGE_PIN, &self->key, "1234", "4321"));
	EXPECT_STATUS(0, DO(SKS_CHANGE_PIN, &self->key, "1234", "1111"));
	EXPECT_STATUS(0, SIGN(&self->other, "4321"));
}

/* Rows 22, 23 and 24 */
TEST_F(pin, protects_export_and_deletion)
{
	self->key.export = SKS_PROTECT_PIN;
	self->key.deletion = SKS_PROTECT_PUK;
	self->other.export = SKS_PROTECT_NEVER;
	self->other.deletion = SKS_PROTECT_NEVER;
	ASSERT_STATUS(0, enrol(self));
	EXPECT_STATUS(SKS_E_AUTHORIZATION, DO(SKS_EXPORT_KEY, &self->key, "9999", NULL));
	EXPECT_STATUS(0, DO(SKS_EXPORT_KEY, &self->key, "1234", NULL));
	ASSERT_EQ(sks_protection(&self->issuer, &self->key, self->fields), 0);
	EXPECT_EQ(self->fields[BACKUP], SKS_BACKUP_EXPORTED);
	EXPECT_STATUS(SKS_E_NOT_ALLOWED, DO(SKS_EXPORT_KEY, &self->other, "1234", NULL));
	EXPECT_STATUS(SKS_E_NOT_ALLOWED, DO(SKS_DELETE_KEY, &self->other, "1234", NULL));
	EXPECT_STATUS(SKS_E_AUTHORIZATION, DO(SKS_DELETE_KEY, &self->key, "1234", NULL));
	EXPECT_EQ(sks_count_keys(&self->issuer), 2);
	EXPECT_STATUS(0, DO(SKS_DELETE_KEY, &self->key, "012355", NULL));
	EXPECT_EQ(sks_count_keys(&self->issuer), 1);
	EXPECT_STATUS(0, SIGN(&self->other, "1234"));
}

TEST_F(pin, goes_with_the_last_key_and_its_policies_too)
{
	ASSERT_STATUS(0, enrol(self));
	EXPECT_STATUS(0, DO(SKS_DELETE_KEY, &self->key, "", NULL));
	EXPECT_STATUS(0, SIGN(&self->other, "1234"));
	EXPECT_STATUS(0, DO(SKS_DELETE_KEY, &self->other, "", NULL));
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
	EXPECT_EQ(sks_count_sessions(&self->issuer, false), 0);
}

/* A key that has a PIN is used by SKS only, and nobody undoes what the issuer decided. */
TEST_F(pin, is_not_got_round_by_other_calls)
{
	char name[64];

	self->key.deletion = SKS_PROTECT_NEVER;
	ASSERT_STATUS(0, enrol(self));
	snprintf(name, sizeof(name), "sks-%u-Key.1", self->key.handle);
	EXPECT_EQ(ask_open(&self->daemon, name, UKS_PURPOSE_SIGN), UKS_E_PROVISION);
	EXPECT_EQ(ask_by_name(&self->daemon, UKS_OP_KEY_DELETE, name), UKS_E_PROVISION);
	EXPECT_EQ(ask_by_name(&self->daemon, UKS_OP_KEY_ROTATE, name), UKS_E_PROVISION);
	EXPECT_STATUS(0, SIGN(&self->key, "1234"));
}

static void copy_store(struct daemon *daemon, const char *from, const char *to)
{
	char command[128];

	snprintf(command, sizeof(command), "cd %.31s && cp %.10s %.10s", daemon->dir, from, to);
	if (system(command))
		abort();
}

/* Neither an old store nor an old row gives a try back: no PIN is looked at. */
TEST_F(pin, gets_no_try_back_from_an_old_store)
{
	struct daemon *daemon = &self->daemon;
	char sql[256];

	ASSERT_STATUS(0, enrol(self));
	EXPECT_STATUS(SKS_E_AUTHORIZATION, SIGN(&self->key, "9999"));
	daemon_stop(daemon);
	copy_store(daemon, "keys.db", "old.db");
	ASSERT_EQ(daemon_start(daemon), 0);
	EXPECT_STATUS(SKS_E_AUTHORIZATION, SIGN(&self->key, "9998"));
	daemon_stop(daemon);
	copy_store(daemon, "keys.db", "new.db");
	copy_store(daemon, "old.db", "keys.db");
	ASSERT_EQ(daemon_start(daemon), 0);
	EXPECT_STATUS(-1, SIGN(&self->key, "1234"));
	EXPECT_EQ(daemon->answer.code, UKS_E_ROLLBACK);
	daemon_stop(daemon);
	copy_store(daemon, "new.db", "keys.db");
	snprintf(sql, sizeof(sql),
		 "ATTACH '%.31s/old.db' AS old; UPDATE sks SET (generation, blob) = (SELECT generation, blob FROM old.sks o WHERE o.handle = sks.handle) WHERE kind = 4",
		 daemon->dir);
	ASSERT_EQ(daemon_sql(daemon, sql), 0);
	ASSERT_EQ(daemon_start(daemon), 0);
	EXPECT_STATUS(-1, SIGN(&self->key, "1234"));
	EXPECT_EQ(daemon->answer.code, UKS_E_ROLLBACK);
	daemon_stop(daemon);
	copy_store(daemon, "new.db", "keys.db");
	ASSERT_EQ(daemon_start(daemon), 0);
	EXPECT_STATUS(0, SIGN(&self->key, "1234"));
	snprintf(sql, sizeof(sql), "rm %.31s/old.db %.31s/new.db", daemon->dir, daemon->dir);
	EXPECT_EQ(system(sql), 0);
}

static bool is_in_tpm(struct daemon *daemon, uint32_t handle)
{
	struct uks_tpm_error error;
	struct failure failure;
	struct uks_tpm *tpm;
	bool there = false;

	if (tpmgate_enter(&daemon->uksd, &tpm, &failure))
		abort();
	if (uks_tpm_index_there(tpm, handle, &there, &error))
		abort();
	tpmgate_leave(&daemon->uksd);
	return there;
}

/* What follows is another device for the issuer. */
static void forget_device(struct _test_data_pin *self)
{
	issuer_key_free(&self->key);
	issuer_key_free(&self->other);
	issuer_exit(&self->issuer);
	sks_issuer(&self->issuer, &self->daemon);
}

/* The counter of tries goes with the master key, and a new life has a new one. */
TEST_F(pin, leaves_no_counter_when_all_is_destroyed)
{
	struct daemon *daemon = &self->daemon;
	struct ceremony ceremony;
	struct failure failure;
	char pattern[64];

	ASSERT_EQ(ceremony_new(&ceremony, daemon), 0);
	ASSERT_STATUS(0, enrol(self));
	EXPECT_STATUS(SKS_E_AUTHORIZATION, SIGN(&self->key, "9999"));
	EXPECT_TRUE(is_in_tpm(daemon, SKS_TRIES_HANDLE));
	ASSERT_EQ(master_zeroize(&daemon->uksd, daemon->store, &failure), 0) {
		TH_LOG("%s", failure.text);
	}
	EXPECT_FALSE(is_in_tpm(daemon, SKS_TRIES_HANDLE));
	ASSERT_EQ(ask_master(&ceremony, UKS_MASTER_LOAD, NULL, 0), 0);
	snprintf(pattern, sizeof(pattern), "\"pattern\":\"%s\"",
		 status(&ceremony, "new.pattern"));
	ASSERT_EQ(order(&ceremony, "commit", pattern, 0), 0);
	ASSERT_EQ(ask_master(&ceremony, UKS_MASTER_ROTATE, NULL, 0), 0);
	forget_device(self);
	ASSERT_STATUS(0, enrol(self));
	EXPECT_STATUS(SKS_E_AUTHORIZATION, SIGN(&self->key, "9999"));
	EXPECT_STATUS(0, SIGN(&self->key, "1234"));
	EXPECT_TRUE(is_in_tpm(daemon, SKS_TRIES_HANDLE));
	ceremony_delete(&ceremony);
}

/* A store that is lost leaves its counter in the TPM; the next store has another. */
TEST_F(pin, is_counted_for_each_store_of_a_tpm)
{
	struct daemon *daemon = &self->daemon;
	char command[256];

	ASSERT_STATUS(0, enrol(self));
	daemon_stop(daemon);
	snprintf(command, sizeof(command), "rm -rf %.31s/keys.db* %.31s/audit", daemon->dir,
		 daemon->dir);
	ASSERT_EQ(system(command), 0);
	ASSERT_EQ(daemon_start(daemon), 0);
	forget_device(self);
	ASSERT_STATUS(0, enrol(self));
	EXPECT_STATUS(SKS_E_AUTHORIZATION, SIGN(&self->key, "9999"));
	EXPECT_STATUS(0, SIGN(&self->key, "1234"));
	EXPECT_TRUE(is_in_tpm(daemon, SKS_TRIES_FURTHER));
}

/* Row 36 */
TEST_F(pin, and_key_are_nobody_elses)
{
	ASSERT_STATUS(0, enrol(self));
	self->daemon.uid = BOB;
	EXPECT_EQ(sks_count_keys(&self->issuer), 0);
	EXPECT_STATUS(SKS_E_NO_KEY, SIGN(&self->key, "1234"));
	EXPECT_STATUS(SKS_E_NO_KEY, DO(SKS_DELETE_KEY, &self->key, "", NULL));
	self->daemon.uid = ALICE;
	EXPECT_STATUS(0, SIGN(&self->key, "1234"));
}

TEST_HARNESS_MAIN
