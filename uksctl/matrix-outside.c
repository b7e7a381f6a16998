// SPDX-License-Identifier: LGPL-2.1-or-later
/* Wrapping keys outside UKS: AES-KW, AES-KWP, AES-CBC, RSA-OAEP, and an AES key under RSA-OAEP. */
#include <string.h>

#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "matrix-wrap.h"

#define AES_LEN		32
#define VECTOR_LEN	16

static const EVP_CIPHER *wrap_cipher(size_t key_len, bool padded)
{
	switch (key_len) {
	case 16:
		return padded ? EVP_aes_128_wrap_pad() : EVP_aes_128_wrap();
	case 24:
		return padded ? EVP_aes_192_wrap_pad() : EVP_aes_192_wrap();
	default:
		return padded ? EVP_aes_256_wrap_pad() : EVP_aes_256_wrap();
	}
}

static bool aes_run(const uint8_t *key, size_t key_len, bool padded, bool wrap, const uint8_t *in,
		    size_t in_len, uint8_t *out, size_t *len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, last = 0;
	bool ok;

	if (ctx)
		EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	ok = ctx &&
	     EVP_CipherInit_ex(ctx, wrap_cipher(key_len, padded), NULL, key, NULL, wrap) == 1 &&
	     EVP_CipherUpdate(ctx, out, &n, in, in_len) == 1 &&
	     EVP_CipherFinal_ex(ctx, out + n, &last) == 1;
	*len = n + last;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

static const EVP_CIPHER *cbc_cipher(size_t key_len)
{
	return key_len == 16 ? EVP_aes_128_cbc() : key_len == 24 ? EVP_aes_192_cbc() :
							      EVP_aes_256_cbc();
}

/* The vector stands first. */
static bool cbc_run(const struct matrix_pair *pair, bool wrap, const uint8_t *vector,
		    const uint8_t *in, size_t in_len, uint8_t *out, size_t *len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, last = 0;
	bool ok;

	ok = ctx && EVP_CipherInit_ex(ctx, cbc_cipher(pair->secret_len), NULL, pair->secret,
				      vector, wrap) == 1 &&
	     EVP_CipherUpdate(ctx, out, &n, in, in_len) == 1 &&
	     EVP_CipherFinal_ex(ctx, out + n, &last) == 1;
	*len = n + last;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

static bool cbc_wrap(const struct matrix_pair *pair, const uint8_t *secret, uint8_t *wrapped,
		     size_t *len)
{
	bool ok = RAND_bytes(wrapped, VECTOR_LEN) == 1 &&
		  cbc_run(pair, true, wrapped, secret, WRAPPED_LEN, wrapped + VECTOR_LEN, len);

	*len += VECTOR_LEN;
	return ok;
}

static bool oaep_run(const struct matrix *matrix, bool wrap, const uint8_t *in, size_t in_len,
		     uint8_t *out, size_t *len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(matrix->pair->own, NULL);
	const EVP_MD *md = matrix_md(matrix->digest);
	bool ok;

	*len = EVP_PKEY_get_size(matrix->pair->own);
	ok = ctx && (wrap ? EVP_PKEY_encrypt_init(ctx) : EVP_PKEY_decrypt_init(ctx)) == 1 &&
	     EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
	     EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) == 1 &&
	     EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1 &&
	     (wrap ? EVP_PKEY_encrypt(ctx, out, len, in, in_len) :
		     EVP_PKEY_decrypt(ctx, out, len, in, in_len)) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static bool rsa_aes_wrap(const struct matrix *matrix, const uint8_t *secret, uint8_t *wrapped,
			 size_t *len)
{
	uint8_t aes[AES_LEN];
	size_t rest = 0;
	bool ok;

	ok = RAND_priv_bytes(aes, sizeof(aes)) == 1 &&
	     oaep_run(matrix, true, aes, sizeof(aes), wrapped, len) &&
	     aes_run(aes, sizeof(aes), true, true, secret, WRAPPED_LEN, wrapped + *len, &rest);
	*len += rest;
	explicit_bzero(aes, sizeof(aes));
	return ok;
}

static bool rsa_aes_unwrap(const struct matrix *matrix, const uint8_t *wrapped, size_t len,
			   uint8_t *secret, size_t *secret_len)
{
	size_t block = EVP_PKEY_get_size(matrix->pair->own), aes_len;
	uint8_t aes[1024];
	bool ok;

	ok = len > block && oaep_run(matrix, false, wrapped, block, aes, &aes_len) &&
	     aes_len == AES_LEN &&
	     aes_run(aes, AES_LEN, true, false, wrapped + block, len - block, secret, secret_len);
	explicit_bzero(aes, sizeof(aes));
	return ok;
}

bool matrix_wrap_outside(struct matrix *matrix, const uint8_t *secret, uint8_t *wrapped,
			 size_t *len)
{
	const struct matrix_pair *pair = matrix->pair;

	switch (matrix->row->algorithm) {
	case UKS_ALG_AES_KW:
	case UKS_ALG_AES_KWP:
		return aes_run(pair->secret, pair->secret_len,
			       matrix->row->algorithm == UKS_ALG_AES_KWP, true, secret,
			       WRAPPED_LEN, wrapped, len);
	case UKS_ALG_AES_CBC_WRAP:
		return cbc_wrap(pair, secret, wrapped, len);
	case UKS_ALG_RSA_OAEP:
		return oaep_run(matrix, true, secret, WRAPPED_LEN, wrapped, len);
	case UKS_ALG_RSA_AES_KEY_WRAP:
		return rsa_aes_wrap(matrix, secret, wrapped, len);
	case UKS_ALG_ECDH_HKDF_AES_GCM:
		return matrix_envelope_close(matrix, secret, wrapped, len);
	}
	return false;
}

bool matrix_unwrap_outside(struct matrix *matrix, const uint8_t *wrapped, size_t len,
			   uint8_t *secret, size_t *secret_len)
{
	const struct matrix_pair *pair = matrix->pair;

	switch (matrix->row->algorithm) {
	case UKS_ALG_AES_KW:
	case UKS_ALG_AES_KWP:
		return aes_run(pair->secret, pair->secret_len,
			       matrix->row->algorithm == UKS_ALG_AES_KWP, false, wrapped, len,
			       secret, secret_len);
	case UKS_ALG_AES_CBC_WRAP:
		return len > VECTOR_LEN &&
		       cbc_run(pair, false, wrapped, wrapped + VECTOR_LEN, len - VECTOR_LEN,
			       secret, secret_len);
	case UKS_ALG_RSA_OAEP:
		return oaep_run(matrix, false, wrapped, len, secret, secret_len);
	case UKS_ALG_RSA_AES_KEY_WRAP:
		return rsa_aes_unwrap(matrix, wrapped, len, secret, secret_len);
	case UKS_ALG_ECDH_HKDF_AES_GCM:
		return matrix_envelope_open(matrix, wrapped, len, secret, secret_len);
	}
	return false;
}
