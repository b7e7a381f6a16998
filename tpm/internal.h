/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of tpm/ share among themselves. */
#ifndef UKS_TPM_INTERNAL_H
#define UKS_TPM_INTERNAL_H

#include <stdbool.h>

#include <tss2/tss2_esys.h>

#include "tpm/tpm.h"

struct uks_tpm {
	TSS2_TCTI_CONTEXT *tcti;
	ESYS_CONTEXT *esys;
	ESYS_TR root;		/* ESYS_TR_NONE until uks_tpm_root() */
	char description[96];
};

/* error.c */

/* Whether the TPM itself answered @rc, and not the software on the way to it. */
bool uks_tpm_is_answer(TSS2_RC rc);

/* The response code without the handle, parameter or session it complains about. */
TSS2_RC uks_tpm_base_rc(TSS2_RC rc);

/* The cause that @rc stands for, whatever command it answered. */
enum uks_tpm_cause uks_tpm_cause_of(TSS2_RC rc);

/* Fills in @error; @rc may be 0. Returns -1. */
int uks_tpm_fail(struct uks_tpm_error *error, enum uks_tpm_cause cause, TSS2_RC rc,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same with the text that belongs to @cause: "@what: cause; cure (code)". */
int uks_tpm_fail_as(struct uks_tpm_error *error, enum uks_tpm_cause cause, TSS2_RC rc,
		    const char *what);

/* The same with the cause that @rc stands for. */
int uks_tpm_fail_rc(struct uks_tpm_error *error, TSS2_RC rc, const char *what);

/* session.c */

/*
 * Whether the TPM wants a command again. Waits then; @tries counts, and begins
 * at 0. Around each command: do { rc = … } while (uks_tpm_again(rc, &tries)).
 */
bool uks_tpm_again(TSS2_RC rc, unsigned int *tries);

/*
 * Starts an HMAC session salted to the root, in which the first parameter of
 * commands and answers is encrypted. Returns 0, or -1 with @error filled in.
 */
int uks_tpm_session(struct uks_tpm *tpm, ESYS_TR *session, struct uks_tpm_error *error);

/* Removes a transient object or session from the TPM; makes @object ESYS_TR_NONE. */
void uks_tpm_flush(struct uks_tpm *tpm, ESYS_TR *object);

#endif /* UKS_TPM_INTERNAL_H */
