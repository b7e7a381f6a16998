// SPDX-License-Identifier: LGPL-2.1-or-later
/* C_GenerateKey, C_GenerateKeyPair. */
#include <string.h>

#include "key.h"
#include "p11.h"
#include "rules.h"
#include "store.h"

static ck_rv_t check_mechanism(const struct ck_mechanism *given, ck_flags_t flag,
			       const struct mechanism **row)
{
	if (!given)
		return CKR_ARGUMENTS_BAD;
	*row = mechanism_find(given->mechanism);
	if (!*row || !((*row)->flags & flag))
		return CKR_MECHANISM_INVALID;
	return given->parameter_len ? CKR_MECHANISM_PARAM_INVALID : CKR_OK;
}

/* A template, checked and copied, with class and type as the mechanism makes them. */
static ck_rv_t take_template(struct session *session, const struct ck_attribute *list,
			     unsigned long count, ck_object_class_t class, ck_key_type_t type,
			     struct bag *bag)
{
	ck_rv_t rv = rules_check(class, RULES_GENERATE, list, count);

	if (rv == CKR_OK)
		rv = bag_merge(bag, list, count);
	if (rv != CKR_OK)
		return rv;
	if (bag_ulong(bag, CKA_CLASS, class) != class)
		return CKR_TEMPLATE_INCONSISTENT;
	if (bag_ulong(bag, CKA_KEY_TYPE, type) != type)
		return CKR_TEMPLATE_INCONSISTENT;
	rv = bag_put_ulong(bag, CKA_KEY_TYPE, type);
	return rv == CKR_OK ? session_needs_rw(session, bag_bool(bag, CKA_TOKEN, false)) : rv;
}

/* ---- one key ---- */

static ck_rv_t secret_kind(const struct mechanism *row, const struct bag *bag,
			   const struct key_kind **kind)
{
	unsigned long len = bag_ulong(bag, CKA_VALUE_LEN, 0);

	if (row->key_type == CKK_CHACHA20)
		len = 32;
	if (!len)
		return CKR_TEMPLATE_INCOMPLETE;
	if (len < row->min || len > row->max)
		return CKR_KEY_SIZE_RANGE;
	*kind = material_secret_kind(bag, len);
	return *kind ? CKR_OK : CKR_KEY_SIZE_RANGE;
}

/*
 * UKS draws a generic secret as long as is usual for its type. One of another length
 * is drawn here and taken in.
 */
static ck_rv_t generate_secret(struct session *session, const struct key_kind *kind,
			       struct bag *bag, ck_object_handle_t *handle)
{
	unsigned long len = bag_ulong(bag, CKA_VALUE_LEN, kind->len);
	uint8_t drawn[256];
	struct uks_material material = { UKS_FORMAT_RAW, drawn, len };
	struct key_source source = { 0 };
	struct uks_key *key;
	ck_rv_t rv;

	if (!kind->len && len != 32) {
		random_bytes(drawn, len);
		source.material = &material;
	} else if (kind->type != UKS_KEY_HMAC_SHA256 && kind->type != UKS_KEY_SECRET &&
		   !kind->len) {
		random_bytes(drawn, len);
		source.material = &material;
	}
	rv = key_make(kind, bag, bag_bool(bag, CKA_TOKEN, false), &source, &key);
	explicit_bzero(drawn, sizeof(drawn));
	if (rv != CKR_OK)
		return rv;
	rv = store_key(session, CKO_SECRET_KEY, key, bag, handle);
	if (rv != CKR_OK)
		key_delete_session_key(key->id);
	uks_key_free(key);
	return rv;
}

static ck_rv_t generate_one(struct session *session, const struct ck_mechanism *mechanism,
			    const struct ck_attribute *list, unsigned long count,
			    ck_object_handle_t *handle)
{
	const struct key_kind *kind;
	const struct mechanism *row;
	struct bag bag = { 0 };
	ck_rv_t rv = check_mechanism(mechanism, CKF_GENERATE, &row);

	if (rv != CKR_OK)
		return rv;
	rv = take_template(session, list, count, CKO_SECRET_KEY, row->key_type, &bag);
	if (rv == CKR_OK)
		rv = secret_kind(row, &bag, &kind);
	pthread_mutex_lock(&module.lock);
	if (rv == CKR_OK)
		rv = session_may_hide(session, CKO_SECRET_KEY, &bag);
	if (rv == CKR_OK)
		rv = generate_secret(session, kind, &bag, handle);
	pthread_mutex_unlock(&module.lock);
	bag_clear(&bag);
	return rv;
}

P11_EXPORT ck_rv_t C_GenerateKey(ck_session_handle_t number, struct ck_mechanism *mechanism,
				 struct ck_attribute *list, unsigned long count,
				 ck_object_handle_t *handle)
{
	struct session *session;
	ck_rv_t rv = session_enter(number, &session);

	if (rv != CKR_OK)
		return rv;
	if (!handle || (count && !list))
		return session_leave(session, CKR_ARGUMENTS_BAD);
	return session_leave(session, generate_one(session, mechanism, list, count, handle));
}

/* ---- a pair ---- */

