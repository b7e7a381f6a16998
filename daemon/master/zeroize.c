// SPDX-License-Identifier: LGPL-2.1-or-later
/* The end of a master key and of all that is under it. */
#include <stdlib.h>

#include <sodium.h>

#include "daemon/backup/backup.h"
#include "daemon/log.h"
#include "daemon/master/register.h"
#include "daemon/pin/pin.h"
#include "daemon/sks/device.h"
#include "daemon/sks/tries.h"

#define META_ZEROIZE	"zeroize"	/* the intention; gone when it is done */

static int end_sessions(struct uksd *uksd, struct store *store, struct failure *failure)
{
	struct record *record = calloc(1, sizeof(*record));
	uint32_t sessions;
	int ret = 0;

	if (!record)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory to end sessions");
	while (!ret && !store->ops->next_version(store, record, failure)) {
		ret = uksd->revoke(uksd->revoke_context, record->key.id, &sessions, failure);
		record->key.version = UINT32_MAX;
	}
	free(record);
	keycache_clear(uksd->cache);
	return ret;
}

static int empty(struct uksd *uksd, struct store *store, const uint8_t *key, void *context,
		 struct failure *failure)
{
	(void)uksd;
	(void)key;
	(void)context;
	return store->ops->drop_meta(store, META_ZEROIZE, failure) ||
	       sks_tries_drop(store, failure) || sks_device_drop(store, failure) ||
	       store->ops->empty(store, failure) ||
	       store->ops->nv_drop(store, NULL, failure) ? -1 : 0;
}

/*
 * What follows is empty, but has a key for its own records, which no key of a user is
 * ever sealed under: the register is empty until a master key is set.
 */
static int replace(struct uksd *uksd, struct store *store, struct failure *failure)
{
	static const struct exchange exchange = { .fill = empty };
	uint8_t *key = uksd->custody.secrets->key;
	struct master_record record = {
		.format = RECORD_FORMAT, .current = UKS_MASTER_EMPTY,
	};
	int ret;

	randombytes_buf(record.store, sizeof(record.store));
	randombytes_buf(key, SEAL_MASTER_LEN);
	ret = master_exchange(uksd, store, key, &record, &exchange, failure);
	sodium_memzero(key, SEAL_MASTER_LEN);
	return ret;
}

/* Each step may be repeated. */
static int go_on(struct uksd *uksd, struct store *store, struct failure *failure)
{
	struct master_record record;

	if (record_read(store, uksd->master->key, &record, failure) ||
	    end_sessions(uksd, store, failure) ||
	    record_forget(uksd, &record, failure) ||
	    sks_tries_forget(uksd, store, failure) ||
	    replace(uksd, store, failure))
		return -1;
	pin_sweep(uksd, store);
	log_warning("the master key and all keys under it were destroyed");
	return 0;
}

static int intend(struct store *store, struct failure *failure)
{
	if (store->ops->begin(store, failure))
		return -1;
	if (!store->ops->put_meta(store, META_ZEROIZE, (const uint8_t *)"1", 1, failure))
		return store->ops->commit(store, failure);
	store->ops->rollback(store);
	return -1;
}

int master_zeroize(struct uksd *uksd, struct store *store, struct failure *failure)
{
	struct custody *custody = &uksd->custody;

	if (intend(store, failure))
		return -1;
	backup_drop(custody);
	sodium_memzero(custody->secrets, sizeof(*custody->secrets));
	custody->recovered = false;
	custody->parts_given = 0;
	custody->parts_needed = 0;
	return go_on(uksd, store, failure);
}

int master_resume(struct uksd *uksd, struct store *store, struct failure *failure)
{
	uint8_t room[STORE_META_MAX];
	size_t len;

	if (store->ops->get_meta(store, META_ZEROIZE, room, &len, failure))
		return -1;
	if (!len)
		return 0;
	log_warning("going on to destroy the master key, as was begun before");
	return go_on(uksd, store, failure);
}
