// SPDX-License-Identifier: LGPL-2.1-or-later
/* OpenSSL on the other side, and what the provider refuses. */
#include <kselftest_harness.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sodium.h>

#include "include/uks/algorithm.h"
#include "tests/unit/leaks.h"
#include "tests/unit/uksd-crypto.h"

FIXTURE(openssl)
{
	struct crypto crypto;
	struct crypto peer;
	uint8_t kept[2048];
	size_t kept_len;
};

FIXTURE_SETUP(openssl)
{
	crypto_init(&self->crypto);
	crypto_init(&self->peer);
}

FIXTURE_TEARDOWN(openssl)
{
	crypto_unload(&self->crypto);
	crypto_unload(&self->peer);
	EXPECT_EQ(leaks(), 0);
}

static void keep(struct _test_data_openssl *self)
{
	self->kept_len = self->crypto.output.len;
	memcpy(self->kept, self->crypto.out, self->kept_len);
}

static EVP_PKEY *public_of(const struct crypto *crypto)
{
	const uint8_t *at = crypto->key.public_key;

	return d2i_PUBKEY(NULL, &at, crypto->key.public_len);
}

static int verify(const struct crypto *crypto, uint32_t digest, bool pss, int salt,
		  const void *message, size_t len)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY *pkey = public_of(crypto);
	EVP_PKEY_CTX *ctx;
	int ret = -1;

	if (EVP_DigestVerifyInit_ex(md, &ctx, uks_digest_find(digest)->library, NULL, NULL, pkey,
				    NULL) == 1 &&
	    (!pss || (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
		      EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt) == 1)))
		ret = EVP_DigestVerify(md, crypto->out, crypto->output.len, message, len);
	EVP_PKEY_free(pkey);
	EVP_MD_CTX_free(md);
	return ret;
}

TEST_F(openssl, verifies_every_digest)
{
	static const struct {
		uint32_t type, algorithm;
	} keys[] = {
		{ UKS_KEY_RSA_2048, UKS_ALG_RSA_PSS }, { UKS_KEY_RSA_2048, UKS_ALG_RSA_PKCS1 },
		{ UKS_KEY_EC_P224, UKS_ALG_ECDSA }, { UKS_KEY_EC_P256, UKS_ALG_ECDSA },
		{ UKS_KEY_EC_P384, UKS_ALG_ECDSA }, { UKS_KEY_EC_P521, UKS_ALG_ECDSA },
	};
	struct crypto *crypto = &self->crypto;
	uint32_t digest;
	bool pss;
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		ASSERT_EQ(crypto_generate(crypto, keys[i].type), 0);
		pss = keys[i].algorithm == UKS_ALG_RSA_PSS;
		for (digest = 1; digest < UKS_DIGEST_GIVEN; digest++) {
			if (!uks_row_has_digest(uks_row_find(keys[i].type, keys[i].algorithm),
						digest))
				continue;
			ASSERT_EQ(crypto_do(crypto, UKS_PURPOSE_SIGN, keys[i].algorithm, digest,
					    "message", 7), 0);
			EXPECT_EQ(verify(crypto, digest, pss, uks_digest_find(digest)->len,
					 "message", 7), 1);
		}
	}
}

TEST_F(openssl, pss_salt_has_the_length_that_was_asked_for)
{
	static const uint32_t lengths[] = { 0, 20, 222 };
	struct crypto *crypto = &self->crypto;
	size_t i;

	ASSERT_EQ(crypto_generate(crypto, UKS_KEY_RSA_2048), 0);
	for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		crypto_job(crypto, UKS_PURPOSE_SIGN, UKS_ALG_RSA_PSS, UKS_DIGEST_SHA256);
		uks_attrs_put_u32(&crypto->writer, UKS_PARAM_SALT_LEN, lengths[i]);
		crypto_message(crypto, "m", 1);
		ASSERT_EQ(crypto_run(crypto), 0);
		EXPECT_EQ(verify(crypto, UKS_DIGEST_SHA256, true, lengths[i], "m", 1), 1);
		keep(self);
		EXPECT_EQ(crypto_verify(crypto, UKS_ALG_RSA_PSS, UKS_DIGEST_SHA256, "m", 1,
					self->kept, self->kept_len), UKS_E_BAD_SIGNATURE);
	}
	crypto_job(crypto, UKS_PURPOSE_SIGN, UKS_ALG_RSA_PSS, UKS_DIGEST_SHA256);
	uks_attrs_put_u32(&crypto->writer, UKS_PARAM_SALT_LEN, 223);
	EXPECT_EQ(crypto_run(crypto), UKS_E_BAD_PARAMETER);
	EXPECT_EQ(crypto_do(crypto, UKS_PURPOSE_SIGN, UKS_ALG_RSA_PSS, UKS_DIGEST_GIVEN, "m", 1),
		  UKS_E_BAD_PARAMETER);
}

