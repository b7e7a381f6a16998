// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl sign, verify, mac: the message streams into the kernel. */
#include <ctype.h>
#include <string.h>

#include "verify.h"

#define BUFFER_SIZE	65536

/* Puts the whole input into the sessions, by parts of --chunk bytes. */
static int feed(struct run *run, struct verifier *verifier, int in)
{
	const char *name = run->options[OPTION_INPUT] ? run->options[OPTION_INPUT] :
							"standard input";
	uint8_t buffer[BUFFER_SIZE];
	uint32_t chunk;
	ssize_t n = 0;
	int ret = option_number(run, OPTION_CHUNK, &chunk);

	if (!chunk || chunk > sizeof(buffer))
		chunk = sizeof(buffer);
	if (!ret)
		ret = verifier_begin(run, verifier);
	while (!ret && (n = input_read(in, buffer, chunk)) > 0)
		ret = verifier_update(run, verifier, buffer, n);
	if (n < 0)
		return fail_errno("read", name);
	return ret;
}

/* Opens the key and feeds it; the caller closes. */
static int message(struct run *run, struct verifier *verifier, struct method *method)
{
	int in, ret = method_from_options(run, method);

	if (!ret)
		ret = pin_from_options(run);

	verifier->method = method;
	if (ret)
		return ret;
	in = input_open(run);
	if (in < 0)
		return EXIT_ERROR;
	ret = verifier_open(run, verifier);
	if (!ret)
		ret = feed(run, verifier, in);
	input_close(in);
	return ret;
}

/* One session that gives a result: its newest version, unless --version names one. */
static int result(struct run *run, uint32_t purpose, const char *what, uint8_t *data, size_t *len)
{
	struct verifier verifier = { .purpose = purpose, .what = what };
	struct method method;
	int ret = message(run, &verifier, &method);

	if (!ret && uks_finish(verifier.sessions[0], data, len, &run->err))
		ret = fail(run, what, run->args[0]);
	verifier_close(&verifier);
	return ret;
}

static int check(struct run *run, uint32_t purpose, const char *what, const uint8_t *data,
		 size_t len)
{
	struct verifier verifier = { .purpose = purpose, .what = what };
	struct method method;
	int ret = message(run, &verifier, &method);

	if (!ret)
		ret = verifier_finish(run, &verifier, data, len);
	verifier_close(&verifier);
	return ret;
}

int run_sign(struct run *run)
{
	uint8_t signature[UKS_SIGNATURE_MAX];
	size_t len = sizeof(signature);
	int ret = result(run, UKS_PURPOSE_SIGN, "sign with", signature, &len);

	return ret ? ret : output_all(run, signature, len, true);
}

int run_verify(struct run *run)
{
	uint8_t signature[UKS_SIGNATURE_MAX + 1];
	size_t len;
	int ret = input_read_all(run->options[OPTION_SIGNATURE], signature, sizeof(signature),
				 &len);

	return ret ? ret : check(run, UKS_PURPOSE_VERIFY, "verify with", signature, len);
}

static int mac_compute(struct run *run)
{
	uint8_t mac[UKS_MAC_MAX];
	char text[2 * UKS_MAC_MAX + 2];
	size_t len = sizeof(mac);
	int ret = result(run, UKS_PURPOSE_MAC, "compute a MAC with", mac, &len);

	if (ret)
		return ret;
	hex_encode(text, mac, len);
	text[2 * len] = '\n';
	return output_all(run, text, 2 * len + 1, false);
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
	size_t len;
	int ret = given_mac(run, mac, &len);

	return ret ? ret : check(run, UKS_PURPOSE_MAC_VERIFY, "verify a MAC with", mac, len);
}

int run_mac(struct run *run)
{
	if (!run->options[OPTION_VERIFY])
		return mac_compute(run);
	if (run->options[OPTION_OUTPUT])
		return fail_usage(run, "--verify has no output");
	return mac_verify(run);
}
