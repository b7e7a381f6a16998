// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The module as PKCS #11 v3.0 describes it: initialisation, sessions, the state of
 * operations, objects, threads, forks. Runs in the VM, as a user of UKS.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <uks.h>

#include "pkcs11-3.h"

static unsigned char yes = 1, no;
static const uint8_t p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };

#define ATTR(type, value) { type, (void *)&(value), sizeof(value) }

FIXTURE(p11)
{
	ck_session_handle_t session;
	ck_object_handle_t public, private;
	uint8_t out[256];
	unsigned long len;
};

static ck_rv_t make_pair(ck_session_handle_t session, unsigned char *token, const char *label,
			 ck_object_handle_t *public, ck_object_handle_t *private)
{
	struct ck_mechanism mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	struct ck_attribute public_template[] = {
		ATTR(CKA_EC_PARAMS, p256), { CKA_TOKEN, token, 1 },
		{ CKA_LABEL, (void *)label, strlen(label) },
	};
	struct ck_attribute private_template[] = {
		{ CKA_TOKEN, token, 1 }, ATTR(CKA_SIGN, yes),
		{ CKA_LABEL, (void *)label, strlen(label) },
	};

	return C_GenerateKeyPair(session, &mechanism, public_template, 3, private_template, 3,
				 public, private);
}

FIXTURE_SETUP(p11)
{
	self->len = sizeof(self->out);
	ASSERT_EQ(C_Initialize(NULL), CKR_OK);
	ASSERT_EQ(C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
				&self->session), CKR_OK);
	ASSERT_EQ(make_pair(self->session, &no, "pair", &self->public, &self->private), CKR_OK);
}

FIXTURE_TEARDOWN(p11)
{
	C_Finalize(NULL);
}

static ck_rv_t sign_init(ck_session_handle_t session, ck_mechanism_type_t type,
			 ck_object_handle_t key)
{
	struct ck_mechanism mechanism = { type, NULL, 0 };

	return C_SignInit(session, &mechanism, key);
}

static ck_rv_t verify_init(ck_session_handle_t session, ck_mechanism_type_t type,
			   ck_object_handle_t key)
{
	struct ck_mechanism mechanism = { type, NULL, 0 };

	return C_VerifyInit(session, &mechanism, key);
}

/* ---- initialisation ---- */

TEST(calls_before_initialisation_are_refused)
{
	ck_session_handle_t session;
	unsigned long count;

	EXPECT_EQ(C_GetSlotList(1, NULL, &count), CKR_CRYPTOKI_NOT_INITIALIZED);
	EXPECT_EQ(C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session),
		  CKR_CRYPTOKI_NOT_INITIALIZED);
	EXPECT_EQ(C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
}

