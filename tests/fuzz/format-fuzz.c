// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a fuzzer calls with any bytes: the first chooses a reader of uksctl's formats,
 * the rest is the file. Built with clang's fuzzer it searches by itself; with
 * tests/fuzz/replay.c it runs the files it is given once more.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"
#include "uksctl/format.h"

static int give_passphrase(void *arg, char *text, int size, struct uks_err *err)
{
	(void)arg;
	(void)err;
	return snprintf(text, size, "x");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct format_input input = { .passphrase = give_passphrase };
	const struct format *format;
	struct format_key key = { 0 };
	struct uks_err err = { 0 };
	int ret;

	if (!len || len > FORMAT_INPUT_MAX)
		return 0;
	format = format_at(data[0] % 16);
	input.type = data[0] & 16 ? UKS_KEY_HMAC_SHA256 : 0;
	input.hex = data[0] & 32;
	ret = (format ? format->read : format_read)(data + 1, len - 1, &input, &key, &err);
	/* Either a key, or words. */
	if (ret ? key.data || !err.text[0] : !key.data || !key.len)
		abort();
	format_free(&key);
	return 0;
}
