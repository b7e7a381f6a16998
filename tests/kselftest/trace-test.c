// SPDX-License-Identifier: GPL-2.0
/*
 * What can be seen from outside: tracepoints and counters tell what happened, and
 * not a byte of a key.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "daemon.h"
#include "kselftest_harness.h"

#define TRACEFS		"/sys/kernel/tracing/"
#define MARKER		"kselftest marker"	/* 16 bytes of a key to import */

static char trace[1 << 20];

FIXTURE(trace) {
	struct daemon daemon;
	struct service service;
	struct control control;
	int client;
	struct caller caller;
};

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	int ret = fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return ret;
}

static int get_trace(void)
{
	FILE *file = fopen(TRACEFS "trace", "re");

	if (!file)
		return -errno;
	trace[fread(trace, 1, sizeof(trace) - 1, file)] = 0;
	fclose(file);
	return 0;
}

FIXTURE_SETUP(trace)
{
	if (access(TRACEFS "events", F_OK))
		ASSERT_EQ(0, mount("tracefs", TRACEFS, "tracefs", 0, NULL));
	service_init(&self->service);
	self->client = client_open();
	ASSERT_LE(0, self->client);
	ASSERT_EQ(0, control_open(&self->control));
	ASSERT_EQ(0, put(TRACEFS "trace", ""));
	ASSERT_EQ(0, put(TRACEFS "events/uks/enable", "1"));
	ASSERT_EQ(0, daemon_start(&self->daemon));
	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
}

FIXTURE_TEARDOWN(trace)
{
	EXPECT_EQ(0, put(TRACEFS "events/uks/enable", "0"));
	close(self->client);
	control_close(&self->control);
	daemon_stop(&self->daemon);
}

TEST_F(trace, has_a_point_for_each_step)
{
	static const char * const points[] = { "uks_request_submit", "uks_request_take",
					       "uks_request_end", "uks_session", "uks_daemon" };
	char path[128];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(points); i++) {
		snprintf(path, sizeof(path), TRACEFS "events/uks/%s/format", points[i]);
		EXPECT_EQ(0, access(path, R_OK));
	}
}

/* Where a line is in the trace, or NULL. */
static const char *line(const char *format, uint64_t id, const char *rest)
{
	char text[160];

	snprintf(text, sizeof(text), format, (unsigned long long)id, rest);
	return strstr(trace, text);
}

TEST_F(trace, follows_a_request_from_submit_to_end)
{
	const char *submit, *take, *end;
	char who[64];
	uint64_t id;

	caller_init(&self->caller, self->client, UKS_IOC_KEY_SHOW);
	ASSERT_EQ(0, caller_run(&self->caller));
	id = self->caller.call.outcome.request_id;
	ASSERT_EQ(0, get_trace());
	snprintf(who, sizeof(who), "op=7 uid=0 tgid=%d len=8", getpid());
	submit = line("uks_request_submit: id=%llu %s", id, who);
	take = line("uks_request_take: id=%llu %s", id, who);
	end = line("uks_request_end: id=%llu %s", id, "op=7 ended=0 error=0 code=0");
	ASSERT_NE(NULL, submit);
	EXPECT_LT(submit, take);
	EXPECT_LT(take, end);
}

TEST_F(trace, tells_how_a_request_was_refused)
{
	self->service.error = ENOKEY;
	self->service.code = UKS_E_NO_KEY;
	caller_init(&self->caller, self->client, UKS_IOC_KEY_SHOW);
	ASSERT_EQ(-ENOKEY, caller_run(&self->caller));
	ASSERT_EQ(0, get_trace());
	EXPECT_NE(NULL, line("uks_request_end: id=%llu %s",
			     self->caller.call.outcome.request_id,
			     "op=7 ended=0 error=126 code=100"));
}

TEST_F(trace, tells_of_sessions_and_the_daemon)
{
	int session = session_open(self->client, UKS_PURPOSE_MAC);
	char who[64];

	ASSERT_LE(0, session);
	ASSERT_EQ(1, control_revoke(&self->daemon.control, self->service.key_id));
	close(session);
	daemon_stop(&self->daemon);
	ASSERT_EQ(0, get_trace());
	EXPECT_NE(NULL, strstr(trace, " open purpose=0x10 algorithm=3"));
	EXPECT_NE(NULL, strstr(trace, " revoke purpose=0x10 algorithm=3"));
	EXPECT_NE(NULL, strstr(trace, " close purpose=0x10 algorithm=3"));
	snprintf(who, sizeof(who), "uks_daemon: up tgid=%d\n", getpid());
	EXPECT_NE(NULL, strstr(trace, who));
	snprintf(who, sizeof(who), "uks_daemon: down tgid=%d\n", getpid());
	EXPECT_NE(NULL, strstr(trace, who));
}

