// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Signatures of X.509 by a session of UKS: libcrypto encodes what is to be signed, and
 * the signature that comes back is put where libcrypto would have put its own.
 */
#include <string.h>

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include "certificate.h"

#define PSS_LEN	54

static const struct {
	uint32_t digest;
	int nid;
	uint8_t last;	/* of the digest's object identifier */
	uint8_t len;
} digests[] = {
	{ UKS_DIGEST_SHA256, NID_sha256, 1, 32 },
	{ UKS_DIGEST_SHA384, NID_sha384, 2, 48 },
	{ UKS_DIGEST_SHA512, NID_sha512, 3, 64 },
};

/* RSASSA-PSS-params (RFC 4055, 3.1): digest, MGF1 with it, salt of its length. */
static int name_pss(X509_ALGOR *name, uint8_t digest, uint8_t salt)
{
	const uint8_t params[PSS_LEN] = {
		0x30, 0x34, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
		0x04, 0x02, digest, 0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86,
		0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,
		0x01, 0x65, 0x03, 0x04, 0x02, digest, 0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, salt,
	};
	ASN1_STRING *value = ASN1_STRING_new();

	if (value && ASN1_STRING_set(value, params, sizeof(params)) &&
	    X509_ALGOR_set0(name, OBJ_nid2obj(NID_rsassaPss), V_ASN1_SEQUENCE, value))
		return 1;
	ASN1_STRING_free(value);
	return 0;
}

static int name_digested(struct run *run, EVP_PKEY *pkey, struct signing *signing)
{
	bool rsa = signing->algorithm == UKS_ALG_RSA_PKCS1;
	int nid, ok = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(digests); i++) {
		if (digests[i].digest != signing->digest)
			continue;
		if (signing->algorithm == UKS_ALG_RSA_PSS)
			ok = name_pss(signing->name, digests[i].last, digests[i].len);
		else if (OBJ_find_sigid_by_algs(&nid, digests[i].nid, EVP_PKEY_get_base_id(pkey)))
			ok = X509_ALGOR_set0(signing->name, OBJ_nid2obj(nid),
					     rsa ? V_ASN1_NULL : V_ASN1_UNDEF, NULL);
		return ok ? EXIT_OK : fail_text(EXIT_ERROR, "out of memory");
	}
	return fail_usage(run,
			  "'%s' is not a digest of certificates: sha256, sha384 and sha512 are",
			  run->options[OPTION_DIGEST]);
}

static int name_pure(struct run *run, EVP_PKEY *pkey, struct signing *signing)
{
	if (run->options[OPTION_DIGEST])
		return fail_usage(run, "an Edwards curve has no digest to choose");
	signing->digest = 0;
	if (X509_ALGOR_set0(signing->name, OBJ_nid2obj(EVP_PKEY_get_base_id(pkey)), V_ASN1_UNDEF,
			    NULL))
		return EXIT_OK;
	return fail_text(EXIT_ERROR, "out of memory");
}

static uint32_t usual_algorithm(EVP_PKEY *pkey)
{
	switch (EVP_PKEY_get_base_id(pkey)) {
	case EVP_PKEY_RSA:
		return UKS_ALG_RSA_PKCS1;
	case EVP_PKEY_EC:
		return UKS_ALG_ECDSA;
	case EVP_PKEY_ED25519:
		return UKS_ALG_ED25519;
	case EVP_PKEY_ED448:
		return UKS_ALG_ED448;
	}
	return 0;
}

