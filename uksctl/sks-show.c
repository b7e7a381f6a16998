// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl sks: what there is: the device, sessions, keys, what they are. */
#include <stdlib.h>
#include <string.h>

#include "sks.h"

/* ---- the device ---- */

static const struct sks_field device_fields[] = {
	FIELD(uks_sks_device, "apiLevel", SKS_U16, api_level),
	FIELD(uks_sks_device, "deviceType", SKS_U8, type),
	FIELD(uks_sks_device, "updateUrl", SKS_TEXT, update_url),
	FIELD(uks_sks_device, "vendorName", SKS_TEXT, vendor),
	FIELD(uks_sks_device, "vendorDescription", SKS_TEXT, description),
	FIELD(uks_sks_device, "cryptoDataSize", SKS_U32, crypto_size),
	FIELD(uks_sks_device, "extensionDataSize", SKS_U32, extension_size),
	FIELD(uks_sks_device, "devicePinSupport", SKS_BOOL, device_pin),
	FIELD(uks_sks_device, "biometricSupport", SKS_BOOL, biometric),
	{ "supportedAlgorithms", SKS_TEXTS, AT(uks_sks_device, algorithms),
	  AT(uks_sks_device, nr_algorithms), NULL, false },
	{ "certificatePath", SKS_LIST, AT(uks_sks_device, certificates),
	  AT(uks_sks_device, nr_certificates), NULL, false },
};

static const struct column device_rows[] = {
	{ "apiLevel", "API level", false },
	{ "deviceType", "Type", false },
	{ "updateUrl", "Updates", false },
	{ "vendorName", "Vendor", false },
	{ "vendorDescription", "Description", false },
	{ "subject", "Certificate of", false },
	{ "cryptoDataSize", "Data, bytes", false },
	{ "extensionDataSize", "Extension, bytes", false },
	{ "devicePinSupport", "PIN of its own", false },
	{ "biometricSupport", "Biometric proof", false },
	{ "supportedAlgorithms", "Algorithms", false },
};

static void add_subject(json_t *object, const struct uks_sks_bytes *certificates, size_t count)
{
	char *subject = count ? sks_subject(&certificates[0]) : NULL;

	if (subject)
		json_object_set_new(object, "subject", json_string(subject));
	free(subject);
}

int run_sks_info(struct run *run)
{
	struct uks_sks_device *device;
	json_t *object;
	int ret = uks_sks_device(run->client, &device, &run->err);

	if (ret)
		return sks_fail(run, ret, "ask what the store is", NULL);
	if (run->options[OPTION_CERT]) {
		ret = sks_pem(run, device->certificates, device->nr_certificates);
	} else {
		object = sks_json(device_fields, ARRAY_SIZE(device_fields), device);
		add_subject(object, device->certificates, device->nr_certificates);
		ret = print_record(run, device_rows, ARRAY_SIZE(device_rows), object);
	}
	uks_sks_free(device);
	return ret;
}

int run_sks_firmware(struct run *run)
{
	static const struct column row = { "nextUrl", "Next part", false };
	static uint8_t chunk[UKS_SKS_MESSAGE_MAX - 3];
	char url[SKS_URI_MAX + 1];
	size_t len;
	int ret = input_read_all(run->options[OPTION_INPUT], chunk, sizeof(chunk), &len);

	if (ret)
		return ret;
	ret = uks_sks_update_firmware(run->client, chunk, len, url, sizeof(url), &run->err);
	if (ret)
		return sks_fail(run, ret, "update the firmware", NULL);
	return print_record(run, &row, 1, json_pack("{s:s}", "nextUrl", url));
}

/* ---- sessions ---- */

static const struct sks_field session_fields[] = {
	FIELD(uks_sks_session, "provisioningHandle", SKS_U32, handle),
	FIELD(uks_sks_session, "sessionKeyAlgorithm", SKS_TEXT, algorithm),
	FIELD(uks_sks_session, "privacyEnabled", SKS_BOOL, privacy),
	FIELD(uks_sks_session, "keyManagementKey", SKS_HEX, kmk),
	FIELD(uks_sks_session, "clientTime", SKS_U32, client_time),
	FIELD(uks_sks_session, "sessionLifeTime", SKS_U32, lifetime),
	FIELD(uks_sks_session, "serverSessionId", SKS_TEXT, server_id),
	FIELD(uks_sks_session, "clientSessionId", SKS_TEXT, client_id),
	FIELD(uks_sks_session, "issuerUri", SKS_TEXT, issuer),
};

static const struct column session_columns[] = {
	{ "provisioningHandle", "SESSION", true },
	{ "open", "OPEN", false },
	{ "privacyEnabled", "PRIVATE", false },
	{ "managed", "MANAGED", false },
	{ "serverSessionId", "SERVER-ID", false },
	{ "clientSessionId", "CLIENT-ID", false },
	{ "issuerUri", "ISSUER", false },
};

