// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Encrypts or decrypts standard input with a key of the store:
 *
 *   encrypt-file encrypt KEY < PLAIN > SECRET
 *   encrypt-file decrypt KEY < SECRET > PLAIN
 *
 * Build: cc encrypt-file.c $(pkg-config --cflags --libs libuks)
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <uks-stream.h>

int main(int argc, char **argv)
{
	struct uks_client *client = NULL;
	struct uks_session *session = NULL;
	struct uks_err err;
	uint32_t purpose;
	int ret;

	purpose = argc == 3 ? uks_word_value(UKS_WORD_PURPOSE, argv[1]) : 0;
	if (purpose != UKS_PURPOSE_ENCRYPT && purpose != UKS_PURPOSE_DECRYPT) {
		fprintf(stderr, "Usage: %s encrypt|decrypt KEY\n", argv[0]);
		return 2;
	}

	ret = uks_client_new(&client, &err);
	if (!ret)
		ret = uks_session_open(client, argv[2], purpose, 0, 0, &session, &err);
	if (!ret)
		ret = uks_stream_copy(session, STDIN_FILENO, STDOUT_FILENO, NULL, NULL, &err);
	if (ret)
		fprintf(stderr, "%s: %s\n", argv[0], err.text);

	uks_session_close(session);
	uks_client_free(client);
	return ret ? 1 : 0;
}
