// SPDX-License-Identifier: LGPL-2.1-or-later
/* PCRs of the TPM, and a secret under the approvals of an authority. */
#include <stdio.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>

#include "tpm/approval.h"
#include "tpm/key-blob.h"
#include "tpm/seal.h"

struct reading {
	const struct uks_tpm_pcrs *pcrs;
	struct uks_tpm_pcr_values *values;
};

/* Takes over what was read of @left, and takes that off it. */
static bool take_values(struct uks_tpm_pcr_values *values, uint32_t *left,
			const TPML_PCR_SELECTION *got, const TPML_DIGEST *digests)
{
	const size_t len = uks_tpm_bank_len(values->pcrs.bank);
	const BYTE *select = got->pcrSelections[0].pcrSelect;
	const uint32_t mask = select[0] | select[1] << 8 | (uint32_t)select[2] << 16;
	UINT32 next = 0;

	if (got->count != 1 || !mask || mask & ~*left)
		return false;
	for (unsigned int pcr = 0; pcr < UKS_TPM_PCRS; pcr++) {
		if (!(mask & 1u << pcr))
			continue;
		if (next >= digests->count || digests->digests[next].size != len)
			return false;
		memcpy(values->value[pcr], digests->digests[next++].buffer, len);
	}
	*left &= ~mask;
	return true;
}

static int read_pcrs(struct uks_tpm *tpm, void *arg, struct uks_tpm_error *error)
{
	const struct reading *reading = arg;
	struct uks_tpm_pcr_values values = { .pcrs = *reading->pcrs };
	struct uks_tpm_pcrs left = *reading->pcrs;

	/* A TPM gives eight at a time. */
	while (left.mask) {
		const TPML_PCR_SELECTION wanted = uks_tpm_selection(&left);
		TPML_PCR_SELECTION *got = NULL;
		TPML_DIGEST *digests = NULL;
		unsigned int tries = 0;
		bool taken = false;
		TSS2_RC rc;

		do {
			rc = Esys_PCR_Read(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					   &wanted, NULL, &got, &digests);
		} while (uks_tpm_again(rc, &tries));
		if (!rc)
			taken = take_values(&values, &left.mask, got, digests);
		Esys_Free(got);
		Esys_Free(digests);
		if (rc && uks_tpm_base_rc(rc) != TPM2_RC_HASH)
			return uks_tpm_fail_rc(error, rc, "cannot read PCRs");
		if (!taken)
			return uks_tpm_fail_as(error, UKS_TPM_UNSUPPORTED, rc, "cannot read PCRs");
	}
	*reading->values = values;
	return 0;
}

int uks_tpm_pcrs_read(struct uks_tpm *tpm, const struct uks_tpm_pcrs *pcrs,
		      struct uks_tpm_pcr_values *values, struct uks_tpm_error *error)
{
	struct reading reading = { pcrs, values };

	if (!uks_tpm_bank_len(pcrs->bank) || !pcrs->mask || pcrs->mask >> UKS_TPM_PCRS)
		return uks_tpm_fail(error, UKS_TPM_BAD_ARGUMENT, 0,
				    "the selection of PCRs has no known bank, or numbers above %d",
				    UKS_TPM_PCRS - 1);
	return uks_tpm_run(tpm, read_pcrs, &reading, error);
}

static bool set_rsa(EVP_PKEY *key, TPMT_PUBLIC *public)
{
	BIGNUM *n = NULL, *e = NULL;
	bool ok;

	public->type = TPM2_ALG_RSA;
	public->parameters.rsaDetail.symmetric.algorithm = TPM2_ALG_NULL;
	public->parameters.rsaDetail.scheme.scheme = TPM2_ALG_NULL;
	public->parameters.rsaDetail.keyBits = EVP_PKEY_get_bits(key);
	ok = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
	     EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 &&
	     BN_num_bits(e) <= 32;
	if (ok) {
		public->parameters.rsaDetail.exponent = BN_get_word(e) == RSA_F4 ?
								0 : BN_get_word(e);
		public->unique.rsa.size = BN_bn2bin(n, public->unique.rsa.buffer);
	}
	BN_free(n);
	BN_free(e);
	return ok;
}

