/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages of KeyGen2 (context 20190318): JSON, bytes as base64url (RFC 4648), public keys
 * as JWK (RFC 7517). What both sides share.
 */
#ifndef SKS_KEYGEN2_JSON_H
#define SKS_KEYGEN2_JSON_H

#include <jansson.h>
#include <openssl/evp.h>
#include <time.h>

#include "sks/frame.h"

#define KG_CONTEXT	"https://webpki.github.io/keygen2#20190318"
#define KG_TYPE		"application/json"
#define KG_MESSAGE_MAX	(1024 * 1024)
#define KG_TIME_LEN	32

/* Names of numbers that SKS has, in their order. */
extern const char * const kg_formats[], * const kg_groupings[], * const kg_patterns[],
		  * const kg_inputs[], * const kg_protections[], * const kg_deletions[],
		  * const kg_biometrics[], * const kg_usages[];

/* Why a message cannot be used: the first reason; "" while there is none. */
extern char kg_error[256];

/** kg_fail() - note a reason; -1 */
int __attribute__((format(printf, 1, 2))) kg_fail(const char *format, ...);

/** kg_begin() - a message; of a session if it has ids, which may be NULL */
json_t *kg_begin(const char *qualifier, const char *server_id, const char *client_id);

/** kg_read() - a message, for json_decref(); NULL with kg_error */
json_t *kg_read(const void *text, size_t len);

/** kg_qualifier() - what a message is */
const char *kg_qualifier(const json_t *message);

/** kg_put_bytes() - add bytes */
void kg_put_bytes(json_t *object, const char *name, const void *bytes, size_t len);

/*
 * Read a member. What is not there is @without; when that is NULL (kg_bytes(): unless
 * @optional) it has to be there, else kg_error says so and the result is empty.
 */
const char *kg_text(const json_t *object, const char *name, const char *without);
void kg_bytes(const json_t *object, const char *name, bool optional, struct frame *to);

/** kg_number() - a number from @min to @max */
long kg_number(const json_t *object, const char *name, long min, long max);

/** kg_flag() - a boolean, or @without */
bool kg_flag(const json_t *object, const char *name, bool without);

/** kg_choice() - the number of a name; @without if the member is not there, -1: it must be */
int kg_choice(const json_t *object, const char *name, const char * const *names, int without);

/** kg_choices() - a list of names as a set of bits */
unsigned int kg_choices(const json_t *object, const char *name, const char * const *names);

/** kg_names() - the reverse of kg_choices() */
json_t *kg_names(unsigned int set, const char * const *names);

/** kg_array() - a list; an empty one if it is not there */
const json_t *kg_array(const json_t *object, const char *name);

/** kg_decode() - bytes of one text, appended */
void kg_decode(const json_t *text, struct frame *to);

/** kg_jwk() - a public key, RSA or EC */
json_t *kg_jwk(EVP_PKEY *key);

/** kg_key() - the reverse, for EVP_PKEY_free(); NULL with kg_error */
EVP_PKEY *kg_key(const json_t *jwk);

/** kg_canonical() - as it is signed (RFC 8785), for free() */
char *kg_canonical(const json_t *object);

/** kg_time() - a time of the day, UTC */
void kg_time(time_t time, char *text);

/** kg_seconds() - the reverse, with any offset; 0 with kg_error */
uint32_t kg_seconds(const char *text);

#endif /* SKS_KEYGEN2_JSON_H */
