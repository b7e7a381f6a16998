// SPDX-License-Identifier: LGPL-2.1-or-later
/* Another master key in the place of the present one, and all blobs with it. */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "daemon/backup/backup.h"
#include "daemon/key/usage.h"
#include "daemon/log.h"
#include "daemon/master/register.h"
#include "daemon/rollback/generation.h"

/* Room for one key at a time. */
struct rewrap {
	struct uksd *uksd;
	struct store *store;
	const uint8_t *key;
	struct record *record;
	uint8_t *secret;
};

static int rewrap_version(struct rewrap *rewrap, struct failure *failure)
{
	struct record *record = rewrap->record;
	size_t len;

	if (seal_open(rewrap->uksd->master->key, &record->key, &record->blob, rewrap->secret, &len,
		      failure))
		return -1;
	seal_secret(rewrap->key, &record->key, rewrap->secret, len, &record->blob);
	sodium_memzero(rewrap->secret, len);
	return rewrap->store->ops->put_blob(rewrap->store, record, failure);
}

static int rewrap_versions(struct rewrap *rewrap, struct failure *failure)
{
	struct custody *custody = &rewrap->uksd->custody;
	const struct store_ops *ops = rewrap->store->ops;

	while (!ops->next_version(rewrap->store, rewrap->record, failure)) {
		if (rewrap_version(rewrap, failure))
			return -1;
		atomic_fetch_add(&custody->done, 1);
	}
	return failure->code == UKS_E_NO_KEY ? 0 : -1;
}

static int rewrap_uses(struct rewrap *rewrap, struct failure *failure)
{
	const struct store_ops *ops = rewrap->store->ops;
	uint8_t id[UKS_KEY_ID_LEN] = { 0 };
	struct uses uses;

	while (!ops->next_uses(rewrap->store, id, &uses, failure))
		if (usage_rewrap(rewrap->uksd, rewrap->store, rewrap->key, id, &uses, failure))
			return -1;
	return failure->code == UKS_E_NO_KEY ? 0 : -1;
}

static int rewrap_all(struct uksd *uksd, struct store *store, const uint8_t *key, void *context,
		      struct failure *failure)
{
	struct rewrap rewrap = { .uksd = uksd, .store = store, .key = key };
	int ret = -1;

	(void)context;
	rewrap.record = calloc(1, sizeof(*rewrap.record));
	rewrap.secret = sodium_malloc(KEY_SECRET_MAX);
	if (!rewrap.record || !rewrap.secret)
		failure_set(failure, UKS_E_NO_MEMORY, "out of memory to seal keys anew");
	else if (!rewrap_versions(&rewrap, failure))
		ret = rewrap_uses(&rewrap, failure);
	sodium_free(rewrap.secret);
	free(rewrap.record);
	return ret;
}

static int write_change(struct uksd *uksd, struct store *store, const uint8_t *key,
			const struct uks_tpm_blob *blob, const struct master_record *record,
			const struct exchange *exchange, struct failure *failure)
{
	if (exchange->fill(uksd, store, key, exchange->context, failure) ||
	    store->ops->drop_meta(store, META_NEW, failure) ||
	    master_write(store, uksd->master, key, blob, failure))
		return -1;
	return record_write(store, key, record, failure);
}

static void take_into_use(struct uksd *uksd, const uint8_t *key, uint32_t state)
{
	sodium_mprotect_readwrite(uksd->master);
	memcpy(uksd->master->key, key, SEAL_MASTER_LEN);
	uksd->master->state = state;
	sodium_mprotect_readonly(uksd->master);
}

/* With the store frozen, so that nobody who uses a key waits for a change to end. */
static int change(struct uksd *uksd, struct store *store, const uint8_t *key,
		  const struct uks_tpm_blob *blob, const struct master_record *record,
		  const struct exchange *exchange, struct failure *failure)
{
	int ret;

	if (store->ops->begin(store, failure))
		return -1;
	if (write_change(uksd, store, key, blob, record, exchange, failure)) {
		store->ops->rollback(store);
		return -1;
	}
	pthread_rwlock_wrlock(&uksd->custody.gate);
	ret = store->ops->commit(store, failure);
	if (!ret)
		take_into_use(uksd, key, record->current);
	pthread_rwlock_unlock(&uksd->custody.gate);
	return ret;
}

int master_exchange(struct uksd *uksd, struct store *store, const uint8_t *key,
		    struct master_record *record, const struct exchange *exchange,
		    struct failure *failure)
{
	struct uks_tpm_blob blob;
	int ret;

	record->next = UKS_MASTER_EMPTY;
	memset(record->pattern, 0, sizeof(record->pattern));
	if (master_seal(uksd, key, &blob, failure))
		return -1;
	store->ops->freeze(store, true);
	ret = change(uksd, store, key, &blob, record, exchange, failure);
	store->ops->freeze(store, false);
	if (ret)
		return -1;
	store->ops->scrub(store);
	/* A copy from before must not bring the former key back. */
	if (generation_flush(uksd, failure))
		log_warning("the exchange of the master key is not counted by the TPM yet: %s",
			    failure->text);
	return 0;
}

int register_set(struct worker *worker, struct master_record *record, struct failure *failure)
{
	static const struct exchange exchange = { .fill = rewrap_all };
	struct custody *custody = &worker->uksd->custody;
	struct store *store = worker->store;
	uint8_t *key = custody->secrets->key;
	uint64_t total;
	int ret;

	if (record->next != UKS_MASTER_FULL_COMMITTED)
		return failure_set(failure, UKS_E_MASTER_STATE,
				   "the new register holds no committed master key: see 'uksctl master status'");
	if (store->ops->versions(store, &total, failure) ||
	    register_open(worker, record, key, failure))
		return -1;
	backup_drop(custody);
	atomic_store(&custody->done, 0);
	atomic_store(&custody->total, total);
	record->current = UKS_MASTER_VALID;
	ret = master_exchange(worker->uksd, store, key, record, &exchange, failure);
	atomic_store(&custody->total, 0);
	sodium_memzero(key, SEAL_MASTER_LEN);
	if (!ret)
		log_info("a new master key is in force; %llu blobs were sealed anew",
			 (unsigned long long)total);
	return ret;
}
