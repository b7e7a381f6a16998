// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sessions that go wrong, keys that are brought, extensions, and what keys can do. */
#include <string.h>

#include <openssl/hmac.h>
#include <openssl/x509.h>

#include "sks/issuer-crypto.h"
#include "tests/unit/clock.h"
#include "tests/unit/uksd-sks-fixture.h"

#define RSA_SHA256	"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
#define HMAC_SHA256	"http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
#define AES128_CBC	"http://www.w3.org/2001/04/xmlenc#aes128-cbc"

FIXTURE(key)
{
	struct daemon daemon;
	struct issuer issuer;
	struct issuer_key key;
	struct issuer_key other;
};

FIXTURE_SETUP(key)
{
	SKS_SETUP();
	self->key = (struct issuer_key){ .id = "Key.1" };
	self->other = (struct issuer_key){ .id = "Key.2" };
}

FIXTURE_TEARDOWN(key)
{
	issuer_key_free(&self->key);
	issuer_key_free(&self->other);
	SKS_TEARDOWN();
}

/* Row 5: any bit of the arguments, an order, a repetition. */
TEST_F(key, whose_arguments_were_changed_ends_the_session)
{
	static const long bits[] = { 8 * 6, 8 * 12, 8 * 60, 8 * 80 };
	size_t i;

	for (i = 0; i < sizeof(bits) / sizeof(*bits); i++) {
		ASSERT_STATUS(0, issuer_open(&self->issuer));
		self->issuer.flip = bits[i];
		EXPECT_NE(STATUS(issuer_create_key(&self->issuer, &self->key)), 0);
		EXPECT_EQ(sks_count_rows(&self->daemon), 0);
	}
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	self->issuer.counter = 1;
	EXPECT_STATUS(SKS_E_MAC, issuer_create_key(&self->issuer, &self->key));
	EXPECT_EQ(sks_count_sessions(&self->issuer, true), 0);
	ASSERT_STATUS(0, sks_enrol(&self->issuer, &self->key));
	EXPECT_STATUS(SKS_E_NO_SESSION, issuer_close(&self->issuer));
}

/* Row 6: a PIN policy, a key, its certificate and closing take six. */
TEST_F(key, and_all_else_take_the_uses_that_the_issuer_counts)
{
	struct issuer_pin pin = {
		.id = "PIN.1", .user_defined = true, .limit = 3, .min = 4, .max = 8,
	};
	int limit;

	self->key.pin = &pin;
	self->key.pin_value = "1234";
	for (limit = 5; limit <= 6; limit++) {
		self->issuer.limit = limit;
		ASSERT_STATUS(0, issuer_open(&self->issuer));
		ASSERT_STATUS(0, issuer_create_pin(&self->issuer, &pin));
		ASSERT_STATUS(0, sks_make(&self->issuer, &self->key));
		EXPECT_STATUS(limit == 5 ? SKS_E_OPTION : 0, issuer_close(&self->issuer));
		EXPECT_EQ(sks_count_keys(&self->issuer), limit - 5);
	}
}

/* Row 7: a session of no time at all is over in the next second. */
TEST_F(key, of_a_session_whose_time_is_over_is_gone)
{
	self->issuer.lifetime = 0;
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	clock_shift_since_boot = 1;
	EXPECT_STATUS(SKS_E_NO_SESSION, issuer_create_key(&self->issuer, &self->key));
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
}

/* Row 8 */
TEST_F(key, is_finished_after_a_restart)
{
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->key));
	daemon_stop(&self->daemon);
	ASSERT_EQ(daemon_start(&self->daemon), 0);
	EXPECT_STATUS(0, issuer_close(&self->issuer));
	EXPECT_STATUS(0, sks_sign_with(&self->issuer, &self->key, ECDSA_SHA256, ""));
	EXPECT_TRUE(sks_is_signature(&self->issuer, &self->key));
}

/* Row 10 */
TEST_F(key, of_an_aborted_session_is_gone)
{
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->key));
	EXPECT_STATUS(0, issuer_abort(&self->issuer));
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
	EXPECT_STATUS(SKS_E_NO_SESSION, issuer_abort(&self->issuer));
}

TEST_F(key, needs_an_id_of_its_own)
{
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->key));
	EXPECT_STATUS(SKS_E_OPTION, issuer_create_key(&self->issuer, &self->key));
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
}

/* Row 13 */
TEST_F(key, needs_its_own_certificate_and_one_that_no_other_has)
{
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, issuer_create_key(&self->issuer, &self->key));
	EXPECT_STATUS(SKS_E_OPTION, issuer_close(&self->issuer));
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, issuer_create_key(&self->issuer, &self->key));
	issuer_certify(&self->issuer, &self->key, self->issuer.ca);
	ASSERT_STATUS(0, issuer_set_path(&self->issuer, &self->key, true));
	EXPECT_STATUS(SKS_E_OPTION, issuer_close(&self->issuer));
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
}

