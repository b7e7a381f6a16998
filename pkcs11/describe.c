// SPDX-License-Identifier: LGPL-2.1-or-later
/* What UKS says of a key, as attributes. */
#include <string.h>
#include <time.h>

#include "key.h"
#include "p11.h"

/* Policy times as dates of UTC; an empty date where there is none. */
static ck_rv_t put_date(struct bag *bag, ck_attribute_type_t type,
			const struct uks_policy *policy, uint32_t rule)
{
	uint64_t seconds;
	char text[16];
	struct tm tm;
	time_t when;

	if (!policy || !uks_policy_get(policy, rule, &seconds))
		return bag_put(bag, type, "", 0);
	when = seconds;
	if (!gmtime_r(&when, &tm) || !strftime(text, sizeof(text), "%Y%m%d", &tm))
		return bag_put(bag, type, "", 0);
	return bag_put(bag, type, text, 8);
}

/* To look at a key is no use of it. */
static bool is_counted(const struct uks_policy *policy)
{
	static const uint32_t rules[] = {
		UKS_POLICY_A_MAX_USES, UKS_POLICY_A_MAX_USES_BOOT, UKS_POLICY_A_RATE_USES,
		UKS_POLICY_A_PIN
	};
	uint64_t value;
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (uks_policy_get(policy, rules[i], &value))
			return true;
	return false;
}

static ck_rv_t put_policy(struct object *object, const struct uks_key *key)
{
	struct uks_policy *policy = NULL;
	struct bag *bag = &object->bag;
	uint64_t flags = 0;
	bool generated = key->origin == UKS_ORIGIN_GENERATED;
	ck_rv_t rv;

	if (key->policy_len)
		uks_policy_parse(key->policy, key->policy_len, &policy, NULL);
	if (policy)
		uks_policy_get(policy, UKS_POLICY_A_FLAGS, &flags);
	object->may_check = flags & UKS_POLICY_CALLER_NONCE && !is_counted(policy);
	rv = put_date(bag, CKA_START_DATE, policy, UKS_POLICY_A_NOT_BEFORE);
	if (rv == CKR_OK)
		rv = put_date(bag, CKA_END_DATE, policy, UKS_POLICY_A_NOT_AFTER);
	if (rv == CKR_OK && object->class != CKO_PUBLIC_KEY) {
		bool out = flags & UKS_POLICY_EXPORTABLE;

		rv = bag_put_bool(bag, CKA_EXTRACTABLE, out);
		if (rv == CKR_OK)
			rv = bag_put_bool(bag, CKA_NEVER_EXTRACTABLE, generated && !out);
		if (rv == CKR_OK)
			rv = bag_put_bool(bag, CKA_ALWAYS_SENSITIVE, generated);
	}
	uks_policy_free(policy);
	return rv;
}

static unsigned long generator(const struct object *object)
{
	switch (bag_ulong(&object->bag, CKA_KEY_TYPE, 0)) {
	case CKK_RSA:
		return CKM_RSA_PKCS_KEY_PAIR_GEN;
	case CKK_EC:
		return CKM_EC_KEY_PAIR_GEN;
	case CKK_EC_EDWARDS:
		return CKM_EC_EDWARDS_KEY_PAIR_GEN;
	case CKK_EC_MONTGOMERY:
		return CKM_EC_MONTGOMERY_KEY_PAIR_GEN;
	case CKK_AES:
		return CKM_AES_KEY_GEN;
	case CKK_CHACHA20:
		return CKM_CHACHA20_KEY_GEN;
	default:
		return CKM_GENERIC_SECRET_KEY_GEN;
	}
}

/* Truth values that are the same for all keys of a class. */
static const struct {
	ck_object_class_t class;
	ck_attribute_type_t type;
	bool value;
} constants[] = {
	{ CKO_SECRET_KEY, CKA_PRIVATE, true },
	{ CKO_SECRET_KEY, CKA_SENSITIVE, true },
	{ CKO_SECRET_KEY, CKA_WRAP_WITH_TRUSTED, false },
	{ CKO_SECRET_KEY, CKA_TRUSTED, false },
	{ CKO_PRIVATE_KEY, CKA_PRIVATE, true },
	{ CKO_PRIVATE_KEY, CKA_SENSITIVE, true },
	{ CKO_PRIVATE_KEY, CKA_WRAP_WITH_TRUSTED, false },
	{ CKO_PRIVATE_KEY, CKA_ALWAYS_AUTHENTICATE, false },
	{ CKO_PUBLIC_KEY, CKA_PRIVATE, false },
	{ CKO_PUBLIC_KEY, CKA_TRUSTED, false },
};

