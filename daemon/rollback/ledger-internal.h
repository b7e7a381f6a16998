/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the ledger share. */
#ifndef UKSD_LEDGER_INTERNAL_H
#define UKSD_LEDGER_INTERNAL_H

#include <pthread.h>

#include "daemon/rollback/ledger-set.h"
#include "daemon/rollback/ledger.h"

#define LEDGER_META	"generation"	/* the head, an entry of the store's metadata */

/**
 * struct ledger_sum - sum of rows, none of which tells anything outside
 * @low: numbers modulo 2^128
 * @high: of them
 * @rows: how many
 */
struct ledger_sum {
	uint64_t low;
	uint64_t high;
	uint64_t rows;
};

/* A leaf that a change took away or added; 0 for none. */
struct ledger_step {
	uint64_t old;
	uint64_t new;
};

/**
 * struct ledger - see ledger.h
 * @leaf_key: of SipHash-2-4, for leaves
 * @sum_key: of SipHash-2-4 with 128 bits, for the sum
 * @head_key: of BLAKE2b, for the head
 * @interval: seconds
 * @wake: whom to tell when something is due sooner; NULL for nobody
 * @wake_context: argument of @wake
 * @lock: protects what follows; @sum, @steps and @touched belong to who has a change of
 *	the store under way
 * @set: all leaves
 * @state: where it is
 * @free_at: from when on the TPM may count again, seconds of CLOCK_MONOTONIC
 * @sum: over the leaves, with the change that is under way
 * @sealed: over them without it
 * @steps: what the change did to @set
 * @step_count: steps
 * @step_room: room at @steps
 * @touched: the change shall have a generation of its own
 * @next: the generation that the change has been given; 0 for none
 */
struct ledger {
	uint8_t leaf_key[16];
	uint8_t sum_key[16];
	uint8_t head_key[32];
	uint32_t interval;
	void (*wake)(void *context);
	void *wake_context;
	pthread_mutex_t lock;
	struct ledger_set set;
	struct ledger_state state;
	uint64_t free_at;
	struct ledger_sum sum;
	struct ledger_sum sealed;
	struct ledger_step *steps;
	size_t step_count;
	size_t step_room;
	bool touched;
	uint64_t next;
};

/* The leaf of a row; never 0. */
uint64_t ledger_leaf(const struct ledger *ledger, const uint8_t *id, uint32_t version,
		     const uint8_t *tag);

/* Adds a leaf to a sum, or takes it out. */
void ledger_sum_add(const struct ledger *ledger, struct ledger_sum *sum, const uint8_t *id,
		    uint32_t version, uint64_t leaf);
void ledger_sum_remove(const struct ledger *ledger, struct ledger_sum *sum, const uint8_t *id,
		       uint32_t version, uint64_t leaf);

/* The head: generation, rows, and what proves both and the sum. */
#define LEDGER_HEAD_LEN	(8 + 8 + 32)
void ledger_head(const struct ledger *ledger, uint64_t generation, const struct ledger_sum *sum,
		 uint8_t head[LEDGER_HEAD_LEN]);

/* A leaf goes and another comes, 0 for none, in the change that is under way. */
int ledger_step(struct ledger *ledger, uint64_t old, uint64_t new, struct failure *failure);

/* 0, or -1 with UKS_E_ROLLBACK. */
int ledger_refuse(struct failure *failure, const char *what, const char *name);

#endif /* UKSD_LEDGER_INTERNAL_H */
