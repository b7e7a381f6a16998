// SPDX-License-Identifier: LGPL-2.1-or-later
/* Clients: opening /dev/uks, also again after a fork, and asking the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

int uks_client_new(struct uks_client **client, struct uks_err *err)
{
	*client = calloc(1, sizeof(**client));
	if (!*client)
		return uks_fail_memory(err);
	atomic_init(&(*client)->door, 0);
	atomic_init(&(*client)->timeout, UKS_TIMEOUT_DEFAULT);
	return 0;
}

void uks_client_set_timeout(struct uks_client *client, uint32_t milliseconds)
{
	atomic_store_explicit(&client->timeout, milliseconds, memory_order_relaxed);
}

/* Absolute, so that a call that is restarted keeps its deadline; 0 stays 0. */
uint64_t uks_deadline(uint32_t timeout)
{
	struct timespec now;

	if (!timeout)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec + (uint64_t)timeout * 1000000;
}

static pid_t door_pid(uint64_t door)
{
	return door >> 32;
}

static int door_fd(uint64_t door)
{
	return (int)(uint32_t)door;
}

/*
 * A child closes the descriptor it inherited, unless the number has come to mean
 * something else: after closing all files a program may have opened others. It is
 * an inherited one if it is the device and the kernel says "not yours".
 */
static void close_inherited(int fd)
{
	struct uks_query query = { .size = sizeof(query) };
	struct stat device, file;

	if (stat(UKS_DEVICE, &device) || fstat(fd, &file) || !S_ISCHR(file.st_mode) ||
	    file.st_rdev != device.st_rdev)
		return;
	if (ioctl(fd, UKS_IOC_QUERY, &query) && errno == EACCES)
		close(fd);
}

static int open_device(struct uks_err *err)
{
	int fd = open(UKS_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	switch (errno) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return uks_fail(err, UKS_E_NO_DEVICE, errno, NULL);
	case EACCES:
	case EPERM:
		return uks_fail(err, UKS_E_NO_PERMISSION, errno, NULL);
	case EOVERFLOW:
		return uks_fail(err, UKS_E_UNMAPPED, errno, NULL);
	default:
		return uks_fail_errno(err, errno, "cannot open " UKS_DEVICE);
	}
}

/*
 * Several threads may come here at once: each opens the device, one wins and the
 * others close theirs. No lock, for a child would inherit it held.
 */
int uks_client_fd(struct uks_client *client, struct uks_err *err)
{
	uint64_t door = atomic_load(&client->door), ours;
	pid_t pid = getpid();
	int fd;

	if (door && door_pid(door) == pid)
		return door_fd(door);
	fd = open_device(err);
	if (fd < 0)
		return fd;
	ours = (uint64_t)pid << 32 | (uint32_t)fd;
	if (!atomic_compare_exchange_strong(&client->door, &door, ours)) {
		close(fd);
		return door_fd(door);
	}
	if (door)
		close_inherited(door_fd(door));
	return fd;
}

void uks_client_free(struct uks_client *client)
{
	uint64_t door;

	if (!client)
		return;
	door = atomic_load(&client->door);
	if (door && door_pid(door) == getpid())
		close(door_fd(door));
	else if (door)
		close_inherited(door_fd(door));
	free(client);
}

int uks_query(struct uks_client *client, struct uks_query *query, struct uks_err *err)
{
	int fd = uks_client_fd(client, err);

	if (fd < 0)
		return fd;
	*query = (struct uks_query){ .size = sizeof(*query) };
	if (ioctl(fd, UKS_IOC_QUERY, query))
		return uks_fail_outcome(err, errno, NULL);
	return 0;
}
