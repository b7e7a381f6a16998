// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a process of the soak does: anything with keys of its own, again and again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/crash/soak.h"

#define NAMES	3
#define MESSAGE	256

/* The keys of a process have fixed names, so that its successor finds them. */
struct worker {
	struct uks_client *client;
	struct uks_err err;
	int number;
};

/* What may be said to who is disturbed by signals, quotas, and a daemon that comes and goes. */
static bool is_expected(int code)
{
	static const int codes[] = {
		UKS_E_BUSY, UKS_E_INTERRUPTED, UKS_E_DAEMON_DIED, UKS_E_NO_DAEMON, UKS_E_TIMEOUT,
		UKS_E_REVOKED, UKS_E_NO_KEY, UKS_E_KEY_EXISTS, UKS_E_RESTORE, UKS_E_DEACTIVATED,
		UKS_E_LEASE_EXPIRED, UKS_E_BAD_PURPOSE,
	};
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (code == codes[i])
			return true;
	return false;
}

static void name_key(const struct worker *worker, char name[32])
{
	snprintf(name, 32, "soak-%d-%d", worker->number, rand() % NAMES);
}

static int make(struct worker *worker, const char *name)
{
	static const uint32_t types[] = {
		UKS_KEY_AES_256, UKS_KEY_EC_P256, UKS_KEY_ED25519, UKS_KEY_HMAC_SHA256,
	};

	return uks_key_generate(worker->client, name, types[rand() % 4], 0, NULL, &worker->err);
}

static int crypt(struct worker *worker, const char *name)
{
	uint8_t in[MESSAGE] = "plain", out[MESSAGE + UKS_TAG_LEN], back[MESSAGE];
	size_t len = sizeof(out), back_len = sizeof(back);
	struct uks_session *session;
	struct uks_aead aead = {};
	int ret;

	ret = uks_session_open(worker->client, name, UKS_PURPOSE_ENCRYPT, 0, 0, &session,
			       &worker->err);
	if (ret)
		return ret;
	ret = uks_encrypt(session, &aead, in, sizeof(in), out, &len, &worker->err);
	uks_session_close(session);
	if (ret)
		return ret;
	ret = uks_session_open(worker->client, name, UKS_PURPOSE_DECRYPT, 0, 0, &session,
			       &worker->err);
	if (ret)
		return ret;
	ret = uks_decrypt(session, &aead, out, len, back, &back_len, &worker->err);
	uks_session_close(session);
	if (!ret && (back_len != sizeof(in) || memcmp(in, back, sizeof(in))))
		abort();
	return ret;
}

static int sign(struct worker *worker, const char *name)
{
	uint8_t message[MESSAGE] = "signed", signature[UKS_SIGNATURE_MAX];
	size_t len = sizeof(signature);
	struct uks_session *session;
	int ret;

	ret = uks_session_open(worker->client, name, UKS_PURPOSE_SIGN, 0, 0, &session,
			       &worker->err);
	if (ret)
		return ret;
	ret = uks_sign(session, message, sizeof(message), signature, &len, &worker->err);
	uks_session_close(session);
	return ret;
}

static int authenticate(struct worker *worker, const char *name)
{
	uint8_t message[MESSAGE] = "authentic", mac[UKS_MAC_MAX];
	size_t len = sizeof(mac);
	struct uks_session *session;
	int ret;

	ret = uks_session_open(worker->client, name, UKS_PURPOSE_MAC, 0, 0, &session,
			       &worker->err);
	if (ret)
		return ret;
	ret = uks_mac(session, message, sizeof(message), mac, &len, &worker->err);
	uks_session_close(session);
	return ret;
}

static int list(struct worker *worker)
{
	struct uks_key_list *list;
	struct uks_key *key;
	int ret = uks_key_list(worker->client, &list, &worker->err);

	if (ret)
		return ret;
	ret = uks_key_list_next(list, &key, &worker->err);
	while (!ret && key) {
		uks_key_free(key);
		ret = uks_key_list_next(list, &key, &worker->err);
	}
	uks_key_list_free(list);
	return ret;
}

/* Whatever the key's type is: what it cannot do is refused, and that is right, too. */
static int use(struct worker *worker, const char *name)
{
	struct uks_key *key;
	uint32_t type;
	int ret = uks_key_show(worker->client, name, &key, &worker->err);

	if (ret)
		return ret == -UKS_E_NO_KEY ? make(worker, name) : ret;
	type = key->type;
	uks_key_free(key);
	if (type == UKS_KEY_AES_256)
		return crypt(worker, name);
	return type == UKS_KEY_HMAC_SHA256 ? authenticate(worker, name) : sign(worker, name);
}

static int do_something(struct worker *worker)
{
	char name[32], other[32];
	int dice = rand() % 100;

	name_key(worker, name);
	name_key(worker, other);
	if (dice < 70)
		return use(worker, name);
	if (dice < 78)
		return list(worker);
	if (dice < 84)
		return uks_key_rotate(worker->client, name, NULL, NULL, &worker->err);
	if (dice < 90)
		return uks_key_rename(worker->client, name, other, &worker->err);
	if (dice < 97)
		return uks_key_delete_with(worker->client, name, UKS_CALL_NOW, NULL,
					   &worker->err);
	return make(worker, name);
}

void soak_work(int number, struct soak_count *count)
{
	struct worker worker = { .number = number };

	srand(number + time(NULL));
	while (uks_client_new(&worker.client, &worker.err))
		count->refused++;
	for (;;) {
		if (!do_something(&worker)) {
			count->done++;
		} else if (!is_expected(worker.err.code)) {
			count->wrong++;
			snprintf(count->text, sizeof(count->text), "%s (%d)", worker.err.text,
				 worker.err.code);
		} else {
			count->refused++;
		}
	}
}