static bool set_ecc(const struct uks_tpm_authority *authority, TPMT_PUBLIC *public)
{
	struct uks_tpm_error unused;

	public->type = TPM2_ALG_ECC;
	public->parameters.eccDetail.symmetric.algorithm = TPM2_ALG_NULL;
	public->parameters.eccDetail.scheme.scheme = TPM2_ALG_NULL;
	public->parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
	public->parameters.eccDetail.curveID = TPM2_ECC_NIST_P256;
	return !uks_tpm_spki_to_point(authority->spki, authority->len, TPM2_ECC_NIST_P256,
				      &public->unique.ecc, &unused);
}

/* The authority's key as the TPM loads it, and its name. */
static int make_public(const struct uks_tpm_authority *authority, TPM2B_PUBLIC *out,
		       uint8_t name[UKS_TPM_NAME_LEN], struct uks_tpm_error *error)
{
	const uint8_t *at = authority->spki;
	uint8_t area[sizeof(TPMT_PUBLIC)];
	TPMT_PUBLIC *public = &out->publicArea;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &at, authority->len);
	size_t len = 0;
	bool ok;

	*out = (TPM2B_PUBLIC){ .publicArea = {
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_USERWITHAUTH,
	} };
	ok = key && (EVP_PKEY_is_a(key, "RSA") ? set_rsa(key, public) :
						 set_ecc(authority, public)) &&
	     !Tss2_MU_TPMT_PUBLIC_Marshal(public, area, sizeof(area), &len);
	EVP_PKEY_free(key);
	ERR_clear_error();
	if (!ok)
		return uks_tpm_fail(error, UKS_TPM_BAD_ARGUMENT, 0,
				    "the authority's key is none of ECC P-256 or RSA; give another one");
	name[0] = TPM2_ALG_SHA256 >> 8;
	name[1] = TPM2_ALG_SHA256 & 0xff;
	crypto_hash_sha256(name + 2, area, len);
	return 0;
}

static bool set_signature(const struct uks_tpm_approval *approval,
			  const struct uks_tpm_authority *authority, bool rsa,
			  TPMT_SIGNATURE *out)
{
	TPMS_SIGNATURE_ECC *ecc = &out->signature.ecdsa;
	struct uks_tpm_pcr_values values;
	struct uks_tpm_error unused;
	const uint8_t *signature;
	ECDSA_SIG *both;
	size_t len;

	if (uks_tpm_approval_read(approval, authority, &values, &signature, &len, &unused))
		return false;
	*out = (TPMT_SIGNATURE){ .sigAlg = rsa ? TPM2_ALG_RSASSA : TPM2_ALG_ECDSA };
	out->signature.any.hashAlg = TPM2_ALG_SHA256;
	if (rsa) {
		out->signature.rsassa.sig.size = len;
		memcpy(out->signature.rsassa.sig.buffer, signature, len);
		return true;
	}
	both = d2i_ECDSA_SIG(NULL, &signature, len);
	if (!both)
		return false;
	ecc->signatureR.size = 32;
	ecc->signatureS.size = 32;
	len = BN_bn2binpad(ECDSA_SIG_get0_r(both), ecc->signatureR.buffer, 32) == 32 &&
	      BN_bn2binpad(ECDSA_SIG_get0_s(both), ecc->signatureS.buffer, 32) == 32;
	ECDSA_SIG_free(both);
	return len;
}

struct sealing {
	const uint8_t *secret;
	struct uks_tpm_policy policy;
	struct uks_tpm_blob blob;
};

static int do_seal(struct uks_tpm *tpm, void *arg, struct uks_tpm_error *error)
{
	struct sealing *sealing = arg;

	return uks_tpm_seal_under(tpm, sealing->secret, &sealing->policy, &sealing->blob, error);
}

int uks_tpm_boot_seal(struct uks_tpm *tpm, const uint8_t secret[UKS_TPM_SECRET_LEN],
		      const struct uks_tpm_authority *authority, struct uks_tpm_blob *blob,
		      struct uks_tpm_error *error)
{
	struct sealing sealing = { .secret = secret };
	uint8_t name[UKS_TPM_NAME_LEN];
	TPM2B_PUBLIC public;

