// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keys and their versions in the SQLite store. */
#include <string.h>

#include "daemon/rollback/ledger.h"
#include "daemon/store/sqlite.h"

static int insert_key(struct store_sqlite *sqlite, const struct key *key, struct failure *failure)
{
	sqlite3_stmt *stmt = sqlite->statements[INSERT_KEY];

	sqlite_bind_bytes(stmt, 1, key->id, sizeof(key->id));
	sqlite3_bind_int64(stmt, 2, key->owner);
	sqlite3_bind_text(stmt, 3, key->name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 4, key->type);
	sqlite3_bind_int64(stmt, 5, key->purposes);
	sqlite3_bind_int64(stmt, 6, key->origin);
	sqlite_bind_bytes(stmt, 7, key->policy, key->policy_len);
	sqlite3_bind_int64(stmt, 8, key->version);
	sqlite3_bind_int64(stmt, 9, key->deleted);
	sqlite3_bind_int64(stmt, 10, key->erase);
	sqlite3_bind_int64(stmt, 11, key->due);
	sqlite3_bind_int64(stmt, 12, key->provider);
	sqlite_bind_bytes(stmt, 13, key->pin, key->pin_len);
	if (sqlite_run(sqlite, INSERT_KEY, "add the key", failure))
		return -1;
	sqlite3_bind_int64(sqlite->statements[COUNT_NEW], 1, key->owner);
	return sqlite_run(sqlite, COUNT_NEW, "count the key", failure);
}

/* The tag of the blob proves the blob, and with it all of the row. */
static int put_in_ledger(struct store_sqlite *sqlite, const struct record *record,
			 struct failure *failure)
{
	uint8_t tag[16];

	record_tag(record, tag);
	return ledger_put(&sqlite->store, record->key.id, record->key.version, tag, failure);
}

static int insert_version(struct store_sqlite *sqlite, const struct record *record,
			  struct failure *failure)
{
	sqlite3_stmt *stmt = sqlite->statements[INSERT_VERSION];
	const struct key *key = &record->key;

	sqlite_bind_bytes(stmt, 1, key->id, sizeof(key->id));
	sqlite3_bind_int64(stmt, 2, key->version);
	sqlite3_bind_int64(stmt, 3, key->state);
	sqlite3_bind_int64(stmt, 4, key->created);
	sqlite_bind_bytes(stmt, 5, key->public_key, key->public_len);
	sqlite_bind_bytes(stmt, 6, record->blob.data, record->blob.len);
	if (sqlite_run(sqlite, INSERT_VERSION, "add the key", failure))
		return -1;
	return put_in_ledger(sqlite, record, failure);
}

int sqlite_add(struct store *store, const struct record *record, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);

	if (insert_key(sqlite, &record->key, failure))
		return -1;
	return insert_version(sqlite, record, failure);
}

int sqlite_insert(struct store *store, const struct record *record, struct failure *failure)
{
	if (sqlite_begin(store, failure))
		return -1;
	if (sqlite_add(store, record, failure)) {
		sqlite_rollback(store);
		return -1;
	}
	return sqlite_commit(store, failure);
}

int sqlite_add_version(struct store *store, const struct record *record, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);
	sqlite3_stmt *stmt = sqlite->statements[NEW_VERSION];
	const struct key *key = &record->key;

	sqlite_bind_bytes(stmt, 1, key->id, sizeof(key->id));
	sqlite3_bind_int64(stmt, 2, key->version);
	sqlite3_bind_int64(stmt, 3, key->due);
	if (sqlite_change_one(sqlite, NEW_VERSION, "rotate the key", failure))
		return -1;
	return insert_version(sqlite, record, failure);
}

static bool take_number(sqlite3_stmt *stmt, int column, uint32_t *value)
{
	sqlite3_int64 number = sqlite3_column_int64(stmt, column);

	*value = number;
	return number >= 0 && number <= UINT32_MAX;
}

/* What is out of range can only have been edited. */
static int take_record(struct store_sqlite *sqlite, sqlite3_stmt *stmt, struct record *record,
		       struct failure *failure)
{
	struct key *key = &record->key;
	size_t id_len, name_len;

