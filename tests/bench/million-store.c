// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Makes a store of many keys without a VM: asks the daemon's dispatcher, as the
 * kernel would, for thousands at a time, with the master key under a software TPM.
 *
 *   uks-million-store TPM-STATE STORE KEYS
 *
 * TPM-STATE is a directory as swtpm keeps it: what is there is used, so that several
 * stores belong to one TPM. Keys are aes-256, of the user with uid 3001; key i is named
 * key-BBB-NNNNNN, BBB being i / 4000 and NNNNNN i % 4000 + 1.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/uksd-daemon.h"

#define OWNER	3001	/* alice, see tests/vm/guest */
#define BATCH	4000

static struct daemon daemon_here;

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "uks-million-store: %s: %s\n", what, why);
	return -1;
}

/* In the place of the TPM that daemon_new() made. */
static int take_tpm(struct daemon *daemon, const char *state)
{
	char path[64];

	swtpm_off(&daemon->swtpm);
	snprintf(path, sizeof(path), "%s/state", daemon->swtpm.dir);
	if (swtpm_break(&daemon->swtpm) || symlink(state, path))
		return complain(state, strerror(errno));
	return swtpm_on(&daemon->swtpm, "not-need-init,startup-clear");
}

static int make_batch(struct daemon *daemon, unsigned int batch, unsigned int count)
{
	char name[32];

	snprintf(name, sizeof(name), "key-%03u", batch);
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, name);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, UKS_KEY_AES_256);
	uks_attrs_put_u32(&daemon->in, UKS_A_COUNT, count);
	return ask(daemon, UKS_OP_KEY_GENERATE) ? complain(name, daemon->text) : 0;
}

static int make_keys(struct daemon *daemon, unsigned int keys)
{
	unsigned int made, count;
	time_t began = time(NULL);

	daemon->uid = OWNER;
	for (made = 0; made < keys; made += count) {
		count = keys - made < BATCH ? keys - made : BATCH;
		if (make_batch(daemon, made / BATCH, count))
			return -1;
	}
	printf("%u keys made in %ld s\n", keys, (long)(time(NULL) - began));
	return 0;
}

static int make_store(struct daemon *daemon, const char *state, const char *store,
		      unsigned int keys)
{
	int ret;

	if (take_tpm(daemon, state))
		return -1;
	snprintf(daemon->config.store, sizeof(daemon->config.store), "%s", store);
	if (daemon_start(daemon))
		return complain(store, daemon->failure.text);
	ret = make_keys(daemon, keys);
	daemon_stop(daemon);
	return ret;
}

/* What is in the TPM's directory is not the link's to delete. */
static void put_tpm_back(struct daemon *daemon)
{
	char path[64];

	swtpm_off(&daemon->swtpm);
	snprintf(path, sizeof(path), "%s/state", daemon->swtpm.dir);
	unlink(path);
}

int main(int argc, char **argv)
{
	char *end = NULL;
	unsigned long keys = argc == 4 ? strtoul(argv[3], &end, 10) : 0;
	int ret;

	if (!keys || keys > 1000000 || *end || *argv[1] != '/') {
		fputs("usage: uks-million-store /TPM-STATE STORE KEYS, at most 1000000\n", stderr);
		return 2;
	}
	if (daemon_new(&daemon_here))
		return -complain("no daemon", daemon_here.failure.text);
	ret = make_store(&daemon_here, argv[1], argv[2], keys);
	put_tpm_back(&daemon_here);
	daemon_delete(&daemon_here);
	return ret ? 1 : 0;
}
