// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Wrapping by ephemeral ECDH, HKDF-SHA-256 and AES-256-GCM. Documentation/wrapping.rst
 * has the format, byte by byte.
 */
#include <sodium.h>

#include <openssl/err.h>

#include "daemon/provider/derive.h"
#include "daemon/provider/sealed.h"

#define VERSION		1
#define LABEL		"UKS wrap 1"
#define POINT_MAX	133	/* uncompressed, of P-521 */
#define SECRET_MAX	72
#define KEK_LEN		32
#define HEADER_LEN	3	/* version, length of the point */
#define AAD_LEN		9
#define INFO_MAX	(sizeof(LABEL) - 1 + 8 + 2 * (2 + POINT_MAX))

/**
 * struct envelope - what both sides work with
 * @own: the recipient's key
 * @point: the ephemeral public key, as it is sent
 * @point_len: bytes at @point
 * @secret: locked memory: the agreed secret, then the AES key
 */
struct envelope {
	EVP_PKEY *own;
	uint8_t point[POINT_MAX];
	size_t point_len;
	uint8_t *secret;
};

static size_t put_u32(uint8_t *at, uint32_t value)
{
	at[0] = value >> 24;
	at[1] = value >> 16;
	at[2] = value >> 8;
	at[3] = value;
	return 4;
}

static size_t put_point(uint8_t *at, const uint8_t *point, size_t len)
{
	at[0] = len >> 8;
	at[1] = len;
	memcpy(at + 2, point, len);
	return 2 + len;
}

/* An uncompressed point, or the bytes of X25519 and X448. */
static size_t encode(EVP_PKEY *pkey, uint8_t *point)
{
	unsigned char *bytes = NULL;
	size_t len = EVP_PKEY_get1_encoded_public_key(pkey, &bytes);

	if (len > POINT_MAX)
		len = 0;
	if (len)
		memcpy(point, bytes, len);
	OPENSSL_free(bytes);
	return len;
}

/* From the agreed secret to the AES key, which takes its place. */
static int derive(struct envelope *envelope, uint32_t type, size_t secret_len,
		  struct failure *failure)
{
	uint8_t info[INFO_MAX], point[POINT_MAX];
	size_t len = sizeof(LABEL) - 1, point_len = encode(envelope->own, point);
	uint8_t *kek = envelope->secret + SECRET_MAX;

	if (!point_len)
		return sealed_openssl_failure("write a public key", failure);
	memcpy(info, LABEL, len);
	len += put_u32(info + len, UKS_ALG_ECDH_HKDF_AES_GCM);
	len += put_u32(info + len, type);
	len += put_point(info + len, envelope->point, envelope->point_len);
	len += put_point(info + len, point, point_len);
	return derive_hkdf(UKS_DIGEST_SHA256, (struct bytes){ envelope->secret, secret_len },
			   (struct bytes){ }, (struct bytes){ info, len }, kek, KEK_LEN, failure);
}

/* Agree between @mine, which has a secret, and @peer. */
static int agree(struct envelope *envelope, uint32_t type, EVP_PKEY *mine, EVP_PKEY *peer,
		 struct failure *failure)
{
	struct output secret = { .bytes = envelope->secret, .size = SECRET_MAX };

	if (sealed_exchange(mine, peer, &secret, failure))
		return -1;
	return derive(envelope, type, secret.len, failure);
}

static void associate(const struct job *job, uint8_t *aad)
{
	aad[0] = VERSION;
	put_u32(aad + 1, job->wrapped_type);
	put_u32(aad + 5, job->wrapped_format);
}

static int envelope_new(struct envelope *envelope, EVP_PKEY *own, struct failure *failure)
{
	*envelope = (struct envelope){ .own = own };
	envelope->secret = sodium_malloc(SECRET_MAX + KEK_LEN);
	if (envelope->secret)
		return 0;
	return failure_set(failure, UKS_E_NO_MEMORY, "out of locked memory for a key");
}

static EVP_PKEY *generate(const struct key_type *type)
{
	if (UKS_EC & UKS_BIT(type->type))
		return sealed_ec_generate(type);
	return EVP_PKEY_Q_keygen(NULL, NULL, type->type == UKS_KEY_X25519 ? "X25519" : "X448");
}

/* Seal the key under the AES key: nonce, ciphertext, tag. */
static int seal(const struct envelope *envelope, const struct job *job, uint8_t *out,
		struct failure *failure)
{
	uint8_t *nonce = out, *ciphertext = out + UKS_NONCE_LEN, aad[AAD_LEN];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len, ret = 0;

