/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Backups of the whole store: encrypted, in frames, each of which is one message.
 */
#ifndef UKSD_BACKUP_H
#define UKSD_BACKUP_H

#include <sodium.h>

#include "daemon/master/record.h"

/**
 * DOC: A backup
 *
 * A backup is a file of frames: a length (32 bits, big-endian), then so many bytes,
 * at most 57344. The first frame is a struct backup_header, in the clear. Each of the
 * others is a message of libsodium's crypto_secretstream_xchacha20poly1305, under the
 * key
 *
 *   BLAKE2b-256, keyed with the master key, of "uks backup v1" and the header's salt
 *
 * The first one is a struct backup_contents, its associated data the header; the next
 * are rows of the store (daemon/store/dump.c); the last has the tag FINAL and is empty. So a
 * frame that is changed, missing, moved or of another backup is found.
 */

#define BACKUP_FRAME_MAX	57344
#define BACKUP_ROWS_MAX		(BACKUP_FRAME_MAX - crypto_secretstream_xchacha20poly1305_ABYTES)
#define BACKUP_FORMAT		1

/**
 * struct backup_header - the first frame
 * @magic: "UKS backup", padded with NUL
 * @format: BACKUP_FORMAT
 * @pattern: verification pattern of the master key it is under
 * @salt: random
 * @stream: header of the secretstream
 */
struct backup_header {
	uint8_t magic[15];
	uint8_t format;
	uint8_t pattern[MASTER_PATTERN_LEN];
	uint8_t salt[16];
	uint8_t stream[crypto_secretstream_xchacha20poly1305_HEADERBYTES];
};

/**
 * struct backup_contents - the second frame, decrypted
 * @schema: version of the store's schema, big-endian
 * @commit: how many administrators must sign a command, big-endian
 * @revoke: how many to revoke one, big-endian
 * @count: administrators, big-endian
 * @created: when the backup was begun, seconds since 1970-01-01 UTC, big-endian
 * @administrators: the first @count are there
 */
struct backup_contents {
	uint8_t schema[4];
	uint8_t commit[4];
	uint8_t revoke[4];
	uint8_t count[4];
	uint8_t created[8];
	struct administrator administrators[RECORD_ADMINISTRATORS];
};

/**
 * enum backup_task - what is done with a backup
 * @BACKUP_READ: it is made
 * @BACKUP_CHECK: it is checked
 * @BACKUP_RESTORE: it is taken in, and put in place at its end
 */
enum backup_task {
	BACKUP_READ,
	BACKUP_CHECK,
	BACKUP_RESTORE,
};

/**
 * struct backup - a backup that is read or written
 * @task: which of both
 * @cursor: tells the client's next call that it is about this one
 * @frames: frames so far
 * @ended: the last one was there
 * @used: when it was asked for last, CLOCK_MONOTONIC seconds
 * @store: connection that sees the store as it was; only to read
 * @spool: file with what was taken in; only to restore, else -1
 * @path: its path
 * @rows: rows so far
 * @left_out: keys that it has not, an array of JSON
 * @created: when it was begun
 * @header: its first frame
 * @contents: its second one
 * @secrets: locked memory: state of the stream, rows in the clear, and a frame
 */
struct backup {
	enum backup_task task;
	char cursor[33];
	uint64_t frames;
	bool ended;
	uint64_t used;
	struct store *store;
	int spool;
	char path[PATH_MAX + 16];
	struct rows rows;
	struct json_t *left_out;
	uint64_t created;
	struct backup_header header;
	struct backup_contents contents;
	struct backup_secrets {
		crypto_secretstream_xchacha20poly1305_state stream;
		uint8_t rows[BACKUP_FRAME_MAX];
		uint8_t frame[BACKUP_FRAME_MAX];
	} *secrets;
};

/**
 * backup_new() - begin one
 * @uksd: the daemon; a former one is dropped
 * @task: what is done with it
 * @failure: receives UKS_E_NO_MEMORY
 *
 * Return: it, which is @uksd's, or NULL with @failure filled in.
 */
struct backup *backup_new(struct uksd *uksd, enum backup_task task, struct failure *failure);

/**
 * backup_drop() - drop the backup that is read or written
 * @custody: whose it is; there may be none
 */
void backup_drop(struct custody *custody);

/**
 * backup_drop_idle() - drop it if nobody has asked for it for long
 * @custody: whose it is
 */
void backup_drop_idle(struct custody *custody);

/**
 * backup_key() - key of a backup
 * @master: the master key
 * @header: its header
 * @key: receives crypto_secretstream_xchacha20poly1305_KEYBYTES
 */
void backup_key(const uint8_t *master, const struct backup_header *header, uint8_t *key);

/**
 * backup_read() - make the next frame
 * @worker: the worker
 * @backup: from backup_new()
 * @frame: receives the frame without its length, BACKUP_FRAME_MAX bytes at most
 * @len: receives how many
 * @failure: receives the cause
 *
 * Return: 0, or -1 with @failure filled in.
 */
int backup_read(struct worker *worker, struct backup *backup, uint8_t *frame, size_t *len,
		struct failure *failure);

/**
 * backup_take() - take a frame in, and check it
 * @uksd: the daemon
 * @backup: from backup_new()
 * @store: where rows are put in place, within a change; NULL: they are only looked at
 * @frame: the frame without its length
 * @len: bytes of it
 * @failure: receives UKS_E_BACKUP
 *
 * Return: 0, or -1 with @failure filled in.
 */
int backup_take(struct uksd *uksd, struct backup *backup, struct store *store,
		const uint8_t *frame, size_t len, struct failure *failure);

/**
 * backup_keep() - keep a frame that was checked, to put it in place later
 * @backup: to be restored
 * @frame: the frame without its length
 * @len: bytes of it
 * @failure: receives UKS_E_STORE, UKS_E_STORE_FULL
 *
 * Return: 0, or -1 with @failure filled in.
 */
int backup_keep(struct backup *backup, const uint8_t *frame, size_t len,
		struct failure *failure);

/**
 * backup_restore() - put in place what was taken in
 * @worker: the worker
 * @backup: ended
 * @failure: receives the cause
 *
 * All or nothing, with another store id, under the master key that was brought back.
 *
 * Return: 0, or -1 with @failure filled in and nothing changed.
 */
int backup_restore(struct worker *worker, struct backup *backup, struct failure *failure);

#endif /* UKSD_BACKUP_H */
