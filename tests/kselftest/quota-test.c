// SPDX-License-Identifier: GPL-2.0
/*
 * One user's flood is answered EBUSY, at once, and is nobody else's business; and
 * what was taken is given back.
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client.h"
#include "daemon.h"
#include "kselftest_harness.h"

#define MS	1000000ULL
#define AT_ONCE	(5000 * MS)

static const char * const names[] = {
	"requests_per_user", "sessions_per_user", "bytes_per_user", "sessions_max",
};

FIXTURE(quota) {
	struct daemon daemon;
	struct service service;
	char limits[ARRAY_SIZE(names)][32];
	int stop[2];
};

FIXTURE_SETUP(quota)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		ASSERT_EQ(0, parameter_get(names[i], self->limits[i], sizeof(self->limits[i])));
	service_init(&self->service);
	ASSERT_EQ(0, daemon_start(&self->daemon));
	ASSERT_EQ(0, pipe2(self->stop, O_CLOEXEC));
}

FIXTURE_TEARDOWN(quota)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		EXPECT_EQ(0, parameter_set(names[i], self->limits[i]));
	daemon_stop(&self->daemon);
	EXPECT_EQ(0, sysfs("sessions"));
	EXPECT_EQ(0, sysfs("requests"));
	EXPECT_EQ(0, sysfs("bytes"));
	EXPECT_EQ(0, sysfs("clients"));
}

/* What a flood came to. */
struct flood {
	int stop[2];	/* its end ends the flood */
	int limit;
	int had;
	int refused;
	uint64_t slowest_ns;	/* of the calls that were refused */
	atomic_int full;
	pid_t pid;
	struct caller callers[8];
};

