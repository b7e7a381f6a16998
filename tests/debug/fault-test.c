// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Every allocation and every copy from and to user memory fails once, one after the
 * other: each call must then end with a clear error, hold nothing, and work when it
 * is made again. Linux counts for us: /proc/thread-self/fail-nth.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "tests/kselftest/daemon.h"
#include "tests/kselftest/parts.h"

#define MOST_PLACES	2000	/* no call has so many places where it can fail */
#define LONG_MESSAGE	100000	/* more than a spare buffer: vmalloc() */

static uint8_t message[LONG_MESSAGE], out[LONG_MESSAGE + 64];

FIXTURE(fault) {
	struct daemon daemon;
	struct service service;
	int client;
	int session;
	int nth;
};

/*
 * What is tried. @before and @after are not disturbed, @run is; what it returns when
 * all goes well is @good.
 */
struct fault_call {
	const char *name;
	int (*before)(struct _test_data_fault *self, const struct fault_call *call);
	int (*run)(struct _test_data_fault *self, const struct fault_call *call);
	void (*after)(struct _test_data_fault *self);
	unsigned long cmd;
	uint32_t purpose, algorithm;
	bool remote;
	uint32_t len;
	int good;
};

static int set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret = fd < 0 || write(fd, value, strlen(value)) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return ret;
}

/* Also what may wait, and without a word in the kernel log for each. */
static int prepare(void)
{
	return set("/sys/kernel/debug/failslab/ignore-gfp-wait", "N") ?:
	       set("/sys/kernel/debug/failslab/verbose", "0") ?:
	       set("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N") ?:
	       set("/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N") ?:
	       set("/sys/kernel/debug/fail_page_alloc/min-order", "0") ?:
	       set("/sys/kernel/debug/fail_page_alloc/verbose", "0") ?:
	       set("/sys/kernel/debug/fail_usercopy/verbose", "0");
}

static void arm(struct _test_data_fault *self, unsigned int nth)
{
	char value[16];
	int len = snprintf(value, sizeof(value), "%u", nth);

	if (pwrite(self->nth, value, len, 0) != len)
		abort();
}

/* Has the fault come? What is left of it would hit the next call, or this look. */
static bool disarm(struct _test_data_fault *self)
{
	char value[16] = "";
	bool hit = pread(self->nth, value, sizeof(value) - 1, 0) > 0 && value[0] == '0';

	while (pwrite(self->nth, "0", 1, 0) != 1)
		;
	return hit;
}

static void look(int64_t held[3])
{
	held[0] = sysfs("sessions");
	held[1] = sysfs("requests");
	held[2] = sysfs("bytes");
}

/* The channel of the daemon lets go of a request after its caller was told. */
static bool same_again(const int64_t before[3])
{
	time_t end = time(NULL) + CONTROL_WAIT_MS / 1000;
	int64_t now[3];

	do {
		look(now);
		if (!memcmp(before, now, sizeof(now)))
			return true;
		sched_yield();
	} while (time(NULL) < end);
	return false;
}

FIXTURE_SETUP(fault)
{
	self->session = -1;
	service_init(&self->service);
	if (prepare())
		SKIP(return, "this kernel has no fault injection");
	self->nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->nth);
	ASSERT_EQ(0, daemon_start(&self->daemon));
	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	self->client = client_open();
	ASSERT_LE(0, self->client);
}

FIXTURE_TEARDOWN(fault)
{
	close(self->session);
	close(self->client);
	daemon_stop(&self->daemon);
}

static int open_session(struct _test_data_fault *self, const struct fault_call *call)
{
	self->service.algorithm = call->algorithm;
	self->service.remote = call->remote;
	self->session = session_open(self->client, call->purpose);
	return self->session < 0 ? self->session : 0;
}

static void close_session(struct _test_data_fault *self)
{
	close(self->session);
	self->session = -1;
}

static bool clear_error(int ret)
{
	/* ENFILE is what socket() makes of it. */
	return ret == -ENOMEM || ret == -EFAULT || ret == -ENOBUFS || ret == -ENFILE;
}

static int run_before(struct _test_data_fault *self, const struct fault_call *call)
{
	return call->before ? call->before(self, call) : 0;
}

