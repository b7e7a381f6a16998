// SPDX-License-Identifier: GPL-2.0
/*
 * MACs, and digests on their way to be signed: what is published comes out, OpenSSL
 * agrees on everything else, whole or in parts.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <unistd.h>

#include "client.h"
#include "daemon.h"
#include "kselftest_harness.h"
#include "vectors.h"

#define LONG	300001

static const uint32_t lens[] = { 0, 1, 55, 56, 63, 64, 65, 127, 128, 4095, 4096, 4097, 16384, 16385,
				 32767, 32768, 32769, LONG };
static uint8_t message[LONG];

FIXTURE(mac) {
	struct daemon daemon;
	struct service service;
	int client;
	int make;
	int verify;
};

FIXTURE_SETUP(mac)
{
	service_init(&self->service);
	ASSERT_EQ(1, RAND_bytes(self->service.key, 32));
	ASSERT_EQ(1, RAND_bytes(message, sizeof(message)));
	ASSERT_EQ(0, daemon_start(&self->daemon));
	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	self->client = client_open();
	self->make = session_open(self->client, UKS_PURPOSE_MAC);
	ASSERT_LE(0, self->make);
	self->verify = session_open(self->client, UKS_PURPOSE_MAC_VERIFY);
	ASSERT_LE(0, self->verify);
}

FIXTURE_TEARDOWN(mac)
{
	close(self->make);
	close(self->verify);
	close(self->client);
	daemon_stop(&self->daemon);
	EXPECT_EQ(0, sysfs("sessions"));
	EXPECT_EQ(0, sysfs("bytes"));
}

static int begin_and_update(int session, const uint8_t *in, uint32_t len, uint32_t part)
{
	struct uks_begin begin = { .size = sizeof(begin) };
	int ret = uks(session, UKS_IOC_BEGIN, &begin);
	uint32_t at;

	for (at = 0; !ret && at < len; at += part) {
		struct uks_update update = {
			.size = sizeof(update), .in = ptr(in + at),
			.in_len = part < len - at ? part : len - at,
		};

		ret = uks(session, UKS_IOC_UPDATE, &update);
	}
	return ret;
}

/* Make a MAC or signature in parts. */
static int make_parts(int session, const uint8_t *in, uint32_t len, uint32_t part, uint8_t *out,
		      uint32_t *out_len)
{
	struct uks_finish finish = { .size = sizeof(finish), .out = ptr(out), .out_len = *out_len };
	int ret = begin_and_update(session, in, len, part) ?: uks(session, UKS_IOC_FINISH, &finish);

	*out_len = finish.out_len;
	return ret;
}

static int verify_parts(int session, const uint8_t *in, uint32_t len, uint32_t part,
			const uint8_t *sig, uint32_t sig_len)
{
	struct uks_finish finish = { .size = sizeof(finish), .sig = ptr(sig), .sig_len = sig_len };

	return begin_and_update(session, in, len, part) ?: uks(session, UKS_IOC_FINISH, &finish);
}

static int verify(int session, unsigned long cmd, const uint8_t *in, uint32_t len,
		  const uint8_t *sig, uint32_t sig_len)
{
	struct uks_verify arg = { .size = sizeof(arg), .in = ptr(in), .in_len = len,
				  .sig = ptr(sig), .sig_len = sig_len };

	return uks(session, cmd, &arg);
}

TEST_F(mac, agrees_with_another_implementation)
{
	uint8_t mac[32], other[32];
	uint32_t mac_len;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		ASSERT_NE(NULL, HMAC(EVP_sha256(), self->service.key, 32, message, lens[i], other,
				     NULL));
		ASSERT_EQ(0, session_mac(self->make, message, lens[i], mac));
		EXPECT_EQ(0, memcmp(other, mac, 32));
		memset(mac, 0, sizeof(mac));
		mac_len = 32;
		ASSERT_EQ(0, make_parts(self->make, message, lens[i], 1 + lens[i] / 3, mac,
					&mac_len));
		EXPECT_EQ(32, mac_len);
		EXPECT_EQ(0, memcmp(other, mac, 32));
		EXPECT_EQ(0, verify(self->verify, UKS_IOC_MAC_VERIFY, message, lens[i], other, 32));
		EXPECT_EQ(0, verify_parts(self->verify, message, lens[i], 1 + lens[i] / 2, other,
					  32));
	}
}

