// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sessions: opening one, and what private keys do in one. */
#include <sodium.h>

#include "daemon/access.h"
#include "daemon/key-find.h"

/* The kernel does the work itself: it gets the key. */
static int lease(struct worker *worker, struct uks_attrs *out, struct failure *failure)
{
	size_t len;

	if (key_open(worker, &len, failure))
		return -1;
	uks_attrs_put(out, UKS_A_KEY_MATERIAL, worker->secret, len);
	sodium_memzero(worker->secret, len);
	return 0;
}

/* The key stays here: make it ready, so that a damaged one is noticed now. */
static int get_ready(struct worker *worker, struct failure *failure)
{
	struct keycache *cache = worker->uksd->cache;
	const struct key *key = &worker->record.key;
	struct cached_key *cached;

	if (key_prove(worker, &worker->record, failure))
		return -1;
	cached = keycache_get(cache, key->id, key->version);
	if (!cached)
		cached = key_ready(worker, failure);
	if (!cached)
		return -1;
	keycache_put(cache, cached);
	return 0;
}

int handle_session_open(struct worker *worker, const struct request *request,
			struct uks_attrs *out, struct failure *failure)
{
	const struct uks_attr *attrs = request->attrs;
	const struct key *key = &worker->record.key;
	const struct key_type *type;
	const struct uks_row *row;
	struct key_use use;

	if (key_find_to_use(worker, request, failure))
		return -1;
	type = key_type_find(key->type, failure);
	if (!type)
		return -1;
	use.purpose = uks_attr_u32(&attrs[UKS_A_PURPOSES], 0);
	use.algorithm = uks_attr_u32(&attrs[UKS_A_ALGORITHM], type->algorithm);
	row = uks_row_find(type->type, use.algorithm);
	use.digest = uks_attr_u32(&attrs[UKS_A_DIGEST], row ? uks_row_digest(row) : 0);
	if (access_purpose(key, use.purpose, failure) || !key_type_use(type, &use, failure))
		return -1;
	uks_attrs_put(out, UKS_A_KEY_ID, key->id, sizeof(key->id));
	uks_attrs_put_u32(out, UKS_A_KEY_VERSION, key->version);
	uks_attrs_put_u32(out, UKS_A_KEY_TYPE, key->type);
	uks_attrs_put_u32(out, UKS_A_ALGORITHM, use.algorithm);
	if (use.digest)
		uks_attrs_put_u32(out, UKS_A_DIGEST, use.digest);
	return type->asymmetric ? get_ready(worker, failure) : lease(worker, out, failure);
}

/* The kernel names the version that the session was opened with. */
static int find_version(struct worker *worker, const struct request *request,
			struct failure *failure)
{
	uint32_t version = uks_attr_u32(&request->attrs[UKS_A_KEY_VERSION], 0);
	struct store *store = worker->store;
	uint8_t id[UKS_KEY_ID_LEN];

	if (key_find_to_use(worker, request, failure))
		return -1;
	if (worker->record.key.version == version)
		return 0;
	memcpy(id, worker->record.key.id, sizeof(id));
	if (!store->ops->version(store, id, version - 1, &worker->record, failure) &&
	    worker->record.key.version == version)
		return 0;
	return failure_set(failure, UKS_E_NO_KEY, "the key has no version %u", version);
}

static int check_asymmetric(struct worker *worker, struct failure *failure)
{
	const struct key_type *type = key_type_find(worker->record.key.type, failure);

	if (!type)
		return -1;
	if (type->asymmetric)
		return 0;
	return failure_set(failure, UKS_E_BAD_PURPOSE, "a key of type %s cannot sign", type->name);
}

/* Get the private key of a session's request and check it all again. */
static struct cached_key *private_key(struct worker *worker, const struct request *request,
				      uint32_t purpose, struct failure *failure)
{
	const struct uks_attr *attrs = request->attrs;
	struct key_use use = {
		.purpose = uks_attr_u32(&attrs[UKS_A_PURPOSES], 0),
		.algorithm = uks_attr_u32(&attrs[UKS_A_ALGORITHM], 0),
		.digest = uks_attr_u32(&attrs[UKS_A_DIGEST], 0),
	};
	struct keycache *cache = worker->uksd->cache;
	const struct key_type *type;
	struct cached_key *cached;

	if (use.purpose != purpose) {
		failure_set(failure, UKS_E_WRONG_PURPOSE, "the session has another purpose");
		return NULL;
	}
	cached = keycache_get(cache, attrs[UKS_A_KEY_ID].value,
			      uks_attr_u32(&attrs[UKS_A_KEY_VERSION], 0));
	if (!cached) {
		if (find_version(worker, request, failure) ||
		    check_asymmetric(worker, failure))
			return NULL;
		cached = key_ready(worker, failure);
		if (!cached)
			return NULL;
	}
	type = key_type_find(cached->key.type, failure);
	if (type && !access_check(request, &cached->key, failure) &&
	    !access_purpose(&cached->key, purpose, failure) &&
	    key_type_use(type, &use, failure))
		return cached;
	keycache_put(cache, cached);
	return NULL;
}

static struct job what(const struct request *request, uint32_t purpose)
{
	const struct uks_attr *attrs = request->attrs;

	return (struct job){
		.use = {
			.purpose = purpose,
			.algorithm = uks_attr_u32(&attrs[UKS_A_ALGORITHM], 0),
			.digest = uks_attr_u32(&attrs[UKS_A_DIGEST], 0),
		},
		.hashed = true,
		.message = attrs[UKS_A_MESSAGE].value,
		.len = attrs[UKS_A_MESSAGE].len,
		.signature = attrs[UKS_A_SIGNATURE].value,
		.signature_len = attrs[UKS_A_SIGNATURE].len,
	};
}

int handle_sign(struct worker *worker, const struct request *request,
		struct uks_attrs *out, struct failure *failure)
{
	struct job job = what(request, UKS_PURPOSE_SIGN);
	uint8_t signature[UKS_SIGNATURE_MAX];
	struct output output = { .bytes = signature, .size = sizeof(signature) };
	struct cached_key *cached;
	int ret;

	cached = private_key(worker, request, UKS_PURPOSE_SIGN, failure);
	if (!cached)
		return -1;
	ret = worker->uksd->provider->perform(cached->private_key, &job, &output, failure);
	if (!ret)
		uks_attrs_put(out, UKS_A_SIGNATURE, signature, output.len);
	keycache_put(worker->uksd->cache, cached);
	return ret;
}

int handle_verify(struct worker *worker, const struct request *request,
		  struct uks_attrs *out, struct failure *failure)
{
	struct job job = what(request, UKS_PURPOSE_VERIFY);
	struct cached_key *cached;
	int ret;

	(void)out;
	cached = private_key(worker, request, UKS_PURPOSE_VERIFY, failure);
	if (!cached)
		return -1;
	ret = worker->uksd->provider->perform(cached->private_key, &job, NULL, failure);
	keycache_put(worker->uksd->cache, cached);
	return ret;
}
