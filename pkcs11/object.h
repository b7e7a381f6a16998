/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Objects: what a client sees of keys of UKS, and what it stores beside them. All
 * functions want the module's lock.
 */
#ifndef UKS_PKCS11_OBJECT_H
#define UKS_PKCS11_OBJECT_H

#include <uks.h>

#include "bag.h"

/**
 * struct object - an object
 * @next: chains of the tables by handle, identity, label and id
 * @refs: who holds it
 * @handle: its handle, 0 when it is gone
 * @class: CKO_...
 * @id: the key of UKS, or the record
 * @in_uks: there is a key of UKS behind it
 * @owns_key: the key goes when the object goes: a session key
 * @stored: it has a record
 * @public_known: the public part was asked for
 * @may_check: encrypting a block with it costs nothing but time, and tells its check value
 * @check_known: the check value was asked for
 * @seen: turn of the refresh that last met it
 * @stamp: what it was made of, to see whether that changed
 * @slot: slot of its token
 * @session: the session that it goes with, or 0: a token object
 * @type: enum uks_key_type; 0 if no key
 * @purposes: enum uks_purpose
 * @version: version of the key
 * @bag: all its attributes
 */
struct object {
	struct object *next[4];
	unsigned int refs;
	ck_object_handle_t handle;
	ck_object_class_t class;
	uint8_t id[UKS_KEY_ID_LEN];
	bool in_uks;
	bool owns_key;
	bool stored;
	bool public_known;
	bool may_check;
	bool check_known;
	unsigned long seen;
	uint64_t stamp;
	ck_slot_id_t slot;
	ck_session_handle_t session;
	uint32_t type;
	uint32_t purposes;
	uint32_t version;
	struct bag bag;
};

/**
 * object_new() - make an object that is in no table
 * @class: CKO_...
 * @id: key or record, 16 bytes; NULL to draw one
 *
 * Return: the object, one reference the caller's; NULL without memory.
 */
struct object *object_new(ck_object_class_t class, const uint8_t *id);

/**
 * object_add() - put an object into the tables, and give it a handle
 * @object: the object; the tables take a reference
 *
 * Return: CKR_OK, CKR_HOST_MEMORY.
 */
ck_rv_t object_add(struct object *object);

/**
 * object_drop() - take an object out of the tables
 * @object: the object; its handle is invalid from now on
 */
void object_drop(struct object *object);

/**
 * object_reindex() - follow a change of label or id
 * @object: the object
 */
void object_reindex(struct object *object);

/**
 * object_set_id() - give an object another identity
 * @object: the object
 * @id: the key, 16 bytes
 */
void object_set_id(struct object *object, const uint8_t *id);

/**
 * object_put() - give a reference back; needs no lock
 * @object: the object, or NULL
 */
void object_put(struct object *object);

/**
 * object_get() - look an object up that the caller may see
 * @handle: its handle
 * @slot: slot of the session that it is used in
 *
 * Return: the object with a reference, or NULL.
 */
struct object *object_get(ck_object_handle_t handle, ck_slot_id_t slot);

/** object_is_key() - is an object a key, of any class? */
static inline bool object_is_key(const struct object *object)
{
	return object->class == CKO_SECRET_KEY || object->class == CKO_PRIVATE_KEY ||
	       object->class == CKO_PUBLIC_KEY;
}

/**
 * object_visible() - may the caller see an object?
 * @object: the object
 *
 * Return: whether; not a private object of the user's own token while a PIN is set and
 * nobody is logged in.
 */
bool object_visible(const struct object *object);

/**
 * object_find() - look an object up by its identity
 * @class: CKO_...
 * @id: key or record, 16 bytes
 *
 * Return: the token object, without a reference, or NULL.
 */
struct object *object_find(ck_object_class_t class, const uint8_t *id);

/**
 * object_find_by() - walk through objects with a label or id
 * @type: CKA_LABEL or CKA_ID
 * @value: its value
 * @len: bytes at @value
 * @last: the one found before, or NULL
 *
 * Others may be among them whose value hashes alike.
 *
 * Return: the next, without a reference, or NULL.
 */
struct object *object_find_by(ck_attribute_type_t type, const void *value, size_t len,
			      const struct object *last);

/**
 * object_walk() - walk through all objects
 * @last: the one before, or NULL
 *
 * Return: the next, without a reference, or NULL. @last may be dropped after it was asked.
 */
struct object *object_walk(const struct object *last);

/**
 * object_close_session() - drop the objects of a session, and delete its keys
 * @session: the session; 0: those of all sessions
 */
void object_close_session(ck_session_handle_t session);

/**
 * object_freeze() - hold the lock of references over fork()
 * @freeze: take it, or give it back
 */
void object_freeze(bool freeze);

/**
 * object_forget_all() - empty the tables
 */
void object_forget_all(void);

#endif /* UKS_PKCS11_OBJECT_H */
