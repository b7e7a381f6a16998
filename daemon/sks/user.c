// SPDX-License-Identifier: LGPL-2.1-or-later
/* What users do with keys beside using them: delete, export, unlock, other PINs. */
#include <string.h>

#include <sodium.h>

#include "daemon/sks/keep.h"
#include "daemon/sks/pin.h"
#include "daemon/sks/post.h"
#include "daemon/sks/session.h"

static int authorize_by(struct sks_call *call, struct sks_guard *guard, uint8_t protection,
			const struct sks_bytes *authorization, const char *what)
{
	switch (protection) {
	case SKS_PROTECT_NEVER:
		return sks_fail(call, SKS_E_NOT_ALLOWED, "key %u cannot be %s",
				guard->key.row.handle, what);
	case SKS_PROTECT_PIN:
		return sks_try_pin(call, guard, authorization);
	case SKS_PROTECT_PUK:
		return sks_try_puk(call, guard, authorization);
	default:
		return !authorization->len ? 0 :
		       sks_fail(call, SKS_E_OPTION,
				"key %u is %s without authorization: leave it out",
				guard->key.row.handle, what);
	}
}

static int delete_key(struct sks_call *call, struct sks_guard *guard,
		      const struct sks_bytes *authorization)
{
	if (authorize_by(call, guard, guard->key.deletion, authorization, "deleted"))
		return -1;
	return sks_remove_all(call, &guard->key);
}

/* As RFC 5958 has it, or the bytes of a secret. */
static int write_secret(struct sks_call *call, struct sks_guard *guard, struct output *output)
{
	const struct provider *provider = call->worker->uksd->provider;
	uint8_t *secret = call->worker->secret;
	struct private_key *key;
	size_t len;
	int ret;

	if (sks_read_secret(call, &guard->key, &len))
		return -1;
	if (guard->key.symmetric) {
		memcpy(output->bytes, secret, len);
		output->len = len;
		return 0;
	}
	if (provider->load(&call->worker->record.key, secret, len, &key, call->failure))
		return sks_store_failed(call);
	ret = provider->export(key, UKS_FORMAT_PKCS8, output, call->failure);
	provider->unload(key);
	return ret ? sks_store_failed(call) : 0;
}

static int export_key(struct sks_call *call, struct sks_guard *guard,
		      const struct sks_bytes *authorization)
{
	struct output output = { .size = KEY_SECRET_MAX + 1024 };
	int ret = -1;

	if (authorize_by(call, guard, guard->key.export, authorization, "exported"))
		return -1;
	output.bytes = sodium_malloc(output.size);
	if (!output.bytes)
		return sks_fail(call, SKS_E_INTERNAL, "out of locked memory for a key");
	if (!write_secret(call, guard, &output)) {
		guard->key.backup |= SKS_BACKUP_EXPORTED;
		sks_put_bytes(&call->out, output.bytes, output.len);
		ret = sks_write_key(call, &guard->key);
	}
	sodium_memzero(call->worker->secret, KEY_SECRET_MAX);
	sodium_free(output.bytes);
	return ret;
}

static int need_pin(struct sks_call *call, const struct sks_guard *guard)
{
	if (guard->key.row.link)
		return 0;
	return sks_fail(call, SKS_E_OPTION, "key %u has no PIN", guard->key.row.handle);
}

static int unlock_key(struct sks_call *call, struct sks_guard *guard,
		      const struct sks_bytes *puk)
{
	if (need_pin(call, guard) || sks_try_puk(call, guard, puk))
		return -1;
	guard->pin.errors = 0;
	return sks_write_pin(call, &guard->pin);
}

static int store_pin(struct sks_call *call, struct sks_guard *guard,
		     const struct sks_bytes *value)
{
	struct sks_pin *pin = &guard->pin, other = { };

	if (!guard->policy.user_modifiable)
		return sks_fail(call, SKS_E_NOT_ALLOWED, "the PIN of key %u cannot be changed",
				guard->key.row.handle);
	if (sks_check_pin(call, &guard->policy, value) ||
	    sks_find_group(call, &guard->policy, pin->usage, value, pin->row.handle, &other) < 0)
		return -1;
	sodium_memzero(&other, sizeof(other));
	sodium_memzero(pin->value, sizeof(pin->value));
	memcpy(pin->value, value->at, value->len);
	pin->len = value->len;
	pin->errors = 0;
	return sks_write_pin(call, pin);
}

static int change_pin(struct sks_call *call, struct sks_guard *guard,
		      const struct sks_bytes *old)
{
	struct sks_bytes value = sks_get_bytes(&call->in);

	if (sks_arguments(call) || need_pin(call, guard) || sks_try_pin(call, guard, old))
		return -1;
	return store_pin(call, guard, &value);
}

static int set_pin(struct sks_call *call, struct sks_guard *guard, const struct sks_bytes *puk)
{
	struct sks_bytes value = sks_get_bytes(&call->in);

	if (sks_arguments(call) || need_pin(call, guard) || sks_try_puk(call, guard, puk))
		return -1;
	return store_pin(call, guard, &value);
}

static int with_guard(struct sks_call *call, bool last,
		      int (*act)(struct sks_call *call, struct sks_guard *guard,
				 const struct sks_bytes *authorization))
{
	uint32_t handle = sks_get_u32(&call->in);
	struct sks_bytes authorization = sks_get_bytes(&call->in);
	struct sks_guard guard = { };
	int ret = -1;

	if (!last || !sks_arguments(call))
		ret = sks_read_guard(call, handle, &guard) ||
		      act(call, &guard, &authorization) ? -1 : 0;
	sks_wipe_guard(&guard);
	return ret;
}

int sks_delete_key(struct sks_call *call)
{
	return with_guard(call, true, delete_key);
}

int sks_export_key(struct sks_call *call)
{
	return with_guard(call, true, export_key);
}

int sks_unlock_key(struct sks_call *call)
{
	return with_guard(call, true, unlock_key);
}

int sks_change_pin(struct sks_call *call)
{
	return with_guard(call, false, change_pin);
}

int sks_set_pin(struct sks_call *call)
{
	return with_guard(call, false, set_pin);
}

int sks_update_firmware(struct sks_call *call)
{
	return sks_fail(call, SKS_E_NOT_ALLOWED, "this device has no firmware to be updated");
}
