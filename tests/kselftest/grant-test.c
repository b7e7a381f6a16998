// SPDX-License-Identifier: GPL-2.0
/*
 * What the daemon grants to a session and the kernel keeps to: parameters that come
 * back with each request, bytes hashed first, work that the daemon does itself, uses
 * that it counts, the time after which an unused session ends.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "daemon.h"
#include "kselftest_harness.h"
#include "parts.h"

#define MS	1000000ULL

static uint8_t message[UKS_MESSAGE_MAX + 1], out[UKS_MESSAGE_MAX + 64];

FIXTURE(grant) {
	struct daemon daemon;
	struct service service;
	int client;
	int session;
};

FIXTURE_SETUP(grant)
{
	unsigned int i;

	service_init(&self->service);
	for (i = 0; i < sizeof(message); i++)
		message[i] = i * 7 + i / 256;
	ASSERT_EQ(0, daemon_start(&self->daemon));
	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	self->client = client_open();
	ASSERT_LE(0, self->client);
	self->session = -1;
}

FIXTURE_TEARDOWN(grant)
{
	close(self->session);
	close(self->client);
	daemon_stop(&self->daemon);
	EXPECT_EQ(0, sysfs("sessions"));
	EXPECT_EQ(0, sysfs("requests"));
	EXPECT_EQ(0, sysfs("bytes"));
}

static int open_for(struct _test_data_grant *self, uint32_t purpose, uint32_t algorithm)
{
	self->service.algorithm = algorithm;
	close(self->session);
	self->session = session_open(self->client, purpose);
	return self->session < 0 ? self->session : 0;
}

static int make(int session, unsigned long cmd, uint32_t len, uint32_t *out_len)
{
	struct uks_sign arg = { .size = sizeof(arg), .in = ptr(message), .in_len = len,
				.out = ptr(out), .out_len = *out_len };
	int ret = uks(session, cmd, &arg);

	*out_len = arg.out_len;
	return ret;
}

static int check(int session, unsigned long cmd, uint32_t len, const void *sig, uint32_t sig_len)
{
	struct uks_verify arg = { .size = sizeof(arg), .in = ptr(message), .in_len = len,
				  .sig = ptr(sig), .sig_len = sig_len };

	return uks(session, cmd, &arg);
}

/* What the daemon of these tests makes of a message: the message turned around. */
static bool turned(const uint8_t *result, uint32_t len)
{
	uint32_t i;

	for (i = 0; i < len; i++)
		if (result[i] != message[len - 1 - i])
			return false;
	return true;
}

static unsigned int seen(struct _test_data_grant *self, enum uks_op op)
{
	return atomic_load(&self->service.seen[op]);
}

static const struct {
	uint32_t purpose, algorithm;
	enum uks_op op;
	unsigned long cmd;
} works[] = {
	{ UKS_PURPOSE_AGREE, UKS_ALG_ECDH, UKS_OP_AGREE, UKS_IOC_AGREE },
	{ UKS_PURPOSE_AGREE, UKS_ALG_X25519, UKS_OP_AGREE, UKS_IOC_AGREE },
	{ UKS_PURPOSE_DERIVE, UKS_ALG_HKDF, UKS_OP_DERIVE, UKS_IOC_DERIVE },
	{ UKS_PURPOSE_DERIVE, UKS_ALG_PBKDF2, UKS_OP_DERIVE, UKS_IOC_DERIVE },
	{ UKS_PURPOSE_MAC, UKS_ALG_HMAC, UKS_OP_MAC, UKS_IOC_MAC },
	{ UKS_PURPOSE_ENCRYPT, UKS_ALG_RSA_OAEP, UKS_OP_ENCRYPT, UKS_IOC_ENCRYPT },
	{ UKS_PURPOSE_DECRYPT, UKS_ALG_RSA_OAEP, UKS_OP_DECRYPT, UKS_IOC_DECRYPT },
	{ UKS_PURPOSE_ENCRYPT, UKS_ALG_SM2_CRYPT, UKS_OP_ENCRYPT, UKS_IOC_ENCRYPT },
};

