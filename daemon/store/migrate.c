// SPDX-License-Identifier: LGPL-2.1-or-later
/* Schema of the SQLite store, and the way from each version to the next. */
#include <stdio.h>

#include "daemon/log.h"
#include "daemon/store/sqlite.h"

#define APPLICATION_ID	0x554b5331	/* "UKS1"; PRAGMA application_id, for file(1) */

/* Each is a file of SQL: daemon/store/schema-1.sql and so on. */
static const char * const migrations[STORE_SCHEMA] = {
#include "schema-1.inc"
	,
#include "schema-2.inc"
	,
#include "schema-3.inc"
	,
#include "schema-4.inc"
	,
#include "schema-5.inc"
	,
#include "schema-6.inc"
};

static int execute(struct store_sqlite *sqlite, const char *sql, const char *doing,
		   struct failure *failure)
{
	if (sqlite3_exec(sqlite->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return sqlite_failure(sqlite, doing, failure);
	return 0;
}

/* Value of a statement that gives one number. */
static int number(struct store_sqlite *sqlite, const char *sql, sqlite3_int64 *value,
		  struct failure *failure)
{
	sqlite3_stmt *stmt = NULL;
	int ret = -1;

	if (sqlite3_prepare_v2(sqlite->db, sql, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW) {
		*value = sqlite3_column_int64(stmt, 0);
		ret = 0;
	} else {
		sqlite_failure(sqlite, "read its header", failure);
	}
	sqlite3_finalize(stmt);
	return ret;
}

static int check_origin(struct store_sqlite *sqlite, sqlite3_int64 *version,
			struct failure *failure)
{
	sqlite3_int64 application, tables;

	if (number(sqlite, "PRAGMA application_id", &application, failure) ||
	    number(sqlite, "PRAGMA user_version", version, failure) ||
	    number(sqlite, "SELECT count(*) FROM sqlite_schema", &tables, failure))
		return -1;
	if (application != APPLICATION_ID && (application || *version || tables))
		return failure_set(failure, UKS_E_STORE,
				   "%s is a database, but not a UKS store: set 'store' to another path",
				   sqlite->path);
	if (*version > STORE_SCHEMA)
		return failure_set(failure, UKS_E_STORE,
				   "the store %s has schema %lld, this daemon knows up to %d: update uksd, or restore the store from before the update",
				   sqlite->path, *version, STORE_SCHEMA);
	return 0;
}

static int step(struct store_sqlite *sqlite, int from, struct failure *failure)
{
	char sql[80];

	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d",
		 APPLICATION_ID, from + 1);
	return execute(sqlite, migrations[from], "change its schema", failure) ||
	       execute(sqlite, sql, "change its schema", failure) ? -1 : 0;
}

/* The version is read again inside the transaction: two may start at once. */
static int migrate(struct store_sqlite *sqlite, struct failure *failure)
{
	sqlite3_int64 version;

	if (execute(sqlite, "BEGIN IMMEDIATE", "begin a change", failure))
		return -1;
	if (check_origin(sqlite, &version, failure))
		goto rollback;
	for (; version < STORE_SCHEMA; version++)
		if (step(sqlite, version, failure))
			goto rollback;
	if (execute(sqlite, "COMMIT", "change its schema", failure))
		goto rollback;
	log_info("store %s now has schema %d", sqlite->path, STORE_SCHEMA);
	return 0;
rollback:
	sqlite3_exec(sqlite->db, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}

int sqlite_migrate(struct store_sqlite *sqlite, bool create, struct failure *failure)
{
	sqlite3_int64 version;

	if (check_origin(sqlite, &version, failure))
		return -1;
	if (version == STORE_SCHEMA)
		return 0;
	if (!create)
		return failure_set(failure, UKS_E_STORE, "the store %s has schema %lld, not %d",
				   sqlite->path, version, STORE_SCHEMA);
	return migrate(sqlite, failure);
}
