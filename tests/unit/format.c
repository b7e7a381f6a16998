// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the tests of formats share. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"

int shell(const char *command)
{
	char *line;
	int ret;

	if (asprintf(&line, "{ %s; } > log 2>&1", command) < 0)
		return -1;
	ret = system(line);
	free(line);
	if (ret && system("sed 's/^/# /' log"))
		perror("log");
	return ret;
}

size_t load(const char *path, uint8_t *data)
{
	FILE *file = fopen(path, "r");
	size_t len = file ? fread(data, 1, FILE_ROOM, file) : 0;

	if (file)
		fclose(file);
	return len;
}

static int give_passphrase(void *arg, char *text, int size, struct uks_err *err)
{
	struct sample *sample = arg;

	sample->asked++;
	if (!sample->passphrase)
		return format_fail(err, "nobody is there to be asked");
	return snprintf(text, size, "%s", sample->passphrase);
}

int read_exact(const uint8_t *data, size_t len, struct sample *sample, format_reader *reader,
	       uint32_t type, struct format_key *key, struct uks_err *err)
{
	const struct format_input input = {
		.type = type, .passphrase = give_passphrase, .arg = sample,
	};
	uint8_t *copy = malloc(len ? len : 1);
	int ret;

	if (!copy)
		abort();
	memcpy(copy, data, len);
	memset(err, 0, sizeof(*err));
	ret = (reader ? reader : format_read)(copy, len, &input, key, err);
	free(copy);
	return ret;
}

int read_sample(struct sample *sample, size_t len, format_reader *reader, uint32_t type,
		struct format_key *key, struct uks_err *err)
{
	return read_exact(sample->data, len, sample, reader, type, key, err);
}

size_t significant(const struct sample *sample)
{
	size_t len = sample->len;

	/* DER may end with any byte. */
	if (sample->data[0] == 0x30)
		return len;
	while (len && isspace(sample->data[len - 1]))
		len--;
	return len;
}
