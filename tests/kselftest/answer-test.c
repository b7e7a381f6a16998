// SPDX-License-Identifier: GPL-2.0
/*
 * What the daemon writes is checked as if it were hostile; and nobody else may
 * write, revoke or register.
 */
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "daemon.h"
#include "kselftest_harness.h"

static struct request req;
static struct answer answer;

FIXTURE(answer) {
	struct daemon daemon;
	int client;
	struct caller caller;
};

FIXTURE_SETUP(answer)
{
	ASSERT_EQ(0, daemon_start(&self->daemon));
	self->client = client_open();
	ASSERT_LE(0, self->client);
}

FIXTURE_TEARDOWN(answer)
{
	close(self->client);
	daemon_stop(&self->daemon);
	EXPECT_EQ(0, sysfs("sessions"));
	EXPECT_EQ(0, sysfs("requests"));
	EXPECT_EQ(0, sysfs("bytes"));
}

/* A request of this kind is in the channel's hands, as req. */
static int take(struct _test_data_answer *self, unsigned long cmd)
{
	caller_init(&self->caller, self->client, cmd);
	return caller_start(&self->caller) ?: daemon_read(self->daemon.channel, &req);
}

static int valid(int channel, uint64_t id)
{
	struct uks_channel_valid arg = { .size = sizeof(arg), .id = id };

	return uks(channel, UKS_IOC_CHANNEL_VALID, &arg);
}

static int64_t stat(struct _test_data_answer *self, enum uks_nl_stat stat)
{
	return control_stat(&self->daemon.control, stat);
}

TEST_F(answer, is_taken_once)
{
	int64_t late = stat(self, UKS_NL_STAT_LATE);

	ASSERT_EQ(0, take(self, UKS_IOC_KEY_DELETE));
	EXPECT_EQ(0, valid(self->daemon.channel, req.header.id));
	EXPECT_EQ(0, answer_empty(self->daemon.channel, &req));
	EXPECT_EQ(-ENOENT, answer_empty(self->daemon.channel, &req));
	EXPECT_EQ(-ENOENT, answer_error(self->daemon.channel, &req, ENOKEY, UKS_E_NO_KEY));
	EXPECT_EQ(-ENOENT, valid(self->daemon.channel, req.header.id));
	EXPECT_EQ(0, caller_join(&self->caller));
	EXPECT_EQ(late + 2, stat(self, UKS_NL_STAT_LATE));
}

TEST_F(answer, is_the_business_of_the_channel_that_took_the_request)
{
	int other = daemon_channel(&self->daemon);
	struct request never;

	ASSERT_LE(0, other);
	ASSERT_EQ(0, take(self, UKS_IOC_KEY_DELETE));
	EXPECT_EQ(-ENOENT, valid(other, req.header.id));
	EXPECT_EQ(-ENOENT, answer_empty(other, &req));
	never.header.id = req.header.id + 1;
	EXPECT_EQ(-ENOENT, answer_empty(self->daemon.channel, &never));
	never.header.id = 0;
	EXPECT_EQ(-ENOENT, answer_empty(self->daemon.channel, &never));
	EXPECT_EQ(0, valid(self->daemon.channel, req.header.id));
	EXPECT_EQ(0, answer_error(self->daemon.channel, &req, ENOKEY, UKS_E_NO_KEY));
	EXPECT_EQ(-ENOKEY, caller_join(&self->caller));
	EXPECT_EQ(UKS_E_NO_KEY, self->caller.call.outcome.error);
	close(other);
}

