// SPDX-License-Identifier: LGPL-2.1-or-later
/* What all keys have in common that OpenSSL works with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include "daemon/provider/sealed.h"

int sealed_openssl_failure(const char *doing, struct failure *failure)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(code);

	failure_set(failure, UKS_E_CRYPTO, "OpenSSL cannot %s: %s", doing,
		    reason ? reason : "no reason given");
	ERR_clear_error();
	return -1;
}

/*
 * SubjectPublicKeyInfo of a point (RFC 5480, section 2). OpenSSL writes the same, but
 * its encoder costs nearly three signatures to set up. Its length, or 0.
 */
static size_t write_point(int curve, const uint8_t *point, size_t len, uint8_t *at)
{
	const ASN1_OBJECT *kind = OBJ_nid2obj(NID_X9_62_id_ecPublicKey);
	const ASN1_OBJECT *group = OBJ_nid2obj(curve);
	int ids = i2d_ASN1_OBJECT(kind, NULL) + i2d_ASN1_OBJECT(group, NULL);
	int content = ASN1_object_size(1, ids, V_ASN1_SEQUENCE) +
		      ASN1_object_size(0, len + 1, V_ASN1_BIT_STRING);
	const uint8_t *start = at;

	if (ASN1_object_size(1, content, V_ASN1_SEQUENCE) > KEY_PUBLIC_MAX)
		return 0;
	ASN1_put_object(&at, 1, content, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	ASN1_put_object(&at, 1, ids, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	i2d_ASN1_OBJECT(kind, &at);
	i2d_ASN1_OBJECT(group, &at);
	ASN1_put_object(&at, 0, len + 1, V_ASN1_BIT_STRING, V_ASN1_UNIVERSAL);
	*at++ = 0;	/* no unused bits */
	memcpy(at, point, len);
	return at + len - start;
}

static size_t write_curve_key(EVP_PKEY *pkey, uint8_t *at)
{
	uint8_t *point = NULL;
	char group[40];
	size_t len;
	int curve;

	if (!EVP_PKEY_is_a(pkey, "EC") && !EVP_PKEY_is_a(pkey, "SM2"))
		return 0;
	if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) != 1)
		return 0;
	curve = OBJ_sn2nid(group);
	len = EVP_PKEY_get1_encoded_public_key(pkey, &point);
	if (curve != NID_undef && len)
		len = write_point(curve, point, len, at);
	else
		len = 0;
	OPENSSL_free(point);
	return len;
}

int sealed_write_public(EVP_PKEY *pkey, struct material *material, struct failure *failure)
{
	uint8_t *der = NULL;
	int len;

	material->public_len = write_curve_key(pkey, material->public_key);
	if (material->public_len)
		return 0;
	len = i2d_PUBKEY(pkey, &der);
	if (len <= 0 || len > KEY_PUBLIC_MAX) {
		OPENSSL_free(der);
		return sealed_openssl_failure("write a public key", failure);
	}
	memcpy(material->public_key, der, len);
	material->public_len = len;
	OPENSSL_free(der);
	return 0;
}

int sealed_mismatch(const struct key *key, struct failure *failure)
{
	return failure_set(failure, UKS_E_BLOB,
			   "secret and public part of key '%s' do not belong together",
			   key->name);
}

/* A public key is always written the same way, so that bytes can be compared. */
static int check_belongs(const struct key *key, EVP_PKEY *pkey, struct failure *failure)
{
	struct material material;

	if (sealed_write_public(pkey, &material, failure))
		return -1;
	if (material.public_len == key->public_len &&
	    !memcmp(material.public_key, key->public_key, key->public_len))
		return 0;
	return sealed_mismatch(key, failure);
}

int sealed_pkey_new(const struct family *family, const struct key *key, EVP_PKEY *pkey,
		    struct private_key **result, struct failure *failure)
{
	struct pkey_key *loaded = calloc(1, sizeof(*loaded));

