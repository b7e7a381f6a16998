// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl attest, tpm ak, tpm activate: proof of what a key is, and of where. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "import.h"

#define ATTESTATION_MAX	61440	/* bytes of both certificates */
#define CREDENTIAL_MAX	2048
#define SECRET_MAX	64

static int option_challenge(struct run *run, uint8_t *challenge, size_t *len)
{
	const char *text = run->options[OPTION_CHALLENGE];

	if (hex_decode(text, challenge, UKS_CHALLENGE_MAX, len))
		return EXIT_OK;
	return fail_usage(run, "'%s' is no challenge: 1 to %d bytes in hexadecimal digits", text,
			  UKS_CHALLENGE_MAX);
}

/* The certificates one after the other, as they came. */
static bool write_pem(BIO *bio, const uint8_t *der, size_t len)
{
	const uint8_t *at = der, *end = der + len;
	X509 *certificate;
	bool ok = true;

	while (ok && at < end) {
		certificate = d2i_X509(NULL, &at, end - at);
		ok = certificate && PEM_write_bio_X509(bio, certificate) == 1;
		X509_free(certificate);
	}
	ERR_clear_error();
	return ok;
}

static int output_pem(struct run *run, const uint8_t *der, size_t len)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long text_len;
	int ret;

	if (!bio || !write_pem(bio, der, len)) {
		ret = fail_text(EXIT_ERROR, "the daemon gave no certificates");
	} else {
		text_len = BIO_get_mem_data(bio, &text);
		ret = output_all(run, text, text_len, false);
	}
	BIO_free(bio);
	return ret;
}

int run_attest(struct run *run)
{
	const char *format = run->options[OPTION_FORMAT];
	const uint32_t flags = run->options[OPTION_ANONYMOUS] ? UKS_CALL_ANONYMOUS : 0;
	static uint8_t der[ATTESTATION_MAX];
	uint8_t challenge[UKS_CHALLENGE_MAX];
	size_t challenge_len, len = sizeof(der);
	uint32_t version;
	int ret;

	if (format && strcmp(format, "pem") && strcmp(format, "der"))
		return fail_usage(run, "'%s' is not a format of certificates: pem and der are",
				  format);
	ret = option_number(run, OPTION_VERSION, &version);
	if (!ret)
		ret = option_challenge(run, challenge, &challenge_len);
	if (ret)
		return ret;
	if (uks_key_attest(run->client, run->args[0], version, challenge, challenge_len, flags,
			   der, &len, &run->err))
		return fail(run, "attest", run->args[0]);
	if (format && !strcmp(format, "der"))
		return output_all(run, der, len, true);
	return output_pem(run, der, len);
}

int run_tpm_ak(struct run *run)
{
	static uint8_t der[ATTESTATION_MAX];
	size_t len = sizeof(der);

	if (uks_attest_ak(run->client, der, &len, &run->err))
		return fail(run, "get the attestation key", NULL);
	return output_all(run, der, len, true);
}

int run_tpm_activate(struct run *run)
{
	uint8_t credential[CREDENTIAL_MAX], secret[SECRET_MAX];
	size_t credential_len, len = sizeof(secret);
	int ret = input_read_all(run->args[0], credential, sizeof(credential), &credential_len);

	if (ret)
		return ret;
	if (uks_attest_activate(run->client, credential, credential_len, secret, &len,
				&run->err))
		ret = fail(run, "activate", run->args[0]);
	else
		ret = output_all(run, secret, len, true);
	explicit_bzero(secret, sizeof(secret));
	return ret;
}