static ck_rv_t rsa_kind(const struct bag *public, const struct key_kind **kind)
{
	const struct ck_attribute *exponent = bag_find(public, CKA_PUBLIC_EXPONENT);
	static const uint8_t f4[] = { 1, 0, 1 };
	size_t zeros = 0;

	if (!bag_find(public, CKA_MODULUS_BITS))
		return CKR_TEMPLATE_INCOMPLETE;
	*kind = key_kind_find(CKK_RSA, bag_ulong(public, CKA_MODULUS_BITS, 0));
	if (!*kind)
		return CKR_KEY_SIZE_RANGE;
	while (exponent && zeros < exponent->value_len && !((uint8_t *)exponent->value)[zeros])
		zeros++;
	if (exponent && exponent->value_len &&
	    (exponent->value_len - zeros != sizeof(f4) ||
	     memcmp((uint8_t *)exponent->value + zeros, f4, sizeof(f4))))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return CKR_OK;
}

static ck_rv_t pair_kind(const struct mechanism *row, const struct bag *public,
			 const struct bag *private, const struct key_kind **kind)
{
	const struct ck_attribute *params = bag_find(public, CKA_EC_PARAMS);

	if (row->key_type == CKK_RSA)
		return rsa_kind(public, kind);
	if (!params)
		params = bag_find(private, CKA_EC_PARAMS);
	if (!params)
		return CKR_TEMPLATE_INCOMPLETE;
	*kind = key_kind_of_curve(row->key_type, params->value, params->value_len);
	return *kind ? CKR_OK : CKR_CURVE_NOT_SUPPORTED;
}

/*
 * The public key of a pair of the token is a view of the same key of UKS. Where only
 * one of both is to stay, it is an object of its own.
 */
static ck_rv_t store_pair(struct session *session, const struct key_kind *kind,
			  const struct uks_key *key, const struct bag *public,
			  const struct bag *private, ck_object_handle_t *public_handle,
			  ck_object_handle_t *private_handle)
{
	bool token = bag_bool(private, CKA_TOKEN, false);
	ck_rv_t rv = CKR_OK;

	if (token && !bag_bool(public, CKA_TOKEN, false))
		rv = store_hide_public(key);
	if (rv == CKR_OK)
		rv = store_key(session, CKO_PRIVATE_KEY, key, private, private_handle);
	if (rv != CKR_OK)
		return rv;
	if (token == bag_bool(public, CKA_TOKEN, false))
		return store_key(session, CKO_PUBLIC_KEY, key, public, public_handle);
	return store_public(session, kind, public, key->public_key, key->public_key_len,
			    public_handle);
}

static ck_rv_t make_pair(struct session *session, const struct key_kind *kind,
			 const struct bag *public, struct bag *private,
			 ck_object_handle_t *public_handle, ck_object_handle_t *private_handle)
{
	const struct ck_attribute *label = bag_find(public, CKA_LABEL);
	struct key_source source = { 0 };
	struct uks_key *key;
	ck_rv_t rv = CKR_OK;

	if (label && !bag_find(private, CKA_LABEL))
		rv = bag_merge(private, label, 1);
	if (rv == CKR_OK)
		rv = key_make(kind, private, bag_bool(private, CKA_TOKEN, false), &source, &key);
	if (rv != CKR_OK)
		return rv;
	rv = store_pair(session, kind, key, public, private, public_handle, private_handle);
	if (rv != CKR_OK)
		key_delete_session_key(key->id);
	uks_key_free(key);
	return rv;
}

static ck_rv_t generate_pair(struct session *session, const struct ck_mechanism *mechanism,
			     const struct bag *public_given, const struct bag *private_given,
			     ck_object_handle_t *public_handle,
			     ck_object_handle_t *private_handle)
{
	struct bag public = { 0 }, private = { 0 };
	const struct key_kind *kind;
	const struct mechanism *row;
	ck_rv_t rv = check_mechanism(mechanism, CKF_GENERATE_KEY_PAIR, &row);

	if (rv != CKR_OK)
		return rv;
	rv = take_template(session, public_given->list, public_given->count, CKO_PUBLIC_KEY,
			   row->key_type, &public);
	if (rv == CKR_OK)
		rv = take_template(session, private_given->list, private_given->count,
				   CKO_PRIVATE_KEY, row->key_type, &private);
	if (rv == CKR_OK)
		rv = pair_kind(row, &public, &private, &kind);
	pthread_mutex_lock(&module.lock);
	if (rv == CKR_OK)
		rv = session_may_hide(session, CKO_PUBLIC_KEY, &public);
	if (rv == CKR_OK)
		rv = session_may_hide(session, CKO_PRIVATE_KEY, &private);
	if (rv == CKR_OK)
		rv = make_pair(session, kind, &public, &private, public_handle, private_handle);
	pthread_mutex_unlock(&module.lock);
	bag_clear(&public);
	bag_clear(&private);
	return rv;
}

P11_EXPORT ck_rv_t C_GenerateKeyPair(ck_session_handle_t number, struct ck_mechanism *mechanism,
				     struct ck_attribute *public_template,
				     unsigned long public_count,
				     struct ck_attribute *private_template,
				     unsigned long private_count, ck_object_handle_t *public_key,
				     ck_object_handle_t *private_key)
{
	struct bag public = { public_template, public_count };
	struct bag private = { private_template, private_count };
	struct session *session;
	ck_rv_t rv = session_enter(number, &session);

	if (rv != CKR_OK)
		return rv;
	if (!public_key || !private_key || (public_count && !public_template) ||
	    (private_count && !private_template))
		return session_leave(session, CKR_ARGUMENTS_BAD);
	return session_leave(session, generate_pair(session, mechanism, &public, &private,
						    public_key, private_key));
}
