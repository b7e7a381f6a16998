/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What types of keys there are, and what each can do by which algorithm with which
 * digest: the one table that daemon, library, command and tests share. Each file that
 * includes it has a copy: compare types by their numbers, not by their addresses.
 */
#ifndef UKS_ALGORITHM_H
#define UKS_ALGORITHM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <linux/uks.h>

/** UKS_BIT() - an enum uks_key_type, uks_algorithm or uks_digest as member of a set */
#define UKS_BIT(value)	(1ULL << (value))

/**
 * enum uks_trait - what is special about a type, an algorithm or a digest, bits
 * @UKS_TRAIT_LEGACY: weak; refused while the configuration says "legacy = off"
 * @UKS_TRAIT_EXPLICIT: only for keys whose policy names it
 * @UKS_TRAIT_LIBRARY: only if the cryptographic library at hand has it
 */
enum uks_trait {
	UKS_TRAIT_LEGACY = 0x01,
	UKS_TRAIT_EXPLICIT = 0x02,
	UKS_TRAIT_LIBRARY = 0x04,
};

/**
 * struct key_type - what a type of key is like
 * @type: enum uks_key_type
 * @algorithm: the usual one, enum uks_algorithm
 * @purposes: what a key is for if its maker does not say, bits of enum uks_purpose
 * @traits: bits of enum uks_trait
 * @secret_min: least length of its secret, bytes
 * @secret_max: greatest length of its secret, bytes; RSA and FFDHE: of PKCS#8
 * @secret_new: length of a generated secret, bytes; 0 where it varies
 * @bits: size as RSA and Diffie-Hellman count it; 0 for others
 * @asymmetric: it has a public part, and its secret never leaves the daemon
 * @name: as uksctl(1) writes it
 */
struct key_type {
	uint32_t type;
	uint32_t algorithm;
	uint32_t purposes;
	uint32_t traits;
	uint16_t secret_min;
	uint16_t secret_max;
	uint16_t secret_new;
	uint16_t bits;
	bool asymmetric;
	const char *name;
};

/**
 * struct uks_algorithm_info - an algorithm
 * @algorithm: enum uks_algorithm
 * @name: as uksctl(1) writes it
 */
struct uks_algorithm_info {
	uint32_t algorithm;
	const char *name;
};

/**
 * struct uks_digest_info - a message digest
 * @digest: enum uks_digest
 * @traits: bits of enum uks_trait
 * @len: bytes of it; 0 for UKS_DIGEST_GIVEN
 * @name: as uksctl(1) writes it
 * @library: as OpenSSL names it; NULL for UKS_DIGEST_GIVEN
 */
struct uks_digest_info {
	uint32_t digest;
	uint32_t traits;
	uint32_t len;
	const char *name;
	const char *library;
};

/**
 * struct uks_row - what some types of keys can do by one algorithm
 * @types: set of enum uks_key_type
 * @digests: set of enum uks_digest that may be chosen; 0 when there is none to choose
 * @algorithm: enum uks_algorithm
 * @purposes: bits of enum uks_purpose
 * @traits: bits of enum uks_trait
 *
 * A cell of the table is one type and one digest of a row, or one type of a row
 * without digests. No two rows have type and algorithm in common.
 */
struct uks_row {
	uint64_t types;
	uint64_t digests;
	uint32_t algorithm;
	uint32_t purposes;
	uint32_t traits;
};

#define UKS_CRYPT	(UKS_PURPOSE_ENCRYPT | UKS_PURPOSE_DECRYPT)
#define UKS_SIGNING	(UKS_PURPOSE_SIGN | UKS_PURPOSE_VERIFY)
#define UKS_MACS	(UKS_PURPOSE_MAC | UKS_PURPOSE_MAC_VERIFY)
#define UKS_WRAPS	(UKS_PURPOSE_WRAP | UKS_PURPOSE_UNWRAP)

