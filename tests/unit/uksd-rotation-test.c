// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The daemon is killed at every step at which it writes while the master key is
 * exchanged, destroyed or restored: afterwards the store is as before or as it should
 * be.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>
#include <sodium.h>

#include "daemon/master/share.h"
#include "tests/unit/leaks.h"
#include "tests/unit/uksd-ceremony.h"
#include "tests/unit/uksd-steps.h"

#define FRAMES_MAX	8
#define MANY		1000000

FIXTURE(rotation)
{
	struct daemon daemon;
	struct ceremony ceremony;
	uint8_t secret[32];
	char before[17];	/* patterns */
	char after[17];
	struct share shares[SHARES_MAX];
	uint8_t frames[FRAMES_MAX][57344];
	size_t lens[FRAMES_MAX];
	int count;
};

static void run(const char *format, const char *dir)
{
	char command[256];

	snprintf(command, sizeof(command), format, dir);
	if (system(command))
		abort();
}

/* The TPM counts what the store does: both are put back together. */
static void put(struct daemon *daemon, const char *format)
{
	char command[256];

	swtpm_off(&daemon->swtpm);
	snprintf(command, sizeof(command), format, daemon->dir, daemon->swtpm.dir);
	if (system(command) || swtpm_on(&daemon->swtpm, "not-need-init,startup-clear"))
		abort();
}

#define SAVE()	put(&self->daemon, \
		    "cd %.31s && mkdir -p saved && cp keys.db* %.31s/state/tpm2-* saved/")
#define BRING_BACK() \
	put(&self->daemon, \
	    "cd %.31s && rm -f keys.db* && cp saved/keys.db* . && cp saved/tpm2-* %.31s/state/")

FIXTURE_SETUP(rotation)
{
	struct daemon *daemon = &self->daemon;
	int i;

	ASSERT_EQ(daemon_new(daemon), 0);
	ASSERT_EQ(daemon_start(daemon), 0);
	ASSERT_EQ(ceremony_new(&self->ceremony, daemon), 0);
	for (i = 0; i < 4; i++)
		ASSERT_EQ(ask_generate(daemon, (char []){ 'a' + i, 0 }, UKS_KEY_ED25519), 0);
	ASSERT_EQ(ask_generate(daemon, "key", UKS_KEY_AES_256), 0);
	ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_ROTATE, "key"), 0);
	ASSERT_EQ(ask_open(daemon, "key", UKS_PURPOSE_ENCRYPT), 0);
	memcpy(self->secret, daemon->attrs[UKS_A_KEY_MATERIAL].value, 32);
	snprintf(self->before, sizeof(self->before), "%s",
		 status(&self->ceremony, "current.pattern"));
}

FIXTURE_TEARDOWN(rotation)
{
	ceremony_delete(&self->ceremony);
	run("rm -rf %.31s/saved", self->daemon.dir);
	run("rm -f %.31s/keys.db.restore", self->daemon.dir);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

/* What was brought back is an older copy, until root says otherwise. */
static int accept_copy(struct daemon *daemon)
{
	const char *at = strstr(daemon->uksd.locked.text, "accept-generation = ");
	unsigned long long stored, counted;

	if (!at || sscanf(at, "accept-generation = %llu/%llu", &stored, &counted) != 2)
		return 0;
	daemon_stop(daemon);
	daemon->config.accept = true;
	daemon->config.accept_stored = stored;
	daemon->config.accept_counted = counted;
	return daemon_start(daemon);
}

/* Makes the change in a process that ends at a step; -1 when it failed. */
static int make_until(FIXTURE_DATA(rotation) * self,
		      uint32_t (*make)(FIXTURE_DATA(rotation) * self), int step, int *steps)
{
	int pipes[2], status, left = 0;
	pid_t pid;

	if (pipe(pipes))
		abort();
	pid = fork();
	if (!pid) {
		if (daemon_start(&self->daemon) || accept_copy(&self->daemon))
			_exit(2);
		steps_left = step;
		if (make(self))
			_exit(1);
		left = steps_left;
		steps_left = -1;
		if (write(pipes[1], &left, sizeof(left)) != sizeof(left))
			_exit(3);
		steps_die();
	}
	close(pipes[1]);
	if (read(pipes[0], &left, sizeof(left)) != sizeof(left))
		left = 0;
	close(pipes[0]);
	*steps = step - left;
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) &&
	       WTERMSIG(status) == SIGKILL ? 0 : -1;
}

