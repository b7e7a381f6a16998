// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Signatures of the PKCS #11 module, and what RSA encrypts: as published, or as OpenSSL
 * has it on the other side. Runs in the VM, as a user of UKS.
 */
#include <kselftest_harness.h>

#include "pkcs11-rsa.h"

static const uint8_t ed25519[] = { 6, 3, 0x2b, 0x65, 0x70 };
static const uint8_t ed448[] = { 6, 3, 0x2b, 0x65, 0x71 };

/* ---- Edwards curves ---- */

static ck_rv_t give_edwards(ck_session_handle_t session, const void *curve, const char *secret,
			    const char *point, ck_object_handle_t *public,
			    ck_object_handle_t *private)
{
	ck_object_class_t class = CKO_PRIVATE_KEY, public_class = CKO_PUBLIC_KEY;
	ck_key_type_t type = CKK_EC_EDWARDS;
	uint8_t value[57], der[59] = { 4 };
	struct ck_attribute list[] = {
		ATTR(CKA_CLASS, class), ATTR(CKA_KEY_TYPE, type), ATTR(CKA_SIGN, yes),
		{ CKA_EC_PARAMS, (void *)curve, 5 }, { CKA_VALUE, value, unhex(secret, value) },
	};
	struct ck_attribute public_list[] = {
		ATTR(CKA_CLASS, public_class), ATTR(CKA_KEY_TYPE, type), ATTR(CKA_VERIFY, yes),
		{ CKA_EC_PARAMS, (void *)curve, 5 },
		{ CKA_EC_POINT, der, 2 + unhex(point, der + 2) },
	};
	ck_rv_t rv = C_CreateObject(session, list, 5, private);

	der[1] = public_list[4].value_len - 2;
	return rv == CKR_OK ? C_CreateObject(session, public_list, 5, public) : rv;
}

/* RFC 8032, 7.1 TEST 2 and 7.4 1 octet. */
TEST_F(p11, eddsa_gives_what_is_published)
{
	static const struct {
		const uint8_t *curve;
		const char *secret, *point, *message, *signature;
	} vectors[] = {
		{
			ed25519,
			"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
			"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
			"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
			"085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
		},
		{
			ed448,
			"c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda2c463a"
			"fbea67c5e8d2877c5e3bc397a659949ef8021e954e0a12274e",
			"43ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c6798c086"
			"6aea01eb00742802b8438ea4cb82169c235160627b4c3a9480", "03",
			"26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f435"
			"2541b143c4b981b7e18f62de8ccdf633fc1bf037ab7cd779805e0dbcc0aae1cb"
			"cee1afb2e027df36bc04dcecbf154336c19f0af7e0a6472905e799f1953d2a0f"
			"f3348ab21aa4adafd1d234441cf807c03a00",
		},
	};
	ck_object_handle_t public, private;
	uint8_t message[8], expected[114];
	unsigned long len;
	size_t i, size;

	for (i = 0; i < 2; i++) {
		ASSERT_EQ(give_edwards(self->session, vectors[i].curve, vectors[i].secret,
				       vectors[i].point, &public, &private), CKR_OK);
		size = unhex(vectors[i].signature, expected);
		unhex(vectors[i].message, message);
		ASSERT_EQ(sign_init(self->session, CKM_EDDSA, private), CKR_OK);
		len = sizeof(self->out);
		ASSERT_EQ(C_Sign(self->session, message, 1, self->out, &len), CKR_OK);
		ASSERT_EQ(len, size);
		EXPECT_EQ(memcmp(self->out, expected, size), 0);
		ASSERT_EQ(verify_init(self->session, CKM_EDDSA, public), CKR_OK);
		EXPECT_EQ(C_Verify(self->session, message, 1, self->out, len), CKR_OK);
		self->out[0] ^= 1;
		ASSERT_EQ(verify_init(self->session, CKM_EDDSA, public), CKR_OK);
		EXPECT_EQ(C_Verify(self->session, message, 1, self->out, len),
			  CKR_SIGNATURE_INVALID);
	}
}

