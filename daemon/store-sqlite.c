// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "daemon/store-sqlite.h"

#define BUSY_MS		10000	/* wait for another program, such as a backup */

/*
 * Held from begin to commit or rollback: SQLite has one writer at a time, and
 * would let others poll.
 */
static pthread_mutex_t writer = PTHREAD_MUTEX_INITIALIZER;

/* A row as take_record() reads it. */
#define SELECT \
	"SELECT k.id, k.name, k.owner, k.type, k.purposes, k.origin, v.state, v.version, v.created, k.policy, v.public_key, v.blob FROM keys k JOIN versions v ON v.key = k.id"
#define CURRENT	" AND v.version = k.version"

static const char * const sql[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[GET_META] = "SELECT value FROM meta WHERE name = ?1",
	[PUT_META] = "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)",
	[INSERT_KEY] =
		"INSERT INTO keys (id, name, owner, type, purposes, origin, policy, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[INSERT_VERSION] =
		"INSERT INTO versions (key, version, state, created, public_key, blob) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[BY_NAME] = SELECT CURRENT " WHERE k.owner = ?1 AND k.name = ?2",
	[BY_ID] = SELECT CURRENT " WHERE k.id = ?1",
	[VERSION_AFTER] = SELECT " WHERE k.id = ?1 AND v.version > ?2 ORDER BY v.version LIMIT 1",
	[RENAME_KEY] = "UPDATE keys SET name = ?2 WHERE id = ?1",
	[RESEAL_VERSION] = "UPDATE versions SET blob = ?3 WHERE key = ?1 AND version = ?2",
	[REMOVE_KEY] = "DELETE FROM keys WHERE id = ?1",
	[LIST] = SELECT CURRENT " WHERE k.owner = ?1 AND k.name > ?2 ORDER BY k.name",
	[COUNT] = "SELECT count(*) FROM keys WHERE owner = ?1",
	[TOTAL] = "SELECT count(*) FROM keys",
};

static struct store_sqlite *to_sqlite(struct store *store)
{
	return (struct store_sqlite *)store;
}

/* Why writing failed: SQLite has forgotten it, but the files it writes to know. */
static int write_errno(sqlite3 *db)
{
	static const int files[] = { SQLITE_FCNTL_JOURNAL_POINTER, SQLITE_FCNTL_FILE_POINTER };
	int i, number = 0;
	sqlite3_file *file;

	for (i = 0; i < 2 && !number; i++)
		if (!sqlite3_file_control(db, "main", files[i], &file) && file &&
		    file->pMethods)
			file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &number);
	return number;
}

int sqlite_failure(struct store_sqlite *sqlite, const char *doing, struct failure *failure)
{
	int code = sqlite3_extended_errcode(sqlite->db), number = 0;

	if (code == SQLITE_IOERR_WRITE)
		number = write_errno(sqlite->db);
	if (!number)
		number = sqlite3_system_errno(sqlite->db);
	code &= 0xff;
	if (code == SQLITE_FULL || number == ENOSPC || number == EDQUOT || number == EFBIG)
		return failure_set(failure, UKS_E_STORE_FULL,
				   "store %s: cannot %s: its file system is full: make room; nothing was changed",
				   sqlite->path, doing);
	if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
		return failure_set(failure, UKS_E_STORE,
				   "store %s: cannot %s: the file is damaged: restore it from a backup",
				   sqlite->path, doing);
	return failure_set(failure, UKS_E_STORE, "store %s: cannot %s: %s%s%s", sqlite->path, doing,
			   sqlite3_errmsg(sqlite->db), number ? ": " : "",
			   number ? strerror(number) : "");
}

static bool exists(struct store_sqlite *sqlite)
{
	int code = sqlite3_extended_errcode(sqlite->db);

	return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY;
}

