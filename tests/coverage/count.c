// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Linked into programs that count the lines they run: what ends without exit(), as each
 * test does, writes its counts, too. And since counting takes time, a test has more of it.
 */
#include "tests/coverage/count.h"

#define OF_A_TEST	30	/* seconds: TEST_TIMEOUT_DEFAULT of kselftest_harness.h */

void __wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}

unsigned int __wrap_alarm(unsigned int seconds)
{
	return __real_alarm(seconds == OF_A_TEST ? 20 * seconds : seconds);
}
