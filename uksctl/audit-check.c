// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdarg.h>
#include <stdio.h>

#include "audit-check.h"

#define U(value)	((unsigned long long)(value))

static void __attribute__((format(printf, 3, 4)))
damage(struct audit_check *check, uint64_t sequence, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	check->damages++;
	check->found(check->context, sequence, text);
}

static bool same(const uint8_t *a, const uint8_t *b)
{
	return !memcmp(a, b, UKS_AUDIT_HASH_LEN);
}

/* The last anchor may be in a file that was removed: the next one remembers it. */
static void take_anchor(struct audit_check *check, uint64_t sequence, const uint8_t *before,
			const uint8_t *after)
{
	check->anchor_sequence = sequence;
	memcpy(check->anchor_before, before, UKS_AUDIT_HASH_LEN);
	memcpy(check->anchor, after, UKS_AUDIT_HASH_LEN);
	if (same(check->tpm, after) || same(check->tpm, before))
		check->tpm_seen = sequence;
}

void audit_check_head(struct audit_check *check, const struct uks_audit_head *head)
{
	check->head_sequence = head->last;
	memcpy(check->head, head->hash, sizeof(check->head));
	check->has_tpm = head->flags & UKS_AUDIT_HAS_TPM;
	memcpy(check->tpm, head->tpm, sizeof(check->tpm));
	if (head->first)
		check->last = head->first - 1;
	memcpy(check->hash, head->previous, sizeof(check->hash));
	if (head->anchor_sequence && head->anchor_sequence < head->first)
		take_anchor(check, head->anchor_sequence, head->anchor, head->anchor);
}

size_t audit_check_segment(struct audit_check *check, const uint8_t *bytes, size_t len)
{
	struct uks_audit_segment segment = { 0 };
	uint8_t after[UKS_AUDIT_HASH_LEN];

	if (len >= sizeof(segment))
		memcpy(&segment, bytes, sizeof(segment));
	if (memcmp(segment.magic, UKS_AUDIT_MAGIC, sizeof(segment.magic)) ||
	    segment.version != UKS_AUDIT_VERSION || segment.len != sizeof(segment) ||
	    !segment.first) {
		damage(check, check->last,
		       "the file after record %llu is none with records, or its beginning was altered",
		       U(check->last));
		return 0;
	}
	if (!check->first) {
		check->last = segment.first - 1;
		memcpy(check->hash, segment.previous, sizeof(check->hash));
		if (segment.anchor_sequence) {
			uks_audit_extend(segment.anchor_before, segment.anchor_hash, after);
			take_anchor(check, segment.anchor_sequence, segment.anchor_before, after);
		}
	} else if (segment.first == check->last + 1 &&
		   memcmp(segment.previous, check->hash, sizeof(check->hash))) {
		damage(check, check->last,
		       "the file that begins with record %llu does not follow from record %llu: one of both was altered",
		       U(segment.first), U(check->last));
	}
	return sizeof(segment);
}

/* What a new index of the TPM has: zeros, extended by zeros. */
static void initial(uint8_t *value)
{
	memset(value, 0, UKS_AUDIT_HASH_LEN);
	uks_audit_extend(value, value, value);
}

/* What was before it: what the anchor before made, unless that did not reach the TPM. */
static void check_anchor(struct audit_check *check, uint64_t sequence, const uint8_t *before,
			 const uint8_t *hash)
{
	uint8_t begin[UKS_AUDIT_HASH_LEN], after[UKS_AUDIT_HASH_LEN];

	initial(begin);
	if (check->anchor_sequence) {
		if (!same(before, check->anchor) && !same(before, check->anchor_before))
			damage(check, sequence,
			       "the anchor of record %llu does not follow from that of record %llu: records between them were removed or replaced",
			       U(sequence), U(check->anchor_sequence));
	} else if (check->first == 1 && !same(before, begin)) {
		damage(check, sequence,
		       "the anchor of record %llu is not the first: records before it were removed or replaced",
		       U(sequence));
	}
	uks_audit_extend(before, hash, after);
	take_anchor(check, sequence, before, after);
}

