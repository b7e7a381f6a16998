// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "daemon/rollback/ledger.h"
#include "daemon/store/sqlite.h"

#define BUSY_MS		10000	/* wait for another program, such as a backup */
#define READ_AHEAD_STEP	(128 << 10)
#define READ_AHEAD_MAX	(1 << 30)	/* more may be more than the memory that is free */

/*
 * Taken from begin to commit or rollback: SQLite has one writer at a time, and
 * would let others poll. While the store is frozen nobody waits for it.
 */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t free;
	bool taken;
	const struct store *frozen_by;
} writer = { .lock = PTHREAD_MUTEX_INITIALIZER, .free = PTHREAD_COND_INITIALIZER };

/* A row as keys.c reads it. */
#define COLUMNS \
	"k.id, k.name, k.owner, k.type, k.purposes, k.origin, v.state, v.version, k.version, v.created, k.deleted, k.erase, k.due, k.policy, v.public_key, v.blob, k.provider, k.pin"
#define SELECT_FROM(keys) \
	"SELECT " COLUMNS " FROM " keys " JOIN versions v ON v.key = k.id"
#define SELECT	SELECT_FROM("keys k")
#define NEWEST	" AND v.version = k.version"

/* A row as sks.c reads it. */
#define SELECT_SKS \
	"SELECT handle, owner, kind, open, parent, link, generation, name, key, digest, blob FROM sks "
#define FIRST	" ORDER BY handle LIMIT 1"

/* Rows as leaves.c reads them. */
#define ROWS(what) \
	"SELECT key, version, " what \
	" WHERE (key, version) > (?1, ?2) ORDER BY key, version LIMIT ?3"
#define THERE \
	"EXISTS (SELECT 1 FROM versions v WHERE v.key = l.key AND v.version = l.version) OR " \
	"(version = 0 AND EXISTS (SELECT 1 FROM uses u WHERE u.key = l.key))"

