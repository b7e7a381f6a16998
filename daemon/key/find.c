// SPDX-License-Identifier: LGPL-2.1-or-later
#include <sodium.h>

#include "daemon/key/access.h"
#include "daemon/key/find.h"
#include "daemon/provider/provider-tpm.h"
#include "daemon/rollback/ledger.h"

/* In a damaged store a key may be there that is not found: never say there is none. */
static bool is_hidden(const struct worker *worker, struct failure *failure)
{
	if (!worker->uksd->damaged)
		return false;
	failure_set(failure, UKS_E_STORE,
		    "the key is not found, but the store %s is damaged: restore it from a backup",
		    worker->uksd->config->store);
	return true;
}

static int by_name(struct worker *worker, const struct request *request, uint32_t attr,
		   struct failure *failure)
{
	struct store *store = worker->store;
	char name[UKS_NAME_MAX + 1];

	/* No key has such a name, so there is no need to look. */
	if (!uks_attr_string(&request->attrs[attr], name, sizeof(name)) ||
	    key_name_check(name, failure))
		return failure_set(failure, UKS_E_NO_KEY,
				   "you have no key of that name: it is no valid name");
	if (!store->ops->by_name(store, request->uid, name, &worker->record, failure))
		return 0;
	if (failure->code == UKS_E_NO_KEY && !is_hidden(worker, failure))
		failure_set(failure, UKS_E_NO_KEY,
			    "you have no key named '%s': see 'uksctl key list'", name);
	return -1;
}

static int by_id(struct worker *worker, const struct request *request, uint32_t attr,
		 struct failure *failure)
{
	const uint8_t *id = request->attrs[attr].value;
	char text[2 * UKS_KEY_ID_LEN + 1];

	if (!worker->store->ops->by_id(worker->store, id, &worker->record, failure))
		return 0;
	if (failure->code == UKS_E_NO_KEY && !is_hidden(worker, failure)) {
		sodium_bin2hex(text, sizeof(text), id, UKS_KEY_ID_LEN);
		failure_set(failure, UKS_E_NO_KEY, "there is no key with id %s", text);
	}
	return -1;
}

static int find_by(struct worker *worker, const struct request *request, uint32_t name,
		   struct failure *failure)
{
	if (request->attrs[name].type)
		return by_name(worker, request, name, failure);
	return by_id(worker, request, name == UKS_A_KEY_NAME ? UKS_A_KEY_ID : UKS_A_WRAPPING_ID,
		     failure);
}

/* Whether a key is deleted is its owner's business. */
static int check_deleted(const struct worker *worker, struct failure *failure)
{
	const struct key *key = &worker->record.key;

	if (!key->deleted || worker->may_be_deleted)
		return 0;
	return failure_set(failure, UKS_E_DESTROYED,
			   "key '%s' was deleted: bring it back with 'uksctl key restore', or erase it with 'uksctl key delete --now'",
			   key->name);
}

/* Requests that the kernel made for a session, which was checked when it was opened. */
static bool in_session(const struct request *request)
{
	return request->op >= UKS_OP_SIGN && request->op <= UKS_OP_USE;
}

int key_may_know(struct worker *worker, const struct request *request, const struct key *key,
		 struct failure *failure)
{
	struct policy policy;

	/* What binds the owner binds the use of the key, not the knowledge of it. */
	if (key->owner == request->uid)
		return 0;
	if (policy_of(key, &policy, failure))
		return -1;
	policy.bind_count = 0;
	return access_check(worker, request, key, &policy, 0, in_session(request), failure);
}

static int check_access(struct worker *worker, const struct request *request,
			struct failure *failure)
{
	if (key_may_know(worker, request, &worker->record.key, failure))
		return -1;
	return check_deleted(worker, failure);
}

static int find(struct worker *worker, const struct request *request, uint32_t name,
		struct failure *failure)
{
	if (find_by(worker, request, name, failure))
		return -1;
	audit_subject(worker, &worker->record.key);
	return check_access(worker, request, failure);
}

int key_find(struct worker *worker, const struct request *request, struct failure *failure)
{
	return find(worker, request, UKS_A_KEY_NAME, failure);
}

int key_find_version(struct worker *worker, uint32_t version, struct failure *failure)
{
	struct record *record = &worker->record;
	struct store *store = worker->store;
	uint32_t newest = record->key.newest;
	uint8_t id[UKS_KEY_ID_LEN];

	if (!version || record->key.version == version)
		return 0;
	memcpy(id, record->key.id, sizeof(id));
	if (!store->ops->version(store, id, version - 1, record, failure)) {
		if (record->key.version == version)
			return 0;
	} else if (failure->code != UKS_E_NO_KEY) {
		return -1;
	}
	return failure_set(failure, UKS_E_NO_VERSION,
			   "the key has no version %u: its newest is %u", version, newest);
}

