// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a process of the soak does: anything with keys of its own, again and again. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/crash/soak.h"

/* The keys of a process have fixed names, so that its successor finds them. */
enum slot { FIRST, LAST = 2, IN_TPM, WITH_PIN };

/* What may be said to who is disturbed by signals, quotas, and a daemon that comes and goes. */
static bool is_expected(int code)
{
	static const int codes[] = {
		UKS_E_BUSY, UKS_E_INTERRUPTED, UKS_E_DAEMON_DIED, UKS_E_NO_DAEMON, UKS_E_TIMEOUT,
		UKS_E_REVOKED, UKS_E_NO_KEY, UKS_E_KEY_EXISTS, UKS_E_RESTORE, UKS_E_DEACTIVATED,
		UKS_E_LEASE_EXPIRED, UKS_E_BAD_PURPOSE, UKS_E_PIN_NEEDED, UKS_E_PIN_WRONG,
		UKS_E_PIN_LOCKED, UKS_E_TPM_BUSY,
	};
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (code == codes[i])
			return true;
	return false;
}

static void name_key(const struct worker *worker, int slot, char name[32])
{
	snprintf(name, 32, "soak-%d-%d", worker->number, slot);
}

static int make(struct worker *worker, int slot)
{
	static const uint32_t types[] = {
		UKS_KEY_AES_256, UKS_KEY_EC_P256, UKS_KEY_ED25519, UKS_KEY_HMAC_SHA256,
	};
	struct uks_key_options options = { .provider = UKS_PROVIDER_TPM };
	char name[32];

	name_key(worker, slot, name);
	if (slot == WITH_PIN)
		return soak_make_with_pin(worker, name);
	if (slot == IN_TPM)
		return uks_key_generate_with(worker->client, name, UKS_KEY_EC_P256, &options, NULL,
					     &worker->err);
	return uks_key_generate(worker->client, name, types[rand() % 4], 0, NULL, &worker->err);
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

/* What a key cannot do is refused, and that is right, too. */
static int use(struct worker *worker, int slot)
{
	struct uks_key *key;
	uint32_t type;
	char name[32];
	int ret;

	name_key(worker, slot, name);
	ret = uks_key_show(worker->client, name, &key, &worker->err);
	if (ret)
		return ret == -UKS_E_NO_KEY ? make(worker, slot) : ret;
	type = key->type;
	uks_key_free(key);
	return slot == WITH_PIN ? soak_sign_with_pin(worker, name) :
				  soak_use(worker, name, type);
}

/* Among those of one kind. */
static int rename_one(struct worker *worker)
{
	char from[32], to[32];

	name_key(worker, rand() % (LAST + 1), from);
	name_key(worker, rand() % (LAST + 1), to);
	return uks_key_rename(worker->client, from, to, &worker->err);
}

/* The TPM, which is slow, has work in one of five. */
static int pick_slot(void)
{
	int dice = rand() % 10;

	if (dice < 8)
		return dice % (LAST + 1);
	return dice == 8 ? IN_TPM : WITH_PIN;
}

static int do_something(struct worker *worker)
{
	int dice = rand() % 100, slot = pick_slot();
	char name[32];

	name_key(worker, slot, name);
	if (dice < 70)
		return use(worker, slot);
	if (dice < 78)
		return list(worker);
	if (dice < 84)
		return uks_key_rotate(worker->client, name, NULL, NULL, &worker->err);
	if (dice < 90)
		return rename_one(worker);
	if (dice < 97)
		return uks_key_delete_with(worker->client, name, UKS_CALL_NOW, NULL,
					   &worker->err);
	return make(worker, slot);
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
