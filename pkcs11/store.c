// SPDX-License-Identifier: LGPL-2.1-or-later
#include "store.h"

#include <string.h>

#include "key.h"
#include "record.h"
#include "rules.h"

static bool is_usage(ck_attribute_type_t type)
{
	switch (type) {
	case CKA_ENCRYPT:
	case CKA_DECRYPT:
	case CKA_SIGN:
	case CKA_SIGN_RECOVER:
	case CKA_VERIFY:
	case CKA_VERIFY_RECOVER:
	case CKA_WRAP:
	case CKA_UNWRAP:
	case CKA_DERIVE:
		return true;
	default:
		return false;
	}
}

/* What the client asked for and UKS does not say by itself. A usage is only narrowed. */
static ck_rv_t own_attributes(const struct object *object, const struct bag *asked,
			      struct bag *own)
{
	const struct ck_attribute *one;
	ck_rv_t rv = CKR_OK;
	size_t i;

	for (i = 0; i < asked->count && rv == CKR_OK; i++) {
		one = &asked->list[i];
		if (!rules_own(one->type) || bag_matches(&object->bag, one, 1))
			continue;
		if (is_usage(one->type) && *(unsigned char *)one->value)
			continue;
		rv = bag_put(own, one->type, one->value, one->value_len);
	}
	return rv;
}

static ck_rv_t add(struct object *object, ck_object_handle_t *handle)
{
	ck_rv_t rv = object_add(object);

	*handle = object->handle;
	return rv;
}

static bool wants_token(const struct bag *bag)
{
	return bag_bool(bag, CKA_TOKEN, false);
}

ck_rv_t store_key(struct session *session, ck_object_class_t class, const struct uks_key *key,
		  const struct bag *bag, ck_object_handle_t *handle)
{
	struct object *object = object_new(class, key->id), *found;
	struct bag own = { 0 };
	ck_rv_t rv = CKR_HOST_MEMORY;

	if (!object)
		goto out;
	object->session = wants_token(bag) ? 0 : session->handle;
	object->slot = session->slot;
	object->owns_key = object->session && class != CKO_PUBLIC_KEY;
	rv = key_attributes(object, key);
	if (rv == CKR_OK && object->session)
		rv = bag_put(&object->bag, CKA_LABEL, "", 0);
	if (rv == CKR_OK)
		rv = own_attributes(object, bag, &own);
	if (rv != CKR_OK)
		goto out;
	if (object->session) {
		rv = bag_merge(&object->bag, own.list, own.count);
		if (rv == CKR_OK)
			rv = add(object, handle);
		goto out;
	}
	if (own.count)
		rv = record_write(class, key->id, &own);
	if (rv == CKR_OK)
		rv = view_records();
	if (rv == CKR_OK)
		rv = view_take(key, OWN_SLOT);
	if (rv != CKR_OK)
		goto out;
	found = object_find(class, key->id);
	*handle = found ? found->handle : CK_INVALID_HANDLE;
	rv = found ? CKR_OK : CKR_DEVICE_ERROR;
out:
	bag_clear(&own);
	object_put(object);
	return rv;
}

ck_rv_t store_hide_public(const struct uks_key *key)
{
	struct bag bag = { 0 };
	ck_rv_t rv = bag_put_bool(&bag, CKA_UKS_HIDDEN, true);

	if (rv == CKR_OK)
		rv = record_write(CKO_PUBLIC_KEY, key->id, &bag);
	if (rv == CKR_OK)
		rv = view_records();
	bag_clear(&bag);
	return rv;
}

ck_rv_t store_plain(struct session *session, ck_object_class_t class, const struct bag *bag,
		    ck_object_handle_t *handle)
{
	struct object *object = object_new(class, NULL), *found;
	ck_rv_t rv;

	if (!object)
		return CKR_HOST_MEMORY;
	object->session = wants_token(bag) ? 0 : session->handle;
	object->slot = session->slot;
	rv = bag_merge(&object->bag, bag->list, bag->count);
	if (rv != CKR_OK)
		goto out;
	if (object->session) {
		rv = add(object, handle);
		goto out;
	}
	rv = record_write(class, object->id, &object->bag);
	if (rv == CKR_OK)
		rv = view_records();
	found = object_find(class, object->id);
	if (rv == CKR_OK)
		rv = found ? CKR_OK : CKR_DEVICE_ERROR;
	if (found)
		*handle = found->handle;
out:
	object_put(object);
	return rv;
}

