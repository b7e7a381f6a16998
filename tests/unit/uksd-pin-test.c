// SPDX-License-Identifier: LGPL-2.1-or-later
/* PINs of keys: needed, counted by the TPM, locked, changed, unlocked, and gone with the key. */
#include <stdlib.h>
#include <time.h>

#include <kselftest_harness.h>
#include <sodium.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_tctildr.h>

#include "daemon/pin/pin.h"
#include "tests/unit/leaks.h"
#include "tests/unit/uksd-daemon.h"

#define CODE	"administrator"

FIXTURE(pin)
{
	struct daemon daemon;
	uint8_t id[UKS_KEY_ID_LEN];
	uint8_t parameters[UKS_PARAMETERS_MAX];
	size_t parameters_len;
};

FIXTURE_SETUP(pin)
{
	ASSERT_EQ(daemon_new(&self->daemon), 0);
	ASSERT_EQ(daemon_start(&self->daemon), 0) {
		TH_LOG("%s", self->daemon.failure.text);
	}
}

FIXTURE_TEARDOWN(pin)
{
	daemon_stop(&self->daemon);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

static void put_text(struct daemon *daemon, uint16_t type, const char *text)
{
	if (text)
		uks_attrs_put(&daemon->in, type, text, strlen(text));
}

/* What is said of a new key. */
struct wish {
	uint32_t type;
	uint32_t provider;
	uint32_t mode;
	uint32_t seconds;
	uint32_t tries;
	uint32_t flags;
	const char *pin;
	const char *code;
	bool no_code;
};

static uint32_t make(struct daemon *daemon, const char *name, const struct wish *wish)
{
	struct uks_attrs policy;
	uint8_t buffer[256];

	uks_attrs_init(&policy, buffer, sizeof(buffer));
	if (wish->flags)
		uks_attrs_put_u32(&policy, UKS_POLICY_A_FLAGS, wish->flags);
	if (wish->mode)
		uks_attrs_put_u32(&policy, UKS_POLICY_A_PIN, wish->mode);
	if (wish->seconds)
		uks_attrs_put_u32(&policy, UKS_POLICY_A_PIN_SECONDS, wish->seconds);
	if (wish->tries)
		uks_attrs_put_u32(&policy, UKS_POLICY_A_PIN_TRIES, wish->tries);
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, name);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, wish->type);
	if (wish->provider)
		uks_attrs_put_u32(&daemon->in, UKS_A_PROVIDER, wish->provider);
	if (policy.len)
		uks_attrs_put(&daemon->in, UKS_A_POLICY, buffer, policy.len);
	put_text(daemon, UKS_A_NEW_PIN, wish->pin);
	put_text(daemon, UKS_A_ADMIN_CODE, wish->code);
	return ask(daemon, UKS_OP_KEY_GENERATE);
}

#define MAKE(...) do { \
	struct wish wish_ = { __VA_ARGS__ }; \
	wish_.tries = wish_.tries ?: 3; \
	wish_.mode = wish_.mode ?: UKS_PIN_SESSION; \
	wish_.pin = "1234"; \
	wish_.code = wish_.no_code ? NULL : CODE; \
	ASSERT_EQ(make(&self->daemon, "key", &wish_), 0) { \
		TH_LOG("%s", self->daemon.text); \
	} \
	memcpy(self->id, self->daemon.attrs[UKS_A_KEY_ID].value, UKS_KEY_ID_LEN); \
} while (0)

static uint32_t open_with(struct daemon *daemon, const char *name, uint32_t purpose,
			  const char *pin)
{
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, name);
	uks_attrs_put_u32(&daemon->in, UKS_A_PURPOSES, purpose);
	put_text(daemon, UKS_A_PIN, pin);
	return ask(daemon, UKS_OP_SESSION_OPEN);
}

static uint32_t command(struct daemon *daemon, uint32_t command, const char *pin,
			const char *next, const char *code)
{
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "key");
	uks_attrs_put_u32(&daemon->in, UKS_A_COMMAND, command);
	put_text(daemon, UKS_A_PIN, pin);
	put_text(daemon, UKS_A_NEW_PIN, next);
	put_text(daemon, UKS_A_ADMIN_CODE, code);
	return ask(daemon, UKS_OP_PIN);
}

static uint32_t tries(struct daemon *daemon)
{
	if (ask_by_name(daemon, UKS_OP_KEY_SHOW, "key"))
		return 1000;
	return uks_attr_u32(&daemon->attrs[UKS_A_TRIES], 1001);
}

