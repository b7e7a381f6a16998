// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keys of keys: agreed on, derived, wrapped, unwrapped; and what comes out in sessions. */
#include <kselftest_harness.h>
#include <sodium.h>

#include "tests/unit/leaks.h"
#include "tests/unit/uksd-daemon.h"

FIXTURE(derive)
{
	struct daemon daemon;
	uint8_t kept[4096];
	size_t kept_len;
};

FIXTURE_SETUP(derive)
{
	ASSERT_EQ(daemon_new(&self->daemon), 0);
	ASSERT_EQ(daemon_start(&self->daemon), 0) {
		TH_LOG("%s", self->daemon.failure.text);
	}
}

FIXTURE_TEARDOWN(derive)
{
	daemon_stop(&self->daemon);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

/* A key with purposes and with the flags of a policy. */
static uint32_t make(struct daemon *daemon, const char *name, uint32_t type, uint32_t purposes,
		     uint32_t flags)
{
	uint8_t bytes[64];
	struct uks_attrs policy;

	uks_attrs_init(&policy, bytes, sizeof(bytes));
	uks_attrs_put_u32(&policy, UKS_POLICY_A_FLAGS, flags);
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, name);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, type);
	uks_attrs_put_u32(&daemon->in, UKS_A_PURPOSES, purposes);
	if (flags)
		uks_attrs_put(&daemon->in, UKS_A_POLICY, bytes, policy.len);
	return ask(daemon, UKS_OP_KEY_GENERATE);
}

static void keep(struct _test_data_derive *self, uint16_t attribute)
{
	const struct uks_attr *attr = &self->daemon.attrs[attribute];

	self->kept_len = attr->len;
	if (attr->len)
		memcpy(self->kept, attr->value, attr->len);
}

/* The bytes of a symmetric key, as a lease has them. */
static uint32_t material(struct daemon *daemon, const char *name, uint8_t *bytes, size_t *len)
{
	uint32_t code = ask_open(daemon, name, UKS_PURPOSE_ENCRYPT);

	*len = daemon->attrs[UKS_A_KEY_MATERIAL].len;
	if (*len)
		memcpy(bytes, daemon->attrs[UKS_A_KEY_MATERIAL].value, *len);
	return code;
}

static uint32_t agree(struct daemon *daemon, const char *mine, const char *name,
		      const uint8_t *peer, size_t len, uint32_t kdf, uint32_t policy_flags)
{
	uint8_t bytes[2048], policy_bytes[64];
	struct uks_attrs parameters, policy;

	uks_attrs_init(&parameters, bytes, sizeof(bytes));
	uks_attrs_put(&parameters, UKS_PARAM_PEER, peer, len);
	if (kdf)
		uks_attrs_put_u32(&parameters, UKS_PARAM_KDF, kdf);
	uks_attrs_init(&policy, policy_bytes, sizeof(policy_bytes));
	uks_attrs_put_u32(&policy, UKS_POLICY_A_FLAGS, policy_flags);
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, mine);
	uks_attrs_put_string(&daemon->in, UKS_A_NEW_NAME, name);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, UKS_KEY_AES_256);
	uks_attrs_put(&daemon->in, UKS_A_PARAMETERS, bytes, parameters.len);
	if (policy_flags)
		uks_attrs_put(&daemon->in, UKS_A_POLICY, policy_bytes, policy.len);
	return ask(daemon, UKS_OP_KEY_AGREE);
}

