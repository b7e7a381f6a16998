// SPDX-License-Identifier: LGPL-2.1-or-later
/* Names of types, purposes, algorithms and the like. */
#include "include/uks/algorithm.h"
#include "internal.h"

struct word {
	uint32_t value;
	const char *name;
};

static const struct word purposes[] = {
	{ UKS_PURPOSE_ENCRYPT, "encrypt" },
	{ UKS_PURPOSE_DECRYPT, "decrypt" },
	{ UKS_PURPOSE_SIGN, "sign" },
	{ UKS_PURPOSE_VERIFY, "verify" },
	{ UKS_PURPOSE_MAC, "mac" },
	{ UKS_PURPOSE_MAC_VERIFY, "mac-verify" },
	{ UKS_PURPOSE_WRAP, "wrap" },
	{ UKS_PURPOSE_UNWRAP, "unwrap" },
	{ UKS_PURPOSE_AGREE, "agree" },
	{ UKS_PURPOSE_DERIVE, "derive" },
	{ 0, NULL }
};

static const struct word formats[] = {
	{ UKS_FORMAT_RAW, "raw" },
	{ UKS_FORMAT_PKCS8, "pkcs8" },
	{ UKS_FORMAT_SPKI, "spki" },
	{ 0, NULL }
};

static const struct word states[] = {
	{ UKS_STATE_ACTIVE, "active" },
	{ UKS_STATE_PRE_ACTIVATION, "pre-activation" },
	{ UKS_STATE_SUSPENDED, "suspended" },
	{ UKS_STATE_DEACTIVATED, "deactivated" },
	{ UKS_STATE_COMPROMISED, "compromised" },
	{ UKS_STATE_DESTROYED, "destroyed" },
	{ UKS_STATE_DESTROYED_COMPROMISED, "destroyed-compromised" },
	{ 0, NULL }
};

static const struct word origins[] = {
	{ UKS_ORIGIN_GENERATED, "generated" },
	{ UKS_ORIGIN_IMPORTED, "imported" },
	{ UKS_ORIGIN_UNWRAPPED, "unwrapped" },
	{ UKS_ORIGIN_AGREED, "agreed" },
	{ UKS_ORIGIN_DERIVED, "derived" },
	{ 0, NULL }
};

static const struct word features[] = {
	{ UKS_FEATURE_AES_GCM, "aes-gcm" },
	{ UKS_FEATURE_CHACHA20_POLY1305, "chacha20-poly1305" },
	{ UKS_FEATURE_HMAC_SHA256, "hmac-sha256" },
	{ UKS_FEATURE_DIGEST, "digest" },
	{ 0, NULL }
};

static const struct word lease_flags[] = {
	{ UKS_LEASE_CALLER_NONCE, "caller-nonce" },
	{ UKS_LEASE_COUNTED, "counted" },
	{ 0, NULL }
};

static const struct word call_flags[] = {
	{ UKS_CALL_REPLACE, "replace" },
	{ UKS_CALL_NOW, "now" },
	{ UKS_CALL_DELETED, "deleted" },
	{ UKS_CALL_COMPROMISED, "compromised" },
	{ UKS_CALL_ANONYMOUS, "anonymous" },
	{ UKS_CALL_CHECK, "check" },
	{ UKS_CALL_GRANTED, "granted" },
	{ 0, NULL }
};

static const struct word policy_flags[] = {
	{ UKS_POLICY_CALLER_NONCE, "caller-nonce" },
	{ UKS_POLICY_EXPORTABLE, "exportable" },
	{ UKS_POLICY_KEEP_INSIDE, "keep-inside" },
	{ UKS_POLICY_PROVISIONED, "provisioned" },
	{ UKS_POLICY_AUTHORIZED, "authorized" },
	{ 0, NULL }
};

static const struct word providers[] = {
	{ UKS_PROVIDER_SEALED, "sealed" },
	{ UKS_PROVIDER_TPM, "tpm" },
	{ 0, NULL }
};

static const struct word pin_modes[] = {
	{ UKS_PIN_PER_USE, "per-use" },
	{ UKS_PIN_SESSION, "session" },
	{ UKS_PIN_TIMED, "timed" },
	{ 0, NULL }
};

static const struct word *const sets[] = {
	[UKS_WORD_PURPOSE] = purposes,
	[UKS_WORD_FORMAT] = formats,
	[UKS_WORD_STATE] = states,
	[UKS_WORD_ORIGIN] = origins,
	[UKS_WORD_FEATURE] = features,
	[UKS_WORD_LEASE_FLAG] = lease_flags,
	[UKS_WORD_CALL_FLAG] = call_flags,
	[UKS_WORD_POLICY_FLAG] = policy_flags,
	[UKS_WORD_PROVIDER] = providers,
	[UKS_WORD_PIN_MODE] = pin_modes,
};

/*
 * A set of words: an array of structs that begin with the value and have the name
 * somewhere. Types, algorithms and digests are in the table that all share.
 */
struct set {
	const void *rows;
	size_t count;
	size_t size;	/* of a row, bytes */
	size_t name;	/* offset in a row, bytes */
};

#define ROWS(type)	.size = sizeof(struct type), .name = offsetof(struct type, name)

static struct word word_at(const struct set *set, size_t index)
{
	const char *row = (const char *)set->rows + index * set->size;
	struct word word;

	memcpy(&word.value, row, sizeof(word.value));
	memcpy(&word.name, row + set->name, sizeof(word.name));
	return word;
}

static struct set find_set(enum uks_word which)
{
	struct set set = { ROWS(word) };

	switch (which) {
	case UKS_WORD_KEY_TYPE:
		set = (struct set){ ROWS(key_type) };
		set.rows = uks_types(&set.count);
		break;
	case UKS_WORD_ALGORITHM:
		set = (struct set){ ROWS(uks_algorithm_info) };
		set.rows = uks_algorithms(&set.count);
		break;
	case UKS_WORD_DIGEST:
		set = (struct set){ ROWS(uks_digest_info) };
		set.rows = uks_digests(&set.count);
		break;
	default:
		if ((size_t)which < ARRAY_SIZE(sets))
			set.rows = sets[which];
		while (set.rows && word_at(&set, set.count).name)
			set.count++;
	}
	return set;
}

const char *uks_word(enum uks_word set, uint32_t value)
{
	const struct set words = find_set(set);
	size_t i;

	for (i = 0; i < words.count; i++)
		if (word_at(&words, i).value == value)
			return word_at(&words, i).name;
	return NULL;
}

uint32_t uks_word_value(enum uks_word set, const char *name)
{
	const struct set words = find_set(set);
	size_t i;

	for (i = 0; i < words.count; i++)
		if (!strcmp(word_at(&words, i).name, name))
			return word_at(&words, i).value;
	return 0;
}

const char *uks_word_at(enum uks_word set, size_t index)
{
	const struct set words = find_set(set);

	return index < words.count ? word_at(&words, index).name : NULL;
}
