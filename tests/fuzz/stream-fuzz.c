// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Encrypted streams: in whatever pieces one comes, the same is given out and the same
 * is said of it. The first byte of the input is the length of the pieces.
 */
#include <stdlib.h>
#include <string.h>

#include <libuks/uks-stream.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/kernel.h"

struct sink {
	size_t len;
	uint32_t sum;
};

static int take(void *arg, const void *data, size_t len)
{
	struct sink *sink = arg;
	const uint8_t *at = data;
	size_t i;

	for (i = 0; i < len; i++)
		sink->sum = sink->sum * 31 + at[i];
	sink->len += len;
	return 0;
}

static int decrypt(struct uks_session *session, const uint8_t *data, size_t len, size_t piece,
		   struct sink *sink)
{
	struct uks_stream *stream;
	struct uks_err err = { 0 };
	size_t at, part;
	int ret;

	if (uks_stream_new(session, take, sink, &stream, &err))
		abort();
	ret = 0;
	for (at = 0; !ret && at < len; at += part) {
		part = piece < len - at ? piece : len - at;
		ret = uks_stream_write(stream, data + at, part, &err);
	}
	ret = ret ? ret : uks_stream_finish(stream, &err);
	if (ret && !err.text[0])
		abort();
	uks_stream_free(stream);
	return ret;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t granted[3];
	struct sink whole = { 0 }, pieces = { 0 };
	struct uks_stream_header header;
	struct uks_session *session;
	struct uks_client *client;
	int once, again;

	if (!len)
		return 0;
	kernel_answers(granted, sizeof(granted));
	if (uks_client_new(&client, NULL) ||
	    uks_session_open(client, "key", UKS_PURPOSE_DECRYPT, 0, 0, &session, NULL))
		abort();
	uks_stream_inspect(data + 1, len - 1, &header, NULL);
	once = decrypt(session, data + 1, len - 1, len, &whole);
	again = decrypt(session, data + 1, len - 1, data[0] + 1, &pieces);
	if (once != again || (!once && (whole.len != pieces.len || whole.sum != pieces.sum)))
		abort();
	uks_session_close(session);
	uks_client_free(client);
	return 0;
}
