// SPDX-License-Identifier: LGPL-2.1-or-later
/* Published vectors: what others have computed, the provider computes too. */
#include <kselftest_harness.h>
#include <sodium.h>

#include "tests/unit/leaks.h"
#include "tests/unit/uksd-crypto.h"

FIXTURE(vectors)
{
	struct crypto crypto;
};

FIXTURE_SETUP(vectors)
{
	crypto_init(&self->crypto);
}

FIXTURE_TEARDOWN(vectors)
{
	crypto_unload(&self->crypto);
	EXPECT_EQ(leaks(), 0);
}

static void put_hex(struct crypto *crypto, uint16_t parameter, const char *hex)
{
	uint8_t bytes[1024];

	uks_attrs_put(&crypto->writer, parameter, bytes, unhex(hex, bytes, sizeof(bytes)));
}

/* Run @purpose on the message @hex, with the nonce @nonce if there is one. */
static uint32_t run_hex(struct crypto *crypto, uint32_t purpose, uint32_t algorithm,
			uint32_t digest, const char *hex, const char *nonce)
{
	static uint8_t message[4096];
	struct job *job = &crypto->job;

	crypto_job(crypto, purpose, algorithm, digest);
	crypto_message(crypto, message, unhex(hex, message, sizeof(message)));
	if (nonce)
		job->nonce_len = unhex(nonce, job->nonce, sizeof(job->nonce));
	return crypto_run(crypto);
}

#define SP800_38A_KEY	"2b7e151628aed2a6abf7158809cf4f3c"
#define SP800_38A_TEXT	"6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51"

/* SP 800-38A, F.1.1, F.2.1, F.5.1; GB/T 32907, A.1: one block, as CBC from a zero vector */
TEST_F(vectors, ciphers_of_whole_blocks)
{
	static const struct {
		uint32_t type, algorithm;
		const char *key, *nonce, *text, *cipher, *next;
	} v[] = {
		{ UKS_KEY_AES_128, UKS_ALG_AES_ECB, SP800_38A_KEY, NULL, SP800_38A_TEXT,
		  "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf", NULL },
		{ UKS_KEY_AES_128, UKS_ALG_AES_CBC, SP800_38A_KEY,
		  "000102030405060708090a0b0c0d0e0f", SP800_38A_TEXT,
		  "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2",
		  "5086cb9b507219ee95db113a917678b2" },
		{ UKS_KEY_AES_128, UKS_ALG_AES_CTR, SP800_38A_KEY,
		  "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", SP800_38A_TEXT,
		  "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff",
		  "f0f1f2f3f4f5f6f7f8f9fafbfcfdff01" },
		{ UKS_KEY_SM4, UKS_ALG_SM4_CBC, "0123456789abcdeffedcba9876543210",
		  "00000000000000000000000000000000", "0123456789abcdeffedcba9876543210",
		  "681edf34d206965e86b3e94f536e4246", "681edf34d206965e86b3e94f536e4246" },
	};
	struct crypto *crypto = &self->crypto;
	uint8_t next[16];
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(*v); i++) {
		ASSERT_EQ(crypto_import_hex(crypto, v[i].type, UKS_FORMAT_RAW, v[i].key), 0);
		ASSERT_EQ(run_hex(crypto, UKS_PURPOSE_ENCRYPT, v[i].algorithm, 0, v[i].text,
				  v[i].nonce), 0);
		EXPECT_TRUE(crypto_result_is(crypto, v[i].cipher));
		if (v[i].next) {
			unhex(v[i].next, next, sizeof(next));
			EXPECT_EQ(memcmp(crypto->job.nonce, next, 16), 0);
		}
		ASSERT_EQ(run_hex(crypto, UKS_PURPOSE_DECRYPT, v[i].algorithm, 0, v[i].cipher,
				  v[i].nonce), 0);
		EXPECT_TRUE(crypto_result_is(crypto, v[i].text));
		if (v[i].next)
			EXPECT_EQ(memcmp(crypto->job.nonce, next, 16), 0);
		EXPECT_EQ(run_hex(crypto, UKS_PURPOSE_ENCRYPT, v[i].algorithm, 0, "00",
				  v[i].nonce),
			  v[i].algorithm == UKS_ALG_AES_CTR ? 0 : UKS_E_BAD_MESSAGE);
		EXPECT_EQ(run_hex(crypto, UKS_PURPOSE_ENCRYPT, v[i].algorithm, 0, v[i].text,
				  "00"), UKS_E_BAD_PARAMETER);
	}
}

