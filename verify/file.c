// SPDX-License-Identifier: LGPL-2.1-or-later
/* Files that uks-verify reads and writes. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "verify/verify.h"

int file_read(const char *path, uint8_t *data, size_t size, size_t *len)
{
	const bool standard = !strcmp(path, "-");
	FILE *file = standard ? stdin : fopen(path, "re");
	int error;

	*len = 0;
	if (!file)
		return complain(CHECK_ERROR, "cannot read '%s': %s", path, strerror(errno));
	*len = fread(data, 1, size, file);
	error = ferror(file);
	if (!standard)
		fclose(file);
	if (error)
		return complain(CHECK_ERROR, "cannot read '%s'", path);
	if (*len == size)
		return complain(CHECK_MALFORMED, "'%s' is longer than %zu bytes", path, size - 1);
	return CHECK_GOOD;
}

int file_write(const char *path, const void *data, size_t len, bool secret)
{
	const bool standard = !path || !strcmp(path, "-");
	int fd = standard ? STDOUT_FILENO :
			    open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
				 secret ? 0600 : 0644);
	ssize_t n = fd < 0 ? -1 : write(fd, data, len);
	int error = errno;

	if (fd >= 0 && !standard && close(fd))
		n = -1;
	if (n == (ssize_t)len)
		return CHECK_GOOD;
	return complain(CHECK_ERROR, "cannot write '%s': %s", standard ? "standard output" : path,
			n < 0 ? strerror(error) : "no room");
}

bool hex_parse(const char *text, uint8_t *data, size_t size, size_t *len)
{
	char digits[3] = "";

	for (*len = 0; isxdigit((uint8_t)text[0]) && isxdigit((uint8_t)text[1]); text += 2) {
		if (*len == size)
			return false;
		memcpy(digits, text, 2);
		data[(*len)++] = strtoul(digits, NULL, 16);
	}
	return !*text && *len;
}

void hex_format(const uint8_t *data, size_t len, char *text)
{
	for (*text = 0; len--; text += 2)
		sprintf(text, "%02x", *data++);
}

/* PEM in @data becomes DER in its place. */
static int unwrap_pem(const char *path, uint8_t *data, size_t size, size_t *len)
{
	BIO *bio = BIO_new_mem_buf(data, *len);
	char *name = NULL, *header = NULL;
	uint8_t *der = NULL, *all = malloc(size);
	int status = CHECK_GOOD;
	size_t used = 0;
	long der_len;

	while (bio && all && PEM_read_bio(bio, &name, &header, &der, &der_len) == 1) {
		if (strcmp(name, PEM_STRING_X509) || der_len > (long)(size - used))
			status = complain(CHECK_MALFORMED,
					  "'%s' has something else than certificates in it", path);
		else
			memcpy(all + used, der, der_len);
		used += status ? 0 : der_len;
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(der);
	}
	if (used)
		memcpy(data, all, used);
	*len = used;
	free(all);
	BIO_free(bio);
	ERR_clear_error();
	return status;
}

int file_certificates(const char *path, uint8_t *data, size_t size, size_t *len)
{
	int status = file_read(path, data, size, len);

	if (status || !memmem(data, *len, "-----BEGIN ", 11))
		return status;
	return unwrap_pem(path, data, size, len);
}

/* DER as it is; PEM by libcrypto. */
int file_public(const char *path, uint8_t *data, size_t size, size_t *len)
{
	EVP_PKEY *key = NULL;
	const uint8_t *at = data;
	uint8_t *to = data;
	BIO *bio;
	int status = file_read(path, data, size, len), out;

	if (status)
		return status;
	if (memmem(data, *len, "-----BEGIN ", 11)) {
		bio = BIO_new_mem_buf(data, *len);
		key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
		BIO_free(bio);
	} else {
		key = d2i_PUBKEY(NULL, &at, *len);
	}
	ERR_clear_error();
	out = key ? i2d_PUBKEY(key, NULL) : -1;
	if (out > 0 && out <= (int)size)
		*len = i2d_PUBKEY(key, &to);
	EVP_PKEY_free(key);
	if (out > 0 && out <= (int)size)
		return CHECK_GOOD;
	return complain(CHECK_ERROR, "'%s' is no public key in PEM or DER", path);
}

int file_write_public(const char *path, const uint8_t *spki, size_t len)
{
	EVP_PKEY *key = d2i_PUBKEY(NULL, &spki, len);
	BIO *bio = BIO_new(BIO_s_mem());
	int status = CHECK_ERROR;
	char *text;
	long pem_len;

	if (key && bio && PEM_write_bio_PUBKEY(bio, key) == 1) {
		pem_len = BIO_get_mem_data(bio, &text);
		status = file_write(path, text, pem_len, false);
	}
	BIO_free(bio);
	EVP_PKEY_free(key);
	return status;
}

int file_roots(const char *path, X509_STORE **roots)
{
	*roots = X509_STORE_new();
	if (*roots && X509_STORE_load_file(*roots, path) == 1)
		return CHECK_GOOD;
	X509_STORE_free(*roots);
	*roots = NULL;
	ERR_clear_error();
	return complain(CHECK_ERROR, "'%s' has no certificates in PEM", path);
}

static int extract(const char *dir, const char *name, const void *data, size_t len)
{
	char path[4096];

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return complain(CHECK_ERROR, "the name '%s' is too long", dir);
	return file_write(path, data, len, false);
}

int file_extract(const char *dir, const struct checked *checked)
{
	const UKS_EVIDENCE *evidence = checked->attestation->evidence;
	char binding[2 * ATTESTATION_DIGEST + 2], path[4096];
	struct uks_evidence quote;
	int status;

	if (!check_evidence(evidence->quote, &quote))
		return CHECK_MALFORMED;
	hex_format(checked->binding, sizeof(checked->binding), binding);
	status = extract(dir, "quote.msg", quote.statement, quote.len);
	if (!status)
		status = extract(dir, "quote.sig", quote.signature, quote.signature_len);
	if (!status)
		status = extract(dir, "binding.hex", binding, strlen(binding));
	if (!status)
		status = extract(dir, "pcrs.bin", ASN1_STRING_get0_data(evidence->pcrs->values),
				 ASN1_STRING_length(evidence->pcrs->values));
	if (!status && snprintf(path, sizeof(path), "%s/ak.pem", dir) < (int)sizeof(path))
		status = file_write_public(path, checked->ak.spki, checked->ak.spki_len);
	return status;
}
