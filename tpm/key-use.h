/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A key while it is in the TPM. All return 0, or -1 with @error filled in. */
#ifndef UKS_TPM_KEY_USE_H
#define UKS_TPM_KEY_USE_H

#include <tss2/tss2_esys.h>

#include "tpm/internal.h"
#include "tpm/key.h"

/* All members are ESYS_TR_NONE, or are to be flushed. */
struct uks_tpm_loaded {
	ESYS_TR session;	/* salted; authorises as administrator of the key */
	ESYS_TR policy;		/* authorises when the key needs a PIN */
	ESYS_TR object;
	TPMT_PUBLIC public;
};

/* Loads the key; also when that fails, unload is to be called. */
int uks_tpm_key_load(struct uks_tpm *tpm, const struct uks_tpm_key *key, const uint8_t *auth,
		     struct uks_tpm_loaded *loaded, struct uks_tpm_error *error);
void uks_tpm_key_unload(struct uks_tpm *tpm, struct uks_tpm_loaded *loaded);

/* Makes ready for one use; @by receives the session to use it with. */
int uks_tpm_key_allow(struct uks_tpm *tpm, struct uks_tpm_loaded *loaded,
		      const struct uks_tpm_access *access, ESYS_TR *by,
		      struct uks_tpm_error *error);

/* Fails for @rc of a command that used a key. */
int uks_tpm_key_fail(struct uks_tpm_error *error, TSS2_RC rc, const char *what);

/* Creates a key under the root. @public is the template. */
int uks_tpm_key_make(struct uks_tpm *tpm, const TPM2B_PUBLIC *public, const uint8_t *auth,
		     struct uks_tpm_key *key, struct uks_tpm_error *error);

#endif /* UKS_TPM_KEY_USE_H */