/* To verify another scheme than was asked for would be to say yes to what is not signed. */
TEST_F(p11, eddsa_with_prehash_or_context_is_refused)
{
	struct {
		unsigned char prehash;
		unsigned long context_len;
		unsigned char *context;
	} params = { 1, 0, NULL };
	struct ck_mechanism mechanism = { CKM_EDDSA, &params, sizeof(params) };
	ck_object_handle_t public, private;

	ASSERT_EQ(give_edwards(self->session, ed25519,
			       "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
			       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
			       &public, &private), CKR_OK);
	EXPECT_EQ(C_SignInit(self->session, &mechanism, private), CKR_MECHANISM_PARAM_INVALID);
	EXPECT_EQ(C_VerifyInit(self->session, &mechanism, public), CKR_MECHANISM_PARAM_INVALID);
	params.prehash = 0;
	params.context = (uint8_t *)"a context";
	params.context_len = 9;
	EXPECT_EQ(C_SignInit(self->session, &mechanism, private), CKR_MECHANISM_PARAM_INVALID);
	EXPECT_EQ(C_VerifyInit(self->session, &mechanism, public), CKR_MECHANISM_PARAM_INVALID);
	params.context_len = 0;
	EXPECT_EQ(C_VerifyInit(self->session, &mechanism, public), CKR_OK);
}

/* ---- RSA ---- */

static int openssl_verify(const char *digest, int padding, const uint8_t *sig, size_t len)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY *key = rsa_key();
	EVP_PKEY_CTX *how;
	int ret;

	ret = EVP_DigestVerifyInit_ex(context, &how, digest, NULL, NULL, key, NULL) == 1 &&
	      EVP_PKEY_CTX_set_rsa_padding(how, padding) == 1 &&
	      EVP_DigestVerify(context, sig, len, (const uint8_t *)"text", 4) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return ret;
}

TEST_F(p11, rsa_signs_what_openssl_verifies)
{
	static const struct {
		ck_mechanism_type_t type, digest;
		ck_rsa_pkcs_mgf_type_t mgf;
		unsigned long salt;
		const char *name;
	} rows[] = {
		{ CKM_SHA224_RSA_PKCS, 0, 0, 0, "SHA224" },
		{ CKM_SHA256_RSA_PKCS, 0, 0, 0, "SHA256" },
		{ CKM_SHA384_RSA_PKCS, 0, 0, 0, "SHA384" },
		{ CKM_SHA512_RSA_PKCS, 0, 0, 0, "SHA512" },
		{ CKM_SHA224_RSA_PKCS_PSS, CKM_SHA224, CKG_MGF1_SHA224, 28, "SHA224" },
		{ CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, CKG_MGF1_SHA256, 32, "SHA256" },
		{ CKM_SHA384_RSA_PKCS_PSS, CKM_SHA384, CKG_MGF1_SHA384, 48, "SHA384" },
		{ CKM_SHA512_RSA_PKCS_PSS, CKM_SHA512, CKG_MGF1_SHA512, 0, "SHA512" },
	};
	ck_object_handle_t public, private;
	unsigned long len;
	size_t i;

	ASSERT_EQ(give_rsa(self->session, CKA_SIGN, NULL, &public, &private), CKR_OK);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct ck_rsa_pkcs_pss_params pss = { rows[i].digest, rows[i].mgf, rows[i].salt };
		struct ck_mechanism mechanism = { rows[i].type, rows[i].digest ? &pss : NULL,
						  rows[i].digest ? sizeof(pss) : 0 };

		len = sizeof(self->out);
		ASSERT_EQ(C_SignInit(self->session, &mechanism, private), CKR_OK);
		ASSERT_EQ(C_Sign(self->session, (unsigned char *)"text", 4,
				 self->out, &len), CKR_OK);
		EXPECT_EQ(openssl_verify(rows[i].name, rows[i].digest ? RSA_PKCS1_PSS_PADDING :
					 RSA_PKCS1_PADDING, self->out, len), 1);
		ASSERT_EQ(C_VerifyInit(self->session, &mechanism, public), CKR_OK);
		EXPECT_EQ(C_Verify(self->session, (unsigned char *)"text", 4,
				   self->out, len), CKR_OK);
		ASSERT_EQ(C_VerifyInit(self->session, &mechanism, public), CKR_OK);
		EXPECT_EQ(C_Verify(self->session, (unsigned char *)"test", 4, self->out, len),
			  CKR_SIGNATURE_INVALID);
	}
}

