// SPDX-License-Identifier: LGPL-2.1-or-later
/* C_Initialize and C_Finalize, and what fork() does to the module. */
#include <stdlib.h>
#include <string.h>
#include <sodium.h>

#include "key.h"
#include "p11.h"
#include "vault.h"

struct module module = { .lock = PTHREAD_MUTEX_INITIALIZER };

ck_rv_t module_enter(void)
{
	pthread_mutex_lock(&module.lock);
	if (module.ready)
		return CKR_OK;
	pthread_mutex_unlock(&module.lock);
	return CKR_CRYPTOKI_NOT_INITIALIZED;
}

ck_rv_t module_leave(ck_rv_t rv)
{
	pthread_mutex_unlock(&module.lock);
	return rv;
}

/* Frees what this process has of it; keys of session objects are not touched. */
static void forget(void)
{
	object_forget_all();
	view_forget();
	vault_forget();
	module.vaults_known = false;
	use_drop_all();
	uks_client_free(module.client);
	module.client = NULL;
	module.login = LOGIN_NOBODY;
	module.ready = false;
}

static void before_fork(void)
{
	pthread_mutex_lock(&module.lock);
	object_freeze(true);
	use_freeze(true);
}

static void after_fork(void)
{
	use_freeze(false);
	object_freeze(false);
	pthread_mutex_unlock(&module.lock);
}

/*
 * The child has to call C_Initialize anew. What it inherited is of no use to it,
 * and its copies of descriptors would keep sessions of the parent open.
 */
static void after_fork_child(void)
{
	use_freeze(false);
	object_freeze(false);
	if (module.ready) {
		session_forget_all();
		forget();
	}
	pthread_mutex_unlock(&module.lock);
}

static void watch_forks(void)
{
	pthread_atfork(before_fork, after_fork, after_fork_child);
}

static ck_rv_t check_args(const struct ck_c_initialize_args *args)
{
	int given;

	if (!args)
		return CKR_OK;
	if (args->reserved)
		return CKR_ARGUMENTS_BAD;
	given = !!args->create_mutex + !!args->destroy_mutex + !!args->lock_mutex +
		!!args->unlock_mutex;
	if (given != 0 && given != 4)
		return CKR_ARGUMENTS_BAD;
	/* Only the system's own locks. */
	if (given && !(args->flags & CKF_OS_LOCKING_OK))
		return CKR_CANT_LOCK;
	return CKR_OK;
}

P11_EXPORT ck_rv_t C_Initialize(void *init_args)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	ck_rv_t rv = check_args(init_args);

	if (rv != CKR_OK)
		return rv;
	pthread_once(&once, watch_forks);
	pthread_mutex_lock(&module.lock);
	if (module.ready)
		rv = CKR_CRYPTOKI_ALREADY_INITIALIZED;
	else if (sodium_init() < 0)
		rv = CKR_GENERAL_ERROR;
	else if (uks_client_new(&module.client, NULL))
		rv = CKR_HOST_MEMORY;
	else
		module.ready = true;
	return module_leave(rv);
}

P11_EXPORT ck_rv_t C_Finalize(void *reserved)
{
	ck_rv_t rv;

	if (reserved)
		return CKR_ARGUMENTS_BAD;
	rv = module_enter();
	if (rv != CKR_OK)
		return rv;
	session_close_all(ALL_SLOTS);
	if (module.ready)
		forget();
	return module_leave(CKR_OK);
}

P11_EXPORT ck_rv_t C_GetInfo(struct ck_info *info)
{
	ck_rv_t rv;

	if (!info)
		return CKR_ARGUMENTS_BAD;
	rv = module_enter();
	if (rv != CKR_OK)
		return rv;
	memset(info, 0, sizeof(*info));
	info->cryptoki_version = (struct ck_version){ 3, 0 };
	token_put_text(info->manufacturer_id, sizeof(info->manufacturer_id), "UKS");
	token_put_text(info->library_description, sizeof(info->library_description),
		       "Universal key store");
	info->library_version = (struct ck_version){ 0, 1 };
	return module_leave(CKR_OK);
}
