// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The provider "sealed": which family makes a type of keys, and which method does what
 * by which algorithm.
 */
#include <openssl/err.h>

#include "daemon/provider/sealed.h"

#define ENCRYPT		UKS_PURPOSE_ENCRYPT
#define DECRYPT		UKS_PURPOSE_DECRYPT
#define SIGN		UKS_PURPOSE_SIGN
#define VERIFY		UKS_PURPOSE_VERIFY
#define MAC		UKS_PURPOSE_MAC
#define MAC_VERIFY	UKS_PURPOSE_MAC_VERIFY
#define WRAP		UKS_PURPOSE_WRAP
#define UNWRAP		UKS_PURPOSE_UNWRAP
#define AGREE		UKS_PURPOSE_AGREE
#define DERIVE		UKS_PURPOSE_DERIVE
#define PUBLIC		(ENCRYPT | VERIFY | WRAP)	/* needs no secret */

static const struct {
	uint64_t types;
	const struct family *family;
} families[] = {
	{ UKS_EC | UKS_T(SM2), &sealed_ec },
	{ UKS_T(ED25519), &sealed_ed25519 },
	{ UKS_T(ED448) | UKS_T(X25519) | UKS_T(X448), &sealed_raw },
	{ UKS_RSA | UKS_FFDHE, &sealed_numbers },
};

static const struct {
	uint32_t algorithm;
	uint32_t purposes;
	int (*perform)(struct private_key *private_key, struct job *job, struct output *output,
		       struct failure *failure);
} methods[] = {
	{ UKS_ALG_ECDSA, SIGN, sealed_ecdsa_sign },
	{ UKS_ALG_ECDSA, VERIFY, sealed_ecdsa_verify },
	{ UKS_ALG_ED25519, SIGN, sealed_ed25519_sign },
	{ UKS_ALG_ED25519, VERIFY, sealed_ed25519_verify },
	{ UKS_ALG_ED448, SIGN, sealed_ed448_sign },
	{ UKS_ALG_ED448, VERIFY, sealed_ed448_verify },
	{ UKS_ALG_SM2_SIGN, SIGN, sealed_sm2_sign },
	{ UKS_ALG_SM2_SIGN, VERIFY, sealed_sm2_verify },
	{ UKS_ALG_SM2_CRYPT, ENCRYPT, sealed_sm2_encrypt },
	{ UKS_ALG_SM2_CRYPT, DECRYPT, sealed_sm2_decrypt },
	{ UKS_ALG_RSA_PKCS1, SIGN, sealed_rsa_sign },
	{ UKS_ALG_RSA_PKCS1, VERIFY, sealed_rsa_verify },
	{ UKS_ALG_RSA_PSS, SIGN, sealed_rsa_sign },
	{ UKS_ALG_RSA_PSS, VERIFY, sealed_rsa_verify },
	{ UKS_ALG_RSA_OAEP, ENCRYPT, sealed_rsa_encrypt },
	{ UKS_ALG_RSA_OAEP, DECRYPT, sealed_rsa_decrypt },
	{ UKS_ALG_RSA_PKCS1_CRYPT, ENCRYPT, sealed_rsa_encrypt },
	{ UKS_ALG_RSA_PKCS1_CRYPT, DECRYPT, sealed_rsa_decrypt },
	{ UKS_ALG_RSA_RAW, ENCRYPT, sealed_rsa_encrypt },
	{ UKS_ALG_RSA_RAW, DECRYPT, sealed_rsa_decrypt },
	{ UKS_ALG_ECDH, AGREE, sealed_agree },
	{ UKS_ALG_X25519, AGREE, sealed_agree },
	{ UKS_ALG_X448, AGREE, sealed_agree },
	{ UKS_ALG_FFDH, AGREE, sealed_agree },
	{ UKS_ALG_HKDF, DERIVE, sealed_derive },
	{ UKS_ALG_PBKDF2, DERIVE, sealed_derive },
	{ UKS_ALG_AES_ECB, ENCRYPT | DECRYPT, sealed_cipher_blocks },
	{ UKS_ALG_AES_CBC, ENCRYPT | DECRYPT, sealed_cipher_blocks },
	{ UKS_ALG_AES_CBC_PKCS7, ENCRYPT | DECRYPT, sealed_cipher_blocks },
	{ UKS_ALG_AES_CTR, ENCRYPT | DECRYPT, sealed_cipher_blocks },
	{ UKS_ALG_SM4_CBC, ENCRYPT | DECRYPT, sealed_cipher_blocks },
	{ UKS_ALG_SM4_CBC_PKCS7, ENCRYPT | DECRYPT, sealed_cipher_blocks },
	{ UKS_ALG_SM4_CTR, ENCRYPT | DECRYPT, sealed_cipher_blocks },
	{ UKS_ALG_AES_GCM, ENCRYPT | DECRYPT, sealed_aead },
	{ UKS_ALG_AES_CCM, ENCRYPT | DECRYPT, sealed_aead },
	{ UKS_ALG_CHACHA20_POLY1305, ENCRYPT | DECRYPT, sealed_aead },
	{ UKS_ALG_SM4_GCM, ENCRYPT | DECRYPT, sealed_aead },
	{ UKS_ALG_HMAC, MAC, sealed_mac },
	{ UKS_ALG_HMAC, MAC_VERIFY, sealed_mac_verify },
	{ UKS_ALG_AES_CMAC, MAC, sealed_mac },
	{ UKS_ALG_AES_CMAC, MAC_VERIFY, sealed_mac_verify },
	{ UKS_ALG_AES_KW, WRAP | UNWRAP, sealed_wrap_aes },
	{ UKS_ALG_AES_KWP, WRAP | UNWRAP, sealed_wrap_aes },
	{ UKS_ALG_AES_CBC_WRAP, WRAP, sealed_wrap_cbc },
	{ UKS_ALG_AES_CBC_WRAP, UNWRAP, sealed_unwrap_cbc },
	{ UKS_ALG_RSA_OAEP, WRAP, sealed_wrap_oaep },
	{ UKS_ALG_RSA_OAEP, UNWRAP, sealed_unwrap_oaep },
	{ UKS_ALG_RSA_AES_KEY_WRAP, WRAP, sealed_wrap_rsa_aes },
	{ UKS_ALG_RSA_AES_KEY_WRAP, UNWRAP, sealed_unwrap_rsa_aes },
	{ UKS_ALG_ECDH_HKDF_AES_GCM, WRAP, sealed_wrap_ecdh },
	{ UKS_ALG_ECDH_HKDF_AES_GCM, UNWRAP, sealed_unwrap_ecdh },
};