/* Each answer reaches who asked, also when the first is answered last, and some twice. */
TEST_F(answer, in_another_order_reaches_whom_it_is_for)
{
	static const uint32_t codes[] = {
		UKS_E_NO_KEY, UKS_E_BAD_NAME, UKS_E_ACCESS, UKS_E_STORE,
	};
	static const uint32_t errors[] = { ENOKEY, EINVAL, EACCES, EIO };
	static struct caller callers[ARRAY_SIZE(codes)];
	static struct request requests[ARRAY_SIZE(codes)];
	int i, channels[ARRAY_SIZE(codes)];

	for (i = 0; i < (int)ARRAY_SIZE(codes); i++) {
		channels[i] = i ? daemon_channel(&self->daemon) : self->daemon.channel;
		ASSERT_LE(0, channels[i]);
		caller_init(&callers[i], self->client, UKS_IOC_KEY_DELETE);
		ASSERT_EQ(0, caller_start(&callers[i]));
		ASSERT_EQ(0, daemon_read(channels[i], &requests[i]));
	}
	for (i = ARRAY_SIZE(codes) - 1; i >= 0; i--) {
		EXPECT_EQ(0, answer_error(channels[i], &requests[i], errors[i], codes[i]));
		EXPECT_EQ(-ENOENT, answer_error(channels[i], &requests[i], EIO, UKS_E_INTERNAL));
		EXPECT_EQ(-(int)errors[i], caller_join(&callers[i]));
		EXPECT_EQ(codes[i], callers[i].call.outcome.error);
	}
	for (i = 1; i < (int)ARRAY_SIZE(codes); i++)
		close(channels[i]);
}

TEST_F(answer, with_a_bad_header_is_refused)
{
	const struct {
		uint32_t error, code, flags;
	} bad[] = {
		{ .flags = 1 }, { .flags = 0x80000000 },
		{ .error = ENOKEY }, { .code = UKS_E_NO_KEY },
		{ .error = 512, .code = UKS_E_INTERNAL },	/* ERESTARTSYS */
		{ .error = 4096, .code = UKS_E_INTERNAL },
		{ .error = 0xffffffff, .code = UKS_E_INTERNAL },
	};
	int64_t malformed = stat(self, UKS_NL_STAT_MALFORMED);
	unsigned int i;

	ASSERT_EQ(0, take(self, UKS_IOC_KEY_DELETE));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		answer_init(&answer, &req);
		answer.header.flags = bad[i].flags;
		answer.header.error = bad[i].error;
		answer.header.code = bad[i].code;
		EXPECT_EQ(-EINVAL, answer_write(self->daemon.channel, &answer));
		EXPECT_EQ(0, valid(self->daemon.channel, req.header.id));
	}
	EXPECT_EQ(malformed + ARRAY_SIZE(bad), stat(self, UKS_NL_STAT_MALFORMED));
	EXPECT_EQ(0, answer_empty(self->daemon.channel, &req));
	EXPECT_EQ(0, caller_join(&self->caller));
}

TEST_F(answer, of_a_wrong_length_is_refused)
{
	size_t len;
	void *bad = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_EQ(0, take(self, UKS_IOC_KEY_DELETE));
	answer_init(&answer, &req);
	answer.header.len = sizeof(answer.header);
	for (len = 0; len < sizeof(answer.header); len++) {
		ASSERT_EQ(-1, write(self->daemon.channel, &answer, len));
		ASSERT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(-1, write(self->daemon.channel, &answer, len + 4));
	EXPECT_EQ(EINVAL, errno);
	answer.header.len = len + 4;
	EXPECT_EQ(-1, write(self->daemon.channel, &answer, len));
	EXPECT_EQ(EINVAL, errno);
	answer.header.len = len + UKS_PAYLOAD_MAX + 1;
	EXPECT_EQ(-1, write(self->daemon.channel, &answer, answer.header.len));
	EXPECT_EQ(EMSGSIZE, errno);
	EXPECT_EQ(-1, write(self->daemon.channel, bad, len));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, valid(self->daemon.channel, req.header.id));
	EXPECT_EQ(0, answer_empty(self->daemon.channel, &req));
	EXPECT_EQ(0, caller_join(&self->caller));
}

