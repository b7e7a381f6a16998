// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * PINs of the PKCS #11 module, what only the security officer may say, and that the
 * module says nothing on stderr. Each test has a folder of its own in which the module
 * keeps its records. Runs in the VM, as a user of UKS.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <kselftest_harness.h>
#include <uks.h>

#include "pkcs11-3.h"

#define ATTR(type, value) { type, (void *)&(value), sizeof(value) }

static unsigned char yes = 1, no;

static ck_rv_t init_token(const char *pin)
{
	unsigned char label[32];

	memset(label, ' ', sizeof(label));
	memcpy(label, "UKS", 3);
	return C_InitToken(0, (unsigned char *)pin, strlen(pin), label);
}

static ck_rv_t log_in(ck_session_handle_t session, ck_user_type_t user, const char *pin)
{
	return C_Login(session, user, (unsigned char *)pin, strlen(pin));
}

static ck_rv_t init_pin(ck_session_handle_t session, const char *pin)
{
	return C_InitPIN(session, (unsigned char *)pin, strlen(pin));
}

static ck_rv_t set_pin(ck_session_handle_t session, const char *old, const char *new)
{
	return C_SetPIN(session, (unsigned char *)old, strlen(old), (unsigned char *)new,
			strlen(new));
}

FIXTURE(login)
{
	char folder[32];
	ck_session_handle_t session;
};

FIXTURE_SETUP(login)
{
	snprintf(self->folder, sizeof(self->folder), "/tmp/login-test.XXXXXX");
	ASSERT_NE(mkdtemp(self->folder), NULL);
	setenv("XDG_DATA_HOME", self->folder, 1);
	ASSERT_EQ(C_Initialize(NULL), CKR_OK);
	ASSERT_EQ(init_token("87654321"), CKR_OK);
	ASSERT_EQ(C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
				&self->session), CKR_OK);
	ASSERT_EQ(log_in(self->session, CKU_SO, "87654321"), CKR_OK);
	ASSERT_EQ(init_pin(self->session, "1234"), CKR_OK);
	ASSERT_EQ(C_Logout(self->session), CKR_OK);
}

FIXTURE_TEARDOWN(login)
{
	C_Finalize(NULL);
}

static ck_flags_t flags(void)
{
	struct ck_token_info info;

	return C_GetTokenInfo(0, &info) == CKR_OK ? info.flags : ~0UL;
}

TEST_F_TIMEOUT(login, private_objects_are_seen_by_the_user_alone, 300)
{
	ck_object_class_t class = CKO_DATA;
	struct ck_attribute template[] = {
		ATTR(CKA_CLASS, class), ATTR(CKA_PRIVATE, yes), { CKA_LABEL, "mine", 4 },
	};
	ck_object_handle_t data, found;
	unsigned long count;

	ASSERT_EQ(log_in(self->session, CKU_USER, "1234"), CKR_OK);
	ASSERT_EQ(C_CreateObject(self->session, template, 3, &data), CKR_OK);
	ASSERT_EQ(C_Logout(self->session), CKR_OK);
	EXPECT_EQ(C_DestroyObject(self->session, data), CKR_OBJECT_HANDLE_INVALID);
	ASSERT_EQ(C_FindObjectsInit(self->session, template, 3), CKR_OK);
	EXPECT_EQ(C_FindObjects(self->session, &found, 1, &count), CKR_OK);
	EXPECT_EQ(count, 0);
	EXPECT_EQ(C_FindObjectsFinal(self->session), CKR_OK);
	EXPECT_EQ(log_in(self->session, CKU_USER, "1235"), CKR_PIN_INCORRECT);
	EXPECT_EQ(log_in(self->session, CKU_CONTEXT_SPECIFIC, "1234"),
		  CKR_OPERATION_NOT_INITIALIZED);
	EXPECT_EQ(C_Logout(self->session), CKR_USER_NOT_LOGGED_IN);
}

