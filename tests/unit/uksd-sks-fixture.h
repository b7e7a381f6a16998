/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all tests of SKS begin and end with: a device, which is a daemon, and its issuer. */
#ifndef UKSD_SKS_FIXTURE_H
#define UKSD_SKS_FIXTURE_H

#include <kselftest_harness.h>

#include "tests/unit/leaks.h"
#include "tests/unit/uksd-sks.h"

#define SKS_SETUP() do { \
	ASSERT_EQ(daemon_new(&self->daemon), 0); \
	ASSERT_EQ(daemon_start(&self->daemon), 0) { \
		TH_LOG("%s", self->daemon.failure.text); \
	} \
	sks_issuer(&self->issuer, &self->daemon); \
} while (0)

/* Keys of the issuer are freed before. */
#define SKS_TEARDOWN() do { \
	issuer_exit(&self->issuer); \
	daemon_stop(&self->daemon); \
	daemon_delete(&self->daemon); \
	EXPECT_EQ(leaks(), 0); \
} while (0)

#endif /* UKSD_SKS_FIXTURE_H */
