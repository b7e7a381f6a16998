// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keys that leave and come in wrapped. */
#include <sodium.h>

#include "daemon/key/secret.h"
#include "daemon/log.h"

#define WRAPPED_MAX	16384	/* as the attribute's policy has it */

/* The key to be wrapped, in the format it is to have inside. */
static int write_key(struct worker *worker, const struct request *request,
		     struct one_use *wrapping, struct failure *failure)
{
	const struct provider *provider = worker->uksd->provider;
	const struct key *key = &worker->record.key;
	const struct key_type *type = key_type_find(key->type, failure);
	struct private_key *inner;
	struct job *job = &wrapping->job;
	struct policy policy;
	int ret;

	if (!type || policy_of(key, &policy, failure) ||
	    one_use_load(worker, request, &worker->record, &policy, UKS_PURPOSE_UNWRAP, &inner,
			 failure))
		return -1;
	job->wrapped_type = key->type;
	job->wrapped_format = uks_attr_u32(&request->attrs[UKS_A_KEY_FORMAT],
					   type->asymmetric ? UKS_FORMAT_PKCS8 : UKS_FORMAT_RAW);
	ret = provider->export(inner, job->wrapped_format, &wrapping->output, failure);
	provider->unload(inner);
	job->message = wrapping->output.bytes;
	job->len = wrapping->output.len;
	return ret;
}

static int check_exportable(const struct key *key, struct failure *failure)
{
	struct policy policy;

	if (policy_of(key, &policy, failure))
		return -1;
	if (policy.flags & UKS_POLICY_EXPORTABLE)
		return 0;
	return failure_set(failure, UKS_E_NOT_EXPORTABLE,
			   "key '%s' may not leave: its policy is not exportable", key->name);
}

static void write_answer(const struct key *key, const struct job *job,
			 const struct output *wrapped, struct uks_attrs *out)
{
	uks_attrs_put(out, UKS_A_WRAPPED, wrapped->bytes, wrapped->len);
	uks_attrs_put(out, UKS_A_KEY_ID, key->id, sizeof(key->id));
	uks_attrs_put_u32(out, UKS_A_KEY_TYPE, key->type);
	uks_attrs_put_u32(out, UKS_A_KEY_VERSION, key->version);
	uks_attrs_put_u32(out, UKS_A_KEY_FORMAT, job->wrapped_format);
}

/* A public key of somebody else's, as if it were stored. */
static int take_public(struct worker *worker, const struct uks_attr *spki,
		       struct failure *failure)
{
	struct import import = {
		.format = UKS_FORMAT_SPKI, .bytes = spki->value, .len = spki->len,
	};
	const struct provider *provider = worker->uksd->provider;
	struct material material = { .secret = worker->secret };
	struct key *key = &worker->wrapping.key;
	const struct key_type *type;
	uint32_t number;

	if (provider->recognize(spki->value, spki->len, &number, failure))
		return -1;
	type = key_type_find(number, failure);
	if (!type || provider->import(type, &import, &material, failure))
		return -1;
	memset(key, 0, sizeof(*key));
	memcpy(key->public_key, material.public_key, material.public_len);
	key->public_len = material.public_len;
	key->type = number;
	key->owner = worker->record.key.owner;
	key->provider = UKS_PROVIDER_SEALED;
	key->purposes = UKS_PURPOSE_WRAP;
	key->state = UKS_STATE_ACTIVE;
	key->version = 1;
	key->newest = 1;
	seal_secret(worker->uksd->master->key, key, worker->secret, 0, &worker->wrapping.blob);
	return 0;
}

static int find_keys(struct worker *worker, const struct request *request,
		     struct failure *failure)
{
	const struct uks_attr *attrs = request->attrs;
	int given = !!attrs[UKS_A_PUBLIC_KEY].type + !!attrs[UKS_A_WRAPPING_NAME].type +
		    !!attrs[UKS_A_WRAPPING_ID].type;

