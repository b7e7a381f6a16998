// SPDX-License-Identifier: LGPL-2.1-or-later
/* The list of keys that others have granted: all of them, and not a word of others. */
#include <stdio.h>
#include <string.h>

#include <kselftest_harness.h>
#include <sodium.h>

#include "tests/unit/leaks.h"
#include "tests/unit/uksd-policy.h"

#define CAROL	(BOB + 1)
#define DAVE	(BOB + 2)
#define MANY	1100	/* more than one request reads */

FIXTURE(granted)
{
	struct daemon daemon;
	uint8_t id[UKS_KEY_ID_LEN];
	uint8_t policy_buf[UKS_PAYLOAD_MAX];
	struct uks_attrs policy;
};

FIXTURE_SETUP(granted)
{
	ASSERT_EQ(daemon_new(&self->daemon), 0);
	self->daemon.config.delete_window = 3600;
	ASSERT_EQ(daemon_start(&self->daemon), 0) {
		TH_LOG("%s", self->daemon.failure.text);
	}
	uks_attrs_init(&self->policy, self->policy_buf, sizeof(self->policy_buf));
}

FIXTURE_TEARDOWN(granted)
{
	daemon_stop(&self->daemon);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

/* A policy that grants a user something, behind a number that looks like a grant. */
static struct uks_attrs *to(struct uks_attrs *policy, uint32_t uid)
{
	size_t nest;

	policy_u64(policy, UKS_POLICY_A_MAX_USES, 0x800c);
	nest = uks_attrs_nest(policy, UKS_POLICY_A_GRANT);
	uks_attrs_put_u32(policy, UKS_GRANT_UID, uid);
	uks_attrs_nest_end(policy, nest);
	return policy;
}

static uint32_t make(struct daemon *daemon, uint32_t owner, const char *name,
		     const struct uks_attrs *policy)
{
	daemon->uid = owner;
	return ask_generate_with(daemon, name, UKS_KEY_AES_128, policy);
}

struct page {
	char names[4096];
	char cursor[UKS_NAME_MAX + 1];
	uint32_t owner;		/* of the last one */
};

static uint32_t ask_list(struct daemon *daemon, uint32_t uid, const char *cursor, uint32_t limit,
			 uint32_t flags)
{
	daemon->uid = uid;
	ask_begin(daemon);
	uks_attrs_put_u32(&daemon->in, UKS_A_FLAGS, flags);
	if (*cursor)
		uks_attrs_put_string(&daemon->in, UKS_A_CURSOR, cursor);
	if (limit)
		uks_attrs_put_u32(&daemon->in, UKS_A_LIMIT, limit);
	return ask(daemon, UKS_OP_KEY_LIST);
}

/* One page, behind @page's cursor. */
static uint32_t list(struct daemon *daemon, uint32_t uid, struct page *page, uint32_t limit)
{
	uint32_t code = ask_list(daemon, uid, page->cursor, limit, UKS_CALL_GRANTED);
	const uint8_t *at = daemon->out;
	struct uks_attr attr, table[UKS_A_MAX + 1];
	char name[UKS_NAME_MAX + 1];
	size_t len;

	*page = (struct page){ };
	if (code)
		return code;
	len = daemon->answer.len - sizeof(daemon->answer);
	while (uks_attr_next(&at, &len, &attr) > 0) {
		if (attr.type == UKS_A_CURSOR) {
			uks_attr_string(&attr, page->cursor, sizeof(page->cursor));
			continue;
		}
		if (attr.type != UKS_A_KEY || uks_attrs_parse(attr.value, attr.len, table) ||
		    !uks_attr_string(&table[UKS_A_KEY_NAME], name, sizeof(name)))
			return UKS_E_PROTOCOL;
		page->owner = uks_attr_u32(&table[UKS_A_OWNER], 0);
		strcat(strcat(page->names, name), " ");
	}
	return 0;
}

/* All that @uid is granted, in one page, nothing else in the answer. */
#define EXPECT_GRANTED(uid, expected) do { \
	const char *expected_ = expected; \
	struct page page_ = { }; \
	EXPECT_EQ(list(&self->daemon, uid, &page_, 0), 0); \
	EXPECT_STREQ(page_.names, expected_); \
	EXPECT_STREQ(page_.cursor, ""); \
	if (!*expected_) \
		EXPECT_EQ(self->daemon.answer.len, sizeof(self->daemon.answer)); \
} while (0)

TEST_F(granted, are_keys_that_a_grant_lets_the_caller_use)
{
	struct daemon *daemon = &self->daemon;
	struct page page = { };

	ASSERT_EQ(make(daemon, ALICE, "bobs", to(&self->policy, BOB)), 0);
	ASSERT_EQ(make(daemon, ALICE, "carols", to(&self->policy, CAROL)), 0);
	ASSERT_EQ(make(daemon, ALICE, "own", policy_u64(&self->policy, UKS_POLICY_A_MAX_USES,
							0x800c)), 0);
	ASSERT_EQ(make(daemon, BOB, "his", to(&self->policy, CAROL)), 0);
	EXPECT_GRANTED(BOB, "bobs ");
	EXPECT_GRANTED(CAROL, "carols his ");
	EXPECT_GRANTED(DAVE, "");
	EXPECT_GRANTED(ALICE, "");
	EXPECT_GRANTED(0, "");
	ASSERT_EQ(list(daemon, BOB, &page, 0), 0);
	EXPECT_EQ(page.owner, ALICE);
}

