// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Vaults: slots with keys that other users granted. Runs in the VM, as root, to be
 * alice, who looks, and bob and root, who grant.
 */
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>
#include <uks.h>

#include "pkcs11-test.h"

FIXTURE(vault)
{
	ck_slot_id_t slots[8];
	unsigned long count;
	ck_session_handle_t own, vault;
};

static const struct passwd *user(const char *name)
{
	return getpwnam(name);
}

/* From now on this process is @name, and can be root again. */
static int become(const char *name)
{
	const struct passwd *entry = user(name);

	return !entry || seteuid(0) || initgroups(name, entry->pw_gid) ||
	       setegid(entry->pw_gid) || seteuid(entry->pw_uid) ||
	       setenv("HOME", entry->pw_dir, 1);
}

/* Makes a key of the caller's, which alice is granted or nobody. */
static int give(const char *key, uint32_t type, bool granted)
{
	struct uks_conditions to_alice = { .have = 1 << UKS_GRANT_UID };
	struct uks_key_options options = { .flags = UKS_CALL_REPLACE };
	struct uks_client *client = NULL;
	struct uks_policy *policy = NULL;
	int ret;

	to_alice.uid = user("alice")->pw_uid;
	ret = uks_client_new(&client, NULL);
	if (!ret)
		ret = uks_policy_new(&policy, NULL);
	if (!ret && granted)
		ret = uks_policy_add(policy, UKS_POLICY_A_GRANT, &to_alice, NULL);
	options.policy = policy;
	if (!ret)
		ret = uks_key_generate_with(client, key, type, &options, NULL, NULL);
	uks_policy_free(policy);
	uks_client_free(client);
	return ret;
}

/* Takes back what give() granted. */
static int withdraw(const char *key)
{
	struct uks_client *client = NULL;
	struct uks_policy *policy = NULL;
	int ret = uks_client_new(&client, NULL);

	if (!ret)
		ret = uks_policy_new(&policy, NULL);
	if (!ret)
		ret = uks_key_set_policy(client, key, policy, NULL, NULL);
	uks_policy_free(policy);
	uks_client_free(client);
	return ret;
}

enum what { GIVE, KEEP, WITHDRAW };

/* What another user does, in a process of its own; alice goes on afterwards. */
static int as(const char *name, enum what what, const char *key, uint32_t type)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		_exit(become(name) ? 1 :
		      !!(what == WITHDRAW ? withdraw(key) : give(key, type, what == GIVE)));
	return pid < 0 || waitpid(pid, &status, 0) != pid || status ? -1 : 0;
}

static ck_rv_t list_slots(ck_slot_id_t *slots, unsigned long *count)
{
	ck_rv_t rv = C_GetSlotList(1, NULL, count);

	*count = 8;
	return rv == CKR_OK ? C_GetSlotList(1, slots, count) : rv;
}

/* Which vaults alice takes; NULL for no such file. */
static int take(const char *lines, mode_t mode)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/.config", user("alice")->pw_dir);
	mkdir(path, 0700);
	strcat(path, "/uks");
	mkdir(path, 0700);
	strcat(path, "/vaults");
	if (!lines)
		return unlink(path);
	file = fopen(path, "w");
	if (!file)
		return -1;
	fputs(lines, file);
	return fclose(file) || chmod(path, mode);
}

static ck_rv_t begin_anew(void)
{
	C_Finalize(NULL);
	return C_Initialize(NULL);
}

/* Root's vault is the first, and bob's the second, as alice says; the third is nobody's. */
FIXTURE_SETUP(vault)
{
	char lines[64];

	ASSERT_EQ(as("root", GIVE, "roots", UKS_KEY_AES_256), 0);
	ASSERT_EQ(as("bob", GIVE, "lent", UKS_KEY_EC_P256), 0);
	ASSERT_EQ(as("bob", KEEP, "kept", UKS_KEY_EC_P256), 0);
	ASSERT_EQ(become("alice"), 0);
	snprintf(lines, sizeof(lines), "# these\nroot\n\n  %u # bob\nroot\n", user("bob")->pw_uid);
	ASSERT_EQ(take(lines, 0600), 0);
	ASSERT_EQ(C_Initialize(NULL), CKR_OK);
	ASSERT_EQ(list_slots(self->slots, &self->count), CKR_OK);
	ASSERT_EQ(C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &self->own),
		  CKR_OK);
	ASSERT_EQ(C_OpenSession(2, CKF_SERIAL_SESSION, NULL, NULL, &self->vault), CKR_OK);
}

FIXTURE_TEARDOWN(vault)
{
	C_Finalize(NULL);
}

static ck_object_handle_t find(ck_session_handle_t session, ck_object_class_t class,
			       const char *label)
{
	struct ck_attribute list[] = {
		ATTR(CKA_CLASS, class), { CKA_LABEL, (void *)label, strlen(label) },
	};
	ck_object_handle_t found = CK_INVALID_HANDLE;
	unsigned long count;

	if (C_FindObjectsInit(session, list, 2) != CKR_OK)
		return CK_INVALID_HANDLE;
	C_FindObjects(session, &found, 1, &count);
	C_FindObjectsFinal(session);
	return found;
}

