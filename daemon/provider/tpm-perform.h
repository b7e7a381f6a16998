/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What keys in the TPM do. */
#ifndef UKSD_TPM_PERFORM_H
#define UKSD_TPM_PERFORM_H

#include "daemon/provider/provider.h"
#include "daemon/uksd.h"
#include "tpm/key.h"

/**
 * tpm_key_new() - a key in the TPM, ready to work
 * @uksd: the daemon
 * @key: what the store says about it
 * @tpm_key: the TPM's form of it
 * @pin: index of its PIN, or NULL
 * @code: the PIN, or NULL; copied
 * @public: its public part, ready; taken over, also on failure
 * @result: receives the key
 * @failure: receives UKS_E_NO_MEMORY
 *
 * Return: 0, or -1 with @failure filled in.
 */
int tpm_key_new(struct uksd *uksd, const struct key *key, const struct uks_tpm_key *tpm_key,
		const struct uks_tpm_index *pin, const struct uks_tpm_code *code,
		struct private_key *public, struct private_key **result,
		struct failure *failure);

#endif /* UKSD_TPM_PERFORM_H */
