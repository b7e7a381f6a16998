// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The disk fails the daemon: it is damaged, read-only or full. Keys are then all right or
 * refused with what happened, and never another key. Each page gets one bit changed, and
 * is random as a whole; with FAULTS=N it is damaged N times in each manner.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>
#include <openssl/crypto.h>
#include <sodium.h>

#include "daemon/rollback/generation.h"
#include "tests/unit/uksd-daemon.h"

#define PAGE		4096
#define KEYS		24
#define SECRET_LEN	32

/* How a page is damaged. */
enum damage {
	BIT,		/* one bit is another one */
	BYTES,		/* a few bytes are random */
	ZERO,		/* the page was never written */
	NOISE,		/* all of it is random */
	SWAPPED,	/* it is another page */
	DAMAGES
};

/* What a daemon made of it. */
enum outcome { ALL_RIGHT, REFUSED_START, REFUSED_KEYS, WRONG, OUTCOMES };

FIXTURE(fault)
{
	struct daemon daemon;
	uint8_t secrets[KEYS][SECRET_LEN];
	uint8_t *store;		/* the file as it should be */
	size_t len;
};

static void name_of(int i, char name[16])
{
	snprintf(name, 16, "key %d", i);
}

static int read_store(FIXTURE_DATA(fault) * self)
{
	struct stat st;
	int fd = open(self->daemon.config.store, O_RDONLY);

	if (fd < 0 || fstat(fd, &st))
		return -1;
	self->len = st.st_size;
	self->store = malloc(self->len);
	if (!self->store || read(fd, self->store, self->len) != (ssize_t)self->len)
		return -1;
	close(fd);
	return 0;
}

/* Without the log that belongs to another one. */
static void write_store(const FIXTURE_DATA(fault) * self, const uint8_t *bytes)
{
	char path[PATH_MAX + 8];
	int fd = open(self->daemon.config.store, O_WRONLY | O_TRUNC);

	if (fd < 0 || write(fd, bytes, self->len) != (ssize_t)self->len)
		abort();
	close(fd);
	snprintf(path, sizeof(path), "%s-wal", self->daemon.config.store);
	unlink(path);
	snprintf(path, sizeof(path), "%s-shm", self->daemon.config.store);
	unlink(path);
}

