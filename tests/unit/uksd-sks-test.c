// SPDX-License-Identifier: LGPL-2.1-or-later
/* Provisioning by an issuer that computes everything itself: sessions, policies, keys. */
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "daemon/log.h"
#include "daemon/sks/spare.h"
#include "tests/unit/uksd-sks-fixture.h"

#define RSA_SHA256	"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
#define HMAC_SHA256	"http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"

FIXTURE(sks)
{
	struct daemon daemon;
	struct issuer issuer;
};

FIXTURE_SETUP(sks)
{
	SKS_SETUP();
}

FIXTURE_TEARDOWN(sks)
{
	EVP_PKEY_free(self->issuer.kmk);
	SKS_TEARDOWN();
}

/* Row 1 */
TEST_F(sks, tells_about_the_device)
{
	struct issuer *issuer = &self->issuer;
	bool session = false, none = false;
	char text[1100];
	int i, count;

	ASSERT_STATUS(0, issuer_info(issuer));
	EXPECT_NE(issuer->device.len, 0);
	EXPECT_NE(issuer->maker.len, 0);
	count = reader_number(&issuer->out, 1);
	EXPECT_GE(count, 30);
	for (i = 0; i < count; i++) {
		reader_text(&issuer->out, text, sizeof(text));
		session |= !strcmp(text, SKS_URI_SESSION);
		none |= !strcmp(text, SKS_URI_NONE);
	}
	EXPECT_TRUE(session && none);
	EXPECT_GE(reader_number(&issuer->out, 4), 16384);
	EXPECT_GE(reader_number(&issuer->out, 4), 65536);
	EXPECT_EQ(reader_number(&issuer->out, 1), 0);
	reader_number(&issuer->out, 1);
	EXPECT_FALSE(issuer->out.bad);
	EXPECT_EQ(issuer->out.left, 0);
}

/* Rows 2 and 4: issuer_open() verifies the attestation over the exact octets. */
TEST_F(sks, attests_a_session_by_the_devices_key_on_each_curve)
{
	static const char * const curves[] = { "P-256", "P-384", "P-521" };
	size_t i;

	for (i = 0; i < 3; i++) {
		self->issuer.curve = curves[i];
		EXPECT_STATUS(0, issuer_open(&self->issuer));
	}
	EXPECT_EQ(sks_count_sessions(&self->issuer, true), 3);
	self->issuer.curve = "secp256k1";
	EXPECT_STATUS(SKS_E_OPTION, issuer_open(&self->issuer));
	EXPECT_EQ(sks_count_sessions(&self->issuer, true), 3);
}

/* Row 3 */
TEST_F(sks, stays_unknown_in_privacy_mode)
{
	self->issuer.privacy = true;
	EXPECT_STATUS(0, issuer_open(&self->issuer));
	EXPECT_EQ(self->issuer.device.len, 0);
	EXPECT_STATUS(0, issuer_close(&self->issuer));
	/* A session without keys vanishes. */
	EXPECT_EQ(sks_count_sessions(&self->issuer, false), 0);
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
}

/* Rows 12 and 26 */
TEST_F(sks, makes_keys_that_sign)
{
	struct issuer_key ec = { .id = "Key.1", .friendly = "My key" };
	struct issuer_key rsa = { .id = "Key.2", .algorithm = SKS_URI "rsa2048" };

	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, sks_make(&self->issuer, &ec));
	ASSERT_STATUS(0, sks_make(&self->issuer, &rsa));
	EXPECT_STATUS(SKS_E_NO_KEY, sks_sign_with(&self->issuer, &ec, ECDSA_SHA256, ""));
	EXPECT_EQ(sks_count_keys(&self->issuer), 0);
	ASSERT_STATUS(0, issuer_close(&self->issuer));
	EXPECT_EQ(sks_count_keys(&self->issuer), 2);
	EXPECT_EQ(sks_count_sessions(&self->issuer, true), 0);
	EXPECT_EQ(sks_count_sessions(&self->issuer, false), 1);
	EXPECT_STATUS(0, sks_sign_with(&self->issuer, &ec, ECDSA_SHA256, ""));
	EXPECT_TRUE(sks_is_signature(&self->issuer, &ec));
	EXPECT_STATUS(0, sks_sign_with(&self->issuer, &rsa, RSA_SHA256, ""));
	EXPECT_TRUE(sks_is_signature(&self->issuer, &rsa));
	EXPECT_STATUS(SKS_E_ALGORITHM, sks_sign_with(&self->issuer, &rsa, ECDSA_SHA256, ""));
	EXPECT_STATUS(SKS_E_OPTION, sks_sign_with(&self->issuer, &ec, ECDSA_SHA256, "1234"));
	EXPECT_STATUS(0, sks_authorized(&self->issuer, SKS_DELETE_KEY, &ec, "", NULL));
	EXPECT_STATUS(0, sks_authorized(&self->issuer, SKS_DELETE_KEY, &rsa, "", NULL));
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
	issuer_key_free(&ec);
	issuer_key_free(&rsa);
}

/* The key that was made ahead is the next one's, and nobody else's. */
TEST_F(sks, gives_an_rsa_key_that_was_made_ahead_once)
{
	struct issuer_key keys[3] = {
		{ .id = "Key.1", .algorithm = SKS_URI "rsa2048" },
		{ .id = "Key.2", .algorithm = SKS_URI "rsa2048" },
		{ .id = "Key.3", .algorithm = SKS_URI "rsa2048" },
	};
	struct uksd *uksd = &self->daemon.uksd;
	struct material *spare = calloc(1, sizeof(*spare));
	int i;

	uksd->spare = spare_start(uksd->provider, &self->daemon.failure);
	ASSERT_NE(uksd->spare, NULL);
	spare->secret = sodium_malloc(KEY_SECRET_MAX);
	EXPECT_FALSE(spare_take(uksd->spare, UKS_KEY_RSA_2048, spare));
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	for (i = 0; i < 3; i++) {
		ASSERT_STATUS(0, sks_make(&self->issuer, &keys[i]));
		spare_settle(uksd->spare);
	}
	ASSERT_STATUS(0, issuer_close(&self->issuer));
	for (i = 0; i < 3; i++) {
		EXPECT_STATUS(0, sks_sign_with(&self->issuer, &keys[i], RSA_SHA256, ""));
		EXPECT_TRUE(sks_is_signature(&self->issuer, &keys[i]));
	}
	EXPECT_FALSE(spare_take(uksd->spare, UKS_KEY_RSA_3072, spare));
	EXPECT_TRUE(spare_take(uksd->spare, UKS_KEY_RSA_2048, spare));
	EXPECT_FALSE(spare_take(uksd->spare, UKS_KEY_RSA_2048, spare));
	for (i = 0; i < 3; i++) {
		EXPECT_NE(memcmp(spare->public_key, keys[i].public_key.bytes,
				 spare->public_len), 0);
		EXPECT_NE(memcmp(keys[i].public_key.bytes, keys[(i + 1) % 3].public_key.bytes,
				 keys[i].public_key.len), 0);
	}
	for (i = 0; i < 3; i++)
		issuer_key_free(&keys[i]);
	sodium_free(spare->secret);
	free(spare);
	spare_stop(uksd->spare);
}

TEST_HARNESS_MAIN
