// SPDX-License-Identifier: LGPL-2.1-or-later
/* PINs: from a descriptor, or from the terminal without echo; never from argv. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "uksctl.h"

/* Room for each of them; one process runs one command. */
static char given[3][PIN_ROOM];

enum { PIN, NEW_PIN, ADMIN_CODE };

void pin_wipe(void)
{
	explicit_bzero(given, sizeof(given));
}

static int ask(struct run *run, enum option_id option, const char *what, int which, size_t *len)
{
	char prompt[40];
	int got;

	secret_begin();
	snprintf(prompt, sizeof(prompt), "The key's %s: ", what);
	got = secret_line(run, option, what, prompt, given[which], PIN_ROOM, &run->err);
	if (got < 0)
		return fail(run, "read the", what);
	*len = got;
	return EXIT_OK;
}

static int ask_pin(struct run *run)
{
	run->pin.pin = given[PIN];
	return ask(run, OPTION_PIN_FD, "PIN", PIN, &run->pin.pin_len);
}

static int ask_code(struct run *run)
{
	run->pin.admin_code = given[ADMIN_CODE];
	return ask(run, OPTION_ADMIN_CODE_FD, "administrator's code", ADMIN_CODE,
		   &run->pin.admin_code_len);
}

/* At a terminal nobody sees what he types: so twice. */
static int ask_new(struct run *run)
{
	char again[PIN_ROOM];
	size_t len = 0;
	int got, ret = ask(run, OPTION_NEW_PIN_FD, "new PIN", NEW_PIN, &len);

	run->pin.new_pin = given[NEW_PIN];
	run->pin.new_pin_len = len;
	if (ret || run->options[OPTION_NEW_PIN_FD])
		return ret;
	got = secret_line(run, OPTION_NEW_PIN_FD, "new PIN", "The new PIN again: ", again,
			  sizeof(again), &run->err);
	if (got < 0)
		ret = fail(run, "read the", "new PIN");
	else if ((size_t)got != len || memcmp(again, given[NEW_PIN], len))
		ret = fail_text(EXIT_ERROR, "the two PINs are not the same: nothing was done");
	explicit_bzero(again, sizeof(again));
	return ret;
}

/* What options say of PINs, for a key that is used. */
int pin_from_options(struct run *run)
{
	return run->options[OPTION_PIN_FD] ? ask_pin(run) : EXIT_OK;
}

/* The same for a key that is made, @pinned if its policy asks for a PIN. */
int pin_for_new(struct run *run, bool pinned)
{
	int ret = pin_from_options(run);

	if (!ret && (pinned || run->options[OPTION_NEW_PIN_FD]))
		ret = ask_new(run);
	if (!ret && run->options[OPTION_ADMIN_CODE_FD])
		ret = ask_code(run);
	return ret;
}

/* The key turns out to need a PIN: is there somebody to be asked? */
static bool can_ask(const struct run *run)
{
	int tty;

	if (run->err.code != UKS_E_PIN_NEEDED || run->pin.pin)
		return false;
	tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (tty >= 0)
		close(tty);
	return tty >= 0;
}

/* Opens the command's key; asks for its PIN if it needs one. */
int session_open(struct run *run, uint32_t purpose, const struct uks_method *method,
		 struct uks_session **session)
{
	struct uks_method how = *method;
	int ret;

	how.pin = &run->pin;
	ret = uks_session_open_with(run->client, run->args[0], purpose, &how, session, &run->err);
	if (!ret || !can_ask(run) || ask_pin(run))
		return ret;
	return uks_session_open_with(run->client, run->args[0], purpose, &how, session,
				     &run->err);
}

/* What is read as a stream cannot be read again: so the key is looked at before. */
int pin_ahead(struct run *run)
{
	struct uks_key *key;
	bool pinned;

	if (run->pin.pin || uks_key_show(run->client, run->args[0], &key, NULL))
		return EXIT_OK;
	pinned = key->tries_known;
	uks_key_free(key);
	run->err.code = UKS_E_PIN_NEEDED;
	return pinned && can_ask(run) ? ask_pin(run) : EXIT_OK;
}

static int print_tries(struct run *run, uint32_t tries)
{
	static const struct column rows[] = { { "tries", "PIN tries left", false } };

	return print_record(run, rows, ARRAY_SIZE(rows),
			    json_pack("{s:I}", "tries", (json_int_t)tries));
}

int run_pin_check(struct run *run)
{
	uint32_t tries;
	int ret = ask_pin(run);

	if (ret)
		return ret;
	if (uks_pin_check(run->client, run->args[0], &run->pin, &tries, &run->err))
		return fail(run, "check the PIN of", run->args[0]);
	return print_tries(run, tries);
}

/* With the administrator's code if that is given, else with the PIN until now. */
int run_pin_change(struct run *run)
{
	uint32_t tries;
	int ret = run->options[OPTION_ADMIN_CODE_FD] ? ask_code(run) : ask_pin(run);

	if (!ret)
		ret = ask_new(run);
	if (ret)
		return ret;
	if (uks_pin_change(run->client, run->args[0], &run->pin, &tries, &run->err))
		return fail(run, "change the PIN of", run->args[0]);
	return print_tries(run, tries);
}

int run_pin_unlock(struct run *run)
{
	uint32_t tries;
	int ret = ask_code(run);

	if (!ret && run->options[OPTION_NEW_PIN_FD])
		ret = ask_new(run);
	if (ret)
		return ret;
	if (uks_pin_unlock(run->client, run->args[0], &run->pin, &tries, &run->err))
		return fail(run, "unlock", run->args[0]);
	return print_tries(run, tries);
}
