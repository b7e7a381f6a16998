// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>
#include <string.h>

#include "p11.h"

#define ED	(CKF_ENCRYPT | CKF_DECRYPT)
#define SV	(CKF_SIGN | CKF_VERIFY)
#define WU	(CKF_WRAP | CKF_UNWRAP)
#define EC	(CKF_EC_F_P | CKF_EC_NAMEDCURVE | CKF_EC_UNCOMPRESS)
#define PAIR	CKF_GENERATE_KEY_PAIR
#define ANY	CK_UNAVAILABLE_INFORMATION

static const struct mechanism table[] = {
	/* Making keys */
	{ CKM_RSA_PKCS_KEY_PAIR_GEN, CKK_RSA, PAIR, 1024, 4096, 0, 0, PARAMETER_NONE, true },
	{ CKM_ECDSA_KEY_PAIR_GEN, CKK_EC, PAIR | EC, 224, 521, 0, 0, PARAMETER_NONE, true },
	{ CKM_EC_EDWARDS_KEY_PAIR_GEN, CKK_EC_EDWARDS, PAIR | EC, 255, 448, 0, 0, PARAMETER_NONE,
	  true },
	{ CKM_EC_MONTGOMERY_KEY_PAIR_GEN, CKK_EC_MONTGOMERY, PAIR | EC, 255, 448, 0, 0,
	  PARAMETER_NONE, true },
	{ CKM_AES_KEY_GEN, CKK_AES, CKF_GENERATE, 16, 32, 0, 0, PARAMETER_NONE, true },
	{ CKM_CHACHA20_KEY_GEN, CKK_CHACHA20, CKF_GENERATE, 32, 32, 0, 0, PARAMETER_NONE, true },
	{ CKM_GENERIC_SECRET_KEY_GEN, CKK_GENERIC_SECRET, CKF_GENERATE, 16, 256, 0, 0,
	  PARAMETER_NONE, true },

	/* Signatures */
	{ CKM_RSA_PKCS, CKK_RSA, SV | ED | CKF_SIGN_RECOVER | CKF_VERIFY_RECOVER, 1024, 4096,
	  UKS_ALG_RSA_PKCS1, UKS_DIGEST_GIVEN, PARAMETER_NONE, true },
	{ CKM_RSA_X_509, CKK_RSA, SV | ED | CKF_SIGN_RECOVER | CKF_VERIFY_RECOVER, 1024, 4096,
	  UKS_ALG_RSA_RAW, UKS_DIGEST_GIVEN, PARAMETER_NONE, true },
	{ CKM_SHA1_RSA_PKCS, CKK_RSA, SV, 1024, 4096, UKS_ALG_RSA_PKCS1, UKS_DIGEST_SHA1,
	  PARAMETER_NONE, false },
	{ CKM_SHA224_RSA_PKCS, CKK_RSA, SV, 1024, 4096, UKS_ALG_RSA_PKCS1, UKS_DIGEST_SHA224,
	  PARAMETER_NONE, false },
	{ CKM_SHA256_RSA_PKCS, CKK_RSA, SV, 1024, 4096, UKS_ALG_RSA_PKCS1, UKS_DIGEST_SHA256,
	  PARAMETER_NONE, false },
	{ CKM_SHA384_RSA_PKCS, CKK_RSA, SV, 1024, 4096, UKS_ALG_RSA_PKCS1, UKS_DIGEST_SHA384,
	  PARAMETER_NONE, false },
	{ CKM_SHA512_RSA_PKCS, CKK_RSA, SV, 1024, 4096, UKS_ALG_RSA_PKCS1, UKS_DIGEST_SHA512,
	  PARAMETER_NONE, false },
	{ CKM_RSA_PKCS_PSS, CKK_RSA, SV, 1024, 4096, UKS_ALG_RSA_PSS, UKS_DIGEST_GIVEN,
	  PARAMETER_PSS, true },
	{ CKM_SHA1_RSA_PKCS_PSS, CKK_RSA, SV, 1024, 4096, UKS_ALG_RSA_PSS, UKS_DIGEST_SHA1,
	  PARAMETER_PSS, false },
	{ CKM_SHA224_RSA_PKCS_PSS, CKK_RSA, SV, 1024, 4096, UKS_ALG_RSA_PSS, UKS_DIGEST_SHA224,
	  PARAMETER_PSS, false },
	{ CKM_SHA256_RSA_PKCS_PSS, CKK_RSA, SV, 1024, 4096, UKS_ALG_RSA_PSS, UKS_DIGEST_SHA256,
	  PARAMETER_PSS, false },
	{ CKM_SHA384_RSA_PKCS_PSS, CKK_RSA, SV, 1024, 4096, UKS_ALG_RSA_PSS, UKS_DIGEST_SHA384,
	  PARAMETER_PSS, false },
	{ CKM_SHA512_RSA_PKCS_PSS, CKK_RSA, SV, 1024, 4096, UKS_ALG_RSA_PSS, UKS_DIGEST_SHA512,
	  PARAMETER_PSS, false },
	{ CKM_ECDSA, CKK_EC, SV | EC, 224, 521, UKS_ALG_ECDSA, UKS_DIGEST_GIVEN, PARAMETER_NONE,
	  true },
	{ CKM_ECDSA_SHA1, CKK_EC, SV | EC, 224, 521, UKS_ALG_ECDSA, UKS_DIGEST_SHA1,
	  PARAMETER_NONE, false },
	{ CKM_ECDSA_SHA224, CKK_EC, SV | EC, 224, 521, UKS_ALG_ECDSA, UKS_DIGEST_SHA224,
	  PARAMETER_NONE, false },
	{ CKM_ECDSA_SHA256, CKK_EC, SV | EC, 224, 521, UKS_ALG_ECDSA, UKS_DIGEST_SHA256,
	  PARAMETER_NONE, false },
	{ CKM_ECDSA_SHA384, CKK_EC, SV | EC, 224, 521, UKS_ALG_ECDSA, UKS_DIGEST_SHA384,
	  PARAMETER_NONE, false },
	{ CKM_ECDSA_SHA512, CKK_EC, SV | EC, 224, 521, UKS_ALG_ECDSA, UKS_DIGEST_SHA512,
	  PARAMETER_NONE, false },
	{ CKM_EDDSA, CKK_EC_EDWARDS, SV | EC, 255, 448, UKS_ALG_ED25519, 0, PARAMETER_OWN, false },

	/* MACs */
	{ CKM_SHA_1_HMAC, CKK_SHA_1_HMAC, SV, 16, 256, UKS_ALG_HMAC, UKS_DIGEST_SHA1,
	  PARAMETER_NONE, false },
	{ CKM_SHA_1_HMAC_GENERAL, CKK_SHA_1_HMAC, SV, 16, 256, UKS_ALG_HMAC, UKS_DIGEST_SHA1,
	  PARAMETER_MAC_LEN, false },
	{ CKM_SHA224_HMAC, CKK_SHA224_HMAC, SV, 16, 256, UKS_ALG_HMAC, UKS_DIGEST_SHA224,
	  PARAMETER_NONE, false },
	{ CKM_SHA224_HMAC_GENERAL, CKK_SHA224_HMAC, SV, 16, 256, UKS_ALG_HMAC, UKS_DIGEST_SHA224,
	  PARAMETER_MAC_LEN, false },
	{ CKM_SHA256_HMAC, CKK_SHA256_HMAC, SV, 16, 256, UKS_ALG_HMAC, UKS_DIGEST_SHA256,
	  PARAMETER_NONE, false },
	{ CKM_SHA256_HMAC_GENERAL, CKK_SHA256_HMAC, SV, 16, 256, UKS_ALG_HMAC, UKS_DIGEST_SHA256,
	  PARAMETER_MAC_LEN, false },
	{ CKM_SHA384_HMAC, CKK_SHA384_HMAC, SV, 16, 256, UKS_ALG_HMAC, UKS_DIGEST_SHA384,
	  PARAMETER_NONE, false },
	{ CKM_SHA384_HMAC_GENERAL, CKK_SHA384_HMAC, SV, 16, 256, UKS_ALG_HMAC, UKS_DIGEST_SHA384,
	  PARAMETER_MAC_LEN, false },
	{ CKM_SHA512_HMAC, CKK_SHA512_HMAC, SV, 16, 256, UKS_ALG_HMAC, UKS_DIGEST_SHA512,
	  PARAMETER_NONE, false },
	{ CKM_SHA512_HMAC_GENERAL, CKK_SHA512_HMAC, SV, 16, 256, UKS_ALG_HMAC, UKS_DIGEST_SHA512,
	  PARAMETER_MAC_LEN, false },
	{ CKM_AES_CMAC, CKK_AES, SV, 16, 32, UKS_ALG_AES_CMAC, 0, PARAMETER_NONE, false },
	{ CKM_AES_CMAC_GENERAL, CKK_AES, SV, 16, 32, UKS_ALG_AES_CMAC, 0, PARAMETER_MAC_LEN, false
	  },

	/* Ciphers */
	{ CKM_AES_ECB, CKK_AES, ED, 16, 32, UKS_ALG_AES_ECB, 0, PARAMETER_NONE, false },
	{ CKM_AES_CBC, CKK_AES, ED, 16, 32, UKS_ALG_AES_CBC, 0, PARAMETER_VECTOR, false },
	{ CKM_AES_CBC_PAD, CKK_AES, ED | WU, 16, 32, UKS_ALG_AES_CBC_PKCS7, 0, PARAMETER_VECTOR,
	  false },
	{ CKM_AES_CTR, CKK_AES, ED, 16, 32, UKS_ALG_AES_CTR, 0, PARAMETER_CTR, false },
	{ CKM_AES_GCM, CKK_AES, ED | CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT, 16, 32,
	  UKS_ALG_AES_GCM, 0, PARAMETER_GCM, false },
	{ CKM_AES_CCM, CKK_AES, ED, 16, 32, UKS_ALG_AES_CCM, 0, PARAMETER_CCM, false },
	{ CKM_CHACHA20_POLY1305, CKK_CHACHA20, ED, 32, 32, UKS_ALG_CHACHA20_POLY1305, 0,
	  PARAMETER_CHACHA, false },
	{ CKM_RSA_PKCS_OAEP, CKK_RSA, ED | WU, 1024, 4096, UKS_ALG_RSA_OAEP, 0, PARAMETER_OAEP,
	  true },

	/* Wrapping and derivation */
	{ CKM_AES_KEY_WRAP, CKK_AES, WU, 16, 32, UKS_ALG_AES_KW, 0, PARAMETER_OWN, true },
	{ CKM_AES_KEY_WRAP_KWP, CKK_AES, WU, 16, 32, UKS_ALG_AES_KWP, 0, PARAMETER_OWN, true },
	{ CKM_RSA_AES_KEY_WRAP, CKK_RSA, WU, 1024, 4096, UKS_ALG_RSA_AES_KEY_WRAP, 0,
	  PARAMETER_OWN, true },
	{ CKM_ECDH1_DERIVE, CKK_EC, CKF_DERIVE | EC, 224, 521, UKS_ALG_ECDH, 0, PARAMETER_OWN, true
	  },
	{ CKM_HKDF_DERIVE, CKK_GENERIC_SECRET, CKF_DERIVE, 16, 256, UKS_ALG_HKDF, 0, PARAMETER_OWN,
	  true },

	/* Digests */
	{ CKM_SHA_1, ANY, CKF_DIGEST, 0, 0, 0, UKS_DIGEST_SHA1, PARAMETER_NONE, false },
	{ CKM_SHA224, ANY, CKF_DIGEST, 0, 0, 0, UKS_DIGEST_SHA224, PARAMETER_NONE, false },
	{ CKM_SHA256, ANY, CKF_DIGEST, 0, 0, 0, UKS_DIGEST_SHA256, PARAMETER_NONE, false },
	{ CKM_SHA384, ANY, CKF_DIGEST, 0, 0, 0, UKS_DIGEST_SHA384, PARAMETER_NONE, false },
	{ CKM_SHA512, ANY, CKF_DIGEST, 0, 0, 0, UKS_DIGEST_SHA512, PARAMETER_NONE, false },
	{ CKM_SHA3_256, ANY, CKF_DIGEST, 0, 0, 0, UKS_DIGEST_SHA3_256, PARAMETER_NONE, false },
	{ CKM_SHA3_384, ANY, CKF_DIGEST, 0, 0, 0, UKS_DIGEST_SHA3_384, PARAMETER_NONE, false },
	{ CKM_SHA3_512, ANY, CKF_DIGEST, 0, 0, 0, UKS_DIGEST_SHA3_512, PARAMETER_NONE, false },
};

