// SPDX-License-Identifier: GPL-2.0
/*
 * Everything at once, on several processors: sessions are used, closed, revoked and
 * wiped, clients killed, the daemon dies and comes back, lists are made. Each thread
 * does its work RACES times (300) and says how it ended.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "client.h"
#include "daemon.h"
#include "parts.h"

#define SLOTS		3
#define WORKERS_MAX	12
#define LONG_MESSAGE	40000
#define CALL_NS		20000000000ULL	/* the daemon comes back before that */

struct race;

struct worker {
	struct race *race;
	void (*step)(struct race *race, unsigned int *random);
	pthread_t thread;
	unsigned int number;
	bool started;
};

struct race {
	struct service service;
	int client;
	atomic_int session[SLOTS];
	uint8_t mac[32];
	unsigned int rounds;
	atomic_uint left;
	atomic_uint done, refused, wrong;
	struct worker worker[WORKERS_MAX];
	unsigned int workers;
};

static uint8_t message[LONG_MESSAGE];

static unsigned int pick(unsigned int *random, unsigned int bound)
{
	return rand_r(random) % bound;
}

/*
 * What a race may end with; anything else is a mistake. The number may be that of another
 * file by now, of a session for something else, or of one where no message was begun.
 */
static void note(struct race *race, const char *what, int ret)
{
	switch (-ret) {
	case 0:
		atomic_fetch_add(&race->done, 1);
		return;
	case EBADF: case EBADFD: case ENOTTY: case EINVAL: case EOPNOTSUPP:
	case EPERM: case EKEYREVOKED: case EKEYEXPIRED: case ENOTCONN: case EPIPE: case EBUSY:
		atomic_fetch_add(&race->refused, 1);
		return;
	}
	atomic_fetch_add(&race->wrong, 1);
	printf("# %s: %s\n", what, strerror(-ret));
}

static void open_slot(struct race *race, unsigned int slot)
{
	const uint32_t purposes[SLOTS] = { UKS_PURPOSE_MAC, UKS_PURPOSE_ENCRYPT, UKS_PURPOSE_SIGN };
	int session = session_open(race->client, purposes[slot]);

	note(race, "open", session < 0 ? session : 0);
	session = atomic_exchange(&race->session[slot], session < 0 ? -1 : session);
	if (session >= 0)
		close(session);
}

static void reopen(struct race *race, unsigned int *random)
{
	open_slot(race, pick(random, SLOTS));
}

/* The session to use, which somebody may close or open anew meanwhile. */
static int session_in(struct race *race, unsigned int slot)
{
	if (atomic_load(&race->session[slot]) < 0)
		open_slot(race, slot);
	return atomic_load(&race->session[slot]);
}

static void just_close(struct race *race, unsigned int *random)
{
	int session = atomic_exchange(&race->session[pick(random, SLOTS)], -1);

	if (session >= 0)
		close(session);
	else
		sched_yield();
}

static void use_mac(struct race *race, unsigned int *random)
{
	uint8_t mac[32];
	int ret = session_mac(session_in(race, 0), message, LONG_MESSAGE, mac);

	note(race, "MAC", ret);
	if (!ret && memcmp(mac, race->mac, sizeof(mac))) {
		atomic_fetch_add(&race->wrong, 1);
		printf("# another MAC\n");
	}
}

static void use_cipher(struct race *race, unsigned int *random)
{
	static __thread uint8_t out[LONG_MESSAGE + UKS_TAG_LEN];
	struct text text = { .in = message, .in_len = pick(random, 4) ? 100 : LONG_MESSAGE,
			     .out = out, .out_len = sizeof(out), .nonce_len = UKS_NONCE_LEN };
	int session = session_in(race, 1);

	if (pick(random, 2))
		note(race, "ENCRYPT", text_whole(session, UKS_IOC_ENCRYPT, &text));
	else
		note(race, "UPDATE", text_parts(session, &text, text.in_len / 3));
}

static void use_remote(struct race *race, unsigned int *random)
{
	uint8_t signature[UKS_SIGNATURE_MAX];
	struct uks_session_info info = { .size = sizeof(info) };
	struct uks_sign sign = { .size = sizeof(sign), .in = ptr(message),
				 .in_len = pick(random, 1000), .out = ptr(signature),
				 .out_len = sizeof(signature),
				 .deadline_ns = now_ns() + CALL_NS };
	int session = session_in(race, 2);

	note(race, "SIGN", uks(session, UKS_IOC_SIGN, &sign));
	note(race, "SESSION_INFO", uks(session, UKS_IOC_SESSION_INFO, &info));
}

