// SPDX-License-Identifier: LGPL-2.1-or-later
/* C_FindObjects: what is found is fixed when the search begins. */
#include <stdlib.h>
#include <string.h>

#include "key.h"
#include "p11.h"

static ck_rv_t keep(struct session *session, const struct object *object, size_t *room)
{
	ck_object_handle_t *grown;

	if (session->count == *room) {
		*room = *room ? *room * 2 : 16;
		grown = realloc(session->found, *room * sizeof(*grown));
		if (!grown)
			return CKR_HOST_MEMORY;
		session->found = grown;
	}
	session->found[session->count++] = object->handle;
	return CKR_OK;
}

/* Attributes of the public part are asked for only by searches that name them. */
static bool names_public(const struct ck_attribute *list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (list[i].type == CKA_MODULUS || list[i].type == CKA_EC_POINT ||
		    list[i].type == CKA_EC_PARAMS || list[i].type == CKA_PUBLIC_EXPONENT ||
		    list[i].type == CKA_PUBLIC_KEY_INFO || list[i].type == CKA_MODULUS_BITS)
			return true;
	return false;
}

static bool names_check(const struct ck_attribute *list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (list[i].type == CKA_CHECK_VALUE)
			return true;
	return false;
}

static const struct ck_attribute *indexed(const struct ck_attribute *list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if ((list[i].type == CKA_LABEL || list[i].type == CKA_ID) && list[i].value_len)
			return &list[i];
	return NULL;
}

static ck_rv_t search(struct session *session, const struct ck_attribute *list, size_t count)
{
	const struct ck_attribute *by = indexed(list, count);
	bool learn = names_public(list, count), check = names_check(list, count);
	struct object *object;
	size_t room = 0;
	ck_rv_t rv = CKR_OK;

	object = by ? object_find_by(by->type, by->value, by->value_len, NULL) :
		object_walk(NULL);
	while (object && rv == CKR_OK) {
		if (object->slot == session->slot && object_visible(object)) {
			if (learn)
				key_learn_public(object);
			if (check)
				key_learn_check(object);
			if (bag_matches(&object->bag, list, count))
				rv = keep(session, object, &room);
		}
		object = by ? object_find_by(by->type, NULL, 0, object) : object_walk(object);
	}
	return rv;
}

static bool values_are_there(const struct ck_attribute *list, size_t count)
{
	while (count--)
		if (list[count].value_len && !list[count].value)
			return false;
	return true;
}

P11_EXPORT ck_rv_t C_FindObjectsInit(ck_session_handle_t handle, struct ck_attribute *list,
				     unsigned long count)
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);

	if (rv != CKR_OK)
		return rv;
	if (session->finding)
		return session_leave(session, CKR_OPERATION_ACTIVE);
	if (count && (!list || !values_are_there(list, count)))
		return session_leave(session, CKR_ARGUMENTS_BAD);
	session->next = 0;
	session->count = 0;
	pthread_mutex_lock(&module.lock);
	rv = view_refresh(session->slot, list, count);
	if (rv == CKR_OK)
		rv = search(session, list, count);
	pthread_mutex_unlock(&module.lock);
	session->finding = rv == CKR_OK;
	return session_leave(session, rv);
}

P11_EXPORT ck_rv_t C_FindObjects(ck_session_handle_t handle, ck_object_handle_t *object,
				 unsigned long max_object_count, unsigned long *object_count)
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);
	size_t give;

	if (rv != CKR_OK)
		return rv;
	if (!session->finding)
		return session_leave(session, CKR_OPERATION_NOT_INITIALIZED);
	if (!object || !object_count)
		return session_leave(session, CKR_ARGUMENTS_BAD);
	give = session->count - session->next;
	if (give > max_object_count)
		give = max_object_count;
	if (give)
		memcpy(object, session->found + session->next, give * sizeof(*object));
	session->next += give;
	*object_count = give;
	return session_leave(session, CKR_OK);
}

P11_EXPORT ck_rv_t C_FindObjectsFinal(ck_session_handle_t handle)
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);

	if (rv != CKR_OK)
		return rv;
	if (!session->finding)
		return session_leave(session, CKR_OPERATION_NOT_INITIALIZED);
	free(session->found);
	session->found = NULL;
	session->finding = false;
	return session_leave(session, CKR_OK);
}