static int add_sessions(struct run *run, bool open, json_t *list)
{
	struct uks_sks_session *session;
	uint32_t after = 0;
	json_t *object;
	int ret;

	for (;;) {
		ret = uks_sks_session_next(run->client, after, open, &session, &run->err);
		if (ret)
			return sks_fail(run, ret, "list the sessions", NULL);
		if (!session)
			return EXIT_OK;
		object = sks_json(session_fields, ARRAY_SIZE(session_fields), session);
		json_object_set_new(object, "open", json_boolean(open));
		json_object_set_new(object, "managed", json_boolean(session->kmk.len));
		json_array_append_new(list, object);
		after = session->handle;
		uks_sks_free(session);
	}
}

int run_sks_sessions(struct run *run)
{
	bool open = run->options[OPTION_OPEN], closed = run->options[OPTION_CLOSED];
	json_t *list = json_array();
	int ret = EXIT_OK;

	if (open || !closed)
		ret = add_sessions(run, true, list);
	if (!ret && (closed || !open))
		ret = add_sessions(run, false, list);
	if (!ret)
		return print_list(run, "sessions", session_columns, ARRAY_SIZE(session_columns),
				  list);
	json_decref(list);
	return ret;
}

/* ---- keys ---- */

static const struct sks_field attribute_fields[] = {
	FIELD(uks_sks_attributes, "symmetricKeyLength", SKS_U16, symmetric),
	FIELD(uks_sks_attributes, "friendlyName", SKS_TEXT, friendly_name),
	{ "appUsage", SKS_WORD, AT(uks_sks_attributes, usage), 0, sks_usages, false },
	{ "endorsedAlgorithms", SKS_TEXTS, AT(uks_sks_attributes, endorsed),
	  AT(uks_sks_attributes, nr_endorsed), NULL, false },
	{ "extensionTypes", SKS_TEXTS, AT(uks_sks_attributes, extensions),
	  AT(uks_sks_attributes, nr_extensions), NULL, false },
	{ "certificatePath", SKS_LIST, AT(uks_sks_attributes, certificates),
	  AT(uks_sks_attributes, nr_certificates), NULL, false },
};

static const struct sks_field protection_fields[] = {
	{ "protectionStatus", SKS_BITS, AT(uks_sks_protection, status), 0,
	  sks_protections, false },
	{ "pukFormat", SKS_WORD, AT(uks_sks_protection, puk_format), 0, sks_formats, false },
	FIELD(uks_sks_protection, "pukRetryLimit", SKS_U16, puk_limit),
	FIELD(uks_sks_protection, "pukErrorCount", SKS_U16, puk_errors),
	FIELD(uks_sks_protection, "userDefined", SKS_BOOL, user_defined),
	FIELD(uks_sks_protection, "userModifiable", SKS_BOOL, user_modifiable),
	{ "format", SKS_WORD, AT(uks_sks_protection, format), 0, sks_formats, false },
	FIELD(uks_sks_protection, "retryLimit", SKS_U16, limit),
	{ "grouping", SKS_WORD, AT(uks_sks_protection, grouping), 0, sks_groupings, false },
	{ "patternRestrictions", SKS_BITS, AT(uks_sks_protection, patterns), 0,
	  sks_patterns, false },
	FIELD(uks_sks_protection, "minLength", SKS_U16, min),
	FIELD(uks_sks_protection, "maxLength", SKS_U16, max),
	{ "inputMethod", SKS_WORD, AT(uks_sks_protection, input), 0, sks_inputs, false },
	FIELD(uks_sks_protection, "pinErrorCount", SKS_U16, pin_errors),
	FIELD(uks_sks_protection, "enablePinCaching", SKS_BOOL, caching),
	{ "biometricProtection", SKS_WORD, AT(uks_sks_protection, biometric), 0,
	  sks_biometrics, false },
	{ "exportProtection", SKS_WORD, AT(uks_sks_protection, export_protection), 0,
	  sks_exports, false },
	{ "deleteProtection", SKS_WORD, AT(uks_sks_protection, delete_protection), 0,
	  sks_deletions, false },
	{ "keyBackup", SKS_BITS, AT(uks_sks_protection, backup), 0, sks_backups, false },
};

static const struct column key_rows[] = {
	{ "keyHandle", "Key", false },
	{ "subject", "Certificate of", false },
	{ "symmetricKeyLength", "Secret, bytes", false },
	{ "friendlyName", "Name", false },
	{ "appUsage", "Usage", false },
	{ "endorsedAlgorithms", "Algorithms", false },
	{ "extensionTypes", "Extensions", false },
	{ "protectionStatus", "Protection", false },
	{ "pukFormat", "PUK format", false },
	{ "pukRetryLimit", "PUK tries", false },
	{ "pukErrorCount", "PUK errors", false },
	{ "userDefined", "User's PIN", false },
	{ "userModifiable", "PIN can change", false },
	{ "format", "PIN format", false },
	{ "retryLimit", "PIN tries", false },
	{ "pinErrorCount", "PIN errors", false },
	{ "grouping", "PIN grouping", false },
	{ "patternRestrictions", "PIN without", false },
	{ "minLength", "PIN, at least", false },
	{ "maxLength", "PIN, at most", false },
	{ "inputMethod", "PIN input", false },
	{ "enablePinCaching", "PIN caching", false },
	{ "biometricProtection", "Biometric proof", false },
	{ "exportProtection", "Export", false },
	{ "deleteProtection", "Deletion", false },
	{ "keyBackup", "Was", false },
};

