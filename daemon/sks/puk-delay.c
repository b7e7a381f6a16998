// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * PUKs that are never locked: each wrong try takes a second (SKS 1.07: 1 to 10). No worker
 * waits for it. The answer is put off, and until it is given that PUK takes no try.
 */
#include <pthread.h>
#include <time.h>

#include "daemon/sks/pin.h"

#define DELAY_MS	1000
#define PUKS_MAX	256	/* that are tried at once, of all users */
#define USER_MAX	16	/* of one user */

static struct trial {
	uint64_t until;		/* milliseconds since boot */
	uint32_t handle;
	uint32_t uid;
} trials[PUKS_MAX];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

/* A place for a PUK; NULL when it, its user or all have none. */
static struct trial *find_place(uint32_t handle, uint32_t uid, uint64_t now)
{
	struct trial *trial, *place = NULL;
	int count = 0;

	for (trial = trials; trial < trials + PUKS_MAX; trial++) {
		if (trial->until <= now) {
			place = trial;
			continue;
		}
		count += trial->uid == uid;
		if (trial->handle == handle || count == USER_MAX)
			return NULL;
	}
	return place;
}

int sks_puk_may_be_tried(struct sks_call *call, const struct sks_puk *puk)
{
	bool may;

	pthread_mutex_lock(&lock);
	may = find_place(puk->row.handle, call->request->uid, now_ms());
	pthread_mutex_unlock(&lock);
	if (may)
		return 0;
	return sks_fail(call, SKS_E_AUTHORIZATION,
			"a wrong PUK was given less than a second ago: wait for the answer to that");
}

void sks_puk_was_wrong(struct sks_call *call, const struct sks_puk *puk)
{
	uint64_t now = now_ms();
	struct trial *place;

	pthread_mutex_lock(&lock);
	place = find_place(puk->row.handle, call->request->uid, now);
	/* There is one: who changes the store is alone. */
	if (place)
		*place = (struct trial){
			.until = now + DELAY_MS, .handle = puk->row.handle,
			.uid = call->request->uid,
		};
	pthread_mutex_unlock(&lock);
	call->worker->delay_ms = DELAY_MS;
}