static int work(struct _test_data_grant *self, unsigned long cmd, uint32_t len, uint32_t *out_len)
{
	struct text text = { .in = message, .in_len = len, .out = out, .out_len = *out_len };
	int ret;

	if (cmd != UKS_IOC_ENCRYPT && cmd != UKS_IOC_DECRYPT)
		return make(self->session, cmd, len, out_len);
	ret = text_whole(self->session, cmd, &text);
	*out_len = text.out_len;
	return ret;
}

TEST_F(grant, lets_the_daemon_do_what_the_kernel_cannot)
{
	struct text text = { .in = message, .in_len = 32, .out = out };
	uint32_t len;
	unsigned int i;

	self->service.remote = true;
	for (i = 0; i < ARRAY_SIZE(works); i++) {
		ASSERT_EQ(0, open_for(self, works[i].purpose, works[i].algorithm));
		len = 31;
		EXPECT_EQ(-ENOBUFS, work(self, works[i].cmd, 32, &len)) {
			TH_LOG("row %u", i);
		}
		EXPECT_EQ(32, len);
		memset(out, 0, sizeof(out));
		EXPECT_EQ(0, work(self, works[i].cmd, 32, &len));
		EXPECT_EQ(32, len);
		EXPECT_TRUE(turned(out, 32));
		EXPECT_EQ(works[i].purpose, self->service.asked.purpose);
		EXPECT_EQ(works[i].algorithm, self->service.asked.algorithm);
		/* In parts, and once more when there was too little room. */
		memset(out, 0, sizeof(out));
		text.out_len = 31;
		EXPECT_EQ(-ENOBUFS, text_parts(self->session, &text, 5));
		text.out_len = 32;
		EXPECT_EQ(0, text_finish(self->session, &text));
		EXPECT_TRUE(turned(out, 32));
		EXPECT_EQ(-EBADFD, text_finish(self->session, &text));
	}
	EXPECT_EQ(8, seen(self, UKS_OP_AGREE));
	EXPECT_EQ(4, seen(self, UKS_OP_MAC));
}

TEST_F(grant, bounds_what_goes_to_the_daemon_whole)
{
	uint32_t len = sizeof(out), seen;

	self->service.remote = true;
	ASSERT_EQ(0, open_for(self, UKS_PURPOSE_DERIVE, UKS_ALG_HKDF));
	EXPECT_EQ(0, make(self->session, UKS_IOC_DERIVE, UKS_MESSAGE_MAX, &len));
	EXPECT_EQ(UKS_MESSAGE_MAX, len);
	EXPECT_TRUE(turned(out, UKS_MESSAGE_MAX));
	seen = service_seen(&self->service);
	EXPECT_EQ(-EMSGSIZE, make(self->session, UKS_IOC_DERIVE, UKS_MESSAGE_MAX + 1, &len));
	EXPECT_EQ(seen, service_seen(&self->service));
}

TEST_F(grant, takes_no_result_that_is_longer_than_the_algorithm_makes_them)
{
	uint32_t len = sizeof(out);

	self->service.remote = true;
	ASSERT_EQ(0, open_for(self, UKS_PURPOSE_AGREE, UKS_ALG_X25519));
	EXPECT_EQ(-EPROTO, make(self->session, UKS_IOC_AGREE, 33, &len));
	EXPECT_EQ(sizeof(out), len);
	EXPECT_EQ(0, make(self->session, UKS_IOC_AGREE, 32, &len));
}

TEST_F(grant, has_neither_nonce_nor_associated_data_for_public_keys)
{
	struct text text = { .in = message, .in_len = 32, .out = out, .out_len = 512 };
	unsigned int before;

	self->service.remote = true;
	ASSERT_EQ(0, open_for(self, UKS_PURPOSE_ENCRYPT, UKS_ALG_RSA_OAEP));
	before = service_seen(&self->service);
	text.nonce_len = 12;
	EXPECT_EQ(-EINVAL, text_whole(self->session, UKS_IOC_ENCRYPT, &text));
	EXPECT_EQ(-EINVAL, text_begin(self->session, &text));
	text.nonce_len = 0;
	text.aad = message;
	text.aad_len = 1;
	EXPECT_EQ(-EINVAL, text_whole(self->session, UKS_IOC_ENCRYPT, &text));
	EXPECT_EQ(-EINVAL, text_begin(self->session, &text));
	text.aad_len = 0;
	text.aad = NULL;
	text.flags = UKS_CIPHER_CALLER_NONCE;
	EXPECT_EQ(-EINVAL, text_whole(self->session, UKS_IOC_ENCRYPT, &text));
	EXPECT_EQ(-EINVAL, text_begin(self->session, &text));
	EXPECT_EQ(before, service_seen(&self->service));
}

