// SPDX-License-Identifier: LGPL-2.1-or-later
/* Policies of keys: from options, and to JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"

/*
 * struct rule - a number of a policy
 * @rule: UKS_POLICY_A_*
 * @option: says it
 * @name: its name in JSON and for --clear
 * @parse: reads it
 * @json: writes it
 */
struct rule {
	uint32_t rule;
	enum option_id option;
	const char *name;
	bool (*parse)(const char *text, uint64_t *value);
	json_t *(*json)(uint64_t value);
};

static bool count_parse(const char *text, uint64_t *value)
{
	char *end;

	*value = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end;
}

static bool algorithms_parse(const char *text, uint64_t *value)
{
	return words_parse(UKS_WORD_ALGORITHM, text, true, value);
}

static bool digests_parse(const char *text, uint64_t *value)
{
	return words_parse(UKS_WORD_DIGEST, text, true, value);
}

static json_t *count_json(uint64_t value)
{
	return json_integer(value);
}

static json_t *algorithms_json(uint64_t value)
{
	return json_set(UKS_WORD_ALGORITHM, value);
}

static json_t *digests_json(uint64_t value)
{
	return json_set(UKS_WORD_DIGEST, value);
}

/* Flags and rates are several options or two numbers: below. */
static const struct rule rules[] = {
	{ UKS_POLICY_A_ALGORITHMS, OPTION_ALGORITHM, "algorithms", algorithms_parse,
	  algorithms_json },
	{ UKS_POLICY_A_DIGESTS, OPTION_DIGEST, "digests", digests_parse, digests_json },
	{ UKS_POLICY_A_NOT_BEFORE, OPTION_NOT_BEFORE, "not_before", time_parse, json_time },
	{ UKS_POLICY_A_NOT_AFTER, OPTION_NOT_AFTER, "not_after", time_parse, json_time },
	{ UKS_POLICY_A_MAX_USES, OPTION_MAX_USES, "max_uses", count_parse, count_json },
	{ UKS_POLICY_A_MAX_USES_BOOT, OPTION_MAX_USES_PER_BOOT, "max_uses_per_boot", count_parse,
	  count_json },
	{ UKS_POLICY_A_ROTATE, OPTION_ROTATE_EVERY, "rotate_every", duration_parse, count_json },
	{ UKS_POLICY_A_IDLE, OPTION_IDLE, "idle", duration_parse, count_json },
	{ UKS_POLICY_A_PIN_TRIES, OPTION_PIN_TRIES, "pin_tries", count_parse, count_json },
};

static const struct {
	enum option_id option;
	uint32_t flag;
} flags[] = {
	{ OPTION_CALLER_NONCE, UKS_POLICY_CALLER_NONCE },
	{ OPTION_EXPORTABLE, UKS_POLICY_EXPORTABLE },
	{ OPTION_KEEP_INSIDE, UKS_POLICY_KEEP_INSIDE },
};

/*
 * What an option says of the policy, or NULL. Where a key is made of another one,
 * algorithm and digest are how, and say nothing of the new key.
 */
static const char *rule_text(const struct run *run, const struct rule *rule)
{
	bool method = rule->option == OPTION_ALGORITHM || rule->option == OPTION_DIGEST;

	if (method && (command_has(run->command, OPTION_WITH) ||
		       command_has(run->command, OPTION_LENGTH)))
		return NULL;
	return run->options[rule->option];
}

/* Is there any option that makes a policy? */
bool policy_given(const struct run *run)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rules); i++)
		if (rule_text(run, &rules[i]))
			return true;
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if (run->options[flags[i].option])
			return true;
	return run->options[OPTION_RATE] || run->options[OPTION_PIN] ||
	       run->options[OPTION_GRANT] || run->options[OPTION_BIND];
}

static int set(struct run *run, struct uks_policy *policy, uint32_t rule, uint64_t value)
{
	return uks_policy_set(policy, rule, value, &run->err) ? fail(run, "make the policy", NULL) :
								EXIT_OK;
}

static int set_rule(struct run *run, struct uks_policy *policy, const struct rule *rule)
{
	const char *text = rule_text(run, rule);
	uint64_t value;

	if (!text)
		return EXIT_OK;
	if (!rule->parse(text, &value))
		return fail_usage(run, "'%s' is not a value of --%s", text,
				  option_rows[rule->option].name);
	return set(run, policy, rule->rule, value);
}

static int set_flags(struct run *run, struct uks_policy *policy)
{
	uint64_t before, now;
	size_t i;

	uks_policy_get(policy, UKS_POLICY_A_FLAGS, &before);
	now = before;
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if (run->options[flags[i].option])
			now |= flags[i].flag;
	return now == before ? EXIT_OK : set(run, policy, UKS_POLICY_A_FLAGS, now);
}

/* "100/60": so many uses in so many seconds. */
static int set_rate(struct run *run, struct uks_policy *policy)
{
	const char *text = run->options[OPTION_RATE];
	unsigned long long uses;
	uint64_t seconds;
	char *end;
	int ret;

	if (!text)
		return EXIT_OK;
	uses = strtoull(text, &end, 10);
	if (*text < '1' || *text > '9' || *end != '/' || !duration_parse(end + 1, &seconds) ||
	    !seconds)
		return fail_usage(run, "'%s' is not a rate as 100/60", text);
	ret = set(run, policy, UKS_POLICY_A_RATE_USES, uses);
	return ret ? ret : set(run, policy, UKS_POLICY_A_RATE_SECONDS, seconds);
}

