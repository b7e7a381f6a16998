// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the SQLite store has beside keys: counters, tombstones, what is due. */
#include <string.h>

#include "daemon/rollback/ledger.h"
#include "daemon/store/sqlite.h"

static int damaged(struct store_sqlite *sqlite, struct failure *failure)
{
	return failure_set(failure, UKS_E_BLOB,
			   "a counter or a trace of an erased key in the store %s was edited: restore the store from a backup",
			   sqlite->path);
}

static bool take_exact(sqlite3_stmt *stmt, int column, void *to, size_t size)
{
	size_t len;

	return sqlite_take_bytes(stmt, column, to, size, &len) && len == size;
}

static int take_uses(struct store_sqlite *sqlite, sqlite3_stmt *stmt, struct uses *uses,
		     struct failure *failure)
{
	uses->total = sqlite3_column_int64(stmt, 0);
	uses->in_boot = sqlite3_column_int64(stmt, 2);
	uses->since = sqlite3_column_int64(stmt, 3);
	uses->in_rate = sqlite3_column_int64(stmt, 4);
	if (!take_exact(stmt, 1, uses->boot, sizeof(uses->boot)) ||
	    !take_exact(stmt, 5, uses->tag, sizeof(uses->tag)))
		return damaged(sqlite, failure);
	return 0;
}

int sqlite_get_uses(struct store *store, const uint8_t *id, struct uses *uses,
		    struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);
	sqlite3_stmt *stmt = sqlite->statements[GET_USES];
	int ret;

	sqlite_bind_bytes(stmt, 1, id, UKS_KEY_ID_LEN);
	switch (sqlite3_step(stmt)) {
	case SQLITE_ROW:
		ret = take_uses(sqlite, stmt, uses, failure);
		break;
	case SQLITE_DONE:
		ret = failure_set(failure, UKS_E_NO_KEY, "the key is not counted");
		break;
	default:
		ret = sqlite_failure(sqlite, "read a counter", failure);
	}
	sqlite3_reset(stmt);
	return ret;
}

int sqlite_put_uses(struct store *store, const uint8_t *id, const struct uses *uses,
		    struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);
	sqlite3_stmt *stmt = sqlite->statements[PUT_USES];

	sqlite_bind_bytes(stmt, 1, id, UKS_KEY_ID_LEN);
	sqlite3_bind_int64(stmt, 2, uses->total);
	sqlite_bind_bytes(stmt, 3, uses->boot, sizeof(uses->boot));
	sqlite3_bind_int64(stmt, 4, uses->in_boot);
	sqlite3_bind_int64(stmt, 5, uses->since);
	sqlite3_bind_int64(stmt, 6, uses->in_rate);
	sqlite_bind_bytes(stmt, 7, uses->tag, sizeof(uses->tag));
	if (sqlite_run(sqlite, PUT_USES, "count a use", failure))
		return -1;
	return ledger_put(store, id, LEDGER_USES, uses->tag, failure);
}

int sqlite_bury(struct store *store, const struct tombstone *tombstone, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);
	sqlite3_stmt *stmt = sqlite->statements[BURY];
	const struct key *key = &tombstone->key;

	sqlite_bind_bytes(stmt, 1, key->id, sizeof(key->id));
	sqlite3_bind_int64(stmt, 2, key->version);
	sqlite3_bind_int64(stmt, 3, key->owner);
	sqlite3_bind_text(stmt, 4, key->name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 5, key->type);
	sqlite3_bind_int64(stmt, 6, key->purposes);
	sqlite3_bind_int64(stmt, 7, key->origin);
	sqlite3_bind_int64(stmt, 8, key->state);
	sqlite3_bind_int64(stmt, 9, key->created);
	sqlite3_bind_int64(stmt, 10, key->deleted);
	sqlite_bind_bytes(stmt, 11, tombstone->check_value, tombstone->check_len);
	sqlite3_bind_int64(stmt, 12, key->provider);
	return sqlite_run(sqlite, BURY, "keep a trace of the key", failure);
}

static int take_tombstone(struct store_sqlite *sqlite, sqlite3_stmt *stmt,
			  struct tombstone *tombstone, struct failure *failure)
{
	struct key *key = &tombstone->key;
	size_t len;

	key->version = sqlite3_column_int64(stmt, 0);
	key->newest = key->version;
	key->owner = sqlite3_column_int64(stmt, 1);
	key->type = sqlite3_column_int64(stmt, 3);
	key->purposes = sqlite3_column_int64(stmt, 4);
	key->origin = sqlite3_column_int64(stmt, 5);
	key->state = sqlite3_column_int64(stmt, 6);
	key->created = sqlite3_column_int64(stmt, 7);
	key->deleted = sqlite3_column_int64(stmt, 8);
	key->provider = sqlite3_column_int64(stmt, 10);
	key->erase = key->deleted;
	if (!sqlite_take_bytes(stmt, 2, key->name, sizeof(key->name) - 1, &len) ||
	    !sqlite_take_bytes(stmt, 9, tombstone->check_value, sizeof(tombstone->check_value),
			       &tombstone->check_len))
		return damaged(sqlite, failure);
	return 0;
}

int sqlite_tombstone(struct store *store, const uint8_t *id, struct tombstone *tombstone,
		     struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);
	sqlite3_stmt *stmt = sqlite->statements[TOMBSTONE];
	int ret;

	memset(tombstone, 0, sizeof(*tombstone));
	memcpy(tombstone->key.id, id, UKS_KEY_ID_LEN);
	sqlite_bind_bytes(stmt, 1, id, UKS_KEY_ID_LEN);
	switch (sqlite3_step(stmt)) {
	case SQLITE_ROW:
		ret = take_tombstone(sqlite, stmt, tombstone, failure);
		break;
	case SQLITE_DONE:
		ret = failure_set(failure, UKS_E_NO_KEY, "there was no such key");
		break;
	default:
		ret = sqlite_failure(sqlite, "find the trace of a key", failure);
	}
	sqlite3_reset(stmt);
	return ret;
}

int sqlite_due(struct store *store, uint8_t *id, uint64_t *when, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);
	sqlite3_stmt *stmt = sqlite->statements[DUE];
	int ret = 0;

	switch (sqlite3_step(stmt)) {
	case SQLITE_ROW:
		*when = sqlite3_column_int64(stmt, 1);
		if (!take_exact(stmt, 0, id, UKS_KEY_ID_LEN))
			ret = damaged(sqlite, failure);
		break;
	case SQLITE_DONE:
		ret = failure_set(failure, UKS_E_NO_KEY, "nothing is to be done");
		break;
	default:
		ret = sqlite_failure(sqlite, "find out what is due", failure);
	}
	sqlite3_reset(stmt);
	return ret;
}

int sqlite_fetch_number(struct store_sqlite *sqlite, enum statement which, uint64_t *number,
			struct failure *failure)
{
	sqlite3_stmt *stmt = sqlite->statements[which];
	int ret = 0;

	if (sqlite3_step(stmt) == SQLITE_ROW)
		*number = sqlite3_column_int64(stmt, 0);
	else
		ret = sqlite_failure(sqlite, "count", failure);
	sqlite3_reset(stmt);
	return ret;
}

int sqlite_count(struct store *store, uint32_t owner, uint64_t *count, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);

	sqlite3_bind_int64(sqlite->statements[COUNT], 1, owner);
	return sqlite_fetch_number(sqlite, COUNT, count, failure);
}

int sqlite_total(struct store *store, uint64_t *count, struct failure *failure)
{
	return sqlite_fetch_number(store_to_sqlite(store), TOTAL, count, failure);
}
