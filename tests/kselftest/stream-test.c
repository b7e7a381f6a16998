// SPDX-License-Identifier: GPL-2.0
/* Streams through the module: whatever is done to one, it is refused. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <kselftest_harness.h>
#include <uks-stream.h>

#include "libuks-key.h"

#define HEADER		UKS_STREAM_HEADER_LEN
#define CHUNK		UKS_STREAM_CHUNK
#define OVERHEAD	32
#define RECORD		(CHUNK + OVERHEAD)

struct buffer {
	uint8_t *data;
	size_t len;
	size_t limit;	/* writing fails beyond this */
};

static int collect(void *arg, const void *data, size_t len)
{
	struct buffer *buffer = arg;

	if (buffer->limit && buffer->len + len > buffer->limit)
		return -ENOSPC;
	buffer->data = realloc(buffer->data, buffer->len + len);
	memcpy(buffer->data + buffer->len, data, len);
	buffer->len += len;
	return 0;
}

/* The whole of @in through a stream, in parts of @step bytes. */
static int pass(struct uks_session *session, const uint8_t *in, size_t len, size_t step,
		struct buffer *out, struct uks_err *err)
{
	struct uks_stream *stream;
	size_t part;
	int ret = uks_stream_new(session, collect, out, &stream, err);

	for (; !ret && len; in += part, len -= part) {
		part = len < step ? len : step;
		ret = uks_stream_write(stream, in, part, err);
	}
	if (!ret)
		ret = uks_stream_finish(stream, err);
	uks_stream_free(stream);
	return ret;
}

FIXTURE(stream)
{
	struct test_key key;
	struct uks_session *encrypt;
	struct uks_session *decrypt;
	struct uks_err err;
	uint8_t *plain;
	struct buffer secret;
	struct buffer out;
};

FIXTURE_VARIANT(stream)
{
	uint32_t type;
};

FIXTURE_VARIANT_ADD(stream, aes)
{
	.type = UKS_KEY_AES_256,
};

FIXTURE_VARIANT_ADD(stream, chacha)
{
	.type = UKS_KEY_CHACHA20,
};

#define PLAIN_LEN	(3 * CHUNK + 100)

FIXTURE_SETUP(stream)
{
	size_t i;

	ASSERT_EQ(test_key_make(&self->key, variant->type), 0) {
		TH_LOG("%s", self->key.err.text);
	}
	self->encrypt = test_key_open(&self->key, UKS_PURPOSE_ENCRYPT);
	self->decrypt = test_key_open(&self->key, UKS_PURPOSE_DECRYPT);
	ASSERT_NE(self->encrypt, NULL);
	ASSERT_NE(self->decrypt, NULL);
	self->plain = malloc(PLAIN_LEN);
	for (i = 0; i < PLAIN_LEN; i++)
		self->plain[i] = i * 31 + (i >> 8);
}

FIXTURE_TEARDOWN(stream)
{
	uks_session_close(self->encrypt);
	uks_session_close(self->decrypt);
	EXPECT_EQ(test_key_delete(&self->key), 0);
	free(self->plain);
	free(self->secret.data);
	free(self->out.data);
}

static void clear(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){ 0 };
}

#define ENCRYPT(length) do { \
	clear(&self->secret); \
	ASSERT_EQ(pass(self->encrypt, self->plain, length, CHUNK, &self->secret, &self->err), 0); \
} while (0)

/* Decrypting ends with @code, and what came out is the beginning of the plaintext. */
static void expect_refused(struct __test_metadata *_metadata, struct _test_data_stream *self,
			   const void *data, size_t len, int code)
{
	clear(&self->out);
	EXPECT_EQ(pass(self->decrypt, data, len, CHUNK, &self->out, &self->err), -code) {
		TH_LOG("%zu bytes: %s", len, self->err.text);
	}
	ASSERT_LE(self->out.len, PLAIN_LEN);
	EXPECT_TRUE(!self->out.len || !memcmp(self->out.data, self->plain, self->out.len));
}

#define EXPECT_REFUSED(...)	expect_refused(_metadata, self, __VA_ARGS__)

TEST_F(stream, comes_back_equal_whatever_its_length)
{
	static const size_t lengths[] = {
		0, 1, 5, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, PLAIN_LEN
	};
	static const size_t steps[] = { 1000003, 4099, 7 };
	size_t i, j, chunks;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		for (j = 0; j < ARRAY_SIZE(steps); j++) {
			clear(&self->secret);
			clear(&self->out);
			ASSERT_EQ(pass(self->encrypt, self->plain, lengths[i], steps[j],
				       &self->secret, &self->err), 0);
			chunks = lengths[i] ? (lengths[i] + CHUNK - 1) / CHUNK : 1;
			EXPECT_EQ(self->secret.len, HEADER + chunks * OVERHEAD + lengths[i]);
			ASSERT_EQ(pass(self->decrypt, self->secret.data, self->secret.len,
				       steps[j], &self->out, &self->err), 0) {
				TH_LOG("%s", self->err.text);
			}
			ASSERT_EQ(self->out.len, lengths[i]);
			EXPECT_TRUE(!lengths[i] ||
				    !memcmp(self->out.data, self->plain, lengths[i]));
		}
	}
}

