// SPDX-License-Identifier: LGPL-2.1-or-later
/* C_WrapKey, C_UnwrapKey: UKS wraps and unwraps; a key is never in clear here. */
#include <stdlib.h>
#include <string.h>

#include "key.h"
#include "rules.h"
#include "store.h"

#define WRAPPED_MAX	16384	/* as UKS has it */
#define VECTOR_LEN	16

/**
 * struct wrap - one call
 * @op: mechanism and parameters, as of an operation
 * @ref: the wrapping key, as libuks takes it
 * @wrapping: how, as libuks takes it
 * @parameters: part of @wrapping
 */
struct wrap {
	struct op op;
	char ref[KEY_REF_LEN];
	struct uks_wrapping wrapping;
	struct uks_parameters parameters;
};

static ck_rv_t take_parameters(struct wrap *wrap, const struct ck_mechanism *given)
{
	const struct ck_rsa_aes_key_wrap_params *params = given->parameter;

	switch (given->mechanism) {
	case CKM_RSA_PKCS_OAEP:
	case CKM_AES_CBC_PAD:
		return mechanism_parameters(&wrap->op, given);
	case CKM_RSA_AES_KEY_WRAP:
		if (!params || given->parameter_len != sizeof(*params) ||
		    params->aes_key_bits != 256 || !params->oaep)
			return CKR_MECHANISM_PARAM_INVALID;
		return mechanism_oaep(params->oaep, &wrap->op);
	default:
		/* The initial vectors of RFC 3394 and RFC 5649. */
		return given->parameter_len ? CKR_MECHANISM_PARAM_INVALID : CKR_OK;
	}
}

static ck_rv_t take_key(struct wrap *wrap, struct object *key, ck_attribute_type_t usage)
{
	const struct ck_attribute *spki;
	ck_rv_t rv;

	wrap->op.key = key;
	if (!key || !object_is_key(key))
		return usage == CKA_WRAP ? CKR_WRAPPING_KEY_HANDLE_INVALID :
			CKR_UNWRAPPING_KEY_HANDLE_INVALID;
	if (bag_ulong(&key->bag, CKA_KEY_TYPE, CKK_EC) != wrap->op.mechanism->key_type)
		return usage == CKA_WRAP ? CKR_WRAPPING_KEY_TYPE_INCONSISTENT :
			CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT;
	if (!bag_bool(&key->bag, usage, false))
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	rv = op_allows(key, wrap->op.mechanism);
	if (rv != CKR_OK)
		return rv;
	if (key->class == CKO_PUBLIC_KEY) {
		key_learn_public(key);
		spki = bag_find(&key->bag, CKA_PUBLIC_KEY_INFO);
		if (!spki)
			return CKR_DEVICE_ERROR;
		wrap->wrapping.public_key = spki->value;
		wrap->wrapping.public_key_len = spki->value_len;
		return CKR_OK;
	}
	if (!key->in_uks)
		rv = session_key_ready(&wrap->op);
	if (rv != CKR_OK)
		return rv;
	key_ref(wrap->ref, key->id);
	wrap->wrapping.key = wrap->ref;
	return CKR_OK;
}

/* CKM_AES_CBC_PAD is one algorithm to encrypt and another, which must be named, to wrap. */
static bool is_cbc(const struct wrap *wrap)
{
	return wrap->op.mechanism->type == CKM_AES_CBC_PAD;
}

static ck_rv_t begin(const struct session *session, struct wrap *wrap,
		     const struct ck_mechanism *given, ck_object_handle_t handle,
		     ck_flags_t flag)
{
	ck_attribute_type_t usage = flag == CKF_WRAP ? CKA_WRAP : CKA_UNWRAP;
	const struct mechanism *row;
	ck_rv_t rv;

	memset(wrap, 0, sizeof(*wrap));
	if (!given)
		return CKR_ARGUMENTS_BAD;
	row = mechanism_find(given->mechanism);
	if (!row || !(row->flags & flag))
		return CKR_MECHANISM_INVALID;
	wrap->op.mechanism = row;
	rv = take_parameters(wrap, given);
	if (rv == CKR_OK)
		rv = take_key(wrap, object_get(handle, session->slot), usage);
	wrap->wrapping.algorithm = is_cbc(wrap) ? UKS_ALG_AES_CBC_WRAP : row->algorithm;
	wrap->wrapping.digest = wrap->op.wanted.digest;
	wrap->parameters.mgf_digest = wrap->op.wanted.mgf_digest;
	wrap->parameters.label = wrap->op.aad_len ? wrap->op.aad : NULL;
	wrap->parameters.label_len = wrap->op.aad_len;
	if (flag == CKF_WRAP && is_cbc(wrap)) {
		wrap->parameters.vector = wrap->op.nonce;
		wrap->parameters.vector_len = wrap->op.nonce_len;
	}
	wrap->wrapping.parameters = &wrap->parameters;
	return rv;
}

/* ---- wrapping ---- */

