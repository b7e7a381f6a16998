// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Keys wrapped by AES-CBC, which does not authenticate: only where the policy names it, as
 * OpenSSL does it, and with one refusal for all that can be wrong.
 */
#include <kselftest_harness.h>

#include <openssl/evp.h>

#include "tests/unit/leaks.h"
#include "tests/unit/uksd-daemon.h"

#define BLOCK	16
#define CBC	UKS_BIT(UKS_ALG_AES_CBC_WRAP)

static const uint8_t kek[32] = "the bytes of a key that wraps...";

FIXTURE(cbc)
{
	struct daemon daemon;
	uint8_t wrapped[4096];
	size_t len;
};

/* A key with a policy, of bytes that are given or made. */
static uint32_t make(struct daemon *daemon, const char *name, uint32_t type, uint32_t purposes,
		     uint64_t algorithms, uint32_t max_uses, const void *bytes, size_t len)
{
	struct uks_attrs policy;
	uint8_t buffer[64];

	uks_attrs_init(&policy, buffer, sizeof(buffer));
	if (algorithms)
		uks_attrs_put_u64(&policy, UKS_POLICY_A_ALGORITHMS, algorithms);
	else
		uks_attrs_put_u32(&policy, UKS_POLICY_A_FLAGS, UKS_POLICY_EXPORTABLE);
	if (max_uses)
		uks_attrs_put_u64(&policy, UKS_POLICY_A_MAX_USES, max_uses);
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, name);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, type);
	uks_attrs_put_u32(&daemon->in, UKS_A_PURPOSES, purposes);
	uks_attrs_put(&daemon->in, UKS_A_POLICY, buffer, policy.len);
	if (!bytes)
		return ask(daemon, UKS_OP_KEY_GENERATE);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_FORMAT, UKS_FORMAT_RAW);
	uks_attrs_put(&daemon->in, UKS_A_KEY_MATERIAL, bytes, len);
	return ask(daemon, UKS_OP_KEY_IMPORT);
}

static uint32_t make_inner(struct daemon *daemon, const char *name, uint32_t type)
{
	return make(daemon, name, type, uks_type_find(type)->purposes, 0, 0, NULL, 0);
}

static void put_vector(struct daemon *daemon, const uint8_t *vector, size_t len)
{
	struct uks_attrs parameters;
	uint8_t buffer[64];

	uks_attrs_init(&parameters, buffer, sizeof(buffer));
	uks_attrs_put(&parameters, UKS_PARAM_VECTOR, vector, len);
	uks_attrs_put(&daemon->in, UKS_A_PARAMETERS, buffer, parameters.len);
}

static uint32_t wrap(struct _test_data_cbc *self, const char *name, const char *wrapping,
		     const uint8_t *vector, size_t vector_len)
{
	struct daemon *daemon = &self->daemon;
	uint32_t code;

	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, name);
	uks_attrs_put_u32(&daemon->in, UKS_A_ALGORITHM, UKS_ALG_AES_CBC_WRAP);
	uks_attrs_put_string(&daemon->in, UKS_A_WRAPPING_NAME, wrapping);
	if (vector)
		put_vector(daemon, vector, vector_len);
	code = ask(daemon, UKS_OP_KEY_WRAP);
	if (!code) {
		self->len = daemon->attrs[UKS_A_WRAPPED].len;
		memcpy(self->wrapped, daemon->attrs[UKS_A_WRAPPED].value, self->len);
	}
	return code;
}

static uint32_t unwrap(struct _test_data_cbc *self, const char *wrapping, uint32_t type,
		       size_t len, const uint8_t *vector)
{
	struct daemon *daemon = &self->daemon;

	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "back");
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, type);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_FORMAT, uks_type_find(type)->asymmetric ?
			  UKS_FORMAT_PKCS8 : UKS_FORMAT_RAW);
	uks_attrs_put_u32(&daemon->in, UKS_A_ALGORITHM, UKS_ALG_AES_CBC_WRAP);
	uks_attrs_put_string(&daemon->in, UKS_A_WRAPPING_NAME, wrapping);
	uks_attrs_put(&daemon->in, UKS_A_WRAPPED, self->wrapped, len);
	if (vector)
		put_vector(daemon, vector, BLOCK);
	return ask(daemon, UKS_OP_KEY_UNWRAP);
}

