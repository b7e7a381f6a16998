/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the audit share. */
#ifndef UKSD_AUDIT_INTERNAL_H
#define UKSD_AUDIT_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "daemon/audit/audit.h"
#include "daemon/audit/file.h"
#include "daemon/audit/sink.h"

/**
 * struct audit - the audit
 * @config: the configuration
 * @uksd: the daemon, after audit_start()
 * @lock: protects what follows, up to @lost; held for a moment
 * @wake: tells the writer
 * @buffer: records that wait, without hashes
 * @used: bytes of it
 * @promised: bytes that requests in hand were promised
 * @sequence: number of the last record
 * @hurry: the writer shall not wait for more
 * @stop: the writer shall end
 * @lost: records that were not written
 * @write_lock: protects what follows; taken before @lock
 * @spare: the buffer that is being written
 * @encoded: records with their hashes that could not be written yet
 * @pending: bytes of it
 * @file: the files
 * @found: what they were like at the start
 * @sink: journal and Linux audit
 * @failed: the last attempt to write failed
 * @told: how many of @lost were recorded
 * @remove: files before this record are removed once that is recorded; 0: none
 * @anchored: when the last anchor was made, seconds of CLOCK_MONOTONIC
 * @anchor_due: records were written after the last anchor
 * @anchor_off: the TPM's index could not be had: it is looked for again before the
 *	next anchor
 * @tpm: what the TPM's index is, as far as this daemon knows
 * @writer: the thread
 * @running: it runs
 */
struct audit {
	const struct config *config;
	struct uksd *uksd;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	uint8_t *buffer;
	size_t used;
	size_t promised;
	uint64_t sequence;
	bool hurry;
	bool stop;
	uint64_t lost;
	pthread_mutex_t write_lock;
	uint8_t *spare;
	uint8_t *encoded;
	size_t pending;
	struct audit_file file;
	struct audit_found found;
	struct audit_sink *sink;
	atomic_bool failed;
	uint64_t told;
	uint64_t remove;
	time_t anchored;
	atomic_bool anchor_due;
	bool anchor_off;
	uint8_t tpm[UKS_AUDIT_HASH_LEN];
	pthread_t writer;
	bool running;
};

/**
 * audit_promise() - take room for one record
 * @audit: the audit
 * @failure: receives UKS_E_AUDIT
 *
 * Return: 0, to be followed by audit_keep_promise(), or -1 with @failure filled in.
 */
int audit_promise(struct audit *audit, struct failure *failure);

/**
 * audit_append_promised() - append the record that there was room taken for
 * @audit: the audit
 * @note: the record
 */
void audit_append_promised(struct audit *audit, struct audit_note *note);

#endif /* UKSD_AUDIT_INTERNAL_H */