/* Run a statement that gives no row. */
static int run(struct store_sqlite *sqlite, enum statement which, const char *doing,
	       struct failure *failure)
{
	sqlite3_stmt *stmt = sqlite->statements[which];
	int ret = sqlite3_step(stmt) == SQLITE_DONE ? 0 : -1;

	if (ret && exists(sqlite))
		failure_set(failure, UKS_E_KEY_EXISTS,
			    "you have a key of that name already: choose another name, or delete or rename the other key first");
	else if (ret)
		sqlite_failure(sqlite, doing, failure);
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return ret;
}

static int sqlite_begin(struct store *store, struct failure *failure)
{
	pthread_mutex_lock(&writer);
	if (!run(to_sqlite(store), BEGIN, "begin a change", failure))
		return 0;
	pthread_mutex_unlock(&writer);
	return -1;
}

static void sqlite_rollback(struct store *store)
{
	struct store_sqlite *sqlite = to_sqlite(store);
	struct failure ignored;

	/* Some errors have rolled back already. */
	if (!sqlite3_get_autocommit(sqlite->db))
		run(sqlite, ROLLBACK, "undo a change", &ignored);
	pthread_mutex_unlock(&writer);
}

static int sqlite_commit(struct store *store, struct failure *failure)
{
	if (run(to_sqlite(store), COMMIT, "make a change durable", failure)) {
		sqlite_rollback(store);
		return -1;
	}
	pthread_mutex_unlock(&writer);
	return 0;
}

static uint32_t sqlite_schema(struct store *store)
{
	(void)store;
	return STORE_SCHEMA;
}

static int sqlite_get_meta(struct store *store, const char *name, uint8_t *value, size_t *len,
			   struct failure *failure)
{
	struct store_sqlite *sqlite = to_sqlite(store);
	sqlite3_stmt *stmt = sqlite->statements[GET_META];
	int ret = 0;

	sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
	*len = 0;
	switch (sqlite3_step(stmt)) {
	case SQLITE_ROW:
		*len = sqlite3_column_bytes(stmt, 0);
		if (*len && *len <= STORE_META_MAX)
			memcpy(value, sqlite3_column_blob(stmt, 0), *len);
		else
			ret = failure_set(failure, UKS_E_STORE,
					  "the store %s is damaged: entry '%s' is %zu bytes long; restore it from a backup",
					  sqlite->path, name, *len);
		break;
	case SQLITE_DONE:
		break;
	default:
		ret = sqlite_failure(sqlite, "read metadata", failure);
	}
	sqlite3_reset(stmt);
	return ret;
}

static int sqlite_put_meta(struct store *store, const char *name, const uint8_t *value, size_t len,
			   struct failure *failure)
{
	struct store_sqlite *sqlite = to_sqlite(store);
	sqlite3_stmt *stmt = sqlite->statements[PUT_META];

	sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_blob(stmt, 2, value, len, SQLITE_STATIC);
	return run(sqlite, PUT_META, "write metadata", failure);
}

/* An empty blob is not NULL. */
static void bind_bytes(sqlite3_stmt *stmt, int at, const void *value, size_t len)
{
	sqlite3_bind_blob(stmt, at, len ? value : "", len, SQLITE_STATIC);
}

static int insert_rows(struct store_sqlite *sqlite, const struct record *record,
		       struct failure *failure)
{
	sqlite3_stmt *stmt = sqlite->statements[INSERT_KEY];
	const struct key *key = &record->key;

	bind_bytes(stmt, 1, key->id, sizeof(key->id));
	sqlite3_bind_text(stmt, 2, key->name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 3, key->owner);
	sqlite3_bind_int64(stmt, 4, key->type);
	sqlite3_bind_int64(stmt, 5, key->purposes);
	sqlite3_bind_int64(stmt, 6, key->origin);
	bind_bytes(stmt, 7, key->policy, key->policy_len);
	sqlite3_bind_int64(stmt, 8, key->version);
	if (run(sqlite, INSERT_KEY, "add the key", failure))
		return -1;