static const char * const sql[STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[GET_META] = "SELECT value FROM meta WHERE name = ?1",
	[PUT_META] = "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)",
	[INSERT_KEY] =
		"INSERT INTO keys (id, owner, name, type, purposes, origin, policy, version, deleted, erase, due, provider, pin) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
	[INSERT_VERSION] =
		"INSERT INTO versions (key, version, state, created, public_key, blob) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[NEW_VERSION] = "UPDATE keys SET version = ?2, due = ?3 WHERE id = ?1",
	[COUNT_NEW] =
		"INSERT INTO counts (owner, keys) VALUES (?1, 1) ON CONFLICT (owner) DO UPDATE SET keys = keys + 1",
	[COUNT_CHANGED] =
		"UPDATE counts SET keys = keys + (SELECT (deleted != 0) - (?2 != 0) FROM keys WHERE id = ?1) WHERE owner = (SELECT owner FROM keys WHERE id = ?1)",
	[COUNT_REMOVED] =
		"UPDATE counts SET keys = keys - 1 WHERE owner = (SELECT owner FROM keys WHERE id = ?1 AND deleted = 0)",
	[BY_NAME] = SELECT NEWEST " WHERE k.owner = ?1 AND k.name = ?2 AND k.deleted = 0",
	[DELETED_BY_NAME] =
		SELECT NEWEST " WHERE k.owner = ?1 AND k.name = ?2 AND k.deleted != 0 LIMIT 2",
	[BY_ID] = SELECT NEWEST " WHERE k.id = ?1",
	[VERSION_AFTER] = SELECT " WHERE k.id = ?1 AND v.version > ?2 ORDER BY v.version LIMIT 1",
	[UPDATE_KEY] =
		"UPDATE keys SET name = ?2, policy = ?3, deleted = ?4, erase = ?5, due = ?6 WHERE id = ?1",
	[UPDATE_VERSION] =
		"UPDATE versions SET state = ?3, blob = ?4 WHERE key = ?1 AND version = ?2",
	[REMOVE_KEY] = "DELETE FROM keys WHERE id = ?1",
	[BURY] =
		"INSERT INTO tombstones (key, version, owner, name, type, purposes, origin, state, created, erased, check_value, provider) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
	[TOMBSTONE] =
		"SELECT version, owner, name, type, purposes, origin, state, created, erased, check_value, provider FROM tombstones WHERE key = ?1 ORDER BY version DESC LIMIT 1",
	[GET_USES] =
		"SELECT total, boot, in_boot, since, in_rate, tag FROM uses WHERE key = ?1",
	[PUT_USES] =
		"INSERT OR REPLACE INTO uses (key, total, boot, in_boot, since, in_rate, tag) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[DUE] = "SELECT id, due FROM keys WHERE due != 0 ORDER BY due LIMIT 1",
	[LIST] = SELECT NEWEST
		" WHERE k.owner = ?1 AND k.name > ?2 AND k.deleted = 0 ORDER BY k.name",
	[LIST_DELETED] = SELECT NEWEST
		" WHERE k.owner = ?1 AND k.id > ?2 AND k.deleted != 0 ORDER BY k.id",
	[LIST_GRANTED] =
		SELECT_FROM("keys k INDEXED BY keys_granted") NEWEST
		" WHERE k.deleted = 0 AND instr(k.policy, x'0c80') > 0 AND (k.owner, k.id) > (?1, ?2) AND k.owner != ?3 ORDER BY k.owner, k.id LIMIT ?4",
	[COUNT] = "SELECT coalesce(sum(keys), 0) FROM counts WHERE owner = ?1",
	[TOTAL] = "SELECT coalesce(sum(keys), 0) FROM counts",
	[NV_FROM] = "SELECT handle FROM nv WHERE handle >= ?1 ORDER BY handle",
	[NV_ADD] = "INSERT INTO nv (handle, names, key, state) VALUES (?1, ?2, ?3, 1)",
	[NV_DROP] = "UPDATE nv SET state = 2 WHERE key = ?1 AND state = 1",
	[NV_DROP_ORPHANS] =
		"UPDATE nv SET state = 2 WHERE state = 1 AND key NOT IN (SELECT id FROM keys)",
	[NV_DROPPED] = "SELECT handle, names FROM nv WHERE state = 2 ORDER BY handle LIMIT 1",
	[NV_REMOVE] = "DELETE FROM nv WHERE handle = ?1",
	[NV_FOREIGN] = "UPDATE nv SET state = 3 WHERE handle = ?1",
	[NEXT_VERSION] =
		SELECT " WHERE (v.key, v.version) > (?1, ?2) ORDER BY v.key, v.version LIMIT 1",
	[PUT_BLOB] = "UPDATE versions SET blob = ?3 WHERE key = ?1 AND version = ?2",
	[NEXT_USES] = "SELECT key FROM uses WHERE key > ?1 ORDER BY key LIMIT 1",
	[VERSIONS] = "SELECT count(*) FROM versions",
	[DROP_META] = "DELETE FROM meta WHERE name = ?1",
	[SKS_PUT] =
		"INSERT OR REPLACE INTO sks (handle, owner, kind, open, parent, link, generation, name, key, digest, blob) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
	[SKS_GET] = SELECT_SKS "WHERE handle = ?1",
	[SKS_NEXT_OF_OWNER] =
		SELECT_SKS "WHERE owner = ?2 AND kind = ?3 AND open = ?4 AND handle > ?1" FIRST,
	[SKS_NEXT_OF_PARENT] = SELECT_SKS "WHERE parent = ?2 AND kind = ?3 AND handle > ?1" FIRST,
	[SKS_NEXT_OF_LINK] =
		SELECT_SKS "WHERE link = ?2 AND link != 0 AND kind = ?3 AND handle > ?1" FIRST,
	[SKS_NEXT_OF_NAME] =
		SELECT_SKS "WHERE parent = ?2 AND name = ?3 AND name != x'' AND handle > ?1" FIRST,
	[SKS_NEXT_OF_DIGEST] =
		SELECT_SKS "WHERE digest = ?2 AND digest != x'' AND handle > ?1" FIRST,
	[SKS_NEXT_OF_KIND] = SELECT_SKS "WHERE kind = ?2 AND handle > ?1" FIRST,
	[SKS_COUNT] = "SELECT count(*) FROM sks WHERE owner = ?1 AND kind = ?2 AND open",
	[SKS_REMOVE] = "DELETE FROM sks WHERE handle = ?1",
	[GET_LEAF] =
		"SELECT version, leaf FROM leaves WHERE key = ?1 AND version > ?2 ORDER BY version LIMIT 1",
	[PUT_LEAF] = "INSERT OR REPLACE INTO leaves (key, version, leaf) VALUES (?1, ?2, ?3)",
	[REMOVE_LEAVES] = "DELETE FROM leaves WHERE key = ?1",
	[CLEAR_LEAVES] = "DELETE FROM leaves",
	[ROWS_VERSIONS] = ROWS("substr(blob, -16), 0, 1 FROM versions"),
	[ROWS_USES] =
		"SELECT key, 0, tag, 0, 1 FROM uses WHERE (key, 0) > (?1, ?2) ORDER BY key LIMIT ?3",
	[ROWS_LEAVES] = ROWS("NULL, leaf, 1 FROM leaves"),
	[ROWS_THERE] = ROWS("NULL, leaf, " THERE " FROM leaves l"),
};

