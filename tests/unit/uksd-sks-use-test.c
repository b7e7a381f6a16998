// SPDX-License-Identifier: LGPL-2.1-or-later
/* What keys do, in each algorithm, with OpenSSL on the other side. */
#include <string.h>

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "sks/issuer-crypto.h"
#include "tests/unit/uksd-sks-fixture.h"

#define D	"http://www.w3.org/2001/04/xmldsig-more#"
#define X	"http://www.w3.org/2001/04/xmlenc#"
#define W	SKS_URI

static const uint8_t message[] = "The message that all of this is about.";

FIXTURE(use)
{
	struct daemon daemon;
	struct issuer issuer;
	struct issuer_key key;
	EVP_PKEY *public_key;
};

FIXTURE_SETUP(use)
{
	SKS_SETUP();
	self->key = (struct issuer_key){ .id = "Key.1" };
}

FIXTURE_TEARDOWN(use)
{
	EVP_PKEY_free(self->public_key);
	issuer_key_free(&self->key);
	SKS_TEARDOWN();
}

/* A key of its own session. */
static int make(struct _test_data_use *self, const char *algorithm)
{
	const uint8_t *at;

	issuer_key_free(&self->key);
	EVP_PKEY_free(self->public_key);
	self->key.algorithm = algorithm;
	if (sks_enrol(&self->issuer, &self->key))
		return -1;
	at = self->key.public_key.bytes;
	self->public_key = d2i_PUBKEY(NULL, &at, self->key.public_key.len);
	return self->public_key ? 0 : -1;
}

static int import(struct _test_data_use *self, const void *secret, size_t len)
{
	issuer_key_free(&self->key);
	return issuer_open(&self->issuer) || sks_make(&self->issuer, &self->key) ||
	       issuer_import(&self->issuer, SKS_IMPORT_SYMMETRIC_KEY, &self->key, secret, len) ||
	       issuer_close(&self->issuer) ? -1 : 0;
}

struct input {
	const void *at;
	size_t len;
};

/* The head that all of these methods have, and data of either kind. */
static int call(struct _test_data_use *self, int method, const char *algorithm,
		const struct input *parameters, const struct input *data, int mode)
{
	struct frame *args = &self->issuer.args;

	sks_begin(&self->issuer, &self->key);
	frame_text(args, algorithm);
	if (method == SKS_ENCRYPT)
		frame_number(args, mode, 1);
	frame_bytes(args, parameters ? parameters->at : NULL, parameters ? parameters->len : 0);
	frame_number(args, 0, 1);
	frame_bytes(args, NULL, 0);
	if (method == SKS_ENCRYPT || method == SKS_HMAC)
		frame_blob(args, data->at, data->len);
	else
		frame_bytes(args, data->at, data->len);
	return issuer_call(&self->issuer, method);
}

static bool verifies(EVP_PKEY *key, const EVP_MD *md, const uint8_t *hash, size_t hash_len,
		     const uint8_t *signature, size_t len)
{
	size_t size = (EVP_PKEY_get_bits(key) + 7) / 8;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool rsa = EVP_PKEY_is_a(key, "RSA"), right;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	uint8_t der[256], *at = der;

	if (!rsa && len == 2 * size) {
		ECDSA_SIG_set0(sig, BN_bin2bn(signature, size, NULL),
			       BN_bin2bn(signature + size, size, NULL));
		len = i2d_ECDSA_SIG(sig, &at);
		signature = der;
	}
	right = EVP_PKEY_verify_init(ctx) == 1 &&
		(!rsa || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1) &&
		(!md || EVP_PKEY_CTX_set_signature_md(ctx, md) == 1) &&
		EVP_PKEY_verify(ctx, signature, len, hash, hash_len) == 1;
	EVP_PKEY_CTX_free(ctx);
	ECDSA_SIG_free(sig);
	return right;
}

static bool signs(struct _test_data_use *self, const char *algorithm, const EVP_MD *md,
		  bool told)
{
	struct input hash = { };
	const uint8_t *signature;
	uint8_t digest[64];
	unsigned int made;
	size_t len;

	EVP_Digest(message, sizeof(message), digest, &made, md, NULL);
	hash = (struct input){ digest, made };
	if (STATUS(call(self, SKS_SIGN, algorithm, NULL, &hash, 0)))
		return false;
	signature = reader_bytes(&self->issuer.out, &len);
	return !self->issuer.out.left &&
	       verifies(self->public_key, told ? md : NULL, digest, made, signature, len);
}

