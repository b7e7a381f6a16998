// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The states of the PKCS #11 module as v3.0 describes them: initialisation, sessions,
 * operations, threads, forks. Runs in the VM, as a user of UKS.
 */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>
#include <openssl/evp.h>
#include <uks.h>

#include "pkcs11-test.h"

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
	EXPECT_EQ(C_GetSlotInfo(9, &slot), CKR_SLOT_ID_INVALID);
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