/* A counter block of ones goes on with zeros. */
TEST_F(vectors, counters_wrap_around)
{
	static const uint8_t zeros[16];
	struct crypto *crypto = &self->crypto;

	ASSERT_EQ(crypto_generate(crypto, UKS_KEY_SM4), 0);
	ASSERT_EQ(run_hex(crypto, UKS_PURPOSE_ENCRYPT, UKS_ALG_SM4_CTR, 0, "00",
			  "ffffffffffffffffffffffffffffffff"), 0);
	EXPECT_EQ(memcmp(crypto->job.nonce, zeros, 16), 0);
}

/* SP 800-38C, example 1 */
TEST_F(vectors, aead)
{
	struct crypto *crypto = &self->crypto;
	uint8_t aad[32];

	ASSERT_EQ(crypto_import_hex(crypto, UKS_KEY_AES_128, UKS_FORMAT_RAW,
				    "404142434445464748494a4b4c4d4e4f"), 0);
	crypto_job(crypto, UKS_PURPOSE_ENCRYPT, UKS_ALG_AES_CCM, 0);
	uks_attrs_put_u32(&crypto->writer, UKS_PARAM_NONCE_LEN, 7);
	uks_attrs_put_u32(&crypto->writer, UKS_PARAM_TAG_LEN, 4);
	crypto->job.nonce_len = unhex("10111213141516", crypto->job.nonce, 16);
	crypto->job.aad_len = unhex("0001020304050607", aad, sizeof(aad));
	crypto->job.aad = aad;
	crypto_message(crypto, "\x20\x21\x22\x23", 4);
	ASSERT_EQ(crypto_run(crypto), 0);
	EXPECT_TRUE(crypto_result_is(crypto, "7162015b4dac255d"));
	crypto_job(crypto, UKS_PURPOSE_ENCRYPT, UKS_ALG_AES_CCM, 0);
	uks_attrs_put_u32(&crypto->writer, UKS_PARAM_TAG_LEN, 5);
	EXPECT_EQ(crypto_run(crypto), UKS_E_BAD_PARAMETER);
}

/* SP 800-38B, D.1 (RFC 4493); RFC 4231, 4.2; RFC 2202, 3 */
TEST_F(vectors, macs)
{
	static const struct {
		uint32_t type, algorithm, digest;
		const char *key, *message, *mac;
	} v[] = {
		{ UKS_KEY_AES_128, UKS_ALG_AES_CMAC, 0, SP800_38A_KEY, "",
		  "bb1d6929e95937287fa37d129b756746" },
		{ UKS_KEY_AES_128, UKS_ALG_AES_CMAC, 0, SP800_38A_KEY,
		  "6bc1bee22e409f96e93d7e117393172a", "070a16b46b4d4144f79bdd9dd04a287c" },
		{ UKS_KEY_HMAC_SHA256, UKS_ALG_HMAC, UKS_DIGEST_SHA256,
		  "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
		  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
		{ UKS_KEY_HMAC_SHA1, UKS_ALG_HMAC, UKS_DIGEST_SHA1,
		  "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
		  "b617318655057264e28bc0b6fb378c8ef146be00" },
	};
	struct crypto *crypto = &self->crypto;
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(*v); i++) {
		ASSERT_EQ(crypto_import_hex(crypto, v[i].type, UKS_FORMAT_RAW, v[i].key), 0);
		ASSERT_EQ(run_hex(crypto, UKS_PURPOSE_MAC, v[i].algorithm, v[i].digest,
				  v[i].message, NULL), 0);
		EXPECT_TRUE(crypto_result_is(crypto, v[i].mac));
	}
}

static uint32_t wrap(struct crypto *crypto, uint32_t algorithm, const char *key)
{
	return run_hex(crypto, UKS_PURPOSE_WRAP, algorithm, 0, key, NULL);
}

/* RFC 3394, 4.6; RFC 5649, 6 */
TEST_F(vectors, aes_wraps_keys)
{
	static const struct {
		uint32_t type, algorithm;
		const char *kek, *key, *wrapped;
	} v[] = {
		{ UKS_KEY_AES_256, UKS_ALG_AES_KW,
		  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		  "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f",
		  "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21"
		},
		{ UKS_KEY_AES_192, UKS_ALG_AES_KWP,
		  "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8",
		  "c37b7e6492584340bed12207808941155068f738",
		  "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a" },
	};
	struct crypto *crypto = &self->crypto;
	uint8_t wrapped[64];
	size_t i, at, len;

	for (i = 0; i < sizeof(v) / sizeof(*v); i++) {
		ASSERT_EQ(crypto_import_hex(crypto, v[i].type, UKS_FORMAT_RAW, v[i].kek), 0);
		ASSERT_EQ(wrap(crypto, v[i].algorithm, v[i].key), 0);
		EXPECT_TRUE(crypto_result_is(crypto, v[i].wrapped));
		len = unhex(v[i].wrapped, wrapped, sizeof(wrapped));
		for (at = 0; at <= len; at++) {
			if (at < len)
				wrapped[at] ^= 0x40;
			EXPECT_EQ(crypto_do(crypto, UKS_PURPOSE_UNWRAP, v[i].algorithm, 0, wrapped,
					    len), at < len ? UKS_E_BAD_WRAPPED : 0);
			if (at < len)
				wrapped[at] ^= 0x40;
		}
		EXPECT_TRUE(crypto_result_is(crypto, v[i].key));
	}
	EXPECT_EQ(wrap(crypto, UKS_ALG_AES_KW, "0011223344"), UKS_E_BAD_ALGORITHM);
}

