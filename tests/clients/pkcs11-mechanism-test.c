// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Ciphers and MACs of the PKCS #11 module give what is published, or what OpenSSL gives.
 * Runs in the VM, as a user of UKS.
 */
#include <kselftest_harness.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "pkcs11-test.h"

TEST_F(p11, gcm_refuses_what_was_changed)
{
	uint8_t iv[12] = { 1 }, back[16];
	struct ck_gcm_params params = { iv, 12, 96, (unsigned char *)"aad", 3, 128 };
	struct ck_mechanism mechanism = { CKM_AES_GCM, &params, sizeof(params) };
	ck_object_handle_t key;
	unsigned long len = sizeof(back);

	ASSERT_EQ(make_aes(self->session, &key), CKR_OK);
	ASSERT_EQ(C_EncryptInit(self->session, &mechanism, key), CKR_OK);
	ASSERT_EQ(C_Encrypt(self->session, (unsigned char *)"text", 4, self->out, &self->len),
		  CKR_OK);
	ASSERT_EQ(self->len, 20);
	ASSERT_EQ(C_DecryptInit(self->session, &mechanism, key), CKR_OK);
	ASSERT_EQ(C_Decrypt(self->session, self->out, 20, back, &len), CKR_OK);
	EXPECT_EQ(len, 4);
	EXPECT_EQ(memcmp(back, "text", 4), 0);
	self->out[0] ^= 1;
	len = sizeof(back);
	memset(back, 0, sizeof(back));
	ASSERT_EQ(C_DecryptInit(self->session, &mechanism, key), CKR_OK);
	EXPECT_EQ(C_Decrypt(self->session, self->out, 20, back, &len),
		  CKR_ENCRYPTED_DATA_INVALID);
	EXPECT_EQ(back[0], 0);
}

TEST_F(p11, the_nonce_to_decrypt_with_is_only_read)
{
	uint8_t iv[12] = { 0 };
	struct ck_gcm_params params = { iv, 12, 96, NULL, 0, 128 };
	struct ck_mechanism mechanism = { CKM_AES_GCM, &params, sizeof(params) };
	ck_object_handle_t key;

	ASSERT_EQ(make_aes(self->session, &key), CKR_OK);
	ASSERT_EQ(C_DecryptInit(self->session, &mechanism, key), CKR_OK);
	/* The caller may need its memory for something else now. */
	memset(iv, 0xaa, sizeof(iv));
	EXPECT_EQ(C_DecryptUpdate(self->session, self->out, 16, self->out, &self->len), CKR_OK);
	EXPECT_EQ(iv[0], 0xaa);
	EXPECT_EQ(iv[11], 0xaa);
}

TEST_F(p11, cbc_in_parts_is_cbc_whole)
{
	uint8_t iv[16] = { 2 }, parts[64], text[40];
	struct ck_mechanism mechanism = { CKM_AES_CBC_PAD, iv, sizeof(iv) };
	unsigned long len, got = 0, at;
	ck_object_handle_t key;

	memset(text, 'x', sizeof(text));
	ASSERT_EQ(make_aes(self->session, &key), CKR_OK);
	ASSERT_EQ(C_EncryptInit(self->session, &mechanism, key), CKR_OK);
	ASSERT_EQ(C_Encrypt(self->session, text, 40, self->out, &self->len), CKR_OK);
	ASSERT_EQ(self->len, 48);
	ASSERT_EQ(C_EncryptInit(self->session, &mechanism, key), CKR_OK);
	for (at = 0; at < 40; at += 10) {
		len = sizeof(parts) - got;
		ASSERT_EQ(C_EncryptUpdate(self->session, text + at, 10, parts + got, &len),
			  CKR_OK);
		got += len;
	}
	len = sizeof(parts) - got;
	ASSERT_EQ(C_EncryptFinal(self->session, parts + got, &len), CKR_OK);
	ASSERT_EQ(got + len, 48);
	EXPECT_EQ(memcmp(parts, self->out, 48), 0);
	ASSERT_EQ(C_DecryptInit(self->session, &mechanism, key), CKR_OK);
	len = 39;
	EXPECT_EQ(C_Decrypt(self->session, parts, 48, text, &len), CKR_BUFFER_TOO_SMALL);
	EXPECT_EQ(len, 40);
	EXPECT_EQ(C_Decrypt(self->session, parts, 48, text, &len), CKR_OK);
}