/* One fault, and the same call once more; false if there was no such place any more. */
static bool step(struct __test_metadata *_metadata, struct _test_data_fault *self,
		 const struct fault_call *call, unsigned int nth)
{
	int64_t before[3];
	bool hit;
	int ret;

	look(before);
	EXPECT_EQ(0, run_before(self, call));
	arm(self, nth);
	ret = call->run(self, call);
	hit = disarm(self);
	EXPECT_TRUE(ret == call->good || (hit && clear_error(ret))) {
		TH_LOG("%s, place %u: %s", call->name, nth, strerror(-ret));
	}
	ret = call->run(self, call);
	EXPECT_EQ(call->good, ret) {
		TH_LOG("%s works no more after place %u: %s", call->name, nth, strerror(-ret));
	}
	if (call->after)
		call->after(self);
	EXPECT_TRUE(same_again(before)) {
		TH_LOG("%s holds something after place %u", call->name, nth);
	}
	return hit;
}

/* In how many places can a call fail? Each is tried. */
static unsigned int sweep(struct __test_metadata *_metadata, struct _test_data_fault *self,
			  const struct fault_call *call)
{
	unsigned int nth = 1;

	while (nth < MOST_PLACES && step(_metadata, self, call, nth))
		nth++;
	EXPECT_GT(MOST_PLACES, nth);
	ksft_print_msg("%s: %u places\n", call->name, nth - 1);
	return nth - 1;
}

static int run_open(struct _test_data_fault *self, const struct fault_call *call)
{
	int client = client_open();

	if (client < 0)
		return client;
	close(client);
	return 0;
}

TEST_F(fault, of_open_leaves_nothing)
{
	const struct fault_call call = { "open", .run = run_open };

	EXPECT_LT(3, sweep(_metadata, self, &call));
}

static int run_query(struct _test_data_fault *self, const struct fault_call *call)
{
	struct uks_query query = { .size = sizeof(query) };

	return uks(self->client, UKS_IOC_QUERY, &query);
}

static int run_call(struct _test_data_fault *self, const struct fault_call *call)
{
	static struct caller caller;

	caller_init(&caller, self->client, call->cmd);
	return caller_run(&caller);
}

static const struct {
	const char *name;
	unsigned long cmd;
} calls[] = {
	{ "STATUS", UKS_IOC_STATUS },
	{ "KEY_GENERATE", UKS_IOC_KEY_GENERATE },
	{ "KEY_IMPORT", UKS_IOC_KEY_IMPORT },
	{ "KEY_EXPORT_PUBLIC", UKS_IOC_KEY_EXPORT_PUBLIC },
	{ "KEY_LIST", UKS_IOC_KEY_LIST },
	{ "KEY_SHOW", UKS_IOC_KEY_SHOW },
	{ "KEY_RENAME", UKS_IOC_KEY_RENAME },
	{ "KEY_DELETE", UKS_IOC_KEY_DELETE },
	{ "KEY_AGREE", UKS_IOC_KEY_AGREE },
	{ "KEY_DERIVE", UKS_IOC_KEY_DERIVE },
	{ "KEY_WRAP", UKS_IOC_KEY_WRAP },
	{ "KEY_UNWRAP", UKS_IOC_KEY_UNWRAP },
	{ "KEY_ROTATE", UKS_IOC_KEY_ROTATE },
	{ "KEY_SET_STATE", UKS_IOC_KEY_SET_STATE },
	{ "KEY_SET_POLICY", UKS_IOC_KEY_SET_POLICY },
	{ "KEY_RESTORE", UKS_IOC_KEY_RESTORE },
	{ "KEY_VERSIONS", UKS_IOC_KEY_VERSIONS },
	{ "KEY_ATTEST", UKS_IOC_KEY_ATTEST },
	{ "PIN", UKS_IOC_PIN },
	{ "BOOT_POLICY", UKS_IOC_BOOT_POLICY },
	{ "MASTER", UKS_IOC_MASTER },
	{ "BACKUP", UKS_IOC_BACKUP },
	{ "AUDIT", UKS_IOC_AUDIT },
	{ "PROVISION", UKS_IOC_PROVISION },
};