TEST_F(p11, rsa_signs_a_given_digest_with_pss)
{
	struct ck_rsa_pkcs_pss_params pss = { CKM_SHA256, CKG_MGF1_SHA256, 32 };
	struct ck_mechanism mechanism = { CKM_RSA_PKCS_PSS, &pss, sizeof(pss) };
	ck_object_handle_t public, private;
	uint8_t digest[32];

	ASSERT_EQ(EVP_Digest("text", 4, digest, NULL, EVP_sha256(), NULL), 1);
	ASSERT_EQ(give_rsa(self->session, CKA_SIGN, NULL, &public, &private), CKR_OK);
	ASSERT_EQ(C_SignInit(self->session, &mechanism, private), CKR_OK);
	EXPECT_EQ(C_Sign(self->session, digest, 31, self->out, &self->len), CKR_DATA_LEN_RANGE);
	ASSERT_EQ(C_SignInit(self->session, &mechanism, private), CKR_OK);
	ASSERT_EQ(C_Sign(self->session, digest, 32, self->out, &self->len), CKR_OK);
	EXPECT_EQ(openssl_verify("SHA256", RSA_PKCS1_PSS_PADDING, self->out, self->len), 1);
	ASSERT_EQ(C_VerifyInit(self->session, &mechanism, public), CKR_OK);
	EXPECT_EQ(C_Verify(self->session, digest, 32, self->out, self->len), CKR_OK);
}

TEST_F(p11, what_was_signed_is_recovered)
{
	struct ck_mechanism mechanism = { CKM_RSA_PKCS, NULL, 0 };
	ck_object_handle_t public, private;
	unsigned long len = 3;
	uint8_t back[256];

	ASSERT_EQ(give_rsa(self->session, CKA_SIGN_RECOVER, NULL, &public, &private), CKR_OK);
	ASSERT_EQ(C_SignRecoverInit(self->session, &mechanism, private), CKR_OK);
	ASSERT_EQ(C_SignRecover(self->session, (unsigned char *)"text", 4,
				self->out, &self->len), CKR_OK);
	ASSERT_EQ(self->len, 256);
	ASSERT_EQ(C_VerifyRecoverInit(self->session, &mechanism, public), CKR_OK);
	EXPECT_EQ(C_VerifyRecover(self->session, self->out, 256, back, &len),
		  CKR_BUFFER_TOO_SMALL);
	ASSERT_EQ(len, 4);
	ASSERT_EQ(C_VerifyRecover(self->session, self->out, 256, back, &len), CKR_OK);
	EXPECT_EQ(memcmp(back, "text", 4), 0);
	EXPECT_EQ(C_VerifyRecover(self->session, self->out, 256, back, &len),
		  CKR_OPERATION_NOT_INITIALIZED);
	self->out[7] ^= 1;
	ASSERT_EQ(C_VerifyRecoverInit(self->session, &mechanism, public), CKR_OK);
	len = sizeof(back);
	EXPECT_EQ(C_VerifyRecover(self->session, self->out, 256, back, &len),
		  CKR_SIGNATURE_INVALID);
}

TEST_F(p11, the_bare_number_is_for_keys_that_name_it)
{
	struct ck_mechanism mechanism = { CKM_RSA_X_509, NULL, 0 };
	const ck_mechanism_type_t allowed = CKM_RSA_X_509;
	ck_object_handle_t public, private, other;
	EVP_PKEY *key = rsa_key();
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	uint8_t cipher[256], block[256] = { 0 }, back[256];
	size_t cipher_len = sizeof(cipher);

	memcpy(block + 252, "text", 4);
	ASSERT_EQ(EVP_PKEY_encrypt_init(context), 1);
	ASSERT_EQ(EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING), 1);
	ASSERT_EQ(EVP_PKEY_encrypt(context, cipher, &cipher_len, block, 256), 1);
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(key);
	ASSERT_EQ(give_rsa(self->session, CKA_DECRYPT, NULL, &public, &other), CKR_OK);
	EXPECT_EQ(C_DecryptInit(self->session, &mechanism, other), CKR_MECHANISM_INVALID);
	ASSERT_EQ(give_rsa(self->session, CKA_DECRYPT, &allowed, &public, &private), CKR_OK);
	ASSERT_EQ(C_DecryptInit(self->session, &mechanism, private), CKR_OK);
	self->len = sizeof(back);
	ASSERT_EQ(C_Decrypt(self->session, cipher, 256, back, &self->len), CKR_OK);
	ASSERT_EQ(self->len, 256);
	EXPECT_EQ(memcmp(back, block, 256), 0);
}

