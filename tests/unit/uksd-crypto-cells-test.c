// SPDX-License-Identifier: LGPL-2.1-or-later
/* Every cell of the table of algorithms works, and refuses what it must. */
#include <kselftest_harness.h>
#include <sodium.h>

#include "include/uks/algorithm.h"
#include "tests/unit/leaks.h"
#include "tests/unit/uksd-crypto.h"

FIXTURE(cells)
{
	struct crypto crypto;
	struct crypto peer;
	uint8_t message[512];
	uint8_t kept[2048];
	size_t kept_len;
};

FIXTURE_SETUP(cells)
{
	crypto_init(&self->crypto);
	crypto_init(&self->peer);
	randombytes_buf(self->message, sizeof(self->message));
	self->message[0] = 0;	/* less than any modulus */
}

FIXTURE_TEARDOWN(cells)
{
	crypto_unload(&self->crypto);
	crypto_unload(&self->peer);
	EXPECT_EQ(leaks(), 0);
}

/* What the cells of a row need beside the message. */
static void prepare(struct crypto *crypto, uint32_t algorithm, uint32_t digest)
{
	struct job *job = &crypto->job;

	job->wrapped_type = UKS_KEY_AES_256;
	job->wrapped_format = UKS_FORMAT_RAW;
	if (algorithm == UKS_ALG_HKDF || algorithm == UKS_ALG_PBKDF2)
		uks_attrs_put_u32(&crypto->writer, UKS_PARAM_OUT_LEN, 32);
	if (algorithm == UKS_ALG_PBKDF2)
		uks_attrs_put_u32(&crypto->writer, UKS_PARAM_ITERATIONS, 1000);
	if (algorithm == UKS_ALG_RSA_PSS && digest == UKS_DIGEST_GIVEN)
		uks_attrs_put_u32(&crypto->writer, UKS_PARAM_MGF_DIGEST, UKS_DIGEST_SHA256);
	switch (algorithm) {
	case UKS_ALG_AES_GCM:
	case UKS_ALG_AES_CCM:
	case UKS_ALG_CHACHA20_POLY1305:
		job->nonce_len = 12;
		break;
	case UKS_ALG_AES_CBC:
	case UKS_ALG_AES_CBC_PKCS7:
	case UKS_ALG_AES_CTR:
	case UKS_ALG_SM4_CBC:
	case UKS_ALG_SM4_CBC_PKCS7:
	case UKS_ALG_SM4_CTR:
		job->nonce_len = 16;
		break;
	}
}

static uint32_t go(struct crypto *crypto, uint32_t purpose, const struct uks_row *row,
		   uint32_t digest, const void *message, size_t len)
{
	crypto_job(crypto, purpose, row->algorithm, digest);
	prepare(crypto, row->algorithm, digest);
	crypto_message(crypto, message, len);
	return crypto_run(crypto);
}

/* How long a message each takes: RSA without padding exactly its own length. */
static size_t message_len(const struct key_type *type, const struct uks_row *row,
			  uint32_t digest)
{
	if (row->algorithm == UKS_ALG_RSA_RAW)
		return type->bits / 8;
	if (digest == UKS_DIGEST_GIVEN || row->purposes & UKS_PURPOSE_WRAP)
		return row->algorithm == UKS_ALG_RSA_OAEP ? 16 : 32;
	return row->purposes & UKS_CRYPT ? 16 : 300;
}

static void keep(struct __test_metadata *_metadata, struct _test_data_cells *self)
{
	ASSERT_LE(self->crypto.output.len, sizeof(self->kept));
	self->kept_len = self->crypto.output.len;
	memcpy(self->kept, self->crypto.out, self->kept_len);
}

/* Both ways; what was changed does not come back as it was. */
static void round_trip(struct __test_metadata *_metadata, struct _test_data_cells *self,
		       const struct uks_row *row, uint32_t digest, size_t len)
{
	uint32_t there = row->purposes & UKS_CRYPT ? UKS_PURPOSE_ENCRYPT : UKS_PURPOSE_WRAP;
	struct crypto *crypto = &self->crypto;

	ASSERT_EQ(go(crypto, there, row, digest, self->message, len), 0) {
		TH_LOG("%s", crypto->failure.text);
	}
	keep(_metadata, self);
	EXPECT_NE(memcmp(self->kept, self->message, len), 0);
	ASSERT_EQ(go(crypto, there << 1, row, digest, self->kept, self->kept_len), 0) {
		TH_LOG("%s", crypto->failure.text);
	}
	ASSERT_EQ(crypto->output.len, len);
	EXPECT_EQ(memcmp(crypto->out, self->message, len), 0);
	self->kept[self->kept_len - 1] ^= 1;
	if (!go(crypto, there << 1, row, digest, self->kept, self->kept_len))
		EXPECT_TRUE(crypto->output.len != len || memcmp(crypto->out, self->message, len));
}

