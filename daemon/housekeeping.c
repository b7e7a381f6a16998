// SPDX-License-Identifier: LGPL-2.1-or-later
#include <time.h>

#include <sodium.h>

#include "daemon/housekeeping.h"
#include "daemon/key/change.h"
#include "daemon/key/lifecycle.h"
#include "daemon/log.h"

#define AT_A_TIME	64	/* keys, before others get their turn */
#define LATER		3600	/* seconds until what failed is tried again */

static int erase(struct worker *worker, uint64_t now, struct failure *failure)
{
	if (key_erase_alone(worker, now, failure))
		return -1;
	audit_event(worker->uksd->audit, UKS_AUDIT_ERASED, &worker->record.key, 0);
	log_info("key '%s' of user %u was erased: the time in which it could be restored is over",
		 worker->record.key.name, worker->record.key.owner);
	return 0;
}

static void deactivate(struct key *key, const struct change *change)
{
	(void)change;
	if (lifecycle_allows(key, UKS_STATE_DEACTIVATED))
		key->state = UKS_STATE_DEACTIVATED;
}

static int act(struct worker *worker, uint64_t now, struct failure *failure)
{
	struct change change = { .apply = deactivate };
	const struct key *key = &worker->record.key;
	struct policy policy;

	if (key->deleted)
		return erase(worker, now, failure);
	if (policy_of(key, &policy, failure))
		return -1;
	if (policy.not_after && policy.not_after <= now) {
		if (key_change(worker, &change, true, failure))
			return -1;
		audit_event(worker->uksd->audit, UKS_AUDIT_DEACTIVATED, key, 0);
		log_info("key '%s' of user %u was deactivated: its time is over", key->name,
			 key->owner);
		return 0;
	}
	if (key_rotate(worker, NULL, NULL, failure))
		return -1;
	audit_event(worker->uksd->audit, UKS_AUDIT_ROTATED, key, 0);
	log_info("key '%s' of user %u was rotated as its policy says and has version %u",
		 key->name, key->owner, key->version);
	return 0;
}

/* With the record as it is, whatever is wrong with it. */
static int postpone(struct worker *worker, const uint8_t *id, uint64_t when)
{
	struct store *store = worker->store;
	struct failure failure;

	if (store->ops->begin(store, &failure))
		return -1;
	if (!store->ops->by_id(store, id, &worker->record, &failure)) {
		worker->record.key.due = when;
		if (!store->ops->update(store, &worker->record, &failure))
			return store->ops->commit(store, &failure);
	}
	store->ops->rollback(store);
	return -1;
}

/* It may have been changed until the lock was ours. */
static int do_one(struct worker *worker, const uint8_t *id, uint64_t now,
		  struct failure *failure)
{
	struct key *key = &worker->record.key;
	struct policy policy;
	uint64_t due = 0;

	if (worker->store->ops->by_id(worker->store, id, &worker->record, failure))
		return failure->code == UKS_E_NO_KEY ? 0 : -1;
	if (!key->due || key->due > now)
		return 0;
	/* What the store says is due proves nothing: the sealed record does. */
	if (key->deleted ? 0 : key_prove(worker, &worker->record, failure))
		return -1;
	if (policy_of(key, &policy, failure))
		return -1;
	due = lifecycle_due(key, &policy);
	if (due && due <= now)
		return act(worker, now, failure);
	return postpone(worker, id, due);
}

static int do_locked(struct worker *worker, const uint8_t *id, uint64_t now,
		     struct failure *failure)
{
	int ret;

	pthread_rwlock_rdlock(&worker->uksd->custody.gate);
	worker->lock = keylock_change(&worker->uksd->locks, id);
	ret = do_one(worker, id, now, failure);
	if (ret) {
		log_warning("housekeeping: %s", failure->text);
		ret = postpone(worker, id, now + LATER);
	}
	worker_done(worker);
	pthread_rwlock_unlock(&worker->uksd->custody.gate);
	return ret;
}

int housekeeping(struct worker *worker, uint64_t *next, struct failure *failure)
{
	struct store *store = worker->store;
	uint8_t id[UKS_KEY_ID_LEN];
	uint64_t now = time(NULL);
	int i;

	*next = 0;
	if (worker->uksd->locked.code)
		return 0;
	for (i = 0; i < AT_A_TIME; i++) {
		*next = 0;
		if (store->ops->due(store, id, next, failure))
			return failure->code == UKS_E_NO_KEY ? 0 : -1;
		if (*next > now)
			return 0;
		if (do_locked(worker, id, now, failure)) {
			*next = now + LATER;
			return 0;
		}
	}
	*next = now;
	return 0;
}
