// SPDX-License-Identifier: LGPL-2.1-or-later
/* Lists: of a user's keys, of a key's versions. */
#include <sodium.h>

#include "daemon/key/find.h"

#define LIST_LIMIT	256	/* entries of an answer, if the client wants no fewer */

/* Room kept for the cursor until the list has ended. */
#define CURSOR_ROOM	NLA_ALIGN(NLA_HDRLEN + UKS_NAME_MAX)

/* State of a list that is being written. */
struct listing {
	struct worker *worker;
	struct uks_attrs *out;
	struct failure *failure;
	uint32_t left;
	bool deleted;
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
	if (listing->deleted)
		sodium_bin2hex(listing->last, sizeof(listing->last), record->key.id,
			       UKS_KEY_ID_LEN);
	else
		memcpy(listing->last, record->key.name, sizeof(listing->last));
	listing->left--;
	return !out->error;
}

/* Names of deleted keys are not unique: their ids are the cursor. */
static int list_deleted(struct worker *worker, const struct request *request,
			const char *cursor, struct listing *listing, struct failure *failure)
{
	struct store *store = worker->store;
	uint8_t after[UKS_KEY_ID_LEN];
	size_t len = 0;

	listing->deleted = true;
	if (*cursor && (sodium_hex2bin(after, sizeof(after), cursor, strlen(cursor), NULL, &len,
				       NULL) || len != sizeof(after)))
		return failure_set(failure, UKS_E_PROTOCOL, "the cursor is no key id");
	return store->ops->list_deleted(store, request->uid, len ? after : NULL, list_one,
					listing, failure);
}

static int list(struct worker *worker, const struct request *request, struct listing *listing,
		struct failure *failure)
{
	const struct uks_attr *cursor = &request->attrs[UKS_A_CURSOR];
	uint32_t flags = uks_attr_u32(&request->attrs[UKS_A_FLAGS], 0);
	struct store *store = worker->store;
	char after[UKS_NAME_MAX + 1] = "";

	if (flags & ~UKS_CALL_DELETED)
		return failure_set(failure, UKS_E_INVALID,
				   "flags 0x%x have no meaning when keys are listed", flags);
	if (cursor->type && !uks_attr_string(cursor, after, sizeof(after)))
		return failure_set(failure, UKS_E_PROTOCOL, "the cursor is no key name");
	if (flags)
		return list_deleted(worker, request, after, listing, failure);
	return store->ops->list(store, request->uid, after, list_one, listing, failure);
}

int handle_key_list(struct worker *worker, const struct request *request,
		    struct uks_attrs *out, struct failure *failure)
{
	struct listing listing = { .worker = worker, .out = out, .failure = failure };
	size_t room = out->size;

	listing.left = uks_attr_u32(&request->attrs[UKS_A_LIMIT], LIST_LIMIT);
	out->size = room > CURSOR_ROOM ? room - CURSOR_ROOM : 0;
	if (list(worker, request, &listing, failure) || listing.failed)
		return -1;
	out->size = room;
	if (listing.more)
		uks_attrs_put_string(out, UKS_A_CURSOR, listing.last);
	return 0;
}

/* Newest first; those that do not fit are the oldest. */
int handle_key_versions(struct worker *worker, const struct request *request,
			struct uks_attrs *out, struct failure *failure)
{
	struct listing listing = {
		.worker = worker, .out = out, .failure = failure, .left = UINT32_MAX,
	};
	struct record *record = &worker->record;
	struct store *store = worker->store;
	uint8_t id[UKS_KEY_ID_LEN];
	uint32_t version;

	worker->may_be_deleted = true;
	if (key_find(worker, request, failure))
		return -1;
	memcpy(id, record->key.id, sizeof(id));
	for (version = record->key.newest; version; version--) {
		if (store->ops->version(store, id, version - 1, record, failure))
			return -1;
		if (!list_one(record, &listing))
			break;
	}
	return listing.failed ? -1 : 0;
}
