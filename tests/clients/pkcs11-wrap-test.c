// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Keys that leave and come, agree and are derived, by the PKCS #11 module. Runs in the
 * VM, as a user of UKS.
 */
#include <kselftest_harness.h>

#include "pkcs11-rsa.h"

static ck_rv_t make_for_wrapping(ck_session_handle_t session, ck_object_handle_t *wrapping,
				 ck_object_handle_t *inner)
{
	struct ck_mechanism mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
	unsigned long len = 32;
	struct ck_attribute outer[] = {
		ATTR(CKA_VALUE_LEN, len), ATTR(CKA_WRAP, yes), ATTR(CKA_UNWRAP, yes),
	};
	struct ck_attribute leaving[] = {
		ATTR(CKA_VALUE_LEN, len), ATTR(CKA_ENCRYPT, yes), ATTR(CKA_EXTRACTABLE, yes),
	};
	ck_rv_t rv = C_GenerateKey(session, &mechanism, outer, 3, wrapping);

	return rv == CKR_OK ? C_GenerateKey(session, &mechanism, leaving, 3, inner) : rv;
}

static ck_rv_t encrypt_block(ck_session_handle_t session, ck_object_handle_t key, uint8_t *out)
{
	uint8_t iv[16] = { 3 }, block[16] = "sixteen bytes...";
	struct ck_mechanism mechanism = { CKM_AES_CBC, iv, sizeof(iv) };
	unsigned long len = 16;
	ck_rv_t rv = C_EncryptInit(session, &mechanism, key);

	return rv == CKR_OK ? C_Encrypt(session, block, 16, out, &len) : rv;
}

TEST_F(p11, a_wrapped_key_comes_back_and_others_stay)
{
	struct ck_mechanism mechanism = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	ck_object_class_t class = CKO_SECRET_KEY;
	ck_key_type_t type = CKK_AES;
	struct ck_attribute template[] = {
		ATTR(CKA_CLASS, class), ATTR(CKA_KEY_TYPE, type), ATTR(CKA_ENCRYPT, yes),
	};
	ck_object_handle_t wrapping, inner, back, kept;
	uint8_t first[16], second[16];

	ASSERT_EQ(make_for_wrapping(self->session, &wrapping, &inner), CKR_OK);
	ASSERT_EQ(make_aes(self->session, &kept), CKR_OK);
	EXPECT_EQ(C_WrapKey(self->session, &mechanism, wrapping, kept, self->out, &self->len),
		  CKR_KEY_UNEXTRACTABLE);
	self->len = sizeof(self->out);
	ASSERT_EQ(C_WrapKey(self->session, &mechanism, wrapping, inner, self->out, &self->len),
		  CKR_OK);
	EXPECT_EQ(self->len, 40);
	ASSERT_EQ(C_UnwrapKey(self->session, &mechanism, wrapping, self->out, self->len,
			      template, 3, &back), CKR_OK);
	ASSERT_EQ(encrypt_block(self->session, inner, first), CKR_OK);
	ASSERT_EQ(encrypt_block(self->session, back, second), CKR_OK);
	EXPECT_EQ(memcmp(first, second, 16), 0);
	self->out[5] ^= 1;
	EXPECT_EQ(C_UnwrapKey(self->session, &mechanism, wrapping, self->out, self->len,
			      template, 3, &back), CKR_WRAPPED_KEY_INVALID);
}

/* A secret that may leave, of which the test knows the value. */
static ck_rv_t give_inner(ck_session_handle_t session, const void *value, size_t len,
			  ck_object_handle_t *key)
{
	return give_secret(session, CKK_GENERIC_SECRET, value, len, CKA_DERIVE, CKA_EXTRACTABLE,
			   key);
}

static struct ck_attribute *secret_template(void)
{
	static ck_object_class_t class = CKO_SECRET_KEY;
	static ck_key_type_t type = CKK_GENERIC_SECRET;
	static struct ck_attribute template[] = {
		ATTR(CKA_CLASS, class), ATTR(CKA_KEY_TYPE, type), ATTR(CKA_DERIVE, yes),
		ATTR(CKA_EXTRACTABLE, yes),
	};

	return template;
}

