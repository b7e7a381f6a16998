// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The issuer's messages about keys. A device that has none of this issuer's gets three: one
 * under a PIN that the issuer chose, one under a PIN of the user's, and a secret that the
 * issuer brings. One that has some gets its first renewed, and the others deleted.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "sks/issuer-crypto.h"
#include "sks/keygen2/server.h"

#define BAG_TYPE	"urn:example:otp"

static void put_mac(struct server *server, json_t *object, const char *label,
		    struct frame *data)
{
	uint8_t mac[32];

	issuer_mac(&server->issuer, label, data, mac);
	frame_free(data);
	kg_put_bytes(object, "mac", mac, sizeof(mac));
}

static json_t *make_puk(struct server *server)
{
	struct frame data = { }, encrypted = { };
	json_t *puk = json_object();

	issuer_encrypt(&server->issuer, "012355", 6, &encrypted);
	json_object_set_new(puk, "id", json_string("PUK.1"));
	kg_put_bytes(puk, "encryptedPuk", encrypted.bytes, encrypted.len);
	json_object_set_new(puk, "format", json_string(kg_formats[SKS_FORMAT_NUMERIC]));
	json_object_set_new(puk, "retryLimit", json_integer(3));
	frame_text(&data, "PUK.1");
	frame_bytes(&data, encrypted.bytes, encrypted.len);
	frame_number(&data, SKS_FORMAT_NUMERIC, 1);
	frame_number(&data, 3, 2);
	frame_free(&encrypted);
	put_mac(server, puk, "createPUKPolicy", &data);
	return puk;
}

static json_t *make_pin(struct server *server, const struct issuer_pin *pin)
{
	json_t *json = json_object();
	struct frame data = { };

	json_object_set_new(json, "id", json_string(pin->id));
	json_object_set_new(json, "minLength", json_integer(pin->min));
	json_object_set_new(json, "maxLength", json_integer(pin->max));
	json_object_set_new(json, "retryLimit", json_integer(pin->limit));
	json_object_set_new(json, "format", json_string(kg_formats[pin->format]));
	json_object_set_new(json, "grouping", json_string(kg_groupings[pin->grouping]));
	if (pin->patterns)
		json_object_set_new(json, "patternRestrictions",
				    kg_names(pin->patterns, kg_patterns));
	frame_text(&data, pin->id);
	frame_text(&data, pin->puk ? pin->puk->id : "");
	frame_number(&data, pin->user_defined, 1);
	frame_number(&data, true, 1);
	frame_number(&data, pin->format, 1);
	frame_number(&data, pin->limit, 2);
	frame_number(&data, pin->grouping, 1);
	frame_number(&data, pin->patterns, 1);
	frame_number(&data, pin->min, 2);
	frame_number(&data, pin->max, 2);
	frame_number(&data, SKS_INPUT_ANY, 1);
	put_mac(server, json, "createPINPolicy", &data);
	return json;
}

static void mac_key(struct server *server, struct server_key *made, const struct frame *pin)
{
	const struct issuer_key *key = &made->key;
	struct frame data = { };

	frame_text(&data, key->id);
	frame_text(&data, SKS_URI_KEY);
	frame_bytes(&data, NULL, 0);
	frame_text(&data, key->pin ? key->pin->id : "");
	frame_bytes(&data, pin->bytes, pin->len);
	frame_number(&data, false, 1);
	frame_number(&data, false, 1);
	frame_number(&data, SKS_BIOMETRIC_NONE, 1);
	frame_number(&data, SKS_PROTECT_NEVER, 1);
	frame_number(&data, SKS_PROTECT_NONE, 1);
	frame_number(&data, key->usage, 1);
	frame_text(&data, key->friendly ? key->friendly : "");
	frame_text(&data, key->algorithm);
	frame_bytes(&data, NULL, 0);
	issuer_mac(&server->issuer, "createKeyEntry", &data, made->mac);
	frame_free(&data);
	/* The device's attestation is the next. */
	made->counter = server->issuer.counter++;
}

static json_t *make_key(struct server *server, const struct issuer_key *key)
{
	struct server_key *made = &server->keys[server->key_count++];
	struct frame pin = { };
	json_t *json = json_object();

	made->key = *key;
	json_object_set_new(json, "id", json_string(key->id));
	json_object_set_new(json, "appUsage", json_string(kg_usages[key->usage]));
	json_object_set_new(json, "keyAlgorithm", json_string(key->algorithm));
	if (key->friendly)
		json_object_set_new(json, "friendlyName", json_string(key->friendly));
	if (key->pin && !key->pin->user_defined) {
		issuer_encrypt(&server->issuer, key->pin_value, strlen(key->pin_value), &pin);
		kg_put_bytes(json, "encryptedPin", pin.bytes, pin.len);
	}
	mac_key(server, made, &pin);
	frame_free(&pin);
	kg_put_bytes(json, "mac", made->mac, sizeof(made->mac));
	return json;
}

static void put_one(json_t *object, const char *name, json_t *only)
{
	json_t *list = json_array();

	json_array_append_new(list, only);
	json_object_set_new(object, name, list);
}

