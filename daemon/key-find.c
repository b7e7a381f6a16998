// SPDX-License-Identifier: LGPL-2.1-or-later
#include <sodium.h>

#include "daemon/access.h"
#include "daemon/key-find.h"

static int by_name(struct worker *worker, const struct request *request,
		   struct failure *failure)
{
	struct store *store = worker->store;
	char name[UKS_NAME_MAX + 1];

	/* No key has such a name, so there is no need to look. */
	if (!uks_attr_string(&request->attrs[UKS_A_KEY_NAME], name, sizeof(name)) ||
	    key_name_check(name, failure))
		return failure_set(failure, UKS_E_NO_KEY,
				   "you have no key of that name: it is no valid name");
	if (!store->ops->by_name(store, request->uid, name, &worker->record, failure))
		return 0;
	if (failure->code == UKS_E_NO_KEY)
		failure_set(failure, UKS_E_NO_KEY,
			    "you have no key named '%s': see 'uksctl key list'", name);
	return -1;
}

static int by_id(struct worker *worker, const struct request *request, struct failure *failure)
{
	const uint8_t *id = request->attrs[UKS_A_KEY_ID].value;
	char text[2 * UKS_KEY_ID_LEN + 1];

	if (!worker->store->ops->by_id(worker->store, id, &worker->record, failure))
		return 0;
	if (failure->code == UKS_E_NO_KEY) {
		sodium_bin2hex(text, sizeof(text), id, UKS_KEY_ID_LEN);
		failure_set(failure, UKS_E_NO_KEY, "there is no key with id %s", text);
	}
	return -1;
}

int key_find(struct worker *worker, const struct request *request, struct failure *failure)
{
	int ret;

	if (request->attrs[UKS_A_KEY_NAME].type)
		ret = by_name(worker, request, failure);
	else
		ret = by_id(worker, request, failure);
	return ret ? ret : access_check(request, &worker->record.key, failure);
}

/* It may be changed between look-up and lock: then once more. */
int key_find_to_use(struct worker *worker, const struct request *request,
		    struct failure *failure)
{
	struct keylock *locks = &worker->uksd->locks;
	unsigned long long changes = keylock_changes(locks);

	do {
		if (key_find(worker, request, failure))
			return -1;
		worker->lock = keylock_use(locks, worker->record.key.id, &changes);
	} while (!worker->lock);
	return 0;
}

int key_find_to_change(struct worker *worker, const struct request *request,
		       struct failure *failure)
{
	struct keylock *locks = &worker->uksd->locks;
	uint8_t id[UKS_KEY_ID_LEN];

	if (key_find(worker, request, failure))
		return -1;
	for (;;) {
		memcpy(id, worker->record.key.id, sizeof(id));
		worker->lock = keylock_change(locks, id);
		if (key_find(worker, request, failure))
			return -1;
		if (!memcmp(id, worker->record.key.id, sizeof(id)))
			return 0;
		/* The name has gone to another key meanwhile. */
		keylock_release(worker->lock);
		worker->lock = NULL;
	}
}

int key_open(struct worker *worker, size_t *len, struct failure *failure)
{
	return seal_open(worker->uksd->master->key, &worker->record.key, &worker->record.blob,
			 worker->secret, len, failure);
}

int key_prove(struct worker *worker, const struct record *record, struct failure *failure)
{
	size_t len;

	if (seal_open(worker->uksd->master->key, &record->key, &record->blob, worker->secret,
		      &len, failure))
		return -1;
	sodium_memzero(worker->secret, len);
	return 0;
}

struct cached_key *key_ready(struct worker *worker, struct failure *failure)
{
	struct uksd *uksd = worker->uksd;
	struct private_key *private_key;
	struct cached_key *cached;
	size_t len;
	int ret;

	if (key_open(worker, &len, failure))
		return NULL;
	ret = uksd->provider->load(&worker->record.key, worker->secret, len, &private_key,
				   failure);
	sodium_memzero(worker->secret, len);
	if (ret)
		return NULL;
	cached = keycache_add(uksd->cache, &worker->record.key, private_key);
	if (!cached)
		failure_set(failure, UKS_E_NO_MEMORY, "out of memory for a key");
	return cached;
}
