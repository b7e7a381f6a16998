// SPDX-License-Identifier: LGPL-2.1-or-later
/* Calls, and the thread that makes one while others go on. */
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "world.h"

#define ASIDE_WAIT_NS	20000000	/* until a call aside waits for its answer */

static struct {
	struct run run;
	struct op op;
	bool busy;
} aside;

/* Of this thread only: what the library calls so is of the whole process. */
static void be_user(uid_t uid)
{
	if (syscall(SYS_setresuid, -1, uid, -1))
		abort();
}

static void keep_result(const struct run *run)
{
	struct arena *arena = run->arena;
	uint32_t len;

	switch (run->cmd) {
	case UKS_IOC_ENCRYPT:
	case UKS_IOC_DECRYPT:
		len = ((struct uks_cipher *)arena->arg)->out_len;
		memcpy(arena->last_nonce, arena->nonce, sizeof(arena->last_nonce));
		break;
	case UKS_IOC_SIGN:
	case UKS_IOC_MAC:
		len = ((struct uks_sign *)arena->arg)->out_len;
		break;
	case UKS_IOC_FINISH:
		len = ((struct uks_finish *)arena->arg)->out_len;
		break;
	default:
		return;
	}
	if (len > IN_SIZE)
		return;
	arena->last_len = len;
	memcpy(arena->last, arena->out, len);
}

/**
 * run_make() - make a call
 * @run: the call
 *
 * Return: 0 or a negative errno value.
 */
int run_make(const struct run *run)
{
	int ret;

	if (run->op->how & HOW_OTHER)
		be_user(ALICE);
	ret = uks(run->fd, run->cmd, run->arena->arg);
	if (run->op->how & HOW_OTHER)
		be_user(0);
	if (!ret && !(run->op->how & HOW_IN_PLACE))
		keep_result(run);
	return ret;
}

static void *work(void *arg)
{
	struct world *world = arg;
	struct peer *peer = &world->peer;

	if (trace_start(&world->trace[1]))
		abort();
	pthread_mutex_lock(&peer->lock);
	for (;;) {
		while (!aside.busy)
			pthread_cond_wait(&peer->changed, &peer->lock);
		pthread_mutex_unlock(&peer->lock);
		run_make(&aside.run);
		pthread_mutex_lock(&peer->lock);
		aside.busy = false;
		peer->aside = false;
		pthread_cond_broadcast(&peer->changed);
	}
	return NULL;
}

/**
 * aside_start() - start the thread
 * @world: for it
 *
 * Return: 0 or a negative errno value.
 */
int aside_start(struct world *world)
{
	pthread_t thread;

	return -pthread_create(&thread, NULL, work, world);
}

/* Something changed, or it took too long. Called with the lock held. */
static bool changed_soon(struct peer *peer)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_nsec += ASIDE_WAIT_NS;
	if (end.tv_nsec >= 1000000000) {
		end.tv_nsec -= 1000000000;
		end.tv_sec++;
	}
	return !pthread_cond_timedwait(&peer->changed, &peer->lock, &end);
}

/**
 * aside_run() - make a call in the thread
 * @world: whose
 * @run: the call
 *
 * Returns when it has ended, or its request is held. One is made at a time.
 */
void aside_run(struct world *world, const struct run *run)
{
	struct peer *peer = &world->peer;

	aside_join(world);
	pthread_mutex_lock(&peer->lock);
	aside.op = *run->op;
	aside.run = *run;
	aside.run.op = &aside.op;
	aside.busy = true;
	peer->aside = true;
	peer->op = &aside.op;
	pthread_cond_broadcast(&peer->changed);
	while (aside.busy && !peer->held && changed_soon(peer))
		;
	pthread_mutex_unlock(&peer->lock);
}

/**
 * aside_join() - wait until the thread's call has ended
 * @world: whose
 */
void aside_join(struct world *world)
{
	struct peer *peer = &world->peer;

	peer_release(peer);
	pthread_mutex_lock(&peer->lock);
	while (aside.busy)
		pthread_cond_wait(&peer->changed, &peer->lock);
	pthread_mutex_unlock(&peer->lock);
}
