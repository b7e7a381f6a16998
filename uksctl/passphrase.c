// SPDX-License-Identifier: LGPL-2.1-or-later
/* Passphrases and PINs: from a descriptor, or from the terminal without echo; never from argv. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "uksctl.h"

/**
 * struct asked - what is asked for
 * @option: names the descriptor
 * @what: "passphrase", "PIN"
 * @prompt: for the terminal
 */
struct asked {
	enum option_id option;
	const char *what;
	const char *prompt;
};

static int fail_here(struct uks_err *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int fail_here(struct uks_err *err, const char *format, ...)
{
	va_list args;

	*err = (struct uks_err){ .code = UKS_E_IO, .errnum = errno };
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return -1;
}

/* One line, byte by byte, so that nothing behind it is lost. Returns its length, or -1. */
static int read_line(int fd, const struct asked *asked, char *text, int size,
		     struct uks_err *err)
{
	int len = 0;
	ssize_t n;

	while ((n = read(fd, text + len, 1)) == 1 && text[len] != '\n')
		if (++len == size)
			return fail_here(err, "the %s is too long: %d bytes are allowed",
					 asked->what, size - 1);
	if (n < 0 && errno == EINTR)
		return fail_here(err, "nobody gave the %s", asked->what);
	if (n < 0)
		return fail_here(err, "the %s cannot be read: is --%s an open descriptor?",
				 asked->what, option_rows[asked->option].name);
	text[len] = 0;
	return len;
}

static int ask_terminal(int tty, const struct asked *asked, char *text, int size,
			struct uks_err *err)
{
	struct termios old, silent;
	int len;

	if (tcgetattr(tty, &old))
		return fail_here(err, "the terminal cannot be asked for the %s: use --%s",
				 asked->what, option_rows[asked->option].name);
	silent = old;
	silent.c_lflag &= ~(ECHO | ECHOE | ECHOK);
	/* A signal ends the reading, and the echo comes back. */
	catch_signals();
	tcsetattr(tty, TCSANOW, &silent);
	if (write(tty, asked->prompt, strlen(asked->prompt)) < 0)
		len = fail_here(err, "the terminal cannot be written");
	else
		len = read_line(tty, asked, text, size, err);
	if (write(tty, "\n", 1) < 0)
		len = fail_here(err, "the terminal cannot be written");
	tcsetattr(tty, TCSANOW, &old);
	return len;
}

static int take_fd(const char *number, const struct asked *asked, char *text, int size,
		   struct uks_err *err)
{
	char *end;
	long fd = strtol(number, &end, 10);

	if (end == number || *end || fd < 0 || fd > 1 << 20)
		return fail_here(err, "--%s wants the number of an open descriptor",
				 option_rows[asked->option].name);
	return read_line(fd, asked, text, size, err);
}

int secret_line(const struct run *run, enum option_id option, const char *what,
		const char *prompt, char *text, int size, struct uks_err *err)
{
	const struct asked asked = { option, what, prompt };
	int tty, len;

	if (run->options[option])
		return take_fd(run->options[option], &asked, text, size, err);
	tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (tty < 0)
		return fail_here(err,
				 "a %s is needed, and there is no terminal to ask for it: use --%s",
				 what, option_rows[option].name);
	len = ask_terminal(tty, &asked, text, size, err);
	close(tty);
	return len;
}

/* For struct format_input; @arg is the run. */
int passphrase_get(void *arg, char *text, int size, struct uks_err *err)
{
	return secret_line(arg, OPTION_PASSPHRASE_FD, "passphrase", "Passphrase of the key: ",
			   text, size, err);
}
