// SPDX-License-Identifier: GPL-2.0
/*
 * The table of algorithms: what a session may do by each, and by what name the
 * kernel's crypto knows it. Where the kernel has none, the daemon does the work.
 */
#include <linux/crypto.h>

#include "uks.h"

#define CIPHER		(UKS_PURPOSE_ENCRYPT | UKS_PURPOSE_DECRYPT)
#define SIGNATURE	(UKS_PURPOSE_SIGN | UKS_PURPOSE_VERIFY)
#define AUTHENTICATION	(UKS_PURPOSE_MAC | UKS_PURPOSE_MAC_VERIFY)

#define AEAD(_name, _nonce_min, _nonce_max, _tag_min, _tag_step) {	\
	.name = (_name), .kind = UKS_KIND_AEAD, .purposes = CIPHER,	\
	.nonce_min = (_nonce_min), .nonce_max = (_nonce_max),		\
	.tag_min = (_tag_min), .tag_step = (_tag_step), .block_len = 1,	\
}

#define BLOCKS(_name, _nonce_len, _block_len, _padded) {		\
	.name = (_name), .kind = UKS_KIND_BLOCK, .purposes = CIPHER,	\
	.nonce_max = (_nonce_len), .block_len = (_block_len),		\
	.padded = (_padded),						\
}

#define MESSAGE(_purposes, _result_max) {				\
	.kind = UKS_KIND_MESSAGE, .purposes = (_purposes),		\
	.result_max = (_result_max), .block_len = 1,			\
}

static const struct uks_alg uks_algs[] = {
	[UKS_ALG_AES_GCM] = AEAD("gcm(aes)", 12, 12, 12, 1),
	[UKS_ALG_CHACHA20_POLY1305] = AEAD("rfc7539(chacha20,poly1305)", 12, 12, 16, 1),
	[UKS_ALG_AES_CCM] = AEAD("ccm(aes)", 7, 13, 4, 2),
	[UKS_ALG_AES_CBC] = BLOCKS("cbc(aes)", 16, 16, false),
	[UKS_ALG_AES_CBC_PKCS7] = BLOCKS("cbc(aes)", 16, 1, true),
	[UKS_ALG_AES_CTR] = BLOCKS("ctr(aes)", 16, 1, false),
	[UKS_ALG_AES_ECB] = BLOCKS("ecb(aes)", 0, 16, false),
	[UKS_ALG_SM4_CBC] = BLOCKS("cbc(sm4)", 16, 16, false),
	[UKS_ALG_SM4_CBC_PKCS7] = BLOCKS("cbc(sm4)", 16, 1, true),
	[UKS_ALG_SM4_CTR] = BLOCKS("ctr(sm4)", 16, 1, false),
	[UKS_ALG_HMAC] = {
		.kind = UKS_KIND_MAC, .purposes = AUTHENTICATION, .block_len = 1,
		.result_max = UKS_MAC_MAX,
	},
	[UKS_ALG_AES_CMAC] = {
		.name = "cmac(aes)", .kind = UKS_KIND_MAC, .purposes = AUTHENTICATION,
		.block_len = 1, .result_max = 16,
	},
	[UKS_ALG_ECDSA] = MESSAGE(SIGNATURE, 139),
	[UKS_ALG_ED25519] = MESSAGE(SIGNATURE, 64),
	[UKS_ALG_ED448] = MESSAGE(SIGNATURE, 114),
	[UKS_ALG_SM2_SIGN] = MESSAGE(SIGNATURE, 72),
	[UKS_ALG_RSA_PKCS1] = MESSAGE(SIGNATURE, 512),
	[UKS_ALG_RSA_PSS] = MESSAGE(SIGNATURE, 512),
	[UKS_ALG_RSA_RAW] = MESSAGE(SIGNATURE | CIPHER, 512),
	[UKS_ALG_RSA_OAEP] = MESSAGE(CIPHER, 512),
	[UKS_ALG_RSA_PKCS1_CRYPT] = MESSAGE(CIPHER, 512),
	[UKS_ALG_SM2_CRYPT] = MESSAGE(CIPHER, UKS_MESSAGE_MAX),
	[UKS_ALG_ECDH] = MESSAGE(UKS_PURPOSE_AGREE, 66),
	[UKS_ALG_X25519] = MESSAGE(UKS_PURPOSE_AGREE, 32),
	[UKS_ALG_X448] = MESSAGE(UKS_PURPOSE_AGREE, 56),
	[UKS_ALG_FFDH] = MESSAGE(UKS_PURPOSE_AGREE, 512),
	[UKS_ALG_HKDF] = MESSAGE(UKS_PURPOSE_DERIVE, UKS_MESSAGE_MAX),
	[UKS_ALG_PBKDF2] = MESSAGE(UKS_PURPOSE_DERIVE, UKS_MESSAGE_MAX),
};

/* hmac: the MAC with this digest. */
static const struct {
	const char *name;
	const char *hmac;
} uks_digests[] = {
	[UKS_DIGEST_SHA256] = { "sha256", "hmac(sha256)" },
	[UKS_DIGEST_SHA384] = { "sha384", "hmac(sha384)" },
	[UKS_DIGEST_SHA512] = { "sha512", "hmac(sha512)" },
	[UKS_DIGEST_SHA1] = { "sha1", "hmac(sha1)" },
	[UKS_DIGEST_SHA224] = { "sha224", "hmac(sha224)" },
	[UKS_DIGEST_SM3] = { "sm3", "hmac(sm3)" },
	[UKS_DIGEST_SHA3_256] = { "sha3-256", "hmac(sha3-256)" },
	[UKS_DIGEST_SHA3_384] = { "sha3-384", "hmac(sha3-384)" },
	[UKS_DIGEST_SHA3_512] = { "sha3-512", "hmac(sha3-512)" },
};