TEST_F(stream, is_refused_wherever_it_is_cut)
{
	size_t at;

	ENCRYPT(PLAIN_LEN);
	/* At every boundary of header and chunks, and around it. */
	for (at = HEADER; at < self->secret.len; at += RECORD) {
		EXPECT_REFUSED(self->secret.data, at - 1, UKS_E_STREAM_TRUNCATED);
		EXPECT_REFUSED(self->secret.data, at, UKS_E_STREAM_TRUNCATED);
		EXPECT_REFUSED(self->secret.data, at + 1, UKS_E_STREAM_TRUNCATED);
		EXPECT_REFUSED(self->secret.data, at + 17, UKS_E_STREAM_TRUNCATED);
	}
	EXPECT_REFUSED(self->secret.data, self->secret.len - 1, UKS_E_STREAM_TRUNCATED);
	EXPECT_EQ(self->out.len, 3 * CHUNK);
	EXPECT_NE(strstr(self->err.text, "chunk 3"), NULL);

	ENCRYPT(5);
	for (at = 0; at < self->secret.len; at++) {
		EXPECT_REFUSED(self->secret.data, at, UKS_E_STREAM_TRUNCATED);
		EXPECT_EQ(self->out.len, 0);
	}
}

TEST_F(stream, is_refused_whichever_bit_is_flipped)
{
	size_t at;
	int bit;

	ENCRYPT(5);
	for (at = 0; at < self->secret.len; at++) {
		for (bit = 0; bit < 8; bit++) {
			clear(&self->out);
			self->secret.data[at] ^= 1 << bit;
			EXPECT_LT(pass(self->decrypt, self->secret.data, self->secret.len, CHUNK,
				       &self->out, &self->err), 0) {
				TH_LOG("bit %d of byte %zu does not matter", bit, at);
			}
			EXPECT_EQ(self->out.len, 0);
			self->secret.data[at] ^= 1 << bit;
		}
	}
	EXPECT_REFUSED(self->secret.data, self->secret.len, 0);
}

TEST_F(stream, is_refused_when_chunks_change_places)
{
	uint8_t *first, *second, *swap = malloc(RECORD);

	ENCRYPT(PLAIN_LEN);
	first = self->secret.data + HEADER;
	second = first + RECORD;
	memcpy(swap, first, RECORD);
	memcpy(first, second, RECORD);
	EXPECT_REFUSED(self->secret.data, self->secret.len, UKS_E_STREAM_CORRUPT);
	EXPECT_EQ(self->out.len, 0);
	EXPECT_NE(strstr(self->err.text, "chunk 0"), NULL);
	EXPECT_NE(strstr(self->err.text, "byte 48"), NULL);

	/* Both in each other's place; then the first twice. */
	memcpy(second, swap, RECORD);
	EXPECT_REFUSED(self->secret.data, self->secret.len, UKS_E_STREAM_CORRUPT);
	memcpy(first, swap, RECORD);
	EXPECT_REFUSED(self->secret.data, self->secret.len, UKS_E_STREAM_CORRUPT);
	EXPECT_EQ(self->out.len, CHUNK);
	EXPECT_NE(strstr(self->err.text, "chunk 1"), NULL);
	free(swap);
}

TEST_F(stream, is_refused_when_a_chunk_is_missing_or_too_many)
{
	size_t len;

	ENCRYPT(PLAIN_LEN);
	len = self->secret.len;
	self->secret.data = realloc(self->secret.data, len + RECORD);

	/* Something after the final chunk: a byte, or the final chunk once more. */
	self->secret.data[len] = 0;
	EXPECT_REFUSED(self->secret.data, len + 1, UKS_E_STREAM_CORRUPT);
	memcpy(self->secret.data + len, self->secret.data + HEADER + 3 * RECORD, 100 + OVERHEAD);
	EXPECT_REFUSED(self->secret.data, len + 100 + OVERHEAD, UKS_E_STREAM_CORRUPT);
	EXPECT_EQ(self->out.len, PLAIN_LEN);

	memmove(self->secret.data + HEADER + RECORD, self->secret.data + HEADER + 2 * RECORD,
		RECORD + 100 + OVERHEAD);
	EXPECT_REFUSED(self->secret.data, len - RECORD, UKS_E_STREAM_CORRUPT);
	EXPECT_EQ(self->out.len, CHUNK);
}