	memset(key->id, 0, sizeof(key->id));
	if (!sqlite_take_bytes(stmt, 0, key->id, sizeof(key->id), &id_len) ||
	    !sqlite_take_bytes(stmt, 1, key->name, sizeof(key->name) - 1, &name_len) ||
	    !take_number(stmt, 2, &key->owner) ||
	    !take_number(stmt, 3, &key->type) ||
	    !take_number(stmt, 4, &key->purposes) ||
	    !take_number(stmt, 5, &key->origin) ||
	    !take_number(stmt, 6, &key->state) ||
	    !take_number(stmt, 7, &key->version) ||
	    !take_number(stmt, 8, &key->newest) ||
	    !sqlite_take_bytes(stmt, 13, key->policy, sizeof(key->policy), &key->policy_len) ||
	    !sqlite_take_bytes(stmt, 14, key->public_key, sizeof(key->public_key),
			       &key->public_len) ||
	    !sqlite_take_bytes(stmt, 15, record->blob.data, sizeof(record->blob.data),
			       &record->blob.len) ||
	    !take_number(stmt, 16, &key->provider) ||
	    !sqlite_take_bytes(stmt, 17, key->pin, sizeof(key->pin), &key->pin_len) ||
	    id_len != sizeof(key->id) || memchr(key->name, 0, name_len))
		return failure_set(failure, UKS_E_BLOB,
				   "a key in the store %s was damaged or edited: restore the store from a backup",
				   sqlite->path);
	key->name[name_len] = 0;
	key->created = sqlite3_column_int64(stmt, 9);
	key->deleted = sqlite3_column_int64(stmt, 10);
	key->erase = sqlite3_column_int64(stmt, 11);
	key->due = sqlite3_column_int64(stmt, 12);
	return 0;
}

/* Run a statement that gives one record; @only that one, or the first of them. */
static int fetch(struct store_sqlite *sqlite, enum statement which, struct record *record,
		 bool only, struct failure *failure)
{
	sqlite3_stmt *stmt = sqlite->statements[which];
	int ret;

	switch (sqlite3_step(stmt)) {
	case SQLITE_ROW:
		ret = take_record(sqlite, stmt, record, failure);
		if (!ret && only && sqlite3_step(stmt) == SQLITE_ROW)
			ret = failure_set(failure, UKS_E_RESTORE,
					  "several deleted keys had that name: name one by its id, see 'uksctl key list --deleted'");
		break;
	case SQLITE_DONE:
		ret = failure_set(failure, UKS_E_NO_KEY, "there is no such key");
		break;
	default:
		ret = sqlite_failure(sqlite, "find the key", failure);
	}
	sqlite3_reset(stmt);
	return ret;
}

static int fetch_by_name(struct store *store, enum statement which, uint32_t owner,
			 const char *name, struct record *record, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);

	sqlite3_bind_int64(sqlite->statements[which], 1, owner);
	sqlite3_bind_text(sqlite->statements[which], 2, name, -1, SQLITE_STATIC);
	return fetch(sqlite, which, record, which == DELETED_BY_NAME, failure);
}

int sqlite_by_name(struct store *store, uint32_t owner, const char *name, struct record *record,
		   struct failure *failure)
{
	return fetch_by_name(store, BY_NAME, owner, name, record, failure);
}

int sqlite_deleted_by_name(struct store *store, uint32_t owner, const char *name,
			   struct record *record, struct failure *failure)
{
	return fetch_by_name(store, DELETED_BY_NAME, owner, name, record, failure);
}

int sqlite_by_id(struct store *store, const uint8_t *id, struct record *record,
		 struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);

	sqlite_bind_bytes(sqlite->statements[BY_ID], 1, id, UKS_KEY_ID_LEN);
	return fetch(sqlite, BY_ID, record, false, failure);
}

int sqlite_version(struct store *store, const uint8_t *id, uint32_t after, struct record *record,
		   struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);

	sqlite_bind_bytes(sqlite->statements[VERSION_AFTER], 1, id, UKS_KEY_ID_LEN);
	sqlite3_bind_int64(sqlite->statements[VERSION_AFTER], 2, after);
	return fetch(sqlite, VERSION_AFTER, record, false, failure);
}

/* A key that is deleted or brought back leaves or enters its owner's count. */
static int update_count(struct store_sqlite *sqlite, const struct key *key,
			struct failure *failure)
{
	sqlite3_stmt *stmt = sqlite->statements[COUNT_CHANGED];

	sqlite_bind_bytes(stmt, 1, key->id, sizeof(key->id));
	sqlite3_bind_int64(stmt, 2, key->deleted);
	return sqlite_run(sqlite, COUNT_CHANGED, "count the key", failure);
}

static int update_key(struct store_sqlite *sqlite, const struct key *key, struct failure *failure)
{
	sqlite3_stmt *stmt = sqlite->statements[UPDATE_KEY];

	sqlite_bind_bytes(stmt, 1, key->id, sizeof(key->id));
	sqlite3_bind_text(stmt, 2, key->name, -1, SQLITE_STATIC);
	sqlite_bind_bytes(stmt, 3, key->policy, key->policy_len);
	sqlite3_bind_int64(stmt, 4, key->deleted);
	sqlite3_bind_int64(stmt, 5, key->erase);
	sqlite3_bind_int64(stmt, 6, key->due);
	return sqlite_change_one(sqlite, UPDATE_KEY, "change the key", failure);
}

