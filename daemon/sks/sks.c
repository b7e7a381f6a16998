// SPDX-License-Identifier: LGPL-2.1-or-later
/* Methods of SKS, from a request to its answer. */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "daemon/key/change.h"
#include "daemon/log.h"
#include "daemon/sks/device.h"
#include "daemon/sks/parts.h"
#include "daemon/sks/session.h"
#include "daemon/sks/tries.h"

#define PAGE		60000	/* bytes of result in one answer */
#define OFFSET_LEN	4	/* of a cursor that goes on with a result */

enum {
	CHANGES = 1,	/* in one change of the store */
	DESTROYS = 2,	/* the session ends when it fails */
};

static const struct method {
	const char *name;
	sks_handler handle;
	sks_handler ahead;	/* before the change */
	unsigned int traits;
} methods[] = {
	[SKS_GET_DEVICE_INFO] = { "getDeviceInfo", sks_get_device_info, sks_device_ahead,
				  0 },
	[SKS_CREATE_SESSION] = { "createProvisioningSession", sks_create_session,
				 sks_device_ahead, CHANGES },
	[SKS_CLOSE_SESSION] = { "closeProvisioningSession", sks_close_session, sks_close_ahead,
				CHANGES | DESTROYS },
	[SKS_ENUMERATE_SESSIONS] = { "enumerateProvisioningSessions", sks_enumerate_sessions,
				     NULL, CHANGES },
	[SKS_ABORT_SESSION] = { "abortProvisioningSession", sks_abort_session, NULL,
				CHANGES | DESTROYS },
	[SKS_UPDATE_KMK] = { "updateKeyManagementKey", sks_update_kmk, NULL, CHANGES },
	[SKS_CREATE_PUK_POLICY] = { "createPukPolicy", sks_create_puk_policy, NULL,
				    CHANGES | DESTROYS },
	[SKS_CREATE_PIN_POLICY] = { "createPinPolicy", sks_create_pin_policy, NULL,
				    CHANGES | DESTROYS },
	[SKS_CREATE_KEY] = { "createKeyEntry", sks_create_key, sks_create_key_ahead,
			     CHANGES | DESTROYS },
	[SKS_GET_KEY_HANDLE] = { "getKeyHandle", sks_get_key_handle, NULL, CHANGES | DESTROYS },
	[SKS_SET_CERTIFICATE_PATH] = { "setCertificatePath", sks_set_certificate_path, NULL,
				       CHANGES | DESTROYS },
	[SKS_IMPORT_SYMMETRIC_KEY] = { "importSymmetricKey", sks_import_symmetric_key, NULL,
				       CHANGES | DESTROYS },
	[SKS_IMPORT_PRIVATE_KEY] = { "importPrivateKey", sks_import_private_key, NULL,
				     CHANGES | DESTROYS },
	[SKS_ADD_EXTENSION] = { "addExtension", sks_add_extension, NULL, CHANGES | DESTROYS },
	[SKS_POST_DELETE] = { "postDeleteKey", sks_post_delete, NULL, CHANGES | DESTROYS },
	[SKS_POST_UNLOCK] = { "postUnlockKey", sks_post_unlock, NULL, CHANGES | DESTROYS },
	[SKS_POST_UPDATE] = { "postUpdateKey", sks_post_update, NULL, CHANGES | DESTROYS },
	[SKS_POST_CLONE] = { "postCloneKeyProtection", sks_post_clone, NULL, CHANGES | DESTROYS },
	[SKS_ENUMERATE_KEYS] = { "enumerateKeys", sks_enumerate_keys, NULL, 0 },
	[SKS_GET_KEY_ATTRIBUTES] = { "getKeyAttributes", sks_get_key_attributes, NULL, 0 },
	[SKS_GET_KEY_PROTECTION] = { "getKeyProtectionInfo", sks_get_key_protection, NULL, 0 },
	[SKS_GET_EXTENSION] = { "getExtension", sks_get_extension, NULL, 0 },
	[SKS_SET_PROPERTY] = { "setProperty", sks_set_property, NULL, CHANGES },
	[SKS_DELETE_KEY] = { "deleteKey", sks_delete_key, sks_key_ahead, CHANGES },
	[SKS_EXPORT_KEY] = { "exportKey", sks_export_key, NULL, CHANGES },
	[SKS_UNLOCK_KEY] = { "unlockKey", sks_unlock_key, NULL, CHANGES },
	[SKS_CHANGE_PIN] = { "changePin", sks_change_pin, NULL, CHANGES },
	[SKS_SET_PIN] = { "setPin", sks_set_pin, NULL, CHANGES },
	[SKS_UPDATE_FIRMWARE] = { "updateFirmware", sks_update_firmware, NULL, 0 },
	/* These authorise in a change of their own, and work outside of it. */
	[SKS_SIGN] = { "signHashedData", sks_sign, NULL, 0 },
	[SKS_DECRYPT] = { "asymmetricKeyDecrypt", sks_decrypt_data, NULL, 0 },
	[SKS_AGREE] = { "keyAgreement", sks_agree_key, NULL, 0 },
	[SKS_HMAC] = { "performHmac", sks_compute_hmac, NULL, 0 },
	[SKS_ENCRYPT] = { "symmetricKeyEncrypt", sks_encrypt, NULL, 0 },
};

