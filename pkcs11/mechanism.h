/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mechanisms: one table says what the module has, and how UKS does it. */
#ifndef UKS_PKCS11_MECHANISM_H
#define UKS_PKCS11_MECHANISM_H

#include <stdbool.h>
#include <stdint.h>

#include "pkcs11-3.h"

struct op;

/**
 * enum parameter - what a mechanism's parameter is
 * @PARAMETER_NONE: there is none
 * @PARAMETER_PSS: struct ck_rsa_pkcs_pss_params
 * @PARAMETER_OAEP: struct ck_rsa_pkcs_oaep_params
 * @PARAMETER_VECTOR: initial vector, 16 bytes
 * @PARAMETER_CTR: struct ck_aes_ctr_params
 * @PARAMETER_GCM: struct ck_gcm_params
 * @PARAMETER_CCM: struct ck_ccm_params
 * @PARAMETER_CHACHA: struct ck_salsa20_chacha20_poly1305_params
 * @PARAMETER_MAC_LEN: length of the MAC, ck_ulong
 * @PARAMETER_OWN: looked at where the mechanism is used (derive, wrap, EdDSA)
 */
enum parameter {
	PARAMETER_NONE,
	PARAMETER_PSS,
	PARAMETER_OAEP,
	PARAMETER_VECTOR,
	PARAMETER_CTR,
	PARAMETER_GCM,
	PARAMETER_CCM,
	PARAMETER_CHACHA,
	PARAMETER_MAC_LEN,
	PARAMETER_OWN,
};

/**
 * struct mechanism - a row of the table
 * @type: CKM_...
 * @key_type: CKK_... of the key it uses or makes; of HMAC also CKK_GENERIC_SECRET
 * @flags: CKF_SIGN, ...: what it is for
 * @min: least key: bits of RSA and EC, bytes of others
 * @max: greatest key
 * @algorithm: enum uks_algorithm; 0: there is none (digests, making keys)
 * @digest: enum uks_digest; 0: there is none, or the parameters tell
 * @parameter: what it has to be told
 * @single: one-shot only: the message is a digest, or short
 */
struct mechanism {
	ck_mechanism_type_t type;
	ck_key_type_t key_type;
	ck_flags_t flags;
	unsigned int min;
	unsigned int max;
	uint32_t algorithm;
	uint32_t digest;
	enum parameter parameter;
	bool single;
};

/**
 * mechanism_find() - look a mechanism up
 * @type: CKM_...
 *
 * Return: the row, or NULL.
 */
const struct mechanism *mechanism_find(ck_mechanism_type_t type);

/**
 * mechanism_at() - walk through the mechanisms
 * @index: 0, 1, ...
 *
 * Return: the row, or NULL behind the last.
 */
const struct mechanism *mechanism_at(unsigned int index);

/**
 * mechanism_parameters() - take over the parameters of an operation
 * @op: the operation; gets nonce, associated data, lengths, and what the use wants
 * @given: the mechanism as the caller says
 *
 * Return: CKR_OK, CKR_MECHANISM_PARAM_INVALID, CKR_HOST_MEMORY.
 */
ck_rv_t mechanism_parameters(struct op *op, const struct ck_mechanism *given);

/**
 * mechanism_digest() - digest that a hash mechanism is
 * @type: CKM_SHA256, ...
 *
 * Return: enum uks_digest, or 0.
 */
uint32_t mechanism_digest(ck_mechanism_type_t type);

/**
 * mechanism_digest_len() - length of a digest
 * @digest: enum uks_digest
 *
 * Return: bytes, or 0.
 */
unsigned int mechanism_digest_len(uint32_t digest);

/**
 * mechanism_digest_name() - what libcrypto calls a digest
 * @digest: enum uks_digest
 *
 * Return: a constant string, or NULL.
 */
const char *mechanism_digest_name(uint32_t digest);

/**
 * mechanism_oaep() - read the parameters of OAEP
 * @params: the parameters
 * @op: gets digest, digest of MGF1 and label
 *
 * Return: CKR_OK, CKR_MECHANISM_PARAM_INVALID, CKR_HOST_MEMORY.
 */
ck_rv_t mechanism_oaep(const struct ck_rsa_pkcs_oaep_params *params, struct op *op);

#endif /* UKS_PKCS11_MECHANISM_H */
