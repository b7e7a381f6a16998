// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl status, limits */
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

static const struct column limit_rows[] = {
	{ "features", "Features", false },
	{ "daemon", "Daemon", false },
	{ "aead_max", "AEAD message, bytes", false },
	{ "message_max", "Ed25519 message, bytes", false },
	{ "payload_max", "Request, bytes", false },
	{ "requests_max", "Requests per user", false },
	{ "sessions_max", "Sessions per user", false },
	{ "bytes_max", "Kernel memory per user, bytes", false },
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

int run_limits(struct run *run)
{
	struct uks_query query;
	json_t *object;

	if (uks_query(run->client, &query, &run->err))
		return fail(run, "get the limits", NULL);
	object = json_pack("{s:o, s:b, s:I, s:I, s:I, s:I, s:I, s:I}",
			   "features", json_bits(UKS_WORD_FEATURE, query.features),
			   "daemon", (int)query.daemon,
			   "aead_max", (json_int_t)query.aead_max,
			   "message_max", (json_int_t)query.message_max,
			   "payload_max", (json_int_t)query.payload_max,
			   "requests_max", (json_int_t)query.requests_max,
			   "sessions_max", (json_int_t)query.sessions_max,
			   "bytes_max", (json_int_t)query.bytes_max);
	return print_record(run, limit_rows, ARRAY_SIZE(limit_rows), object);
}