TEST_F(grant, compares_the_macs_that_the_daemon_makes)
{
	uint8_t mac[20], i;

	self->service.remote = true;
	ASSERT_EQ(0, open_for(self, UKS_PURPOSE_MAC_VERIFY, UKS_ALG_HMAC));
	for (i = 0; i < sizeof(mac); i++)
		mac[i] = message[sizeof(mac) - 1 - i];
	EXPECT_EQ(0, check(self->session, UKS_IOC_MAC_VERIFY, sizeof(mac), mac, sizeof(mac)));
	EXPECT_EQ(-EBADMSG, check(self->session, UKS_IOC_MAC_VERIFY, sizeof(mac), mac, 19));
	mac[19] ^= 1;
	EXPECT_EQ(-EBADMSG, check(self->session, UKS_IOC_MAC_VERIFY, sizeof(mac), mac, 20));
	EXPECT_EQ(-EBADMSG, check(self->session, UKS_IOC_MAC_VERIFY, sizeof(mac), mac, 0));
}

TEST_F(grant, sends_parameters_back_as_they_were)
{
	static const uint32_t lens[] = { 1, 5, UKS_PARAMETERS_MAX };
	uint32_t len, i;

	self->service.remote = true;
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		self->service.parameters_len = lens[i];
		memset(self->service.parameters, 0x70 + i, lens[i]);
		ASSERT_EQ(0, open_for(self, UKS_PURPOSE_DERIVE, UKS_ALG_HKDF));
		EXPECT_EQ(0, sysfs_wait("bytes", lens[i]));
		memset(self->service.parameters, 0x33, lens[i]);
		len = 100;
		EXPECT_EQ(0, make(self->session, UKS_IOC_DERIVE, 10, &len));
		ASSERT_EQ(lens[i], self->service.asked.parameters_len);
		EXPECT_EQ(0x70 + i, self->service.asked.parameters[0]);
		EXPECT_EQ(0x70 + i, self->service.asked.parameters[lens[i] - 1]);
	}
	/* Together they must still fit into a payload. */
	EXPECT_EQ(-EMSGSIZE, make(self->session, UKS_IOC_DERIVE, UKS_MESSAGE_MAX, &len));
}

TEST_F(grant, hashes_the_prefix_first)
{
	uint8_t digest[32], prefixed[256 + 100];
	uint32_t len = 72;

	self->service.prefix_len = 256;
	ASSERT_EQ(0, open_for(self, UKS_PURPOSE_SIGN, UKS_ALG_ECDSA));
	EXPECT_EQ(0, make(self->session, UKS_IOC_SIGN, 100, &len));
	memset(prefixed, 'p', 256);
	memcpy(prefixed + 256, message, 100);
	ASSERT_EQ(1, EVP_Digest(prefixed, sizeof(prefixed), digest, NULL, EVP_sha256(), NULL));
	EXPECT_EQ(32, self->service.message_len);
	EXPECT_EQ(0, memcmp(digest, self->service.message, 32));
	/* Where nothing is hashed there is nothing to be hashed first. */
	self->service.digest = UKS_DIGEST_GIVEN;
	EXPECT_EQ(-EPROTO, open_for(self, UKS_PURPOSE_SIGN, UKS_ALG_ECDSA));
	self->service.digest = 0;
	EXPECT_EQ(-EPROTO, open_for(self, UKS_PURPOSE_SIGN, UKS_ALG_ECDSA));
	EXPECT_EQ(-EPROTO, open_for(self, UKS_PURPOSE_ENCRYPT, UKS_ALG_AES_GCM));
}

