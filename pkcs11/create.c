// SPDX-License-Identifier: LGPL-2.1-or-later
/* C_CreateObject, C_CopyObject, C_DestroyObject. */
#include <stdlib.h>
#include <string.h>

#include "key.h"
#include "p11.h"
#include "record.h"
#include "rules.h"
#include "store.h"

static ck_rv_t create_private(struct session *session, const struct bag *bag,
			      ck_object_handle_t *handle)
{
	bool token = bag_bool(bag, CKA_TOKEN, false);
	const struct key_kind *kind;
	struct uks_material material;
	struct key_source source = { .material = &material };
	struct uks_key *key;
	uint8_t *data;
	ck_rv_t rv = material_private(bag, &kind, &material.format, &data, &material.len);

	if (rv != CKR_OK)
		return rv;
	material.data = data;
	rv = key_make(kind, bag, token, &source, &key);
	explicit_bzero(data, material.len);
	free(data);
	if (rv != CKR_OK)
		return rv;
	/* The public key is an object that the client creates, or does not. */
	if (token)
		rv = store_hide_public(key);
	if (rv == CKR_OK)
		rv = store_key(session, CKO_PRIVATE_KEY, key, bag, handle);
	if (rv != CKR_OK)
		key_delete_session_key(key->id);
	uks_key_free(key);
	return rv;
}

static ck_rv_t create_public(struct session *session, const struct bag *bag,
			     ck_object_handle_t *handle)
{
	const struct key_kind *kind;
	uint8_t *spki;
	size_t len;
	ck_rv_t rv = material_public(bag, &kind, &spki, &len);

	if (rv != CKR_OK)
		return rv;
	rv = store_public(session, kind, bag, spki, len, handle);
	free(spki);
	return rv;
}

/* Who says the check value says it right; an empty one says nothing. */
static bool check_fits(const struct bag *bag, const struct ck_attribute *value)
{
	const struct ck_attribute *given = bag_find(bag, CKA_CHECK_VALUE);
	uint8_t check[CHECK_LEN];

	if (!given || !given->value_len)
		return true;
	return given->value_len == CHECK_LEN &&
	       key_check_of_value(bag_ulong(bag, CKA_KEY_TYPE, CKK_AES), value->value,
				  value->value_len, check) &&
	       !memcmp(check, given->value, CHECK_LEN);
}

static ck_rv_t create_secret(struct session *session, const struct bag *bag,
			     ck_object_handle_t *handle)
{
	const struct ck_attribute *value = bag_find(bag, CKA_VALUE);

	if (!value || !bag_find(bag, CKA_KEY_TYPE))
		return CKR_TEMPLATE_INCOMPLETE;
	if (!value->value_len || !check_fits(bag, value))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return store_value(session, bag, value->value, value->value_len, handle);
}

/* What these have if nothing is said; all empty or 0. */
static ck_rv_t put_empty(struct bag *bag, const ck_attribute_type_t *types, size_t count)
{
	ck_rv_t rv = CKR_OK;
	size_t i;

	for (i = 0; i < count && rv == CKR_OK; i++)
		if (!bag_find(bag, types[i]))
			rv = bag_put(bag, types[i], "", 0);
	return rv;
}

static ck_rv_t create_plain(struct session *session, ck_object_class_t class,
			    const struct bag *asked, ck_object_handle_t *handle)
{
	static const ck_attribute_type_t data[] = { CKA_APPLICATION, CKA_OBJECT_ID, CKA_VALUE };
	static const ck_attribute_type_t certificate[] = {
		CKA_ID, CKA_ISSUER, CKA_SERIAL_NUMBER, CKA_START_DATE, CKA_END_DATE, CKA_URL
	};
	struct bag bag = { 0 };
	ck_rv_t rv = bag_merge(&bag, asked->list, asked->count);

	if (rv == CKR_OK && class == CKO_DATA) {
		rv = put_empty(&bag, data, 3);
	} else if (rv == CKR_OK) {
		rv = put_empty(&bag, certificate, 6);
		if (rv == CKR_OK && !bag_find(&bag, CKA_TRUSTED))
			rv = bag_put_bool(&bag, CKA_TRUSTED, false);
		if (rv == CKR_OK && !bag_find(&bag, CKA_CERTIFICATE_CATEGORY))
			rv = bag_put_ulong(&bag, CKA_CERTIFICATE_CATEGORY, 0);
	}
	if (rv == CKR_OK)
		rv = store_common(&bag, false);
	if (rv == CKR_OK)
		rv = store_plain(session, class, &bag, handle);
	bag_clear(&bag);
	return rv;
}

