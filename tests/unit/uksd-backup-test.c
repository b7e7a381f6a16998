// SPDX-License-Identifier: LGPL-2.1-or-later
/* Shares and backups: a machine lost, its keys on another; and what is refused. */
#include <kselftest_harness.h>
#include <sodium.h>

#include "daemon/master/share.h"
#include "tests/unit/leaks.h"
#include "tests/unit/uksd-ceremony.h"

#define FRAMES_MAX	64
#define KEYS		300	/* more than one frame has room for */

/* A backup, frame by frame. */
struct frames {
	int count;
	struct {
		size_t len;
		uint8_t *bytes;
	} list[FRAMES_MAX];
};

FIXTURE(backup)
{
	struct daemon a;	/* the machine that is lost */
	struct daemon b;	/* the other one */
	struct ceremony of_a;
	struct ceremony of_b;
	struct frames frames;
	struct share shares[SHARES_MAX];
	uint8_t secret[32];
};

static int read_backup(struct ceremony *ceremony, struct frames *frames)
{
	const struct uks_attr *attrs = ceremony->daemon->attrs;
	char cursor[64] = "";

	for (frames->count = 0; frames->count < FRAMES_MAX; ) {
		const struct uks_attr *result = &attrs[UKS_A_RESULT];

		if (ask_backup(ceremony, UKS_BACKUP_READ, *cursor ? cursor : NULL, 0, NULL, 0))
			return -1;
		frames->list[frames->count].len = result->len;
		frames->list[frames->count].bytes = malloc(result->len);
		memcpy(frames->list[frames->count++].bytes, result->value, result->len);
		if (!uks_attr_string(&attrs[UKS_A_CURSOR], cursor, sizeof(cursor)))
			return 0;
	}
	return -1;
}

/* Sends the frames in an order, each as it is; then the end. */
static uint32_t write_frames(struct ceremony *ceremony, const struct frames *frames,
			     const int *order, int count, uint32_t flags)
{
	const struct uks_attr *attrs = ceremony->daemon->attrs;
	char cursor[64] = "";
	uint32_t code;
	int i;

	for (i = 0; i < count; i++) {
		int which = order ? order[i] : i;

		code = ask_backup(ceremony, UKS_BACKUP_WRITE, *cursor ? cursor : NULL, flags,
				  frames->list[which].bytes, frames->list[which].len);
		if (code)
			return code;
		uks_attr_string(&attrs[UKS_A_CURSOR], cursor, sizeof(cursor));
	}
	return ask_backup(ceremony, UKS_BACKUP_FINISH, cursor, 0, NULL, 0);
}

static uint32_t verify(struct ceremony *ceremony, const struct frames *frames)
{
	return write_frames(ceremony, frames, NULL, frames->count, UKS_CALL_CHECK);
}

static uint32_t restore(struct ceremony *ceremony, const struct frames *frames)
{
	return write_frames(ceremony, frames, NULL, frames->count, 0);
}

/* Another machine: a TPM and a store of its own. */
static int daemon_beside(struct daemon *daemon, const struct daemon *first)
{
	*daemon = *first;
	uks_attrs_init(&daemon->identity, daemon->identity_buf, sizeof(daemon->identity_buf));
	memcpy(daemon->dir, "/dev/shm/uksd-XXXXXX", 21);
	if (swtpm_new(&daemon->swtpm) ||
	    swtpm_on(&daemon->swtpm, "not-need-init,startup-clear") || !mkdtemp(daemon->dir))
		return -1;
	snprintf(daemon->config.tcti, sizeof(daemon->config.tcti), "%s", daemon->swtpm.tcti);
	snprintf(daemon->config.store, sizeof(daemon->config.store), "%.31s/keys.db",
		 daemon->dir);
	return 0;
}

static size_t pack(const struct share *shares, const int *which, int count, uint8_t *bytes)
{
	size_t len = 0;
	int i;

	for (i = 0; i < count; i++) {
		memcpy(bytes + len, &shares[which[i]], share_len(&shares[which[i]]));
		len += share_len(&shares[which[i]]);
	}
	return len;
}

