// SPDX-License-Identifier: LGPL-2.1-or-later
/* Certificates of X.509 that a key in the TPM signs. */
#include <stdio.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <sodium.h>

#include "daemon/attest/attest.h"
#include "daemon/tpmgate.h"

#define SERIAL_LEN	16
#define LEAF_SECONDS	(7 * 86400)	/* that a certificate of a key is valid */
#define LEAF_SKEW	300		/* that another machine's clock may be behind */
#define NO_END		"99991231235959Z"	/* RFC 5280, 4.1.2.5 */

static bool put_serial(X509 *certificate)
{
	uint8_t serial[SERIAL_LEN];

	randombytes_buf(serial, sizeof(serial));
	/* Positive, and of full length. */
	serial[0] = (serial[0] & 0x3f) | 0x40;
	return ASN1_STRING_set(X509_get_serialNumber(certificate), serial, sizeof(serial)) == 1;
}

/* ecdsa-with-SHA256 (RFC 5758), in both places where a certificate has it. */
static bool put_method(X509 *certificate)
{
	const X509_ALGOR *inside = X509_get0_tbs_sigalg(certificate), *outside;
	ASN1_OBJECT *method = OBJ_nid2obj(NID_ecdsa_with_SHA256);

	X509_get0_signature(NULL, &outside, certificate);
	return X509_ALGOR_set0((X509_ALGOR *)inside, method, V_ASN1_UNDEF, NULL) == 1 &&
	       X509_ALGOR_set0((X509_ALGOR *)outside, method, V_ASN1_UNDEF, NULL) == 1;
}

static bool put_name(X509_NAME *name, const char *text)
{
	return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)text, -1, -1,
					  0) == 1;
}

static bool put_constraints(X509 *certificate, bool authority)
{
	BASIC_CONSTRAINTS constraints = { .ca = authority ? 0xff : 0 };

	return X509_add1_ext_i2d(certificate, NID_basic_constraints, &constraints, 1, 0) == 1;
}

/* Identifies the key, for whoever builds a chain (RFC 5280, 4.2.1.1 and 4.2.1.2). */
static bool put_key_id(X509 *certificate, int nid, const struct attester *attester)
{
	ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
	AUTHORITY_KEYID authority = { .keyid = id };
	uint8_t digest[crypto_hash_sha256_BYTES];
	bool ok;

	crypto_hash_sha256(digest, attester->issuer.data, attester->issuer.len);
	ok = id && ASN1_STRING_set(id, digest, 20) == 1 &&
	     X509_add1_ext_i2d(certificate, nid,
			       nid == NID_authority_key_identifier ? (void *)&authority : id, 0,
			       0) == 1;
	ASN1_OCTET_STRING_free(id);
	return ok;
}

/* Signs keys' certificates and nothing else (RFC 5280, 4.2.1.3). */
static bool put_usage(X509 *certificate)
{
	ASN1_BIT_STRING *usage = ASN1_BIT_STRING_new();
	bool ok;

	ok = usage && ASN1_BIT_STRING_set_bit(usage, 5, 1) == 1 &&
	     X509_add1_ext_i2d(certificate, NID_key_usage, usage, 1, 0) == 1;
	ASN1_BIT_STRING_free(usage);
	return ok;
}

/* Its name is made of its key, so that two of them do not take one another's place. */
static bool put_issuer_name(X509_NAME *name, const struct attester *attester)
{
	uint8_t digest[crypto_hash_sha256_BYTES];
	char hex[33], text[64];

	crypto_hash_sha256(digest, attester->issuer.data, attester->issuer.len);
	sodium_bin2hex(hex, sizeof(hex), digest, 16);
	snprintf(text, sizeof(text), "UKS attestation %s", hex);
	return put_name(name, text);
}

static bool put_public(X509 *certificate, const uint8_t *spki, size_t len)
{
	X509_PUBKEY *from = d2i_X509_PUBKEY(NULL, &spki, len);
	X509_PUBKEY *to = X509_get_X509_PUBKEY(certificate);
	X509_ALGOR *algorithm, *copy;
	const uint8_t *bits;
	uint8_t *own = NULL;
	ASN1_OBJECT *type;
	bool ok = false;
	int bits_len;

	if (!from || !X509_PUBKEY_get0_param(&type, &bits, &bits_len, &algorithm, from))
		goto out;
	own = OPENSSL_memdup(bits, bits_len);
	type = OBJ_dup(type);
	if (!own || !type || !X509_PUBKEY_set0_param(to, type, V_ASN1_UNDEF, NULL, own, bits_len)) {
		OPENSSL_free(own);
		ASN1_OBJECT_free(type);
		goto out;
	}
	ok = X509_PUBKEY_get0_param(NULL, NULL, NULL, &copy, to) == 1 &&
	     X509_ALGOR_copy(copy, algorithm) == 1;
out:
	X509_PUBKEY_free(from);
	return ok;
}

/* A key without public part: the check value stands for it. */
static bool put_check_value(X509 *certificate, const uint8_t *check)
{
	ASN1_OBJECT *type = OBJ_txt2obj(ATTESTATION_NO_PUBLIC, 1);
	uint8_t *own = OPENSSL_memdup(check, KEY_CHECK_LEN);

	if (type && own &&
	    X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(certificate), type, V_ASN1_UNDEF, NULL,
				   own, KEY_CHECK_LEN))
		return true;
	ASN1_OBJECT_free(type);
	OPENSSL_free(own);
	return false;
}

