// SPDX-License-Identifier: LGPL-2.1-or-later
/* The configuration: either words, or values that print as a file with the same values. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/config.h"
#include "tests/fuzz/fuzz.h"

static int load(const void *text, size_t len, struct config *config, struct failure *failure)
{
	int fd = memfd_create("uksd.conf", MFD_CLOEXEC);
	char path[32];
	int ret;

	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = config_load(config, path, failure);
	close(fd);
	return ret;
}

static char *print(const struct config *config, size_t *len)
{
	char *text = NULL;
	FILE *file = open_memstream(&text, len);

	if (!file)
		abort();
	config_print(config, file);
	if (fclose(file))
		abort();
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct failure failure = { 0 };
	struct config first, second;
	char *once, *twice;
	size_t size;

	if (load(data, len, &first, &failure)) {
		if (!failure.code || !failure.text[0])
			abort();
		return 0;
	}
	once = print(&first, &size);
	if (load(once, size, &second, &failure))
		abort();
	twice = print(&second, &size);
	if (strcmp(once, twice))
		abort();
	free(once);
	free(twice);
	return 0;
}