TEST(arguments_of_initialisation_are_checked)
{
	struct ck_c_initialize_args args = { .reserved = &args };

	EXPECT_EQ(C_Initialize(&args), CKR_ARGUMENTS_BAD);
	args.reserved = NULL;
	args.create_mutex = (void *)1;
	EXPECT_EQ(C_Initialize(&args), CKR_ARGUMENTS_BAD);
	args.destroy_mutex = (void *)1;
	args.lock_mutex = (void *)1;
	args.unlock_mutex = (void *)1;
	EXPECT_EQ(C_Initialize(&args), CKR_CANT_LOCK);
	args.flags = CKF_OS_LOCKING_OK;
	ASSERT_EQ(C_Initialize(&args), CKR_OK);
	EXPECT_EQ(C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
	EXPECT_EQ(C_Finalize(&args), CKR_ARGUMENTS_BAD);
	EXPECT_EQ(C_Finalize(NULL), CKR_OK);
}

TEST(interfaces_are_2_40_and_3_0)
{
	struct ck_version version = { 3, 0 };
	struct ck_function_list *list;
	struct ck_interface *interface, all[4];
	unsigned long count = 1;

	ASSERT_EQ(C_GetFunctionList(&list), CKR_OK);
	EXPECT_EQ(list->version.major, 2);
	EXPECT_EQ(list->version.minor, 40);
	EXPECT_EQ(C_GetInterfaceList(all, &count), CKR_BUFFER_TOO_SMALL);
	ASSERT_EQ(count, 2);
	EXPECT_EQ(C_GetInterfaceList(all, &count), CKR_OK);
	ASSERT_EQ(C_GetInterface(NULL, NULL, &interface, 0), CKR_OK);
	EXPECT_EQ(((struct ck_version *)interface->function_list)->major, 3);
	EXPECT_EQ(C_GetInterface((unsigned char *)"PKCS 11", &version, &interface,
				 CKF_INTERFACE_FORK_SAFE), CKR_OK);
	version.minor = 1;
	EXPECT_EQ(C_GetInterface(NULL, &version, &interface, 0), CKR_FUNCTION_FAILED);
}

TEST_F(p11, texts_are_padded_with_blanks)
{
	struct ck_token_info token;
	struct ck_slot_info slot;
	size_t i;

	ASSERT_EQ(C_GetSlotInfo(0, &slot), CKR_OK);
	ASSERT_EQ(C_GetTokenInfo(0, &token), CKR_OK);
	EXPECT_EQ(memcmp(token.label, "UKS                             ", 32), 0);
	EXPECT_EQ(memchr(token.model, 0, sizeof(token.model)), NULL);
	EXPECT_EQ(memchr(token.serial_number, 0, 16), NULL);
	for (i = 3; i < sizeof(slot.manufacturer_id); i++)
		EXPECT_EQ(slot.manufacturer_id[i], ' ');
	EXPECT_EQ(C_GetSlotInfo(1, &slot), CKR_SLOT_ID_INVALID);
	EXPECT_EQ(C_GetTokenInfo(0, NULL), CKR_ARGUMENTS_BAD);
}

/* ---- sessions ---- */

TEST_F(p11, a_closed_session_is_gone_and_its_objects_with_it)
{
	struct ck_session_info info;
	ck_session_handle_t other;
	struct ck_attribute class = { CKA_CLASS, NULL, 0 };

	ASSERT_EQ(C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &other), CKR_OK);
	EXPECT_EQ(C_GetAttributeValue(other, self->private, &class, 1), CKR_OK);
	ASSERT_EQ(C_CloseSession(self->session), CKR_OK);
	EXPECT_EQ(C_GetSessionInfo(self->session, &info), CKR_SESSION_HANDLE_INVALID);
	EXPECT_EQ(C_CloseSession(self->session), CKR_SESSION_HANDLE_INVALID);
	EXPECT_EQ(C_GetAttributeValue(other, self->private, &class, 1),
		  CKR_OBJECT_HANDLE_INVALID);
	EXPECT_EQ(sign_init(other, CKM_ECDSA, self->private), CKR_KEY_HANDLE_INVALID);
}

TEST_F(p11, a_read_only_session_makes_no_token_objects)
{
	ck_object_handle_t public, private;
	ck_session_handle_t session;

	EXPECT_EQ(C_OpenSession(0, 0, NULL, NULL, &session), CKR_SESSION_PARALLEL_NOT_SUPPORTED);
	ASSERT_EQ(C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_OK);
	EXPECT_EQ(make_pair(session, &yes, "refused", &public, &private), CKR_SESSION_READ_ONLY);
	EXPECT_EQ(make_pair(session, &no, "allowed", &public, &private), CKR_OK);
}

TEST_F(p11, session_keys_leave_nothing_in_the_store)
{
	struct uks_client *client;
	struct uks_key_list *list;
	struct uks_key *key;
	int count = 0;

	ASSERT_EQ(C_Finalize(NULL), CKR_OK);
	ASSERT_EQ(uks_client_new(&client, NULL), 0);
	ASSERT_EQ(uks_key_list(client, &list, NULL), 0);
	while (!uks_key_list_next(list, &key, NULL) && key) {
		count += !strncmp(key->name, "pkcs11 session ", 15);
		uks_key_free(key);
	}
	EXPECT_EQ(count, 0);
	uks_key_list_free(list);
	uks_client_free(client);
}

/* ---- the state of an operation ---- */

