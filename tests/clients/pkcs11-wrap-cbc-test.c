// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Keys wrapped by CKM_AES_CBC_PAD, which does not authenticate, by the PKCS #11 module:
 * only if the wrapping key says so, as OpenSSL does it. Runs in the VM, as a user of UKS.
 */
#include <kselftest_harness.h>

#include "pkcs11-rsa.h"

#define BLOCK	16

static const uint8_t kek[32] = "the bytes of a key that wraps...";
static const uint8_t secret[] = "a secret of some bytes";
static uint8_t vector[BLOCK] = "my own vector...";
static struct ck_mechanism cbc = { CKM_AES_CBC_PAD, vector, BLOCK };

static ck_rv_t give_kek(ck_session_handle_t session, const ck_mechanism_type_t *allowed,
			ck_object_handle_t *key)
{
	ck_object_class_t class = CKO_SECRET_KEY;
	ck_key_type_t type = CKK_AES;
	struct ck_attribute template[] = {
		ATTR(CKA_CLASS, class), ATTR(CKA_KEY_TYPE, type), ATTR(CKA_VALUE, kek),
		ATTR(CKA_WRAP, yes), ATTR(CKA_UNWRAP, yes), ATTR(CKA_ENCRYPT, yes),
		{ CKA_ALLOWED_MECHANISMS, (void *)allowed, sizeof(*allowed) },
	};

	return C_CreateObject(session, template, allowed ? 7 : 6, key);
}

static int openssl(int encrypt, const uint8_t *in, int len, uint8_t *out)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int got = 0, rest = 0, ok;

	ok = EVP_CipherInit_ex(context, EVP_aes_256_cbc(), NULL, kek, vector, encrypt) == 1 &&
	     EVP_CipherUpdate(context, out, &got, in, len) == 1 &&
	     EVP_CipherFinal_ex(context, out + got, &rest) == 1;
	EVP_CIPHER_CTX_free(context);
	return ok ? got + rest : -1;
}

static ck_rv_t unwrap_secret(struct _test_data_p11 *self, ck_object_handle_t wrapping,
			     size_t len, ck_object_handle_t *key)
{
	ck_object_class_t class = CKO_SECRET_KEY;
	ck_key_type_t type = CKK_GENERIC_SECRET;
	struct ck_attribute template[] = {
		ATTR(CKA_CLASS, class), ATTR(CKA_KEY_TYPE, type), ATTR(CKA_DERIVE, yes),
		ATTR(CKA_EXTRACTABLE, yes),
	};

	return C_UnwrapKey(self->session, &cbc, wrapping, self->out, len, template, 4, key);
}

static ck_rv_t wrap(struct _test_data_p11 *self, ck_object_handle_t wrapping,
		    ck_object_handle_t key)
{
	self->len = sizeof(self->out);
	return C_WrapKey(self->session, &cbc, wrapping, key, self->out, &self->len);
}

static unsigned char truth(ck_session_handle_t session, ck_object_handle_t key,
			   ck_attribute_type_t type)
{
	unsigned char value = 2;
	struct ck_attribute attribute = { type, &value, 1 };

	C_GetAttributeValue(session, key, &attribute, 1);
	return value;
}

TEST_F(p11, cbc_wraps_only_where_the_wrapping_key_allows_it)
{
	static const ck_mechanism_type_t pad = CKM_AES_CBC_PAD, kwp = CKM_AES_KEY_WRAP_KWP;
	ck_object_handle_t usual, other, named, inner, kept, back;
	unsigned long objects;

	ASSERT_EQ(give_kek(self->session, NULL, &usual), CKR_OK);
	ASSERT_EQ(give_kek(self->session, &kwp, &other), CKR_OK);
	ASSERT_EQ(give_kek(self->session, &pad, &named), CKR_OK);
	ASSERT_EQ(make_aes(self->session, &kept), CKR_OK);
	ASSERT_EQ(give_secret(self->session, CKK_GENERIC_SECRET, secret, sizeof(secret),
			      CKA_DERIVE, CKA_EXTRACTABLE, &inner), CKR_OK);
	EXPECT_EQ(wrap(self, usual, inner), CKR_MECHANISM_INVALID);
	EXPECT_EQ(wrap(self, other, inner), CKR_MECHANISM_INVALID);
	EXPECT_EQ(wrap(self, named, kept), CKR_KEY_UNEXTRACTABLE);
	cbc.parameter_len = BLOCK - 1;
	EXPECT_EQ(wrap(self, named, inner), CKR_MECHANISM_PARAM_INVALID);
	cbc.parameter_len = BLOCK;
	ASSERT_EQ(wrap(self, named, inner), CKR_OK);
	objects = count_objects(self->session, NULL, 0);
	EXPECT_EQ(unwrap_secret(self, usual, self->len, &back), CKR_MECHANISM_INVALID);
	EXPECT_EQ(unwrap_secret(self, other, self->len, &back), CKR_MECHANISM_INVALID);
	EXPECT_EQ(count_objects(self->session, NULL, 0), objects);
	EXPECT_EQ(unwrap_secret(self, named, self->len, &back), CKR_OK);
	EXPECT_EQ(count_objects(self->session, NULL, 0), objects + 1);
}

