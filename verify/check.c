// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The order matters for the reason, not for the result: first who speaks, then whether
 * the TPM said it of these parts, then each part, so that the part that was altered is
 * the one that is named.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "verify/check.h"

#include <linux/uks.h>

#define ALG_SHA256	0x000b
#define ALG_SHA384	0x000c
#define ALG_SHA512	0x000d

static int __attribute__((format(printf, 3, 4)))
refuse(char *why, int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, CHECK_WHY_MAX, format, args);
	va_end(args);
	ERR_clear_error();
	return status;
}

uint64_t check_number(const ASN1_INTEGER *number)
{
	uint64_t value;

	if (!number || ASN1_INTEGER_get_uint64(&value, number) != 1) {
		ERR_clear_error();
		return UINT64_MAX;
	}
	return value;
}

static bool same(const ASN1_STRING *string, const uint8_t *bytes, size_t len)
{
	return (size_t)ASN1_STRING_length(string) == len &&
	       !CRYPTO_memcmp(ASN1_STRING_get0_data(string), bytes, len);
}

bool check_evidence(const UKS_STATEMENT *statement, struct uks_evidence *evidence)
{
	const size_t len = ASN1_STRING_length(statement->statement);
	const size_t signature_len = ASN1_STRING_length(statement->signature);

	memset(evidence, 0, sizeof(*evidence));
	if (len > sizeof(evidence->statement) || signature_len > sizeof(evidence->signature))
		return false;
	memcpy(evidence->statement, ASN1_STRING_get0_data(statement->statement), len);
	memcpy(evidence->signature, ASN1_STRING_get0_data(statement->signature), signature_len);
	evidence->len = len;
	evidence->signature_len = signature_len;
	return true;
}

/* ---- reading ---- */

/* The same bytes again, so that nothing can be written in two ways. */
static UKS_ATTESTATION *read_attestation(const ASN1_OCTET_STRING *value)
{
	const uint8_t *data = ASN1_STRING_get0_data(value), *at = data;
	const int len = ASN1_STRING_length(value);
	UKS_ATTESTATION *attestation = d2i_UKS_ATTESTATION(NULL, &at, len);
	uint8_t *again = NULL;

	if (attestation && (at != data + len || i2d_UKS_ATTESTATION(attestation, &again) != len ||
			    memcmp(again, data, len))) {
		UKS_ATTESTATION_free(attestation);
		attestation = NULL;
	}
	OPENSSL_free(again);
	return attestation;
}

static int read_extension(struct checked *checked, char *why)
{
	ASN1_OBJECT *type = OBJ_txt2obj(ATTESTATION_EXTENSION, 1);
	int at = type ? X509_get_ext_by_OBJ(checked->leaf, type, -1) : -1;
	bool twice = at >= 0 && X509_get_ext_by_OBJ(checked->leaf, type, at) >= 0;
	X509_EXTENSION *extension = at >= 0 ? X509_get_ext(checked->leaf, at) : NULL;

	ASN1_OBJECT_free(type);
	if (!extension)
		return refuse(why, CHECK_MALFORMED,
			      "the certificate has no attestation in it: extension %s is missing",
			      ATTESTATION_EXTENSION);
	if (!twice)
		checked->attestation = read_attestation(X509_EXTENSION_get_data(extension));
	if (!checked->attestation)
		return refuse(why, CHECK_MALFORMED,
			      "the attestation in the certificate is malformed");
	if (check_number(checked->attestation->format) != ATTESTATION_FORMAT)
		return refuse(why, CHECK_MALFORMED,
			      "the attestation has a format that this program does not know: update it");
	return CHECK_GOOD;
}

static int read_certificates(const uint8_t *der, size_t len, struct checked *checked, char *why)
{
	const uint8_t *at = der, *end = der + len;
	int spki_len = -1;

	if (len <= ATTESTATION_MAX) {
		checked->leaf = d2i_X509(NULL, &at, len);
		if (checked->leaf)
			checked->issuer = d2i_X509(NULL, &at, end - at);
	}
	if (!checked->issuer || at != end)
		return refuse(why, CHECK_MALFORMED,
			      "this is no attestation: it must be two certificates, of the key and of its issuer");
	spki_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(checked->leaf), &checked->spki);
	if (spki_len <= 0)
		return refuse(why, CHECK_MALFORMED, "the certificate has no public key");
	checked->spki_len = spki_len;
	return read_extension(checked, why);
}

/* ---- who speaks ---- */

static const char *read_area(const ASN1_OCTET_STRING *area, struct uks_evidence_public *public)
{
	return uks_evidence_read_public(ASN1_STRING_get0_data(area), ASN1_STRING_length(area),
					public);
}

