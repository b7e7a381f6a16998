// SPDX-License-Identifier: LGPL-2.1-or-later
/* JSON Web Keys: the examples of RFC 7515 and RFC 8037, and what is no such key. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kselftest_harness.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>

#include "leaks.h"
#include "tests/unit/format.h"
#include "uksctl/base64url.h"

/* RFC 7515, A.1 */
#define OCT "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
/* RFC 7515, A.2 */
#define RSA_N "\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-" \
	"4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb" \
	"_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uD" \
	"Zlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW" \
	"9gb54h4FRWyuXpoQ\""
#define RSA_D "\"d\":\"Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKM" \
	"gvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0" \
	"QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUS" \
	"hb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91" \
	"p1DhOVRuOopznQ\""
#define RSA_PQ "\"p\":\"4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58B" \
	"Q3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC" \
	"-KDV5z-y2XDwGUc\",\"q\":\"uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaew" \
	"HgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11B" \
	"KBBypeeF6689rjcJIDEz9RWdc\""
#define RSA_CRT "\"dp\":\"BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9Yk" \
	"xvuxdBfpT_PI7Yz-FOKnu1R6HsJeDCjn12Sk3vmAktV2zb34MCdy7cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr" \
	"1C1XsmvkxHQAdYo0\",\"dq\":\"h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsWa7" \
	"I9xXDoRwbKgB719rrmI2oKr6N3Do9U0ajaHF-NKJnwgjMd2w9cjz3_-kyNlxAr2v4IKhGNpmM5iIgOS1VZnOZ6" \
	"8m6_pbLBSp3nssTdlqvd0tIiTHU\",\"qi\":\"IYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-Dlc" \
	"xyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd_QJQ3ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOg" \
	"o1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK0JKSHuLFkuQ3U\""
/* RFC 7515, A.3 */
#define P256_X	"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define P256_Y	"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define P256_D	"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"
/* RFC 7515, A.4 */
#define P521_XY	"\"x\":\"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS" \
	"9tsz4qUxcWceqwQGk\",\"y\":\"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly7" \
	"9ajL4Kkd0AZMaZmh9ubmf63e3kyMj2\""
#define P521_D	"AY5pb7A0UFiB3RELSD64fTLOSV_jazdF7fLYyuTw8lOfRhWg6Y6rUrPAxerEzgdRhajnu0ferB0d53v" \
	"M9mE15j2C"
/* RFC 8037, A.1, A.6 */
#define ED_X	"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define ED_D	"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
#define X25519_X "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"

#define EC256	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "\",\"y\":\"" P256_Y "\""
#define OKP	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED_X "\""

static const struct {
	const char *text;
	uint32_t type, format;
} examples[] = {
	{ "{\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":\"" OCT "\"}", UKS_KEY_HMAC_SHA256,
	  UKS_FORMAT_RAW },
	{ "{\"kty\":\"RSA\"," RSA_N ",\"e\":\"AQAB\"," RSA_D "," RSA_PQ "," RSA_CRT "}",
	  UKS_KEY_RSA_2048, UKS_FORMAT_PKCS8 },
	{ "{\"kty\":\"RSA\"," RSA_N ",\"e\":\"AQAB\"}", UKS_KEY_RSA_2048, UKS_FORMAT_SPKI },
	{ EC256 ",\"d\":\"" P256_D "\"}", UKS_KEY_EC_P256, UKS_FORMAT_PKCS8 },
	{ EC256 "}", UKS_KEY_EC_P256, UKS_FORMAT_SPKI },
	{ "{\"kty\":\"EC\",\"crv\":\"P-521\"," P521_XY ",\"d\":\"" P521_D "\"}", UKS_KEY_EC_P521,
	  UKS_FORMAT_PKCS8 },
	{ OKP ",\"d\":\"" ED_D "\"}", UKS_KEY_ED25519, UKS_FORMAT_PKCS8 },
	{ OKP "}", UKS_KEY_ED25519, UKS_FORMAT_SPKI },
	{ "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" X25519_X "\"}", UKS_KEY_X25519,
	  UKS_FORMAT_SPKI },
	{ " \r\n\t{\"keys\":[" OKP "}]}\n", UKS_KEY_ED25519, UKS_FORMAT_SPKI },
};

