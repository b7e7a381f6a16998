// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/audit/file.h"

static bool begins(struct audit_file *file, const uint8_t *bytes, uint64_t size)
{
	struct uks_audit_segment segment;

	if (size < sizeof(segment))
		return false;
	memcpy(&segment, bytes, sizeof(segment));
	if (memcmp(segment.magic, UKS_AUDIT_MAGIC, sizeof(segment.magic)) ||
	    segment.version != UKS_AUDIT_VERSION || segment.len != sizeof(segment) ||
	    segment.first != file->segments[file->count - 1].first)
		return false;
	file->last = segment.first - 1;
	memcpy(file->head, segment.previous, sizeof(file->head));
	file->anchor.sequence = segment.anchor_sequence;
	memcpy(file->anchor.before, segment.anchor_before, sizeof(file->anchor.before));
	memcpy(file->anchor.hash, segment.anchor_hash, sizeof(file->anchor.hash));
	return true;
}

void audit_note_anchor(struct audit_file *file, const uint8_t *at,
		       const struct uks_audit_record *record)
{
	const uint8_t *before;
	size_t len;

	before = uks_audit_detail_find(at, record, UKS_AUDIT_D_ANCHOR, &len);
	if (!before || len != sizeof(file->anchor.before))
		return;
	file->anchor.sequence = record->sequence;
	memcpy(file->anchor.before, before, len);
	memcpy(file->anchor.hash, file->head, sizeof(file->anchor.hash));
}

/* Returns the length of the record, or 0 when it does not follow from what was before. */
static size_t follow(struct audit_file *file, const uint8_t *at, size_t left,
		     struct uks_audit_record *record)
{
	size_t len = uks_audit_next(at, left, record);
	uint8_t hash[UKS_AUDIT_HASH_LEN];

	if (!len || record->sequence != file->last + 1)
		return 0;
	uks_audit_hash(file->head, at, len - sizeof(hash), hash);
	if (memcmp(hash, at + len - sizeof(hash), sizeof(hash)))
		return 0;
	file->last++;
	memcpy(file->head, hash, sizeof(hash));
	if (record->event == UKS_AUDIT_ANCHOR)
		audit_note_anchor(file, at, record);
	return len;
}

void audit_scan(struct audit_file *file, const uint8_t *bytes, uint64_t size, uint64_t *good,
		bool *clean)
{
	struct uks_audit_record record;
	bool stopped = false;
	size_t len;

	*good = 0;
	*clean = false;
	if (!begins(file, bytes, size))
		return;
	*good = sizeof(struct uks_audit_segment);
	while ((len = follow(file, bytes + *good, size - *good, &record))) {
		*good += len;
		/* An anchor is all that may come after the end. */
		stopped = record.event == UKS_AUDIT_STOPPED ||
			  (stopped && record.event == UKS_AUDIT_ANCHOR);
	}
	*clean = stopped;
}
