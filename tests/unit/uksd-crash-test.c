// SPDX-License-Identifier: LGPL-2.1-or-later
/* Changes of keys, and the first start, killed at each step. */
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "daemon/rollback/generation.h"
#include "tests/unit/leaks.h"
#include "tests/unit/uksd-crash.h"

FIXTURE(crash)
{
	struct crash crash;
};

FIXTURE_SETUP(crash)
{
	ASSERT_EQ(crash_begin(&self->crash), 0);
}

FIXTURE_TEARDOWN(crash)
{
	EXPECT_EQ(crash_end(&self->crash), 0);
	EXPECT_EQ(leaks(), 0);
}

static bool has(struct daemon *daemon, const char *name, const uint8_t *secret)
{
	return !ask_open(daemon, name, UKS_PURPOSE_ENCRYPT) &&
	       (!secret || !memcmp(daemon->attrs[UKS_A_KEY_MATERIAL].value, secret, 32));
}

static bool has_not(struct daemon *daemon, const char *name)
{
	return ask_open(daemon, name, UKS_PURPOSE_ENCRYPT) == UKS_E_NO_KEY;
}

static uint32_t make_key(struct daemon *daemon)
{
	return ask_generate(daemon, "new", UKS_KEY_AES_256);
}

static bool key_is_made(struct daemon *daemon, const uint8_t *secret)
{
	return has(daemon, "new", NULL) && has(daemon, "old", secret);
}

static bool key_is_not_made(struct daemon *daemon, const uint8_t *secret)
{
	return has_not(daemon, "new") && has(daemon, "old", secret);
}

static uint32_t rename_key(struct daemon *daemon)
{
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "old");
	uks_attrs_put_string(&daemon->in, UKS_A_NEW_NAME, "new");
	return ask(daemon, UKS_OP_KEY_RENAME);
}

static bool key_is_renamed(struct daemon *daemon, const uint8_t *secret)
{
	return has_not(daemon, "old") && has(daemon, "new", secret);
}

static uint32_t delete_key(struct daemon *daemon)
{
	return ask_by_name(daemon, UKS_OP_KEY_DELETE, "old");
}

static bool key_is_deleted(struct daemon *daemon, const uint8_t *secret)
{
	return has_not(daemon, "old");
}

TEST_F_TIMEOUT(crash, generate, 120)
{
	static const struct change change = { make_key, key_is_made, key_is_not_made };

	EXPECT_OLD_OR_NEW(&self->crash, &change);
}

TEST_F_TIMEOUT(crash, rename, 120)
{
	static const struct change change = { rename_key, key_is_renamed, key_is_not_made };

	EXPECT_OLD_OR_NEW(&self->crash, &change);
}

TEST_F_TIMEOUT(crash, delete, 120)
{
	static const struct change change = { delete_key, key_is_deleted, key_is_not_made };

	EXPECT_OLD_OR_NEW(&self->crash, &change);
}

static uint32_t rotate_key(struct daemon *daemon)
{
	return ask_by_name(daemon, UKS_OP_KEY_ROTATE, "old");
}

static bool key_is_rotated(struct daemon *daemon, const uint8_t *secret)
{
	return has(daemon, "old", NULL) && !has(daemon, "old", secret) &&
	       uks_attr_u32(&daemon->attrs[UKS_A_KEY_VERSION], 0) == 2;
}

static uint32_t replace_key(struct daemon *daemon)
{
	daemon->config.delete_window = 3600;
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "old");
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, UKS_KEY_AES_256);
	uks_attrs_put_u32(&daemon->in, UKS_A_FLAGS, UKS_CALL_REPLACE);
	return ask(daemon, UKS_OP_KEY_GENERATE);
}

static uint32_t restore_key(struct daemon *daemon)
{
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "old");
	uks_attrs_put_string(&daemon->in, UKS_A_NEW_NAME, "back");
	return ask(daemon, UKS_OP_KEY_RESTORE);
}

/* There are two now, and nothing of the old one is lost. */
static bool key_is_replaced(struct daemon *daemon, const uint8_t *secret)
{
	return has(daemon, "old", NULL) && !has(daemon, "old", secret) &&
	       !restore_key(daemon) && has(daemon, "back", secret);
}

static uint32_t delete_softly(struct daemon *daemon)
{
	daemon->config.delete_window = 3600;
	return delete_key(daemon);
}