/* What a kernel keeps of the session that was just opened. */
#define KEEP_SESSION() do { \
	const struct uks_attr *kept_ = &self->daemon.attrs[UKS_A_PARAMETERS]; \
	self->parameters_len = kept_->len; \
	memcpy(self->parameters, kept_->value, kept_->len); \
} while (0)

static uint32_t sign(struct daemon *daemon, const uint8_t *id, const uint8_t *parameters,
		     size_t len)
{
	static const uint8_t digest[32] = { 5 };

	ask_begin(daemon);
	uks_attrs_put(&daemon->in, UKS_A_KEY_ID, id, UKS_KEY_ID_LEN);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_VERSION, 1);
	uks_attrs_put_u32(&daemon->in, UKS_A_PURPOSES, UKS_PURPOSE_SIGN);
	uks_attrs_put_u32(&daemon->in, UKS_A_ALGORITHM, UKS_ALG_ECDSA);
	uks_attrs_put_u32(&daemon->in, UKS_A_DIGEST, UKS_DIGEST_SHA256);
	if (len)
		uks_attrs_put(&daemon->in, UKS_A_PARAMETERS, parameters, len);
	uks_attrs_put(&daemon->in, UKS_A_MESSAGE, digest, sizeof(digest));
	return ask(daemon, UKS_OP_SIGN);
}

#define SIGN()	sign(&self->daemon, self->id, self->parameters, self->parameters_len)

/* How many NV indices of PINs are noted, from the first place on. */
static int count_indices(struct daemon *daemon)
{
	uint32_t handle;
	struct failure failure;

	if (daemon->store->ops->nv_free(daemon->store, UKS_TPM_PIN_HANDLE, &handle, &failure))
		return -1;
	return handle - UKS_TPM_PIN_HANDLE;
}

TEST_F(pin, a_lease_is_given_for_the_right_pin_only)
{
	struct daemon *daemon = &self->daemon;

	MAKE(.type = UKS_KEY_AES_256);
	EXPECT_CODE(open_with(daemon, "key", UKS_PURPOSE_ENCRYPT, NULL), UKS_E_PIN_NEEDED);
	EXPECT_CODE(open_with(daemon, "key", UKS_PURPOSE_ENCRYPT, "4321"), UKS_E_PIN_WRONG);
	EXPECT_NE(strstr(daemon->text, "2 more"), NULL);
	EXPECT_EQ(tries(daemon), 2);
	ASSERT_EQ(open_with(daemon, "key", UKS_PURPOSE_ENCRYPT, "1234"), 0) {
		TH_LOG("%s", daemon->text);
	}
	EXPECT_EQ(daemon->attrs[UKS_A_KEY_MATERIAL].len, 32);
	EXPECT_EQ(tries(daemon), 3);
}

/* The master key alone opens nothing: what is in the blob is encrypted once more. */
TEST_F(pin, the_blob_of_a_key_with_a_pin_does_not_hold_its_secret)
{
	uint8_t material[32], secret[KEY_SECRET_MAX];
	struct record record;
	struct failure failure;
	size_t len;

	MAKE(.type = UKS_KEY_AES_256);
	ASSERT_EQ(open_with(&self->daemon, "key", UKS_PURPOSE_ENCRYPT, "1234"), 0);
	memcpy(material, self->daemon.attrs[UKS_A_KEY_MATERIAL].value, 32);
	ASSERT_EQ(self->daemon.store->ops->by_id(self->daemon.store, self->id, &record,
						 &failure), 0);
	ASSERT_EQ(seal_open(self->daemon.master->key, &record.key, &record.blob, secret, &len,
			    &failure), 0);
	EXPECT_EQ(len, 32 + PIN_OVERHEAD);
	EXPECT_EQ(memmem(secret, len, material, 16), NULL);
}

static void expect_signs_by_session(struct __test_metadata *_metadata,
				    struct _test_data_pin *self)
{
	struct daemon *daemon = &self->daemon;

