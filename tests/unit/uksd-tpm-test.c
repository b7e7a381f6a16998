// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keys inside the TPM: what they do, what they refuse, and that the TPM may go away. */
#include <pthread.h>

#include <kselftest_harness.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sodium.h>

#include "tests/unit/leaks.h"
#include "tests/unit/uksd-daemon.h"

FIXTURE(tpm)
{
	struct daemon daemon;
	uint8_t id[UKS_KEY_ID_LEN];
	EVP_PKEY *public;
};

FIXTURE_SETUP(tpm)
{
	ASSERT_EQ(daemon_new(&self->daemon), 0);
	ASSERT_EQ(daemon_start(&self->daemon), 0) {
		TH_LOG("%s", self->daemon.failure.text);
	}
	self->public = NULL;
}

FIXTURE_TEARDOWN(tpm)
{
	EVP_PKEY_free(self->public);
	daemon_stop(&self->daemon);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

static uint32_t generate(struct daemon *daemon, const char *name, uint32_t type,
			 uint32_t purposes)
{
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, name);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, type);
	uks_attrs_put_u32(&daemon->in, UKS_A_PROVIDER, UKS_PROVIDER_TPM);
	if (purposes)
		uks_attrs_put_u32(&daemon->in, UKS_A_PURPOSES, purposes);
	return ask(daemon, UKS_OP_KEY_GENERATE);
}

/* Make a key and keep its id and public part. */
#define MAKE(type, purposes) do { \
	const uint8_t *at_; \
	ASSERT_EQ(generate(&self->daemon, "key", type, purposes), 0) { \
		TH_LOG("%s", self->daemon.text); \
	} \
	memcpy(self->id, self->daemon.attrs[UKS_A_KEY_ID].value, UKS_KEY_ID_LEN); \
	at_ = self->daemon.attrs[UKS_A_PUBLIC_KEY].value; \
	self->public = d2i_PUBKEY(NULL, &at_, self->daemon.attrs[UKS_A_PUBLIC_KEY].len); \
	ASSERT_NE(self->public, NULL); \
} while (0)

/* A request in a session, as the kernel makes it; parameters if there are any. */
static uint32_t use(struct daemon *daemon, const uint8_t *id, uint32_t op, uint32_t purpose,
		    uint32_t algorithm, uint32_t digest, const void *message, size_t len)
{
	ask_begin(daemon);
	uks_attrs_put(&daemon->in, UKS_A_KEY_ID, id, UKS_KEY_ID_LEN);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_VERSION, 1);
	uks_attrs_put_u32(&daemon->in, UKS_A_PURPOSES, purpose);
	uks_attrs_put_u32(&daemon->in, UKS_A_ALGORITHM, algorithm);
	if (digest)
		uks_attrs_put_u32(&daemon->in, UKS_A_DIGEST, digest);
	uks_attrs_put(&daemon->in, UKS_A_MESSAGE, message, len);
	return ask(daemon, op);
}

