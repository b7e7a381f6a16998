/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ciphers: what whole messages (v2.40) and messages with own parameters (v3.0) share. */
#ifndef UKS_PKCS11_CRYPT_H
#define UKS_PKCS11_CRYPT_H

#include "work.h"

/* What op_init() wants of ciphers: to say what UKS is to be asked for. */
ck_rv_t crypt_to_encrypt(struct op *op, const struct ck_mechanism *given);
ck_rv_t crypt_to_decrypt(struct op *op, const struct ck_mechanism *given);

/**
 * crypt_aead() - nonce and associated data of an operation
 * @op: the operation
 * @aead: [out] both, as libuks wants them
 */
void crypt_aead(const struct op *op, struct uks_aead *aead);

/**
 * crypt_run() - encrypt or decrypt one message
 * @op: the operation
 * @in: message
 * @in_len: bytes at @in
 * @out: where the result shall go; of an AEAD with the tag behind it
 * @out_len: [in] room at @out; [out] bytes
 *
 * Return: CKR_OK or another.
 */
ck_rv_t crypt_run(struct op *op, const uint8_t *in, size_t in_len, uint8_t *out,
		  size_t *out_len);

#endif /* UKS_PKCS11_CRYPT_H */
