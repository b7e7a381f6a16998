// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keys of uksctl matrix: made inside and outside, and deleted. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "matrix.h"

#define PKCS8_MAX	8192

/* ---- outside ---- */

static const char *group_of(uint32_t type)
{
	switch (type) {
	case UKS_KEY_EC_P224:
		return "P-224";
	case UKS_KEY_EC_P256:
		return "P-256";
	case UKS_KEY_EC_P384:
		return "P-384";
	case UKS_KEY_EC_P521:
		return "P-521";
	case UKS_KEY_FFDHE_2048:
		return "ffdhe2048";
	case UKS_KEY_FFDHE_3072:
		return "ffdhe3072";
	case UKS_KEY_FFDHE_4096:
		return "ffdhe4096";
	default:
		return NULL;
	}
}

static const char *name_of(const struct key_type *type)
{
	switch (type->type) {
	case UKS_KEY_SM2:
		return "SM2";
	case UKS_KEY_ED25519:
		return "ED25519";
	case UKS_KEY_ED448:
		return "ED448";
	case UKS_KEY_X25519:
		return "X25519";
	case UKS_KEY_X448:
		return "X448";
	case UKS_KEY_FFDHE_2048:
	case UKS_KEY_FFDHE_3072:
	case UKS_KEY_FFDHE_4096:
		return "DH";
	default:
		return group_of(type->type) ? "EC" : "RSA";
	}
}

static EVP_PKEY *pkey_generate(const struct key_type *type)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, name_of(type), NULL);
	const char *group = group_of(type->type);
	EVP_PKEY *pkey = NULL;
	int ok = ctx && EVP_PKEY_keygen_init(ctx) == 1;

	if (ok && group)
		ok = EVP_PKEY_CTX_set_group_name(ctx, group) == 1;
	else if (ok && type->bits)
		ok = EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, type->bits) == 1;
	if (ok && EVP_PKEY_generate(ctx, &pkey) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static size_t pkey_to_pkcs8(EVP_PKEY *pkey, uint8_t *data)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
	int len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, NULL) : -1;
	uint8_t *at = data;

	if (len > 0 && len <= PKCS8_MAX)
		len = i2d_PKCS8_PRIV_KEY_INFO(info, &at);
	else
		len = 0;
	PKCS8_PRIV_KEY_INFO_free(info);
	return len;
}

/* ---- inside ---- */

static void name_key(struct matrix *matrix, char *name, size_t size, const char *kind)
{
	static unsigned int number;

	snprintf(name, size, "matrix-%d-%u-%s-%s", getpid(), ++number, matrix->type->name, kind);
}

static int generate(struct matrix *matrix, struct matrix_pair *pair,
		    const struct uks_key_options *options)
{
	struct uks_err *err = &matrix->run->err;
	struct uks_key *key = NULL;
	const uint8_t *at;

	name_key(matrix, pair->generated, sizeof(pair->generated), "generated");
	if (uks_key_generate_with(matrix->run->client, pair->generated, matrix->type->type, options,
				  &key, err)) {
		pair->generated[0] = 0;
		return err->code;
	}
	at = key->public_key;
	if (at)
		pair->public = d2i_PUBKEY(NULL, &at, key->public_key_len);
	uks_key_free(key);
	return matrix->type->asymmetric && !pair->public ? UKS_E_NO_PUBLIC : 0;
}

static int import(struct matrix *matrix, struct matrix_pair *pair,
		  const struct uks_key_options *options, const struct uks_material *material)
{
	struct uks_err *err = &matrix->run->err;

	name_key(matrix, pair->imported, sizeof(pair->imported), "imported");
	if (!uks_key_import_with(matrix->run->client, pair->imported, matrix->type->type, options,
				 material, NULL, err))
		return 0;
	pair->imported[0] = 0;
	return err->code;
}

static int import_symmetric(struct matrix *matrix, struct matrix_pair *pair,
			    const struct uks_key_options *options)
{
	const struct uks_material material = {
		.format = UKS_FORMAT_RAW,
		.data = pair->secret,
		.len = matrix->type->secret_new,
	};

	pair->secret_len = material.len;
	if (RAND_priv_bytes(pair->secret, pair->secret_len) != 1)
		return UKS_E_CRYPTO;
	return import(matrix, pair, options, &material);
}

static int import_asymmetric(struct matrix *matrix, struct matrix_pair *pair,
			     const struct uks_key_options *options)
{
	uint8_t pkcs8[PKCS8_MAX];
	struct uks_material material = { .format = UKS_FORMAT_PKCS8, .data = pkcs8 };
	int ret;

	pair->own = pkey_generate(matrix->type);
	material.len = pair->own ? pkey_to_pkcs8(pair->own, pkcs8) : 0;
	if (!material.len)
		return UKS_E_CRYPTO;
	ret = import(matrix, pair, options, &material);
	explicit_bzero(pkcs8, sizeof(pkcs8));
	return ret;
}

/* The generated key first: a type that is refused needs no key outside. */
static int make_both(struct matrix *matrix, struct matrix_pair *pair,
		     const struct uks_key_options *options)
{
	int ret = generate(matrix, pair, options);

	if (ret)
		return ret;
	return matrix->type->asymmetric ? import_asymmetric(matrix, pair, options) :
					  import_symmetric(matrix, pair, options);
}

/* Returns 0 or a positive enum uks_error; matrix_pair_free() in either case. */
int matrix_pair_make(struct matrix *matrix, struct matrix_pair *pair, uint64_t algorithms,
		     uint64_t digests)
{
	struct uks_key_options options = { .purposes = uks_type_purposes(matrix->type->type) };
	struct uks_err *err = &matrix->run->err;
	struct uks_policy *policy;
	int ret;

	if (uks_policy_new(&policy, err))
		return err->code;
	options.policy = policy;
	ret = uks_policy_set(policy, UKS_POLICY_A_ALGORITHMS, algorithms, err);
	if (!ret && digests)
		ret = uks_policy_set(policy, UKS_POLICY_A_DIGESTS, digests, err);
	ret = ret ? err->code : make_both(matrix, pair, &options);
	uks_policy_free(policy);
	return ret;
}

void matrix_pair_free(struct matrix *matrix, struct matrix_pair *pair)
{
	if (pair->generated[0])
		uks_key_delete_with(matrix->run->client, pair->generated, UKS_CALL_NOW, NULL, NULL);
	if (pair->imported[0])
		uks_key_delete_with(matrix->run->client, pair->imported, UKS_CALL_NOW, NULL, NULL);
	EVP_PKEY_free(pair->public);
	EVP_PKEY_free(pair->own);
	explicit_bzero(pair, sizeof(*pair));
}