/* ---- RSA encrypts ---- */

static int openssl_encrypt(const char *digest, const char *label, uint8_t *out, size_t *len)
{
	EVP_PKEY *key = rsa_key();
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	int ret;

	ret = EVP_PKEY_encrypt_init(context) == 1 &&
	      EVP_PKEY_CTX_set_rsa_padding(context, digest ? RSA_PKCS1_OAEP_PADDING :
					   RSA_PKCS1_PADDING) == 1 &&
	      (!digest || (EVP_PKEY_CTX_set_rsa_oaep_md_name(context, digest, NULL) == 1 &&
			   EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, digest, NULL) == 1)) &&
	      (!label || EVP_PKEY_CTX_set0_rsa_oaep_label(context, OPENSSL_strdup(label),
							  strlen(label)) == 1) &&
	      EVP_PKEY_encrypt(context, out, len, (const uint8_t *)"text", 4) == 1;
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(key);
	return ret;
}

TEST_F(p11, rsa_decrypts_what_openssl_encrypts)
{
	static const struct {
		ck_mechanism_type_t digest;
		ck_rsa_pkcs_mgf_type_t mgf;
		const char *name, *label;
	} rows[] = {
		{ CKM_SHA256, CKG_MGF1_SHA256, "SHA256", NULL },
		{ CKM_SHA384, CKG_MGF1_SHA384, "SHA384", "label" },
		{ CKM_SHA512, CKG_MGF1_SHA512, "SHA512", "label" },
		{ 0, 0, NULL, NULL },
	};
	ck_object_handle_t public, private;
	uint8_t cipher[256], back[256];
	size_t i, cipher_len;

	ASSERT_EQ(give_rsa(self->session, CKA_DECRYPT, NULL, &public, &private), CKR_OK);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct ck_rsa_pkcs_oaep_params oaep = {
			rows[i].digest, rows[i].mgf, 1, (void *)rows[i].label,
			rows[i].label ? strlen(rows[i].label) : 0,
		};
		struct ck_mechanism mechanism = { CKM_RSA_PKCS_OAEP, &oaep, sizeof(oaep) };

		if (!rows[i].name)
			mechanism = (struct ck_mechanism){ CKM_RSA_PKCS, NULL, 0 };
		cipher_len = sizeof(cipher);
		ASSERT_EQ(openssl_encrypt(rows[i].name, rows[i].label, cipher, &cipher_len), 1);
		ASSERT_EQ(C_DecryptInit(self->session, &mechanism, private), CKR_OK);
		self->len = sizeof(back);
		ASSERT_EQ(C_Decrypt(self->session, cipher, 256, back, &self->len), CKR_OK);
		ASSERT_EQ(self->len, 4);
		EXPECT_EQ(memcmp(back, "text", 4), 0);
		/* And what the public key here encrypts. */
		ASSERT_EQ(C_EncryptInit(self->session, &mechanism, public), CKR_OK);
		self->len = sizeof(cipher);
		ASSERT_EQ(C_Encrypt(self->session, (unsigned char *)"text", 4,
				    cipher, &self->len), CKR_OK);
		ASSERT_EQ(C_DecryptInit(self->session, &mechanism, private), CKR_OK);
		self->len = sizeof(back);
		ASSERT_EQ(C_Decrypt(self->session, cipher, 256, back, &self->len), CKR_OK);
		EXPECT_EQ(self->len, 4);
	}
}

TEST_HARNESS_MAIN