/* A key that signs nothing but what its TPM says. */
static const char *attests(const struct uks_evidence_public *ak)
{
	const uint32_t must = UKS_EVIDENCE_INSIDE | UKS_EVIDENCE_RESTRICTED |
			      UKS_EVIDENCE_SIGN;

	if ((ak->attributes & (must | UKS_EVIDENCE_DECRYPT)) == must)
		return NULL;
	return "it could sign other things than what its TPM says";
}

static int check_speaker(const struct check_wanted *wanted, struct checked *checked, char *why)
{
	const char *bad = read_area(checked->attestation->evidence->ak, &checked->ak);

	if (bad)
		return refuse(why, CHECK_MALFORMED, "the attestation key cannot be read: %s", bad);
	bad = attests(&checked->ak);
	if (bad)
		return refuse(why, CHECK_OTHER_AK, "this is no attestation key: %s", bad);
	if (wanted->ak.at && (wanted->ak.len != checked->ak.spki_len ||
			      memcmp(wanted->ak.at, checked->ak.spki, wanted->ak.len)))
		return refuse(why, CHECK_OTHER_AK,
			      "another attestation key made it: another machine, or one whose key was not confirmed");
	return CHECK_GOOD;
}

/* ---- what the TPM says ---- */

static const char *check_statement(const struct checked *checked,
				   const UKS_STATEMENT *statement,
				   struct uks_evidence_facts *facts)
{
	struct uks_evidence evidence;

	if (!check_evidence(statement, &evidence))
		return "the statement is too long";
	return uks_evidence_check(&evidence, checked->ak.spki, checked->ak.spki_len,
				  checked->binding, sizeof(checked->binding), facts);
}

static int check_quote(struct checked *checked, char *why)
{
	const UKS_EVIDENCE *evidence = checked->attestation->evidence;
	const char *bad;

	if (attestation_binding(checked->attestation->digests, checked->binding))
		return refuse(why, CHECK_ERROR, "libcrypto failed");
	bad = check_statement(checked, evidence->quote, &checked->quote);
	if (!bad && checked->quote.type != UKS_EVIDENCE_QUOTE)
		bad = "it is not about PCRs";
	if (bad)
		return refuse(why, CHECK_REPLAYED,
			      "the quote is not of this attestation, but replayed, altered or of another TPM: %s",
			      bad);
	return CHECK_GOOD;
}

static int check_parts(const struct check_wanted *wanted, const struct checked *checked,
		       char *why)
{
	const UKS_ATTESTATION *attestation = checked->attestation;
	uint8_t digests[4][ATTESTATION_DIGEST];

	if (attestation_digests(attestation, checked->spki, checked->spki_len, digests))
		return refuse(why, CHECK_ERROR, "libcrypto failed");
	if (!same(attestation->digests->challenge, digests[0], ATTESTATION_DIGEST))
		return refuse(why, CHECK_CHALLENGE,
			      "the challenge was altered: it is not what the TPM answered");
	if (!same(attestation->digests->key, digests[1], ATTESTATION_DIGEST))
		return refuse(why, CHECK_KEY,
			      "the key was exchanged: it is not the one that was attested");
	if (!same(attestation->digests->policy, digests[2], ATTESTATION_DIGEST))
		return refuse(why, CHECK_POLICY,
			      "the policy was altered: it is not the one that was attested");
	if (!same(attestation->digests->claims, digests[3], ATTESTATION_DIGEST))
		return refuse(why, CHECK_CLAIMS,
			      "what is said about the key was altered: it is not what was attested");
	if (!same(attestation->challenge, wanted->challenge.at, wanted->challenge.len))
		return refuse(why, CHECK_CHALLENGE,
			      "it answers another challenge: it is an older one, or somebody else's");
	if (wanted->key.at && (wanted->key.len != checked->spki_len ||
			       memcmp(wanted->key.at, checked->spki, wanted->key.len)))
		return refuse(why, CHECK_KEY, "it is about another key than the one expected");
	return CHECK_GOOD;
}

/* ---- keys in the TPM ---- */

static const char *check_certified(const struct checked *checked, const UKS_CERTIFIED *certified,
				   struct uks_evidence_public *public)
{
	struct uks_evidence_facts facts;
	const char *bad = check_statement(checked, certified->certify, &facts);

	if (!bad)
		bad = uks_evidence_certified(&facts, ASN1_STRING_get0_data(certified->area),
					     ASN1_STRING_length(certified->area), public);
	if (!bad && (public->attributes & UKS_EVIDENCE_INSIDE) != UKS_EVIDENCE_INSIDE)
		bad = "the key could leave the TPM, or was made outside of it";
	return bad;
}