static const struct method *find_method(uint32_t number, struct failure *failure)
{
	if (number < sizeof(methods) / sizeof(*methods) && methods[number].handle)
		return &methods[number];
	failure_set(failure, UKS_E_PROVISION,
		    "there is no method %u: see Documentation/sks.rst", number);
	return NULL;
}

/* What was changed has to be known to those who have it in memory. */
static void tell(struct sks_call *call)
{
	struct worker *worker = call->worker;
	size_t i;

	for (i = 0; i < call->erased_count; i++)
		key_changed(worker, call->erased[i]);
	if (call->scrub)
		worker->store->ops->scrub(worker->store);
}

static int change(struct sks_call *call, sks_handler handle)
{
	struct store *store = call->worker->store;
	int ret;

	if (store->ops->begin(store, call->failure))
		return sks_store_failed(call);
	ret = handle(call);
	if ((!ret || call->keep) && sks_tries_write(call)) {
		call->keep = false;
		ret = -1;
	}
	if (ret && !call->keep) {
		store->ops->rollback(store);
		return -1;
	}
	if (store->ops->commit(store, call->failure))
		return sks_store_failed(call);
	tell(call);
	return sks_tries_settle(call) ? -1 : ret;
}

static int destroy(struct sks_call *call)
{
	return sks_destroy(call, call->session);
}

/* Nothing remains of a session in which something went wrong. */
static void end_session(struct sks_call *call)
{
	struct sks_call end = {
		.worker = call->worker, .request = call->request, .failure = call->failure,
		.session = call->session,
	};

	if (!change(&end, destroy))
		return;
	call->broken = end.broken;
	if (!end.broken)
		sks_fail(call, end.status, "%s", end.text);
}

static void run(struct sks_call *call, const struct method *method)
{
	int ret;

	/* The root may be made by it, and unmade. */
	ret = method->ahead ? method->ahead(call) : 0;
	call->session = ret ? call->session : 0;
	if (!ret)
		ret = method->traits & CHANGES ? change(call, method->handle) :
						 method->handle(call);
	if (ret && method->traits & DESTROYS && call->session && !call->broken)
		end_session(call);
	if (!ret && call->out.full)
		sks_fail(call, SKS_E_INTERNAL, "the outputs are too long");
}

static void write_status(struct sks_call *call)
{
	if (!call->status) {
		call->out.bytes[0] = SKS_OK;
		return;
	}
	call->out.len = 0;
	call->out.full = false;
	sks_put_u8(&call->out, call->status);
	sks_put_string(&call->out, call->text);
}

/* A result that is too long for one answer is asked for again, from where it ended. */
static int answer(struct sks_call *call, size_t from, struct uks_attrs *out)
{
	size_t len = call->out.len;
	uint8_t cursor[OFFSET_LEN];
	struct sks_out next = { .bytes = cursor, .size = sizeof(cursor) };

	if (from > len)
		return failure_set(call->failure, UKS_E_PROVISION,
				   "the result ends before byte %zu", from);
	len -= from;
	if (len > PAGE) {
		len = PAGE;
		sks_put_u32(&next, from + PAGE);
		uks_attrs_put(out, UKS_A_CURSOR, cursor, sizeof(cursor));
	}
	uks_attrs_put(out, UKS_A_RESULT, call->out.bytes + from, len);
	return 0;
}

