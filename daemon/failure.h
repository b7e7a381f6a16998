/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What went wrong: a code for programs, a line for people. */
#ifndef UKSD_FAILURE_H
#define UKSD_FAILURE_H

#include <linux/uks.h>

/**
 * struct failure - why something failed
 * @code: the cause
 * @text: one line that names the cause and the cure, NUL-terminated
 *
 * Functions that fill one in return 0 or -1, and leave it alone when they
 * return 0.
 */
struct failure {
	enum uks_error code;
	char text[UKS_TEXT_MAX];
};

/**
 * failure_fill() - fill in a failure
 * @failure: what to fill in
 * @code: the cause
 * @format: as for printf(3); cut off when it gets longer than UKS_TEXT_MAX
 */
void __attribute__((format(printf, 3, 4)))
failure_fill(struct failure *failure, enum uks_error code, const char *format, ...);

/** failure_return() - -1, as what a function returns */
static inline int failure_return(void)
{
	return -1;
}

/**
 * failure_set() - fill in a failure and give -1, so that a caller can fail in one statement
 * @failure: what to fill in
 */
#define failure_set(failure, ...)	(failure_fill((failure), __VA_ARGS__), failure_return())

/**
 * failure_errno() - errno that a client gets for a code
 * @code: the cause
 *
 * Return: a positive errno value; EIO for a code that no daemon gives.
 */
int failure_errno(enum uks_error code);

#endif /* UKSD_FAILURE_H */
