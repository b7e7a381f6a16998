// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl sks: sign, decrypt, encrypt, agree, hmac. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include "sks.h"

#define VECTOR_LEN	16	/* bytes of the initial vector of aes.cbc */
#define PART_LEN	65536

/**
 * struct used - a key that is used, and room for what that takes
 * @use: how
 * @uri: the algorithm
 * @parameters: for @use
 * @symmetric: bytes of its secret; 0 for a pair of keys
 * @data: the input
 * @to: the result
 * @len: bytes of it
 */
struct used {
	struct uks_sks_use use;
	char uri[SKS_URI_MAX + 1];
	uint8_t parameters[VECTOR_LEN];
	uint16_t symmetric;
	uint8_t data[SKS_CRYPTO_MAX + 64];
	uint8_t to[SKS_CRYPTO_MAX + 64];
	size_t len;
};

/* ---- the algorithm ---- */

/* What follows "#" is enough of those that the store supports. */
static int find_uri(struct run *run, const char *name, char *uri)
{
	struct uks_sks_device *device;
	const char *end;
	size_t i;
	int ret = uks_sks_device(run->client, &device, &run->err);

	if (ret)
		return sks_fail(run, ret, "ask for the store's algorithms", NULL);
	for (i = 0; i < device->nr_algorithms; i++) {
		end = strchr(device->algorithms[i], '#');
		if (end && !strcmp(end + 1, name))
			break;
	}
	if (i < device->nr_algorithms)
		snprintf(uri, SKS_URI_MAX + 1, "%s", device->algorithms[i]);
	else
		ret = fail_usage(run, "the store has no algorithm '%s'", name);
	uks_sks_free(device);
	return ret;
}

static int take_uri(struct run *run, struct used *used)
{
	const char *text = run->options[OPTION_URI];

	used->use.algorithm = used->uri;
	if (!strchr(text, ':'))
		return find_uri(run, text, used->uri);
	if (strlen(text) > SKS_URI_MAX)
		return fail_usage(run, "a URI has at most %d bytes", SKS_URI_MAX);
	snprintf(used->uri, sizeof(used->uri), "%s", text);
	return EXIT_OK;
}

/* ---- the rest of it ---- */

/* A key that has a PIN is not called without: that would cost a try. */
static int take_pin(struct run *run, struct used *used)
{
	struct uks_sks_protection protection;
	int ret;

	used->use.biometric = run->options[OPTION_BIOMETRIC];
	if (run->options[OPTION_PIN_FD])
		return sks_secret(run, OPTION_PIN_FD, "PIN", &used->use.authorization);
	if (used->use.biometric)
		return EXIT_OK;
	ret = uks_sks_key_protection(run->client, used->use.key, &protection, &run->err);
	if (ret)
		return sks_fail(run, ret, "show key", run->args[0]);
	if (!(protection.status & SKS_PROTECTED_PIN))
		return EXIT_OK;
	return sks_secret(run, OPTION_PIN_FD, "PIN", &used->use.authorization);
}

static int take_symmetric(struct run *run, struct used *used)
{
	struct uks_sks_attributes *attributes;
	int ret = uks_sks_key_attributes(run->client, used->use.key, &attributes, &run->err);

	if (ret)
		return sks_fail(run, ret, "show key", run->args[0]);
	used->symmetric = attributes->symmetric;
	uks_sks_free(attributes);
	return EXIT_OK;
}

static int take_vector(struct run *run, struct used *used)
{
	size_t len = 0;
	int ret = EXIT_OK;

	if (run->options[OPTION_VECTOR])
		ret = option_bytes(run, OPTION_VECTOR, used->parameters,
				   sizeof(used->parameters), &len);
	used->use.parameters = (struct uks_sks_bytes){ .data = used->parameters, .len = len };
	return ret;
}

/* All but the data; used_free() it in any case. */
static int begin(struct run *run, struct used **out)
{
	struct used *used;
	int ret;

	secret_begin();
	used = calloc(1, sizeof(*used));
	*out = used;
	if (!used)
		return fail_text(EXIT_ERROR, "out of memory");
	used->len = sizeof(used->to);
	ret = sks_handle(run, 0, &used->use.key);
	if (!ret)
		ret = take_uri(run, used);
	if (!ret)
		ret = take_vector(run, used);
	return ret ? ret : take_pin(run, used);
}

static void used_free(struct used *used)
{
	if (used)
		explicit_bzero(used, sizeof(*used));
	free(used);
	sks_wipe();
}

static int read_data(struct run *run, struct used *used, struct uks_sks_bytes *data)
{
	data->data = used->data;
	return input_read_all(run->options[OPTION_INPUT], used->data, sizeof(used->data),
			      &data->len);
}

static int finish(struct run *run, struct used *used, int ret, const char *what)
{
	return ret ? sks_fail(run, ret, what, run->args[0]) :
		     output_all(run, used->to, used->len, true);
}

/* ---- signatures ---- */

/* The digest that an algorithm's URI ends with, or NULL. */
static const EVP_MD *digest_of(const char *uri)
{
	const char *end = strrchr(uri, '-');

	return end ? EVP_get_digestbyname(end + 1) : NULL;
}

