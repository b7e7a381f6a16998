// SPDX-License-Identifier: LGPL-2.1-or-later
/* The end of keys, and the way back from it. */
#include <sodium.h>

#include "daemon/key/access.h"
#include "daemon/key/change.h"
#include "daemon/key/lifecycle.h"
#include "daemon/log.h"
#include "daemon/pin/pin.h"

void key_delete_apply(struct key *key, const struct change *change)
{
	const struct deletion *deletion = change->context;

	key->deleted = deletion->now;
	key->erase = deletion->erase;
}

static int bury(struct worker *worker, const struct record *record, uint64_t now,
		struct failure *failure)
{
	struct tombstone tombstone = { .key = record->key };
	struct failure damaged;
	size_t len;

	if (!seal_open(worker->uksd->master->key, &record->key, &record->blob, worker->secret,
		       &len, &damaged)) {
		seal_check_value(worker->uksd->master->key, &record->key, worker->secret, len,
				 tombstone.check_value);
		tombstone.check_len = sizeof(tombstone.check_value);
		sodium_memzero(worker->secret, len);
	}
	if (!tombstone.key.deleted)
		tombstone.key.deleted = now;
	tombstone.key.state = lifecycle_state(&tombstone.key);
	tombstone.key.deleted = now;
	return worker->store->ops->bury(worker->store, &tombstone, failure);
}

int key_erase(struct worker *worker, struct record *record, uint64_t now,
	      struct failure *failure)
{
	struct store *store = worker->store;
	uint8_t id[UKS_KEY_ID_LEN];
	uint32_t version = 0;

	memcpy(id, record->key.id, sizeof(id));
	while (!store->ops->version(store, id, version, record, failure)) {
		if (bury(worker, record, now, failure))
			return -1;
		version = record->key.version;
	}
	if (failure->code != UKS_E_NO_KEY && failure->code != UKS_E_BLOB)
		return -1;
	if (store->ops->nv_drop(store, id, failure))
		return -1;
	return store->ops->remove(store, id, failure);
}

int key_erase_alone(struct worker *worker, uint64_t now, struct failure *failure)
{
	struct store *store = worker->store;
	uint8_t id[UKS_KEY_ID_LEN];

	memcpy(id, worker->record.key.id, sizeof(id));
	if (key_end_sessions(worker, id, failure) || store->ops->begin(store, failure))
		return -1;
	if (key_erase(worker, &worker->record, now, failure)) {
		store->ops->rollback(store);
		return -1;
	}
	if (store->ops->commit(store, failure))
		return -1;
	store->ops->scrub(store);
	pin_sweep(worker->uksd, store);
	key_changed(worker, id);
	return 0;
}

static int delete_softly(struct worker *worker, const struct deletion *deletion,
			 struct failure *failure)
{
	struct change change = {
		.apply = key_delete_apply, .context = (void *)deletion,
	};

	return key_change(worker, &change, true, failure);
}

int handle_key_delete(struct worker *worker, const struct request *request,
		      struct uks_attrs *out, struct failure *failure)
{
	uint32_t flags = uks_attr_u32(&request->attrs[UKS_A_FLAGS], 0);
	uint32_t window = worker->uksd->config->delete_window;
	struct deletion deletion = { .now = time(NULL) };
	const struct key *key = &worker->record.key;
	bool now = flags & UKS_CALL_NOW || !window;

	if (flags & ~UKS_CALL_NOW)
		return failure_set(failure, UKS_E_INVALID,
				   "flags 0x%x have no meaning when a key is deleted", flags);
	deletion.erase = deletion.now + (now ? 0 : window);
	worker->may_be_deleted = now;
	if (key_find_to_change(worker, request, failure))
		return -1;
	uks_attrs_put_u64(out, UKS_A_ERASED, deletion.erase);
	if (out->error)
		return 0;
	if (now ? key_erase_alone(worker, deletion.now, failure) :
		  delete_softly(worker, &deletion, failure))
		return -1;
	log_request(LOG_INFO, request->id, "user %u deleted key '%s'%s", key->owner, key->name,
		    now ? " for good" : "");
	return 0;
}