/* A changing call has promised room for so much; others for a whole payload. */
TEST_F(answer, longer_than_the_room_promised_is_refused)
{
	ASSERT_EQ(0, take(self, UKS_IOC_KEY_GENERATE));
	EXPECT_EQ(UKS_REPLY_MIN, req.header.out_max);
	answer_init(&answer, &req);
	uks_attrs_put(&answer.attrs, UKS_A_KEY_ID, req.body, UKS_KEY_ID_LEN);
	uks_attrs_put(&answer.attrs, UKS_A_PUBLIC_KEY, answer.buf, UKS_REPLY_MIN - 20 - 3);
	EXPECT_EQ(UKS_REPLY_MIN + 4, answer.attrs.len);
	EXPECT_EQ(-EMSGSIZE, answer_write(self->daemon.channel, &answer));
	EXPECT_EQ(0, valid(self->daemon.channel, req.header.id));
	answer_init(&answer, &req);
	uks_attrs_put(&answer.attrs, UKS_A_KEY_ID, req.body, UKS_KEY_ID_LEN);
	uks_attrs_put(&answer.attrs, UKS_A_PUBLIC_KEY, answer.buf, UKS_REPLY_MIN - 20 - 4);
	EXPECT_EQ(0, answer_write(self->daemon.channel, &answer));
	EXPECT_EQ(0, caller_join(&self->caller));
	EXPECT_EQ(UKS_REPLY_MIN, self->caller.call.out_len);
	EXPECT_EQ(0, memcmp(self->caller.out, answer.buf, UKS_REPLY_MIN));
}

TEST_F(answer, with_bad_attributes_is_refused)
{
	struct uks_attrs *out = &answer.attrs;
	unsigned int way;

	ASSERT_EQ(0, take(self, UKS_IOC_KEY_GENERATE));
	for (way = 0; way < 10; way++) {
		answer_init(&answer, &req);
		if (way != 0)
			uks_attrs_put(out, UKS_A_KEY_ID, req.body, way == 1 ? 15 : UKS_KEY_ID_LEN);
		if (way == 2)
			uks_attrs_put(out, UKS_A_KEY_ID, req.body, UKS_KEY_ID_LEN);
		if (way == 3)
			uks_attrs_put(out, UKS_A_KEY_MATERIAL, req.body, 32);
		if (way == 4)
			uks_attrs_put_u32(out, UKS_A_MAX + 1, 1);
		if (way == 5)
			uks_attrs_put_u32(out, 0, 1);
		if (way == 6)
			uks_attrs_put_u32(out, UKS_A_KEY_TYPE, 0);
		if (way == 7)
			uks_attrs_put(out, UKS_A_CREATED, req.body, 4);
		if (way == 8)
			out->len += 2;
		if (way == 9)
			answer.buf[0]++;
		EXPECT_EQ(-EINVAL, answer_write(self->daemon.channel, &answer)) {
			TH_LOG("way %u", way);
		}
		EXPECT_EQ(0, valid(self->daemon.channel, req.header.id));
	}
	answer_init(&answer, &req);
	uks_attrs_put(out, UKS_A_KEY_ID, req.body, UKS_KEY_ID_LEN);
	EXPECT_EQ(0, answer_write(self->daemon.channel, &answer));
	EXPECT_EQ(0, caller_join(&self->caller));
}

TEST_F(answer, that_refuses_has_words_and_nothing_else)
{
	struct uks_attrs *out = &answer.attrs;
	unsigned int way;

	ASSERT_EQ(0, take(self, UKS_IOC_KEY_SHOW));
	for (way = 0; way < 3; way++) {
		answer_init(&answer, &req);
		answer.header.error = ENOKEY;
		answer.header.code = UKS_E_NO_KEY;
		if (way == 0)
			uks_attrs_put(out, UKS_A_KEY_ID, req.body, UKS_KEY_ID_LEN);
		if (way == 1)
			uks_attrs_put_string(out, UKS_A_ERROR_TEXT, "");
		if (way == 2)
			uks_attrs_put(out, UKS_A_ERROR_TEXT, req.body, UKS_TEXT_MAX);
		EXPECT_EQ(-EINVAL, answer_write(self->daemon.channel, &answer));
		EXPECT_EQ(0, valid(self->daemon.channel, req.header.id));
	}
	answer_init(&answer, &req);
	answer.header.error = ENOKEY;
	answer.header.code = UKS_E_NO_KEY;
	uks_attrs_put_string(out, UKS_A_ERROR_TEXT, "no");
	EXPECT_EQ(0, answer_write(self->daemon.channel, &answer));
	EXPECT_EQ(-ENOKEY, caller_join(&self->caller));
	EXPECT_STREQ("no", self->caller.text);
}