	if (make_public(authority, &public, name, error))
		return -1;
	uks_tpm_policy_authorize(&sealing.policy, name, authority->ref, authority->ref_len);
	if (uks_tpm_run(tpm, do_seal, &sealing, error))
		return -1;
	*blob = sealing.blob;
	return 0;
}

/* One approval that fits, ready to be shown to the TPM. */
struct unsealing {
	const struct uks_tpm_blob *blob;
	uint8_t *secret;
	struct uks_tpm_pcrs pcrs;
	TPM2B_PUBLIC public;
	TPM2B_DIGEST digest;		/* of what the authority signed */
	TPMT_SIGNATURE signature;
	TPM2B_DIGEST approved;		/* the policy */
	TPM2B_NONCE ref;
	TPM2B_NAME name;
};

static int fail_show(struct uks_tpm_error *error, TSS2_RC rc)
{
	switch (uks_tpm_base_rc(rc)) {
	case TPM2_RC_SIGNATURE:
	case TPM2_RC_TICKET:
		return uks_tpm_fail_as(error, UKS_TPM_NOT_APPROVED, rc,
				       "cannot show an approval to the TPM");
	case TPM2_RC_VALUE:
	case TPM2_RC_PCR_CHANGED:
		return uks_tpm_fail(error, UKS_TPM_BOOT_CHANGED, rc,
				    "cannot show an approval to the TPM: a PCR changed since it was read; start again");
	default:
		return uks_tpm_fail_session(error, rc, "cannot show an approval to the TPM");
	}
}

static int verify(struct uks_tpm *tpm, const struct unsealing *unsealing,
		  TPMT_TK_VERIFIED **ticket, struct uks_tpm_error *error)
{
	unsigned int tries = 0;
	ESYS_TR key;
	TSS2_RC rc;

	do {
		rc = Esys_LoadExternal(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL,
				       &unsealing->public, ESYS_TR_RH_OWNER, &key);
	} while (uks_tpm_again(rc, &tries));
	if (rc)
		return uks_tpm_fail_rc(error, rc, "cannot load the authority's key");
	do {
		rc = Esys_VerifySignature(tpm->esys, key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					  &unsealing->digest, &unsealing->signature, ticket);
	} while (uks_tpm_again(rc, &tries));
	uks_tpm_flush(tpm, &key);
	return rc ? fail_show(error, rc) : 0;
}

static int show(struct uks_tpm *tpm, ESYS_TR session, void *arg, struct uks_tpm_error *error)
{
	const struct unsealing *unsealing = arg;
	const TPML_PCR_SELECTION pcrs = uks_tpm_selection(&unsealing->pcrs);
	const TPM2B_DIGEST any = { .size = 0 };
	TPMT_TK_VERIFIED *ticket = NULL;
	TSS2_RC rc;

	if (verify(tpm, unsealing, &ticket, error))
		return -1;
	rc = Esys_PolicyPCR(tpm->esys, session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &any,
			    &pcrs);
	if (!rc)
		rc = Esys_PolicyAuthorize(tpm->esys, session, ESYS_TR_NONE, ESYS_TR_NONE,
					  ESYS_TR_NONE, &unsealing->approved, &unsealing->ref,
					  &unsealing->name, ticket);
	Esys_Free(ticket);
	return rc ? fail_show(error, rc) : 0;
}

static int do_unseal(struct uks_tpm *tpm, void *arg, struct uks_tpm_error *error)
{
	struct unsealing *unsealing = arg;

	return uks_tpm_unseal_by(tpm, unsealing->blob, show, unsealing, unsealing->secret, error);
}

