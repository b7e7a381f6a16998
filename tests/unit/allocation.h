/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that runs out when a test says so, and is counted; see libuks.mk. */
#ifndef UNIT_ALLOCATION_H
#define UNIT_ALLOCATION_H

#include <stddef.h>

/**
 * memory_begin() - count from now on, and let one allocation fail
 * @nth: which one, from 1; 0: none
 */
void memory_begin(unsigned int nth);

/**
 * memory_end() - count no more
 * @seen: [out] allocations that were tried, or NULL
 *
 * Return: pieces that were allocated since memory_begin() and not freed.
 */
int memory_end(unsigned int *seen);

/* What the linker puts in the place of the C library's functions, and these. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *piece);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *piece);

#endif /* UNIT_ALLOCATION_H */
