/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libuks: use keys of the universal key store by their names.
 *
 * A client is the door to the store. A session is one key opened for one
 * purpose. Names of enums, limits and errors come from <linux/uks.h>.
 *
 * Every function that can fail returns 0 or a negative enum uks_error, and
 * tells more through its last argument, which may be NULL.
 *
 * The library keeps no global state. A client or session may be used by several
 * threads at once; one message in parts (uks_begin() to uks_finish()), one list
 * and one stream belong to one thread at a time. Freeing is the last use.
 *
 * After fork() the child may go on with the client: it is opened again under
 * the child's identity. Sessions belong to the process that opened them: in the
 * child they give UKS_E_NOT_OPENER and can only be closed.
 *
 * Where a function takes a key, it takes the key's name or "@" and the key's id
 * in 32 hexadecimal digits.
 */
#ifndef UKS_H
#define UKS_H

#include <stddef.h>
#include <stdint.h>
#include <linux/uks.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- errors ---- */

/**
 * struct uks_err - what went wrong
 * @code: enum uks_error, positive; 0 after success
 * @errnum: errno value of the system call that failed, 0 if none did
 * @request: number of the request, as the daemon's log has it; 0 if there was none
 * @text: one line that names the cause and, where there is one, the cure
 */
struct uks_err {
	int code;
	int errnum;
	uint64_t request;
	char text[UKS_TEXT_MAX];
};

const char *uks_strerror(int code);
const char *uks_explain(int code);
const char *uks_error_name(int code);
int uks_error_code(const char *name);
const char *uks_version(void);

/**
 * enum uks_word - sets of values that have names
 * @UKS_WORD_KEY_TYPE: enum uks_key_type: "aes-256", ...
 * @UKS_WORD_PURPOSE: enum uks_purpose: "encrypt", ...
 * @UKS_WORD_ALGORITHM: enum uks_algorithm: "aes-gcm", ...
 * @UKS_WORD_DIGEST: enum uks_digest: "sha256", ...
 * @UKS_WORD_FORMAT: enum uks_key_format: "raw", ...
 * @UKS_WORD_STATE: enum uks_key_state: "active", ...
 * @UKS_WORD_ORIGIN: enum uks_key_origin: "generated", ...
 * @UKS_WORD_FEATURE: enum uks_feature: "digest", ...
 */
enum uks_word {
	UKS_WORD_KEY_TYPE,
	UKS_WORD_PURPOSE,
	UKS_WORD_ALGORITHM,
	UKS_WORD_DIGEST,
	UKS_WORD_FORMAT,
	UKS_WORD_STATE,
	UKS_WORD_ORIGIN,
	UKS_WORD_FEATURE,
};

const char *uks_word(enum uks_word set, uint32_t value);
uint32_t uks_word_value(enum uks_word set, const char *word);
const char *uks_word_at(enum uks_word set, size_t index, uint32_t *value);

/* ---- client ---- */

#define UKS_TIMEOUT_DEFAULT	30000	/* milliseconds */

struct uks_client;

int uks_client_new(struct uks_client **client, struct uks_err *err);
void uks_client_free(struct uks_client *client);
void uks_client_set_timeout(struct uks_client *client, uint32_t milliseconds);
int uks_query(struct uks_client *client, struct uks_query *query, struct uks_err *err);

/**
 * struct uks_status - how the daemon is
 * @daemon_version: its version
 * @store: where it keeps its keys
 * @store_schema: version of the store's schema
 * @tpm: manufacturer, model and firmware of the TPM
 * @tpm_root: TPM name of the storage root (TPM 2.0 part 1, "Names")
 * @tpm_root_len: bytes at @tpm_root
 * @keys: number of keys the caller owns
 * @started: when the daemon became ready, seconds since 1970-01-01 UTC
 *
 * Made by uks_status(), freed by uks_status_free(); a later library may add
 * members at the end. Strings are never NULL.
 */
struct uks_status {
	const char *daemon_version;
	const char *store;
	uint32_t store_schema;
	const char *tpm;
	const uint8_t *tpm_root;
	size_t tpm_root_len;
	uint64_t keys;
	uint64_t started;
};

int uks_status(struct uks_client *client, struct uks_status **status, struct uks_err *err);
void uks_status_free(struct uks_status *status);

/* ---- keys ---- */

/**
 * struct uks_key - description of a key
 * @id: what the key is known by, whatever its name
 * @name: its name
 * @type: enum uks_key_type
 * @purposes: what it may be used for, bits of enum uks_purpose
 * @version: its version, counted from 1
 * @state: enum uks_key_state
 * @origin: enum uks_key_origin
 * @owner: user id of its owner, in the initial user namespace
 * @created: when it was made, seconds since 1970-01-01 UTC
 * @public_key: public part as DER SubjectPublicKeyInfo (RFC 5280), or NULL: the
 *	key is symmetric, or the description comes from a list
 * @public_key_len: bytes at @public_key
 *
 * Made by the library, freed by uks_key_free(); a later library may add members
 * at the end. It holds no secret.
 */
struct uks_key {
	uint8_t id[UKS_KEY_ID_LEN];
	const char *name;
	uint32_t type;
	uint32_t purposes;
	uint32_t version;
	uint32_t state;
	uint32_t origin;
	uint32_t owner;
	uint64_t created;
	const uint8_t *public_key;
	size_t public_key_len;
};

/**
 * struct uks_material - a key to import
 * @format: enum uks_key_format
 * @data: the key; the library wipes its own copies, this one is the caller's
 * @len: bytes at @data
 */
struct uks_material {
	uint32_t format;
	const void *data;
	size_t len;
};

