/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Work of operations: what signing, verifying and ciphers share. */
#ifndef UKS_PKCS11_WORK_H
#define UKS_PKCS11_WORK_H

#include "key.h"
#include "p11.h"

/**
 * work_open() - open the key of an operation
 * @op: the operation
 *
 * Return: 0 or a negative enum uks_error.
 */
int work_open(struct op *op);

/**
 * work_again() - drop the use of an operation that failed
 * @op: the operation
 * @ret: how
 *
 * Return: whether it is worth to open the key anew: the use had been kept, and ended.
 */
int work_again(struct op *op, int ret);

/**
 * work_update() - go on with a message in parts
 * @op: the operation
 * @aead: what a cipher has beside its text; NULL to sign
 * @part: the part
 * @len: bytes at @part
 *
 * Return: CKR_OK or another.
 */
ck_rv_t work_update(struct op *op, struct uks_aead *aead, const void *part, size_t len);

/**
 * work_part() - take a part of a message to sign or verify: all of C_SignUpdate()
 * @handle: the session
 * @kind: OP_SIGN or OP_VERIFY
 * @part: the part
 * @len: bytes at @part
 *
 * Return: CKR_OK or what C_SignUpdate() gives; then the operation has ended.
 */
ck_rv_t work_part(ck_session_handle_t handle, enum op_kind kind, const void *part,
		  unsigned long len);

/**
 * work_check_eddsa() - check parameters that say prehash or context, which there are not
 * @op: the operation, of any mechanism
 * @given: its parameters
 *
 * Return: CKR_OK, CKR_MECHANISM_PARAM_INVALID.
 */
ck_rv_t work_check_eddsa(const struct op *op, const struct ck_mechanism *given);

/**
 * work_signature_len() - length of the signature or MAC of an operation
 * @op: the operation
 *
 * Return: bytes.
 */
size_t work_signature_len(const struct op *op);

/**
 * work_is_448() - is an Edwards key one of Ed448?
 * @bag: its attributes
 * @kind: its type, or NULL: the attributes tell
 *
 * Return: whether.
 */
bool work_is_448(const struct bag *bag, const struct key_kind *kind);

/**
 * work_raw_signature() - write an ECDSA signature as PKCS #11 has it
 * @der: Ecdsa-Sig-Value (RFC 3279), DER
 * @len: bytes at @der
 * @out: where r and s shall go, each padded to half the length
 * @out_len: bytes at @out
 *
 * Return: CKR_OK, CKR_DEVICE_ERROR.
 */
ck_rv_t work_raw_signature(const uint8_t *der, size_t len, uint8_t *out, size_t out_len);

/* ---- public.c of work: with a public key, in this process ---- */

/**
 * work_public_verify() - verify the signature of a message or digest
 * @op: the operation, with a public key
 * @data: message; with a mechanism that takes the digest, the digest
 * @len: bytes at @data
 * @sig: signature as PKCS #11 has it
 * @sig_len: bytes at @sig
 *
 * Return: CKR_OK, CKR_SIGNATURE_INVALID, CKR_SIGNATURE_LEN_RANGE or another.
 */
ck_rv_t work_public_verify(struct op *op, const uint8_t *data, size_t len, const uint8_t *sig,
			   size_t sig_len);

/**
 * work_public_update() - hash a part of a message to be verified
 * @op: the operation, with a public key
 * @part: the part
 * @len: bytes at @part
 *
 * Return: CKR_OK or another.
 */
ck_rv_t work_public_update(struct op *op, const void *part, size_t len);

/**
 * work_public_final() - verify what was hashed
 * @op: the operation, with a public key
 * @sig: signature as PKCS #11 has it
 * @sig_len: bytes at @sig
 *
 * Return: as work_public_verify().
 */
ck_rv_t work_public_final(struct op *op, const uint8_t *sig, size_t sig_len);

/**
 * work_public_recover() - recover what was signed
 * @op: the operation, with a public key of RSA
 * @sig: signature
 * @sig_len: bytes at @sig
 * @out: where the data shall go
 * @out_len: [in] room at @out; [out] bytes
 *
 * Return: as work_public_verify().
 */
ck_rv_t work_public_recover(struct op *op, const uint8_t *sig, size_t sig_len, uint8_t *out,
			    size_t *out_len);

/**
 * work_public_encrypt() - encrypt with RSA
 * @op: the operation, with a public key
 * @in: message
 * @in_len: bytes at @in
 * @out: where the ciphertext shall go
 * @out_len: [in] room at @out; [out] bytes
 *
 * Return: CKR_OK, CKR_DATA_LEN_RANGE or another.
 */
ck_rv_t work_public_encrypt(struct op *op, const uint8_t *in, size_t in_len, uint8_t *out,
			    size_t *out_len);

#endif /* UKS_PKCS11_WORK_H */
