/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is to be done when its time has come: erase, rotate, deactivate. */
#ifndef UKSD_HOUSEKEEPING_H
#define UKSD_HOUSEKEEPING_H

#include "daemon/uksd.h"

/**
 * housekeeping() - do what is due
 * @worker: a worker that has no requests; its store and its room are used
 * @next: receives when to come again, seconds since 1970-01-01 UTC; 0 for when there is
 *	something new
 * @failure: receives the cause
 *
 * Each key is a change of its own, and only some of them at a time. One that fails is
 * logged and tried again an hour later.
 *
 * Return: 0, or -1 with @failure filled in when the store cannot be read.
 */
int housekeeping(struct worker *worker, uint64_t *next, struct failure *failure);

#endif /* UKSD_HOUSEKEEPING_H */