static const struct family *family_of(const struct key_type *type, struct failure *failure)
{
	size_t i;

	if (!type->asymmetric)
		return &sealed_bytes;
	for (i = 0; i < sizeof(families) / sizeof(*families); i++)
		if (families[i].types & UKS_BIT(type->type))
			return families[i].family;
	failure_set(failure, UKS_E_LIBRARY,
		    "the cryptographic library at hand lacks keys of type %s", type->name);
	return NULL;
}

static int sealed_generate(const struct key_type *type, struct material *material,
			   struct failure *failure)
{
	const struct family *family = family_of(type, failure);

	return family ? family->generate(type, material, failure) : -1;
}

/* Only the public part, for keys that verify, encrypt or wrap for somebody else. */
static int import_public(const struct key_type *type, const struct import *import,
			 struct material *material, struct failure *failure)
{
	const struct key_type *found;
	EVP_PKEY *pkey;
	int ret;

	pkey = sealed_read_public(import->bytes, import->len, UKS_E_BAD_MATERIAL, &found,
				  failure);
	if (!pkey)
		return -1;
	ret = sealed_check_type(type, pkey, failure);
	if (!ret)
		ret = sealed_write_public(pkey, material, failure);
	material->secret_len = 0;
	EVP_PKEY_free(pkey);
	return ret;
}

