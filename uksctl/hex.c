// SPDX-License-Identifier: LGPL-2.1-or-later
/* Bytes as hexadecimal digits, and back. */
#include <string.h>

#include "uksctl.h"

/* @text has room for twice @len and a NUL. */
char *hex_encode(char *text, const uint8_t *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < len; i++) {
		text[2 * i] = digits[data[i] >> 4];
		text[2 * i + 1] = digits[data[i] & 15];
	}
	text[2 * len] = 0;
	return text;
}

static int digit_of(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (at - digits) % 16 : -1;
}

/* True if all of @text is digits of whole bytes that fit. */
bool hex_decode(const char *text, uint8_t *data, size_t size, size_t *len)
{
	size_t i, digits = strlen(text);

	if (!digits || digits % 2 || digits / 2 > size)
		return false;
	for (i = 0; i < digits; i++) {
		int digit = digit_of(text[i]);

		if (digit < 0)
			return false;
		data[i / 2] = i % 2 ? data[i / 2] << 4 | digit : digit;
	}
	*len = digits / 2;
	return true;
}