	EXPECT_CODE(open_with(daemon, "key", UKS_PURPOSE_SIGN, NULL), UKS_E_PIN_NEEDED);
	EXPECT_CODE(open_with(daemon, "key", UKS_PURPOSE_SIGN, "9999"), UKS_E_PIN_WRONG);
	self->parameters_len = 0;
	EXPECT_CODE(SIGN(), UKS_E_PIN_NEEDED);
	ASSERT_EQ(open_with(daemon, "key", UKS_PURPOSE_SIGN, "1234"), 0) {
		TH_LOG("%s", daemon->text);
	}
	KEEP_SESSION();
	EXPECT_EQ(memmem(self->parameters, self->parameters_len, "1234", 4), NULL);
	ASSERT_EQ(SIGN(), 0) {
		TH_LOG("%s", daemon->text);
	}
	EXPECT_EQ(SIGN(), 0);
	/* Nobody makes a ticket himself, and one is for one key. */
	self->parameters[self->parameters_len - 1] ^= 1;
	EXPECT_CODE(SIGN(), UKS_E_PIN_NEEDED);
	self->parameters[self->parameters_len - 1] ^= 1;
	/* The next daemon has not been told the PIN. */
	daemon_stop(daemon);
	ASSERT_EQ(daemon_start(daemon), 0);
	EXPECT_CODE(SIGN(), UKS_E_PIN_NEEDED);
}

TEST_F(pin, a_session_of_a_sealed_key_signs_until_the_daemon_ends)
{
	MAKE(.type = UKS_KEY_EC_P256);
	expect_signs_by_session(_metadata, self);
}

TEST_F(pin, a_session_of_a_key_in_the_tpm_signs_until_the_daemon_ends)
{
	MAKE(.type = UKS_KEY_EC_P256, .provider = UKS_PROVIDER_TPM);
	expect_signs_by_session(_metadata, self);
}

TEST_F(pin, to_verify_needs_no_pin)
{
	MAKE(.type = UKS_KEY_EC_P256);
	EXPECT_EQ(open_with(&self->daemon, "key", UKS_PURPOSE_VERIFY, NULL), 0) {
		TH_LOG("%s", self->daemon.text);
	}
}

TEST_F(pin, the_mode_tells_how_long_a_pin_counts)
{
	struct daemon *daemon = &self->daemon;
	struct timespec now;
	uint64_t end;

	MAKE(.type = UKS_KEY_EC_P256, .mode = UKS_PIN_PER_USE);
	ASSERT_EQ(open_with(daemon, "key", UKS_PURPOSE_SIGN, "1234"), 0);
	EXPECT_EQ(uks_attr_u64(&daemon->attrs[UKS_A_LEASE_USES], 0), 1);
	ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_DELETE, "key"), 0);

	MAKE(.type = UKS_KEY_AES_128, .mode = UKS_PIN_TIMED, .seconds = 100);
	ASSERT_EQ(open_with(daemon, "key", UKS_PURPOSE_ENCRYPT, "1234"), 0);
	clock_gettime(CLOCK_BOOTTIME, &now);
	end = uks_attr_u64(&daemon->attrs[UKS_A_LEASE_EXPIRES], 0) / 1000000000ULL;
	EXPECT_GE(end, (uint64_t)now.tv_sec + 90);
	EXPECT_LE(end, (uint64_t)now.tv_sec + 101);
	EXPECT_FALSE(daemon->attrs[UKS_A_LEASE_USES].type);
}

/* Time is the daemon's to keep, too: a ticket ends by itself. */
TEST_F(pin, a_ticket_ends_with_its_time)
{
	struct timespec start, now;

	MAKE(.type = UKS_KEY_EC_P256, .mode = UKS_PIN_TIMED, .seconds = 1);
	ASSERT_EQ(open_with(&self->daemon, "key", UKS_PURPOSE_SIGN, "1234"), 0);
	KEEP_SESSION();
	clock_gettime(CLOCK_BOOTTIME, &start);
	do {
		clock_gettime(CLOCK_BOOTTIME, &now);
	} while (now.tv_sec - start.tv_sec < 2);
	EXPECT_CODE(SIGN(), UKS_E_PIN_NEEDED);
	EXPECT_NE(strstr(self->daemon.text, "over"), NULL);
}

