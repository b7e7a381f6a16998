// SPDX-License-Identifier: LGPL-2.1-or-later
/* Streams: encrypting and decrypting data of any length, chunk by chunk. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include <libuks/uks-stream.h>

#include "internal.h"
#include "stream.h"

static_assert(UKS_STREAM_HEADER_LEN == STREAM_HEADER_LEN, "header");
static_assert(UKS_STREAM_CHUNK == STREAM_CHUNK, "chunk");

/*
 * struct uks_stream - a stream under way
 * @session: what does the work
 * @write: takes the output
 * @arg: for @write
 * @encrypting: or else decrypting
 * @header_done: the header was written, or read
 * @final_done: the final chunk was written, or read
 * @failed: code of the error that ended the stream
 * @info: key and algorithm of the session
 * @counter: number of the next chunk
 * @offset: where in the encrypted stream the next record begins
 * @fill: bytes in @in
 * @header: the stream's header
 * @in: plaintext of the next chunk, or next record of the encrypted stream
 * @out: its result
 */
struct uks_stream {
	struct uks_session *session;
	uks_write_fn *write;
	void *arg;
	bool encrypting;
	bool header_done;
	bool final_done;
	int failed;
	struct uks_session_info info;
	uint64_t counter;
	uint64_t offset;
	size_t fill;
	uint8_t header[STREAM_HEADER_LEN];
	uint8_t in[STREAM_RECORD_MAX];
	uint8_t out[STREAM_RECORD_MAX];
};

static int check_session(const struct uks_session_info *info, struct uks_err *err)
{
	if (!(info->purpose & (UKS_PURPOSE_ENCRYPT | UKS_PURPOSE_DECRYPT)))
		return uks_fail(err, UKS_E_WRONG_PURPOSE, 0, NULL);
	if (info->nonce_len != UKS_NONCE_LEN || info->tag_len != UKS_TAG_LEN)
		return uks_fail(err, UKS_E_BAD_ALGORITHM, 0,
				"a stream needs an AEAD with a nonce of %d and a tag of %d bytes: encrypt single messages with this algorithm",
				UKS_NONCE_LEN, UKS_TAG_LEN);
	return 0;
}

int uks_stream_new(struct uks_session *session, uks_write_fn *write, void *arg,
		   struct uks_stream **stream, struct uks_err *err)
{
	struct uks_stream *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return uks_fail_memory(err);
	ret = uks_session_info(session, &new->info, err);
	if (!ret)
		ret = check_session(&new->info, err);
	if (ret) {
		free(new);
		return ret;
	}
	new->session = session;
	new->write = write;
	new->arg = arg;
	new->encrypting = new->info.purpose == UKS_PURPOSE_ENCRYPT;
	*stream = new;
	return 0;
}

void uks_stream_free(struct uks_stream *stream)
{
	if (!stream)
		return;
	explicit_bzero(stream, sizeof(*stream));
	free(stream);
}

static int put_out(struct uks_stream *stream, const void *data, size_t len, struct uks_err *err)
{
	int ret = stream->write(stream->arg, data, len);

	return ret ? uks_fail_errno(err, -ret, "cannot write the output") : 0;
}

/* ---- encrypting ---- */

static int write_header(struct uks_stream *stream, struct uks_err *err)
{
	uint8_t *header = stream->header;

	memcpy(header, STREAM_MAGIC, STREAM_MAGIC_LEN);
	header[STREAM_AT_VERSION] = STREAM_VERSION;
	header[STREAM_AT_ALGORITHM] = stream->info.algorithm;
	header[STREAM_AT_CHUNK_LOG] = STREAM_CHUNK_LOG;
	stream_put_le(header + STREAM_AT_KEY_VERSION, stream->info.key_version, 4);
	memcpy(header + STREAM_AT_KEY_ID, stream->info.key_id, UKS_KEY_ID_LEN);
	/* 16 bytes are never given in part, and wait for the first seed only. */
	if (getrandom(header + STREAM_AT_RANDOM, 16, 0) != 16)
		return uks_fail_errno(err, errno, "getrandom");
	stream->header_done = true;
	stream->offset = STREAM_HEADER_LEN;
	return put_out(stream, header, STREAM_HEADER_LEN, err);
}

