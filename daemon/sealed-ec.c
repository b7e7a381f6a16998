// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * ECDSA on P-256 by OpenSSL. The secret is the private number, 32 bytes, big-
 * endian (SEC 1, section 2.3.7); the public key is computed from it, never taken
 * from elsewhere.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include "daemon/sealed.h"

#define GROUP		"prime256v1"	/* P-256, as OpenSSL calls it */
#define NUMBER_LEN	32
#define POINT_LEN	65	/* uncompressed */
#define IDLE_MAX	4

/*
 * A context serves one operation at a time, but making one costs as much as
 * verifying: those that are not in use wait in @idle.
 */
struct ec_contexts {
	struct evp_pkey_ctx_st *idle[IDLE_MAX];
	int count;
};

struct ec_key {
	struct private_key private_key;
	EVP_PKEY *pkey;
	pthread_mutex_t lock;
	struct ec_contexts sign, verify;
};

static struct ec_key *to_ec(struct private_key *private_key)
{
	return (struct ec_key *)private_key;
}

/* The point that belongs to a private number, or -1 when that is out of range. */
static int compute_point(const EC_GROUP *group, const BIGNUM *number, uint8_t *point)
{
	EC_POINT *public = NULL;
	int ret = -1;

	if (BN_is_zero(number) || BN_is_negative(number) ||
	    BN_cmp(number, EC_GROUP_get0_order(group)) >= 0)
		return -1;
	public = EC_POINT_new(group);
	if (public && EC_POINT_mul(group, public, number, NULL, NULL, NULL) == 1 &&
	    EC_POINT_point2oct(group, public, POINT_CONVERSION_UNCOMPRESSED, point, POINT_LEN,
			       NULL) == POINT_LEN)
		ret = 0;
	EC_POINT_free(public);
	return ret;
}

static EVP_PKEY *from_parts(const BIGNUM *number, const uint8_t *point)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;

	if (bld && ctx &&
	    OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, GROUP, 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point,
					     POINT_LEN) == 1 &&
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
static int from_secret(const uint8_t *secret, EVP_PKEY **pkey, struct failure *failure)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	BIGNUM *number = BN_secure_new();
	uint8_t point[POINT_LEN];
	int ret = -1;

	if (!group || !number || !BN_bin2bn(secret, NUMBER_LEN, number)) {
		sealed_openssl_failure("read an EC key", failure);
		goto out;
	}
	BN_set_flags(number, BN_FLG_CONSTTIME);
	if (compute_point(group, number, point)) {
		failure_set(failure, UKS_E_BAD_MATERIAL,
			    "the private number of the EC key is not from 1 to the curve's order");
		goto out;
	}
	*pkey = from_parts(number, point);
	ret = *pkey ? 0 : sealed_openssl_failure("make an EC key", failure);
out:
	BN_clear_free(number);
	EC_GROUP_free(group);
	return ret;
}

static int write_secret(EVP_PKEY *pkey, struct material *material, struct failure *failure)
{
	BIGNUM *number = BN_secure_new();
	int ret = 0;

	if (!number || EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &number) != 1 ||
	    BN_bn2binpad(number, material->secret, NUMBER_LEN) != NUMBER_LEN)
		ret = failure_set(failure, UKS_E_BAD_MATERIAL,
				  "the EC key has no private number, or one that is too large");
	material->secret_len = NUMBER_LEN;
	BN_clear_free(number);
	return ret;
}

static int ec_generate(const struct key_type *type, struct material *material,
		       struct failure *failure)
{
	EVP_PKEY *pkey = EVP_EC_gen(GROUP);
	int ret;

	(void)type;
	if (!pkey)
		return sealed_openssl_failure("generate an EC key", failure);
	ret = write_secret(pkey, material, failure);
	if (!ret)
		ret = sealed_write_public(pkey, material, failure);
	EVP_PKEY_free(pkey);
	return ret;
}

static int check_curve(EVP_PKEY *pkey, struct failure *failure)
{
	char group[40];

	if (EVP_PKEY_get_id(pkey) != EVP_PKEY_EC)
		return failure_set(failure, UKS_E_BAD_MATERIAL, "the PKCS#8 key is not an EC key");
	if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) != 1)
		return failure_set(failure, UKS_E_BAD_MATERIAL,
				   "the EC key names no curve: P-256 by name is wanted");
	if (strcmp(group, GROUP))
		return failure_set(failure, UKS_E_BAD_MATERIAL,
				   "the EC key is on curve %s: P-256 is wanted", group);
	return 0;
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
				   "a key of type %s is imported as PKCS#8 only", type->name);
	pkey = sealed_read_pkcs8(type, import, failure);
	if (!pkey)
		return -1;
	if (check_curve(pkey, failure) || write_secret(pkey, material, failure) ||
	    from_secret(material->secret, &computed, failure) ||
	    check_public(pkey, computed, failure))
		goto out;
	ret = sealed_write_public(computed, material, failure);
	if (!ret)
		ret = sealed_check_pkcs8_public(import, material, failure);
out:
	EVP_PKEY_free(computed);
	EVP_PKEY_free(pkey);
	return ret;
}