TEST_F_TIMEOUT(login, the_users_pin_locks_and_the_officer_unlocks_it, 300)
{
	int try;

	for (try = 0; try < 9; try++)
		EXPECT_EQ(log_in(self->session, CKU_USER, "wrong"), CKR_PIN_INCORRECT);
	EXPECT_NE(flags() & CKF_USER_PIN_FINAL_TRY, 0);
	EXPECT_EQ(flags() & CKF_USER_PIN_LOCKED, 0);
	log_in(self->session, CKU_USER, "wrong");
	EXPECT_NE(flags() & CKF_USER_PIN_LOCKED, 0);
	EXPECT_EQ(log_in(self->session, CKU_USER, "1234"), CKR_PIN_LOCKED);
	ASSERT_EQ(log_in(self->session, CKU_SO, "87654321"), CKR_OK);
	ASSERT_EQ(init_pin(self->session, "4321"), CKR_OK);
	ASSERT_EQ(C_Logout(self->session), CKR_OK);
	EXPECT_EQ(log_in(self->session, CKU_USER, "1234"), CKR_PIN_INCORRECT);
	EXPECT_EQ(log_in(self->session, CKU_USER, "4321"), CKR_OK);
	EXPECT_EQ(flags() & (CKF_USER_PIN_LOCKED | CKF_USER_PIN_COUNT_LOW), 0);
}

TEST_F_TIMEOUT(login, the_officers_pin_locks_too, 300)
{
	int try;

	for (try = 0; try < 10; try++)
		EXPECT_NE(log_in(self->session, CKU_SO, "wrong"), CKR_OK);
	EXPECT_NE(flags() & CKF_SO_PIN_LOCKED, 0);
	EXPECT_EQ(log_in(self->session, CKU_SO, "87654321"), CKR_PIN_LOCKED);
	EXPECT_EQ(log_in(self->session, CKU_USER, "1234"), CKR_OK);
}

