// SPDX-License-Identifier: LGPL-2.1-or-later
/* New keys: generated or imported. */
#include <sodium.h>

#include "daemon/dispatch.h"
#include "daemon/log.h"

/* All that is known before the key is made. */
static const struct key_type *describe(const struct request *request, uint32_t origin,
				       struct key *key, struct failure *failure)
{
	const struct uks_attr *attrs = request->attrs;
	const struct key_type *type;

	memset(key, 0, sizeof(*key));
	if (!uks_attr_string(&attrs[UKS_A_KEY_NAME], key->name, sizeof(key->name))) {
		failure_set(failure, UKS_E_BAD_NAME, "the key name has a NUL byte");
		return NULL;
	}
	type = key_type_find(uks_attr_u32(&attrs[UKS_A_KEY_TYPE], 0), failure);
	if (!type || key_name_check(key->name, failure))
		return NULL;
	key->purposes = uks_attr_u32(&attrs[UKS_A_PURPOSES], type->purposes);
	if (key_type_purposes(type, key->purposes, failure))
		return NULL;
	randombytes_buf(key->id, sizeof(key->id));
	key->owner = request->uid;
	key->type = type->type;
	key->origin = origin;
	key->state = UKS_STATE_ACTIVE;
	key->version = 1;
	key->created = time(NULL);
	return type;
}

/* The answer is written first: if it did not fit, nothing would be changed. */
static int keep(struct worker *worker, const struct request *request,
		const struct material *material, struct uks_attrs *out, struct failure *failure)
{
	struct record *record = &worker->record;
	struct key *key = &record->key;
	struct store *store = worker->store;

	memcpy(key->public_key, material->public_key, material->public_len);
	key->public_len = material->public_len;
	key_describe(key, out, true);
	if (out->error)
		return 0;
	seal_secret(worker->uksd->master->key, key, material->secret, material->secret_len,
		    &record->blob);
	if (!store->ops->insert(store, record, failure)) {
		log_request(LOG_INFO, request->id, "user %u has a new key '%s'", key->owner,
			    key->name);
		return 0;
	}
	if (failure->code == UKS_E_KEY_EXISTS)
		failure_set(failure, UKS_E_KEY_EXISTS,
			    "you have a key named '%s' already: choose another name, or delete or rename that key first",
			    key->name);
	return -1;
}

static int create(struct worker *worker, const struct request *request,
		  const struct import *import, struct uks_attrs *out, struct failure *failure)
{
	const struct provider *provider = worker->uksd->provider;
	struct material material = { .secret = worker->secret };
	const struct key_type *type;
	int ret;

	type = describe(request, import ? UKS_ORIGIN_IMPORTED : UKS_ORIGIN_GENERATED,
			&worker->record.key, failure);
	if (!type)
		return -1;
	if (import)
		ret = provider->import(type, import, &material, failure);
	else
		ret = provider->generate(type, &material, failure);
	if (!ret)
		ret = keep(worker, request, &material, out, failure);
	sodium_memzero(worker->secret, KEY_SECRET_MAX);
	return ret;
}

int handle_key_generate(struct worker *worker, const struct request *request,
			struct uks_attrs *out, struct failure *failure)
{
	return create(worker, request, NULL, out, failure);
}

int handle_key_import(struct worker *worker, const struct request *request,
		      struct uks_attrs *out, struct failure *failure)
{
	const struct uks_attr *material = &request->attrs[UKS_A_KEY_MATERIAL];
	struct import import = {
		.format = uks_attr_u32(&request->attrs[UKS_A_KEY_FORMAT], 0),
		.bytes = material->value,
		.len = material->len,
	};

	return create(worker, request, &import, out, failure);
}