struct uks_key_list;

int uks_key_generate(struct uks_client *client, const char *name, uint32_t type,
		     uint32_t purposes, struct uks_key **out, struct uks_err *err);
int uks_key_import(struct uks_client *client, const char *name, uint32_t type,
		   uint32_t purposes, const struct uks_material *material,
		   struct uks_key **out, struct uks_err *err);
int uks_key_show(struct uks_client *client, const char *key, struct uks_key **out,
		 struct uks_err *err);
int uks_key_public(struct uks_client *client, const char *key, void *out, size_t *out_len,
		   struct uks_err *err);
int uks_key_rename(struct uks_client *client, const char *key, const char *new_name,
		   struct uks_err *err);
int uks_key_delete(struct uks_client *client, const char *key, struct uks_err *err);
void uks_key_free(struct uks_key *key);

int uks_key_list(struct uks_client *client, struct uks_key_list **list, struct uks_err *err);
int uks_key_list_next(struct uks_key_list *list, struct uks_key **out, struct uks_err *err);
void uks_key_list_free(struct uks_key_list *list);

/* ---- sessions ---- */

struct uks_session;

/**
 * struct uks_aead - what an AEAD message has beside its text
 * @aad: associated data: authenticated, not encrypted; must be the same to decrypt
 * @aad_len: bytes at @aad
 * @nonce: to encrypt, the kernel writes the nonce it chose; to decrypt, that nonce
 * @flags: UKS_CIPHER_CALLER_NONCE to encrypt with the nonce given, else 0. Only
 *	if the key's policy allows it; one nonce used twice breaks the key
 */
struct uks_aead {
	const void *aad;
	size_t aad_len;
	uint8_t nonce[UKS_NONCE_LEN];
	uint32_t flags;
};

int uks_session_open(struct uks_client *client, const char *key, uint32_t purpose,
		     uint32_t algorithm, uint32_t digest, struct uks_session **session,
		     struct uks_err *err);
void uks_session_close(struct uks_session *session);
void uks_session_set_timeout(struct uks_session *session, uint32_t milliseconds);
int uks_session_info(struct uks_session *session, struct uks_session_info *info,
		     struct uks_err *err);

int uks_encrypt(struct uks_session *session, struct uks_aead *aead, const void *in,
		size_t in_len, void *out, size_t *out_len, struct uks_err *err);
int uks_decrypt(struct uks_session *session, const struct uks_aead *aead, const void *in,
		size_t in_len, void *out, size_t *out_len, struct uks_err *err);
int uks_sign(struct uks_session *session, const void *in, size_t in_len, void *sig,
	     size_t *sig_len, struct uks_err *err);
int uks_verify(struct uks_session *session, const void *in, size_t in_len, const void *sig,
	       size_t sig_len, struct uks_err *err);
int uks_mac(struct uks_session *session, const void *in, size_t in_len, void *mac,
	    size_t *mac_len, struct uks_err *err);
int uks_mac_verify(struct uks_session *session, const void *in, size_t in_len,
		   const void *mac, size_t mac_len, struct uks_err *err);

int uks_begin(struct uks_session *session, struct uks_aead *aead, struct uks_err *err);
int uks_update(struct uks_session *session, const void *in, size_t in_len,
	       struct uks_err *err);
int uks_finish(struct uks_session *session, void *out, size_t *out_len, struct uks_err *err);
int uks_finish_verify(struct uks_session *session, const void *sig, size_t sig_len,
		      struct uks_err *err);
int uks_abort(struct uks_session *session, struct uks_err *err);

/* ---- streams: data of any length, encrypted (Documentation/stream.rst) ---- */

#define UKS_STREAM_HEADER_LEN	48
#define UKS_STREAM_CHUNK	65536	/* bytes of plaintext in a full chunk */

struct uks_stream;

/**
 * struct uks_stream_header - what an encrypted stream says of itself
 * @key_id: the key
 * @key_version: version of the key
 * @algorithm: enum uks_algorithm
 *
 * Nothing of it is to be believed before a chunk was decrypted.
 */
struct uks_stream_header {
	uint8_t key_id[UKS_KEY_ID_LEN];
	uint32_t key_version;
	uint32_t algorithm;
};

/**
 * typedef uks_write_fn - takes what a stream puts out
 * @arg: what uks_stream_new() was given
 * @data: bytes, valid during the call
 * @len: how many
 *
 * Return: 0, or a negative errno value, which ends the stream with UKS_E_IO.
 */
typedef int uks_write_fn(void *arg, const void *data, size_t len);

/**
 * typedef uks_progress_fn - is told how far uks_stream_copy() is
 * @arg: what uks_stream_copy() was given
 * @done: bytes read so far
 *
 * Return: 0 to go on; anything else ends the stream with UKS_E_INTERRUPTED.
 */
typedef int uks_progress_fn(void *arg, uint64_t done);

int uks_stream_inspect(const void *data, size_t len, struct uks_stream_header *header,
		       struct uks_err *err);
int uks_stream_new(struct uks_session *session, uks_write_fn *write, void *arg,
		   struct uks_stream **stream, struct uks_err *err);
int uks_stream_write(struct uks_stream *stream, const void *data, size_t len,
		     struct uks_err *err);
int uks_stream_finish(struct uks_stream *stream, struct uks_err *err);
void uks_stream_free(struct uks_stream *stream);
int uks_stream_copy(struct uks_session *session, int in_fd, int out_fd,
		    uks_progress_fn *progress, void *arg, struct uks_err *err);

#ifdef __cplusplus
}
#endif

#endif /* UKS_H */
