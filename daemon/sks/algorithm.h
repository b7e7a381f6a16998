/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The algorithms of SKS, by their URIs. */
#ifndef UKSD_SKS_ALGORITHM_H
#define UKSD_SKS_ALGORITHM_H

#include "daemon/sks/sks.h"

/**
 * enum sks_does - what an algorithm does
 * @SKS_DOES_OTHER: session keys, and other things that no key does
 * @SKS_DOES_MAKE: makes keys
 * @SKS_DOES_NOTHING: stands for none
 * @SKS_DOES_SIGN: signs by RSA or ECDSA
 * @SKS_DOES_DECRYPT: decrypts by RSA
 * @SKS_DOES_AGREE: agrees by ECDH
 * @SKS_DOES_HMAC: computes HMACs
 * @SKS_DOES_AES: encrypts by AES
 */
enum sks_does {
	SKS_DOES_OTHER, SKS_DOES_MAKE, SKS_DOES_NOTHING, SKS_DOES_SIGN, SKS_DOES_DECRYPT,
	SKS_DOES_AGREE, SKS_DOES_HMAC, SKS_DOES_AES,
};

/**
 * enum sks_aes - how AES is used
 * @SKS_AES_CBC_INSIDE: CBC and PKCS #7; the initial vector is in front of the ciphertext
 * @SKS_AES_CBC: CBC and PKCS #7; the initial vector is a parameter
 * @SKS_AES_ECB: ECB without padding
 */
enum sks_aes { SKS_AES_CBC_INSIDE, SKS_AES_CBC, SKS_AES_ECB };

/**
 * struct sks_algorithm - an algorithm
 * @number: as keys in the store have it; never changed
 * @does: enum sks_does
 * @uri: its name
 * @type: makes: enum uks_key_type
 * @exponent: makes: the exponent is a parameter
 * @rsa: signs: by RSA
 * @digest: enum uks_digest; 0 for none
 * @algorithm: enum uks_algorithm that is the same, 0 for none
 * @key_len: AES: bytes of key, 0 for any
 * @aes: AES: enum sks_aes
 */
struct sks_algorithm {
	uint8_t number;
	uint8_t does;
	const char *uri;
	uint32_t type;
	bool exponent;
	bool rsa;
	uint32_t digest;
	uint32_t algorithm;
	uint8_t key_len;
	uint8_t aes;
};

/** sks_algorithms() - the table; @count receives its length */
const struct sks_algorithm *sks_algorithms(size_t *count);

/** sks_algorithm_by_uri() - an algorithm, or NULL */
const struct sks_algorithm *sks_algorithm_by_uri(const struct sks_bytes *uri);

/** sks_algorithm_by_number() - an algorithm, or NULL */
const struct sks_algorithm *sks_algorithm_by_number(uint8_t number);

/** sks_algorithm_fits() - can this key, as it is finally, do that? */
bool sks_algorithm_fits(const struct sks_algorithm *algorithm, const struct sks_key *key);

/** sks_is_rsa() - is it a pair of RSA keys? */
bool sks_is_rsa(const struct sks_key *key);

/** sks_is_locked() - is it endorsed for nothing at all? */
bool sks_is_locked(const struct sks_key *key);

#endif /* UKSD_SKS_ALGORITHM_H */
