// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the TPM says about itself: endorsement, quotes, certified keys, its clock. */
#include <string.h>

#include <sodium.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>

#include "tpm/approval.h"
#include "tpm/attest.h"
#include "tpm/key-blob.h"
#include "tpm/key-use.h"
#include "tpm/nv-index.h"

#define EK_CERTIFICATE	0x01c0000au	/* of template L-2 */
#define NV_CHUNK	512		/* every TPM gives that at once */

/* TPM 2.0 Part 1, 25: restricted, so that it signs nothing that only looks like a statement. */
static const TPM2B_PUBLIC ak_template = {
	.publicArea = {
		.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
				    TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
				    TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED |
				    TPMA_OBJECT_SIGN_ENCRYPT,
		.parameters.eccDetail = {
			.symmetric.algorithm = TPM2_ALG_NULL,
			.scheme = {
				.scheme = TPM2_ALG_ECDSA,
				.details.ecdsa.hashAlg = TPM2_ALG_SHA256,
			},
			.curveID = TPM2_ECC_NIST_P256,
			.kdf.scheme = TPM2_ALG_NULL,
		},
	},
};

/* What a call gives and gets, for its task. */
struct call {
	const struct uks_tpm_key *ak, *key;
	const uint8_t *auth, *key_auth;
	const struct uks_tpm_pcrs *pcrs;
	const struct uks_evidence_credential *credential;
	TPM2B_DATA challenge;
	struct uks_evidence evidence;
	struct uks_tpm_key made;
	uint8_t out[UKS_TPM_CERTIFICATE_MAX];
	size_t len;
};

static int make_ek(struct uks_tpm *tpm, ESYS_TR *ek, struct uks_tpm_error *error)
{
	uint8_t name[UKS_TPM_NAME_LEN];

	if (uks_tpm_create_primary(tpm, ESYS_TR_RH_ENDORSEMENT, &uks_tpm_endorsement_template, ek,
				   name, error))
		return -1;
	if (!memcmp(name, tpm->identity.endorsement, sizeof(name)))
		return 0;
	uks_tpm_flush(tpm, ek);
	return uks_tpm_fail_as(error, UKS_TPM_UNTRUSTED, 0, "the endorsement key is another one");
}

static int ek_public(struct uks_tpm *tpm, void *arg, struct uks_tpm_error *error)
{
	struct call *call = arg;
	TPM2B_PUBLIC *public = NULL;
	ESYS_TR ek;
	TSS2_RC rc;

	if (make_ek(tpm, &ek, error))
		return -1;
	rc = Esys_ReadPublic(tpm->esys, ek, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &public,
			     NULL, NULL);
	uks_tpm_flush(tpm, &ek);
	call->len = 0;
	if (!rc)
		rc = Tss2_MU_TPMT_PUBLIC_Marshal(&public->publicArea, call->out,
						 sizeof(call->out), &call->len);
	Esys_Free(public);
	return rc ? uks_tpm_fail_rc(error, rc, "cannot read the endorsement key") : 0;
}

int uks_tpm_ek_public(struct uks_tpm *tpm, uint8_t *area, size_t *len,
		      struct uks_tpm_error *error)
{
	struct call call = { .len = 0 };

	if (uks_tpm_run(tpm, ek_public, &call, error))
		return -1;
	return uks_tpm_put(call.out, call.len, area, len, error);
}

static TSS2_RC read_chunk(struct uks_tpm *tpm, ESYS_TR nv, struct call *call, size_t size)
{
	TPM2B_MAX_NV_BUFFER *data = NULL;
	unsigned int tries = 0;
	TSS2_RC rc;

	do {
		rc = Esys_NV_Read(tpm->esys, nv, nv, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
				  size < NV_CHUNK ? size : NV_CHUNK, call->len, &data);
	} while (uks_tpm_again(rc, &tries));
	if (rc)
		return rc;
	memcpy(call->out + call->len, data->buffer, data->size);
	call->len += data->size;
	Esys_Free(data);
	return 0;
}

