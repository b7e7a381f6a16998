// SPDX-License-Identifier: LGPL-2.1-or-later
/* Tries of PINs and PUKs: each wrong one is durable before it is answered. */
#include <string.h>

#include <sodium.h>

#include "daemon/sks/pin.h"
#include "daemon/sks/session.h"
#include "daemon/sks/tries.h"

void sks_wipe_guard(struct sks_guard *guard)
{
	sodium_memzero(guard, sizeof(*guard));
}

int sks_read_guard(struct sks_call *call, uint32_t handle, struct sks_guard *guard)
{
	memset(guard, 0, sizeof(*guard));
	if (sks_closed_key(call, handle, &guard->key) ||
	    sks_read_policy_of(call, &guard->key, &guard->pin, &guard->policy))
		return -1;
	if (!guard->policy.row.link)
		return 0;
	return sks_read_puk(call, guard->policy.row.link, &guard->puk);
}

static bool equal(const struct sks_bytes *given, const uint8_t *value, size_t len)
{
	return given->len == len && !sodium_memcmp(given->at, value, len);
}

int sks_try_pin(struct sks_call *call, struct sks_guard *guard, const struct sks_bytes *given)
{
	uint32_t handle = guard->key.row.handle;
	struct sks_pin *pin = &guard->pin;

	if (!guard->key.row.link)
		return !given->len ? 0 :
		       sks_fail(call, SKS_E_OPTION,
				"key %u has no PIN: leave the authorization out", handle);
	if (sks_tries_check(call))
		return -1;
	if (pin->errors >= guard->policy.limit)
		return sks_fail(call, SKS_E_AUTHORIZATION, "the PIN of key %u is blocked", handle);
	if (equal(given, pin->value, pin->len)) {
		if (!pin->errors)
			return 0;
		pin->errors = 0;
		return sks_write_pin(call, pin);
	}
	pin->errors++;
	if (sks_write_pin(call, pin))
		return -1;
	call->keep = true;
	return sks_fail(call, SKS_E_AUTHORIZATION, "the PIN of key %u is wrong, %u %s left",
			handle, guard->policy.limit - pin->errors,
			guard->policy.limit - pin->errors == 1 ? "try" : "tries");
}

int sks_try_puk(struct sks_call *call, struct sks_guard *guard, const struct sks_bytes *given)
{
	uint32_t handle = guard->key.row.handle;
	struct sks_puk *puk = &guard->puk;

	if (!guard->policy.row.link)
		return sks_fail(call, SKS_E_OPTION, "key %u has no PUK", handle);
	if (sks_tries_check(call))
		return -1;
	if (puk->limit && puk->errors >= puk->limit)
		return sks_fail(call, SKS_E_AUTHORIZATION, "the PUK of key %u is blocked", handle);
	if (!puk->limit && sks_puk_may_be_tried(call, puk))
		return -1;
	if (equal(given, puk->value, puk->len)) {
		if (!puk->errors)
			return 0;
		puk->errors = 0;
		return sks_write_puk(call, puk);
	}
	if (puk->limit) {
		puk->errors++;
		if (sks_write_puk(call, puk))
			return -1;
		call->keep = true;
	} else {
		sks_puk_was_wrong(call, puk);
	}
	return sks_fail(call, SKS_E_AUTHORIZATION, "the PUK of key %u is wrong", handle);
}

static int check_biometric(struct sks_call *call, const struct sks_key *key, bool given,
			   const struct sks_bytes *pin)
{
	if (key->biometric == SKS_BIOMETRIC_NONE && given)
		return sks_fail(call, SKS_E_OPTION, "key %u knows no biometric proof",
				key->row.handle);
	if ((key->biometric == SKS_BIOMETRIC_EXCLUSIVE ||
	     key->biometric == SKS_BIOMETRIC_COMBINED) && !given)
		return sks_fail(call, SKS_E_AUTHORIZATION, "key %u needs biometric proof",
				key->row.handle);
	if (key->biometric == SKS_BIOMETRIC_ALTERNATIVE && given && pin->len)
		return sks_fail(call, SKS_E_OPTION,
				"key %u takes a PIN or biometric proof, not both", key->row.handle);
	return 0;
}

static int authorize(struct sks_call *call, struct sks_guard *guard, bool biometric,
		     const struct sks_bytes *pin)
{
	if (check_biometric(call, &guard->key, biometric, pin))
		return -1;
	if (guard->key.biometric == SKS_BIOMETRIC_ALTERNATIVE && biometric)
		return 0;
	return sks_try_pin(call, guard, pin);
}

int sks_authorize(struct sks_call *call, uint32_t handle, bool biometric,
		  const struct sks_bytes *pin, struct sks_key *key)
{
	struct store *store = call->worker->store;
	struct sks_guard guard = { };
	int ret;

	if (store->ops->begin(store, call->failure))
		return sks_store_failed(call);
	ret = sks_read_guard(call, handle, &guard) || authorize(call, &guard, biometric, pin);
	*key = guard.key;
	sks_wipe_guard(&guard);
	if ((!ret || call->keep) && sks_tries_write(call)) {
		call->keep = false;
		ret = -1;
	}
	if (ret && !call->keep) {
		store->ops->rollback(store);
		return -1;
	}
	if (store->ops->commit(store, call->failure))
		return sks_store_failed(call);
	return sks_tries_settle(call) || ret ? -1 : 0;
}
