// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keys inside a software TPM, with OpenSSL on the other side. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "tests/unit/tpm-ready.h"
#include "tpm/key.h"

static const uint8_t auth[UKS_TPM_AUTH_LEN] = "0123456789abcdef0123456789abcde\0";
static const uint8_t wrong[UKS_TPM_AUTH_LEN] = "wrong";
static const struct uks_tpm_access access_by_auth = { .auth = auth };
static const uint8_t message[] = "a message";

FIXTURE(key)
{
	struct swtpm swtpm;
	struct uks_tpm *tpm;
	struct uks_tpm_error error;
	struct uks_tpm_identity id;
	struct uks_tpm_key key;
	uint8_t out[UKS_TPM_OUTPUT_MAX];
	size_t len;
};

FIXTURE_SETUP(key)
{
	READY_SETUP();
	self->len = sizeof(self->out);
}

FIXTURE_TEARDOWN(key)
{
	READY_TEARDOWN();
}

#define create(type, usage) \
	uks_tpm_key_create(self->tpm, type, usage, &access_by_auth, &self->key, &self->error)

static EVP_PKEY *public_of(const struct uks_tpm_key *key)
{
	uint8_t spki[UKS_TPM_SPKI_MAX];
	const uint8_t *at = spki;
	struct uks_tpm_error error;
	size_t len = sizeof(spki);

	return uks_tpm_key_public(key, spki, &len, &error) ? NULL : d2i_PUBKEY(NULL, &at, len);
}

static const EVP_MD *digest_of(enum uks_tpm_hash hash)
{
	switch (hash) {
	case UKS_TPM_SHA1:
		return EVP_sha1();
	case UKS_TPM_SHA384:
		return EVP_sha384();
	case UKS_TPM_SHA512:
		return EVP_sha512();
	default:
		return EVP_sha256();
	}
}

static int sign(struct uks_tpm *tpm, const struct uks_tpm_key *key,
		const struct uks_tpm_access *access, enum uks_tpm_scheme scheme,
		enum uks_tpm_hash hash, uint8_t *out, size_t *len, struct uks_tpm_error *error)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned int digest_len;

	EVP_Digest(message, sizeof(message), digest, &digest_len, digest_of(hash), NULL);
	*len = UKS_TPM_OUTPUT_MAX;
	return uks_tpm_key_sign(tpm, key, access, scheme, hash, digest, digest_len, out, len,
				error);
}

static bool verifies(const struct uks_tpm_key *key, enum uks_tpm_scheme scheme,
		     enum uks_tpm_hash hash, const uint8_t *signature, size_t len)
{
	EVP_PKEY *public = public_of(key);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *how;
	bool ok;

	ok = EVP_DigestVerifyInit(ctx, &how, digest_of(hash), NULL, public) == 1;
	if (ok && scheme == UKS_TPM_RSAPSS)
		ok = EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1;
	ok = ok && EVP_DigestVerify(ctx, signature, len, message, sizeof(message)) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(public);
	return ok;
}

#define EXPECT_SIGNS(scheme, hash) do { \
	const enum uks_tpm_scheme s = scheme; \
	const enum uks_tpm_hash h = hash; \
	EXPECT_OK(sign(self->tpm, &self->key, &access_by_auth, s, h, self->out, &self->len, \
		       &self->error)); \
	EXPECT_TRUE(verifies(&self->key, s, h, self->out, self->len)); \
} while (0)

TEST_F(key, ecc_keys_sign)
{
	ASSERT_OK(create(UKS_TPM_P256, UKS_TPM_KEY_SIGN));
	EXPECT_SIGNS(UKS_TPM_ECDSA, UKS_TPM_SHA256);
	EXPECT_SIGNS(UKS_TPM_ECDSA, UKS_TPM_SHA1);
	ASSERT_OK(create(UKS_TPM_P384, UKS_TPM_KEY_SIGN));
	EXPECT_SIGNS(UKS_TPM_ECDSA, UKS_TPM_SHA384);
	EXPECT_SIGNS(UKS_TPM_ECDSA, UKS_TPM_SHA512);
}