/* Row 26 */
TEST_F(use, signs_by_ecdsa_with_each_hash_on_each_curve)
{
	static const char * const curves[] = {
		W "ec.nist.p256", W "ec.nist.p384", W "ec.nist.p521",
	};
	int i;

	for (i = 0; i < 3; i++) {
		ASSERT_STATUS(0, make(self, curves[i]));
		EXPECT_TRUE(signs(self, D "ecdsa-sha256", EVP_sha256(), true));
		EXPECT_TRUE(signs(self, D "ecdsa-sha384", EVP_sha384(), true));
		EXPECT_TRUE(signs(self, D "ecdsa-sha512", EVP_sha512(), true));
		EXPECT_TRUE(signs(self, W "ecdsa.none", EVP_sha256(), false));
	}
}

/* The block of rsa.pkcs1.none is the caller's, without an algorithm in front. */
TEST_F(use, signs_by_rsa_with_each_hash)
{
	struct input wrong = { message, 31 };

	ASSERT_STATUS(0, make(self, W "rsa2048"));
	EXPECT_TRUE(signs(self, D "rsa-sha256", EVP_sha256(), true));
	EXPECT_TRUE(signs(self, D "rsa-sha384", EVP_sha384(), true));
	EXPECT_TRUE(signs(self, D "rsa-sha512", EVP_sha512(), true));
	EXPECT_TRUE(signs(self, W "rsa.pkcs1.none", EVP_sha256(), false));
	EXPECT_STATUS(SKS_E_OPTION, call(self, SKS_SIGN, D "rsa-sha256", NULL, &wrong, 0));
	EXPECT_STATUS(SKS_E_ALGORITHM, call(self, SKS_SIGN, D "ecdsa-sha256", NULL, &wrong, 0));
	EXPECT_STATUS(SKS_E_ALGORITHM, call(self, SKS_SIGN, "urn:unknown", NULL, &wrong, 0));
}

static size_t encrypt_to(EVP_PKEY *key, const EVP_MD *md, uint8_t *to)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	size_t len = 256;

	if (EVP_PKEY_encrypt_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, md ? RSA_PKCS1_OAEP_PADDING :
						   RSA_PKCS1_PADDING) != 1 ||
	    (md && EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) != 1) ||
	    EVP_PKEY_encrypt(ctx, to, &len, message, sizeof(message)) != 1)
		len = 0;
	EVP_PKEY_CTX_free(ctx);
	return len;
}

/* Row 27, as are those that follow. */
TEST_F(use, decrypts_by_rsa)
{
	const struct {
		const char *uri;
		const EVP_MD *md;
	} paddings[] = {
		{ W "rsa.es.pkcs1_5", NULL }, { W "rsa.oaep.sha1", EVP_sha1() },
		{ W "rsa.oaep.sha256", EVP_sha256() },
	};
	uint8_t encrypted[256];
	struct input data = { .at = encrypted };
	const uint8_t *plain;
	size_t len;
	int i;

	ASSERT_STATUS(0, make(self, W "rsa2048"));
	for (i = 0; i < 3; i++) {
		data.len = encrypt_to(self->public_key, paddings[i].md, encrypted);
		ASSERT_STATUS(0, call(self, SKS_DECRYPT, paddings[i].uri, NULL, &data, 0));
		plain = reader_bytes(&self->issuer.out, &len);
		ASSERT_EQ(len, sizeof(message));
		EXPECT_EQ(memcmp(plain, message, len), 0);
	}
	encrypted[9] ^= 1;
	EXPECT_STATUS(SKS_E_CRYPTO,
		      call(self, SKS_DECRYPT, W "rsa.oaep.sha256", NULL, &data, 0));
	data.len--;
	EXPECT_STATUS(SKS_E_CRYPTO,
		      call(self, SKS_DECRYPT, W "rsa.oaep.sha256", NULL, &data, 0));
}