#define UKS_T(name)	UKS_BIT(UKS_KEY_##name)
#define UKS_D(name)	UKS_BIT(UKS_DIGEST_##name)
#define UKS_AES		(UKS_T(AES_128) | UKS_T(AES_192) | UKS_T(AES_256))
#define UKS_RSA_BIG	(UKS_T(RSA_2048) | UKS_T(RSA_3072) | UKS_T(RSA_4096))
#define UKS_RSA		(UKS_T(RSA_1024) | UKS_RSA_BIG)
#define UKS_EC		(UKS_T(EC_P224) | UKS_T(EC_P256) | UKS_T(EC_P384) | UKS_T(EC_P521))
#define UKS_FFDHE	(UKS_T(FFDHE_2048) | UKS_T(FFDHE_3072) | UKS_T(FFDHE_4096))
#define UKS_ML_DSA	(UKS_T(ML_DSA_44) | UKS_T(ML_DSA_65) | UKS_T(ML_DSA_87))
#define UKS_ML_KEM	(UKS_T(ML_KEM_768) | UKS_T(ML_KEM_1024))
#define UKS_SHA		(UKS_D(SHA1) | UKS_D(SHA224) | UKS_D(SHA256) | UKS_D(SHA384) | \
			 UKS_D(SHA512))
#define UKS_SHA3	(UKS_D(SHA3_256) | UKS_D(SHA3_384) | UKS_D(SHA3_512))

/** uks_types() - the table of types; @count receives their number */
static inline const struct key_type *uks_types(size_t *count)
{
#define T(name)		UKS_KEY_##name
#define A(name)		UKS_ALG_##name
#define LEGACY		UKS_TRAIT_LEGACY
#define LIBRARY		UKS_TRAIT_LIBRARY
#define AGREE		UKS_PURPOSE_AGREE
#define DERIVE		UKS_PURPOSE_DERIVE
	static const struct key_type types[] = {
		{ T(AES_128), A(AES_GCM), UKS_CRYPT, 0, 16, 16, 16, 0, false, "aes-128" },
		{ T(AES_192), A(AES_GCM), UKS_CRYPT, 0, 24, 24, 24, 0, false, "aes-192" },
		{ T(AES_256), A(AES_GCM), UKS_CRYPT, 0, 32, 32, 32, 0, false, "aes-256" },
		{ T(CHACHA20), A(CHACHA20_POLY1305), UKS_CRYPT, 0, 32, 32, 32, 0, false,
		  "chacha20" },
		{ T(SM4), A(SM4_CBC_PKCS7), UKS_CRYPT, 0, 16, 16, 16, 0, false, "sm4" },
		{ T(HMAC_SHA1), A(HMAC), UKS_MACS, LEGACY, 14, 256, 20, 0, false, "hmac-sha1" },
		{ T(HMAC_SHA224), A(HMAC), UKS_MACS, 0, 14, 256, 28, 0, false, "hmac-sha224" },
		{ T(HMAC_SHA256), A(HMAC), UKS_MACS, 0, 14, 256, 32, 0, false, "hmac-sha256" },
		{ T(HMAC_SHA384), A(HMAC), UKS_MACS, 0, 14, 256, 48, 0, false, "hmac-sha384" },
		{ T(HMAC_SHA512), A(HMAC), UKS_MACS, 0, 14, 256, 64, 0, false, "hmac-sha512" },
		{ T(HMAC_SM3), A(HMAC), UKS_MACS, 0, 14, 256, 32, 0, false, "hmac-sm3" },
		{ T(SECRET), A(HKDF), DERIVE, 0, 16, 1024, 32, 0, false, "secret" },
		{ T(RSA_1024), A(RSA_PSS), UKS_SIGNING, LEGACY, 1, 4096, 0, 1024, true,
		  "rsa-1024" },
		{ T(RSA_2048), A(RSA_PSS), UKS_SIGNING, 0, 1, 4096, 0, 2048, true, "rsa-2048" },
		{ T(RSA_3072), A(RSA_PSS), UKS_SIGNING, 0, 1, 4096, 0, 3072, true, "rsa-3072" },
		{ T(RSA_4096), A(RSA_PSS), UKS_SIGNING, 0, 1, 4096, 0, 4096, true, "rsa-4096" },
		{ T(EC_P224), A(ECDSA), UKS_SIGNING, LEGACY, 28, 28, 28, 0, true, "ec-p224" },
		{ T(EC_P256), A(ECDSA), UKS_SIGNING, 0, 32, 32, 32, 0, true, "ec-p256" },
		{ T(EC_P384), A(ECDSA), UKS_SIGNING, 0, 48, 48, 48, 0, true, "ec-p384" },
		{ T(EC_P521), A(ECDSA), UKS_SIGNING, 0, 66, 66, 66, 0, true, "ec-p521" },
		{ T(SM2), A(SM2_SIGN), UKS_SIGNING, 0, 32, 32, 32, 0, true, "sm2" },
		{ T(ED25519), A(ED25519), UKS_SIGNING, 0, 32, 32, 32, 0, true, "ed25519" },
		{ T(ED448), A(ED448), UKS_SIGNING, 0, 57, 57, 57, 0, true, "ed448" },
		{ T(X25519), A(X25519), AGREE, 0, 32, 32, 32, 0, true, "x25519" },
		{ T(X448), A(X448), AGREE, 0, 56, 56, 56, 0, true, "x448" },
		{ T(FFDHE_2048), A(FFDH), AGREE, 0, 1, 4096, 0, 2048, true, "ffdhe-2048" },
		{ T(FFDHE_3072), A(FFDH), AGREE, 0, 1, 4096, 0, 3072, true, "ffdhe-3072" },
		{ T(FFDHE_4096), A(FFDH), AGREE, 0, 1, 4096, 0, 4096, true, "ffdhe-4096" },
		{ T(ML_DSA_44), A(ML_DSA), UKS_SIGNING, LIBRARY, 32, 32, 32, 0, true,
		  "ml-dsa-44" },
		{ T(ML_DSA_65), A(ML_DSA), UKS_SIGNING, LIBRARY, 32, 32, 32, 0, true,
		  "ml-dsa-65" },
		{ T(ML_DSA_87), A(ML_DSA), UKS_SIGNING, LIBRARY, 32, 32, 32, 0, true,
		  "ml-dsa-87" },
		{ T(ML_KEM_768), A(ML_KEM), UKS_WRAPS, LIBRARY, 64, 64, 64, 0, true,
		  "ml-kem-768" },
		{ T(ML_KEM_1024), A(ML_KEM), UKS_WRAPS, LIBRARY, 64, 64, 64, 0, true,
		  "ml-kem-1024" },
	};
#undef T
#undef A
#undef LEGACY
#undef LIBRARY
#undef AGREE
#undef DERIVE

	*count = sizeof(types) / sizeof(*types);
	return types;
}

