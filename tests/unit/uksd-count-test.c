// SPDX-License-Identifier: LGPL-2.1-or-later
/* Counted keys: exact, durable, and not to be turned back. */
#include <kselftest_harness.h>

#include "tests/unit/leaks.h"
#include "tests/unit/uksd-policy.h"

FIXTURE(count)
{
	struct daemon daemon;
	uint8_t id[UKS_KEY_ID_LEN];
	uint8_t policy_buf[UKS_PAYLOAD_MAX];
	struct uks_attrs policy;
};

FIXTURE_SETUP(count)
{
	ASSERT_EQ(daemon_new(&self->daemon), 0);
	self->daemon.config.delete_window = 3600;
	ASSERT_EQ(daemon_start(&self->daemon), 0) {
		TH_LOG("%s", self->daemon.failure.text);
	}
	uks_attrs_init(&self->policy, self->policy_buf, sizeof(self->policy_buf));
}

FIXTURE_TEARDOWN(count)
{
	daemon_stop(&self->daemon);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

#define USE(count) \
	ask_use(&self->daemon, self->id, UKS_PURPOSE_ENCRYPT, UKS_ALG_AES_GCM, count)
#define MAKE(type, number) do { \
	ASSERT_EQ(ask_generate_with(&self->daemon, "key", UKS_KEY_AES_256, \
				    policy_u64(&self->policy, type, number)), 0); \
	REMEMBER(); \
} while (0)

static uint64_t uses(struct daemon *daemon)
{
	if (ask_by_name(daemon, UKS_OP_KEY_SHOW, "key"))
		return UINT64_MAX;
	return uks_attr_u64(&daemon->attrs[UKS_A_USES], UINT64_MAX);
}

TEST_F(count, leases_say_that_they_are_counted)
{
	struct daemon *daemon = &self->daemon;

	MAKE(UKS_POLICY_A_MAX_USES, 3);
	ASSERT_EQ(ask_open(daemon, "key", UKS_PURPOSE_ENCRYPT), 0);
	EXPECT_EQ(uks_attr_u32(&daemon->attrs[UKS_A_LEASE_FLAGS], 0), UKS_LEASE_COUNTED);
	EXPECT_EQ(uses(daemon), 0);
	ASSERT_EQ(ask_generate(daemon, "free", UKS_KEY_AES_256), 0);
	ASSERT_EQ(ask_open(daemon, "free", UKS_PURPOSE_ENCRYPT), 0);
	EXPECT_EQ(daemon->attrs[UKS_A_LEASE_FLAGS].type, 0);
}

TEST_F(count, is_exact)
{
	MAKE(UKS_POLICY_A_MAX_USES, 10);
	EXPECT_CODE(USE(1), 0);
	EXPECT_CODE(USE(6), 0);
	EXPECT_EQ(uses(&self->daemon), 7);
	EXPECT_CODE(USE(4), UKS_E_USED_UP);
	EXPECT_EQ(self->daemon.answer.error, EDQUOT);
	EXPECT_CODE(USE(UINT32_MAX), UKS_E_USED_UP);
	EXPECT_CODE(USE(3), 0);
	EXPECT_CODE(USE(1), UKS_E_USED_UP);
	EXPECT_EQ(uses(&self->daemon), 10);
}

TEST_F(count, survives_a_restart)
{
	MAKE(UKS_POLICY_A_MAX_USES, 3);
	ASSERT_EQ(USE(2), 0);
	daemon_stop(&self->daemon);
	ASSERT_EQ(daemon_start(&self->daemon), 0);
	EXPECT_EQ(uses(&self->daemon), 2);
	EXPECT_CODE(USE(2), UKS_E_USED_UP);
	EXPECT_CODE(USE(1), 0);
}

TEST_F(count, begins_anew_with_the_boot_if_it_is_by_boot)
{
	MAKE(UKS_POLICY_A_MAX_USES_BOOT, 2);
	ASSERT_EQ(USE(2), 0);
	EXPECT_CODE(USE(1), UKS_E_USED_UP_BOOT);
	daemon_stop(&self->daemon);
	ASSERT_EQ(daemon_start(&self->daemon), 0);
	EXPECT_CODE(USE(1), UKS_E_USED_UP_BOOT);
	daemon_stop(&self->daemon);
	self->daemon.boot++;
	ASSERT_EQ(daemon_start(&self->daemon), 0);
	EXPECT_CODE(USE(2), 0);
	EXPECT_CODE(USE(1), UKS_E_USED_UP_BOOT);
	EXPECT_EQ(uses(&self->daemon), 4);
}

TEST_F(count, bounds_the_rate)
{
	policy_u32(&self->policy, UKS_POLICY_A_RATE_USES, 2);
	uks_attrs_put_u32(&self->policy, UKS_POLICY_A_RATE_SECONDS, 100000);
	ASSERT_EQ(ask_generate_with(&self->daemon, "key", UKS_KEY_AES_256, &self->policy), 0);
	REMEMBER();
	EXPECT_CODE(USE(2), 0);
	EXPECT_CODE(USE(1), UKS_E_RATE);
	EXPECT_EQ(self->daemon.answer.error, EAGAIN);
}

