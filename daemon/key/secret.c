// SPDX-License-Identifier: LGPL-2.1-or-later
#include <sodium.h>

#include "daemon/key/secret.h"
#include "daemon/pin/pin.h"
#include "daemon/provider/provider-tpm.h"

int one_use_load(struct worker *worker, const struct request *request,
		 const struct record *record, const struct policy *policy, uint32_t purpose,
		 struct private_key **private_key, struct failure *failure)
{
	struct pin_use use;
	size_t len;
	int ret;

	if (key_open_record(worker, record, &len, failure))
		return -1;
	ret = pin_give(worker, request, &record->key, policy, purpose, &len, &use, failure);
	if (!ret)
		ret = key_load(worker, &record->key, worker->secret, len, &use.code, private_key,
			       failure);
	sodium_memzero(worker->secret, KEY_SECRET_MAX);
	return ret;
}

static int describe(const struct request *request, uint32_t purpose, struct one_use *use,
		    struct failure *failure)
{
	const struct uks_attr *parameters = &request->attrs[UKS_A_PARAMETERS];
	const struct uks_attr *digest = &request->attrs[UKS_A_DIGEST];
	struct key_use *how = &use->job.use;
	const struct uks_row *row;

	how->purpose = purpose;
	how->algorithm = uks_attr_u32(&request->attrs[UKS_A_ALGORITHM],
				      uks_usual_algorithm(use->key.type, purpose));
	row = uks_row_find(use->key.type, how->algorithm);
	/* Of an agreement the digest is that of what comes after it. */
	if (purpose != UKS_PURPOSE_AGREE)
		how->digest = uks_attr_u32(digest, row ? uks_row_digest(row) : 0);
	return parameters_parse(parameters->value, parameters->len, use->job.parameters,
				failure);
}

int one_use_begin(struct worker *worker, const struct request *request,
		  const struct record *record, uint32_t purpose, struct one_use *use,
		  struct failure *failure)
{
	struct key_call call = { };

	memset(use, 0, sizeof(*use));
	use->key = record->key;
	use->secret = sodium_malloc(SECRET_ROOM);
	if (!use->secret)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of locked memory for a key");
	use->output = (struct output){ .bytes = use->secret, .size = SECRET_ROOM };
	/* Proven before anything it says is believed; opened once the use is permitted. */
	if (key_prove(worker, record, failure) || describe(request, purpose, use, failure))
		return -1;
	call.use = use->job.use;
	if (key_permit(worker, request, &use->key, &call, &use->policy, failure))
		return -1;
	return one_use_load(worker, request, record, &use->policy, purpose, &use->private_key,
			    failure);
}

int one_use_perform(struct worker *worker, struct one_use *use, struct failure *failure)
{
	if (key_count(worker, &use->key, &use->policy, 1, failure))
		return -1;
	return worker->uksd->provider->perform(use->private_key, &use->job, &use->output,
					       failure);
}

int one_use_keep(struct worker *worker, const struct request *request,
		 const struct key_type *type, const struct import *import,
		 struct uks_attrs *out, struct failure *failure)
{
	struct material material = { .secret = worker->secret };
	int ret = -1;

	if (!key_make_new(worker, request, type, import, &material, failure))
		ret = key_keep(worker, request, &material, out, failure);
	sodium_memzero(worker->secret, KEY_SECRET_MAX);
	return ret;
}

void one_use_end(struct worker *worker, struct one_use *use)
{
	if (use->private_key)
		worker->uksd->provider->unload(use->private_key);
	sodium_free(use->secret);
}