static ck_rv_t put_default(struct bag *bag, ck_attribute_type_t type, const void *value,
			   size_t len)
{
	return bag_find(bag, type) ? CKR_OK : bag_put(bag, type, value, len);
}

static ck_rv_t put_default_bool(struct bag *bag, ck_attribute_type_t type, bool value)
{
	unsigned char byte = value;

	return put_default(bag, type, &byte, 1);
}

ck_rv_t store_public(struct session *session, const struct key_kind *kind,
		     const struct bag *asked, const void *spki, size_t len,
		     ck_object_handle_t *handle)
{
	static const ck_attribute_type_t of_rsa[] = {
		CKA_ENCRYPT, CKA_WRAP, CKA_VERIFY_RECOVER
	};
	unsigned long none = CK_UNAVAILABLE_INFORMATION;
	bool rsa = kind->key_type == CKK_RSA;
	struct bag bag = { 0 };
	ck_rv_t rv = bag_merge(&bag, asked->list, asked->count);
	size_t i;

	if (rv == CKR_OK)
		rv = key_public_attributes(&bag, kind, spki, len);
	if (rv == CKR_OK)
		rv = bag_put_ulong(&bag, CKA_CLASS, CKO_PUBLIC_KEY);
	if (rv == CKR_OK)
		rv = bag_put_ulong(&bag, CKA_KEY_TYPE, kind->key_type);
	for (i = 0; i < 3 && rv == CKR_OK; i++)
		rv = put_default_bool(&bag, of_rsa[i], rsa);
	if (rv == CKR_OK)
		rv = put_default_bool(&bag, CKA_VERIFY, kind->key_type != CKK_EC_MONTGOMERY);
	if (rv == CKR_OK)
		rv = put_default_bool(&bag, CKA_DERIVE, false);
	if (rv == CKR_OK)
		rv = put_default_bool(&bag, CKA_LOCAL, false);
	if (rv == CKR_OK)
		rv = put_default(&bag, CKA_KEY_GEN_MECHANISM, &none, sizeof(none));
	if (rv == CKR_OK)
		rv = put_default(&bag, CKA_ID, "", 0);
	if (rv == CKR_OK)
		rv = put_default(&bag, CKA_SUBJECT, "", 0);
	if (rv == CKR_OK)
		rv = put_default_bool(&bag, CKA_TRUSTED, false);
	if (rv == CKR_OK)
		rv = store_common(&bag, false);
	if (rv == CKR_OK)
		rv = store_plain(session, CKO_PUBLIC_KEY, &bag, handle);
	bag_clear(&bag);
	return rv;
}

ck_rv_t store_common(struct bag *bag, bool private)
{
	ck_rv_t rv = put_default_bool(bag, CKA_TOKEN, false);

	if (rv == CKR_OK)
		rv = put_default_bool(bag, CKA_PRIVATE, private);
	if (rv == CKR_OK)
		rv = put_default_bool(bag, CKA_MODIFIABLE, true);
	if (rv == CKR_OK)
		rv = put_default_bool(bag, CKA_COPYABLE, true);
	if (rv == CKR_OK)
		rv = put_default_bool(bag, CKA_DESTROYABLE, true);
	if (rv == CKR_OK)
		rv = put_default(bag, CKA_LABEL, "", 0);
	return rv;
}

/* ---- secret keys whose value a client gave, or may have ---- */

static ck_rv_t value_defaults(struct bag *bag, size_t len)
{
	static const ck_attribute_type_t off[] = {
		CKA_ENCRYPT, CKA_DECRYPT, CKA_SIGN, CKA_VERIFY, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE,
		CKA_SENSITIVE, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE, CKA_LOCAL,
		CKA_TRUSTED, CKA_WRAP_WITH_TRUSTED
	};
	unsigned long none = CK_UNAVAILABLE_INFORMATION;
	ck_rv_t rv = bag_put_ulong(bag, CKA_CLASS, CKO_SECRET_KEY);
	size_t i;

	for (i = 0; i < sizeof(off) / sizeof(*off) && rv == CKR_OK; i++)
		rv = put_default_bool(bag, off[i], false);
	if (rv == CKR_OK)
		rv = put_default_bool(bag, CKA_EXTRACTABLE, true);
	if (rv == CKR_OK)
		rv = bag_put_ulong(bag, CKA_VALUE_LEN, len);
	if (rv == CKR_OK)
		rv = put_default(bag, CKA_KEY_GEN_MECHANISM, &none, sizeof(none));
	if (rv == CKR_OK)
		rv = put_default(bag, CKA_ID, "", 0);
	if (rv == CKR_OK)
		rv = put_default(bag, CKA_START_DATE, "", 0);
	if (rv == CKR_OK)
		rv = put_default(bag, CKA_END_DATE, "", 0);
	return rv == CKR_OK ? store_common(bag, true) : rv;
}

