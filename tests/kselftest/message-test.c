// SPDX-License-Identifier: GPL-2.0
/*
 * A session does what it is for and no more; its message in parts goes from begin
 * to finish and no other way; its lease ends when it should.
 */
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "daemon.h"
#include "kselftest_harness.h"

#define MS	1000000ULL

static uint8_t message[1000], out[2000], aad[5], nonce[UKS_NONCE_LEN];

FIXTURE(session) {
	struct daemon daemon;
	struct service service;
	int client;
	int fd;
};

FIXTURE_VARIANT(session) {
	uint32_t purpose;
	uint32_t algorithm;
};

FIXTURE_VARIANT_ADD(session, encrypt) { UKS_PURPOSE_ENCRYPT, UKS_ALG_AES_GCM };
FIXTURE_VARIANT_ADD(session, decrypt) { UKS_PURPOSE_DECRYPT, UKS_ALG_CHACHA20_POLY1305 };
FIXTURE_VARIANT_ADD(session, mac) { UKS_PURPOSE_MAC, UKS_ALG_HMAC };
FIXTURE_VARIANT_ADD(session, mac_verify) { UKS_PURPOSE_MAC_VERIFY, UKS_ALG_HMAC };
FIXTURE_VARIANT_ADD(session, sign) { UKS_PURPOSE_SIGN, UKS_ALG_ECDSA };
FIXTURE_VARIANT_ADD(session, verify) { UKS_PURPOSE_VERIFY, UKS_ALG_ED25519 };

static bool is_aead(uint32_t purpose)
{
	return purpose & (UKS_PURPOSE_ENCRYPT | UKS_PURPOSE_DECRYPT);
}

static bool takes_sig(uint32_t purpose)
{
	return purpose & (UKS_PURPOSE_MAC_VERIFY | UKS_PURPOSE_VERIFY);
}

/* Messages that verify and decrypt are made by the session's opposite. */
static int make_input(struct _test_data_session *self, uint32_t purpose)
{
	struct cipher_text in = { .text = message, .len = sizeof(message) - UKS_TAG_LEN,
				  .aad = aad, .aad_len = sizeof(aad) };
	struct cipher_text sealed = { .text = out, .len = sizeof(message) };
	int session, ret = 0;

	if (purpose == UKS_PURPOSE_DECRYPT) {
		session = session_open(self->client, UKS_PURPOSE_ENCRYPT);
		ret = session_encrypt(session, 0, &in, &sealed);
		memcpy(message, out, sizeof(message));
		memcpy(nonce, in.nonce, sizeof(nonce));
		close(session);
	} else if (purpose == UKS_PURPOSE_MAC_VERIFY) {
		session = session_open(self->client, UKS_PURPOSE_MAC);
		ret = session_mac(session, message, sizeof(message), out);
		close(session);
	}
	return ret;
}

