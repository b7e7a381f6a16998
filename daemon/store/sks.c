// SPDX-License-Identifier: LGPL-2.1-or-later
/* What SKS provisions, in the SQLite store. */
#include <stdlib.h>
#include <string.h>

#include "daemon/store/sqlite.h"

#define BLOB_MAX	(256 << 10)

int sqlite_sks_put(struct store *store, const struct sks_row *row, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);
	sqlite3_stmt *stmt = sqlite->statements[SKS_PUT];

	sqlite3_bind_int64(stmt, 1, row->handle);
	sqlite3_bind_int64(stmt, 2, row->owner);
	sqlite3_bind_int64(stmt, 3, row->kind);
	sqlite3_bind_int64(stmt, 4, row->open);
	sqlite3_bind_int64(stmt, 5, row->parent);
	sqlite3_bind_int64(stmt, 6, row->link);
	sqlite3_bind_int64(stmt, 7, row->generation);
	sqlite_bind_bytes(stmt, 8, row->name, row->name_len);
	sqlite_bind_bytes(stmt, 9, row->key, row->key_len);
	sqlite_bind_bytes(stmt, 10, row->digest, row->digest_len);
	sqlite_bind_bytes(stmt, 11, row->blob, row->len);
	return sqlite_run(sqlite, SKS_PUT, "keep what was provisioned", failure);
}

/* What is out of range can only have been edited. */
static int take_row(struct store_sqlite *sqlite, sqlite3_stmt *stmt, struct sks_row *row,
		    struct failure *failure)
{
	size_t len = sqlite3_column_bytes(stmt, 10);

	row->handle = sqlite3_column_int64(stmt, 0);
	row->owner = sqlite3_column_int64(stmt, 1);
	row->kind = sqlite3_column_int64(stmt, 2);
	row->open = sqlite3_column_int64(stmt, 3);
	row->parent = sqlite3_column_int64(stmt, 4);
	row->link = sqlite3_column_int64(stmt, 5);
	row->generation = sqlite3_column_int64(stmt, 6);
	if (!sqlite_take_bytes(stmt, 7, row->name, sizeof(row->name), &row->name_len) ||
	    !sqlite_take_bytes(stmt, 8, row->key, sizeof(row->key), &row->key_len) ||
	    !sqlite_take_bytes(stmt, 9, row->digest, sizeof(row->digest), &row->digest_len) ||
	    !len || len > BLOB_MAX)
		return failure_set(failure, UKS_E_BLOB,
				   "what was provisioned in the store %s was damaged or edited: restore the store from a backup",
				   sqlite->path);
	row->blob = malloc(len);
	if (!row->blob)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for the store");
	row->len = len;
	memcpy(row->blob, sqlite3_column_blob(stmt, 10), len);
	return 0;
}

static int fetch(struct store_sqlite *sqlite, enum statement which, struct sks_row *row,
		 struct failure *failure)
{
	sqlite3_stmt *stmt = sqlite->statements[which];
	int ret;

	row->blob = NULL;
	row->len = 0;
	switch (sqlite3_step(stmt)) {
	case SQLITE_ROW:
		ret = take_row(sqlite, stmt, row, failure);
		break;
	case SQLITE_DONE:
		ret = failure_set(failure, UKS_E_NO_KEY, "nothing like that was provisioned");
		break;
	default:
		ret = sqlite_failure(sqlite, "find what was provisioned", failure);
	}
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return ret;
}

int sqlite_sks_get(struct store *store, uint32_t handle, struct sks_row *row,
		   struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);

	sqlite3_bind_int64(sqlite->statements[SKS_GET], 1, handle);
	return fetch(sqlite, SKS_GET, row, failure);
}

int sqlite_sks_find(struct store *store, enum sks_by by, struct sks_row *row,
		    struct failure *failure)
{
	static const enum statement which[] = {
		[SKS_BY_OWNER] = SKS_NEXT_OF_OWNER, [SKS_BY_PARENT] = SKS_NEXT_OF_PARENT,
		[SKS_BY_LINK] = SKS_NEXT_OF_LINK, [SKS_BY_NAME] = SKS_NEXT_OF_NAME,
		[SKS_BY_DIGEST] = SKS_NEXT_OF_DIGEST, [SKS_BY_KIND] = SKS_NEXT_OF_KIND,
	};
	struct store_sqlite *sqlite = store_to_sqlite(store);
	sqlite3_stmt *stmt = sqlite->statements[which[by]];
	struct sks_row key = *row;

	sqlite3_bind_int64(stmt, 1, key.handle);
	switch (by) {
	case SKS_BY_OWNER:
		sqlite3_bind_int64(stmt, 2, key.owner);
		sqlite3_bind_int64(stmt, 3, key.kind);
		sqlite3_bind_int64(stmt, 4, key.open);
		break;
	case SKS_BY_NAME:
		sqlite3_bind_int64(stmt, 2, key.parent);
		sqlite_bind_bytes(stmt, 3, key.name, key.name_len);
		break;
	case SKS_BY_DIGEST:
		sqlite_bind_bytes(stmt, 2, key.digest, key.digest_len);
		break;
	case SKS_BY_KIND:
		sqlite3_bind_int64(stmt, 2, key.kind);
		break;
	default:
		sqlite3_bind_int64(stmt, 2, by == SKS_BY_LINK ? key.link : key.parent);
		sqlite3_bind_int64(stmt, 3, key.kind);
	}
	return fetch(sqlite, which[by], row, failure);
}

int sqlite_sks_count(struct store *store, uint32_t owner, uint32_t kind, uint64_t *count,
		     struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);

	sqlite3_bind_int64(sqlite->statements[SKS_COUNT], 1, owner);
	sqlite3_bind_int64(sqlite->statements[SKS_COUNT], 2, kind);
	return sqlite_fetch_number(sqlite, SKS_COUNT, count, failure);
}

int sqlite_sks_remove(struct store *store, uint32_t handle, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);

	sqlite3_bind_int64(sqlite->statements[SKS_REMOVE], 1, handle);
	return sqlite_change_one(sqlite, SKS_REMOVE, "remove what was provisioned", failure);
}
