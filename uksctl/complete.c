// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Completion for shells: `uksctl --complete WORD...` prints what the last WORD may
 * become, one a line; a line ":files" means names of files. What the words before
 * it mean follows from the table of commands.
 */
#include <stdio.h>
#include <string.h>

#include "uksctl.h"

/* A shell waits for this. */
#define KEYS_TIMEOUT	2000

static void offer(const char *candidate, const char *word)
{
	if (!strncmp(candidate, word, strlen(word)))
		puts(candidate);
}

static void offer_keys(const char *word)
{
	struct uks_client *client = NULL;
	struct uks_key_list *list = NULL;
	struct uks_key *key;

	if (uks_client_new(&client, NULL))
		return;
	uks_client_set_timeout(client, KEYS_TIMEOUT);
	if (!uks_key_list(client, &list, NULL)) {
		while (!uks_key_list_next(list, &key, NULL) && key) {
			offer(key->name, word);
			uks_key_free(key);
		}
	}
	uks_key_list_free(list);
	uks_client_free(client);
}

static void offer_sks_keys(const char *word)
{
	struct uks_client *client = NULL;
	uint32_t key = 0, session;
	char number[16];

	if (uks_client_new(&client, NULL))
		return;
	uks_client_set_timeout(client, KEYS_TIMEOUT);
	while (!uks_sks_key_next(client, key, &key, &session, NULL) && key) {
		snprintf(number, sizeof(number), "%u", key);
		offer(number, word);
	}
	uks_client_free(client);
}

static void offer_words(enum uks_word set, const char *word)
{
	const char *candidate;
	size_t i;

	for (i = 0; (candidate = uks_word_at(set, i)); i++)
		offer(candidate, word);
}

/* Of a list the part after the last comma is completed. */
static void offer_purposes(const char *word)
{
	const char *comma = strrchr(word, ','), *candidate;
	size_t i, done = comma ? comma - word + 1 : 0;

	for (i = 0; (candidate = uks_word_at(UKS_WORD_PURPOSE, i)); i++)
		if (!strncmp(candidate, word + done, strlen(word + done)))
			printf("%.*s%s\n", (int)done, word, candidate);
}

static void offer_formats(const char *formats, const char *word)
{
	size_t len;

	for (; *formats; formats += len + (formats[len] == '|')) {
		len = strcspn(formats, "|");
		if (strlen(word) <= len && !strncmp(formats, word, strlen(word)))
			printf("%.*s\n", (int)len, formats);
	}
}

static void offer_errors(const char *word)
{
	size_t i;

	offer("all", word);
	for (i = 0; uks_error_at(i) >= 0; i++)
		offer(uks_error_name(uks_error_at(i)), word);
}

static void offer_for(const struct command *command, enum completion completion,
		      const char *word)
{
	switch (completion) {
	case COMPLETE_NOTHING:
		break;
	case COMPLETE_KEY:
		offer_keys(word);
		break;
	case COMPLETE_FILE:
		puts(":files");
		break;
	case COMPLETE_TYPE:
		offer_words(UKS_WORD_KEY_TYPE, word);
		break;
	case COMPLETE_PURPOSE:
		offer_purposes(word);
		break;
	case COMPLETE_DIGEST:
		offer_words(UKS_WORD_DIGEST, word);
		break;
	case COMPLETE_ALGORITHM:
		offer_words(UKS_WORD_ALGORITHM, word);
		break;
	case COMPLETE_FORMAT:
		offer_formats(command->formats, word);
		break;
	case COMPLETE_SKS_KEY:
		offer_sks_keys(word);
		break;
	case COMPLETE_ERROR:
		offer_errors(word);
		break;
	}
}

static const struct option_row *option_named(const struct command *command, const char *word)
{
	int i;

	for (i = 0; i < NR_OPTIONS; i++) {
		const struct option_row *row = &option_rows[i];

		if (!command_has(command, i))
			continue;
		if (!strncmp(word, "--", 2) ? !strcmp(word + 2, row->name) :
		    word[0] == '-' && row->letter && word[1] == row->letter && !word[2])
			return row;
	}
	return NULL;
}

static void offer_options(const struct command *command, const char *word)
{
	char candidate[32];
	int i;

	for (i = 0; i < NR_OPTIONS; i++) {
		if (!command_has(command, i))
			continue;
		snprintf(candidate, sizeof(candidate), "--%s", option_rows[i].name);
		offer(candidate, word);
	}
}

/* @words are behind the command's name, the last is to be completed. */
static void complete_command(const struct command *command, int nr_words, char **words)
{
	const struct option_row *row = NULL;
	const char *word = words[nr_words - 1];
	int i, nr_args = 0;

	for (i = 0; i < nr_words - 1; i++) {
		row = option_named(command, words[i]);
		if (row && row->argument && i + 1 < nr_words - 1)
			i++;
		else if (!row)
			nr_args++;
		else if (row->argument)
			break;
	}
	if (i < nr_words - 1)
		offer_for(command, row->completion, word);
	else if (word[0] == '-')
		offer_options(command, word);
	else if (!nr_args)
		offer_for(command, command->completion, word);
}

/* The next word of each command that begins with the words so far. */
static void complete_name(const char *first, const char *word)
{
	const struct command *command;
	char last[32] = "", candidate[32];
	const char *name, *space;
	size_t i, len;

	for (i = 0; (command = command_at(i)); i++) {
		name = command->name;
		if (first) {
			len = strlen(first);
			if (strncmp(name, first, len) || name[len] != ' ')
				continue;
			name += len + 1;
		}
		space = strchr(name, ' ');
		len = space ? (size_t)(space - name) : strlen(name);
		snprintf(candidate, sizeof(candidate), "%.*s", (int)len, name);
		if (strcmp(candidate, last))
			offer(candidate, word);
		memcpy(last, candidate, sizeof(last));
	}
}

/* All words but the last, as in names of commands. */
static void complete_next(int argc, char **argv)
{
	char first[64] = "";
	size_t used = 0;
	int i;

	for (i = 0; i < argc - 1 && used < sizeof(first); i++)
		used += snprintf(first + used, sizeof(first) - used, "%s%s", i ? " " : "",
				 argv[i]);
	complete_name(first, argv[argc - 1]);
}

int complete(int argc, char **argv)
{
	const struct command *command;

	if (argc < 1)
		return EXIT_USAGE;
	if (argc == 1) {
		complete_name(NULL, argv[0]);
		return EXIT_OK;
	}
	command = command_find(&argc, &argv);
	if (command && argc > 1)
		complete_command(command, argc - 1, argv + 1);
	else if (!command)
		complete_next(argc, argv);
	return EXIT_OK;
}
