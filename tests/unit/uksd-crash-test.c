// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The daemon is killed at every step at which it writes: afterwards the store is
 * as before or as it should be, never anything between. The functions by which
 * SQLite writes are this program's own; they count, and end the process.
 */
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>
#include <openssl/crypto.h>
#include <sqlite3.h>

#include "daemon/rollback/generation.h"
#include "daemon/tpmgate.h"
#include "tests/unit/leaks.h"
#include "tests/unit/uksd-daemon.h"
#include "tests/unit/uksd-sks.h"

/* How the end comes. */
enum ending {
	BEFORE,		/* before the step */
	TORN,		/* when half of it was written */
	POWER,		/* and what was not synchronised is lost */
	ENDINGS
};

static int steps_left = -1;	/* until the end; -1 is never */
static enum ending how;

static void path_of(int fd, char *path)
{
	char link[32];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, PATH_MAX - 1);
	path[len < 0 ? 0 : len] = 0;
}

static void copy_file(const char *from, const char *to)
{
	static char bytes[1 << 20];
	ssize_t len;
	int fd;

	fd = open(from, O_RDONLY);
	if (fd < 0) {
		unlink(to);
		return;
	}
	len = read(fd, bytes, sizeof(bytes));
	close(fd);
	if (len < 0 || len == sizeof(bytes))
		abort();
	fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || syscall(SYS_write, fd, bytes, len) != len)
		abort();
	close(fd);
}

/* True when the process is to end here. */
static bool last_step(void)
{
	return !steps_left || (steps_left > 0 && !--steps_left);
}

static void die(void)
{
	kill(getpid(), SIGKILL);
}

ssize_t pwrite64(int fd, const void *buf, size_t count, off_t offset)
{
	if (last_step()) {
		if (how == TORN)
			syscall(SYS_pwrite64, fd, buf, count / 2, offset);
		die();
	}
	return syscall(SYS_pwrite64, fd, buf, count, offset);
}

/* What goes to the TPM. */
ssize_t send(int fd, const void *buf, size_t count, int flags)
{
	if (last_step())
		die();
	return syscall(SYS_sendto, fd, buf, count, flags, NULL, 0);
}

ssize_t write(int fd, const void *buf, size_t count)
{
	if (last_step())
		die();
	return syscall(SYS_write, fd, buf, count);
}

int ftruncate64(int fd, off_t length)
{
	if (last_step())
		die();
	return syscall(SYS_ftruncate, fd, length);
}

int unlink(const char *path)
{
	if (last_step())
		die();
	return syscall(SYS_unlink, path);
}

/* What is on the disk for good from here on is kept beside. */
static int synchronise(int fd, long number)
{
	char path[PATH_MAX], kept[PATH_MAX + 8];
	int steps = steps_left;

	if (last_step())
		die();
	steps = steps_left;
	steps_left = -1;
	path_of(fd, path);
	snprintf(kept, sizeof(kept), "%s.kept", path);
	if (how == POWER && strstr(path, "keys.db"))
		copy_file(path, kept);
	steps_left = steps;
	return syscall(number, fd);
}

int fsync(int fd)
{
	return synchronise(fd, SYS_fsync);
}

int fdatasync(int fd)
{
	return synchronise(fd, SYS_fdatasync);
}

FIXTURE(crash)
{
	struct daemon daemon;
	uint8_t secret[32];
	bool tpm_saved;		/* since what is tried changes that too */
};

static const char * const suffixes[] = { "", "-wal", "-shm" };

static void each_file(const struct daemon *daemon, const char *from, const char *to)
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
static void put_tpm(struct daemon *daemon, const char *from, const char *to)
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
static void flush_tpm(const struct daemon *daemon)
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

static void open_worker(struct daemon *daemon)
{
	daemon->worker = worker_new(&daemon->uksd, &daemon->failure);
	if (!daemon->worker || open_tpm(daemon)) {
		fprintf(stderr, "# %s\n", daemon->failure.text);
		abort();
	}
}

