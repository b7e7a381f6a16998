// SPDX-License-Identifier: GPL-2.0
/*
 * The module's parts that need no device: the check of attributes, quotas, the table of
 * algorithms. Built into uks.ko for the debug kernel, where they run as it is loaded.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "uks.h"
#include "tests/kunit/uks-kunit.h"

/* ---- attributes ---- */

struct attrs {
	u8 bytes[4096];
	u32 len;
	struct nlattr *tb[UKS_A_MAX + 1];
};

static void put(struct attrs *attrs, u16 type, const void *value, u16 len)
{
	struct nlattr *nla = (void *)(attrs->bytes + attrs->len);

	nla->nla_type = type;
	nla->nla_len = NLA_HDRLEN + len;
	memcpy(nla_data(nla), value, len);
	memset(nla_data(nla) + len, 0, NLA_ALIGN(len) - len);
	attrs->len += NLA_HDRLEN + NLA_ALIGN(len);
}

static void put_u32(struct attrs *attrs, u16 type, u32 value)
{
	put(attrs, type, &value, sizeof(value));
}

static int check(struct attrs *attrs, u32 op, bool answer)
{
	/* A copy of exactly that length: KASAN sees a read behind it. */
	void *exact = kmemdup(attrs->bytes, attrs->len, GFP_KERNEL);
	int ret = exact || !attrs->len ? uks_attrs_check(op, exact, attrs->len, answer, attrs->tb) :
					 -ENOMEM;

	kfree(exact);
	return ret;
}

static struct attrs *attrs_new(struct kunit *test)
{
	struct attrs *attrs = kunit_kzalloc(test, sizeof(*attrs), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, attrs);
	return attrs;
}

static struct attrs *generate_new(struct kunit *test)
{
	struct attrs *attrs = attrs_new(test);

	put(attrs, UKS_A_KEY_NAME, "key", 3);
	put_u32(attrs, UKS_A_KEY_TYPE, UKS_KEY_AES_256);
	return attrs;
}

static void attributes_of_the_operation_are_found(struct kunit *test)
{
	struct attrs *attrs = generate_new(test);

	put_u32(attrs, UKS_A_PURPOSES, UKS_PURPOSE_ENCRYPT);
	KUNIT_ASSERT_EQ(test, uks_attrs_check(UKS_OP_KEY_GENERATE, attrs->bytes, attrs->len, false,
					      attrs->tb), 0);
	KUNIT_EXPECT_EQ(test, nla_len(attrs->tb[UKS_A_KEY_NAME]), 3);
	KUNIT_EXPECT_EQ(test, nla_get_u32(attrs->tb[UKS_A_KEY_TYPE]), (u32)UKS_KEY_AES_256);
	KUNIT_EXPECT_EQ(test, nla_get_u32(attrs->tb[UKS_A_PURPOSES]), (u32)UKS_PURPOSE_ENCRYPT);
	KUNIT_EXPECT_PTR_EQ(test, attrs->tb[UKS_A_KEY_ID], NULL);
}

static void attributes_that_are_needed_are_demanded(struct kunit *test)
{
	struct attrs *attrs = attrs_new(test);

	KUNIT_EXPECT_EQ(test, check(attrs, UKS_OP_KEY_GENERATE, false), -EINVAL);
	put(attrs, UKS_A_KEY_NAME, "key", 3);
	KUNIT_EXPECT_EQ(test, check(attrs, UKS_OP_KEY_GENERATE, false), -EINVAL);
	put_u32(attrs, UKS_A_KEY_TYPE, UKS_KEY_AES_256);
	KUNIT_EXPECT_EQ(test, check(attrs, UKS_OP_KEY_GENERATE, false), 0);
	KUNIT_EXPECT_EQ(test, check(attrs, UKS_OP_KEY_GENERATE, true), -EINVAL);
}

static void attributes_of_other_operations_are_refused(struct kunit *test)
{
	u32 type;

	for (type = 0; type <= UKS_A_MAX + 1; type++) {
		struct attrs *attrs = generate_new(test);
		u8 value[16] = { 1, 1, 1, 1 };

		switch (type) {
		case UKS_A_PURPOSES:
		case UKS_A_POLICY:
		case UKS_A_FLAGS:
		case UKS_A_KEY_STATE:
		case UKS_A_PROVIDER:
		case UKS_A_NEW_PIN:
		case UKS_A_ADMIN_CODE:
		case UKS_A_COUNT:
			put(attrs, type, value, 4);
			KUNIT_EXPECT_EQ_MSG(test, check(attrs, UKS_OP_KEY_GENERATE, false), 0,
					    "attribute %u", type);
			break;
		default:
			put(attrs, type, value, 4);
			KUNIT_EXPECT_EQ_MSG(test, check(attrs, UKS_OP_KEY_GENERATE, false),
					    -EINVAL, "attribute %u", type);
		}
	}
}

