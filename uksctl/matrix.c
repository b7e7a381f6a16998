// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * uksctl matrix: for each cell of the table of algorithms makes keys, uses them and
 * compares with OpenSSL; deletes the keys. Weak cells must be refused while legacy
 * is off, and those that the daemon's library lacks always.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "matrix.h"

/* Keys of a type are made once for all its cells that have the same policy. */
enum pair_class {
	PAIR_USUAL,
	PAIR_LEGACY,
	PAIR_LIBRARY,
	NR_PAIRS,
};

/*
 * struct table - the whole run
 * @matrix: the cell at hand
 * @pairs: keys of its type
 * @made: which of @pairs were tried
 * @count: cells by result
 * @list: results, for JSON
 */
struct table {
	struct matrix matrix;
	struct matrix_pair pairs[NR_PAIRS];
	bool made[NR_PAIRS];
	unsigned int count[MATRIX_FAILED + 1];
	json_t *list;
};

/* ---- what the checks have in common ---- */

bool matrix_fail(struct matrix *matrix, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(matrix->why, sizeof(matrix->why), format, args);
	va_end(args);
	return false;
}

bool matrix_fail_uks(struct matrix *matrix, const char *what)
{
	const struct uks_err *err = &matrix->run->err;

	return matrix_fail(matrix, "%s: %s (UKS-%d)", what, err->text, err->code);
}

bool matrix_equal(struct matrix *matrix, const char *what, const void *a, size_t a_len,
		  const void *b, size_t b_len)
{
	if (a_len == b_len && !memcmp(a, b, a_len))
		return true;
	return matrix_fail(matrix, "%s differs from what OpenSSL says (%zu and %zu bytes)", what,
			   a_len, b_len);
}

struct uks_session *matrix_open(struct matrix *matrix, const char *key, uint32_t purpose,
				const struct uks_parameters *parameters)
{
	const struct uks_method method = {
		.algorithm = matrix->row->algorithm,
		.digest = matrix->digest,
		.parameters = parameters,
	};
	struct uks_session *session = NULL;

	if (uks_session_open_with(matrix->run->client, key, purpose, &method, &session,
				  &matrix->run->err))
		matrix_fail_uks(matrix, uks_word(UKS_WORD_PURPOSE, purpose));
	return session;
}

const EVP_MD *matrix_md(uint32_t digest)
{
	const struct uks_digest_info *info = uks_digest_find(digest);

	return info && info->library ? EVP_get_digestbyname(info->library) : NULL;
}

/* ---- one cell ---- */

static matrix_check *check_of(uint32_t purposes, uint32_t algorithm)
{
	switch (algorithm) {
	case UKS_ALG_RSA_PKCS1_CRYPT:
	case UKS_ALG_RSA_RAW:
	case UKS_ALG_RSA_OAEP:
	case UKS_ALG_SM2_CRYPT:
		return matrix_crypt;
	}
	if (purposes & UKS_PURPOSE_ENCRYPT)
		return matrix_cipher;
	if (purposes & UKS_PURPOSE_MAC)
		return matrix_mac;
	if (purposes & UKS_PURPOSE_SIGN)
		return matrix_sign;
	if (purposes & UKS_PURPOSE_AGREE)
		return matrix_agree;
	return purposes & UKS_PURPOSE_DERIVE ? matrix_derive : matrix_wrap;
}

static enum pair_class class_of(const struct matrix *matrix)
{
	uint32_t traits = uks_cell_traits(matrix->type, matrix->row, matrix->digest);

	if (traits & UKS_TRAIT_LIBRARY)
		return PAIR_LIBRARY;
	return traits & UKS_TRAIT_LEGACY ? PAIR_LEGACY : PAIR_USUAL;
}

/* What the policy of the keys of a class names: all of the type that is in the class. */
static void policy_of(const struct matrix *matrix, enum pair_class class, uint64_t *algorithms,
		      uint64_t *digests)
{
	size_t i, count;
	const struct uks_row *row = uks_rows(&count);

	*algorithms = 0;
	*digests = 0;
	for (i = 0; i < count; i++, row++) {
		if (!(row->types & UKS_BIT(matrix->type->type)))
			continue;
		if (class == PAIR_LIBRARY ? row != matrix->row :
					    row->traits & UKS_TRAIT_LIBRARY)
			continue;
		if (class == PAIR_USUAL && row->traits & UKS_TRAIT_LEGACY)
			continue;
		*algorithms |= UKS_BIT(row->algorithm);
		*digests |= row->digests;
	}
	if (class == PAIR_USUAL)
		*digests = 0;
}

static struct matrix_pair *pair_of(struct table *table, enum pair_class class)
{
	struct matrix_pair *pair = &table->pairs[class];
	uint64_t algorithms, digests;

	if (!table->made[class]) {
		policy_of(&table->matrix, class, &algorithms, &digests);
		pair->code = matrix_pair_make(&table->matrix, pair, algorithms, digests);
		table->made[class] = true;
	}
	return pair;
}

/* Only what is weak may be refused as weak, and so on. */
static bool refused_rightly(enum pair_class class, int code)
{
	return (class == PAIR_LEGACY && code == UKS_E_LEGACY) ||
	       (class == PAIR_LIBRARY && (code == UKS_E_LIBRARY || code == UKS_E_LEGACY));
}

static enum matrix_result test_cell(struct table *table)
{
	struct matrix *matrix = &table->matrix;
	enum pair_class class = class_of(matrix);

