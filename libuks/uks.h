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

/**
 * uks_strerror() - say in a few words what an error is
 * @code: enum uks_error, positive or negative
 *
 * Return: a constant string, never NULL.
 */
const char *uks_strerror(int code);

/**
 * uks_cure() - say in a few words what to do about an error
 * @code: enum uks_error, positive or negative
 *
 * Return: a constant string, "" if there is nothing to do, never NULL.
 */
const char *uks_cure(int code);

/**
 * uks_explain() - tell more about an error than its cause and cure
 * @code: enum uks_error, positive or negative
 *
 * Return: a constant string of whole lines, "" if there is nothing to tell, or
 * NULL if there is no such error.
 */
const char *uks_explain(int code);

/**
 * uks_error_name() - name of an error, as "NO_KEY" for UKS_E_NO_KEY
 * @code: enum uks_error, positive or negative
 *
 * Return: a constant string, or NULL if there is no such error.
 */
const char *uks_error_name(int code);

/**
 * uks_error_at() - walk through all errors
 * @index: 0, 1, ...
 *
 * Return: enum uks_error, or -1 behind the last.
 */
int uks_error_at(size_t index);

/**
 * uks_version() - version of the library
 *
 * Return: a constant string, as "0.1.0".
 */
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
 * @UKS_WORD_LEASE_FLAG: enum uks_lease_flag: "caller-nonce", ...
 * @UKS_WORD_CALL_FLAG: enum uks_call_flag: "replace", ...
 * @UKS_WORD_POLICY_FLAG: enum uks_policy_flag: "exportable", ...
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
	UKS_WORD_LEASE_FLAG,
	UKS_WORD_CALL_FLAG,
	UKS_WORD_POLICY_FLAG,
};

/**
 * uks_word() - name of a value
 * @set: which enum
 * @value: the value; of a set of bits, one bit
 *
 * Return: a constant string, or NULL if the library does not know the value.
 */
const char *uks_word(enum uks_word set, uint32_t value);

/**
 * uks_word_value() - value of a name
 * @set: which enum
 * @word: the name
 *
 * Return: the value, or 0 if there is no such name.
 */
uint32_t uks_word_value(enum uks_word set, const char *word);

/**
 * uks_word_at() - walk through the names of a set
 * @set: which enum
 * @index: 0, 1, ...
 *
 * Return: a constant string, or NULL behind the last.
 */
const char *uks_word_at(enum uks_word set, size_t index);

/* ---- client ---- */

#define UKS_TIMEOUT_DEFAULT	30000	/* milliseconds */

struct uks_client;

/**
 * uks_client_new() - make a client
 * @client: [out] the client; uks_client_free() it
 * @err: what went wrong, or NULL
 *
 * /dev/uks is opened by the first call that needs it, so that this fails only
 * without memory. The client acts for the user and group that are effective then;
 * after a change of user make a new one (the old gives UKS_E_NOT_OPENER).
 *
 * Return: 0, -UKS_E_NO_MEMORY.
 */
int uks_client_new(struct uks_client **client, struct uks_err *err);

/**
 * uks_client_free() - free a client
 * @client: the client, or NULL
 *
 * Its sessions go on.
 */
void uks_client_free(struct uks_client *client);

/**
 * uks_client_set_timeout() - say how long calls may take
 * @client: the client
 * @milliseconds: from the beginning of each call to its deadline;
 *	UKS_TIMEOUT_DEFAULT in a new client. 0: as the module's parameter has it
 *
 * A deadline stays the same when a signal handler with SA_RESTART ran; after
 * another handler the call ends with UKS_E_INTERRUPTED. Sessions take the
 * timeout over when they are opened.
 */
void uks_client_set_timeout(struct uks_client *client, uint32_t milliseconds);

/**
 * uks_query() - ask the kernel what it can do; needs no daemon
 * @client: the client
 * @query: [out] features and limits
 * @err: what went wrong, or NULL
 *
 * Return: 0 or a negative enum uks_error.
 */
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

/**
 * uks_status() - ask the daemon how it is
 * @client: the client
 * @status: [out] its answer; uks_status_free() it
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_NO_DAEMON.
 */
int uks_status(struct uks_client *client, struct uks_status **status, struct uks_err *err);

/**
 * uks_status_free() - free what uks_status() gave
 * @status: the status, or NULL
 */
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

/**
 * uks_key_generate() - make a key
 * @client: the client
 * @name: name of the new key, UTF-8, at most UKS_NAME_MAX bytes
 * @type: enum uks_key_type
 * @purposes: what the key may be used for, or 0 for all that fits its type
 * @out: [out] description of the key, uks_key_free() it; or NULL
 * @err: what went wrong, or NULL
 *
 * After -UKS_E_TIMEOUT, -UKS_E_DAEMON_DIED and -UKS_E_INTERRUPTED the key may
 * have been made; uks_key_show() tells.
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_KEY_EXISTS.
 */
int uks_key_generate(struct uks_client *client, const char *name, uint32_t type,
		     uint32_t purposes, struct uks_key **out, struct uks_err *err);

