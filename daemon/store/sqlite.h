/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the SQLite store share. */
#ifndef UKSD_STORE_SQLITE_H
#define UKSD_STORE_SQLITE_H

#include <sqlite3.h>

#include "daemon/store/store.h"

#define STORE_SCHEMA	6	/* the schema this daemon writes */

/* Statements that a connection keeps prepared. */
enum statement {
	BEGIN, COMMIT, ROLLBACK, GET_META, PUT_META, INSERT_KEY, INSERT_VERSION, NEW_VERSION,
	COUNT_NEW, COUNT_CHANGED, COUNT_REMOVED, BY_NAME, DELETED_BY_NAME, BY_ID, VERSION_AFTER,
	UPDATE_KEY, UPDATE_VERSION, REMOVE_KEY, BURY, TOMBSTONE, GET_USES, PUT_USES, DUE, LIST,
	LIST_DELETED, LIST_GRANTED, COUNT, TOTAL, NV_FROM, NV_ADD, NV_DROP, NV_DROP_ORPHANS,
	NV_DROPPED, NV_REMOVE, NV_FOREIGN, NEXT_VERSION, PUT_BLOB, NEXT_USES, VERSIONS, DROP_META,
	SKS_PUT, SKS_GET, SKS_NEXT_OF_OWNER, SKS_NEXT_OF_PARENT, SKS_NEXT_OF_LINK,
	SKS_NEXT_OF_NAME, SKS_NEXT_OF_DIGEST, SKS_NEXT_OF_KIND, SKS_COUNT, SKS_REMOVE,
	GET_LEAF, PUT_LEAF, REMOVE_LEAVES, CLEAR_LEAVES, ROWS_VERSIONS, ROWS_USES, ROWS_LEAVES,
	ROWS_THERE,
	STATEMENTS
};

/**
 * struct store_sqlite - a connection to an SQLite store
 * @store: as others see it
 * @db: the database
 * @path: where it is
 * @statements: prepared; reset after each use
 * @dump: the rows that are being read as bytes; NULL when none are
 * @dump_table: of which table they are
 */
struct store_sqlite {
	struct store store;
	sqlite3 *db;
	char *path;
	struct sqlite3_stmt *statements[STATEMENTS];
	struct sqlite3_stmt *dump;
	unsigned int dump_table;
};

/**
 * sqlite_failure() - say what went wrong with a database
 * @sqlite: the connection
 * @doing: what was tried, such as "add the key"
 * @failure: what to fill in: UKS_E_STORE, UKS_E_STORE_FULL
 *
 * Return: -1.
 */
int sqlite_failure(struct store_sqlite *sqlite, const char *doing, struct failure *failure);

/** sqlite_check() - see &struct store_ops */
int sqlite_check(struct store *store, struct failure *failure);

/** store_to_sqlite() - the connection that a store is part of */
static inline struct store_sqlite *store_to_sqlite(struct store *store)
{
	return (struct store_sqlite *)store;
}

/**
 * sqlite_run() - run a statement that gives no row
 * @sqlite: the connection
 * @which: the statement, its parameters bound; they are cleared afterwards
 * @doing: as in sqlite_failure()
 * @failure: receives UKS_E_STORE, UKS_E_STORE_FULL, UKS_E_KEY_EXISTS
 *
 * Return: 0, or -1 with @failure filled in.
 */
int sqlite_run(struct store_sqlite *sqlite, enum statement which, const char *doing,
	       struct failure *failure);

/**
 * sqlite_fetch_number() - run a statement that gives one number
 * @sqlite: the connection
 * @which: the statement, its parameters bound
 * @number: receives the number
 * @failure: receives UKS_E_STORE
 *
 * Return: 0, or -1 with @failure filled in.
 */
int sqlite_fetch_number(struct store_sqlite *sqlite, enum statement which, uint64_t *number,
			struct failure *failure);

/**
 * sqlite_change_one() - run a statement that must change exactly one row
 * @sqlite: the connection
 * @which: as in sqlite_run()
 * @doing: as in sqlite_failure()
 * @failure: as in sqlite_run(), or UKS_E_NO_KEY
 *
 * Return: 0, or -1 with @failure filled in.
 */
int sqlite_change_one(struct store_sqlite *sqlite, enum statement which, const char *doing,
		      struct failure *failure);

/** sqlite_bind_bytes() - bind @len bytes at @value, which may be none */
static inline void sqlite_bind_bytes(sqlite3_stmt *stmt, int at, const void *value, size_t len)
{
	/* An empty blob is not NULL. */
	sqlite3_bind_blob(stmt, at, len ? value : "", len, SQLITE_STATIC);
}

/** sqlite_take_bytes() - copy a column; false when it is longer than @size */
bool sqlite_take_bytes(sqlite3_stmt *stmt, int column, void *to, size_t size, size_t *len);

