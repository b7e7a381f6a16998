// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sealed blobs: what was sealed together opens, nothing else does. */
#include <kselftest_harness.h>
#include <sodium.h>

#include "daemon/master/seal.h"
#include "tests/unit/leaks.h"

FIXTURE(seal)
{
	uint8_t master[SEAL_MASTER_LEN];
	struct key key;
	uint8_t secret[256], opened[KEY_SECRET_MAX];
	size_t opened_len;
	struct blob blob;
	struct failure failure;
};

FIXTURE_SETUP(seal)
{
	ASSERT_GE(sodium_init(), 0);
	randombytes_buf(self->master, sizeof(self->master));
	randombytes_buf(self->secret, sizeof(self->secret));
	self->key = (struct key){
		.id = "0123456789abcde",
		.name = "name",
		.owner = 1000,
		.type = UKS_KEY_EC_P256,
		.purposes = UKS_PURPOSE_SIGN,
		.origin = UKS_ORIGIN_GENERATED,
		.provider = UKS_PROVIDER_SEALED,
		.state = UKS_STATE_ACTIVE,
		.version = 1,
		.created = 1700000000,
		.policy_len = 3,
		.policy = "abc",
		.public_len = 5,
		.public_key = "12345",
		.pin_len = 2,
		.pin = "pq",
	};
}

FIXTURE_TEARDOWN(seal)
{
	EXPECT_EQ(leaks(), 0);
}

#define seal(len) seal_secret(self->master, &self->key, self->secret, len, &self->blob)
#define open_it() seal_open(self->master, &self->key, &self->blob, self->opened, \
			    &self->opened_len, &self->failure)
#define EXPECT_REFUSED() do { \
	EXPECT_EQ(open_it(), -1); \
	EXPECT_EQ(self->failure.code, UKS_E_BLOB); \
} while (0)

TEST_F(seal, opens_what_was_sealed)
{
	static const size_t lengths[] = { 1, 16, 32, 255, 256 };
	size_t i;

	for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		seal(lengths[i]);
		EXPECT_EQ(self->blob.len, lengths[i] + SEAL_OVERHEAD);
		ASSERT_EQ(open_it(), 0);
		EXPECT_EQ(self->opened_len, lengths[i]);
		EXPECT_EQ(memcmp(self->opened, self->secret, lengths[i]), 0);
	}
}

TEST_F(seal, takes_the_longest_of_everything)
{
	uint8_t *longest = malloc(KEY_SECRET_MAX);

	ASSERT_NE(longest, NULL);
	randombytes_buf(longest, KEY_SECRET_MAX);
	memset(self->key.name, 'x', UKS_NAME_MAX);
	self->key.policy_len = KEY_POLICY_MAX;
	self->key.public_len = KEY_PUBLIC_MAX;
	self->key.pin_len = KEY_PIN_MAX;
	seal_secret(self->master, &self->key, longest, KEY_SECRET_MAX, &self->blob);
	ASSERT_EQ(open_it(), 0);
	EXPECT_EQ(self->opened_len, KEY_SECRET_MAX);
	EXPECT_EQ(memcmp(self->opened, longest, KEY_SECRET_MAX), 0);
	free(longest);
}

TEST_F(seal, does_not_hold_the_secret)
{
	seal(32);
	EXPECT_EQ(memmem(self->blob.data, self->blob.len, self->secret, 8), NULL);
	EXPECT_EQ(memmem(self->blob.data, self->blob.len, self->master, 8), NULL);
}

TEST_F(seal, is_new_each_time)
{
	struct blob first;

	seal(32);
	first = self->blob;
	seal(32);
	EXPECT_NE(memcmp(first.data + 1, self->blob.data + 1, 24), 0);
	EXPECT_NE(memcmp(first.data + 25, self->blob.data + 25, 48), 0);
}

TEST_F(seal, refuses_each_changed_byte)
{
	size_t i;

	seal(32);
	for (i = 0; i < self->blob.len; i++) {
		self->blob.data[i] ^= 1;
		EXPECT_REFUSED();
		self->blob.data[i] ^= 1;
	}
	EXPECT_EQ(open_it(), 0);
}

