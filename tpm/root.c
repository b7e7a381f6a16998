// SPDX-License-Identifier: LGPL-2.1-or-later
/* The storage root: made once, known by its name ever after. */
#include <string.h>

#include <tss2/tss2_esys.h>

#include "tpm/internal.h"

/*
 * Persistent handles of the owner (TPM 2.0 Part 2, 7.5); the rest is the
 * platform's. tpm2-tss's own macros shift into the sign of an int.
 */
#define OWNER_FIRST	0x81000000u
#define OWNER_LAST	0x817fffffu

#define STORAGE_KEY (TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | \
		     TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_RESTRICTED | \
		     TPMA_OBJECT_DECRYPT)

#define P256_AES128 { \
	.symmetric = { \
		.algorithm = TPM2_ALG_AES, \
		.keyBits.aes = 128, \
		.mode.aes = TPM2_ALG_CFB, \
	}, \
	.scheme.scheme = TPM2_ALG_NULL, \
	.curveID = TPM2_ECC_NIST_P256, \
	.kdf.scheme = TPM2_ALG_NULL, \
}

/* TCG TPM v2.0 Provisioning Guidance, 7.5.1: the ECC storage root. */
static const TPM2B_PUBLIC root_template = {
	.publicArea = {
		.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = STORAGE_KEY | TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA,
		.parameters.eccDetail = P256_AES128,
		.unique.ecc = { .x.size = 32, .y.size = 32 },
	},
};

/*
 * TCG EK Credential Profile 2.5, B.3.4: template L-2. Its policy is
 * PolicySecret of the endorsement hierarchy.
 */
const TPM2B_PUBLIC uks_tpm_endorsement_template = {
	.publicArea = {
		.type = TPM2_ALG_ECC,
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = STORAGE_KEY | TPMA_OBJECT_ADMINWITHPOLICY,
		.authPolicy = {
			.size = 32,
			.buffer = {
				0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8,
				0x1a, 0x90, 0xcc, 0x8d, 0x46, 0xa5, 0xd7, 0x24,
				0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64,
				0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa,
			},
		},
		.parameters.eccDetail = P256_AES128,
		.unique.ecc = { .x.size = 32, .y.size = 32 },
	},
};

/* ESYS computes the name from the public area that it will salt sessions to. */
int uks_tpm_get_name(struct uks_tpm *tpm, ESYS_TR object, uint8_t name[UKS_TPM_NAME_LEN],
		     struct uks_tpm_error *error)
{
	TPM2B_NAME *got = NULL;
	TSS2_RC rc;

	rc = Esys_TR_GetName(tpm->esys, object, &got);
	if (rc)
		return uks_tpm_fail_rc(error, rc, "cannot compute the name of a TPM object");
	/* A name of another hash is not ours: all zero is nobody's name. */
	memset(name, 0, UKS_TPM_NAME_LEN);
	if (got->size == UKS_TPM_NAME_LEN)
		memcpy(name, got->name, UKS_TPM_NAME_LEN);
	Esys_Free(got);
	return 0;
}

/* All commands here are authorised by the password of a hierarchy: the empty one. */
static int fail_auth(struct uks_tpm_error *error, TSS2_RC rc, const char *what)
{
	switch (uks_tpm_base_rc(rc)) {
	case TPM2_RC_AUTH_FAIL:
	case TPM2_RC_BAD_AUTH:
		return uks_tpm_fail_as(error, UKS_TPM_HIERARCHY, rc, what);
	default:
		return uks_tpm_fail_rc(error, rc, what);
	}
}

/* @object is ESYS_TR_NONE afterwards when @handle is free. */
static int look_up(struct uks_tpm *tpm, uint32_t handle, ESYS_TR *object,
		   uint8_t name[UKS_TPM_NAME_LEN], struct uks_tpm_error *error)
{
	unsigned int tries = 0;
	TSS2_RC rc;

	*object = ESYS_TR_NONE;
	do {
		rc = Esys_TR_FromTPMPublic(tpm->esys, handle, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, object);
	} while (uks_tpm_again(rc, &tries));
	if (rc) {
		*object = ESYS_TR_NONE;
		if (uks_tpm_base_rc(rc) == TPM2_RC_HANDLE)
			return 0;
		return uks_tpm_fail_rc(error, rc, "cannot look for the storage root");
	}
	return uks_tpm_get_name(tpm, *object, name, error);
}

/* The same seed and template give the same key each time. */
int uks_tpm_create_primary(struct uks_tpm *tpm, ESYS_TR hierarchy, const TPM2B_PUBLIC *template,
			   ESYS_TR *object, uint8_t name[UKS_TPM_NAME_LEN],
			   struct uks_tpm_error *error)
{
	const char *what = hierarchy == ESYS_TR_RH_OWNER ? "cannot create the storage root" :
							   "cannot create the endorsement key";
	const TPM2B_SENSITIVE_CREATE sensitive = { .size = 0 };
	const TPML_PCR_SELECTION pcrs = { .count = 0 };
	const TPM2B_DATA outside = { .size = 0 };
	unsigned int tries = 0;
	TSS2_RC rc;

	*object = ESYS_TR_NONE;
	do {
		rc = Esys_CreatePrimary(tpm->esys, hierarchy, ESYS_TR_PASSWORD, ESYS_TR_NONE,
					ESYS_TR_NONE, &sensitive, template, &outside, &pcrs,
					object, NULL, NULL, NULL, NULL);
	} while (uks_tpm_again(rc, &tries));
	if (!rc)
		return uks_tpm_get_name(tpm, *object, name, error);

	*object = ESYS_TR_NONE;
	return fail_auth(error, rc, what);
}