/**
 * uks_key_import() - take in a key
 * @client: the client
 * @name: name of the new key, as in uks_key_generate()
 * @type: enum uks_key_type
 * @purposes: as in uks_key_generate()
 * @material: the key itself
 * @out: [out] description of the key, uks_key_free() it; or NULL
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_BAD_MATERIAL.
 */
int uks_key_import(struct uks_client *client, const char *name, uint32_t type,
		   uint32_t purposes, const struct uks_material *material,
		   struct uks_key **out, struct uks_err *err);

/**
 * uks_key_show() - describe a key
 * @client: the client
 * @key: name, or "@" and id
 * @out: [out] description; uks_key_free() it
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_NO_KEY.
 */
int uks_key_show(struct uks_client *client, const char *key, struct uks_key **out,
		 struct uks_err *err);

/**
 * uks_key_public() - give out the public part of a key
 * @client: the client
 * @key: name, or "@" and id
 * @out: where DER SubjectPublicKeyInfo (RFC 5280) shall go
 * @out_len: [in] room at @out, bytes; [out] length, also after -UKS_E_NO_ROOM
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_NO_PUBLIC.
 */
int uks_key_public(struct uks_client *client, const char *key, void *out, size_t *out_len,
		   struct uks_err *err);

/**
 * uks_key_rename() - give a key another name
 * @client: the client
 * @key: name, or "@" and id
 * @new_name: its new name; a key that has it already stays as it is
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_KEY_EXISTS.
 */
int uks_key_rename(struct uks_client *client, const char *key, const char *new_name,
		   struct uks_err *err);

/**
 * uks_key_delete() - destroy a key
 * @client: the client
 * @key: name, or "@" and id
 * @err: what went wrong, or NULL
 *
 * Its sessions, of every process, end with -UKS_E_REVOKED. What the key has
 * encrypted is lost.
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_NO_KEY.
 */
int uks_key_delete(struct uks_client *client, const char *key, struct uks_err *err);

/**
 * uks_key_free() - free the description of a key
 * @key: the description, or NULL
 */
void uks_key_free(struct uks_key *key);

/**
 * uks_key_list() - begin to list the caller's keys
 * @client: the client; must outlive the list
 * @list: [out] the list; uks_key_list_free() it
 * @err: what went wrong, or NULL
 *
 * Return: 0, -UKS_E_NO_MEMORY.
 */
int uks_key_list(struct uks_client *client, struct uks_key_list **list, struct uks_err *err);

/**
 * uks_key_list_next() - next key of a list, in the order of names
 * @list: the list
 * @out: [out] description without public key, uks_key_free() it; NULL at the end
 * @err: what went wrong, or NULL
 *
 * Keys are asked for page by page. A key that is made or renamed meanwhile may
 * be missed; none is given twice under one name.
 *
 * Return: 0, or a negative enum uks_error.
 */
int uks_key_list_next(struct uks_key_list *list, struct uks_key **out, struct uks_err *err);

/**
 * uks_key_list_free() - end a list
 * @list: the list, or NULL
 */
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

/**
 * uks_session_open() - open a key for one purpose
 * @client: the client
 * @key: name, or "@" and id
 * @purpose: one bit of enum uks_purpose
 * @algorithm: enum uks_algorithm, or 0 for the usual one of the key's type
 * @digest: enum uks_digest, or 0 for the usual one; only for ECDSA
 * @session: [out] the session; uks_session_close() it
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_NO_KEY, -UKS_E_BAD_PURPOSE.
 */
int uks_session_open(struct uks_client *client, const char *key, uint32_t purpose,
		     uint32_t algorithm, uint32_t digest, struct uks_session **session,
		     struct uks_err *err);

/**
 * uks_session_close() - close a session
 * @session: the session, or NULL
 */
void uks_session_close(struct uks_session *session);

/**
 * uks_session_set_timeout() - say how long signing and verifying may take
 * @session: the session
 * @milliseconds: as in uks_client_set_timeout()
 *
 * Encryption and MAC happen in the kernel and wait for nobody.
 */
void uks_session_set_timeout(struct uks_session *session, uint32_t milliseconds);

/**
 * uks_session_info() - tell what a session is
 * @session: the session
 * @info: [out] its key, purpose and parameters
 * @err: what went wrong, or NULL
 *
 * Return: 0 or a negative enum uks_error.
 */
int uks_session_info(struct uks_session *session, struct uks_session_info *info,
		     struct uks_err *err);

/**
 * uks_encrypt() - encrypt one message
 * @session: a session to encrypt
 * @aead: associated data; gets the nonce, which decrypting needs
 * @in: plaintext
 * @in_len: bytes at @in, less than uks_query.aead_max
 * @out: where ciphertext and tag shall go; may be @in
 * @out_len: [in] room at @out, bytes: @in_len + UKS_TAG_LEN; [out] bytes written
 * @err: what went wrong, or NULL
 *
 * The kernel draws each nonce at random. By SP 800-38D, 8.3, do not encrypt more
 * than 2^32 messages with one key.
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_TOO_LONG: use a stream.
 */
