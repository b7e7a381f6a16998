/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Providers: what makes keys and works with them. */
#ifndef UKSD_PROVIDER_H
#define UKSD_PROVIDER_H

#include "daemon/key/key.h"

/** PROVIDER_BAD_WRAPPED - why a wrapped key is refused: one text for all causes */
#define PROVIDER_BAD_WRAPPED \
	"the key cannot be unwrapped: it was not wrapped by this key and algorithm, or was changed"

/* A key that is ready to work; a provider's own. Any thread may use it. */
struct private_key;

/**
 * struct material - the substance of a key
 * @secret: the secret: room for KEY_SECRET_MAX bytes of locked memory, the
 *	caller's to provide and to wipe
 * @secret_len: bytes of it; 0 when only the public part is known
 * @public_len: bytes of @public_key, 0 for a type without
 * @public_key: DER SubjectPublicKeyInfo
 */
struct material {
	uint8_t *secret;
	size_t secret_len;
	size_t public_len;
	uint8_t public_key[KEY_PUBLIC_MAX];
};

/**
 * struct import - key bytes from a client
 * @format: enum uks_key_format
 * @bytes: as the client wrote them
 * @len: bytes of it
 */
struct import {
	uint32_t format;
	const uint8_t *bytes;
	size_t len;
};

/**
 * struct job - what a key shall do
 * @use: purpose, algorithm and digest. The digest is that of a signature, padding
 *	or derivation; UKS_DIGEST_GIVEN when the caller has made the one that is in
 *	@message; 0 where the algorithm has none
 * @hashed: to sign and verify with a digest: @message is the digest already, else
 *	the provider hashes it. With RSASSA-PSS and UKS_DIGEST_GIVEN, UKS_PARAM_MGF_DIGEST
 *	must be there and tells which digest it is
 * @parameters: by UKS_PARAM_*, as parameters_parse() leaves them
 * @message: what to sign, verify, encrypt, decrypt or compute a MAC of; to agree, the
 *	other side's DER SubjectPublicKeyInfo (if not in UKS_PARAM_PEER); to derive, the
 *	info of HKDF or salt of PBKDF2 (if not in UKS_PARAM_INFO, UKS_PARAM_SALT); to wrap,
 *	the key in @wrapped_format; to unwrap, what wrapping gave
 * @len: bytes at @message; of a block mode whole blocks
 * @signature: to verify, the signature or MAC
 * @signature_len: bytes at @signature
 * @nonce: block modes: initial vector or counter block; is replaced by that of the
 *	blocks that follow. AEAD: the nonce
 * @nonce_len: bytes of it; 0 where there is none
 * @aad: AEAD: associated data
 * @aad_len: bytes at @aad
 * @ticket: of a session whose key has a PIN, see daemon/pin/session.c; or NULL
 * @wrapped_type: to wrap and unwrap, enum uks_key_type of the key inside
 * @wrapped_format: to wrap and unwrap, enum uks_key_format of the key inside
 *
 * A zeroed struct has no parameters.
 */
struct job {
	struct key_use use;
	bool hashed;
	struct uks_attr parameters[UKS_PARAM_MAX + 1];
	const uint8_t *message;
	size_t len;
	const uint8_t *signature;
	size_t signature_len;
	uint8_t nonce[UKS_NONCE_MAX];
	size_t nonce_len;
	const uint8_t *aad;
	size_t aad_len;
	const uint8_t *ticket;
	uint32_t wrapped_type;
	uint32_t wrapped_format;
};

/**
 * struct output - where the result of a job goes
 * @bytes: the caller's, to be wiped by the caller when the result is secret
 * @size: room at @bytes
 * @len: bytes of result
 *
 * A result that does not fit fails with UKS_E_NO_ROOM.
 */
struct output {
	uint8_t *bytes;
	size_t size;
	size_t len;
};

/**
 * struct provider - a kind of provider
 * @name: as the log has it
 * @generate: make a key of @type
 * @import: take in a key of @type; UKS_E_BAD_MATERIAL. UKS_FORMAT_SPKI leaves
 *	@secret_len 0: such a key only verifies, encrypts and wraps
 * @recognize: find the type of a DER SubjectPublicKeyInfo; UKS_E_BAD_MATERIAL
 * @load: make a key ready from its secret; the key lasts until @unload. With
 *	@len 0 only the public part is there. UKS_E_BLOB when secret and public key do
 *	not belong together
 * @unload: wipe and free it
 * @export: write a loaded key with its secret, to be wrapped: UKS_FORMAT_RAW or
 *	UKS_FORMAT_PKCS8, as @import takes it; UKS_E_NO_SECRET, UKS_E_INVALID when the
 *	type has no such format
 * @perform: do a job, all that @job->use says but MAC_VERIFY and VERIFY with a result
 *	at @output, which for those two may be NULL. Checks that type, use and parameters
 *	fit (key_type_use(), parameters_check()), so that nobody else must; does not
 *	know of policy, state and legacy. UKS_E_BAD_SIGNATURE (signatures),
 *	UKS_E_NOT_AUTHENTIC (MAC, AEAD), UKS_E_BAD_MESSAGE (ciphertext, or length),
 *	UKS_E_BAD_PEER, UKS_E_BAD_WRAPPED, UKS_E_BAD_PARAMETER, UKS_E_BAD_DIGEST,
 *	UKS_E_BAD_ALGORITHM, UKS_E_BAD_PURPOSE, UKS_E_NO_SECRET, UKS_E_LIBRARY
 * @prefix: the bytes that the kernel hashes before a message to be signed or verified
 *	by @job (SM2: Z_A); @output gets UKS_PREFIX_MAX bytes of room, and @len 0 for
 *	an algorithm that has none. Then @hashed jobs have the digest of both
 *
 * All that return int return 0, or -1 with the failure filled in: UKS_E_CRYPTO,
 * UKS_E_NO_MEMORY or what is named above.
 */
struct provider {
	const char *name;
	int (*generate)(const struct key_type *type, struct material *material,
			struct failure *failure);
	int (*import)(const struct key_type *type, const struct import *import,
		      struct material *material, struct failure *failure);
	int (*recognize)(const uint8_t *spki, size_t len, uint32_t *type,
			 struct failure *failure);
	int (*load)(const struct key *key, const uint8_t *secret, size_t len,
		    struct private_key **private_key, struct failure *failure);
	void (*unload)(struct private_key *private_key);
	int (*export)(struct private_key *private_key, uint32_t format, struct output *output,
		      struct failure *failure);
	int (*perform)(struct private_key *private_key, struct job *job, struct output *output,
		       struct failure *failure);
	int (*prefix)(struct private_key *private_key, struct job *job, struct output *output,
		      struct failure *failure);
};

/* Keys that rest sealed in the store and work in the daemon's memory. */
extern const struct provider provider_sealed;

#endif /* UKSD_PROVIDER_H */
