// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What things cost with many keys: uks-million KEYS, in the VM, as their owner, with a
 * store that uks-million-store made. Lines "NAME VALUE", times in microseconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "uks.h"

#define BATCH	4000	/* as in million-store.c */
#define OPENS	2000
#define LISTS	51
#define PAGE	100

static double took[OPENS];

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

static void die(const struct uks_err *err)
{
	fprintf(stderr, "uks-million: %s\n", err->text);
	exit(1);
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return a < b ? -1 : a > b;
}

static void report(const char *name, unsigned int count)
{
	qsort(took, count, sizeof(*took), compare);
	printf("%s-p50 %.0f\n%s-p99 %.0f\n", name, took[count / 2], name,
	       took[count * 99 / 100]);
}

/* Random names that are the same in each run. */
static void open_some(struct uks_client *client, unsigned int keys)
{
	struct uks_session *session;
	struct uks_err err;
	unsigned int i, key;
	char name[32];
	double began;

	for (i = 0; i < OPENS; i++) {
		key = random() % keys;
		snprintf(name, sizeof(name), "key-%03u-%06u", key / BATCH, key % BATCH + 1);
		began = now();
		if (uks_session_open(client, name, UKS_PURPOSE_ENCRYPT, 0, 0, &session, &err))
			die(&err);
		took[i] = now() - began;
		uks_session_close(session);
	}
}

/* First of all, and after as many others have warmed the caches. */
static void measure_open(struct uks_client *client, unsigned int keys)
{
	open_some(client, keys);
	report("open-cold", OPENS);
	open_some(client, keys);
	report("open", OPENS);
}

static unsigned int list_some(struct uks_client *client, uint32_t page, unsigned int max)
{
	const struct uks_list_options options = { .page = page };
	struct uks_key_list *list;
	unsigned int count = 0;
	struct uks_key *key;
	struct uks_err err;

	if (uks_key_list_with(client, &options, &list, &err))
		die(&err);
	while (count < max) {
		if (uks_key_list_next(list, &key, &err))
			die(&err);
		if (!key)
			break;
		uks_key_free(key);
		count++;
	}
	uks_key_list_free(list);
	return count;
}

static void measure_first_page(struct uks_client *client)
{
	double began;
	int i;

	for (i = 0; i < LISTS; i++) {
		began = now();
		list_some(client, PAGE, PAGE);
		took[i] = now() - began;
	}
	report("list", LISTS);
}

static void measure_status(struct uks_client *client)
{
	struct uks_status *status;
	struct uks_err err;
	double began;
	int i;

	for (i = 0; i < LISTS; i++) {
		began = now();
		if (uks_status(client, &status, &err))
			die(&err);
		took[i] = now() - began;
		uks_status_free(status);
	}
	report("status", LISTS);
}

static void measure_all(struct uks_client *client, unsigned int keys)
{
	double began = now();
	unsigned int count = list_some(client, 0, keys + 1);

	if (count != keys) {
		fprintf(stderr, "uks-million: %u keys were listed, not %u\n", count, keys);
		exit(1);
	}
	printf("list-all %.0f\n", now() - began);
}

int main(int argc, char **argv)
{
	unsigned int keys = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	struct uks_client *client;
	struct uks_err err;

	if (!keys)
		return 2;
	if (uks_client_new(&client, &err))
		die(&err);
	if (*argv[2] == 'a') {
		measure_all(client, keys);
	} else {
		measure_open(client, keys);
		measure_first_page(client);
		measure_status(client);
	}
	uks_client_free(client);
	return 0;
}
