// SPDX-License-Identifier: LGPL-2.1-or-later
#include "rules.h"

#include "p11.h"

#define DATA	0x01
#define CERT	0x02
#define PUB	0x04
#define PRIV	0x08
#define SEC	0x10
#define KEYS	(PUB | PRIV | SEC)
#define HIDDEN	(PRIV | SEC)
#define ALL	(DATA | CERT | KEYS)

#define MAKE	(RULES_CREATE | RULES_GENERATE | RULES_UNWRAP)
#define MOVE	(MAKE | RULES_COPY)
#define ALWAYS	(MOVE | RULES_SET)

enum form { TRUTH, NUMBER, BYTES, DATE };

/* UKS does not know it: a record keeps it. */
#define OWN	1

static const struct rule {
	ck_attribute_type_t type;
	enum form form;
	unsigned int classes;
	unsigned int when;
	unsigned int own;
} rules[] = {
	{ CKA_CLASS, NUMBER, ALL, MAKE, 0 },
	{ CKA_TOKEN, TRUTH, ALL, MOVE, 0 },
	{ CKA_PRIVATE, TRUTH, ALL, MOVE, OWN },
	{ CKA_MODIFIABLE, TRUTH, ALL, MOVE, OWN },
	{ CKA_COPYABLE, TRUTH, ALL, ALWAYS, OWN },
	{ CKA_DESTROYABLE, TRUTH, ALL, MOVE, OWN },
	{ CKA_LABEL, BYTES, ALL, ALWAYS, OWN },
	{ CKA_UNIQUE_ID, BYTES, ALL, 0, 0 },
	{ CKA_APPLICATION, BYTES, DATA, ALWAYS, 0 },
	{ CKA_OBJECT_ID, BYTES, DATA, ALWAYS, 0 },

	{ CKA_CERTIFICATE_TYPE, NUMBER, CERT, RULES_CREATE, 0 },
	{ CKA_CERTIFICATE_CATEGORY, NUMBER, CERT, RULES_CREATE, 0 },
	{ CKA_ISSUER, BYTES, CERT, ALWAYS, 0 },
	{ CKA_SERIAL_NUMBER, BYTES, CERT, ALWAYS, 0 },
	{ CKA_URL, BYTES, CERT, RULES_CREATE, 0 },
	{ CKA_HASH_OF_SUBJECT_PUBLIC_KEY, BYTES, CERT, RULES_CREATE, 0 },
	{ CKA_HASH_OF_ISSUER_PUBLIC_KEY, BYTES, CERT, RULES_CREATE, 0 },
	{ CKA_JAVA_MIDP_SECURITY_DOMAIN, NUMBER, CERT, RULES_CREATE, 0 },
	{ CKA_NAME_HASH_ALGORITHM, NUMBER, CERT, RULES_CREATE, 0 },

	{ CKA_TRUSTED, TRUTH, CERT | PUB | SEC, RULES_CREATE | RULES_SET, OWN },
	{ CKA_CHECK_VALUE, BYTES, CERT | SEC, RULES_CREATE, OWN },
	{ CKA_START_DATE, DATE, CERT | KEYS, ALWAYS, OWN },
	{ CKA_END_DATE, DATE, CERT | KEYS, ALWAYS, OWN },
	{ CKA_SUBJECT, BYTES, CERT | PUB | PRIV, ALWAYS, OWN },
	{ CKA_ID, BYTES, CERT | KEYS, ALWAYS, OWN },
	{ CKA_PUBLIC_KEY_INFO, BYTES, CERT | PUB | PRIV, RULES_CREATE, 0 },
	{ CKA_VALUE, BYTES, DATA | CERT | HIDDEN, RULES_CREATE, 0 },

	{ CKA_KEY_TYPE, NUMBER, KEYS, MAKE, 0 },
	{ CKA_DERIVE, TRUTH, KEYS, ALWAYS, OWN },
	{ CKA_LOCAL, TRUTH, KEYS, 0, 0 },
	{ CKA_KEY_GEN_MECHANISM, NUMBER, KEYS, 0, 0 },
	{ CKA_ALLOWED_MECHANISMS, BYTES, KEYS, MAKE, OWN },
	{ CKA_ENCRYPT, TRUTH, PUB | SEC, ALWAYS, OWN },
	{ CKA_VERIFY, TRUTH, PUB | SEC, ALWAYS, OWN },
	{ CKA_VERIFY_RECOVER, TRUTH, PUB, ALWAYS, OWN },
	{ CKA_WRAP, TRUTH, PUB | SEC, ALWAYS, OWN },
	{ CKA_DECRYPT, TRUTH, HIDDEN, ALWAYS, OWN },
	{ CKA_SIGN, TRUTH, HIDDEN, ALWAYS, OWN },
	{ CKA_SIGN_RECOVER, TRUTH, PRIV, ALWAYS, OWN },
	{ CKA_UNWRAP, TRUTH, HIDDEN, ALWAYS, OWN },
	{ CKA_SENSITIVE, TRUTH, HIDDEN, ALWAYS, 0 },
	{ CKA_EXTRACTABLE, TRUTH, HIDDEN, ALWAYS, 0 },
	{ CKA_ALWAYS_SENSITIVE, TRUTH, HIDDEN, 0, 0 },
	{ CKA_NEVER_EXTRACTABLE, TRUTH, HIDDEN, 0, 0 },
	{ CKA_WRAP_WITH_TRUSTED, TRUTH, HIDDEN, ALWAYS, OWN },
	{ CKA_ALWAYS_AUTHENTICATE, TRUTH, PRIV, MAKE, 0 },
	{ CKA_VALUE_LEN, NUMBER, SEC, RULES_GENERATE | RULES_UNWRAP, OWN },

	{ CKA_MODULUS_BITS, NUMBER, PUB, RULES_GENERATE, 0 },
	{ CKA_MODULUS, BYTES, PUB | PRIV, RULES_CREATE, 0 },
	{ CKA_PUBLIC_EXPONENT, BYTES, PUB | PRIV, RULES_CREATE | RULES_GENERATE, 0 },
	{ CKA_EC_PARAMS, BYTES, PUB | PRIV, RULES_CREATE | RULES_GENERATE, 0 },
	{ CKA_EC_POINT, BYTES, PUB | PRIV, RULES_CREATE, 0 },
	{ CKA_PRIVATE_EXPONENT, BYTES, PRIV, RULES_CREATE, 0 },
	{ CKA_PRIME_1, BYTES, PRIV, RULES_CREATE, 0 },
	{ CKA_PRIME_2, BYTES, PRIV, RULES_CREATE, 0 },
	{ CKA_EXPONENT_1, BYTES, PRIV, RULES_CREATE, 0 },
	{ CKA_EXPONENT_2, BYTES, PRIV, RULES_CREATE, 0 },
	{ CKA_COEFFICIENT, BYTES, PRIV, RULES_CREATE, 0 },
};

