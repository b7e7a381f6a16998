/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of tpm/ share among themselves. */
#ifndef UKS_TPM_INTERNAL_H
#define UKS_TPM_INTERNAL_H

#include <pthread.h>
#include <stdbool.h>

#include <tss2/tss2_esys.h>

#include "tpm/tpm.h"

struct uks_tpm {
	TSS2_TCTI_CONTEXT *tcti;
	ESYS_CONTEXT *esys;
	ESYS_TR root;		/* ESYS_TR_NONE until uks_tpm_root() */
	pthread_mutex_t lock;	/* held by each call from the root on */
	char *where;		/* its TCTI, to connect again */
	uint32_t handle;	/* of the root */
	struct uks_tpm_identity identity;	/* valid with the root */
	char description[96];
};

/* context.c */

/* Connects anew after the connection or all that the TPM held was lost. */
int uks_tpm_reconnect(struct uks_tpm *tpm, struct uks_tpm_error *error);

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

/* root.c */

/* As uks_tpm_root(), for who holds the lock. */
int uks_tpm_find_root(struct uks_tpm *tpm, uint32_t handle,
		      const struct uks_tpm_identity *expected, struct uks_tpm_identity *found,
		      struct uks_tpm_error *error);

/* Computes the name of what ESYS knows; all zero when it is of another hash. */
int uks_tpm_get_name(struct uks_tpm *tpm, ESYS_TR object, uint8_t name[UKS_TPM_NAME_LEN],
		     struct uks_tpm_error *error);

/* Creates a primary object authorised by the empty password of @hierarchy. */
int uks_tpm_create_primary(struct uks_tpm *tpm, ESYS_TR hierarchy, const TPM2B_PUBLIC *template,
			   ESYS_TR *object, uint8_t name[UKS_TPM_NAME_LEN],
			   struct uks_tpm_error *error);

/* The template of the endorsement key that an identity has the name of. */
extern const TPM2B_PUBLIC uks_tpm_endorsement_template;

/* run.c */

/* One task for the TPM; may be run again from the beginning. As all: 0, or -1. */
typedef int uks_tpm_task(struct uks_tpm *tpm, void *arg, struct uks_tpm_error *error);

/*
 * Runs @task alone, and again for some seconds while the reason that it fails is
 * that the TPM was reset, went away or had no room. To be safe, a task that changes
 * what lasts looks first whether it was done already.
 */
int uks_tpm_run(struct uks_tpm *tpm, uks_tpm_task *task, void *arg, struct uks_tpm_error *error);

/* A task in a session of its own, which is flushed after it. */
typedef int uks_tpm_session_task(struct uks_tpm *tpm, ESYS_TR session, void *arg,
				 struct uks_tpm_error *error);
int uks_tpm_run_in_session(struct uks_tpm *tpm, uks_tpm_session_task *task, void *arg,
			   struct uks_tpm_error *error);

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

/* The same, as policy session. */
int uks_tpm_policy_session(struct uks_tpm *tpm, ESYS_TR *session, struct uks_tpm_error *error);

/*
 * Fails for @rc of a command in such a session: what the TPM does not say, and what
 * the software did not accept, is UKS_TPM_UNTRUSTED. Such are also wrong authorisations
 * where only a session can be at fault.
 */
int uks_tpm_fail_session(struct uks_tpm_error *error, TSS2_RC rc, const char *what);

/* The same, where a wrong authorisation value can be at fault: UKS_TPM_WRONG_AUTH. */
int uks_tpm_fail_auth(struct uks_tpm_error *error, TSS2_RC rc, const char *what);

/* @object is used with these bytes as authorisation value from now on. */
int uks_tpm_set_auth(struct uks_tpm *tpm, ESYS_TR object, const TPM2B_AUTH *auth,
		     struct uks_tpm_error *error);

/* Removes a transient object or session from the TPM; makes @object ESYS_TR_NONE. */
void uks_tpm_flush(struct uks_tpm *tpm, ESYS_TR *object);

#endif /* UKS_TPM_INTERNAL_H */
