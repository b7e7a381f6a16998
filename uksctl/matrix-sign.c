// SPDX-License-Identifier: LGPL-2.1-or-later
/* Cells of uksctl matrix that sign. */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include "matrix.h"

#define TEXT_LEN	1000
#define SM2_ID		"1234567812345678"	/* RFC 8998, 3.2.1 */

/* DigestInfo of SHA-256 without its digest (RFC 8017, 9.2, note 1). */
static const uint8_t digest_info[] = {
	0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
	0x01, 0x05, 0x00, 0x04, 0x20,
};

/*
 * struct text - what is signed
 * @message: given to UKS
 * @len: bytes at @message
 * @digest: of @message, or @message itself where it is given as digest
 * @digest_len: bytes at @digest
 * @md: digest of the padding, NULL if there is none
 */
struct text {
	uint8_t message[TEXT_LEN];
	size_t len;
	uint8_t digest[EVP_MAX_MD_SIZE + sizeof(digest_info)];
	size_t digest_len;
	const EVP_MD *md;
};

static bool is_rsa(const struct matrix *matrix)
{
	return matrix->row->algorithm == UKS_ALG_RSA_PSS ||
	       matrix->row->algorithm == UKS_ALG_RSA_PKCS1;
}

static bool make_text(const struct matrix *matrix, struct text *text)
{
	bool given = matrix->digest == UKS_DIGEST_GIVEN;
	unsigned int len = 0;

	if (RAND_bytes(text->message, TEXT_LEN) != 1)
		return false;
	text->len = TEXT_LEN;
	text->md = given ? EVP_sha256() : matrix_md(matrix->digest);
	if (!given) {
		/* Ed25519 and Ed448 take the message as it is. */
		if (text->md && EVP_Digest(text->message, TEXT_LEN, text->digest, &len, text->md,
					   NULL) != 1)
			return false;
		text->digest_len = len;
		return true;
	}
	text->len = 32;
	if (matrix->row->algorithm == UKS_ALG_RSA_PKCS1) {
		memcpy(text->message, digest_info, sizeof(digest_info));
		text->len += sizeof(digest_info);
	}
	memcpy(text->digest, text->message, text->len);
	text->digest_len = text->len;
	/* Only the padding of PSS wants to know which digest it is. */
	if (matrix->row->algorithm != UKS_ALG_RSA_PSS)
		text->md = NULL;
	return true;
}

/* ---- outside ---- */

/* As much salt as the digest, or as there is room for. */
static int pss_salt(const EVP_PKEY *pkey, const EVP_MD *md)
{
	int len = EVP_MD_get_size(md), max = (EVP_PKEY_get_bits(pkey) + 6) / 8 - len - 2;

	return len < max ? len : max;
}

static bool set_padding(const struct matrix *matrix, EVP_PKEY_CTX *ctx, EVP_PKEY *pkey,
			const EVP_MD *md)
{
	if (md && EVP_PKEY_CTX_set_signature_md(ctx, md) != 1)
		return false;
	if (!is_rsa(matrix))
		return true;
	if (matrix->row->algorithm == UKS_ALG_RSA_PKCS1)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, pss_salt(pkey, md)) == 1;
}

