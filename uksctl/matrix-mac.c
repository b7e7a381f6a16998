// SPDX-License-Identifier: LGPL-2.1-or-later
/* Cells of uksctl matrix that compute MACs or derive secrets. */
#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include "matrix.h"

#define TEXT_LEN	1000
#define SECRET_LEN	48
#define ITERATIONS	1000

static const uint8_t salt[] = "sixteen bytes or more of salt";
static const uint8_t info[] = "what it is for";

/* ---- MAC ---- */

static bool outside_mac(const struct matrix *matrix, const uint8_t *text, size_t text_len,
			uint8_t *mac, size_t *len)
{
	bool cmac = matrix->row->algorithm == UKS_ALG_AES_CMAC;
	EVP_MAC *algorithm = EVP_MAC_fetch(NULL, cmac ? "CMAC" : "HMAC", NULL);
	EVP_MAC_CTX *ctx = algorithm ? EVP_MAC_CTX_new(algorithm) : NULL;
	OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
	char name[32];
	bool ok;

	if (cmac) {
		snprintf(name, sizeof(name), "AES-%d-CBC", matrix->type->secret_new * 8);
		params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, name, 0);
	} else {
		snprintf(name, sizeof(name), "%s", uks_digest_find(matrix->digest)->library);
		params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0);
	}
	ok = ctx &&
	     EVP_MAC_init(ctx, matrix->pair->secret, matrix->pair->secret_len, params) == 1 &&
	     EVP_MAC_update(ctx, text, text_len) == 1 &&
	     EVP_MAC_final(ctx, mac, len, UKS_MAC_MAX) == 1;
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(algorithm);
	return ok;
}

static bool in_parts(struct matrix *matrix, struct uks_session *session, const uint8_t *text,
		     uint8_t *mac, size_t *len)
{
	struct uks_err *err = &matrix->run->err;

	*len = UKS_MAC_MAX;
	if (uks_begin(session, NULL, err) || uks_update(session, text, 17, err) ||
	    uks_update(session, text + 17, TEXT_LEN - 17, err) ||
	    uks_finish(session, mac, len, err))
		return matrix_fail_uks(matrix, "MAC in parts");
	return true;
}

static bool check_verify(struct matrix *matrix, const char *key, const uint8_t *text, uint8_t *mac,
			 size_t len)
{
	struct uks_session *session = matrix_open(matrix, key, UKS_PURPOSE_MAC_VERIFY, NULL);
	bool ok = session;

	if (ok && uks_mac_verify(session, text, TEXT_LEN, mac, len, &matrix->run->err))
		ok = matrix_fail_uks(matrix, "verify");
	mac[0] ^= 1;
	if (ok && uks_mac_verify(session, text, TEXT_LEN, mac, len, NULL) != -UKS_E_NOT_AUTHENTIC)
		ok = matrix_fail(matrix, "a changed MAC is not refused");
	mac[0] ^= 1;
	uks_session_close(session);
	return ok;
}

static bool check_mac(struct matrix *matrix, const char *key, bool known)
{
	struct uks_session *session = matrix_open(matrix, key, UKS_PURPOSE_MAC, NULL);
	uint8_t text[TEXT_LEN], mac[UKS_MAC_MAX], other[UKS_MAC_MAX];
	size_t len = sizeof(mac), other_len;
	bool ok = session && RAND_bytes(text, sizeof(text)) == 1;

	if (ok && uks_mac(session, text, sizeof(text), mac, &len, &matrix->run->err))
		ok = matrix_fail_uks(matrix, "MAC");
	if (ok)
		ok = in_parts(matrix, session, text, other, &other_len) &&
		     matrix_equal(matrix, "MAC in parts", other, other_len, mac, len);
	if (ok && known)
		ok = outside_mac(matrix, text, sizeof(text), other, &other_len) ?
		     matrix_equal(matrix, "MAC", mac, len, other, other_len) :
		     matrix_fail(matrix, "OpenSSL cannot compute the MAC");
	uks_session_close(session);
	return ok && check_verify(matrix, key, text, mac, len);
}

bool matrix_mac(struct matrix *matrix)
{
	return check_mac(matrix, matrix->pair->generated, false) &&
	       check_mac(matrix, matrix->pair->imported, true);
}

/* ---- derivation ---- */

static void put(OSSL_PARAM **at, const char *key, const void *data, size_t len)
{
	*(*at)++ = OSSL_PARAM_construct_octet_string(key, (void *)data, len);
}

static bool outside_derive(const struct matrix *matrix, uint8_t *secret)
{
	bool hkdf = matrix->row->algorithm == UKS_ALG_HKDF;
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, hkdf ? "HKDF" : "PBKDF2", NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	char *digest = (char *)uks_digest_find(matrix->digest)->library;
	unsigned int iterations = ITERATIONS;
	OSSL_PARAM params[8], *at = params;
	bool ok;

	*at++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	put(&at, OSSL_KDF_PARAM_SALT, salt, sizeof(salt));
	put(&at, hkdf ? OSSL_KDF_PARAM_KEY : OSSL_KDF_PARAM_PASSWORD, matrix->pair->secret,
	    matrix->pair->secret_len);
	if (hkdf)
		put(&at, OSSL_KDF_PARAM_INFO, info, sizeof(info));
	else
		*at++ = OSSL_PARAM_construct_uint(OSSL_KDF_PARAM_ITER, &iterations);
	*at = OSSL_PARAM_construct_end();
	ok = ctx && EVP_KDF_derive(ctx, secret, SECRET_LEN, params) == 1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok;
}

static bool inside_derive(struct matrix *matrix, const char *key, uint8_t *secret)
{
	bool hkdf = matrix->row->algorithm == UKS_ALG_HKDF;
	const struct uks_parameters parameters = {
		.salt = salt,
		.salt_bytes = sizeof(salt),
		.info = hkdf ? info : NULL,
		.info_len = sizeof(info),
		.iterations = hkdf ? 0 : ITERATIONS,
		.out_len = SECRET_LEN,
	};
	struct uks_session *session = matrix_open(matrix, key, UKS_PURPOSE_DERIVE, &parameters);
	size_t len = SECRET_LEN;
	bool ok = session;

	if (ok && uks_derive(session, NULL, 0, secret, &len, &matrix->run->err))
		ok = matrix_fail_uks(matrix, "derive");
	if (ok && len != SECRET_LEN)
		ok = matrix_fail(matrix, "the secret has %zu bytes, not %d", len, SECRET_LEN);
	uks_session_close(session);
	return ok;
}

bool matrix_derive(struct matrix *matrix)
{
	uint8_t ours[SECRET_LEN], again[SECRET_LEN], theirs[SECRET_LEN];

	if (!inside_derive(matrix, matrix->pair->generated, ours) ||
	    !inside_derive(matrix, matrix->pair->generated, again) ||
	    !matrix_equal(matrix, "the second secret", again, SECRET_LEN, ours, SECRET_LEN) ||
	    !inside_derive(matrix, matrix->pair->imported, ours))
		return false;
	if (!outside_derive(matrix, theirs))
		return matrix_fail(matrix, "OpenSSL cannot derive");
	return matrix_equal(matrix, "secret", ours, SECRET_LEN, theirs, SECRET_LEN);
}
