/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every call of libuks that asks the daemon, so that each is tried with the same faults. */
#ifndef LIBUKS_CALLS_H
#define LIBUKS_CALLS_H

#include <uks.h>

/**
 * struct given - what a call gives
 * @object: a key, list, session, status, answer or what is freed by uks_sks_free()
 * @bytes: bytes and text
 * @len: in: room at @bytes; out: bytes there
 * @erased: when a key is erased
 * @tries: tries that are left to a PIN
 * @cursor: how far records were read
 */
struct given {
	void *object;
	uint8_t bytes[64];
	size_t len;
	uint64_t erased;
	uint32_t tries;
	char cursor[UKS_AUDIT_CURSOR];
};

/**
 * struct call - a call
 * @name: of its function
 * @make: calls it; returns what it returns
 * @free: frees @object of what was given, or NULL
 * @needs: attribute without which the answer is none, or 0
 * @outputs: value of UKS_A_RESULT, if the call wants a certain one
 * @outputs_len: bytes of it
 * @keyless: it is about no key that has a name
 * @reads: it looks at the answer, though it needs nothing of it
 */
struct call {
	const char *name;
	int (*make)(struct uks_client *client, const char *key, struct given *given,
		    struct uks_err *err);
	void (*free)(void *object);
	uint16_t needs;
	const char *outputs;
	size_t outputs_len;
	int keyless;
	int reads;
};

/* All calls; behind the last, one without a name. */
extern const struct call libuks_calls[];

#endif /* LIBUKS_CALLS_H */
