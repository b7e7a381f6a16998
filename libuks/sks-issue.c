// SPDX-License-Identifier: LGPL-2.1-or-later
/* SKS, methods 10 to 15 and 50 to 53: keys, as issuers make and manage them. */
#include "sks.h"

static void put_entry(struct uks_sks_exchange *ex, const struct uks_sks_key_entry *entry)
{
	struct sks_out *out = &ex->out;
	size_t i;

	uks_sks_put_text(ex, entry->id);
	uks_sks_put_text(ex, entry->entry_algorithm);
	uks_sks_put(ex, &entry->seed);
	sks_put_bool(out, entry->device_pin);
	sks_put_u32(out, entry->pin_policy);
	uks_sks_put(ex, &entry->pin);
	sks_put_bool(out, entry->caching);
	sks_put_u8(out, entry->biometric);
	sks_put_u8(out, entry->export_protection);
	sks_put_u8(out, entry->delete_protection);
	sks_put_u8(out, entry->usage);
	uks_sks_put_text(ex, entry->friendly_name);
	uks_sks_put_text(ex, entry->algorithm);
	uks_sks_put(ex, &entry->parameters);
	uks_sks_put_count(ex, entry->nr_endorsed);
	for (i = 0; i < entry->nr_endorsed; i++)
		uks_sks_put_text(ex, entry->endorsed[i]);
	uks_sks_put(ex, &entry->mac);
}

static int get_created(struct uks_sks_exchange *ex, struct uks_sks_created **created,
		       struct uks_err *err)
{
	struct uks_sks_created *got = uks_sks_give(ex, sizeof(*got), err);

	if (!got)
		return -UKS_E_NO_MEMORY;
	got->handle = sks_get_u32(&ex->in);
	got->public_key = uks_sks_get(ex);
	got->attestation = uks_sks_get(ex);
	*created = got;
	return 0;
}

int uks_sks_key_create(struct uks_client *client, uint32_t session,
		       const struct uks_sks_key_entry *entry, struct uks_sks_created **created,
		       struct uks_err *err)
{
	struct uks_sks_exchange ex;
	int ret;

	*created = NULL;
	ret = uks_sks_begin(&ex, err);
	if (ret)
		return ret;
	sks_put_u32(&ex.out, session);
	put_entry(&ex, entry);
	ret = uks_sks_run(&ex, client, SKS_CREATE_KEY, 0, err);
	if (!ret)
		ret = get_created(&ex, created, err);
	ret = uks_sks_end(&ex, ret, err);
	if (ret)
		*created = NULL;
	return ret;
}

int uks_sks_key_find(struct uks_client *client, uint32_t session, const char *id,
		     uint32_t *key, struct uks_err *err)
{
	struct uks_sks_exchange ex;
	int ret = uks_sks_begin(&ex, err);

	if (ret)
		return ret;
	sks_put_u32(&ex.out, session);
	uks_sks_put_text(&ex, id);
	ret = uks_sks_run(&ex, client, SKS_GET_KEY_HANDLE, 0, err);
	if (!ret)
		*key = sks_get_u32(&ex.in);
	return uks_sks_end(&ex, ret, err);
}

int uks_sks_key_certify(struct uks_client *client, uint32_t key,
			const struct uks_sks_bytes *certificates, size_t count,
			const struct uks_sks_bytes *mac, struct uks_err *err)
{
	struct uks_sks_exchange ex;
	size_t i;
	int ret = uks_sks_begin(&ex, err);

	if (ret)
		return ret;
	sks_put_u32(&ex.out, key);
	uks_sks_put_count(&ex, count);
	for (i = 0; i < count; i++)
		uks_sks_put(&ex, &certificates[i]);
	uks_sks_put(&ex, mac);
	ret = uks_sks_run(&ex, client, SKS_SET_CERTIFICATE_PATH, 0, err);
	return uks_sks_end(&ex, ret, err);
}

int uks_sks_key_import_secret(struct uks_client *client, uint32_t key,
			      const struct uks_sks_bytes *secret,
			      const struct uks_sks_bytes *mac, struct uks_err *err)
{
	return uks_sks_call_with(client, SKS_IMPORT_SYMMETRIC_KEY, key, secret, mac, err);
}

int uks_sks_key_import_private(struct uks_client *client, uint32_t key,
			       const struct uks_sks_bytes *pkcs8,
			       const struct uks_sks_bytes *mac, struct uks_err *err)
{
	return uks_sks_call_with(client, SKS_IMPORT_PRIVATE_KEY, key, pkcs8, mac, err);
}

int uks_sks_key_extend(struct uks_client *client, uint32_t key,
		       const struct uks_sks_extension *extension,
		       const struct uks_sks_bytes *mac, struct uks_err *err)
{
	struct uks_sks_exchange ex;
	int ret = uks_sks_begin(&ex, err);

	if (ret)
		return ret;
	sks_put_u32(&ex.out, key);
	uks_sks_put_text(&ex, extension->type);
	sks_put_u8(&ex.out, extension->kind);
	uks_sks_put_text(&ex, extension->qualifier);
	sks_put_blob(&ex.out, extension->data.data, extension->data.len);
	uks_sks_put(&ex, mac);
	ret = uks_sks_run(&ex, client, SKS_ADD_EXTENSION, 0, err);
	return uks_sks_end(&ex, ret, err);
}

/* @handle is a session or a new key, as the method wants it. */
static int post(struct uks_client *client, uint8_t method, uint32_t handle, uint32_t target,
		const struct uks_sks_bytes *authorization, const struct uks_sks_bytes *mac,
		struct uks_err *err)
{
	struct uks_sks_exchange ex;
	int ret = uks_sks_begin(&ex, err);

	if (ret)
		return ret;
	sks_put_u32(&ex.out, handle);
	sks_put_u32(&ex.out, target);
	uks_sks_put(&ex, authorization);
	uks_sks_put(&ex, mac);
	ret = uks_sks_run(&ex, client, method, 0, err);
	return uks_sks_end(&ex, ret, err);
}

int uks_sks_post_delete(struct uks_client *client, uint32_t session, uint32_t target,
			const struct uks_sks_bytes *authorization,
			const struct uks_sks_bytes *mac, struct uks_err *err)
{
	return post(client, SKS_POST_DELETE, session, target, authorization, mac, err);
}

int uks_sks_post_unlock(struct uks_client *client, uint32_t session, uint32_t target,
			const struct uks_sks_bytes *authorization,
			const struct uks_sks_bytes *mac, struct uks_err *err)
{
	return post(client, SKS_POST_UNLOCK, session, target, authorization, mac, err);
}

int uks_sks_post_update(struct uks_client *client, uint32_t key, uint32_t target,
			const struct uks_sks_bytes *authorization,
			const struct uks_sks_bytes *mac, struct uks_err *err)
{
	return post(client, SKS_POST_UPDATE, key, target, authorization, mac, err);
}

int uks_sks_post_clone(struct uks_client *client, uint32_t key, uint32_t target,
		       const struct uks_sks_bytes *authorization,
		       const struct uks_sks_bytes *mac, struct uks_err *err)
{
	return post(client, SKS_POST_CLONE, key, target, authorization, mac, err);
}
