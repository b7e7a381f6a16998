// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stddef.h>

#include "daemon/key/keylock.h"

/* Who changes a key is not kept waiting by those who go on using it. */
void keylock_init(struct keylock *locks)
{
	pthread_rwlockattr_t attr;
	int i;

	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	for (i = 0; i < KEYLOCK_STRIPES; i++)
		pthread_rwlock_init(&locks->stripes[i], &attr);
	pthread_rwlockattr_destroy(&attr);
	atomic_init(&locks->changes, 0);
}

void keylock_destroy(struct keylock *locks)
{
	int i;

	for (i = 0; i < KEYLOCK_STRIPES; i++)
		pthread_rwlock_destroy(&locks->stripes[i]);
}

unsigned long long keylock_changes(struct keylock *locks)
{
	return atomic_load(&locks->changes);
}

static pthread_rwlock_t *stripe(struct keylock *locks, const uint8_t *id)
{
	return &locks->stripes[id[0] % KEYLOCK_STRIPES];
}

/*
 * A change is counted after it was made and before its lock is released. So
 * with no change counted, the key is as it was when it was looked up.
 */
pthread_rwlock_t *keylock_use(struct keylock *locks, const uint8_t *id,
			      unsigned long long *changes)
{
	pthread_rwlock_t *lock = stripe(locks, id);
	unsigned long long now;

	pthread_rwlock_rdlock(lock);
	now = atomic_load(&locks->changes);
	if (now == *changes)
		return lock;
	*changes = now;
	pthread_rwlock_unlock(lock);
	return NULL;
}

/* Always in the same order, or two who hold one each wait for each other. */
bool keylock_use_both(struct keylock *locks, const uint8_t *first, const uint8_t *second,
		      unsigned long long *changes, pthread_rwlock_t **held)
{
	pthread_rwlock_t *a = stripe(locks, first), *b = stripe(locks, second);
	const uint8_t *lower = a < b ? first : second, *higher = a < b ? second : first;

	held[1] = NULL;
	held[0] = keylock_use(locks, lower, changes);
	if (!held[0])
		return false;
	if (a == b)
		return true;
	held[1] = keylock_use(locks, higher, changes);
	if (held[1])
		return true;
	keylock_release(held[0]);
	held[0] = NULL;
	return false;
}

pthread_rwlock_t *keylock_change(struct keylock *locks, const uint8_t *id)
{
	pthread_rwlock_t *lock = stripe(locks, id);

	pthread_rwlock_wrlock(lock);
	return lock;
}

/* In the order of keylock_use_both(). */
void keylock_change_stripes(struct keylock *locks, uint64_t stripes)
{
	int i;

	for (i = 0; i < KEYLOCK_STRIPES; i++)
		if (stripes >> i & 1)
			pthread_rwlock_wrlock(&locks->stripes[i]);
}

void keylock_release_stripes(struct keylock *locks, uint64_t stripes)
{
	int i;

	for (i = 0; i < KEYLOCK_STRIPES; i++)
		if (stripes >> i & 1)
			pthread_rwlock_unlock(&locks->stripes[i]);
}

void keylock_changed(struct keylock *locks)
{
	atomic_fetch_add(&locks->changes, 1);
}

void keylock_release(pthread_rwlock_t *lock)
{
	if (lock)
		pthread_rwlock_unlock(lock);
}
