// SPDX-License-Identifier: LGPL-2.1-or-later
/* Work with public keys, in this process: nothing of it is secret. */
#include <stdlib.h>
#include <string.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "work.h"

ck_rv_t work_raw_signature(const uint8_t *der, size_t len, uint8_t *out, size_t out_len)
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, len);
	ck_rv_t rv = CKR_DEVICE_ERROR;

	if (sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, out_len / 2) > 0 &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + out_len / 2, out_len / 2) > 0)
		rv = CKR_OK;
	ECDSA_SIG_free(sig);
	return rv;
}

/* DER of (r, s); OPENSSL_free() it. */
static int der_signature(const uint8_t *raw, size_t len, unsigned char **der)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, len / 2, NULL), *s = BN_bin2bn(raw + len / 2, len / 2, NULL);
	int der_len = 0;

	if (sig && r && s && ECDSA_SIG_set0(sig, r, s)) {
		r = NULL;
		s = NULL;
		der_len = i2d_ECDSA_SIG(sig, der);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	return der_len;
}

static bool set_padding(struct op *op, EVP_PKEY_CTX *context)
{
	const struct wanted *wanted = &op->wanted;
	const char *mgf = mechanism_digest_name(wanted->mgf_digest);

	switch (op->mechanism->algorithm) {
	case UKS_ALG_RSA_PKCS1:
		return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) > 0;
	case UKS_ALG_RSA_RAW:
		return EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) > 0;
	case UKS_ALG_RSA_PSS:
		return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0 &&
		       EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, mgf, NULL) > 0 &&
		       EVP_PKEY_CTX_set_rsa_pss_saltlen(context, wanted->salt_len) > 0;
	default:
		return true;
	}
}

static ck_rv_t start(struct op *op)
{
	const char *digest = mechanism_digest_name(op->mechanism->digest);
	EVP_PKEY_CTX *context;

	op->md = EVP_MD_CTX_new();
	if (!op->md)
		return CKR_HOST_MEMORY;
	if (EVP_DigestVerifyInit_ex(op->md, &context, digest, NULL, NULL, op->public, NULL) <= 0 ||
	    !set_padding(op, context))
		return CKR_MECHANISM_PARAM_INVALID;
	return CKR_OK;
}

ck_rv_t work_public_update(struct op *op, const void *part, size_t len)
{
	ck_rv_t rv = op->md ? CKR_OK : start(op);

	if (rv == CKR_OK && len && EVP_DigestVerifyUpdate(op->md, part, len) <= 0)
		rv = CKR_FUNCTION_FAILED;
	return rv;
}

static ck_rv_t verdict(int ret)
{
	ERR_clear_error();
	return ret > 0 ? CKR_OK : CKR_SIGNATURE_INVALID;
}

ck_rv_t work_public_final(struct op *op, const uint8_t *sig, size_t sig_len)
{
	unsigned char *der = NULL;
	ck_rv_t rv = work_public_update(op, NULL, 0);
	int der_len;

	if (rv != CKR_OK)
		return rv;
	if (op->mechanism->key_type != CKK_EC)
		return verdict(EVP_DigestVerifyFinal(op->md, sig, sig_len));
	der_len = der_signature(sig, sig_len, &der);
	rv = verdict(der_len > 0 ? EVP_DigestVerifyFinal(op->md, der, der_len) : 0);
	OPENSSL_free(der);
	return rv;
}

/* Of a digest that the caller made. */
static ck_rv_t verify_given(struct op *op, const uint8_t *data, size_t len, const uint8_t *sig,
			    size_t sig_len)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(op->public, NULL);
	unsigned char *der = NULL;
	const EVP_MD *md = NULL;
	ck_rv_t rv = CKR_FUNCTION_FAILED;
	int der_len;

	if (!context || EVP_PKEY_verify_init(context) <= 0 || !set_padding(op, context))
		goto out;
	if (op->mechanism->algorithm == UKS_ALG_RSA_PSS) {
		md = EVP_get_digestbyname(mechanism_digest_name(op->wanted.pss_digest));
		if (!md || EVP_PKEY_CTX_set_signature_md(context, md) <= 0)
			goto out;
		rv = len == (size_t)EVP_MD_get_size(md) ? CKR_OK : CKR_DATA_LEN_RANGE;
		if (rv != CKR_OK)
			goto out;
	}
	if (op->mechanism->key_type == CKK_EC) {
		der_len = der_signature(sig, sig_len, &der);
		rv = verdict(der_len > 0 ? EVP_PKEY_verify(context, der, der_len, data, len) : 0);
	} else {
		rv = verdict(EVP_PKEY_verify(context, sig, sig_len, data, len));
	}