static int ek_certificate(struct uks_tpm *tpm, void *arg, struct uks_tpm_error *error)
{
	static const char what[] = "cannot read the certificate of the endorsement key";
	struct call *call = arg;
	uint8_t name[UKS_TPM_NAME_LEN];
	TPM2B_NV_PUBLIC *public = NULL;
	size_t size = 0;
	ESYS_TR nv;
	TSS2_RC rc;

	call->len = 0;
	if (uks_tpm_nv_find(tpm, EK_CERTIFICATE, &nv, name, error))
		return -1;
	if (nv == ESYS_TR_NONE)
		return 0;
	rc = Esys_NV_ReadPublic(tpm->esys, nv, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &public,
				NULL);
	if (!rc)
		size = public->nvPublic.dataSize;
	Esys_Free(public);
	if (!rc && size <= sizeof(call->out))
		while (!rc && call->len < size)
			rc = read_chunk(tpm, nv, call, size - call->len);
	uks_tpm_nv_forget(tpm, &nv);
	if (size > sizeof(call->out))
		return uks_tpm_fail_as(error, UKS_TPM_UNSUPPORTED, 0, what);
	return rc ? uks_tpm_fail_rc(error, rc, what) : 0;
}

int uks_tpm_ek_certificate(struct uks_tpm *tpm, uint8_t *certificate, size_t *len,
			   struct uks_tpm_error *error)
{
	struct call call = { .len = 0 };

	if (uks_tpm_run(tpm, ek_certificate, &call, error))
		return -1;
	return uks_tpm_put(call.out, call.len, certificate, len, error);
}

static int ak_create(struct uks_tpm *tpm, void *arg, struct uks_tpm_error *error)
{
	struct call *call = arg;

	return uks_tpm_key_make(tpm, &ak_template, call->auth, &call->made, error);
}

int uks_tpm_ak_create(struct uks_tpm *tpm, const uint8_t auth[UKS_TPM_AUTH_LEN],
		      struct uks_tpm_key *key, struct uks_tpm_error *error)
{
	struct call call = { .auth = auth };

	if (uks_tpm_run(tpm, ak_create, &call, error))
		return -1;
	*key = call.made;
	return 0;
}

/* Only one session of a command may encrypt. */
static TSS2_RC stop_encrypting(struct uks_tpm *tpm, ESYS_TR session)
{
	return Esys_TRSess_SetAttributes(tpm->esys, session, 0,
					 TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT);
}

static TSS2_RC activate_with(struct uks_tpm *tpm, const struct uks_tpm_loaded *ak, ESYS_TR ek,
			     const struct uks_evidence_credential *credential,
			     TPM2B_DIGEST **secret)
{
	TPM2B_ENCRYPTED_SECRET seed = { .size = 0 };
	TPM2B_ID_OBJECT blob = { .size = 0 };
	TSS2_RC rc;

	rc = Tss2_MU_TPM2B_ID_OBJECT_Unmarshal(credential->blob, credential->blob_len, NULL,
					       &blob);
	if (!rc)
		rc = Tss2_MU_TPM2B_ENCRYPTED_SECRET_Unmarshal(credential->secret,
							      credential->secret_len, NULL,
							      &seed);
	if (rc)
		return TPM2_RC_VALUE;
	rc = stop_encrypting(tpm, ak->policy);
	/* The endorsement key's policy is the (empty) password of its hierarchy. */
	if (!rc)
		rc = Esys_PolicySecret(tpm->esys, ESYS_TR_RH_ENDORSEMENT, ak->policy,
				       ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, NULL, NULL,
				       NULL, 0, NULL, NULL);
	return rc ? rc : Esys_ActivateCredential(tpm->esys, ak->object, ek, ak->session,
						 ak->policy, ESYS_TR_NONE, &blob, &seed, secret);
}

static int fail_activate(struct uks_tpm_error *error, TSS2_RC rc)
{
	static const char what[] = "cannot activate the credential";

	switch (uks_tpm_base_rc(rc)) {
	case TPM2_RC_INTEGRITY:
	case TPM2_RC_VALUE:
	case TPM2_RC_SIZE:
	case TPM2_RC_ECC_POINT:
	case TPM2_RC_INSUFFICIENT:
		return uks_tpm_fail(error, UKS_TPM_BAD_ARGUMENT, rc,
				    "%s: it was made for another endorsement or attestation key; ask for another one",
				    what);
	default:
		return uks_tpm_key_fail(error, rc, what);
	}
}

