// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl key ... */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "uksctl.h"

static const struct column columns[] = {
	{ "name", "NAME", false },
	{ "type", "TYPE", false },
	{ "purposes", "PURPOSES", false },
	{ "state", "STATE", false },
	{ "origin", "ORIGIN", false },
	{ "version", "VERSION", true },
	{ "created", "CREATED", false },
	{ "id", "ID", false },
};

static const struct column rows[] = {
	{ "name", "Name", false },
	{ "id", "Id", false },
	{ "type", "Type", false },
	{ "purposes", "Purposes", false },
	{ "state", "State", false },
	{ "origin", "Origin", false },
	{ "version", "Version", false },
	{ "owner", "Owner", false },
	{ "created", "Created", false },
};

json_t *json_key(const struct uks_key *key)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o}",
			 "name", key->name,
			 "id", json_hex(key->id, sizeof(key->id)),
			 "type", json_word(UKS_WORD_KEY_TYPE, key->type),
			 "purposes", json_bits(UKS_WORD_PURPOSE, key->purposes),
			 "state", json_word(UKS_WORD_STATE, key->state),
			 "origin", json_word(UKS_WORD_ORIGIN, key->origin),
			 "version", (json_int_t)key->version,
			 "owner", (json_int_t)key->owner,
			 "created", json_time(key->created));
}

int print_key(const struct run *run, const struct uks_key *key)
{
	return print_record(run, rows, ARRAY_SIZE(rows), json_key(key));
}

/* Generates a key, or imports @material. */
int make_key(struct run *run, const struct uks_material *material)
{
	const char *name = run->args[0];
	struct uks_key *key = NULL;
	uint32_t type, purposes;
	int ret = option_word(run, OPTION_TYPE, UKS_WORD_KEY_TYPE, &type);

	if (!ret)
		ret = option_purposes(run, &purposes);
	if (ret)
		return ret;
	if (material)
		ret = uks_key_import(run->client, name, type, purposes, material, &key, &run->err);
	else
		ret = uks_key_generate(run->client, name, type, purposes, &key, &run->err);
	if (ret)
		return fail(run, material ? "import" : "generate", name);
	ret = print_key(run, key);
	uks_key_free(key);
	return ret;
}

int run_key_generate(struct run *run)
{
	return make_key(run, NULL);
}

int run_key_show(struct run *run)
{
	struct uks_key *key;
	int ret;

	if (uks_key_show(run->client, run->args[0], &key, &run->err))
		return fail(run, "show", run->args[0]);
	ret = print_key(run, key);
	uks_key_free(key);
	return ret;
}

static int gather(struct run *run, json_t *list)
{
	struct uks_key_list *keys;
	struct uks_key *key = NULL;
	int ret = uks_key_list(run->client, &keys, &run->err);

	if (ret)
		return ret;
	do {
		ret = uks_key_list_next(keys, &key, &run->err);
		if (!ret && key)
			json_array_append_new(list, json_key(key));
		uks_key_free(key);
	} while (!ret && key);
	uks_key_list_free(keys);
	return ret;
}

int run_key_list(struct run *run)
{
	json_t *list = json_array();

	if (!gather(run, list))
		return print_list(run, "keys", columns, ARRAY_SIZE(columns), list);
	json_decref(list);
	return fail(run, "list the keys", NULL);
}

int run_key_public(struct run *run)
{
	const char *format = run->options[OPTION_FORMAT];
	bool der = format && !strcmp(format, "der");
	uint8_t data[32768];
	size_t len = sizeof(data);
	struct output output;
	int ret;

	if (format && !der && strcmp(format, "pem"))
		return fail_usage(run, "'%s' is not a format of public keys", format);
	if (uks_key_public(run->client, run->args[0], data, &len, &run->err))
		return fail(run, "export the public part of", run->args[0]);
	ret = der ? EXIT_OK : spki_to_pem(data, sizeof(data), &len);
	if (!ret)
		ret = output_open(run, &output, 0666, der);
	if (ret)
		return ret;
	ret = output_write(&output, data, len);
	if (!ret)
		return output_commit(run, &output);
	output_abandon(&output);
	return ret;
}

int run_key_rename(struct run *run)
{
	if (uks_key_rename(run->client, run->args[0], run->args[1], &run->err))
		return fail(run, "rename", run->args[0]);
	return EXIT_OK;
}

/* Deleting cannot be undone, so it is asked for, and never taken for granted. */
static int confirm(struct run *run)
{
	char answer[16] = "";

	if (run->options[OPTION_YES])
		return EXIT_OK;
	if (!isatty(STDIN_FILENO))
		return fail_usage(run, "nobody is there to be asked: use --yes to delete '%s'",
				  run->args[0]);
	fprintf(stderr, "Delete the key '%s'? What it has encrypted is lost. [y/N] ",
		run->args[0]);
	if (fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
		return EXIT_OK;
	return fail_text(EXIT_ERROR, "'%s' was not deleted", run->args[0]);
}

int run_key_delete(struct run *run)
{
	struct uks_key *key;
	int ret;

	/* What is not there needs no question. */
	if (uks_key_show(run->client, run->args[0], &key, &run->err))
		return fail(run, "delete", run->args[0]);
	uks_key_free(key);
	ret = confirm(run);
	if (ret)
		return ret;
	if (uks_key_delete(run->client, run->args[0], &run->err))
		return fail(run, "delete", run->args[0]);
	return EXIT_OK;
}