static int encrypt_chunk(struct uks_stream *stream, uint32_t final, struct uks_err *err)
{
	uint32_t word = stream->fill | final;
	size_t len = sizeof(stream->out) - STREAM_PREFIX_LEN;
	uint8_t aad[STREAM_AAD_LEN];
	struct uks_aead aead = { .aad = aad, .aad_len = sizeof(aad) };
	int ret = 0;

	if (!stream->header_done)
		ret = write_header(stream, err);
	if (ret)
		return ret;
	stream_aad(aad, stream->header, stream->counter, word);
	ret = uks_encrypt(stream->session, &aead, stream->in, stream->fill,
			  stream->out + STREAM_PREFIX_LEN, &len, err);
	if (ret)
		return ret;
	stream_put_le(stream->out, word, 4);
	memcpy(stream->out + 4, aead.nonce, UKS_NONCE_LEN);
	stream->counter++;
	stream->offset += STREAM_PREFIX_LEN + len;
	stream->fill = 0;
	return put_out(stream, stream->out, STREAM_PREFIX_LEN + len, err);
}

/* A full chunk waits for more, because only then it is known not to be final. */
static int encrypt_more(struct uks_stream *stream, const uint8_t *data, size_t len,
			struct uks_err *err)
{
	size_t part;
	int ret;

	while (len) {
		if (stream->fill == STREAM_CHUNK) {
			ret = encrypt_chunk(stream, 0, err);
			if (ret)
				return ret;
		}
		part = STREAM_CHUNK - stream->fill;
		if (part > len)
			part = len;
		memcpy(stream->in + stream->fill, data, part);
		stream->fill += part;
		data += part;
		len -= part;
	}
	return 0;
}

/* ---- decrypting ---- */

static int corrupt(const struct uks_stream *stream, const char *what, struct uks_err *err)
{
	return uks_fail(err, UKS_E_STREAM_CORRUPT, EBADMSG,
			"chunk %llu of the encrypted stream, at byte %llu, %s: get an undamaged copy",
			(unsigned long long)stream->counter, (unsigned long long)stream->offset,
			what);
}

void uks_stream_id_text(const uint8_t *id, char *text)
{
	int i;

	for (i = 0; i < UKS_KEY_ID_LEN; i++) {
		*text++ = "0123456789abcdef"[id[i] >> 4];
		*text++ = "0123456789abcdef"[id[i] & 15];
	}
	*text = 0;
}

static int check_key(const struct uks_stream *stream, const struct uks_stream_header *header,
		     struct uks_err *err)
{
	char theirs[2 * UKS_KEY_ID_LEN + 1], ours[2 * UKS_KEY_ID_LEN + 1];

	if (!memcmp(header->key_id, stream->info.key_id, UKS_KEY_ID_LEN) &&
	    header->key_version == stream->info.key_version &&
	    header->algorithm == stream->info.algorithm)
		return 0;
	uks_stream_id_text(header->key_id, theirs);
	uks_stream_id_text(stream->info.key_id, ours);
	return uks_fail(err, UKS_E_STREAM_KEY, 0,
			"the stream is encrypted with version %u of key @%s, not with version %u of @%s",
			header->key_version, theirs, stream->info.key_version, ours);
}

int uks_stream_inspect(const void *data, size_t len, struct uks_stream_header *header,
		       struct uks_err *err)
{
	const uint8_t *at = data;

	if (memcmp(at, STREAM_MAGIC, len < STREAM_MAGIC_LEN ? len : STREAM_MAGIC_LEN))
		return uks_fail(err, UKS_E_STREAM_FORMAT, 0, NULL);
	if (len < STREAM_HEADER_LEN)
		return uks_fail(err, UKS_E_STREAM_TRUNCATED, 0,
				"the encrypted stream ends within its header, after %zu bytes",
				len);
	if (at[STREAM_AT_VERSION] != STREAM_VERSION ||
	    at[STREAM_AT_CHUNK_LOG] != STREAM_CHUNK_LOG || at[STREAM_AT_ZERO])
		return uks_fail(err, UKS_E_STREAM_FORMAT, 0,
				"the encrypted stream is of version %u, this library knows version %u",
				at[STREAM_AT_VERSION], STREAM_VERSION);
	header->algorithm = at[STREAM_AT_ALGORITHM];
	header->key_version = stream_get_le32(at + STREAM_AT_KEY_VERSION);
	memcpy(header->key_id, at + STREAM_AT_KEY_ID, UKS_KEY_ID_LEN);
	return 0;
}

static int read_header(struct uks_stream *stream, struct uks_err *err)
{
	struct uks_stream_header header = { };
	int ret = uks_stream_inspect(stream->in, stream->fill, &header, err);

	if (!ret)
		ret = check_key(stream, &header, err);
	if (ret)
		return ret;
	memcpy(stream->header, stream->in, STREAM_HEADER_LEN);
	stream->header_done = true;
	stream->offset = STREAM_HEADER_LEN;
	stream->fill = 0;
	return 0;
}

