// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/key/access.h"
#include "daemon/key/lifecycle.h"
#include "daemon/key/use.h"
#include "daemon/pin/pin.h"
#include "daemon/session.h"

/* What the policy says, and what the configuration says of weak algorithms. */
static int check_policy(const struct uksd *uksd, const struct policy *policy,
			const struct key_type *type, const struct uks_row *row,
			const struct key_use *use, struct failure *failure)
{
	uint32_t traits = uks_cell_traits(type, row, use->digest);

	if (policy->algorithms ? !(policy->algorithms & UKS_BIT(use->algorithm)) :
	    !!(traits & UKS_TRAIT_EXPLICIT))
		return failure_set(failure, UKS_E_BAD_ALGORITHM,
				   "the key's policy does not permit algorithm %s: %s",
				   uks_algorithm_find(use->algorithm)->name,
				   policy->algorithms ? "see 'uksctl key show'" :
				   "it has to name it");
	if (policy->digests && use->digest && !(policy->digests & UKS_BIT(use->digest)))
		return failure_set(failure, UKS_E_BAD_DIGEST,
				   "the key's policy does not permit digest %s: see 'uksctl key show'",
				   uks_digest_find(use->digest)->name);
	if (traits & UKS_TRAIT_LEGACY && !uksd->config->legacy)
		return failure_set(failure, UKS_E_LEGACY,
				   "%s with %s is weak and 'legacy = off' in uksd.conf: choose a stronger algorithm",
				   type->name, uks_algorithm_find(use->algorithm)->name);
	return 0;
}

int key_permit(struct worker *worker, const struct request *request, const struct key *key,
	       const struct key_call *call, struct policy *policy, struct failure *failure)
{
	const struct key_type *type = key_type_find(key->type, failure);
	const struct key_use *use = &call->use;
	const struct uks_row *row;
	bool insist;

	if (!type || policy_of(key, policy, failure) ||
	    access_check(worker, request, key, policy, use->purpose, call->in_session, failure) ||
	    access_purpose(key, use->purpose, failure))
		return -1;
	row = key_type_use(type, use, failure);
	if (!row || check_policy(worker->uksd, policy, type, row, use, failure))
		return -1;
	if (policy->flags & UKS_POLICY_AUTHORIZED)
		return failure_set(failure, UKS_E_PROVISION,
				   "an issuer provided key '%s' to be used with a PIN, or by SKS only: see 'uksctl sks'",
				   key->name);
	/* A session that a compromised key has was opened by one who insisted. */
	insist = call->in_session || call->flags & UKS_CALL_COMPROMISED;
	return lifecycle_use(key, policy, use->purpose, insist, time(NULL), failure);
}

bool key_counted_by_kernel(uint32_t algorithm, bool remote)
{
	switch (algorithm) {
	case UKS_ALG_AES_CBC:
	case UKS_ALG_AES_CBC_PKCS7:
	case UKS_ALG_AES_CTR:
	case UKS_ALG_AES_ECB:
	case UKS_ALG_SM4_CBC:
	case UKS_ALG_SM4_CBC_PKCS7:
	case UKS_ALG_SM4_CTR:
		return true;
	default:
		return !remote;
	}
}

static int permit_session(struct worker *worker, const struct request *request,
			  const struct key *key, struct policy *policy, struct failure *failure)
{
	struct key_call call = { .in_session = true };
	struct job job;

	if (session_job(request, &job, failure))
		return -1;
	call.use = job.use;
	return key_permit(worker, request, key, &call, policy, failure);
}

int key_use_ahead(struct worker *worker, const struct request *request, struct failure *failure)
{
	uint32_t count = uks_attr_u32(&request->attrs[UKS_A_COUNT], 1);
	const struct key *key = &worker->record.key;
	struct policy policy;

	if (key_find_to_use(worker, request, failure) ||
	    key_prove(worker, &worker->record, failure) ||
	    permit_session(worker, request, key, &policy, failure))
		return -1;
	return key_count(worker, key, &policy, count, failure);
}

static int permit_and_count(struct worker *worker, const struct request *request,
			    const struct key *key, struct failure *failure)
{
	struct policy policy;

	if (permit_session(worker, request, key, &policy, failure))
		return -1;
	if (key_counted_by_kernel(uks_attr_u32(&request->attrs[UKS_A_ALGORITHM], 0), true))
		return 0;
	return key_count(worker, key, &policy, 1, failure);
}

struct cached_key *key_of_session(struct worker *worker, const struct request *request,
				  uint32_t purposes, struct failure *failure)
{
	const struct uks_attr *attrs = request->attrs;
	struct keycache *cache = worker->uksd->cache;
	struct cached_key *cached;

	if (!(uks_attr_u32(&attrs[UKS_A_PURPOSES], 0) & purposes)) {
		failure_set(failure, UKS_E_WRONG_PURPOSE, "the session has another purpose");
		return NULL;
	}
	cached = keycache_get(cache, attrs[UKS_A_KEY_ID].value,
			      uks_attr_u32(&attrs[UKS_A_KEY_VERSION], 0));
	if (!cached) {
		if (key_find_to_use(worker, request, failure))
			return NULL;
		cached = worker->record.key.pin_len ? pin_ready(worker, request, failure) :
						      key_ready(worker, failure);
		if (!cached)
			return NULL;
	}
	audit_subject(worker, &cached->key);
	if (!permit_and_count(worker, request, &cached->key, failure))
		return cached;
	keycache_put(cache, cached);
	return NULL;
}
