// SPDX-License-Identifier: GPL-2.0
/*
 * Modes of block ciphers: OpenSSL agrees with what comes out, however the message
 * was cut, and whether the kernel has the key or the daemon does the work. The
 * daemon of these tests works with OpenSSL.
 */
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <unistd.h>

#include "daemon.h"
#include "kselftest_harness.h"
#include "parts.h"

#define LONG	(8U << 20)
#define ROOM	(LONG + 64)

static const uint32_t lens[] = { 0, 1, 15, 16, 17, 31, 32, 33, 4080, 4096, 16384, 16385, 32752,
				 32768, 32769, 65535, 65536, 65537 };
static uint8_t message[LONG], sealed[ROOM], opened[ROOM], other[ROOM];

FIXTURE(mode) {
	struct daemon daemon;
	struct service service;
	int client;
	int encrypt;
	int decrypt;
	struct text text;
};

/* cipher: as OpenSSL names it. */
FIXTURE_VARIANT(mode) {
	uint32_t algorithm;
	const char *cipher;
	uint32_t nonce_len;
	bool padded;
	bool whole;
	bool remote;
};

FIXTURE_VARIANT_ADD(mode, cbc) { UKS_ALG_AES_CBC, "AES-256-CBC", 16, .whole = true };
FIXTURE_VARIANT_ADD(mode, padded) { UKS_ALG_AES_CBC_PKCS7, "AES-256-CBC", 16, .padded = true };
FIXTURE_VARIANT_ADD(mode, ctr) { UKS_ALG_AES_CTR, "AES-256-CTR", 16, .whole = false };
FIXTURE_VARIANT_ADD(mode, ecb) { UKS_ALG_AES_ECB, "AES-256-ECB", 0, .whole = true };
FIXTURE_VARIANT_ADD(mode, remote_cbc) {
	UKS_ALG_SM4_CBC, "SM4-CBC", 16, .whole = true, .remote = true
};

FIXTURE_VARIANT_ADD(mode, remote_padded) {
	UKS_ALG_SM4_CBC_PKCS7, "SM4-CBC", 16, .padded = true, .remote = true
};

FIXTURE_VARIANT_ADD(mode, remote_ctr) { UKS_ALG_SM4_CTR, "SM4-CTR", 16, .remote = true };

/* Encrypt or decrypt with OpenSSL; the length, or -1. */
static int reference(const char *name, const uint8_t *key, const uint8_t *nonce, bool padded,
		     bool encrypt, const uint8_t *in, uint32_t len, uint8_t *out)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, last = 0;
	bool ok;

	ok = cipher && ctx && EVP_CipherInit_ex2(ctx, cipher, key, nonce, encrypt, NULL) &&
	     EVP_CIPHER_CTX_set_padding(ctx, padded) &&
	     EVP_CipherUpdate(ctx, out, &n, in, len) && EVP_CipherFinal_ex(ctx, out + n, &last);
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return ok ? n + last : -1;
}

/* Add a number of blocks to a counter block. */
static void count(uint8_t *counter, uint32_t blocks)
{
	uint32_t carry = blocks;
	int i;

	for (i = 15; i >= 0 && carry; i--) {
		carry += counter[i];
		counter[i] = carry;
		carry >>= 8;
	}
}

/* What the daemon does with whole blocks of CBC and CTR. */
static void work(struct service *service, const struct request *req, struct uks_attrs *out)
{
	bool encrypt = req->header.op == UKS_OP_ENCRYPT;
	bool ctr = service->asked.algorithm == UKS_ALG_SM4_CTR;
	uint32_t len = service->message_len;
	uint8_t *result = uks_attrs_reserve(out, UKS_A_RESULT, len);
	const uint8_t *last = encrypt ? result : service->message;

	if (len % 16 || req->attr[UKS_A_NONCE].len != 16 ||
	    reference(ctr ? "SM4-CTR" : "SM4-CBC", service->key, service->nonce, false, encrypt,
		      service->message, len, result) != (int)len)
		out->error = -EIO;
	if (ctr)
		count(service->nonce, len / 16);
	else
		memcpy(service->nonce, last + len - 16, 16);
	uks_attrs_put(out, UKS_A_NONCE, service->nonce, 16);
}

