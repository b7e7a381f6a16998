// SPDX-License-Identifier: LGPL-2.1-or-later
/* C_GetFunctionList, C_GetInterface: PKCS #11 v2.40 and v3.0. */
#include <string.h>

#include "p11.h"
#include "unsupported.h"

/* Every function of v2.40, in the order of the standard. */
#define FUNCTIONS(version_major, version_minor) { \
	{ version_major, version_minor }, \
	C_Initialize, C_Finalize, C_GetInfo, C_GetFunctionList, C_GetSlotList, C_GetSlotInfo, \
	C_GetTokenInfo, C_GetMechanismList, C_GetMechanismInfo, C_InitToken, C_InitPIN, \
	C_SetPIN, C_OpenSession, C_CloseSession, C_CloseAllSessions, C_GetSessionInfo, \
	C_GetOperationState, C_SetOperationState, C_Login, C_Logout, C_CreateObject, \
	C_CopyObject, C_DestroyObject, C_GetObjectSize, C_GetAttributeValue, \
	C_SetAttributeValue, C_FindObjectsInit, C_FindObjects, C_FindObjectsFinal, \
	C_EncryptInit, C_Encrypt, C_EncryptUpdate, C_EncryptFinal, C_DecryptInit, C_Decrypt, \
	C_DecryptUpdate, C_DecryptFinal, C_DigestInit, C_Digest, C_DigestUpdate, C_DigestKey, \
	C_DigestFinal, C_SignInit, C_Sign, C_SignUpdate, C_SignFinal, C_SignRecoverInit, \
	C_SignRecover, C_VerifyInit, C_Verify, C_VerifyUpdate, C_VerifyFinal, \
	C_VerifyRecoverInit, C_VerifyRecover, C_DigestEncryptUpdate, C_DecryptDigestUpdate, \
	C_SignEncryptUpdate, C_DecryptVerifyUpdate, C_GenerateKey, C_GenerateKeyPair, \
	C_WrapKey, C_UnwrapKey, C_DeriveKey, C_SeedRandom, C_GenerateRandom, \
	C_GetFunctionStatus, C_CancelFunction, C_WaitForSlotEvent \
}

static struct ck_function_list list_2_40 = FUNCTIONS(2, 40);

/* What v3.0 adds, in the order of the standard. */
static struct {
	struct ck_function_list base;
	__typeof__(C_GetInterfaceList) *get_interface_list;
	__typeof__(C_GetInterface) *get_interface;
	__typeof__(C_LoginUser) *login_user;
	__typeof__(C_SessionCancel) *session_cancel;
	__typeof__(C_MessageEncryptInit) *message_encrypt_init;
	__typeof__(C_EncryptMessage) *encrypt_message;
	__typeof__(C_EncryptMessageBegin) *encrypt_message_begin;
	__typeof__(C_EncryptMessageNext) *encrypt_message_next;
	__typeof__(C_MessageEncryptFinal) *message_encrypt_final;
	__typeof__(C_MessageDecryptInit) *message_decrypt_init;
	__typeof__(C_DecryptMessage) *decrypt_message;
	__typeof__(C_DecryptMessageBegin) *decrypt_message_begin;
	__typeof__(C_DecryptMessageNext) *decrypt_message_next;
	__typeof__(C_MessageDecryptFinal) *message_decrypt_final;
	__typeof__(C_MessageSignInit) *message_sign_init;
	__typeof__(C_SignMessage) *sign_message;
	__typeof__(C_SignMessageBegin) *sign_message_begin;
	__typeof__(C_SignMessageNext) *sign_message_next;
	__typeof__(C_MessageSignFinal) *message_sign_final;
	__typeof__(C_MessageVerifyInit) *message_verify_init;
	__typeof__(C_VerifyMessage) *verify_message;
	__typeof__(C_VerifyMessageBegin) *verify_message_begin;
	__typeof__(C_VerifyMessageNext) *verify_message_next;
	__typeof__(C_MessageVerifyFinal) *message_verify_final;
} list_3_0 = {
	FUNCTIONS(3, 0),
	C_GetInterfaceList, C_GetInterface, C_LoginUser, C_SessionCancel, C_MessageEncryptInit,
	C_EncryptMessage, C_EncryptMessageBegin, C_EncryptMessageNext, C_MessageEncryptFinal,
	C_MessageDecryptInit, C_DecryptMessage, C_DecryptMessageBegin, C_DecryptMessageNext,
	C_MessageDecryptFinal, C_MessageSignInit, C_SignMessage, C_SignMessageBegin,
	C_SignMessageNext, C_MessageSignFinal, C_MessageVerifyInit, C_VerifyMessage,
	C_VerifyMessageBegin, C_VerifyMessageNext, C_MessageVerifyFinal,
};

#define NAME "PKCS 11"

/* The first is what a caller gets that does not choose. */
static struct ck_interface interfaces[] = {
	{ NAME, &list_3_0, CKF_INTERFACE_FORK_SAFE },
	{ NAME, &list_2_40, CKF_INTERFACE_FORK_SAFE },
};

#define INTERFACES (sizeof(interfaces) / sizeof(*interfaces))

P11_EXPORT ck_rv_t C_GetFunctionList(struct ck_function_list **list)
{
	if (!list)
		return CKR_ARGUMENTS_BAD;
	*list = &list_2_40;
	return CKR_OK;
}

P11_EXPORT ck_rv_t C_GetInterfaceList(struct ck_interface *list, unsigned long *count)
{
	unsigned long room;

	if (!count)
		return CKR_ARGUMENTS_BAD;
	room = *count;
	*count = INTERFACES;
	if (!list)
		return CKR_OK;
	if (room < INTERFACES)
		return CKR_BUFFER_TOO_SMALL;
	memcpy(list, interfaces, sizeof(interfaces));
	return CKR_OK;
}

P11_EXPORT ck_rv_t C_GetInterface(unsigned char *wanted, struct ck_version *version,
				  struct ck_interface **interface, ck_flags_t flags)
{
	const struct ck_version *has;
	size_t i;

	if (!interface)
		return CKR_ARGUMENTS_BAD;
	for (i = 0; i < INTERFACES; i++) {
		has = interfaces[i].function_list;
		if (wanted && strcmp((char *)wanted, interfaces[i].name))
			continue;
		if (version && (version->major != has->major || version->minor != has->minor))
			continue;
		if ((interfaces[i].flags & flags) != flags)
			continue;
		*interface = &interfaces[i];
		return CKR_OK;
	}
	return CKR_FUNCTION_FAILED;
}