TEST_F_TIMEOUT(fault, of_each_call_leaves_nothing, 300)
{
	struct fault_call call = { "QUERY", .run = run_query };
	unsigned int i;

	sweep(_metadata, self, &call);
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		call = (struct fault_call){ calls[i].name, .run = run_call,
					    .cmd = calls[i].cmd };
		EXPECT_LT(1, sweep(_metadata, self, &call));
	}
}

static int run_session(struct _test_data_fault *self, const struct fault_call *call)
{
	int ret = open_session(self, call);

	if (!ret)
		close_session(self);
	return ret;
}

#define SESSION(alg, purpose_, ...)							\
	{ "session for " #alg, .run = run_session, .purpose = UKS_PURPOSE_##purpose_,	\
	  .algorithm = UKS_ALG_##alg, __VA_ARGS__ }

static const struct fault_call sessions[] = {
	SESSION(AES_GCM, ENCRYPT),
	SESSION(CHACHA20_POLY1305, ENCRYPT),
	SESSION(AES_CCM, ENCRYPT),
	SESSION(AES_CBC, DECRYPT),
	SESSION(HMAC, MAC),
	SESSION(AES_CMAC, MAC),
	SESSION(ECDSA, SIGN, .remote = true),
	SESSION(RSA_OAEP, DECRYPT, .remote = true),
};

TEST_F_TIMEOUT(fault, of_opening_a_session_leaves_nothing, 600)
{
	unsigned int i;

	self->service.parameters_len = 100;
	for (i = 0; i < ARRAY_SIZE(sessions); i++)
		EXPECT_LT(5, sweep(_metadata, self, &sessions[i]));
}

static uint32_t nonce_len(const struct fault_call *call)
{
	switch (call->algorithm) {
	case UKS_ALG_AES_GCM:
		return UKS_NONCE_LEN;
	case UKS_ALG_AES_CBC:
		return 16;
	}
	return 0;
}

/* To decrypt, any nonce will do: what is refused is refused after the work. */
static int run_cipher(struct _test_data_fault *self, const struct fault_call *call)
{
	struct text text = { .in = message, .in_len = call->len, .out = out,
			     .out_len = sizeof(out), .nonce_len = nonce_len(call) };

	return text_whole(self->session, call->cmd, &text);
}

static int run_sign(struct _test_data_fault *self, const struct fault_call *call)
{
	struct uks_sign arg = { .size = sizeof(arg), .in = ptr(message), .in_len = call->len,
				.out = ptr(out), .out_len = sizeof(out) };

	return uks(self->session, call->cmd, &arg);
}

static int run_verify(struct _test_data_fault *self, const struct fault_call *call)
{
	struct uks_verify arg = { .size = sizeof(arg), .in = ptr(message), .in_len = call->len,
				  .sig = ptr(message), .sig_len = 32 };

	return uks(self->session, call->cmd, &arg);
}

/* What an error leaves of a message is given up. */
static int run_parts(struct _test_data_fault *self, const struct fault_call *call)
{
	struct text text = { .in = message, .in_len = call->len, .out = out,
			     .out_len = sizeof(out), .nonce_len = nonce_len(call) };
	struct uks_abort end = { .size = sizeof(end) };
	int ret = text_parts(self->session, &text, call->len / 3);

	if (ret)
		uks(self->session, UKS_IOC_ABORT, &end);
	return ret;
}

#define MESSAGE(ioc, run_, alg, purpose_, len_, ...)				\
	{ #ioc " with " #alg ", " #len_ " bytes", .before = open_session,	\
	  .run = run_, .after = close_session, .cmd = UKS_IOC_##ioc,		\
	  .purpose = UKS_PURPOSE_##purpose_, .algorithm = UKS_ALG_##alg,	\
	  .len = len_, __VA_ARGS__ }

static const struct fault_call messages[] = {
	MESSAGE(ENCRYPT, run_cipher, AES_GCM, ENCRYPT, 100),
	MESSAGE(ENCRYPT, run_cipher, AES_GCM, ENCRYPT, 100000),
	MESSAGE(DECRYPT, run_cipher, AES_GCM, DECRYPT, 100, .good = -EBADMSG),
	MESSAGE(ENCRYPT, run_cipher, AES_CBC, ENCRYPT, 160),
	MESSAGE(DECRYPT, run_cipher, AES_CBC, DECRYPT, 160),
	MESSAGE(ENCRYPT, run_cipher, RSA_OAEP, ENCRYPT, 32, .remote = true),
	MESSAGE(MAC, run_sign, HMAC, MAC, 100),
	MESSAGE(MAC, run_sign, AES_CMAC, MAC, 100000),
	MESSAGE(MAC_VERIFY, run_verify, HMAC, MAC_VERIFY, 100, .good = -EBADMSG),
	MESSAGE(SIGN, run_sign, ECDSA, SIGN, 100, .remote = true),
	MESSAGE(SIGN, run_sign, ED25519, SIGN, 20000, .remote = true),
	MESSAGE(VERIFY, run_verify, ECDSA, VERIFY, 100, .remote = true),
	MESSAGE(AGREE, run_sign, ECDH, AGREE, 32, .remote = true),
	MESSAGE(DERIVE, run_sign, HKDF, DERIVE, 32, .remote = true),
	MESSAGE(UPDATE, run_parts, AES_GCM, ENCRYPT, 30000),
	MESSAGE(UPDATE, run_parts, AES_CBC, ENCRYPT, 48000),
	MESSAGE(UPDATE, run_parts, HMAC, MAC, 30000),
	MESSAGE(UPDATE, run_parts, ECDSA, SIGN, 30000, .remote = true),
	MESSAGE(UPDATE, run_parts, ED25519, SIGN, 30000, .remote = true),
};

TEST_F_TIMEOUT(fault, of_each_message_ends_that_message_only, 900)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(messages); i++) {
		self->service.signature_len = messages[i].algorithm == UKS_ALG_ED25519 ? 64 : 70;
		self->service.digest = messages[i].algorithm == UKS_ALG_ED25519 ||
				       messages[i].algorithm == UKS_ALG_RSA_OAEP ?
				       0 : UKS_DIGEST_SHA256;
		EXPECT_LT(1, sweep(_metadata, self, &messages[i]));
	}
}