TEST_F(p11, nothing_is_done_before_its_beginning)
{
	EXPECT_EQ(C_Sign(self->session, self->out, 1, self->out, &self->len),
		  CKR_OPERATION_NOT_INITIALIZED);
	EXPECT_EQ(C_SignUpdate(self->session, self->out, 1), CKR_OPERATION_NOT_INITIALIZED);
	EXPECT_EQ(C_SignFinal(self->session, self->out, &self->len),
		  CKR_OPERATION_NOT_INITIALIZED);
	EXPECT_EQ(C_Verify(self->session, self->out, 1, self->out, 64),
		  CKR_OPERATION_NOT_INITIALIZED);
	EXPECT_EQ(C_Encrypt(self->session, self->out, 1, self->out, &self->len),
		  CKR_OPERATION_NOT_INITIALIZED);
	EXPECT_EQ(C_DigestFinal(self->session, self->out, &self->len),
		  CKR_OPERATION_NOT_INITIALIZED);
	EXPECT_EQ(C_FindObjects(self->session, &self->public, 1, &self->len),
		  CKR_OPERATION_NOT_INITIALIZED);
}

TEST_F(p11, a_length_query_and_too_little_room_leave_it_active)
{
	ASSERT_EQ(sign_init(self->session, CKM_ECDSA_SHA256, self->private), CKR_OK);
	ASSERT_EQ(C_Sign(self->session, (unsigned char *)"text", 4, NULL, &self->len), CKR_OK);
	EXPECT_EQ(self->len, 64);
	self->len = 63;
	EXPECT_EQ(C_Sign(self->session, (unsigned char *)"text", 4, self->out, &self->len),
		  CKR_BUFFER_TOO_SMALL);
	EXPECT_EQ(self->len, 64);
	ASSERT_EQ(C_Sign(self->session, (unsigned char *)"text", 4, self->out, &self->len),
		  CKR_OK);
	EXPECT_EQ(C_Sign(self->session, (unsigned char *)"text", 4, self->out, &self->len),
		  CKR_OPERATION_NOT_INITIALIZED);
	ASSERT_EQ(verify_init(self->session, CKM_ECDSA_SHA256, self->public), CKR_OK);
	EXPECT_EQ(C_Verify(self->session, (unsigned char *)"text", 4, self->out, 64), CKR_OK);
}

TEST_F(p11, any_other_error_ends_it)
{
	ASSERT_EQ(sign_init(self->session, CKM_ECDSA_SHA256, self->private), CKR_OK);
	EXPECT_EQ(C_Sign(self->session, NULL, 4, self->out, &self->len), CKR_ARGUMENTS_BAD);
	EXPECT_EQ(C_Sign(self->session, self->out, 4, self->out, &self->len),
		  CKR_OPERATION_NOT_INITIALIZED);
	ASSERT_EQ(verify_init(self->session, CKM_ECDSA_SHA256, self->public), CKR_OK);
	EXPECT_EQ(C_Verify(self->session, self->out, 4, self->out, 63), CKR_SIGNATURE_LEN_RANGE);
	EXPECT_EQ(C_Verify(self->session, self->out, 4, self->out, 64),
		  CKR_OPERATION_NOT_INITIALIZED);
	ASSERT_EQ(verify_init(self->session, CKM_ECDSA_SHA256, self->public), CKR_OK);
	EXPECT_EQ(C_Verify(self->session, self->out, 4, self->out, 64), CKR_SIGNATURE_INVALID);
	EXPECT_EQ(C_VerifyFinal(self->session, self->out, 64), CKR_OPERATION_NOT_INITIALIZED);
}

TEST_F(p11, a_second_beginning_is_refused_and_disturbs_nothing)
{
	ASSERT_EQ(sign_init(self->session, CKM_ECDSA_SHA256, self->private), CKR_OK);
	EXPECT_EQ(sign_init(self->session, CKM_ECDSA, self->private), CKR_OPERATION_ACTIVE);
	EXPECT_EQ(C_Sign(self->session, self->out, 4, self->out, &self->len), CKR_OK);
}

TEST_F(p11, one_shot_and_parts_do_not_mix)
{
	ASSERT_EQ(sign_init(self->session, CKM_ECDSA_SHA256, self->private), CKR_OK);
	ASSERT_EQ(C_SignUpdate(self->session, (unsigned char *)"te", 2), CKR_OK);
	EXPECT_EQ(C_Sign(self->session, (unsigned char *)"xt", 2, self->out, &self->len),
		  CKR_OPERATION_ACTIVE);
	EXPECT_EQ(C_SignFinal(self->session, self->out, &self->len),
		  CKR_OPERATION_NOT_INITIALIZED);
	/* A mechanism that takes the digest has no parts. */
	ASSERT_EQ(sign_init(self->session, CKM_ECDSA, self->private), CKR_OK);
	EXPECT_EQ(C_SignUpdate(self->session, self->out, 32), CKR_OPERATION_NOT_INITIALIZED);
}

