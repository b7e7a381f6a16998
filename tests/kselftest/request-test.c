// SPDX-License-Identifier: GPL-2.0
/*
 * Requests end in one of the ways that are documented, and in no other: by the
 * answer, by the deadline, by a signal, by the death of the daemon.
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client.h"
#include "daemon.h"
#include "kselftest_harness.h"

#define MS		1000000ULL
#define CALLERS		8

static struct request req;

FIXTURE(request) {
	struct control control;
	struct daemon daemon;
	int client;
	struct caller callers[CALLERS];
	char grace[16];
	char timeout[16];
};

FIXTURE_SETUP(request)
{
	self->daemon.control.fd = -1;
	self->daemon.channel = -1;
	ASSERT_EQ(0, parameter_get("restart_grace_ms", self->grace, sizeof(self->grace)));
	ASSERT_EQ(0, parameter_get("request_timeout_ms", self->timeout, sizeof(self->timeout)));
	ASSERT_EQ(0, control_open(&self->control));
	self->client = client_open();
	ASSERT_LE(0, self->client);
}

FIXTURE_TEARDOWN(request)
{
	EXPECT_EQ(0, parameter_set("restart_grace_ms", self->grace));
	EXPECT_EQ(0, parameter_set("request_timeout_ms", self->timeout));
	EXPECT_EQ(0, control_wait_stat(&self->control, UKS_NL_STAT_QUEUED, 0));
	EXPECT_EQ(0, control_wait_stat(&self->control, UKS_NL_STAT_TAKEN, 0));
	close(self->client);
	EXPECT_EQ(0, sysfs("requests"));
	EXPECT_EQ(0, sysfs("bytes"));
	control_close(&self->control);
	daemon_stop(&self->daemon);
}

/* A daemon that takes so many requests and then does nothing until it is killed. */
struct mute {
	int ready[2];
	int takes;
	pid_t pid;
};

static int mute_run(void *arg)
{
	struct mute *mute = arg;
	struct daemon daemon;
	int ret = daemon_start(&daemon);

	if (!ret && write(mute->ready[1], "r", 1) != 1)
		ret = -errno;
	while (!ret && mute->takes--) {
		ret = daemon_read(daemon.channel, &req);
		if (!ret && write(mute->ready[1], "t", 1) != 1)
			ret = -errno;
	}
	while (!ret)
		pause();
	return ret;
}

static int mute_wait(struct mute *mute)
{
	char done;

	return read(mute->ready[0], &done, 1) == 1 ? 0 : -EIO;
}

static int mute_start(struct mute *mute, int takes)
{
	mute->takes = takes;
	if (pipe2(mute->ready, O_CLOEXEC))
		return -errno;
	mute->pid = fork_child(mute_run, mute);
	close(mute->ready[1]);
	return mute_wait(mute);
}

static int mute_kill(struct mute *mute)
{
	kill(mute->pid, SIGKILL);
	close(mute->ready[0]);
	return wait_child(mute->pid);
}

static int queued(struct _test_data_request *self, int count)
{
	return control_wait_stat(&self->control, UKS_NL_STAT_QUEUED, count);
}

static int serve(struct _test_data_request *self, int count)
{
	int ret = 0;

	while (!ret && count--)
		ret = daemon_read(self->daemon.channel, &req) ?:
		      answer_empty(self->daemon.channel, &req);
	return ret;
}

static int start(struct _test_data_request *self, int first, int count)
{
	int i, ret = 0;

	for (i = first; !ret && i < first + count; i++) {
		caller_init(&self->callers[i], self->client, UKS_IOC_STATUS);
		ret = caller_start(&self->callers[i]);
	}
	return ret;
}

TEST_F(request, is_refused_at_once_without_a_daemon)
{
	static const unsigned long cmds[] = {
		UKS_IOC_STATUS, UKS_IOC_SESSION_OPEN, UKS_IOC_KEY_GENERATE, UKS_IOC_KEY_IMPORT,
		UKS_IOC_KEY_EXPORT_PUBLIC, UKS_IOC_KEY_LIST, UKS_IOC_KEY_SHOW,
		UKS_IOC_KEY_RENAME, UKS_IOC_KEY_DELETE,
	};
	int64_t before = control_stat(&self->control, UKS_NL_STAT_SUBMITTED);
	struct caller *caller = &self->callers[0];
	uint64_t begin = now_ns();
	unsigned int i;

	ASSERT_EQ(0, parameter_set("restart_grace_ms", "0"));
	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		caller_init(caller, self->client, cmds[i]);
		EXPECT_EQ(-ENOTCONN, caller_run(caller));
		EXPECT_EQ(UKS_E_NO_DAEMON, caller->call.outcome.error);
		EXPECT_EQ(-1, caller->call.fd);
	}
	EXPECT_GT(5000 * MS, now_ns() - begin);
	EXPECT_EQ(before, control_stat(&self->control, UKS_NL_STAT_SUBMITTED));
	EXPECT_EQ(0, sysfs("daemon"));
	EXPECT_EQ(0, sysfs("sessions"));
}

