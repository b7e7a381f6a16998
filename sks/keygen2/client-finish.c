// SPDX-License-Identifier: LGPL-2.1-or-later
/* Certificates, imports, extensions, operations on earlier keys, and the end. */
#include <err.h>
#include <stdio.h>
#include <string.h>

#include <openssl/sha.h>

#include "sks/keygen2/client.h"

static uint32_t key_handle(struct client *client, const char *id)
{
	frame_number(&client->args, client->handle, 4);
	frame_text(&client->args, id);
	client_call(client, SKS_GET_KEY_HANDLE);
	return reader_number(&client->out, 4);
}

static void put_bytes(const json_t *object, const char *name, struct frame *args)
{
	struct frame bytes = { };

	kg_bytes(object, name, false, &bytes);
	frame_bytes(args, bytes.bytes, bytes.len);
	frame_free(&bytes);
}

static void set_path(struct client *client, const json_t *credential, uint32_t key)
{
	const json_t *path = kg_array(credential, "certificatePath"), *certificate;
	struct frame *args = &client->args, der = { };
	size_t i;

	frame_number(args, key, 4);
	frame_number(args, json_array_size(path), 1);
	json_array_foreach(path, i, certificate) {
		frame_reset(&der);
		kg_decode(certificate, &der);
		frame_bytes(args, der.bytes, der.len);
	}
	frame_free(&der);
	put_bytes(credential, "mac", args);
	client_call(client, SKS_SET_CERTIFICATE_PATH);
}

static void import(struct client *client, const json_t *credential, const char *name,
		   uint8_t method, uint32_t key)
{
	const json_t *brought = json_object_get(credential, name);

	if (!brought)
		return;
	frame_number(&client->args, key, 4);
	put_bytes(brought, "encryptedKey", &client->args);
	put_bytes(brought, "mac", &client->args);
	client_call(client, method);
}

/* The session that an issuer means; its handle is 0 if there is none. */
static uint32_t find_session(struct client *client, const json_t *target, bool open)
{
	const char *server = kg_text(target, "serverSessionId", NULL);
	const char *own = kg_text(target, "clientSessionId", NULL);
	struct client_session session = { .open = open };

	do {
		client_next_session(client, &session);
	} while (session.handle &&
		 (strcmp(session.server_id, server) || strcmp(session.client_id, own)));
	frame_free(&session.kmk);
	return session.handle;
}

static uint32_t find_target(struct client *client, const json_t *target)
{
	uint32_t session = find_session(client, target, false);
	struct frame wanted = { };
	struct client_key key = { };
	uint8_t digest[SHA256_DIGEST_LENGTH];

	kg_bytes(target, "fingerPrint", false, &wanted);
	client_check();
	do {
		client_next_key(client, &key);
		if (key.handle)
			SHA256(key.certificate, key.len, digest);
	} while (key.handle && (key.session != session || wanted.len != sizeof(digest) ||
				memcmp(wanted.bytes, digest, sizeof(digest))));
	frame_free(&key.path);
	frame_free(&wanted);
	if (!key.handle)
		errx(1, "the issuer wants to change a key that is not there");
	return key.handle;
}

/* @subject is the new key, or the session where there is none. */
static void post(struct client *client, const json_t *target, uint8_t method, uint32_t subject)
{
	uint32_t handle;

	if (!target)
		return;
	handle = find_target(client, target);
	frame_number(&client->args, subject, 4);
	frame_number(&client->args, handle, 4);
	put_bytes(target, "authorization", &client->args);
	put_bytes(target, "mac", &client->args);
	client_call(client, method);
}

static void put_properties(const json_t *bag, struct frame *data)
{
	const json_t *list = kg_array(bag, "properties"), *property;
	size_t i;

	json_array_foreach(list, i, property) {
		frame_text(data, kg_text(property, "name", NULL));
		frame_number(data, kg_flag(property, "writable", false), 1);
		frame_text(data, kg_text(property, "value", NULL));
	}
}

static void extend(struct client *client, const json_t *credential, const char *name, int kind,
		   uint32_t key)
{
	const json_t *list = kg_array(credential, name), *extension;
	struct frame *args = &client->args, data = { };
	size_t i;

	json_array_foreach(list, i, extension) {
		frame_reset(&data);
		if (kind == SKS_EXTENSION_PROPERTY_BAG)
			put_properties(extension, &data);
		else
			kg_bytes(extension, "extensionData", false, &data);
		frame_number(args, key, 4);
		frame_text(args, kg_text(extension, "type", NULL));
		frame_number(args, kind, 1);
		frame_text(args, kind == SKS_EXTENSION_LOGOTYPE ?
				 kg_text(extension, "mimeType", NULL) : "");
		frame_blob(args, data.bytes, data.len);
		put_bytes(extension, "mac", args);
		client_call(client, SKS_ADD_EXTENSION);
	}
	frame_free(&data);
}

static void finish_key(struct client *client, const json_t *credential)
{
	uint32_t key = key_handle(client, kg_text(credential, "id", NULL));

	set_path(client, credential, key);
	import(client, credential, "importSymmetricKey", SKS_IMPORT_SYMMETRIC_KEY, key);
	import(client, credential, "importPrivateKey", SKS_IMPORT_PRIVATE_KEY, key);
	post(client, json_object_get(credential, "updateKey"), SKS_POST_UPDATE, key);
	post(client, json_object_get(credential, "cloneKeyProtection"), SKS_POST_CLONE, key);
	extend(client, credential, "extensions", SKS_EXTENSION_PLAIN, key);
	extend(client, credential, "encryptedExtensions", SKS_EXTENSION_ENCRYPTED, key);
	extend(client, credential, "propertyBags", SKS_EXTENSION_PROPERTY_BAG, key);
	extend(client, credential, "logotypes", SKS_EXTENSION_LOGOTYPE, key);
}

static void post_all(struct client *client, const json_t *request, const char *name,
		     uint8_t method)
{
	const json_t *list = kg_array(request, name), *target;
	size_t i;

	json_array_foreach(list, i, target)
		post(client, target, method, client->handle);
}

/* What was deferred goes on in a session that another run of this program has opened. */
static void resume(struct client *client, const json_t *request)
{
	client->handle = find_session(client, request, true);
	if (!client->handle)
		errx(1, "the issuer wants to finish a session that is not there, or is over");
	snprintf(client->server_id, sizeof(client->server_id), "%s",
		 kg_text(request, "serverSessionId", NULL));
	snprintf(client->client_id, sizeof(client->client_id), "%s",
		 kg_text(request, "clientSessionId", NULL));
}

json_t *client_finish(struct client *client, const json_t *request)
{
	const json_t *list = kg_array(request, "issuedCredentials"), *credential;
	const uint8_t *attestation;
	json_t *answer;
	size_t i, len;

	if (!client->handle)
		resume(client, request);
	json_array_foreach(list, i, credential)
		finish_key(client, credential);
	post_all(client, request, "unlockKeys", SKS_POST_UNLOCK);
	post_all(client, request, "deleteKeys", SKS_POST_DELETE);
	frame_number(&client->args, client->handle, 4);
	put_bytes(request, "nonce", &client->args);
	put_bytes(request, "mac", &client->args);
	client_call(client, SKS_CLOSE_SESSION);
	client->handle = 0;
	attestation = reader_bytes(&client->out, &len);
	answer = kg_begin("ProvisioningFinalizationResponse", client->server_id,
			  client->client_id);
	kg_put_bytes(answer, "attestation", attestation, len);
	return answer;
}
