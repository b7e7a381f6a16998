// SPDX-License-Identifier: LGPL-2.1-or-later
#include <assert.h>
#include <string.h>

#include <libgfshare.h>
#include <sodium.h>

#include "daemon/master/share.h"

#define MAGIC	"UKSS"
#define FORMAT	1

static_assert(offsetof(struct share, commitments) == 64, "a share has no padding");

static const uint8_t label[] = "uks share v1";

static void fill_random(unsigned char *bytes, unsigned int len)
{
	randombytes_buf(bytes, len);
}

static void commit_to(const struct share *share, uint8_t *commitment)
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, share->set, sizeof(share->set), SHARE_COMMITMENT_LEN);
	crypto_generichash_update(&state, label, sizeof(label) - 1);
	crypto_generichash_update(&state, &share->number, 1);
	crypto_generichash_update(&state, share->share, sizeof(share->share));
	crypto_generichash_final(&state, commitment, SHARE_COMMITMENT_LEN);
	sodium_memzero(&state, sizeof(state));
}

static void describe(const uint8_t *key, unsigned int threshold, unsigned int count,
		     struct share *shares)
{
	uint8_t commitments[SHARES_MAX][SHARE_COMMITMENT_LEN] = { { 0 } };
	unsigned int i;

	randombytes_buf(shares[0].set, sizeof(shares[0].set));
	for (i = 0; i < count; i++) {
		struct share *share = &shares[i];

		memcpy(share->magic, MAGIC, sizeof(share->magic));
		share->format = FORMAT;
		share->number = i + 1;
		share->threshold = threshold;
		share->count = count;
		memcpy(share->set, shares[0].set, sizeof(share->set));
		master_pattern(key, share->pattern);
		commit_to(share, commitments[i]);
	}
	for (i = 0; i < count; i++)
		memcpy(shares[i].commitments, commitments, sizeof(commitments));
}

int shares_split(const uint8_t *key, unsigned int threshold, unsigned int count,
		 struct share *shares, struct failure *failure)
{
	unsigned char numbers[SHARES_MAX], secret[SEAL_MASTER_LEN];
	gfshare_ctx *ctx;
	unsigned int i;

	if (threshold < 2 || count < threshold || count > SHARES_MAX)
		return failure_set(failure, UKS_E_INVALID,
				   "a master key is split into 2 to %d shares, of which at least 2 are needed",
				   SHARES_MAX);
	for (i = 0; i < count; i++)
		numbers[i] = i + 1;
	gfshare_fill_rand = fill_random;
	ctx = gfshare_ctx_init_enc(numbers, count, threshold, SEAL_MASTER_LEN);
	if (!ctx)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for shares");
	memset(shares, 0, count * sizeof(*shares));
	memcpy(secret, key, sizeof(secret));
	gfshare_ctx_enc_setsecret(ctx, secret);
	sodium_memzero(secret, sizeof(secret));
	for (i = 0; i < count; i++)
		gfshare_ctx_enc_getshare(ctx, i, shares[i].share);
	gfshare_ctx_free(ctx);	/* overwrites what it had */
	describe(key, threshold, count, shares);
	return 0;
}

static bool is_sound(const struct share *share, size_t len)
{
	return len >= offsetof(struct share, commitments) &&
	       !memcmp(share->magic, MAGIC, sizeof(share->magic)) && share->format == FORMAT &&
	       share->count <= SHARES_MAX && share->threshold >= 2 &&
	       share->threshold <= share->count && share->number &&
	       share->number <= share->count && share_len(share) <= len;
}

int shares_parse(const uint8_t *bytes, size_t len, struct share *shares, unsigned int *given,
		 struct failure *failure)
{
	struct share *share;

	for (*given = 0; len; (*given)++) {
		if (*given == SHARES_MAX)
			return failure_set(failure, UKS_E_SHARES,
					   "there are more than %d shares", SHARES_MAX);
		share = &shares[*given];
		memset(share, 0, sizeof(*share));
		memcpy(share, bytes, len < sizeof(*share) ? len : sizeof(*share));
		if (!is_sound(share, len))
			return failure_set(failure, UKS_E_SHARES,
					   "share %u of those given is damaged, or no share at all",
					   *given + 1);
		bytes += share_len(share);
		len -= share_len(share);
	}
	return 0;
}