static struct flood *flood_new(const int *stop, int limit)
{
	struct flood *flood = mmap(NULL, sizeof(*flood), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	memcpy(flood->stop, stop, sizeof(flood->stop));
	flood->limit = limit;
	return flood;
}

static void count(struct flood *flood, int ret, uint64_t begin)
{
	uint64_t took = now_ns() - begin;

	if (ret == -EBUSY) {
		flood->refused++;
		if (took > flood->slowest_ns)
			flood->slowest_ns = took;
	} else if (ret >= 0) {
		flood->had++;
	}
}

/* Keep what was taken until the test closes the pipe. */
static void hold(struct flood *flood)
{
	struct pollfd pollfd = { .fd = flood->stop[0] };

	close(flood->stop[1]);
	atomic_store(&flood->full, 1);
	poll(&pollfd, 1, CONTROL_WAIT_MS);
}

static int wait_full(struct flood *flood, int step)
{
	uint64_t end = now_ns() + CONTROL_WAIT_MS * MS;

	while (atomic_load(&flood->full) < step) {
		if (now_ns() > end)
			return -ETIMEDOUT;
		sched_yield();
	}
	return 0;
}

static int flood_sessions(void *arg)
{
	struct flood *flood = arg;
	int i, ret, client = become(ALICE) ?: client_open();

	for (i = 0; i < flood->limit + 20; i++) {
		uint64_t begin = now_ns();

		ret = session_open(client, UKS_PURPOSE_ENCRYPT);
		count(flood, ret, begin);
	}
	hold(flood);
	return 0;
}

/* Requests that wait for the daemon, and then those that are too many. */
static int flood_requests(void *arg)
{
	struct flood *flood = arg;
	struct caller caller;
	int i, ret = 0, client = become(ALICE) ?: client_open();

	for (i = 0; i < flood->limit; i++) {
		caller_init(&flood->callers[i], client, UKS_IOC_STATUS);
		if (caller_start(&flood->callers[i]))
			return -EAGAIN;
	}
	hold(flood);
	for (i = 0; i < 20; i++) {
		uint64_t begin = now_ns();

		caller_init(&caller, client, UKS_IOC_STATUS);
		count(flood, caller_run(&caller), begin);
	}
	atomic_store(&flood->full, 2);
	for (i = 0; i < flood->limit; i++)
		ret = caller_join(&flood->callers[i]) ?: ret;
	return ret;
}

/* Messages in parts that are never finished: each holds what was gathered. */
static int flood_bytes(void *arg)
{
	static uint8_t nonce[UKS_NONCE_LEN], part[65000];
	struct uks_begin begin = { .size = sizeof(begin), .nonce = ptr(nonce),
				   .nonce_len = sizeof(nonce) };
	struct uks_update update = { .size = sizeof(update), .in = ptr(part),
				     .in_len = sizeof(part) };
	struct flood *flood = arg;
	int i, ret, session, client = become(ALICE) ?: client_open();

	for (i = 0; i < flood->limit + 20; i++) {
		uint64_t start = now_ns();

		session = session_open(client, UKS_PURPOSE_ENCRYPT);
		ret = session < 0 ? session : uks(session, UKS_IOC_BEGIN, &begin);
		count(flood, ret ?: uks(session, UKS_IOC_UPDATE, &update), start);
	}
	hold(flood);
	return 0;
}

/* An ordinary day of bob's. */
static int work(void *arg)
{
	static uint8_t plain[1000], sealed[1016], opened[1000];
	struct cipher_text in = { .text = plain, .len = sizeof(plain) };
	struct cipher_text out = { .text = sealed, .len = sizeof(sealed) };
	struct cipher_text back = { .text = opened, .len = sizeof(opened) };
	int *uid = arg;
	int encrypt, decrypt, ret, i, client = become(*uid) ?: client_open();

	for (i = 0; i < 20; i++) {
		encrypt = session_open(client, UKS_PURPOSE_ENCRYPT);
		decrypt = session_open(client, UKS_PURPOSE_DECRYPT);
		if (encrypt < 0 || decrypt < 0)
			return encrypt < 0 ? encrypt : decrypt;
		memset(plain, i + 1, sizeof(plain));
		out.len = sizeof(sealed);
		back.len = sizeof(opened);
		ret = session_encrypt(encrypt, 0, &in, &out);
		memcpy(out.nonce, in.nonce, sizeof(in.nonce));
		ret = ret ?: session_decrypt(decrypt, &out, &back);
		if (ret || memcmp(plain, opened, sizeof(plain)))
			return ret ?: -EIO;
		close(encrypt);
		close(decrypt);
	}
	return 0;
}

static int bob = BOB, alice = ALICE;

TEST_F(quota, of_sessions)
{
	struct flood *flood = flood_new(self->stop, 30);
	int64_t refused = control_stat(&self->daemon.control, UKS_NL_STAT_REFUSED);

	ASSERT_EQ(0, parameter_set("sessions_per_user", "30"));
	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	flood->pid = fork_child(flood_sessions, flood);
	ASSERT_EQ(0, wait_full(flood, 1));
	EXPECT_EQ(30, flood->had);
	EXPECT_EQ(20, flood->refused);
	EXPECT_GT(AT_ONCE, flood->slowest_ns);
	EXPECT_EQ(refused + 20, control_stat(&self->daemon.control, UKS_NL_STAT_REFUSED));
	EXPECT_EQ(30, atomic_load(&self->service.seen[UKS_OP_SESSION_OPEN]));
	EXPECT_EQ(30, sysfs("sessions"));
	EXPECT_EQ(0, run_child(work, &bob));
	EXPECT_EQ(-EBUSY, run_child(work, &alice));
	close(self->stop[1]);
	EXPECT_EQ(0, wait_child(flood->pid));
	EXPECT_EQ(0, run_child(work, &alice));
}

TEST_F(quota, of_requests)
{
	struct flood *flood = flood_new(self->stop, 8);
	static struct request taken[8];
	int i, channel = self->daemon.channel;

	ASSERT_EQ(0, parameter_set("requests_per_user", "8"));
	flood->pid = fork_child(flood_requests, flood);
	ASSERT_EQ(0, wait_full(flood, 1));
	/* Those that a channel has taken count as well. */
	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, daemon_read(channel, &taken[i]));
	EXPECT_EQ(8, sysfs("requests"));
	close(self->stop[1]);
	ASSERT_EQ(0, wait_full(flood, 2));
	EXPECT_EQ(20, flood->refused);
	EXPECT_EQ(0, flood->had);
	EXPECT_GT(AT_ONCE, flood->slowest_ns);
	self->daemon.channel = daemon_channel(&self->daemon);
	ASSERT_LE(0, self->daemon.channel);
	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	EXPECT_EQ(-EBUSY, run_child(work, &alice));
	EXPECT_EQ(0, run_child(work, &bob));
	for (i = 0; i < 8; i++)
		EXPECT_EQ(0, answer_empty(channel, &taken[i]));
	EXPECT_EQ(0, wait_child(flood->pid));
	EXPECT_EQ(0, run_child(work, &alice));
	close(channel);
}

