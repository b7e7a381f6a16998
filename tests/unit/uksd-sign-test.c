// SPDX-License-Identifier: LGPL-2.1-or-later
/* Signatures: published vectors, and OpenSSL on the other side. */
#include <kselftest_harness.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sodium.h>

#include "tests/unit/leaks.h"
#include "tests/unit/uksd-daemon.h"

FIXTURE(sign)
{
	struct daemon daemon;
	uint8_t id[UKS_KEY_ID_LEN];
	uint8_t spki[100];
	size_t spki_len;
};

FIXTURE_SETUP(sign)
{
	ASSERT_EQ(daemon_new(&self->daemon), 0);
	ASSERT_EQ(daemon_start(&self->daemon), 0) {
		TH_LOG("%s", self->daemon.failure.text);
	}
}

FIXTURE_TEARDOWN(sign)
{
	daemon_stop(&self->daemon);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

static size_t unhex(const char *hex, uint8_t *bytes, size_t size)
{
	size_t len;

	if (sodium_hex2bin(bytes, size, hex, strlen(hex), NULL, &len, NULL))
		abort();
	return len;
}

/* Remember the key that the last answer described. */
static void remember(struct daemon *daemon, uint8_t *id, uint8_t *spki, size_t *spki_len)
{
	const struct uks_attr *public_key = &daemon->attrs[UKS_A_PUBLIC_KEY];

	memcpy(id, daemon->attrs[UKS_A_KEY_ID].value, UKS_KEY_ID_LEN);
	*spki_len = public_key->len;
	if (public_key->len)
		memcpy(spki, public_key->value, public_key->len);
}

#define REMEMBER() remember(&self->daemon, self->id, self->spki, &self->spki_len)

/* DER PrivateKeyInfo (RFC 5958, RFC 5915) of a private number on P-256. */
static size_t ec_pkcs8(const char *number, uint8_t *der, size_t size)
{
	char hex[200];

	snprintf(hex, sizeof(hex), "%s%s",
		 "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420",
		 number);
	return unhex(hex, der, size);
}

/* DER Ecdsa-Sig-Value of two numbers. */
static size_t ecdsa_der(const char *r, const char *s, uint8_t *der)
{
	BIGNUM *r_number = NULL, *s_number = NULL;
	ECDSA_SIG *signature = ECDSA_SIG_new();
	size_t len;

	BN_hex2bn(&r_number, r);
	BN_hex2bn(&s_number, s);
	ECDSA_SIG_set0(signature, r_number, s_number);
	len = i2d_ECDSA_SIG(signature, &der);
	ECDSA_SIG_free(signature);
	return len;
}

static const EVP_MD *md_of(uint32_t digest)
{
	switch (digest) {
	case UKS_DIGEST_SHA256:
		return EVP_sha256();
	case UKS_DIGEST_SHA384:
		return EVP_sha384();
	case UKS_DIGEST_SHA512:
		return EVP_sha512();
	default:
		return NULL;
	}
}

static size_t hash(uint32_t digest, const void *message, size_t len, uint8_t *result)
{
	unsigned int result_len;

	if (EVP_Digest(message, len, result, &result_len, md_of(digest), NULL) != 1)
		abort();
	return result_len;
}

static int openssl_verify(const uint8_t *spki, size_t spki_len, uint32_t digest,
			  const void *message, size_t len, const struct uks_attr *signature)
{
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &spki, spki_len);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ret = -1;

	if (EVP_DigestVerifyInit(ctx, NULL, md_of(digest), NULL, pkey) == 1)
		ret = EVP_DigestVerify(ctx, signature->value, signature->len, message, len);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return ret;
}

static size_t openssl_sign(EVP_PKEY *pkey, uint32_t digest, const void *message, size_t len,
			   uint8_t *signature, size_t size)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (EVP_DigestSignInit(ctx, NULL, md_of(digest), NULL, pkey) != 1 ||
	    EVP_DigestSign(ctx, signature, &size, message, len) != 1)
		abort();
	EVP_MD_CTX_free(ctx);
	return size;
}