	if (!loaded) {
		EVP_PKEY_free(pkey);
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for a key");
	}
	loaded->private_key.family = family;
	loaded->private_key.type = uks_type_find(key->type);
	loaded->private_key.secret = true;
	loaded->pkey = pkey;
	pthread_mutex_init(&loaded->lock, NULL);
	if (check_belongs(key, pkey, failure)) {
		sealed_pkey_unload(&loaded->private_key);
		return -1;
	}
	*result = &loaded->private_key;
	return 0;
}

void sealed_pkey_unload(struct private_key *private_key)
{
	struct pkey_key *key = to_pkey(private_key);

	while (key->sign.count)
		EVP_PKEY_CTX_free(key->sign.idle[--key->sign.count]);
	while (key->verify.count)
		EVP_PKEY_CTX_free(key->verify.idle[--key->verify.count]);
	EVP_PKEY_free(key->pkey);
	pthread_mutex_destroy(&key->lock);
	free(key);
}

EVP_PKEY_CTX *sealed_get_context(struct pkey_key *key, struct pkey_contexts *contexts,
				 int (*init)(EVP_PKEY_CTX *ctx))
{
	EVP_PKEY_CTX *ctx = NULL;

	pthread_mutex_lock(&key->lock);
	if (contexts->count)
		ctx = contexts->idle[--contexts->count];
	pthread_mutex_unlock(&key->lock);
	if (ctx)
		return ctx;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
	if (ctx && init(ctx) != 1) {
		EVP_PKEY_CTX_free(ctx);
		ctx = NULL;
	}
	return ctx;
}

void sealed_put_context(struct pkey_key *key, struct pkey_contexts *contexts, EVP_PKEY_CTX *ctx)
{
	pthread_mutex_lock(&key->lock);
	if (contexts->count < IDLE_MAX) {
		contexts->idle[contexts->count++] = ctx;
		ctx = NULL;
	}
	pthread_mutex_unlock(&key->lock);
	EVP_PKEY_CTX_free(ctx);
}

/* OpenSSL's names for what has neither a size nor a choice of groups. */
static uint32_t type_by_name(EVP_PKEY *pkey)
{
	static const struct {
		const char *name;
		uint32_t type;
	} names[] = {
		{ "ED25519", UKS_KEY_ED25519 }, { "ED448", UKS_KEY_ED448 },
		{ "X25519", UKS_KEY_X25519 }, { "X448", UKS_KEY_X448 },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (EVP_PKEY_is_a(pkey, names[i].name))
			return names[i].type;
	return 0;
}

static uint32_t type_by_group(EVP_PKEY *pkey)
{
	static const struct {
		const char *name;
		uint32_t type;
	} groups[] = {
		{ "prime256v1", UKS_KEY_EC_P256 }, { "secp224r1", UKS_KEY_EC_P224 },
		{ "secp384r1", UKS_KEY_EC_P384 }, { "secp521r1", UKS_KEY_EC_P521 },
		{ "SM2", UKS_KEY_SM2 }, { "ffdhe2048", UKS_KEY_FFDHE_2048 },
		{ "ffdhe3072", UKS_KEY_FFDHE_3072 }, { "ffdhe4096", UKS_KEY_FFDHE_4096 },
	};
	char group[40];
	size_t i;

	if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) != 1)
		return 0;
	for (i = 0; i < sizeof(groups) / sizeof(*groups); i++)
		if (!strcmp(group, groups[i].name))
			return groups[i].type;
	return 0;
}

static uint32_t type_by_size(EVP_PKEY *pkey)
{
	switch (EVP_PKEY_get_bits(pkey)) {
	case 1024:
		return UKS_KEY_RSA_1024;
	case 2048:
		return UKS_KEY_RSA_2048;
	case 3072:
		return UKS_KEY_RSA_3072;
	case 4096:
		return UKS_KEY_RSA_4096;
	default:
		return 0;
	}
}

