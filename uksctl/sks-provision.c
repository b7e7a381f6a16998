// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * uksctl sks: what issuers call. Who has a message of an issuer hands its arguments on,
 * as JSON; the MACs in them show the store that they are the issuer's.
 */
#include <string.h>

#include "sks.h"

/* Members that are only arguments beside a struct. */
struct beside {
	struct uks_sks_bytes first;
	struct uks_sks_bytes second;
};

static int print_handle(struct run *run, const char *name, const char *title, uint32_t handle)
{
	const struct column row = { name, title, false };

	return print_record(run, &row, 1, json_pack("{s:I}", name, (json_int_t)handle));
}

/* ---- sessions ---- */

static const struct sks_field opening_fields[] = {
	MAY(uks_sks_opening, "sessionKeyAlgorithm", SKS_TEXT, algorithm),
	MAY(uks_sks_opening, "privacyEnabled", SKS_BOOL, privacy),
	FIELD(uks_sks_opening, "serverSessionId", SKS_TEXT, server_id),
	FIELD(uks_sks_opening, "serverEphemeralKey", SKS_HEX, server_key),
	FIELD(uks_sks_opening, "issuerUri", SKS_TEXT, issuer),
	MAY(uks_sks_opening, "keyManagementKey", SKS_HEX, kmk),
	FIELD(uks_sks_opening, "clientTime", SKS_U32, client_time),
	FIELD(uks_sks_opening, "sessionLifeTime", SKS_U16, lifetime),
	FIELD(uks_sks_opening, "sessionKeyLimit", SKS_U16, limit),
	MAY(uks_sks_opening, "serverCertificate", SKS_HEX, server_certificate),
};

static const struct sks_field opened_fields[] = {
	FIELD(uks_sks_opened, "provisioningHandle", SKS_U32, handle),
	FIELD(uks_sks_opened, "clientSessionId", SKS_TEXT, client_id),
	FIELD(uks_sks_opened, "clientEphemeralKey", SKS_HEX, client_key),
	FIELD(uks_sks_opened, "attestation", SKS_HEX, attestation),
};

static const struct column opened_rows[] = {
	{ "provisioningHandle", "Session", false },
	{ "clientSessionId", "Client id", false },
	{ "clientEphemeralKey", "Client key", false },
	{ "attestation", "Attestation", false },
};

int run_sks_session_open(struct run *run)
{
	struct uks_sks_opening opening = { .algorithm = SKS_URI_SESSION };
	struct uks_sks_opened *opened;
	struct sks_request input;
	int ret = sks_request_read(run, &input, opening_fields, ARRAY_SIZE(opening_fields),
				 &opening);

	if (!ret) {
		ret = uks_sks_session_open(run->client, &opening, &opened, &run->err);
		if (ret)
			ret = sks_fail(run, ret, "open a session", NULL);
		else
			ret = print_record(run, opened_rows, ARRAY_SIZE(opened_rows),
					   sks_json(opened_fields, ARRAY_SIZE(opened_fields),
						    opened));
		uks_sks_free(opened);
	}
	sks_request_free(&input);
	return ret;
}

static int print_attestation(struct run *run, const uint8_t *attestation)
{
	static const struct column row = { "attestation", "Attestation", false };

	return print_record(run, &row, 1,
			    json_pack("{s:o}", "attestation", json_hex(attestation, SKS_MAC_LEN)));
}

int run_sks_session_close(struct run *run)
{
	static const struct sks_field fields[] = {
		FIELD(beside, "nonce", SKS_HEX, first),
		FIELD(beside, "mac", SKS_HEX, second),
	};
	uint8_t attestation[SKS_MAC_LEN];
	struct beside given = { 0 };
	struct sks_request input;
	uint32_t session;
	int ret = sks_handle(run, 0, &session);

	if (ret)
		return ret;
	ret = sks_request_read(run, &input, fields, ARRAY_SIZE(fields), &given);
	if (!ret) {
		ret = uks_sks_session_close(run->client, session, &given.first, &given.second,
					    attestation, &run->err);
		ret = ret ? sks_fail(run, ret, "close session", run->args[0]) :
			    print_attestation(run, attestation);
	}
	sks_request_free(&input);
	return ret;
}

