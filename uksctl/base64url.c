// SPDX-License-Identifier: LGPL-2.1-or-later
/* Base64url without padding (RFC 4648, 5; RFC 7515, 2). */
#include <string.h>

#include "base64url.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

long base64url_decode(const char *text, uint8_t *bytes)
{
	uint32_t bits = 0;
	int count = 0;
	long len = 0;
	const char *at;

	for (; *text; text++) {
		at = strchr(alphabet, *text);
		if (!at)
			return -1;
		bits = bits << 6 | (at - alphabet);
		count += 6;
		if (count >= 8) {
			count -= 8;
			bytes[len++] = bits >> count;
		}
	}
	/* A last character of its own, or bits that belong to no byte. */
	if (count == 6 || bits & ((1U << count) - 1))
		return -1;
	return len;
}

char *base64url_encode(const uint8_t *bytes, size_t len, char *text)
{
	uint32_t bits = 0;
	char *at = text;
	int count = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		bits = bits << 8 | bytes[i];
		for (count += 8; count >= 6; count -= 6)
			*at++ = alphabet[bits >> (count - 6) & 63];
	}
	if (count)
		*at++ = alphabet[bits << (6 - count) & 63];
	*at = 0;
	return text;
}
