// SPDX-License-Identifier: LGPL-2.1-or-later
/* New versions of keys. */
#include <sodium.h>

#include "daemon/key/change.h"
#include "daemon/key/lifecycle.h"
#include "daemon/log.h"
#include "daemon/provider/provider-tpm.h"

static void retire(struct key *key, const struct change *change)
{
	(void)change;
	if (key->state == UKS_STATE_ACTIVE)
		key->state = UKS_STATE_DEACTIVATED;
}

/* A key that is not to be used now gets no version that can be. */
static int check_state(const struct key *key, struct policy *policy, struct failure *failure)
{
	if (policy_of(key, policy, failure))
		return -1;
	switch (key->state) {
	case UKS_STATE_PRE_ACTIVATION:
	case UKS_STATE_SUSPENDED:
		return failure_set(failure, UKS_E_TRANSITION,
				   "key '%s' is %s: activate or resume it before it is rotated",
				   key->name, lifecycle_name(key->state));
	default:
		break;
	}
	if (!policy->not_after || policy->not_after > (uint64_t)time(NULL))
		return 0;
	return failure_set(failure, UKS_E_EXPIRED,
			   "the time of key '%s' is over: see 'not-after' of its policy",
			   key->name);
}

/* For the version that comes. */
static int make(struct worker *worker, const struct import *import, struct material *material,
		struct failure *failure)
{
	const struct key_type *type = key_type_find(worker->record.key.type, failure);
	struct key *next = &worker->common;

	*next = worker->record.key;
	next->version = next->newest + 1;
	return type ? key_make(worker, next, type, import, material, failure) : -1;
}

/* The new version, sealed before the old ones need the room for secrets. */
static void describe(struct worker *worker, const struct material *material,
		     const struct policy *policy, struct record *record)
{
	struct key *key = &record->key;

	*key = worker->record.key;
	key->version = key->newest + 1;
	key->newest = key->version;
	key->state = UKS_STATE_ACTIVE;
	key->created = time(NULL);
	memcpy(key->public_key, material->public_key, material->public_len);
	key->public_len = material->public_len;
	key->due = lifecycle_due(key, policy);
	seal_secret(worker->uksd->master->key, key, material->secret, material->secret_len,
		    &record->blob);
	sodium_memzero(material->secret, material->secret_len);
}

static int add_version(struct worker *worker, const struct change *change,
		       struct failure *failure)
{
	const struct record *record = change->context;

	if (worker->store->ops->add_version(worker->store, record, failure))
		return -1;
	worker->record = *record;
	return 0;
}

int key_rotate(struct worker *worker, const struct import *import, struct uks_attrs *out,
	       struct failure *failure)
{
	struct record *record = &worker->old;
	struct change change = { .apply = retire, .also = add_version, .context = record };
	struct material material = { .secret = worker->secret };
	struct policy policy;

	if (check_state(&worker->record.key, &policy, failure) ||
	    key_prove(worker, &worker->record, failure) ||
	    make(worker, import, &material, failure))
		return -1;
	if (import && !material.secret_len)
		return failure_set(failure, UKS_E_NO_SECRET,
				   "a new version must have a secret: give a private key");
	describe(worker, &material, &policy, record);
	if (out) {
		key_describe(&record->key, out, true);
		if (out->error)
			return 0;
	}
	return key_change(worker, &change, true, failure);
}

int handle_key_rotate(struct worker *worker, const struct request *request,
		      struct uks_attrs *out, struct failure *failure)
{
	const struct uks_attr *bytes = &request->attrs[UKS_A_KEY_MATERIAL];
	struct import import = {
		.format = uks_attr_u32(&request->attrs[UKS_A_KEY_FORMAT], 0),
		.bytes = bytes->value,
		.len = bytes->len,
	};
	const struct key *key = &worker->record.key;

	if (!bytes->type != !import.format)
		return failure_set(failure, UKS_E_MISSING_ATTRIBUTE,
				   "a new version needs key bytes and their format, or neither");
	if (key_find_to_change(worker, request, failure) ||
	    key_rotate(worker, bytes->type ? &import : NULL, out, failure))
		return -1;
	log_request(LOG_INFO, request->id, "key '%s' of user %u now has version %u", key->name,
		    key->owner, key->version);
	return 0;
}