static int activate(struct uks_tpm *tpm, void *arg, struct uks_tpm_error *error)
{
	struct call *call = arg;
	TPM2B_DIGEST *secret = NULL;
	struct uks_tpm_loaded ak;
	ESYS_TR ek = ESYS_TR_NONE;
	TSS2_RC rc;
	int ret;

	ret = uks_tpm_key_load(tpm, call->ak, call->auth, &ak, error);
	if (!ret)
		ret = make_ek(tpm, &ek, error);
	if (!ret)
		ret = uks_tpm_policy_session(tpm, &ak.policy, error);
	if (!ret) {
		rc = activate_with(tpm, &ak, ek, call->credential, &secret);
		if (rc)
			ret = fail_activate(error, rc);
	}
	if (!ret && secret) {
		call->len = secret->size;
		memcpy(call->out, secret->buffer, secret->size);
		sodium_memzero(secret, sizeof(*secret));
		Esys_Free(secret);
	}
	uks_tpm_flush(tpm, &ek);
	uks_tpm_key_unload(tpm, &ak);
	return ret;
}

int uks_tpm_ak_activate(struct uks_tpm *tpm, const struct uks_tpm_key *ak,
			const uint8_t auth[UKS_TPM_AUTH_LEN],
			const struct uks_evidence_credential *credential, uint8_t *secret,
			size_t *len, struct uks_tpm_error *error)
{
	struct call call = { .ak = ak, .auth = auth, .credential = credential };
	int ret;

	sodium_memzero(secret, *len);
	ret = uks_tpm_run(tpm, activate, &call, error);
	if (!ret)
		ret = uks_tpm_put(call.out, call.len, secret, len, error);
	sodium_memzero(call.out, sizeof(call.out));
	return ret;
}

/* Takes over what the TPM stated and signed, and frees it. */
static int take_evidence(struct call *call, TPM2B_ATTEST *statement, TPMT_SIGNATURE *signature,
			 struct uks_tpm_error *error)
{
	struct uks_evidence *out = &call->evidence;
	TSS2_RC rc;

	memset(out, 0, sizeof(*out));
	rc = Tss2_MU_TPMT_SIGNATURE_Marshal(signature, out->signature, sizeof(out->signature),
					    &out->signature_len);
	if (!rc && statement->size <= sizeof(out->statement)) {
		out->len = statement->size;
		memcpy(out->statement, statement->attestationData, statement->size);
	}
	Esys_Free(statement);
	Esys_Free(signature);
	if (!rc && out->len)
		return 0;
	return uks_tpm_fail_as(error, UKS_TPM_UNTRUSTED, rc, "cannot read a statement");
}

static int do_quote(struct uks_tpm *tpm, void *arg, struct uks_tpm_error *error)
{
	const TPMT_SIG_SCHEME own = { .scheme = TPM2_ALG_NULL };
	struct call *call = arg;
	const TPML_PCR_SELECTION pcrs = uks_tpm_selection(call->pcrs);
	TPMT_SIGNATURE *signature = NULL;
	TPM2B_ATTEST *statement = NULL;
	struct uks_tpm_loaded ak;
	unsigned int tries = 0;
	TSS2_RC rc;
	int ret;

	ret = uks_tpm_key_load(tpm, call->ak, call->auth, &ak, error);
	if (ret)
		goto out;
	do {
		rc = Esys_Quote(tpm->esys, ak.object, ak.session, ESYS_TR_NONE, ESYS_TR_NONE,
				&call->challenge, &own, &pcrs, &statement, &signature);
	} while (uks_tpm_again(rc, &tries));
	ret = rc ? uks_tpm_key_fail(error, rc, "cannot quote PCRs") :
		   take_evidence(call, statement, signature, error);
out:
	uks_tpm_key_unload(tpm, &ak);
	return ret;
}

static int set_challenge(struct call *call, const uint8_t *challenge, size_t len,
			 struct uks_tpm_error *error)
{
	if (len > UKS_TPM_CHALLENGE_MAX)
		return uks_tpm_fail(error, UKS_TPM_BAD_ARGUMENT, 0,
				    "a challenge must have at most %u bytes, not %zu; give its digest",
				    UKS_TPM_CHALLENGE_MAX, len);
	call->challenge.size = len;
	if (len)
		memcpy(call->challenge.buffer, challenge, len);
	return 0;
}

