// SPDX-License-Identifier: LGPL-2.1-or-later
/* TPM2_MakeCredential without a TPM (TPM 2.0 Part 1, 24 and C.6.1). */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/x509.h>

#include "tpm/evidence-read.h"
#include "tpm/evidence.h"

#define FIELD		32	/* bytes of a coordinate on P-256 */
#define HASH		32
#define SYMMETRIC	16	/* bytes of an AES-128 key */
#define ALG_ECC		0x0023

/* Uncompressed: 4, x, y. */
struct point {
	uint8_t octets[1 + 2 * FIELD];
};

static bool get_point(EVP_PKEY *key, struct point *point)
{
	size_t len;

	return EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point->octets,
					       sizeof(point->octets), &len) == 1 &&
	       len == sizeof(point->octets);
}

static bool agree(EVP_PKEY *own, EVP_PKEY *peer, uint8_t z[FIELD])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
	size_t len = FIELD;
	bool ok;

	ok = ctx && EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
	     EVP_PKEY_derive(ctx, z, &len) == 1 && len == FIELD;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

/* KDFe (Part 1, 11.4.10.3), one round. */
static bool kdf_e(const uint8_t z[FIELD], const struct point *ephemeral, const struct point *ek,
		  uint8_t seed[HASH])
{
	static const uint8_t counter[4] = { 0, 0, 0, 1 };
	static const char label[] = "IDENTITY";
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
	     EVP_DigestUpdate(ctx, counter, sizeof(counter)) == 1 &&
	     EVP_DigestUpdate(ctx, z, FIELD) == 1 &&
	     EVP_DigestUpdate(ctx, label, sizeof(label)) == 1 &&
	     EVP_DigestUpdate(ctx, ephemeral->octets + 1, FIELD) == 1 &&
	     EVP_DigestUpdate(ctx, ek->octets + 1, FIELD) == 1 &&
	     EVP_DigestFinal_ex(ctx, seed, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

/* KDFa (Part 1, 11.4.10.2), one round. @label with its NUL. */
static bool kdf_a(const uint8_t seed[HASH], const char *label, const uint8_t *context,
		  size_t context_len, unsigned int bits, uint8_t out[HASH])
{
	uint8_t data[64 + UKS_EVIDENCE_NAME_LEN] = { 0, 0, 0, 1 };
	size_t len = 4;

	memcpy(data + len, label, strlen(label) + 1);
	len += strlen(label) + 1;
	if (context_len)
		memcpy(data + len, context, context_len);
	len += context_len + 4;
	data[len - 2] = bits >> 8;
	data[len - 1] = bits & 0xff;
	return HMAC(EVP_sha256(), seed, HASH, data, len, out, NULL);
}

static bool encrypt(const uint8_t key[SYMMETRIC], const uint8_t *in, size_t len, uint8_t *out)
{
	static const uint8_t zero[16];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int done = 0;
	bool ok;

	ok = ctx && EVP_EncryptInit_ex(ctx, EVP_aes_128_cfb128(), NULL, key, zero) == 1 &&
	     EVP_EncryptUpdate(ctx, out, &done, in, len) == 1 && done == (int)len;
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

/* size, HMAC as TPM2B, encrypted TPM2B of the secret */
static bool wrap(const uint8_t seed[HASH], const uint8_t *name, const uint8_t *secret, size_t len,
		 struct uks_evidence_credential *out)
{
	uint8_t key[HASH], mac_key[HASH], plain[2 + HASH], data[2 + HASH + UKS_EVIDENCE_NAME_LEN];
	const size_t size = 2 + HASH + 2 + len;
	bool ok;

	plain[0] = 0;
	plain[1] = len;
	memcpy(plain + 2, secret, len);
	ok = kdf_a(seed, "STORAGE", name, UKS_EVIDENCE_NAME_LEN, 8 * SYMMETRIC, key) &&
	     kdf_a(seed, "INTEGRITY", NULL, 0, 8 * HASH, mac_key) &&
	     encrypt(key, plain, 2 + len, data);
	memcpy(data + 2 + len, name, UKS_EVIDENCE_NAME_LEN);
	ok = ok && HMAC(EVP_sha256(), mac_key, HASH, data, 2 + len + UKS_EVIDENCE_NAME_LEN,
			out->blob + 4, NULL);
	out->blob[1] = size;
	out->blob[3] = HASH;
	memcpy(out->blob + 4 + HASH, data, 2 + len);
	out->blob_len = 2 + size;
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(mac_key, sizeof(mac_key));
	OPENSSL_cleanse(plain, sizeof(plain));
	return ok;
}

/* TPM2B of TPMS_ECC_POINT: the ephemeral key. */
static void put_point(const struct point *point, struct uks_evidence_credential *out)
{
	out->secret[1] = 2 * (2 + FIELD);
	out->secret[3] = FIELD;
	memcpy(out->secret + 4, point->octets + 1, FIELD);
	out->secret[5 + FIELD] = FIELD;
	memcpy(out->secret + 6 + FIELD, point->octets + 1 + FIELD, FIELD);
	out->secret_len = 2 + 2 * (2 + FIELD);
}

const char *uks_evidence_credential(const uint8_t *ek, size_t ek_len,
				    const uint8_t ak_name[UKS_EVIDENCE_NAME_LEN],
				    const uint8_t *secret, size_t secret_len,
				    struct uks_evidence_credential *credential)
{
	uint8_t z[FIELD], seed[HASH];
	struct uks_evidence_public public;
	struct point theirs, ours;
	EVP_PKEY *peer, *own;
	const uint8_t *at;
	const char *why;
	bool ok;

	memset(credential, 0, sizeof(*credential));
	why = uks_evidence_read_public(ek, ek_len, &public);
	if (why)
		return why;
	if (public.type != ALG_ECC || public.bits != 8 * FIELD || secret_len > HASH ||
	    !(public.attributes & UKS_EVIDENCE_RESTRICTED) ||
	    !(public.attributes & UKS_EVIDENCE_DECRYPT))
		return "the endorsement key is no ECC P-256 one, or the secret is too long";
	at = public.spki;
	peer = d2i_PUBKEY(NULL, &at, public.spki_len);
	own = EVP_EC_gen("P-256");
	ok = peer && own && get_point(peer, &theirs) && get_point(own, &ours) &&
	     agree(own, peer, z) && kdf_e(z, &ours, &theirs, seed) &&
	     wrap(seed, ak_name, secret, secret_len, credential);
	if (ok)
		put_point(&ours, credential);
	else
		memset(credential, 0, sizeof(*credential));
	OPENSSL_cleanse(z, sizeof(z));
	OPENSSL_cleanse(seed, sizeof(seed));
	EVP_PKEY_free(own);
	EVP_PKEY_free(peer);
	ERR_clear_error();
	return ok ? NULL : "the credential cannot be computed";
}