static bool verifies(EVP_PKEY *public, const EVP_MD *md, int padding, const uint8_t *digest,
		     size_t len, const struct uks_attr *signature)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(public, NULL);
	bool ok = ctx && EVP_PKEY_verify_init(ctx) == 1;

	if (ok && padding)
		ok = EVP_PKEY_CTX_set_rsa_padding(ctx, padding) == 1;
	if (ok)
		ok = EVP_PKEY_CTX_set_signature_md(ctx, md) == 1;
	ok = ok && EVP_PKEY_verify(ctx, signature->value, signature->len, digest, len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static const struct {
	uint32_t digest;
	const char *name;
	size_t len;
} digests[] = {
	{ UKS_DIGEST_SHA224, "SHA224", 28 }, { UKS_DIGEST_SHA256, "SHA256", 32 },
	{ UKS_DIGEST_SHA384, "SHA384", 48 }, { UKS_DIGEST_SHA512, "SHA512", 64 },
	{ UKS_DIGEST_SHA3_256, "SHA3-256", 32 }, { UKS_DIGEST_SHA3_512, "SHA3-512", 64 },
};

#define DIGESTS	(sizeof(digests) / sizeof(*digests))

static void expect_signs_every_digest(struct __test_metadata *_metadata, struct daemon *daemon,
				      const uint8_t *id, EVP_PKEY *public)
{
	uint8_t digest[64];
	size_t i;

	for (i = 0; i < DIGESTS; i++) {
		randombytes_buf(digest, sizeof(digest));
		EXPECT_EQ(use(daemon, id, UKS_OP_SIGN, UKS_PURPOSE_SIGN, UKS_ALG_ECDSA,
			      digests[i].digest, digest, digests[i].len), 0) {
			TH_LOG("%s: %s", digests[i].name, daemon->text);
		}
		EXPECT_TRUE(verifies(public, EVP_get_digestbyname(digests[i].name), 0, digest,
				     digests[i].len, &daemon->attrs[UKS_A_SIGNATURE])) {
			TH_LOG("%s", digests[i].name);
		}
	}
}

TEST_F(tpm, p256_signs_every_digest_and_openssl_verifies)
{
	MAKE(UKS_KEY_EC_P256, 0);
	EXPECT_EQ(uks_attr_u32(&self->daemon.attrs[UKS_A_PROVIDER], 0), UKS_PROVIDER_TPM);
	expect_signs_every_digest(_metadata, &self->daemon, self->id, self->public);
}

TEST_F(tpm, p384_signs_every_digest_and_openssl_verifies)
{
	MAKE(UKS_KEY_EC_P384, 0);
	expect_signs_every_digest(_metadata, &self->daemon, self->id, self->public);
}

/* The public half is done here, and tells right from wrong. */
TEST_F(tpm, verifies_with_the_public_part)
{
	uint8_t digest[32] = { 1 }, signature[UKS_SIGNATURE_MAX];
	size_t len;

	MAKE(UKS_KEY_EC_P256, 0);
	ASSERT_EQ(use(&self->daemon, self->id, UKS_OP_SIGN, UKS_PURPOSE_SIGN, UKS_ALG_ECDSA,
		      UKS_DIGEST_SHA256, digest, sizeof(digest)), 0);
	len = self->daemon.attrs[UKS_A_SIGNATURE].len;
	memcpy(signature, self->daemon.attrs[UKS_A_SIGNATURE].value, len);
	EXPECT_EQ(ask_verify(&self->daemon, self->id, UKS_ALG_ECDSA, UKS_DIGEST_SHA256, digest,
			     sizeof(digest), signature, len), 0);
	digest[0] ^= 1;
	EXPECT_EQ(ask_verify(&self->daemon, self->id, UKS_ALG_ECDSA, UKS_DIGEST_SHA256, digest,
			     sizeof(digest), signature, len), UKS_E_BAD_SIGNATURE);
}

TEST_F(tpm, rsa_signs_and_decrypts_what_openssl_encrypted)
{
	static const struct {
		uint32_t algorithm;
		int padding;
	} ways[] = {
		{ UKS_ALG_RSA_OAEP, RSA_PKCS1_OAEP_PADDING },
		{ UKS_ALG_RSA_PKCS1_CRYPT, RSA_PKCS1_PADDING },
	};
	uint8_t digest[32] = { 7 }, out[256], info[51] = {
		0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
		0x01, 0x05, 0x00, 0x04, 0x20, 7 };
	EVP_PKEY_CTX *ctx;
	size_t i, len;

	MAKE(UKS_KEY_RSA_2048, UKS_PURPOSE_SIGN | UKS_PURPOSE_VERIFY | UKS_PURPOSE_ENCRYPT |
	     UKS_PURPOSE_DECRYPT);
	ASSERT_EQ(use(&self->daemon, self->id, UKS_OP_SIGN, UKS_PURPOSE_SIGN, UKS_ALG_RSA_PKCS1,
		      UKS_DIGEST_SHA256, digest, sizeof(digest)), 0) {
		TH_LOG("%s", self->daemon.text);
	}
	EXPECT_TRUE(verifies(self->public, EVP_sha256(), RSA_PKCS1_PADDING, digest, 32,
			     &self->daemon.attrs[UKS_A_SIGNATURE]));
	/* The DigestInfo that a caller made. */
	ASSERT_EQ(use(&self->daemon, self->id, UKS_OP_SIGN, UKS_PURPOSE_SIGN, UKS_ALG_RSA_PKCS1,
		      UKS_DIGEST_GIVEN, info, sizeof(info)), 0);
	EXPECT_TRUE(verifies(self->public, EVP_sha256(), RSA_PKCS1_PADDING, digest, 32,
			     &self->daemon.attrs[UKS_A_SIGNATURE]));
	EXPECT_EQ(use(&self->daemon, self->id, UKS_OP_SIGN, UKS_PURPOSE_SIGN, UKS_ALG_RSA_PKCS1,
		      UKS_DIGEST_SHA3_256, digest, sizeof(digest)), UKS_E_BAD_DIGEST);
	for (i = 0; i < 2; i++) {
		ctx = EVP_PKEY_CTX_new(self->public, NULL);
		len = sizeof(out);
		ASSERT_EQ(EVP_PKEY_encrypt_init(ctx), 1);
		ASSERT_EQ(EVP_PKEY_CTX_set_rsa_padding(ctx, ways[i].padding), 1);
		if (ways[i].padding == RSA_PKCS1_OAEP_PADDING) {
			ASSERT_EQ(EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()), 1);
			ASSERT_EQ(EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()), 1);
		}
		ASSERT_EQ(EVP_PKEY_encrypt(ctx, out, &len, (const uint8_t *)"secret", 6), 1);
		EVP_PKEY_CTX_free(ctx);
		ASSERT_EQ(use(&self->daemon, self->id, UKS_OP_DECRYPT, UKS_PURPOSE_DECRYPT,
			      ways[i].algorithm, i ? 0 : UKS_DIGEST_SHA256, out, len), 0) {
			TH_LOG("%s", self->daemon.text);
		}
		ASSERT_EQ(self->daemon.attrs[UKS_A_RESULT].len, 6);
		EXPECT_EQ(memcmp(self->daemon.attrs[UKS_A_RESULT].value, "secret", 6), 0);
		out[100] ^= 1;
		EXPECT_EQ(use(&self->daemon, self->id, UKS_OP_DECRYPT, UKS_PURPOSE_DECRYPT,
			      ways[i].algorithm, i ? 0 : UKS_DIGEST_SHA256, out, len),
			  UKS_E_BAD_MESSAGE);
	}
}

