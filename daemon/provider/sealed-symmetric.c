// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keys that are bytes: symmetric ones, and secrets that others are derived from. */
#include <string.h>

#include <sodium.h>

#include "daemon/provider/sealed.h"

#define ALIGN	__alignof__(struct bytes_key)

static int bytes_generate(const struct key_type *type, struct material *material,
			  struct failure *failure)
{
	(void)failure;
	randombytes_buf(material->secret, type->secret_new);
	material->secret_len = type->secret_new;
	material->public_len = 0;
	return 0;
}

static int bytes_import(const struct key_type *type, const struct import *import,
			struct material *material, struct failure *failure)
{
	if (import->format != UKS_FORMAT_RAW)
		return failure_set(failure, UKS_E_BAD_MATERIAL,
				   "a key of type %s is imported as raw bytes only", type->name);
	if (import->len < type->secret_min || import->len > type->secret_max) {
		if (type->secret_min == type->secret_max)
			return failure_set(failure, UKS_E_BAD_MATERIAL,
					   "a key of type %s has %u bytes, not %zu", type->name,
					   type->secret_min, import->len);
		return failure_set(failure, UKS_E_BAD_MATERIAL,
				   "a key of type %s has %u to %u bytes, not %zu", type->name,
				   type->secret_min, type->secret_max, import->len);
	}
	memcpy(material->secret, import->bytes, import->len);
	material->secret_len = import->len;
	material->public_len = 0;
	return 0;
}

static int bytes_load(const struct key *key, const uint8_t *secret, size_t len,
		      struct private_key **result, struct failure *failure)
{
	struct bytes_key *loaded;

	if (!len || key->public_len)
		return sealed_mismatch(key, failure);
	/* It lies at the end of a page: its length decides how it is aligned. */
	loaded = sodium_malloc((sizeof(*loaded) + len + ALIGN - 1) / ALIGN * ALIGN);
	if (!loaded)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of locked memory for a key");
	loaded->private_key.family = &sealed_bytes;
	loaded->private_key.type = uks_type_find(key->type);
	loaded->private_key.secret = true;
	loaded->len = len;
	memcpy(loaded->bytes, secret, len);
	*result = &loaded->private_key;
	return 0;
}

static void bytes_unload(struct private_key *private_key)
{
	sodium_free(private_key);
}

static int bytes_export(struct private_key *private_key, struct output *output,
			struct failure *failure)
{
	const struct bytes_key *key = to_bytes(private_key);

	if (sealed_room(output, key->len, failure))
		return -1;
	memcpy(output->bytes, key->bytes, key->len);
	output->len = key->len;
	return 0;
}

const struct family sealed_bytes = {
	.generate = bytes_generate,
	.import = bytes_import,
	.load = bytes_load,
	.unload = bytes_unload,
	.export = bytes_export,
};