static const struct rule *find(ck_attribute_type_t type)
{
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (rules[i].type == type)
			return &rules[i];
	return NULL;
}

static unsigned int bit_of(ck_object_class_t class)
{
	switch (class) {
	case CKO_DATA:
		return DATA;
	case CKO_CERTIFICATE:
		return CERT;
	case CKO_PUBLIC_KEY:
		return PUB;
	case CKO_PRIVATE_KEY:
		return PRIV;
	case CKO_SECRET_KEY:
		return SEC;
	default:
		return 0;
	}
}

static bool digits(const unsigned char *at, size_t count)
{
	while (count--)
		if (at[count] < '0' || at[count] > '9')
			return false;
	return true;
}

static bool well_formed(const struct rule *rule, const struct ck_attribute *attribute)
{
	if (attribute->value_len == CK_UNAVAILABLE_INFORMATION ||
	    (attribute->value_len && !attribute->value))
		return false;
	switch (rule->form) {
	case TRUTH:
		return attribute->value_len == 1 && *(unsigned char *)attribute->value <= 1;
	case NUMBER:
		return attribute->value_len == sizeof(unsigned long);
	case DATE:
		return !attribute->value_len ||
		       (attribute->value_len == sizeof(struct ck_date) &&
			digits(attribute->value, sizeof(struct ck_date)));
	default:
		return attribute->type != CKA_ALLOWED_MECHANISMS ||
		       !(attribute->value_len % sizeof(ck_mechanism_type_t));
	}
}

ck_rv_t rules_check(ck_object_class_t class, enum rules_when when,
		    const struct ck_attribute *list, size_t count)
{
	const struct rule *rule;
	size_t i, j;

	if (count && !list)
		return CKR_ARGUMENTS_BAD;
	for (i = 0; i < count; i++) {
		rule = find(list[i].type);
		if (!rule || !(rule->classes & bit_of(class)))
			return CKR_ATTRIBUTE_TYPE_INVALID;
		if (!(rule->when & when))
			return CKR_ATTRIBUTE_READ_ONLY;
		if (!well_formed(rule, &list[i]))
			return CKR_ATTRIBUTE_VALUE_INVALID;
		for (j = 0; j < i; j++)
			if (list[j].type == list[i].type)
				return CKR_TEMPLATE_INCONSISTENT;
	}
	return CKR_OK;
}

/* These go one way only. */
static const struct {
	ck_attribute_type_t type;
	bool end;
} one_way[] = {
	{ CKA_SENSITIVE, true },
	{ CKA_WRAP_WITH_TRUSTED, true },
	{ CKA_EXTRACTABLE, false },
	{ CKA_COPYABLE, false },
};

ck_rv_t rules_change(const struct bag *bag, const struct ck_attribute *attribute)
{
	size_t i;

	for (i = 0; i < sizeof(one_way) / sizeof(*one_way); i++)
		if (attribute->type == one_way[i].type &&
		    bag_bool(bag, attribute->type, !one_way[i].end) == one_way[i].end &&
		    *(unsigned char *)attribute->value != one_way[i].end)
			return CKR_ATTRIBUTE_READ_ONLY;
	return CKR_OK;
}

ck_rv_t rules_trust(const struct ck_attribute *list, size_t count)
{
	struct bag given = { (struct ck_attribute *)list, count };

	if (bag_bool(&given, CKA_TRUSTED, false) && module.login != LOGIN_SO)
		return CKR_ATTRIBUTE_READ_ONLY;
	return CKR_OK;
}

bool rules_own(ck_attribute_type_t type)
{
	const struct rule *rule = find(type);

	return rule && rule->own;
}