/* By --algorithm and --digest. @signing->name is the caller's, also after an error. */
int signing_choose(struct run *run, EVP_PKEY *pkey, struct signing *signing)
{
	uint32_t wanted, usual = usual_algorithm(pkey);
	int ret = option_word(run, OPTION_ALGORITHM, UKS_WORD_ALGORITHM, &wanted);

	if (!ret)
		ret = option_word(run, OPTION_DIGEST, UKS_WORD_DIGEST, &signing->digest);
	if (ret)
		return ret;
	if (!usual)
		return fail_text(EXIT_ERROR,
				 "'%s' is a %s key, and certificates are made of RSA, EC, Ed25519 and Ed448 keys",
				 run->args[0], EVP_PKEY_get0_type_name(pkey));
	if (wanted && wanted != usual &&
	    (usual != UKS_ALG_RSA_PKCS1 || wanted != UKS_ALG_RSA_PSS))
		return fail_usage(run, "'%s' does not sign by '%s'", run->args[0],
				  run->options[OPTION_ALGORITHM]);
	signing->algorithm = wanted ? wanted : usual;
	if (!signing->digest)
		signing->digest = UKS_DIGEST_SHA256;
	signing->name = X509_ALGOR_new();
	if (!signing->name)
		return fail_text(EXIT_ERROR, "out of memory");
	if (usual == UKS_ALG_ED25519 || usual == UKS_ALG_ED448)
		return name_pure(run, pkey, signing);
	return name_digested(run, pkey, signing);
}

/* Sign @len bytes at @tbs, which are freed, and put the signature in a bit string. */
static int put_signature(struct run *run, const struct signing *signing, uint8_t *tbs,
			 int len, ASN1_BIT_STRING *string)
{
	uint8_t signature[UKS_SIGNATURE_MAX];
	size_t signature_len = sizeof(signature);
	const struct uks_method method = {
		.algorithm = signing->algorithm, .digest = signing->digest,
	};
	struct uks_session *session = NULL;
	int ret = EXIT_OK;

	if (len <= 0)
		return fail_text(EXIT_ERROR, "libcrypto cannot write what is to be signed");
	if (session_open(run, UKS_PURPOSE_SIGN, &method, &session) ||
	    uks_sign(session, tbs, len, signature, &signature_len, &run->err))
		ret = fail(run, "sign with", run->args[0]);
	else if (!ASN1_STRING_set(string, signature, signature_len))
		ret = fail_text(EXIT_ERROR, "out of memory");
	/* All of the last byte's bits count. */
	string->flags = (string->flags & ~7) | ASN1_STRING_FLAG_BITS_LEFT;
	uks_session_close(session);
	OPENSSL_free(tbs);
	return ret;
}

static int fail_verification(const struct run *run)
{
	ERR_clear_error();
	return fail_text(EXIT_ERROR,
			 "the signature of '%s' is not right: the key was exchanged meanwhile, try again",
			 run->args[0]);
}

int sign_request(struct run *run, const struct signing *signing, X509_REQ *request)
{
	ASN1_BIT_STRING *string = ASN1_BIT_STRING_new();
	uint8_t *tbs = NULL;
	int len, ret;

	if (!string || !X509_REQ_set1_signature_algo(request, signing->name)) {
		ASN1_BIT_STRING_free(string);
		return fail_text(EXIT_ERROR, "out of memory");
	}
	X509_REQ_set0_signature(request, string);
	len = i2d_re_X509_REQ_tbs(request, &tbs);
	ret = put_signature(run, signing, tbs, len, string);
	if (ret)
		return ret;
	if (X509_REQ_verify(request, X509_REQ_get0_pubkey(request)) != 1)
		return fail_verification(run);
	return EXIT_OK;
}

/* The algorithm's name stands inside of what is signed, and once more outside. */
int sign_certificate(struct run *run, const struct signing *signing, X509 *certificate)
{
	const X509_ALGOR *outside, *inside = X509_get0_tbs_sigalg(certificate);
	const ASN1_BIT_STRING *string;
	uint8_t *tbs = NULL;
	int len, ret;

	X509_get0_signature(&string, &outside, certificate);
	if (!X509_ALGOR_copy((X509_ALGOR *)inside, signing->name) ||
	    !X509_ALGOR_copy((X509_ALGOR *)outside, signing->name))
		return fail_text(EXIT_ERROR, "out of memory");
	len = i2d_re_X509_tbs(certificate, &tbs);
	ret = put_signature(run, signing, tbs, len, (ASN1_BIT_STRING *)string);
	if (ret)
		return ret;
	if (X509_verify(certificate, X509_get0_pubkey(certificate)) != 1)
		return fail_verification(run);
	return EXIT_OK;
}
