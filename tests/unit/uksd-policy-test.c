// SPDX-License-Identifier: LGPL-2.1-or-later
/* Policies: what is refused as one, and what each part of one does. */
#include <time.h>

#include <kselftest_harness.h>

#include "tests/unit/leaks.h"
#include "tests/unit/uksd-policy.h"

FIXTURE(policy)
{
	struct daemon daemon;
	uint8_t id[UKS_KEY_ID_LEN];
	uint8_t policy_buf[UKS_PAYLOAD_MAX];
	struct uks_attrs policy;
};

FIXTURE_SETUP(policy)
{
	ASSERT_EQ(daemon_new(&self->daemon), 0);
	self->daemon.config.delete_window = 3600;
	ASSERT_EQ(daemon_start(&self->daemon), 0) {
		TH_LOG("%s", self->daemon.failure.text);
	}
	uks_attrs_init(&self->policy, self->policy_buf, sizeof(self->policy_buf));
}

FIXTURE_TEARDOWN(policy)
{
	daemon_stop(&self->daemon);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

#define GCM	UKS_BIT(UKS_ALG_AES_GCM)
#define CTR	UKS_BIT(UKS_ALG_AES_CTR)
#define AES(policy)	ask_generate_with(&self->daemon, "key", UKS_KEY_AES_256, policy)
#define OPEN(algorithm) \
	ask_open_with(&self->daemon, "key", UKS_PURPOSE_ENCRYPT, algorithm, 0)

TEST_F(policy, refuses_what_is_malformed)
{
	static const struct {
		uint16_t type;
		uint16_t len;
		uint64_t value;
	} wrong[] = {
		{ UKS_POLICY_A_ALGORITHMS, 8, 0 }, { UKS_POLICY_A_ALGORITHMS, 4, GCM },
		{ UKS_POLICY_A_DIGESTS, 8, 0 }, { UKS_POLICY_A_FLAGS, 4, 0x8 },
		{ UKS_POLICY_A_FLAGS, 8, 1 }, { UKS_POLICY_A_NOT_BEFORE, 8, 0 },
		{ UKS_POLICY_A_NOT_AFTER, 8, UINT64_MAX }, { UKS_POLICY_A_MAX_USES, 8, 0 },
		{ UKS_POLICY_A_MAX_USES, 8, UINT64_MAX }, { UKS_POLICY_A_MAX_USES_BOOT, 8, 0 },
		{ UKS_POLICY_A_RATE_USES, 4, 0 }, { UKS_POLICY_A_RATE_USES, 4, 1 },
		{ UKS_POLICY_A_RATE_SECONDS, 4, 1 }, { UKS_POLICY_A_ROTATE, 8, 0 },
		{ UKS_POLICY_A_IDLE, 4, 0 }, { UKS_POLICY_A_GRANT, 0, 0 },
		{ UKS_POLICY_A_BIND, 0, 0 }, { UKS_POLICY_A_GRANT, 8, 0 },
		{ UKS_POLICY_A_MAX + 1, 4, 1 }, { 0, 4, 1 },
	};
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		policy_begin(&self->policy);
		uks_attrs_put(&self->policy, wrong[i].type, &wrong[i].value, wrong[i].len);
		EXPECT_CODE(AES(&self->policy), UKS_E_BAD_POLICY);
		EXPECT_NE(*self->daemon.text, 0);
	}
	EXPECT_CODE(AES(policy_u32(&self->policy, UKS_POLICY_A_FLAGS, 1u << 31)),
		    UKS_E_BAD_POLICY);
	EXPECT_CODE(AES(policy_u32(&self->policy, UKS_POLICY_A_PIN_TRIES, 3)), UKS_E_BAD_POLICY);
	EXPECT_CODE(AES(policy_u32(&self->policy, UKS_POLICY_A_PIN, UKS_PIN_TIMED + 1)),
		    UKS_E_BAD_POLICY);
	EXPECT_CODE(AES(policy_u64(&self->policy, UKS_POLICY_A_ALGORITHMS, GCM)), 0);
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		policy_begin(&self->policy);
		uks_attrs_put(&self->policy, wrong[i].type, &wrong[i].value, wrong[i].len);
		EXPECT_CODE(ask_set_policy(&self->daemon, "key", &self->policy),
			    UKS_E_BAD_POLICY);
	}
}

