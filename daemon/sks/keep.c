// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "daemon/audit/audit.h"
#include "daemon/key/change.h"
#include "daemon/key/policy.h"
#include "daemon/sks/algorithm.h"
#include "daemon/sks/keep.h"

static void put_policy(struct key *key, uint32_t flags, uint64_t algorithms, uint64_t digests)
{
	struct uks_attrs attrs;

	uks_attrs_init(&attrs, key->policy, sizeof(key->policy));
	uks_attrs_put_u32(&attrs, UKS_POLICY_A_FLAGS, flags);
	if (algorithms)
		uks_attrs_put_u64(&attrs, UKS_POLICY_A_ALGORITHMS, algorithms);
	if (digests)
		uks_attrs_put_u64(&attrs, UKS_POLICY_A_DIGESTS, digests);
	key->policy_len = attrs.len;
}

static void describe(struct key *key, uint32_t owner, uint32_t type)
{
	memset(key, 0, sizeof(*key));
	randombytes_buf(key->id, sizeof(key->id));
	key->owner = owner;
	key->type = type;
	key->purposes = uks_type_find(type)->purposes;
	key->origin = UKS_ORIGIN_GENERATED;
	key->provider = UKS_PROVIDER_SEALED;
	key->state = UKS_STATE_ACTIVE;
	key->version = 1;
	key->newest = 1;
	key->created = time(NULL);
}

static int add(struct sks_call *call, struct record *record, const uint8_t *secret, size_t len)
{
	struct worker *worker = call->worker;

	seal_secret(worker->uksd->master->key, &record->key, secret, len, &record->blob);
	return worker->store->ops->add(worker->store, record, call->failure);
}

static int make_own(struct sks_call *call, const char *name, uint32_t type, uint8_t *secret)
{
	struct material material = { .secret = secret };
	struct record *record = &call->worker->old;
	struct key *key = &record->key;

	if (call->worker->uksd->provider->generate(uks_type_find(type), &material,
						   call->failure))
		return sks_store_failed(call);
	describe(key, 0, type);
	snprintf(key->name, sizeof(key->name), "%s", name);
	put_policy(key, UKS_POLICY_PROVISIONED | UKS_POLICY_AUTHORIZED, 0, 0);
	memcpy(key->public_key, material.public_key, material.public_len);
	key->public_len = material.public_len;
	return add(call, record, secret, material.secret_len) ? sks_store_failed(call) : 1;
}

static int open_own(struct sks_call *call, uint8_t *secret)
{
	struct record *record = &call->worker->old;
	struct policy policy;
	size_t len;

	if (seal_open(call->worker->uksd->master->key, &record->key, &record->blob, secret, &len,
		      call->failure) ||
	    policy_of(&record->key, &policy, call->failure))
		return sks_store_failed(call);
	if (policy.flags & UKS_POLICY_PROVISIONED)
		return 1;
	failure_set(call->failure, UKS_E_PROVISION,
		    "user 0 has a key named '%s', a name that provisioning needs: rename that key",
		    record->key.name);
	return sks_store_failed(call);
}

int sks_own_key(struct sks_call *call, const char *name, uint32_t type, bool create,
		uint8_t *secret, struct sks_bytes *spki)
{
	struct store *store = call->worker->store;
	struct key *key = &call->worker->old.key;
	int ret;

	if (!store->ops->by_name(store, 0, name, &call->worker->old, call->failure))
		ret = open_own(call, secret);
	else if (call->failure->code != UKS_E_NO_KEY)
		ret = sks_store_failed(call);
	else
		ret = create ? make_own(call, name, type, secret) : 0;
	if (ret > 0 && spki)
		*spki = (struct sks_bytes){ .at = key->public_key, .len = key->public_len };
	return ret;
}

/* The type that programs find a secret under: what its endorsed algorithms are of. */
static uint32_t secret_type(const struct sks_key *key)
{
	const struct sks_algorithm *algorithm = NULL;

	if (key->endorsed_count)
		algorithm = sks_algorithm_by_number(key->endorsed[0]);
	if (algorithm && algorithm->does == SKS_DOES_AES)
		return key->symmetric == 16 ? UKS_KEY_AES_128 :
		       key->symmetric == 24 ? UKS_KEY_AES_192 : UKS_KEY_AES_256;
	if (!algorithm || algorithm->does != SKS_DOES_HMAC || key->endorsed_count > 1 ||
	    key->symmetric < 14)
		return UKS_KEY_SECRET;
	switch (algorithm->digest) {
	case UKS_DIGEST_SHA1:
		return UKS_KEY_HMAC_SHA1;
	case UKS_DIGEST_SHA384:
		return UKS_KEY_HMAC_SHA384;
	case UKS_DIGEST_SHA512:
		return UKS_KEY_HMAC_SHA512;
	default:
		return UKS_KEY_HMAC_SHA256;
	}
}

static uint32_t purposes(const struct sks_key *key, uint32_t type)
{
	uint32_t possible = uks_type_find(type)->purposes;

	if (key->symmetric)
		return possible;
	return possible | (sks_is_rsa(key) ? UKS_CRYPT : UKS_PURPOSE_AGREE);
}

/*
 * Programs that know no SKS may use a key that nothing protects; what it is endorsed for
 * is its policy. A PIN, biometric proof or a vault is the business of SKS alone.
 */
