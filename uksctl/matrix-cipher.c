// SPDX-License-Identifier: LGPL-2.1-or-later
/* Cells of uksctl matrix that encrypt with a symmetric key. */
#include <stdio.h>
#include <string.h>

#include <openssl/rand.h>

#include "matrix.h"

#define TEXT_MAX	1008

static const uint8_t aad[] = "associated data";

/*
 * struct outside - a message as OpenSSL sees it
 * @cipher: how
 * @key: with which key
 * @nonce: nonce, vector or counter block
 * @nonce_len: bytes at @nonce
 * @tag_len: bytes of tag behind the ciphertext; 0 if there is none
 * @padding: the text is padded
 */
struct outside {
	EVP_CIPHER *cipher;
	const uint8_t *key;
	const uint8_t *nonce;
	size_t nonce_len;
	size_t tag_len;
	bool padding;
};

static EVP_CIPHER *cipher_of(const struct matrix *matrix)
{
	static const struct {
		uint32_t algorithm;
		const char *name;
	} names[] = {
		{ UKS_ALG_AES_GCM, "AES-%u-GCM" }, { UKS_ALG_AES_CCM, "AES-%u-CCM" },
		{ UKS_ALG_AES_CBC, "AES-%u-CBC" }, { UKS_ALG_AES_CBC_PKCS7, "AES-%u-CBC" },
		{ UKS_ALG_AES_CTR, "AES-%u-CTR" }, { UKS_ALG_AES_ECB, "AES-%u-ECB" },
		{ UKS_ALG_CHACHA20_POLY1305, "ChaCha20-Poly1305" },
		{ UKS_ALG_SM4_CBC, "SM4-CBC" }, { UKS_ALG_SM4_CBC_PKCS7, "SM4-CBC" },
		{ UKS_ALG_SM4_CTR, "SM4-CTR" }, { UKS_ALG_SM4_GCM, "SM4-GCM" },
	};
	char name[32];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].algorithm != matrix->row->algorithm)
			continue;
		if (strchr(names[i].name, '%'))
			snprintf(name, sizeof(name), "AES-%d-%s", matrix->type->secret_new * 8,
				 names[i].name + strlen("AES-%u-"));
		else
			snprintf(name, sizeof(name), "%s", names[i].name);
		return EVP_CIPHER_fetch(NULL, name, NULL);
	}
	return NULL;
}

static bool is_padded(uint32_t algorithm)
{
	return algorithm == UKS_ALG_AES_CBC_PKCS7 || algorithm == UKS_ALG_SM4_CBC_PKCS7;
}

static bool outside_begin(EVP_CIPHER_CTX *ctx, const struct outside *outside, bool encrypt,
			  size_t text_len, uint8_t *tag)
{
	bool ccm = EVP_CIPHER_get_mode(outside->cipher) == EVP_CIPH_CCM_MODE;
	int len;

	if (EVP_CipherInit_ex(ctx, outside->cipher, NULL, NULL, NULL, encrypt) != 1)
		return false;
	if (outside->tag_len &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, outside->nonce_len, NULL) != 1)
		return false;
	if (outside->tag_len && (ccm || !encrypt) &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, outside->tag_len,
				encrypt ? NULL : tag) != 1)
		return false;
	if (EVP_CipherInit_ex(ctx, NULL, NULL, outside->key,
			      outside->nonce_len ? outside->nonce : NULL, encrypt) != 1)
		return false;
	EVP_CIPHER_CTX_set_padding(ctx, outside->padding);
	if (ccm && EVP_CipherUpdate(ctx, NULL, &len, NULL, text_len) != 1)
		return false;
	return !outside->tag_len || EVP_CipherUpdate(ctx, NULL, &len, aad, sizeof(aad)) == 1;
}

/* @in and @out of ciphertext have the tag behind them. */
static bool outside_run(const struct outside *outside, bool encrypt, const uint8_t *in,
			size_t in_len, uint8_t *out, size_t *out_len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	size_t text_len = encrypt ? in_len : in_len - outside->tag_len;
	uint8_t empty[1] = { 0 };
	int len = 0, last = 0;
	bool ok;

	ok = ctx && outside_begin(ctx, outside, encrypt, text_len, (uint8_t *)in + text_len) &&
	     EVP_CipherUpdate(ctx, out, &len, text_len ? in : empty, text_len) == 1;
	/* CCM has finished, and verified, with its only update. */
	if (ok && EVP_CIPHER_get_mode(outside->cipher) != EVP_CIPH_CCM_MODE)
		ok = EVP_CipherFinal_ex(ctx, out + len, &last) == 1;
	*out_len = len + last;
	if (ok && encrypt && outside->tag_len) {
		ok = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, outside->tag_len,
					 out + *out_len) == 1;
		*out_len += outside->tag_len;
	}
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

/*
 * struct inside - sessions of one key
 * @encrypt: one of them
 * @decrypt: the other
 * @info: what they are
 */
struct inside {
	struct uks_session *encrypt;
	struct uks_session *decrypt;
	struct uks_session_info info;
};

static bool inside_open(struct matrix *matrix, struct inside *inside, const char *key)
{
	inside->encrypt = matrix_open(matrix, key, UKS_PURPOSE_ENCRYPT, NULL);
	inside->decrypt = inside->encrypt ? matrix_open(matrix, key, UKS_PURPOSE_DECRYPT, NULL) :
					    NULL;
	if (!inside->decrypt)
		return false;
	if (uks_session_info(inside->encrypt, &inside->info, &matrix->run->err))
		return matrix_fail_uks(matrix, "session info");
	return true;
}

static void inside_close(struct inside *inside)
{
	uks_session_close(inside->encrypt);
	uks_session_close(inside->decrypt);
}