static ck_rv_t check_certificate(const struct bag *bag)
{
	if (!bag_find(bag, CKA_CERTIFICATE_TYPE) || !bag_find(bag, CKA_VALUE))
		return CKR_TEMPLATE_INCOMPLETE;
	if (bag_ulong(bag, CKA_CERTIFICATE_TYPE, CKC_X_509) != CKC_X_509)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return CKR_OK;
}

ck_rv_t create_object(struct session *session, const struct bag *bag, ck_object_handle_t *handle)
{
	ck_object_class_t class = bag_ulong(bag, CKA_CLASS, CK_UNAVAILABLE_INFORMATION);
	ck_rv_t rv;

	switch (class) {
	case CKO_CERTIFICATE:
		rv = check_certificate(bag);
		return rv == CKR_OK ? create_plain(session, class, bag, handle) : rv;
	case CKO_DATA:
		return create_plain(session, class, bag, handle);
	case CKO_PUBLIC_KEY:
		return create_public(session, bag, handle);
	case CKO_PRIVATE_KEY:
		return create_private(session, bag, handle);
	default:
		return create_secret(session, bag, handle);
	}
}

static ck_rv_t check_and_create(struct session *session, struct ck_attribute *list,
				unsigned long count, ck_object_handle_t *handle)
{
	struct bag given = { list, count }, bag = { 0 };
	ck_object_class_t class;
	ck_rv_t rv;

	if (!list || !handle)
		return CKR_ARGUMENTS_BAD;
	if (!bag_find(&given, CKA_CLASS))
		return CKR_TEMPLATE_INCOMPLETE;
	class = bag_ulong(&given, CKA_CLASS, CK_UNAVAILABLE_INFORMATION);
	if (class > CKO_SECRET_KEY)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	rv = rules_check(class, RULES_CREATE, list, count);
	if (rv == CKR_OK)
		rv = session_needs_rw(session, bag_bool(&given, CKA_TOKEN, false));
	if (rv != CKR_OK)
		return rv;
	rv = bag_merge(&bag, list, count);
	pthread_mutex_lock(&module.lock);
	if (rv == CKR_OK)
		rv = rules_trust(list, count);
	if (rv == CKR_OK)
		rv = session_may_hide(session, class, &bag);
	if (rv == CKR_OK)
		rv = create_object(session, &bag, handle);
	pthread_mutex_unlock(&module.lock);
	bag_clear(&bag);
	return rv;
}

P11_EXPORT ck_rv_t C_CreateObject(ck_session_handle_t number, struct ck_attribute *list,
				  unsigned long count, ck_object_handle_t *handle)
{
	struct session *session;
	ck_rv_t rv = session_enter(number, &session);

	if (rv != CKR_OK)
		return rv;
	return session_leave(session, check_and_create(session, list, count, handle));
}

/* ---- copies ---- */

/* A key of UKS is not doubled: that of a session becomes one of the token. */
static ck_rv_t keep_session_key(struct session *session, struct object *object,
				const struct bag *bag, ck_object_handle_t *handle)
{
	const struct ck_attribute *label = bag_find(bag, CKA_LABEL);
	char ref[KEY_REF_LEN], name[UKS_NAME_MAX + 1] = "";
	struct uks_key *key;
	ck_rv_t rv;
	int ret = -UKS_E_BAD_NAME;

	key_ref(ref, object->id);
	if (label && label->value_len && label->value_len <= UKS_NAME_MAX) {
		memcpy(name, label->value, label->value_len);
		ret = uks_key_rename(module.client, ref, name, NULL);
	}
	if (ret == -UKS_E_BAD_NAME || ret == -UKS_E_KEY_EXISTS) {
		memcpy(name, "pkcs11 key ", 11);
		memcpy(name + 11, ref + 1, sizeof(ref) - 1);
		ret = uks_key_rename(module.client, ref, name, NULL);
	}
	if (!ret)
		ret = uks_key_show(module.client, ref, &key, NULL);
	if (ret)
		return error_rv(ret);
	object->owns_key = false;
	rv = object->class == CKO_PRIVATE_KEY ? store_hide_public(key) : CKR_OK;
	if (rv == CKR_OK)
		rv = store_key(session, object->class, key, bag, handle);
	uks_key_free(key);
	return rv;
}