/* RFC 8032, section 7.1 */
static const struct {
	const char *seed, *public_key, *message, *signature;
} rfc8032[] = {
	{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
	  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
	},
	{ "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	  "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
	  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
	},
	{ "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
	  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
	},
	{ "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
	  "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
	  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
	  "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
	},
};

TEST_F(sign, ed25519_gives_the_published_signatures)
{
	struct daemon *daemon = &self->daemon;
	uint8_t seed[32], public_key[32], message[64], signature[64];
	size_t i, len;

	for (i = 0; i < sizeof(rfc8032) / sizeof(*rfc8032); i++) {
		unhex(rfc8032[i].seed, seed, 32);
		unhex(rfc8032[i].public_key, public_key, 32);
		len = unhex(rfc8032[i].message, message, sizeof(message));
		unhex(rfc8032[i].signature, signature, 64);
		ASSERT_EQ(ask_import(daemon, "key", UKS_KEY_ED25519, UKS_FORMAT_RAW, seed, 32), 0);
		REMEMBER();
		ASSERT_EQ(self->spki_len, 44);
		EXPECT_EQ(memcmp(self->spki + 12, public_key, 32), 0);
		ASSERT_EQ(ask_sign(daemon, self->id, UKS_ALG_ED25519, 0, message, len), 0);
		ASSERT_EQ(daemon->attrs[UKS_A_SIGNATURE].len, 64);
		EXPECT_EQ(memcmp(daemon->attrs[UKS_A_SIGNATURE].value, signature, 64), 0);
		EXPECT_EQ(ask_verify(daemon, self->id, UKS_ALG_ED25519, 0, message, len,
				     signature, 64), 0);
		ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_DELETE, "key"), 0);
	}
}

/* RFC 6979, A.2.5: one key, several messages and digests */
static const char rfc6979_number[] =
	"C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721";
static const char rfc6979_point[] = {
	"0460FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB67903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"
};

static const struct {
	const char *message;
	uint32_t digest;
	const char *r, *s;
} rfc6979[] = {
	{ "sample", UKS_DIGEST_SHA256,
	  "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
	  "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8" },
	{ "sample", UKS_DIGEST_SHA384,
	  "0EAFEA039B20E9B42309FB1D89E213057CBF973DC0CFC8F129EDDDC800EF7719",
	  "4861F0491E6998B9455193E34E7B0D284DDD7149A74B95B9261F13ABDE940954" },
	{ "sample", UKS_DIGEST_SHA512,
	  "8496A60B5E9B47C825488827E0495B0E3FA109EC4568FD3F8D1097678EB97F00",
	  "2362AB1ADBE2B8ADF9CB9EDAB740EA6049C028114F2460F96554F61FAE3302FE" },
	{ "test", UKS_DIGEST_SHA256,
	  "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367",
	  "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083" },
	{ "test", UKS_DIGEST_SHA384,
	  "83910E8B48BB0C74244EBDF7F07A1C5413D61472BD941EF3920E623FBCCEBEB6",
	  "8DDBEC54CF8CD5874883841D712142A56A8D0F218F5003CB0296B6B509619F2C" },
	{ "test", UKS_DIGEST_SHA512,
	  "461D93F31B6540894788FD206C07CFA0CC35F46FA3C91816FFF1040AD1581A04",
	  "39AF9F15DE0DB8D97E72719C74820D304CE5226E32DEDAE67519E840D1194E55" },
};