TEST_F(mac, refuses_every_changed_bit)
{
	uint8_t mac[32];
	unsigned int bit;

	ASSERT_EQ(0, session_mac(self->make, message, 33, mac));
	for (bit = 0; bit < 256; bit++) {
		mac[bit / 8] ^= 1 << bit % 8;
		ASSERT_EQ(-EBADMSG, verify(self->verify, UKS_IOC_MAC_VERIFY, message, 33, mac, 32));
		ASSERT_EQ(-EBADMSG, verify_parts(self->verify, message, 33, 10, mac, 32));
		mac[bit / 8] ^= 1 << bit % 8;
	}
	for (bit = 0; bit < 33 * 8; bit++) {
		message[bit / 8] ^= 1 << bit % 8;
		ASSERT_EQ(-EBADMSG, verify(self->verify, UKS_IOC_MAC_VERIFY, message, 33, mac, 32));
		message[bit / 8] ^= 1 << bit % 8;
	}
	EXPECT_EQ(-EBADMSG, verify(self->verify, UKS_IOC_MAC_VERIFY, message, 32, mac, 32));
	EXPECT_EQ(0, verify(self->verify, UKS_IOC_MAC_VERIFY, message, 33, mac, 32));
}

TEST_F(mac, refuses_a_shortened_one)
{
	uint8_t mac[80] = {};
	uint32_t len;

	ASSERT_EQ(0, session_mac(self->make, message, 33, mac));
	for (len = 0; len < sizeof(mac); len++) {
		int expected = len == 32 ? 0 : -EBADMSG;

		EXPECT_EQ(expected,
			  verify(self->verify, UKS_IOC_MAC_VERIFY, message, 33, mac, len));
		EXPECT_EQ(expected, verify_parts(self->verify, message, 33, 40, mac, len));
	}
}

TEST_F(mac, gives_what_is_published)
{
	FILE *file = vectors_open();
	struct vector vector;
	uint8_t mac[32];
	int tried = 0, ret;

	ASSERT_NE(NULL, file);
	while ((ret = vector_next(file, &vector)) > 0) {
		if (strcmp(vector.algorithm, "hmac-sha256"))
			continue;
		tried++;
		memcpy(self->service.key, vector.key.at, vector.key.len);
		self->service.key_len = vector.key.len;
		close(self->make);
		self->make = session_open(self->client, UKS_PURPOSE_MAC);
		EXPECT_EQ(0, session_mac(self->make, vector.in.at, vector.in.len, mac));
		EXPECT_EQ(32, vector.out.len);
		EXPECT_EQ(0, memcmp(vector.out.at, mac, 32)) {
			TH_LOG("%s", vector.source);
		}
	}
	EXPECT_EQ(0, ret);
	EXPECT_EQ(6, tried);
	fclose(file);
}

FIXTURE(signature) {
	struct daemon daemon;
	struct service service;
	int client;
	int sign;
	int verify;
};

/* other: OpenSSL's name; NULL for a message that goes to the daemon whole. */
FIXTURE_VARIANT(signature) {
	uint32_t algorithm;
	uint32_t digest;
	const char *other;
	uint32_t out_len;
};

FIXTURE_VARIANT_ADD(signature, ecdsa_sha256) { UKS_ALG_ECDSA, UKS_DIGEST_SHA256, "SHA256", 72 };
FIXTURE_VARIANT_ADD(signature, ecdsa_sha384) { UKS_ALG_ECDSA, UKS_DIGEST_SHA384, "SHA384", 72 };
FIXTURE_VARIANT_ADD(signature, ecdsa_sha512) { UKS_ALG_ECDSA, UKS_DIGEST_SHA512, "SHA512", 72 };
FIXTURE_VARIANT_ADD(signature, ed25519) { UKS_ALG_ED25519, 0, NULL, 64 };

