/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What bytes that came have to be. */
#ifndef UKSD_SKS_WIRE_H
#define UKSD_SKS_WIRE_H

#include "include/uks/sks-wire.h"

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
