// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the SQLite store keeps for the ledger. */
#include <string.h>

#include "daemon/store/sqlite.h"

int sqlite_get_leaf(struct store *store, const uint8_t *id, int64_t after, uint32_t *version,
		    uint64_t *leaf, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);
	sqlite3_stmt *stmt = sqlite->statements[GET_LEAF];
	int ret = 0;

	sqlite_bind_bytes(stmt, 1, id, UKS_KEY_ID_LEN);
	sqlite3_bind_int64(stmt, 2, after);
	switch (sqlite3_step(stmt)) {
	case SQLITE_ROW:
		*version = sqlite3_column_int64(stmt, 0);
		*leaf = sqlite3_column_int64(stmt, 1);
		break;
	case SQLITE_DONE:
		ret = failure_set(failure, UKS_E_NO_KEY, "there is no such row");
		break;
	default:
		ret = sqlite_failure(sqlite, "read its ledger", failure);
	}
	sqlite3_reset(stmt);
	return ret;
}

int sqlite_put_leaf(struct store *store, const uint8_t *id, uint32_t version, uint64_t leaf,
		    struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);
	sqlite3_stmt *stmt = sqlite->statements[PUT_LEAF];

	sqlite_bind_bytes(stmt, 1, id, UKS_KEY_ID_LEN);
	sqlite3_bind_int64(stmt, 2, version);
	sqlite3_bind_int64(stmt, 3, leaf);
	return sqlite_run(sqlite, PUT_LEAF, "write its ledger", failure);
}

int sqlite_remove_leaves(struct store *store, const uint8_t *id, struct failure *failure)
{
	enum statement which = id ? REMOVE_LEAVES : CLEAR_LEAVES;
	struct store_sqlite *sqlite = store_to_sqlite(store);

	if (id)
		sqlite_bind_bytes(sqlite->statements[which], 1, id, UKS_KEY_ID_LEN);
	return sqlite_run(sqlite, which, "write its ledger", failure);
}

static bool take_row(sqlite3_stmt *stmt, struct row *row)
{
	size_t len;

	memset(row, 0, sizeof(*row));
	if (!sqlite_take_bytes(stmt, 0, row->id, sizeof(row->id), &len))
		return false;
	row->version = sqlite3_column_int64(stmt, 1);
	if (!sqlite_take_bytes(stmt, 2, row->tag, sizeof(row->tag), &len))
		return false;
	row->leaf = sqlite3_column_int64(stmt, 3);
	row->there = sqlite3_column_int64(stmt, 4);
	return true;
}

int sqlite_rows(struct store *store, enum store_rows which, const struct row *after,
		uint32_t limit, store_each_row each, void *context, struct failure *failure)
{
	static const enum statement statements[] = {
		[STORE_ROWS_VERSIONS] = ROWS_VERSIONS, [STORE_ROWS_USES] = ROWS_USES,
		[STORE_ROWS_LEAVES] = ROWS_LEAVES, [STORE_ROWS_THERE] = ROWS_THERE,
	};
	struct store_sqlite *sqlite = store_to_sqlite(store);
	sqlite3_stmt *stmt = sqlite->statements[statements[which]];
	struct row row;
	int step, ret = 0;

	sqlite_bind_bytes(stmt, 1, after ? after->id : NULL, after ? UKS_KEY_ID_LEN : 0);
	sqlite3_bind_int64(stmt, 2, after ? after->version : 0);
	sqlite3_bind_int64(stmt, 3, limit ? (int64_t)limit : -1);
	while (!ret && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (take_row(stmt, &row))
			ret = each(&row, context, failure);
		else
			ret = failure_set(failure, UKS_E_STORE,
					  "the store %s is damaged: restore it from a backup",
					  sqlite->path);
	}
	if (!ret && step != SQLITE_DONE)
		ret = sqlite_failure(sqlite, "read its rows", failure);
	sqlite3_reset(stmt);
	return ret;
}
