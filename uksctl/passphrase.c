// SPDX-License-Identifier: LGPL-2.1-or-later
/* Passphrases: from a descriptor, or from the terminal without echo; never from argv. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "uksctl.h"

static int fail_here(struct uks_err *err, const char *text)
{
	*err = (struct uks_err){ .code = UKS_E_IO, .errnum = errno };
	snprintf(err->text, sizeof(err->text), "%s", text);
	return -1;
}

/* One line, byte by byte, so that nothing behind it is lost. Returns its length, or -1. */
static int read_line(int fd, char *text, int size, struct uks_err *err)
{
	int len = 0;
	ssize_t n;

	while ((n = read(fd, text + len, 1)) == 1 && text[len] != '\n')
		if (++len == size)
			return fail_here(err, "the passphrase is too long: 1023 bytes are allowed");
	if (n < 0)
		return fail_here(err, errno == EINTR ? "nobody gave the passphrase" :
						       "the passphrase cannot be read: is --passphrase-fd an open descriptor?");
	text[len] = 0;
	return len;
}

static int ask_terminal(int tty, char *text, int size, struct uks_err *err)
{
	static const char prompt[] = "Passphrase of the key: ";
	struct termios old, silent;
	int len;

	if (tcgetattr(tty, &old))
		return fail_here(err,
				 "the terminal cannot be asked for the passphrase: use --passphrase-fd");
	silent = old;
	silent.c_lflag &= ~(ECHO | ECHOE | ECHOK);
	/* A signal ends the reading, and the echo comes back. */
	catch_signals();
	tcsetattr(tty, TCSANOW, &silent);
	if (write(tty, prompt, strlen(prompt)) < 0)
		len = fail_here(err, "the terminal cannot be written");
	else
		len = read_line(tty, text, size, err);
	if (write(tty, "\n", 1) < 0)
		len = fail_here(err, "the terminal cannot be written");
	tcsetattr(tty, TCSANOW, &old);
	return len;
}

static int take_fd(const char *number, char *text, int size, struct uks_err *err)
{
	char *end;
	long fd = strtol(number, &end, 10);

	if (end == number || *end || fd < 0 || fd > 1 << 20)
		return fail_here(err, "--passphrase-fd wants the number of an open descriptor");
	return read_line(fd, text, size, err);
}

/* For struct format_input; @arg is the run. */
int passphrase_get(void *arg, char *text, int size, struct uks_err *err)
{
	const struct run *run = arg;
	int tty, len;

	if (run->options[OPTION_PASSPHRASE_FD])
		return take_fd(run->options[OPTION_PASSPHRASE_FD], text, size, err);
	tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (tty < 0)
		return fail_here(err,
				 "the key is encrypted, and there is no terminal to ask for its passphrase: use --passphrase-fd");
	len = ask_terminal(tty, text, size, err);
	close(tty);
	return len;
}
