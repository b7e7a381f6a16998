// SPDX-License-Identifier: LGPL-2.1-or-later
/* New keys: what a request says of them, and how they are kept. */
#include <sodium.h>

#include "daemon/key/change.h"
#include "daemon/key/lifecycle.h"
#include "daemon/key/policy.h"
#include "daemon/key/usage.h"
#include "daemon/log.h"
#include "daemon/pin/pin.h"
#include "daemon/provider/provider-tpm.h"

#define COUNT_MAX	4096	/* keys of one request */
#define COUNT_SLOW_MAX	16	/* of types that take long to make */
#define PUBLIC_PURPOSES	(UKS_PURPOSE_VERIFY | UKS_PURPOSE_ENCRYPT | UKS_PURPOSE_WRAP)
#define NUMBER_LEN	7	/* "-000001" */

static int set_policy(struct key *key, const struct key_type *type, const struct uks_attr *attr,
		      struct failure *failure)
{
	struct policy policy;

	if (!attr->type)
		return 0;
	if (policy_parse(attr->value, attr->len, &policy, failure) ||
	    policy_check(&policy, type, key->purposes, failure))
		return -1;
	memcpy(key->policy, attr->value, attr->len);
	key->policy_len = attr->len;
	return 0;
}

static int set_state(struct key *key, uint32_t state, struct failure *failure)
{
	key->state = state;
	if (state == UKS_STATE_ACTIVE || state == UKS_STATE_PRE_ACTIVATION)
		return 0;
	return failure_set(failure, UKS_E_TRANSITION,
			   "a new key cannot be %s: only active or pre-activation",
			   lifecycle_name(state));
}

static int set_provider(struct key *key, const struct key_type *type,
			const struct request *request, struct failure *failure)
{
	key->provider = uks_attr_u32(&request->attrs[UKS_A_PROVIDER], UKS_PROVIDER_SEALED);
	switch (key->provider) {
	case UKS_PROVIDER_SEALED:
		return 0;
	case UKS_PROVIDER_TPM:
		break;
	default:
		return failure_set(failure, UKS_E_UNSUPPORTED,
				   "this daemon has no provider %u: leave the provider out, or update uksd",
				   key->provider);
	}
	if (request->attrs[UKS_A_COUNT].type)
		return failure_set(failure, UKS_E_INVALID,
				   "keys in the TPM are made one by one: leave the count out");
	return tpm_key_check(type, key->purposes, failure);
}

static int check_pin(const struct request *request, const struct key *key,
		     struct failure *failure)
{
	struct policy policy;

	if (policy_of(key, &policy, failure))
		return -1;
	return pin_check_request(request, &policy, failure);
}

static const struct key_type *check_type(struct worker *worker, uint32_t number,
					 struct failure *failure)
{
	const struct key_type *type = key_type_find(number, failure);

	if (!type || !(type->traits & UKS_TRAIT_LEGACY) || worker->uksd->config->legacy)
		return type;
	failure_set(failure, UKS_E_LEGACY,
		    "keys of type %s are weak and 'legacy = off' in uksd.conf: choose a stronger type",
		    type->name);
	return NULL;
}

const struct key_type *key_new(struct worker *worker, const struct request *request,
			       uint32_t name, uint32_t origin, struct failure *failure)
{
	const struct uks_attr *attrs = request->attrs;
	struct key *key = &worker->record.key;
	const struct key_type *type;

	memset(key, 0, sizeof(*key));
	if (!uks_attr_string(&attrs[name], key->name, sizeof(key->name))) {
		failure_set(failure, UKS_E_BAD_NAME, "the key name has a NUL byte");
		return NULL;
	}
	type = check_type(worker, uks_attr_u32(&attrs[UKS_A_KEY_TYPE], 0), failure);
	if (!type || key_name_check(key->name, failure))
		return NULL;
	key->purposes = uks_attr_u32(&attrs[UKS_A_PURPOSES], type->purposes);
	if (key_type_purposes(type, key->purposes, failure) ||
	    set_policy(key, type, &attrs[UKS_A_POLICY], failure) ||
	    set_provider(key, type, request, failure) || check_pin(request, key, failure) ||
	    set_state(key, uks_attr_u32(&attrs[UKS_A_KEY_STATE], UKS_STATE_ACTIVE), failure))
		return NULL;
	randombytes_buf(key->id, sizeof(key->id));
	key->owner = request->uid;
	key->type = type->type;
	key->origin = origin;
	key->version = 1;
	key->newest = 1;
	key->created = time(NULL);
	return type;
}

int key_make_new(struct worker *worker, const struct request *request,
		 const struct key_type *type, const struct import *import,
		 struct material *material, struct failure *failure)
{
	struct policy policy;

	if (policy_of(&worker->record.key, &policy, failure) ||
	    (policy.pin && pin_make(worker, request, &policy, failure)))
		return -1;
	return key_make(worker, &worker->record.key, type, import, material, failure);
}

