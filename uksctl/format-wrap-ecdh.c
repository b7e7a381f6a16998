// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Wrapping by ephemeral ECDH, HKDF-SHA-256 and AES-256-GCM: Documentation/wrapping.rst
 * has the form, byte by byte.
 */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include "format-wrap.h"

#define VERSION		1
#define LABEL		"UKS wrap 1"
#define LABEL_LEN	(sizeof(LABEL) - 1)
#define POINT_MAX	133	/* uncompressed, of P-521 */
#define SECRET_MAX	72
#define KEK_LEN		32
#define HEADER_LEN	3	/* version, length of the point */
#define AAD_LEN		9
#define INFO_MAX	(LABEL_LEN + 8 + 2 * (2 + POINT_MAX))

/* A public key as it is sent: an uncompressed point, or the bytes of X25519 and X448. */
struct point {
	uint8_t bytes[POINT_MAX];
	size_t len;
};

static size_t put_u32(uint8_t *at, uint32_t value)
{
	at[0] = value >> 24;
	at[1] = value >> 16;
	at[2] = value >> 8;
	at[3] = value;
	return 4;
}

static size_t put_point(uint8_t *at, const struct point *point)
{
	at[0] = point->len >> 8;
	at[1] = point->len;
	memcpy(at + 2, point->bytes, point->len);
	return 2 + point->len;
}

static bool encode(EVP_PKEY *pkey, struct point *point)
{
	unsigned char *bytes = NULL;

	point->len = EVP_PKEY_get1_encoded_public_key(pkey, &bytes);
	if (point->len > POINT_MAX)
		point->len = 0;
	if (point->len)
		memcpy(point->bytes, bytes, point->len);
	OPENSSL_free(bytes);
	return point->len;
}

static EVP_PKEY *generate(EVP_PKEY *peer)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(peer, NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx && EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_generate(ctx, &pkey) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static bool agree(EVP_PKEY *ephemeral, EVP_PKEY *peer, uint8_t *secret, size_t *len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(ephemeral, NULL);
	bool done = ctx && EVP_PKEY_derive_init(ctx) == 1 &&
		    EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
		    EVP_PKEY_derive(ctx, secret, len) == 1;

	EVP_PKEY_CTX_free(ctx);
	return done;
}

/* HKDF-SHA-256 without salt (RFC 5869). */
static bool expand(const uint8_t *secret, size_t secret_len, uint8_t *info, size_t info_len,
		   uint8_t *kek)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, "SHA256", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret, secret_len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, info_len),
		OSSL_PARAM_construct_end(),
	};
	bool done = ctx && EVP_KDF_derive(ctx, kek, KEK_LEN, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return done;
}

/* @type: of the key that unwraps. */
static bool derive(EVP_PKEY *ephemeral, EVP_PKEY *peer, uint32_t type, uint8_t *kek)
{
	uint8_t secret[SECRET_MAX], info[INFO_MAX];
	size_t secret_len = sizeof(secret), len = LABEL_LEN;
	struct point sent, own;
	bool done = false;

	if (!encode(ephemeral, &sent) || !encode(peer, &own) ||
	    !agree(ephemeral, peer, secret, &secret_len))
		goto out;
	memcpy(info, LABEL, LABEL_LEN);
	len += put_u32(info + len, UKS_ALG_ECDH_HKDF_AES_GCM);
	len += put_u32(info + len, type);
	len += put_point(info + len, &sent);
	len += put_point(info + len, &own);
	done = expand(secret, secret_len, info, len, kek);
out:
	OPENSSL_cleanse(secret, sizeof(secret));
	return done;
}

/* Nonce, ciphertext, tag; @aad tells what is wrapped. */
static bool seal(const uint8_t *kek, const struct format_key *key, uint8_t *out)
{
	uint8_t *nonce = out, *ciphertext = out + UKS_NONCE_LEN, aad[AAD_LEN] = { VERSION };
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	bool done;
	int n;

	put_u32(aad + 1, key->type);
	put_u32(aad + 5, key->format);
	done = ctx && RAND_bytes(nonce, UKS_NONCE_LEN) == 1 &&
	       EVP_EncryptInit_ex2(ctx, EVP_aes_256_gcm(), kek, nonce, NULL) == 1 &&
	       EVP_EncryptUpdate(ctx, NULL, &n, aad, AAD_LEN) == 1 &&
	       EVP_EncryptUpdate(ctx, ciphertext, &n, key->data, key->len) == 1 &&
	       EVP_EncryptFinal_ex(ctx, ciphertext + n, &n) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, UKS_TAG_LEN,
				   ciphertext + key->len) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return done;
}

static bool wrap(EVP_PKEY *ephemeral, EVP_PKEY *peer, uint32_t type,
		 const struct format_key *key, uint8_t **blob, size_t *len)
{
	struct point point;
	uint8_t kek[KEK_LEN];
	bool done = false;

	if (!encode(ephemeral, &point) || !derive(ephemeral, peer, type, kek))
		goto out;
	*len = HEADER_LEN + point.len + UKS_NONCE_LEN + key->len + UKS_TAG_LEN;
	*blob = OPENSSL_malloc(*len);
	if (!*blob)
		goto out;
	(*blob)[0] = VERSION;
	put_point(*blob + 1, &point);
	done = seal(kek, key, *blob + HEADER_LEN + point.len);
out:
	OPENSSL_cleanse(kek, sizeof(kek));
	return done;
}

int format_wrap_ecdh(const struct format_wrapping *wrapping, const struct format_key *key,
		     uint8_t **blob, size_t *len, struct uks_err *err)
{
	uint32_t type = format_type_of(wrapping->peer, err);
	EVP_PKEY *ephemeral;
	bool done;

	if (!type)
		return -1;
	if (type == UKS_KEY_SM2 ||
	    !(EVP_PKEY_is_a(wrapping->peer, "EC") || EVP_PKEY_is_a(wrapping->peer, "X25519") ||
	      EVP_PKEY_is_a(wrapping->peer, "X448")))
		return format_fail(err,
				   "the public key is no EC, X25519 or X448 key, which this algorithm needs");
	if (!key->type)
		return format_fail(err,
				   "the type of the key is bound in, and not known: use --type");
	if (EVP_PKEY_is_a(wrapping->peer, "EC"))
		EVP_PKEY_set_utf8_string_param(wrapping->peer,
					       OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
					       "uncompressed");
	ephemeral = generate(wrapping->peer);
	done = ephemeral && wrap(ephemeral, wrapping->peer, type, key, blob, len);
	EVP_PKEY_free(ephemeral);
	return done ? 0 : format_fail_crypto(err, "libcrypto cannot wrap the key");
}