FIXTURE_SETUP(mode)
{
	service_init(&self->service);
	ASSERT_EQ(1, RAND_bytes(self->service.key, 32));
	ASSERT_EQ(1, RAND_bytes(message, sizeof(message)));
	self->service.algorithm = variant->algorithm;
	self->service.remote = variant->remote;
	self->service.lease_flags = UKS_LEASE_CALLER_NONCE;
	self->service.result = work;
	ASSERT_EQ(0, daemon_start(&self->daemon));
	ASSERT_EQ(0, daemon_serve(&self->daemon, &self->service));
	self->client = client_open();
	self->encrypt = session_open(self->client, UKS_PURPOSE_ENCRYPT);
	ASSERT_LE(0, self->encrypt);
	self->decrypt = session_open(self->client, UKS_PURPOSE_DECRYPT);
	ASSERT_LE(0, self->decrypt);
}

FIXTURE_TEARDOWN(mode)
{
	close(self->encrypt);
	close(self->decrypt);
	close(self->client);
	daemon_stop(&self->daemon);
	EXPECT_EQ(0, sysfs("sessions"));
	EXPECT_EQ(0, sysfs("requests"));
	EXPECT_EQ(0, sysfs("bytes"));
}

static struct text *text(struct _test_data_mode *self, const struct _fixture_variant_mode *variant,
			 const uint8_t *in, uint32_t len, uint8_t *out)
{
	self->text.nonce_len = variant->nonce_len;
	self->text.in = in;
	self->text.in_len = len;
	self->text.out = out;
	self->text.out_len = ROOM;
	self->text.flags = 0;
	return &self->text;
}

static bool possible(const struct _fixture_variant_mode *variant, uint32_t len)
{
	return !variant->whole || !(len % 16);
}

/* Encrypt in the way @part says (0: whole), compare, decrypt likewise, compare. */
static bool agrees(struct _test_data_mode *self, const struct _fixture_variant_mode *variant,
		   uint32_t len, uint32_t part)
{
	struct text *t = text(self, variant, message, len, sealed);
	int ret, right;

	ret = part ? text_parts(self->encrypt, t, part) :
		     text_whole(self->encrypt, UKS_IOC_ENCRYPT, t);
	right = reference(variant->cipher, self->service.key, t->nonce, variant->padded, true,
			  message, len, other);
	if (ret || t->out_len != (uint32_t)right || memcmp(sealed, other, right))
		return false;
	text(self, variant, sealed, right, opened);
	ret = part ? text_parts(self->decrypt, t, part) :
		     text_whole(self->decrypt, UKS_IOC_DECRYPT, t);
	return !ret && t->out_len == len && !memcmp(opened, message, len);
}

TEST_F(mode, agrees_with_another_implementation)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		if (!possible(variant, lens[i]))
			continue;
		EXPECT_TRUE(agrees(self, variant, lens[i], 0)) {
			TH_LOG("%u bytes", lens[i]);
		}
	}
	EXPECT_TRUE(agrees(self, variant, LONG, 0));
}

TEST_F(mode, gives_the_same_in_parts)
{
	static const uint32_t parts[] = { 1, 15, 16, 17, 100 };
	static const uint32_t long_parts[] = { 16384, 32767, 65537, 1000003 };
	unsigned int i, j = 0;

	for (i = 0; i < ARRAY_SIZE(lens) && lens[i] <= 4096; i++) {
		for (j = 0; possible(variant, lens[i]) && j < ARRAY_SIZE(parts); j++)
			EXPECT_TRUE(agrees(self, variant, lens[i], parts[j] *
					   (lens[i] > 100 ? 7 : 1))) {
				TH_LOG("%u bytes by %u", lens[i], parts[j]);
			}
	}
	for (; i < ARRAY_SIZE(lens); i++)
		for (j = 0; possible(variant, lens[i]) && j < ARRAY_SIZE(long_parts); j++)
			EXPECT_TRUE(agrees(self, variant, lens[i], long_parts[j])) {
				TH_LOG("%u bytes by %u", lens[i], long_parts[j]);
			}
	EXPECT_TRUE(agrees(self, variant, LONG, 1000003));
}

