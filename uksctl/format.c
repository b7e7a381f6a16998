// SPDX-License-Identifier: LGPL-2.1-or-later
/* The table of formats; which one a file has; how errors are told. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include <uks/algorithm.h>

#include "format.h"

/* In the order in which they are looked for. */
static const struct format formats[] = {
	{ "openssh", format_openssh_detect, format_openssh_read, format_openssh_write, false },
	{ "pem", format_pem_detect, format_pem_read, format_pem_write, false },
	{ "jwk", format_jwk_detect, format_jwk_read, format_jwk_write, false },
	{ "pkcs12", format_pkcs12_detect, format_pkcs12_read, NULL, false },
	{ "der", format_der_detect, format_der_read, format_der_write, true },
	{ "pkcs8", NULL, format_pkcs8_read, NULL, false },
	{ "spki", NULL, format_spki_read, NULL, false },
	{ "raw", NULL, format_raw_read, NULL, false },
};

const struct format *format_at(size_t index)
{
	return index < ARRAY_SIZE(formats) ? &formats[index] : NULL;
}

const struct format *format_named(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(formats); i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	return NULL;
}

/* Any 16 bytes are an AES key: binary formats are not looked for in those. */
static bool is_symmetric(uint32_t type)
{
	const struct key_type *found = uks_type_find(type);

	return found && !found->asymmetric;
}

static const struct format *format_of(const uint8_t *data, size_t len,
				      const struct format_input *input)
{
	size_t i;

	if (input->hex)
		return format_named("raw");
	for (i = 0; i < ARRAY_SIZE(formats); i++) {
		const struct format *format = &formats[i];

		if (is_symmetric(input->type) && strcmp(format->name, "jwk") &&
		    strcmp(format->name, "pem") && strcmp(format->name, "openssh"))
			continue;
		if (format->detect && format->detect(data, len))
			return format;
	}
	return is_symmetric(input->type) ? format_named("raw") : NULL;
}

/* The reader for files of no named format: finds out which one it is. */
int format_read(const uint8_t *data, size_t len, const struct format_input *input,
		struct format_key *key, struct uks_err *err)
{
	const struct format *format = format_of(data, len, input);

	if (!len)
		return format_fail(err, "the input is empty");
	if (format)
		return format->read(data, len, input, key, err);
	return format_fail(err,
			   "this is no PEM, DER, PKCS#12, JWK or OpenSSH key, or its beginning is damaged; of a raw key tell the type, and --format raw");
}

void format_free(struct format_key *key)
{
	OPENSSL_clear_free(key->data, key->len);
	*key = (struct format_key){ 0 };
}

static int fail_with(struct uks_err *err, int code, const char *format, va_list args)
{
	*err = (struct uks_err){ .code = code };
	vsnprintf(err->text, sizeof(err->text), format, args);
	return -1;
}

/* The file is not as it should be. Returns -1, as the next three do. */
int format_fail(struct uks_err *err, const char *text, ...)
{
	va_list args;

	va_start(args, text);
	fail_with(err, UKS_E_BAD_MATERIAL, text, args);
	va_end(args);
	return -1;
}

/* What libcrypto says, if it says something, stands behind @what. */
int format_fail_crypto(struct uks_err *err, const char *what)
{
	unsigned long error = ERR_peek_last_error();
	const char *reason = error ? ERR_reason_error_string(error) : NULL;

	format_fail(err, "%s%s%s%s", what, reason ? " (" : "", reason ? reason : "",
		    reason ? ")" : "");
	ERR_clear_error();
	return -1;
}

int format_fail_memory(struct uks_err *err)
{
	format_fail(err, "out of memory");
	err->code = UKS_E_NO_MEMORY;
	return -1;
}

/* @text has room for FORMAT_PASSPHRASE_MAX bytes; the caller wipes it. */
int format_passphrase(const struct format_input *input, char *text, struct uks_err *err)
{
	if (!input->passphrase)
		return format_fail(err, "the key is encrypted: a passphrase is needed");
	return input->passphrase(input->arg, text, FORMAT_PASSPHRASE_MAX, err);
}
