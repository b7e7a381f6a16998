// SPDX-License-Identifier: LGPL-2.1-or-later
/* Ed448 (RFC 8032), pure. OpenSSL takes a context since version 3.2. */
#include <openssl/core_names.h>

#include "daemon/provider/sealed.h"

#ifndef OSSL_SIGNATURE_PARAM_CONTEXT_STRING
#define OSSL_SIGNATURE_PARAM_CONTEXT_STRING	"context-string"
#endif

#define SIGNATURE_LEN	114

static int set_context(EVP_PKEY_CTX *ctx, const struct uks_attr *context,
		       struct failure *failure)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_SIGNATURE_PARAM_CONTEXT_STRING,
						  (void *)context->value, context->len),
		OSSL_PARAM_construct_end()
	};
	const OSSL_PARAM *settable;

	if (!context->len)
		return 0;
	settable = EVP_PKEY_CTX_settable_params(ctx);
	if (!settable || !OSSL_PARAM_locate_const(settable, OSSL_SIGNATURE_PARAM_CONTEXT_STRING))
		return failure_set(failure, UKS_E_LIBRARY,
				   "Ed448 with a context needs OpenSSL 3.2: leave the context out");
	if (EVP_PKEY_CTX_set_params(ctx, params) == 1)
		return 0;
	return sealed_openssl_failure("set a context", failure);
}

METHOD(sealed_ed448_sign)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx;
	int ret = -1;

	if (sealed_room(output, SIGNATURE_LEN, failure))
		goto out;
	output->len = output->size;
	if (!md || EVP_DigestSignInit_ex(md, &ctx, NULL, NULL, NULL, to_pkey(private_key)->pkey,
					 NULL) != 1) {
		sealed_openssl_failure("sign", failure);
		goto out;
	}
	if (set_context(ctx, &job->parameters[UKS_PARAM_CONTEXT], failure))
		goto out;
	ret = EVP_DigestSign(md, output->bytes, &output->len, job->message, job->len) == 1 ? 0 :
	      sealed_openssl_failure("sign", failure);
out:
	EVP_MD_CTX_free(md);
	return ret;
}

METHOD(sealed_ed448_verify)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx;
	int ret = -1;

	(void)output;
	if (!md || EVP_DigestVerifyInit_ex(md, &ctx, NULL, NULL, NULL,
					   to_pkey(private_key)->pkey, NULL) != 1) {
		sealed_openssl_failure("verify", failure);
		goto out;
	}
	if (set_context(ctx, &job->parameters[UKS_PARAM_CONTEXT], failure))
		goto out;
	ret = EVP_DigestVerify(md, job->signature, job->signature_len, job->message,
			       job->len) == 1 ? 0 : sealed_bad_signature(failure);
out:
	EVP_MD_CTX_free(md);
	return ret;
}