static void check_content(struct audit_check *check, const uint8_t *at,
			  const struct uks_audit_record *record)
{
	const uint8_t *before;
	size_t len;

	switch (record->event) {
	case UKS_AUDIT_ANCHOR:
		before = uks_audit_detail_find(at, record, UKS_AUDIT_D_ANCHOR, &len);
		if (before && len == UKS_AUDIT_HASH_LEN)
			check_anchor(check, record->sequence, before,
				     at + record->len - UKS_AUDIT_HASH_LEN);
		break;
	case UKS_AUDIT_BROKEN:
		damage(check, record->sequence,
		       "record %llu says that the daemon found the chain damaged after record %llu",
		       U(record->sequence), U(record->value));
		break;
	case UKS_AUDIT_LOST:
		check->lost += record->value;
		break;
	case UKS_AUDIT_UNCLEAN:
		check->unclean++;
		break;
	case UKS_AUDIT_REMOVED:
		if (record->value > check->removed)
			check->removed = record->value;
		break;
	default:
		break;
	}
}

static void check_order(struct audit_check *check, const uint8_t *at,
			const struct uks_audit_record *record)
{
	const uint8_t *stored = at + record->len - UKS_AUDIT_HASH_LEN;
	uint8_t hash[UKS_AUDIT_HASH_LEN];
	uint64_t sequence = record->sequence;

	if (sequence <= check->last) {
		damage(check, sequence,
		       "record %llu is out of order: it comes behind record %llu",
		       U(sequence), U(check->last));
		return;
	}
	if (sequence > check->last + 2)
		damage(check, check->last + 1,
		       "records %llu to %llu are missing",
		       U(check->last + 1), U(sequence - 1));
	else if (sequence > check->last + 1)
		damage(check, check->last + 1,
		       "record %llu is missing", U(check->last + 1));
	uks_audit_hash(check->hash, at, record->len - UKS_AUDIT_HASH_LEN, hash);
	if (sequence == check->last + 1 && !same(hash, stored))
		damage(check, sequence,
		       "record %llu was altered, or the one before it was and got a new hash",
		       U(sequence));
}

static void check_head(struct audit_check *check, uint64_t sequence, const uint8_t *stored)
{
	if (check->head_any && same(check->head, stored))
		check->head_seen = sequence;
	if (!check->head_sequence || sequence != check->head_sequence)
		return;
	check->head_seen = sequence;
	if (!same(check->head, stored))
		damage(check, sequence,
		       "record %llu has another hash than the daemon's head: it or one before it was altered",
		       U(sequence));
}

static void check_record(struct audit_check *check, const uint8_t *at,
			 const struct uks_audit_record *record)
{
	const uint8_t *stored = at + record->len - UKS_AUDIT_HASH_LEN;

	check_order(check, at, record);
	if (!check->first)
		check->first = record->sequence;
	check_content(check, at, record);
	check_head(check, record->sequence, stored);
	if (record->sequence > check->last)
		check->last = record->sequence;
	memcpy(check->hash, stored, sizeof(check->hash));
}

void audit_check_records(struct audit_check *check, const uint8_t *bytes, size_t len)
{
	struct uks_audit_record record;
	size_t used;

	for (; len; bytes += used, len -= used) {
		used = uks_audit_next(bytes, len, &record);
		if (!used) {
			damage(check, check->last + 1,
			       "after record %llu there are %zu bytes that are no record",
			       U(check->last), len);
			return;
		}
		check_record(check, bytes, &record);
	}
}

static void check_end_of_head(struct audit_check *check)
{
	if (check->head_any && !check->head_seen)
		damage(check, check->last,
		       "no record up to %llu has the hash of that head: they were altered, or the last ones cut off",
		       U(check->last));
	else if (check->head_sequence > check->last)
		damage(check, check->last + 1,
		       "records %llu to %llu are missing: the end was cut off",
		       U(check->last + 1), U(check->head_sequence));
}

bool audit_check_end(struct audit_check *check)
{
	uint8_t begin[UKS_AUDIT_HASH_LEN];

	check_end_of_head(check);
	if (check->first > 1 && check->removed < check->first)
		damage(check, 1,
		       "records 1 to %llu are missing, and no record says that they were removed",
		       U(check->first - 1));
	initial(begin);
	if (!check->has_tpm)
		return !check->damages;
	if (check->anchor_sequence && check->tpm_seen != check->anchor_sequence)
		damage(check, check->anchor_sequence,
		       "the TPM does not confirm the anchor of record %llu: records up to it were altered, or later ones cut off",
		       U(check->anchor_sequence));
	if (!check->anchor_sequence && !same(check->tpm, begin))
		damage(check, check->last,
		       "the TPM knows of anchors, but no record up to %llu is one: records were removed",
		       U(check->last));
	return !check->damages;
}