/* Once sealed, the secret is not needed any more. */
static int seal(struct worker *worker, const struct material *material, struct failure *failure)
{
	struct key *key = &worker->record.key;
	struct policy policy;

	if (!material->secret_len && (!key->purposes || key->purposes & ~PUBLIC_PURPOSES))
		return failure_set(failure, UKS_E_NO_SECRET,
				   "a public key alone can only verify, encrypt and wrap: name the purposes, or import the private key");
	if (policy_of(key, &policy, failure))
		return -1;
	memcpy(key->public_key, material->public_key, material->public_len);
	key->public_len = material->public_len;
	key->due = lifecycle_due(key, &policy);
	seal_secret(worker->uksd->master->key, key, material->secret, material->secret_len,
		    &worker->record.blob);
	sodium_memzero(worker->secret, KEY_SECRET_MAX);
	return 0;
}

/* Within a change of the store. */
static int add(struct worker *worker, struct failure *failure)
{
	const struct key *key = &worker->record.key;
	struct store *store = worker->store;
	struct policy policy;

	if (policy_of(key, &policy, failure))
		return -1;
	if (!store->ops->add(store, &worker->record, failure))
		return usage_begin(worker->uksd, store, key, &policy, failure);
	if (failure->code == UKS_E_KEY_EXISTS)
		failure_set(failure, UKS_E_KEY_EXISTS,
			    "you have a key named '%s' already: choose another name, or delete or rename that key first",
			    key->name);
	return -1;
}

/*
 * Hold the key that has the name alone, if there is one. Locks on others are given
 * up: who holds one and waits for another may wait for ever.
 */
static int hold_old(struct worker *worker, bool *found, struct failure *failure)
{
	struct keylock *locks = &worker->uksd->locks;
	const struct key *key = &worker->record.key;
	struct store *store = worker->store;
	uint8_t id[UKS_KEY_ID_LEN] = { 0 };

	for (;;) {
		keylock_release(worker->wrapping_lock);
		keylock_release(worker->lock);
		worker->wrapping_lock = NULL;
		worker->lock = NULL;
		*found = !store->ops->by_name(store, key->owner, key->name, &worker->old,
					      failure);
		if (!*found && failure->code != UKS_E_NO_KEY)
			return -1;
		if (!*found)
			return 0;
		memcpy(id, worker->old.key.id, sizeof(id));
		worker->lock = keylock_change(locks, id);
		if (!store->ops->by_name(store, key->owner, key->name, &worker->old, failure) &&
		    !memcmp(id, worker->old.key.id, sizeof(id)))
			return 0;
	}
}

static int delete_old(struct worker *worker, const struct deletion *deletion,
		      struct failure *failure)
{
	struct change change = { .apply = key_delete_apply, .context = (void *)deletion };
	uint8_t id[UKS_KEY_ID_LEN];
	struct policy policy;

	memcpy(id, worker->old.key.id, sizeof(id));
	if (policy_of(&worker->old.key, &policy, failure) ||
	    key_not_provisioned(&worker->old.key, &policy, failure) ||
	    key_end_sessions(worker, id, failure))
		return -1;
	if (deletion->erase == deletion->now)
		return key_erase(worker, &worker->old, deletion->now, failure);
	return key_change_versions(worker, &worker->old, &change, failure);
}

static int replace(struct worker *worker, struct failure *failure)
{
	uint64_t now = time(NULL);
	struct deletion deletion = {
		.now = now, .erase = now + worker->uksd->config->delete_window,
	};
	struct store *store = worker->store;
	bool found;

	if (hold_old(worker, &found, failure) || store->ops->begin(store, failure))
		return -1;
	if ((found && delete_old(worker, &deletion, failure)) || add(worker, failure)) {
		store->ops->rollback(store);
		return -1;
	}
	if (store->ops->commit(store, failure))
		return -1;
	if (found && deletion.erase == now) {
		store->ops->scrub(store);
		pin_sweep(worker->uksd, store);
	}
	key_changed(worker, worker->old.key.id);
	return 0;
}

static int insert(struct worker *worker, struct failure *failure)
{
	struct store *store = worker->store;

	if (store->ops->begin(store, failure))
		return -1;
	if (add(worker, failure)) {
		store->ops->rollback(store);
		return -1;
	}
	if (store->ops->commit(store, failure))
		return -1;
	if (worker->record.key.due && worker->uksd->wake)
		worker->uksd->wake(worker->uksd->wake_context);
	return 0;
}