TEST_F(tpm, agrees_on_what_openssl_agrees_on)
{
	EVP_PKEY *peer = EVP_EC_gen("P-256");
	uint8_t *spki = NULL, shared[32];
	size_t len = sizeof(shared);
	EVP_PKEY_CTX *ctx;
	int spki_len = i2d_PUBKEY(peer, &spki);

	MAKE(UKS_KEY_EC_P256, UKS_PURPOSE_AGREE);
	ctx = EVP_PKEY_CTX_new(peer, NULL);
	ASSERT_EQ(EVP_PKEY_derive_init(ctx), 1);
	ASSERT_EQ(EVP_PKEY_derive_set_peer(ctx, self->public), 1);
	ASSERT_EQ(EVP_PKEY_derive(ctx, shared, &len), 1);
	EXPECT_EQ(use(&self->daemon, self->id, UKS_OP_AGREE, UKS_PURPOSE_AGREE, UKS_ALG_ECDH, 0,
		      spki, spki_len), 0) {
		TH_LOG("%s", self->daemon.text);
	}
	ASSERT_EQ(self->daemon.attrs[UKS_A_RESULT].len, 32);
	EXPECT_EQ(memcmp(self->daemon.attrs[UKS_A_RESULT].value, shared, 32), 0);
	spki[spki_len - 1] ^= 1;	/* not on the curve any more */
	EXPECT_EQ(use(&self->daemon, self->id, UKS_OP_AGREE, UKS_PURPOSE_AGREE, UKS_ALG_ECDH, 0,
		      spki, spki_len), UKS_E_BAD_PEER);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	OPENSSL_free(spki);
}

