// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a key is used: algorithm, digest, version and parameters from options. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "uksctl.h"

/*
 * Bytes on the command line: "hex:00ff", "file:PATH", or the text itself.
 * @len is 0 if the option is not given.
 */
int option_bytes(struct run *run, enum option_id option, uint8_t *data, size_t size, size_t *len)
{
	const char *text = run->options[option];

	*len = 0;
	if (!text)
		return EXIT_OK;
	if (!strncmp(text, "file:", 5))
		return input_read_all(text + 5, data, size, len);
	if (!strncmp(text, "hex:", 4)) {
		if (!text[4] || hex_decode(text + 4, data, size, len))
			return EXIT_OK;
		return fail_usage(run, "'%s' is not hexadecimal, or longer than %zu bytes", text,
				  size);
	}
	*len = strlen(text);
	if (*len > size)
		return fail_usage(run, "--%s is longer than %zu bytes", option_rows[option].name,
				  size);
	memcpy(data, text, *len);
	return EXIT_OK;
}

/* PEM or DER becomes DER SubjectPublicKeyInfo. */
static EVP_PKEY *read_public(const uint8_t *data, size_t len)
{
	const uint8_t *at = data;
	EVP_PKEY *pkey;
	BIO *bio;

	if (!memmem(data, len, "-----BEGIN ", 11))
		return d2i_PUBKEY(NULL, &at, len);
	bio = BIO_new_mem_buf(data, len);
	pkey = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
	BIO_free(bio);
	return pkey;
}

/* The public key in the file that @option names, as DER SubjectPublicKeyInfo. */
int option_public_key(struct run *run, enum option_id option, uint8_t *data, size_t size,
		      size_t *len)
{
	const char *path = run->options[option];
	uint8_t *der = NULL;
	EVP_PKEY *pkey;
	int ret, der_len;

	*len = 0;
	if (!path)
		return EXIT_OK;
	ret = input_read_all(path, data, size, len);
	if (ret)
		return ret;
	pkey = read_public(data, *len);
	der_len = pkey ? i2d_PUBKEY(pkey, &der) : -1;
	if (der_len > 0 && (size_t)der_len <= size) {
		memcpy(data, der, der_len);
		*len = der_len;
	} else {
		ret = fail_text(EXIT_ERROR, "cannot read '%s': it is no public key in PEM or DER",
				path);
	}
	ERR_clear_error();
	OPENSSL_free(der);
	EVP_PKEY_free(pkey);
	return ret;
}

/* "digest" or a number of bytes. */
static int take_pss_salt(struct run *run, struct uks_parameters *parameters)
{
	const char *text = run->options[OPTION_PSS_SALT];

	if (!text || !strcmp(text, "digest"))
		return EXIT_OK;
	parameters->have |= UKS_HAVE_SALT_LEN;
	return option_number(run, OPTION_PSS_SALT, &parameters->salt_len);
}

static int take_numbers(struct run *run, struct uks_parameters *parameters)
{
	int ret = take_pss_salt(run, parameters);

	if (!ret)
		ret = option_word(run, OPTION_MGF, UKS_WORD_DIGEST, &parameters->mgf_digest);
	if (!ret)
		ret = option_number(run, OPTION_ITERATIONS, &parameters->iterations);
	if (!ret)
		ret = option_number(run, OPTION_LENGTH, &parameters->out_len);
	return ret;
}

static int take_bytes(struct run *run, struct method *method)
{
	struct uks_parameters *parameters = &method->parameters;
	const struct {
		enum option_id option;
		const void **data;
		size_t *len;
	} rows[] = {
		{ OPTION_LABEL, &parameters->label, &parameters->label_len },
		{ OPTION_SALT, &parameters->salt, &parameters->salt_bytes },
		{ OPTION_INFO, &parameters->info, &parameters->info_len },
		{ OPTION_CONTEXT, &parameters->context, &parameters->context_len },
	};
	size_t i;
	int ret = EXIT_OK;

	for (i = 0; i < ARRAY_SIZE(rows) && !ret; i++) {
		ret = option_bytes(run, rows[i].option, method->bytes[i], PARAMETER_MAX,
				   rows[i].len);
		if (run->options[rows[i].option])
			*rows[i].data = method->bytes[i];
	}
	if (ret)
		return ret;
	ret = option_public_key(run, OPTION_PEER, method->bytes[i], PARAMETER_MAX,
				&parameters->peer_len);
	if (parameters->peer_len)
		parameters->peer = method->bytes[i];
	return ret;
}

/* Options that the command does not have are not given, and say nothing. */
int method_from_options(struct run *run, struct method *method)
{
	struct uks_method *how = &method->method;
	int ret;

	memset(method, 0, sizeof(*method));
	how->parameters = &method->parameters;
	how->flags = run->options[OPTION_COMPROMISED] ? UKS_CALL_COMPROMISED : 0;
	ret = option_word(run, OPTION_ALGORITHM, UKS_WORD_ALGORITHM, &how->algorithm);
	if (!ret)
		ret = option_word(run, OPTION_DIGEST, UKS_WORD_DIGEST, &how->digest);
	if (!ret)
		ret = option_number(run, OPTION_VERSION, &how->version);
	if (!ret)
		ret = take_numbers(run, &method->parameters);
	return ret ? ret : take_bytes(run, method);
}
