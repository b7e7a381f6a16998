// SPDX-License-Identifier: LGPL-2.1-or-later
/* Ed25519 (RFC 8032) by libsodium. The secret is the seed of 32 bytes. */
#include <string.h>

#include <sodium.h>

#include "daemon/provider/sealed.h"

#define SEED_LEN	crypto_sign_SEEDBYTES
#define PUBLIC_LEN	crypto_sign_PUBLICKEYBYTES
#define SIGNATURE_LEN	crypto_sign_BYTES

/* @secret, in locked memory, is seed and public key, as libsodium wants it. */
struct ed25519_key {
	struct private_key private_key;
	uint8_t public_key[PUBLIC_LEN];
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
};

static struct ed25519_key *to_ed25519(struct private_key *private_key)
{
	return (struct ed25519_key *)private_key;
}

/* libsodium computes the public key; OpenSSL writes it as RFC 8410 has it. */
static int write_public(const uint8_t *public_key, struct material *material,
			struct failure *failure)
{
	EVP_PKEY *pkey;
	int ret;

	pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, PUBLIC_LEN);
	if (!pkey)
		return sealed_openssl_failure("make an Ed25519 public key", failure);
	ret = sealed_write_public(pkey, material, failure);
	EVP_PKEY_free(pkey);
	return ret;
}

static void init(struct ed25519_key *key, bool secret)
{
	key->private_key.family = &sealed_ed25519;
	key->private_key.type = uks_type_find(UKS_KEY_ED25519);
	key->private_key.secret = secret;
}

static int expand(const uint8_t *seed, struct private_key **result, struct failure *failure)
{
	struct ed25519_key *key = sodium_malloc(sizeof(*key));

	if (!key)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of locked memory for a key");
	init(key, true);
	crypto_sign_seed_keypair(key->public_key, key->secret, seed);
	*result = &key->private_key;
	return 0;
}

static void ed25519_unload(struct private_key *private_key)
{
	sodium_free(to_ed25519(private_key));
}

static int finish(struct material *material, struct failure *failure)
{
	struct private_key *key;
	int ret;

	material->secret_len = SEED_LEN;
	if (expand(material->secret, &key, failure))
		return -1;
	ret = write_public(to_ed25519(key)->public_key, material, failure);
	ed25519_unload(key);
	return ret;
}

static int ed25519_generate(const struct key_type *type, struct material *material,
			    struct failure *failure)
{
	(void)type;
	randombytes_buf(material->secret, SEED_LEN);
	return finish(material, failure);
}

static int import_pkcs8(const struct key_type *type, const struct import *import,
			struct material *material, struct failure *failure)
{
	EVP_PKEY *pkey = sealed_read_pkcs8(type, import, failure);
	size_t len = SEED_LEN;
	int ret = 0;

	if (!pkey)
		return -1;
	if (sealed_check_type(type, pkey, failure))
		ret = -1;
	else if (EVP_PKEY_get_raw_private_key(pkey, material->secret, &len) != 1 ||
		 len != SEED_LEN)
		ret = sealed_openssl_failure("read an Ed25519 key", failure);
	EVP_PKEY_free(pkey);
	if (ret || finish(material, failure))
		return -1;
	return sealed_check_pkcs8_public(import, material, failure);
}

static int ed25519_import(const struct key_type *type, const struct import *import,
			  struct material *material, struct failure *failure)
{
	if (import->format == UKS_FORMAT_PKCS8)
		return import_pkcs8(type, import, material, failure);
	if (import->format != UKS_FORMAT_RAW)
		return failure_set(failure, UKS_E_BAD_MATERIAL,
				   "a key of type %s is imported as PKCS#8, its raw seed or SubjectPublicKeyInfo",
				   type->name);
	if (import->len != SEED_LEN)
		return failure_set(failure, UKS_E_BAD_MATERIAL,
				   "the seed of an Ed25519 key has %u bytes, not %zu", SEED_LEN,
				   import->len);
	memcpy(material->secret, import->bytes, SEED_LEN);
	return finish(material, failure);
}

/* The SubjectPublicKeyInfo ends with the key itself (RFC 8410, section 4). */
static int load_public(const struct key *key, struct private_key **result,
		       struct failure *failure)
{
	struct ed25519_key *loaded = sodium_malloc(sizeof(*loaded));

	if (!loaded)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of locked memory for a key");
	init(loaded, false);
	memcpy(loaded->public_key, key->public_key + key->public_len - PUBLIC_LEN, PUBLIC_LEN);
	*result = &loaded->private_key;
	return 0;
}

static int ed25519_load(const struct key *key, const uint8_t *secret, size_t len,
			struct private_key **result, struct failure *failure)
{
	if (!len && key->public_len >= PUBLIC_LEN)
		return load_public(key, result, failure);
	if (len == SEED_LEN && key->public_len >= PUBLIC_LEN) {
		if (expand(secret, result, failure))
			return -1;
		if (!memcmp(key->public_key + key->public_len - PUBLIC_LEN,
			    to_ed25519(*result)->public_key, PUBLIC_LEN))
			return 0;
		ed25519_unload(*result);
	}
	return sealed_mismatch(key, failure);
}

static int ed25519_export(struct private_key *private_key, struct output *output,
			  struct failure *failure)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
						      to_ed25519(private_key)->secret, SEED_LEN);
	int ret;

	if (!pkey)
		return sealed_openssl_failure("make an Ed25519 key", failure);
	ret = sealed_write_pkcs8(pkey, output, failure);
	EVP_PKEY_free(pkey);
	return ret;
}

METHOD(sealed_ed25519_sign)
{
	if (sealed_room(output, SIGNATURE_LEN, failure))
		return -1;
	crypto_sign_detached(output->bytes, NULL, job->message, job->len,
			     to_ed25519(private_key)->secret);
	output->len = SIGNATURE_LEN;
	return 0;
}

METHOD(sealed_ed25519_verify)
{
	(void)output;
	if (job->signature_len == SIGNATURE_LEN &&
	    !crypto_sign_verify_detached(job->signature, job->message, job->len,
					 to_ed25519(private_key)->public_key))
		return 0;
	return sealed_bad_signature(failure);
}

const struct family sealed_ed25519 = {
	.generate = ed25519_generate,
	.import = ed25519_import,
	.load = ed25519_load,
	.unload = ed25519_unload,
	.export = ed25519_export,
};
