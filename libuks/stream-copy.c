// SPDX-License-Identifier: LGPL-2.1-or-later
/* A whole stream from one file descriptor to another. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <libuks/uks-stream.h>

#include "internal.h"

/*
 * struct copy - a copy under way
 * @in_fd: read
 * @out_fd: written
 * @progress: told how far it is, or NULL
 * @arg: for @progress
 * @done: bytes read
 * @stopped: @progress wants no more
 */
struct copy {
	int in_fd;
	int out_fd;
	uks_progress_fn *progress;
	void *arg;
	uint64_t done;
	bool stopped;
};

static int tell(struct copy *copy)
{
	if (copy->progress && copy->progress(copy->arg, copy->done))
		copy->stopped = true;
	return copy->stopped ? -EINTR : 0;
}

/*
 * What to do about a read or write that failed: 0 to try it again. A descriptor
 * that does not block is waited for; a signal is the time to ask whether to stop.
 */
static int again(struct copy *copy, int fd, short events)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };

	if (errno == EAGAIN && poll(&poll_fd, 1, -1) >= 0)
		return 0;
	return errno == EINTR ? tell(copy) : -errno;
}

static int write_all(void *arg, const void *data, size_t len)
{
	struct copy *copy = arg;
	const char *at = data;
	ssize_t n;
	int ret;

	while (len) {
		n = write(copy->out_fd, at, len);
		if (n >= 0) {
			at += n;
			len -= n;
			continue;
		}
		ret = again(copy, copy->out_fd, POLLOUT);
		if (ret)
			return ret;
	}
	return 0;
}

static ssize_t read_some(struct copy *copy, void *data, size_t len)
{
	ssize_t n;
	int ret;

	for (;;) {
		n = read(copy->in_fd, data, len);
		if (n >= 0)
			return n;
		ret = again(copy, copy->in_fd, POLLIN);
		if (ret)
			return ret;
	}
}

static int fail_stopped(const struct copy *copy, struct uks_err *err)
{
	return uks_fail(err, UKS_E_INTERRUPTED, EINTR, "stopped after %llu bytes",
			(unsigned long long)copy->done);
}

static int copy_all(struct copy *copy, struct uks_stream *stream, uint8_t *buffer,
		    struct uks_err *err)
{
	ssize_t n;
	int ret;

	for (;;) {
		n = read_some(copy, buffer, UKS_STREAM_CHUNK);
		if (copy->stopped)
			return fail_stopped(copy, err);
		if (n < 0)
			return uks_fail_errno(err, -n, "cannot read the input");
		ret = n ? uks_stream_write(stream, buffer, n, err) :
			  uks_stream_finish(stream, err);
		if (copy->stopped)
			return fail_stopped(copy, err);
		if (ret || !n)
			return ret;
		copy->done += n;
		if (tell(copy))
			return fail_stopped(copy, err);
	}
}

int uks_stream_copy(struct uks_session *session, int in_fd, int out_fd,
		    uks_progress_fn *progress, void *arg, struct uks_err *err)
{
	struct copy copy = {
		.in_fd = in_fd,
		.out_fd = out_fd,
		.progress = progress,
		.arg = arg,
	};
	struct uks_stream *stream;
	uint8_t *buffer;
	int ret = uks_stream_new(session, write_all, &copy, &stream, err);

	if (ret)
		return ret;
	buffer = malloc(UKS_STREAM_CHUNK);
	if (buffer) {
		ret = copy_all(&copy, stream, buffer, err);
		explicit_bzero(buffer, UKS_STREAM_CHUNK);
		free(buffer);
	} else {
		ret = uks_fail_memory(err);
	}
	uks_stream_free(stream);
	return ret;
}
