/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records of what the daemon decided, as they lie in files and as the daemon gives
 * them out. Documentation/audit.rst has the format byte by byte. Shared by the
 * daemon and the command.
 */
#ifndef UKS_AUDIT_H
#define UKS_AUDIT_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <linux/uks.h>
#include <sodium.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "numbers in records are little-endian"
#endif

#define UKS_AUDIT_MAGIC		"UKSAUDIT"
#define UKS_AUDIT_VERSION	1
#define UKS_AUDIT_SUFFIX	".audit"	/* after the first sequence number, 20 digits */
#define UKS_AUDIT_HASH_LEN	32	/* BLAKE2b-256 */
#define UKS_AUDIT_DETAILS_MAX	1024	/* bytes of details of a record */
#define UKS_AUDIT_NOBODY	0xffffffffU	/* there is no such user, or it is not known */

/**
 * enum uks_audit_event - what a record is about
 * @UKS_AUDIT_REQUEST: a request was answered; @code has the outcome. Of
 *	UKS_OP_PROVISION @value has the status of SKS; one that is not 0 has @code
 *	UKS_E_PROVISION
 * @UKS_AUDIT_INTENT: a request that changes something is about to be handled; its
 *	outcome follows in a record of its own, unless the daemon died in between
 * @UKS_AUDIT_STARTED: the daemon serves
 * @UKS_AUDIT_STOPPED: the daemon stopped in order
 * @UKS_AUDIT_UNCLEAN: the daemon before had not stopped in order; @value: bytes of a
 *	record that was only half written and was cut off
 * @UKS_AUDIT_BROKEN: at its start the daemon found the chain damaged; @value: the last
 *	record before the damage
 * @UKS_AUDIT_LOST: @value records could not be written, and never will be
 * @UKS_AUDIT_REMOVED: files were removed as the configuration says; @value: the first
 *	record that is kept
 * @UKS_AUDIT_ANCHOR: the hash of this record goes to the TPM; the detail
 *	UKS_AUDIT_D_ANCHOR has what the TPM's index was before
 * @UKS_AUDIT_ZEROIZED: an administrator ended all sessions; @value: how many
 * @UKS_AUDIT_ERASED: the time in which a deleted key could be restored was over
 * @UKS_AUDIT_DEACTIVATED: a key was deactivated, since its time was over
 * @UKS_AUDIT_ROTATED: a key was rotated as its policy says
 * @UKS_AUDIT_EVENTS: end of the list
 */
enum uks_audit_event {
	UKS_AUDIT_REQUEST = 1,
	UKS_AUDIT_INTENT = 2,
	UKS_AUDIT_STARTED = 3,
	UKS_AUDIT_STOPPED = 4,
	UKS_AUDIT_UNCLEAN = 5,
	UKS_AUDIT_BROKEN = 6,
	UKS_AUDIT_LOST = 7,
	UKS_AUDIT_REMOVED = 8,
	UKS_AUDIT_ANCHOR = 9,
	UKS_AUDIT_ZEROIZED = 10,
	UKS_AUDIT_ERASED = 11,
	UKS_AUDIT_DEACTIVATED = 12,
	UKS_AUDIT_ROTATED = 13,
	UKS_AUDIT_EVENTS,
};

/**
 * enum uks_audit_detail - what follows the fixed part of a record
 * @UKS_AUDIT_D_NAME: name of the key as the client gave it
 * @UKS_AUDIT_D_NEW_NAME: name that a key shall get
 * @UKS_AUDIT_D_EXE: executable of the client
 * @UKS_AUDIT_D_LABEL: security context of the client
 * @UKS_AUDIT_D_WRAPPING: the key that wraps or unwraps: its name, or its id of 16 bytes
 * @UKS_AUDIT_D_ANCHOR: 32 bytes of the TPM's index
 *
 * Each is the number (1 byte), the length (2 bytes) and the bytes; zeros fill the
 * record up to a multiple of 8 bytes.
 */
