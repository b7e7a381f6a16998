// SPDX-License-Identifier: LGPL-2.1-or-later
/* Older copies of the store, whole and in parts, are refused; the latest never is. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>
#include <sodium.h>

#include "daemon/rollback/generation.h"
#include "daemon/rollback/ledger-set.h"
#include "daemon/tpmgate.h"
#include "tests/unit/leaks.h"
#include "tests/unit/uksd-daemon.h"
#include "tpm/nv.h"

FIXTURE(rollback)
{
	struct daemon daemon;
};

#define START() do { \
	ASSERT_EQ(daemon_start(&self->daemon), 0) { \
		TH_LOG("%s", self->daemon.failure.text); \
	} \
	EXPECT_STREQ(self->daemon.uksd.locked.text, ""); \
} while (0)

#define STOP() daemon_stop(&self->daemon)

#define RESTART() do { \
	STOP(); \
	START(); \
} while (0)

FIXTURE_SETUP(rollback)
{
	ASSERT_EQ(daemon_new(&self->daemon), 0);
	START();
	ASSERT_EQ(ask_generate(&self->daemon, "key", UKS_KEY_AES_256), 0);
	ASSERT_EQ(ask_generate(&self->daemon, "other", UKS_KEY_AES_256), 0);
}

FIXTURE_TEARDOWN(rollback)
{
	char command[256];

	STOP();
	snprintf(command, sizeof(command), "rm -f %.31s/copy*", self->daemon.dir);
	EXPECT_EQ(system(command), 0);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

/* The store's files, to or from a copy. */
static void copy_store(struct daemon *daemon, bool back)
{
	const char *from = back ? "copy" : "keys.db", *to = back ? "keys.db" : "copy";
	char command[256];

	snprintf(command, sizeof(command),
		 "cd %.31s && rm -f %s %s-wal %s-shm && for s in '' -wal -shm; do test ! -e %s$s || cp %s$s %s$s; done",
		 daemon->dir, to, to, to, from, from, to);
	if (system(command))
		abort();
}

static uint32_t set_state(struct daemon *daemon, const char *name, uint32_t state)
{
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, name);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_STATE, state);
	return ask(daemon, UKS_OP_KEY_SET_STATE);
}

/* Rows of a key as a copy of the store has them. */
#define OLD_ROWS \
	"DELETE FROM versions WHERE key = (SELECT id FROM keys WHERE name = 'key');" \
	"INSERT INTO versions SELECT * FROM copy.versions WHERE key = (SELECT id FROM keys WHERE name = 'key');"
#define OLD_LEAVES \
	"INSERT OR REPLACE INTO leaves SELECT * FROM copy.leaves WHERE key = (SELECT id FROM keys WHERE name = 'key');"

static int put_back(struct daemon *daemon, const char *what)
{
	char sql[1024];

	snprintf(sql, sizeof(sql), "ATTACH '%.31s/copy' AS copy; %s", daemon->dir, what);
	return daemon_sql(daemon, sql);
}

static const char *trouble(struct daemon *daemon)
{
	static char text[UKS_TEXT_MAX];

	*text = 0;
	ask_begin(daemon);
	if (!ask(daemon, UKS_OP_STATUS))
		uks_attr_string(&daemon->attrs[UKS_A_RESULT], text, sizeof(text));
	return text;
}

/* Started, it refuses to use any key, says why, and changes nothing. */
#define EXPECT_REFUSED(fragment) do { \
	ASSERT_EQ(daemon_start(&self->daemon), 0) { \
		TH_LOG("%s", self->daemon.failure.text); \
	} \
	EXPECT_CODE(ask_open(&self->daemon, "other", UKS_PURPOSE_ENCRYPT), UKS_E_ROLLBACK); \
	EXPECT_CODE(ask_generate(&self->daemon, "new", UKS_KEY_AES_256), UKS_E_ROLLBACK); \
	EXPECT_NE(strstr(trouble(&self->daemon), fragment), NULL) { \
		TH_LOG("%s", trouble(&self->daemon)); \
	} \
	EXPECT_NE(strstr(trouble(&self->daemon), "accept-generation = "), NULL); \
} while (0)

static void accept_refused(struct daemon *daemon)
{
	struct config *config = &daemon->config;
	unsigned long long stored, counted;
	const char *at = strstr(trouble(daemon), "accept-generation = ");

	if (!at || sscanf(at, "accept-generation = %llu/%llu", &stored, &counted) != 2)
		abort();
	config->accept = true;
	config->accept_stored = stored;
	config->accept_counted = counted;
}