static void sign_and_verify(struct __test_metadata *_metadata, struct _test_data_cells *self,
			    const struct uks_row *row, uint32_t digest, size_t len)
{
	bool mac = row->purposes & UKS_PURPOSE_MAC;
	struct crypto *crypto = &self->crypto;
	uint32_t purpose = mac ? UKS_PURPOSE_MAC : UKS_PURPOSE_SIGN;
	uint32_t wrong = mac ? UKS_E_NOT_AUTHENTIC : UKS_E_BAD_SIGNATURE;
	size_t i;

	ASSERT_EQ(go(crypto, purpose, row, digest, self->message, len), 0) {
		TH_LOG("%s", crypto->failure.text);
	}
	keep(_metadata, self);
	for (i = 0; i < 3; i++) {
		crypto_job(crypto, purpose << 1, row->algorithm, digest);
		prepare(crypto, row->algorithm, digest);
		crypto_message(crypto, self->message, len);
		crypto->job.signature = self->kept;
		crypto->job.signature_len = self->kept_len;
		self->message[1] ^= i == 1;
		self->kept[self->kept_len / 2] ^= i == 2;
		EXPECT_EQ(crypto_run(crypto), i ? wrong : 0);
		self->message[1] ^= i == 1;
	}
}

static void agree(struct __test_metadata *_metadata, struct _test_data_cells *self,
		  const struct uks_row *row, uint32_t type)
{
	struct crypto *crypto = &self->crypto, *peer = &self->peer;

	ASSERT_EQ(crypto_generate(peer, type), 0);
	ASSERT_EQ(go(crypto, UKS_PURPOSE_AGREE, row, 0, peer->key.public_key,
		     peer->key.public_len), 0) {
		TH_LOG("%s", crypto->failure.text);
	}
	ASSERT_EQ(go(peer, UKS_PURPOSE_AGREE, row, 0, crypto->key.public_key,
		     crypto->key.public_len), 0);
	ASSERT_EQ(crypto->output.len, peer->output.len);
	EXPECT_EQ(memcmp(crypto->out, peer->out, peer->output.len), 0);
}

static void use(struct __test_metadata *_metadata, struct _test_data_cells *self,
		const struct key_type *type, const struct uks_row *row, uint32_t digest)
{
	struct crypto *crypto = &self->crypto;
	size_t len = message_len(type, row, digest);

	if (row->purposes & (UKS_CRYPT | UKS_WRAPS))
		round_trip(_metadata, self, row, digest, len);
	else if (row->purposes & (UKS_SIGNING | UKS_MACS))
		sign_and_verify(_metadata, self, row, digest, len);
	else if (row->purposes & UKS_PURPOSE_AGREE)
		agree(_metadata, self, row, type->type);
	else
		EXPECT_EQ(go(crypto, UKS_PURPOSE_DERIVE, row, digest, self->message, 16), 0);
	/* what the row does not name is refused */
	EXPECT_EQ(go(crypto, 1U << 10, row, digest, self->message, len), UKS_E_BAD_PURPOSE);
	EXPECT_EQ(go(crypto, row->purposes & -row->purposes, row, UKS_DIGEST_GIVEN + 1,
		     self->message, len), UKS_E_BAD_DIGEST);
}

static int use_type(struct __test_metadata *_metadata, struct _test_data_cells *self,
		    const struct key_type *type)
{
	const struct uks_row *rows;
	uint32_t digest, cells = 0;
	size_t i, count;

	EXPECT_EQ(crypto_generate(&self->crypto, type->type), 0) {
		TH_LOG("%s: %s", type->name, self->crypto.failure.text);
	}
	rows = uks_rows(&count);
	for (i = 0; i < count; i++) {
		if (!(rows[i].types & UKS_BIT(type->type)))
			continue;
		if (rows[i].traits & UKS_TRAIT_LIBRARY) {
			EXPECT_EQ(go(&self->crypto, rows[i].purposes & -rows[i].purposes, &rows[i],
				     0, self->message, 16), UKS_E_LIBRARY);
			cells++;
			continue;
		}
		for (digest = 0; digest <= UKS_DIGEST_GIVEN; digest++) {
			if (!uks_row_has_digest(&rows[i], digest))
				continue;
			use(_metadata, self, type, &rows[i], digest);
			cells++;
		}
	}
	return cells;
}

