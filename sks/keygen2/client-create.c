// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sessions, policies and keys, as the issuer describes them. */
#include <err.h>
#include <string.h>
#include <time.h>

#include <openssl/x509.h>

#include "sks/issuer-crypto.h"
#include "sks/keygen2/client.h"

static void put_jwk(const json_t *jwk, struct frame *args)
{
	EVP_PKEY *key = kg_key(jwk);
	struct frame spki = { };

	client_check();
	issuer_spki(key, &spki);
	frame_bytes(args, spki.bytes, spki.len);
	frame_free(&spki);
	EVP_PKEY_free(key);
}

static json_t *to_jwk(const uint8_t *spki, size_t len)
{
	EVP_PKEY *key = d2i_PUBKEY(NULL, &spki, len);
	json_t *jwk;

	if (!key)
		errx(1, "the device has given a public key that OpenSSL does not know");
	jwk = kg_jwk(key);
	EVP_PKEY_free(key);
	return jwk;
}

/* Certificates of the device, the device's own first. */
static json_t *device_path(struct client *client)
{
	json_t *path = json_array(), *id = json_object();
	char text[1024 + 1];
	const uint8_t *der;
	size_t len;
	int count;

	client_call(client, SKS_GET_DEVICE_INFO);
	reader_number(&client->out, 3);
	reader_text(&client->out, text, sizeof(text));
	reader_text(&client->out, text, sizeof(text));
	reader_text(&client->out, text, sizeof(text));
	for (count = reader_number(&client->out, 1); count; count--) {
		der = reader_bytes(&client->out, &len);
		kg_put_bytes(path, NULL, der, len);
	}
	json_object_set_new(id, "certificatePath", path);
	return id;
}

static json_t *answer_open(struct client *client, const json_t *request, time_t now)
{
	const uint8_t *key, *attestation;
	size_t len, attestation_len;
	char text[KG_TIME_LEN];
	json_t *answer;

	reader_text(&client->out, client->client_id, sizeof(client->client_id));
	key = reader_bytes(&client->out, &len);
	attestation = reader_bytes(&client->out, &attestation_len);
	client->handle = reader_number(&client->out, 4);
	answer = kg_begin("ProvisioningInitializationResponse", client->server_id,
			  client->client_id);
	kg_time(now, text);
	json_object_set_new(answer, "clientTime", json_string(text));
	json_object_set_new(answer, "serverTime",
			    json_string(kg_text(request, "serverTime", NULL)));
	json_object_set_new(answer, "clientEphemeralKey", to_jwk(key, len));
	kg_put_bytes(answer, "attestation", attestation, attestation_len);
	if (!client->privacy)
		json_object_set_new(answer, "deviceId", device_path(client));
	return answer;
}

json_t *client_open(struct client *client, const json_t *request)
{
	const json_t *kmk = json_object_get(request, "keyManagementKey");
	struct frame *args = &client->args;
	time_t now = time(NULL);

	snprintf(client->server_id, sizeof(client->server_id), "%s",
		 kg_text(request, "serverSessionId", NULL));
	frame_text(args, kg_text(request, "sessionKeyAlgorithm", NULL));
	frame_number(args, client->privacy, 1);
	frame_text(args, client->server_id);
	put_jwk(json_object_get(request, "serverEphemeralKey"), args);
	frame_text(args, client->url);
	if (kmk)
		put_jwk(kmk, args);
	else
		frame_bytes(args, NULL, 0);
	frame_number(args, now, 4);
	frame_number(args, kg_number(request, "sessionLifeTime", 0, 65535), 2);
	frame_number(args, kg_number(request, "sessionKeyLimit", 0, 65535), 2);
	frame_bytes(args, client->certificate.bytes, client->certificate.len);
	client_call(client, SKS_CREATE_SESSION);
	return answer_open(client, request, now);
}

static void put_bytes(const json_t *object, const char *name, bool optional, struct frame *args)
{
	struct frame bytes = { };

	kg_bytes(object, name, optional, &bytes);
	frame_bytes(args, bytes.bytes, bytes.len);
	frame_free(&bytes);
}

static uint32_t create_puk(struct client *client, const json_t *puk)
{
	struct frame *args = &client->args;

	frame_number(args, client->handle, 4);
	frame_text(args, kg_text(puk, "id", NULL));
	put_bytes(puk, "encryptedPuk", false, args);
	frame_number(args, kg_choice(puk, "format", kg_formats, -1), 1);
	frame_number(args, kg_number(puk, "retryLimit", 0, 10000), 2);
	put_bytes(puk, "mac", false, args);
	client_call(client, SKS_CREATE_PUK_POLICY);
	return reader_number(&client->out, 4);
}

/* Who chooses the PIN shows in its keys: the issuer, if they bring one. */
static bool is_users(const json_t *pin)
{
	const json_t *keys = kg_array(pin, "keyEntrySpecifiers");

	return !json_object_get(json_array_get(keys, 0), "encryptedPin");
}

