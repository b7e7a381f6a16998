// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keys that come from outside: what is taken, and above all what is not. */
#include <kselftest_harness.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <sodium.h>

#include "tests/unit/leaks.h"
#include "tests/unit/uksd-daemon.h"

FIXTURE(import)
{
	struct daemon daemon;
};

FIXTURE_SETUP(import)
{
	ASSERT_EQ(daemon_new(&self->daemon), 0);
	ASSERT_EQ(daemon_start(&self->daemon), 0) {
		TH_LOG("%s", self->daemon.failure.text);
	}
}

FIXTURE_TEARDOWN(import)
{
	daemon_stop(&self->daemon);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

/* Import under a name that is free again afterwards. */
static uint32_t try_import(struct daemon *daemon, uint32_t type, uint32_t format,
			   const void *bytes, size_t len)
{
	uint32_t code = ask_import(daemon, "key", type, format, bytes, len);

	if (!code && ask_by_name(daemon, UKS_OP_KEY_DELETE, "key"))
		abort();
	return code;
}

static size_t unhex(const char *hex, uint8_t *bytes, size_t size)
{
	size_t len;

	if (sodium_hex2bin(bytes, size, hex, strlen(hex), NULL, &len, NULL))
		abort();
	return len;
}

#define EC_HEAD	"3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420"
#define EC_GOOD	EC_HEAD "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
#define EC_ZERO	EC_HEAD "0000000000000000000000000000000000000000000000000000000000000000"
#define EC_ONE	EC_HEAD "0000000000000000000000000000000000000000000000000000000000000001"
#define EC_LAST	EC_HEAD "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550"
#define EC_N	EC_HEAD "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define EC_BIG	EC_HEAD "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

/* RFC 8410, section 10.3: version 1; version 2 with attributes and the public key */
#define ED_SEED	"d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842"
#define ED_PUB	"19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"
#define ED_V1	"302e020100300506032b657004220420" ED_SEED
#define ED_ATTR	"a01f301d060a2a864886f70d01090914310f0c0d437572646c6520436861697273"
#define ED_V2	"3072020101300506032b657004220420" ED_SEED ED_ATTR "812100" ED_PUB

TEST_F(import, raw_keys_have_a_length)
{
	static const struct {
		uint32_t type;
		size_t min, max;
	} lengths[] = {
		{ UKS_KEY_AES_128, 16, 16 }, { UKS_KEY_AES_192, 24, 24 },
		{ UKS_KEY_AES_256, 32, 32 }, { UKS_KEY_CHACHA20, 32, 32 },
		{ UKS_KEY_HMAC_SHA256, 14, 256 }, { UKS_KEY_ED25519, 32, 32 },
	};
	static const uint8_t bytes[300] = { 1 };
	size_t i, len;

	for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
		for (len = 1; len <= 300; len++)
			ASSERT_EQ(try_import(&self->daemon, lengths[i].type, UKS_FORMAT_RAW,
					     bytes, len),
				  len >= lengths[i].min && len <= lengths[i].max ? 0 :
				  UKS_E_BAD_MATERIAL);
}

TEST_F(import, raw_keys_are_leased_as_they_came)
{
	struct daemon *daemon = &self->daemon;
	uint8_t bytes[256];

	randombytes_buf(bytes, sizeof(bytes));
	ASSERT_EQ(ask_import(daemon, "hmac", UKS_KEY_HMAC_SHA256, UKS_FORMAT_RAW, bytes, 256), 0);
	EXPECT_EQ(uks_attr_u32(&daemon->attrs[UKS_A_ORIGIN], 0), UKS_ORIGIN_IMPORTED);
	ASSERT_EQ(ask_open(daemon, "hmac", UKS_PURPOSE_MAC), 0);
	ASSERT_EQ(daemon->attrs[UKS_A_KEY_MATERIAL].len, 256);
	EXPECT_EQ(memcmp(daemon->attrs[UKS_A_KEY_MATERIAL].value, bytes, 256), 0);
}

TEST_F(import, formats_must_fit_the_type)
{
	static const uint8_t raw[32] = { 1 };
	uint8_t ec[100], ed[100];
	size_t ec_len = unhex(EC_GOOD, ec, sizeof(ec)), ed_len = unhex(ED_V1, ed, sizeof(ed));
	struct daemon *daemon = &self->daemon;
	uint32_t format;

	for (format = UKS_FORMAT_RAW; format <= UKS_FORMAT_SPKI + 1; format++) {
		EXPECT_EQ(try_import(daemon, UKS_KEY_AES_256, format, raw, 32),
			  format == UKS_FORMAT_RAW ? 0 : UKS_E_BAD_MATERIAL);
		EXPECT_EQ(try_import(daemon, UKS_KEY_EC_P256, format, ec, ec_len),
			  format == UKS_FORMAT_PKCS8 ? 0 : UKS_E_BAD_MATERIAL);
		EXPECT_EQ(try_import(daemon, UKS_KEY_ED25519, format, ed, ed_len),
			  format == UKS_FORMAT_PKCS8 ? 0 : UKS_E_BAD_MATERIAL);
	}
	EXPECT_EQ(try_import(daemon, UKS_KEY_EC_P256, UKS_FORMAT_RAW, raw, 32),
		  UKS_E_BAD_MATERIAL);
	EXPECT_EQ(try_import(daemon, UKS_KEY_ED25519, UKS_FORMAT_PKCS8, ec, ec_len),
		  UKS_E_BAD_MATERIAL);
	EXPECT_EQ(try_import(daemon, UKS_KEY_EC_P256, UKS_FORMAT_PKCS8, ed, ed_len),
		  UKS_E_BAD_MATERIAL);
}

TEST_F(import, private_numbers_have_a_range)
{
	static const struct {
		const char *hex;
		uint32_t code;
	} keys[] = {
		{ EC_GOOD, 0 }, { EC_ONE, 0 }, { EC_LAST, 0 },
		{ EC_ZERO, UKS_E_BAD_MATERIAL }, { EC_N, UKS_E_BAD_MATERIAL },
		{ EC_BIG, UKS_E_BAD_MATERIAL },
	};
	uint8_t der[100];
	size_t i, len;

	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		len = unhex(keys[i].hex, der, sizeof(der));
		EXPECT_EQ(try_import(&self->daemon, UKS_KEY_EC_P256, UKS_FORMAT_PKCS8, der, len),
			  keys[i].code) {
			TH_LOG("%s", keys[i].hex);
		}
	}
}

