// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Mechanisms that UKS counts as weak, with a daemon that does not refuse them. Runs in
 * the VM, as a user of UKS.
 */
#include <kselftest_harness.h>

#include "pkcs11-test.h"

static ck_rv_t give_ecb(ck_session_handle_t session, const uint8_t *value,
			ck_object_handle_t *key)
{
	ck_object_class_t class = CKO_SECRET_KEY;
	ck_key_type_t type = CKK_AES;
	ck_mechanism_type_t allowed = CKM_AES_ECB;
	struct ck_attribute template[] = {
		ATTR(CKA_CLASS, class), ATTR(CKA_KEY_TYPE, type), { CKA_VALUE, (void *)value, 16 },
		ATTR(CKA_ENCRYPT, yes), ATTR(CKA_DECRYPT, yes),
		ATTR(CKA_ALLOWED_MECHANISMS, allowed),
	};

	return C_CreateObject(session, template, 6, key);
}

/* SP 800-38A, F.1.1 */
TEST_F(p11, ecb_gives_what_is_published)
{
	struct ck_mechanism mechanism = { CKM_AES_ECB, NULL, 0 };
	uint8_t value[16], text[32], expected[32];
	ck_object_handle_t key;

	unhex("2b7e151628aed2a6abf7158809cf4f3c", value);
	unhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51", text);
	unhex("3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf", expected);
	ASSERT_EQ(give_ecb(self->session, value, &key), CKR_OK);
	ASSERT_EQ(C_EncryptInit(self->session, &mechanism, key), CKR_OK);
	ASSERT_EQ(C_Encrypt(self->session, text, 32, self->out, &self->len), CKR_OK);
	ASSERT_EQ(self->len, 32);
	EXPECT_EQ(memcmp(self->out, expected, 32), 0);
	ASSERT_EQ(C_DecryptInit(self->session, &mechanism, key), CKR_OK);
	ASSERT_EQ(C_Decrypt(self->session, expected, 32, self->out, &self->len), CKR_OK);
	EXPECT_EQ(memcmp(self->out, text, 32), 0);
	ASSERT_EQ(C_EncryptInit(self->session, &mechanism, key), CKR_OK);
	EXPECT_EQ(C_Encrypt(self->session, text, 17, self->out, &self->len), CKR_DATA_LEN_RANGE);
}

/* RFC 2202, 3, test case 1 */
TEST_F(p11, hmac_of_sha_1_gives_what_is_published)
{
	uint8_t value[20], expected[20];
	ck_object_handle_t key;

	memset(value, 0x0b, sizeof(value));
	unhex("b617318655057264e28bc0b6fb378c8ef146be00", expected);
	ASSERT_EQ(give_secret(self->session, CKK_SHA_1_HMAC, value, 20, CKA_SIGN, CKA_VERIFY,
			      &key), CKR_OK);
	ASSERT_EQ(sign_init(self->session, CKM_SHA_1_HMAC, key), CKR_OK);
	ASSERT_EQ(C_Sign(self->session, (unsigned char *)"Hi There", 8,
			 self->out, &self->len), CKR_OK);
	ASSERT_EQ(self->len, 20);
	EXPECT_EQ(memcmp(self->out, expected, 20), 0);
}

TEST_HARNESS_MAIN
