// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * SM2 signatures (GB/T 32918.2) and encryption (GB/T 32918.4). A signature is over the
 * SM3 digest of Z, which stands for signer, curve and public key, and the message.
 */
#include <openssl/core_names.h>
#include <openssl/err.h>

#include "daemon/provider/sealed.h"

#define DEFAULT_ID	"1234567812345678"	/* RFC 8998, 3.2.1 */
#define NUMBER_LEN	32
#define POINT_LEN	(1 + 2 * NUMBER_LEN)
#define DIGEST_LEN	32
#define CIPHER_GROWTH	128	/* DER around the message: a point, a digest, headers */

/* a, b and the base point of the curve (GB/T 32918.5) */
static const uint8_t curve[4 * NUMBER_LEN] = {
	0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xfc,
	0x28, 0xe9, 0xfa, 0x9e, 0x9d, 0x9f, 0x5e, 0x34, 0x4d, 0x5a, 0x9e, 0x4b, 0xcf, 0x65,
	0x09, 0xa7, 0xf3, 0x97, 0x89, 0xf5, 0x15, 0xab, 0x8f, 0x92, 0xdd, 0xbc, 0xbd, 0x41,
	0x4d, 0x94, 0x0e, 0x93,
	0x32, 0xc4, 0xae, 0x2c, 0x1f, 0x19, 0x81, 0x19, 0x5f, 0x99, 0x04, 0x46, 0x6a, 0x39,
	0xc9, 0x94, 0x8f, 0xe3, 0x0b, 0xbf, 0xf2, 0x66, 0x0b, 0xe1, 0x71, 0x5a, 0x45, 0x89,
	0x33, 0x4c, 0x74, 0xc7,
	0xbc, 0x37, 0x36, 0xa2, 0xf4, 0xf6, 0x77, 0x9c, 0x59, 0xbd, 0xce, 0xe3, 0x6b, 0x69,
	0x21, 0x53, 0xd0, 0xa9, 0x87, 0x7c, 0xc6, 0x2a, 0x47, 0x40, 0x02, 0xdf, 0x32, 0xe5,
	0x21, 0x39, 0xf0, 0xa0,
};

/* Z (GB/T 32918.2, 5.5) */
static int compute_z(EVP_PKEY *pkey, const struct uks_attr *context, uint8_t *z,
		     struct failure *failure)
{
	const uint8_t *id = context->type ? context->value : (const uint8_t *)DEFAULT_ID;
	size_t id_len = context->type ? context->len : sizeof(DEFAULT_ID) - 1, len;
	uint8_t point[POINT_LEN], bits[2] = { id_len * 8 >> 8, id_len * 8 & 0xff };
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ret = 0;

	if (!ctx ||
	    EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point),
					    &len) != 1 || len != sizeof(point) ||
	    EVP_DigestInit_ex(ctx, EVP_sm3(), NULL) != 1 ||
	    EVP_DigestUpdate(ctx, bits, sizeof(bits)) != 1 ||
	    EVP_DigestUpdate(ctx, id, id_len) != 1 ||
	    EVP_DigestUpdate(ctx, curve, sizeof(curve)) != 1 ||
	    EVP_DigestUpdate(ctx, point + 1, sizeof(point) - 1) != 1 ||
	    EVP_DigestFinal_ex(ctx, z, NULL) != 1)
		ret = sealed_openssl_failure("compute Z of SM2", failure);
	EVP_MD_CTX_free(ctx);
	return ret;
}

METHOD(sealed_sm2_prefix)
{
	if (sealed_room(output, DIGEST_LEN, failure))
		return -1;
	output->len = DIGEST_LEN;
	return compute_z(to_pkey(private_key)->pkey, &job->parameters[UKS_PARAM_CONTEXT],
			 output->bytes, failure);
}

static int hash_message(EVP_PKEY *pkey, const struct job *job, uint8_t *digest,
			struct failure *failure)
{
	EVP_MD_CTX *ctx;
	int ret = 0;

