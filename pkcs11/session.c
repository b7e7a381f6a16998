// SPDX-License-Identifier: LGPL-2.1-or-later
/* PKCS #11 sessions. A handle is a place in the table and a number of its own. */
#include <stdlib.h>
#include <string.h>

#include "p11.h"

#define PLACES	65536	/* sessions at once */

static struct session *find(ck_session_handle_t handle)
{
	size_t place = handle % PLACES;

	if (place >= module.session_room || !module.sessions[place] ||
	    module.sessions[place]->handle != handle)
		return NULL;
	return module.sessions[place];
}

static void end_operations(struct session *session)
{
	int kind;

	for (kind = 0; kind < OP_KINDS; kind++)
		op_end(&session->op[kind]);
	free(session->found);
	session->found = NULL;
	session->finding = false;
}

static void unref(struct session *session)
{
	if (--session->refs)
		return;
	end_operations(session);
	pthread_mutex_destroy(&session->lock);
	free(session);
}

ck_rv_t session_enter(ck_session_handle_t handle, struct session **session)
{
	ck_rv_t rv = module_enter();

	if (rv != CKR_OK)
		return rv;
	*session = find(handle);
	if (!*session)
		return module_leave(CKR_SESSION_HANDLE_INVALID);
	(*session)->refs++;
	module_leave(CKR_OK);
	pthread_mutex_lock(&(*session)->lock);
	if (!(*session)->closed)
		return CKR_OK;
	return session_leave(*session, CKR_SESSION_HANDLE_INVALID);
}

ck_rv_t session_leave(struct session *session, ck_rv_t rv)
{
	pthread_mutex_unlock(&session->lock);
	pthread_mutex_lock(&module.lock);
	unref(session);
	pthread_mutex_unlock(&module.lock);
	return rv;
}

ck_rv_t session_needs_rw(const struct session *session, bool token)
{
	return token && !session->rw ? CKR_SESSION_READ_ONLY : CKR_OK;
}

ck_rv_t session_may_hide(const struct session *session, ck_object_class_t class,
			 struct bag *bag)
{
	bool key = class == CKO_PRIVATE_KEY || class == CKO_SECRET_KEY;

	if (session->slot != OWN_SLOT || !bag_bool(bag, CKA_PRIVATE, key))
		return CKR_OK;
	module.pin_set = pin_is_set();
	if (!module.pin_set || module.login == LOGIN_USER)
		return CKR_OK;
	if (bag_find(bag, CKA_PRIVATE) || bag_bool(bag, CKA_TOKEN, false))
		return CKR_USER_NOT_LOGGED_IN;
	return bag_put_bool(bag, CKA_PRIVATE, false);
}

static ck_rv_t find_place(size_t *place)
{
	size_t room = module.session_room ? module.session_room * 2 : 16;
	struct session **grown;

	for (*place = 1; *place < module.session_room; (*place)++)
		if (!module.sessions[*place])
			return CKR_OK;
	if (room > PLACES)
		return CKR_SESSION_COUNT;
	grown = realloc(module.sessions, room * sizeof(*grown));
	if (!grown)
		return CKR_HOST_MEMORY;
	memset(grown + module.session_room, 0, (room - module.session_room) * sizeof(*grown));
	*place = module.session_room ? module.session_room : 1;
	module.sessions = grown;
	module.session_room = room;
	return CKR_OK;
}

static ck_rv_t open_session(ck_slot_id_t slot, bool rw, ck_session_handle_t *handle)
{
	struct session *session;
	size_t place;
	ck_rv_t rv;

	if (slot != OWN_SLOT && rw)
		return CKR_TOKEN_WRITE_PROTECTED;
	if (slot == OWN_SLOT && !rw && module.login == LOGIN_SO)
		return CKR_SESSION_READ_WRITE_SO_EXISTS;
	rv = find_place(&place);
	if (rv != CKR_OK)
		return rv;
	session = calloc(1, sizeof(*session));
	if (!session)
		return CKR_HOST_MEMORY;
	pthread_mutex_init(&session->lock, NULL);
	session->refs = 1;
	session->slot = slot;
	session->rw = rw;
	session->handle = ++module.session_turn * PLACES + place;
	module.sessions[place] = session;
	*handle = session->handle;
	return CKR_OK;
}

P11_EXPORT ck_rv_t C_OpenSession(ck_slot_id_t slot_id, ck_flags_t flags, void *application,
				 ck_notify_t notify, ck_session_handle_t *session)
{
	ck_rv_t rv = slot_enter(slot_id, session);

	(void)application;
	(void)notify;
	if (rv != CKR_OK)
		return rv;
	if (!(flags & CKF_SERIAL_SESSION))
		rv = CKR_SESSION_PARALLEL_NOT_SUPPORTED;
	else if (!token_present(slot_id))
		rv = CKR_TOKEN_NOT_PRESENT;
	else
		rv = open_session(slot_id, flags & CKF_RW_SESSION, session);
	return module_leave(rv);
}