	stmt = sqlite->statements[INSERT_VERSION];
	bind_bytes(stmt, 1, key->id, sizeof(key->id));
	sqlite3_bind_int64(stmt, 2, key->version);
	sqlite3_bind_int64(stmt, 3, key->state);
	sqlite3_bind_int64(stmt, 4, key->created);
	bind_bytes(stmt, 5, key->public_key, key->public_len);
	bind_bytes(stmt, 6, record->blob.data, record->blob.len);
	return run(sqlite, INSERT_VERSION, "add the key", failure);
}

static int sqlite_insert(struct store *store, const struct record *record, struct failure *failure)
{
	struct store_sqlite *sqlite = to_sqlite(store);

	if (sqlite_begin(store, failure))
		return -1;
	if (insert_rows(sqlite, record, failure)) {
		sqlite_rollback(store);
		return -1;
	}
	return sqlite_commit(store, failure);
}

static bool take_number(sqlite3_stmt *stmt, int column, uint32_t *value)
{
	sqlite3_int64 number = sqlite3_column_int64(stmt, column);

	*value = number;
	return number >= 0 && number <= UINT32_MAX;
}

static bool take_bytes(sqlite3_stmt *stmt, int column, void *to, size_t size, size_t *len)
{
	const void *value = sqlite3_column_blob(stmt, column);

	*len = sqlite3_column_bytes(stmt, column);
	if (*len > size)
		return false;
	if (*len)
		memcpy(to, value, *len);
	return true;
}

/* What is out of range can only have been edited. */
static int take_record(struct store_sqlite *sqlite, sqlite3_stmt *stmt, struct record *record,
		       struct failure *failure)
{
	struct key *key = &record->key;
	size_t id_len, name_len;

	memset(key->id, 0, sizeof(key->id));
	if (!take_bytes(stmt, 0, key->id, sizeof(key->id), &id_len) ||
	    !take_bytes(stmt, 1, key->name, sizeof(key->name) - 1, &name_len) ||
	    !take_number(stmt, 2, &key->owner) ||
	    !take_number(stmt, 3, &key->type) ||
	    !take_number(stmt, 4, &key->purposes) ||
	    !take_number(stmt, 5, &key->origin) ||
	    !take_number(stmt, 6, &key->state) ||
	    !take_number(stmt, 7, &key->version) ||
	    !take_bytes(stmt, 9, key->policy, sizeof(key->policy), &key->policy_len) ||
	    !take_bytes(stmt, 10, key->public_key, sizeof(key->public_key), &key->public_len) ||
	    !take_bytes(stmt, 11, record->blob.data, sizeof(record->blob.data),
			&record->blob.len) ||
	    id_len != sizeof(key->id) || memchr(key->name, 0, name_len))
		return failure_set(failure, UKS_E_BLOB,
				   "a key in the store %s was damaged or edited: restore the store from a backup",
				   sqlite->path);
	key->name[name_len] = 0;
	key->created = sqlite3_column_int64(stmt, 8);
	return 0;
}

/* Run a statement that gives one record. */
static int fetch(struct store_sqlite *sqlite, enum statement which, struct record *record,
		 struct failure *failure)
{
	sqlite3_stmt *stmt = sqlite->statements[which];
	int ret;

