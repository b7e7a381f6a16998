// SPDX-License-Identifier: LGPL-2.1-or-later
/* The commands and options: help, parsing and completion follow from here. */
#include <string.h>

#include "uksctl.h"

#define O(name)		(1U << OPTION_##name)

const struct option_row option_rows[NR_OPTIONS] = {
	[OPTION_TYPE] = { "type", 't', "TYPE", "kind of key", COMPLETE_TYPE },
	[OPTION_PURPOSE] = {
		"purpose", 'p', "PURPOSE[,...]",
		"what the key may be used for (all that fits its type)", COMPLETE_PURPOSE
	},
	[OPTION_FORMAT] = { "format", 0, "FORMAT", "how the key is written", COMPLETE_FORMAT },
	[OPTION_INPUT] = { "input", 'i', "FILE", "read FILE, not standard input", COMPLETE_FILE },
	[OPTION_OUTPUT] = {
		"output", 'o', "FILE", "write FILE, not standard output", COMPLETE_FILE
	},
	[OPTION_FORCE] = { "force", 'f', NULL, "replace the output file", COMPLETE_NOTHING },
	[OPTION_DIGEST] = {
		"digest", 'd', "DIGEST", "digest for ECDSA (sha256)", COMPLETE_DIGEST
	},
	[OPTION_SIGNATURE] = {
		"signature", 's', "FILE", "the signature to verify", COMPLETE_FILE
	},
	[OPTION_VERIFY] = {
		"verify", 0, "MAC", "verify this MAC: hexadecimal digits, or a file with them",
		COMPLETE_FILE
	},
	[OPTION_YES] = { "yes", 'y', NULL, "do not ask", COMPLETE_NOTHING },
	[OPTION_JSON] = { "json", 0, NULL, "write JSON", COMPLETE_NOTHING },
	[OPTION_TIMEOUT] = {
		"timeout", 0, "SECONDS", "give up after this time (30)", COMPLETE_NOTHING
	},
	[OPTION_HELP] = { "help", 'h', NULL, "tell about the command", COMPLETE_NOTHING },
};

static const struct command commands[] = {
	{
		.name = "status",
		.help = "Show how the daemon, its store and its TPM are",
		.options = O(JSON) | O(TIMEOUT),
		.run = run_status,
	},
	{
		.name = "key generate",
		.arguments = "NAME",
		.help = "Make a key",
		.nr_args = 1,
		.options = O(TYPE) | O(PURPOSE) | O(JSON) | O(TIMEOUT),
		.needed = O(TYPE),
		.run = run_key_generate,
	},
	{
		.name = "key import",
		.arguments = "NAME",
		.help = "Take in a key from a file or standard input",
		.nr_args = 1,
		.options = O(TYPE) | O(FORMAT) | O(INPUT) | O(PURPOSE) | O(JSON) | O(TIMEOUT),
		.needed = O(TYPE),
		.formats = "raw|pkcs8|pem",
		.run = run_key_import,
	},
	{
		.name = "key public",
		.arguments = "KEY",
		.help = "Write the public part of a key",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = O(FORMAT) | O(OUTPUT) | O(FORCE) | O(TIMEOUT),
		.formats = "pem|der",
		.run = run_key_public,
	},
	{
		.name = "key list",
		.help = "List your keys",
		.options = O(JSON) | O(TIMEOUT),
		.run = run_key_list,
	},
	{
		.name = "key show",
		.arguments = "KEY",
		.help = "Describe a key",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = O(JSON) | O(TIMEOUT),
		.run = run_key_show,
	},
	{
		.name = "key rename",
		.arguments = "KEY NEW-NAME",
		.help = "Give a key another name",
		.nr_args = 2,
		.completion = COMPLETE_KEY,
		.options = O(TIMEOUT),
		.run = run_key_rename,
	},
	{
		.name = "key delete",
		.arguments = "KEY",
		.help = "Destroy a key, and with it what it has encrypted",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = O(YES) | O(TIMEOUT),
		.run = run_key_delete,
	},
	{
		.name = "encrypt",
		.arguments = "KEY",
		.help = "Encrypt data of any length",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = O(INPUT) | O(OUTPUT) | O(FORCE) | O(TIMEOUT),
		.run = run_encrypt,
	},
	{
		.name = "decrypt",
		.arguments = "KEY",
		.help = "Decrypt what encrypt has made",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = O(INPUT) | O(OUTPUT) | O(FORCE) | O(TIMEOUT),
		.run = run_decrypt,
	},
	{
		.name = "sign",
		.arguments = "KEY",
		.help = "Sign data",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = O(INPUT) | O(OUTPUT) | O(FORCE) | O(DIGEST) | O(TIMEOUT),
		.run = run_sign,
	},
	{
		.name = "verify",
		.arguments = "KEY",
		.help = "Verify a signature",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = O(SIGNATURE) | O(INPUT) | O(DIGEST) | O(TIMEOUT),
		.needed = O(SIGNATURE),
		.run = run_verify,
	},
	{
		.name = "mac",
		.arguments = "KEY",
		.help = "Compute the MAC of data, or verify it",
		.nr_args = 1,
		.completion = COMPLETE_KEY,
		.options = O(VERIFY) | O(INPUT) | O(OUTPUT) | O(FORCE) | O(TIMEOUT),
		.run = run_mac,
	},
	{
		.name = "explain",
		.arguments = "CODE|all",
		.help = "Explain an error: its cause and cure",
		.nr_args = 1,
		.completion = COMPLETE_ERROR,
		.options = O(JSON),
		.run = run_explain,
	},
	{
		.name = "limits",
		.help = "Show features and limits of the module",
		.options = O(JSON),
		.run = run_limits,
	},
	{
		.name = "sessions",
		.help = "List the open sessions of all users (root)",
		.options = O(JSON),
		.run = run_sessions,
	},
	{
		.name = "stats",
		.help = "Show the module's counters (root)",
		.options = O(JSON),
		.run = run_stats,
	},
	{
		.name = "zeroize",
		.help = "End all sessions of all users and wipe their keys from the kernel (root)",
		.options = O(YES) | O(JSON),
		.run = run_zeroize,
	},
	{
		.name = "monitor",
		.help = "Show events as they happen (root)",
		.options = O(JSON),
		.run = run_monitor,
	},
};

const struct command *command_at(size_t index)
{
	return index < ARRAY_SIZE(commands) ? &commands[index] : NULL;
}

bool command_has(const struct command *command, enum option_id option)
{
	return option == OPTION_HELP || command->options & 1U << option;
}

/* Do the first words of the command line name the command? Returns how many. */
static int words_match(const struct command *command, int argc, char **argv)
{
	const char *second = strchr(command->name, ' ');
	size_t first_len = second ? (size_t)(second - command->name) : strlen(command->name);

	if (!argc || strlen(argv[0]) != first_len || strncmp(argv[0], command->name, first_len))
		return 0;
	if (!second)
		return 1;
	return argc > 1 && !strcmp(argv[1], second + 1) ? 2 : 0;
}

/* Takes the words of the command off; its last word stays, as getopt wants it. */
const struct command *command_find(int *argc, char ***argv)
{
	size_t i;
	int words;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		words = words_match(&commands[i], *argc, *argv);
		if (!words)
			continue;
		*argc -= words - 1;
		*argv += words - 1;
		return &commands[i];
	}
	return NULL;
}
