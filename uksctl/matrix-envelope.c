// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The envelope of Documentation/wrapping.rst outside UKS: ephemeral ECDH, HKDF-SHA-256,
 * AES-256-GCM.
 */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include "matrix-wrap.h"

#define VERSION		1
#define POINT_MAX	133
#define NONCE_LEN	12
#define TAG_LEN		16
#define KEY_LEN		32
#define AAD_LEN		9

static const char label[] = "UKS wrap 1";

/*
 * struct envelope - what both sides know
 * @info: for HKDF
 * @info_len: bytes at @info
 * @aad: associated data
 * @key: of AES-256-GCM
 */
struct envelope {
	uint8_t info[sizeof(label) + 2 * (POINT_MAX + 2) + 8];
	size_t info_len;
	uint8_t aad[AAD_LEN];
	uint8_t key[KEY_LEN];
};

static uint8_t *put(uint8_t *at, uint32_t value, int bytes)
{
	while (bytes--)
		*at++ = value >> 8 * bytes;
	return at;
}

static bool get_point(EVP_PKEY *pkey, uint8_t *point, size_t *len)
{
	return EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point,
					       POINT_MAX, len) == 1;
}

static void make_info(const struct matrix *matrix, struct envelope *envelope,
		      const uint8_t *sent, const uint8_t *recipient, size_t len)
{
	uint8_t *at = envelope->info;

	memcpy(at, label, sizeof(label) - 1);
	at = put(at + sizeof(label) - 1, UKS_ALG_ECDH_HKDF_AES_GCM, 4);
	at = put(at, matrix->type->type, 4);
	at = put(at, len, 2);
	memcpy(at, sent, len);
	at = put(at + len, len, 2);
	memcpy(at, recipient, len);
	envelope->info_len = at + len - envelope->info;
	at = put(envelope->aad, VERSION, 1);
	at = put(at, UKS_KEY_HMAC_SHA256, 4);
	put(at, UKS_FORMAT_RAW, 4);
}

static bool agree(EVP_PKEY *own, EVP_PKEY *peer, uint8_t *secret, size_t *len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
	bool ok = ctx && EVP_PKEY_derive_init(ctx) == 1 &&
		  EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
		  EVP_PKEY_derive(ctx, secret, len) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static bool derive_key(struct envelope *envelope, EVP_PKEY *own, EVP_PKEY *peer)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	uint8_t secret[POINT_MAX];
	size_t len = sizeof(secret);
	OSSL_PARAM params[4];
	bool ok = agree(own, peer, secret, &len);

	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret, len);
	params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, envelope->info,
						      envelope->info_len);
	params[3] = OSSL_PARAM_construct_end();
	ok = ok && ctx && EVP_KDF_derive(ctx, envelope->key, KEY_LEN, params) == 1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	explicit_bzero(secret, sizeof(secret));
	return ok;
}

static bool gcm(const struct envelope *envelope, bool encrypt, const uint8_t *nonce,
		const uint8_t *in, size_t len, uint8_t *out, uint8_t *tag)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;
	bool ok;

	ok = ctx &&
	     EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, envelope->key, nonce, encrypt) == 1 &&
	     EVP_CipherUpdate(ctx, NULL, &n, envelope->aad, AAD_LEN) == 1 &&
	     EVP_CipherUpdate(ctx, out, &n, in, len) == 1;
	if (ok && !encrypt)
		ok = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) == 1;
	ok = ok && EVP_CipherFinal_ex(ctx, out + n, &n) == 1;
	if (ok && encrypt)
		ok = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, tag) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

/* A key of the kind of @like, fresh, or with the public part that was sent. */
static EVP_PKEY *make_peer(EVP_PKEY *like, const uint8_t *point, size_t len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(like, NULL);
	EVP_PKEY *pkey = NULL;
	bool ok;

	if (!point) {
		ok = ctx && EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_generate(ctx, &pkey) == 1;
	} else {
		pkey = EVP_PKEY_new();
		ok = pkey && EVP_PKEY_copy_parameters(pkey, like) == 1 &&
		     EVP_PKEY_set1_encoded_public_key(pkey, point, len) == 1;
	}
	EVP_PKEY_CTX_free(ctx);
	if (ok)
		return pkey;
	EVP_PKEY_free(pkey);
	return NULL;
}

static EVP_PKEY *raw_peer(const struct matrix *matrix, const uint8_t *point, size_t len)
{
	EVP_PKEY *own = matrix->pair->own;

	if (EVP_PKEY_is_a(own, "X25519"))
		return EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, point, len);
	if (EVP_PKEY_is_a(own, "X448"))
		return EVP_PKEY_new_raw_public_key(EVP_PKEY_X448, NULL, point, len);
	return make_peer(own, point, len);
}

bool matrix_envelope_close(struct matrix *matrix, const uint8_t *secret, uint8_t *wrapped,
			   size_t *len)
{
	EVP_PKEY *fresh = make_peer(matrix->pair->own, NULL, 0);
	uint8_t recipient[POINT_MAX], *at = put(wrapped, VERSION, 1), *point = at + 2;
	struct envelope envelope;
	size_t point_len = 0;
	bool ok;

	ok = fresh && get_point(matrix->pair->own, recipient, &point_len) &&
	     get_point(fresh, point, &point_len);
	at = put(at, point_len, 2) + point_len;
	if (ok) {
		make_info(matrix, &envelope, point, recipient, point_len);
		ok = derive_key(&envelope, fresh, matrix->pair->own) &&
		     RAND_bytes(at, NONCE_LEN) == 1 &&
		     gcm(&envelope, true, at, secret, WRAPPED_LEN, at + NONCE_LEN,
			 at + NONCE_LEN + WRAPPED_LEN);
	}
	*len = at + NONCE_LEN + WRAPPED_LEN + TAG_LEN - wrapped;
	EVP_PKEY_free(fresh);
	explicit_bzero(&envelope, sizeof(envelope));
	return ok;
}

bool matrix_envelope_open(struct matrix *matrix, const uint8_t *wrapped, size_t len,
			  uint8_t *secret, size_t *secret_len)
{
	uint8_t recipient[POINT_MAX], tag[TAG_LEN];
	const uint8_t *point = wrapped + 3, *nonce;
	struct envelope envelope;
	size_t point_len = 0, sent_len = wrapped[1] << 8 | wrapped[2];
	EVP_PKEY *sent;
	bool ok;

	if (wrapped[0] != VERSION || len < 3 + sent_len + NONCE_LEN + TAG_LEN ||
	    !get_point(matrix->pair->own, recipient, &point_len) || sent_len != point_len)
		return false;
	nonce = point + point_len;
	*secret_len = len - 3 - point_len - NONCE_LEN - TAG_LEN;
	memcpy(tag, wrapped + len - TAG_LEN, TAG_LEN);
	make_info(matrix, &envelope, point, recipient, point_len);
	sent = raw_peer(matrix, point, point_len);
	ok = sent && derive_key(&envelope, matrix->pair->own, sent) &&
	     gcm(&envelope, false, nonce, nonce + NONCE_LEN, *secret_len, secret, tag);
	EVP_PKEY_free(sent);
	explicit_bzero(&envelope, sizeof(envelope));
	return ok;
}
