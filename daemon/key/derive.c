// SPDX-License-Identifier: LGPL-2.1-or-later
/* New keys that are agreed on or derived inside, and never come out on the way. */
#include <sodium.h>

#include "daemon/key/secret.h"
#include "daemon/provider/derive.h"

/* A new key that is bytes; what is kept inside is not marked to leave again. */
static const struct key_type *new_key(struct worker *worker, const struct request *request,
				      const struct one_use *use, uint32_t origin,
				      struct failure *failure)
{
	const struct key_type *type;
	struct policy policy;

	type = key_new(worker, request, UKS_A_NEW_NAME, origin, failure);
	if (!type || policy_of(&worker->record.key, &policy, failure))
		return NULL;
	if (type->asymmetric) {
		failure_set(failure, UKS_E_BAD_TYPE,
			    "a key of type %s is not made of derived bytes: choose a symmetric type",
			    type->name);
		return NULL;
	}
	if (use->policy.flags & UKS_POLICY_KEEP_INSIDE && policy.flags & UKS_POLICY_EXPORTABLE) {
		failure_set(failure, UKS_E_KEPT_INSIDE,
			    "what key '%s' gives stays inside: the new key cannot be exportable",
			    use->key.name);
		return NULL;
	}
	return type;
}

/* As many bytes as the client says, or as a new key of the type has. */
static uint32_t wanted(const struct job *job, const struct key_type *type)
{
	return uks_attr_u32(&job->parameters[UKS_PARAM_OUT_LEN], type->secret_new);
}

static int derive(struct worker *worker, const struct request *request, struct one_use *use,
		  struct uks_attrs *out, struct failure *failure)
{
	struct import import = { .format = UKS_FORMAT_RAW, .bytes = use->secret };
	const struct key_type *type;
	uint32_t len;

	type = new_key(worker, request, use, UKS_ORIGIN_DERIVED, failure);
	if (!type)
		return -1;
	len = wanted(&use->job, type);
	use->job.parameters[UKS_PARAM_OUT_LEN] = (struct uks_attr){
		.type = UKS_PARAM_OUT_LEN, .len = sizeof(len), .value = (const uint8_t *)&len,
	};
	if (parameters_check(&use->job.use, use->job.parameters, failure) ||
	    one_use_perform(worker, use, failure))
		return -1;
	import.len = use->output.len;
	return one_use_keep(worker, request, type, &import, out, failure);
}

int handle_key_derive(struct worker *worker, const struct request *request,
		      struct uks_attrs *out, struct failure *failure)
{
	struct one_use use;
	int ret = -1;

	if (key_find_to_use(worker, request, failure))
		return -1;
	if (!one_use_begin(worker, request, &worker->record, UKS_PURPOSE_DERIVE, &use, failure))
		ret = derive(worker, request, &use, out, failure);
	one_use_end(worker, &use);
	return ret;
}

/* How the agreed secret becomes a key; taken out of the job, which does not know it. */
struct after {
	uint32_t kdf;
	uint32_t digest;
	uint32_t len;
	struct bytes salt;
	struct bytes info;
};

static struct uks_attr take(struct job *job, uint32_t parameter)
{
	struct uks_attr attr = job->parameters[parameter];

	job->parameters[parameter] = (struct uks_attr){ };
	return attr;
}

static int check_digest(const struct after *after, struct failure *failure)
{
	const struct uks_digest_info *digest = uks_digest_find(after->digest);
	const struct uks_row *row = uks_row_find(UKS_KEY_SECRET, UKS_ALG_HKDF);

	if (!digest || !uks_row_has_digest(row, after->digest))
		return failure_set(failure, UKS_E_BAD_DIGEST, "digest %u does not fit hkdf",
				   after->digest);
	if (after->len > 255 * digest->len)
		return failure_set(failure, UKS_E_BAD_PARAMETER,
				   "HKDF gives at most 255 times the digest, not %u bytes",
				   after->len);
	return 0;
}

static int take_kdf(const struct request *request, struct job *job, const struct key_type *type,
		    struct after *after, struct failure *failure)
{
	struct uks_attr kdf = take(job, UKS_PARAM_KDF), salt, info;

	*after = (struct after){ .kdf = uks_attr_u32(&kdf, 0) };
	if (!after->kdf && !request->attrs[UKS_A_DIGEST].type)
		return 0;
	if (after->kdf != UKS_ALG_HKDF)
		return failure_set(failure, UKS_E_BAD_PARAMETER,
				   "parameter kdf is %u: hkdf is all that makes keys of agreed secrets",
				   after->kdf);
	after->len = wanted(job, type);
	salt = take(job, UKS_PARAM_SALT);
	info = take(job, UKS_PARAM_INFO);
	take(job, UKS_PARAM_OUT_LEN);
	after->salt = (struct bytes){ salt.value, salt.len };
	after->info = (struct bytes){ info.value, info.len };
	after->digest = uks_attr_u32(&request->attrs[UKS_A_DIGEST], UKS_DIGEST_SHA256);
	return check_digest(after, failure);
}

static int agree(struct worker *worker, const struct request *request, struct one_use *use,
		 struct uks_attrs *out, struct failure *failure)
{
	struct import import = { .format = UKS_FORMAT_RAW, .bytes = use->secret };
	const struct key_type *type;
	struct after after;
	uint8_t *key;
	int ret;

	type = new_key(worker, request, use, UKS_ORIGIN_AGREED, failure);
	if (!type || take_kdf(request, &use->job, type, &after, failure) ||
	    parameters_check(&use->job.use, use->job.parameters, failure) ||
	    one_use_perform(worker, use, failure))
		return -1;
	import.len = use->output.len;
	if (!after.kdf)
		return one_use_keep(worker, request, type, &import, out, failure);
	key = sodium_malloc(after.len);
	if (!key)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of locked memory for a key");
	ret = derive_hkdf(after.digest, (struct bytes){ use->secret, use->output.len }, after.salt,
			  after.info, key, after.len, failure);
	import.bytes = key;
	import.len = after.len;
	if (!ret)
		ret = one_use_keep(worker, request, type, &import, out, failure);
	sodium_free(key);
	return ret;
}

int handle_key_agree(struct worker *worker, const struct request *request,
		     struct uks_attrs *out, struct failure *failure)
{
	struct one_use use;
	int ret = -1;

	if (key_find_to_use(worker, request, failure))
		return -1;
	if (!one_use_begin(worker, request, &worker->record, UKS_PURPOSE_AGREE, &use, failure))
		ret = agree(worker, request, &use, out, failure);
	one_use_end(worker, &use);
	return ret;
}