FIXTURE_SETUP(signature)
{
	service_init(&self->service);
	self->service.algorithm = variant->algorithm;
	self->service.digest = variant->digest;
	self->service.signature_len = 64;
	ASSERT_EQ(1, RAND_bytes(message, sizeof(message)));
	ASSERT_EQ(0, daemon_start(&self->daemon));
	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	self->client = client_open();
	self->sign = session_open(self->client, UKS_PURPOSE_SIGN);
	ASSERT_LE(0, self->sign);
	self->verify = session_open(self->client, UKS_PURPOSE_VERIFY);
	ASSERT_LE(0, self->verify);
}

FIXTURE_TEARDOWN(signature)
{
	close(self->sign);
	close(self->verify);
	close(self->client);
	daemon_stop(&self->daemon);
	EXPECT_EQ(0, sysfs("sessions"));
	EXPECT_EQ(0, sysfs("bytes"));
}

static int sign(int session, uint32_t len, uint8_t *out, uint32_t *out_len)
{
	struct uks_sign arg = { .size = sizeof(arg), .in = ptr(message), .in_len = len,
				.out = ptr(out), .out_len = *out_len };
	int ret = uks(session, UKS_IOC_SIGN, &arg);

	*out_len = arg.out_len;
	return ret;
}

/* Did the daemon get what it should? Forgets what it got. */
static bool arrived(struct _test_data_signature *self,
		    const struct _fixture_variant_signature *variant, uint32_t len,
		    uint32_t purpose)
{
	struct service *service = &self->service;
	uint8_t digest[EVP_MAX_MD_SIZE];
	const uint8_t *expected = message;
	unsigned int expected_len = len;
	bool ok;

	if (variant->other) {
		EVP_Digest(message, len, digest, &expected_len,
			   EVP_get_digestbyname(variant->other), NULL);
		expected = digest;
	}
	ok = service->message_len == expected_len &&
	     !memcmp(service->message, expected, expected_len) &&
	     service->asked.algorithm == variant->algorithm &&
	     service->asked.digest == variant->digest && service->asked.purpose == purpose;
	memset(service->message, 0, sizeof(service->message));
	service->message_len = 0xffffffff;
	return ok;
}

TEST_F(signature, is_made_of_the_right_bytes)
{
	uint8_t out[72];
	uint32_t out_len;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		if (!variant->other && lens[i] > UKS_MESSAGE_MAX)
			continue;
		out_len = sizeof(out);
		ASSERT_EQ(0, sign(self->sign, lens[i], out, &out_len));
		EXPECT_EQ(64, out_len);
		EXPECT_EQ(0x5a, out[63]);
		EXPECT_TRUE(arrived(self, variant, lens[i], UKS_PURPOSE_SIGN));
		out_len = sizeof(out);
		ASSERT_EQ(0, make_parts(self->sign, message, lens[i], 1 + lens[i] / 3, out,
					&out_len));
		EXPECT_EQ(64, out_len);
		EXPECT_TRUE(arrived(self, variant, lens[i], UKS_PURPOSE_SIGN));
	}
}

TEST_F(signature, is_verified_against_the_right_bytes)
{
	const uint32_t sig_lens[] = { 1, 64, 72, UKS_SIGNATURE_MAX };
	uint8_t sig[UKS_SIGNATURE_MAX];
	unsigned int i;

	ASSERT_EQ(1, RAND_bytes(sig, sizeof(sig)));
	for (i = 0; i < ARRAY_SIZE(sig_lens); i++) {
		EXPECT_EQ(0, verify(self->verify, UKS_IOC_VERIFY, message, 500, sig, sig_lens[i]));
		EXPECT_TRUE(arrived(self, variant, 500, UKS_PURPOSE_VERIFY));
		EXPECT_EQ(sig_lens[i], self->service.signature_given);
		EXPECT_EQ(0, memcmp(sig, self->service.signature, sig_lens[i]));
		memset(self->service.signature, 0, sizeof(self->service.signature));
		EXPECT_EQ(0, verify_parts(self->verify, message, 500, 7, sig, sig_lens[i]));
		EXPECT_TRUE(arrived(self, variant, 500, UKS_PURPOSE_VERIFY));
		EXPECT_EQ(0, memcmp(sig, self->service.signature, sig_lens[i]));
	}
}

