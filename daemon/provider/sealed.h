/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the provider "sealed" share. Types of keys that are made alike
 * are a family; how a key works is a method, one for each algorithm and purpose.
 */
#ifndef UKSD_SEALED_H
#define UKSD_SEALED_H

#include <pthread.h>

#include <openssl/evp.h>

#include "daemon/parameter.h"
#include "daemon/provider/provider.h"

/**
 * struct family - how the keys of some types are made; members as in struct provider
 * @generate: make one
 * @import: take one in; not for SPKI
 * @load: make one ready
 * @unload: wipe and free it
 * @export: write one with its secret: bytes, or PKCS#8 for asymmetric types
 * @perform: do all jobs, once they were checked; NULL: the methods of this provider do
 */
struct family {
	int (*generate)(const struct key_type *type, struct material *material,
			struct failure *failure);
	int (*import)(const struct key_type *type, const struct import *import,
		      struct material *material, struct failure *failure);
	int (*load)(const struct key *key, const uint8_t *secret, size_t len,
		    struct private_key **private_key, struct failure *failure);
	void (*unload)(struct private_key *private_key);
	int (*export)(struct private_key *private_key, struct output *output,
		      struct failure *failure);
	int (*perform)(struct private_key *private_key, struct job *job, struct output *output,
		       struct failure *failure);
};

extern const struct family sealed_bytes;	/* symmetric keys, and secrets to derive from */
extern const struct family sealed_ec;		/* NIST's curves and SM2 */
extern const struct family sealed_ed25519;
extern const struct family sealed_raw;		/* Ed448, X25519, X448 */
extern const struct family sealed_numbers;	/* RSA, finite-field Diffie-Hellman */

/* Begins what each family has. */
struct private_key {
	const struct family *family;
	const struct key_type *type;
	bool secret;	/* more than the public part is there */
};

/**
 * struct bytes_key - a key that is its bytes; locked memory
 * @private_key: as each has it
 * @len: bytes at @bytes
 * @bytes: the key
 */
struct bytes_key {
	struct private_key private_key;
	size_t len;
	uint8_t bytes[];
};

static inline const struct bytes_key *to_bytes(struct private_key *private_key)
{
	return (const struct bytes_key *)private_key;
}

#define IDLE_MAX	4

/*
 * A context serves one operation at a time, but making one costs as much as
 * verifying: those that are not in use wait in @idle.
 */
struct pkey_contexts {
	struct evp_pkey_ctx_st *idle[IDLE_MAX];
	int count;
};

/**
 * struct pkey_key - a key as OpenSSL has it
 * @private_key: as each has it
 * @pkey: the key
 * @lock: protects the contexts
 * @sign: contexts to sign
 * @verify: contexts to verify
 */
struct pkey_key {
	struct private_key private_key;
	EVP_PKEY *pkey;
	pthread_mutex_t lock;
	struct pkey_contexts sign, verify;
};

static inline struct pkey_key *to_pkey(struct private_key *private_key)
{
	return (struct pkey_key *)private_key;
}

/**
 * sealed_pkey_new() - a loaded key
 * @family: its family, whose unload is sealed_pkey_unload()
 * @key: what the store says about it
 * @pkey: the key; taken over, also on failure
 * @result: receives it
 * @failure: receives UKS_E_BLOB when @pkey has not the public key that the store says
 *
 * Return: 0, or -1 with @failure filled in.
 */
int sealed_pkey_new(const struct family *family, const struct key *key, EVP_PKEY *pkey,
		    struct private_key **result, struct failure *failure);

/** sealed_pkey_unload() - let go of what sealed_pkey_new() made */
void sealed_pkey_unload(struct private_key *private_key);

/** sealed_pkey_export() - write what sealed_pkey_new() made as PKCS#8 */
int sealed_pkey_export(struct private_key *private_key, struct output *output,
		       struct failure *failure);

/** sealed_write_pkcs8() - write a key with its secret as DER PrivateKeyInfo */
int sealed_write_pkcs8(EVP_PKEY *pkey, struct output *output, struct failure *failure);

/** sealed_mismatch() - UKS_E_BLOB: secret and public part do not belong together; -1 */
int sealed_mismatch(const struct key *key, struct failure *failure);

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

/**
 * sealed_read_public() - decode and check a DER SubjectPublicKeyInfo
 * @spki: the bytes; nothing may follow
 * @len: bytes of it
 * @code: UKS_E_BAD_MATERIAL or UKS_E_BAD_PEER, for @failure
 * @type: receives its type
 * @failure: receives @code when it is malformed, of no type that there is, or no valid
 *	key of its type (not on the curve, out of range)
 *
 * Return: the key, for EVP_PKEY_free(), or NULL with @failure filled in.
 */
EVP_PKEY *sealed_read_public(const uint8_t *spki, size_t len, enum uks_error code,
			     const struct key_type **type, struct failure *failure);

/**
 * sealed_type() - the type of a key that OpenSSL has decoded
 * @pkey: the key
 *
 * Return: the type, or NULL if there is none that fits.
 */
const struct key_type *sealed_type(EVP_PKEY *pkey);

/**
 * sealed_check_type() - is a key of the type it shall be of?
 * @type: the type
 * @pkey: the key
 * @failure: receives UKS_E_BAD_MATERIAL, with what it is instead
 *
 * Return: 0, or -1 with @failure filled in.
 */
