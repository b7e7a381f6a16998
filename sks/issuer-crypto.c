// SPDX-License-Identifier: LGPL-2.1-or-later
#include <err.h>
#include <string.h>

#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include "sks/issuer-crypto.h"

/* A macro, for the compiler to see that what follows is only come to if it was done. */
#define must(done)						\
	do {							\
		if (!(done))					\
			errx(1, "OpenSSL failed");		\
	} while (0)

void issuer_hmac(const void *key, size_t key_len, const struct frame *data, uint8_t *mac)
{
	unsigned int len;

	must(HMAC(EVP_sha256(), key, key_len, data->bytes, data->len, mac, &len));
}

void issuer_mac(struct issuer *issuer, const char *label, const struct frame *data, uint8_t *mac)
{
	struct frame key = { };

	frame_raw(&key, issuer->key, sizeof(issuer->key));
	frame_raw(&key, label, strlen(label));
	frame_number(&key, issuer->counter++, 2);
	issuer_hmac(key.bytes, key.len, data, mac);
	frame_free(&key);
}

void issuer_encrypt(struct issuer *issuer, const void *bytes, size_t len, struct frame *to)
{
	struct frame label = { };
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t key[32], iv[16], *room;
	int first, last;

	frame_raw(&label, "EncryptionKey", 13);
	issuer_hmac(issuer->key, sizeof(issuer->key), &label, key);
	frame_free(&label);
	must(RAND_bytes(iv, sizeof(iv)) == 1);
	frame_raw(to, iv, sizeof(iv));
	room = frame_reserve(to, len + 16);
	must(ctx && EVP_EncryptInit_ex(ctx, EVP_aes_256_cbc(), NULL, key, iv) == 1 &&
	     EVP_EncryptUpdate(ctx, room, &first, bytes, len) == 1 &&
	     EVP_EncryptFinal_ex(ctx, room + first, &last) == 1);
	to->len -= len + 16 - first - last;
	EVP_CIPHER_CTX_free(ctx);
	explicit_bzero(key, sizeof(key));
}

static void sign_der(EVP_PKEY *key, const struct frame *octets, uint8_t *signature, size_t *len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	must(ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	     EVP_DigestSign(ctx, signature, len, octets->bytes, octets->len) == 1);
	EVP_MD_CTX_free(ctx);
}

void issuer_sign(EVP_PKEY *key, const struct frame *octets, struct frame *to)
{
	int size = (EVP_PKEY_get_bits(key) + 7) / 8;
	uint8_t signature[1024], *room;
	const uint8_t *at = signature;
	size_t len = sizeof(signature);
	ECDSA_SIG *sig;

	sign_der(key, octets, signature, &len);
	if (EVP_PKEY_is_a(key, "RSA")) {
		frame_raw(to, signature, len);
		return;
	}
	sig = d2i_ECDSA_SIG(NULL, &at, len);
	room = frame_reserve(to, 2 * size);
	must(sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), room, size) == size &&
	     BN_bn2binpad(ECDSA_SIG_get0_s(sig), room + size, size) == size);
	ECDSA_SIG_free(sig);
}

static size_t to_der(EVP_PKEY *key, const uint8_t *raw, size_t len, uint8_t *der)
{
	size_t size = (EVP_PKEY_get_bits(key) + 7) / 8;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	int made = 0;

	if (len == 2 * size) {
		must(ECDSA_SIG_set0(sig, BN_bin2bn(raw, size, NULL),
				    BN_bin2bn(raw + size, size, NULL)) == 1);
		made = i2d_ECDSA_SIG(sig, &der);
	}
	ECDSA_SIG_free(sig);
	return made;
}

bool issuer_verify_by(EVP_PKEY *key, const struct frame *octets, const uint8_t *signature,
		      size_t len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool right = false;
	uint8_t der[256];

	if (EVP_PKEY_is_a(key, "EC")) {
		len = to_der(key, signature, len, der);
		signature = der;
	}
	if (ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1)
		right = EVP_DigestVerify(ctx, signature, len, octets->bytes, octets->len) == 1;
	EVP_MD_CTX_free(ctx);
	return right;
}

bool issuer_verify(const struct frame *certificate, const struct frame *octets,
		   const uint8_t *signature, size_t len)
{
	const uint8_t *at = certificate->bytes;
	X509 *x509 = d2i_X509(NULL, &at, certificate->len);
	EVP_PKEY *key = x509 ? X509_get0_pubkey(x509) : NULL;
	bool right = key && issuer_verify_by(key, octets, signature, len);

	X509_free(x509);
	return right;
}

int issuer_agree(EVP_PKEY *own, const uint8_t *spki, size_t len, struct frame *z)
{
	EVP_PKEY *peer = d2i_PUBKEY(NULL, &spki, len);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
	size_t size = (EVP_PKEY_get_bits(own) + 7) / 8;
	int ret = -1;

	if (peer && ctx && EVP_PKEY_derive_init(ctx) == 1 &&
	    EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
	    EVP_PKEY_derive(ctx, frame_reserve(z, size), &size) == 1)
		ret = 0;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	return ret;
}

void issuer_spki(EVP_PKEY *key, struct frame *to)
{
	int len = i2d_PUBKEY(key, NULL);
	uint8_t *room;

	must(len > 0);
	room = frame_reserve(to, len);
	i2d_PUBKEY(key, &room);
}

void issuer_certificate(EVP_PKEY *ca, EVP_PKEY *subject, const char *name, struct frame *to)
{
	X509 *x509 = X509_new();
	X509_NAME *subject_name;
	uint64_t serial;
	uint8_t *room;
	int len;

	must(x509 && RAND_bytes((uint8_t *)&serial, sizeof(serial)) == 1);
	subject_name = X509_get_subject_name(x509);
	must(ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial >> 1) == 1 &&
	     X509_gmtime_adj(X509_getm_notBefore(x509), -3600) &&
	     X509_gmtime_adj(X509_getm_notAfter(x509), 365 * 86400L) &&
	     X509_NAME_add_entry_by_txt(subject_name, "CN", MBSTRING_UTF8,
					(const uint8_t *)name, -1, -1, 0) == 1 &&
	     X509_set_issuer_name(x509, subject_name) == 1 &&
	     X509_set_pubkey(x509, subject) == 1 && X509_sign(x509, ca, EVP_sha256()) > 0);
	len = i2d_X509(x509, NULL);
	must(len > 0);
	room = frame_reserve(to, len);
	i2d_X509(x509, &room);
	X509_free(x509);
}