TEST_F(rollback, an_older_copy_of_the_store_is_refused_and_the_status_says_so)
{
	uint64_t generation;

	RESTART();
	EXPECT_STREQ(trouble(&self->daemon), "");
	generation = uks_attr_u64(&self->daemon.attrs[UKS_A_GENERATION], 0);
	EXPECT_GT(generation, 0);
	STOP();
	copy_store(&self->daemon, false);
	START();
	ASSERT_EQ(ask_generate(&self->daemon, "later", UKS_KEY_AES_256), 0);
	EXPECT_STREQ(trouble(&self->daemon), "");
	EXPECT_GT(uks_attr_u64(&self->daemon.attrs[UKS_A_GENERATION], 0), generation);
	STOP();
	copy_store(&self->daemon, true);
	EXPECT_REFUSED("older copy");
	EXPECT_EQ(uks_attr_u64(&self->daemon.attrs[UKS_A_GENERATION], 0), generation);
}

TEST_F(rollback, the_latest_copy_is_always_good)
{
	int i;

	for (i = 0; i < 3; i++) {
		STOP();
		copy_store(&self->daemon, false);
		copy_store(&self->daemon, true);
		START();
		EXPECT_EQ(ask_open(&self->daemon, "key", UKS_PURPOSE_ENCRYPT), 0);
		ASSERT_EQ(ask_by_name(&self->daemon, UKS_OP_KEY_ROTATE, "key"), 0);
	}
}

TEST_F(rollback, root_can_accept_an_older_copy_once)
{
	STOP();
	copy_store(&self->daemon, false);
	START();
	ASSERT_EQ(ask_by_name(&self->daemon, UKS_OP_KEY_DELETE, "key"), 0);
	STOP();
	copy_store(&self->daemon, true);
	EXPECT_REFUSED("older copy");
	accept_refused(&self->daemon);
	RESTART();
	EXPECT_EQ(ask_open(&self->daemon, "key", UKS_PURPOSE_ENCRYPT), 0);
	STOP();
	/* The line in the configuration is of no use for another copy, nor for the same. */
	copy_store(&self->daemon, true);
	EXPECT_REFUSED("older copy");
}

TEST_F(rollback, an_old_row_is_refused_by_name)
{
	STOP();
	copy_store(&self->daemon, false);
	START();
	ASSERT_EQ(set_state(&self->daemon, "key", UKS_STATE_SUSPENDED), 0);
	STOP();
	ASSERT_EQ(put_back(&self->daemon, OLD_ROWS), 0);
	START();
	EXPECT_CODE(ask_open(&self->daemon, "key", UKS_PURPOSE_ENCRYPT), UKS_E_ROLLBACK);
	EXPECT_NE(strstr(self->daemon.text, "'key'"), NULL);
	EXPECT_CODE(set_state(&self->daemon, "key", UKS_STATE_SUSPENDED), UKS_E_ROLLBACK);
	EXPECT_EQ(ask_open(&self->daemon, "other", UKS_PURPOSE_ENCRYPT), 0);
	ASSERT_EQ(generation_examine(&self->daemon.uksd, self->daemon.store,
				     &self->daemon.failure), 0);
	EXPECT_NE(strstr(trouble(&self->daemon), "1 rows of the store are not the latest"), NULL) {
		TH_LOG("%s", trouble(&self->daemon));
	}
	/* Its owner can get rid of it. */
	EXPECT_EQ(ask_by_name(&self->daemon, UKS_OP_KEY_DELETE, "key"), 0);
	RESTART();
	ASSERT_EQ(generation_examine(&self->daemon.uksd, self->daemon.store,
				     &self->daemon.failure), 0);
	EXPECT_STREQ(trouble(&self->daemon), "");
}

TEST_F(rollback, an_old_row_is_refused_while_the_daemon_runs)
{
	copy_store(&self->daemon, false);
	ASSERT_EQ(set_state(&self->daemon, "key", UKS_STATE_SUSPENDED), 0);
	ASSERT_EQ(put_back(&self->daemon, OLD_ROWS OLD_LEAVES), 0);
	EXPECT_CODE(ask_open(&self->daemon, "key", UKS_PURPOSE_ENCRYPT), UKS_E_ROLLBACK);
	EXPECT_NE(strstr(self->daemon.text, "'key'"), NULL);
	EXPECT_EQ(ask_open(&self->daemon, "other", UKS_PURPOSE_ENCRYPT), 0);
}