#define NR_EXAMPLES	ARRAY_SIZE(examples)

static int read_text(const char *text, uint32_t type, struct format_key *key,
		     struct uks_err *err)
{
	struct sample nobody = { .len = 0 };

	return read_exact((const uint8_t *)text, strlen(text), &nobody, NULL, type, key, err);
}

TEST(takes_the_examples_of_the_standards)
{
	struct format_key key;
	struct uks_err err;
	size_t i;

	for (i = 0; i < NR_EXAMPLES; i++) {
		ASSERT_EQ(read_text(examples[i].text, 0, &key, &err), 0) {
			TH_LOG("%s: %s", examples[i].text, err.text);
		}
		EXPECT_EQ(key.type, examples[i].type);
		EXPECT_EQ(key.format, examples[i].format);
		format_free(&key);
	}
	EXPECT_EQ(leaks(), 0);
}

/* The bytes are those of the standard: a seed is found in PKCS#8, a public key in SPKI. */
TEST(gives_the_bytes_of_the_standards)
{
	static const char *const endings[][2] = {
		{ OKP ",\"d\":\"" ED_D "\"}", ED_D },
		{ OKP "}", ED_X },
		{ EC256 "}", P256_Y },
		{ "{\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":\"" OCT "\"}", OCT },
	};
	struct format_key key;
	struct uks_err err;
	uint8_t bytes[128];
	size_t i;
	long len;

	for (i = 0; i < ARRAY_SIZE(endings); i++) {
		ASSERT_EQ(read_text(endings[i][0], 0, &key, &err), 0);
		len = base64url_decode(endings[i][1], bytes);
		ASSERT_GT(len, 31);
		ASSERT_GE(key.len, (size_t)len);
		EXPECT_EQ(memcmp(key.data + key.len - len, bytes, len), 0);
		format_free(&key);
	}
}

TEST(is_refused_when_cut_or_followed_by_something)
{
	struct format_key key = { 0 };
	struct uks_err err;
	char text[4096];
	size_t i, len;

	for (i = 0; i < NR_EXAMPLES; i++) {
		for (len = 0; len < strlen(examples[i].text); len++) {
			if (examples[i].text[len] == '\n' && len > 10)
				continue;
			snprintf(text, len + 1, "%s", examples[i].text);
			ASSERT_NE(read_text(text, 0, &key, &err), 0);
			ASSERT_GT(strlen(err.text), 10);
			ASSERT_EQ(key.data, NULL);
		}
		snprintf(text, sizeof(text), "%s x", examples[i].text);
		EXPECT_NE(read_text(text, 0, &key, &err), 0);
		EXPECT_EQ(err.code, UKS_E_BAD_MATERIAL);
	}
	EXPECT_EQ(leaks(), 0);
}

/*
 * Of a private key no character of its numbers may be changed. Without its member "d"
 * it is public; without "dp", "dq" or "qi" it is still the same.
 */
TEST(is_refused_when_changed)
{
	struct format_key key = { 0 }, original;
	struct uks_err err;
	size_t i, j;
	char *text;

	for (i = 0; i < NR_EXAMPLES; i++) {
		if (examples[i].format != UKS_FORMAT_PKCS8)
			continue;
		ASSERT_EQ(read_text(examples[i].text, 0, &original, &err), 0);
		text = strdup(examples[i].text);
		for (j = 0; text[j]; j += strlen(text) > 1000 ? 5 : 1) {
			text[j] ^= 1 << j % 7;
			if (!read_text(text, 0, &key, &err)) {
				ASSERT_TRUE(key.format == UKS_FORMAT_SPKI ||
					    (key.len == original.len &&
					     !memcmp(key.data, original.data, key.len))) {
					TH_LOG("at %zu: %s", j, text);
				}
				ASSERT_TRUE(text[j + 1] == '"' || text[j + 2] == '"');
				format_free(&key);
			}
			text[j] ^= 1 << j % 7;
		}
		free(text);
		format_free(&original);
	}
	EXPECT_EQ(leaks(), 0);
}