TEST_F(granted, come_and_go_with_the_grant)
{
	struct daemon *daemon = &self->daemon;

	ASSERT_EQ(make(daemon, ALICE, "key", policy_u64(&self->policy, UKS_POLICY_A_MAX_USES,
							9)), 0);
	EXPECT_GRANTED(BOB, "");
	daemon->uid = ALICE;
	ASSERT_EQ(ask_set_policy(daemon, "key", to(&self->policy, BOB)), 0);
	EXPECT_GRANTED(BOB, "key ");
	daemon->uid = ALICE;
	ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_DELETE, "key"), 0);
	EXPECT_GRANTED(BOB, "");
	ASSERT_EQ(ask_list(daemon, BOB, "", 0, UKS_CALL_GRANTED | UKS_CALL_DELETED),
		  UKS_E_INVALID);
	daemon->uid = ALICE;
	ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_RESTORE, "key"), 0);
	EXPECT_GRANTED(BOB, "key ");
	daemon->uid = ALICE;
	ASSERT_EQ(ask_set_policy(daemon, "key", to(&self->policy, CAROL)), 0);
	EXPECT_GRANTED(BOB, "");
	EXPECT_GRANTED(CAROL, "key ");
}

TEST_F(granted, are_listed_in_pages_that_tell_nothing_of_others)
{
	struct daemon *daemon = &self->daemon;
	char names[64] = "", id[2 * UKS_KEY_ID_LEN + 1];
	struct page page = { };
	int i, pages = 0;

	ASSERT_EQ(make(daemon, ALICE, "a", to(&self->policy, BOB)), 0);
	for (i = 0; i < MANY; i += 100) {
		daemon->uid = ALICE + 500;
		ask_begin(daemon);
		snprintf(id, sizeof(id), "other%d", i);
		uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, id);
		uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, UKS_KEY_AES_128);
		uks_attrs_put(&daemon->in, UKS_A_POLICY, to(&self->policy, CAROL)->buf,
			      self->policy.len);
		uks_attrs_put_u32(&daemon->in, UKS_A_COUNT, 100);
		ASSERT_EQ(ask(daemon, UKS_OP_KEY_GENERATE), 0);
	}
	ASSERT_EQ(make(daemon, ALICE + 600, "b", to(&self->policy, BOB)), 0);
	ASSERT_EQ(make(daemon, ALICE + 601, "c", to(&self->policy, BOB)), 0);
	do {
		ASSERT_EQ(list(daemon, BOB, &page, 1), 0);
		strcat(names, page.names);
		ASSERT_LT(++pages, 8);
	} while (*page.cursor);
	EXPECT_STREQ(names, "a b c ");
	EXPECT_EQ(pages, 3);
	/* one request reads only so many; behind which key it goes on is not to be read */
	ASSERT_EQ(list(daemon, DAVE, &page, 0), 0);
	EXPECT_STREQ(page.names, "");
	EXPECT_EQ(strlen(page.cursor), 2 * (24 + 16 + 4 + UKS_KEY_ID_LEN));
	ASSERT_EQ(list(daemon, DAVE, &page, 0), 0);
	EXPECT_STREQ(page.names, "");
	EXPECT_STREQ(page.cursor, "");
}

TEST_F(granted, cursors_are_sealed)
{
	struct daemon *daemon = &self->daemon;
	struct page page = { };
	char first[UKS_NAME_MAX + 1];
	size_t i;

	ASSERT_EQ(make(daemon, ALICE, "a", to(&self->policy, BOB)), 0);
	ASSERT_EQ(make(daemon, ALICE + 1000, "b", to(&self->policy, BOB)), 0);
	ASSERT_EQ(list(daemon, BOB, &page, 1), 0);
	memcpy(first, page.cursor, sizeof(first));
	page = (struct page){ };
	ASSERT_EQ(list(daemon, BOB, &page, 1), 0);
	EXPECT_NE(strcmp(first, page.cursor), 0);
	for (i = 0; i < strlen(first); i += 7) {
		memcpy(page.cursor, first, sizeof(first));
		page.cursor[i] ^= 1;
		EXPECT_CODE(list(daemon, BOB, &page, 1), UKS_E_INVALID);
		EXPECT_EQ(daemon->attrs[UKS_A_KEY].type, 0);
	}
	memcpy(page.cursor, "a", 2);
	EXPECT_CODE(list(daemon, BOB, &page, 1), UKS_E_INVALID);
	memcpy(page.cursor, first, sizeof(first));
	ASSERT_EQ(list(daemon, BOB, &page, 1), 0);
	EXPECT_STREQ(page.names, "b ");
}

/* Whoever edits the store grants nothing by it, and learns nothing. */
TEST_F(granted, are_only_what_the_owner_granted)
{
	struct daemon *daemon = &self->daemon;
	int ret;

	ASSERT_EQ(make(daemon, ALICE, "key", to(&self->policy, CAROL)), 0);
	ASSERT_EQ(make(daemon, ALICE, "other", to(&self->policy, BOB)), 0);
	EXPECT_GRANTED(CAROL, "key ");
	ret = daemon_sql(daemon,
			 "UPDATE keys SET policy = (SELECT policy FROM keys WHERE name = 'other') WHERE name = 'key'");
	ASSERT_EQ(ret, 0);
	EXPECT_GRANTED(BOB, "other ");
	EXPECT_GRANTED(CAROL, "");
	ASSERT_EQ(ask_list(daemon, ALICE, "", 0, 0), UKS_E_BLOB);
}

TEST_HARNESS_MAIN
