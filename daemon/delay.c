// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <sodium.h>

#include "daemon/delay.h"
#include "daemon/log.h"

struct delayed {
	struct delayed *next;
	struct timespec due;
	int fd;
	size_t len;
	uint8_t bytes[];
};

struct delays {
	pthread_mutex_t lock;
	int timer;
	struct delayed *first;
};

struct delays *delays_new(struct failure *failure)
{
	struct delays *delays = calloc(1, sizeof(*delays));

	if (!delays) {
		failure_set(failure, UKS_E_NO_MEMORY, "out of memory for answers");
		return NULL;
	}
	delays->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (delays->timer < 0) {
		failure_set(failure, UKS_E_INTERNAL, "cannot make a timer: %s", strerror(errno));
		free(delays);
		return NULL;
	}
	pthread_mutex_init(&delays->lock, NULL);
	return delays;
}

static bool is_before(const struct timespec *one, const struct timespec *other)
{
	return one->tv_sec == other->tv_sec ? one->tv_nsec < other->tv_nsec :
					      one->tv_sec < other->tv_sec;
}

static struct timespec in_ms(unsigned int ms)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	time.tv_sec += ms / 1000;
	time.tv_nsec += ms % 1000 * 1000000L;
	if (time.tv_nsec >= 1000000000) {
		time.tv_sec++;
		time.tv_nsec -= 1000000000;
	}
	return time;
}

/* For the first that is due. A time that is past is one, too. */
static void arm(struct delays *delays)
{
	struct itimerspec spec = { };

	if (delays->first)
		spec.it_value = delays->first->due;
	timerfd_settime(delays->timer, TFD_TIMER_ABSTIME, &spec, NULL);
}

int delays_add(struct delays *delays, int fd, const void *bytes, size_t len, unsigned int ms)
{
	struct delayed *delayed = malloc(sizeof(*delayed) + len), **at;

	if (!delayed)
		return -1;
	delayed->due = in_ms(ms);
	delayed->fd = fd;
	delayed->len = len;
	memcpy(delayed->bytes, bytes, len);
	pthread_mutex_lock(&delays->lock);
	for (at = &delays->first; *at && !is_before(&delayed->due, &(*at)->due);)
		at = &(*at)->next;
	delayed->next = *at;
	*at = delayed;
	arm(delays);
	pthread_mutex_unlock(&delays->lock);
	return 0;
}

int delays_fd(const struct delays *delays)
{
	return delays->timer;
}

/* Whoever asked may have gone: then nobody misses it. */
static void give(struct delayed *delayed)
{
	if (write(delayed->fd, delayed->bytes, delayed->len) < 0 && errno != ENOENT)
		log_error("cannot write an answer that was put off: %s", strerror(errno));
	sodium_memzero(delayed->bytes, delayed->len);
	free(delayed);
}

void delays_give(struct delays *delays)
{
	struct timespec now = in_ms(0);
	struct delayed *delayed;

	pthread_mutex_lock(&delays->lock);
	while (delays->first && !is_before(&now, &delays->first->due)) {
		delayed = delays->first;
		delays->first = delayed->next;
		give(delayed);
	}
	arm(delays);
	pthread_mutex_unlock(&delays->lock);
}

void delays_free(struct delays *delays)
{
	struct delayed *delayed;

	if (!delays)
		return;
	while (delays->first) {
		delayed = delays->first;
		delays->first = delayed->next;
		give(delayed);
	}
	close(delays->timer);
	pthread_mutex_destroy(&delays->lock);
	free(delays);
}
