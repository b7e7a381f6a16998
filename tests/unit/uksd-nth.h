/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is behind the functions that uksd-nth-test puts in their place. */
#ifndef UKSD_NTH_H
#define UKSD_NTH_H

#include <stddef.h>

#include <sqlite3.h>

/* Of the C library. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

/* What the linker puts in the place of SQLite's function, and that. */
int __real_sqlite3_step(sqlite3_stmt *stmt);
int __wrap_sqlite3_step(sqlite3_stmt *stmt);

#endif /* UKSD_NTH_H */
