// SPDX-License-Identifier: LGPL-2.1-or-later
/* What all operations of a session have in common. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "key.h"
#include "p11.h"

void op_end(struct op *op)
{
	if (!op->mechanism)
		return;
	/* A message that was begun would be in the way of the next. */
	if (op->begun)
		use_drop(op->use);
	else
		use_close(op->use);
	object_put(op->key);
	EVP_MD_CTX_free(op->md);
	EVP_PKEY_free(op->public);
	if (op->held)
		explicit_bzero(op->held, op->held_len);
	free(op->held);
	free(op->aad);
	explicit_bzero(op, sizeof(*op));
}

ck_rv_t op_result(struct op *op, ck_rv_t rv, const void *out)
{
	if (rv != CKR_BUFFER_TOO_SMALL && !(rv == CKR_OK && !out))
		op_end(op);
	return rv;
}

ck_rv_t op_needs_room(const void *out, unsigned long *out_len, size_t need)
{
	unsigned long room = *out_len;

	*out_len = need;
	return out && room < need ? CKR_BUFFER_TOO_SMALL : CKR_OK;
}

ck_rv_t op_one_shot(const struct op *op)
{
	if (!op->mechanism)
		return CKR_OPERATION_NOT_INITIALIZED;
	return op->parts ? CKR_OPERATION_ACTIVE : CKR_OK;
}

ck_rv_t op_collect(struct op *op, const void *part, size_t len, size_t most)
{
	uint8_t *grown;

	if (len > most || op->held_len > most - len)
		return CKR_DATA_LEN_RANGE;
	if (!len)
		return CKR_OK;
	/* Not realloc(): it would leave a copy behind. */
	grown = malloc(op->held_len + len);
	if (!grown)
		return CKR_HOST_MEMORY;
	if (op->held) {
		memcpy(grown, op->held, op->held_len);
		explicit_bzero(op->held, op->held_len);
		free(op->held);
	}
	memcpy(grown + op->held_len, part, len);
	op->held = grown;
	op->held_len += len;
	return CKR_OK;
}

/* ---- may this key be used so? ---- */

static bool type_fits(const struct mechanism *mechanism, ck_key_type_t type)
{
	if (mechanism->key_type == type)
		return true;
	/* Keys of HMAC may be called generic secrets. */
	if (type == CKK_GENERIC_SECRET)
		return mechanism->algorithm == UKS_ALG_HMAC;
	return mechanism->algorithm == UKS_ALG_ECDH && type == CKK_EC_MONTGOMERY;
}

static bool allowed(const struct object *key, ck_mechanism_type_t type)
{
	const struct ck_attribute *list = bag_find(&key->bag, CKA_ALLOWED_MECHANISMS);
	ck_mechanism_type_t one;
	size_t at;

	if (!list || !list->value_len)
		return true;
	for (at = 0; at + sizeof(one) <= list->value_len; at += sizeof(one)) {
		memcpy(&one, (char *)list->value + at, sizeof(one));
		if (one == type)
			return true;
	}
	return false;
}

/* The daemon enforces them for its keys; public keys and session values are here. */
static bool in_time(const struct object *key)
{
	const struct ck_attribute *start = bag_find(&key->bag, CKA_START_DATE);
	const struct ck_attribute *end = bag_find(&key->bag, CKA_END_DATE);
	time_t now = time(NULL);
	char today[16];
	struct tm tm;

	if (!gmtime_r(&now, &tm) || !strftime(today, sizeof(today), "%Y%m%d", &tm))
		return false;
	if (start && start->value_len == 8 && memcmp(today, start->value, 8) < 0)
		return false;
	return !end || end->value_len != 8 || memcmp(today, end->value, 8) <= 0;
}

/* Weak mechanisms are for keys whose policy names them. */
static bool named(const struct object *key, uint32_t algorithm)
{
	struct uks_policy *policy = NULL;
	struct uks_key *found;
	uint64_t algorithms = 0;
	char ref[KEY_REF_LEN];

	if (algorithm != UKS_ALG_RSA_RAW && algorithm != UKS_ALG_AES_ECB)
		return true;
	if (!key->in_uks || key->class == CKO_PUBLIC_KEY)
		return true;
	key_ref(ref, key->id);
	if (uks_key_show(module.client, ref, &found, NULL))
		return false;
	if (found->policy_len &&
	    !uks_policy_parse(found->policy, found->policy_len, &policy, NULL))
		uks_policy_get(policy, UKS_POLICY_A_ALGORITHMS, &algorithms);
	uks_policy_free(policy);
	uks_key_free(found);
	return algorithms >> algorithm & 1;
}

