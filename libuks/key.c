// SPDX-License-Identifier: LGPL-2.1-or-later
/* Making, taking in, describing and renaming keys. */
#include <stdlib.h>

#include "internal.h"

#define PUBLIC_ROOM	16384	/* longest public key, Documentation/netlink/specs/uks.yaml */

/* A request whose answer describes one key. */
int uks_exchange_describe(struct uks_exchange *ex, struct uks_client *client, unsigned long cmd,
			  struct uks_key **out, struct uks_err *err)
{
	struct uks_key *key = out ? uks_key_alloc(PUBLIC_ROOM) : NULL;
	int ret;

	if (out && !key)
		return uks_fail_memory(err);
	ret = uks_exchange_run(ex, client, cmd, err);
	if (!ret && out)
		ret = uks_key_fill(key, PUBLIC_ROOM, ex->answer, ex->answer_len, err);
	if (ret)
		uks_key_free(key);
	else if (out)
		*out = key;
	return ret;
}

static void put_code(struct uks_exchange *ex, uint16_t type, const void *code, size_t len)
{
	if (code)
		uks_attrs_put(&ex->request, type, code, len);
}

void uks_exchange_pin(struct uks_exchange *ex, const struct uks_pin *pin)
{
	if (!pin)
		return;
	put_code(ex, UKS_A_PIN, pin->pin, pin->pin_len);
	put_code(ex, UKS_A_NEW_PIN, pin->new_pin, pin->new_pin_len);
	put_code(ex, UKS_A_ADMIN_CODE, pin->admin_code, pin->admin_code_len);
}

int uks_exchange_options(struct uks_exchange *ex, const struct uks_key_options *options,
			 struct uks_err *err)
{
	static const uint64_t zeros[ARRAY_SIZE(options->reserved)];

	if (!options)
		return 0;
	if (options->reserved_2 || memcmp(options->reserved, zeros, sizeof(zeros)))
		return uks_fail(err, UKS_E_INVALID, 0,
				"struct uks_key_options does not begin as zeros");
	if (options->purposes)
		uks_attrs_put_u32(&ex->request, UKS_A_PURPOSES, options->purposes);
	if (options->flags)
		uks_attrs_put_u32(&ex->request, UKS_A_FLAGS, options->flags);
	if (options->count)
		uks_attrs_put_u32(&ex->request, UKS_A_COUNT, options->count);
	if (options->provider)
		uks_attrs_put_u32(&ex->request, UKS_A_PROVIDER, options->provider);
	uks_exchange_pin(ex, options->pin);
	return options->policy ? uks_exchange_policy(ex, options->policy, err) : 0;
}

static int make_key(struct uks_client *client, unsigned long cmd, const char *name, uint32_t type,
		    const struct uks_key_options *options, const struct uks_material *material,
		    struct uks_key **out, struct uks_err *err)
{
	struct uks_exchange ex;
	int ret = uks_exchange_init(&ex, material ? material->len : 0, err);

	if (ret)
		return ret;
	ret = uks_exchange_name(&ex, UKS_A_KEY_NAME, name, err);
	if (!ret)
		ret = uks_exchange_options(&ex, options, err);
	if (ret)
		goto out;
	uks_attrs_put_u32(&ex.request, UKS_A_KEY_TYPE, type);
	uks_exchange_material(&ex, material);
	ret = uks_exchange_describe(&ex, client, cmd, out, err);
out:
	uks_exchange_free(&ex);
	return ret;
}

void uks_exchange_material(struct uks_exchange *ex, const struct uks_material *material)
{
	if (!material)
		return;
	uks_attrs_put_u32(&ex->request, UKS_A_KEY_FORMAT, material->format);
	uks_attrs_put(&ex->request, UKS_A_KEY_MATERIAL, material->data, material->len);
}

int uks_key_generate_with(struct uks_client *client, const char *name, uint32_t type,
			  const struct uks_key_options *options, struct uks_key **out,
			  struct uks_err *err)
{
	return make_key(client, UKS_IOC_KEY_GENERATE, name, type, options, NULL, out, err);
}

int uks_key_generate(struct uks_client *client, const char *name, uint32_t type,
		     uint32_t purposes, struct uks_key **out, struct uks_err *err)
{
	const struct uks_key_options options = { .purposes = purposes };

	return uks_key_generate_with(client, name, type, &options, out, err);
}

int uks_key_import_with(struct uks_client *client, const char *name, uint32_t type,
			const struct uks_key_options *options,
			const struct uks_material *material, struct uks_key **out,
			struct uks_err *err)
{
	if (!material->len)
		return uks_fail(err, UKS_E_BAD_MATERIAL, 0, "the key to import is empty");
	return make_key(client, UKS_IOC_KEY_IMPORT, name, type, options, material, out, err);
}

int uks_key_import(struct uks_client *client, const char *name, uint32_t type,
		   uint32_t purposes, const struct uks_material *material,
		   struct uks_key **out, struct uks_err *err)
{
	const struct uks_key_options options = { .purposes = purposes };

	return uks_key_import_with(client, name, type, &options, material, out, err);
}

int uks_key_show_version(struct uks_client *client, const char *key, uint32_t version,
			 struct uks_key **out, struct uks_err *err)
{
	struct uks_exchange ex;
	int ret = uks_exchange_init(&ex, 0, err);

	if (ret)
		return ret;
	ret = uks_exchange_version(&ex, key, version, err);
	if (!ret)
		ret = uks_exchange_describe(&ex, client, UKS_IOC_KEY_SHOW, out, err);
	uks_exchange_free(&ex);
	return ret;
}

int uks_key_show(struct uks_client *client, const char *key, struct uks_key **out,
		 struct uks_err *err)
{
	return uks_key_show_version(client, key, 0, out, err);
}

int uks_key_public_version(struct uks_client *client, const char *key, uint32_t version,
			   void *out, size_t *out_len, struct uks_err *err)
{
	struct uks_exchange ex;
	int ret = uks_exchange_init(&ex, 0, err);

	if (ret)
		return ret;
	ret = uks_exchange_version(&ex, key, version, err);
	if (!ret)
		ret = uks_exchange_run(&ex, client, UKS_IOC_KEY_EXPORT_PUBLIC, err);
	if (!ret)
		ret = uks_exchange_bytes(&ex, UKS_A_PUBLIC_KEY, "public key", out, out_len, err);
	uks_exchange_free(&ex);
	return ret;
}

int uks_key_public(struct uks_client *client, const char *key, void *out, size_t *out_len,
		   struct uks_err *err)
{
	return uks_key_public_version(client, key, 0, out, out_len, err);
}

int uks_key_rename(struct uks_client *client, const char *key, const char *new_name,
		   struct uks_err *err)
{
	struct uks_exchange ex;
	int ret = uks_exchange_init(&ex, 0, err);

	if (ret)
		return ret;
	ret = uks_exchange_key(&ex, key, err);
	if (!ret)
		ret = uks_exchange_name(&ex, UKS_A_NEW_NAME, new_name, err);
	if (!ret)
		ret = uks_exchange_run(&ex, client, UKS_IOC_KEY_RENAME, err);
	uks_exchange_free(&ex);
	return ret;
}