TEST_F(import, each_cut_and_each_addition_is_refused)
{
	static const char * const keys[] = { EC_GOOD, ED_V1, ED_V2 };
	uint8_t der[150];
	size_t i, len, cut;
	uint32_t type;

	for (i = 0; i < 3; i++) {
		type = i ? UKS_KEY_ED25519 : UKS_KEY_EC_P256;
		len = unhex(keys[i], der, sizeof(der));
		ASSERT_EQ(try_import(&self->daemon, type, UKS_FORMAT_PKCS8, der, len), 0) {
			TH_LOG("%zu: %s", i, self->daemon.text);
		}
		for (cut = 1; cut < len; cut++)
			ASSERT_EQ(try_import(&self->daemon, type, UKS_FORMAT_PKCS8, der, cut),
				  UKS_E_BAD_MATERIAL);
		der[len] = 0;
		EXPECT_EQ(try_import(&self->daemon, type, UKS_FORMAT_PKCS8, der, len + 1),
			  UKS_E_BAD_MATERIAL);
	}
}

/* Whatever bit is changed: refused, or another key; never a crash (sanitizers). */
TEST_F(import, changed_bits_do_no_harm)
{
	static const char * const keys[] = { EC_GOOD, ED_V1, ED_V2 };
	uint8_t der[150];
	size_t i, len, bit;
	uint32_t type, code;

	for (i = 0; i < 3; i++) {
		type = i ? UKS_KEY_ED25519 : UKS_KEY_EC_P256;
		len = unhex(keys[i], der, sizeof(der));
		for (bit = 0; bit < len * 8; bit++) {
			der[bit / 8] ^= 1 << bit % 8;
			code = try_import(&self->daemon, type, UKS_FORMAT_PKCS8, der, len);
			ASSERT_TRUE(!code || code == UKS_E_BAD_MATERIAL);
			der[bit / 8] ^= 1 << bit % 8;
		}
	}
}

TEST_F(import, version_2_brings_its_public_key)
{
	struct daemon *daemon = &self->daemon;
	uint8_t der[150], public_key[32];
	size_t len = unhex(ED_V2, der, sizeof(der));

	unhex(ED_PUB, public_key, 32);
	ASSERT_EQ(ask_import(daemon, "key", UKS_KEY_ED25519, UKS_FORMAT_PKCS8, der, len), 0);
	EXPECT_EQ(memcmp(daemon->attrs[UKS_A_PUBLIC_KEY].value + 12, public_key, 32), 0);
	der[len - 1] ^= 1;
	EXPECT_EQ(try_import(daemon, UKS_KEY_ED25519, UKS_FORMAT_PKCS8, der, len),
		  UKS_E_BAD_MATERIAL);
	EXPECT_NE(strstr(daemon->text, "do not belong together"), NULL);
}

