// SPDX-License-Identifier: GPL-2.0
/*
 * What the daemon revokes ends at once, whatever it is doing, and nothing else
 * does; and who listens is told.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "client.h"
#include "daemon.h"
#include "kselftest_harness.h"

#define THREADS	4

static const uint8_t other_key[UKS_KEY_ID_LEN] = { 1, 2, 3 };
static uint8_t text[1000];

FIXTURE(revoke) {
	struct daemon daemon;
	struct service service;
	struct control control;
	int client;
	char keep[8];
};

FIXTURE_SETUP(revoke)
{
	service_init(&self->service);
	ASSERT_EQ(0, parameter_get("keep_leases", self->keep, sizeof(self->keep)));
	ASSERT_EQ(0, control_open(&self->control));
	ASSERT_EQ(0, daemon_start(&self->daemon));
	self->client = client_open();
	ASSERT_LE(0, self->client);
}

FIXTURE_TEARDOWN(revoke)
{
	EXPECT_EQ(0, parameter_set("keep_leases", self->keep));
	close(self->client);
	EXPECT_EQ(0, sysfs_wait("sessions", 0));
	EXPECT_EQ(0, sysfs_wait("requests", 0));
	EXPECT_EQ(0, sysfs_wait("bytes", 0));
	control_close(&self->control);
	daemon_stop(&self->daemon);
}

static int encrypt(int session)
{
	uint8_t sealed[sizeof(text) + UKS_TAG_LEN];
	struct cipher_text in = { .text = text, .len = sizeof(text) };
	struct cipher_text out = { .text = sealed, .len = sizeof(sealed) };

	return session_encrypt(session, 0, &in, &out);
}

static int begin(int session)
{
	uint8_t nonce[UKS_NONCE_LEN];
	struct uks_begin arg = { .size = sizeof(arg), .nonce = ptr(nonce),
				 .nonce_len = UKS_NONCE_LEN };

	return uks(session, UKS_IOC_BEGIN, &arg);
}

static int update(int session)
{
	struct uks_update arg = { .size = sizeof(arg), .in = ptr(text), .in_len = sizeof(text) };

	return uks(session, UKS_IOC_UPDATE, &arg);
}

static int finish(int session)
{
	uint8_t sealed[8 * sizeof(text)];
	struct uks_finish arg = { .size = sizeof(arg), .out = ptr(sealed),
				  .out_len = sizeof(sealed) };

	return uks(session, UKS_IOC_FINISH, &arg);
}

/* All that a session of this purpose can be asked for, except to tell what it is. */
static int try_all(int session, uint32_t purpose)
{
	uint8_t out[2 * sizeof(text)], nonce[UKS_NONCE_LEN] = {};
	struct cipher_text in = { .text = text, .len = sizeof(text) };
	struct cipher_text result = { .text = out, .len = sizeof(out) };
	struct uks_sign sign = { .size = sizeof(sign), .in = ptr(text), .in_len = 9,
				 .out = ptr(out), .out_len = sizeof(out) };
	struct uks_verify verify = { .size = sizeof(verify), .in = ptr(text), .in_len = 9,
				     .sig = ptr(nonce), .sig_len = 12 };
	struct uks_begin plain = { .size = sizeof(plain) };

	switch (purpose) {
	case UKS_PURPOSE_ENCRYPT:
		return encrypt(session) == begin(session) ? encrypt(session) : -EIO;
	case UKS_PURPOSE_DECRYPT:
		return session_decrypt(session, &in, &result);
	case UKS_PURPOSE_SIGN:
		return uks(session, UKS_IOC_SIGN, &sign);
	case UKS_PURPOSE_VERIFY:
		return uks(session, UKS_IOC_VERIFY, &verify);
	case UKS_PURPOSE_MAC:
		return uks(session, UKS_IOC_MAC, &sign) ?: uks(session, UKS_IOC_BEGIN, &plain);
	}
	return uks(session, UKS_IOC_MAC_VERIFY, &verify);
}