static void attributes_come_once(struct kunit *test)
{
	struct attrs *attrs = generate_new(test);

	put(attrs, UKS_A_KEY_NAME, "other", 5);
	KUNIT_EXPECT_EQ(test, check(attrs, UKS_OP_KEY_GENERATE, false), -EINVAL);
}

static void attributes_are_whole(struct kunit *test)
{
	struct attrs *attrs = generate_new(test);
	u32 whole = attrs->len;

	for (attrs->len = 1; attrs->len < whole; attrs->len++)
		KUNIT_EXPECT_EQ_MSG(test, check(attrs, UKS_OP_KEY_GENERATE, false), -EINVAL,
				    "%u bytes of %u", attrs->len, whole);
}

static void attributes_have_lengths_that_are_true(struct kunit *test)
{
	u32 len;

	for (len = 0; len < 64; len++) {
		struct attrs *attrs = generate_new(test);
		struct nlattr *nla = (void *)(attrs->bytes + NLA_HDRLEN + NLA_ALIGN(3));

		nla->nla_len = len;
		KUNIT_EXPECT_EQ_MSG(test, check(attrs, UKS_OP_KEY_GENERATE, false),
				    len == NLA_HDRLEN + 4 ? 0 : -EINVAL, "length %u", len);
	}
}

/* ---- quotas ---- */

#define NOBODY_HERE	KUIDT_INIT(4000000000U)

static void quota_belongs_to_one_user(struct kunit *test)
{
	struct uks_user *user = uks_user_get(NOBODY_HERE);
	struct uks_user *same = uks_user_get(NOBODY_HERE);
	struct uks_user *other = uks_user_get(KUIDT_INIT(4000000001U));

	KUNIT_ASSERT_NOT_NULL(test, user);
	KUNIT_EXPECT_PTR_EQ(test, user, same);
	KUNIT_EXPECT_PTR_NE(test, user, other);
	uks_user_put(other);
	uks_user_put(same);
	uks_user_put(user);
}

static void quota_is_bounded_and_given_back(struct kunit *test)
{
	static const enum uks_quota quotas[] = {
		UKS_QUOTA_REQUESTS, UKS_QUOTA_SESSIONS, UKS_QUOTA_BYTES
	};
	struct uks_user *user = uks_user_get(NOBODY_HERE);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, user);
	for (i = 0; i < ARRAY_SIZE(quotas); i++) {
		u64 most = uks_quota_per_user(quotas[i]), before = uks_quota_used(quotas[i]);

		KUNIT_EXPECT_EQ(test, uks_charge(user, quotas[i], most), 0);
		KUNIT_EXPECT_EQ(test, uks_quota_used(quotas[i]), before + most);
		KUNIT_EXPECT_EQ(test, uks_charge(user, quotas[i], 1), -EBUSY);
		KUNIT_EXPECT_EQ(test, uks_quota_used(quotas[i]), before + most);
		uks_uncharge(user, quotas[i], most);
		KUNIT_EXPECT_EQ(test, uks_quota_used(quotas[i]), before);
		KUNIT_EXPECT_EQ(test, uks_charge(user, quotas[i], most + 1), -EBUSY);
		KUNIT_EXPECT_EQ(test, uks_quota_used(quotas[i]), before);
	}
	uks_user_put(user);
}

static void quota_of_all_holds_where_that_of_one_does_not(struct kunit *test)
{
	struct uks_user *users[8];
	u64 most = uks_quota_per_user(UKS_QUOTA_BYTES);
	u64 before = uks_quota_used(UKS_QUOTA_BYTES);
	u32 i, charged = 0;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(users); i++) {
		users[i] = uks_user_get(KUIDT_INIT(4000000000U + i));
		KUNIT_ASSERT_NOT_NULL(test, users[i]);
	}
	for (i = 0; i < ARRAY_SIZE(users) && !ret; i++) {
		ret = uks_charge(users[i], UKS_QUOTA_BYTES, most);
		charged += !ret;
	}
	/* 256 MiB for all, 64 MiB for each. */
	KUNIT_EXPECT_EQ(test, ret, -EBUSY);
	KUNIT_EXPECT_EQ(test, charged, 4U);
	while (charged)
		uks_uncharge(users[--charged], UKS_QUOTA_BYTES, most);
	KUNIT_EXPECT_EQ(test, uks_quota_used(UKS_QUOTA_BYTES), before);
	for (i = 0; i < ARRAY_SIZE(users); i++)
		uks_user_put(users[i]);
}

/* ---- algorithms ---- */

