// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Imports a key whose bytes a test can look for, uses it, lets go of it:
 *
 *   marker NAME
 *
 * prints "open" while a session with the key is open, "closed" after it was
 * closed, and goes on after each at SIGUSR1. The bytes are computed where they
 * are needed and nowhere else, so that neither the program nor a file has them;
 * tests/system/marker.py computes the same.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <uks.h>

#define MARKER_LEN	32

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

static int import(struct uks_client *client, const char *name, struct uks_err *err)
{
	uint8_t marker[MARKER_LEN];
	struct uks_material material = { UKS_FORMAT_RAW, marker, sizeof(marker) };
	int ret;

	marker_make(marker);
	ret = uks_key_import(client, name, UKS_KEY_AES_256, 0, &material, NULL, err);
	marker_wipe(marker);
	return ret;
}

static int use(struct uks_session *session, struct uks_err *err)
{
	uint8_t out[sizeof(plaintext) + UKS_TAG_LEN];
	size_t out_len = sizeof(out);
	struct uks_aead aead = {};

	return uks_encrypt(session, &aead, plaintext, sizeof(plaintext), out, &out_len, err);
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
	struct uks_client *client = NULL;
	struct uks_session *session = NULL;
	struct uks_err err;
	sigset_t set;
	int ret;

	if (argc != 2)
		return 2;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);

	ret = uks_client_new(&client, &err);
	if (!ret)
		ret = import(client, argv[1], &err);
	if (!ret)
		ret = uks_session_open(client, argv[1], UKS_PURPOSE_ENCRYPT, 0, 0, &session, &err);
	if (!ret)
		ret = use(session, &err);
	if (ret)
		goto out;
	say_and_wait("open");
	uks_session_close(session);
	session = NULL;
	say_and_wait("closed");
out:
	if (ret)
		fprintf(stderr, "marker: %s\n", err.text);
	uks_session_close(session);
	uks_client_free(client);
	return ret ? 1 : 0;
}
