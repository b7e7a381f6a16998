/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the issuer computes; by OpenSSL. Failures that cannot be end the program. */
#ifndef SKS_ISSUER_CRYPTO_H
#define SKS_ISSUER_CRYPTO_H

#include "sks/issuer.h"

/** issuer_hmac() - HMAC-SHA256; @mac receives 32 bytes */
void issuer_hmac(const void *key, size_t key_len, const struct frame *data, uint8_t *mac);

/** issuer_mac() - the session's next MAC */
void issuer_mac(struct issuer *issuer, const char *label, const struct frame *data,
		uint8_t *mac);

/** issuer_encrypt() - encrypt for the device, appended to @to */
void issuer_encrypt(struct issuer *issuer, const void *bytes, size_t len, struct frame *to);

/** issuer_sign() - by RSA (PKCS #1) or ECDSA (r and s), SHA-256, appended to @to */
void issuer_sign(EVP_PKEY *key, const struct frame *octets, struct frame *to);

/** issuer_verify() - the same, verified by a certificate's key; true when it is right */
bool issuer_verify(const struct frame *certificate, const struct frame *octets,
		   const uint8_t *signature, size_t len);

/** issuer_verify_by() - the same, by a public key */
bool issuer_verify_by(EVP_PKEY *key, const struct frame *octets, const uint8_t *signature,
		      size_t len);

/** issuer_agree() - x coordinate, appended to @z; 0 or -1 for a bad key of the device's */
int issuer_agree(EVP_PKEY *own, const uint8_t *spki, size_t len, struct frame *z);

/** issuer_spki() - SubjectPublicKeyInfo, appended to @to */
void issuer_spki(EVP_PKEY *key, struct frame *to);

/** issuer_certificate() - of @subject by @ca, appended to @to */
void issuer_certificate(EVP_PKEY *ca, EVP_PKEY *subject, const char *name, struct frame *to);

#endif /* SKS_ISSUER_CRYPTO_H */
