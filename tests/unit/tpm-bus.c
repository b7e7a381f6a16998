// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <endian.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/tpm-bus.h"

#define HEADER_LEN 10	/* tag, size, command or response code */

enum { COMMANDS, CONTROL, STOP };

static int complain(const char *what)
{
	fprintf(stderr, "# bus: %s: %s\n", what, strerror(errno));
	return -1;
}

static uint32_t get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return be32toh(value);
}

static void put32(uint8_t *at, uint32_t value)
{
	value = htobe32(value);
	memcpy(at, &value, sizeof(value));
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

static void record(struct bus *bus, const uint8_t *data, size_t len)
{
	bus->log = realloc(bus->log, bus->log_len + len);
	if (!bus->log)
		abort();
	memcpy(bus->log + bus->log_len, data, len);
	bus->log_len += len;
}

/* 1, or 0 when the other side closed first. */
static int read_all(int fd, uint8_t *buf, size_t len)
{
	size_t done = 0;
	ssize_t got;

	while (done < len) {
		got = read(fd, buf + done, len - done);
		if (got <= 0)
			return 0;
		done += got;
	}
	return 1;
}

static int write_all(int fd, const uint8_t *buf, size_t len)
{
	return send(fd, buf, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* One command or answer of the TPM; its length, or 0. */
static size_t read_message(int fd, uint8_t *buf, size_t size)
{
	uint32_t len;

	if (!read_all(fd, buf, HEADER_LEN))
		return 0;
	len = get32(buf + 2);
	if (len < HEADER_LEN || len > size)
		return 0;
	return read_all(fd, buf + HEADER_LEN, len - HEADER_LEN) ? len : 0;
}

/* Header, size of parameters, parameters, sessions: without the second and last. */
static size_t strip(uint8_t *answer)
{
	uint32_t params = get32(answer + HEADER_LEN);

	memmove(answer + HEADER_LEN, answer + HEADER_LEN + 4, params);
	put16(answer, TPM2_ST_NO_SESSIONS);
	put32(answer + 2, HEADER_LEN + params);
	return HEADER_LEN + params;
}

static size_t answer_error(uint8_t *answer, TPM2_RC rc)
{
	put16(answer, TPM2_ST_NO_SESSIONS);
	put32(answer + 2, HEADER_LEN);
	put32(answer + 6, rc);
	return HEADER_LEN;
}

static bool is_faulty(struct bus *bus, TPM2_CC command)
{
	if (command != bus->command || !bus->count)
		return false;
	if (bus->skip) {
		bus->skip--;
		return false;
	}
	bus->count--;
	return true;
}

/* Commands of one connection, until either side closes it. */
static void relay_commands(struct bus *bus, int client, int tpm)
{
	uint8_t buf[8192];
	size_t len;

	while ((len = read_message(client, buf, sizeof(buf)))) {
		TPM2_CC command = get32(buf + 6);
		bool faulty = is_faulty(bus, command);

		record(bus, buf, len);
		bus->seen[command % BUS_COMMANDS]++;
		if (faulty && bus->fault == BUS_ANSWER) {
			len = answer_error(buf, bus->rc);
		} else {
			if (!write_all(tpm, buf, len))
				return;
			len = read_message(tpm, buf, sizeof(buf));
			if (!len)
				return;
		}
		record(bus, buf, len);
		bus->answer_len[command % BUS_COMMANDS] = len;
		if (faulty && bus->fault == BUS_FLIP && bus->at < len)
			buf[bus->at] ^= 1 << bus->at % 8;
		if (faulty && bus->fault == BUS_STRIP)
			len = strip(buf);
		if (faulty && bus->fault == BUS_CUT)
			return;
		if (!write_all(client, buf, len))
			return;
	}
}

static void relay_control(struct bus *bus, int client, int tpm)
{
	struct pollfd fds[2] = {
		{ .fd = client, .events = POLLIN },
		{ .fd = tpm, .events = POLLIN },
	};
	uint8_t buf[4096];
	ssize_t len;

	while (poll(fds, 2, -1) > 0) {
		int from = fds[0].revents ? 0 : 1;

		len = read(fds[from].fd, buf, sizeof(buf));
		if (len <= 0)
			return;
		record(bus, buf, len);
		if (!write_all(fds[!from].fd, buf, len))
			return;
	}
}

static void fill_address(struct sockaddr_un *address, const char *path, const char *suffix)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(address->sun_path, sizeof(address->sun_path), "%s%s", path, suffix);
}

static void serve(struct bus *bus, int which)
{
	struct sockaddr_un address;
	int client, tpm;

	client = accept(bus->listen[which], NULL, NULL);
	tpm = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fill_address(&address, bus->tpm, which == CONTROL ? ".ctrl" : "");
	if (client < 0 || tpm < 0 ||
	    connect(tpm, (struct sockaddr *)&address, sizeof(address)))
		complain(address.sun_path);
	else if (which == CONTROL)
		relay_control(bus, client, tpm);
	else
		relay_commands(bus, client, tpm);
	close(client);
	close(tpm);
}

/* tpm2-tss has one connection at a time, so this needs no more than one thread. */
static void *run(void *arg)
{
	struct bus *bus = arg;
	struct pollfd fds[3];

	for (int i = 0; i < 3; i++)
		fds[i] = (struct pollfd){ .fd = bus->listen[i], .events = POLLIN };
	while (poll(fds, 3, -1) > 0 && !fds[STOP].revents) {
		if (fds[COMMANDS].revents)
			serve(bus, COMMANDS);
		if (fds[CONTROL].revents)
			serve(bus, CONTROL);
	}
	return NULL;
}

static int start_listening(const char *dir, const char *suffix)
{
	struct sockaddr_un address;
	int fd;

	fill_address(&address, dir, suffix);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 8))
		return complain(address.sun_path);
	return fd;
}

int bus_start(struct bus *bus, const char *tpm)
{
	*bus = (struct bus){ .dir = "/tmp/uks-bus-XXXXXX" };
	if (!mkdtemp(bus->dir))
		return complain("mkdtemp");
	snprintf(bus->tcti, sizeof(bus->tcti), "swtpm:path=%s/tpm", bus->dir);
	snprintf(bus->tpm, sizeof(bus->tpm), "%s", tpm);
	bus->listen[COMMANDS] = start_listening(bus->dir, "/tpm");
	bus->listen[CONTROL] = start_listening(bus->dir, "/tpm.ctrl");
	bus->listen[STOP] = eventfd(0, EFD_CLOEXEC);
	for (int i = 0; i < 3; i++)
		if (bus->listen[i] < 0)
			return -1;
	return pthread_create(&bus->thread, NULL, run, bus) ? complain("thread") : 0;
}

int bus_stop(struct bus *bus)
{
	struct sockaddr_un address;
	int ret = 0;

	ret |= eventfd_write(bus->listen[STOP], 1);
	ret |= pthread_join(bus->thread, NULL);
	for (int i = 0; i < 3; i++)
		ret |= close(bus->listen[i]);
	fill_address(&address, bus->dir, "/tpm");
	ret |= unlink(address.sun_path);
	fill_address(&address, bus->dir, "/tpm.ctrl");
	ret |= unlink(address.sun_path);
	ret |= rmdir(bus->dir);
	free(bus->log);
	return ret ? complain("stop") : 0;
}
