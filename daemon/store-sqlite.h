/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the SQLite store share. */
#ifndef UKSD_STORE_SQLITE_H
#define UKSD_STORE_SQLITE_H

#include <sqlite3.h>

#include "daemon/store.h"

#define STORE_SCHEMA	1	/* the schema this daemon writes */

/* Statements that a connection keeps prepared. */
enum statement {
	BEGIN, COMMIT, ROLLBACK, GET_META, PUT_META, INSERT_KEY, INSERT_VERSION,
	BY_NAME, BY_ID, VERSION_AFTER, RENAME_KEY, RESEAL_VERSION, REMOVE_KEY, LIST, COUNT, TOTAL,
	STATEMENTS
};

/**
 * struct store_sqlite - a connection to an SQLite store
 * @store: as others see it
 * @db: the database
 * @path: where it is
 * @statements: prepared; reset after each use
 */
struct store_sqlite {
	struct store store;
	sqlite3 *db;
	char *path;
	struct sqlite3_stmt *statements[STATEMENTS];
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