	switch (sqlite3_step(stmt)) {
	case SQLITE_ROW:
		ret = take_record(sqlite, stmt, record, failure);
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

static int sqlite_by_name(struct store *store, uint32_t owner, const char *name,
			  struct record *record, struct failure *failure)
{
	struct store_sqlite *sqlite = to_sqlite(store);

	sqlite3_bind_int64(sqlite->statements[BY_NAME], 1, owner);
	sqlite3_bind_text(sqlite->statements[BY_NAME], 2, name, -1, SQLITE_STATIC);
	return fetch(sqlite, BY_NAME, record, failure);
}

static int sqlite_by_id(struct store *store, const uint8_t *id, struct record *record,
			struct failure *failure)
{
	struct store_sqlite *sqlite = to_sqlite(store);

	bind_bytes(sqlite->statements[BY_ID], 1, id, UKS_KEY_ID_LEN);
	return fetch(sqlite, BY_ID, record, failure);
}

static int sqlite_version(struct store *store, const uint8_t *id, uint32_t after,
			  struct record *record, struct failure *failure)
{
	struct store_sqlite *sqlite = to_sqlite(store);

	bind_bytes(sqlite->statements[VERSION_AFTER], 1, id, UKS_KEY_ID_LEN);
	sqlite3_bind_int64(sqlite->statements[VERSION_AFTER], 2, after);
	return fetch(sqlite, VERSION_AFTER, record, failure);
}

/* Run a statement that must change exactly one row. */
static int change_one(struct store_sqlite *sqlite, enum statement which, const char *doing,
		      struct failure *failure)
{
	if (run(sqlite, which, doing, failure))
		return -1;
	if (sqlite3_changes(sqlite->db) != 1)
		return failure_set(failure, UKS_E_NO_KEY, "there is no such key any more");
	return 0;
}

static int sqlite_update(struct store *store, const struct record *record, struct failure *failure)
{
	struct store_sqlite *sqlite = to_sqlite(store);
	const struct key *key = &record->key;

	bind_bytes(sqlite->statements[RENAME_KEY], 1, key->id, sizeof(key->id));
	sqlite3_bind_text(sqlite->statements[RENAME_KEY], 2, key->name, -1, SQLITE_STATIC);
	if (change_one(sqlite, RENAME_KEY, "rename the key", failure))
		return -1;
	bind_bytes(sqlite->statements[RESEAL_VERSION], 1, key->id, sizeof(key->id));
	sqlite3_bind_int64(sqlite->statements[RESEAL_VERSION], 2, key->version);
	bind_bytes(sqlite->statements[RESEAL_VERSION], 3, record->blob.data, record->blob.len);
	return change_one(sqlite, RESEAL_VERSION, "rename the key", failure);
}

/*
 * What was deleted goes from the write-ahead log, too. A reader may be in the
 * way of that: then the next deletion or the end of the daemon does it.
 */
static void empty_log(struct store_sqlite *sqlite)
{
	pthread_mutex_lock(&writer);
	sqlite3_busy_timeout(sqlite->db, 0);
	sqlite3_wal_checkpoint_v2(sqlite->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(sqlite->db, BUSY_MS);
	pthread_mutex_unlock(&writer);
}

static int sqlite_remove(struct store *store, const uint8_t *id, struct failure *failure)
{
	struct store_sqlite *sqlite = to_sqlite(store);

	if (sqlite_begin(store, failure))
		return -1;
	bind_bytes(sqlite->statements[REMOVE_KEY], 1, id, UKS_KEY_ID_LEN);
	if (change_one(sqlite, REMOVE_KEY, "delete the key", failure)) {
		sqlite_rollback(store);
		return -1;
	}
	if (sqlite_commit(store, failure))
		return -1;
	empty_log(sqlite);
	return 0;
}

static int sqlite_list(struct store *store, uint32_t owner, const char *after, store_each each,
		       void *context, struct failure *failure)
{
	struct store_sqlite *sqlite = to_sqlite(store);
	sqlite3_stmt *stmt = sqlite->statements[LIST];
	struct record record;
	int step, ret = 0;

	sqlite3_bind_int64(stmt, 1, owner);
	sqlite3_bind_text(stmt, 2, after, -1, SQLITE_STATIC);
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		ret = take_record(sqlite, stmt, &record, failure);
		if (ret || !each(&record, context))
			break;
	}
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		ret = sqlite_failure(sqlite, "list the keys", failure);
	sqlite3_reset(stmt);
	return ret;
}

/* Run a statement that gives one number. */
static int fetch_number(struct store_sqlite *sqlite, enum statement which, uint64_t *number,
			struct failure *failure)
{
	sqlite3_stmt *stmt = sqlite->statements[which];
	int ret = 0;

	if (sqlite3_step(stmt) == SQLITE_ROW)
		*number = sqlite3_column_int64(stmt, 0);
	else
		ret = sqlite_failure(sqlite, "count the keys", failure);
	sqlite3_reset(stmt);
	return ret;
}

static int sqlite_count(struct store *store, uint32_t owner, uint64_t *count,
			struct failure *failure)
{
	struct store_sqlite *sqlite = to_sqlite(store);

	sqlite3_bind_int64(sqlite->statements[COUNT], 1, owner);
	return fetch_number(sqlite, COUNT, count, failure);
}

static int sqlite_total(struct store *store, uint64_t *count, struct failure *failure)
{
	return fetch_number(to_sqlite(store), TOTAL, count, failure);
}

static void sqlite_close(struct store *store)
{
	struct store_sqlite *sqlite = to_sqlite(store);
	int i;

	for (i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(sqlite->statements[i]);
	sqlite3_close(sqlite->db);
	free(sqlite->path);
	free(sqlite);
}

/*
 * What else is in the file must not run: it may have been edited. A page that is
 * freed is overwritten; temporary tables stay in memory.
 */
static int configure(struct store_sqlite *sqlite, struct failure *failure)
{
	sqlite3 *db = sqlite->db;

	sqlite3_extended_result_codes(db, 1);
	if (sqlite3_busy_timeout(db, BUSY_MS) ||
	    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) ||
	    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL) ||
	    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL) ||
	    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL) ||
	    sqlite3_exec(db,
			 "PRAGMA journal_mode = WAL;"
			 "PRAGMA synchronous = FULL;"
			 "PRAGMA foreign_keys = ON;"
			 "PRAGMA secure_delete = ON;"
			 "PRAGMA cell_size_check = ON;"
			 "PRAGMA temp_store = MEMORY", NULL, NULL, NULL))
		return sqlite_failure(sqlite, "open it", failure);
	return 0;
}

