// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Input and output of the commands. An output file appears whole or not at all:
 * it is written beside its place and moved there when all is complete.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "uksctl.h"

atomic_int stop_signal;

static void on_signal(int signal)
{
	stop_signal = signal;
}

/* Without SA_RESTART, so that waiting ends and what was begun is cleaned up. */
void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

static bool is_standard(const char *path)
{
	return !path || !strcmp(path, "-");
}

/* A descriptor, or -1 after the error was told. */
int input_open(const struct run *run)
{
	const char *path = run->options[OPTION_INPUT];
	int fd;

	if (is_standard(path))
		return STDIN_FILENO;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail_errno("read", path);
	return fd;
}

void input_close(int fd)
{
	if (fd > STDIN_FILENO)
		close(fd);
}

ssize_t input_read(int fd, void *data, size_t len)
{
	ssize_t n;

	do
		n = read(fd, data, len);
	while (n < 0 && errno == EINTR && !stop_signal);
	return n;
}

static int read_all(int fd, uint8_t *data, size_t size, size_t *len)
{
	ssize_t n;

	*len = 0;
	do {
		n = input_read(fd, data + *len, size - *len);
		if (n > 0)
			*len += n;
	} while (n > 0 && *len < size);
	return n < 0 ? -1 : 0;
}

/* Reads a small file, or standard input; one that fills the room is too long. */
int input_read_all(const char *path, uint8_t *data, size_t size, size_t *len)
{
	const char *name = is_standard(path) ? "standard input" : path;
	int fd = is_standard(path) ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	int ret = EXIT_OK;

	if (fd < 0)
		return fail_errno("read", name);
	if (read_all(fd, data, size, len))
		ret = fail_errno("read", name);
	else if (*len == size)
		ret = fail_text(EXIT_ERROR, "cannot read '%s': it is longer than %zu bytes", name,
				size - 1);
	input_close(fd);
	return ret;
}

static int open_temporary(struct output *output, mode_t mode)
{
	mode_t mask = umask(0);

	umask(mask);
	if (asprintf(&output->temporary, "%s.XXXXXX", output->path) < 0) {
		output->temporary = NULL;
		return fail_errno("write", output->path);
	}
	output->fd = mkostemp(output->temporary, O_CLOEXEC);
	if (output->fd >= 0) {
		if (!fchmod(output->fd, mode & ~mask))
			return EXIT_OK;
		unlink(output->temporary);
		close(output->fd);
	}
	free(output->temporary);
	output->temporary = NULL;
	return fail_errno("write beside", output->path);
}

/* A device or pipe has no contents to lose: it is written in place. */
static int open_special(struct output *output)
{
	output->fd = open(output->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	return output->fd < 0 ? fail_errno("write", output->path) : EXIT_OK;
}

/* @mode: of a new file; @binary: not for the eyes. */
int output_open(const struct run *run, struct output *output, mode_t mode, bool binary)
{
	const char *path = run->options[OPTION_OUTPUT];
	struct stat stat_now;

	*output = (struct output){ .fd = STDOUT_FILENO };
	if (is_standard(path)) {
		if (binary && isatty(STDOUT_FILENO))
			return fail_text(EXIT_USAGE,
					 "the result is not text for a terminal: use --output FILE");
		return EXIT_OK;
	}
	output->path = path;
	if (!stat(path, &stat_now)) {
		if (S_ISDIR(stat_now.st_mode)) {
			errno = EISDIR;
			return fail_errno("write", path);
		}
		if (!S_ISREG(stat_now.st_mode))
			return open_special(output);
		if (!run->options[OPTION_FORCE])
			return fail_text(EXIT_EXISTS,
					 "'%s' exists: use --force to replace it", path);
	}
	return open_temporary(output, mode);
}

int output_write(const struct output *output, const void *data, size_t len)
{
	const char *at = data;
	ssize_t n;

	while (len) {
		n = write(output->fd, at, len);
		if (n < 0 && errno == EINTR && !stop_signal)
			continue;
		if (n < 0)
			return fail_errno("write", output->path ? output->path :
						   "standard output");
		at += n;
		len -= n;
	}
	return EXIT_OK;
}

/* Between the look at the start and now somebody may have made the file. */
static int move_to_place(const struct run *run, const struct output *output)
{
	if (run->options[OPTION_FORCE])
		return rename(output->temporary, output->path);
	if (link(output->temporary, output->path))
		return -1;
	unlink(output->temporary);
	return 0;
}

int output_commit(const struct run *run, struct output *output)
{
	int ret = EXIT_OK;

	if (!output->path)
		return EXIT_OK;
	/* The disk may turn out to be full as late as here. */
	if (output->temporary && fsync(output->fd)) {
		ret = fail_errno("write", output->path);
		output_abandon(output);
		return ret;
	}
	if (output->temporary && move_to_place(run, output)) {
		ret = fail_errno("write", output->path);
		output_abandon(output);
		return ret;
	}
	if (close(output->fd))
		ret = fail_errno("write", output->path);
	free(output->temporary);
	return ret;
}

void output_abandon(struct output *output)
{
	if (output->temporary)
		unlink(output->temporary);
	free(output->temporary);
	if (output->path)
		close(output->fd);
}

/* Writes a result that is complete. */
int output_all(const struct run *run, const void *data, size_t len, bool binary)
{
	struct output output;
	int ret = output_open(run, &output, 0666, binary);

	if (ret)
		return ret;
	ret = output_write(&output, data, len);
	if (!ret)
		return output_commit(run, &output);
	output_abandon(&output);
	return ret;
}
