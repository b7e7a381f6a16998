// SPDX-License-Identifier: LGPL-2.1-or-later
/* Lists: of a user's keys, of a key's versions, of what others have granted. */
#include <pthread.h>
#include <sodium.h>

#include "daemon/key/find.h"

#define LIST_LIMIT	256	/* entries of an answer, if the client wants no fewer */
#define GRANTED_READ	1024	/* keys of others that one request reads at most */

/* Room kept for the cursor until the list has ended. */
#define CURSOR_ROOM	NLA_ALIGN(NLA_HDRLEN + UKS_NAME_MAX)

/* State of a list that is being written. */
struct listing {
	struct worker *worker;
	const struct request *request;
	struct uks_attrs *out;
	struct failure *failure;
	uint32_t left;
	bool deleted;
	char last[UKS_NAME_MAX + 1];
	bool more;
	bool failed;
};

/* An entry that does not fit begins the next answer. */
static bool put_one(const struct record *record, struct listing *listing)
{
	struct uks_attrs *out = listing->out;
	size_t before = out->len, nest;

	if (!listing->left) {
		listing->more = true;
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

static bool list_one(const struct record *record, void *context)
{
	struct listing *listing = context;

	if (listing->left && key_prove(listing->worker, record, listing->failure)) {
		listing->failed = true;
		return false;
	}
	return put_one(record, listing);
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

/* ---- keys that others have granted ---- */

/**
 * struct cursor - a place in that list, as the client has it: hexadecimal
 * @nonce: of the box
 * @box: owner and id
 */
struct cursor {
	uint8_t nonce[crypto_secretbox_NONCEBYTES];
	uint8_t box[crypto_secretbox_MACBYTES + 4 + UKS_KEY_ID_LEN];
};

static uint8_t cursor_key[crypto_secretbox_KEYBYTES];

static void make_cursor_key(void)
{
	crypto_secretbox_keygen(cursor_key);
}

/* It may name a key that the client must not know of, so that nobody can read it. */
static void close_cursor(const struct store_place *place, char *text, size_t size)
{
	uint8_t plain[4 + UKS_KEY_ID_LEN];
	struct cursor cursor;

	memcpy(plain, &place->owner, 4);
	memcpy(plain + 4, place->id, UKS_KEY_ID_LEN);
	randombytes_buf(cursor.nonce, sizeof(cursor.nonce));
	crypto_secretbox_easy(cursor.box, plain, sizeof(plain), cursor.nonce, cursor_key);
	sodium_bin2hex(text, size, (uint8_t *)&cursor, sizeof(cursor));
}

static int open_cursor(const char *text, struct store_place *place, struct failure *failure)
{
	uint8_t plain[4 + UKS_KEY_ID_LEN];
	struct cursor cursor;
	size_t len;

	if (!*text)
		return 0;
	if (sodium_hex2bin((uint8_t *)&cursor, sizeof(cursor), text, strlen(text), NULL, &len,
			   NULL) || len != sizeof(cursor) ||
	    crypto_secretbox_open_easy(plain, cursor.box, sizeof(cursor.box), cursor.nonce,
				       cursor_key))
		return failure_set(failure, UKS_E_INVALID,
				   "the cursor is none of this daemon, or older than its start: begin anew");
	memcpy(&place->owner, plain, 4);
	memcpy(place->id, plain + 4, UKS_KEY_ID_LEN);
	return 0;
}

/*
 * Of a key that is not granted nothing is told, not even that it is damaged: that is its
 * owner's to see.
 */
static bool granted_one(const struct record *record, void *context)
{
	struct listing *listing = context;
	struct failure failure;

	if (key_may_know(listing->worker, listing->request, &record->key, &failure) ||
	    key_prove(listing->worker, record, &failure)) {
		if (failure.code == UKS_E_ACCESS || failure.code == UKS_E_BLOB ||
		    failure.code == UKS_E_ROLLBACK)
			return true;
		*listing->failure = failure;
		listing->failed = true;
		return false;
	}
	return put_one(record, listing);
}

static int list_granted(struct worker *worker, const struct request *request,
			const char *cursor, struct listing *listing, struct failure *failure)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct store *store = worker->store;
	struct store_place place = { 0 };

	pthread_once(&once, make_cursor_key);
	if (open_cursor(cursor, &place, failure) ||
	    store->ops->list_granted(store, request->uid, &place, GRANTED_READ, granted_one,
				     listing, failure))
		return -1;
	listing->more = place.more;
	close_cursor(&place, listing->last, sizeof(listing->last));
	return 0;
}

static int list(struct worker *worker, const struct request *request, struct listing *listing,
		struct failure *failure)
{
	const struct uks_attr *cursor = &request->attrs[UKS_A_CURSOR];
	uint32_t flags = uks_attr_u32(&request->attrs[UKS_A_FLAGS], 0);
	struct store *store = worker->store;
	char after[UKS_NAME_MAX + 1] = "";

	if (flags & ~(UKS_CALL_DELETED | UKS_CALL_GRANTED))
		return failure_set(failure, UKS_E_INVALID,
				   "flags 0x%x have no meaning when keys are listed", flags);
	if (flags == (UKS_CALL_DELETED | UKS_CALL_GRANTED))
		return failure_set(failure, UKS_E_INVALID,
				   "deleted keys of others are only for their owners to see");
	if (cursor->type && !uks_attr_string(cursor, after, sizeof(after)))
		return failure_set(failure, UKS_E_PROTOCOL, "the cursor is no key name");
	if (flags == UKS_CALL_GRANTED)
		return list_granted(worker, request, after, listing, failure);
	if (flags)
		return list_deleted(worker, request, after, listing, failure);
	return store->ops->list(store, request->uid, after, list_one, listing, failure);
}

int handle_key_list(struct worker *worker, const struct request *request,
		    struct uks_attrs *out, struct failure *failure)
{
	struct listing listing = {
		.worker = worker, .request = request, .out = out, .failure = failure,
	};
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
