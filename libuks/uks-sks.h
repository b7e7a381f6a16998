/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libuks: SKS, by which issuers provision keys. Included by <uks.h>. What makes keys is in
 * <uks-sks-provision.h>, which this includes.
 */
#ifndef UKS_SKS_H_PUBLIC
#define UKS_SKS_H_PUBLIC

#ifndef UKS_H
#error "include <uks.h>, which includes this"
#endif

#include <stdbool.h>

#include <uks/sks.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * SKS is Secure Key Store 1.07. Each of its methods is a function here; <uks/sks.h> has the
 * numbers: enum sks_status and those of values. What the arguments mean, and which MACs
 * there are, is in Documentation/sks.rst.
 *
 * Each function returns 0; or a status of SKS, positive, when the store refused it: then
 * err->code is UKS_E_PROVISION and err->text is what the store says; or a negative enum
 * uks_error when the store could not be asked, or gave more than there is room for.
 *
 * What a function is given stays the caller's, who wipes what is secret in it. The library
 * wipes its own copies. What a function gives by a pointer to a pointer is one piece, with
 * all it points to: uks_sks_free() wipes and frees it. It is NULL after a failure.
 */

#define UKS_SKS_MESSAGE_MAX	131072	/* bytes of arguments, and of an answer */
#define UKS_SKS_WHOLE_MESSAGE	0x02	/* signHashedData (100) is given the message itself */

/**
 * struct uks_sks_bytes - bytes, which may be none
 * @data: the first; not looked at if @len is 0
 * @len: how many
 */
struct uks_sks_bytes {
	const void *data;
	size_t len;
};

/**
 * uks_sks_call() - call a method of SKS 1.07
 * @client: who calls; what is provisioned belongs to this user
 * @method: its number, such as 2 for createProvisioningSession
 * @arguments: serialised, in order; Documentation/sks.rst has the byte strings
 * @len: bytes of it, at most UKS_SKS_MESSAGE_MAX
 * @flags: 0 or UKS_SKS_WHOLE_MESSAGE
 * @answer: [out] the status, one byte, and the outputs; or, after another status than 0, a
 *	string that says why
 * @answer_len: [in] room at @answer, UKS_SKS_MESSAGE_MAX is enough; [out] bytes given
 * @err: [out] what went wrong; may be NULL
 *
 * A status other than 0 is an answer, not an error. All other functions are made of this
 * one.
 *
 * Return: 0 or a negative enum uks_error.
 */
int uks_sks_call(struct uks_client *client, uint8_t method, const void *arguments, size_t len,
		 uint32_t flags, void *answer, size_t *answer_len, struct uks_err *err);

/**
 * uks_sks_free() - wipe and free what another function gave
 * @given: what it gave, or NULL
 */
void uks_sks_free(void *given);

/* ---- the device ---- */

/**
 * struct uks_sks_device - what the store is (method 1)
 * @api_level: 106
 * @type: bits 0 and 1: external, embedded, socketed, SIM; then 4 for hardware, 8 for an HSM
 * @update_url: where firmware comes from, or ""
 * @vendor: who made it
 * @description: what it is
 * @certificates: of the device, DER, its own first
 * @nr_certificates: how many
 * @algorithms: URIs of what it supports
 * @nr_algorithms: how many
 * @crypto_size: bytes of data of one operation, at most
 * @extension_size: bytes of data of an extension, at most
 * @device_pin: it has a PIN of its own
 * @biometric: it takes biometric proof
 */
struct uks_sks_device {
	uint16_t api_level;
	uint8_t type;
	const char *update_url;
	const char *vendor;
	const char *description;
	const struct uks_sks_bytes *certificates;
	size_t nr_certificates;
	const char *const *algorithms;
	size_t nr_algorithms;
	uint32_t crypto_size;
	uint32_t extension_size;
	bool device_pin;
	bool biometric;
};

/**
 * uks_sks_device() - ask what the store is (method 1, getDeviceInfo)
 * @client: who calls
 * @device: [out] it; uks_sks_free() it
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_device(struct uks_client *client, struct uks_sks_device **device,
		   struct uks_err *err);

/**
 * uks_sks_update_firmware() - give a part of new firmware (method 90, updateFirmware)
 * @client: who calls
 * @chunk: the part
 * @len: bytes of it
 * @url: [out] where the next part comes from; "" when all is done
 * @size: room at @url, SKS_URI_MAX + 1 is enough
 * @err: what went wrong, or NULL
 *
 * UKS is updated as other programs are: this is always SKS_E_NOT_ALLOWED.
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_update_firmware(struct uks_client *client, const void *chunk, size_t len,
			    char *url, size_t size, struct uks_err *err);

/* ---- keys and what they are ---- */