TEST_F(p11, messages_draw_their_nonces)
{
	uint8_t iv[12] = { 0 }, tag[16], back[4];
	struct ck_gcm_message_params params = { iv, 12, 0, CKG_GENERATE, tag, 128 };
	struct ck_mechanism mechanism = { CKM_AES_GCM, NULL, 0 };
	static const uint8_t zeros[12];
	ck_object_handle_t key;
	unsigned long len = sizeof(back);

	ASSERT_EQ(make_aes(self->session, &key), CKR_OK);
	ASSERT_EQ(C_MessageEncryptInit(self->session, &mechanism, key), CKR_OK);
	ASSERT_EQ(C_EncryptMessage(self->session, &params, sizeof(params), NULL, 0,
				   (unsigned char *)"text", 4, self->out, &self->len), CKR_OK);
	EXPECT_EQ(self->len, 4);
	EXPECT_NE(memcmp(iv, zeros, 12), 0);
	EXPECT_EQ(C_MessageEncryptFinal(self->session), CKR_OK);
	params.iv_generator = CKG_NO_GENERATE;
	ASSERT_EQ(C_MessageDecryptInit(self->session, &mechanism, key), CKR_OK);
	ASSERT_EQ(C_DecryptMessage(self->session, &params, sizeof(params), NULL, 0, self->out, 4,
				   back, &len), CKR_OK);
	EXPECT_EQ(memcmp(back, "text", 4), 0);
	tag[0] ^= 1;
	EXPECT_EQ(C_DecryptMessage(self->session, &params, sizeof(params), NULL, 0, self->out, 4,
				   back, &len), CKR_ENCRYPTED_DATA_INVALID);
	EXPECT_EQ(C_MessageDecryptFinal(self->session), CKR_OK);
}

TEST_F(p11, the_mac_of_a_given_secret_is_that_of_openssl)
{
	ck_object_class_t class = CKO_SECRET_KEY;
	ck_key_type_t type = CKK_GENERIC_SECRET;
	static const uint8_t secret[32] = "01234567890123456789012345678901";
	struct ck_attribute template[] = {
		ATTR(CKA_CLASS, class), ATTR(CKA_KEY_TYPE, type), ATTR(CKA_VALUE, secret),
		ATTR(CKA_SIGN, yes), ATTR(CKA_VERIFY, yes),
	};
	unsigned long cut = 16;
	struct ck_mechanism whole = { CKM_SHA256_HMAC, NULL, 0 };
	struct ck_mechanism part = { CKM_SHA256_HMAC_GENERAL, &cut, sizeof(cut) };
	ck_object_handle_t key;
	uint8_t expected[32];
	unsigned int len;

	HMAC(EVP_sha256(), secret, sizeof(secret), (void *)"text", 4, expected, &len);
	ASSERT_EQ(C_CreateObject(self->session, template, 5, &key), CKR_OK);
	ASSERT_EQ(C_SignInit(self->session, &whole, key), CKR_OK);
	ASSERT_EQ(C_Sign(self->session, (unsigned char *)"text", 4, self->out, &self->len),
		  CKR_OK);
	ASSERT_EQ(self->len, 32);
	EXPECT_EQ(memcmp(self->out, expected, 32), 0);
	ASSERT_EQ(C_VerifyInit(self->session, &part, key), CKR_OK);
	EXPECT_EQ(C_Verify(self->session, (unsigned char *)"text", 4, expected, 16), CKR_OK);
	expected[15] ^= 1;
	ASSERT_EQ(C_VerifyInit(self->session, &part, key), CKR_OK);
	EXPECT_EQ(C_Verify(self->session, (unsigned char *)"text", 4, expected, 16),
		  CKR_SIGNATURE_INVALID);
}

/* ---- published vectors ---- */

/**
 * struct vector - one message of one key
 * @name: where it is published
 * @type: mechanism
 * @key_type: CKK_...
 * @key: the key; this and all below in hexadecimal digits
 * @nonce: initial vector, counter block or nonce
 * @aad: associated data
 * @in: message
 * @out: ciphertext with its tag, or MAC
 * @tag_len: bytes of tag
 */
struct vector {
	const char *name;
	ck_mechanism_type_t type;
	ck_key_type_t key_type;
	const char *key;
	const char *nonce;
	const char *aad;
	const char *in;
	const char *out;
	unsigned long tag_len;
};