static bool key_is_deleted_softly(struct daemon *daemon, const uint8_t *secret)
{
	return has_not(daemon, "old") && !restore_key(daemon) && has(daemon, "back", secret);
}

static bool key_is_restored(struct daemon *daemon, const uint8_t *secret)
{
	return has_not(daemon, "old") && has(daemon, "back", secret);
}

static bool key_is_not_restored(struct daemon *daemon, const uint8_t *secret)
{
	return has_not(daemon, "back") && key_is_deleted_softly(daemon, secret);
}

static uint32_t use_counted(struct daemon *daemon)
{
	uint8_t id[UKS_KEY_ID_LEN];

	if (ask_open(daemon, "counted", UKS_PURPOSE_ENCRYPT))
		return 1;
	memcpy(id, daemon->attrs[UKS_A_KEY_ID].value, sizeof(id));
	ask_begin(daemon);
	uks_attrs_put(&daemon->in, UKS_A_KEY_ID, id, sizeof(id));
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_VERSION, 1);
	uks_attrs_put_u32(&daemon->in, UKS_A_PURPOSES, UKS_PURPOSE_ENCRYPT);
	uks_attrs_put_u32(&daemon->in, UKS_A_ALGORITHM, UKS_ALG_AES_GCM);
	return ask(daemon, UKS_OP_USE);
}

static uint64_t uses(struct daemon *daemon)
{
	if (ask_by_name(daemon, UKS_OP_KEY_SHOW, "counted"))
		return UINT64_MAX;
	return uks_attr_u64(&daemon->attrs[UKS_A_USES], UINT64_MAX);
}

static bool use_is_counted(struct daemon *daemon, const uint8_t *secret)
{
	return uses(daemon) == 1;
}

static bool use_is_not_counted(struct daemon *daemon, const uint8_t *secret)
{
	return !uses(daemon);
}

TEST_F_TIMEOUT(crash, rotate, 120)
{
	static const struct change change = { rotate_key, key_is_rotated, key_is_not_made };

	EXPECT_OLD_OR_NEW(&self->crash, &change);
}

TEST_F_TIMEOUT(crash, replace, 120)
{
	static const struct change change = { replace_key, key_is_replaced, key_is_not_made };

	EXPECT_OLD_OR_NEW(&self->crash, &change);
}

TEST_F_TIMEOUT(crash, delete_softly, 120)
{
	static const struct change change = {
		delete_softly, key_is_deleted_softly, key_is_not_made,
	};

	EXPECT_OLD_OR_NEW(&self->crash, &change);
}

TEST_F_TIMEOUT(crash, restore, 120)
{
	static const struct change change = {
		restore_key, key_is_restored, key_is_not_restored,
	};

	PREPARE(delete_softly(&self->crash.daemon));
	EXPECT_OLD_OR_NEW(&self->crash, &change);
}

static uint32_t make_counted(struct daemon *daemon)
{
	struct uks_attrs policy;
	uint8_t room[32];

	uks_attrs_init(&policy, room, sizeof(room));
	uks_attrs_put_u64(&policy, UKS_POLICY_A_MAX_USES, 5);
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "counted");
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, UKS_KEY_AES_256);
	uks_attrs_put(&daemon->in, UKS_A_POLICY, policy.buf, policy.len);
	return ask(daemon, UKS_OP_KEY_GENERATE);
}

/* Once the kernel has its answer the use is counted, so none is ever given away. */
TEST_F_TIMEOUT(crash, count, 120)
{
	static const struct change change = { use_counted, use_is_counted, use_is_not_counted };

	PREPARE(make_counted(&self->crash.daemon));
	EXPECT_OLD_OR_NEW(&self->crash, &change);
}

/* A whole daemon for the store as it is now, which it accepts whatever the TPM counted. */
static struct daemon *begin_generation(const struct daemon *daemon, bool *accepted)
{
	struct daemon *whole = malloc(sizeof(*whole));
	unsigned long long stored, counted;
	const char *at;

	if (!whole)
		abort();
	*whole = *daemon;
	crash_files(whole, ".saved", "");
	if (daemon_start(whole))
		abort();
	*accepted = whole->uksd.locked.code;
	at = strstr(whole->uksd.locked.text, "accept-generation = ");
	if (at && sscanf(at, "accept-generation = %llu/%llu", &stored, &counted) == 2) {
		daemon_stop(whole);
		whole->config.accept = true;
		whole->config.accept_stored = stored;
		whole->config.accept_counted = counted;
		if (daemon_start(whole))
			abort();
		whole->config.accept = false;
	}
	if (whole->uksd.locked.code)
		abort();
	daemon_stop(whole);
	return whole;
}

