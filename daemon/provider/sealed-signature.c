// SPDX-License-Identifier: LGPL-2.1-or-later
/* Signatures over digests: ECDSA, and what others need for theirs. */
#include <openssl/err.h>

#include "daemon/provider/sealed.h"

#define GIVEN_MIN	20	/* SHA-1 has the shortest digest that there is */

static int take_digest(const struct job *job, uint8_t *digest, size_t *len,
		       struct failure *failure)
{
	const struct uks_digest_info *info = uks_digest_find(job->use.digest);
	size_t min = info->len ? info->len : GIVEN_MIN;
	size_t max = info->len ? info->len : EVP_MAX_MD_SIZE;

	if (job->len < min || job->len > max)
		return failure_set(failure, UKS_E_BAD_DIGEST,
				   "the digest has %zu bytes, must have %zu%s", job->len, min,
				   info->len ? "" : " to 64");
	memcpy(digest, job->message, job->len);
	*len = job->len;
	return 0;
}

int sealed_digest(const struct job *job, uint8_t *digest, size_t *len, struct failure *failure)
{
	const struct uks_digest_info *info = uks_digest_find(job->use.digest);

	if (job->hashed || !info->library)
		return take_digest(job, digest, len, failure);
	if (EVP_Q_digest(NULL, info->library, NULL, job->message, job->len, digest, len) == 1)
		return 0;
	return sealed_openssl_failure("hash a message", failure);
}

int sealed_bad_signature(struct failure *failure)
{
	/* What is no signature at all is for OpenSSL an error, too. */
	if (ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE)
		return sealed_openssl_failure("verify", failure);
	ERR_clear_error();
	return failure_set(failure, UKS_E_BAD_SIGNATURE,
			   "the signature is not that of this message by this key");
}

METHOD(sealed_ecdsa_sign)
{
	struct pkey_key *key = to_pkey(private_key);
	uint8_t digest[EVP_MAX_MD_SIZE];
	EVP_PKEY_CTX *ctx;
	size_t len;

	if (sealed_room(output, EVP_PKEY_get_size(key->pkey), failure) ||
	    sealed_digest(job, digest, &len, failure))
		return -1;
	ctx = sealed_get_context(key, &key->sign, EVP_PKEY_sign_init);
	output->len = output->size;
	if (!ctx || EVP_PKEY_sign(ctx, output->bytes, &output->len, digest, len) != 1) {
		EVP_PKEY_CTX_free(ctx);
		return sealed_openssl_failure("sign", failure);
	}
	sealed_put_context(key, &key->sign, ctx);
	return 0;
}

METHOD(sealed_ecdsa_verify)
{
	struct pkey_key *key = to_pkey(private_key);
	uint8_t digest[EVP_MAX_MD_SIZE];
	EVP_PKEY_CTX *ctx;
	size_t len;
	int ret;

	(void)output;
	if (sealed_digest(job, digest, &len, failure))
		return -1;
	ctx = sealed_get_context(key, &key->verify, EVP_PKEY_verify_init);
	if (!ctx)
		return sealed_openssl_failure("verify", failure);
	ret = EVP_PKEY_verify(ctx, job->signature, job->signature_len, digest, len);
	sealed_put_context(key, &key->verify, ctx);
	return ret == 1 ? 0 : sealed_bad_signature(failure);
}
