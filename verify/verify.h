/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of uks-verify share. Functions that return int return enum check_status. */
#ifndef UKS_VERIFY_H
#define UKS_VERIFY_H

#include <jansson.h>

#include "verify/check.h"

#define EXPECTED_MAX	64	/* --expect */

/**
 * struct arguments - the command line
 * @wanted: what the attestation must fulfil; points to @challenge, @ak and @key
 * @challenge: bytes of --challenge
 * @ak: DER of --ak
 * @key: DER of --key
 * @any_ak: --any-ak
 * @expected: --expect, "name=value" each
 * @nr_expected: how many
 * @json: --json
 * @extract: --extract
 * @secret: --secret
 * @output: --output
 * @roots: --roots
 * @files: what is no option
 * @nr_files: how many
 */
struct arguments {
	struct check_wanted wanted;
	uint8_t challenge[64];
	uint8_t ak[1024];
	uint8_t key[4096];
	bool any_ak;
	const char *expected[EXPECTED_MAX];
	size_t nr_expected;
	bool json;
	const char *extract;
	const char *secret;
	const char *output;
	const char *roots;
	char **files;
	int nr_files;
};

/* ---- main.c ---- */

int complain(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- arguments.c ---- */

/* 0, a status, or -1 when all is done. */
int arguments_parse(struct arguments *arguments, int argc, char **argv);
void usage(FILE *out);

/* ---- file.c ---- */

int file_read(const char *path, uint8_t *data, size_t size, size_t *len);
int file_write(const char *path, const void *data, size_t len, bool secret);

/* Certificates of a PEM or DER file, as DER one behind the other. */
int file_certificates(const char *path, uint8_t *data, size_t size, size_t *len);

/* A public key of a PEM or DER file, as DER SubjectPublicKeyInfo. */
int file_public(const char *path, uint8_t *data, size_t size, size_t *len);
int file_write_public(const char *path, const uint8_t *spki, size_t len);
int file_roots(const char *path, X509_STORE **roots);
bool hex_parse(const char *text, uint8_t *data, size_t size, size_t *len);
void hex_format(const uint8_t *data, size_t len, char *text);

/* What tpm2_checkquote takes: quote.msg, quote.sig, ak.pem, binding.hex, pcrs.bin. */
int file_extract(const char *dir, const struct checked *checked);

/* ---- report.c ---- */

/* All properties of an attestation that was checked; NULL when out of memory. */
json_t *report(const struct checked *checked, bool known_ak);
json_t *report_hex(const uint8_t *data, size_t len);
json_t *report_policy(const UKS_POLICY *policy);

/* "a.b" for the member b of a, as text; NULL when there is none. For free(). */
char *report_find(const json_t *object, const char *name);
void report_print(const json_t *object, FILE *out);

/* ---- ak.c ---- */

int run_credential(const struct arguments *arguments);
int run_confirm(const struct arguments *arguments);

#endif /* UKS_VERIFY_H */
