// SPDX-License-Identifier: LGPL-2.1-or-later
/* uks-verify: checks attestations. It knows neither daemon nor module nor TPM. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/verify.h"

int complain(int status, const char *format, ...)
{
	va_list args;

	fputs("uks-verify: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return status;
}

static int check_expected(const struct arguments *arguments, const json_t *properties, char *why)
{
	const char *equals;
	char name[256], *text;
	bool same;
	size_t i;

	for (i = 0; i < arguments->nr_expected; i++) {
		equals = strchr(arguments->expected[i], '=');
		snprintf(name, sizeof(name), "%.*s", (int)(equals - arguments->expected[i]),
			 arguments->expected[i]);
		text = report_find(properties, name);
		same = text && !strcmp(text, equals + 1);
		if (!same)
			snprintf(why, CHECK_WHY_MAX, "%.64s is '%.64s', expected was '%.64s'",
				 name, text ? text : "not there", equals + 1);
		free(text);
		if (!same)
			return CHECK_EXPECTED;
	}
	return CHECK_GOOD;
}

static void print_json(json_t *object)
{
	json_dumpf(object, stdout, JSON_INDENT(2));
	putchar('\n');
}

static int tell_refused(const struct arguments *arguments, int status, const char *why)
{
	json_t *object;

	complain(status, "refused: %s", why);
	if (!arguments->json)
		return status;
	object = json_pack("{s:b, s:i, s:s}", "valid", 0, "status", status, "reason", why);
	print_json(object);
	json_decref(object);
	return status;
}

static int tell(const struct arguments *arguments, const struct checked *checked)
{
	json_t *properties = report(checked, arguments->wanted.ak.at);
	char why[CHECK_WHY_MAX] = "";
	int status;

	if (!properties)
		return complain(CHECK_ERROR, "out of memory");
	status = check_expected(arguments, properties, why);
	if (status)
		tell_refused(arguments, status, why);
	else if (arguments->json)
		print_json(properties);
	else
		report_print(properties, stdout);
	json_decref(properties);
	if (!status && arguments->extract)
		status = file_extract(arguments->extract, checked);
	return status;
}

static int run_attestation(const struct arguments *arguments)
{
	static uint8_t der[2 * ATTESTATION_MAX];
	struct checked checked;
	char why[CHECK_WHY_MAX];
	size_t len;
	int status;

	if (arguments->nr_files != 1 || !arguments->wanted.challenge.at)
		return complain(CHECK_USAGE,
				"give one attestation, and with --challenge what it must answer");
	if (!arguments->wanted.ak.at == !arguments->any_ak)
		return complain(CHECK_USAGE,
				"give the confirmed attestation key with --ak, or --any-ak to do without");
	status = file_certificates(arguments->files[0], der, sizeof(der), &len);
	if (status)
		return status;
	status = check_attestation(der, len, &arguments->wanted, &checked, why);
	if (status)
		tell_refused(arguments, status, why);
	else
		status = tell(arguments, &checked);
	check_free(&checked);
	return status;
}

static int run(const struct arguments *arguments)
{
	const char *first = arguments->nr_files ? arguments->files[0] : "";

	if (!strcmp(first, "credential"))
		return run_credential(arguments);
	if (!strcmp(first, "confirm"))
		return run_confirm(arguments);
	return run_attestation(arguments);
}

int main(int argc, char **argv)
{
	static struct arguments arguments;
	int status = arguments_parse(&arguments, argc, argv);

	if (!status)
		status = run(&arguments);
	if (fflush(stdout) && !status)
		status = complain(CHECK_ERROR, "cannot write standard output");
	return status < 0 ? CHECK_GOOD : status;
}
