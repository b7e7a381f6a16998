// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Wrapping by RSA: the key itself under OAEP, or an AES key under OAEP and the key under
 * that (PKCS #11 v3.0, 2.1.21, CKM_RSA_AES_KEY_WRAP).
 */
#include <sodium.h>

#include "daemon/provider/sealed.h"

#define AES_LEN	32

/* The same padding, as encryption of @bytes. */
static struct job oaep(const struct job *job, const uint8_t *bytes, size_t len)
{
	struct job result = *job;

	result.use.algorithm = UKS_ALG_RSA_OAEP;
	result.message = bytes;
	result.len = len;
	return result;
}

static int bad_wrapped(struct failure *failure)
{
	return failure_set(failure, UKS_E_BAD_WRAPPED, PROVIDER_BAD_WRAPPED);
}

METHOD(sealed_wrap_oaep)
{
	if (!sealed_rsa_encrypt(private_key, job, output, failure))
		return 0;
	if (failure->code == UKS_E_BAD_MESSAGE)
		failure_set(failure, UKS_E_BAD_ALGORITHM,
			    "a key of %zu bytes is too long for RSA-OAEP: choose rsa-aes-key-wrap",
			    job->len);
	return -1;
}

METHOD(sealed_unwrap_oaep)
{
	if (!sealed_rsa_decrypt(private_key, job, output, failure))
		return 0;
	return failure->code == UKS_E_BAD_MESSAGE ? bad_wrapped(failure) : -1;
}

METHOD(sealed_wrap_rsa_aes)
{
	struct aes_wrap wrap = {
		.wrap = true, .pad = true, .bytes = job->message, .len = job->len,
	};
	uint8_t *kek = sodium_malloc(AES_LEN);
	struct output rest;
	struct job inner;
	int ret = -1;

	if (!kek)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of locked memory for a key");
	randombytes_buf(kek, AES_LEN);
	inner = oaep(job, kek, AES_LEN);
	if (sealed_rsa_encrypt(private_key, &inner, output, failure))
		goto out;
	rest = (struct output){
		.bytes = output->bytes + output->len, .size = output->size - output->len,
	};
	ret = sealed_aes_wrap(kek, AES_LEN, &wrap, &rest, failure);
	output->len += rest.len;
out:
	sodium_free(kek);
	return ret;
}

METHOD(sealed_unwrap_rsa_aes)
{
	size_t size = EVP_PKEY_get_size(to_pkey(private_key)->pkey);
	struct job inner = oaep(job, job->message, size);
	struct aes_wrap wrap = { .pad = true };
	struct output kek = { .size = size };
	int ret = -1;

	if (job->len <= size)
		return bad_wrapped(failure);
	wrap.bytes = job->message + size;
	wrap.len = job->len - size;
	kek.bytes = sodium_malloc(size);
	if (!kek.bytes)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of locked memory for a key");
	if (sealed_rsa_decrypt(private_key, &inner, &kek, failure)) {
		if (failure->code == UKS_E_BAD_MESSAGE)
			bad_wrapped(failure);
	} else if (kek.len != AES_LEN) {
		bad_wrapped(failure);
	} else {
		ret = sealed_aes_wrap(kek.bytes, AES_LEN, &wrap, output, failure);
	}
	sodium_free(kek.bytes);
	return ret;
}
