// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What is wrong with the database, in words that name the cause and the cure. A page
 * that is damaged fails what reads it, or, in an index, hides a row.
 */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "daemon/store/sqlite.h"

#define CHECK_MAX	(64 << 20)	/* bytes, half a second */

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

/* After that, what is read may be what was never written: no damage that lasts. */
static atomic_bool disk_failed;

/* SQLite goes on to other files, and says what became of those. */
static bool is_read_only(const struct store_sqlite *sqlite)
{
	return access(sqlite->path, W_OK) && errno == EROFS;
}

int sqlite_failure(struct store_sqlite *sqlite, const char *doing, struct failure *failure)
{
	int code = sqlite3_extended_errcode(sqlite->db), number = 0;

	if (code == SQLITE_IOERR_WRITE)
		number = write_errno(sqlite->db);
	if (!number)
		number = sqlite3_system_errno(sqlite->db);
	code &= 0xff;
	if (number == EIO)
		disk_failed = true;
	if (code == SQLITE_FULL || number == ENOSPC || number == EDQUOT || number == EFBIG)
		return failure_set(failure, UKS_E_STORE_FULL,
				   "store %s: cannot %s: its file system is full: make room; nothing was changed",
				   sqlite->path, doing);
	if ((code == SQLITE_CORRUPT || code == SQLITE_NOTADB) && disk_failed)
		return failure_set(failure, UKS_E_STORE,
				   "store %s: cannot %s: its disk failed before: mend it and restart uksd",
				   sqlite->path, doing);
	if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
		return failure_set(failure, UKS_E_STORE,
				   "store %s: cannot %s: the file is damaged: restore it from a backup",
				   sqlite->path, doing);
	if (is_read_only(sqlite))
		return failure_set(failure, UKS_E_STORE,
				   "store %s: cannot %s: its file system is read-only: the kernel's log may say why; mount it for writing",
				   sqlite->path, doing);
	return failure_set(failure, UKS_E_STORE, "store %s: cannot %s: %s%s%s", sqlite->path, doing,
			   sqlite3_errmsg(sqlite->db), number ? ": " : "",
			   number ? strerror(number) : "");
}

/* One row with one number or one text. */
static int first_row(struct store_sqlite *sqlite, const char *sql, sqlite3_stmt **stmt,
		     struct failure *failure)
{
	if (!sqlite3_prepare_v2(sqlite->db, sql, -1, stmt, NULL) &&
	    sqlite3_step(*stmt) == SQLITE_ROW)
		return 0;
	sqlite_failure(sqlite, "look through it", failure);
	sqlite3_finalize(*stmt);
	return -1;
}

int sqlite_check(struct store *store, struct failure *failure)
{
	static const char measure[] =
		"SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
	struct store_sqlite *sqlite = store_to_sqlite(store);
	const char *found;
	sqlite3_stmt *stmt;
	int64_t size;
	int ret = 0;

	if (first_row(sqlite, measure, &stmt, failure))
		return -1;
	size = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	if (size > CHECK_MAX)
		return 0;
	if (first_row(sqlite, "PRAGMA integrity_check(1)", &stmt, failure))
		return -1;
	found = (const char *)sqlite3_column_text(stmt, 0);
	if (!found || strcmp(found, "ok"))
		ret = failure_set(failure, UKS_E_STORE,
				  "store %s: the file is damaged: restore it from a backup",
				  sqlite->path);
	sqlite3_finalize(stmt);
	return ret;
}
