// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl key csr, key certificate: X.509 (RFC 5280) and PKCS#10 (RFC 2986). */
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "certificate.h"

#define DAYS_MAX	36500
#define SERIAL_BITS	127	/* positive, and far below the 20 bytes of RFC 5280, 4.1.2.2 */

/* ---- options ---- */

/* A part of the subject up to @stop, without its backslashes. */
static const char *take_part(const char *at, char stop, char *part, size_t size)
{
	size_t len = 0;

	while (*at && *at != stop) {
		if (*at == '\\' && at[1])
			at++;
		if (len + 1 == size)
			return NULL;
		part[len++] = *at++;
	}
	part[len] = 0;
	return at;
}

/* /TYPE=VALUE/TYPE=VALUE..., a backslash before a character that is to be taken as it is. */
static int parse_subject(struct run *run, X509_NAME *name)
{
	const char *at = run->options[OPTION_SUBJECT];
	char type[64], value[1024];

	while (*at == '/') {
		at = take_part(at + 1, '=', type, sizeof(type));
		if (!at || *at != '=')
			break;
		at = take_part(at + 1, '/', value, sizeof(value));
		if (!at)
			break;
		if (!X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8,
						(const uint8_t *)value, -1, -1, 0)) {
			ERR_clear_error();
			return fail_usage(run,
					  "'%s=%s' cannot stand in a subject: an unknown word before the '=', or too long or strange behind",
					  type, value);
		}
	}
	if (at && !*at && X509_NAME_entry_count(name))
		return EXIT_OK;
	return fail_usage(run, "'%s' is not a subject: write it as /CN=NAME/O=ORGANIZATION",
			  run->options[OPTION_SUBJECT]);
}

static int parse_days(struct run *run, long *days)
{
	const char *text = run->options[OPTION_DAYS];
	char *end;

	*days = strtol(text, &end, 10);
	if (end != text && !*end && *days >= 1 && *days <= DAYS_MAX)
		return EXIT_OK;
	return fail_usage(run, "'%s' is not a number of days from 1 to %d", text, DAYS_MAX);
}

/* libcrypto would also read words that lead elsewhere, as "@section" and "copy". */
static bool is_san(const char *at)
{
	static const char *const kinds[] = { "DNS:", "IP:", "email:", "URI:" };
	size_t i, len;

	for (;;) {
		for (i = 0; i < ARRAY_SIZE(kinds); i++)
			if (!strncmp(at, kinds[i], strlen(kinds[i])))
				break;
		if (i == ARRAY_SIZE(kinds))
			return false;
		at += strlen(kinds[i]);
		len = strcspn(at, ",");
		if (!len || !strncmp(at, "copy", 4) || !strncmp(at, "move", 4))
			return false;
		if (!at[len])
			return true;
		at += len + 1;
	}
}

/* ---- extensions ---- */

static bool add_extension(STACK_OF(X509_EXTENSION) **list, int nid, const char *value,
			  X509 *certificate)
{
	X509_EXTENSION *extension;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, certificate, certificate, NULL, NULL, 0);
	X509V3_set_ctx_nodb(&ctx);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (!extension)
		return false;
	X509v3_add_ext(list, extension, -1);
	X509_EXTENSION_free(extension);
	return *list;
}

static int add_san(struct run *run, STACK_OF(X509_EXTENSION) **list)
{
	const char *san = run->options[OPTION_SAN];

	if (!san || (is_san(san) && add_extension(list, NID_subject_alt_name, san, NULL)))
		return EXIT_OK;
	ERR_clear_error();
	return fail_usage(run, "'%s' are not other names: write them as DNS:host.example,IP:192.0.2.1,email:a@b.example,URI:https://c.example",
			  san);
}

/* The key signs, and is no authority. */
static int add_extensions(struct run *run, X509 *certificate)
{
	STACK_OF(X509_EXTENSION) *list = NULL;
	int i, ret = add_san(run, &list);

	if (!ret &&
	    !(add_extension(&list, NID_basic_constraints, "critical,CA:FALSE", certificate) &&
	      add_extension(&list, NID_key_usage, "critical,digitalSignature", certificate) &&
	      add_extension(&list, NID_subject_key_identifier, "hash", certificate)))
		ret = fail_text(EXIT_ERROR, "libcrypto cannot make the extensions");
	for (i = 0; !ret && i < sk_X509_EXTENSION_num(list); i++)
		if (!X509_add_ext(certificate, sk_X509_EXTENSION_value(list, i), -1))
			ret = fail_text(EXIT_ERROR, "out of memory");
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	return ret;
}

/* ---- output ---- */