static void close_worker(struct daemon *daemon)
{
	worker_free(daemon->worker);
	daemon->worker = NULL;
	close_tpm(daemon);
}

FIXTURE_SETUP(crash)
{
	struct daemon *daemon = &self->daemon;

	ASSERT_EQ(daemon_new(daemon), 0);
	ASSERT_EQ(daemon_start(daemon), 0) {
		TH_LOG("%s", daemon->failure.text);
	}
	ASSERT_EQ(ask_generate(daemon, "other", UKS_KEY_ED25519), 0);
	ASSERT_EQ(ask_generate(daemon, "old", UKS_KEY_AES_256), 0);
	ASSERT_EQ(ask_open(daemon, "old", UKS_PURPOSE_ENCRYPT), 0);
	memcpy(self->secret, daemon->attrs[UKS_A_KEY_MATERIAL].value, 32);
	/* Of the daemon, only what knows no file goes on into the children. */
	generation_close(&daemon->uksd, daemon->store);
	close_worker(daemon);
	store_close(daemon->store);
	daemon->store = NULL;
	each_file(daemon, "", ".saved");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return strstr(path, ".kept") || strstr(path, ".saved") ? remove(path) : 0;
}

FIXTURE_TEARDOWN(crash)
{
	EXPECT_EQ(nftw(self->daemon.dir, remove_one, 4, FTW_PHYS), 0);
	uksd_exit(&self->daemon.uksd);
	master_close(self->daemon.master);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

/* What is tried, and how to know whether it has happened. */
struct change {
	uint32_t (*make)(struct daemon *daemon);
	bool (*is_made)(struct daemon *daemon, const uint8_t *secret);
	bool (*is_not_made)(struct daemon *daemon, const uint8_t *secret);
};

/* What it turned out to be. */
enum outcome { OLD, NEW, NEITHER, OUTCOMES };

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

/* The database itself is whole, and nothing in it is left over. */
static bool store_is_whole(struct daemon *daemon)
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

	how = ending;
	if (ending == POWER)
		each_file(daemon, "", ".kept");
	pid = fork();
	if (!pid) {
		open_worker(daemon);
		steps_left = step;
		if (change->make(daemon))
			_exit(1);
		/* The client has its answer: the daemon may die at any time now. */
		die();
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status) ||
	    WTERMSIG(status) != SIGKILL)
		return -1;
	if (ending == POWER)
		each_file(daemon, ".kept", "");
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
		open_worker(daemon);
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
	enum outcome outcome = NEITHER;

	if (change->is_made(daemon, secret))
		outcome = NEW;
	else if (change->is_not_made(daemon, secret))
		outcome = OLD;
	else
		fprintf(stderr, "# the last answer was: %s\n", daemon->text);
	return ask_open(daemon, "other", UKS_PURPOSE_SIGN) ? NEITHER : outcome;
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
		open_worker(daemon);
		outcome = judge(daemon, change, secret);
		close_worker(daemon);
		/* See daemon_delete(). */
		OPENSSL_cleanup();
		_exit(leaks() ? OUTCOMES : outcome);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return OUTCOMES;
	return WEXITSTATUS(status);
}

static enum outcome kill_at(FIXTURE_DATA(crash) * self, const struct change *change,
			    enum ending ending, int step)
{
	struct daemon *daemon = &self->daemon;

	each_file(daemon, ".saved", "");
	if (self->tpm_saved)
		put_tpm(daemon, ".saved", "");
	if (make_until(daemon, change, ending, step))
		return OUTCOMES;
	flush_tpm(daemon);
	return judge_anew(daemon, change, self->secret);
}

/*
 * What the sanitizers look for hardly differs from one step of a long change to the next,
 * and they are slow: with them each fifth step has to do. The last one is never left out.
 */
static int next_step(int step, int steps)
{
#ifdef __SANITIZE_ADDRESS__
	if (steps > 40 && step < steps)
		return step + 5 < steps ? step + 5 : steps;
#endif
	return step + 1;
}