static const struct vector ciphers[] = {
	{
		"SP 800-38A F.2.1", CKM_AES_CBC, CKK_AES,
		"2b7e151628aed2a6abf7158809cf4f3c", "000102030405060708090a0b0c0d0e0f", "",
		"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51",
		"7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2", 0,
	},
	{
		"SP 800-38A F.5.1", CKM_AES_CTR, CKK_AES,
		"2b7e151628aed2a6abf7158809cf4f3c", "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", "",
		"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51",
		"874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff", 0,
	},
	{
		"SP 800-38C example 1", CKM_AES_CCM, CKK_AES,
		"404142434445464748494a4b4c4d4e4f", "10111213141516", "0001020304050607",
		"20212223", "7162015b4dac255d", 4,
	},
	{
		"SP 800-38C example 2", CKM_AES_CCM, CKK_AES,
		"404142434445464748494a4b4c4d4e4f", "1011121314151617",
		"000102030405060708090a0b0c0d0e0f",
		"202122232425262728292a2b2c2d2e2f",
		"d2a1f0e051ea5f62081a7792073d593d1fc64fbfaccd", 6,
	},
	{
		"GCM specification, test case 4", CKM_AES_GCM, CKK_AES,
		"feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
		"feedfacedeadbeeffeedfacedeadbeefabaddad2",
		"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
		"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
		"42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
		"21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
		"5bc94fbc3221a5db94fae95ae7121a47", 16,
	},
	{
		"RFC 8439 2.8.2", CKM_CHACHA20_POLY1305, CKK_CHACHA20,
		"808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
		"070000004041424344454647", "50515253c0c1c2c3c4c5c6c7",
		"4c616469657320616e642047656e746c656d656e206f662074686520636c6173"
		"73206f66202739393a204966204920636f756c64206f6666657220796f75206f"
		"6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
		"637265656e20776f756c642062652069742e",
		"d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
		"3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
		"92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
		"3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd060"
		"0691", 16,
	},
};

static const struct vector macs[] = {
	{
		"RFC 4493 example 1", CKM_AES_CMAC, CKK_AES, "2b7e151628aed2a6abf7158809cf4f3c",
		"", "", "", "bb1d6929e95937287fa37d129b756746", 0,
	},
	{
		"RFC 4493 example 3", CKM_AES_CMAC, CKK_AES, "2b7e151628aed2a6abf7158809cf4f3c",
		"", "", "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
		"30c81c46a35ce411", "dfa66747de9ae63030ca32611497c827", 0,
	},
	{
		"RFC 4493 example 3, cut off", CKM_AES_CMAC_GENERAL, CKK_AES,
		"2b7e151628aed2a6abf7158809cf4f3c", "", "",
		"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
		"30c81c46a35ce411", "dfa66747de9ae630", 8,
	},
	{
		"RFC 4231 test case 1", CKM_SHA224_HMAC, CKK_GENERIC_SECRET,
		"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "", "4869205468657265",
		"896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22", 0,
	},
	{
		"RFC 4231 test case 1", CKM_SHA256_HMAC, CKK_SHA256_HMAC,
		"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "", "4869205468657265",
		"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", 0,
	},
	{
		"RFC 4231 test case 1", CKM_SHA384_HMAC, CKK_GENERIC_SECRET,
		"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "", "4869205468657265",
		"afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
		"faea9ea9076ede7f4af152e8b2fa9cb6", 0,
	},
	{
		"RFC 4231 test case 1, cut off", CKM_SHA512_HMAC_GENERAL, CKK_GENERIC_SECRET,
		"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "", "4869205468657265",
		"87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde", 32,
	},
};

/**
 * struct asked - a vector as the module takes it
 * @vector: the vector
 * @mechanism: mechanism with its parameters
 * @aes_ctr: parameters; those of one mechanism are used
 * @ccm: see @aes_ctr
 * @gcm: see @aes_ctr
 * @chacha: see @aes_ctr
 * @nonce: bytes
 * @aad: bytes
 * @in: bytes
 * @out: bytes
 * @in_len: bytes at @in
 * @out_len: bytes at @out
 * @key: the key
 */
struct asked {
	const struct vector *vector;
	struct ck_mechanism mechanism;
	struct ck_aes_ctr_params aes_ctr;
	struct ck_ccm_params ccm;
	struct ck_gcm_params gcm;
	struct ck_salsa20_chacha20_poly1305_params chacha;
	uint8_t nonce[16], aad[32], in[256], out[256];
	unsigned long in_len, out_len;
	ck_object_handle_t key;
};

static void set(struct asked *asked, const void *parameter, unsigned long len)
{
	asked->mechanism.parameter = len ? (void *)parameter : NULL;
	asked->mechanism.parameter_len = len;
}

