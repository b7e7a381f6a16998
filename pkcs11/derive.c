// SPDX-License-Identifier: LGPL-2.1-or-later
/* C_DeriveKey: ECDH and HKDF. What is to stay secret does not come out of UKS. */
#include <stdlib.h>
#include <string.h>

#include "key.h"
#include "rules.h"
#include "store.h"

/**
 * struct derive - one call
 * @mechanism: how
 * @base: key to agree with or derive from
 * @method: how, as libuks takes it
 * @parameters: part of @method
 * @peer: the other side's public key, or NULL
 * @ref: @base, as libuks takes it
 */
struct derive {
	const struct mechanism *mechanism;
	struct object *base;
	struct uks_method method;
	struct uks_parameters parameters;
	uint8_t *peer;
	char ref[KEY_REF_LEN];
};

static ck_rv_t take_ecdh(struct derive *derive, const struct ck_mechanism *given)
{
	const struct ck_ecdh1_derive_params *params = given->parameter;
	const struct key_kind *kind = key_kind_of(derive->base->type);
	size_t len;
	ck_rv_t rv;

	if (!params || given->parameter_len != sizeof(*params) || params->kdf != CKD_NULL ||
	    params->shared_data_len || !params->public_data || !params->public_data_len)
		return CKR_MECHANISM_PARAM_INVALID;
	rv = material_peer(kind, params->public_data, params->public_data_len, &derive->peer,
			   &len);
	if (rv != CKR_OK)
		return rv;
	derive->method.algorithm = kind->type == UKS_KEY_X25519 ? UKS_ALG_X25519 :
		kind->type == UKS_KEY_X448 ? UKS_ALG_X448 : UKS_ALG_ECDH;
	derive->parameters.peer = derive->peer;
	derive->parameters.peer_len = len;
	return CKR_OK;
}

static ck_rv_t take_hkdf(struct derive *derive, const struct ck_mechanism *given)
{
	const struct ck_hkdf_params *params = given->parameter;

	if (!params || given->parameter_len != sizeof(*params) || !params->extract ||
	    !params->expand || params->salt_type == CKF_HKDF_SALT_KEY ||
	    (params->info_len && !params->info) ||
	    (params->salt_type == CKF_HKDF_SALT_DATA && params->salt_len && !params->salt))
		return CKR_MECHANISM_PARAM_INVALID;
	derive->method.algorithm = UKS_ALG_HKDF;
	derive->method.digest = mechanism_digest(params->prf);
	if (!derive->method.digest)
		return CKR_MECHANISM_PARAM_INVALID;
	derive->parameters.info = params->info;
	derive->parameters.info_len = params->info_len;
	if (params->salt_type == CKF_HKDF_SALT_DATA) {
		derive->parameters.salt = params->salt;
		derive->parameters.salt_bytes = params->salt_len;
	}
	return CKR_OK;
}

static ck_rv_t take_base(struct derive *derive, struct object *base)
{
	ck_key_type_t type;
	ck_rv_t rv;

	derive->base = base;
	if (!derive->base || !object_is_key(derive->base))
		return CKR_KEY_HANDLE_INVALID;
	type = bag_ulong(&derive->base->bag, CKA_KEY_TYPE, CKK_VENDOR_DEFINED);
	if (type != derive->mechanism->key_type &&
	    (derive->mechanism->type != CKM_ECDH1_DERIVE || type != CKK_EC_MONTGOMERY))
		return CKR_KEY_TYPE_INCONSISTENT;
	if (!bag_bool(&derive->base->bag, CKA_DERIVE, false) ||
	    derive->base->class == CKO_PUBLIC_KEY)
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	rv = op_allows(derive->base, derive->mechanism);
	if (rv == CKR_OK && !derive->base->in_uks)
		rv = store_ready(derive->base);
	if (rv == CKR_OK)
		key_ref(derive->ref, derive->base->id);
	return rv;
}

static ck_rv_t begin(const struct session *session, struct derive *derive,
		     const struct ck_mechanism *given, ck_object_handle_t base)
{
	ck_rv_t rv;

	memset(derive, 0, sizeof(*derive));
	if (!given)
		return CKR_ARGUMENTS_BAD;
	derive->mechanism = mechanism_find(given->mechanism);
	if (!derive->mechanism || !(derive->mechanism->flags & CKF_DERIVE))
		return CKR_MECHANISM_INVALID;
	derive->method.parameters = &derive->parameters;
	rv = take_base(derive, object_get(base, session->slot));
	if (rv != CKR_OK)
		return rv;
	return given->mechanism == CKM_HKDF_DERIVE ? take_hkdf(derive, given) :
		take_ecdh(derive, given);
}

/* ---- the result ---- */

static size_t secret_len(const struct derive *derive)
{
	unsigned int bits = key_kind_of(derive->base->type)->len;

	return (bits + 7) / 8;
}

