// SPDX-License-Identifier: LGPL-2.1-or-later
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <sqlite3.h>
#include <sys/syscall.h>

#include "daemon/rollback/generation.h"
#include "daemon/master/register.h"
#include "daemon/tpmgate.h"
#include "tests/unit/leaks.h"
#include "tests/unit/uksd-crash.h"
#include "tpm/nv.h"

static const char * const suffixes[] = { "", "-wal", "-shm" };

void crash_files(const struct daemon *daemon, const char *from, const char *to)
{
	char source[PATH_MAX + 16], target[PATH_MAX + 16];
	int i;

	for (i = 0; i < 3; i++) {
		snprintf(source, sizeof(source), "%s%s%s", daemon->config.store, suffixes[i], from);
		snprintf(target, sizeof(target), "%s%s%s", daemon->config.store, suffixes[i], to);
		copy_file(source, target);
	}
}

/* What the TPM keeps when it is off: put back, it has counted nothing since. */
void crash_tpm(struct daemon *daemon, const char *from, const char *to)
{
	char source[PATH_MAX], target[PATH_MAX];

	swtpm_off(&daemon->swtpm);
	snprintf(source, sizeof(source), "%s/state/tpm2-00.permall%s", daemon->swtpm.dir, from);
	snprintf(target, sizeof(target), "%s/state/tpm2-00.permall%s", daemon->swtpm.dir, to);
	copy_file(source, target);
	if (swtpm_on(&daemon->swtpm, "not-need-init,startup-clear"))
		abort();
}

/* What the kernel's resource manager does with what a dead process left in the TPM. */
void crash_flush_tpm(const struct daemon *daemon)
{
	if (other_flush_all(daemon->swtpm.tcti, SESSIONS) ||
	    other_flush_all(daemon->swtpm.tcti, TRANSIENT))
		abort();
}

/* A process has its own connection: a software TPM serves one at a time. */
static int open_tpm(struct daemon *daemon)
{
	struct uks_tpm_identity identity = daemon->master->identity;
	struct uks_tpm_error error;
	struct uks_tpm *tpm;
	int ret;

	if (tpmgate_open(&daemon->config, &daemon->uksd.gate, &daemon->failure) ||
	    tpmgate_enter(&daemon->uksd, &tpm, &daemon->failure))
		return -1;
	ret = uks_tpm_root(tpm, daemon->config.root_handle, &identity, &identity, &error);
	tpmgate_leave(&daemon->uksd);
	return ret ? tpmgate_fail(&error, &daemon->failure) : 0;
}

static void close_tpm(struct daemon *daemon)
{
	tpmgate_close(daemon->uksd.gate);
	daemon->uksd.gate = NULL;
}

void crash_open(struct daemon *daemon)
{
	daemon->worker = worker_new(&daemon->uksd, &daemon->failure);
	if (!daemon->worker || open_tpm(daemon)) {
		fprintf(stderr, "# %s\n", daemon->failure.text);
		abort();
	}
}

void crash_close(struct daemon *daemon)
{
	worker_free(daemon->worker);
	daemon->worker = NULL;
	close_tpm(daemon);
}

bool crash_ends_without(struct daemon *daemon, uint32_t handle)
{
	struct uks_tpm_error error;
	struct uks_tpm *tpm;
	bool there = true;
	int ret;

	if (master_zeroize(&daemon->uksd, daemon->worker->store, &daemon->failure) ||
	    tpmgate_enter(&daemon->uksd, &tpm, &daemon->failure)) {
		fprintf(stderr, "# %s\n", daemon->failure.text);
		return false;
	}
	ret = uks_tpm_index_there(tpm, handle, &there, &error);
	tpmgate_leave(&daemon->uksd);
	return !ret && !there && ask_open(daemon, "other", UKS_PURPOSE_SIGN);
}

int crash_begin(struct crash *crash)
{
	struct daemon *daemon = &crash->daemon;

	if (daemon_new(daemon) || daemon_start(daemon) ||
	    ask_generate(daemon, "other", UKS_KEY_ED25519) ||
	    ask_generate(daemon, "old", UKS_KEY_AES_256) ||
	    ask_open(daemon, "old", UKS_PURPOSE_ENCRYPT)) {
		fprintf(stderr, "# %s%s\n", daemon->failure.text, daemon->text);
		return -1;
	}
	memcpy(crash->secret, daemon->attrs[UKS_A_KEY_MATERIAL].value, sizeof(crash->secret));
	/* Of the daemon, only what knows no file goes on into the children. */
	generation_close(&daemon->uksd, daemon->store);
	crash_close(daemon);
	store_close(daemon->store);
	daemon->store = NULL;
	crash_files(daemon, "", ".saved");
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return strstr(path, ".kept") || strstr(path, ".saved") ? remove(path) : 0;
}

int crash_end(struct crash *crash)
{
	int ret = nftw(crash->daemon.dir, remove_one, 4, FTW_PHYS);

	uksd_exit(&crash->daemon.uksd);
	master_close(crash->daemon.master);
	daemon_delete(&crash->daemon);
	return ret;
}