/* RSA keys of the test take the time of one. */
static const enum uks_tpm_hash hashes[] = {
	UKS_TPM_SHA1, UKS_TPM_SHA256, UKS_TPM_SHA384, UKS_TPM_SHA512,
};

static size_t encrypt(const struct uks_tpm_key *key, int padding, enum uks_tpm_hash hash,
		      uint8_t *out, size_t room)
{
	EVP_PKEY *public = public_of(key);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(public, NULL);
	size_t len = room;

	if (EVP_PKEY_encrypt_init(ctx) != 1 || EVP_PKEY_CTX_set_rsa_padding(ctx, padding) != 1)
		len = 0;
	if (padding == RSA_PKCS1_OAEP_PADDING &&
	    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, digest_of(hash)) != 1)
		len = 0;
	if (EVP_PKEY_encrypt(ctx, out, &len, message, sizeof(message)) != 1)
		len = 0;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(public);
	return len;
}

#define EXPECT_DECRYPTS(scheme, padding, hash) do { \
	const enum uks_tpm_hash h = hash; \
	size_t n = encrypt(&self->key, padding, h, in, sizeof(in)); \
	self->len = sizeof(self->out); \
	EXPECT_OK(uks_tpm_key_decrypt(self->tpm, &self->key, &access_by_auth, scheme, h, in, n, \
				      self->out, &self->len, &self->error)); \
	EXPECT_EQ(self->len, sizeof(message)); \
	EXPECT_EQ(memcmp(self->out, message, sizeof(message)), 0); \
} while (0)

TEST_F(key, rsa_key_signs_and_decrypts)
{
	uint8_t in[UKS_TPM_OUTPUT_MAX];

	ASSERT_OK(create(UKS_TPM_RSA_2048, UKS_TPM_KEY_SIGN | UKS_TPM_KEY_DECRYPT));
	for (size_t i = 0; i < 4; i++) {
		EXPECT_SIGNS(UKS_TPM_RSASSA, hashes[i]);
		EXPECT_SIGNS(UKS_TPM_RSAPSS, hashes[i]);
		EXPECT_DECRYPTS(UKS_TPM_OAEP, RSA_PKCS1_OAEP_PADDING, hashes[i]);
	}
	EXPECT_DECRYPTS(UKS_TPM_RSAES, RSA_PKCS1_PADDING, UKS_TPM_SHA256);

	/* An altered message gives nothing, and the next is decrypted. */
	self->len = encrypt(&self->key, RSA_PKCS1_OAEP_PADDING, UKS_TPM_SHA256, in, sizeof(in));
	in[100] ^= 1;
	EXPECT_CAUSE(uks_tpm_key_decrypt(self->tpm, &self->key, &access_by_auth, UKS_TPM_OAEP,
					 UKS_TPM_SHA256, in, self->len, self->out, &self->len,
					 &self->error), UKS_TPM_BAD_ARGUMENT);
	EXPECT_DECRYPTS(UKS_TPM_OAEP, RSA_PKCS1_OAEP_PADDING, UKS_TPM_SHA256);
}

TEST_F(key, rsa_3072_works_or_is_told_to_be_unsupported)
{
	int ret = create(UKS_TPM_RSA_3072, UKS_TPM_KEY_SIGN);

	if (ret) {
		EXPECT_EQ(self->error.cause, UKS_TPM_UNSUPPORTED);
		SKIP(return, "this software TPM has no RSA of 3072 bits");
	}
	EXPECT_SIGNS(UKS_TPM_RSASSA, UKS_TPM_SHA256);
	EXPECT_EQ(self->len, 384);
}

