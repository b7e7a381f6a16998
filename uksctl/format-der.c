// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Keys in DER: PrivateKeyInfo (RFC 5208), OneAsymmetricKey (RFC 5958),
 * EncryptedPrivateKeyInfo (RFC 5958), SubjectPublicKeyInfo and Certificate (RFC 5280).
 * Which of them it is follows from how the outer SEQUENCE begins.
 */
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "format.h"

#define INVALID		0x80	/* bits of what ASN1_get_object() returns */
#define INDEFINITE	0x01
#define HEADER_MAX	8
#define PUBLIC_TAG	1	/* [1] IMPLICIT BIT STRING of OneAsymmetricKey */

static const uint8_t version_1[] = { 2, 1, 0 };
static const uint8_t version_2[] = { 2, 1, 1 };

/* An element of DER: @bytes with its header, @value without. */
struct element {
	const uint8_t *bytes, *value;
	size_t len;
	int tag, class;
};

static bool next_element(const uint8_t **at, const uint8_t *end, struct element *element)
{
	long len;
	int ret;

	element->bytes = *at;
	ret = ASN1_get_object(at, &len, &element->tag, &element->class, end - *at);
	if (ret & (INVALID | INDEFINITE)) {
		ERR_clear_error();
		return false;
	}
	element->value = *at;
	element->len = len;
	*at += len;
	return true;
}

/* Is the file one SEQUENCE, from the first to the last byte? */
bool format_der_whole(const uint8_t *data, size_t len, struct uks_err *err)
{
	const uint8_t *at = data;
	struct element outer;

	if (len < 2 || !next_element(&at, data + len, &outer)) {
		format_fail(err,
			    "the DER is cut off or damaged: it has %zu bytes, and its header tells of more",
			    len);
		return false;
	}
	if (outer.tag != V_ASN1_SEQUENCE || outer.class != V_ASN1_UNIVERSAL) {
		format_fail(err, "this is no key in DER: it does not begin with a SEQUENCE");
		return false;
	}
	if (at == data + len)
		return true;
	format_fail(err, "%zu bytes follow the key: give one key and nothing else",
		    (size_t)(data + len - at));
	return false;
}

bool format_der_detect(const uint8_t *data, size_t len)
{
	return len && data[0] == (V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED);
}

/* Is it a OneAsymmetricKey of version 2 that ends with its public key? */
static bool find_public(const uint8_t *data, size_t len, struct element *key,
			struct element *public)
{
	const uint8_t *at = data, *end = data + len;

	if (!next_element(&at, end, key) || key->len < sizeof(version_2) ||
	    memcmp(key->value, version_2, sizeof(version_2)))
		return false;
	for (at = key->value; at < end;)
		if (!next_element(&at, end, public))
			return false;
	return public->class == V_ASN1_CONTEXT_SPECIFIC && public->tag == PUBLIC_TAG &&
	       public->len > 1 && !public->value[0];
}

static EVP_PKEY *pkey_of_info(PKCS8_PRIV_KEY_INFO *info, struct uks_err *err)
{
	EVP_PKEY *pkey = info ? EVP_PKCS82PKEY(info) : NULL;

	if (!pkey)
		format_fail_crypto(err,
				   "the PKCS#8 key is damaged, or of a kind unknown to libcrypto");
	return pkey;
}

static EVP_PKEY *read_version_1(const uint8_t *data, size_t len, struct uks_err *err)
{
	const uint8_t *at = data;
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, len);
	EVP_PKEY *pkey = pkey_of_info(at == data + len ? info : NULL, err);

	PKCS8_PRIV_KEY_INFO_free(info);
	return pkey;
}

/* The SubjectPublicKeyInfo ends with the public key's bits. */
static bool ends_with(EVP_PKEY *pkey, const struct element *public)
{
	uint8_t *spki = NULL;
	int len = i2d_PUBKEY(pkey, &spki);
	int bits = public->len - 1;
	bool same = len >= bits && !memcmp(spki + len - bits, public->value + 1, bits);

	if (len > 0)
		OPENSSL_free(spki);
	return same;
}

/* OpenSSL 3.0 reads version 1 only: the public key is taken off, and compared. */
static EVP_PKEY *read_version_2(const struct element *key, const struct element *public,
				struct uks_err *err)
{
	size_t rest = public->bytes - key->value - sizeof(version_2);
	size_t content = sizeof(version_1) + rest, room = HEADER_MAX + content;
	uint8_t *copy = OPENSSL_malloc(room), *at = copy;
	EVP_PKEY *pkey;

