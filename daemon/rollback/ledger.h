/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ledger: which rows are the latest ones.
 *
 * Each row that matters (a version of a key; the counters of a key) has a leaf, 64 bits
 * that nobody computes without the master key's secret, made of the row's own
 * authentication tag. The leaves of all rows are in memory, 8 bytes each, so that an
 * older copy of a row is known when it is used; and in the store beside the rows, so
 * that this can begin with the start. A sum over them is authenticated together with
 * the generation of the store, which the TPM counts (generation.h).
 *
 * A change of the store tells the ledger by itself: see struct store. The other calls
 * are for generation.c.
 */
#ifndef UKSD_LEDGER_H
#define UKSD_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/failure.h"
#include "daemon/store/store.h"

#define LEDGER_USES	0	/* as version: the counters of the key */

struct ledger;

/**
 * struct ledger_state - where a ledger is
 * @stored: generation in the store
 * @counted: generation that the TPM has counted; @stored or one less
 * @dirty: there were changes since @stored was first written, so that an older copy may
 *	have the same generation
 * @due: when the TPM must count, seconds of CLOCK_MONOTONIC; 0 for not at all
 * @rows: leaves
 * @strange: rows that are not the latest, as far as the store was examined
 * @missing: rows that are not there, likewise
 */
struct ledger_state {
	uint64_t stored;
	uint64_t counted;
	bool dirty;
	uint64_t due;
	uint64_t rows;
	uint64_t strange;
	uint64_t missing;
};

/**
 * ledger_new() - make an empty ledger
 * @secret: 64 bytes: keys of the leaves, the sum and the head
 * @interval: seconds between two counts of the TPM, at least, for what nobody flushes
 * @failure: receives UKS_E_NO_MEMORY
 *
 * Return: the ledger, for ledger_free(), or NULL with @failure filled in.
 */
struct ledger *ledger_new(const uint8_t secret[64], uint32_t interval, struct failure *failure);

/** ledger_free() - wipe and free a ledger; NULL is none */
void ledger_free(struct ledger *ledger);

/**
 * ledger_on_due() - whom to tell that something is due sooner
 * @ledger: the ledger
 * @wake: called without locks that others hold, after a change
 * @context: its argument
 */
void ledger_on_due(struct ledger *ledger, void (*wake)(void *context), void *context);

/**
 * ledger_state() - where it is
 * @ledger: the ledger
 * @state: receives it
 */
void ledger_state(struct ledger *ledger, struct ledger_state *state);

/**
 * ledger_counted() - the TPM has counted
 * @ledger: the ledger
 * @counted: up to there
 */
void ledger_counted(struct ledger *ledger, uint64_t counted);

/**
 * ledger_load() - take the leaves of a store in
 * @ledger: an empty one
 * @store: the store; becomes attached to it
 * @counted: what the TPM has counted
 * @failure: receives UKS_E_ROLLBACK when leaves were edited, added or removed
 *
 * Return: 0, or -1 with @failure filled in.
 */
int ledger_load(struct ledger *ledger, struct store *store, uint64_t counted,
		struct failure *failure);

/**
 * ledger_stored() - the generation that a store says it has
 * @store: the store
 * @generation: receives it, unproven; 0 when there is no ledger
 * @failure: receives UKS_E_STORE
 *
 * Return: 0, or -1 with @failure filled in.
 */
int ledger_stored(struct store *store, uint64_t *generation, struct failure *failure);

/**
 * ledger_rebuild() - begin anew with the rows that are there
 * @ledger: a new one
 * @store: the store, with a change under way; becomes attached to the ledger
 * @counted: what the TPM has counted; the store gets the generation after it
 * @failure: receives the cause
 *
 * Return: 0, or -1 with @failure filled in.
 */
int ledger_rebuild(struct ledger *ledger, struct store *store, uint64_t counted,
		   struct failure *failure);

/**
 * ledger_check() - is this row the latest?
 * @ledger: the ledger; NULL: yes
 * @record: a version of a key, whose blob was opened
 * @failure: receives UKS_E_ROLLBACK
 *
 * The caller has the key locked, or a change under way.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int ledger_check(struct ledger *ledger, const struct record *record, struct failure *failure);

/**
 * ledger_check_uses() - are these counters the latest?
 * @ledger: the ledger; NULL: yes
 * @key: whose they are
 * @uses: the counters; a change is under way
 * @failure: receives UKS_E_ROLLBACK
 *
 * Return: 0, or -1 with @failure filled in.
 */
int ledger_check_uses(struct ledger *ledger, const struct key *key, const struct uses *uses,
		      struct failure *failure);

/**
 * ledger_has() - is there a row with this content?
 * @ledger: the ledger
 * @row: id, version and tag
 *
 * Return: true when there is.
 */
bool ledger_has(struct ledger *ledger, const struct row *row);

/**
 * ledger_found() - remember what an examination of the store found
 * @ledger: the ledger
 * @strange: rows that are not the latest
 * @missing: rows that are not there
 */
void ledger_found(struct ledger *ledger, uint64_t strange, uint64_t missing);

/**
 * ledger_touch() - let the change that is under way have a generation of its own
 * @ledger: the ledger; what is stored is counted
 */
void ledger_touch(struct ledger *ledger);

/*
 * What an implementation of the store tells, within a change; without a ledger these
 * do nothing. Those that return int return 0, or -1 with the failure filled in.
 */

/* A row has this tag from now on. */
int ledger_put(struct store *store, const uint8_t *id, uint32_t version, const uint8_t *tag,
	       struct failure *failure);

/* The rows of a key go. */
int ledger_remove(struct store *store, const uint8_t *id, struct failure *failure);

/* All rows go; all rows that are there now have come at once. */
int ledger_empty(struct store *store, struct failure *failure);
int ledger_fill(struct store *store, struct failure *failure);

/* The change is about to be made durable; was; was not. */
int ledger_seal(struct store *store, struct failure *failure);
void ledger_commit(struct store *store);
void ledger_undo(struct store *store);

#endif /* UKSD_LEDGER_H */