int uks_encrypt(struct uks_session *session, struct uks_aead *aead, const void *in,
		size_t in_len, void *out, size_t *out_len, struct uks_err *err);

/**
 * uks_decrypt() - decrypt one message
 * @session: a session to decrypt
 * @aead: associated data and nonce, as they were when it was encrypted
 * @in: ciphertext and tag
 * @in_len: bytes at @in
 * @out: where the plaintext shall go; may be @in. Untouched unless authentic
 * @out_len: [in] room at @out, bytes: @in_len - UKS_TAG_LEN; [out] bytes written
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_NOT_AUTHENTIC.
 */
int uks_decrypt(struct uks_session *session, const struct uks_aead *aead, const void *in,
		size_t in_len, void *out, size_t *out_len, struct uks_err *err);

/**
 * uks_sign() - sign one message
 * @session: a session to sign
 * @in: message
 * @in_len: bytes at @in; for Ed25519 at most UKS_MESSAGE_MAX
 * @sig: where the signature shall go: DER Ecdsa-Sig-Value, or 64 bytes of Ed25519
 * @sig_len: [in] room at @sig, bytes, UKS_SIGNATURE_MAX is enough; [out] length
 * @err: what went wrong, or NULL
 *
 * Return: 0 or a negative enum uks_error.
 */
int uks_sign(struct uks_session *session, const void *in, size_t in_len, void *sig,
	     size_t *sig_len, struct uks_err *err);

/**
 * uks_verify() - verify the signature of one message
 * @session: a session to verify
 * @in: message
 * @in_len: bytes at @in
 * @sig: signature
 * @sig_len: bytes at @sig
 * @err: what went wrong, or NULL
 *
 * Return: 0 if it is right, -UKS_E_BAD_SIGNATURE if not, or another negative
 * enum uks_error.
 */
int uks_verify(struct uks_session *session, const void *in, size_t in_len, const void *sig,
	       size_t sig_len, struct uks_err *err);

/**
 * uks_mac() - compute the MAC of one message
 * @session: a session to compute MACs
 * @in: message
 * @in_len: bytes at @in
 * @mac: where the MAC shall go
 * @mac_len: [in] room at @mac, bytes, UKS_MAC_MAX is enough; [out] length
 * @err: what went wrong, or NULL
 *
 * Return: 0 or a negative enum uks_error.
 */
int uks_mac(struct uks_session *session, const void *in, size_t in_len, void *mac,
	    size_t *mac_len, struct uks_err *err);

/**
 * uks_mac_verify() - verify the MAC of one message
 * @session: a session to verify MACs
 * @in: message
 * @in_len: bytes at @in
 * @mac: MAC, whole
 * @mac_len: bytes at @mac
 * @err: what went wrong, or NULL
 *
 * Return: 0 if it is right, -UKS_E_NOT_AUTHENTIC if not, or another negative
 * enum uks_error.
 */
int uks_mac_verify(struct uks_session *session, const void *in, size_t in_len,
		   const void *mac, size_t mac_len, struct uks_err *err);

/**
 * uks_begin() - begin a message in parts
 * @session: the session
 * @aead: as in uks_encrypt() or uks_decrypt(); NULL in other sessions
 * @err: what went wrong, or NULL
 *
 * A session has one message in parts at a time; one begun earlier is dropped.
 * One-shot calls are not disturbed.
 *
 * Return: 0 or a negative enum uks_error.
 */
int uks_begin(struct uks_session *session, struct uks_aead *aead, struct uks_err *err);

/**
 * uks_update() - go on with a message in parts
 * @session: the session
 * @in: next part of the message
 * @in_len: bytes at @in
 * @err: what went wrong, or NULL; an error ends the message
 *
 * Return: 0 or a negative enum uks_error.
 */
int uks_update(struct uks_session *session, const void *in, size_t in_len,
	       struct uks_err *err);

/**
 * uks_finish() - end a message in parts, with a result
 * @session: a session to encrypt, decrypt, sign or compute MACs
 * @out: where ciphertext and tag, plaintext, signature or MAC shall go
 * @out_len: [in] room at @out, bytes; [out] length, also after -UKS_E_NO_ROOM,
 *	which leaves the message as it was
 * @err: what went wrong, or NULL
 *
 * Return: 0 or a negative enum uks_error.
 */
int uks_finish(struct uks_session *session, void *out, size_t *out_len, struct uks_err *err);

/**
 * uks_finish_verify() - end a message in parts and verify it
 * @session: a session to verify signatures or MACs
 * @sig: signature or MAC
 * @sig_len: bytes at @sig
 * @err: what went wrong, or NULL
 *
 * Return: as uks_verify() or uks_mac_verify().
 */
int uks_finish_verify(struct uks_session *session, const void *sig, size_t sig_len,
		      struct uks_err *err);

/**
 * uks_abort() - drop a message in parts, if there is one
 * @session: the session
 * @err: what went wrong, or NULL
 *
 * Return: 0 or a negative enum uks_error.
 */
int uks_abort(struct uks_session *session, struct uks_err *err);

#ifdef __cplusplus
}
#endif

#endif /* UKS_H */
