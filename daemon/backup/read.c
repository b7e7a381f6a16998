// SPDX-License-Identifier: LGPL-2.1-or-later
/* Making a backup, frame by frame. */
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "daemon/backup/backup.h"
#include "daemon/log.h"

static void put_number(uint8_t *at, uint64_t value, int bytes)
{
	int i;

	for (i = bytes - 1; i >= 0; i--, value >>= 8)
		at[i] = value;
}

static void add_left_out(uint32_t owner, const char *name, const char *reason, void *context)
{
	struct backup *backup = context;

	json_array_append_new(backup->left_out,
			      json_pack("{s:I, s:s, s:s}", "owner", (json_int_t)owner, "name",
					name, "reason", reason));
}

static int begin(struct worker *worker, struct backup *backup, uint8_t *frame, size_t *len,
		 struct failure *failure)
{
	struct backup_header *header = &backup->header;
	uint8_t key[crypto_secretstream_xchacha20poly1305_KEYBYTES];
	const uint8_t *master = worker->uksd->master->key;

	if (store_open(worker->uksd->config->store, false, &backup->store, failure) ||
	    backup->store->ops->dump_begin(backup->store, failure) ||
	    backup->store->ops->left_out(backup->store, add_left_out, backup, failure))
		return -1;
	memcpy(header->magic, "UKS backup", 10);
	header->format = BACKUP_FORMAT;
	master_pattern(master, header->pattern);
	randombytes_buf(header->salt, sizeof(header->salt));
	backup_key(master, header, key);
	crypto_secretstream_xchacha20poly1305_init_push(&backup->secrets->stream, header->stream,
							key);
	sodium_memzero(key, sizeof(key));
	memcpy(frame, header, sizeof(*header));
	*len = sizeof(*header);
	return 0;
}

/* Administrators come along: who restores is not who administers. */
static int put_contents(struct worker *worker, struct backup *backup, uint8_t *frame, size_t *len,
			struct failure *failure)
{
	struct backup_contents *contents = &backup->contents;
	struct master_record record;
	unsigned long long sealed;

	if (record_read(backup->store, worker->uksd->master->key, &record, failure))
		return -1;
	backup->created = time(NULL);
	put_number(contents->schema, backup->store->ops->schema(backup->store), 4);
	put_number(contents->commit, record.commit, 4);
	put_number(contents->revoke, record.revoke, 4);
	put_number(contents->count, record.count, 4);
	put_number(contents->created, backup->created, 8);
	memcpy(contents->administrators, record.administrators, sizeof(record.administrators));
	crypto_secretstream_xchacha20poly1305_push(&backup->secrets->stream, frame, &sealed,
						   (const uint8_t *)contents, sizeof(*contents),
						   (const uint8_t *)&backup->header,
						   sizeof(backup->header), 0);
	*len = sealed;
	return 0;
}

static int put_rows(struct backup *backup, uint8_t *frame, size_t *len, struct failure *failure)
{
	uint8_t *rows = backup->secrets->rows;
	struct store *store = backup->store;
	unsigned long long sealed;
	size_t rows_len;
	int more;

	more = store->ops->dump_rows(store, rows, BACKUP_ROWS_MAX, &rows_len, failure);
	if (more < 0 || store->ops->load_rows(NULL, rows, rows_len, &backup->rows, failure))
		return -1;
	/* The last frame is empty: an end that is missing is not taken for one. */
	backup->ended = !more && !rows_len;
	crypto_secretstream_xchacha20poly1305_push(&backup->secrets->stream, frame, &sealed, rows,
						   rows_len, NULL, 0, backup->ended ?
						   crypto_secretstream_xchacha20poly1305_TAG_FINAL :
						   0);
	*len = sealed;
	return 0;
}

int backup_read(struct worker *worker, struct backup *backup, uint8_t *frame, size_t *len,
		struct failure *failure)
{
	int ret;

	if (!backup->frames)
		ret = begin(worker, backup, frame, len, failure);
	else if (backup->frames == 1)
		ret = put_contents(worker, backup, frame, len, failure);
	else
		ret = put_rows(backup, frame, len, failure);
	if (ret)
		return -1;
	backup->frames++;
	if (backup->ended)
		log_info("a backup was made: %llu keys in %llu versions, %zu left out",
			 (unsigned long long)backup->rows.keys,
			 (unsigned long long)backup->rows.versions,
			 json_array_size(backup->left_out));
	return 0;
}