static int sealed_import(const struct key_type *type, const struct import *import,
			 struct material *material, struct failure *failure)
{
	const struct family *family = family_of(type, failure);

	if (!family)
		return -1;
	if (type->asymmetric && import->format == UKS_FORMAT_SPKI)
		return import_public(type, import, material, failure);
	return family->import(type, import, material, failure);
}

static int sealed_recognize(const uint8_t *spki, size_t len, uint32_t *type,
			    struct failure *failure)
{
	const struct key_type *found;
	EVP_PKEY *pkey = sealed_read_public(spki, len, UKS_E_BAD_MATERIAL, &found, failure);

	if (!pkey)
		return -1;
	*type = found->type;
	EVP_PKEY_free(pkey);
	return 0;
}

static int load_public(const struct family *family, const struct key *key,
		       struct private_key **private_key, struct failure *failure)
{
	const struct key_type *type;
	EVP_PKEY *pkey;
	int ret;

	pkey = sealed_read_public(key->public_key, key->public_len, UKS_E_BLOB, &type, failure);
	if (!pkey)
		return -1;
	ret = sealed_pkey_new(family, key, pkey, private_key, failure);
	if (!ret)
		(*private_key)->secret = false;
	return ret;
}

static int sealed_load(const struct key *key, const uint8_t *secret, size_t len,
		       struct private_key **private_key, struct failure *failure)
{
	const struct key_type *type = key_type_find(key->type, failure);
	const struct family *family = type ? family_of(type, failure) : NULL;

	if (!family)
		return -1;
	if (!len && family->unload == sealed_pkey_unload)
		return load_public(family, key, private_key, failure);
	return family->load(key, secret, len, private_key, failure);
}

static void sealed_unload(struct private_key *private_key)
{
	private_key->family->unload(private_key);
}

static int sealed_export(struct private_key *private_key, uint32_t format,
			 struct output *output, struct failure *failure)
{
	if (!private_key->secret)
		return failure_set(failure, UKS_E_NO_SECRET,
				   "only the public part of the key is stored: it cannot be wrapped");
	if (format == (private_key->type->asymmetric ? UKS_FORMAT_PKCS8 : UKS_FORMAT_RAW))
		return private_key->family->export(private_key, output, failure);
	return failure_set(failure, UKS_E_INVALID,
			   "a key of type %s is not wrapped in format %u: leave the format out",
			   private_key->type->name, format);
}

static int sealed_perform(struct private_key *private_key, struct job *job,
			  struct output *output, struct failure *failure)
{
	size_t i;

	if (!key_type_use(private_key->type, &job->use, failure) ||
	    parameters_check(&job->use, job->parameters, failure))
		return -1;
	if (!private_key->secret && !(job->use.purpose & PUBLIC))
		return failure_set(failure, UKS_E_NO_SECRET,
				   "only the public part of the key is stored: it cannot do that");
	if (private_key->family->perform)
		return private_key->family->perform(private_key, job, output, failure);
	for (i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (methods[i].algorithm == job->use.algorithm &&
		    methods[i].purposes & job->use.purpose)
			return methods[i].perform(private_key, job, output, failure);
	return failure_set(failure, UKS_E_BAD_ALGORITHM,
			   "algorithm %u is not done by the daemon", job->use.algorithm);
}

static int sealed_prefix(struct private_key *private_key, struct job *job,
			 struct output *output, struct failure *failure)
{
	output->len = 0;
	if (job->use.algorithm != UKS_ALG_SM2_SIGN || job->use.digest == UKS_DIGEST_GIVEN)
		return 0;
	if (!key_type_use(private_key->type, &job->use, failure) ||
	    parameters_check(&job->use, job->parameters, failure))
		return -1;
	return sealed_sm2_prefix(private_key, job, output, failure);
}

const struct provider provider_sealed = {
	.name = "sealed",
	.generate = sealed_generate,
	.import = sealed_import,
	.recognize = sealed_recognize,
	.load = sealed_load,
	.unload = sealed_unload,
	.export = sealed_export,
	.perform = sealed_perform,
	.prefix = sealed_prefix,
};