/* Kept inside: the new key is UKS' from its first moment. */
static ck_rv_t keep_inside(struct session *session, struct derive *derive,
			   const struct key_kind *kind, const struct bag *bag,
			   ck_object_handle_t *handle)
{
	struct key_source source = { .base = derive->ref, .method = &derive->method };
	struct uks_key *key;
	ck_rv_t rv = key_make(kind, bag, bag_bool(bag, CKA_TOKEN, false), &source, &key);

	if (rv != CKR_OK)
		return rv;
	rv = store_key(session, CKO_SECRET_KEY, key, bag, handle);
	if (rv != CKR_OK)
		key_delete_session_key(key->id);
	uks_key_free(key);
	return rv;
}

static int run(struct derive *derive, uint8_t *secret, size_t *len)
{
	bool hkdf = derive->method.algorithm == UKS_ALG_HKDF;
	struct uks_session *use;
	const void *peer = derive->parameters.peer;
	size_t peer_len = derive->parameters.peer_len;
	int ret;

	derive->parameters.peer = NULL;
	derive->parameters.peer_len = 0;
	ret = uks_session_open_with(module.client, derive->ref,
				    hkdf ? UKS_PURPOSE_DERIVE : UKS_PURPOSE_AGREE,
				    &derive->method, &use, NULL);
	if (ret)
		return ret;
	ret = hkdf ? uks_derive(use, NULL, 0, secret, len, NULL) :
		uks_agree(use, peer, peer_len, secret, len, NULL);
	uks_session_close(use);
	return ret;
}

/* The standard takes bytes off the leading end. */
static ck_rv_t give_out(struct session *session, struct derive *derive, const struct bag *bag,
			size_t want, ck_object_handle_t *handle)
{
	uint8_t secret[1024];
	size_t len = sizeof(secret);
	ck_rv_t rv = error_rv(run(derive, secret, &len));

	if (rv == CKR_OK && want > len)
		rv = CKR_KEY_SIZE_RANGE;
	if (rv == CKR_OK)
		rv = store_value(session, bag, secret + len - want, want, handle);
	explicit_bzero(secret, sizeof(secret));
	return rv;
}

static ck_rv_t derive_it(struct session *session, struct derive *derive, const struct bag *bag,
			 ck_object_handle_t *handle)
{
	bool hkdf = derive->method.algorithm == UKS_ALG_HKDF;
	bool secret = bag_bool(bag, CKA_TOKEN, false) || bag_bool(bag, CKA_SENSITIVE, false);
	size_t want = bag_ulong(bag, CKA_VALUE_LEN, 0);
	const struct key_kind *kind;

	if (!want && hkdf)
		return CKR_TEMPLATE_INCOMPLETE;
	if (!want)
		want = secret_len(derive);
	if (want > 1024)
		return CKR_KEY_SIZE_RANGE;
	kind = material_secret_kind(bag, want);
	if (!kind)
		return CKR_TEMPLATE_INCONSISTENT;
	derive->parameters.out_len = hkdf ? want : 0;
	/* A part of an agreed secret cannot be kept inside: UKS keeps all of it. */
	if (secret && (hkdf || (kind->type == UKS_KEY_SECRET && want == secret_len(derive))))
		return keep_inside(session, derive, kind, bag, handle);
	return give_out(session, derive, bag, want, handle);
}

static ck_rv_t take_template(struct session *session, const struct ck_attribute *list,
			     unsigned long count, struct bag *bag)
{
	ck_rv_t rv = rules_check(CKO_SECRET_KEY, RULES_UNWRAP, list, count);

	if (rv == CKR_OK)
		rv = bag_merge(bag, list, count);
	if (rv != CKR_OK)
		return rv;
	if (bag_ulong(bag, CKA_CLASS, CKO_SECRET_KEY) != CKO_SECRET_KEY)
		return CKR_TEMPLATE_INCONSISTENT;
	if (!bag_find(bag, CKA_KEY_TYPE))
		rv = bag_put_ulong(bag, CKA_KEY_TYPE, CKK_GENERIC_SECRET);
	if (rv == CKR_OK)
		rv = session_needs_rw(session, bag_bool(bag, CKA_TOKEN, false));
	return rv == CKR_OK ? session_may_hide(session, CKO_SECRET_KEY, bag) : rv;
}

P11_EXPORT ck_rv_t C_DeriveKey(ck_session_handle_t number, struct ck_mechanism *mechanism,
			       ck_object_handle_t base, struct ck_attribute *list,
			       unsigned long count, ck_object_handle_t *handle)
{
	struct session *session;
	struct derive derive;
	struct bag bag = { 0 };
	ck_rv_t rv = session_enter(number, &session);

	if (rv != CKR_OK)
		return rv;
	if (!handle || (count && !list))
		return session_leave(session, CKR_ARGUMENTS_BAD);
	pthread_mutex_lock(&module.lock);
	rv = begin(session, &derive, mechanism, base);
	if (rv == CKR_OK)
		rv = take_template(session, list, count, &bag);
	if (rv == CKR_OK)
		rv = derive_it(session, &derive, &bag, handle);
	pthread_mutex_unlock(&module.lock);
	object_put(derive.base);
	free(derive.peer);
	bag_clear(&bag);
	return session_leave(session, rv);
}
