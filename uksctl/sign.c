// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl sign, verify, mac: the message streams into the kernel. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "uksctl.h"

#define BUFFER_SIZE	65536

static const char *input_name(const struct run *run)
{
	return run->options[OPTION_INPUT] ? run->options[OPTION_INPUT] : "standard input";
}

/* Puts the whole input into the session's message. */
static int feed(struct run *run, struct uks_session *session, int in, const char *what)
{
	uint8_t buffer[BUFFER_SIZE];
	ssize_t n;

	if (uks_begin(session, NULL, &run->err))
		return fail(run, what, input_name(run));
	while ((n = input_read(in, buffer, sizeof(buffer))) > 0)
		if (uks_update(session, buffer, n, &run->err))
			return fail(run, what, input_name(run));
	return n < 0 ? fail_errno("read", input_name(run)) : EXIT_OK;
}

/* Opens the session and feeds it; @session is NULL after an error. */
static int message(struct run *run, uint32_t purpose, const char *what,
		   struct uks_session **session)
{
	uint32_t digest;
	int in, ret;

	*session = NULL;
	ret = option_word(run, OPTION_DIGEST, UKS_WORD_DIGEST, &digest);
	if (ret)
		return ret;
	in = input_open(run);
	if (in < 0)
		return EXIT_ERROR;
	if (uks_session_open(run->client, run->args[0], purpose, 0, digest, session, &run->err))
		ret = fail(run, what, run->args[0]);
	else
		ret = feed(run, *session, in, what);
	input_close(in);
	if (ret) {
		uks_session_close(*session);
		*session = NULL;
	}
	return ret;
}

static int put_result(struct run *run, const void *data, size_t len, bool binary)
{
	struct output output;
	int ret = output_open(run, &output, 0666, binary);

	if (ret)
		return ret;
	ret = output_write(&output, data, len);
	if (!ret)
		return output_commit(run, &output);
	output_abandon(&output);
	return ret;
}

int run_sign(struct run *run)
{
	uint8_t signature[UKS_SIGNATURE_MAX];
	size_t len = sizeof(signature);
	struct uks_session *session;
	int ret = message(run, UKS_PURPOSE_SIGN, "sign with", &session);

	if (ret)
		return ret;
	if (uks_finish(session, signature, &len, &run->err))
		ret = fail(run, "sign with", run->args[0]);
	else
		ret = put_result(run, signature, len, true);
	uks_session_close(session);
	return ret;
}

int run_verify(struct run *run)
{
	uint8_t signature[UKS_SIGNATURE_MAX + 1];
	struct uks_session *session;
	size_t len;
	int ret = input_read_all(run->options[OPTION_SIGNATURE], signature, sizeof(signature),
				 &len);

	if (!ret)
		ret = message(run, UKS_PURPOSE_VERIFY, "verify with", &session);
	if (ret)
		return ret;
	if (uks_finish_verify(session, signature, len, &run->err))
		ret = fail(run, "verify", input_name(run));
	uks_session_close(session);
	return ret;
}

static int mac_compute(struct run *run)
{
	uint8_t mac[UKS_MAC_MAX];
	char text[2 * UKS_MAC_MAX + 2];
	size_t len = sizeof(mac);
	struct uks_session *session;
	int ret = message(run, UKS_PURPOSE_MAC, "compute a MAC with", &session);

	if (ret)
		return ret;
	if (uks_finish(session, mac, &len, &run->err)) {
		ret = fail(run, "compute a MAC with", run->args[0]);
	} else {
		strcat(hex_encode(text, mac, len), "\n");
		ret = put_result(run, text, strlen(text), false);
	}
	uks_session_close(session);
	return ret;
}

/* The MAC on the command line, or in a file as mac itself writes it. */
static int given_mac(struct run *run, uint8_t *mac, size_t *len)
{
	const char *given = run->options[OPTION_VERIFY];
	char text[2 * UKS_MAC_MAX + 16];
	size_t text_len;
	int ret;

	if (strlen(given) >= 32 && hex_decode(given, mac, UKS_MAC_MAX, len))
		return EXIT_OK;
	ret = input_read_all(given, (uint8_t *)text, sizeof(text), &text_len);
	if (ret)
		return ret;
	while (text_len && isspace((unsigned char)text[text_len - 1]))
		text_len--;
	text[text_len] = 0;
	if (hex_decode(text, mac, UKS_MAC_MAX, len))
		return EXIT_OK;
	return fail_text(EXIT_USAGE, "'%s' holds no MAC in hexadecimal digits", given);
}

static int mac_verify(struct run *run)
{
	uint8_t mac[UKS_MAC_MAX];
	struct uks_session *session;
	size_t len;
	int ret = given_mac(run, mac, &len);

	if (!ret)
		ret = message(run, UKS_PURPOSE_MAC_VERIFY, "verify a MAC with", &session);
	if (ret)
		return ret;
	if (uks_finish_verify(session, mac, len, &run->err))
		ret = fail(run, "verify", input_name(run));
	uks_session_close(session);
	return ret;
}

int run_mac(struct run *run)
{
	if (!run->options[OPTION_VERIFY])
		return mac_compute(run);
	if (run->options[OPTION_OUTPUT])
		return fail_usage(run, "--verify has no output");
	return mac_verify(run);
}