	matrix->why[0] = 0;
	matrix->run->err.code = 0;
	matrix->pair = pair_of(table, class);
	if (matrix->pair->code)
		snprintf(matrix->why, sizeof(matrix->why), "no keys: %s (UKS-%d)",
			 uks_strerror(matrix->pair->code), matrix->pair->code);
	else if (check_of(matrix->row->purposes, matrix->row->algorithm)(matrix))
		return MATRIX_OK;
	if (refused_rightly(class, matrix->pair->code ? matrix->pair->code :
						       matrix->run->err.code))
		return MATRIX_REFUSED;
	return MATRIX_FAILED;
}

/* ---- all cells ---- */

static const char *const result_names[] = {
	[MATRIX_OK] = "ok",
	[MATRIX_REFUSED] = "refused",
	[MATRIX_FAILED] = "FAILED",
};

static json_t *cell_json(const struct matrix *matrix)
{
	const char *digest = uks_word(UKS_WORD_DIGEST, matrix->digest);

	return json_pack("{s:s, s:s, s:s?}", "type", matrix->type->name,
			 "algorithm", uks_word(UKS_WORD_ALGORITHM, matrix->row->algorithm),
			 "digest", matrix->digest ? digest : NULL);
}

static void tell(struct table *table, enum matrix_result result)
{
	const struct matrix *matrix = &table->matrix;
	json_t *cell = cell_json(matrix);

	json_object_set_new(cell, "result", json_string(result_names[result]));
	json_object_set_new(cell, "why", json_string(matrix->why));
	json_array_append_new(table->list, cell);
	if (matrix->run->options[OPTION_JSON])
		return;
	printf("%-8s %s %s%s%s%s%s\n", result_names[result], matrix->type->name,
	       uks_word(UKS_WORD_ALGORITHM, matrix->row->algorithm), matrix->digest ? " " : "",
	       matrix->digest ? uks_word(UKS_WORD_DIGEST, matrix->digest) : "",
	       matrix->why[0] ? ": " : "", matrix->why);
	fflush(stdout);
}

static void list_cell(struct table *table)
{
	const struct matrix *matrix = &table->matrix;

	if (matrix->run->options[OPTION_JSON])
		json_array_append_new(table->list, cell_json(matrix));
	else
		printf("%s %s%s%s\n", matrix->type->name,
		       uks_word(UKS_WORD_ALGORITHM, matrix->row->algorithm),
		       matrix->digest ? " " : "",
		       matrix->digest ? uks_word(UKS_WORD_DIGEST, matrix->digest) : "");
}

static void do_cell(struct table *table)
{
	enum matrix_result result;

	if (stop_signal)
		return;
	if (table->matrix.run->options[OPTION_LIST]) {
		list_cell(table);
		return;
	}
	result = test_cell(table);
	table->count[result]++;
	tell(table, result);
}

static void do_row(struct table *table)
{
	const struct uks_row *row = table->matrix.row;
	uint32_t digest;

	table->matrix.digest = 0;
	if (!row->digests)
		do_cell(table);
	for (digest = 1; digest < 64; digest++) {
		table->matrix.digest = digest;
		if (row->digests & UKS_BIT(digest))
			do_cell(table);
	}
	/* The policy of these keys names the algorithm, so that the next one needs others. */
	matrix_pair_free(&table->matrix, &table->pairs[PAIR_LIBRARY]);
	table->made[PAIR_LIBRARY] = false;
}

static void do_type(struct table *table, uint32_t algorithm)
{
	size_t i, count;
	const struct uks_row *rows = uks_rows(&count);

	for (i = 0; i < count; i++) {
		table->matrix.row = &rows[i];
		if (rows[i].types & UKS_BIT(table->matrix.type->type) &&
		    (!algorithm || algorithm == rows[i].algorithm))
			do_row(table);
	}
	for (i = 0; i < NR_PAIRS; i++) {
		matrix_pair_free(&table->matrix, &table->pairs[i]);
		table->made[i] = false;
	}
}

static int finish(struct table *table)
{
	const struct run *run = table->matrix.run;
	const unsigned int *count = table->count;

	if (run->options[OPTION_JSON])
		print_json(json_pack("{s:O}", "cells", table->list), JSON_INDENT(2));
	if (run->options[OPTION_LIST])
		return EXIT_OK;
	if (!run->options[OPTION_JSON])
		printf("%u cells: %u ok, %u refused as they must be, %u failed\n",
		       count[MATRIX_OK] + count[MATRIX_REFUSED] + count[MATRIX_FAILED],
		       count[MATRIX_OK], count[MATRIX_REFUSED], count[MATRIX_FAILED]);
	if (stop_signal)
		return EXIT_AGAIN;
	return count[MATRIX_FAILED] || !count[MATRIX_OK] ? EXIT_ERROR : EXIT_OK;
}

int run_matrix(struct run *run)
{
	struct table table = { .matrix = { .run = run } };
	uint32_t type, algorithm;
	size_t i, count;
	const struct key_type *types = uks_types(&count);
	int ret = option_word(run, OPTION_TYPE, UKS_WORD_KEY_TYPE, &type);

	if (!ret)
		ret = option_word(run, OPTION_ALGORITHM, UKS_WORD_ALGORITHM, &algorithm);
	if (ret)
		return ret;
	/* The keys are to be deleted also when somebody stops this. */
	catch_signals();
	table.list = json_array();
	for (i = 0; i < count; i++) {
		table.matrix.type = &types[i];
		if (!type || type == types[i].type)
			do_type(&table, algorithm);
	}
	ret = finish(&table);
	json_decref(table.list);
	return ret;
}
