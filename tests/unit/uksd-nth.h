/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Faults in a program that has uksd in it: the nth allocation, step of the store or command
 * of the TPM fails, in the thread that asks for it.
 */
#ifndef UKSD_NTH_H
#define UKSD_NTH_H

#include <stdbool.h>
#include <stddef.h>

#include <sqlite3.h>
#include <tss2/tss2_tctildr.h>

/*
 * Where a fault comes from: this program, with libuksd in it, or a library. libcrypto
 * allocates by a function of uksd, so those two count as one.
 */
enum origin { HERE, CRYPTO, SQLITE, STEP, TPM, ORIGINS };

/* From now on the @nth fault of this origin strikes, counted from 1; 0: they are counted. */
void nth_begin(enum origin origin, unsigned int nth);

/* No more. Returns how many places there were. */
unsigned int nth_end(void);

/* Of the C library. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

/* What the linker puts in the place of functions of libraries, and these. */
int __real_sqlite3_step(sqlite3_stmt *stmt);
int __wrap_sqlite3_step(sqlite3_stmt *stmt);
TSS2_RC __real_Tss2_TctiLdr_Initialize(const char *name, TSS2_TCTI_CONTEXT **tcti);
TSS2_RC __wrap_Tss2_TctiLdr_Initialize(const char *name, TSS2_TCTI_CONTEXT **tcti);

#endif /* UKSD_NTH_H */
