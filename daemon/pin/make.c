// SPDX-License-Identifier: LGPL-2.1-or-later
/* Making PINs, and removing what they were made of. */
#include <string.h>

#include <sodium.h>

#include "daemon/log.h"
#include "daemon/master/master.h"
#include "daemon/pin/pin.h"
#include "daemon/tpmgate.h"

#define PARTS		3	/* administrator, PIN, administrator's code */
#define ATTEMPTS	8	/* when somebody else has the handles */

int pin_check_new(const struct uks_attr *pin, struct failure *failure)
{
	size_t i;

	if (pin->len < PIN_LEN_MIN || pin->len > PIN_LEN_MAX)
		return failure_set(failure, UKS_E_PIN_BAD, "a PIN has %d to %d bytes, not %u",
				   PIN_LEN_MIN, PIN_LEN_MAX, pin->len);
	for (i = 1; i < pin->len; i++)
		if (pin->value[i] != pin->value[0])
			return 0;
	return failure_set(failure, UKS_E_PIN_BAD,
			   "a PIN of equal characters is too easy: choose another one");
}

static int check_code(const struct uks_attr *code, const struct uks_attr *pin,
		      struct failure *failure)
{
	if (!code->type)
		return 0;
	if (code->len < PIN_ADMIN_MIN || code->len > PIN_LEN_MAX)
		return failure_set(failure, UKS_E_PIN_BAD,
				   "an administrator's code has %d to %d bytes, not %u",
				   PIN_ADMIN_MIN, PIN_LEN_MAX, code->len);
	if (code->len != pin->len || memcmp(code->value, pin->value, pin->len))
		return 0;
	return failure_set(failure, UKS_E_PIN_BAD,
			   "PIN and administrator's code are the same: choose two");
}

int pin_check_request(const struct request *request, const struct policy *policy,
		      struct failure *failure)
{
	const struct uks_attr *pin = &request->attrs[UKS_A_NEW_PIN];
	const struct uks_attr *code = &request->attrs[UKS_A_ADMIN_CODE];

	if (!policy->pin && (pin->type || code->type))
		return failure_set(failure, UKS_E_BAD_POLICY,
				   "a PIN was given, but the policy does not say how long it counts: give it 'pin'");
	if (!policy->pin)
		return 0;
	if (!pin->type)
		return failure_set(failure, UKS_E_PIN_BAD,
				   "the policy asks for a PIN: give the new key one");
	if (request->attrs[UKS_A_COUNT].type)
		return failure_set(failure, UKS_E_INVALID,
				   "keys with a PIN are made one by one: leave the count out");
	return pin_check_new(pin, failure) || check_code(code, pin, failure) ? -1 : 0;
}

/* ---- noting what is in the TPM ---- */

static void put_names(struct nv *nv, const struct uks_tpm_pin_names *names)
{
	nv->handle = names->index.handle;
	memcpy(nv->names, names->index.name, UKS_TPM_NAME_LEN);
	memcpy(nv->names + UKS_TPM_NAME_LEN, names->unwritten.name, UKS_TPM_NAME_LEN);
}

static void take_names(const struct nv *nv, struct uks_tpm_pin_names *names)
{
	names->index.handle = nv->handle;
	names->unwritten.handle = nv->handle;
	memcpy(names->index.name, nv->names, UKS_TPM_NAME_LEN);
	memcpy(names->unwritten.name, nv->names + UKS_TPM_NAME_LEN, UKS_TPM_NAME_LEN);
}

/* Within a change of the store. */
static int note_one(struct store *store, const uint8_t *id, uint32_t *from,
		    const struct uks_tpm_index *admin, struct uks_tpm_index *index,
		    struct failure *failure)
{
	struct uks_tpm_pin_names names;
	struct uks_tpm_error error;
	struct nv nv;

	if (store->ops->nv_free(store, *from, &nv.handle, failure))
		return -1;
	if (nv.handle >= UKS_TPM_PIN_HANDLE + UKS_TPM_PIN_HANDLES)
		return failure_set(failure, UKS_E_TPM_BUSY,
				   "all %u places for PINs in the TPM are taken: erase keys with a PIN that nobody needs",
				   UKS_TPM_PIN_HANDLES);
	if (uks_tpm_pin_forecast(nv.handle, admin, &names, &error))
		return tpmgate_fail(&error, failure);
	put_names(&nv, &names);
	memcpy(nv.key, id, sizeof(nv.key));
	*index = names.index;
	*from = nv.handle + 1;
	return store->ops->nv_add(store, &nv, failure);
}