/* Neither as text nor in hexadecimal, in lines or in the raw buffer. */
TEST_F(trace, holds_no_byte_of_a_key)
{
	static char raw[1 << 20];
	struct uks_attrs in;
	ssize_t len = 0, got;
	int fd = open(TRACEFS "trace_pipe_raw", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		fd = open(TRACEFS "per_cpu/cpu0/trace_pipe_raw", O_RDONLY | O_NONBLOCK |
			  O_CLOEXEC);
	ASSERT_LE(0, fd);
	caller_init(&self->caller, self->client, UKS_IOC_KEY_IMPORT);
	uks_attrs_init(&in, self->caller.in, sizeof(self->caller.in));
	uks_attrs_put_string(&in, UKS_A_KEY_NAME, "key");
	uks_attrs_put_u32(&in, UKS_A_KEY_TYPE, UKS_KEY_AES_128);
	uks_attrs_put_u32(&in, UKS_A_KEY_FORMAT, UKS_FORMAT_RAW);
	uks_attrs_put(&in, UKS_A_KEY_MATERIAL, MARKER, 16);
	self->caller.call.in_len = in.len;
	memcpy(self->service.key, MARKER, 16);
	ASSERT_EQ(0, caller_run(&self->caller));
	close(session_open(self->client, UKS_PURPOSE_ENCRYPT));
	ASSERT_EQ(0, get_trace());
	EXPECT_NE(NULL, strstr(trace, "op=4 uid=0"));
	EXPECT_EQ(NULL, strstr(trace, "marker"));
	EXPECT_EQ(NULL, strstr(trace, "6d61726b6572"));
	while (len < (ssize_t)sizeof(raw) &&
	       (got = read(fd, raw + len, sizeof(raw) - len > 4096 ? 4096 : sizeof(raw) - len)) > 0)
		len += got;
	EXPECT_LT(0, len);
	EXPECT_EQ(NULL, memmem(raw, len, "marker", 6));
	close(fd);
}

static int64_t stat_of(struct _test_data_trace *self, enum uks_nl_stat stat)
{
	return control_stat(&self->control, stat);
}

TEST_F(trace, counters_count)
{
	const enum uks_nl_stat stats[] = {
		UKS_NL_STAT_SUBMITTED, UKS_NL_STAT_COMPLETED, UKS_NL_STAT_FAILED,
		UKS_NL_STAT_MESSAGES, UKS_NL_STAT_REVOKED, UKS_NL_STAT_REFUSED,
	};
	/* Two sessions and three calls; of these, one that passed its deadline. */
	const int64_t more[] = { 5, 4, 1, 2, 1, 0 };
	int64_t before[ARRAY_SIZE(stats)];
	uint8_t mac[32];
	int session, second;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(stats); i++)
		before[i] = stat_of(self, stats[i]);
	session = session_open(self->client, UKS_PURPOSE_MAC);
	second = session_open(self->client, UKS_PURPOSE_MAC);
	ASSERT_EQ(0, session_mac(session, "a", 1, mac));
	ASSERT_EQ(0, session_mac(second, "b", 1, mac));
	EXPECT_EQ(2, stat_of(self, UKS_NL_STAT_SESSIONS));
	EXPECT_EQ(1, stat_of(self, UKS_NL_STAT_CLIENTS));
	EXPECT_EQ(1, stat_of(self, UKS_NL_STAT_CHANNELS));
	EXPECT_EQ(stat_of(self, UKS_NL_STAT_BYTES), sysfs("bytes"));
	EXPECT_EQ(stat_of(self, UKS_NL_STAT_MESSAGES), sysfs("messages"));
	EXPECT_EQ(2, sysfs("sessions"));
	EXPECT_EQ(1, sysfs("clients"));
	EXPECT_EQ(1, sysfs("daemon"));
	EXPECT_EQ(0, sysfs("requests"));
	close(second);
	ASSERT_EQ(1, control_revoke(&self->daemon.control, self->service.key_id));
	close(session);
	for (i = 0; i < 2; i++) {
		caller_init(&self->caller, self->client, UKS_IOC_STATUS);
		ASSERT_EQ(0, caller_run(&self->caller));
	}
	EXPECT_EQ(1, stat_of(self, UKS_NL_STAT_CHANNELS));
	/* With nobody there to answer, until the daemon is back. */
	daemon_stop(&self->daemon);
	caller_init(&self->caller, self->client, UKS_IOC_STATUS);
	self->caller.call.deadline_ns = now_ns() + 50000000;
	ASSERT_EQ(-ETIMEDOUT, caller_run(&self->caller));
	EXPECT_EQ(0, stat_of(self, UKS_NL_STAT_CHANNELS));
	for (i = 0; i < ARRAY_SIZE(stats); i++)
		EXPECT_EQ(before[i] + more[i], stat_of(self, stats[i]));
	EXPECT_EQ(0, stat_of(self, UKS_NL_STAT_SESSIONS));
	EXPECT_EQ(0, stat_of(self, UKS_NL_STAT_QUEUED));
	EXPECT_EQ(0, stat_of(self, UKS_NL_STAT_TAKEN));
}

TEST_HARNESS_MAIN
