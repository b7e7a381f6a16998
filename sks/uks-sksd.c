// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * uks-sksd: a bridge from a Unix socket to SKS in UKS. A call is its length in four
 * bytes, the method's number and its arguments; an answer is its length in four bytes, a
 * status and the outputs. It holds no key and has no right but that of its user.
 */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <uks.h>

#include "include/uks/sks.h"
#include "sks/frame.h"

#define LENGTH		4
#define CONNECTIONS_MAX	64
#define TIMEOUT_MS	300000	/* a large RSA key takes its time */
#define BACKLOG		16

static uint32_t call_flags;
static sem_t places;

/* An error of UKS as a status: what cannot be served at all. */
static void put_error(struct frame *answer, const struct uks_err *error)
{
	int status = SKS_E_NOT_AVAILABLE;
	char text[sizeof(error->text) + 32];

	if (error->code == UKS_E_PROVISION || error->code == UKS_E_TOO_LONG ||
	    error->code == UKS_E_INVALID)
		status = SKS_E_OPTION;
	else if (error->code == UKS_E_NO_DAEMON || error->code == UKS_E_NO_DEVICE ||
		 error->code == UKS_E_DAEMON_DIED || error->code == UKS_E_TIMEOUT)
		status = SKS_E_EXTERNAL;
	snprintf(text, sizeof(text), "%s (UKS-%d)", error->text, error->code);
	frame_number(answer, status, 1);
	frame_text(answer, text);
}

/* Read one call and answer it; -1 when the connection is to end. */
static int serve_one(int fd, struct uks_client *client, struct frame *call, struct frame *answer)
{
	struct uks_err error = { };
	uint8_t length[LENGTH];
	struct reader reader = { .at = length, .left = sizeof(length) };
	size_t len, got = UKS_SKS_MESSAGE_MAX;

	if (frame_receive(fd, length, sizeof(length)))
		return -1;
	len = reader_number(&reader, LENGTH);
	if (!len || len > UKS_SKS_MESSAGE_MAX + 1)
		return -1;
	frame_reset(call);
	if (frame_receive(fd, frame_reserve(call, len), len))
		return -1;
	frame_reset(answer);
	frame_number(answer, 0, LENGTH);
	if (uks_sks_call(client, call->bytes[0], call->bytes + 1, len - 1, call_flags,
			 frame_reserve(answer, UKS_SKS_MESSAGE_MAX), &got, &error)) {
		answer->len = LENGTH;
		put_error(answer, &error);
	} else {
		answer->len = LENGTH + got;
	}
	len = answer->len - LENGTH;
	answer->bytes[0] = len >> 24;
	answer->bytes[1] = len >> 16;
	answer->bytes[2] = len >> 8;
	answer->bytes[3] = len;
	return frame_send(fd, answer->bytes, answer->len);
}

static void *serve(void *context)
{
	int fd = (int)(intptr_t)context;
	struct frame call = { }, answer = { };
	struct uks_client *client = NULL;
	struct uks_err error = { };

	if (uks_client_new(&client, &error)) {
		warnx("%s", error.text);
	} else {
		uks_client_set_timeout(client, TIMEOUT_MS);
		while (!serve_one(fd, client, &call, &answer))
			;
	}
	uks_client_free(client);
	frame_free(&call);
	frame_free(&answer);
	close(fd);
	sem_post(&places);
	return NULL;
}

static void start(int fd)
{
	pthread_attr_t attr;
	pthread_t thread;
	int ret;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	ret = pthread_create(&thread, &attr, serve, (void *)(intptr_t)fd);
	pthread_attr_destroy(&attr);
	if (!ret)
		return;
	warnx("cannot serve a connection: %s", strerror(ret));
	close(fd);
	sem_post(&places);
}

/* A socket that nobody listens on is left over from a bridge that ended. */
static void remove_stale(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat stat;

	if (fd < 0)
		err(1, "socket");
	if (!lstat(address->sun_path, &stat) && S_ISSOCK(stat.st_mode) &&
	    connect(fd, (const struct sockaddr *)address, sizeof(*address)) &&
	    errno == ECONNREFUSED)
		unlink(address->sun_path);
	close(fd);
}

static int listen_on(const char *path, mode_t mode)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t mask = umask(0777 & ~mode);
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		errx(2, "the path of the socket has more than %zu bytes",
		     sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path));
	remove_stale(&address);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(fd, BACKLOG))
		err(1, "cannot listen on %s", path);
	umask(mask);
	warnx("serving at %s", path);
	return fd;
}

static char socket_path[sizeof(((struct sockaddr_un *)0)->sun_path)];

static void end(int signal)
{
	(void)signal;
	unlink(socket_path);
	_exit(0);
}

static void show_help(FILE *to)
{
	fputs("usage: uks-sksd --socket PATH [--mode OCTAL] [--whole-message]\n"
	      "Serve SKS (Secure Key Store) calls on a Unix socket; the keys are those of the\n"
	      "user it runs as, and who may open the socket may use them.\n"
	      "  -s, --socket PATH    where to listen\n"
	      "  -m, --mode OCTAL     mode of the socket, 0600 if it is not given\n"
	      "  -w, --whole-message  method 100 is given the message, not its hash\n"
	      "  -h, --help           this\n", to);
}

static void serve_for_ever(int listener)
{
	int fd;

	for (;;) {
		while (sem_wait(&places))
			;
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0) {
			start(fd);
			continue;
		}
		sem_post(&places);
		if (errno != EINTR && errno != ECONNABORTED && errno != EMFILE)
			err(1, "accept");
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "mode", required_argument, NULL, 'm' },
		{ "whole-message", no_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	const char *path = NULL;
	mode_t mode = 0600;
	int option;

	while ((option = getopt_long(argc, argv, "s:m:wh", options, NULL)) != -1) {
		switch (option) {
		case 's':
			path = optarg;
			break;
		case 'm':
			mode = strtoul(optarg, NULL, 8) & 0777;
			break;
		case 'w':
			call_flags |= UKS_SKS_WHOLE_MESSAGE;
			break;
		case 'h':
			show_help(stdout);
			return 0;
		default:
			show_help(stderr);
			return 2;
		}
	}
	if (!path || optind != argc) {
		show_help(stderr);
		return 2;
	}
	snprintf(socket_path, sizeof(socket_path), "%s", path);
	sem_init(&places, 0, CONNECTIONS_MAX);
	option = listen_on(path, mode);
	signal(SIGTERM, end);
	signal(SIGINT, end);
	serve_for_ever(option);
}
