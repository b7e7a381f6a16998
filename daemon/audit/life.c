// SPDX-License-Identifier: LGPL-2.1-or-later
/* The audit's life: opened, its writer running, stopped. */
#include <stdlib.h>
#include <time.h>

#include "daemon/audit/internal.h"
#include "daemon/log.h"

#define BATCH_MS	200	/* how long a record waits for others */
#define RETRY_MS	1000	/* until writing is tried again */
#define STACK_SIZE	(256 * 1024)

static void in_time(struct timespec *when, uint64_t ms)
{
	clock_gettime(CLOCK_MONOTONIC, when);
	when->tv_sec += ms / 1000;
	when->tv_nsec += ms % 1000 * 1000000;
	if (when->tv_nsec >= 1000000000) {
		when->tv_nsec -= 1000000000;
		when->tv_sec++;
	}
}

/* Milliseconds until the head is to go to the TPM; 0 for now, UINT64_MAX for never. */
static uint64_t until_anchor(const struct audit *audit)
{
	struct timespec now;
	uint64_t since;

	if (!atomic_load(&audit->anchor_due) || !audit->config->audit_anchor)
		return UINT64_MAX;
	clock_gettime(CLOCK_MONOTONIC, &now);
	since = now.tv_sec - audit->anchored;
	return since >= audit->config->audit_anchor ? 0 :
	       (audit->config->audit_anchor - since) * 1000;
}

static void wait_until(struct audit *audit, uint64_t ms)
{
	struct timespec end;

	if (!ms)
		return;
	if (ms == UINT64_MAX) {
		pthread_cond_wait(&audit->wake, &audit->lock);
		return;
	}
	in_time(&end, ms);
	pthread_cond_timedwait(&audit->wake, &audit->lock, &end);
}

/* With the lock: until there is something to write that has waited long enough. */
static void wait_for_work(struct audit *audit)
{
	struct timespec end;
	int ret = 0;

	if (!audit->used)
		wait_until(audit, atomic_load(&audit->failed) ? RETRY_MS : until_anchor(audit));
	in_time(&end, atomic_load(&audit->failed) ? RETRY_MS : BATCH_MS);
	while (audit->used && !audit->hurry && !audit->stop && !ret)
		ret = pthread_cond_timedwait(&audit->wake, &audit->lock, &end);
}

static void *write_always(void *context)
{
	struct audit *audit = context;
	struct failure failure;

	pthread_mutex_lock(&audit->lock);
	while (!audit->stop) {
		wait_for_work(audit);
		if (audit->stop)
			break;
		pthread_mutex_unlock(&audit->lock);
		if (!audit_flush(audit, false, &failure) && !until_anchor(audit))
			audit_anchor(audit, audit->uksd);
		pthread_mutex_lock(&audit->lock);
		/* What cannot be written must not be tried without a pause. */
		if (atomic_load(&audit->failed) && !audit->stop)
			wait_until(audit, RETRY_MS);
	}
	pthread_mutex_unlock(&audit->lock);
	return NULL;
}

static void init_locks(struct audit *audit)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&audit->lock, NULL);
	pthread_mutex_init(&audit->write_lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&audit->wake, &attr);
	pthread_condattr_destroy(&attr);
}

int audit_new(const struct config *config, struct audit **result, struct failure *failure)
{
	struct audit *audit;

	*result = NULL;
	if (!config->audit)
		return 0;
	audit = calloc(1, sizeof(*audit));
	if (!audit)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for records");
	init_locks(audit);
	audit->config = config;
	audit->file.fd = -1;
	audit->buffer = malloc(AUDIT_BUFFER);
	audit->spare = malloc(AUDIT_BUFFER);
	audit->encoded = malloc(AUDIT_IN_MEMORY_MAX);
	if (!audit->buffer || !audit->spare || !audit->encoded) {
		failure_set(failure, UKS_E_NO_MEMORY, "out of memory for records");
		goto err;
	}
	if (audit_sink_open(config, &audit->sink, failure) ||
	    audit_file_open(&audit->file, config, &audit->found, failure))
		goto err;
	audit->sequence = audit->file.last;
	*result = audit;
	return 0;
err:
	audit_free(audit);
	return -1;
}

static void record_found(struct audit *audit)
{
	const struct audit_found *found = &audit->found;

	if (found->broken) {
		log_error("audit: the chain of records in %s is damaged: see 'uksctl audit verify'",
			  audit->file.dir);
		audit_event(audit, UKS_AUDIT_BROKEN, NULL, audit->file.last);
	}
	if (!found->clean) {
		log_warning("audit: the daemon had not stopped in order: its last records may be missing");
		audit_event(audit, UKS_AUDIT_UNCLEAN, NULL, found->cut);
	}
}

static int start_writer(struct audit *audit, struct failure *failure)
{
	pthread_attr_t attr;
	int ret;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	ret = pthread_create(&audit->writer, &attr, write_always, audit);
	pthread_attr_destroy(&attr);
	if (ret)
		return failure_set(failure, UKS_E_NO_MEMORY, "cannot start a thread: %s",
				   strerror(ret));
	audit->running = true;
	return 0;
}

int audit_start(struct audit *audit, struct uksd *uksd, struct failure *failure)
{
	if (!audit)
		return 0;
	audit->uksd = uksd;
	record_found(audit);
	audit_anchor_find(audit, uksd);
	audit_event(audit, UKS_AUDIT_STARTED, NULL, 0);
	return start_writer(audit, failure);
}

void audit_stop(struct audit *audit)
{
	if (!audit || !audit->running)
		return;
	pthread_mutex_lock(&audit->lock);
	audit->stop = true;
	pthread_cond_signal(&audit->wake);
	pthread_mutex_unlock(&audit->lock);
	pthread_join(audit->writer, NULL);
	audit->running = false;
	audit_event(audit, UKS_AUDIT_STOPPED, NULL, 0);
	if (!atomic_load(&audit->failed))
		audit_anchor(audit, audit->uksd);
}

void audit_free(struct audit *audit)
{
	if (!audit)
		return;
	audit_file_close(&audit->file);
	audit_sink_close(audit->sink);
	free(audit->buffer);
	free(audit->spare);
	free(audit->encoded);
	pthread_cond_destroy(&audit->wake);
	pthread_mutex_destroy(&audit->write_lock);
	pthread_mutex_destroy(&audit->lock);
	free(audit);
}
