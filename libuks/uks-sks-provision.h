/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libuks: SKS, what issuers call. Included by <uks-sks.h>, which says what all share. */
#ifndef UKS_SKS_PROVISION_H
#define UKS_SKS_PROVISION_H

#ifndef UKS_SKS_H_PUBLIC
#error "include <uks.h>, which includes this"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Where something goes wrong in these functions, but for uks_sks_key_find() and
 * uks_sks_kmk_update(), the session ends, and nothing remains of it.
 */

/* ---- sessions ---- */

/**
 * struct uks_sks_opening - what an issuer says when it opens a session (method 2)
 * @algorithm: SKS_URI_SESSION
 * @privacy: the device stays unknown
 * @server_id: the issuer's name for the session
 * @server_key: the issuer's ephemeral key, DER SubjectPublicKeyInfo
 * @issuer: URI of the issuer
 * @kmk: key management key, DER SubjectPublicKeyInfo, or no bytes
 * @client_time: what time it is, seconds since 1970-01-01 UTC
 * @lifetime: of the session, seconds
 * @limit: how often the session's key may be used
 * @server_certificate: of the issuer's server, DER; the store only attests it
 */
struct uks_sks_opening {
	const char *algorithm;
	bool privacy;
	const char *server_id;
	struct uks_sks_bytes server_key;
	const char *issuer;
	struct uks_sks_bytes kmk;
	uint32_t client_time;
	uint16_t lifetime;
	uint16_t limit;
	struct uks_sks_bytes server_certificate;
};

/**
 * struct uks_sks_opened - a session that was opened
 * @handle: of the session
 * @client_id: the store's name for it
 * @client_key: the store's ephemeral key, DER SubjectPublicKeyInfo
 * @attestation: by the device's key, or by the session's in privacy mode
 */
struct uks_sks_opened {
	uint32_t handle;
	const char *client_id;
	struct uks_sks_bytes client_key;
	struct uks_sks_bytes attestation;
};

/**
 * uks_sks_session_open() - open a session (method 2, createProvisioningSession)
 * @client: who will own the keys
 * @opening: what the issuer says
 * @opened: [out] the session; uks_sks_free() it
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_session_open(struct uks_client *client, const struct uks_sks_opening *opening,
			 struct uks_sks_opened **opened, struct uks_err *err);

/**
 * uks_sks_session_close() - close a session, and have its keys (method 3)
 * @client: whose session
 * @session: its handle
 * @nonce: 1 to 32 bytes
 * @mac: closeProvisioningSession
 * @attestation: [out] by the session's key
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_session_close(struct uks_client *client, uint32_t session,
			  const struct uks_sks_bytes *nonce, const struct uks_sks_bytes *mac,
			  uint8_t attestation[SKS_MAC_LEN], struct uks_err *err);

/**
 * struct uks_sks_session - a session (method 4)
 * @handle: of the session
 * @algorithm: URI of its algorithm
 * @privacy: the device stays unknown
 * @kmk: key management key, DER, or no bytes
 * @client_time: what was said when it was opened
 * @lifetime: seconds
 * @server_id: the issuer's name for it
 * @client_id: the store's name for it
 * @issuer: URI of the issuer
 */
struct uks_sks_session {
	uint32_t handle;
	const char *algorithm;
	bool privacy;
	struct uks_sks_bytes kmk;
	uint32_t client_time;
	uint32_t lifetime;
	const char *server_id;
	const char *client_id;
	const char *issuer;
};

/**
 * uks_sks_session_next() - walk through sessions (method 4, enumerateProvisioningSessions)
 * @client: whose sessions
 * @after: 0 at first, then the handle of the session before
 * @open: the open ones, else the closed ones
 * @session: [out] the next, or NULL behind the last; uks_sks_free() it
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_session_next(struct uks_client *client, uint32_t after, bool open,
			 struct uks_sks_session **session, struct uks_err *err);

/**
 * uks_sks_session_abort() - end an open session; nothing remains of it (method 5)
 * @client: whose session
 * @session: its handle
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_session_abort(struct uks_client *client, uint32_t session, struct uks_err *err);

/**
 * uks_sks_kmk_update() - replace the key that manages keys (method 7)
 * @client: whose keys
 * @session: handle of a closed session
 * @kmk: the new key management key, DER SubjectPublicKeyInfo
 * @authorization: signature by the one until now
 * @err: what went wrong, or NULL
 *
 * The method is updateKeyManagementKey.
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_kmk_update(struct uks_client *client, uint32_t session,
		       const struct uks_sks_bytes *kmk,
		       const struct uks_sks_bytes *authorization, struct uks_err *err);

/* ---- policies ---- */

