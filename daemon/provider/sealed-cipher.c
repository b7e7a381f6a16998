// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * AES and SM4 in whole blocks, and AEAD of whole messages, for what the kernel has not
 * got. The kernel pads: with PKCS #7 or without, what comes here is the same.
 */
#include <stdio.h>

#include <openssl/err.h>

#include <sodium.h>

#include "daemon/provider/sealed.h"

#define BLOCK	16

/* What comes after the name of the cipher in OpenSSL's. */
static const struct {
	uint32_t algorithm;
	const char *mode;
	bool whole;	/* takes only whole blocks */
} modes[] = {
	{ UKS_ALG_AES_ECB, "ECB", true },
	{ UKS_ALG_AES_CBC, "CBC", true },
	{ UKS_ALG_AES_CBC_PKCS7, "CBC", true },
	{ UKS_ALG_AES_CTR, "CTR", false },
	{ UKS_ALG_SM4_CBC, "CBC", true },
	{ UKS_ALG_SM4_CBC_PKCS7, "CBC", true },
	{ UKS_ALG_SM4_CTR, "CTR", false },
	{ UKS_ALG_AES_GCM, "GCM", false },
	{ UKS_ALG_AES_CCM, "CCM", false },
	{ UKS_ALG_SM4_GCM, "GCM", false },
};

static const char *mode_of(uint32_t algorithm, bool *whole)
{
	size_t i = 0;

	while (modes[i].algorithm != algorithm)
		i++;
	*whole = modes[i].whole;
	return modes[i].mode;
}

static EVP_CIPHER *fetch(const struct bytes_key *key, uint32_t algorithm, bool *whole)
{
	const char *mode;
	char name[24];

	*whole = false;
	if (algorithm == UKS_ALG_CHACHA20_POLY1305)
		return EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
	mode = mode_of(algorithm, whole);
	if (key->private_key.type->type == UKS_KEY_SM4)
		snprintf(name, sizeof(name), "SM4-%s", mode);
	else
		snprintf(name, sizeof(name), "AES-%zu-%s", 8 * key->len, mode);
	return EVP_CIPHER_fetch(NULL, name, NULL);
}

static int check_nonce(const struct job *job, struct failure *failure)
{
	size_t len = parameters_nonce_len(job->use.algorithm, job->parameters);

	if (job->nonce_len == len)
		return 0;
	return failure_set(failure, UKS_E_BAD_PARAMETER, "the nonce has %zu bytes, must have %zu",
			   job->nonce_len, len);
}

/* The vector or counter block of what follows @job's message. */
static void advance(struct job *job, const uint8_t *result)
{
	const uint8_t *ciphertext = job->use.purpose == UKS_PURPOSE_ENCRYPT ? result :
				    job->message;
	size_t blocks = (job->len + BLOCK - 1) / BLOCK, carry = blocks;
	int i;

	if (!job->nonce_len || !job->len)
		return;
	if (job->use.algorithm != UKS_ALG_AES_CTR && job->use.algorithm != UKS_ALG_SM4_CTR) {
		memcpy(job->nonce, ciphertext + job->len - BLOCK, BLOCK);
		return;
	}
	for (i = BLOCK - 1; i >= 0 && carry; i--) {
		carry += job->nonce[i];
		job->nonce[i] = carry & 0xff;
		carry >>= 8;
	}
}

static int run_blocks(const struct bytes_key *key, EVP_CIPHER *cipher, struct job *job,
		      struct output *output, struct failure *failure)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int encrypt = job->use.purpose == UKS_PURPOSE_ENCRYPT, len = 0, ret = 0;

	if (!ctx ||
	    EVP_CipherInit_ex2(ctx, cipher, key->bytes, job->nonce_len ? job->nonce : NULL, encrypt,
			       NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(ctx, 0) != 1 ||
	    (job->len && EVP_CipherUpdate(ctx, output->bytes, &len, job->message,
					  job->len) != 1) || (size_t)len != job->len)
		ret = sealed_openssl_failure("run a cipher", failure);
	EVP_CIPHER_CTX_free(ctx);
	output->len = len;
	return ret;
}

