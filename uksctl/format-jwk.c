// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * JSON Web Keys (RFC 7517): oct, EC, RSA (RFC 7518, 6) and OKP (RFC 8037), private
 * and public, alone or as the only one of a set. jansson parses.
 */
#include <stdio.h>
#include <string.h>

#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>

#include "base64url.h"
#include "format.h"
#include "format-jwk.h"

/* Algorithms of RFC 7518 that tell what an "oct" key is for; %0 length: any. */
static const struct {
	const char *alg;
	uint32_t type;
	size_t len;
} algorithms[] = {
	{ "A128GCM", UKS_KEY_AES_128, 16 }, { "A192GCM", UKS_KEY_AES_192, 24 },
	{ "A256GCM", UKS_KEY_AES_256, 32 }, { "A128KW", UKS_KEY_AES_128, 16 },
	{ "A192KW", UKS_KEY_AES_192, 24 }, { "A256KW", UKS_KEY_AES_256, 32 },
	{ "A128GCMKW", UKS_KEY_AES_128, 16 }, { "A192GCMKW", UKS_KEY_AES_192, 24 },
	{ "A256GCMKW", UKS_KEY_AES_256, 32 }, { "HS256", UKS_KEY_HMAC_SHA256, 0 },
	{ "HS384", UKS_KEY_HMAC_SHA384, 0 }, { "HS512", UKS_KEY_HMAC_SHA512, 0 },
};

static const struct jwk_curve curves[] = {
	{ "P-256", "prime256v1", 0, 32 }, { "P-384", "secp384r1", 0, 48 },
	{ "P-521", "secp521r1", 0, 66 }, { "Ed25519", NULL, EVP_PKEY_ED25519, 32 },
	{ "Ed448", NULL, EVP_PKEY_ED448, 57 }, { "X25519", NULL, EVP_PKEY_X25519, 32 },
	{ "X448", NULL, EVP_PKEY_X448, 56 },
};

const struct jwk_curve *jwk_curve_at(size_t index)
{
	return index < ARRAY_SIZE(curves) ? &curves[index] : NULL;
}

static const struct jwk_curve *curve_named(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(curves); i++)
		if (!strcmp(curves[i].name, name))
			return &curves[i];
	return NULL;
}

/* An object that tells of a key. */
bool format_jwk_detect(const uint8_t *data, size_t len)
{
	size_t i = 0;

	while (i < len && strchr(" \t\r\n", data[i]) && data[i])
		i++;
	return i < len && data[i] == '{' &&
	       (memmem(data, len, "\"kty\"", 5) || memmem(data, len, "\"keys\"", 6));
}

/* A member that must be text, or NULL. */
static const char *text_of(const json_t *jwk, const char *name)
{
	return json_string_value(json_object_get(jwk, name));
}

/* Bytes of a member: their number, 0 if it is absent, or -1; for OPENSSL_clear_free(). */
static long take_bytes(const json_t *jwk, const char *name, uint8_t **bytes,
		       struct uks_err *err)
{
	const json_t *member = json_object_get(jwk, name);
	const char *text = json_string_value(member);
	long len;

	*bytes = NULL;
	if (!member)
		return 0;
	if (!text || !*text)
		return format_fail(err, "member '%s' of the JWK is not text, or empty", name);
	*bytes = OPENSSL_malloc(strlen(text));
	if (!*bytes)
		return format_fail_memory(err);
	len = base64url_decode(text, *bytes);
	if (len > 0)
		return len;
	OPENSSL_clear_free(*bytes, strlen(text));
	*bytes = NULL;
	return format_fail(err,
			   "member '%s' of the JWK is not base64url (RFC 7515, 2): it is cut off or damaged",
			   name);
}

static int fail_missing(const char *name, const char *what, struct uks_err *err)
{
	return format_fail(err, "the JWK lacks member '%s', which %s key needs", name, what);
}

/* A number; absent is no error unless @needed. */
static int take_number(const json_t *jwk, const char *name, bool needed, BIGNUM **number,
		       struct uks_err *err)
{
	uint8_t *bytes;
	long len = take_bytes(jwk, name, &bytes, err);

	if (len < 0)
		return -1;
	if (!len)
		return needed ? fail_missing(name, "this kind of", err) : 0;
	*number = BN_bin2bn(bytes, len, NULL);
	OPENSSL_clear_free(bytes, len);
	return *number ? 0 : format_fail_memory(err);
}

/* ---- oct ---- */