TEST_F(use, agrees_on_each_curve_with_a_key_on_it)
{
	static const char * const curves[] = { "P-256", "P-384", "P-521" };
	static const char * const algorithms[] = {
		W "ec.nist.p256", W "ec.nist.p384", W "ec.nist.p521",
	};
	struct frame spki = { }, z = { };
	struct input data;
	const uint8_t *agreed;
	EVP_PKEY *peer;
	size_t len;
	int i;

	for (i = 0; i < 3; i++) {
		ASSERT_STATUS(0, make(self, algorithms[i]));
		peer = EVP_EC_gen(curves[i]);
		frame_reset(&spki);
		frame_reset(&z);
		issuer_spki(peer, &spki);
		data = (struct input){ spki.bytes, spki.len };
		ASSERT_STATUS(0, call(self, SKS_AGREE, W "ecdh.raw", NULL, &data, 0));
		agreed = reader_bytes(&self->issuer.out, &len);
		ASSERT_EQ(issuer_agree(peer, self->key.public_key.bytes,
				       self->key.public_key.len, &z), 0);
		ASSERT_EQ(len, z.len);
		EXPECT_EQ(memcmp(agreed, z.bytes, len), 0);
		EVP_PKEY_free(peer);
	}
	peer = EVP_EC_gen("P-256");
	frame_reset(&spki);
	issuer_spki(peer, &spki);
	data = (struct input){ spki.bytes, spki.len };
	EXPECT_STATUS(SKS_E_OPTION, call(self, SKS_AGREE, W "ecdh.raw", NULL, &data, 0));
	EVP_PKEY_free(peer);
	frame_free(&spki);
	frame_free(&z);
}

TEST_F(use, computes_hmacs_with_each_hash)
{
	const struct {
		const char *uri;
		const EVP_MD *md;
	} macs[] = {
		{ "http://www.w3.org/2000/09/xmldsig#hmac-sha1", EVP_sha1() },
		{ D "hmac-sha256", EVP_sha256() }, { D "hmac-sha384", EVP_sha384() },
		{ D "hmac-sha512", EVP_sha512() },
	};
	struct input data = { message, sizeof(message) };
	static uint8_t secret[128];
	const uint8_t *mac;
	uint8_t right[64];
	unsigned int right_len;
	size_t len;
	int i;

	memset(secret, 0x3c, sizeof(secret));
	ASSERT_STATUS(0, import(self, secret, sizeof(secret)));
	for (i = 0; i < 4; i++) {
		HMAC(macs[i].md, secret, sizeof(secret), message, sizeof(message), right,
		     &right_len);
		ASSERT_STATUS(0, call(self, SKS_HMAC, macs[i].uri, NULL, &data, 0));
		mac = reader_bytes(&self->issuer.out, &len);
		ASSERT_EQ(len, right_len);
		EXPECT_EQ(memcmp(mac, right, len), 0);
	}
	EXPECT_STATUS(SKS_E_ALGORITHM, call(self, SKS_ENCRYPT, X "aes256-cbc", NULL, &data, 1));
}

/* What a secret is endorsed for is its type for programs that know no SKS. */
TEST_F(use, of_a_secret_without_pin_is_that_of_its_type)
{
	static const struct {
		const char *endorsed;
		size_t len;
		uint32_t type;
	} secrets[] = {
		{ "http://www.w3.org/2000/09/xmldsig#hmac-sha1", 20, UKS_KEY_HMAC_SHA1 },
		{ D "hmac-sha256", 32, UKS_KEY_HMAC_SHA256 },
		{ D "hmac-sha384", 48, UKS_KEY_HMAC_SHA384 },
		{ D "hmac-sha512", 64, UKS_KEY_HMAC_SHA512 },
		{ X "aes128-cbc", 16, UKS_KEY_AES_128 }, { X "aes192-cbc", 24, UKS_KEY_AES_192 },
		{ X "aes256-cbc", 32, UKS_KEY_AES_256 },
	};
	static const uint8_t secret[64] = { 1 };
	char name[64];
	size_t i;

	for (i = 0; i < sizeof(secrets) / sizeof(*secrets); i++) {
		self->key.endorsed[0] = secrets[i].endorsed;
		ASSERT_STATUS(0, import(self, secret, secrets[i].len));
		snprintf(name, sizeof(name), "sks-%u-Key.1", self->key.handle);
		ASSERT_EQ(ask_by_name(&self->daemon, UKS_OP_KEY_SHOW, name), 0);
		EXPECT_EQ(uks_attr_u32(&self->daemon.attrs[UKS_A_KEY_TYPE], 0), secrets[i].type);
	}
}

