// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * AES-CBC with PKCS #7 padding (SP 800-38A, 6.2; RFC 5652, 6.3) to wrap keys, as others do
 * by CKM_AES_CBC_PAD. The vector stands before the wrapped key.
 *
 * Nothing here authenticates, so that whoever may unwrap can learn of a wrapped key from
 * what is refused. What can be done against it is done: wrong padding gives a key of no
 * bytes, which is refused by the same code as what is no key, and takes as long as right
 * padding does.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <sodium.h>

#include "daemon/provider/sealed.h"

#define BLOCK	16

static bool run(const struct bytes_key *key, const uint8_t *vector, bool wrap, const uint8_t *in,
		size_t in_len, uint8_t *out, size_t *out_len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len = 0, rest = 0;
	EVP_CIPHER *cipher;
	char name[16];
	bool done;

	snprintf(name, sizeof(name), "AES-%zu-CBC", 8 * key->len);
	cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	done = cipher && ctx &&
	       EVP_CipherInit_ex2(ctx, cipher, key->bytes, vector, wrap, NULL) == 1 &&
	       EVP_CIPHER_CTX_set_padding(ctx, wrap) == 1 &&
	       EVP_CipherUpdate(ctx, out, &len, in, in_len) == 1 &&
	       EVP_CipherFinal_ex(ctx, out + len, &rest) == 1;
	*out_len = done ? len + rest : 0;
	ERR_clear_error();
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return done;
}

METHOD(sealed_wrap_cbc)
{
	const struct uks_attr *vector = &job->parameters[UKS_PARAM_VECTOR];
	size_t len;

	if (sealed_room(output, BLOCK + job->len + BLOCK, failure))
		return -1;
	if (vector->type)
		memcpy(output->bytes, vector->value, BLOCK);
	else
		randombytes_buf(output->bytes, BLOCK);
	if (!run(to_bytes(private_key), output->bytes, true, job->message, job->len,
		 output->bytes + BLOCK, &len))
		return failure_set(failure, UKS_E_CRYPTO, "the key cannot be wrapped");
	output->len = BLOCK + len;
	return 0;
}

/* Bytes before the padding; 0 if that is wrong. No branch depends on what they are. */
static size_t unpadded(const uint8_t *bytes, size_t len)
{
	uint32_t pad = bytes[len - 1], wrong, i;

	/* Some bits for 0 and for more than a block. */
	wrong = (pad - 1) & ~(uint32_t)(BLOCK - 1);
	for (i = 0; i < BLOCK; i++)
		wrong |= (bytes[len - 1 - i] ^ pad) & (0U - ((i - pad) >> 31));
	/* All bits, unless nothing is wrong. */
	wrong = 0U - ((wrong | (0U - wrong)) >> 31);
	return ((uint32_t)len - pad) & ~wrong;
}

METHOD(sealed_unwrap_cbc)
{
	size_t len;

	if (job->parameters[UKS_PARAM_VECTOR].type)
		return failure_set(failure, UKS_E_BAD_PARAMETER,
				   "the vector stands before the wrapped key: leave the parameter out");
	if (job->len < 2 * BLOCK || job->len % BLOCK)
		return failure_set(failure, UKS_E_BAD_WRAPPED, PROVIDER_BAD_WRAPPED);
	if (sealed_room(output, job->len - BLOCK, failure))
		return -1;
	if (!run(to_bytes(private_key), job->message, false, job->message + BLOCK,
		 job->len - BLOCK, output->bytes, &len))
		return failure_set(failure, UKS_E_CRYPTO, "the key cannot be unwrapped");
	output->len = unpadded(output->bytes, len);
	return 0;
}
