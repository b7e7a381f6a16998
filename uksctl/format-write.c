// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Public keys as JWK (RFC 7517), its members in the order of RFC 7638, and as a line
 * of OpenSSH (RFC 4253, 6.6; RFC 5656, 3.1; RFC 8709, 4).
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>

#include "base64url.h"
#include "format.h"
#include "format-jwk.h"

#define NUMBER_MAX	512	/* bytes of an RSA modulus of 4096 bits */
#define BLOB_MAX	2048
#define TEXT_MAX	(4 * (NUMBER_MAX + 2) / 3 + 1)

/* A number of a key, big-endian. Returns its bytes, or -1. */
static int number_of(EVP_PKEY *pkey, const char *name, uint8_t *bytes)
{
	BIGNUM *number = NULL;
	int len = -1;

	if (EVP_PKEY_get_bn_param(pkey, name, &number) == 1 &&
	    BN_num_bytes(number) <= NUMBER_MAX)
		len = BN_bn2bin(number, bytes);
	BN_free(number);
	return len;
}

/* The uncompressed point of an EC key. */
static size_t point_of(EVP_PKEY *pkey, uint8_t *point, size_t size)
{
	size_t len;

	if (EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, point, size,
					    &len) != 1 ||
	    !len || point[0] != POINT_CONVERSION_UNCOMPRESSED)
		return 0;
	return len;
}

static const struct jwk_curve *curve_of(EVP_PKEY *pkey)
{
	const struct jwk_curve *curve;
	char group[64] = "";
	size_t i;

	if (EVP_PKEY_is_a(pkey, "EC") &&
	    EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) != 1)
		return NULL;
	for (i = 0; (curve = jwk_curve_at(i)); i++)
		if (curve->group ? !strcmp(curve->group, group) :
				   EVP_PKEY_get_base_id(pkey) == curve->nid)
			return curve;
	return NULL;
}

static int fail_form(const char *format, struct uks_err *err)
{
	return format_fail(err, "the %s format has no form for this kind of key: use --format pem",
			   format);
}

/* ---- JWK ---- */

static int jwk_rsa(EVP_PKEY *pkey, char *json)
{
	uint8_t n[NUMBER_MAX], e[NUMBER_MAX];
	char n_text[TEXT_MAX], e_text[TEXT_MAX];
	int n_len = number_of(pkey, OSSL_PKEY_PARAM_RSA_N, n);
	int e_len = number_of(pkey, OSSL_PKEY_PARAM_RSA_E, e);

	if (n_len < 0 || e_len < 0)
		return -1;
	return snprintf(json, FORMAT_OUTPUT_MAX, "{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}\n",
			base64url_encode(e, e_len, e_text), base64url_encode(n, n_len, n_text));
}

static int jwk_curve(EVP_PKEY *pkey, const struct jwk_curve *curve, char *json)
{
	char x[TEXT_MAX], y[TEXT_MAX];
	uint8_t public[1 + 2 * 66];
	size_t len = sizeof(public);

	if (!curve->group) {
		if (EVP_PKEY_get_raw_public_key(pkey, public, &len) != 1)
			return -1;
		return snprintf(json, FORMAT_OUTPUT_MAX,
				"{\"crv\":\"%s\",\"kty\":\"OKP\",\"x\":\"%s\"}\n", curve->name,
				base64url_encode(public, len, x));
	}
	if (point_of(pkey, public, sizeof(public)) != 1 + 2 * (size_t)curve->len)
		return -1;
	return snprintf(json, FORMAT_OUTPUT_MAX,
			"{\"crv\":\"%s\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}\n", curve->name,
			base64url_encode(public + 1, curve->len, x),
			base64url_encode(public + 1 + curve->len, curve->len, y));
}

int format_jwk_write(EVP_PKEY *pkey, const char *comment, uint8_t *data, size_t *len,
		     struct uks_err *err)
{
	const struct jwk_curve *curve = curve_of(pkey);
	int written;