	associate(job, aad);
	randombytes_buf(nonce, UKS_NONCE_LEN);
	if (!ctx ||
	    EVP_EncryptInit_ex2(ctx, EVP_aes_256_gcm(), envelope->secret + SECRET_MAX, nonce,
				NULL) != 1 ||
	    EVP_EncryptUpdate(ctx, NULL, &len, aad, AAD_LEN) != 1 ||
	    EVP_EncryptUpdate(ctx, ciphertext, &len, job->message, job->len) != 1 ||
	    EVP_EncryptFinal_ex(ctx, ciphertext + len, &len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, UKS_TAG_LEN,
				ciphertext + job->len) != 1)
		ret = sealed_openssl_failure("wrap a key", failure);
	EVP_CIPHER_CTX_free(ctx);
	return ret;
}

METHOD(sealed_wrap_ecdh)
{
	uint32_t type = private_key->type->type;
	EVP_PKEY *ephemeral = NULL;
	struct envelope envelope;
	size_t len;
	int ret = -1;

	if (envelope_new(&envelope, to_pkey(private_key)->pkey, failure))
		return -1;
	ephemeral = generate(private_key->type);
	envelope.point_len = ephemeral ? encode(ephemeral, envelope.point) : 0;
	if (!envelope.point_len) {
		sealed_openssl_failure("generate an ephemeral key", failure);
		goto out;
	}
	len = HEADER_LEN + envelope.point_len + UKS_NONCE_LEN + job->len + UKS_TAG_LEN;
	if (sealed_room(output, len, failure) ||
	    agree(&envelope, type, ephemeral, envelope.own, failure))
		goto out;
	output->bytes[0] = VERSION;
	put_point(output->bytes + 1, envelope.point, envelope.point_len);
	output->len = len;
	ret = seal(&envelope, job, output->bytes + HEADER_LEN + envelope.point_len, failure);
out:
	EVP_PKEY_free(ephemeral);
	sodium_free(envelope.secret);
	return ret;
}

static int bad_wrapped(struct failure *failure)
{
	ERR_clear_error();
	return failure_set(failure, UKS_E_BAD_WRAPPED,
			   "the key cannot be unwrapped: it was not wrapped to this key as that type and format, or was changed");
}

/* Only the one way to write a public key is taken. */
static EVP_PKEY *decode(struct envelope *envelope, const struct job *job)
{
	uint8_t own[POINT_MAX];
	size_t len = encode(envelope->own, own);
	const uint8_t *wrapped = job->message;
	EVP_PKEY *pkey;

	if (!len || job->len < HEADER_LEN + len + UKS_NONCE_LEN + UKS_TAG_LEN ||
	    wrapped[0] != VERSION || (size_t)(wrapped[1] << 8 | wrapped[2]) != len)
		return NULL;
	memcpy(envelope->point, wrapped + HEADER_LEN, len);
	envelope->point_len = len;
	pkey = EVP_PKEY_new();
	if (pkey && EVP_PKEY_copy_parameters(pkey, envelope->own) == 1 &&
	    EVP_PKEY_set1_encoded_public_key(pkey, envelope->point, len) == 1 &&
	    sealed_is_valid(pkey) && encode(pkey, own) == len &&
	    !memcmp(own, envelope->point, len))
		return pkey;
	EVP_PKEY_free(pkey);
	return NULL;
}

static int open_sealed(const struct envelope *envelope, const struct job *job,
		       struct output *output, struct failure *failure)
{
	const uint8_t *nonce = job->message + HEADER_LEN + envelope->point_len;
	const uint8_t *ciphertext = nonce + UKS_NONCE_LEN;
	size_t len = job->message + job->len - ciphertext - UKS_TAG_LEN;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t aad[AAD_LEN];
	int part, ret = 0;

	associate(job, aad);
	if (!ctx ||
	    EVP_DecryptInit_ex2(ctx, EVP_aes_256_gcm(), envelope->secret + SECRET_MAX, nonce,
				NULL) != 1 ||
	    EVP_DecryptUpdate(ctx, NULL, &part, aad, AAD_LEN) != 1 ||
	    EVP_DecryptUpdate(ctx, output->bytes, &part, ciphertext, len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, UKS_TAG_LEN,
				(void *)(ciphertext + len)) != 1 ||
	    EVP_DecryptFinal_ex(ctx, output->bytes + len, &part) != 1) {
		sodium_memzero(output->bytes, len);
		ret = bad_wrapped(failure);
	}
	output->len = len;
	EVP_CIPHER_CTX_free(ctx);
	return ret;
}

METHOD(sealed_unwrap_ecdh)
{
	struct envelope envelope;
	EVP_PKEY *ephemeral;
	int ret = -1;

	if (sealed_room(output, job->len, failure) ||
	    envelope_new(&envelope, to_pkey(private_key)->pkey, failure))
		return -1;
	ephemeral = decode(&envelope, job);
	if (!ephemeral || agree(&envelope, private_key->type->type, envelope.own, ephemeral,
				failure))
		bad_wrapped(failure);
	else
		ret = open_sealed(&envelope, job, output, failure);
	EVP_PKEY_free(ephemeral);
	sodium_free(envelope.secret);
	return ret;
}
