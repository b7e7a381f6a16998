/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon: what its threads share, and what each worker has. */
#ifndef UKSD_UKSD_H
#define UKSD_UKSD_H

#include <stdatomic.h>
#include <time.h>

#include "daemon/audit/audit.h"
#include "daemon/config.h"
#include "daemon/key/keycache.h"
#include "daemon/key/keylock.h"
#include "daemon/master/boot-policy.h"
#include "daemon/master/custody.h"
#include "daemon/master/master.h"
#include "daemon/process.h"
#include "daemon/store/store.h"

#define REQUEST_MAX	(sizeof(struct uks_request_header) + 2 * UKS_PAYLOAD_MAX)
#define ANSWER_MAX	(sizeof(struct uks_answer_header) + UKS_PAYLOAD_MAX)

struct examiner;
struct generation;
struct ledger;
struct spare;
struct tpmgate;
struct worker;

/**
 * struct uksd - what all workers share
 * @config: the configuration; log_level may be behind a reload
 * @gate: the way to the TPM
 * @master: the master key, and where it came from
 * @boot_policy: which boots open it; changed under @custody.lock
 * @custody: the life of the master key
 * @audit: records of what is decided; NULL: none are made
 * @ledger: which rows of the store are the latest; NULL when @locked
 * @generation: counts it in the TPM; NULL when @locked
 * @damaged: the store is known to be damaged: what is not found may be there
 * @locked: why no key can be used; code 0 if keys can be used
 * @provider: what makes and uses keys
 * @cache: keys that are ready to sign
 * @locks: locks on keys
 * @spare: a key that issuers may want next; NULL: none is made ahead
 * @revoke: ends all sessions of a key, as control_revoke() does
 * @revoke_context: first argument of @revoke
 * @valid: does a request of a worker still wait? 0 if it does, as channel_valid()
 * @examiner: looks at clients' processes; NULL: then what needs it is refused
 * @algorithms: what the kernel itself runs, set of enum uks_algorithm
 * @digests: what the kernel itself hashes, set of enum uks_digest
 * @module: version of the kernel module, "" if it does not tell
 * @boot: which boot this is, from usage_boot()
 * @wake: tells the main thread that something may be due sooner; NULL if nobody is
 *	to be told
 * @wake_context: argument of @wake
 * @ticket_key: 32 bytes, random and locked, for what says that a PIN was given
 * @started: when it became ready, seconds since 1970-01-01 UTC
 */
struct uksd {
	const struct config *config;
	struct tpmgate *gate;
	struct master *master;
	struct boot_policy boot_policy;
	struct custody custody;
	struct audit *audit;
	struct ledger *ledger;
	struct generation *generation;
	atomic_bool damaged;
	struct failure locked;
	const struct provider *provider;
	struct keycache *cache;
	struct keylock locks;
	struct spare *spare;
	int (*revoke)(void *context, const uint8_t *id, uint32_t *count,
		      struct failure *failure);
	void *revoke_context;
	int (*valid)(struct worker *worker, uint64_t id);
	struct examiner *examiner;
	uint64_t algorithms;
	uint64_t digests;
	char module[64];
	uint8_t boot[16];
	void (*wake)(void *context);
	void *wake_context;
	uint8_t *ticket_key;
	time_t started;
};

/**
 * struct worker - one thread that handles requests
 * @uksd: the daemon
 * @store: its connection to the store
 * @channel: the file descriptor that its requests come from; -1 if there is none
 * @in: room for a request, REQUEST_MAX bytes, locked
 * @out: room for an answer, ANSWER_MAX bytes, locked
 * @secret: room for the secret of a key, KEY_SECRET_MAX bytes, locked
 * @in_len: bytes of @in that were used
 * @out_len: bytes of @out that were used
 * @lock: the lock on the request's key, until the answer is written
 * @wrapping_lock: the lock on the request's second key, NULL if @lock is that, too
 * @record: the request's key as the store has it
 * @wrapping: the request's second key, the one that wraps or unwraps
 * @old: a key that another one takes the place of, or a new version of @record
 * @common: what versions of a key have in common, while they are changed
 * @may_be_deleted: the request may be about a deleted key
 * @process: what is known about the request's client
 * @pin_of: the key whose PIN is being made
 * @pin_pending: that key is not durable yet
 * @subject: the key that the request's record names; its version is 0: none yet
 * @promised: there is room for that record
 * @delay_ms: the answer is to be given so much later, milliseconds; the worker is not to
 *	wait for that
 */
struct worker {
	struct uksd *uksd;
	struct store *store;
	int channel;
	uint8_t *in;
	uint8_t *out;
	uint8_t *secret;
	size_t in_len;
	size_t out_len;
	pthread_rwlock_t *lock;
	pthread_rwlock_t *wrapping_lock;
	struct record record;
	struct record wrapping;
	struct record old;
	struct key common;
	bool may_be_deleted;
	struct process process;
	uint8_t pin_of[UKS_KEY_ID_LEN];
	bool pin_pending;
	struct audit_subject subject;
	bool promised;
	unsigned int delay_ms;
};

/**
 * uksd_init() - set up what workers share
 * @uksd: what to initialise; @config, @master and @revoke are the caller's to
 *	set
 * @failure: receives the cause
 *
 * Return: 0, or -1 with @failure filled in.
 */
int uksd_init(struct uksd *uksd, struct failure *failure);

/**
 * uksd_exit() - wipe and free what uksd_init() made
 * @uksd: the daemon, without workers
 */
void uksd_exit(struct uksd *uksd);

/**
 * worker_new() - make a worker
 * @uksd: the daemon
 * @failure: receives the cause
 *
 * Return: the worker, or NULL with @failure filled in.
 */
struct worker *worker_new(struct uksd *uksd, struct failure *failure);

/**
 * worker_free() - wipe and free a worker
 * @worker: from worker_new(), or NULL
 */
void worker_free(struct worker *worker);

/**
 * worker_done() - end a request, once its answer was written
 * @worker: the worker
 *
 * Releases the lock on the key and wipes what the request left in the worker.
 */
void worker_done(struct worker *worker);

#endif /* UKSD_UKSD_H */