TEST_F(p11, aes_wraps_as_published)
{
	static const struct {
		ck_mechanism_type_t type;
		const char *kek, *key, *wrapped;
	} vectors[] = {
		{	/* RFC 3394, 4.1 */
			CKM_AES_KEY_WRAP, "000102030405060708090a0b0c0d0e0f",
			"00112233445566778899aabbccddeeff",
			"1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5",
		},
		{	/* RFC 5649, 6 */
			CKM_AES_KEY_WRAP_KWP, "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8",
			"c37b7e6492584340bed12207808941155068f738",
			"138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a",
		},
	};
	ck_object_handle_t kek, inner, back;
	uint8_t bytes[32], expected[40];
	size_t i, len;

	for (i = 0; i < 2; i++) {
		struct ck_mechanism mechanism = { vectors[i].type, NULL, 0 };

		len = unhex(vectors[i].kek, bytes);
		ASSERT_EQ(give_secret(self->session, CKK_AES, bytes, len, CKA_WRAP, CKA_UNWRAP,
				      &kek), CKR_OK);
		len = unhex(vectors[i].key, bytes);
		ASSERT_EQ(give_inner(self->session, bytes, len, &inner), CKR_OK);
		len = unhex(vectors[i].wrapped, expected);
		self->len = sizeof(self->out);
		ASSERT_EQ(C_WrapKey(self->session, &mechanism, kek, inner, self->out, &self->len),
			  CKR_OK);
		ASSERT_EQ(self->len, len);
		EXPECT_EQ(memcmp(self->out, expected, len), 0);
		EXPECT_EQ(C_UnwrapKey(self->session, &mechanism, kek, expected, len,
				      secret_template(), 4, &back), CKR_OK);
	}
}

/* ---- wrapped with RSA: OpenSSL has the private key, too ---- */

static const uint8_t inner_value[24] = "a key of 24 bytes.......";

static int openssl_oaep(const char *digest, const char *label, const uint8_t *in, uint8_t *out,
			size_t *len)
{
	EVP_PKEY *key = rsa_key();
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	int ret;

	ret = EVP_PKEY_decrypt_init(context) == 1 &&
	      EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
	      EVP_PKEY_CTX_set_rsa_oaep_md_name(context, digest, NULL) == 1 &&
	      EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, digest, NULL) == 1 &&
	      (!*label || EVP_PKEY_CTX_set0_rsa_oaep_label(context, OPENSSL_strdup(label),
							   strlen(label)) == 1) &&
	      EVP_PKEY_decrypt(context, out, len, in, 256) == 1;
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(key);
	return ret;
}

static const struct {
	ck_mechanism_type_t digest;
	ck_rsa_pkcs_mgf_type_t mgf;
	const char *name, *label;
} oaeps[] = {
	{ CKM_SHA256, CKG_MGF1_SHA256, "SHA256", "" },
	{ CKM_SHA384, CKG_MGF1_SHA384, "SHA384", "label" },
	{ CKM_SHA512, CKG_MGF1_SHA512, "SHA512", "label" },
};

TEST_F(p11, openssl_unwraps_what_rsa_oaep_wraps)
{
	ck_object_handle_t public, private, inner, back;
	uint8_t value[256];
	size_t i, len;

	ASSERT_EQ(give_rsa(self->session, CKA_UNWRAP, NULL, &public, &private), CKR_OK);
	ASSERT_EQ(give_inner(self->session, inner_value, 24, &inner), CKR_OK);
	for (i = 0; i < sizeof(oaeps) / sizeof(*oaeps); i++) {
		struct ck_rsa_pkcs_oaep_params params = {
			oaeps[i].digest, oaeps[i].mgf, 1, (void *)oaeps[i].label,
			strlen(oaeps[i].label),
		};
		struct ck_mechanism mechanism = { CKM_RSA_PKCS_OAEP, &params, sizeof(params) };

		self->len = sizeof(self->out);
		ASSERT_EQ(C_WrapKey(self->session, &mechanism, public, inner, self->out,
				    &self->len), CKR_OK);
		ASSERT_EQ(self->len, 256);
		len = sizeof(value);
		ASSERT_EQ(openssl_oaep(oaeps[i].name, oaeps[i].label, self->out, value, &len), 1);
		ASSERT_EQ(len, 24);
		EXPECT_EQ(memcmp(value, inner_value, 24), 0);
		ASSERT_EQ(C_UnwrapKey(self->session, &mechanism, private, self->out, 256,
				      secret_template(), 4, &back), CKR_OK);
		self->out[9] ^= 1;
		EXPECT_EQ(C_UnwrapKey(self->session, &mechanism, private, self->out, 256,
				      secret_template(), 4, &back), CKR_WRAPPED_KEY_INVALID);
	}
}