static void kill_at_each_step(struct __test_metadata *_metadata, FIXTURE_DATA(crash) * self,
			      const struct change *change)
{
	int steps, step, seen[OUTCOMES] = { 0 };
	enum outcome outcome;
	enum ending ending;

	steps = count_steps(&self->daemon, change);
	ASSERT_GT(steps, 3);
	for (ending = BEFORE; ending < ENDINGS; ending++) {
		/* One more than there are: when the answer was given it must be there. */
		for (step = 1; step <= steps + 1; step = next_step(step, steps)) {
			outcome = kill_at(self, change, ending, step);
			ASSERT_TRUE(outcome == NEW || (outcome == OLD && step <= steps)) {
				TH_LOG("outcome %d, ending %d, step %d of %d", outcome, ending,
				       step, steps);
			}
			ASSERT_TRUE(store_is_whole(&self->daemon)) {
				TH_LOG("ending %d, step %d of %d", ending, step, steps);
			}
			seen[outcome]++;
		}
	}
	/* Both must have occurred, or nothing was tested. */
	EXPECT_GT(seen[OLD], ENDINGS);
	EXPECT_GE(seen[NEW], ENDINGS);
}

TEST_F_TIMEOUT(crash, generate, 120)
{
	static const struct change change = { make_key, key_is_made, key_is_not_made };

	kill_at_each_step(_metadata, self, &change);
}

TEST_F_TIMEOUT(crash, rename, 120)
{
	static const struct change change = { rename_key, key_is_renamed, key_is_not_made };

	kill_at_each_step(_metadata, self, &change);
}

TEST_F_TIMEOUT(crash, delete, 120)
{
	static const struct change change = { delete_key, key_is_deleted, key_is_not_made };

	kill_at_each_step(_metadata, self, &change);
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

	kill_at_each_step(_metadata, self, &change);
}

TEST_F_TIMEOUT(crash, replace, 120)
{
	static const struct change change = { replace_key, key_is_replaced, key_is_not_made };

	kill_at_each_step(_metadata, self, &change);
}

TEST_F_TIMEOUT(crash, delete_softly, 120)
{
	static const struct change change = {
		delete_softly, key_is_deleted_softly, key_is_not_made,
	};

	kill_at_each_step(_metadata, self, &change);
}

/* What is to be changed is prepared by a daemon that lives, and closes the store. */
#define PREPARE(question) do { \
	open_worker(&self->daemon); \
	ASSERT_EQ(question, 0); \
	close_worker(&self->daemon); \
	each_file(&self->daemon, "", ".saved"); \
} while (0)

TEST_F_TIMEOUT(crash, restore, 120)
{
	static const struct change change = {
		restore_key, key_is_restored, key_is_not_restored,
	};

	PREPARE(delete_softly(&self->daemon));
	kill_at_each_step(_metadata, self, &change);
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

	PREPARE(make_counted(&self->daemon));
	kill_at_each_step(_metadata, self, &change);
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
	each_file(whole, ".saved", "");
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

	if (how == POWER)
		each_file(whole, "", ".kept");
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
	flush_tpm(whole);
	if (how == POWER && WIFSIGNALED(status))
		each_file(whole, ".kept", "");
	return WIFSIGNALED(status);
}

