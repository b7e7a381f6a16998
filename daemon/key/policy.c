// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include "daemon/dispatch.h"
#include "daemon/key/policy.h"

#define OWN_FLAGS	(UKS_POLICY_PROVISIONED | UKS_POLICY_AUTHORIZED)
#define POLICY_FLAGS	(UKS_POLICY_CALLER_NONCE | UKS_POLICY_EXPORTABLE | \
			 UKS_POLICY_KEEP_INSIDE | OWN_FLAGS)
#define PIN_TRIES_MAX	255
#define TIME_MAX	253402300799ULL	/* end of the year 9999 */

static const char * const names[UKS_POLICY_A_MAX + 1] = {
	[UKS_POLICY_A_ALGORITHMS] = "algorithms",
	[UKS_POLICY_A_DIGESTS] = "digests",
	[UKS_POLICY_A_FLAGS] = "flags",
	[UKS_POLICY_A_NOT_BEFORE] = "not-before",
	[UKS_POLICY_A_NOT_AFTER] = "not-after",
	[UKS_POLICY_A_MAX_USES] = "max-uses",
	[UKS_POLICY_A_MAX_USES_BOOT] = "max-uses-boot",
	[UKS_POLICY_A_RATE_USES] = "rate-uses",
	[UKS_POLICY_A_RATE_SECONDS] = "rate-seconds",
	[UKS_POLICY_A_ROTATE] = "rotate",
	[UKS_POLICY_A_IDLE] = "idle",
	[UKS_POLICY_A_GRANT] = "grant",
	[UKS_POLICY_A_BIND] = "bind",
	[UKS_POLICY_A_PIN] = "pin",
	[UKS_POLICY_A_PIN_SECONDS] = "pin-seconds",
	[UKS_POLICY_A_PIN_TRIES] = "pin-tries",
};

static const char * const grant_names[UKS_GRANT_MAX + 1] = {
	[UKS_GRANT_PURPOSES] = "purposes",
	[UKS_GRANT_UID] = "uid",
	[UKS_GRANT_GID] = "gid",
	[UKS_GRANT_EXE] = "exe",
	[UKS_GRANT_EXE_DIGEST] = "exe-digest",
	[UKS_GRANT_UNIT] = "unit",
	[UKS_GRANT_CGROUP] = "cgroup",
	[UKS_GRANT_LABEL] = "label",
};

/* What the tables of the netlink specification say. */
static int check_attr(const struct uks_attr *attr, const struct attr_policy *policies,
		      const char * const *words, uint16_t max, struct failure *failure)
{
	const struct attr_policy *policy;

	if (!attr->type || attr->type > max)
		return failure_set(failure, UKS_E_BAD_POLICY,
				   "the policy has attribute %u, which this daemon does not know: update uksd",
				   attr->type);
	policy = &policies[attr->type];
	if (attr->len < policy->min_len || attr->len > policy->max_len)
		return failure_set(failure, UKS_E_BAD_POLICY,
				   "the policy's '%s' has %u bytes, must have %u to %u",
				   words[attr->type], attr->len, policy->min_len,
				   policy->max_len);
	if (policy->min && uks_attr_u32(attr, 0) < policy->min)
		return failure_set(failure, UKS_E_BAD_POLICY,
				   "the policy's '%s' is 0, must be at least %u",
				   words[attr->type], policy->min);
	return 0;
}

static int take_text(const struct uks_attr *attr, struct policy_text *text,
		     struct failure *failure)
{
	if (memchr(attr->value, 0, attr->len))
		return failure_set(failure, UKS_E_BAD_POLICY,
				   "the policy's '%s' has a NUL byte", grant_names[attr->type]);
	*text = (struct policy_text){ .len = attr->len, .at = (const char *)attr->value };
	return 0;
}

