/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The byte strings of SKS: numbers big-endian, an array is its length in two bytes (a
 * blob: four) and its bytes, a list its count in one byte and its elements.
 */
#ifndef UKSD_SKS_WIRE_H
#define UKSD_SKS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

uint32_t sks_get_number(struct sks_in *in, int bytes);
uint64_t sks_get_u64(struct sks_in *in);
bool sks_get_bool(struct sks_in *in);
struct sks_bytes sks_get_bytes(struct sks_in *in);
struct sks_bytes sks_get_blob(struct sks_in *in);

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

/** sks_get_exactly() - read an array of @len bytes; else @in is bad */
void sks_get_exactly(struct sks_in *in, uint8_t *to, size_t len);

/** sks_end() - was everything read, and nothing amiss? */
static inline bool sks_end(const struct sks_in *in)
{
	return !in->bad && !in->left;
}

void sks_put_raw(struct sks_out *out, const void *bytes, size_t len);
void sks_put_number(struct sks_out *out, uint64_t number, int bytes);
void sks_put_bytes(struct sks_out *out, const void *bytes, size_t len);
void sks_put_blob(struct sks_out *out, const void *bytes, size_t len);
void sks_put_string(struct sks_out *out, const char *text);

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

/** sks_is() - are these bytes those of a text? */
bool sks_is(const struct sks_bytes *bytes, const char *text);

/** sks_is_id() - 1 to 32 characters from 0x21 to 0x7e */
bool sks_is_id(const struct sks_bytes *bytes);

/** sks_is_utf8() - well-formed UTF-8 (RFC 3629) without NUL */
bool sks_is_utf8(const struct sks_bytes *bytes);

/** sks_characters() - how many characters a text of UTF-8 has */
size_t sks_characters(const struct sks_bytes *bytes);

/** sks_copy_text() - copy what has no NUL and fits, and end it with NUL */
void sks_copy_text(char *to, const struct sks_bytes *bytes);

#endif /* UKSD_SKS_WIRE_H */
