// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>
#include <string.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include "key.h"
#include "store.h"

/* ---- RSA ---- */

static const struct {
	ck_attribute_type_t type;
	const char *name;
	bool secret;
} rsa_parts[] = {
	{ CKA_MODULUS, OSSL_PKEY_PARAM_RSA_N, false },
	{ CKA_PUBLIC_EXPONENT, OSSL_PKEY_PARAM_RSA_E, false },
	{ CKA_PRIVATE_EXPONENT, OSSL_PKEY_PARAM_RSA_D, true },
	{ CKA_PRIME_1, OSSL_PKEY_PARAM_RSA_FACTOR1, true },
	{ CKA_PRIME_2, OSSL_PKEY_PARAM_RSA_FACTOR2, true },
	{ CKA_EXPONENT_1, OSSL_PKEY_PARAM_RSA_EXPONENT1, true },
	{ CKA_EXPONENT_2, OSSL_PKEY_PARAM_RSA_EXPONENT2, true },
	{ CKA_COEFFICIENT, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, true },
};

#define RSA_PARTS (sizeof(rsa_parts) / sizeof(*rsa_parts))

static EVP_PKEY *from_params(const char *type, int selection, OSSL_PARAM params[])
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (!context || !params || EVP_PKEY_fromdata_init(context) <= 0 ||
	    EVP_PKEY_fromdata(context, &key, selection, params) <= 0)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	return key;
}

/* What a client may leave out follows from the primes (RFC 8017, 3.2). */
static bool complete_rsa(struct bignum_st **numbers)
{
	enum { D = 2, P, Q, DP, DQ, QINV };
	BN_CTX *context = BN_CTX_secure_new();
	BIGNUM *less = BN_secure_new();
	bool done = context && less;
	int i;

	for (i = 0; done && i < 2; i++) {
		if (numbers[DP + i])
			continue;
		numbers[DP + i] = BN_secure_new();
		done = numbers[DP + i] && BN_sub(less, numbers[P + i], BN_value_one()) &&
		       BN_mod(numbers[DP + i], numbers[D], less, context);
	}
	if (done && !numbers[QINV])
		numbers[QINV] = BN_mod_inverse(NULL, numbers[Q], numbers[P], context);
	BN_clear_free(less);
	BN_CTX_free(context);
	return done && numbers[QINV];
}

static bool take_rsa(const struct bag *bag, bool secret, struct bignum_st **numbers)
{
	const struct ck_attribute *part;
	size_t i;

	for (i = 0; i < RSA_PARTS; i++) {
		part = bag_find(bag, rsa_parts[i].type);
		if (!part || (rsa_parts[i].secret && !secret))
			continue;
		numbers[i] = BN_secure_new();
		if (!numbers[i] || !BN_bin2bn(part->value, part->value_len, numbers[i]))
			return false;
	}
	return !secret || complete_rsa(numbers);
}

static EVP_PKEY *rsa_key(const struct bag *bag, bool secret)
{
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	struct bignum_st *numbers[RSA_PARTS] = { 0 };
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;
	size_t i;

	if (!builder || !take_rsa(bag, secret, numbers))
		goto out;
	for (i = 0; i < RSA_PARTS; i++)
		if (numbers[i] && !OSSL_PARAM_BLD_push_BN(builder, rsa_parts[i].name, numbers[i]))
			goto out;
	params = OSSL_PARAM_BLD_to_param(builder);
	key = from_params("RSA", secret ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params);
out:
	ERR_clear_error();
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	for (i = 0; i < RSA_PARTS; i++)
		BN_clear_free(numbers[i]);
	return key;
}

static ck_rv_t take_der(unsigned char *der, int der_len, uint8_t **data, size_t *len)
{
	if (der_len <= 0)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	*data = malloc(der_len);
	if (*data)
		memcpy(*data, der, der_len);
	*len = der_len;
	OPENSSL_cleanse(der, der_len);
	OPENSSL_free(der);
	return *data ? CKR_OK : CKR_HOST_MEMORY;
}

static ck_rv_t rsa_private(const struct bag *bag, const struct key_kind **kind, uint8_t **data,
			   size_t *len)
{
	PKCS8_PRIV_KEY_INFO *info;
	unsigned char *der = NULL;
	EVP_PKEY *key;
	ck_rv_t rv = CKR_ATTRIBUTE_VALUE_INVALID;

	if (!bag_find(bag, CKA_MODULUS) || !bag_find(bag, CKA_PUBLIC_EXPONENT) ||
	    !bag_find(bag, CKA_PRIVATE_EXPONENT) || !bag_find(bag, CKA_PRIME_1) ||
	    !bag_find(bag, CKA_PRIME_2))
		return CKR_TEMPLATE_INCOMPLETE;
	key = rsa_key(bag, true);
	if (!key)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	*kind = key_kind_find(CKK_RSA, EVP_PKEY_get_bits(key));
	info = EVP_PKEY2PKCS8(key);
	if (*kind && info)
		rv = take_der(der, i2d_PKCS8_PRIV_KEY_INFO(info, &der), data, len);
	PKCS8_PRIV_KEY_INFO_free(info);
	EVP_PKEY_free(key);
	return rv;
}