TEST_F(grant, hashes_with_every_digest_the_kernel_tells_of)
{
	static const struct {
		uint32_t digest;
		const char *name;
	} digests[] = {
		{ UKS_DIGEST_SHA1, "SHA1" }, { UKS_DIGEST_SHA224, "SHA224" },
		{ UKS_DIGEST_SHA256, "SHA256" }, { UKS_DIGEST_SHA384, "SHA384" },
		{ UKS_DIGEST_SHA512, "SHA512" }, { UKS_DIGEST_SM3, "SM3" },
		{ UKS_DIGEST_SHA3_256, "SHA3-256" }, { UKS_DIGEST_SHA3_384, "SHA3-384" },
		{ UKS_DIGEST_SHA3_512, "SHA3-512" },
	};
	struct uks_query query = { .size = sizeof(query) };
	uint8_t digest[64], hmac[64];
	unsigned int i, here = 0, digest_len;
	uint32_t len;

	ASSERT_EQ(0, uks(self->client, UKS_IOC_QUERY, &query));
	for (i = 0; i < ARRAY_SIZE(digests); i++) {
		const EVP_MD *md = EVP_get_digestbyname(digests[i].name);

		ASSERT_NE(NULL, md);
		self->service.digest = digests[i].digest;
		self->service.mac_digest = true;
		if (!(query.digests & 1ULL << digests[i].digest)) {
			EXPECT_EQ(-EOPNOTSUPP, open_for(self, UKS_PURPOSE_SIGN, UKS_ALG_ECDSA));
			EXPECT_EQ(-EOPNOTSUPP, open_for(self, UKS_PURPOSE_MAC, UKS_ALG_HMAC));
			continue;
		}
		here++;
		ASSERT_EQ(0, open_for(self, UKS_PURPOSE_SIGN, UKS_ALG_ECDSA));
		len = 72;
		EXPECT_EQ(0, make(self->session, UKS_IOC_SIGN, 5000, &len));
		ASSERT_EQ(1, EVP_Digest(message, 5000, digest, &digest_len, md, NULL));
		EXPECT_EQ(digest_len, self->service.message_len);
		EXPECT_EQ(0, memcmp(digest, self->service.message, digest_len));
		EXPECT_EQ(digests[i].digest, self->service.asked.digest);
		ASSERT_EQ(0, open_for(self, UKS_PURPOSE_MAC, UKS_ALG_HMAC));
		len = 64;
		EXPECT_EQ(0, make(self->session, UKS_IOC_MAC, 5000, &len));
		EXPECT_EQ(digest_len, len);
		HMAC(md, self->service.key, self->service.key_len, message, 5000, hmac, NULL);
		EXPECT_EQ(0, memcmp(hmac, out, digest_len));
	}
	EXPECT_LE(8, here);
}

TEST_F(grant, takes_a_given_digest_as_it_is)
{
	uint32_t len = 72;

	self->service.digest = UKS_DIGEST_GIVEN;
	ASSERT_EQ(0, open_for(self, UKS_PURPOSE_SIGN, UKS_ALG_ECDSA));
	EXPECT_EQ(0, make(self->session, UKS_IOC_SIGN, 20, &len));
	EXPECT_EQ(20, self->service.message_len);
	EXPECT_EQ(0, memcmp(message, self->service.message, 20));
	EXPECT_EQ(UKS_DIGEST_GIVEN, self->service.asked.digest);
	len = 72;
	EXPECT_EQ(0, make(self->session, UKS_IOC_SIGN, 1024, &len));
	len = 72;
	EXPECT_EQ(-EMSGSIZE, make(self->session, UKS_IOC_SIGN, 1025, &len));
	EXPECT_EQ(2, seen(self, UKS_OP_SIGN));
}

TEST_F(grant, tells_of_what_the_kernel_runs)
{
	struct uks_query query = { .size = sizeof(query) };

	ASSERT_EQ(0, uks(self->client, UKS_IOC_QUERY, &query));
	EXPECT_EQ(1ULL << UKS_ALG_AES_GCM | 1ULL << UKS_ALG_CHACHA20_POLY1305 |
		  1ULL << UKS_ALG_HMAC | 1ULL << UKS_ALG_AES_CCM | 1ULL << UKS_ALG_AES_CBC |
		  1ULL << UKS_ALG_AES_CBC_PKCS7 | 1ULL << UKS_ALG_AES_CTR |
		  1ULL << UKS_ALG_AES_ECB | 1ULL << UKS_ALG_AES_CMAC, query.algorithms);
	EXPECT_EQ(query.algorithms, self->daemon.algorithms);
	EXPECT_EQ(query.digests, self->daemon.digests);
	EXPECT_EQ(-EOPNOTSUPP, open_for(self, UKS_PURPOSE_ENCRYPT, UKS_ALG_SM4_CBC));
}

