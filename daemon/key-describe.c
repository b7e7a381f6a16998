// SPDX-License-Identifier: LGPL-2.1-or-later
/* What can be read of keys: show, list, the public part. */
#include "daemon/key-find.h"

#define LIST_LIMIT	1024	/* entries of an answer, if the client wants no fewer */

/* Room kept for the cursor until the list has ended. */
#define CURSOR_ROOM	NLA_ALIGN(NLA_HDRLEN + UKS_NAME_MAX)

void key_describe(const struct key *key, struct uks_attrs *out, bool public_key)
{
	uks_attrs_put(out, UKS_A_KEY_ID, key->id, sizeof(key->id));
	uks_attrs_put_string(out, UKS_A_KEY_NAME, key->name);
	uks_attrs_put_u32(out, UKS_A_KEY_TYPE, key->type);
	uks_attrs_put_u32(out, UKS_A_PURPOSES, key->purposes);
	uks_attrs_put_u32(out, UKS_A_KEY_VERSION, key->version);
	uks_attrs_put_u32(out, UKS_A_KEY_STATE, key->state);
	uks_attrs_put_u64(out, UKS_A_CREATED, key->created);
	uks_attrs_put_u32(out, UKS_A_OWNER, key->owner);
	uks_attrs_put_u32(out, UKS_A_ORIGIN, key->origin);
	if (public_key && key->public_len)
		uks_attrs_put(out, UKS_A_PUBLIC_KEY, key->public_key, key->public_len);
}

int handle_key_show(struct worker *worker, const struct request *request,
		    struct uks_attrs *out, struct failure *failure)
{
	if (key_find(worker, request, failure) || key_prove(worker, &worker->record, failure))
		return -1;
	key_describe(&worker->record.key, out, true);
	return 0;
}

int handle_key_export_public(struct worker *worker, const struct request *request,
			     struct uks_attrs *out, struct failure *failure)
{
	const struct key *key = &worker->record.key;

	if (key_find(worker, request, failure) || key_prove(worker, &worker->record, failure))
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

/* State of a list that is being written. */
struct listing {
	struct worker *worker;
	struct uks_attrs *out;
	struct failure *failure;
	uint32_t left;
	char last[UKS_NAME_MAX + 1];
	bool more;
	bool failed;
};

/* An entry that does not fit begins the next answer. */
static bool list_one(const struct record *record, void *context)
{
	struct listing *listing = context;
	struct uks_attrs *out = listing->out;
	size_t before = out->len, nest;

	if (!listing->left) {
		listing->more = true;
		return false;
	}
	if (key_prove(listing->worker, record, listing->failure)) {
		listing->failed = true;
		return false;
	}
	nest = uks_attrs_nest(out, UKS_A_KEY);
	key_describe(&record->key, out, false);
	uks_attrs_nest_end(out, nest);
	if (out->error && before) {
		out->len = before;
		out->error = 0;
		listing->more = true;
		return false;
	}
	memcpy(listing->last, record->key.name, sizeof(listing->last));
	listing->left--;
	return !out->error;
}

int handle_key_list(struct worker *worker, const struct request *request,
		    struct uks_attrs *out, struct failure *failure)
{
	const struct uks_attr *cursor = &request->attrs[UKS_A_CURSOR];
	struct listing listing = { .worker = worker, .out = out, .failure = failure };
	struct store *store = worker->store;
	char after[UKS_NAME_MAX + 1] = "";
	size_t room = out->size;

	if (cursor->type && !uks_attr_string(cursor, after, sizeof(after)))
		return failure_set(failure, UKS_E_PROTOCOL, "the cursor is no key name");
	listing.left = uks_attr_u32(&request->attrs[UKS_A_LIMIT], LIST_LIMIT);
	out->size = room > CURSOR_ROOM ? room - CURSOR_ROOM : 0;
	if (store->ops->list(store, request->uid, after, list_one, &listing, failure) ||
	    listing.failed)
		return -1;
	out->size = room;
	if (listing.more)
		uks_attrs_put_string(out, UKS_A_CURSOR, listing.last);
	return 0;
}