static ck_rv_t check_wrapped(const struct wrap *wrap, const struct object *key)
{
	if (!object_is_key(key))
		return CKR_KEY_HANDLE_INVALID;
	if (key->class == CKO_PUBLIC_KEY)
		return CKR_KEY_NOT_WRAPPABLE;
	if (!bag_bool(&key->bag, CKA_EXTRACTABLE, false))
		return CKR_KEY_UNEXTRACTABLE;
	if (bag_bool(&key->bag, CKA_WRAP_WITH_TRUSTED, false) &&
	    !bag_bool(&wrap->op.key->bag, CKA_TRUSTED, false))
		return CKR_KEY_NOT_WRAPPABLE;
	return CKR_OK;
}

static ck_rv_t wrap_it(struct wrap *wrap, struct object *key, void *out, unsigned long *out_len)
{
	/* UKS puts the vector first, the standard leaves it to the caller. */
	size_t skip = is_cbc(wrap) ? VECTOR_LEN : 0;
	uint8_t wrapped[WRAPPED_MAX];
	size_t len = sizeof(wrapped);
	char ref[KEY_REF_LEN];
	ck_rv_t rv = check_wrapped(wrap, key);
	int ret;

	if (rv == CKR_OK && !key->in_uks)
		rv = store_ready(key);
	if (rv != CKR_OK)
		return rv;
	key_ref(ref, key->id);
	wrap->wrapping.format = key->class == CKO_PRIVATE_KEY ? UKS_FORMAT_PKCS8 : UKS_FORMAT_RAW;
	ret = uks_key_wrap(module.client, ref, 0, &wrap->wrapping, wrapped, &len, NULL);
	if (ret)
		return ret == -UKS_E_TOO_LONG ? CKR_KEY_SIZE_RANGE : error_rv(ret);
	rv = op_needs_room(out, out_len, len - skip);
	if (rv == CKR_OK && out)
		memcpy(out, wrapped + skip, len - skip);
	return rv;
}

P11_EXPORT ck_rv_t C_WrapKey(ck_session_handle_t handle, struct ck_mechanism *mechanism,
			     ck_object_handle_t wrapping_key, ck_object_handle_t number,
			     unsigned char *wrapped, unsigned long *wrapped_len)
{
	struct session *session;
	struct object *key = NULL;
	struct wrap wrap;
	ck_rv_t rv = session_enter(handle, &session);

	if (rv != CKR_OK)
		return rv;
	if (!wrapped_len)
		return session_leave(session, CKR_ARGUMENTS_BAD);
	pthread_mutex_lock(&module.lock);
	rv = begin(session, &wrap, mechanism, wrapping_key, CKF_WRAP);
	if (rv == CKR_OK) {
		key = object_get(number, session->slot);
		rv = key ? wrap_it(&wrap, key, wrapped, wrapped_len) : CKR_KEY_HANDLE_INVALID;
	}
	pthread_mutex_unlock(&module.lock);
	object_put(key);
	op_end(&wrap.op);
	return session_leave(session, rv);
}

/* ---- unwrapping ---- */

/* Types that the wrapped key can be of, the likeliest first. */
static size_t candidates(const struct wrap *wrap, const struct bag *bag, size_t len,
			 const struct key_kind **kinds, size_t most)
{
	static const uint32_t pairs[] = {
		UKS_KEY_RSA_2048, UKS_KEY_RSA_3072, UKS_KEY_RSA_4096, UKS_KEY_EC_P256,
		UKS_KEY_EC_P384, UKS_KEY_EC_P521, UKS_KEY_ED25519, UKS_KEY_ED448, UKS_KEY_X25519,
		UKS_KEY_X448
	};
	static const unsigned int lens[] = { 32, 16, 24 };
	ck_key_type_t type = bag_ulong(bag, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION);
	unsigned long told = bag_ulong(bag, CKA_VALUE_LEN, 0);
	const struct key_kind *kind = NULL;
	size_t i, count = 0;

	if (!told && wrap->op.mechanism->algorithm == UKS_ALG_AES_KW && len > 8)
		told = len - 8;
	if (bag_ulong(bag, CKA_CLASS, CKO_SECRET_KEY) == CKO_PRIVATE_KEY) {
		for (i = 0; i < sizeof(pairs) / sizeof(*pairs) && count < most; i++)
			if (key_kind_of(pairs[i])->key_type == type)
				kinds[count++] = key_kind_of(pairs[i]);
		return count;
	}
	for (i = 0; i < 3 && count < most; i++) {
		kind = material_secret_kind(bag, told ? told : lens[i]);
		/* Padding is from one byte to a block. */
		if (!told && is_cbc(wrap) && kind && kind->len &&
		    (lens[i] >= len || lens[i] + VECTOR_LEN < len))
			continue;
		if (kind)
			kinds[count++] = kind;
		if (told || (kind && !kind->len))
			break;
	}
	/* None has that length: the daemon refuses it. */
	if (!count && kind)
		kinds[count++] = kind;
	return count;
}

