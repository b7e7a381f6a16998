/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records of a daemon of one test: read, checked as uksctl does, damaged. */
#ifndef UKSD_AUDIT_TEST_H
#define UKSD_AUDIT_TEST_H

#include "tests/unit/uksd-daemon.h"
#include "uksctl/audit-check.h"

#define RECORDS_MAX	(1 << 20)	/* bytes */
#define DAMAGES_MAX	16

/**
 * struct records - records, whole
 * @bytes: as they are stored
 * @len: bytes of them
 * @head: what the daemon says
 * @damages: what was found damaged
 * @texts: the words of it
 * @count: how many
 */
struct records {
	uint8_t bytes[RECORDS_MAX];
	size_t len;
	struct uks_audit_head head;
	uint64_t damages[DAMAGES_MAX];
	char texts[DAMAGES_MAX][256];
	unsigned int count;
};

/* Ask for the head, and for all records, page by page. Returns the code of the answer. */
uint32_t records_ask(struct daemon *daemon, struct records *records);

/* Check what was asked for. Returns how many damages there are. */
unsigned int records_check(struct records *records);

/* Check files as they lie there, against a head. */
unsigned int records_check_files(const struct daemon *daemon, struct records *records,
				 const struct uks_audit_head *head);

/* Is one of the damages at that record, in those words? */
bool records_damaged_at(const struct records *records, uint64_t sequence, const char *words);

/* The record of that event, and for requests that operation, from the end; NULL if none. */
const uint8_t *records_find(const struct records *records, uint16_t event, uint16_t op,
			    struct uks_audit_record *record);

/* How many records of an event there are. */
unsigned int records_count(const struct records *records, uint16_t event);

/* Offset of a record inside its file, whose path is given; and length of the record. */
size_t records_locate(const struct daemon *daemon, uint64_t sequence, char *path, size_t *len);

/* Path of something beside the store, PATH_MAX bytes. */
void records_path(const struct daemon *daemon, const char *name, char *path);

/* The whole of a file; and write it. */
uint8_t *file_get(const char *path, size_t *len);
void file_put(const char *path, const uint8_t *bytes, size_t len);

/* Copy the directory of records to another one beside the store, or back. */
void records_save(const struct daemon *daemon, const char *name);
void records_bring_back(const struct daemon *daemon, const char *name);

/* Remove all that a test with records left beside the store. */
void records_clean(const struct daemon *daemon);

#endif /* UKSD_AUDIT_TEST_H */