ck_rv_t op_allows(const struct object *key, const struct mechanism *mechanism)
{
	if (!allowed(key, mechanism->type) || !named(key, mechanism->algorithm))
		return CKR_MECHANISM_INVALID;
	return in_time(key) ? CKR_OK : CKR_KEY_FUNCTION_NOT_PERMITTED;
}

static ck_rv_t check_key(const struct object *key, const struct mechanism *mechanism,
			 ck_attribute_type_t usage)
{
	if (!object_is_key(key))
		return CKR_KEY_HANDLE_INVALID;
	if (!type_fits(mechanism, bag_ulong(&key->bag, CKA_KEY_TYPE, CKK_VENDOR_DEFINED)))
		return CKR_KEY_TYPE_INCONSISTENT;
	if (!bag_bool(&key->bag, usage, false))
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	return op_allows(key, mechanism);
}

static ck_flags_t flag_of(enum op_kind kind)
{
	static const ck_flags_t flags[OP_KINDS] = {
		[OP_ENCRYPT] = CKF_ENCRYPT, [OP_DECRYPT] = CKF_DECRYPT,
		[OP_DIGEST] = CKF_DIGEST, [OP_SIGN] = CKF_SIGN, [OP_VERIFY] = CKF_VERIFY,
		[OP_SIGN_RECOVER] = CKF_SIGN_RECOVER,
		[OP_VERIFY_RECOVER] = CKF_VERIFY_RECOVER,
		[OP_MESSAGE_ENCRYPT] = CKF_MESSAGE_ENCRYPT,
		[OP_MESSAGE_DECRYPT] = CKF_MESSAGE_DECRYPT,
	};

	return flags[kind];
}

/* Public keys work in this process: nothing of them is secret. */
static ck_rv_t load_public(struct op *op)
{
	const struct ck_attribute *spki;
	const unsigned char *at;

	key_learn_public(op->key);
	spki = bag_find(&op->key->bag, CKA_PUBLIC_KEY_INFO);
	if (!spki || !spki->value_len)
		return CKR_DEVICE_ERROR;
	at = spki->value;
	op->public = d2i_PUBKEY(NULL, &at, spki->value_len);
	return op->public ? CKR_OK : CKR_HOST_MEMORY;
}

static ck_rv_t begin(struct session *session, enum op_kind kind,
		     const struct ck_mechanism *given, ck_object_handle_t handle,
		     ck_attribute_type_t usage)
{
	struct op *op = &session->op[kind];
	ck_rv_t rv;

	op->key = object_get(handle, session->slot);
	if (!op->key)
		return CKR_KEY_HANDLE_INVALID;
	rv = check_key(op->key, op->mechanism, usage);
	if (rv != CKR_OK)
		return rv;
	op->wanted.algorithm = op->mechanism->algorithm;
	op->wanted.digest = op->mechanism->digest;
	/* Each message brings its own. */
	if (kind != OP_MESSAGE_ENCRYPT && kind != OP_MESSAGE_DECRYPT)
		rv = mechanism_parameters(op, given);
	if (rv == CKR_OK && op->key->class == CKO_PUBLIC_KEY)
		return load_public(op);
	return rv == CKR_OK ? session_key_ready(op) : rv;
}

static ck_rv_t init(struct session *session, const struct ck_mechanism *mechanism,
		    ck_object_handle_t handle, enum op_kind kind, ck_attribute_type_t usage)
{
	struct op *op = &session->op[kind];
	const struct mechanism *row;
	ck_rv_t rv;

	if (op->mechanism)
		return CKR_OPERATION_ACTIVE;
	row = mechanism_find(mechanism->mechanism);
	if (!row || !(row->flags & flag_of(kind)))
		return CKR_MECHANISM_INVALID;
	memset(op, 0, sizeof(*op));
	op->mechanism = row;
	pthread_mutex_lock(&module.lock);
	rv = begin(session, kind, mechanism, handle, usage);
	pthread_mutex_unlock(&module.lock);
	if (rv != CKR_OK)
		op_end(op);
	return rv;
}

ck_rv_t op_init(ck_session_handle_t handle, struct ck_mechanism *mechanism,
		ck_object_handle_t key, enum op_kind kind, ck_attribute_type_t usage,
		ck_rv_t (*prepare)(struct op *op, const struct ck_mechanism *given))
{
	struct session *session;
	ck_rv_t rv = session_enter(handle, &session);

	if (rv != CKR_OK)
		return rv;
	if (!mechanism) {
		op_end(&session->op[kind]);
		return session_leave(session, CKR_OK);
	}
	rv = init(session, mechanism, key, kind, usage);
	if (rv == CKR_OK) {
		rv = prepare(&session->op[kind], mechanism);
		if (rv != CKR_OK)
			op_end(&session->op[kind]);
	}
	return session_leave(session, rv);
}
