/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The format of encrypted streams, version 1. */
#ifndef UKS_STREAM_FORMAT_H
#define UKS_STREAM_FORMAT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <linux/uks.h>

/**
 * DOC: Encrypted stream
 *
 * A stream is a header and one or more chunks. Numbers are little-endian.
 *
 * Header, 48 bytes:
 *
 *   ======  =====  =====================================================
 *   offset  bytes  what
 *   ======  =====  =====================================================
 *   0       8      89 55 4b 53 0d 0a 1a 0a
 *   8       1      version of the format: 1
 *   9       1      algorithm, enum uks_algorithm: an AEAD
 *   10      1      binary logarithm of the chunk length: 16
 *   11      1      0
 *   12      4      version of the key
 *   16      16     id of the key
 *   32      16     random: no two streams have the same header
 *   ======  =====  =====================================================
 *
 * Chunk, 32 + n bytes:
 *
 *   ======  =====  =====================================================
 *   offset  bytes  what
 *   ======  =====  =====================================================
 *   0       4      n; plus 80000000 hex in the final chunk
 *   4       12     nonce, drawn at random by the kernel
 *   16      n      ciphertext
 *   16 + n  16     tag
 *   ======  =====  =====================================================
 *
 * n is 65536; in the final chunk 1 to 65536, or 0 if the stream is empty.
 * Nothing follows the final chunk.
 *
 * Associated data of each chunk, 60 bytes: the header, then the number of the
 * chunk in the stream, counted from 0, as 8 bytes, then the chunk's first 4.
 */

#define STREAM_MAGIC		"\x89UKS\r\n\x1a\n"
#define STREAM_MAGIC_LEN	8
#define STREAM_VERSION		1
#define STREAM_CHUNK_LOG	16
#define STREAM_CHUNK		65536U
#define STREAM_HEADER_LEN	48
#define STREAM_PREFIX_LEN	16
#define STREAM_RECORD_MAX	(STREAM_PREFIX_LEN + STREAM_CHUNK + UKS_TAG_LEN)
#define STREAM_AAD_LEN		(STREAM_HEADER_LEN + 8 + 4)
#define STREAM_FINAL		0x80000000U

/* Offsets in the header. */
#define STREAM_AT_VERSION	8
#define STREAM_AT_ALGORITHM	9
#define STREAM_AT_CHUNK_LOG	10
#define STREAM_AT_ZERO		11
#define STREAM_AT_KEY_VERSION	12
#define STREAM_AT_KEY_ID	16
#define STREAM_AT_RANDOM	32

void uks_stream_id_text(const uint8_t *id, char *text);

static inline void stream_put_le(uint8_t *at, uint64_t value, size_t bytes)
{
	while (bytes--) {
		*at++ = value;
		value >>= 8;
	}
}

static inline uint32_t stream_get_le32(const uint8_t *at)
{
	return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

/* May a chunk with this first word be number @counter of a stream? */
static inline bool stream_word_valid(uint32_t word, uint64_t counter)
{
	uint32_t len = word & ~STREAM_FINAL;

	if (!(word & STREAM_FINAL))
		return len == STREAM_CHUNK;
	return len <= STREAM_CHUNK && (len || !counter);
}

static inline void stream_aad(uint8_t *aad, const uint8_t *header, uint64_t counter,
			      uint32_t word)
{
	memcpy(aad, header, STREAM_HEADER_LEN);
	stream_put_le(aad + STREAM_HEADER_LEN, counter, 8);
	stream_put_le(aad + STREAM_HEADER_LEN + 8, word, 4);
}

#endif /* UKS_STREAM_FORMAT_H */