TEST_F(policy, refuses_what_is_there_twice_and_what_is_cut_off)
{
	size_t len;

	policy_u64(&self->policy, UKS_POLICY_A_MAX_USES, 1);
	uks_attrs_put_u64(&self->policy, UKS_POLICY_A_MAX_USES, 1);
	EXPECT_CODE(AES(&self->policy), UKS_E_BAD_POLICY);
	policy_u64(&self->policy, UKS_POLICY_A_MAX_USES, 1);
	for (len = 1; len < 12; len++) {
		self->policy.len = len;
		EXPECT_CODE(AES(&self->policy), UKS_E_BAD_POLICY);
	}
	self->policy.len = 12;
	EXPECT_CODE(AES(&self->policy), 0);
}

static void put_grant(struct uks_attrs *policy, uint16_t type, const void *value, size_t len)
{
	size_t nest = uks_attrs_nest(policy, UKS_POLICY_A_GRANT);

	uks_attrs_put(policy, type, value, len);
	uks_attrs_nest_end(policy, nest);
}

/* A grant that is taken for another one would let in who should stay out. */
TEST_F(policy, refuses_grants_that_are_malformed)
{
	static const uint32_t uid = ALICE, sign = UKS_PURPOSE_SIGN;
	static const uint64_t cgroup = 7;
	const struct { uint16_t type; const void *value; size_t len; } wrong[] = {
		{ UKS_GRANT_EXE, "bin/app", 7 }, { UKS_GRANT_EXE, "/bin\0app", 8 },
		{ UKS_GRANT_UNIT, "app\0.service", 12 }, { UKS_GRANT_LABEL, "a\0b", 3 },
		{ UKS_GRANT_UID, &uid, 3 },
		{ UKS_GRANT_PURPOSES, &sign, sizeof(sign) }, { UKS_GRANT_MAX + 1, "x", 1 },
	};
	struct uks_attrs *policy = &self->policy;
	size_t i, nest;

	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		policy_begin(policy);
		put_grant(policy, wrong[i].type, wrong[i].value, wrong[i].len);
		EXPECT_CODE(AES(policy), UKS_E_BAD_POLICY);
	}
	/* Cut off; more than are kept; a condition twice; purposes that the key has not. */
	policy_begin(policy);
	uks_attrs_put(policy, UKS_POLICY_A_GRANT, "\x08\0\x02\0\xe8\x03", 6);
	EXPECT_CODE(AES(policy), UKS_E_BAD_POLICY);
	policy_begin(policy);
	for (i = 0; i < 33; i++)
		put_grant(policy, UKS_GRANT_UID, &uid, sizeof(uid));
	EXPECT_CODE(AES(policy), UKS_E_BAD_POLICY);
	for (i = 0; i < 2; i++) {
		policy_begin(policy);
		nest = uks_attrs_nest(policy, UKS_POLICY_A_GRANT);
		uks_attrs_put_u32(policy, UKS_GRANT_UID, uid);
		uks_attrs_put_u32(policy, i ? UKS_GRANT_PURPOSES : UKS_GRANT_UID, sign);
		uks_attrs_nest_end(policy, nest);
		EXPECT_CODE(AES(policy), UKS_E_BAD_POLICY);
	}
	policy_begin(policy);
	put_grant(policy, UKS_GRANT_UNIT, "app.service", 11);
	put_grant(policy, UKS_GRANT_CGROUP, &cgroup, sizeof(cgroup));
	EXPECT_CODE(AES(policy), 0);
}

TEST_F(policy, refuses_what_contradicts_the_key)
{
	EXPECT_CODE(AES(policy_u64(&self->policy, UKS_POLICY_A_ALGORITHMS,
				   UKS_BIT(UKS_ALG_ECDSA))), UKS_E_BAD_POLICY);
	EXPECT_CODE(AES(policy_u64(&self->policy, UKS_POLICY_A_DIGESTS,
				   UKS_BIT(UKS_DIGEST_SHA256))), UKS_E_BAD_POLICY);
	EXPECT_CODE(AES(policy_u32(&self->policy, UKS_POLICY_A_FLAGS,
				   UKS_POLICY_KEEP_INSIDE)), UKS_E_BAD_POLICY);
	EXPECT_CODE(ask_generate_with(&self->daemon, "key", UKS_KEY_ED25519,
				      policy_u32(&self->policy, UKS_POLICY_A_FLAGS,
						 UKS_POLICY_CALLER_NONCE)), UKS_E_BAD_POLICY);
	policy_u64(&self->policy, UKS_POLICY_A_NOT_BEFORE, 2000);
	uks_attrs_put_u64(&self->policy, UKS_POLICY_A_NOT_AFTER, 2000);
	EXPECT_CODE(AES(&self->policy), UKS_E_BAD_POLICY);
}

