// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Workers and their channels. A pair of sockets takes the place of the kernel:
 * one read gives one request, one write takes one answer, as a channel does.
 */
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kselftest_harness.h>
#include <sodium.h>

#include "daemon/channel.h"
#include "tests/unit/leaks.h"
#include "tests/unit/uksd-daemon.h"

#define CHANNELS	3

FIXTURE(channel)
{
	struct daemon daemon;
	struct channels *channels;
	int kernel[CHANNELS];
	uint8_t answer[ANSWER_MAX];
};

FIXTURE_SETUP(channel)
{
	int fds[CHANNELS], pair[2], i;

	ASSERT_EQ(daemon_new(&self->daemon), 0);
	ASSERT_EQ(daemon_start(&self->daemon), 0) {
		TH_LOG("%s", self->daemon.failure.text);
	}
	for (i = 0; i < CHANNELS; i++) {
		ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
		self->kernel[i] = pair[0];
		fds[i] = pair[1];
	}
	self->channels = channels_new(fds, CHANNELS, &self->daemon.failure);
	ASSERT_NE(self->channels, NULL);
	ASSERT_EQ(channels_start(self->channels, &self->daemon.uksd, &self->daemon.failure), 0);
}

FIXTURE_TEARDOWN(channel)
{
	int i;

	channels_free(self->channels);
	for (i = 0; i < CHANNELS; i++)
		close(self->kernel[i]);
	daemon_stop(&self->daemon);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

static int send_request(int fd, uint64_t id, uint32_t op, const char *name, uint32_t type)
{
	uint8_t buf[1024];
	struct uks_request_header header = {
		.op = op, .id = id, .uid = ALICE, .out_max = UKS_PAYLOAD_MAX,
	};
	struct uks_attrs in;

	uks_attrs_init(&in, buf + sizeof(header), sizeof(buf) - sizeof(header));
	if (name)
		uks_attrs_put_string(&in, UKS_A_KEY_NAME, name);
	if (type)
		uks_attrs_put_u32(&in, UKS_A_KEY_TYPE, type);
	header.payload_len = in.len;
	header.len = sizeof(header) + in.len;
	memcpy(buf, &header, sizeof(header));
	return send(fd, buf, header.len, 0) == header.len ? 0 : -1;
}

static int receive(int fd, struct uks_answer_header *header, uint8_t *buf)
{
	ssize_t len = recv(fd, buf, ANSWER_MAX, 0);

	if (len < (ssize_t)sizeof(*header))
		return -1;
	memcpy(header, buf, sizeof(*header));
	return header->len == len ? 0 : -1;
}

TEST_F(channel, answers_what_was_asked)
{
	struct uks_answer_header header;
	int i;

	channels_go(self->channels);
	for (i = 0; i < CHANNELS; i++)
		ASSERT_EQ(send_request(self->kernel[i], 100 + i, UKS_OP_STATUS, NULL, 0), 0);
	for (i = CHANNELS - 1; i >= 0; i--) {
		ASSERT_EQ(receive(self->kernel[i], &header, self->answer), 0);
		EXPECT_EQ((int)header.id, 100 + i);
		EXPECT_EQ(header.code, 0);
	}
}

TEST_F(channel, nothing_is_served_before_it_may)
{
	struct pollfd poll_fd = { .fd = self->kernel[0], .events = POLLIN };
	struct uks_answer_header header;

	ASSERT_EQ(send_request(self->kernel[0], 1, UKS_OP_STATUS, NULL, 0), 0);
	EXPECT_EQ(poll(&poll_fd, 1, 100), 0);
	channels_go(self->channels);
	ASSERT_EQ(receive(self->kernel[0], &header, self->answer), 0);
	EXPECT_EQ(header.id, 1);
}

TEST_F(channel, requests_of_all_channels_meet_one_store)
{
	struct uks_answer_header header;
	int i, round, made = 0;
	char name[16];

	channels_go(self->channels);
	for (round = 0; round < 100; round++) {
		snprintf(name, sizeof(name), "key %d", round);
		for (i = 0; i < CHANNELS; i++)
			ASSERT_EQ(send_request(self->kernel[i], round, UKS_OP_KEY_GENERATE, name,
					       UKS_KEY_ED25519), 0);
		for (i = 0; i < CHANNELS; i++) {
			ASSERT_EQ(receive(self->kernel[i], &header, self->answer), 0);
			EXPECT_TRUE(!header.code || header.code == UKS_E_KEY_EXISTS);
			made += !header.code;
		}
	}
	EXPECT_EQ(made, 100);
}

/* What was asked before the end is answered before the end. */
TEST_F(channel, stops_in_order)
{
	struct uks_answer_header header;
	int i;

	channels_go(self->channels);
	for (i = 0; i < CHANNELS; i++) {
		ASSERT_EQ(send_request(self->kernel[i], 1, UKS_OP_STATUS, NULL, 0), 0);
		ASSERT_EQ(receive(self->kernel[i], &header, self->answer), 0);
	}
	channels_free(self->channels);	/* all three wait in read() */
	self->channels = NULL;
	for (i = 0; i < CHANNELS; i++)
		EXPECT_EQ(recv(self->kernel[i], self->answer, ANSWER_MAX, 0), 0);
}

TEST_F(channel, stops_before_it_began)
{
	channels_free(self->channels);
	self->channels = NULL;
}

/* Many ends at all kinds of moments: none may hang (the harness would end it). */
TEST_F(channel, stops_at_any_moment)
{
	struct uks_answer_header header;
	int round, pair[2];

	for (round = 0; round < 300; round++) {
		struct channels *channels;

		ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
		channels = channels_new(&pair[1], 1, &self->daemon.failure);
		ASSERT_NE(channels, NULL);
		ASSERT_EQ(channels_start(channels, &self->daemon.uksd, &self->daemon.failure), 0);
		channels_go(channels);
		if (round % 3)
			send_request(pair[0], round, UKS_OP_STATUS, NULL, 0);
		if (round % 3 == 2)
			receive(pair[0], &header, self->answer);
		channels_free(channels);
		close(pair[0]);
	}
}

/* A worker waits for a lock that nobody gives it: that is what a watchdog must see. */
TEST_F(channel, stuck_worker_is_seen)
{
	struct keylock *locks = &self->daemon.uksd.locks;
	struct uks_answer_header header;
	pthread_rwlock_t *lock;

	ASSERT_EQ(ask_generate(&self->daemon, "key", UKS_KEY_AES_128), 0);
	channels_go(self->channels);
	EXPECT_FALSE(channels_stuck(self->channels, 0));
	lock = keylock_change(locks, self->daemon.attrs[UKS_A_KEY_ID].value);
	ASSERT_EQ(send_request(self->kernel[0], 1, UKS_OP_KEY_DELETE, "key", 0), 0);
	while (!channels_stuck(self->channels, 1000))
		;
	EXPECT_FALSE(channels_stuck(self->channels, 60 * 1000000));
	keylock_release(lock);
	ASSERT_EQ(receive(self->kernel[0], &header, self->answer), 0);
	EXPECT_EQ(header.code, 0);
	while (channels_stuck(self->channels, 0))
		;
}

#define EXPECT_LOST() do { \
	struct pollfd lost = { .fd = channels_lost_fd(self->channels), .events = POLLIN }; \
	EXPECT_EQ(poll(&lost, 1, 10000), 1); \
} while (0)

#define EXPECT_NOT_LOST() do { \
	struct pollfd lost = { .fd = channels_lost_fd(self->channels), .events = POLLIN }; \
	EXPECT_EQ(poll(&lost, 1, 0), 0); \
} while (0)

TEST_F(channel, closed_channel_is_lost)
{
	channels_go(self->channels);
	EXPECT_NOT_LOST();
	close(self->kernel[1]);
	self->kernel[1] = -1;
	EXPECT_LOST();
}

TEST_F(channel, another_protocol_is_lost)
{
	uint8_t nonsense[100] = { 1 };

	channels_go(self->channels);
	ASSERT_EQ(send(self->kernel[0], nonsense, sizeof(nonsense), 0), sizeof(nonsense));
	EXPECT_LOST();
}

TEST_HARNESS_MAIN