static void put_all(struct server *server, json_t *request)
{
	static const struct issuer_puk puk = { .id = "PUK.1" };
	static const struct issuer_pin pins[] = {
		{ .id = "PIN.1", .puk = &puk, .limit = 3, .min = 4, .max = 8 },
		{ .id = "PIN.2", .user_defined = true, .limit = 3, .min = 4, .max = 8,
		  .patterns = SKS_PATTERN_THREE_IN_A_ROW | SKS_PATTERN_SEQUENCE },
	};
	const struct issuer_key keys[] = {
		{ .id = "Key.1", .pin = &pins[0], .pin_value = "1234", .friendly = "Sign in",
		  .algorithm = SKS_URI "ec.nist.p256", .usage = SKS_USAGE_AUTHENTICATION },
		{ .id = "Key.2", .pin = &pins[1], .algorithm = SKS_URI "ec.nist.p384",
		  .usage = SKS_USAGE_SIGNATURE },
		{ .id = "Key.3", .algorithm = SKS_URI "ec.nist.p256",
		  .usage = SKS_USAGE_AUTHENTICATION },
	};
	json_t *first = make_puk(server), *pin = make_pin(server, &pins[0]);

	put_one(pin, "keyEntrySpecifiers", make_key(server, &keys[0]));
	put_one(first, "pinPolicySpecifiers", pin);
	put_one(request, "pukPolicySpecifiers", first);
	pin = make_pin(server, &pins[1]);
	put_one(pin, "keyEntrySpecifiers", make_key(server, &keys[1]));
	put_one(request, "pinPolicySpecifiers", pin);
	put_one(request, "keyEntrySpecifiers", make_key(server, &keys[2]));
}

json_t *server_create(struct server *server)
{
	static const struct issuer_key renewed = {
		.id = "Key.1", .algorithm = SKS_URI "ec.nist.p256", .friendly = "Sign in",
		.usage = SKS_USAGE_AUTHENTICATION,
	};
	json_t *request = kg_begin("KeyCreationRequest", server->issuer.server_id,
				   server->issuer.client_id);

	json_object_set_new(request, "keyEntryAlgorithm", json_string(SKS_URI_KEY));
	if (server->deferred)
		json_object_set_new(request, "deferredIssuance", json_true());
	if (server->first.certificate.len)
		put_one(request, "keyEntrySpecifiers", make_key(server, &renewed));
	else
		put_all(server, request);
	return request;
}

static bool is_right(struct server *server, uint16_t counter, const struct frame *data,
		     const struct frame *attestation)
{
	uint16_t now = server->issuer.counter;
	uint8_t right[32];

	server->issuer.counter = counter;
	issuer_mac(&server->issuer, "DeviceAttestation", data, right);
	server->issuer.counter = now;
	return attestation->len == sizeof(right) &&
	       !memcmp(attestation->bytes, right, sizeof(right));
}

static void take_key(struct server *server, struct server_key *made, const json_t *json)
{
	EVP_PKEY *key = kg_key(json_object_get(json, "publicKey"));
	struct frame data = { }, attestation = { };

	kg_bytes(json, "attestation", false, &attestation);
	if (strcmp(kg_text(json, "id", NULL), made->key.id))
		kg_fail("the keys are not in the order in which they were asked for");
	if (*kg_error)
		goto out;
	issuer_spki(key, &made->key.public_key);
	frame_bytes(&data, made->key.public_key.bytes, made->key.public_key.len);
	frame_bytes(&data, made->mac, sizeof(made->mac));
	if (!is_right(server, made->counter, &data, &attestation))
		kg_fail("the attestation of key '%s' is wrong", made->key.id);
	else
		issuer_certify(&server->issuer, &made->key, NULL);
out:
	EVP_PKEY_free(key);
	frame_free(&data);
	frame_free(&attestation);
}

void server_created(struct server *server, const json_t *message)
{
	const json_t *list = kg_array(message, "generatedKeys");
	int i;

	if ((int)json_array_size(list) != server->key_count)
		kg_fail("%zu keys were made, not %d", json_array_size(list), server->key_count);
	for (i = 0; i < server->key_count && !*kg_error; i++)
		take_key(server, &server->keys[i], json_array_get(list, i));
}

/* What the management key says about a key of an earlier session. */
static json_t *change(struct server *server, const struct server_found *target,
		      const struct server_key *new, const char *label)
{
	struct frame key = { }, octets = { }, authorization = { }, data = { };
	struct issuer *issuer = &server->issuer;
	uint8_t digest[SHA256_DIGEST_LENGTH];
	json_t *json = json_object();

	frame_raw(&key, issuer->key, sizeof(issuer->key));
	frame_raw(&key, issuer->privacy ? (const void *)"Anonymous" : issuer->device.bytes,
		  issuer->privacy ? 9 : issuer->device.len);
	frame_raw(&octets, "TargetKeyReference", 18);
	issuer_hmac(key.bytes, key.len, &target->certificate, frame_reserve(&octets, 32));
	issuer_sign(issuer->kmk, &octets, &authorization);
	SHA256(target->certificate.bytes, target->certificate.len, digest);
	json_object_set_new(json, "clientSessionId", json_string(target->client_id));
	json_object_set_new(json, "serverSessionId", json_string(target->server_id));
	kg_put_bytes(json, "fingerPrint", digest, sizeof(digest));
	kg_put_bytes(json, "authorization", authorization.bytes, authorization.len);
	if (new)
		frame_bytes(&data, new->key.certificate.bytes, new->key.certificate.len);
	frame_bytes(&data, authorization.bytes, authorization.len);
	put_mac(server, json, label, &data);
	frame_free(&key);
	frame_free(&octets);
	frame_free(&authorization);
	return json;
}

