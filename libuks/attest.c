// SPDX-License-Identifier: LGPL-2.1-or-later
/* Attestation of keys. */
#include "internal.h"

static int take_result(const struct uks_exchange *ex, void *out, size_t *out_len,
		       struct uks_err *err)
{
	struct uks_attr table[UKS_A_MAX + 1];
	const struct uks_attr *result = &table[UKS_A_RESULT];
	size_t room = *out_len;

	if (uks_attrs_parse(ex->answer, ex->answer_len, table) || !result->type)
		return uks_fail_protocol(err, "the daemon gave no result");
	*out_len = result->len;
	if (room < result->len)
		return uks_fail(err, UKS_E_NO_ROOM, 0,
				"the result has %u bytes, and there is room for %zu", result->len,
				room);
	memcpy(out, result->value, result->len);
	explicit_bzero(ex->answer, ex->answer_len);
	return 0;
}

static int run(struct uks_exchange *ex, struct uks_client *client, void *out, size_t *out_len,
	       struct uks_err *err)
{
	int ret = uks_exchange_run(ex, client, UKS_IOC_KEY_ATTEST, err);

	return ret ? ret : take_result(ex, out, out_len, err);
}

int uks_key_attest(struct uks_client *client, const char *key, uint32_t version,
		   const void *challenge, size_t challenge_len, uint32_t flags, void *out,
		   size_t *out_len, struct uks_err *err)
{
	struct uks_exchange ex;
	int ret;

	if (!challenge_len || challenge_len > UKS_CHALLENGE_MAX)
		return uks_fail(err, UKS_E_INVALID, 0,
				"a challenge has 1 to %d bytes, this one has %zu",
				UKS_CHALLENGE_MAX, challenge_len);
	ret = uks_exchange_init(&ex, 0, err);
	if (ret)
		return ret;
	uks_attrs_put_u32(&ex.request, UKS_A_COMMAND, UKS_ATTEST_KEY);
	uks_attrs_put(&ex.request, UKS_A_CHALLENGE, challenge, challenge_len);
	if (flags)
		uks_attrs_put_u32(&ex.request, UKS_A_FLAGS, flags);
	ret = uks_exchange_version(&ex, key, version, err);
	if (!ret)
		ret = run(&ex, client, out, out_len, err);
	uks_exchange_free(&ex);
	return ret;
}

int uks_attest_ak(struct uks_client *client, void *out, size_t *out_len, struct uks_err *err)
{
	struct uks_exchange ex;
	int ret = uks_exchange_init(&ex, 0, err);

	if (ret)
		return ret;
	uks_attrs_put_u32(&ex.request, UKS_A_COMMAND, UKS_ATTEST_AK);
	ret = run(&ex, client, out, out_len, err);
	uks_exchange_free(&ex);
	return ret;
}

int uks_attest_activate(struct uks_client *client, const void *credential, size_t len,
			void *out, size_t *out_len, struct uks_err *err)
{
	struct uks_exchange ex;
	int ret = uks_exchange_init(&ex, len, err);

	if (ret)
		return ret;
	uks_attrs_put_u32(&ex.request, UKS_A_COMMAND, UKS_ATTEST_ACTIVATE);
	uks_attrs_put(&ex.request, UKS_A_MESSAGE, credential, len);
	ret = run(&ex, client, out, out_len, err);
	uks_exchange_free(&ex);
	return ret;
}
