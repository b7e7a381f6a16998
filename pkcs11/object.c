// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The tables of objects. Each object hangs in four: by handle, by class and id,
 * by label, by CKA_ID, so that a search by one of them costs the same with ten
 * objects and with thousands.
 */
#include <stdlib.h>
#include <string.h>
#include <sodium.h>

#include "key.h"
#include "p11.h"

enum table { BY_HANDLE, BY_IDENTITY, BY_LABEL, BY_ID };

#define BUCKETS	4096

static struct object *tables[4][BUCKETS];
static ck_object_handle_t last_handle;
static uint64_t seed;
static pthread_mutex_t refs_lock = PTHREAD_MUTEX_INITIALIZER;

/* FNV-1a, keyed, so that nobody can choose labels that all hash alike. */
static size_t hash(const void *data, size_t len, uint64_t more)
{
	uint64_t value = 0xcbf29ce484222325ULL ^ seed ^ more;
	const uint8_t *at = data;

	while (len--)
		value = (value ^ *at++) * 0x100000001b3ULL;
	return (value ^ value >> 29) % BUCKETS;
}

static size_t bucket_of(const struct object *object, enum table table)
{
	const struct ck_attribute *found;

	switch (table) {
	case BY_HANDLE:
		return object->handle % BUCKETS;
	case BY_IDENTITY:
		return hash(object->id, sizeof(object->id), object->class);
	default:
		found = bag_find(&object->bag, table == BY_LABEL ? CKA_LABEL : CKA_ID);
		return found ? hash(found->value, found->value_len, 0) : 0;
	}
}

static void link_in(struct object *object, enum table table)
{
	struct object **bucket = &tables[table][bucket_of(object, table)];

	object->next[table] = *bucket;
	*bucket = object;
}

static bool unlink_at(struct object *object, enum table table, size_t bucket)
{
	struct object **at = &tables[table][bucket];

	while (*at && *at != object)
		at = &(*at)->next[table];
	if (!*at)
		return false;
	*at = object->next[table];
	return true;
}

struct object *object_new(ck_object_class_t class, const uint8_t *id)
{
	struct object *object = calloc(1, sizeof(*object));

	if (!object)
		return NULL;
	object->refs = 1;
	object->class = class;
	if (id)
		memcpy(object->id, id, sizeof(object->id));
	else
		randombytes_buf(object->id, sizeof(object->id));
	return object;
}

ck_rv_t object_add(struct object *object)
{
	int table;

	if (!seed)
		randombytes_buf(&seed, sizeof(seed));
	object->handle = ++last_handle;
	for (table = 0; table < 4; table++)
		link_in(object, table);
	pthread_mutex_lock(&refs_lock);
	object->refs++;
	pthread_mutex_unlock(&refs_lock);
	return CKR_OK;
}

void object_drop(struct object *object)
{
	int table;

	if (!object->handle)
		return;
	for (table = 0; table < 2; table++)
		unlink_at(object, table, bucket_of(object, table));
	object_reindex(object);
	for (table = BY_LABEL; table <= BY_ID; table++)
		unlink_at(object, table, bucket_of(object, table));
	object->handle = 0;
	object_put(object);
}

/* The value may have changed already, so that the bucket is not known. */
void object_reindex(struct object *object)
{
	size_t bucket;
	int table;

	for (table = BY_LABEL; table <= BY_ID; table++) {
		if (!unlink_at(object, table, bucket_of(object, table)))
			for (bucket = 0; bucket < BUCKETS; bucket++)
				if (unlink_at(object, table, bucket))
					break;
		link_in(object, table);
	}
}

void object_set_id(struct object *object, const uint8_t *id)
{
	unlink_at(object, BY_IDENTITY, bucket_of(object, BY_IDENTITY));
	memcpy(object->id, id, sizeof(object->id));
	link_in(object, BY_IDENTITY);
}

void object_put(struct object *object)
{
	bool last;

	if (!object)
		return;
	pthread_mutex_lock(&refs_lock);
	last = !--object->refs;
	pthread_mutex_unlock(&refs_lock);
	if (!last)
		return;
	bag_clear(&object->bag);
	free(object);
}

static struct object *hold(struct object *object)
{
	pthread_mutex_lock(&refs_lock);
	object->refs++;
	pthread_mutex_unlock(&refs_lock);
	return object;
}

bool object_visible(const struct object *object)
{
	if (module.login == LOGIN_USER || !bag_bool(&object->bag, CKA_PRIVATE, false))
		return true;
	return !module.pin_set || object->slot != OWN_SLOT;
}

struct object *object_get(ck_object_handle_t handle, ck_slot_id_t slot)
{
	struct object *object;

	for (object = tables[BY_HANDLE][handle % BUCKETS]; object;
	     object = object->next[BY_HANDLE])
		if (object->handle == handle)
			return object->slot == slot && object_visible(object) ? hold(object) :
				NULL;
	return NULL;
}

struct object *object_find(ck_object_class_t class, const uint8_t *id)
{
	struct object *object = tables[BY_IDENTITY][hash(id, UKS_KEY_ID_LEN, class)];

	while (object && (object->class != class || object->session ||
			  memcmp(object->id, id, UKS_KEY_ID_LEN)))
		object = object->next[BY_IDENTITY];
	return object;
}

struct object *object_find_by(ck_attribute_type_t type, const void *value, size_t len,
			      const struct object *last)
{
	enum table table = type == CKA_LABEL ? BY_LABEL : BY_ID;

	if (last)
		return last->next[table];
	return tables[table][hash(value, len, 0)];
}

struct object *object_walk(const struct object *last)
{
	size_t bucket = 0;

	if (last) {
		if (last->next[BY_HANDLE])
			return last->next[BY_HANDLE];
		bucket = last->handle % BUCKETS + 1;
	}
	while (bucket < BUCKETS && !tables[BY_HANDLE][bucket])
		bucket++;
	return bucket < BUCKETS ? tables[BY_HANDLE][bucket] : NULL;
}

void object_close_session(ck_session_handle_t session)
{
	struct object *object = object_walk(NULL), *next;

	for (; object; object = next) {
		next = object_walk(object);
		if (!object->session || (session && object->session != session))
			continue;
		if (object->owns_key)
			key_delete_session_key(object->id);
		object_drop(object);
	}
}

void object_freeze(bool freeze)
{
	if (freeze)
		pthread_mutex_lock(&refs_lock);
	else
		pthread_mutex_unlock(&refs_lock);
}

void object_forget_all(void)
{
	struct object *object = object_walk(NULL), *next;

	for (; object; object = next) {
		next = object_walk(object);
		object_drop(object);
	}
}