static int type_of_alg(const char *alg, long len, const struct format_input *input,
		       uint32_t *type, struct uks_err *err)
{
	size_t i;

	*type = input->type;
	for (i = 0; alg && i < ARRAY_SIZE(algorithms); i++) {
		if (strcmp(algorithms[i].alg, alg))
			continue;
		if (algorithms[i].len && (size_t)len != algorithms[i].len)
			return format_fail(err,
					   "the JWK is said to be for %s, which has %zu bytes, but has %ld",
					   alg, algorithms[i].len, len);
		*type = algorithms[i].type;
		return 0;
	}
	if (*type)
		return 0;
	return format_fail(err,
			   "the JWK is %ld bytes and its member 'alg' does not tell for what: use --type",
			   len);
}

static int read_oct(const json_t *jwk, const struct format_input *input, struct format_key *key,
		    struct uks_err *err)
{
	uint8_t *bytes;
	uint32_t type;
	long len = take_bytes(jwk, "k", &bytes, err);
	int ret;

	if (len <= 0)
		return len ? -1 : fail_missing("k", "an oct", err);
	ret = type_of_alg(text_of(jwk, "alg"), len, input, &type, err);
	if (!ret)
		ret = format_take_raw(type, bytes, len, key, err);
	OPENSSL_clear_free(bytes, len);
	return ret;
}

/* ---- RSA ---- */

