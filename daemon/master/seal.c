// SPDX-License-Identifier: LGPL-2.1-or-later
#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "daemon/master/seal.h"

/**
 * DOC: Sealed blobs
 *
 * The secret of each version of a key is encrypted with AEAD
 * XChaCha20-Poly1305 under a key of its own:
 *
 *   BLAKE2b-256, keyed with the master key, of
 *	"uks blob v1", key id (16 bytes), version (32 bits)
 *
 * which is what libsodium's crypto_kdf does, whose subkey number has too few
 * bits for a key id. A blob is
 *
 *   ======  =====  ==========================================
 *   offset  bytes  content
 *   ======  =====  ==========================================
 *   0       1      format, 3
 *   1       24     nonce, random
 *   25      n      secret, encrypted
 *   25 + n  16     tag
 *   ======  =====  ==========================================
 *
 * and its associated data, which is not stored but made of the key's row, is
 *
 *   =====  ==========================================================
 *   bytes  content
 *   =====  ==========================================================
 *   10     "uks key v3"
 *   16     key id
 *   4      version
 *   4      owner
 *   4      type
 *   4      purposes
 *   4      origin
 *   4      provider
 *   4      state
 *   8      time of creation
 *   8      time of deletion, 0 if it was not deleted
 *   8      time from which on it is erased, 0 if it was not deleted
 *   4, n   length of the name, name
 *   4, n   length of the policy, policy
 *   4, n   length of the public key, public key
 *   4, n   length of what is known of the PIN, that
 *   =====  ==========================================================
 *
 * All numbers are big-endian. So a blob is worth nothing in another row, nor in
 * its own after any part of that was edited.
 *
 * Format 1, of the first schema, has "uks key v1" and neither time; it is good for
 * keys that were never deleted since. Format 2 has "uks key v2". Neither has provider
 * and PIN: they are good for sealed keys without a PIN, and go at the next change of
 * the key.
 */

#define NONCE_LEN	crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN		crypto_aead_xchacha20poly1305_ietf_ABYTES
#define BLOB_KEY_LEN	crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define AAD_MAX		(10 + UKS_KEY_ID_LEN + 7 * 4 + 3 * 8 + 4 * 4 + UKS_NAME_MAX + \
			 KEY_POLICY_MAX + KEY_PUBLIC_MAX + KEY_PIN_MAX)

static_assert(1 + NONCE_LEN + TAG_LEN == SEAL_OVERHEAD, "length of a blob");
static_assert(crypto_generichash_KEYBYTES == SEAL_MASTER_LEN, "length of the master key");

static const char blob_label[] = "uks blob v1";
static const char key_labels[][11] = { "", "uks key v1", "uks key v2", "uks key v3" };
static const char check_label[] = "uks check v1";
static const char tag_label[] = "uks tag v1";

static uint8_t *put(uint8_t *at, const void *value, size_t len)
{
	memcpy(at, value, len);
	return at + len;
}

static uint8_t *put_number(uint8_t *at, uint64_t value, int bytes)
{
	int i;

	for (i = bytes - 1; i >= 0; i--, value >>= 8)
		at[i] = value;
	return at + bytes;
}

static uint8_t *put_field(uint8_t *at, const void *value, size_t len)
{
	return put(put_number(at, len, 4), value, len);
}

static size_t associated_data(const struct key *key, uint8_t format, uint8_t *aad)
{
	uint8_t *at = aad;

	at = put(at, key_labels[format], sizeof(key_labels[format]) - 1);
	at = put(at, key->id, sizeof(key->id));
	at = put_number(at, key->version, 4);
	at = put_number(at, key->owner, 4);
	at = put_number(at, key->type, 4);
	at = put_number(at, key->purposes, 4);
	at = put_number(at, key->origin, 4);
	if (format > 2)
		at = put_number(at, key->provider, 4);
	at = put_number(at, key->state, 4);
	at = put_number(at, key->created, 8);
	if (format > 1) {
		at = put_number(at, key->deleted, 8);
		at = put_number(at, key->erase, 8);
	}
	at = put_field(at, key->name, strlen(key->name));
	at = put_field(at, key->policy, key->policy_len);
	at = put_field(at, key->public_key, key->public_len);
	if (format > 2)
		at = put_field(at, key->pin, key->pin_len);
	return at - aad;
}