struct restoration {
	char name[UKS_NAME_MAX + 1];
};

static void restore(struct key *key, const struct change *change)
{
	const struct restoration *restoration = change->context;

	key->deleted = 0;
	key->erase = 0;
	if (*restoration->name)
		memcpy(key->name, restoration->name, sizeof(key->name));
}

/* An erased key has left its trace, if it was the caller's. */
static int find_deleted(struct worker *worker, const struct request *request,
			struct failure *failure)
{
	const struct uks_attr *id = &request->attrs[UKS_A_KEY_ID];
	struct store *store = worker->store;
	char name[UKS_NAME_MAX + 1];
	struct tombstone tombstone;

	if (!id->type) {
		if (!uks_attr_string(&request->attrs[UKS_A_KEY_NAME], name, sizeof(name)))
			return failure_set(failure, UKS_E_RESTORE, "no key had such a name");
		if (!store->ops->deleted_by_name(store, request->uid, name, &worker->record,
						 failure))
			return 0;
		return failure->code != UKS_E_NO_KEY ? -1 :
		       failure_set(failure, UKS_E_RESTORE,
				   "you have no deleted key named '%s' that could be restored: see 'uksctl key list --deleted'",
				   name);
	}
	if (!store->ops->by_id(store, id->value, &worker->record, failure))
		return access_owner(request, &worker->record.key, failure);
	if (failure->code == UKS_E_NO_KEY &&
	    !store->ops->tombstone(store, id->value, &tombstone, failure) &&
	    tombstone.key.owner == request->uid)
		return failure_set(failure, UKS_E_RESTORE,
				   "key '%s' was erased: it cannot be restored any more",
				   tombstone.key.name);
	return -1;
}

static int check_deleted(const struct key *key, struct failure *failure)
{
	if (!key->deleted)
		return failure_set(failure, UKS_E_RESTORE, "key '%s' is not deleted", key->name);
	if (key->erase <= (uint64_t)time(NULL))
		return failure_set(failure, UKS_E_RESTORE,
				   "the time in which key '%s' could be restored is over",
				   key->name);
	return 0;
}

static int find_to_restore(struct worker *worker, const struct request *request,
			   struct failure *failure)
{
	struct keylock *locks = &worker->uksd->locks;
	uint8_t id[UKS_KEY_ID_LEN];

	if (find_deleted(worker, request, failure))
		return -1;
	memcpy(id, worker->record.key.id, sizeof(id));
	worker->lock = keylock_change(locks, id);
	if (worker->store->ops->by_id(worker->store, id, &worker->record, failure))
		return -1;
	return check_deleted(&worker->record.key, failure);
}

int handle_key_restore(struct worker *worker, const struct request *request,
		       struct uks_attrs *out, struct failure *failure)
{
	const struct uks_attr *name = &request->attrs[UKS_A_NEW_NAME];
	struct restoration restoration = { "" };
	struct change change = { .apply = restore, .context = &restoration };
	const struct key *key = &worker->record.key;

	if (name->type && !uks_attr_string(name, restoration.name, sizeof(restoration.name)))
		return failure_set(failure, UKS_E_BAD_NAME, "the new name has a NUL byte");
	if ((name->type && key_name_check(restoration.name, failure)) ||
	    find_to_restore(worker, request, failure))
		return -1;
	if (key_change(worker, &change, true, failure)) {
		if (failure->code == UKS_E_KEY_EXISTS)
			failure_set(failure, UKS_E_KEY_EXISTS,
				    "you have another key of that name: restore it under a new name, or rename that key first");
		return -1;
	}
	key_describe(key, out, false);
	log_request(LOG_INFO, request->id, "user %u restored key '%s'", key->owner, key->name);
	return 0;
}
