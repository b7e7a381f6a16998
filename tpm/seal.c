// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sealing a secret under the storage root, and getting it back. */
#include <malloc.h>
#include <string.h>

#include <sodium.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_sys.h>

#include "tpm/internal.h"
#include "tpm/policy.h"
#include "tpm/seal.h"

#define MAGIC		"UKST"
#define VERSION		1
#define HEADER_LEN	6
#define SHORTEST_TO_WIPE 16
#define STACK_TO_WIPE	(32 * 1024)	/* deeper than tpm2-tss goes with a secret */

static const TPM2B_PUBLIC sealed_template = {
	.publicArea = {
		.type = TPM2_ALG_KEYEDHASH,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
				    TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA,
		.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL,
	},
};

/* A command that was given a blob: what the TPM says of nothing else is about that. */
static int fail_object(struct uks_tpm_error *error, TSS2_RC rc, const char *what)
{
	TSS2_RC base = uks_tpm_base_rc(rc);

	if (uks_tpm_is_answer(rc) && uks_tpm_cause_of(rc) == UKS_TPM_OTHER &&
	    base != TPM2_RC_AUTH_FAIL && base != TPM2_RC_BAD_AUTH)
		return uks_tpm_fail_as(error, UKS_TPM_SEALED_BLOB, rc, what);
	return uks_tpm_fail_session(error, rc, what);
}

static int fail_blob(struct uks_tpm_error *error, TSS2_RC rc)
{
	return uks_tpm_fail_as(error, UKS_TPM_SEALED_BLOB, rc, "cannot read the sealed blob");
}

static void wipe_copies(void *block, const uint8_t *secret, size_t len)
{
	uint8_t *at, *end;

	if (!block)
		return;
	at = block;
	end = at + malloc_usable_size(block);
	while ((at = memmem(at, end - at, secret, len)))
		sodium_memzero(at, len);
}

/*
 * tpm2-tss keeps parameters and answers in its contexts, and on the stack, and
 * wipes neither. The contexts are opaque but each is one block of the heap, so
 * the secret can be looked for. To be called last: what copies and compares
 * leave in vector registers gets onto the stack with the next call into a
 * library that the dynamic linker has to look up.
 */
void uks_tpm_forget(struct uks_tpm *tpm, const uint8_t *secret, size_t len)
{
	TSS2_SYS_CONTEXT *sys = NULL;

	/* A few bytes can be found by chance, where they are needed. */
	if (len >= SHORTEST_TO_WIPE) {
		wipe_copies(tpm->esys, secret, len);
		if (!Esys_GetSysContext(tpm->esys, &sys))
			wipe_copies(sys, secret, len);
	}
	sodium_stackzero(STACK_TO_WIPE);
}

static int write_blob(const TPM2B_PUBLIC *public, const TPM2B_PRIVATE *private,
		      struct uks_tpm_blob *out, struct uks_tpm_error *error)
{
	struct uks_tpm_blob blob = { .len = 0 };
	size_t size = sizeof(blob.data);
	TSS2_RC rc;

	memcpy(blob.data, MAGIC, strlen(MAGIC));
	blob.len = strlen(MAGIC);
	rc = Tss2_MU_UINT16_Marshal(VERSION, blob.data, size, &blob.len);
	if (!rc)
		rc = Tss2_MU_TPM2B_PUBLIC_Marshal(public, blob.data, size, &blob.len);
	if (!rc)
		rc = Tss2_MU_TPM2B_PRIVATE_Marshal(private, blob.data, size, &blob.len);
	if (rc)
		return uks_tpm_fail(error, UKS_TPM_OTHER, rc,
				    "cannot write the sealed blob: it has more than %zu bytes",
				    size);
	*out = blob;
	return 0;
}

static int read_blob(const struct uks_tpm_blob *blob, TPM2B_PUBLIC *public,
		     TPM2B_PRIVATE *private, struct uks_tpm_error *error)
{
	struct uks_tpm_blob same;
	size_t at = strlen(MAGIC);
	uint16_t version;
	TSS2_RC rc;

	if (blob->len < HEADER_LEN || blob->len > sizeof(blob->data) ||
	    memcmp(blob->data, MAGIC, strlen(MAGIC)))
		return fail_blob(error, 0);
	rc = Tss2_MU_UINT16_Unmarshal(blob->data, blob->len, &at, &version);
	if (rc)
		return fail_blob(error, rc);
	if (version != VERSION)
		return uks_tpm_fail(error, UKS_TPM_SEALED_BLOB, 0,
				    "cannot read the sealed blob: it has version %u and only %u is known; use a newer program, or restore the blob from a backup of this machine",
				    version, VERSION);

	public->size = 0;
	rc = Tss2_MU_TPM2B_PUBLIC_Unmarshal(blob->data, blob->len, &at, public);
	if (!rc)
		rc = Tss2_MU_TPM2B_PRIVATE_Unmarshal(blob->data, blob->len, &at, private);
	if (rc || at != blob->len)
		return fail_blob(error, rc);

	/* The inner lengths may lie. There is but one way to write a blob. */
	if (write_blob(public, private, &same, error))
		return -1;
	return memcmp(same.data, blob->data, at) ? fail_blob(error, 0) : 0;
}