static void call(struct race *race, unsigned int *random)
{
	struct caller *caller = malloc(sizeof(*caller));

	if (!caller)
		abort();
	caller_init(caller, race->client, pick(random, 2) ? UKS_IOC_STATUS : UKS_IOC_KEY_SHOW);
	if (pick(random, 4) == 0) {
		/* Soon over: the answer and the end meet. */
		caller->call.deadline_ns = now_ns() + pick(random, 1000000);
		caller_run(caller);
	} else {
		caller->call.deadline_ns = now_ns() + CALL_NS;
		note(race, "call", caller_run(caller));
	}
	free(caller);
}

static __attribute__((noreturn)) int be_client(void *arg)
{
	int client = client_open();

	for (;;)
		close(session_open(client, UKS_PURPOSE_MAC));
}

static void kill_client(struct race *race, unsigned int *random)
{
	pid_t child = fork_child(be_client, race);
	unsigned int i, count = pick(random, 50);

	for (i = 0; i < count; i++)
		sched_yield();
	kill(child, SIGKILL);
	if (wait_child(child) != -1000 - SIGKILL)
		atomic_fetch_add(&race->wrong, 1);
}

static void zeroize(struct race *race, unsigned int *random)
{
	struct control control;
	int ret = control_open(&control);

	ret = ret ?: control_zeroize(&control);
	note(race, "ZEROIZE", ret < 0 ? ret : 0);
	control_close(&control);
	while (pick(random, 8))
		sched_yield();
}

static void ignore(const struct control_reply *reply, void *arg)
{
}

static void look(struct race *race, unsigned int *random)
{
	struct control control;
	int ret = control_open(&control);
	int64_t stat = 0;

	ret = ret ?: control_dump(&control, UKS_NL_CMD_SESSION, ignore, NULL);
	if (!ret)
		stat = control_stat(&control, UKS_NL_STAT_BYTES);
	note(race, "list", ret ?: stat < 0 ? (int)stat : 0);
	control_close(&control);
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct race *race = worker->race;
	unsigned int random = worker->number, i;

	for (i = 0; i < race->rounds; i++)
		worker->step(race, &random);
	atomic_fetch_sub(&race->left, 1);
	return NULL;
}

static void add(struct race *race, void (*step)(struct race *race, unsigned int *random))
{
	struct worker *worker = &race->worker[race->workers++];

	*worker = (struct worker){ .race = race, .step = step, .number = race->workers };
}

static void start(struct race *race)
{
	unsigned int i;

	atomic_store(&race->left, race->workers);
	for (i = 0; i < race->workers; i++)
		race->worker[i].started = !pthread_create(&race->worker[i].thread, NULL, work,
							  &race->worker[i]);
}

static int join(struct race *race)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < race->workers; i++) {
		if (race->worker[i].started)
			pthread_join(race->worker[i].thread, NULL);
		else
			ret = -EAGAIN;
	}
	return ret;
}

FIXTURE(race) {
	struct race race;
	struct daemon daemon;
	int64_t held[3];
};

static void look_at_held(int64_t held[3])
{
	held[0] = sysfs("sessions");
	held[1] = sysfs("requests");
	held[2] = sysfs("bytes");
}

static unsigned int rounds(void)
{
	const char *value = getenv("RACES");

	return value ? atoi(value) : 300;
}

FIXTURE_SETUP(race)
{
	unsigned int i;

	service_init(&self->race.service);
	self->race.rounds = rounds();
	for (i = 0; i < SLOTS; i++)
		atomic_store(&self->race.session[i], -1);
	look_at_held(self->held);
	ASSERT_EQ(0, daemon_start(&self->daemon));
	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->race.service));
	self->race.client = client_open();
	ASSERT_LE(0, self->race.client);
	i = session_open(self->race.client, UKS_PURPOSE_MAC);
	ASSERT_EQ(0, session_mac(i, message, LONG_MESSAGE, self->race.mac));
	close(i);
}

FIXTURE_TEARDOWN(race)
{
	parameter_set("keep_leases", "Y");
}

