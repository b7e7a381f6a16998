// SPDX-License-Identifier: LGPL-2.1-or-later
/* One task after the other, each until it is done or the TPM is gone for good. */
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "tpm/internal.h"

#define FIRST_WAIT_MS	10
#define LONGEST_WAIT_MS	1000
#define PATIENCE_MS	8000	/* a reset of the TPM, or a restart of what stands for it */

enum remedy { NONE, WAIT, RECONNECT };

/*
 * What was in the TPM is not there any more (Part 1, 12.2.3.2: a reset flushes
 * sessions and transient objects), or nothing answers.
 */
static enum remedy find_remedy(const struct uks_tpm_error *error)
{
	TSS2_RC base = uks_tpm_base_rc(error->rc);

	switch (error->cause) {
	case UKS_TPM_NO_DEVICE:
		return RECONNECT;
	case UKS_TPM_CONTEXTS_EXHAUSTED:
		return WAIT;
	default:
		break;
	}
	if (error->rc && base == TSS2_ESYS_RC_BAD_SEQUENCE)
		return RECONNECT;
	if (!uks_tpm_is_answer(error->rc))
		return NONE;
	if (base >= TPM2_RC_REFERENCE_H0 && base <= TPM2_RC_REFERENCE_S6)
		return RECONNECT;
	return base == TPM2_RC_INITIALIZE || base == TPM2_RC_HANDLE ? RECONNECT : NONE;
}

static void wait_ms(long ms)
{
	struct timespec wait = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &wait, &wait) == EINTR)
		;
}

/*
 * A TCTI writes to a socket of something that may be gone. That is told as an error,
 * and must not end the program.
 */
static void hold_pipe_signal(sigset_t *mask)
{
	sigset_t pipe;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, mask);
}

static void release_pipe_signal(const sigset_t *mask)
{
	const struct timespec now = { .tv_sec = 0 };
	sigset_t pipe;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	if (!sigismember(mask, SIGPIPE))
		while (sigtimedwait(&pipe, NULL, &now) == SIGPIPE)
			;
	pthread_sigmask(SIG_SETMASK, mask, NULL);
}

int uks_tpm_run(struct uks_tpm *tpm, uks_tpm_task *task, void *arg, struct uks_tpm_error *error)
{
	long wait = FIRST_WAIT_MS, waited = 0;
	enum remedy remedy;
	sigset_t mask;
	int ret;

	pthread_mutex_lock(&tpm->lock);
	hold_pipe_signal(&mask);
	*error = (struct uks_tpm_error){ .cause = UKS_TPM_OK };
	if (tpm->root == ESYS_TR_NONE && !tpm->handle) {
		ret = uks_tpm_fail(error, UKS_TPM_BAD_ARGUMENT, 0,
				   "the TPM has no storage root yet; call uks_tpm_root() before");
		goto out;
	}

	/* A former call may have left it disconnected. */
	ret = tpm->root == ESYS_TR_NONE ? uks_tpm_reconnect(tpm, error) : 0;
	if (!ret)
		ret = task(tpm, arg, error);
	while (ret && waited < PATIENCE_MS) {
		remedy = find_remedy(error);
		if (remedy == NONE)
			break;
		wait_ms(wait);
		waited += wait;
		wait = wait < LONGEST_WAIT_MS / 2 ? wait * 2 : LONGEST_WAIT_MS;
		ret = remedy == RECONNECT ? uks_tpm_reconnect(tpm, error) : 0;
		if (!ret)
			ret = task(tpm, arg, error);
	}
out:
	release_pipe_signal(&mask);
	pthread_mutex_unlock(&tpm->lock);
	if (!ret)
		*error = (struct uks_tpm_error){ .cause = UKS_TPM_OK };
	return ret;
}

struct in_session {
	uks_tpm_session_task *task;
	void *arg;
};

static int run_in_session(struct uks_tpm *tpm, void *arg, struct uks_tpm_error *error)
{
	const struct in_session *in = arg;
	ESYS_TR session;
	int ret;

	if (uks_tpm_session(tpm, &session, error))
		return -1;
	ret = in->task(tpm, session, in->arg, error);
	uks_tpm_flush(tpm, &session);
	return ret;
}

int uks_tpm_run_in_session(struct uks_tpm *tpm, uks_tpm_session_task *task, void *arg,
			   struct uks_tpm_error *error)
{
	struct in_session in = { task, arg };

	return uks_tpm_run(tpm, run_in_session, &in, error);
}