/* Before the TPM has any of it. */
static int note(struct store *store, const uint8_t *id, struct pin *pin, struct failure *failure)
{
	uint32_t from = UKS_TPM_PIN_HANDLE;

	if (store->ops->begin(store, failure))
		return -1;
	if (note_one(store, id, &from, NULL, &pin->admin, failure) ||
	    note_one(store, id, &from, &pin->admin, &pin->index, failure) ||
	    (pin->has_code && note_one(store, id, &from, &pin->admin, &pin->code, failure))) {
		store->ops->rollback(store);
		return -1;
	}
	return store->ops->commit(store, failure);
}

static int settle(struct store *store, uint32_t handle, bool removed, struct failure *failure)
{
	if (store->ops->begin(store, failure))
		return -1;
	if (store->ops->nv_settle(store, handle, removed, failure)) {
		store->ops->rollback(store);
		return -1;
	}
	return store->ops->commit(store, failure);
}

static int drop(struct store *store, const uint8_t *id, struct failure *failure)
{
	if (store->ops->begin(store, failure))
		return -1;
	if (store->ops->nv_drop(store, id, failure)) {
		store->ops->rollback(store);
		return -1;
	}
	return store->ops->commit(store, failure);
}

static int sweep_one(struct uksd *uksd, struct store *store, const struct nv *nv,
		     struct failure *failure)
{
	struct uks_tpm_pin_names names;
	struct uks_tpm_error error;
	struct uks_tpm *tpm;
	int ret;

	take_names(nv, &names);
	if (tpmgate_enter(uksd, &tpm, failure))
		return -1;
	ret = uks_tpm_pin_remove(tpm, &names, &error);
	tpmgate_leave(uksd);
	if (ret)
		return tpmgate_fail(&error, failure);
	return settle(store, nv->handle, true, failure);
}

void pin_sweep(struct uksd *uksd, struct store *store)
{
	struct failure failure;
	struct nv nv;

	while (!store->ops->nv_dropped(store, &nv, &failure))
		if (sweep_one(uksd, store, &nv, &failure))
			break;
	if (failure.code != UKS_E_NO_KEY)
		log_warning("the TPM still has an NV index that no key needs, 0x%x: %s",
			    nv.handle, failure.text);
}

void pin_sweep_all(struct uksd *uksd, struct store *store)
{
	struct failure failure;

	if (drop(store, NULL, &failure))
		log_warning("cannot look for NV indices that no key needs: %s", failure.text);
	pin_sweep(uksd, store);
}

/* ---- making it ---- */

/* Everything that the making needs, and wipes. */
struct making {
	struct worker *worker;
	const uint8_t *id;
	struct pin pin;
	struct uks_tpm_code given;	/* the PIN */
	struct uks_tpm_code code;	/* the administrator's */
	uint8_t random[PIN_CODE_LEN];
	struct uks_tpm_index taken;	/* which handle is somebody else's */
};

static int make_guard(struct uks_tpm *tpm, const struct making *making, bool admin,
		      struct uks_tpm_error *error)
{
	const struct pin *pin = &making->pin;
	uint8_t auth[UKS_TPM_AUTH_LEN];
	struct uks_tpm_access access = {
		.auth = auth, .pin = admin ? &pin->code : &pin->index,
	};
	int ret;

	master_auth(making->worker->uksd->master, admin ? "uks pin code guard" : "uks pin guard",
		    making->id, UKS_KEY_ID_LEN, auth);
	ret = uks_tpm_key_create(tpm, UKS_TPM_P256, UKS_TPM_KEY_DECRYPT, &access,
				 admin ? (struct uks_tpm_key *)&pin->code_guard :
					 (struct uks_tpm_key *)&pin->guard, error);
	sodium_memzero(auth, sizeof(auth));
	return ret;
}

