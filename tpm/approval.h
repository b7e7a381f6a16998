/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What approval.c tells the other files of tpm/. */
#ifndef UKS_TPM_APPROVAL_H
#define UKS_TPM_APPROVAL_H

#include <tss2/tss2_tpm2_types.h>

#include "tpm/boot.h"
#include "tpm/policy.h"

/* Bytes of a value in a bank; 0 for one that we do not know. */
size_t uks_tpm_bank_len(unsigned int bank);

/* The digest of TPM2_PolicyPCR over the values. */
void uks_tpm_pcr_policy(const struct uks_tpm_pcr_values *values, struct uks_tpm_policy *policy);

/* As uks_tpm_approval_check(); @signature points into @approval. */
int uks_tpm_approval_read(const struct uks_tpm_approval *approval,
			  const struct uks_tpm_authority *authority,
			  struct uks_tpm_pcr_values *values, const uint8_t **signature,
			  size_t *signature_len, struct uks_tpm_error *error);

/* The selection as the TPM takes it. */
TPML_PCR_SELECTION uks_tpm_selection(const struct uks_tpm_pcrs *pcrs);

#endif /* UKS_TPM_APPROVAL_H */