TEST_F(derive, both_sides_agree_on_one_key)
{
	struct daemon *daemon = &self->daemon;
	uint8_t one[32], two[32], alice[64];
	size_t one_len, two_len, alice_len;
	uint32_t kdf;

	ASSERT_EQ(make(daemon, "alice", UKS_KEY_X25519, UKS_PURPOSE_AGREE, 0), 0);
	alice_len = daemon->attrs[UKS_A_PUBLIC_KEY].len;
	memcpy(alice, daemon->attrs[UKS_A_PUBLIC_KEY].value, alice_len);
	ASSERT_EQ(make(daemon, "bob", UKS_KEY_X25519, UKS_PURPOSE_AGREE, UKS_POLICY_KEEP_INSIDE),
		  0);
	keep(self, UKS_A_PUBLIC_KEY);
	for (kdf = 0; kdf <= UKS_ALG_HKDF; kdf += UKS_ALG_HKDF) {
		ASSERT_EQ(agree(daemon, "alice", "one", self->kept, self->kept_len, kdf, 0), 0) {
			TH_LOG("%s", daemon->text);
		}
		EXPECT_EQ(uks_attr_u32(&daemon->attrs[UKS_A_ORIGIN], 0), UKS_ORIGIN_AGREED);
		ASSERT_EQ(agree(daemon, "bob", "two", alice, alice_len, kdf, 0), 0);
		ASSERT_EQ(material(daemon, "one", one, &one_len), 0);
		ASSERT_EQ(material(daemon, "two", two, &two_len), 0);
		ASSERT_EQ(one_len, 32);
		ASSERT_EQ(two_len, 32);
		EXPECT_EQ(memcmp(one, two, 32), 0);
		ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_DELETE, "one"), 0);
		ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_DELETE, "two"), 0);
	}
	/* refused, and nothing is made */
	EXPECT_EQ(agree(daemon, "bob", "two", alice, alice_len, 0, UKS_POLICY_EXPORTABLE),
		  UKS_E_KEPT_INSIDE);
	EXPECT_EQ(agree(daemon, "bob", "two", alice, alice_len, UKS_ALG_PBKDF2, 0),
		  UKS_E_BAD_PARAMETER);
	EXPECT_EQ(agree(daemon, "bob", "two", alice, alice_len - 1, 0, 0), UKS_E_BAD_PEER);
	EXPECT_EQ(ask_by_name(daemon, UKS_OP_KEY_SHOW, "two"), UKS_E_NO_KEY);
}

static uint32_t session(struct daemon *daemon, uint32_t op, const uint8_t *id, uint32_t purpose,
			uint32_t algorithm, const void *message, size_t len)
{
	ask_begin(daemon);
	uks_attrs_put(&daemon->in, UKS_A_KEY_ID, id, UKS_KEY_ID_LEN);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_VERSION, 1);
	uks_attrs_put_u32(&daemon->in, UKS_A_PURPOSES, purpose);
	uks_attrs_put_u32(&daemon->in, UKS_A_ALGORITHM, algorithm);
	uks_attrs_put(&daemon->in, UKS_A_MESSAGE, message, len);
	if (algorithm == UKS_ALG_SM4_CTR)
		uks_attrs_put(&daemon->in, UKS_A_NONCE, "0123456789abcdef", 16);
	return ask(daemon, op);
}

TEST_F(derive, what_is_kept_inside_does_not_come_out_in_a_session)
{
	struct daemon *daemon = &self->daemon;
	uint8_t id[UKS_KEY_ID_LEN];
	uint32_t flags;

	for (flags = 0; flags <= UKS_POLICY_KEEP_INSIDE; flags += UKS_POLICY_KEEP_INSIDE) {
		ASSERT_EQ(make(daemon, "key", UKS_KEY_X448, UKS_PURPOSE_AGREE, flags), 0);
		keep(self, UKS_A_PUBLIC_KEY);
		memcpy(id, daemon->attrs[UKS_A_KEY_ID].value, sizeof(id));
		EXPECT_EQ(session(daemon, UKS_OP_AGREE, id, UKS_PURPOSE_AGREE, UKS_ALG_X448,
				  self->kept, self->kept_len), flags ? UKS_E_KEPT_INSIDE : 0);
		EXPECT_EQ(daemon->attrs[UKS_A_RESULT].len, flags ? 0 : 56);
		ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_DELETE, "key"), 0);
	}
}