TEST_F(p11, openssl_wraps_by_cbc_as_the_module_does)
{
	static const ck_mechanism_type_t pad = CKM_AES_CBC_PAD;
	ck_object_handle_t wrapping, inner, back;
	uint8_t value[64];

	ASSERT_EQ(give_kek(self->session, &pad, &wrapping), CKR_OK);
	ASSERT_EQ(give_secret(self->session, CKK_GENERIC_SECRET, secret, sizeof(secret),
			      CKA_DERIVE, CKA_EXTRACTABLE, &inner), CKR_OK);
	ASSERT_EQ(C_WrapKey(self->session, &cbc, wrapping, inner, NULL, &self->len), CKR_OK);
	ASSERT_EQ(self->len, 2 * BLOCK);
	self->len--;
	EXPECT_EQ(C_WrapKey(self->session, &cbc, wrapping, inner, self->out, &self->len),
		  CKR_BUFFER_TOO_SMALL);
	ASSERT_EQ(wrap(self, wrapping, inner), CKR_OK);
	ASSERT_EQ(self->len, 2 * BLOCK);
	ASSERT_EQ(openssl(0, self->out, self->len, value), sizeof(secret));
	EXPECT_EQ(memcmp(value, secret, sizeof(secret)), 0);
	/* The other way round; and it is not as a key that never left. */
	ASSERT_EQ(openssl(1, secret, sizeof(secret), self->out), 2 * BLOCK);
	ASSERT_EQ(unwrap_secret(self, wrapping, 2 * BLOCK, &back), CKR_OK);
	EXPECT_EQ(truth(self->session, back, CKA_LOCAL), no);
	EXPECT_EQ(truth(self->session, back, CKA_ALWAYS_SENSITIVE), no);
	EXPECT_EQ(truth(self->session, back, CKA_NEVER_EXTRACTABLE), no);
	memset(self->out, 0, sizeof(self->out));
	ASSERT_EQ(wrap(self, wrapping, back), CKR_OK);
	ASSERT_EQ(openssl(0, self->out, self->len, value), sizeof(secret));
	EXPECT_EQ(memcmp(value, secret, sizeof(secret)), 0);
}

/* Of the lengths of AES keys, two have as many blocks. */
TEST_F(p11, an_aes_key_of_each_length_comes_back_from_cbc)
{
	static const ck_mechanism_type_t pad = CKM_AES_CBC_PAD;
	ck_object_class_t class = CKO_SECRET_KEY;
	ck_key_type_t type = CKK_AES;
	struct ck_attribute template[] = {
		ATTR(CKA_CLASS, class), ATTR(CKA_KEY_TYPE, type), ATTR(CKA_WRAP, yes),
	};
	unsigned long len, value_len;
	struct ck_attribute got = ATTR(CKA_VALUE_LEN, value_len);
	ck_object_handle_t wrapping, back;

	ASSERT_EQ(give_kek(self->session, &pad, &wrapping), CKR_OK);
	for (len = 16; len <= 32; len += 8) {
		self->len = openssl(1, kek, len, self->out);
		ASSERT_EQ(C_UnwrapKey(self->session, &cbc, wrapping, self->out, self->len,
				      template, 3, &back), CKR_OK);
		ASSERT_EQ(C_GetAttributeValue(self->session, back, &got, 1), CKR_OK);
		EXPECT_EQ(value_len, len);
	}
}

static int pkcs8_of(EVP_PKEY *key, uint8_t *out)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	int len = i2d_PKCS8_PRIV_KEY_INFO(info, &out);

	PKCS8_PRIV_KEY_INFO_free(info);
	return len;
}

static EVP_PKEY *read_pkcs8(const uint8_t *der, int len)
{
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &der, len);
	EVP_PKEY *key = info ? EVP_PKCS82PKEY(info) : NULL;

	PKCS8_PRIV_KEY_INFO_free(info);
	return key;
}