/* RFC 5869, A.1 and A.3 */
TEST_F(vectors, hkdf)
{
	struct crypto *crypto = &self->crypto;

	ASSERT_EQ(crypto_import_hex(crypto, UKS_KEY_SECRET, UKS_FORMAT_RAW,
				    "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), 0);
	crypto_job(crypto, UKS_PURPOSE_DERIVE, UKS_ALG_HKDF, UKS_DIGEST_SHA256);
	put_hex(crypto, UKS_PARAM_SALT, "000102030405060708090a0b0c");
	put_hex(crypto, UKS_PARAM_INFO, "f0f1f2f3f4f5f6f7f8f9");
	uks_attrs_put_u32(&crypto->writer, UKS_PARAM_OUT_LEN, 42);
	ASSERT_EQ(crypto_run(crypto), 0);
	EXPECT_TRUE(crypto_result_is(crypto,
		"3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4"
		"c5bf34007208d5b887185865"));
	/* info in the message, not in both */
	crypto_message(crypto, "\xf0", 1);
	EXPECT_EQ(crypto_run(crypto), UKS_E_BAD_PARAMETER);
	crypto_job(crypto, UKS_PURPOSE_DERIVE, UKS_ALG_HKDF, UKS_DIGEST_SHA256);
	uks_attrs_put_u32(&crypto->writer, UKS_PARAM_OUT_LEN, 42);
	ASSERT_EQ(crypto_run(crypto), 0);
	EXPECT_TRUE(crypto_result_is(crypto,
		"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c73"
		"8d2d9d201395faa4b61a96c8"));
	crypto_job(crypto, UKS_PURPOSE_DERIVE, UKS_ALG_HKDF, UKS_DIGEST_SHA256);
	uks_attrs_put_u32(&crypto->writer, UKS_PARAM_OUT_LEN, 255 * 32 + 1);
	EXPECT_EQ(crypto_run(crypto), UKS_E_BAD_PARAMETER);
}

static uint32_t pbkdf2(struct crypto *crypto, const char *salt, uint32_t iterations, uint32_t len)
{
	crypto_job(crypto, UKS_PURPOSE_DERIVE, UKS_ALG_PBKDF2, UKS_DIGEST_SHA1);
	crypto_message(crypto, salt, strlen(salt));
	uks_attrs_put_u32(&crypto->writer, UKS_PARAM_ITERATIONS, iterations);
	uks_attrs_put_u32(&crypto->writer, UKS_PARAM_OUT_LEN, len);
	return crypto_run(crypto);
}

/* RFC 6070, 2, the fifth; the bounds of SP 800-132 */
TEST_F(vectors, pbkdf2)
{
	static const char salt[] = "saltSALTsaltSALTsaltSALTsaltSALTsalt";
	struct crypto *crypto = &self->crypto;

	ASSERT_EQ(crypto_import(crypto, UKS_KEY_SECRET, UKS_FORMAT_RAW,
				"passwordPASSWORDpassword", 24), 0);
	ASSERT_EQ(pbkdf2(crypto, salt, 4096, 25), 0);
	EXPECT_TRUE(crypto_result_is(crypto,
				     "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038"));
	EXPECT_EQ(pbkdf2(crypto, salt, 999, 25), UKS_E_BAD_PARAMETER);
	EXPECT_EQ(pbkdf2(crypto, salt, 10000001, 25), UKS_E_BAD_PARAMETER);
	EXPECT_EQ(pbkdf2(crypto, salt, 1000, 13), UKS_E_BAD_PARAMETER);
	EXPECT_EQ(pbkdf2(crypto, salt, 1000, 1025), UKS_E_BAD_PARAMETER);
	EXPECT_EQ(pbkdf2(crypto, salt + 21, 1000, 25), UKS_E_BAD_PARAMETER);
	EXPECT_EQ(pbkdf2(crypto, salt + 20, 1000, 14), 0);
	EXPECT_EQ(pbkdf2(crypto, salt + 20, 1000, 1024), 0);
}

#define X25519_SPKI	"302a300506032b656e032100"
#define X448_SPKI	"3042300506032b656f033900"

/* RFC 7748, 5.2 and 6.2; points of small order are refused */
TEST_F(vectors, montgomery)
{
	static const struct {
		uint32_t type, algorithm;
		const char *key, *peer, *secret;
	} v[] = {
		{ UKS_KEY_X25519, UKS_ALG_X25519,
		  "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
		  X25519_SPKI
		  "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
		  "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552" },
		{ UKS_KEY_X448, UKS_ALG_X448,
		  "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b",
		  X448_SPKI
		  "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609",
		  "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56fd2464c335543936521c24403085d59a449a5037514a879d"
		},
	};
	static const char * const small[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	};
	struct crypto *crypto = &self->crypto;
	char hex[128];
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(*v); i++) {
		ASSERT_EQ(crypto_import_hex(crypto, v[i].type, UKS_FORMAT_RAW, v[i].key), 0);
		ASSERT_EQ(run_hex(crypto, UKS_PURPOSE_AGREE, v[i].algorithm, 0, v[i].peer, NULL),
			  0);
		EXPECT_TRUE(crypto_result_is(crypto, v[i].secret));
	}
	ASSERT_EQ(crypto_import_hex(crypto, UKS_KEY_X25519, UKS_FORMAT_RAW, v[0].key), 0);
	for (i = 0; i < sizeof(small) / sizeof(*small); i++) {
		snprintf(hex, sizeof(hex), X25519_SPKI "%s", small[i]);
		EXPECT_EQ(run_hex(crypto, UKS_PURPOSE_AGREE, UKS_ALG_X25519, 0, hex, NULL),
			  UKS_E_BAD_PEER);
	}
	EXPECT_EQ(run_hex(crypto, UKS_PURPOSE_AGREE, UKS_ALG_X25519, 0, v[1].peer, NULL),
		  UKS_E_BAD_PEER);
	EXPECT_EQ(run_hex(crypto, UKS_PURPOSE_AGREE, UKS_ALG_X25519, 0, "3000", NULL),
		  UKS_E_BAD_PEER);
}

/* RFC 8032, 7.4: blank, and 1 octet */
TEST_F(vectors, ed448)
{
	static const struct {
		const char *seed, *message, *signature;
	} v[] = {
		{ "6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95b",
		  "",
		  "533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f2b233f034f628281f2fd7a22ddd47d7828c59bd0a21bfd3980ff0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda8530a113a0f4dbb61149f05a7363268c71d95808ff2e652600"
		},
		{ "c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda2c463afbea67c5e8d2877c5e3bc397a659949ef8021e954e0a12274e",
		  "03",
		  "26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f4352541b143c4b981b7e18f62de8ccdf633fc1bf037ab7cd779805e0dbcc0aae1cbcee1afb2e027df36bc04dcecbf154336c19f0af7e0a6472905e799f1953d2a0ff3348ab21aa4adafd1d234441cf807c03a00"
		},
	};
	struct crypto *crypto = &self->crypto;
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(*v); i++) {
		ASSERT_EQ(crypto_import_hex(crypto, UKS_KEY_ED448, UKS_FORMAT_RAW, v[i].seed), 0);
		ASSERT_EQ(run_hex(crypto, UKS_PURPOSE_SIGN, UKS_ALG_ED448, 0, v[i].message, NULL),
			  0);
		EXPECT_TRUE(crypto_result_is(crypto, v[i].signature));
	}
}

