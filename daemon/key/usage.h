/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How often a key was used, where its policy bounds that. */
#ifndef UKSD_USAGE_H
#define UKSD_USAGE_H

#include "daemon/key/policy.h"
#include "daemon/uksd.h"

/**
 * usage_boot() - find out which boot this is
 * @boot: receives 16 bytes, as /proc/sys/kernel/random/boot_id has them
 * @failure: receives UKS_E_INTERNAL
 *
 * Return: 0, or -1 with @failure filled in.
 */
int usage_boot(uint8_t *boot, struct failure *failure);

/**
 * usage_begin() - begin to count a key, unless it is counted already
 * @uksd: the daemon
 * @store: with a change under way
 * @key: the key
 * @policy: its policy
 * @failure: receives UKS_E_STORE, UKS_E_STORE_FULL
 *
 * Return: 0, or -1 with @failure filled in.
 */
int usage_begin(const struct uksd *uksd, struct store *store, const struct key *key,
		const struct policy *policy, struct failure *failure);

/**
 * usage_read() - how often was a key used?
 * @uksd: the daemon
 * @store: the store
 * @key: the key
 * @uses: receives it
 * @failure: receives UKS_E_NO_KEY when it never was counted, UKS_E_BLOB when the
 *	counters were edited, UKS_E_STORE
 *
 * Return: 0, or -1 with @failure filled in.
 */
int usage_read(const struct uksd *uksd, struct store *store, const struct key *key,
	       struct uses *uses, struct failure *failure);

/**
 * usage_rewrap() - prove counters with another master key
 * @uksd: the daemon, with the present one
 * @store: with a change under way
 * @key: the other master key
 * @id: the key that is counted
 * @uses: its counters, from the store
 * @failure: receives UKS_E_BLOB when they were edited, UKS_E_STORE
 *
 * Return: 0, or -1 with @failure filled in.
 */
int usage_rewrap(const struct uksd *uksd, struct store *store, const uint8_t *key,
		 const uint8_t *id, struct uses *uses, struct failure *failure);

#endif /* UKSD_USAGE_H */
