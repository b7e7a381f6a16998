/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of uks-keygen2-issuer. */
#ifndef SKS_KEYGEN2_SERVER_H
#define SKS_KEYGEN2_SERVER_H

#include "sks/issuer.h"
#include "sks/keygen2/json.h"

#define SERVER_KEYS	3

/**
 * struct server_key - a key that the client is to make
 * @key: what it is to be like, and what came of it
 * @mac: of the request, which the device's attestation is about
 * @counter: of that attestation
 */
struct server_key {
	struct issuer_key key;
	uint8_t mac[32];
	uint16_t counter;
};

/**
 * struct server_found - a key of an earlier session
 * @server_id: that session's names
 * @client_id: the same
 * @certificate: the key's, DER
 */
struct server_found {
	char server_id[SKS_ID_MAX + 1];
	char client_id[SKS_ID_MAX + 1];
	struct frame certificate;
};

/**
 * struct server - an issuer, and the one session that it has at a time
 * @issuer: its keys, and the session's
 * @own: the server's TLS certificate, DER
 * @step: which message it waits for
 * @deferred: it lets the client go when keys are made, and finishes when that comes again
 * @ephemeral: its key for this session
 * @spki: that key, DER
 * @kmk: the key management key, DER; empty if there is none
 * @first: the key to be renewed; @first.certificate is empty if there is none
 * @others: keys to be deleted
 * @other_count: how many
 * @keys: keys that are made
 * @key_count: how many
 * @nonce: of the end
 * @counter: of the attestation of the end
 */
struct server {
	struct issuer issuer;
	struct frame own;
	int step;
	bool deferred;
	EVP_PKEY *ephemeral;
	struct frame spki;
	struct frame kmk;
	struct server_found first;
	struct server_found others[16];
	int other_count;
	struct server_key keys[SERVER_KEYS];
	int key_count;
	uint8_t nonce[32];
	uint16_t counter;
};

/** server_answer() - from a message of the client (NULL: the first) to the next one;
 * NULL after the last, or with kg_error
 */
json_t *server_answer(struct server *server, const json_t *message);

/** server_forget() - forget the session */
void server_forget(struct server *server);

/* The messages. */
json_t *server_invoke(struct server *server);
json_t *server_open(struct server *server);
void server_opened(struct server *server, const json_t *message);
json_t *server_find(struct server *server);
void server_found(struct server *server, const json_t *message);
json_t *server_create(struct server *server);
void server_created(struct server *server, const json_t *message);
json_t *server_finish(struct server *server);
void server_finished(struct server *server, const json_t *message);

#endif /* SKS_KEYGEN2_SERVER_H */
