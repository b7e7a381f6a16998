/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys at rest: secrets encrypted under the master key. */
#ifndef UKSD_SEAL_H
#define UKSD_SEAL_H

#include "daemon/key/key.h"

#define SEAL_MASTER_LEN		32
#define SEAL_FORMAT		3	/* that is written; 1 and 2 can be read, too */
#define SEAL_OVERHEAD		(1 + 24 + 16)	/* format, nonce, tag */
#define SEAL_BLOB_MAX		(KEY_SECRET_MAX + SEAL_OVERHEAD)

/**
 * struct blob - a sealed secret
 * @len: bytes of @data in use
 * @data: see DOC: Sealed blobs; not secret
 */
struct blob {
	size_t len;
	uint8_t data[SEAL_BLOB_MAX];
};

/**
 * seal_secret() - encrypt the secret of a key for the store
 * @master: the master key, SEAL_MASTER_LEN bytes
 * @key: what the secret belongs to; all of it is bound to the blob
 * @secret: the secret
 * @len: bytes at @secret, at most KEY_SECRET_MAX
 * @blob: receives the result
 */
void seal_secret(const uint8_t *master, const struct key *key, const uint8_t *secret, size_t len,
		 struct blob *blob);

/**
 * seal_open() - decrypt the secret of a key
 * @master: the master key, SEAL_MASTER_LEN bytes
 * @key: what the blob is said to belong to
 * @blob: from the store
 * @secret: receives the secret: room for KEY_SECRET_MAX bytes of locked memory,
 *	untouched on failure
 * @len: receives the length of the secret
 * @failure: receives UKS_E_BLOB
 *
 * Return: 0, or -1 with @failure filled in when blob or key are not exactly
 * what was sealed together.
 */
int seal_open(const uint8_t *master, const struct key *key, const struct blob *blob,
	      uint8_t *secret, size_t *len, struct failure *failure);

/**
 * seal_check_value() - first bytes of a digest of a secret, to tell keys apart
 * @master: the master key, SEAL_MASTER_LEN bytes
 * @key: what the secret belongs to
 * @secret: the secret
 * @len: bytes at @secret
 * @value: receives KEY_CHECK_LEN bytes
 *
 * BLAKE2b-256, keyed with the master key, of "uks check v1", key
 * id, version and secret. Without the master key nobody can try secrets against
 * it, and with the daemon's help only those of the one key, since its id is in.
 */
void seal_check_value(const uint8_t *master, const struct key *key, const uint8_t *secret,
		      size_t len, uint8_t *value);

/**
 * seal_tag() - prove something else that is about a key
 * @master: the master key, SEAL_MASTER_LEN bytes
 * @id: the key, UKS_KEY_ID_LEN bytes
 * @bytes: what is proven
 * @len: bytes of it
 * @tag: receives 16 bytes
 *
 * BLAKE2b-128, keyed with the master key, of "uks tag v1", key id and @bytes.
 */
void seal_tag(const uint8_t *master, const uint8_t *id, const void *bytes, size_t len,
	      uint8_t *tag);

#define SEAL_VALUE_OVERHEAD	(24 + 16)	/* nonce, tag */

/**
 * seal_value() - encrypt a secret that belongs to the store, not to a key
 * @master: the master key, SEAL_MASTER_LEN bytes
 * @name: what it is; bound to the result
 * @secret: the secret
 * @len: bytes of it
 * @sealed: receives SEAL_VALUE_OVERHEAD bytes more: nonce (24 bytes), XChaCha20-Poly1305
 *	of the secret with its tag (16 bytes)
 * @sealed_len: receives how many
 *
 * The key is BLAKE2b-256, keyed with the master key, of "uks value v1"; the
 * associated data is @name.
 */
void seal_value(const uint8_t *master, const char *name, const uint8_t *secret, size_t len,
		uint8_t *sealed, size_t *sealed_len);

/**
 * seal_open_value() - decrypt it
 * @master: the master key, SEAL_MASTER_LEN bytes
 * @name: as given to seal_value()
 * @sealed: what that gave
 * @sealed_len: bytes of it
 * @secret: receives the secret; untouched on failure
 * @len: bytes that it must have
 *
 * Return: 0, or -1 when it is not exactly what was sealed.
 */
int seal_open_value(const uint8_t *master, const char *name, const uint8_t *sealed,
		    size_t sealed_len, uint8_t *secret, size_t len);

#endif /* UKSD_SEAL_H */