FIXTURE_SETUP(session)
{
	service_init(&self->service);
	self->service.algorithm = variant->algorithm;
	self->service.signature_len = 64;
	ASSERT_EQ(0, daemon_start(&self->daemon));
	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	self->client = client_open();
	ASSERT_LE(0, self->client);
	ASSERT_EQ(0, make_input(self, variant->purpose));
	self->fd = session_open(self->client, variant->purpose);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(session)
{
	close(self->fd);
	close(self->client);
	daemon_stop(&self->daemon);
	EXPECT_EQ(0, sysfs("sessions"));
	EXPECT_EQ(0, sysfs("requests"));
	EXPECT_EQ(0, sysfs("bytes"));
}

static int begin(int fd, uint32_t purpose)
{
	struct uks_begin arg = { .size = sizeof(arg) };

	if (is_aead(purpose)) {
		arg.aad = ptr(aad);
		arg.aad_len = sizeof(aad);
		arg.nonce = ptr(nonce);
		arg.nonce_len = sizeof(nonce);
	}
	return uks(fd, UKS_IOC_BEGIN, &arg);
}

static int update(int fd, const void *in, uint32_t len)
{
	struct uks_update arg = { .size = sizeof(arg), .in = ptr(in), .in_len = len };

	return uks(fd, UKS_IOC_UPDATE, &arg);
}

static int finish_room(int fd, uint32_t purpose, uint32_t *room)
{
	static uint8_t result[2000];
	struct uks_finish arg = { .size = sizeof(arg), .out = ptr(result), .out_len = *room };
	int ret;

	if (takes_sig(purpose)) {
		arg.sig = ptr(out);
		arg.sig_len = 32;
	}
	ret = uks(fd, UKS_IOC_FINISH, &arg);
	*room = arg.out_len;
	return ret;
}

static int finish(int fd, uint32_t purpose)
{
	uint32_t room = 2000;

	return finish_room(fd, purpose, &room);
}

static int abort_message(int fd)
{
	struct uks_abort arg = { .size = sizeof(arg) };

	return uks(fd, UKS_IOC_ABORT, &arg);
}

static int in_parts(int fd, uint32_t purpose)
{
	return begin(fd, purpose) ?: update(fd, message, 400) ?:
	       update(fd, message + 400, sizeof(message) - 400) ?: finish(fd, purpose);
}

/* The whole message with the command for a purpose. */
static int one_shot(int fd, uint32_t purpose)
{
	static uint8_t result[2000], drawn[UKS_NONCE_LEN];
	struct uks_cipher cipher = {
		.size = sizeof(cipher), .in = ptr(message), .in_len = sizeof(message),
		.out = ptr(result), .out_len = sizeof(result), .aad = ptr(aad),
		.aad_len = sizeof(aad), .nonce_len = sizeof(nonce),
		.nonce = ptr(purpose == UKS_PURPOSE_ENCRYPT ? drawn : nonce),
	};
	struct uks_sign sign = {
		.size = sizeof(sign), .in = ptr(message), .in_len = sizeof(message),
		.out = ptr(result), .out_len = sizeof(result),
	};
	struct uks_verify verify = {
		.size = sizeof(verify), .in = ptr(message), .in_len = sizeof(message),
		.sig = ptr(out), .sig_len = 32,
	};

	switch (purpose) {
	case UKS_PURPOSE_ENCRYPT:
		return uks(fd, UKS_IOC_ENCRYPT, &cipher);
	case UKS_PURPOSE_DECRYPT:
		return uks(fd, UKS_IOC_DECRYPT, &cipher);
	case UKS_PURPOSE_SIGN:
		return uks(fd, UKS_IOC_SIGN, &sign);
	case UKS_PURPOSE_VERIFY:
		return uks(fd, UKS_IOC_VERIFY, &verify);
	case UKS_PURPOSE_MAC:
		return uks(fd, UKS_IOC_MAC, &sign);
	}
	return uks(fd, UKS_IOC_MAC_VERIFY, &verify);
}

static int64_t uses(int fd)
{
	struct uks_session_info info = { .size = sizeof(info) };
	int ret = uks(fd, UKS_IOC_SESSION_INFO, &info);

	return ret ?: (int64_t)info.uses;
}

TEST_F(session, has_one_purpose)
{
	unsigned int seen = service_seen(&self->service);
	uint32_t purpose;

	for (purpose = UKS_PURPOSE_ENCRYPT; purpose <= UKS_PURPOSE_MAC_VERIFY; purpose <<= 1)
		if (purpose != variant->purpose)
			EXPECT_EQ(-EPERM, one_shot(self->fd, purpose));
	EXPECT_EQ(seen, service_seen(&self->service));
	EXPECT_EQ(0, uses(self->fd));
	EXPECT_EQ(0, one_shot(self->fd, variant->purpose));
	EXPECT_EQ(0, in_parts(self->fd, variant->purpose));
	EXPECT_EQ(2, uses(self->fd));
}

TEST_F(session, goes_on_with_nothing_that_was_not_begun)
{
	EXPECT_EQ(-EBADFD, update(self->fd, message, 10));
	EXPECT_EQ(-EBADFD, finish(self->fd, variant->purpose));
	EXPECT_EQ(0, abort_message(self->fd));
	EXPECT_EQ(0, in_parts(self->fd, variant->purpose));
	EXPECT_EQ(-EBADFD, update(self->fd, message, 10));
	EXPECT_EQ(-EBADFD, finish(self->fd, variant->purpose));
}

TEST_F(session, drops_a_message_that_is_aborted)
{
	ASSERT_EQ(0, begin(self->fd, variant->purpose));
	ASSERT_EQ(0, update(self->fd, message, 10));
	EXPECT_LT(0, sysfs("bytes"));
	EXPECT_EQ(0, abort_message(self->fd));
	EXPECT_EQ(0, sysfs("bytes"));
	EXPECT_EQ(0, abort_message(self->fd));
	EXPECT_EQ(-EBADFD, update(self->fd, message, 10));
	EXPECT_EQ(-EBADFD, finish(self->fd, variant->purpose));
	EXPECT_EQ(0, uses(self->fd));
}

/* What is checked at the end would fail if the first message were still in it. */
TEST_F(session, drops_a_message_when_the_next_is_begun)
{
	ASSERT_EQ(0, begin(self->fd, variant->purpose));
	ASSERT_EQ(0, update(self->fd, "other", 5));
	EXPECT_EQ(0, in_parts(self->fd, variant->purpose));
	EXPECT_EQ(1, uses(self->fd));
}

TEST_F(session, loses_a_message_by_an_error_but_lives)
{
	ASSERT_EQ(0, begin(self->fd, variant->purpose));
	ASSERT_EQ(0, update(self->fd, message, 10));
	EXPECT_EQ(-EFAULT, update(self->fd, (void *)8, 10));
	EXPECT_EQ(-EBADFD, update(self->fd, message, 10));
	EXPECT_EQ(-EBADFD, finish(self->fd, variant->purpose));
	EXPECT_EQ(0, in_parts(self->fd, variant->purpose));
	EXPECT_EQ(1, uses(self->fd));
}

TEST_F(session, keeps_a_message_for_which_there_was_no_room)
{
	uint32_t room;
	int i;

	if (takes_sig(variant->purpose))
		return;
	ASSERT_EQ(0, begin(self->fd, variant->purpose));
	ASSERT_EQ(0, update(self->fd, message, 400));
	for (i = 0; i < 3; i++) {
		room = 0;
		EXPECT_EQ(-ENOBUFS, finish_room(self->fd, variant->purpose, &room));
		EXPECT_LT(0, room);
	}
	/* It can even go on. */
	ASSERT_EQ(0, update(self->fd, message + 400, sizeof(message) - 400));
	EXPECT_EQ(0, finish(self->fd, variant->purpose));
	EXPECT_EQ(1, uses(self->fd));
}

TEST_F(session, ends_a_message_that_is_not_authentic)
{
	if (variant->purpose & (UKS_PURPOSE_ENCRYPT | UKS_PURPOSE_MAC | UKS_PURPOSE_SIGN))
		return;
	self->service.error = EBADMSG;
	self->service.code = UKS_E_BAD_SIGNATURE;
	message[0] ^= 1;
	EXPECT_EQ(-EBADMSG, in_parts(self->fd, variant->purpose));
	EXPECT_EQ(-EBADFD, finish(self->fd, variant->purpose));
	EXPECT_EQ(0, uses(self->fd));
	message[0] ^= 1;
	self->service.error = 0;
	EXPECT_EQ(0, in_parts(self->fd, variant->purpose));
}

TEST_F(session, does_whole_messages_beside_one_in_parts)
{
	ASSERT_EQ(0, begin(self->fd, variant->purpose));
	ASSERT_EQ(0, update(self->fd, message, 400));
	EXPECT_EQ(0, one_shot(self->fd, variant->purpose));
	ASSERT_EQ(0, update(self->fd, message + 400, sizeof(message) - 400));
	EXPECT_EQ(0, one_shot(self->fd, variant->purpose));
	EXPECT_EQ(0, finish(self->fd, variant->purpose));
	EXPECT_EQ(3, uses(self->fd));
}

/* Fields that mean nothing here must not be given. */
TEST_F(session, refuses_what_does_not_belong_to_its_kind)
{
	struct uks_begin arg = { .size = sizeof(arg) };
	struct uks_finish end = { .size = sizeof(end), .out = ptr(out + 100), .out_len = 1900 };
	unsigned int i;

	if (is_aead(variant->purpose)) {
		ASSERT_EQ(0, begin(self->fd, variant->purpose));
		ASSERT_EQ(0, update(self->fd, message, sizeof(message)));
		end.sig = ptr(out);
		end.sig_len = 32;
		EXPECT_EQ(-EINVAL, uks(self->fd, UKS_IOC_FINISH, &end));
		return;
	}
	for (i = 0; i < 5; i++) {
		memset(&arg, 0, sizeof(arg));
		arg.size = sizeof(arg);
		arg.flags = i == 0 ? UKS_CIPHER_CALLER_NONCE : 0;
		arg.aad = i == 1 ? ptr(aad) : 0;
		arg.aad_len = i == 2 ? 1 : 0;
		arg.nonce = i == 3 ? ptr(nonce) : 0;
		arg.nonce_len = i == 4 ? UKS_NONCE_LEN : 0;
		EXPECT_EQ(-EINVAL, uks(self->fd, UKS_IOC_BEGIN, &arg));
	}
	EXPECT_EQ(-EBADFD, update(self->fd, message, 1));
}

static int reopen(struct _test_data_session *self, uint32_t purpose)
{
	close(self->fd);
	self->fd = session_open(self->client, purpose);
	return self->fd < 0 ? self->fd : 0;
}

TEST_F(session, ends_with_the_uses_it_was_given)
{
	struct uks_begin begin_arg = { .size = sizeof(begin_arg) };

	self->service.limited = true;
	self->service.uses = 3;
	ASSERT_EQ(0, reopen(self, variant->purpose));
	EXPECT_EQ(0, one_shot(self->fd, variant->purpose));
	EXPECT_EQ(0, in_parts(self->fd, variant->purpose));
	/* What could not be begun costs nothing. */
	begin_arg.aad_len = 0xffffffff;
	EXPECT_NE(0, uks(self->fd, UKS_IOC_BEGIN, &begin_arg));
	ASSERT_EQ(0, begin(self->fd, variant->purpose));
	EXPECT_EQ(-EDQUOT, one_shot(self->fd, variant->purpose));
	/* What was begun may be finished. */
	EXPECT_EQ(0, update(self->fd, message, sizeof(message)));
	EXPECT_EQ(0, finish(self->fd, variant->purpose));
	EXPECT_EQ(-EDQUOT, begin(self->fd, variant->purpose));
	EXPECT_EQ(-EBADFD, update(self->fd, message, 1));
	EXPECT_EQ(3, uses(self->fd));
	self->service.uses = 0;
	ASSERT_EQ(0, reopen(self, variant->purpose));
	EXPECT_EQ(-EDQUOT, one_shot(self->fd, variant->purpose));
	EXPECT_EQ(0, uses(self->fd));
}

TEST_F(session, ends_when_its_time_is_over)
{
	struct timespec end;

	clock_gettime(CLOCK_BOOTTIME, &end);
	self->service.expires = end.tv_sec * 1000 * MS + end.tv_nsec + 1000 * MS;
	end.tv_sec = self->service.expires / (1000 * MS);
	end.tv_nsec = self->service.expires % (1000 * MS);
	ASSERT_EQ(0, reopen(self, variant->purpose));
	EXPECT_EQ(0, one_shot(self->fd, variant->purpose));
	EXPECT_EQ(0, in_parts(self->fd, variant->purpose));
	/* Time is what is waited for. */
	ASSERT_EQ(0, clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &end, NULL));
	EXPECT_EQ(-EKEYEXPIRED, one_shot(self->fd, variant->purpose));
	EXPECT_EQ(-EKEYEXPIRED, begin(self->fd, variant->purpose));
	EXPECT_EQ(2, uses(self->fd));
}

TEST_HARNESS_MAIN
