// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Objects of the PKCS #11 module: what templates may say, what attributes tell, what is
 * found, what is for good. Runs in the VM, as a user of UKS.
 */
#include <time.h>

#include <kselftest_harness.h>
#include <uks.h>

#include "pkcs11-test.h"

TEST_F(p11, a_template_without_values_is_refused)
{
	struct ck_attribute template[] = {
		{ CKA_CLASS, NULL, sizeof(ck_object_class_t) }, { CKA_TOKEN, NULL, 1 },
	};
	ck_object_handle_t object;

	EXPECT_EQ(C_CreateObject(self->session, template, 2, &object),
		  CKR_ATTRIBUTE_VALUE_INVALID);
	EXPECT_EQ(C_FindObjectsInit(self->session, template, 2), CKR_ARGUMENTS_BAD);
	EXPECT_EQ(C_CopyObject(self->session, self->private, template + 1, 1, &object),
		  CKR_ATTRIBUTE_VALUE_INVALID);
}

TEST_F(p11, secrets_are_not_told)
{
	struct ck_attribute list[] = {
		{ CKA_VALUE, self->out, sizeof(self->out) },
		{ CKA_KEY_TYPE, self->out, 1 },
		{ CKA_MODULUS, self->out, sizeof(self->out) },
		{ CKA_SENSITIVE, self->out, 1 },
	};

	EXPECT_EQ(C_GetAttributeValue(self->session, self->private, list, 1),
		  CKR_ATTRIBUTE_SENSITIVE);
	EXPECT_EQ(list[0].value_len, CK_UNAVAILABLE_INFORMATION);
	EXPECT_EQ(C_GetAttributeValue(self->session, self->private, list + 1, 1),
		  CKR_BUFFER_TOO_SMALL);
	EXPECT_EQ(C_GetAttributeValue(self->session, self->private, list + 2, 1),
		  CKR_ATTRIBUTE_TYPE_INVALID);
	/* An error in one is no reason not to look at the others. */
	EXPECT_NE(C_GetAttributeValue(self->session, self->private, list, 4), CKR_OK);
	EXPECT_EQ(list[3].value_len, 1);
	EXPECT_EQ(self->out[0], 1);
}

TEST_F(p11, a_point_is_a_der_octet_string)
{
	struct ck_attribute point = { CKA_EC_POINT, self->out, sizeof(self->out) };

	ASSERT_EQ(C_GetAttributeValue(self->session, self->public, &point, 1), CKR_OK);
	EXPECT_EQ(point.value_len, 67);
	EXPECT_EQ(self->out[0], 4);
	EXPECT_EQ(self->out[1], 65);
	EXPECT_EQ(self->out[2], 4);
}

TEST_F(p11, templates_name_what_is_wrong)
{
	ck_object_class_t class = CKO_SECRET_KEY;
	ck_key_type_t type = CKK_AES;
	struct ck_mechanism mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
	unsigned long len = 32, bad = 33;
	struct ck_attribute create[] = {
		ATTR(CKA_CLASS, class), ATTR(CKA_KEY_TYPE, type), { CKA_VALUE, self->out, 16 },
		ATTR(CKA_LOCAL, yes),
	};
	struct ck_attribute generate[] = {
		ATTR(CKA_VALUE_LEN, len), ATTR(CKA_VALUE_LEN, len), ATTR(CKA_VALUE_LEN, bad),
		ATTR(CKA_MODULUS_BITS, len), { CKA_TOKEN, &no, 2 },
	};
	ck_object_handle_t key;

	EXPECT_EQ(C_CreateObject(self->session, create + 1, 2, &key), CKR_TEMPLATE_INCOMPLETE);
	EXPECT_EQ(C_CreateObject(self->session, create, 2, &key), CKR_TEMPLATE_INCOMPLETE);
	EXPECT_EQ(C_CreateObject(self->session, create, 4, &key), CKR_ATTRIBUTE_READ_ONLY);
	EXPECT_EQ(C_GenerateKey(self->session, &mechanism, NULL, 0, &key),
		  CKR_TEMPLATE_INCOMPLETE);
	EXPECT_EQ(C_GenerateKey(self->session, &mechanism, generate, 2, &key),
		  CKR_TEMPLATE_INCONSISTENT);
	EXPECT_EQ(C_GenerateKey(self->session, &mechanism, generate + 2, 1, &key),
		  CKR_KEY_SIZE_RANGE);
	EXPECT_EQ(C_GenerateKey(self->session, &mechanism, generate + 3, 1, &key),
		  CKR_ATTRIBUTE_TYPE_INVALID);
	EXPECT_EQ(C_GenerateKey(self->session, &mechanism, generate + 4, 1, &key),
		  CKR_ATTRIBUTE_VALUE_INVALID);
}