TEST_F_TIMEOUT(cells, every_cell_works_or_is_said_to_be_missing, 300)
{
	const struct key_type *types;
	int cells = 0, declared = 0;
	char line[128];
	size_t i, count;
	FILE *file;

	types = uks_types(&count);
	for (i = 0; i < count; i++) {
		if (types[i].traits & UKS_TRAIT_LIBRARY) {
			EXPECT_EQ(crypto_generate(&self->crypto, types[i].type), UKS_E_LIBRARY);
			cells++;	/* one algorithm each */
			continue;
		}
		cells += use_type(_metadata, self, &types[i]);
	}
	file = fopen("Documentation/algorithms.rst", "r");
	ASSERT_NE(file, NULL);
	while (fgets(line, sizeof(line), file))
		sscanf(line, "The table has %d cells", &declared);
	fclose(file);
	EXPECT_EQ(cells, declared);
}

TEST_F(cells, what_the_library_lacks_is_said)
{
	static const uint8_t block[16];

	ASSERT_EQ(crypto_generate(&self->crypto, UKS_KEY_SM4), 0);
	EXPECT_EQ(crypto_do(&self->crypto, UKS_PURPOSE_ENCRYPT, UKS_ALG_SM4_GCM, 0, block, 16),
		  UKS_E_LIBRARY);
}

TEST_F(cells, a_public_key_alone_does_no_more_than_it_can)
{
	static const struct {
		uint32_t type, algorithm, digest, with, without;
	} keys[] = {
		{ UKS_KEY_EC_P256, UKS_ALG_ECDSA, UKS_DIGEST_SHA256, UKS_PURPOSE_VERIFY,
		  UKS_PURPOSE_SIGN },
		{ UKS_KEY_ED25519, UKS_ALG_ED25519, 0, UKS_PURPOSE_VERIFY, UKS_PURPOSE_SIGN },
		{ UKS_KEY_ED448, UKS_ALG_ED448, 0, UKS_PURPOSE_VERIFY, UKS_PURPOSE_SIGN },
		{ UKS_KEY_SM2, UKS_ALG_SM2_CRYPT, UKS_DIGEST_SM3, UKS_PURPOSE_ENCRYPT,
		  UKS_PURPOSE_DECRYPT },
		{ UKS_KEY_RSA_2048, UKS_ALG_RSA_OAEP, UKS_DIGEST_SHA256, UKS_PURPOSE_ENCRYPT,
		  UKS_PURPOSE_DECRYPT },
		{ UKS_KEY_X25519, UKS_ALG_ECDH_HKDF_AES_GCM, 0, UKS_PURPOSE_WRAP,
		  UKS_PURPOSE_UNWRAP },
		{ UKS_KEY_X25519, UKS_ALG_X25519, 0, 0, UKS_PURPOSE_AGREE },
		{ UKS_KEY_FFDHE_2048, UKS_ALG_FFDH, 0, 0, UKS_PURPOSE_AGREE },
	};
	struct crypto *crypto = &self->crypto, *public = &self->peer;
	uint32_t type;
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		ASSERT_EQ(crypto_generate(crypto, keys[i].type), 0);
		ASSERT_EQ(crypto_import(public, keys[i].type, UKS_FORMAT_SPKI,
					crypto->key.public_key, crypto->key.public_len), 0) {
			TH_LOG("%s", public->failure.text);
		}
		EXPECT_EQ(public->material.secret_len, 0);
		EXPECT_EQ(public->key.public_len, crypto->key.public_len);
		EXPECT_EQ(memcmp(public->key.public_key, crypto->key.public_key,
				 public->key.public_len), 0);
		EXPECT_EQ(provider_sealed.recognize(crypto->key.public_key,
						    crypto->key.public_len, &type,
						    &crypto->failure), 0);
		EXPECT_EQ(type, keys[i].type);
		EXPECT_EQ(crypto_do(public, keys[i].without, keys[i].algorithm, keys[i].digest,
				    self->message, 32), UKS_E_NO_SECRET);
		if (keys[i].with == UKS_PURPOSE_VERIFY) {
			ASSERT_EQ(crypto_do(crypto, UKS_PURPOSE_SIGN, keys[i].algorithm,
					    keys[i].digest, self->message, 32), 0);
			keep(_metadata, self);
			EXPECT_EQ(crypto_verify(public, keys[i].algorithm, keys[i].digest,
						self->message, 32, self->kept,
						self->kept_len), 0);
		} else if (keys[i].with) {
			EXPECT_EQ(crypto_do(public, keys[i].with, keys[i].algorithm,
					    keys[i].digest, self->message, 32), 0);
		}
	}
}

TEST_HARNESS_MAIN
