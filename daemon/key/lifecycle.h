/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * States of keys (SP 800-57 part 1 rev. 5, section 7): what leads from one to
 * another, and what each permits. See Documentation/lifecycle.rst.
 */
#ifndef UKSD_LIFECYCLE_H
#define UKSD_LIFECYCLE_H

#include "daemon/key/policy.h"

/**
 * lifecycle_state() - state of a key as its owner sees it
 * @key: the key
 *
 * Return: enum uks_key_state; a deleted key is destroyed.
 */
uint32_t lifecycle_state(const struct key *key);

/**
 * lifecycle_name() - a state in words
 * @state: enum uks_key_state
 *
 * Return: as uksctl(1) writes it.
 */
const char *lifecycle_name(uint32_t state);

/**
 * lifecycle_allows() - may a version of a key go to a state?
 * @key: the key, in that version
 * @state: enum uks_key_state
 *
 * Return: true if it may; the state that it is in is no change.
 */
bool lifecycle_allows(const struct key *key, uint32_t state);

/**
 * lifecycle_use() - may a key be used for a purpose in its state, at a time?
 * @key: the key, in the version that is to be used
 * @policy: its policy
 * @purpose: one bit of enum uks_purpose
 * @insist: also if it is compromised
 * @now: seconds since 1970-01-01 UTC
 * @failure: receives UKS_E_DESTROYED, UKS_E_NOT_YET, UKS_E_EXPIRED,
 *	UKS_E_PRE_ACTIVATION, UKS_E_SUSPENDED, UKS_E_DEACTIVATED, UKS_E_COMPROMISED
 *
 * Return: 0, or -1 with @failure filled in.
 */
int lifecycle_use(const struct key *key, const struct policy *policy, uint32_t purpose,
		  bool insist, uint64_t now, struct failure *failure);

/**
 * lifecycle_due() - when is something to be done with a key next?
 * @key: the key, in its newest version
 * @policy: its policy
 *
 * A deleted key is erased; one whose time is over is deactivated; one that is to
 * be rotated is rotated.
 *
 * Return: seconds since 1970-01-01 UTC, 0 for never.
 */
uint64_t lifecycle_due(const struct key *key, const struct policy *policy);

#endif /* UKSD_LIFECYCLE_H */
