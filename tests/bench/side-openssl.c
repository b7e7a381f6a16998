// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * OpenSSL in process: the limit. "openssl" makes and frees its context for each
 * message, as most programs do; "openssl-kept" keeps one that has its key.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include "bench.h"

struct state {
	const struct work *work;
	bool kept;
	EVP_PKEY *key;
	EVP_PKEY_CTX *sign;
	EVP_CIPHER_CTX *cipher;
	EVP_MAC_CTX *mac;
	uint8_t secret[32];
	uint8_t nonce[12];
	uint8_t out[];
};

static EVP_PKEY *load(const char *name)
{
	FILE *file = fopen(key_pem(name), "r");
	EVP_PKEY *key = file ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;

	if (file)
		fclose(file);
	if (!key)
		cannot("no key %s", key_pem(name));
	return key;
}

static void openssl_close(void *context)
{
	struct state *state = context;

	EVP_PKEY_CTX_free(state->sign);
	EVP_CIPHER_CTX_free(state->cipher);
	EVP_MAC_CTX_free(state->mac);
	EVP_PKEY_free(state->key);
	free(state);
}

static bool keep(struct state *state)
{
	const OSSL_PARAM digest[] = {
		OSSL_PARAM_utf8_string("digest", "SHA256", 6), OSSL_PARAM_END
	};
	EVP_MAC *mac = NULL;

	switch (state->work->job) {
	case JOB_AEAD:
		state->cipher = EVP_CIPHER_CTX_new();
		return EVP_EncryptInit_ex(state->cipher, EVP_aes_256_gcm(), NULL, state->secret,
					  state->nonce);
	case JOB_MAC:
		mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
		state->mac = EVP_MAC_CTX_new(mac);
		EVP_MAC_free(mac);
		return EVP_MAC_init(state->mac, state->secret, sizeof(state->secret), digest);
	default:
		state->sign = EVP_PKEY_CTX_new(state->key, NULL);
		return EVP_PKEY_sign_init(state->sign) == 1 &&
		       EVP_PKEY_CTX_set_signature_md(state->sign, EVP_sha256()) == 1;
	}
}

static void *openssl_new(const struct work *work, bool kept)
{
	struct state *state;

	if (work->job > JOB_MAC && (kept || work->job != JOB_GENERATE)) {
		cannot("it has no store");
		return NULL;
	}
	state = calloc(1, sizeof(*state) + MESSAGE_MAX + 64);
	if (!state)
		abort();
	state->work = work;
	state->kept = kept;
	if (work->job == JOB_SIGN) {
		state->key = load(work->key);
		if (!state->key)
			goto fail;
		if (kept && EVP_PKEY_is_a(state->key, "ED25519")) {
			cannot("Ed25519 has no context to keep");
			goto fail;
		}
	}
	if (!kept || keep(state))
		return state;
	cannot("%s", ERR_reason_error_string(ERR_get_error()));
fail:
	openssl_close(state);
	return NULL;
}

static void *openssl_open(const struct work *work)
{
	return openssl_new(work, false);
}

static void *openssl_open_kept(const struct work *work)
{
	return openssl_new(work, true);
}

static bool sign(struct state *state)
{
	EVP_MD_CTX *context;
	size_t len = 1024;
	bool done;

	if (state->kept)
		return EVP_PKEY_sign(state->sign, state->out, &len, message(), 32) == 1;
	context = EVP_MD_CTX_new();
	done = EVP_DigestSignInit(context, NULL,
				  EVP_PKEY_is_a(state->key, "ED25519") ? NULL : EVP_sha256(), NULL,
				  state->key) == 1 &&
	       EVP_DigestSign(context, state->out, &len, message(), state->work->len) == 1;
	EVP_MD_CTX_free(context);
	return done;
}

static bool encrypt(struct state *state)
{
	EVP_CIPHER_CTX *context = state->kept ? state->cipher : EVP_CIPHER_CTX_new();
	int len, rest;
	bool done;

	state->nonce[0]++;
	done = EVP_EncryptInit_ex(context, state->kept ? NULL : EVP_aes_256_gcm(), NULL,
				  state->kept ? NULL : state->secret, state->nonce) &&
	       EVP_EncryptUpdate(context, state->out, &len, message(), state->work->len) &&
	       EVP_EncryptFinal_ex(context, state->out + len, &rest) &&
	       EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, 16, state->out + len);
	if (!state->kept)
		EVP_CIPHER_CTX_free(context);
	return done;
}

static bool mac(struct state *state)
{
	size_t len;

	if (!state->kept)
		return HMAC(EVP_sha256(), state->secret, sizeof(state->secret), message(),
			    state->work->len, state->out, NULL);
	return EVP_MAC_init(state->mac, NULL, 0, NULL) &&
	       EVP_MAC_update(state->mac, message(), state->work->len) &&
	       EVP_MAC_final(state->mac, state->out, &len, 64);
}

static bool generate(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	EVP_PKEY_free(key);
	return key;
}

static bool openssl_once(void *context)
{
	struct state *state = context;
	bool done;

	if (state->work->job == JOB_AEAD)
		done = encrypt(state);
	else if (state->work->job == JOB_MAC)
		done = mac(state);
	else if (state->work->job == JOB_SIGN)
		done = sign(state);
	else
		done = generate();
	if (!done)
		cannot("%s", ERR_reason_error_string(ERR_get_error()));
	return done;
}

const struct side side_openssl = { "openssl", openssl_open, openssl_once, openssl_close };
const struct side side_openssl_kept = {
	"openssl-kept", openssl_open_kept, openssl_once, openssl_close
};