static uint32_t recover(struct ceremony *ceremony, const struct share *shares, const int *which,
			int count)
{
	static uint8_t bytes[SHARES_MAX * sizeof(*shares)];

	return ask_master(ceremony, UKS_MASTER_RECOVER, bytes, pack(shares, which, count, bytes));
}

static int take_shares(struct ceremony *ceremony, struct share *shares)
{
	const struct uks_attr *result = &ceremony->daemon->attrs[UKS_A_RESULT];
	struct failure failure;
	unsigned int given;

	if (order(ceremony, "shares", "\"threshold\":3,\"count\":5", 0))
		return -1;
	return shares_parse(result->value, result->len, shares, &given, &failure) ||
	       given != 5 ? -1 : 0;
}

FIXTURE_SETUP(backup)
{
	struct daemon *a = &self->a;
	char name[32];
	int i;

	ASSERT_EQ(daemon_new(a), 0);
	ASSERT_EQ(daemon_beside(&self->b, a), 0);
	ASSERT_EQ(daemon_start(a), 0);
	ASSERT_EQ(daemon_start(&self->b), 0);
	ASSERT_EQ(ceremony_new(&self->of_a, a), 0);
	ASSERT_EQ(ceremony_new(&self->of_b, &self->b), 0);
	for (i = 0; i < KEYS; i++) {
		snprintf(name, sizeof(name), "key-%d", i);
		ASSERT_EQ(ask_generate(a, name, UKS_KEY_ED25519), 0);
	}
	ASSERT_EQ(ask_generate(a, "key", UKS_KEY_AES_256), 0);
	ASSERT_EQ(ask_by_name(a, UKS_OP_KEY_ROTATE, "key"), 0);
	ASSERT_EQ(ask_open(a, "key", UKS_PURPOSE_ENCRYPT), 0);
	memcpy(self->secret, a->attrs[UKS_A_KEY_MATERIAL].value, 32);
	ASSERT_EQ(take_shares(&self->of_a, self->shares), 0) {
		TH_LOG("%s", a->text);
	}
	ASSERT_EQ(read_backup(&self->of_a, &self->frames), 0) {
		TH_LOG("%s", a->text);
	}
}

FIXTURE_TEARDOWN(backup)
{
	char command[64];
	int i;

	for (i = 0; i < self->frames.count; i++)
		free(self->frames.list[i].bytes);
	daemon_stop(&self->a);
	daemon_stop(&self->b);
	ceremony_delete(&self->of_a);
	ceremony_delete(&self->of_b);
	swtpm_delete(&self->b.swtpm);
	snprintf(command, sizeof(command), "rm -rf %.31s", self->b.dir);
	EXPECT_EQ(system(command), 0);
	daemon_delete(&self->a);
	EXPECT_EQ(leaks(), 0);
}

static const int three[] = { 4, 0, 2 };

TEST_F(backup, comes_back_on_another_machine)
{
	struct daemon *b = &self->b;
	uint8_t before[32], after[32];

	ASSERT_EQ(recover(&self->of_b, self->shares, three, 3), 0) {
		TH_LOG("%s", b->text);
	}
	daemon_digest(b, before);
	ASSERT_EQ(verify(&self->of_b, &self->frames), 0) {
		TH_LOG("%s", b->text);
	}
	daemon_digest(b, after);
	EXPECT_EQ(memcmp(before, after, 32), 0);
	EXPECT_EQ(json_integer_value(json_object_get(self->of_b.status, "keys")), KEYS + 1);
	EXPECT_EQ(json_integer_value(json_object_get(self->of_b.status, "versions")), KEYS + 2);
	ASSERT_EQ(restore(&self->of_b, &self->frames), 0) {
		TH_LOG("%s", b->text);
	}
	EXPECT_EQ(ask_open(b, "key", UKS_PURPOSE_ENCRYPT), 0);
	EXPECT_EQ(memcmp(self->secret, b->attrs[UKS_A_KEY_MATERIAL].value, 32), 0);
	EXPECT_EQ(ask_open(b, "key-77", UKS_PURPOSE_SIGN), 0);
	daemon_stop(b);
	ASSERT_EQ(daemon_start(b), 0) {
		TH_LOG("%s", b->failure.text);
	}
	EXPECT_EQ(ask_open(b, "key", UKS_PURPOSE_ENCRYPT), 0);
	EXPECT_EQ(memcmp(self->secret, b->attrs[UKS_A_KEY_MATERIAL].value, 32), 0);
	EXPECT_EQ(ask_generate(b, "new", UKS_KEY_AES_256), 0);
	/* The counts are there, too. */
	ask_begin(b);
	ASSERT_EQ(ask(b, UKS_OP_STATUS), 0);
	EXPECT_EQ(uks_attr_u64(&b->attrs[UKS_A_KEYS], 0), KEYS + 2);
}

