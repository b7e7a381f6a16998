// SPDX-License-Identifier: LGPL-2.1-or-later
/* Raw bytes, or bytes in hexadecimal digits: what they are, only the user knows. */
#include <ctype.h>
#include <string.h>

#include <openssl/crypto.h>

#include "format.h"

static int digit_of(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Digits may be parted by space and colons. Returns the number of digits, or -1. */
static long unhex(const uint8_t *data, size_t len, uint8_t *bytes, struct uks_err *err)
{
	long digits = 0;
	size_t i;
	int digit;

	for (i = 0; i < len; i++) {
		if (isspace(data[i]) || data[i] == ':')
			continue;
		digit = digit_of(data[i]);
		if (digit < 0)
			return format_fail(err,
					   "byte %zu of the input is no hexadecimal digit: leave --hex out if the key is written in bytes",
					   i + 1);
		bytes[digits / 2] = bytes[digits / 2] << 4 | digit;
		digits++;
	}
	return digits;
}

static int read_hex(const uint8_t *data, size_t len, const struct format_input *input,
		    struct format_key *key, struct uks_err *err)
{
	uint8_t *bytes = OPENSSL_zalloc(len / 2 + 1);
	long digits;
	int ret = -1;

	if (!bytes)
		return format_fail_memory(err);
	digits = unhex(data, len, bytes, err);
	if (digits % 2 == 1)
		format_fail(err,
			    "the key has %ld hexadecimal digits: the last byte is half", digits);
	else if (digits >= 0)
		ret = format_take_raw(input->type, bytes, digits / 2, key, err);
	OPENSSL_clear_free(bytes, len / 2 + 1);
	return ret;
}

int format_raw_read(const uint8_t *data, size_t len, const struct format_input *input,
		    struct format_key *key, struct uks_err *err)
{
	if (!input->type)
		return format_fail(err, "raw bytes do not tell what key they are: use --type");
	if (input->hex)
		return read_hex(data, len, input, key, err);
	return format_take_raw(input->type, data, len, key, err);
}
