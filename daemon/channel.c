// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "daemon/channel.h"
#include "daemon/delay.h"
#include "daemon/dispatch.h"
#include "daemon/log.h"
#include "daemon/memory.h"

#define STACK_SIZE	(512 * 1024)
#define WAKE		SIGUSR1	/* ends a read; has no other meaning */

struct channel {
	struct channels *channels;
	struct worker *worker;
	pthread_t thread;
	int fd;
	bool running;
	atomic_ullong since;	/* when its request came, in microseconds; 0 for none */
};

struct channels {
	pthread_mutex_t lock;
	pthread_cond_t gate;
	bool open;
	atomic_bool stop;
	int lost;
	struct delays *delays;
	unsigned int count;
	struct channel list[];
};

static void on_wake(int number)
{
	(void)number;
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
}

static int lost(struct channel *channel, const char *what, const char *reason)
{
	uint64_t one = 1;

	log_error("%s a channel failed: %s; stopping", what, reason);
	if (write(channel->channels->lost, &one, sizeof(one)) < 0)
		log_error("cannot tell the main thread: %s", strerror(errno));
	return -1;
}

/*
 * ENOENT is normal: the client was killed, or its deadline passed. An answer
 * that the kernel calls malformed is a defect of ours; the client learns so.
 */
static int write_answer(struct channel *channel)
{
	struct worker *worker = channel->worker;
	const struct uks_request_header *request = (const void *)worker->in;
	struct failure failure;

	if (worker->delay_ms && !delays_add(channel->channels->delays, channel->fd, worker->out,
					    worker->out_len, worker->delay_ms))
		return 0;
	if (write(channel->fd, worker->out, worker->out_len) >= 0)
		return 0;
	if (errno == EINVAL || errno == EMSGSIZE) {
		failure_set(&failure, UKS_E_INTERNAL,
			    "the kernel refused the daemon's answer (%s): please report this defect",
			    strerror(errno));
		log_request(LOG_ERR, request->id, "%s", failure.text);
		dispatch_refuse(worker, request->id, &failure);
		if (write(channel->fd, worker->out, worker->out_len) >= 0)
			return 0;
	}
	if (errno != ENOENT)
		return lost(channel, "writing to", strerror(errno));
	log_request(LOG_DEBUG, request->id, "nobody waits for the answer any more");
	return 0;
}

/*
 * Serve one request. The traces of the former one are wiped at the last moment
 * before the thread waits, as the kernel then saves its registers.
 */
static int serve(struct channel *channel)
{
	struct worker *worker = channel->worker;
	ssize_t len;
	int ret;

	memory_wipe_traces();
	len = read(channel->fd, worker->in, REQUEST_MAX);
	if (len < 0) {
		if (errno == EINTR || (errno == EAGAIN && atomic_load(&channel->channels->stop)))
			return 0;
		return lost(channel, "reading from",
			    errno == EPIPE ? "the registration has ended" : strerror(errno));
	}
	worker->in_len = len;
	atomic_store(&channel->since, now_us());
	if (!len)
		ret = lost(channel, "reading from", "it was closed");
	else if (dispatch(worker))
		ret = lost(channel, "reading from",
			   "the kernel module speaks another protocol: update it, or uksd");
	else
		ret = write_answer(channel);
	worker_done(worker);
	atomic_store(&channel->since, 0);
	return ret;
}

static void *serve_all(void *context)
{
	struct channel *channel = context;
	struct channels *channels = channel->channels;

	pthread_mutex_lock(&channels->lock);
	while (!channels->open)
		pthread_cond_wait(&channels->gate, &channels->lock);
	pthread_mutex_unlock(&channels->lock);
	while (!atomic_load(&channels->stop) && !serve(channel))
		;
	memory_wipe_traces();
	return NULL;
}

struct channels *channels_new(const int *fds, unsigned int count, struct failure *failure)
{
	struct sigaction action = { .sa_handler = on_wake };	/* without SA_RESTART */
	struct channels *channels = calloc(1, sizeof(*channels) + count * sizeof(*channels->list));
	unsigned int i;

