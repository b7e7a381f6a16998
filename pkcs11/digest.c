// SPDX-License-Identifier: LGPL-2.1-or-later
/* C_Digest: in this process, for there is no key in it. */
#include <string.h>

#include "p11.h"

static ck_rv_t begin(struct session *session, const struct ck_mechanism *given)
{
	struct op *op = &session->op[OP_DIGEST];
	const struct mechanism *row;
	const EVP_MD *md;

	if (!given) {
		op_end(op);
		return CKR_OK;
	}
	if (op->mechanism)
		return CKR_OPERATION_ACTIVE;
	row = mechanism_find(given->mechanism);
	if (!row || !(row->flags & CKF_DIGEST))
		return CKR_MECHANISM_INVALID;
	if (given->parameter_len)
		return CKR_MECHANISM_PARAM_INVALID;
	md = EVP_get_digestbyname(mechanism_digest_name(row->digest));
	memset(op, 0, sizeof(*op));
	op->md = EVP_MD_CTX_new();
	if (!op->md)
		return CKR_HOST_MEMORY;
	op->mechanism = row;
	op->out_len = mechanism_digest_len(row->digest);
	if (md && EVP_DigestInit_ex(op->md, md, NULL) > 0)
		return CKR_OK;
	op_end(op);
	return CKR_FUNCTION_FAILED;
}

P11_EXPORT ck_rv_t C_DigestInit(ck_session_handle_t handle, struct ck_mechanism *mechanism)
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);

	return rv == CKR_OK ? session_leave(session, begin(session, mechanism)) : rv;
}

static ck_rv_t update(struct op *op, const void *part, unsigned long len)
{
	if (!op->mechanism)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (len && !part)
		return CKR_ARGUMENTS_BAD;
	op->parts = true;
	return EVP_DigestUpdate(op->md, part, len) > 0 ? CKR_OK : CKR_FUNCTION_FAILED;
}

P11_EXPORT ck_rv_t C_DigestUpdate(ck_session_handle_t handle, unsigned char *part,
				  unsigned long part_len)
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);

	if (rv != CKR_OK)
		return rv;
	rv = update(&session->op[OP_DIGEST], part, part_len);
	if (rv != CKR_OK)
		op_end(&session->op[OP_DIGEST]);
	return session_leave(session, rv);
}

/* Only of a key whose value may be told; what UKS has, it does not tell. */
static ck_rv_t digest_key(struct session *session, ck_object_handle_t handle)
{
	struct op *op = &session->op[OP_DIGEST];
	const struct ck_attribute *value;
	struct object *key;
	ck_rv_t rv = CKR_KEY_INDIGESTIBLE;

	if (!op->mechanism)
		return CKR_OPERATION_NOT_INITIALIZED;
	pthread_mutex_lock(&module.lock);
	key = object_get(handle, session->slot);
	value = key ? bag_find(&key->bag, CKA_VALUE) : NULL;
	if (!key)
		rv = CKR_KEY_HANDLE_INVALID;
	else if (key->class == CKO_SECRET_KEY && value)
		rv = update(op, value->value, value->value_len);
	pthread_mutex_unlock(&module.lock);
	object_put(key);
	return rv;
}

P11_EXPORT ck_rv_t C_DigestKey(ck_session_handle_t handle, ck_object_handle_t key)
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);

	if (rv != CKR_OK)
		return rv;
	rv = digest_key(session, key);
	if (rv != CKR_OK)
		op_end(&session->op[OP_DIGEST]);
	return session_leave(session, rv);
}

static ck_rv_t final(struct op *op, unsigned char *digest, unsigned long *len)
{
	ck_rv_t rv;

	if (!op->mechanism)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (!len)
		return CKR_ARGUMENTS_BAD;
	rv = op_needs_room(digest, len, op->out_len);
	if (rv == CKR_OK && digest && EVP_DigestFinal_ex(op->md, digest, NULL) <= 0)
		rv = CKR_FUNCTION_FAILED;
	return rv;
}

P11_EXPORT ck_rv_t C_DigestFinal(ck_session_handle_t handle, unsigned char *digest,
				 unsigned long *digest_len)
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);
	struct op *op;

	if (rv != CKR_OK)
		return rv;
	op = &session->op[OP_DIGEST];
	rv = final(op, digest, digest_len);
	return session_leave(session, op_result(op, rv, digest));
}

static ck_rv_t one_shot(struct op *op, const void *data, unsigned long len,
			unsigned char *digest, unsigned long *digest_len)
{
	ck_rv_t rv = op_one_shot(op);

	if (rv != CKR_OK)
		return rv;
	if (!digest_len || (len && !data))
		return CKR_ARGUMENTS_BAD;
	rv = op_needs_room(digest, digest_len, op->out_len);
	if (rv != CKR_OK || !digest)
		return rv;
	rv = update(op, data, len);
	return rv == CKR_OK ? final(op, digest, digest_len) : rv;
}

P11_EXPORT ck_rv_t C_Digest(ck_session_handle_t handle, unsigned char *data,
			    unsigned long data_len, unsigned char *digest,
			    unsigned long *digest_len)
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);
	struct op *op;

	if (rv != CKR_OK)
		return rv;
	op = &session->op[OP_DIGEST];
	rv = one_shot(op, data, data_len, digest, digest_len);
	return session_leave(session, op_result(op, rv, digest));
}
