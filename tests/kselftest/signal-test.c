// SPDX-License-Identifier: GPL-2.0
/*
 * Signals: before a channel has taken the request they may end the wait, for then
 * nothing has happened; afterwards only a fatal one may.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client.h"
#include "daemon.h"
#include "kselftest_harness.h"

#define MS		1000000ULL

static struct request req;

FIXTURE(signal_during_request) {
	struct control control;
	struct daemon daemon;
};

FIXTURE_SETUP(signal_during_request)
{
	ASSERT_EQ(0, control_open(&self->control));
	ASSERT_EQ(0, daemon_start(&self->daemon));
}

FIXTURE_TEARDOWN(signal_during_request)
{
	EXPECT_EQ(0, sysfs("requests"));
	EXPECT_EQ(0, sysfs("bytes"));
	EXPECT_EQ(0, sysfs("clients"));
	control_close(&self->control);
	daemon_stop(&self->daemon);
}

static int queued(struct _test_data_signal_during_request *self, int count)
{
	return control_wait_stat(&self->control, UKS_NL_STAT_QUEUED, count);
}

/* A process that makes one call, and what became of it. */
struct victim {
	uint64_t deadline_ns;
	int sa_flags;
	int ret;
	uint32_t error;
	atomic_int signals;
	pid_t pid;
};

static struct victim *victim;

static void count_signal(int signal)
{
	atomic_fetch_add(&victim->signals, 1);
}

static int victim_run(void *arg)
{
	struct sigaction action = { .sa_handler = count_signal, .sa_flags = victim->sa_flags };
	static struct caller caller;
	int client = client_open();

	if (client < 0 || sigaction(SIGUSR1, &action, NULL))
		return -EIO;
	caller_init(&caller, client, UKS_IOC_STATUS);
	caller.call.deadline_ns = victim->deadline_ns;
	victim->ret = caller_run(&caller);
	victim->error = caller.call.outcome.error;
	return 0;
}

