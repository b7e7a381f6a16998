/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* uksctl matrix: each cell of the table of algorithms, with OpenSSL on the other side. */
#ifndef UKSCTL_MATRIX_H
#define UKSCTL_MATRIX_H

#include <openssl/evp.h>

#include <uks/algorithm.h>

#include "uksctl.h"

#define MATRIX_RESULT_MAX	(16384 + 1024)

/**
 * enum matrix_result - what became of a cell
 * @MATRIX_OK: it works, and agrees with OpenSSL
 * @MATRIX_REFUSED: refused as it must be: weak while legacy is off, or not in the
 *	daemon's library
 * @MATRIX_FAILED: it does not work
 */
enum matrix_result {
	MATRIX_OK,
	MATRIX_REFUSED,
	MATRIX_FAILED,
};

/**
 * struct matrix_pair - two keys of a type: one made inside UKS, one known outside, too
 * @generated: name of the first, "" if it was not made
 * @imported: name of the second
 * @code: enum uks_error if they could not be made, positive
 * @secret: the second, if it is symmetric
 * @secret_len: bytes at @secret
 * @public: public part of the first, or NULL
 * @own: the second, or NULL
 */
struct matrix_pair {
	char generated[64];
	char imported[64];
	int code;
	uint8_t secret[64];
	size_t secret_len;
	EVP_PKEY *public;
	EVP_PKEY *own;
};

/**
 * struct matrix - a cell that is being tested
 * @run: the command
 * @type: type of key
 * @row: algorithm
 * @digest: enum uks_digest, or 0
 * @pair: the keys
 * @why: why it failed, "" as long as it did not
 */
struct matrix {
	struct run *run;
	const struct key_type *type;
	const struct uks_row *row;
	uint32_t digest;
	struct matrix_pair *pair;
	char why[UKS_TEXT_MAX + 64];
};

/* matrix-key.c */
int matrix_pair_make(struct matrix *matrix, struct matrix_pair *pair, uint64_t algorithms,
		     uint64_t digests);
void matrix_pair_free(struct matrix *matrix, struct matrix_pair *pair);

/* Each tests the cell; false with the reason in @why if it fails. */
typedef bool matrix_check(struct matrix *matrix);
matrix_check matrix_cipher, matrix_mac, matrix_sign, matrix_crypt, matrix_agree, matrix_derive;
matrix_check matrix_wrap;

/* matrix.c: what the checks have in common. */
bool matrix_fail(struct matrix *matrix, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
bool matrix_fail_uks(struct matrix *matrix, const char *what);
bool matrix_equal(struct matrix *matrix, const char *what, const void *a, size_t a_len,
		  const void *b, size_t b_len);
struct uks_session *matrix_open(struct matrix *matrix, const char *key, uint32_t purpose,
				const struct uks_parameters *parameters);
const EVP_MD *matrix_md(uint32_t digest);

#endif /* UKSCTL_MATRIX_H */
