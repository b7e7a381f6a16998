// SPDX-License-Identifier: LGPL-2.1-or-later
/* SKS, methods 2 to 9: sessions and policies, as issuers make them. */
#include "sks.h"

static void put_opening(struct uks_sks_exchange *ex, const struct uks_sks_opening *opening)
{
	uks_sks_put_text(ex, opening->algorithm);
	sks_put_bool(&ex->out, opening->privacy);
	uks_sks_put_text(ex, opening->server_id);
	uks_sks_put(ex, &opening->server_key);
	uks_sks_put_text(ex, opening->issuer);
	uks_sks_put(ex, &opening->kmk);
	sks_put_u32(&ex->out, opening->client_time);
	sks_put_u16(&ex->out, opening->lifetime);
	sks_put_u16(&ex->out, opening->limit);
	uks_sks_put(ex, &opening->server_certificate);
}

static int get_opened(struct uks_sks_exchange *ex, struct uks_sks_opened **opened,
		      struct uks_err *err)
{
	struct uks_sks_opened *got = uks_sks_give(ex, sizeof(*got), err);

	if (!got)
		return -UKS_E_NO_MEMORY;
	got->client_id = uks_sks_get_text(ex);
	got->client_key = uks_sks_get(ex);
	got->attestation = uks_sks_get(ex);
	got->handle = sks_get_u32(&ex->in);
	*opened = got;
	return 0;
}

int uks_sks_session_open(struct uks_client *client, const struct uks_sks_opening *opening,
			 struct uks_sks_opened **opened, struct uks_err *err)
{
	struct uks_sks_exchange ex;
	int ret;

	*opened = NULL;
	ret = uks_sks_begin(&ex, err);
	if (ret)
		return ret;
	put_opening(&ex, opening);
	ret = uks_sks_run(&ex, client, SKS_CREATE_SESSION, 0, err);
	if (!ret)
		ret = get_opened(&ex, opened, err);
	ret = uks_sks_end(&ex, ret, err);
	if (ret)
		*opened = NULL;
	return ret;
}

int uks_sks_session_close(struct uks_client *client, uint32_t session,
			  const struct uks_sks_bytes *nonce, const struct uks_sks_bytes *mac,
			  uint8_t attestation[SKS_MAC_LEN], struct uks_err *err)
{
	struct uks_sks_exchange ex;
	int ret = uks_sks_begin(&ex, err);

	if (ret)
		return ret;
	sks_put_u32(&ex.out, session);
	uks_sks_put(&ex, nonce);
	uks_sks_put(&ex, mac);
	ret = uks_sks_run(&ex, client, SKS_CLOSE_SESSION, 0, err);
	if (!ret)
		sks_get_exactly(&ex.in, attestation, SKS_MAC_LEN);
	return uks_sks_end(&ex, ret, err);
}

static int get_session(struct uks_sks_exchange *ex, uint32_t handle,
		       struct uks_sks_session **session, struct uks_err *err)
{
	struct uks_sks_session *got = uks_sks_give(ex, sizeof(*got), err);

	if (!got)
		return -UKS_E_NO_MEMORY;
	got->handle = handle;
	got->algorithm = uks_sks_get_text(ex);
	got->privacy = sks_get_bool(&ex->in);
	got->kmk = uks_sks_get(ex);
	got->client_time = sks_get_u32(&ex->in);
	got->lifetime = sks_get_u32(&ex->in);
	got->server_id = uks_sks_get_text(ex);
	got->client_id = uks_sks_get_text(ex);
	got->issuer = uks_sks_get_text(ex);
	*session = got;
	return 0;
}

int uks_sks_session_next(struct uks_client *client, uint32_t after, bool open,
			 struct uks_sks_session **session, struct uks_err *err)
{
	struct uks_sks_exchange ex;
	uint32_t handle;
	int ret;

	*session = NULL;
	ret = uks_sks_begin(&ex, err);
	if (ret)
		return ret;
	sks_put_u32(&ex.out, after);
	sks_put_bool(&ex.out, open);
	ret = uks_sks_run(&ex, client, SKS_ENUMERATE_SESSIONS, 0, err);
	handle = ret ? 0 : sks_get_u32(&ex.in);
	if (handle)
		ret = get_session(&ex, handle, session, err);
	ret = uks_sks_end(&ex, ret, err);
	if (ret)
		*session = NULL;
	return ret;
}

int uks_sks_session_abort(struct uks_client *client, uint32_t session, struct uks_err *err)
{
	return uks_sks_call_with(client, SKS_ABORT_SESSION, session, NULL, NULL, err);
}

int uks_sks_kmk_update(struct uks_client *client, uint32_t session,
		       const struct uks_sks_bytes *kmk,
		       const struct uks_sks_bytes *authorization, struct uks_err *err)
{
	return uks_sks_call_with(client, SKS_UPDATE_KMK, session, kmk, authorization, err);
}

int uks_sks_puk_create(struct uks_client *client, uint32_t session,
		       const struct uks_sks_puk_policy *policy, uint32_t *handle,
		       struct uks_err *err)
{
	struct uks_sks_exchange ex;
	int ret = uks_sks_begin(&ex, err);

	if (ret)
		return ret;
	sks_put_u32(&ex.out, session);
	uks_sks_put_text(&ex, policy->id);
	uks_sks_put(&ex, &policy->puk);
	sks_put_u8(&ex.out, policy->format);
	sks_put_u16(&ex.out, policy->limit);
	uks_sks_put(&ex, &policy->mac);
	ret = uks_sks_run(&ex, client, SKS_CREATE_PUK_POLICY, 0, err);
	if (!ret)
		*handle = sks_get_u32(&ex.in);
	return uks_sks_end(&ex, ret, err);
}

static void put_pin_policy(struct uks_sks_exchange *ex, const struct uks_sks_pin_policy *policy)
{
	struct sks_out *out = &ex->out;

	uks_sks_put_text(ex, policy->id);
	sks_put_u32(out, policy->puk_policy);
	sks_put_bool(out, policy->user_defined);
	sks_put_bool(out, policy->user_modifiable);
	sks_put_u8(out, policy->format);
	sks_put_u16(out, policy->limit);
	sks_put_u8(out, policy->grouping);
	sks_put_u8(out, policy->patterns);
	sks_put_u16(out, policy->min);
	sks_put_u16(out, policy->max);
	sks_put_u8(out, policy->input);
	uks_sks_put(ex, &policy->mac);
}

int uks_sks_pin_create(struct uks_client *client, uint32_t session,
		       const struct uks_sks_pin_policy *policy, uint32_t *handle,
		       struct uks_err *err)
{
	struct uks_sks_exchange ex;
	int ret = uks_sks_begin(&ex, err);

	if (ret)
		return ret;
	sks_put_u32(&ex.out, session);
	put_pin_policy(&ex, policy);
	ret = uks_sks_run(&ex, client, SKS_CREATE_PIN_POLICY, 0, err);
	if (!ret)
		*handle = sks_get_u32(&ex.in);
	return uks_sks_end(&ex, ret, err);
}