static int choose_form(const struct run *run, bool *der)
{
	const char *format = run->options[OPTION_FORMAT];

	*der = format && !strcmp(format, "der");
	if (!format || *der || !strcmp(format, "pem"))
		return EXIT_OK;
	return fail_usage(run, "'%s' is not a format of certificates", format);
}

static int write_bio(struct run *run, BIO *bio, int written, bool der)
{
	const uint8_t *data;
	long len = written == 1 ? BIO_get_mem_data(bio, &data) : 0;

	return len > 0 ? output_all(run, data, len, der) :
			 fail_text(EXIT_ERROR, "libcrypto cannot write the certificate");
}

static int write_request(struct run *run, X509_REQ *request, bool der)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int ret = write_bio(run, bio, bio && (der ? i2d_X509_REQ_bio(bio, request) :
						    PEM_write_bio_X509_REQ(bio, request)), der);

	BIO_free(bio);
	return ret;
}

static int write_certificate(struct run *run, X509 *certificate, bool der)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int ret = write_bio(run, bio, bio && (der ? i2d_X509_bio(bio, certificate) :
						    PEM_write_bio_X509(bio, certificate)), der);

	BIO_free(bio);
	return ret;
}

/* ---- requests ---- */

static int fill_request(struct run *run, X509_REQ *request, EVP_PKEY *pkey)
{
	STACK_OF(X509_EXTENSION) *list = NULL;
	int ret;

	if (!request || !X509_REQ_set_version(request, X509_REQ_VERSION_1) ||
	    !X509_REQ_set_pubkey(request, pkey))
		return fail_text(EXIT_ERROR, "out of memory");
	ret = parse_subject(run, X509_REQ_get_subject_name(request));
	if (!ret)
		ret = add_san(run, &list);
	if (!ret && list && !X509_REQ_add_extensions(request, list))
		ret = fail_text(EXIT_ERROR, "out of memory");
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	return ret;
}

/* What a request and a certificate want first. */
static int prepare(struct run *run, bool *der, EVP_PKEY **pkey, struct signing *signing)
{
	int ret = choose_form(run, der);

	if (!ret)
		ret = public_of(run, pkey);
	if (!ret)
		ret = signing_choose(run, *pkey, signing);
	if (!ret)
		ret = pin_from_options(run);
	return ret;
}

int run_key_csr(struct run *run)
{
	struct signing signing = { 0 };
	X509_REQ *request = NULL;
	EVP_PKEY *pkey = NULL;
	bool der;
	int ret = prepare(run, &der, &pkey, &signing);

	if (ret)
		goto out;
	request = X509_REQ_new();
	ret = fill_request(run, request, pkey);
	if (!ret)
		ret = sign_request(run, &signing, request);
	if (!ret)
		ret = write_request(run, request, der);
out:
	X509_REQ_free(request);
	X509_ALGOR_free(signing.name);
	EVP_PKEY_free(pkey);
	return ret;
}

/* ---- certificates ---- */

static bool set_serial(X509 *certificate)
{
	BIGNUM *number = BN_new();
	bool done = number && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
		    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));

	BN_free(number);
	return done;
}

static int fill_certificate(struct run *run, X509 *certificate, EVP_PKEY *pkey)
{
	long days;
	int ret = parse_days(run, &days);

	if (ret)
		return ret;
	if (!certificate || !X509_set_version(certificate, X509_VERSION_3) ||
	    !set_serial(certificate) || !X509_set_pubkey(certificate, pkey) ||
	    !X509_gmtime_adj(X509_getm_notBefore(certificate), 0) ||
	    !X509_time_adj_ex(X509_getm_notAfter(certificate), days, 0, NULL))
		return fail_text(EXIT_ERROR, "out of memory");
	ret = parse_subject(run, X509_get_subject_name(certificate));
	if (ret)
		return ret;
	if (!X509_set_issuer_name(certificate, X509_get_subject_name(certificate)))
		return fail_text(EXIT_ERROR, "out of memory");
	return add_extensions(run, certificate);
}

int run_key_certificate(struct run *run)
{
	struct signing signing = { 0 };
	X509 *certificate = NULL;
	EVP_PKEY *pkey = NULL;
	bool der;
	int ret = prepare(run, &der, &pkey, &signing);

	if (ret)
		goto out;
	certificate = X509_new();
	ret = fill_certificate(run, certificate, pkey);
	if (!ret)
		ret = sign_certificate(run, &signing, certificate);
	if (!ret)
		ret = write_certificate(run, certificate, der);
out:
	X509_free(certificate);
	X509_ALGOR_free(signing.name);
	EVP_PKEY_free(pkey);
	return ret;
}