TEST_F(mode, sends_the_daemon_a_part_at_a_time)
{
	ASSERT_TRUE(agrees(self, variant, 1U << 20, 0));
	ASSERT_TRUE(agrees(self, variant, 1U << 20, 1U << 19));
	if (!variant->remote) {
		EXPECT_EQ(0, self->service.longest);
		return;
	}
	EXPECT_LT(16384, self->service.longest);
	EXPECT_GE(32768, self->service.longest);
}

/* However long the message, no more memory is held than for a short one. */
TEST_F(mode, has_flat_memory)
{
	struct text *t = text(self, variant, message, LONG, sealed);
	uint32_t len, i;
	int64_t held;

	ASSERT_EQ(0, text_begin(self->encrypt, t));
	ASSERT_EQ(0, sysfs_wait("requests", 0));
	held = sysfs("bytes");
	for (i = 0; i < 8; i++) {
		len = ROOM;
		ASSERT_EQ(0, text_update(self->encrypt, message, 1U << 20, sealed, &len));
		EXPECT_EQ(1U << 20, len);
		/* The daemon's channel lets go of a request just after its caller goes on. */
		EXPECT_EQ(0, control_wait_stat(&self->daemon.control, UKS_NL_STAT_BYTES, held));
	}
	EXPECT_GE(3 * 32768, held);
	EXPECT_EQ(0, text_finish(self->encrypt, t));
}

TEST_F(mode, works_in_place)
{
	struct text *t;
	uint32_t len = 80000;

	t = text(self, variant, sealed, len, sealed);
	memcpy(sealed, message, len);
	ASSERT_EQ(0, text_whole(self->encrypt, UKS_IOC_ENCRYPT, t));
	len = reference(variant->cipher, self->service.key, t->nonce, variant->padded, true,
			message, len, other);
	EXPECT_EQ(len, t->out_len);
	EXPECT_EQ(0, memcmp(other, sealed, len));
	/* Written before it is read: refused, not garbled. */
	t = text(self, variant, sealed, 80000, sealed + 1);
	EXPECT_EQ(-EINVAL, text_whole(self->encrypt, UKS_IOC_ENCRYPT, t));
}

TEST_F(mode, works_in_place_in_parts_of_odd_lengths)
{
	struct text *t = text(self, variant, sealed, 80000, sealed);
	uint32_t first = 7, second = ROOM;

	memcpy(sealed, message, 80000);
	ASSERT_EQ(0, text_begin(self->encrypt, t));
	ASSERT_EQ(0, text_update(self->encrypt, sealed, 7, opened, &first));
	EXPECT_EQ(0, first);
	ASSERT_EQ(0, text_update(self->encrypt, sealed + 7, 79993, sealed + 7, &second));
	EXPECT_EQ(80000, second);
	reference(variant->cipher, self->service.key, t->nonce, false, true, message, 80000,
		  other);
	EXPECT_EQ(0, memcmp(other, sealed + 7, 80000));
	EXPECT_EQ(0, text_finish(self->encrypt, t));
}

TEST_F(mode, session_tells_what_it_is)
{
	struct uks_session_info info = { .size = sizeof(info) };

	ASSERT_EQ(0, uks(self->encrypt, UKS_IOC_SESSION_INFO, &info));
	EXPECT_EQ(variant->nonce_len, info.nonce_len);
	EXPECT_EQ(0, info.tag_len);
	EXPECT_EQ(variant->whole ? 16 : 1, info.block_len);
	EXPECT_EQ(variant->padded ? 16 : 0, info.output_len);
	EXPECT_EQ(variant->remote, info.remote);
	EXPECT_EQ(UKS_LEASE_CALLER_NONCE, info.lease_flags);
	ASSERT_EQ(0, uks(self->decrypt, UKS_IOC_SESSION_INFO, &info));
	EXPECT_EQ(variant->whole || variant->padded ? 16 : 1, info.block_len);
}