/* ---- curves ---- */

#define PKCS8_MAX	128	/* of a private number and the names of its curve */

static const struct {
	uint32_t type;
	const char *name;	/* of the algorithm, or of the group of "EC" */
	unsigned int secret_len;
	unsigned int point_len;
} curves[] = {
	{ UKS_KEY_EC_P224, "P-224", 28, 57 },
	{ UKS_KEY_EC_P256, "P-256", 32, 65 },
	{ UKS_KEY_EC_P384, "P-384", 48, 97 },
	{ UKS_KEY_EC_P521, "P-521", 66, 133 },
	{ UKS_KEY_ED25519, "ED25519", 32, 32 },
	{ UKS_KEY_ED448, "ED448", 57, 57 },
	{ UKS_KEY_X25519, "X25519", 32, 32 },
	{ UKS_KEY_X448, "X448", 56, 56 },
};

static int curve_index(const struct key_kind *kind)
{
	size_t i;

	for (i = 0; i < sizeof(curves) / sizeof(*curves); i++)
		if (curves[i].type == kind->type)
			return i;
	return -1;
}

static ck_rv_t curve_kind(const struct bag *bag, const struct key_kind **kind)
{
	const struct ck_attribute *params = bag_find(bag, CKA_EC_PARAMS);

	if (!params)
		return CKR_TEMPLATE_INCOMPLETE;
	*kind = key_kind_of_curve(bag_ulong(bag, CKA_KEY_TYPE, CKK_EC), params->value,
				  params->value_len);
	return *kind ? CKR_OK : CKR_CURVE_NOT_SUPPORTED;
}

static size_t put_der(uint8_t *at, uint8_t tag, const void *value, size_t len)
{
	memmove(at + 2, value, len);
	at[0] = tag;
	at[1] = len;	/* all are shorter than 128 bytes here */
	return len + 2;
}

/* PKCS #8 of a private number (RFC 5915, without its public key, which UKS computes). */
static ck_rv_t wrap_number(const struct key_kind *kind, uint8_t **data, size_t *len)
{
	static const uint8_t zero[] = { 2, 1, 0 }, one[] = { 2, 1, 1 };
	static const uint8_t ec[] = { 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1 };
	uint8_t inner[PKCS8_MAX], names[32], *der = malloc(PKCS8_MAX);
	size_t inner_len = sizeof(one), at = sizeof(zero);

	if (!der)
		return CKR_HOST_MEMORY;
	memcpy(inner, one, sizeof(one));
	inner_len += put_der(inner + inner_len, 4, *data, *len);
	inner_len = put_der(inner, 0x30, inner, inner_len);
	memcpy(names, ec, sizeof(ec));
	memcpy(names + sizeof(ec), kind->curve, kind->curve_len);
	memcpy(der, zero, sizeof(zero));
	at += put_der(der + at, 0x30, names, sizeof(ec) + kind->curve_len);
	at += put_der(der + at, 4, inner, inner_len);
	at = put_der(der, 0x30, der, at);
	explicit_bzero(inner, sizeof(inner));
	explicit_bzero(*data, *len);
	free(*data);
	*data = der;
	*len = at;
	return CKR_OK;
}

/* A scalar may come without its leading zeros. */
static ck_rv_t curve_private(const struct bag *bag, const struct key_kind **kind, uint8_t **data,
			     size_t *len)
{
	const struct ck_attribute *value = bag_find(bag, CKA_VALUE);
	ck_rv_t rv = curve_kind(bag, kind);

	if (rv != CKR_OK)
		return rv;
	if (!value)
		return CKR_TEMPLATE_INCOMPLETE;
	*len = curves[curve_index(*kind)].secret_len;
	if (!value->value_len || value->value_len > *len ||
	    ((*kind)->key_type != CKK_EC && value->value_len != *len))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	*data = calloc(1, *len);
	if (!*data)
		return CKR_HOST_MEMORY;
	memcpy(*data + *len - value->value_len, value->value, value->value_len);
	if ((*kind)->key_type != CKK_EC)
		return CKR_OK;
	rv = wrap_number(*kind, data, len);
	if (rv != CKR_OK) {
		explicit_bzero(*data, *len);
		free(*data);
	}
	return rv;
}

static EVP_PKEY *curve_public(const struct key_kind *kind, const uint8_t *point, size_t len)
{
	int i = curve_index(kind);
	OSSL_PARAM params[3];

	if (len != curves[i].point_len)
		return NULL;
	if (kind->key_type != CKK_EC)
		return EVP_PKEY_new_raw_public_key_ex(NULL, curves[i].name, NULL, point, len);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
						     (char *)curves[i].name, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point,
						      len);
	params[2] = OSSL_PARAM_construct_end();
	return from_params("EC", EVP_PKEY_PUBLIC_KEY, params);
}

