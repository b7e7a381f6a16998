/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which boots open the master key. Documentation/boot-policy.rst tells how it is used
 * and what it is good for.
 */
#ifndef UKSD_BOOT_POLICY_H
#define UKSD_BOOT_POLICY_H

#include <stdbool.h>

#include "daemon/store/store.h"
#include "tpm/boot.h"

#define BOOT_APPROVALS	8	/* kept; the oldest that does not fit gives way */

/**
 * struct boot_policy - the policy of a store
 * @set: there is one
 * @authority: who approves
 * @count: approvals in use
 * @approvals: what is approved, the oldest first
 */
struct boot_policy {
	bool set;
	struct uks_tpm_authority authority;
	size_t count;
	struct uks_tpm_approval approvals[BOOT_APPROVALS];
};

/**
 * boot_policy_read() - read the policy of a store
 * @store: the store
 * @policy: receives it
 * @failure: receives UKS_E_STORE
 *
 * Nothing in it needs to be believed: the TPM knows the authority of what it sealed,
 * and approvals are signed.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int boot_policy_read(struct store *store, struct boot_policy *policy, struct failure *failure);

/**
 * boot_policy_write() - write the policy of a store
 * @store: with a change under way
 * @policy: the policy; one that is not set removes what is there
 * @failure: receives UKS_E_STORE, UKS_E_STORE_FULL
 *
 * Return: 0, or -1 with @failure filled in.
 */
int boot_policy_write(struct store *store, const struct boot_policy *policy,
		      struct failure *failure);

/**
 * boot_policy_seal() - seal a master key under a policy, or without one
 * @policy: the policy
 * @tpm: the TPM, after uks_tpm_root()
 * @key: the key, in locked memory
 * @blob: receives it
 * @error: receives the cause
 *
 * Return: 0, or -1 with @error filled in.
 */
int boot_policy_seal(const struct boot_policy *policy, struct uks_tpm *tpm, const uint8_t *key,
		     struct uks_tpm_blob *blob, struct uks_tpm_error *error);

/**
 * boot_policy_unseal() - unseal what boot_policy_seal() gave
 * @policy: the policy
 * @tpm: the TPM, after uks_tpm_root()
 * @blob: from boot_policy_seal()
 * @key: receives the key, in locked memory; wiped when this boot is not approved
 * @error: receives the cause: UKS_TPM_BOOT_CHANGED, UKS_TPM_NOT_APPROVED
 *
 * Return: 0, or -1 with @error filled in.
 */
int boot_policy_unseal(const struct boot_policy *policy, struct uks_tpm *tpm,
		       const struct uks_tpm_blob *blob, uint8_t *key,
		       struct uks_tpm_error *error);

#endif /* UKSD_BOOT_POLICY_H */
