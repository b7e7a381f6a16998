// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keys made of keys: agreed upon, derived, wrapped and unwrapped. */
#include "internal.h"

/* A key that comes out of another one, which never leaves the daemon. */
static int make_from(struct uks_client *client, unsigned long cmd, const char *key,
		     const struct uks_method *method, const char *new_name, uint32_t type,
		     const struct uks_key_options *options, struct uks_key **out,
		     struct uks_err *err)
{
	struct uks_exchange ex;
	int ret;

	if (method->version || method->flags)
		return uks_fail(err, UKS_E_INVALID, 0,
				"a new key is made with the newest version, without flags");
	ret = uks_exchange_init(&ex, 0, err);
	if (ret)
		return ret;
	ret = uks_exchange_key(&ex, key, err);
	if (!ret)
		ret = uks_exchange_name(&ex, UKS_A_NEW_NAME, new_name, err);
	if (!ret)
		ret = uks_exchange_method(&ex, method->algorithm, method->digest,
					  method->parameters, err);
	if (!ret)
		ret = uks_exchange_options(&ex, options, err);
	uks_attrs_put_u32(&ex.request, UKS_A_KEY_TYPE, type);
	if (!ret)
		ret = uks_exchange_describe(&ex, client, cmd, out, err);
	uks_exchange_free(&ex);
	return ret;
}

int uks_key_agree(struct uks_client *client, const char *key, const struct uks_method *method,
		  const char *new_name, uint32_t type, const struct uks_key_options *options,
		  struct uks_key **out, struct uks_err *err)
{
	if (!method->parameters || !method->parameters->peer)
		return uks_fail(err, UKS_E_BAD_PARAMETER, 0,
				"the other side's public key is missing: give it as peer");
	return make_from(client, UKS_IOC_KEY_AGREE, key, method, new_name, type, options, out,
			 err);
}

int uks_key_derive(struct uks_client *client, const char *key, const struct uks_method *method,
		   const char *new_name, uint32_t type, const struct uks_key_options *options,
		   struct uks_key **out, struct uks_err *err)
{
	struct uks_method how = *method;

	if (!how.algorithm)
		how.algorithm = UKS_ALG_HKDF;
	return make_from(client, UKS_IOC_KEY_DERIVE, key, &how, new_name, type, options, out,
			 err);
}

/* ---- wrapping ---- */

static int put_wrapping(struct uks_exchange *ex, const struct uks_wrapping *wrapping,
			struct uks_err *err)
{
	int ret = 0;

	if (!wrapping->key == !wrapping->public_key)
		return uks_fail(err, UKS_E_INVALID, 0,
				"a key is wrapped under another key or under a public key");
	if (wrapping->key)
		ret = uks_exchange_wrapping_key(ex, wrapping->key, err);
	else
		uks_attrs_put(&ex->request, UKS_A_PUBLIC_KEY, wrapping->public_key,
			      wrapping->public_key_len);
	if (wrapping->pin && wrapping->pin->pin)
		uks_attrs_put(&ex->request, UKS_A_PIN, wrapping->pin->pin,
			      wrapping->pin->pin_len);
	if (wrapping->format)
		uks_attrs_put_u32(&ex->request, UKS_A_KEY_FORMAT, wrapping->format);
	if (ret)
		return ret;
	return uks_exchange_method(ex, wrapping->algorithm, wrapping->digest,
				   wrapping->parameters, err);
}

int uks_key_wrap(struct uks_client *client, const char *key, uint32_t version,
		 const struct uks_wrapping *wrapping, void *out, size_t *out_len,
		 struct uks_err *err)
{
	struct uks_exchange ex;
	int ret = uks_exchange_init(&ex, wrapping->public_key_len, err);

	if (ret)
		return ret;
	ret = uks_exchange_version(&ex, key, version, err);
	if (!ret)
		ret = put_wrapping(&ex, wrapping, err);
	if (!ret)
		ret = uks_exchange_run(&ex, client, UKS_IOC_KEY_WRAP, err);
	if (!ret)
		ret = uks_exchange_bytes(&ex, UKS_A_WRAPPED, "wrapped key", out, out_len, err);
	uks_exchange_free(&ex);
	return ret;
}

int uks_key_unwrap(struct uks_client *client, const char *name, uint32_t type,
		   const struct uks_wrapping *wrapping, const void *wrapped, size_t len,
		   const struct uks_key_options *options, struct uks_key **out,
		   struct uks_err *err)
{
	struct uks_exchange ex;
	int ret;

	if (!len || !wrapping->key || !wrapping->format)
		return uks_fail(err, UKS_E_INVALID, 0,
				"to unwrap needs a wrapped key, a key and a format");
	ret = uks_exchange_init(&ex, len, err);
	if (ret)
		return ret;
	ret = uks_exchange_name(&ex, UKS_A_KEY_NAME, name, err);
	if (!ret)
		ret = put_wrapping(&ex, wrapping, err);
	if (!ret)
		ret = uks_exchange_options(&ex, options, err);
	uks_attrs_put_u32(&ex.request, UKS_A_KEY_TYPE, type);
	uks_attrs_put(&ex.request, UKS_A_WRAPPED, wrapped, len);
	if (!ret)
		ret = uks_exchange_describe(&ex, client, UKS_IOC_KEY_UNWRAP, out, err);
	uks_exchange_free(&ex);
	return ret;
}
