// SPDX-License-Identifier: LGPL-2.1-or-later
/* RSA and finite-field Diffie-Hellman: keys of several numbers, kept as PKCS#8. */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "daemon/provider/sealed.h"

#define EXPONENT_MIN	65537	/* FIPS 186-5, 5.1 */
#define EXPONENT_BITS	256

static int write_pkcs8(EVP_PKEY *pkey, struct material *material, struct failure *failure)
{
	struct output output = { .bytes = material->secret, .size = KEY_SECRET_MAX };

	if (sealed_write_pkcs8(pkey, &output, failure))
		return -1;
	material->secret_len = output.len;
	return sealed_write_public(pkey, material, failure);
}

static EVP_PKEY *generate_group(const struct key_type *type)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
	EVP_PKEY *pkey = NULL;
	char group[16];
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_END
	};

	snprintf(group, sizeof(group), "ffdhe%u", type->bits);
	params[0].data_size = strlen(group);
	if (ctx && EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_CTX_set_params(ctx, params) == 1 &&
	    EVP_PKEY_generate(ctx, &pkey) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static int numbers_generate(const struct key_type *type, struct material *material,
			    struct failure *failure)
{
	bool rsa = UKS_RSA & UKS_BIT(type->type);
	EVP_PKEY *pkey = rsa ? EVP_RSA_gen(type->bits) : generate_group(type);
	int ret;

	if (!pkey)
		return sealed_openssl_failure("generate a key", failure);
	ret = write_pkcs8(pkey, material, failure);
	EVP_PKEY_free(pkey);
	return ret;
}

int sealed_check_exponent(EVP_PKEY *pkey, enum uks_error code, struct failure *failure)
{
	BIGNUM *e = NULL, *min = BN_new();
	int ret = -1;

	if (min && BN_set_word(min, EXPONENT_MIN) == 1 &&
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_odd(e) &&
	    BN_cmp(e, min) >= 0 && BN_num_bits(e) <= EXPONENT_BITS)
		ret = 0;
	BN_free(e);
	BN_free(min);
	if (!ret)
		return 0;
	return failure_set(failure, code,
			   "the public exponent of an RSA key must be odd and from 65537 to 2^256");
}

static int check(EVP_PKEY *pkey, struct failure *failure)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	bool valid = ctx && EVP_PKEY_check(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	if (valid)
		return 0;
	return failure_set(failure, UKS_E_BAD_MATERIAL,
			   "the numbers of the key do not belong together");
}

static int numbers_import(const struct key_type *type, const struct import *import,
			  struct material *material, struct failure *failure)
{
	bool rsa = UKS_RSA & UKS_BIT(type->type);
	EVP_PKEY *pkey;
	int ret;

	if (import->format != UKS_FORMAT_PKCS8)
		return failure_set(failure, UKS_E_BAD_MATERIAL,
				   "a key of type %s is imported as PKCS#8 or SubjectPublicKeyInfo only",
				   type->name);
	pkey = sealed_read_pkcs8(type, import, failure);
	if (!pkey)
		return -1;
	ret = sealed_check_type(type, pkey, failure);
	if (!ret && rsa)
		ret = sealed_check_exponent(pkey, UKS_E_BAD_MATERIAL, failure);
	if (!ret)
		ret = check(pkey, failure);
	if (!ret)
		ret = write_pkcs8(pkey, material, failure);
	EVP_PKEY_free(pkey);
	return ret;
}

static int numbers_load(const struct key *key, const uint8_t *secret, size_t len,
			struct private_key **result, struct failure *failure)
{
	const struct key_type *type = uks_type_find(key->type);
	struct import import = { .format = UKS_FORMAT_PKCS8, .bytes = secret, .len = len };
	EVP_PKEY *pkey = sealed_read_pkcs8(type, &import, failure);

	if (!pkey)
		return sealed_mismatch(key, failure);
	return sealed_pkey_new(&sealed_numbers, key, pkey, result, failure);
}

const struct family sealed_numbers = {
	.generate = numbers_generate,
	.import = numbers_import,
	.load = numbers_load,
	.unload = sealed_pkey_unload,
	.export = sealed_pkey_export,
};
