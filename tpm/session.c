// SPDX-License-Identifier: LGPL-2.1-or-later
/* Commands that have to be sent again, sessions, and leaving nothing in the TPM. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include <tss2/tss2_sys.h>

#include "tpm/internal.h"

#define FIRST_WAIT_MS	10
#define TRIES		9	/* about five seconds in all */

bool uks_tpm_again(TSS2_RC rc, unsigned int *tries)
{
	struct timespec wait;
	long ms;

	if (uks_tpm_cause_of(rc) != UKS_TPM_BUSY || *tries >= TRIES)
		return false;

	/* A TPM has no way to tell that it is ready: it wants to be asked again. */
	ms = FIRST_WAIT_MS << (*tries)++;
	wait = (struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, &wait) == EINTR)
		;
	return true;
}

static int start_session(struct uks_tpm *tpm, TPM2_SE type, ESYS_TR *session,
			 struct uks_tpm_error *error)
{
	const TPMT_SYM_DEF symmetric = {
		.algorithm = TPM2_ALG_AES,
		.keyBits.aes = 128,
		.mode.aes = TPM2_ALG_CFB,
	};
	const TPMA_SESSION attributes = TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_DECRYPT |
					TPMA_SESSION_ENCRYPT;
	unsigned int tries = 0;
	TSS2_RC rc;

	*session = ESYS_TR_NONE;
	if (tpm->root == ESYS_TR_NONE)
		return uks_tpm_fail(error, UKS_TPM_OTHER, 0,
				    "cannot start a session: there is no storage root yet; call uks_tpm_root() before");

	do {
		rc = Esys_StartAuthSession(tpm->esys, tpm->root, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, ESYS_TR_NONE, NULL, type, &symmetric,
					   TPM2_ALG_SHA256, session);
	} while (uks_tpm_again(rc, &tries));
	if (rc) {
		*session = ESYS_TR_NONE;
		return uks_tpm_fail_rc(error, rc, "cannot start a session with the TPM");
	}

	rc = Esys_TRSess_SetAttributes(tpm->esys, *session, attributes, 0xff);
	if (rc) {
		uks_tpm_flush(tpm, session);
		return uks_tpm_fail_rc(error, rc, "cannot set up a session with the TPM");
	}
	return 0;
}

int uks_tpm_session(struct uks_tpm *tpm, ESYS_TR *session, struct uks_tpm_error *error)
{
	return start_session(tpm, TPM2_SE_HMAC, session, error);
}

int uks_tpm_policy_session(struct uks_tpm *tpm, ESYS_TR *session, struct uks_tpm_error *error)
{
	return start_session(tpm, TPM2_SE_POLICY, session, error);
}

/* A command in a salted session went wrong: bad luck, or an attack? */
int uks_tpm_fail_session(struct uks_tpm_error *error, TSS2_RC rc, const char *what)
{
	enum uks_tpm_cause cause = uks_tpm_cause_of(rc);

	if (cause != UKS_TPM_OTHER)
		return uks_tpm_fail_rc(error, rc, what);

	switch (uks_tpm_base_rc(rc)) {
	case TPM2_RC_AUTH_FAIL:
	case TPM2_RC_BAD_AUTH:
		return uks_tpm_fail_as(error, UKS_TPM_UNTRUSTED, rc, what);
	case TSS2_ESYS_RC_MEMORY:
		return uks_tpm_fail_rc(error, rc, what);
	}
	/* The software refused the answer, such as for a session that it lacks. */
	return uks_tpm_fail_as(error, uks_tpm_is_answer(rc) ? cause : UKS_TPM_UNTRUSTED, rc,
			       what);
}

int uks_tpm_fail_auth(struct uks_tpm_error *error, TSS2_RC rc, const char *what)
{
	switch (uks_tpm_base_rc(rc)) {
	case TPM2_RC_AUTH_FAIL:
	case TPM2_RC_BAD_AUTH:
	case TPM2_RC_POLICY_FAIL:
		return uks_tpm_fail_as(error, UKS_TPM_WRONG_AUTH, rc, what);
	default:
		return uks_tpm_fail_session(error, rc, what);
	}
}

int uks_tpm_set_auth(struct uks_tpm *tpm, ESYS_TR object, const TPM2B_AUTH *auth,
		     struct uks_tpm_error *error)
{
	TSS2_RC rc = Esys_TR_SetAuth(tpm->esys, object, auth);

	return rc ? uks_tpm_fail_rc(error, rc, "cannot set an authorisation value") : 0;
}

/*
 * ESYS does nothing more after an answer that it could not accept, nor does the
 * system API below it when there was no answer. The TPM has the object all the
 * same, and the connection may still work.
 */
static void flush_by_handle(struct uks_tpm *tpm, TPM2_HANDLE handle)
{
	TSS2_ABI_VERSION version = TSS2_ABI_VERSION_CURRENT;
	size_t size = Tss2_Sys_GetContextSize(0);
	TSS2_SYS_CONTEXT *sys;

	sys = calloc(1, size);
	if (sys && !Tss2_Sys_Initialize(sys, size, tpm->tcti, &version)) {
		Tss2_Sys_FlushContext(sys, handle);
		Tss2_Sys_Finalize(sys);
	}
	free(sys);
}

/*
 * Failing to flush is no failure of what came before: the object or session is
 * already of no use to anybody, and a connection that is gone fails the next
 * command by itself.
 */
void uks_tpm_flush(struct uks_tpm *tpm, ESYS_TR *object)
{
	unsigned int tries = 0;
	TPM2_HANDLE handle;
	TSS2_RC rc;

	if (*object == ESYS_TR_NONE)
		return;
	do {
		rc = Esys_FlushContext(tpm->esys, *object);
	} while (uks_tpm_again(rc, &tries));
	if (rc == TSS2_ESYS_RC_BAD_SEQUENCE &&
	    !Esys_TR_GetTpmHandle(tpm->esys, *object, &handle))
		flush_by_handle(tpm, handle);
	*object = ESYS_TR_NONE;
}
