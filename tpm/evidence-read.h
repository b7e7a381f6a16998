/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the TPM's structures (TPM 2.0 Part 2) byte by byte, within bounds. */
#ifndef UKS_TPM_EVIDENCE_READ_H
#define UKS_TPM_EVIDENCE_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
	const uint8_t *at;
	size_t left;
	bool bad;		/* something was missing: all further reads give 0 */
};

/* @len bytes, or NULL. */
static inline const uint8_t *read_bytes(struct reader *reader, size_t len)
{
	const uint8_t *data = reader->at;

	if (reader->bad || len > reader->left) {
		reader->bad = true;
		return NULL;
	}
	reader->at += len;
	reader->left -= len;
	return data;
}

/* A big-endian number of @len bytes. */
static inline uint64_t read_number(struct reader *reader, size_t len)
{
	const uint8_t *data = read_bytes(reader, len);
	uint64_t value = 0;

	while (data && len--)
		value = value << 8 | *data++;
	return value;
}

/* A TPM2B: a size of 16 bits, then the bytes. */
static inline const uint8_t *read_sized(struct reader *reader, size_t *len)
{
	*len = read_number(reader, 2);
	return read_bytes(reader, *len);
}

#endif /* UKS_TPM_EVIDENCE_READ_H */