int run_sks_session_abort(struct run *run)
{
	uint32_t session;
	int ret = sks_handle(run, 0, &session);

	if (ret)
		return ret;
	ret = uks_sks_session_abort(run->client, session, &run->err);
	return ret ? sks_fail(run, ret, "abort session", run->args[0]) : EXIT_OK;
}

int run_sks_session_kmk(struct run *run)
{
	static const struct sks_field fields[] = {
		FIELD(beside, "keyManagementKey", SKS_HEX, first),
		FIELD(beside, "authorization", SKS_HEX, second),
	};
	struct beside given = { 0 };
	struct sks_request input;
	uint32_t session;
	int ret = sks_handle(run, 0, &session);

	if (ret)
		return ret;
	ret = sks_request_read(run, &input, fields, ARRAY_SIZE(fields), &given);
	if (!ret) {
		ret = uks_sks_kmk_update(run->client, session, &given.first, &given.second,
					 &run->err);
		if (ret)
			ret = sks_fail(run, ret, "give another management key to session",
				       run->args[0]);
	}
	sks_request_free(&input);
	return ret;
}

/* ---- policies ---- */

static const struct sks_field puk_fields[] = {
	FIELD(uks_sks_puk_policy, "id", SKS_TEXT, id),
	FIELD(uks_sks_puk_policy, "encryptedPuk", SKS_HEX, puk),
	{ "format", SKS_WORD, AT(uks_sks_puk_policy, format), 0, sks_formats, false },
	FIELD(uks_sks_puk_policy, "retryLimit", SKS_U16, limit),
	FIELD(uks_sks_puk_policy, "mac", SKS_HEX, mac),
};

int run_sks_puk_create(struct run *run)
{
	struct uks_sks_puk_policy policy = { 0 };
	struct sks_request input;
	uint32_t session, handle;
	int ret = sks_handle(run, 0, &session);

	if (ret)
		return ret;
	ret = sks_request_read(run, &input, puk_fields, ARRAY_SIZE(puk_fields), &policy);
	if (!ret) {
		ret = uks_sks_puk_create(run->client, session, &policy, &handle, &run->err);
		ret = ret ? sks_fail(run, ret, "make a PUK policy in session", run->args[0]) :
			    print_handle(run, "pukPolicyHandle", "PUK policy", handle);
	}
	sks_request_free(&input);
	return ret;
}

static const struct sks_field pin_fields[] = {
	FIELD(uks_sks_pin_policy, "id", SKS_TEXT, id),
	MAY(uks_sks_pin_policy, "pukPolicyHandle", SKS_U32, puk_policy),
	FIELD(uks_sks_pin_policy, "userDefined", SKS_BOOL, user_defined),
	FIELD(uks_sks_pin_policy, "userModifiable", SKS_BOOL, user_modifiable),
	{ "format", SKS_WORD, AT(uks_sks_pin_policy, format), 0, sks_formats, false },
	FIELD(uks_sks_pin_policy, "retryLimit", SKS_U16, limit),
	{ "grouping", SKS_WORD, AT(uks_sks_pin_policy, grouping), 0, sks_groupings, true },
	{ "patternRestrictions", SKS_BITS, AT(uks_sks_pin_policy, patterns), 0, sks_patterns,
	  true },
	FIELD(uks_sks_pin_policy, "minLength", SKS_U16, min),
	FIELD(uks_sks_pin_policy, "maxLength", SKS_U16, max),
	{ "inputMethod", SKS_WORD, AT(uks_sks_pin_policy, input), 0, sks_inputs, true },
	FIELD(uks_sks_pin_policy, "mac", SKS_HEX, mac),
};

int run_sks_pin_create(struct run *run)
{
	struct uks_sks_pin_policy policy = { 0 };
	struct sks_request input;
	uint32_t session, handle;
	int ret = sks_handle(run, 0, &session);

	if (ret)
		return ret;
	ret = sks_request_read(run, &input, pin_fields, ARRAY_SIZE(pin_fields), &policy);
	if (!ret) {
		ret = uks_sks_pin_create(run->client, session, &policy, &handle, &run->err);
		ret = ret ? sks_fail(run, ret, "make a PIN policy in session", run->args[0]) :
			    print_handle(run, "pinPolicyHandle", "PIN policy", handle);
	}
	sks_request_free(&input);
	return ret;
}
