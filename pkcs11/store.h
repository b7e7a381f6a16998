/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Objects that come into being: of keys of UKS, of values, of other objects. */
#ifndef UKS_PKCS11_STORE_H
#define UKS_PKCS11_STORE_H

#include "key.h"
#include "object.h"
#include "p11.h"

/**
 * store_key() - make the object of a new key of UKS
 * @session: the session; the object goes with it unless it is one of the token
 * @class: CKO_SECRET_KEY, CKO_PRIVATE_KEY or CKO_PUBLIC_KEY
 * @key: description of the key
 * @bag: what the client asked for; what UKS does not know goes into a record
 * @handle: [out] the object
 *
 * The public part of a pair needs a call of its own.
 *
 * Return: CKR_OK or another; then the key is still there.
 */
ck_rv_t store_key(struct session *session, ck_object_class_t class, const struct uks_key *key,
		  const struct bag *bag, ck_object_handle_t *handle);

/**
 * store_hide_public() - let the public part of a key be no object of the token
 * @key: description of the key
 *
 * Return: CKR_OK or another.
 */
ck_rv_t store_hide_public(const struct uks_key *key);

/**
 * store_plain() - make an object that has no key of UKS
 * @session: the session; the object goes with it unless it is one of the token
 * @class: CKO_...
 * @bag: all its attributes
 * @handle: [out] the object
 *
 * Return: CKR_OK or another.
 */
ck_rv_t store_plain(struct session *session, ck_object_class_t class, const struct bag *bag,
		    ck_object_handle_t *handle);

/**
 * store_public() - make a public key, as an object without a key of UKS
 * @session: the session; the object goes with it unless it is one of the token
 * @kind: type of key
 * @bag: what the client asked for
 * @spki: DER SubjectPublicKeyInfo
 * @len: bytes at @spki
 * @handle: [out] the object
 *
 * Return: CKR_OK or another.
 */
ck_rv_t store_public(struct session *session, const struct key_kind *kind,
		     const struct bag *bag, const void *spki, size_t len,
		     ck_object_handle_t *handle);

/**
 * store_common() - give an object the attributes that all have, unless it has them
 * @bag: its attributes
 * @private: what CKA_PRIVATE is if nothing is said
 *
 * Return: CKR_OK, CKR_HOST_MEMORY.
 */
ck_rv_t store_common(struct bag *bag, bool private);

/**
 * store_value() - make a secret key of which this process has the value
 * @session: the session
 * @bag: what the client asked for, with CKA_KEY_TYPE
 * @value: the value
 * @len: bytes at @value
 * @handle: [out] the object
 *
 * Return: CKR_OK or another.
 */
ck_rv_t store_value(struct session *session, const struct bag *bag, const void *value,
		    size_t len, ck_object_handle_t *handle);

/**
 * store_ready() - make a key of UKS of a secret key whose value is here
 * @object: the key
 *
 * Return: CKR_OK or another.
 */
ck_rv_t store_ready(struct object *object);

/**
 * create_object() - C_CreateObject() of a template that was checked
 * @session: the session
 * @bag: the template
 * @handle: [out] the object
 *
 * The module's lock is held.
 *
 * Return: CKR_OK or another.
 */
ck_rv_t create_object(struct session *session, const struct bag *bag,
		      ck_object_handle_t *handle);

/* ---- material.c: keys as attributes, and as UKS takes them ---- */

/**
 * material_private() - private key of a template
 * @bag: the template
 * @kind: [out] type of the key
 * @format: [out] enum uks_key_format
 * @data: [out] the key; wipe and free() it
 * @len: [out] bytes at @data
 *
 * Return: CKR_OK, CKR_TEMPLATE_INCOMPLETE, CKR_ATTRIBUTE_VALUE_INVALID,
 * CKR_CURVE_NOT_SUPPORTED, CKR_HOST_MEMORY.
 */
ck_rv_t material_private(const struct bag *bag, const struct key_kind **kind, uint32_t *format,
			 uint8_t **data, size_t *len);

/**
 * material_public() - public key of a template
 * @bag: the template
 * @kind: [out] type of the key
 * @spki: [out] DER SubjectPublicKeyInfo; free() it
 * @len: [out] bytes at @spki
 *
 * Return: as material_private().
 */
ck_rv_t material_public(const struct bag *bag, const struct key_kind **kind, uint8_t **spki,
			size_t *len);

/**
 * material_peer() - public key of the other side of CKM_ECDH1_DERIVE
 * @kind: type of both keys
 * @point: the point, as it is or as DER OCTET STRING
 * @point_len: bytes at @point
 * @spki: [out] DER SubjectPublicKeyInfo; free() it
 * @len: [out] bytes at @spki
 *
 * Return: CKR_OK, CKR_MECHANISM_PARAM_INVALID, CKR_HOST_MEMORY.
 */
ck_rv_t material_peer(const struct key_kind *kind, const void *point, size_t point_len,
		      uint8_t **spki, size_t *len);

/**
 * material_secret_kind() - type of a secret key that a template describes
 * @bag: the template, with CKA_KEY_TYPE
 * @len: length of its value, bytes
 *
 * A generic secret that may sign is one for the HMAC that CKA_ALLOWED_MECHANISMS
 * names first, or HMAC-SHA-256.
 *
 * Return: the kind, or NULL.
 */
const struct key_kind *material_secret_kind(const struct bag *bag, unsigned int len);

#endif /* UKS_PKCS11_STORE_H */