/* Well made, but no session can be made of it: the caller gets none. */
TEST_F(answer, that_makes_no_sense_opens_no_session)
{
	const struct {
		uint32_t purpose, algorithm, digest, key_len;
	} bad[] = {
		{ UKS_PURPOSE_ENCRYPT, UKS_ALG_AES_GCM, 0, 0 },
		{ UKS_PURPOSE_ENCRYPT, UKS_ALG_AES_GCM, 0, 17 },
		{ UKS_PURPOSE_ENCRYPT, UKS_ALG_AES_GCM, 0, UKS_LEASE_MATERIAL_MAX + 1 },
		{ UKS_PURPOSE_ENCRYPT, UKS_ALG_CHACHA20_POLY1305, 0, 16 },
		{ UKS_PURPOSE_ENCRYPT, UKS_ALG_HMAC, 0, 32 },
		{ UKS_PURPOSE_ENCRYPT, UKS_ALG_ECDSA, UKS_DIGEST_SHA256, 0 },
		{ UKS_PURPOSE_ENCRYPT, 99, 0, 32 },
		{ UKS_PURPOSE_ENCRYPT | UKS_PURPOSE_DECRYPT, UKS_ALG_AES_GCM, 0, 32 },
		{ UKS_PURPOSE_SIGN, UKS_ALG_AES_GCM, 0, 32 },
		{ UKS_PURPOSE_SIGN, UKS_ALG_ECDSA, UKS_DIGEST_SHA256, 32 },
		{ UKS_PURPOSE_SIGN, UKS_ALG_ECDSA, 99, 0 },
		{ UKS_PURPOSE_MAC, UKS_ALG_AES_GCM, 0, 32 },
		{ UKS_PURPOSE_MAC, UKS_ALG_HMAC, 0, UKS_LEASE_MATERIAL_MAX + 1 },
		{ UKS_PURPOSE_MAC, UKS_ALG_HMAC, 99, 32 },
		{ UKS_PURPOSE_MAC, UKS_ALG_AES_CMAC, 0, 15 },
		{ UKS_PURPOSE_ENCRYPT, UKS_ALG_AES_CBC, 0, 17 },
		{ UKS_PURPOSE_ENCRYPT, UKS_ALG_AES_CMAC, 0, 16 },
		{ UKS_PURPOSE_ENCRYPT, UKS_ALG_AES_KW, 0, 16 },
		{ UKS_PURPOSE_WRAP, UKS_ALG_AES_KW, 0, 16 },
		{ UKS_PURPOSE_AGREE, UKS_ALG_ECDSA, 0, 0 },
		{ UKS_PURPOSE_SIGN, UKS_ALG_X25519, 0, 0 },
		{ UKS_PURPOSE_AGREE, UKS_ALG_X25519, 0, 32 },
	};
	struct caller *caller = &self->caller;
	struct uks_attrs in, *out = &answer.attrs;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		caller_init(caller, self->client, UKS_IOC_SESSION_OPEN);
		uks_attrs_init(&in, caller->in, sizeof(caller->in));
		uks_attrs_put_u32(&in, UKS_A_PURPOSES, bad[i].purpose);
		caller->call.in_len = in.len;
		ASSERT_EQ(0, caller_start(caller));
		ASSERT_EQ(0, daemon_read(self->daemon.channel, &req));
		answer_init(&answer, &req);
		uks_attrs_put(out, UKS_A_KEY_ID, req.body, UKS_KEY_ID_LEN);
		uks_attrs_put_u32(out, UKS_A_KEY_VERSION, 1);
		uks_attrs_put_u32(out, UKS_A_ALGORITHM, bad[i].algorithm);
		if (bad[i].digest)
			uks_attrs_put_u32(out, UKS_A_DIGEST, bad[i].digest);
		if (bad[i].key_len)
			uks_attrs_put(out, UKS_A_KEY_MATERIAL, req.body, bad[i].key_len);
		EXPECT_EQ(0, answer_write(self->daemon.channel, &answer));
		EXPECT_EQ(-EPROTO, caller_join(caller)) {
			TH_LOG("row %u", i);
		}
		EXPECT_EQ(-1, caller->call.fd);
		EXPECT_EQ(0, sysfs("sessions"));
	}
}

