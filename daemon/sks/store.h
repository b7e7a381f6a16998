/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the store keeps of SKS. */
#ifndef UKSD_SKS_STORE_H
#define UKSD_SKS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/failure.h"
#include "include/uks/sks.h"

struct store;

/**
 * enum sks_kind - what a row is
 * @SKS_SESSION: a provisioning session
 * @SKS_PUK: a PUK policy and its PUK; belongs to a session
 * @SKS_PIN_POLICY: a PIN policy; belongs to a session, refers to a PUK policy
 * @SKS_PIN: a PIN, which one key has, or several share; refers to a PIN policy
 * @SKS_KEY: a key; belongs to a session, refers to a PIN
 * @SKS_PATH: the certificates of a key
 * @SKS_EXTENSION: an extension of a key
 * @SKS_POST: an operation put off until a session is closed; refers to its target
 * @SKS_SECRET: the secret of a key whose session is open
 */
enum sks_kind {
	SKS_SESSION = 1,
	SKS_PUK = 2,
	SKS_PIN_POLICY = 3,
	SKS_PIN = 4,
	SKS_KEY = 5,
	SKS_PATH = 6,
	SKS_EXTENSION = 7,
	SKS_POST = 8,
	SKS_SECRET = 10,
};

/**
 * struct sks_row - a row
 * @handle: its number, never used again
 * @owner: user id
 * @kind: enum sks_kind
 * @open: belongs to a session that is not closed
 * @parent: handle of what it belongs to, or 0
 * @link: handle of what it refers to, or 0
 * @generation: how often it was written
 * @name_len: bytes at @name
 * @name: what the issuer calls it
 * @key_len: UKS_KEY_ID_LEN, or 0
 * @key: id of the key of UKS
 * @digest_len: 32, or 0
 * @digest: SHA-256 of what it is found by
 * @len: bytes at @blob
 * @blob: sealed; from malloc()
 */
struct sks_row {
	uint32_t handle;
	uint32_t owner;
	uint32_t kind;
	bool open;
	uint32_t parent;
	uint32_t link;
	uint64_t generation;
	size_t name_len;
	uint8_t name[SKS_ID_MAX];
	size_t key_len;
	uint8_t key[UKS_KEY_ID_LEN];
	size_t digest_len;
	uint8_t digest[32];
	size_t len;
	uint8_t *blob;
};

/**
 * enum sks_by - by what a row is found
 * @SKS_BY_OWNER: @owner, @kind and @open
 * @SKS_BY_PARENT: @parent and @kind
 * @SKS_BY_LINK: @link and @kind
 * @SKS_BY_NAME: @parent and @name
 * @SKS_BY_DIGEST: @digest
 * @SKS_BY_KIND: @kind, of all owners
 */
enum sks_by {
	SKS_BY_OWNER, SKS_BY_PARENT, SKS_BY_LINK, SKS_BY_NAME, SKS_BY_DIGEST,
	SKS_BY_KIND,
};

/* The operations of struct store_ops that are about SKS; see there. */
int sqlite_sks_put(struct store *store, const struct sks_row *row, struct failure *failure);
int sqlite_sks_get(struct store *store, uint32_t handle, struct sks_row *row,
		   struct failure *failure);
int sqlite_sks_find(struct store *store, enum sks_by by, struct sks_row *row,
		    struct failure *failure);
int sqlite_sks_count(struct store *store, uint32_t owner, uint32_t kind, uint64_t *count,
		     struct failure *failure);
int sqlite_sks_remove(struct store *store, uint32_t handle, struct failure *failure);

#endif /* UKSD_SKS_STORE_H */
