// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/key/lifecycle.h"

#define STATE(name)	(1u << UKS_STATE_##name)
#define PROCESS		(UKS_PURPOSE_DECRYPT | UKS_PURPOSE_VERIFY | UKS_PURPOSE_MAC_VERIFY | \
			 UKS_PURPOSE_UNWRAP)
#define EVERYTHING	UINT32_MAX

/*
 * The table of transitions, and of what a state permits. Only deleting leads to the
 * destroyed states, and only restoring leads back from them, to where the key was.
 * To resume is to go from suspended to active with the newest version, and to
 * deactivated with the others: none but the newest ever becomes active again.
 */
static const struct {
	const char *name;
	uint32_t to;		/* set of states */
	uint32_t purposes;	/* what it may be used for */
	enum uks_error error;	/* why not for something else */
	const char *text;
} states[] = {
	[UKS_STATE_PRE_ACTIVATION] = {
		"pre-activation", STATE(ACTIVE) | STATE(COMPROMISED), 0,
		UKS_E_PRE_ACTIVATION,
		"is not yet activated: its owner can activate it with 'uksctl key activate'",
	},
	[UKS_STATE_ACTIVE] = {
		"active", STATE(SUSPENDED) | STATE(DEACTIVATED) | STATE(COMPROMISED), EVERYTHING,
		UKS_E_OK, NULL,
	},
	[UKS_STATE_SUSPENDED] = {
		"suspended", STATE(ACTIVE) | STATE(DEACTIVATED) | STATE(COMPROMISED), 0,
		UKS_E_SUSPENDED,
		"is suspended: its owner can take it up again with 'uksctl key resume'",
	},
	[UKS_STATE_DEACTIVATED] = {
		"deactivated", STATE(SUSPENDED) | STATE(COMPROMISED), PROCESS,
		UKS_E_DEACTIVATED,
		"is deactivated: it only decrypts, verifies and unwraps what was made before",
	},
	[UKS_STATE_COMPROMISED] = {
		"compromised", 0, UKS_PURPOSE_DECRYPT | UKS_PURPOSE_VERIFY |
		UKS_PURPOSE_MAC_VERIFY, UKS_E_COMPROMISED,
		"is compromised, that is, known to others: it only decrypts and verifies, and that if you insist with --compromised",
	},
	[UKS_STATE_DESTROYED] = {
		"destroyed", 0, 0, UKS_E_DESTROYED,
		"was deleted: as long as it is listed by 'uksctl key list --deleted', 'uksctl key restore' brings it back",
	},
	[UKS_STATE_DESTROYED_COMPROMISED] = {
		"destroyed-compromised", 0, 0, UKS_E_DESTROYED,
		"was deleted: as long as it is listed by 'uksctl key list --deleted', 'uksctl key restore' brings it back",
	},
};

#define STATES	(sizeof(states) / sizeof(*states))

uint32_t lifecycle_state(const struct key *key)
{
	if (!key->deleted)
		return key->state;
	return key->state == UKS_STATE_COMPROMISED ||
	       key->state == UKS_STATE_DESTROYED_COMPROMISED ?
	       UKS_STATE_DESTROYED_COMPROMISED : UKS_STATE_DESTROYED;
}

const char *lifecycle_name(uint32_t state)
{
	return state < STATES && states[state].name ? states[state].name : "unknown";
}

bool lifecycle_allows(const struct key *key, uint32_t state)
{
	uint32_t from = lifecycle_state(key);

	if (from >= STATES || state >= STATES || !(states[from].to & 1u << state))
		return false;
	if (from == UKS_STATE_SUSPENDED && state == UKS_STATE_ACTIVE)
		return key->version == key->newest;
	/* Or the newest would be active again by way of being resumed. */
	if (from == UKS_STATE_DEACTIVATED && state == UKS_STATE_SUSPENDED)
		return key->version != key->newest;
	return true;
}

static int check_time(const struct key *key, const struct policy *policy, uint64_t now,
		      struct failure *failure)
{
	if (policy->not_before && now < policy->not_before)
		return failure_set(failure, UKS_E_NOT_YET,
				   "the time of key '%s' has not begun: see 'not-before' of its policy",
				   key->name);
	if (policy->not_after && now >= policy->not_after)
		return failure_set(failure, UKS_E_EXPIRED,
				   "the time of key '%s' is over: see 'not-after' of its policy",
				   key->name);
	return 0;
}

int lifecycle_use(const struct key *key, const struct policy *policy, uint32_t purpose,
		  bool insist, uint64_t now, struct failure *failure)
{
	uint32_t state = lifecycle_state(key);

	if (state >= STATES || !states[state].name)
		return failure_set(failure, UKS_E_BLOB,
				   "key '%s' has state %u, which this daemon does not know: update uksd",
				   key->name, state);
	if (!key->deleted && check_time(key, policy, now, failure))
		return -1;
	if (states[state].purposes & purpose && (state != UKS_STATE_COMPROMISED || insist))
		return 0;
	return failure_set(failure, states[state].error, "version %u of key '%s' %s", key->version,
			   key->name, states[state].text);
}

uint64_t lifecycle_due(const struct key *key, const struct policy *policy)
{
	uint64_t due = 0;

	if (key->deleted)
		return key->erase;
	if (key->state != UKS_STATE_ACTIVE)
		return 0;
	if (policy->rotate)
		due = key->created + policy->rotate;
	if (policy->not_after && (!due || policy->not_after <= due))
		due = policy->not_after;
	return due;
}