TEST_F(seal, refuses_each_other_length)
{
	size_t len;

	seal(32);
	len = self->blob.len;
	for (self->blob.len = 0; self->blob.len < len; self->blob.len++)
		EXPECT_REFUSED();
	self->blob.len = len + 1;
	EXPECT_REFUSED();
	self->blob.len = SEAL_BLOB_MAX + 1;
	EXPECT_REFUSED();
	self->blob.len = len;
	EXPECT_EQ(open_it(), 0);
}

TEST_F(seal, refuses_another_master_key)
{
	seal(32);
	self->master[31] ^= 0x80;
	EXPECT_REFUSED();
}

/* Each field alone, by the place where it is. */
TEST_F(seal, is_bound_to_each_field)
{
	static const struct {
		const char *name;
		size_t at, len;
	} fields[] = {
		{ "id", offsetof(struct key, id), UKS_KEY_ID_LEN },
		{ "owner", offsetof(struct key, owner), 4 },
		{ "type", offsetof(struct key, type), 4 },
		{ "purposes", offsetof(struct key, purposes), 4 },
		{ "origin", offsetof(struct key, origin), 4 },
		{ "provider", offsetof(struct key, provider), 4 },
		{ "state", offsetof(struct key, state), 4 },
		{ "version", offsetof(struct key, version), 4 },
		{ "created", offsetof(struct key, created), 8 },
		{ "name", offsetof(struct key, name), 4 },
		{ "policy", offsetof(struct key, policy), 3 },
		{ "public key", offsetof(struct key, public_key), 5 },
		{ "pin", offsetof(struct key, pin), 2 },
	};
	uint8_t *key = (uint8_t *)&self->key;
	size_t i, j;

	seal(32);
	for (i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		for (j = 0; j < fields[i].len; j++) {
			key[fields[i].at + j] ^= 0x10;
			EXPECT_EQ(open_it(), -1) {
				TH_LOG("%s", fields[i].name);
			}
			key[fields[i].at + j] ^= 0x10;
		}
	}
	EXPECT_EQ(open_it(), 0);
}

/* The fields of variable length must not run into each other. */
TEST_F(seal, is_bound_to_the_border_between_fields)
{
	seal(32);
	memcpy(self->key.name, "nameabc", 8);
	self->key.policy_len = 0;
	EXPECT_REFUSED();
	memcpy(self->key.name, "name", 5);
	self->key.policy_len = 3;
	EXPECT_EQ(open_it(), 0);

	memcpy(self->key.policy, "abc12345", 8);
	self->key.policy_len = 8;
	self->key.public_len = 0;
	EXPECT_REFUSED();
}

TEST_F(seal, refuses_swapped_blobs)
{
	struct key other = self->key;
	struct blob blob;

	other.id[0] ^= 1;
	seal(32);
	seal_secret(self->master, &other, self->secret, 32, &blob);
	EXPECT_EQ(seal_open(self->master, &other, &self->blob, self->opened, &self->opened_len,
			    &self->failure), -1);
	self->blob = blob;
	EXPECT_REFUSED();
}

/* A version has a key of its own, not only its number in the associated data. */
TEST_F(seal, refuses_another_version)
{
	seal(32);
	self->key.version = 2;
	EXPECT_REFUSED();
}

TEST_F(seal, leaves_nothing_of_a_refused_blob)
{
	static const uint8_t zero[sizeof(self->opened)];

	seal(32);
	self->blob.data[30] ^= 1;
	EXPECT_REFUSED();
	EXPECT_EQ(memcmp(self->opened, zero, sizeof(zero)), 0);
}