TEST_F(grant, bounds_signatures_by_the_type_of_the_key)
{
	static const struct {
		uint32_t algorithm, key_type, len;
	} rows[] = {
		{ UKS_ALG_ECDSA, UKS_KEY_EC_P224, 64 }, { UKS_ALG_ECDSA, UKS_KEY_EC_P256, 72 },
		{ UKS_ALG_ECDSA, UKS_KEY_EC_P384, 104 }, { UKS_ALG_ECDSA, UKS_KEY_EC_P521, 139 },
	};
	struct uks_session_info info = { .size = sizeof(info) };
	uint32_t len;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		self->service.key_type = rows[i].key_type;
		self->service.signature_len = rows[i].len;
		ASSERT_EQ(0, open_for(self, UKS_PURPOSE_SIGN, rows[i].algorithm));
		ASSERT_EQ(0, uks(self->session, UKS_IOC_SESSION_INFO, &info));
		EXPECT_EQ(rows[i].len, info.output_len);
		EXPECT_EQ(1, info.remote);
		len = rows[i].len - 1;
		EXPECT_EQ(-ENOBUFS, make(self->session, UKS_IOC_SIGN, 1, &len));
		EXPECT_EQ(rows[i].len, len);
		EXPECT_EQ(0, make(self->session, UKS_IOC_SIGN, 1, &len));
	}
	EXPECT_EQ(4, seen(self, UKS_OP_SIGN));
}

/* What a counted session can do, one message of each way. */
static int one_message(struct _test_data_grant *self, uint32_t algorithm, bool parts)
{
	struct text text = { .in = message, .in_len = 32, .out = out, .out_len = sizeof(out) };
	struct uks_session_info info = { .size = sizeof(info) };
	uint32_t len = 64;

	memset(out, 0xa5, 64);
	if (uks(self->session, UKS_IOC_SESSION_INFO, &info))
		return -1;
	text.nonce_len = info.nonce_len;
	if (parts)
		return text_parts(self->session, &text, 9);
	if (algorithm == UKS_ALG_HMAC)
		return make(self->session, UKS_IOC_MAC, 32, &len);
	return text_whole(self->session, UKS_IOC_ENCRYPT, &text);
}

static void turn_blocks(struct service *service, const struct request *req, struct uks_attrs *o)
{
	(void)req;
	uks_attrs_put(o, UKS_A_RESULT, service->message, service->message_len);
	uks_attrs_put(o, UKS_A_NONCE, service->nonce, 16);
}

TEST_F(grant, has_each_message_counted_before_it_begins)
{
	static const struct {
		uint32_t purpose, algorithm;
		bool remote;
	} rows[] = {
		{ UKS_PURPOSE_ENCRYPT, UKS_ALG_AES_GCM, false },
		{ UKS_PURPOSE_MAC, UKS_ALG_HMAC, false },
		{ UKS_PURPOSE_ENCRYPT, UKS_ALG_AES_CBC_PKCS7, false },
		{ UKS_PURPOSE_ENCRYPT, UKS_ALG_SM4_CTR, true },
	};
	struct uks_session_info info = { .size = sizeof(info) };
	unsigned int i, way, uses;

	self->service.lease_flags = UKS_LEASE_COUNTED;
	self->service.result = turn_blocks;
	self->service.parameters_len = 3;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		self->service.remote = rows[i].remote;
		ASSERT_EQ(0, open_for(self, rows[i].purpose, rows[i].algorithm));
		for (way = 0; way < 2; way++) {
			uses = seen(self, UKS_OP_USE);
			EXPECT_EQ(0, one_message(self, rows[i].algorithm, way));
			EXPECT_EQ(uses + 1, seen(self, UKS_OP_USE));
			/* A refusal ends the message, and nothing else. */
			self->service.error = EDQUOT;
			self->service.code = UKS_E_USED_UP;
			self->service.error_op = UKS_OP_USE;
			EXPECT_EQ(-EDQUOT, one_message(self, rows[i].algorithm, way));
			EXPECT_EQ(0xa5, out[0]);
			EXPECT_EQ(0xa5, out[63]);
			self->service.error = 0;
			EXPECT_EQ(uses + 2, seen(self, UKS_OP_USE));
		}
		EXPECT_EQ(0, one_message(self, rows[i].algorithm, false));
		ASSERT_EQ(0, uks(self->session, UKS_IOC_SESSION_INFO, &info));
		EXPECT_EQ(3, info.uses);
		EXPECT_EQ(UKS_LEASE_COUNTED, info.lease_flags);
	}
}