TEST_F(quota, of_bytes)
{
	struct flood *flood = flood_new(self->stop, 16);

	/* A part of 65000 bytes is held in 64 KiB; and bob has his own. */
	ASSERT_EQ(0, parameter_set("bytes_per_user", "1100000"));
	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	flood->pid = fork_child(flood_bytes, flood);
	ASSERT_EQ(0, wait_full(flood, 1));
	EXPECT_LE(14, flood->had);
	EXPECT_GE(16, flood->had);
	EXPECT_EQ(36, flood->had + flood->refused);
	EXPECT_GT(AT_ONCE, flood->slowest_ns);
	EXPECT_LE(14 * 65536, sysfs("bytes"));
	EXPECT_GE(1100000, sysfs("bytes"));
	EXPECT_EQ(0, run_child(work, &bob));
	close(self->stop[1]);
	EXPECT_EQ(0, wait_child(flood->pid));
	EXPECT_EQ(0, run_child(work, &alice));
}

/* The module's own bound: then bob is refused as well, but nobody loses anything. */
TEST_F(quota, of_all_users_together)
{
	struct flood *flood = flood_new(self->stop, 30);

	ASSERT_EQ(0, parameter_set("sessions_max", "30"));
	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	flood->pid = fork_child(flood_sessions, flood);
	ASSERT_EQ(0, wait_full(flood, 1));
	EXPECT_EQ(30, flood->had);
	EXPECT_EQ(20, flood->refused);
	EXPECT_EQ(-EBUSY, run_child(work, &bob));
	EXPECT_EQ(30, sysfs("sessions"));
	close(self->stop[1]);
	EXPECT_EQ(0, wait_child(flood->pid));
	EXPECT_EQ(0, run_child(work, &bob));
}

TEST_F(quota, is_told_by_query)
{
	struct uks_query query = { .size = sizeof(query) };
	int client = client_open();

	ASSERT_EQ(0, parameter_set("sessions_per_user", "31"));
	ASSERT_EQ(0, parameter_set("requests_per_user", "9"));
	ASSERT_EQ(0, parameter_set("bytes_per_user", "123456789"));
	EXPECT_EQ(0, uks(client, UKS_IOC_QUERY, &query));
	EXPECT_EQ(31, query.sessions_max);
	EXPECT_EQ(9, query.requests_max);
	EXPECT_EQ(123456789, query.bytes_max);
	close(client);
}

/* Who dies gives everything back: sessions, messages in parts, waiting requests. */
TEST_F(quota, is_given_back_by_the_dead)
{
	struct flood *flood = flood_new(self->stop, 16);

	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	flood->pid = fork_child(flood_bytes, flood);
	ASSERT_EQ(0, wait_full(flood, 1));
	EXPECT_EQ(36, flood->had);
	EXPECT_EQ(36, sysfs("sessions"));
	EXPECT_LE(36 * 65536, sysfs("bytes"));
	kill(flood->pid, SIGKILL);
	EXPECT_EQ(-1000 - SIGKILL, wait_child(flood->pid));
	EXPECT_EQ(0, sysfs("sessions"));
	EXPECT_EQ(0, sysfs("bytes"));
}

TEST_HARNESS_MAIN