static uint32_t create_pin(struct client *client, const json_t *pin, uint32_t puk)
{
	struct frame *args = &client->args;

	frame_number(args, client->handle, 4);
	frame_text(args, kg_text(pin, "id", NULL));
	frame_number(args, puk, 4);
	frame_number(args, is_users(pin), 1);
	frame_number(args, kg_flag(pin, "userModifiable", true), 1);
	frame_number(args, kg_choice(pin, "format", kg_formats, -1), 1);
	frame_number(args, kg_number(pin, "retryLimit", 1, 10000), 2);
	frame_number(args, kg_choice(pin, "grouping", kg_groupings, 0), 1);
	frame_number(args, kg_choices(pin, "patternRestrictions", kg_patterns), 1);
	frame_number(args, kg_number(pin, "minLength", 1, 128), 2);
	frame_number(args, kg_number(pin, "maxLength", 1, 128), 2);
	frame_number(args, kg_choice(pin, "inputMethod", kg_inputs, 0), 1);
	put_bytes(pin, "mac", false, args);
	client_call(client, SKS_CREATE_PIN_POLICY);
	return reader_number(&client->out, 4);
}

static void put_pin(struct client *client, const json_t *key, uint32_t policy)
{
	if (json_object_get(key, "encryptedPin")) {
		put_bytes(key, "encryptedPin", false, &client->args);
		return;
	}
	if (policy && !client->pin)
		errx(2, "the issuer lets you choose a PIN: give one with --pin-file");
	frame_text(&client->args, policy ? client->pin : "");
}

static void put_endorsed(const json_t *key, struct frame *args)
{
	const json_t *list = kg_array(key, "endorsedAlgorithms"), *uri;
	size_t i;

	frame_number(args, json_array_size(list), 1);
	json_array_foreach(list, i, uri)
		frame_text(args, json_is_string(uri) ? json_string_value(uri) : "");
}

static json_t *create_key(struct client *client, const json_t *key, const char *entry,
			  uint32_t policy)
{
	struct frame *args = &client->args;
	json_t *made = json_object();
	const uint8_t *bytes;
	size_t len;

	frame_number(args, client->handle, 4);
	frame_text(args, kg_text(key, "id", NULL));
	frame_text(args, entry);
	put_bytes(key, "serverSeed", true, args);
	frame_number(args, kg_flag(key, "devicePinProtection", false), 1);
	frame_number(args, policy, 4);
	put_pin(client, key, policy);
	frame_number(args, kg_flag(key, "enablePinCaching", false), 1);
	frame_number(args, kg_choice(key, "biometricProtection", kg_biometrics, 0), 1);
	frame_number(args, kg_choice(key, "exportProtection", kg_protections,
				     SKS_PROTECT_NEVER), 1);
	frame_number(args, kg_choice(key, "deleteProtection", kg_deletions, 0), 1);
	frame_number(args, kg_choice(key, "appUsage", kg_usages, -1), 1);
	frame_text(args, kg_text(key, "friendlyName", ""));
	frame_text(args, kg_text(key, "keyAlgorithm", NULL));
	put_bytes(key, "keyParameters", true, args);
	put_endorsed(key, args);
	put_bytes(key, "mac", false, args);
	client_call(client, SKS_CREATE_KEY);
	reader_number(&client->out, 4);
	json_object_set_new(made, "id", json_string(kg_text(key, "id", NULL)));
	bytes = reader_bytes(&client->out, &len);
	json_object_set_new(made, "publicKey", to_jwk(bytes, len));
	bytes = reader_bytes(&client->out, &len);
	kg_put_bytes(made, "attestation", bytes, len);
	return made;
}

static void create_keys(struct client *client, const json_t *in, const char *entry,
			uint32_t policy, json_t *made)
{
	const json_t *list = kg_array(in, "keyEntrySpecifiers"), *key;
	size_t i;

	json_array_foreach(list, i, key)
		json_array_append_new(made, create_key(client, key, entry, policy));
}

static void create_pins(struct client *client, const json_t *in, const char *entry, uint32_t puk,
			json_t *made)
{
	const json_t *list = kg_array(in, "pinPolicySpecifiers"), *pin;
	size_t i;

	json_array_foreach(list, i, pin)
		create_keys(client, pin, entry, create_pin(client, pin, puk), made);
}

/* In the order of the document, for that is the order of the MACs. */
json_t *client_create(struct client *client, const json_t *request)
{
	const char *entry = kg_text(request, "keyEntryAlgorithm", NULL);
	const json_t *list = kg_array(request, "pukPolicySpecifiers"), *puk;
	json_t *answer, *made = json_array();
	size_t i;

	json_array_foreach(list, i, puk)
		create_pins(client, puk, entry, create_puk(client, puk), made);
	create_pins(client, request, entry, 0, made);
	create_keys(client, request, entry, 0, made);
	client_check();
	client->deferred = kg_flag(request, "deferredIssuance", false);
	answer = kg_begin("KeyCreationResponse", client->server_id, client->client_id);
	json_object_set_new(answer, "generatedKeys", made);
	return answer;
}
