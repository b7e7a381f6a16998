// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include "daemon/sks/wire.h"
#include "include/uks/sks.h"

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