/**
 * struct uks_sks_puk_policy - a PUK policy to be made (method 8)
 * @id: its name in the session
 * @puk: the PUK, encrypted for the session
 * @format: enum sks_format
 * @limit: wrong PUKs that block it, up to SKS_TRIES_MAX; 0: each takes a second instead
 * @mac: createPUKPolicy
 */
struct uks_sks_puk_policy {
	const char *id;
	struct uks_sks_bytes puk;
	uint8_t format;
	uint16_t limit;
	struct uks_sks_bytes mac;
};

/**
 * uks_sks_puk_create() - make a PUK policy (method 8, createPukPolicy)
 * @client: whose session
 * @session: handle of an open session
 * @policy: the policy
 * @handle: [out] its handle
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_puk_create(struct uks_client *client, uint32_t session,
		       const struct uks_sks_puk_policy *policy, uint32_t *handle,
		       struct uks_err *err);

/**
 * struct uks_sks_pin_policy - a PIN policy to be made (method 9)
 * @id: its name in the session
 * @puk_policy: handle of the PUK policy, or 0
 * @user_defined: the user chooses the PIN
 * @user_modifiable: the user may change it
 * @format: enum sks_format
 * @limit: wrong PINs that block it, 1 to SKS_TRIES_MAX
 * @grouping: enum sks_grouping
 * @patterns: bits of enum sks_pattern
 * @min: bytes of a PIN, at least 1
 * @max: bytes of a PIN, up to SKS_PIN_MAX
 * @input: enum sks_input
 * @mac: createPINPolicy
 */
struct uks_sks_pin_policy {
	const char *id;
	uint32_t puk_policy;
	bool user_defined;
	bool user_modifiable;
	uint8_t format;
	uint16_t limit;
	uint8_t grouping;
	uint8_t patterns;
	uint16_t min;
	uint16_t max;
	uint8_t input;
	struct uks_sks_bytes mac;
};

/**
 * uks_sks_pin_create() - make a PIN policy (method 9, createPinPolicy)
 * @client: whose session
 * @session: handle of an open session
 * @policy: the policy
 * @handle: [out] its handle
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_pin_create(struct uks_client *client, uint32_t session,
		       const struct uks_sks_pin_policy *policy, uint32_t *handle,
		       struct uks_err *err);

/* ---- keys ---- */

/**
 * struct uks_sks_key_entry - a key to be made (method 10)
 * @id: its name in the session
 * @entry_algorithm: SKS_URI_KEY
 * @seed: of the issuer, up to SKS_SEED_MAX bytes
 * @device_pin: the PIN of the device protects it
 * @pin_policy: handle of the PIN policy, or 0
 * @pin: the PIN: encrypted for the session, or plain where the policy is @user_defined
 * @caching: the PIN may be remembered
 * @biometric: enum sks_biometric
 * @export_protection: enum sks_protection
 * @delete_protection: the same
 * @usage: enum sks_usage
 * @friendly_name: its name for people, up to SKS_NAME_MAX characters, or NULL
 * @algorithm: URI of how it is generated
 * @parameters: of @algorithm, or no bytes
 * @endorsed: URIs of the algorithms it may be used with, ascending; none: all that fit
 * @nr_endorsed: how many, up to 255
 * @mac: createKeyEntry
 */
struct uks_sks_key_entry {
	const char *id;
	const char *entry_algorithm;
	struct uks_sks_bytes seed;
	bool device_pin;
	uint32_t pin_policy;
	struct uks_sks_bytes pin;
	bool caching;
	uint8_t biometric;
	uint8_t export_protection;
	uint8_t delete_protection;
	uint8_t usage;
	const char *friendly_name;
	const char *algorithm;
	struct uks_sks_bytes parameters;
	const char *const *endorsed;
	size_t nr_endorsed;
	struct uks_sks_bytes mac;
};

/**
 * struct uks_sks_created - a key that was made
 * @handle: of the key
 * @public_key: DER SubjectPublicKeyInfo
 * @attestation: by the session's key
 */
struct uks_sks_created {
	uint32_t handle;
	struct uks_sks_bytes public_key;
	struct uks_sks_bytes attestation;
};