/** uks_rows() - the table of types, algorithms and digests; @count receives its length */
static inline const struct uks_row *uks_rows(size_t *count)
{
#define A(name)		UKS_ALG_##name
#define HASHES		(UKS_SHA | UKS_SHA3 | UKS_D(GIVEN))
#define ENVELOPE	(UKS_CRYPT | UKS_WRAPS)
	static const struct uks_row rows[] = {
		{ UKS_AES, 0, A(AES_GCM), UKS_CRYPT, 0 },
		{ UKS_AES, 0, A(AES_CCM), UKS_CRYPT, 0 },
		{ UKS_AES, 0, A(AES_CBC), UKS_CRYPT, 0 },
		{ UKS_AES, 0, A(AES_CBC_PKCS7), UKS_CRYPT, 0 },
		{ UKS_AES, 0, A(AES_CTR), UKS_CRYPT, 0 },
		{ UKS_AES, 0, A(AES_ECB), UKS_CRYPT, UKS_TRAIT_LEGACY | UKS_TRAIT_EXPLICIT },
		{ UKS_AES, 0, A(AES_CMAC), UKS_MACS, 0 },
		{ UKS_AES, 0, A(AES_KW), UKS_WRAPS, 0 },
		{ UKS_AES, 0, A(AES_KWP), UKS_WRAPS, 0 },
		{ UKS_AES, 0, A(AES_CBC_WRAP), UKS_WRAPS, UKS_TRAIT_EXPLICIT },
		{ UKS_T(CHACHA20), 0, A(CHACHA20_POLY1305), UKS_CRYPT, 0 },
		{ UKS_T(SM4), 0, A(SM4_CBC), UKS_CRYPT, 0 },
		{ UKS_T(SM4), 0, A(SM4_CBC_PKCS7), UKS_CRYPT, 0 },
		{ UKS_T(SM4), 0, A(SM4_CTR), UKS_CRYPT, 0 },
		{ UKS_T(SM4), 0, A(SM4_GCM), UKS_CRYPT, UKS_TRAIT_LIBRARY },
		{ UKS_T(HMAC_SHA1), UKS_D(SHA1), A(HMAC), UKS_MACS, 0 },
		{ UKS_T(HMAC_SHA224), UKS_D(SHA224), A(HMAC), UKS_MACS, 0 },
		{ UKS_T(HMAC_SHA256), UKS_D(SHA256), A(HMAC), UKS_MACS, 0 },
		{ UKS_T(HMAC_SHA384), UKS_D(SHA384), A(HMAC), UKS_MACS, 0 },
		{ UKS_T(HMAC_SHA512), UKS_D(SHA512), A(HMAC), UKS_MACS, 0 },
		{ UKS_T(HMAC_SM3), UKS_D(SM3), A(HMAC), UKS_MACS, 0 },
		{ UKS_T(SECRET), UKS_SHA | UKS_D(SM3), A(HKDF), UKS_PURPOSE_DERIVE, 0 },
		{ UKS_T(SECRET), UKS_SHA | UKS_D(SM3), A(PBKDF2), UKS_PURPOSE_DERIVE, 0 },
		{ UKS_RSA, HASHES, A(RSA_PSS), UKS_SIGNING, 0 },
		{ UKS_RSA, HASHES, A(RSA_PKCS1), UKS_SIGNING, 0 },
		/* With a longer digest the padding leaves 1024 bits no room. */
		{ UKS_RSA_BIG, UKS_SHA, A(RSA_OAEP), ENVELOPE, 0 },
		{ UKS_T(RSA_1024), UKS_SHA & ~UKS_D(SHA512), A(RSA_OAEP), ENVELOPE, 0 },
		{ UKS_RSA, 0, A(RSA_PKCS1_CRYPT), UKS_CRYPT, 0 },
		{ UKS_RSA, 0, A(RSA_RAW), UKS_CRYPT, UKS_TRAIT_EXPLICIT },
		{ UKS_RSA_BIG, UKS_SHA, A(RSA_AES_KEY_WRAP), UKS_WRAPS, 0 },
		{ UKS_T(RSA_1024), UKS_SHA & ~UKS_D(SHA384) & ~UKS_D(SHA512), A(RSA_AES_KEY_WRAP),
		  UKS_WRAPS, 0 },
		{ UKS_EC, HASHES, A(ECDSA), UKS_SIGNING, 0 },
		{ UKS_EC, 0, A(ECDH), UKS_PURPOSE_AGREE, 0 },
		{ UKS_EC | UKS_T(X25519) | UKS_T(X448), 0, A(ECDH_HKDF_AES_GCM), UKS_WRAPS, 0 },
		{ UKS_T(SM2), UKS_D(SM3) | UKS_D(GIVEN), A(SM2_SIGN), UKS_SIGNING, 0 },
		{ UKS_T(SM2), UKS_D(SM3), A(SM2_CRYPT), UKS_CRYPT, 0 },
		{ UKS_T(ED25519), 0, A(ED25519), UKS_SIGNING, 0 },
		{ UKS_T(ED448), 0, A(ED448), UKS_SIGNING, 0 },
		{ UKS_T(X25519), 0, A(X25519), UKS_PURPOSE_AGREE, 0 },
		{ UKS_T(X448), 0, A(X448), UKS_PURPOSE_AGREE, 0 },
		{ UKS_FFDHE, 0, A(FFDH), UKS_PURPOSE_AGREE, 0 },
		{ UKS_ML_DSA, 0, A(ML_DSA), UKS_SIGNING, UKS_TRAIT_LIBRARY },
		{ UKS_ML_KEM, 0, A(ML_KEM), UKS_WRAPS, UKS_TRAIT_LIBRARY },
	};
#undef A
#undef HASHES
#undef ENVELOPE

	*count = sizeof(rows) / sizeof(*rows);
	return rows;
}

