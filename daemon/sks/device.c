// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>
#include <string.h>

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "daemon/attest/attest.h"
#include "daemon/log.h"
#include "daemon/provider/sealed.h"
#include "daemon/sks/device.h"
#include "daemon/sks/keep.h"

#define DEVICE_NAME		"sks-device"
#define META_CERTIFICATE	"sks-certificate"
#define META_ISSUER		"sks-issuer"
#define ANONYMOUS		"Anonymous"

/* The key, ready; NULL with @call failed. */
static struct private_key *load(struct sks_call *call, bool create)
{
	const struct provider *provider = call->worker->uksd->provider;
	uint8_t *secret = call->worker->secret;
	struct private_key *key = NULL;
	int found;

	found = sks_own_key(call, DEVICE_NAME, UKS_KEY_EC_P256, create, secret, NULL);
	if (found > 0 && provider->load(&call->worker->old.key, secret, 32, &key, call->failure))
		sks_store_failed(call);
	if (!found)
		sks_fail(call, SKS_E_INTERNAL, "the device has no key");
	sodium_memzero(secret, KEY_SECRET_MAX);
	return key;
}

/* What the TPM's attestation of the key answers: it is made once, for all who ask. */
static const uint8_t challenge[] = SKS_DEVICE_CHALLENGE;

/* The certificates in the store prove nothing: the first has to be of the device's key. */
static bool is_certificate_of(EVP_PKEY *pkey, const struct sks_chain *chain)
{
	const uint8_t *at = chain->device.at, *issuer_at = chain->issuer.at;
	X509 *x509 = d2i_X509(NULL, &at, chain->device.len);
	X509 *issuer = d2i_X509(NULL, &issuer_at, chain->issuer.len);
	bool is = x509 && issuer && EVP_PKEY_eq(X509_get0_pubkey(x509), pkey) == 1 &&
		  X509_verify(x509, X509_get0_pubkey(issuer)) == 1;

	X509_free(x509);
	X509_free(issuer);
	ERR_clear_error();
	return is;
}

/* 1 if they are there and right, 0 if not, -1 with @call failed. */
static int read_chain(struct sks_call *call, EVP_PKEY *pkey, struct sks_chain *chain)
{
	struct store *store = call->worker->store;

	chain->device.at = chain->room[0];
	chain->issuer.at = chain->room[1];
	if (store->ops->get_meta(store, META_CERTIFICATE, chain->room[0], &chain->device.len,
				 call->failure) ||
	    store->ops->get_meta(store, META_ISSUER, chain->room[1], &chain->issuer.len,
				 call->failure))
		return sks_store_failed(call);
	return chain->device.len && chain->issuer.len && is_certificate_of(pkey, chain);
}

/* What is there, with the device's key for X509_verify(). */
static int find_chain(struct sks_call *call, bool create, struct sks_chain *chain)
{
	struct private_key *key = load(call, create);
	int found;

	if (!key)
		return -1;
	found = read_chain(call, to_pkey(key)->pkey, chain);
	call->worker->uksd->provider->unload(key);
	return found;
}

/* The first chain stays when two workers make one at once. */
static int write_chain(struct sks_call *call, const struct attest_chain *made)
{
	struct store *store = call->worker->store;
	struct sks_chain chain;
	int found = find_chain(call, false, &chain);

	if (found)
		return found < 0 ? -1 : 0;
	if (store->ops->put_meta(store, META_CERTIFICATE, made->bytes, made->len,
				 call->failure) ||
	    store->ops->put_meta(store, META_ISSUER, made->issuer, made->issuer_len,
				 call->failure))
		return sks_store_failed(call);
	log_info("made the certificate of this device for provisioning, attested by the TPM");
	return 0;
}

/* In a change of its own. */
static int in_change(struct sks_call *call,
		     int (*act)(struct sks_call *call, const struct attest_chain *made),
		     const struct attest_chain *made)
{
	struct store *store = call->worker->store;

	if (store->ops->begin(store, call->failure))
		return sks_store_failed(call);
	if (act(call, made)) {
		store->ops->rollback(store);
		return -1;
	}
	return store->ops->commit(store, call->failure) ? sks_store_failed(call) : 0;
}

static int make_key(struct sks_call *call, const struct attest_chain *made)
{
	struct private_key *key = load(call, true);

	(void)made;
	if (!key)
		return -1;
	call->worker->uksd->provider->unload(key);
	return 0;
}

static int make_chain(struct sks_call *call)
{
	struct uks_attr asked = { .len = sizeof(challenge) - 1, .value = challenge };
	struct attest_chain *made = malloc(sizeof(*made));
	struct worker *worker = call->worker;
	int ret = -1;

	if (!made)
		return sks_fail(call, SKS_E_INTERNAL, "out of memory for a certificate");
	if (in_change(call, make_key, NULL))
		goto out;
	if (worker->store->ops->by_name(worker->store, 0, DEVICE_NAME, &worker->record,
					call->failure) ||
	    attest_own(worker, &asked, made, call->failure))
		sks_store_failed(call);
	else
		ret = in_change(call, write_chain, made);
out:
	free(made);
	return ret;
}

