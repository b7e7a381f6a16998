// SPDX-License-Identifier: LGPL-2.1-or-later
/* Public keys as JSON has them (RFC 7517, RFC 7518), and as OpenSSL does. */
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "sks/keygen2/json.h"

static const struct curve {
	const char *name;
	const char *group;
	size_t len;	/* bytes of a coordinate */
} curves[] = {
	{ "P-256", "prime256v1", 32 },
	{ "P-384", "secp384r1", 48 },
	{ "P-521", "secp521r1", 66 },
};

static void put_number(json_t *jwk, const char *name, EVP_PKEY *key, const char *parameter,
		       size_t len)
{
	BIGNUM *number = NULL;
	uint8_t *bytes;

	if (!EVP_PKEY_get_bn_param(key, parameter, &number)) {
		kg_fail("OpenSSL does not tell a number of a public key");
		return;
	}
	if (!len)
		len = BN_num_bytes(number);
	bytes = malloc(len);
	if (!bytes || BN_bn2binpad(number, bytes, len) < 0)
		abort();
	kg_put_bytes(jwk, name, bytes, len);
	free(bytes);
	BN_free(number);
}

json_t *kg_jwk(EVP_PKEY *key)
{
	json_t *jwk = json_object();
	char group[32] = "";
	size_t i, len;

	if (EVP_PKEY_is_a(key, "RSA")) {
		json_object_set_new(jwk, "kty", json_string("RSA"));
		put_number(jwk, "n", key, OSSL_PKEY_PARAM_RSA_N, 0);
		put_number(jwk, "e", key, OSSL_PKEY_PARAM_RSA_E, 0);
		return jwk;
	}
	EVP_PKEY_get_group_name(key, group, sizeof(group), &len);
	for (i = 0; i < 3; i++)
		if (!strcmp(group, curves[i].group))
			break;
	if (i == 3) {
		kg_fail("a public key is neither RSA nor on a NIST curve");
		return jwk;
	}
	json_object_set_new(jwk, "kty", json_string("EC"));
	json_object_set_new(jwk, "crv", json_string(curves[i].name));
	put_number(jwk, "x", key, OSSL_PKEY_PARAM_EC_PUB_X, curves[i].len);
	put_number(jwk, "y", key, OSSL_PKEY_PARAM_EC_PUB_Y, curves[i].len);
	return jwk;
}

static EVP_PKEY *make(const char *type, OSSL_PARAM_BLD *build)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY *key = NULL;

	if (!ctx || !params || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		kg_fail("a public key is malformed");
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *read_ec(const json_t *jwk)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	const char *name = kg_text(jwk, "crv", NULL);
	struct frame point = { };
	EVP_PKEY *key = NULL;
	size_t i;

	for (i = 0; i < 3; i++)
		if (!strcmp(name, curves[i].name))
			break;
	frame_number(&point, 4, 1);
	kg_bytes(jwk, "x", false, &point);
	kg_bytes(jwk, "y", false, &point);
	if (i == 3 || point.len != 1 + 2 * curves[i].len)
		kg_fail("a public key is malformed");
	else if (OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
						 curves[i].group, 0) &&
		 OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.bytes,
						  point.len))
		key = make("EC", build);
	OSSL_PARAM_BLD_free(build);
	frame_free(&point);
	return key;
}

static EVP_PKEY *read_rsa(const json_t *jwk)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	struct frame n = { }, e = { };
	BIGNUM *modulus, *exponent;
	EVP_PKEY *key = NULL;

	kg_bytes(jwk, "n", false, &n);
	kg_bytes(jwk, "e", false, &e);
	modulus = BN_bin2bn(n.bytes, n.len, NULL);
	exponent = BN_bin2bn(e.bytes, e.len, NULL);
	if (!*kg_error && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent))
		key = make("RSA", build);
	OSSL_PARAM_BLD_free(build);
	BN_free(modulus);
	BN_free(exponent);
	frame_free(&n);
	frame_free(&e);
	return key;
}

EVP_PKEY *kg_key(const json_t *jwk)
{
	const char *type = kg_text(jwk, "kty", NULL);
	EVP_PKEY *key = NULL;

	if (!strcmp(type, "EC"))
		key = read_ec(jwk);
	else if (!strcmp(type, "RSA"))
		key = read_rsa(jwk);
	else
		kg_fail("a public key of type \"%s\" is unknown", type);
	if (!key)
		kg_fail("a public key is malformed");
	return key;
}
