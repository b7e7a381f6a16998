/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PINs whose tries the TPM counts, and administrator codes that give tries back.
 *
 * A PIN is the authorisation value of an NV index of type TPM_NT_PIN_FAIL (TPM 2.0
 * Part 2, 13.2; Part 1, 37.2.7): the TPM counts wrong tries in the index, so no copy
 * of a store gives any back. A key of key.h made with such an index works
 * only with the PIN; the TPM sees to that.
 *
 * An administrator code is that of an ordinary NV index, whose tries the dictionary
 * attack protection of the TPM limits.
 */
#ifndef UKS_TPM_PIN_H
#define UKS_TPM_PIN_H

#include "tpm/tpm.h"

#define UKS_TPM_ADMIN_HANDLE	0x01a55b02	/* where the administrator's index is by default */
#define UKS_TPM_PIN_HANDLE	0x01a55c00	/* first of UKS_TPM_PIN_HANDLES for PINs */
#define UKS_TPM_PIN_HANDLES	0x400
#define UKS_TPM_CODE_MAX	256		/* bytes of a PIN or code */

/**
 * struct uks_tpm_code - a PIN or administrator code
 * @data: any bytes; stay the caller's, who wipes them
 * @len: 1 to UKS_TPM_CODE_MAX
 */
struct uks_tpm_code {
	const void *data;
	size_t len;
};

