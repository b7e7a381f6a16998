// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 *   crash-soak SECONDS SEED UKSD
 *
 * as root, with a daemon running: 64 processes of 8 users do everything with keys at
 * once. All the time one of them gets a signal or is killed, and another one comes in its
 * place; in the first half the daemon (by the script UKSD) is stopped or killed and started
 * again, too. A ninth user signs now and then, and measures. Speaks TAP.
 */
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/crash/soak.h"

#define USERS		8
#define EACH		8
#define PROCESSES	(USERS * EACH)
#define UID		5000	/* of the first user */
#define STEP_MS		100
#define SAMPLES		4096	/* of the quiet user */
#define MEMORY_STEP	2048	/* KiB that the memory in use may differ by */

/**
 * struct soak - what all processes share
 * @counts: of each process that there is or was
 * @quiet: milliseconds that the quiet user's uses took
 * @quiets: how many
 * @quiet_failed: uses that ended with an error
 */
struct soak {
	struct soak_count counts[PROCESSES];
	double quiet[SAMPLES];
	unsigned int quiets;
	unsigned int quiet_failed;
};

static struct soak *soak;
static pid_t pids[PROCESSES];
static const char *script;
static int number;		/* of the last test */
static bool failed;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void report(bool good, const char *name)
{
	printf("%sok %d soak.%s\n", good ? "" : "not ", ++number, name);
	failed |= !good;
}

static void on_signal(int signal)
{
	(void)signal;
}

static void become(uid_t uid)
{
	struct group *group = getgrnam("uks");
	gid_t gid = group ? group->gr_gid : 0;

	if (!group || setgroups(1, &gid) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid)) {
		perror("crash-soak: setresuid");
		_exit(1);
	}
}

static void start_worker(int i)
{
	struct sigaction action = { .sa_handler = on_signal };

	pids[i] = fork();
	if (pids[i])
		return;
	/* Half of them have interrupted calls restarted. */
	action.sa_flags = i % 2 ? SA_RESTART : 0;
	sigaction(SIGUSR1, &action, NULL);
	become(UID + i % USERS);
	soak_work(i, &soak->counts[i]);
}

/* Sign, and say how long it took; < 0 when it failed. */
static double sign_once(struct uks_client *client)
{
	uint8_t signature[UKS_SIGNATURE_MAX];
	struct uks_session *session;
	size_t len = sizeof(signature);
	double start = now();
	int ret;

	if (uks_session_open(client, "quiet", UKS_PURPOSE_SIGN, 0, 0, &session, NULL))
		return -1;
	ret = uks_sign(session, "quiet", 5, signature, &len, NULL);
	uks_session_close(session);
	return ret ? -1 : (now() - start) * 1e3;
}

static void be_quiet(void)
{
	static const struct timespec pause = { .tv_nsec = 200000000 };
	struct uks_client *client;
	struct uks_err err;
	double took;

	become(UID + USERS);
	if (uks_client_new(&client, &err) ||
	    uks_key_generate(client, "quiet", UKS_KEY_EC_P256, 0, NULL, &err)) {
		printf("# quiet user: %s\n", err.text);
		_exit(1);
	}
	for (;;) {
		took = sign_once(client);
		if (took < 0)
			soak->quiet_failed++;
		else if (soak->quiets < SAMPLES)
			soak->quiet[soak->quiets++] = took;
		nanosleep(&pause, NULL);
	}
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* The samples from @first on, sorted. */
static void tell_quiet(const char *when, unsigned int first)
{
	unsigned int count = soak->quiets - first;
	static double sorted[SAMPLES];

	if (!count)
		return;
	memcpy(sorted, soak->quiet + first, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), by_size);
	printf("# quiet user %s: %u uses, half within %.1f ms, ", when, count, sorted[count / 2]);
	printf("95 %% within %.1f ms, longest %.1f ms\n", sorted[count * 95 / 100],
	       sorted[count - 1]);
}

/* A number after a word in a file, such as KiB of memory; -1 if it is not there. */
static long number_in(const char *path, const char *word)
{
	FILE *file = fopen(path, "r");
	char line[256];
	long value = -1;

	while (file && value < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, word, strlen(word)))
			value = strtol(line + strlen(word), NULL, 10);
	if (file)
		fclose(file);
	return value;
}

static long daemon_memory(void)
{
	long pid = number_in("/run/uks-vm/uksd.pid", "");
	char path[64];

	snprintf(path, sizeof(path), "/proc/%ld/status", pid);
	return number_in(path, "RssAnon:");
}

static int run_script(const char *verb)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		execl(script, script, verb, NULL);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status ? 0 : -1;
}

static int restart_daemon(void)
{
	if (rand() % 2)
		return run_script("restart");
	return run_script("kill") || run_script("start") ? -1 : 0;
}