static int agree_with_openssl(struct uks_tpm *tpm, const struct uks_tpm_key *key,
			      const char *curve, bool *same, struct uks_tpm_error *error)
{
	EVP_PKEY *peer = EVP_EC_gen(curve), *public = public_of(key);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(peer, NULL);
	uint8_t ours[48], theirs[48], *spki = NULL;
	size_t ours_len = sizeof(ours), theirs_len = sizeof(theirs);
	int len = i2d_PUBKEY(peer, &spki), ret;

	ret = uks_tpm_key_agree(tpm, key, &access_by_auth, spki, len, ours, &ours_len, error);
	*same = EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, public) == 1 &&
		EVP_PKEY_derive(ctx, theirs, &theirs_len) == 1 && ours_len == theirs_len &&
		!memcmp(ours, theirs, ours_len);
	OPENSSL_free(spki);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(public);
	EVP_PKEY_free(peer);
	return ret;
}

TEST_F(key, ecc_keys_agree_with_openssl)
{
	bool same;

	ASSERT_OK(create(UKS_TPM_P256, UKS_TPM_KEY_DECRYPT));
	for (int i = 0; i < 8; i++) {
		EXPECT_OK(agree_with_openssl(self->tpm, &self->key, "P-256", &same,
					     &self->error));
		EXPECT_TRUE(same);
	}
	EXPECT_CAUSE(agree_with_openssl(self->tpm, &self->key, "P-384", &same, &self->error),
		     UKS_TPM_BAD_ARGUMENT);
	ASSERT_OK(create(UKS_TPM_P384, UKS_TPM_KEY_DECRYPT));
	EXPECT_OK(agree_with_openssl(self->tpm, &self->key, "P-384", &same, &self->error));
	EXPECT_TRUE(same);
}

TEST_F(key, does_only_what_it_was_made_for)
{
	bool same;

	ASSERT_OK(create(UKS_TPM_P256, UKS_TPM_KEY_SIGN));
	EXPECT_CAUSE(agree_with_openssl(self->tpm, &self->key, "P-256", &same, &self->error),
		     UKS_TPM_BAD_ARGUMENT);
	EXPECT_CAUSE(sign(self->tpm, &self->key, &access_by_auth, UKS_TPM_RSASSA, UKS_TPM_SHA256,
			  self->out, &self->len, &self->error), UKS_TPM_BAD_ARGUMENT);
	EXPECT_SIGNS(UKS_TPM_ECDSA, UKS_TPM_SHA256);
	ASSERT_OK(create(UKS_TPM_P256, UKS_TPM_KEY_DECRYPT));
	EXPECT_CAUSE(sign(self->tpm, &self->key, &access_by_auth, UKS_TPM_ECDSA, UKS_TPM_SHA256,
			  self->out, &self->len, &self->error), UKS_TPM_BAD_ARGUMENT);
	EXPECT_CAUSE(create(UKS_TPM_P256, 0), UKS_TPM_BAD_ARGUMENT);
	EXPECT_CAUSE(create(UKS_TPM_P256, 4), UKS_TPM_BAD_ARGUMENT);
	EXPECT_CAUSE(create(9, UKS_TPM_KEY_SIGN), UKS_TPM_BAD_ARGUMENT);
}

TEST_F(key, wrong_authorisation_is_refused)
{
	const struct uks_tpm_access other = { .auth = wrong };

	ASSERT_OK(create(UKS_TPM_P256, UKS_TPM_KEY_SIGN));
	/* More often than a TPM would bear of a password. */
	for (int i = 0; i < 40; i++)
		EXPECT_CAUSE(sign(self->tpm, &self->key, &other, UKS_TPM_ECDSA, UKS_TPM_SHA256,
				  self->out, &self->len, &self->error), UKS_TPM_WRONG_AUTH);
	EXPECT_SIGNS(UKS_TPM_ECDSA, UKS_TPM_SHA256);
}

