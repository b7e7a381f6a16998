// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The token's objects follow what UKS and the records have, also what other
 * processes change: each search asks anew. One by label or id asks for that key.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "key.h"
#include "p11.h"
#include "record.h"

static unsigned long turn;
static unsigned long record_turn;

/* ---- attributes of a key ---- */

/* Policy times as dates of UTC; an empty date where there is none. */
static ck_rv_t put_date(struct bag *bag, ck_attribute_type_t type,
			const struct uks_policy *policy, uint32_t rule)
{
	uint64_t seconds;
	char text[16];
	struct tm tm;
	time_t when;

	if (!policy || !uks_policy_get(policy, rule, &seconds))
		return bag_put(bag, type, "", 0);
	when = seconds;
	if (!gmtime_r(&when, &tm) || !strftime(text, sizeof(text), "%Y%m%d", &tm))
		return bag_put(bag, type, "", 0);
	return bag_put(bag, type, text, 8);
}

/* To look at a key is no use of it. */
static bool is_counted(const struct uks_policy *policy)
{
	static const uint32_t rules[] = {
		UKS_POLICY_A_MAX_USES, UKS_POLICY_A_MAX_USES_BOOT, UKS_POLICY_A_RATE_USES,
		UKS_POLICY_A_PIN
	};
	uint64_t value;
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (uks_policy_get(policy, rules[i], &value))
			return true;
	return false;
}

static ck_rv_t put_policy(struct object *object, const struct uks_key *key)
{
	struct uks_policy *policy = NULL;
	struct bag *bag = &object->bag;
	uint64_t flags = 0;
	bool generated = key->origin == UKS_ORIGIN_GENERATED;
	ck_rv_t rv;

	if (key->policy_len)
		uks_policy_parse(key->policy, key->policy_len, &policy, NULL);
	if (policy)
		uks_policy_get(policy, UKS_POLICY_A_FLAGS, &flags);
	object->may_check = flags & UKS_POLICY_CALLER_NONCE && !is_counted(policy);
	rv = put_date(bag, CKA_START_DATE, policy, UKS_POLICY_A_NOT_BEFORE);
	if (rv == CKR_OK)
		rv = put_date(bag, CKA_END_DATE, policy, UKS_POLICY_A_NOT_AFTER);
	if (rv == CKR_OK && object->class != CKO_PUBLIC_KEY) {
		bool out = flags & UKS_POLICY_EXPORTABLE;

		rv = bag_put_bool(bag, CKA_EXTRACTABLE, out);
		if (rv == CKR_OK)
			rv = bag_put_bool(bag, CKA_NEVER_EXTRACTABLE, generated && !out);
		if (rv == CKR_OK)
			rv = bag_put_bool(bag, CKA_ALWAYS_SENSITIVE, generated);
	}
	uks_policy_free(policy);
	return rv;
}

static unsigned long generator(const struct object *object)
{
	switch (bag_ulong(&object->bag, CKA_KEY_TYPE, 0)) {
	case CKK_RSA:
		return CKM_RSA_PKCS_KEY_PAIR_GEN;
	case CKK_EC:
		return CKM_EC_KEY_PAIR_GEN;
	case CKK_EC_EDWARDS:
		return CKM_EC_EDWARDS_KEY_PAIR_GEN;
	case CKK_EC_MONTGOMERY:
		return CKM_EC_MONTGOMERY_KEY_PAIR_GEN;
	case CKK_AES:
		return CKM_AES_KEY_GEN;
	case CKK_CHACHA20:
		return CKM_CHACHA20_KEY_GEN;
	default:
		return CKM_GENERIC_SECRET_KEY_GEN;
	}
}

/* Truth values that are the same for all keys of a class. */
static const struct {
	ck_object_class_t class;
	ck_attribute_type_t type;
	bool value;
} constants[] = {
	{ CKO_SECRET_KEY, CKA_PRIVATE, true },
	{ CKO_SECRET_KEY, CKA_SENSITIVE, true },
	{ CKO_SECRET_KEY, CKA_WRAP_WITH_TRUSTED, false },
	{ CKO_SECRET_KEY, CKA_TRUSTED, false },
	{ CKO_PRIVATE_KEY, CKA_PRIVATE, true },
	{ CKO_PRIVATE_KEY, CKA_SENSITIVE, true },
	{ CKO_PRIVATE_KEY, CKA_WRAP_WITH_TRUSTED, false },
	{ CKO_PRIVATE_KEY, CKA_ALWAYS_AUTHENTICATE, false },
	{ CKO_PUBLIC_KEY, CKA_PRIVATE, false },
	{ CKO_PUBLIC_KEY, CKA_TRUSTED, false },
};