TEST_F(p11, objects_are_found_by_what_they_have)
{
	struct ck_attribute label = { CKA_LABEL, "findable", 8 };
	ck_object_handle_t found[4], public, private;
	unsigned long count;

	ASSERT_EQ(make_pair(self->session, &yes, "findable", &public, &private), CKR_OK);
	ASSERT_EQ(C_FindObjectsInit(self->session, &label, 1), CKR_OK);
	EXPECT_EQ(C_FindObjectsInit(self->session, &label, 1), CKR_OPERATION_ACTIVE);
	ASSERT_EQ(C_FindObjects(self->session, found, 1, &count), CKR_OK);
	EXPECT_EQ(count, 1);
	ASSERT_EQ(C_FindObjects(self->session, found + 1, 3, &count), CKR_OK);
	EXPECT_EQ(count, 1);
	EXPECT_EQ(found[0] + found[1], public + private);
	EXPECT_EQ(C_FindObjects(self->session, found, 4, &count), CKR_OK);
	EXPECT_EQ(count, 0);
	EXPECT_EQ(C_FindObjectsFinal(self->session), CKR_OK);
	EXPECT_EQ(C_DestroyObject(self->session, private), CKR_OK);
	EXPECT_EQ(C_DestroyObject(self->session, private), CKR_OBJECT_HANDLE_INVALID);
	EXPECT_EQ(C_DestroyObject(self->session, public), CKR_OK);
	ASSERT_EQ(C_FindObjectsInit(self->session, &label, 1), CKR_OK);
	EXPECT_EQ(C_FindObjects(self->session, found, 4, &count), CKR_OK);
	EXPECT_EQ(count, 0);
	EXPECT_EQ(C_FindObjectsFinal(self->session), CKR_OK);
}

TEST_F(p11, keys_that_others_make_are_found_without_a_restart)
{
	struct ck_attribute label = { CKA_LABEL, "made outside", 12 };
	struct uks_client *client;
	ck_object_handle_t found[4];
	unsigned long count;

	ASSERT_EQ(uks_client_new(&client, NULL), 0);
	ASSERT_EQ(uks_key_generate(client, "made outside", UKS_KEY_EC_P256, 0, NULL, NULL), 0);
	ASSERT_EQ(C_FindObjectsInit(self->session, &label, 1), CKR_OK);
	EXPECT_EQ(C_FindObjects(self->session, found, 4, &count), CKR_OK);
	EXPECT_EQ(count, 2);
	EXPECT_EQ(C_FindObjectsFinal(self->session), CKR_OK);
	ASSERT_EQ(uks_key_delete(client, "made outside", NULL), 0);
	ASSERT_EQ(C_FindObjectsInit(self->session, &label, 1), CKR_OK);
	EXPECT_EQ(C_FindObjects(self->session, found, 4, &count), CKR_OK);
	EXPECT_EQ(count, 0);
	uks_client_free(client);
}

TEST_F(p11, sensitive_and_unextractable_are_for_good)
{
	struct ck_attribute sensitive = ATTR(CKA_SENSITIVE, no);
	struct ck_attribute extractable = ATTR(CKA_EXTRACTABLE, yes);
	struct ck_attribute id = { CKA_ID, "id", 2 };

	EXPECT_EQ(C_SetAttributeValue(self->session, self->private, &sensitive, 1),
		  CKR_ATTRIBUTE_READ_ONLY);
	EXPECT_EQ(C_SetAttributeValue(self->session, self->private, &extractable, 1),
		  CKR_ATTRIBUTE_READ_ONLY);
	EXPECT_EQ(C_SetAttributeValue(self->session, self->private, &id, 1), CKR_OK);
	id.value = self->out;
	ASSERT_EQ(C_GetAttributeValue(self->session, self->private, &id, 1), CKR_OK);
	EXPECT_EQ(memcmp(self->out, "id", 2), 0);
}

/* ---- check values ---- */

static ck_rv_t get(ck_session_handle_t session, ck_object_handle_t key, ck_attribute_type_t type,
		   void *value, unsigned long len)
{
	struct ck_attribute attribute = { type, value, len };
	ck_rv_t rv = C_GetAttributeValue(session, key, &attribute, 1);

	return rv == CKR_OK && attribute.value_len != len ? CKR_BUFFER_TOO_SMALL : rv;
}