int sealed_check_type(const struct key_type *type, EVP_PKEY *pkey, struct failure *failure);

/** sealed_is_valid() - is the public part of a key valid: on its curve, in range? */
bool sealed_is_valid(EVP_PKEY *pkey);

/**
 * sealed_check_exponent() - is an RSA key's public exponent odd and from 65537?
 * @pkey: the key
 * @code: for @failure
 * @failure: receives @code
 *
 * Return: 0, or -1 with @failure filled in.
 */
int sealed_check_exponent(EVP_PKEY *pkey, enum uks_error code, struct failure *failure);

/**
 * sealed_exchange() - agree on a secret
 * @pkey: the key with a secret
 * @peer: the other side's, valid and of the same type
 * @output: receives the secret, room for EVP_PKEY_get_size(pkey)
 * @failure: receives UKS_E_BAD_PEER when the secret would be the same for everybody
 *
 * Return: 0, or -1 with @failure filled in.
 */
int sealed_exchange(EVP_PKEY *pkey, EVP_PKEY *peer, struct output *output,
		    struct failure *failure);

/**
 * struct aes_wrap - what to wrap or unwrap by AES
 * @wrap: to wrap, else to unwrap
 * @pad: AES-KWP, else AES-KW
 * @bytes: the key, or the wrapped key
 * @len: bytes of it
 */
struct aes_wrap {
	bool wrap;
	bool pad;
	const uint8_t *bytes;
	size_t len;
};

/**
 * sealed_aes_wrap() - wrap or unwrap by AES
 * @key: the AES key
 * @key_len: bytes of it
 * @wrap: what to do
 * @output: receives the result
 * @failure: receives UKS_E_BAD_WRAPPED; UKS_E_BAD_ALGORITHM when AES-KW cannot take
 *	that many bytes
 *
 * Return: 0, or -1 with @failure filled in.
 */
int sealed_aes_wrap(const uint8_t *key, size_t key_len, const struct aes_wrap *wrap,
		    struct output *output, struct failure *failure);

/**
 * sealed_ec_generate() - make a key pair on a curve; it lives in OpenSSL only
 * @type: which curve
 *
 * Return: the key, for EVP_PKEY_free(), or NULL.
 */
EVP_PKEY *sealed_ec_generate(const struct key_type *type);

/**
 * sealed_digest() - the digest that a signature is over
 * @job: its message, or that message's digest
 * @digest: receives it, EVP_MAX_MD_SIZE bytes of room
 * @len: receives its length, bytes
 * @failure: receives UKS_E_BAD_DIGEST when a digest that was given has another length
 *
 * Return: 0, or -1 with @failure filled in.
 */
int sealed_digest(const struct job *job, uint8_t *digest, size_t *len, struct failure *failure);

/** sealed_bad_signature() - UKS_E_BAD_SIGNATURE, or UKS_E_NO_MEMORY if it was that; -1 */
int sealed_bad_signature(struct failure *failure);

/** sealed_room() - 0, or UKS_E_NO_ROOM and -1 when @output has no room for @len bytes */
int sealed_room(const struct output *output, size_t len, struct failure *failure);

/* The context of a kind that is idle, or a new one; NULL when OpenSSL fails. */
EVP_PKEY_CTX *sealed_get_context(struct pkey_key *key, struct pkey_contexts *contexts,
				 int (*init)(EVP_PKEY_CTX *ctx));
void sealed_put_context(struct pkey_key *key, struct pkey_contexts *contexts,
			EVP_PKEY_CTX *ctx);

/*
 * A method: does a job whose type, use and parameters fit, of a key that has what it
 * takes. As @perform of struct provider.
 */
#define METHOD(name) \
	int name(struct private_key *private_key, struct job *job, struct output *output, \
		 struct failure *failure)

METHOD(sealed_ecdsa_sign);
METHOD(sealed_ecdsa_verify);
METHOD(sealed_ed25519_sign);
METHOD(sealed_ed25519_verify);
METHOD(sealed_ed448_sign);
METHOD(sealed_ed448_verify);
METHOD(sealed_sm2_sign);
METHOD(sealed_sm2_verify);
METHOD(sealed_sm2_encrypt);
METHOD(sealed_sm2_decrypt);
METHOD(sealed_sm2_prefix);
METHOD(sealed_rsa_sign);
METHOD(sealed_rsa_verify);
METHOD(sealed_rsa_encrypt);
METHOD(sealed_rsa_decrypt);
METHOD(sealed_agree);
METHOD(sealed_derive);
METHOD(sealed_cipher_blocks);
METHOD(sealed_aead);
METHOD(sealed_mac);
METHOD(sealed_mac_verify);
METHOD(sealed_wrap_aes);
METHOD(sealed_wrap_cbc);
METHOD(sealed_unwrap_cbc);
METHOD(sealed_wrap_oaep);
METHOD(sealed_unwrap_oaep);
METHOD(sealed_wrap_rsa_aes);
METHOD(sealed_unwrap_rsa_aes);
METHOD(sealed_wrap_ecdh);
METHOD(sealed_unwrap_ecdh);

#endif /* UKSD_SEALED_H */