TEST_F(key, too_little_room_is_told)
{
	uint8_t digest[32] = { 0 };

	ASSERT_OK(create(UKS_TPM_P256, UKS_TPM_KEY_SIGN));
	self->len = 8;
	EXPECT_CAUSE(uks_tpm_key_sign(self->tpm, &self->key, &access_by_auth, UKS_TPM_ECDSA,
				      UKS_TPM_SHA256, digest, 32, self->out, &self->len,
				      &self->error), UKS_TPM_BAD_ARGUMENT);
	EXPECT_EQ(self->len, 8);
	self->len = sizeof(self->out);
	EXPECT_CAUSE(uks_tpm_key_sign(self->tpm, &self->key, &access_by_auth, UKS_TPM_ECDSA,
				      UKS_TPM_SHA256, digest, 31, self->out, &self->len,
				      &self->error), UKS_TPM_BAD_ARGUMENT);
}

TEST_F(key, altered_key_is_refused)
{
	struct uks_tpm_key altered;

	ASSERT_OK(create(UKS_TPM_P256, UKS_TPM_KEY_SIGN));
	for (size_t at = 0; at < self->key.len; at += 5) {
		altered = self->key;
		altered.data[at] ^= 0x10;
		EXPECT_CAUSE(sign(self->tpm, &altered, &access_by_auth, UKS_TPM_ECDSA,
				  UKS_TPM_SHA256, self->out, &self->len, &self->error),
			     UKS_TPM_KEY_BLOB);
	}
	for (size_t len = 0; len < self->key.len; len += 9) {
		altered = self->key;
		altered.len = len;
		EXPECT_CAUSE(sign(self->tpm, &altered, &access_by_auth, UKS_TPM_ECDSA,
				  UKS_TPM_SHA256, self->out, &self->len, &self->error),
			     UKS_TPM_KEY_BLOB);
	}
	EXPECT_SIGNS(UKS_TPM_ECDSA, UKS_TPM_SHA256);
}

TEST_F(key, key_of_another_tpm_is_refused)
{
	struct uks_tpm_identity id;
	struct uks_tpm *other;
	struct swtpm swtpm;

	ASSERT_OK(ready_begin(&swtpm, &other, &id, &self->error));
	ASSERT_OK(create(UKS_TPM_P256, UKS_TPM_KEY_SIGN));
	EXPECT_CAUSE(sign(other, &self->key, &access_by_auth, UKS_TPM_ECDSA, UKS_TPM_SHA256,
			  self->out, &self->len, &self->error), UKS_TPM_KEY_BLOB);
	uks_tpm_close(other);
	swtpm_delete(&swtpm);
	EXPECT_SIGNS(UKS_TPM_ECDSA, UKS_TPM_SHA256);
}

TEST_F(key, works_after_resets_and_restarts_of_the_tpm)
{
	ASSERT_OK(create(UKS_TPM_P256, UKS_TPM_KEY_SIGN));
	for (int i = 0; i < 3; i++) {
		POWER_CYCLE();
		EXPECT_SIGNS(UKS_TPM_ECDSA, UKS_TPM_SHA256);
	}
	/* One that nobody has started yet. */
	swtpm_off(&self->swtpm);
	ASSERT_EQ(swtpm_on(&self->swtpm, "not-need-init"), 0);
	EXPECT_SIGNS(UKS_TPM_ECDSA, UKS_TPM_SHA256);
}

TEST_F(key, cleared_tpm_is_told_between_two_uses)
{
	ASSERT_OK(create(UKS_TPM_P256, UKS_TPM_KEY_SIGN));
	EXPECT_SIGNS(UKS_TPM_ECDSA, UKS_TPM_SHA256);
	ASSERT_EQ(other_clear(self->swtpm.tcti), 0);
	POWER_CYCLE();
	EXPECT_EQ(sign(self->tpm, &self->key, &access_by_auth, UKS_TPM_ECDSA, UKS_TPM_SHA256,
		       self->out, &self->len, &self->error), -1);
	EXPECT_EQ(self->error.cause, UKS_TPM_CLEARED) {
		TH_LOG("%s", self->error.text);
	}
}