static ck_rv_t put_constants(struct object *object)
{
	struct bag *bag = &object->bag;
	ck_rv_t rv = CKR_OK;
	size_t i;

	for (i = 0; i < sizeof(constants) / sizeof(*constants) && rv == CKR_OK; i++)
		if (constants[i].class == object->class)
			rv = bag_put_bool(bag, constants[i].type, constants[i].value);
	if (rv == CKR_OK)
		rv = bag_put_bool(bag, CKA_TOKEN, !object->session);
	if (rv == CKR_OK)
		rv = bag_put_bool(bag, CKA_MODIFIABLE, true);
	if (rv == CKR_OK)
		rv = bag_put_bool(bag, CKA_DESTROYABLE, true);
	/* A session key becomes one of the token by a copy. */
	if (rv == CKR_OK)
		rv = bag_put_bool(bag, CKA_COPYABLE, object->session);
	if (rv == CKR_OK && object->class != CKO_SECRET_KEY)
		rv = bag_put(bag, CKA_SUBJECT, "", 0);
	return rv;
}

static ck_rv_t put_len(struct object *object, const struct key_kind *kind)
{
	static const struct {
		uint32_t type;
		unsigned int len;
	} generated[] = {
		{ UKS_KEY_HMAC_SHA1, 20 }, { UKS_KEY_HMAC_SHA224, 28 },
		{ UKS_KEY_HMAC_SHA256, 32 }, { UKS_KEY_HMAC_SHA384, 48 },
		{ UKS_KEY_HMAC_SHA512, 64 }, { UKS_KEY_SECRET, 32 },
	};
	unsigned int len = kind->len;
	size_t i;

	for (i = 0; i < sizeof(generated) / sizeof(*generated); i++)
		if (generated[i].type == kind->type)
			len = generated[i].len;
	return bag_put_ulong(&object->bag, CKA_VALUE_LEN, len);
}

ck_rv_t key_attributes(struct object *object, const struct uks_key *key)
{
	const struct key_kind *kind = key_kind_of(key->type);
	bool generated = key->origin == UKS_ORIGIN_GENERATED;
	struct bag *bag = &object->bag;
	ck_rv_t rv;

	object->type = key->type;
	object->purposes = key->purposes;
	object->version = key->version;
	object->in_uks = true;
	rv = bag_put_ulong(bag, CKA_CLASS, object->class);
	if (rv == CKR_OK)
		rv = bag_put_ulong(bag, CKA_KEY_TYPE, kind->key_type);
	if (rv == CKR_OK)
		rv = put_constants(object);
	if (rv == CKR_OK)
		rv = bag_put(bag, CKA_LABEL, key->name, strlen(key->name));
	if (rv == CKR_OK)
		rv = bag_put(bag, CKA_ID, key->id, sizeof(key->id));
	if (rv == CKR_OK)
		rv = bag_put_bool(bag, CKA_LOCAL, generated);
	if (rv == CKR_OK)
		rv = bag_put_ulong(bag, CKA_KEY_GEN_MECHANISM,
				   generated ? generator(object) : CK_UNAVAILABLE_INFORMATION);
	if (rv == CKR_OK)
		rv = put_policy(object, key);
	if (rv == CKR_OK)
		rv = key_usage(object);
	if (rv == CKR_OK && object->class == CKO_SECRET_KEY)
		rv = put_len(object, kind);
	if (rv == CKR_OK && key->public_key_len && key_is_pair(kind)) {
		rv = key_public_attributes(bag, kind, key->public_key, key->public_key_len);
		object->public_known = rv == CKR_OK;
		if (object->class == CKO_PRIVATE_KEY)
			bag_remove(bag, CKA_EC_POINT);
	}
	return rv;
}

/* ---- objects of keys ---- */

static uint64_t stamp_of(const struct uks_key *key)
{
	uint64_t stamp = 0xcbf29ce484222325ULL;
	const char *at;

	for (at = key->name; *at; at++)
		stamp = (stamp ^ (uint8_t)*at) * 0x100000001b3ULL;
	stamp = (stamp ^ key->version) * 0x100000001b3ULL;
	stamp = (stamp ^ key->purposes) * 0x100000001b3ULL;
	stamp = (stamp ^ key->policy_len) * 0x100000001b3ULL;
	return (stamp ^ record_turn) * 0x100000001b3ULL;
}

