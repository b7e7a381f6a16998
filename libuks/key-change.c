// SPDX-License-Identifier: LGPL-2.1-or-later
/* Life of a key: rotating it, its states, its policy, its end and its return. */
#include "internal.h"

int uks_key_rotate(struct uks_client *client, const char *key,
		   const struct uks_material *material, struct uks_key **out,
		   struct uks_err *err)
{
	struct uks_exchange ex;
	int ret = uks_exchange_init(&ex, material ? material->len : 0, err);

	if (ret)
		return ret;
	ret = uks_exchange_key(&ex, key, err);
	uks_exchange_material(&ex, material);
	if (!ret)
		ret = uks_exchange_describe(&ex, client, UKS_IOC_KEY_ROTATE, out, err);
	uks_exchange_free(&ex);
	return ret;
}

int uks_key_set_state(struct uks_client *client, const char *key, uint32_t version,
		      uint32_t state, struct uks_key **out, struct uks_err *err)
{
	struct uks_exchange ex;
	int ret = uks_exchange_init(&ex, 0, err);

	if (ret)
		return ret;
	ret = uks_exchange_version(&ex, key, version, err);
	uks_attrs_put_u32(&ex.request, UKS_A_KEY_STATE, state);
	if (!ret)
		ret = uks_exchange_describe(&ex, client, UKS_IOC_KEY_SET_STATE, out, err);
	uks_exchange_free(&ex);
	return ret;
}

int uks_key_set_policy(struct uks_client *client, const char *key,
		       const struct uks_policy *policy, struct uks_key **out,
		       struct uks_err *err)
{
	struct uks_exchange ex;
	int ret = uks_exchange_init(&ex, 0, err);

	if (ret)
		return ret;
	ret = uks_exchange_key(&ex, key, err);
	if (!ret)
		ret = uks_exchange_policy(&ex, policy, err);
	if (!ret)
		ret = uks_exchange_describe(&ex, client, UKS_IOC_KEY_SET_POLICY, out, err);
	uks_exchange_free(&ex);
	return ret;
}

int uks_key_delete_with(struct uks_client *client, const char *key, uint32_t flags,
			uint64_t *erased, struct uks_err *err)
{
	struct uks_attr table[UKS_A_MAX + 1];
	struct uks_exchange ex;
	int ret = uks_exchange_init(&ex, 0, err);

	if (ret)
		return ret;
	ret = uks_exchange_key(&ex, key, err);
	if (flags)
		uks_attrs_put_u32(&ex.request, UKS_A_FLAGS, flags);
	if (!ret)
		ret = uks_exchange_run(&ex, client, UKS_IOC_KEY_DELETE, err);
	if (!ret && uks_attrs_parse(ex.answer, ex.answer_len, table))
		ret = uks_fail_protocol(err, "the daemon gave a malformed answer");
	if (!ret && erased)
		*erased = uks_attr_u64(&table[UKS_A_ERASED], 0);
	uks_exchange_free(&ex);
	return ret;
}

int uks_key_delete(struct uks_client *client, const char *key, struct uks_err *err)
{
	return uks_key_delete_with(client, key, 0, NULL, err);
}

int uks_key_restore(struct uks_client *client, const char *key, const char *new_name,
		    struct uks_key **out, struct uks_err *err)
{
	struct uks_exchange ex;
	int ret = uks_exchange_init(&ex, 0, err);

	if (ret)
		return ret;
	ret = uks_exchange_key(&ex, key, err);
	if (!ret && new_name)
		ret = uks_exchange_name(&ex, UKS_A_NEW_NAME, new_name, err);
	if (!ret)
		ret = uks_exchange_describe(&ex, client, UKS_IOC_KEY_RESTORE, out, err);
	uks_exchange_free(&ex);
	return ret;
}
