/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clocks that a test sets. The program is linked with --wrap=clock_gettime; what it reads
 * of CLOCK_REALTIME and CLOCK_BOOTTIME is shifted by so many seconds.
 */
#ifndef UNIT_CLOCK_H
#define UNIT_CLOCK_H

#include <time.h>

extern long clock_shift_of_day;
extern long clock_shift_since_boot;

/* What the linker makes of clock_gettime(), and the one it had been. */
int __wrap_clock_gettime(clockid_t clock, struct timespec *time);
int __real_clock_gettime(clockid_t clock, struct timespec *time);

#endif /* UNIT_CLOCK_H */
