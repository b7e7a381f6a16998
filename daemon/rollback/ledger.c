// SPDX-License-Identifier: LGPL-2.1-or-later
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "daemon/rollback/ledger-internal.h"

/**
 * DOC: The ledger
 *
 * All numbers are big-endian. A leaf is SipHash-2-4 of key id (16 bytes), version (4
 * bytes, 0 for the counters) and tag (16 bytes). It stands in the store, where everybody
 * who reads that can see it. What is added up, modulo 2^128, is therefore another number
 * that nobody sees: SipHash-2-4 with 128 bits, under another key, of key id, version and
 * leaf (8 bytes). The head is
 *
 *   ======  =====  ======================================================
 *   offset  bytes  content
 *   ======  =====  ======================================================
 *   0       8      generation
 *   8       8      rows
 *   16      32     BLAKE2b-256, keyed, of "uks generation v1", generation,
 *                  rows, sum (16 bytes)
 *   ======  =====  ======================================================
 *
 * so that neither the sum nor a difference of two sums is ever told.
 */

static const char head_label[] = "uks generation v1";

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

uint64_t ledger_leaf(const struct ledger *ledger, const uint8_t *id, uint32_t version,
		     const uint8_t *tag)
{
	uint8_t bytes[UKS_KEY_ID_LEN + 4 + 16], digest[crypto_shorthash_BYTES];
	uint32_t number = htobe32(version);
	uint64_t leaf;

	memcpy(bytes, id, UKS_KEY_ID_LEN);
	memcpy(bytes + UKS_KEY_ID_LEN, &number, 4);
	memcpy(bytes + UKS_KEY_ID_LEN + 4, tag, 16);
	crypto_shorthash(digest, bytes, sizeof(bytes), ledger->leaf_key);
	memcpy(&leaf, digest, sizeof(leaf));
	leaf = be64toh(leaf);
	return leaf ? leaf : 1;
}

static __uint128_t addend(const struct ledger *ledger, const uint8_t *id, uint32_t version,
			  uint64_t leaf)
{
	uint8_t bytes[UKS_KEY_ID_LEN + 4 + 8], digest[crypto_shorthash_siphashx24_BYTES];
	uint32_t number = htobe32(version);
	uint64_t halves[2];

	leaf = htobe64(leaf);
	memcpy(bytes, id, UKS_KEY_ID_LEN);
	memcpy(bytes + UKS_KEY_ID_LEN, &number, 4);
	memcpy(bytes + UKS_KEY_ID_LEN + 4, &leaf, 8);
	crypto_shorthash_siphashx24(digest, bytes, sizeof(bytes), ledger->sum_key);
	memcpy(halves, digest, sizeof(halves));
	return (__uint128_t)be64toh(halves[0]) << 64 | be64toh(halves[1]);
}

static __uint128_t sum_get(const struct ledger_sum *sum)
{
	return (__uint128_t)sum->high << 64 | sum->low;
}

static void sum_set(struct ledger_sum *sum, __uint128_t value)
{
	sum->high = value >> 64;
	sum->low = value;
}

void ledger_sum_add(const struct ledger *ledger, struct ledger_sum *sum, const uint8_t *id,
		    uint32_t version, uint64_t leaf)
{
	sum_set(sum, sum_get(sum) + addend(ledger, id, version, leaf));
	sum->rows++;
}

void ledger_sum_remove(const struct ledger *ledger, struct ledger_sum *sum, const uint8_t *id,
		       uint32_t version, uint64_t leaf)
{
	sum_set(sum, sum_get(sum) - addend(ledger, id, version, leaf));
	sum->rows--;
}

void ledger_head(const struct ledger *ledger, uint64_t generation, const struct ledger_sum *sum,
		 uint8_t head[LEDGER_HEAD_LEN])
{
	uint64_t numbers[4] = {
		htobe64(generation), htobe64(sum->rows), htobe64(sum->high), htobe64(sum->low),
	};
	crypto_generichash_state state;

	memcpy(head, numbers, 16);
	crypto_generichash_init(&state, ledger->head_key, sizeof(ledger->head_key), 32);
	crypto_generichash_update(&state, (const uint8_t *)head_label, sizeof(head_label) - 1);
	crypto_generichash_update(&state, (const uint8_t *)numbers, sizeof(numbers));
	crypto_generichash_final(&state, head + 16, 32);
	sodium_memzero(&state, sizeof(state));
}

struct ledger *ledger_new(const uint8_t secret[64], uint32_t interval, struct failure *failure)
{
	struct ledger *ledger = sodium_malloc(sizeof(*ledger));