/**
 * uks_sks_key_create() - make a key (method 10, createKeyEntry)
 * @client: whose session
 * @session: handle of an open session
 * @entry: what it shall be
 * @created: [out] the key; uks_sks_free() it
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_key_create(struct uks_client *client, uint32_t session,
		       const struct uks_sks_key_entry *entry, struct uks_sks_created **created,
		       struct uks_err *err);

/**
 * uks_sks_key_find() - find a key of an open session by its name (method 11, getKeyHandle)
 * @client: whose session
 * @session: handle of an open session
 * @id: name of the key
 * @key: [out] its handle
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_key_find(struct uks_client *client, uint32_t session, const char *id,
		     uint32_t *key, struct uks_err *err);

/**
 * uks_sks_key_certify() - give a key its certificates (method 12, setCertificatePath)
 * @client: whose key
 * @key: its handle, in an open session
 * @certificates: DER, its own first
 * @count: how many, 1 to 255
 * @mac: setCertificatePath
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_key_certify(struct uks_client *client, uint32_t key,
			const struct uks_sks_bytes *certificates, size_t count,
			const struct uks_sks_bytes *mac, struct uks_err *err);

/**
 * uks_sks_key_import_secret() - make a key symmetric (method 13, importSymmetricKey)
 * @client: whose key
 * @key: its handle, in an open session
 * @secret: up to SKS_SECRET_MAX bytes, encrypted for the session
 * @mac: importSymmetricKey
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_key_import_secret(struct uks_client *client, uint32_t key,
			      const struct uks_sks_bytes *secret,
			      const struct uks_sks_bytes *mac, struct uks_err *err);

/**
 * uks_sks_key_import_private() - replace the private key (method 14, importPrivateKey)
 * @client: whose key
 * @key: its handle, in an open session
 * @pkcs8: PKCS #8 in DER, encrypted for the session
 * @mac: importPrivateKey
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_key_import_private(struct uks_client *client, uint32_t key,
			       const struct uks_sks_bytes *pkcs8,
			       const struct uks_sks_bytes *mac, struct uks_err *err);

/**
 * uks_sks_key_extend() - add an extension to a key (method 15, addExtension)
 * @client: whose key
 * @key: its handle, in an open session
 * @extension: the extension
 * @mac: addExtension
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_key_extend(struct uks_client *client, uint32_t key,
		       const struct uks_sks_extension *extension,
		       const struct uks_sks_bytes *mac, struct uks_err *err);

/* ---- keys of closed sessions, when this one is closed ---- */

/**
 * uks_sks_post_delete() - delete a key when the session is closed (method 50)
 * @client: whose key
 * @session: handle of an open session
 * @target: handle of the key, of a closed session
 * @authorization: signature by the key management key of that session
 * @mac: postDeleteKey
 * @err: what went wrong, or NULL
 *
 * The method is postDeleteKey.
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_post_delete(struct uks_client *client, uint32_t session, uint32_t target,
			const struct uks_sks_bytes *authorization,
			const struct uks_sks_bytes *mac, struct uks_err *err);

/**
 * uks_sks_post_unlock() - unlock a key when the session is closed (method 51)
 * @client: whose key
 * @session: handle of an open session
 * @target: handle of the key, of a closed session
 * @authorization: signature by the key management key of that session
 * @mac: postUnlockKey
 * @err: what went wrong, or NULL
 *
 * The method is postUnlockKey.
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_post_unlock(struct uks_client *client, uint32_t session, uint32_t target,
			const struct uks_sks_bytes *authorization,
			const struct uks_sks_bytes *mac, struct uks_err *err);

/**
 * uks_sks_post_update() - put a new key in the place of another (method 52)
 * @client: whose keys
 * @key: handle of the new key, in an open session
 * @target: handle of the other, of a closed session; the new key will have it
 * @authorization: signature by the key management key of that session
 * @mac: postUpdateKey
 * @err: what went wrong, or NULL
 *
 * The method is postUpdateKey.
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_post_update(struct uks_client *client, uint32_t key, uint32_t target,
			const struct uks_sks_bytes *authorization,
			const struct uks_sks_bytes *mac, struct uks_err *err);

/**
 * uks_sks_post_clone() - protect a new key by the PIN of another (method 53)
 * @client: whose keys
 * @key: handle of the new key, in an open session
 * @target: handle of the other, of a closed session
 * @authorization: signature by the key management key of that session
 * @mac: postCloneKeyProtection
 * @err: what went wrong, or NULL
 *
 * The method is postCloneKeyProtection.
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_post_clone(struct uks_client *client, uint32_t key, uint32_t target,
		       const struct uks_sks_bytes *authorization,
		       const struct uks_sks_bytes *mac, struct uks_err *err);

#ifdef __cplusplus
}
#endif

#endif /* UKS_SKS_PROVISION_H */