static void disturb_one(void)
{
	int i = rand() % PROCESSES;

	if (rand() % 4) {
		kill(pids[i], SIGUSR1);
		return;
	}
	kill(pids[i], SIGKILL);
	waitpid(pids[i], NULL, 0);
	start_worker(i);
}

static int disturb(double until, int *restarts, double pause)
{
	static const struct timespec step = { .tv_nsec = STEP_MS * 1000000 };
	double next = now() + pause;

	while (now() < until) {
		disturb_one();
		nanosleep(&step, NULL);
		if (!restarts || now() < next)
			continue;
		if (restart_daemon())
			return -1;
		++*restarts;
		next = now() + pause;
	}
	return 0;
}

static void tell_shares(void)
{
	uint64_t shares[USERS] = { 0 }, all = 0, least = UINT64_MAX, most = 0, refused = 0;
	int i;

	for (i = 0; i < PROCESSES; i++) {
		shares[i % USERS] += soak->counts[i].done;
		all += soak->counts[i].done;
		refused += soak->counts[i].refused;
	}
	for (i = 0; i < USERS; i++) {
		least = shares[i] < least ? shares[i] : least;
		most = shares[i] > most ? shares[i] : most;
	}
	printf("# %llu operations done, %llu refused as documented\n", (unsigned long long)all,
	       (unsigned long long)refused);
	printf("# of an equal share the smallest user had %.0f %%, the greatest %.0f %%\n",
	       all ? 100.0 * USERS * least / all : 0, all ? 100.0 * USERS * most / all : 0);
	report(least > 0 && 2 * USERS * least > all,
	       "every_user_gets_at_least_half_of_an_equal_share");
}

static bool nothing_is_wrong(void)
{
	bool good = true;
	int i;

	for (i = 0; i < PROCESSES; i++) {
		if (!soak->counts[i].wrong)
			continue;
		printf("# process %d: %s\n", i, soak->counts[i].text);
		good = false;
	}
	return good;
}

/* All that were told to end have ended within a minute. */
static bool all_end(pid_t quiet)
{
	int i, status;

	for (i = 0; i < PROCESSES; i++)
		kill(pids[i], SIGKILL);
	kill(quiet, SIGKILL);
	alarm(60);
	for (i = 0; i <= PROCESSES; i++)
		if (wait(&status) < 0)
			return false;
	alarm(0);
	return true;
}

static void on_alarm(int signal)
{
	(void)signal;
}

/* Load with all the disturbances; then without restarts, and its memory is looked at. */
static void soak_for(double seconds)
{
	double start = now();
	long memory, slab, memory_end, slab_end;
	int i, restarts = 0;

	for (i = 0; i < PROCESSES; i++)
		start_worker(i);
	report(!disturb(start + seconds / 2, &restarts, seconds / 12) && restarts,
	       "the_daemon_always_comes_back");
	printf("# %d restarts of the daemon under load\n", restarts);
	disturb(start + seconds * 5 / 8, NULL, 0);
	memory = daemon_memory();
	slab = number_in("/proc/meminfo", "SUnreclaim:");
	disturb(start + seconds, NULL, 0);
	memory_end = daemon_memory();
	slab_end = number_in("/proc/meminfo", "SUnreclaim:");
	printf("# uksd had %ld KiB, then %ld KiB; slab of the kernel %ld KiB, then %ld KiB\n",
	       memory, memory_end, slab, slab_end);
	report(memory > 0 && memory_end > 0 && memory_end - memory < MEMORY_STEP &&
	       slab_end - slab < MEMORY_STEP, "memory_stays_flat");
}

int main(int argc, char **argv)
{
	static const struct timespec alone = { .tv_sec = 10 };
	struct sigaction action = { .sa_handler = on_alarm };
	unsigned int before;
	pid_t quiet;

	if (argc != 4)
		return 2;
	srand(atoi(argv[2]));
	script = argv[3];
	sigaction(SIGALRM, &action, NULL);
	soak = mmap(NULL, sizeof(*soak), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		    -1, 0);
	if (soak == MAP_FAILED)
		return 1;
	setlinebuf(stdout);
	printf("TAP version 13\n1..6\n");
	quiet = fork();
	if (!quiet)
		be_quiet();
	nanosleep(&alone, NULL);
	before = soak->quiets;
	tell_quiet("alone", 0);
	soak_for(atoi(argv[1]));
	tell_quiet("under the load of 64", before);
	tell_shares();
	report(soak->quiets > before + 1, "a_quiet_user_is_served_under_load");
	report(nothing_is_wrong(), "nothing_ends_with_an_error_that_may_not_be");
	report(all_end(quiet) && !number_in("/sys/class/misc/uks/sessions", "") &&
	       !number_in("/sys/class/misc/uks/requests", ""), "nothing_is_stuck_or_left_behind");
	return failed;
}
