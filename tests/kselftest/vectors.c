// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vectors.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

/**
 * vectors_open() - open the file of vectors
 *
 * Return: the file, or NULL.
 */
FILE *vectors_open(void)
{
	return fopen(VECTORS, "re");
}

static int put_hex(struct bytes *bytes, const char *hex)
{
	char pair[3] = "";
	char *end;

	if (strlen(hex) % 2 || strlen(hex) / 2 > sizeof(bytes->at))
		return -EINVAL;
	for (bytes->len = 0; *hex; hex += 2) {
		memcpy(pair, hex, 2);
		bytes->at[bytes->len++] = strtoul(pair, &end, 16);
		if (*end)
			return -EINVAL;
	}
	return 0;
}

static int put_line(struct vector *vector, const char *name, const char *value)
{
	struct {
		const char *name;
		struct bytes *bytes;
	} fields[] = {
		{ "key", &vector->key },
		{ "nonce", &vector->nonce },
		{ "aad", &vector->aad },
		{ "in", &vector->in },
		{ "out", &vector->out },
	};
	unsigned int i;

	if (!strcmp(name, "source"))
		snprintf(vector->source, sizeof(vector->source), "%s", value);
	else if (!strcmp(name, "algorithm"))
		snprintf(vector->algorithm, sizeof(vector->algorithm), "%s", value);
	else
		for (i = 0; i < ARRAY_SIZE(fields); i++)
			if (!strcmp(name, fields[i].name))
				return put_hex(fields[i].bytes, value);
	return 0;
}

/**
 * vector_next() - read the next vector
 * @file: from vectors_open()
 * @vector: filled in
 *
 * Return: 1, 0 at the end, -EINVAL when the file is not well made.
 */
int vector_next(FILE *file, struct vector *vector)
{
	char line[2048], *value;
	int ret = 0;

	memset(vector, 0, sizeof(*vector));
	while (!ret && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		if (*line == '#')
			continue;
		if (!*line && *vector->source)
			return 1;
		value = strchr(line, ' ');
		if (value)
			*value++ = 0;
		ret = put_line(vector, line, value ? value : "");
	}
	return ret ? ret : *vector->source != 0;
}
