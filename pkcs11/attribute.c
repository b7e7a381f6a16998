// SPDX-License-Identifier: LGPL-2.1-or-later
/* C_GetAttributeValue, C_SetAttributeValue, C_GetObjectSize. */
#include <string.h>

#include "key.h"
#include "p11.h"
#include "record.h"
#include "rules.h"

/* What a private or secret key never tells; without a value these would be "invalid". */
static bool secret_part(const struct object *object, ck_attribute_type_t type)
{
	if (object->class != CKO_PRIVATE_KEY && object->class != CKO_SECRET_KEY)
		return false;
	switch (type) {
	case CKA_VALUE:
		return true;
	case CKA_PRIVATE_EXPONENT:
	case CKA_PRIME_1:
	case CKA_PRIME_2:
	case CKA_EXPONENT_1:
	case CKA_EXPONENT_2:
	case CKA_COEFFICIENT:
		return bag_ulong(&object->bag, CKA_KEY_TYPE, CKK_EC) == CKK_RSA;
	default:
		return false;
	}
}

static bool of_public_part(ck_attribute_type_t type)
{
	switch (type) {
	case CKA_MODULUS:
	case CKA_MODULUS_BITS:
	case CKA_PUBLIC_EXPONENT:
	case CKA_EC_PARAMS:
	case CKA_EC_POINT:
	case CKA_PUBLIC_KEY_INFO:
		return true;
	default:
		return false;
	}
}

static ck_rv_t get_one(struct object *object, struct ck_attribute *wanted)
{
	const struct ck_attribute *found;

	if (of_public_part(wanted->type))
		key_learn_public(object);
	if (wanted->type == CKA_CHECK_VALUE)
		key_learn_check(object);
	found = bag_find(&object->bag, wanted->type);
	if (secret_part(object, wanted->type) &&
	    (!found || bag_bool(&object->bag, CKA_SENSITIVE, true) ||
	     !bag_bool(&object->bag, CKA_EXTRACTABLE, false))) {
		wanted->value_len = CK_UNAVAILABLE_INFORMATION;
		return CKR_ATTRIBUTE_SENSITIVE;
	}
	if (!found) {
		wanted->value_len = CK_UNAVAILABLE_INFORMATION;
		return CKR_ATTRIBUTE_TYPE_INVALID;
	}
	if (wanted->value && wanted->value_len < found->value_len) {
		wanted->value_len = CK_UNAVAILABLE_INFORMATION;
		return CKR_BUFFER_TOO_SMALL;
	}
	wanted->value_len = found->value_len;
	if (wanted->value)
		memcpy(wanted->value, found->value, found->value_len);
	return CKR_OK;
}

P11_EXPORT ck_rv_t C_GetAttributeValue(ck_session_handle_t handle, ck_object_handle_t number,
				       struct ck_attribute *list, unsigned long count)
{
	struct session *session;
	struct object *object;
	ck_rv_t rv = session_enter(handle, &session), one;
	unsigned long i;

	if (rv != CKR_OK)
		return rv;
	if (!list || !count)
		return session_leave(session, CKR_ARGUMENTS_BAD);
	pthread_mutex_lock(&module.lock);
	object = object_get(number, session->slot);
	if (!object)
		rv = CKR_OBJECT_HANDLE_INVALID;
	/* Each is looked at; of several errors one is told. */
	for (i = 0; object && i < count; i++) {
		one = get_one(object, &list[i]);
		if (one != CKR_OK)
			rv = one;
	}
	pthread_mutex_unlock(&module.lock);
	object_put(object);
	return session_leave(session, rv);
}

static ck_rv_t check_change(const struct session *session, const struct object *object,
			    const struct ck_attribute *list, size_t count)
{
	ck_rv_t rv = session_needs_rw(session, !object->session);
	size_t i;

	if (rv != CKR_OK)
		return rv;
	if (!bag_bool(&object->bag, CKA_MODIFIABLE, true))
		return CKR_ACTION_PROHIBITED;
	rv = rules_check(object->class, RULES_SET, list, count);
	if (rv == CKR_OK)
		rv = rules_trust(list, count);
	for (i = 0; i < count && rv == CKR_OK; i++)
		rv = rules_change(&object->bag, &list[i]);
	return rv;
}

