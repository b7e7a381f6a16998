/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that writes is killed at a step of its own choice. */
#ifndef UKSD_STEPS_H
#define UKSD_STEPS_H

#include <stdbool.h>

/* How the end comes. */
enum ending {
	BEFORE,		/* before the step */
	TORN,		/* when half of it was written */
	POWER,		/* and what was not synchronised is lost */
	ENDINGS
};

/*
 * What the sanitizers look for hardly differs from one step to the next, and they are slow:
 * with them each fifth step has to do.
 */
#ifdef __SANITIZE_ADDRESS__
#define STEPS_STRIDE	5
#else
#define STEPS_STRIDE	1
#endif

extern int steps_left;			/* until the end; -1 is never */
extern enum ending steps_ending;

__attribute__((noreturn)) void steps_die(void);

/* The step to try next: neither the last one is left out, nor the one behind it. */
int steps_next(int step, int steps);

/* A file that is not there is not there afterwards either. Aborts on failure. */
void copy_file(const char *from, const char *to);

#endif /* UKSD_STEPS_H */
