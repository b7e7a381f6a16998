/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of tpm/ that have NV indices share. All return 0, or -1 with @error. */
#ifndef UKS_TPM_NV_INDEX_H
#define UKS_TPM_NV_INDEX_H

#include <tss2/tss2_esys.h>

#include "tpm/internal.h"
#include "tpm/nv.h"

struct uks_tpm;

/* Computes the name of an index (Part 1, 16). */
int uks_tpm_nv_name(const TPMS_NV_PUBLIC *public, uint8_t name[UKS_TPM_NAME_LEN],
		    struct uks_tpm_error *error);

/* Looks for any index at @handle; @nv is ESYS_TR_NONE when it is free. */
int uks_tpm_nv_find(struct uks_tpm *tpm, TPM2_HANDLE handle, ESYS_TR *nv,
		    uint8_t name[UKS_TPM_NAME_LEN], struct uks_tpm_error *error);

/* Lets go of what find, open and make gave; the index stays in the TPM. */
void uks_tpm_nv_forget(struct uks_tpm *tpm, ESYS_TR *nv);

/* Finds exactly @index, to be used with @auth (NULL for none). */
int uks_tpm_nv_open(struct uks_tpm *tpm, const struct uks_tpm_index *index,
		    const TPM2B_AUTH *auth, ESYS_TR *nv, struct uks_tpm_error *error);

/*
 * Defines the index, or finds it. @index gets the name that it has once it was
 * written, computed and not asked for; @written tells whether it was already.
 */
int uks_tpm_nv_make(struct uks_tpm *tpm, ESYS_TR session, const TPMS_NV_PUBLIC *public,
		    const TPM2B_AUTH *auth, ESYS_TR *nv, bool *written,
		    struct uks_tpm_index *index, struct uks_tpm_error *error);

/* The name of an index with exactly this public area. */
int uks_tpm_nv_name(const TPMS_NV_PUBLIC *public, uint8_t name[UKS_TPM_NAME_LEN],
		    struct uks_tpm_error *error);

/* Fails because somebody else's index is at @handle. */
int uks_tpm_nv_fail_taken(uint32_t handle, struct uks_tpm_error *error);

/* Reads exactly @len bytes, authorised by @by. */
int uks_tpm_nv_read(struct uks_tpm *tpm, ESYS_TR by, ESYS_TR nv, ESYS_TR session, void *data,
		    size_t len, struct uks_tpm_error *error);

#endif /* UKS_TPM_NV_INDEX_H */
