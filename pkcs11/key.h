/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys of UKS as PKCS #11 sees them: types, names, what is asked of the daemon. */
#ifndef UKS_PKCS11_KEY_H
#define UKS_PKCS11_KEY_H

#include <stdbool.h>
#include <stdint.h>
#include <uks.h>

#include "bag.h"
#include "object.h"

#define KEY_REF_LEN	(2 + 2 * UKS_KEY_ID_LEN)

/**
 * struct key_kind - a type of key in the words of both
 * @type: enum uks_key_type
 * @key_type: CKK_...
 * @len: bits of RSA and EC, bytes of others; 0 where it varies
 * @purposes: what it can be for, bits of enum uks_purpose
 * @curve: DER of its CKA_EC_PARAMS, or NULL
 * @curve_len: bytes at @curve
 */
struct key_kind {
	uint32_t type;
	ck_key_type_t key_type;
	unsigned int len;
	uint32_t purposes;
	const uint8_t *curve;
	size_t curve_len;
};

/**
 * key_kind_of() - look a type of UKS up
 * @type: enum uks_key_type
 *
 * Return: the kind, or NULL: PKCS #11 has no word for it.
 */
const struct key_kind *key_kind_of(uint32_t type);

/**
 * key_kind_find() - look a type of PKCS #11 up
 * @key_type: CKK_...
 * @len: as in struct key_kind; of a kind whose length varies it is not looked at
 *
 * Return: the kind, or NULL.
 */
const struct key_kind *key_kind_find(ck_key_type_t key_type, unsigned int len);

/**
 * key_kind_of_curve() - look the type up that has a curve
 * @key_type: CKK_EC, CKK_EC_EDWARDS, CKK_EC_MONTGOMERY
 * @params: CKA_EC_PARAMS: an object identifier or a name, DER
 * @len: bytes at @params
 *
 * Return: the kind, or NULL.
 */
const struct key_kind *key_kind_of_curve(ck_key_type_t key_type, const void *params, size_t len);

/**
 * key_is_pair() - has a type a public part?
 * @kind: the type
 *
 * Return: whether.
 */
bool key_is_pair(const struct key_kind *kind);

/**
 * key_ref() - write a key's id as libuks takes it
 * @ref: KEY_REF_LEN bytes
 * @id: the id
 */
void key_ref(char *ref, const uint8_t *id);

/**
 * key_session_name() - name for a key that goes with a session
 * @name: UKS_NAME_MAX + 1 bytes
 *
 * It tells boot and process, so that keys of processes that died are found.
 */
void key_session_name(char *name);

/**
 * key_is_session_name() - is this the name of a session key?
 * @name: name of a key
 * @stale: [out] its process is gone
 *
 * Return: whether it is.
 */
bool key_is_session_name(const char *name, bool *stale);

/**
 * key_delete_session_key() - erase a key that went with a session
 * @id: the key
 */
void key_delete_session_key(const uint8_t *id);

/**
 * key_usage() - write purposes as the attributes CKA_SIGN, ...
 * @object: the object; its class and purposes decide
 *
 * Return: CKR_OK, CKR_HOST_MEMORY.
 */
ck_rv_t key_usage(struct object *object);

/**
 * key_purposes() - read purposes from the attributes of a template
 * @kind: type of key
 * @bag: the template
 *
 * Return: bits of enum uks_purpose; 0 if the template says nothing.
 */
uint32_t key_purposes(const struct key_kind *kind, const struct bag *bag);

/**
 * struct key_source - where the bytes of a new key come from
 * @material: given by the caller; NULL to generate
 * @wrapping: how it is wrapped, or NULL
 * @wrapped: the wrapped key
 * @wrapped_len: bytes at @wrapped
 * @base: "@" and id of the key to agree with or derive from, or NULL
 * @method: how
 */
struct key_source {
	const struct uks_material *material;
	const struct uks_wrapping *wrapping;
	const void *wrapped;
	size_t wrapped_len;
	const char *base;
	const struct uks_method *method;
};

/**
 * key_make() - make a key of UKS as a template wants it
 * @kind: type of key
 * @bag: the template: label, usage, dates, extractable, allowed mechanisms
 * @token: keep it; otherwise it goes with the session
 * @source: where it comes from
 * @key: [out] its description; uks_key_free() it
 *
 * A label that is taken or no name gets a number behind it; the label itself is
 * in the record.
 *
 * Return: CKR_OK or another.
 */
ck_rv_t key_make(const struct key_kind *kind, const struct bag *bag, bool token,
		 const struct key_source *source, struct uks_key **key);

/**
 * key_attributes() - give an object what the description of its key says
 * @object: the object
 * @key: the description
 *
 * Return: CKR_OK, CKR_HOST_MEMORY.
 */
ck_rv_t key_attributes(struct object *object, const struct uks_key *key);

/**
 * key_public_attributes() - give an object the attributes of a public key
 * @bag: the object's
 * @kind: type of key
 * @spki: DER SubjectPublicKeyInfo
 * @len: bytes at @spki
 *
 * Return: CKR_OK, CKR_HOST_MEMORY, CKR_GENERAL_ERROR.
 */
ck_rv_t key_public_attributes(struct bag *bag, const struct key_kind *kind, const void *spki,
			      size_t len);

#define CHECK_LEN	3	/* bytes of CKA_CHECK_VALUE */

/**
 * key_check_of_value() - check value of a secret key whose value is here
 * @type: CKK_...
 * @value: its value
 * @len: bytes at @value
 * @check: [out] CHECK_LEN bytes
 *
 * Return: whether it could be made.
 */
bool key_check_of_value(ck_key_type_t type, const void *value, size_t len, uint8_t *check);

/**
 * key_learn_check() - find the check value of a secret key out, once
 * @object: the object; has CKA_CHECK_VALUE afterwards if it can be told: of values
 *	that are here, and of keys that encrypt with the caller's nonce, uncounted
 */
void key_learn_check(struct object *object);

/**
 * key_learn_public() - ask for the public part of an object's key, once
 * @object: the object
 */
void key_learn_public(struct object *object);

/* ---- view.c: the token's objects are what UKS and the records have ---- */

/**
 * view_refresh() - bring the objects up to date before a search
 * @slot: slot that is searched
 * @list: what is searched for
 * @count: how many
 *
 * With a label or id among it only that key is asked for, else all, and so always in
 * a vault.
 *
 * Return: CKR_OK, CKR_HOST_MEMORY, CKR_DEVICE_ERROR.
 */
ck_rv_t view_refresh(ck_slot_id_t slot, const struct ck_attribute *list, size_t count);

/**
 * view_records() - bring the objects that are records up to date
 *
 * Return: CKR_OK, CKR_HOST_MEMORY, CKR_DEVICE_ERROR.
 */
ck_rv_t view_records(void);

/**
 * view_vaults() - bring the objects and slots of vaults up to date
 *
 * Return: CKR_OK, CKR_HOST_MEMORY, CKR_DEVICE_ERROR.
 */
ck_rv_t view_vaults(void);

/**
 * view_take() - make or update the objects of a key
 * @key: its description
 * @slot: slot that it is in
 *
 * Return: CKR_OK, CKR_HOST_MEMORY.
 */
ck_rv_t view_take(const struct uks_key *key, ck_slot_id_t slot);

/**
 * view_forget() - let the next search read the records again
 */
void view_forget(void);

#endif /* UKS_PKCS11_KEY_H */