static int check_inside(struct checked *checked, char *why)
{
	const UKS_CERTIFIED *key = checked->attestation->evidence->key;
	const char *bad;

	if (check_number(checked->attestation->claims->protection) != UKS_PROVIDER_TPM) {
		if (key)
			return refuse(why, CHECK_NOT_INSIDE,
				      "the TPM certifies a key that is said not to be in it");
		return CHECK_GOOD;
	}
	if (!key)
		return refuse(why, CHECK_NOT_INSIDE,
			      "the key is said to be in the TPM, but the TPM does not certify it");
	bad = check_certified(checked, key, &checked->key);
	if (!bad && (checked->key.spki_len != checked->spki_len ||
		     memcmp(checked->key.spki, checked->spki, checked->spki_len)))
		bad = "it is about another key";
	if (bad)
		return refuse(why, CHECK_NOT_INSIDE,
			      "the key is said to be in the TPM, but the TPM does not say so: %s",
			      bad);
	return CHECK_GOOD;
}

/* ---- certificates ---- */

static bool is_signer(const struct checked *checked)
{
	const uint8_t *at = checked->signer.spki;
	EVP_PKEY *signer = d2i_PUBKEY(NULL, &at, checked->signer.spki_len);
	bool ok;

	ok = signer && X509_verify(checked->leaf, signer) == 1 &&
	     X509_verify(checked->issuer, signer) == 1 &&
	     EVP_PKEY_eq(signer, X509_get0_pubkey(checked->issuer)) == 1 &&
	     X509_check_issued(checked->issuer, checked->leaf) == X509_V_OK;
	EVP_PKEY_free(signer);
	return ok;
}

static int check_chain(struct checked *checked, char *why)
{
	const UKS_CERTIFIED *issuer = checked->attestation->evidence->issuer;
	const char *bad = check_certified(checked, issuer, &checked->signer);

	if (!bad && !(checked->signer.attributes & UKS_EVIDENCE_SIGN))
		bad = "it does not sign";
	if (bad)
		return refuse(why, CHECK_CHAIN,
			      "the TPM does not certify the key that signed the certificate: %s",
			      bad);
	if (!is_signer(checked))
		return refuse(why, CHECK_CHAIN,
			      "the certificates are of another chain: the key that the TPM certifies did not sign them");
	return CHECK_GOOD;
}

static int check_time(const struct check_wanted *wanted, const struct checked *checked, char *why)
{
	time_t at = wanted->at;

	if (X509_cmp_time(X509_get0_notBefore(checked->leaf), &at) >= 0)
		return refuse(why, CHECK_TIME,
			      "the certificate is not valid yet: is a clock wrong?");
	if (X509_cmp_time(X509_get0_notAfter(checked->leaf), &at) <= 0)
		return refuse(why, CHECK_TIME,
			      "the certificate is not valid any more: ask for a new one, or check it for a time (--at)");
	return CHECK_GOOD;
}

/* ---- PCRs ---- */

static size_t bank_len(unsigned int bank)
{
	switch (bank) {
	case ALG_SHA256:
		return 32;
	case ALG_SHA384:
		return 48;
	case ALG_SHA512:
		return 64;
	default:
		return 0;
	}
}

const uint8_t *check_pcr_value(const UKS_PCRS *pcrs, unsigned int number, size_t *len)
{
	const uint32_t mask = check_number(pcrs->mask);
	const size_t each = bank_len(check_number(pcrs->bank));
	size_t index = __builtin_popcount(mask & ((1u << number) - 1));

	*len = each;
	if (!each || number >= CHECK_PCRS || !(mask & 1u << number) ||
	    (index + 1) * each > (size_t)ASN1_STRING_length(pcrs->values))
		return NULL;
	return ASN1_STRING_get0_data(pcrs->values) + index * each;
}

static int check_pcrs(const struct check_wanted *wanted, const struct checked *checked, char *why)
{
	const UKS_PCRS *pcrs = checked->attestation->evidence->pcrs;
	const uint64_t bank = check_number(pcrs->bank), mask = check_number(pcrs->mask);
	const size_t values_len = ASN1_STRING_length(pcrs->values);
	const char *bad = "it has no such bank, PCRs or values";
	const uint8_t *value;
	unsigned int i;
	size_t len;

	if (bank_len(bank) && mask < 1u << CHECK_PCRS &&
	    values_len == __builtin_popcount(mask) * bank_len(bank))
		bad = uks_evidence_pcrs(&checked->quote, bank, mask,
					ASN1_STRING_get0_data(pcrs->values), values_len);
	if (bad)
		return refuse(why, CHECK_PCR, "the PCRs are not those of the quote: %s", bad);
	for (i = 0; i < CHECK_PCRS; i++) {
		if (!(wanted->pcrs & 1u << i))
			continue;
		value = check_pcr_value(pcrs, i, &len);
		if (!value || wanted->bank != bank)
			return refuse(why, CHECK_PCR, "PCR %u is not quoted", i);
		if (memcmp(value, wanted->pcr[i], len))
			return refuse(why, CHECK_PCR,
				      "PCR %u holds another value than expected: the machine did not start as it should",
				      i);
	}
	return CHECK_GOOD;
}

