// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * PKCS#8 private keys. OpenSSL 3.0 reads version 1 (RFC 5208). Version 2 (RFC
 * 5958), which other libraries write for Ed25519, may have the public key at its
 * end: it is taken off, and what remains is of version 1.
 */
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "daemon/provider/sealed.h"

#define PUBLIC_TAG	1	/* [1] IMPLICIT BIT STRING */
#define HEADER_MAX	8
#define INVALID		0x80	/* bits of what ASN1_get_object() returns */
#define INDEFINITE	0x01

static const uint8_t version_1[] = { 2, 1, 0 };
static const uint8_t version_2[] = { 2, 1, 1 };

/* An element of DER: @bytes with its header, @value without. */
struct element {
	const uint8_t *bytes;
	const uint8_t *value;
	size_t len;
	int tag;
	int class;
};

/* Read one element, and move on to the next. */
static bool next_element(const uint8_t **at, const uint8_t *end, struct element *element)
{
	long len;
	int ret;

	element->bytes = *at;
	ret = ASN1_get_object(at, &len, &element->tag, &element->class, end - *at);
	if (ret & (INVALID | INDEFINITE))
		return false;
	element->value = *at;
	element->len = len;
	*at += len;
	return true;
}

/* Find the public key in a key of version 2; false when it is none that has one. */
static bool find_public(const struct import *import, struct element *key,
			struct element *public_key)
{
	const uint8_t *at = import->bytes, *end = at + import->len;

	if (!next_element(&at, end, key) || at != end || key->tag != V_ASN1_SEQUENCE ||
	    key->len < sizeof(version_2) || memcmp(key->value, version_2, sizeof(version_2)))
		return false;
	for (at = key->value; at < end;)
		if (!next_element(&at, end, public_key))
			return false;
	return public_key->class == V_ASN1_CONTEXT_SPECIFIC && public_key->tag == PUBLIC_TAG &&
	       public_key->len > 1 && !public_key->value[0];
}

/* Write a key of version 2 as one of version 1, in the secure heap. */
static uint8_t *without_public(const struct element *key, const struct element *public_key,
			       size_t *len)
{
	size_t rest = public_key->bytes - key->value - sizeof(version_2);
	size_t content = sizeof(version_1) + rest;
	uint8_t *copy = OPENSSL_secure_malloc(HEADER_MAX + content), *at = copy;

	if (!copy)
		return NULL;
	ASN1_put_object(&at, 1, content, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	memcpy(at, version_1, sizeof(version_1));
	memcpy(at + sizeof(version_1), key->value + sizeof(version_2), rest);
	*len = at + content - copy;
	return copy;
}

static EVP_PKEY *read_version_1(const struct key_type *type, const uint8_t *bytes, size_t len,
				struct failure *failure)
{
	const uint8_t *at = bytes;
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, len);
	EVP_PKEY *pkey = NULL;

	if (!info) {
		failure_set(failure, UKS_E_BAD_MATERIAL,
			    "the %s key is not unencrypted PKCS#8 in DER: convert it with 'openssl pkcs8 -topk8 -nocrypt -outform DER'",
			    type->name);
	} else if (at != bytes + len) {
		failure_set(failure, UKS_E_BAD_MATERIAL,
			    "%zu bytes follow the PKCS#8 key: import one key and nothing else",
			    (size_t)(bytes + len - at));
	} else {
		pkey = EVP_PKCS82PKEY(info);
		if (!pkey)
			failure_set(failure, UKS_E_BAD_MATERIAL,
				    "the PKCS#8 key is of an unknown kind or invalid");
	}
	ERR_clear_error();
	PKCS8_PRIV_KEY_INFO_free(info);
	return pkey;
}

EVP_PKEY *sealed_read_pkcs8(const struct key_type *type, const struct import *import,
			    struct failure *failure)
{
	struct element key, public_key = { };
	EVP_PKEY *pkey;
	uint8_t *copy;
	size_t len;

	if (!find_public(import, &key, &public_key))
		return read_version_1(type, import->bytes, import->len, failure);
	copy = without_public(&key, &public_key, &len);
	if (!copy) {
		failure_set(failure, UKS_E_NO_MEMORY, "out of locked memory for a key");
		return NULL;
	}
	pkey = read_version_1(type, copy, len, failure);
	OPENSSL_secure_clear_free(copy, len);
	return pkey;
}

/* The SubjectPublicKeyInfo ends with what would be the public key's bits. */
int sealed_check_pkcs8_public(const struct import *import, const struct material *material,
			      struct failure *failure)
{
	struct element key, public_key = { };
	size_t len;

	if (!find_public(import, &key, &public_key))
		return 0;
	len = public_key.len - 1;
	if (len < material->public_len &&
	    !memcmp(material->public_key + material->public_len - len, public_key.value + 1, len))
		return 0;
	return failure_set(failure, UKS_E_BAD_MATERIAL,
			   "private and public part of the PKCS#8 key do not belong together");
}