static int endorsement_name(struct uks_tpm *tpm, uint8_t name[UKS_TPM_NAME_LEN],
			    struct uks_tpm_error *error)
{
	ESYS_TR key;
	int ret;

	ret = uks_tpm_create_primary(tpm, ESYS_TR_RH_ENDORSEMENT, &uks_tpm_endorsement_template,
				     &key, name, error);
	uks_tpm_flush(tpm, &key);
	return ret;
}

/* The TPM's root has not the name it should have: who came in between? */
static int fail_identity(struct uks_tpm *tpm, const struct uks_tpm_identity *expected,
			 struct uks_tpm_error *error)
{
	uint8_t endorsement[UKS_TPM_NAME_LEN];

	if (endorsement_name(tpm, endorsement, error))
		return -1;
	if (memcmp(endorsement, expected->endorsement, UKS_TPM_NAME_LEN))
		return uks_tpm_fail(error, UKS_TPM_FOREIGN, 0,
				    "this is another TPM (%s) than the one that the keys were sealed to; bring back that TPM, or restore the keys from a backup",
				    tpm->description);
	return uks_tpm_fail(error, UKS_TPM_CLEARED, 0,
			    "the TPM was cleared since the keys were sealed to it, which destroyed its storage root for good; restore the keys from a backup, or begin with an empty store");
}

static int fail_taken(uint32_t handle, struct uks_tpm_error *error)
{
	return uks_tpm_fail(error, UKS_TPM_HANDLE_TAKEN, 0,
			    "the persistent handle 0x%x holds another object than the storage root; choose another handle, or free this one with \"tpm2_evictcontrol -c 0x%x\" if nobody needs it",
			    handle, handle);
}

/* Makes @primary persistent and leaves in @object what is to be used of it. */
static int persist(struct uks_tpm *tpm, ESYS_TR primary, uint32_t handle, ESYS_TR *object,
		   struct uks_tpm_error *error)
{
	unsigned int tries = 0;
	TSS2_RC rc;

	do {
		rc = Esys_EvictControl(tpm->esys, ESYS_TR_RH_OWNER, primary, ESYS_TR_PASSWORD,
				       ESYS_TR_NONE, ESYS_TR_NONE, handle, object);
	} while (uks_tpm_again(rc, &tries));
	if (!rc)
		return 0;
	*object = ESYS_TR_NONE;
	return fail_auth(error, rc, "cannot make the storage root persistent");
}

/*
 * @object is what was found at @handle under the name @name, if anything. On
 * success it is the root, and @identity is complete.
 */
static int make_root(struct uks_tpm *tpm, uint32_t handle, const struct uks_tpm_identity *expected,
		     ESYS_TR *object, const uint8_t name[UKS_TPM_NAME_LEN],
		     struct uks_tpm_identity *identity, struct uks_tpm_error *error)
{
	ESYS_TR primary;
	int ret;

	/* Before the root is made: a TPM need not hold more than three objects. */
	if (expected)
		memcpy(identity->endorsement, expected->endorsement, UKS_TPM_NAME_LEN);
	else if (endorsement_name(tpm, identity->endorsement, error))
		return -1;

	ret = uks_tpm_create_primary(tpm, ESYS_TR_RH_OWNER, &root_template, &primary,
				     identity->root, error);
	if (ret)
		goto out;

	if (expected && memcmp(identity->root, expected->root, UKS_TPM_NAME_LEN)) {
		uks_tpm_flush(tpm, &primary);
		ret = fail_identity(tpm, expected, error);
		goto out;
	}
	if (*object != ESYS_TR_NONE && memcmp(identity->root, name, UKS_TPM_NAME_LEN)) {
		ret = fail_taken(handle, error);
		goto out;
	}
	if (*object == ESYS_TR_NONE)
		ret = persist(tpm, primary, handle, object, error);
out:
	uks_tpm_flush(tpm, &primary);
	return ret;
}

int uks_tpm_find_root(struct uks_tpm *tpm, uint32_t handle,
		      const struct uks_tpm_identity *expected, struct uks_tpm_identity *found,
		      struct uks_tpm_error *error)
{
	struct uks_tpm_identity identity;
	uint8_t name[UKS_TPM_NAME_LEN] = { 0 };
	ESYS_TR object = ESYS_TR_NONE;

	*error = (struct uks_tpm_error){ .cause = UKS_TPM_OK };
	if (handle < OWNER_FIRST || handle > OWNER_LAST)
		return uks_tpm_fail(error, UKS_TPM_BAD_CONFIG, 0,
				    "0x%x is no persistent handle of the owner; choose one from 0x%x to 0x%x",
				    handle, OWNER_FIRST, OWNER_LAST);

	if (tpm->root != ESYS_TR_NONE)
		Esys_TR_Close(tpm->esys, &tpm->root);
	tpm->root = ESYS_TR_NONE;

	if (look_up(tpm, handle, &object, name, error))
		goto fail;
	if (expected && object != ESYS_TR_NONE && !memcmp(name, expected->root, sizeof(name)))
		identity = *expected;
	else if (make_root(tpm, handle, expected, &object, name, &identity, error))
		goto fail;

	tpm->root = object;
	tpm->handle = handle;
	tpm->identity = identity;
	*found = identity;
	return 0;

fail:
	if (object != ESYS_TR_NONE)
		Esys_TR_Close(tpm->esys, &object);
	return -1;
}

int uks_tpm_root(struct uks_tpm *tpm, uint32_t handle, const struct uks_tpm_identity *expected,
		 struct uks_tpm_identity *found, struct uks_tpm_error *error)
{
	int ret;

	pthread_mutex_lock(&tpm->lock);
	ret = uks_tpm_find_root(tpm, handle, expected, found, error);
	pthread_mutex_unlock(&tpm->lock);
	return ret;
}