TEST_F(signature, that_the_daemon_calls_wrong_is_wrong)
{
	struct uks_verify arg = { .size = sizeof(arg), .in = ptr(message), .in_len = 9,
				  .sig = ptr(message), .sig_len = 64 };

	self->service.error = EBADMSG;
	self->service.code = UKS_E_BAD_SIGNATURE;
	EXPECT_EQ(-EBADMSG, uks(self->verify, UKS_IOC_VERIFY, &arg));
	EXPECT_EQ(UKS_E_BAD_SIGNATURE, arg.outcome.error);
	EXPECT_EQ(-EBADMSG, verify_parts(self->verify, message, 9, 4, message, 64));
}

TEST_F(signature, of_no_possible_length_is_wrong_without_asking)
{
	unsigned int seen = service_seen(&self->service);

	EXPECT_EQ(-EBADMSG, verify(self->verify, UKS_IOC_VERIFY, message, 9, message, 0));
	EXPECT_EQ(-EBADMSG, verify(self->verify, UKS_IOC_VERIFY, message, 9, message,
				   UKS_SIGNATURE_MAX + 1));
	EXPECT_EQ(-EBADMSG, verify_parts(self->verify, message, 9, 4, message,
					 UKS_SIGNATURE_MAX + 1));
	EXPECT_EQ(seen, service_seen(&self->service));
}

/* Ed25519 wants the message whole: there is a bound. A digest has none. */
TEST_F(signature, of_a_message_that_goes_whole_is_bounded)
{
	unsigned int seen = service_seen(&self->service);
	int expected = variant->other ? 0 : -EMSGSIZE;
	uint8_t out[72];
	uint32_t out_len = sizeof(out);

	EXPECT_EQ(expected, sign(self->sign, UKS_MESSAGE_MAX + 1, out, &out_len));
	out_len = sizeof(out);
	EXPECT_EQ(expected, make_parts(self->sign, message, UKS_MESSAGE_MAX + 1, 20000, out,
				       &out_len));
	EXPECT_EQ(expected, verify(self->verify, UKS_IOC_VERIFY, message, UKS_MESSAGE_MAX + 1,
				   message, 64));
	EXPECT_EQ(seen + (variant->other ? 3 : 0), service_seen(&self->service));
	out_len = sizeof(out);
	EXPECT_EQ(0, sign(self->sign, UKS_MESSAGE_MAX, out, &out_len));
	EXPECT_TRUE(arrived(self, variant, UKS_MESSAGE_MAX, UKS_PURPOSE_SIGN));
	out_len = sizeof(out);
	EXPECT_EQ(0, make_parts(self->sign, message, UKS_MESSAGE_MAX, 20000, out, &out_len));
	EXPECT_TRUE(arrived(self, variant, UKS_MESSAGE_MAX, UKS_PURPOSE_SIGN));
}

TEST_F(signature, session_tells_what_it_is)
{
	struct uks_session_info info = { .size = sizeof(info) };
	uint8_t out[72];
	uint32_t out_len = sizeof(out);

	ASSERT_EQ(0, sign(self->sign, 5, out, &out_len));
	ASSERT_EQ(0, uks(self->sign, UKS_IOC_SESSION_INFO, &info));
	EXPECT_EQ(0, memcmp(self->service.key_id, info.key_id, UKS_KEY_ID_LEN));
	EXPECT_EQ(1, info.key_version);
	EXPECT_EQ(UKS_PURPOSE_SIGN, info.purpose);
	EXPECT_EQ(variant->algorithm, info.algorithm);
	EXPECT_EQ(variant->digest, info.digest);
	EXPECT_EQ(variant->out_len, info.output_len);
	EXPECT_EQ(1, info.uses);
}

TEST_HARNESS_MAIN