static uint32_t make_counted(struct daemon *daemon, const char *name)
{
	struct uks_attrs policy;
	uint8_t room[32];

	uks_attrs_init(&policy, room, sizeof(room));
	uks_attrs_put_u64(&policy, UKS_POLICY_A_MAX_USES, 2);
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, name);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, UKS_KEY_AES_256);
	uks_attrs_put(&daemon->in, UKS_A_POLICY, policy.buf, policy.len);
	return ask(daemon, UKS_OP_KEY_GENERATE);
}

static uint32_t use_counted(struct daemon *daemon, const char *name)
{
	uint8_t id[UKS_KEY_ID_LEN];

	if (ask_open(daemon, name, UKS_PURPOSE_ENCRYPT))
		return daemon->answer.code;
	memcpy(id, daemon->attrs[UKS_A_KEY_ID].value, sizeof(id));
	ask_begin(daemon);
	uks_attrs_put(&daemon->in, UKS_A_KEY_ID, id, sizeof(id));
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_VERSION, 1);
	uks_attrs_put_u32(&daemon->in, UKS_A_PURPOSES, UKS_PURPOSE_ENCRYPT);
	uks_attrs_put_u32(&daemon->in, UKS_A_ALGORITHM, UKS_ALG_AES_GCM);
	return ask(daemon, UKS_OP_USE);
}

TEST_F(rollback, old_counters_give_no_use_back)
{
	ASSERT_EQ(make_counted(&self->daemon, "counted"), 0);
	STOP();
	copy_store(&self->daemon, false);
	START();
	EXPECT_EQ(use_counted(&self->daemon, "counted"), 0);
	ASSERT_EQ(put_back(&self->daemon, "INSERT OR REPLACE INTO uses SELECT * FROM copy.uses"),
		  0);
	EXPECT_CODE(use_counted(&self->daemon, "counted"), UKS_E_ROLLBACK);
	EXPECT_NE(strstr(self->daemon.text, "'counted'"), NULL);
	RESTART();
	EXPECT_CODE(use_counted(&self->daemon, "counted"), UKS_E_ROLLBACK);
}

TEST_F(rollback, a_removed_row_is_noticed)
{
	struct ledger_state state;

	STOP();
	ASSERT_EQ(daemon_sql(&self->daemon,
			     "PRAGMA foreign_keys = ON; DELETE FROM keys WHERE name = 'key'"), 0);
	START();
	ASSERT_EQ(generation_examine(&self->daemon.uksd, self->daemon.store,
				     &self->daemon.failure), 0);
	ledger_state(self->daemon.uksd.ledger, &state);
	EXPECT_EQ(state.missing, 1);
	EXPECT_EQ(state.strange, 0);
	EXPECT_NE(strstr(trouble(&self->daemon), "1 are missing"), NULL);
	EXPECT_EQ(ask_open(&self->daemon, "other", UKS_PURPOSE_ENCRYPT), 0);
}

TEST_F(rollback, a_row_that_was_erased_does_not_come_back)
{
	STOP();
	copy_store(&self->daemon, false);
	START();
	ASSERT_EQ(ask_by_name(&self->daemon, UKS_OP_KEY_DELETE, "key"), 0);
	ASSERT_EQ(put_back(&self->daemon,
			   "INSERT INTO keys SELECT * FROM copy.keys WHERE name = 'key';"
			   OLD_ROWS), 0);
	EXPECT_CODE(ask_open(&self->daemon, "key", UKS_PURPOSE_ENCRYPT), UKS_E_ROLLBACK);
	RESTART();
	EXPECT_CODE(ask_open(&self->daemon, "key", UKS_PURPOSE_ENCRYPT), UKS_E_ROLLBACK);
}

