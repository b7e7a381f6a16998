/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Providers: what makes keys and performs private-key operations. */
#ifndef UKSD_PROVIDER_H
#define UKSD_PROVIDER_H

#include "daemon/key.h"

/* A key that is ready to sign; a provider's own. Any thread may use it. */
struct private_key;

/**
 * struct material - the substance of a key
 * @secret: the secret: room for KEY_SECRET_MAX bytes of locked memory, the
 *	caller's to provide and to wipe
 * @secret_len: bytes of it
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
 * struct signing - what to sign or to verify
 * @digest: enum uks_digest of which @message is one, 0 when it is the message
 * @message: digest or message
 * @len: bytes at @message
 */
struct signing {
	uint32_t digest;
	const uint8_t *message;
	size_t len;
};

/**
 * struct provider - a kind of provider
 * @name: as the log has it
 * @generate: make a key of @type
 * @import: take in a key of @type; UKS_E_BAD_MATERIAL
 * @load: make a key of an asymmetric type ready from its secret; the key lasts
 *	until @unload. UKS_E_BLOB when secret and public key do not belong
 *	together
 * @unload: wipe and free it
 * @sign: sign; @signature has room for UKS_SIGNATURE_MAX bytes; UKS_E_BAD_DIGEST
 * @verify: verify; UKS_E_BAD_SIGNATURE, UKS_E_BAD_DIGEST
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
	int (*load)(const struct key *key, const uint8_t *secret, size_t len,
		    struct private_key **private_key, struct failure *failure);
	void (*unload)(struct private_key *private_key);
	int (*sign)(struct private_key *private_key, const struct signing *signing,
		    uint8_t *signature, size_t *len, struct failure *failure);
	int (*verify)(struct private_key *private_key, const struct signing *signing,
		      const uint8_t *signature, size_t len, struct failure *failure);
};

/* Keys that rest sealed in the store and work in the daemon's memory. */
extern const struct provider provider_sealed;

#endif /* UKSD_PROVIDER_H */
