// SPDX-License-Identifier: LGPL-2.1-or-later
#include <openssl/core_names.h>
#include <openssl/kdf.h>

#include "daemon/provider/derive.h"
#include "daemon/provider/sealed.h"

#define SALT_MIN	16	/* SP 800-132, 5.1: 128 bits */

static OSSL_PARAM octets(const char *key, struct bytes bytes)
{
	return OSSL_PARAM_construct_octet_string(key, (void *)bytes.bytes, bytes.len);
}

static OSSL_PARAM hash_name(uint32_t digest)
{
	return OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
						(char *)uks_digest_find(digest)->library, 0);
}

static int run(const char *name, const OSSL_PARAM *params, uint8_t *out, size_t len,
	       struct failure *failure)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, name, NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	int ret = 0;

	if (!ctx || EVP_KDF_derive(ctx, out, len, params) != 1)
		ret = sealed_openssl_failure("derive a secret", failure);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ret;
}

int derive_hkdf(uint32_t digest, struct bytes secret, struct bytes salt, struct bytes info,
		uint8_t *out, size_t len, struct failure *failure)
{
	OSSL_PARAM params[5];
	int count = 0;

	params[count++] = hash_name(digest);
	params[count++] = octets(OSSL_KDF_PARAM_KEY, secret);
	if (salt.len)
		params[count++] = octets(OSSL_KDF_PARAM_SALT, salt);
	if (info.len)
		params[count++] = octets(OSSL_KDF_PARAM_INFO, info);
	params[count] = OSSL_PARAM_construct_end();
	return run("HKDF", params, out, len, failure);
}

static int pbkdf2(const struct job *job, struct bytes secret, struct bytes salt, uint8_t *out,
		  size_t len, struct failure *failure)
{
	uint32_t iterations = uks_attr_u32(&job->parameters[UKS_PARAM_ITERATIONS], 0);
	int unchecked = 0;
	OSSL_PARAM params[] = {
		hash_name(job->use.digest),
		octets(OSSL_KDF_PARAM_PASSWORD, secret),
		octets(OSSL_KDF_PARAM_SALT, salt),
		OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_ITER, &iterations),
		OSSL_PARAM_construct_int(OSSL_KDF_PARAM_PKCS5, &unchecked),
		OSSL_PARAM_construct_end()
	};

	if (salt.len < SALT_MIN)
		return failure_set(failure, UKS_E_BAD_PARAMETER,
				   "the salt of PBKDF2 has %zu bytes, must have at least %d",
				   salt.len, SALT_MIN);
	return run("PBKDF2", params, out, len, failure);
}

/* One input is the message or a parameter, not both. */
static int choose(const struct job *job, uint32_t parameter, struct bytes *bytes,
		  struct failure *failure)
{
	const struct uks_attr *attr = &job->parameters[parameter];

	if (attr->type && job->len)
		return failure_set(failure, UKS_E_BAD_PARAMETER,
				   "salt of PBKDF2 or info of HKDF is the message or a parameter, not both");
	*bytes = attr->type ? (struct bytes){ attr->value, attr->len } :
		 (struct bytes){ job->message, job->len };
	return 0;
}

int derive_run(const struct job *job, struct bytes secret, struct output *output,
	       struct failure *failure)
{
	const struct uks_attr *salt = &job->parameters[UKS_PARAM_SALT];
	uint32_t len = uks_attr_u32(&job->parameters[UKS_PARAM_OUT_LEN], 0);
	bool hkdf = job->use.algorithm == UKS_ALG_HKDF;
	struct bytes input;

	if (sealed_room(output, len, failure) ||
	    choose(job, hkdf ? UKS_PARAM_INFO : UKS_PARAM_SALT, &input, failure))
		return -1;
	output->len = len;
	if (!hkdf)
		return pbkdf2(job, secret, input, output->bytes, len, failure);
	return derive_hkdf(job->use.digest, secret, (struct bytes){ salt->value, salt->len }, input,
			   output->bytes, len, failure);
}

METHOD(sealed_derive)
{
	const struct bytes_key *key = to_bytes(private_key);

	return derive_run(job, (struct bytes){ key->bytes, key->len }, output, failure);
}