static const struct column key_columns[] = {
	{ "keyHandle", "KEY", true },
	{ "provisioningHandle", "SESSION", true },
	{ "appUsage", "USAGE", false },
	{ "protectionStatus", "PROTECTION", false },
	{ "friendlyName", "NAME", false },
	{ "subject", "SUBJECT", false },
};

/* All that is to be said of a key; EXIT_OK, or the error was told. */
static int describe(struct run *run, uint32_t key, json_t **object)
{
	struct uks_sks_attributes *attributes;
	struct uks_sks_protection protection;
	json_t *protected;
	int ret = uks_sks_key_attributes(run->client, key, &attributes, &run->err);

	if (!ret)
		ret = uks_sks_key_protection(run->client, key, &protection, &run->err);
	if (ret) {
		uks_sks_free(attributes);
		return sks_fail(run, ret, "show a key", NULL);
	}
	*object = json_pack("{s:I}", "keyHandle", (json_int_t)key);
	add_subject(*object, attributes->certificates, attributes->nr_certificates);
	json_object_update_new(*object, sks_json(attribute_fields, ARRAY_SIZE(attribute_fields),
						 attributes));
	protected = sks_json(protection_fields, ARRAY_SIZE(protection_fields), &protection);
	json_object_update_new(*object, protected);
	uks_sks_free(attributes);
	return EXIT_OK;
}

static int add_keys(struct run *run, json_t *list)
{
	uint32_t key = 0, session = 0;
	json_t *object = NULL;
	int ret;

	for (;;) {
		ret = uks_sks_key_next(run->client, key, &key, &session, &run->err);
		if (ret)
			return sks_fail(run, ret, "list the keys", NULL);
		if (!key)
			return EXIT_OK;
		ret = describe(run, key, &object);
		if (ret)
			return ret;
		json_object_set_new(object, "provisioningHandle", json_integer(session));
		json_array_append_new(list, object);
	}
}

int run_sks_keys(struct run *run)
{
	json_t *list = json_array();
	int ret = add_keys(run, list);

	if (!ret)
		return print_list(run, "keys", key_columns, ARRAY_SIZE(key_columns), list);
	json_decref(list);
	return ret;
}

static int write_path(struct run *run, uint32_t key)
{
	struct uks_sks_attributes *attributes;
	int ret = uks_sks_key_attributes(run->client, key, &attributes, &run->err);

	if (ret)
		return sks_fail(run, ret, "show key", run->args[0]);
	ret = sks_pem(run, attributes->certificates, attributes->nr_certificates);
	uks_sks_free(attributes);
	return ret;
}

int run_sks_show(struct run *run)
{
	json_t *object = NULL;
	uint32_t key;
	int ret = sks_handle(run, 0, &key);

	if (!ret && run->options[OPTION_CERT])
		return write_path(run, key);
	if (!ret)
		ret = describe(run, key, &object);
	return ret ? ret : print_record(run, key_rows, ARRAY_SIZE(key_rows), object);
}

/* ---- how many ---- */

static const struct column stats_rows[] = {
	{ "openSessions", "Open sessions", false },
	{ "closedSessions", "Closed sessions", false },
	{ "keys", "Keys", false },
	{ "pinProtected", "Keys with a PIN", false },
	{ "pinBlocked", "PIN blocked", false },
	{ "pukProtected", "Keys with a PUK", false },
	{ "pukBlocked", "PUK blocked", false },
};

static json_int_t count_protected(const json_t *keys, const char *word)
{
	const json_t *key, *said;
	json_int_t count = 0;
	size_t i, j;

	json_array_foreach(keys, i, key)
		json_array_foreach(json_object_get(key, "protectionStatus"), j, said)
			count += !strcmp(json_string_value(said), word);
	return count;
}

static int count_all(struct run *run, json_t *open, json_t *closed, json_t *keys)
{
	int ret = add_sessions(run, true, open);

	if (!ret)
		ret = add_sessions(run, false, closed);
	return ret ? ret : add_keys(run, keys);
}

int run_sks_stats(struct run *run)
{
	json_t *open = json_array(), *closed = json_array(), *keys = json_array(), *object;
	int ret = count_all(run, open, closed, keys);

	if (!ret) {
		object = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
				   "openSessions", (json_int_t)json_array_size(open),
				   "closedSessions", (json_int_t)json_array_size(closed),
				   "keys", (json_int_t)json_array_size(keys),
				   "pinProtected", count_protected(keys, "pin-protected"),
				   "pinBlocked", count_protected(keys, "pin-blocked"),
				   "pukProtected", count_protected(keys, "puk-protected"),
				   "pukBlocked", count_protected(keys, "puk-blocked"));
		ret = print_record(run, stats_rows, ARRAY_SIZE(stats_rows), object);
	}
	json_decref(open);
	json_decref(closed);
	json_decref(keys);
	return ret;
}