/* Once written, always readable: a blob and the key it belongs to, as bytes. */
TEST_F(seal, format_is_fixed)
{
	uint8_t key[32], input[11 + 16 + 4] = "uks blob v1";
	uint8_t aad[10 + 16 + 28 + 24 + 4 + 4 + 4 + 3 + 4 + 5 + 4 + 2], *at = aad;
	unsigned long long len;

	seal(32);
	memcpy(input + 11, self->key.id, 16);
	input[30] = 1;
	crypto_generichash(key, 32, input, sizeof(input), self->master, 32);
	at = mempcpy(at, "uks key v3", 10);
	at = mempcpy(at, self->key.id, 16);
	at = mempcpy(at, "\0\0\0\1\0\0\3\xe8\0\0\0\6", 12);
	at = mempcpy(at, "\0\0\0\4\0\0\0\1\0\0\0\1\0\0\0\1", 16);
	at = mempcpy(at, "\0\0\0\0\x65\x53\xf1\0", 8);
	at = mempcpy(at, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	at = mempcpy(at, "\0\0\0\4name\0\0\0\3abc\0\0\0\00512345", 24);
	at = mempcpy(at, "\0\0\0\2pq", 6);
	ASSERT_EQ(at, aad + sizeof(aad));
	EXPECT_EQ(self->blob.data[0], 3);
	ASSERT_EQ(crypto_aead_xchacha20poly1305_ietf_decrypt(self->opened, &len, NULL,
							     self->blob.data + 25,
							     self->blob.len - 25, aad,
							     sizeof(aad), self->blob.data + 1,
							     key), 0);
	EXPECT_EQ(len, 32);
	EXPECT_EQ(memcmp(self->opened, self->secret, 32), 0);
}

/* What the formats before had of the row; @deletion: 16 bytes of times, or none. */
static void seal_former(const uint8_t *master, const struct key *of, uint8_t format,
			size_t deletion, struct blob *blob)
{
	uint8_t key[32], input[11 + 16 + 4] = "uks blob v1";
	uint8_t aad[10 + 16 + 24 + 24 + 4 + 4 + 4 + 3 + 4 + 5], *at = aad;

	memcpy(input + 11, of->id, 16);
	input[30] = 1;
	crypto_generichash(key, 32, input, sizeof(input), master, 32);
	at = mempcpy(at, format == 1 ? "uks key v1" : "uks key v2", 10);
	at = mempcpy(at, of->id, 16);
	at = mempcpy(at, "\0\0\0\1\0\0\3\xe8\0\0\0\6", 12);
	at = mempcpy(at, "\0\0\0\4\0\0\0\1\0\0\0\1", 12);
	at = mempcpy(at, "\0\0\0\0\x65\x53\xf1\0", 8);
	at = mempcpy(at, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", deletion);
	at = mempcpy(at, "\0\0\0\4name\0\0\0\3abc\0\0\0\00512345", 24);
	blob->data[0] = format;
	blob->len = 5 + SEAL_OVERHEAD;
	crypto_aead_xchacha20poly1305_ietf_encrypt(blob->data + 25, NULL,
						   (const uint8_t *)"12345", 5, aad, at - aad,
						   NULL, blob->data + 1, key);
}

/* A blob of the first schema opens, as long as its key was not deleted since. */
TEST_F(seal, reads_the_first_format)
{
	self->key.pin_len = 0;
	seal_former(self->master, &self->key, 1, 0, &self->blob);
	ASSERT_EQ(open_it(), 0);
	EXPECT_EQ(self->opened_len, 5);
	EXPECT_EQ(memcmp(self->opened, "12345", 5), 0);
	self->key.deleted = 1;
	EXPECT_REFUSED();
}

/* Provider and PIN were not bound then: no key that has them may claim to be that old. */
TEST_F(seal, reads_the_second_format)
{
	self->key.pin_len = 0;
	seal_former(self->master, &self->key, 2, 16, &self->blob);
	ASSERT_EQ(open_it(), 0);
	EXPECT_EQ(self->opened_len, 5);
	EXPECT_EQ(memcmp(self->opened, "12345", 5), 0);
	self->key.provider = UKS_PROVIDER_TPM;
	EXPECT_REFUSED();
	self->key.provider = UKS_PROVIDER_SEALED;
	self->key.pin_len = 1;
	EXPECT_REFUSED();
}

TEST_HARNESS_MAIN