enum uks_audit_detail {
	UKS_AUDIT_D_NAME = 1,
	UKS_AUDIT_D_NEW_NAME = 2,
	UKS_AUDIT_D_EXE = 3,
	UKS_AUDIT_D_LABEL = 4,
	UKS_AUDIT_D_WRAPPING = 5,
	UKS_AUDIT_D_ANCHOR = 6,
};

#define UKS_AUDIT_DETAIL_HEAD	3	/* bytes before each detail */

/**
 * struct uks_audit_record - the fixed part of a record
 * @len: bytes of the whole record: this, details, hash
 * @event: enum uks_audit_event
 * @op: enum uks_op of a request, else 0
 * @sequence: number of the record, from 1, without gaps
 * @time_ns: when, nanoseconds since 1970-01-01 UTC
 * @request: number of the request, as the client and the daemon's log have it
 * @key_id: the key; zeros if there is none or it was not found
 * @key_owner: user id of its owner, or UKS_AUDIT_NOBODY
 * @key_version: version of the key, 0 if none
 * @uid: effective user id of who asked, or UKS_AUDIT_NOBODY
 * @gid: effective group id
 * @pid: process
 * @code: outcome, enum uks_error
 * @purposes: bits of enum uks_purpose
 * @algorithm: enum uks_algorithm, 0 if not said
 * @digest: enum uks_digest, 0 if not said
 * @command: UKS_A_COMMAND of operations that have it; UKS_A_KEY_STATE of those that
 *	set a state
 * @key_type: enum uks_key_type, 0 if not known
 * @value: see enum uks_audit_event
 */
struct uks_audit_record {
	uint32_t len;
	uint16_t event;
	uint16_t op;
	uint64_t sequence;
	uint64_t time_ns;
	uint64_t request;
	uint8_t key_id[UKS_KEY_ID_LEN];
	uint32_t key_owner;
	uint32_t key_version;
	uint32_t uid;
	uint32_t gid;
	uint32_t pid;
	uint32_t code;
	uint32_t purposes;
	uint16_t algorithm;
	uint16_t digest;
	uint32_t command;
	uint32_t key_type;
	uint64_t value;
};

static_assert(sizeof(struct uks_audit_record) == 96, "the format of records is fixed");

#define UKS_AUDIT_RECORD_MIN	(sizeof(struct uks_audit_record) + UKS_AUDIT_HASH_LEN)
#define UKS_AUDIT_RECORD_MAX	(UKS_AUDIT_RECORD_MIN + UKS_AUDIT_DETAILS_MAX)

/**
 * struct uks_audit_segment - the beginning of a file of records
 * @magic: UKS_AUDIT_MAGIC, without NUL
 * @version: UKS_AUDIT_VERSION
 * @len: bytes of this struct
 * @first: number of the first record
 * @previous: hash of the record before it; zeros for record 1
 * @anchor_sequence: last record of kind UKS_AUDIT_ANCHOR before this file, 0 for none
 * @anchor_before: what the TPM's index was before that
 * @anchor_hash: hash of that record
 * @reserved: 0
 */
struct uks_audit_segment {
	uint8_t magic[8];
	uint32_t version;
	uint32_t len;
	uint64_t first;
	uint8_t previous[UKS_AUDIT_HASH_LEN];
	uint64_t anchor_sequence;
	uint8_t anchor_before[UKS_AUDIT_HASH_LEN];
	uint8_t anchor_hash[UKS_AUDIT_HASH_LEN];
	uint8_t reserved[128];
};

static_assert(sizeof(struct uks_audit_segment) == 256, "the format of files is fixed");

/**
 * enum uks_audit_flag - how the records are, bits
 * @UKS_AUDIT_CLOSED: records cannot be written now
 * @UKS_AUDIT_HAS_TPM: @tpm of struct uks_audit_head was read from the TPM
 * @UKS_AUDIT_FAIL_CLOSED: then nothing is done
 */
enum uks_audit_flag {
	UKS_AUDIT_CLOSED = 0x1,
	UKS_AUDIT_HAS_TPM = 0x2,
	UKS_AUDIT_FAIL_CLOSED = 0x4,
};