#define ROWS (sizeof(table) / sizeof(*table))

/* Digests by their several names. */
static const struct {
	uint32_t digest;
	ck_mechanism_type_t hash;
	ck_rsa_pkcs_mgf_type_t mgf;
	unsigned int len;
	const char *name;
} digests[] = {
	{ UKS_DIGEST_SHA1, CKM_SHA_1, CKG_MGF1_SHA1, 20, "SHA1" },
	{ UKS_DIGEST_SHA224, CKM_SHA224, CKG_MGF1_SHA224, 28, "SHA224" },
	{ UKS_DIGEST_SHA256, CKM_SHA256, CKG_MGF1_SHA256, 32, "SHA256" },
	{ UKS_DIGEST_SHA384, CKM_SHA384, CKG_MGF1_SHA384, 48, "SHA384" },
	{ UKS_DIGEST_SHA512, CKM_SHA512, CKG_MGF1_SHA512, 64, "SHA512" },
	{ UKS_DIGEST_SHA3_256, CKM_SHA3_256, 0, 32, "SHA3-256" },
	{ UKS_DIGEST_SHA3_384, CKM_SHA3_384, 0, 48, "SHA3-384" },
	{ UKS_DIGEST_SHA3_512, CKM_SHA3_512, 0, 64, "SHA3-512" },
};

