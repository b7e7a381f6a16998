// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reads enumerators out of include/uapi/linux/uks.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libuks-header.h"

#define HEADER	"include/uapi/linux/uks.h"

/* Calls @fn for each line "<TAB>PREFIX_NAME = VALUE,". Returns how many, or -1. */
int read_enumerators(const char *prefix, enumerator_fn *fn, void *arg)
{
	FILE *file = fopen(HEADER, "r");
	char line[256], name[64], value[32];
	int count = 0;

	if (!file) {
		perror(HEADER " (tests run in the top folder)");
		return -1;
	}
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "\t%63[A-Z0-9_] = %31[0-9a-fx],", name, value) != 2 ||
		    strncmp(name, prefix, strlen(prefix)))
			continue;
		fn(name + strlen(prefix), strtoul(value, NULL, 0), arg);
		count++;
	}
	fclose(file);
	return count;
}
