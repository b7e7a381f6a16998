// SPDX-License-Identifier: LGPL-2.1-or-later
/* Names of types, purposes, algorithms and the like. */
#include "internal.h"

struct word {
	uint32_t value;
	const char *name;
};

static const struct word key_types[] = {
	{ UKS_KEY_AES_128, "aes-128" },
	{ UKS_KEY_AES_192, "aes-192" },
	{ UKS_KEY_AES_256, "aes-256" },
	{ UKS_KEY_CHACHA20, "chacha20" },
	{ UKS_KEY_HMAC_SHA256, "hmac-sha256" },
	{ UKS_KEY_EC_P256, "ec-p256" },
	{ UKS_KEY_ED25519, "ed25519" },
	{ 0, NULL }
};

static const struct word purposes[] = {
	{ UKS_PURPOSE_ENCRYPT, "encrypt" },
	{ UKS_PURPOSE_DECRYPT, "decrypt" },
	{ UKS_PURPOSE_SIGN, "sign" },
	{ UKS_PURPOSE_VERIFY, "verify" },
	{ UKS_PURPOSE_MAC, "mac" },
	{ UKS_PURPOSE_MAC_VERIFY, "mac-verify" },
	{ 0, NULL }
};

static const struct word algorithms[] = {
	{ UKS_ALG_AES_GCM, "aes-gcm" },
	{ UKS_ALG_CHACHA20_POLY1305, "chacha20-poly1305" },
	{ UKS_ALG_HMAC, "hmac" },
	{ UKS_ALG_ECDSA, "ecdsa" },
	{ UKS_ALG_ED25519, "ed25519" },
	{ 0, NULL }
};

static const struct word digests[] = {
	{ UKS_DIGEST_SHA256, "sha256" },
	{ UKS_DIGEST_SHA384, "sha384" },
	{ UKS_DIGEST_SHA512, "sha512" },
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
	{ 0, NULL }
};

static const struct word origins[] = {
	{ UKS_ORIGIN_GENERATED, "generated" },
	{ UKS_ORIGIN_IMPORTED, "imported" },
	{ 0, NULL }
};

static const struct word features[] = {
	{ UKS_FEATURE_AES_GCM, "aes-gcm" },
	{ UKS_FEATURE_CHACHA20_POLY1305, "chacha20-poly1305" },
	{ UKS_FEATURE_HMAC_SHA256, "hmac-sha256" },
	{ UKS_FEATURE_DIGEST, "digest" },
	{ 0, NULL }
};

static const struct word *const sets[] = {
	[UKS_WORD_KEY_TYPE] = key_types,
	[UKS_WORD_PURPOSE] = purposes,
	[UKS_WORD_ALGORITHM] = algorithms,
	[UKS_WORD_DIGEST] = digests,
	[UKS_WORD_FORMAT] = formats,
	[UKS_WORD_STATE] = states,
	[UKS_WORD_ORIGIN] = origins,
	[UKS_WORD_FEATURE] = features,
};

static const struct word *words_of(enum uks_word set)
{
	static const struct word none[] = { { 0, NULL } };

	return (size_t)set < ARRAY_SIZE(sets) ? sets[set] : none;
}

const char *uks_word(enum uks_word set, uint32_t value)
{
	const struct word *word;

	for (word = words_of(set); word->name; word++)
		if (word->value == value)
			return word->name;
	return NULL;
}

uint32_t uks_word_value(enum uks_word set, const char *name)
{
	const struct word *word;

	for (word = words_of(set); word->name; word++)
		if (!strcmp(word->name, name))
			return word->value;
	return 0;
}

const char *uks_word_at(enum uks_word set, size_t index)
{
	const struct word *word = words_of(set);

	while (word->name && index) {
		word++;
		index--;
	}
	return word->name;
}
