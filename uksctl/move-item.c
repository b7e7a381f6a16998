// SPDX-License-Identifier: LGPL-2.1-or-later
/* Objects of another PKCS #11 module, with the secrets that it lets out. */
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "move.h"

#define VALUE_MAX	16384

/* SoftHSM has RFC 5649 under this number; that of the standard is another. */
#define CKM_SOFTHSM_KWP	0x210aUL

/* ---- attributes ---- */

static const ck_attribute_type_t of_private[] = {
	CKA_LABEL, CKA_ID, CKA_SUBJECT, CKA_START_DATE, CKA_END_DATE, CKA_KEY_TYPE,
	CKA_EXTRACTABLE, CKA_SIGN, CKA_DECRYPT, CKA_UNWRAP, CKA_DERIVE, CKA_EC_PARAMS,
};

static const ck_attribute_type_t of_secret[] = {
	CKA_LABEL, CKA_ID, CKA_START_DATE, CKA_END_DATE, CKA_KEY_TYPE, CKA_EXTRACTABLE, CKA_SIGN,
	CKA_VERIFY, CKA_ENCRYPT, CKA_DECRYPT, CKA_WRAP, CKA_UNWRAP, CKA_DERIVE,
};

static const ck_attribute_type_t of_public[] = {
	CKA_LABEL, CKA_ID, CKA_SUBJECT, CKA_KEY_TYPE, CKA_VERIFY, CKA_ENCRYPT, CKA_WRAP,
	CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_EC_PARAMS, CKA_EC_POINT,
};

static const ck_attribute_type_t of_certificate[] = {
	CKA_LABEL, CKA_ID, CKA_SUBJECT, CKA_CERTIFICATE_TYPE, CKA_ISSUER, CKA_SERIAL_NUMBER,
	CKA_VALUE,
};

static const ck_attribute_type_t of_data[] = {
	CKA_LABEL, CKA_APPLICATION, CKA_OBJECT_ID, CKA_VALUE,
};

static const struct {
	const ck_attribute_type_t *types;
	unsigned int count;
} classes[] = {
	[CKO_DATA] = { of_data, ARRAY_SIZE(of_data) },
	[CKO_CERTIFICATE] = { of_certificate, ARRAY_SIZE(of_certificate) },
	[CKO_PUBLIC_KEY] = { of_public, ARRAY_SIZE(of_public) },
	[CKO_PRIVATE_KEY] = { of_private, ARRAY_SIZE(of_private) },
	[CKO_SECRET_KEY] = { of_secret, ARRAY_SIZE(of_secret) },
};

bool item_put(struct item *item, ck_attribute_type_t type, const void *value, size_t len)
{
	struct ck_attribute *attribute = &item->attributes[item->count];

	if (item->count == MOVE_ATTRIBUTES)
		return false;
	attribute->value = malloc(len ? len : 1);
	if (!attribute->value)
		return false;
	memcpy(attribute->value, value, len);
	attribute->type = type;
	attribute->value_len = len;
	item->count++;
	return true;
}

void item_clear(struct item *item)
{
	while (item->count) {
		struct ck_attribute *last = &item->attributes[--item->count];

		explicit_bzero(last->value, last->value_len);
		free(last->value);
	}
}

/* Copies one, if the object has it and tells it. */
static bool copy_one(struct side *side, ck_object_handle_t object, ck_attribute_type_t type,
		     struct item *item)
{
	static uint8_t value[VALUE_MAX];
	struct ck_attribute one = { type, value, sizeof(value) };
	bool done = true;

	if (side->p11->C_GetAttributeValue(side->session, object, &one, 1) == CKR_OK &&
	    one.value_len && one.value_len <= sizeof(value))
		done = item_put(item, type, value, one.value_len);
	explicit_bzero(value, sizeof(value));
	return done;
}

static bool truth(struct side *side, ck_object_handle_t object, ck_attribute_type_t type)
{
	unsigned char value = 0;
	struct ck_attribute one = { type, &value, 1 };

	return side->p11->C_GetAttributeValue(side->session, object, &one, 1) == CKR_OK && value;
}