static void aead_begin(const struct inside *inside, struct uks_aead *aead)
{
	*aead = (struct uks_aead){ 0 };
	if (inside->info.tag_len) {
		aead->aad = aad;
		aead->aad_len = sizeof(aad);
	}
}

/* Back by UKS itself; a changed byte of an AEAD is refused. */
static bool check_back(struct matrix *matrix, struct inside *inside, struct uks_aead *aead,
		       const uint8_t *text, size_t text_len, uint8_t *sealed, size_t sealed_len)
{
	uint8_t back[TEXT_MAX + 64];
	size_t len = sizeof(back);

	if (uks_decrypt(inside->decrypt, aead, sealed, sealed_len, back, &len, &matrix->run->err))
		return matrix_fail_uks(matrix, "decrypt");
	if (!matrix_equal(matrix, "plaintext", back, len, text, text_len))
		return false;
	if (!inside->info.tag_len)
		return true;
	sealed[sealed_len / 2] ^= 1;
	len = sizeof(back);
	if (uks_decrypt(inside->decrypt, aead, sealed, sealed_len, back, &len, NULL) !=
	    -UKS_E_NOT_AUTHENTIC)
		return matrix_fail(matrix, "a changed ciphertext is not refused");
	sealed[sealed_len / 2] ^= 1;
	return true;
}

static bool check_length(struct matrix *matrix, struct inside *inside, struct outside *outside,
			 const uint8_t *text, size_t text_len)
{
	uint8_t sealed[TEXT_MAX + 64], theirs[TEXT_MAX + 64];
	size_t len = sizeof(sealed), their_len;
	struct uks_aead aead;

	aead_begin(inside, &aead);
	if (uks_encrypt(inside->encrypt, &aead, text, text_len, sealed, &len, &matrix->run->err))
		return matrix_fail_uks(matrix, "encrypt");
	if (!check_back(matrix, inside, &aead, text, text_len, sealed, len))
		return false;
	if (!outside)
		return true;
	/* By the same nonce OpenSSL must give the same bytes. */
	outside->nonce = aead.nonce;
	outside->nonce_len = inside->info.nonce_len;
	outside->tag_len = inside->info.tag_len;
	if (!outside_run(outside, true, text, text_len, theirs, &their_len))
		return matrix_fail(matrix, "OpenSSL cannot encrypt %zu bytes", text_len);
	if (!matrix_equal(matrix, "ciphertext", sealed, len, theirs, their_len))
		return false;
	if (!outside_run(outside, false, sealed, len, theirs, &their_len))
		return matrix_fail(matrix, "OpenSSL cannot decrypt %zu bytes", text_len);
	return matrix_equal(matrix, "plaintext", theirs, their_len, text, text_len);
}

/* A message of our nonce choice comes from outside, and goes in part by part. */
static bool check_parts(struct matrix *matrix, struct inside *inside, struct outside *outside,
			const uint8_t *text)
{
	uint8_t sealed[TEXT_MAX + 64], back[TEXT_MAX + 64];
	size_t sealed_len, len, got = 0, at, part;
	struct uks_aead aead;

	aead_begin(inside, &aead);
	if (RAND_bytes(aead.nonce, sizeof(aead.nonce)) != 1)
		return matrix_fail(matrix, "no random bytes");
	outside->nonce = aead.nonce;
	if (!outside_run(outside, true, text, TEXT_MAX, sealed, &sealed_len))
		return matrix_fail(matrix, "OpenSSL cannot encrypt");
	if (uks_begin(inside->decrypt, &aead, &matrix->run->err))
		return matrix_fail_uks(matrix, "begin");
	for (at = 0; at < sealed_len; at += part) {
		part = sealed_len - at < 100 ? sealed_len - at : 100;
		len = sizeof(back) - got;
		if (uks_update_to(inside->decrypt, sealed + at, part, back + got, &len,
				  &matrix->run->err))
			return matrix_fail_uks(matrix, "update");
		got += len;
	}
	len = sizeof(back) - got;
	if (uks_finish(inside->decrypt, back + got, &len, &matrix->run->err))
		return matrix_fail_uks(matrix, "finish");
	return matrix_equal(matrix, "plaintext of parts", back, got + len, text, TEXT_MAX);
}

static bool takes(const struct inside *inside, size_t len)
{
	return inside->info.block_len <= 1 || !(len % inside->info.block_len);
}

static bool check_key(struct matrix *matrix, const char *key, struct outside *outside)
{
	static const size_t lengths[] = { 0, 1, 15, 16, 17, 32, TEXT_MAX };
	struct inside inside = { 0 };
	uint8_t text[TEXT_MAX];
	bool ok;
	size_t i;

	ok = RAND_bytes(text, sizeof(text)) == 1 && inside_open(matrix, &inside, key);
	for (i = 0; ok && i < ARRAY_SIZE(lengths); i++)
		if (takes(&inside, lengths[i]))
			ok = check_length(matrix, &inside, outside, text, lengths[i]);
	/* ECB has no messages in parts. */
	if (ok && outside && matrix->row->algorithm != UKS_ALG_AES_ECB)
		ok = check_parts(matrix, &inside, outside, text);
	inside_close(&inside);
	return ok;
}

bool matrix_cipher(struct matrix *matrix)
{
	struct outside outside = {
		.cipher = cipher_of(matrix),
		.key = matrix->pair->secret,
		.padding = is_padded(matrix->row->algorithm),
	};
	bool ok = check_key(matrix, matrix->pair->generated, NULL);

	if (ok && !outside.cipher)
		ok = matrix_fail(matrix, "OpenSSL lacks it");
	if (ok)
		ok = check_key(matrix, matrix->pair->imported, &outside);
	EVP_CIPHER_free(outside.cipher);
	return ok;
}
