// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sodium.h>

#include "daemon/master/admin.h"

#define SIGNATURE_MAX	80	/* bytes: ECDSA on P-256 has 72 at most */

static EVP_PKEY *read_key(const uint8_t *der, size_t len)
{
	const uint8_t *at = der;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &at, len);

	if (key && at == der + len)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

/* The two kinds of key that administrators have. */
static bool is_usable(const EVP_PKEY *key)
{
	char group[32];
	size_t len;

	if (EVP_PKEY_is_a(key, "ED25519"))
		return true;
	return EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_group_name(key, group, sizeof(group), &len) == 1 &&
	       !strcmp(group, "prime256v1");
}

static bool verify(const struct administrator *admin, const char *text, size_t text_len,
		   const uint8_t *signature, size_t len)
{
	EVP_PKEY *key = read_key(admin->key, admin->key_len);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const EVP_MD *digest;
	bool right = false;

	if (key && ctx) {
		digest = EVP_PKEY_is_a(key, "EC") ? EVP_sha256() : NULL;
		right = EVP_DigestVerifyInit(ctx, NULL, digest, NULL, key) == 1 &&
			EVP_DigestVerify(ctx, signature, len, (const uint8_t *)text,
					 text_len) == 1;
	}
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return right;
}

static int find_signer(const struct master_record *record, const char *text, size_t text_len,
		       const uint8_t *signature, size_t len)
{
	uint32_t i;

	for (i = 0; i < record->count; i++)
		if (verify(&record->administrators[i], text, text_len, signature, len))
			return i;
	return -1;
}

static int count_signers(const struct master_record *record, const char *text, size_t text_len,
			 const json_t *signatures, uint32_t *signers, struct failure *failure)
{
	uint8_t signature[SIGNATURE_MAX];
	uint32_t seen = 0;
	json_t *entry;
	size_t i, len;
	int signer;

	json_array_foreach(signatures, i, entry) {
		const char *hex = json_string_value(entry);

		if (!hex || sodium_hex2bin(signature, sizeof(signature), hex, strlen(hex), NULL,
					   &len, NULL) || 2 * len != strlen(hex))
			return failure_set(failure, UKS_E_INVALID,
					   "signature %zu is no hexadecimal digits, or too long",
					   i + 1);
		signer = find_signer(record, text, text_len, signature, len);
		if (signer < 0)
			return failure_set(failure, UKS_E_NOT_ADMIN,
					   "signature %zu is of no administrator, or of another command: nothing was done",
					   i + 1);
		if (!(seen & 1u << signer))
			(*signers)++;
		seen |= 1u << signer;
	}
	return 0;
}

/* A command is for one store, and for one place in the order of its commands. */
static int check_place(const struct master_record *record, const struct command *command,
		       const char *store, json_int_t sequence, struct failure *failure)
{
	char own[2 * sizeof(record->store) + 1];

	sodium_bin2hex(own, sizeof(own), record->store, sizeof(record->store));
	if (strcmp(own, store))
		return failure_set(failure, UKS_E_REPLAYED,
				   "the command '%s' is for another store: make it again with 'uksctl master command'",
				   command->name);
	if (sequence > 0 && (uint64_t)sequence == record->sequence + 1)
		return 0;
	return failure_set(failure, UKS_E_REPLAYED,
			   "the command '%s' has number %lld, the next one has %llu: it was used, or another one came before; make it again with 'uksctl master command'",
			   command->name, (long long)sequence,
			   (unsigned long long)record->sequence + 1);
}

static int parse_text(const struct master_record *record, const char *text, size_t len,
		      struct command *command, struct failure *failure)
{
	static const char * const common[] = { "uks", "store", "sequence", "command" };
	const char *format, *store, *name;
	json_int_t sequence;
	size_t i;
	int ret;

	command->json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	if (json_unpack(command->json, "{s:s, s:s, s:I, s:s}", "uks", &format, "store", &store,
			"sequence", &sequence, "command", &name) ||
	    strcmp(format, "master command 1"))
		return failure_set(failure, UKS_E_INVALID,
				   "this is no command about a master key: make one with 'uksctl master command'");
	snprintf(command->name, sizeof(command->name), "%s", name);
	ret = check_place(record, command, store, sequence, failure);
	for (i = 0; i < sizeof(common) / sizeof(*common); i++)
		json_object_del(command->json, common[i]);
	return ret;
}