int sks_device_drop(struct store *store, struct failure *failure)
{
	return store->ops->drop_meta(store, META_CERTIFICATE, failure) ||
	       store->ops->drop_meta(store, META_ISSUER, failure) ? -1 : 0;
}

int sks_device_ahead(struct sks_call *call)
{
	struct store *store = call->worker->store;
	uint8_t room[STORE_META_MAX];
	struct sks_chain chain;
	size_t len;
	int found;

	if (store->ops->get_meta(store, META_ISSUER, room, &len, call->failure))
		return sks_store_failed(call);
	found = len ? find_chain(call, false, &chain) : 0;
	if (found)
		return found < 0 ? -1 : 0;
	return make_chain(call);
}

int sks_device_chain(struct sks_call *call, struct sks_chain *chain)
{
	int found = find_chain(call, false, chain);

	if (found)
		return found < 0 ? -1 : 0;
	return sks_fail(call, SKS_E_NOT_AVAILABLE,
			"the device's certificate was changed meanwhile: try again");
}

int sks_device_id(struct sks_call *call, bool privacy, uint8_t *id, size_t *len)
{
	struct sks_chain chain;

	if (privacy) {
		*len = sizeof(ANONYMOUS) - 1;
		memcpy(id, ANONYMOUS, *len);
		return 0;
	}
	if (sks_device_chain(call, &chain))
		return -1;
	*len = chain.device.len;
	memcpy(id, chain.device.at, *len);
	return 0;
}

int sks_signature_from_der(const struct sks_bytes *der, size_t size, struct sks_out *out)
{
	const uint8_t *at = der->at;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, der->len);
	uint8_t raw[2 * SKS_Z_MAX];
	int ret = -1;

	if (sig && size <= SKS_Z_MAX &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, size) == (int)size &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + size, size) == (int)size) {
		sks_put_raw(out, raw, 2 * size);
		ret = 0;
	}
	ECDSA_SIG_free(sig);
	ERR_clear_error();
	return ret;
}

int sks_device_sign(struct sks_call *call, const struct sks_out *octets,
		    struct sks_out *signature)
{
	struct private_key *key = load(call, false);
	uint8_t der[160];
	struct sks_bytes bytes = { .at = der, .len = sizeof(der) };
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ret = -1;

	if (key && ctx &&
	    EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, to_pkey(key)->pkey) == 1 &&
	    EVP_DigestSign(ctx, der, &bytes.len, octets->bytes, octets->len) == 1)
		ret = sks_signature_from_der(&bytes, 32, signature);
	EVP_MD_CTX_free(ctx);
	if (key)
		call->worker->uksd->provider->unload(key);
	ERR_clear_error();
	if (ret && !call->status && !call->broken)
		sks_fail(call, SKS_E_INTERNAL, "the device cannot sign");
	return ret;
}

static EVP_PKEY *read_public(const struct sks_bytes *spki)
{
	const uint8_t *at = spki->at;
	EVP_PKEY *pkey = spki->len && spki->len <= SKS_KMK_MAX ?
			 d2i_PUBKEY(NULL, &at, spki->len) : NULL;

	ERR_clear_error();
	if (!pkey || (at == spki->at + spki->len && sealed_is_valid(pkey) &&
		      (EVP_PKEY_is_a(pkey, "RSA") || EVP_PKEY_is_a(pkey, "EC"))))
		return pkey;
	EVP_PKEY_free(pkey);
	return NULL;
}

bool sks_is_public_key(const struct sks_bytes *spki)
{
	EVP_PKEY *pkey = read_public(spki);
	bool is = pkey && sealed_type(pkey);

	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return is;
}

/* r and s to ECDSA-Sig-Value; 0 when they are not as long as the curve demands. */
static int signature_to_der(EVP_PKEY *pkey, const struct sks_bytes *raw, uint8_t *der)
{
	size_t size = (EVP_PKEY_get_bits(pkey) + 7) / 8;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r, *s;
	int len = 0;

	if (!sig || raw->len != 2 * size || size > SKS_Z_MAX) {
		ECDSA_SIG_free(sig);
		return 0;
	}
	r = BN_bin2bn(raw->at, size, NULL);
	s = BN_bin2bn(raw->at + size, size, NULL);
	if (r && s && ECDSA_SIG_set0(sig, r, s) == 1) {
		len = i2d_ECDSA_SIG(sig, &der);
	} else {
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(sig);
	return len;
}

bool sks_is_signed(const struct sks_bytes *spki, const struct sks_out *octets,
		   const struct sks_bytes *signature)
{
	EVP_PKEY *pkey = read_public(spki);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct sks_bytes proof = *signature;
	uint8_t der[2 * SKS_Z_MAX + 16];
	bool is;

	if (pkey && EVP_PKEY_is_a(pkey, "EC"))
		proof = (struct sks_bytes){
			.at = der, .len = signature_to_der(pkey, signature, der),
		};
	is = pkey && ctx && proof.len &&
	     EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
	     EVP_DigestVerify(ctx, proof.at, proof.len, octets->bytes, octets->len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return is;
}