/* The answer is written first: if it did not fit, nothing would be changed. */
int key_keep(struct worker *worker, const struct request *request,
	     const struct material *material, struct uks_attrs *out, struct failure *failure)
{
	uint32_t flags = uks_attr_u32(&request->attrs[UKS_A_FLAGS], 0);
	const struct key *key = &worker->record.key;

	if (flags & ~UKS_CALL_REPLACE)
		return failure_set(failure, UKS_E_INVALID,
				   "flags 0x%x have no meaning when a key is made", flags);
	if (seal(worker, material, failure))
		return -1;
	key_describe(key, out, true);
	if (out->error)
		return 0;
	if (flags ? replace(worker, failure) : insert(worker, failure))
		return -1;
	pin_made(worker);
	audit_subject(worker, key);
	log_request(LOG_INFO, request->id, "user %u has a new key '%s'", key->owner, key->name);
	return 0;
}

static int generate_one(struct worker *worker, const struct key_type *type,
			struct failure *failure)
{
	struct material material = { .secret = worker->secret };

	if (worker->uksd->provider->generate(type, &material, failure))
		return -1;
	return seal(worker, &material, failure);
}

/* Many keys in one change: NAME-000001 and so on. */
static int generate_many(struct worker *worker, const struct key_type *type, uint32_t count,
			 struct uks_attrs *out, struct failure *failure)
{
	struct key *key = &worker->record.key;
	char *number = key->name + strlen(key->name);
	struct store *store = worker->store;
	uint32_t i;

	if (store->ops->begin(store, failure))
		return -1;
	for (i = 1; i <= count; i++) {
		snprintf(number, NUMBER_LEN + 1, "-%06u", i);
		randombytes_buf(key->id, sizeof(key->id));
		if (generate_one(worker, type, failure))
			goto rollback;
		if (i == 1)
			key_describe(key, out, true);
		if (out->error || add(worker, failure))
			goto rollback;
	}
	if (store->ops->commit(store, failure))
		return -1;
	audit_subject(worker, key);
	key_changed(worker, key->id);
	return 0;
rollback:
	store->ops->rollback(store);
	return out->error ? 0 : -1;
}

static int check_count(const struct key *key, const struct key_type *type, uint32_t count,
		       uint32_t flags, struct failure *failure)
{
	uint32_t max = type->secret_new ? COUNT_MAX : COUNT_SLOW_MAX;

	if (count > max)
		return failure_set(failure, UKS_E_INVALID,
				   "%u keys of type %s are too many for one request: %u at most",
				   count, type->name, max);
	if (flags)
		return failure_set(failure, UKS_E_INVALID,
				   "many keys cannot replace others: leave the flags or the count out");
	if (strlen(key->name) + NUMBER_LEN > UKS_NAME_MAX)
		return failure_set(failure, UKS_E_BAD_NAME,
				   "the name is too long: '-000001' comes after it, and %d bytes are the most",
				   UKS_NAME_MAX);
	return 0;
}

static int generate(struct worker *worker, const struct request *request,
		    struct uks_attrs *out, struct failure *failure)
{
	struct material material = { .secret = worker->secret };
	uint32_t count = uks_attr_u32(&request->attrs[UKS_A_COUNT], 0);
	uint32_t flags = uks_attr_u32(&request->attrs[UKS_A_FLAGS], 0);
	const struct key_type *type;

	type = key_new(worker, request, UKS_A_KEY_NAME, UKS_ORIGIN_GENERATED, failure);
	if (!type)
		return -1;
	if (count) {
		if (check_count(&worker->record.key, type, count, flags, failure))
			return -1;
		return generate_many(worker, type, count, out, failure);
	}
	if (key_make_new(worker, request, type, NULL, &material, failure))
		return -1;
	return key_keep(worker, request, &material, out, failure);
}

int handle_key_generate(struct worker *worker, const struct request *request,
			struct uks_attrs *out, struct failure *failure)
{
	int ret = generate(worker, request, out, failure);

	sodium_memzero(worker->secret, KEY_SECRET_MAX);
	return ret;
}

/* A public key alone has the purposes that need no more, unless others were named. */
static void narrow(struct key *key, const struct request *request,
		   const struct material *material)
{
	if (!material->secret_len && !request->attrs[UKS_A_PURPOSES].type)
		key->purposes &= PUBLIC_PURPOSES;
}

int handle_key_import(struct worker *worker, const struct request *request,
		      struct uks_attrs *out, struct failure *failure)
{
	const struct uks_attr *bytes = &request->attrs[UKS_A_KEY_MATERIAL];
	struct material material = { .secret = worker->secret };
	struct import import = {
		.format = uks_attr_u32(&request->attrs[UKS_A_KEY_FORMAT], 0),
		.bytes = bytes->value,
		.len = bytes->len,
	};
	const struct key_type *type;
	int ret = -1;

	type = key_new(worker, request, UKS_A_KEY_NAME, UKS_ORIGIN_IMPORTED, failure);
	if (type && !key_make_new(worker, request, type, &import, &material, failure)) {
		narrow(&worker->record.key, request, &material);
		ret = key_keep(worker, request, &material, out, failure);
	}
	sodium_memzero(worker->secret, KEY_SECRET_MAX);
	return ret;
}
