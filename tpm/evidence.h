/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checking what a TPM stated, anywhere: needs libcrypto alone, no TPM and no library
 * of one. All input may come from an enemy.
 */
#ifndef UKS_TPM_EVIDENCE_H
#define UKS_TPM_EVIDENCE_H

#include <stddef.h>
#include <stdint.h>

#define UKS_EVIDENCE_NAME_LEN	34	/* bytes of a name with SHA-256 */
#define UKS_EVIDENCE_MAX	1024	/* bytes of a statement */
#define UKS_EVIDENCE_SIG_MAX	256	/* bytes of a signature on it */
#define UKS_EVIDENCE_SPKI_MAX	512	/* bytes of a SubjectPublicKeyInfo */
#define UKS_EVIDENCE_CRED_MAX	512	/* bytes of a part of a credential */

/**
 * struct uks_evidence - a statement of a TPM
 * @len: bytes of @statement in use
 * @statement: TPMS_ATTEST (TPM 2.0 Part 2, 10.12.8)
 * @signature_len: bytes of @signature in use
 * @signature: TPMT_SIGNATURE (Part 2, 11.3.4), ECDSA on P-256 with SHA-256
 *
 * tpm2_checkquote(1) takes both as they are.
 */
struct uks_evidence {
	size_t len;
	uint8_t statement[UKS_EVIDENCE_MAX];
	size_t signature_len;
	uint8_t signature[UKS_EVIDENCE_SIG_MAX];
};

/**
 * enum uks_evidence_type - what a statement is about, numbers as TPMI_ST_ATTEST
 * @UKS_EVIDENCE_CERTIFY: a key of the TPM
 * @UKS_EVIDENCE_QUOTE: PCRs
 */
enum uks_evidence_type {
	UKS_EVIDENCE_CERTIFY = 0x8017,
	UKS_EVIDENCE_QUOTE = 0x8018,
};

/**
 * struct uks_evidence_facts - what a statement says
 * @type: what it is about
 * @clock: ms the TPM was on; obfuscated by the TPM for keys outside of the endorsement
 *	hierarchy, as are the next ones
 * @resets: times the TPM was reset
 * @restarts: times it was restarted since
 * @safe: 1 when @clock was never further
 * @firmware: version of the firmware
 * @name: of the certified key
 * @bank: of quoted PCRs, TPM_ALG_ID
 * @mask: bit n is quoted PCR n
 * @digest: SHA-256 of the quoted PCRs' values in ascending order
 */
struct uks_evidence_facts {
	enum uks_evidence_type type;
	uint64_t clock;
	uint32_t resets;
	uint32_t restarts;
	int safe;
	uint64_t firmware;
	uint8_t name[UKS_EVIDENCE_NAME_LEN];
	unsigned int bank;
	uint32_t mask;
	uint8_t digest[32];
};

/**
 * struct uks_evidence_public - what a public area says
 * @type: TPM_ALG_ID: 0x0001 RSA, 0x0023 ECC
 * @bits: of the modulus or the curve
 * @attributes: TPMA_OBJECT (TPM 2.0 Part 2, 8.3)
 * @has_policy: 1 when each use needs a policy, such as a PIN
 * @policy: its digest
 * @name: the name that belongs to the area
 * @spki_len: bytes of @spki in use
 * @spki: the public key, DER SubjectPublicKeyInfo
 */
struct uks_evidence_public {
	unsigned int type;
	unsigned int bits;
	uint32_t attributes;
	int has_policy;
	uint8_t policy[32];
	uint8_t name[UKS_EVIDENCE_NAME_LEN];
	size_t spki_len;
	uint8_t spki[UKS_EVIDENCE_SPKI_MAX];
};

/* TPMA_OBJECT of a key that was made in its TPM and cannot leave it. */
#define UKS_EVIDENCE_INSIDE	0x00000032	/* fixedTPM, fixedParent, sensitiveDataOrigin */
#define UKS_EVIDENCE_RESTRICTED	0x00010000
#define UKS_EVIDENCE_DECRYPT	0x00020000
#define UKS_EVIDENCE_SIGN	0x00040000

/**
 * struct uks_evidence_credential - a secret for one AK in the TPM of one EK
 * @blob_len: bytes of @blob in use
 * @blob: TPM2B_ID_OBJECT
 * @secret_len: bytes of @secret in use
 * @secret: TPM2B_ENCRYPTED_SECRET
 */
struct uks_evidence_credential {
	size_t blob_len;
	uint8_t blob[UKS_EVIDENCE_CRED_MAX];
	size_t secret_len;
	uint8_t secret[UKS_EVIDENCE_CRED_MAX];
};

/**
 * uks_evidence_check() - see that a statement is an AK's, is fresh, and what it says
 * @evidence: statement and signature
 * @ak: the AK's public key, DER SubjectPublicKeyInfo: known to be one by its public area,
 *	which is restricted, and by uks_evidence_credential()
 * @ak_len: its bytes
 * @challenge: what was asked with
 * @challenge_len: its bytes
 * @facts: receives what it says; all zero on failure
 *
 * Return: NULL, or why it is refused, in words.
 */
const char *uks_evidence_check(const struct uks_evidence *evidence, const uint8_t *ak,
			       size_t ak_len, const uint8_t *challenge, size_t challenge_len,
			       struct uks_evidence_facts *facts);

/**
 * uks_evidence_pcrs() - see that quoted PCRs hold certain values
 * @facts: of a quote
 * @bank: TPM_ALG_ID of the bank
 * @mask: bit n is PCR n
 * @values: the values in ascending order, one after the other
 * @len: bytes of all
 *
 * Return: NULL, or why it is refused, in words.
 */
const char *uks_evidence_pcrs(const struct uks_evidence_facts *facts, unsigned int bank,
			      uint32_t mask, const uint8_t *values, size_t len);

/**
 * uks_evidence_read_public() - read a public area
 * @area: TPMT_PUBLIC of an RSA or ECC key
 * @len: its bytes
 * @public: receives what it says; all zero on failure
 *
 * To be believed only if its name is known: by uks_evidence_certified(), or for an AK by
 * uks_evidence_credential().
 *
 * Return: NULL, or why it is refused, in words.
 */
const char *uks_evidence_read_public(const uint8_t *area, size_t len,
				     struct uks_evidence_public *public);

/**
 * uks_evidence_certified() - see that the certified key has a public area
 * @facts: of a statement about a key
 * @area: TPMT_PUBLIC of the key
 * @len: its bytes
 * @public: receives what the area says; all zero on failure
 *
 * Return: NULL, or why it is refused, in words.
 */
const char *uks_evidence_certified(const struct uks_evidence_facts *facts, const uint8_t *area,
				   size_t len, struct uks_evidence_public *public);

/**
 * uks_evidence_credential() - hide a secret for an AK in the TPM of an EK
 * @ek: TPMT_PUBLIC of the EK, ECC P-256; that it is a TPM's its certificate tells
 * @ek_len: its bytes
 * @ak_name: name of the AK
 * @secret: what to hide
 * @secret_len: its bytes, at most 32
 * @credential: receives what uks_tpm_ak_activate() takes
 *
 * As TPM2_MakeCredential (TPM 2.0 Part 1, 24 and C.6.1), without a TPM.
 *
 * Return: NULL, or why it is refused, in words.
 */
const char *uks_evidence_credential(const uint8_t *ek, size_t ek_len,
				    const uint8_t ak_name[UKS_EVIDENCE_NAME_LEN],
				    const uint8_t *secret, size_t secret_len,
				    struct uks_evidence_credential *credential);

#endif /* UKS_TPM_EVIDENCE_H */
