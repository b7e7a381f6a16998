// SPDX-License-Identifier: LGPL-2.1-or-later
/* AES key wrap, with padding and without (SP 800-38F, RFC 3394, RFC 5649). */
#include <stdio.h>

#include <openssl/err.h>

#include "daemon/provider/sealed.h"

#define SEMIBLOCK	8

static bool run(const char *name, const uint8_t *key, bool wrap, const uint8_t *in, size_t in_len,
		struct output *output)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len = 0, rest = 0;
	bool done = false;

	if (cipher && ctx) {
		EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
		done = EVP_CipherInit_ex2(ctx, cipher, key, NULL, wrap, NULL) == 1 &&
		       EVP_CipherUpdate(ctx, output->bytes, &len, in, in_len) == 1 &&
		       EVP_CipherFinal_ex(ctx, output->bytes + len, &rest) == 1;
	}
	output->len = done ? len + rest : 0;
	ERR_clear_error();
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return done;
}

int sealed_aes_wrap(const uint8_t *key, size_t key_len, const struct aes_wrap *wrap,
		    struct output *output, struct failure *failure)
{
	char name[24];

	snprintf(name, sizeof(name), "AES-%zu-WRAP%s", 8 * key_len, wrap->pad ? "-PAD" : "");
	if (wrap->wrap && (!wrap->len || (!wrap->pad && (wrap->len < 2 * SEMIBLOCK ||
							 wrap->len % SEMIBLOCK))))
		return failure_set(failure, UKS_E_BAD_ALGORITHM,
				   "a key of %zu bytes cannot be wrapped so: AES-KW takes multiples of 8 from 16, AES-KWP takes any",
				   wrap->len);
	if (sealed_room(output, wrap->len + 2 * SEMIBLOCK, failure))
		return -1;
	if (run(name, key, wrap->wrap, wrap->bytes, wrap->len, output))
		return 0;
	return wrap->wrap ? failure_set(failure, UKS_E_CRYPTO, "the key cannot be wrapped") :
			    failure_set(failure, UKS_E_BAD_WRAPPED, PROVIDER_BAD_WRAPPED);
}

METHOD(sealed_wrap_aes)
{
	const struct bytes_key *key = to_bytes(private_key);
	struct aes_wrap wrap = {
		.wrap = job->use.purpose == UKS_PURPOSE_WRAP,
		.pad = job->use.algorithm == UKS_ALG_AES_KWP,
		.bytes = job->message,
		.len = job->len,
	};

	return sealed_aes_wrap(key->bytes, key->len, &wrap, output, failure);
}