TEST_F(derive, blocks_of_a_session_go_on)
{
	struct daemon *daemon = &self->daemon;
	static const uint8_t blocks[32];
	uint8_t id[UKS_KEY_ID_LEN];

	ASSERT_EQ(ask_generate(daemon, "key", UKS_KEY_SM4), 0);
	memcpy(id, daemon->attrs[UKS_A_KEY_ID].value, sizeof(id));
	ASSERT_EQ(session(daemon, UKS_OP_ENCRYPT, id, UKS_PURPOSE_ENCRYPT, UKS_ALG_SM4_CTR, blocks,
			  32), 0);
	ASSERT_EQ(daemon->attrs[UKS_A_RESULT].len, 32);
	ASSERT_EQ(daemon->attrs[UKS_A_NONCE].len, 16);
	EXPECT_EQ(memcmp(daemon->attrs[UKS_A_NONCE].value, "0123456789abcdeh", 16), 0);
	EXPECT_EQ(session(daemon, UKS_OP_DECRYPT, id, UKS_PURPOSE_ENCRYPT, UKS_ALG_SM4_CTR, blocks,
			  32), UKS_E_WRONG_PURPOSE);
}

static uint32_t derive(struct daemon *daemon, const char *name, uint32_t type, const char *info)
{
	uint8_t bytes[256];
	struct uks_attrs parameters;

	uks_attrs_init(&parameters, bytes, sizeof(bytes));
	uks_attrs_put_string(&parameters, UKS_PARAM_INFO, info);
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "secret");
	uks_attrs_put_string(&daemon->in, UKS_A_NEW_NAME, name);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, type);
	uks_attrs_put_u32(&daemon->in, UKS_A_ALGORITHM, UKS_ALG_HKDF);
	uks_attrs_put(&daemon->in, UKS_A_PARAMETERS, bytes, parameters.len);
	return ask(daemon, UKS_OP_KEY_DERIVE);
}

/* RFC 5869, A.1's secret; the result is what sessions give, too */
TEST_F(derive, derived_keys_differ_by_info)
{
	struct daemon *daemon = &self->daemon;
	uint8_t one[32], two[32];
	size_t len;

	ASSERT_EQ(ask_import(daemon, "secret", UKS_KEY_SECRET, UKS_FORMAT_RAW,
			     "\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v", 22), 0);
	ASSERT_EQ(derive(daemon, "one", UKS_KEY_AES_256, "a"), 0) {
		TH_LOG("%s", daemon->text);
	}
	EXPECT_EQ(uks_attr_u32(&daemon->attrs[UKS_A_ORIGIN], 0), UKS_ORIGIN_DERIVED);
	ASSERT_EQ(derive(daemon, "two", UKS_KEY_AES_256, "b"), 0);
	ASSERT_EQ(derive(daemon, "three", UKS_KEY_AES_256, "a"), 0);
	ASSERT_EQ(material(daemon, "one", one, &len), 0);
	ASSERT_EQ(material(daemon, "two", two, &len), 0);
	EXPECT_NE(memcmp(one, two, 32), 0);
	ASSERT_EQ(material(daemon, "three", two, &len), 0);
	EXPECT_EQ(memcmp(one, two, 32), 0);
	EXPECT_EQ(derive(daemon, "four", UKS_KEY_EC_P256, "a"), UKS_E_BAD_TYPE);
	EXPECT_EQ(derive(daemon, "one", UKS_KEY_AES_128, "a"), UKS_E_KEY_EXISTS);
}

static uint32_t wrap(struct daemon *daemon, const char *name, uint32_t algorithm,
		     const char *wrapping, const void *spki, size_t spki_len)
{
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, name);
	uks_attrs_put_u32(&daemon->in, UKS_A_ALGORITHM, algorithm);
	if (wrapping)
		uks_attrs_put_string(&daemon->in, UKS_A_WRAPPING_NAME, wrapping);
	if (spki)
		uks_attrs_put(&daemon->in, UKS_A_PUBLIC_KEY, spki, spki_len);
	return ask(daemon, UKS_OP_KEY_WRAP);
}

