// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl key generate, show, rename, delete, restore */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "policy.h"

static const struct column rows[] = {
	{ "name", "Name", false },
	{ "id", "Id", false },
	{ "type", "Type", false },
	{ "purposes", "Purposes", false },
	{ "provider", "Provider", false },
	{ "state", "State", false },
	{ "origin", "Origin", false },
	{ "version", "Version", false },
	{ "owner", "Owner", false },
	{ "created", "Created", false },
	{ "erased", "Erased", false },
	{ "uses", "Uses", false },
	{ "tries", "PIN tries left", false },
	{ "check_value", "Check value", false },
	{ "policy.algorithms", "Algorithms", false },
	{ "policy.digests", "Digests", false },
	{ "policy.flags", "Flags", false },
	{ "policy.not_before", "Not before", false },
	{ "policy.not_after", "Not after", false },
	{ "policy.max_uses", "Uses at most", false },
	{ "policy.max_uses_per_boot", "Uses per boot", false },
	{ "policy.rate", "Uses per seconds", false },
	{ "policy.rotate_every", "Rotated every, s", false },
	{ "policy.idle", "Session idle, s", false },
	{ "policy.pin", "PIN", false },
	{ "policy.pin_tries", "PIN tries", false },
	{ "policy.grants", "Granted to", false },
	{ "policy.binds", "Bound to", false },
};

static json_t *json_policy(const struct uks_key *key)
{
	struct uks_policy *policy;
	json_t *object;

	if (!key->policy || uks_policy_parse(key->policy, key->policy_len, &policy, NULL))
		return NULL;
	object = policy_json(policy);
	uks_policy_free(policy);
	return object;
}

static void add_rest(json_t *object, const struct uks_key *key)
{
	json_t *policy = json_policy(key);

	if (key->tries_known)
		json_object_set_new(object, "tries", json_integer(key->tries));
	if (key->erased)
		json_object_set_new(object, "erased", json_time(key->erased));
	if (key->check_value_len)
		json_object_set_new(object, "check_value",
				    json_hex(key->check_value, key->check_value_len));
	if (!policy || !json_object_size(policy)) {
		json_decref(policy);
		return;
	}
	if (json_object_get(policy, "max_uses") || json_object_get(policy, "max_uses_per_boot") ||
	    json_object_get(policy, "rate"))
		json_object_set_new(object, "uses", json_integer(key->uses));
	json_object_set_new(object, "policy", policy);
}

json_t *json_key(const struct uks_key *key)
{
	json_t *object = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o}",
				   "name", key->name,
				   "id", json_hex(key->id, sizeof(key->id)),
				   "type", json_word(UKS_WORD_KEY_TYPE, key->type),
				   "purposes", json_bits(UKS_WORD_PURPOSE, key->purposes),
				   "provider", json_word(UKS_WORD_PROVIDER, key->provider),
				   "state", json_word(UKS_WORD_STATE, key->state),
				   "origin", json_word(UKS_WORD_ORIGIN, key->origin),
				   "version", (json_int_t)key->version,
				   "owner", (json_int_t)key->owner,
				   "created", json_time(key->created));

	if (object)
		add_rest(object, key);
	return object;
}

int print_key(const struct run *run, const struct uks_key *key)
{
	return print_record(run, rows, ARRAY_SIZE(rows), json_key(key));
}

/* What the options say of a new key; @policy is the caller's to free, also after an error. */
int key_options(struct run *run, struct uks_key_options *options, struct uks_policy **policy)
{
	int ret = option_purposes(run, &options->purposes);

	*policy = NULL;
	if (!ret)
		ret = option_number(run, OPTION_COUNT, &options->count);
	if (!ret && run->options[OPTION_PROVIDER])
		ret = option_word(run, OPTION_PROVIDER, UKS_WORD_PROVIDER, &options->provider);
	if (run->options[OPTION_REPLACE])
		options->flags |= UKS_CALL_REPLACE;
	options->pin = &run->pin;
	if (!ret)
		ret = pin_for_new(run, run->options[OPTION_PIN]);
	if (ret || !policy_given(run))
		return ret;
	if (uks_policy_new(policy, &run->err))
		return fail(run, "make a policy", NULL);
	options->policy = *policy;
	return policy_from_options(run, *policy);
}