static uint32_t sign_whole(struct _test_data_use *self, const char *algorithm, struct reader *out)
{
	const struct uks_attr *result = &self->daemon.attrs[UKS_A_RESULT];
	struct frame args = { };
	uint32_t code;

	frame_number(&args, self->key.handle, 4);
	frame_text(&args, algorithm);
	frame_bytes(&args, NULL, 0);
	frame_number(&args, 0, 1);
	frame_bytes(&args, NULL, 0);
	frame_bytes(&args, message, sizeof(message));
	ask_begin(&self->daemon);
	uks_attrs_put_u32(&self->daemon.in, UKS_A_COMMAND, SKS_SIGN);
	uks_attrs_put_u32(&self->daemon.in, UKS_A_FLAGS, SKS_CALL_WHOLE_MESSAGE);
	uks_attrs_put(&self->daemon.in, UKS_A_MESSAGE, args.bytes, args.len);
	code = ask(&self->daemon, UKS_OP_PROVISION);
	frame_free(&args);
	*out = (struct reader){ .at = result->value, .left = result->len };
	return code ? code : reader_number(out, 1);
}

/* As the bridge of SKS asks when it is given a message instead of its hash. */
TEST_F(use, hashes_a_message_that_is_whole)
{
	const uint8_t *signature;
	struct reader out;
	uint8_t hash[48];
	size_t len;

	ASSERT_STATUS(0, make(self, SKS_URI "ec.nist.p384"));
	EXPECT_EQ(EVP_Digest(message, sizeof(message), hash, NULL, EVP_sha384(), NULL), 1);
	ASSERT_EQ(sign_whole(self, D "ecdsa-sha384", &out), 0);
	signature = reader_bytes(&out, &len);
	EXPECT_TRUE(verifies(self->public_key, EVP_sha384(), hash, sizeof(hash), signature, len));
	hash[0] ^= 1;
	EXPECT_FALSE(verifies(self->public_key, EVP_sha384(), hash, sizeof(hash), signature, len));
	EXPECT_EQ(sign_whole(self, D "rsa-sha256", &out), SKS_E_ALGORITHM);
}

static size_t decrypt_by(const EVP_CIPHER *cipher, const uint8_t *key, const uint8_t *iv,
			 bool padded, const struct input *from, uint8_t *to)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int first = 0, last = 0;

	EVP_DecryptInit_ex(ctx, cipher, NULL, key, iv);
	EVP_CIPHER_CTX_set_padding(ctx, padded);
	EVP_DecryptUpdate(ctx, to, &first, from->at, from->len);
	EVP_DecryptFinal_ex(ctx, to + first, &last);
	EVP_CIPHER_CTX_free(ctx);
	return first + last;
}

TEST_F(use, encrypts_by_aes_with_a_vector_of_its_own)
{
	const struct {
		const char *uri;
		const EVP_CIPHER *cipher;
		size_t len;
	} ciphers[] = {
		{ X "aes128-cbc", EVP_aes_128_cbc(), 16 },
		{ X "aes192-cbc", EVP_aes_192_cbc(), 24 },
		{ X "aes256-cbc", EVP_aes_256_cbc(), 32 },
	};
	struct input data = { message, sizeof(message) }, body, parameters = { message, 16 };
	static const uint8_t secret[32] = "0123456789abcdef0123456789abcde";
	uint8_t plain[128], former[16] = { };
	const uint8_t *made;
	size_t len;
	int i;

	for (i = 0; i < 3; i++) {
		ASSERT_STATUS(0, import(self, secret, ciphers[i].len));
		EXPECT_STATUS(SKS_E_OPTION, call(self, SKS_ENCRYPT, ciphers[i].uri, &parameters,
						 &data, 1));
		ASSERT_STATUS(0, call(self, SKS_ENCRYPT, ciphers[i].uri, NULL, &data, 1));
		made = reader_blob(&self->issuer.out, &len);
		ASSERT_EQ(len, 16 + 48);
		EXPECT_NE(memcmp(made, former, 16), 0);
		memcpy(former, made, 16);
		body = (struct input){ made + 16, len - 16 };
		ASSERT_EQ(decrypt_by(ciphers[i].cipher, secret, made, true, &body, plain),
			  sizeof(message));
		EXPECT_EQ(memcmp(plain, message, sizeof(message)), 0);
		EXPECT_STATUS(SKS_E_ALGORITHM, call(self, SKS_ENCRYPT, ciphers[(i + 1) % 3].uri,
						    NULL, &data, 1));
	}
}

