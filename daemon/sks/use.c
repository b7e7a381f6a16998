// SPDX-License-Identifier: LGPL-2.1-or-later
/* What keys do: sign, decrypt, agree, compute HMACs, encrypt. */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include "daemon/provider/sealed.h"
#include "daemon/sks/algorithm.h"
#include "daemon/sks/device.h"
#include "daemon/sks/keep.h"
#include "daemon/sks/pin.h"
#include "daemon/sks/session.h"

#define BLOCK	16

/* A use of a key, authorised. */
struct use {
	struct sks_key key;
	const struct sks_algorithm *algorithm;
	bool encrypt;
	struct sks_bytes parameters;
	struct sks_bytes data;
	struct private_key *private;
	uint8_t secret[SKS_SECRET_MAX];
};

static bool is_endorsed(const struct sks_key *key, const struct sks_algorithm *algorithm)
{
	size_t i;

	for (i = 0; i < key->endorsed_count; i++)
		if (key->endorsed[i] == algorithm->number)
			return true;
	return !key->endorsed_count;
}

static int check_algorithm(struct sks_call *call, struct use *use,
			   const struct sks_bytes *uri, enum sks_does does)
{
	use->algorithm = sks_algorithm_by_uri(uri);
	if (!use->algorithm || use->algorithm->does != does)
		return sks_fail(call, SKS_E_ALGORITHM,
				"the algorithm is unknown, or does something else: see 'uksctl sks info'");
	if (!sks_algorithm_fits(use->algorithm, &use->key))
		return sks_fail(call, SKS_E_ALGORITHM, "%s does not fit key %u",
				use->algorithm->uri, use->key.row.handle);
	if (!is_endorsed(&use->key, use->algorithm))
		return sks_fail(call, SKS_E_ALGORITHM, "key %u is not endorsed for %s",
				use->key.row.handle, use->algorithm->uri);
	if (use->parameters.len && use->algorithm->aes != SKS_AES_CBC)
		return sks_fail(call, SKS_E_OPTION, "%s has no parameters", use->algorithm->uri);
	return 0;
}

static int load(struct sks_call *call, struct use *use)
{
	uint8_t *secret = call->worker->secret;
	int ret = 0;
	size_t len;

	if (sks_read_secret(call, &use->key, &len))
		return -1;
	if (call->worker->record.key.state != UKS_STATE_ACTIVE)
		ret = sks_fail(call, SKS_E_NOT_ALLOWED,
			       "key %u is not active: see 'uksctl key show'",
			       use->key.row.handle);
	else if (use->key.symmetric)
		memcpy(use->secret, secret, use->key.symmetric);
	else if (call->worker->uksd->provider->load(&call->worker->record.key, secret, len,
						    &use->private, call->failure))
		ret = sks_store_failed(call);
	sodium_memzero(secret, KEY_SECRET_MAX);
	return ret;
}

/* First authorisation, so that a wrong PIN counts whatever else is wrong. */
static int prepare(struct sks_call *call, struct use *use, enum sks_does does)
{
	uint32_t handle = sks_get_u32(&call->in);
	struct sks_bytes uri = sks_get_bytes(&call->in), pin;
	bool biometric;

	if (does == SKS_DOES_AES)
		use->encrypt = sks_get_bool(&call->in);
	use->parameters = sks_get_bytes(&call->in);
	biometric = sks_get_bool(&call->in);
	pin = sks_get_bytes(&call->in);
	use->data = does == SKS_DOES_HMAC || does == SKS_DOES_AES ? sks_get_blob(&call->in) :
								   sks_get_bytes(&call->in);
	if (sks_arguments(call) || sks_authorize(call, handle, biometric, &pin, &use->key))
		return -1;
	if (use->data.len > SKS_CRYPTO_MAX + (does == SKS_DOES_AES && !use->encrypt ?
					      2 * BLOCK : 0))
		return sks_fail(call, SKS_E_OPTION, "the data have more than %d bytes",
				SKS_CRYPTO_MAX);
	return check_algorithm(call, use, &uri, does) || load(call, use) ? -1 : 0;
}

static int crypto_failed(struct sks_call *call, const char *what)
{
	ERR_clear_error();
	return sks_fail(call, SKS_E_CRYPTO, "%s", what);
}