#define DIGESTS (sizeof(digests) / sizeof(*digests))

const struct mechanism *mechanism_find(ck_mechanism_type_t type)
{
	size_t i;

	for (i = 0; i < ROWS; i++)
		if (table[i].type == type)
			return &table[i];
	return NULL;
}

const struct mechanism *mechanism_at(unsigned int index)
{
	return index < ROWS ? &table[index] : NULL;
}

uint32_t mechanism_digest(ck_mechanism_type_t type)
{
	size_t i;

	for (i = 0; i < DIGESTS; i++)
		if (digests[i].hash == type)
			return digests[i].digest;
	return 0;
}

unsigned int mechanism_digest_len(uint32_t digest)
{
	size_t i;

	for (i = 0; i < DIGESTS; i++)
		if (digests[i].digest == digest)
			return digests[i].len;
	return 0;
}

const char *mechanism_digest_name(uint32_t digest)
{
	size_t i;

	for (i = 0; i < DIGESTS; i++)
		if (digests[i].digest == digest)
			return digests[i].name;
	return NULL;
}

static uint32_t digest_of_mgf(ck_rsa_pkcs_mgf_type_t mgf)
{
	size_t i;

	for (i = 0; i < DIGESTS; i++)
		if (mgf && digests[i].mgf == mgf)
			return digests[i].digest;
	return 0;
}

