// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keys between PEM and DER, by libcrypto. */
#include <stdio.h>
#include <string.h>

#include <openssl/decoder.h>
#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ui.h>

#include "uksctl.h"

bool pem_is(const uint8_t *data, size_t len)
{
	static const char begin[] = "-----BEGIN ";

	return memmem(data, len, begin, strlen(begin));
}

static int fail_crypto(const char *what)
{
	char text[256] = "unknown reason";
	unsigned long error = ERR_peek_last_error();

	if (error)
		ERR_error_string_n(error, text, sizeof(text));
	ERR_clear_error();
	return fail_text(EXIT_ERROR, "%s: %s", what, text);
}

/* An encrypted PEM file: the terminal is asked for its passphrase. */
static EVP_PKEY *decode(const char *type, int selection, const uint8_t *data, size_t len)
{
	EVP_PKEY *pkey = NULL;
	OSSL_DECODER_CTX *ctx = OSSL_DECODER_CTX_new_for_pkey(&pkey, type, NULL, NULL, selection,
							      NULL, NULL);

	if (ctx && OSSL_DECODER_CTX_set_passphrase_ui(ctx, UI_get_default_method(), NULL) == 1 &&
	    OSSL_DECODER_from_data(ctx, &data, &len) != 1) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	OSSL_DECODER_CTX_free(ctx);
	return pkey;
}

static int encode(const EVP_PKEY *pkey, const char *type, const char *structure, int selection,
		  uint8_t *data, size_t size, size_t *len)
{
	OSSL_ENCODER_CTX *ctx = OSSL_ENCODER_CTX_new_for_pkey(pkey, selection, type, structure,
							      NULL);
	size_t left = size;
	uint8_t *at = data;
	int ok = ctx && OSSL_ENCODER_to_data(ctx, &at, &left);

	*len = size - left;
	OSSL_ENCODER_CTX_free(ctx);
	return ok;
}

/* Replaces a private key in PEM by the same as DER PrivateKeyInfo (RFC 5958). */
int pem_to_pkcs8(uint8_t *data, size_t size, size_t *len)
{
	EVP_PKEY *pkey = decode("PEM", EVP_PKEY_KEYPAIR, data, *len);
	int ret = EXIT_OK;

	if (!pkey)
		return fail_crypto("cannot read the PEM file as a private key");
	explicit_bzero(data, *len);
	if (!encode(pkey, "DER", "PrivateKeyInfo", EVP_PKEY_KEYPAIR, data, size, len))
		ret = fail_crypto("cannot write the key as PKCS#8");
	EVP_PKEY_free(pkey);
	return ret;
}

/* Replaces DER SubjectPublicKeyInfo (RFC 5280) by the same in PEM (RFC 7468). */
int spki_to_pem(uint8_t *data, size_t size, size_t *len)
{
	EVP_PKEY *pkey = decode("DER", EVP_PKEY_PUBLIC_KEY, data, *len);
	int ret = EXIT_OK;

	if (!pkey)
		return fail_crypto("cannot read the public key");
	if (!encode(pkey, "PEM", "SubjectPublicKeyInfo", EVP_PKEY_PUBLIC_KEY, data, size, len))
		ret = fail_crypto("cannot write the public key as PEM");
	EVP_PKEY_free(pkey);
	return ret;
}
