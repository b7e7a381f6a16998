/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys wrapped outside of UKS for a key that unwraps them inside. */
#ifndef UKSCTL_FORMAT_WRAP_H
#define UKSCTL_FORMAT_WRAP_H

#include "format.h"

/**
 * struct format_wrapping - how a key is wrapped
 * @peer: the public key it is wrapped for
 * @algorithm: enum uks_algorithm: UKS_ALG_RSA_OAEP, UKS_ALG_RSA_AES_KEY_WRAP,
 *	UKS_ALG_ECDH_HKDF_AES_GCM
 * @digest: enum uks_digest of RSA-OAEP and its MGF1
 */
struct format_wrapping {
	EVP_PKEY *peer;
	uint32_t algorithm;
	uint32_t digest;
};

/**
 * format_wrap() - wrap a key
 * @wrapping: for whom and how
 * @key: the key: its raw bytes, or DER PrivateKeyInfo
 * @blob: [out] the wrapped key, for OPENSSL_free()
 * @len: [out] bytes at @blob
 * @err: [out] cause and cure of an error
 *
 * The forms are those of Documentation/wrapping.rst.
 *
 * Return: 0 or -1.
 */
int format_wrap(const struct format_wrapping *wrapping, const struct format_key *key,
		uint8_t **blob, size_t *len, struct uks_err *err);

/* One algorithm of it: format-wrap-ecdh.c. */
int format_wrap_ecdh(const struct format_wrapping *wrapping, const struct format_key *key,
		     uint8_t **blob, size_t *len, struct uks_err *err);

#endif /* UKSCTL_FORMAT_WRAP_H */