TEST(is_refused_with_its_reason)
{
	static const char *const cases[][2] = {
		{ "{\"kty\":\"oct\",\"k\":\"AAAA\"}", "use --type" },
		{ "{\"kty\":\"oct\",\"alg\":\"A128GCM\",\"k\":\"AAAA\"}", "16 bytes" },
		{ "{\"kty\":\"oct\"}", "lacks member 'k'" },
		{ "{\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":\"AAA=\"}", "base64url" },
		{ "{\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":\"AAB\"}", "base64url" },
		{ "{\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":\"AA AA\"}", "base64url" },
		{ "{\"kty\":\"oct\",\"alg\":\"HS256\",\"k\":7}", "not text" },
		{ "{\"kty\":\"oct\",\"kty\":\"oct\",\"k\":\"AAAA\"}", "duplicate" },
		{ "{\"kty\":\"dodo\"}", "kind 'dodo'" },
		{ "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"AA\",\"y\":\"AA\"}", "secp256k1" },
		{ "{\"kty\":\"EC\",\"crv\":\"Ed25519\",\"x\":\"AA\",\"y\":\"AA\"}", "not known" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "\"}", "'y'" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "\",\"y\":\"AA\"}",
		  "must have 32" },
		{ "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_Y "\",\"y\":\"" P256_X "\"}",
		  "on its curve" },
		{ EC256 ",\"d\":\"" ED_D "\"}", "belong together" },
		{ OKP ",\"d\":\"" P256_D "\"}", "belong together" },
		{ "{\"kty\":\"RSA\"," RSA_N ",\"e\":\"AQAB\"," RSA_D "}", "'p' and 'q'" },
		{ "{\"kty\":\"RSA\"," RSA_N ",\"e\":\"AQAB\"," RSA_PQ "}", "'d'" },
		{ "{\"kty\":\"RSA\",\"e\":\"AQAB\"}", "lacks member 'n'" },
		{ "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}", "bits" },
		{ "{\"keys\":[" OKP "}," OKP "}]}", "2 keys" },
		{ "{\"keys\":[]}", "0 keys" },
		{ "{\"keys\":[7]}", "lacks member 'kty'" },
		{ "[{\"kty\":\"oct\"}]", "no PEM" },
	};
	struct format_key key = { 0 };
	struct uks_err err;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		EXPECT_NE(read_text(cases[i][0], 0, &key, &err), 0);
		EXPECT_EQ(err.code, UKS_E_BAD_MATERIAL);
		EXPECT_NE(strstr(err.text, cases[i][1]), NULL) {
			TH_LOG("%s: %s", cases[i][0], err.text);
		}
		EXPECT_EQ(key.data, NULL);
	}
	EXPECT_EQ(leaks(), 0);
}

TEST(tells_what_is_not_taken_over)
{
	struct format_key key;
	struct uks_err err;

	ASSERT_EQ(read_text(OKP ",\"use\":\"sig\"}", 0, &key, &err), 0);
	EXPECT_NE(strstr(key.notice, "--purpose"), NULL);
	format_free(&key);
}