TEST_F(policy, names_the_algorithms)
{
	ASSERT_EQ(AES(policy_u64(&self->policy, UKS_POLICY_A_ALGORITHMS, CTR)), 0);
	EXPECT_CODE(OPEN(UKS_ALG_AES_GCM), UKS_E_BAD_ALGORITHM);
	EXPECT_EQ(self->daemon.attrs[UKS_A_KEY_MATERIAL].type, 0);
	EXPECT_CODE(OPEN(UKS_ALG_AES_CTR), 0);
}

TEST_F(policy, names_the_digests)
{
	struct daemon *daemon = &self->daemon;

	policy_u64(&self->policy, UKS_POLICY_A_DIGESTS, UKS_BIT(UKS_DIGEST_SHA384));
	ASSERT_EQ(ask_generate_with(daemon, "ec", UKS_KEY_EC_P256, &self->policy), 0);
	EXPECT_CODE(ask_open_with(daemon, "ec", UKS_PURPOSE_SIGN, 0, UKS_DIGEST_SHA256),
		    UKS_E_BAD_DIGEST);
	EXPECT_CODE(ask_open_with(daemon, "ec", UKS_PURPOSE_SIGN, 0, UKS_DIGEST_GIVEN),
		    UKS_E_BAD_DIGEST);
	EXPECT_CODE(ask_open_with(daemon, "ec", UKS_PURPOSE_SIGN, 0, UKS_DIGEST_SHA384), 0);
}

/* What is weak needs the configuration, and raw RSA or ECB the policy, too. */
TEST_F(policy, legacy_is_off)
{
	struct daemon *daemon = &self->daemon;

	EXPECT_CODE(ask_generate(daemon, "weak", UKS_KEY_RSA_1024), UKS_E_LEGACY);
	EXPECT_EQ(daemon->answer.error, EOPNOTSUPP);
	ASSERT_EQ(ask_generate(daemon, "ec", UKS_KEY_EC_P256), 0);
	EXPECT_CODE(ask_open_with(daemon, "ec", UKS_PURPOSE_SIGN, 0, UKS_DIGEST_SHA1),
		    UKS_E_LEGACY);
	ASSERT_EQ(AES(policy_u64(&self->policy, UKS_POLICY_A_ALGORITHMS,
				 UKS_BIT(UKS_ALG_AES_ECB) | GCM)), 0);
	EXPECT_CODE(OPEN(UKS_ALG_AES_ECB), UKS_E_LEGACY);
	daemon->config.legacy = true;
	EXPECT_CODE(OPEN(UKS_ALG_AES_ECB), 0);
	EXPECT_CODE(ask_open_with(daemon, "ec", UKS_PURPOSE_SIGN, 0, UKS_DIGEST_SHA1), 0);
	ASSERT_EQ(ask_set_policy(daemon, "key", policy_u64(&self->policy,
							   UKS_POLICY_A_MAX_USES, 5)), 0);
	EXPECT_CODE(OPEN(UKS_ALG_AES_ECB), UKS_E_BAD_ALGORITHM);
}

TEST_F(policy, has_a_beginning_and_an_end)
{
	uint64_t now = time(NULL);

	ASSERT_EQ(AES(policy_u64(&self->policy, UKS_POLICY_A_NOT_BEFORE, now + 1000)), 0);
	EXPECT_CODE(OPEN(0), UKS_E_NOT_YET);
	EXPECT_EQ(self->daemon.answer.error, EPERM);
	ASSERT_EQ(ask_set_policy(&self->daemon, "key",
				 policy_u64(&self->policy, UKS_POLICY_A_NOT_AFTER, now)), 0);
	EXPECT_CODE(OPEN(0), UKS_E_EXPIRED);
	EXPECT_EQ(self->daemon.answer.error, EKEYEXPIRED);
	ASSERT_EQ(ask_set_policy(&self->daemon, "key",
				 policy_u64(&self->policy, UKS_POLICY_A_NOT_AFTER,
					    now + 1000)), 0);
	EXPECT_CODE(OPEN(0), 0);
}