/* Greatest length of a result where the type of the key bounds it. */
static const struct {
	u16 ecdsa;	/* DER Ecdsa-Sig-Value */
	u16 other;	/* RSA: the modulus; Diffie-Hellman: the shared secret */
} uks_results[] = {
	[UKS_KEY_EC_P224] = { 64, 28 },
	[UKS_KEY_EC_P256] = { 72, 32 },
	[UKS_KEY_EC_P384] = { 104, 48 },
	[UKS_KEY_EC_P521] = { 139, 66 },
	[UKS_KEY_RSA_1024] = { 0, 128 },
	[UKS_KEY_RSA_2048] = { 0, 256 },
	[UKS_KEY_RSA_3072] = { 0, 384 },
	[UKS_KEY_RSA_4096] = { 0, 512 },
	[UKS_KEY_FFDHE_2048] = { 0, 256 },
	[UKS_KEY_FFDHE_3072] = { 0, 384 },
	[UKS_KEY_FFDHE_4096] = { 0, 512 },
};

static u64 uks_algorithms_here;
static u64 uks_digests_here;

/**
 * uks_alg_find() - the row of an algorithm
 * @algorithm: enum uks_algorithm
 *
 * Return: the row, or NULL when sessions have no such algorithm.
 */
const struct uks_alg *uks_alg_find(u32 algorithm)
{
	if (algorithm >= ARRAY_SIZE(uks_algs) || !uks_algs[algorithm].purposes)
		return NULL;
	return &uks_algs[algorithm];
}

/**
 * uks_alg_aead_fits() - may an AEAD have a nonce and a tag of such lengths?
 * @alg: the algorithm
 * @nonce_len: bytes of nonce
 * @tag_len: bytes of tag
 *
 * SP 800-38D, 5.2.1.2, without the short tags of its appendix C; SP 800-38C, A.1;
 * RFC 8439, 2.8.
 *
 * Return: true if it may.
 */
bool uks_alg_aead_fits(const struct uks_alg *alg, u32 nonce_len, u32 tag_len)
{
	return nonce_len >= alg->nonce_min && nonce_len <= alg->nonce_max &&
	       tag_len >= alg->tag_min && tag_len <= UKS_TAG_LEN &&
	       !((tag_len - alg->tag_min) % alg->tag_step);
}

/**
 * uks_alg_result_max() - greatest length of what the daemon makes of a message
 * @alg: the algorithm
 * @key_type: enum uks_key_type, 0 if it is not known
 *
 * Return: bytes.
 */
u32 uks_alg_result_max(const struct uks_alg *alg, u32 key_type)
{
	u32 max = 0;

	if (key_type < ARRAY_SIZE(uks_results) && alg->result_max < UKS_MESSAGE_MAX)
		max = alg == &uks_algs[UKS_ALG_ECDSA] ? uks_results[key_type].ecdsa :
							uks_results[key_type].other;
	return max ?: alg->result_max;
}

/**
 * uks_digest_name() - what the kernel's crypto calls a digest
 * @digest: enum uks_digest
 * @hmac: the MAC with it
 *
 * Return: the name, or NULL when the kernel cannot have it.
 */
const char *uks_digest_name(u32 digest, bool hmac)
{
	if (digest >= ARRAY_SIZE(uks_digests))
		return NULL;
	return hmac ? uks_digests[digest].hmac : uks_digests[digest].name;
}

/**
 * uks_algorithms() - what this kernel's crypto can run
 *
 * Return: bits 1 << enum uks_algorithm.
 */
u64 uks_algorithms(void)
{
	return uks_algorithms_here;
}

/**
 * uks_digests_mask() - what this kernel's crypto can hash
 *
 * Return: bits 1 << enum uks_digest.
 */
u64 uks_digests_mask(void)
{
	return uks_digests_here;
}

/**
 * uks_features() - what this module can do
 *
 * Return: bits of enum uks_feature.
 */
u64 uks_features(void)
{
	u64 features = UKS_FEATURE_DIGEST;

	if (uks_algorithms_here & BIT_ULL(UKS_ALG_AES_GCM))
		features |= UKS_FEATURE_AES_GCM;
	if (uks_algorithms_here & BIT_ULL(UKS_ALG_CHACHA20_POLY1305))
		features |= UKS_FEATURE_CHACHA20_POLY1305;
	if (uks_algorithms_here & BIT_ULL(UKS_ALG_HMAC))
		features |= UKS_FEATURE_HMAC_SHA256;
	return features;
}

/* A name that the kernel has not costs a dozen runs of modprobe: no name is asked for twice. */
static bool __init uks_has_algorithm(unsigned int i)
{
	if (!uks_algs[i].name)
		return false;
	if (i && uks_algs[i - 1].name && !strcmp(uks_algs[i].name, uks_algs[i - 1].name))
		return uks_algorithms_here & BIT_ULL(i - 1);
	return crypto_has_alg(uks_algs[i].name, 0, 0);
}

/** uks_algorithm_init() - find out, once, what this kernel's crypto can run */
void __init uks_algorithm_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(uks_algs); i++)
		if (uks_has_algorithm(i))
			uks_algorithms_here |= BIT_ULL(i);
	if (crypto_has_alg("hmac(sha256)", 0, 0))
		uks_algorithms_here |= BIT_ULL(UKS_ALG_HMAC);
	for (i = 0; i < ARRAY_SIZE(uks_digests); i++)
		if (uks_digests[i].name && crypto_has_alg(uks_digests[i].name, 0, 0))
			uks_digests_here |= BIT_ULL(i);
}
