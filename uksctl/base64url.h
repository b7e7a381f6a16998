/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Base64url without padding (RFC 7515, 2). */
#ifndef UKSCTL_BASE64URL_H
#define UKSCTL_BASE64URL_H

#include <stddef.h>
#include <stdint.h>

/**
 * base64url_decode() - read text, strictly: one text for each string of bytes
 * @text: the text
 * @bytes: where the bytes go; room for as many as @text has characters
 *
 * Return: bytes written, or -1: a wrong character, length, or last bits not 0.
 */
long base64url_decode(const char *text, uint8_t *bytes);

/**
 * base64url_encode() - write bytes as text
 * @bytes: the bytes
 * @len: bytes at @bytes
 * @text: where the text goes; room for 4 * (@len + 2) / 3 + 1
 *
 * Return: @text.
 */
char *base64url_encode(const uint8_t *bytes, size_t len, char *text);

#endif /* UKSCTL_BASE64URL_H */
