// SPDX-License-Identifier: LGPL-2.1-or-later
/* The issuer's messages about a session, and the search for keys of earlier ones. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "sks/issuer-crypto.h"
#include "sks/keygen2/server.h"

json_t *server_invoke(struct server *server)
{
	struct issuer *issuer = &server->issuer;
	uint8_t random[12];
	json_t *request;
	int i;

	RAND_bytes(random, sizeof(random));
	memcpy(issuer->server_id, "S-", 3);
	for (i = 0; i < 12; i++)
		sprintf(issuer->server_id + 2 + 2 * i, "%02x", random[i]);
	request = kg_begin("InvocationRequest", issuer->server_id, NULL);
	json_object_set_new(request, "action", json_string("manage"));
	if (issuer->privacy)
		json_object_set_new(request, "privacyEnabled", json_true());
	return request;
}

json_t *server_open(struct server *server)
{
	struct issuer *issuer = &server->issuer;
	char now[KG_TIME_LEN];
	json_t *request;

	server->ephemeral = EVP_EC_gen(issuer->curve);
	issuer_spki(server->ephemeral, &server->spki);
	if (issuer->kmk)
		issuer_spki(issuer->kmk, &server->kmk);
	kg_time(time(NULL), now);
	request = kg_begin("ProvisioningInitializationRequest", issuer->server_id, NULL);
	json_object_set_new(request, "serverTime", json_string(now));
	json_object_set_new(request, "sessionKeyAlgorithm", json_string(SKS_URI_SESSION));
	json_object_set_new(request, "sessionKeyLimit", json_integer(issuer->limit));
	json_object_set_new(request, "sessionLifeTime", json_integer(issuer->lifetime));
	json_object_set_new(request, "serverEphemeralKey", kg_jwk(server->ephemeral));
	if (issuer->kmk)
		json_object_set_new(request, "keyManagementKey", kg_jwk(issuer->kmk));
	return request;
}

static void put_parties(const struct issuer *issuer, struct frame *to)
{
	frame_text(to, issuer->client_id);
	frame_text(to, issuer->server_id);
	frame_text(to, issuer->uri);
	if (issuer->privacy)
		frame_text(to, "Anonymous");
	else
		frame_bytes(to, issuer->device.bytes, issuer->device.len);
}

static void put_attested(struct server *server, const struct frame *theirs, uint32_t time,
			 struct frame *to)
{
	const struct issuer *issuer = &server->issuer;

	put_parties(issuer, to);
	frame_text(to, SKS_URI_SESSION);
	frame_number(to, issuer->privacy, 1);
	frame_bytes(to, server->spki.bytes, server->spki.len);
	frame_bytes(to, theirs->bytes, theirs->len);
	frame_bytes(to, server->kmk.bytes, server->kmk.len);
	frame_number(to, time, 4);
	frame_number(to, issuer->lifetime, 2);
	frame_number(to, issuer->limit, 2);
	frame_bytes(to, server->own.bytes, server->own.len);
}

static bool is_attested(struct issuer *issuer, const struct frame *octets,
			const struct frame *attestation)
{
	uint8_t mac[32];

	if (!issuer->privacy)
		return issuer_verify(&issuer->device, octets, attestation->bytes,
				     attestation->len);
	issuer_hmac(issuer->key, sizeof(issuer->key), octets, mac);
	return attestation->len == sizeof(mac) && !memcmp(mac, attestation->bytes, sizeof(mac));
}

static void establish(struct server *server, const struct frame *theirs, uint32_t time,
		      const struct frame *attestation)
{
	struct frame z = { }, parties = { }, octets = { };
	struct issuer *issuer = &server->issuer;

	if (issuer_agree(server->ephemeral, theirs->bytes, theirs->len, &z)) {
		kg_fail("the device's ephemeral key is on another curve");
	} else {
		put_parties(issuer, &parties);
		issuer_hmac(z.bytes, z.len, &parties, issuer->key);
		put_attested(server, theirs, time, &octets);
		if (!is_attested(issuer, &octets, attestation))
			kg_fail("the attestation of the session is wrong");
	}
	frame_free(&z);
	frame_free(&parties);
	frame_free(&octets);
}

void server_opened(struct server *server, const json_t *message)
{
	EVP_PKEY *key = kg_key(json_object_get(message, "clientEphemeralKey"));
	uint32_t time = kg_seconds(kg_text(message, "clientTime", NULL));
	const json_t *device = json_object_get(message, "deviceId");
	struct frame theirs = { }, attestation = { };
	struct issuer *issuer = &server->issuer;

	snprintf(issuer->client_id, sizeof(issuer->client_id), "%s",
		 kg_text(message, "clientSessionId", NULL));
	kg_bytes(message, "attestation", false, &attestation);
	frame_reset(&issuer->device);
	if (!issuer->privacy)
		kg_decode(json_array_get(kg_array(device, "certificatePath"), 0),
			  &issuer->device);
	if (!*kg_error) {
		issuer_spki(key, &theirs);
		issuer->counter = 0;
		establish(server, &theirs, time, &attestation);
	}
	EVP_PKEY_free(key);
	frame_free(&theirs);
	frame_free(&attestation);
}

/* Signed by the key management key; the nonce is this session's. */
static void sign_lookup(const struct server *server, json_t *lookup)
{
	const struct issuer *issuer = &server->issuer;
	struct frame octets = { }, value = { };
	json_t *signature = json_object();
	char *text;

	json_object_set_new(signature, "algorithm",
			    json_string(EVP_PKEY_is_a(issuer->kmk, "RSA") ? "RS256" : "ES256"));
	json_object_set_new(signature, "publicKey", kg_jwk(issuer->kmk));
	json_object_set(lookup, "signature", signature);
	text = kg_canonical(lookup);
	frame_raw(&octets, text, strlen(text));
	issuer_sign(issuer->kmk, &octets, &value);
	kg_put_bytes(signature, "value", value.bytes, value.len);
	json_decref(signature);
	free(text);
	frame_free(&octets);
	frame_free(&value);
}

