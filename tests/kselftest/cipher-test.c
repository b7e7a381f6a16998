// SPDX-License-Identifier: GPL-2.0
/*
 * AEAD messages: what is published comes out, OpenSSL agrees on everything else,
 * and not one changed bit is taken for the message.
 */
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <unistd.h>

#include "client.h"
#include "daemon.h"
#include "kselftest_harness.h"
#include "vectors.h"

#define CANARY		0xa5
#define AAD_LEN		13
#define MESSAGES	10000

FIXTURE(cipher) {
	struct daemon daemon;
	struct service service;
	int client;
	int encrypt;
	int decrypt;
	uint32_t aead_max;
	struct cipher_text plain;
	struct cipher_text sealed;
	struct cipher_text opened;
	uint8_t *expected;
};

FIXTURE_VARIANT(cipher) {
	uint32_t algorithm;
	uint32_t key_len;
	const char *other;	/* OpenSSL's name */
};

FIXTURE_VARIANT_ADD(cipher, aes_128_gcm) { UKS_ALG_AES_GCM, 16, "id-aes128-GCM" };
FIXTURE_VARIANT_ADD(cipher, aes_192_gcm) { UKS_ALG_AES_GCM, 24, "id-aes192-GCM" };
FIXTURE_VARIANT_ADD(cipher, aes_256_gcm) { UKS_ALG_AES_GCM, 32, "id-aes256-GCM" };
FIXTURE_VARIANT_ADD(cipher, chacha20_poly1305) {
	UKS_ALG_CHACHA20_POLY1305, 32, "ChaCha20-Poly1305"
};

static int text_alloc(struct cipher_text *text, size_t size)
{
	text->text = malloc(size);
	text->aad = malloc(size);
	return text->text && text->aad ? 0 : -ENOMEM;
}

static void text_free(struct cipher_text *text)
{
	free(text->text);
	free(text->aad);
}

FIXTURE_SETUP(cipher)
{
	struct uks_query query = { .size = sizeof(query) };

	service_init(&self->service);
	self->service.algorithm = variant->algorithm;
	self->service.key_len = variant->key_len;
	ASSERT_EQ(1, RAND_bytes(self->service.key, sizeof(self->service.key)));
	ASSERT_EQ(0, daemon_start(&self->daemon));
	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	self->client = client_open();
	self->encrypt = session_open(self->client, UKS_PURPOSE_ENCRYPT);
	ASSERT_LE(0, self->encrypt);
	self->decrypt = session_open(self->client, UKS_PURPOSE_DECRYPT);
	ASSERT_LE(0, self->decrypt);
	ASSERT_EQ(0, uks(self->client, UKS_IOC_QUERY, &query));
	self->aead_max = query.aead_max;
	ASSERT_EQ(0, text_alloc(&self->plain, query.aead_max + 64));
	ASSERT_EQ(0, text_alloc(&self->sealed, query.aead_max + 64));
	ASSERT_EQ(0, text_alloc(&self->opened, query.aead_max + 64));
	self->expected = malloc(query.aead_max + 64);
	ASSERT_NE(NULL, self->expected);
	ASSERT_EQ(1, RAND_bytes(self->plain.text, query.aead_max + 1));
	ASSERT_EQ(1, RAND_bytes(self->plain.aad, AAD_LEN));
	self->plain.aad_len = AAD_LEN;
}

FIXTURE_TEARDOWN(cipher)
{
	close(self->encrypt);
	close(self->decrypt);
	close(self->client);
	text_free(&self->plain);
	text_free(&self->sealed);
	text_free(&self->opened);
	free(self->expected);
	daemon_stop(&self->daemon);
	EXPECT_EQ(0, sysfs("sessions"));
	EXPECT_EQ(0, sysfs("bytes"));
}

