// SPDX-License-Identifier: LGPL-2.1-or-later
/* Taking a backup in: all of it is checked before any of it is put in place. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/backup/backup.h"
#include "daemon/log.h"
#include "daemon/master/register.h"

static uint64_t get_number(const uint8_t *at, int bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | *at++;
	return value;
}

static int not_authentic(const struct backup *backup, struct failure *failure)
{
	return failure_set(failure, UKS_E_BACKUP,
			   "frame %llu of the backup was damaged, moved or is of another backup: nothing was changed",
			   (unsigned long long)backup->frames + 1);
}

/* The master key that the header is about: the one in force, or one from shares. */
static const uint8_t *find_key(struct uksd *uksd, const struct backup *backup)
{
	const struct custody *custody = &uksd->custody;
	uint8_t pattern[MASTER_PATTERN_LEN];

	if (custody->recovered) {
		master_pattern(custody->secrets->recovered, pattern);
		if (!memcmp(pattern, backup->header.pattern, sizeof(pattern)))
			return custody->secrets->recovered;
	}
	/* What is restored comes from shares, not from the store that it replaces. */
	if (backup->task == BACKUP_RESTORE)
		return NULL;
	master_pattern(uksd->master->key, pattern);
	return memcmp(pattern, backup->header.pattern, sizeof(pattern)) ? NULL :
	       uksd->master->key;
}

static int take_header(struct uksd *uksd, struct backup *backup, const uint8_t *frame, size_t len,
		       struct failure *failure)
{
	static const uint8_t magic[sizeof(backup->header.magic)] = "UKS backup";
	uint8_t key[crypto_secretstream_xchacha20poly1305_KEYBYTES];
	char pattern[2 * MASTER_PATTERN_LEN + 1];
	struct backup_header *header = &backup->header;
	const uint8_t *master;
	int ret;

	if (len != sizeof(*header) || memcmp(frame, magic, sizeof(magic)))
		return failure_set(failure, UKS_E_BACKUP, "this is no backup of UKS");
	memcpy(header, frame, sizeof(*header));
	if (header->format != BACKUP_FORMAT)
		return failure_set(failure, UKS_E_BACKUP,
				   "the backup has format %u, this daemon knows %d: update uksd",
				   header->format, BACKUP_FORMAT);
	master = find_key(uksd, backup);
	sodium_bin2hex(pattern, sizeof(pattern), header->pattern, sizeof(header->pattern));
	if (!master)
		return failure_set(failure, UKS_E_BACKUP,
				   "the backup is under the master key with pattern %s, which is not at hand: bring that back from its shares first",
				   pattern);
	backup_key(master, header, key);
	ret = crypto_secretstream_xchacha20poly1305_init_pull(&backup->secrets->stream,
							      header->stream, key);
	sodium_memzero(key, sizeof(key));
	return ret ? not_authentic(backup, failure) : 0;
}

static int check_contents(struct uksd *uksd, struct backup *backup, struct store *store,
			  struct failure *failure)
{
	const struct backup_contents *contents = &backup->contents;
	uint32_t schema = get_number(contents->schema, 4);

	(void)uksd;
	backup->created = get_number(contents->created, 8);
	if (store && schema != store->ops->schema(store))
		return failure_set(failure, UKS_E_BACKUP,
				   "the backup was made of a store with schema %u, this daemon has %u: restore it with the uksd that made it, then update",
				   schema, store->ops->schema(store));
	if (get_number(contents->count, 4) > RECORD_ADMINISTRATORS)
		return not_authentic(backup, failure);
	return 0;
}

static int take_contents(struct uksd *uksd, struct backup *backup, struct store *store,
			 const uint8_t *frame, size_t len, struct failure *failure)
{
	unsigned long long plain;
	uint8_t tag;

	if (len != sizeof(backup->contents) + crypto_secretstream_xchacha20poly1305_ABYTES ||
	    crypto_secretstream_xchacha20poly1305_pull(&backup->secrets->stream,
						       (uint8_t *)&backup->contents, &plain, &tag,
						       frame, len,
						       (const uint8_t *)&backup->header,
						       sizeof(backup->header)) || tag)
		return not_authentic(backup, failure);
	return check_contents(uksd, backup, store, failure);
}

static int take_rows(struct backup *backup, struct store *store, const uint8_t *frame, size_t len,
		     struct failure *failure)
{
	const struct store_ops *ops = &store_sqlite;
	uint8_t *rows = backup->secrets->rows;
	unsigned long long plain;
	uint8_t tag;

