/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A set of numbers, eight bytes each and little beside. They are as good as random, so
 * that they are their own hash; what has linear probing is filled to nine tenths.
 */
#ifndef UKSD_LEDGER_SET_H
#define UKSD_LEDGER_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct ledger_set - a set; all zero is the empty one
 * @slots: the numbers; 0 is a free slot
 * @size: slots
 * @count: numbers
 */
struct ledger_set {
	uint64_t *slots;
	size_t size;
	size_t count;
};

/** ledger_set_free() - free what a set has; it is empty then */
void ledger_set_free(struct ledger_set *set);

/**
 * ledger_set_reserve() - make room
 * @set: the set
 * @count: numbers that it shall have room for
 *
 * Return: 0, or -1 when memory is short; the set is as it was then.
 */
int ledger_set_reserve(struct ledger_set *set, size_t count);

/** ledger_set_has() - is this number, which is not 0, in the set? */
bool ledger_set_has(const struct ledger_set *set, uint64_t number);

/** ledger_set_add() - add a number, which is not 0; there is room */
void ledger_set_add(struct ledger_set *set, uint64_t number);

/** ledger_set_remove() - remove a number, if it is there */
void ledger_set_remove(struct ledger_set *set, uint64_t number);

#endif /* UKSD_LEDGER_SET_H */
