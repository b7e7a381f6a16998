/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PINs of the user and of the security officer. They keep programs apart that are
 * meant to ask, not users: a program of the user can go around this module.
 */
#ifndef UKS_PKCS11_PIN_H
#define UKS_PKCS11_PIN_H

#include <stdbool.h>

#include "pkcs11-3.h"

/**
 * pin_is_set() - has the user a PIN?
 *
 * Return: whether.
 */
bool pin_is_set(void);

/**
 * pin_so_is_set() - has the security officer a PIN?
 *
 * Return: whether.
 */
bool pin_so_is_set(void);

/**
 * pin_flags() - flags of the token that tell of PINs
 *
 * Return: CKF_LOGIN_REQUIRED, CKF_USER_PIN_INITIALIZED, ..._LOCKED, ...
 */
ck_flags_t pin_flags(void);

/**
 * pin_label() - label of the token
 * @label: [out] 33 bytes, with a NUL, without the blanks behind
 */
void pin_label(char *label);

/**
 * pin_check() - is a PIN right?
 * @user: CKU_USER or CKU_SO
 * @pin: the PIN
 * @len: bytes at @pin
 *
 * Return: CKR_OK, CKR_PIN_INCORRECT, CKR_PIN_LOCKED, CKR_USER_PIN_NOT_INITIALIZED,
 * CKR_DEVICE_ERROR, CKR_HOST_MEMORY.
 */
ck_rv_t pin_check(ck_user_type_t user, const void *pin, unsigned long len);

/**
 * pin_set() - set a PIN
 * @user: CKU_USER or CKU_SO
 * @pin: the PIN
 * @len: bytes at @pin
 * @label: the token's new label, 32 bytes padded with blanks, with the SO's PIN; the
 *	user's is taken away; or NULL
 *
 * Return: CKR_OK, CKR_PIN_LEN_RANGE, CKR_HOST_MEMORY, CKR_TOKEN_WRITE_PROTECTED.
 */
ck_rv_t pin_set(ck_user_type_t user, const void *pin, unsigned long len,
		const unsigned char *label);

#endif /* UKS_PKCS11_PIN_H */
