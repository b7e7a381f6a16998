/* SPDX-License-Identifier: GPL-2.0 */
/* Keys for tests of libuks: each with a name of its own, gone when the test is. */
#ifndef KSELFTEST_LIBUKS_KEY_H
#define KSELFTEST_LIBUKS_KEY_H

#include <stdio.h>
#include <unistd.h>

#include <uks.h>

/**
 * struct test_key - a client and a key to test with
 * @client: the client
 * @name: the key's name
 * @err: of the last call
 */
struct test_key {
	struct uks_client *client;
	char name[64];
	struct uks_err err;
};

static inline int test_key_make(struct test_key *key, uint32_t type)
{
	static int count;

	snprintf(key->name, sizeof(key->name), "test-%d-%d", getpid(), count++);
	if (!key->client && uks_client_new(&key->client, &key->err))
		return -1;
	return uks_key_generate(key->client, key->name, type, 0, NULL, &key->err);
}

static inline struct uks_session *test_key_open(struct test_key *key, uint32_t purpose)
{
	struct uks_session *session = NULL;

	uks_session_open(key->client, key->name, purpose, 0, 0, &session, &key->err);
	return session;
}

static inline int test_key_delete(struct test_key *key)
{
	int ret = uks_key_delete(key->client, key->name, &key->err);

	uks_client_free(key->client);
	key->client = NULL;
	return ret;
}

#endif /* KSELFTEST_LIBUKS_KEY_H */
