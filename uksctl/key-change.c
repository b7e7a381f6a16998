// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl key rotate, policy, and what takes a key from state to state */
#include <string.h>

#include "policy.h"

/* Prints what a change made of the key. */
static int finish(struct run *run, int failed, const char *what, struct uks_key *key)
{
	int ret = failed ? fail(run, what, run->args[0]) : print_key(run, key);

	uks_key_free(key);
	return ret;
}

int run_key_rotate(struct run *run)
{
	struct uks_key *key = NULL;
	int failed = uks_key_rotate(run->client, run->args[0], NULL, &key, &run->err);

	return finish(run, failed, "rotate", key);
}

static int set_state(struct run *run, uint32_t version, uint32_t state, const char *what)
{
	struct uks_key *key = NULL;
	int failed = uks_key_set_state(run->client, run->args[0], version, state, &key,
				       &run->err);

	return finish(run, failed, what, key);
}

static int change_state(struct run *run, uint32_t state, const char *what)
{
	uint32_t version;
	int ret = option_number(run, OPTION_VERSION, &version);

	return ret ? ret : set_state(run, version, state, what);
}

int run_key_activate(struct run *run)
{
	return change_state(run, UKS_STATE_ACTIVE, "activate");
}

int run_key_suspend(struct run *run)
{
	return change_state(run, UKS_STATE_SUSPENDED, "suspend");
}

/* An older version goes back to where it was: it was deactivated by a newer one. */
static int state_resumed(struct run *run, uint32_t version, uint32_t *state)
{
	struct uks_key *key;

	*state = UKS_STATE_ACTIVE;
	if (!version)
		return 0;
	if (uks_key_show(run->client, run->args[0], &key, &run->err))
		return fail(run, "resume", run->args[0]);
	if (version < key->version)
		*state = UKS_STATE_DEACTIVATED;
	uks_key_free(key);
	return 0;
}

int run_key_resume(struct run *run)
{
	uint32_t version, state;
	int ret = option_number(run, OPTION_VERSION, &version);

	if (!ret)
		ret = state_resumed(run, version, &state);
	return ret ? ret : set_state(run, version, state, "resume");
}

int run_key_deactivate(struct run *run)
{
	return change_state(run, UKS_STATE_DEACTIVATED, "deactivate");
}

int run_key_compromise(struct run *run)
{
	return change_state(run, UKS_STATE_COMPROMISED, "mark as compromised");
}

/* ---- policy ---- */

static int get_policy(struct run *run, struct uks_policy **policy)
{
	struct uks_key *key;
	int ret;

	if (uks_key_show(run->client, run->args[0], &key, &run->err))
		return fail(run, "show", run->args[0]);
	if (key->policy)
		ret = uks_policy_parse(key->policy, key->policy_len, policy, &run->err);
	else
		ret = uks_policy_new(policy, &run->err);
	uks_key_free(key);
	return ret ? fail(run, "read the policy of", run->args[0]) : EXIT_OK;
}

static int print_policy(struct run *run, const struct uks_policy *policy)
{
	static const struct column rules[] = {
		{ "algorithms", "Algorithms", false },
		{ "digests", "Digests", false },
		{ "flags", "Flags", false },
		{ "not_before", "Not before", false },
		{ "not_after", "Not after", false },
		{ "max_uses", "Uses at most", false },
		{ "max_uses_per_boot", "Uses per boot", false },
		{ "rate", "Uses per seconds", false },
		{ "rotate_every", "Rotated every, s", false },
		{ "idle", "Session idle, s", false },
		{ "grants", "Granted to", false },
		{ "binds", "Bound to", false },
	};

	return print_record(run, rules, ARRAY_SIZE(rules), policy_json(policy));
}

/* The policy as it is, less what --clear names, plus what the options say. */
static int change_policy(struct run *run, struct uks_policy *policy)
{
	int ret = policy_clear(run, policy);

	if (!ret)
		ret = policy_from_options(run, policy);
	if (ret)
		return ret;
	if (uks_key_set_policy(run->client, run->args[0], policy, NULL, &run->err))
		return fail(run, "change the policy of", run->args[0]);
	return EXIT_OK;
}

int run_key_policy(struct run *run)
{
	struct uks_policy *policy = NULL;
	int ret = get_policy(run, &policy);

	if (ret)
		return ret;
	if (policy_given(run) || run->options[OPTION_CLEAR])
		ret = change_policy(run, policy);
	if (!ret)
		ret = print_policy(run, policy);
	uks_policy_free(policy);
	return ret;
}