/* AES of zeros as in SP 800-38B, D.1 (L of the key); SHA-1 as openssl dgst -sha1 has it. */
TEST_F(p11, check_values_are_those_of_the_standard)
{
	static const uint8_t of_aes[] = { 0x7d, 0xf7, 0x6b };
	static const uint8_t of_text[] = { 0x37, 0x2e, 0xa0 };
	ck_object_class_t class = CKO_SECRET_KEY;
	ck_key_type_t type = CKK_AES;
	uint8_t value[16], check[3], again[3];
	struct ck_attribute template[] = {
		ATTR(CKA_CLASS, class), ATTR(CKA_KEY_TYPE, type), ATTR(CKA_VALUE, value),
		ATTR(CKA_CHECK_VALUE, of_text), ATTR(CKA_TOKEN, yes), ATTR(CKA_ENCRYPT, yes),
	};
	ck_object_handle_t key;

	unhex("2b7e151628aed2a6abf7158809cf4f3c", value);
	EXPECT_EQ(C_CreateObject(self->session, template, 6, &key), CKR_ATTRIBUTE_VALUE_INVALID);
	template[3].value = (void *)of_aes;
	ASSERT_EQ(C_CreateObject(self->session, template, 6, &key), CKR_OK);
	ASSERT_EQ(get(self->session, key, CKA_CHECK_VALUE, check, 3), CKR_OK);
	EXPECT_EQ(memcmp(check, of_aes, 3), 0);
	EXPECT_EQ(C_DestroyObject(self->session, key), CKR_OK);
	/* Without a word of the client it is the same. */
	template[3] = template[5];
	template[4].value = &no;
	ASSERT_EQ(C_CreateObject(self->session, template, 5, &key), CKR_OK);
	ASSERT_EQ(get(self->session, key, CKA_CHECK_VALUE, check, 3), CKR_OK);
	EXPECT_EQ(memcmp(check, of_aes, 3), 0);
	ASSERT_EQ(give_secret(self->session, CKK_GENERIC_SECRET, "text", 4, CKA_SIGN, CKA_VERIFY,
			      &key), CKR_OK);
	ASSERT_EQ(get(self->session, key, CKA_CHECK_VALUE, check, 3), CKR_OK);
	EXPECT_EQ(memcmp(check, of_text, 3), 0);
	/* Of a key whose value nobody knows, the key itself is asked. */
	ASSERT_EQ(make_aes(self->session, &key), CKR_OK);
	ASSERT_EQ(get(self->session, key, CKA_CHECK_VALUE, check, 3), CKR_OK);
	ASSERT_EQ(get(self->session, key, CKA_CHECK_VALUE, again, 3), CKR_OK);
	EXPECT_EQ(memcmp(check, again, 3), 0);
	EXPECT_EQ(get(self->session, self->private, CKA_CHECK_VALUE, check, 3),
		  CKR_ATTRIBUTE_TYPE_INVALID);
}

TEST_F(p11, a_generated_key_is_found_by_its_check_value)
{
	struct ck_mechanism cbc = { CKM_AES_CBC, NULL, 0 };
	uint8_t zeros[16] = { 0 }, block[16], check[3];
	struct ck_attribute wanted[] = { ATTR(CKA_CHECK_VALUE, check) };
	unsigned long len = 16;
	ck_object_handle_t key;

	cbc.parameter = zeros;
	cbc.parameter_len = 16;
	ASSERT_EQ(make_aes(self->session, &key), CKR_OK);
	ASSERT_EQ(C_EncryptInit(self->session, &cbc, key), CKR_OK);
	ASSERT_EQ(C_Encrypt(self->session, zeros, 16, block, &len), CKR_OK);
	memcpy(check, block, 3);
	EXPECT_EQ(count_objects(self->session, wanted, 1), 1);
	check[0] ^= 1;
	EXPECT_EQ(count_objects(self->session, wanted, 1), 0);
}

/* ---- what binds a key ---- */

static void day(int days, char *text)
{
	time_t when = time(NULL) + days * 86400;
	struct tm tm;

	gmtime_r(&when, &tm);
	strftime(text, 9, "%Y%m%d", &tm);
}

