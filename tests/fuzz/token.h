/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In the place of /dev/uks and uksd: a store of a few keys, for the fuzzer of the module. */
#ifndef TESTS_FUZZ_TOKEN_H
#define TESTS_FUZZ_TOKEN_H

#include <stdint.h>

/** token_reset() - forget all keys and faults */
void token_reset(void);

/**
 * token_fail() - let a call to the device fail
 * @after: calls until then; 0 is the next one
 * @error: errno value
 * @code: enum uks_error
 */
void token_fail(unsigned int after, int error, uint32_t code);

/** token_lose() - a key is deleted by somebody else; @which: any number */
void token_lose(unsigned int which);

/* What the linker puts in the place of the C library's functions, and these. */
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_ioctl(int fd, unsigned long cmd, ...);

#endif /* TESTS_FUZZ_TOKEN_H */
