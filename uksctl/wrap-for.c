// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * uksctl key wrap-for: wraps a key of a file, on a machine that may have no UKS, for
 * a key inside UKS that unwraps it there.
 */
#include <openssl/crypto.h>

#include "format-wrap.h"
#include "import.h"

/* The public key, of any format, in the file that is the argument. */
static int read_peer(struct run *run, EVP_PKEY **peer)
{
	const char *path = run->args[0];
	struct format_input input = { .passphrase = passphrase_get, .arg = run };
	uint8_t data[FORMAT_INPUT_MAX + 1];
	struct format_key key;
	size_t len;
	int ret = input_read_all(path, data, sizeof(data), &len);

	if (ret)
		return ret;
	if (format_read(data, len, &input, &key, &run->err))
		return fail(run, "read the public key in", path);
	if (key.format == UKS_FORMAT_SPKI)
		*peer = format_public_pkey(key.data, key.len, &run->err);
	else
		format_fail(&run->err, "this is no public key: take that of 'uksctl key public'");
	format_free(&key);
	return *peer ? EXIT_OK : fail(run, "read the public key in", path);
}

static int choose(struct run *run, struct format_wrapping *wrapping)
{
	int ret = option_word(run, OPTION_ALGORITHM, UKS_WORD_ALGORITHM, &wrapping->algorithm);

	if (!ret)
		ret = option_word(run, OPTION_DIGEST, UKS_WORD_DIGEST, &wrapping->digest);
	if (!wrapping->digest)
		wrapping->digest = UKS_DIGEST_SHA256;
	return ret;
}

static int wrap_file(struct run *run, const struct format_wrapping *wrapping)
{
	struct format_key key;
	uint8_t *blob;
	size_t len;
	int ret = read_key(run, run->options[OPTION_INPUT], &key);

	if (ret)
		return ret;
	if (format_wrap(wrapping, &key, &blob, &len, &run->err)) {
		ret = fail(run, "wrap for", run->args[0]);
	} else {
		ret = output_all(run, blob, len, true);
		OPENSSL_free(blob);
	}
	format_free(&key);
	return ret;
}

int run_key_wrap_for(struct run *run)
{
	struct format_wrapping wrapping = { 0 };
	int ret;

	secret_begin();
	ret = choose(run, &wrapping);
	if (!ret)
		ret = read_peer(run, &wrapping.peer);
	if (!ret)
		ret = wrap_file(run, &wrapping);
	EVP_PKEY_free(wrapping.peer);
	return ret;
}
