// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a client or session that does nothing costs the kernel, in slabs. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench.h"
#include "uks.h"

static void add(struct uks_session **list, unsigned int i, struct uks_client *client)
{
	struct uks_err err;

	if (uks_session_open(client, "aes-256", UKS_PURPOSE_ENCRYPT, 0, 0, &list[i], &err)) {
		fprintf(stderr, "uks-bench: session %u: %s\n", i, err.text);
		exit(1);
	}
}

/* Bytes of objects in use, in all slabs: /proc/slabinfo. */
static long slab_bytes(void)
{
	FILE *file = fopen("/proc/slabinfo", "r");
	char line[512], name[64];
	unsigned long active, total, size;
	long sum = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s %lu %lu %lu", name, &active, &total, &size) == 4)
			sum += active * size;
	if (file)
		fclose(file);
	return sum;
}

/**
 * bench_idle() - tell what idle clients or sessions cost
 * @what: "clients" or "sessions"
 * @count: how many to make
 *
 * Return: exit status.
 */
int bench_idle(const char *what, unsigned int count)
{
	struct rlimit limit = { .rlim_cur = 65536, .rlim_max = 65536 };
	struct uks_session **sessions = calloc(count, sizeof(*sessions));
	bool clients = !strcmp(what, "clients");
	struct uks_client *client;
	unsigned int i;
	long before;

	setrlimit(RLIMIT_NOFILE, &limit);
	if (!sessions || uks_client_new(&client, NULL))
		return 1;
	if (!clients)
		add(sessions, 0, client);
	/* The table of descriptors grows by itself: let it have grown. */
	dup2(0, count + 16);
	before = slab_bytes();
	for (i = 1; i < count; i++) {
		if (!clients)
			add(sessions, i, client);
		else if (open("/dev/uks", O_RDWR | O_CLOEXEC) < 0)
			return 1;
	}
	printf("{\"figure\":\"kernel-bytes-per-%.*s\",\"value\":%ld}\n", (int)strlen(what) - 1,
	       what, (slab_bytes() - before) / (count - 1));
	free(sessions);
	return 0;
}