TEST_F_TIMEOUT(fault, of_a_counted_message_ends_that_message_only, 300)
{
	self->service.lease_flags = UKS_LEASE_COUNTED;
	EXPECT_LT(1, sweep(_metadata, self, &messages[0]));
}

static int run_info(struct _test_data_fault *self, const struct fault_call *call)
{
	struct uks_session_info info = { .size = sizeof(info) };

	return uks(self->session, UKS_IOC_SESSION_INFO, &info);
}

static int run_stats(struct _test_data_fault *self, const struct fault_call *call)
{
	int64_t sessions = control_stat(&self->daemon.control, UKS_NL_STAT_SESSIONS);

	return sessions < 0 ? sessions : 0;
}

static void count_session(const struct control_reply *reply, void *arg)
{
	*(unsigned int *)arg += reply->attr[UKS_NL_A_SESSION_ID].type != 0;
}

static int run_list(struct _test_data_fault *self, const struct fault_call *call)
{
	struct control control;
	unsigned int seen = 0;
	int ret = control_open(&control);

	if (ret)
		return ret;
	ret = control_dump(&control, UKS_NL_CMD_SESSION, count_session, &seen);
	control_close(&control);
	return ret ?: seen == 1 ? 0 : -ENODATA;
}

static const struct fault_call looks[] = {
	{ "SESSION_INFO", .before = open_session, .run = run_info, .after = close_session,
	  .purpose = UKS_PURPOSE_MAC, .algorithm = UKS_ALG_HMAC },
	{ "STATS", .run = run_stats },
	{ "SESSION", .before = open_session, .run = run_list, .after = close_session,
	  .purpose = UKS_PURPOSE_MAC, .algorithm = UKS_ALG_HMAC },
};

TEST_F_TIMEOUT(fault, of_a_look_at_the_module_leaves_nothing, 300)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(looks); i++)
		sweep(_metadata, self, &looks[i]);
}

/* An answer that could not be received waits for the next question. */
static void forget_answers(const struct control *control)
{
	while (recv(control->fd, out, sizeof(out), MSG_DONTWAIT) >= 0 || errno != EAGAIN)
		;
}