TEST_F(request, outlives_a_daemon_that_died_idle)
{
	struct mute mute;

	ASSERT_EQ(0, mute_start(&mute, 0));
	EXPECT_EQ(1, sysfs("daemon"));
	EXPECT_EQ(-1000 - SIGKILL, mute_kill(&mute));
	EXPECT_EQ(0, sysfs("daemon"));
	ASSERT_EQ(0, start(self, 0, 1));
	ASSERT_EQ(0, queued(self, 1));
	ASSERT_EQ(0, daemon_start(&self->daemon));
	ASSERT_EQ(0, serve(self, 1));
	EXPECT_EQ(0, caller_join(&self->callers[0]));
}

TEST_F(request, ends_with_epipe_when_the_daemon_dies_with_it)
{
	struct mute mute;

	ASSERT_EQ(0, mute_start(&mute, 1));
	ASSERT_EQ(0, start(self, 0, 1));
	ASSERT_EQ(0, mute_wait(&mute));
	EXPECT_EQ(1, control_stat(&self->control, UKS_NL_STAT_TAKEN));
	EXPECT_EQ(-1000 - SIGKILL, mute_kill(&mute));
	EXPECT_EQ(-EPIPE, caller_join(&self->callers[0]));
	EXPECT_EQ(UKS_E_DAEMON_DIED, self->callers[0].call.outcome.error);
}

TEST_F(request, of_many_only_those_taken_die_with_the_daemon)
{
	int i, died = 0, served = 0;
	struct mute mute;

	ASSERT_EQ(0, mute_start(&mute, 5));
	ASSERT_EQ(0, start(self, 0, CALLERS));
	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, mute_wait(&mute));
	ASSERT_EQ(0, queued(self, CALLERS - 5));
	EXPECT_EQ(-1000 - SIGKILL, mute_kill(&mute));
	ASSERT_EQ(0, queued(self, CALLERS - 5));
	ASSERT_EQ(0, daemon_start(&self->daemon));
	ASSERT_EQ(0, serve(self, CALLERS - 5));
	for (i = 0; i < CALLERS; i++) {
		int ret = caller_join(&self->callers[i]);

		died += ret == -EPIPE;
		served += ret == 0;
	}
	EXPECT_EQ(5, died);
	EXPECT_EQ(CALLERS - 5, served);
}

TEST_F(request, waits_while_the_daemon_restarts_again_and_again)
{
	struct mute mute;
	int i, rounds = 3;

	ASSERT_EQ(0, mute_start(&mute, 1));
	ASSERT_EQ(0, start(self, 0, 1));
	ASSERT_EQ(0, mute_wait(&mute));
	ASSERT_EQ(0, start(self, 1, CALLERS - 1));
	ASSERT_EQ(0, queued(self, CALLERS - 1));
	while (rounds--) {
		EXPECT_EQ(-1000 - SIGKILL, mute_kill(&mute));
		ASSERT_EQ(0, mute_start(&mute, 0));
	}
	EXPECT_EQ(-1000 - SIGKILL, mute_kill(&mute));
	ASSERT_EQ(0, daemon_start(&self->daemon));
	ASSERT_EQ(0, serve(self, CALLERS - 1));
	EXPECT_EQ(-EPIPE, caller_join(&self->callers[0]));
	for (i = 1; i < CALLERS; i++)
		EXPECT_EQ(0, caller_join(&self->callers[i]));
}

TEST_F(request, waits_no_longer_than_the_grace_for_a_restart)
{
	struct caller *caller = &self->callers[0];
	struct mute mute;
	uint64_t begin;

	ASSERT_EQ(0, parameter_set("restart_grace_ms", "1000"));
	ASSERT_EQ(0, mute_start(&mute, 0));
	begin = now_ns();
	EXPECT_EQ(-1000 - SIGKILL, mute_kill(&mute));
	caller_init(caller, self->client, UKS_IOC_STATUS);
	caller->call.deadline_ns = begin + 100 * MS;
	EXPECT_EQ(-ETIMEDOUT, caller_run(caller));
	EXPECT_LE(100 * MS, now_ns() - begin);
	EXPECT_EQ(UKS_E_TIMEOUT, caller->call.outcome.error);
	caller_init(caller, self->client, UKS_IOC_STATUS);
	EXPECT_EQ(-ENOTCONN, caller_run(caller));
	EXPECT_LE(1000 * MS, now_ns() - begin);
	EXPECT_GT(5000 * MS, now_ns() - begin);
	EXPECT_EQ(UKS_E_NO_DAEMON, caller->call.outcome.error);
}

