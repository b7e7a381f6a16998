/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The soak: many processes of several users at once; see soak.c. */
#ifndef SOAK_H
#define SOAK_H

#include <stdbool.h>
#include <stdint.h>

#include <uks.h>

/**
 * struct soak_count - what a process did, in memory that all share
 * @done: operations that were done
 * @refused: that ended with an error that may be
 * @wrong: that ended with one that may not
 * @text: the last of those
 */
struct soak_count {
	uint64_t done;
	uint64_t refused;
	uint64_t wrong;
	char text[UKS_TEXT_MAX + 16];
};

/* A process that works. */
struct worker {
	struct uks_client *client;
	struct uks_err err;
	int number;
};

/* soak-use.c: 0, or a negative enum uks_error with worker->err; what came out wrong has code 0. */
int soak_use(struct worker *worker, const char *name, uint32_t type);
int soak_sign_with_pin(struct worker *worker, const char *name);
int soak_make_with_pin(struct worker *worker, const char *name);

/* soak-work.c: works until the process is killed. */
void soak_work(int number, struct soak_count *count) __attribute__((noreturn));

#endif /* SOAK_H */