static ck_rv_t make_dated(ck_session_handle_t session, int start, int end,
			  ck_object_handle_t *private)
{
	struct ck_mechanism mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	char from[9], to[9];
	struct ck_attribute public_template[] = { ATTR(CKA_EC_PARAMS, p256) };
	struct ck_attribute template[] = {
		ATTR(CKA_SIGN, yes), { CKA_START_DATE, from, 8 }, { CKA_END_DATE, to, 8 },
	};
	ck_object_handle_t public;

	day(start, from);
	day(end, to);
	return C_GenerateKeyPair(session, &mechanism, public_template, 1, template, 3, &public,
				 private);
}

static ck_rv_t sign_once(ck_session_handle_t session, ck_object_handle_t key)
{
	uint8_t sig[64];
	unsigned long len = sizeof(sig);
	ck_rv_t rv = sign_init(session, CKM_ECDSA_SHA256, key);

	return rv == CKR_OK ? C_Sign(session, (unsigned char *)"text", 4, sig, &len) : rv;
}

TEST_F(p11, a_key_works_from_its_first_to_its_last_day)
{
	ck_object_handle_t key;
	char text[9], today[9];

	day(0, today);
	ASSERT_EQ(make_dated(self->session, 0, 0, &key), CKR_OK);
	EXPECT_EQ(sign_once(self->session, key), CKR_OK);
	ASSERT_EQ(get(self->session, key, CKA_END_DATE, text, 8), CKR_OK);
	EXPECT_EQ(memcmp(text, today, 8), 0);
	ASSERT_EQ(make_dated(self->session, 2, 9, &key), CKR_OK);
	EXPECT_EQ(sign_once(self->session, key), CKR_KEY_FUNCTION_NOT_PERMITTED);
	ASSERT_EQ(make_dated(self->session, -9, -2, &key), CKR_OK);
	EXPECT_EQ(sign_once(self->session, key), CKR_KEY_FUNCTION_NOT_PERMITTED);
}

TEST_F(p11, a_key_does_only_what_its_mechanisms_allow)
{
	struct ck_mechanism mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	ck_mechanism_type_t allowed[] = { CKM_ECDSA_SHA384, CKM_ECDSA_SHA256 };
	struct ck_attribute public_template[] = { ATTR(CKA_EC_PARAMS, p256) };
	struct ck_attribute template[] = {
		ATTR(CKA_SIGN, yes), ATTR(CKA_ALLOWED_MECHANISMS, allowed),
	};
	ck_object_handle_t public, key;

	ASSERT_EQ(C_GenerateKeyPair(self->session, &mechanism, public_template, 1, template, 2,
				    &public, &key), CKR_OK);
	EXPECT_EQ(sign_init(self->session, CKM_ECDSA, key), CKR_MECHANISM_INVALID);
	EXPECT_EQ(sign_init(self->session, CKM_ECDSA_SHA512, key), CKR_MECHANISM_INVALID);
	EXPECT_EQ(sign_once(self->session, key), CKR_OK);
	template[1].value_len = 3;
	EXPECT_EQ(C_GenerateKeyPair(self->session, &mechanism, public_template, 1, template, 2,
				    &public, &key), CKR_ATTRIBUTE_VALUE_INVALID);
}

TEST_F(p11, what_may_not_be_changed_or_destroyed_stays)
{
	ck_object_class_t class = CKO_DATA;
	struct ck_attribute template[] = {
		ATTR(CKA_CLASS, class), ATTR(CKA_MODIFIABLE, no), ATTR(CKA_DESTROYABLE, no),
		{ CKA_LABEL, "fixed", 5 },
	};
	struct ck_attribute label = { CKA_LABEL, "other", 5 };
	struct ck_attribute copyable = ATTR(CKA_COPYABLE, no);
	ck_object_handle_t data, copy;

	ASSERT_EQ(C_CreateObject(self->session, template, 4, &data), CKR_OK);
	EXPECT_EQ(C_SetAttributeValue(self->session, data, &label, 1), CKR_ACTION_PROHIBITED);
	EXPECT_EQ(C_DestroyObject(self->session, data), CKR_ACTION_PROHIBITED);
	EXPECT_EQ(count_objects(self->session, &template[3], 1), 1);
	ASSERT_EQ(C_CopyObject(self->session, data, &copyable, 1, &copy), CKR_OK);
	EXPECT_EQ(C_CopyObject(self->session, copy, &label, 1, &data), CKR_ACTION_PROHIBITED);
}

TEST_HARNESS_MAIN
