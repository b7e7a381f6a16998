// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The token's objects follow what UKS and the records have, also what other
 * processes change: each search asks anew. One by label or id asks for that key.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "key.h"
#include "p11.h"
#include "record.h"
#include "vault.h"

static unsigned long turn;
static unsigned long record_turn;

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

static ck_rv_t take_class(const struct uks_key *key, ck_object_class_t class, ck_slot_id_t slot)
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
	object->slot = slot;
	rv = fill(object, key, record);
	if (rv == CKR_OK)
		rv = object_add(object);
	object_put(object);
	return rv;
}

#define PRIVATE_PURPOSES (UKS_PURPOSE_SIGN | UKS_PURPOSE_DECRYPT | UKS_PURPOSE_UNWRAP | \
			  UKS_PURPOSE_AGREE)

ck_rv_t view_take(const struct uks_key *key, ck_slot_id_t slot)
{
	const struct key_kind *kind = key_kind_of(key->type);
	ck_rv_t rv = CKR_OK;

	if (!kind)
		return CKR_OK;
	if (!key_is_pair(kind))
		return take_class(key, CKO_SECRET_KEY, slot);
	if (key->purposes & PRIVATE_PURPOSES)
		rv = take_class(key, CKO_PRIVATE_KEY, slot);
	return rv == CKR_OK ? take_class(key, CKO_PUBLIC_KEY, slot) : rv;
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

static ck_rv_t take_listed(const struct uks_key *key, bool granted)
{
	ck_slot_id_t slot = OWN_SLOT;
	bool stale;

	if (key_is_session_name(key->name, &stale)) {
		if (stale && !granted)
			key_delete_session_key(key->id);
		return CKR_OK;
	}
	if (granted && !vault_meet(key->owner, &slot))
		return CKR_OK;
	return view_take(key, slot);
}

static ck_rv_t take_list(struct uks_key_list *list, bool granted)
{
	struct uks_key *key;
	ck_rv_t rv = CKR_OK;
	int ret;

	while (rv == CKR_OK) {
		ret = uks_key_list_next(list, &key, NULL);
		if (ret == -UKS_E_NO_DEVICE || ret == -UKS_E_NO_PERMISSION)
			return CKR_OK;
		if (ret)
			return CKR_DEVICE_ERROR;
		if (!key)
			return CKR_OK;
		rv = take_listed(key, granted);
		uks_key_free(key);
	}
	return rv;
}

/* All keys of the user, or all that others grant the user: one list has all vaults. */
static ck_rv_t refresh_all(bool granted)
{
	struct uks_list_options options = { .flags = granted ? UKS_CALL_GRANTED : 0 };
	struct object *object, *next;
	struct uks_key_list *list;
	bool vault;
	ck_rv_t rv;

	if (uks_key_list_with(module.client, &options, &list, NULL))
		return CKR_HOST_MEMORY;
	if (granted)
		vault_begin();
	rv = take_list(list, granted);
	uks_key_list_free(list);
	if (rv != CKR_OK)
		return rv;
	for (object = object_walk(NULL); object; object = next) {
		next = object_walk(object);
		vault = object->slot != OWN_SLOT;
		if (object->in_uks && !object->session && object->seen != turn &&
		    vault == granted)
			object_drop(object);
	}
	return CKR_OK;
}

/*
 * By its id another's key is shown, too. In a user namespace the user has another number
 * there: then the list of granted keys tells.
 */
static bool is_granted(const struct uks_key *key)
{
	struct uks_list_options options = { .flags = UKS_CALL_GRANTED };
	struct uks_key_list *list;
	struct uks_key *listed;
	bool found = false;

	if (key->owner == geteuid() ||
	    uks_key_list_with(module.client, &options, &list, NULL))
		return false;
	while (!found && !uks_key_list_next(list, &listed, NULL) && listed) {
		found = !memcmp(listed->id, key->id, sizeof(key->id));
		uks_key_free(listed);
	}
	uks_key_list_free(list);
	return found;
}

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
	    !key_is_session_name(key->name, &stale) && !is_granted(key))
		rv = view_take(key, OWN_SLOT);
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
		if (!object->in_uks || object->session || object->seen == turn ||
		    object->slot != OWN_SLOT)
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

ck_rv_t view_vaults(void)
{
	if (!vault_count())
		return CKR_OK;
	turn++;
	return refresh_all(true);
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

ck_rv_t view_refresh(ck_slot_id_t slot, const struct ck_attribute *list, size_t count)
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
	if (slot != OWN_SLOT)
		return refresh_all(true);
	if (!one)
		one = look_for(list, count, CKA_ID);
	return one ? refresh_one(one) : refresh_all(false);
}
