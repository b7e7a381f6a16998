// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Signs standard input, of any length, with an EC key of the store:
 *
 *   sign-file KEY < DOCUMENT > SIGNATURE
 *
 * Build: cc sign-file.c $(pkg-config --cflags --libs libuks)
 */
#include <stdio.h>

#include <uks.h>

static int sign(struct uks_session *session, FILE *out, struct uks_err *err)
{
	char buffer[65536];
	size_t len = sizeof(buffer);
	int ret = uks_begin(session, NULL, err);

	while (!ret && (len = fread(buffer, 1, sizeof(buffer), stdin)) > 0)
		ret = uks_update(session, buffer, len, err);
	if (!ret && ferror(stdin))
		ret = -UKS_E_IO;
	len = sizeof(buffer);
	if (!ret)
		ret = uks_finish(session, buffer, &len, err);
	if (!ret && (fwrite(buffer, 1, len, out) != len || fflush(out)))
		ret = -UKS_E_IO;
	return ret;
}

int main(int argc, char **argv)
{
	struct uks_client *client = NULL;
	struct uks_session *session = NULL;
	struct uks_err err = { .text = "cannot read or write" };
	int ret;

	if (argc != 2) {
		fprintf(stderr, "Usage: %s KEY\n", argv[0]);
		return 2;
	}
	ret = uks_client_new(&client, &err);
	if (!ret)
		ret = uks_session_open(client, argv[1], UKS_PURPOSE_SIGN, 0, 0, &session, &err);
	if (!ret)
		ret = sign(session, stdout, &err);
	if (ret)
		fprintf(stderr, "%s: %s\n", argv[0], err.text);
	uks_session_close(session);
	uks_client_free(client);
	return ret ? 1 : 0;
}