/* The operations of struct store_ops, where they are in other files. */
int sqlite_begin(struct store *store, struct failure *failure);
int sqlite_commit(struct store *store, struct failure *failure);
void sqlite_rollback(struct store *store);
int sqlite_insert(struct store *store, const struct record *record, struct failure *failure);
int sqlite_add(struct store *store, const struct record *record, struct failure *failure);
int sqlite_add_version(struct store *store, const struct record *record,
		       struct failure *failure);
int sqlite_by_name(struct store *store, uint32_t owner, const char *name, struct record *record,
		   struct failure *failure);
int sqlite_deleted_by_name(struct store *store, uint32_t owner, const char *name,
			   struct record *record, struct failure *failure);
int sqlite_by_id(struct store *store, const uint8_t *id, struct record *record,
		 struct failure *failure);
int sqlite_version(struct store *store, const uint8_t *id, uint32_t after, struct record *record,
		   struct failure *failure);
int sqlite_update(struct store *store, const struct record *record, struct failure *failure);
int sqlite_remove(struct store *store, const uint8_t *id, struct failure *failure);
int sqlite_bury(struct store *store, const struct tombstone *tombstone, struct failure *failure);
int sqlite_tombstone(struct store *store, const uint8_t *id, struct tombstone *tombstone,
		     struct failure *failure);
int sqlite_get_uses(struct store *store, const uint8_t *id, struct uses *uses,
		    struct failure *failure);
int sqlite_put_uses(struct store *store, const uint8_t *id, const struct uses *uses,
		    struct failure *failure);
int sqlite_due(struct store *store, uint8_t *id, uint64_t *when, struct failure *failure);
int sqlite_list(struct store *store, uint32_t owner, const char *after, store_each each,
		void *context, struct failure *failure);
int sqlite_list_deleted(struct store *store, uint32_t owner, const uint8_t *after,
			store_each each, void *context, struct failure *failure);
int sqlite_list_granted(struct store *store, uint32_t uid, struct store_place *place,
			uint32_t limit, store_each each, void *context,
			struct failure *failure);
int sqlite_count(struct store *store, uint32_t owner, uint64_t *count, struct failure *failure);
int sqlite_total(struct store *store, uint64_t *count, struct failure *failure);
int sqlite_nv_free(struct store *store, uint32_t from, uint32_t *handle, struct failure *failure);
int sqlite_nv_add(struct store *store, const struct nv *nv, struct failure *failure);
int sqlite_nv_drop(struct store *store, const uint8_t *key, struct failure *failure);
int sqlite_nv_dropped(struct store *store, struct nv *nv, struct failure *failure);
int sqlite_nv_settle(struct store *store, uint32_t handle, bool removed,
		     struct failure *failure);
int sqlite_get_leaf(struct store *store, const uint8_t *id, int64_t after, uint32_t *version,
		    uint64_t *leaf, struct failure *failure);
int sqlite_put_leaf(struct store *store, const uint8_t *id, uint32_t version, uint64_t leaf,
		    struct failure *failure);
int sqlite_remove_leaves(struct store *store, const uint8_t *id, struct failure *failure);
int sqlite_rows(struct store *store, enum store_rows which, const struct row *after,
		uint32_t limit, store_each_row each, void *context, struct failure *failure);

int sqlite_next_version(struct store *store, struct record *record, struct failure *failure);
int sqlite_put_blob(struct store *store, const struct record *record, struct failure *failure);
int sqlite_next_uses(struct store *store, uint8_t *id, struct uses *uses,
		     struct failure *failure);
int sqlite_versions(struct store *store, uint64_t *count, struct failure *failure);
int sqlite_drop_meta(struct store *store, const char *name, struct failure *failure);
int sqlite_dump_begin(struct store *store, struct failure *failure);
void sqlite_dump_end(struct store *store);
int sqlite_dump_rows(struct store *store, uint8_t *rows, size_t room, size_t *len,
		     struct failure *failure);
int sqlite_load_rows(struct store *store, const uint8_t *rows, size_t len, struct rows *count,
		     struct failure *failure);
int sqlite_load_end(struct store *store, struct failure *failure);
int sqlite_left_out(struct store *store, left_out_each each, void *context,
		    struct failure *failure);
int sqlite_empty(struct store *store, struct failure *failure);

/**
 * sqlite_migrate() - bring a database to STORE_SCHEMA
 * @sqlite: the connection, without prepared statements
 * @create: may the database be changed?
 * @failure: receives the cause: a foreign file, a newer schema
 *
 * Return: 0, or -1 with @failure filled in.
 */
int sqlite_migrate(struct store_sqlite *sqlite, bool create, struct failure *failure);

#endif /* UKSD_STORE_SQLITE_H */
