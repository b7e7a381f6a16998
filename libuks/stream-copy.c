// SPDX-License-Identifier: LGPL-2.1-or-later
/* A whole stream from one file descriptor to another. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <libuks/uks-stream.h>

#include "internal.h"
#include "stream.h"

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

static int copy_through(struct copy *copy, struct uks_stream *stream, struct uks_err *err)
{
	uint8_t *buffer = malloc(UKS_STREAM_CHUNK);
	int ret;

	if (!buffer)
		return uks_fail_memory(err);
	ret = copy_all(copy, stream, buffer, err);
	explicit_bzero(buffer, UKS_STREAM_CHUNK);
	free(buffer);
	return ret;
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
	int ret = uks_stream_new(session, write_all, &copy, &stream, err);

	if (ret)
		return ret;
	ret = copy_through(&copy, stream, err);
	uks_stream_free(stream);
	return ret;
}

/* ---- decrypting with the version of the key that the stream names ---- */

static int read_header(struct copy *copy, uint8_t *header, size_t *len, struct uks_err *err)
{
	ssize_t n;

	for (*len = 0; *len < UKS_STREAM_HEADER_LEN; *len += n) {
		n = read_some(copy, header + *len, UKS_STREAM_HEADER_LEN - *len);
		if (copy->stopped)
			return fail_stopped(copy, err);
		if (n < 0)
			return uks_fail_errno(err, -n, "cannot read the input");
		if (!n)
			break;
	}
	copy->done = *len;
	return 0;
}

/* A version that is not there may be one of another key: then that is to be told. */
static bool is_other_key(struct uks_client *client, const char *name,
			 const struct uks_stream_header *header)
{
	struct uks_key *key;
	bool other;

	if (uks_key_show(client, name, &key, NULL))
		return false;
	other = memcmp(key->id, header->key_id, UKS_KEY_ID_LEN);
	uks_key_free(key);
	return other;
}

static int open_named(struct uks_client *client, const char *key,
		      const struct uks_method *how,
		      const struct uks_stream_header *header, struct uks_session **session,
		      struct uks_err *err)
{
	const struct uks_method method = {
		.algorithm = header->algorithm,
		.version = header->key_version,
		.flags = how->flags,
		.pin = how->pin,
	};
	char id[2 * UKS_KEY_ID_LEN + 1];
	int ret = uks_session_open_with(client, key, UKS_PURPOSE_DECRYPT, &method, session, err);

	if ((ret != -UKS_E_NO_VERSION && ret != -UKS_E_BAD_ALGORITHM) ||
	    !is_other_key(client, key, header))
		return ret;
	uks_stream_id_text(header->key_id, id);
	return uks_fail(err, UKS_E_STREAM_KEY, 0,
			"the stream is encrypted with version %u of key @%s, not with '%s'",
			header->key_version, id, key);
}

static int decrypt_rest(struct copy *copy, struct uks_session *session, const uint8_t *header,
			struct uks_err *err)
{
	struct uks_stream *stream;
	int ret = uks_stream_new(session, write_all, copy, &stream, err);

	if (ret)
		return ret;
	ret = uks_stream_write(stream, header, UKS_STREAM_HEADER_LEN, err);
	if (!ret)
		ret = copy_through(copy, stream, err);
	uks_stream_free(stream);
	return ret;
}

int uks_stream_decrypt(struct uks_client *client, const char *key, uint32_t flags, int in_fd,
		       int out_fd, uks_progress_fn *progress, void *arg, struct uks_err *err)
{
	const struct uks_method method = { .flags = flags };

	return uks_stream_decrypt_with(client, key, &method, in_fd, out_fd, progress, arg, err);
}

int uks_stream_decrypt_with(struct uks_client *client, const char *key,
			    const struct uks_method *method, int in_fd, int out_fd,
			    uks_progress_fn *progress, void *arg, struct uks_err *err)
{
	struct copy copy = {
		.in_fd = in_fd,
		.out_fd = out_fd,
		.progress = progress,
		.arg = arg,
	};
	uint8_t bytes[UKS_STREAM_HEADER_LEN];
	struct uks_stream_header header;
	struct uks_session *session;
	size_t len;
	int ret = read_header(&copy, bytes, &len, err);

	if (!ret)
		ret = uks_stream_inspect(bytes, len, &header, err);
	if (!ret)
		ret = open_named(client, key, method, &header, &session, err);
	if (ret)
		return ret;
	ret = decrypt_rest(&copy, session, bytes, err);
	uks_session_close(session);
	return ret;
}
