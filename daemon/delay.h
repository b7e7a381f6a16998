/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers that are given later, without a worker that waits meanwhile. */
#ifndef UKSD_DELAY_H
#define UKSD_DELAY_H

#include "daemon/failure.h"

/* All answers that are put off. */
struct delays;

/**
 * delays_new() - room for answers
 * @failure: receives UKS_E_NO_MEMORY, UKS_E_INTERNAL
 *
 * Return: no answers, for delays_free(), or NULL with @failure filled in.
 */
struct delays *delays_new(struct failure *failure);

/**
 * delays_add() - put an answer off; from any thread
 * @delays: from delays_new()
 * @fd: the channel that it is to be written to; open until delays_free()
 * @bytes: the answer; copied
 * @len: bytes of it
 * @ms: for how long, milliseconds
 *
 * Return: 0, or -1 when out of memory.
 */
int delays_add(struct delays *delays, int fd, const void *bytes, size_t len, unsigned int ms);

/** delays_fd() - readable when delays_give() has something to do; owned by @delays */
int delays_fd(const struct delays *delays);

/** delays_give() - write the answers whose time has come */
void delays_give(struct delays *delays);

/** delays_free() - write what was put off, for there is no later; NULL is none */
void delays_free(struct delays *delays);

#endif /* UKSD_DELAY_H */