static size_t oaep(const struct crypto *crypto, uint8_t *out, size_t size)
{
	EVP_PKEY *pkey = public_of(crypto);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, "oaep", 4),
		OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, "SHA2-256", 8),
		OSSL_PARAM_utf8_string(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, "SHA1", 4),
		OSSL_PARAM_octet_string(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL, "label", 5),
		OSSL_PARAM_END
	};

	if (EVP_PKEY_encrypt_init_ex(ctx, params) != 1 ||
	    EVP_PKEY_encrypt(ctx, out, &size, (const uint8_t *)"secret", 6) != 1)
		size = 0;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return size;
}

TEST_F(openssl, oaep_has_digests_and_label)
{
	struct crypto *crypto = &self->crypto;
	int i;

	ASSERT_EQ(crypto_generate(crypto, UKS_KEY_RSA_2048), 0);
	self->kept_len = oaep(crypto, self->kept, sizeof(self->kept));
	ASSERT_EQ(self->kept_len, 256);
	for (i = 0; i < 3; i++) {
		crypto_job(crypto, UKS_PURPOSE_DECRYPT, UKS_ALG_RSA_OAEP, UKS_DIGEST_SHA256);
		if (i != 1)
			uks_attrs_put_u32(&crypto->writer, UKS_PARAM_MGF_DIGEST, UKS_DIGEST_SHA1);
		uks_attrs_put_string(&crypto->writer, UKS_PARAM_LABEL, i == 2 ? "other" : "label");
		crypto_message(crypto, self->kept, self->kept_len);
		EXPECT_EQ(crypto_run(crypto), i ? UKS_E_BAD_MESSAGE : 0);
		if (!i)
			EXPECT_EQ(memcmp(crypto->out, "secret", 6), 0);
	}
	EXPECT_EQ(crypto_do(crypto, UKS_PURPOSE_ENCRYPT, UKS_ALG_RSA_OAEP, UKS_DIGEST_SHA256,
			    self->kept, 191), UKS_E_BAD_MESSAGE);
	EXPECT_EQ(crypto_do(crypto, UKS_PURPOSE_DECRYPT, UKS_ALG_RSA_OAEP, UKS_DIGEST_SHA256,
			    self->kept, 255), UKS_E_BAD_MESSAGE);
}

/* DER PrivateKeyInfo of an RSA key with that public exponent. */
static size_t rsa(unsigned int bits, unsigned long exponent, uint8_t **der)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *e = BN_new();
	PKCS8_PRIV_KEY_INFO *info;
	EVP_PKEY *pkey = NULL;
	size_t len;

	BN_set_word(e, exponent);
	if (EVP_PKEY_keygen_init(ctx) != 1 || EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, bits) != 1 ||
	    EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e) != 1 ||
	    EVP_PKEY_generate(ctx, &pkey) != 1)
		abort();
	info = EVP_PKEY2PKCS8(pkey);
	*der = NULL;
	len = i2d_PKCS8_PRIV_KEY_INFO(info, der);
	PKCS8_PRIV_KEY_INFO_free(info);
	EVP_PKEY_free(pkey);
	EVP_PKEY_CTX_free(ctx);
	BN_free(e);
	return len;
}

