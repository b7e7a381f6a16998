// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "daemon/tpmgate.h"
#include "daemon/uksd.h"

/* One who waits; lives on the stack of its thread. */
struct waiter {
	struct waiter *next;
	pthread_cond_t turn;
	bool called;
};

struct tpmgate {
	struct uks_tpm *tpm;
	pthread_mutex_t lock;
	bool taken;
	struct waiter *first;
	struct waiter **last;
};

int tpmgate_fail(const struct uks_tpm_error *error, struct failure *failure)
{
	enum uks_error code = UKS_E_TPM;

	switch (error->cause) {
	case UKS_TPM_LOCKOUT:
		code = UKS_E_TPM_LOCKOUT;
		break;
	case UKS_TPM_BUSY:
	case UKS_TPM_CONTEXTS_EXHAUSTED:
		code = UKS_E_TPM_BUSY;
		break;
	case UKS_TPM_BOOT_CHANGED:
	case UKS_TPM_NOT_APPROVED:
		code = UKS_E_BOOT;
		break;
	case UKS_TPM_WRONG_AUTH:
		code = UKS_E_PIN_WRONG;
		break;
	case UKS_TPM_PIN_BLOCKED:
		code = UKS_E_PIN_LOCKED;
		break;
	case UKS_TPM_KEY_BLOB:
		code = UKS_E_BLOB;
		break;
	default:
		break;
	}
	return failure_set(failure, code, "%s", error->text);
}

int tpmgate_open(const struct config *config, struct tpmgate **result, struct failure *failure)
{
	struct tpmgate *gate = calloc(1, sizeof(*gate));
	struct uks_tpm_error error;

	if (!gate)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for the TPM");
	if (uks_tpm_open(config->tcti, &gate->tpm, &error)) {
		free(gate);
		return tpmgate_fail(&error, failure);
	}
	pthread_mutex_init(&gate->lock, NULL);
	gate->last = &gate->first;
	*result = gate;
	return 0;
}

void tpmgate_close(struct tpmgate *gate)
{
	if (!gate)
		return;
	uks_tpm_close(gate->tpm);
	pthread_mutex_destroy(&gate->lock);
	free(gate);
}

static void queue_up(struct tpmgate *gate, struct waiter *waiter)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&waiter->turn, &attr);
	pthread_condattr_destroy(&attr);
	*gate->last = waiter;
	gate->last = &waiter->next;
}

static void step_out(struct tpmgate *gate, struct waiter *waiter)
{
	struct waiter **at = &gate->first;

	while (*at != waiter)
		at = &(*at)->next;
	*at = waiter->next;
	if (gate->last == &waiter->next)
		gate->last = at;
}

/* With the lock held; whoever is called has the gate already and is out of the queue. */
static bool wait_for_turn(struct tpmgate *gate)
{
	struct waiter waiter = { .called = false };
	struct timespec until;
	int ret = 0;

	queue_up(gate, &waiter);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += TPMGATE_PATIENCE;
	while (!waiter.called && ret != ETIMEDOUT)
		ret = pthread_cond_timedwait(&waiter.turn, &gate->lock, &until);
	if (!waiter.called)
		step_out(gate, &waiter);
	pthread_cond_destroy(&waiter.turn);
	return waiter.called;
}

int tpmgate_enter(struct uksd *uksd, struct uks_tpm **tpm, struct failure *failure)
{
	struct tpmgate *gate = uksd->gate;
	bool entered = true;

	pthread_mutex_lock(&gate->lock);
	if (gate->taken)
		entered = wait_for_turn(gate);
	else
		gate->taken = true;
	pthread_mutex_unlock(&gate->lock);
	if (!entered)
		return failure_set(failure, UKS_E_TPM_BUSY,
				   "the TPM was at other work for more than %d seconds: try again later",
				   TPMGATE_PATIENCE);
	*tpm = gate->tpm;
	return 0;
}

void tpmgate_leave(struct uksd *uksd)
{
	struct tpmgate *gate = uksd->gate;
	struct waiter *next;

	pthread_mutex_lock(&gate->lock);
	next = gate->first;
	if (next) {
		gate->first = next->next;
		if (!gate->first)
			gate->last = &gate->first;
		next->called = true;
		pthread_cond_signal(&next->turn);
	} else {
		gate->taken = false;
	}
	pthread_mutex_unlock(&gate->lock);
}
