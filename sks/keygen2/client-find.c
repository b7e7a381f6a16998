// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Lookup: an issuer learns of the keys that are managed by its own key management key, and of
 * no others. It proves to have that key by a signature on a nonce of this session.
 */
#include <err.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>
#include <openssl/x509.h>

#include "sks/issuer-crypto.h"
#include "sks/keygen2/client.h"

/* What an issuer looks for, and whose keys it may learn of. */
struct lookup {
	struct frame kmk;
	const json_t *filter;
};

static void copy(struct reader *from, struct frame *to)
{
	size_t len;
	const uint8_t *bytes = reader_bytes(from, &len);

	frame_reset(to);
	frame_raw(to, bytes, len);
}

void client_next_session(struct client *client, struct client_session *session)
{
	char text[SKS_URI_MAX + 1];

	frame_number(&client->args, session->handle, 4);
	frame_number(&client->args, session->open, 1);
	client_call(client, SKS_ENUMERATE_SESSIONS);
	session->handle = reader_number(&client->out, 4);
	if (!session->handle)
		return;
	reader_text(&client->out, text, sizeof(text));
	reader_number(&client->out, 1);
	copy(&client->out, &session->kmk);
	reader_number(&client->out, 4);
	reader_number(&client->out, 4);
	reader_text(&client->out, session->server_id, sizeof(session->server_id));
	reader_text(&client->out, session->client_id, sizeof(session->client_id));
}

static void read_path(struct client *client, struct client_key *key)
{
	struct reader at;
	size_t i, len;

	frame_reset(&key->path);
	key->count = reader_number(&client->out, 1);
	for (i = 0; i < (size_t)key->count; i++) {
		const uint8_t *der = reader_bytes(&client->out, &len);

		frame_bytes(&key->path, der, len);
	}
	at = (struct reader){ .at = key->path.bytes, .left = key->path.len };
	key->certificate = reader_bytes(&at, &key->len);
}

void client_next_key(struct client *client, struct client_key *key)
{
	frame_number(&client->args, key->handle, 4);
	client_call(client, SKS_ENUMERATE_KEYS);
	key->handle = reader_number(&client->out, 4);
	key->session = reader_number(&client->out, 4);
	if (!key->handle)
		return;
	frame_number(&client->args, key->handle, 4);
	client_call(client, SKS_GET_KEY_ATTRIBUTES);
	reader_number(&client->out, 2);
	read_path(client, key);
	key->usage = reader_number(&client->out, 1);
	frame_number(&client->args, key->handle, 4);
	client_call(client, SKS_GET_KEY_PROTECTION);
	key->locked = reader_number(&client->out, 1) & SKS_PROTECTED_PIN_BLOCKED;
	reader_number(&client->out, 8);
	reader_number(&client->out, 2);
	key->grouping = reader_number(&client->out, 1);
}

static bool matches_name(X509_NAME *name, const char *pattern)
{
	BIO *bio = BIO_new(BIO_s_mem());
	regex_t regex;
	bool matches;
	char *text;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB))
		errx(1, "the issuer's regular expression is malformed");
	X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253);
	BIO_write(bio, "", 1);
	BIO_get_mem_data(bio, &text);
	matches = !regexec(&regex, text, 0, NULL, 0);
	regfree(&regex);
	BIO_free(bio);
	return matches;
}

static bool matches_bytes(const json_t *value, const uint8_t *bytes, size_t len)
{
	struct frame wanted = { };
	bool matches;

	kg_decode(value, &wanted);
	matches = wanted.len == len && !memcmp(wanted.bytes, bytes, len);
	frame_free(&wanted);
	return matches;
}

static bool matches_serial(X509 *x509, const char *decimal)
{
	BIGNUM *own = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509), NULL), *wanted = NULL;
	bool matches = BN_dec2bn(&wanted, decimal) && !BN_cmp(own, wanted);

	BN_free(own);
	BN_free(wanted);
	return matches;
}

static bool matches_time(X509 *x509, const char *text, int order)
{
	time_t time = kg_seconds(text);
	int found = X509_cmp_time(X509_get0_notBefore(x509), &time);

	return found == order;
}

/* One rule; those that this client does not know end the program, for to pass them over
 * would tell the issuer more than it asked for.
 */
static bool matches(const struct client_key *key, X509 *x509, const char *name,
		    const json_t *value)
{
	const char *text = json_is_string(value) ? json_string_value(value) : "";
	uint8_t digest[SHA256_DIGEST_LENGTH];

	if (!strcmp(name, "fingerPrint")) {
		SHA256(key->certificate, key->len, digest);
		return matches_bytes(value, digest, sizeof(digest));
	}
	if (!strcmp(name, "subjectRegEx"))
		return matches_name(X509_get_subject_name(x509), text);
	if (!strcmp(name, "issuerRegEx"))
		return matches_name(X509_get_issuer_name(x509), text);
	if (!strcmp(name, "serialNumber"))
		return matches_serial(x509, text);
	if (!strcmp(name, "issuedBefore"))
		return matches_time(x509, text, -1);
	if (!strcmp(name, "issuedAfter"))
		return matches_time(x509, text, 1);
	if (!strcmp(name, "appUsage"))
		return !strcmp(text, kg_usages[key->usage & 3]);
	if (!strcmp(name, "grouping"))
		return !strcmp(text, kg_groupings[key->grouping & 3]);
	errx(1, "the issuer searches by \"%s\", which is not supported", name);
}