const struct key_type *sealed_type(EVP_PKEY *pkey)
{
	uint32_t type = type_by_name(pkey);

	if (EVP_PKEY_is_a(pkey, "RSA"))
		type = type_by_size(pkey);
	else if (EVP_PKEY_is_a(pkey, "EC") || EVP_PKEY_is_a(pkey, "SM2") ||
		 EVP_PKEY_is_a(pkey, "DH"))
		type = type_by_group(pkey);
	ERR_clear_error();
	return uks_type_find(type);
}

/* What a key is that UKS has no type for: its kind, and its curve or group. */
static void describe_kind(EVP_PKEY *pkey, char *text, size_t size)
{
	const char *kind = EVP_PKEY_get0_type_name(pkey);
	char group[40];

	if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) == 1)
		snprintf(text, size, "%s on %s", kind, group);
	else
		snprintf(text, size, "%s of %d bits", kind, EVP_PKEY_get_bits(pkey));
	ERR_clear_error();
}

int sealed_check_type(const struct key_type *type, EVP_PKEY *pkey, struct failure *failure)
{
	const struct key_type *found = sealed_type(pkey);
	char text[80];

	if (found && found->type == type->type)
		return 0;
	if (found)
		return failure_set(failure, UKS_E_BAD_MATERIAL,
				   "the key is of type %s: %s is wanted", found->name,
				   type->name);
	describe_kind(pkey, text, sizeof(text));
	return failure_set(failure, UKS_E_BAD_MATERIAL, "the key is %s: %s is wanted", text,
			   type->name);
}

/* Points may come compressed, curves and groups spelled out: they are not kept so. */
static void make_canonical(EVP_PKEY *pkey)
{
	EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
				       "uncompressed");
	EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_ENCODING, "named_curve");
	ERR_clear_error();
}

bool sealed_is_valid(EVP_PKEY *pkey)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	bool valid = ctx && EVP_PKEY_public_check(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return valid;
}

EVP_PKEY *sealed_read_public(const uint8_t *spki, size_t len, enum uks_error code,
			     const struct key_type **type, struct failure *failure)
{
	const uint8_t *at = spki;
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &at, len);

	ERR_clear_error();
	if (!pkey || at != spki + len) {
		failure_set(failure, code,
			    "the public key is not a valid DER SubjectPublicKeyInfo and nothing else: convert it with 'openssl pkey -pubin -outform DER'");
		goto err;
	}
	*type = sealed_type(pkey);
	if (!*type) {
		failure_set(failure, code,
			    "the public key is of no type that UKS has: see 'uksctl matrix --list'");
		goto err;
	}
	if (!sealed_is_valid(pkey)) {
		failure_set(failure, code, "the public key is no valid key of type %s",
			    (*type)->name);
		goto err;
	}
	if (EVP_PKEY_is_a(pkey, "RSA") && sealed_check_exponent(pkey, code, failure))
		goto err;
	make_canonical(pkey);
	return pkey;
err:
	EVP_PKEY_free(pkey);
	return NULL;
}

int sealed_room(const struct output *output, size_t len, struct failure *failure)
{
	if (len <= output->size)
		return 0;
	return failure_set(failure, UKS_E_NO_ROOM,
			   "the result has %zu bytes, there is room for %zu", len, output->size);
}

int sealed_write_pkcs8(EVP_PKEY *pkey, struct output *output, struct failure *failure)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
	int len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, NULL) : -1;
	uint8_t *at = output->bytes;
	int ret = 0;

	if (len <= 0)
		ret = sealed_openssl_failure("write a private key", failure);
	else
		ret = sealed_room(output, len, failure);
	if (!ret && i2d_PKCS8_PRIV_KEY_INFO(info, &at) != len)
		ret = sealed_openssl_failure("write a private key", failure);
	PKCS8_PRIV_KEY_INFO_free(info);
	output->len = len;
	return ret;
}

int sealed_pkey_export(struct private_key *private_key, struct output *output,
		       struct failure *failure)
{
	return sealed_write_pkcs8(to_pkey(private_key)->pkey, output, failure);
}