static void derive(const uint8_t *master, const struct key *key, uint8_t *blob_key)
{
	uint8_t input[sizeof(blob_label) - 1 + UKS_KEY_ID_LEN + 4], *at = input;

	at = put(at, blob_label, sizeof(blob_label) - 1);
	at = put(at, key->id, sizeof(key->id));
	put_number(at, key->version, 4);
	crypto_generichash(blob_key, BLOB_KEY_LEN, input, sizeof(input), master, SEAL_MASTER_LEN);
}

void seal_secret(const uint8_t *master, const struct key *key, const uint8_t *secret, size_t len,
		 struct blob *blob)
{
	uint8_t blob_key[BLOB_KEY_LEN], aad[AAD_MAX], *nonce = blob->data + 1;
	size_t aad_len = associated_data(key, SEAL_FORMAT, aad);

	derive(master, key, blob_key);
	blob->data[0] = SEAL_FORMAT;
	randombytes_buf(nonce, NONCE_LEN);
	crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_LEN, NULL, secret, len, aad,
						   aad_len, NULL, nonce, blob_key);
	blob->len = len + SEAL_OVERHEAD;
	sodium_memzero(blob_key, sizeof(blob_key));
}

int seal_open(const uint8_t *master, const struct key *key, const struct blob *blob,
	      uint8_t *secret, size_t *len, struct failure *failure)
{
	uint8_t blob_key[BLOB_KEY_LEN], aad[AAD_MAX];
	const uint8_t *nonce = blob->data + 1;
	uint8_t format = blob->data[0];
	size_t aad_len;
	int ret;

	if (blob->len < SEAL_OVERHEAD || blob->len > SEAL_BLOB_MAX)
		goto damaged;
	if (format < 1 || format > SEAL_FORMAT)
		return failure_set(failure, UKS_E_BLOB,
				   "key '%s' is damaged or stored in format %u, which this daemon does not know: restore the store, or update the daemon",
				   key->name, format);
	if (format == 1 && (key->deleted || key->erase))
		goto damaged;
	if (format < 3 && (key->provider != UKS_PROVIDER_SEALED || key->pin_len))
		goto damaged;
	aad_len = associated_data(key, format, aad);
	derive(master, key, blob_key);
	ret = crypto_aead_xchacha20poly1305_ietf_decrypt(secret, NULL, NULL, nonce + NONCE_LEN,
							 blob->len - 1 - NONCE_LEN, aad, aad_len,
							 nonce, blob_key);
	sodium_memzero(blob_key, sizeof(blob_key));
	if (ret)
		goto damaged;
	*len = blob->len - SEAL_OVERHEAD;
	return 0;
damaged:
	return failure_set(failure, UKS_E_BLOB,
			   "the stored key '%s' was damaged, moved, swapped or edited: restore the store from a backup, or delete the key",
			   key->name);
}

void seal_check_value(const uint8_t *master, const struct key *key, const uint8_t *secret,
		      size_t len, uint8_t *value)
{
	uint8_t digest[crypto_generichash_BYTES], number[4];
	crypto_generichash_state state;

	put_number(number, key->version, sizeof(number));
	crypto_generichash_init(&state, master, SEAL_MASTER_LEN, sizeof(digest));
	crypto_generichash_update(&state, (const uint8_t *)check_label, sizeof(check_label) - 1);
	crypto_generichash_update(&state, key->id, sizeof(key->id));
	crypto_generichash_update(&state, number, sizeof(number));
	crypto_generichash_update(&state, secret, len);
	crypto_generichash_final(&state, digest, sizeof(digest));
	memcpy(value, digest, KEY_CHECK_LEN);
	sodium_memzero(digest, sizeof(digest));
	sodium_memzero(&state, sizeof(state));
}

void seal_tag(const uint8_t *master, const uint8_t *id, const void *bytes, size_t len,
	      uint8_t *tag)
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, master, SEAL_MASTER_LEN, 16);
	crypto_generichash_update(&state, (const uint8_t *)tag_label, sizeof(tag_label) - 1);
	crypto_generichash_update(&state, id, UKS_KEY_ID_LEN);
	crypto_generichash_update(&state, bytes, len);
	crypto_generichash_final(&state, tag, 16);
	sodium_memzero(&state, sizeof(state));
}