static bool matches_all(const struct client_key *key, const json_t *filter)
{
	const uint8_t *at = key->certificate;
	X509 *x509 = d2i_X509(NULL, &at, key->len);
	const json_t *value;
	const char *name;
	bool found = x509;

	json_object_foreach((json_t *)filter, name, value)
		found = found && matches(key, x509, name, value);
	X509_free(x509);
	return found;
}

static void add_key(const struct client_key *key, const struct client_session *session,
		    json_t *found)
{
	struct reader path = { .at = key->path.bytes, .left = key->path.len };
	json_t *match = json_object(), *list = json_array();
	size_t len;
	int i;

	for (i = 0; i < key->count; i++) {
		const uint8_t *der = reader_bytes(&path, &len);

		kg_put_bytes(list, NULL, der, len);
	}
	json_object_set_new(match, "serverSessionId", json_string(session->server_id));
	json_object_set_new(match, "clientSessionId", json_string(session->client_id));
	json_object_set_new(match, "certificatePath", list);
	if (key->locked)
		json_object_set_new(match, "locked", json_true());
	json_array_append_new(found, match);
}

/* The keys of one session, if it is this issuer's. */
static void search_session(struct client *client, const struct lookup *lookup,
			   const struct client_session *session, json_t *found)
{
	struct client_key key = { };

	if (session->kmk.len != lookup->kmk.len ||
	    memcmp(session->kmk.bytes, lookup->kmk.bytes, lookup->kmk.len))
		return;
	for (;;) {
		client_next_key(client, &key);
		if (!key.handle)
			break;
		if (key.session == session->handle && matches_all(&key, lookup->filter))
			add_key(&key, session, found);
	}
	frame_free(&key.path);
}

static json_t *search(struct client *client, const struct lookup *lookup)
{
	struct client_session session = { };
	json_t *found = json_array();

	for (;;) {
		client_next_session(client, &session);
		if (!session.handle)
			break;
		search_session(client, lookup, &session, found);
	}
	frame_free(&session.kmk);
	return found;
}

static bool is_fresh(const struct client *client, const json_t *specifier)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	struct frame ids = { };

	frame_text(&ids, client->client_id);
	frame_text(&ids, client->server_id);
	SHA256(ids.bytes, ids.len, digest);
	frame_free(&ids);
	return matches_bytes(json_object_get(specifier, "nonce"), digest, sizeof(digest));
}

/* All of the object is signed but the value of the signature. */
static bool is_signed(const json_t *specifier, EVP_PKEY *key)
{
	json_t *bare = json_deep_copy(specifier), *signature = json_object_get(bare, "signature");
	struct frame octets = { }, value = { };
	bool is;
	char *text;

	kg_bytes(signature, "value", false, &value);
	json_object_del(signature, "value");
	text = kg_canonical(bare);
	frame_raw(&octets, text, strlen(text));
	is = issuer_verify_by(key, &octets, value.bytes, value.len);
	free(text);
	frame_free(&octets);
	frame_free(&value);
	json_decref(bare);
	return is;
}

static json_t *look_up(struct client *client, const json_t *specifier)
{
	const json_t *signature = json_object_get(specifier, "signature");
	struct lookup lookup = { .filter = json_object_get(specifier, "searchFilter") };
	EVP_PKEY *key = kg_key(json_object_get(signature, "publicKey"));
	json_t *result = json_object();

	client_check();
	if (!is_fresh(client, specifier) || !is_signed(specifier, key))
		errx(1, "a lookup of the issuer is not signed for this session");
	issuer_spki(key, &lookup.kmk);
	json_object_set_new(result, "id", json_string(kg_text(specifier, "id", NULL)));
	json_object_set_new(result, "matchingCredentials", search(client, &lookup));
	frame_free(&lookup.kmk);
	EVP_PKEY_free(key);
	return result;
}

json_t *client_find(struct client *client, const json_t *request)
{
	const json_t *list = kg_array(request, "lookupSpecifiers"), *specifier;
	json_t *answer, *results = json_array();
	size_t i;

	json_array_foreach(list, i, specifier)
		json_array_append_new(results, look_up(client, specifier));
	client_check();
	answer = kg_begin("CredentialDiscoveryResponse", client->server_id, client->client_id);
	json_object_set_new(answer, "lookupResults", results);
	return answer;
}