/* The database itself is whole, and nothing in it is left over. */
static bool crash_is_whole(struct daemon *daemon)
{
	static const char * const checks[] = {
		"SELECT integrity_check = 'ok' FROM pragma_integrity_check",
		"SELECT count(*) = 0 FROM pragma_foreign_key_check",
		"SELECT count(*) = 0 FROM versions WHERE key NOT IN (SELECT id FROM keys)",
		"SELECT count(*) = 0 FROM keys WHERE id NOT IN (SELECT key FROM versions)",
		"SELECT coalesce(sum(keys), 0) = (SELECT count(*) FROM keys WHERE deleted = 0) FROM counts",
	};
	bool whole = true;
	sqlite3_stmt *stmt;
	sqlite3 *db;
	size_t i;

	if (sqlite3_open(daemon->config.store, &db))
		abort();
	for (i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		sqlite3_prepare_v2(db, checks[i], -1, &stmt, NULL);
		if (sqlite3_step(stmt) != SQLITE_ROW || !sqlite3_column_int(stmt, 0))
			whole = false;
		sqlite3_finalize(stmt);
	}
	sqlite3_close(db);
	return whole;
}

/* Make the change in a process that ends at a step. 1 ended, 0 came through, -1 failed. */
static int make_until(struct daemon *daemon, const struct change *change, enum ending ending,
		      int step)
{
	int status;
	pid_t pid;

	steps_ending = ending;
	if (ending == POWER)
		crash_files(daemon, "", ".kept");
	pid = fork();
	if (!pid) {
		crash_open(daemon);
		steps_left = step;
		if (change->make(daemon))
			_exit(1);
		/* The client has its answer: the daemon may die at any time now. */
		steps_die();
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status) ||
	    WTERMSIG(status) != SIGKILL)
		return -1;
	if (ending == POWER)
		crash_files(daemon, ".kept", "");
	return 0;
}

/* Steps that a change takes, counted by making it. */
static int count_steps(struct daemon *daemon, const struct change *change)
{
	int pipes[2], count = 0;
	pid_t pid;

	if (pipe(pipes))
		abort();
	pid = fork();
	if (!pid) {
		crash_open(daemon);
		steps_left = 1000000;
		if (change->make(daemon))
			_exit(1);
		count = 1000000 - steps_left;
		steps_left = -1;
		if (syscall(SYS_write, pipes[1], &count, sizeof(count)) < 0)
			_exit(1);
		_exit(0);
	}
	close(pipes[1]);
	if (read(pipes[0], &count, sizeof(count)) != sizeof(count))
		count = 0;
	close(pipes[0]);
	waitpid(pid, NULL, 0);
	return count;
}

static enum outcome judge(struct daemon *daemon, const struct change *change,
			  const uint8_t *secret)
{
	if (ask_open(daemon, "other", UKS_PURPOSE_SIGN))
		return NEITHER;
	if (change->is_made(daemon, secret))
		return NEW;
	if (change->is_not_made(daemon, secret))
		return OLD;
	fprintf(stderr, "# the last answer was: %s\n", daemon->text);
	return NEITHER;
}

/* By a process of its own: the next daemon remembers nothing of the last one. */
static enum outcome judge_anew(struct daemon *daemon, const struct change *change,
			       const uint8_t *secret)
{
	enum outcome outcome;
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		crash_open(daemon);
		outcome = judge(daemon, change, secret);
		crash_close(daemon);
		/* See daemon_delete(). */
		OPENSSL_cleanup();
		_exit(leaks() ? OUTCOMES : outcome);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return OUTCOMES;
	return WEXITSTATUS(status);
}

static enum outcome kill_at(struct crash *crash, const struct change *change,
			    enum ending ending, int step)
{
	struct daemon *daemon = &crash->daemon;

	crash_files(daemon, ".saved", "");
	if (crash->tpm_saved)
		crash_tpm(daemon, ".saved", "");
	if (make_until(daemon, change, ending, step))
		return OUTCOMES;
	crash_flush_tpm(daemon);
	return judge_anew(daemon, change, crash->secret);
}

bool crash_at_each_step(struct crash *crash, const struct change *change, struct tally *tally)
{
	struct daemon *daemon = &crash->daemon;
	enum outcome outcome;
	enum ending ending;
	int step;

	*tally = (struct tally){ .steps = count_steps(daemon, change) };
	for (ending = BEFORE; ending < ENDINGS; ending++) {
		/* One more than there are: when the answer was given it must be there. */
		for (step = 1; step <= tally->steps + 1; step = steps_next(step, tally->steps)) {
			outcome = kill_at(crash, change, ending, step);
			tally->seen[outcome]++;
			if ((outcome == NEW || (outcome == OLD && step <= tally->steps)) &&
			    crash_is_whole(daemon))
				continue;
			fprintf(stderr, "# outcome %d, ending %d, step %d of %d\n", outcome,
				ending, step, tally->steps);
			return false;
		}
	}
	return true;
}
