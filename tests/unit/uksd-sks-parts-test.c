// SPDX-License-Identifier: LGPL-2.1-or-later
/* Arguments of SKS that come in parts: whose they are, how long they wait, how many there are. */
#include <stdlib.h>
#include <string.h>

#include <kselftest_harness.h>
#include <sodium.h>

#include "daemon/sks/parts.h"
#include "include/uks/sks.h"
#include "tests/unit/clock.h"
#include "tests/unit/leaks.h"

#define ALICE	1000
#define METHOD	SKS_ADD_EXTENSION
#define USERS	8	/* of two each, they have all the places there are */

FIXTURE(parts)
{
	struct failure failure;
	uint8_t token[2 * USERS + 2][SKS_TOKEN_LEN];
};

FIXTURE_SETUP(parts)
{
	ASSERT_GE(sodium_init(), 0);
}

FIXTURE_TEARDOWN(parts)
{
	EXPECT_EQ(leaks(), 0);
}

static const struct sks_bytes one = { .at = (const uint8_t *)"one ", .len = 4 };
static const struct sks_bytes two = { .at = (const uint8_t *)"two", .len = 3 };

static int begin(struct _test_data_parts *self, uint32_t uid, int i)
{
	return sks_parts_add(uid, METHOD, NULL, &one, self->token[i], &self->failure);
}

static int add(struct _test_data_parts *self, uint32_t uid, uint32_t method, int i)
{
	return sks_parts_add(uid, method, self->token[i], &two, self->token[i], &self->failure);
}

/* Whether they are there with these bytes; they are taken. */
static bool has(struct _test_data_parts *self, uint32_t uid, int i, const char *text)
{
	struct sks_bytes whole;
	bool same;

	if (sks_parts_take(uid, METHOD, self->token[i], &whole, &self->failure))
		return false;
	same = whole.len == strlen(text) && !memcmp(whole.at, text, whole.len);
	free((void *)whole.at);
	return same;
}

TEST_F(parts, are_joined_for_the_user_and_method_they_came_for)
{
	ASSERT_EQ(begin(self, ALICE, 0), 0);
	EXPECT_EQ(add(self, ALICE + 1, METHOD, 0), -1);
	EXPECT_EQ(self->failure.code, UKS_E_PROVISION);
	EXPECT_EQ(add(self, ALICE, METHOD + 1, 0), -1);
	EXPECT_FALSE(has(self, ALICE + 1, 0, "one "));
	ASSERT_EQ(add(self, ALICE, METHOD, 0), 0);
	EXPECT_TRUE(has(self, ALICE, 0, "one two"));
	/* They are given once. */
	EXPECT_FALSE(has(self, ALICE, 0, "one two"));
	EXPECT_NE(strstr(self->failure.text, "send all of them again"), NULL);
}

TEST_F(parts, wait_for_a_minute)
{
	ASSERT_EQ(begin(self, ALICE, 0), 0);
	clock_shift_since_boot += 59;
	ASSERT_EQ(add(self, ALICE, METHOD, 0), 0);
	clock_shift_since_boot += 62;
	EXPECT_EQ(add(self, ALICE, METHOD, 0), -1);
	EXPECT_FALSE(has(self, ALICE, 0, "one two"));
}

TEST_F(parts, of_a_third_message_take_the_place_of_the_oldest)
{
	ASSERT_EQ(begin(self, ALICE, 0), 0);
	clock_shift_since_boot += 1;
	ASSERT_EQ(begin(self, ALICE, 1), 0);
	clock_shift_since_boot += 1;
	ASSERT_EQ(begin(self, ALICE, 2), 0);
	EXPECT_FALSE(has(self, ALICE, 0, "one "));
	EXPECT_TRUE(has(self, ALICE, 1, "one "));
	EXPECT_TRUE(has(self, ALICE, 2, "one "));
}

TEST_F(parts, of_many_users_leave_no_place_for_one_more_and_keep_theirs)
{
	int i;

	for (i = 0; i < 2 * USERS; i++)
		ASSERT_EQ(begin(self, ALICE + i / 2, i), 0);
	EXPECT_EQ(begin(self, ALICE + USERS, 2 * USERS), -1);
	EXPECT_NE(strstr(self->failure.text, "too many"), NULL);
	for (i = 0; i < 2 * USERS; i++)
		EXPECT_TRUE(has(self, ALICE + i / 2, i, "one "));
	EXPECT_EQ(begin(self, ALICE + USERS, 0), 0);
	EXPECT_TRUE(has(self, ALICE + USERS, 0, "one "));
}

TEST_F(parts, that_are_too_long_are_forgotten)
{
	static uint8_t bytes[SKS_MESSAGE_MAX - 2];
	const struct sks_bytes most = { .at = bytes, .len = sizeof(bytes) };

	ASSERT_EQ(sks_parts_add(ALICE, METHOD, NULL, &most, self->token[0], &self->failure), 0);
	EXPECT_EQ(add(self, ALICE, METHOD, 0), -1);
	EXPECT_NE(strstr(self->failure.text, "longer than"), NULL);
	EXPECT_FALSE(has(self, ALICE, 0, ""));
}

TEST_HARNESS_MAIN
