// SPDX-License-Identifier: LGPL-2.1-or-later
/* The store as a whole: walking through all of it, emptying it. */
#include <string.h>

#include "daemon/rollback/ledger.h"
#include "daemon/store/sqlite.h"

int sqlite_put_blob(struct store *store, const struct record *record, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);
	sqlite3_stmt *stmt = sqlite->statements[PUT_BLOB];
	uint8_t tag[16];

	sqlite_bind_bytes(stmt, 1, record->key.id, sizeof(record->key.id));
	sqlite3_bind_int64(stmt, 2, record->key.version);
	sqlite_bind_bytes(stmt, 3, record->blob.data, record->blob.len);
	if (sqlite_change_one(sqlite, PUT_BLOB, "seal the key anew", failure))
		return -1;
	record_tag(record, tag);
	return ledger_put(store, record->key.id, record->key.version, tag, failure);
}

int sqlite_next_uses(struct store *store, uint8_t *id, struct uses *uses, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);
	sqlite3_stmt *stmt = sqlite->statements[NEXT_USES];
	size_t len;
	int ret;

	sqlite_bind_bytes(stmt, 1, id, UKS_KEY_ID_LEN);
	switch (sqlite3_step(stmt)) {
	case SQLITE_ROW:
		if (!sqlite_take_bytes(stmt, 0, id, UKS_KEY_ID_LEN, &len))
			len = 0;
		ret = 0;
		break;
	case SQLITE_DONE:
		ret = failure_set(failure, UKS_E_NO_KEY, "no more keys are counted");
		break;
	default:
		ret = sqlite_failure(sqlite, "read the counters", failure);
	}
	sqlite3_reset(stmt);
	return ret ? ret : sqlite_get_uses(store, id, uses, failure);
}

int sqlite_versions(struct store *store, uint64_t *count, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);
	sqlite3_stmt *stmt = sqlite->statements[VERSIONS];
	int ret = 0;

	if (sqlite3_step(stmt) == SQLITE_ROW)
		*count = sqlite3_column_int64(stmt, 0);
	else
		ret = sqlite_failure(sqlite, "count the keys", failure);
	sqlite3_reset(stmt);
	return ret;
}

int sqlite_drop_meta(struct store *store, const char *name, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);

	sqlite3_bind_text(sqlite->statements[DROP_META], 1, name, -1, SQLITE_STATIC);
	return sqlite_run(sqlite, DROP_META, "remove metadata", failure);
}

int sqlite_empty(struct store *store, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);

	if (sqlite3_exec(sqlite->db,
			 "DELETE FROM uses; DELETE FROM versions; DELETE FROM keys;"
			 "DELETE FROM counts; DELETE FROM tombstones; DELETE FROM sks",
			 NULL, NULL, NULL))
		return sqlite_failure(sqlite, "empty it", failure);
	return ledger_empty(store, failure);
}
