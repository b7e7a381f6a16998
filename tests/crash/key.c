// SPDX-License-Identifier: LGPL-2.1-or-later
/* A keeper's key: making it, having it prove itself, and looking whether it is the one. */
#include <string.h>

#include <sodium.h>

#include "tests/crash/keeper.h"

static const char text[] = "what the key was given to prove itself";
static const char pin[] = "2468", wrong[] = "1357";

/* With an error of our own making: -1 with that text. */
static int wrong_with(struct keeper *keeper, const char *what)
{
	keeper->err.code = 0;
	snprintf(keeper->err.text, sizeof(keeper->err.text), "%s", what);
	return -1;
}

void key_name(const struct keeper *keeper, const struct record *record, char name[32])
{
	snprintf(name, 32, "w%d-s%d-%u", keeper->number, record->slot, record->serial);
}

static int make_policy(enum kind kind, struct uks_policy **policy, struct uks_err *err)
{
	if (uks_policy_new(policy, err))
		return -1;
	if (kind == COUNTED)
		return uks_policy_set(*policy, UKS_POLICY_A_MAX_USES, 1000000, err);
	if (kind == PINNED)
		return uks_policy_set(*policy, UKS_POLICY_A_PIN, UKS_PIN_SESSION, err) ||
		       uks_policy_set(*policy, UKS_POLICY_A_PIN_TRIES, TRIES, err);
	return 0;
}

static void take(struct record *record, const struct uks_key *key)
{
	sodium_bin2hex(record->id, sizeof(record->id), key->id, sizeof(key->id));
	record->version = key->version;
	record->uses = key->uses;
	record->tries = key->tries;
}

int key_make(struct keeper *keeper, struct record *record)
{
	struct uks_pin pins = { .new_pin = pin, .new_pin_len = sizeof(pin) - 1 };
	enum kind kind = kind_of(record->slot);
	struct uks_key_options options = { .pin = kind == PINNED ? &pins : NULL };
	struct uks_policy *policy = NULL;
	struct uks_key *key;
	char name[32];
	int ret;

	key_name(keeper, record, name);
	ret = make_policy(kind, &policy, &keeper->err);
	options.policy = kind == PINNED || kind == COUNTED ? policy : NULL;
	if (!ret)
		ret = uks_key_generate_with(keeper->client, name,
					    kind == SIGNER ? UKS_KEY_EC_P256 : UKS_KEY_AES_256,
					    &options, &key, &keeper->err);
	uks_policy_free(policy);
	if (ret)
		return -1;
	take(record, key);
	uks_key_free(key);
	return key_read(keeper, record);
}

static int open_key(struct keeper *keeper, const struct record *record, uint32_t purpose,
		    uint32_t version, struct uks_session **session)
{
	struct uks_pin pins = { .pin = pin, .pin_len = sizeof(pin) - 1 };
	struct uks_method method = {
		.version = version,
		.pin = kind_of(record->slot) == PINNED ? &pins : NULL,
	};
	char name[32];

	key_name(keeper, record, name);
	return uks_session_open_with(keeper->client, name, purpose, &method, session,
				     &keeper->err) ? -1 : 0;
}

int key_prove(struct keeper *keeper, struct record *record)
{
	bool signs = kind_of(record->slot) == SIGNER;
	struct uks_session *session;
	struct uks_aead aead = {};
	uint8_t proof[PROOF_MAX];
	size_t len = sizeof(proof);
	int ret;

	if (open_key(keeper, record, signs ? UKS_PURPOSE_SIGN : UKS_PURPOSE_ENCRYPT, 0, &session))
		return -1;
	if (signs)
		ret = uks_sign(session, text, sizeof(text), proof, &len, &keeper->err);
	else
		ret = uks_encrypt(session, &aead, text, sizeof(text), proof, &len, &keeper->err);
	uks_session_close(session);
	if (ret)
		return -1;
	record->proof_version = record->version;
	sodium_bin2hex(record->nonce, sizeof(record->nonce), aead.nonce, sizeof(aead.nonce));
	sodium_bin2hex(record->proof, sizeof(record->proof), proof, len);
	return 0;
}

int key_verify(struct keeper *keeper, const struct record *record)
{
	bool signs = kind_of(record->slot) == SIGNER;
	uint8_t proof[PROOF_MAX], out[PROOF_MAX];
	size_t len = 0, out_len = sizeof(out);
	struct uks_session *session;
	struct uks_aead aead = {};
	int ret;

	if (!strcmp(record->proof, "-"))
		return 0;
	if (sodium_hex2bin(proof, sizeof(proof), record->proof, strlen(record->proof), NULL,
			   &len, NULL) ||
	    sodium_hex2bin(aead.nonce, sizeof(aead.nonce), record->nonce, strlen(record->nonce),
			   NULL, NULL, NULL))
		return wrong_with(keeper, "the journal is damaged");
	if (open_key(keeper, record, signs ? UKS_PURPOSE_VERIFY : UKS_PURPOSE_DECRYPT,
		     record->proof_version, &session))
		return -1;
	if (signs)
		ret = uks_verify(session, text, sizeof(text), proof, len, &keeper->err);
	else
		ret = uks_decrypt(session, &aead, proof, len, out, &out_len, &keeper->err);
	uks_session_close(session);
	if (ret)
		return -1;
	if (!signs && (out_len != sizeof(text) || memcmp(out, text, out_len)))
		return wrong_with(keeper, "a proof decrypts to something else");
	return 0;
}

int key_read(struct keeper *keeper, struct record *record)
{
	struct uks_key *key;
	char name[32];

	key_name(keeper, record, name);
	if (uks_key_show(keeper->client, name, &key, &keeper->err))
		return -1;
	take(record, key);
	uks_key_free(key);
	return 0;
}

int key_try_pin(struct keeper *keeper, const struct record *record, bool right)
{
	struct uks_pin pins = { .pin = right ? pin : wrong, .pin_len = sizeof(pin) - 1 };
	char name[32];
	int ret;

	key_name(keeper, record, name);
	ret = uks_pin_check(keeper->client, name, &pins, NULL, &keeper->err);
	if (right)
		return ret ? -1 : 0;
	if (!ret)
		return wrong_with(keeper, "a wrong PIN was accepted");
	return keeper->err.code == UKS_E_PIN_WRONG ? 0 : -1;
}
