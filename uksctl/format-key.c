// SPDX-License-Identifier: LGPL-2.1-or-later
/* From libcrypto's keys to what the daemon takes, and which type of key that is. */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "format.h"

struct named_type {
	const char *name;	/* libcrypto's */
	uint32_t type;
};

static const struct named_type kinds[] = {
	{ "ED25519", UKS_KEY_ED25519 }, { "ED448", UKS_KEY_ED448 },
	{ "X25519", UKS_KEY_X25519 }, { "X448", UKS_KEY_X448 }, { "SM2", UKS_KEY_SM2 },
};

static const struct named_type groups[] = {
	{ "prime256v1", UKS_KEY_EC_P256 }, { "secp224r1", UKS_KEY_EC_P224 },
	{ "secp384r1", UKS_KEY_EC_P384 }, { "secp521r1", UKS_KEY_EC_P521 },
	{ "SM2", UKS_KEY_SM2 }, { "ffdhe2048", UKS_KEY_FFDHE_2048 },
	{ "ffdhe3072", UKS_KEY_FFDHE_3072 }, { "ffdhe4096", UKS_KEY_FFDHE_4096 },
};

static uint32_t find(const struct named_type *types, size_t nr_types, const char *name)
{
	size_t i;

	for (i = 0; i < nr_types; i++)
		if (!strcmp(types[i].name, name))
			return types[i].type;
	return 0;
}

static uint32_t rsa_type(EVP_PKEY *pkey, struct uks_err *err)
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
	}
	format_fail(err, "the RSA key has %d bits: UKS takes those of 2048, 3072 and 4096 bits",
		    EVP_PKEY_get_bits(pkey));
	return 0;
}

static uint32_t group_type(EVP_PKEY *pkey, struct uks_err *err)
{
	const char *kind = EVP_PKEY_is_a(pkey, "DH") ? "Diffie-Hellman" : "EC";
	char group[64];
	uint32_t type;

	if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) != 1) {
		ERR_clear_error();
		format_fail(err,
			    "the %s key names no known group or curve: UKS takes those with a standard one, by its name",
			    kind);
		return 0;
	}
	type = find(groups, ARRAY_SIZE(groups), group);
	if (!type)
		format_fail(err,
			    "the %s key is on %s: UKS takes P-224, P-256, P-384, P-521, SM2 and ffdhe2048 to ffdhe4096",
			    kind, group);
	return type;
}

/* enum uks_key_type, or 0 with @err. */
uint32_t format_type_of(EVP_PKEY *pkey, struct uks_err *err)
{
	const char *kind = EVP_PKEY_get0_type_name(pkey);
	uint32_t type = kind ? find(kinds, ARRAY_SIZE(kinds), kind) : 0;

	if (type)
		return type;
	if (EVP_PKEY_is_a(pkey, "RSA"))
		return rsa_type(pkey, err);
	if (EVP_PKEY_is_a(pkey, "EC") || EVP_PKEY_is_a(pkey, "DH"))
		return group_type(pkey, err);
	format_fail(err,
		    "UKS has no keys of the kind %s: it takes RSA, EC, Ed25519, Ed448, X25519, X448, SM2 and FFDHE",
		    kind ? kind : "in this file");
	return 0;
}

/* A curve that is written out in numbers shall be named. */
static void name_curve(EVP_PKEY *pkey)
{
	if (EVP_PKEY_is_a(pkey, "EC"))
		EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_ENCODING,
					       OSSL_PKEY_EC_ENCODING_GROUP);
	ERR_clear_error();
}

/* As DER PrivateKeyInfo, version 1 (RFC 5208), if its parts belong together. */
int format_take_private(EVP_PKEY *pkey, struct format_key *key, struct uks_err *err)
{
	uint32_t type = format_type_of(pkey, err);
	PKCS8_PRIV_KEY_INFO *info;
	uint8_t *data = NULL;
	int len;

	if (!type || format_check(pkey, err))
		return -1;
	name_curve(pkey);
	info = EVP_PKEY2PKCS8(pkey);
	len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &data) : -1;
	PKCS8_PRIV_KEY_INFO_free(info);
	if (len <= 0)
		return format_fail_crypto(err, "the key cannot be written as PKCS#8");
	*key = (struct format_key){
		.type = type, .format = UKS_FORMAT_PKCS8, .data = data, .len = len
	};
	return 0;
}

/* As DER SubjectPublicKeyInfo (RFC 5280). */
int format_take_public(EVP_PKEY *pkey, struct format_key *key, struct uks_err *err)
{
	uint32_t type = format_type_of(pkey, err);
	uint8_t *data = NULL;
	int len;

	if (!type)
		return -1;
	name_curve(pkey);
	len = i2d_PUBKEY(pkey, &data);
	if (len <= 0)
		return format_fail_crypto(err, "the key cannot be written as SubjectPublicKeyInfo");
	*key = (struct format_key){
		.type = type, .format = UKS_FORMAT_SPKI, .data = data, .len = len
	};
	return 0;
}

/* @type: what the bytes are, or 0. */
int format_take_raw(uint32_t type, const uint8_t *data, size_t len, struct format_key *key,
		    struct uks_err *err)
{
	uint8_t *copy;

	if (!len)
		return format_fail(err, "the key is empty");
	copy = OPENSSL_malloc(len);
	if (!copy)
		return format_fail_memory(err);
	memcpy(copy, data, len);
	*key = (struct format_key){
		.type = type, .format = UKS_FORMAT_RAW, .data = copy, .len = len
	};
	return 0;
}

/* libcrypto's key of a public key as the daemon gives it; NULL with @err. */
EVP_PKEY *format_public_pkey(const uint8_t *spki, size_t len, struct uks_err *err)
{
	const uint8_t *at = spki;
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &at, len);

	if (pkey && at == spki + len)
		return pkey;
	EVP_PKEY_free(pkey);
	format_fail_crypto(err, "the public key is damaged, or of a kind unknown to libcrypto");
	return NULL;
}