	(void)comment;
	if (EVP_PKEY_is_a(pkey, "RSA"))
		written = jwk_rsa(pkey, (char *)data);
	else if (curve)
		written = jwk_curve(pkey, curve, (char *)data);
	else
		return fail_form("jwk", err);
	if (written < 0)
		return format_fail_crypto(err, "the public key cannot be written as JWK");
	*len = written;
	return 0;
}

/* ---- OpenSSH ---- */

/* What is written: strings of RFC 4251, 5. */
struct blob {
	uint8_t bytes[BLOB_MAX];
	size_t len;
};

static void put(struct blob *blob, const void *bytes, size_t len, bool number)
{
	/* A number whose first bit is set would be negative. */
	bool zero = number && len && *(const uint8_t *)bytes & 0x80;
	uint32_t total = htonl(len + zero);

	if (len + zero + sizeof(total) > sizeof(blob->bytes) - blob->len)
		return;
	memcpy(blob->bytes + blob->len, &total, sizeof(total));
	blob->len += sizeof(total);
	if (zero)
		blob->bytes[blob->len++] = 0;
	memcpy(blob->bytes + blob->len, bytes, len);
	blob->len += len;
}

static const char *put_rsa(EVP_PKEY *pkey, struct blob *blob)
{
	uint8_t n[NUMBER_MAX], e[NUMBER_MAX];
	int n_len = number_of(pkey, OSSL_PKEY_PARAM_RSA_N, n);
	int e_len = number_of(pkey, OSSL_PKEY_PARAM_RSA_E, e);

	if (n_len < 0 || e_len < 0)
		return NULL;
	put(blob, "ssh-rsa", 7, false);
	put(blob, e, e_len, true);
	put(blob, n, n_len, true);
	return "ssh-rsa";
}

static const char *put_ec(EVP_PKEY *pkey, const struct jwk_curve *curve, struct blob *blob)
{
	static const char *const types[] = {
		"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
	};
	const char *type = types[curve->len == 32 ? 0 : curve->len == 48 ? 1 : 2];
	uint8_t point[1 + 2 * 66];
	size_t len = point_of(pkey, point, sizeof(point));

	put(blob, type, strlen(type), false);
	put(blob, strrchr(type, '-') + 1, strlen("nistp256"), false);
	put(blob, point, len, false);
	return len ? type : NULL;
}

static const char *put_ed25519(EVP_PKEY *pkey, struct blob *blob)
{
	uint8_t public[32];
	size_t len = sizeof(public);

	if (EVP_PKEY_get_raw_public_key(pkey, public, &len) != 1)
		return NULL;
	put(blob, "ssh-ed25519", 11, false);
	put(blob, public, len, false);
	return "ssh-ed25519";
}

/* A name may hold anything; in a line only what cannot end it. */
static void put_comment(char *line, const char *comment)
{
	size_t len = strlen(line);

	if (*comment)
		line[len++] = ' ';
	for (; *comment; comment++)
		line[len++] = (unsigned char)*comment < ' ' ? '_' : *comment;
	line[len++] = '\n';
	line[len] = 0;
}

int format_openssh_write(EVP_PKEY *pkey, const char *comment, uint8_t *data, size_t *len,
			 struct uks_err *err)
{
	const struct jwk_curve *curve = curve_of(pkey);
	struct blob blob = { .len = 0 };
	const char *type = NULL;
	char *line = (char *)data;

	if (EVP_PKEY_is_a(pkey, "RSA"))
		type = put_rsa(pkey, &blob);
	else if (curve && curve->group)
		type = put_ec(pkey, curve, &blob);
	else if (EVP_PKEY_is_a(pkey, "ED25519"))
		type = put_ed25519(pkey, &blob);
	else
		return fail_form("openssh", err);
	if (!type)
		return format_fail_crypto(err, "the public key cannot be written for OpenSSH");
	*len = snprintf(line, FORMAT_OUTPUT_MAX, "%s ", type);
	EVP_EncodeBlock(data + *len, blob.bytes, blob.len);
	put_comment(line, strlen(comment) < FORMAT_OUTPUT_MAX / 2 ? comment : "");
	*len = strlen(line);
	return 0;
}