static json_t *bring_secret(struct server *server, const struct server_key *made)
{
	const struct frame *certificate = &made->key.certificate;
	struct frame encrypted = { }, data = { };
	json_t *json = json_object();
	uint8_t secret[20];

	RAND_bytes(secret, sizeof(secret));
	issuer_encrypt(&server->issuer, secret, sizeof(secret), &encrypted);
	explicit_bzero(secret, sizeof(secret));
	kg_put_bytes(json, "encryptedKey", encrypted.bytes, encrypted.len);
	frame_bytes(&data, certificate->bytes, certificate->len);
	frame_bytes(&data, encrypted.bytes, encrypted.len);
	frame_free(&encrypted);
	put_mac(server, json, "importSymmetricKey", &data);
	return json;
}

static json_t *make_bag(struct server *server, const struct server_key *made)
{
	static const uint8_t bag[] = "\0\7Counter\1\0\1\60";
	json_t *json = json_object(), *property = json_object();
	struct frame data = { };

	json_object_set_new(property, "name", json_string("Counter"));
	json_object_set_new(property, "value", json_string("0"));
	json_object_set_new(property, "writable", json_true());
	json_object_set_new(json, "type", json_string(BAG_TYPE));
	put_one(json, "properties", property);
	frame_bytes(&data, made->key.certificate.bytes, made->key.certificate.len);
	frame_text(&data, BAG_TYPE);
	frame_number(&data, SKS_EXTENSION_PROPERTY_BAG, 1);
	frame_text(&data, "");
	frame_blob(&data, bag, sizeof(bag) - 1);
	put_mac(server, json, "addExtension", &data);
	return json;
}

static json_t *finish_key(struct server *server, const struct server_key *made)
{
	const struct issuer_key *key = &made->key;
	json_t *json = json_object(), *path = json_array();
	struct frame data = { };

	json_object_set_new(json, "id", json_string(key->id));
	kg_put_bytes(path, NULL, key->certificate.bytes, key->certificate.len);
	json_object_set_new(json, "certificatePath", path);
	frame_bytes(&data, key->public_key.bytes, key->public_key.len);
	frame_text(&data, key->id);
	frame_bytes(&data, key->certificate.bytes, key->certificate.len);
	put_mac(server, json, "setCertificatePath", &data);
	if (!strcmp(key->id, "Key.3")) {
		json_object_set_new(json, "importSymmetricKey", bring_secret(server, made));
		put_one(json, "propertyBags", make_bag(server, made));
	}
	if (server->first.certificate.len)
		json_object_set_new(json, "updateKey",
				    change(server, &server->first, made, "postUpdateKey"));
	return json;
}

/* In the order in which the client does it, for that is the order of the MACs. */
json_t *server_finish(struct server *server)
{
	struct issuer *issuer = &server->issuer;
	json_t *request = kg_begin("ProvisioningFinalizationRequest", issuer->server_id,
				   issuer->client_id);
	json_t *issued = json_array(), *deleted = json_array();
	struct frame data = { };
	int i;

	for (i = 0; i < server->key_count; i++)
		json_array_append_new(issued, finish_key(server, &server->keys[i]));
	json_object_set_new(request, "issuedCredentials", issued);
	for (i = 0; i < server->other_count; i++)
		json_array_append_new(deleted, change(server, &server->others[i], NULL,
						      "postDeleteKey"));
	json_object_set_new(request, "deleteKeys", deleted);
	RAND_bytes(server->nonce, sizeof(server->nonce));
	kg_put_bytes(request, "nonce", server->nonce, sizeof(server->nonce));
	frame_text(&data, issuer->client_id);
	frame_text(&data, issuer->server_id);
	frame_text(&data, issuer->uri);
	frame_bytes(&data, server->nonce, sizeof(server->nonce));
	put_mac(server, request, "closeProvisioningSession", &data);
	server->counter = issuer->counter++;
	return request;
}

void server_finished(struct server *server, const json_t *message)
{
	struct frame data = { }, attestation = { };

	kg_bytes(message, "attestation", false, &attestation);
	frame_bytes(&data, server->nonce, sizeof(server->nonce));
	if (!is_right(server, server->counter, &data, &attestation))
		kg_fail("the attestation of the end is wrong");
	else if (server->first.certificate.len)
		printf("renewed 1 key, deleted %d\n", server->other_count);
	else
		printf("issued %d keys\n", server->key_count);
	frame_free(&data);
	frame_free(&attestation);
}
