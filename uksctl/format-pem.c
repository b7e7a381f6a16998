// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Keys in PEM (RFC 7468), also those that OpenSSL wrote before PKCS#8, encrypted or
 * not. A file may hold a key and certificates: the private key is taken, or else
 * the public key, or else that of the first certificate.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "format.h"

enum rank { PRIVATE, PUBLIC, CERTIFICATE, NR_RANKS };

static format_reader read_ec, read_rsa, read_rsa_public;

static const struct {
	const char *label;
	enum rank rank;
	format_reader *read;
} labels[] = {
	{ PEM_STRING_PKCS8INF, PRIVATE, format_pkcs8_read },
	{ PEM_STRING_PKCS8, PRIVATE, format_encrypted_read },
	{ PEM_STRING_ECPRIVATEKEY, PRIVATE, read_ec },
	{ PEM_STRING_RSA, PRIVATE, read_rsa },
	{ PEM_STRING_PUBLIC, PUBLIC, format_spki_read },
	{ PEM_STRING_RSA_PUBLIC, PUBLIC, read_rsa_public },
	{ PEM_STRING_X509, CERTIFICATE, format_certificate_read },
	{ PEM_STRING_X509_OLD, CERTIFICATE, format_certificate_read },
};

/**
 * struct block - one block of a file
 * @label: index into labels[], or -1
 * @name: what stands behind BEGIN
 * @header: as "DEK-Info: ..."
 * @data: what it holds
 * @len: bytes at @data
 */
struct block {
	int label;
	char *name, *header;
	uint8_t *data;
	long len;
};

/**
 * struct contents - what a file holds
 * @best: block of the best rank, its label -1 if there is none
 * @counts: blocks of each rank
 * @others: blocks that hold no key
 * @other: name of the last of them
 */
struct contents {
	struct block best;
	int counts[NR_RANKS];
	int others;
	char other[64];
};

bool format_pem_detect(const uint8_t *data, size_t len)
{
	return memmem(data, len, "-----BEGIN ", 11);
}

static int label_of(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(labels); i++)
		if (!strcmp(labels[i].label, name))
			return i;
	return -1;
}

static void block_free(struct block *block)
{
	OPENSSL_free(block->name);
	OPENSSL_free(block->header);
	OPENSSL_clear_free(block->data, block->len);
	*block = (struct block){ .label = -1 };
}

/* Counts the block, and keeps it if it is the best so far. */
static void sort_in(struct contents *contents, struct block *block)
{
	enum rank rank;

	if (block->label < 0) {
		contents->others++;
		snprintf(contents->other, sizeof(contents->other), "%s", block->name);
		block_free(block);
		return;
	}
	rank = labels[block->label].rank;
	contents->counts[rank]++;
	if (contents->best.label >= 0 && labels[contents->best.label].rank <= rank) {
		block_free(block);
		return;
	}
	block_free(&contents->best);
	contents->best = *block;
}

/* Behind the last block, or before a block that is damaged, is nothing. */
static int check_rest(const uint8_t *data, size_t len, struct uks_err *err)
{
	static const char end[] = "-----END ";
	const uint8_t *at = data, *last = NULL, *line;

	while ((at = memmem(at, data + len - at, end, sizeof(end) - 1)))
		last = at++;
	line = last ? memchr(last, '\n', data + len - last) : NULL;
	for (at = line; at && at < data + len; at++)
		if (!strchr(" \t\r\n", *at) || !*at)
			return format_fail(err,
					   "%zu bytes follow the last block of the PEM file: give one key and nothing else",
					   (size_t)(data + len - at));
	return 0;
}

static int read_blocks(BIO *bio, struct contents *contents, struct uks_err *err)
{
	struct block block = { .label = -1 };
	unsigned long error;

	ERR_clear_error();
	while (PEM_read_bio(bio, &block.name, &block.header, &block.data, &block.len) == 1) {
		block.label = label_of(block.name);
		sort_in(contents, &block);
		block = (struct block){ .label = -1 };
	}
	error = ERR_peek_last_error();
	ERR_clear_error();
	if (ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE)
		return 0;
	return format_fail(err,
			   "the PEM file is cut off or damaged (%s): look at its BEGIN and END lines and what is between",
			   error ? ERR_reason_error_string(error) : "bad contents");
}

static int check_contents(const struct contents *contents, struct uks_err *err)
{
	if (contents->counts[PRIVATE] > 1)
		return format_fail(err,
				   "the PEM file holds %d private keys: import each from a file of its own",
				   contents->counts[PRIVATE]);
	if (!contents->counts[PRIVATE] && contents->counts[PUBLIC] > 1)
		return format_fail(err,
				   "the PEM file holds %d public keys: import each from a file of its own",
				   contents->counts[PUBLIC]);
	if (contents->best.label >= 0)
		return 0;
	if (contents->others)
		return format_fail(err,
				   "the PEM file holds '%s', which is no key that UKS takes: convert it with 'openssl pkey'",
				   contents->other);
	return format_fail(err, "there is no key in the PEM file, or its BEGIN line is damaged");
}

static void tell_ignored(const struct contents *contents, char *notice)
{
	int publics = contents->counts[PUBLIC], certificates = contents->counts[CERTIFICATE];

	if (contents->counts[PRIVATE] + !!publics == 0)
		certificates--;
	else if (!contents->counts[PRIVATE])
		publics--;
	notice[0] = 0;
	if (publics || certificates)
		snprintf(notice, FORMAT_NOTICE_MAX,
			 "not taken over: %d certificate(s), %d public key(s) of the same file",
			 certificates, publics);
}