/* A private key that OpenSSL wraps signs in UKS, and leaves as OpenSSL reads it. */
static void private_key(struct __test_metadata *_metadata, struct _test_data_p11 *self,
			EVP_PKEY *key, ck_key_type_t type, ck_mechanism_type_t how)
{
	static const ck_mechanism_type_t pad = CKM_AES_CBC_PAD;
	ck_object_class_t class = CKO_PRIVATE_KEY;
	struct ck_attribute template[] = {
		ATTR(CKA_CLASS, class), ATTR(CKA_KEY_TYPE, type), ATTR(CKA_SIGN, yes),
		ATTR(CKA_EXTRACTABLE, yes),
	};
	uint8_t plain[2048], wrapped[2048], sig[256];
	unsigned long len = sizeof(wrapped), sig_len = sizeof(sig);
	ck_object_handle_t wrapping, back;
	int plain_len = pkcs8_of(key, plain);
	EVP_PKEY *again;

	ASSERT_EQ(give_kek(self->session, &pad, &wrapping), CKR_OK);
	len = openssl(1, plain, plain_len, wrapped);
	ASSERT_EQ(C_UnwrapKey(self->session, &cbc, wrapping, wrapped, len, template, 4, &back),
		  CKR_OK);
	ASSERT_EQ(sign_init(self->session, how, back), CKR_OK);
	EXPECT_EQ(C_Sign(self->session, plain, 8, sig, &sig_len), CKR_OK);
	len = sizeof(wrapped);
	ASSERT_EQ(C_WrapKey(self->session, &cbc, wrapping, back, wrapped, &len), CKR_OK);
	plain_len = openssl(0, wrapped, len, plain);
	ASSERT_GT(plain_len, 0);
	again = read_pkcs8(plain, plain_len);
	ASSERT_NE(again, NULL);
	EXPECT_EQ(EVP_PKEY_eq(key, again), 1);
	EVP_PKEY_free(again);
	/* What is no longer DER is refused as any other damage. */
	wrapped[5] ^= 1;
	EXPECT_EQ(C_UnwrapKey(self->session, &cbc, wrapping, wrapped, len, template, 4, &back),
		  CKR_WRAPPED_KEY_INVALID);
}

TEST_F(p11, cbc_wraps_private_keys_as_pkcs8)
{
	EVP_PKEY *key = EVP_EC_gen("P-384");

	private_key(_metadata, self, key, CKK_EC, CKM_ECDSA_SHA256);
	EVP_PKEY_free(key);
	key = rsa_key();
	private_key(_metadata, self, key, CKK_RSA, CKM_SHA256_RSA_PKCS);
	EVP_PKEY_free(key);
}

TEST_F(p11, whatever_is_wrong_with_a_cbc_wrapping_is_one_error)
{
	static const ck_mechanism_type_t pad = CKM_AES_CBC_PAD;
	ck_object_handle_t wrapping, back;
	uint8_t plain[2 * BLOCK];
	unsigned long objects;
	int i;

	ASSERT_EQ(give_kek(self->session, &pad, &wrapping), CKR_OK);
	objects = count_objects(self->session, NULL, 0);
	for (i = 0; i < 40; i++) {
		memset(plain, 0x5a, sizeof(plain));
		memset(plain + BLOCK, i, BLOCK);
		/* Right padding, but for one byte of it; or it is all padding, and no key. */
		if (i > 1 && i < BLOCK)
			plain[2 * BLOCK - i] ^= 1;
		if (i == 1)
			plain[2 * BLOCK - 1] = 0x11;
		if (i == BLOCK)
			memset(plain, i, BLOCK);
		ASSERT_EQ(openssl(1, plain, sizeof(plain), self->out), 3 * BLOCK);
		EXPECT_EQ(unwrap_secret(self, wrapping, i == BLOCK ? BLOCK : 2 * BLOCK, &back),
			  CKR_WRAPPED_KEY_INVALID) {
			TH_LOG("padding %d", i);
		}
	}
	EXPECT_EQ(unwrap_secret(self, wrapping, 2 * BLOCK - 1, &back), CKR_WRAPPED_KEY_LEN_RANGE);
	EXPECT_EQ(unwrap_secret(self, wrapping, 0, &back), CKR_WRAPPED_KEY_LEN_RANGE);
	EXPECT_EQ(count_objects(self->session, NULL, 0), objects);
}

TEST_HARNESS_MAIN
