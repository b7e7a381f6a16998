/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether records are all there, in order and as they were written. */
#ifndef AUDIT_CHECK_H
#define AUDIT_CHECK_H

#include <uks/audit.h>

/**
 * struct audit_check - a check that is under way
 * @found: called for each damage: the record it is at, and a line about it
 * @context: first argument of @found
 * @damages: how many there were
 * @first: first record that was seen, 0 before there was one
 * @last: last one; the greatest number so far
 * @hash: hash that is stored with the last one
 * @removed: first record that is kept according to the chain, 0 if it does not say
 * @lost: records that were never written, as the chain says
 * @unclean: how often the daemon had not stopped in order
 * @anchor_sequence: last anchor, 0 for none
 * @anchor_before: what the TPM was before that
 * @anchor: what it was made
 * @head_sequence: the record of @head, 0 if it is not known
 * @head: hash that record must have
 * @head_any: @head may be that of any record
 * @head_seen: the record with that hash, 0 if there was none
 * @tpm: what the TPM says
 * @has_tpm: that is known
 * @tpm_seen: last anchor that agrees with it, 0 if there was none
 */
struct audit_check {
	void (*found)(void *context, uint64_t sequence, const char *text);
	void *context;
	uint64_t damages;
	uint64_t first;
	uint64_t last;
	uint8_t hash[UKS_AUDIT_HASH_LEN];
	uint64_t removed;
	uint64_t lost;
	uint64_t unclean;
	uint64_t anchor_sequence;
	uint8_t anchor_before[UKS_AUDIT_HASH_LEN];
	uint8_t anchor[UKS_AUDIT_HASH_LEN];
	uint64_t head_sequence;
	uint8_t head[UKS_AUDIT_HASH_LEN];
	bool head_any;
	uint64_t head_seen;
	uint8_t tpm[UKS_AUDIT_HASH_LEN];
	bool has_tpm;
	uint64_t tpm_seen;
};

/**
 * audit_check_head() - the daemon said what the head is
 * @check: @found and @context are set, the rest is zero
 * @head: what it said
 */
void audit_check_head(struct audit_check *check, const struct uks_audit_head *head);

/**
 * audit_check_segment() - a file of records begins
 * @check: the check
 * @bytes: the file
 * @len: bytes of it
 *
 * Return: bytes to the first record, or 0 if this is no such file; that is told.
 */
size_t audit_check_segment(struct audit_check *check, const uint8_t *bytes, size_t len);

/**
 * audit_check_records() - check records that follow
 * @check: the check
 * @bytes: whole records
 * @len: bytes of them
 */
void audit_check_records(struct audit_check *check, const uint8_t *bytes, size_t len);

/**
 * audit_check_end() - that was all
 * @check: the check
 *
 * Return: true if nothing is damaged.
 */
bool audit_check_end(struct audit_check *check);

#endif /* AUDIT_CHECK_H */