TEST_F(mode, wants_whole_blocks_where_nothing_fills_them_up)
{
	unsigned int seen = service_seen(&self->service);
	struct text *t = text(self, variant, message, 15, sealed);

	if (!variant->whole)
		return;
	EXPECT_EQ(-EINVAL, text_whole(self->encrypt, UKS_IOC_ENCRYPT, t));
	text(self, variant, message, 17, sealed);
	EXPECT_EQ(-EINVAL, text_whole(self->decrypt, UKS_IOC_DECRYPT, t));
	EXPECT_EQ(seen, service_seen(&self->service));
	text(self, variant, message, 15, sealed);
	EXPECT_EQ(-EINVAL, text_parts(self->encrypt, t, 15));
	EXPECT_EQ(-EBADFD, text_finish(self->encrypt, t));
	EXPECT_TRUE(agrees(self, variant, 16, 0));
}

TEST_F(mode, refuses_wrong_padding)
{
	static const uint8_t pads[][2] = { { 0, 0 }, { 17, 17 }, { 255, 255 }, { 2, 1 },
					   { 16, 15 } };
	uint8_t block[32];
	struct text *t;
	unsigned int i;

	if (!variant->padded)
		return;
	for (i = 0; i < ARRAY_SIZE(pads); i++) {
		memset(block, pads[i][1], sizeof(block));
		block[31] = pads[i][0];
		t = text(self, variant, sealed, 32, opened);
		ASSERT_EQ(32, reference(variant->cipher, self->service.key, t->nonce, false, true,
					block, 32, sealed));
		EXPECT_EQ(-EBADMSG, text_whole(self->decrypt, UKS_IOC_DECRYPT, t));
		EXPECT_EQ(UKS_E_BAD_MESSAGE, t->error);
		text(self, variant, sealed, 32, opened);
		EXPECT_EQ(-EBADMSG, text_parts(self->decrypt, t, 16));
		EXPECT_EQ(UKS_E_BAD_MESSAGE, t->error);
		EXPECT_EQ(-EBADFD, text_finish(self->decrypt, t));
	}
	for (i = 0; i < 33; i += i ? 16 : 15) {
		if (i && i != 15 && i != 31)
			break;
		text(self, variant, sealed, i, opened);
		EXPECT_EQ(-EBADMSG, text_whole(self->decrypt, UKS_IOC_DECRYPT, t));
		text(self, variant, sealed, i, opened);
		EXPECT_EQ(-EBADMSG, text_parts(self->decrypt, t, 16));
	}
	EXPECT_TRUE(agrees(self, variant, 33, 0));
}

TEST_F(mode, draws_the_nonce_unless_the_lease_lets_the_caller)
{
	struct text *t = text(self, variant, message, 32, sealed);
	uint8_t first[UKS_NONCE_MAX];

	if (!variant->nonce_len) {
		t->flags = UKS_CIPHER_CALLER_NONCE;
		EXPECT_EQ(-EINVAL, text_whole(self->encrypt, UKS_IOC_ENCRYPT, t));
		return;
	}
	memset(t->nonce, 7, sizeof(t->nonce));
	ASSERT_EQ(0, text_whole(self->encrypt, UKS_IOC_ENCRYPT, t));
	memcpy(first, t->nonce, sizeof(first));
	ASSERT_EQ(0, text_whole(self->encrypt, UKS_IOC_ENCRYPT, t));
	EXPECT_NE(0, memcmp(first, t->nonce, sizeof(first)));
	t->flags = UKS_CIPHER_CALLER_NONCE;
	memset(t->nonce, 7, sizeof(t->nonce));
	ASSERT_EQ(0, text_whole(self->encrypt, UKS_IOC_ENCRYPT, t));
	reference(variant->cipher, self->service.key, t->nonce, variant->padded, true, message, 32,
		  other);
	EXPECT_EQ(0, memcmp(other, sealed, 32));
	close(self->encrypt);
	self->service.lease_flags = 0;
	self->encrypt = session_open(self->client, UKS_PURPOSE_ENCRYPT);
	EXPECT_EQ(-EPERM, text_whole(self->encrypt, UKS_IOC_ENCRYPT, t));
	EXPECT_EQ(-EPERM, text_begin(self->encrypt, t));
	t->flags = 0;
	t->nonce_len = 12;
	EXPECT_EQ(-EINVAL, text_whole(self->encrypt, UKS_IOC_ENCRYPT, t));
}