/* Whoever exchanges rows together with their leaves is known by the sum. */
TEST_F(rollback, an_edited_ledger_is_refused)
{
	static const char * const edits[] = {
		OLD_ROWS OLD_LEAVES,
		"DELETE FROM leaves",
		"DELETE FROM leaves WHERE key = (SELECT id FROM keys WHERE name = 'key')",
		"INSERT INTO leaves SELECT key, 7, leaf FROM leaves LIMIT 1",
		"UPDATE leaves SET leaf = leaf + 1",
		"UPDATE meta SET value = zeroblob(48) WHERE name = 'generation'",
		"UPDATE meta SET value = x'00' WHERE name = 'generation'",
		"DELETE FROM meta WHERE name = 'generation'",
		"DELETE FROM meta WHERE name = 'generation-counter'",
		"DELETE FROM meta WHERE name IN ('generation', 'generation-counter')",
		"DELETE FROM meta WHERE name IN ('generation', 'generation-counter', 'auth-secret')",
		"UPDATE meta SET value = (SELECT value FROM copy.meta WHERE name = 'generation') WHERE name = 'generation'",
	};
	char command[256];
	size_t i;

	STOP();
	copy_store(&self->daemon, false);
	START();
	ASSERT_EQ(set_state(&self->daemon, "key", UKS_STATE_SUSPENDED), 0);
	STOP();
	snprintf(command, sizeof(command), "cp %.31s/keys.db %.31s/copy-latest",
		 self->daemon.dir, self->daemon.dir);
	ASSERT_EQ(system(command), 0);
	for (i = 0; i < sizeof(edits) / sizeof(*edits); i++) {
		ASSERT_EQ(put_back(&self->daemon, edits[i]), 0);
		EXPECT_REFUSED("is refused");
		STOP();
		snprintf(command, sizeof(command),
			 "cp %.31s/copy-latest %.31s/keys.db && rm -f %.31s/keys.db-*",
			 self->daemon.dir, self->daemon.dir, self->daemon.dir);
		ASSERT_EQ(system(command), 0);
	}
	START();
	EXPECT_EQ(ask_open(&self->daemon, "other", UKS_PURPOSE_ENCRYPT), 0);
}

/* The owner of the TPM can remove the counter, but not make one that counts less. */
TEST_F(rollback, a_removed_counter_is_told)
{
	struct uks_tpm_index index;
	struct uks_tpm_error error;
	struct uks_tpm *tpm;

	ASSERT_EQ(uks_tpm_counter_index(UKS_TPM_COUNTER_HANDLE, &index, &error), 0);
	ASSERT_EQ(tpmgate_enter(&self->daemon.uksd, &tpm, &self->daemon.failure), 0);
	EXPECT_EQ(uks_tpm_index_remove(tpm, &index, &error), 0) {
		TH_LOG("%s", error.text);
	}
	tpmgate_leave(&self->daemon.uksd);
	STOP();
	EXPECT_REFUSED("not in the TPM");
	accept_refused(&self->daemon);
	RESTART();
	EXPECT_EQ(ask_open(&self->daemon, "key", UKS_PURPOSE_ENCRYPT), 0);
	RESTART();
	EXPECT_EQ(ask_open(&self->daemon, "key", UKS_PURPOSE_ENCRYPT), 0);
}

/* A daemon that is killed after a deletion that was, or was not, flushed. */
static int delete_and_die(struct daemon *daemon, bool flush)
{
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		if (daemon_start(daemon) || ask_generate(daemon, "first", UKS_KEY_AES_256) ||
		    generation_work(&daemon->uksd, &daemon->failure))
			_exit(1);
		copy_store(daemon, false);
		if (ask_by_name(daemon, UKS_OP_KEY_DELETE, "key") ||
		    (flush && generation_flush(&daemon->uksd, &daemon->failure)))
			_exit(2);
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid ? status : -1;
}

TEST_F(rollback, what_was_flushed_cannot_be_undone)
{
	STOP();
	self->daemon.config.generation_interval = 3600;
	ASSERT_EQ(delete_and_die(&self->daemon, true), 0);
	copy_store(&self->daemon, true);
	EXPECT_REFUSED("older copy");
}

/* It is refused only when it has the generation of the latest one no more. */
TEST_F(rollback, the_end_of_a_batch_comes_with_the_stop)
{
	STOP();
	self->daemon.config.generation_interval = 3600;
	START();
	ASSERT_EQ(ask_generate(&self->daemon, "first", UKS_KEY_AES_256), 0);
	ASSERT_EQ(generation_work(&self->daemon.uksd, &self->daemon.failure), 0);
	copy_store(&self->daemon, false);
	ASSERT_EQ(ask_by_name(&self->daemon, UKS_OP_KEY_DELETE, "key"), 0);
	STOP();
	copy_store(&self->daemon, true);
	EXPECT_REFUSED("older copy");
}

