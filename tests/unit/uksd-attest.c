// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include <openssl/x509v3.h>

#include "tests/unit/uksd-attest.h"

uint32_t ask_attest(struct daemon *daemon, const char *name, uint32_t flags,
		    const uint8_t *bytes, size_t len)
{
	ask_begin(daemon);
	uks_attrs_put_u32(&daemon->in, UKS_A_COMMAND, UKS_ATTEST_KEY);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, name);
	uks_attrs_put(&daemon->in, UKS_A_CHALLENGE, bytes, len);
	if (flags)
		uks_attrs_put_u32(&daemon->in, UKS_A_FLAGS, flags);
	return ask(daemon, UKS_OP_KEY_ATTEST);
}

uint32_t ask_ak(struct daemon *daemon)
{
	ask_begin(daemon);
	uks_attrs_put_u32(&daemon->in, UKS_A_COMMAND, UKS_ATTEST_AK);
	return ask(daemon, UKS_OP_KEY_ATTEST);
}

uint32_t ask_activate(struct daemon *daemon, const struct uks_evidence_credential *credential)
{
	uint8_t both[2 * UKS_EVIDENCE_CRED_MAX];

	memcpy(both, credential->blob, credential->blob_len);
	memcpy(both + credential->blob_len, credential->secret, credential->secret_len);
	ask_begin(daemon);
	uks_attrs_put_u32(&daemon->in, UKS_A_COMMAND, UKS_ATTEST_ACTIVATE);
	uks_attrs_put(&daemon->in, UKS_A_MESSAGE, both,
		      credential->blob_len + credential->secret_len);
	return ask(daemon, UKS_OP_KEY_ATTEST);
}

bool attest_rewrite(const struct checked *checked, const UKS_ATTESTATION *altered, uint8_t *der,
		    size_t *len)
{
	ASN1_OBJECT *type = OBJ_txt2obj(ATTESTATION_EXTENSION, 1);
	X509 *leaf = X509_dup(checked->leaf);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	uint8_t *data = NULL, *at = der;
	int size = i2d_UKS_ATTESTATION(altered, &data);
	X509_EXTENSION *extension;

	if (!type || !leaf || !value || size <= 0 || !ASN1_STRING_set(value, data, size))
		return false;
	extension = X509_get_ext(leaf, X509_get_ext_by_OBJ(leaf, type, -1));
	if (!extension || !X509_EXTENSION_set_data(extension, value))
		return false;
	/* The encoding as it was is kept inside until it is made anew. */
	i2d_re_X509_tbs(leaf, NULL);
	*len = i2d_X509(leaf, &at);
	*len += i2d_X509(checked->issuer, &at);
	OPENSSL_free(data);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(type);
	X509_free(leaf);
	return true;
}