TEST_F(vault, there_is_a_slot_for_each_owner_whom_the_user_takes)
{
	struct ck_token_info info, bobs;

	ASSERT_EQ(self->count, 3);
	EXPECT_EQ(self->slots[0], 0);
	EXPECT_EQ(self->slots[1], 1);
	EXPECT_EQ(self->slots[2], 2);
	ASSERT_EQ(C_GetTokenInfo(1, &info), CKR_OK);
	EXPECT_EQ(memcmp(info.label, "UKS shared by root              ", 32), 0);
	ASSERT_EQ(C_GetTokenInfo(2, &bobs), CKR_OK);
	EXPECT_EQ(memcmp(bobs.label, "UKS shared by bob               ", 32), 0);
	EXPECT_NE(memcmp(bobs.serial_number, info.serial_number, 16), 0);
	EXPECT_EQ(bobs.flags & (CKF_WRITE_PROTECTED | CKF_LOGIN_REQUIRED), CKF_WRITE_PROTECTED);
	EXPECT_EQ(bobs.session_count, 1);
	EXPECT_EQ(C_GetTokenInfo(3, &info), CKR_TOKEN_NOT_PRESENT);
	EXPECT_EQ(C_GetTokenInfo(4, &info), CKR_SLOT_ID_INVALID);
	/* another process sees the same */
	ASSERT_EQ(begin_anew(), CKR_OK);
	ASSERT_EQ(C_GetTokenInfo(2, &info), CKR_OK);
	EXPECT_EQ(memcmp(info.serial_number, bobs.serial_number, 16), 0);
}

static unsigned long count_lent(void)
{
	ck_session_handle_t session;
	struct ck_attribute label = { CKA_LABEL, "lent", 4 };

	if (C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK)
		return ~0UL;
	return count_objects(session, &label, 1);
}

/* Also a stranger who grants before the others does not take their slots. */
TEST_F(vault, of_whom_the_user_does_not_take_nothing_is_seen)
{
	struct ck_token_info info;
	ck_session_handle_t session;

	ASSERT_EQ(take("bob\n", 0600), 0);
	ASSERT_EQ(begin_anew(), CKR_OK);
	ASSERT_EQ(list_slots(self->slots, &self->count), CKR_OK);
	ASSERT_EQ(self->count, 2);
	ASSERT_EQ(C_GetTokenInfo(1, &info), CKR_OK);
	EXPECT_EQ(memcmp(info.label, "UKS shared by bob               ", 32), 0);
	EXPECT_EQ(C_GetTokenInfo(2, &info), CKR_SLOT_ID_INVALID);
	/* Neither without the file, nor with one that others can write. */
	ASSERT_EQ(take("root\nbob\n", 0622), 0);
	ASSERT_EQ(begin_anew(), CKR_OK);
	ASSERT_EQ(list_slots(self->slots, &self->count), CKR_OK);
	EXPECT_EQ(self->count, 1);
	EXPECT_EQ(C_OpenSession(1, CKF_SERIAL_SESSION, NULL, NULL, &session),
		  CKR_SLOT_ID_INVALID);
	EXPECT_EQ(count_lent(), 0);
	ASSERT_EQ(take(NULL, 0), 0);
	ASSERT_EQ(begin_anew(), CKR_OK);
	ASSERT_EQ(list_slots(self->slots, &self->count), CKR_OK);
	EXPECT_EQ(self->count, 1);
	EXPECT_EQ(self->slots[0], 0);
	EXPECT_EQ(count_lent(), 0);
}

TEST_F(vault, has_the_keys_that_were_granted_and_no_other)
{
	uint8_t signature[64], id[UKS_KEY_ID_LEN];
	struct ck_attribute by_id = ATTR(CKA_ID, id);
	struct ck_mechanism ecdsa = { CKM_ECDSA_SHA256, NULL, 0 };
	ck_object_handle_t lent = find(self->vault, CKO_PRIVATE_KEY, "lent");
	unsigned long len = sizeof(signature);

	/* the private key and its public one */
	EXPECT_EQ(count_objects(self->vault, NULL, 0), 2);
	EXPECT_EQ(find(self->vault, CKO_PRIVATE_KEY, "kept"), CK_INVALID_HANDLE);
	EXPECT_EQ(find(self->vault, CKO_SECRET_KEY, "roots"), CK_INVALID_HANDLE);
	EXPECT_EQ(find(self->own, CKO_PRIVATE_KEY, "lent"), CK_INVALID_HANDLE);
	ASSERT_EQ(C_GetAttributeValue(self->vault, lent, &by_id, 1), CKR_OK);
	EXPECT_EQ(count_objects(self->vault, &by_id, 1), 2);
	EXPECT_EQ(count_objects(self->own, &by_id, 1), 0);
	ASSERT_NE(lent, CK_INVALID_HANDLE);
	ASSERT_EQ(C_SignInit(self->vault, &ecdsa, lent), CKR_OK);
	ASSERT_EQ(C_Sign(self->vault, (uint8_t *)"message", 7, signature, &len), CKR_OK);
	ASSERT_EQ(C_VerifyInit(self->vault, &ecdsa, find(self->vault, CKO_PUBLIC_KEY, "lent")),
		  CKR_OK);
	EXPECT_EQ(C_Verify(self->vault, (uint8_t *)"message", 7, signature, len), CKR_OK);
	/* a handle belongs to its token */
	EXPECT_EQ(C_SignInit(self->own, &ecdsa, lent), CKR_KEY_HANDLE_INVALID);
}