static int victim_start(uint64_t deadline_ns, int sa_flags)
{
	victim = mmap(NULL, sizeof(*victim), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (victim == MAP_FAILED)
		return -errno;
	*victim = (struct victim){ .deadline_ns = deadline_ns, .sa_flags = sa_flags, .ret = 1 };
	victim->pid = fork_child(victim_run, NULL);
	return 0;
}

/* How often the victim has gone to sleep: tells that it woke and sleeps again. */
static long victim_sleeps(void)
{
	char path[64], line[128];
	long count = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", victim->pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "voluntary_ctxt_switches: %ld", &count) == 1)
			break;
	if (file)
		fclose(file);
	return count;
}

static int victim_signal(long sleeps)
{
	uint64_t end = now_ns() + CONTROL_WAIT_MS * MS;

	if (kill(victim->pid, SIGUSR1))
		return -errno;
	while (victim_sleeps() <= sleeps) {
		if (now_ns() > end)
			return -ETIMEDOUT;
		sched_yield();
	}
	return 0;
}

TEST_F(signal_during_request, restarts_it_if_it_has_a_deadline)
{
	int64_t before = control_stat(&self->control, UKS_NL_STAT_SUBMITTED);

	ASSERT_EQ(0, victim_start(now_ns() + 20000 * MS, SA_RESTART));
	ASSERT_EQ(0, queued(self, 1));
	ASSERT_EQ(0, kill(victim->pid, SIGUSR1));
	ASSERT_EQ(0, control_wait_stat(&self->control, UKS_NL_STAT_SUBMITTED, before + 2));
	ASSERT_EQ(0, queued(self, 1));
	ASSERT_EQ(0, daemon_read(self->daemon.channel, &req));
	ASSERT_EQ(0, answer_empty(self->daemon.channel, &req));
	EXPECT_EQ(0, wait_child(victim->pid));
	EXPECT_EQ(0, victim->ret);
	EXPECT_EQ(1, atomic_load(&victim->signals));
}

TEST_F(signal_during_request, does_not_move_its_deadline)
{
	int64_t before = control_stat(&self->control, UKS_NL_STAT_SUBMITTED);
	uint64_t deadline = now_ns() + 2000 * MS;
	int i;

	ASSERT_EQ(0, victim_start(deadline, SA_RESTART));
	for (i = 1; i <= 4; i++) {
		ASSERT_EQ(0, control_wait_stat(&self->control, UKS_NL_STAT_SUBMITTED, before + i));
		ASSERT_EQ(0, queued(self, 1));
		if (i < 4)
			ASSERT_EQ(0, kill(victim->pid, SIGUSR1));
	}
	ASSERT_EQ(0, daemon_read(self->daemon.channel, &req));
	EXPECT_EQ(deadline, req.header.deadline_ns);
	EXPECT_EQ(0, wait_child(victim->pid));
	EXPECT_EQ(-ETIMEDOUT, victim->ret);
	EXPECT_EQ(3, atomic_load(&victim->signals));
	EXPECT_LE(deadline, now_ns());
	EXPECT_EQ(-ENOENT, answer_empty(self->daemon.channel, &req));
}

TEST_F(signal_during_request, ends_it_with_eintr_if_the_handler_restarts_nothing)
{
	ASSERT_EQ(0, victim_start(now_ns() + 20000 * MS, 0));
	ASSERT_EQ(0, queued(self, 1));
	ASSERT_EQ(0, kill(victim->pid, SIGUSR1));
	EXPECT_EQ(0, wait_child(victim->pid));
	EXPECT_EQ(-EINTR, victim->ret);
	EXPECT_EQ(UKS_E_INTERRUPTED, victim->error);
	EXPECT_EQ(0, queued(self, 0));
}

TEST_F(signal_during_request, ends_it_with_eintr_if_it_has_no_deadline)
{
	ASSERT_EQ(0, victim_start(0, SA_RESTART));
	ASSERT_EQ(0, queued(self, 1));
	ASSERT_EQ(0, kill(victim->pid, SIGUSR1));
	EXPECT_EQ(0, wait_child(victim->pid));
	EXPECT_EQ(-EINTR, victim->ret);
	EXPECT_EQ(1, atomic_load(&victim->signals));
	EXPECT_EQ(0, queued(self, 0));
}

TEST_F(signal_during_request, waits_once_it_was_taken)
{
	long sleeps;

	ASSERT_EQ(0, victim_start(0, 0));
	ASSERT_EQ(0, daemon_read(self->daemon.channel, &req));
	sleeps = victim_sleeps();
	ASSERT_EQ(0, victim_signal(sleeps));
	EXPECT_EQ(1, control_stat(&self->control, UKS_NL_STAT_TAKEN));
	EXPECT_EQ(0, atomic_load(&victim->signals));
	EXPECT_EQ(0, answer_empty(self->daemon.channel, &req));
	EXPECT_EQ(0, wait_child(victim->pid));
	EXPECT_EQ(0, victim->ret);
	EXPECT_EQ(1, atomic_load(&victim->signals));
}

TEST_F(signal_during_request, kills_the_caller_at_once_also_when_it_was_taken)
{
	uint64_t begin = now_ns();

	ASSERT_EQ(0, victim_start(0, 0));
	ASSERT_EQ(0, daemon_read(self->daemon.channel, &req));
	ASSERT_EQ(0, kill(victim->pid, SIGKILL));
	EXPECT_EQ(-1000 - SIGKILL, wait_child(victim->pid));
	EXPECT_GT(5000 * MS, now_ns() - begin);
	EXPECT_EQ(0, control_stat(&self->control, UKS_NL_STAT_TAKEN));
	EXPECT_EQ(-ENOENT, answer_empty(self->daemon.channel, &req));
	EXPECT_EQ(0, sysfs("requests"));
}

TEST_F(signal_during_request, kills_the_caller_at_once_when_it_is_queued)
{
	ASSERT_EQ(0, victim_start(0, 0));
	ASSERT_EQ(0, queued(self, 1));
	ASSERT_EQ(0, kill(victim->pid, SIGKILL));
	EXPECT_EQ(-1000 - SIGKILL, wait_child(victim->pid));
	EXPECT_EQ(0, control_stat(&self->control, UKS_NL_STAT_QUEUED));
	EXPECT_EQ(0, sysfs("requests"));
}

TEST_HARNESS_MAIN