/* As make_until(), with all that the TPM counts. */
static bool make_and_count_until(struct daemon *whole, const struct change *change, int step)
{
	int status;
	pid_t pid;

	if (steps_ending == POWER)
		crash_files(whole, "", ".kept");
	pid = fork();
	if (!pid) {
		if (daemon_start(whole))
			_exit(1);
		steps_left = step;
		if (change->make(whole))
			_exit(2);
		if (step > 0 && generation_work(&whole->uksd, &whole->failure))
			_exit(3);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid ||
	    (WIFEXITED(status) && WEXITSTATUS(status)))
		abort();
	crash_flush_tpm(whole);
	if (steps_ending == POWER && WIFSIGNALED(status))
		crash_files(whole, ".kept", "");
	return WIFSIGNALED(status);
}

/* Killed at each step: the latest store is never refused, and no other one is taken. */
static void count_at_each_step(struct __test_metadata *_metadata, FIXTURE_DATA(crash) * self,
			       const struct change *change)
{
	int step, old = 0, new = 0;
	struct daemon *whole;
	bool killed, made, accepted;

	for (steps_ending = BEFORE; steps_ending < ENDINGS; steps_ending++) {
		for (killed = true, step = 1; killed; step += STEPS_STRIDE) {
			whole = begin_generation(&self->crash.daemon, &accepted);
			killed = make_and_count_until(whole, change, step);
			ASSERT_EQ(daemon_start(whole), 0);
			ASSERT_STREQ(whole->uksd.locked.text, "") {
				TH_LOG("ending %d, step %d", steps_ending, step);
			}
			made = change->is_made(whole, self->crash.secret);
			ASSERT_TRUE(made || killed);
			ASSERT_TRUE(made || change->is_not_made(whole, self->crash.secret));
			ASSERT_EQ(ask_open(whole, "other", UKS_PURPOSE_SIGN), 0);
			daemon_stop(whole);
			/* What was before the change is an older copy now. */
			crash_files(whole, ".saved", "");
			ASSERT_EQ(daemon_start(whole), 0);
			ASSERT_EQ(whole->uksd.locked.code,
				  made || accepted ? UKS_E_ROLLBACK : 0);
			daemon_stop(whole);
			made ? new++ : old++;
			free(whole);
		}
	}
	EXPECT_GT(old, ENDINGS);
	EXPECT_GT(new, ENDINGS);
}

TEST_F_TIMEOUT(crash, generation_of_a_new_key, 600)
{
	static const struct change change = { make_key, key_is_made, key_is_not_made };

	count_at_each_step(_metadata, self, &change);
}

TEST_F_TIMEOUT(crash, generation_of_a_deleted_key, 600)
{
	static const struct change change = { delete_key, key_is_deleted, key_is_not_made };

	count_at_each_step(_metadata, self, &change);
}

/* The first start: schema and master key. */
TEST_F_TIMEOUT(crash, first_start, 600)
{
	struct daemon *daemon = &self->crash.daemon, *first = malloc(sizeof(*first));
	int step, status, killed = 0;
	pid_t pid;

	ASSERT_NE(first, NULL);
	*first = *daemon;
	steps_ending = TORN;
	for (step = 1; step < 1000; step += STEPS_STRIDE) {
		crash_files(first, ".none", "");
		pid = fork();
		if (!pid) {
			steps_left = step;
			if (daemon_start(first))
				_exit(1);
			steps_left = -1;
			_exit(0);
		}
		ASSERT_EQ(waitpid(pid, &status, 0), pid);
		crash_flush_tpm(first);
		/* The next start finds nothing, or all. */
		ASSERT_EQ(daemon_start(first), 0) {
			TH_LOG("step %d: %s", step, first->failure.text);
		}
		ASSERT_EQ(ask_generate(first, "key", UKS_KEY_AES_256), 0);
		daemon_stop(first);
		if (!WIFSIGNALED(status))
			break;
		killed++;
		/* The TPM has no room for the counters of so many stores. */
		ASSERT_EQ(other_clear(first->swtpm.tcti), 0);
	}
	EXPECT_EQ(status, 0);
	EXPECT_GT(killed, 10);
	free(first);
}

TEST_HARNESS_MAIN