METHOD(sealed_cipher_blocks)
{
	const struct bytes_key *key = to_bytes(private_key);
	EVP_CIPHER *cipher;
	bool whole;
	int ret;

	if (check_nonce(job, failure) || sealed_room(output, job->len, failure))
		return -1;
	cipher = fetch(key, job->use.algorithm, &whole);
	if (!cipher)
		ret = sealed_openssl_failure("find a cipher", failure);
	else if (whole && job->len % BLOCK)
		ret = failure_set(failure, UKS_E_BAD_MESSAGE,
				  "the message has %zu bytes, not a multiple of %d", job->len,
				  BLOCK);
	else
		ret = run_blocks(key, cipher, job, output, failure);
	EVP_CIPHER_free(cipher);
	if (!ret)
		advance(job, output->bytes);
	return ret;
}

/* Nonce and tag lengths come before the key; CCM wants all lengths, and the tag. */
static bool begin_aead(EVP_CIPHER_CTX *ctx, EVP_CIPHER *cipher, const struct bytes_key *key,
		       const struct job *job, const uint8_t *tag, int tag_len, int message_len)
{
	bool ccm = EVP_CIPHER_get_mode(cipher) == EVP_CIPH_CCM_MODE;
	int encrypt = job->use.purpose == UKS_PURPOSE_ENCRYPT, len;

	if (EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, encrypt, NULL) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, job->nonce_len, NULL) != 1)
		return false;
	if ((ccm || !encrypt) &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, tag_len, (void *)tag) != 1)
		return false;
	if (EVP_CipherInit_ex2(ctx, NULL, key->bytes, job->nonce, encrypt, NULL) != 1)
		return false;
	if (ccm && EVP_CipherUpdate(ctx, NULL, &len, NULL, message_len) != 1)
		return false;
	return !job->aad_len || EVP_CipherUpdate(ctx, NULL, &len, job->aad, job->aad_len) == 1;
}

static bool run_aead(EVP_CIPHER_CTX *ctx, const struct job *job, size_t message_len,
		     struct output *output)
{
	static const uint8_t nothing[1];
	const uint8_t *message = job->message ? job->message : nothing;
	int len = 0, rest = 0;

	if (EVP_CipherUpdate(ctx, output->bytes, &len, message, message_len) != 1 ||
	    EVP_CipherFinal_ex(ctx, output->bytes + len, &rest) != 1)
		return false;
	output->len = message_len;
	return true;
}

METHOD(sealed_aead)
{
	const struct bytes_key *key = to_bytes(private_key);
	size_t tag_len = parameters_tag_len(job->use.algorithm, job->parameters);
	bool encrypt = job->use.purpose == UKS_PURPOSE_ENCRYPT, whole;
	size_t len = job->len - (encrypt ? 0 : tag_len);
	EVP_CIPHER_CTX *ctx = NULL;
	EVP_CIPHER *cipher;
	int ret = -1;

	if (!encrypt && job->len < tag_len)
		return failure_set(failure, UKS_E_NOT_AUTHENTIC,
				   "the ciphertext is shorter than its tag");
	if (check_nonce(job, failure) ||
	    sealed_room(output, len + (encrypt ? tag_len : 0), failure))
		return -1;
	cipher = fetch(key, job->use.algorithm, &whole);
	ctx = EVP_CIPHER_CTX_new();
	if (!cipher || !ctx ||
	    !begin_aead(ctx, cipher, key, job, encrypt ? NULL : job->message + len, tag_len, len)) {
		sealed_openssl_failure("run a cipher", failure);
		goto out;
	}
	if (!run_aead(ctx, job, len, output)) {
		sodium_memzero(output->bytes, len);
		ERR_clear_error();
		failure_set(failure, UKS_E_NOT_AUTHENTIC, "the authentication tag is wrong");
		goto out;
	}
	ret = 0;
	if (encrypt && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, tag_len,
					   output->bytes + len) != 1)
		ret = sealed_openssl_failure("run a cipher", failure);
	if (encrypt)
		output->len += tag_len;
out:
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return ret;
}
