/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A secret that opens only after an approved boot.
 *
 * It is sealed under TPM2_PolicyAuthorize (TPM 2.0 Part 3, 23.16) by the key of an
 * authority, which is away from the machine. The authority approves sets of PCR values
 * by signing the policy digest of TPM2_PolicyPCR over them: a new kernel needs a new
 * approval, not a new sealing. Only uks_tpm_pcrs_read(), uks_tpm_boot_seal() and
 * uks_tpm_boot_unseal() need a TPM.
 */
#ifndef UKS_TPM_BOOT_H
#define UKS_TPM_BOOT_H

#include "tpm/key.h"
#include "tpm/tpm.h"

#define UKS_TPM_PCRS		24	/* PCRs of a bank (TCG PC Client Profile) */
#define UKS_TPM_PCRS_TEXT	96	/* bytes of a selection as text with its NUL */
#define UKS_TPM_REF_MAX		32	/* bytes of a reference */
#define UKS_TPM_APPROVAL_MAX	2048	/* bytes of an approval */
#define UKS_TPM_MESSAGE_MAX	(UKS_TPM_HASH_LEN + UKS_TPM_REF_MAX)

/**
 * struct uks_tpm_pcrs - a selection of PCRs
 * @bank: the bank: UKS_TPM_SHA256, UKS_TPM_SHA384 or UKS_TPM_SHA512
 * @mask: bit n is PCR n
 */
struct uks_tpm_pcrs {
	enum uks_tpm_hash bank;
	uint32_t mask;
};

/**
 * struct uks_tpm_pcr_values - what PCRs hold
 * @pcrs: which ones
 * @value: of those, as long as the hash of the bank; others are not looked at
 */
struct uks_tpm_pcr_values {
	struct uks_tpm_pcrs pcrs;
	uint8_t value[UKS_TPM_PCRS][64];
};

/**
 * struct uks_tpm_authority - who approves
 * @len: bytes of @spki in use
 * @spki: public key, DER SubjectPublicKeyInfo: ECC P-256, or RSA of 2048 or 3072 bits
 * @ref_len: bytes of @ref in use
 * @ref: policyRef: approvals for another one do not count, so a new one withdraws all
 */
struct uks_tpm_authority {
	size_t len;
	uint8_t spki[UKS_TPM_SPKI_MAX];
	size_t ref_len;
	uint8_t ref[UKS_TPM_REF_MAX];
};

/**
 * struct uks_tpm_approval - PCR values that are approved
 * @len: bytes of @data in use
 * @data: all numbers big-endian: "UKSP", version (1, 16 bits), bank (16), mask (32), the
 *	values in ascending order, size of the reference (16) and the reference, size of
 *	the signature (16) and the signature (DER Ecdsa-Sig-Value, or RSASSA-PKCS1-v1_5;
 *	SHA-256). Not secret.
 */
struct uks_tpm_approval {
	size_t len;
	uint8_t data[UKS_TPM_APPROVAL_MAX];
};

/**
 * uks_tpm_pcrs_parse() - read a selection
 * @text: bank and numbers: "sha256:7,11"
 * @pcrs: receives the selection; untouched on failure
 * @error: receives the cause on failure; never NULL
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_pcrs_parse(const char *text, struct uks_tpm_pcrs *pcrs, struct uks_tpm_error *error);

/**
 * uks_tpm_pcrs_format() - write a selection as uks_tpm_pcrs_parse() reads it
 * @pcrs: the selection
 * @text: receives it
 */
void uks_tpm_pcrs_format(const struct uks_tpm_pcrs *pcrs, char text[UKS_TPM_PCRS_TEXT]);