/* The digest that is signed: given, or made of the message. */
static int digest_data(struct sks_call *call, const struct use *use, uint8_t *digest,
		       size_t *len)
{
	const struct uks_digest_info *info = uks_digest_find(use->algorithm->digest);
	bool given = use->algorithm->digest == UKS_DIGEST_GIVEN;
	unsigned int made = 0;
	EVP_MD *md;
	int ret;

	if (given || !(call->flags & SKS_CALL_WHOLE_MESSAGE)) {
		if (given ? !use->data.len || use->data.len > SKS_CRYPTO_MAX :
			    use->data.len != info->len)
			return sks_fail(call, SKS_E_OPTION,
					"the hash has %zu bytes, which is not what %s signs",
					use->data.len, use->algorithm->uri);
		if (use->data.len > EVP_MAX_MD_SIZE * 8)
			return sks_fail(call, SKS_E_OPTION, "the hash is too long");
		memcpy(digest, use->data.at, use->data.len);
		*len = use->data.len;
		return 0;
	}
	md = EVP_MD_fetch(NULL, info->library, NULL);
	ret = md && EVP_Digest(use->data.at, use->data.len, digest, &made, md, NULL) == 1 ?
	      0 : crypto_failed(call, "cannot hash");
	EVP_MD_free(md);
	*len = made;
	return ret;
}

static const EVP_MD *md_of(uint32_t digest)
{
	switch (digest) {
	case UKS_DIGEST_SHA1:
		return EVP_sha1();
	case UKS_DIGEST_SHA256:
		return EVP_sha256();
	case UKS_DIGEST_SHA384:
		return EVP_sha384();
	case UKS_DIGEST_SHA512:
		return EVP_sha512();
	default:
		return NULL;
	}
}

static int sign_data(struct sks_call *call, struct use *use)
{
	uint8_t digest[EVP_MAX_MD_SIZE * 8], signature[UKS_SIGNATURE_MAX];
	struct sks_bytes made = { .at = signature, .len = sizeof(signature) };
	EVP_PKEY *pkey = to_pkey(use->private)->pkey;
	const EVP_MD *md = md_of(use->algorithm->digest);
	EVP_PKEY_CTX *ctx;
	size_t len = 0, at;
	int ret = -1;

	if (digest_data(call, use, digest, &len))
		return -1;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	if (ctx && EVP_PKEY_sign_init(ctx) == 1 &&
	    (!use->algorithm->rsa ||
	     EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1) &&
	    (!use->algorithm->rsa || !md || EVP_PKEY_CTX_set_signature_md(ctx, md) == 1) &&
	    EVP_PKEY_sign(ctx, signature, &made.len, digest, len) == 1)
		ret = 0;
	EVP_PKEY_CTX_free(ctx);
	if (ret)
		return crypto_failed(call, "the key cannot sign that");
	if (use->algorithm->rsa) {
		sks_put_bytes(&call->out, made.at, made.len);
		return 0;
	}
	/* r and s of fixed length, and their length before them. */
	at = (EVP_PKEY_get_bits(pkey) + 7) / 8;
	sks_put_u16(&call->out, 2 * at);
	return sks_signature_from_der(&made, at, &call->out) ?
	       crypto_failed(call, "the key cannot sign that") : 0;
}

static int decrypt(struct sks_call *call, struct use *use)
{
	struct pkey_key *key = to_pkey(use->private);
	const EVP_MD *md = md_of(use->algorithm->digest);
	uint8_t plain[UKS_SIGNATURE_MAX];
	size_t len = sizeof(plain);
	EVP_PKEY_CTX *ctx;
	bool done;

	if (use->data.len != (size_t)EVP_PKEY_get_size(key->pkey))
		return sks_fail(call, SKS_E_CRYPTO, "the data are not as long as the key");
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
	done = ctx && EVP_PKEY_decrypt_init(ctx) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(ctx, md ? RSA_PKCS1_OAEP_PADDING :
						    RSA_PKCS1_PADDING) == 1 &&
	       (!md || (EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) == 1 &&
			EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1)) &&
	       EVP_PKEY_decrypt(ctx, plain, &len, use->data.at, use->data.len) == 1;
	EVP_PKEY_CTX_free(ctx);
	if (done)
		sks_put_bytes(&call->out, plain, len);
	sodium_memzero(plain, sizeof(plain));
	return done ? 0 : crypto_failed(call, "the data cannot be decrypted by this key");
}

static int agree_with(struct sks_call *call, struct use *use)
{
	const struct key_type *type;
	uint8_t z[SKS_Z_MAX];
	struct output output = { .bytes = z, .size = sizeof(z) };
	EVP_PKEY *peer;
	int ret = -1;

	peer = sealed_read_public(use->data.at, use->data.len, UKS_E_BAD_PEER, &type,
				  call->failure);
	if (!peer || type != use->private->type)
		sks_fail(call, SKS_E_OPTION, "the public key is malformed, or on another curve");
	else if (sealed_exchange(to_pkey(use->private)->pkey, peer, &output, call->failure))
		crypto_failed(call, "cannot agree with that public key");
	else
		ret = 0;
	if (!ret)
		sks_put_bytes(&call->out, z, output.len);
	sodium_memzero(z, sizeof(z));
	EVP_PKEY_free(peer);
	ERR_clear_error();
	return ret;
}