static int take_rsa(const json_t *jwk, struct format_rsa *rsa, struct uks_err *err)
{
	const struct {
		const char *name;
		BIGNUM **number;
		bool needed;
	} numbers[] = {
		{ "n", &rsa->n, true }, { "e", &rsa->e, true }, { "d", &rsa->d, false },
		{ "p", &rsa->p, false }, { "q", &rsa->q, false }, { "dp", &rsa->dp, false },
		{ "dq", &rsa->dq, false }, { "qi", &rsa->qi, false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		if (take_number(jwk, numbers[i].name, numbers[i].needed, numbers[i].number, err))
			return -1;
	if (json_object_get(jwk, "oth"))
		return format_fail(err,
				   "the JWK is of an RSA key with more than two primes, which UKS does not take");
	if (!rsa->d && (rsa->p || rsa->q || rsa->dp || rsa->dq || rsa->qi))
		return fail_missing("d", "a private RSA", err);
	if (rsa->d && (!rsa->p || !rsa->q))
		return format_fail(err,
				   "the JWK has 'd' without the primes 'p' and 'q': let its writer add them");
	return 0;
}

static EVP_PKEY *build_rsa(const json_t *jwk, bool *private, struct uks_err *err)
{
	struct format_rsa rsa = { 0 };
	EVP_PKEY *pkey = NULL;

	if (!take_rsa(jwk, &rsa, err))
		pkey = format_build_rsa(&rsa, err);
	*private = rsa.d;
	format_rsa_free(&rsa);
	return pkey;
}

/* ---- EC and OKP ---- */

/**
 * struct parts - of a key on a curve
 * @curve: which
 * @x: x coordinate, or public key
 * @y: y coordinate of EC
 * @d: private part
 * @x_len: bytes at @x
 * @y_len: bytes at @y
 * @d_len: bytes at @d; 0: the key is public
 */
struct parts {
	const struct jwk_curve *curve;
	uint8_t *x, *y, *d;
	long x_len, y_len, d_len;
};

static int take_part(const json_t *jwk, const char *name, const struct jwk_curve *curve,
		     uint8_t **bytes, long *len, struct uks_err *err)
{
	*len = take_bytes(jwk, name, bytes, err);
	if (*len < 0) {
		*len = 0;
		return -1;
	}
	if (!*len || *len == curve->len)
		return 0;
	return format_fail(err, "member '%s' of the JWK has %ld bytes, and must have %d for %s",
			   name, *len, curve->len, curve->name);
}

static int take_parts(const json_t *jwk, bool ec, struct parts *parts, struct uks_err *err)
{
	const char *name = text_of(jwk, "crv");

	parts->curve = name ? curve_named(name) : NULL;
	if (!name)
		return fail_missing("crv", "this kind of", err);
	if (!parts->curve || ec != !!parts->curve->group)
		return format_fail(err,
				   "the curve '%.32s' of the JWK is not known: EC has P-256, P-384, P-521, OKP has Ed25519, Ed448, X25519, X448",
				   name);
	if (take_part(jwk, "x", parts->curve, &parts->x, &parts->x_len, err) ||
	    take_part(jwk, "d", parts->curve, &parts->d, &parts->d_len, err) ||
	    (ec && take_part(jwk, "y", parts->curve, &parts->y, &parts->y_len, err)))
		return -1;
	if (!parts->x_len)
		return fail_missing("x", "this kind of", err);
	return ec && !parts->y_len ? fail_missing("y", "an EC", err) : 0;
}

static EVP_PKEY *build_ec(const struct parts *parts, struct uks_err *err)
{
	uint8_t point[1 + 2 * 66] = { POINT_CONVERSION_UNCOMPRESSED };
	struct format_ec ec = {
		.group = parts->curve->group, .point = point,
		.point_len = 1 + 2 * parts->curve->len,
	};
	EVP_PKEY *pkey;

	memcpy(point + 1, parts->x, parts->x_len);
	memcpy(point + 1 + parts->x_len, parts->y, parts->y_len);
	if (parts->d_len)
		ec.number = BN_bin2bn(parts->d, parts->d_len, NULL);
	if (parts->d_len && !ec.number) {
		format_fail_memory(err);
		return NULL;
	}
	pkey = format_build_ec(&ec, err);
	BN_clear_free(ec.number);
	return pkey;
}

static EVP_PKEY *build_curve(const json_t *jwk, bool ec, bool *private, struct uks_err *err)
{
	struct parts parts = { 0 };
	EVP_PKEY *pkey = NULL;

	if (!take_parts(jwk, ec, &parts, err))
		pkey = ec ? build_ec(&parts, err) :
			    format_build_okp(parts.curve->nid, parts.x, parts.x_len, parts.d,
					     parts.d_len, err);
	*private = parts.d_len;
	OPENSSL_clear_free(parts.x, parts.x_len);
	OPENSSL_clear_free(parts.y, parts.y_len);
	OPENSSL_clear_free(parts.d, parts.d_len);
	return pkey;
}

/* ---- any ---- */

static int read_asymmetric(const json_t *jwk, const char *kty, struct format_key *key,
			   struct uks_err *err)
{
	bool private = false;
	EVP_PKEY *pkey;
	int ret = -1;

	if (!strcmp(kty, "RSA"))
		pkey = build_rsa(jwk, &private, err);
	else
		pkey = build_curve(jwk, !strcmp(kty, "EC"), &private, err);
	if (pkey)
		ret = private ? format_take_private(pkey, key, err) :
				format_take_public(pkey, key, err);
	EVP_PKEY_free(pkey);
	return ret;
}

static void tell_ignored(const json_t *jwk, char *notice)
{
	notice[0] = 0;
	if (json_object_get(jwk, "use") || json_object_get(jwk, "key_ops"))
		snprintf(notice, FORMAT_NOTICE_MAX,
			 "not taken over: 'use' and 'key_ops' of the JWK; --purpose says what the key may do");
}

static int read_key(const json_t *jwk, const struct format_input *input, struct format_key *key,
		    struct uks_err *err)
{
	const char *kty = text_of(jwk, "kty");
	int ret;

	if (!kty)
		return fail_missing("kty", "every", err);
	if (!strcmp(kty, "oct"))
		ret = read_oct(jwk, input, key, err);
	else if (!strcmp(kty, "RSA") || !strcmp(kty, "EC") || !strcmp(kty, "OKP"))
		ret = read_asymmetric(jwk, kty, key, err);
	else
		return format_fail(err,
				   "the JWK is of kind '%.32s': oct, RSA, EC and OKP are known",
				   kty);
	if (!ret)
		tell_ignored(jwk, key->notice);
	return ret;
}

static int read_any(const json_t *root, const struct format_input *input, struct format_key *key,
		    struct uks_err *err)
{
	const json_t *keys = json_object_get(root, "keys");

	if (!keys || json_object_get(root, "kty"))
		return read_key(root, input, key, err);
	if (json_array_size(keys) != 1)
		return format_fail(err, "the JWK set holds %zu keys: give one",
				   json_array_size(keys));
	return read_key(json_array_get(keys, 0), input, key, err);
}

static void *allocate(size_t len)
{
	return OPENSSL_malloc(len);
}

static void wipe_and_release(void *data)
{
	OPENSSL_free(data);
}

/* jansson's copies of the key are wiped as libcrypto's are: see secret.c. */
int format_jwk_read(const uint8_t *data, size_t len, const struct format_input *input,
		    struct format_key *key, struct uks_err *err)
{
	json_malloc_t old_malloc;
	json_free_t old_free;
	json_error_t error;
	json_t *root;
	int ret;

	json_get_alloc_funcs(&old_malloc, &old_free);
	json_set_alloc_funcs(allocate, wipe_and_release);
	root = json_loadb((const char *)data, len, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		ret = format_fail(err,
				  "the JWK is no JSON, or cut off or damaged: line %d, column %d: %s",
				  error.line, error.column, error.text);
	else
		ret = read_any(root, input, key, err);
	OPENSSL_cleanse(&error, sizeof(error));
	json_decref(root);
	json_set_alloc_funcs(old_malloc, old_free);
	return ret;
}