TEST_F(revoke, ends_every_session_of_the_key_and_no_other)
{
	struct uks_session_info info = { .size = sizeof(info) };
	int fds[6], other, i;
	unsigned int seen;

	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	for (i = 0; i < 6; i++) {
		fds[i] = session_open(self->client, 1U << i);
		ASSERT_LE(0, fds[i]);
	}
	memcpy(self->service.key_id, other_key, UKS_KEY_ID_LEN);
	other = session_open(self->client, UKS_PURPOSE_ENCRYPT);
	service_init(&self->service);
	EXPECT_EQ(6, control_revoke(&self->daemon.control, self->service.key_id));
	seen = service_seen(&self->service);
	for (i = 0; i < 6; i++)
		EXPECT_EQ(-EKEYREVOKED, try_all(fds[i], 1U << i));
	EXPECT_EQ(seen, service_seen(&self->service));
	EXPECT_EQ(0, encrypt(other));
	EXPECT_EQ(0, control_revoke(&self->daemon.control, self->service.key_id));
	/* What it was can still be asked; and a new session may be granted. */
	EXPECT_EQ(0, uks(fds[0], UKS_IOC_SESSION_INFO, &info));
	EXPECT_EQ(0, memcmp(self->service.key_id, info.key_id, UKS_KEY_ID_LEN));
	close(fds[0]);
	fds[0] = session_open(self->client, UKS_PURPOSE_ENCRYPT);
	EXPECT_EQ(0, encrypt(fds[0]));
	EXPECT_EQ(1, control_revoke(&self->daemon.control, other_key));
	EXPECT_EQ(-EKEYREVOKED, encrypt(other));
	for (i = 0; i < 6; i++)
		close(fds[i]);
	close(other);
}

TEST_F(revoke, ends_a_message_in_parts_and_wipes_it)
{
	int session;

	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	session = session_open(self->client, UKS_PURPOSE_ENCRYPT);
	/* The thread of the daemon may still hold what it answered. */
	ASSERT_EQ(0, sysfs_wait("requests", 0));
	ASSERT_EQ(0, begin(session));
	ASSERT_EQ(0, update(session));
	EXPECT_LT(0, sysfs("bytes"));
	EXPECT_EQ(1, control_revoke(&self->daemon.control, self->service.key_id));
	EXPECT_EQ(0, sysfs("bytes"));
	EXPECT_EQ(-EKEYREVOKED, update(session));
	EXPECT_EQ(-EKEYREVOKED, finish(session));
	EXPECT_EQ(-EKEYREVOKED, begin(session));
	close(session);
}

static struct request req;
static struct answer answer;

/* Revoked between the daemon's answer and the client's first look at it. */
TEST_F(revoke, reaches_a_session_whose_answer_was_just_written)
{
	struct caller caller;
	int i, ret;

	for (i = 0; i < 20; i++) {
		caller_init(&caller, self->client, UKS_IOC_SESSION_OPEN);
		ASSERT_EQ(0, caller_start(&caller));
		ASSERT_EQ(0, daemon_read(self->daemon.channel, &req));
		service_answer(&self->service, &req, &answer);
		ASSERT_EQ(0, answer_write(self->daemon.channel, &answer));
		EXPECT_EQ(1, control_revoke(&self->daemon.control, self->service.key_id));
		ret = caller_join(&caller);
		if (ret) {
			EXPECT_EQ(-EKEYREVOKED, ret);
			continue;
		}
		EXPECT_EQ(-EKEYREVOKED, encrypt(caller.call.fd));
		close(caller.call.fd);
	}
}

/* Before the answer nobody knows which key it will be: the daemon decides later. */
TEST_F(revoke, leaves_a_session_alone_that_has_no_key_yet)
{
	struct caller caller;

	caller_init(&caller, self->client, UKS_IOC_SESSION_OPEN);
	ASSERT_EQ(0, caller_start(&caller));
	ASSERT_EQ(0, daemon_read(self->daemon.channel, &req));
	EXPECT_EQ(0, control_revoke(&self->daemon.control, self->service.key_id));
	service_answer(&self->service, &req, &answer);
	ASSERT_EQ(0, answer_write(self->daemon.channel, &answer));
	ASSERT_EQ(0, caller_join(&caller));
	EXPECT_EQ(0, encrypt(caller.call.fd));
	close(caller.call.fd);
}

TEST_F(revoke, zeroize_ends_all_sessions_also_those_being_opened)
{
	struct caller caller;
	int fds[2], channel = self->daemon.channel;

	self->daemon.channel = daemon_channel(&self->daemon);
	ASSERT_LE(0, self->daemon.channel);
	caller_init(&caller, self->client, UKS_IOC_SESSION_OPEN);
	ASSERT_EQ(0, caller_start(&caller));
	ASSERT_EQ(0, daemon_read(channel, &req));
	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	fds[0] = session_open(self->client, UKS_PURPOSE_ENCRYPT);
	memcpy(self->service.key_id, other_key, UKS_KEY_ID_LEN);
	fds[1] = session_open(self->client, UKS_PURPOSE_MAC);
	/* An administrator may, too. */
	EXPECT_EQ(3, control_zeroize(&self->control));
	EXPECT_EQ(-EKEYREVOKED, encrypt(fds[0]));
	EXPECT_EQ(-EKEYREVOKED, try_all(fds[1], UKS_PURPOSE_MAC));
	service_answer(&self->service, &req, &answer);
	ASSERT_EQ(0, answer_write(channel, &answer));
	EXPECT_EQ(-EKEYREVOKED, caller_join(&caller));
	EXPECT_EQ(-1, caller.call.fd);
	EXPECT_EQ(0, control_zeroize(&self->daemon.control));
	close(fds[0]);
	close(fds[1]);
	close(channel);
}