/* What OpenSSL makes of a message: 0 if all went well. */
static int other_seal(const char *name, const uint8_t *key, const struct cipher_text *in,
		      uint8_t *out)
{
	const EVP_CIPHER *cipher = EVP_get_cipherbyname(name);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len, ok;

	ok = cipher && ctx && EVP_EncryptInit_ex(ctx, cipher, NULL, key, in->nonce) &&
	     EVP_EncryptUpdate(ctx, NULL, &len, in->aad, in->aad_len) &&
	     EVP_EncryptUpdate(ctx, out, &len, in->text, in->len) &&
	     EVP_EncryptFinal_ex(ctx, out + in->len, &len) &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, UKS_TAG_LEN, out + in->len);
	EVP_CIPHER_CTX_free(ctx);
	return ok ? 0 : -EIO;
}

/* Encrypt plain to sealed, which then has all that is needed to decrypt. */
static int seal(struct _test_data_cipher *self, uint32_t len)
{
	int ret;

	self->plain.len = len;
	self->sealed.len = len + UKS_TAG_LEN;
	ret = session_encrypt(self->encrypt, 0, &self->plain, &self->sealed);
	memcpy(self->sealed.nonce, self->plain.nonce, UKS_NONCE_LEN);
	memcpy(self->sealed.aad, self->plain.aad, self->plain.aad_len);
	self->sealed.aad_len = self->plain.aad_len;
	return ret;
}

static int open_sealed(struct _test_data_cipher *self)
{
	self->opened.len = self->aead_max;
	memset(self->opened.text, CANARY, self->sealed.len + 64);
	return session_decrypt(self->decrypt, &self->sealed, &self->opened);
}

static bool untouched(const uint8_t *at, size_t len)
{
	while (len--)
		if (*at++ != CANARY)
			return false;
	return true;
}

static int in_parts(int session, const struct cipher_text *in, uint32_t part, uint32_t flags,
		    struct cipher_text *out)
{
	struct uks_begin begin = {
		.size = sizeof(begin), .flags = flags, .aad = ptr(in->aad), .aad_len = in->aad_len,
		.nonce = ptr(in->nonce), .nonce_len = UKS_NONCE_LEN,
	};
	struct uks_finish finish = {
		.size = sizeof(finish), .out = ptr(out->text), .out_len = out->len,
	};
	int ret = uks(session, UKS_IOC_BEGIN, &begin);
	uint32_t at;

	for (at = 0; !ret && at < in->len; at += part) {
		struct uks_update update = {
			.size = sizeof(update), .in = ptr(in->text + at), .out_len = 1,
			.in_len = part < in->len - at ? part : in->len - at,
		};

		ret = uks(session, UKS_IOC_UPDATE, &update);
		if (!ret && update.out_len)
			ret = -EIO;
	}
	ret = ret ?: uks(session, UKS_IOC_FINISH, &finish);
	out->len = finish.out_len;
	return ret;
}

TEST_F(cipher, agrees_with_another_implementation)
{
	const uint32_t lens[] = { 0, 1, 15, 16, 17, 4095, 4096, 4097, 65535, 65536, 65537,
				  self->aead_max - AAD_LEN };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		ASSERT_EQ(0, seal(self, lens[i]));
		ASSERT_EQ(lens[i] + UKS_TAG_LEN, self->sealed.len);
		ASSERT_EQ(0, other_seal(variant->other, self->service.key, &self->plain,
					self->expected));
		EXPECT_EQ(0, memcmp(self->expected, self->sealed.text, self->sealed.len));
		ASSERT_EQ(0, open_sealed(self));
		ASSERT_EQ(lens[i], self->opened.len);
		EXPECT_EQ(0, memcmp(self->plain.text, self->opened.text, lens[i]));
		EXPECT_TRUE(untouched(self->opened.text + lens[i], UKS_TAG_LEN));
	}
}

TEST_F(cipher, authenticates_data_of_all_lengths)
{
	const uint32_t lens[] = { 0, 1, 15, 16, 17, 255, 4096, 65537 };
	unsigned int i;

	ASSERT_EQ(1, RAND_bytes(self->plain.aad, 65537));
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		self->plain.aad_len = lens[i];
		ASSERT_EQ(0, seal(self, 20));
		ASSERT_EQ(0, other_seal(variant->other, self->service.key, &self->plain,
					self->expected));
		EXPECT_EQ(0, memcmp(self->expected, self->sealed.text, self->sealed.len));
		EXPECT_EQ(0, open_sealed(self));
	}
}

