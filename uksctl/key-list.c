// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * uksctl key list, versions. A list may be longer than memory: it is written part
 * by part, as it comes.
 */
#include <stdio.h>

#include "uksctl.h"

#define PART	512	/* lines of a table that are laid out together */

static const struct column columns[] = {
	{ "name", "NAME", false },
	{ "type", "TYPE", false },
	{ "purposes", "PURPOSES", false },
	{ "provider", "PROVIDER", false },
	{ "state", "STATE", false },
	{ "origin", "ORIGIN", false },
	{ "version", "VERSION", true },
	{ "created", "CREATED", false },
	{ "id", "ID", false },
};

static const struct column deleted_columns[] = {
	{ "name", "NAME", false },
	{ "type", "TYPE", false },
	{ "state", "STATE", false },
	{ "version", "VERSION", true },
	{ "created", "CREATED", false },
	{ "erased", "ERASED", false },
	{ "id", "ID", false },
};

static const struct column granted_columns[] = {
	{ "owner", "OWNER", true },
	{ "name", "NAME", false },
	{ "type", "TYPE", false },
	{ "purposes", "PURPOSES", false },
	{ "state", "STATE", false },
	{ "version", "VERSION", true },
	{ "id", "ID", false },
};

/*
 * struct listing - a list that is being written
 * @run: the command
 * @columns: of the table
 * @nr_columns: how many
 * @part: objects that wait to be written
 * @count: objects written
 */
struct listing {
	struct run *run;
	const struct column *columns;
	size_t nr_columns;
	json_t *part;
	uint64_t count;
};

static int write_json(struct listing *listing)
{
	const json_t *object;
	size_t i;

	json_array_foreach(listing->part, i, object) {
		fputs(listing->count + i ? ",\n    " : "\n    ", stdout);
		if (json_dumpf(object, stdout, JSON_PRESERVE_ORDER))
			return fail_text(EXIT_ERROR, "cannot write JSON");
	}
	return EXIT_OK;
}

static int write_part(struct listing *listing)
{
	int ret = EXIT_OK;

	if (listing->run->options[OPTION_JSON])
		ret = write_json(listing);
	else if (json_array_size(listing->part))
		ret = print_lines(listing->columns, listing->nr_columns, listing->part,
				  !listing->count);
	listing->count += json_array_size(listing->part);
	json_array_clear(listing->part);
	return ret;
}

/* Writes @keys, at most @limit if that is not 0. */
static int write_keys(struct listing *listing, struct uks_key_list *keys, uint32_t limit)
{
	struct uks_key *key;
	uint64_t seen = 0;
	int ret = EXIT_OK;

	while (!ret && (!limit || seen < limit)) {
		if (uks_key_list_next(keys, &key, &listing->run->err))
			return fail(listing->run, "list", NULL);
		if (!key)
			break;
		json_array_append_new(listing->part, json_key(key));
		uks_key_free(key);
		if (!(++seen % PART))
			ret = write_part(listing);
	}
	return ret ? ret : write_part(listing);
}

static int write_list(struct listing *listing, struct uks_key_list *keys, const char *name,
		      uint32_t limit)
{
	bool json = listing->run->options[OPTION_JSON];
	int ret;

	listing->part = json_array();
	if (json)
		printf("{\n  \"%s\": [", name);
	ret = write_keys(listing, keys, limit);
	if (json && !ret)
		puts(listing->count ? "\n  ]\n}" : "]\n}");
	json_decref(listing->part);
	return ret;
}

static int choose_keys(struct listing *listing, struct uks_list_options *options)
{
	const char * const *given = listing->run->options;

	if (!given[OPTION_DELETED] && !given[OPTION_GRANTED])
		return EXIT_OK;
	if (given[OPTION_DELETED] && given[OPTION_GRANTED])
		return fail_usage(listing->run,
				  "--deleted and --granted exclude each other");
	if (given[OPTION_GRANTED] && options->after)
		return fail_usage(listing->run,
				  "--after goes by name, and keys of others have the same: leave it away with --granted");
	options->flags = given[OPTION_GRANTED] ? UKS_CALL_GRANTED : UKS_CALL_DELETED;
	listing->columns = given[OPTION_GRANTED] ? granted_columns : deleted_columns;
	listing->nr_columns = given[OPTION_GRANTED] ? ARRAY_SIZE(granted_columns) :
			      ARRAY_SIZE(deleted_columns);
	return EXIT_OK;
}

int run_key_list(struct run *run)
{
	struct uks_list_options options = { .after = run->options[OPTION_AFTER] };
	struct listing listing = {
		.run = run,
		.columns = columns,
		.nr_columns = ARRAY_SIZE(columns),
	};
	struct uks_key_list *keys;
	uint32_t limit;
	int ret = option_number(run, OPTION_LIMIT, &limit);

	if (ret)
		return ret;
	options.page = limit;
	ret = choose_keys(&listing, &options);
	if (ret)
		return ret;
	if (uks_key_list_with(run->client, &options, &keys, &run->err))
		return fail(run, "list the keys", NULL);
	ret = write_list(&listing, keys, "keys", limit);
	uks_key_list_free(keys);
	return ret;
}

int run_key_versions(struct run *run)
{
	static const struct column version_columns[] = {
		{ "version", "VERSION", true },
		{ "state", "STATE", false },
		{ "origin", "ORIGIN", false },
		{ "created", "CREATED", false },
	};
	struct listing listing = {
		.run = run,
		.columns = version_columns,
		.nr_columns = ARRAY_SIZE(version_columns),
	};
	struct uks_key_list *keys;
	int ret;

	if (uks_key_versions(run->client, run->args[0], &keys, &run->err))
		return fail(run, "list the versions of", run->args[0]);
	ret = write_list(&listing, keys, "versions", 0);
	uks_key_list_free(keys);
	return ret;
}