/* What all shares of a set have in common, the commitments included. */
static bool is_same_set(const struct share *one, const struct share *other)
{
	return one->threshold == other->threshold && one->count == other->count &&
	       !memcmp(one->set, other->set, sizeof(one->set)) &&
	       !memcmp(one->pattern, other->pattern, sizeof(one->pattern)) &&
	       !memcmp(one->commitments, other->commitments,
		       one->count * SHARE_COMMITMENT_LEN);
}

/* The one that most others agree with says what the set is. */
static const struct share *find_leader(const struct share *shares, unsigned int given)
{
	unsigned int i, j, agree, most = 0;
	const struct share *leader = shares;

	for (i = 0; i < given; i++) {
		for (agree = 0, j = 0; j < given; j++)
			agree += is_same_set(&shares[i], &shares[j]);
		if (agree > most) {
			most = agree;
			leader = &shares[i];
		}
	}
	return leader;
}

static int check(const struct share *shares, unsigned int given, struct failure *failure)
{
	const struct share *leader = find_leader(shares, given);
	uint8_t commitment[SHARE_COMMITMENT_LEN];
	uint32_t seen = 0;
	unsigned int i;

	for (i = 0; i < given; i++) {
		const struct share *share = &shares[i];

		if (!is_same_set(share, leader))
			return failure_set(failure, UKS_E_SHARES,
					   "share %u of those given (number %u) does not belong to the others: it is of another set, or damaged",
					   i + 1, share->number);
		commit_to(share, commitment);
		if (memcmp(commitment, leader->commitments[share->number - 1],
			   sizeof(commitment)))
			return failure_set(failure, UKS_E_SHARES,
					   "share %u of those given (number %u) was changed",
					   i + 1, share->number);
		if (seen & 1u << share->number)
			return failure_set(failure, UKS_E_SHARES,
					   "share number %u was given twice", share->number);
		seen |= 1u << share->number;
	}
	if (given >= leader->threshold)
		return 0;
	return failure_set(failure, UKS_E_SHARES, "%u shares are needed, %u were given",
			   leader->threshold, given);
}

static int interpolate(const struct share *shares, unsigned int given, uint8_t *key,
		       struct failure *failure)
{
	unsigned char numbers[SHARES_MAX], share[SEAL_MASTER_LEN];
	gfshare_ctx *ctx;
	unsigned int i;

	for (i = 0; i < given; i++)
		numbers[i] = shares[i].number;
	gfshare_fill_rand = fill_random;
	ctx = gfshare_ctx_init_dec(numbers, given, SEAL_MASTER_LEN);
	if (!ctx)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for shares");
	for (i = 0; i < given; i++) {
		memcpy(share, shares[i].share, sizeof(share));
		gfshare_ctx_dec_giveshare(ctx, i, share);
	}
	sodium_memzero(share, sizeof(share));
	gfshare_ctx_dec_extract(ctx, key);
	gfshare_ctx_free(ctx);
	return 0;
}

int shares_combine(const struct share *shares, unsigned int given, uint8_t *key,
		   struct failure *failure)
{
	uint8_t pattern[MASTER_PATTERN_LEN];
	unsigned int needed;

	if (!given)
		return failure_set(failure, UKS_E_SHARES, "no share was given");
	if (check(shares, given, failure))
		return -1;
	needed = shares[0].threshold;
	if (interpolate(shares, needed, key, failure))
		return -1;
	master_pattern(key, pattern);
	if (!memcmp(pattern, shares[0].pattern, sizeof(pattern)))
		return 0;
	sodium_memzero(key, SEAL_MASTER_LEN);
	return failure_set(failure, UKS_E_SHARES,
			   "the shares give another master key than they say: all were changed");
}
