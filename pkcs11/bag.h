/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A bag of attributes, each with its value: an object's, or a template's. */
#ifndef UKS_PKCS11_BAG_H
#define UKS_PKCS11_BAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pkcs11-3.h"

/**
 * struct bag - attributes with copies of their values
 * @list: the attributes, each type once; values that are empty have a pointer, too
 * @count: how many
 */
struct bag {
	struct ck_attribute *list;
	size_t count;
};

/**
 * bag_put() - set an attribute, in place of the one of that type
 * @bag: the bag
 * @type: its type
 * @value: its value; copied
 * @len: bytes at @value
 *
 * Return: CKR_OK, CKR_HOST_MEMORY.
 */
ck_rv_t bag_put(struct bag *bag, ck_attribute_type_t type, const void *value, size_t len);

/**
 * bag_put_bool() - set an attribute that is a truth value
 * @bag: the bag
 * @type: its type
 * @value: its value
 *
 * Return: as bag_put().
 */
ck_rv_t bag_put_bool(struct bag *bag, ck_attribute_type_t type, bool value);

/**
 * bag_put_ulong() - set an attribute that is a number
 * @bag: the bag
 * @type: its type
 * @value: its value
 *
 * Return: as bag_put().
 */
ck_rv_t bag_put_ulong(struct bag *bag, ck_attribute_type_t type, unsigned long value);

/**
 * bag_merge() - set all attributes of another bag or template
 * @bag: the bag
 * @list: the others
 * @count: how many
 *
 * Return: as bag_put().
 */
ck_rv_t bag_merge(struct bag *bag, const struct ck_attribute *list, size_t count);

/**
 * bag_remove() - take an attribute out, and wipe it
 * @bag: the bag
 * @type: its type; may be missing
 */
void bag_remove(struct bag *bag, ck_attribute_type_t type);

/**
 * bag_find() - look an attribute up
 * @bag: the bag
 * @type: its type
 *
 * Return: the attribute, owned by the bag, or NULL.
 */
const struct ck_attribute *bag_find(const struct bag *bag, ck_attribute_type_t type);

/**
 * bag_bool() - look a truth value up
 * @bag: the bag
 * @type: its type
 * @otherwise: what to give if there is none
 *
 * Return: the value.
 */
bool bag_bool(const struct bag *bag, ck_attribute_type_t type, bool otherwise);

/**
 * bag_ulong() - look a number up
 * @bag: the bag
 * @type: its type
 * @otherwise: what to give if there is none
 *
 * Return: the value.
 */
unsigned long bag_ulong(const struct bag *bag, ck_attribute_type_t type,
			unsigned long otherwise);

/**
 * bag_matches() - does a bag have all attributes of a template?
 * @bag: the bag
 * @list: the template
 * @count: how many
 *
 * Return: whether it has, with the same values.
 */
bool bag_matches(const struct bag *bag, const struct ck_attribute *list, size_t count);

/**
 * bag_clear() - wipe and free all attributes
 * @bag: the bag; empty afterwards
 */
void bag_clear(struct bag *bag);

#endif /* UKS_PKCS11_BAG_H */