static bool put_subject(X509 *certificate, const struct key *key, bool anonymous)
{
	char hex[2 * UKS_KEY_ID_LEN + 1], text[64];

	sodium_bin2hex(hex, sizeof(hex), key->id, sizeof(key->id));
	snprintf(text, sizeof(text), anonymous ? "UKS key" : "UKS key %s", hex);
	return put_name(X509_get_subject_name(certificate), text);
}

X509 *attest_leaf(const struct key *key, bool anonymous, const uint8_t *check,
		  const struct attester *attester)
{
	X509 *certificate = X509_new();
	bool ok;

	ok = certificate && X509_set_version(certificate, X509_VERSION_3) == 1 &&
	     put_serial(certificate) && put_method(certificate) &&
	     put_subject(certificate, key, anonymous) &&
	     put_issuer_name(X509_get_issuer_name(certificate), attester) &&
	     X509_gmtime_adj(X509_getm_notBefore(certificate), -LEAF_SKEW) &&
	     X509_gmtime_adj(X509_getm_notAfter(certificate), LEAF_SECONDS) &&
	     (key->public_len ? put_public(certificate, key->public_key, key->public_len) :
				put_check_value(certificate, check)) &&
	     put_constraints(certificate, false) &&
	     put_key_id(certificate, NID_authority_key_identifier, attester);
	if (ok)
		return certificate;
	X509_free(certificate);
	return NULL;
}

bool attest_without_end(X509 *certificate)
{
	return ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate), NO_END) == 1;
}

static bool put_attestation(X509 *certificate, const UKS_ATTESTATION *attestation)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *type = OBJ_txt2obj(ATTESTATION_EXTENSION, 1);
	X509_EXTENSION *extension = NULL;
	uint8_t *der = NULL;
	int len = i2d_UKS_ATTESTATION(attestation, &der);
	bool ok;

	if (type && value && len > 0 && ASN1_STRING_set(value, der, len))
		extension = X509_EXTENSION_create_by_OBJ(NULL, type, 0, value);
	ok = extension && X509_add_ext(certificate, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(type);
	OPENSSL_free(der);
	return ok;
}

static int sign_bytes(struct uks_tpm *tpm, const struct attester *attester, const uint8_t *tbs,
		      size_t len, ASN1_BIT_STRING *to, struct failure *failure)
{
	const struct uks_tpm_access access = { .auth = attester->auth };
	uint8_t digest[crypto_hash_sha256_BYTES], signature[UKS_TPM_OUTPUT_MAX];
	size_t signature_len = sizeof(signature);
	struct uks_tpm_error error;

	crypto_hash_sha256(digest, tbs, len);
	if (uks_tpm_key_sign(tpm, &attester->issuer, &access, UKS_TPM_ECDSA, UKS_TPM_SHA256,
			     digest, sizeof(digest), signature, &signature_len, &error))
		return tpmgate_fail(&error, failure);
	if (ASN1_STRING_set(to, signature, signature_len) != 1)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory");
	/* All of the last byte's bits count. */
	to->flags = (to->flags & ~7) | ASN1_STRING_FLAG_BITS_LEFT;
	return 0;
}

int attest_sign(struct uks_tpm *tpm, const struct attester *attester,
		const UKS_ATTESTATION *attestation, X509 *certificate, struct failure *failure)
{
	const ASN1_BIT_STRING *signature;
	uint8_t *tbs = NULL;
	int len = -1, ret;

	if (!attestation || put_attestation(certificate, attestation))
		len = i2d_re_X509_tbs(certificate, &tbs);
	ERR_clear_error();
	if (len <= 0)
		return failure_set(failure, UKS_E_CRYPTO,
				   "libcrypto cannot write the certificate");
	X509_get0_signature(&signature, NULL, certificate);
	ret = sign_bytes(tpm, attester, tbs, len, (ASN1_BIT_STRING *)signature, failure);
	OPENSSL_free(tbs);
	return ret;
}

static X509 *begin_issuer(const struct attester *attester, const uint8_t *spki, size_t len)
{
	X509 *certificate = X509_new();
	bool ok;

	ok = certificate && X509_set_version(certificate, X509_VERSION_3) == 1 &&
	     put_serial(certificate) && put_method(certificate) &&
	     put_issuer_name(X509_get_subject_name(certificate), attester) &&
	     put_issuer_name(X509_get_issuer_name(certificate), attester) &&
	     X509_gmtime_adj(X509_getm_notBefore(certificate), -1) &&
	     ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate), NO_END) == 1 &&
	     put_public(certificate, spki, len) && put_constraints(certificate, true) &&
	     put_usage(certificate) &&
	     put_key_id(certificate, NID_subject_key_identifier, attester);
	if (ok)
		return certificate;
	X509_free(certificate);
	return NULL;
}

int attest_issuer(struct uks_tpm *tpm, struct attester *attester, struct failure *failure)
{
	uint8_t spki[UKS_TPM_SPKI_MAX], *at = attester->certificate;
	size_t spki_len = sizeof(spki);
	struct uks_tpm_error error;
	X509 *certificate;
	int len, ret;

	if (uks_tpm_key_public(&attester->issuer, spki, &spki_len, &error))
		return tpmgate_fail(&error, failure);
	certificate = begin_issuer(attester, spki, spki_len);
	ERR_clear_error();
	if (!certificate)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for a certificate");
	ret = attest_sign(tpm, attester, NULL, certificate, failure);
	len = ret ? 0 : i2d_X509(certificate, NULL);
	if (!ret && (len <= 0 || len > ATTEST_CERTIFICATE_MAX))
		ret = failure_set(failure, UKS_E_CRYPTO, "libcrypto cannot write the certificate");
	if (!ret)
		attester->certificate_len = i2d_X509(certificate, &at);
	X509_free(certificate);
	return ret;
}