/**
 * uks_tpm_admin_define() - set up an administrator
 * @tpm: the TPM, after uks_tpm_root()
 * @handle: UKS_TPM_ADMIN_HANDLE by default
 * @code: the administrator's code
 * @index: receives handle and name; untouched on failure
 * @error: receives the cause on failure; never NULL
 *
 * Attributes: TPM_NT_ORDINARY of 8 bytes, AUTHREAD, AUTHWRITE; under dictionary attack
 * protection. Policy: PolicyAuthValue for TPM2_NV_ChangeAuth.
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_admin_define(struct uks_tpm *tpm, uint32_t handle, const struct uks_tpm_code *code,
			 struct uks_tpm_index *index, struct uks_tpm_error *error);

/**
 * uks_tpm_admin_verify() - see whether the administrator's code is right
 * @tpm: the TPM, after uks_tpm_root()
 * @index: from uks_tpm_admin_define()
 * @code: the code to try
 * @error: receives the cause on failure: UKS_TPM_WRONG_AUTH, UKS_TPM_LOCKOUT; never NULL
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_admin_verify(struct uks_tpm *tpm, const struct uks_tpm_index *index,
			 const struct uks_tpm_code *code, struct uks_tpm_error *error);

/**
 * uks_tpm_admin_change() - give the administrator another code
 * @tpm: the TPM, after uks_tpm_root()
 * @index: from uks_tpm_admin_define(); stays the same
 * @code: the code until now
 * @next: the code from now on
 * @error: receives the cause on failure: UKS_TPM_WRONG_AUTH, UKS_TPM_LOCKOUT; never NULL
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_admin_change(struct uks_tpm *tpm, const struct uks_tpm_index *index,
			 const struct uks_tpm_code *code, const struct uks_tpm_code *next,
			 struct uks_tpm_error *error);

/**
 * uks_tpm_pin_define() - set up a PIN
 * @tpm: the TPM, after uks_tpm_root()
 * @handle: a free one from UKS_TPM_PIN_HANDLE on
 * @admin: who may give tries back; from uks_tpm_admin_define()
 * @code: the administrator's code
 * @pin: the PIN
 * @limit: wrong tries in a row until the PIN is blocked, 1 to 255
 * @index: receives handle and name; untouched on failure
 * @error: receives the cause on failure: UKS_TPM_NO_SPACE when the TPM has no room for
 *	one more (many have room for some dozens); never NULL
 *
 * Attributes: TPM_NT_PIN_FAIL, AUTHREAD, OWNERREAD, POLICYWRITE, NO_DA. Policy: any of
 * PolicySecret(@admin) for TPM2_NV_Write, PolicySecret(@admin) for TPM2_NV_ChangeAuth.
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_pin_define(struct uks_tpm *tpm, uint32_t handle, const struct uks_tpm_index *admin,
		       const struct uks_tpm_code *code, const struct uks_tpm_code *pin,
		       unsigned int limit, struct uks_tpm_index *index,
		       struct uks_tpm_error *error);

/**
 * uks_tpm_pin_verify() - try a PIN
 * @tpm: the TPM, after uks_tpm_root()
 * @index: from uks_tpm_pin_define()
 * @pin: the PIN to try
 * @left: receives how many wrong tries are left, also on UKS_TPM_WRONG_AUTH and
 *	UKS_TPM_PIN_BLOCKED
 * @error: receives the cause on failure; never NULL
 *
 * The right PIN gives all tries back.
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_pin_verify(struct uks_tpm *tpm, const struct uks_tpm_index *index,
		       const struct uks_tpm_code *pin, unsigned int *left,
		       struct uks_tpm_error *error);

/**
 * uks_tpm_pin_left() - see how many tries are left
 * @tpm: the TPM, after uks_tpm_root()
 * @index: from uks_tpm_pin_define()
 * @left: receives how many wrong tries are left
 * @error: receives the cause on failure; never NULL
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_pin_left(struct uks_tpm *tpm, const struct uks_tpm_index *index, unsigned int *left,
		     struct uks_tpm_error *error);

/**
 * uks_tpm_pin_reset() - give all tries back
 * @tpm: the TPM, after uks_tpm_root()
 * @index: from uks_tpm_pin_define()
 * @limit: wrong tries in a row from now on, 1 to 255
 * @admin: as given there
 * @code: the administrator's code
 * @error: receives the cause on failure: UKS_TPM_WRONG_AUTH is about @code; never NULL
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_pin_reset(struct uks_tpm *tpm, const struct uks_tpm_index *index, unsigned int limit,
		      const struct uks_tpm_index *admin, const struct uks_tpm_code *code,
		      struct uks_tpm_error *error);

/**
 * uks_tpm_pin_change() - set another PIN
 * @tpm: the TPM, after uks_tpm_root()
 * @index: from uks_tpm_pin_define(); stays the same, and so do keys that need the PIN
 * @pin: the PIN from now on
 * @admin: as given there
 * @code: the administrator's code
 * @error: receives the cause on failure: UKS_TPM_WRONG_AUTH is about @code; never NULL
 *
 * The tries stay as they are. There is no way to change a PIN with the old one alone,
 * because TPM2_NV_ChangeAuth goes on past the limit of tries. To offer one, the caller
 * keeps the code of the administrator itself, and calls uks_tpm_pin_verify() before.
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_pin_change(struct uks_tpm *tpm, const struct uks_tpm_index *index,
		       const struct uks_tpm_code *pin, const struct uks_tpm_index *admin,
		       const struct uks_tpm_code *code, struct uks_tpm_error *error);

/**
 * struct uks_tpm_pin_names - what an index of a PIN or administrator is called
 * @index: once it was written
 * @unwritten: before
 */
struct uks_tpm_pin_names {
	struct uks_tpm_index index;
	struct uks_tpm_index unwritten;
};

/**
 * uks_tpm_pin_forecast() - tell what an index will be, before it is defined
 * @handle: where
 * @admin: of uks_tpm_pin_define(); NULL: it is one of uks_tpm_admin_define()
 * @names: receives it
 * @error: receives the cause on failure; never NULL
 *
 * Needs no TPM. So a caller can note what it is about to make, and after a crash
 * remove it, whatever had become of it.
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_pin_forecast(uint32_t handle, const struct uks_tpm_index *admin,
			 struct uks_tpm_pin_names *names, struct uks_tpm_error *error);

/**
 * uks_tpm_pin_remove() - remove an index of a PIN or administrator
 * @tpm: the TPM, after uks_tpm_root()
 * @names: from uks_tpm_pin_forecast()
 * @error: receives the cause on failure; never NULL
 *
 * One that is not there, or that is something else, is as good as removed.
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_pin_remove(struct uks_tpm *tpm, const struct uks_tpm_pin_names *names,
		       struct uks_tpm_error *error);

#endif /* UKS_TPM_PIN_H */
