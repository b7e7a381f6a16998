// SPDX-License-Identifier: LGPL-2.1-or-later
#include <sodium.h>

#include "daemon/backup/backup.h"
#include "daemon/master/custody.h"

/* Who exchanges the master key is not kept waiting by requests that go on coming. */
int custody_init(struct custody *custody, struct failure *failure)
{
	pthread_rwlockattr_t attr;

	custody->secrets = sodium_malloc(sizeof(*custody->secrets));
	if (!custody->secrets)
		return failure_set(failure, UKS_E_NO_MEMORY,
				   "out of locked memory for the master key");
	sodium_memzero(custody->secrets, sizeof(*custody->secrets));
	pthread_mutex_init(&custody->lock, NULL);
	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&custody->gate, &attr);
	pthread_rwlockattr_destroy(&attr);
	return 0;
}

void custody_exit(struct custody *custody)
{
	if (!custody->secrets)
		return;
	backup_drop(custody);
	sodium_free(custody->secrets);
	custody->secrets = NULL;
	pthread_rwlock_destroy(&custody->gate);
	pthread_mutex_destroy(&custody->lock);
}
