// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libuks before a daemon that answers anything: each call ends, with a key or a text.
 * The first byte of the input is the call, the rest what the kernel gives back.
 */
#include <stdlib.h>
#include <string.h>

#include <uks.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/kernel.h"

typedef int try_fn(struct uks_client *client, struct uks_err *err);

static int look_at(struct uks_key *key, struct uks_err *err)
{
	struct uks_policy *policy;

	if (strlen(key->name) > UKS_NAME_MAX)
		abort();
	if (key->policy_len && !uks_policy_parse(key->policy, key->policy_len, &policy, err))
		uks_policy_free(policy);
	uks_key_free(key);
	return 0;
}

static int try_show(struct uks_client *client, struct uks_err *err)
{
	struct uks_key *key;
	int ret = uks_key_show(client, "key", &key, err);

	return ret ? ret : look_at(key, err);
}

static int try_generate(struct uks_client *client, struct uks_err *err)
{
	struct uks_key *key;
	int ret = uks_key_generate(client, "key", UKS_KEY_AES_256, 0, &key, err);

	return ret ? ret : look_at(key, err);
}

static int walk(struct uks_key_list *list, struct uks_err *err)
{
	struct uks_key *key = NULL;
	int ret;

	while (!(ret = uks_key_list_next(list, &key, err)) && key) {
		look_at(key, err);
		key = NULL;
	}
	uks_key_list_free(list);
	return ret;
}

static int try_list(struct uks_client *client, struct uks_err *err)
{
	struct uks_key_list *list;
	int ret = uks_key_list(client, &list, err);

	return ret ? ret : walk(list, err);
}

static int try_versions(struct uks_client *client, struct uks_err *err)
{
	struct uks_key_list *list;
	int ret = uks_key_versions(client, "key", &list, err);

	return ret ? ret : walk(list, err);
}

static int try_public(struct uks_client *client, struct uks_err *err)
{
	uint8_t out[512];
	size_t len = sizeof(out);
	int ret = uks_key_public(client, "key", out, &len, err);

	if (!ret && len > sizeof(out))
		abort();
	return ret;
}

static int try_wrap(struct uks_client *client, struct uks_err *err)
{
	const struct uks_wrapping wrapping = { .algorithm = UKS_ALG_AES_KWP };
	uint8_t out[512];
	size_t len = sizeof(out);

	return uks_key_wrap(client, "key", 0, &wrapping, out, &len, err);
}

static int try_delete(struct uks_client *client, struct uks_err *err)
{
	uint64_t erased;

	return uks_key_delete_with(client, "key", 0, &erased, err);
}

static int try_status(struct uks_client *client, struct uks_err *err)
{
	struct uks_status *status;
	int ret = uks_status(client, &status, err);

	if (!ret)
		uks_status_free(status);
	return ret;
}

static try_fn * const tries[] = {
	try_show, try_generate, try_list, try_versions, try_public, try_wrap, try_delete,
	try_status,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct uks_client *client;
	struct uks_err err = { 0 };

	if (!len)
		return 0;
	if (uks_client_new(&client, NULL))
		abort();
	kernel_answers(data + 1, len - 1);
	if (tries[data[0] % (sizeof(tries) / sizeof(*tries))](client, &err) && !err.text[0])
		abort();
	uks_client_free(client);
	return 0;
}