/* Kept apart so that uks_tpm_forget() reaches what this leaves on the stack. */
static __attribute__((noinline)) TSS2_RC create(struct uks_tpm *tpm, ESYS_TR session,
						const uint8_t *secret,
						const struct uks_tpm_policy *policy,
						TPM2B_PUBLIC **public,
						TPM2B_PRIVATE **private)
{
	TPM2B_PUBLIC template = sealed_template;
	const TPML_PCR_SELECTION pcrs = { .count = 0 };
	const TPM2B_DATA outside = { .size = 0 };
	TPM2B_SENSITIVE_CREATE sensitive = { .size = 0 };
	unsigned int tries = 0;
	TSS2_RC rc;

	if (policy) {
		template.publicArea.objectAttributes &= ~TPMA_OBJECT_USERWITHAUTH;
		template.publicArea.authPolicy.size = UKS_TPM_HASH_LEN;
		memcpy(template.publicArea.authPolicy.buffer, policy->digest, UKS_TPM_HASH_LEN);
	}
	sensitive.sensitive.data.size = UKS_TPM_SECRET_LEN;
	memcpy(sensitive.sensitive.data.buffer, secret, UKS_TPM_SECRET_LEN);
	do {
		rc = Esys_Create(tpm->esys, tpm->root, session, ESYS_TR_NONE, ESYS_TR_NONE,
				 &sensitive, &template, &outside, &pcrs, private, public,
				 NULL, NULL, NULL);
	} while (uks_tpm_again(rc, &tries));
	sodium_memzero(&sensitive, sizeof(sensitive));
	return rc;
}

int uks_tpm_seal_under(struct uks_tpm *tpm, const uint8_t *secret,
		       const struct uks_tpm_policy *policy, struct uks_tpm_blob *blob,
		       struct uks_tpm_error *error)
{
	TPM2B_PRIVATE *private = NULL;
	TPM2B_PUBLIC *public = NULL;
	ESYS_TR session;
	TSS2_RC rc;
	int ret;

	*error = (struct uks_tpm_error){ .cause = UKS_TPM_OK };
	if (uks_tpm_session(tpm, &session, error))
		return -1;

	rc = create(tpm, session, secret, policy, &public, &private);
	uks_tpm_flush(tpm, &session);
	uks_tpm_forget(tpm, secret, UKS_TPM_SECRET_LEN);
	if (rc)
		return uks_tpm_fail_session(error, rc, "cannot seal the secret");

	ret = write_blob(public, private, blob, error);
	Esys_Free(public);
	Esys_Free(private);
	return ret;
}

static int load_object(struct uks_tpm *tpm, ESYS_TR session, const TPM2B_PUBLIC *public,
		       const TPM2B_PRIVATE *private, ESYS_TR *object,
		       struct uks_tpm_error *error)
{
	unsigned int tries = 0;
	TSS2_RC rc;

	*object = ESYS_TR_NONE;
	do {
		rc = Esys_Load(tpm->esys, tpm->root, session, ESYS_TR_NONE, ESYS_TR_NONE, private,
			       public, object);
	} while (uks_tpm_again(rc, &tries));
	if (!rc)
		return 0;
	*object = ESYS_TR_NONE;
	return fail_object(error, rc, "cannot load the sealed secret");
}

static int get_secret(struct uks_tpm *tpm, ESYS_TR session, ESYS_TR object, uint8_t *secret,
		      struct uks_tpm_error *error)
{
	TPM2B_SENSITIVE_DATA *data = NULL;
	unsigned int tries = 0;
	TSS2_RC rc;
	int ret = 0;

	do {
		rc = Esys_Unseal(tpm->esys, object, session, ESYS_TR_NONE, ESYS_TR_NONE, &data);
	} while (uks_tpm_again(rc, &tries));
	if (rc)
		return fail_object(error, rc, "cannot unseal the secret");

	if (data->size == UKS_TPM_SECRET_LEN)
		memcpy(secret, data->buffer, UKS_TPM_SECRET_LEN);
	else
		ret = fail_blob(error, 0);
	sodium_memzero(data, sizeof(*data));
	Esys_Free(data);
	return ret;
}

int uks_tpm_unseal_by(struct uks_tpm *tpm, const struct uks_tpm_blob *blob,
		      uks_tpm_session_task *allow, void *arg, uint8_t *secret,
		      struct uks_tpm_error *error)
{
	ESYS_TR session, object, policy = ESYS_TR_NONE;
	TPM2B_PRIVATE private;
	TPM2B_PUBLIC public;
	int ret;

	*error = (struct uks_tpm_error){ .cause = UKS_TPM_OK };
	sodium_memzero(secret, UKS_TPM_SECRET_LEN);
	if (read_blob(blob, &public, &private, error))
		return -1;
	if (uks_tpm_session(tpm, &session, error))
		return -1;

	ret = load_object(tpm, session, &public, &private, &object, error);
	if (!ret && allow)
		ret = uks_tpm_policy_session(tpm, &policy, error);
	if (!ret && allow)
		ret = allow(tpm, policy, arg, error);
	if (!ret)
		ret = get_secret(tpm, allow ? policy : session, object, secret, error);
	uks_tpm_flush(tpm, &policy);
	uks_tpm_flush(tpm, &object);
	uks_tpm_flush(tpm, &session);
	if (!ret)
		uks_tpm_forget(tpm, secret, UKS_TPM_SECRET_LEN);
	return ret;
}

int uks_tpm_seal(struct uks_tpm *tpm, const uint8_t secret[UKS_TPM_SECRET_LEN],
		 struct uks_tpm_blob *blob, struct uks_tpm_error *error)
{
	int ret;

	pthread_mutex_lock(&tpm->lock);
	ret = uks_tpm_seal_under(tpm, secret, NULL, blob, error);
	pthread_mutex_unlock(&tpm->lock);
	return ret;
}

int uks_tpm_unseal(struct uks_tpm *tpm, const struct uks_tpm_blob *blob,
		   uint8_t secret[UKS_TPM_SECRET_LEN], struct uks_tpm_error *error)
{
	int ret;

	pthread_mutex_lock(&tpm->lock);
	ret = uks_tpm_unseal_by(tpm, blob, NULL, NULL, secret, error);
	pthread_mutex_unlock(&tpm->lock);
	return ret;
}
