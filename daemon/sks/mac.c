// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "daemon/provider/sealed.h"
#include "daemon/sks/mac.h"

#define BLOCK	16	/* of AES */

void sks_hmac_begin(struct sks_mac *mac, const void *key, size_t len)
{
	crypto_auth_hmacsha256_init(&mac->state, key, len);
}

void sks_mac_raw(struct sks_mac *mac, const void *bytes, size_t len)
{
	if (len)
		crypto_auth_hmacsha256_update(&mac->state, bytes, len);
}

void sks_mac_number(struct sks_mac *mac, uint32_t number, int bytes)
{
	uint8_t raw[4];
	int i;

	for (i = bytes - 1; i >= 0; i--, number >>= 8)
		raw[i] = number;
	sks_mac_raw(mac, raw, bytes);
}

void sks_mac_bytes(struct sks_mac *mac, const void *bytes, size_t len)
{
	sks_mac_number(mac, len, 2);
	sks_mac_raw(mac, bytes, len);
}

void sks_mac_blob(struct sks_mac *mac, const void *bytes, size_t len)
{
	sks_mac_number(mac, len, 4);
	sks_mac_raw(mac, bytes, len);
}

void sks_mac_string(struct sks_mac *mac, const char *text)
{
	sks_mac_bytes(mac, text, strlen(text));
}

void sks_mac_begin(struct sks_mac *mac, const uint8_t *key, const char *label, uint16_t counter)
{
	uint8_t whole[SKS_KEY_LEN + 40];
	size_t len = strnlen(label, 38);

	memcpy(whole, key, SKS_KEY_LEN);
	memcpy(whole + SKS_KEY_LEN, label, len);
	len += SKS_KEY_LEN;
	whole[len++] = counter >> 8;
	whole[len++] = counter;
	sks_hmac_begin(mac, whole, len);
	sodium_memzero(whole, sizeof(whole));
}

void sks_mac_end(struct sks_mac *mac, uint8_t *value)
{
	crypto_auth_hmacsha256_final(&mac->state, value);
	sodium_memzero(mac, sizeof(*mac));
}

void sks_session_key(const struct sks_bytes *z, const struct sks_parties *parties, uint8_t *key)
{
	struct sks_mac mac;

	sks_hmac_begin(&mac, z->at, z->len);
	sks_mac_string(&mac, parties->client_id);
	sks_mac_string(&mac, parties->server_id);
	sks_mac_string(&mac, parties->issuer);
	sks_mac_bytes(&mac, parties->device.at, parties->device.len);
	sks_mac_end(&mac, key);
}

void sks_attestation(const struct sks_parties *parties, const struct sks_attested *attested,
		     struct sks_out *out)
{
	sks_put_string(out, parties->client_id);
	sks_put_string(out, parties->server_id);
	sks_put_string(out, parties->issuer);
	sks_put_bytes(out, parties->device.at, parties->device.len);
	sks_put_string(out, SKS_URI_SESSION);
	sks_put_bool(out, attested->privacy);
	sks_put_bytes(out, attested->server_key.at, attested->server_key.len);
	sks_put_bytes(out, attested->client_key.at, attested->client_key.len);
	sks_put_bytes(out, attested->kmk.at, attested->kmk.len);
	sks_put_u32(out, attested->client_time);
	sks_put_u16(out, attested->lifetime);
	sks_put_u16(out, attested->limit);
	sks_put_bytes(out, attested->certificate.at, attested->certificate.len);
}

int sks_decrypt(const uint8_t *key, const struct sks_bytes *from, uint8_t *to, size_t *len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int first = 0, last = 0, ret = -1;
	uint8_t under[SKS_KEY_LEN];
	struct sks_mac mac;

	sks_hmac_begin(&mac, key, SKS_KEY_LEN);
	sks_mac_raw(&mac, "EncryptionKey", 13);
	sks_mac_end(&mac, under);
	if (ctx && from->len >= 2 * BLOCK && !(from->len % BLOCK) &&
	    EVP_DecryptInit_ex(ctx, EVP_aes_256_cbc(), NULL, under, from->at) == 1 &&
	    EVP_DecryptUpdate(ctx, to, &first, from->at + BLOCK, from->len - BLOCK) == 1 &&
	    EVP_DecryptFinal_ex(ctx, to + first, &last) == 1)
		ret = 0;
	*len = first + last;
	EVP_CIPHER_CTX_free(ctx);
	ERR_clear_error();
	sodium_memzero(under, sizeof(under));
	return ret;
}

/* The bytes are MACed, so there may be no other encoding of the same key. */
static bool is_strict(EVP_PKEY *pkey, const struct sks_bytes *spki)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(pkey, &der);
	bool same = len > 0 && (size_t)len == spki->len && !memcmp(der, spki->at, len);

	OPENSSL_free(der);
	return same;
}

static bool is_allowed(const struct key_type *type)
{
	return type->type == UKS_KEY_EC_P256 || type->type == UKS_KEY_EC_P384 ||
	       type->type == UKS_KEY_EC_P521;
}

static int exchange(EVP_PKEY *own, EVP_PKEY *peer, uint8_t *z, size_t *z_len)
{
	struct output output = { .bytes = z, .size = SKS_Z_MAX };
	struct failure failure;
	int ret = sealed_exchange(own, peer, &output, &failure);

	*z_len = output.len;
	return ret;
}

int sks_agree(const struct sks_bytes *peer, uint8_t *spki, size_t *spki_len, uint8_t *z,
	      size_t *z_len)
{
	EVP_PKEY *theirs, *own = NULL;
	const struct key_type *type;
	struct failure failure;
	int ret = -1, len;

	theirs = sealed_read_public(peer->at, peer->len, UKS_E_BAD_PEER, &type, &failure);
	if (!theirs || !is_allowed(type) || !is_strict(theirs, peer))
		goto out;
	own = sealed_ec_generate(type);
	len = own ? i2d_PUBKEY(own, NULL) : 0;
	if (len <= 0 || len > SKS_SPKI_MAX)
		goto out;
	*spki_len = i2d_PUBKEY(own, &spki);
	ret = exchange(own, theirs, z, z_len);
out:
	EVP_PKEY_free(own);
	EVP_PKEY_free(theirs);
	ERR_clear_error();
	return ret;
}