/* Generates a key, or imports @material. */
int make_key(struct run *run, uint32_t type, const struct uks_material *material)
{
	struct uks_key_options options = { 0 };
	const char *name = run->args[0];
	struct uks_policy *policy;
	struct uks_key *key = NULL;
	int ret = key_options(run, &options, &policy);

	if (ret)
		goto out;
	if (material)
		ret = uks_key_import_with(run->client, name, type, &options, material, &key,
					  &run->err);
	else
		ret = uks_key_generate_with(run->client, name, type, &options, &key, &run->err);
	if (ret)
		ret = fail(run, material ? "import" : "generate", name);
	else
		ret = print_key(run, key);
	uks_key_free(key);
out:
	uks_policy_free(policy);
	return ret;
}

int run_key_generate(struct run *run)
{
	uint32_t type;
	int ret = option_word(run, OPTION_TYPE, UKS_WORD_KEY_TYPE, &type);

	return ret ? ret : make_key(run, type, NULL);
}

int run_key_show(struct run *run)
{
	struct uks_key *key;
	uint32_t version;
	int ret = option_number(run, OPTION_VERSION, &version);

	if (ret)
		return ret;
	if (uks_key_show_version(run->client, run->args[0], version, &key, &run->err))
		return fail(run, "show", run->args[0]);
	ret = print_key(run, key);
	uks_key_free(key);
	return ret;
}

int run_key_rename(struct run *run)
{
	if (uks_key_rename(run->client, run->args[0], run->args[1], &run->err))
		return fail(run, "rename", run->args[0]);
	return EXIT_OK;
}

/* Asks @question about the key, unless --yes answers it. */
int confirm(struct run *run, const char *question)
{
	char answer[16] = "";

	if (run->options[OPTION_YES])
		return EXIT_OK;
	if (!isatty(STDIN_FILENO))
		return fail_usage(run, "nobody is there to be asked: use --yes to %s '%s'",
				  run->command->name, run->args[0]);
	fprintf(stderr, "%s '%s'? [y/N] ", question, run->args[0]);
	if (fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
		return EXIT_OK;
	return fail_text(EXIT_ERROR, "'%s' stays as it is", run->args[0]);
}

/* What is not there needs no question; a deleted key is not shown, but can be erased. */
static int check_there(struct run *run)
{
	struct uks_key *key = NULL;
	int ret = EXIT_OK;

	if (!run->options[OPTION_NOW] &&
	    uks_key_show(run->client, run->args[0], &key, &run->err))
		ret = fail(run, "delete", run->args[0]);
	uks_key_free(key);
	return ret;
}

static int print_erased(struct run *run, uint64_t erased)
{
	static const struct column when[] = { { "erased", "Erased", false } };

	if (!erased && !run->options[OPTION_JSON])
		return EXIT_OK;
	return print_record(run, when, ARRAY_SIZE(when),
			    json_pack("{s:o}", "erased", erased ? json_time(erased) : json_null()));
}

int run_key_delete(struct run *run)
{
	const char *question = run->options[OPTION_NOW] ?
		"What it has encrypted is lost. Erase the key for good," : "Delete the key";
	uint64_t erased = 0;
	int ret = check_there(run);

	if (!ret)
		ret = confirm(run, question);
	if (ret)
		return ret;
	if (uks_key_delete_with(run->client, run->args[0],
				run->options[OPTION_NOW] ? UKS_CALL_NOW : 0, &erased, &run->err))
		return fail(run, "delete", run->args[0]);
	return print_erased(run, erased);
}

int run_key_restore(struct run *run)
{
	struct uks_key *key;
	int ret;

	if (uks_key_restore(run->client, run->args[0], run->options[OPTION_RENAME], &key,
			    &run->err))
		return fail(run, "restore", run->args[0]);
	ret = print_key(run, key);
	uks_key_free(key);
	return ret;
}
