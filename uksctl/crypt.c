// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl encrypt, decrypt */
#include <uks-stream.h>

#include "uksctl.h"

static int copy(struct run *run, struct uks_session *session, int in, struct output *output,
		const char *what)
{
	struct progress progress;
	int ret;

	progress_begin(&progress, in);
	ret = uks_stream_copy(session, in, output->fd, progress_tell, &progress, &run->err);
	progress_end(&progress);
	if (!ret)
		return output_commit(run, output);
	output_abandon(output);
	return fail(run, what, run->options[OPTION_INPUT] ? run->options[OPTION_INPUT] :
							    "standard input");
}

static int crypt_with(struct run *run, uint32_t purpose, mode_t mode, bool binary)
{
	const char *what = uks_word(UKS_WORD_PURPOSE, purpose);
	struct uks_session *session;
	struct output output;
	int in, ret;

	if (uks_session_open(run->client, run->args[0], purpose, 0, 0, &session, &run->err))
		return fail(run, purpose == UKS_PURPOSE_ENCRYPT ? "encrypt with" : "decrypt with",
			    run->args[0]);
	catch_signals();
	ret = EXIT_ERROR;
	in = input_open(run);
	if (in >= 0)
		ret = output_open(run, &output, mode, binary);
	if (!ret)
		ret = copy(run, session, in, &output, what);
	input_close(in);
	uks_session_close(session);
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