TEST_F(mode, tells_the_room_that_is_needed_and_changes_nothing)
{
	struct text *t = text(self, variant, message, 48, sealed);
	uint32_t need = variant->padded ? 64 : 48, len;

	t->out_len = need - 1;
	EXPECT_EQ(-ENOBUFS, text_whole(self->encrypt, UKS_IOC_ENCRYPT, t));
	EXPECT_EQ(need, t->out_len);
	ASSERT_EQ(0, text_begin(self->encrypt, t));
	len = 47;
	EXPECT_EQ(-ENOBUFS, text_update(self->encrypt, message, 48, sealed, &len));
	EXPECT_EQ(48, len);
	ASSERT_EQ(0, text_update(self->encrypt, message, 48, sealed, &len));
	t->out = sealed + 48;
	if (variant->padded) {
		t->out_len = 15;
		EXPECT_EQ(-ENOBUFS, text_finish(self->encrypt, t));
		EXPECT_EQ(16, t->out_len);
	}
	ASSERT_EQ(0, text_finish(self->encrypt, t));
	EXPECT_EQ(need, 48 + t->out_len);
	reference(variant->cipher, self->service.key, t->nonce, variant->padded, true, message, 48,
		  other);
	EXPECT_EQ(0, memcmp(other, sealed, need));
}

/* A counter block of all ones is the last one; none ever comes twice. */
TEST_F(mode, ends_a_message_with_its_counter)
{
	struct text *t = text(self, variant, message, 32, sealed);

	if (variant->algorithm != UKS_ALG_AES_CTR && variant->algorithm != UKS_ALG_SM4_CTR)
		return;
	t->flags = UKS_CIPHER_CALLER_NONCE;
	memset(t->nonce, 0xff, sizeof(t->nonce));
	t->nonce[15] = 0xfe;
	EXPECT_EQ(0, text_whole(self->encrypt, UKS_IOC_ENCRYPT, t));
	t->in_len = 33;
	t->out_len = ROOM;
	EXPECT_EQ(-EMSGSIZE, text_whole(self->encrypt, UKS_IOC_ENCRYPT, t));
	EXPECT_EQ(-EMSGSIZE, text_parts(self->encrypt, t, 16));
	t->in_len = 32;
	EXPECT_EQ(0, text_parts(self->encrypt, t, 16));
}

TEST_F(mode, ends_in_the_middle_of_a_message_when_the_key_is_revoked)
{
	struct text *t = text(self, variant, message, 64, sealed);
	uint32_t len = ROOM;

	ASSERT_EQ(0, text_begin(self->encrypt, t));
	ASSERT_EQ(0, text_update(self->encrypt, message, 32, sealed, &len));
	EXPECT_EQ(2, control_revoke(&self->daemon.control, self->service.key_id));
	len = ROOM;
	EXPECT_EQ(-EKEYREVOKED, text_update(self->encrypt, message, 32, sealed, &len));
	EXPECT_EQ(-EKEYREVOKED, text_finish(self->encrypt, t));
	EXPECT_EQ(-EKEYREVOKED, text_begin(self->encrypt, t));
	EXPECT_EQ(-EKEYREVOKED, text_whole(self->encrypt, UKS_IOC_ENCRYPT, t));
	EXPECT_EQ(0, sysfs_wait("bytes", 0));
}

/* A daemon that gives back too little, or no vector, has not done the work. */
static void short_work(struct service *service, const struct request *req, struct uks_attrs *out)
{
	uint8_t result[64] = {};

	(void)req;
	uks_attrs_put(out, UKS_A_RESULT, result, service->message_len - service->signature_len);
	if (service->signature_len)
		uks_attrs_put(out, UKS_A_NONCE, result, 16);
}

TEST_F(mode, takes_no_blocks_that_cannot_be_right)
{
	struct text *t = text(self, variant, message, 32, sealed);

	if (!variant->remote)
		return;
	self->service.result = short_work;
	self->service.signature_len = 16;
	EXPECT_EQ(-EPROTO, text_whole(self->encrypt, UKS_IOC_ENCRYPT, t));
	self->service.signature_len = 0;
	EXPECT_EQ(-EPROTO, text_whole(self->encrypt, UKS_IOC_ENCRYPT, t));
	self->service.result = work;
	EXPECT_TRUE(agrees(self, variant, 32, 0));
}

TEST_HARNESS_MAIN
