// SPDX-License-Identifier: LGPL-2.1-or-later
/* SKS, methods 100 to 104: what keys compute. */
#include "sks.h"

/**
 * struct method - one of them
 * @number: its number
 * @flags: 0 or UKS_SKS_WHOLE_MESSAGE
 * @mode: encrypt, else decrypt; only if @number is SKS_ENCRYPT
 * @blob: its data are a blob
 * @what: what its result is
 */
struct method {
	uint8_t number;
	uint32_t flags;
	bool mode;
	bool blob;
	const char *what;
};

static void put_use(struct uks_sks_exchange *ex, const struct method *method,
		    const struct uks_sks_use *use, const struct uks_sks_bytes *data)
{
	sks_put_u32(&ex->out, use->key);
	uks_sks_put_text(ex, use->algorithm);
	if (method->number == SKS_ENCRYPT)
		sks_put_bool(&ex->out, method->mode);
	uks_sks_put(ex, &use->parameters);
	sks_put_bool(&ex->out, use->biometric);
	uks_sks_put(ex, &use->authorization);
	if (method->blob)
		sks_put_blob(&ex->out, data->data, data->len);
	else
		uks_sks_put(ex, data);
}

static int compute(struct uks_client *client, const struct method *method,
		   const struct uks_sks_use *use, const struct uks_sks_bytes *data, void *to,
		   size_t *len, struct uks_err *err)
{
	struct uks_sks_exchange ex;
	int ret = uks_sks_begin(&ex, err);

	if (ret)
		return ret;
	put_use(&ex, method, use, data);
	ret = uks_sks_run(&ex, client, method->number, method->flags, err);
	if (!ret)
		ret = uks_sks_take(&ex, method->what, method->number == SKS_ENCRYPT, to, len,
				   err);
	return uks_sks_end(&ex, ret, err);
}

int uks_sks_sign(struct uks_client *client, const struct uks_sks_use *use, uint32_t flags,
		 const struct uks_sks_bytes *data, void *to, size_t *len, struct uks_err *err)
{
	const struct method method = {
		.number = SKS_SIGN, .flags = flags, .what = "signature",
	};

	return compute(client, &method, use, data, to, len, err);
}

int uks_sks_decrypt(struct uks_client *client, const struct uks_sks_use *use,
		    const struct uks_sks_bytes *data, void *to, size_t *len,
		    struct uks_err *err)
{
	const struct method method = { .number = SKS_DECRYPT, .what = "plaintext" };

	return compute(client, &method, use, data, to, len, err);
}

int uks_sks_agree(struct uks_client *client, const struct uks_sks_use *use,
		  const struct uks_sks_bytes *peer, void *to, size_t *len, struct uks_err *err)
{
	const struct method method = { .number = SKS_AGREE, .what = "secret" };

	return compute(client, &method, use, peer, to, len, err);
}

int uks_sks_hmac(struct uks_client *client, const struct uks_sks_use *use,
		 const struct uks_sks_bytes *data, void *to, size_t *len, struct uks_err *err)
{
	const struct method method = { .number = SKS_HMAC, .blob = true, .what = "HMAC" };

	return compute(client, &method, use, data, to, len, err);
}

int uks_sks_crypt(struct uks_client *client, const struct uks_sks_use *use, bool encrypt,
		  const struct uks_sks_bytes *data, void *to, size_t *len, struct uks_err *err)
{
	const struct method method = {
		.number = SKS_ENCRYPT, .mode = encrypt, .blob = true, .what = "result",
	};

	return compute(client, &method, use, data, to, len, err);
}