TEST_F(p11, parts_give_what_one_shot_verifies)
{
	ASSERT_EQ(sign_init(self->session, CKM_ECDSA_SHA256, self->private), CKR_OK);
	ASSERT_EQ(C_SignUpdate(self->session, (unsigned char *)"te", 2), CKR_OK);
	ASSERT_EQ(C_SignUpdate(self->session, (unsigned char *)"xt", 2), CKR_OK);
	ASSERT_EQ(C_SignFinal(self->session, NULL, &self->len), CKR_OK);
	ASSERT_EQ(C_SignFinal(self->session, self->out, &self->len), CKR_OK);
	ASSERT_EQ(verify_init(self->session, CKM_ECDSA_SHA256, self->public), CKR_OK);
	EXPECT_EQ(C_Verify(self->session, (unsigned char *)"text", 4, self->out, 64), CKR_OK);
	ASSERT_EQ(verify_init(self->session, CKM_ECDSA_SHA256, self->public), CKR_OK);
	ASSERT_EQ(C_VerifyUpdate(self->session, (unsigned char *)"text", 4), CKR_OK);
	EXPECT_EQ(C_VerifyFinal(self->session, self->out, 64), CKR_OK);
}

TEST_F(p11, an_operation_can_be_cancelled)
{
	ASSERT_EQ(sign_init(self->session, CKM_ECDSA_SHA256, self->private), CKR_OK);
	EXPECT_EQ(C_SessionCancel(self->session, CKF_SIGN), CKR_OK);
	EXPECT_EQ(C_SignUpdate(self->session, self->out, 1), CKR_OPERATION_NOT_INITIALIZED);
	ASSERT_EQ(sign_init(self->session, CKM_ECDSA_SHA256, self->private), CKR_OK);
	EXPECT_EQ(C_SignInit(self->session, NULL, self->private), CKR_OK);
	EXPECT_EQ(C_SignUpdate(self->session, self->out, 1), CKR_OPERATION_NOT_INITIALIZED);
}

TEST_F(p11, beginnings_name_what_is_wrong)
{
	struct ck_mechanism vector = { CKM_ECDSA, &vector, 1 };
	ck_object_handle_t data;
	ck_object_class_t class = CKO_DATA;
	struct ck_attribute template[] = { ATTR(CKA_CLASS, class) };

	ASSERT_EQ(C_CreateObject(self->session, template, 1, &data), CKR_OK);
	EXPECT_EQ(sign_init(self->session, CKM_ECDSA, 999999), CKR_KEY_HANDLE_INVALID);
	EXPECT_EQ(sign_init(self->session, CKM_ECDSA, data), CKR_KEY_HANDLE_INVALID);
	EXPECT_EQ(sign_init(self->session, CKM_DES3_CBC, self->private), CKR_MECHANISM_INVALID);
	EXPECT_EQ(sign_init(self->session, CKM_AES_GCM, self->private), CKR_MECHANISM_INVALID);
	EXPECT_EQ(sign_init(self->session, CKM_RSA_PKCS, self->private),
		  CKR_KEY_TYPE_INCONSISTENT);
	EXPECT_EQ(sign_init(self->session, CKM_ECDSA, self->public),
		  CKR_KEY_FUNCTION_NOT_PERMITTED);
	EXPECT_EQ(C_SignInit(self->session, &vector, self->private),
		  CKR_MECHANISM_PARAM_INVALID);
	EXPECT_EQ(C_Sign(self->session, self->out, 4, self->out, &self->len),
		  CKR_OPERATION_NOT_INITIALIZED);
}

