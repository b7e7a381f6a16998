// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Where uksctl holds secrets: in memory that is neither swapped out nor dumped, and
 * wiped when it is given back, the copies that libcrypto and jansson make included.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <openssl/crypto.h>

#include "uksctl.h"

#define HEAP_ROOM	(2 << 20)	/* more than a key of any format needs */

static void *take(size_t len, const char *file, int line)
{
	(void)file;
	(void)line;
	return malloc(len);
}

static void wipe_and_release(void *data, const char *file, int line)
{
	(void)file;
	(void)line;
	if (data)
		explicit_bzero(data, malloc_usable_size(data));
	free(data);
}

static void *resize(void *data, size_t len, const char *file, int line)
{
	size_t old = data ? malloc_usable_size(data) : 0;
	void *copy;

	if (old >= len && len)
		return data;
	copy = len ? malloc(len) : NULL;
	if (copy && old)
		memcpy(copy, data, old);
	if (copy || !len)
		wipe_and_release(data, file, line);
	return copy;
}

/* The heap is one range, which the kernel names. */
static void lock_heap(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long begin, end;
	char line[512];

	while (maps && fgets(line, sizeof(line), maps))
		if (strstr(line, "[heap]") && sscanf(line, "%lx-%lx", &begin, &end) == 2)
			mlock((void *)begin, end - begin);
	if (maps)
		fclose(maps);
}

/*
 * To be called before any call of libcrypto. Whoever may lock nothing, by
 * RLIMIT_MEMLOCK, goes on without: the memory is still wiped and not dumped.
 */
void secret_begin(void)
{
	const struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	prctl(PR_SET_DUMPABLE, 0);
	CRYPTO_set_mem_functions(take, resize, wipe_and_release);
	/* All in the heap, which is grown once and never given back. */
	mallopt(M_MMAP_MAX, 0);
	mallopt(M_TRIM_THRESHOLD, 2 * HEAP_ROOM);
	mallopt(M_TOP_PAD, HEAP_ROOM);
	free(malloc(HEAP_ROOM));
	lock_heap();
}