static bool exists(struct store_sqlite *sqlite)
{
	int code = sqlite3_extended_errcode(sqlite->db);

	return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY;
}

int sqlite_run(struct store_sqlite *sqlite, enum statement which, const char *doing,
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

int sqlite_change_one(struct store_sqlite *sqlite, enum statement which, const char *doing,
		      struct failure *failure)
{
	if (sqlite_run(sqlite, which, doing, failure))
		return -1;
	if (sqlite3_changes(sqlite->db) != 1)
		return failure_set(failure, UKS_E_NO_KEY, "there is no such key any more");
	return 0;
}

bool sqlite_take_bytes(sqlite3_stmt *stmt, int column, void *to, size_t size, size_t *len)
{
	const void *value = sqlite3_column_blob(stmt, column);

	*len = sqlite3_column_bytes(stmt, column);
	if (*len > size)
		return false;
	if (*len)
		memcpy(to, value, *len);
	return true;
}

static bool is_frozen(const struct store *store)
{
	return writer.frozen_by && writer.frozen_by != store;
}

static int take_writer(const struct store *store, struct failure *failure)
{
	bool frozen;

	pthread_mutex_lock(&writer.lock);
	while (writer.taken && !is_frozen(store))
		pthread_cond_wait(&writer.free, &writer.lock);
	frozen = is_frozen(store);
	if (!frozen)
		writer.taken = true;
	pthread_mutex_unlock(&writer.lock);
	if (!frozen)
		return 0;
	return failure_set(failure, UKS_E_BUSY,
			   "keys can be used, but not changed or counted just now: the master key is being exchanged; try again in a moment");
}

static void release_writer(void)
{
	pthread_mutex_lock(&writer.lock);
	writer.taken = false;
	pthread_cond_broadcast(&writer.free);
	pthread_mutex_unlock(&writer.lock);
}

static void sqlite_freeze(struct store *store, bool freeze)
{
	pthread_mutex_lock(&writer.lock);
	writer.frozen_by = freeze ? store : NULL;
	pthread_cond_broadcast(&writer.free);
	pthread_mutex_unlock(&writer.lock);
}

int sqlite_begin(struct store *store, struct failure *failure)
{
	if (take_writer(store, failure))
		return -1;
	if (!sqlite_run(store_to_sqlite(store), BEGIN, "begin a change", failure))
		return 0;
	release_writer();
	return -1;
}

void sqlite_rollback(struct store *store)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);
	struct failure ignored;

	/* Some errors have rolled back already. */
	if (!sqlite3_get_autocommit(sqlite->db))
		sqlite_run(sqlite, ROLLBACK, "undo a change", &ignored);
	ledger_undo(store);
	release_writer();
}

