// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The provider "sealed": which family makes a type of keys, and which method does what
 * by which algorithm.
 */
#include <openssl/err.h>

#include "daemon/sealed.h"

#define ENCRYPT	UKS_PURPOSE_ENCRYPT
#define DECRYPT	UKS_PURPOSE_DECRYPT
#define SIGN	UKS_PURPOSE_SIGN
#define VERIFY	UKS_PURPOSE_VERIFY
#define PUBLIC	(UKS_PURPOSE_ENCRYPT | UKS_PURPOSE_VERIFY | UKS_PURPOSE_WRAP)

static const struct {
	uint64_t types;
	const struct family *family;
} families[] = {
	{ UKS_EC | UKS_T(SM2), &sealed_ec },
	{ UKS_T(ED25519), &sealed_ed25519 },
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
	for (i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (methods[i].algorithm == job->use.algorithm &&
		    methods[i].purposes & job->use.purpose)
			return methods[i].perform(private_key, job, output, failure);
	return failure_set(failure, UKS_E_BAD_ALGORITHM,
			   "algorithm %u is not done by the daemon", job->use.algorithm);
}

static int sealed_prefix(struct private_key *private_key, const struct job *job,
			 struct output *output, struct failure *failure)
{
	(void)private_key;
	(void)job;
	(void)failure;
	output->len = 0;
	return 0;
}

const struct provider provider_sealed = {
	.name = "sealed",
	.generate = sealed_generate,
	.import = sealed_import,
	.recognize = sealed_recognize,
	.load = sealed_load,
	.unload = sealed_unload,
	.perform = sealed_perform,
	.prefix = sealed_prefix,
};
