/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one way to the TPM: who enters has it alone, in the order in which they came.
 *
 *	if (tpmgate_enter(uksd, &tpm, failure))
 *		return -1;
 *	ret = uks_tpm_…(tpm, …, &error);
 *	tpmgate_leave(uksd);
 *	return ret ? tpmgate_fail(&error, failure) : 0;
 *
 * The connection stays open while the daemon runs, also after it gave up its
 * privileges. The calls of tpm/nv.h, pin.h, boot.h, key.h and attest.h connect
 * again by themselves when the TPM was reset or went away for some seconds, so that
 * nobody behind the gate has to look whether it is still there.
 *
 * Inside the gate nothing is waited for but the TPM and the store: no client, and no
 * lock on a key. Locks on keys and the store come before the gate.
 */
#ifndef UKSD_TPMGATE_H
#define UKSD_TPMGATE_H

#include "daemon/config.h"
#include "tpm/tpm.h"

#define TPMGATE_PATIENCE	30	/* seconds until who waits is told UKS_E_TPM_BUSY */

struct tpmgate;
struct uksd;

/**
 * tpmgate_open() - connect to the TPM
 * @config: where it is
 * @gate: receives the gate, for tpmgate_close(); belongs into struct uksd
 * @failure: receives the cause: UKS_E_TPM, UKS_E_TPM_BUSY
 *
 * To be called while the daemon may still open the device and has one thread. The
 * storage root is not looked for: master_open() does that.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int tpmgate_open(const struct config *config, struct tpmgate **gate, struct failure *failure);

/**
 * tpmgate_close() - disconnect
 * @gate: from tpmgate_open(), nobody in it or before it; or NULL
 */
void tpmgate_close(struct tpmgate *gate);

/**
 * tpmgate_enter() - have the TPM alone
 * @uksd: the daemon, its gate open
 * @tpm: receives the connection, until tpmgate_leave()
 * @failure: receives the cause: UKS_E_TPM_BUSY when others were in it for too long
 *
 * Does not itself speak with the TPM. May not be entered twice by one thread.
 *
 * Return: 0, or -1 with @failure filled in and nothing entered.
 */
int tpmgate_enter(struct uksd *uksd, struct uks_tpm **tpm, struct failure *failure);

/**
 * tpmgate_leave() - let the next one in
 * @uksd: the daemon, after tpmgate_enter()
 */
void tpmgate_leave(struct uksd *uksd);

/**
 * tpmgate_fail() - a failure of the TPM as one of the daemon
 * @error: what a call of tpm/ filled in
 * @failure: receives it: UKS_E_TPM_LOCKOUT, UKS_E_TPM_BUSY, UKS_E_BOOT,
 *	UKS_E_PIN_WRONG, UKS_E_PIN_LOCKED, UKS_E_BLOB or UKS_E_TPM, with the same text
 *
 * Return: -1.
 */
int tpmgate_fail(const struct uks_tpm_error *error, struct failure *failure);

#endif /* UKSD_TPMGATE_H */