TEST_F(backup, has_administrators_who_go_on_with_a_counter_of_their_own)
{
	struct ceremony *a = &self->of_a, *b = &self->of_b;
	char *text;
	int i;

	ASSERT_EQ(enrol_all(a), 0);
	for (i = 0; i < self->frames.count; i++)
		free(self->frames.list[i].bytes);
	ASSERT_EQ(read_backup(a, &self->frames), 0);
	text = command_text(a, "revoke", "\"administrator\":\"admin0\",\"commit\":1,\"revoke\":1");
	ASSERT_EQ(recover(b, self->shares, three, 3), 0);
	ASSERT_EQ(restore(b, &self->frames), 0);
	EXPECT_STREQ(status(b, "administrators"), "3");
	/* What was signed for the lost machine is worth nothing here. */
	for (i = 0; i < ADMINS; i++) {
		EVP_PKEY_free(b->keys[i]);
		b->keys[i] = a->keys[i];
		EVP_PKEY_up_ref(b->keys[i]);
	}
	EXPECT_EQ(send_command(b, UKS_MASTER_SIGNED, text, 7), UKS_E_REPLAYED);
	ASSERT_EQ(ask_master(b, UKS_MASTER_LOAD, NULL, 0), 0);
	EXPECT_EQ(order(b, "revoke", "\"administrator\":\"admin0\",\"commit\":1,\"revoke\":1", 7),
		  0) {
		TH_LOG("%s", b->daemon->text);
	}
	EXPECT_STREQ(status(b, "administrators"), "2");
	free(text);
}

#define EXPECT_REFUSED(question, expected, fragment) do { \
	uint8_t before[32], after[32]; \
	daemon_digest(&self->b, before); \
	EXPECT_EQ(question, expected) { \
		TH_LOG("%s", self->b.text); \
	} \
	EXPECT_NE(strstr(self->b.text, fragment), NULL) { \
		TH_LOG("%s", self->b.text); \
	} \
	daemon_digest(&self->b, after); \
	EXPECT_EQ(memcmp(before, after, 32), 0); \
} while (0)

TEST_F(backup, that_is_not_whole_is_refused)
{
	static const int swapped[] = { 0, 1, 3, 2 }, missing[] = { 0, 1, 3 }, twice[] = { 0, 1, 1 };
	struct ceremony *b = &self->of_b;
	int count = self->frames.count;

	/* Header, contents, rows in more than one frame, end. */
	ASSERT_GE(count, 5);
	ASSERT_EQ(ask_master(b, UKS_MASTER_SHOW, NULL, 0), 0);
	ASSERT_EQ(recover(b, self->shares, three, 3), 0);
	EXPECT_REFUSED(write_frames(b, &self->frames, NULL, count - 1, 0), UKS_E_BACKUP, "cut off");
	EXPECT_REFUSED(write_frames(b, &self->frames, NULL, 1, 0), UKS_E_BACKUP, "cut off");
	EXPECT_REFUSED(write_frames(b, &self->frames, swapped, 4, 0), UKS_E_BACKUP, "frame 3");
	EXPECT_REFUSED(write_frames(b, &self->frames, missing, 3, 0), UKS_E_BACKUP, "frame 3");
	EXPECT_REFUSED(write_frames(b, &self->frames, twice, 3, 0), UKS_E_BACKUP, "frame 3");
	EXPECT_EQ(ask_open(&self->b, "key", UKS_PURPOSE_ENCRYPT), UKS_E_NO_KEY);
	/* It is still good for the whole one. */
	EXPECT_EQ(restore(b, &self->frames), 0);
}

