// SPDX-License-Identifier: LGPL-2.1-or-later
/* SKS, methods 1 and 70 to 90: the device, keys and what owners do with them. */
#include "sks.h"

static int get_device(struct uks_sks_exchange *ex, struct uks_sks_device **device,
		      struct uks_err *err)
{
	struct uks_sks_device *got = uks_sks_give(ex, sizeof(*got), err);

	if (!got)
		return -UKS_E_NO_MEMORY;
	got->api_level = sks_get_u16(&ex->in);
	got->type = sks_get_u8(&ex->in);
	got->update_url = uks_sks_get_text(ex);
	got->vendor = uks_sks_get_text(ex);
	got->description = uks_sks_get_text(ex);
	got->certificates = uks_sks_get_list(ex, &got->nr_certificates);
	got->algorithms = uks_sks_get_texts(ex, &got->nr_algorithms);
	got->crypto_size = sks_get_u32(&ex->in);
	got->extension_size = sks_get_u32(&ex->in);
	got->device_pin = sks_get_bool(&ex->in);
	got->biometric = sks_get_bool(&ex->in);
	*device = got;
	return 0;
}

int uks_sks_device(struct uks_client *client, struct uks_sks_device **device,
		   struct uks_err *err)
{
	struct uks_sks_exchange ex;
	int ret;

	*device = NULL;
	ret = uks_sks_begin(&ex, err);
	if (ret)
		return ret;
	ret = uks_sks_run(&ex, client, SKS_GET_DEVICE_INFO, 0, err);
	if (!ret)
		ret = get_device(&ex, device, err);
	ret = uks_sks_end(&ex, ret, err);
	if (ret)
		*device = NULL;
	return ret;
}

int uks_sks_update_firmware(struct uks_client *client, const void *chunk, size_t len,
			    char *url, size_t size, struct uks_err *err)
{
	struct uks_sks_exchange ex;
	size_t got = size - 1;
	int ret = uks_sks_begin(&ex, err);

	if (ret)
		return ret;
	sks_put_blob(&ex.out, chunk, len);
	ret = uks_sks_run(&ex, client, SKS_UPDATE_FIRMWARE, 0, err);
	if (!ret)
		ret = uks_sks_take(&ex, "URL", false, url, &got, err);
	if (!ret)
		url[got] = 0;
	return uks_sks_end(&ex, ret, err);
}

int uks_sks_key_next(struct uks_client *client, uint32_t after, uint32_t *key,
		     uint32_t *session, struct uks_err *err)
{
	struct uks_sks_exchange ex;
	int ret = uks_sks_begin(&ex, err);

	if (ret)
		return ret;
	sks_put_u32(&ex.out, after);
	ret = uks_sks_run(&ex, client, SKS_ENUMERATE_KEYS, 0, err);
	if (!ret) {
		*key = sks_get_u32(&ex.in);
		*session = sks_get_u32(&ex.in);
	}
	return uks_sks_end(&ex, ret, err);
}

static int get_attributes(struct uks_sks_exchange *ex, struct uks_sks_attributes **attributes,
			  struct uks_err *err)
{
	struct uks_sks_attributes *got = uks_sks_give(ex, sizeof(*got), err);

	if (!got)
		return -UKS_E_NO_MEMORY;
	got->symmetric = sks_get_u16(&ex->in);
	got->certificates = uks_sks_get_list(ex, &got->nr_certificates);
	got->usage = sks_get_u8(&ex->in);
	got->friendly_name = uks_sks_get_text(ex);
	got->endorsed = uks_sks_get_texts(ex, &got->nr_endorsed);
	got->extensions = uks_sks_get_texts(ex, &got->nr_extensions);
	*attributes = got;
	return 0;
}

int uks_sks_key_attributes(struct uks_client *client, uint32_t key,
			   struct uks_sks_attributes **attributes, struct uks_err *err)
{
	struct uks_sks_exchange ex;
	int ret;

	*attributes = NULL;
	ret = uks_sks_begin(&ex, err);
	if (ret)
		return ret;
	sks_put_u32(&ex.out, key);
	ret = uks_sks_run(&ex, client, SKS_GET_KEY_ATTRIBUTES, 0, err);
	if (!ret)
		ret = get_attributes(&ex, attributes, err);
	ret = uks_sks_end(&ex, ret, err);
	if (ret)
		*attributes = NULL;
	return ret;
}

