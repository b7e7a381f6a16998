/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the generation share. */
#ifndef UKSD_GENERATION_INTERNAL_H
#define UKSD_GENERATION_INTERNAL_H

#include <pthread.h>

#include "daemon/rollback/generation.h"
#include "tpm/nv.h"

/**
 * struct generation - see generation.h
 * @index: the counter
 * @auth: what it is used with
 * @store: a connection for batches to be ended with
 * @work: held by who has the TPM count
 * @lock: protects what follows
 * @due: something may be due
 * @woken: that was told
 * @stop: the thread shall end
 * @thread: counts in the background, and looks through the store
 * @running: there is a thread
 */
struct generation {
	struct uks_tpm_index index;
	uint8_t auth[UKS_TPM_AUTH_LEN];
	struct store *store;
	pthread_mutex_t work;
	pthread_mutex_t lock;
	pthread_cond_t due;
	bool woken;
	bool stop;
	pthread_t thread;
	bool running;
};

/* NULL with @failure filled in when that fails. */
struct generation *generation_new(const struct uksd *uksd, struct failure *failure);
void generation_free(struct generation *generation);

#endif /* UKSD_GENERATION_INTERNAL_H */
