// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which NV indices of the TPM belong to keys of the SQLite store. */
#include <string.h>

#include "daemon/store/sqlite.h"

int sqlite_nv_free(struct store *store, uint32_t from, uint32_t *handle, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);
	sqlite3_stmt *stmt = sqlite->statements[NV_FROM];
	int step;

	sqlite3_bind_int64(stmt, 1, from);
	*handle = from;
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW &&
	       sqlite3_column_int64(stmt, 0) == *handle)
		(*handle)++;
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		sqlite_failure(sqlite, "find a handle", failure);
	sqlite3_reset(stmt);
	return step == SQLITE_ROW || step == SQLITE_DONE ? 0 : -1;
}

int sqlite_nv_add(struct store *store, const struct nv *nv, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);
	sqlite3_stmt *stmt = sqlite->statements[NV_ADD];

	sqlite3_bind_int64(stmt, 1, nv->handle);
	sqlite_bind_bytes(stmt, 2, nv->names, sizeof(nv->names));
	sqlite_bind_bytes(stmt, 3, nv->key, sizeof(nv->key));
	return sqlite_run(sqlite, NV_ADD, "note an NV index", failure);
}

int sqlite_nv_drop(struct store *store, const uint8_t *key, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);

	if (!key)
		return sqlite_run(sqlite, NV_DROP_ORPHANS, "find what nobody needs", failure);
	sqlite_bind_bytes(sqlite->statements[NV_DROP], 1, key, UKS_KEY_ID_LEN);
	return sqlite_run(sqlite, NV_DROP, "drop the PIN", failure);
}

int sqlite_nv_dropped(struct store *store, struct nv *nv, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);
	sqlite3_stmt *stmt = sqlite->statements[NV_DROPPED];
	size_t len;
	int ret = 0;

	switch (sqlite3_step(stmt)) {
	case SQLITE_ROW:
		nv->handle = sqlite3_column_int64(stmt, 0);
		if (!sqlite_take_bytes(stmt, 1, nv->names, sizeof(nv->names), &len) ||
		    len != sizeof(nv->names))
			memset(nv->names, 0, sizeof(nv->names));
		break;
	case SQLITE_DONE:
		ret = failure_set(failure, UKS_E_NO_KEY, "there is nothing to remove");
		break;
	default:
		ret = sqlite_failure(sqlite, "find what nobody needs", failure);
	}
	sqlite3_reset(stmt);
	return ret;
}

int sqlite_nv_settle(struct store *store, uint32_t handle, bool removed, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);
	enum statement which = removed ? NV_REMOVE : NV_FOREIGN;

	sqlite3_bind_int64(sqlite->statements[which], 1, handle);
	return sqlite_run(sqlite, which, "note an NV index", failure);
}