TEST_F(sign, ecdsa_verifies_the_published_signatures)
{
	struct daemon *daemon = &self->daemon;
	uint8_t der[100], point[65], digest[64], signature[80];
	size_t i, len, digest_len;

	len = ec_pkcs8(rfc6979_number, der, sizeof(der));
	ASSERT_EQ(ask_import(daemon, "key", UKS_KEY_EC_P256, UKS_FORMAT_PKCS8, der, len), 0) {
		TH_LOG("%s", daemon->text);
	}
	REMEMBER();
	unhex(rfc6979_point, point, 65);
	ASSERT_EQ(self->spki_len, 91);
	EXPECT_EQ(memcmp(self->spki + 26, point, 65), 0);
	for (i = 0; i < sizeof(rfc6979) / sizeof(*rfc6979); i++) {
		digest_len = hash(rfc6979[i].digest, rfc6979[i].message,
				  strlen(rfc6979[i].message), digest);
		len = ecdsa_der(rfc6979[i].r, rfc6979[i].s, signature);
		EXPECT_EQ(ask_verify(daemon, self->id, UKS_ALG_ECDSA, rfc6979[i].digest, digest,
				     digest_len, signature, len), 0);
		digest[digest_len - 1] ^= 1;
		EXPECT_EQ(ask_verify(daemon, self->id, UKS_ALG_ECDSA, rfc6979[i].digest, digest,
				     digest_len, signature, len),
			  digest_len > 32 ? 0 : UKS_E_BAD_SIGNATURE);
		digest[0] ^= 1;
		EXPECT_EQ(ask_verify(daemon, self->id, UKS_ALG_ECDSA, rfc6979[i].digest, digest,
				     digest_len, signature, len), UKS_E_BAD_SIGNATURE);
		EXPECT_EQ(daemon->answer.error, EBADMSG);
	}
}

/* NIST CAVP, FIPS 186-4 ECDSA SigGen, P-256 with SHA-256, first vector */
static const struct {
	const char *number, *point, *message, *r, *s;
} nist = {
	"519b423d715f8b581f4fa8ee59f4771a5b44c8130b4e3eacca54a56dda72b464",
	"041ccbe91c075fc7f4f033bfa248db8fccd3565de94bbfb12f3c59ff46c271bf83ce4014c68811f9a21a1fdb2c0e6113e06db7ca93b7404e78dc7ccd5ca89a4ca9",
	"5905238877c77421f73e43ee3da6f2d9e2ccad5fc942dcec0cbd25482935faaf416983fe165b1a045ee2bcd2e6dca3bdf46c4310a7461f9a37960ca672d3feb5473e253605fb1ddfd28065b53cb5858a8ad28175bf9bd386a5e471ea7a65c17cc934a9d791e91491eb3754d03799790fe2d308d16146d5c9b0d0debd97d79ce8",
	"f3ac8061b514795b8843e3d6629527ed2afd6b1f6a555a7acabb5e6f79c8c2ac",
	"8bf77819ca05a6b2786c76262bf7371cef97b218e96f175a3ccdda2acc058903",
};

TEST_F(sign, ecdsa_agrees_with_nist)
{
	struct daemon *daemon = &self->daemon;
	uint8_t der[100], point[65], message[128], digest[64], signature[80];
	size_t len;

	len = ec_pkcs8(nist.number, der, sizeof(der));
	ASSERT_EQ(ask_import(daemon, "key", UKS_KEY_EC_P256, UKS_FORMAT_PKCS8, der, len), 0);
	REMEMBER();
	unhex(nist.point, point, 65);
	EXPECT_EQ(memcmp(self->spki + 26, point, 65), 0);
	len = unhex(nist.message, message, sizeof(message));
	hash(UKS_DIGEST_SHA256, message, len, digest);
	len = ecdsa_der(nist.r, nist.s, signature);
	EXPECT_EQ(ask_verify(daemon, self->id, UKS_ALG_ECDSA, UKS_DIGEST_SHA256, digest, 32,
			     signature, len), 0);
}

#define MESSAGE	"a message"

