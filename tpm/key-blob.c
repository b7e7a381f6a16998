// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keys of the TPM as bytes and as what OpenSSL knows. */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <tss2/tss2_mu.h>

#include "tpm/internal.h"
#include "tpm/key-blob.h"

#define MAGIC		"UKSK"
#define VERSION		1
#define EXPONENT	65537	/* what the TPM calls 0 */

int uks_tpm_put(const void *from, size_t from_len, uint8_t *to, size_t *len,
		struct uks_tpm_error *error)
{
	if (from_len > *len)
		return uks_tpm_fail(error, UKS_TPM_BAD_ARGUMENT, 0,
				    "the result has %zu bytes and there is room for %zu only; give more room",
				    from_len, *len);
	memcpy(to, from, from_len);
	*len = from_len;
	return 0;
}

static int fail_key(struct uks_tpm_error *error, TSS2_RC rc)
{
	return uks_tpm_fail_as(error, UKS_TPM_KEY_BLOB, rc, "cannot read the key");
}

int uks_tpm_key_pack(const TPM2B_PUBLIC *public, const TPM2B_PRIVATE *private,
		     struct uks_tpm_key *out, struct uks_tpm_error *error)
{
	struct uks_tpm_key key = { .len = strlen(MAGIC), .data = MAGIC };
	const size_t size = sizeof(key.data);
	TSS2_RC rc;

	rc = Tss2_MU_UINT16_Marshal(VERSION, key.data, size, &key.len);
	if (!rc)
		rc = Tss2_MU_TPM2B_PUBLIC_Marshal(public, key.data, size, &key.len);
	if (!rc)
		rc = Tss2_MU_TPM2B_PRIVATE_Marshal(private, key.data, size, &key.len);
	if (rc)
		return uks_tpm_fail_rc(error, rc, "cannot write the key");
	*out = key;
	return 0;
}

int uks_tpm_key_unpack(const struct uks_tpm_key *key, TPM2B_PUBLIC *public,
		       TPM2B_PRIVATE *private, struct uks_tpm_error *error)
{
	size_t at = strlen(MAGIC);
	struct uks_tpm_key same = { .len = 0 };
	UINT16 version = 0;
	TSS2_RC rc;

	*private = (TPM2B_PRIVATE){ .size = 0 };
	*public = (TPM2B_PUBLIC){ .size = 0 };
	if (key->len < at || key->len > sizeof(key->data) || memcmp(key->data, MAGIC, at))
		return fail_key(error, 0);
	rc = Tss2_MU_UINT16_Unmarshal(key->data, key->len, &at, &version);
	if (rc || version != VERSION)
		return fail_key(error, rc);
	rc = Tss2_MU_TPM2B_PUBLIC_Unmarshal(key->data, key->len, &at, public);
	if (!rc)
		rc = Tss2_MU_TPM2B_PRIVATE_Unmarshal(key->data, key->len, &at, private);
	if (rc || at != key->len)
		return fail_key(error, rc);

	/* The inner lengths may lie. There is but one way to write a key. */
	if (uks_tpm_key_pack(public, private, &same, error))
		return -1;
	return same.len != at || memcmp(same.data, key->data, at) ? fail_key(error, 0) : 0;
}

size_t uks_tpm_field_len(TPM2_ECC_CURVE curve)
{
	switch (curve) {
	case TPM2_ECC_NIST_P256:
		return 32;
	case TPM2_ECC_NIST_P384:
		return 48;
	default:
		return 0;
	}
}

static const char *group_name(TPM2_ECC_CURVE curve)
{
	return curve == TPM2_ECC_NIST_P256 ? SN_X9_62_prime256v1 : SN_secp384r1;
}

static EVP_PKEY *build_key(const char *type, OSSL_PARAM_BLD *build)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY *key = NULL;

	if (ctx && params && EVP_PKEY_fromdata_init(ctx) == 1)
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *rsa_key(const TPMT_PUBLIC *public)
{
	const TPM2B_PUBLIC_KEY_RSA *modulus = &public->unique.rsa;
	const UINT32 exponent = public->parameters.rsaDetail.exponent;
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY *key = NULL;
	BIGNUM *n;

	n = BN_bin2bn(modulus->buffer, modulus->size, NULL);
	if (build && n && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) &&
	    OSSL_PARAM_BLD_push_uint32(build, OSSL_PKEY_PARAM_RSA_E,
				       exponent ? exponent : EXPONENT))
		key = build_key("RSA", build);
	OSSL_PARAM_BLD_free(build);
	BN_free(n);
	return key;
}

