// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl sks: keys, as issuers make and manage them. */
#include <string.h>

#include "sks.h"

/* Arguments beside a struct. */
struct beside {
	struct uks_sks_bytes bytes;
	struct uks_sks_bytes mac;
};

/* ---- new keys ---- */

static const struct sks_field entry_fields[] = {
	FIELD(uks_sks_key_entry, "id", SKS_TEXT, id),
	MAY(uks_sks_key_entry, "keyEntryAlgorithm", SKS_TEXT, entry_algorithm),
	MAY(uks_sks_key_entry, "serverSeed", SKS_HEX, seed),
	MAY(uks_sks_key_entry, "devicePinProtection", SKS_BOOL, device_pin),
	MAY(uks_sks_key_entry, "pinPolicyHandle", SKS_U32, pin_policy),
	MAY(uks_sks_key_entry, "pinValue", SKS_HEX, pin),
	MAY(uks_sks_key_entry, "enablePinCaching", SKS_BOOL, caching),
	{ "biometricProtection", SKS_WORD, AT(uks_sks_key_entry, biometric), 0, sks_biometrics,
	  true },
	{ "exportProtection", SKS_WORD, AT(uks_sks_key_entry, export_protection), 0,
	  sks_exports, false },
	{ "deleteProtection", SKS_WORD, AT(uks_sks_key_entry, delete_protection), 0,
	  sks_deletions, false },
	{ "appUsage", SKS_WORD, AT(uks_sks_key_entry, usage), 0, sks_usages, false },
	MAY(uks_sks_key_entry, "friendlyName", SKS_TEXT, friendly_name),
	FIELD(uks_sks_key_entry, "keyAlgorithm", SKS_TEXT, algorithm),
	MAY(uks_sks_key_entry, "keyParameters", SKS_HEX, parameters),
	{ "endorsedAlgorithms", SKS_TEXTS, AT(uks_sks_key_entry, endorsed),
	  AT(uks_sks_key_entry, nr_endorsed), NULL, true },
	FIELD(uks_sks_key_entry, "mac", SKS_HEX, mac),
};

static const struct sks_field created_fields[] = {
	FIELD(uks_sks_created, "keyHandle", SKS_U32, handle),
	FIELD(uks_sks_created, "publicKey", SKS_HEX, public_key),
	FIELD(uks_sks_created, "attestation", SKS_HEX, attestation),
};

static const struct column created_rows[] = {
	{ "keyHandle", "Key", false },
	{ "publicKey", "Public key", false },
	{ "attestation", "Attestation", false },
};

static int create(struct run *run, uint32_t session, struct uks_sks_key_entry *entry)
{
	struct uks_sks_created *created;
	int ret = EXIT_OK;

	/* A PIN that the user chooses is not the issuer's to write. */
	if (run->options[OPTION_NEW_PIN_FD])
		ret = sks_new_pin(run, &entry->pin);
	if (ret)
		return ret;
	ret = uks_sks_key_create(run->client, session, entry, &created, &run->err);
	if (ret)
		return sks_fail(run, ret, "make key", entry->id);
	ret = print_record(run, created_rows, ARRAY_SIZE(created_rows),
			   sks_json(created_fields, ARRAY_SIZE(created_fields), created));
	uks_sks_free(created);
	return ret;
}

int run_sks_key_create(struct run *run)
{
	struct uks_sks_key_entry entry = { .entry_algorithm = SKS_URI_KEY };
	struct sks_request input;
	uint32_t session;
	int ret = sks_handle(run, 0, &session);

	if (ret)
		return ret;
	ret = sks_request_read(run, &input, entry_fields, ARRAY_SIZE(entry_fields), &entry);
	if (!ret)
		ret = create(run, session, &entry);
	sks_request_free(&input);
	sks_wipe();
	return ret;
}

int run_sks_key_find(struct run *run)
{
	static const struct column row = { "keyHandle", "Key", false };
	uint32_t session, key;
	int ret = sks_handle(run, 0, &session);

	if (ret)
		return ret;
	ret = uks_sks_key_find(run->client, session, run->args[1], &key, &run->err);
	if (ret)
		return sks_fail(run, ret, "find key", run->args[1]);
	return print_record(run, &row, 1, json_pack("{s:I}", "keyHandle", (json_int_t)key));
}

/* ---- what keys are given ---- */

struct path {
	const struct uks_sks_bytes *certificates;
	size_t count;
	struct uks_sks_bytes mac;
};