static ck_rv_t fill(struct object *object, const struct uks_key *key,
		    const struct record *record)
{
	ck_rv_t rv;

	bag_clear(&object->bag);
	object->public_known = false;
	object->check_known = false;
	rv = key_attributes(object, key);
	if (rv == CKR_OK && record)
		rv = bag_merge(&object->bag, record->bag.list, record->bag.count);
	object->stored = record;
	object->stamp = stamp_of(key);
	return rv;
}

static ck_rv_t take_class(const struct uks_key *key, ck_object_class_t class)
{
	struct object *object = object_find(class, key->id);
	const struct record *record;
	ck_rv_t rv;

	if (object) {
		object->seen = turn;
		if (object->stamp == stamp_of(key))
			return CKR_OK;
	}
	record = record_find(class, key->id);
	if (record && bag_find(&record->bag, CKA_UKS_HIDDEN)) {
		if (object)
			object_drop(object);
		return CKR_OK;
	}
	if (object) {
		rv = fill(object, key, record);
		object_reindex(object);
		return rv;
	}
	object = object_new(class, key->id);
	if (!object)
		return CKR_HOST_MEMORY;
	object->seen = turn;
	rv = fill(object, key, record);
	if (rv == CKR_OK)
		rv = object_add(object);
	object_put(object);
	return rv;
}

#define PRIVATE_PURPOSES (UKS_PURPOSE_SIGN | UKS_PURPOSE_DECRYPT | UKS_PURPOSE_UNWRAP | \
			  UKS_PURPOSE_AGREE)

ck_rv_t view_take(const struct uks_key *key)
{
	const struct key_kind *kind = key_kind_of(key->type);
	ck_rv_t rv = CKR_OK;

	if (!kind)
		return CKR_OK;
	if (!key_is_pair(kind))
		return take_class(key, CKO_SECRET_KEY);
	if (key->purposes & PRIVATE_PURPOSES)
		rv = take_class(key, CKO_PRIVATE_KEY);
	return rv == CKR_OK ? take_class(key, CKO_PUBLIC_KEY) : rv;
}

static void drop_key(const uint8_t *id)
{
	static const ck_object_class_t classes[] = {
		CKO_SECRET_KEY, CKO_PRIVATE_KEY, CKO_PUBLIC_KEY
	};
	struct object *object;
	size_t i;

	for (i = 0; i < 3; i++) {
		object = object_find(classes[i], id);
		if (object && object->in_uks)
			object_drop(object);
	}
}

/* ---- objects of records ---- */

static ck_rv_t take_record(const struct record *record)
{
	struct object *object = object_find(record->class, record->id);
	ck_rv_t rv;

	if (object) {
		object->seen = turn;
		bag_clear(&object->bag);
		rv = bag_merge(&object->bag, record->bag.list, record->bag.count);
		object_reindex(object);
		return rv;
	}
	object = object_new(record->class, record->id);
	if (!object)
		return CKR_HOST_MEMORY;
	object->seen = turn;
	object->stored = true;
	rv = bag_merge(&object->bag, record->bag.list, record->bag.count);
	if (rv == CKR_OK)
		rv = object_add(object);
	object_put(object);
	return rv;
}

/* Records that stand for themselves have a class; others belong to a key of UKS. */
ck_rv_t view_records(void)
{
	struct object *object, *next;
	const struct record *record;
	unsigned long now;
	ck_rv_t rv = record_refresh(&now);
	size_t i;

	if (rv != CKR_OK || now == record_turn)
		return rv;
	record_turn = now;
	for (i = 0; (record = record_at(i)) && rv == CKR_OK; i++)
		if (bag_find(&record->bag, CKA_CLASS))
			rv = take_record(record);
	for (object = object_walk(NULL); object; object = next) {
		next = object_walk(object);
		if (!object->in_uks && !object->session && object->seen != turn)
			object_drop(object);
	}
	return rv;
}

void view_forget(void)
{
	record_forget();
}

/* ---- asking UKS ---- */

static ck_rv_t take_named(const char *ref)
{
	struct uks_key *key;
	bool stale;
	ck_rv_t rv = CKR_OK;
	int ret = uks_key_show(module.client, ref, &key, NULL);

	if (ret == -UKS_E_NO_KEY || ret == -UKS_E_BAD_NAME || ret == -UKS_E_ACCESS ||
	    ret == -UKS_E_NO_DEVICE || ret == -UKS_E_NO_PERMISSION)
		return CKR_OK;
	if (ret)
		return CKR_DEVICE_ERROR;
	/* By its id a deleted key is shown, too, until it is erased. */
	if (!key->erased && key->state != UKS_STATE_DESTROYED &&
	    key->state != UKS_STATE_DESTROYED_COMPROMISED &&
	    !key_is_session_name(key->name, &stale))
		rv = view_take(key);
	uks_key_free(key);
	return rv;
}