TEST_F(key, works_with_the_two_slots_that_others_leave)
{
	ASSERT_OK(create(UKS_TPM_P256, UKS_TPM_KEY_SIGN));
	ASSERT_EQ(other_fill(self->swtpm.tcti, 1), 0);
	for (int i = 0; i < 5; i++)
		EXPECT_SIGNS(UKS_TPM_ECDSA, UKS_TPM_SHA256);
	ASSERT_EQ(other_flush_all(self->swtpm.tcti, TRANSIENT), 0);
}

TEST_F(key, no_tpm_for_too_long_is_told_and_the_next_call_works)
{
	ASSERT_OK(create(UKS_TPM_P256, UKS_TPM_KEY_SIGN));
	swtpm_off(&self->swtpm);
	EXPECT_CAUSE(sign(self->tpm, &self->key, &access_by_auth, UKS_TPM_ECDSA, UKS_TPM_SHA256,
			  self->out, &self->len, &self->error), UKS_TPM_NO_DEVICE);
	ASSERT_EQ(swtpm_on(&self->swtpm, ON), 0);
	EXPECT_SIGNS(UKS_TPM_ECDSA, UKS_TPM_SHA256);
}

#define KEYS	12
#define THREADS	8
#define RESTARTS 4
#define UNTIL	40	/* uses by each thread */

struct load {
	struct uks_tpm *tpm;
	struct uks_tpm_key keys[KEYS];
	atomic_uint done, failed;
	char text[UKS_TPM_TEXT_MAX];
};

static void *use_keys(void *arg)
{
	struct load *load = arg;
	struct uks_tpm_error error;
	uint8_t out[UKS_TPM_OUTPUT_MAX];
	size_t len;

	for (unsigned int i = 0; i < UNTIL; i++) {
		const struct uks_tpm_key *key = &load->keys[i % KEYS];

		if (sign(load->tpm, key, &access_by_auth, UKS_TPM_ECDSA, UKS_TPM_SHA256, out,
			 &len, &error) ||
		    !verifies(key, UKS_TPM_ECDSA, UKS_TPM_SHA256, out, len)) {
			if (!load->failed++)
				snprintf(load->text, sizeof(load->text), "%s", error.text);
		}
		load->done++;
	}
	return NULL;
}

/* As nobody can plan it: in the middle of whatever it does. */
static void kill_swtpm(struct swtpm *swtpm)
{
	kill(swtpm->pid, SIGKILL);
	waitpid(swtpm->pid, NULL, 0);
	swtpm->pid = 0;
}

TEST_F_TIMEOUT(key, many_keys_and_threads_survive_that_the_tpm_is_killed_under_load, 300)
{
	struct load *load = calloc(1, sizeof(*load));
	pthread_t threads[THREADS];

	ASSERT_NE(load, NULL);
	load->tpm = self->tpm;
	for (int i = 0; i < KEYS; i++) {
		ASSERT_OK(create(UKS_TPM_P256, UKS_TPM_KEY_SIGN));
		load->keys[i] = self->key;
	}
	for (int i = 0; i < THREADS; i++)
		ASSERT_EQ(pthread_create(&threads[i], NULL, use_keys, load), 0);
	for (unsigned int i = 1; i <= RESTARTS; i++) {
		while (load->done < i * THREADS * UNTIL / (RESTARTS + 1))
			sched_yield();
		kill_swtpm(&self->swtpm);
		ASSERT_EQ(swtpm_on(&self->swtpm, ON), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(atomic_load(&load->done), THREADS * UNTIL);
	EXPECT_EQ(atomic_load(&load->failed), 0) {
		TH_LOG("%s", load->text);
	}
	free(load);
}

TEST_HARNESS_MAIN