/**
 * uks_sks_key_next() - walk through the keys of closed sessions (method 70, enumerateKeys)
 * @client: whose keys
 * @after: 0 at first, then @key of the call before
 * @key: [out] handle of the next key, or 0 behind the last
 * @session: [out] handle of the session that it belongs to
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_key_next(struct uks_client *client, uint32_t after, uint32_t *key,
		     uint32_t *session, struct uks_err *err);

/**
 * struct uks_sks_attributes - what a key is (method 71)
 * @symmetric: bytes of the secret; 0 for a pair of keys
 * @certificates: its certificates, DER, its own first
 * @nr_certificates: how many
 * @usage: enum sks_usage
 * @friendly_name: its name for people, or ""
 * @endorsed: URIs of the algorithms it may be used with; none: all that fit
 * @nr_endorsed: how many
 * @extensions: types of its extensions, URIs
 * @nr_extensions: how many
 */
struct uks_sks_attributes {
	uint16_t symmetric;
	const struct uks_sks_bytes *certificates;
	size_t nr_certificates;
	uint8_t usage;
	const char *friendly_name;
	const char *const *endorsed;
	size_t nr_endorsed;
	const char *const *extensions;
	size_t nr_extensions;
};

/**
 * uks_sks_key_attributes() - ask what a key is (method 71, getKeyAttributes)
 * @client: whose key
 * @key: its handle
 * @attributes: [out] what it is; uks_sks_free() it
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_key_attributes(struct uks_client *client, uint32_t key,
			   struct uks_sks_attributes **attributes, struct uks_err *err);

/**
 * struct uks_sks_protection - how a key is protected (method 72)
 * @status: bits of enum sks_protected
 * @puk_format: enum sks_format
 * @puk_limit: wrong PUKs that block it; 0: none do
 * @puk_errors: wrong PUKs since a right one
 * @user_defined: the user chose the PIN
 * @user_modifiable: the user may change it
 * @format: enum sks_format of the PIN
 * @limit: wrong PINs that block it
 * @grouping: enum sks_grouping
 * @patterns: bits of enum sks_pattern, what a PIN must not be
 * @min: bytes of a PIN, at least
 * @max: bytes of a PIN, at most
 * @input: enum sks_input
 * @pin_errors: wrong PINs since a right one
 * @caching: the PIN may be remembered
 * @biometric: enum sks_biometric
 * @export_protection: enum sks_protection
 * @delete_protection: the same
 * @backup: bits of enum sks_backup
 *
 * What a key has not is 0.
 */
struct uks_sks_protection {
	uint8_t status;
	uint8_t puk_format;
	uint16_t puk_limit;
	uint16_t puk_errors;
	bool user_defined;
	bool user_modifiable;
	uint8_t format;
	uint16_t limit;
	uint8_t grouping;
	uint8_t patterns;
	uint16_t min;
	uint16_t max;
	uint8_t input;
	uint16_t pin_errors;
	bool caching;
	uint8_t biometric;
	uint8_t export_protection;
	uint8_t delete_protection;
	uint8_t backup;
};

/**
 * uks_sks_key_protection() - ask how a key is protected (method 72, getKeyProtectionInfo)
 * @client: whose key
 * @key: its handle
 * @protection: [out] how
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_key_protection(struct uks_client *client, uint32_t key,
			   struct uks_sks_protection *protection, struct uks_err *err);

/**
 * struct uks_sks_extension - an extension of a key (methods 15 and 73)
 * @type: its type, a URI
 * @kind: enum sks_extension
 * @qualifier: MIME type of a logotype, else ""
 * @data: its data; for method 15 and SKS_EXTENSION_ENCRYPTED encrypted, else plain
 */
struct uks_sks_extension {
	const char *type;
	uint8_t kind;
	const char *qualifier;
	struct uks_sks_bytes data;
};

/**
 * uks_sks_key_extension() - read an extension (method 73, getExtension)
 * @client: whose key
 * @key: its handle
 * @type: which: its type, a URI
 * @extension: [out] it; uks_sks_free() it
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_key_extension(struct uks_client *client, uint32_t key, const char *type,
			  struct uks_sks_extension **extension, struct uks_err *err);

/**
 * uks_sks_key_set_property() - write an entry of a property bag (method 74, setProperty)
 * @client: whose key
 * @key: its handle
 * @type: type of the property bag, a URI
 * @name: of the entry
 * @value: its new value
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_key_set_property(struct uks_client *client, uint32_t key, const char *type,
			     const char *name, const char *value, struct uks_err *err);

/* ---- what owners do with keys ---- */