static int openssl_kwp(const uint8_t *kek, const uint8_t *in, size_t len, uint8_t *out)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-WRAP-PAD", NULL);
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int got = -1;

	EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	if (EVP_DecryptInit_ex2(context, cipher, kek, NULL, NULL) != 1 ||
	    EVP_DecryptUpdate(context, out, &got, in, len) != 1)
		got = -1;
	EVP_CIPHER_CTX_free(context);
	EVP_CIPHER_free(cipher);
	return got;
}

TEST_F(p11, openssl_unwraps_what_rsa_aes_key_wrap_wraps)
{
	struct ck_rsa_pkcs_oaep_params oaep = { CKM_SHA256, CKG_MGF1_SHA256, 1, NULL, 0 };
	struct ck_rsa_aes_key_wrap_params params = { 256, &oaep };
	struct ck_mechanism mechanism = { CKM_RSA_AES_KEY_WRAP, &params, sizeof(params) };
	ck_object_handle_t public, private, inner, back;
	uint8_t kek[256], value[64];
	size_t len = sizeof(kek);

	ASSERT_EQ(give_rsa(self->session, CKA_UNWRAP, NULL, &public, &private), CKR_OK);
	ASSERT_EQ(give_inner(self->session, inner_value, 24, &inner), CKR_OK);
	ASSERT_EQ(C_WrapKey(self->session, &mechanism, public, inner, self->out, &self->len),
		  CKR_OK);
	ASSERT_EQ(self->len, 256 + 32);
	ASSERT_EQ(openssl_oaep("SHA256", "", self->out, kek, &len), 1);
	ASSERT_EQ(len, 32);
	ASSERT_EQ(openssl_kwp(kek, self->out + 256, 32, value), 24);
	EXPECT_EQ(memcmp(value, inner_value, 24), 0);
	EXPECT_EQ(C_UnwrapKey(self->session, &mechanism, private, self->out, self->len,
			      secret_template(), 4, &back), CKR_OK);
	params.aes_key_bits = 100;
	EXPECT_EQ(C_WrapKey(self->session, &mechanism, public, inner, self->out, &self->len),
		  CKR_MECHANISM_PARAM_INVALID);
}

TEST_F(p11, what_is_no_key_is_no_key)
{
	struct ck_mechanism kwp = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	struct ck_ecdh1_derive_params params = { CKD_NULL, 0, NULL, 1, (uint8_t *)"" };
	struct ck_mechanism ecdh = { CKM_ECDH1_DERIVE, &params, sizeof(params) };
	ck_object_class_t class = CKO_DATA;
	struct ck_attribute template[] = { ATTR(CKA_CLASS, class) };
	ck_object_handle_t data, wrapping, inner, back;

	ASSERT_EQ(C_CreateObject(self->session, template, 1, &data), CKR_OK);
	ASSERT_EQ(make_for_wrapping(self->session, &wrapping, &inner), CKR_OK);
	EXPECT_EQ(C_WrapKey(self->session, &kwp, data, inner, self->out, &self->len),
		  CKR_WRAPPING_KEY_HANDLE_INVALID);
	EXPECT_EQ(C_WrapKey(self->session, &kwp, 9999, inner, self->out, &self->len),
		  CKR_WRAPPING_KEY_HANDLE_INVALID);
	EXPECT_EQ(C_WrapKey(self->session, &kwp, wrapping, data, self->out, &self->len),
		  CKR_KEY_HANDLE_INVALID);
	EXPECT_EQ(C_WrapKey(self->session, &kwp, wrapping, self->public, self->out, &self->len),
		  CKR_KEY_NOT_WRAPPABLE);
	EXPECT_EQ(C_WrapKey(self->session, &kwp, self->private, inner, self->out, &self->len),
		  CKR_WRAPPING_KEY_TYPE_INCONSISTENT);
	EXPECT_EQ(C_WrapKey(self->session, &kwp, inner, inner, self->out, &self->len),
		  CKR_KEY_FUNCTION_NOT_PERMITTED);
	EXPECT_EQ(C_UnwrapKey(self->session, &kwp, data, self->out, 40, secret_template(), 4,
			      &back), CKR_UNWRAPPING_KEY_HANDLE_INVALID);
	EXPECT_EQ(C_UnwrapKey(self->session, &kwp, self->private, self->out, 40,
			      secret_template(), 4, &back), CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT);
	EXPECT_EQ(C_UnwrapKey(self->session, &kwp, wrapping, self->out, 40, secret_template(), 1,
			      &back), CKR_TEMPLATE_INCOMPLETE);
	EXPECT_EQ(C_DeriveKey(self->session, &ecdh, data, NULL, 0, &back),
		  CKR_KEY_HANDLE_INVALID);
	EXPECT_EQ(C_DeriveKey(self->session, &ecdh, wrapping, NULL, 0, &back),
		  CKR_KEY_TYPE_INCONSISTENT);
	EXPECT_EQ(C_DeriveKey(self->session, &ecdh, self->private, NULL, 0, &back),
		  CKR_KEY_FUNCTION_NOT_PERMITTED);
}