static int compute_hmac(struct sks_call *call, struct use *use)
{
	uint8_t mac[EVP_MAX_MD_SIZE];
	unsigned int len;

	if (!HMAC(md_of(use->algorithm->digest), use->secret, use->key.symmetric,
		  use->data.at, use->data.len, mac, &len))
		return crypto_failed(call, "cannot compute the HMAC");
	sks_put_bytes(&call->out, mac, len);
	return 0;
}

static const EVP_CIPHER *cipher_of(const struct use *use)
{
	bool ecb = use->algorithm->aes == SKS_AES_ECB;

	switch (use->key.symmetric) {
	case 16:
		return ecb ? EVP_aes_128_ecb() : EVP_aes_128_cbc();
	case 24:
		return ecb ? EVP_aes_192_ecb() : EVP_aes_192_cbc();
	default:
		return ecb ? EVP_aes_256_ecb() : EVP_aes_256_cbc();
	}
}

/* The initial vector: made, at the front of the data, or a parameter. */
static int take_vector(struct sks_call *call, struct use *use, uint8_t *iv, struct sks_out *out)
{
	switch (use->algorithm->aes) {
	case SKS_AES_CBC:
		if (use->parameters.len != BLOCK)
			return sks_fail(call, SKS_E_OPTION, "%s needs %d bytes of parameters",
					use->algorithm->uri, BLOCK);
		memcpy(iv, use->parameters.at, BLOCK);
		return 0;
	case SKS_AES_ECB:
		if (!use->data.len || use->data.len % BLOCK)
			return sks_fail(call, SKS_E_OPTION,
					"the data are not a multiple of %d bytes", BLOCK);
		return 0;
	default:
		break;
	}
	if (use->encrypt) {
		randombytes_buf(iv, BLOCK);
		sks_put_raw(out, iv, BLOCK);
		return 0;
	}
	if (use->data.len < 2 * BLOCK)
		return sks_fail(call, SKS_E_OPTION, "the data are too short");
	memcpy(iv, use->data.at, BLOCK);
	use->data.at += BLOCK;
	use->data.len -= BLOCK;
	return 0;
}

static int run_cipher(struct use *use, const uint8_t *iv, struct sks_out *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int first = 0, last = 0;
	bool done;

	done = ctx && EVP_CipherInit_ex(ctx, cipher_of(use), NULL, use->secret, iv,
					use->encrypt) == 1 &&
	       EVP_CIPHER_CTX_set_padding(ctx, use->algorithm->aes != SKS_AES_ECB) == 1 &&
	       EVP_CipherUpdate(ctx, out->bytes + out->len, &first, use->data.at,
				use->data.len) == 1 &&
	       EVP_CipherFinal_ex(ctx, out->bytes + out->len + first, &last) == 1;
	EVP_CIPHER_CTX_free(ctx);
	out->len += first + last;
	return done ? 0 : -1;
}

static int encrypt(struct sks_call *call, struct use *use)
{
	struct sks_out out = { .size = SKS_CRYPTO_MAX + 4 * BLOCK };
	uint8_t iv[BLOCK] = { 0 };
	int ret = -1;

	out.bytes = malloc(out.size);
	if (!out.bytes)
		return sks_fail(call, SKS_E_INTERNAL, "out of memory");
	if (!take_vector(call, use, iv, &out)) {
		ret = run_cipher(use, iv, &out);
		if (ret)
			crypto_failed(call, "the data cannot be decrypted by this key");
		else
			sks_put_blob(&call->out, out.bytes, out.len);
	}
	sodium_memzero(out.bytes, out.size);
	free(out.bytes);
	return ret;
}

static int use_key(struct sks_call *call, enum sks_does does,
		   int (*perform)(struct sks_call *call, struct use *use))
{
	struct use use = { };
	int ret;

	ret = prepare(call, &use, does) || perform(call, &use) ? -1 : 0;
	if (use.private)
		call->worker->uksd->provider->unload(use.private);
	sodium_memzero(&use, sizeof(use));
	return ret;
}

int sks_sign(struct sks_call *call)
{
	return use_key(call, SKS_DOES_SIGN, sign_data);
}

int sks_decrypt_data(struct sks_call *call)
{
	return use_key(call, SKS_DOES_DECRYPT, decrypt);
}

int sks_agree_key(struct sks_call *call)
{
	return use_key(call, SKS_DOES_AGREE, agree_with);
}

int sks_compute_hmac(struct sks_call *call)
{
	return use_key(call, SKS_DOES_HMAC, compute_hmac);
}

int sks_encrypt(struct sks_call *call)
{
	return use_key(call, SKS_DOES_AES, encrypt);
}