static int take_condition(const struct uks_attr *attr, struct grant *grant,
			  struct failure *failure)
{
	switch (attr->type) {
	case UKS_GRANT_PURPOSES:
		grant->purposes = uks_attr_u32(attr, 0);
		return 0;
	case UKS_GRANT_UID:
		grant->uid = uks_attr_u32(attr, 0);
		grant->has_uid = true;
		return 0;
	case UKS_GRANT_GID:
		grant->gid = uks_attr_u32(attr, 0);
		grant->has_gid = true;
		return 0;
	case UKS_GRANT_CGROUP:
		grant->cgroup = uks_attr_u64(attr, 0);
		grant->has_cgroup = true;
		return 0;
	case UKS_GRANT_EXE_DIGEST:
		grant->exe_digest = attr->value;
		return 0;
	case UKS_GRANT_EXE:
		return take_text(attr, &grant->exe, failure);
	case UKS_GRANT_UNIT:
		return take_text(attr, &grant->unit, failure);
	default:
		return take_text(attr, &grant->label, failure);
	}
}

static int check_grant(const struct grant *grant, const char *word, struct failure *failure)
{
	if (!grant->has_uid && !grant->has_gid && !grant->has_cgroup && !grant->exe.len &&
	    !grant->unit.len && !grant->label.len && !grant->exe_digest)
		return failure_set(failure, UKS_E_BAD_POLICY,
				   "a '%s' of the policy names nobody: give it a uid, gid, exe, exe-digest, unit, cgroup or label",
				   word);
	if (grant->exe.len && *grant->exe.at != '/')
		return failure_set(failure, UKS_E_BAD_POLICY,
				   "the policy's 'exe' must be an absolute path");
	return 0;
}

static int take_grant(const struct uks_attr *attr, struct grant *grants, unsigned int *count,
		      struct failure *failure)
{
	const uint8_t *at = attr->value;
	struct grant *grant = &grants[*count];
	size_t len = attr->len;
	struct uks_attr inner;
	uint64_t present = 0;
	int ret;

	if (*count == POLICY_GRANTS_MAX)
		return failure_set(failure, UKS_E_BAD_POLICY,
				   "the policy has more than %d '%s'", POLICY_GRANTS_MAX,
				   names[attr->type]);
	while ((ret = uks_attr_next(&at, &len, &inner)) > 0) {
		if (check_attr(&inner, grant_policies, grant_names, UKS_GRANT_MAX, failure))
			return -1;
		if (present & 1ULL << inner.type)
			return failure_set(failure, UKS_E_BAD_POLICY,
					   "a '%s' of the policy has '%s' twice",
					   names[attr->type], grant_names[inner.type]);
		present |= 1ULL << inner.type;
		if (take_condition(&inner, grant, failure))
			return -1;
	}
	if (ret)
		return failure_set(failure, UKS_E_BAD_POLICY, "a '%s' of the policy is malformed",
				   names[attr->type]);
	(*count)++;
	return check_grant(grant, names[attr->type], failure);
}

static int take_number(const struct uks_attr *attr, uint64_t max, uint64_t *number,
		       struct failure *failure)
{
	*number = uks_attr_u64(attr, 0);
	if (*number && *number <= max)
		return 0;
	return failure_set(failure, UKS_E_BAD_POLICY,
			   "the policy's '%s' is %llu, must be 1 to %llu", names[attr->type],
			   (unsigned long long)*number, (unsigned long long)max);
}

static int take_flags(const struct uks_attr *attr, uint32_t *flags, struct failure *failure)
{
	*flags = uks_attr_u32(attr, 0);
	if (!(*flags & ~POLICY_FLAGS))
		return 0;
	return failure_set(failure, UKS_E_BAD_POLICY,
			   "the policy's 'flags' are 0x%x, of which this daemon knows 0x%x only",
			   *flags, POLICY_FLAGS);
}

