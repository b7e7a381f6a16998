// SPDX-License-Identifier: LGPL-2.1-or-later
/* Changes of a key's state and of its policy. */
#include <sodium.h>

#include "daemon/key/change.h"
#include "daemon/key/lifecycle.h"
#include "daemon/key/usage.h"
#include "daemon/log.h"

/* From where to where, and how many versions went there. */
struct transition {
	uint32_t version;	/* 0 for all */
	uint32_t state;
	uint32_t count;
};

/* To resume is to go back to where the key was: active, or for an older version not. */
static uint32_t target(const struct key *key, uint32_t state)
{
	if (state == UKS_STATE_ACTIVE && key->state == UKS_STATE_SUSPENDED &&
	    key->version != key->newest)
		return UKS_STATE_DEACTIVATED;
	return state;
}

static void set_state(struct key *key, const struct change *change)
{
	struct transition *transition = change->context;
	uint32_t state = target(key, transition->state);

	if (transition->version && transition->version != key->version)
		return;
	if (!lifecycle_allows(key, state))
		return;
	key->state = state;
	transition->count++;
}

static int check_transition(struct worker *worker, const struct change *change,
			    struct failure *failure)
{
	const struct transition *transition = change->context;
	const struct key *key = &worker->record.key;

	if (transition->count)
		return 0;
	if (transition->version > key->newest)
		return failure_set(failure, UKS_E_NO_VERSION,
				   "key '%s' has no version %u: its newest is %u", key->name,
				   transition->version, key->newest);
	return failure_set(failure, UKS_E_TRANSITION,
			   "key '%s' cannot go from %s to %s: see the table in Documentation/lifecycle.rst",
			   key->name, lifecycle_name(lifecycle_state(key)),
			   lifecycle_name(transition->state));
}

int handle_key_set_state(struct worker *worker, const struct request *request,
			 struct uks_attrs *out, struct failure *failure)
{
	struct transition transition = {
		.version = uks_attr_u32(&request->attrs[UKS_A_KEY_VERSION], 0),
		.state = uks_attr_u32(&request->attrs[UKS_A_KEY_STATE], 0),
	};
	struct change change = {
		.apply = set_state, .also = check_transition, .context = &transition,
	};
	const struct key *key = &worker->record.key;

	if (key_find_to_change(worker, request, failure) ||
	    key_change(worker, &change, true, failure))
		return -1;
	key_describe(key, out, false);
	log_request(LOG_INFO, request->id, "key '%s' of user %u: %u versions are now %s",
		    key->name, key->owner, transition.count, lifecycle_name(transition.state));
	return 0;
}

struct new_policy {
	const struct uks_attr *attr;
	struct policy policy;
};

static void set_policy(struct key *key, const struct change *change)
{
	const struct new_policy *new = change->context;

	key->policy_len = new->attr->len;
	memcpy(key->policy, new->attr->value, key->policy_len);
}

static int begin_to_count(struct worker *worker, const struct change *change,
			  struct failure *failure)
{
	const struct new_policy *new = change->context;

	return usage_begin(worker->uksd, worker->store, &worker->record.key, &new->policy,
			   failure);
}

/* What was promised to whoever relies on the key cannot be taken back. */
static int check_promises(const struct key *key, const struct policy *new,
			  struct failure *failure)
{
	struct policy old;

	if (policy_of(key, &old, failure))
		return -1;
	if (new->flags & ~old.flags & UKS_POLICY_EXPORTABLE)
		return failure_set(failure, UKS_E_BAD_POLICY,
				   "key '%s' was made not to leave, which cannot be changed: make a new key",
				   key->name);
	if (new->pin != old.pin || new->pin_seconds != old.pin_seconds ||
	    new->pin_tries != old.pin_tries)
		return failure_set(failure, UKS_E_BAD_POLICY,
				   "what the policy of key '%s' says of its PIN cannot be changed: make a new key",
				   key->name);
	if (old.flags & ~new->flags & UKS_POLICY_KEEP_INSIDE)
		return failure_set(failure, UKS_E_BAD_POLICY,
				   "key '%s' was made to keep its results inside, which cannot be changed: make a new key",
				   key->name);
	return 0;
}

int handle_key_set_policy(struct worker *worker, const struct request *request,
			  struct uks_attrs *out, struct failure *failure)
{
	struct new_policy new = { .attr = &request->attrs[UKS_A_POLICY] };
	struct change change = {
		.apply = set_policy, .also = begin_to_count, .context = &new,
	};
	const struct key *key = &worker->record.key;
	const struct key_type *type;

	if (policy_parse(new.attr->value, new.attr->len, &new.policy, failure) ||
	    key_find_to_change(worker, request, failure))
		return -1;
	type = key_type_find(key->type, failure);
	if (!type || policy_check(&new.policy, type, key->purposes, failure) ||
	    check_promises(key, &new.policy, failure) ||
	    key_change(worker, &change, true, failure))
		return -1;
	key_describe(key, out, false);
	log_request(LOG_INFO, request->id, "key '%s' of user %u has a new policy", key->name,
		    key->owner);
	return 0;
}
