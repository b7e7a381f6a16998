// SPDX-License-Identifier: LGPL-2.1-or-later
/* Shares and parts of master keys in files, each in one of its own; master recover. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "master.h"

#define SHARE_LABEL	"UKS SHARE"
#define SHARE_HEAD	64	/* bytes before its commitments, of which each has 32 */
#define SHARES_ROOM	(16 * (SHARE_HEAD + 16 * 32))
#define FILE_ROOM	4096

int write_pem(struct run *run, const char *path, const char *label, const uint8_t *bytes,
	      size_t len)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct output output;
	long text_len;
	char *text;
	int ret;

	if (!bio || PEM_write_bio(bio, label, "", bytes, len) <= 0) {
		BIO_free(bio);
		return fail_text(EXIT_ERROR, "out of memory");
	}
	text_len = BIO_get_mem_data(bio, &text);
	run->options[OPTION_OUTPUT] = path;
	ret = output_open(run, &output, 0600, false);
	if (!ret) {
		ret = output_write(&output, text, text_len);
		if (!ret)
			ret = output_commit(run, &output);
		else
			output_abandon(&output);
	}
	explicit_bzero(text, text_len);
	BIO_free(bio);
	return ret;
}

static int take_pem(const char *text, size_t text_len, const char *label, uint8_t *bytes,
		    size_t size, size_t *len)
{
	BIO *bio = BIO_new_mem_buf(text, text_len);
	char *name = NULL, *header = NULL;
	uint8_t *data = NULL;
	long data_len = 0;
	int ret = -1;

	if (bio && PEM_read_bio(bio, &name, &header, &data, &data_len) == 1 &&
	    !strcmp(name, label) && (size_t)data_len <= size) {
		memcpy(bytes, data, data_len);
		*len = data_len;
		ret = 0;
	}
	ERR_clear_error();
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_clear_free(data, data_len);
	BIO_free(bio);
	return ret;
}

int read_pem(const char *path, const char *label, uint8_t *bytes, size_t size, size_t *len)
{
	uint8_t text[FILE_ROOM];
	size_t text_len;
	int ret = input_read_all(path, text, sizeof(text), &text_len);

	if (!ret && take_pem((const char *)text, text_len, label, bytes, size, len))
		ret = fail_text(EXIT_ERROR, "'%s' is damaged, or no %s",
				path ? path : "standard input", label);
	explicit_bzero(text, sizeof(text));
	return ret;
}

static size_t share_len(const uint8_t *share, size_t left)
{
	size_t len = left < SHARE_HEAD ? left : SHARE_HEAD + 32u * share[7];

	return len < left ? len : left;
}

/* PREFIX-1, PREFIX-2 and so on; never two in one place. */
int write_shares(struct run *run, const struct uks_admin_answer *answer)
{
	const char *prefix = run->options[OPTION_OUTPUT];
	const uint8_t *at = answer->result;
	size_t len, left = answer->result_len;
	int ret = EXIT_OK, number;
	char *path;

	for (number = 1; left && !ret; number++) {
		len = share_len(at, left);
		if (asprintf(&path, "%s-%d", prefix, number) < 0)
			return fail_text(EXIT_ERROR, "out of memory");
		ret = write_pem(run, path, SHARE_LABEL, at, len);
		if (!ret)
			fprintf(stderr, "wrote share %d to '%s': give it to one person\n", number,
				path);
		free(path);
		at += len;
		left -= len;
	}
	run->options[OPTION_OUTPUT] = prefix;
	return ret;
}

int option_shares(struct run *run, uint8_t *bytes, size_t size, size_t *len)
{
	size_t i, one = 0;
	int ret;

	*len = 0;
	for (i = 0; i < run->nr_given; i++) {
		if (run->given[i].option != OPTION_SHARE)
			continue;
		ret = read_pem(run->given[i].text, SHARE_LABEL, bytes + *len, size - *len, &one);
		if (ret)
			return ret;
		*len += one;
	}
	return EXIT_OK;
}

int run_master_recover(struct run *run)
{
	uint8_t *bytes = malloc(SHARES_ROOM);
	size_t len;
	int ret;

	if (!bytes)
		return fail_text(EXIT_ERROR, "out of memory");
	ret = option_shares(run, bytes, SHARES_ROOM, &len);
	if (!ret)
		ret = master_ask(run, UKS_MASTER_RECOVER, bytes, len, NULL,
				 "bring the master key back from those shares");
	explicit_bzero(bytes, SHARES_ROOM);
	free(bytes);
	return ret;
}
