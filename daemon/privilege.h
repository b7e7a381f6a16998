/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From root to nobody in particular. */
#ifndef UKSD_PRIVILEGE_H
#define UKSD_PRIVILEGE_H

#include <stdbool.h>
#include <sys/types.h>

#include "daemon/config.h"

/**
 * struct account - whom the daemon becomes
 * @uid: its user
 * @gid: its group
 * @tpm_gid: group that may use the TPM's device, so that it can be opened again; @gid
 *	if there is none but root's
 * @audit: it keeps the right to write to the audit of Linux (CAP_AUDIT_WRITE)
 * @change: it is another one than who started it, and that was root
 */
struct account {
	uid_t uid;
	gid_t gid;
	gid_t tpm_gid;
	bool audit;
	bool change;
};

/**
 * privilege_account() - find out whom to become
 * @config: the configuration
 * @account: receives it
 * @failure: receives the cause: there is no such user, or it is root
 *
 * Return: 0, or -1 with @failure filled in.
 */
int privilege_account(const struct config *config, struct account *account,
		      struct failure *failure);

/**
 * privilege_directory() - make sure that the store's directory is private
 * @config: the configuration
 * @account: who must own it
 * @failure: receives the cause
 *
 * Makes the directory if only that is missing.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int privilege_directory(const struct config *config, const struct account *account,
			struct failure *failure);

/**
 * privilege_suspend() - become the account for a while
 * @account: the account
 * @failure: receives the cause
 *
 * Return: 0, or -1 with @failure filled in.
 */
int privilege_suspend(const struct account *account, struct failure *failure);

/**
 * privilege_resume() - become root again after privilege_suspend()
 * @account: the account
 * @failure: receives the cause
 *
 * Return: 0, or -1 with @failure filled in.
 */
int privilege_resume(const struct account *account, struct failure *failure);

/**
 * privilege_drop() - become the account for good
 * @account: the account
 * @failure: receives the cause
 *
 * No capability is left but that for the audit of Linux where it is asked for, none can
 * be gained, nobody may look into the process.
 * To be called before the program has threads.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int privilege_drop(const struct account *account, struct failure *failure);

/**
 * privilege_keep_looking() - give up all but the right to look at processes
 * @account: whom to become
 * @failure: receives the cause
 *
 * For the process of examine.h: it keeps CAP_SYS_PTRACE, without which the kernel
 * does not tell what other users' processes run, and CAP_DAC_READ_SEARCH, to read
 * programs that not everybody may read.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int privilege_keep_looking(const struct account *account, struct failure *failure);

#endif /* UKSD_PRIVILEGE_H */
