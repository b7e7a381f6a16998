// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the TPM says: PCRs, and which keys are its own. */
#include "daemon/attest/attest.h"
#include "daemon/tpmgate.h"

#define AREA_MAX	UKS_TPM_SPKI_MAX
#define QUOTE_TRIES	5	/* until no PCR is extended meanwhile */

static bool put_bytes(ASN1_STRING *to, const void *bytes, size_t len)
{
	return ASN1_STRING_set(to, bytes, len) == 1;
}

static int fail_memory(struct failure *failure)
{
	return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for an attestation");
}

static int put_area(const struct uks_tpm_key *key, ASN1_OCTET_STRING *to,
		    struct failure *failure)
{
	struct uks_tpm_error error;
	uint8_t area[AREA_MAX];
	size_t len = sizeof(area);

	if (uks_tpm_key_area(key, area, &len, &error))
		return tpmgate_fail(&error, failure);
	return put_bytes(to, area, len) ? 0 : fail_memory(failure);
}

static int put_statement(const struct uks_evidence *evidence, UKS_STATEMENT *to,
			 struct failure *failure)
{
	if (put_bytes(to->statement, evidence->statement, evidence->len) &&
	    put_bytes(to->signature, evidence->signature, evidence->signature_len))
		return 0;
	return fail_memory(failure);
}

static int put_certified(const struct attester *attester, struct uks_tpm *tpm,
			 const struct uks_tpm_key *key, const uint8_t *key_auth,
			 const uint8_t binding[ATTESTATION_DIGEST], UKS_CERTIFIED *to,
			 struct failure *failure)
{
	struct uks_evidence evidence;
	struct uks_tpm_error error;

	if (put_area(key, to->area, failure))
		return -1;
	if (uks_tpm_certify(tpm, &attester->ak, attester->auth, key, key_auth, binding,
			    ATTESTATION_DIGEST, &evidence, &error))
		return tpmgate_fail(&error, failure);
	return put_statement(&evidence, to->certify, failure);
}

static size_t bank_len(enum uks_tpm_hash bank)
{
	return bank == UKS_TPM_SHA256 ? 32 : bank == UKS_TPM_SHA384 ? 48 : 64;
}

static size_t pack(const struct uks_tpm_pcr_values *values, uint8_t *out)
{
	const size_t each = bank_len(values->pcrs.bank);
	size_t len = 0;
	int i;

	for (i = 0; i < UKS_TPM_PCRS; i++) {
		if (!(values->pcrs.mask & 1u << i))
			continue;
		memcpy(out + len, values->value[i], each);
		len += each;
	}
	return len;
}

/* A quote has a digest only: the values are those of before, if they are those of after. */
static int quote_pcrs(const struct attester *attester, struct uks_tpm *tpm,
		      const struct uks_tpm_pcrs *pcrs, const uint8_t binding[ATTESTATION_DIGEST],
		      UKS_EVIDENCE *to, struct failure *failure)
{
	uint8_t before[UKS_TPM_PCRS * 64], after[UKS_TPM_PCRS * 64];
	struct uks_tpm_pcr_values values;
	struct uks_evidence evidence;
	struct uks_tpm_error error;
	int tries;
	size_t len;

	for (tries = 0; tries < QUOTE_TRIES; tries++) {
		if (uks_tpm_pcrs_read(tpm, pcrs, &values, &error))
			return tpmgate_fail(&error, failure);
		len = pack(&values, before);
		if (uks_tpm_quote(tpm, &attester->ak, attester->auth, pcrs, binding,
				  ATTESTATION_DIGEST, &evidence, &error) ||
		    uks_tpm_pcrs_read(tpm, pcrs, &values, &error))
			return tpmgate_fail(&error, failure);
		if (pack(&values, after) == len && !memcmp(before, after, len))
			break;
	}
	if (tries == QUOTE_TRIES)
		return failure_set(failure, UKS_E_TPM_BUSY,
				   "PCRs are being extended all the time: try again, or quote others (attest-pcrs in uksd.conf)");
	if (ASN1_INTEGER_set_uint64(to->pcrs->bank, pcrs->bank) != 1 ||
	    ASN1_INTEGER_set_uint64(to->pcrs->mask, pcrs->mask) != 1 ||
	    !put_bytes(to->pcrs->values, before, len))
		return fail_memory(failure);
	return put_statement(&evidence, to->quote, failure);
}

int attest_evidence(const struct attester *attester, struct uks_tpm *tpm,
		    const struct uks_tpm_pcrs *pcrs, const struct attested *key,
		    UKS_ATTESTATION *attestation, struct failure *failure)
{
	UKS_EVIDENCE *evidence = attestation->evidence;
	uint8_t binding[ATTESTATION_DIGEST];

	if (attestation_binding(attestation->digests, binding))
		return failure_set(failure, UKS_E_CRYPTO, "libcrypto cannot compute a digest");
	if (put_area(&attester->ak, evidence->ak, failure) ||
	    quote_pcrs(attester, tpm, pcrs, binding, evidence, failure) ||
	    put_certified(attester, tpm, &attester->issuer, attester->auth, binding,
			  evidence->issuer, failure))
		return -1;
	if (!key)
		return 0;
	evidence->key = UKS_CERTIFIED_new();
	if (!evidence->key)
		return fail_memory(failure);
	return put_certified(attester, tpm, &key->key, key->auth, binding, evidence->key, failure);
}
