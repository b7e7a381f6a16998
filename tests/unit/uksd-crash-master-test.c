// SPDX-License-Identifier: LGPL-2.1-or-later
/* The first administrator, whose enrolment makes a counter, killed at each step. */
#include <kselftest_harness.h>

#include "daemon/master/record.h"
#include "tests/unit/leaks.h"
#include "tests/unit/uksd-ceremony.h"
#include "tests/unit/uksd-crash.h"

/* Of one daemon at a time, which the functions of a change are told alone. */
static struct ceremony ceremony;

FIXTURE(crash)
{
	struct crash crash;
};

FIXTURE_SETUP(crash)
{
	ASSERT_EQ(crash_begin(&self->crash), 0);
	ASSERT_EQ(ceremony_new(&ceremony, &self->crash.daemon), 0);
}

FIXTURE_TEARDOWN(crash)
{
	ceremony_delete(&ceremony);
	EXPECT_EQ(crash_end(&self->crash), 0);
	EXPECT_EQ(leaks(), 0);
}

static uint32_t enrol(struct daemon *daemon)
{
	char *members = enrolment(&ceremony, 1, 1, 1);
	uint32_t code = order(&ceremony, "enrol", members, 0);

	free(members);
	return code;
}

static bool has_administrators(const char *count)
{
	return !strcmp(status(&ceremony, "administrators"), count);
}

static bool is_enrolled(struct daemon *daemon, const uint8_t *secret)
{
	return has_administrators("1") && crash_ends_without(daemon, RECORD_COUNTER_HANDLE);
}

static bool is_not_enrolled(struct daemon *daemon, const uint8_t *secret)
{
	return has_administrators("0") && crash_ends_without(daemon, RECORD_COUNTER_HANDLE);
}

TEST_F_TIMEOUT(crash, first_administrator, 600)
{
	static const struct change change = { enrol, is_enrolled, is_not_enrolled };

	PREPARE(ask_master(&ceremony, UKS_MASTER_SHOW, NULL, 0));
	crash_tpm(&self->crash.daemon, "", ".saved");
	self->crash.tpm_saved = true;
	EXPECT_OLD_OR_NEW(&self->crash, &change);
}

TEST_HARNESS_MAIN