FIXTURE_SETUP(cbc)
{
	struct daemon *daemon = &self->daemon;

	ASSERT_EQ(daemon_new(daemon), 0);
	ASSERT_EQ(daemon_start(daemon), 0) {
		TH_LOG("%s", daemon->failure.text);
	}
	ASSERT_EQ(make(daemon, "kek", UKS_KEY_AES_256, UKS_WRAPS, CBC, 0, kek, 32), 0) {
		TH_LOG("%s", daemon->text);
	}
	ASSERT_EQ(make_inner(daemon, "key", UKS_KEY_AES_256), 0);
}

FIXTURE_TEARDOWN(cbc)
{
	daemon_stop(&self->daemon);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

/* With the vector first, as UKS has it. */
static int openssl(bool encrypt, const uint8_t *in, size_t len, const uint8_t *vector, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, rest = 0, ok;

	ok = EVP_CipherInit_ex(ctx, EVP_aes_256_cbc(), NULL, kek, vector, encrypt) == 1 &&
	     EVP_CipherUpdate(ctx, out, &n, in, len) == 1 &&
	     EVP_CipherFinal_ex(ctx, out + n, &rest) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok ? n + rest : -1;
}

TEST_F(cbc, it_needs_a_policy_that_names_it)
{
	struct daemon *daemon = &self->daemon;

	ASSERT_EQ(make(daemon, "usual", UKS_KEY_AES_256, UKS_WRAPS, 0, 0, kek, 32), 0);
	ASSERT_EQ(make(daemon, "other", UKS_KEY_AES_256, UKS_WRAPS, UKS_BIT(UKS_ALG_AES_KWP), 0,
		       kek, 32), 0);
	EXPECT_CODE(wrap(self, "key", "usual", NULL, 0), UKS_E_BAD_ALGORITHM);
	EXPECT_CODE(wrap(self, "key", "other", NULL, 0), UKS_E_BAD_ALGORITHM);
	ASSERT_EQ(wrap(self, "key", "kek", NULL, 0), 0);
	EXPECT_CODE(unwrap(self, "usual", UKS_KEY_AES_256, self->len, NULL), UKS_E_BAD_ALGORITHM);
	EXPECT_CODE(unwrap(self, "other", UKS_KEY_AES_256, self->len, NULL), UKS_E_BAD_ALGORITHM);
	EXPECT_EQ(unwrap(self, "kek", UKS_KEY_AES_256, self->len, NULL), 0);
	EXPECT_EQ(uks_attr_u32(&daemon->attrs[UKS_A_ORIGIN], 0), UKS_ORIGIN_UNWRAPPED);
	/* Nor do a key that may not leave, and one of another user. */
	ASSERT_EQ(ask_generate(daemon, "stays", UKS_KEY_AES_256), 0);
	EXPECT_CODE(wrap(self, "stays", "kek", NULL, 0), UKS_E_NOT_EXPORTABLE);
	daemon->uid = BOB;
	EXPECT_CODE(unwrap(self, "kek", UKS_KEY_AES_256, self->len, NULL), UKS_E_NO_KEY);
}

/* A digest of what tells two keys apart: the public part, or the bytes as a lease has them. */
static uint32_t know(struct daemon *daemon, const char *name, uint32_t type, uint8_t *digest)
{
	const struct key_type *info = uks_type_find(type);
	const struct uks_attr *attr = &daemon->attrs[info->asymmetric ? UKS_A_PUBLIC_KEY :
						     UKS_A_KEY_MATERIAL];
	uint32_t code = info->asymmetric ? ask_by_name(daemon, UKS_OP_KEY_SHOW, name) :
			ask_open(daemon, name, info->purposes & -info->purposes);

	if (code || !attr->len)
		return code ? code : UKS_E_MISSING_ATTRIBUTE;
	return EVP_Digest(attr->value, attr->len, digest, NULL, EVP_sha256(), NULL) != 1;
}

TEST_F_TIMEOUT(cbc, keys_of_all_kinds_come_back, 300)
{
	static const uint32_t types[] = {
		UKS_KEY_AES_128, UKS_KEY_AES_192, UKS_KEY_CHACHA20, UKS_KEY_HMAC_SHA512,
		UKS_KEY_RSA_2048, UKS_KEY_EC_P256, UKS_KEY_EC_P521, UKS_KEY_ED25519,
	};
	struct daemon *daemon = &self->daemon;
	uint8_t there[32], back[32];
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
		ASSERT_EQ(make_inner(daemon, "inner", types[i]), 0);
		ASSERT_EQ(know(daemon, "inner", types[i], there), 0) {
			TH_LOG("%u: %s", types[i], daemon->text);
		}
		ASSERT_EQ(wrap(self, "inner", "kek", NULL, 0), 0);
		ASSERT_EQ(unwrap(self, "kek", types[i], self->len, NULL), 0) {
			TH_LOG("%u: %s", types[i], daemon->text);
		}
		ASSERT_EQ(know(daemon, "back", types[i], back), 0);
		EXPECT_EQ(memcmp(there, back, 32), 0);
		ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_DELETE, "inner"), 0);
		ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_DELETE, "back"), 0);
	}
}