/* Without its cursor nobody goes on with it, and what was given up is not gone on with. */
TEST_F(backup, that_was_given_up_is_not_read_on)
{
	struct ceremony *a = &self->of_a;
	char cursor[64] = "";

	ASSERT_EQ(ask_backup(a, UKS_BACKUP_READ, NULL, 0, NULL, 0), 0);
	uks_attr_string(&self->a.attrs[UKS_A_CURSOR], cursor, sizeof(cursor));
	EXPECT_EQ(ask_backup(a, 100, cursor, 0, NULL, 0), UKS_E_UNSUPPORTED);
	EXPECT_EQ(ask_backup(a, UKS_BACKUP_READ, cursor, 0, NULL, 0), 0);
	uks_attr_string(&self->a.attrs[UKS_A_CURSOR], cursor, sizeof(cursor));
	EXPECT_EQ(ask_backup(a, UKS_BACKUP_ABORT, cursor, 0, NULL, 0), 0);
	EXPECT_EQ(ask_backup(a, UKS_BACKUP_READ, cursor, 0, NULL, 0), UKS_E_BACKUP);
	EXPECT_EQ(ask_backup(a, UKS_BACKUP_READ, NULL, 0, NULL, 0), 0);
}

/* One bit in each frame, at its beginning, middle and end. */
TEST_F(backup, that_was_changed_is_refused)
{
	struct ceremony *b = &self->of_b;
	int i, at;

	ASSERT_EQ(ask_master(b, UKS_MASTER_SHOW, NULL, 0), 0);
	ASSERT_EQ(recover(b, self->shares, three, 3), 0);
	for (i = 0; i < self->frames.count; i++)
		for (at = 0; at < 3; at++) {
			size_t where = (self->frames.list[i].len - 1) * at / 2;

			self->frames.list[i].bytes[where] ^= 0x10;
			EXPECT_REFUSED(restore(b, &self->frames), UKS_E_BACKUP, "");
			self->frames.list[i].bytes[where] ^= 0x10;
		}
	EXPECT_EQ(restore(b, &self->frames), 0);
}

TEST_F(backup, is_refused_without_its_master_key)
{
	struct ceremony *a = &self->of_a, *b = &self->of_b;
	struct share other[SHARES_MAX];

	ASSERT_EQ(ask_master(b, UKS_MASTER_SHOW, NULL, 0), 0);
	EXPECT_REFUSED(restore(b, &self->frames), UKS_E_MASTER_STATE, "shares");
	EXPECT_REFUSED(verify(b, &self->frames), UKS_E_BACKUP, "not at hand");
	/* Shares of another machine's master key. */
	ASSERT_EQ(take_shares(b, other), 0);
	ASSERT_EQ(recover(b, other, three, 3), 0);
	EXPECT_REFUSED(restore(b, &self->frames), UKS_E_BACKUP, "not at hand");
	/* On the machine it was made on it can be verified. */
	EXPECT_EQ(verify(a, &self->frames), 0);
}

TEST_F(backup, is_restored_onto_nothing_else)
{
	struct ceremony *b = &self->of_b;

	ASSERT_EQ(ask_master(b, UKS_MASTER_SHOW, NULL, 0), 0);
	ASSERT_EQ(recover(b, self->shares, three, 3), 0);
	ASSERT_EQ(ask_generate(&self->b, "mine", UKS_KEY_AES_256), 0);
	EXPECT_REFUSED(restore(b, &self->frames), UKS_E_MASTER_STATE, "has keys");
	EXPECT_EQ(ask_open(&self->b, "mine", UKS_PURPOSE_ENCRYPT), 0);
	ASSERT_EQ(ask_by_name(&self->b, UKS_OP_KEY_DELETE, "mine"), 0);
	ASSERT_EQ(enrol_all(b), 0);
	EXPECT_REFUSED(restore(b, &self->frames), UKS_E_MASTER_STATE, "administrators");
}

