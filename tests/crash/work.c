// SPDX-License-Identifier: LGPL-2.1-or-later
/* Load: changes of keys, one after the other, each in the journal. */
#include <stdlib.h>
#include <string.h>

#include "tests/crash/keeper.h"

static int make(struct keeper *keeper, struct record *next)
{
	int serial = next->serial + 1, slot = next->slot;

	*next = (struct record){ .slot = slot, .fate = THERE, .serial = serial, .id = "-",
				 .version = 1, .tries = TRIES, .nonce = "-", .proof = "-" };
	if (kind_of(slot) != PINNED)
		next->tries = 0;
	journal_begin(keeper, next);
	return key_make(keeper, next);
}

static int prove(struct keeper *keeper, struct record *next)
{
	/* Of a counted key that is a use; of one with a PIN it gives all tries back. */
	if (kind_of(next->slot) == COUNTED)
		next->uses++;
	if (kind_of(next->slot) == PINNED)
		next->tries = TRIES;
	journal_begin(keeper, next);
	return key_prove(keeper, next);
}

static int rename_it(struct keeper *keeper, struct record *next)
{
	char old[32], new[32];

	key_name(keeper, next, old);
	next->serial++;
	key_name(keeper, next, new);
	journal_begin(keeper, next);
	return uks_key_rename(keeper->client, old, new, &keeper->err);
}

static int rotate(struct keeper *keeper, struct record *next)
{
	char name[32];

	next->version++;
	/* The right PIN is not given: it is not needed for that. */
	key_name(keeper, next, name);
	journal_begin(keeper, next);
	return uks_key_rotate(keeper->client, name, NULL, NULL, &keeper->err);
}

static int delete_it(struct keeper *keeper, struct record *next, bool now)
{
	char id[48];

	snprintf(id, sizeof(id), "@%s", next->id);
	next->fate = now ? NEVER : DELETED;
	journal_begin(keeper, next);
	return uks_key_delete_with(keeper->client, id, now ? UKS_CALL_NOW : 0, NULL,
				   &keeper->err);
}

static int restore(struct keeper *keeper, struct record *next)
{
	char id[48];

	snprintf(id, sizeof(id), "@%s", next->id);
	next->fate = THERE;
	journal_begin(keeper, next);
	return uks_key_restore(keeper->client, id, NULL, NULL, &keeper->err);
}

static int try_pin(struct keeper *keeper, struct record *next, bool right)
{
	if (right)
		next->tries = TRIES;
	else
		next->tries--;
	journal_begin(keeper, next);
	return key_try_pin(keeper, next, right);
}

static int change(struct keeper *keeper, struct record *next)
{
	enum kind kind = kind_of(next->slot);
	int dice = rand() % 100;

	if (next->fate == NEVER)
		return make(keeper, next);
	if (next->fate == DELETED)
		return dice < 60 ? restore(keeper, next) : delete_it(keeper, next, true);
	if (!strcmp(next->proof, "-"))
		return prove(keeper, next);
	if (dice < 10)
		return delete_it(keeper, next, dice < 5);
	if (kind == PINNED)
		return try_pin(keeper, next, next->tries < 3 || dice < 30);
	if (kind == COUNTED && dice < 80)
		return prove(keeper, next);
	if (dice < 50)
		return rename_it(keeper, next);
	return dice < 75 ? rotate(keeper, next) : prove(keeper, next);
}

int work(struct keeper *keeper, unsigned int seed)
{
	struct record next;

	srand(seed);
	for (;;) {
		next = keeper->records[rand() % SLOTS];
		if (change(keeper, &next))
			return -1;
		journal_done(keeper, &next);
		puts("done");
	}
}