static int decrypt_chunk(struct uks_stream *stream, uint32_t word, struct uks_err *err)
{
	size_t len = sizeof(stream->out);
	uint8_t aad[STREAM_AAD_LEN];
	struct uks_aead aead = { .aad = aad, .aad_len = sizeof(aad) };
	int ret;

	stream_aad(aad, stream->header, stream->counter, word);
	memcpy(aead.nonce, stream->in + 4, UKS_NONCE_LEN);
	ret = uks_decrypt(stream->session, &aead, stream->in + STREAM_PREFIX_LEN,
			  stream->fill - STREAM_PREFIX_LEN, stream->out, &len, err);
	if (ret == -UKS_E_NOT_AUTHENTIC)
		return corrupt(stream, "is not authentic", err);
	if (ret)
		return ret;
	stream->counter++;
	stream->offset += stream->fill;
	stream->fill = 0;
	stream->final_done = word & STREAM_FINAL;
	return len ? put_out(stream, stream->out, len, err) : 0;
}

/* How many bytes the record at hand has, as far as is known yet. */
static size_t record_len(const struct uks_stream *stream)
{
	if (!stream->header_done)
		return STREAM_HEADER_LEN;
	if (stream->fill < STREAM_PREFIX_LEN)
		return STREAM_PREFIX_LEN;
	return STREAM_PREFIX_LEN + (stream_get_le32(stream->in) & ~STREAM_FINAL) + UKS_TAG_LEN;
}

/* The prefix of a record, or all of it, may have become complete. */
static int take_record(struct uks_stream *stream, struct uks_err *err)
{
	uint32_t word;

	if (stream->fill < STREAM_PREFIX_LEN)
		return 0;
	if (!stream->header_done)
		return stream->fill == STREAM_HEADER_LEN ? read_header(stream, err) : 0;
	word = stream_get_le32(stream->in);
	if (!stream_word_valid(word, stream->counter))
		return corrupt(stream, "has an impossible length", err);
	if (stream->fill < record_len(stream))
		return 0;
	return decrypt_chunk(stream, word, err);
}

static int decrypt_more(struct uks_stream *stream, const uint8_t *data, size_t len,
			struct uks_err *err)
{
	size_t part;
	int ret;

	while (len) {
		if (stream->final_done)
			return corrupt(stream, "comes after the final one", err);
		part = record_len(stream) - stream->fill;
		if (part > len)
			part = len;
		memcpy(stream->in + stream->fill, data, part);
		stream->fill += part;
		data += part;
		len -= part;
		ret = take_record(stream, err);
		if (ret)
			return ret;
	}
	return 0;
}

static int decrypt_end(struct uks_stream *stream, struct uks_err *err)
{
	struct uks_stream_header header;
	int ret;

	if (stream->final_done)
		return 0;
	if (!stream->header_done) {
		ret = uks_stream_inspect(stream->in, stream->fill, &header, err);
		if (ret)
			return ret;
	}
	return uks_fail(err, UKS_E_STREAM_TRUNCATED, 0,
			"the encrypted stream ends at byte %llu, in chunk %llu, before its final chunk: get a whole copy",
			(unsigned long long)stream->offset + stream->fill,
			(unsigned long long)stream->counter);
}

/* ---- both ---- */

static int check_alive(struct uks_stream *stream, struct uks_err *err)
{
	if (!stream->failed && (!stream->encrypting || !stream->final_done))
		return 0;
	return uks_fail(err, UKS_E_STATE, 0, "the stream has ended: begin a new one");
}

int uks_stream_write(struct uks_stream *stream, const void *data, size_t len,
		     struct uks_err *err)
{
	int ret = check_alive(stream, err);

	if (ret)
		return ret;
	ret = stream->encrypting ? encrypt_more(stream, data, len, err) :
				   decrypt_more(stream, data, len, err);
	stream->failed = ret;
	return ret;
}

int uks_stream_finish(struct uks_stream *stream, struct uks_err *err)
{
	int ret = check_alive(stream, err);

	if (ret)
		return ret;
	if (stream->encrypting) {
		ret = encrypt_chunk(stream, STREAM_FINAL, err);
		stream->final_done = true;
	} else {
		ret = decrypt_end(stream, err);
	}
	stream->failed = ret;
	return ret;
}