/** uks_algorithms() - all algorithms; @count receives their number */
static inline const struct uks_algorithm_info *uks_algorithms(size_t *count)
{
	static const struct uks_algorithm_info algorithms[] = {
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
		{ UKS_ALG_AES_CBC_WRAP, "aes-cbc-wrap" },
	};

	*count = sizeof(algorithms) / sizeof(*algorithms);
	return algorithms;
}

/** uks_digests() - all digests; @count receives their number */
static inline const struct uks_digest_info *uks_digests(size_t *count)
{
	static const struct uks_digest_info digests[] = {
		{ UKS_DIGEST_SHA1, UKS_TRAIT_LEGACY, 20, "sha1", "SHA1" },
		{ UKS_DIGEST_SHA224, 0, 28, "sha224", "SHA2-224" },
		{ UKS_DIGEST_SHA256, 0, 32, "sha256", "SHA2-256" },
		{ UKS_DIGEST_SHA384, 0, 48, "sha384", "SHA2-384" },
		{ UKS_DIGEST_SHA512, 0, 64, "sha512", "SHA2-512" },
		{ UKS_DIGEST_SM3, 0, 32, "sm3", "SM3" },
		{ UKS_DIGEST_SHA3_256, 0, 32, "sha3-256", "SHA3-256" },
		{ UKS_DIGEST_SHA3_384, 0, 48, "sha3-384", "SHA3-384" },
		{ UKS_DIGEST_SHA3_512, 0, 64, "sha3-512", "SHA3-512" },
		{ UKS_DIGEST_GIVEN, 0, 0, "given", NULL },
	};

	*count = sizeof(digests) / sizeof(*digests);
	return digests;
}