TEST_F(grant, tells_the_daemon_what_is_counted)
{
	self->service.lease_flags = UKS_LEASE_COUNTED;
	self->service.parameters_len = 3;
	ASSERT_EQ(0, open_for(self, UKS_PURPOSE_MAC, UKS_ALG_HMAC));
	ASSERT_EQ(0, one_message(self, UKS_ALG_HMAC, false));
	EXPECT_EQ(1, self->service.asked.count);
	EXPECT_EQ(UKS_ALG_HMAC, self->service.asked.algorithm);
	EXPECT_EQ(UKS_PURPOSE_MAC, self->service.asked.purpose);
	EXPECT_EQ(3, self->service.asked.parameters_len);
}

/* Use keeps it; without use its key is gone, and what its message held. */
TEST_F(grant, ends_a_session_that_is_not_used)
{
	uint64_t begin = now_ns();
	uint8_t mac[32];

	self->service.idle_ns = 300 * MS;
	ASSERT_EQ(0, open_for(self, UKS_PURPOSE_MAC, UKS_ALG_HMAC));
	while (now_ns() < begin + 1000 * MS && !session_mac(self->session, "a", 1, mac))
		;
	EXPECT_LE(begin + 1000 * MS, now_ns());
	/* A message in parts holds memory, which the sweep gives back. */
	ASSERT_EQ(0, uks(self->session, UKS_IOC_BEGIN,
			 &(struct uks_begin){ .size = sizeof(struct uks_begin) }));
	begin = now_ns();
	while (sysfs("bytes") && now_ns() < begin + 20000 * MS)
		poll(NULL, 0, 10);
	EXPECT_EQ(0, sysfs("bytes"));
	EXPECT_LE(begin + 290 * MS, now_ns());
	EXPECT_EQ(-EKEYEXPIRED, session_mac(self->session, "a", 1, mac));
	EXPECT_EQ(-EKEYEXPIRED, uks(self->session, UKS_IOC_FINISH,
				    &(struct uks_finish){ .size = sizeof(struct uks_finish) }));
	EXPECT_EQ(0, control_revoke(&self->daemon.control, self->service.key_id));
	EXPECT_EQ(-EKEYEXPIRED, session_mac(self->session, "a", 1, mac));
	ASSERT_EQ(0, open_for(self, UKS_PURPOSE_MAC, UKS_ALG_HMAC));
	EXPECT_EQ(0, session_mac(self->session, "a", 1, mac));
}

TEST_F(grant, leaves_sessions_without_idle_time_alone)
{
	uint8_t mac[32];
	int idle;

	ASSERT_EQ(0, open_for(self, UKS_PURPOSE_MAC, UKS_ALG_HMAC));
	self->service.idle_ns = 10 * MS;
	idle = session_open(self->client, UKS_PURPOSE_MAC);
	ASSERT_LE(0, idle);
	while (session_mac(idle, "a", 1, mac) != -EKEYEXPIRED)
		poll(NULL, 0, 20);
	EXPECT_EQ(0, session_mac(self->session, "a", 1, mac));
	close(idle);
}