TEST_F(backup, needs_enough_shares_of_one_set)
{
	static const int two[] = { 1, 3 }, same[] = { 1, 3, 1 }, all[] = { 0, 1, 2, 3, 4 };
	static const int mixed[] = { 0, 1, 5 };
	struct ceremony *b = &self->of_b;
	struct share set[SHARES_MAX];

	ASSERT_EQ(ask_master(b, UKS_MASTER_SHOW, NULL, 0), 0);
	EXPECT_REFUSED(recover(b, self->shares, two, 2), UKS_E_SHARES, "3 shares are needed");
	EXPECT_REFUSED(recover(b, self->shares, same, 3), UKS_E_SHARES, "given twice");
	EXPECT_REFUSED(recover(b, self->shares, NULL, 0), UKS_E_SHARES, "no share");
	/* Of the same key, but split another time. */
	memcpy(set, self->shares, sizeof(set));
	ASSERT_EQ(take_shares(&self->of_a, &set[5]), 0);
	EXPECT_REFUSED(recover(b, set, mixed, 3), UKS_E_SHARES, "share 3 of those given");
	/* Damaged in its secret, in its set, in what it knows of the others. */
	memcpy(set, self->shares, sizeof(set));
	set[0].share[31] ^= 1;
	EXPECT_REFUSED(recover(b, set, three, 3), UKS_E_SHARES, "number 1) was changed");
	memcpy(set, self->shares, sizeof(set));
	set[2].set[0] ^= 1;
	EXPECT_REFUSED(recover(b, set, three, 3), UKS_E_SHARES, "number 3) does not belong");
	memcpy(set, self->shares, sizeof(set));
	set[4].commitments[1][3] ^= 1;
	EXPECT_REFUSED(recover(b, set, three, 3), UKS_E_SHARES, "number 5) does not belong");
	memcpy(set, self->shares, sizeof(set));
	set[4].magic[0] ^= 1;
	EXPECT_REFUSED(recover(b, set, three, 3), UKS_E_SHARES,
		       "share 1 of those given is damaged");
	EXPECT_EQ(recover(b, self->shares, all, 5), 0);
}

/* Any three give the key, whichever. */
TEST_F(backup, takes_any_three_shares)
{
	int which[3];

	for (which[0] = 0; which[0] < 5; which[0]++)
		for (which[1] = 0; which[1] < which[0]; which[1]++)
			for (which[2] = 0; which[2] < which[1]; which[2]++)
				EXPECT_EQ(recover(&self->of_b, self->shares, which, 3), 0);
}

TEST_F(backup, gives_shares_to_administrators_only)
{
	struct ceremony *a = &self->of_a;

	EXPECT_EQ(order(a, "shares", "\"threshold\":1,\"count\":5", 0), UKS_E_INVALID);
	EXPECT_EQ(order(a, "shares", "\"threshold\":6,\"count\":5", 0), UKS_E_INVALID);
	EXPECT_EQ(order(a, "shares", "\"threshold\":3,\"count\":17", 0), UKS_E_INVALID);
	ASSERT_EQ(enrol_all(a), 0);
	EXPECT_EQ(order(a, "shares", "\"threshold\":3,\"count\":5", 0), UKS_E_NOT_ADMIN);
	EXPECT_EQ(order(a, "shares", "\"threshold\":3,\"count\":5", 4), UKS_E_NOT_ADMIN);
	EXPECT_FALSE(a->daemon->attrs[UKS_A_RESULT].type);
	EXPECT_EQ(order(a, "shares", "\"threshold\":3,\"count\":5", 6), 0);
}

/* The store alone is worth nothing to another TPM. */
TEST_F(backup, is_needed_where_the_store_alone_does_not_open)
{
	char command[3 * PATH_MAX];
	struct daemon *b = &self->b;

	daemon_stop(b);
	snprintf(command, sizeof(command), "rm -f %.31s/*; cp %.4000s* %.31s/", b->dir,
		 self->a.config.store,
		 b->dir);
	ASSERT_EQ(system(command), 0);
	EXPECT_EQ(daemon_start(b), -1);
	EXPECT_NE(strstr(b->failure.text, "another TPM"), NULL) {
		TH_LOG("%s", b->failure.text);
	}
	snprintf(command, sizeof(command), "rm -f %.31s/*", b->dir);
	ASSERT_EQ(system(command), 0);
	ASSERT_EQ(daemon_start(b), 0);
}

TEST_HARNESS_MAIN
