// SPDX-License-Identifier: LGPL-2.1-or-later
/* Names of keys. UTF-8 is decoded as RFC 3629 has it: no other way to write a character. */
#include <string.h>

#include "daemon/key/key.h"

/* Decode one character; its length in bytes, or 0 when it is malformed. */
static int decode(const uint8_t *at, uint32_t *character)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	int len, i;

	if (*at < 0x80) {
		*character = *at;
		return 1;
	}
	if (*at < 0xc2 || *at > 0xf4)
		return 0;
	len = *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;
	*character = *at & (0x7f >> len);
	for (i = 1; i < len; i++) {
		/* The NUL at the end is no continuation either. */
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		*character = *character << 6 | (at[i] & 0x3f);
	}
	if (*character < least[len] || *character > 0x10ffff ||
	    (*character >= 0xd800 && *character <= 0xdfff))
		return 0;
	return len;
}

/* Characters that are not seen, or that change how others are seen. */
static bool invisible(uint32_t character)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x00, 0x1f }, { 0x7f, 0x9f },	/* control characters */
		{ 0xad, 0xad },			/* soft hyphen */
		{ 0x61c, 0x61c },		/* Arabic letter mark */
		{ 0x200b, 0x200f },		/* zero width, direction marks */
		{ 0x2028, 0x202e },		/* separators, embeddings, overrides */
		{ 0x2060, 0x206f },		/* joiners, isolates, deprecated */
		{ 0xfeff, 0xfeff },		/* zero width no-break space */
		{ 0xfff0, 0xffff },		/* specials, not characters */
		{ 0xe0000, 0xe0fff },		/* tags */
	};
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		if (character >= ranges[i].first && character <= ranges[i].last)
			return true;
	return false;
}

int key_name_check(const char *name, struct failure *failure)
{
	size_t len = strlen(name);
	const uint8_t *at;
	uint32_t character;
	int used;

	if (!len || len > UKS_NAME_MAX)
		return failure_set(failure, UKS_E_BAD_NAME,
				   "a key name must be 1 to %d bytes long, not %zu", UKS_NAME_MAX,
				   len);
	if (*name == ' ' || name[len - 1] == ' ')
		return failure_set(failure, UKS_E_BAD_NAME,
				   "a key name must not begin or end with a space");
	for (at = (const uint8_t *)name; *at; at += used) {
		used = decode(at, &character);
		if (!used)
			return failure_set(failure, UKS_E_BAD_NAME,
					   "the key name is not UTF-8 at byte %zu",
					   (size_t)(at - (const uint8_t *)name) + 1);
		if (invisible(character))
			return failure_set(failure, UKS_E_BAD_NAME,
					   "the key name has the unprintable character U+%04X at byte %zu: choose another name",
					   character, (size_t)(at - (const uint8_t *)name) + 1);
	}
	return 0;
}
