// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * An issuer that shares nothing with this store (tests/system/sks-foreign, in Python) at
 * the socket of a bridge. It tells what it tries in TAP, on stderr here.
 */
#include <stdlib.h>

#include <kselftest_harness.h>

#include "tests/unit/leaks.h"
#include "tests/unit/uksd-sks-bridge.h"
#include "tests/unit/uksd-sks.h"

FIXTURE(foreign)
{
	struct daemon daemon;
	struct sks_bridge bridge;
};

FIXTURE_SETUP(foreign)
{
	ASSERT_EQ(daemon_new(&self->daemon), 0);
	ASSERT_EQ(daemon_start(&self->daemon), 0);
	ASSERT_EQ(sks_bridge_start(&self->bridge, &self->daemon), 0);
}

FIXTURE_TEARDOWN(foreign)
{
	sks_bridge_stop(&self->bridge);
	daemon_stop(&self->daemon);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

TEST_F_TIMEOUT(foreign, issuer_enrols_manages_and_verifies_all_of_it, 300)
{
	char command[128];

	snprintf(command, sizeof(command), "tests/system/sks-foreign --socket %s 1>&2",
		 self->bridge.path);
	EXPECT_EQ(system(command), 0);
}

TEST_HARNESS_MAIN