/**
 * struct uks_audit_head - the head of the chain (answer to UKS_AUDIT_HEAD)
 * @len: bytes of this struct
 * @flags: bits of enum uks_audit_flag
 * @first: first record that is kept
 * @last: last record, 0 if there is none
 * @previous: hash of the record before @first; zeros for record 1
 * @hash: hash of the last record
 * @anchor_sequence: last record of kind UKS_AUDIT_ANCHOR, 0 for none
 * @anchor: what the TPM's index must be according to that
 * @tpm: what it is
 * @lost: records that could not be written since the daemon started
 * @bytes: of all files
 */
struct uks_audit_head {
	uint32_t len;
	uint32_t flags;
	uint64_t first;
	uint64_t last;
	uint8_t previous[UKS_AUDIT_HASH_LEN];
	uint8_t hash[UKS_AUDIT_HASH_LEN];
	uint64_t anchor_sequence;
	uint8_t anchor[UKS_AUDIT_HASH_LEN];
	uint8_t tpm[UKS_AUDIT_HASH_LEN];
	uint64_t lost;
	uint64_t bytes;
};

/**
 * uks_audit_hash() - hash of a record
 * @previous: hash of the record before it
 * @record: fixed part and details, without hash
 * @len: bytes at @record
 * @hash: receives BLAKE2b-256 of both; may be @previous
 */
static inline void uks_audit_hash(const uint8_t *previous, const void *record, size_t len,
				  uint8_t *hash)
{
	uint8_t input[UKS_AUDIT_HASH_LEN + UKS_AUDIT_RECORD_MAX];

	memcpy(input, previous, UKS_AUDIT_HASH_LEN);
	memcpy(input + UKS_AUDIT_HASH_LEN, record, len);
	crypto_generichash(hash, UKS_AUDIT_HASH_LEN, input, UKS_AUDIT_HASH_LEN + len, NULL, 0);
}

/**
 * uks_audit_extend() - what the TPM's index is after a hash was added (TPM2_NV_Extend)
 * @before: what it was
 * @hash: what is added
 * @after: receives SHA-256 of both; may be @before
 */
static inline void uks_audit_extend(const uint8_t *before, const uint8_t *hash, uint8_t *after)
{
	uint8_t input[2 * UKS_AUDIT_HASH_LEN];

	memcpy(input, before, UKS_AUDIT_HASH_LEN);
	memcpy(input + UKS_AUDIT_HASH_LEN, hash, UKS_AUDIT_HASH_LEN);
	crypto_hash_sha256(after, input, sizeof(input));
}

/**
 * uks_audit_next() - find the end of a record
 * @at: where it begins
 * @left: bytes there are
 * @record: receives its fixed part
 *
 * Return: bytes of the record, or 0 when these are not the bytes of a whole record.
 */
static inline size_t uks_audit_next(const uint8_t *at, size_t left,
				    struct uks_audit_record *record)
{
	if (left < UKS_AUDIT_RECORD_MIN)
		return 0;
	memcpy(record, at, sizeof(*record));
	if (record->len < UKS_AUDIT_RECORD_MIN || record->len > UKS_AUDIT_RECORD_MAX ||
	    record->len % 8 || record->len > left)
		return 0;
	return record->len;
}

/**
 * uks_audit_detail_find() - find a detail of a record
 * @at: the record, from uks_audit_next()
 * @record: its fixed part
 * @number: enum uks_audit_detail
 * @len: receives the length
 *
 * Return: its bytes inside the record, or NULL when it is not there.
 */
static inline const uint8_t *uks_audit_detail_find(const uint8_t *at,
						   const struct uks_audit_record *record,
						   uint8_t number, size_t *len)
{
	const uint8_t *end = at + record->len - UKS_AUDIT_HASH_LEN;

	at += sizeof(*record);
	while (end - at >= UKS_AUDIT_DETAIL_HEAD && *at) {
		*len = at[1] | at[2] << 8;
		if (*len > (size_t)(end - at - UKS_AUDIT_DETAIL_HEAD))
			return NULL;
		if (*at == number)
			return at + UKS_AUDIT_DETAIL_HEAD;
		at += UKS_AUDIT_DETAIL_HEAD + *len;
	}
	return NULL;
}

#endif /* UKS_AUDIT_H */
