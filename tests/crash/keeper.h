/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keeper changes keys and keeps a journal of what was acknowledged, so that after
 * a crash it can say which keys there must be: see keeper.c.
 */
#ifndef KEEPER_H
#define KEEPER_H

#include <stdbool.h>
#include <stdio.h>

#include <uks.h>

#define SLOTS		8	/* keys of one keeper */
#define TRIES		10	/* of a PIN */
#define PROOF_MAX	128	/* bytes of ciphertext with tag, or of a signature */

/* What a slot's key is for. */
enum kind { PINNED, COUNTED, CIPHER, SIGNER };

/* What became of it. */
enum fate { NEVER, THERE, DELETED };

/**
 * struct record - what is known of a key
 * @slot: of which it is the key
 * @fate: what became of it
 * @serial: number of its name
 * @id: its id in hex; "-" if that is not known
 * @version: its newest version
 * @uses: how often it was used, if that is counted
 * @tries: wrong PINs that are left
 * @proof_version: version that made @proof
 * @nonce: of @proof in hex, "-" for none
 * @proof: something that only this key can have made, in hex; "-" for none
 */
struct record {
	int slot;
	int fate;
	unsigned int serial;
	char id[2 * UKS_KEY_ID_LEN + 1];
	unsigned int version;
	unsigned long uses;
	unsigned int tries;
	unsigned int proof_version;
	char nonce[2 * UKS_NONCE_MAX + 1];
	char proof[2 * PROOF_MAX + 1];
};

/**
 * struct keeper - one process with its keys
 * @number: which one
 * @client: its connection
 * @err: of the last call that failed
 * @journal: its journal
 * @records: what was acknowledged
 * @doubtful: something was begun, of which no end is known
 * @begun: what was to come of it
 * @acknowledged: changes in the journal that were, before this process
 */
struct keeper {
	int number;
	struct uks_client *client;
	struct uks_err err;
	FILE *journal;
	struct record records[SLOTS];
	bool doubtful;
	struct record begun;
	unsigned long acknowledged;
};

static inline enum kind kind_of(int slot)
{
	return slot == 0 ? PINNED : slot == 1 ? COUNTED : slot % 2 ? SIGNER : CIPHER;
}

/* journal.c: what was written is durable when these return; or the keeper ends. */
void journal_open(struct keeper *keeper, const char *path);
void journal_begin(struct keeper *keeper, const struct record *record);
void journal_done(struct keeper *keeper, const struct record *record);
void journal_seen(struct keeper *keeper, const struct record *record);

/* key.c: 0, or -1 with @err of the keeper filled in, or its text if something is wrong. */
void key_name(const struct keeper *keeper, const struct record *record, char name[32]);
int key_make(struct keeper *keeper, struct record *record);
int key_prove(struct keeper *keeper, struct record *record);
int key_verify(struct keeper *keeper, const struct record *record);
int key_read(struct keeper *keeper, struct record *record);
int key_try_pin(struct keeper *keeper, const struct record *record, bool right);

/* work.c: works until something fails. */
int work(struct keeper *keeper, unsigned int seed);

/* check.c: 0 if all is there that must be, and nothing else. */
int check(struct keeper *keeper);

#endif /* KEEPER_H */