static ck_rv_t import_value(struct session *session, const struct bag *bag, const void *value,
			    size_t len, ck_object_handle_t *handle)
{
	const struct key_kind *kind = material_secret_kind(bag, len);
	struct uks_material material = { UKS_FORMAT_RAW, value, len };
	struct key_source source = { .material = &material };
	struct uks_key *key;
	struct bag more = { 0 };
	uint8_t check[CHECK_LEN];
	ck_rv_t rv;

	if (!kind || !key_check_of_value(kind->key_type, value, len, check))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	rv = key_make(kind, bag, wants_token(bag), &source, &key);
	if (rv != CKR_OK)
		return rv;
	rv = bag_merge(&more, bag->list, bag->count);
	if (rv == CKR_OK)
		rv = bag_put_ulong(&more, CKA_VALUE_LEN, len);
	if (rv == CKR_OK)
		rv = bag_put(&more, CKA_CHECK_VALUE, check, sizeof(check));
	if (rv == CKR_OK)
		rv = store_key(session, CKO_SECRET_KEY, key, &more, handle);
	if (rv != CKR_OK)
		key_delete_session_key(key->id);
	bag_clear(&more);
	uks_key_free(key);
	return rv;
}

/* One that stays, or that must not be told, is UKS' at once. */
ck_rv_t store_value(struct session *session, const struct bag *asked, const void *value,
		    size_t len, ck_object_handle_t *handle)
{
	struct bag bag = { 0 };
	ck_rv_t rv;

	if (wants_token(asked) || bag_bool(asked, CKA_SENSITIVE, false))
		return import_value(session, asked, value, len, handle);
	rv = bag_merge(&bag, asked->list, asked->count);
	if (rv == CKR_OK)
		rv = value_defaults(&bag, len);
	if (rv == CKR_OK)
		rv = bag_put(&bag, CKA_VALUE, value, len);
	if (rv == CKR_OK)
		rv = store_plain(session, CKO_SECRET_KEY, &bag, handle);
	bag_clear(&bag);
	return rv;
}

static ck_rv_t make_ready(struct object *object, ck_key_type_t type)
{
	const struct ck_attribute *value = bag_find(&object->bag, CKA_VALUE);
	const struct key_kind *kind;
	struct uks_material material = { .format = UKS_FORMAT_RAW };
	struct key_source source = { .material = &material };
	struct uks_key *key;
	ck_rv_t rv;

	if (!value)
		return object->in_uks ? CKR_OK : CKR_KEY_HANDLE_INVALID;
	kind = key_kind_find(type, value->value_len);
	if (!kind)
		return CKR_KEY_SIZE_RANGE;
	if (object->in_uks && object->type == kind->type)
		return CKR_OK;
	material.data = value->value;
	material.len = value->value_len;
	rv = key_make(kind, &object->bag, false, &source, &key);
	if (rv != CKR_OK)
		return rv == CKR_ATTRIBUTE_VALUE_INVALID ? CKR_KEY_SIZE_RANGE : rv;
	if (object->in_uks)
		key_delete_session_key(object->id);
	object_set_id(object, key->id);
	object->type = kind->type;
	object->in_uks = true;
	object->owns_key = true;
	uks_key_free(key);
	return CKR_OK;
}

ck_rv_t session_key_ready(struct op *op)
{
	ck_rv_t rv = make_ready(op->key, op->mechanism->key_type);

	if (rv == CKR_OK)
		memcpy(op->wanted.id, op->key->id, sizeof(op->wanted.id));
	return rv;
}

ck_rv_t store_ready(struct object *object)
{
	return make_ready(object, bag_ulong(&object->bag, CKA_KEY_TYPE, CKK_GENERIC_SECRET));
}