static ck_rv_t keep_aad(struct op *op, const void *aad, size_t len)
{
	if (len && !aad)
		return CKR_MECHANISM_PARAM_INVALID;
	op->aad = malloc(len ? len : 1);
	if (!op->aad)
		return CKR_HOST_MEMORY;
	if (len)
		memcpy(op->aad, aad, len);
	op->aad_len = len;
	return CKR_OK;
}

static ck_rv_t keep_nonce(struct op *op, const void *nonce, size_t len)
{
	if (!nonce || !len || len > sizeof(op->nonce))
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(op->nonce, nonce, len);
	op->nonce_len = len;
	return CKR_OK;
}

static ck_rv_t pss(struct op *op, const struct ck_rsa_pkcs_pss_params *params)
{
	uint32_t digest = mechanism_digest(params->hash_alg);

	if (!digest || (op->mechanism->digest != UKS_DIGEST_GIVEN &&
			op->mechanism->digest != digest))
		return CKR_MECHANISM_PARAM_INVALID;
	op->wanted.mgf_digest = digest_of_mgf(params->mgf);
	if (!op->wanted.mgf_digest || params->s_len > 512)
		return CKR_MECHANISM_PARAM_INVALID;
	/* UKS takes a given digest for one of the kind that MGF1 uses. */
	if (op->mechanism->digest == UKS_DIGEST_GIVEN && op->wanted.mgf_digest != digest)
		return CKR_MECHANISM_PARAM_INVALID;
	op->wanted.pss_digest = digest;
	op->wanted.salt_len = params->s_len;
	op->wanted.have_salt_len = true;
	return CKR_OK;
}

ck_rv_t mechanism_oaep(const struct ck_rsa_pkcs_oaep_params *params, struct op *op)
{
	op->wanted.digest = mechanism_digest(params->hash_alg);
	op->wanted.mgf_digest = digest_of_mgf(params->mgf);
	if (!op->wanted.digest || !op->wanted.mgf_digest)
		return CKR_MECHANISM_PARAM_INVALID;
	/* A label is data (CKZ_DATA_SPECIFIED, 1), or there is none. */
	if (params->source > 1 || (params->source_data_len && !params->source_data) ||
	    params->source_data_len > 1024)
		return CKR_MECHANISM_PARAM_INVALID;
	return keep_aad(op, params->source_data, params->source_data_len);
}