/* What the kernel's resource manager does with what a dead process left in the TPM. */
static void flush_tpm(const struct daemon *daemon)
{
	if (other_flush_all(daemon->swtpm.tcti, SESSIONS) ||
	    other_flush_all(daemon->swtpm.tcti, TRANSIENT))
		abort();
}

static bool opens(FIXTURE_DATA(rotation) * self)
{
	struct daemon *daemon = &self->daemon;

	return !ask_open(daemon, "key", UKS_PURPOSE_ENCRYPT) &&
	       !memcmp(daemon->attrs[UKS_A_KEY_MATERIAL].value, self->secret, 32) &&
	       !ask_open(daemon, "a", UKS_PURPOSE_SIGN) &&
	       !ask_open(daemon, "d", UKS_PURPOSE_SIGN);
}

/* What it may be afterwards. */
enum outcome { OLD, NEW, NEITHER };

static void kill_at_each_step(struct __test_metadata *_metadata, FIXTURE_DATA(rotation) * self,
			      uint32_t (*make)(FIXTURE_DATA(rotation) * self),
			      enum outcome (*judge)(FIXTURE_DATA(rotation) * self))
{
	int steps, step, dummy, seen[NEITHER + 1] = { 0 };
	enum outcome outcome;

	BRING_BACK();
	ASSERT_EQ(make_until(self, make, MANY, &steps), 0);
	ASSERT_GT(steps, 3);
	for (steps_ending = BEFORE; steps_ending < POWER; steps_ending++) {
		/* One more than there are: when the answer was given it must be there. */
		for (step = 1; step <= steps + 1; step = steps_next(step, steps)) {
			BRING_BACK();
			ASSERT_EQ(make_until(self, make, step, &dummy), 0);
			flush_tpm(&self->daemon);
			ASSERT_EQ(daemon_start(&self->daemon), 0) {
				TH_LOG("step %d of %d: %s", step, steps,
				       self->daemon.failure.text);
			}
			outcome = judge(self);
			seen[outcome]++;
			ASSERT_NE(outcome, NEITHER) {
				TH_LOG("ending %d, step %d of %d", steps_ending, step, steps);
			}
			if (step > steps)
				ASSERT_EQ(outcome, NEW);
			daemon_stop(&self->daemon);
		}
	}
	/* Both must have occurred, or nothing was tested. */
	EXPECT_GE(seen[OLD], 2);
	EXPECT_GE(seen[NEW], 2);
}

static uint32_t rotate(FIXTURE_DATA(rotation) * self)
{
	return ask_master(&self->ceremony, UKS_MASTER_ROTATE, NULL, 0);
}

static enum outcome rotated(FIXTURE_DATA(rotation) * self)
{
	bool empty = !strcmp(status(&self->ceremony, "new.state"), "empty");
	const char *pattern = status(&self->ceremony, "current.pattern");

	if (!opens(self))
		return NEITHER;
	if (!strcmp(pattern, self->before) && !empty)
		return OLD;
	return strcmp(status(&self->ceremony, "current.pattern"), self->after) ? NEITHER : NEW;
}

TEST_F_TIMEOUT(rotation, is_whole_wherever_it_is_killed, 600)
{
	struct ceremony *ceremony = &self->ceremony;
	char members[64];

	ASSERT_EQ(ask_master(ceremony, UKS_MASTER_LOAD, NULL, 0), 0);
	snprintf(self->after, sizeof(self->after), "%s", status(ceremony, "new.pattern"));
	snprintf(members, sizeof(members), "\"pattern\":\"%.16s\"", self->after);
	ASSERT_EQ(order(ceremony, "commit", members, 0), 0);
	daemon_stop(&self->daemon);
	SAVE();
	kill_at_each_step(_metadata, self, rotate, rotated);
}