int uks_tpm_quote(struct uks_tpm *tpm, const struct uks_tpm_key *ak,
		  const uint8_t auth[UKS_TPM_AUTH_LEN], const struct uks_tpm_pcrs *pcrs,
		  const uint8_t *challenge, size_t challenge_len, struct uks_evidence *evidence,
		  struct uks_tpm_error *error)
{
	struct call call = { .ak = ak, .auth = auth, .pcrs = pcrs };

	if (set_challenge(&call, challenge, challenge_len, error) ||
	    uks_tpm_run(tpm, do_quote, &call, error))
		return -1;
	*evidence = call.evidence;
	return 0;
}

static int certify_loaded(struct uks_tpm *tpm, const struct uks_tpm_loaded *ak,
			  const struct uks_tpm_loaded *key, struct call *call,
			  struct uks_tpm_error *error)
{
	const TPMT_SIG_SCHEME own = { .scheme = TPM2_ALG_NULL };
	TPMT_SIGNATURE *signature = NULL;
	TPM2B_ATTEST *statement = NULL;
	unsigned int tries = 0;
	TSS2_RC rc;

	rc = stop_encrypting(tpm, ak->session);
	if (rc)
		return uks_tpm_fail_rc(error, rc, "cannot set up a session with the TPM");
	do {
		rc = Esys_Certify(tpm->esys, key->object, ak->object, key->session, ak->session,
				  ESYS_TR_NONE, &call->challenge, &own, &statement, &signature);
	} while (uks_tpm_again(rc, &tries));
	return rc ? uks_tpm_key_fail(error, rc, "cannot certify the key") :
		    take_evidence(call, statement, signature, error);
}

static int certify(struct uks_tpm *tpm, void *arg, struct uks_tpm_error *error)
{
	struct call *call = arg;
	struct uks_tpm_loaded ak, key;
	int ret;

	ret = uks_tpm_key_load(tpm, call->ak, call->auth, &ak, error);
	if (!ret) {
		ret = uks_tpm_key_load(tpm, call->key, call->key_auth, &key, error);
		if (!ret)
			ret = certify_loaded(tpm, &ak, &key, call, error);
		uks_tpm_key_unload(tpm, &key);
	}
	uks_tpm_key_unload(tpm, &ak);
	return ret;
}

int uks_tpm_certify(struct uks_tpm *tpm, const struct uks_tpm_key *ak,
		    const uint8_t auth[UKS_TPM_AUTH_LEN], const struct uks_tpm_key *key,
		    const uint8_t key_auth[UKS_TPM_AUTH_LEN], const uint8_t *challenge,
		    size_t challenge_len, struct uks_evidence *evidence,
		    struct uks_tpm_error *error)
{
	struct call call = { .ak = ak, .auth = auth, .key = key, .key_auth = key_auth };

	if (set_challenge(&call, challenge, challenge_len, error) ||
	    uks_tpm_run(tpm, certify, &call, error))
		return -1;
	*evidence = call.evidence;
	return 0;
}

static int read_clock(struct uks_tpm *tpm, void *arg, struct uks_tpm_error *error)
{
	struct uks_tpm_clock *clock = arg;
	TPMS_TIME_INFO *info = NULL;
	unsigned int tries = 0;
	TSS2_RC rc;

	do {
		rc = Esys_ReadClock(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &info);
	} while (uks_tpm_again(rc, &tries));
	if (rc)
		return uks_tpm_fail_rc(error, rc, "cannot read the TPM's clock");
	*clock = (struct uks_tpm_clock){
		.time = info->time,
		.clock = info->clockInfo.clock,
		.resets = info->clockInfo.resetCount,
		.restarts = info->clockInfo.restartCount,
		.safe = info->clockInfo.safe,
	};
	Esys_Free(info);
	return 0;
}

int uks_tpm_clock(struct uks_tpm *tpm, struct uks_tpm_clock *clock, struct uks_tpm_error *error)
{
	return uks_tpm_run(tpm, read_clock, clock, error);
}