static int hash_parts(int fd, EVP_MD_CTX *ctx, uint8_t *part)
{
	ssize_t n;

	while ((n = input_read(fd, part, PART_LEN)) > 0)
		if (EVP_DigestUpdate(ctx, part, n) != 1)
			return fail_text(EXIT_ERROR, "OpenSSL cannot hash the message");
	return n < 0 ? fail_errno("read", "the message") : EXIT_OK;
}

/* The hash of a message of any length. */
static int do_hash(struct run *run, const EVP_MD *md, struct used *used, struct uks_sks_bytes *data)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t *part = malloc(PART_LEN);
	int ret = EXIT_ERROR, fd = input_open(run);
	unsigned int len = 0;

	if (fd < 0)
		goto out;
	if (!ctx || !part || EVP_DigestInit_ex(ctx, md, NULL) != 1)
		ret = fail_text(EXIT_ERROR, "OpenSSL cannot hash the message");
	else
		ret = hash_parts(fd, ctx, part);
	if (!ret && EVP_DigestFinal_ex(ctx, used->data, &len) != 1)
		ret = fail_text(EXIT_ERROR, "OpenSSL cannot hash the message");
	*data = (struct uks_sks_bytes){ .data = used->data, .len = len };
	input_close(fd);
out:
	EVP_MD_CTX_free(ctx);
	free(part);
	return ret;
}

/* r and s, as OpenSSL wants them. */
static int to_der(struct used *used)
{
	size_t half = used->len / 2;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(used->to, half, NULL), *s = BN_bin2bn(used->to + half, half, NULL);
	uint8_t *to = used->to;
	int len = -1;

	if (sig && r && s && ECDSA_SIG_set0(sig, r, s) == 1) {
		len = i2d_ECDSA_SIG(sig, &to);
	} else {
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(sig);
	if (len <= 0)
		return fail_text(EXIT_ERROR, "OpenSSL cannot write the signature");
	used->len = len;
	return EXIT_OK;
}

static int do_sign(struct run *run, struct used *used)
{
	const EVP_MD *md = run->options[OPTION_HASHED] ? NULL : digest_of(used->uri);
	const char *format = run->options[OPTION_FORMAT];
	bool der = format && !strcmp(format, "der");
	struct uks_sks_bytes data;
	int ret;

	if (format && !der && strcmp(format, "raw"))
		return fail_usage(run, "'%s' is not a format of signatures", format);
	ret = md ? do_hash(run, md, used, &data) : read_data(run, used, &data);
	if (ret)
		return ret;
	ret = uks_sks_sign(run->client, &used->use, 0, &data, used->to, &used->len, &run->err);
	/* What RSA gives has no parts. */
	if (!ret && der && strstr(used->uri, "#ecdsa")) {
		ret = to_der(used);
		if (ret)
			return ret;
	}
	return finish(run, used, ret, "sign with key");
}

/* ---- the others ---- */

static int do_encrypt(struct run *run, struct used *used)
{
	struct uks_sks_bytes data;
	int ret = read_data(run, used, &data);

	if (ret)
		return ret;
	ret = uks_sks_crypt(run->client, &used->use, true, &data, used->to, &used->len,
			    &run->err);
	return finish(run, used, ret, "encrypt with key");
}

/* By a secret or a pair of keys, whatever it is. */
static int do_decrypt(struct run *run, struct used *used)
{
	struct uks_sks_bytes data;
	int ret = take_symmetric(run, used);

	if (!ret)
		ret = read_data(run, used, &data);
	if (ret)
		return ret;
	if (used->symmetric)
		ret = uks_sks_crypt(run->client, &used->use, false, &data, used->to, &used->len,
				    &run->err);
	else
		ret = uks_sks_decrypt(run->client, &used->use, &data, used->to, &used->len,
				      &run->err);
	return finish(run, used, ret, "decrypt with key");
}

static int do_agree(struct run *run, struct used *used)
{
	struct uks_sks_bytes peer = { .data = used->data };
	int ret = option_public_key(run, OPTION_PEER, used->data, sizeof(used->data), &peer.len);

	if (ret)
		return ret;
	ret = uks_sks_agree(run->client, &used->use, &peer, used->to, &used->len, &run->err);
	return finish(run, used, ret, "agree with key");
}

static int do_hmac(struct run *run, struct used *used)
{
	struct uks_sks_bytes data;
	int ret = read_data(run, used, &data);

	if (ret)
		return ret;
	ret = uks_sks_hmac(run->client, &used->use, &data, used->to, &used->len, &run->err);
	return finish(run, used, ret, "compute an HMAC with key");
}

static int use(struct run *run, int (*act)(struct run *run, struct used *used))
{
	struct used *used;
	int ret = begin(run, &used);

	if (!ret)
		ret = act(run, used);
	used_free(used);
	return ret;
}

int run_sks_key_sign(struct run *run)
{
	return use(run, do_sign);
}

int run_sks_key_encrypt(struct run *run)
{
	return use(run, do_encrypt);
}

int run_sks_key_decrypt(struct run *run)
{
	return use(run, do_decrypt);
}

int run_sks_key_agree(struct run *run)
{
	return use(run, do_agree);
}

int run_sks_key_hmac(struct run *run)
{
	return use(run, do_hmac);
}