static ck_rv_t ctr(struct op *op, const struct ck_aes_ctr_params *params)
{
	/* The kernel counts in all 128 bits. */
	if (params->counter_bits != 128)
		return CKR_MECHANISM_PARAM_INVALID;
	return keep_nonce(op, params->cb, sizeof(params->cb));
}

static ck_rv_t gcm(struct op *op, const struct ck_gcm_params *params)
{
	static const uint8_t zeros[UKS_NONCE_LEN];

	if (params->iv_len != UKS_NONCE_LEN || params->tag_bits < 96 || params->tag_bits > 128 ||
	    params->tag_bits % 8 || keep_nonce(op, params->iv_ptr, params->iv_len))
		return CKR_MECHANISM_PARAM_INVALID;
	if (!memcmp(params->iv_ptr, zeros, sizeof(zeros)))
		op->nonce_out = params->iv_ptr;
	op->out_len = params->tag_bits / 8;
	op->wanted.tag_len = op->out_len == UKS_TAG_LEN ? 0 : op->out_len;
	return keep_aad(op, params->aad_ptr, params->aad_len);
}

static ck_rv_t ccm(struct op *op, const struct ck_ccm_params *params)
{
	if (params->nonce_len < 7 || params->nonce_len > 13 || params->mac_len < 4 ||
	    params->mac_len > 16 || params->mac_len % 2 ||
	    keep_nonce(op, params->nonce, params->nonce_len))
		return CKR_MECHANISM_PARAM_INVALID;
	op->out_len = params->mac_len;
	op->wanted.tag_len = params->mac_len;
	op->wanted.nonce_len = params->nonce_len;
	return keep_aad(op, params->aad, params->aad_len);
}

static ck_rv_t chacha(struct op *op, const struct ck_salsa20_chacha20_poly1305_params *params)
{
	if (params->nonce_len != UKS_NONCE_LEN ||
	    keep_nonce(op, params->nonce, params->nonce_len))
		return CKR_MECHANISM_PARAM_INVALID;
	op->out_len = UKS_TAG_LEN;
	return keep_aad(op, params->aad, params->aad_len);
}

static ck_rv_t mac_len(struct op *op, const unsigned long *len)
{
	unsigned int whole = op->mechanism->digest ?
		mechanism_digest_len(op->mechanism->digest) : 16;

	if (!*len || *len > whole)
		return CKR_MECHANISM_PARAM_INVALID;
	op->out_len = *len;
	return CKR_OK;
}

static size_t parameter_len(enum parameter parameter)
{
	switch (parameter) {
	case PARAMETER_PSS:
		return sizeof(struct ck_rsa_pkcs_pss_params);
	case PARAMETER_OAEP:
		return sizeof(struct ck_rsa_pkcs_oaep_params);
	case PARAMETER_VECTOR:
		return 16;
	case PARAMETER_CTR:
		return sizeof(struct ck_aes_ctr_params);
	case PARAMETER_GCM:
		return sizeof(struct ck_gcm_params);
	case PARAMETER_CCM:
		return sizeof(struct ck_ccm_params);
	case PARAMETER_CHACHA:
		return sizeof(struct ck_salsa20_chacha20_poly1305_params);
	case PARAMETER_MAC_LEN:
		return sizeof(unsigned long);
	default:
		return 0;
	}
}

ck_rv_t mechanism_parameters(struct op *op, const struct ck_mechanism *given)
{
	enum parameter parameter = op->mechanism->parameter;

	if (parameter == PARAMETER_OWN)
		return CKR_OK;
	if (given->parameter_len != parameter_len(parameter) ||
	    (given->parameter_len && !given->parameter))
		return CKR_MECHANISM_PARAM_INVALID;
	switch (parameter) {
	case PARAMETER_PSS:
		return pss(op, given->parameter);
	case PARAMETER_OAEP:
		return mechanism_oaep(given->parameter, op);
	case PARAMETER_VECTOR:
		return keep_nonce(op, given->parameter, 16);
	case PARAMETER_CTR:
		return ctr(op, given->parameter);
	case PARAMETER_GCM:
		return gcm(op, given->parameter);
	case PARAMETER_CCM:
		return ccm(op, given->parameter);
	case PARAMETER_CHACHA:
		return chacha(op, given->parameter);
	case PARAMETER_MAC_LEN:
		return mac_len(op, given->parameter);
	default:
		return CKR_OK;
	}
}
