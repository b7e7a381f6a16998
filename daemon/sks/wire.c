// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include "daemon/sks/wire.h"
#include "include/uks/sks.h"

static const uint8_t *take(struct sks_in *in, size_t len)
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

uint32_t sks_get_number(struct sks_in *in, int bytes)
{
	const uint8_t *at = take(in, bytes);
	uint32_t number = 0;
	int i;

	for (i = 0; at && i < bytes; i++)
		number = number << 8 | at[i];
	return number;
}

uint64_t sks_get_u64(struct sks_in *in)
{
	uint64_t high = sks_get_u32(in);

	return high << 32 | sks_get_u32(in);
}

bool sks_get_bool(struct sks_in *in)
{
	uint8_t value = sks_get_u8(in);

	if (value > 1)
		in->bad = true;
	return value == 1;
}

static struct sks_bytes get(struct sks_in *in, size_t len)
{
	const uint8_t *at = take(in, len);

	return (struct sks_bytes){ .at = at, .len = at ? len : 0 };
}

struct sks_bytes sks_get_bytes(struct sks_in *in)
{
	return get(in, sks_get_u16(in));
}

struct sks_bytes sks_get_blob(struct sks_in *in)
{
	return get(in, sks_get_u32(in));
}

void sks_get_exactly(struct sks_in *in, uint8_t *to, size_t len)
{
	struct sks_bytes bytes = sks_get_bytes(in);

	memset(to, 0, len);
	if (bytes.len == len)
		memcpy(to, bytes.at, len);
	else
		in->bad = true;
}

void sks_put_raw(struct sks_out *out, const void *bytes, size_t len)
{
	if (out->full || len > out->size - out->len) {
		out->full = true;
		return;
	}
	if (len)
		memcpy(out->bytes + out->len, bytes, len);
	out->len += len;
}

void sks_put_number(struct sks_out *out, uint64_t number, int bytes)
{
	uint8_t raw[8];
	int i;

	for (i = bytes - 1; i >= 0; i--, number >>= 8)
		raw[i] = number;
	sks_put_raw(out, raw, bytes);
}

void sks_put_bytes(struct sks_out *out, const void *bytes, size_t len)
{
	if (len > UINT16_MAX)
		out->full = true;
	sks_put_u16(out, len);
	sks_put_raw(out, bytes, len);
}

void sks_put_blob(struct sks_out *out, const void *bytes, size_t len)
{
	sks_put_u32(out, len);
	sks_put_raw(out, bytes, len);
}

void sks_put_string(struct sks_out *out, const char *text)
{
	sks_put_bytes(out, text, strlen(text));
}

bool sks_is(const struct sks_bytes *bytes, const char *text)
{
	return bytes->len == strlen(text) && !memcmp(bytes->at, text, bytes->len);
}

bool sks_is_id(const struct sks_bytes *bytes)
{
	size_t i;

	for (i = 0; i < bytes->len; i++)
		if (bytes->at[i] < 0x21 || bytes->at[i] > 0x7e)
			return false;
	return bytes->len && bytes->len <= SKS_ID_MAX;
}

/* Bytes that follow the first of a character, and what the second may be; -1 for none. */
static int follow(uint8_t first, uint8_t *low, uint8_t *high)
{
	*low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	*high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
	if (first && first < 0x80)
		return 0;
	if (first >= 0xc2 && first < 0xe0)
		return 1;
	if (first >= 0xe0 && first < 0xf0)
		return 2;
	return first >= 0xf0 && first < 0xf5 ? 3 : -1;
}

bool sks_is_utf8(const struct sks_bytes *bytes)
{
	const uint8_t *at = bytes->at, *end = at + bytes->len;
	uint8_t low, high;
	int more;

	while (at < end) {
		more = follow(*at++, &low, &high);
		if (more < 0 || more > end - at)
			return false;
		for (; more; more--, low = 0x80, high = 0xbf, at++)
			if (*at < low || *at > high)
				return false;
	}
	return true;
}

size_t sks_characters(const struct sks_bytes *bytes)
{
	size_t i, count = 0;

	for (i = 0; i < bytes->len; i++)
		if ((bytes->at[i] & 0xc0) != 0x80)
			count++;
	return count;
}

void sks_copy_text(char *to, const struct sks_bytes *bytes)
{
	if (bytes->len)
		memcpy(to, bytes->at, bytes->len);
	to[bytes->len] = 0;
}
