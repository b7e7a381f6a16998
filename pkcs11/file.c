// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The user's folders: $XDG_DATA_HOME/uks/pkcs11 or ~/.local/share/uks/pkcs11, and for
 * what the user sets $XDG_CONFIG_HOME/uks or ~/.config/uks.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record.h"

/* @tail below what the variable says, or below @place in the user's home. */
static int home_path(char *path, size_t room, const char *variable, const char *place,
		     const char *tail)
{
	const char *base = secure_getenv(variable), *home = secure_getenv("HOME");
	struct passwd entry, *found = NULL;
	char text[4096];

	if (base && *base == '/')
		return (size_t)snprintf(path, room, "%s/%s", base, tail) < room ? 0 : -1;
	if (!home || *home != '/') {
		if (getpwuid_r(geteuid(), &entry, text, sizeof(text), &found) || !found)
			return -1;
		home = entry.pw_dir;
	}
	return (size_t)snprintf(path, room, "%s/%s/%s", home, place, tail) < room ? 0 : -1;
}

static int make_path(char *path)
{
	char *slash = path;

	while ((slash = strchr(slash + 1, '/'))) {
		*slash = 0;
		if (mkdir(path, 0700) && errno != EEXIST && errno != EROFS && errno != EACCES)
			return -1;
		*slash = '/';
	}
	return mkdir(path, 0700) && errno != EEXIST ? -1 : 0;
}

int file_folder(bool make)
{
	char path[PATH_MAX];

	if (home_path(path, sizeof(path), "XDG_DATA_HOME", ".local/share", "uks/pkcs11")) {
		errno = ENOENT;
		return -1;
	}
	if (make && make_path(path))
		return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int file_settings(void)
{
	char path[PATH_MAX];

	if (home_path(path, sizeof(path), "XDG_CONFIG_HOME", ".config", "uks"))
		return -1;
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int read_all(int fd, uint8_t *data, size_t len)
{
	ssize_t got;

	while (len) {
		got = read(fd, data, len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		data += got;
		len -= got;
	}
	return 0;
}

int file_read(int folder, const char *name, size_t most, uint8_t **data, size_t *len)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat status;
	int ret = -1;

	if (fd < 0)
		return -1;
	*data = NULL;
	if (fstat(fd, &status))
		goto out;
	/* What others could have written is not believed. */
	if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() || status.st_mode & 022 ||
	    (size_t)status.st_size > most) {
		errno = EPERM;
		goto out;
	}
	*len = status.st_size;
	*data = malloc(*len + 1);
	if (!*data)
		goto out;
	ret = read_all(fd, *data, *len);
out:
	if (ret)
		free(*data);
	close(fd);
	return ret;
}

static int write_all(int fd, const uint8_t *data, size_t len)
{
	ssize_t put;

	while (len) {
		put = write(fd, data, len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		data += put;
		len -= put;
	}
	return fsync(fd);
}

int file_write(int folder, const char *name, const void *data, size_t len)
{
	char part[NAME_MAX];
	int fd, ret;

	snprintf(part, sizeof(part), "%s.new", name);
	fd = openat(folder, part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	ret = write_all(fd, data, len);
	close(fd);
	if (!ret)
		ret = renameat(folder, part, folder, name);
	if (ret) {
		int saved = errno;

		unlinkat(folder, part, 0);
		errno = saved;
		return -1;
	}
	return fsync(folder);
}

int file_lock(int folder)
{
	int fd = openat(folder, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	while (fd >= 0 && flock(fd, LOCK_EX)) {
		if (errno == EINTR)
			continue;
		close(fd);
		fd = -1;
	}
	return fd;
}
