/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules of attributes: which class has which, who may set it, and when. */
#ifndef UKS_PKCS11_RULES_H
#define UKS_PKCS11_RULES_H

#include "bag.h"

/**
 * enum rules_when - how attributes come to an object
 * @RULES_CREATE: C_CreateObject
 * @RULES_GENERATE: C_GenerateKey, C_GenerateKeyPair
 * @RULES_UNWRAP: C_UnwrapKey, C_DeriveKey
 * @RULES_COPY: C_CopyObject
 * @RULES_SET: C_SetAttributeValue
 */
enum rules_when {
	RULES_CREATE = 0x01,
	RULES_GENERATE = 0x02,
	RULES_UNWRAP = 0x04,
	RULES_COPY = 0x08,
	RULES_SET = 0x10,
};

/**
 * rules_check() - may a template be given?
 * @class: CKO_... of the object
 * @when: how
 * @list: the template
 * @count: how many
 *
 * Return: CKR_OK, CKR_ARGUMENTS_BAD, CKR_ATTRIBUTE_TYPE_INVALID,
 * CKR_ATTRIBUTE_VALUE_INVALID, CKR_ATTRIBUTE_READ_ONLY, CKR_TEMPLATE_INCONSISTENT.
 */
ck_rv_t rules_check(ck_object_class_t class, enum rules_when when,
		    const struct ck_attribute *list, size_t count);

/**
 * rules_change() - may an attribute go from its value to another?
 * @bag: the object's attributes
 * @attribute: the new one
 *
 * Return: CKR_OK, CKR_ATTRIBUTE_READ_ONLY.
 */
ck_rv_t rules_change(const struct bag *bag, const struct ck_attribute *attribute);

/**
 * rules_trust() - may whoever is logged in say whom to trust?
 * @list: attributes that are to be set
 * @count: how many
 *
 * Return: CKR_OK; CKR_ATTRIBUTE_READ_ONLY if CKA_TRUSTED is to become true and the
 * security officer is not logged in.
 */
ck_rv_t rules_trust(const struct ck_attribute *list, size_t count);

/**
 * rules_own() - is an attribute one that the module keeps for a key of UKS?
 * @type: CKA_...
 *
 * Return: true for those that UKS does not know: id, label, subject, dates, usage of
 * a public key, ...
 */
bool rules_own(ck_attribute_type_t type);

#endif /* UKS_PKCS11_RULES_H */
