/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keys that never leave the TPM (TPM 2.0 Part 1, 27 "Object creation").
 *
 * A key is made under the storage root with fixedTPM, fixedParent and
 * sensitiveDataOrigin, and given out as two structures that only this TPM can use.
 * Each use loads the key, uses it and flushes it, one use after the other: how many
 * keys there are, and how many threads use them, is no matter to the TPM.
 */
#ifndef UKS_TPM_KEY_H
#define UKS_TPM_KEY_H

#include "tpm/pin.h"
#include "tpm/tpm.h"

#define UKS_TPM_KEY_MAX		1536	/* bytes of a key: its public and encrypted part */
#define UKS_TPM_SPKI_MAX	512	/* bytes of a SubjectPublicKeyInfo */
#define UKS_TPM_OUTPUT_MAX	384	/* bytes of a signature or decrypted message */

/**
 * enum uks_tpm_key_type - what kind of key
 * @UKS_TPM_RSA_2048: RSA of 2048 bits, exponent 65537
 * @UKS_TPM_RSA_3072: RSA of 3072 bits; not every TPM has it
 * @UKS_TPM_P256: ECC on NIST P-256
 * @UKS_TPM_P384: ECC on NIST P-384
 */
enum uks_tpm_key_type {
	UKS_TPM_RSA_2048,
	UKS_TPM_RSA_3072,
	UKS_TPM_P256,
	UKS_TPM_P384,
};

#define UKS_TPM_KEY_SIGN	0x1	/* TPMA_OBJECT_SIGN_ENCRYPT */
#define UKS_TPM_KEY_DECRYPT	0x2	/* TPMA_OBJECT_DECRYPT: RSA decryption or ECDH */

/**
 * enum uks_tpm_hash - hash algorithms, numbers as TPM_ALG_ID (TPM 2.0 Part 2, 6.3)
 * @UKS_TPM_SHA1: SHA-1; not everything takes it
 * @UKS_TPM_SHA256: SHA-256
 * @UKS_TPM_SHA384: SHA-384
 * @UKS_TPM_SHA512: SHA-512; not every TPM has it
 */
enum uks_tpm_hash {
	UKS_TPM_SHA1 = 0x0004,
	UKS_TPM_SHA256 = 0x000b,
	UKS_TPM_SHA384 = 0x000c,
	UKS_TPM_SHA512 = 0x000d,
};

/**
 * enum uks_tpm_scheme - how a key signs or decrypts, numbers as TPM_ALG_ID
 * @UKS_TPM_RSASSA: RSASSA-PKCS1-v1_5 (RFC 8017)
 * @UKS_TPM_RSAES: RSAES-PKCS1-v1_5 (RFC 8017); the TPM refuses wrong padding
 * @UKS_TPM_RSAPSS: RSASSA-PSS (RFC 8017), MGF1 of the same hash. The TPM chooses the
 *	length of the salt: that of the digest, or the longest (Part 1, B.7)
 * @UKS_TPM_OAEP: RSAES-OAEP (RFC 8017), MGF1 of the same hash, no label
 * @UKS_TPM_ECDSA: ECDSA (FIPS 186-5)
 */
enum uks_tpm_scheme {
	UKS_TPM_RSASSA = 0x0014,
	UKS_TPM_RSAES = 0x0015,
	UKS_TPM_RSAPSS = 0x0016,
	UKS_TPM_OAEP = 0x0017,
	UKS_TPM_ECDSA = 0x0018,
};

/**
 * struct uks_tpm_key - a key of the TPM
 * @len: bytes of @data in use
 * @data: "UKSK", the version (1) as big-endian 16-bit number, TPM2B_PUBLIC,
 *	TPM2B_PRIVATE (TPM 2.0 Part 2). Not secret; useless in another TPM.
 */
struct uks_tpm_key {
	size_t len;
	uint8_t data[UKS_TPM_KEY_MAX];
};

/**
 * struct uks_tpm_access - what the TPM demands for each use of a key
 * @auth: UKS_TPM_AUTH_LEN bytes, the key's authorisation value: a secret of the
 *	caller's own, to be derived from one that is sealed. Not under dictionary
 *	attack protection: it cannot be guessed
 * @pin: from uks_tpm_pin_define(), when the key needs a PIN as well; NULL otherwise
 * @code: the PIN; not looked at to make a key
 */
struct uks_tpm_access {
	const uint8_t *auth;
	const struct uks_tpm_index *pin;
	struct uks_tpm_code code;
};