static uint32_t zeroize(FIXTURE_DATA(rotation) * self)
{
	uint8_t store[16];

	sodium_hex2bin(store, 16, status(&self->ceremony, "store"), 32, NULL, NULL, NULL);
	return ask_master(&self->ceremony, UKS_MASTER_ZEROIZE, store, 16);
}

/* What was begun is gone on with at the start: so there is nothing in between. */
static enum outcome destroyed(FIXTURE_DATA(rotation) * self)
{
	if (opens(self))
		return strcmp(status(&self->ceremony, "current.pattern"), self->before) ?
		       NEITHER : OLD;
	if (strcmp(status(&self->ceremony, "current.state"), "empty"))
		return NEITHER;
	return ask_open(&self->daemon, "key", UKS_PURPOSE_ENCRYPT) == UKS_E_MASTER_STATE ?
	       NEW : NEITHER;
}

TEST_F_TIMEOUT(rotation, destroys_wherever_it_is_killed, 600)
{
	daemon_stop(&self->daemon);
	SAVE();
	kill_at_each_step(_metadata, self, zeroize, destroyed);
}

static uint32_t restore(FIXTURE_DATA(rotation) * self)
{
	const struct uks_attr *attrs = self->daemon.attrs;
	struct ceremony *ceremony = &self->ceremony;
	static uint8_t bytes[3 * sizeof(struct share)];
	char cursor[64] = "";
	size_t len = 0;
	uint32_t code;
	int i;

	for (i = 0; i < 3; i++) {
		memcpy(bytes + len, &self->shares[i], share_len(&self->shares[i]));
		len += share_len(&self->shares[i]);
	}
	code = ask_master(ceremony, UKS_MASTER_RECOVER, bytes, len);
	for (i = 0; i < self->count && !code; i++) {
		code = ask_backup(ceremony, UKS_BACKUP_WRITE, i ? cursor : NULL, 0,
				  self->frames[i], self->lens[i]);
		uks_attr_string(&attrs[UKS_A_CURSOR], cursor, sizeof(cursor));
	}
	return code ? code : ask_backup(ceremony, UKS_BACKUP_FINISH, cursor, 0, NULL, 0);
}

static enum outcome restored(FIXTURE_DATA(rotation) * self)
{
	const char *pattern = status(&self->ceremony, "current.pattern");

	if (!strcmp(pattern, self->after))
		return ask_open(&self->daemon, "key", UKS_PURPOSE_ENCRYPT) == UKS_E_NO_KEY ?
		       OLD : NEITHER;
	return !strcmp(pattern, self->before) && opens(self) ? NEW : NEITHER;
}

/* Onto an empty store of this TPM, which has another master key. */
TEST_F_TIMEOUT(rotation, restores_wherever_it_is_killed, 600)
{
	struct ceremony *ceremony = &self->ceremony;
	const struct uks_attr *attrs = self->daemon.attrs;
	struct failure failure;
	unsigned int given;
	char cursor[64] = "";

	ASSERT_EQ(order(ceremony, "shares", "\"threshold\":3,\"count\":3", 0), 0);
	ASSERT_EQ(shares_parse(attrs[UKS_A_RESULT].value, attrs[UKS_A_RESULT].len, self->shares,
			       &given, &failure), 0);
	do {
		ASSERT_LT(self->count, FRAMES_MAX);
		ASSERT_EQ(ask_backup(ceremony, UKS_BACKUP_READ, self->count ? cursor : NULL, 0,
				     NULL, 0), 0);
		self->lens[self->count] = attrs[UKS_A_RESULT].len;
		memcpy(self->frames[self->count++], attrs[UKS_A_RESULT].value,
		       attrs[UKS_A_RESULT].len);
	} while (uks_attr_string(&attrs[UKS_A_CURSOR], cursor, sizeof(cursor)));
	daemon_stop(&self->daemon);
	run("rm -f %.31s/keys.db*", self->daemon.dir);
	ASSERT_EQ(daemon_start(&self->daemon), 0);
	snprintf(self->after, sizeof(self->after), "%s", status(ceremony, "current.pattern"));
	daemon_stop(&self->daemon);
	SAVE();
	kill_at_each_step(_metadata, self, restore, restored);
}

TEST_HARNESS_MAIN
