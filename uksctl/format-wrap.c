// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Wrapping: RSA-OAEP (RFC 8017, 7.1), and an AES key under RSA-OAEP with the key under
 * it by AES-KWP (PKCS #11 v3.0, CKM_RSA_AES_KEY_WRAP; RFC 5649).
 */
#include <string.h>

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <uks/algorithm.h>

#include "format-wrap.h"

#define AES_LEN		32
#define KWP_GROWTH	16	/* header and padding of AES-KWP at most, bytes */

static const EVP_MD *digest_of(uint32_t digest)
{
	const struct uks_digest_info *info = uks_digest_find(digest);

	return info && info->library ? EVP_get_digestbyname(info->library) : NULL;
}

static EVP_PKEY_CTX *oaep_new(const struct format_wrapping *wrapping)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(wrapping->peer, NULL);
	const EVP_MD *md = digest_of(wrapping->digest);

	if (ctx && md && EVP_PKEY_encrypt_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) == 1 &&
	    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1)
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

/* @out has room for a block of the key's modulus. */
static int oaep(const struct format_wrapping *wrapping, const uint8_t *data, size_t len,
		uint8_t *out, size_t *out_len, struct uks_err *err)
{
	EVP_PKEY_CTX *ctx = oaep_new(wrapping);
	int ret = 0;

	*out_len = EVP_PKEY_get_size(wrapping->peer);
	if (!ctx || EVP_PKEY_encrypt(ctx, out, out_len, data, len) != 1)
		ret = format_fail_crypto(err, "RSA-OAEP failed");
	EVP_PKEY_CTX_free(ctx);
	return ret;
}

static int wrap_oaep(const struct format_wrapping *wrapping, const struct format_key *key,
		     uint8_t **blob, size_t *len, struct uks_err *err)
{
	const struct uks_digest_info *digest = uks_digest_find(wrapping->digest);
	size_t block = EVP_PKEY_get_size(wrapping->peer);
	size_t max = digest && block > 2 * digest->len + 2 ? block - 2 * digest->len - 2 : 0;

	if (key->len > max)
		return format_fail(err,
				   "the key has %zu bytes, and RSA-OAEP takes %zu at most with this RSA key and digest: use --algorithm rsa-aes-key-wrap",
				   key->len, max);
	*blob = OPENSSL_malloc(block);
	if (!*blob)
		return format_fail_memory(err);
	return oaep(wrapping, key->data, key->len, *blob, len, err);
}

static int kwp(const uint8_t *aes, const struct format_key *key, uint8_t *out, size_t *len,
	       struct uks_err *err)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, last = 0, ret = 0;

	if (ctx)
		EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	if (!ctx || EVP_EncryptInit_ex(ctx, EVP_aes_256_wrap_pad(), NULL, aes, NULL) != 1 ||
	    EVP_EncryptUpdate(ctx, out, &n, key->data, key->len) != 1 ||
	    EVP_EncryptFinal_ex(ctx, out + n, &last) != 1)
		ret = format_fail_crypto(err, "AES-KWP failed");
	EVP_CIPHER_CTX_free(ctx);
	*len = n + last;
	return ret;
}

static int wrap_rsa_aes(const struct format_wrapping *wrapping, const struct format_key *key,
			uint8_t **blob, size_t *len, struct uks_err *err)
{
	size_t room = EVP_PKEY_get_size(wrapping->peer) + key->len + KWP_GROWTH, rest;
	uint8_t aes[AES_LEN];
	int ret;

	*blob = OPENSSL_malloc(room);
	if (!*blob || RAND_priv_bytes(aes, sizeof(aes)) != 1)
		return format_fail_memory(err);
	ret = oaep(wrapping, aes, sizeof(aes), *blob, len, err);
	if (!ret)
		ret = kwp(aes, key, *blob + *len, &rest, err);
	if (!ret)
		*len += rest;
	OPENSSL_cleanse(aes, sizeof(aes));
	return ret;
}

static int wrap_for_rsa(const struct format_wrapping *wrapping, const struct format_key *key,
			uint8_t **blob, size_t *len, struct uks_err *err)
{
	if (!format_type_of(wrapping->peer, err))
		return -1;
	if (!EVP_PKEY_is_a(wrapping->peer, "RSA"))
		return format_fail(err,
				   "the public key is no RSA key, which this algorithm needs");
	if (wrapping->algorithm == UKS_ALG_RSA_OAEP)
		return wrap_oaep(wrapping, key, blob, len, err);
	return wrap_rsa_aes(wrapping, key, blob, len, err);
}

int format_wrap(const struct format_wrapping *wrapping, const struct format_key *key,
		uint8_t **blob, size_t *len, struct uks_err *err)
{
	int ret;

	*blob = NULL;
	if (key->format == UKS_FORMAT_SPKI)
		return format_fail(err,
				   "the file holds a public key only: there is nothing to wrap");
	if (wrapping->algorithm == UKS_ALG_ECDH_HKDF_AES_GCM)
		ret = format_wrap_ecdh(wrapping, key, blob, len, err);
	else if (wrapping->algorithm == UKS_ALG_RSA_OAEP ||
		 wrapping->algorithm == UKS_ALG_RSA_AES_KEY_WRAP)
		ret = wrap_for_rsa(wrapping, key, blob, len, err);
	else
		ret = format_fail(err,
				  "keys are wrapped by rsa-oaep, rsa-aes-key-wrap and ecdh-hkdf-aes-gcm only");
	if (ret) {
		OPENSSL_free(*blob);
		*blob = NULL;
	}
	return ret;
}