TEST_F(pin, wrong_pins_lock_the_key_and_the_administrator_unlocks_it)
{
	struct daemon *daemon = &self->daemon;
	int i;

	MAKE(.type = UKS_KEY_AES_256);
	for (i = 0; i < 2; i++)
		EXPECT_CODE(command(daemon, UKS_PIN_CHECK, "0001", NULL, NULL), UKS_E_PIN_WRONG);
	EXPECT_CODE(command(daemon, UKS_PIN_CHECK, "0001", NULL, NULL), UKS_E_PIN_LOCKED);
	EXPECT_NE(strstr(daemon->text, "pin unlock"), NULL);
	/* The right one is not even looked at. */
	EXPECT_CODE(open_with(daemon, "key", UKS_PURPOSE_ENCRYPT, "1234"), UKS_E_PIN_LOCKED);
	EXPECT_EQ(tries(daemon), 0);
	EXPECT_CODE(command(daemon, UKS_PIN_UNLOCK, NULL, NULL, "no such code"), UKS_E_PIN_WRONG);
	EXPECT_EQ(tries(daemon), 0);
	ASSERT_EQ(command(daemon, UKS_PIN_UNLOCK, NULL, NULL, CODE), 0) {
		TH_LOG("%s", daemon->text);
	}
	EXPECT_EQ(uks_attr_u32(&daemon->attrs[UKS_A_TRIES], 0), 3);
	EXPECT_EQ(open_with(daemon, "key", UKS_PURPOSE_ENCRYPT, "1234"), 0);
}

TEST_F(pin, without_an_administrators_code_locked_is_locked)
{
	struct daemon *daemon = &self->daemon;

	MAKE(.type = UKS_KEY_AES_256, .tries = 1, .no_code = true);
	EXPECT_CODE(command(daemon, UKS_PIN_CHECK, "0001", NULL, NULL), UKS_E_PIN_LOCKED);
	EXPECT_NE(strstr(daemon->text, "nobody"), NULL);
	EXPECT_CODE(command(daemon, UKS_PIN_UNLOCK, NULL, NULL, CODE), UKS_E_PIN_BAD);
	EXPECT_CODE(open_with(daemon, "key", UKS_PURPOSE_ENCRYPT, "1234"), UKS_E_PIN_LOCKED);
}

TEST_F(pin, is_changed_with_the_old_pin_or_the_code)
{
	struct daemon *daemon = &self->daemon;

	MAKE(.type = UKS_KEY_EC_P256, .provider = UKS_PROVIDER_TPM);
	EXPECT_CODE(command(daemon, UKS_PIN_CHANGE, "0001", "5678", NULL), UKS_E_PIN_WRONG);
	EXPECT_CODE(command(daemon, UKS_PIN_CHANGE, "1234", "11", NULL), UKS_E_PIN_BAD);
	EXPECT_CODE(command(daemon, UKS_PIN_CHANGE, "1234", "7777", NULL), UKS_E_PIN_BAD);
	EXPECT_CODE(command(daemon, UKS_PIN_CHANGE, NULL, "5678", NULL), UKS_E_INVALID);
	EXPECT_EQ(open_with(daemon, "key", UKS_PURPOSE_SIGN, "1234"), 0);
	daemon->revocations = 0;
	ASSERT_EQ(command(daemon, UKS_PIN_CHANGE, "1234", "5678", NULL), 0) {
		TH_LOG("%s", daemon->text);
	}
	EXPECT_EQ(daemon->revocations, 1);
	EXPECT_CODE(open_with(daemon, "key", UKS_PURPOSE_SIGN, "1234"), UKS_E_PIN_WRONG);
	ASSERT_EQ(open_with(daemon, "key", UKS_PURPOSE_SIGN, "5678"), 0);
	KEEP_SESSION();
	EXPECT_EQ(SIGN(), 0);
	ASSERT_EQ(command(daemon, UKS_PIN_CHANGE, NULL, "8765", CODE), 0) {
		TH_LOG("%s", daemon->text);
	}
	EXPECT_EQ(open_with(daemon, "key", UKS_PURPOSE_SIGN, "8765"), 0);
	/* Another user gets nowhere near it. */
	daemon->uid = BOB;
	EXPECT_EQ(command(daemon, UKS_PIN_CHANGE, "8765", "1234", NULL), UKS_E_NO_KEY);
	daemon->uid = ALICE;
}

/* The new version needs the same PIN, which nobody has to give to make it. */
TEST_F(pin, a_new_version_has_the_pin)
{
	struct daemon *daemon = &self->daemon;

	MAKE(.type = UKS_KEY_AES_256);
	ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_ROTATE, "key"), 0) {
		TH_LOG("%s", daemon->text);
	}
	EXPECT_CODE(open_with(daemon, "key", UKS_PURPOSE_ENCRYPT, NULL), UKS_E_PIN_NEEDED);
	EXPECT_EQ(open_with(daemon, "key", UKS_PURPOSE_ENCRYPT, "1234"), 0);
	EXPECT_EQ(daemon->attrs[UKS_A_KEY_MATERIAL].len, 32);
}