int check_attestation(const uint8_t *der, size_t len, const struct check_wanted *wanted,
		      struct checked *checked, char why[CHECK_WHY_MAX])
{
	int status;

	memset(checked, 0, sizeof(*checked));
	why[0] = 0;
	status = read_certificates(der, len, checked, why);
	if (!status)
		status = check_speaker(wanted, checked, why);
	if (!status)
		status = check_quote(checked, why);
	if (!status)
		status = check_parts(wanted, checked, why);
	if (!status)
		status = check_inside(checked, why);
	if (!status)
		status = check_chain(checked, why);
	if (!status)
		status = check_pcrs(wanted, checked, why);
	if (!status)
		status = check_time(wanted, checked, why);
	ERR_clear_error();
	return status;
}

void check_free(struct checked *checked)
{
	X509_free(checked->leaf);
	X509_free(checked->issuer);
	UKS_ATTESTATION_free(checked->attestation);
	OPENSSL_free(checked->spki);
	memset(checked, 0, sizeof(*checked));
}

/* ---- the attestation key ---- */

static const char *chain_error(X509 *certificate, X509_STORE *roots, time_t at)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	const char *bad = "out of memory";

	if (ctx && X509_STORE_CTX_init(ctx, roots, certificate, NULL)) {
		X509_STORE_CTX_set_time(ctx, 0, at);
		bad = X509_verify_cert(ctx) == 1 ? NULL :
		      X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx));
	}
	X509_STORE_CTX_free(ctx);
	return bad;
}

static int check_ek(const UKS_AK *ak, const struct uks_evidence_public *ek, X509_STORE *roots,
		    time_t at, char *why)
{
	const uint8_t *der = ak->certificate ? ASN1_STRING_get0_data(ak->certificate) : NULL;
	const uint8_t *spki = ek->spki;
	X509 *certificate = NULL;
	EVP_PKEY *key = NULL;
	const char *bad = "the TPM has none";

	if (der) {
		/* Makers may leave room behind it. */
		certificate = d2i_X509(NULL, &der, ASN1_STRING_length(ak->certificate));
		key = d2i_PUBKEY(NULL, &spki, ek->spki_len);
		bad = "it is malformed";
	}
	if (certificate && key)
		bad = EVP_PKEY_eq(key, X509_get0_pubkey(certificate)) == 1 ?
		      chain_error(certificate, roots, at) : "it is of another key";
	X509_free(certificate);
	EVP_PKEY_free(key);
	if (!bad)
		return CHECK_GOOD;
	return refuse(why, CHECK_EK,
		      "the certificate of the endorsement key is not to be believed: %s", bad);
}

static int check_keys(const UKS_AK *ak, X509_STORE *roots, time_t at,
		      struct uks_evidence_public *public, char *why)
{
	struct uks_evidence_public ek;
	const char *bad = read_area(ak->ek, &ek);

	if (bad)
		return refuse(why, CHECK_EK, "the endorsement key cannot be read: %s", bad);
	bad = read_area(ak->ak, public);
	if (!bad)
		bad = attests(public);
	if (bad)
		return refuse(why, CHECK_OTHER_AK, "this is no attestation key: %s", bad);
	return roots ? check_ek(ak, &ek, roots, at, why) : CHECK_GOOD;
}

int check_ak(const uint8_t *der, size_t len, X509_STORE *roots, time_t at, UKS_AK **result,
	     struct uks_evidence_public *public, char why[CHECK_WHY_MAX])
{
	const uint8_t *end = der;
	UKS_AK *ak = len <= ATTESTATION_MAX ? d2i_UKS_AK(NULL, &end, len) : NULL;
	int status;

	*result = NULL;
	why[0] = 0;
	if (!ak || end != der + len || check_number(ak->format) != ATTESTATION_FORMAT)
		status = refuse(why, CHECK_MALFORMED, "this is no attestation key");
	else
		status = check_keys(ak, roots, at, public, why);
	if (status)
		UKS_AK_free(ak);
	else
		*result = ak;
	ERR_clear_error();
	return status;
}
