// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl status */
#include "uksctl.h"

static const struct column status_rows[] = {
	{ "daemon", "Daemon", false },
	{ "library", "Library", false },
	{ "started", "Started", false },
	{ "store", "Store", false },
	{ "store_schema", "Store schema", false },
	{ "generation", "Generation", false },
	{ "tpm", "TPM", false },
	{ "tpm_root", "TPM root", false },
	{ "master", "Master key", false },
	{ "keys", "Your keys", false },
	{ "trouble", "Trouble", false },
};

static const char *master_state(uint32_t state)
{
	switch (state) {
	case UKS_MASTER_EMPTY:
		return "empty: see 'uksctl master status'";
	case UKS_MASTER_VALID:
		return "valid";
	default:
		return "unknown";
	}
}

int run_status(struct run *run)
{
	struct uks_status *status;
	json_t *object;

	if (uks_status(run->client, &status, &run->err))
		return fail(run, "get the status", NULL);
	object = json_pack("{s:s, s:s, s:o, s:s, s:I, s:I, s:s, s:o, s:I}",
			   "daemon", status->daemon_version,
			   "library", uks_version(),
			   "started", json_time(status->started),
			   "store", status->store,
			   "store_schema", (json_int_t)status->store_schema,
			   "generation", (json_int_t)status->generation,
			   "tpm", status->tpm,
			   "tpm_root", json_hex(status->tpm_root, status->tpm_root_len),
			   "keys", (json_int_t)status->keys);
	json_object_set_new(object, "master", json_string(master_state(status->master_state)));
	if (*status->trouble)
		json_object_set_new(object, "trouble", json_string(status->trouble));
	uks_status_free(status);
	return print_record(run, status_rows, ARRAY_SIZE(status_rows), object);
}