/* The key may not leave any more: UKS has to know. */
static ck_rv_t forbid_leaving(const struct object *object)
{
	struct uks_policy *policy = NULL;
	struct uks_key *key;
	char ref[KEY_REF_LEN];
	uint64_t flags = 0;
	int ret;

	key_ref(ref, object->id);
	ret = uks_key_show(module.client, ref, &key, NULL);
	if (ret)
		return error_rv(ret);
	ret = key->policy_len ? uks_policy_parse(key->policy, key->policy_len, &policy, NULL) :
		uks_policy_new(&policy, NULL);
	uks_key_free(key);
	if (ret)
		return error_rv(ret);
	uks_policy_get(policy, UKS_POLICY_A_FLAGS, &flags);
	ret = uks_policy_set(policy, UKS_POLICY_A_FLAGS, flags & ~UKS_POLICY_EXPORTABLE, NULL);
	if (!ret)
		ret = uks_key_set_policy(module.client, ref, policy, NULL, NULL);
	uks_policy_free(policy);
	return error_rv(ret);
}

static ck_rv_t store_change(struct object *object, const struct ck_attribute *list, size_t count)
{
	const struct record *record = record_find(object->class, object->id);
	struct bag bag = { 0 };
	ck_rv_t rv = CKR_OK;
	size_t i;

	if (record)
		rv = bag_merge(&bag, record->bag.list, record->bag.count);
	for (i = 0; i < count && rv == CKR_OK; i++)
		if (!object->in_uks || rules_own(list[i].type))
			rv = bag_merge(&bag, &list[i], 1);
	if (rv == CKR_OK && bag.count)
		rv = record_write(object->class, object->id, &bag);
	bag_clear(&bag);
	return rv;
}

static ck_rv_t change(struct object *object, const struct ck_attribute *list, size_t count)
{
	struct bag given = { (struct ck_attribute *)list, count };
	ck_rv_t rv = CKR_OK;

	if (object->in_uks && bag_bool(&object->bag, CKA_EXTRACTABLE, false) &&
	    !bag_bool(&given, CKA_EXTRACTABLE, true))
		rv = forbid_leaving(object);
	if (rv == CKR_OK && !object->session)
		rv = store_change(object, list, count);
	if (rv == CKR_OK)
		rv = bag_merge(&object->bag, list, count);
	object_reindex(object);
	return rv;
}

P11_EXPORT ck_rv_t C_SetAttributeValue(ck_session_handle_t handle, ck_object_handle_t number,
				       struct ck_attribute *list, unsigned long count)
{
	struct session *session;
	struct object *object;
	ck_rv_t rv = session_enter(handle, &session);

	if (rv != CKR_OK)
		return rv;
	if (!list || !count)
		return session_leave(session, CKR_ARGUMENTS_BAD);
	pthread_mutex_lock(&module.lock);
	object = object_get(number, session->slot);
	rv = object ? check_change(session, object, list, count) : CKR_OBJECT_HANDLE_INVALID;
	if (rv == CKR_OK)
		rv = change(object, list, count);
	pthread_mutex_unlock(&module.lock);
	object_put(object);
	return session_leave(session, rv);
}

P11_EXPORT ck_rv_t C_GetObjectSize(ck_session_handle_t handle, ck_object_handle_t number,
				   unsigned long *size)
{
	struct session *session;
	struct object *object;
	ck_rv_t rv = session_enter(handle, &session);
	size_t i;

	if (rv != CKR_OK)
		return rv;
	if (!size)
		return session_leave(session, CKR_ARGUMENTS_BAD);
	pthread_mutex_lock(&module.lock);
	object = object_get(number, session->slot);
	*size = 0;
	for (i = 0; object && i < object->bag.count; i++)
		*size += sizeof(ck_attribute_type_t) + object->bag.list[i].value_len;
	pthread_mutex_unlock(&module.lock);
	rv = object ? CKR_OK : CKR_OBJECT_HANDLE_INVALID;
	object_put(object);
	return session_leave(session, rv);
}
