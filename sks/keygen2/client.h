/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of uks-keygen2: what an issuer asks for in KeyGen2 is done by calls of SKS. */
#ifndef SKS_KEYGEN2_CLIENT_H
#define SKS_KEYGEN2_CLIENT_H

#include "include/uks/sks.h"
#include "sks/keygen2/json.h"

/**
 * struct client - an enrolment
 * @fd: connection to uks-sksd
 * @url: of the issuer
 * @pin: what the user wants as PIN; NULL: none
 * @certificate: of the issuer's server, DER
 * @privacy: the issuer is not to learn which device it is
 * @handle: of the session, 0 while there is none
 * @deferred: the issuer finishes the session another time
 * @server_id: the issuer's name for it
 * @client_id: the device's
 * @args: arguments of the next call
 * @answer: the last answer
 * @out: its outputs
 */
struct client {
	int fd;
	const char *url;
	const char *pin;
	struct frame certificate;
	bool privacy;
	uint32_t handle;
	bool deferred;
	char server_id[SKS_ID_MAX + 1];
	char client_id[SKS_ID_MAX + 1];
	struct frame args;
	struct frame answer;
	struct reader out;
};

/**
 * client_call() - call a method with the arguments that were gathered
 * @client: who calls; its arguments are used, and its answer filled in
 * @method: enum sks_method
 *
 * Ends the program when the device refuses, or when something in the issuer's message
 * was wrong (kg_error).
 */
void client_call(struct client *client, uint8_t method);

/** client_check() - end the program if the issuer's message was wrong */
void client_check(void);

/* From a message of the issuer to the answer. */
json_t *client_open(struct client *client, const json_t *request);
json_t *client_find(struct client *client, const json_t *request);
json_t *client_create(struct client *client, const json_t *request);
json_t *client_finish(struct client *client, const json_t *request);

/**
 * struct client_session - a session
 * @handle: its handle; 0: there is none left
 * @open: it is open; to be set before client_next_session()
 * @kmk: its key management key, DER
 * @server_id: the issuer's name for it
 * @client_id: the device's
 */
struct client_session {
	uint32_t handle;
	bool open;
	struct frame kmk;
	char server_id[SKS_ID_MAX + 1];
	char client_id[SKS_ID_MAX + 1];
};

/** client_next_session() - the session after @session; its frame is the caller's */
void client_next_session(struct client *client, struct client_session *session);

/**
 * struct client_key - a key
 * @handle: its handle; 0: there is none left
 * @session: handle of its session
 * @path: certificates, each with its length in two bytes
 * @count: how many
 * @certificate: the first, inside of @path
 * @len: bytes of it
 * @usage: enum sks_usage
 * @grouping: enum sks_grouping
 * @locked: its PIN is blocked
 */
struct client_key {
	uint32_t handle;
	uint32_t session;
	struct frame path;
	int count;
	const uint8_t *certificate;
	size_t len;
	int usage;
	int grouping;
	bool locked;
};

/** client_next_key() - the key after @key, of any session; its frames are the caller's */
void client_next_key(struct client *client, struct client_key *key);

#endif /* SKS_KEYGEN2_CLIENT_H */
