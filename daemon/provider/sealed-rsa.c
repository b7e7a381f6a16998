// SPDX-License-Identifier: LGPL-2.1-or-later
/* RSA (RFC 8017): signatures and encryption, with each its padding. */
#include <openssl/core_names.h>
#include <openssl/err.h>

#include "daemon/provider/sealed.h"

#define PARAMS	6

/* Parameters for OpenSSL; what they point to lives as long. */
struct padding {
	OSSL_PARAM params[PARAMS];
	int count;
	int salt_len;
};

static void add_name(struct padding *padding, const char *key, const char *name)
{
	padding->params[padding->count++] =
		OSSL_PARAM_construct_utf8_string(key, (char *)name, 0);
}

static const char *digest_name(uint32_t digest)
{
	return uks_digest_find(digest)->library;
}

/* Salt as long as the digest, or as there is room for (FIPS 186-5, 5.4). */
static int salt_len(const struct pkey_key *key, const struct job *job, uint32_t digest,
		    struct failure *failure)
{
	const struct uks_attr *wanted = &job->parameters[UKS_PARAM_SALT_LEN];
	int len = uks_digest_find(digest)->len;
	int max = (EVP_PKEY_get_bits(key->pkey) + 6) / 8 - len - 2;

	if (!wanted->type)
		return len < max ? len : max;
	if (uks_attr_u32(wanted, 0) > (uint32_t)max)
		return failure_set(failure, UKS_E_BAD_PARAMETER,
				   "parameter salt-len is %u, this key and digest leave room for %d",
				   uks_attr_u32(wanted, 0), max);
	return uks_attr_u32(wanted, 0);
}

/* A digest that was given is of the kind that MGF1 uses. */
static uint32_t pss_digest(const struct job *job)
{
	if (job->use.digest != UKS_DIGEST_GIVEN)
		return job->use.digest;
	return uks_attr_u32(&job->parameters[UKS_PARAM_MGF_DIGEST], 0);
}

static int pad_signature(const struct pkey_key *key, const struct job *job,
			 struct padding *padding, struct failure *failure)
{
	uint32_t digest = job->use.digest, mgf;

	*padding = (struct padding){ };
	if (job->use.algorithm == UKS_ALG_RSA_PKCS1) {
		if (digest != UKS_DIGEST_GIVEN)
			add_name(padding, OSSL_SIGNATURE_PARAM_DIGEST, digest_name(digest));
		add_name(padding, OSSL_SIGNATURE_PARAM_PAD_MODE, OSSL_PKEY_RSA_PAD_MODE_PKCSV15);
		padding->params[padding->count] = OSSL_PARAM_construct_end();
		return 0;
	}
	digest = pss_digest(job);
	mgf = uks_attr_u32(&job->parameters[UKS_PARAM_MGF_DIGEST], digest);
	padding->salt_len = salt_len(key, job, digest, failure);
	if (padding->salt_len < 0)
		return -1;
	add_name(padding, OSSL_SIGNATURE_PARAM_DIGEST, digest_name(digest));
	add_name(padding, OSSL_SIGNATURE_PARAM_PAD_MODE, OSSL_PKEY_RSA_PAD_MODE_PSS);
	add_name(padding, OSSL_SIGNATURE_PARAM_MGF1_DIGEST, digest_name(mgf));
	padding->params[padding->count++] =
		OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, &padding->salt_len);
	padding->params[padding->count] = OSSL_PARAM_construct_end();
	return 0;
}

/* What goes into the padding: a digest, or for PKCS #1 v1.5 a DigestInfo as it is. */
static int to_be_signed(const struct pkey_key *key, const struct job *job, uint8_t *bytes,
			size_t *len, struct failure *failure)
{
	size_t max = EVP_PKEY_get_size(key->pkey) - 11;
	struct job digested = *job;

	if (job->use.digest != UKS_DIGEST_GIVEN || job->use.algorithm == UKS_ALG_RSA_PSS) {
		digested.hashed = job->hashed || job->use.digest == UKS_DIGEST_GIVEN;
		digested.use.digest = pss_digest(job);
		return sealed_digest(&digested, bytes, len, failure);
	}
	if (!job->len || job->len > max)
		return failure_set(failure, UKS_E_BAD_DIGEST,
				   "the DigestInfo has %zu bytes, must have 1 to %zu", job->len,
				   max);
	memcpy(bytes, job->message, job->len);
	*len = job->len;
	return 0;
}

METHOD(sealed_rsa_sign)
{
	struct pkey_key *key = to_pkey(private_key);
	uint8_t bytes[UKS_SIGNATURE_MAX];
	struct padding padding;
	EVP_PKEY_CTX *ctx;
	int ret = 0;
	size_t len;

	if (sealed_room(output, EVP_PKEY_get_size(key->pkey), failure) ||
	    pad_signature(key, job, &padding, failure) ||
	    to_be_signed(key, job, bytes, &len, failure))
		return -1;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
	output->len = output->size;
	if (!ctx || EVP_PKEY_sign_init_ex(ctx, padding.params) != 1 ||
	    EVP_PKEY_sign(ctx, output->bytes, &output->len, bytes, len) != 1)
		ret = sealed_openssl_failure("sign", failure);
	EVP_PKEY_CTX_free(ctx);
	return ret;
}