int run_sks_key_certify(struct run *run)
{
	static const struct sks_field fields[] = {
		{ "certificatePath", SKS_LIST, AT(path, certificates), AT(path, count), NULL,
		  false },
		FIELD(path, "mac", SKS_HEX, mac),
	};
	struct path path = { 0 };
	struct sks_request input;
	uint32_t key;
	int ret = sks_handle(run, 0, &key);

	if (ret)
		return ret;
	ret = sks_request_read(run, &input, fields, ARRAY_SIZE(fields), &path);
	if (!ret) {
		ret = uks_sks_key_certify(run->client, key, path.certificates, path.count,
					  &path.mac, &run->err);
		if (ret)
			ret = sks_fail(run, ret, "give certificates to key", run->args[0]);
	}
	sks_request_free(&input);
	return ret;
}

static int do_import(struct run *run,
		     int (*call)(struct uks_client *client, uint32_t key,
				 const struct uks_sks_bytes *encrypted,
				 const struct uks_sks_bytes *mac, struct uks_err *err))
{
	static const struct sks_field fields[] = {
		FIELD(beside, "encryptedKey", SKS_HEX, bytes),
		FIELD(beside, "mac", SKS_HEX, mac),
	};
	struct beside given = { 0 };
	struct sks_request input;
	uint32_t key;
	int ret = sks_handle(run, 0, &key);

	if (ret)
		return ret;
	ret = sks_request_read(run, &input, fields, ARRAY_SIZE(fields), &given);
	if (!ret) {
		ret = call(run->client, key, &given.bytes, &given.mac, &run->err);
		if (ret)
			ret = sks_fail(run, ret, "import into key", run->args[0]);
	}
	sks_request_free(&input);
	return ret;
}

int run_sks_key_import_secret(struct run *run)
{
	return do_import(run, uks_sks_key_import_secret);
}

int run_sks_key_import_private(struct run *run)
{
	return do_import(run, uks_sks_key_import_private);
}

struct extending {
	struct uks_sks_extension extension;
	struct uks_sks_bytes mac;
};

int run_sks_key_extend(struct run *run)
{
	static const struct sks_field fields[] = {
		FIELD(extending, "type", SKS_TEXT, extension.type),
		{ "subType", SKS_WORD, AT(extending, extension.kind), 0, sks_extensions, false },
		MAY(extending, "qualifier", SKS_TEXT, extension.qualifier),
		FIELD(extending, "extensionData", SKS_HEX, extension.data),
		FIELD(extending, "mac", SKS_HEX, mac),
	};
	struct extending given = { 0 };
	struct sks_request input;
	uint32_t key;
	int ret = sks_handle(run, 0, &key);

	if (ret)
		return ret;
	ret = sks_request_read(run, &input, fields, ARRAY_SIZE(fields), &given);
	if (!ret) {
		ret = uks_sks_key_extend(run->client, key, &given.extension, &given.mac,
					 &run->err);
		if (ret)
			ret = sks_fail(run, ret, "add an extension to key", run->args[0]);
	}
	sks_request_free(&input);
	return ret;
}

/* ---- keys of closed sessions ---- */

static int post(struct run *run, const char *what,
		int (*call)(struct uks_client *client, uint32_t handle, uint32_t target,
			    const struct uks_sks_bytes *authorization,
			    const struct uks_sks_bytes *mac, struct uks_err *err))
{
	static const struct sks_field fields[] = {
		FIELD(beside, "authorization", SKS_HEX, bytes),
		FIELD(beside, "mac", SKS_HEX, mac),
	};
	struct beside given = { 0 };
	struct sks_request input;
	uint32_t handle, target;
	int ret = sks_handle(run, 0, &handle);

	if (!ret)
		ret = sks_handle(run, 1, &target);
	if (ret)
		return ret;
	ret = sks_request_read(run, &input, fields, ARRAY_SIZE(fields), &given);
	if (!ret) {
		ret = call(run->client, handle, target, &given.bytes, &given.mac, &run->err);
		if (ret)
			ret = sks_fail(run, ret, what, run->args[1]);
	}
	sks_request_free(&input);
	return ret;
}

int run_sks_post_delete(struct run *run)
{
	return post(run, "delete key", uks_sks_post_delete);
}

int run_sks_post_unlock(struct run *run)
{
	return post(run, "unlock key", uks_sks_post_unlock);
}

int run_sks_post_update(struct run *run)
{
	return post(run, "update key", uks_sks_post_update);
}

int run_sks_post_clone(struct run *run)
{
	return post(run, "clone the protection of key", uks_sks_post_clone);
}
