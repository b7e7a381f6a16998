// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * PINs of keys that are used. A session whose work the daemon does has a ticket: the
 * kernel keeps it with the session's parameters and sends it with each request. It says,
 * encrypted under a key that lasts as long as this daemon runs, what opens the key.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "daemon/key/find.h"
#include "daemon/pin/pin.h"
#include "daemon/provider/provider-tpm.h"
#include "daemon/session.h"

#define NS		1000000000ULL
#define NONCE_LEN	crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define PUBLIC_HALF	(UKS_PURPOSE_VERIFY | UKS_PURPOSE_ENCRYPT | UKS_PURPOSE_WRAP)

/* What a ticket says: PIN_TICKET_LEN without nonce and tag. */
struct said {
	uint64_t expires;
	uint8_t len;
	uint8_t opener[71];	/* the PIN, or what opens the blob */
};

static_assert(sizeof(struct said) == 80, "length of a ticket");
static_assert(sizeof(struct said) + NONCE_LEN + 16 == PIN_TICKET_LEN, "length of a ticket");

bool pin_needed(const struct key *key, uint32_t purpose)
{
	return key->pin_len && !(key->public_len && purpose & PUBLIC_HALF);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_BOOTTIME, &time);
	return time.tv_sec * NS + time.tv_nsec;
}

/* Good for one version of one key. */
static void bind(const struct key *key, uint8_t *aad)
{
	memcpy(aad, key->id, UKS_KEY_ID_LEN);
	memcpy(aad + UKS_KEY_ID_LEN, &key->version, 4);
}

static void write_ticket(const struct uksd *uksd, const struct key *key, const void *opener,
			 size_t len, struct pin_use *use)
{
	struct said said = { .expires = use->expires, .len = len };
	uint8_t aad[UKS_KEY_ID_LEN + 4];

	memcpy(said.opener, opener, len);
	bind(key, aad);
	randombytes_buf(use->ticket, NONCE_LEN);
	crypto_aead_xchacha20poly1305_ietf_encrypt(use->ticket + NONCE_LEN, NULL,
						   (const uint8_t *)&said, sizeof(said), aad,
						   sizeof(aad), NULL, use->ticket,
						   uksd->ticket_key);
	sodium_memzero(&said, sizeof(said));
}

static int read_ticket(const struct uksd *uksd, const struct key *key, const uint8_t *ticket,
		       struct said *said, struct failure *failure)
{
	uint8_t aad[UKS_KEY_ID_LEN + 4];

	bind(key, aad);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt((uint8_t *)said, NULL, NULL,
						       ticket + NONCE_LEN,
						       PIN_TICKET_LEN - NONCE_LEN, aad,
						       sizeof(aad), ticket, uksd->ticket_key) ||
	    said->len > sizeof(said->opener))
		return failure_set(failure, UKS_E_PIN_NEEDED,
				   "the PIN was given to a daemon that runs no more: open the session again");
	if (!said->expires || now() < said->expires)
		return 0;
	sodium_memzero(said, sizeof(*said));
	return failure_set(failure, UKS_E_PIN_NEEDED,
			   "the time that the PIN counts is over: open the session again");
}

static int give_to_tpm(struct worker *worker, const struct key *key, const struct uks_attr *code,
		       struct pin_use *use, struct failure *failure)
{
	unsigned int left;

	if (pin_verify(worker, key, code, &left, failure))
		return -1;
	use->code = (struct uks_tpm_code){ code->value, code->len };
	write_ticket(worker->uksd, key, code->value, code->len, use);
	return 0;
}

static int give_to_sealed(struct worker *worker, const struct key *key,
			  const struct uks_attr *code, size_t *len, struct pin_use *use,
			  struct failure *failure)
{
	uint8_t opener[PIN_OPENER_LEN];
	int ret;

	if (*len < PIN_OVERHEAD)
		return failure_set(failure, UKS_E_BLOB,
				   "what the PIN protects is damaged: restore the store from a backup");
	if (pin_ask_guard(worker, key, false, code, worker->secret, opener, failure))
		return -1;
	ret = pin_open_with(opener, worker->secret, len, failure);
	if (!ret)
		write_ticket(worker->uksd, key, opener, sizeof(opener), use);
	sodium_memzero(opener, sizeof(opener));
	return ret;
}

int pin_give(struct worker *worker, const struct request *request, const struct key *key,
	     const struct policy *policy, uint32_t purpose, size_t *len, struct pin_use *use,
	     struct failure *failure)
{
	const struct uks_attr *code = &request->attrs[UKS_A_PIN];

	memset(use, 0, sizeof(*use));
	if (!key->pin_len)
		return 0;
	if (!pin_needed(key, purpose)) {
		sodium_memzero(worker->secret, *len);
		*len = 0;
		return 0;
	}
	if (!code->type)
		return failure_set(failure, UKS_E_PIN_NEEDED,
				   "key '%s' needs its PIN: give it", key->name);
	use->needed = true;
	if (policy->pin == UKS_PIN_TIMED)
		use->expires = now() + policy->pin_seconds * NS;
	if (key->provider == UKS_PROVIDER_TPM)
		return give_to_tpm(worker, key, code, use, failure);
	return give_to_sealed(worker, key, code, len, use, failure);
}

/* The secret as the ticket opens it. */
static int open_by_ticket(struct worker *worker, const uint8_t *ticket, size_t *len,
			  struct private_key **private_key, struct failure *failure)
{
	const struct key *key = &worker->record.key;
	bool tpm = key->provider == UKS_PROVIDER_TPM;
	struct uks_tpm_code code;
	struct said said;
	int ret = 0;

	if (!ticket)
		return failure_set(failure, UKS_E_PIN_NEEDED,
				   "key '%s' needs its PIN: open the session again", key->name);
	if (read_ticket(worker->uksd, key, ticket, &said, failure))
		return -1;
	code = (struct uks_tpm_code){ said.opener, said.len };
	if (!tpm)
		ret = pin_open_with(said.opener, worker->secret, len, failure);
	if (!ret)
		ret = key_load(worker, key, worker->secret, *len, tpm ? &code : NULL,
			       private_key, failure);
	sodium_memzero(&said, sizeof(said));
	return ret;
}

struct cached_key *pin_ready(struct worker *worker, const struct request *request,
			     struct failure *failure)
{
	const struct key *key = &worker->record.key;
	struct private_key *private_key;
	struct cached_key *alone;
	struct job job;
	size_t len;
	int ret;

	if (session_job(request, &job, failure) || key_open(worker, &len, failure))
		return NULL;
	if (pin_needed(key, job.use.purpose))
		ret = open_by_ticket(worker, job.ticket, &len, &private_key, failure);
	else
		ret = key_load(worker, key, NULL, 0, NULL, &private_key, failure);
	sodium_memzero(worker->secret, KEY_SECRET_MAX);
	if (ret)
		return NULL;
	alone = keycache_alone(worker->uksd->cache, key, private_key);
	if (!alone)
		failure_set(failure, UKS_E_NO_MEMORY, "out of memory for a key");
	return alone;
}
