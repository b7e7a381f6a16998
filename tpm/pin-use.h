/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a key that needs a PIN gets it. Both return 0, or -1 with @error filled in. */
#ifndef UKS_TPM_PIN_USE_H
#define UKS_TPM_PIN_USE_H

#include "tpm/internal.h"
#include "tpm/pin.h"

struct uks_tpm;

/* The authorisation value that a code stands for. The caller wipes it. */
int uks_tpm_code_to_auth(const struct uks_tpm_code *code, TPM2B_AUTH *auth,
			 struct uks_tpm_error *error);

/* Shows to @policy, by TPM2_PolicySecret within @session, that the code is known. */
int uks_tpm_pin_prove(struct uks_tpm *tpm, ESYS_TR session, ESYS_TR policy,
		      const struct uks_tpm_index *index, const TPM2B_AUTH *auth,
		      struct uks_tpm_error *error);

#endif /* UKS_TPM_PIN_USE_H */