/* To a key that may leave again, to be compared. */
static uint32_t unwrap(struct daemon *daemon, const char *wrapping, uint32_t algorithm,
		       uint32_t type, uint32_t format, const void *wrapped, size_t len)
{
	struct uks_attrs policy;
	uint8_t bytes[64];

	uks_attrs_init(&policy, bytes, sizeof(bytes));
	uks_attrs_put_u32(&policy, UKS_POLICY_A_FLAGS, UKS_POLICY_EXPORTABLE);
	ask_begin(daemon);
	uks_attrs_put(&daemon->in, UKS_A_POLICY, bytes, policy.len);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "back");
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, type);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_FORMAT, format);
	uks_attrs_put_u32(&daemon->in, UKS_A_ALGORITHM, algorithm);
	uks_attrs_put_string(&daemon->in, UKS_A_WRAPPING_NAME, wrapping);
	uks_attrs_put(&daemon->in, UKS_A_WRAPPED, wrapped, len);
	return ask(daemon, UKS_OP_KEY_UNWRAP);
}

/* Every type leaves and comes back as the same key, by the wrapping that takes any length. */
TEST_F(derive, every_type_comes_back_from_its_wrapping)
{
	static const uint32_t inner[] = {
		UKS_KEY_AES_128, UKS_KEY_CHACHA20, UKS_KEY_SM4, UKS_KEY_HMAC_SHA512, UKS_KEY_SECRET,
		UKS_KEY_RSA_2048, UKS_KEY_EC_P256, UKS_KEY_EC_P521, UKS_KEY_SM2, UKS_KEY_ED25519,
		UKS_KEY_ED448, UKS_KEY_X25519, UKS_KEY_X448, UKS_KEY_FFDHE_2048,
	};
	static const struct {
		const char *name;
		uint32_t type, algorithm;
	} outer[] = {
		{ "aes", UKS_KEY_AES_256, UKS_ALG_AES_KWP },
		{ "rsa", UKS_KEY_RSA_2048, UKS_ALG_RSA_AES_KEY_WRAP },
		{ "ec", UKS_KEY_EC_P384, UKS_ALG_ECDH_HKDF_AES_GCM },
	};
	struct daemon *daemon = &self->daemon;
	const struct uks_attr *attrs = daemon->attrs;
	uint8_t whole[4096], public[2048];
	size_t i, j, whole_len, public_len;
	uint32_t format;

	for (j = 0; j < 3; j++)
		ASSERT_EQ(make(daemon, outer[j].name, outer[j].type, UKS_WRAPS, 0), 0);
	for (i = 0; i < sizeof(inner) / sizeof(*inner); i++) {
		ASSERT_EQ(make(daemon, "key", inner[i], uks_type_find(inner[i])->purposes,
			       UKS_POLICY_EXPORTABLE), 0);
		public_len = attrs[UKS_A_PUBLIC_KEY].len;
		if (public_len)
			memcpy(public, attrs[UKS_A_PUBLIC_KEY].value, public_len);
		/* AES-KWP gives the same for the same key, and for no other. */
		ASSERT_EQ(wrap(daemon, "key", UKS_ALG_AES_KWP, "aes", NULL, 0), 0);
		whole_len = attrs[UKS_A_WRAPPED].len;
		ASSERT_LE(whole_len, sizeof(whole));
		memcpy(whole, attrs[UKS_A_WRAPPED].value, whole_len);
		for (j = 0; j < 3; j++) {
			ASSERT_EQ(wrap(daemon, "key", outer[j].algorithm, outer[j].name, NULL,
				       0), 0) {
				TH_LOG("%s", daemon->text);
			}
			keep(self, UKS_A_WRAPPED);
			format = uks_attr_u32(&attrs[UKS_A_KEY_FORMAT], 0);
			ASSERT_EQ(unwrap(daemon, outer[j].name, outer[j].algorithm, inner[i],
					 format, self->kept, self->kept_len), 0) {
				TH_LOG("%s", daemon->text);
			}
			EXPECT_EQ(uks_attr_u32(&attrs[UKS_A_ORIGIN], 0), UKS_ORIGIN_UNWRAPPED);
			ASSERT_EQ(attrs[UKS_A_PUBLIC_KEY].len, public_len);
			if (public_len)
				EXPECT_EQ(memcmp(attrs[UKS_A_PUBLIC_KEY].value, public, public_len),
					  0);
			ASSERT_EQ(wrap(daemon, "back", UKS_ALG_AES_KWP, "aes", NULL, 0), 0);
			ASSERT_EQ(attrs[UKS_A_WRAPPED].len, whole_len);
			EXPECT_EQ(memcmp(attrs[UKS_A_WRAPPED].value, whole, whole_len), 0);
			ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_DELETE, "back"), 0);
		}
		ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_DELETE, "key"), 0);
	}
}