/* A signature longer than the room that was asked for beforehand. */
TEST_F(answer, with_too_long_a_signature_signs_nothing)
{
	struct service service;
	uint8_t out[UKS_SIGNATURE_MAX];
	struct uks_sign sign = { .size = sizeof(sign), .in = ptr("m"), .in_len = 1,
				 .out = ptr(out), .out_len = 72 };
	int session;

	service_init(&service);
	service.signature_len = 73;
	memset(out, 0, sizeof(out));
	ASSERT_EQ(0, daemon_serve(&self->daemon, &service));
	session = session_open(self->client, UKS_PURPOSE_SIGN);
	ASSERT_LE(0, session);
	EXPECT_EQ(-EPROTO, uks(session, UKS_IOC_SIGN, &sign));
	EXPECT_EQ(72, sign.out_len);
	EXPECT_EQ(0, out[0]);
	service.signature_len = 72;
	EXPECT_EQ(0, uks(session, UKS_IOC_SIGN, &sign));
	EXPECT_EQ(0x5a, out[71]);
	close(session);
}

/* ENOBUFS is the kernel's to say: it means that the message is still there. */
TEST_F(answer, cannot_pretend_that_room_is_missing)
{
	struct service service;
	uint8_t out[72];
	struct uks_begin begin = { .size = sizeof(begin) };
	struct uks_finish finish = { .size = sizeof(finish), .out = ptr(out), .out_len = 72 };
	int session;

	service_init(&service);
	ASSERT_EQ(0, daemon_serve(&self->daemon, &service));
	session = session_open(self->client, UKS_PURPOSE_SIGN);
	ASSERT_LE(0, session);
	ASSERT_EQ(0, uks(session, UKS_IOC_BEGIN, &begin));
	service.error = ENOBUFS;
	service.code = UKS_E_INTERNAL;
	EXPECT_EQ(-EPROTO, uks(session, UKS_IOC_FINISH, &finish));
	service.error = 0;
	EXPECT_EQ(-EBADFD, uks(session, UKS_IOC_FINISH, &finish));
	close(session);
}

static int try_register(void *arg)
{
	struct daemon daemon;

	return daemon_register(&daemon);
}

TEST_F(answer, second_daemon_is_refused_and_the_first_goes_on)
{
	struct daemon second;

	EXPECT_EQ(-EBUSY, daemon_register(&second));
	EXPECT_EQ(-EBUSY, run_child(try_register, NULL));
	EXPECT_EQ(1, sysfs("daemon"));
	ASSERT_EQ(0, take(self, UKS_IOC_KEY_DELETE));
	EXPECT_EQ(0, answer_empty(self->daemon.channel, &req));
	EXPECT_EQ(0, caller_join(&self->caller));
}

/* Its socket is full of what it has not read. */
TEST_F(answer, who_cannot_be_told_that_it_is_the_daemon_is_not)
{
	struct uks_attrs attrs;
	struct control full;
	int least = 0, i;
	uint8_t buf[16];

	daemon_stop(&self->daemon);
	ASSERT_EQ(0, control_open(&full));
	ASSERT_EQ(0, setsockopt(full.fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least)));
	for (i = 0; i < 16; i++)
		ASSERT_EQ(0, control_send(&full, UKS_NL_CMD_STATS, NULL));
	uks_attrs_init(&attrs, buf, sizeof(buf));
	uks_attrs_put_u64(&attrs, UKS_NL_A_FEATURES, ~0ULL);
	EXPECT_EQ(0, control_send(&full, UKS_NL_CMD_REGISTER, &attrs));
	EXPECT_EQ(0, sysfs("daemon"));
	EXPECT_EQ(0, daemon_start(&self->daemon));
	EXPECT_EQ(1, sysfs("daemon"));
	control_close(&full);
	EXPECT_EQ(1, sysfs("daemon"));
}