int sqlite_update(struct store *store, const struct record *record, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);
	sqlite3_stmt *stmt = sqlite->statements[UPDATE_VERSION];
	const struct key *key = &record->key;

	if (update_count(sqlite, key, failure) || update_key(sqlite, key, failure))
		return -1;
	sqlite_bind_bytes(stmt, 1, key->id, sizeof(key->id));
	sqlite3_bind_int64(stmt, 2, key->version);
	sqlite3_bind_int64(stmt, 3, key->state);
	sqlite_bind_bytes(stmt, 4, record->blob.data, record->blob.len);
	if (sqlite_change_one(sqlite, UPDATE_VERSION, "change the key", failure))
		return -1;
	return put_in_ledger(sqlite, record, failure);
}

int sqlite_remove(struct store *store, const uint8_t *id, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);

	sqlite_bind_bytes(sqlite->statements[COUNT_REMOVED], 1, id, UKS_KEY_ID_LEN);
	if (sqlite_run(sqlite, COUNT_REMOVED, "count the key", failure))
		return -1;
	sqlite_bind_bytes(sqlite->statements[REMOVE_KEY], 1, id, UKS_KEY_ID_LEN);
	if (sqlite_change_one(sqlite, REMOVE_KEY, "erase the key", failure))
		return -1;
	return ledger_remove(store, id, failure);
}

static int list(struct store_sqlite *sqlite, enum statement which, store_each each, void *context,
		struct failure *failure)
{
	sqlite3_stmt *stmt = sqlite->statements[which];
	struct record record;
	int step, ret = 0;

	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		ret = take_record(sqlite, stmt, &record, failure);
		if (ret || !each(&record, context))
			break;
	}
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		ret = sqlite_failure(sqlite, "read the keys", failure);
	sqlite3_reset(stmt);
	return ret;
}

int sqlite_list(struct store *store, uint32_t owner, const char *after, store_each each,
		void *context, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);

	sqlite3_bind_int64(sqlite->statements[LIST], 1, owner);
	sqlite3_bind_text(sqlite->statements[LIST], 2, after, -1, SQLITE_STATIC);
	return list(sqlite, LIST, each, context, failure);
}

int sqlite_list_deleted(struct store *store, uint32_t owner, const uint8_t *after,
			store_each each, void *context, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);

	sqlite3_bind_int64(sqlite->statements[LIST_DELETED], 1, owner);
	sqlite_bind_bytes(sqlite->statements[LIST_DELETED], 2, after, after ? UKS_KEY_ID_LEN : 0);
	return list(sqlite, LIST_DELETED, each, context, failure);
}

/* A key that may have been granted, on its way to who looks whether it was. */
struct granted {
	struct store_place *place;
	uint32_t left;
	store_each each;
	void *context;
};

static bool granted_one(const struct record *record, void *context)
{
	struct granted *granted = context;

	if (!granted->each(record, granted->context)) {
		granted->place->more = true;
		return false;
	}
	granted->place->owner = record->key.owner;
	memcpy(granted->place->id, record->key.id, sizeof(granted->place->id));
	granted->place->more = !--granted->left;
	return true;
}

int sqlite_list_granted(struct store *store, uint32_t uid, struct store_place *place,
			uint32_t limit, store_each each, void *context,
			struct failure *failure)
{
	struct granted granted = {
		.place = place, .left = limit, .each = each, .context = context,
	};
	struct store_sqlite *sqlite = store_to_sqlite(store);
	sqlite3_stmt *stmt = sqlite->statements[LIST_GRANTED];
	uint8_t after[UKS_KEY_ID_LEN];

	memcpy(after, place->id, sizeof(after));
	place->more = false;
	sqlite3_bind_int64(stmt, 1, place->owner);
	sqlite_bind_bytes(stmt, 2, after, sizeof(after));
	sqlite3_bind_int64(stmt, 3, uid);
	sqlite3_bind_int64(stmt, 4, limit);
	return list(sqlite, LIST_GRANTED, granted_one, &granted, failure);
}

int sqlite_next_version(struct store *store, struct record *record, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);
	sqlite3_stmt *stmt = sqlite->statements[NEXT_VERSION];
	uint8_t id[UKS_KEY_ID_LEN];

	memcpy(id, record->key.id, sizeof(id));
	sqlite_bind_bytes(stmt, 1, id, sizeof(id));
	sqlite3_bind_int64(stmt, 2, record->key.version);
	return fetch(sqlite, NEXT_VERSION, record, false, failure);
}
