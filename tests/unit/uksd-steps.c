// SPDX-License-Identifier: LGPL-2.1-or-later
/* The functions by which SQLite and the TPM's library write are this program's own. */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/unit/uksd-steps.h"

int steps_left = -1;
enum ending steps_ending;

static void path_of(int fd, char *path)
{
	char link[32];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, PATH_MAX - 1);
	path[len < 0 ? 0 : len] = 0;
}

void copy_file(const char *from, const char *to)
{
	static char bytes[1 << 20];
	ssize_t len;
	int fd;

	fd = open(from, O_RDONLY);
	if (fd < 0) {
		unlink(to);
		return;
	}
	len = read(fd, bytes, sizeof(bytes));
	close(fd);
	if (len < 0 || len == sizeof(bytes))
		abort();
	fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || syscall(SYS_write, fd, bytes, len) != len)
		abort();
	close(fd);
}

static bool is_last_step(void)
{
	return !steps_left || (steps_left > 0 && !--steps_left);
}

int steps_next(int step, int steps)
{
	if (step >= steps)
		return step + 1;
	return step + STEPS_STRIDE < steps ? step + STEPS_STRIDE : steps;
}

void steps_die(void)
{
	kill(getpid(), SIGKILL);
	abort();
}

ssize_t pwrite64(int fd, const void *buf, size_t count, off_t offset)
{
	if (is_last_step()) {
		if (steps_ending == TORN)
			syscall(SYS_pwrite64, fd, buf, count / 2, offset);
		steps_die();
	}
	return syscall(SYS_pwrite64, fd, buf, count, offset);
}

/* What goes to the TPM. */
ssize_t send(int fd, const void *buf, size_t count, int flags)
{
	if (is_last_step())
		steps_die();
	return syscall(SYS_sendto, fd, buf, count, flags, NULL, 0);
}

ssize_t write(int fd, const void *buf, size_t count)
{
	if (is_last_step())
		steps_die();
	return syscall(SYS_write, fd, buf, count);
}

int ftruncate64(int fd, off_t length)
{
	if (is_last_step())
		steps_die();
	return syscall(SYS_ftruncate, fd, length);
}

int unlink(const char *path)
{
	if (is_last_step())
		steps_die();
	return syscall(SYS_unlink, path);
}

/* What is on the disk for good from here on is kept beside. */
static int synchronise(int fd, long number)
{
	char path[PATH_MAX], kept[PATH_MAX + 8];
	int steps = steps_left;

	if (is_last_step())
		steps_die();
	steps = steps_left;
	steps_left = -1;
	path_of(fd, path);
	snprintf(kept, sizeof(kept), "%s.kept", path);
	if (steps_ending == POWER && strstr(path, "keys.db"))
		copy_file(path, kept);
	steps_left = steps;
	return syscall(number, fd);
}

int fsync(int fd)
{
	return synchronise(fd, SYS_fsync);
}

int fdatasync(int fd)
{
	return synchronise(fd, SYS_fdatasync);
}
