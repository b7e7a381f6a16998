// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl limits */
#include <uks/algorithm.h>

#include "uksctl.h"

static const struct column rows[] = {
	{ "features", "Features", false },
	{ "algorithms", "Algorithms in the kernel", false },
	{ "digests", "Digests in the kernel", false },
	{ "daemon", "Daemon", false },
	{ "cells", "Types by algorithms by digests", false },
	{ "aead_max", "AEAD message, bytes", false },
	{ "message_max", "Message that the daemon takes whole, bytes", false },
	{ "stream_max", "Encrypted stream, bytes (- is no limit)", false },
	{ "signature_max", "Signature, bytes", false },
	{ "mac_max", "MAC, bytes", false },
	{ "nonce_max", "Nonce, bytes", false },
	{ "name_max", "Key name, bytes", false },
	{ "policy_max", "Policy, bytes", false },
	{ "parameters_max", "Parameters, bytes", false },
	{ "payload_max", "Request, bytes", false },
	{ "requests_max", "Requests per user", false },
	{ "sessions_max", "Sessions per user", false },
	{ "bytes_max", "Kernel memory per user, bytes", false },
};

/* How many combinations of the table of algorithms there are. */
static json_int_t count_cells(void)
{
	size_t i, count;
	const struct uks_row *row = uks_rows(&count);
	json_int_t cells = 0;

	for (i = 0; i < count; i++, row++)
		cells += __builtin_popcountll(row->types) *
			 (row->digests ? __builtin_popcountll(row->digests) : 1);
	return cells;
}

static void add_numbers(json_t *object, const struct uks_query *query)
{
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
		{ "aead_max", query->aead_max },
		{ "message_max", query->message_max },
		{ "signature_max", UKS_SIGNATURE_MAX },
		{ "mac_max", UKS_MAC_MAX },
		{ "nonce_max", UKS_NONCE_MAX },
		{ "name_max", UKS_NAME_MAX },
		{ "policy_max", UKS_POLICY_MAX },
		{ "parameters_max", UKS_PARAMETERS_MAX },
		{ "payload_max", query->payload_max },
		{ "requests_max", query->requests_max },
		{ "sessions_max", query->sessions_max },
		{ "bytes_max", query->bytes_max },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		json_object_set_new(object, numbers[i].name, json_integer(numbers[i].value));
}

int run_limits(struct run *run)
{
	struct uks_query query;
	json_t *object;

	if (uks_query(run->client, &query, &run->err))
		return fail(run, "get the limits", NULL);
	object = json_pack("{s:o, s:o, s:o, s:b, s:I, s:n}",
			   "features", json_bits(UKS_WORD_FEATURE, query.features),
			   "algorithms", json_set(UKS_WORD_ALGORITHM, query.algorithms),
			   "digests", json_set(UKS_WORD_DIGEST, query.digests),
			   "daemon", (int)query.daemon,
			   "cells", count_cells(),
			   "stream_max");
	add_numbers(object, &query);
	return print_record(run, rows, ARRAY_SIZE(rows), object);
}
