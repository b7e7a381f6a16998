// SPDX-License-Identifier: LGPL-2.1-or-later
/* The public part of a key as attributes. */
#include <stdlib.h>
#include <string.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "key.h"
#include "p11.h"

static ck_rv_t put_number(struct bag *bag, ck_attribute_type_t type, const EVP_PKEY *key,
			  const char *name)
{
	BIGNUM *number = NULL;
	uint8_t bytes[1024];
	ck_rv_t rv = CKR_GENERAL_ERROR;

	if (EVP_PKEY_get_bn_param(key, name, &number) &&
	    BN_num_bytes(number) <= (int)sizeof(bytes))
		rv = bag_put(bag, type, bytes, BN_bn2bin(number, bytes));
	BN_free(number);
	return rv;
}

static ck_rv_t rsa(struct bag *bag, const EVP_PKEY *key)
{
	ck_rv_t rv = put_number(bag, CKA_MODULUS, key, OSSL_PKEY_PARAM_RSA_N);

	if (rv == CKR_OK)
		rv = put_number(bag, CKA_PUBLIC_EXPONENT, key, OSSL_PKEY_PARAM_RSA_E);
	if (rv == CKR_OK)
		rv = bag_put_ulong(bag, CKA_MODULUS_BITS, EVP_PKEY_get_bits(key));
	return rv;
}

/* The point, or the public key of RFC 7748 and RFC 8032, as DER OCTET STRING. */
static ck_rv_t point(struct bag *bag, const struct key_kind *kind, EVP_PKEY *key)
{
	unsigned char raw[140], der[160];
	size_t len = sizeof(raw), head = 2;
	int done;
	ck_rv_t rv;

	if (kind->key_type == CKK_EC)
		done = EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, raw,
						       sizeof(raw), &len);
	else
		done = EVP_PKEY_get_raw_public_key(key, raw, &len);
	if (done <= 0 || !len)
		return CKR_GENERAL_ERROR;
	der[0] = 4;
	if (len < 128) {
		der[1] = len;
	} else {
		der[1] = 0x81;
		der[2] = len;
		head = 3;
	}
	memcpy(der + head, raw, len);
	rv = bag_put(bag, CKA_EC_POINT, der, head + len);
	return rv == CKR_OK ? bag_put(bag, CKA_EC_PARAMS, kind->curve, kind->curve_len) : rv;
}

ck_rv_t key_public_attributes(struct bag *bag, const struct key_kind *kind, const void *spki,
			      size_t len)
{
	const unsigned char *at = spki;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &at, len);
	ck_rv_t rv;

	if (!key)
		return CKR_GENERAL_ERROR;
	rv = kind->key_type == CKK_RSA ? rsa(bag, key) : point(bag, kind, key);
	if (rv == CKR_OK)
		rv = bag_put(bag, CKA_PUBLIC_KEY_INFO, spki, len);
	EVP_PKEY_free(key);
	return rv;
}

/* A private key has all of it but the point. */
void key_learn_public(struct object *object)
{
	const struct key_kind *kind = key_kind_of(object->type);
	uint8_t spki[4096];
	size_t len = sizeof(spki);
	char ref[KEY_REF_LEN];

	if (object->public_known || !object->in_uks || !kind || !key_is_pair(kind))
		return;
	key_ref(ref, object->id);
	if (uks_key_public(module.client, ref, spki, &len, NULL))
		return;
	if (key_public_attributes(&object->bag, kind, spki, len) != CKR_OK)
		return;
	if (object->class == CKO_PRIVATE_KEY)
		bag_remove(&object->bag, CKA_EC_POINT);
	object->public_known = true;
}