static unsigned long key_type(const struct item *item)
{
	unsigned long value = CKK_VENDOR_DEFINED;
	unsigned int i;

	for (i = 0; i < item->count; i++)
		if (item->attributes[i].type == CKA_KEY_TYPE)
			memcpy(&value, item->attributes[i].value, sizeof(value));
	return value;
}

static void take_label(struct item *item)
{
	unsigned int i;
	size_t at, len;

	snprintf(item->label, sizeof(item->label), "without label");
	for (i = 0; i < item->count; i++) {
		if (item->attributes[i].type != CKA_LABEL)
			continue;
		len = item->attributes[i].value_len;
		len = len < sizeof(item->label) ? len : sizeof(item->label) - 1;
		memcpy(item->label, item->attributes[i].value, len);
		item->label[len] = 0;
	}
	/* It comes from a file, and goes to a terminal. */
	for (at = 0; item->label[at]; at++)
		if ((unsigned char)item->label[at] < ' ' || item->label[at] == 127)
			item->label[at] = '?';
}

/* ---- secrets ---- */

static bool read_clear(struct side *side, ck_object_handle_t object, struct item *item)
{
	static const ck_attribute_type_t secrets[] = {
		CKA_VALUE, CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_PRIVATE_EXPONENT, CKA_PRIME_1,
		CKA_PRIME_2, CKA_EXPONENT_1, CKA_EXPONENT_2, CKA_COEFFICIENT
	};
	unsigned int i, before = item->count;

	for (i = 0; i < ARRAY_SIZE(secrets); i++)
		if (!copy_one(side, object, secrets[i], item))
			return false;
	return item->count > before;
}

/* A key of which both this process and the module know the value. */
static bool make_kek(struct side *side)
{
	ck_object_class_t class = CKO_SECRET_KEY;
	ck_key_type_t type = CKK_AES;
	unsigned char yes = 1, no = 0;
	struct ck_attribute template[] = {
		{ CKA_CLASS, &class, sizeof(class) }, { CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_VALUE, side->kek_value, sizeof(side->kek_value) }, { CKA_TOKEN, &no, 1 },
		{ CKA_WRAP, &yes, 1 },
	};

	if (side->kek)
		return true;
	return RAND_priv_bytes(side->kek_value, sizeof(side->kek_value)) == 1 &&
	       side->p11->C_CreateObject(side->session, template, ARRAY_SIZE(template),
					 &side->kek) == CKR_OK;
}

static bool unwrap(const struct side *side, const uint8_t *wrapped, int wrapped_len,
		   uint8_t *clear, size_t *len)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-WRAP-PAD", NULL);
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int got = 0;
	bool done = false;

	if (cipher && context) {
		EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
		done = EVP_DecryptInit_ex2(context, cipher, side->kek_value, NULL, NULL) == 1 &&
		       EVP_DecryptUpdate(context, clear, &got, wrapped, wrapped_len) == 1 &&
		       got > 0;
	}
	EVP_CIPHER_CTX_free(context);
	EVP_CIPHER_free(cipher);
	*len = got;
	return done;
}

static bool put_number(struct item *item, ck_attribute_type_t type, const EVP_PKEY *key,
		       const char *name)
{
	BIGNUM *number = NULL;
	uint8_t bytes[1024];
	bool done;

	done = EVP_PKEY_get_bn_param(key, name, &number) == 1 &&
	       BN_num_bytes(number) <= (int)sizeof(bytes) &&
	       item_put(item, type, bytes, BN_bn2bin(number, bytes));
	BN_clear_free(number);
	explicit_bzero(bytes, sizeof(bytes));
	return done;
}

