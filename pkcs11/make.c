// SPDX-License-Identifier: LGPL-2.1-or-later
/* Making a key of UKS: name, purposes and policy from a template. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <sodium.h>
#include <uks/algorithm.h>

#include "key.h"
#include "p11.h"

/* A date is a day of UTC; the last day is a day of use, too. */
static int put_date(struct uks_policy *policy, uint32_t rule, const struct bag *bag,
		    ck_attribute_type_t type, int days)
{
	const struct ck_attribute *date = bag_find(bag, type);
	struct tm tm = { 0 };
	char text[9];

	if (!date || date->value_len != 8)
		return 0;
	memcpy(text, date->value, 8);
	text[8] = 0;
	if (sscanf(text, "%4d%2d%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday) != 3)
		return -UKS_E_BAD_POLICY;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	tm.tm_mday += days;
	return uks_policy_set(policy, rule, timegm(&tm) - days, NULL);
}

/* Algorithms of a mechanism beside that of the table: it is several in UKS. */
static const struct {
	ck_mechanism_type_t type;
	uint32_t algorithm;
} others[] = {
	{ CKM_RSA_PKCS, UKS_ALG_RSA_PKCS1_CRYPT }, { CKM_EDDSA, UKS_ALG_ED448 },
	{ CKM_ECDH1_DERIVE, UKS_ALG_X25519 }, { CKM_ECDH1_DERIVE, UKS_ALG_X448 },
	{ CKM_AES_CBC_PAD, UKS_ALG_AES_CBC_WRAP },
};

static uint64_t algorithms_of(ck_mechanism_type_t type)
{
	const struct mechanism *mechanism = mechanism_find(type);
	uint64_t algorithms = 0;
	size_t i;

	if (mechanism && mechanism->algorithm)
		algorithms = UKS_BIT(mechanism->algorithm);
	for (i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (others[i].type == type)
			algorithms |= UKS_BIT(others[i].algorithm);
	return algorithms;
}

/* All that a key can do its work by. */
static uint64_t possible(const struct key_kind *kind, uint32_t purposes)
{
	const struct key_type *type = uks_type_find(kind->type);
	const struct uks_row *rows;
	uint64_t algorithms = 0;
	size_t i, count;

	if (!purposes && type)
		purposes = type->purposes;
	rows = uks_rows(&count);
	for (i = 0; i < count; i++)
		if (rows[i].types & UKS_BIT(kind->type) && rows[i].purposes & purposes)
			algorithms |= UKS_BIT(rows[i].algorithm);
	return algorithms;
}

/* A list that allows nothing is not one that allows all. */
static int put_mechanisms(struct uks_policy *policy, const struct key_kind *kind,
			  uint32_t purposes, const struct bag *bag)
{
	const struct ck_attribute *allowed = bag_find(bag, CKA_ALLOWED_MECHANISMS);
	ck_mechanism_type_t type;
	uint64_t algorithms = 0;
	size_t at;

	if (!allowed || !allowed->value_len)
		return 0;
	for (at = 0; at < allowed->value_len; at += sizeof(type)) {
		memcpy(&type, (char *)allowed->value + at, sizeof(type));
		algorithms |= algorithms_of(type);
	}
	algorithms &= possible(kind, purposes);
	return algorithms ? uks_policy_set(policy, UKS_POLICY_A_ALGORITHMS, algorithms, NULL) :
			    -UKS_E_BAD_POLICY;
}

static bool says_something(const struct uks_policy *policy)
{
	static const uint32_t rules[] = {
		UKS_POLICY_A_FLAGS, UKS_POLICY_A_NOT_BEFORE, UKS_POLICY_A_NOT_AFTER,
		UKS_POLICY_A_ALGORITHMS
	};
	uint64_t value;
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (uks_policy_get(policy, rules[i], &value))
			return true;
	return false;
}

/* Callers of CKM_AES_GCM and its kind bring their nonces. */
static int make_policy(const struct key_kind *kind, uint32_t purposes, const struct bag *bag,
		       struct uks_policy **policy)
{
	bool encrypts = !purposes || purposes & UKS_PURPOSE_ENCRYPT;
	uint64_t flags = 0;
	int ret = uks_policy_new(policy, NULL);

	if (ret)
		return ret;
	if (encrypts && (kind->key_type == CKK_AES || kind->key_type == CKK_CHACHA20))
		flags |= UKS_POLICY_CALLER_NONCE;
	if (bag_bool(bag, CKA_EXTRACTABLE, false))
		flags |= UKS_POLICY_EXPORTABLE;
	if (flags)
		ret = uks_policy_set(*policy, UKS_POLICY_A_FLAGS, flags, NULL);
	if (!ret)
		ret = put_date(*policy, UKS_POLICY_A_NOT_BEFORE, bag, CKA_START_DATE, 0);
	if (!ret)
		ret = put_date(*policy, UKS_POLICY_A_NOT_AFTER, bag, CKA_END_DATE, 1);
	if (!ret)
		ret = put_mechanisms(*policy, kind, purposes, bag);
	/* One that says nothing is not sent. */
	if (ret || !says_something(*policy)) {
		uks_policy_free(*policy);
		*policy = NULL;
	}
	return ret;
}

static int make_named(const char *name, const struct key_kind *kind,
		      const struct uks_key_options *options, const struct key_source *source,
		      struct uks_key **key)
{
	if (source->wrapping)
		return uks_key_unwrap(module.client, name, kind->type, source->wrapping,
				      source->wrapped, source->wrapped_len, options, key, NULL);
	if (source->base && source->method->algorithm == UKS_ALG_HKDF)
		return uks_key_derive(module.client, source->base, source->method, name,
				      kind->type, options, key, NULL);
	if (source->base)
		return uks_key_agree(module.client, source->base, source->method, name,
				     kind->type, options, key, NULL);
	if (source->material)
		return uks_key_import_with(module.client, name, kind->type, options,
					   source->material, key, NULL);
	return uks_key_generate_with(module.client, name, kind->type, options, key, NULL);
}

/* Labels need not be unique, nor be good names; the record has them as they are. */
static int make_labelled(const struct key_kind *kind, const struct bag *bag,
			 const struct uks_key_options *options, const struct key_source *source,
			 struct uks_key **key)
{
	const struct ck_attribute *label = bag_find(bag, CKA_LABEL);
	char name[UKS_NAME_MAX + 1] = "";
	int ret = -UKS_E_BAD_NAME, tries;

	if (label && label->value_len && label->value_len <= UKS_NAME_MAX &&
	    *(char *)label->value != '@' && !memchr(label->value, 0, label->value_len)) {
		memcpy(name, label->value, label->value_len);
		ret = make_named(name, kind, options, source, key);
	}
	for (tries = 0; tries < 3; tries++) {
		if (ret == -UKS_E_KEY_EXISTS && tries == 0)
			snprintf(name, sizeof(name), "%.*s %08x",
				 (int)(label->value_len < 200 ? label->value_len : 0),
				 (char *)label->value, randombytes_random());
		else if (ret == -UKS_E_BAD_NAME || ret == -UKS_E_KEY_EXISTS)
			snprintf(name, sizeof(name), "pkcs11 key %08x%08x",
				 randombytes_random(), randombytes_random());
		else
			break;
		ret = make_named(name, kind, options, source, key);
	}
	return ret;
}

ck_rv_t key_make(const struct key_kind *kind, const struct bag *bag, bool token,
		 const struct key_source *source, struct uks_key **key)
{
	struct uks_key_options options = { .purposes = key_purposes(kind, bag) };
	struct uks_policy *policy = NULL;
	char name[UKS_NAME_MAX + 1];
	int ret = make_policy(kind, options.purposes, bag, &policy);

	if (ret)
		return ret == -UKS_E_NO_MEMORY ? CKR_HOST_MEMORY : CKR_ATTRIBUTE_VALUE_INVALID;
	options.policy = policy;
	if (token) {
		ret = make_labelled(kind, bag, &options, source, key);
	} else {
		key_session_name(name);
		ret = make_named(name, kind, &options, source, key);
	}
	uks_policy_free(policy);
	if (ret == -UKS_E_BAD_PURPOSE || ret == -UKS_E_BAD_POLICY)
		return CKR_TEMPLATE_INCONSISTENT;
	return error_rv(ret);
}
