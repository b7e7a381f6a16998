/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a client's process is: its executable, its systemd unit. To find out takes
 * rights that the daemon gave up (CAP_SYS_PTRACE, and no Landlock). So a process of
 * its own keeps them, which knows no key: it looks at /proc when it is asked, and does
 * nothing else.
 */
#ifndef UKSD_EXAMINE_H
#define UKSD_EXAMINE_H

#include "daemon/privilege.h"
#include "daemon/process.h"

#define INIT_USERNS	0xeffffffdU	/* inode number, fixed by the kernel */

struct request;
struct worker;

/* The process that looks, and the way to it; any thread may ask. */
struct examiner;

/**
 * examiner_start() - start the process that looks
 * @account: whom it becomes
 * @examiner: receives it
 * @failure: receives the cause
 *
 * To be called by root, before there are secrets and threads.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int examiner_start(const struct account *account, struct examiner **examiner,
		   struct failure *failure);

/**
 * examiner_stop() - end it
 * @examiner: from examiner_start(), or NULL
 */
void examiner_stop(struct examiner *examiner);

/**
 * examine() - look at the client of a request
 * @worker: holds the request
 * @request: the request
 * @wanted: bits of enum examine_wanted
 * @failure: receives UKS_E_ACCESS when it cannot be found out, UKS_E_INTERNAL
 *
 * What it says is true of the process that waits for the answer: the kernel is
 * asked afterwards whether it still does.
 *
 * Return: the process, until the end of the request, or NULL with @failure filled in.
 */
const struct process *examine(struct worker *worker, const struct request *request,
			      unsigned int wanted, struct failure *failure);

#endif /* UKSD_EXAMINE_H */
