// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The rows of the store as bytes, and back. A row is the number of its table (a
 * byte), how many columns it has (a byte), and each column: its kind (a byte), then a
 * number of 64 bits, or a length of 32 bits and so many bytes. All are big-endian.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/rollback/ledger.h"
#include "daemon/store/sqlite.h"

enum { KIND_NUMBER = 1, KIND_TEXT, KIND_BYTES };

#define WHOLE	"provider = 1 AND length(pin) = 0"
#define OURS	"(SELECT id FROM keys WHERE " WHOLE ")"

/* Keys inside the TPM stay there, and so do PINs. Counts are made anew. */
static const struct {
	const char *name;
	const char *select;
} tables[] = {
	{ "keys", "SELECT * FROM keys WHERE " WHOLE " ORDER BY id" },
	{ "versions", "SELECT * FROM versions WHERE key IN " OURS " ORDER BY key, version" },
	{ "uses", "SELECT * FROM uses WHERE key IN " OURS " ORDER BY key" },
	{ "tombstones", "SELECT * FROM tombstones ORDER BY key, version" },
};

#define TABLES	(sizeof(tables) / sizeof(*tables))

static int prepare(struct store_sqlite *sqlite, const char *sql, sqlite3_stmt **stmt,
		   struct failure *failure)
{
	if (sqlite3_prepare_v2(sqlite->db, sql, -1, stmt, NULL) != SQLITE_OK)
		return sqlite_failure(sqlite, "read all of it", failure);
	return 0;
}

/* The first read fixes what is seen from then on. */
int sqlite_dump_begin(struct store *store, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);

	if (sqlite3_exec(sqlite->db, "BEGIN; SELECT count(*) FROM meta", NULL, NULL, NULL))
		return sqlite_failure(sqlite, "read all of it", failure);
	sqlite->dump_table = 0;
	return 0;
}

void sqlite_dump_end(struct store *store)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);

	sqlite3_finalize(sqlite->dump);
	sqlite->dump = NULL;
	sqlite3_exec(sqlite->db, "ROLLBACK", NULL, NULL, NULL);
}

static uint8_t *put_number(uint8_t *at, uint64_t value, int bytes)
{
	int i;

	for (i = bytes - 1; i >= 0; i--, value >>= 8)
		at[i] = value;
	return at + bytes;
}

static uint64_t get_number(const uint8_t *at, int bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | *at++;
	return value;
}

static size_t column_len(sqlite3_stmt *stmt, int column)
{
	if (sqlite3_column_type(stmt, column) == SQLITE_INTEGER)
		return 1 + 8;
	return 1 + 4 + sqlite3_column_bytes(stmt, column);
}

static uint8_t *put_column(uint8_t *at, sqlite3_stmt *stmt, int column)
{
	bool text = sqlite3_column_type(stmt, column) == SQLITE_TEXT;
	const void *bytes;
	size_t len;

	if (sqlite3_column_type(stmt, column) == SQLITE_INTEGER) {
		*at = KIND_NUMBER;
		return put_number(at + 1, sqlite3_column_int64(stmt, column), 8);
	}
	bytes = sqlite3_column_blob(stmt, column);
	len = sqlite3_column_bytes(stmt, column);
	*at = text ? KIND_TEXT : KIND_BYTES;
	at = put_number(at + 1, len, 4);
	if (len)
		memcpy(at, bytes, len);
	return at + len;
}

/* Returns 1 when the row was put, 0 when it does not fit. */
static int put_row(struct store_sqlite *sqlite, uint8_t *row, size_t room, size_t *len)
{
	int i, columns = sqlite3_column_count(sqlite->dump);
	uint8_t *at = row;
	size_t needed = 2;

	for (i = 0; i < columns; i++)
		needed += column_len(sqlite->dump, i);
	*len = 0;
	if (needed > room)
		return 0;
	*at++ = sqlite->dump_table;
	*at++ = columns;
	for (i = 0; i < columns; i++)
		at = put_column(at, sqlite->dump, i);
	*len = at - row;
	return 1;
}

/* Goes to the next row of any table; 1 there is one, 0 there is none, -1 failed. */
static int next_row(struct store_sqlite *sqlite, struct failure *failure)
{
	int step;

	while (sqlite->dump_table < TABLES) {
		if (!sqlite->dump &&
		    prepare(sqlite, tables[sqlite->dump_table].select, &sqlite->dump, failure))
			return -1;
		step = sqlite3_step(sqlite->dump);
		if (step == SQLITE_ROW)
			return 1;
		if (step != SQLITE_DONE)
			return sqlite_failure(sqlite, "read all of it", failure);
		sqlite3_finalize(sqlite->dump);
		sqlite->dump = NULL;
		sqlite->dump_table++;
	}
	return 0;
}

