// SPDX-License-Identifier: LGPL-2.1-or-later
/* What there is: the device, keys, their attributes and protection. */
#include <sodium.h>

#include "daemon/sks/algorithm.h"
#include "daemon/sks/device.h"
#include "daemon/sks/path.h"
#include "daemon/sks/pin.h"
#include "daemon/sks/session.h"

#define API_LEVEL	106
#define DEVICE_TYPE	0x01	/* embedded, software */
#define VENDOR		"UKS"
#define DESCRIPTION	"UKS: a universal key store for Linux, its keys at rest under a TPM 2.0"

int sks_get_device_info(struct sks_call *call)
{
	struct sks_chain chain;
	const struct sks_algorithm *algorithms;
	struct sks_out *out = &call->out;
	size_t i, count;

	if (sks_arguments(call) || sks_device_chain(call, &chain))
		return -1;
	algorithms = sks_algorithms(&count);
	sks_put_u16(out, API_LEVEL);
	sks_put_u8(out, DEVICE_TYPE);
	sks_put_string(out, "");
	sks_put_string(out, VENDOR);
	sks_put_string(out, DESCRIPTION);
	sks_put_u8(out, 2);
	sks_put_bytes(out, chain.device.at, chain.device.len);
	sks_put_bytes(out, chain.issuer.at, chain.issuer.len);
	sks_put_u8(out, count);
	for (i = 0; i < count; i++)
		sks_put_string(out, algorithms[i].uri);
	sks_put_u32(out, SKS_CRYPTO_MAX);
	sks_put_u32(out, SKS_EXTENSION_MAX);
	sks_put_bool(out, false);
	sks_put_bool(out, true);
	return 0;
}

int sks_enumerate_keys(struct sks_call *call)
{
	struct sks_object object = { .row = { .kind = SKS_KEY } };
	int found;

	object.row.handle = sks_get_u32(&call->in);
	if (sks_arguments(call))
		return -1;
	found = sks_find(call, SKS_BY_OWNER, &object);
	if (found < 0)
		return -1;
	sks_put_u32(&call->out, found ? object.row.handle : 0);
	sks_put_u32(&call->out, found ? object.row.parent : 0);
	if (found)
		sks_free(&object);
	return 0;
}

static int put_path(struct sks_call *call, uint32_t handle)
{
	struct sks_object path;
	int found = sks_find_path(call, handle, &path);

	if (found > 0)
		sks_put_raw(&call->out, path.plain, path.len);
	else if (!found)
		sks_put_u8(&call->out, 0);
	if (found > 0)
		sks_free(&path);
	return found < 0 ? -1 : 0;
}

/* The type comes first in an extension. */
static int put_types(struct sks_call *call, uint32_t handle)
{
	struct sks_object object = { .row = { .parent = handle, .kind = SKS_EXTENSION } };
	size_t at = call->out.len;
	struct sks_bytes type;
	uint32_t count = 0;
	struct sks_in in;
	int ret;

	sks_put_u8(&call->out, 0);
	while ((ret = sks_find(call, SKS_BY_PARENT, &object)) > 0) {
		in = (struct sks_in){ .at = object.plain, .left = object.len };
		type = sks_get_bytes(&in);
		sks_put_bytes(&call->out, type.at, type.len);
		count++;
		sks_free(&object);
		object.row = (struct sks_row){
			.handle = object.row.handle, .parent = handle, .kind = SKS_EXTENSION,
		};
	}
	if (!call->out.full)
		call->out.bytes[at] = count;
	return ret;
}

int sks_get_key_attributes(struct sks_call *call)
{
	uint32_t handle = sks_get_u32(&call->in);
	const struct sks_algorithm *algorithm;
	struct sks_out *out = &call->out;
	struct sks_key key;
	size_t i;

	if (sks_arguments(call) || sks_closed_key(call, handle, &key))
		return -1;
	sks_put_u16(out, key.symmetric);
	if (put_path(call, handle))
		return -1;
	sks_put_u8(out, key.usage);
	sks_put_bytes(out, key.friendly, key.friendly_len);
	sks_put_u8(out, key.endorsed_count);
	for (i = 0; i < key.endorsed_count; i++) {
		algorithm = sks_algorithm_by_number(key.endorsed[i]);
		sks_put_string(out, algorithm ? algorithm->uri : SKS_URI_NONE);
	}
	return put_types(call, handle);
}

static uint8_t status_of(const struct sks_guard *guard)
{
	uint8_t status = 0;

	if (!guard->key.row.link)
		return 0;
	status |= SKS_PROTECTED_PIN;
	if (guard->pin.errors >= guard->policy.limit)
		status |= SKS_PROTECTED_PIN_BLOCKED;
	if (!guard->policy.row.link)
		return status;
	status |= SKS_PROTECTED_PUK;
	if (guard->puk.limit && guard->puk.errors >= guard->puk.limit)
		status |= SKS_PROTECTED_PUK_BLOCKED;
	return status;
}

static void put_protection(struct sks_out *out, const struct sks_guard *guard)
{
	const struct sks_pin_policy *policy = &guard->policy;

	sks_put_u8(out, status_of(guard));
	sks_put_u8(out, guard->puk.format);
	sks_put_u16(out, guard->puk.limit);
	sks_put_u16(out, guard->puk.errors);
	sks_put_bool(out, policy->user_defined);
	sks_put_bool(out, policy->user_modifiable);
	sks_put_u8(out, policy->format);
	sks_put_u16(out, policy->limit);
	sks_put_u8(out, policy->grouping);
	sks_put_u8(out, policy->patterns);
	sks_put_u16(out, policy->min);
	sks_put_u16(out, policy->max);
	sks_put_u8(out, policy->input);
	sks_put_u16(out, guard->pin.errors);
	sks_put_bool(out, guard->key.caching);
	sks_put_u8(out, guard->key.biometric);
	sks_put_u8(out, guard->key.export);
	sks_put_u8(out, guard->key.deletion);
	sks_put_u8(out, guard->key.backup);
}

int sks_get_key_protection(struct sks_call *call)
{
	uint32_t handle = sks_get_u32(&call->in);
	struct sks_guard guard = { };
	int ret = -1;

	if (!sks_arguments(call))
		ret = sks_read_guard(call, handle, &guard);
	if (!ret)
		put_protection(&call->out, &guard);
	sks_wipe_guard(&guard);
	return ret;
}
