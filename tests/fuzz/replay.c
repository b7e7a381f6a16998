// SPDX-License-Identifier: LGPL-2.1-or-later
/* Runs what a fuzzer calls with each file named, for builds without a fuzzer. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"

#define ROOM	65536

int main(int argc, char **argv)
{
	static uint8_t data[ROOM];
	size_t len;
	FILE *file;
	int i;

	for (i = 1; i < argc; i++) {
		file = fopen(argv[i], "rb");
		if (!file) {
			perror(argv[i]);
			return 1;
		}
		len = fread(data, 1, sizeof(data), file);
		fclose(file);
		LLVMFuzzerTestOneInput(data, len);
	}
	printf("%d files\n", argc - 1);
	return 0;
}