TEST_F(request, ends_at_its_deadline_and_a_late_answer_is_told_so)
{
	struct caller *caller = &self->callers[0];
	struct uks_channel_valid valid = { .size = sizeof(valid) };
	int64_t late = control_stat(&self->control, UKS_NL_STAT_LATE);
	uint64_t begin = now_ns();

	ASSERT_EQ(0, daemon_start(&self->daemon));
	caller_init(caller, self->client, UKS_IOC_KEY_GENERATE);
	caller->call.deadline_ns = begin + 1000 * MS;
	ASSERT_EQ(0, caller_start(caller));
	ASSERT_EQ(0, daemon_read(self->daemon.channel, &req));
	EXPECT_EQ(begin + 1000 * MS, req.header.deadline_ns);
	valid.id = req.header.id;
	EXPECT_EQ(0, uks(self->daemon.channel, UKS_IOC_CHANNEL_VALID, &valid));
	EXPECT_EQ(-ETIMEDOUT, caller_join(caller));
	EXPECT_LE(1000 * MS, now_ns() - begin);
	EXPECT_GT(5000 * MS, now_ns() - begin);
	EXPECT_EQ(UKS_E_TIMEOUT, caller->call.outcome.error);
	EXPECT_EQ(req.header.id, caller->call.outcome.request_id);
	EXPECT_EQ(-ENOENT, uks(self->daemon.channel, UKS_IOC_CHANNEL_VALID, &valid));
	EXPECT_EQ(-ENOENT, answer_empty(self->daemon.channel, &req));
	EXPECT_EQ(late + 1, control_stat(&self->control, UKS_NL_STAT_LATE));
}

TEST_F(request, ends_at_the_default_deadline_if_it_names_none)
{
	uint64_t begin = now_ns();

	ASSERT_EQ(0, parameter_set("request_timeout_ms", "150"));
	ASSERT_EQ(0, daemon_start(&self->daemon));
	ASSERT_EQ(0, start(self, 0, 1));
	ASSERT_EQ(0, daemon_read(self->daemon.channel, &req));
	EXPECT_LE(begin + 150 * MS, req.header.deadline_ns);
	EXPECT_GT(begin + 2000 * MS, req.header.deadline_ns);
	EXPECT_EQ(-ETIMEDOUT, caller_join(&self->callers[0]));
	EXPECT_LE(150 * MS, now_ns() - begin);
}

TEST_F(request, whose_deadline_has_passed_is_never_taken)
{
	struct caller *caller = &self->callers[0];

	ASSERT_EQ(0, daemon_start(&self->daemon));
	ASSERT_EQ(0, fcntl(self->daemon.channel, F_SETFL, O_NONBLOCK));
	caller_init(caller, self->client, UKS_IOC_STATUS);
	caller->call.deadline_ns = 1;
	EXPECT_EQ(-ETIMEDOUT, caller_run(caller));
	EXPECT_EQ(-EAGAIN, daemon_read(self->daemon.channel, &req));
}

TEST_F(request, stays_when_the_reader_has_too_little_room)
{
	size_t room, len;
	char *bad;

	ASSERT_EQ(0, daemon_start(&self->daemon));
	ASSERT_EQ(0, start(self, 0, 1));
	ASSERT_EQ(0, queued(self, 1));
	for (room = 0; room < sizeof(req.header); room++) {
		ASSERT_EQ(-1, read(self->daemon.channel, &req, room));
		ASSERT_EQ(EMSGSIZE, errno);
	}
	bad = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, bad);
	EXPECT_EQ(-1, read(self->daemon.channel, bad, 4096));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(1, control_stat(&self->control, UKS_NL_STAT_QUEUED));
	EXPECT_EQ(0, control_stat(&self->control, UKS_NL_STAT_TAKEN));
	ASSERT_EQ(0, daemon_read(self->daemon.channel, &req));
	len = req.header.len;
	EXPECT_LT(sizeof(req.header), len);
	EXPECT_EQ(0, answer_empty(self->daemon.channel, &req));
	EXPECT_EQ(0, caller_join(&self->callers[0]));
	/* One byte less than the whole is too little, too. */
	ASSERT_EQ(0, start(self, 0, 1));
	ASSERT_EQ(0, queued(self, 1));
	EXPECT_EQ(-1, read(self->daemon.channel, &req, len - 1));
	EXPECT_EQ(EMSGSIZE, errno);
	EXPECT_EQ((ssize_t)len, read(self->daemon.channel, &req, len));
	EXPECT_EQ(0, answer_empty(self->daemon.channel, &req));
	EXPECT_EQ(0, caller_join(&self->callers[0]));
}

