// SPDX-License-Identifier: LGPL-2.1-or-later
/* A whole stream from one file descriptor to another. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <libuks/uks-stream.h>

#include "internal.h"

/* A descriptor that does not block is waited for. */
static int wait_for(int fd, short events)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };

	return poll(&poll_fd, 1, -1) < 0 && errno != EINTR ? -errno : 0;
}

static int write_all(void *arg, const void *data, size_t len)
{
	const char *at = data;
	int fd = *(int *)arg, ret;
	ssize_t n;

	while (len) {
		n = write(fd, at, len);
		if (n >= 0) {
			at += n;
			len -= n;
			continue;
		}
		if (errno == EINTR)
			continue;
		ret = errno == EAGAIN ? wait_for(fd, POLLOUT) : -errno;
		if (ret)
			return ret;
	}
	return 0;
}

static ssize_t read_some(int fd, void *data, size_t len)
{
	ssize_t n;
	int ret;

	for (;;) {
		n = read(fd, data, len);
		if (n >= 0)
			return n;
		if (errno == EINTR)
			continue;
		ret = errno == EAGAIN ? wait_for(fd, POLLIN) : -errno;
		if (ret)
			return ret;
	}
}

static int copy(struct uks_stream *stream, int in_fd, uint8_t *buffer, uks_progress_fn *progress,
		void *arg, struct uks_err *err)
{
	uint64_t done = 0;
	ssize_t n;
	int ret;

	for (;;) {
		n = read_some(in_fd, buffer, UKS_STREAM_CHUNK);
		if (n < 0)
			return uks_fail_errno(err, -n, "cannot read the input");
		if (!n)
			return uks_stream_finish(stream, err);
		ret = uks_stream_write(stream, buffer, n, err);
		if (ret)
			return ret;
		done += n;
		if (progress && progress(arg, done))
			return uks_fail(err, UKS_E_INTERRUPTED, 0,
					"stopped after %llu bytes",
					(unsigned long long)done);
	}
}

int uks_stream_copy(struct uks_session *session, int in_fd, int out_fd,
		    uks_progress_fn *progress, void *arg, struct uks_err *err)
{
	struct uks_stream *stream;
	uint8_t *buffer;
	int ret = uks_stream_new(session, write_all, &out_fd, &stream, err);

	if (ret)
		return ret;
	buffer = malloc(UKS_STREAM_CHUNK);
	if (buffer) {
		ret = copy(stream, in_fd, buffer, progress, arg, err);
		explicit_bzero(buffer, UKS_STREAM_CHUNK);
		free(buffer);
	} else {
		ret = uks_fail_memory(err);
	}
	uks_stream_free(stream);
	return ret;
}