TEST_F(tpm, refuses_what_the_tpm_has_not)
{
	static const uint8_t seed[32] = { 1 };
	struct daemon *daemon = &self->daemon;

	EXPECT_CODE(generate(daemon, "key", UKS_KEY_ED25519, 0), UKS_E_BAD_TYPE);
	EXPECT_NE(strstr(daemon->text, "provider sealed"), NULL);
	EXPECT_CODE(generate(daemon, "key", UKS_KEY_AES_256, 0), UKS_E_BAD_TYPE);
	EXPECT_CODE(generate(daemon, "key", UKS_KEY_EC_P256, UKS_PURPOSE_UNWRAP),
		    UKS_E_BAD_PURPOSE);
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "key");
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, UKS_KEY_EC_P256);
	uks_attrs_put_u32(&daemon->in, UKS_A_PROVIDER, UKS_PROVIDER_TPM);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_FORMAT, UKS_FORMAT_PKCS8);
	uks_attrs_put(&daemon->in, UKS_A_KEY_MATERIAL, seed, sizeof(seed));
	EXPECT_CODE(ask(daemon, UKS_OP_KEY_IMPORT), UKS_E_UNSUPPORTED);
	EXPECT_NE(strstr(daemon->text, "generate it"), NULL);
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "key");
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, UKS_KEY_EC_P256);
	uks_attrs_put_u32(&daemon->in, UKS_A_PROVIDER, 77);
	EXPECT_CODE(ask(daemon, UKS_OP_KEY_GENERATE), UKS_E_UNSUPPORTED);
}

/* Nothing that the store has works in another TPM, not even with the same master key. */
TEST_F(tpm, a_key_says_when_it_was_edited)
{
	uint8_t digest[32] = { 1 };

	MAKE(UKS_KEY_EC_P256, 0);
	ASSERT_EQ(daemon_sql(&self->daemon, "UPDATE keys SET provider = 1"), 0);
	daemon_stop(&self->daemon);
	ASSERT_EQ(daemon_start(&self->daemon), 0);
	EXPECT_EQ(use(&self->daemon, self->id, UKS_OP_SIGN, UKS_PURPOSE_SIGN, UKS_ALG_ECDSA,
		      UKS_DIGEST_SHA256, digest, 32), UKS_E_BLOB);
}

TEST_F(tpm, rotates_deletes_and_revokes)
{
	struct daemon *daemon = &self->daemon;
	uint8_t digest[32] = { 1 };

	MAKE(UKS_KEY_EC_P256, 0);
	ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_ROTATE, "key"), 0) {
		TH_LOG("%s", daemon->text);
	}
	EXPECT_EQ(uks_attr_u32(&daemon->attrs[UKS_A_KEY_VERSION], 0), 2);
	EXPECT_EQ(daemon->revocations, 1);
	/* The former version only verifies now. */
	EXPECT_EQ(use(daemon, self->id, UKS_OP_SIGN, UKS_PURPOSE_SIGN, UKS_ALG_ECDSA,
		      UKS_DIGEST_SHA256, digest, 32), UKS_E_DEACTIVATED);
	ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_DELETE, "key"), 0);
	EXPECT_EQ(daemon->revocations, 2);
	EXPECT_NE(use(daemon, self->id, UKS_OP_SIGN, UKS_PURPOSE_SIGN, UKS_ALG_ECDSA,
		      UKS_DIGEST_SHA256, digest, 32), 0);
}