/**
 * uks_tpm_pcrs_read() - read PCRs (TPM2_PCR_Read)
 * @tpm: the TPM, after uks_tpm_root()
 * @pcrs: which ones
 * @values: receives their values; untouched on failure
 * @error: receives the cause on failure: UKS_TPM_UNSUPPORTED when the TPM has no such
 *	bank; never NULL
 *
 * Nothing proves these values: see uks_tpm_quote().
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_pcrs_read(struct uks_tpm *tpm, const struct uks_tpm_pcrs *pcrs,
		      struct uks_tpm_pcr_values *values, struct uks_tpm_error *error);

/**
 * uks_tpm_authority_read() - take in an authority
 * @pem: PEM public key, PUBLIC KEY (RFC 7468)
 * @len: its bytes
 * @ref: up to UKS_TPM_REF_MAX bytes, or NULL
 * @ref_len: its bytes
 * @authority: receives the authority; untouched on failure
 * @error: receives the cause on failure; never NULL
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_authority_read(const char *pem, size_t len, const void *ref, size_t ref_len,
			   struct uks_tpm_authority *authority, struct uks_tpm_error *error);

/**
 * uks_tpm_approval_message() - what the authority is to sign
 * @values: the PCR values to approve
 * @authority: the authority
 * @message: receives the policy digest of @values and the reference: to be hashed with
 *	SHA-256 and signed, as "openssl dgst -sha256 -sign" does
 * @len: receives its bytes
 */
void uks_tpm_approval_message(const struct uks_tpm_pcr_values *values,
			      const struct uks_tpm_authority *authority,
			      uint8_t message[UKS_TPM_MESSAGE_MAX], size_t *len);

/**
 * uks_tpm_approval_make() - make an approval of values and signature
 * @values: the PCR values
 * @authority: the authority
 * @signature: over what uks_tpm_approval_message() gave
 * @signature_len: its bytes
 * @approval: receives the approval; untouched on failure
 * @error: receives the cause on failure: UKS_TPM_NOT_APPROVED when the signature is not
 *	the authority's; never NULL
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_approval_make(const struct uks_tpm_pcr_values *values,
			  const struct uks_tpm_authority *authority, const uint8_t *signature,
			  size_t signature_len, struct uks_tpm_approval *approval,
			  struct uks_tpm_error *error);

/**
 * uks_tpm_approval_check() - see what an approval approves, and who says so
 * @approval: the approval
 * @authority: the authority
 * @values: receives the approved values
 * @error: receives the cause on failure: UKS_TPM_NOT_APPROVED; never NULL
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_approval_check(const struct uks_tpm_approval *approval,
			   const struct uks_tpm_authority *authority,
			   struct uks_tpm_pcr_values *values, struct uks_tpm_error *error);

/**
 * uks_tpm_boot_seal() - seal a secret for boots that an authority approves
 * @tpm: the TPM, after uks_tpm_root()
 * @secret: UKS_TPM_SECRET_LEN bytes; one that is sealed without a policy is unsealed and
 *	sealed again with this
 * @authority: the authority
 * @blob: receives the sealed secret; untouched on failure
 * @error: receives the cause on failure; never NULL
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_boot_seal(struct uks_tpm *tpm, const uint8_t secret[UKS_TPM_SECRET_LEN],
		      const struct uks_tpm_authority *authority, struct uks_tpm_blob *blob,
		      struct uks_tpm_error *error);

/**
 * uks_tpm_boot_unseal() - unseal a secret if this boot is approved
 * @tpm: the TPM, after uks_tpm_root()
 * @blob: from uks_tpm_boot_seal()
 * @authority: the authority
 * @approvals: approvals; the first that fits the PCRs is used
 * @count: how many
 * @secret: receives UKS_TPM_SECRET_LEN bytes; wiped on failure
 * @error: receives the cause on failure: UKS_TPM_BOOT_CHANGED with the PCRs that differ
 *	from the approval that comes closest; UKS_TPM_NOT_APPROVED when no approval is
 *	the authority's, or the secret was sealed for another one; never NULL
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_boot_unseal(struct uks_tpm *tpm, const struct uks_tpm_blob *blob,
			const struct uks_tpm_authority *authority,
			const struct uks_tpm_approval *approvals, size_t count,
			uint8_t secret[UKS_TPM_SECRET_LEN], struct uks_tpm_error *error);

#endif /* UKS_TPM_BOOT_H */
