// SPDX-License-Identifier: LGPL-2.1-or-later
#include <err.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "include/uks/sks.h"
#include "sks/socket.h"

int socket_call(void *context, uint8_t method, const struct frame *args, struct frame *answer)
{
	int fd = *(int *)context, ret = -1;
	struct frame call = { };
	uint8_t length[4];
	struct reader reader = { .at = length, .left = sizeof(length) };
	size_t len;

	frame_number(&call, 1 + args->len, 4);
	frame_number(&call, method, 1);
	frame_raw(&call, args->bytes, args->len);
	if (!frame_send(fd, call.bytes, call.len) &&
	    !frame_receive(fd, length, sizeof(length))) {
		len = reader_number(&reader, 4);
		if (len && len <= SKS_MESSAGE_MAX + 1)
			ret = frame_receive(fd, frame_reserve(answer, len), len);
	}
	frame_free(&call);
	return ret;
}

int socket_connect(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path))
		errx(2, "the path of the socket is too long");
	memcpy(address.sun_path, path, strlen(path));
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		err(1, "cannot reach uks-sksd at %s", path);
	return fd;
}
