/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policy digests as the TPM computes them (TPM 2.0 Part 3, 23), with SHA-256. */
#ifndef UKS_TPM_POLICY_H
#define UKS_TPM_POLICY_H

#include "tpm/internal.h"

/* Begin with all zero. */
struct uks_tpm_policy {
	uint8_t digest[UKS_TPM_HASH_LEN];
};

/* policyDigest = H(policyDigest || @command || @data) */
void uks_tpm_policy_extend(struct uks_tpm_policy *policy, uint32_t command, const void *data,
			   size_t len);

/* TPM2_PolicySecret without policyRef, of the object with that name. */
void uks_tpm_policy_secret(struct uks_tpm_policy *policy, const uint8_t name[UKS_TPM_NAME_LEN]);

/* TPM2_PolicyCommandCode */
void uks_tpm_policy_command(struct uks_tpm_policy *policy, uint32_t command);

/* TPM2_PolicyAuthorize by the key with that name: forgets what was before. */
void uks_tpm_policy_authorize(struct uks_tpm_policy *policy, const uint8_t name[UKS_TPM_NAME_LEN],
			      const void *ref, size_t len);

#endif /* UKS_TPM_POLICY_H */