static ck_rv_t unwrap_as(struct session *session, const struct key_kind *kind,
			 const struct bag *bag, const struct key_source *source,
			 ck_object_handle_t *handle)
{
	ck_object_class_t class = key_is_pair(kind) ? CKO_PRIVATE_KEY : CKO_SECRET_KEY;
	bool token = bag_bool(bag, CKA_TOKEN, false);
	struct uks_key *key;
	ck_rv_t rv = key_make(kind, bag, token, source, &key);

	if (rv != CKR_OK)
		return rv;
	if (token && class == CKO_PRIVATE_KEY)
		rv = store_hide_public(key);
	if (rv == CKR_OK)
		rv = store_key(session, class, key, bag, handle);
	if (rv != CKR_OK)
		key_delete_session_key(key->id);
	uks_key_free(key);
	return rv;
}

/* It may be of another type or length, which only the daemon sees, and of CBC does not tell. */
static bool try_another(const struct wrap *wrap, ck_rv_t rv)
{
	return rv == CKR_ATTRIBUTE_VALUE_INVALID || rv == CKR_TEMPLATE_INCONSISTENT ||
	       (rv == CKR_WRAPPED_KEY_INVALID && is_cbc(wrap));
}

static ck_rv_t unwrap(struct session *session, struct wrap *wrap, const struct bag *bag,
		      const void *wrapped, size_t len, ck_object_handle_t *handle)
{
	uint8_t whole[VECTOR_LEN + WRAPPED_MAX];
	const struct key_kind *kinds[4];
	struct key_source source = {
		.wrapping = &wrap->wrapping, .wrapped = wrapped, .wrapped_len = len,
	};
	size_t i, count = candidates(wrap, bag, len, kinds, 4);
	ck_rv_t rv = CKR_TEMPLATE_INCONSISTENT;

	if (is_cbc(wrap)) {
		if (len % VECTOR_LEN)
			return CKR_WRAPPED_KEY_LEN_RANGE;
		memcpy(whole, wrap->op.nonce, VECTOR_LEN);
		memcpy(whole + VECTOR_LEN, wrapped, len);
		source.wrapped = whole;
		source.wrapped_len = VECTOR_LEN + len;
	}
	wrap->wrapping.format = bag_ulong(bag, CKA_CLASS, CKO_SECRET_KEY) == CKO_PRIVATE_KEY ?
		UKS_FORMAT_PKCS8 : UKS_FORMAT_RAW;
	for (i = 0; i < count; i++) {
		rv = unwrap_as(session, kinds[i], bag, &source, handle);
		if (!try_another(wrap, rv))
			return rv;
	}
	return rv == CKR_ATTRIBUTE_VALUE_INVALID ? CKR_WRAPPED_KEY_INVALID : rv;
}

static ck_rv_t take_template(struct session *session, const struct ck_attribute *list,
			     unsigned long count, struct bag *bag)
{
	struct bag given = { (struct ck_attribute *)list, count };
	ck_object_class_t class;
	ck_rv_t rv;

	if (!bag_find(&given, CKA_CLASS) || !bag_find(&given, CKA_KEY_TYPE))
		return CKR_TEMPLATE_INCOMPLETE;
	class = bag_ulong(&given, CKA_CLASS, CK_UNAVAILABLE_INFORMATION);
	if (class != CKO_SECRET_KEY && class != CKO_PRIVATE_KEY)
		return CKR_TEMPLATE_INCONSISTENT;
	rv = rules_check(class, RULES_UNWRAP, list, count);
	if (rv == CKR_OK)
		rv = session_needs_rw(session, bag_bool(&given, CKA_TOKEN, false));
	if (rv == CKR_OK)
		rv = bag_merge(bag, list, count);
	return rv == CKR_OK ? session_may_hide(session, class, bag) : rv;
}

P11_EXPORT ck_rv_t C_UnwrapKey(ck_session_handle_t number, struct ck_mechanism *mechanism,
			       ck_object_handle_t unwrapping_key, unsigned char *wrapped,
			       unsigned long wrapped_len, struct ck_attribute *list,
			       unsigned long count, ck_object_handle_t *handle)
{
	struct session *session;
	struct bag bag = { 0 };
	struct wrap wrap;
	ck_rv_t rv = session_enter(number, &session);

	if (rv != CKR_OK)
		return rv;
	if (!handle || !wrapped || (count && !list))
		return session_leave(session, CKR_ARGUMENTS_BAD);
	if (!wrapped_len || wrapped_len > WRAPPED_MAX)
		return session_leave(session, CKR_WRAPPED_KEY_LEN_RANGE);
	pthread_mutex_lock(&module.lock);
	rv = begin(session, &wrap, mechanism, unwrapping_key, CKF_UNWRAP);
	if (rv == CKR_OK)
		rv = take_template(session, list, count, &bag);
	if (rv == CKR_OK)
		rv = unwrap(session, &wrap, &bag, wrapped, wrapped_len, handle);
	pthread_mutex_unlock(&module.lock);
	op_end(&wrap.op);
	bag_clear(&bag);
	return session_leave(session, rv);
}