/* Keys that had the value before, or whose record gives it to them. */
static ck_rv_t refresh_known(const struct ck_attribute *wanted)
{
	struct object *object = NULL, *next;
	const struct record *record;
	char ref[KEY_REF_LEN];
	uint8_t id[UKS_KEY_ID_LEN];
	ck_object_class_t class;
	ck_rv_t rv = CKR_OK;
	size_t i;

	for (i = 0; (record = record_at(i)) && rv == CKR_OK; i++) {
		if (bag_find(&record->bag, CKA_CLASS) || !bag_matches(&record->bag, wanted, 1))
			continue;
		key_ref(ref, record->id);
		rv = take_named(ref);
	}
	object = object_find_by(wanted->type, wanted->value, wanted->value_len, NULL);
	for (; object && rv == CKR_OK; object = next) {
		next = object_find_by(wanted->type, NULL, 0, object);
		if (!object->in_uks || object->session || object->seen == turn)
			continue;
		memcpy(id, object->id, sizeof(id));
		class = object->class;
		key_ref(ref, id);
		rv = take_named(ref);
		object = object_find(class, id);
		if (object && object->seen != turn)
			drop_key(id);
		/* What was next may be gone, too. */
		next = object_find_by(wanted->type, wanted->value, wanted->value_len, NULL);
	}
	return rv;
}

static ck_rv_t refresh_one(const struct ck_attribute *wanted)
{
	char ref[UKS_NAME_MAX + 1];
	ck_rv_t rv = CKR_OK;

	if (wanted->type == CKA_LABEL && wanted->value_len && wanted->value_len <= UKS_NAME_MAX &&
	    *(char *)wanted->value != '@') {
		snprintf(ref, sizeof(ref), "%.*s", (int)wanted->value_len, (char *)wanted->value);
		rv = take_named(ref);
	} else if (wanted->type == CKA_ID && wanted->value_len == UKS_KEY_ID_LEN) {
		key_ref(ref, wanted->value);
		rv = take_named(ref);
	}
	return rv == CKR_OK ? refresh_known(wanted) : rv;
}

static ck_rv_t take_list(struct uks_key_list *list)
{
	struct uks_key *key;
	ck_rv_t rv = CKR_OK;
	bool stale;
	int ret;

	while (rv == CKR_OK) {
		ret = uks_key_list_next(list, &key, NULL);
		if (ret == -UKS_E_NO_DEVICE || ret == -UKS_E_NO_PERMISSION)
			return CKR_OK;
		if (ret)
			return CKR_DEVICE_ERROR;
		if (!key)
			return CKR_OK;
		if (!key_is_session_name(key->name, &stale))
			rv = view_take(key);
		else if (stale)
			key_delete_session_key(key->id);
		uks_key_free(key);
	}
	return rv;
}

static ck_rv_t refresh_all(void)
{
	struct object *object, *next;
	struct uks_key_list *list;
	ck_rv_t rv;

	if (uks_key_list(module.client, &list, NULL))
		return CKR_HOST_MEMORY;
	rv = take_list(list);
	uks_key_list_free(list);
	if (rv != CKR_OK)
		return rv;
	for (object = object_walk(NULL); object; object = next) {
		next = object_walk(object);
		if (object->in_uks && !object->session && object->seen != turn)
			object_drop(object);
	}
	return CKR_OK;
}

static const struct ck_attribute *look_for(const struct ck_attribute *list, size_t count,
					   ck_attribute_type_t type)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (list[i].type == type)
			return &list[i];
	return NULL;
}

ck_rv_t view_refresh(const struct ck_attribute *list, size_t count)
{
	struct bag wanted = { (struct ck_attribute *)list, count };
	unsigned long class = bag_ulong(&wanted, CKA_CLASS, CKO_SECRET_KEY);
	const struct ck_attribute *one = look_for(list, count, CKA_LABEL);
	ck_rv_t rv;

	turn++;
	module.pin_set = pin_is_set();
	rv = view_records();
	if (rv != CKR_OK)
		return rv;
	if (class == CKO_CERTIFICATE || class == CKO_DATA || !bag_bool(&wanted, CKA_TOKEN, true))
		return CKR_OK;
	if (!one)
		one = look_for(list, count, CKA_ID);
	return one ? refresh_one(one) : refresh_all();
}
