/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the linker puts in the place of the C library's functions, and these. */
#ifndef TESTS_COVERAGE_COUNT_H
#define TESTS_COVERAGE_COUNT_H

/* Of libgcov. */
void __gcov_dump(void);
void __real__exit(int status) __attribute__((noreturn));
void __wrap__exit(int status) __attribute__((noreturn));
unsigned int __real_alarm(unsigned int seconds);
unsigned int __wrap_alarm(unsigned int seconds);

#endif /* TESTS_COVERAGE_COUNT_H */