	if (!copy) {
		format_fail_memory(err);
		return NULL;
	}
	ASN1_put_object(&at, 1, content, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	memcpy(at, version_1, sizeof(version_1));
	memcpy(at + sizeof(version_1), key->value + sizeof(version_2), rest);
	pkey = read_version_1(copy, at + content - copy, err);
	OPENSSL_clear_free(copy, room);
	if (pkey && !ends_with(pkey, public)) {
		format_fail(err,
			    "private and public part do not belong together: the key is damaged");
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	return pkey;
}

int format_pkcs8_read(const uint8_t *data, size_t len, const struct format_input *input,
		      struct format_key *key, struct uks_err *err)
{
	struct element outer, public = { };
	EVP_PKEY *pkey;
	int ret;

	(void)input;
	if (!format_der_whole(data, len, err))
		return -1;
	if (find_public(data, len, &outer, &public))
		pkey = read_version_2(&outer, &public, err);
	else
		pkey = read_version_1(data, len, err);
	if (!pkey)
		return -1;
	ret = format_take_private(pkey, key, err);
	EVP_PKEY_free(pkey);
	return ret;
}

static int decrypt(const X509_SIG *encrypted, const char *passphrase, int passphrase_len,
		   struct format_key *key, struct uks_err *err)
{
	PKCS8_PRIV_KEY_INFO *info = PKCS8_decrypt(encrypted, passphrase, passphrase_len);
	EVP_PKEY *pkey;
	int ret;

	if (!info)
		return format_fail_crypto(err,
					  "the passphrase is wrong, or the encrypted key is damaged, or of a cipher that libcrypto has not");
	pkey = pkey_of_info(info, err);
	ret = pkey ? format_take_private(pkey, key, err) : -1;
	EVP_PKEY_free(pkey);
	PKCS8_PRIV_KEY_INFO_free(info);
	return ret;
}

int format_encrypted_read(const uint8_t *data, size_t len, const struct format_input *input,
			  struct format_key *key, struct uks_err *err)
{
	char passphrase[FORMAT_PASSPHRASE_MAX];
	const uint8_t *at = data;
	X509_SIG *encrypted;
	int n, ret = -1;

	if (!format_der_whole(data, len, err))
		return -1;
	encrypted = d2i_X509_SIG(NULL, &at, len);
	if (!encrypted || at != data + len) {
		format_fail_crypto(err, "the encrypted PKCS#8 key is damaged");
		goto out;
	}
	n = format_passphrase(input, passphrase, err);
	if (n >= 0)
		ret = decrypt(encrypted, passphrase, n, key, err);
	OPENSSL_cleanse(passphrase, sizeof(passphrase));
out:
	X509_SIG_free(encrypted);
	return ret;
}

int format_spki_read(const uint8_t *data, size_t len, const struct format_input *input,
		     struct format_key *key, struct uks_err *err)
{
	EVP_PKEY *pkey;
	int ret;

	(void)input;
	if (!format_der_whole(data, len, err))
		return -1;
	pkey = format_public_pkey(data, len, err);
	ret = pkey ? format_take_public(pkey, key, err) : -1;
	EVP_PKEY_free(pkey);
	return ret;
}

int format_certificate_read(const uint8_t *data, size_t len, const struct format_input *input,
			    struct format_key *key, struct uks_err *err)
{
	const uint8_t *at = data;
	EVP_PKEY *pkey;
	X509 *x509;
	int ret = -1;

	(void)input;
	if (!format_der_whole(data, len, err))
		return -1;
	x509 = d2i_X509(NULL, &at, len);
	pkey = x509 && at == data + len ? X509_get0_pubkey(x509) : NULL;
	if (pkey)
		ret = format_take_public(pkey, key, err);
	else
		format_fail_crypto(err,
				   "the certificate is damaged, or has a key of a kind unknown to libcrypto");
	X509_free(x509);
	return ret;
}

/* The first element of each: a version; an algorithm and bytes; or bits; or more. */
static format_reader *reader_of(const uint8_t *data, size_t len)
{
	const uint8_t *at = data, *end = data + len;
	struct element outer, first, second;

	if (!next_element(&at, end, &outer))
		return NULL;
	at = outer.value;
	if (!next_element(&at, end, &first))
		return NULL;
	if (first.class == V_ASN1_UNIVERSAL && first.tag == V_ASN1_INTEGER)
		return format_pkcs8_read;
	if (first.class != V_ASN1_UNIVERSAL || first.tag != V_ASN1_SEQUENCE ||
	    !next_element(&at, end, &second) || second.class != V_ASN1_UNIVERSAL)
		return NULL;
	if (second.tag == V_ASN1_OCTET_STRING)
		return format_encrypted_read;
	if (second.tag == V_ASN1_BIT_STRING)
		return format_spki_read;
	return second.tag == V_ASN1_SEQUENCE ? format_certificate_read : NULL;
}

int format_der_read(const uint8_t *data, size_t len, const struct format_input *input,
		    struct format_key *key, struct uks_err *err)
{
	format_reader *reader;

	if (!format_der_whole(data, len, err))
		return -1;
	reader = reader_of(data, len);
	if (reader)
		return reader(data, len, input, key, err);
	return format_fail(err,
			   "this DER is no PKCS#8 key, public key or certificate, or it is damaged");
}

int format_der_write(EVP_PKEY *pkey, const char *comment, uint8_t *data, size_t *len,
		     struct uks_err *err)
{
	int written = i2d_PUBKEY(pkey, NULL);

	(void)comment;
	if (written <= 0 || written > FORMAT_OUTPUT_MAX)
		return format_fail_crypto(err, "the public key cannot be written as DER");
	*len = i2d_PUBKEY(pkey, &data);
	return 0;
}
