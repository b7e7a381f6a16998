// SPDX-License-Identifier: LGPL-2.1-or-later
/* Public areas of keys, and their names. */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include "tpm/evidence-read.h"
#include "tpm/evidence.h"

#define ALG_RSA		0x0001
#define ALG_SHA256	0x000b
#define ALG_NULL	0x0010
#define ALG_RSAES	0x0015
#define ALG_ECC		0x0023
#define CURVE_P256	0x0003
#define CURVE_P384	0x0004
#define MOST		66	/* bytes of a coordinate */

static EVP_PKEY *build_key(const char *type, OSSL_PARAM_BLD *build)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY *key = NULL;

	if (ctx && params && EVP_PKEY_fromdata_init(ctx) == 1)
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *ec_key(unsigned int bits, const uint8_t *x, size_t x_len, const uint8_t *y,
			size_t y_len)
{
	uint8_t octets[1 + 2 * MOST] = { POINT_CONVERSION_UNCOMPRESSED };
	const size_t len = bits / 8;
	OSSL_PARAM_BLD *build;
	EVP_PKEY *key = NULL;

	if (x_len > len || y_len > len || len > MOST)
		return NULL;
	memcpy(octets + 1 + len - x_len, x, x_len);
	memcpy(octets + 1 + 2 * len - y_len, y, y_len);
	build = OSSL_PARAM_BLD_new();
	if (build &&
	    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
					    bits == 256 ? "P-256" : "P-384", 0) &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, octets, 1 + 2 * len))
		key = build_key("EC", build);
	OSSL_PARAM_BLD_free(build);
	return key;
}

static EVP_PKEY *rsa_key(const uint8_t *modulus, size_t len, uint32_t exponent)
{
	BIGNUM *n = BN_bin2bn(modulus, len, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY *key = NULL;

	if (n && build && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
	    OSSL_PARAM_BLD_push_uint32(build, OSSL_PKEY_PARAM_RSA_E, exponent ? exponent : 65537))
		key = build_key("RSA", build);
	OSSL_PARAM_BLD_free(build);
	BN_free(n);
	return key;
}

/* TPMT_SYM_DEF_OBJECT, of no interest. */
static void skip_symmetric(struct reader *reader)
{
	if (read_number(reader, 2) != ALG_NULL)
		read_number(reader, 4);
}

/* TPMT_RSA_SCHEME, TPMT_ECC_SCHEME or TPMT_KDF_SCHEME: an algorithm and its hash. */
static void skip_scheme(struct reader *reader)
{
	const unsigned int scheme = read_number(reader, 2);

	if (scheme != ALG_NULL && scheme != ALG_RSAES)
		read_number(reader, 2);
}

static EVP_PKEY *read_rsa(struct reader *reader, struct uks_evidence_public *public)
{
	const uint8_t *modulus;
	uint32_t exponent;
	size_t len;

	skip_symmetric(reader);
	skip_scheme(reader);
	public->bits = read_number(reader, 2);
	exponent = read_number(reader, 4);
	modulus = read_sized(reader, &len);
	return modulus && len * 8 == public->bits ? rsa_key(modulus, len, exponent) : NULL;
}

static EVP_PKEY *read_ecc(struct reader *reader, struct uks_evidence_public *public)
{
	const uint8_t *x, *y;
	size_t x_len, y_len;
	unsigned int curve;

	skip_symmetric(reader);
	skip_scheme(reader);
	curve = read_number(reader, 2);
	skip_scheme(reader);
	x = read_sized(reader, &x_len);
	y = read_sized(reader, &y_len);
	if (!y || (curve != CURVE_P256 && curve != CURVE_P384))
		return NULL;
	public->bits = curve == CURVE_P256 ? 256 : 384;
	return ec_key(public->bits, x, x_len, y, y_len);
}

static bool put_key(EVP_PKEY *key, struct uks_evidence_public *public)
{
	uint8_t *at = public->spki;
	int len = key ? i2d_PUBKEY(key, NULL) : -1;

	if (len < 0 || len > (int)sizeof(public->spki) || i2d_PUBKEY(key, &at) != len)
		return false;
	public->spki_len = len;
	return true;
}

static bool read_area(struct reader *reader, struct uks_evidence_public *public)
{
	const uint8_t *policy;
	EVP_PKEY *key = NULL;
	size_t len;
	bool ok;

	public->type = read_number(reader, 2);
	if (read_number(reader, 2) != ALG_SHA256)
		return false;
	public->attributes = read_number(reader, 4);
	policy = read_sized(reader, &len);
	if (!policy || (len && len != sizeof(public->policy)))
		return false;
	memcpy(public->policy, policy, len);
	public->has_policy = len > 0;
	if (public->type == ALG_RSA)
		key = read_rsa(reader, public);
	else if (public->type == ALG_ECC)
		key = read_ecc(reader, public);
	ok = put_key(key, public) && !reader->bad && !reader->left;
	EVP_PKEY_free(key);
	ERR_clear_error();
	return ok;
}

const char *uks_evidence_read_public(const uint8_t *area, size_t len,
				     struct uks_evidence_public *public)
{
	struct reader reader = { area, len, false };

	memset(public, 0, sizeof(*public));
	public->name[0] = ALG_SHA256 >> 8;
	public->name[1] = ALG_SHA256 & 0xff;
	if (read_area(&reader, public) &&
	    EVP_Digest(area, len, public->name + 2, NULL, EVP_sha256(), NULL) == 1)
		return NULL;
	memset(public, 0, sizeof(*public));
	return "the public area is malformed, or none of an RSA, P-256 or P-384 key with SHA-256";
}