static ck_rv_t put_constants(struct object *object)
{
	struct bag *bag = &object->bag;
	ck_rv_t rv = CKR_OK;
	size_t i;

	for (i = 0; i < sizeof(constants) / sizeof(*constants) && rv == CKR_OK; i++)
		if (constants[i].class == object->class)
			rv = bag_put_bool(bag, constants[i].type, constants[i].value);
	if (rv == CKR_OK)
		rv = bag_put_bool(bag, CKA_TOKEN, !object->session);
	if (rv == CKR_OK)
		rv = bag_put_bool(bag, CKA_MODIFIABLE, object->slot == OWN_SLOT);
	if (rv == CKR_OK)
		rv = bag_put_bool(bag, CKA_DESTROYABLE, object->slot == OWN_SLOT);
	/* A session key becomes one of the token by a copy. */
	if (rv == CKR_OK)
		rv = bag_put_bool(bag, CKA_COPYABLE, object->session);
	if (rv == CKR_OK && object->class != CKO_SECRET_KEY)
		rv = bag_put(bag, CKA_SUBJECT, "", 0);
	return rv;
}

static ck_rv_t put_len(struct object *object, const struct key_kind *kind)
{
	static const struct {
		uint32_t type;
		unsigned int len;
	} generated[] = {
		{ UKS_KEY_HMAC_SHA1, 20 }, { UKS_KEY_HMAC_SHA224, 28 },
		{ UKS_KEY_HMAC_SHA256, 32 }, { UKS_KEY_HMAC_SHA384, 48 },
		{ UKS_KEY_HMAC_SHA512, 64 }, { UKS_KEY_SECRET, 32 },
	};
	unsigned int len = kind->len;
	size_t i;

	for (i = 0; i < sizeof(generated) / sizeof(*generated); i++)
		if (generated[i].type == kind->type)
			len = generated[i].len;
	return bag_put_ulong(&object->bag, CKA_VALUE_LEN, len);
}

ck_rv_t key_attributes(struct object *object, const struct uks_key *key)
{
	const struct key_kind *kind = key_kind_of(key->type);
	bool generated = key->origin == UKS_ORIGIN_GENERATED;
	struct bag *bag = &object->bag;
	ck_rv_t rv;

	object->type = key->type;
	object->purposes = key->purposes;
	object->version = key->version;
	object->in_uks = true;
	rv = bag_put_ulong(bag, CKA_CLASS, object->class);
	if (rv == CKR_OK)
		rv = bag_put_ulong(bag, CKA_KEY_TYPE, kind->key_type);
	if (rv == CKR_OK)
		rv = put_constants(object);
	if (rv == CKR_OK)
		rv = bag_put(bag, CKA_LABEL, key->name, strlen(key->name));
	if (rv == CKR_OK)
		rv = bag_put(bag, CKA_ID, key->id, sizeof(key->id));
	if (rv == CKR_OK)
		rv = bag_put_bool(bag, CKA_LOCAL, generated);
	if (rv == CKR_OK)
		rv = bag_put_ulong(bag, CKA_KEY_GEN_MECHANISM,
				   generated ? generator(object) : CK_UNAVAILABLE_INFORMATION);
	if (rv == CKR_OK)
		rv = put_policy(object, key);
	if (rv == CKR_OK)
		rv = key_usage(object);
	if (rv == CKR_OK && object->class == CKO_SECRET_KEY)
		rv = put_len(object, kind);
	if (rv == CKR_OK && key->public_key_len && key_is_pair(kind)) {
		rv = key_public_attributes(bag, kind, key->public_key, key->public_key_len);
		object->public_known = rv == CKR_OK;
		if (object->class == CKO_PRIVATE_KEY)
			bag_remove(bag, CKA_EC_POINT);
	}
	return rv;
}
