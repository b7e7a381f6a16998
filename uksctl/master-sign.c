// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl master init, command, sign, submit, shares: what administrators decide. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "master.h"

#define COMMAND_MAX	16384
#define SIGNATURE_MAX	256

/* NAME=FILE, the file with a public key in PEM. */
static int add_administrator(struct run *run, json_t *list, const char *text)
{
	const char *file = strchr(text, '=');
	uint8_t *der = NULL;
	EVP_PKEY *key;
	char *hex;
	BIO *bio;
	int len;

	if (!file || file == text)
		return fail_usage(run, "'%s' is no administrator: give NAME=FILE", text);
	bio = BIO_new_file(file + 1, "r");
	key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
	BIO_free(bio);
	ERR_clear_error();
	len = key ? i2d_PUBKEY(key, &der) : -1;
	EVP_PKEY_free(key);
	if (len < 0)
		return fail_text(EXIT_ERROR, "'%s' has no public key in PEM", file + 1);
	hex = malloc(2 * len + 1);
	if (hex)
		json_array_append_new(list, json_pack("{s:s%, s:s}", "name", text,
						      (size_t)(file - text), "key",
						      hex_encode(hex, der, len)));
	free(hex);
	OPENSSL_free(der);
	return EXIT_OK;
}

static int administrators(struct run *run, json_t **list)
{
	size_t i;
	int ret = EXIT_OK;

	*list = json_array();
	for (i = 0; i < run->nr_given && !ret; i++)
		if (run->given[i].option == OPTION_ADMIN)
			ret = add_administrator(run, *list, run->given[i].text);
	if (!ret && !json_array_size(*list))
		ret = fail_usage(run, "--admin NAME=FILE is missing");
	if (ret)
		json_decref(*list);
	return ret;
}

static int add_thresholds(struct run *run, json_t *command)
{
	uint32_t commit, revoke;
	int ret = option_number(run, OPTION_COMMIT, &commit);

	if (!ret)
		ret = option_number(run, OPTION_REVOKE, &revoke);
	if (ret)
		return ret;
	if (!commit || !revoke)
		return fail_usage(run,
				  "--commit N and --revoke N say how many administrators are needed");
	json_object_set_new(command, "commit", json_integer(commit));
	json_object_set_new(command, "revoke", json_integer(revoke));
	return EXIT_OK;
}

static int fill_enrol(struct run *run, json_t *command, const json_t *status)
{
	json_t *list;
	int ret = administrators(run, &list);

	(void)status;
	if (ret)
		return ret;
	json_object_set_new(command, "administrators", list);
	return add_thresholds(run, command);
}

static int fill_revoke(struct run *run, json_t *command, const json_t *status)
{
	(void)status;
	if (!run->options[OPTION_ADMIN])
		return fail_usage(run, "--admin NAME says who shall be none any more");
	json_object_set_new(command, "administrator", json_string(run->options[OPTION_ADMIN]));
	return add_thresholds(run, command);
}

/* The pattern is what the administrators compare before they sign. */
static int fill_commit(struct run *run, json_t *command, const json_t *status)
{
	json_t *pattern = json_object_get(json_object_get(status, "new"), "pattern");

	(void)run;
	if (!pattern)
		return fail_text(EXIT_ERROR,
				 "the new register is empty: see 'uksctl master load'");
	json_object_set(command, "pattern", pattern);
	return EXIT_OK;
}

static int fill_shares(struct run *run, json_t *command, const json_t *status)
{
	uint32_t threshold, count;
	int ret = option_number(run, OPTION_THRESHOLD, &threshold);

	(void)status;
	if (!ret)
		ret = option_number(run, OPTION_COUNT, &count);
	if (ret)
		return ret;
	if (!threshold || !count)
		return fail_usage(run,
				  "--threshold K and --count N say how many shares are needed, of how many");
	json_object_set_new(command, "threshold", json_integer(threshold));
	json_object_set_new(command, "count", json_integer(count));
	return EXIT_OK;
}

int master_command_json(struct run *run, const char *name, json_t **command)
{
	static const struct {
		const char *name;
		int (*fill)(struct run *run, json_t *command, const json_t *status);
	} kinds[] = {
		{ "enrol", fill_enrol }, { "revoke", fill_revoke },
		{ "commit", fill_commit }, { "shares", fill_shares },
	};
	json_t *status;
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(kinds) && strcmp(kinds[i].name, name); i++)
		;
	if (i == ARRAY_SIZE(kinds))
		return fail_usage(run, "'%s' is none of enrol, revoke, commit, shares", name);
	ret = master_show(run, &status);
	if (ret)
		return ret;
	*command = json_pack("{s:s, s:O, s:I, s:s}", "uks", "master command 1", "store",
			     json_object_get(status, "store"), "sequence",
			     json_integer_value(json_object_get(status, "sequence")) + 1,
			     "command", name);
	ret = kinds[i].fill(run, *command, status);
	json_decref(status);
	if (ret)
		json_decref(*command);
	return ret;
}

int run_master_command(struct run *run)
{
	json_t *command;
	char *text;
	int ret = master_command_json(run, run->args[0], &command);

	if (ret)
		return ret;
	text = json_dumps(command, JSON_INDENT(2));
	json_decref(command);
	ret = text ? output_all(run, text, strlen(text), false) :
	      fail_text(EXIT_ERROR, "out of memory");
	free(text);
	return ret;
}

