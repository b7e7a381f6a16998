// SPDX-License-Identifier: LGPL-2.1-or-later
/* What can be read of a key: show, the public part. */
#include <sodium.h>

#include "daemon/key/find.h"
#include "daemon/key/lifecycle.h"
#include "daemon/key/usage.h"
#include "daemon/log.h"
#include "daemon/pin/pin.h"

void key_describe(const struct key *key, struct uks_attrs *out, bool whole)
{
	uks_attrs_put(out, UKS_A_KEY_ID, key->id, sizeof(key->id));
	uks_attrs_put_string(out, UKS_A_KEY_NAME, key->name);
	uks_attrs_put_u32(out, UKS_A_KEY_TYPE, key->type);
	uks_attrs_put_u32(out, UKS_A_PURPOSES, key->purposes);
	uks_attrs_put_u32(out, UKS_A_KEY_VERSION, key->version);
	uks_attrs_put_u32(out, UKS_A_KEY_STATE, lifecycle_state(key));
	uks_attrs_put_u64(out, UKS_A_CREATED, key->created);
	uks_attrs_put_u32(out, UKS_A_OWNER, key->owner);
	uks_attrs_put_u32(out, UKS_A_ORIGIN, key->origin);
	uks_attrs_put_u32(out, UKS_A_PROVIDER, key->provider);
	if (key->erase)
		uks_attrs_put_u64(out, UKS_A_ERASED, key->erase);
	if (whole && key->public_len)
		uks_attrs_put(out, UKS_A_PUBLIC_KEY, key->public_key, key->public_len);
	if (whole && key->policy_len)
		uks_attrs_put(out, UKS_A_POLICY, key->policy, key->policy_len);
}

/* Opening the blob proves the record; what was in it tells the check value. */
static int show_check_value(struct worker *worker, struct uks_attrs *out,
			    struct failure *failure)
{
	uint8_t value[KEY_CHECK_LEN];
	size_t len;

	if (key_open(worker, &len, failure))
		return -1;
	seal_check_value(worker->uksd->master->key, &worker->record.key, worker->secret, len,
			 value);
	sodium_memzero(worker->secret, len);
	uks_attrs_put(out, UKS_A_CHECK_VALUE, value, sizeof(value));
	return 0;
}

static int show_uses(struct worker *worker, struct uks_attrs *out, struct failure *failure)
{
	const struct key *key = &worker->record.key;
	struct uses uses = { 0 };

	if (usage_read(worker->uksd, worker->store, key, &uses, failure))
		return failure->code == UKS_E_NO_KEY ? 0 : -1;
	uks_attrs_put_u64(out, UKS_A_USES, uses.total);
	return 0;
}

/* A key can be shown while the TPM is busy, only without that. */
static void show_tries(struct worker *worker, struct uks_attrs *out)
{
	const struct key *key = &worker->record.key;
	struct failure failure;
	unsigned int left;

	if (!key->pin_len)
		return;
	if (pin_left(worker, key, &left, &failure))
		log_warning("key '%s': %s", key->name, failure.text);
	else
		uks_attrs_put_u32(out, UKS_A_TRIES, left);
}

/* Of an erased key its owner sees what is left. */
static int show_tombstone(struct worker *worker, const struct request *request,
			  struct uks_attrs *out, struct failure *failure)
{
	const struct uks_attr *id = &request->attrs[UKS_A_KEY_ID];
	struct store *store = worker->store;
	struct tombstone tombstone;
	struct failure ignored;

	if (!id->type || failure->code != UKS_E_NO_KEY ||
	    store->ops->tombstone(store, id->value, &tombstone, &ignored) ||
	    tombstone.key.owner != request->uid)
		return -1;
	key_describe(&tombstone.key, out, false);
	if (tombstone.check_len)
		uks_attrs_put(out, UKS_A_CHECK_VALUE, tombstone.check_value,
			      tombstone.check_len);
	return 0;
}

int handle_key_show(struct worker *worker, const struct request *request,
		    struct uks_attrs *out, struct failure *failure)
{
	uint32_t version = uks_attr_u32(&request->attrs[UKS_A_KEY_VERSION], 0);

	worker->may_be_deleted = true;
	if (key_find(worker, request, failure))
		return show_tombstone(worker, request, out, failure);
	if (key_find_version(worker, version, failure) ||
	    show_check_value(worker, out, failure) || show_uses(worker, out, failure))
		return -1;
	key_describe(&worker->record.key, out, true);
	show_tries(worker, out);
	return 0;
}

int handle_key_export_public(struct worker *worker, const struct request *request,
			     struct uks_attrs *out, struct failure *failure)
{
	uint32_t version = uks_attr_u32(&request->attrs[UKS_A_KEY_VERSION], 0);
	const struct key *key = &worker->record.key;

	if (key_find(worker, request, failure) ||
	    key_find_version(worker, version, failure) ||
	    key_prove(worker, &worker->record, failure))
		return -1;
	if (!key->public_len)
		return failure_set(failure, UKS_E_NO_PUBLIC,
				   "key '%s' is symmetric: it has no public part", key->name);
	uks_attrs_put(out, UKS_A_KEY_ID, key->id, sizeof(key->id));
	uks_attrs_put_u32(out, UKS_A_KEY_TYPE, key->type);
	uks_attrs_put_u32(out, UKS_A_KEY_VERSION, key->version);
	uks_attrs_put(out, UKS_A_PUBLIC_KEY, key->public_key, key->public_len);
	uks_attrs_put_u32(out, UKS_A_KEY_FORMAT, UKS_FORMAT_SPKI);
	return 0;
}
