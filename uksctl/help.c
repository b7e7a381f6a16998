// SPDX-License-Identifier: LGPL-2.1-or-later
/* Help, made of the table of commands. */
#include <stdio.h>
#include <string.h>

#include "uksctl.h"

void help_all(void)
{
	const struct command *command;
	char usage[64];
	size_t i;

	puts("Usage: uksctl COMMAND [OPTION]... [ARGUMENT]...\n"
	     "\n"
	     "Use keys of the universal key store, which gives no key out.\n"
	     "\n"
	     "Commands:");
	for (i = 0; (command = command_at(i)); i++) {
		snprintf(usage, sizeof(usage), "%s %s", command->name,
			 command->arguments ? command->arguments : "");
		printf("  %-26s %s\n", usage, command->help);
	}
	puts("\n"
	     "A KEY is a name, or \"@\" and the key's id in hexadecimal.\n"
	     "'uksctl COMMAND --help' tells about a command, uksctl(1) about all.");
}

static void print_words(const char *title, enum uks_word set)
{
	const char *word;
	size_t i;

	printf("%s:", title);
	for (i = 0; (word = uks_word_at(set, i)); i++)
		printf(" %s", word);
	putchar('\n');
}

static void print_option(const struct command *command, const struct option_row *row)
{
	const char *argument = row->completion == COMPLETE_FORMAT ? command->formats :
								    row->argument;
	char letter[8] = "   ", usage[64];

	if (row->letter)
		snprintf(letter, sizeof(letter), "-%c,", row->letter);
	snprintf(usage, sizeof(usage), "%s --%s%s%s", letter, row->name, argument ? " " : "",
		 argument ? argument : "");
	printf("  %-33s %s\n", usage, row->help);
}

void help_command(const struct command *command)
{
	int i;

	printf("Usage: uksctl %s [OPTION]...%s%s\n\n%s.\n\nOptions:\n", command->name,
	       command->arguments ? " " : "", command->arguments ? command->arguments : "",
	       command->help);
	for (i = 0; i < NR_OPTIONS; i++)
		if (command_has(command, i))
			print_option(command, &option_rows[i]);
	if (command_has(command, OPTION_TYPE))
		print_words("\nTypes", UKS_WORD_KEY_TYPE);
	if (command_has(command, OPTION_PURPOSE))
		print_words("Purposes", UKS_WORD_PURPOSE);
	if (command_has(command, OPTION_ALGORITHM))
		print_words("\nAlgorithms", UKS_WORD_ALGORITHM);
	if (command_has(command, OPTION_DIGEST))
		print_words("Digests", UKS_WORD_DIGEST);
}