/* Killed at each step: the latest store is never refused, and no other one is taken. */
static void count_at_each_step(struct __test_metadata *_metadata, FIXTURE_DATA(crash) * self,
			       const struct change *change)
{
	int step, old = 0, new = 0;
	struct daemon *whole;
	bool killed, made, accepted;

	for (how = BEFORE; how < ENDINGS; how++) {
		for (killed = true, step = 1; killed; step++) {
			whole = begin_generation(&self->daemon, &accepted);
			killed = make_and_count_until(whole, change, step);
			ASSERT_EQ(daemon_start(whole), 0);
			ASSERT_STREQ(whole->uksd.locked.text, "") {
				TH_LOG("ending %d, step %d", how, step);
			}
			made = change->is_made(whole, self->secret);
			ASSERT_TRUE(made || (killed && change->is_not_made(whole, self->secret)));
			ASSERT_EQ(ask_open(whole, "other", UKS_PURPOSE_SIGN), 0);
			daemon_stop(whole);
			/* What was before the change is an older copy now. */
			each_file(whole, ".saved", "");
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
	struct daemon *daemon = &self->daemon, *first = malloc(sizeof(*first));
	int step, status, killed = 0;
	pid_t pid;

	ASSERT_NE(first, NULL);
	*first = *daemon;
	how = TORN;
	for (step = 1; step < 1000; step++) {
		each_file(first, ".none", "");
		pid = fork();
		if (!pid) {
			steps_left = step;
			if (daemon_start(first))
				_exit(1);
			steps_left = -1;
			_exit(0);
		}
		ASSERT_EQ(waitpid(pid, &status, 0), pid);
		flush_tpm(first);
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

/* An issuer's whole session: policies, two keys, certificates, the end. */
static uint32_t enrol(struct daemon *daemon)
{
	struct issuer_puk puk = { .id = "PUK.1", .value = "012355", .len = 6, .limit = 3 };
	struct issuer_pin pin = {
		.id = "PIN.1", .puk = &puk, .limit = 3, .min = 4, .max = 8,
		.grouping = SKS_GROUPING_SHARED,
	};
	struct issuer_key one = { .id = "Key.1", .pin = &pin, .pin_value = "1234" };
	struct issuer_key two = { .id = "Key.2", .pin = &pin, .pin_value = "1234" };
	struct issuer issuer;

	sks_issuer(&issuer, daemon);
	return issuer_open(&issuer) || issuer_create_puk(&issuer, &puk) ||
	       issuer_create_pin(&issuer, &pin) || sks_make(&issuer, &one) ||
	       sks_make(&issuer, &two) || issuer_close(&issuer);
}

static bool signs(struct issuer *issuer, uint32_t handle)
{
	const struct issuer_key key = { .handle = handle };

	return !sks_sign_with(issuer, &key, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
			      "1234");
}

/* Both keys are there and sign, and no session is open. */
static bool is_enrolled(struct daemon *daemon, const uint8_t *secret)
{
	struct issuer issuer;
	uint32_t handle = 0;
	bool made;
	int i;

	sks_issuer(&issuer, daemon);
	made = sks_count_keys(&issuer) == 2 && !sks_count_sessions(&issuer, true);
	for (i = 0; made && i < 2; i++) {
		frame_number(&issuer.args, handle, 4);
		made = !issuer_call(&issuer, SKS_ENUMERATE_KEYS);
		handle = reader_number(&issuer.out, 4);
		made = made && signs(&issuer, handle);
	}
	issuer_exit(&issuer);
	return made;
}

/* No key is there; what is open can be given up, and then nothing is left. */
static bool is_not_enrolled(struct daemon *daemon, const uint8_t *secret)
{
	struct issuer issuer;
	bool none;

	sks_issuer(&issuer, daemon);
	none = !sks_count_keys(&issuer) && !sks_count_sessions(&issuer, false);
	frame_number(&issuer.args, 0, 4);
	frame_number(&issuer.args, 1, 1);
	none = none && !issuer_call(&issuer, SKS_ENUMERATE_SESSIONS);
	issuer.handle = reader_number(&issuer.out, 4);
	if (none && issuer.handle)
		none = !issuer_abort(&issuer);
	issuer_exit(&issuer);
	return none && !sks_count_rows(daemon);
}

TEST_F_TIMEOUT(crash, enrolment, 600)
{
	static const struct change change = { enrol, is_enrolled, is_not_enrolled };

	put_tpm(&self->daemon, "", ".saved");
	self->tpm_saved = true;
	kill_at_each_step(_metadata, self, &change);
}

TEST_HARNESS_MAIN
