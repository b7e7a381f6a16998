// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl key public: the public part of a key, in any format that has public keys. */
#include "import.h"

/* libcrypto's key of the public part of the key named. */
int public_of(struct run *run, EVP_PKEY **pkey)
{
	uint8_t spki[FORMAT_OUTPUT_MAX];
	size_t len = sizeof(spki);
	uint32_t version;
	int ret = option_number(run, OPTION_VERSION, &version);

	*pkey = NULL;
	if (ret)
		return ret;
	if (!uks_key_public_version(run->client, run->args[0], version, spki, &len, &run->err))
		*pkey = format_public_pkey(spki, len, &run->err);
	return *pkey ? EXIT_OK : fail(run, "export the public part of", run->args[0]);
}

int run_key_public(struct run *run)
{
	const char *name = run->options[OPTION_FORMAT];
	const struct format *format = format_named(name ? name : "pem");
	uint8_t data[FORMAT_OUTPUT_MAX];
	EVP_PKEY *pkey;
	size_t len;
	int ret;

	if (!format || !format->write)
		return fail_usage(run, "'%s' is not a format of public keys", name);
	ret = public_of(run, &pkey);
	if (ret)
		return ret;
	if (format->write(pkey, run->args[0], data, &len, &run->err))
		ret = fail(run, "write the public part of", run->args[0]);
	else
		ret = output_all(run, data, len, format->binary);
	EVP_PKEY_free(pkey);
	return ret;
}