TEST_F(cbc, openssl_does_the_same)
{
	static const uint8_t inner[] = "a secret of twenty-six bytes";
	static const uint8_t vector[BLOCK] = "my own vector...";
	struct daemon *daemon = &self->daemon;
	uint8_t out[64];
	int len = sizeof(inner) - 1;

	ASSERT_EQ(make(daemon, "inner", UKS_KEY_HMAC_SHA256, UKS_MACS, 0, 0, inner, len), 0);
	ASSERT_EQ(wrap(self, "inner", "kek", vector, BLOCK), 0);
	ASSERT_EQ(self->len, 3 * BLOCK);
	EXPECT_EQ(memcmp(self->wrapped, vector, BLOCK), 0);
	ASSERT_EQ(openssl(false, self->wrapped + BLOCK, 2 * BLOCK, vector, out), len);
	EXPECT_EQ(memcmp(out, inner, len), 0);
	/* Vectors that are not given are not the same twice. */
	ASSERT_EQ(wrap(self, "inner", "kek", NULL, 0), 0);
	memcpy(out, self->wrapped, BLOCK);
	ASSERT_EQ(wrap(self, "inner", "kek", NULL, 0), 0);
	EXPECT_NE(memcmp(self->wrapped, out, BLOCK), 0);
	EXPECT_CODE(wrap(self, "inner", "kek", vector, BLOCK - 1), UKS_E_BAD_PARAMETER);
	/* The other way round. */
	memcpy(self->wrapped, vector, BLOCK);
	ASSERT_EQ(openssl(true, inner, len, vector, self->wrapped + BLOCK), 2 * BLOCK);
	EXPECT_CODE(unwrap(self, "kek", UKS_KEY_HMAC_SHA256, 3 * BLOCK, vector),
		    UKS_E_BAD_PARAMETER);
	EXPECT_EQ(unwrap(self, "kek", UKS_KEY_HMAC_SHA256, 3 * BLOCK, NULL), 0);
}