/* It may be changed between look-up and lock: then once more. */
static int find_to_use(struct worker *worker, const struct request *request, uint32_t name,
		       uint32_t version, struct failure *failure)
{
	struct keylock *locks = &worker->uksd->locks;
	unsigned long long changes = keylock_changes(locks);

	do {
		if (find(worker, request, name, failure) ||
		    key_find_version(worker, version, failure))
			return -1;
		worker->lock = keylock_use(locks, worker->record.key.id, &changes);
	} while (!worker->lock);
	return 0;
}

int key_find_to_use(struct worker *worker, const struct request *request,
		    struct failure *failure)
{
	uint32_t version = uks_attr_u32(&request->attrs[UKS_A_KEY_VERSION], 0);

	return find_to_use(worker, request, UKS_A_KEY_NAME, version, failure);
}

int key_find_wrapping_to_use(struct worker *worker, const struct request *request,
			     struct failure *failure)
{
	if (find_to_use(worker, request, UKS_A_WRAPPING_NAME, 0, failure))
		return -1;
	worker->wrapping = worker->record;
	return 0;
}

/* The key that goes out is only its owner's to give, so its state is asked alone. */
static int find_both(struct worker *worker, const struct request *request,
		     struct failure *failure)
{
	if (find(worker, request, UKS_A_WRAPPING_NAME, failure))
		return -1;
	worker->wrapping = worker->record;
	if (find(worker, request, UKS_A_KEY_NAME, failure) ||
	    key_find_version(worker, uks_attr_u32(&request->attrs[UKS_A_KEY_VERSION], 0),
			     failure))
		return -1;
	return access_owner(request, &worker->record.key, failure);
}

int key_find_both_to_use(struct worker *worker, const struct request *request,
			 struct failure *failure)
{
	struct keylock *locks = &worker->uksd->locks;
	unsigned long long changes = keylock_changes(locks);
	pthread_rwlock_t *held[2];

	do {
		if (find_both(worker, request, failure))
			return -1;
	} while (!keylock_use_both(locks, worker->record.key.id, worker->wrapping.key.id,
				   &changes, held));
	worker->lock = held[0];
	worker->wrapping_lock = held[1];
	return 0;
}

/* What an issuer decided about a key, its owner cannot undo. */
static int check_provisioned(const struct key *key, const struct request *request,
			     struct failure *failure)
{
	struct policy policy;

	if (request->op != UKS_OP_KEY_DELETE && request->op != UKS_OP_KEY_ROTATE &&
	    request->op != UKS_OP_KEY_SET_POLICY)
		return 0;
	if (policy_of(key, &policy, failure))
		return -1;
	return key_not_provisioned(key, &policy, failure);
}

int key_not_provisioned(const struct key *key, const struct policy *policy,
			struct failure *failure)
{
	if (!(policy->flags & UKS_POLICY_PROVISIONED))
		return 0;
	return failure_set(failure, UKS_E_PROVISION,
			   "an issuer provided key '%s': what becomes of it is said by 'uksctl sks'",
			   key->name);
}

static int find_owned(struct worker *worker, const struct request *request,
		      struct failure *failure)
{
	if (find_by(worker, request, UKS_A_KEY_NAME, failure))
		return -1;
	audit_subject(worker, &worker->record.key);
	if (access_owner(request, &worker->record.key, failure) ||
	    check_provisioned(&worker->record.key, request, failure))
		return -1;
	return check_deleted(worker, failure);
}

int key_find_to_change(struct worker *worker, const struct request *request,
		       struct failure *failure)
{
	struct keylock *locks = &worker->uksd->locks;
	uint8_t id[UKS_KEY_ID_LEN];

	if (find_owned(worker, request, failure))
		return -1;
	for (;;) {
		memcpy(id, worker->record.key.id, sizeof(id));
		worker->lock = keylock_change(locks, id);
		if (find_owned(worker, request, failure))
			return -1;
		if (!memcmp(id, worker->record.key.id, sizeof(id)))
			return 0;
		/* The name has gone to another key meanwhile. */
		keylock_release(worker->lock);
		worker->lock = NULL;
	}
}

int key_open_record(struct worker *worker, const struct record *record, size_t *len,
		    struct failure *failure)
{
	if (seal_open(worker->uksd->master->key, &record->key, &record->blob, worker->secret,
		      len, failure))
		return -1;
	/* What has no name is a public key that came with the request: it never was stored. */
	if (!record->key.name[0] || !ledger_check(worker->uksd->ledger, record, failure))
		return 0;
	sodium_memzero(worker->secret, *len);
	return -1;
}

int key_open(struct worker *worker, size_t *len, struct failure *failure)
{
	return key_open_record(worker, &worker->record, len, failure);
}

int key_prove(struct worker *worker, const struct record *record, struct failure *failure)
{
	size_t len;

	if (key_open_record(worker, record, &len, failure))
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
	ret = key_load(worker, &worker->record.key, worker->secret, len, NULL, &private_key,
		       failure);
	sodium_memzero(worker->secret, len);
	if (ret)
		return NULL;
	cached = keycache_add(uksd->cache, &worker->record.key, private_key);
	if (!cached)
		failure_set(failure, UKS_E_NO_MEMORY, "out of memory for a key");
	return cached;
}
