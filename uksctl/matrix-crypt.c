// SPDX-License-Identifier: LGPL-2.1-or-later
/* Cells of uksctl matrix that encrypt with a public key, and agree on secrets. */
#include <string.h>

#include <openssl/dh.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "matrix.h"

/* ---- encryption ---- */

static bool set_padding(const struct matrix *matrix, EVP_PKEY_CTX *ctx)
{
	const EVP_MD *md = matrix_md(matrix->digest);

	switch (matrix->row->algorithm) {
	case UKS_ALG_RSA_PKCS1_CRYPT:
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
	case UKS_ALG_RSA_RAW:
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1;
	case UKS_ALG_RSA_OAEP:
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
		       EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) == 1 &&
		       EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1;
	}
	return true;
}

static bool outside(struct matrix *matrix, EVP_PKEY *pkey, bool encrypt, const uint8_t *in,
		    size_t in_len, uint8_t *out, size_t *len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	bool ok;

	*len = MATRIX_RESULT_MAX;
	ok = ctx && (encrypt ? EVP_PKEY_encrypt_init(ctx) : EVP_PKEY_decrypt_init(ctx)) == 1 &&
	     set_padding(matrix, ctx) &&
	     (encrypt ? EVP_PKEY_encrypt(ctx, out, len, in, in_len) :
			EVP_PKEY_decrypt(ctx, out, len, in, in_len)) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok || matrix_fail(matrix, "OpenSSL cannot %s", encrypt ? "encrypt" : "decrypt");
}

static bool inside(struct matrix *matrix, const char *key, bool encrypt, const uint8_t *in,
		   size_t in_len, uint8_t *out, size_t *len)
{
	struct uks_session *session = matrix_open(matrix, key, encrypt ? UKS_PURPOSE_ENCRYPT :
								UKS_PURPOSE_DECRYPT, NULL);
	struct uks_err *err = &matrix->run->err;
	bool ok = session;

	*len = MATRIX_RESULT_MAX;
	if (ok && (encrypt ? uks_encrypt(session, NULL, in, in_len, out, len, err) :
			     uks_decrypt(session, NULL, in, in_len, out, len, err)))
		ok = matrix_fail_uks(matrix, encrypt ? "encrypt" : "decrypt");
	uks_session_close(session);
	return ok;
}

/* Encrypted here and decrypted there, one of them inside and with one of the keys. */
static bool check_crypt(struct matrix *matrix, const uint8_t *text, size_t len)
{
	const struct matrix_pair *pair = matrix->pair;
	uint8_t sealed[MATRIX_RESULT_MAX], back[MATRIX_RESULT_MAX];
	size_t sealed_len, back_len;

	return outside(matrix, pair->public, true, text, len, sealed, &sealed_len) &&
	       inside(matrix, pair->generated, false, sealed, sealed_len, back, &back_len) &&
	       matrix_equal(matrix, "plaintext", back, back_len, text, len) &&
	       inside(matrix, pair->generated, true, text, len, sealed, &sealed_len) &&
	       inside(matrix, pair->generated, false, sealed, sealed_len, back, &back_len) &&
	       matrix_equal(matrix, "plaintext", back, back_len, text, len) &&
	       inside(matrix, pair->imported, true, text, len, sealed, &sealed_len) &&
	       outside(matrix, pair->own, false, sealed, sealed_len, back, &back_len) &&
	       matrix_equal(matrix, "plaintext", back, back_len, text, len);
}

bool matrix_crypt(struct matrix *matrix)
{
	uint8_t text[512];
	size_t len = 16;

	if (RAND_bytes(text, sizeof(text)) != 1)
		return matrix_fail(matrix, "no random bytes");
	/* Without padding the number has as many bytes as the modulus, and is less. */
	if (matrix->row->algorithm == UKS_ALG_RSA_RAW) {
		len = matrix->type->bits / 8;
		text[0] = 0;
	}
	if (!check_crypt(matrix, text, len))
		return false;
	return !(matrix->row->purposes & UKS_PURPOSE_WRAP) || matrix_wrap(matrix);
}

/* ---- agreement ---- */

static bool outside_agree(EVP_PKEY *own, EVP_PKEY *peer, uint8_t *secret, size_t *len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
	bool ok = ctx && EVP_PKEY_derive_init(ctx) == 1;

	/* Leading zeros stay (SP 800-56A, 5.7.1.1). */
	if (ok && EVP_PKEY_is_a(own, "DH"))
		ok = EVP_PKEY_CTX_set_dh_pad(ctx, 1) == 1;
	ok = ok && EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
	     EVP_PKEY_derive(ctx, secret, len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static bool inside_agree(struct matrix *matrix, const char *key, EVP_PKEY *peer, uint8_t *secret,
			 size_t *len)
{
	struct uks_session *session = matrix_open(matrix, key, UKS_PURPOSE_AGREE, NULL);
	uint8_t *der = NULL;
	int der_len = i2d_PUBKEY(peer, &der);
	bool ok = session && der_len > 0;

	if (ok && uks_agree(session, der, der_len, secret, len, &matrix->run->err))
		ok = matrix_fail_uks(matrix, "agree");
	OPENSSL_free(der);
	uks_session_close(session);
	return ok;
}

/* Both keys inside, and each of them against the other outside. */
bool matrix_agree(struct matrix *matrix)
{
	const struct matrix_pair *pair = matrix->pair;
	uint8_t ours[1024], theirs[1024], both[1024];
	size_t len = sizeof(ours), their_len = sizeof(theirs), both_len = sizeof(both);

	if (!inside_agree(matrix, pair->generated, pair->own, ours, &len))
		return false;
	if (!outside_agree(pair->own, pair->public, theirs, &their_len))
		return matrix_fail(matrix, "OpenSSL cannot agree");
	return matrix_equal(matrix, "secret", ours, len, theirs, their_len) &&
	       inside_agree(matrix, pair->imported, pair->public, both, &both_len) &&
	       matrix_equal(matrix, "secret", both, both_len, theirs, their_len);
}
