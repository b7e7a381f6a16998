/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The test harness ends each test with _exit(), before which the leak sanitizer
 * is not asked: a test does that itself, when nothing should be left.
 */
#ifndef UNIT_LEAKS_H
#define UNIT_LEAKS_H

#if defined(__SANITIZE_ADDRESS__)
#define UNIT_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNIT_ASAN
#endif
#endif

#ifdef UNIT_ASAN
#include <sanitizer/lsan_interface.h>

/* Whether something leaked; the sanitizer has reported it on stderr. */
static inline int leaks(void)
{
	return __lsan_do_recoverable_leak_check();
}
#else
static inline int leaks(void)
{
	return 0;
}
#endif

#endif /* UNIT_LEAKS_H */