/* Each padding that there is, and each that is none, against what OpenSSL says of it. */
TEST_F_TIMEOUT(cbc, every_wrong_padding_is_refused_with_the_same_words, 300)
{
	static const uint8_t vector[BLOCK];
	struct daemon *daemon = &self->daemon;
	uint8_t plain[3 * BLOCK], out[64];
	char text[UKS_TEXT_MAX] = "";
	int pad, good, len;

	for (pad = 0; pad <= 255; pad++) {
		memset(plain, 0x5a, sizeof(plain));
		memset(plain + 2 * BLOCK, pad, BLOCK);
		/* One byte of it is wrong. */
		for (good = 0; good < 2; good++) {
			if (!good && pad > 1 && pad <= BLOCK)
				plain[sizeof(plain) - pad] ^= 1;
			/* OpenSSL's padding is behind, and left away. */
			ASSERT_EQ(openssl(true, plain, sizeof(plain), vector, out), 4 * BLOCK);
			memcpy(self->wrapped, vector, BLOCK);
			memcpy(self->wrapped + BLOCK, out, 3 * BLOCK);
			len = openssl(false, out, 3 * BLOCK, vector, plain);
			if (unwrap(self, "kek", UKS_KEY_HMAC_SHA256, 4 * BLOCK, NULL)) {
				EXPECT_EQ(len, -1);
				EXPECT_EQ(daemon->answer.code, UKS_E_BAD_WRAPPED);
				if (!*text)
					memcpy(text, daemon->text, sizeof(text));
				EXPECT_STREQ(daemon->text, text);
			} else {
				EXPECT_EQ(len, 3 * BLOCK - pad);
				ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_DELETE, "back"), 0);
			}
			memset(plain, 0x5a, sizeof(plain));
			memset(plain + 2 * BLOCK, pad, BLOCK);
		}
	}
}

TEST_F(cbc, what_is_no_key_is_refused_as_wrong_padding_is)
{
	static const uint32_t types[] = {
		UKS_KEY_AES_128, UKS_KEY_EC_P256, UKS_KEY_RSA_2048, UKS_KEY_ED25519,
	};
	char text[UKS_TEXT_MAX];
	size_t i;

	ASSERT_EQ(wrap(self, "key", "kek", NULL, 0), 0);
	/* Wrong padding: its last byte changes with that of the block before. */
	self->wrapped[self->len - BLOCK - 1] ^= 0x80;
	EXPECT_CODE(unwrap(self, "kek", UKS_KEY_AES_256, self->len, NULL), UKS_E_BAD_WRAPPED);
	memcpy(text, self->daemon.text, sizeof(text));
	self->wrapped[self->len - BLOCK - 1] ^= 0x80;
	/* Right padding, but too long for a key, or not DER. */
	for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
		EXPECT_CODE(unwrap(self, "kek", types[i], self->len, NULL), UKS_E_BAD_WRAPPED);
		EXPECT_STREQ(self->daemon.text, text);
	}
	for (i = 1; i < self->len; i++)
		EXPECT_CODE(unwrap(self, "kek", UKS_KEY_AES_256, i, NULL), UKS_E_BAD_WRAPPED);
	EXPECT_EQ(unwrap(self, "kek", UKS_KEY_AES_256, self->len, NULL), 0);
}

TEST_F(cbc, a_refused_try_counts)
{
	struct daemon *daemon = &self->daemon;

	ASSERT_EQ(make(daemon, "few", UKS_KEY_AES_256, UKS_WRAPS, CBC, 3, kek, 32), 0);
	ASSERT_EQ(wrap(self, "key", "few", NULL, 0), 0);
	self->wrapped[self->len - BLOCK - 1] ^= 0x80;
	EXPECT_EQ(unwrap(self, "few", UKS_KEY_AES_256, self->len, NULL), UKS_E_BAD_WRAPPED);
	EXPECT_EQ(unwrap(self, "few", UKS_KEY_AES_256, self->len, NULL), UKS_E_BAD_WRAPPED);
	self->wrapped[self->len - BLOCK - 1] ^= 0x80;
	EXPECT_CODE(unwrap(self, "few", UKS_KEY_AES_256, self->len, NULL), UKS_E_USED_UP);
}

TEST_HARNESS_MAIN
