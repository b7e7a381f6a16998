// SPDX-License-Identifier: LGPL-2.1-or-later
/* Response codes of the TPM and of tpm2-tss as causes, with a cure for each. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <tss2/tss2_rc.h>

#include "tpm/internal.h"

/* Cause and cure, for the causes that a response code alone tells. */
static const char *const advice[] = {
	[UKS_TPM_NO_DEVICE] =
		"the TPM does not answer; see that it is switched on in the firmware setup and that nothing else was started on its device",
	[UKS_TPM_BUSY] =
		"the TPM was still busy after several tries; try again later",
	[UKS_TPM_HIERARCHY] =
		"the hierarchy has a password or is switched off; remove the password with tpm2_changeauth, or switch the hierarchy on in the firmware setup",
	[UKS_TPM_NO_SPACE] =
		"the TPM has no room for one more persistent object; list them with \"tpm2_getcap handles-persistent\" and evict one that nobody needs",
	[UKS_TPM_LOCKOUT] =
		"the TPM is locked against password guessing; wait for its recovery time, or reset it with \"tpm2_dictionarylockout --clear-lockout\"",
	[UKS_TPM_FAILURE_MODE] =
		"the TPM is in failure mode: it failed a test of itself and does nothing more; switch the machine off and on, and if that does not help have the TPM repaired",
	[UKS_TPM_CONTEXTS_EXHAUSTED] =
		"the TPM is full of objects or sessions of others; use the kernel's resource manager (device:/dev/tpmrm0), or remove them with \"tpm2_flushcontext\"",
	[UKS_TPM_SEALED_BLOB] =
		"the sealed blob is damaged or was sealed under another root; restore it from a backup of this machine",
	[UKS_TPM_UNTRUSTED] =
		"the answer is not from the TPM that has the storage root, or was changed on its way; look for something between the processor and the TPM",
	[UKS_TPM_UNSUPPORTED] =
		"this TPM has no such algorithm, key length or PCR bank; choose another one",
	[UKS_TPM_INDEX] =
		"the NV index is gone or was replaced by another; if the TPM's owner did not do that on purpose, look for who did, then restore from a backup",
	[UKS_TPM_KEY_BLOB] =
		"the key is damaged or was made under another root; restore it from a backup of this machine",
	[UKS_TPM_WRONG_AUTH] =
		"the authorisation is wrong; give the right one",
	[UKS_TPM_PIN_BLOCKED] =
		"no tries are left for this PIN; an administrator can give them back",
	[UKS_TPM_NOT_APPROVED] =
		"the approval is not signed by the authority, or damaged; sign it again",
	[UKS_TPM_OTHER] =
		"unexpected answer; look the code up in TPM 2.0 Part 2, 6.6",
};

/* The kernel and resource managers give the TPM's codes a layer of their own. */
bool uks_tpm_is_answer(TSS2_RC rc)
{
	switch (rc & TSS2_RC_LAYER_MASK) {
	case TSS2_TPM_RC_LAYER:
	case TSS2_RESMGR_TPM_RC_LAYER:
		return true;
	default:
		return false;
	}
}

TSS2_RC uks_tpm_base_rc(TSS2_RC rc)
{
	if (!uks_tpm_is_answer(rc))
		return rc;
	rc &= ~TSS2_RC_LAYER_MASK;
	/* Format one (Part 2, 6.6.2): 7 is the format, 6 tells a parameter, 8 to 11 which. */
	return rc & TPM2_RC_FMT1 ? rc & (TPM2_RC_FMT1 | 0x3f) : rc;
}

static enum uks_tpm_cause cause_by_tpm(TSS2_RC rc)
{
	switch (uks_tpm_base_rc(rc)) {
	case TPM2_RC_FAILURE:
		return UKS_TPM_FAILURE_MODE;
	case TPM2_RC_LOCKOUT:
		return UKS_TPM_LOCKOUT;
	case TPM2_RC_RETRY:
	case TPM2_RC_TESTING:
	case TPM2_RC_YIELDED:
	case TPM2_RC_NV_RATE:
	case TPM2_RC_NV_UNAVAILABLE:
		return UKS_TPM_BUSY;
	case TPM2_RC_CONTEXT_GAP:
	case TPM2_RC_OBJECT_MEMORY:
	case TPM2_RC_SESSION_MEMORY:
	case TPM2_RC_MEMORY:
	case TPM2_RC_SESSION_HANDLES:
	case TPM2_RC_OBJECT_HANDLES:
		return UKS_TPM_CONTEXTS_EXHAUSTED;
	case TPM2_RC_NV_SPACE:
		return UKS_TPM_NO_SPACE;
	case TPM2_RC_HIERARCHY:
		return UKS_TPM_HIERARCHY;
	default:
		return UKS_TPM_OTHER;
	}
}

enum uks_tpm_cause uks_tpm_cause_of(TSS2_RC rc)
{
	TSS2_RC layer = rc & TSS2_RC_LAYER_MASK;

	if (!rc)
		return UKS_TPM_OK;
	if (uks_tpm_is_answer(rc))
		return cause_by_tpm(rc);

	/* What is unmarshalled here always came from the TPM. */
	if (layer == TSS2_MU_RC_LAYER)
		return UKS_TPM_UNTRUSTED;
	switch (rc & ~TSS2_RC_LAYER_MASK) {
	case TSS2_BASE_RC_IO_ERROR:
	case TSS2_BASE_RC_NO_CONNECTION:
		return UKS_TPM_NO_DEVICE;
	case TSS2_BASE_RC_RSP_AUTH_FAILED:
	case TSS2_BASE_RC_MALFORMED_RESPONSE:
	case TSS2_BASE_RC_INSUFFICIENT_RESPONSE:
		return UKS_TPM_UNTRUSTED;
	default:
		/* A TCTI has no other reason to fail than what it speaks with. */
		return layer == TSS2_TCTI_RC_LAYER ? UKS_TPM_NO_DEVICE : UKS_TPM_OTHER;
	}
}

int uks_tpm_fail(struct uks_tpm_error *error, enum uks_tpm_cause cause, TSS2_RC rc,
		 const char *format, ...)
{
	size_t used;
	va_list args;

	error->cause = cause;
	error->rc = rc;
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	if (!rc)
		return -1;

	used = strlen(error->text);
	snprintf(error->text + used, sizeof(error->text) - used, " (0x%x, %s)", rc,
		 Tss2_RC_Decode(rc));
	return -1;
}

int uks_tpm_fail_as(struct uks_tpm_error *error, enum uks_tpm_cause cause, TSS2_RC rc,
		    const char *what)
{
	return uks_tpm_fail(error, cause, rc, "%s: %s", what, advice[cause]);
}

int uks_tpm_fail_rc(struct uks_tpm_error *error, TSS2_RC rc, const char *what)
{
	return uks_tpm_fail_as(error, uks_tpm_cause_of(rc), rc, what);
}