static json_t *look_for(const struct server *server, const char *id, const char *subject)
{
	json_t *lookup = json_object(), *filter;
	uint8_t nonce[SHA256_DIGEST_LENGTH];
	struct frame ids = { };

	frame_text(&ids, server->issuer.client_id);
	frame_text(&ids, server->issuer.server_id);
	SHA256(ids.bytes, ids.len, nonce);
	frame_free(&ids);
	json_object_set_new(lookup, "id", json_string(id));
	kg_put_bytes(lookup, "nonce", nonce, sizeof(nonce));
	if (subject) {
		filter = json_object();
		json_object_set_new(filter, "subjectRegEx", json_string(subject));
		json_object_set_new(filter, "appUsage", json_string("authentication"));
		json_object_set_new(lookup, "searchFilter", filter);
	}
	sign_lookup(server, lookup);
	return lookup;
}

/* The key to be renewed, and all. */
json_t *server_find(struct server *server)
{
	json_t *request = kg_begin("CredentialDiscoveryRequest", server->issuer.server_id,
				   server->issuer.client_id);
	json_t *list = json_array();

	json_array_append_new(list, look_for(server, "Lookup.1", "CN=Key\\.1$"));
	json_array_append_new(list, look_for(server, "Lookup.2", NULL));
	json_object_set_new(request, "lookupSpecifiers", list);
	return request;
}

static void take_found(const json_t *match, struct server_found *found)
{
	snprintf(found->server_id, sizeof(found->server_id), "%s",
		 kg_text(match, "serverSessionId", NULL));
	snprintf(found->client_id, sizeof(found->client_id), "%s",
		 kg_text(match, "clientSessionId", NULL));
	kg_decode(json_array_get(kg_array(match, "certificatePath"), 0), &found->certificate);
}

static bool is_first(const struct server *server, const struct server_found *found)
{
	const struct frame *first = &server->first.certificate;

	return first->len == found->certificate.len &&
	       !memcmp(first->bytes, found->certificate.bytes, first->len);
}

void server_found(struct server *server, const json_t *message)
{
	const json_t *results = kg_array(message, "lookupResults");
	const json_t *named = kg_array(json_array_get(results, 0), "matchingCredentials");
	const json_t *all = kg_array(json_array_get(results, 1), "matchingCredentials"), *match;
	struct server_found *other;
	size_t i;

	if (json_array_size(named))
		take_found(json_array_get(named, 0), &server->first);
	json_array_foreach(all, i, match) {
		if (server->other_count == sizeof(server->others) / sizeof(*server->others))
			break;
		other = &server->others[server->other_count];
		take_found(match, other);
		if (is_first(server, other))
			frame_free(&other->certificate);
		else
			server->other_count++;
	}
	printf("found %zu keys under this management key\n", json_array_size(all));
}