TEST_F(cipher, gives_the_same_in_parts)
{
	const uint32_t parts[] = { 1, 16, 1000, 4096, 100000 };
	const uint32_t len = 9001;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		self->plain.len = len;
		self->sealed.len = len + UKS_TAG_LEN;
		ASSERT_EQ(0, in_parts(self->encrypt, &self->plain, parts[i], 0, &self->sealed));
		ASSERT_EQ(len + UKS_TAG_LEN, self->sealed.len);
		ASSERT_EQ(0, other_seal(variant->other, self->service.key, &self->plain,
					self->expected));
		EXPECT_EQ(0, memcmp(self->expected, self->sealed.text, self->sealed.len));
		memcpy(self->sealed.nonce, self->plain.nonce, UKS_NONCE_LEN);
		memcpy(self->sealed.aad, self->plain.aad, AAD_LEN);
		self->sealed.aad_len = AAD_LEN;
		self->opened.len = len;
		ASSERT_EQ(0, in_parts(self->decrypt, &self->sealed, parts[i], 0, &self->opened));
		ASSERT_EQ(len, self->opened.len);
		EXPECT_EQ(0, memcmp(self->plain.text, self->opened.text, len));
	}
}

/* Each bit of it, one at a time: nothing is given out, and the session goes on. */
static unsigned int accepted(struct _test_data_cipher *self, uint8_t *bytes, uint32_t len)
{
	unsigned int bit, count = 0;

	for (bit = 0; bit < len * 8; bit++) {
		bytes[bit / 8] ^= 1 << bit % 8;
		if (open_sealed(self) != -EBADMSG ||
		    !untouched(self->opened.text, self->sealed.len))
			count++;
		self->opened.len = self->sealed.len;
		memset(self->opened.text, CANARY, self->sealed.len);
		if (in_parts(self->decrypt, &self->sealed, 7, 0, &self->opened) != -EBADMSG ||
		    !untouched(self->opened.text, self->sealed.len))
			count++;
		bytes[bit / 8] ^= 1 << bit % 8;
	}
	return count;
}

TEST_F(cipher, refuses_every_changed_bit_and_gives_nothing_out)
{
	ASSERT_EQ(0, seal(self, 21));
	EXPECT_EQ(0, accepted(self, self->sealed.text, self->sealed.len));
	EXPECT_EQ(0, accepted(self, self->sealed.aad, self->sealed.aad_len));
	EXPECT_EQ(0, accepted(self, self->sealed.nonce, UKS_NONCE_LEN));
	EXPECT_EQ(0, open_sealed(self));
	EXPECT_EQ(0, memcmp(self->plain.text, self->opened.text, 21));
}

TEST_F(cipher, refuses_what_was_cut_or_lengthened)
{
	uint32_t len;

	ASSERT_EQ(0, seal(self, 21));
	for (len = 0; len < 21 + UKS_TAG_LEN; len++) {
		self->sealed.len = len;
		EXPECT_EQ(-EBADMSG, open_sealed(self));
		EXPECT_TRUE(untouched(self->opened.text, 64));
	}
	self->sealed.len = 21 + UKS_TAG_LEN + 1;
	EXPECT_EQ(-EBADMSG, open_sealed(self));
	self->sealed.len--;
	self->sealed.aad_len--;
	EXPECT_EQ(-EBADMSG, open_sealed(self));
	EXPECT_TRUE(untouched(self->opened.text, 64));
}

TEST_F(cipher, refuses_another_key)
{
	ASSERT_EQ(0, seal(self, 21));
	self->service.key[0] ^= 1;
	close(self->decrypt);
	self->decrypt = session_open(self->client, UKS_PURPOSE_DECRYPT);
	EXPECT_EQ(-EBADMSG, open_sealed(self));
	EXPECT_TRUE(untouched(self->opened.text, 64));
}