TEST_F(openssl, rsa_keys_have_their_size_and_exponent)
{
	static const struct {
		unsigned int bits;
		unsigned long exponent;
		uint32_t code;
	} keys[] = {
		{ 2048, 65537, 0 }, { 2048, 65539, 0 }, { 2048, 3, UKS_E_BAD_MATERIAL },
		{ 2048, 257, UKS_E_BAD_MATERIAL }, { 2056, 65537, UKS_E_BAD_MATERIAL },
		{ 1024, 65537, UKS_E_BAD_MATERIAL },
	};
	struct crypto *crypto = &self->crypto;
	uint8_t *der;
	size_t i, len;

	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		len = rsa(keys[i].bits, keys[i].exponent, &der);
		EXPECT_EQ(crypto_import(crypto, UKS_KEY_RSA_2048, UKS_FORMAT_PKCS8, der, len),
			  keys[i].code);
		/* the last number is the coefficient: it must belong to the primes */
		der[len - 1] ^= 1;
		EXPECT_EQ(crypto_import(crypto, UKS_KEY_RSA_2048, UKS_FORMAT_PKCS8, der, len),
			  UKS_E_BAD_MATERIAL);
		OPENSSL_free(der);
	}
}

/* A point whose last byte was changed is not on its curve. */
/* UKS writes keys on curves itself. */
TEST_F(openssl, public_keys_are_written_as_openssl_does)
{
	static const uint32_t types[] = {
		UKS_KEY_EC_P224, UKS_KEY_EC_P256, UKS_KEY_EC_P384, UKS_KEY_EC_P521, UKS_KEY_SM2,
		UKS_KEY_ED25519, UKS_KEY_X448, UKS_KEY_RSA_2048,
	};
	EVP_PKEY *pkey;
	uint8_t *der;
	size_t i;
	int len;

	for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
		ASSERT_EQ(crypto_generate(&self->crypto, types[i]), 0);
		pkey = public_of(&self->crypto);
		der = NULL;
		len = pkey ? i2d_PUBKEY(pkey, &der) : -1;
		ASSERT_EQ(len, (int)self->crypto.key.public_len) {
			TH_LOG("type %u", types[i]);
		}
		EXPECT_EQ(memcmp(der, self->crypto.key.public_key, len), 0);
		OPENSSL_free(der);
		EVP_PKEY_free(pkey);
	}
}

TEST_F(openssl, peers_must_be_on_the_curve_and_of_the_type)
{
	static const uint32_t types[] = {
		UKS_KEY_EC_P224, UKS_KEY_EC_P256, UKS_KEY_EC_P384, UKS_KEY_EC_P521,
	};
	struct crypto *crypto = &self->crypto, *peer = &self->peer;
	uint8_t *last;
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
		ASSERT_EQ(crypto_generate(crypto, types[i]), 0);
		ASSERT_EQ(crypto_generate(peer, types[(i + 1) % 4]), 0);
		EXPECT_EQ(crypto_do(crypto, UKS_PURPOSE_AGREE, UKS_ALG_ECDH, 0,
				    peer->key.public_key, peer->key.public_len), UKS_E_BAD_PEER);
		ASSERT_EQ(crypto_generate(peer, types[i]), 0);
		last = &peer->key.public_key[peer->key.public_len - 1];
		*last ^= 1;
		EXPECT_EQ(crypto_do(crypto, UKS_PURPOSE_AGREE, UKS_ALG_ECDH, 0,
				    peer->key.public_key, peer->key.public_len), UKS_E_BAD_PEER);
		EXPECT_EQ(crypto_import(peer, types[i], UKS_FORMAT_SPKI, peer->key.public_key,
					peer->key.public_len), UKS_E_BAD_MATERIAL);
		EXPECT_EQ(crypto_do(crypto, UKS_PURPOSE_AGREE, UKS_ALG_ECDH, 0, "", 0),
			  UKS_E_BAD_PEER);
	}
}

static uint32_t envelope(struct crypto *crypto, uint32_t purpose, uint32_t algorithm,
			 uint32_t type, const uint8_t *message, size_t len)
{
	crypto_job(crypto, purpose, algorithm,
		   algorithm == UKS_ALG_RSA_AES_KEY_WRAP ? UKS_DIGEST_SHA256 : 0);
	crypto->job.wrapped_type = type;
	crypto->job.wrapped_format = UKS_FORMAT_RAW;
	crypto_message(crypto, message, len);
	return crypto_run(crypto);
}

