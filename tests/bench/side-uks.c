// SPDX-License-Identifier: LGPL-2.1-or-later
/* UKS, through libuks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "bench.h"
#include "uks.h"

struct state {
	const struct work *work;
	struct uks_client *client;
	struct uks_session *session;
	unsigned int done;
	uint8_t out[];
};

static const struct kind {
	const char *name;
	uint32_t type;
	bool imported;
	uint32_t algorithm;
	uint32_t digest;
} kinds[] = {
	{ "ecdsa-p256", UKS_KEY_EC_P256, false, UKS_ALG_ECDSA, UKS_DIGEST_SHA256 },
	{ "first", UKS_KEY_EC_P256, false, UKS_ALG_ECDSA, UKS_DIGEST_SHA256 },
	{ "new", UKS_KEY_EC_P256, false, 0, 0 },
	{ "ed25519", UKS_KEY_ED25519, false, 0, 0 },
	{ "rsa-2048", UKS_KEY_RSA_2048, true, UKS_ALG_RSA_PKCS1, UKS_DIGEST_SHA256 },
	{ "rsa-3072", UKS_KEY_RSA_3072, true, UKS_ALG_RSA_PKCS1, UKS_DIGEST_SHA256 },
	{ "aes-256", UKS_KEY_AES_256, false, 0, 0 },
	{ "hmac-sha256", UKS_KEY_HMAC_SHA256, false, 0, 0 },
};

static const struct kind *kind_of(const char *name)
{
	const struct kind *kind = kinds;

	while (strcmp(kind->name, name))
		kind++;
	return kind;
}

static uint32_t purpose_of(const struct work *work)
{
	switch (work->job) {
	case JOB_AEAD:
		return UKS_PURPOSE_ENCRYPT;
	case JOB_MAC:
		return UKS_PURPOSE_MAC;
	case JOB_OPEN:
		return strcmp(work->key, "aes-256") ? UKS_PURPOSE_SIGN : UKS_PURPOSE_ENCRYPT;
	default:
		return UKS_PURPOSE_SIGN;
	}
}

static bool import(struct uks_client *client, const struct kind *kind, struct uks_err *err)
{
	struct uks_material material = { .format = UKS_FORMAT_PKCS8 };
	FILE *file = fopen(key_pem(kind->name), "r");
	EVP_PKEY *key = file ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;
	PKCS8_PRIV_KEY_INFO *info = key ? EVP_PKEY2PKCS8(key) : NULL;
	uint8_t *der = NULL;
	int ret = -UKS_E_IO;

	if (info) {
		material.len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
		material.data = der;
		ret = uks_key_import(client, kind->name, kind->type, 0, &material, NULL, err);
	}
	OPENSSL_clear_free(der, material.len);
	PKCS8_PRIV_KEY_INFO_free(info);
	EVP_PKEY_free(key);
	if (file)
		fclose(file);
	return !ret || ret == -UKS_E_KEY_EXISTS;
}

static bool make(struct uks_client *client, const struct kind *kind, const char *name)
{
	struct uks_err err = { 0 };
	int ret;

	if (kind->imported) {
		if (import(client, kind, &err))
			return true;
	} else {
		ret = uks_key_generate(client, name, kind->type, 0, NULL, &err);
		if (!ret || ret == -UKS_E_KEY_EXISTS)
			return true;
	}
	cannot("no key %s: %s", name, err.text);
	return false;
}

static bool open_session(struct state *state, const char *name)
{
	const struct kind *kind = kind_of(state->work->key);
	struct uks_err err = { 0 };

	if (!uks_session_open(state->client, name, purpose_of(state->work), kind->algorithm,
			      kind->digest, &state->session, &err))
		return true;
	cannot("%s", err.text);
	return false;
}

/**
 * side_uks_fill() - make the keys of a store of ten
 *
 * Return: false after cannot().
 */
bool side_uks_fill(void)
{
	struct uks_client *client;
	char name[32];
	bool done = true;
	int i;

	if (uks_client_new(&client, NULL))
		return false;
	for (i = 0; done && i < FIRST_KEYS; i++) {
		snprintf(name, sizeof(name), "first-%d", i);
		done = make(client, kind_of("first"), name);
	}
	done = done && make(client, kind_of("aes-256"), "aes-256") &&
	       make(client, kind_of("ecdsa-p256"), "ecdsa-p256");
	uks_client_free(client);
	return done;
}

static void uks_close(void *context)
{
	struct state *state = context;

	uks_session_close(state->session);
	uks_client_free(state->client);
	free(state);
}

static void *uks_open(const struct work *work)
{
	struct state *state = calloc(1, sizeof(*state) + MESSAGE_MAX + UKS_TAG_LEN);

	if (!state || uks_client_new(&state->client, NULL))
		abort();
	state->work = work;
	if (work->job == JOB_GENERATE || work->job == JOB_FIRST)
		return state;
	if (make(state->client, kind_of(work->key), work->key) &&
	    (work->job == JOB_OPEN || open_session(state, work->key)))
		return state;
	uks_close(state);
	return NULL;
}

static int use(struct state *state, struct uks_err *err)
{
	size_t len = MESSAGE_MAX + UKS_TAG_LEN;
	struct uks_aead aead = { 0 };

	switch (state->work->job) {
	case JOB_AEAD:
		return uks_encrypt(state->session, &aead, message(), state->work->len, state->out,
				   &len, err);
	case JOB_MAC:
		return uks_mac(state->session, message(), state->work->len, state->out, &len, err);
	default:
		return uks_sign(state->session, message(), state->work->len, state->out, &len, err);
	}
}

static bool use_or_tell(struct state *state)
{
	struct uks_err err;

	if (!use(state, &err))
		return true;
	cannot("%s", err.text);
	return false;
}

static bool uks_once(void *context)
{
	struct state *state = context;
	bool done;
	char name[64];

	switch (state->work->job) {
	case JOB_OPEN:
		done = open_session(state, state->work->key);
		break;
	case JOB_FIRST:
		snprintf(name, sizeof(name), "first-%u", state->done++);
		done = open_session(state, name) && use_or_tell(state);
		break;
	case JOB_GENERATE:
		snprintf(name, sizeof(name), "new-%d-%u", getpid(), state->done++);
		return make(state->client, kind_of(state->work->key), name);
	default:
		return use_or_tell(state);
	}
	uks_session_close(state->session);
	state->session = NULL;
	return done;
}

const struct side side_uks = { "uks", uks_open, uks_once, uks_close };