static void restrict_use(struct key *uks, const struct sks_key *key)
{
	uint32_t flags = UKS_POLICY_PROVISIONED;
	const struct sks_algorithm *algorithm;
	uint64_t algorithms = 0, digests = 0;
	size_t i;

	if (key->row.link || key->biometric || sks_is_locked(key) ||
	    (key->symmetric && uks->type == UKS_KEY_SECRET))
		flags |= UKS_POLICY_AUTHORIZED;
	for (i = 0; i < key->endorsed_count; i++) {
		algorithm = sks_algorithm_by_number(key->endorsed[i]);
		if (!algorithm || !algorithm->algorithm)
			continue;
		algorithms |= UKS_BIT(algorithm->algorithm);
		if (algorithm->digest)
			digests |= UKS_BIT(algorithm->digest);
	}
	put_policy(uks, flags, algorithms, digests);
}

static uint32_t type_of(const struct sks_key *key)
{
	return key->symmetric ? secret_type(key) : key->type;
}

void sks_note_key(struct sks_call *call, const struct sks_key *key)
{
	struct audit_subject *subject = &call->worker->subject;

	memcpy(subject->id, key->row.key, sizeof(subject->id));
	subject->owner = key->row.owner;
	subject->version = 1;
	subject->type = type_of(key);
}

static int add_named(struct sks_call *call, struct record *record, const struct sks_key *key,
		     size_t len)
{
	const uint8_t *secret = call->worker->secret;
	struct key *uks = &record->key;

	snprintf(uks->name, sizeof(uks->name), "sks-%u-%.*s", key->row.handle,
		 (int)key->row.name_len, (const char *)key->row.name);
	if (!add(call, record, secret, len))
		return 0;
	if (call->failure->code != UKS_E_KEY_EXISTS)
		return sks_store_failed(call);
	/* Somebody has chosen that name for a key of their own. */
	snprintf(uks->name, sizeof(uks->name), "sks-%u-%.*s-%08x", key->row.handle,
		 (int)key->row.name_len, (const char *)key->row.name, randombytes_random());
	return add(call, record, secret, len) ? sks_store_failed(call) : 0;
}

int sks_keep(struct sks_call *call, struct sks_key *key)
{
	struct record *record = &call->worker->record;
	struct key *uks = &record->key;
	size_t len = 0;
	int ret;

	if (sks_read_secret(call, key, &len))
		return -1;
	describe(uks, call->request->uid, type_of(key));
	uks->purposes = purposes(key, uks->type);
	if (key->backup & SKS_BACKUP_IMPORTED)
		uks->origin = UKS_ORIGIN_IMPORTED;
	restrict_use(uks, key);
	if (!key->symmetric) {
		memcpy(uks->public_key, key->public_key, key->public_len);
		uks->public_len = key->public_len;
	}
	ret = add_named(call, record, key, len);
	sodium_memzero(call->worker->secret, KEY_SECRET_MAX);
	memcpy(key->row.key, uks->id, sizeof(key->row.key));
	key->row.key_len = sizeof(key->row.key);
	return ret;
}

int sks_erase(struct sks_call *call, const uint8_t *id)
{
	struct worker *worker = call->worker;
	struct store *store = worker->store;
	void *more;

	if (!(call->stripes & keylock_stripe(id))) {
		call->session = 0;
		return sks_fail(call, SKS_E_NOT_AVAILABLE,
				"another call has changed the session meanwhile: try again");
	}
	more = reallocarray(call->erased, call->erased_count + 1, UKS_KEY_ID_LEN);
	if (!more) {
		failure_set(call->failure, UKS_E_NO_MEMORY, "out of memory");
		return sks_store_failed(call);
	}
	call->erased = more;
	memcpy(call->erased[call->erased_count++], id, UKS_KEY_ID_LEN);
	call->scrub = true;
	if (key_end_sessions(worker, id, call->failure) ||
	    store->ops->by_id(store, id, &worker->record, call->failure) ||
	    key_erase(worker, &worker->record, time(NULL), call->failure))
		return sks_store_failed(call);
	return 0;
}

static int find_secret(struct sks_call *call, const struct sks_key *key,
		       struct sks_object *object)
{
	*object = (struct sks_object){ .row = { .parent = key->row.handle, .kind = SKS_SECRET } };
	return sks_find(call, SKS_BY_PARENT, object);
}

int sks_write_secret(struct sks_call *call, const struct sks_key *key, const uint8_t *secret,
		     size_t len)
{
	struct sks_row row = {
		.owner = call->request->uid, .kind = SKS_SECRET, .open = true,
		.parent = key->row.handle,
	};
	struct sks_object old;
	int found = find_secret(call, key, &old);

	if (found < 0)
		return -1;
	if (found) {
		row.handle = old.row.handle;
		row.generation = old.row.generation;
		sks_free(&old);
	} else if (sks_new_handle(call, &row.handle)) {
		return -1;
	}
	return sks_seal(call, &row, secret, len);
}

static int read_open_secret(struct sks_call *call, const struct sks_key *key, size_t *len)
{
	struct sks_object object;
	int found = find_secret(call, key, &object);

	if (found < 0)
		return -1;
	if (!found || object.len > KEY_SECRET_MAX) {
		failure_set(call->failure, UKS_E_BLOB, "the secret of key %u is missing",
			    key->row.handle);
		if (found)
			sks_free(&object);
		return sks_store_failed(call);
	}
	memcpy(call->worker->secret, object.plain, object.len);
	*len = object.len;
	sks_free(&object);
	return 0;
}

int sks_read_secret(struct sks_call *call, const struct sks_key *key, size_t *len)
{
	struct worker *worker = call->worker;
	struct store *store = worker->store;

	if (!key->row.key_len)
		return read_open_secret(call, key, len);
	if (store->ops->by_id(store, key->row.key, &worker->record, call->failure) ||
	    key_open(worker, len, call->failure))
		return sks_store_failed(call);
	return 0;
}