int sqlite_dump_rows(struct store *store, uint8_t *rows, size_t room, size_t *len,
		     struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);
	size_t one;
	int ret = 1;

	*len = 0;
	if (!sqlite->dump)
		ret = next_row(sqlite, failure);
	while (ret > 0) {
		if (!put_row(sqlite, rows + *len, room - *len, &one))
			return *len ? 1 : failure_set(failure, UKS_E_STORE,
						      "a row of the store is too long");
		*len += one;
		ret = next_row(sqlite, failure);
	}
	return ret;
}

static int wrong_row(struct failure *failure)
{
	return failure_set(failure, UKS_E_BACKUP, "a row in the backup is malformed");
}

static int bind_column(sqlite3_stmt *stmt, int column, const uint8_t **at, const uint8_t *end)
{
	size_t left = end - *at, len;
	const uint8_t *value;
	uint8_t kind;

	if (left < 1 + 4)
		return -1;
	kind = **at;
	value = *at + 1;
	if (kind == KIND_NUMBER) {
		if (left < 1 + 8)
			return -1;
		*at = value + 8;
		return stmt && sqlite3_bind_int64(stmt, column, get_number(value, 8)) ? -1 : 0;
	}
	len = get_number(value, 4);
	value += 4;
	if ((kind != KIND_TEXT && kind != KIND_BYTES) || len > left - 1 - 4)
		return -1;
	*at = value + len;
	if (!stmt)
		return 0;
	if (kind == KIND_TEXT)
		return sqlite3_bind_text(stmt, column, (const char *)value, len, SQLITE_STATIC);
	sqlite_bind_bytes(stmt, column, value, len);
	return 0;
}

static int insert(struct store_sqlite *sqlite, unsigned int table, int columns,
		  const uint8_t **at, const uint8_t *end, struct failure *failure)
{
	char sql[160] = "";
	sqlite3_stmt *stmt;
	int i, ret = 0;
	size_t len;

	len = snprintf(sql, sizeof(sql), "INSERT INTO %s VALUES (?", tables[table].name);
	for (i = 1; i < columns && len < sizeof(sql) - 4; i++)
		len += snprintf(sql + len, sizeof(sql) - len, ",?");
	snprintf(sql + len, sizeof(sql) - len, ")");
	if (prepare(sqlite, sql, &stmt, failure))
		return wrong_row(failure);
	for (i = 1; i <= columns && !ret; i++)
		if (bind_column(stmt, i, at, end))
			ret = wrong_row(failure);
	if (!ret && sqlite3_step(stmt) != SQLITE_DONE)
		ret = sqlite_failure(sqlite, "put a row of the backup in place", failure);
	sqlite3_finalize(stmt);
	return ret;
}

/* Only looks, if @sqlite is NULL. */
static int take_row(struct store_sqlite *sqlite, const uint8_t **at, const uint8_t *end,
		    struct rows *count, struct failure *failure)
{
	unsigned int table, columns, i;

	if (end - *at < 2)
		return wrong_row(failure);
	table = *(*at)++;
	columns = *(*at)++;
	if (table >= TABLES || !columns || columns > 32)
		return wrong_row(failure);
	count->keys += table == 0;
	count->versions += table == 1;
	if (sqlite)
		return insert(sqlite, table, columns, at, end, failure);
	for (i = 0; i < columns; i++)
		if (bind_column(NULL, 0, at, end))
			return wrong_row(failure);
	return 0;
}

int sqlite_load_rows(struct store *store, const uint8_t *rows, size_t len, struct rows *count,
		     struct failure *failure)
{
	struct store_sqlite *sqlite = store ? store_to_sqlite(store) : NULL;
	const uint8_t *at = rows;

	while (at < rows + len)
		if (take_row(sqlite, &at, rows + len, count, failure))
			return -1;
	return 0;
}

int sqlite_load_end(struct store *store, struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);

	if (sqlite3_exec(sqlite->db,
			 "INSERT INTO counts SELECT owner, count(*) FROM keys WHERE deleted = 0 GROUP BY owner",
			 NULL, NULL, NULL))
		return sqlite_failure(sqlite, "count the keys", failure);
	return ledger_fill(store, failure);
}

int sqlite_left_out(struct store *store, left_out_each each, void *context,
		    struct failure *failure)
{
	struct store_sqlite *sqlite = store_to_sqlite(store);
	static const char query[] =
		"SELECT owner, name, iif(provider = 1, 'pin', 'tpm') FROM keys\n"
		"WHERE NOT (" WHOLE ") ORDER BY owner, name";
	sqlite3_stmt *stmt;
	int step;

	if (prepare(sqlite, query, &stmt, failure))
		return -1;
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW)
		each(sqlite3_column_int64(stmt, 0), (const char *)sqlite3_column_text(stmt, 1),
		     (const char *)sqlite3_column_text(stmt, 2), context);
	sqlite3_finalize(stmt);
	if (step != SQLITE_DONE)
		return sqlite_failure(sqlite, "list keys inside the TPM", failure);
	return 0;
}