TEST_F(p11, a_digest_is_that_of_openssl)
{
	struct ck_mechanism mechanism = { CKM_SHA256, NULL, 0 };
	uint8_t expected[32];
	unsigned int len;

	ASSERT_EQ(EVP_Digest("text", 4, expected, &len, EVP_sha256(), NULL), 1);
	ASSERT_EQ(C_DigestInit(self->session, &mechanism), CKR_OK);
	ASSERT_EQ(C_DigestUpdate(self->session, (unsigned char *)"text", 4), CKR_OK);
	self->len = 31;
	EXPECT_EQ(C_DigestFinal(self->session, self->out, &self->len), CKR_BUFFER_TOO_SMALL);
	ASSERT_EQ(C_DigestFinal(self->session, self->out, &self->len), CKR_OK);
	EXPECT_EQ(self->len, 32);
	EXPECT_EQ(memcmp(self->out, expected, 32), 0);
	ASSERT_EQ(C_DigestInit(self->session, &mechanism), CKR_OK);
	EXPECT_EQ(C_DigestKey(self->session, self->private), CKR_KEY_INDIGESTIBLE);
}

/* ---- objects ---- */

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

/* ---- ciphers ---- */

static ck_rv_t make_aes(ck_session_handle_t session, ck_object_handle_t *key)
{
	struct ck_mechanism mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
	unsigned long len = 32;
	struct ck_attribute template[] = {
		ATTR(CKA_VALUE_LEN, len), ATTR(CKA_ENCRYPT, yes), ATTR(CKA_DECRYPT, yes),
	};

	return C_GenerateKey(session, &mechanism, template, 3, key);
}

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

/* ---- MACs, wrapped keys ---- */

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

/* ---- threads and forks ---- */

static void *sign_often(void *arg)
{
	ck_object_handle_t key = *(ck_object_handle_t *)arg;
	ck_session_handle_t session;
	uint8_t sig[64];
	unsigned long len, i;

	if (C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK)
		return (void *)1;
	for (i = 0; i < 20; i++) {
		len = sizeof(sig);
		if (sign_init(session, CKM_ECDSA_SHA256, key) != CKR_OK ||
		    C_Sign(session, (unsigned char *)"text", 4, sig, &len) != CKR_OK)
			return (void *)2;
	}
	return C_CloseSession(session) == CKR_OK ? NULL : (void *)3;
}

TEST_F(p11, threads_sign_at_once)
{
	pthread_t threads[8];
	void *result;
	int i;

	for (i = 0; i < 8; i++)
		ASSERT_EQ(pthread_create(&threads[i], NULL, sign_often, &self->private), 0);
	for (i = 0; i < 8; i++) {
		ASSERT_EQ(pthread_join(threads[i], &result), 0);
		EXPECT_EQ(result, NULL);
	}
}

static int in_the_child(void)
{
	ck_object_handle_t public, private;
	ck_session_handle_t session;
	unsigned long count = 1;

	if (C_GetSlotList(1, NULL, &count) != CKR_CRYPTOKI_NOT_INITIALIZED)
		return 1;
	if (C_Initialize(NULL) != CKR_OK)
		return 2;
	if (C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK)
		return 3;
	if (make_pair(session, &no, "child", &public, &private) != CKR_OK)
		return 4;
	return C_Finalize(NULL) == CKR_OK ? 0 : 5;
}

TEST_F(p11, a_child_initialises_anew_and_the_parent_goes_on)
{
	int status;
	pid_t pid;

	ASSERT_EQ(sign_init(self->session, CKM_ECDSA_SHA256, self->private), CKR_OK);
	ASSERT_EQ(C_SignUpdate(self->session, (unsigned char *)"te", 2), CKR_OK);
	pid = fork();
	if (!pid)
		_exit(in_the_child());
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	EXPECT_EQ(C_SignFinal(self->session, self->out, &self->len), CKR_OK);
}

TEST_F(p11, it_can_be_finalised_in_the_middle_of_work)
{
	ASSERT_EQ(sign_init(self->session, CKM_ECDSA_SHA256, self->private), CKR_OK);
	ASSERT_EQ(C_SignUpdate(self->session, (unsigned char *)"te", 2), CKR_OK);
	ASSERT_EQ(C_FindObjectsInit(self->session, NULL, 0), CKR_OK);
	EXPECT_EQ(C_Finalize(NULL), CKR_OK);
	EXPECT_EQ(C_SignUpdate(self->session, (unsigned char *)"xt", 2),
		  CKR_CRYPTOKI_NOT_INITIALIZED);
	EXPECT_EQ(C_Initialize(NULL), CKR_OK);
	EXPECT_EQ(C_SignUpdate(self->session, (unsigned char *)"xt", 2),
		  CKR_SESSION_HANDLE_INVALID);
}

TEST_HARNESS_MAIN
