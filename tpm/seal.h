/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sealing for the files of tpm/ that hold the lock. All return 0, or -1 with @error. */
#ifndef UKS_TPM_SEAL_H
#define UKS_TPM_SEAL_H

#include "tpm/policy.h"

/* As uks_tpm_seal(), under a policy if that is not NULL. */
int uks_tpm_seal_under(struct uks_tpm *tpm, const uint8_t *secret,
		       const struct uks_tpm_policy *policy, struct uks_tpm_blob *blob,
		       struct uks_tpm_error *error);

/* As uks_tpm_unseal(); @allow, if any, satisfies the policy in the session that it gets. */
int uks_tpm_unseal_by(struct uks_tpm *tpm, const struct uks_tpm_blob *blob,
		      uks_tpm_session_task *allow, void *arg, uint8_t *secret,
		      struct uks_tpm_error *error);

/*
 * Wipes the copies of a secret that tpm2-tss keeps, and the stack below. Those of
 * less than 16 bytes stay in its contexts until the next command.
 */
void uks_tpm_forget(struct uks_tpm *tpm, const uint8_t *secret, size_t len);

#endif /* UKS_TPM_SEAL_H */
