// SPDX-License-Identifier: LGPL-2.1-or-later
/* Policies of keys, built in memory. How they are written: policy-attr.c. */
#include <stdlib.h>

#include "policy.h"

static const uint32_t u32_rules = 1U << UKS_POLICY_A_FLAGS | 1U << UKS_POLICY_A_RATE_USES |
				  1U << UKS_POLICY_A_RATE_SECONDS | 1U << UKS_POLICY_A_IDLE |
				  1U << UKS_POLICY_A_PIN | 1U << UKS_POLICY_A_PIN_SECONDS |
				  1U << UKS_POLICY_A_PIN_TRIES;
static const uint32_t u64_rules = 1U << UKS_POLICY_A_ALGORITHMS | 1U << UKS_POLICY_A_DIGESTS |
				  1U << UKS_POLICY_A_NOT_BEFORE | 1U << UKS_POLICY_A_NOT_AFTER |
				  1U << UKS_POLICY_A_MAX_USES | 1U << UKS_POLICY_A_MAX_USES_BOOT |
				  1U << UKS_POLICY_A_ROTATE;

bool uks_policy_is_u32(uint32_t rule)
{
	return rule <= UKS_POLICY_A_MAX && u32_rules & 1U << rule;
}

bool uks_policy_is_u64(uint32_t rule)
{
	return rule <= UKS_POLICY_A_MAX && u64_rules & 1U << rule;
}

int uks_policy_new(struct uks_policy **policy, struct uks_err *err)
{
	*policy = calloc(1, sizeof(**policy));
	return *policy ? 0 : uks_fail_memory(err);
}

static void free_grants(struct uks_policy *policy, uint32_t rule)
{
	struct uks_grant_box **at = &policy->grants, *box;

	while ((box = *at)) {
		if (box->rule == rule) {
			*at = box->next;
			free(box);
		} else {
			at = &box->next;
		}
	}
}

void uks_policy_free(struct uks_policy *policy)
{
	if (!policy)
		return;
	free_grants(policy, UKS_POLICY_A_GRANT);
	free_grants(policy, UKS_POLICY_A_BIND);
	free(policy);
}

int uks_policy_set(struct uks_policy *policy, uint32_t rule, uint64_t value,
		   struct uks_err *err)
{
	if (!uks_policy_is_u32(rule) && !uks_policy_is_u64(rule))
		return uks_fail(err, UKS_E_INVALID, 0, "a policy has no rule %u", rule);
	if (uks_policy_is_u32(rule) && value > UINT32_MAX)
		return uks_fail(err, UKS_E_INVALID, 0,
				"rule %u of a policy is at most %u, not %llu", rule, UINT32_MAX,
				(unsigned long long)value);
	policy->said |= 1U << rule;
	policy->values[rule] = value;
	return 0;
}

int uks_policy_get(const struct uks_policy *policy, uint32_t rule, uint64_t *value)
{
	bool said = rule <= UKS_POLICY_A_MAX && policy->said & 1U << rule;

	*value = said ? policy->values[rule] : 0;
	return said;
}

void uks_policy_clear(struct uks_policy *policy, uint32_t rule)
{
	if (rule == UKS_POLICY_A_GRANT || rule == UKS_POLICY_A_BIND)
		free_grants(policy, rule);
	else if (rule <= UKS_POLICY_A_MAX)
		policy->said &= ~(1U << rule);
}

static bool has(const struct uks_conditions *grant, uint32_t condition)
{
	return grant->have & 1U << condition;
}

static bool copy_text(const char **to, char *room, size_t size, const struct uks_conditions *grant,
		      uint32_t condition, const char *text)
{
	size_t len = has(grant, condition) && text ? strlen(text) : 0;

	if (!has(grant, condition))
		return true;
	if (!len || len >= size)
		return false;
	memcpy(room, text, len + 1);
	*to = room;
	return true;
}

/* Copies what @grant says it has, and nothing else. */
static bool copy_grant(struct uks_grant_box *box, const struct uks_conditions *grant)
{
	struct uks_conditions *to = &box->grant;

	to->have = grant->have;
	to->purposes = has(grant, UKS_GRANT_PURPOSES) ? grant->purposes : 0;
	to->uid = has(grant, UKS_GRANT_UID) ? grant->uid : 0;
	to->gid = has(grant, UKS_GRANT_GID) ? grant->gid : 0;
	to->cgroup = has(grant, UKS_GRANT_CGROUP) ? grant->cgroup : 0;
	if (has(grant, UKS_GRANT_EXE_DIGEST)) {
		if (!grant->exe_digest)
			return false;
		memcpy(box->exe_digest, grant->exe_digest, sizeof(box->exe_digest));
		to->exe_digest = box->exe_digest;
	}
	return copy_text(&to->exe, box->exe, sizeof(box->exe), grant, UKS_GRANT_EXE, grant->exe) &&
	       copy_text(&to->unit, box->unit, sizeof(box->unit), grant, UKS_GRANT_UNIT,
			 grant->unit) &&
	       copy_text(&to->label, box->label, sizeof(box->label), grant, UKS_GRANT_LABEL,
			 grant->label);
}

static bool valid_grant(const struct uks_conditions *grant)
{
	const uint32_t known = (2U << UKS_GRANT_MAX) - 2;

	/* Purposes alone would let in everybody. */
	return grant->have & ~(1U << UKS_GRANT_PURPOSES) && !(grant->have & ~known) &&
	       (!has(grant, UKS_GRANT_PURPOSES) || grant->purposes);
}

int uks_policy_add(struct uks_policy *policy, uint32_t rule, const struct uks_conditions *grant,
		   struct uks_err *err)
{
	struct uks_grant_box **at = &policy->grants, *box;

	if (rule != UKS_POLICY_A_GRANT && rule != UKS_POLICY_A_BIND)
		return uks_fail(err, UKS_E_INVALID, 0, "rule %u of a policy has no conditions",
				rule);
	box = calloc(1, sizeof(*box));
	if (!box)
		return uks_fail_memory(err);
	box->rule = rule;
	if (!valid_grant(grant) || !copy_grant(box, grant)) {
		free(box);
		return uks_fail(err, UKS_E_BAD_POLICY, 0,
				"a grant has no condition, an empty one, or one that is too long");
	}
	while (*at)
		at = &(*at)->next;
	*at = box;
	return 0;
}

const struct uks_conditions *uks_policy_at(const struct uks_policy *policy, uint32_t rule,
					   size_t index)
{
	const struct uks_grant_box *box;

	for (box = policy->grants; box; box = box->next)
		if (box->rule == rule && !index--)
			return &box->grant;
	return NULL;
}
