// SPDX-License-Identifier: LGPL-2.1-or-later
/* Secrets of the store itself, under the master key. */
#include <string.h>

#include <sodium.h>

#include "daemon/master/seal.h"

#define NONCE_LEN	crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN		crypto_aead_xchacha20poly1305_ietf_ABYTES
#define VALUE_KEY_LEN	crypto_aead_xchacha20poly1305_ietf_KEYBYTES

static const uint8_t label[] = "uks value v1";

static void derive(const uint8_t *master, uint8_t *key)
{
	crypto_generichash(key, VALUE_KEY_LEN, label, sizeof(label) - 1, master, SEAL_MASTER_LEN);
}

void seal_value(const uint8_t *master, const char *name, const uint8_t *secret, size_t len,
		uint8_t *sealed, size_t *sealed_len)
{
	uint8_t key[VALUE_KEY_LEN];

	derive(master, key);
	randombytes_buf(sealed, NONCE_LEN);
	crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE_LEN, NULL, secret, len,
						   (const uint8_t *)name, strlen(name), NULL,
						   sealed, key);
	*sealed_len = NONCE_LEN + len + TAG_LEN;
	sodium_memzero(key, sizeof(key));
}

int seal_open_value(const uint8_t *master, const char *name, const uint8_t *sealed,
		    size_t sealed_len, uint8_t *secret, size_t len)
{
	uint8_t key[VALUE_KEY_LEN];
	int ret;

	if (sealed_len != NONCE_LEN + len + TAG_LEN)
		return -1;
	derive(master, key);
	ret = crypto_aead_xchacha20poly1305_ietf_decrypt(secret, NULL, NULL, sealed + NONCE_LEN,
							 len + TAG_LEN, (const uint8_t *)name,
							 strlen(name), sealed, key);
	sodium_memzero(key, sizeof(key));
	return ret ? -1 : 0;
}
