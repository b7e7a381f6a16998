// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Login and PINs. The kernel knows the user; a PIN is asked for only where the user
 * set one.
 */
#include <string.h>

#include "p11.h"

static bool has_ro_session(void)
{
	unsigned long all, rw;

	session_counts(OWN_SLOT, &all, &rw);
	return all > rw;
}

static ck_rv_t login(ck_user_type_t user, const void *pin, unsigned long len)
{
	ck_rv_t rv;

	if (user == CKU_CONTEXT_SPECIFIC)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (user != CKU_USER && user != CKU_SO)
		return CKR_USER_TYPE_INVALID;
	if (len && !pin)
		return CKR_ARGUMENTS_BAD;
	if (module.login == (user == CKU_SO ? LOGIN_SO : LOGIN_USER))
		return CKR_USER_ALREADY_LOGGED_IN;
	if (module.login != LOGIN_NOBODY)
		return CKR_USER_ANOTHER_ALREADY_LOGGED_IN;
	if (user == CKU_SO && has_ro_session())
		return CKR_SESSION_READ_ONLY_EXISTS;
	rv = pin_check(user, pin, len);
	if (rv == CKR_OK)
		module.login = user == CKU_SO ? LOGIN_SO : LOGIN_USER;
	return rv;
}

P11_EXPORT ck_rv_t C_Login(ck_session_handle_t handle, ck_user_type_t user, unsigned char *pin,
			   unsigned long pin_len)
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);

	if (rv != CKR_OK)
		return rv;
	pthread_mutex_lock(&module.lock);
	/* A vault asks for no PIN, as the own token before one is set. */
	rv = session->slot == OWN_SLOT ? login(user, pin, pin_len) :
		user == CKU_USER ? CKR_USER_PIN_NOT_INITIALIZED : CKR_USER_TYPE_INVALID;
	pthread_mutex_unlock(&module.lock);
	return session_leave(session, rv);
}

/* There are no users with names. */
P11_EXPORT ck_rv_t C_LoginUser(ck_session_handle_t session, ck_user_type_t user,
			       unsigned char *pin, unsigned long pin_len, unsigned char *name,
			       unsigned long name_len)
{
	if (name_len || name)
		return CKR_ARGUMENTS_BAD;
	return C_Login(session, user, pin, pin_len);
}

P11_EXPORT ck_rv_t C_Logout(ck_session_handle_t handle)
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);

	if (rv != CKR_OK)
		return rv;
	pthread_mutex_lock(&module.lock);
	rv = session->slot != OWN_SLOT || module.login == LOGIN_NOBODY ?
		CKR_USER_NOT_LOGGED_IN : CKR_OK;
	if (rv == CKR_OK)
		module.login = LOGIN_NOBODY;
	module.pin_set = pin_is_set();
	pthread_mutex_unlock(&module.lock);
	return session_leave(session, rv);
}

/*
 * Sets the SO's PIN and the label, and takes the user's PIN away. Keys stay: they
 * are the user's, made with other programs, too, and not the SO's to destroy.
 */
static ck_rv_t init_token(const void *pin, unsigned long len, const unsigned char *label)
{
	unsigned long all, rw;
	ck_rv_t rv;

	session_counts(OWN_SLOT, &all, &rw);
	if (all)
		return CKR_SESSION_EXISTS;
	if (!token_present(OWN_SLOT))
		return CKR_TOKEN_NOT_PRESENT;
	if (len < PIN_MIN || len > PIN_MAX)
		return CKR_PIN_LEN_RANGE;
	rv = pin_check(CKU_SO, pin, len);
	/* Nobody has set one: this is the first. */
	if (rv == CKR_PIN_INCORRECT && !pin_so_is_set())
		rv = CKR_OK;
	return rv == CKR_OK ? pin_set(CKU_SO, pin, len, label) : rv;
}

P11_EXPORT ck_rv_t C_InitToken(ck_slot_id_t slot_id, unsigned char *pin, unsigned long pin_len,
			       unsigned char *label)
{
	ck_rv_t rv = slot_enter(slot_id, pin && label ? pin : NULL);

	if (rv != CKR_OK)
		return rv;
	if (slot_id != OWN_SLOT)
		rv = CKR_TOKEN_WRITE_PROTECTED;
	else
		rv = init_token(pin, pin_len, label);
	return module_leave(rv);
}

P11_EXPORT ck_rv_t C_InitPIN(ck_session_handle_t handle, unsigned char *pin,
			     unsigned long pin_len)
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);

	if (rv != CKR_OK)
		return rv;
	pthread_mutex_lock(&module.lock);
	if (module.login != LOGIN_SO || session->slot != OWN_SLOT)
		rv = CKR_USER_NOT_LOGGED_IN;
	else if (!pin)
		rv = CKR_ARGUMENTS_BAD;
	else
		rv = pin_set(CKU_USER, pin, pin_len, NULL);
	pthread_mutex_unlock(&module.lock);
	return session_leave(session, rv);
}

static ck_rv_t change_pin(const void *old_pin, unsigned long old_len, const void *new_pin,
			  unsigned long new_len)
{
	ck_user_type_t user = module.login == LOGIN_SO ? CKU_SO : CKU_USER;
	ck_rv_t rv;

	if (new_len < PIN_MIN || new_len > PIN_MAX)
		return CKR_PIN_LEN_RANGE;
	rv = pin_check(user, old_pin, old_len);
	return rv == CKR_OK ? pin_set(user, new_pin, new_len, NULL) : rv;
}

P11_EXPORT ck_rv_t C_SetPIN(ck_session_handle_t handle, unsigned char *old_pin,
			    unsigned long old_len, unsigned char *new_pin, unsigned long new_len)
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);

	if (rv != CKR_OK)
		return rv;
	pthread_mutex_lock(&module.lock);
	if (!session->rw)
		rv = CKR_SESSION_READ_ONLY;
	else if (!old_pin || !new_pin)
		rv = CKR_ARGUMENTS_BAD;
	else
		rv = change_pin(old_pin, old_len, new_pin, new_len);
	pthread_mutex_unlock(&module.lock);
	return session_leave(session, rv);
}
