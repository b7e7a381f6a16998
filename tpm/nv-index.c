// SPDX-License-Identifier: LGPL-2.1-or-later
/* What all NV indices of ours have in common: known by name, made once. */
#include <string.h>

#include <sodium.h>
#include <tss2/tss2_mu.h>

#include "tpm/nv-index.h"

/* Handles of the owner in the TCG's registry. */
#define NV_FIRST	0x01800000u
#define NV_LAST		0x01bfffffu

/* Part 1, 16: the name of an index is the hash of its public area. */
int uks_tpm_nv_name(const TPMS_NV_PUBLIC *public, uint8_t name[UKS_TPM_NAME_LEN],
		    struct uks_tpm_error *error)
{
	uint8_t area[sizeof(TPMS_NV_PUBLIC)];
	size_t len = 0;
	TSS2_RC rc;

	rc = Tss2_MU_TPMS_NV_PUBLIC_Marshal(public, area, sizeof(area), &len);
	if (rc)
		return uks_tpm_fail_rc(error, rc, "cannot compute the name of an NV index");
	name[0] = TPM2_ALG_SHA256 >> 8;
	name[1] = TPM2_ALG_SHA256 & 0xff;
	crypto_hash_sha256(name + 2, area, len);
	return 0;
}

int uks_tpm_nv_find(struct uks_tpm *tpm, TPM2_HANDLE handle, ESYS_TR *nv,
		    uint8_t name[UKS_TPM_NAME_LEN], struct uks_tpm_error *error)
{
	unsigned int tries = 0;
	TSS2_RC rc;

	*nv = ESYS_TR_NONE;
	do {
		rc = Esys_TR_FromTPMPublic(tpm->esys, handle, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, nv);
	} while (uks_tpm_again(rc, &tries));
	if (rc) {
		*nv = ESYS_TR_NONE;
		if (uks_tpm_base_rc(rc) == TPM2_RC_HANDLE)
			return 0;
		return uks_tpm_fail_rc(error, rc, "cannot look for an NV index");
	}
	if (!uks_tpm_get_name(tpm, *nv, name, error))
		return 0;
	uks_tpm_nv_forget(tpm, nv);
	return -1;
}

void uks_tpm_nv_forget(struct uks_tpm *tpm, ESYS_TR *nv)
{
	const TPM2B_AUTH none = { .size = 0 };

	if (*nv == ESYS_TR_NONE)
		return;
	/* It frees without wiping. */
	Esys_TR_SetAuth(tpm->esys, *nv, &none);
	Esys_TR_Close(tpm->esys, nv);
	*nv = ESYS_TR_NONE;
}

int uks_tpm_nv_open(struct uks_tpm *tpm, const struct uks_tpm_index *index,
		    const TPM2B_AUTH *auth, ESYS_TR *nv, struct uks_tpm_error *error)
{
	uint8_t name[UKS_TPM_NAME_LEN];

	if (uks_tpm_nv_find(tpm, index->handle, nv, name, error))
		return -1;
	if (*nv == ESYS_TR_NONE || memcmp(name, index->name, sizeof(name))) {
		uks_tpm_nv_forget(tpm, nv);
		return uks_tpm_fail(error, UKS_TPM_INDEX, 0,
				    "the NV index 0x%x is gone or was replaced by another; if the TPM's owner did not do that on purpose, look for who did, then restore from a backup",
				    index->handle);
	}
	if (!auth || !uks_tpm_set_auth(tpm, *nv, auth, error))
		return 0;
	uks_tpm_nv_forget(tpm, nv);
	return -1;
}

static int create(struct uks_tpm *tpm, ESYS_TR session, const TPM2B_NV_PUBLIC *public,
		  const TPM2B_AUTH *auth, struct uks_tpm_error *error)
{
	static const char what[] = "cannot define an NV index";
	ESYS_TR nv = ESYS_TR_NONE;
	unsigned int tries = 0;
	TSS2_RC rc;

	do {
		rc = Esys_NV_DefineSpace(tpm->esys, ESYS_TR_RH_OWNER, session, ESYS_TR_NONE,
					 ESYS_TR_NONE, auth, public, &nv);
	} while (uks_tpm_again(rc, &tries));
	if (!rc) {
		uks_tpm_nv_forget(tpm, &nv);
		return 0;
	}
	switch (uks_tpm_base_rc(rc)) {
	case TPM2_RC_AUTH_FAIL:
	case TPM2_RC_BAD_AUTH:
		return uks_tpm_fail_as(error, UKS_TPM_HIERARCHY, rc, what);
	case TPM2_RC_ATTRIBUTES:
		return uks_tpm_fail_as(error, UKS_TPM_UNSUPPORTED, rc, what);
	case TPM2_RC_NV_SPACE:
		return uks_tpm_fail(error, UKS_TPM_NO_SPACE, rc,
				    "%s: the TPM has no room for one more; list them with \"tpm2_getcap handles-nv-index\" and remove one that nobody needs",
				    what);
	default:
		return uks_tpm_fail_session(error, rc, what);
	}
}

