/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys of SKS as keys of UKS. */
#ifndef UKSD_SKS_KEEP_H
#define UKSD_SKS_KEEP_H

#include "daemon/sks/sks.h"

/**
 * sks_own_key() - a key that belongs to SKS itself, owned by user 0
 * @call: the call
 * @name: its name
 * @type: enum uks_key_type
 * @create: make it if there is none; within a change
 * @secret: receives its secret: KEY_SECRET_MAX bytes of locked memory
 * @spki: receives its public key, KEY_PUBLIC_MAX bytes, or NULL
 *
 * Return: 1, 0 if there is none, or -1 with @call failed.
 */
int sks_own_key(struct sks_call *call, const char *name, uint32_t type, bool create,
		uint8_t *secret, struct sks_bytes *spki);

/** sks_note_key() - the record of this request tells that it is about this finished key */
void sks_note_key(struct sks_call *call, const struct sks_key *key);

/**
 * sks_keep() - make a key of SKS a key of UKS, within a change
 * @call: the call; the worker's @secret is used meanwhile
 * @key: the key, whose secret sks_write_secret() kept; receives the id
 *
 * Return: 0, or -1 with @call failed.
 */
int sks_keep(struct sks_call *call, struct sks_key *key);

/**
 * sks_erase() - erase the key of UKS that a key of SKS is, within a change
 * @call: the call, which holds the key's lock alone
 * @id: the key
 *
 * Its sessions end at once.
 *
 * Return: 0, or -1 with @call failed.
 */
int sks_erase(struct sks_call *call, const uint8_t *id);

/**
 * sks_write_secret() - keep the secret of a key as long as its session is open
 * @call: the call; a change is under way
 * @key: the key; one that it has is replaced
 * @secret: as the provider of keys has it
 * @len: bytes of it
 *
 * Return: 0, or -1 with @call failed.
 */
int sks_write_secret(struct sks_call *call, const struct sks_key *key, const uint8_t *secret,
		     size_t len);

/**
 * sks_read_secret() - the secret of a key, open or closed
 * @call: the call; its worker's @secret receives it, for the caller to wipe
 * @key: the key
 * @len: receives its length
 *
 * A closed key's record is left in the worker's @record.
 *
 * Return: 0, or -1 with @call failed.
 */
int sks_read_secret(struct sks_call *call, const struct sks_key *key, size_t *len);

#endif /* UKSD_SKS_KEEP_H */