int command_parse(const struct master_record *record, const uint8_t *message, size_t len,
		  struct command *command, struct failure *failure)
{
	json_t *envelope, *text, *signatures;
	int ret;

	*command = (struct command){ .json = NULL };
	envelope = json_loadb((const char *)message, len, JSON_REJECT_DUPLICATES, NULL);
	if (json_unpack(envelope, "{s:o, s:o !}", "command", &text, "signatures", &signatures) ||
	    !json_is_string(text) || !json_is_array(signatures)) {
		ret = failure_set(failure, UKS_E_INVALID,
				  "the message has no command with signatures");
	} else {
		ret = parse_text(record, json_string_value(text), json_string_length(text),
				 command, failure);
		if (!ret)
			ret = count_signers(record, json_string_value(text),
					    json_string_length(text), signatures,
					    &command->signers, failure);
	}
	json_decref(envelope);
	if (ret)
		command_free(command);
	return ret;
}

void command_free(struct command *command)
{
	json_decref(command->json);
	command->json = NULL;
}

int command_enough(const struct master_record *record, const struct command *command,
		   uint32_t needed, struct failure *failure)
{
	if (!record->count || command->signers >= needed)
		return 0;
	return failure_set(failure, UKS_E_NOT_ADMIN,
			   "'%s' needs the signatures of %u administrators, and has %u: nothing was done",
			   command->name, needed, command->signers);
}

static int check_name(const struct master_record *record, const char *name,
		      struct failure *failure)
{
	size_t i, len = strlen(name);

	if (!len || len > RECORD_NAME_MAX)
		return failure_set(failure, UKS_E_BAD_NAME,
				   "an administrator's name has 1 to %d bytes", RECORD_NAME_MAX);
	for (i = 0; i < len; i++)
		if ((unsigned char)name[i] <= ' ' || name[i] == 0x7f)
			return failure_set(failure, UKS_E_BAD_NAME,
					   "an administrator's name has no spaces or control characters");
	for (i = 0; i < record->count; i++)
		if (!strcmp(record->administrators[i].name, name))
			return failure_set(failure, UKS_E_INVALID,
					   "there is an administrator '%s' already", name);
	return 0;
}

static int check_key(const struct master_record *record, const struct administrator *admin,
		     struct failure *failure)
{
	EVP_PKEY *key = read_key(admin->key, admin->key_len);
	bool usable = key && is_usable(key);
	uint32_t i;

	EVP_PKEY_free(key);
	if (!usable)
		return failure_set(failure, UKS_E_BAD_MATERIAL,
				   "the key of administrator '%s' is no public key of Ed25519 or ECDSA P-256",
				   admin->name);
	for (i = 0; i < record->count; i++)
		if (record->administrators[i].key_len == admin->key_len &&
		    !memcmp(record->administrators[i].key, admin->key, admin->key_len))
			return failure_set(failure, UKS_E_INVALID,
					   "'%s' and '%s' have the same key: each needs one of their own",
					   record->administrators[i].name, admin->name);
	return 0;
}

int administrator_add(struct master_record *record, const char *name, const char *key,
		      struct failure *failure)
{
	struct administrator admin = { .key_len = 0 };
	size_t len;

	if (check_name(record, name, failure))
		return -1;
	if (record->count == RECORD_ADMINISTRATORS)
		return failure_set(failure, UKS_E_INVALID, "there are %d administrators already",
				   RECORD_ADMINISTRATORS);
	memcpy(admin.name, name, strlen(name));
	if (!sodium_hex2bin(admin.key, sizeof(admin.key), key, strlen(key), NULL, &len, NULL))
		admin.key_len = len;
	if (check_key(record, &admin, failure))
		return -1;
	record->administrators[record->count++] = admin;
	return 0;
}

int administrator_remove(struct master_record *record, const char *name, struct failure *failure)
{
	struct administrator *admins = record->administrators;
	uint32_t i;

	for (i = 0; i < record->count; i++) {
		if (strcmp(admins[i].name, name))
			continue;
		memmove(&admins[i], &admins[i + 1], (record->count - i - 1) * sizeof(*admins));
		memset(&admins[--record->count], 0, sizeof(*admins));
		return 0;
	}
	return failure_set(failure, UKS_E_NOT_ADMIN, "there is no administrator '%s'", name);
}
