// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl key import: reads a key of any format and gives it to the daemon. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"

/* What --format says, or the reader that finds out. */
static int choose_reader(const struct run *run, format_reader **reader)
{
	const char *name = run->options[OPTION_FORMAT];
	const struct format *format;

	*reader = format_read;
	if (!name)
		return EXIT_OK;
	format = format_named(name);
	if (!format || !format->read)
		return fail_usage(run, "'%s' is not a format of keys to read", name);
	*reader = format->read;
	return EXIT_OK;
}

/* A type that is not what --type says would become an error of the daemon, in other words. */
static int check_type(struct run *run, const struct format_key *key, uint32_t wanted)
{
	const char *found = uks_word(UKS_WORD_KEY_TYPE, key->type);

	if (!wanted || wanted == key->type)
		return 0;
	return format_fail(&run->err,
			   "the key is %s, not %s: leave --type out, or take another file",
			   found ? found : "of another type",
			   run->options[OPTION_TYPE]);
}

static int read_bytes(struct run *run, const char *path, uint8_t *data, struct format_key *key)
{
	struct format_input input = {
		.hex = run->options[OPTION_HEX], .passphrase = passphrase_get, .arg = run,
	};
	format_reader *reader;
	size_t len;
	int ret = option_word(run, OPTION_TYPE, UKS_WORD_KEY_TYPE, &input.type);

	if (!ret)
		ret = choose_reader(run, &reader);
	if (!ret)
		ret = input_read_all(path, data, FORMAT_INPUT_MAX + 1, &len);
	if (ret)
		return ret;
	if (reader(data, len, &input, key, &run->err))
		return fail(run, "read the key in", path ? path : "standard input");
	if (check_type(run, key, input.type)) {
		format_free(key);
		return fail(run, "read the key in", path ? path : "standard input");
	}
	if (key->notice[0])
		fprintf(stderr, "uksctl: %s\n", key->notice);
	return EXIT_OK;
}

/* Reads the key in a file, by --format, --type, --hex and --passphrase-fd. */
int read_key(struct run *run, const char *path, struct format_key *key)
{
	uint8_t *data = malloc(FORMAT_INPUT_MAX + 1);
	int ret;

	if (!data)
		return fail_text(EXIT_ERROR, "out of memory");
	ret = read_bytes(run, path, data, key);
	explicit_bzero(data, FORMAT_INPUT_MAX + 1);
	free(data);
	return ret;
}

int run_key_import(struct run *run)
{
	struct uks_material material;
	struct format_key key = { };
	int ret;

	secret_begin();
	ret = read_key(run, run->options[OPTION_INPUT], &key);
	if (ret)
		return ret;
	material = (struct uks_material){
		.format = key.format, .data = key.data, .len = key.len
	};
	ret = make_key(run, key.type, &material);
	format_free(&key);
	return ret;
}