/* Nonce and tag of an AEAD, as the answer has them. */
TEST_F(grant, has_nonces_and_tags_of_the_lengths_it_says)
{
	static const struct {
		uint32_t algorithm, nonce_len, tag_len;
		int ret;
	} rows[] = {
		{ UKS_ALG_AES_GCM, 12, 12, 0 }, { UKS_ALG_AES_GCM, 12, 16, 0 },
		{ UKS_ALG_AES_GCM, 12, 11, -EPROTO }, { UKS_ALG_AES_GCM, 12, 4, -EPROTO },
		{ UKS_ALG_AES_GCM, 12, 17, -EPROTO }, { UKS_ALG_AES_GCM, 13, 16, -EPROTO },
		{ UKS_ALG_CHACHA20_POLY1305, 12, 16, 0 },
		{ UKS_ALG_CHACHA20_POLY1305, 12, 12, -EPROTO },
		{ UKS_ALG_AES_CCM, 7, 4, 0 }, { UKS_ALG_AES_CCM, 13, 16, 0 },
		{ UKS_ALG_AES_CCM, 12, 6, 0 },
		{ UKS_ALG_AES_CCM, 6, 16, -EPROTO }, { UKS_ALG_AES_CCM, 14, 16, -EPROTO },
		{ UKS_ALG_AES_CCM, 12, 2, -EPROTO }, { UKS_ALG_AES_CCM, 12, 5, -EPROTO },
		{ UKS_ALG_AES_CCM, 12, 18, -EPROTO }, { UKS_ALG_AES_CBC, 16, 0, -EPROTO },
	};
	struct uks_session_info info = { .size = sizeof(info) };
	struct text text = { .in = message, .in_len = 100, .out = out };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		self->service.nonce_len = rows[i].nonce_len;
		self->service.tag_len = rows[i].tag_len;
		ASSERT_EQ(rows[i].ret, open_for(self, UKS_PURPOSE_ENCRYPT, rows[i].algorithm)) {
			TH_LOG("row %u", i);
		}
		if (rows[i].ret)
			continue;
		ASSERT_EQ(0, uks(self->session, UKS_IOC_SESSION_INFO, &info));
		EXPECT_EQ(rows[i].nonce_len, info.nonce_len);
		EXPECT_EQ(rows[i].tag_len, info.tag_len);
		EXPECT_EQ(rows[i].tag_len, info.output_len);
		text.nonce_len = rows[i].nonce_len;
		text.out_len = 100 + rows[i].tag_len - 1;
		EXPECT_EQ(-ENOBUFS, text_whole(self->session, UKS_IOC_ENCRYPT, &text));
		EXPECT_EQ(100 + rows[i].tag_len, text.out_len);
		EXPECT_EQ(0, text_whole(self->session, UKS_IOC_ENCRYPT, &text));
		text.nonce_len--;
		EXPECT_EQ(-EINVAL, text_whole(self->session, UKS_IOC_ENCRYPT, &text));
	}
}

/* AES-CCM writes the length of a message in what its nonce leaves. */
TEST_F(grant, bounds_a_message_by_its_nonce)
{
	static uint8_t big[65536 + 16];
	struct text text = { .nonce_len = 13, .in = big, .in_len = 65535, .out = big,
			     .out_len = sizeof(big) };

	self->service.nonce_len = 13;
	ASSERT_EQ(0, open_for(self, UKS_PURPOSE_ENCRYPT, UKS_ALG_AES_CCM));
	EXPECT_EQ(0, text_whole(self->session, UKS_IOC_ENCRYPT, &text));
	text.in_len = 65536;
	EXPECT_EQ(-EMSGSIZE, text_whole(self->session, UKS_IOC_ENCRYPT, &text));
	EXPECT_EQ(-EMSGSIZE, text_parts(self->session, &text, 32768));
}

TEST_F(grant, refuses_a_deadline_that_has_passed_without_asking)
{
	struct uks_sign arg = { .size = sizeof(arg), .in = ptr(message), .in_len = 1,
				.out = ptr(out), .out_len = 72, .deadline_ns = 1 };

	ASSERT_EQ(0, open_for(self, UKS_PURPOSE_SIGN, UKS_ALG_ECDSA));
	EXPECT_EQ(-ETIMEDOUT, uks(self->session, UKS_IOC_SIGN, &arg));
	EXPECT_EQ(UKS_E_TIMEOUT, arg.outcome.error);
	EXPECT_EQ(0, seen(self, UKS_OP_SIGN));
	arg.deadline_ns = 0;
	EXPECT_EQ(0, uks(self->session, UKS_IOC_SIGN, &arg));
}

TEST_F(grant, refuses_a_struct_longer_than_a_page_without_reading_it)
{
	static uint8_t huge[8192];
	struct uks_query *query = (struct uks_query *)huge;

	query->size = 4096;
	EXPECT_EQ(0, uks(self->client, UKS_IOC_QUERY, query));
	query->size = 4097;
	EXPECT_EQ(-E2BIG, uks(self->client, UKS_IOC_QUERY, query));
	query->size = 0xffffffff;
	EXPECT_EQ(-E2BIG, uks(self->client, UKS_IOC_QUERY, query));
}

TEST_HARNESS_MAIN
