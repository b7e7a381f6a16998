// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdbool.h>

#include "tests/unit/allocation.h"

static struct {
	bool counts;
	unsigned int nth;
	unsigned int seen;
	int left;
} memory;

void memory_begin(unsigned int nth)
{
	memory.nth = nth;
	memory.seen = 0;
	memory.left = 0;
	memory.counts = true;
}

int memory_end(unsigned int *seen)
{
	memory.counts = false;
	if (seen)
		*seen = memory.seen;
	return memory.left;
}

static bool fails(void)
{
	if (!memory.counts || ++memory.seen != memory.nth)
		return false;
	errno = ENOMEM;
	return true;
}

static void *given(void *piece)
{
	if (memory.counts && piece)
		memory.left++;
	return piece;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : given(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : given(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size)
{
	if (fails())
		return NULL;
	return old ? __real_realloc(old, size) : given(__real_realloc(old, size));
}

void __wrap_free(void *piece)
{
	if (memory.counts && piece)
		memory.left--;
	__real_free(piece);
}