static int prepare(struct store_sqlite *sqlite, struct failure *failure)
{
	int i;

	for (i = 0; i < STATEMENTS; i++)
		if (sqlite3_prepare_v3(sqlite->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
				       &sqlite->statements[i], NULL))
			return sqlite_failure(sqlite, "read its schema", failure);
	return 0;
}

static int sqlite_open(const char *where, bool create, struct store **result,
		       struct failure *failure)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
		    SQLITE_OPEN_PRIVATECACHE | (create ? SQLITE_OPEN_CREATE : 0);
	struct store_sqlite *sqlite = calloc(1, sizeof(*sqlite));

	if (!sqlite)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for the store");
	sqlite->store.ops = &store_sqlite;
	sqlite->path = strdup(where);
	if (!sqlite->path || sqlite3_open_v2(where, &sqlite->db, flags, NULL)) {
		sqlite_failure(sqlite, "open it", failure);
		goto err;
	}
	if (configure(sqlite, failure) || sqlite_migrate(sqlite, create, failure) ||
	    prepare(sqlite, failure))
		goto err;
	*result = &sqlite->store;
	return 0;
err:
	sqlite_close(&sqlite->store);
	return -1;
}

const struct store_ops store_sqlite = {
	.name = "sqlite",
	.open = sqlite_open,
	.close = sqlite_close,
	.schema = sqlite_schema,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.get_meta = sqlite_get_meta,
	.put_meta = sqlite_put_meta,
	.insert = sqlite_insert,
	.by_name = sqlite_by_name,
	.by_id = sqlite_by_id,
	.version = sqlite_version,
	.update = sqlite_update,
	.remove = sqlite_remove,
	.list = sqlite_list,
	.count = sqlite_count,
	.total = sqlite_total,
};
