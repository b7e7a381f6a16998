// SPDX-License-Identifier: LGPL-2.1-or-later
/* The command line, taken apart as the table of commands says. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "uksctl.h"

/* Long options return this plus their place in the table. */
#define LONG_BASE	256

static void make_options(const struct command *command, char *letters, struct option *longs)
{
	int i;

	*letters++ = ':';
	for (i = 0; i < NR_OPTIONS; i++) {
		const struct option_row *row = &option_rows[i];

		if (!command_has(command, i))
			continue;
		*longs++ = (struct option){
			.name = row->name,
			.has_arg = row->argument ? required_argument : no_argument,
			.val = LONG_BASE + i,
		};
		if (!row->letter)
			continue;
		*letters++ = row->letter;
		if (row->argument)
			*letters++ = ':';
	}
	*letters = 0;
	*longs = (struct option){ 0 };
}

static int option_of(int found)
{
	int i;

	if (found >= LONG_BASE)
		return found - LONG_BASE;
	for (i = 0; i < NR_OPTIONS; i++)
		if (option_rows[i].letter == found)
			return i;
	return -1;
}

static int check_needed(const struct run *run)
{
	int i;

	for (i = 0; i < NR_OPTIONS; i++)
		if (run->command->needed & OPTION_BIT(i) && !run->options[i])
			return fail_usage(run, "--%s is missing", option_rows[i].name);
	return 0;
}

static int check_args(struct run *run, int argc, char **argv)
{
	if (argc < run->command->nr_args)
		return fail_usage(run, "%s is missing", run->command->arguments);
	if (argc > run->command->nr_args)
		return fail_usage(run, "'%s' is one argument too many",
				  argv[run->command->nr_args]);
	run->args = argv;
	return check_needed(run);
}

static int set_timeout(struct run *run)
{
	const char *text = run->options[OPTION_TIMEOUT];
	double seconds;
	char *end;

	if (!text)
		return 0;
	seconds = strtod(text, &end);
	if (end == text || *end || !(seconds >= 0.001) || !(seconds <= 1000000))
		return fail_usage(run, "'%s' is not a number of seconds", text);
	uks_client_set_timeout(run->client, seconds * 1000);
	return 0;
}

int parse_options(struct run *run, int argc, char **argv)
{
	char letters[2 * NR_OPTIONS + 2];
	struct option longs[NR_OPTIONS + 1];
	int found, option, ret;

	make_options(run->command, letters, longs);
	while ((found = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (found == ':')
			return fail_usage(run, "'%s' needs an argument", argv[optind - 1]);
		option = found == '?' ? -1 : option_of(found);
		if (option < 0)
			return fail_usage(run, "'%s' is not an option of %s", argv[optind - 1],
					  run->command->name);
		if (run->nr_given == GIVEN_MAX)
			return fail_usage(run, "there are more than %d options", GIVEN_MAX);
		run->options[option] = optarg ? optarg : "";
		run->given[run->nr_given].option = option;
		run->given[run->nr_given++].text = run->options[option];
	}
	if (run->options[OPTION_HELP])
		return 0;
	ret = check_args(run, argc - optind, argv + optind);
	return ret ? ret : set_timeout(run);
}

/* The value of an option that is a word of a set; 0 if the option is not given. */
int option_word(struct run *run, enum option_id option, enum uks_word set, uint32_t *value)
{
	const char *text = run->options[option];

	*value = text ? uks_word_value(set, text) : 0;
	if (text && !*value)
		return fail_usage(run, "'%s' is not a %s", text, option_rows[option].name);
	return 0;
}

/* A number from 0; 0 if the option is not given. */
int option_number(struct run *run, enum option_id option, uint32_t *value)
{
	const char *text = run->options[option];
	unsigned long number;
	char *end;

	*value = 0;
	if (!text)
		return 0;
	errno = 0;
	number = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || number > UINT32_MAX)
		return fail_usage(run, "'%s' is not a number for --%s", text,
				  option_rows[option].name);
	*value = number;
	return 0;
}

/*
 * Words of a set, separated by commas: their values together, or with @shift the
 * bits 1 << value.
 */
bool words_parse(enum uks_word set, const char *text, bool shift, uint64_t *bits)
{
	uint32_t value;
	char word[32];
	size_t len;

	*bits = 0;
	for (; *text; text += len + (text[len] == ',')) {
		len = strcspn(text, ",");
		snprintf(word, sizeof(word), "%.*s", (int)len, text);
		value = uks_word_value(set, word);
		if (!value)
			return false;
		*bits |= shift ? 1ULL << value : value;
	}
	return true;
}

int option_purposes(struct run *run, uint32_t *purposes)
{
	const char *text = run->options[OPTION_PURPOSE];
	uint64_t bits = 0;

	if (text && !words_parse(UKS_WORD_PURPOSE, text, false, &bits))
		return fail_usage(run, "'%s' is not a purpose, or a list of purposes", text);
	*purposes = bits;
	return 0;
}