/* With one second each use has its time: waited for, not guessed. */
TEST_F(count, rate_begins_anew)
{
	uint32_t code = UKS_E_RATE;

	policy_u32(&self->policy, UKS_POLICY_A_RATE_USES, 1);
	uks_attrs_put_u32(&self->policy, UKS_POLICY_A_RATE_SECONDS, 1);
	ASSERT_EQ(ask_generate_with(&self->daemon, "key", UKS_KEY_AES_256, &self->policy), 0);
	REMEMBER();
	ASSERT_EQ(USE(1), 0);
	while (code == UKS_E_RATE)
		code = USE(1);
	EXPECT_EQ(code, 0);
}

TEST_F(count, counts_signatures_where_they_are_made)
{
	static const uint8_t message[32];
	struct daemon *daemon = &self->daemon;

	policy_u64(&self->policy, UKS_POLICY_A_MAX_USES, 2);
	ASSERT_EQ(ask_generate_with(daemon, "key", UKS_KEY_ED25519, &self->policy), 0);
	REMEMBER();
	ASSERT_EQ(ask_open(daemon, "key", UKS_PURPOSE_SIGN), 0);
	EXPECT_EQ(daemon->attrs[UKS_A_LEASE_FLAGS].type, 0);
	EXPECT_CODE(ask_sign(daemon, self->id, UKS_ALG_ED25519, 0, message, 32), 0);
	EXPECT_CODE(ask_sign(daemon, self->id, UKS_ALG_ED25519, 0, message, 32), 0);
	EXPECT_CODE(ask_sign(daemon, self->id, UKS_ALG_ED25519, 0, message, 32), UKS_E_USED_UP);
	EXPECT_EQ(daemon->attrs[UKS_A_SIGNATURE].type, 0);
}

TEST_F(count, cannot_be_turned_back_by_an_edit)
{
	static const char * const edits[] = {
		"UPDATE uses SET total = 4 WHERE total = 5", "UPDATE uses SET in_boot = 0",
		"UPDATE uses SET in_rate = 0", "UPDATE uses SET since = 0",
		"UPDATE uses SET boot = zeroblob(16)", "UPDATE uses SET tag = zeroblob(16)",
		"UPDATE uses SET tag = zeroblob(15)",
		"UPDATE uses SET (total, boot, in_boot, since, in_rate, tag) = (SELECT total, boot, in_boot, since, in_rate, tag FROM uses WHERE total = 0) WHERE total != 0",
		"DELETE FROM uses",
	};
	struct daemon *daemon = &self->daemon;
	size_t i;

	for (i = 0; i < sizeof(edits) / sizeof(*edits); i++) {
		policy_u64(&self->policy, UKS_POLICY_A_MAX_USES, 5);
		ASSERT_EQ(ask_generate_with(daemon, "fresh", UKS_KEY_AES_256,
					    &self->policy), 0);
		daemon->uksd.boot[0] = 1;
		MAKE(UKS_POLICY_A_MAX_USES, 5);
		ASSERT_EQ(USE(5), 0);
		ASSERT_EQ(daemon_sql(daemon, edits[i]), 0);
		EXPECT_CODE(USE(1), UKS_E_BLOB);
		ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_DELETE, "key"), 0);
		ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_DELETE, "fresh"), 0);
	}
}

/* The count goes on where it was, whatever the policy said between. */
TEST_F(count, is_not_forgotten_by_a_new_policy)
{
	MAKE(UKS_POLICY_A_MAX_USES, 3);
	ASSERT_EQ(USE(2), 0);
	policy_begin(&self->policy);
	ASSERT_EQ(ask_set_policy(&self->daemon, "key", &self->policy), 0);
	policy_u64(&self->policy, UKS_POLICY_A_MAX_USES, 3);
	ASSERT_EQ(ask_set_policy(&self->daemon, "key", &self->policy), 0);
	EXPECT_CODE(USE(2), UKS_E_USED_UP);
	EXPECT_CODE(USE(1), 0);
}

TEST_F(count, permits_only_what_the_key_permits)
{
	MAKE(UKS_POLICY_A_MAX_USES, 3);
	EXPECT_CODE(ask_use(&self->daemon, self->id, UKS_PURPOSE_SIGN, UKS_ALG_AES_GCM, 1),
		    UKS_E_BAD_PURPOSE);
	EXPECT_CODE(ask_use(&self->daemon, self->id, UKS_PURPOSE_ENCRYPT, UKS_ALG_HMAC, 1),
		    UKS_E_BAD_ALGORITHM);
	self->daemon.uid = BOB;
	EXPECT_CODE(USE(1), UKS_E_ACCESS);
}

TEST_HARNESS_MAIN
