/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What moves keys from another PKCS #11 module to UKS' own. */
#ifndef UKSCTL_MOVE_H
#define UKSCTL_MOVE_H

#include "../pkcs11/pkcs11-3.h"
#include "uksctl.h"

#define MOVE_ATTRIBUTES	24	/* of one object, at most */

/**
 * struct side - a PKCS #11 module, with a session
 * @p11: its functions; NULL: not loaded
 * @session: the session, or 0
 * @kek: AES key of the session that lets sensitive keys out, or 0
 * @kek_value: its value
 */
struct side {
	struct ck_function_list *p11;
	ck_session_handle_t session;
	ck_object_handle_t kek;
	uint8_t kek_value[32];
};

/**
 * struct item - an object on its way
 * @class: CKO_...
 * @attributes: what it shall have in UKS, values owned
 * @count: how many
 * @label: its label, readable
 * @reason: why it stays, or NULL
 * @made: the object of UKS, or 0
 */
struct item {
	ck_object_class_t class;
	struct ck_attribute attributes[MOVE_ATTRIBUTES];
	unsigned int count;
	char label[64];
	const char *reason;
	ck_object_handle_t made;
};

/**
 * side_open_softhsm() - open a token of SoftHSM
 * @run: the command
 * @folder: the token's folder, or that of its only token
 * @side: [out] the side; side_close() it in any case
 *
 * Return: enum exit_status; said what is wrong.
 */
int side_open_softhsm(struct run *run, const char *folder, struct side *side);

/**
 * side_open_uks() - open UKS' own module
 * @side: [out] the side; side_close() it in any case
 *
 * Return: enum exit_status; said what is wrong.
 */
int side_open_uks(struct side *side);

/**
 * side_close() - end the session, and wipe what was secret
 * @side: the side
 */
void side_close(struct side *side);

/**
 * item_read() - read an object, with its secret if that may leave
 * @side: where it is
 * @object: the object
 * @class: CKO_...
 * @item: [out] the object; item_clear() it. It has a reason if it cannot be moved.
 *
 * Return: whether it could be looked at.
 */
bool item_read(struct side *side, ck_object_handle_t object, ck_object_class_t class,
	       struct item *item);

/**
 * item_put() - give an item an attribute
 * @item: the item
 * @type: CKA_...
 * @value: its value, copied
 * @len: bytes at @value
 *
 * Return: whether there was room.
 */
bool item_put(struct item *item, ck_attribute_type_t type, const void *value, size_t len);

/**
 * item_clear() - wipe and free what an item holds
 * @item: the item
 */
void item_clear(struct item *item);

int run_import(struct run *run);

#endif /* UKSCTL_MOVE_H */
