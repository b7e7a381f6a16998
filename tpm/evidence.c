// SPDX-License-Identifier: LGPL-2.1-or-later
/* Statements of a TPM: whose, how fresh, about what. */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "tpm/evidence-read.h"
#include "tpm/evidence.h"

#define GENERATED	0xff544347u	/* TPM_GENERATED_VALUE: no key signs it but for the TPM */
#define ALG_SHA256	0x000b
#define ALG_ECDSA	0x0018

/* TPMT_SIGNATURE as DER; bytes of it, or -1. */
static int signature_to_der(const struct uks_evidence *evidence, uint8_t **der)
{
	struct reader reader = { evidence->signature, evidence->signature_len, false };
	const bool fits = read_number(&reader, 2) == ALG_ECDSA &&
			  read_number(&reader, 2) == ALG_SHA256;
	size_t r_len, s_len;
	const uint8_t *r = read_sized(&reader, &r_len);
	const uint8_t *s = read_sized(&reader, &s_len);
	ECDSA_SIG *both = ECDSA_SIG_new();
	BIGNUM *rn = NULL, *sn = NULL;
	int len = -1;

	if (fits && !reader.bad && !reader.left && both) {
		rn = BN_bin2bn(r, r_len, NULL);
		sn = BN_bin2bn(s, s_len, NULL);
	}
	if (rn && sn && ECDSA_SIG_set0(both, rn, sn)) {
		rn = NULL;
		sn = NULL;
		len = i2d_ECDSA_SIG(both, der);
	}
	ECDSA_SIG_free(both);
	BN_free(rn);
	BN_free(sn);
	return len;
}

static bool is_signed(const struct uks_evidence *evidence, const uint8_t *ak, size_t ak_len)
{
	EVP_PKEY *key = d2i_PUBKEY(NULL, &ak, ak_len);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t *der = NULL;
	int len = signature_to_der(evidence, &der);
	bool ok;

	ok = len > 0 && key && ctx && EVP_PKEY_is_a(key, "EC") &&
	     EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	     EVP_DigestVerify(ctx, der, len, evidence->statement, evidence->len) == 1;
	OPENSSL_free(der);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ok;
}

static void read_quote(struct reader *reader, struct uks_evidence_facts *facts)
{
	const uint8_t *digest;
	size_t len, select;

	reader->bad |= read_number(reader, 4) != 1;
	facts->bank = read_number(reader, 2);
	select = read_number(reader, 1);
	reader->bad |= select > 4;
	for (size_t i = 0; i < select && !reader->bad; i++)
		facts->mask |= (uint32_t)read_number(reader, 1) << 8 * i;
	digest = read_sized(reader, &len);
	if (digest && len == sizeof(facts->digest))
		memcpy(facts->digest, digest, len);
	else
		reader->bad = true;
}

static void read_certified(struct reader *reader, struct uks_evidence_facts *facts)
{
	const uint8_t *name;
	size_t len;

	name = read_sized(reader, &len);
	if (name && len == sizeof(facts->name))
		memcpy(facts->name, name, len);
	else
		reader->bad = true;
	read_sized(reader, &len);
}

static const char *read_statement(const struct uks_evidence *evidence, const uint8_t *challenge,
				  size_t challenge_len, struct uks_evidence_facts *facts)
{
	struct reader reader = { evidence->statement, evidence->len, false };
	const uint8_t *extra;
	size_t len;

	if (read_number(&reader, 4) != GENERATED)
		return "the statement is not one that a TPM makes";
	facts->type = read_number(&reader, 2);
	read_sized(&reader, &len);
	extra = read_sized(&reader, &len);
	if (extra && (len != challenge_len || CRYPTO_memcmp(extra, challenge, len)))
		return "the statement answers another challenge";
	facts->clock = read_number(&reader, 8);
	facts->resets = read_number(&reader, 4);
	facts->restarts = read_number(&reader, 4);
	facts->safe = read_number(&reader, 1);
	facts->firmware = read_number(&reader, 8);
	if (facts->type == UKS_EVIDENCE_QUOTE)
		read_quote(&reader, facts);
	else if (facts->type == UKS_EVIDENCE_CERTIFY)
		read_certified(&reader, facts);
	else
		return "the statement is about neither PCRs nor a key";
	return reader.bad || reader.left ? "the statement is malformed" : NULL;
}

const char *uks_evidence_check(const struct uks_evidence *evidence, const uint8_t *ak,
			       size_t ak_len, const uint8_t *challenge, size_t challenge_len,
			       struct uks_evidence_facts *facts)
{
	const char *why;

	memset(facts, 0, sizeof(*facts));
	if (evidence->len > sizeof(evidence->statement) ||
	    evidence->signature_len > sizeof(evidence->signature))
		return "the statement is too long";
	if (!is_signed(evidence, ak, ak_len))
		return "the statement is not signed by this attestation key";
	why = read_statement(evidence, challenge, challenge_len, facts);
	if (why)
		memset(facts, 0, sizeof(*facts));
	return why;
}

const char *uks_evidence_pcrs(const struct uks_evidence_facts *facts, unsigned int bank,
			      uint32_t mask, const uint8_t *values, size_t len)
{
	uint8_t digest[32];

	if (facts->type != UKS_EVIDENCE_QUOTE)
		return "the statement is not about PCRs";
	if (facts->bank != bank || facts->mask != mask)
		return "the statement is about other PCRs";
	if (EVP_Digest(values, len, digest, NULL, EVP_sha256(), NULL) != 1)
		return "the digest of the PCRs cannot be computed";
	return memcmp(digest, facts->digest, sizeof(digest)) ?
		       "the PCRs have other values than the TPM stated" : NULL;
}

const char *uks_evidence_certified(const struct uks_evidence_facts *facts, const uint8_t *area,
				   size_t len, struct uks_evidence_public *public)
{
	const char *why;

	memset(public, 0, sizeof(*public));
	if (facts->type != UKS_EVIDENCE_CERTIFY)
		return "the statement is not about a key";
	why = uks_evidence_read_public(area, len, public);
	if (why)
		return why;
	if (!memcmp(public->name, facts->name, sizeof(public->name)))
		return NULL;
	memset(public, 0, sizeof(*public));
	return "the statement is about another key";
}
