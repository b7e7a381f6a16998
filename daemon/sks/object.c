// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "daemon/sks/keep.h"
#include "daemon/sks/sks.h"

/**
 * DOC: Objects of SKS
 *
 * All that SKS provisions rests sealed, in a form of its own, under a secret that is
 * itself a key of UKS (owner 0, named "sks-store"), so that whatever renews the master
 * key renews this. A blob is
 *
 *   ======  =====  ==========================================
 *   offset  bytes  content
 *   ======  =====  ==========================================
 *   0       1      format, 1
 *   1       24     nonce, random
 *   25      n      contents, encrypted (XChaCha20-Poly1305)
 *   25 + n  16     tag
 *   ======  =====  ==========================================
 *
 * under BLAKE2b-256, keyed with that secret, of "uks sks v1" and the handle. Its
 * associated data are all columns of its row.
 */

#define ROOT_NAME	"sks-store"
#define FORMAT		1
#define NONCE_LEN	crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN		crypto_aead_xchacha20poly1305_ietf_ABYTES
#define OVERHEAD	(1 + NONCE_LEN + TAG_LEN)
#define META_HANDLE	"sks-handle"

static const char label[] = "uks sks v1";

int sks_fail(struct sks_call *call, enum sks_status status, const char *format, ...)
{
	va_list ap;

	call->status = status;
	va_start(ap, format);
	vsnprintf(call->text, sizeof(call->text), format, ap);
	va_end(ap);
	return -1;
}

int sks_store_failed(struct sks_call *call)
{
	if (call->failure->code == UKS_E_STORE_FULL)
		return sks_fail(call, SKS_E_STORAGE, "%s", call->failure->text);
	call->broken = true;
	return -1;
}

int sks_arguments(struct sks_call *call)
{
	if (sks_end(&call->in))
		return 0;
	return sks_fail(call, SKS_E_OPTION,
			"the arguments are malformed: too short, too long, or a bool that is neither 0 nor 1");
}

int sks_root(struct sks_call *call, bool create)
{
	int found;

	if (call->root)
		return 1;
	call->root = sodium_malloc(KEY_SECRET_MAX);
	if (!call->root) {
		failure_set(call->failure, UKS_E_NO_MEMORY, "out of locked memory for a key");
		return sks_store_failed(call);
	}
	found = sks_own_key(call, ROOT_NAME, UKS_KEY_SECRET, create, call->root, NULL);
	if (found > 0)
		return 1;
	sodium_free(call->root);
	call->root = NULL;
	return found;
}

int sks_new_handle(struct sks_call *call, uint32_t *handle)
{
	const struct store_ops *ops = call->worker->store->ops;
	uint8_t value[STORE_META_MAX] = { 0 };
	struct sks_in in = { .at = value, .left = 4 };
	struct sks_out out = { .bytes = value, .size = 4 };
	size_t len;

	if (ops->get_meta(call->worker->store, META_HANDLE, value, &len, call->failure))
		return sks_store_failed(call);
	*handle = len == 4 ? sks_get_u32(&in) : 0;
	if (*handle == UINT32_MAX)
		return sks_fail(call, SKS_E_STORAGE, "all handles were used");
	++*handle;
	sks_put_u32(&out, *handle);
	if (ops->put_meta(call->worker->store, META_HANDLE, value, 4, call->failure))
		return sks_store_failed(call);
	return 0;
}

static void derive(const struct sks_call *call, const struct sks_row *row, uint8_t *key)
{
	uint8_t input[sizeof(label) - 1 + 4];
	struct sks_out out = { .bytes = input, .size = sizeof(input) };

	sks_put_raw(&out, label, sizeof(label) - 1);
	sks_put_u32(&out, row->handle);
	crypto_generichash(key, 32, input, out.len, call->root, 32);
}

/* All columns; @aad has room for 160 bytes. */
static size_t associated_data(const struct sks_row *row, uint8_t *aad)
{
	struct sks_out out = { .bytes = aad, .size = 160 };

	sks_put_raw(&out, label, sizeof(label) - 1);
	sks_put_u32(&out, row->handle);
	sks_put_u32(&out, row->owner);
	sks_put_u32(&out, row->kind);
	sks_put_bool(&out, row->open);
	sks_put_u32(&out, row->parent);
	sks_put_u32(&out, row->link);
	sks_put_number(&out, row->generation, 8);
	sks_put_bytes(&out, row->name, row->name_len);
	sks_put_bytes(&out, row->key, row->key_len);
	sks_put_bytes(&out, row->digest, row->digest_len);
	return out.len;
}