static EVP_PKEY *ecc_key(const TPMT_PUBLIC *public)
{
	const TPM2_ECC_CURVE curve = public->parameters.eccDetail.curveID;
	const TPMS_ECC_POINT *point = &public->unique.ecc;
	const size_t len = uks_tpm_field_len(curve);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	uint8_t octets[1 + 2 * 48] = { POINT_CONVERSION_UNCOMPRESSED };
	EVP_PKEY *key = NULL;

	if (!build || !len || point->x.size > len || point->y.size > len)
		goto out;
	memcpy(octets + 1 + len - point->x.size, point->x.buffer, point->x.size);
	memcpy(octets + 1 + 2 * len - point->y.size, point->y.buffer, point->y.size);
	if (OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, group_name(curve),
					    0) &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, octets, 1 + 2 * len))
		key = build_key("EC", build);
out:
	OSSL_PARAM_BLD_free(build);
	return key;
}

int uks_tpm_public_to_spki(const TPMT_PUBLIC *public, uint8_t *spki, size_t *len,
			   struct uks_tpm_error *error)
{
	EVP_PKEY *key = NULL;
	uint8_t *der = NULL;
	int size, ret;

	if (public->type == TPM2_ALG_RSA)
		key = rsa_key(public);
	else if (public->type == TPM2_ALG_ECC)
		key = ecc_key(public);
	size = key ? i2d_PUBKEY(key, &der) : -1;
	EVP_PKEY_free(key);
	ERR_clear_error();
	if (size < 0)
		return fail_key(error, 0);
	ret = uks_tpm_put(der, size, spki, len, error);
	OPENSSL_free(der);
	return ret;
}

static int ecdsa_out(const TPMS_SIGNATURE_ECC *in, uint8_t *out, size_t *len,
		     struct uks_tpm_error *error)
{
	BIGNUM *r = BN_bin2bn(in->signatureR.buffer, in->signatureR.size, NULL);
	BIGNUM *s = BN_bin2bn(in->signatureS.buffer, in->signatureS.size, NULL);
	ECDSA_SIG *both = ECDSA_SIG_new();
	uint8_t *der = NULL;
	int size = -1, ret;

	if (r && s && both && ECDSA_SIG_set0(both, r, s)) {
		r = NULL;
		s = NULL;
		size = i2d_ECDSA_SIG(both, &der);
	}
	ECDSA_SIG_free(both);
	BN_free(r);
	BN_free(s);
	if (size < 0)
		return uks_tpm_fail(error, UKS_TPM_OTHER, 0,
				    "cannot encode the signature: out of memory");
	ret = uks_tpm_put(der, size, out, len, error);
	OPENSSL_free(der);
	return ret;
}

int uks_tpm_signature_out(const TPMT_SIGNATURE *in, uint8_t *out, size_t *len,
			  struct uks_tpm_error *error)
{
	switch (in->sigAlg) {
	case TPM2_ALG_ECDSA:
		return ecdsa_out(&in->signature.ecdsa, out, len, error);
	case TPM2_ALG_RSASSA:
	case TPM2_ALG_RSAPSS:
		return uks_tpm_put(in->signature.rsassa.sig.buffer, in->signature.rsassa.sig.size,
				   out, len, error);
	default:
		return uks_tpm_fail_as(error, UKS_TPM_UNTRUSTED, 0, "cannot read the signature");
	}
}

static int get_point(EVP_PKEY *key, TPM2_ECC_CURVE curve, TPMS_ECC_POINT *point)
{
	const size_t len = uks_tpm_field_len(curve);
	uint8_t octets[1 + 2 * 48];
	char group[32];
	size_t used;

	if (!len || EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1 ||
	    strcmp(group, group_name(curve)) ||
	    EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, octets, sizeof(octets),
					    &used) != 1 ||
	    used != 1 + 2 * len || octets[0] != POINT_CONVERSION_UNCOMPRESSED)
		return -1;
	point->x.size = len;
	memcpy(point->x.buffer, octets + 1, len);
	point->y.size = len;
	memcpy(point->y.buffer, octets + 1 + len, len);
	return 0;
}

int uks_tpm_spki_to_point(const uint8_t *spki, size_t len, TPM2_ECC_CURVE curve,
			  TPMS_ECC_POINT *point, struct uks_tpm_error *error)
{
	const uint8_t *at = spki;
	EVP_PKEY *key;
	int ret;

	key = d2i_PUBKEY(NULL, &at, len);
	ret = key && at == spki + len ? get_point(key, curve, point) : -1;
	EVP_PKEY_free(key);
	ERR_clear_error();
	if (!ret)
		return 0;
	return uks_tpm_fail(error, UKS_TPM_BAD_ARGUMENT, 0,
			    "the other side's key is no public key on the same curve; ask for another one");
}