TEST_F(vault, is_only_read)
{
	ck_object_handle_t lent = find(self->vault, CKO_PRIVATE_KEY, "lent"), key;
	struct ck_attribute label = { CKA_LABEL, "mine", 4 }, token = ATTR(CKA_TOKEN, yes);
	struct ck_mechanism aes = { CKM_AES_KEY_GEN, NULL, 0 };
	unsigned long len = 32;
	struct ck_attribute new[] = { token, ATTR(CKA_VALUE_LEN, len) };
	ck_session_handle_t session;

	EXPECT_EQ(C_OpenSession(2, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session),
		  CKR_TOKEN_WRITE_PROTECTED);
	EXPECT_EQ(C_InitToken(2, (uint8_t *)"1234", 4, (uint8_t *)label.value),
		  CKR_TOKEN_WRITE_PROTECTED);
	EXPECT_EQ(C_DestroyObject(self->vault, lent), CKR_SESSION_READ_ONLY);
	EXPECT_EQ(C_DestroyObject(self->own, lent), CKR_OBJECT_HANDLE_INVALID);
	EXPECT_EQ(C_SetAttributeValue(self->vault, lent, &label, 1), CKR_SESSION_READ_ONLY);
	EXPECT_EQ(C_CopyObject(self->vault, lent, &label, 1, &key), CKR_ACTION_PROHIBITED);
	EXPECT_EQ(C_GenerateKey(self->vault, &aes, new, 2, &key), CKR_SESSION_READ_ONLY);
	EXPECT_EQ(C_Login(self->vault, CKU_USER, (uint8_t *)"1234", 4),
		  CKR_USER_PIN_NOT_INITIALIZED);
	EXPECT_EQ(find(self->vault, CKO_PRIVATE_KEY, "lent"), lent);
	EXPECT_EQ(find(self->vault, CKO_PRIVATE_KEY, "mine"), CK_INVALID_HANDLE);
}

TEST_F(vault, goes_with_the_grant_and_its_number_stays)
{
	uint8_t signature[64];
	struct ck_mechanism ecdsa = { CKM_ECDSA_SHA256, NULL, 0 };
	ck_object_handle_t lent = find(self->vault, CKO_PRIVATE_KEY, "lent");
	unsigned long len = sizeof(signature);
	ck_session_handle_t session;
	struct ck_token_info info;

	ASSERT_EQ(as("root", WITHDRAW, "roots", 0), 0);
	ASSERT_EQ(list_slots(self->slots, &self->count), CKR_OK);
	ASSERT_EQ(self->count, 2);
	EXPECT_EQ(self->slots[1], 2);
	EXPECT_EQ(C_GetTokenInfo(1, &info), CKR_TOKEN_NOT_PRESENT);
	EXPECT_EQ(C_OpenSession(1, CKF_SERIAL_SESSION, NULL, NULL, &session),
		  CKR_TOKEN_NOT_PRESENT);
	/* the session that is open in the other one finds nothing any more */
	ASSERT_EQ(as("bob", WITHDRAW, "lent", 0), 0);
	ASSERT_EQ(C_SignInit(self->vault, &ecdsa, lent), CKR_OK);
	EXPECT_NE(C_Sign(self->vault, (uint8_t *)"message", 7, signature, &len), CKR_OK);
	EXPECT_EQ(count_objects(self->vault, NULL, 0), 0);
	EXPECT_EQ(C_SignInit(self->vault, &ecdsa, lent), CKR_KEY_HANDLE_INVALID);
}

TEST_F(vault, is_not_there_for_whom_nothing_is_granted)
{
	ck_session_handle_t session;

	C_Finalize(NULL);
	ASSERT_EQ(become("bob"), 0);
	ASSERT_EQ(C_Initialize(NULL), CKR_OK);
	ASSERT_EQ(list_slots(self->slots, &self->count), CKR_OK);
	EXPECT_EQ(self->count, 1);
	EXPECT_EQ(self->slots[0], 0);
	EXPECT_EQ(C_OpenSession(1, CKF_SERIAL_SESSION, NULL, NULL, &session),
		  CKR_SLOT_ID_INVALID);
	ASSERT_EQ(C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_OK);
	EXPECT_EQ(find(session, CKO_SECRET_KEY, "roots"), CK_INVALID_HANDLE);
	EXPECT_NE(find(session, CKO_PRIVATE_KEY, "lent"), CK_INVALID_HANDLE);
}

TEST_HARNESS_MAIN