/*
 * What the kernel had no memory for was not done: the session lives. An answer that
 * was lost on its way, as by EFAULT, tells nothing.
 */
static int run_revoke(struct _test_data_fault *self, const struct fault_call *call)
{
	struct uks_session_info info = { .size = sizeof(info) };
	struct uks_sign mac = { .size = sizeof(mac), .in = ptr(message), .in_len = 1,
				.out = ptr(out), .out_len = 64 };
	int ret;

	forget_answers(&self->daemon.control);
	ret = call->cmd ? control_zeroize(&self->daemon.control) :
			  control_revoke(&self->daemon.control, self->service.key_id);
	if (ret == -ENOMEM && uks(self->session, UKS_IOC_MAC, &mac))
		return -EUCLEAN;
	if (ret < 0)
		return ret;
	return uks(self->session, UKS_IOC_SESSION_INFO, &info);
}

static const struct fault_call revokes[] = {
	{ "REVOKE", .before = open_session, .run = run_revoke, .after = close_session,
	  .cmd = 0, .purpose = UKS_PURPOSE_MAC, .algorithm = UKS_ALG_HMAC },
	{ "ZEROIZE", .before = open_session, .run = run_revoke, .after = close_session,
	  .cmd = 1, .purpose = UKS_PURPOSE_MAC, .algorithm = UKS_ALG_HMAC },
};

TEST_F_TIMEOUT(fault, of_a_revocation_revokes_nothing, 300)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(revokes); i++)
		EXPECT_LT(1, sweep(_metadata, self, &revokes[i]));
}

static int run_daemon(struct _test_data_fault *self, const struct fault_call *call)
{
	static struct daemon daemon;
	int ret = daemon_start(&daemon);

	daemon_stop(&daemon);
	return ret;
}

static int stop_service(struct _test_data_fault *self, const struct fault_call *call)
{
	daemon_stop(&self->daemon);
	return 0;
}

TEST_F_TIMEOUT(fault, of_a_daemon_that_comes_lets_it_come_again, 300)
{
	const struct fault_call call = { "REGISTER and CHANNEL", .before = stop_service,
					 .run = run_daemon };

	EXPECT_LT(5, sweep(_metadata, self, &call));
}

static int channel_step(struct _test_data_fault *self, unsigned int nth, bool writing, bool *hit)
{
	static struct answer answer;
	static struct caller caller;
	static struct request req;
	int ret;

	caller_init(&caller, self->client, UKS_IOC_KEY_SHOW);
	ret = caller_start(&caller) ?:
	      control_wait_stat(&self->daemon.control, UKS_NL_STAT_QUEUED, 1);
	if (ret)
		return ret;
	if (!writing)
		arm(self, nth);
	ret = daemon_read(self->daemon.channel, &req);
	if (!writing)
		*hit = disarm(self);
	if (ret)
		ret = clear_error(ret) ? daemon_read(self->daemon.channel, &req) : ret;
	if (ret)
		return ret;
	service_answer(&self->service, &req, &answer);
	if (writing)
		arm(self, nth);
	ret = answer_write(self->daemon.channel, &answer);
	if (writing)
		*hit = disarm(self);
	if (ret)
		ret = clear_error(ret) ? answer_write(self->daemon.channel, &answer) : ret;
	return caller_join(&caller) ?: ret;
}

TEST_F_TIMEOUT(fault, of_a_channel_loses_no_request_and_no_answer, 300)
{
	unsigned int nth, way;
	bool hit;

	daemon_stop(&self->daemon);
	ASSERT_EQ(0, daemon_start(&self->daemon));
	for (way = 0; way < 2; way++) {
		for (nth = 1, hit = true; hit && nth < MOST_PLACES; nth++)
			ASSERT_EQ(0, channel_step(self, nth, way, &hit)) {
				TH_LOG("%s, place %u", way ? "write" : "read", nth);
			}
		ksft_print_msg("%s: %u places\n", way ? "write" : "read", nth - 2);
	}
	EXPECT_EQ(0, sysfs("requests"));
}

TEST_HARNESS_MAIN
