// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl status */
#include "uksctl.h"

static const struct column status_rows[] = {
	{ "daemon", "Daemon", false },
	{ "library", "Library", false },
	{ "started", "Started", false },
	{ "store", "Store", false },
	{ "store_schema", "Store schema", false },
	{ "tpm", "TPM", false },
	{ "tpm_root", "TPM root", false },
	{ "keys", "Your keys", false },
};

int run_status(struct run *run)
{
	struct uks_status *status;
	json_t *object;

	if (uks_status(run->client, &status, &run->err))
		return fail(run, "get the status", NULL);
	object = json_pack("{s:s, s:s, s:o, s:s, s:I, s:s, s:o, s:I}",
			   "daemon", status->daemon_version,
			   "library", uks_version(),
			   "started", json_time(status->started),
			   "store", status->store,
			   "store_schema", (json_int_t)status->store_schema,
			   "tpm", status->tpm,
			   "tpm_root", json_hex(status->tpm_root, status->tpm_root_len),
			   "keys", (json_int_t)status->keys);
	uks_status_free(status);
	return print_record(run, status_rows, ARRAY_SIZE(status_rows), object);
}
