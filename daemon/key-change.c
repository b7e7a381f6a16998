// SPDX-License-Identifier: LGPL-2.1-or-later
/* Changes to keys that are there: rename, delete. */
#include <sodium.h>

#include "daemon/key-find.h"
#include "daemon/log.h"

/*
 * The name is bound to each version's blob: seal them all anew. The store's
 * change makes it all or nothing. With the first version the store has the new
 * name already, but the blobs of the others still the old one.
 */
static int reseal(struct worker *worker, const char name[UKS_NAME_MAX + 1], struct failure *failure)
{
	const uint8_t *master = worker->uksd->master->key;
	struct record *record = &worker->record;
	struct store *store = worker->store;
	char old[UKS_NAME_MAX + 1];
	uint8_t id[UKS_KEY_ID_LEN];
	uint32_t version = 0;
	size_t len;

	memcpy(id, record->key.id, sizeof(id));
	memcpy(old, record->key.name, sizeof(old));
	while (!store->ops->version(store, id, version, record, failure)) {
		memcpy(record->key.name, old, sizeof(old));
		if (key_open(worker, &len, failure))
			return -1;
		memcpy(record->key.name, name, sizeof(record->key.name));
		seal_secret(master, &record->key, worker->secret, len, &record->blob);
		sodium_memzero(worker->secret, len);
		if (store->ops->update(store, record, failure))
			return -1;
		version = record->key.version;
	}
	return failure->code == UKS_E_NO_KEY && version ? 0 : -1;
}

static int rename_key(struct worker *worker, const char name[UKS_NAME_MAX + 1],
		      struct failure *failure)
{
	struct store *store = worker->store;

	if (store->ops->begin(store, failure))
		return -1;
	if (!reseal(worker, name, failure))
		return store->ops->commit(store, failure);
	store->ops->rollback(store);
	if (failure->code == UKS_E_KEY_EXISTS)
		failure_set(failure, UKS_E_KEY_EXISTS,
			    "you have a key named '%s' already: choose another name, or delete or rename that key first",
			    name);
	return -1;
}

int handle_key_rename(struct worker *worker, const struct request *request,
		      struct uks_attrs *out, struct failure *failure)
{
	struct key *key = &worker->record.key;
	char name[UKS_NAME_MAX + 1] = "", old[UKS_NAME_MAX + 1];

	(void)out;
	if (!uks_attr_string(&request->attrs[UKS_A_NEW_NAME], name, sizeof(name)))
		return failure_set(failure, UKS_E_BAD_NAME, "the new name has a NUL byte");
	if (key_name_check(name, failure) || key_find_to_change(worker, request, failure))
		return -1;
	memcpy(old, key->name, sizeof(old));
	if (rename_key(worker, name, failure))
		return -1;
	keycache_drop(worker->uksd->cache, key->id);
	keylock_changed(&worker->uksd->locks);
	log_request(LOG_INFO, request->id, "key '%s' of user %u is now named '%s'", old,
		    key->owner, name);
	return 0;
}

/*
 * Sessions end before the key does, with the key's lock held, so that there is
 * no moment in which a session has a key that is gone, not even when the daemon
 * is killed between the two.
 */
int handle_key_delete(struct worker *worker, const struct request *request,
		      struct uks_attrs *out, struct failure *failure)
{
	const struct key *key = &worker->record.key;
	struct store *store = worker->store;
	struct uksd *uksd = worker->uksd;
	uint32_t sessions = 0;

	(void)out;
	if (key_find_to_change(worker, request, failure) ||
	    uksd->revoke(uksd->revoke_context, key->id, &sessions, failure))
		return -1;
	keycache_drop(uksd->cache, key->id);
	if (store->ops->remove(store, key->id, failure))
		return -1;
	keylock_changed(&uksd->locks);
	log_request(LOG_INFO, request->id, "user %u deleted key '%s', which ended %u sessions",
		    key->owner, key->name, sessions);
	return 0;
}
