// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Ed448, X25519 and X448 by OpenSSL: a secret is any string of bytes of the right
 * length (RFC 8032, RFC 7748), and the public key is computed from it.
 */
#include <string.h>

#include <sodium.h>

#include "daemon/provider/sealed.h"

static const char *library_name(const struct key_type *type)
{
	switch (type->type) {
	case UKS_KEY_ED448:
		return "ED448";
	case UKS_KEY_X25519:
		return "X25519";
	default:
		return "X448";
	}
}

static EVP_PKEY *from_secret(const struct key_type *type, const uint8_t *secret)
{
	return EVP_PKEY_new_raw_private_key_ex(NULL, library_name(type), NULL, secret,
					       type->secret_new);
}

static int finish(const struct key_type *type, struct material *material,
		  struct failure *failure)
{
	EVP_PKEY *pkey = from_secret(type, material->secret);
	int ret;

	if (!pkey)
		return sealed_openssl_failure("compute a public key", failure);
	material->secret_len = type->secret_new;
	ret = sealed_write_public(pkey, material, failure);
	EVP_PKEY_free(pkey);
	return ret;
}

static int raw_generate(const struct key_type *type, struct material *material,
			struct failure *failure)
{
	randombytes_buf(material->secret, type->secret_new);
	return finish(type, material, failure);
}

static int import_pkcs8(const struct key_type *type, const struct import *import,
			struct material *material, struct failure *failure)
{
	EVP_PKEY *pkey = sealed_read_pkcs8(type, import, failure);
	size_t len = type->secret_new;
	int ret;

	if (!pkey)
		return -1;
	ret = sealed_check_type(type, pkey, failure);
	if (!ret && (EVP_PKEY_get_raw_private_key(pkey, material->secret, &len) != 1 ||
		     len != type->secret_new))
		ret = sealed_openssl_failure("read a private key", failure);
	EVP_PKEY_free(pkey);
	if (ret || finish(type, material, failure))
		return -1;
	return sealed_check_pkcs8_public(import, material, failure);
}

static int raw_import(const struct key_type *type, const struct import *import,
		      struct material *material, struct failure *failure)
{
	if (import->format == UKS_FORMAT_PKCS8)
		return import_pkcs8(type, import, material, failure);
	if (import->format != UKS_FORMAT_RAW)
		return failure_set(failure, UKS_E_BAD_MATERIAL,
				   "a key of type %s is imported as PKCS#8, raw secret or SubjectPublicKeyInfo",
				   type->name);
	if (import->len != type->secret_new)
		return failure_set(failure, UKS_E_BAD_MATERIAL,
				   "the secret of a key of type %s has %u bytes, not %zu",
				   type->name, type->secret_new, import->len);
	memcpy(material->secret, import->bytes, import->len);
	return finish(type, material, failure);
}

static int raw_load(const struct key *key, const uint8_t *secret, size_t len,
		    struct private_key **result, struct failure *failure)
{
	const struct key_type *type = uks_type_find(key->type);
	EVP_PKEY *pkey;

	if (len != type->secret_new)
		return sealed_mismatch(key, failure);
	pkey = from_secret(type, secret);
	if (!pkey)
		return sealed_openssl_failure("compute a public key", failure);
	return sealed_pkey_new(&sealed_raw, key, pkey, result, failure);
}

const struct family sealed_raw = {
	.generate = raw_generate,
	.import = raw_import,
	.load = raw_load,
	.unload = sealed_pkey_unload,
	.export = sealed_pkey_export,
};
