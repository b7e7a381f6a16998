/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the daemon can still do once it serves requests. */
#ifndef UKSD_SANDBOX_H
#define UKSD_SANDBOX_H

#include "daemon/config.h"

/**
 * sandbox_files() - leave only the directories of store and configuration, and the TPM
 * @config: the configuration
 * @config_file: path of its file
 * @failure: receives the cause
 *
 * By Landlock; a kernel without it is named in the log, and the daemon goes on
 * with what file permissions give. To be called before the program has threads.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int sandbox_files(const struct config *config, const char *config_file,
		  struct failure *failure);

/**
 * sandbox_calls() - leave only the system calls that serving needs
 * @failure: receives the cause
 *
 * By seccomp, for all threads. Another call ends the process, and the kernel's
 * log tells which one it was. No program can be run, no thread started, no
 * memory made executable, no socket opened but towards the log and the service
 * manager.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int sandbox_calls(struct failure *failure);

/**
 * sandbox_examiner() - confine the process of examine.h to looking
 * @failure: receives the cause
 *
 * It can open files to read, and answer on sockets that it has.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int sandbox_examiner(struct failure *failure);

#endif /* UKSD_SANDBOX_H */