TEST_F(sign, openssl_verifies_what_uks_signs)
{
	struct daemon *daemon = &self->daemon;
	uint8_t digest[64];
	uint32_t i;
	size_t len;

	ASSERT_EQ(ask_generate(daemon, "ec", UKS_KEY_EC_P256), 0);
	REMEMBER();
	for (i = UKS_DIGEST_SHA256; i <= UKS_DIGEST_SHA512; i++) {
		len = hash(i, MESSAGE, strlen(MESSAGE), digest);
		ASSERT_EQ(ask_sign(daemon, self->id, UKS_ALG_ECDSA, i, digest, len), 0);
		EXPECT_EQ(openssl_verify(self->spki, self->spki_len, i, MESSAGE, strlen(MESSAGE),
					 &daemon->attrs[UKS_A_SIGNATURE]), 1);
		EXPECT_NE(openssl_verify(self->spki, self->spki_len, i, "another", 7,
					 &daemon->attrs[UKS_A_SIGNATURE]), 1);
	}
	ASSERT_EQ(ask_generate(daemon, "ed", UKS_KEY_ED25519), 0);
	REMEMBER();
	ASSERT_EQ(ask_sign(daemon, self->id, UKS_ALG_ED25519, 0, MESSAGE, strlen(MESSAGE)), 0);
	EXPECT_EQ(openssl_verify(self->spki, self->spki_len, 0, MESSAGE, strlen(MESSAGE),
				 &daemon->attrs[UKS_A_SIGNATURE]), 1);
	EXPECT_NE(openssl_verify(self->spki, self->spki_len, 0, "another", 7,
				 &daemon->attrs[UKS_A_SIGNATURE]), 1);
}

/* Signatures by the same private key, which OpenSSL made and UKS imported. */
TEST_F(sign, uks_verifies_what_openssl_signs)
{
	struct daemon *daemon = &self->daemon;
	EVP_PKEY *keys[] = { EVP_EC_gen("P-256"), EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") };
	uint8_t digest[64], signature[100], *der;
	PKCS8_PRIV_KEY_INFO *info;
	uint32_t type, algorithm, md;
	size_t i, len, digest_len;

	for (i = 0; i < 2; i++) {
		type = i ? UKS_KEY_ED25519 : UKS_KEY_EC_P256;
		algorithm = i ? UKS_ALG_ED25519 : UKS_ALG_ECDSA;
		md = i ? 0 : UKS_DIGEST_SHA256;
		info = EVP_PKEY2PKCS8(keys[i]);
		der = NULL;
		len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
		PKCS8_PRIV_KEY_INFO_free(info);
		ASSERT_EQ(ask_import(daemon, "key", type, UKS_FORMAT_PKCS8, der, len), 0) {
			TH_LOG("%s", daemon->text);
		}
		OPENSSL_free(der);
		REMEMBER();
		len = openssl_sign(keys[i], md, MESSAGE, strlen(MESSAGE), signature,
				   sizeof(signature));
		memcpy(digest, MESSAGE, strlen(MESSAGE));
		digest_len = md ? hash(md, MESSAGE, strlen(MESSAGE), digest) : strlen(MESSAGE);
		EXPECT_EQ(ask_verify(daemon, self->id, algorithm, md, digest, digest_len,
				     signature, len), 0);
		digest[0] ^= 1;
		EXPECT_EQ(ask_verify(daemon, self->id, algorithm, md, digest, digest_len,
				     signature, len), UKS_E_BAD_SIGNATURE);
		ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_DELETE, "key"), 0);
		EVP_PKEY_free(keys[i]);
	}
}

