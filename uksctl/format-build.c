// SPDX-License-Identifier: LGPL-2.1-or-later
/* libcrypto's keys from their parts, for the formats that libcrypto does not read. */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "format.h"

void format_rsa_free(struct format_rsa *rsa)
{
	BN_clear_free(rsa->n);
	BN_clear_free(rsa->e);
	BN_clear_free(rsa->d);
	BN_clear_free(rsa->p);
	BN_clear_free(rsa->q);
	BN_clear_free(rsa->dp);
	BN_clear_free(rsa->dq);
	BN_clear_free(rsa->qi);
	*rsa = (struct format_rsa){ 0 };
}

static EVP_PKEY *from_params(const char *kind, bool private, OSSL_PARAM_BLD *bld)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
	int selection = private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
	EVP_PKEY *pkey = NULL;

	if (!ctx || !params || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, selection, params) != 1) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

/* dp and dq: @d mod @prime - 1. */
static BIGNUM *exponent_of(const BIGNUM *d, const BIGNUM *prime, BN_CTX *ctx)
{
	BIGNUM *less = BN_dup(prime), *result = BN_new();

	if (!less || !result || !BN_sub_word(less, 1) || BN_is_zero(less) ||
	    !BN_mod(result, d, less, ctx)) {
		BN_clear_free(result);
		result = NULL;
	}
	BN_clear_free(less);
	return result;
}

static bool push_private(OSSL_PARAM_BLD *bld, const struct format_rsa *rsa,
			 const struct format_rsa *computed)
{
	return OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_D, rsa->d) &&
	       OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_FACTOR1, rsa->p) &&
	       OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_FACTOR2, rsa->q) &&
	       OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_EXPONENT1,
				      rsa->dp ? rsa->dp : computed->dp) &&
	       OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_EXPONENT2,
				      rsa->dq ? rsa->dq : computed->dq) &&
	       OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
				      rsa->qi ? rsa->qi : computed->qi);
}

static bool compute(const struct format_rsa *rsa, struct format_rsa *computed)
{
	BN_CTX *ctx = BN_CTX_new();

	if (ctx && !BN_is_zero(rsa->p)) {
		computed->dp = exponent_of(rsa->d, rsa->p, ctx);
		computed->dq = exponent_of(rsa->d, rsa->q, ctx);
		computed->qi = BN_mod_inverse(NULL, rsa->q, rsa->p, ctx);
	}
	BN_CTX_free(ctx);
	return computed->dp && computed->dq && computed->qi;
}

EVP_PKEY *format_build_rsa(const struct format_rsa *rsa, struct uks_err *err)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	struct format_rsa computed = { 0 };
	EVP_PKEY *pkey = NULL;

	if (bld && (!rsa->d || compute(rsa, &computed)) &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, rsa->n) &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, rsa->e) &&
	    (!rsa->d || push_private(bld, rsa, &computed)))
		pkey = from_params("RSA", rsa->d, bld);
	if (!pkey)
		format_fail_crypto(err, "the numbers of the RSA key are damaged");
	OSSL_PARAM_BLD_free(bld);
	format_rsa_free(&computed);
	return pkey;
}

EVP_PKEY *format_build_ec(const struct format_ec *ec, struct uks_err *err)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY *pkey = NULL;

	if (bld &&
	    OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, ec->group, 0) &&
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, ec->point,
					     ec->point_len) &&
	    (!ec->number || OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, ec->number)))
		pkey = from_params("EC", ec->number, bld);
	if (!pkey)
		format_fail_crypto(err,
				   "the numbers of the EC key are damaged: the public point is not on its curve");
	OSSL_PARAM_BLD_free(bld);
	return pkey;
}

static bool same_public(EVP_PKEY *pkey, const uint8_t *public, size_t public_len)
{
	uint8_t computed[64];
	size_t len = sizeof(computed);

	return EVP_PKEY_get_raw_public_key(pkey, computed, &len) == 1 && len == public_len &&
	       !memcmp(computed, public, len);
}

/* Keys whose parts are strings of bytes (RFC 8032, RFC 7748); @secret may be NULL. */
EVP_PKEY *format_build_okp(int nid, const uint8_t *public, size_t public_len,
			   const uint8_t *secret, size_t secret_len, struct uks_err *err)
{
	EVP_PKEY *pkey = secret ? EVP_PKEY_new_raw_private_key(nid, NULL, secret, secret_len) :
				  EVP_PKEY_new_raw_public_key(nid, NULL, public, public_len);

	if (!pkey) {
		format_fail_crypto(err, "the key has a wrong length for its kind");
	} else if (!same_public(pkey, public, public_len)) {
		format_fail(err,
			    "private and public part do not belong together: the key is damaged");
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	return pkey;
}

/* Do the parts of a private key belong together? */
int format_check(EVP_PKEY *pkey, struct uks_err *err)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	int right = ctx ? EVP_PKEY_check(ctx) : 0;

	EVP_PKEY_CTX_free(ctx);
	if (right == 1)
		return 0;
	return format_fail_crypto(err,
				  "the parts of the private key do not belong together: it is damaged");
}