static void algorithms_outside_of_the_table_are_none(struct kunit *test)
{
	KUNIT_EXPECT_PTR_EQ(test, uks_alg_find(0), NULL);
	KUNIT_EXPECT_PTR_EQ(test, uks_alg_find(63), NULL);
	KUNIT_EXPECT_PTR_EQ(test, uks_alg_find(U32_MAX), NULL);
	KUNIT_EXPECT_PTR_EQ(test, uks_digest_name(0, false), NULL);
	KUNIT_EXPECT_PTR_EQ(test, uks_digest_name(U32_MAX, false), NULL);
	KUNIT_EXPECT_STREQ(test, uks_digest_name(UKS_DIGEST_SHA3_512, true), "hmac(sha3-512)");
}

/* SP 800-38D, 5.2.1.2; SP 800-38C, A.1; RFC 8439, 2.8: counted by hand. */
static void algorithms_take_nonces_and_tags_of_their_standards(struct kunit *test)
{
	static const struct {
		u32 algorithm;
		u32 fit;
	} counts[] = {
		{ UKS_ALG_AES_GCM, 1 * 5 },
		{ UKS_ALG_CHACHA20_POLY1305, 1 },
		{ UKS_ALG_AES_CCM, 7 * 7 },
	};
	u32 i, nonce, tag;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		const struct uks_alg *alg = uks_alg_find(counts[i].algorithm);
		u32 fit = 0;

		KUNIT_ASSERT_NOT_NULL(test, alg);
		for (nonce = 0; nonce < 40; nonce++)
			for (tag = 0; tag < 40; tag++)
				fit += uks_alg_aead_fits(alg, nonce, tag);
		KUNIT_EXPECT_EQ_MSG(test, fit, counts[i].fit, "algorithm %u",
				    counts[i].algorithm);
		KUNIT_EXPECT_TRUE(test, uks_alg_aead_fits(alg, 12, 16));
		KUNIT_EXPECT_FALSE(test, uks_alg_aead_fits(alg, U32_MAX, 16));
		KUNIT_EXPECT_FALSE(test, uks_alg_aead_fits(alg, 12, U32_MAX));
	}
}

static void algorithms_bound_results_by_the_key(struct kunit *test)
{
	const struct uks_alg *ecdsa = uks_alg_find(UKS_ALG_ECDSA);
	const struct uks_alg *rsa = uks_alg_find(UKS_ALG_RSA_PSS);
	const struct uks_alg *hkdf = uks_alg_find(UKS_ALG_HKDF);

	KUNIT_EXPECT_EQ(test, uks_alg_result_max(ecdsa, UKS_KEY_EC_P256), 72U);
	KUNIT_EXPECT_EQ(test, uks_alg_result_max(ecdsa, 0), 139U);
	KUNIT_EXPECT_EQ(test, uks_alg_result_max(ecdsa, U32_MAX), 139U);
	KUNIT_EXPECT_EQ(test, uks_alg_result_max(rsa, UKS_KEY_RSA_2048), 256U);
	KUNIT_EXPECT_EQ(test, uks_alg_result_max(rsa, UKS_KEY_AES_128), 512U);
	KUNIT_EXPECT_EQ(test, uks_alg_result_max(hkdf, UKS_KEY_SECRET), (u32)UKS_MESSAGE_MAX);
	KUNIT_EXPECT_EQ(test, uks_alg_result_max(hkdf, UKS_KEY_RSA_2048), (u32)UKS_MESSAGE_MAX);
}

static struct kunit_case attribute_cases[] = {
	KUNIT_CASE(attributes_of_the_operation_are_found),
	KUNIT_CASE(attributes_that_are_needed_are_demanded),
	KUNIT_CASE(attributes_of_other_operations_are_refused),
	KUNIT_CASE(attributes_come_once),
	KUNIT_CASE(attributes_are_whole),
	KUNIT_CASE(attributes_have_lengths_that_are_true),
	{ }
};

static struct kunit_case quota_cases[] = {
	KUNIT_CASE(quota_belongs_to_one_user),
	KUNIT_CASE(quota_is_bounded_and_given_back),
	KUNIT_CASE(quota_of_all_holds_where_that_of_one_does_not),
	{ }
};

static struct kunit_case algorithm_cases[] = {
	KUNIT_CASE(algorithms_outside_of_the_table_are_none),
	KUNIT_CASE(algorithms_take_nonces_and_tags_of_their_standards),
	KUNIT_CASE(algorithms_bound_results_by_the_key),
	{ }
};

static struct kunit_suite attribute_suite = {
	.name = "uks-attributes",
	.test_cases = attribute_cases,
};

static struct kunit_suite quota_suite = {
	.name = "uks-quota",
	.test_cases = quota_cases,
};

static struct kunit_suite algorithm_suite = {
	.name = "uks-algorithm",
	.test_cases = algorithm_cases,
};

kunit_test_suites(&attribute_suite, &quota_suite, &algorithm_suite, &uks_block_suite);