#define SESSIONS	300

/* What a dump told. */
struct listing {
	unsigned int count;
	unsigned int wrong;
	unsigned int again;	/* listed twice, or out of order */
	uint64_t uses;
	uint64_t last;
};

static void list_session(const struct control_reply *reply, void *arg)
{
	struct listing *listing = arg;
	uint64_t id = uks_attr_u64(&reply->attr[UKS_NL_A_SESSION_ID], 0);

	listing->count++;
	listing->again += id <= listing->last;
	listing->uses += uks_attr_u64(&reply->attr[UKS_NL_A_USES], 1000);
	if (reply->cmd != UKS_NL_CMD_SESSION || !id ||
	    uks_attr_u32(&reply->attr[UKS_NL_A_UID], 1) != 0 ||
	    uks_attr_u32(&reply->attr[UKS_NL_A_PID], 0) != (uint32_t)getpid() ||
	    uks_attr_u32(&reply->attr[UKS_NL_A_PURPOSE], 0) != UKS_PURPOSE_ENCRYPT ||
	    uks_attr_u32(&reply->attr[UKS_NL_A_ALGORITHM], 0) != UKS_ALG_AES_GCM ||
	    reply->attr[UKS_NL_A_KEY_ID].len != UKS_KEY_ID_LEN ||
	    memcmp(reply->attr[UKS_NL_A_KEY_ID].value, other_key, UKS_KEY_ID_LEN))
		listing->wrong++;
	listing->last = id;
}

TEST_F(revoke, sessions_are_listed_truly)
{
	struct listing listing = {}, none = {};
	int fds[SESSIONS], i;

	memcpy(self->service.key_id, other_key, UKS_KEY_ID_LEN);
	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	for (i = 0; i < SESSIONS; i++) {
		fds[i] = session_open(self->client, UKS_PURPOSE_ENCRYPT);
		ASSERT_LE(0, fds[i]);
	}
	EXPECT_EQ(0, encrypt(fds[0]));
	EXPECT_EQ(0, encrypt(fds[SESSIONS - 1]));
	EXPECT_EQ(0, encrypt(fds[SESSIONS - 1]));
	EXPECT_EQ(0, control_dump(&self->control, UKS_NL_CMD_SESSION, list_session, &listing));
	EXPECT_EQ(SESSIONS, listing.count);
	EXPECT_EQ(0, listing.wrong);
	EXPECT_EQ(0, listing.again);
	EXPECT_EQ(3, listing.uses);
	for (i = 0; i < SESSIONS; i++)
		close(fds[i]);
	EXPECT_EQ(0, control_dump(&self->control, UKS_NL_CMD_SESSION, list_session, &none));
	EXPECT_EQ(0, none.count);
}

static uint32_t attr_u32(const struct control_reply *reply, enum uks_nl_a type)
{
	return uks_attr_u32(&reply->attr[type], 0xffffffff);
}

TEST_F(revoke, listeners_are_told)
{
	struct control_reply event;
	int session;

	ASSERT_EQ(0, control_join(&self->control));
	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	session = session_open(self->client, UKS_PURPOSE_ENCRYPT);
	ASSERT_EQ(1, control_revoke(&self->daemon.control, self->service.key_id));
	ASSERT_EQ(0, control_event(&self->control, &event));
	EXPECT_EQ(UKS_NL_CMD_EVENT_REVOKED, event.cmd);
	EXPECT_EQ(1, attr_u32(&event, UKS_NL_A_COUNT));
	ASSERT_EQ(UKS_KEY_ID_LEN, event.attr[UKS_NL_A_KEY_ID].len);
	EXPECT_EQ(0, memcmp(self->service.key_id, event.attr[UKS_NL_A_KEY_ID].value,
			    UKS_KEY_ID_LEN));
	close(session);
	session = session_open(self->client, UKS_PURPOSE_ENCRYPT);
	ASSERT_EQ(1, control_zeroize(&self->daemon.control));
	ASSERT_EQ(0, control_event(&self->control, &event));
	EXPECT_EQ(UKS_NL_CMD_EVENT_ZEROIZED, event.cmd);
	EXPECT_EQ(1, attr_u32(&event, UKS_NL_A_COUNT));
	close(session);
	daemon_stop(&self->daemon);
	ASSERT_EQ(0, control_event(&self->control, &event));
	EXPECT_EQ(UKS_NL_CMD_EVENT_DAEMON_DOWN, event.cmd);
	EXPECT_EQ(getpid(), attr_u32(&event, UKS_NL_A_PID));
	EXPECT_EQ(0, attr_u32(&event, UKS_NL_A_COUNT));
	ASSERT_EQ(0, daemon_start(&self->daemon));
	ASSERT_EQ(0, control_event(&self->control, &event));
	EXPECT_EQ(UKS_NL_CMD_EVENT_DAEMON_UP, event.cmd);
	EXPECT_EQ(getpid(), attr_u32(&event, UKS_NL_A_PID));
}

