/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is known about the master key beside the key: who administers it, what its
 * two registers hold, and which signed command comes next.
 */
#ifndef UKSD_MASTER_RECORD_H
#define UKSD_MASTER_RECORD_H

#include "daemon/uksd.h"

#define RECORD_FORMAT		1
#define RECORD_ADMINISTRATORS	8	/* at most */
#define RECORD_NAME_MAX		31	/* bytes of an administrator's name */
#define RECORD_KEY_MAX		91	/* DER SubjectPublicKeyInfo of a P-256 key */
#define RECORD_COUNTER_HANDLE	0x01a55b03	/* NV index that counts signed commands */
#define MASTER_PATTERN_LEN	8

/* Entries of the store's metadata. */
#define META_RECORD	"master-record"		/* struct master_record, sealed */
#define META_NEW	"new-master-key"	/* the new register, sealed to the TPM */

/**
 * struct administrator - somebody whose signature counts
 * @name: for people, NUL-terminated
 * @key_len: bytes at @key
 * @key: DER SubjectPublicKeyInfo: Ed25519 (RFC 8410) or ECDSA on P-256 (RFC 5480)
 */
struct administrator {
	char name[RECORD_NAME_MAX + 1];
	uint8_t key_len;
	uint8_t key[RECORD_KEY_MAX];
};

/**
 * struct master_record - the record, as it is stored
 * @format: 1
 * @current: enum uks_master_state: UKS_MASTER_EMPTY or UKS_MASTER_VALID
 * @next: enum uks_master_state of the new register, never UKS_MASTER_VALID
 * @count: administrators; 0: imprint mode
 * @commit: how many of them must sign a command
 * @revoke: how many must sign that one of them is none any more
 * @reserved: 0
 * @counter_handle: NV index that counts signed commands; 0 if there is none yet
 * @sequence: number of the last signed command
 * @store: tells stores apart, random
 * @pattern: verification pattern of the new register
 * @counter_name: what the NV index is
 * @reserved2: 0
 * @administrators: the first @count are there
 *
 * Kept in the byte order of the machine: it stays in this store.
 */
struct master_record {
	uint32_t format;
	uint32_t current;
	uint32_t next;
	uint32_t count;
	uint32_t commit;
	uint32_t revoke;
	uint32_t reserved;
	uint32_t counter_handle;
	uint64_t sequence;
	uint8_t store[16];
	uint8_t pattern[MASTER_PATTERN_LEN];
	uint8_t counter_name[UKS_TPM_NAME_LEN];
	uint8_t reserved2[6];
	struct administrator administrators[RECORD_ADMINISTRATORS];
};

/**
 * record_read() - read the record
 * @store: the store
 * @key: the master key
 * @record: receives it; one of a store without administrators if there is none
 * @failure: receives UKS_E_STORE
 *
 * Return: 0, or -1 with @failure filled in.
 */
int record_read(struct store *store, const uint8_t *key, struct master_record *record,
		struct failure *failure);

/**
 * record_write() - write the record
 * @store: with a change under way
 * @key: the master key
 * @record: what to write
 * @failure: receives UKS_E_STORE, UKS_E_STORE_FULL
 *
 * Return: 0, or -1 with @failure filled in.
 */
int record_write(struct store *store, const uint8_t *key, const struct master_record *record,
		 struct failure *failure);

/**
 * record_change() - write the record as a change of its own
 * @uksd: the daemon
 * @store: the store
 * @record: what to write
 * @failure: as of record_write()
 *
 * Return: 0, or -1 with @failure filled in and nothing changed.
 */
int record_change(struct uksd *uksd, struct store *store, const struct master_record *record,
		  struct failure *failure);

/**
 * record_load() - read the record, and store it if there was none
 * @uksd: the daemon
 * @store: the store
 * @record: receives it
 * @failure: receives UKS_E_STORE
 *
 * Return: 0, or -1 with @failure filled in.
 */
int record_load(struct uksd *uksd, struct store *store, struct master_record *record,
		struct failure *failure);

/**
 * record_counted() - compare the record with what the TPM has counted
 * @uksd: the daemon
 * @record: from record_load()
 * @failure: receives UKS_E_ROLLBACK when the record is older than the counter, or
 *	missing; UKS_E_TPM and whatever else the TPM says
 *
 * A record that was written but not counted, since the daemon died in between, is
 * counted.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int record_counted(struct uksd *uksd, struct master_record *record, struct failure *failure);

/**
 * record_begin_to_count() - make the counter, unless there is one
 * @uksd: the daemon
 * @store: the store
 * @record: from record_load(), checked by record_counted(); receives the counter
 * @failure: receives what the TPM says
 *
 * Return: 0, or -1 with @failure filled in; it may be repeated.
 */
int record_begin_to_count(struct uksd *uksd, struct store *store, struct master_record *record,
			  struct failure *failure);

/**
 * record_forget() - remove the counter from the TPM
 * @uksd: the daemon
 * @record: from record_read()
 * @failure: receives what the TPM says
 *
 * Return: 0, also when it was gone already, or -1 with @failure filled in.
 */
int record_forget(struct uksd *uksd, const struct master_record *record,
		  struct failure *failure);

/**
 * record_count() - count a signed command in the TPM
 * @uksd: the daemon
 * @record: with the number of the command in @sequence
 * @failure: receives what the TPM says
 *
 * Return: 0, or -1 with @failure filled in; it may be repeated.
 */
int record_count(struct uksd *uksd, const struct master_record *record,
		 struct failure *failure);

/**
 * master_pattern() - verification pattern of a master key
 * @key: the key
 * @pattern: receives MASTER_PATTERN_LEN bytes
 *
 * The first bytes of BLAKE2b-256, keyed with the key, of "uks master pattern v1".
 */
void master_pattern(const uint8_t *key, uint8_t *pattern);

#endif /* UKSD_MASTER_RECORD_H */