static bool put_rsa(struct item *item, const EVP_PKEY *key)
{
	return put_number(item, CKA_MODULUS, key, OSSL_PKEY_PARAM_RSA_N) &&
	       put_number(item, CKA_PUBLIC_EXPONENT, key, OSSL_PKEY_PARAM_RSA_E) &&
	       put_number(item, CKA_PRIVATE_EXPONENT, key, OSSL_PKEY_PARAM_RSA_D) &&
	       put_number(item, CKA_PRIME_1, key, OSSL_PKEY_PARAM_RSA_FACTOR1) &&
	       put_number(item, CKA_PRIME_2, key, OSSL_PKEY_PARAM_RSA_FACTOR2);
}

static bool put_private(struct item *item, const uint8_t *pkcs8, size_t len)
{
	EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &pkcs8, len);
	uint8_t raw[64];
	size_t raw_len = sizeof(raw);
	bool done = false;

	if (key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
		done = put_rsa(item, key);
	else if (key && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC)
		done = put_number(item, CKA_VALUE, key, OSSL_PKEY_PARAM_PRIV_KEY);
	else if (key && EVP_PKEY_get_raw_private_key(key, raw, &raw_len) == 1)
		done = item_put(item, CKA_VALUE, raw, raw_len);
	explicit_bzero(raw, sizeof(raw));
	EVP_PKEY_free(key);
	ERR_clear_error();
	return done;
}

static bool read_wrapped(struct side *side, ck_object_handle_t object, struct item *item)
{
	struct ck_mechanism mechanism = { CKM_SOFTHSM_KWP, NULL, 0 };
	static uint8_t wrapped[VALUE_MAX], clear[VALUE_MAX];
	unsigned long wrapped_len = sizeof(wrapped);
	size_t len;
	bool done;

	if (!make_kek(side) ||
	    side->p11->C_WrapKey(side->session, &mechanism, side->kek, object, wrapped,
				 &wrapped_len) != CKR_OK ||
	    !unwrap(side, wrapped, wrapped_len, clear, &len))
		return false;
	done = item->class == CKO_PRIVATE_KEY ? put_private(item, clear, len) :
		item_put(item, CKA_VALUE, clear, len);
	explicit_bzero(clear, sizeof(clear));
	return done;
}

/* Ed25519 and Ed448 are under this number there, too. */
static bool known_type(unsigned long type)
{
	static const unsigned long types[] = {
		CKK_RSA, CKK_EC, CKK_EC_EDWARDS, CKK_EC_MONTGOMERY, CKK_AES, CKK_GENERIC_SECRET,
		CKK_SHA_1_HMAC, CKK_SHA224_HMAC, CKK_SHA256_HMAC, CKK_SHA384_HMAC, CKK_SHA512_HMAC
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i] == type)
			return true;
	return false;
}

static void read_secret(struct side *side, ck_object_handle_t object, struct item *item)
{
	bool done;

	if (!known_type(key_type(item)))
		item->reason = "UKS has no keys of its type";
	else if (!truth(side, object, CKA_EXTRACTABLE))
		item->reason = "it is not extractable, even by SoftHSM: make a new key in UKS";
	else if (truth(side, object, CKA_WRAP_WITH_TRUSTED))
		item->reason = "it leaves only under a trusted key: wrap it there, unwrap it here";
	if (item->reason)
		return;
	done = truth(side, object, CKA_SENSITIVE) ? read_wrapped(side, object, item) :
		read_clear(side, object, item);
	if (!done)
		item->reason = "SoftHSM does not give out sensitive keys of its type";
}

bool item_read(struct side *side, ck_object_handle_t object, ck_object_class_t class,
	       struct item *item)
{
	unsigned char yes = 1;
	unsigned int i;

	*item = (struct item){ .class = class };
	if (!item_put(item, CKA_CLASS, &class, sizeof(class)) ||
	    !item_put(item, CKA_TOKEN, &yes, 1))
		return false;
	for (i = 0; i < classes[class].count; i++)
		if (!copy_one(side, object, classes[class].types[i], item))
			return false;
	take_label(item);
	if (class == CKO_PRIVATE_KEY || class == CKO_SECRET_KEY)
		read_secret(side, object, item);
	else if (class == CKO_PUBLIC_KEY && !known_type(key_type(item)))
		item->reason = "UKS has no keys of its type";
	return true;
}