int sks_seal(struct sks_call *call, struct sks_row *row, const uint8_t *plain, size_t len)
{
	const struct store_ops *ops = call->worker->store->ops;
	uint8_t aad[160], key[32], *nonce;
	int ret;

	if (sks_root(call, true) < 0)
		return -1;
	free(row->blob);
	row->blob = malloc(len + OVERHEAD);
	if (!row->blob) {
		failure_set(call->failure, UKS_E_NO_MEMORY, "out of memory for the store");
		return sks_store_failed(call);
	}
	row->len = len + OVERHEAD;
	row->generation++;
	call->pins |= row->kind == SKS_PIN || row->kind == SKS_PUK;
	row->blob[0] = FORMAT;
	nonce = row->blob + 1;
	randombytes_buf(nonce, NONCE_LEN);
	derive(call, row, key);
	crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_LEN, NULL, plain, len, aad,
						   associated_data(row, aad), NULL, nonce, key);
	sodium_memzero(key, sizeof(key));
	ret = ops->sks_put(call->worker->store, row, call->failure);
	free(row->blob);
	row->blob = NULL;
	return ret ? sks_store_failed(call) : 0;
}

static int open_blob(struct sks_call *call, struct sks_object *object)
{
	const struct sks_row *row = &object->row;
	const uint8_t *nonce = row->blob + 1;
	uint8_t aad[160], key[32];
	int ret = -1;

	object->len = row->len < OVERHEAD ? 0 : row->len - OVERHEAD;
	object->plain = malloc(object->len + 1);
	if (object->plain && row->len >= OVERHEAD && row->blob[0] == FORMAT) {
		derive(call, row, key);
		ret = crypto_aead_xchacha20poly1305_ietf_decrypt(object->plain, NULL, NULL,
								 nonce + NONCE_LEN,
								 row->len - 1 - NONCE_LEN, aad,
								 associated_data(row, aad),
								 nonce, key);
		sodium_memzero(key, sizeof(key));
	}
	free(object->row.blob);
	object->row.blob = NULL;
	if (!ret)
		return 1;
	sks_free(object);
	failure_set(call->failure, UKS_E_BLOB,
		    "what was provisioned as %u was damaged, edited, or comes from another store: restore the store from a backup",
		    row->handle);
	return sks_store_failed(call);
}

static int take(struct sks_call *call, struct sks_object *object, int error)
{
	int found;

	object->plain = NULL;
	if (error)
		return call->failure->code == UKS_E_NO_KEY ? 0 : sks_store_failed(call);
	found = sks_root(call, false);
	if (found > 0)
		return open_blob(call, object);
	free(object->row.blob);
	object->row.blob = NULL;
	if (found)
		return -1;
	failure_set(call->failure, UKS_E_BLOB,
		    "the key '%s' that opens what was provisioned is missing: restore the store from a backup",
		    ROOT_NAME);
	return sks_store_failed(call);
}

int sks_get(struct sks_call *call, uint32_t handle, uint32_t kind, struct sks_object *object)
{
	const struct store_ops *ops = call->worker->store->ops;
	int ret;

	memset(object, 0, sizeof(*object));
	ret = take(call, object,
		   ops->sks_get(call->worker->store, handle, &object->row, call->failure));
	if (ret <= 0 || (object->row.owner == call->request->uid && object->row.kind == kind))
		return ret;
	sks_free(object);
	return 0;
}

int sks_find(struct sks_call *call, enum sks_by by, struct sks_object *object)
{
	const struct store_ops *ops = call->worker->store->ops;
	struct sks_row wanted = object->row;
	int ret;

	for (;;) {
		wanted.owner = call->request->uid;
		object->row = wanted;
		ret = take(call, object, ops->sks_find(call->worker->store, by, &object->row,
						       call->failure));
		if (ret <= 0 || object->row.owner == call->request->uid)
			return ret;
		/* Another user's certificate may be the same. */
		wanted.handle = object->row.handle;
		sks_free(object);
	}
}

void sks_free(struct sks_object *object)
{
	if (object->plain)
		sodium_memzero(object->plain, object->len);
	free(object->plain);
	free(object->row.blob);
	object->plain = NULL;
	object->row.blob = NULL;
}

int sks_remove(struct sks_call *call, uint32_t handle)
{
	call->scrub = true;
	call->pins = true;
	if (call->worker->store->ops->sks_remove(call->worker->store, handle, call->failure))
		return sks_store_failed(call);
	return 0;
}