/* A TPM has room for three: more keys than that, and a daemon that starts again. */
TEST_F(tpm, hundreds_of_keys_need_no_room_in_the_tpm)
{
	enum { KEYS = 200 };
	static uint8_t ids[KEYS][UKS_KEY_ID_LEN];
	struct daemon *daemon = &self->daemon;
	uint8_t digest[32] = { 1 };
	char name[16];
	int i;

	for (i = 0; i < KEYS; i++) {
		snprintf(name, sizeof(name), "key %d", i);
		ASSERT_EQ(generate(daemon, name, UKS_KEY_EC_P256, 0), 0) {
			TH_LOG("%s", daemon->text);
		}
		memcpy(ids[i], daemon->attrs[UKS_A_KEY_ID].value, UKS_KEY_ID_LEN);
	}
	daemon_stop(daemon);
	ASSERT_EQ(daemon_start(daemon), 0);
	for (i = KEYS - 1; i >= 0; i--)
		EXPECT_EQ(use(daemon, ids[i], UKS_OP_SIGN, UKS_PURPOSE_SIGN, UKS_ALG_ECDSA,
			      UKS_DIGEST_SHA256, digest, 32), 0) {
			TH_LOG("%s", daemon->text);
		}
}

TEST_F(tpm, a_tpm_that_was_restarted_loses_no_key)
{
	struct daemon *daemon = &self->daemon;
	uint8_t digest[32] = { 1 };
	int i;

	MAKE(UKS_KEY_EC_P256, 0);
	for (i = 0; i < 3; i++) {
		swtpm_off(&daemon->swtpm);
		ASSERT_EQ(swtpm_on(&daemon->swtpm, "not-need-init,startup-clear"), 0);
		EXPECT_EQ(use(daemon, self->id, UKS_OP_SIGN, UKS_PURPOSE_SIGN, UKS_ALG_ECDSA,
			      UKS_DIGEST_SHA256, digest, 32), 0) {
			TH_LOG("%s", daemon->text);
		}
	}
}

/* ---- many at once ---- */

struct caller {
	struct daemon *daemon;
	const uint8_t *id;
	EVP_PKEY *public;
	int wrong;
};

/* As a channel's thread: a worker of its own. */
static void *call(void *arg)
{
	struct caller *caller = arg;
	struct daemon *own = calloc(1, sizeof(*own));
	uint8_t digest[32];
	int i;

	own->uksd = caller->daemon->uksd;
	own->uid = ALICE;
	own->userns = caller->daemon->userns;
	own->out_max = UKS_PAYLOAD_MAX;
	uks_attrs_init(&own->identity, own->identity_buf, sizeof(own->identity_buf));
	own->worker = worker_new(&caller->daemon->uksd, &own->failure);
	caller->wrong += !own->worker;
	for (i = 0; own->worker && i < 10; i++) {
		randombytes_buf(digest, sizeof(digest));
		if (use(own, caller->id, UKS_OP_SIGN, UKS_PURPOSE_SIGN, UKS_ALG_ECDSA,
			UKS_DIGEST_SHA256, digest, 32) ||
		    !verifies(caller->public, EVP_sha256(), 0, digest, 32,
			      &own->attrs[UKS_A_SIGNATURE]))
			caller->wrong++;
	}
	worker_free(own->worker);
	free(own);
	return NULL;
}

TEST_F(tpm, thirty_callers_at_once_all_get_their_signatures)
{
	enum { CALLERS = 30 };
	struct caller callers[CALLERS];
	pthread_t threads[CALLERS];
	int i;

	MAKE(UKS_KEY_EC_P256, 0);
	for (i = 0; i < CALLERS; i++) {
		callers[i] = (struct caller){
			.daemon = &self->daemon, .id = self->id, .public = self->public,
		};
		ASSERT_EQ(pthread_create(&threads[i], NULL, call, &callers[i]), 0);
	}
	for (i = 0; i < CALLERS; i++) {
		pthread_join(threads[i], NULL);
		EXPECT_EQ(callers[i].wrong, 0);
	}
}

TEST_HARNESS_MAIN