int sqlite_commit(struct store *store, struct failure *failure)
{
	if (ledger_seal(store, failure) ||
	    sqlite_run(store_to_sqlite(store), COMMIT, "make a change durable", failure)) {
		sqlite_rollback(store);
		return -1;
	}
	ledger_commit(store);
	release_writer();
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
	struct store_sqlite *sqlite = store_to_sqlite(store);
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
	struct store_sqlite *sqlite = store_to_sqlite(store);
	sqlite3_stmt *stmt = sqlite->statements[PUT_META];

	sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
	sqlite_bind_bytes(stmt, 2, value, len);
	return sqlite_run(sqlite, PUT_META, "write metadata", failure);
}

/*
 * What was deleted goes from the write-ahead log, too. A reader may be in the
 * way of that: then the next deletion or the end of the daemon does it.
 */
static void sqlite_scrub(struct store *store)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);
	struct failure ignored;

	if (take_writer(store, &ignored))
		return;
	sqlite3_busy_timeout(sqlite->db, 0);
	sqlite3_wal_checkpoint_v2(sqlite->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(sqlite->db, BUSY_MS);
	release_writer();
}

static void sqlite_close(struct store *store)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);
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

/*
 * Have the kernel read the file before keys are asked for: one of a million is on a
 * page that nobody has read, and its first use would wait for the disk. A step is what
 * the kernel reads ahead at once. Done before SQLite opens the file, for to close it
 * takes this process' locks away.
 */
static void read_ahead(const char *where)
{
	int fd = open(where, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat stat;
	off_t at;

	if (fd < 0)
		return;
	if (fstat(fd, &stat))
		stat.st_size = 0;
	for (at = 0; at < stat.st_size && at < READ_AHEAD_MAX; at += READ_AHEAD_STEP)
		posix_fadvise(fd, at, READ_AHEAD_STEP, POSIX_FADV_WILLNEED);
	close(fd);
}

static int sqlite_open(const char *where, bool create, struct store **result,
		       struct failure *failure)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
		    SQLITE_OPEN_PRIVATECACHE | (create ? SQLITE_OPEN_CREATE : 0);
	struct store_sqlite *sqlite = calloc(1, sizeof(*sqlite));

	if (!sqlite)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for the store");
	if (create)
		read_ahead(where);
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
	.add = sqlite_add,
	.add_version = sqlite_add_version,
	.by_name = sqlite_by_name,
	.deleted_by_name = sqlite_deleted_by_name,
	.by_id = sqlite_by_id,
	.version = sqlite_version,
	.update = sqlite_update,
	.remove = sqlite_remove,
	.scrub = sqlite_scrub,
	.bury = sqlite_bury,
	.tombstone = sqlite_tombstone,
	.get_uses = sqlite_get_uses,
	.put_uses = sqlite_put_uses,
	.due = sqlite_due,
	.list = sqlite_list,
	.list_deleted = sqlite_list_deleted,
	.list_granted = sqlite_list_granted,
	.count = sqlite_count,
	.total = sqlite_total,
	.nv_free = sqlite_nv_free,
	.nv_add = sqlite_nv_add,
	.nv_drop = sqlite_nv_drop,
	.nv_dropped = sqlite_nv_dropped,
	.nv_settle = sqlite_nv_settle,
	.freeze = sqlite_freeze,
	.next_version = sqlite_next_version,
	.put_blob = sqlite_put_blob,
	.next_uses = sqlite_next_uses,
	.versions = sqlite_versions,
	.drop_meta = sqlite_drop_meta,
	.empty = sqlite_empty,
	.dump_begin = sqlite_dump_begin,
	.dump_end = sqlite_dump_end,
	.dump_rows = sqlite_dump_rows,
	.load_rows = sqlite_load_rows,
	.load_end = sqlite_load_end,
	.left_out = sqlite_left_out,
	.sks_put = sqlite_sks_put,
	.sks_get = sqlite_sks_get,
	.sks_find = sqlite_sks_find,
	.sks_count = sqlite_sks_count,
	.sks_remove = sqlite_sks_remove,
	.get_leaf = sqlite_get_leaf,
	.put_leaf = sqlite_put_leaf,
	.remove_leaves = sqlite_remove_leaves,
	.rows = sqlite_rows,
	.check = sqlite_check,
};
