// SPDX-License-Identifier: GPL-2.0
/* What is published for modes of AES, AES-CCM, CMAC and HMAC comes out, and goes back. */
#include <unistd.h>

#include "daemon.h"
#include "kselftest_harness.h"
#include "parts.h"
#include "vectors.h"

FIXTURE(published) {
	struct daemon daemon;
	struct service service;
	int client;
};

/* count: how many vectors there are. */
FIXTURE_VARIANT(published) {
	const char *name;
	uint32_t algorithm;
	uint32_t digest;
	int count;
};

FIXTURE_VARIANT_ADD(published, ecb) { "ecb", UKS_ALG_AES_ECB, 0, 3 };
FIXTURE_VARIANT_ADD(published, cbc) { "cbc", UKS_ALG_AES_CBC, 0, 3 };
FIXTURE_VARIANT_ADD(published, ctr) { "ctr", UKS_ALG_AES_CTR, 0, 3 };
FIXTURE_VARIANT_ADD(published, ccm) { "ccm", UKS_ALG_AES_CCM, 0, 3 };
FIXTURE_VARIANT_ADD(published, cmac) { "cmac", UKS_ALG_AES_CMAC, 0, 4 };
FIXTURE_VARIANT_ADD(published, hmac_sha1) { "hmac-sha1", UKS_ALG_HMAC, UKS_DIGEST_SHA1, 2 };
FIXTURE_VARIANT_ADD(published, hmac_sha224) {
	"hmac-sha224", UKS_ALG_HMAC, UKS_DIGEST_SHA224, 2
};

FIXTURE_VARIANT_ADD(published, hmac_sha256) {
	"hmac-sha256", UKS_ALG_HMAC, UKS_DIGEST_SHA256, 6
};

FIXTURE_VARIANT_ADD(published, hmac_sha384) {
	"hmac-sha384", UKS_ALG_HMAC, UKS_DIGEST_SHA384, 2
};

FIXTURE_VARIANT_ADD(published, hmac_sha512) {
	"hmac-sha512", UKS_ALG_HMAC, UKS_DIGEST_SHA512, 2
};

FIXTURE_SETUP(published)
{
	service_init(&self->service);
	self->service.algorithm = variant->algorithm;
	self->service.lease_flags = UKS_LEASE_CALLER_NONCE;
	self->service.mac_digest = true;
	self->service.digest = variant->digest;
	ASSERT_EQ(0, daemon_start(&self->daemon));
	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	self->client = client_open();
	ASSERT_LE(0, self->client);
}

FIXTURE_TEARDOWN(published)
{
	close(self->client);
	daemon_stop(&self->daemon);
	EXPECT_EQ(0, sysfs("sessions"));
	EXPECT_EQ(0, sysfs("bytes"));
}

static bool one_way(struct _test_data_published *self, uint32_t purpose, unsigned long cmd,
		    const struct vector *vector, const struct bytes *in, const struct bytes *out)
{
	uint8_t result[600];
	struct text text = {
		.flags = purpose == UKS_PURPOSE_ENCRYPT && vector->nonce.len ?
			 UKS_CIPHER_CALLER_NONCE : 0,
		.nonce_len = vector->nonce.len, .aad = vector->aad.at, .aad_len = vector->aad.len,
		.in = in->at, .in_len = in->len, .out = result, .out_len = sizeof(result),
	};
	int session = session_open(self->client, purpose);
	bool right;

	memcpy(text.nonce, vector->nonce.at, vector->nonce.len);
	if (!vector->aad.len)
		text.aad = NULL;
	right = !text_whole(session, cmd, &text) && text.out_len == out->len &&
		!memcmp(result, out->at, out->len);
	close(session);
	return right;
}

static bool cipher_is_right(struct _test_data_published *self, const struct vector *vector)
{
	return one_way(self, UKS_PURPOSE_ENCRYPT, UKS_IOC_ENCRYPT, vector, &vector->in,
		       &vector->out) &&
	       one_way(self, UKS_PURPOSE_DECRYPT, UKS_IOC_DECRYPT, vector, &vector->out,
		       &vector->in);
}

static bool mac_is_right(struct _test_data_published *self, const struct vector *vector)
{
	uint8_t mac[UKS_MAC_MAX];
	struct uks_sign sign = { .size = sizeof(sign), .in = ptr(vector->in.at),
				 .in_len = vector->in.len, .out = ptr(mac),
				 .out_len = sizeof(mac) };
	struct uks_verify verify = { .size = sizeof(verify), .in = ptr(vector->in.at),
				     .in_len = vector->in.len, .sig = ptr(vector->out.at),
				     .sig_len = vector->out.len };
	int make = session_open(self->client, UKS_PURPOSE_MAC);
	int check = session_open(self->client, UKS_PURPOSE_MAC_VERIFY);
	bool right;

	right = !uks(make, UKS_IOC_MAC, &sign) && sign.out_len == vector->out.len &&
		!memcmp(mac, vector->out.at, vector->out.len) &&
		!uks(check, UKS_IOC_MAC_VERIFY, &verify);
	close(make);
	close(check);
	return right;
}

TEST_F(published, comes_out_and_goes_back)
{
	bool mac = variant->algorithm == UKS_ALG_HMAC || variant->algorithm == UKS_ALG_AES_CMAC;
	FILE *file = vectors_open();
	struct vector vector;
	int tried = 0, ret;

	ASSERT_NE(NULL, file);
	while ((ret = vector_next(file, &vector)) > 0) {
		if (strcmp(vector.algorithm, variant->name))
			continue;
		tried++;
		memcpy(self->service.key, vector.key.at, vector.key.len);
		self->service.key_len = vector.key.len;
		if (variant->algorithm == UKS_ALG_AES_CCM) {
			self->service.nonce_len = vector.nonce.len;
			self->service.tag_len = vector.out.len - vector.in.len;
		}
		EXPECT_TRUE(mac ? mac_is_right(self, &vector) : cipher_is_right(self, &vector)) {
			TH_LOG("%s", vector.source);
		}
	}
	EXPECT_EQ(0, ret);
	EXPECT_EQ(variant->count, tried);
	fclose(file);
}

TEST_HARNESS_MAIN