/* A mechanism that the list has not is refused, whatever the key could do. */
TEST_F(p11, a_key_wraps_and_derives_only_by_allowed_mechanisms)
{
	static ck_mechanism_type_t kwp_only = CKM_AES_KEY_WRAP_KWP, ecdh_only = CKM_ECDH1_DERIVE;
	static ck_mechanism_type_t other = CKM_ECDSA;
	static const uint8_t x25519[] = { 6, 3, 0x2b, 0x65, 0x6e };
	ck_object_class_t class = CKO_PRIVATE_KEY;
	ck_key_type_t type = CKK_EC_MONTGOMERY;
	struct ck_mechanism kw = { CKM_AES_KEY_WRAP, NULL, 0 };
	struct ck_mechanism kwp = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	struct ck_mechanism aes = { CKM_AES_KEY_GEN, NULL, 0 };
	unsigned long len = 32;
	struct ck_attribute wraps[] = {
		ATTR(CKA_VALUE_LEN, len), ATTR(CKA_WRAP, yes),
		ATTR(CKA_ALLOWED_MECHANISMS, kwp_only),
	};
	uint8_t value[32] = { 8 }, peer[32] = { 9 };
	struct ck_ecdh1_derive_params params = { CKD_NULL, 0, NULL, 32, peer };
	struct ck_mechanism ecdh = { CKM_ECDH1_DERIVE, &params, sizeof(params) };
	struct ck_attribute agrees[] = {
		ATTR(CKA_CLASS, class), ATTR(CKA_KEY_TYPE, type), ATTR(CKA_DERIVE, yes),
		ATTR(CKA_EC_PARAMS, x25519), ATTR(CKA_VALUE, value),
		ATTR(CKA_ALLOWED_MECHANISMS, ecdh_only),
	};
	ck_object_handle_t wrapping, key;

	ASSERT_EQ(C_GenerateKey(self->session, &aes, wraps, 3, &wrapping), CKR_OK);
	ASSERT_EQ(give_inner(self->session, inner_value, 24, &key), CKR_OK);
	EXPECT_EQ(C_WrapKey(self->session, &kw, wrapping, key, self->out, &self->len),
		  CKR_MECHANISM_INVALID);
	EXPECT_EQ(C_WrapKey(self->session, &kwp, wrapping, key, self->out, &self->len), CKR_OK);
	ASSERT_EQ(C_CreateObject(self->session, agrees, 6, &key), CKR_OK);
	EXPECT_EQ(C_DeriveKey(self->session, &ecdh, key, NULL, 0, &key), CKR_OK);
	/* One that allows nothing that the key can do is no key that may do everything. */
	agrees[5].value = &other;
	EXPECT_EQ(C_CreateObject(self->session, agrees, 6, &key), CKR_ATTRIBUTE_VALUE_INVALID);
}

/* ---- agreement and derivation ---- */

static ck_rv_t derive(ck_session_handle_t session, struct ck_mechanism *mechanism,
		      ck_object_handle_t base, unsigned long len, uint8_t *value)
{
	ck_object_class_t class = CKO_SECRET_KEY;
	ck_key_type_t type = CKK_GENERIC_SECRET;
	struct ck_attribute template[] = {
		ATTR(CKA_CLASS, class), ATTR(CKA_KEY_TYPE, type), ATTR(CKA_VALUE_LEN, len),
		ATTR(CKA_SENSITIVE, no), ATTR(CKA_EXTRACTABLE, yes),
	};
	struct ck_attribute got = { CKA_VALUE, value, len };
	ck_object_handle_t key;
	ck_rv_t rv = C_DeriveKey(session, mechanism, base, template, 5, &key);

	return rv == CKR_OK ? C_GetAttributeValue(session, key, &got, 1) : rv;
}

