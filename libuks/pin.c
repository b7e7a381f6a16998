// SPDX-License-Identifier: LGPL-2.1-or-later
/* PINs of keys: is one right, another one, and the tries back. */
#include "internal.h"

static int run_pin(struct uks_client *client, uint32_t command, const char *key,
		   const struct uks_pin *pin, uint32_t *tries, struct uks_err *err)
{
	struct uks_attr table[UKS_A_MAX + 1];
	struct uks_exchange ex;
	int ret = uks_exchange_init(&ex, 0, err);

	if (ret)
		return ret;
	ret = uks_exchange_key(&ex, key, err);
	uks_attrs_put_u32(&ex.request, UKS_A_COMMAND, command);
	uks_exchange_pin(&ex, pin);
	if (!ret)
		ret = uks_exchange_run(&ex, client, UKS_IOC_PIN, err);
	if (!ret && tries) {
		if (uks_attrs_parse(ex.answer, ex.answer_len, table))
			ret = uks_fail_protocol(err, "the daemon's answer is malformed");
		else
			*tries = uks_attr_u32(&table[UKS_A_TRIES], 0);
	}
	uks_exchange_free(&ex);
	return ret;
}

int uks_pin_check(struct uks_client *client, const char *key, const struct uks_pin *pin,
		  uint32_t *tries, struct uks_err *err)
{
	return run_pin(client, UKS_PIN_CHECK, key, pin, tries, err);
}

int uks_pin_change(struct uks_client *client, const char *key, const struct uks_pin *pin,
		   uint32_t *tries, struct uks_err *err)
{
	return run_pin(client, UKS_PIN_CHANGE, key, pin, tries, err);
}

int uks_pin_unlock(struct uks_client *client, const char *key, const struct uks_pin *pin,
		   uint32_t *tries, struct uks_err *err)
{
	return run_pin(client, UKS_PIN_UNLOCK, key, pin, tries, err);
}
