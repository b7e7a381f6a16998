// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Keys that an issuer provisioned, seen by a program that knows PKCS #11 alone. uks-issuer has
 * enrolled them before: Key.1 under a PIN of the issuer's, Key.3 under none.
 */
#include <kselftest_harness.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "tests/clients/pkcs11-test.h"

/* An object of that class whose label ends so; 0 when there is none. */
static ck_object_handle_t find(ck_session_handle_t session, ck_object_class_t class,
			       const char *end)
{
	struct ck_attribute wanted[] = { ATTR(CKA_CLASS, class) };
	ck_object_handle_t found[64], match = 0;
	unsigned long count = 0, i;
	char label[128];

	C_FindObjectsInit(session, wanted, 1);
	C_FindObjects(session, found, 64, &count);
	C_FindObjectsFinal(session);
	for (i = 0; i < count; i++) {
		struct ck_attribute attribute = { CKA_LABEL, label, sizeof(label) };

		if (C_GetAttributeValue(session, found[i], &attribute, 1) == CKR_OK &&
		    attribute.value_len > strlen(end) && !memcmp(label, "sks-", 4) &&
		    !memcmp(label + attribute.value_len - strlen(end), end, strlen(end)))
			match = found[i];
	}
	return match;
}

static EVP_PKEY *public_of(ck_session_handle_t session, ck_object_handle_t key)
{
	uint8_t spki[27 + 64] = {
		0x30, 0x59, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a,
		0x86, 0x48, 0xce, 0x3d, 3, 1, 7, 3, 0x42, 0, 4,
	};
	uint8_t point[67];
	struct ck_attribute attribute = { CKA_EC_POINT, point, sizeof(point) };
	const uint8_t *at = spki;

	if (C_GetAttributeValue(session, key, &attribute, 1) != CKR_OK ||
	    attribute.value_len != sizeof(point))
		return NULL;
	memcpy(spki + 27, point + 3, 64);
	return d2i_PUBKEY(NULL, &at, sizeof(spki));
}

static bool verifies(EVP_PKEY *key, const uint8_t *digest, const uint8_t *signature)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	uint8_t *der = NULL;
	bool right;
	int len;

	ECDSA_SIG_set0(sig, BN_bin2bn(signature, 32, NULL), BN_bin2bn(signature + 32, 32, NULL));
	len = i2d_ECDSA_SIG(sig, &der);
	right = EVP_PKEY_verify_init(ctx) == 1 &&
		EVP_PKEY_verify(ctx, der, len, digest, SHA256_DIGEST_LENGTH) == 1;
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
	EVP_PKEY_CTX_free(ctx);
	return right;
}

TEST_F(p11, key_of_an_issuer_without_pin_signs_as_any_other)
{
	uint8_t message[] = "message", digest[SHA256_DIGEST_LENGTH];
	ck_object_handle_t private = find(self->session, CKO_PRIVATE_KEY, "-Key.3");
	ck_object_handle_t public = find(self->session, CKO_PUBLIC_KEY, "-Key.3");
	EVP_PKEY *key;

	ASSERT_NE(private, 0);
	ASSERT_NE(public, 0);
	key = public_of(self->session, public);
	ASSERT_NE(key, NULL);
	ASSERT_EQ(sign_init(self->session, CKM_ECDSA_SHA256, private), CKR_OK);
	ASSERT_EQ(C_Sign(self->session, message, 7, self->out, &self->len), CKR_OK);
	ASSERT_EQ(self->len, 64);
	SHA256(message, 7, digest);
	EXPECT_TRUE(verifies(key, digest, self->out));
	EVP_PKEY_free(key);
}

TEST_F(p11, key_of_an_issuer_does_what_it_is_endorsed_for_and_no_more)
{
	ck_object_handle_t key = find(self->session, CKO_PRIVATE_KEY, "-Key.3");
	uint8_t message[] = "message";
	ck_rv_t rv;

	ASSERT_NE(key, 0);
	rv = sign_init(self->session, CKM_ECDSA_SHA384, key);
	if (rv == CKR_OK)
		rv = C_Sign(self->session, message, 7, self->out, &self->len);
	EXPECT_NE(rv, CKR_OK);
	EXPECT_NE(C_DestroyObject(self->session, key), CKR_OK);
	EXPECT_NE(find(self->session, CKO_PRIVATE_KEY, "-Key.3"), 0);
}

TEST_F(p11, key_of_an_issuer_under_a_pin_is_not_used_past_it)
{
	ck_object_handle_t key = find(self->session, CKO_PRIVATE_KEY, "-Key.1");
	uint8_t message[] = "message";
	ck_rv_t rv;

	ASSERT_NE(key, 0);
	rv = sign_init(self->session, CKM_ECDSA_SHA256, key);
	if (rv == CKR_OK)
		rv = C_Sign(self->session, message, 7, self->out, &self->len);
	EXPECT_NE(rv, CKR_OK);
}

TEST_HARNESS_MAIN
