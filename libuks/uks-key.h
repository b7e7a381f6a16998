/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libuks: keys: making, describing, changing and listing them. Included by <uks.h>. */
#ifndef UKS_KEY_H
#define UKS_KEY_H

#ifndef UKS_H
#error "include <uks.h>, which includes this"
#endif

#ifdef __cplusplus
extern "C" {
#endif

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
 * @policy: its policy, as uks_policy_parse() reads it, or NULL
 * @policy_len: bytes at @policy
 * @uses: how often it was used; counted only where its policy bounds it
 * @erased: of a deleted key: when it is erased and cannot be restored any more,
 *	seconds since 1970-01-01 UTC; else 0
 * @check_value: first bytes of a digest of the key, to tell keys apart
 * @check_value_len: bytes at @check_value, 0 if none was given
 * @provider: enum uks_provider; UKS_PROVIDER_SEALED if the daemon did not say
 * @tries: of a key with a PIN: how many wrong ones are left until it is locked
 * @tries_known: 1 if the daemon said @tries, else 0
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
	const void *policy;
	size_t policy_len;
	uint64_t uses;
	uint64_t erased;
	uint8_t check_value[32];
	size_t check_value_len;
	uint32_t provider;
	uint32_t tries;
	uint32_t tries_known;
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

/**
 * struct uks_pin - PINs and codes; all are the caller's to wipe
 * @pin: PIN of a key that is used, or NULL
 * @pin_len: bytes at @pin
 * @new_pin: PIN that a key shall get, or NULL
 * @new_pin_len: bytes at @new_pin, 4 to 64
 * @admin_code: code that unlocks the PIN and changes it, or NULL
 * @admin_code_len: bytes at @admin_code, 8 to 64
 *
 * Begins as zeros. A key that is made with @new_pin needs a policy that says how long a
 * PIN counts (UKS_POLICY_A_PIN).
 */
struct uks_pin {
	const void *pin;
	size_t pin_len;
	const void *new_pin;
	size_t new_pin_len;
	const void *admin_code;
	size_t admin_code_len;
};

/**
 * struct uks_key_options - what may be said of a key that is made
 * @purposes: what the key may be used for, bits of enum uks_purpose; 0: what is
 *	usual for its type
 * @flags: UKS_CALL_REPLACE or 0
 * @count: how many keys to generate, named NAME-000001, ...; 0 for one, named
 *	NAME. Only uks_key_generate_with()
 * @policy: who may use the key, for what, when and how often; NULL: its owner,
 *	without bounds
 * @pin: PIN of the key, and of the key that it is made of; NULL: they have none
 * @provider: enum uks_provider; 0: UKS_PROVIDER_SEALED
 * @reserved_2: 0
 * @reserved: 0
 *
 * Begins as zeros, so that later members mean what was before.
 */
struct uks_key_options {
	uint32_t purposes;
	uint32_t flags;
	uint32_t count;
	const struct uks_policy *policy;
	const struct uks_pin *pin;
	uint32_t provider;
	uint32_t reserved_2;
	uint64_t reserved[2];
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
 * uks_key_generate_with() - make a key, or many, with a policy
 * @client: the client
 * @name: as in uks_key_generate()
 * @type: enum uks_key_type
 * @options: what else is to be said, or NULL
 * @out: [out] description of the key, of many the first; or NULL
 * @err: what went wrong, or NULL
 *
 * With UKS_CALL_REPLACE a key of that name is deleted, to be restored for a time,
 * in the same change that makes the new one.
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_BAD_POLICY.
 */
int uks_key_generate_with(struct uks_client *client, const char *name, uint32_t type,
			  const struct uks_key_options *options, struct uks_key **out,
			  struct uks_err *err);

/**
 * uks_key_import_with() - take in a key, with a policy
 * @client: the client
 * @name: as in uks_key_generate()
 * @type: enum uks_key_type
 * @options: what else is to be said, or NULL
 * @material: the key itself; UKS_FORMAT_SPKI: a public key only
 * @out: [out] description of the key, uks_key_free() it; or NULL
 * @err: what went wrong, or NULL
 *
 * Return: 0 or a negative enum uks_error.
 */
int uks_key_import_with(struct uks_client *client, const char *name, uint32_t type,
			const struct uks_key_options *options,
			const struct uks_material *material, struct uks_key **out,
			struct uks_err *err);

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
 * uks_key_show_version() - describe a version of a key
 * @client: the client
 * @key: name, or "@" and id
 * @version: which; 0 for the newest
 * @out: [out] description; uks_key_free() it
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_NO_VERSION.
 */
int uks_key_show_version(struct uks_client *client, const char *key, uint32_t version,
			 struct uks_key **out, struct uks_err *err);

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
 * uks_key_public_version() - give out the public part of a version of a key
 * @client: the client
 * @key: name, or "@" and id
 * @version: which; 0 for the newest
 * @out: as in uks_key_public()
 * @out_len: as in uks_key_public()
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_NO_VERSION.
 */
int uks_key_public_version(struct uks_client *client, const char *key, uint32_t version,
			   void *out, size_t *out_len, struct uks_err *err);

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
 * uks_key_delete() - delete a key
 * @client: the client
 * @key: name, or "@" and id
 * @err: what went wrong, or NULL
 *
 * Its sessions, of every process, end with -UKS_E_REVOKED. Its name is free again.
 * For the time that the daemon's configuration gives, uks_key_restore() brings it
 * back; then it is erased, and what it has encrypted is lost.
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_NO_KEY.
 */
int uks_key_delete(struct uks_client *client, const char *key, struct uks_err *err);

/**
 * uks_key_delete_with() - delete a key, with flags
 * @client: the client
 * @key: name, or "@" and id
 * @flags: UKS_CALL_NOW: erase it at once, also if it was deleted already; or 0
 * @erased: [out] when it is erased, seconds since 1970-01-01 UTC; or NULL
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_NO_KEY.
 */
int uks_key_delete_with(struct uks_client *client, const char *key, uint32_t flags,
			uint64_t *erased, struct uks_err *err);

/**
 * uks_key_restore() - bring back a deleted key
 * @client: the client
 * @key: "@" and id, or its name, if no other deleted key has it
 * @new_name: name that it shall get, or NULL to keep its own
 * @out: [out] description, uks_key_free() it; or NULL
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_RESTORE, -UKS_E_KEY_EXISTS.
 */
int uks_key_restore(struct uks_client *client, const char *key, const char *new_name,
		    struct uks_key **out, struct uks_err *err);

/**
 * uks_key_rotate() - make a new version of a key
 * @client: the client
 * @key: name, or "@" and id
 * @material: the new version, if it is not to be generated; or NULL
 * @out: [out] description, uks_key_free() it; or NULL
 * @err: what went wrong, or NULL
 *
 * The new version encrypts, signs and computes MACs. The one before only decrypts
 * and verifies from now on. Sessions end with -UKS_E_REVOKED.
 *
 * Return: 0 or a negative enum uks_error.
 */
int uks_key_rotate(struct uks_client *client, const char *key,
		   const struct uks_material *material, struct uks_key **out,
		   struct uks_err *err);

/**
 * uks_key_set_state() - take a key from one state to another
 * @client: the client
 * @key: name, or "@" and id
 * @version: which version; 0 for all that can go there
 * @state: enum uks_key_state: active, suspended, deactivated or compromised
 * @out: [out] description, uks_key_free() it; or NULL
 * @err: what went wrong, or NULL
 *
 * Sessions end with -UKS_E_REVOKED.
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_TRANSITION.
 */
int uks_key_set_state(struct uks_client *client, const char *key, uint32_t version,
		      uint32_t state, struct uks_key **out, struct uks_err *err);

/**
 * uks_key_set_policy() - give a key another policy
 * @client: the client
 * @key: name, or "@" and id
 * @policy: the policy, whole: what it does not say holds no more
 * @out: [out] description, uks_key_free() it; or NULL
 * @err: what went wrong, or NULL
 *
 * Sessions end with -UKS_E_REVOKED.
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_BAD_POLICY.
 */
int uks_key_set_policy(struct uks_client *client, const char *key,
		       const struct uks_policy *policy, struct uks_key **out,
		       struct uks_err *err);

/* ---- keys made of keys ---- */

/**
 * uks_key_agree() - agree on a secret and keep it as a new key
 * @client: the client
 * @key: name, or "@" and id, of the key to agree with
 * @method: algorithm, digest and parameters; the peer must be among these
 * @new_name: name of the new key
 * @type: its type, enum uks_key_type
 * @options: what else is to be said of it, or NULL
 * @out: [out] its description, uks_key_free() it; or NULL
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_BAD_PEER.
 */
int uks_key_agree(struct uks_client *client, const char *key, const struct uks_method *method,
		  const char *new_name, uint32_t type, const struct uks_key_options *options,
		  struct uks_key **out, struct uks_err *err);

/**
 * uks_key_derive() - derive a secret and keep it as a new key
 * @client: the client
 * @key: name, or "@" and id, of the key to derive from
 * @method: algorithm (UKS_ALG_HKDF if 0), digest and parameters
 * @new_name: name of the new key
 * @type: its type, enum uks_key_type
 * @options: what else is to be said of it, or NULL
 * @out: [out] its description, uks_key_free() it; or NULL
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_BAD_PARAMETER.
 */
int uks_key_derive(struct uks_client *client, const char *key, const struct uks_method *method,
		   const char *new_name, uint32_t type, const struct uks_key_options *options,
		   struct uks_key **out, struct uks_err *err);

/**
 * struct uks_wrapping - how a key is wrapped
 * @key: the key that wraps or unwraps, name or "@" and id; NULL with @public_key
 * @public_key: wrap under this public key, DER SubjectPublicKeyInfo; or NULL
 * @public_key_len: bytes at @public_key
 * @format: how the key inside is written, enum uks_key_format; 0: as is usual
 * @algorithm: enum uks_algorithm, as UKS_ALG_AES_KWP
 * @digest: enum uks_digest; 0 for the usual one
 * @parameters: what the algorithm wants to know, or NULL
 * @pin: PIN of the key that wraps or unwraps, or NULL
 * @reserved: 0
 *
 * Begins as zeros.
 */
struct uks_wrapping {
	const char *key;
	const void *public_key;
	size_t public_key_len;
	uint32_t format;
	uint32_t algorithm;
	uint32_t digest;
	const struct uks_parameters *parameters;
	const struct uks_pin *pin;
	uint64_t reserved[3];
};

/**
 * uks_key_wrap() - give out a key, wrapped under another
 * @client: the client
 * @key: name, or "@" and id, of the key to give out; its policy must allow it
 * @version: which version; 0 for the newest
 * @wrapping: under which key, and how
 * @out: where the wrapped key shall go
 * @out_len: [in] room at @out, bytes; [out] length, also after -UKS_E_NO_ROOM
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_NOT_EXPORTABLE.
 */
int uks_key_wrap(struct uks_client *client, const char *key, uint32_t version,
		 const struct uks_wrapping *wrapping, void *out, size_t *out_len,
		 struct uks_err *err);

/**
 * uks_key_unwrap() - take in a key that is wrapped
 * @client: the client
 * @name: name of the new key
 * @type: its type, enum uks_key_type
 * @wrapping: under which key, and how
 * @wrapped: the wrapped key
 * @len: bytes at @wrapped
 * @options: what else is to be said of it, or NULL
 * @out: [out] its description, uks_key_free() it; or NULL
 * @err: what went wrong, or NULL
 *
 * The key is never in clear outside the daemon.
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_BAD_WRAPPED.
 */
int uks_key_unwrap(struct uks_client *client, const char *name, uint32_t type,
		   const struct uks_wrapping *wrapping, const void *wrapped, size_t len,
		   const struct uks_key_options *options, struct uks_key **out,
		   struct uks_err *err);

/* ---- PINs ---- */

/**
 * uks_pin_check() - is the PIN of a key right?
 * @client: the client
 * @key: name, or "@" and id
 * @pin: @pin of it; a wrong one costs a try
 * @tries: [out] how many wrong ones are left, or NULL
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_PIN_WRONG, -UKS_E_PIN_LOCKED.
 */
int uks_pin_check(struct uks_client *client, const char *key, const struct uks_pin *pin,
		  uint32_t *tries, struct uks_err *err);

/**
 * uks_pin_change() - give a key another PIN
 * @client: the client, of the key's owner
 * @key: name, or "@" and id
 * @pin: @new_pin of it, and either @pin or @admin_code
 * @tries: [out] how many wrong ones are left, or NULL
 * @err: what went wrong, or NULL
 *
 * Sessions of the key end with -UKS_E_REVOKED. With the administrator's code all tries
 * come back, too.
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_PIN_BAD.
 */
int uks_pin_change(struct uks_client *client, const char *key, const struct uks_pin *pin,
		   uint32_t *tries, struct uks_err *err);

/**
 * uks_pin_unlock() - give back all tries
 * @client: the client, of the key's owner
 * @key: name, or "@" and id
 * @pin: @admin_code of it; @new_pin if the PIN is to be another one, too
 * @tries: [out] how many wrong ones are left, or NULL
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_PIN_WRONG.
 */
int uks_pin_unlock(struct uks_client *client, const char *key, const struct uks_pin *pin,
		   uint32_t *tries, struct uks_err *err);

/* ---- lists ---- */

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
 * struct uks_list_options - which keys a list has
 * @flags: UKS_CALL_DELETED: deleted keys that can be restored; UKS_CALL_GRANTED: keys of
 *	other users that the caller may use; or 0
 * @page: keys to ask for at once; 0: as many as fit
 * @after: name after which the list begins, or NULL; only with @flags 0
 * @reserved: 0
 */
struct uks_list_options {
	uint32_t flags;
	uint32_t page;
	const char *after;
	uint64_t reserved[4];
};

/**
 * uks_key_list_with() - begin to list certain keys
 * @client: the client; must outlive the list
 * @options: which; or NULL
 * @list: [out] the list; uks_key_list_free() it
 * @err: what went wrong, or NULL
 *
 * Return: 0, -UKS_E_BAD_NAME, -UKS_E_NO_MEMORY.
 */
int uks_key_list_with(struct uks_client *client, const struct uks_list_options *options,
		      struct uks_key_list **list, struct uks_err *err);

/**
 * uks_key_versions() - list the versions of a key, newest first
 * @client: the client
 * @key: name, or "@" and id
 * @list: [out] the list, for uks_key_list_next(); uks_key_list_free() it
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_NO_KEY.
 */
int uks_key_versions(struct uks_client *client, const char *key, struct uks_key_list **list,
		     struct uks_err *err);

/**
 * uks_key_list_next() - next key of a list, in the order of names; granted keys in
 *	the order of their owners
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

#ifdef __cplusplus
}
#endif

#endif /* UKS_KEY_H */
