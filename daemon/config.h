/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Configuration: "key = value" lines, '#' and ';' begin comments. Each key has
 * a default, so that no file is needed.
 */
#ifndef UKSD_CONFIG_H
#define UKSD_CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "daemon/failure.h"
#include "tpm/boot.h"

#define CONFIG_WORKERS_MAX	64

/**
 * struct config - how the daemon runs
 * @tcti: "tcti": the way to the TPM, as in tss2-tctildr(7)
 * @root_handle: "tpm-root-handle": persistent handle of the TPM's storage root
 * @store: "store": absolute path of the file that keeps the keys
 * @user: "user": whom the daemon becomes when root started it
 * @workers: "workers": channels, and threads that serve them
 * @legacy: "legacy": weak types, algorithms and digests may be used
 * @delete_window: "delete-window": how long a deleted key can be restored, seconds;
 *	0: not at all
 * @session_idle: "session-idle": after how long without use a session ends, if the
 *	key's policy does not say, seconds; 0: never
 * @attest_pcrs: "attest-pcrs": which PCRs an attestation quotes
 * @audit: "audit": decisions are recorded
 * @audit_fail_closed: "audit-fail-closed": nothing is done whose record cannot be written
 * @audit_sync: "audit-sync": records of changes and refusals are durable before the
 *	answer
 * @audit_segment: "audit-segment": bytes after which a new file of records is begun
 * @audit_segments: "audit-segments": how many files are kept; 0: all
 * @audit_anchor: "audit-anchor": how often the chain's head goes to the TPM, at most,
 *	seconds; 0: only when the daemon stops
 * @audit_journal: "audit-journal": records go to the journal, too
 * @audit_kernel: "audit-kernel": records go to the audit of Linux, too
 * @generation_interval: "generation-interval": how often the TPM counts the generation of
 *	the store at most, if it is changed all the time; seconds
 * @accept: "accept-generation" is there: a store that is not the latest is taken for it if
 *	the following two are so
 * @accept_stored: generation that the store has
 * @accept_counted: generation that the TPM has counted
 * @log_level: "log-level": least important level that is logged, LOG_ERR to
 *	LOG_DEBUG
 */
struct config {
	char tcti[256];
	uint32_t root_handle;
	char store[PATH_MAX];
	char user[33];
	unsigned int workers;
	bool legacy;
	uint32_t delete_window;
	uint32_t session_idle;
	struct uks_tpm_pcrs attest_pcrs;
	bool audit;
	bool audit_fail_closed;
	bool audit_sync;
	uint32_t audit_segment;
	uint32_t audit_segments;
	uint32_t audit_anchor;
	bool audit_journal;
	bool audit_kernel;
	uint32_t generation_interval;
	bool accept;
	uint64_t accept_stored;
	uint64_t accept_counted;
	int log_level;
};

/**
 * config_load() - read the configuration
 * @config: receives it, defaults included
 * @path: the file; NULL is the default one, which need not exist
 * @failure: receives the first mistake: file, line, key and cure
 *
 * Return: 0, or -1 with @failure filled in.
 */
int config_load(struct config *config, const char *path, struct failure *failure);

/**
 * config_path() - the file that config_load() reads
 * @path: as there
 *
 * Return: a path; lives as long as @path.
 */
const char *config_path(const char *path);

/**
 * config_tpm_device() - the device that the TPM is reached by
 * @config: the configuration
 *
 * Return: its path, as long as @config lives; NULL when the TPM is reached otherwise.
 */
const char *config_tpm_device(const struct config *config);

/**
 * config_print() - write a configuration as a file that gives the same
 * @config: the configuration
 * @out: where to
 */
void config_print(const struct config *config, FILE *out);

#endif /* UKSD_CONFIG_H */
