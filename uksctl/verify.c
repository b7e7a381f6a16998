// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Verifying with a key that has several versions: which one signed is not known, so
 * the message goes through a session of each at once, and the newest that agrees
 * has signed.
 */
#include <string.h>

#include "verify.h"

static const char *input_name(const struct run *run)
{
	return run->options[OPTION_INPUT] ? run->options[OPTION_INPUT] : "standard input";
}

/* A version that may not be used is passed over, unless there is no other. */
static int add_session(struct run *run, struct verifier *verifier, uint32_t version)
{
	struct uks_method method = verifier->method->method;
	int ret;

	if (verifier->count == VERSIONS_MAX)
		return 0;
	if (version)
		method.version = version;
	ret = session_open(run, verifier->purpose, &method, &verifier->sessions[verifier->count]);
	if (!ret)
		verifier->count++;
	return ret;
}

/* Who may use a key need not be allowed to list its versions: then it is the newest. */
static int open_versions(struct run *run, struct verifier *verifier)
{
	struct uks_key_list *versions;
	struct uks_err refused = { 0 };
	struct uks_key *key;

	/* Only the newest version makes anything. */
	if (verifier->purpose == UKS_PURPOSE_SIGN || verifier->purpose == UKS_PURPOSE_MAC ||
	    verifier->method->method.version ||
	    uks_key_versions(run->client, run->args[0], &versions, NULL))
		return add_session(run, verifier, 0);
	while (!uks_key_list_next(versions, &key, NULL) && key) {
		if (add_session(run, verifier, key->version) && !refused.code)
			refused = run->err;
		uks_key_free(key);
	}
	uks_key_list_free(versions);
	if (verifier->count)
		return 0;
	if (!refused.code)
		return add_session(run, verifier, 0);
	run->err = refused;
	return -refused.code;
}

int verifier_open(struct run *run, struct verifier *verifier)
{
	if (!open_versions(run, verifier))
		return EXIT_OK;
	return fail(run, verifier->what, run->args[0]);
}

int verifier_begin(struct run *run, struct verifier *verifier)
{
	size_t i;

	for (i = 0; i < verifier->count; i++)
		if (uks_begin(verifier->sessions[i], NULL, &run->err))
			return fail(run, verifier->what, input_name(run));
	return EXIT_OK;
}

int verifier_update(struct run *run, struct verifier *verifier, const void *data, size_t len)
{
	size_t i;

	for (i = 0; i < verifier->count; i++)
		if (uks_update(verifier->sessions[i], data, len, &run->err))
			return fail(run, verifier->what, input_name(run));
	return EXIT_OK;
}

int verifier_finish(struct run *run, struct verifier *verifier, const void *sig, size_t len)
{
	struct uks_err first = { 0 };
	size_t i;

	for (i = 0; i < verifier->count; i++) {
		if (!uks_finish_verify(verifier->sessions[i], sig, len, &run->err))
			return EXIT_OK;
		if (!i)
			first = run->err;
	}
	run->err = first;
	return fail(run, "verify", input_name(run));
}

void verifier_close(struct verifier *verifier)
{
	while (verifier->count)
		uks_session_close(verifier->sessions[--verifier->count]);
}