/* CLOCK_BOOTTIME, so that nobody prolongs it by setting the clock. */
TEST_F(policy, ends_the_lease_with_the_key)
{
	uint64_t now, ends;
	struct timespec boot;

	ASSERT_EQ(AES(policy_u64(&self->policy, UKS_POLICY_A_NOT_AFTER, time(NULL) + 500)), 0);
	ASSERT_EQ(OPEN(0), 0);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	now = boot.tv_sec * 1000000000ULL + boot.tv_nsec;
	ends = uks_attr_u64(&self->daemon.attrs[UKS_A_LEASE_EXPIRES], 0);
	EXPECT_GT(ends, now + 400 * 1000000000ULL);
	EXPECT_LE(ends, now + 500 * 1000000000ULL);
}

TEST_F(policy, says_how_long_a_session_idles)
{
	self->daemon.config.session_idle = 60;
	ASSERT_EQ(ask_generate(&self->daemon, "key", UKS_KEY_AES_256), 0);
	ASSERT_EQ(OPEN(0), 0);
	EXPECT_EQ(uks_attr_u64(&self->daemon.attrs[UKS_A_IDLE], 0), 60000000000ULL);
	ASSERT_EQ(ask_set_policy(&self->daemon, "key",
				 policy_u32(&self->policy, UKS_POLICY_A_IDLE, 7)), 0);
	ASSERT_EQ(OPEN(0), 0);
	EXPECT_EQ(uks_attr_u64(&self->daemon.attrs[UKS_A_IDLE], 0), 7000000000ULL);
}

TEST_F(policy, lets_callers_choose_nonces_only_to_encrypt)
{
	struct daemon *daemon = &self->daemon;

	ASSERT_EQ(AES(policy_u32(&self->policy, UKS_POLICY_A_FLAGS,
				 UKS_POLICY_CALLER_NONCE)), 0);
	ASSERT_EQ(OPEN(0), 0);
	EXPECT_EQ(uks_attr_u32(&daemon->attrs[UKS_A_LEASE_FLAGS], 0), UKS_LEASE_CALLER_NONCE);
	ASSERT_EQ(ask_open(daemon, "key", UKS_PURPOSE_DECRYPT), 0);
	EXPECT_EQ(daemon->attrs[UKS_A_LEASE_FLAGS].type, 0);
}

/* What others rely on cannot be taken back. */
TEST_F(policy, stays_as_strict_as_it_was_about_leaving)
{
	ASSERT_EQ(AES(policy_u64(&self->policy, UKS_POLICY_A_MAX_USES, 5)), 0);
	policy_u32(&self->policy, UKS_POLICY_A_FLAGS, UKS_POLICY_EXPORTABLE);
	EXPECT_CODE(ask_set_policy(&self->daemon, "key", &self->policy), UKS_E_BAD_POLICY);
	ASSERT_EQ(ask_generate_with(&self->daemon, "other", UKS_KEY_AES_256, &self->policy), 0);
	policy_begin(&self->policy);
	EXPECT_CODE(ask_set_policy(&self->daemon, "other", &self->policy), 0);
}

TEST_F(policy, a_change_ends_sessions_and_is_the_owners)
{
	ASSERT_EQ(ask_generate(&self->daemon, "key", UKS_KEY_AES_256), 0);
	REMEMBER();
	policy_u64(&self->policy, UKS_POLICY_A_MAX_USES, 5);
	self->daemon.refuse_to_revoke = true;
	EXPECT_CODE(ask_set_policy(&self->daemon, "key", &self->policy), UKS_E_INTERNAL);
	self->daemon.refuse_to_revoke = false;
	EXPECT_CODE(ask_set_policy(&self->daemon, "key", &self->policy), 0);
	EXPECT_EQ(self->daemon.revocations, 1);
	EXPECT_EQ(memcmp(self->daemon.revoked, self->id, UKS_KEY_ID_LEN), 0);
	self->daemon.uid = BOB;
	ask_begin(&self->daemon);
	uks_attrs_put(&self->daemon.in, UKS_A_KEY_ID, self->id, UKS_KEY_ID_LEN);
	uks_attrs_put(&self->daemon.in, UKS_A_POLICY, self->policy_buf, self->policy.len);
	EXPECT_CODE(ask(&self->daemon, UKS_OP_KEY_SET_POLICY), UKS_E_ACCESS);
	EXPECT_EQ(self->daemon.revocations, 1);
}

TEST_HARNESS_MAIN
