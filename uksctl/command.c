// SPDX-License-Identifier: LGPL-2.1-or-later
/* The commands: help, parsing and completion follow from their tables. */
#include <string.h>

#include "command.h"

static const struct command_table *const tables[] = {
	&command_key, &command_use, &command_sks, &command_admin,
};

const struct command *command_at(size_t index)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		if (index < tables[i]->count)
			return &tables[i]->rows[index];
		index -= tables[i]->count;
	}
	return NULL;
}

bool command_has(const struct command *command, enum option_id option)
{
	return option == OPTION_HELP || command->options & OPTION_BIT(option);
}

/* Do the first words of the command line name the command? Returns how many. */
static int words_match(const struct command *command, int argc, char **argv)
{
	const char *at = command->name;
	int words = 0;
	size_t len;

	do {
		len = strcspn(at, " ");
		if (words == argc || strlen(argv[words]) != len || strncmp(argv[words], at, len))
			return 0;
		words++;
		at += len;
	} while (*at++);
	return words;
}

/* Takes the words of the command off; its last word stays, as getopt wants it. */
const struct command *command_find(int *argc, char ***argv)
{
	const struct command *command;
	int words;
	size_t i;

	for (i = 0; (command = command_at(i)); i++) {
		words = words_match(command, *argc, *argv);
		if (!words)
			continue;
		*argc -= words - 1;
		*argv += words - 1;
		return command;
	}
	return NULL;
}
