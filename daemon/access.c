// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/access.h"

int access_check(const struct request *request, const struct key *key, struct failure *failure)
{
	if (key->owner == request->uid)
		return 0;
	return failure_set(failure, UKS_E_ACCESS,
			   "the key belongs to another user: only its owner may use it");
}

static const char *purpose_name(uint32_t purpose)
{
	switch (purpose) {
	case UKS_PURPOSE_ENCRYPT:
		return "encrypt";
	case UKS_PURPOSE_DECRYPT:
		return "decrypt";
	case UKS_PURPOSE_SIGN:
		return "sign";
	case UKS_PURPOSE_VERIFY:
		return "verify";
	case UKS_PURPOSE_MAC:
		return "compute a MAC";
	case UKS_PURPOSE_MAC_VERIFY:
		return "verify a MAC";
	default:
		return NULL;
	}
}

int access_purpose(const struct key *key, uint32_t purpose, struct failure *failure)
{
	const char *name = purpose_name(purpose);

	if (!name)
		return failure_set(failure, UKS_E_BAD_PURPOSE,
				   "purpose 0x%x is not one purpose that this daemon knows",
				   purpose);
	if (key->purposes & purpose)
		return 0;
	return failure_set(failure, UKS_E_BAD_PURPOSE,
			   "key '%s' may not be used to %s: see its purposes with 'uksctl key show'",
			   key->name, name);
}