static size_t make_der(const char *algorithm, const char *parameter, uint8_t **der)
{
	EVP_PKEY *pkey;
	PKCS8_PRIV_KEY_INFO *info;
	size_t len;

	if (!strcmp(algorithm, "RSA"))
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	else if (parameter)
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, algorithm, parameter);
	else
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, algorithm);
	info = EVP_PKEY2PKCS8(pkey);
	*der = NULL;
	len = i2d_PKCS8_PRIV_KEY_INFO(info, der);
	PKCS8_PRIV_KEY_INFO_free(info);
	EVP_PKEY_free(pkey);
	return len;
}

TEST_F(import, keys_of_other_kinds_are_named)
{
	static const struct {
		const char *algorithm, *parameter, *text;
	} others[] = {
		{ "EC", "P-384", "ec-p384" },
		{ "EC", "secp256k1", "EC on secp256k1" },
		{ "EC", "brainpoolP256r1", "EC on brainpoolP256r1" },
		{ "RSA", NULL, "rsa-2048" },
		{ "ED25519", NULL, "ed25519" },
		{ "ED448", NULL, "ed448" },
		{ "X25519", NULL, "x25519" },
	};
	struct daemon *daemon = &self->daemon;
	uint8_t *der;
	size_t i, len;

	for (i = 0; i < sizeof(others) / sizeof(*others); i++) {
		len = make_der(others[i].algorithm, others[i].parameter, &der);
		EXPECT_EQ(try_import(daemon, UKS_KEY_EC_P256, UKS_FORMAT_PKCS8, der, len),
			  UKS_E_BAD_MATERIAL);
		EXPECT_NE(strstr(daemon->text, others[i].text), NULL) {
			TH_LOG("%s: %s", others[i].algorithm, daemon->text);
		}
		if (strcmp(others[i].algorithm, "ED25519"))
			EXPECT_EQ(try_import(daemon, UKS_KEY_ED25519, UKS_FORMAT_PKCS8, der, len),
				  UKS_E_BAD_MATERIAL);
		OPENSSL_free(der);
	}
}

TEST_F(import, public_part_must_be_that_of_the_private_one)
{
	struct daemon *daemon = &self->daemon;
	uint8_t *one, *two;
	size_t len = make_der("EC", "P-256", &one);

	ASSERT_EQ(make_der("EC", "P-256", &two), len);
	ASSERT_EQ(try_import(daemon, UKS_KEY_EC_P256, UKS_FORMAT_PKCS8, one, len), 0);
	memcpy(one + len - 65, two + len - 65, 65);
	EXPECT_EQ(try_import(daemon, UKS_KEY_EC_P256, UKS_FORMAT_PKCS8, one, len),
		  UKS_E_BAD_MATERIAL);
	OPENSSL_free(one);
	OPENSSL_free(two);
}

TEST_F(import, encrypted_keys_and_pem_are_refused)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
	struct daemon *daemon = &self->daemon;
	X509_SIG *encrypted = PKCS8_encrypt(-1, EVP_aes_256_cbc(), "secret", 6, NULL, 0, 1000,
					    info);
	BIO *bio = BIO_new(BIO_s_mem());
	uint8_t *der = NULL;
	char *pem;
	long len;

	len = i2d_X509_SIG(encrypted, &der);
	ASSERT_GT(len, 0);
	EXPECT_EQ(try_import(daemon, UKS_KEY_EC_P256, UKS_FORMAT_PKCS8, der, len),
		  UKS_E_BAD_MATERIAL);
	EXPECT_NE(strstr(daemon->text, "openssl pkcs8 -topk8 -nocrypt -outform DER"), NULL);
	OPENSSL_free(der);
	PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio, info);
	len = BIO_get_mem_data(bio, &pem);
	ASSERT_GT(len, 0);
	EXPECT_EQ(try_import(daemon, UKS_KEY_EC_P256, UKS_FORMAT_PKCS8, pem, len),
		  UKS_E_BAD_MATERIAL);
	BIO_free(bio);
	X509_SIG_free(encrypted);
	PKCS8_PRIV_KEY_INFO_free(info);
	EVP_PKEY_free(pkey);
}

TEST_HARNESS_MAIN