TEST_F(use, encrypts_by_aes_with_the_callers_vector_or_none)
{
	struct input data = { message, 32 }, vector = { "fedcba9876543210", 16 }, body;
	static const uint8_t secret[16] = "0123456789abcde";
	static uint8_t large[16384 + 16];
	struct input much = { large, sizeof(large) };
	const uint8_t *made;
	uint8_t plain[64];
	size_t len;

	ASSERT_STATUS(0, import(self, secret, sizeof(secret)));
	ASSERT_STATUS(0, call(self, SKS_ENCRYPT, W "aes.cbc", &vector, &data, 1));
	made = reader_blob(&self->issuer.out, &len);
	body = (struct input){ made, len };
	ASSERT_EQ(decrypt_by(EVP_aes_128_cbc(), secret, vector.at, true, &body, plain), 32);
	EXPECT_EQ(memcmp(plain, message, 32), 0);
	EXPECT_STATUS(SKS_E_OPTION, call(self, SKS_ENCRYPT, W "aes.cbc", NULL, &data, 1));
	ASSERT_STATUS(0, call(self, SKS_ENCRYPT, W "aes.ecb.nopad", NULL, &data, 1));
	made = reader_blob(&self->issuer.out, &len);
	ASSERT_EQ(len, 32);
	body = (struct input){ made, len };
	ASSERT_EQ(decrypt_by(EVP_aes_128_ecb(), secret, NULL, false, &body, plain), 32);
	EXPECT_EQ(memcmp(plain, message, 32), 0);
	data.len = 31;
	EXPECT_STATUS(SKS_E_OPTION, call(self, SKS_ENCRYPT, W "aes.ecb.nopad", NULL, &data, 1));
	EXPECT_STATUS(SKS_E_OPTION, call(self, SKS_ENCRYPT, W "aes.ecb.nopad", NULL, &much, 1));
	much.len -= 16;
	EXPECT_STATUS(0, call(self, SKS_ENCRYPT, W "aes.ecb.nopad", NULL, &much, 1));
}

static int sign_with(struct _test_data_use *self, bool biometric, const char *pin)
{
	struct frame *args = &self->issuer.args;
	uint8_t hash[32] = { 1 };

	sks_begin(&self->issuer, &self->key);
	frame_text(args, D "ecdsa-sha256");
	frame_bytes(args, NULL, 0);
	frame_number(args, biometric, 1);
	frame_text(args, pin);
	frame_bytes(args, hash, sizeof(hash));
	return issuer_call(&self->issuer, SKS_SIGN);
}

/* Row 32: what is right is served, what is not is refused, and which of both is said. */
TEST_F(use, takes_biometric_proof_and_pin_as_the_issuer_decided)
{
	static const struct {
		uint8_t protection;
		bool pin;
		int neither, proof, pin_only, both;
	} rules[] = {
		{ SKS_BIOMETRIC_NONE, false, 0, SKS_E_OPTION, SKS_E_OPTION, SKS_E_OPTION },
		{ SKS_BIOMETRIC_NONE, true, SKS_E_AUTHORIZATION, SKS_E_OPTION, 0, SKS_E_OPTION },
		{ SKS_BIOMETRIC_ALTERNATIVE, true, SKS_E_AUTHORIZATION, 0, 0, SKS_E_OPTION },
		{ SKS_BIOMETRIC_COMBINED, true, SKS_E_AUTHORIZATION, SKS_E_AUTHORIZATION,
		  SKS_E_AUTHORIZATION, 0 },
		{ SKS_BIOMETRIC_EXCLUSIVE, false, SKS_E_AUTHORIZATION, 0, SKS_E_AUTHORIZATION,
		  SKS_E_OPTION },
	};
	struct issuer_pin pin = { .id = "PIN.1", .limit = 100, .min = 4, .max = 8 };
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		issuer_key_free(&self->key);
		self->key.biometric = rules[i].protection;
		self->key.pin = rules[i].pin ? &pin : NULL;
		self->key.pin_value = rules[i].pin ? "1234" : NULL;
		ASSERT_STATUS(0, issuer_open(&self->issuer));
		if (rules[i].pin)
			ASSERT_STATUS(0, issuer_create_pin(&self->issuer, &pin));
		ASSERT_STATUS(0, sks_make(&self->issuer, &self->key));
		ASSERT_STATUS(0, issuer_close(&self->issuer));
		EXPECT_STATUS(rules[i].neither, sign_with(self, false, ""));
		EXPECT_STATUS(rules[i].proof, sign_with(self, true, ""));
		EXPECT_STATUS(rules[i].pin_only, sign_with(self, false, "1234"));
		EXPECT_STATUS(rules[i].both, sign_with(self, true, "1234"));
	}
}

TEST_HARNESS_MAIN
