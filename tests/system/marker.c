// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Imports a key whose bytes a test can look for, uses it, lets go of it:
 *
 *   marker NAME
 *
 * prints "open" while sessions with the key are open, "closed" after they were
 * closed, and goes on after each at SIGUSR1. Many threads do the same at once,
 * with the same bytes under the names NAME-0, NAME-1, and so on: what somebody
 * forgot to wipe then lies in many places, not all of which are soon used again.
 * The bytes are computed where they are needed and nowhere else, so that neither
 * the program nor a file has them; tests/system/marker.py computes the same.
 */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <uks.h>

#define MARKER_LEN	32
#define THREADS		32

/* One thread: what it opened, and what went wrong. */
struct worker {
	pthread_t thread;
	struct uks_client *client;
	struct uks_session *session;
	struct uks_err err;
	char name[64];
	int ret;
};

/* All threads have done the same thing when they meet here. */
static pthread_barrier_t barrier;

/* The plaintext that is encrypted: it may be found on no wire either. */
static const char plaintext[] = "the plaintext that no netlink socket carries";

/* A volatile byte at a time: no copy stays in a vector register. */
static void marker_make(volatile uint8_t *marker)
{
	uint32_t state = 0x756b7331;
	size_t i;

	for (i = 0; i < MARKER_LEN; i++) {
		state = state * 1664525 + 1013904223;
		marker[i] = state >> 24;
	}
}

static void marker_wipe(volatile uint8_t *marker)
{
	size_t i;

	for (i = 0; i < MARKER_LEN; i++)
		marker[i] = 0;
}

static int import(struct worker *worker)
{
	uint8_t marker[MARKER_LEN];
	struct uks_material material = { UKS_FORMAT_RAW, marker, sizeof(marker) };
	int ret;

	marker_make(marker);
	ret = uks_key_import(worker->client, worker->name, UKS_KEY_AES_256, 0, &material, NULL,
			     &worker->err);
	marker_wipe(marker);
	return ret;
}

static int use(struct worker *worker)
{
	uint8_t out[sizeof(plaintext) + UKS_TAG_LEN];
	size_t out_len = sizeof(out);
	struct uks_aead aead = {};

	return uks_encrypt(worker->session, &aead, plaintext, sizeof(plaintext), out, &out_len,
			   &worker->err);
}

static void *work(void *data)
{
	struct worker *worker = data;

	worker->ret = import(worker);
	pthread_barrier_wait(&barrier);
	if (!worker->ret)
		worker->ret = uks_session_open(worker->client, worker->name, UKS_PURPOSE_ENCRYPT,
					       0, 0, &worker->session, &worker->err);
	if (!worker->ret)
		worker->ret = use(worker);
	return NULL;
}

static int run(struct worker *workers)
{
	int i, ret = 0;

	for (i = 0; i < THREADS; i++)
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	for (i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		if (workers[i].ret && !ret)
			fprintf(stderr, "marker: %s: %s\n", workers[i].name, workers[i].err.text);
		ret |= workers[i].ret;
	}
	return ret;
}

static void say_and_wait(const char *word)
{
	sigset_t set;
	int sig;

	puts(word);
	fflush(stdout);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigwait(&set, &sig);
}

int main(int argc, char **argv)
{
	static struct worker workers[THREADS];
	struct uks_client *client;
	struct uks_err err;
	sigset_t set;
	int i, ret;

	if (argc != 2)
		return 2;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (uks_client_new(&client, &err)) {
		fprintf(stderr, "marker: %s\n", err.text);
		return 1;
	}
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (i = 0; i < THREADS; i++) {
		workers[i].client = client;
		snprintf(workers[i].name, sizeof(workers[i].name), "%s-%d", argv[1], i);
	}

	ret = run(workers);
	if (!ret)
		say_and_wait("open");
	for (i = 0; i < THREADS; i++)
		uks_session_close(workers[i].session);
	if (!ret)
		say_and_wait("closed");
	uks_client_free(client);
	return ret ? 1 : 0;
}
