// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl sks: what owners do with keys beside using them. */
#include <string.h>

#include "sks.h"

/* ---- extensions ---- */

static const struct sks_field extension_fields[] = {
	{ "subType", SKS_WORD, AT(uks_sks_extension, kind), 0, sks_extensions, false },
	FIELD(uks_sks_extension, "qualifier", SKS_TEXT, qualifier),
	FIELD(uks_sks_extension, "extensionData", SKS_HEX, data),
};

static const struct column extension_rows[] = {
	{ "subType", "Kind", false },
	{ "qualifier", "Type of data", false },
	{ "extensionData", "Data", false },
};

int run_sks_extension(struct run *run)
{
	struct uks_sks_extension *extension;
	uint32_t key;
	int ret = sks_handle(run, 0, &key);

	if (ret)
		return ret;
	ret = uks_sks_key_extension(run->client, key, run->args[1], &extension, &run->err);
	if (ret)
		return sks_fail(run, ret, "read extension", run->args[1]);
	if (run->options[OPTION_OUTPUT])
		ret = output_all(run, extension->data.data, extension->data.len, true);
	else
		ret = print_record(run, extension_rows, ARRAY_SIZE(extension_rows),
				   sks_json(extension_fields, ARRAY_SIZE(extension_fields),
					    extension));
	uks_sks_free(extension);
	return ret;
}

int run_sks_key_property(struct run *run)
{
	uint32_t key;
	int ret = sks_handle(run, 0, &key);

	if (ret)
		return ret;
	ret = uks_sks_key_set_property(run->client, key, run->args[1], run->args[2],
				       run->args[3], &run->err);
	return ret ? sks_fail(run, ret, "set property", run->args[2]) : EXIT_OK;
}

/* ---- deletion and export ---- */

/* A key that is protected is not called without what it wants: that costs a try. */
static int authorize(struct run *run, uint32_t key, bool export, struct uks_sks_bytes *secret)
{
	struct uks_sks_protection protection;
	int ret = uks_sks_key_protection(run->client, key, &protection, &run->err);

	if (ret)
		return sks_fail(run, ret, "show key", run->args[0]);
	return sks_authorization(run, export ? protection.export_protection :
				 protection.delete_protection, secret);
}

int run_sks_key_delete(struct run *run)
{
	struct uks_sks_bytes secret = { 0 };
	uint32_t key;
	int ret = sks_handle(run, 0, &key);

	if (!ret)
		ret = authorize(run, key, false, &secret);
	if (ret)
		return ret;
	ret = uks_sks_key_delete(run->client, key, &secret, &run->err);
	sks_wipe();
	return ret ? sks_fail(run, ret, "delete key", run->args[0]) : EXIT_OK;
}

int run_sks_key_export(struct run *run)
{
	static uint8_t exported[SKS_CRYPTO_MAX];
	struct uks_sks_bytes secret = { 0 };
	size_t len = sizeof(exported);
	uint32_t key;
	int ret = sks_handle(run, 0, &key);

	if (!ret)
		ret = authorize(run, key, true, &secret);
	if (ret)
		return ret;
	ret = uks_sks_key_export(run->client, key, &secret, exported, &len, &run->err);
	sks_wipe();
	if (ret)
		return sks_fail(run, ret, "export key", run->args[0]);
	ret = output_all(run, exported, len, true);
	explicit_bzero(exported, sizeof(exported));
	return ret;
}

/* ---- PINs ---- */

int run_sks_pin_unlock(struct run *run)
{
	struct uks_sks_bytes puk;
	uint32_t key;
	int ret = sks_handle(run, 0, &key);

	if (!ret)
		ret = sks_secret(run, OPTION_PUK_FD, "PUK", &puk);
	if (ret)
		return ret;
	ret = uks_sks_key_unlock(run->client, key, &puk, &run->err);
	sks_wipe();
	return ret ? sks_fail(run, ret, "unlock key", run->args[0]) : EXIT_OK;
}

static int new_pin(struct run *run, enum option_id option, const char *what,
		   int (*call)(struct uks_client *client, uint32_t key,
			       const struct uks_sks_bytes *authorization,
			       const struct uks_sks_bytes *new_pin, struct uks_err *err))
{
	struct uks_sks_bytes secret, pin;
	uint32_t key;
	int ret = sks_handle(run, 0, &key);

	if (!ret)
		ret = sks_secret(run, option, what, &secret);
	if (!ret)
		ret = sks_new_pin(run, &pin);
	if (!ret) {
		ret = call(run->client, key, &secret, &pin, &run->err);
		if (ret)
			ret = sks_fail(run, ret, "give another PIN to key", run->args[0]);
	}
	sks_wipe();
	return ret;
}

int run_sks_pin_change(struct run *run)
{
	return new_pin(run, OPTION_PIN_FD, "PIN", uks_sks_pin_change);
}

int run_sks_pin_set(struct run *run)
{
	return new_pin(run, OPTION_PUK_FD, "PUK", uks_sks_pin_set);
}
