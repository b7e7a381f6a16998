// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "daemon/sealed.h"

int sealed_openssl_failure(const char *doing, struct failure *failure)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(code);

	failure_set(failure, UKS_E_CRYPTO, "OpenSSL cannot %s: %s", doing,
		    reason ? reason : "no reason given");
	ERR_clear_error();
	return -1;
}

int sealed_write_public(EVP_PKEY *pkey, struct material *material, struct failure *failure)
{
	uint8_t *at = material->public_key;
	int len = i2d_PUBKEY(pkey, NULL);

	if (len <= 0 || len > KEY_PUBLIC_MAX || i2d_PUBKEY(pkey, &at) != len)
		return sealed_openssl_failure("write a public key", failure);
	material->public_len = len;
	return 0;
}

static const struct provider *family(const struct key_type *type, struct failure *failure)
{
	if (!type->asymmetric)
		return &sealed_symmetric;
	switch (type->type) {
	case UKS_KEY_EC_P256:
		return &sealed_ec;
	case UKS_KEY_ED25519:
		return &sealed_ed25519;
	default:
		failure_set(failure, UKS_E_LIBRARY, "keys of type %s cannot be made", type->name);
		return NULL;
	}
}

static int sealed_generate(const struct key_type *type, struct material *material,
			   struct failure *failure)
{
	const struct provider *provider = family(type, failure);

	return provider ? provider->generate(type, material, failure) : -1;
}

static int sealed_import(const struct key_type *type, const struct import *import,
			 struct material *material, struct failure *failure)
{
	const struct provider *provider = family(type, failure);

	return provider ? provider->import(type, import, material, failure) : -1;
}

static int sealed_load(const struct key *key, const uint8_t *secret, size_t len,
		       struct private_key **private_key, struct failure *failure)
{
	const struct key_type *type = key_type_find(key->type, failure);
	const struct provider *provider = type ? family(type, failure) : NULL;

	if (!provider)
		return -1;
	if (!provider->load)
		return failure_set(failure, UKS_E_INTERNAL, "key type %u is not loaded",
				   key->type);
	return provider->load(key, secret, len, private_key, failure);
}

static void sealed_unload(struct private_key *private_key)
{
	private_key->family->unload(private_key);
}

static int sealed_sign(struct private_key *private_key, const struct signing *signing,
		       uint8_t *signature, size_t *len, struct failure *failure)
{
	return private_key->family->sign(private_key, signing, signature, len, failure);
}

static int sealed_verify(struct private_key *private_key, const struct signing *signing,
			 const uint8_t *signature, size_t len, struct failure *failure)
{
	return private_key->family->verify(private_key, signing, signature, len, failure);
}

const struct provider provider_sealed = {
	.name = "sealed",
	.generate = sealed_generate,
	.import = sealed_import,
	.load = sealed_load,
	.unload = sealed_unload,
	.sign = sealed_sign,
	.verify = sealed_verify,
};
