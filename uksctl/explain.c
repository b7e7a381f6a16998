// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl explain */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "uksctl.h"

static json_t *json_error(int code)
{
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:i}",
			 "code", code,
			 "name", uks_error_name(code),
			 "cause", uks_strerror(code),
			 "cure", uks_cure(code),
			 "more", uks_explain(code),
			 "exit_status", exit_status_of(code));
}

static void print_error(int code)
{
	printf("UKS-%d %s\n", code, uks_error_name(code));
	printf("Cause: %s.\n%s", uks_strerror(code), uks_explain(code));
	if (uks_cure(code)[0])
		printf("Cure:  %s.\n", uks_cure(code));
}

/* "100", "UKS-100", "NO_KEY", "UKS_E_NO_KEY": an error's code, or -1. */
static int code_of(const char *text)
{
	char *end;
	long code;
	size_t i;

	if (!strncasecmp(text, "UKS-", 4))
		text += 4;
	else if (!strncasecmp(text, "UKS_E_", 6))
		text += 6;
	code = strtol(text, &end, 10);
	if (end != text && !*end && code >= 0 && code < 100000 && uks_error_name(code))
		return code;
	for (i = 0; uks_error_at(i) >= 0; i++)
		if (!strcasecmp(uks_error_name(uks_error_at(i)), text))
			return uks_error_at(i);
	return -1;
}

static int explain_all(const struct run *run)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; uks_error_at(i) >= 0; i++) {
		if (run->options[OPTION_JSON]) {
			json_array_append_new(list, json_error(uks_error_at(i)));
		} else {
			if (i)
				putchar('\n');
			print_error(uks_error_at(i));
		}
	}
	if (run->options[OPTION_JSON])
		return print_json(json_pack("{s:o}", "errors", list), JSON_INDENT(2));
	json_decref(list);
	return EXIT_OK;
}

int run_explain(struct run *run)
{
	int code;

	if (!strcmp(run->args[0], "all"))
		return explain_all(run);
	code = code_of(run->args[0]);
	if (code < 0)
		return fail_usage(run, "there is no error '%s'; 'uksctl explain all' lists them",
				  run->args[0]);
	if (run->options[OPTION_JSON])
		return print_json(json_error(code), JSON_INDENT(2));
	print_error(code);
	return EXIT_OK;
}
