// SPDX-License-Identifier: LGPL-2.1-or-later
/* The boot policy in the store, beside the master key that is sealed under it. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "daemon/master/boot-policy.h"

/* Entries of the store's metadata. */
#define META_AUTHORITY	"boot-authority"	/* its key, DER SubjectPublicKeyInfo */
#define META_REFERENCE	"boot-reference"	/* absent: it has none */
#define META_APPROVAL	"boot-approval-%zu"	/* from 0 on, the oldest first */
#define NAME_MAX_LEN	32

static_assert(UKS_TPM_APPROVAL_MAX <= STORE_META_MAX, "the store takes an approval");
static_assert(UKS_TPM_SPKI_MAX <= STORE_META_MAX, "the store takes an authority");

static int get(struct store *store, const char *name, void *value, size_t size, size_t *len,
	       struct failure *failure)
{
	uint8_t room[STORE_META_MAX];

	if (store->ops->get_meta(store, name, room, len, failure))
		return -1;
	if (*len > size)
		return failure_set(failure, UKS_E_STORE,
				   "the store is damaged: '%s' has %zu bytes, at most %zu are possible; restore it from a backup",
				   name, *len, size);
	memcpy(value, room, *len);
	return 0;
}

/* The store has no empty entries. */
static int put(struct store *store, const char *name, const void *value, size_t len,
	       struct failure *failure)
{
	return len ? store->ops->put_meta(store, name, value, len, failure) :
		     store->ops->drop_meta(store, name, failure);
}

int boot_policy_read(struct store *store, struct boot_policy *policy, struct failure *failure)
{
	struct uks_tpm_authority *authority = &policy->authority;
	char name[NAME_MAX_LEN];
	size_t i;

	memset(policy, 0, sizeof(*policy));
	if (get(store, META_AUTHORITY, authority->spki, sizeof(authority->spki), &authority->len,
		failure) ||
	    get(store, META_REFERENCE, authority->ref, sizeof(authority->ref),
		&authority->ref_len, failure))
		return -1;
	policy->set = authority->len;
	for (i = 0; i < BOOT_APPROVALS; i++) {
		struct uks_tpm_approval *approval = &policy->approvals[i];

		snprintf(name, sizeof(name), META_APPROVAL, i);
		if (get(store, name, approval->data, sizeof(approval->data), &approval->len,
			failure))
			return -1;
		if (!approval->len)
			break;
	}
	policy->count = i;
	return 0;
}

int boot_policy_write(struct store *store, const struct boot_policy *policy,
		      struct failure *failure)
{
	const struct uks_tpm_authority *authority = &policy->authority;
	char name[NAME_MAX_LEN];
	size_t i;

	if (put(store, META_AUTHORITY, authority->spki, authority->len, failure) ||
	    put(store, META_REFERENCE, authority->ref, authority->ref_len, failure))
		return -1;
	for (i = 0; i < BOOT_APPROVALS; i++) {
		snprintf(name, sizeof(name), META_APPROVAL, i);
		if (put(store, name, policy->approvals[i].data,
			i < policy->count ? policy->approvals[i].len : 0, failure))
			return -1;
	}
	return 0;
}

int boot_policy_seal(const struct boot_policy *policy, struct uks_tpm *tpm, const uint8_t *key,
		     struct uks_tpm_blob *blob, struct uks_tpm_error *error)
{
	return policy->set ? uks_tpm_boot_seal(tpm, key, &policy->authority, blob, error) :
			     uks_tpm_seal(tpm, key, blob, error);
}

int boot_policy_unseal(const struct boot_policy *policy, struct uks_tpm *tpm,
		       const struct uks_tpm_blob *blob, uint8_t *key,
		       struct uks_tpm_error *error)
{
	if (!policy->set)
		return uks_tpm_unseal(tpm, blob, key, error);
	return uks_tpm_boot_unseal(tpm, blob, &policy->authority, policy->approvals,
				   policy->count, key, error);
}
