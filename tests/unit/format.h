/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of formats share. */
#ifndef UNIT_FORMAT_H
#define UNIT_FORMAT_H

#include "uksctl/format.h"

#define FILE_ROOM	(FORMAT_INPUT_MAX + 1)

/**
 * struct sample - a file that holds a key
 * @data: the file
 * @len: bytes at @data
 * @passphrase: what the user would say, or NULL: nobody is there to be asked
 * @asked: how often that was
 */
struct sample {
	uint8_t data[FILE_ROOM];
	size_t len;
	const char *passphrase;
	int asked;
};

/** shell() - run a shell command; 0 if it ends well */
int shell(const char *command);

/** load() - read a file; its length, or 0 */
size_t load(const char *path, uint8_t *data);

/** read_sample() - read @len bytes of a sample, by a reader or (NULL) whichever fits */
int read_sample(struct sample *sample, size_t len, format_reader *reader, uint32_t type,
		struct format_key *key, struct uks_err *err);

/** read_exact() - the same from memory that ends with its last byte */
int read_exact(const uint8_t *data, size_t len, struct sample *sample, format_reader *reader,
	       uint32_t type, struct format_key *key, struct uks_err *err);

/** significant() - length without space at the end */
size_t significant(const struct sample *sample);

#endif /* UNIT_FORMAT_H */