FIXTURE_SETUP(fault)
{
	struct daemon *daemon = &self->daemon;
	char name[16];
	int i;

	ASSERT_EQ(daemon_new(daemon), 0);
	ASSERT_EQ(daemon_start(daemon), 0) {
		TH_LOG("%s", daemon->failure.text);
	}
	for (i = 0; i < KEYS; i++) {
		name_of(i, name);
		ASSERT_EQ(ask_generate(daemon, name, UKS_KEY_AES_256), 0);
		ASSERT_EQ(ask_open(daemon, name, UKS_PURPOSE_ENCRYPT), 0);
		memcpy(self->secrets[i], daemon->attrs[UKS_A_KEY_MATERIAL].value, SECRET_LEN);
	}
	daemon_stop(daemon);
	ASSERT_EQ(read_store(self), 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return strstr(path, "/audit") || strstr(path, "/small") ? remove(path) : 0;
}

FIXTURE_TEARDOWN(fault)
{
	nftw(self->daemon.dir, remove_one, 4, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	free(self->store);
	daemon_delete(&self->daemon);
}

static bool tells_of_the_store(uint32_t code, const char *text)
{
	if ((code == UKS_E_STORE || code == UKS_E_BLOB || code == UKS_E_ROLLBACK ||
	     (code == UKS_E_TPM && strstr(text, "damaged"))) && strstr(text, "store"))
		return true;
	fprintf(stderr, "# %u: %s\n", code, text);
	return false;
}

static enum outcome worse(enum outcome a, enum outcome b)
{
	return a > b ? a : b;
}

static enum outcome look_at(FIXTURE_DATA(fault) * self, int i)
{
	struct daemon *daemon = &self->daemon;
	char name[16];
	uint32_t code;

	name_of(i, name);
	code = ask_open(daemon, name, UKS_PURPOSE_ENCRYPT);
	if (!code)
		return memcmp(daemon->attrs[UKS_A_KEY_MATERIAL].value, self->secrets[i],
			      SECRET_LEN) ? WRONG : ALL_RIGHT;
	return tells_of_the_store(code, daemon->text) ? REFUSED_KEYS : WRONG;
}

/* What is new is either refused or there. */
static enum outcome make_one(struct daemon *daemon)
{
	uint32_t code = ask_generate(daemon, "new", UKS_KEY_AES_256);

	if (code)
		return tells_of_the_store(code, daemon->text) ? REFUSED_KEYS : WRONG;
	code = ask_open(daemon, "new", UKS_PURPOSE_ENCRYPT);
	if (!code)
		return ALL_RIGHT;
	return code != UKS_E_NO_KEY && tells_of_the_store(code, daemon->text) ? REFUSED_KEYS :
									       WRONG;
}

static enum outcome judge(FIXTURE_DATA(fault) * self, bool change)
{
	struct daemon *daemon = &self->daemon;
	enum outcome outcome = ALL_RIGHT;
	int i;

	if (daemon_start(daemon))
		return tells_of_the_store(daemon->failure.code, daemon->failure.text) ?
		       REFUSED_START : WRONG;
	if (daemon->uksd.locked.code)
		return tells_of_the_store(daemon->uksd.locked.code, daemon->uksd.locked.text) ?
		       REFUSED_START : WRONG;
	/* What the daemon's thread does after the start. */
	generation_examine(&daemon->uksd, daemon->store, &daemon->failure);
	for (i = 0; i < KEYS; i++)
		outcome = worse(outcome, look_at(self, i));
	return change ? worse(outcome, make_one(daemon)) : outcome;
}

/* By a daemon of its own, which may end as it likes but not by a signal. */
static enum outcome judge_anew(FIXTURE_DATA(fault) * self, bool change)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(judge(self, change));
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return OUTCOMES;
	if (other_flush_all(self->daemon.swtpm.tcti, SESSIONS) ||
	    other_flush_all(self->daemon.swtpm.tcti, TRANSIENT))
		return OUTCOMES;
	return WEXITSTATUS(status);
}

static void damage(uint8_t *store, size_t len, size_t page, enum damage how)
{
	uint8_t *at = store + page * PAGE;
	size_t other = randombytes_uniform(len / PAGE);
	uint8_t kept[PAGE];

	switch (how) {
	case BIT:
		at[randombytes_uniform(PAGE)] ^= 1 << randombytes_uniform(8);
		break;
	case BYTES:
		randombytes_buf(at + randombytes_uniform(PAGE - 16), 16);
		break;
	case ZERO:
		memset(at, 0, PAGE);
		break;
	case NOISE:
		randombytes_buf(at, PAGE);
		break;
	case SWAPPED:
		memcpy(kept, at, PAGE);
		memcpy(at, store + other * PAGE, PAGE);
		memcpy(store + other * PAGE, kept, PAGE);
		break;
	default:
		abort();
	}
}

static enum outcome damage_page(FIXTURE_DATA(fault) * self, size_t page, enum damage how)
{
	uint8_t *copy = malloc(self->len);

	if (!copy)
		abort();
	memcpy(copy, self->store, self->len);
	damage(copy, self->len, page, how);
	write_store(self, copy);
	free(copy);
	/* A change makes the next generation: the TPM would not take the store back. */
	return judge_anew(self, false);
}

TEST_F_TIMEOUT(fault, damage_of_each_page_gives_the_right_key_or_none, 3000)
{
	const char *rounds = getenv("FAULTS");
	int i, count = rounds ? atoi(rounds) : 0, seen[OUTCOMES] = { 0 };
	enum outcome outcome;
	enum damage how;
	size_t page;

	for (page = 0; page < self->len / PAGE; page++) {
		for (i = 0; i < (count ? count * (int)DAMAGES : 2); i++) {
			how = count || !i ? i % (int)DAMAGES : NOISE;
			outcome = damage_page(self, page, how);
			ASSERT_LT(outcome, WRONG) {
				TH_LOG("outcome %d of page %zu, damage %d", outcome, page, how);
			}
			seen[outcome]++;
		}
	}
	TH_LOG("all right %d, refused at start %d, keys refused %d", seen[ALL_RIGHT],
	       seen[REFUSED_START], seen[REFUSED_KEYS]);
	EXPECT_GT(seen[REFUSED_START] + seen[REFUSED_KEYS], 3);
	/* The copy that was not damaged is as good as ever. */
	write_store(self, self->store);
	EXPECT_EQ(judge_anew(self, true), ALL_RIGHT);
}

/* A file system of its own for the store, with so much room, in a mount namespace. */
static int move_to_disk(FIXTURE_DATA(fault) * self, const char *options)
{
	struct daemon *daemon = &self->daemon;
	char small[40];

	if (unshare(geteuid() ? CLONE_NEWUSER | CLONE_NEWNS : CLONE_NEWNS))
		return -1;
	snprintf(small, sizeof(small), "%.24s/small", daemon->dir);
	if (mkdir(small, 0700) ||
	    (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) && errno != EINVAL) ||
	    mount("small", small, "tmpfs", 0, options))
		return -1;
	snprintf(daemon->config.store, sizeof(daemon->config.store), "%s/keys.db", small);
	close(open(daemon->config.store, O_WRONLY | O_CREAT, 0600));
	write_store(self, self->store);
	return 0;
}

