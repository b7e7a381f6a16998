// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include "daemon/examine.h"
#include "daemon/key/access.h"

/* A look at the client's process, made when the first condition needs it. */
struct look {
	struct worker *worker;
	const struct request *request;
	bool in_session;
	struct failure *failure;
	bool failed;
};

int access_owner(const struct request *request, const struct key *key, struct failure *failure)
{
	if (key->owner == request->uid)
		return 0;
	return failure_set(failure, UKS_E_ACCESS,
			   "the key belongs to another user: only its owner may do this");
}

int access_administrator(const struct request *request, struct failure *failure)
{
	if (!request->uid && request->userns == INIT_USERNS)
		return 0;
	return failure_set(failure, UKS_E_ACCESS,
			   "this is for root of the machine, outside of any container");
}

static bool same(const struct policy_text *text, const char *value, size_t len)
{
	return text->len == len && !memcmp(text->at, value, len);
}

static bool in_group(const struct request *request, uint32_t gid)
{
	const struct uks_attr *groups = &request->groups;
	size_t at;
	uint32_t group;

	if (request->gid == gid)
		return true;
	for (at = 0; at + sizeof(group) <= groups->len; at += sizeof(group)) {
		memcpy(&group, groups->value + at, sizeof(group));
		if (group == gid)
			return true;
	}
	return false;
}

/* The kernel's string may have its NUL. */
static bool has_label(const struct request *request, const struct policy_text *label)
{
	const struct uks_attr *secctx = &request->secctx;

	return secctx->type && same(label, (const char *)secctx->value,
				    strnlen((const char *)secctx->value, secctx->len));
}

/* What the kernel has said about the client. */
static bool fulfils_identity(const struct grant *grant, const struct request *request)
{
	if (grant->has_uid && grant->uid != request->uid)
		return false;
	if (grant->has_gid && !in_group(request, grant->gid))
		return false;
	return !grant->label.len || has_label(request, &grant->label);
}

/* What has to be looked up under /proc. Only what is needed is. */
static bool fulfils_process(const struct grant *grant, struct look *look)
{
	const struct process *process;
	unsigned int wanted = 0;

	if (grant->exe.len || grant->exe_digest)
		wanted |= EXAMINE_EXE;
	if (grant->exe_digest)
		wanted |= EXAMINE_DIGEST;
	if (grant->unit.len || grant->has_cgroup)
		wanted |= EXAMINE_CGROUP;
	if (!wanted || look->in_session)
		return true;
	process = examine(look->worker, look->request, wanted, look->failure);
	if (!process) {
		look->failed = true;
		return false;
	}
	if (grant->exe.len && !same(&grant->exe, process->exe, strlen(process->exe)))
		return false;
	if (grant->exe_digest && memcmp(grant->exe_digest, process->digest, EXAMINE_DIGEST_LEN))
		return false;
	if (grant->unit.len && !same(&grant->unit, process->unit, strlen(process->unit)))
		return false;
	return !grant->has_cgroup || process_in_cgroup(process, grant->cgroup);
}

static bool one_holds(const struct grant *grants, unsigned int count, uint32_t purpose,
		      struct look *look)
{
	unsigned int i;

	for (i = 0; i < count && !look->failed; i++) {
		if (purpose && grants[i].purposes && !(grants[i].purposes & purpose))
			continue;
		if (fulfils_identity(&grants[i], look->request) &&
		    fulfils_process(&grants[i], look))
			return true;
	}
	return false;
}

int access_check(struct worker *worker, const struct request *request, const struct key *key,
		 const struct policy *policy, uint32_t purpose, bool in_session,
		 struct failure *failure)
{
	struct look look = {
		.worker = worker, .request = request, .in_session = in_session,
		.failure = failure,
	};

	if (key->owner != request->uid &&
	    !one_holds(policy->grants, policy->grant_count, purpose, &look))
		return look.failed ? -1 :
		       failure_set(failure, UKS_E_ACCESS,
				   "the key belongs to another user, and its policy does not grant you this use");
	if (policy->bind_count &&
	    !one_holds(policy->binds, policy->bind_count, purpose, &look))
		return look.failed ? -1 :
		       failure_set(failure, UKS_E_ACCESS,
				   "the key's policy binds it to other users, groups, programs or units than this: ask its owner");
	return 0;
}

int access_purpose(const struct key *key, uint32_t purpose, struct failure *failure)
{
	static const struct {
		uint32_t purpose;
		const char *name;
	} names[] = {
		{ UKS_PURPOSE_ENCRYPT, "encrypt" },
		{ UKS_PURPOSE_DECRYPT, "decrypt" },
		{ UKS_PURPOSE_SIGN, "sign" },
		{ UKS_PURPOSE_VERIFY, "verify" },
		{ UKS_PURPOSE_MAC, "compute a MAC" },
		{ UKS_PURPOSE_MAC_VERIFY, "verify a MAC" },
		{ UKS_PURPOSE_WRAP, "wrap other keys" },
		{ UKS_PURPOSE_UNWRAP, "unwrap other keys" },
		{ UKS_PURPOSE_AGREE, "agree on a secret" },
		{ UKS_PURPOSE_DERIVE, "derive secrets" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (names[i].purpose != purpose)
			continue;
		if (key->purposes & purpose)
			return 0;
		return failure_set(failure, UKS_E_BAD_PURPOSE,
				   "key '%s' may not be used to %s: see its purposes with 'uksctl key show'",
				   key->name, names[i].name);
	}
	return failure_set(failure, UKS_E_BAD_PURPOSE,
			   "purpose 0x%x is not one purpose that this daemon knows", purpose);
}
