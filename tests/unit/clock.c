// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/clock.h"

long clock_shift_of_day;
long clock_shift_since_boot;

int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
	int ret = __real_clock_gettime(clock, time);

	if (clock == CLOCK_REALTIME)
		time->tv_sec += clock_shift_of_day;
	if (clock == CLOCK_BOOTTIME)
		time->tv_sec += clock_shift_since_boot;
	return ret;
}
