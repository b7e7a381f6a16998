/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In the place of /dev/uks, for programs linked with --wrap=open,--wrap=ioctl. */
#ifndef TESTS_FUZZ_KERNEL_H
#define TESTS_FUZZ_KERNEL_H

#include <stddef.h>
#include <stdint.h>

/**
 * kernel_answers() - what the calls to the device shall return from now on
 * @data: for each call that goes to the daemon: errno value, length in two bytes,
 *	attributes; kept by the caller
 * @len: bytes at @data
 *
 * Sessions encrypt nothing: a ciphertext is the plaintext and 16 zeros.
 */
void kernel_answers(const uint8_t *data, size_t len);

/**
 * kernel_refuses() - let no device be opened from now on
 * @errnum: why, or 0: it can be opened again
 */
void kernel_refuses(int errnum);

/**
 * kernel_asked() - tell how many calls went to the daemon since kernel_answers()
 *
 * Return: their number.
 */
unsigned int kernel_asked(void);

/* What the linker puts in the place of the C library's functions, and these. */
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_ioctl(int fd, unsigned long cmd, ...);

#endif /* TESTS_FUZZ_KERNEL_H */