	if (given != 1)
		return failure_set(failure, UKS_E_MISSING_ATTRIBUTE,
				   "to wrap needs a key that wraps: its name, its id or a public key");
	if (!attrs[UKS_A_PUBLIC_KEY].type)
		return key_find_both_to_use(worker, request, failure);
	if (key_find_to_use(worker, request, failure))
		return -1;
	if (worker->record.key.owner != request->uid)
		return failure_set(failure, UKS_E_ACCESS,
				   "the key belongs to another user: only its owner may wrap it");
	return take_public(worker, &attrs[UKS_A_PUBLIC_KEY], failure);
}

static int wrap(struct worker *worker, const struct request *request, struct one_use *use,
		struct uks_attrs *out, struct failure *failure)
{
	const struct key *key = &worker->record.key;
	uint8_t *bytes = sodium_malloc(WRAPPED_MAX);
	int ret = -1;

	if (!bytes)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of locked memory for a key");
	if (write_key(worker, request, use, failure))
		goto out;
	use->output = (struct output){ .bytes = bytes, .size = WRAPPED_MAX };
	if (one_use_perform(worker, use, failure))
		goto out;
	write_answer(key, &use->job, &use->output, out);
	log_request(LOG_NOTICE, request->id, "key '%s' of user %u leaves wrapped", key->name,
		    key->owner);
	ret = 0;
out:
	sodium_free(bytes);
	return ret;
}

int handle_key_wrap(struct worker *worker, const struct request *request,
		    struct uks_attrs *out, struct failure *failure)
{
	struct one_use use;
	int ret = -1;

	if (find_keys(worker, request, failure) ||
	    key_prove(worker, &worker->record, failure) ||
	    check_exportable(&worker->record.key, failure))
		return -1;
	if (!one_use_begin(worker, request, &worker->wrapping, UKS_PURPOSE_WRAP, &use, failure))
		ret = wrap(worker, request, &use, out, failure);
	one_use_end(worker, &use);
	return ret;
}

static int unwrap(struct worker *worker, const struct request *request, struct one_use *use,
		  struct uks_attrs *out, struct failure *failure)
{
	const struct uks_attr *wrapped = &request->attrs[UKS_A_WRAPPED];
	struct import import = {
		.format = uks_attr_u32(&request->attrs[UKS_A_KEY_FORMAT], 0),
		.bytes = use->secret,
	};
	const struct key_type *type;

	type = key_new(worker, request, UKS_A_KEY_NAME, UKS_ORIGIN_UNWRAPPED, failure);
	if (!type)
		return -1;
	use->job.message = wrapped->value;
	use->job.len = wrapped->len;
	use->job.wrapped_type = type->type;
	use->job.wrapped_format = import.format;
	if (wrapped->len > SECRET_ROOM)
		return failure_set(failure, UKS_E_BAD_WRAPPED,
				   "no wrapped key has %u bytes: %d are the most", wrapped->len,
				   SECRET_ROOM);
	if (one_use_perform(worker, use, failure))
		return -1;
	import.len = use->output.len;
	if (!one_use_keep(worker, request, type, &import, out, failure))
		return 0;
	/* Unauthenticated: why bytes are no key would tell what they are. */
	if (use->job.use.algorithm == UKS_ALG_AES_CBC_WRAP && failure->code == UKS_E_BAD_MATERIAL)
		failure_set(failure, UKS_E_BAD_WRAPPED, PROVIDER_BAD_WRAPPED);
	return -1;
}

int handle_key_unwrap(struct worker *worker, const struct request *request,
		      struct uks_attrs *out, struct failure *failure)
{
	struct one_use use;
	int ret = -1;

	if (key_find_wrapping_to_use(worker, request, failure))
		return -1;
	if (!one_use_begin(worker, request, &worker->wrapping, UKS_PURPOSE_UNWRAP, &use, failure))
		ret = unwrap(worker, request, &use, out, failure);
	one_use_end(worker, &use);
	return ret;
}
