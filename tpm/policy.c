// SPDX-License-Identifier: LGPL-2.1-or-later
/* The TPM's arithmetic of policies. */
#include <endian.h>
#include <string.h>

#include <sodium.h>
#include <tss2/tss2_tpm2_types.h>

#include "tpm/policy.h"

void uks_tpm_policy_extend(struct uks_tpm_policy *policy, uint32_t command, const void *data,
			   size_t len)
{
	const uint32_t code = htobe32(command);
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, policy->digest, sizeof(policy->digest));
	crypto_hash_sha256_update(&state, (const uint8_t *)&code, sizeof(code));
	if (len)
		crypto_hash_sha256_update(&state, data, len);
	crypto_hash_sha256_final(&state, policy->digest);
}

/* PolicyUpdate(), Part 3, 23.2.3: a second round for the reference. */
static void update(struct uks_tpm_policy *policy, uint32_t command, const uint8_t *name,
		   const void *ref, size_t len)
{
	crypto_hash_sha256_state state;

	uks_tpm_policy_extend(policy, command, name, UKS_TPM_NAME_LEN);
	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, policy->digest, sizeof(policy->digest));
	if (len)
		crypto_hash_sha256_update(&state, ref, len);
	crypto_hash_sha256_final(&state, policy->digest);
}

void uks_tpm_policy_secret(struct uks_tpm_policy *policy, const uint8_t name[UKS_TPM_NAME_LEN])
{
	update(policy, TPM2_CC_PolicySecret, name, NULL, 0);
}

void uks_tpm_policy_command(struct uks_tpm_policy *policy, uint32_t command)
{
	const uint32_t code = htobe32(command);

	uks_tpm_policy_extend(policy, TPM2_CC_PolicyCommandCode, &code, sizeof(code));
}

void uks_tpm_policy_authorize(struct uks_tpm_policy *policy, const uint8_t name[UKS_TPM_NAME_LEN],
			      const void *ref, size_t len)
{
	memset(policy, 0, sizeof(*policy));
	update(policy, TPM2_CC_PolicyAuthorize, name, ref, len);
}
