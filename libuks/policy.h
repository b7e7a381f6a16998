/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies of keys, as they are held in memory. */
#ifndef UKS_POLICY_INTERNAL_H
#define UKS_POLICY_INTERNAL_H

#include "internal.h"

/**
 * struct uks_grant_box - conditions and what they point to, in one piece
 * @next: the next of the policy
 * @rule: UKS_POLICY_A_GRANT or UKS_POLICY_A_BIND
 * @grant: the conditions
 * @exe_digest: for @grant
 * @exe: for @grant
 * @unit: for @grant
 * @label: for @grant
 */
struct uks_grant_box {
	struct uks_grant_box *next;
	uint32_t rule;
	struct uks_conditions grant;
	uint8_t exe_digest[32];
	char exe[1024];
	char unit[256];
	char label[1024];
};

/**
 * struct uks_policy - a policy
 * @said: which rules are said, bits 1 << UKS_POLICY_A_*
 * @values: their numbers
 * @grants: grants and binds, in the order in which they were added
 */
struct uks_policy {
	uint32_t said;
	uint64_t values[UKS_POLICY_A_MAX + 1];
	struct uks_grant_box *grants;
};

bool uks_policy_is_u32(uint32_t rule);
bool uks_policy_is_u64(uint32_t rule);

#endif /* UKS_POLICY_INTERNAL_H */