static bool prepare(struct unsealing *unsealing, const struct uks_tpm_approval *approval,
		    const struct uks_tpm_authority *authority,
		    const struct uks_tpm_pcr_values *values)
{
	uint8_t message[UKS_TPM_MESSAGE_MAX];
	size_t len;

	uks_tpm_approval_message(values, authority, message, &len);
	unsealing->pcrs = values->pcrs;
	unsealing->approved.size = UKS_TPM_HASH_LEN;
	memcpy(unsealing->approved.buffer, message, UKS_TPM_HASH_LEN);
	unsealing->digest.size = UKS_TPM_HASH_LEN;
	crypto_hash_sha256(unsealing->digest.buffer, message, len);
	unsealing->ref.size = authority->ref_len;
	memcpy(unsealing->ref.buffer, authority->ref, authority->ref_len);
	return set_signature(approval, authority,
			     unsealing->public.publicArea.type == TPM2_ALG_RSA,
			     &unsealing->signature);
}

static uint32_t differing(const struct uks_tpm_pcr_values *approved,
			  const struct uks_tpm_pcr_values *now)
{
	const size_t len = uks_tpm_bank_len(approved->pcrs.bank);
	uint32_t mask = 0;

	for (unsigned int pcr = 0; pcr < UKS_TPM_PCRS; pcr++)
		if (approved->pcrs.mask & 1u << pcr &&
		    memcmp(approved->value[pcr], now->value[pcr], len))
			mask |= 1u << pcr;
	return mask;
}

static int fail_changed(const struct uks_tpm_pcrs *differ, struct uks_tpm_error *error)
{
	char text[UKS_TPM_PCRS_TEXT];

	uks_tpm_pcrs_format(differ, text);
	return uks_tpm_fail(error, UKS_TPM_BOOT_CHANGED, 0,
			    "this boot is not approved: %s differ from what was approved; boot what was approved, or have the authority approve this boot",
			    text);
}

/* Finds the approval for this boot, or says what stands closest and why it is none. */
static int choose(struct uks_tpm *tpm, const struct uks_tpm_authority *authority,
		  const struct uks_tpm_approval *approvals, size_t count,
		  struct unsealing *unsealing, struct uks_tpm_error *error)
{
	struct uks_tpm_pcrs closest = { .mask = 0 };
	struct uks_tpm_pcr_values approved, now;

	uks_tpm_fail(error, UKS_TPM_NOT_APPROVED, 0,
		     "there is no approval of any boot; have the authority sign one");
	for (size_t i = 0; i < count; i++) {
		uint32_t mask;

		if (uks_tpm_approval_check(&approvals[i], authority, &approved, error))
			continue;
		if (uks_tpm_pcrs_read(tpm, &approved.pcrs, &now, error))
			return -1;
		mask = differing(&approved, &now);
		if (!mask)
			return prepare(unsealing, &approvals[i], authority, &approved) ? 0 :
			       uks_tpm_fail_as(error, UKS_TPM_NOT_APPROVED, 0,
					       "cannot use an approval");
		if (!closest.mask ||
		    __builtin_popcount(mask) < __builtin_popcount(closest.mask))
			closest = (struct uks_tpm_pcrs){ approved.pcrs.bank, mask };
	}
	return closest.mask ? fail_changed(&closest, error) : -1;
}

int uks_tpm_boot_unseal(struct uks_tpm *tpm, const struct uks_tpm_blob *blob,
			const struct uks_tpm_authority *authority,
			const struct uks_tpm_approval *approvals, size_t count,
			uint8_t secret[UKS_TPM_SECRET_LEN], struct uks_tpm_error *error)
{
	struct unsealing unsealing = { .blob = blob, .secret = secret };

	sodium_memzero(secret, UKS_TPM_SECRET_LEN);
	unsealing.name.size = UKS_TPM_NAME_LEN;
	if (make_public(authority, &unsealing.public, unsealing.name.name, error) ||
	    choose(tpm, authority, approvals, count, &unsealing, error))
		return -1;
	if (!uks_tpm_run(tpm, do_unseal, &unsealing, error))
		return 0;
	if (uks_tpm_base_rc(error->rc) == TPM2_RC_POLICY_FAIL)
		return uks_tpm_fail_as(error, UKS_TPM_NOT_APPROVED, error->rc,
				       "the secret was sealed for another authority");
	return -1;
}