static void get_protection(struct sks_in *in, struct uks_sks_protection *protection)
{
	protection->status = sks_get_u8(in);
	protection->puk_format = sks_get_u8(in);
	protection->puk_limit = sks_get_u16(in);
	protection->puk_errors = sks_get_u16(in);
	protection->user_defined = sks_get_bool(in);
	protection->user_modifiable = sks_get_bool(in);
	protection->format = sks_get_u8(in);
	protection->limit = sks_get_u16(in);
	protection->grouping = sks_get_u8(in);
	protection->patterns = sks_get_u8(in);
	protection->min = sks_get_u16(in);
	protection->max = sks_get_u16(in);
	protection->input = sks_get_u8(in);
	protection->pin_errors = sks_get_u16(in);
	protection->caching = sks_get_bool(in);
	protection->biometric = sks_get_u8(in);
	protection->export_protection = sks_get_u8(in);
	protection->delete_protection = sks_get_u8(in);
	protection->backup = sks_get_u8(in);
}

int uks_sks_key_protection(struct uks_client *client, uint32_t key,
			   struct uks_sks_protection *protection, struct uks_err *err)
{
	struct uks_sks_exchange ex;
	int ret = uks_sks_begin(&ex, err);

	if (ret)
		return ret;
	sks_put_u32(&ex.out, key);
	ret = uks_sks_run(&ex, client, SKS_GET_KEY_PROTECTION, 0, err);
	if (!ret)
		get_protection(&ex.in, protection);
	return uks_sks_end(&ex, ret, err);
}

static int get_extension(struct uks_sks_exchange *ex, struct uks_sks_extension **extension,
			 struct uks_err *err)
{
	struct uks_sks_extension *got = uks_sks_give(ex, sizeof(*got), err);

	if (!got)
		return -UKS_E_NO_MEMORY;
	got->type = "";
	got->kind = sks_get_u8(&ex->in);
	got->qualifier = uks_sks_get_text(ex);
	got->data = uks_sks_get_blob(ex);
	*extension = got;
	return 0;
}

int uks_sks_key_extension(struct uks_client *client, uint32_t key, const char *type,
			  struct uks_sks_extension **extension, struct uks_err *err)
{
	struct uks_sks_exchange ex;
	int ret;

	*extension = NULL;
	ret = uks_sks_begin(&ex, err);
	if (ret)
		return ret;
	sks_put_u32(&ex.out, key);
	uks_sks_put_text(&ex, type);
	ret = uks_sks_run(&ex, client, SKS_GET_EXTENSION, 0, err);
	if (!ret)
		ret = get_extension(&ex, extension, err);
	ret = uks_sks_end(&ex, ret, err);
	if (ret)
		*extension = NULL;
	return ret;
}

int uks_sks_key_set_property(struct uks_client *client, uint32_t key, const char *type,
			     const char *name, const char *value, struct uks_err *err)
{
	struct uks_sks_exchange ex;
	int ret = uks_sks_begin(&ex, err);

	if (ret)
		return ret;
	sks_put_u32(&ex.out, key);
	uks_sks_put_text(&ex, type);
	uks_sks_put_text(&ex, name);
	uks_sks_put_text(&ex, value);
	ret = uks_sks_run(&ex, client, SKS_SET_PROPERTY, 0, err);
	return uks_sks_end(&ex, ret, err);
}

int uks_sks_key_delete(struct uks_client *client, uint32_t key,
		       const struct uks_sks_bytes *authorization, struct uks_err *err)
{
	return uks_sks_call_with(client, SKS_DELETE_KEY, key, authorization, NULL, err);
}

int uks_sks_key_unlock(struct uks_client *client, uint32_t key, const struct uks_sks_bytes *puk,
		       struct uks_err *err)
{
	return uks_sks_call_with(client, SKS_UNLOCK_KEY, key, puk, NULL, err);
}

int uks_sks_pin_change(struct uks_client *client, uint32_t key, const struct uks_sks_bytes *pin,
		       const struct uks_sks_bytes *new_pin, struct uks_err *err)
{
	return uks_sks_call_with(client, SKS_CHANGE_PIN, key, pin, new_pin, err);
}

int uks_sks_pin_set(struct uks_client *client, uint32_t key, const struct uks_sks_bytes *puk,
		    const struct uks_sks_bytes *new_pin, struct uks_err *err)
{
	return uks_sks_call_with(client, SKS_SET_PIN, key, puk, new_pin, err);
}

int uks_sks_key_export(struct uks_client *client, uint32_t key,
		       const struct uks_sks_bytes *authorization, void *to, size_t *len,
		       struct uks_err *err)
{
	struct uks_sks_exchange ex;
	int ret = uks_sks_begin(&ex, err);

	if (ret)
		return ret;
	sks_put_u32(&ex.out, key);
	uks_sks_put(&ex, authorization);
	ret = uks_sks_run(&ex, client, SKS_EXPORT_KEY, 0, err);
	if (!ret)
		ret = uks_sks_take(&ex, "key", false, to, len, err);
	return uks_sks_end(&ex, ret, err);
}
