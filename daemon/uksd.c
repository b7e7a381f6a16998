// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>

#include <sodium.h>

#include "daemon/pin/pin.h"
#include "daemon/uksd.h"

#define CACHED_KEYS	1024

/* sodium_malloc() aligns the end, not the beginning. */
#define ROUND_UP(size)	(((size) + 63) / 64 * 64)

int uksd_init(struct uksd *uksd, struct failure *failure)
{
	uksd->provider = &provider_sealed;
	uksd->cache = keycache_new(uksd->provider, CACHED_KEYS);
	uksd->ticket_key = sodium_malloc(crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
	if (!uksd->cache || !uksd->ticket_key) {
		keycache_free(uksd->cache);
		sodium_free(uksd->ticket_key);
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for keys");
	}
	randombytes_buf(uksd->ticket_key, crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
	if (custody_init(&uksd->custody, failure)) {
		keycache_free(uksd->cache);
		sodium_free(uksd->ticket_key);
		return -1;
	}
	keylock_init(&uksd->locks);
	uksd->started = time(NULL);
	return 0;
}

void uksd_exit(struct uksd *uksd)
{
	sodium_free(uksd->ticket_key);
	custody_exit(&uksd->custody);
	keycache_free(uksd->cache);
	keylock_destroy(&uksd->locks);
}

struct worker *worker_new(struct uksd *uksd, struct failure *failure)
{
	struct worker *worker = calloc(1, sizeof(*worker));

	if (!worker)
		goto no_memory;
	worker->uksd = uksd;
	worker->channel = -1;
	worker->in = sodium_malloc(ROUND_UP(REQUEST_MAX));
	worker->out = sodium_malloc(ROUND_UP(ANSWER_MAX));
	worker->secret = sodium_malloc(ROUND_UP(KEY_SECRET_MAX));
	if (!worker->in || !worker->out || !worker->secret)
		goto no_memory;
	if (!store_open(uksd->config->store, false, &worker->store, failure)) {
		worker->store->ledger = uksd->ledger;
		return worker;
	}
	worker_free(worker);
	return NULL;
no_memory:
	failure_set(failure, UKS_E_NO_MEMORY,
		    "out of locked memory for a worker: raise LimitMEMLOCK= or 'ulimit -l'");
	worker_free(worker);
	return NULL;
}

void worker_free(struct worker *worker)
{
	if (!worker)
		return;
	store_close(worker->store);
	sodium_free(worker->secret);
	sodium_free(worker->out);
	sodium_free(worker->in);
	free(worker);
}

void worker_done(struct worker *worker)
{
	pin_abandon(worker);
	keylock_release(worker->wrapping_lock);
	keylock_release(worker->lock);
	worker->wrapping_lock = NULL;
	worker->lock = NULL;
	worker->process.known = 0;
	worker->may_be_deleted = false;
	worker->delay_ms = 0;
	sodium_memzero(worker->in, worker->in_len);
	sodium_memzero(worker->out, worker->out_len);
	worker->in_len = 0;
	worker->out_len = 0;
}