/* "per-use", "session", or for how long. */
static int set_pin(struct run *run, struct uks_policy *policy)
{
	const char *text = run->options[OPTION_PIN];
	uint64_t seconds;
	uint32_t mode;
	int ret;

	if (!text)
		return EXIT_OK;
	mode = uks_word_value(UKS_WORD_PIN_MODE, text);
	if (mode && mode != UKS_PIN_TIMED)
		return set(run, policy, UKS_POLICY_A_PIN, mode);
	if (!duration_parse(text, &seconds) || !seconds)
		return fail_usage(run, "'%s' is not per-use, session or a time as 5m", text);
	ret = set(run, policy, UKS_POLICY_A_PIN, UKS_PIN_TIMED);
	return ret ? ret : set(run, policy, UKS_POLICY_A_PIN_SECONDS, seconds);
}

/* What is given anew replaces what was there. */
static int set_grants(struct run *run, struct uks_policy *policy, enum option_id option,
		      uint32_t rule)
{
	size_t i;
	int ret = EXIT_OK;

	if (run->options[option])
		uks_policy_clear(policy, rule);
	for (i = 0; i < run->nr_given && !ret; i++)
		if (run->given[i].option == option)
			ret = grant_parse(run, policy, rule, run->given[i].text);
	return ret;
}

/* Adds what the options say to @policy. */
int policy_from_options(struct run *run, struct uks_policy *policy)
{
	int ret = EXIT_OK;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rules) && !ret; i++)
		ret = set_rule(run, policy, &rules[i]);
	if (!ret)
		ret = set_flags(run, policy);
	if (!ret)
		ret = set_rate(run, policy);
	if (!ret)
		ret = set_pin(run, policy);
	if (!ret)
		ret = set_grants(run, policy, OPTION_GRANT, UKS_POLICY_A_GRANT);
	if (!ret)
		ret = set_grants(run, policy, OPTION_BIND, UKS_POLICY_A_BIND);
	return ret;
}

static bool clear_named(struct uks_policy *policy, const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		if (strcmp(name, rules[i].name))
			continue;
		uks_policy_clear(policy, rules[i].rule);
		return true;
	}
	if (!strcmp(name, "rate")) {
		uks_policy_clear(policy, UKS_POLICY_A_RATE_USES);
		uks_policy_clear(policy, UKS_POLICY_A_RATE_SECONDS);
	} else if (!strcmp(name, "flags")) {
		uks_policy_clear(policy, UKS_POLICY_A_FLAGS);
	} else if (!strcmp(name, "grants")) {
		uks_policy_clear(policy, UKS_POLICY_A_GRANT);
	} else if (!strcmp(name, "binds")) {
		uks_policy_clear(policy, UKS_POLICY_A_BIND);
	} else {
		return false;
	}
	return true;
}

/* Takes back what --clear names, separated by commas. */
int policy_clear(struct run *run, struct uks_policy *policy)
{
	const char *at = run->options[OPTION_CLEAR];
	char name[32];
	size_t len;

	for (; at && *at; at += len + (at[len] == ',')) {
		len = strcspn(at, ",");
		snprintf(name, sizeof(name), "%.*s", (int)len, at);
		if (!clear_named(policy, name))
			return fail_usage(run, "'%s' is not a rule of a policy", name);
	}
	return EXIT_OK;
}

static json_t *grants_json(const struct uks_policy *policy, uint32_t rule)
{
	const struct uks_conditions *conditions;
	json_t *list = NULL;
	size_t i;

	for (i = 0; (conditions = uks_policy_at(policy, rule, i)); i++) {
		if (!list)
			list = json_array();
		json_array_append_new(list, grant_json(conditions));
	}
	return list;
}

static void add(json_t *object, const char *name, json_t *value)
{
	if (value)
		json_object_set_new(object, name, value);
}

json_t *policy_json(const struct uks_policy *policy)
{
	json_t *object = json_object();
	uint64_t value, seconds;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rules); i++)
		if (uks_policy_get(policy, rules[i].rule, &value))
			add(object, rules[i].name, rules[i].json(value));
	if (uks_policy_get(policy, UKS_POLICY_A_FLAGS, &value))
		add(object, "flags", json_bits(UKS_WORD_POLICY_FLAG, value));
	if (uks_policy_get(policy, UKS_POLICY_A_RATE_USES, &value) &&
	    uks_policy_get(policy, UKS_POLICY_A_RATE_SECONDS, &seconds))
		add(object, "rate", json_sprintf("%llu/%llu", (unsigned long long)value,
						 (unsigned long long)seconds));
	if (uks_policy_get(policy, UKS_POLICY_A_PIN_SECONDS, &seconds))
		add(object, "pin", json_sprintf("%llu s", (unsigned long long)seconds));
	else if (uks_policy_get(policy, UKS_POLICY_A_PIN, &value))
		add(object, "pin", json_word(UKS_WORD_PIN_MODE, value));
	add(object, "grants", grants_json(policy, UKS_POLICY_A_GRANT));
	add(object, "binds", grants_json(policy, UKS_POLICY_A_BIND));
	return object;
}