/**
 * struct asking - what asks for a passphrase from within libcrypto
 * @input: knows how
 * @err: what went wrong
 * @failed: there is none
 */
struct asking {
	const struct format_input *input;
	struct uks_err *err;
	bool failed;
};

static int ask(char *text, int size, int writing, void *arg)
{
	char passphrase[FORMAT_PASSPHRASE_MAX];
	struct asking *asking = arg;
	int n = format_passphrase(asking->input, passphrase, asking->err);

	(void)writing;
	if (n > size)
		n = format_fail(asking->err, "the passphrase is longer than %d bytes", size);
	if (n >= 0)
		memcpy(text, passphrase, n);
	asking->failed = n < 0;
	OPENSSL_cleanse(passphrase, sizeof(passphrase));
	return n;
}

static int fail_decryption(struct uks_err *err)
{
	ERR_clear_error();
	return format_fail(err, "the passphrase is wrong, or the encrypted key is damaged");
}

/* What OpenSSL encrypted before PKCS#8 has headers (RFC 1421), and no MAC. */
static int read_encrypted(struct block *block, const struct format_input *input,
			  struct format_key *key, struct uks_err *err)
{
	struct asking asking = { .input = input, .err = err };
	EVP_CIPHER_INFO cipher;
	long len = block->len;

	if (!PEM_get_EVP_CIPHER_INFO(block->header, &cipher))
		return format_fail_crypto(err,
					  "the header of the encrypted PEM block is damaged, or names a cipher that libcrypto has not");
	if (!PEM_do_header(&cipher, block->data, &len, ask, &asking))
		return asking.failed ? -1 : fail_decryption(err);
	OPENSSL_cleanse(block->data + len, block->len - len);
	block->len = len;
	if (labels[block->label].read(block->data, len, input, key, err))
		return fail_decryption(err);
	return 0;
}

static int read_key(const uint8_t *data, size_t len, const struct format_input *input,
		    struct format_key *key, struct uks_err *err, struct contents *contents)
{
	struct block *best = &contents->best;
	BIO *bio = BIO_new_mem_buf(data, len);
	int ret = bio ? read_blocks(bio, contents, err) : format_fail_memory(err);

	BIO_free(bio);
	if (!ret)
		ret = check_rest(data, len, err);
	if (!ret)
		ret = check_contents(contents, err);
	if (ret)
		return ret;
	if (best->header && best->header[0])
		return read_encrypted(best, input, key, err);
	return labels[best->label].read(best->data, best->len, input, key, err);
}

int format_pem_read(const uint8_t *data, size_t len, const struct format_input *input,
		    struct format_key *key, struct uks_err *err)
{
	struct contents contents = { .best = { .label = -1 } };
	int ret = read_key(data, len, input, key, err, &contents);

	if (!ret)
		tell_ignored(&contents, key->notice);
	block_free(&contents.best);
	return ret;
}

static int read_traditional(int kind, const uint8_t *data, size_t len, struct format_key *key,
			    struct uks_err *err)
{
	const uint8_t *at = data;
	EVP_PKEY *pkey;
	int ret = -1;

	if (!format_der_whole(data, len, err))
		return -1;
	pkey = d2i_PrivateKey(kind, NULL, &at, len);
	if (pkey && at == data + len)
		ret = format_take_private(pkey, key, err);
	else
		format_fail_crypto(err, "the private key is damaged");
	EVP_PKEY_free(pkey);
	return ret;
}

static int read_ec(const uint8_t *data, size_t len, const struct format_input *input,
		   struct format_key *key, struct uks_err *err)
{
	(void)input;
	return read_traditional(EVP_PKEY_EC, data, len, key, err);
}

static int read_rsa(const uint8_t *data, size_t len, const struct format_input *input,
		    struct format_key *key, struct uks_err *err)
{
	(void)input;
	return read_traditional(EVP_PKEY_RSA, data, len, key, err);
}

/* RSAPublicKey (RFC 8017, A.1.1) */
static int read_rsa_public(const uint8_t *data, size_t len, const struct format_input *input,
			   struct format_key *key, struct uks_err *err)
{
	const uint8_t *at = data;
	EVP_PKEY *pkey;
	int ret = -1;

	(void)input;
	if (!format_der_whole(data, len, err))
		return -1;
	pkey = d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, len);
	if (pkey && at == data + len)
		ret = format_take_public(pkey, key, err);
	else
		format_fail_crypto(err, "the RSA public key is damaged");
	EVP_PKEY_free(pkey);
	return ret;
}

int format_pem_write(EVP_PKEY *pkey, const char *comment, uint8_t *data, size_t *len,
		     struct uks_err *err)
{
	BIO *bio = BIO_new(BIO_s_mem());
	const uint8_t *text;
	long n = 0;

	(void)comment;
	if (bio && PEM_write_bio_PUBKEY(bio, pkey) == 1)
		n = BIO_get_mem_data(bio, &text);
	if (n > 0 && n <= FORMAT_OUTPUT_MAX)
		memcpy(data, text, n);
	BIO_free(bio);
	if (n <= 0 || n > FORMAT_OUTPUT_MAX)
		return format_fail_crypto(err, "the public key cannot be written as PEM");
	*len = n;
	return 0;
}