TEST_F(rollback, the_tpm_counts_once_for_many_changes)
{
	struct ledger_state before, after;
	char name[16];
	int i;

	STOP();
	self->daemon.config.generation_interval = 3600;
	START();
	ledger_state(self->daemon.uksd.ledger, &before);
	for (i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "key-%d", i);
		ASSERT_EQ(ask_generate(&self->daemon, name, UKS_KEY_AES_256), 0);
		ASSERT_EQ(generation_work(&self->daemon.uksd, &self->daemon.failure), 0);
	}
	ledger_state(self->daemon.uksd.ledger, &after);
	EXPECT_EQ(after.counted, before.counted + 1);
	EXPECT_EQ(after.stored, after.counted);
	EXPECT_TRUE(after.dirty);
	RESTART();
	ledger_state(self->daemon.uksd.ledger, &after);
	EXPECT_EQ(after.counted, before.counted + 2);
	RESTART();
	ledger_state(self->daemon.uksd.ledger, &after);
	EXPECT_EQ(after.counted, before.counted + 2);
}

TEST_F(rollback, the_thread_counts_in_the_background)
{
	struct ledger_state state;
	uint64_t before;

	STOP();
	START();
	ASSERT_EQ(generation_start(&self->daemon.uksd, &self->daemon.failure), 0);
	ledger_state(self->daemon.uksd.ledger, &state);
	before = state.counted;
	ASSERT_EQ(ask_generate(&self->daemon, "new", UKS_KEY_AES_256), 0);
	do {
		ledger_state(self->daemon.uksd.ledger, &state);
	} while (state.counted == before);
	EXPECT_EQ(state.counted, before + 1);
}

TEST_F(rollback, changes_go_on_while_the_tpm_is_away)
{
	struct failure failure;

	swtpm_off(&self->daemon.swtpm);
	EXPECT_EQ(ask_generate(&self->daemon, "new", UKS_KEY_AES_256), 0);
	EXPECT_EQ(generation_flush(&self->daemon.uksd, &failure), -1);
	EXPECT_EQ(failure.code, UKS_E_TPM);
	ASSERT_EQ(swtpm_on(&self->daemon.swtpm, "not-need-init,startup-clear"), 0);
	EXPECT_EQ(generation_flush(&self->daemon.uksd, &failure), 0) {
		TH_LOG("%s", failure.text);
	}
	RESTART();
	EXPECT_EQ(ask_open(&self->daemon, "new", UKS_PURPOSE_ENCRYPT), 0);
}

TEST_F(rollback, each_store_of_a_tpm_has_a_counter_of_its_own)
{
	struct daemon *other = calloc(1, sizeof(*other));
	char command[64];
	int i;

	ASSERT_NE(other, NULL);
	STOP();
	*other = self->daemon;
	memcpy(other->dir, "/dev/shm/uksd-XXXXXX", 21);
	ASSERT_NE(mkdtemp(other->dir), NULL);
	snprintf(other->config.store, sizeof(other->config.store), "%s/keys.db", other->dir);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(daemon_start(other), 0);
		EXPECT_EQ(other->uksd.locked.code, 0);
		EXPECT_EQ(ask_generate(other, i ? "b" : "a", UKS_KEY_AES_256), 0);
		daemon_stop(other);
		START();
		EXPECT_EQ(ask_generate(&self->daemon, i ? "b" : "a", UKS_KEY_AES_256), 0);
		STOP();
	}
	snprintf(command, sizeof(command), "rm -r %.31s", other->dir);
	EXPECT_EQ(system(command), 0);
	free(other);
	START();
}

TEST(a_set_has_what_was_added_and_not_removed)
{
	enum { NUMBERS = 5000 };
	static uint64_t numbers[NUMBERS];
	struct ledger_set set = { .count = 0 };
	int i;

	randombytes_buf(numbers, sizeof(numbers));
	EXPECT_FALSE(ledger_set_has(&set, 1));
	for (i = 0; i < NUMBERS; i++) {
		ASSERT_EQ(ledger_set_reserve(&set, set.count + 1), 0);
		ledger_set_add(&set, numbers[i]);
	}
	/* Half of them go, while those that were in their way must be found still. */
	for (i = 0; i < NUMBERS; i += 2)
		ledger_set_remove(&set, numbers[i]);
	EXPECT_EQ(set.count, NUMBERS / 2);
	for (i = 0; i < NUMBERS; i++)
		ASSERT_EQ(ledger_set_has(&set, numbers[i]), i % 2 == 1);
	EXPECT_LT(set.size, NUMBERS * 3 / 2);
	ledger_set_free(&set);
}

TEST_HARNESS_MAIN