	if (len < crypto_secretstream_xchacha20poly1305_ABYTES || len > BACKUP_FRAME_MAX ||
	    crypto_secretstream_xchacha20poly1305_pull(&backup->secrets->stream, rows, &plain,
						       &tag, frame, len, NULL, 0))
		return not_authentic(backup, failure);
	backup->ended = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
	if (backup->ended ? plain != 0 : tag != 0)
		return not_authentic(backup, failure);
	return ops->load_rows(store, rows, plain, &backup->rows, failure);
}

int backup_take(struct uksd *uksd, struct backup *backup, struct store *store,
		const uint8_t *frame, size_t len, struct failure *failure)
{
	int ret;

	if (backup->ended)
		return failure_set(failure, UKS_E_BACKUP,
				   "something follows the end of the backup: nothing was changed");
	if (!backup->frames)
		ret = take_header(uksd, backup, frame, len, failure);
	else if (backup->frames == 1)
		ret = take_contents(uksd, backup, store, frame, len, failure);
	else
		ret = take_rows(backup, store, frame, len, failure);
	if (!ret)
		backup->frames++;
	return ret;
}

static int cannot_keep(const struct backup *backup, struct failure *failure)
{
	return failure_set(failure, errno == ENOSPC || errno == EDQUOT ? UKS_E_STORE_FULL :
			   UKS_E_STORE, "cannot keep the backup in %s: %s", backup->path,
			   strerror(errno));
}

/* In the directory of the store, encrypted as it is. */
int backup_keep(struct backup *backup, const uint8_t *frame, size_t len,
		struct failure *failure)
{
	uint32_t length = len;

	if (backup->spool < 0) {
		unlink(backup->path);
		backup->spool = open(backup->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (backup->spool < 0)
			return cannot_keep(backup, failure);
	}
	if (write(backup->spool, &length, sizeof(length)) != sizeof(length) ||
	    write(backup->spool, frame, len) != (ssize_t)len)
		return cannot_keep(backup, failure);
	return 0;
}

static int take_again(struct uksd *uksd, struct backup *backup, struct store *store,
		      uint8_t *frame, struct failure *failure)
{
	uint32_t length;
	ssize_t got;

	if (lseek(backup->spool, 0, SEEK_SET))
		return cannot_keep(backup, failure);
	backup->frames = 0;
	backup->ended = false;
	backup->rows = (struct rows){ 0 };
	while ((got = read(backup->spool, &length, sizeof(length))) == sizeof(length)) {
		if (length > BACKUP_FRAME_MAX || read(backup->spool, frame, length) != length)
			return not_authentic(backup, failure);
		if (backup_take(uksd, backup, store, frame, length, failure))
			return -1;
	}
	if (got || !backup->ended)
		return not_authentic(backup, failure);
	return store->ops->load_end(store, failure);
}

/* What struct exchange does for a restored store: all rows, each read once more. */
static int fill(struct uksd *uksd, struct store *store, const uint8_t *key, void *context,
		struct failure *failure)
{
	uint8_t *frame = malloc(BACKUP_FRAME_MAX);
	int ret = -1;

	(void)key;
	if (!frame)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for a backup");
	if (!store->ops->empty(store, failure))
		ret = take_again(uksd, context, store, frame, failure);
	free(frame);
	return ret;
}

int backup_restore(struct worker *worker, struct backup *backup, struct failure *failure)
{
	const struct exchange exchange = { .fill = fill, .context = backup };
	const struct backup_contents *contents = &backup->contents;
	struct custody *custody = &worker->uksd->custody;
	struct master_record restored = {
		.format = RECORD_FORMAT, .current = UKS_MASTER_VALID,
		.count = get_number(contents->count, 4),
		.commit = get_number(contents->commit, 4),
		.revoke = get_number(contents->revoke, 4),
	};

	randombytes_buf(restored.store, sizeof(restored.store));
	memcpy(restored.administrators, contents->administrators,
	       sizeof(restored.administrators));
	if (master_exchange(worker->uksd, worker->store, custody->secrets->recovered, &restored,
			    &exchange, failure))
		return -1;
	keycache_clear(worker->uksd->cache);
	log_info("a backup was restored: %llu keys in %llu versions",
		 (unsigned long long)backup->rows.keys,
		 (unsigned long long)backup->rows.versions);
	return 0;
}
