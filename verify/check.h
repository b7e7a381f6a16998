/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checking an attestation, and the key that attests. All input may come from an enemy. */
#ifndef UKS_VERIFY_CHECK_H
#define UKS_VERIFY_CHECK_H

#include <time.h>

#include "tpm/evidence.h"
#include "verify/attestation.h"

#define CHECK_WHY_MAX	256	/* bytes of a reason with its NUL */
#define CHECK_PCRS	24

/**
 * enum check_status - why an attestation is refused, and exit status of uks-verify
 * @CHECK_GOOD: it is not
 * @CHECK_ERROR: it could not be checked: a file, memory
 * @CHECK_USAGE: wrong use of the program
 * @CHECK_MALFORMED: it is no attestation
 * @CHECK_OTHER_AK: another attestation key made it, or none of a TPM
 * @CHECK_REPLAYED: the quote is not of this attestation, or not of that key
 * @CHECK_CHALLENGE: it answers another challenge
 * @CHECK_KEY: it is about another key
 * @CHECK_POLICY: the policy was altered
 * @CHECK_CLAIMS: what it says about the key was altered
 * @CHECK_CHAIN: the certificates are not signed by the key that the TPM certified
 * @CHECK_NOT_INSIDE: the key is said to be in the TPM, and the TPM does not say so
 * @CHECK_PCR: PCRs hold other values
 * @CHECK_TIME: the certificate is not valid at that time
 * @CHECK_EXPECTED: a property is not what was expected
 * @CHECK_EK: the endorsement key or its certificate is not to be believed
 * @CHECK_ANSWER: the answer to a credential is wrong
 */
enum check_status {
	CHECK_GOOD = 0,
	CHECK_ERROR = 1,
	CHECK_USAGE = 2,
	CHECK_MALFORMED = 10,
	CHECK_OTHER_AK = 11,
	CHECK_REPLAYED = 12,
	CHECK_CHALLENGE = 13,
	CHECK_KEY = 14,
	CHECK_POLICY = 15,
	CHECK_CLAIMS = 16,
	CHECK_CHAIN = 17,
	CHECK_NOT_INSIDE = 18,
	CHECK_PCR = 19,
	CHECK_TIME = 20,
	CHECK_EXPECTED = 21,
	CHECK_EK = 22,
	CHECK_ANSWER = 23,
};

/**
 * struct check_bytes - bytes of the caller
 * @len: how many
 * @at: where; NULL when there are none
 */
struct check_bytes {
	size_t len;
	const uint8_t *at;
};

/**
 * struct check_wanted - what an attestation must fulfil
 * @challenge: that it must answer
 * @ak: public key of the attestation key, DER SubjectPublicKeyInfo; none: any is taken,
 *	which proves nothing about the TPM
 * @key: the key that it must be about, DER SubjectPublicKeyInfo; none: any
 * @bank: TPM_ALG_ID of the bank of @pcr
 * @pcrs: bit n: PCR n must hold @pcr[n]
 * @pcr: values, as long as the hash of the bank
 * @at: time at which the certificates must be valid, seconds since 1970-01-01 UTC
 */
struct check_wanted {
	struct check_bytes challenge;
	struct check_bytes ak;
	struct check_bytes key;
	unsigned int bank;
	uint32_t pcrs;
	uint8_t pcr[CHECK_PCRS][64];
	time_t at;
};

/**
 * struct checked - an attestation while and after it is checked
 * @leaf: the certificate of the key
 * @issuer: the certificate of who signed that
 * @attestation: the extension of @leaf
 * @spki: public key of @leaf, DER
 * @spki_len: its bytes
 * @binding: what the TPM was given to state
 * @quote: what the quote says
 * @ak: the attestation key
 * @signer: the key that signed the certificates
 * @key: the attested key as the TPM has it; all zero unless it is in the TPM
 */
struct checked {
	X509 *leaf;
	X509 *issuer;
	UKS_ATTESTATION *attestation;
	uint8_t *spki;
	size_t spki_len;
	uint8_t binding[ATTESTATION_DIGEST];
	struct uks_evidence_facts quote;
	struct uks_evidence_public ak;
	struct uks_evidence_public signer;
	struct uks_evidence_public key;
};

/**
 * check_attestation() - check an attestation
 * @der: the certificates, DER, one behind the other: that of the key, and its issuer's
 * @len: their bytes
 * @wanted: what it must fulfil
 * @checked: receives what it says, for check_free() whatever this returns; to be
 *	believed only when it returns CHECK_GOOD
 * @why: receives the reason when it does not
 *
 * Return: enum check_status.
 */
int check_attestation(const uint8_t *der, size_t len, const struct check_wanted *wanted,
		      struct checked *checked, char why[CHECK_WHY_MAX]);

/** check_free() - free what check_attestation() made */
void check_free(struct checked *checked);

/**
 * check_ak() - check what a daemon tells about its attestation key
 * @der: AttestationKey
 * @len: its bytes
 * @roots: certificates of makers of TPMs; NULL: the EK's certificate is not looked at
 * @at: time at which these must be valid
 * @result: receives it, for UKS_AK_free(); NULL on failure
 * @ak: receives the public area of the attestation key; not proven before the answer
 * @why: receives the reason when it is refused
 *
 * Return: enum check_status: CHECK_MALFORMED, CHECK_OTHER_AK, CHECK_EK.
 */
int check_ak(const uint8_t *der, size_t len, X509_STORE *roots, time_t at, UKS_AK **result,
	     struct uks_evidence_public *ak, char why[CHECK_WHY_MAX]);

/**
 * check_evidence() - a statement as evidence.h has it
 * @statement: from an attestation
 * @evidence: receives it
 *
 * Return: whether it has room for it.
 */
bool check_evidence(const UKS_STATEMENT *statement, struct uks_evidence *evidence);

/**
 * check_pcr_value() - value of one PCR of an attestation
 * @pcrs: from an attestation that was checked
 * @number: which PCR
 * @len: receives its bytes
 *
 * Return: the value, or NULL when the PCR is not among them.
 */
const uint8_t *check_pcr_value(const UKS_PCRS *pcrs, unsigned int number, size_t *len);

/** check_number() - a number of an attestation; UINT64_MAX when it is out of range */
uint64_t check_number(const ASN1_INTEGER *number);

#endif /* UKS_VERIFY_CHECK_H */