/* Rows 14, 25 and 27 */
TEST_F(key, can_be_a_secret_that_the_issuer_brings)
{
	static const uint8_t secret[20] = "0123456789abcdefghi";
	uint8_t mac[32];
	unsigned int len;
	const uint8_t *result;
	size_t result_len;

	self->key.endorsed[0] = HMAC_SHA256;
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->key));
	ASSERT_STATUS(0, issuer_import(&self->issuer, SKS_IMPORT_SYMMETRIC_KEY, &self->key,
				       secret, sizeof(secret)));
	ASSERT_STATUS(0, issuer_close(&self->issuer));
	sks_begin(&self->issuer, &self->key);
	frame_text(&self->issuer.args, HMAC_SHA256);
	frame_bytes(&self->issuer.args, NULL, 0);
	frame_number(&self->issuer.args, 0, 1);
	frame_bytes(&self->issuer.args, NULL, 0);
	frame_blob(&self->issuer.args, "message", 7);
	ASSERT_STATUS(0, issuer_call(&self->issuer, SKS_HMAC));
	result = reader_bytes(&self->issuer.out, &result_len);
	HMAC(EVP_sha256(), secret, sizeof(secret), (const uint8_t *)"message", 7, mac, &len);
	ASSERT_EQ(result_len, 32);
	EXPECT_EQ(memcmp(result, mac, 32), 0);
	EXPECT_STATUS(SKS_E_ALGORITHM, sks_sign_with(&self->issuer, &self->key, ECDSA_SHA256, ""));
	EXPECT_STATUS(0, sks_authorized(&self->issuer, SKS_EXPORT_KEY, &self->key, "", NULL));
	result = reader_bytes(&self->issuer.out, &result_len);
	ASSERT_EQ(result_len, sizeof(secret));
	EXPECT_EQ(memcmp(result, secret, sizeof(secret)), 0);
}

TEST_F(key, encrypts_by_aes_and_back)
{
	static const uint8_t secret[16] = "0123456789abcde";
	struct frame encrypted = { };
	const uint8_t *result;
	size_t len;
	int mode;

	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->key));
	ASSERT_STATUS(0, issuer_import(&self->issuer, SKS_IMPORT_SYMMETRIC_KEY, &self->key,
				       secret, sizeof(secret)));
	ASSERT_STATUS(0, issuer_close(&self->issuer));
	frame_text(&encrypted, "");
	frame_reset(&encrypted);
	frame_raw(&encrypted, "message", 7);
	for (mode = 1; mode >= 0; mode--) {
		sks_begin(&self->issuer, &self->key);
		frame_text(&self->issuer.args, AES128_CBC);
		frame_number(&self->issuer.args, mode, 1);
		frame_bytes(&self->issuer.args, NULL, 0);
		frame_number(&self->issuer.args, 0, 1);
		frame_bytes(&self->issuer.args, NULL, 0);
		frame_blob(&self->issuer.args, encrypted.bytes, encrypted.len);
		ASSERT_STATUS(0, issuer_call(&self->issuer, SKS_ENCRYPT));
		result = reader_blob(&self->issuer.out, &len);
		EXPECT_EQ(len, mode ? 32 : 7);
		frame_reset(&encrypted);
		frame_raw(&encrypted, result, len);
	}
	EXPECT_EQ(memcmp(encrypted.bytes, "message", 7), 0);
	frame_free(&encrypted);
}

/* Row 15 */
TEST_F(key, can_be_a_private_key_that_the_issuer_brings)
{
	EVP_PKEY *own = EVP_RSA_gen(1024);
	struct frame pkcs8 = { };
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(own);
	unsigned char *der = NULL;
	int len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);

	frame_raw(&pkcs8, der, len);
	PKCS8_PRIV_KEY_INFO_free(info);
	OPENSSL_free(der);
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, issuer_create_key(&self->issuer, &self->key));
	issuer_certify(&self->issuer, &self->key, own);
	ASSERT_STATUS(0, issuer_set_path(&self->issuer, &self->key, false));
	ASSERT_STATUS(0, issuer_import(&self->issuer, SKS_IMPORT_PRIVATE_KEY, &self->key,
				       pkcs8.bytes, pkcs8.len));
	ASSERT_STATUS(0, issuer_close(&self->issuer));
	EXPECT_STATUS(0, sks_sign_with(&self->issuer, &self->key, RSA_SHA256, ""));
	EXPECT_TRUE(sks_is_signature(&self->issuer, &self->key));
	frame_free(&pkcs8);
	EVP_PKEY_free(own);
}

