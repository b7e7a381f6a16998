// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "daemon/log.h"
#include "daemon/rollback/generation-internal.h"
#include "daemon/tpmgate.h"

#define STACK_SIZE	(256 * 1024)
#define RETRY		30	/* seconds until the TPM is tried again */

/* Have the TPM count up to what is stored. With the work's lock held. */
static int count(struct uksd *uksd, struct failure *failure)
{
	struct generation *generation = uksd->generation;
	struct uks_tpm_error error;
	struct ledger_state state;
	struct uks_tpm *tpm;
	int ret;

	ledger_state(uksd->ledger, &state);
	if (state.stored == state.counted)
		return 0;
	if (tpmgate_enter(uksd, &tpm, failure))
		return -1;
	ret = uks_tpm_counter_advance(tpm, &generation->index, generation->auth, state.stored,
				      &error);
	tpmgate_leave(uksd);
	if (ret)
		return tpmgate_fail(&error, failure);
	ledger_counted(uksd->ledger, state.stored);
	return 0;
}

/* Give what was changed a generation of its own. */
static int end_batch(struct uksd *uksd, struct failure *failure)
{
	struct store *store = uksd->generation->store;

	if (store->ops->begin(store, failure))
		return -1;
	ledger_touch(uksd->ledger);
	return store->ops->commit(store, failure);
}

static int flush(struct uksd *uksd, struct failure *failure)
{
	struct ledger_state state;

	if (count(uksd, failure))
		return -1;
	ledger_state(uksd->ledger, &state);
	if (!state.dirty)
		return 0;
	return end_batch(uksd, failure) || count(uksd, failure) ? -1 : 0;
}

int generation_flush(struct uksd *uksd, struct failure *failure)
{
	int ret;

	if (!uksd->ledger)
		return 0;
	pthread_mutex_lock(&uksd->generation->work);
	ret = flush(uksd, failure);
	pthread_mutex_unlock(&uksd->generation->work);
	return ret;
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

int generation_work(struct uksd *uksd, struct failure *failure)
{
	struct ledger_state state;
	int ret;

	if (!uksd->ledger)
		return 0;
	ledger_state(uksd->ledger, &state);
	if (!state.due || state.due > now())
		return 0;
	pthread_mutex_lock(&uksd->generation->work);
	ret = state.stored == state.counted ? flush(uksd, failure) : count(uksd, failure);
	pthread_mutex_unlock(&uksd->generation->work);
	return ret;
}

static void wake(void *context)
{
	struct generation *generation = context;

	/* Not lost: who waits looks at the ledger after it has the lock. */
	pthread_mutex_lock(&generation->lock);
	generation->woken = true;
	pthread_cond_signal(&generation->due);
	pthread_mutex_unlock(&generation->lock);
}

/* Until something is due, or the end; false for that. */
static bool wait_until_due(struct uksd *uksd, uint64_t not_before)
{
	struct generation *generation = uksd->generation;
	struct timespec until = { .tv_nsec = 0 };
	struct ledger_state state;
	bool go_on;

	for (;;) {
		ledger_state(uksd->ledger, &state);
		until.tv_sec = state.due > not_before ? state.due : not_before;
		if (state.due && now() >= (uint64_t)until.tv_sec)
			return true;
		pthread_mutex_lock(&generation->lock);
		if (!generation->stop && !generation->woken && state.due)
			pthread_cond_timedwait(&generation->due, &generation->lock, &until);
		else if (!generation->stop && !generation->woken)
			pthread_cond_wait(&generation->due, &generation->lock);
		generation->woken = false;
		go_on = !generation->stop;
		pthread_mutex_unlock(&generation->lock);
		if (!go_on)
			return false;
	}
}

static void *work(void *context)
{
	struct uksd *uksd = context;
	struct failure failure;
	uint64_t not_before = 0;

	if (generation_examine(uksd, uksd->generation->store, &failure))
		log_error("cannot look through the store: %s", failure.text);
	while (wait_until_due(uksd, not_before)) {
		not_before = 0;
		if (!generation_work(uksd, &failure))
			continue;
		log_error("older copies are not refused until the TPM counts again: %s",
			  failure.text);
		not_before = now() + RETRY;
	}
	return NULL;
}

int generation_start(struct uksd *uksd, struct failure *failure)
{
	struct generation *generation = uksd->generation;
	pthread_attr_t attr;
	int ret;

	if (!generation)
		return 0;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	ret = pthread_create(&generation->thread, &attr, work, uksd);
	pthread_attr_destroy(&attr);
	if (ret)
		return failure_set(failure, UKS_E_NO_MEMORY, "cannot start a thread: %s",
				   strerror(ret));
	generation->running = true;
	ledger_on_due(uksd->ledger, wake, generation);
	return 0;
}

struct generation *generation_new(const struct uksd *uksd, struct failure *failure)
{
	struct generation *generation = sodium_malloc(sizeof(*generation));
	pthread_condattr_t attr;

	if (!generation)
		goto no_memory;
	memset(generation, 0, sizeof(*generation));
	if (store_open(uksd->config->store, false, &generation->store, failure)) {
		sodium_free(generation);
		return NULL;
	}
	pthread_mutex_init(&generation->work, NULL);
	pthread_mutex_init(&generation->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&generation->due, &attr);
	pthread_condattr_destroy(&attr);
	return generation;
no_memory:
	failure_set(failure, UKS_E_NO_MEMORY, "out of locked memory for the generation");
	return NULL;
}

void generation_free(struct generation *generation)
{
	if (!generation)
		return;
	store_close(generation->store);
	pthread_cond_destroy(&generation->due);
	pthread_mutex_destroy(&generation->lock);
	pthread_mutex_destroy(&generation->work);
	sodium_free(generation);
}

static void stop(struct generation *generation)
{
	pthread_mutex_lock(&generation->lock);
	generation->stop = true;
	pthread_cond_signal(&generation->due);
	pthread_mutex_unlock(&generation->lock);
	if (generation->running)
		pthread_join(generation->thread, NULL);
	generation->running = false;
}

void generation_close(struct uksd *uksd, struct store *store)
{
	struct failure failure;

	if (!uksd->generation)
		return;
	stop(uksd->generation);
	if (generation_flush(uksd, &failure))
		log_warning("the generation of the store is not counted yet, that is done at the next start: %s",
			    failure.text);
	if (store)
		store->ledger = NULL;
	generation_free(uksd->generation);
	ledger_free(uksd->ledger);
	uksd->generation = NULL;
	uksd->ledger = NULL;
}