/* What is written is what was read, for each format that writes. */
TEST(public_keys_come_back_as_they_were_written)
{
	static const char *const formats[] = { "pem", "der", "jwk", "openssh" };
	uint8_t data[FORMAT_OUTPUT_MAX];
	struct sample nobody = { .len = 0 };
	struct format_key key, back;
	struct uks_err err;
	EVP_PKEY *pkey;
	size_t i, j, len;

	for (i = 0; i < NR_EXAMPLES * 4; i++) {
		if (examples[i / 4].format != UKS_FORMAT_SPKI)
			continue;
		j = i % 4;
		ASSERT_EQ(read_text(examples[i / 4].text, 0, &key, &err), 0);
		pkey = format_public_pkey(key.data, key.len, &err);
		ASSERT_NE(pkey, NULL);
		if (key.type == UKS_KEY_X25519 && !strcmp(formats[j], "openssh")) {
			EXPECT_NE(format_named(formats[j])->write(pkey, "", data, &len, &err), 0);
			EXPECT_NE(strstr(err.text, "--format pem"), NULL);
		} else {
			ASSERT_EQ(format_named(formats[j])->write(pkey, "my\nname", data, &len,
								  &err), 0);
			ASSERT_EQ(read_exact(data, len, &nobody, NULL, 0, &back, &err), 0) {
				TH_LOG("%s: %s", formats[j], err.text);
			}
			ASSERT_EQ(back.len, key.len);
			EXPECT_EQ(memcmp(back.data, key.data, key.len), 0);
			format_free(&back);
		}
		EVP_PKEY_free(pkey);
		format_free(&key);
	}
	EXPECT_EQ(leaks(), 0);
}

/* RFC 7638, 3.1: members in their order; RFC 8037, A.3. */
TEST(is_written_in_the_order_of_thumbprints)
{
	static const char expected[] = "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"" ED_X "\"}\n";
	uint8_t data[FORMAT_OUTPUT_MAX];
	struct format_key key;
	struct uks_err err;
	EVP_PKEY *pkey;
	size_t len;

	ASSERT_EQ(read_text(OKP "}", 0, &key, &err), 0);
	pkey = format_public_pkey(key.data, key.len, &err);
	ASSERT_EQ(format_named("jwk")->write(pkey, "", data, &len, &err), 0);
	ASSERT_EQ(len, strlen(expected));
	EXPECT_EQ(memcmp(data, expected, len), 0);
	EVP_PKEY_free(pkey);
	format_free(&key);
}

TEST(raw_keys_are_bytes_or_digits)
{
	const struct format_input hex = { .type = UKS_KEY_AES_128, .hex = true };
	const uint8_t zeros[16] = { 0 };
	static const char digits[] = "00 00:00 00\n0000000000000000\t00000000";
	static const char half[] = "000";
	static const char other[] = "0x00";
	struct sample nobody = { .len = 0 };
	struct format_key key = { 0 };
	struct uks_err err;

	ASSERT_EQ(read_exact(zeros, 16, &nobody, NULL, UKS_KEY_AES_128, &key, &err), 0);
	EXPECT_EQ(key.format, UKS_FORMAT_RAW);
	EXPECT_EQ(key.len, 16);
	format_free(&key);
	EXPECT_NE(read_exact(zeros, 16, &nobody, format_raw_read, 0, &key, &err), 0);
	EXPECT_NE(strstr(err.text, "--type"), NULL);
	EXPECT_NE(read_exact(zeros, 0, &nobody, format_raw_read, UKS_KEY_SECRET, &key, &err), 0);
	ASSERT_EQ(format_read((const uint8_t *)digits, strlen(digits), &hex, &key, &err), 0);
	EXPECT_EQ(key.len, 16);
	EXPECT_EQ(memcmp(key.data, zeros, 16), 0);
	format_free(&key);
	EXPECT_NE(format_read((const uint8_t *)half, strlen(half), &hex, &key, &err), 0);
	EXPECT_NE(strstr(err.text, "half"), NULL);
	EXPECT_NE(format_read((const uint8_t *)other, strlen(other), &hex, &key, &err), 0);
	EXPECT_NE(strstr(err.text, "byte 2"), NULL);
	EXPECT_EQ(key.data, NULL);
}

TEST_HARNESS_MAIN
