/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Custody of the master key: what its life needs in memory, and who may not touch it
 * at the same time.
 *
 * Whoever uses the master key for a request holds the gate shared; who exchanges it
 * holds it alone, for as long as it takes to commit one change of the store.
 */
#ifndef UKSD_CUSTODY_H
#define UKSD_CUSTODY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "daemon/master/seal.h"

struct backup;

/**
 * struct custody - the life of the master key, as far as it is in memory
 * @lock: one command at a time
 * @gate: see above
 * @secrets: locked memory; see below
 * @parts_given: parts of a new master key that were given so far
 * @parts_needed: how many there are; 0: none was given
 * @recovered: @secrets->recovered was brought back from shares
 * @done: versions sealed anew so far
 * @total: versions that there are to seal anew; 0: nothing of that sort is going on
 * @busy: work is going on that may take long
 * @backup: the backup that is read or written; NULL if there is none
 */
struct custody {
	pthread_mutex_t lock;
	pthread_rwlock_t gate;
	struct custody_secrets {
		uint8_t parts[SEAL_MASTER_LEN];		/* XOR of those given so far */
		uint8_t recovered[SEAL_MASTER_LEN];
		uint8_t key[SEAL_MASTER_LEN];		/* while it is on its way */
	} *secrets;
	unsigned int parts_given;
	unsigned int parts_needed;
	bool recovered;
	atomic_ullong done;
	atomic_ullong total;
	atomic_bool busy;
	struct backup *backup;
};

/**
 * custody_init() - make the locks, and room for secrets
 * @custody: what to initialise
 * @failure: receives UKS_E_NO_MEMORY
 *
 * Return: 0, or -1 with @failure filled in.
 */
int custody_init(struct custody *custody, struct failure *failure);

/**
 * custody_exit() - wipe and free
 * @custody: from custody_init()
 */
void custody_exit(struct custody *custody);

#endif /* UKSD_CUSTODY_H */