void session_counts(ck_slot_id_t slot, unsigned long *all, unsigned long *rw)
{
	const struct session *session;
	size_t i;

	*all = 0;
	*rw = 0;
	for (i = 0; i < module.session_room; i++) {
		session = module.sessions[i];
		if (!session || session->slot != slot)
			continue;
		++*all;
		*rw += session->rw;
	}
}

static bool has_sessions(ck_slot_id_t slot)
{
	unsigned long all, rw;

	session_counts(slot, &all, &rw);
	return all;
}

/* The module's lock is held; whoever works in the session ends its call first. */
static void close_session(struct session *session)
{
	module.sessions[session->handle % PLACES] = NULL;
	object_close_session(session->handle);
	if (session->slot == OWN_SLOT && !has_sessions(OWN_SLOT))
		module.login = LOGIN_NOBODY;
	pthread_mutex_unlock(&module.lock);
	pthread_mutex_lock(&session->lock);
	session->closed = true;
	end_operations(session);
	pthread_mutex_unlock(&session->lock);
	pthread_mutex_lock(&module.lock);
	unref(session);
}

void session_close_all(ck_slot_id_t slot)
{
	size_t place;

	for (place = 0; place < module.session_room; place++)
		if (module.sessions[place] &&
		    (slot == ALL_SLOTS || module.sessions[place]->slot == slot))
			close_session(module.sessions[place]);
}

/* Their locks may be held by threads that the child has not. */
void session_forget_all(void)
{
	free(module.sessions);
	module.sessions = NULL;
	module.session_room = 0;
}

P11_EXPORT ck_rv_t C_CloseSession(ck_session_handle_t handle)
{
	ck_rv_t rv = module_enter();
	struct session *session;

	if (rv != CKR_OK)
		return rv;
	session = find(handle);
	if (!session)
		return module_leave(CKR_SESSION_HANDLE_INVALID);
	close_session(session);
	return module_leave(CKR_OK);
}

P11_EXPORT ck_rv_t C_CloseAllSessions(ck_slot_id_t slot_id)
{
	ck_rv_t rv = slot_enter(slot_id, &slot_id);

	if (rv != CKR_OK)
		return rv;
	session_close_all(slot_id);
	return module_leave(CKR_OK);
}

static ck_state_t state_of(const struct session *session)
{
	switch (session->slot == OWN_SLOT ? module.login : LOGIN_NOBODY) {
	case LOGIN_SO:
		return CKS_RW_SO_FUNCTIONS;
	case LOGIN_USER:
		return session->rw ? CKS_RW_USER_FUNCTIONS : CKS_RO_USER_FUNCTIONS;
	default:
		return session->rw ? CKS_RW_PUBLIC_SESSION : CKS_RO_PUBLIC_SESSION;
	}
}

P11_EXPORT ck_rv_t C_GetSessionInfo(ck_session_handle_t handle, struct ck_session_info *info)
{
	ck_rv_t rv = module_enter();
	struct session *session;

	if (rv != CKR_OK)
		return rv;
	session = find(handle);
	if (!session)
		return module_leave(CKR_SESSION_HANDLE_INVALID);
	if (!info)
		return module_leave(CKR_ARGUMENTS_BAD);
	*info = (struct ck_session_info){
		.slot_id = session->slot,
		.state = state_of(session),
		.flags = CKF_SERIAL_SESSION | (session->rw ? CKF_RW_SESSION : 0),
	};
	return module_leave(CKR_OK);
}

P11_EXPORT ck_rv_t C_SessionCancel(ck_session_handle_t handle, ck_flags_t flags)
{
	static const struct {
		ck_flags_t flag;
		enum op_kind kind;
	} kinds[] = {
		{ CKF_ENCRYPT, OP_ENCRYPT }, { CKF_DECRYPT, OP_DECRYPT },
		{ CKF_DIGEST, OP_DIGEST }, { CKF_SIGN, OP_SIGN }, { CKF_VERIFY, OP_VERIFY },
		{ CKF_SIGN_RECOVER, OP_SIGN_RECOVER },
		{ CKF_VERIFY_RECOVER, OP_VERIFY_RECOVER },
		{ CKF_MESSAGE_ENCRYPT, OP_MESSAGE_ENCRYPT },
		{ CKF_MESSAGE_DECRYPT, OP_MESSAGE_DECRYPT },
	};
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);
	size_t i;

	if (rv != CKR_OK)
		return rv;
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (flags & kinds[i].flag)
			op_end(&session->op[kinds[i].kind]);
	if (flags & CKF_FIND_OBJECTS) {
		free(session->found);
		session->found = NULL;
		session->finding = false;
	}
	return session_leave(session, CKR_OK);
}
