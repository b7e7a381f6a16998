/* SPDX-License-Identifier: GPL-2.0 */
/* Tests of what kmod/block.c keeps to itself; it includes this for the debug kernel. */
#include <kunit/test.h>

#include "tests/kunit/uks-kunit.h"

/* What a counter has left is counted here another way: one block after another. */
static int count_slowly(struct uks_block *block, const u8 *counter, u32 len)
{
	u8 next[UKS_BLOCK_LEN];
	int i;

	memcpy(next, counter, sizeof(next));
	if (block->spent)
		return -EMSGSIZE;
	for (; len; len -= min_t(u32, len, UKS_BLOCK_LEN)) {
		if (block->spent)
			return -EMSGSIZE;
		for (i = UKS_BLOCK_LEN - 1; i >= 0 && !++next[i]; i--)
			;
		block->spent = i < 0;
	}
	return 0;
}

static void block_counts_to_the_end_and_no_further(struct kunit *test)
{
	static const u8 lasts[] = { 0x00, 0x01, 0xfc, 0xfd, 0xfe, 0xff };
	u32 i, len;

	for (i = 0; i < ARRAY_SIZE(lasts); i++) {
		for (len = 1; len <= 5 * UKS_BLOCK_LEN + 1; len++) {
			struct uks_block fast = {}, slow = {};
			u8 counter[UKS_BLOCK_LEN];
			int ret;

			memset(counter, 0xff, sizeof(counter));
			counter[UKS_BLOCK_LEN - 1] = lasts[i];
			ret = uks_block_count(&fast, counter, len);
			KUNIT_EXPECT_EQ_MSG(test, ret, count_slowly(&slow, counter, len),
					    "%u bytes from ...%02x", len, lasts[i]);
			if (!ret)
				KUNIT_EXPECT_EQ(test, fast.spent, slow.spent);
		}
	}
}

static void block_that_is_spent_counts_no_more(struct kunit *test)
{
	struct uks_block block = { .spent = true };
	u8 counter[UKS_BLOCK_LEN] = {};

	KUNIT_EXPECT_EQ(test, uks_block_count(&block, counter, 1), -EMSGSIZE);
}

static void block_takes_its_own_padding(struct kunit *test)
{
	u8 data[UKS_BLOCK_LEN];
	u32 len, found;

	for (len = 0; len < UKS_BLOCK_LEN; len++) {
		memset(data, 0xa5, sizeof(data));
		uks_block_pad(data, len);
		KUNIT_EXPECT_EQ(test, uks_block_unpad(data, &found), 0);
		KUNIT_EXPECT_EQ(test, found, len);
	}
}

/* RFC 5652, 6.3: so many bytes of that value, and nothing else. */
static void block_refuses_any_other_padding(struct kunit *test)
{
	u8 data[UKS_BLOCK_LEN];
	u32 pad, i, found;

	for (pad = 0; pad < 256; pad++) {
		memset(data, pad, sizeof(data));
		KUNIT_EXPECT_EQ(test, uks_block_unpad(data, &found),
				pad >= 1 && pad <= UKS_BLOCK_LEN ? 0 : -EBADMSG);
		if (!pad || pad > UKS_BLOCK_LEN)
			continue;
		for (i = 1; i <= UKS_BLOCK_LEN; i++) {
			data[UKS_BLOCK_LEN - i] ^= 0x80;
			KUNIT_EXPECT_EQ_MSG(test, uks_block_unpad(data, &found),
					    i <= pad ? -EBADMSG : 0, "padding %u, byte %u", pad, i);
			data[UKS_BLOCK_LEN - i] ^= 0x80;
		}
	}
}

static void block_holds_back_what_may_be_padding(struct kunit *test)
{
	static const u32 lens[] = { 0, 1, 15, 16, 17, 31, 32, 33 };
	struct uks_session session = { };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		u32 rest = lens[i] % UKS_BLOCK_LEN;

		session.alg = uks_alg_find(UKS_ALG_AES_CBC);
		session.purpose = UKS_PURPOSE_DECRYPT;
		KUNIT_EXPECT_EQ(test, uks_block_rest(&session, lens[i]), rest);
		session.alg = uks_alg_find(UKS_ALG_AES_CBC_PKCS7);
		KUNIT_EXPECT_EQ(test, uks_block_rest(&session, lens[i]),
				lens[i] && !rest ? UKS_BLOCK_LEN : rest);
		session.purpose = UKS_PURPOSE_ENCRYPT;
		KUNIT_EXPECT_EQ(test, uks_block_rest(&session, lens[i]), rest);
	}
}

static struct kunit_case block_cases[] = {
	KUNIT_CASE(block_counts_to_the_end_and_no_further),
	KUNIT_CASE(block_that_is_spent_counts_no_more),
	KUNIT_CASE(block_takes_its_own_padding),
	KUNIT_CASE(block_refuses_any_other_padding),
	KUNIT_CASE(block_holds_back_what_may_be_padding),
	{ }
};

struct kunit_suite uks_block_suite = {
	.name = "uks-block",
	.test_cases = block_cases,
};