/** uks_type_find() - a type by its number, or NULL */
static inline const struct key_type *uks_type_find(uint32_t type)
{
	size_t i, count;
	const struct key_type *types = uks_types(&count);

	for (i = 0; i < count; i++)
		if (types[i].type == type)
			return &types[i];
	return NULL;
}

/** uks_algorithm_find() - an algorithm by its number, or NULL */
static inline const struct uks_algorithm_info *uks_algorithm_find(uint32_t algorithm)
{
	size_t i, count;
	const struct uks_algorithm_info *algorithms = uks_algorithms(&count);

	for (i = 0; i < count; i++)
		if (algorithms[i].algorithm == algorithm)
			return &algorithms[i];
	return NULL;
}

/** uks_digest_find() - a digest by its number, or NULL */
static inline const struct uks_digest_info *uks_digest_find(uint32_t digest)
{
	size_t i, count;
	const struct uks_digest_info *digests = uks_digests(&count);

	for (i = 0; i < count; i++)
		if (digests[i].digest == digest)
			return &digests[i];
	return NULL;
}

/** uks_row_find() - what keys of a type do by an algorithm, or NULL */
static inline const struct uks_row *uks_row_find(uint32_t type, uint32_t algorithm)
{
	size_t i, count;
	const struct uks_row *rows = uks_rows(&count);

	for (i = 0; type < 64 && i < count; i++)
		if (rows[i].algorithm == algorithm && rows[i].types & UKS_BIT(type))
			return &rows[i];
	return NULL;
}

/**
 * uks_usual_algorithm() - by what keys of a type do something if nobody says more
 * @type: enum uks_key_type
 * @purpose: one bit of enum uks_purpose
 *
 * Return: enum uks_algorithm: that of the type, or for what it cannot the first of the
 * table that can; 0 if there is no such type.
 */
static inline uint32_t uks_usual_algorithm(uint32_t type, uint32_t purpose)
{
	const struct key_type *known = uks_type_find(type);
	const struct uks_row *row;
	size_t i, count;

	if (!known)
		return 0;
	row = uks_row_find(type, known->algorithm);
	if (row && row->purposes & purpose)
		return known->algorithm;
	row = uks_rows(&count);
	for (i = 0; i < count; i++, row++)
		if (row->types & UKS_BIT(type) && row->purposes & purpose &&
		    !(row->traits & UKS_TRAIT_EXPLICIT))
			return row->algorithm;
	return known->algorithm;
}

/** uks_row_has_digest() - may a digest be chosen? 0 is right where there is none */
static inline bool uks_row_has_digest(const struct uks_row *row, uint32_t digest)
{
	if (!digest || !row->digests)
		return !digest && !row->digests;
	return digest < 64 && row->digests & UKS_BIT(digest);
}

/** uks_row_digest() - the usual digest of a row, 0 if it has none */
static inline uint32_t uks_row_digest(const struct uks_row *row)
{
	uint32_t digest = UKS_DIGEST_SHA256;

	if (!row->digests)
		return 0;
	while (!(row->digests & UKS_BIT(digest)))
		digest++;
	return digest;
}

/** uks_type_purposes() - all that keys of a type can be made for, bits */
static inline uint32_t uks_type_purposes(uint32_t type)
{
	size_t i, count;
	const struct uks_row *rows = uks_rows(&count);
	uint32_t purposes = 0;

	for (i = 0; type < 64 && i < count; i++)
		if (rows[i].types & UKS_BIT(type))
			purposes |= rows[i].purposes;
	return purposes;
}

/** uks_cell_traits() - all that is special about a type, an algorithm and a digest */
static inline uint32_t uks_cell_traits(const struct key_type *type, const struct uks_row *row,
				       uint32_t digest)
{
	const struct uks_digest_info *info = uks_digest_find(digest);

	return type->traits | row->traits | (info ? info->traits : 0);
}

#endif /* UKS_ALGORITHM_H */