/* Row 28 */
TEST_F(key, has_extensions)
{
	static uint8_t long_data[65536];
	struct issuer_extension plain = {
		.type = "urn:1", .data = long_data, .len = sizeof(long_data),
	};
	struct issuer_extension encrypted = {
		.type = "urn:2", .kind = SKS_EXTENSION_ENCRYPTED, .data = "secret", .len = 6,
	};
	struct issuer_extension bag = {
		.type = "urn:3", .kind = SKS_EXTENSION_PROPERTY_BAG,
		.data = "\0\1a\1\0\1\60\0\1b\0\0\1\61", .len = 14,
	};
	const uint8_t *data;
	size_t len;

	memset(long_data, 0x5a, sizeof(long_data));
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->key));
	ASSERT_STATUS(0, issuer_add_extension(&self->issuer, &self->key, &plain));
	ASSERT_STATUS(0, issuer_add_extension(&self->issuer, &self->key, &encrypted));
	ASSERT_STATUS(0, issuer_add_extension(&self->issuer, &self->key, &bag));
	ASSERT_STATUS(0, issuer_close(&self->issuer));
	sks_begin(&self->issuer, &self->key);
	frame_text(&self->issuer.args, "urn:1");
	ASSERT_STATUS(0, issuer_call(&self->issuer, SKS_GET_EXTENSION));
	reader_number(&self->issuer.out, 3);
	data = reader_blob(&self->issuer.out, &len);
	ASSERT_EQ(len, sizeof(long_data));
	EXPECT_EQ(memcmp(data, long_data, len), 0);
	sks_begin(&self->issuer, &self->key);
	frame_text(&self->issuer.args, "urn:2");
	ASSERT_STATUS(0, issuer_call(&self->issuer, SKS_GET_EXTENSION));
	EXPECT_EQ(reader_number(&self->issuer.out, 3), SKS_EXTENSION_ENCRYPTED << 16);
	data = reader_blob(&self->issuer.out, &len);
	ASSERT_EQ(len, 6);
	EXPECT_EQ(memcmp(data, "secret", 6), 0);
	sks_begin(&self->issuer, &self->key);
	frame_text(&self->issuer.args, "urn:3");
	frame_text(&self->issuer.args, "a");
	frame_text(&self->issuer.args, "new");
	EXPECT_STATUS(0, issuer_call(&self->issuer, SKS_SET_PROPERTY));
	sks_begin(&self->issuer, &self->key);
	frame_text(&self->issuer.args, "urn:3");
	frame_text(&self->issuer.args, "b");
	frame_text(&self->issuer.args, "new");
	EXPECT_STATUS(SKS_E_NOT_ALLOWED, issuer_call(&self->issuer, SKS_SET_PROPERTY));
	sks_begin(&self->issuer, &self->key);
	frame_text(&self->issuer.args, "urn:4");
	EXPECT_STATUS(SKS_E_OPTION, issuer_call(&self->issuer, SKS_GET_EXTENSION));
}

/* Row 32 */
TEST_F(key, takes_biometric_proof_only_where_it_is_meant)
{
	self->other.biometric = SKS_BIOMETRIC_EXCLUSIVE;
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->other));
	ASSERT_STATUS(0, issuer_close(&self->issuer));
	EXPECT_STATUS(SKS_E_AUTHORIZATION,
		      sks_sign_with(&self->issuer, &self->other, ECDSA_SHA256, ""));
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	self->key.biometric = SKS_BIOMETRIC_COMBINED;
	EXPECT_STATUS(SKS_E_OPTION, issuer_create_key(&self->issuer, &self->key));
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	self->key.biometric = SKS_BIOMETRIC_NONE;
	self->key.device_pin = true;
	EXPECT_STATUS(SKS_E_OPTION, issuer_create_key(&self->issuer, &self->key));
}

TEST_F(key, that_is_endorsed_for_nothing_is_a_vault)
{
	self->key.endorsed[0] = SKS_URI_NONE;
	ASSERT_STATUS(0, sks_enrol(&self->issuer, &self->key));
	EXPECT_STATUS(SKS_E_ALGORITHM, sks_sign_with(&self->issuer, &self->key, ECDSA_SHA256, ""));
	EXPECT_STATUS(0, sks_authorized(&self->issuer, SKS_EXPORT_KEY, &self->key, "", NULL));
}

TEST_F(key, has_no_firmware)
{
	frame_blob(&self->issuer.args, "x", 1);
	EXPECT_STATUS(SKS_E_NOT_ALLOWED, issuer_call(&self->issuer, SKS_UPDATE_FIRMWARE));
}

/* Arguments of every length, and methods that are not there. */
TEST_F(key, is_not_reached_by_calls_that_are_malformed)
{
	static const uint8_t bytes[300] = { 0, 0, 0, 1, 0xff };
	int method;
	size_t len;

	ASSERT_STATUS(0, sks_enrol(&self->issuer, &self->key));
	for (method = 1; method <= 110; method++)
		for (len = 0; len < sizeof(bytes); len += 7) {
			frame_raw(&self->issuer.args, bytes, len);
			if (!issuer_call(&self->issuer, method))
				EXPECT_TRUE(method == 1 || method == 4 || method == 70 ||
					    method == 71 || method == 72);
		}
	EXPECT_STATUS(0, sks_sign_with(&self->issuer, &self->key, ECDSA_SHA256, ""));
}

TEST_HARNESS_MAIN