static int remount(FIXTURE_DATA(fault) * self, unsigned long flags, const char *options)
{
	char small[40];

	snprintf(small, sizeof(small), "%.24s/small", self->daemon.dir);
	return mount("small", small, "tmpfs", MS_REMOUNT | flags, options);
}

TEST_F_TIMEOUT(fault, full_disk_loses_nothing_and_is_told, 120)
{
	struct daemon *daemon = &self->daemon;
	uint32_t code = 0;
	char name[32];
	int i, made;

	if (move_to_disk(self, "size=600k"))
		SKIP(return, "no mount namespace: %s", strerror(errno));
	ASSERT_EQ(daemon_start(daemon), 0) {
		TH_LOG("%s", daemon->failure.text);
	}
	for (made = 0; !code && made < 10000; made++) {
		snprintf(name, sizeof(name), "more %d", made);
		code = ask_generate(daemon, name, UKS_KEY_AES_256);
	}
	made--;
	EXPECT_EQ(code, UKS_E_STORE_FULL) {
		TH_LOG("%s", daemon->text);
	}
	EXPECT_NE(strstr(daemon->text, "full"), NULL);
	EXPECT_EQ(ask_open(daemon, name, UKS_PURPOSE_ENCRYPT), UKS_E_NO_KEY);
	for (i = 0; i < KEYS; i++)
		EXPECT_EQ(look_at(self, i), ALL_RIGHT);
	ASSERT_EQ(remount(self, 0, "size=4m"), 0);
	EXPECT_EQ(ask_generate(daemon, name, UKS_KEY_AES_256), 0) {
		TH_LOG("%s", daemon->text);
	}
	daemon_stop(daemon);
	ASSERT_EQ(daemon_start(daemon), 0);
	for (i = 0; i <= made; i++) {
		snprintf(name, sizeof(name), "more %d", i);
		EXPECT_EQ(ask_open(daemon, name, UKS_PURPOSE_ENCRYPT), 0);
	}
	for (i = 0; i < KEYS; i++)
		EXPECT_EQ(look_at(self, i), ALL_RIGHT);
	daemon_stop(daemon);
}

TEST_F_TIMEOUT(fault, disk_that_is_not_written_to_is_told, 120)
{
	struct daemon *daemon = &self->daemon;
	int i;

	if (move_to_disk(self, "size=4m"))
		SKIP(return, "no mount namespace: %s", strerror(errno));
	ASSERT_EQ(remount(self, MS_RDONLY, NULL), 0);
	EXPECT_EQ(daemon_start(daemon), -1);
	EXPECT_EQ(daemon->failure.code, UKS_E_STORE);
	EXPECT_NE(strcasestr(daemon->failure.text, "read-only"), NULL) {
		TH_LOG("%s", daemon->failure.text);
	}
	ASSERT_EQ(remount(self, 0, NULL), 0);
	ASSERT_EQ(daemon_start(daemon), 0) {
		TH_LOG("%s", daemon->failure.text);
	}
	for (i = 0; i < KEYS; i++)
		EXPECT_EQ(look_at(self, i), ALL_RIGHT);
	daemon_stop(daemon);
}

TEST_HARNESS_MAIN
