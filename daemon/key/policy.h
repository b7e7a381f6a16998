/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The policy of a key: what its maker permits. Stored with the key as attributes
 * of the set "policy", and bound to its blobs. See Documentation/policy.rst.
 */
#ifndef UKSD_KEY_POLICY_H
#define UKSD_KEY_POLICY_H

#include "daemon/key/key.h"

#define POLICY_GRANTS_MAX	32	/* grants and binds, each */

/**
 * struct policy_text - a string inside a policy
 * @len: bytes, 0 when it is absent
 * @at: its bytes, without NUL
 */
struct policy_text {
	size_t len;
	const char *at;
};

/**
 * struct grant - who may use a key, and for what; what is absent does not matter
 * @purposes: bits of enum uks_purpose
 * @has_uid: @uid is there
 * @has_gid: @gid is there
 * @has_cgroup: @cgroup is there
 * @uid: effective user id
 * @gid: effective or supplementary group id
 * @cgroup: id of the cgroup
 * @exe: path of the executable
 * @unit: systemd unit
 * @label: security context
 * @exe_digest: SHA-256 of the executable, or NULL
 */
struct grant {
	uint32_t purposes;
	bool has_uid;
	bool has_gid;
	bool has_cgroup;
	uint32_t uid;
	uint32_t gid;
	uint64_t cgroup;
	struct policy_text exe;
	struct policy_text unit;
	struct policy_text label;
	const uint8_t *exe_digest;
};

/**
 * struct policy - a policy, parsed; numbers are 0 where it says nothing
 * @algorithms: set of enum uks_algorithm; 0: all that are not to be named
 * @digests: set of enum uks_digest; 0: all
 * @not_before: seconds since 1970-01-01 UTC
 * @not_after: seconds since 1970-01-01 UTC
 * @max_uses: uses at all
 * @max_uses_boot: uses in one boot
 * @rotate: seconds after which a new version is made
 * @flags: bits of enum uks_policy_flag
 * @rate_uses: uses within @rate_seconds
 * @rate_seconds: seconds
 * @idle: seconds after which an unused session ends
 * @pin: enum uks_pin_mode; 0: no PIN
 * @pin_seconds: how long a PIN counts with UKS_PIN_TIMED
 * @pin_tries: how many wrong PINs lock the key
 * @grant_count: how many @grants
 * @bind_count: how many @binds
 * @grants: who beside the owner may use the key: one of them must hold
 * @binds: what must hold for everybody: one of them must, if there is any
 *
 * Points into the bytes that it was parsed from.
 */
struct policy {
	uint64_t algorithms;
	uint64_t digests;
	uint64_t not_before;
	uint64_t not_after;
	uint64_t max_uses;
	uint64_t max_uses_boot;
	uint64_t rotate;
	uint32_t flags;
	uint32_t rate_uses;
	uint32_t rate_seconds;
	uint32_t idle;
	uint32_t pin;
	uint32_t pin_seconds;
	uint32_t pin_tries;
	unsigned int grant_count;
	unsigned int bind_count;
	struct grant grants[POLICY_GRANTS_MAX];
	struct grant binds[POLICY_GRANTS_MAX];
};

/**
 * policy_parse() - read a policy
 * @bytes: attributes of the set "policy"
 * @len: bytes of them
 * @policy: receives it
 * @failure: receives UKS_E_BAD_POLICY, with what is wrong
 *
 * An attribute that this daemon does not know is refused: it may forbid something.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int policy_parse(const uint8_t *bytes, size_t len, struct policy *policy,
		 struct failure *failure);

/**
 * policy_check() - is a policy one for this key?
 * @policy: the policy
 * @type: the key's type
 * @purposes: the key's purposes, bits of enum uks_purpose
 * @failure: receives UKS_E_BAD_POLICY
 *
 * Return: 0, or -1 with @failure filled in when it contradicts the key or itself.
 */
int policy_check(const struct policy *policy, const struct key_type *type, uint32_t purposes,
		 struct failure *failure);

/**
 * policy_of() - the policy of a key
 * @key: the key
 * @policy: receives it; points into @key
 * @failure: receives UKS_E_BLOB when the store's policy cannot be read
 *
 * Return: 0, or -1 with @failure filled in.
 */
int policy_of(const struct key *key, struct policy *policy, struct failure *failure);

/** policy_counted() - are uses of a key with this policy counted? */
static inline bool policy_counted(const struct policy *policy)
{
	return policy->max_uses || policy->max_uses_boot || policy->rate_uses;
}

#endif /* UKSD_KEY_POLICY_H */
