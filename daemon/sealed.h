/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the provider "sealed" share: one struct per family of types. */
#ifndef UKSD_SEALED_H
#define UKSD_SEALED_H

#include <openssl/evp.h>

#include "daemon/provider.h"

/* Begins what each family has. */
struct private_key {
	const struct provider *family;
};

/* As struct provider, for some types. */
extern const struct provider sealed_symmetric;
extern const struct provider sealed_ec;
extern const struct provider sealed_ed25519;

/**
 * sealed_openssl_failure() - say what OpenSSL has to say
 * @doing: what was tried
 * @failure: receives UKS_E_CRYPTO
 *
 * Empties OpenSSL's queue of errors.
 *
 * Return: -1.
 */
int sealed_openssl_failure(const char *doing, struct failure *failure);

/**
 * sealed_read_pkcs8() - decode a DER PrivateKeyInfo
 * @type: the type that it must be of
 * @import: the bytes
 * @failure: receives UKS_E_BAD_MATERIAL
 *
 * Nothing may follow it. The public key that version 2 (RFC 5958) may have is
 * not part of the result; see sealed_check_pkcs8_public().
 *
 * Return: the key, for EVP_PKEY_free(), or NULL with @failure filled in.
 */
EVP_PKEY *sealed_read_pkcs8(const struct key_type *type, const struct import *import,
			    struct failure *failure);

/**
 * sealed_check_pkcs8_public() - check the public key in a PrivateKeyInfo
 * @import: what sealed_read_pkcs8() has read
 * @material: has the public key that was computed
 * @failure: receives UKS_E_BAD_MATERIAL
 *
 * Return: 0 if it has none or that one, or -1 with @failure filled in.
 */
int sealed_check_pkcs8_public(const struct import *import, const struct material *material,
			      struct failure *failure);

/**
 * sealed_write_public() - encode a public key
 * @pkey: the key
 * @material: receives the DER SubjectPublicKeyInfo
 * @failure: receives UKS_E_CRYPTO
 *
 * Return: 0, or -1 with @failure filled in.
 */
int sealed_write_public(EVP_PKEY *pkey, struct material *material, struct failure *failure);

#endif /* UKSD_SEALED_H */