	if (!ledger) {
		failure_set(failure, UKS_E_NO_MEMORY, "out of locked memory for the ledger");
		return NULL;
	}
	memset(ledger, 0, sizeof(*ledger));
	memcpy(ledger->leaf_key, secret, 16);
	memcpy(ledger->sum_key, secret + 16, 16);
	memcpy(ledger->head_key, secret + 32, 32);
	ledger->interval = interval;
	pthread_mutex_init(&ledger->lock, NULL);
	return ledger;
}

void ledger_free(struct ledger *ledger)
{
	if (!ledger)
		return;
	ledger_set_free(&ledger->set);
	free(ledger->steps);
	pthread_mutex_destroy(&ledger->lock);
	sodium_free(ledger);
}

void ledger_on_due(struct ledger *ledger, void (*wake)(void *context), void *context)
{
	pthread_mutex_lock(&ledger->lock);
	ledger->wake = wake;
	ledger->wake_context = context;
	pthread_mutex_unlock(&ledger->lock);
}

/* With the lock held. */
static void set_due(struct ledger *ledger)
{
	struct ledger_state *state = &ledger->state;

	if (state->stored != state->counted)
		state->due = now();
	else
		state->due = state->dirty ? ledger->free_at : 0;
}

void ledger_state(struct ledger *ledger, struct ledger_state *state)
{
	pthread_mutex_lock(&ledger->lock);
	*state = ledger->state;
	state->rows = ledger->set.count;
	pthread_mutex_unlock(&ledger->lock);
}

void ledger_counted(struct ledger *ledger, uint64_t counted)
{
	pthread_mutex_lock(&ledger->lock);
	ledger->state.counted = counted;
	ledger->free_at = now() + ledger->interval;
	set_due(ledger);
	pthread_mutex_unlock(&ledger->lock);
}

void ledger_found(struct ledger *ledger, uint64_t strange, uint64_t missing)
{
	pthread_mutex_lock(&ledger->lock);
	ledger->state.strange = strange;
	ledger->state.missing = missing;
	pthread_mutex_unlock(&ledger->lock);
}

void ledger_touch(struct ledger *ledger)
{
	ledger->touched = true;
}

bool ledger_has(struct ledger *ledger, const struct row *row)
{
	uint64_t leaf = ledger_leaf(ledger, row->id, row->version, row->tag);
	bool has;

	pthread_mutex_lock(&ledger->lock);
	has = ledger_set_has(&ledger->set, leaf);
	pthread_mutex_unlock(&ledger->lock);
	return has;
}

int ledger_refuse(struct failure *failure, const char *what, const char *name)
{
	return failure_set(failure, UKS_E_ROLLBACK,
			   "%s of key '%s' in the store are not the latest: an older copy was put back; restore the latest copy of the store, or erase the key with 'uksctl key delete --now'",
			   what, name);
}

int ledger_check(struct ledger *ledger, const struct record *record, struct failure *failure)
{
	struct row row = { .version = record->key.version };

	if (!ledger)
		return 0;
	memcpy(row.id, record->key.id, sizeof(row.id));
	record_tag(record, row.tag);
	return ledger_has(ledger, &row) ? 0 :
	       ledger_refuse(failure, "the rows", record->key.name);
}

int ledger_check_uses(struct ledger *ledger, const struct key *key, const struct uses *uses,
		      struct failure *failure)
{
	struct row row = { .version = LEDGER_USES };

	if (!ledger)
		return 0;
	memcpy(row.id, key->id, sizeof(row.id));
	memcpy(row.tag, uses->tag, sizeof(row.tag));
	return ledger_has(ledger, &row) ? 0 : ledger_refuse(failure, "the counters", key->name);
}

/* Room for a step is made before anything is changed. */
int ledger_step(struct ledger *ledger, uint64_t old, uint64_t new, struct failure *failure)
{
	struct ledger_step *steps;
	size_t room;

	if (ledger->step_count == ledger->step_room) {
		room = ledger->step_room ? ledger->step_room * 2 : 16;
		steps = realloc(ledger->steps, room * sizeof(*steps));
		if (!steps)
			goto no_memory;
		ledger->steps = steps;
		ledger->step_room = room;
	}
	pthread_mutex_lock(&ledger->lock);
	if (new && ledger_set_reserve(&ledger->set, ledger->set.count + 1)) {
		pthread_mutex_unlock(&ledger->lock);
		goto no_memory;
	}
	/* Old leaves go when the change is durable: until then both are good. */
	if (new)
		ledger_set_add(&ledger->set, new);
	pthread_mutex_unlock(&ledger->lock);
	ledger->steps[ledger->step_count++] = (struct ledger_step){ old, new };
	return 0;
no_memory:
	return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for the ledger of the store");
}

