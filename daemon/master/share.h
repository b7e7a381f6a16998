/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The master key in shares: any of them, if there are enough, and no fewer, give it back. */
#ifndef UKSD_MASTER_SHARE_H
#define UKSD_MASTER_SHARE_H

#include <stddef.h>

#include "daemon/master/record.h"

#define SHARES_MAX		16
#define SHARE_COMMITMENT_LEN	32

/**
 * struct share - a share of a master key, as it is given out
 * @magic: "UKSS"
 * @format: 1
 * @number: which one, from 1
 * @threshold: how many are needed
 * @count: how many there are
 * @set: tells those apart that were made at once, random
 * @pattern: verification pattern of the master key
 * @share: Shamir's scheme over GF(256), byte by byte: the values at @number of random
 *	polynomials of degree @threshold - 1, whose values at 0 are the master key
 * @commitments: for each share by number: BLAKE2b-256, keyed with @set, of "uks share
 *	v1", its number (a byte) and @share; only the first @count are there
 *
 * A share that was damaged or is of another set differs from what the others have
 * committed to. A commitment hides a share, since that has 256 random bits.
 */
struct share {
	uint8_t magic[4];
	uint8_t format;
	uint8_t number;
	uint8_t threshold;
	uint8_t count;
	uint8_t set[16];
	uint8_t pattern[MASTER_PATTERN_LEN];
	uint8_t share[SEAL_MASTER_LEN];
	uint8_t commitments[SHARES_MAX][SHARE_COMMITMENT_LEN];
};

/** share_len() - bytes of a share that are given out */
static inline size_t share_len(const struct share *share)
{
	return offsetof(struct share, commitments) + share->count * SHARE_COMMITMENT_LEN;
}

/**
 * shares_split() - split a master key
 * @key: the key
 * @threshold: how many shares shall be needed, from 2 on
 * @count: how many there shall be, at most SHARES_MAX
 * @shares: receives @count shares, secret
 * @failure: receives UKS_E_INVALID, UKS_E_NO_MEMORY
 *
 * Return: 0, or -1 with @failure filled in.
 */
int shares_split(const uint8_t *key, unsigned int threshold, unsigned int count,
		 struct share *shares, struct failure *failure);

/**
 * shares_parse() - read shares that follow each other
 * @bytes: the shares
 * @len: bytes of them
 * @shares: receives them, at most SHARES_MAX
 * @given: receives how many
 * @failure: receives UKS_E_SHARES
 *
 * Return: 0, or -1 with @failure filled in.
 */
int shares_parse(const uint8_t *bytes, size_t len, struct share *shares, unsigned int *given,
		 struct failure *failure);

/**
 * shares_combine() - bring a master key back
 * @shares: shares
 * @given: how many
 * @key: receives the key; wiped on failure
 * @failure: receives UKS_E_SHARES, with the number of the share that is wrong, of
 *	another set or there twice
 *
 * Return: 0, or -1 with @failure filled in.
 */
int shares_combine(const struct share *shares, unsigned int given, uint8_t *key,
		   struct failure *failure);

#endif /* UKSD_MASTER_SHARE_H */