/**
 * uks_sks_key_delete() - delete a key (method 80, deleteKey)
 * @client: whose key
 * @key: its handle
 * @authorization: PIN or PUK, as its protection wants it, or no bytes
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_key_delete(struct uks_client *client, uint32_t key,
		       const struct uks_sks_bytes *authorization, struct uks_err *err);

/**
 * uks_sks_key_export() - give out a key (method 81, exportKey)
 * @client: whose key
 * @key: its handle
 * @authorization: PIN or PUK, as its protection wants it, or no bytes
 * @to: [out] the secret, or PKCS #8 in DER; wipe it
 * @len: [in] room at @to; [out] bytes, also after -UKS_E_NO_ROOM: then the key counts as
 *	exported all the same. SKS_CRYPTO_MAX is enough
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_key_export(struct uks_client *client, uint32_t key,
		       const struct uks_sks_bytes *authorization, void *to, size_t *len,
		       struct uks_err *err);

/**
 * uks_sks_key_unlock() - give all tries of a PIN back (method 82, unlockKey)
 * @client: whose key
 * @key: its handle
 * @puk: the PUK
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_key_unlock(struct uks_client *client, uint32_t key, const struct uks_sks_bytes *puk,
		       struct uks_err *err);

/**
 * uks_sks_pin_change() - give a key another PIN (method 83, changePin)
 * @client: whose key
 * @key: its handle; keys that share its PIN have the new one, too
 * @pin: the PIN until now
 * @new_pin: the new one
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_pin_change(struct uks_client *client, uint32_t key, const struct uks_sks_bytes *pin,
		       const struct uks_sks_bytes *new_pin, struct uks_err *err);

/**
 * uks_sks_pin_set() - give a key another PIN by the PUK (method 84, setPin)
 * @client: whose key
 * @key: its handle; keys that share its PIN have the new one, too
 * @puk: the PUK
 * @new_pin: the new PIN
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_pin_set(struct uks_client *client, uint32_t key, const struct uks_sks_bytes *puk,
		    const struct uks_sks_bytes *new_pin, struct uks_err *err);

/* ---- use ---- */

/**
 * struct uks_sks_use - how a key is used (methods 100 to 104)
 * @key: its handle
 * @algorithm: URI
 * @parameters: of the algorithm: 16 bytes of initial vector of "aes.cbc", else none
 * @biometric: somebody was recognized: the store believes it
 * @authorization: the PIN, or no bytes
 */
struct uks_sks_use {
	uint32_t key;
	const char *algorithm;
	struct uks_sks_bytes parameters;
	bool biometric;
	struct uks_sks_bytes authorization;
};

/**
 * uks_sks_sign() - sign (method 100, signHashedData)
 * @client: whose key
 * @use: which key, and how
 * @flags: 0: @data is a hash; UKS_SKS_WHOLE_MESSAGE: it is the message
 * @data: what is signed
 * @to: [out] the signature: PKCS #1, or r and s of ECDSA, each as long as the curve
 * @len: [in] room at @to; [out] bytes, also after -UKS_E_NO_ROOM
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_sign(struct uks_client *client, const struct uks_sks_use *use, uint32_t flags,
		 const struct uks_sks_bytes *data, void *to, size_t *len, struct uks_err *err);

/**
 * uks_sks_decrypt() - decrypt by RSA (method 101, asymmetricKeyDecrypt)
 * @client: whose key
 * @use: which key, and how
 * @data: what is encrypted
 * @to: [out] the plaintext
 * @len: [in] room at @to; [out] bytes, also after -UKS_E_NO_ROOM
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_decrypt(struct uks_client *client, const struct uks_sks_use *use,
		    const struct uks_sks_bytes *data, void *to, size_t *len,
		    struct uks_err *err);

/**
 * uks_sks_agree() - agree on a secret by ECDH (method 102, keyAgreement)
 * @client: whose key
 * @use: which key, and how
 * @peer: public key of the other side, DER SubjectPublicKeyInfo, on the same curve
 * @to: [out] the x coordinate; wipe it
 * @len: [in] room at @to; [out] bytes, also after -UKS_E_NO_ROOM
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_agree(struct uks_client *client, const struct uks_sks_use *use,
		  const struct uks_sks_bytes *peer, void *to, size_t *len, struct uks_err *err);

/**
 * uks_sks_hmac() - compute an HMAC (method 103, performHmac)
 * @client: whose key
 * @use: which key, and how
 * @data: of what, SKS_CRYPTO_MAX bytes at most
 * @to: [out] the HMAC
 * @len: [in] room at @to; [out] bytes, also after -UKS_E_NO_ROOM
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_hmac(struct uks_client *client, const struct uks_sks_use *use,
		 const struct uks_sks_bytes *data, void *to, size_t *len, struct uks_err *err);

/**
 * uks_sks_crypt() - encrypt or decrypt by AES (method 104, symmetricKeyEncrypt)
 * @client: whose key
 * @use: which key, and how
 * @encrypt: which of both
 * @data: what, SKS_CRYPTO_MAX bytes at most
 * @to: [out] the result, up to 32 bytes longer
 * @len: [in] room at @to; [out] bytes, also after -UKS_E_NO_ROOM
 * @err: what went wrong, or NULL
 *
 * Return: 0, a positive enum sks_status, or a negative enum uks_error.
 */
int uks_sks_crypt(struct uks_client *client, const struct uks_sks_use *use, bool encrypt,
		  const struct uks_sks_bytes *data, void *to, size_t *len, struct uks_err *err);

#ifdef __cplusplus
}
#endif

#include "uks-sks-provision.h"

#endif /* UKS_SKS_H_PUBLIC */
