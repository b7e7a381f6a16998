// SPDX-License-Identifier: LGPL-2.1-or-later
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "daemon/key/keycache.h"

#define BUCKETS	256

/*
 * @users counts those who hold the entry, and the cache as one as long as the
 * entry is in it.
 */
struct entry {
	struct cached_key cached;
	unsigned int users;

	LIST_ENTRY(entry) in_bucket;
	TAILQ_ENTRY(entry) in_order;
};

LIST_HEAD(bucket, entry);
TAILQ_HEAD(order, entry);

/* @order is from the most recently to the least recently used. */
struct keycache {
	pthread_mutex_t lock;
	const struct provider *provider;
	size_t max;
	size_t count;
	struct bucket buckets[BUCKETS];
	struct order order;
};

struct keycache *keycache_new(const struct provider *provider, size_t max)
{
	struct keycache *cache = calloc(1, sizeof(*cache));
	int i;

	if (!cache)
		return NULL;
	pthread_mutex_init(&cache->lock, NULL);
	cache->provider = provider;
	cache->max = max;
	for (i = 0; i < BUCKETS; i++)
		LIST_INIT(&cache->buckets[i]);
	TAILQ_INIT(&cache->order);
	return cache;
}

void keycache_free(struct keycache *cache)
{
	if (!cache)
		return;
	keycache_clear(cache);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

/* With the lock held. True when the caller is to destroy the entry, without it. */
static bool release(struct entry *entry)
{
	return !--entry->users;
}

static void destroy(struct keycache *cache, struct entry *entry)
{
	cache->provider->unload(entry->cached.private_key);
	free(entry);
}

/* With the lock held; as release(). */
static bool take_out(struct keycache *cache, struct entry *entry)
{
	LIST_REMOVE(entry, in_bucket);
	TAILQ_REMOVE(&cache->order, entry, in_order);
	cache->count--;
	return release(entry);
}

static struct entry *find(struct keycache *cache, const uint8_t *id, uint32_t version)
{
	struct entry *entry;

	LIST_FOREACH(entry, &cache->buckets[id[0]], in_bucket)
		if (!memcmp(entry->cached.key.id, id, UKS_KEY_ID_LEN) &&
		    entry->cached.key.version == version)
			return entry;
	return NULL;
}

static struct entry *use(struct keycache *cache, struct entry *entry)
{
	entry->users++;
	if (entry != TAILQ_FIRST(&cache->order)) {
		TAILQ_REMOVE(&cache->order, entry, in_order);
		TAILQ_INSERT_HEAD(&cache->order, entry, in_order);
	}
	return entry;
}

struct cached_key *keycache_get(struct keycache *cache, const uint8_t *id, uint32_t version)
{
	struct entry *entry;

	pthread_mutex_lock(&cache->lock);
	entry = find(cache, id, version);
	if (entry)
		use(cache, entry);
	pthread_mutex_unlock(&cache->lock);
	return entry ? &entry->cached : NULL;
}

struct cached_key *keycache_add(struct keycache *cache, const struct key *key,
				struct private_key *private_key)
{
	struct entry *new = calloc(1, sizeof(*new)), *entry, *old = NULL;

	if (!new) {
		cache->provider->unload(private_key);
		return NULL;
	}
	new->cached.key = *key;
	new->cached.private_key = private_key;
	new->users = 1;
	pthread_mutex_lock(&cache->lock);
	entry = find(cache, key->id, key->version);
	if (!entry) {
		if (cache->count == cache->max) {
			old = TAILQ_LAST(&cache->order, order);
			if (!take_out(cache, old))
				old = NULL;
		}
		LIST_INSERT_HEAD(&cache->buckets[key->id[0]], new, in_bucket);
		TAILQ_INSERT_HEAD(&cache->order, new, in_order);
		cache->count++;
		entry = new;
		new = NULL;
	}
	use(cache, entry);
	pthread_mutex_unlock(&cache->lock);
	if (new)
		destroy(cache, new);
	if (old)
		destroy(cache, old);
	return &entry->cached;
}

struct cached_key *keycache_alone(struct keycache *cache, const struct key *key,
				  struct private_key *private_key)
{
	struct entry *new = calloc(1, sizeof(*new));

	if (!new) {
		cache->provider->unload(private_key);
		return NULL;
	}
	new->cached.key = *key;
	new->cached.private_key = private_key;
	new->users = 1;
	return &new->cached;
}

void keycache_put(struct keycache *cache, struct cached_key *cached)
{
	struct entry *entry = (struct entry *)cached;
	bool last;

	if (!entry)
		return;
	pthread_mutex_lock(&cache->lock);
	last = release(entry);
	pthread_mutex_unlock(&cache->lock);
	if (last)
		destroy(cache, entry);
}

void keycache_drop(struct keycache *cache, const uint8_t *id)
{
	struct entry *entry, *next, *gone = NULL;

	pthread_mutex_lock(&cache->lock);
	for (entry = LIST_FIRST(&cache->buckets[id[0]]); entry; entry = next) {
		next = LIST_NEXT(entry, in_bucket);
		if (memcmp(entry->cached.key.id, id, UKS_KEY_ID_LEN))
			continue;
		if (take_out(cache, entry)) {
			entry->in_order.tqe_next = gone;
			gone = entry;
		}
	}
	pthread_mutex_unlock(&cache->lock);
	for (entry = gone; entry; entry = next) {
		next = entry->in_order.tqe_next;
		destroy(cache, entry);
	}
}

void keycache_clear(struct keycache *cache)
{
	struct entry *entry;
	bool last;

	do {
		pthread_mutex_lock(&cache->lock);
		entry = TAILQ_FIRST(&cache->order);
		last = entry && take_out(cache, entry);
		pthread_mutex_unlock(&cache->lock);
		if (last)
			destroy(cache, entry);
	} while (entry);
}