/* Whatever is in the place of a signature is wrong, and does no harm. */
TEST_F(sign, each_changed_signature_is_wrong)
{
	struct daemon *daemon = &self->daemon;
	uint8_t digest[64], signature[100];
	uint32_t algorithm, type, md;
	size_t i, len, digest_len;

	hash(UKS_DIGEST_SHA512, MESSAGE, strlen(MESSAGE), digest);
	for (type = UKS_KEY_EC_P256; type <= UKS_KEY_ED25519; type++) {
		algorithm = type == UKS_KEY_EC_P256 ? UKS_ALG_ECDSA : UKS_ALG_ED25519;
		md = type == UKS_KEY_EC_P256 ? UKS_DIGEST_SHA512 : 0;
		digest_len = 64;
		ASSERT_EQ(ask_generate(daemon, "key", type), 0);
		REMEMBER();
		ASSERT_EQ(ask_sign(daemon, self->id, algorithm, md, digest, digest_len), 0);
		len = daemon->attrs[UKS_A_SIGNATURE].len;
		memcpy(signature, daemon->attrs[UKS_A_SIGNATURE].value, len);
		for (i = 0; i < len * 8; i++) {
			signature[i / 8] ^= 1 << i % 8;
			ASSERT_EQ(ask_verify(daemon, self->id, algorithm, md, digest, digest_len,
					     signature, len), UKS_E_BAD_SIGNATURE);
			signature[i / 8] ^= 1 << i % 8;
		}
		for (i = 1; i < len; i++)
			ASSERT_EQ(ask_verify(daemon, self->id, algorithm, md, digest, digest_len,
					     signature, i), UKS_E_BAD_SIGNATURE);
		signature[len] = 0;
		EXPECT_EQ(ask_verify(daemon, self->id, algorithm, md, digest, digest_len,
				     signature, len + 1), UKS_E_BAD_SIGNATURE);
		EXPECT_EQ(ask_verify(daemon, self->id, algorithm, md, digest, digest_len,
				     signature, len), 0);
		ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_DELETE, "key"), 0);
	}
}

TEST_F(sign, another_key_is_wrong)
{
	struct daemon *daemon = &self->daemon;
	uint8_t signature[64];

	ASSERT_EQ(ask_generate(daemon, "one", UKS_KEY_ED25519), 0);
	REMEMBER();
	ASSERT_EQ(ask_sign(daemon, self->id, UKS_ALG_ED25519, 0, MESSAGE, 5), 0);
	memcpy(signature, daemon->attrs[UKS_A_SIGNATURE].value, 64);
	ASSERT_EQ(ask_generate(daemon, "two", UKS_KEY_ED25519), 0);
	REMEMBER();
	EXPECT_EQ(ask_verify(daemon, self->id, UKS_ALG_ED25519, 0, MESSAGE, 5, signature, 64),
		  UKS_E_BAD_SIGNATURE);
}

TEST_F(sign, digests_must_fit)
{
	static const size_t lengths[] = { 0, 32, 48, 64 };
	struct daemon *daemon = &self->daemon;
	uint8_t message[100] = { 0 };
	uint32_t digest;
	size_t len;

	ASSERT_EQ(ask_generate(daemon, "ec", UKS_KEY_EC_P256), 0);
	REMEMBER();
	for (digest = UKS_DIGEST_SHA256; digest <= UKS_DIGEST_SHA512; digest++)
		for (len = 0; len <= 100; len++)
			ASSERT_EQ(ask_sign(daemon, self->id, UKS_ALG_ECDSA, digest, message, len),
				  len == lengths[digest] ? 0 : UKS_E_BAD_DIGEST);
	EXPECT_EQ(ask_sign(daemon, self->id, UKS_ALG_ECDSA, 0, message, 32), UKS_E_BAD_DIGEST);
	EXPECT_EQ(ask_sign(daemon, self->id, UKS_ALG_ECDSA, UKS_DIGEST_SHA1, message, 20),
		  UKS_E_LEGACY);
	EXPECT_EQ(ask_sign(daemon, self->id, UKS_ALG_ECDSA, UKS_DIGEST_GIVEN + 1, message, 32),
		  UKS_E_BAD_DIGEST);
	ASSERT_EQ(ask_generate(daemon, "ed", UKS_KEY_ED25519), 0);
	REMEMBER();
	EXPECT_EQ(ask_sign(daemon, self->id, UKS_ALG_ED25519, UKS_DIGEST_SHA512, message, 64),
		  UKS_E_BAD_DIGEST);
}

