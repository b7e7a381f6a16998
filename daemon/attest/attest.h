/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Attestation: proof of what a key is, by what the TPM says. See
 * Documentation/attestation.rst for what is bound to what, and why.
 */
#ifndef UKSD_ATTEST_H
#define UKSD_ATTEST_H

#include "daemon/dispatch.h"
#include "tpm/attest.h"
#include "verify/attestation.h"

#define ATTEST_CERTIFICATE_MAX	2048	/* bytes of the issuer's certificate */

/**
 * struct attester - the keys that attest, both in the TPM
 * @auth: authorisation value of both
 * @ak: the attestation key, which signs what the TPM says and nothing else
 * @issuer: signs certificates; the attestation key certifies it
 * @certificate_len: bytes of @certificate
 * @certificate: of @issuer, signed by itself, DER
 *
 * From sodium_malloc().
 */
struct attester {
	uint8_t auth[UKS_TPM_AUTH_LEN];
	struct uks_tpm_key ak;
	struct uks_tpm_key issuer;
	size_t certificate_len;
	uint8_t certificate[ATTEST_CERTIFICATE_MAX];
};

/**
 * struct attested - a key that is in the TPM, to be certified
 * @key: the key
 * @auth: its authorisation value
 */
struct attested {
	struct uks_tpm_key key;
	uint8_t auth[UKS_TPM_AUTH_LEN];
};

/**
 * attester_get() - the keys that attest for this store; made at the first call
 * @worker: whose store they are in; not inside of the TPM's gate
 * @failure: receives UKS_E_STORE, UKS_E_CRYPTO, UKS_E_TPM, UKS_E_NO_MEMORY
 *
 * Keys that were made in another TPM, before the store moved, are replaced.
 *
 * Return: the keys, for attester_free(), or NULL with @failure filled in.
 */
struct attester *attester_get(struct worker *worker, struct failure *failure);

/**
 * attester_new() - keys that attest once and are forgotten
 * @tpm: the TPM, from tpmgate_enter()
 * @failure: receives UKS_E_TPM, UKS_E_CRYPTO, UKS_E_NO_MEMORY
 *
 * Return: the keys, for attester_free(), or NULL with @failure filled in.
 */
struct attester *attester_new(struct uks_tpm *tpm, struct failure *failure);

/** attester_free() - wipe and free keys; NULL is none */
void attester_free(struct attester *attester);

/**
 * attest_parts() - fill in what the daemon says about a key
 * @worker: @record is the key
 * @challenge: what the attestation answers
 * @anonymous: without what tells this machine or its users from others
 * @attestation: receives all but digests and evidence
 *
 * Return: 0, or -1 when out of memory.
 */
int attest_parts(const struct worker *worker, const struct uks_attr *challenge, bool anonymous,
		 UKS_ATTESTATION *attestation);

/**
 * attest_policy() - a policy in the form that attestations have
 * @bytes: attributes of the set "policy"
 * @len: bytes of them
 * @policy: receives them all
 *
 * Return: 0, or -1 when out of memory.
 */
int attest_policy(const uint8_t *bytes, size_t len, UKS_POLICY *policy);

/**
 * attest_evidence() - have the TPM state what binds the parts
 * @attester: the keys that attest
 * @tpm: the TPM, from tpmgate_enter()
 * @pcrs: which PCRs to quote
 * @key: the attested key, if the TPM has it; else NULL
 * @attestation: has digests; receives evidence
 * @failure: receives UKS_E_TPM, UKS_E_NO_MEMORY
 *
 * Return: 0, or -1 with @failure filled in.
 */
int attest_evidence(const struct attester *attester, struct uks_tpm *tpm,
		    const struct uks_tpm_pcrs *pcrs, const struct attested *key,
		    UKS_ATTESTATION *attestation, struct failure *failure);

/**
 * attest_issuer() - make the certificate of the key that signs certificates
 * @tpm: the TPM, from tpmgate_enter()
 * @attester: has the keys; receives the certificate
 * @failure: receives UKS_E_TPM, UKS_E_CRYPTO, UKS_E_NO_MEMORY
 *
 * Return: 0, or -1 with @failure filled in.
 */
int attest_issuer(struct uks_tpm *tpm, struct attester *attester, struct failure *failure);

/**
 * attest_leaf() - begin the certificate of a key: all but attestation and signature
 * @key: the key
 * @anonymous: without the key's id
 * @check: check value of a key without public part, KEY_CHECK_LEN bytes
 * @attester: who will sign it
 *
 * Return: the certificate, for X509_free(), or NULL when out of memory.
 */
X509 *attest_leaf(const struct key *key, bool anonymous, const uint8_t *check,
		  const struct attester *attester);

/** attest_without_end() - let a certificate that is begun be valid for ever; true if done */
bool attest_without_end(X509 *certificate);

/**
 * attest_sign() - put the attestation into a certificate and sign it
 * @tpm: the TPM, from tpmgate_enter()
 * @attester: who signs
 * @attestation: what goes in; NULL for none
 * @leaf: the certificate
 * @failure: receives UKS_E_TPM, UKS_E_CRYPTO
 *
 * Return: 0, or -1 with @failure filled in.
 */
int attest_sign(struct uks_tpm *tpm, const struct attester *attester,
		const UKS_ATTESTATION *attestation, X509 *leaf, struct failure *failure);

/**
 * struct attest_chain - the certificate of a key, and its issuer's
 * @len: bytes of @bytes
 * @bytes: of the key, with its attestation; DER
 * @issuer_len: bytes of @issuer
 * @issuer: of who signed it, DER
 */
struct attest_chain {
	size_t len;
	uint8_t bytes[STORE_META_MAX];
	size_t issuer_len;
	uint8_t issuer[ATTEST_CERTIFICATE_MAX];
};

/**
 * attest_own() - attest a key of the daemon's own, in a certificate without end
 * @worker: @record is the key; neither in a change of the store nor in the TPM's gate
 * @challenge: what the attestation answers
 * @chain: receives the certificates
 * @failure: as in attester_get(), and UKS_E_BLOB
 *
 * Return: 0, or -1 with @failure filled in.
 */
int attest_own(struct worker *worker, const struct uks_attr *challenge, struct attest_chain *chain,
	       struct failure *failure);

/**
 * attest_module() - learn the version of the kernel module
 * @version: receives it, NUL-terminated; "" when the module does not tell
 * @size: bytes at @version
 *
 * To be called before the daemon confines itself.
 */
void attest_module(char *version, size_t size);

#endif /* UKSD_ATTEST_H */