TEST_F(stream, is_refused_when_its_end_is_moved)
{
	ENCRYPT(PLAIN_LEN);
	/* A full chunk that pretends to be final, with nothing behind it. */
	self->secret.data[HEADER + RECORD + 3] ^= 0x80;
	EXPECT_REFUSED(self->secret.data, HEADER + 2 * RECORD, UKS_E_STREAM_CORRUPT);
	EXPECT_EQ(self->out.len, CHUNK);
	/* A final one that pretends not to be. */
	ENCRYPT(CHUNK);
	self->secret.data[HEADER + 3] ^= 0x80;
	EXPECT_REFUSED(self->secret.data, self->secret.len, UKS_E_STREAM_CORRUPT);
	EXPECT_EQ(self->out.len, 0);
}

TEST_F(stream, is_refused_when_two_are_spliced)
{
	struct buffer other = { 0 };

	/* Same key, same plaintext, same place: only the header's random part differs. */
	ENCRYPT(PLAIN_LEN);
	ASSERT_EQ(pass(self->encrypt, self->plain, PLAIN_LEN, CHUNK, &other, &self->err), 0);
	EXPECT_NE(memcmp(other.data, self->secret.data, HEADER), 0);
	memcpy(self->secret.data + HEADER + RECORD, other.data + HEADER + RECORD, RECORD);
	EXPECT_REFUSED(self->secret.data, self->secret.len, UKS_E_STREAM_CORRUPT);
	EXPECT_EQ(self->out.len, CHUNK);

	ENCRYPT(PLAIN_LEN);
	memcpy(self->secret.data, other.data, HEADER);
	EXPECT_REFUSED(self->secret.data, self->secret.len, UKS_E_STREAM_CORRUPT);
	EXPECT_EQ(self->out.len, 0);
	clear(&other);
}

TEST_F(stream, names_the_key_it_needs)
{
	struct uks_stream_header header;
	struct test_key other = { 0 };
	struct uks_session *session;
	char id[40] = "@";
	int i;

	ENCRYPT(5);
	ASSERT_EQ(uks_stream_inspect(self->secret.data, self->secret.len, &header, NULL), 0);
	for (i = 0; i < UKS_KEY_ID_LEN; i++)
		sprintf(id + 1 + 2 * i, "%02x", header.key_id[i]);

	ASSERT_EQ(test_key_make(&other, variant->type), 0);
	session = test_key_open(&other, UKS_PURPOSE_DECRYPT);
	ASSERT_NE(session, NULL);
	EXPECT_EQ(pass(session, self->secret.data, self->secret.len, CHUNK, &self->out,
		       &self->err), -UKS_E_STREAM_KEY);
	EXPECT_EQ(self->out.len, 0);
	EXPECT_NE(strstr(self->err.text, id), NULL);
	uks_session_close(session);
	EXPECT_EQ(test_key_delete(&other), 0);

	/* What it says can be used as it is. */
	ASSERT_EQ(uks_session_open(self->key.client, id, UKS_PURPOSE_DECRYPT, 0, 0, &session,
				   &self->err), 0);
	EXPECT_EQ(pass(session, self->secret.data, self->secret.len, CHUNK, &self->out,
		       &self->err), 0);
	uks_session_close(session);
}

TEST_F(stream, is_told_from_other_data)
{
	EXPECT_REFUSED(self->plain, PLAIN_LEN, UKS_E_STREAM_FORMAT);
	EXPECT_REFUSED("hello", 5, UKS_E_STREAM_FORMAT);
	EXPECT_REFUSED(self->plain, 0, UKS_E_STREAM_TRUNCATED);
}

TEST_F(stream, ends_with_the_first_error)
{
	struct uks_stream *stream;

	self->out.limit = HEADER + RECORD;
	ASSERT_EQ(uks_stream_new(self->encrypt, collect, &self->out, &stream, &self->err), 0);
	EXPECT_EQ(uks_stream_write(stream, self->plain, PLAIN_LEN, &self->err), -UKS_E_IO);
	EXPECT_EQ(self->err.errnum, ENOSPC);
	EXPECT_EQ(uks_stream_write(stream, self->plain, 1, &self->err), -UKS_E_STATE);
	EXPECT_EQ(uks_stream_finish(stream, &self->err), -UKS_E_STATE);
	uks_stream_free(stream);
	/* What was written is no stream: it has no end. */
	clear(&self->secret);
	self->secret = self->out;
	self->out = (struct buffer){ 0 };
	EXPECT_REFUSED(self->secret.data, self->secret.len, UKS_E_STREAM_TRUNCATED);
}

TEST_F(stream, needs_a_session_that_encrypts_or_decrypts)
{
	struct test_key mac = { 0 };
	struct uks_stream *stream;
	struct uks_session *session;

	ASSERT_EQ(test_key_make(&mac, UKS_KEY_HMAC_SHA256), 0);
	session = test_key_open(&mac, UKS_PURPOSE_MAC);
	ASSERT_NE(session, NULL);
	EXPECT_EQ(uks_stream_new(session, collect, &self->out, &stream, &self->err),
		  -UKS_E_WRONG_PURPOSE);
	uks_session_close(session);
	EXPECT_EQ(test_key_delete(&mac), 0);
}

TEST_HARNESS_MAIN