/* Everything that only the daemon, or an administrator, may do. */
static int try_strange(void *arg)
{
	static const uint8_t key_id[UKS_KEY_ID_LEN];
	struct control *control = arg;
	struct daemon daemon = { .control = *control };

	if (daemon_channel(&daemon) != -EPERM)
		return -1;
	return control_revoke(control, key_id) == -EPERM ? 0 : -2;
}

static int try_unprivileged(void *arg)
{
	struct control *control = arg;
	struct daemon daemon;

	if (daemon_register(&daemon) != -EPERM)
		return -3;
	if (control_zeroize(control) != -EPERM)
		return -4;
	if (control_stat(control, UKS_NL_STAT_CLIENTS) != -EPERM)
		return -5;
	if (control_dump(control, UKS_NL_CMD_SESSION, NULL, NULL) != -EPERM)
		return -6;
	if (control_join(control) != -EPERM)
		return -7;
	return try_strange(control);
}

static int as_alice(void *arg)
{
	struct control control;
	int ret = become(ALICE) ?: control_open(&control);

	return ret ?: try_unprivileged(&control);
}

/* Root's socket lends its opener's power to nobody. */
static int as_alice_with_socket_of_root(void *arg)
{
	struct control control;
	int ret = control_open(&control) ?: become(ALICE);

	return ret ?: control_zeroize(&control) == -EPERM ? 0 : -4;
}

static int as_root_of_a_user_namespace(void *arg)
{
	struct control control;
	int ret = become(ALICE);

	if (ret || unshare(CLONE_NEWUSER))
		return -errno;
	ret = control_open(&control);
	return ret ?: try_unprivileged(&control);
}

static int in_a_network_namespace(void *arg)
{
	struct control control;

	if (unshare(CLONE_NEWNET))
		return -errno;
	return control_open(&control);
}

TEST_F(answer, strangers_have_no_power)
{
	struct control stranger;

	ASSERT_EQ(0, control_open(&stranger));
	EXPECT_EQ(0, try_strange(&stranger));
	EXPECT_EQ(0, run_child(as_alice, NULL));
	EXPECT_EQ(0, run_child(as_alice_with_socket_of_root, NULL));
	EXPECT_EQ(0, run_child(as_root_of_a_user_namespace, NULL));
	EXPECT_EQ(-ENOENT, run_child(in_a_network_namespace, NULL));
	EXPECT_EQ(1, sysfs("daemon"));
	control_close(&stranger);
}

/* The same number of port does not make a process the daemon. */
TEST_F(answer, child_of_the_daemon_is_a_stranger)
{
	EXPECT_EQ(0, run_child(try_strange, &self->daemon.control));
}

TEST_F(answer, registration_wants_features_and_agrees_on_them)
{
	struct control_reply reply;
	struct uks_query query = { .size = sizeof(query) };

	ASSERT_EQ(0, uks(self->client, UKS_IOC_QUERY, &query));
	EXPECT_EQ(1, query.daemon);
	EXPECT_EQ(query.features, self->daemon.features);
	EXPECT_EQ(UKS_FEATURE_AES_GCM | UKS_FEATURE_CHACHA20_POLY1305 | UKS_FEATURE_HMAC_SHA256 |
		  UKS_FEATURE_DIGEST, query.features);
	daemon_stop(&self->daemon);
	ASSERT_EQ(0, control_open(&self->daemon.control));
	EXPECT_EQ(-EINVAL, control_call(&self->daemon.control, UKS_NL_CMD_REGISTER, NULL,
					&reply));
	EXPECT_EQ(0, sysfs("daemon"));
}

TEST_F(answer, daemon_is_gone_with_its_last_channel)
{
	int other = daemon_channel(&self->daemon);

	ASSERT_LE(0, other);
	close(self->daemon.channel);
	self->daemon.channel = other;
	EXPECT_EQ(1, sysfs("daemon"));
	ASSERT_EQ(0, take(self, UKS_IOC_KEY_DELETE));
	EXPECT_EQ(0, answer_empty(other, &req));
	EXPECT_EQ(0, caller_join(&self->caller));
	close(other);
	EXPECT_EQ(0, sysfs("daemon"));
	self->daemon.channel = -1;
}

TEST_HARNESS_MAIN
