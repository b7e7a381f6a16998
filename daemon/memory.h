/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where secrets may be in memory, and how they leave it. */
#ifndef UKSD_MEMORY_H
#define UKSD_MEMORY_H

#include "daemon/failure.h"

#define MEMORY_STACK	(32 * 1024)	/* deepest that a request goes, and more */

/*
 * Begins a function that handles secrets: the registers it used are cleared
 * when it returns.
 */
#if defined(__has_attribute) && __has_attribute(zero_call_used_regs)
#define handles_secrets	__attribute__((zero_call_used_regs("all"), noinline))
#else
#define handles_secrets	__attribute__((noinline))
#endif

/**
 * memory_init() - make libraries wipe what they free
 * @failure: receives the cause
 *
 * Starts libsodium and OpenSSL: what OpenSSL frees is wiped, and its private
 * keys live in a heap of their own that is locked and not dumped. To be called
 * before anything else, in particular before anything uses OpenSSL.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int memory_init(struct failure *failure);

/**
 * memory_lock() - keep the whole process out of swap and core dumps
 * @failure: receives the cause
 *
 * Pages are locked once they are used. As root the limit is lifted first; it
 * then holds for whoever the process becomes.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int memory_lock(struct failure *failure);

/**
 * memory_wipe_traces() - wipe what a request left on the stack and in registers
 *
 * To be called where the thread goes on to wait: the kernel saves the registers
 * of a thread that waits, and they stay in its memory as long as it does.
 */
void memory_wipe_traces(void);

#endif /* UKSD_MEMORY_H */