TEST_F(derive, only_exportable_keys_leave)
{
	struct daemon *daemon = &self->daemon;
	size_t at;

	ASSERT_EQ(make(daemon, "ec", UKS_KEY_EC_P256, UKS_WRAPS, 0), 0);
	keep(self, UKS_A_PUBLIC_KEY);
	ASSERT_EQ(make(daemon, "inside", UKS_KEY_AES_256, UKS_CRYPT, 0), 0);
	ASSERT_EQ(make(daemon, "key", UKS_KEY_AES_256, UKS_CRYPT, UKS_POLICY_EXPORTABLE), 0);
	EXPECT_EQ(wrap(daemon, "inside", UKS_ALG_ECDH_HKDF_AES_GCM, "ec", NULL, 0),
		  UKS_E_NOT_EXPORTABLE);
	EXPECT_EQ(wrap(daemon, "inside", UKS_ALG_ECDH_HKDF_AES_GCM, NULL, self->kept,
		       self->kept_len), UKS_E_NOT_EXPORTABLE);
	EXPECT_EQ(wrap(daemon, "key", UKS_ALG_ECDH_HKDF_AES_GCM, NULL, NULL, 0),
		  UKS_E_MISSING_ATTRIBUTE);
	EXPECT_EQ(wrap(daemon, "key", UKS_ALG_ECDH_HKDF_AES_GCM, "ec", self->kept, self->kept_len),
		  UKS_E_MISSING_ATTRIBUTE);
	EXPECT_EQ(wrap(daemon, "key", UKS_ALG_AES_KW, "ec", NULL, 0), UKS_E_BAD_ALGORITHM);
	daemon->uid = BOB;
	EXPECT_EQ(wrap(daemon, "key", UKS_ALG_ECDH_HKDF_AES_GCM, NULL, self->kept, self->kept_len),
		  UKS_E_NO_KEY);
	daemon->uid = ALICE;
	ASSERT_EQ(wrap(daemon, "key", UKS_ALG_ECDH_HKDF_AES_GCM, NULL, self->kept, self->kept_len),
		  0) {
		TH_LOG("%s", daemon->text);
	}
	keep(self, UKS_A_WRAPPED);
	for (at = 0; at < self->kept_len; at++) {
		self->kept[at] ^= 1;
		EXPECT_EQ(unwrap(daemon, "ec", UKS_ALG_ECDH_HKDF_AES_GCM, UKS_KEY_AES_256,
				 UKS_FORMAT_RAW, self->kept, self->kept_len), UKS_E_BAD_WRAPPED);
		self->kept[at] ^= 1;
	}
	EXPECT_EQ(unwrap(daemon, "ec", UKS_ALG_ECDH_HKDF_AES_GCM, UKS_KEY_CHACHA20, UKS_FORMAT_RAW,
			 self->kept, self->kept_len), UKS_E_BAD_WRAPPED);
	EXPECT_EQ(ask_by_name(daemon, UKS_OP_KEY_SHOW, "back"), UKS_E_NO_KEY);
	EXPECT_EQ(unwrap(daemon, "ec", UKS_ALG_ECDH_HKDF_AES_GCM, UKS_KEY_AES_256, UKS_FORMAT_RAW,
			 self->kept, self->kept_len), 0);
}

TEST_HARNESS_MAIN