static void ec_unload(struct private_key *private_key)
{
	struct ec_key *key = to_ec(private_key);

	while (key->sign.count)
		EVP_PKEY_CTX_free(key->sign.idle[--key->sign.count]);
	while (key->verify.count)
		EVP_PKEY_CTX_free(key->verify.idle[--key->verify.count]);
	EVP_PKEY_free(key->pkey);
	pthread_mutex_destroy(&key->lock);
	free(key);
}

/* The SubjectPublicKeyInfo ends with the point (RFC 5480, section 2.2). */
static bool belongs(const struct key *key, EVP_PKEY *pkey)
{
	uint8_t point[POINT_LEN];
	size_t len;

	return EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, point,
					       sizeof(point), &len) == 1 &&
	       len == POINT_LEN && key->public_len >= POINT_LEN &&
	       !memcmp(key->public_key + key->public_len - POINT_LEN, point, POINT_LEN);
}

static int ec_load(const struct key *key, const uint8_t *secret, size_t len,
		   struct private_key **result, struct failure *failure)
{
	struct ec_key *ec;

	if (len != NUMBER_LEN)
		goto mismatch;
	ec = calloc(1, sizeof(*ec));
	if (!ec)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for a key");
	ec->private_key.family = &sealed_ec;
	pthread_mutex_init(&ec->lock, NULL);
	if (from_secret(secret, &ec->pkey, failure)) {
		ec_unload(&ec->private_key);
		return -1;
	}
	if (belongs(key, ec->pkey)) {
		*result = &ec->private_key;
		return 0;
	}
	ec_unload(&ec->private_key);
mismatch:
	return failure_set(failure, UKS_E_BLOB,
			   "secret and public part of key '%s' do not belong together", key->name);
}

static EVP_PKEY_CTX *get_context(struct ec_key *key, struct ec_contexts *contexts,
				 int (*init)(EVP_PKEY_CTX *ctx))
{
	EVP_PKEY_CTX *ctx = NULL;

	pthread_mutex_lock(&key->lock);
	if (contexts->count)
		ctx = contexts->idle[--contexts->count];
	pthread_mutex_unlock(&key->lock);
	if (ctx)
		return ctx;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
	if (ctx && init(ctx) != 1) {
		EVP_PKEY_CTX_free(ctx);
		ctx = NULL;
	}
	return ctx;
}

static void put_context(struct ec_key *key, struct ec_contexts *contexts, EVP_PKEY_CTX *ctx)
{
	pthread_mutex_lock(&key->lock);
	if (contexts->count < IDLE_MAX) {
		contexts->idle[contexts->count++] = ctx;
		ctx = NULL;
	}
	pthread_mutex_unlock(&key->lock);
	EVP_PKEY_CTX_free(ctx);
}

static int check_digest(const struct signing *signing, struct failure *failure)
{
	static const uint8_t lengths[] = {
		[UKS_DIGEST_SHA256] = 32, [UKS_DIGEST_SHA384] = 48, [UKS_DIGEST_SHA512] = 64,
	};

	if (signing->digest < UKS_DIGEST_SHA256 || signing->digest > UKS_DIGEST_SHA512)
		return failure_set(failure, UKS_E_BAD_DIGEST,
				   "digest %u is unknown to this daemon: choose SHA-256, SHA-384 or SHA-512",
				   signing->digest);
	if (signing->len != lengths[signing->digest])
		return failure_set(failure, UKS_E_BAD_DIGEST,
				   "the digest has %zu bytes, must have %u", signing->len,
				   lengths[signing->digest]);
	return 0;
}

static int ec_sign(struct private_key *private_key, const struct signing *signing,
		   uint8_t *signature, size_t *len, struct failure *failure)
{
	struct ec_key *key = to_ec(private_key);
	EVP_PKEY_CTX *ctx;

	if (check_digest(signing, failure))
		return -1;
	ctx = get_context(key, &key->sign, EVP_PKEY_sign_init);
	*len = UKS_SIGNATURE_MAX;
	if (!ctx || EVP_PKEY_sign(ctx, signature, len, signing->message, signing->len) != 1) {
		EVP_PKEY_CTX_free(ctx);
		return sealed_openssl_failure("sign", failure);
	}
	put_context(key, &key->sign, ctx);
	return 0;
}

static int ec_verify(struct private_key *private_key, const struct signing *signing,
		     const uint8_t *signature, size_t len, struct failure *failure)
{
	struct ec_key *key = to_ec(private_key);
	EVP_PKEY_CTX *ctx;
	int ret;

	if (check_digest(signing, failure))
		return -1;
	ctx = get_context(key, &key->verify, EVP_PKEY_verify_init);
	if (!ctx)
		return sealed_openssl_failure("verify", failure);
	ret = EVP_PKEY_verify(ctx, signature, len, signing->message, signing->len);
	put_context(key, &key->verify, ctx);
	if (ret == 1)
		return 0;
	/* What is no signature at all is for OpenSSL an error, too. */
	if (ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE)
		return sealed_openssl_failure("verify", failure);
	ERR_clear_error();
	return failure_set(failure, UKS_E_BAD_SIGNATURE,
			   "the signature is not that of this message by this key");
}

const struct provider sealed_ec = {
	.name = "sealed-ec",
	.generate = ec_generate,
	.import = ec_import,
	.load = ec_load,
	.unload = ec_unload,
	.sign = ec_sign,
	.verify = ec_verify,
};
