// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl key public */
#include <string.h>

#include "uksctl.h"

int run_key_public(struct run *run)
{
	const char *format = run->options[OPTION_FORMAT];
	bool der = format && !strcmp(format, "der");
	uint8_t data[32768];
	size_t len = sizeof(data);
	uint32_t version;
	int ret = option_number(run, OPTION_VERSION, &version);

	if (ret)
		return ret;
	if (format && !der && strcmp(format, "pem"))
		return fail_usage(run, "'%s' is not a format of public keys", format);
	if (uks_key_public_version(run->client, run->args[0], version, data, &len, &run->err))
		return fail(run, "export the public part of", run->args[0]);
	ret = der ? EXIT_OK : spki_to_pem(data, sizeof(data), &len);
	return ret ? ret : output_all(run, data, len, der);
}
