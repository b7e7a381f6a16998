// SPDX-License-Identifier: LGPL-2.1-or-later
/* Taking the ledger in from the store, and making it anew. */
#include <endian.h>
#include <string.h>

#include <sodium.h>

#include "daemon/rollback/ledger-internal.h"

static int read_head(struct store *store, uint8_t head[LEDGER_HEAD_LEN], struct failure *failure)
{
	uint8_t room[STORE_META_MAX];
	size_t len;

	if (store->ops->get_meta(store, LEDGER_META, room, &len, failure))
		return -1;
	/* What is malformed is as good as none: then there is no generation. */
	memset(head, 0, LEDGER_HEAD_LEN);
	if (len == LEDGER_HEAD_LEN)
		memcpy(head, room, len);
	return 0;
}

static uint64_t number_at(const uint8_t *at)
{
	uint64_t number;

	memcpy(&number, at, sizeof(number));
	return be64toh(number);
}

int ledger_stored(struct store *store, uint64_t *generation, struct failure *failure)
{
	uint8_t head[LEDGER_HEAD_LEN];

	if (read_head(store, head, failure))
		return -1;
	*generation = number_at(head);
	return 0;
}

static int take_leaf(const struct row *row, void *context, struct failure *failure)
{
	struct ledger *ledger = context;

	/* More than the head says: refused in the end, and no reason to take more memory. */
	if (!row->leaf || ledger->set.count == ledger->state.rows)
		return failure_set(failure, UKS_E_ROLLBACK,
				   "rows were added to the ledger of the store: restore the latest copy of the store");
	ledger_set_add(&ledger->set, row->leaf);
	ledger_sum_add(ledger, &ledger->sum, row->id, row->version, row->leaf);
	return 0;
}

int ledger_load(struct ledger *ledger, struct store *store, uint64_t counted,
		struct failure *failure)
{
	uint8_t head[LEDGER_HEAD_LEN], proof[LEDGER_HEAD_LEN];
	uint64_t rows;

	if (read_head(store, head, failure))
		return -1;
	rows = number_at(head + 8);
	if (rows > UINT32_MAX || ledger_set_reserve(&ledger->set, rows))
		return failure_set(failure, UKS_E_NO_MEMORY,
				   "out of memory for a ledger of %llu rows",
				   (unsigned long long)rows);
	ledger->state.rows = rows;
	if (store->ops->rows(store, STORE_ROWS_LEAVES, NULL, 0, take_leaf, ledger, failure))
		return -1;
	ledger->state.stored = number_at(head);
	ledger_head(ledger, ledger->state.stored, &ledger->sum, proof);
	if (sodium_memcmp(head, proof, sizeof(head)))
		return failure_set(failure, UKS_E_ROLLBACK,
				   "the ledger of the store does not fit its generation %llu: rows were exchanged or removed; restore the latest copy of the store",
				   (unsigned long long)ledger->state.stored);
	ledger->sealed = ledger->sum;
	ledger->state.counted = counted;
	ledger->state.due = ledger->state.stored != counted;
	store->ledger = ledger;
	return 0;
}

static int take_row(const struct row *row, void *context, struct failure *failure)
{
	return ledger_put(context, row->id, row->version, row->tag, failure);
}

static int drop_leaf(const struct row *row, void *context, struct failure *failure)
{
	return ledger_step(context, row->leaf, 0, failure);
}

int ledger_empty(struct store *store, struct failure *failure)
{
	struct ledger *ledger = store->ledger;

	if (!ledger)
		return 0;
	if (store->ops->rows(store, STORE_ROWS_LEAVES, NULL, 0, drop_leaf, ledger, failure) ||
	    store->ops->remove_leaves(store, NULL, failure))
		return -1;
	memset(&ledger->sum, 0, sizeof(ledger->sum));
	return 0;
}

int ledger_fill(struct store *store, struct failure *failure)
{
	if (!store->ledger)
		return 0;
	if (store->ops->rows(store, STORE_ROWS_VERSIONS, NULL, 0, take_row, store, failure))
		return -1;
	return store->ops->rows(store, STORE_ROWS_USES, NULL, 0, take_row, store, failure);
}

int ledger_rebuild(struct ledger *ledger, struct store *store, uint64_t counted,
		   struct failure *failure)
{
	store->ledger = ledger;
	ledger->state.stored = counted;
	ledger->state.counted = counted;
	ledger_touch(ledger);
	if (store->ops->remove_leaves(store, NULL, failure))
		return -1;
	return ledger_fill(store, failure);
}
