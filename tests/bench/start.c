// SPDX-License-Identifier: LGPL-2.1-or-later
/* From the start of uksd to the moment it says that it is ready (sd_notify). */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define STARTS	5

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return -1;
	/* By then the daemon is no longer root. */
	chmod(path, 0777);
	setenv("NOTIFY_SOCKET", path, 1);
	return fd;
}

static bool is_ready(int fd)
{
	char text[4096];
	ssize_t len = recv(fd, text, sizeof(text) - 1, 0);

	if (len < 0)
		return true;
	text[len] = '\0';
	return strstr(text, "READY=1");
}

static double start_once(const char *program, int fd)
{
	double began = now(), took;
	pid_t pid = fork();

	if (!pid) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(127);
		execl(program, program, (char *)NULL);
		_exit(127);
	}
	while (!is_ready(fd))
		;
	took = now() - began;
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	return took;
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return a < b ? -1 : a > b;
}

/**
 * bench_start() - tell how long uksd needs to become ready
 * @program: path of uksd; none may be running
 *
 * Return: exit status.
 */
int bench_start(const char *program)
{
	struct timeval patience = { .tv_sec = 60 };
	double took[STARTS];
	int fd = listen_at("/run/uks-bench.notify");
	int i;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)))
		return 1;
	for (i = 0; i < STARTS; i++)
		took[i] = start_once(program, fd);
	close(fd);
	unlink("/run/uks-bench.notify");
	qsort(took, STARTS, sizeof(*took), compare);
	printf("{\"figure\":\"uksd-start-ms\",\"value\":%.1f}\n", took[STARTS / 2]);
	return 0;
}