static ck_rv_t ask(ck_session_handle_t session, const struct vector *vector, bool mac,
		   struct asked *asked)
{
	unsigned long nonce = unhex(vector->nonce, asked->nonce), tag = vector->tag_len;
	unsigned long aad = unhex(vector->aad, asked->aad);
	uint8_t key[64];
	size_t len = unhex(vector->key, key);

	asked->vector = vector;
	asked->mechanism.mechanism = vector->type;
	asked->in_len = unhex(vector->in, asked->in);
	asked->out_len = unhex(vector->out, asked->out);
	asked->aes_ctr.counter_bits = 128;
	memcpy(asked->aes_ctr.cb, asked->nonce, sizeof(asked->nonce));
	asked->ccm = (struct ck_ccm_params){ asked->in_len, asked->nonce, nonce, asked->aad, aad,
					     tag };
	asked->gcm = (struct ck_gcm_params){ asked->nonce, nonce, 8 * nonce, asked->aad, aad,
					     8 * tag };
	asked->chacha = (struct ck_salsa20_chacha20_poly1305_params){
		asked->nonce, nonce, asked->aad, aad
	};
	if (mac)
		set(asked, &asked->vector->tag_len, tag ? sizeof(tag) : 0);
	else if (vector->type == CKM_AES_CTR)
		set(asked, &asked->aes_ctr, sizeof(asked->aes_ctr));
	else if (vector->type == CKM_AES_CCM)
		set(asked, &asked->ccm, sizeof(asked->ccm));
	else if (vector->type == CKM_AES_GCM)
		set(asked, &asked->gcm, sizeof(asked->gcm));
	else if (vector->type == CKM_CHACHA20_POLY1305)
		set(asked, &asked->chacha, sizeof(asked->chacha));
	else
		set(asked, asked->nonce, nonce);
	return give_secret(session, vector->key_type, key, len, mac ? CKA_SIGN : CKA_ENCRYPT,
			   mac ? CKA_VERIFY : CKA_DECRYPT, &asked->key);
}

TEST_F(p11, ciphers_give_what_is_published)
{
	uint8_t back[256];
	unsigned long len;
	size_t i;

	for (i = 0; i < sizeof(ciphers) / sizeof(*ciphers); i++) {
		struct asked asked = { 0 };

		TH_LOG("%s", ciphers[i].name);
		ASSERT_EQ(ask(self->session, &ciphers[i], false, &asked), CKR_OK);
		ASSERT_EQ(C_EncryptInit(self->session, &asked.mechanism, asked.key), CKR_OK);
		len = sizeof(back);
		ASSERT_EQ(C_Encrypt(self->session, asked.in, asked.in_len, back, &len), CKR_OK);
		ASSERT_EQ(len, asked.out_len);
		EXPECT_EQ(memcmp(back, asked.out, len), 0);
		asked.ccm.data_len = asked.in_len;
		ASSERT_EQ(C_DecryptInit(self->session, &asked.mechanism, asked.key), CKR_OK);
		len = sizeof(back);
		ASSERT_EQ(C_Decrypt(self->session, asked.out, asked.out_len, back, &len), CKR_OK);
		ASSERT_EQ(len, asked.in_len);
		EXPECT_EQ(memcmp(back, asked.in, len), 0);
	}
}

TEST_F(p11, ciphers_give_the_same_in_parts)
{
	unsigned long len, got, at, part;
	uint8_t back[256];
	size_t i;

	for (i = 0; i < sizeof(ciphers) / sizeof(*ciphers); i++) {
		struct asked asked = { 0 };

		TH_LOG("%s", ciphers[i].name);
		ASSERT_EQ(ask(self->session, &ciphers[i], false, &asked), CKR_OK);
		ASSERT_EQ(C_EncryptInit(self->session, &asked.mechanism, asked.key), CKR_OK);
		for (got = at = 0; at < asked.in_len; at += part) {
			part = asked.in_len - at < 7 ? asked.in_len - at : 7;
			len = sizeof(back) - got;
			ASSERT_EQ(C_EncryptUpdate(self->session, asked.in + at, part, back + got,
						  &len), CKR_OK);
			got += len;
		}
		len = sizeof(back) - got;
		ASSERT_EQ(C_EncryptFinal(self->session, back + got, &len), CKR_OK);
		ASSERT_EQ(got + len, asked.out_len);
		EXPECT_EQ(memcmp(back, asked.out, asked.out_len), 0);
	}
}