int uks_tpm_nv_fail_taken(uint32_t handle, struct uks_tpm_error *error)
{
	return uks_tpm_fail(error, UKS_TPM_HANDLE_TAKEN, 0,
			    "the NV index 0x%x is already in use for something else; choose another handle, or free this one with \"tpm2_nvundefine 0x%x\" if nobody needs it",
			    handle, handle);
}

int uks_tpm_nv_make(struct uks_tpm *tpm, ESYS_TR session, const TPMS_NV_PUBLIC *public,
		    const TPM2B_AUTH *auth, ESYS_TR *nv, bool *written,
		    struct uks_tpm_index *index, struct uks_tpm_error *error)
{
	TPM2B_NV_PUBLIC area = { .nvPublic = *public };
	uint8_t fresh[UKS_TPM_NAME_LEN], found[UKS_TPM_NAME_LEN];

	*nv = ESYS_TR_NONE;
	index->handle = public->nvIndex;
	if (public->nvIndex < NV_FIRST || public->nvIndex > NV_LAST)
		return uks_tpm_fail(error, UKS_TPM_BAD_CONFIG, 0,
				    "0x%x is no NV index of the owner; choose one from 0x%x to 0x%x",
				    public->nvIndex, NV_FIRST, NV_LAST);
	if (uks_tpm_nv_name(&area.nvPublic, fresh, error))
		return -1;
	area.nvPublic.attributes |= TPMA_NV_WRITTEN;
	if (uks_tpm_nv_name(&area.nvPublic, index->name, error))
		return -1;

	if (uks_tpm_nv_find(tpm, index->handle, nv, found, error))
		return -1;
	if (*nv == ESYS_TR_NONE) {
		area.nvPublic.attributes = public->attributes;
		if (create(tpm, session, &area, auth, error) ||
		    uks_tpm_nv_find(tpm, index->handle, nv, found, error))
			return -1;
	}
	*written = *nv != ESYS_TR_NONE && !memcmp(found, index->name, sizeof(found));
	if (*nv != ESYS_TR_NONE && (*written || !memcmp(found, fresh, sizeof(found))) &&
	    !uks_tpm_set_auth(tpm, *nv, auth, error))
		return 0;
	uks_tpm_nv_forget(tpm, nv);
	return uks_tpm_nv_fail_taken(index->handle, error);
}

int uks_tpm_nv_read(struct uks_tpm *tpm, ESYS_TR by, ESYS_TR nv, ESYS_TR session, void *data,
		    size_t len, struct uks_tpm_error *error)
{
	TPM2B_MAX_NV_BUFFER *got = NULL;
	unsigned int tries = 0;
	TSS2_RC rc;
	int ret = 0;

	do {
		rc = Esys_NV_Read(tpm->esys, by, nv, session, ESYS_TR_NONE, ESYS_TR_NONE, len, 0,
				  &got);
	} while (uks_tpm_again(rc, &tries));
	if (rc)
		return uks_tpm_fail_auth(error, rc, "cannot read an NV index");
	if (got->size == len)
		memcpy(data, got->buffer, len);
	else
		ret = uks_tpm_fail_as(error, UKS_TPM_UNTRUSTED, 0, "cannot read an NV index");
	Esys_Free(got);
	return ret;
}

static int remove_index(struct uks_tpm *tpm, ESYS_TR session, void *arg,
			struct uks_tpm_error *error)
{
	const struct uks_tpm_index *index = arg;
	uint8_t name[UKS_TPM_NAME_LEN];
	unsigned int tries = 0;
	ESYS_TR nv;
	TSS2_RC rc;

	if (uks_tpm_nv_find(tpm, index->handle, &nv, name, error))
		return -1;
	if (nv == ESYS_TR_NONE)
		return 0;
	uks_tpm_nv_forget(tpm, &nv);
	if (uks_tpm_nv_open(tpm, index, NULL, &nv, error))
		return -1;
	do {
		rc = Esys_NV_UndefineSpace(tpm->esys, ESYS_TR_RH_OWNER, nv, session, ESYS_TR_NONE,
					   ESYS_TR_NONE);
	} while (uks_tpm_again(rc, &tries));
	if (!rc)
		return 0;
	uks_tpm_nv_forget(tpm, &nv);
	return uks_tpm_fail_session(error, rc, "cannot remove an NV index");
}

int uks_tpm_index_remove(struct uks_tpm *tpm, const struct uks_tpm_index *index,
			 struct uks_tpm_error *error)
{
	struct uks_tpm_index copy = *index;

	return uks_tpm_run_in_session(tpm, remove_index, &copy, error);
}

struct there {
	uint32_t handle;
	bool there;
};

static int look(struct uks_tpm *tpm, void *arg, struct uks_tpm_error *error)
{
	uint8_t name[UKS_TPM_NAME_LEN];
	struct there *there = arg;
	ESYS_TR nv;

	if (uks_tpm_nv_find(tpm, there->handle, &nv, name, error))
		return -1;
	there->there = nv != ESYS_TR_NONE;
	uks_tpm_nv_forget(tpm, &nv);
	return 0;
}

int uks_tpm_index_there(struct uks_tpm *tpm, uint32_t handle, bool *result,
			struct uks_tpm_error *error)
{
	struct there there = { .handle = handle };

	if (uks_tpm_run(tpm, look, &there, error))
		return -1;
	*result = there.there;
	return 0;
}
