/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the TPM says about itself, signed.
 *
 * The endorsement key (EK) is the TPM's identity, by which its maker knows it. The
 * attestation key (AK) signs only what the TPM itself says; that it is in the TPM of
 * that EK is proven by TPM2_ActivateCredential (TPM 2.0 Part 1, 24). evidence.h checks
 * all of this elsewhere, without a TPM.
 */
#ifndef UKS_TPM_ATTEST_H
#define UKS_TPM_ATTEST_H

#include "tpm/boot.h"
#include "tpm/evidence.h"
#include "tpm/key.h"
#include "tpm/tpm.h"

#define UKS_TPM_CERTIFICATE_MAX	2048	/* bytes of an EK certificate */
#define UKS_TPM_CHALLENGE_MAX	48	/* bytes of a challenge: qualifyingData */

/**
 * struct uks_tpm_clock - how long and how often the TPM was on (TPM2_ReadClock)
 * @time: ms since it was switched on
 * @clock: ms it was on since its owner was made; goes on over restarts
 * @resets: times it was reset (TPM Reset)
 * @restarts: times it was restarted or resumed since the last reset
 * @safe: 1 when @clock was never further
 */
struct uks_tpm_clock {
	uint64_t time;
	uint64_t clock;
	uint32_t resets;
	uint32_t restarts;
	int safe;
};

/**
 * uks_tpm_ek_public() - get the endorsement key
 * @tpm: the TPM, after uks_tpm_root()
 * @area: receives the TPMT_PUBLIC of the ECC P-256 key of template L-2 (TCG EK Credential
 *	Profile 2.5, B.3.4)
 * @len: in: bytes at @area, UKS_TPM_SPKI_MAX are enough; out: bytes in use
 * @error: receives the cause on failure; never NULL
 *
 * Identifies the machine for ever: not for anonymous attestation.
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_ek_public(struct uks_tpm *tpm, uint8_t *area, size_t *len,
		      struct uks_tpm_error *error);

/**
 * uks_tpm_ek_certificate() - get the certificate of the endorsement key
 * @tpm: the TPM, after uks_tpm_root()
 * @certificate: receives the DER X.509 certificate that the maker put at NV index
 *	0x01c0000a (TCG EK Credential Profile 2.5, 2.2.1.4)
 * @len: in: bytes at @certificate, UKS_TPM_CERTIFICATE_MAX are enough; out: bytes in
 *	use, 0 when there is none
 * @error: receives the cause on failure; never NULL
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_ek_certificate(struct uks_tpm *tpm, uint8_t *certificate, size_t *len,
			   struct uks_tpm_error *error);

/**
 * uks_tpm_ak_create() - make an attestation key
 * @tpm: the TPM, after uks_tpm_root()
 * @auth: UKS_TPM_AUTH_LEN bytes, the same at each use
 * @key: receives the key, restricted, ECDSA on P-256 with SHA-256; untouched on failure.
 *	uks_tpm_key_public() and uks_tpm_key_area() tell its public part
 * @error: receives the cause on failure; never NULL
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_ak_create(struct uks_tpm *tpm, const uint8_t auth[UKS_TPM_AUTH_LEN],
		      struct uks_tpm_key *key, struct uks_tpm_error *error);

/**
 * uks_tpm_ak_activate() - answer who asks whether the AK is in the TPM of an EK
 * @tpm: the TPM, after uks_tpm_root()
 * @ak: the attestation key
 * @auth: its authorisation value
 * @credential: from uks_evidence_credential()
 * @secret: receives what is in it; wiped on failure
 * @len: in: bytes at @secret, UKS_TPM_HASH_LEN are enough; out: bytes in use
 * @error: receives the cause on failure: UKS_TPM_BAD_ARGUMENT when it was made for
 *	another EK or AK; never NULL
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_ak_activate(struct uks_tpm *tpm, const struct uks_tpm_key *ak,
			const uint8_t auth[UKS_TPM_AUTH_LEN],
			const struct uks_evidence_credential *credential, uint8_t *secret,
			size_t *len, struct uks_tpm_error *error);

/**
 * uks_tpm_quote() - have the TPM state its PCRs (TPM2_Quote)
 * @tpm: the TPM, after uks_tpm_root()
 * @ak: the attestation key
 * @auth: its authorisation value
 * @pcrs: which PCRs
 * @challenge: what makes the statement fresh
 * @challenge_len: its bytes, at most UKS_TPM_CHALLENGE_MAX
 * @evidence: receives statement and signature
 * @error: receives the cause on failure; never NULL
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_quote(struct uks_tpm *tpm, const struct uks_tpm_key *ak,
		  const uint8_t auth[UKS_TPM_AUTH_LEN], const struct uks_tpm_pcrs *pcrs,
		  const uint8_t *challenge, size_t challenge_len, struct uks_evidence *evidence,
		  struct uks_tpm_error *error);

/**
 * uks_tpm_certify() - have the TPM state that a key is its own (TPM2_Certify)
 * @tpm: the TPM, after uks_tpm_root()
 * @ak: the attestation key
 * @auth: its authorisation value
 * @key: the key to certify; its PIN is not needed
 * @key_auth: its authorisation value
 * @challenge: what makes the statement fresh
 * @challenge_len: its bytes, at most UKS_TPM_CHALLENGE_MAX
 * @evidence: receives statement and signature
 * @error: receives the cause on failure; never NULL
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_certify(struct uks_tpm *tpm, const struct uks_tpm_key *ak,
		    const uint8_t auth[UKS_TPM_AUTH_LEN], const struct uks_tpm_key *key,
		    const uint8_t key_auth[UKS_TPM_AUTH_LEN], const uint8_t *challenge,
		    size_t challenge_len, struct uks_evidence *evidence,
		    struct uks_tpm_error *error);

/**
 * uks_tpm_clock() - read the TPM's clock
 * @tpm: the TPM, after uks_tpm_root()
 * @clock: receives the clock; untouched on failure
 * @error: receives the cause on failure; never NULL
 *
 * Return: 0, or -1 with @error filled in.
 */
int uks_tpm_clock(struct uks_tpm *tpm, struct uks_tpm_clock *clock, struct uks_tpm_error *error);

#endif /* UKS_TPM_ATTEST_H */