static int take(const struct uks_attr *attr, struct policy *policy, struct failure *failure)
{
	switch (attr->type) {
	case UKS_POLICY_A_ALGORITHMS:
		return take_number(attr, UINT64_MAX, &policy->algorithms, failure);
	case UKS_POLICY_A_DIGESTS:
		return take_number(attr, UINT64_MAX, &policy->digests, failure);
	case UKS_POLICY_A_FLAGS:
		return take_flags(attr, &policy->flags, failure);
	case UKS_POLICY_A_NOT_BEFORE:
		return take_number(attr, TIME_MAX, &policy->not_before, failure);
	case UKS_POLICY_A_NOT_AFTER:
		return take_number(attr, TIME_MAX, &policy->not_after, failure);
	case UKS_POLICY_A_MAX_USES:
		return take_number(attr, INT64_MAX, &policy->max_uses, failure);
	case UKS_POLICY_A_MAX_USES_BOOT:
		return take_number(attr, INT64_MAX, &policy->max_uses_boot, failure);
	case UKS_POLICY_A_ROTATE:
		return take_number(attr, TIME_MAX, &policy->rotate, failure);
	case UKS_POLICY_A_RATE_USES:
		policy->rate_uses = uks_attr_u32(attr, 0);
		return 0;
	case UKS_POLICY_A_RATE_SECONDS:
		policy->rate_seconds = uks_attr_u32(attr, 0);
		return 0;
	case UKS_POLICY_A_IDLE:
		policy->idle = uks_attr_u32(attr, 0);
		return 0;
	case UKS_POLICY_A_PIN:
		policy->pin = uks_attr_u32(attr, 0);
		return 0;
	case UKS_POLICY_A_PIN_SECONDS:
		policy->pin_seconds = uks_attr_u32(attr, 0);
		return 0;
	case UKS_POLICY_A_PIN_TRIES:
		policy->pin_tries = uks_attr_u32(attr, 0);
		return 0;
	case UKS_POLICY_A_GRANT:
		return take_grant(attr, policy->grants, &policy->grant_count, failure);
	default:
		return take_grant(attr, policy->binds, &policy->bind_count, failure);
	}
}

int policy_parse(const uint8_t *bytes, size_t len, struct policy *policy,
		 struct failure *failure)
{
	const uint64_t several = 1ULL << UKS_POLICY_A_GRANT | 1ULL << UKS_POLICY_A_BIND;
	struct uks_attr attr;
	uint64_t present = 0;
	int ret;

	memset(policy, 0, sizeof(*policy));
	while ((ret = uks_attr_next(&bytes, &len, &attr)) > 0) {
		if (check_attr(&attr, policy_policies, names, UKS_POLICY_A_MAX, failure))
			return -1;
		if (present & ~several & 1ULL << attr.type)
			return failure_set(failure, UKS_E_BAD_POLICY, "the policy has '%s' twice",
					   names[attr.type]);
		present |= 1ULL << attr.type;
		if (take(&attr, policy, failure))
			return -1;
	}
	return ret ? failure_set(failure, UKS_E_BAD_POLICY, "the policy is malformed") : 0;
}

/* All that a key can do by some algorithm, and the digests that it can do it with. */
static void possible(const struct key_type *type, uint32_t purposes, uint64_t *algorithms,
		     uint64_t *digests)
{
	size_t i, count;
	const struct uks_row *rows = uks_rows(&count);

	*algorithms = 0;
	*digests = 0;
	for (i = 0; i < count; i++) {
		if (!(rows[i].types & UKS_BIT(type->type)) || !(rows[i].purposes & purposes))
			continue;
		*algorithms |= UKS_BIT(rows[i].algorithm);
		*digests |= rows[i].digests;
	}
}

static int check_set(const char *what, uint64_t wrong, const struct key_type *type,
		     struct failure *failure)
{
	if (!wrong)
		return 0;
	return failure_set(failure, UKS_E_BAD_POLICY,
			   "%s 0x%llx of the policy do not fit a key of type %s with its purposes",
			   what, (unsigned long long)wrong, type->name);
}

static int check_sets(const struct policy *policy, const struct key_type *type,
		      uint32_t purposes, struct failure *failure)
{
	uint64_t algorithms, digests;

	possible(type, purposes, &algorithms, &digests);
	if (check_set("algorithms", policy->algorithms & ~algorithms, type, failure))
		return -1;
	return check_set("digests", policy->digests & ~digests, type, failure);
}