TEST_F(p11, a_changed_bit_of_what_is_authentic_is_refused)
{
	uint8_t back[256];
	unsigned long len;
	size_t i;

	for (i = 0; i < sizeof(ciphers) / sizeof(*ciphers); i++) {
		struct asked asked = { 0 };

		if (!ciphers[i].tag_len)
			continue;
		TH_LOG("%s", ciphers[i].name);
		ASSERT_EQ(ask(self->session, &ciphers[i], false, &asked), CKR_OK);
		asked.out[asked.out_len - 1] ^= 1;
		ASSERT_EQ(C_DecryptInit(self->session, &asked.mechanism, asked.key), CKR_OK);
		memset(back, 0, sizeof(back));
		len = sizeof(back);
		EXPECT_EQ(C_Decrypt(self->session, asked.out, asked.out_len, back, &len),
			  CKR_ENCRYPTED_DATA_INVALID);
		EXPECT_EQ(back[0] | back[1] | back[2] | back[3], 0);
	}
}

TEST_F(p11, macs_give_what_is_published)
{
	uint8_t mac[64];
	unsigned long len;
	size_t i;

	for (i = 0; i < sizeof(macs) / sizeof(*macs); i++) {
		struct asked asked = { 0 };

		TH_LOG("%s", macs[i].name);
		ASSERT_EQ(ask(self->session, &macs[i], true, &asked), CKR_OK);
		ASSERT_EQ(C_SignInit(self->session, &asked.mechanism, asked.key), CKR_OK);
		len = sizeof(mac);
		ASSERT_EQ(C_Sign(self->session, asked.in, asked.in_len, mac, &len), CKR_OK);
		ASSERT_EQ(len, asked.out_len);
		EXPECT_EQ(memcmp(mac, asked.out, len), 0);
		ASSERT_EQ(C_VerifyInit(self->session, &asked.mechanism, asked.key), CKR_OK);
		EXPECT_EQ(C_Verify(self->session, asked.in, asked.in_len, mac, len), CKR_OK);
		mac[0] ^= 1;
		ASSERT_EQ(C_VerifyInit(self->session, &asked.mechanism, asked.key), CKR_OK);
		EXPECT_EQ(C_Verify(self->session, asked.in, asked.in_len, mac, len),
			  CKR_SIGNATURE_INVALID);
	}
}

TEST_F(p11, digests_are_those_of_openssl)
{
	static const struct {
		ck_mechanism_type_t type;
		const char *name;
	} digests[] = {
		{ CKM_SHA_1, "SHA1" }, { CKM_SHA224, "SHA224" }, { CKM_SHA256, "SHA256" },
		{ CKM_SHA384, "SHA384" }, { CKM_SHA512, "SHA512" }, { CKM_SHA3_256, "SHA3-256" },
		{ CKM_SHA3_384, "SHA3-384" }, { CKM_SHA3_512, "SHA3-512" },
	};
	unsigned int expected_len;
	uint8_t expected[64];
	unsigned long len;
	size_t i;

	for (i = 0; i < sizeof(digests) / sizeof(*digests); i++) {
		struct ck_mechanism mechanism = { digests[i].type, NULL, 0 };

		ASSERT_EQ(EVP_Digest("text", 4, expected, &expected_len,
				     EVP_get_digestbyname(digests[i].name), NULL), 1);
		ASSERT_EQ(C_DigestInit(self->session, &mechanism), CKR_OK);
		len = sizeof(self->out);
		ASSERT_EQ(C_Digest(self->session, (unsigned char *)"text", 4,
				   self->out, &len), CKR_OK);
		ASSERT_EQ(len, expected_len);
		EXPECT_EQ(memcmp(self->out, expected, len), 0);
	}
}

/* SP 800-38A F.1.1; UKS has it for keys that name it, where legacy algorithms are on. */
TEST_F(p11, ecb_is_for_keys_that_name_it)
{
	struct ck_mechanism mechanism = { CKM_AES_ECB, NULL, 0 };
	struct asked asked = { 0 };
	struct vector vector = ciphers[0];

	vector.type = CKM_AES_ECB;
	vector.nonce = "";
	ASSERT_EQ(ask(self->session, &vector, false, &asked), CKR_OK);
	EXPECT_NE(C_EncryptInit(self->session, &mechanism, asked.key) == CKR_OK ?
		  C_Encrypt(self->session, asked.in, 16, self->out, &self->len) :
		  CKR_MECHANISM_INVALID, CKR_OK);
}

TEST_HARNESS_MAIN
