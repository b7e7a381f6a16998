/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The audit: a record of each decision, in a chain of hashes whose head goes to the
 * TPM. Workers append to a buffer; a thread of its own writes what may wait, and who
 * cannot let it wait writes the buffer itself.
 */
#ifndef UKSD_AUDIT_H
#define UKSD_AUDIT_H

#include "daemon/config.h"
#include "daemon/key/key.h"
#include "include/uks/audit.h"

#define AUDIT_BUFFER		65536	/* bytes of records that wait, without hashes */
/* The same with hashes: what the last file must have room for. */
#define AUDIT_IN_MEMORY_MAX	(AUDIT_BUFFER / 3 * 4 + UKS_AUDIT_RECORD_MAX)

struct audit;
struct request;
struct uksd;
struct worker;

/**
 * struct audit_note - a record that is being made
 * @record: fixed part; @len, @sequence and @time_ns are filled in when it is appended
 * @details: what follows it
 * @used: bytes of it
 */
struct audit_note {
	struct uks_audit_record record;
	uint8_t details[UKS_AUDIT_DETAILS_MAX];
	size_t used;
};

/**
 * struct audit_subject - which key a request turned out to be about
 * @id: the key; zeros: none
 * @owner: its owner
 * @version: its version
 * @type: its type
 * @status: enum sks_status of a provisioning request; 0: done, or another request
 */
struct audit_subject {
	uint8_t id[UKS_KEY_ID_LEN];
	uint32_t owner;
	uint32_t version;
	uint32_t type;
	uint32_t status;
};

/**
 * audit_new() - open the records beside the store
 * @config: where they are, and how they are kept
 * @audit: receives the audit; NULL when the configuration has it off
 * @failure: receives UKS_E_AUDIT, UKS_E_NO_MEMORY
 *
 * To be called as the user that the daemon becomes.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int audit_new(const struct config *config, struct audit **audit, struct failure *failure);

/**
 * audit_start() - record that the daemon starts, and what it found; begin to write
 * @audit: from audit_new(), or NULL
 * @uksd: the daemon, for its TPM
 * @failure: receives the cause
 *
 * To be called once privileges are given up, since it starts a thread.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int audit_start(struct audit *audit, struct uksd *uksd, struct failure *failure);

/**
 * audit_stop() - record that the daemon stops, anchor the head, write all
 * @audit: after audit_start(), or NULL
 *
 * No worker may be at a request any more.
 */
void audit_stop(struct audit *audit);

/**
 * audit_free() - let it go
 * @audit: from audit_new(), or NULL
 */
void audit_free(struct audit *audit);

/**
 * audit_note() - begin a record
 * @note: the record
 * @event: enum uks_audit_event
 */
void audit_note(struct audit_note *note, uint16_t event);

/**
 * audit_detail() - add a detail to a record
 * @note: the record
 * @number: enum uks_audit_detail
 * @bytes: the detail; its end is left out where it does not fit
 * @len: bytes of it
 */
void audit_detail(struct audit_note *note, uint8_t number, const void *bytes, size_t len);

/**
 * audit_append() - append a record, to be written soon
 * @audit: the audit, or NULL
 * @note: the record; number and time are filled in
 *
 * Return: 0, or -1 when there is no room: then it is counted as lost.
 */
int audit_append(struct audit *audit, struct audit_note *note);

/**
 * audit_flush() - write what waits
 * @audit: the audit
 * @durable: and make it durable
 * @failure: receives UKS_E_AUDIT
 *
 * Return: 0 once all that was appended before is written, or -1 with @failure filled
 * in.
 */
int audit_flush(struct audit *audit, bool durable, struct failure *failure);

/**
 * audit_event() - record something that is no request
 * @audit: the audit, or NULL
 * @event: enum uks_audit_event
 * @key: the key it is about, or NULL
 * @value: see enum uks_audit_event
 *
 * It is written when this returns, if it can be.
 */
void audit_event(struct audit *audit, uint16_t event, const struct key *key, uint64_t value);

/**
 * audit_zeroized() - record that an administrator ended all sessions
 * @audit: the audit, or NULL
 * @count: how many
 * @uid: effective user id of who did it, or UKS_AUDIT_NOBODY
 * @pid: the process
 */
void audit_zeroized(struct audit *audit, uint32_t count, uint32_t uid, uint32_t pid);

/**
 * audit_head() - how the chain is
 * @audit: the audit
 * @head: receives it, without what the TPM says
 */
void audit_head(struct audit *audit, struct uks_audit_head *head);

/**
 * audit_read() - read records
 * @audit: the audit
 * @segment: see audit_file_read()
 * @offset: see there
 * @records: receives them
 * @len: in: room; out: bytes
 * @failure: receives UKS_E_AUDIT
 *
 * Return: 0, or -1 with @failure filled in.
 */
int audit_read(struct audit *audit, uint64_t *segment, uint64_t *offset, uint8_t *records,
	       size_t *len, struct failure *failure);

/* ---- anchor.c ---- */

/**
 * audit_anchor_find() - compare the TPM's index with the last anchor of the chain
 * @audit: the audit, opened
 * @uksd: the daemon
 *
 * An anchor that a crash kept from the TPM is brought there. When they differ this is
 * recorded.
 */
void audit_anchor_find(struct audit *audit, struct uksd *uksd);

/**
 * audit_anchor_read() - what the TPM's index is
 * @uksd: the daemon
 * @value: receives UKS_AUDIT_HASH_LEN bytes
 * @failure: receives the cause
 *
 * Return: 0, or -1 with @failure filled in.
 */
int audit_anchor_read(struct uksd *uksd, uint8_t *value, struct failure *failure);

/**
 * audit_anchor() - bring the head of the chain to the TPM
 * @audit: the audit
 * @uksd: the daemon
 */
void audit_anchor(struct audit *audit, struct uksd *uksd);

/* ---- request.c ---- */

/**
 * audit_before() - may a request be handled, as far as the audit is concerned?
 * @worker: the worker
 * @request: its request
 * @failure: receives UKS_E_AUDIT
 *
 * Where it fails closed this takes room for the request's record, and writes that a
 * change is about to be made.
 *
 * Return: 0, or -1 with @failure filled in: then nothing may be done.
 */
int audit_before(struct worker *worker, const struct request *request,
		 struct failure *failure);

/**
 * audit_after() - record what became of a request
 * @worker: the worker, after audit_before(), whether that succeeded or not
 * @request: its request
 * @code: the outcome, enum uks_error
 *
 * Changes and refusals are written when this returns, if they can be.
 */
void audit_after(struct worker *worker, const struct request *request, uint32_t code);

/**
 * audit_subject() - note which key a request is about
 * @worker: the worker
 * @key: the key
 */
void audit_subject(struct worker *worker, const struct key *key);

#endif /* UKSD_AUDIT_H */
