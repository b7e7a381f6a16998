// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl encrypt, decrypt: streams. Single messages are in crypt-raw.c. */
#include <uks-stream.h>

#include "crypt.h"

const char *crypt_input_name(const struct run *run)
{
	return run->options[OPTION_INPUT] ? run->options[OPTION_INPUT] : "standard input";
}

static int copy(struct run *run, const struct uks_method *method, uint32_t purpose, int in,
		struct output *output)
{
	struct uks_session *session = NULL;
	struct progress progress;
	int ret;

	progress_begin(&progress, in);
	if (purpose == UKS_PURPOSE_DECRYPT) {
		ret = uks_stream_decrypt_with(run->client, run->args[0], method, in, output->fd,
					      progress_tell, &progress, &run->err);
	} else {
		ret = session_open(run, purpose, method, &session);
		if (!ret)
			ret = uks_stream_copy(session, in, output->fd, progress_tell, &progress,
					      &run->err);
	}
	progress_end(&progress);
	uks_session_close(session);
	return ret;
}

/* Was it the key that was refused, and not the data? */
static bool blames_key(int code)
{
	switch (exit_status_of(code)) {
	case EXIT_NOT_AUTHENTIC:
	case EXIT_AGAIN:
		return false;
	}
	return code != UKS_E_IO;
}

static int crypt_stream(struct run *run, const struct method *method, uint32_t purpose, int in,
			struct output *output)
{
	bool encrypt = purpose == UKS_PURPOSE_ENCRYPT;

	if (!copy(run, &method->method, purpose, in, output))
		return output_commit(run, output);
	output_abandon(output);
	if (blames_key(run->err.code))
		return fail(run, encrypt ? "encrypt with" : "decrypt with", run->args[0]);
	return fail(run, encrypt ? "encrypt" : "decrypt", crypt_input_name(run));
}

/* The version of a stream is in its header, so that these say nothing to it. */
static int check_options(const struct run *run, uint32_t purpose)
{
	if (run->options[OPTION_RAW])
		return EXIT_OK;
	if (run->options[OPTION_AAD] || run->options[OPTION_NONCE] || run->options[OPTION_CHUNK])
		return fail_usage(run, "--aad, --nonce and --chunk go with --raw only");
	if (purpose == UKS_PURPOSE_DECRYPT &&
	    (run->options[OPTION_VERSION] || run->options[OPTION_ALGORITHM]))
		return fail_usage(run, "a stream says version and algorithm itself");
	return EXIT_OK;
}

/* What is refused is refused before the output is touched. */
static int check_key(struct run *run, const struct method *method, uint32_t purpose)
{
	struct uks_session *session = NULL;

	if (purpose != UKS_PURPOSE_ENCRYPT)
		return EXIT_OK;
	if (session_open(run, purpose, &method->method, &session))
		return fail(run, "encrypt with", run->args[0]);
	uks_session_close(session);
	return EXIT_OK;
}

static int crypt_with(struct run *run, uint32_t purpose, mode_t mode, bool binary)
{
	struct method method;
	struct output output;
	int in, ret = check_options(run, purpose);

	if (!ret)
		ret = method_from_options(run, &method);
	if (!ret)
		ret = pin_from_options(run);
	if (!ret && purpose == UKS_PURPOSE_DECRYPT && !run->options[OPTION_RAW])
		ret = pin_ahead(run);
	method.method.pin = &run->pin;
	if (!ret)
		ret = check_key(run, &method, purpose);
	if (ret)
		return ret;
	catch_signals();
	in = input_open(run);
	if (in < 0)
		return EXIT_ERROR;
	ret = output_open(run, &output, mode, binary);
	if (!ret && run->options[OPTION_RAW])
		ret = crypt_raw(run, &method, purpose, in, &output);
	else if (!ret)
		ret = crypt_stream(run, &method, purpose, in, &output);
	input_close(in);
	return ret;
}

int run_encrypt(struct run *run)
{
	return crypt_with(run, UKS_PURPOSE_ENCRYPT, 0666, true);
}

/* Plaintext was secret before and is so again: nobody else may read the file. */
int run_decrypt(struct run *run)
{
	return crypt_with(run, UKS_PURPOSE_DECRYPT, 0600, false);
}
