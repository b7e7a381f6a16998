/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of records: appended to, never rewritten, the oldest removed in the end. */
#ifndef UKSD_AUDIT_FILE_H
#define UKSD_AUDIT_FILE_H

#include "daemon/config.h"
#include "include/uks/audit.h"

/**
 * struct audit_anchor - the last record whose hash went to the TPM
 * @sequence: the record, 0 if there is none
 * @before: what the TPM's index was before
 * @hash: hash of the record
 */
struct audit_anchor {
	uint64_t sequence;
	uint8_t before[UKS_AUDIT_HASH_LEN];
	uint8_t hash[UKS_AUDIT_HASH_LEN];
};

/**
 * struct audit_segment - one file
 * @first: its first record
 * @size: bytes of it
 */
struct audit_segment {
	uint64_t first;
	uint64_t size;
};

/**
 * struct audit_found - what the files were like when they were opened
 * @clean: the daemon before stopped in order, or there was none
 * @broken: the chain is damaged; @file->last is the last record before the damage
 * @cut: bytes of a record half written that were cut off
 */
struct audit_found {
	bool clean;
	bool broken;
	uint64_t cut;
};

/**
 * struct audit_file - the files
 * @dir: where they are
 * @segment_max: bytes after which a new file is begun
 * @keep: how many files are kept, 0 for all
 * @ahead: take room for a whole file when it is begun
 * @fd: the last one, open; -1 if it could not be made
 * @last: last record that was encoded
 * @head: its hash
 * @anchor: the last anchor among them
 * @segments: all files, the oldest first
 * @count: how many
 */
struct audit_file {
	char dir[PATH_MAX];
	uint64_t segment_max;
	uint32_t keep;
	bool ahead;
	int fd;
	uint64_t last;
	uint8_t head[UKS_AUDIT_HASH_LEN];
	struct audit_anchor anchor;
	struct audit_segment *segments;
	size_t count;
};

/**
 * audit_file_open() - open what is there, or begin
 * @file: receives the files
 * @config: where, how long, how many
 * @found: receives what they were like
 * @failure: receives UKS_E_AUDIT
 *
 * Follows the chain through the last file. A record that was only half written is cut
 * off; after other damage a new file is begun and the damaged one left alone.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int audit_file_open(struct audit_file *file, const struct config *config,
		    struct audit_found *found, struct failure *failure);

/**
 * audit_file_close() - close it
 * @file: from audit_file_open()
 */
void audit_file_close(struct audit_file *file);

/**
 * audit_file_write() - append records
 * @file: the files
 * @records: encoded, with their hashes
 * @len: bytes at @records
 * @failure: receives UKS_E_AUDIT
 *
 * What cannot be written whole is not written at all.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int audit_file_write(struct audit_file *file, const uint8_t *records, size_t len,
		     struct failure *failure);

/**
 * audit_file_rotate() - begin a new file if the last one is nearly full
 * @file: the files; all that was encoded must be written
 * @failure: receives UKS_E_AUDIT
 *
 * Return: 0, or -1 with @failure filled in: then the last file has room left for as
 * much as the daemon keeps in memory.
 */
int audit_file_rotate(struct audit_file *file, struct failure *failure);

/**
 * audit_file_excess() - are there more files than are kept?
 * @file: the files
 *
 * Return: the first record that is to be kept, or 0.
 */
uint64_t audit_file_excess(const struct audit_file *file);

/**
 * audit_file_remove() - remove the oldest files
 * @file: the files
 * @first: from audit_file_excess(); a record of it must be written
 */
void audit_file_remove(struct audit_file *file, uint64_t first);

/**
 * audit_file_read() - read records
 * @file: the files
 * @segment: first record of the file to read from; moved on
 * @offset: where in it; moved on
 * @records: receives whole records
 * @len: in: room; out: bytes
 * @failure: receives UKS_E_AUDIT
 *
 * A file that is no longer there is passed over. At the end @len is 0.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int audit_file_read(const struct audit_file *file, uint64_t *segment, uint64_t *offset,
		    uint8_t *records, size_t *len, struct failure *failure);

/**
 * audit_file_previous() - hash of the record before the first that is kept
 * @file: the files
 * @previous: receives it; zeros when it cannot be read
 */
void audit_file_previous(const struct audit_file *file, uint8_t *previous);

/**
 * audit_file_path() - path of a file
 * @file: the files
 * @first: its first record
 * @path: receives the path, PATH_MAX bytes
 */
void audit_file_path(const struct audit_file *file, uint64_t first, char *path);

/**
 * audit_scan() - follow the chain through one file (scan.c)
 * @file: @last, @head and @anchor are as before the file, and become those of the last
 *	good record
 * @bytes: the whole file
 * @size: bytes of it
 * @good: receives the bytes up to the end of the last good record; 0 if not even the
 *	beginning is good
 * @clean: receives whether the last record says that the daemon stopped
 */
void audit_scan(struct audit_file *file, const uint8_t *bytes, uint64_t size, uint64_t *good,
		bool *clean);

/**
 * audit_note_anchor() - remember an anchor
 * @file: the files; @head is the hash of the record
 * @at: the record
 * @record: its fixed part
 */
void audit_note_anchor(struct audit_file *file, const uint8_t *at,
		       const struct uks_audit_record *record);

#endif /* UKSD_AUDIT_FILE_H */
