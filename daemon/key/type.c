// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the table of algorithms says, in words that a client understands. */
#include <stdio.h>

#include <openssl/evp.h>

#include "daemon/key/key.h"

static const struct {
	uint32_t purpose;
	const char *name;
} purposes[] = {
	{ UKS_PURPOSE_ENCRYPT, "encrypt" },
	{ UKS_PURPOSE_DECRYPT, "decrypt" },
	{ UKS_PURPOSE_SIGN, "sign" },
	{ UKS_PURPOSE_VERIFY, "verify" },
	{ UKS_PURPOSE_MAC, "compute MACs" },
	{ UKS_PURPOSE_MAC_VERIFY, "verify MACs" },
	{ UKS_PURPOSE_WRAP, "wrap" },
	{ UKS_PURPOSE_UNWRAP, "unwrap" },
	{ UKS_PURPOSE_AGREE, "agree" },
	{ UKS_PURPOSE_DERIVE, "derive" },
};

/* Purposes in words: "sign, verify". */
static void describe(uint32_t set, char *text, size_t size)
{
	size_t i, len = 0;

	*text = 0;
	for (i = 0; i < sizeof(purposes) / sizeof(*purposes); i++)
		if (set & purposes[i].purpose && len < size)
			len += snprintf(text + len, size - len, "%s%s", len ? ", " : "",
					purposes[i].name);
}

const struct key_type *key_type_find(uint32_t type, struct failure *failure)
{
	const struct key_type *found = uks_type_find(type);

	if (!found)
		failure_set(failure, UKS_E_BAD_TYPE,
			    "key type %u is unknown to this daemon: update it, or choose another type",
			    type);
	if (!found || !(found->traits & UKS_TRAIT_LIBRARY))
		return found;
	failure_set(failure, UKS_E_LIBRARY,
		    "keys of type %s need OpenSSL 3.5: choose another type", found->name);
	return NULL;
}

int key_type_purposes(const struct key_type *type, uint32_t wanted, struct failure *failure)
{
	uint32_t possible = uks_type_purposes(type->type);
	char text[128];

	if (wanted && !(wanted & ~possible))
		return 0;
	describe(possible, text, sizeof(text));
	return failure_set(failure, UKS_E_BAD_PURPOSE,
			   "purposes 0x%x do not fit a key of type %s: it can only %s", wanted,
			   type->name, text);
}

static bool library_has(uint32_t algorithm)
{
	EVP_CIPHER *cipher;

	if (algorithm != UKS_ALG_SM4_GCM)
		return false;
	cipher = EVP_CIPHER_fetch(NULL, "SM4-GCM", NULL);
	EVP_CIPHER_free(cipher);
	return cipher;
}

static int check_digest(const struct uks_row *row, uint32_t digest, struct failure *failure)
{
	const char *name = uks_algorithm_find(row->algorithm)->name;
	const struct uks_digest_info *info = uks_digest_find(digest);

	if (uks_row_has_digest(row, digest))
		return 0;
	if (!row->digests)
		return failure_set(failure, UKS_E_BAD_DIGEST,
				   "with %s no digest is chosen: leave it out", name);
	return failure_set(failure, UKS_E_BAD_DIGEST,
			   "digest %s (%u) does not fit %s: see 'uksctl matrix --list'",
			   info ? info->name : "unknown", digest, name);
}

const struct uks_row *key_type_use(const struct key_type *type, const struct key_use *use,
				   struct failure *failure)
{
	const struct uks_algorithm_info *info = uks_algorithm_find(use->algorithm);
	const struct uks_row *row = uks_row_find(type->type, use->algorithm);
	char text[128];

	if (!row) {
		failure_set(failure, UKS_E_BAD_ALGORITHM,
			    "algorithm %s (%u) does not fit a key of type %s: see 'uksctl matrix --list'",
			    info ? info->name : "unknown", use->algorithm, type->name);
		return NULL;
	}
	if (!(row->purposes & use->purpose)) {
		describe(row->purposes, text, sizeof(text));
		failure_set(failure, UKS_E_BAD_PURPOSE,
			    "purpose 0x%x does not fit algorithm %s: by it keys %s", use->purpose,
			    info->name, text);
		return NULL;
	}
	if (row->traits & UKS_TRAIT_LIBRARY && !library_has(use->algorithm)) {
		failure_set(failure, UKS_E_LIBRARY,
			    "the cryptographic library at hand lacks %s: choose another algorithm",
			    info->name);
		return NULL;
	}
	return check_digest(row, use->digest, failure) ? NULL : row;
}