static void finish(struct sks_call *call)
{
	struct keylock *locks = &call->worker->uksd->locks;

	keylock_release_stripes(locks, call->stripes);
	if (call->root)
		sodium_free(call->root);
	if (call->ahead) {
		sodium_free(call->ahead->secret);
		free(call->ahead);
	}
	free(call->erased);
	sodium_memzero(call->worker->secret, KEY_SECRET_MAX);
}

static int serve(struct sks_call *call, const struct method *method, size_t from,
		 struct uks_attrs *out)
{
	int ret = -1;

	call->out = (struct sks_out){ .bytes = malloc(SKS_MESSAGE_MAX), .size = SKS_MESSAGE_MAX };
	if (!call->out.bytes)
		return failure_set(call->failure, UKS_E_NO_MEMORY, "out of memory for outputs");
	sks_put_u8(&call->out, SKS_OK);
	run(call, method);
	if (call->status && !call->broken)
		log_request(LOG_DEBUG, call->request->id, "%s: status %u: %s", method->name,
			    call->status, call->text);
	call->worker->subject.status = call->broken ? 0 : call->status;
	write_status(call);
	if (!call->broken)
		ret = answer(call, from, out);
	finish(call);
	sodium_memzero(call->out.bytes, call->out.len);
	free(call->out.bytes);
	return ret;
}

/* The cursor of a request is where to go on: with arguments, or with a result. */
struct where {
	const uint8_t *token;
	size_t from;
};

static int read_cursor(const struct uks_attr *cursor, struct where *where,
		       struct failure *failure)
{
	struct sks_in in = { .at = cursor->value, .left = cursor->len };

	*where = (struct where){ };
	if (!cursor->type)
		return 0;
	if (cursor->len == SKS_TOKEN_LEN)
		where->token = cursor->value;
	else if (cursor->len == OFFSET_LEN)
		where->from = sks_get_u32(&in);
	else
		return failure_set(failure, UKS_E_INVALID,
				   "the cursor is not one that this daemon gave");
	return 0;
}

/* With all parts that came before. */
static int serve_parts(struct sks_call *call, const struct method *method, uint32_t number,
		       const struct where *where, struct uks_attrs *out)
{
	struct sks_bytes part = { .at = call->in.at, .len = call->in.left }, whole;
	uint8_t next[SKS_TOKEN_LEN];
	uint32_t uid = call->request->uid;
	int ret;

	if (sks_parts_add(uid, number, where->token, &part, next, call->failure))
		return -1;
	if (call->flags & SKS_CALL_MORE) {
		uks_attrs_put(out, UKS_A_CURSOR, next, sizeof(next));
		return 0;
	}
	if (sks_parts_take(uid, number, next, &whole, call->failure))
		return -1;
	call->in = (struct sks_in){ .at = whole.at, .left = whole.len };
	ret = serve(call, method, 0, out);
	sodium_memzero((uint8_t *)whole.at, whole.len);
	free((uint8_t *)whole.at);
	return ret;
}

int handle_provision(struct worker *worker, const struct request *request,
		     struct uks_attrs *out, struct failure *failure)
{
	const struct uks_attr *message = &request->attrs[UKS_A_MESSAGE];
	uint32_t number = uks_attr_u32(&request->attrs[UKS_A_COMMAND], 0);
	const struct method *method = find_method(number, failure);
	struct sks_call call = {
		.worker = worker, .request = request, .failure = failure,
		.flags = uks_attr_u32(&request->attrs[UKS_A_FLAGS], 0),
		.in = { .at = message->value, .left = message->len },
	};
	struct where where;

	if (!method || read_cursor(&request->attrs[UKS_A_CURSOR], &where, failure))
		return -1;
	if (call.flags & ~(SKS_CALL_MORE | SKS_CALL_WHOLE_MESSAGE) ||
	    request->attrs[UKS_A_LIMIT].type)
		return failure_set(failure, UKS_E_INVALID,
				   "flags 0x%x, or a limit, have no meaning when keys are provisioned",
				   call.flags);
	if (where.token || call.flags & SKS_CALL_MORE)
		return serve_parts(&call, method, number, &where, out);
	if (where.from && method->traits & DESTROYS)
		return failure_set(failure, UKS_E_INVALID,
				   "the result of %s has one part only", method->name);
	return serve(&call, method, where.from, out);
}
