/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The generation of the store: a number in it that an NV counter of the TPM has, too,
 * so that an older copy of the store is known. Documentation/rollback.rst tells what is
 * promised when, and what it costs the TPM.
 */
#ifndef UKSD_GENERATION_H
#define UKSD_GENERATION_H

#include "daemon/rollback/ledger.h"
#include "daemon/uksd.h"

/**
 * generation_open() - see that the store is the latest, and attach it to its ledger
 * @uksd: the daemon: @config, @gate and @master are there. Receives @ledger and
 *	@generation
 * @store: the store
 * @failure: receives the cause: UKS_E_ROLLBACK when the store is not the latest, then
 *	nothing is attached, and nothing was changed; UKS_E_TPM, UKS_E_STORE
 *
 * The first start makes counter and ledger. What the configuration accepts
 * ("accept-generation") becomes the latest, and the log says so.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int generation_open(struct uksd *uksd, struct store *store, struct failure *failure);

/**
 * generation_start() - count in the background from now on
 * @uksd: the daemon, after generation_open(); before the sandbox
 * @failure: receives UKS_E_NO_MEMORY, UKS_E_STORE
 *
 * The thread looks through all rows of the store once, too, and the log tells which are
 * not the latest and which are missing.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int generation_start(struct uksd *uksd, struct failure *failure);

/**
 * generation_flush() - make that no older copy of the store is accepted any more
 * @uksd: the daemon; without a ledger this does nothing
 * @failure: receives UKS_E_TPM, UKS_E_TPM_BUSY, UKS_E_STORE; the changes are durable
 *	nevertheless, and are counted later
 *
 * To be called after the commit of what must not be undone by putting a file back: a
 * PIN counter that is in the store, a rotation of the master key. Waits for the TPM,
 * tens of milliseconds to seconds, and wears it: one or two increments. Enters the gate
 * (tpmgate.h) and begins a change of the store: the caller has neither.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int generation_flush(struct uksd *uksd, struct failure *failure);

/**
 * generation_work() - do what is due
 * @uksd: the daemon
 * @failure: receives the cause
 *
 * What the thread of generation_start() does, for who has none.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int generation_work(struct uksd *uksd, struct failure *failure);

/**
 * generation_examine() - look through all rows of the store
 * @uksd: the daemon
 * @store: a connection of the caller's
 * @failure: receives the cause why it could not be read, or UKS_E_STORE: it is damaged
 *
 * What is not the latest or missing is logged and counted in the ledger's state. A store
 * that is damaged makes @uksd->damaged true.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int generation_examine(struct uksd *uksd, struct store *store, struct failure *failure);

/**
 * generation_close() - end the batch and the thread, detach the ledger
 * @uksd: the daemon, no worker left
 * @store: the connection given to generation_open()
 */
void generation_close(struct uksd *uksd, struct store *store);

#endif /* UKSD_GENERATION_H */
