/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Locks on keys: whoever uses a key holds it shared until the answer is
 * written, so that who deletes it, holding it alone, knows that the kernel has
 * every session to revoke, and that no more come.
 */
#ifndef UKSD_KEYLOCK_H
#define UKSD_KEYLOCK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define KEYLOCK_STRIPES	64

/**
 * struct keylock - locks on all keys
 * @stripes: locks, shared by keys whose ids begin alike
 * @changes: counts the keys that were changed or deleted
 */
struct keylock {
	pthread_rwlock_t stripes[KEYLOCK_STRIPES];
	atomic_ullong changes;
};

/**
 * keylock_init() - make the locks
 * @locks: what to initialise
 */
void keylock_init(struct keylock *locks);

/**
 * keylock_destroy() - destroy the locks
 * @locks: from keylock_init(), none held
 */
void keylock_destroy(struct keylock *locks);

/**
 * keylock_changes() - what keylock_use() wants to know
 * @locks: the locks
 *
 * Return: to be read before the key is looked up.
 */
unsigned long long keylock_changes(struct keylock *locks);

/**
 * keylock_use() - hold a key shared
 * @locks: the locks
 * @id: the key
 * @changes: what keylock_changes() gave before the key was looked up; receives
 *	a new value
 *
 * Return: the lock, for keylock_release(), or NULL, nothing held, when some
 * key was changed meanwhile: look it up again.
 */
pthread_rwlock_t *keylock_use(struct keylock *locks, const uint8_t *id,
			      unsigned long long *changes);

/**
 * keylock_use_both() - hold two keys shared
 * @locks: the locks
 * @first: a key
 * @second: another, or the same
 * @changes: as in keylock_use()
 * @held: receives two locks for keylock_release(); the second is NULL when both
 *	keys have the same one
 *
 * Return: true, or false, nothing held, when some key was changed meanwhile.
 */
bool keylock_use_both(struct keylock *locks, const uint8_t *first, const uint8_t *second,
		      unsigned long long *changes, pthread_rwlock_t **held);

/**
 * keylock_change() - hold a key alone
 * @locks: the locks
 * @id: the key
 *
 * Waits until nobody uses it.
 *
 * Return: the lock, for keylock_release().
 */
pthread_rwlock_t *keylock_change(struct keylock *locks, const uint8_t *id);

/** keylock_stripe() - which of the locks is that of a key, as a bit */
static inline uint64_t keylock_stripe(const uint8_t *id)
{
	return 1ULL << id[0] % KEYLOCK_STRIPES;
}

/**
 * keylock_change_stripes() - hold all keys of some locks alone
 * @locks: the locks
 * @stripes: bits from keylock_stripe(); no lock may be held before
 */
void keylock_change_stripes(struct keylock *locks, uint64_t stripes);

/** keylock_release_stripes() - give them back */
void keylock_release_stripes(struct keylock *locks, uint64_t stripes);

/**
 * keylock_changed() - tell that the key was changed, before releasing it
 * @locks: the locks
 */
void keylock_changed(struct keylock *locks);

/**
 * keylock_release() - give a lock back
 * @lock: from keylock_use() or keylock_change(), or NULL
 */
void keylock_release(pthread_rwlock_t *lock);

#endif /* UKSD_KEYLOCK_H */
