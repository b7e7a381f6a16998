// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>
#include <string.h>

#include <openssl/x509.h>
#include <sodium.h>

#include "tests/unit/uksd-ceremony.h"

int ceremony_new(struct ceremony *ceremony, struct daemon *daemon)
{
	int i;

	ceremony->daemon = daemon;
	ceremony->status = NULL;
	for (i = 0; i < ADMINS; i++) {
		ceremony->keys[i] = i == 1 ? EVP_EC_gen("P-256") :
				    EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		if (!ceremony->keys[i])
			return -1;
	}
	return 0;
}

void ceremony_delete(struct ceremony *ceremony)
{
	int i;

	for (i = 0; i < ADMINS; i++)
		EVP_PKEY_free(ceremony->keys[i]);
	json_decref(ceremony->status);
}

static uint32_t ask_as_root(struct ceremony *ceremony, uint32_t op)
{
	struct daemon *daemon = ceremony->daemon;
	const struct uks_attr *result = &daemon->attrs[UKS_A_RESULT];
	uint32_t uid = daemon->uid, code;

	daemon->uid = 0;
	code = ask(daemon, op);
	daemon->uid = uid;
	if (!code && result->type) {
		json_decref(ceremony->status);
		ceremony->status = json_loadb((const char *)result->value, result->len, 0, NULL);
	}
	return code;
}

uint32_t ask_master(struct ceremony *ceremony, uint32_t command, const void *message, size_t len)
{
	struct daemon *daemon = ceremony->daemon;

	ask_begin(daemon);
	uks_attrs_put_u32(&daemon->in, UKS_A_COMMAND, command);
	if (len)
		uks_attrs_put(&daemon->in, UKS_A_MESSAGE, message, len);
	return ask_as_root(ceremony, UKS_OP_MASTER);
}

uint32_t ask_backup(struct ceremony *ceremony, uint32_t command, const char *cursor,
		    uint32_t flags, const void *message, size_t len)
{
	struct daemon *daemon = ceremony->daemon;

	ask_begin(daemon);
	uks_attrs_put_u32(&daemon->in, UKS_A_COMMAND, command);
	if (cursor)
		uks_attrs_put_string(&daemon->in, UKS_A_CURSOR, cursor);
	if (flags)
		uks_attrs_put_u32(&daemon->in, UKS_A_FLAGS, flags);
	if (len)
		uks_attrs_put(&daemon->in, UKS_A_MESSAGE, message, len);
	return ask_as_root(ceremony, UKS_OP_BACKUP);
}

const char *status(struct ceremony *ceremony, const char *path)
{
	static char digits[24];
	const json_t *at;
	char name[32];
	size_t len;

	if (ask_master(ceremony, UKS_MASTER_SHOW, NULL, 0))
		return "refused";
	for (at = ceremony->status; *path; path += len + (path[len] == '.')) {
		len = strcspn(path, ".");
		snprintf(name, sizeof(name), "%.*s", (int)len, path);
		at = json_object_get(at, name);
	}
	if (json_is_string(at))
		return json_string_value(at);
	if (json_is_array(at))
		snprintf(digits, sizeof(digits), "%zu", json_array_size(at));
	else
		snprintf(digits, sizeof(digits), "%lld", json_integer_value(at));
	return at ? digits : "missing";
}

char *command_text(struct ceremony *ceremony, const char *command, const char *members)
{
	unsigned long long sequence = strtoull(status(ceremony, "sequence"), NULL, 10);
	char *text = NULL;

	if (asprintf(&text,
		     "{\"uks\":\"master command 1\",\"store\":\"%s\",\"sequence\":%llu,\"command\":\"%s\"%s%s}",
		     status(ceremony, "store"), sequence + 1, command, *members ? "," : "",
		     members) < 0)
		abort();
	return text;
}

static void sign(EVP_PKEY *key, const char *text, json_t *signatures)
{
	const EVP_MD *digest = EVP_PKEY_is_a(key, "EC") ? EVP_sha256() : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t signature[128];
	size_t len = sizeof(signature);
	char hex[260];

	if (EVP_DigestSignInit(ctx, NULL, digest, NULL, key) != 1 ||
	    EVP_DigestSign(ctx, signature, &len, (const uint8_t *)text, strlen(text)) != 1)
		abort();
	EVP_MD_CTX_free(ctx);
	sodium_bin2hex(hex, sizeof(hex), signature, len);
	json_array_append_new(signatures, json_string(hex));
}

uint32_t send_command(struct ceremony *ceremony, uint32_t number, const char *text,
		      unsigned int signers)
{
	json_t *signatures = json_array(), *envelope;
	uint32_t code;
	char *message;
	int i;

	for (i = 0; i < ADMINS; i++)
		if (signers & 1 << i)
			sign(ceremony->keys[i], text, signatures);
	if (signers & 0x100)
		sign(ceremony->keys[0], text, signatures);
	envelope = json_pack("{s:s, s:o}", "command", text, "signatures", signatures);
	message = json_dumps(envelope, 0);
	code = ask_master(ceremony, number, message, strlen(message));
	free(message);
	json_decref(envelope);
	return code;
}

uint32_t order(struct ceremony *ceremony, const char *command, const char *members,
	       unsigned int signers)
{
	uint32_t number = strcmp(command, "shares") ? UKS_MASTER_SIGNED : UKS_MASTER_SHARES;
	char *text = command_text(ceremony, command, members);
	uint32_t code = send_command(ceremony, number, text, signers);

	free(text);
	return code;
}

char *enrolment(struct ceremony *ceremony, unsigned int who, int commit, int revoke)
{
	char *text = NULL, list[1024] = "", hex[256];
	uint8_t *der;
	int i, len;

	for (i = 0; i < ADMINS; i++) {
		if (!(who & 1 << i))
			continue;
		der = NULL;
		len = i2d_PUBKEY(ceremony->keys[i], &der);
		sodium_bin2hex(hex, sizeof(hex), der, len);
		OPENSSL_free(der);
		snprintf(list + strlen(list), sizeof(list) - strlen(list),
			 "%s{\"name\":\"admin%d\",\"key\":\"%s\"}", *list ? "," : "", i, hex);
	}
	if (asprintf(&text, "\"administrators\":[%s],\"commit\":%d,\"revoke\":%d", list, commit,
		     revoke) < 0)
		abort();
	return text;
}

uint32_t enrol_all(struct ceremony *ceremony)
{
	char *members = enrolment(ceremony, 7, 2, 3);
	uint32_t code = order(ceremony, "enrol", members, 0);

	free(members);
	return code;
}