	if (compute_z(pkey, &job->parameters[UKS_PARAM_CONTEXT], digest, failure))
		return -1;
	ctx = EVP_MD_CTX_new();
	if (!ctx || EVP_DigestInit_ex(ctx, EVP_sm3(), NULL) != 1 ||
	    EVP_DigestUpdate(ctx, digest, DIGEST_LEN) != 1 ||
	    EVP_DigestUpdate(ctx, job->message, job->len) != 1 ||
	    EVP_DigestFinal_ex(ctx, digest, NULL) != 1)
		ret = sealed_openssl_failure("hash a message", failure);
	EVP_MD_CTX_free(ctx);
	return ret;
}

static int get_digest(EVP_PKEY *pkey, const struct job *job, uint8_t *digest,
		      struct failure *failure)
{
	if (!job->hashed && job->use.digest != UKS_DIGEST_GIVEN)
		return hash_message(pkey, job, digest, failure);
	if (job->len != DIGEST_LEN)
		return failure_set(failure, UKS_E_BAD_DIGEST,
				   "the digest has %zu bytes, must have %d", job->len, DIGEST_LEN);
	memcpy(digest, job->message, DIGEST_LEN);
	return 0;
}

METHOD(sealed_sm2_sign)
{
	struct pkey_key *key = to_pkey(private_key);
	uint8_t digest[DIGEST_LEN];
	EVP_PKEY_CTX *ctx;

	if (sealed_room(output, EVP_PKEY_get_size(key->pkey), failure) ||
	    get_digest(key->pkey, job, digest, failure))
		return -1;
	ctx = sealed_get_context(key, &key->sign, EVP_PKEY_sign_init);
	output->len = output->size;
	if (!ctx || EVP_PKEY_sign(ctx, output->bytes, &output->len, digest, DIGEST_LEN) != 1) {
		EVP_PKEY_CTX_free(ctx);
		return sealed_openssl_failure("sign", failure);
	}
	sealed_put_context(key, &key->sign, ctx);
	return 0;
}

METHOD(sealed_sm2_verify)
{
	struct pkey_key *key = to_pkey(private_key);
	uint8_t digest[DIGEST_LEN];
	EVP_PKEY_CTX *ctx;
	int ret;

	(void)output;
	if (get_digest(key->pkey, job, digest, failure))
		return -1;
	ctx = sealed_get_context(key, &key->verify, EVP_PKEY_verify_init);
	if (!ctx)
		return sealed_openssl_failure("verify", failure);
	ret = EVP_PKEY_verify(ctx, job->signature, job->signature_len, digest, DIGEST_LEN);
	sealed_put_context(key, &key->verify, ctx);
	return ret == 1 ? 0 : sealed_bad_signature(failure);
}

METHOD(sealed_sm2_encrypt)
{
	EVP_PKEY_CTX *ctx;
	int ret = 0;

	if (!job->len)
		return failure_set(failure, UKS_E_BAD_MESSAGE,
				   "SM2 does not encrypt an empty message");
	if (sealed_room(output, job->len + CIPHER_GROWTH, failure))
		return -1;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, to_pkey(private_key)->pkey, NULL);
	output->len = output->size;
	if (!ctx || EVP_PKEY_encrypt_init(ctx) != 1 ||
	    EVP_PKEY_encrypt(ctx, output->bytes, &output->len, job->message, job->len) != 1)
		ret = sealed_openssl_failure("encrypt", failure);
	EVP_PKEY_CTX_free(ctx);
	return ret;
}

METHOD(sealed_sm2_decrypt)
{
	EVP_PKEY_CTX *ctx;
	int ret = 0;

	if (sealed_room(output, job->len, failure))
		return -1;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, to_pkey(private_key)->pkey, NULL);
	output->len = output->size;
	if (!ctx || EVP_PKEY_decrypt_init(ctx) != 1)
		ret = sealed_openssl_failure("decrypt", failure);
	else if (!job->len || EVP_PKEY_decrypt(ctx, output->bytes, &output->len, job->message,
					       job->len) != 1)
		ret = failure_set(failure, UKS_E_BAD_MESSAGE,
				  "the ciphertext is not one of this key");
	ERR_clear_error();
	EVP_PKEY_CTX_free(ctx);
	return ret;
}