static ck_rv_t copy(struct session *session, struct object *object, struct ck_attribute *list,
		    unsigned long count, ck_object_handle_t *handle)
{
	struct bag bag = { 0 };
	bool token;
	ck_rv_t rv = rules_check(object->class, RULES_COPY, list, count);
	unsigned long i;

	for (i = 0; i < count && rv == CKR_OK; i++)
		rv = rules_change(&object->bag, &list[i]);
	if (rv != CKR_OK)
		return rv;
	if (!bag_bool(&object->bag, CKA_COPYABLE, true))
		return CKR_ACTION_PROHIBITED;
	rv = bag_merge(&bag, object->bag.list, object->bag.count);
	if (rv == CKR_OK)
		rv = bag_merge(&bag, list, count);
	token = bag_bool(&bag, CKA_TOKEN, false);
	if (rv == CKR_OK)
		rv = session_needs_rw(session, token);
	if (rv == CKR_OK)
		rv = session_may_hide(session, object->class, &bag);
	if (rv != CKR_OK)
		goto out;
	if (object->in_uks && !bag_find(&object->bag, CKA_VALUE))
		rv = token && object->owns_key ?
			keep_session_key(session, object, &bag, handle) : CKR_ACTION_PROHIBITED;
	else
		rv = create_object(session, &bag, handle);
out:
	bag_clear(&bag);
	return rv;
}

P11_EXPORT ck_rv_t C_CopyObject(ck_session_handle_t number, ck_object_handle_t from,
				struct ck_attribute *list, unsigned long count,
				ck_object_handle_t *handle)
{
	struct session *session;
	struct object *object;
	ck_rv_t rv = session_enter(number, &session);

	if (rv != CKR_OK)
		return rv;
	if (!handle || (count && !list))
		return session_leave(session, CKR_ARGUMENTS_BAD);
	pthread_mutex_lock(&module.lock);
	object = object_get(from, session->slot);
	rv = object ? copy(session, object, list, count, handle) : CKR_OBJECT_HANDLE_INVALID;
	pthread_mutex_unlock(&module.lock);
	object_put(object);
	return session_leave(session, rv);
}

/* ---- the end of objects ---- */

/* The public key outlives the private one, as an object of its own. */
static ck_rv_t keep_public(const struct object *private)
{
	struct object *public = object_find(CKO_PUBLIC_KEY, private->id);

	if (!public || !public->in_uks)
		return CKR_OK;
	key_learn_public(public);
	if (!public->public_known)
		return CKR_DEVICE_ERROR;
	return record_write(CKO_PUBLIC_KEY, public->id, &public->bag);
}

static ck_rv_t hide_public(const struct object *public)
{
	struct bag bag = { 0 };
	ck_rv_t rv = bag_put_bool(&bag, CKA_UKS_HIDDEN, true);

	if (rv == CKR_OK)
		rv = record_write(CKO_PUBLIC_KEY, public->id, &bag);
	bag_clear(&bag);
	return rv;
}

static ck_rv_t destroy_key(struct object *object)
{
	char ref[KEY_REF_LEN];
	ck_rv_t rv = CKR_OK;
	int ret;

	if (object->class == CKO_PUBLIC_KEY && object_find(CKO_PRIVATE_KEY, object->id))
		return hide_public(object);
	if (object->class == CKO_PRIVATE_KEY)
		rv = keep_public(object);
	if (rv != CKR_OK)
		return rv;
	key_ref(ref, object->id);
	ret = uks_key_delete(module.client, ref, NULL);
	if (ret && ret != -UKS_E_NO_KEY)
		return error_rv(ret);
	return record_remove(object->class, object->id);
}

static ck_rv_t destroy(struct session *session, struct object *object)
{
	struct object *partner;
	ck_rv_t rv = session_needs_rw(session, !object->session);

	if (rv != CKR_OK)
		return rv;
	if (!bag_bool(&object->bag, CKA_DESTROYABLE, true))
		return CKR_ACTION_PROHIBITED;
	if (object->session) {
		if (object->owns_key)
			key_delete_session_key(object->id);
	} else {
		rv = object->in_uks ? destroy_key(object) :
			record_remove(object->class, object->id);
		if (rv != CKR_OK)
			return rv;
		partner = object->class == CKO_PRIVATE_KEY ?
			object_find(CKO_PUBLIC_KEY, object->id) : NULL;
		if (partner)
			partner->in_uks = false;
	}
	object_drop(object);
	return CKR_OK;
}

P11_EXPORT ck_rv_t C_DestroyObject(ck_session_handle_t handle, ck_object_handle_t number)
{
	struct session *session;
	struct object *object;
	ck_rv_t rv = session_enter(handle, &session);

	if (rv != CKR_OK)
		return rv;
	pthread_mutex_lock(&module.lock);
	object = object_get(number, session->slot);
	rv = object ? destroy(session, object) : CKR_OBJECT_HANDLE_INVALID;
	pthread_mutex_unlock(&module.lock);
	object_put(object);
	return session_leave(session, rv);
}