TEST_F(cipher, bounds_a_message)
{
	self->plain.len = self->aead_max + 1;
	self->plain.aad_len = 0;
	self->sealed.len = self->aead_max + 64;
	memset(self->sealed.text, CANARY, 64);
	EXPECT_EQ(-EMSGSIZE, session_encrypt(self->encrypt, 0, &self->plain, &self->sealed));
	/* Associated data counts. */
	self->plain.len = self->aead_max;
	self->plain.aad_len = 1;
	EXPECT_EQ(-EMSGSIZE, session_encrypt(self->encrypt, 0, &self->plain, &self->sealed));
	self->plain.len = 0xffffffff;
	self->plain.aad_len = 0xffffffff;
	EXPECT_EQ(-EMSGSIZE, session_encrypt(self->encrypt, 0, &self->plain, &self->sealed));
	EXPECT_TRUE(untouched(self->sealed.text, 64));
	self->plain.aad_len = 0;
	self->plain.len = self->aead_max + 1;
	EXPECT_EQ(-EMSGSIZE, in_parts(self->encrypt, &self->plain, 65536, 0, &self->sealed));
	ASSERT_EQ(0, seal(self, self->aead_max));
	EXPECT_EQ(0, open_sealed(self));
	self->sealed.len = self->aead_max + UKS_TAG_LEN + 1;
	EXPECT_EQ(-EMSGSIZE, open_sealed(self));
	EXPECT_EQ(-EMSGSIZE, in_parts(self->decrypt, &self->sealed, 65536, 0, &self->opened));
	self->sealed.len--;
	self->opened.len = self->aead_max;
	EXPECT_EQ(0, in_parts(self->decrypt, &self->sealed, 65536, 0, &self->opened));
}

TEST_F(cipher, works_in_place)
{
	ASSERT_EQ(0, seal(self, 5000));
	memcpy(self->expected, self->plain.text, 5000);
	self->opened = self->sealed;
	self->opened.len = 5000;
	EXPECT_EQ(0, session_decrypt(self->decrypt, &self->sealed, &self->opened));
	EXPECT_EQ(0, memcmp(self->expected, self->sealed.text, 5000));
	memset(&self->opened, 0, sizeof(self->opened));
}

static int compare_nonces(const void *a, const void *b)
{
	return memcmp(a, b, UKS_NONCE_LEN);
}

TEST_F(cipher, never_uses_a_nonce_twice)
{
	uint8_t (*nonces)[UKS_NONCE_LEN] = calloc(MESSAGES, UKS_NONCE_LEN);
	unsigned int i, same = 0;

	ASSERT_NE(NULL, nonces);
	for (i = 0; i < MESSAGES; i++) {
		/* What is there beforehand does not count. */
		memset(self->plain.nonce, 0, UKS_NONCE_LEN);
		ASSERT_EQ(0, seal(self, 0));
		memcpy(nonces[i], self->plain.nonce, UKS_NONCE_LEN);
	}
	qsort(nonces, MESSAGES, UKS_NONCE_LEN, compare_nonces);
	for (i = 1; i < MESSAGES; i++)
		same += !memcmp(nonces[i - 1], nonces[i], UKS_NONCE_LEN);
	EXPECT_EQ(0, same);
	free(nonces);
}

TEST_F(cipher, lets_the_caller_choose_a_nonce_only_under_a_lease_that_says_so)
{
	struct uks_session_info info = { .size = sizeof(info) };

	memset(self->plain.nonce, 7, UKS_NONCE_LEN);
	self->plain.len = 10;
	self->sealed.len = 26;
	memset(self->sealed.text, CANARY, 26);
	EXPECT_EQ(-EPERM, session_encrypt(self->encrypt, UKS_CIPHER_CALLER_NONCE, &self->plain,
					  &self->sealed));
	EXPECT_EQ(-EPERM, in_parts(self->encrypt, &self->plain, 10, UKS_CIPHER_CALLER_NONCE,
				   &self->sealed));
	EXPECT_TRUE(untouched(self->sealed.text, 26));
	self->service.lease_flags = UKS_LEASE_CALLER_NONCE;
	close(self->encrypt);
	self->encrypt = session_open(self->client, UKS_PURPOSE_ENCRYPT);
	ASSERT_EQ(0, uks(self->encrypt, UKS_IOC_SESSION_INFO, &info));
	EXPECT_EQ(UKS_LEASE_CALLER_NONCE, info.lease_flags);
	EXPECT_EQ(0, session_encrypt(self->encrypt, UKS_CIPHER_CALLER_NONCE, &self->plain,
				     &self->sealed));
	EXPECT_EQ(7, self->plain.nonce[0]);
	ASSERT_EQ(0, other_seal(variant->other, self->service.key, &self->plain,
				self->expected));
	EXPECT_EQ(0, memcmp(self->expected, self->sealed.text, 26));
	/* To choose is to ask for it: without the flag the kernel draws. */
	EXPECT_EQ(0, session_encrypt(self->encrypt, 0, &self->plain, &self->sealed));
	EXPECT_NE(0, memcmp("\7\7\7\7\7\7\7\7\7\7\7\7", self->plain.nonce, UKS_NONCE_LEN));
}

