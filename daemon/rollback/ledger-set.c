// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>

#include "daemon/rollback/ledger-set.h"

#define SMALLEST	64

/* The slot where a number would like to be: its share of all numbers (Lemire). */
static size_t home(const struct ledger_set *set, uint64_t number)
{
	return (__uint128_t)number * set->size >> 64;
}

static size_t next(const struct ledger_set *set, size_t at)
{
	return at + 1 < set->size ? at + 1 : 0;
}

/* Where the number is, or the free slot where it belongs. */
static size_t find(const struct ledger_set *set, uint64_t number)
{
	size_t at = home(set, number);

	while (set->slots[at] && set->slots[at] != number)
		at = next(set, at);
	return at;
}

void ledger_set_free(struct ledger_set *set)
{
	free(set->slots);
	*set = (struct ledger_set){ .count = 0 };
}

int ledger_set_reserve(struct ledger_set *set, size_t count)
{
	struct ledger_set bigger = { .count = set->count };
	size_t i;

	if (count <= set->size / 10 * 9)
		return 0;
	bigger.size = count / 8 * 10 + SMALLEST;
	bigger.slots = calloc(bigger.size, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -1;
	for (i = 0; i < set->size; i++)
		if (set->slots[i])
			bigger.slots[find(&bigger, set->slots[i])] = set->slots[i];
	free(set->slots);
	*set = bigger;
	return 0;
}

bool ledger_set_has(const struct ledger_set *set, uint64_t number)
{
	return set->size && set->slots[find(set, number)];
}

void ledger_set_add(struct ledger_set *set, uint64_t number)
{
	size_t at = find(set, number);

	if (!set->slots[at])
		set->count++;
	set->slots[at] = number;
}

/* Whether slot @at lies in the ring from @from on, before @to. */
static bool between(size_t from, size_t at, size_t to)
{
	return from <= to ? from <= at && at < to : from <= at || at < to;
}

/* What follows moves up, unless it would come before its home. */
void ledger_set_remove(struct ledger_set *set, uint64_t number)
{
	size_t hole, at;

	if (!ledger_set_has(set, number))
		return;
	hole = find(set, number);
	set->slots[hole] = 0;
	set->count--;
	for (at = next(set, hole); set->slots[at]; at = next(set, at)) {
		if (between(next(set, hole), home(set, set->slots[at]), next(set, at)))
			continue;
		set->slots[hole] = set->slots[at];
		set->slots[at] = 0;
		hole = at;
	}
}
