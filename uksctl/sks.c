// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl sks: what its commands share: errors, handles, PINs and PUKs, certificates. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "sks.h"

#define SECRET_ROOM	(SKS_PIN_MAX + 2)	/* and more, to see that one is too long */

static const char *const status_names[] = {
	"OK", "ERROR_AUTHORIZATION", "ERROR_NOT_ALLOWED", "ERROR_STORAGE", "ERROR_MAC",
	"ERROR_CRYPTO", "ERROR_NO_SESSION", "ERROR_NO_KEY", "ERROR_ALGORITHM", "ERROR_OPTION",
	"ERROR_INTERNAL", "ERROR_EXTERNAL", "ERROR_USER_ABORT", "ERROR_NOT_AVAILABLE",
};

/* The store's status is the exit status; other failures are as in all commands. */
int sks_fail(const struct run *run, int ret, const char *what, const char *name)
{
	const char *status;

	if (ret <= 0)
		return fail(run, what, name);
	status = ret < (int)ARRAY_SIZE(status_names) ? status_names[ret] : "unknown";
	return fail_text(ret, "cannot %s%s%s: %s (SKS-%d, %s)", what, name ? " " : "",
			 name ? name : "", run->err.text, ret, status);
}

/* An argument that is the handle of a session, key or policy. */
int sks_handle(struct run *run, int arg, uint32_t *handle)
{
	const char *text = run->args[arg];
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || number > UINT32_MAX)
		return fail_usage(run, "'%s' is not the number of a session or key", text);
	*handle = number;
	return EXIT_OK;
}

/* ---- PINs and PUKs ---- */

/* Room for both that a command needs; one process runs one command. */
static char secrets[2][SECRET_ROOM];

void sks_wipe(void)
{
	explicit_bzero(secrets, sizeof(secrets));
}

static int ask(struct run *run, enum option_id option, const char *what, char *room,
	       struct uks_sks_bytes *secret)
{
	char prompt[40];
	int len;

	secret_begin();
	snprintf(prompt, sizeof(prompt), "The key's %s: ", what);
	len = secret_line(run, option, what, prompt, room, SECRET_ROOM, &run->err);
	if (len < 0)
		return fail(run, "read the", what);
	*secret = (struct uks_sks_bytes){ .data = room, .len = len };
	return EXIT_OK;
}

int sks_secret(struct run *run, enum option_id option, const char *what,
	       struct uks_sks_bytes *secret)
{
	return ask(run, option, what, secrets[0], secret);
}

/* At a terminal nobody sees what he types: so twice. */
int sks_new_pin(struct run *run, struct uks_sks_bytes *pin)
{
	struct uks_sks_bytes again = { };
	char room[SECRET_ROOM];
	int ret = ask(run, OPTION_NEW_PIN_FD, "new PIN", secrets[1], pin);

	if (ret || run->options[OPTION_NEW_PIN_FD])
		return ret;
	ret = ask(run, OPTION_NEW_PIN_FD, "new PIN again", room, &again);
	if (!ret && (again.len != pin->len || memcmp(room, pin->data, pin->len)))
		ret = fail_text(EXIT_ERROR, "the two PINs are not the same: nothing was done");
	explicit_bzero(room, sizeof(room));
	return ret;
}

/*
 * What @needed (enum sks_protection) says, or what was given: to call without a PIN where
 * there is one would cost a try.
 */
int sks_authorization(struct run *run, uint8_t needed, struct uks_sks_bytes *secret)
{
	if (run->options[OPTION_PUK_FD])
		return sks_secret(run, OPTION_PUK_FD, "PUK", secret);
	if (run->options[OPTION_PIN_FD])
		return sks_secret(run, OPTION_PIN_FD, "PIN", secret);
	if (needed == SKS_PROTECT_PUK)
		return sks_secret(run, OPTION_PUK_FD, "PUK", secret);
	return needed == SKS_PROTECT_PIN ? sks_secret(run, OPTION_PIN_FD, "PIN", secret) : EXIT_OK;
}

/* ---- certificates ---- */

static X509 *parse(const struct uks_sks_bytes *certificate)
{
	const uint8_t *at = certificate->data;

	return d2i_X509(NULL, &at, certificate->len);
}

static bool write_pem(BIO *bio, const struct uks_sks_bytes *certificate)
{
	X509 *x509 = parse(certificate);
	bool done = x509 && PEM_write_bio_X509(bio, x509) == 1;

	X509_free(x509);
	return done;
}

/* Writes certificates, the first one first. */
int sks_pem(struct run *run, const struct uks_sks_bytes *certificates, size_t count)
{
	BIO *bio = BIO_new(BIO_s_mem());
	bool done = bio;
	long len;
	char *text;
	size_t i;
	int ret;

	for (i = 0; done && i < count; i++)
		done = write_pem(bio, &certificates[i]);
	if (done) {
		len = BIO_get_mem_data(bio, &text);
		ret = output_all(run, text, len, false);
	} else {
		ret = fail_text(EXIT_ERROR, "the store gave a malformed certificate");
	}
	BIO_free(bio);
	ERR_clear_error();
	return ret;
}

/* Whose certificate it is; the caller frees it. NULL if it cannot be read. */
char *sks_subject(const struct uks_sks_bytes *certificate)
{
	X509 *x509 = parse(certificate);
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL, *from;
	long len;

	if (x509 && bio && X509_NAME_print_ex(bio, X509_get_subject_name(x509), 0,
					      XN_FLAG_RFC2253) >= 0) {
		len = BIO_get_mem_data(bio, &from);
		text = strndup(from, len);
	}
	BIO_free(bio);
	X509_free(x509);
	ERR_clear_error();
	return text;
}
