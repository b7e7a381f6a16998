// SPDX-License-Identifier: LGPL-2.1-or-later
/* Changes to keys that are there, and the simplest one: another name. */
#include <sodium.h>

#include "daemon/key/change.h"
#include "daemon/key/lifecycle.h"
#include "daemon/log.h"

int key_end_sessions(struct worker *worker, const uint8_t *id, struct failure *failure)
{
	struct uksd *uksd = worker->uksd;
	uint32_t sessions = 0;

	if (uksd->revoke(uksd->revoke_context, id, &sessions, failure))
		return -1;
	keycache_drop(uksd->cache, id);
	return 0;
}

void key_changed(struct worker *worker, const uint8_t *id)
{
	struct uksd *uksd = worker->uksd;

	keycache_drop(uksd->cache, id);
	keylock_changed(&uksd->locks);
	if (uksd->wake)
		uksd->wake(uksd->wake_context);
}

static int set_due(struct key *key, struct failure *failure)
{
	struct policy policy;

	if (policy_of(key, &policy, failure))
		return -1;
	key->due = lifecycle_due(key, &policy);
	return 0;
}

static int change_one(struct worker *worker, struct record *record, const struct change *change,
		      struct failure *failure)
{
	const uint8_t *master = worker->uksd->master->key;
	int ret = -1;
	size_t len;

	if (key_open_record(worker, record, &len, failure))
		return -1;
	change->apply(&record->key, change);
	if (!set_due(&record->key, failure)) {
		seal_secret(master, &record->key, worker->secret, len, &record->blob);
		ret = worker->store->ops->update(worker->store, record, failure);
	}
	sodium_memzero(worker->secret, len);
	return ret;
}

/* What the versions of a key have in common, as the blobs still have it. */
static void take_common(struct key *key, const struct key *common)
{
	memcpy(key->name, common->name, sizeof(key->name));
	memcpy(key->policy, common->policy, common->policy_len);
	key->policy_len = common->policy_len;
	key->deleted = common->deleted;
	key->erase = common->erase;
}

/*
 * With the first version the store has the new name (policy, ...) already, but the
 * blobs of the others still the old one. The newest version comes last, so that what
 * is due is what it says.
 */
int key_change_versions(struct worker *worker, struct record *record,
			const struct change *change, struct failure *failure)
{
	struct store *store = worker->store;
	struct key *common = &worker->common;
	uint32_t version = 0;

	*common = record->key;
	while (!store->ops->version(store, common->id, version, record, failure)) {
		take_common(&record->key, common);
		if (change_one(worker, record, change, failure))
			return -1;
		version = record->key.version;
	}
	return failure->code == UKS_E_NO_KEY && version ? 0 : -1;
}

int key_change(struct worker *worker, const struct change *change, bool revoke,
	       struct failure *failure)
{
	struct store *store = worker->store;
	uint8_t id[UKS_KEY_ID_LEN];
	int ret;

	memcpy(id, worker->record.key.id, sizeof(id));
	if (store->ops->begin(store, failure))
		return -1;
	ret = key_change_versions(worker, &worker->record, change, failure);
	if (!ret && change->also)
		ret = change->also(worker, change, failure);
	if (!ret && revoke)
		ret = key_end_sessions(worker, id, failure);
	if (ret)
		store->ops->rollback(store);
	else
		ret = store->ops->commit(store, failure);
	if (!ret)
		key_changed(worker, id);
	return ret;
}

static void set_name(struct key *key, const struct change *change)
{
	snprintf(key->name, sizeof(key->name), "%s", (const char *)change->context);
}

int handle_key_rename(struct worker *worker, const struct request *request,
		      struct uks_attrs *out, struct failure *failure)
{
	char name[UKS_NAME_MAX + 1] = "", old[UKS_NAME_MAX + 1];
	struct change change = { .apply = set_name, .context = name };
	struct key *key = &worker->record.key;

	(void)out;
	if (!uks_attr_string(&request->attrs[UKS_A_NEW_NAME], name, sizeof(name)))
		return failure_set(failure, UKS_E_BAD_NAME, "the new name has a NUL byte");
	if (key_name_check(name, failure) || key_find_to_change(worker, request, failure))
		return -1;
	memcpy(old, key->name, sizeof(old));
	if (key_change(worker, &change, false, failure)) {
		if (failure->code == UKS_E_KEY_EXISTS)
			failure_set(failure, UKS_E_KEY_EXISTS,
				    "you have a key named '%s' already: choose another name, or delete or rename that key first",
				    name);
		return -1;
	}
	log_request(LOG_INFO, request->id, "key '%s' of user %u is now named '%s'", old,
		    key->owner, name);
	return 0;
}