/* A thread that reads the channel with so much room. */
struct reader {
	pthread_t thread;
	int channel;
	size_t room;
	atomic_int tid;
	ssize_t ret;
	int error;
	uint8_t buf[sizeof(struct uks_request_header) + 1024];
};

static void *read_once(void *arg)
{
	struct reader *reader = arg;

	atomic_store(&reader->tid, gettid());
	reader->ret = read(reader->channel, reader->buf, reader->room);
	reader->error = errno;
	return NULL;
}

/* Nothing tells that a thread sleeps in read: look until it does. */
static int reader_start(struct reader *reader, int channel, size_t room)
{
	uint64_t end = now_ns() + CONTROL_WAIT_MS * MS;
	char path[64], state = 0;
	FILE *file;

	*reader = (struct reader){ .channel = channel, .room = room };
	if (pthread_create(&reader->thread, NULL, read_once, reader))
		return -EAGAIN;
	while (state != 'S') {
		if (now_ns() > end)
			return -ETIMEDOUT;
		sched_yield();
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat", atomic_load(&reader->tid));
		file = fopen(path, "re");
		if (!file)
			continue;
		if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
			state = 0;
		fclose(file);
	}
	return 0;
}

TEST_F(request, that_one_reader_has_no_room_for_goes_to_another)
{
	static struct reader small, large;
	int other;

	ASSERT_EQ(0, daemon_start(&self->daemon));
	other = daemon_channel(&self->daemon);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, reader_start(&small, self->daemon.channel, 8));
	ASSERT_EQ(0, reader_start(&large, other, sizeof(large.buf)));
	ASSERT_EQ(0, start(self, 0, 1));
	pthread_join(small.thread, NULL);
	EXPECT_EQ(-1, small.ret);
	EXPECT_EQ(EMSGSIZE, small.error);
	pthread_join(large.thread, NULL);
	EXPECT_LT(0, large.ret);
	memcpy(&req.header, large.buf, sizeof(req.header));
	EXPECT_EQ(0, answer_empty(other, &req));
	EXPECT_EQ(0, caller_join(&self->callers[0]));
	close(other);
}

TEST_F(request, shows_in_poll)
{
	struct pollfd pollfd = { .events = POLLIN };

	ASSERT_EQ(0, daemon_start(&self->daemon));
	pollfd.fd = self->daemon.channel;
	EXPECT_EQ(0, poll(&pollfd, 1, 0));
	ASSERT_EQ(0, start(self, 0, 1));
	EXPECT_EQ(1, poll(&pollfd, 1, CONTROL_WAIT_MS));
	EXPECT_EQ(POLLIN, pollfd.revents);
	ASSERT_EQ(0, serve(self, 1));
	EXPECT_EQ(0, caller_join(&self->callers[0]));
	EXPECT_EQ(0, poll(&pollfd, 1, 0));
	control_close(&self->daemon.control);
	EXPECT_EQ(1, poll(&pollfd, 1, CONTROL_WAIT_MS));
	EXPECT_EQ(POLLHUP | POLLERR, pollfd.revents & (POLLHUP | POLLERR));
	EXPECT_EQ(-EPIPE, daemon_read(self->daemon.channel, &req));
}

struct crowd {
	uid_t uid;
	int count;
};

static int crowd_run(void *arg)
{
	static struct caller callers[CALLERS];
	struct crowd *crowd = arg;
	int i, client, ret = become(crowd->uid);

	client = ret ?: client_open();
	if (client < 0)
		return client;
	for (i = 0; !ret && i < crowd->count; i++) {
		caller_init(&callers[i], client, UKS_IOC_STATUS);
		ret = caller_start(&callers[i]);
	}
	for (i = 0; !ret && i < crowd->count; i++)
		ret = caller_join(&callers[i]);
	return ret;
}

TEST_F(request, takes_turns_between_users)
{
	const uid_t order[] = { ALICE, BOB, ALICE, BOB, ALICE, ALICE };
	struct crowd alice = { ALICE, 4 }, bob = { BOB, 2 };
	pid_t pids[2];
	unsigned int i;

	ASSERT_EQ(0, daemon_start(&self->daemon));
	pids[0] = fork_child(crowd_run, &alice);
	ASSERT_EQ(0, queued(self, 4));
	pids[1] = fork_child(crowd_run, &bob);
	ASSERT_EQ(0, queued(self, 6));
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		ASSERT_EQ(0, daemon_read(self->daemon.channel, &req));
		EXPECT_EQ(order[i], req.header.uid);
		EXPECT_EQ(0, answer_empty(self->daemon.channel, &req));
	}
	EXPECT_EQ(0, wait_child(pids[0]));
	EXPECT_EQ(0, wait_child(pids[1]));
}

TEST_HARNESS_MAIN