static ck_rv_t give_curve(ck_session_handle_t session, ck_key_type_t type, const void *curve,
			  size_t curve_len, const char *secret, ck_object_handle_t *key)
{
	ck_object_class_t class = CKO_PRIVATE_KEY;
	uint8_t value[66];
	struct ck_attribute template[] = {
		ATTR(CKA_CLASS, class), ATTR(CKA_KEY_TYPE, type), ATTR(CKA_DERIVE, yes),
		{ CKA_EC_PARAMS, (void *)curve, curve_len },
		{ CKA_VALUE, value, unhex(secret, value) },
	};

	return C_CreateObject(session, template, 5, key);
}

TEST_F(p11, agreement_gives_what_is_published)
{
	static const uint8_t x25519[] = { 6, 3, 0x2b, 0x65, 0x6e };
	static const uint8_t x448[] = { 6, 3, 0x2b, 0x65, 0x6f };
	static const struct {
		ck_key_type_t type;
		const uint8_t *curve;
		size_t curve_len;
		const char *secret, *peer, *shared;
	} vectors[] = {
		{	/* RFC 5903, 8.1 */
			CKK_EC, p256, sizeof(p256),
			"c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
			"04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
			"56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
			"d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de",
		},
		{	/* RFC 7748, 5.2 */
			CKK_EC_MONTGOMERY, x25519, sizeof(x25519),
			"a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
			"e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
			"c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
		},
		{	/* RFC 7748, 6.2 */
			CKK_EC_MONTGOMERY, x448, sizeof(x448),
			"9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf5"
			"74a9419744897391006382a6f127ab1d9ac2d8c0a598726b",
			"3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972"
			"fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609",
			"07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56"
			"fd2464c335543936521c24403085d59a449a5037514a879d",
		},
	};
	uint8_t peer[133], expected[66], value[66];
	ck_object_handle_t base;
	size_t i, len;

	for (i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		struct ck_ecdh1_derive_params params = {
			CKD_NULL, 0, NULL, unhex(vectors[i].peer, peer), peer
		};
		struct ck_mechanism mechanism = { CKM_ECDH1_DERIVE, &params, sizeof(params) };

		TH_LOG("%s", vectors[i].secret);
		len = unhex(vectors[i].shared, expected);
		ASSERT_EQ(give_curve(self->session, vectors[i].type, vectors[i].curve,
				     vectors[i].curve_len, vectors[i].secret, &base), CKR_OK);
		ASSERT_EQ(derive(self->session, &mechanism, base, len, value), CKR_OK);
		EXPECT_EQ(memcmp(value, expected, len), 0);
		/* Bytes are taken off the leading end. */
		ASSERT_EQ(derive(self->session, &mechanism, base, 16, value), CKR_OK);
		EXPECT_EQ(memcmp(value, expected + len - 16, 16), 0);
		params.public_data_len--;
		EXPECT_EQ(derive(self->session, &mechanism, base, 16, value),
			  CKR_MECHANISM_PARAM_INVALID);
	}
}

/* RFC 5869, A.1 */
TEST_F(p11, hkdf_gives_what_is_published)
{
	uint8_t secret[22], salt[13], info[10], expected[42], value[42];
	struct ck_hkdf_params params = {
		1, 1, CKM_SHA256, CKF_HKDF_SALT_DATA, salt, sizeof(salt), 0, info, sizeof(info)
	};
	struct ck_mechanism mechanism = { CKM_HKDF_DERIVE, &params, sizeof(params) };
	ck_object_handle_t base;

	memset(secret, 0x0b, sizeof(secret));
	unhex("000102030405060708090a0b0c", salt);
	unhex("f0f1f2f3f4f5f6f7f8f9", info);
	unhex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b88718"
	      "5865", expected);
	ASSERT_EQ(give_secret(self->session, CKK_GENERIC_SECRET, secret, sizeof(secret),
			      CKA_DERIVE, CKA_DERIVE, &base), CKR_OK);
	ASSERT_EQ(derive(self->session, &mechanism, base, 42, value), CKR_OK);
	EXPECT_EQ(memcmp(value, expected, 42), 0);
	params.prf = CKM_SHA_1 + 0x1000;
	EXPECT_EQ(derive(self->session, &mechanism, base, 42, value),
		  CKR_MECHANISM_PARAM_INVALID);
}

TEST_HARNESS_MAIN