TEST_F(openssl, envelopes_open_only_unchanged)
{
	static const struct {
		uint32_t type, algorithm;
	} keys[] = {
		{ UKS_KEY_EC_P256, UKS_ALG_ECDH_HKDF_AES_GCM },
		{ UKS_KEY_EC_P521, UKS_ALG_ECDH_HKDF_AES_GCM },
		{ UKS_KEY_X25519, UKS_ALG_ECDH_HKDF_AES_GCM },
		{ UKS_KEY_RSA_2048, UKS_ALG_RSA_AES_KEY_WRAP },
	};
	static const uint8_t secret[32] = "0123456789abcdef0123456789abcde";
	struct crypto *crypto = &self->crypto;
	size_t i, at;

	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		ASSERT_EQ(crypto_generate(crypto, keys[i].type), 0);
		ASSERT_EQ(envelope(crypto, UKS_PURPOSE_WRAP, keys[i].algorithm, UKS_KEY_AES_256,
				   secret, 32), 0);
		keep(self);
		for (at = 0; at < self->kept_len; at++) {
			self->kept[at] ^= 0x04;
			EXPECT_EQ(envelope(crypto, UKS_PURPOSE_UNWRAP, keys[i].algorithm,
					   UKS_KEY_AES_256, self->kept, self->kept_len),
				  UKS_E_BAD_WRAPPED);
			self->kept[at] ^= 0x04;
			EXPECT_EQ(envelope(crypto, UKS_PURPOSE_UNWRAP, keys[i].algorithm,
					   UKS_KEY_AES_256, self->kept, at), UKS_E_BAD_WRAPPED);
		}
		ASSERT_EQ(envelope(crypto, UKS_PURPOSE_UNWRAP, keys[i].algorithm,
				   UKS_KEY_AES_256, self->kept, self->kept_len), 0);
		EXPECT_EQ(memcmp(crypto->out, secret, 32), 0);
		if (keys[i].algorithm == UKS_ALG_ECDH_HKDF_AES_GCM)
			EXPECT_EQ(envelope(crypto, UKS_PURPOSE_UNWRAP, keys[i].algorithm,
					   UKS_KEY_CHACHA20, self->kept, self->kept_len),
				  UKS_E_BAD_WRAPPED);
		ASSERT_EQ(crypto_generate(crypto, keys[i].type), 0);
		EXPECT_EQ(envelope(crypto, UKS_PURPOSE_UNWRAP, keys[i].algorithm,
				   UKS_KEY_AES_256, self->kept, self->kept_len),
			  UKS_E_BAD_WRAPPED);
	}
}

TEST_F(openssl, parameters_of_others_are_refused)
{
	struct crypto *crypto = &self->crypto;
	uint16_t parameter;

	ASSERT_EQ(crypto_generate(crypto, UKS_KEY_ED25519), 0);
	for (parameter = 1; parameter <= UKS_PARAM_MAX + 1; parameter++) {
		crypto_job(crypto, UKS_PURPOSE_SIGN, UKS_ALG_ED25519, 0);
		uks_attrs_put_u32(&crypto->writer, parameter, 1);
		EXPECT_EQ(crypto_run(crypto), UKS_E_BAD_PARAMETER);
	}
	EXPECT_EQ(crypto_do(crypto, UKS_PURPOSE_SIGN, UKS_ALG_ECDSA, UKS_DIGEST_SHA256, "", 0),
		  UKS_E_BAD_ALGORITHM);
	ASSERT_EQ(crypto_generate(crypto, UKS_KEY_SM2), 0);
	crypto_job(crypto, UKS_PURPOSE_SIGN, UKS_ALG_SM2_SIGN, UKS_DIGEST_SM3);
	uks_attrs_put_string(&crypto->writer, UKS_PARAM_CONTEXT, "alice");
	uks_attrs_put_string(&crypto->writer, UKS_PARAM_CONTEXT, "bob");
	EXPECT_EQ(crypto_run(crypto), UKS_E_BAD_PARAMETER);
	EXPECT_EQ(crypto_do(crypto, UKS_PURPOSE_ENCRYPT, UKS_ALG_SM2_CRYPT, UKS_DIGEST_SM3, "", 0),
		  UKS_E_BAD_MESSAGE);
	EXPECT_EQ(crypto_do(crypto, UKS_PURPOSE_DECRYPT, UKS_ALG_SM2_CRYPT, UKS_DIGEST_SM3, "0", 1),
		  UKS_E_BAD_MESSAGE);
}

TEST_HARNESS_MAIN