/* ---- signing, without the daemon ---- */

static int pem_passphrase(char *text, int size, int writing, void *arg)
{
	struct run *run = arg;

	(void)writing;
	return passphrase_get(run, text, size, &run->err);
}

int master_signer(struct run *run, EVP_PKEY **key)
{
	const char *file = run->options[OPTION_WITH];
	BIO *bio = BIO_new_file(file, "r");

	*key = bio ? PEM_read_bio_PrivateKey(bio, NULL, pem_passphrase, run) : NULL;
	BIO_free(bio);
	ERR_clear_error();
	if (*key)
		return EXIT_OK;
	return fail_text(EXIT_ERROR,
			 "'%s' has no private key in PEM, or its passphrase is wrong", file);
}

static int make_signature(EVP_PKEY *key, const uint8_t *text, size_t text_len, uint8_t *signature,
			  size_t *len)
{
	const EVP_MD *digest = EVP_PKEY_is_a(key, "EC") ? EVP_sha256() : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	ok = ctx && EVP_DigestSignInit(ctx, NULL, digest, NULL, key) == 1 &&
	     EVP_DigestSign(ctx, signature, len, text, text_len) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return ok ? EXIT_OK : fail_text(EXIT_ERROR,
					"this key cannot sign: it must be Ed25519 or ECDSA P-256");
}

int run_master_sign(struct run *run)
{
	uint8_t signature[SIGNATURE_MAX], *text = malloc(COMMAND_MAX);
	size_t text_len, len = sizeof(signature);
	EVP_PKEY *key = NULL;
	int ret;

	if (!text)
		return fail_text(EXIT_ERROR, "out of memory");
	ret = input_read_all(run->args[0], text, COMMAND_MAX, &text_len);
	if (!ret)
		ret = master_signer(run, &key);
	if (!ret)
		ret = make_signature(key, text, text_len, signature, &len);
	if (!ret)
		ret = output_all(run, signature, len, true);
	EVP_PKEY_free(key);
	free(text);
	return ret;
}

/* ---- what was signed ---- */

static int add_signatures(struct run *run, json_t *list)
{
	uint8_t signature[SIGNATURE_MAX];
	char hex[2 * SIGNATURE_MAX + 1];
	size_t i, len;
	int ret;

	for (i = 0; i < run->nr_given; i++) {
		if (run->given[i].option != OPTION_SIGNATURE)
			continue;
		ret = input_read_all(run->given[i].text, signature, sizeof(signature), &len);
		if (ret)
			return ret;
		json_array_append_new(list, json_string(hex_encode(hex, signature, len)));
	}
	return EXIT_OK;
}

int master_order(struct run *run, uint32_t number, const char *text,
		 struct uks_admin_answer **answer)
{
	json_t *signatures = json_array();
	json_t *envelope = json_pack("{s:s, s:o}", "command", text, "signatures", signatures);
	int ret = envelope ? add_signatures(run, signatures) :
		  fail_text(EXIT_ERROR, "the command is no text");
	char *message = ret ? NULL : json_dumps(envelope, JSON_COMPACT);

	if (message)
		ret = master_ask(run, number, message, strlen(message), answer,
				 "do what the command says");
	free(message);
	json_decref(envelope);
	return ret;
}

static int submit(struct run *run, const char *text, const char *name)
{
	bool shares = !strcmp(name, "shares");
	struct uks_admin_answer *answer;
	int ret;

	if (shares && !run->options[OPTION_OUTPUT])
		return fail_usage(run,
				  "--output PREFIX says where the shares go: PREFIX-1 and so on");
	ret = master_order(run, shares ? UKS_MASTER_SHARES : UKS_MASTER_SIGNED, text, &answer);
	if (ret)
		return ret;
	if (shares)
		ret = write_shares(run, answer);
	else
		fprintf(stderr, "done: %s\n", name);
	uks_admin_answer_free(answer);
	return ret;
}

int run_master_submit(struct run *run)
{
	char *text = calloc(1, COMMAND_MAX + 1);
	json_t *command;
	const char *name;
	size_t len;
	int ret;

	if (!text)
		return fail_text(EXIT_ERROR, "out of memory");
	ret = input_read_all(run->args[0], (uint8_t *)text, COMMAND_MAX, &len);
	if (!ret) {
		command = json_loads(text, 0, NULL);
		name = json_string_value(json_object_get(command, "command"));
		ret = name ? submit(run, text, name) :
		      fail_text(EXIT_ERROR, "'%s' is no command", run->args[0]);
		json_decref(command);
	}
	free(text);
	return ret;
}

/* Without administrators root decides alone, at once. */
static int decide(struct run *run, const char *name)
{
	json_t *command;
	char *text;
	int ret = master_command_json(run, name, &command);

	if (ret)
		return ret;
	text = json_dumps(command, JSON_COMPACT);
	json_decref(command);
	ret = text ? submit(run, text, name) : fail_text(EXIT_ERROR, "out of memory");
	free(text);
	return ret;
}

int run_master_init(struct run *run)
{
	return decide(run, "enrol");
}

int run_master_shares(struct run *run)
{
	return decide(run, "shares");
}