static int define(struct uks_tpm *tpm, struct making *making, struct uks_tpm_error *error)
{
	const struct uks_tpm_code random = { making->random, sizeof(making->random) };
	struct pin *pin = &making->pin;

	making->taken = pin->admin;
	if (uks_tpm_admin_define(tpm, pin->admin.handle, &random, &pin->admin, error))
		return -1;
	making->taken = pin->index;
	if (uks_tpm_pin_define(tpm, pin->index.handle, &pin->admin, &random, &making->given,
			       pin->tries, &pin->index, error) ||
	    make_guard(tpm, making, false, error))
		return -1;
	if (!pin->has_code)
		return 0;
	making->taken = pin->code;
	if (uks_tpm_pin_define(tpm, pin->code.handle, &pin->admin, &random, &making->code,
			       PIN_ADMIN_TRIES, &pin->code, error))
		return -1;
	return make_guard(tpm, making, true, error);
}

static int define_in_tpm(struct making *making, bool *taken, struct failure *failure)
{
	struct uksd *uksd = making->worker->uksd;
	struct uks_tpm_error error;
	struct uks_tpm *tpm;
	int ret;

	*taken = false;
	if (tpmgate_enter(uksd, &tpm, failure))
		return -1;
	randombytes_buf(making->random, sizeof(making->random));
	ret = define(tpm, making, &error);
	tpmgate_leave(uksd);
	if (!ret)
		return 0;
	*taken = error.cause == UKS_TPM_HANDLE_TAKEN;
	if (error.cause == UKS_TPM_NO_SPACE)
		return failure_set(failure, UKS_E_TPM_BUSY,
				   "the TPM has no room for one more PIN: erase keys with a PIN that nobody needs, or use none");
	return tpmgate_fail(&error, failure);
}

/* Somebody else's index at one of our handles is left alone, and remembered. */
static int try_define(struct making *making, struct failure *failure)
{
	struct store *store = making->worker->store;
	bool taken;
	int i;

	for (i = 0; i < ATTEMPTS; i++) {
		if (note(store, making->id, &making->pin, failure))
			return -1;
		if (!define_in_tpm(making, &taken, failure))
			return 0;
		if (!taken)
			return -1;
		if (settle(store, making->taken.handle, false, failure) ||
		    drop(store, making->id, failure))
			return -1;
		pin_sweep(making->worker->uksd, store);
	}
	return -1;
}

static int close_code(const struct uks_tpm_key *guard, const uint8_t *random, uint8_t *closed,
		      struct failure *failure)
{
	size_t len = PIN_CODE_LEN;

	memcpy(closed, random, len);
	return pin_close_for(guard, closed, &len, failure);
}

int pin_make(struct worker *worker, const struct request *request, const struct policy *policy,
	     struct failure *failure)
{
	const struct uks_attr *given = &request->attrs[UKS_A_NEW_PIN];
	const struct uks_attr *code = &request->attrs[UKS_A_ADMIN_CODE];
	struct key *key = &worker->record.key;
	struct making making = {
		.worker = worker, .id = key->id,
		.given = { given->value, given->len }, .code = { code->value, code->len },
		.pin.has_code = code->type, .pin.tries = policy->pin_tries ?: PIN_TRIES,
	};
	struct pin *pin = &making.pin;
	int ret;

	memcpy(worker->pin_of, key->id, sizeof(key->id));
	worker->pin_pending = true;
	ret = try_define(&making, failure);
	if (!ret)
		ret = close_code(&pin->guard, making.random, pin->closed, failure);
	if (!ret && pin->has_code)
		ret = close_code(&pin->code_guard, making.random, pin->code_closed, failure);
	if (!ret)
		pin_write(key, pin);
	sodium_memzero(making.random, sizeof(making.random));
	sodium_memzero(pin->closed, sizeof(pin->closed));
	sodium_memzero(pin->code_closed, sizeof(pin->code_closed));
	return ret;
}

void pin_made(struct worker *worker)
{
	worker->pin_pending = false;
}

void pin_abandon(struct worker *worker)
{
	struct failure failure;

	if (!worker->pin_pending)
		return;
	worker->pin_pending = false;
	if (drop(worker->store, worker->pin_of, &failure))
		log_warning("cannot note that a PIN is not needed: %s", failure.text);
	pin_sweep(worker->uksd, worker->store);
}
