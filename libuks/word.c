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
	{ UKS_KEY_SM4, "sm4" },
	{ UKS_KEY_HMAC_SHA1, "hmac-sha1" },
	{ UKS_KEY_HMAC_SHA224, "hmac-sha224" },
	{ UKS_KEY_HMAC_SHA384, "hmac-sha384" },
	{ UKS_KEY_HMAC_SHA512, "hmac-sha512" },
	{ UKS_KEY_HMAC_SM3, "hmac-sm3" },
	{ UKS_KEY_SECRET, "secret" },
	{ UKS_KEY_RSA_1024, "rsa-1024" },
	{ UKS_KEY_RSA_2048, "rsa-2048" },
	{ UKS_KEY_RSA_3072, "rsa-3072" },
	{ UKS_KEY_RSA_4096, "rsa-4096" },
	{ UKS_KEY_EC_P224, "ec-p224" },
	{ UKS_KEY_EC_P384, "ec-p384" },
	{ UKS_KEY_EC_P521, "ec-p521" },
	{ UKS_KEY_SM2, "sm2" },
	{ UKS_KEY_ED448, "ed448" },
	{ UKS_KEY_X25519, "x25519" },
	{ UKS_KEY_X448, "x448" },
	{ UKS_KEY_FFDHE_2048, "ffdhe-2048" },
	{ UKS_KEY_FFDHE_3072, "ffdhe-3072" },
	{ UKS_KEY_FFDHE_4096, "ffdhe-4096" },
	{ UKS_KEY_ML_DSA_44, "ml-dsa-44" },
	{ UKS_KEY_ML_DSA_65, "ml-dsa-65" },
	{ UKS_KEY_ML_DSA_87, "ml-dsa-87" },
	{ UKS_KEY_ML_KEM_768, "ml-kem-768" },
	{ UKS_KEY_ML_KEM_1024, "ml-kem-1024" },
	{ 0, NULL }
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

static const struct word algorithms[] = {
	{ UKS_ALG_AES_GCM, "aes-gcm" },
	{ UKS_ALG_CHACHA20_POLY1305, "chacha20-poly1305" },
	{ UKS_ALG_HMAC, "hmac" },
	{ UKS_ALG_ECDSA, "ecdsa" },
	{ UKS_ALG_ED25519, "ed25519" },
	{ UKS_ALG_AES_CCM, "aes-ccm" },
	{ UKS_ALG_AES_CBC, "aes-cbc" },
	{ UKS_ALG_AES_CBC_PKCS7, "aes-cbc-pkcs7" },
	{ UKS_ALG_AES_CTR, "aes-ctr" },
	{ UKS_ALG_AES_ECB, "aes-ecb" },
	{ UKS_ALG_AES_CMAC, "aes-cmac" },
	{ UKS_ALG_SM4_CBC, "sm4-cbc" },
	{ UKS_ALG_SM4_CBC_PKCS7, "sm4-cbc-pkcs7" },
	{ UKS_ALG_SM4_CTR, "sm4-ctr" },
	{ UKS_ALG_SM4_GCM, "sm4-gcm" },
	{ UKS_ALG_AES_KW, "aes-kw" },
	{ UKS_ALG_AES_KWP, "aes-kwp" },
	{ UKS_ALG_RSA_PKCS1, "rsa-pkcs1" },
	{ UKS_ALG_RSA_PSS, "rsa-pss" },
	{ UKS_ALG_RSA_OAEP, "rsa-oaep" },
	{ UKS_ALG_RSA_PKCS1_CRYPT, "rsa-pkcs1-crypt" },
	{ UKS_ALG_RSA_RAW, "rsa-raw" },
	{ UKS_ALG_SM2_SIGN, "sm2-sign" },
	{ UKS_ALG_SM2_CRYPT, "sm2-crypt" },
	{ UKS_ALG_ED448, "ed448" },
	{ UKS_ALG_ECDH, "ecdh" },
	{ UKS_ALG_X25519, "x25519" },
	{ UKS_ALG_X448, "x448" },
	{ UKS_ALG_FFDH, "ffdh" },
	{ UKS_ALG_HKDF, "hkdf" },
	{ UKS_ALG_PBKDF2, "pbkdf2" },
	{ UKS_ALG_RSA_AES_KEY_WRAP, "rsa-aes-key-wrap" },
	{ UKS_ALG_ECDH_HKDF_AES_GCM, "ecdh-hkdf-aes-gcm" },
	{ UKS_ALG_ML_DSA, "ml-dsa" },
	{ UKS_ALG_ML_KEM, "ml-kem" },
	{ 0, NULL }
};

static const struct word digests[] = {
	{ UKS_DIGEST_SHA256, "sha256" },
	{ UKS_DIGEST_SHA384, "sha384" },
	{ UKS_DIGEST_SHA512, "sha512" },
	{ UKS_DIGEST_SHA1, "sha1" },
	{ UKS_DIGEST_SHA224, "sha224" },
	{ UKS_DIGEST_SM3, "sm3" },
	{ UKS_DIGEST_SHA3_256, "sha3-256" },
	{ UKS_DIGEST_SHA3_384, "sha3-384" },
	{ UKS_DIGEST_SHA3_512, "sha3-512" },
	{ UKS_DIGEST_GIVEN, "given" },
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
	{ UKS_CALL_ANONYMOUS, "anonymous" },
	{ 0, NULL }
};

static const struct word policy_flags[] = {
	{ UKS_POLICY_CALLER_NONCE, "caller-nonce" },
	{ UKS_POLICY_EXPORTABLE, "exportable" },
	{ UKS_POLICY_KEEP_INSIDE, "keep-inside" },
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
	[UKS_WORD_KEY_TYPE] = key_types,
	[UKS_WORD_PURPOSE] = purposes,
	[UKS_WORD_ALGORITHM] = algorithms,
	[UKS_WORD_DIGEST] = digests,
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
