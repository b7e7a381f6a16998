// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Keys on NIST's curves and SM2's by OpenSSL. The secret is the private number,
 * big-endian, as long as the curve's order (SEC 1, section 2.3.7); the public key is
 * computed from it, never taken from elsewhere.
 */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include "daemon/provider/sealed.h"

#define POINT_MAX	133	/* uncompressed, of P-521 */

/* Curves as OpenSSL calls them, and the numbers below which private numbers are. */
static const struct curve {
	uint32_t type;
	int nid;
	const char *kind;
	const char *group;
} curves[] = {
	{ UKS_KEY_EC_P224, NID_secp224r1, "EC", "secp224r1" },
	{ UKS_KEY_EC_P256, NID_X9_62_prime256v1, "EC", "prime256v1" },
	{ UKS_KEY_EC_P384, NID_secp384r1, "EC", "secp384r1" },
	{ UKS_KEY_EC_P521, NID_secp521r1, "EC", "secp521r1" },
	{ UKS_KEY_SM2, NID_sm2, "SM2", "SM2" },
};

static const struct curve *curve_of(const struct key_type *type)
{
	size_t i = 0;

	while (curves[i].type != type->type)
		i++;
	return &curves[i];
}

/* SM2 demands less than the order minus 1 (GB/T 32918.1, 6.1). */
static bool in_range(const struct curve *curve, const EC_GROUP *group, const BIGNUM *number)
{
	BIGNUM *end = BN_dup(EC_GROUP_get0_order(group));
	bool ret = false;

	if (end && (curve->type != UKS_KEY_SM2 || BN_sub_word(end, 1) == 1))
		ret = !BN_is_zero(number) && !BN_is_negative(number) && BN_cmp(number, end) < 0;
	BN_free(end);
	return ret;
}

/* The point that belongs to a private number; its length, or 0. */
static size_t compute_point(const EC_GROUP *group, const BIGNUM *number, uint8_t *point)
{
	EC_POINT *public = EC_POINT_new(group);
	size_t len = 0;

	if (public && EC_POINT_mul(group, public, number, NULL, NULL, NULL) == 1)
		len = EC_POINT_point2oct(group, public, POINT_CONVERSION_UNCOMPRESSED, point,
					 POINT_MAX, NULL);
	EC_POINT_free(public);
	return len;
}

static EVP_PKEY *from_parts(const struct curve *curve, const BIGNUM *number,
			    const uint8_t *point, size_t len)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, curve->kind, NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;

	if (bld && ctx &&
	    OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, curve->group,
					    0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, len) == 1 &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, number) == 1)
		params = OSSL_PARAM_BLD_to_param(bld);
	if (params && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
		pkey = NULL;
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_BLD_free(bld);
	return pkey;
}

/* A key from its private number, which lies in the secure heap meanwhile. */
static int from_secret(const struct key_type *type, const uint8_t *secret, EVP_PKEY **pkey,
		       struct failure *failure)
{
	const struct curve *curve = curve_of(type);
	EC_GROUP *group = EC_GROUP_new_by_curve_name(curve->nid);
	BIGNUM *number = BN_secure_new();
	uint8_t point[POINT_MAX];
	size_t len;
	int ret = -1;

	if (!group || !number || !BN_bin2bn(secret, type->secret_new, number)) {
		sealed_openssl_failure("read an EC key", failure);
		goto out;
	}
	BN_set_flags(number, BN_FLG_CONSTTIME);
	if (!in_range(curve, group, number)) {
		failure_set(failure, UKS_E_BAD_MATERIAL,
			    "the private number of the EC key is not from 1 to the curve's order");
		goto out;
	}
	len = compute_point(group, number, point);
	*pkey = len ? from_parts(curve, number, point, len) : NULL;
	ret = *pkey ? 0 : sealed_openssl_failure("make an EC key", failure);
out:
	BN_clear_free(number);
	EC_GROUP_free(group);
	return ret;
}

static int write_secret(const struct key_type *type, EVP_PKEY *pkey, struct material *material,
			struct failure *failure)
{
	BIGNUM *number = BN_secure_new();
	int len = type->secret_new, ret = 0;

	if (!number || EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &number) != 1 ||
	    BN_bn2binpad(number, material->secret, len) != len)
		ret = failure_set(failure, UKS_E_BAD_MATERIAL,
				  "the EC key has no private number, or one that is too large");
	material->secret_len = len;
	BN_clear_free(number);
	return ret;
}

EVP_PKEY *sealed_ec_generate(const struct key_type *type)
{
	const struct curve *curve = curve_of(type);

	if (type->type == UKS_KEY_SM2)
		return EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
	return EVP_EC_gen(curve->group);
}

static int ec_generate(const struct key_type *type, struct material *material,
		       struct failure *failure)
{
	EVP_PKEY *pkey = sealed_ec_generate(type), *computed = NULL;
	int ret;

	if (!pkey)
		return sealed_openssl_failure("generate an EC key", failure);
	ret = write_secret(type, pkey, material, failure);
	if (!ret)
		ret = from_secret(type, material->secret, &computed, failure);
	if (!ret)
		ret = sealed_write_public(computed, material, failure);
	EVP_PKEY_free(computed);
	EVP_PKEY_free(pkey);
	return ret;
}

/* The public key inside may be absent, but not another one. */
static int check_public(EVP_PKEY *pkey, EVP_PKEY *computed, struct failure *failure)
{
	size_t len;

	if (EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, NULL, 0, &len) != 1 ||
	    EVP_PKEY_eq(pkey, computed) == 1)
		return 0;
	return failure_set(failure, UKS_E_BAD_MATERIAL,
			   "private and public part of the EC key do not belong together");
}

static int ec_import(const struct key_type *type, const struct import *import,
		     struct material *material, struct failure *failure)
{
	EVP_PKEY *pkey, *computed = NULL;
	int ret = -1;

	if (import->format != UKS_FORMAT_PKCS8)
		return failure_set(failure, UKS_E_BAD_MATERIAL,
				   "a key of type %s is imported as PKCS#8 or SubjectPublicKeyInfo only",
				   type->name);
	pkey = sealed_read_pkcs8(type, import, failure);
	if (!pkey)
		return -1;
	if (sealed_check_type(type, pkey, failure) || write_secret(type, pkey, material, failure) ||
	    from_secret(type, material->secret, &computed, failure) ||
	    check_public(pkey, computed, failure))
		goto out;
	ret = sealed_write_public(computed, material, failure);
	if (!ret)
		ret = sealed_check_pkcs8_public(import, material, failure);
out:
	EVP_PKEY_free(computed);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return ret;
}

static int ec_load(const struct key *key, const uint8_t *secret, size_t len,
		   struct private_key **result, struct failure *failure)
{
	const struct key_type *type = uks_type_find(key->type);
	EVP_PKEY *pkey;

	if (len != type->secret_new)
		return sealed_mismatch(key, failure);
	if (from_secret(type, secret, &pkey, failure))
		return -1;
	return sealed_pkey_new(&sealed_ec, key, pkey, result, failure);
}

const struct family sealed_ec = {
	.generate = ec_generate,
	.import = ec_import,
	.load = ec_load,
	.unload = sealed_pkey_unload,
	.export = sealed_pkey_export,
};