/* What is inside a DER OCTET STRING, or all of it when it is none. */
static const uint8_t *unpack(const uint8_t *point, size_t *len)
{
	if (*len > 2 && point[0] == 4 && point[1] < 0x80 && point[1] == *len - 2) {
		*len -= 2;
		return point + 2;
	}
	if (*len > 3 && point[0] == 4 && point[1] == 0x81 && point[2] == *len - 3) {
		*len -= 3;
		return point + 3;
	}
	return point;
}

/* ---- both ---- */

ck_rv_t material_private(const struct bag *bag, const struct key_kind **kind, uint32_t *format,
			 uint8_t **data, size_t *len)
{
	switch (bag_ulong(bag, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION)) {
	case CK_UNAVAILABLE_INFORMATION:
		return CKR_TEMPLATE_INCOMPLETE;
	case CKK_RSA:
		*format = UKS_FORMAT_PKCS8;
		return rsa_private(bag, kind, data, len);
	case CKK_EC:
		*format = UKS_FORMAT_PKCS8;
		return curve_private(bag, kind, data, len);
	case CKK_EC_EDWARDS:
	case CKK_EC_MONTGOMERY:
		*format = UKS_FORMAT_RAW;
		return curve_private(bag, kind, data, len);
	default:
		return CKR_ATTRIBUTE_VALUE_INVALID;
	}
}

static ck_rv_t public_der(EVP_PKEY *key, uint8_t **spki, size_t *len)
{
	unsigned char *der = NULL;
	int der_len = key ? i2d_PUBKEY(key, &der) : 0;

	EVP_PKEY_free(key);
	return take_der(der, der_len, spki, len);
}

static ck_rv_t rsa_public(const struct bag *bag, const struct key_kind **kind, EVP_PKEY **key)
{
	if (!bag_find(bag, CKA_MODULUS) || !bag_find(bag, CKA_PUBLIC_EXPONENT))
		return CKR_TEMPLATE_INCOMPLETE;
	*key = rsa_key(bag, false);
	*kind = *key ? key_kind_find(CKK_RSA, EVP_PKEY_get_bits(*key)) : NULL;
	return *kind ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
}

static ck_rv_t ec_public(const struct bag *bag, const struct key_kind **kind, EVP_PKEY **key)
{
	const struct ck_attribute *point = bag_find(bag, CKA_EC_POINT);
	ck_rv_t rv = curve_kind(bag, kind);
	const uint8_t *at;
	size_t len;

	if (rv != CKR_OK)
		return rv;
	if (!point)
		return CKR_TEMPLATE_INCOMPLETE;
	len = point->value_len;
	at = unpack(point->value, &len);
	*key = curve_public(*kind, at, len);
	return *key ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
}

ck_rv_t material_public(const struct bag *bag, const struct key_kind **kind, uint8_t **spki,
			size_t *len)
{
	EVP_PKEY *key = NULL;
	ck_rv_t rv;

	switch (bag_ulong(bag, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION)) {
	case CK_UNAVAILABLE_INFORMATION:
		return CKR_TEMPLATE_INCOMPLETE;
	case CKK_RSA:
		rv = rsa_public(bag, kind, &key);
		break;
	case CKK_EC:
	case CKK_EC_EDWARDS:
	case CKK_EC_MONTGOMERY:
		rv = ec_public(bag, kind, &key);
		break;
	default:
		rv = CKR_ATTRIBUTE_VALUE_INVALID;
	}
	if (rv == CKR_OK)
		return public_der(key, spki, len);
	EVP_PKEY_free(key);
	return rv;
}

ck_rv_t material_peer(const struct key_kind *kind, const void *point, size_t point_len,
		      uint8_t **spki, size_t *len)
{
	const uint8_t *at = unpack(point, &point_len);
	ck_rv_t rv = public_der(curve_public(kind, at, point_len), spki, len);

	return rv == CKR_ATTRIBUTE_VALUE_INVALID ? CKR_MECHANISM_PARAM_INVALID : rv;
}

const struct key_kind *material_secret_kind(const struct bag *bag, unsigned int len)
{
	const struct ck_attribute *allowed = bag_find(bag, CKA_ALLOWED_MECHANISMS);
	ck_key_type_t type = bag_ulong(bag, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION);
	const struct mechanism *mechanism = NULL;
	ck_mechanism_type_t first;

	if (type != CKK_GENERIC_SECRET || bag_bool(bag, CKA_DERIVE, false))
		return key_kind_find(type, len);
	if (allowed && allowed->value_len) {
		memcpy(&first, allowed->value, sizeof(first));
		mechanism = mechanism_find(first);
	}
	if (mechanism && mechanism->algorithm == UKS_ALG_HMAC)
		return key_kind_find(mechanism->key_type, len);
	if (bag_bool(bag, CKA_SIGN, false) || bag_bool(bag, CKA_VERIFY, false))
		return key_kind_of(UKS_KEY_HMAC_SHA256);
	return key_kind_find(type, len);
}