TEST_F(pin, refuses_what_makes_no_sense)
{
	struct daemon *daemon = &self->daemon;
	static const struct {
		struct wish wish;
		uint32_t code;
	} wrong[] = {
		{ { .type = UKS_KEY_AES_256, .pin = "1234" }, UKS_E_BAD_POLICY },
		{ { .type = UKS_KEY_AES_256, .mode = UKS_PIN_SESSION }, UKS_E_PIN_BAD },
		{ { .type = UKS_KEY_AES_256, .mode = UKS_PIN_SESSION, .pin = "123" },
		  UKS_E_PIN_BAD },
		{ { .type = UKS_KEY_AES_256, .mode = UKS_PIN_SESSION, .pin = "0000" },
		  UKS_E_PIN_BAD },
		{ { .type = UKS_KEY_AES_256, .mode = UKS_PIN_SESSION, .pin = "12345678",
		    .code = "12345678" }, UKS_E_PIN_BAD },
		{ { .type = UKS_KEY_AES_256, .mode = UKS_PIN_SESSION, .pin = "1234",
		    .code = "short" }, UKS_E_PIN_BAD },
		{ { .type = UKS_KEY_AES_256, .mode = UKS_PIN_TIMED, .pin = "1234" },
		  UKS_E_BAD_POLICY },
		{ { .type = UKS_KEY_AES_256, .mode = UKS_PIN_SESSION, .seconds = 9,
		    .pin = "1234" }, UKS_E_BAD_POLICY },
		{ { .type = UKS_KEY_AES_256, .mode = 9, .pin = "1234" }, UKS_E_BAD_POLICY },
		{ { .type = UKS_KEY_AES_256, .mode = UKS_PIN_SESSION, .tries = 256,
		    .pin = "1234" }, UKS_E_BAD_POLICY },
		{ { .type = UKS_KEY_AES_256, .mode = UKS_PIN_SESSION, .pin = "1234",
		    .flags = UKS_POLICY_EXPORTABLE }, UKS_E_BAD_POLICY },
	};
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		EXPECT_CODE(make(daemon, "key", &wrong[i].wish), wrong[i].code);
		EXPECT_EQ(count_indices(daemon), 0);
	}
	ASSERT_EQ(ask_generate(daemon, "key", UKS_KEY_AES_256), 0);
	EXPECT_CODE(command(daemon, UKS_PIN_CHECK, "1234", NULL, NULL), UKS_E_PIN_BAD);
	EXPECT_CODE(command(daemon, 99, "1234", NULL, NULL), UKS_E_UNSUPPORTED);
}

/* What the TPM was given for a key goes with it, and for a key that never was, too. */
TEST_F(pin, nothing_is_left_in_the_tpm)
{
	const struct wish wish = {
		.type = UKS_KEY_AES_256, .mode = UKS_PIN_SESSION, .pin = "1234", .code = CODE,
	};
	struct daemon *daemon = &self->daemon;

	MAKE(.type = UKS_KEY_AES_256);
	EXPECT_EQ(count_indices(daemon), 3);
	/* It has the name already: found out when the PIN had been made. */
	EXPECT_EQ(make(daemon, "key", &wish), UKS_E_KEY_EXISTS);
	EXPECT_EQ(count_indices(daemon), 3);
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "key");
	uks_attrs_put_u32(&daemon->in, UKS_A_FLAGS, UKS_CALL_NOW);
	ASSERT_EQ(ask(daemon, UKS_OP_KEY_DELETE), 0);
	EXPECT_EQ(count_indices(daemon), 0);
}

/* A crash between the TPM and the store: the next start finds what nobody needs. */
TEST_F(pin, a_start_removes_what_a_crash_has_left)
{
	struct daemon *daemon = &self->daemon;

	MAKE(.type = UKS_KEY_AES_256);
	ASSERT_EQ(daemon_sql(daemon, "PRAGMA foreign_keys = ON; DELETE FROM keys"), 0);
	EXPECT_EQ(count_indices(daemon), 3);
	pin_sweep_all(&daemon->uksd, daemon->store);
	EXPECT_EQ(count_indices(daemon), 0);
	MAKE(.type = UKS_KEY_AES_256);
}