TEST_F(sign, ed25519_takes_the_longest_message)
{
	struct daemon *daemon = &self->daemon;
	uint8_t *message = calloc(1, UKS_MESSAGE_MAX);

	ASSERT_NE(message, NULL);
	ASSERT_EQ(ask_generate(daemon, "key", UKS_KEY_ED25519), 0);
	REMEMBER();
	ASSERT_EQ(ask_sign(daemon, self->id, UKS_ALG_ED25519, 0, message, UKS_MESSAGE_MAX), 0);
	EXPECT_EQ(openssl_verify(self->spki, self->spki_len, 0, message, UKS_MESSAGE_MAX,
				 &daemon->attrs[UKS_A_SIGNATURE]), 1);
	free(message);
}

/* Each use of a session is checked again: the kernel could be wrong. */
TEST_F(sign, use_is_checked_each_time)
{
	static const uint8_t digest[32] = { 0 };
	struct daemon *daemon = &self->daemon;
	uint8_t no_id[UKS_KEY_ID_LEN] = { 0 };

	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "verify only");
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, UKS_KEY_EC_P256);
	uks_attrs_put_u32(&daemon->in, UKS_A_PURPOSES, UKS_PURPOSE_VERIFY);
	ASSERT_EQ(ask(daemon, UKS_OP_KEY_GENERATE), 0);
	REMEMBER();
	EXPECT_EQ(ask_sign(daemon, self->id, UKS_ALG_ECDSA, UKS_DIGEST_SHA256, digest, 32),
		  UKS_E_BAD_PURPOSE);
	EXPECT_EQ(ask_verify(daemon, self->id, UKS_ALG_ED25519, 0, digest, 32, digest, 32),
		  UKS_E_BAD_ALGORITHM);
	EXPECT_EQ(ask_verify(daemon, self->id, UKS_ALG_ECDSA, UKS_DIGEST_SHA256, digest, 32,
			     digest, 32), UKS_E_BAD_SIGNATURE);
	/* a verifying session asks for a signature */
	daemon->in.len = 0;
	uks_attrs_put(&daemon->in, UKS_A_KEY_ID, self->id, UKS_KEY_ID_LEN);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_VERSION, 1);
	uks_attrs_put_u32(&daemon->in, UKS_A_PURPOSES, UKS_PURPOSE_VERIFY);
	uks_attrs_put_u32(&daemon->in, UKS_A_ALGORITHM, UKS_ALG_ECDSA);
	uks_attrs_put_u32(&daemon->in, UKS_A_DIGEST, UKS_DIGEST_SHA256);
	uks_attrs_put(&daemon->in, UKS_A_MESSAGE, digest, 32);
	EXPECT_EQ(ask(daemon, UKS_OP_SIGN), UKS_E_WRONG_PURPOSE);
	/* a version that there is not */
	daemon->in.len = 0;
	uks_attrs_put(&daemon->in, UKS_A_KEY_ID, self->id, UKS_KEY_ID_LEN);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_VERSION, 2);
	uks_attrs_put_u32(&daemon->in, UKS_A_PURPOSES, UKS_PURPOSE_SIGN);
	uks_attrs_put_u32(&daemon->in, UKS_A_ALGORITHM, UKS_ALG_ECDSA);
	uks_attrs_put_u32(&daemon->in, UKS_A_DIGEST, UKS_DIGEST_SHA256);
	uks_attrs_put(&daemon->in, UKS_A_MESSAGE, digest, 32);
	EXPECT_EQ(ask(daemon, UKS_OP_SIGN), UKS_E_NO_VERSION);
	EXPECT_EQ(ask_sign(daemon, no_id, UKS_ALG_ECDSA, UKS_DIGEST_SHA256, digest, 32),
		  UKS_E_NO_KEY);
	ASSERT_EQ(ask_generate(daemon, "symmetric", UKS_KEY_AES_128), 0);
	REMEMBER();
	EXPECT_EQ(ask_sign(daemon, self->id, UKS_ALG_ECDSA, UKS_DIGEST_SHA256, digest, 32),
		  UKS_E_BAD_PURPOSE);
}

TEST_HARNESS_MAIN
