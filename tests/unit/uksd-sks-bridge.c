// SPDX-License-Identifier: LGPL-2.1-or-later
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sks/frame.h"
#include "tests/unit/uksd-sks-bridge.h"
#include "tests/unit/uksd-sks.h"

/* One call and its answer, which is put off as the daemon wants it. */
static int serve_one(struct sks_bridge *bridge, int fd, struct frame *call, struct frame *answer)
{
	struct frame out = { };
	uint8_t length[4], method;
	struct reader reader = { .at = length, .left = sizeof(length) };
	size_t len;

	if (frame_receive(fd, length, sizeof(length)))
		return -1;
	len = reader_number(&reader, 4);
	frame_reset(call);
	frame_reset(answer);
	if (frame_receive(fd, &method, 1) ||
	    frame_receive(fd, frame_reserve(call, len - 1), len - 1))
		return -1;
	if (sks_transport(bridge->daemon, method, call, answer)) {
		frame_number(answer, SKS_E_OPTION, 1);
		frame_text(answer, bridge->daemon->text);
	}
	usleep(bridge->daemon->delay_ms * 1000);
	frame_blob(&out, answer->bytes, answer->len);
	len = frame_send(fd, out.bytes, out.len);
	frame_free(&out);
	return len ? -1 : 0;
}

static void *serve(void *context)
{
	struct sks_bridge *bridge = context;
	struct frame call = { }, answer = { };
	int fd;

	while ((fd = accept(bridge->listener, NULL, NULL)) >= 0) {
		while (!serve_one(bridge, fd, &call, &answer))
			;
		close(fd);
	}
	frame_free(&call);
	frame_free(&answer);
	return NULL;
}

int sks_bridge_start(struct sks_bridge *bridge, struct daemon *daemon)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	bridge->daemon = daemon;
	snprintf(bridge->path, sizeof(bridge->path), "%s/sks", daemon->dir);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", bridge->path);
	bridge->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(bridge->listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(bridge->listener, 4))
		return -1;
	return pthread_create(&bridge->thread, NULL, serve, bridge) ? -1 : 0;
}

void sks_bridge_stop(struct sks_bridge *bridge)
{
	shutdown(bridge->listener, SHUT_RDWR);
	pthread_join(bridge->thread, NULL);
	close(bridge->listener);
	unlink(bridge->path);
}