/* GB/T 32918.5, A.2: the digest of Z and message, and the signature, which verifies */
TEST_F(vectors, sm2_verifies_the_published_signature)
{
	static const char spki[] = "3059301306072a8648ce3d020106082a811ccf5501822d034200"
		"0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
		"ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
	static const char signature[] = "3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
		"022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";
	uint8_t bytes[128], z[UKS_PREFIX_MAX];
	struct crypto *crypto = &self->crypto;
	struct output output = { .bytes = z, .size = sizeof(z) };
	char hex[65];
	size_t len;

	len = unhex(signature, bytes, sizeof(bytes));
	ASSERT_EQ(crypto_import_hex(crypto, UKS_KEY_SM2, UKS_FORMAT_SPKI, spki), 0);
	EXPECT_EQ(crypto_verify(crypto, UKS_ALG_SM2_SIGN, UKS_DIGEST_SM3, "message digest", 14,
				bytes, len), 0);
	EXPECT_EQ(crypto_verify(crypto, UKS_ALG_SM2_SIGN, UKS_DIGEST_SM3, "message digesT", 14,
				bytes, len), UKS_E_BAD_SIGNATURE);
	crypto_job(crypto, UKS_PURPOSE_VERIFY, UKS_ALG_SM2_SIGN, UKS_DIGEST_SM3);
	ASSERT_EQ(provider_sealed.prefix(crypto->loaded, &crypto->job, &output, &crypto->failure),
		  0);
	ASSERT_EQ(output.len, 32);
	EXPECT_STREQ(sodium_bin2hex(hex, sizeof(hex), z, 32),
		     "b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3");
}

TEST_HARNESS_MAIN