	if (!channels) {
		failure_set(failure, UKS_E_NO_MEMORY, "out of memory for channels");
		return NULL;
	}
	channels->lost = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (channels->lost < 0) {
		failure_set(failure, UKS_E_INTERNAL, "cannot make an eventfd: %s",
			    strerror(errno));
		free(channels);
		return NULL;
	}
	channels->delays = delays_new(failure);
	if (!channels->delays) {
		close(channels->lost);
		free(channels);
		return NULL;
	}
	pthread_mutex_init(&channels->lock, NULL);
	pthread_cond_init(&channels->gate, NULL);
	channels->count = count;
	for (i = 0; i < count; i++) {
		channels->list[i].channels = channels;
		channels->list[i].fd = fds[i];
	}
	sigaction(WAKE, &action, NULL);
	return channels;
}

static int start_thread(struct channel *channel, struct failure *failure)
{
	pthread_attr_t attr;
	int ret;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	ret = pthread_create(&channel->thread, &attr, serve_all, channel);
	pthread_attr_destroy(&attr);
	if (ret)
		return failure_set(failure, UKS_E_NO_MEMORY, "cannot start a thread: %s",
				   strerror(ret));
	channel->running = true;
	return 0;
}

int channels_start(struct channels *channels, struct uksd *uksd, struct failure *failure)
{
	struct channel *channel;

	for (channel = channels->list; channel < channels->list + channels->count; channel++) {
		channel->worker = worker_new(uksd, failure);
		if (!channel->worker)
			return -1;
		channel->worker->channel = channel->fd;
		if (start_thread(channel, failure))
			return -1;
	}
	return 0;
}

void channels_go(struct channels *channels)
{
	pthread_mutex_lock(&channels->lock);
	channels->open = true;
	pthread_cond_broadcast(&channels->gate);
	pthread_mutex_unlock(&channels->lock);
}

bool channels_stuck(struct channels *channels, uint64_t limit_us)
{
	uint64_t now = now_us(), since;
	struct channel *channel;

	for (channel = channels->list; channel < channels->list + channels->count; channel++) {
		since = atomic_load(&channel->since);
		if (since && since + limit_us < now)
			return true;
	}
	return false;
}

int channel_valid(struct worker *worker, uint64_t id)
{
	struct uks_channel_valid valid = { .size = sizeof(valid), .id = id };

	return ioctl(worker->channel, UKS_IOC_CHANNEL_VALID, &valid);
}

int channels_due_fd(const struct channels *channels)
{
	return delays_fd(channels->delays);
}

void channels_give_due(struct channels *channels)
{
	delays_give(channels->delays);
}

int channels_lost_fd(const struct channels *channels)
{
	return channels->lost;
}

/*
 * A thread that is about to read will see O_NONBLOCK, one that waits gets the
 * signal, one that has a request answers it first.
 */
static void stop(struct channels *channels)
{
	struct channel *channel;

	atomic_store(&channels->stop, true);
	for (channel = channels->list; channel < channels->list + channels->count; channel++)
		fcntl(channel->fd, F_SETFL, fcntl(channel->fd, F_GETFL) | O_NONBLOCK);
	channels_go(channels);
	for (channel = channels->list; channel < channels->list + channels->count; channel++) {
		if (!channel->running)
			continue;
		pthread_kill(channel->thread, WAKE);
		pthread_join(channel->thread, NULL);
	}
}

void channels_free(struct channels *channels)
{
	struct channel *channel;

	if (!channels)
		return;
	stop(channels);
	delays_free(channels->delays);
	for (channel = channels->list; channel < channels->list + channels->count; channel++) {
		worker_free(channel->worker);
		close(channel->fd);
	}
	close(channels->lost);
	pthread_cond_destroy(&channels->gate);
	pthread_mutex_destroy(&channels->lock);
	free(channels);
}