TEST_F(revoke, leases_outlive_the_daemon)
{
	int session;

	ASSERT_EQ(0, parameter_set("keep_leases", "Y"));
	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	session = session_open(self->client, UKS_PURPOSE_ENCRYPT);
	daemon_stop(&self->daemon);
	EXPECT_EQ(0, sysfs("daemon"));
	EXPECT_EQ(0, encrypt(session));
	close(session);
}

TEST_F(revoke, leases_end_with_the_daemon_where_policy_says_so)
{
	struct control_reply event;
	int session;

	ASSERT_EQ(0, parameter_set("keep_leases", "N"));
	ASSERT_EQ(0, control_join(&self->control));
	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	session = session_open(self->client, UKS_PURPOSE_ENCRYPT);
	EXPECT_EQ(0, encrypt(session));
	daemon_stop(&self->daemon);
	EXPECT_EQ(-EKEYREVOKED, encrypt(session));
	ASSERT_EQ(0, control_event(&self->control, &event));
	EXPECT_EQ(UKS_NL_CMD_EVENT_DAEMON_DOWN, event.cmd);
	EXPECT_EQ(1, attr_u32(&event, UKS_NL_A_COUNT));
	close(session);
}

/* A thread that works until it no longer may. */
struct worker {
	pthread_t thread;
	int session;
	bool parts;
	int ret;
};

static void *work(void *arg)
{
	struct worker *worker = arg;

	do {
		if (worker->parts)
			worker->ret = begin(worker->session) ?: update(worker->session) ?:
				      finish(worker->session);
		else
			worker->ret = encrypt(worker->session);
		/* Those who share a session end each other's messages in parts. */
	} while (!worker->ret || (worker->parts && worker->ret == -EBADFD));
	return NULL;
}

/* Sessions of their own, a session that all share, and messages in parts in it. */
TEST_F(revoke, ends_work_under_way_in_many_threads)
{
	struct worker workers[3 * THREADS];
	int round, i, shared, own[THREADS];

	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	for (round = 0; round < 5; round++) {
		int64_t enough = sysfs("messages") + 100;

		shared = session_open(self->client, UKS_PURPOSE_ENCRYPT);
		for (i = 0; i < THREADS; i++)
			own[i] = session_open(self->client, UKS_PURPOSE_ENCRYPT);
		for (i = 0; i < 3 * THREADS; i++) {
			workers[i].session = i < THREADS ? own[i] : shared;
			workers[i].parts = i >= 2 * THREADS;
			ASSERT_EQ(0, pthread_create(&workers[i].thread, NULL, work, &workers[i]));
		}
		while (sysfs("messages") < enough)
			sched_yield();
		EXPECT_EQ(THREADS + 1, control_revoke(&self->daemon.control,
						      self->service.key_id));
		for (i = 0; i < 3 * THREADS; i++) {
			pthread_join(workers[i].thread, NULL);
			EXPECT_EQ(-EKEYREVOKED, workers[i].ret);
		}
		close(shared);
		for (i = 0; i < THREADS; i++)
			close(own[i]);
		EXPECT_EQ(0, sysfs("sessions"));
		EXPECT_EQ(0, sysfs("bytes"));
	}
}

/* Closing, revoking and listing at the same time. */
static void *churn(void *arg)
{
	int *client = arg;
	int i, session;

	for (i = 0; i < 100; i++) {
		session = session_open(*client, UKS_PURPOSE_ENCRYPT);
		if (session < 0)
			return session == -EKEYREVOKED ? NULL : arg;
		encrypt(session);
		close(session);
	}
	return NULL;
}

TEST_F(revoke, races_with_opening_closing_and_listing)
{
	pthread_t threads[THREADS];
	struct listing listing;
	void *failed;
	int i;

	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	for (i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, churn, &self->client));
	for (i = 0; i < 50; i++) {
		EXPECT_LE(0, control_revoke(&self->daemon.control, self->service.key_id));
		memset(&listing, 0, sizeof(listing));
		EXPECT_EQ(0, control_dump(&self->control, UKS_NL_CMD_SESSION, list_session,
					  &listing));
		/* Sessions come while the list is read, but none comes twice. */
		EXPECT_EQ(0, listing.again);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &failed);
		EXPECT_EQ(NULL, failed);
	}
}

TEST_HARNESS_MAIN