TEST_F(cipher, wants_a_nonce_of_the_right_length)
{
	const uint32_t lens[] = { 0, 8, 11, 13, 16, 0xffffffff };
	unsigned int i;

	ASSERT_EQ(0, seal(self, 10));
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		struct uks_cipher arg = {
			.size = sizeof(arg), .in = ptr(self->sealed.text), .in_len = 26,
			.out = ptr(self->opened.text), .out_len = 64,
			.aad = ptr(self->sealed.aad), .aad_len = AAD_LEN,
			.nonce = ptr(self->sealed.nonce), .nonce_len = lens[i],
		};

		EXPECT_EQ(-EINVAL, uks(self->decrypt, UKS_IOC_DECRYPT, &arg));
		EXPECT_EQ(-EINVAL, uks(self->encrypt, UKS_IOC_ENCRYPT, &arg));
	}
}

static void copy(const struct bytes *bytes, void *at, uint32_t *len)
{
	memcpy(at, bytes->at, bytes->len);
	if (len)
		*len = bytes->len;
}

static bool fits(const struct vector *vector, const struct _fixture_variant_cipher *variant)
{
	const char *algorithm = variant->algorithm == UKS_ALG_AES_GCM ? "gcm" :
				"chacha20-poly1305";

	return !strcmp(vector->algorithm, algorithm) && vector->key.len == variant->key_len;
}

TEST_F(cipher, gives_what_is_published)
{
	FILE *file = vectors_open();
	struct vector vector;
	int tried = 0, ret;

	ASSERT_NE(NULL, file);
	self->service.lease_flags = UKS_LEASE_CALLER_NONCE;
	while ((ret = vector_next(file, &vector)) > 0) {
		if (!fits(&vector, variant))
			continue;
		tried++;
		copy(&vector.key, self->service.key, NULL);
		close(self->encrypt);
		close(self->decrypt);
		self->encrypt = session_open(self->client, UKS_PURPOSE_ENCRYPT);
		self->decrypt = session_open(self->client, UKS_PURPOSE_DECRYPT);
		copy(&vector.nonce, self->plain.nonce, NULL);
		copy(&vector.aad, self->plain.aad, &self->plain.aad_len);
		copy(&vector.in, self->plain.text, &self->plain.len);
		self->sealed.len = self->aead_max;
		EXPECT_EQ(0, session_encrypt(self->encrypt, UKS_CIPHER_CALLER_NONCE, &self->plain,
					     &self->sealed));
		EXPECT_EQ(vector.out.len, self->sealed.len);
		EXPECT_EQ(0, memcmp(vector.out.at, self->sealed.text, vector.out.len)) {
			TH_LOG("%s", vector.source);
		}
		copy(&vector.out, self->sealed.text, &self->sealed.len);
		copy(&vector.nonce, self->sealed.nonce, NULL);
		copy(&vector.aad, self->sealed.aad, &self->sealed.aad_len);
		EXPECT_EQ(0, open_sealed(self));
		EXPECT_EQ(vector.in.len, self->opened.len);
		EXPECT_EQ(0, memcmp(vector.in.at, self->opened.text, vector.in.len));
	}
	EXPECT_EQ(0, ret);
	EXPECT_LT(0, tried);
	fclose(file);
}

TEST_HARNESS_MAIN
