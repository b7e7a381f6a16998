/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the commands about records share. */
#ifndef AUDIT_H
#define AUDIT_H

#include <uks/audit.h>

#include "uksctl.h"

#define AUDIT_IDS	64	/* keys of one name that are followed */

/**
 * struct audit_filter - which records are wanted
 * @since_ns: not before, nanoseconds since 1970-01-01 UTC; 0: from the first
 * @by_user: only those of @user
 * @user: user id
 * @failed: only those with an error
 * @key: only those about this key: its name, or NULL
 * @ids: ids of keys that had that name
 * @nr_ids: how many
 */
struct audit_filter {
	uint64_t since_ns;
	bool by_user;
	uint32_t user;
	bool failed;
	const char *key;
	uint8_t ids[AUDIT_IDS][UKS_KEY_ID_LEN];
	size_t nr_ids;
};

/**
 * struct audit_reading - records on their way
 * @each: called for each record, whole, until it returns something else than EXIT_OK
 * @context: first argument of @each
 * @segment: called for the beginning of each file, when files are read; returns bytes
 *	to the first record, 0 to pass over the file; or NULL
 * @left: called for bytes of a file that are no record; or NULL
 */
struct audit_reading {
	int (*each)(void *context, const uint8_t *at, const struct uks_audit_record *record);
	void *context;
	size_t (*segment)(void *context, const uint8_t *bytes, size_t len);
	void (*left)(void *context, const uint8_t *bytes, size_t len);
};

/* ---- audit-read.c: each returns an exit status ---- */

int audit_get_head(struct run *run, struct uks_audit_head *head);
int audit_read_daemon(struct run *run, const struct uks_audit_head *head,
		      const struct audit_reading *reading);
int audit_read_files(struct run *run, const char *path, const struct audit_reading *reading);

/* ---- audit-filter.c ---- */

int audit_filter_init(struct run *run, struct audit_filter *filter);
bool audit_filter_wants(struct audit_filter *filter, const uint8_t *at,
			const struct uks_audit_record *record);

/* ---- audit-json.c ---- */

json_t *audit_json(const uint8_t *at, const struct uks_audit_record *record);
json_t *audit_cadf(const uint8_t *at, const struct uks_audit_record *record);

#endif /* AUDIT_H */
