// SPDX-License-Identifier: LGPL-2.1-or-later
/* Making keys under the root, and having them in the TPM for one use. */
#include <string.h>

#include <sodium.h>
#include <tss2/tss2_esys.h>

#include "tpm/key-blob.h"
#include "tpm/key-use.h"
#include "tpm/pin-use.h"

int uks_tpm_key_fail(struct uks_tpm_error *error, TSS2_RC rc, const char *what)
{
	if (!uks_tpm_is_answer(rc))
		return uks_tpm_fail_session(error, rc, what);
	switch (uks_tpm_base_rc(rc)) {
	case TPM2_RC_AUTH_UNAVAILABLE:
		return uks_tpm_fail(error, UKS_TPM_WRONG_AUTH, rc,
				    "%s: the key needs a PIN; give it", what);
	case TPM2_RC_KEY:
	case TPM2_RC_ATTRIBUTES:
	case TPM2_RC_SCHEME:
	case TPM2_RC_ASYMMETRIC:
		return uks_tpm_fail(error, UKS_TPM_BAD_ARGUMENT, rc,
				    "%s: the key was not made for that; use a key of another type or usage",
				    what);
	case TPM2_RC_VALUE:
	case TPM2_RC_SIZE:
	case TPM2_RC_ECC_POINT:
	case TPM2_RC_NO_RESULT:
		return uks_tpm_fail(error, UKS_TPM_BAD_ARGUMENT, rc,
				    "%s: the input does not fit the key, or was altered; see what it was made with",
				    what);
	case TPM2_RC_HASH:
	case TPM2_RC_CURVE:
		return uks_tpm_fail_as(error, UKS_TPM_UNSUPPORTED, rc, what);
	default:
		return uks_tpm_fail_auth(error, rc, what);
	}
}

static int fail_load(struct uks_tpm_error *error, TSS2_RC rc)
{
	static const char what[] = "cannot load the key";

	if (uks_tpm_is_answer(rc) && uks_tpm_cause_of(rc) == UKS_TPM_OTHER &&
	    (uks_tpm_base_rc(rc) & TPM2_RC_FMT1) &&
	    uks_tpm_base_rc(rc) != TPM2_RC_AUTH_FAIL && uks_tpm_base_rc(rc) != TPM2_RC_BAD_AUTH)
		return uks_tpm_fail_as(error, UKS_TPM_KEY_BLOB, rc, what);
	return uks_tpm_fail_session(error, rc, what);
}

static void fill_auth(TPM2B_AUTH *auth, const uint8_t *value)
{
	auth->size = UKS_TPM_AUTH_LEN;
	memcpy(auth->buffer, value, UKS_TPM_AUTH_LEN);
	while (auth->size && !auth->buffer[auth->size - 1])
		auth->size--;
}

int uks_tpm_key_load(struct uks_tpm *tpm, const struct uks_tpm_key *key, const uint8_t *auth,
		     struct uks_tpm_loaded *loaded, struct uks_tpm_error *error)
{
	unsigned int tries = 0;
	TPM2B_PRIVATE private;
	TPM2B_PUBLIC public;
	TPM2B_AUTH value;
	TSS2_RC rc;
	int ret;

	loaded->session = ESYS_TR_NONE;
	loaded->policy = ESYS_TR_NONE;
	loaded->object = ESYS_TR_NONE;
	if (uks_tpm_key_unpack(key, &public, &private, error) ||
	    uks_tpm_session(tpm, &loaded->session, error))
		return -1;
	loaded->public = public.publicArea;
	do {
		rc = Esys_Load(tpm->esys, tpm->root, loaded->session, ESYS_TR_NONE, ESYS_TR_NONE,
			       &private, &public, &loaded->object);
	} while (uks_tpm_again(rc, &tries));
	if (rc) {
		loaded->object = ESYS_TR_NONE;
		return fail_load(error, rc);
	}
	fill_auth(&value, auth);
	ret = uks_tpm_set_auth(tpm, loaded->object, &value, error);
	sodium_memzero(&value, sizeof(value));
	return ret;
}

void uks_tpm_key_unload(struct uks_tpm *tpm, struct uks_tpm_loaded *loaded)
{
	const TPM2B_AUTH none = { .size = 0 };

	/* It frees without wiping. */
	if (loaded->object != ESYS_TR_NONE)
		Esys_TR_SetAuth(tpm->esys, loaded->object, &none);
	uks_tpm_flush(tpm, &loaded->object);
	uks_tpm_flush(tpm, &loaded->policy);
	uks_tpm_flush(tpm, &loaded->session);
}

int uks_tpm_key_allow(struct uks_tpm *tpm, struct uks_tpm_loaded *loaded,
		      const struct uks_tpm_access *access, ESYS_TR *by,
		      struct uks_tpm_error *error)
{
	TPM2B_AUTH pin;
	TSS2_RC rc;
	int ret;

	*by = loaded->session;
	if (!access->pin)
		return 0;
	if (uks_tpm_code_to_auth(&access->code, &pin, error))
		return -1;
	ret = uks_tpm_policy_session(tpm, &loaded->policy, error);
	if (!ret)
		ret = uks_tpm_pin_prove(tpm, loaded->session, loaded->policy, access->pin, &pin,
					error);
	sodium_memzero(&pin, sizeof(pin));
	if (ret)
		return ret;
	rc = Esys_PolicyAuthValue(tpm->esys, loaded->policy, ESYS_TR_NONE, ESYS_TR_NONE,
				  ESYS_TR_NONE);
	*by = loaded->policy;
	return rc ? uks_tpm_fail_session(error, rc, "cannot use the key's policy") : 0;
}

static int fail_create(struct uks_tpm_error *error, TSS2_RC rc)
{
	switch (uks_tpm_base_rc(rc)) {
	case TPM2_RC_VALUE:
	case TPM2_RC_CURVE:
	case TPM2_RC_KEY_SIZE:
	case TPM2_RC_ASYMMETRIC:
	case TPM2_RC_HASH:
	case TPM2_RC_SCHEME:
		return uks_tpm_fail_as(error, UKS_TPM_UNSUPPORTED, rc, "cannot make the key");
	default:
		return uks_tpm_fail_session(error, rc, "cannot make the key");
	}
}

int uks_tpm_key_make(struct uks_tpm *tpm, const TPM2B_PUBLIC *template, const uint8_t *auth,
		     struct uks_tpm_key *key, struct uks_tpm_error *error)
{
	const TPML_PCR_SELECTION pcrs = { .count = 0 };
	const TPM2B_DATA outside = { .size = 0 };
	TPM2B_SENSITIVE_CREATE sensitive = { .size = 0 };
	TPM2B_PRIVATE *private = NULL;
	TPM2B_PUBLIC *public = NULL;
	unsigned int tries = 0;
	ESYS_TR session;
	TSS2_RC rc;
	int ret;

	if (uks_tpm_session(tpm, &session, error))
		return -1;
	fill_auth(&sensitive.sensitive.userAuth, auth);
	do {
		rc = Esys_Create(tpm->esys, tpm->root, session, ESYS_TR_NONE, ESYS_TR_NONE,
				 &sensitive, template, &outside, &pcrs, &private, &public, NULL,
				 NULL, NULL);
	} while (uks_tpm_again(rc, &tries));
	sodium_memzero(&sensitive, sizeof(sensitive));
	uks_tpm_flush(tpm, &session);
	if (rc)
		return fail_create(error, rc);
	ret = uks_tpm_key_pack(public, private, key, error);
	Esys_Free(public);
	Esys_Free(private);
	return ret;
}
