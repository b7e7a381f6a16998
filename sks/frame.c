// SPDX-License-Identifier: LGPL-2.1-or-later
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "include/uks/sks-wire.h"
#include "sks/frame.h"

void frame_reset(struct frame *frame)
{
	if (frame->bytes)
		explicit_bzero(frame->bytes, frame->len);
	frame->len = 0;
}

void frame_free(struct frame *frame)
{
	frame_reset(frame);
	free(frame->bytes);
	*frame = (struct frame){ };
}

uint8_t *frame_reserve(struct frame *frame, size_t len)
{
	size_t size = frame->size ? frame->size : 256;
	uint8_t *bytes;

	while (size - frame->len < len)
		size *= 2;
	if (size != frame->size) {
		bytes = malloc(size);
		if (!bytes)
			errx(1, "out of memory");
		if (frame->len)
			memcpy(bytes, frame->bytes, frame->len);
		if (frame->bytes)
			explicit_bzero(frame->bytes, frame->len);
		free(frame->bytes);
		frame->bytes = bytes;
		frame->size = size;
	}
	bytes = frame->bytes + frame->len;
	frame->len += len;
	return bytes;
}

void frame_raw(struct frame *frame, const void *bytes, size_t len)
{
	uint8_t *to = frame_reserve(frame, len);

	if (len)
		memcpy(to, bytes, len);
}

void frame_number(struct frame *frame, uint64_t number, int bytes)
{
	struct sks_out out = { .bytes = frame_reserve(frame, bytes), .size = bytes };

	sks_put_number(&out, number, bytes);
}

void frame_bytes(struct frame *frame, const void *bytes, size_t len)
{
	frame_number(frame, len, 2);
	frame_raw(frame, bytes, len);
}

void frame_blob(struct frame *frame, const void *bytes, size_t len)
{
	frame_number(frame, len, 4);
	frame_raw(frame, bytes, len);
}

void frame_text(struct frame *frame, const char *text)
{
	frame_bytes(frame, text, strlen(text));
}

/* How bytes are read is in one place, include/uks/sks-wire.h. */
static struct sks_in begin(const struct reader *reader)
{
	return (struct sks_in){ .at = reader->at, .left = reader->left, .bad = reader->bad };
}

static void end(struct reader *reader, const struct sks_in *in)
{
	reader->at = in->at;
	reader->left = in->left;
	reader->bad = in->bad;
}

uint64_t reader_number(struct reader *reader, int bytes)
{
	struct sks_in in = begin(reader);
	uint64_t number = bytes > 4 ? sks_get_u64(&in) : sks_get_number(&in, bytes);

	end(reader, &in);
	return number;
}

const uint8_t *reader_bytes(struct reader *reader, size_t *len)
{
	struct sks_in in = begin(reader);
	struct sks_bytes bytes = sks_get_bytes(&in);

	end(reader, &in);
	*len = bytes.len;
	return bytes.at;
}

const uint8_t *reader_blob(struct reader *reader, size_t *len)
{
	struct sks_in in = begin(reader);
	struct sks_bytes bytes = sks_get_blob(&in);

	end(reader, &in);
	*len = bytes.len;
	return bytes.at;
}

void reader_text(struct reader *reader, char *to, size_t size)
{
	size_t len;
	const uint8_t *at = reader_bytes(reader, &len);

	if (len >= size)
		len = size - 1;
	if (len)
		memcpy(to, at, len);
	to[len] = 0;
}

int frame_receive(int fd, uint8_t *to, size_t len)
{
	ssize_t got;

	while (len) {
		got = read(fd, to, len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		to += got;
		len -= got;
	}
	return 0;
}

int frame_send(int fd, const uint8_t *from, size_t len)
{
	ssize_t done;

	while (len) {
		done = send(fd, from, len, MSG_NOSIGNAL);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return -1;
		from += done;
		len -= done;
	}
	return 0;
}