static int check_grants(const struct grant *grants, unsigned int count, uint32_t purposes,
			struct failure *failure)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (grants[i].purposes & ~purposes)
			return failure_set(failure, UKS_E_BAD_POLICY,
					   "the policy grants purposes 0x%x, but the key has 0x%x only",
					   grants[i].purposes, purposes);
	return 0;
}

static int check_pin(const struct policy *policy, struct failure *failure)
{
	if (!policy->pin && (policy->pin_seconds || policy->pin_tries))
		return failure_set(failure, UKS_E_BAD_POLICY,
				   "the policy has 'pin-seconds' or 'pin-tries' without 'pin'");
	if (policy->pin > UKS_PIN_TIMED)
		return failure_set(failure, UKS_E_BAD_POLICY,
				   "the policy's 'pin' is %u, which this daemon does not know: update uksd",
				   policy->pin);
	if (policy->pin == UKS_PIN_TIMED ? !policy->pin_seconds : !!policy->pin_seconds)
		return failure_set(failure, UKS_E_BAD_POLICY,
				   "the policy's 'pin-seconds' goes with a 'pin' that is timed, and only with that");
	if (policy->pin_tries > PIN_TRIES_MAX)
		return failure_set(failure, UKS_E_BAD_POLICY,
				   "the policy's 'pin-tries' is %u, must be 1 to %d",
				   policy->pin_tries, PIN_TRIES_MAX);
	if (policy->pin && policy->flags & UKS_POLICY_EXPORTABLE)
		return failure_set(failure, UKS_E_BAD_POLICY,
				   "a key with a PIN cannot be exportable: its wrapped copy would need no PIN");
	return 0;
}

int policy_check(const struct policy *policy, const struct key_type *type, uint32_t purposes,
		 struct failure *failure)
{
	if (policy->flags & OWN_FLAGS)
		return failure_set(failure, UKS_E_BAD_POLICY,
				   "the policy has flags 0x%x, which only keys of issuers have",
				   policy->flags & OWN_FLAGS);
	if (!policy->rate_uses != !policy->rate_seconds)
		return failure_set(failure, UKS_E_BAD_POLICY,
				   "the policy has '%s' without '%s': give both or none",
				   policy->rate_uses ? "rate-uses" : "rate-seconds",
				   policy->rate_uses ? "rate-seconds" : "rate-uses");
	if (policy->not_after && policy->not_after <= policy->not_before)
		return failure_set(failure, UKS_E_BAD_POLICY,
				   "the policy's 'not-after' is not later than its 'not-before'");
	if (policy->flags & UKS_POLICY_CALLER_NONCE &&
	    !(purposes & UKS_PURPOSE_ENCRYPT && !type->asymmetric))
		return failure_set(failure, UKS_E_BAD_POLICY,
				   "the policy lets callers choose nonces, but a key of type %s with its purposes has none",
				   type->name);
	if (policy->flags & UKS_POLICY_KEEP_INSIDE &&
	    !(purposes & (UKS_PURPOSE_AGREE | UKS_PURPOSE_DERIVE)))
		return failure_set(failure, UKS_E_BAD_POLICY,
				   "the policy keeps results inside, but the key can neither agree nor derive");
	if (check_pin(policy, failure) || check_sets(policy, type, purposes, failure) ||
	    check_grants(policy->grants, policy->grant_count, purposes, failure))
		return -1;
	return check_grants(policy->binds, policy->bind_count, purposes, failure);
}

int policy_of(const struct key *key, struct policy *policy, struct failure *failure)
{
	if (!policy_parse(key->policy, key->policy_len, policy, failure))
		return 0;
	return failure_set(failure, UKS_E_BLOB,
			   "key '%s' has a policy that this daemon cannot read: update uksd, or restore the store from a backup",
			   key->name);
}
