// SPDX-License-Identifier: LGPL-2.1-or-later
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <sodium.h>

#include "daemon/memory.h"
#include "daemon/sks/spare.h"

#define STACK_SIZE	(512 * 1024)
#define NICE		5	/* who waits for a key goes first */

struct spare {
	const struct provider *provider;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool ready;
	bool stop;
	bool busy;
	uint32_t wanted;	/* enum uks_key_type; 0: nothing is */
	uint32_t type;		/* of @material; 0: there is none */
	struct material material;
};

/* With the lock, which is given up meanwhile. */
static void make(struct spare *spare)
{
	uint32_t type = spare->wanted;
	struct failure failure;
	int ret;

	spare->wanted = 0;
	spare->busy = true;
	pthread_mutex_unlock(&spare->lock);
	ret = spare->provider->generate(uks_type_find(type), &spare->material, &failure);
	memory_wipe_traces();
	pthread_mutex_lock(&spare->lock);
	spare->busy = false;
	spare->type = ret ? 0 : type;
	pthread_cond_broadcast(&spare->changed);
}

static void *run(void *context)
{
	struct spare *spare = context;

	/* Of this thread alone, as Linux has it; without it the key is made as well. */
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	pthread_mutex_lock(&spare->lock);
	spare->ready = true;
	pthread_cond_broadcast(&spare->changed);
	while (!spare->stop) {
		if (spare->wanted)
			make(spare);
		else
			pthread_cond_wait(&spare->changed, &spare->lock);
	}
	pthread_mutex_unlock(&spare->lock);
	return NULL;
}

static int start_thread(struct spare *spare)
{
	pthread_attr_t attr;
	int ret;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	ret = pthread_create(&spare->thread, &attr, run, spare);
	pthread_attr_destroy(&attr);
	return ret;
}

struct spare *spare_start(const struct provider *provider, struct failure *failure)
{
	struct spare *spare = calloc(1, sizeof(*spare));

	if (spare)
		spare->material.secret = sodium_malloc(KEY_SECRET_MAX);
	if (!spare || !spare->material.secret) {
		free(spare);
		failure_set(failure, UKS_E_NO_MEMORY, "out of locked memory for a key");
		return NULL;
	}
	spare->provider = provider;
	pthread_mutex_init(&spare->lock, NULL);
	pthread_cond_init(&spare->changed, NULL);
	if (!start_thread(spare)) {
		/* What it does at first is not allowed later. */
		pthread_mutex_lock(&spare->lock);
		while (!spare->ready)
			pthread_cond_wait(&spare->changed, &spare->lock);
		pthread_mutex_unlock(&spare->lock);
		return spare;
	}
	sodium_free(spare->material.secret);
	free(spare);
	failure_set(failure, UKS_E_NO_MEMORY, "cannot start a thread that makes keys");
	return NULL;
}

void spare_stop(struct spare *spare)
{
	if (!spare)
		return;
	pthread_mutex_lock(&spare->lock);
	spare->stop = true;
	pthread_cond_broadcast(&spare->changed);
	pthread_mutex_unlock(&spare->lock);
	pthread_join(spare->thread, NULL);
	sodium_free(spare->material.secret);
	pthread_cond_destroy(&spare->changed);
	pthread_mutex_destroy(&spare->lock);
	free(spare);
}

bool spare_take(struct spare *spare, uint32_t type, struct material *material)
{
	bool there;

	if (!spare)
		return false;
	pthread_mutex_lock(&spare->lock);
	there = !spare->busy && spare->type == type;
	if (there) {
		memcpy(material->secret, spare->material.secret, spare->material.secret_len);
		material->secret_len = spare->material.secret_len;
		memcpy(material->public_key, spare->material.public_key,
		       spare->material.public_len);
		material->public_len = spare->material.public_len;
		sodium_memzero(spare->material.secret, KEY_SECRET_MAX);
		spare->type = 0;
	}
	pthread_mutex_unlock(&spare->lock);
	return there;
}

void spare_want(struct spare *spare, uint32_t type)
{
	if (!spare)
		return;
	pthread_mutex_lock(&spare->lock);
	if (!spare->busy && spare->type != type) {
		spare->type = 0;
		spare->wanted = type;
		pthread_cond_broadcast(&spare->changed);
	}
	pthread_mutex_unlock(&spare->lock);
}

void spare_settle(struct spare *spare)
{
	pthread_mutex_lock(&spare->lock);
	while (spare->busy || spare->wanted)
		pthread_cond_wait(&spare->changed, &spare->lock);
	pthread_mutex_unlock(&spare->lock);
}