TEST_F_TIMEOUT(login, a_pin_is_changed_by_who_knows_it, 300)
{
	EXPECT_EQ(set_pin(self->session, "1235", "9999"), CKR_PIN_INCORRECT);
	EXPECT_EQ(set_pin(self->session, "1234", "123"), CKR_PIN_LEN_RANGE);
	EXPECT_EQ(set_pin(self->session, "1234", "9999"), CKR_OK);
	EXPECT_EQ(log_in(self->session, CKU_USER, "1234"), CKR_PIN_INCORRECT);
	ASSERT_EQ(log_in(self->session, CKU_USER, "9999"), CKR_OK);
	EXPECT_EQ(init_pin(self->session, "1111"), CKR_USER_NOT_LOGGED_IN);
	EXPECT_EQ(log_in(self->session, CKU_SO, "87654321"),
		  CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
}

/* ---- private objects ---- */

static ck_rv_t make_private(ck_session_handle_t session, ck_attribute_type_t type,
			    ck_object_handle_t *key)
{
	struct ck_mechanism mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
	unsigned long len = 32;
	struct ck_attribute template[] = {
		ATTR(CKA_VALUE_LEN, len), ATTR(CKA_ENCRYPT, yes), ATTR(type, yes),
		{ CKA_LABEL, "hidden", 6 },
	};

	return C_GenerateKey(session, &mechanism, template, 4, key);
}

static unsigned long count_hidden(ck_session_handle_t session)
{
	struct ck_attribute label = { CKA_LABEL, "hidden", 6 };
	ck_object_handle_t found[8];
	unsigned long count = ~0UL;

	if (C_FindObjectsInit(session, &label, 1) == CKR_OK)
		C_FindObjects(session, found, 8, &count);
	C_FindObjectsFinal(session);
	return count;
}

TEST_F_TIMEOUT(login, private_objects_are_made_by_who_is_logged_in, 300)
{
	uint8_t iv[16] = { 0 };
	struct ck_mechanism cbc = { CKM_AES_CBC, iv, sizeof(iv) };
	ck_object_class_t class = CKO_DATA;
	struct ck_attribute data[] = { ATTR(CKA_CLASS, class), ATTR(CKA_PRIVATE, yes) };
	unsigned char private = 2;
	struct ck_attribute got = ATTR(CKA_PRIVATE, private);
	ck_object_handle_t key;

	EXPECT_EQ(make_private(self->session, CKA_PRIVATE, &key), CKR_USER_NOT_LOGGED_IN);
	EXPECT_EQ(make_private(self->session, CKA_TOKEN, &key), CKR_USER_NOT_LOGGED_IN);
	EXPECT_EQ(C_CreateObject(self->session, data, 2, &key), CKR_USER_NOT_LOGGED_IN);
	/* A key of the session that nobody calls private can be used. */
	ASSERT_EQ(make_private(self->session, CKA_DECRYPT, &key), CKR_OK);
	ASSERT_EQ(C_GetAttributeValue(self->session, key, &got, 1), CKR_OK);
	EXPECT_EQ(private, no);
	EXPECT_EQ(C_EncryptInit(self->session, &cbc, key), CKR_OK);
	ASSERT_EQ(log_in(self->session, CKU_USER, "1234"), CKR_OK);
	EXPECT_EQ(count_hidden(self->session), 1);
	ASSERT_EQ(make_private(self->session, CKA_TOKEN, &key), CKR_OK);
	EXPECT_EQ(count_hidden(self->session), 2);
	EXPECT_EQ(C_DestroyObject(self->session, key), CKR_OK);
	EXPECT_EQ(C_CreateObject(self->session, data, 2, &key), CKR_OK);
}

/* ---- only the officer says whom to trust ---- */

static ck_rv_t make_aes(ck_session_handle_t session, ck_attribute_type_t usage,
			ck_attribute_type_t other, ck_object_handle_t *key)
{
	struct ck_mechanism mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
	unsigned long len = 32;
	struct ck_attribute template[] = {
		ATTR(CKA_VALUE_LEN, len), ATTR(CKA_PRIVATE, no), ATTR(usage, yes),
		ATTR(other, yes),
	};

	return C_GenerateKey(session, &mechanism, template, 4, key);
}

TEST_F_TIMEOUT(login, a_key_for_trusted_wrapping_leaves_under_trusted_keys_only, 300)
{
	struct ck_mechanism mechanism = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	struct ck_attribute trusted = ATTR(CKA_TRUSTED, yes);
	struct ck_attribute with = ATTR(CKA_WRAP_WITH_TRUSTED, yes);
	struct ck_attribute without = ATTR(CKA_WRAP_WITH_TRUSTED, no);
	ck_object_handle_t wrapping, inner;
	uint8_t wrapped[64];
	unsigned long len = sizeof(wrapped);

	ASSERT_EQ(make_aes(self->session, CKA_WRAP, CKA_UNWRAP, &wrapping), CKR_OK);
	ASSERT_EQ(make_aes(self->session, CKA_ENCRYPT, CKA_EXTRACTABLE, &inner), CKR_OK);
	ASSERT_EQ(C_SetAttributeValue(self->session, inner, &with, 1), CKR_OK);
	EXPECT_EQ(C_SetAttributeValue(self->session, inner, &without, 1),
		  CKR_ATTRIBUTE_READ_ONLY);
	EXPECT_EQ(C_WrapKey(self->session, &mechanism, wrapping, inner, wrapped, &len),
		  CKR_KEY_NOT_WRAPPABLE);
	ASSERT_EQ(log_in(self->session, CKU_USER, "1234"), CKR_OK);
	EXPECT_EQ(C_SetAttributeValue(self->session, wrapping, &trusted, 1),
		  CKR_ATTRIBUTE_READ_ONLY);
	EXPECT_EQ(C_WrapKey(self->session, &mechanism, wrapping, inner, wrapped, &len),
		  CKR_KEY_NOT_WRAPPABLE);
	ASSERT_EQ(C_Logout(self->session), CKR_OK);
	ASSERT_EQ(log_in(self->session, CKU_SO, "87654321"), CKR_OK);
	ASSERT_EQ(C_SetAttributeValue(self->session, wrapping, &trusted, 1), CKR_OK);
	len = sizeof(wrapped);
	EXPECT_EQ(C_WrapKey(self->session, &mechanism, wrapping, inner, wrapped, &len), CKR_OK);
	EXPECT_EQ(len, 40);
}

/* ---- silence ---- */

/* Everything that can go wrong at once: no folder to write to, wrong calls. */
TEST_F_TIMEOUT(login, nothing_is_ever_said_on_stderr, 300)
{
	struct ck_mechanism mechanism = { CKM_DES3_CBC, NULL, 0 };
	ck_object_handle_t key = 12345;
	int file, saved = dup(2);
	struct stat status;

	file = open(self->folder, O_TMPFILE | O_RDWR, 0600);
	ASSERT_GE(file, 0);
	ASSERT_EQ(dup2(file, 2), 2);
	setenv("XDG_DATA_HOME", "/proc/none", 1);
	C_SignInit(self->session, &mechanism, key);
	C_Sign(self->session, NULL, 3, NULL, NULL);
	C_GenerateKey(self->session, &mechanism, NULL, 0, &key);
	log_in(self->session, CKU_USER, "none");
	C_CloseSession(self->session + 1);
	C_Finalize(NULL);
	C_Initialize(NULL);
	init_token("12345678");
	dup2(saved, 2);
	ASSERT_EQ(fstat(file, &status), 0);
	EXPECT_EQ(status.st_size, 0);
}

TEST_HARNESS_MAIN
