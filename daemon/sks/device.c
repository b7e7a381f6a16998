// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "daemon/log.h"
#include "daemon/provider/sealed.h"
#include "daemon/sks/device.h"
#include "daemon/sks/keep.h"

#define DEVICE_NAME		"sks-device"
#define META_CERTIFICATE	"sks-certificate"
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

static bool add_extension(X509 *x509, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	bool added = extension && X509_add_ext(x509, extension, -1) == 1;

	X509_EXTENSION_free(extension);
	return added;
}

/* Its subject tells devices apart and says nothing else. */
static bool fill_in(X509 *x509, EVP_PKEY *pkey)
{
	X509_NAME *name = X509_get_subject_name(x509);
	uint8_t serial[8], digest[32];
	unsigned char *spki = NULL;
	char hex[17] = "";
	BIGNUM *number;
	int len;

	randombytes_buf(serial, sizeof(serial));
	serial[0] &= 0x7f;
	serial[0] |= 0x40;
	len = i2d_PUBKEY(pkey, &spki);
	if (len > 0)
		crypto_hash_sha256(digest, spki, len);
	OPENSSL_free(spki);
	if (len <= 0)
		return false;
	sodium_bin2hex(hex, sizeof(hex), digest, 8);
	number = BN_bin2bn(serial, sizeof(serial), NULL);
	len = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509));
	BN_free(number);
	return len && X509_set_version(x509, X509_VERSION_3) == 1 &&
	       X509_gmtime_adj(X509_getm_notBefore(x509), -86400) &&
	       ASN1_TIME_set_string_X509(X509_getm_notAfter(x509), "99991231235959Z") == 1 &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					  (const uint8_t *)"UKS device", -1, -1, 0) == 1 &&
	       X509_NAME_add_entry_by_txt(name, "serialNumber", MBSTRING_ASC,
					  (const uint8_t *)hex, -1, -1, 0) == 1 &&
	       X509_set_issuer_name(x509, name) == 1 && X509_set_pubkey(x509, pkey) == 1 &&
	       add_extension(x509, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(x509, NID_key_usage, "critical,digitalSignature");
}

static int make_certificate(EVP_PKEY *pkey, uint8_t *der, size_t *len)
{
	X509 *x509 = X509_new();
	int size = 0;

	if (x509 && fill_in(x509, pkey) && X509_sign(x509, pkey, EVP_sha256()) > 0)
		size = i2d_X509(x509, NULL);
	if (size > 0 && size <= SKS_DEVICE_MAX)
		*len = i2d_X509(x509, &der);
	X509_free(x509);
	ERR_clear_error();
	return size > 0 && size <= SKS_DEVICE_MAX ? 0 : -1;
}

/* The certificate in the store proves nothing: it has to have the device's key. */
static bool is_certificate_of(EVP_PKEY *pkey, const uint8_t *der, size_t len)
{
	X509 *x509 = d2i_X509(NULL, &der, len);
	bool is = x509 && EVP_PKEY_eq(X509_get0_pubkey(x509), pkey) == 1 &&
		  X509_verify(x509, pkey) == 1;

	X509_free(x509);
	ERR_clear_error();
	return is;
}

static int find_certificate(struct sks_call *call, EVP_PKEY *pkey, uint8_t *der, size_t *len)
{
	struct store *store = call->worker->store;

	if (store->ops->get_meta(store, META_CERTIFICATE, der, len, call->failure))
		return sks_store_failed(call);
	if (*len && is_certificate_of(pkey, der, *len))
		return 0;
	if (make_certificate(pkey, der, len))
		return sks_fail(call, SKS_E_INTERNAL, "cannot make the device's certificate");
	if (store->ops->put_meta(store, META_CERTIFICATE, der, *len, call->failure))
		return sks_store_failed(call);
	log_info("made the certificate of this device for provisioning");
	return 0;
}

int sks_device_id(struct sks_call *call, bool privacy, uint8_t *id, size_t *len)
{
	struct private_key *key;
	int ret;

	if (privacy) {
		*len = sizeof(ANONYMOUS) - 1;
		memcpy(id, ANONYMOUS, *len);
		return 0;
	}
	key = load(call, true);
	if (!key)
		return -1;
	ret = find_certificate(call, to_pkey(key)->pkey, id, len);
	call->worker->uksd->provider->unload(key);
	return ret;
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