static bool nothing_held(const int64_t before[3])
{
	time_t end = time(NULL) + CONTROL_WAIT_MS / 1000;
	int64_t now[3];

	do {
		look_at_held(now);
		if (!memcmp(before, now, sizeof(now)))
			return true;
		sched_yield();
	} while (time(NULL) < end);
	return false;
}

/* The threads run to their end; the daemon does what @between says meanwhile. */
static void run(struct __test_metadata *_metadata, struct _test_data_race *self,
		void (*between)(struct _test_data_race *self))
{
	struct race *race = &self->race;
	unsigned int i, times = 0;
	int session;

	start(race);
	for (; between && atomic_load(&race->left); times++)
		between(self);
	EXPECT_EQ(0, join(race));
	daemon_stop(&self->daemon);
	for (i = 0; i < SLOTS; i++) {
		session = atomic_load(&race->session[i]);
		if (session >= 0)
			close(session);
	}
	close(race->client);
	EXPECT_EQ(0, atomic_load(&race->wrong));
	EXPECT_LT(0, atomic_load(&race->done));
	EXPECT_TRUE(nothing_held(self->held));
	ksft_print_msg("%u threads, %u times each: %u done, %u refused; %u times meanwhile\n",
		       race->workers, race->rounds, atomic_load(&race->done),
		       atomic_load(&race->refused), times);
}

static void use_all(struct race *race)
{
	add(race, use_mac);
	add(race, use_cipher);
	add(race, use_remote);
	add(race, call);
	add(race, reopen);
	add(race, reopen);
}

TEST_F_TIMEOUT(race, of_use_and_close_gives_results_or_refusals, 600)
{
	use_all(&self->race);
	add(&self->race, just_close);
	run(_metadata, self, NULL);
}

static void revoke_all(struct _test_data_race *self)
{
	if (control_revoke(&self->daemon.control, self->race.service.key_id) < 0)
		atomic_fetch_add(&self->race.wrong, 1);
}

TEST_F_TIMEOUT(race, of_use_and_revocation_gives_results_or_refusals, 600)
{
	use_all(&self->race);
	add(&self->race, zeroize);
	add(&self->race, look);
	run(_metadata, self, revoke_all);
}

/* Nobody else ends what has begun. */
static void begin_again(struct _test_data_race *self)
{
	int ret;

	daemon_stop(&self->daemon);
	ret = daemon_start(&self->daemon) ?:
	      daemon_serve(&self->daemon, &self->race.service);
	if (!ret)
		return;
	printf("# the daemon cannot begin: %s\n", strerror(-ret));
	atomic_fetch_add(&self->race.wrong, 1);
}

/* It comes back before anybody has waited in vain. */
static void die(struct _test_data_race *self)
{
	unsigned int before = service_seen(&self->race.service);

	begin_again(self);
	while (atomic_load(&self->race.left) && service_seen(&self->race.service) < before + 5)
		sched_yield();
}

TEST_F_TIMEOUT(race, of_use_and_the_daemons_death_gives_results_or_refusals, 600)
{
	use_all(&self->race);
	add(&self->race, look);
	run(_metadata, self, die);
}

TEST_F_TIMEOUT(race, of_death_that_revokes_and_idle_sessions_gives_results_or_refusals, 600)
{
	ASSERT_EQ(0, parameter_set("keep_leases", "N"));
	self->race.service.idle_ns = 1000000;
	use_all(&self->race);
	add(&self->race, just_close);
	add(&self->race, zeroize);
	run(_metadata, self, die);
}

/*
 * A socket of the process has the number that the daemon's will get, and gives it back
 * while the daemon begins.
 */
static void open_and_close(struct race *race, unsigned int *random)
{
	struct control control;
	int ret = control_open(&control);

	note(race, "socket", ret);
	control_close(&control);
}

TEST_F_TIMEOUT(race, of_a_socket_that_ends_takes_no_daemon_away, 600)
{
	self->race.rounds *= 5;
	add(&self->race, open_and_close);
	add(&self->race, open_and_close);
	run(_metadata, self, begin_again);
}

TEST_F_TIMEOUT(race, of_killed_clients_leaves_nothing, 600)
{
	self->race.rounds = self->race.rounds / 10 + 1;
	use_all(&self->race);
	add(&self->race, kill_client);
	add(&self->race, kill_client);
	add(&self->race, zeroize);
	run(_metadata, self, revoke_all);
}

TEST_HARNESS_MAIN
