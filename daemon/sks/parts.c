// SPDX-License-Identifier: LGPL-2.1-or-later
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "daemon/sks/parts.h"
#include "include/uks/sks.h"

#define SLOTS		16
#define SLOTS_OF_USER	2
#define PATIENCE	60	/* seconds */

/* Arguments under way. @bytes is NULL for a slot that is free. */
static struct slot {
	uint32_t uid;
	uint32_t method;
	uint8_t token[SKS_TOKEN_LEN];
	time_t touched;
	uint8_t *bytes;
	size_t len;
} slots[SLOTS];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

static void drop(struct slot *slot)
{
	if (slot->bytes)
		sodium_memzero(slot->bytes, SKS_MESSAGE_MAX);
	free(slot->bytes);
	memset(slot, 0, sizeof(*slot));
}

static void drop_old(time_t now)
{
	int i;

	for (i = 0; i < SLOTS; i++)
		if (slots[i].bytes && now - slots[i].touched > PATIENCE)
			drop(&slots[i]);
}

/* A free slot, or the oldest of a user who has too many. */
static struct slot *claim(uint32_t uid)
{
	struct slot *empty = NULL, *oldest = NULL;
	int i, count = 0;

	for (i = 0; i < SLOTS; i++) {
		if (!slots[i].bytes) {
			empty = &slots[i];
		} else if (slots[i].uid == uid) {
			count++;
			if (!oldest || slots[i].touched < oldest->touched)
				oldest = &slots[i];
		}
	}
	if (count < SLOTS_OF_USER)
		return empty;
	drop(oldest);
	return oldest;
}

static struct slot *find(uint32_t uid, uint32_t method, const uint8_t *token)
{
	int i;

	for (i = 0; i < SLOTS; i++)
		if (slots[i].bytes && slots[i].uid == uid && slots[i].method == method &&
		    !sodium_memcmp(slots[i].token, token, SKS_TOKEN_LEN))
			return &slots[i];
	return NULL;
}

static int unknown(struct failure *failure)
{
	return failure_set(failure, UKS_E_PROVISION,
			   "the parts before this one are not known, or came too long ago: send all of them again");
}

static int too_many(struct failure *failure)
{
	return failure_set(failure, UKS_E_PROVISION,
			   "too many send long arguments at once: try again in a minute");
}

static int append(struct slot *slot, const struct sks_bytes *part, struct failure *failure)
{
	if (part->len > SKS_MESSAGE_MAX - slot->len) {
		drop(slot);
		return failure_set(failure, UKS_E_PROVISION,
				   "the arguments are longer than %d bytes", SKS_MESSAGE_MAX);
	}
	if (part->len)
		memcpy(slot->bytes + slot->len, part->at, part->len);
	slot->len += part->len;
	slot->touched = seconds();
	return 0;
}

static int begin(struct slot *slot, uint32_t uid, uint32_t method, struct failure *failure)
{
	slot->bytes = malloc(SKS_MESSAGE_MAX);
	if (!slot->bytes)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for arguments");
	slot->uid = uid;
	slot->method = method;
	randombytes_buf(slot->token, sizeof(slot->token));
	return 0;
}

int sks_parts_add(uint32_t uid, uint32_t method, const uint8_t *token,
		  const struct sks_bytes *part, uint8_t *next, struct failure *failure)
{
	struct slot *slot;
	int ret = 0;

	pthread_mutex_lock(&lock);
	drop_old(seconds());
	slot = token ? find(uid, method, token) : claim(uid);
	if (!slot)
		ret = token ? unknown(failure) : too_many(failure);
	else if (!token)
		ret = begin(slot, uid, method, failure);
	if (!ret)
		ret = append(slot, part, failure);
	if (!ret)
		memcpy(next, slot->token, SKS_TOKEN_LEN);
	pthread_mutex_unlock(&lock);
	return ret;
}

int sks_parts_take(uint32_t uid, uint32_t method, const uint8_t *token,
		   struct sks_bytes *whole, struct failure *failure)
{
	struct slot *slot;

	pthread_mutex_lock(&lock);
	slot = find(uid, method, token);
	if (slot) {
		*whole = (struct sks_bytes){ .at = slot->bytes, .len = slot->len };
		memset(slot, 0, sizeof(*slot));
	}
	pthread_mutex_unlock(&lock);
	return slot ? 0 : unknown(failure);
}
