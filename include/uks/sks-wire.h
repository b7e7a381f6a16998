/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The byte strings of SKS: numbers big-endian, an array is its length in two bytes (a
 * blob: four) and its bytes, a list its count in one byte and its elements. Shared by
 * the library and the daemon.
 */
#ifndef UKS_SKS_WIRE_H
#define UKS_SKS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/**
 * struct sks_bytes - bytes of somebody else's
 * @at: the first
 * @len: how many
 */
struct sks_bytes {
	const uint8_t *at;
	size_t len;
};

/**
 * struct sks_in - what is being read
 * @at: what comes next
 * @left: bytes from there
 * @bad: more was wanted than there is, or a bool was neither 0 nor 1; what was
 *	read then is zero or empty
 */
struct sks_in {
	const uint8_t *at;
	size_t left;
	bool bad;
};

/**
 * struct sks_out - what is being written
 * @bytes: where to
 * @size: room there
 * @len: bytes that were written
 * @full: the room did not suffice
 */
struct sks_out {
	uint8_t *bytes;
	size_t size;
	size_t len;
	bool full;
};

static inline const uint8_t *sks_take(struct sks_in *in, size_t len)
{
	const uint8_t *at = in->at;

	if (in->bad || len > in->left) {
		in->bad = true;
		in->left = 0;
		return NULL;
	}
	in->at += len;
	in->left -= len;
	return at;
}

static inline uint32_t sks_get_number(struct sks_in *in, int bytes)
{
	const uint8_t *at = sks_take(in, bytes);
	uint32_t number = 0;
	int i;

	for (i = 0; at && i < bytes; i++)
		number = number << 8 | at[i];
	return number;
}

static inline uint8_t sks_get_u8(struct sks_in *in)
{
	return sks_get_number(in, 1);
}

static inline uint16_t sks_get_u16(struct sks_in *in)
{
	return sks_get_number(in, 2);
}

static inline uint32_t sks_get_u32(struct sks_in *in)
{
	return sks_get_number(in, 4);
}

static inline uint64_t sks_get_u64(struct sks_in *in)
{
	uint64_t high = sks_get_u32(in);

	return high << 32 | sks_get_u32(in);
}

static inline bool sks_get_bool(struct sks_in *in)
{
	uint8_t value = sks_get_u8(in);

	if (value > 1)
		in->bad = true;
	return value == 1;
}

static inline struct sks_bytes sks_get_raw(struct sks_in *in, size_t len)
{
	const uint8_t *at = sks_take(in, len);

	return (struct sks_bytes){ .at = at, .len = at ? len : 0 };
}

static inline struct sks_bytes sks_get_bytes(struct sks_in *in)
{
	return sks_get_raw(in, sks_get_u16(in));
}

static inline struct sks_bytes sks_get_blob(struct sks_in *in)
{
	return sks_get_raw(in, sks_get_u32(in));
}

/** sks_get_exactly() - read an array of @len bytes; else @in is bad */
static inline void sks_get_exactly(struct sks_in *in, uint8_t *to, size_t len)
{
	struct sks_bytes bytes = sks_get_bytes(in);

	memset(to, 0, len);
	if (bytes.len == len)
		memcpy(to, bytes.at, len);
	else
		in->bad = true;
}

/** sks_end() - was everything read, and nothing amiss? */
static inline bool sks_end(const struct sks_in *in)
{
	return !in->bad && !in->left;
}

static inline void sks_put_raw(struct sks_out *out, const void *bytes, size_t len)
{
	if (out->full || len > out->size - out->len) {
		out->full = true;
		return;
	}
	if (len)
		memcpy(out->bytes + out->len, bytes, len);
	out->len += len;
}

static inline void sks_put_number(struct sks_out *out, uint64_t number, int bytes)
{
	uint8_t raw[8];
	int i;

	for (i = bytes - 1; i >= 0; i--, number >>= 8)
		raw[i] = number;
	sks_put_raw(out, raw, bytes);
}

static inline void sks_put_u8(struct sks_out *out, uint8_t number)
{
	sks_put_number(out, number, 1);
}

static inline void sks_put_bool(struct sks_out *out, bool value)
{
	sks_put_number(out, value, 1);
}

static inline void sks_put_u16(struct sks_out *out, uint16_t number)
{
	sks_put_number(out, number, 2);
}

static inline void sks_put_u32(struct sks_out *out, uint32_t number)
{
	sks_put_number(out, number, 4);
}

static inline void sks_put_bytes(struct sks_out *out, const void *bytes, size_t len)
{
	if (len > UINT16_MAX)
		out->full = true;
	sks_put_u16(out, len);
	sks_put_raw(out, bytes, len);
}

static inline void sks_put_blob(struct sks_out *out, const void *bytes, size_t len)
{
	sks_put_u32(out, len);
	sks_put_raw(out, bytes, len);
}

static inline void sks_put_string(struct sks_out *out, const char *text)
{
	sks_put_bytes(out, text, strlen(text));
}

#endif /* UKS_SKS_WIRE_H */