/* A leaf that the store says there is; what it says must be so. */
static int check_old(struct ledger *ledger, uint64_t leaf, struct failure *failure)
{
	bool has;

	pthread_mutex_lock(&ledger->lock);
	has = leaf && ledger_set_has(&ledger->set, leaf);
	pthread_mutex_unlock(&ledger->lock);
	return has ? 0 :
	       failure_set(failure, UKS_E_ROLLBACK,
			   "the ledger of the store was edited: restart uksd, and restore the latest copy of the store");
}

int ledger_put(struct store *store, const uint8_t *id, uint32_t version, const uint8_t *tag,
	       struct failure *failure)
{
	struct ledger *ledger = store->ledger;
	uint64_t old = 0, new;
	uint32_t found;

	if (!ledger)
		return 0;
	new = ledger_leaf(ledger, id, version, tag);
	if (store->ops->get_leaf(store, id, (int64_t)version - 1, &found, &old, failure)) {
		if (failure->code != UKS_E_NO_KEY)
			return -1;
		found = version + 1;
	}
	if (found != version)
		old = 0;
	if (old == new)
		return 0;
	if ((old && check_old(ledger, old, failure)) ||
	    store->ops->put_leaf(store, id, version, new, failure) ||
	    ledger_step(ledger, old, new, failure))
		return -1;
	if (old)
		ledger_sum_remove(ledger, &ledger->sum, id, version, old);
	ledger_sum_add(ledger, &ledger->sum, id, version, new);
	return 0;
}

int ledger_remove(struct store *store, const uint8_t *id, struct failure *failure)
{
	struct ledger *ledger = store->ledger;
	int64_t after = -1;
	uint32_t version;
	uint64_t leaf;

	if (!ledger)
		return 0;
	while (!store->ops->get_leaf(store, id, after, &version, &leaf, failure)) {
		if (check_old(ledger, leaf, failure) || ledger_step(ledger, leaf, 0, failure))
			return -1;
		ledger_sum_remove(ledger, &ledger->sum, id, version, leaf);
		after = version;
	}
	return failure->code == UKS_E_NO_KEY ? store->ops->remove_leaves(store, id, failure) : -1;
}

/* A generation of its own, if the last one is counted and that is long enough ago. */
static uint64_t choose_generation(struct ledger *ledger)
{
	const struct ledger_state *state = &ledger->state;
	bool free = state->stored == state->counted;

	if (free && (ledger->touched || now() >= ledger->free_at))
		return state->counted + 1;
	return state->stored;
}

int ledger_seal(struct store *store, struct failure *failure)
{
	struct ledger *ledger = store->ledger;
	uint8_t head[LEDGER_HEAD_LEN];

	if (!ledger || (!ledger->step_count && !ledger->touched))
		return 0;
	pthread_mutex_lock(&ledger->lock);
	ledger->next = choose_generation(ledger);
	pthread_mutex_unlock(&ledger->lock);
	ledger_head(ledger, ledger->next, &ledger->sum, head);
	return store->ops->put_meta(store, LEDGER_META, head, sizeof(head), failure);
}

static void forget_change(struct ledger *ledger)
{
	ledger->step_count = 0;
	ledger->touched = false;
	ledger->next = 0;
}

void ledger_commit(struct store *store)
{
	struct ledger *ledger = store->ledger;
	struct ledger_state *state;
	size_t i;

	if (!ledger || !ledger->next)
		return;
	state = &ledger->state;
	pthread_mutex_lock(&ledger->lock);
	for (i = 0; i < ledger->step_count; i++)
		ledger_set_remove(&ledger->set, ledger->steps[i].old);
	state->dirty = ledger->next == state->stored;
	state->stored = ledger->next;
	set_due(ledger);
	ledger->sealed = ledger->sum;
	forget_change(ledger);
	if (ledger->wake)
		ledger->wake(ledger->wake_context);
	pthread_mutex_unlock(&ledger->lock);
}

void ledger_undo(struct store *store)
{
	struct ledger *ledger = store->ledger;
	size_t i;

	if (!ledger)
		return;
	pthread_mutex_lock(&ledger->lock);
	for (i = 0; i < ledger->step_count; i++)
		ledger_set_remove(&ledger->set, ledger->steps[i].new);
	pthread_mutex_unlock(&ledger->lock);
	ledger->sum = ledger->sealed;
	forget_change(ledger);
}
