// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Runs what a fuzzer calls with the inputs of each file named: one in a line, in
 * hexadecimal digits; '#' begins a comment.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

static size_t read_hex(const char *line, uint8_t *data)
{
	size_t len = 0;
	unsigned int byte;

	while (sscanf(line + 2 * len, "%2x", &byte) == 1)
		data[len++] = byte;
	return len;
}

static unsigned int replay(FILE *file)
{
	unsigned int count = 0;
	size_t len, room = 0;
	uint8_t *data, *exact;
	char *line = NULL;

	while (getline(&line, &room, file) > 0) {
		if (!isxdigit((unsigned char)*line))
			continue;
		/* A buffer of exactly that length: the sanitizer sees a read behind it. */
		data = malloc(strlen(line) / 2 + 1);
		len = data ? read_hex(line, data) : 0;
		exact = data ? realloc(data, len) : NULL;
		if (!exact)
			abort();
		LLVMFuzzerTestOneInput(exact, len);
		free(exact);
		count++;
	}
	free(line);
	return count;
}

int main(int argc, char **argv)
{
	unsigned int count = 0;
	FILE *file;
	int i;

	for (i = 1; i < argc; i++) {
		file = fopen(argv[i], "r");
		if (!file) {
			perror(argv[i]);
			return 1;
		}
		count += replay(file);
		fclose(file);
	}
	printf("# %u inputs\n", count);
	return 0;
}