/* Signs or verifies a digest: RSA, ECDSA, SM2 of a given digest. */
static bool outside_digest(const struct matrix *matrix, EVP_PKEY *pkey, bool sign,
			   const struct text *text, uint8_t *sig, size_t *len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	bool ok = ctx && (sign ? EVP_PKEY_sign_init(ctx) : EVP_PKEY_verify_init(ctx)) == 1 &&
		  set_padding(matrix, ctx, pkey, text->md);

	if (ok && sign)
		ok = EVP_PKEY_sign(ctx, sig, len, text->digest, text->digest_len) == 1;
	else if (ok)
		ok = EVP_PKEY_verify(ctx, sig, *len, text->digest, text->digest_len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

/* Signs or verifies a message whole: Ed25519, Ed448, SM2. */
static bool outside_message(const struct matrix *matrix, EVP_PKEY *pkey, bool sign,
			    const struct text *text, uint8_t *sig, size_t *len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = EVP_PKEY_CTX_new(pkey, NULL);
	bool sm2 = matrix->row->algorithm == UKS_ALG_SM2_SIGN, ok;

	ok = ctx && pctx && (!sm2 || EVP_PKEY_CTX_set1_id(pctx, SM2_ID, strlen(SM2_ID)) == 1);
	if (ok) {
		EVP_MD_CTX_set_pkey_ctx(ctx, pctx);
		ok = (sign ? EVP_DigestSignInit(ctx, NULL, text->md, NULL, pkey) :
			     EVP_DigestVerifyInit(ctx, NULL, text->md, NULL, pkey)) == 1;
	}
	if (ok && sign)
		ok = EVP_DigestSign(ctx, sig, len, text->message, text->len) == 1;
	else if (ok)
		ok = EVP_DigestVerify(ctx, sig, *len, text->message, text->len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_CTX_free(pctx);
	return ok;
}

static bool outside(const struct matrix *matrix, EVP_PKEY *pkey, bool sign,
		    const struct text *text, uint8_t *sig, size_t *len)
{
	switch (matrix->row->algorithm) {
	case UKS_ALG_SM2_SIGN:
		if (matrix->digest == UKS_DIGEST_GIVEN)
			break;
		fallthrough;
	case UKS_ALG_ED25519:
	case UKS_ALG_ED448:
		return outside_message(matrix, pkey, sign, text, sig, len);
	}
	return outside_digest(matrix, pkey, sign, text, sig, len);
}

/* ---- inside ---- */

static struct uks_session *open_session(struct matrix *matrix, const char *key, uint32_t purpose)
{
	bool given = matrix->row->algorithm == UKS_ALG_RSA_PSS &&
		     matrix->digest == UKS_DIGEST_GIVEN;
	const struct uks_parameters parameters = {
		.mgf_digest = given ? UKS_DIGEST_SHA256 : 0,
	};

	return matrix_open(matrix, key, purpose, &parameters);
}

static bool inside_sign(struct matrix *matrix, const char *key, const struct text *text,
			uint8_t *sig, size_t *len)
{
	struct uks_session *session = open_session(matrix, key, UKS_PURPOSE_SIGN);
	bool ok = session;

	if (ok && uks_sign(session, text->message, text->len, sig, len, &matrix->run->err))
		ok = matrix_fail_uks(matrix, "sign");
	uks_session_close(session);
	return ok;
}

/* The signature is right, and of another message wrong; in parts, too. */
static bool inside_verify(struct matrix *matrix, const char *key, struct text *text,
			  const uint8_t *sig, size_t len)
{
	struct uks_session *session = open_session(matrix, key, UKS_PURPOSE_VERIFY);
	struct uks_err *err = &matrix->run->err;
	bool ok = session;

	if (ok && uks_verify(session, text->message, text->len, sig, len, err))
		ok = matrix_fail_uks(matrix, "verify");
	if (ok && (uks_begin(session, NULL, err) || uks_update(session, text->message, 7, err) ||
		   uks_update(session, text->message + 7, text->len - 7, err) ||
		   uks_finish_verify(session, sig, len, err)))
		ok = matrix_fail_uks(matrix, "verify in parts");
	/* Of a given digest, ECDSA takes no more bits than the curve has. */
	text->message[0] ^= 1;
	if (ok && uks_verify(session, text->message, text->len, sig, len, NULL) !=
		  -UKS_E_BAD_SIGNATURE)
		ok = matrix_fail(matrix, "a signature of another message is not refused");
	text->message[0] ^= 1;
	uks_session_close(session);
	return ok;
}

bool matrix_sign(struct matrix *matrix)
{
	const struct matrix_pair *pair = matrix->pair;
	uint8_t sig[UKS_SIGNATURE_MAX];
	size_t len = sizeof(sig);
	struct text text;

	if (!make_text(matrix, &text))
		return matrix_fail(matrix, "OpenSSL lacks the digest");
	if (!inside_sign(matrix, pair->generated, &text, sig, &len))
		return false;
	if (!outside(matrix, pair->public, false, &text, sig, &len))
		return matrix_fail(matrix, "OpenSSL does not verify the signature");
	if (!inside_verify(matrix, pair->generated, &text, sig, len))
		return false;
	len = sizeof(sig);
	if (!outside(matrix, pair->own, true, &text, sig, &len))
		return matrix_fail(matrix, "OpenSSL cannot sign");
	return inside_verify(matrix, pair->imported, &text, sig, len);
}
