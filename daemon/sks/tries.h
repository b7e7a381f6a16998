/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Wrong tries of PINs and PUKs cannot be taken back: not by an old row, nor by an old
 * copy of the whole store. A counter of the TPM goes with each wrong try.
 */
#ifndef UKSD_SKS_TRIES_H
#define UKSD_SKS_TRIES_H

#include "daemon/sks/sks.h"

#define SKS_TRIES_HANDLE	0x01a55b08	/* of the counter in the TPM */
#define SKS_TRIES_FURTHER	0x01a55b20	/* of the first of those of further stores */
#define SKS_TRIES_STORES	17		/* that one TPM counts for */

/**
 * sks_tries_check() - are all PINs and PUKs as they were left? Before one is tried
 * @call: the call; a change is under way
 *
 * Return: 0, or -1 with @call failed: UKS_E_ROLLBACK.
 */
int sks_tries_check(struct sks_call *call);

/** sks_tries_write() - note how they are left, at the end of a change; 0 or -1 */
int sks_tries_write(struct sks_call *call);

/** sks_tries_settle() - let the TPM know, after the change and before the answer; 0 or -1 */
int sks_tries_settle(struct sks_call *call);

/**
 * sks_tries_forget() - remove the counter from the TPM: all it counts for is destroyed
 * @uksd: the daemon
 * @store: whose counter; it is not changed
 * @failure: receives the cause on failure; never NULL
 *
 * May be repeated.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int sks_tries_forget(struct uksd *uksd, struct store *store, struct failure *failure);

/** sks_tries_drop() - remove the entry, in the change under way; 0, or -1 with @failure */
int sks_tries_drop(struct store *store, struct failure *failure);

#endif /* UKSD_SKS_TRIES_H */