METHOD(sealed_rsa_verify)
{
	struct pkey_key *key = to_pkey(private_key);
	uint8_t bytes[UKS_SIGNATURE_MAX];
	struct padding padding;
	EVP_PKEY_CTX *ctx;
	size_t len;
	int ret;

	(void)output;
	if (pad_signature(key, job, &padding, failure) ||
	    to_be_signed(key, job, bytes, &len, failure))
		return -1;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
	if (!ctx || EVP_PKEY_verify_init_ex(ctx, padding.params) != 1)
		ret = sealed_openssl_failure("verify", failure);
	else if (EVP_PKEY_verify(ctx, job->signature, job->signature_len, bytes, len) == 1)
		ret = 0;
	else
		ret = sealed_bad_signature(failure);
	EVP_PKEY_CTX_free(ctx);
	return ret;
}

static void pad_oaep(const struct job *job, struct padding *padding)
{
	const struct uks_attr *label = &job->parameters[UKS_PARAM_LABEL];
	uint32_t mgf = uks_attr_u32(&job->parameters[UKS_PARAM_MGF_DIGEST], job->use.digest);

	add_name(padding, OSSL_ASYM_CIPHER_PARAM_PAD_MODE, OSSL_PKEY_RSA_PAD_MODE_OAEP);
	add_name(padding, OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, digest_name(job->use.digest));
	add_name(padding, OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, digest_name(mgf));
	if (label->len)
		padding->params[padding->count++] =
			OSSL_PARAM_construct_octet_string(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL,
							  (void *)label->value, label->len);
}

static void pad_message(const struct job *job, struct padding *padding)
{
	*padding = (struct padding){ };
	if (job->use.algorithm == UKS_ALG_RSA_RAW)
		add_name(padding, OSSL_ASYM_CIPHER_PARAM_PAD_MODE,
			 OSSL_PKEY_RSA_PAD_MODE_NONE);
	else if (job->use.algorithm == UKS_ALG_RSA_PKCS1_CRYPT)
		add_name(padding, OSSL_ASYM_CIPHER_PARAM_PAD_MODE,
			 OSSL_PKEY_RSA_PAD_MODE_PKCSV15);
	else
		pad_oaep(job, padding);
	padding->params[padding->count] = OSSL_PARAM_construct_end();
}

/* The longest message that padding leaves room for. */
static size_t message_max(const struct pkey_key *key, const struct job *job)
{
	size_t size = EVP_PKEY_get_size(key->pkey);

	switch (job->use.algorithm) {
	case UKS_ALG_RSA_RAW:
		return size;
	case UKS_ALG_RSA_PKCS1_CRYPT:
		return size - 11;
	default:
		return size - 2 - 2 * uks_digest_find(job->use.digest)->len;
	}
}

METHOD(sealed_rsa_encrypt)
{
	struct pkey_key *key = to_pkey(private_key);
	size_t max = message_max(key, job);
	struct padding padding;
	EVP_PKEY_CTX *ctx;
	int ret = 0;

	if (sealed_room(output, EVP_PKEY_get_size(key->pkey), failure))
		return -1;
	if (job->len > max || (job->use.algorithm == UKS_ALG_RSA_RAW && job->len != max))
		return failure_set(failure, UKS_E_BAD_MESSAGE,
				   "the message has %zu bytes, this key can encrypt %s%zu",
				   job->len, job->len > max ? "at most " : "only ", max);
	pad_message(job, &padding);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
	output->len = output->size;
	if (!ctx || EVP_PKEY_encrypt_init_ex(ctx, padding.params) != 1)
		ret = sealed_openssl_failure("encrypt", failure);
	else if (EVP_PKEY_encrypt(ctx, output->bytes, &output->len, job->message, job->len) != 1)
		ret = failure_set(failure, UKS_E_BAD_MESSAGE,
				  "the message is not less than the key's modulus");
	ERR_clear_error();
	EVP_PKEY_CTX_free(ctx);
	return ret;
}

/* One failure for all that can be wrong with a ciphertext: more would tell about the key. */
METHOD(sealed_rsa_decrypt)
{
	struct pkey_key *key = to_pkey(private_key);
	struct padding padding;
	EVP_PKEY_CTX *ctx;
	int ret = 0;

	if (sealed_room(output, EVP_PKEY_get_size(key->pkey), failure))
		return -1;
	pad_message(job, &padding);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
	output->len = output->size;
	if (!ctx || EVP_PKEY_decrypt_init_ex(ctx, padding.params) != 1)
		ret = sealed_openssl_failure("decrypt", failure);
	else if (job->len != (size_t)EVP_PKEY_get_size(key->pkey) ||
		 EVP_PKEY_decrypt(ctx, output->bytes, &output->len, job->message,
				  job->len) != 1)
		ret = failure_set(failure, UKS_E_BAD_MESSAGE,
				  "the ciphertext is not one of this key, padding and parameters");
	ERR_clear_error();
	EVP_PKEY_CTX_free(ctx);
	return ret;
}
