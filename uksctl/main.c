// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl: the command of users and administrators. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "uksctl.h"

/* A signal that was caught to clean up ends the program all the same. */
static int die_of_signal(int status)
{
	if (stop_signal) {
		signal(stop_signal, SIG_DFL);
		raise(stop_signal);
	}
	return status;
}

static int finish_output(int status)
{
	if (fflush(stdout) || ferror(stdout))
		return status ? status : fail_errno("write", "standard output");
	return status;
}

static int run_command(struct run *run, int argc, char **argv)
{
	int ret;

	if (uks_client_new(&run->client, &run->err))
		return fail(run, "begin", NULL);
	ret = parse_options(run, argc, argv);
	if (!ret && run->options[OPTION_HELP])
		help_command(run->command);
	else if (!ret)
		ret = run->command->run(run);
	uks_client_free(run->client);
	pin_wipe();
	return ret;
}

static int run_word(int argc, char **argv)
{
	struct run run = { 0 };

	if (!strcmp(argv[1], "--complete"))
		return complete(argc - 2, argv + 2);
	if (!strcmp(argv[1], "--version")) {
		printf("uksctl %s\n", uks_version());
		return EXIT_OK;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		help_all();
		return EXIT_OK;
	}
	argc--;
	argv++;
	run.command = command_find(&argc, &argv);
	if (!run.command)
		return fail_usage(&run, "'%s%s%s' is not a command", argv[0], argc > 1 ? " " : "",
				  argc > 1 ? argv[1] : "");
	return run_command(&run, argc, argv);
}

int main(int argc, char **argv)
{
	const struct run nothing = { 0 };

	setlocale(LC_ALL, "");
	if (argc < 2)
		return fail_usage(&nothing, "a command is missing");
	return die_of_signal(finish_output(run_word(argc, argv)));
}
