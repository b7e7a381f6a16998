/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of the PKCS #11 module share: a session with a pair of keys, and
 * short ways to say what is asked of the module. Included once by each program,
 * behind kselftest_harness.h.
 */
#ifndef UKS_TESTS_PKCS11_TEST_H
#define UKS_TESTS_PKCS11_TEST_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "pkcs11-3.h"

#define ATTR(type, value) { type, (void *)&(value), sizeof(value) }

static unsigned char yes = 1, no;
static const uint8_t p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };

static inline size_t unhex(const char *digits, uint8_t *out)
{
	size_t len = 0;

	for (; sscanf(digits, "%2hhx", out + len) == 1; digits += 2)
		len++;
	return len;
}

FIXTURE(p11)
{
	ck_session_handle_t session;
	ck_object_handle_t public, private;
	uint8_t out[1024];
	unsigned long len;
};

static inline ck_rv_t make_pair(ck_session_handle_t session, unsigned char *token,
				const char *label, ck_object_handle_t *public,
				ck_object_handle_t *private)
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

static inline ck_rv_t sign_init(ck_session_handle_t session, ck_mechanism_type_t type,
				ck_object_handle_t key)
{
	struct ck_mechanism mechanism = { type, NULL, 0 };

	return C_SignInit(session, &mechanism, key);
}

static inline ck_rv_t verify_init(ck_session_handle_t session, ck_mechanism_type_t type,
				  ck_object_handle_t key)
{
	struct ck_mechanism mechanism = { type, NULL, 0 };

	return C_VerifyInit(session, &mechanism, key);
}

/* A secret key of a session, whose value the test knows, for one or two usages. */
static inline ck_rv_t give_secret(ck_session_handle_t session, ck_key_type_t type,
				  const void *value, size_t len, ck_attribute_type_t usage,
				  ck_attribute_type_t other, ck_object_handle_t *key)
{
	ck_object_class_t class = CKO_SECRET_KEY;
	struct ck_attribute template[] = {
		ATTR(CKA_CLASS, class), ATTR(CKA_KEY_TYPE, type),
		{ CKA_VALUE, (void *)value, len }, ATTR(usage, yes), ATTR(other, yes),
	};

	return C_CreateObject(session, template, usage == other ? 4 : 5, key);
}

static inline ck_rv_t make_aes(ck_session_handle_t session, ck_object_handle_t *key)
{
	struct ck_mechanism mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
	unsigned long len = 32;
	struct ck_attribute template[] = {
		ATTR(CKA_VALUE_LEN, len), ATTR(CKA_ENCRYPT, yes), ATTR(CKA_DECRYPT, yes),
	};

	return C_GenerateKey(session, &mechanism, template, 3, key);
}

/* How many objects a template matches. */
static inline unsigned long count_objects(ck_session_handle_t session, struct ck_attribute *list,
					  unsigned long count)
{
	ck_object_handle_t found[64];
	unsigned long got, all = 0;

	if (C_FindObjectsInit(session, list, count) != CKR_OK)
		return ~0UL;
	do {
		got = 0;
		C_FindObjects(session, found, 64, &got);
		all += got;
	} while (got);
	C_FindObjectsFinal(session);
	return all;
}

#endif /* UKS_TESTS_PKCS11_TEST_H */