/* As a thief would: the store as it was before the wrong PINs. */
TEST_F(pin, an_old_store_gives_no_tries_back)
{
	struct daemon *daemon = &self->daemon;
	char line[200];

	MAKE(.type = UKS_KEY_AES_256);
	daemon_stop(daemon);
	snprintf(line, sizeof(line), "cp %.80s %.80s.old", daemon->config.store,
		 daemon->config.store);
	ASSERT_EQ(system(line), 0);
	ASSERT_EQ(daemon_start(daemon), 0);
	EXPECT_EQ(command(daemon, UKS_PIN_CHECK, "0001", NULL, NULL), UKS_E_PIN_WRONG);
	EXPECT_EQ(command(daemon, UKS_PIN_CHECK, "0001", NULL, NULL), UKS_E_PIN_WRONG);
	daemon_stop(daemon);
	snprintf(line, sizeof(line), "mv %.80s.old %.80s", daemon->config.store,
		 daemon->config.store);
	ASSERT_EQ(system(line), 0);
	ASSERT_EQ(daemon_start(daemon), 0);
	EXPECT_EQ(tries(daemon), 1);
	EXPECT_EQ(command(daemon, UKS_PIN_CHECK, "0001", NULL, NULL), UKS_E_PIN_LOCKED);
}

TEST_F(pin, the_policy_cannot_take_the_pin_away)
{
	struct daemon *daemon = &self->daemon;
	struct uks_attrs policy;
	uint8_t buffer[64];

	MAKE(.type = UKS_KEY_AES_256);
	uks_attrs_init(&policy, buffer, sizeof(buffer));
	uks_attrs_put_u32(&policy, UKS_POLICY_A_IDLE, 5);
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "key");
	uks_attrs_put(&daemon->in, UKS_A_POLICY, buffer, policy.len);
	EXPECT_CODE(ask(daemon, UKS_OP_KEY_SET_POLICY), UKS_E_BAD_POLICY);
}

/* Take what room there is: indices of this length, until there is none. */
static int fill_tpm(const char *tcti, uint16_t size)
{
	TPM2B_NV_PUBLIC public = {
		.nvPublic = {
			.nvIndex = 0x01900000 + size * 16,
			.nameAlg = TPM2_ALG_SHA256,
			.attributes = TPMA_NV_OWNERREAD | TPMA_NV_OWNERWRITE,
			.dataSize = size,
		},
	};
	const TPM2B_AUTH none = { .size = 0 };
	TSS2_TCTI_CONTEXT *context;
	ESYS_CONTEXT *esys;
	ESYS_TR nv;
	int made = 0;

	if (Tss2_TctiLdr_Initialize(tcti, &context))
		return -1;
	if (Esys_Initialize(&esys, context, NULL))
		return -1;
	while (!Esys_NV_DefineSpace(esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				    ESYS_TR_NONE, &none, &public, &nv)) {
		Esys_TR_Close(esys, &nv);
		public.nvPublic.nvIndex++;
		made++;
	}
	Esys_Finalize(&esys);
	Tss2_TctiLdr_Finalize(&context);
	return made;
}

/* A TPM has room for some: then it is said, and what was there goes on. */
TEST_F(pin, a_full_tpm_is_told)
{
	const struct wish wish = {
		.type = UKS_KEY_AES_256, .mode = UKS_PIN_SESSION, .pin = "1234", .code = CODE,
	};
	struct daemon *daemon = &self->daemon;

	MAKE(.type = UKS_KEY_AES_256);
	daemon_stop(daemon);
	ASSERT_GT(fill_tpm(daemon->swtpm.tcti, 2048), 0);
	ASSERT_GE(fill_tpm(daemon->swtpm.tcti, 64), 0);
	ASSERT_EQ(daemon_start(daemon), 0) {
		TH_LOG("%s", daemon->failure.text);
	}
	EXPECT_EQ(make(daemon, "other", &wish), UKS_E_TPM_BUSY) {
		TH_LOG("%s", daemon->text);
	}
	EXPECT_NE(strstr(daemon->text, "erase keys"), NULL);
	EXPECT_EQ(count_indices(daemon), 3);
	EXPECT_EQ(ask_by_name(daemon, UKS_OP_KEY_SHOW, "other"), UKS_E_NO_KEY);
	EXPECT_EQ(open_with(daemon, "key", UKS_PURPOSE_ENCRYPT, "1234"), 0);
}

TEST_HARNESS_MAIN
