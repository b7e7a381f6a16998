/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keys that are ready to sign. To unseal and to decode one costs more than to
 * sign with it; the least recently used go first.
 */
#ifndef UKSD_KEYCACHE_H
#define UKSD_KEYCACHE_H

#include "daemon/key/key.h"
#include "daemon/provider/provider.h"

/**
 * struct cached_key - a key that is ready
 * @key: the key
 * @private_key: its provider's part
 *
 * Neither changes as long as somebody holds the cached key.
 */
struct cached_key {
	struct key key;
	struct private_key *private_key;
};

/* The cache; any thread may use it. */
struct keycache;

/**
 * keycache_new() - make a cache
 * @provider: whose keys it holds
 * @max: how many, at least 1
 *
 * Return: the cache, or NULL when out of memory.
 */
struct keycache *keycache_new(const struct provider *provider, size_t max);

/**
 * keycache_free() - wipe and free a cache
 * @cache: from keycache_new(), or NULL; nobody may hold a key of it
 */
void keycache_free(struct keycache *cache);

/**
 * keycache_get() - find a key
 * @cache: the cache
 * @id: the key
 * @version: its version
 *
 * Return: the key, until keycache_put(), or NULL when it is not there.
 */
struct cached_key *keycache_get(struct keycache *cache, const uint8_t *id, uint32_t version);

/**
 * keycache_add() - put a key in
 * @cache: the cache
 * @key: the key; copied
 * @private_key: its provider's part; the cache's from now on, also on failure
 *
 * The lock of the key (keylock.h) is to be held, so that it is not deleted
 * meanwhile.
 *
 * Return: the key, until keycache_put(), or NULL when out of memory. When
 * another thread was faster, what that one put in.
 */
struct cached_key *keycache_add(struct keycache *cache, const struct key *key,
				struct private_key *private_key);

/**
 * keycache_alone() - a key that is ready for one, and in no cache
 * @cache: the cache that keycache_put() is given
 * @key: the key; copied
 * @private_key: its provider's part; taken over, also on failure
 *
 * Return: the key, until keycache_put(), or NULL when out of memory.
 */
struct cached_key *keycache_alone(struct keycache *cache, const struct key *key,
				  struct private_key *private_key);

/**
 * keycache_put() - give a key back
 * @cache: the cache
 * @cached: from keycache_get() or keycache_add(), or NULL
 */
void keycache_put(struct keycache *cache, struct cached_key *cached);

/**
 * keycache_drop() - forget all versions of a key
 * @cache: the cache
 * @id: the key
 *
 * Each is wiped when the last one who holds it gives it back.
 */
void keycache_drop(struct keycache *cache, const uint8_t *id);

/**
 * keycache_clear() - forget all keys
 * @cache: the cache
 */
void keycache_clear(struct keycache *cache);

#endif /* UKSD_KEYCACHE_H */