/**
 * uks_tpm_key_create() - make a key inside the TPM
 * @tpm: the TPM, after uks_tpm_root()
 * @type: what kind of key
 * @usage: UKS_TPM_KEY_SIGN, UKS_TPM_KEY_DECRYPT or both
 * @access: what each use will demand
 * @key: receives the key; untouched on failure
 * @error: receives the cause on failure: UKS_TPM_UNSUPPORTED when the TPM has no such
 *	keys; never NULL
 *
 * RSA keys take from seconds to a minute, in which the TPM does nothing else.
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_key_create(struct uks_tpm *tpm, enum uks_tpm_key_type type, unsigned int usage,
		       const struct uks_tpm_access *access, struct uks_tpm_key *key,
		       struct uks_tpm_error *error);

/**
 * uks_tpm_key_public() - get the public key
 * @key: the key
 * @spki: receives a DER SubjectPublicKeyInfo (RFC 5280)
 * @len: in: bytes at @spki, UKS_TPM_SPKI_MAX are enough; out: bytes in use
 * @error: receives the cause on failure; never NULL
 *
 * Needs no TPM. That the public key is that of the key the TPM alone says, when
 * it loads the key, or by uks_tpm_certify().
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_key_public(const struct uks_tpm_key *key, uint8_t *spki, size_t *len,
		       struct uks_tpm_error *error);

/**
 * uks_tpm_key_area() - get the public area as the TPM hashes it into the name
 * @key: the key
 * @area: receives the TPMT_PUBLIC (TPM 2.0 Part 2, 12.2.4)
 * @len: in: bytes at @area, UKS_TPM_SPKI_MAX are enough; out: bytes in use
 * @error: receives the cause on failure; never NULL
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_key_area(const struct uks_tpm_key *key, uint8_t *area, size_t *len,
		     struct uks_tpm_error *error);

/**
 * uks_tpm_key_sign() - sign a digest (TPM2_Sign)
 * @tpm: the TPM, after uks_tpm_root()
 * @key: the key
 * @access: what it demands
 * @scheme: UKS_TPM_ECDSA, UKS_TPM_RSASSA or UKS_TPM_RSAPSS
 * @hash: what made the digest
 * @digest: the digest, as long as @hash makes them
 * @digest_len: its bytes
 * @signature: receives the signature: DER Ecdsa-Sig-Value (RFC 5480), or as long as the
 *	modulus
 * @len: in: bytes at @signature, UKS_TPM_OUTPUT_MAX are enough; out: bytes in use
 * @error: receives the cause on failure; never NULL
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_key_sign(struct uks_tpm *tpm, const struct uks_tpm_key *key,
		     const struct uks_tpm_access *access, enum uks_tpm_scheme scheme,
		     enum uks_tpm_hash hash, const uint8_t *digest, size_t digest_len,
		     uint8_t *signature, size_t *len, struct uks_tpm_error *error);

/**
 * uks_tpm_key_decrypt() - decrypt with an RSA key (TPM2_RSA_Decrypt)
 * @tpm: the TPM, after uks_tpm_root()
 * @key: the key
 * @access: what it demands
 * @scheme: UKS_TPM_OAEP or UKS_TPM_RSAES
 * @hash: of UKS_TPM_OAEP
 * @in: the encrypted message, as long as the modulus
 * @in_len: its bytes
 * @out: receives the message; wiped on failure
 * @out_len: in: bytes at @out, UKS_TPM_OUTPUT_MAX are enough; out: bytes in use
 * @error: receives the cause on failure: UKS_TPM_BAD_ARGUMENT when @in does not
 *	decrypt; never NULL
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_key_decrypt(struct uks_tpm *tpm, const struct uks_tpm_key *key,
			const struct uks_tpm_access *access, enum uks_tpm_scheme scheme,
			enum uks_tpm_hash hash, const uint8_t *in, size_t in_len, uint8_t *out,
			size_t *out_len, struct uks_tpm_error *error);

/**
 * uks_tpm_key_agree() - ECDH with a peer (TPM2_ECDH_ZGen)
 * @tpm: the TPM, after uks_tpm_root()
 * @key: an ECC key
 * @access: what it demands
 * @peer: the peer's public key, DER SubjectPublicKeyInfo on the same curve
 * @peer_len: its bytes
 * @secret: receives x of the shared point, as long as the curve's field (NIST
 *	SP 800-56A); wiped on failure
 * @len: in: bytes at @secret, 48 are enough; out: bytes in use
 * @error: receives the cause on failure: UKS_TPM_BAD_ARGUMENT when @peer is not on
 *	the curve; never NULL
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_key_agree(struct uks_tpm *tpm, const struct uks_tpm_key *key,
		      const struct uks_tpm_access *access, const uint8_t *peer, size_t peer_len,
		      uint8_t *secret, size_t *len, struct uks_tpm_error *error);

#endif /* UKS_TPM_KEY_H */