out:
	OPENSSL_free(der);
	EVP_PKEY_CTX_free(context);
	return rv;
}

/* Without padding there is nothing to check but the number. */
static ck_rv_t verify_raw(struct op *op, const uint8_t *data, size_t len, const uint8_t *sig,
			  size_t sig_len)
{
	uint8_t block[512];
	size_t block_len = sizeof(block), zeros = 0;
	ck_rv_t rv = work_public_recover(op, sig, sig_len, block, &block_len);

	if (rv != CKR_OK)
		return rv;
	if (len > block_len)
		return CKR_DATA_LEN_RANGE;
	while (zeros < block_len - len && !block[zeros])
		zeros++;
	if (zeros != block_len - len || memcmp(block + zeros, data, len))
		return CKR_SIGNATURE_INVALID;
	return CKR_OK;
}

ck_rv_t work_public_verify(struct op *op, const uint8_t *data, size_t len, const uint8_t *sig,
			   size_t sig_len)
{
	ck_rv_t rv;

	if (op->mechanism->algorithm == UKS_ALG_RSA_RAW)
		return verify_raw(op, data, len, sig, sig_len);
	if (op->mechanism->digest == UKS_DIGEST_GIVEN)
		return verify_given(op, data, len, sig, sig_len);
	if (op->mechanism->type == CKM_EDDSA) {
		rv = op->md ? CKR_OK : start(op);
		return rv == CKR_OK ? verdict(EVP_DigestVerify(op->md, sig, sig_len, data, len)) :
			rv;
	}
	rv = work_public_update(op, data, len);
	return rv == CKR_OK ? work_public_final(op, sig, sig_len) : rv;
}

ck_rv_t work_public_recover(struct op *op, const uint8_t *sig, size_t sig_len, uint8_t *out,
			    size_t *out_len)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(op->public, NULL);
	ck_rv_t rv = CKR_FUNCTION_FAILED;

	if (context && EVP_PKEY_verify_recover_init(context) > 0 && set_padding(op, context))
		rv = verdict(EVP_PKEY_verify_recover(context, out, out_len, sig, sig_len));
	EVP_PKEY_CTX_free(context);
	return rv;
}

static bool set_oaep(struct op *op, EVP_PKEY_CTX *context)
{
	const char *mgf = mechanism_digest_name(op->wanted.mgf_digest);
	void *label;

	if (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) <= 0 ||
	    EVP_PKEY_CTX_set_rsa_oaep_md_name(context, mechanism_digest_name(op->wanted.digest),
					      NULL) <= 0 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, mgf, NULL) <= 0)
		return false;
	if (!op->aad_len)
		return true;
	label = OPENSSL_memdup(op->aad, op->aad_len);
	if (label && EVP_PKEY_CTX_set0_rsa_oaep_label(context, label, op->aad_len) > 0)
		return true;
	OPENSSL_free(label);
	return false;
}

static bool set_encryption(struct op *op, EVP_PKEY_CTX *context)
{
	switch (op->mechanism->type) {
	case CKM_RSA_PKCS_OAEP:
		return set_oaep(op, context);
	case CKM_RSA_X_509:
		return EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) > 0;
	default:
		return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) > 0;
	}
}

ck_rv_t work_public_encrypt(struct op *op, const uint8_t *in, size_t in_len, uint8_t *out,
			    size_t *out_len)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(op->public, NULL);
	size_t size = EVP_PKEY_get_size(op->public);
	uint8_t block[512] = { 0 };
	ck_rv_t rv = CKR_DATA_LEN_RANGE;

	if (op->mechanism->type == CKM_RSA_X_509 && in_len < size) {
		memcpy(block + size - in_len, in, in_len);
		in = block;
		in_len = size;
	}
	if (context && EVP_PKEY_encrypt_init(context) > 0 && set_encryption(op, context) &&
	    EVP_PKEY_encrypt(context, out, out_len, in, in_len) > 0)
		rv = CKR_OK;
	ERR_clear_error();
	explicit_bzero(block, sizeof(block));
	EVP_PKEY_CTX_free(context);
	return rv;
}
