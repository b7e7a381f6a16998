// SPDX-License-Identifier: LGPL-2.1-or-later
/* What an issuer may not ask for, and what is told of a key. */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "sks/issuer-crypto.h"
#include "tests/unit/uksd-sks-fixture.h"

#define D		"http://www.w3.org/2001/04/xmldsig-more#"

FIXTURE(limit)
{
	struct daemon daemon;
	struct issuer issuer;
	struct issuer_puk puk;
	struct issuer_pin pin;
	struct issuer_key key;
	struct issuer_key other;
	unsigned int fields[19];
};

FIXTURE_SETUP(limit)
{
	SKS_SETUP();
	self->puk = (struct issuer_puk){ .id = "PUK.1", .value = "0123AB", .len = 6, .limit = 5,
					 .format = SKS_FORMAT_ALPHANUMERIC };
	self->pin = (struct issuer_pin){ .id = "PIN.1", .puk = &self->puk, .limit = 3, .min = 4,
					 .max = 8 };
	self->key = (struct issuer_key){ .id = "Key.1" };
	self->other = (struct issuer_key){ .id = "Key.2" };
}

FIXTURE_TEARDOWN(limit)
{
	issuer_key_free(&self->key);
	issuer_key_free(&self->other);
	SKS_TEARDOWN();
}

static int begin(struct _test_data_limit *self)
{
	return sks_open_with_pin(&self->issuer, &self->puk, &self->pin);
}

static void put_pin(struct _test_data_limit *self, struct issuer_key *key)
{
	key->pin = &self->pin;
	key->pin_value = "1234";
}

/* Row 21 */
TEST_F(limit, and_all_else_that_protects_a_key_is_told)
{
	static const unsigned int with_pin[19] = {
		SKS_PROTECTED_PIN | SKS_PROTECTED_PUK, SKS_FORMAT_ALPHANUMERIC, 5, 0, 0, 1,
		SKS_FORMAT_STRING, 3, SKS_GROUPING_UNIQUE, SKS_PATTERN_THREE_IN_A_ROW, 4, 8,
		SKS_INPUT_TRUSTED_GUI, 0, 1, SKS_BIOMETRIC_ALTERNATIVE, SKS_PROTECT_PUK,
		SKS_PROTECT_PIN, 0,
	};
	static const unsigned int without[19] = { [16] = SKS_PROTECT_NEVER };

	self->pin.format = SKS_FORMAT_STRING;
	self->pin.grouping = SKS_GROUPING_UNIQUE;
	self->pin.patterns = SKS_PATTERN_THREE_IN_A_ROW;
	self->pin.input = SKS_INPUT_TRUSTED_GUI;
	put_pin(self, &self->key);
	self->key.caching = true;
	self->key.biometric = SKS_BIOMETRIC_ALTERNATIVE;
	self->key.export = SKS_PROTECT_PUK;
	self->key.deletion = SKS_PROTECT_PIN;
	self->other.export = SKS_PROTECT_NEVER;
	ASSERT_STATUS(0, begin(self));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->key));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->other));
	ASSERT_STATUS(0, issuer_close(&self->issuer));
	ASSERT_EQ(sks_protection(&self->issuer, &self->key, self->fields), 0);
	EXPECT_EQ(memcmp(self->fields, with_pin, sizeof(with_pin)), 0);
	ASSERT_EQ(sks_protection(&self->issuer, &self->other, self->fields), 0);
	EXPECT_EQ(memcmp(self->fields, without, sizeof(without)), 0);
}

/* What caches is the trusted GUI, never the device: without a PIN nothing is authorised. */
TEST_F(limit, of_pins_that_are_cached_is_what_a_trusted_gui_reads)
{
	static const uint8_t inputs[] = { SKS_INPUT_ANY, SKS_INPUT_PROGRAMMATIC };
	int i;

	put_pin(self, &self->key);
	self->key.caching = true;
	for (i = 0; i < 2; i++) {
		self->pin.input = inputs[i];
		ASSERT_STATUS(0, begin(self));
		EXPECT_STATUS(SKS_E_OPTION, issuer_create_key(&self->issuer, &self->key));
		EXPECT_EQ(sks_count_rows(&self->daemon), 0);
	}
	self->key.pin = NULL;
	self->key.pin_value = NULL;
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	EXPECT_STATUS(SKS_E_OPTION, issuer_create_key(&self->issuer, &self->key));
	put_pin(self, &self->key);
	self->pin.input = SKS_INPUT_TRUSTED_GUI;
	ASSERT_STATUS(0, begin(self));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->key));
	ASSERT_STATUS(0, issuer_close(&self->issuer));
	EXPECT_STATUS(0, sks_sign_with(&self->issuer, &self->key, ECDSA_SHA256, "1234"));
	EXPECT_STATUS(SKS_E_AUTHORIZATION,
		      sks_sign_with(&self->issuer, &self->key, ECDSA_SHA256, ""));
}

/* Row 18: the class that signs, and all others together. */
TEST_F(limit, of_a_pin_for_signatures_is_the_keys_that_sign)
{
	struct issuer_key third = { .id = "Key.3", .usage = SKS_USAGE_AUTHENTICATION };
	int i;

	self->pin.grouping = SKS_GROUPING_SIGNATURE_STANDARD;
	put_pin(self, &self->key);
	put_pin(self, &self->other);
	put_pin(self, &third);
	self->other.usage = SKS_USAGE_ENCRYPTION;
	self->other.pin_value = "4321";
	third.pin_value = "4321";
	ASSERT_STATUS(0, begin(self));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->key));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->other));
	ASSERT_STATUS(0, sks_make(&self->issuer, &third));
	ASSERT_STATUS(0, issuer_close(&self->issuer));
	for (i = 0; i < 3; i++)
		EXPECT_STATUS(SKS_E_AUTHORIZATION,
			      sks_sign_with(&self->issuer, &third, ECDSA_SHA256, "9999"));
	EXPECT_STATUS(SKS_E_AUTHORIZATION,
		      sks_sign_with(&self->issuer, &self->other, ECDSA_SHA256, "4321"));
	EXPECT_STATUS(0, sks_sign_with(&self->issuer, &self->key, ECDSA_SHA256, "1234"));
	issuer_key_free(&third);
}

/* Row 12 */
TEST_F(limit, of_an_rsa_exponent_is_what_the_issuer_wants)
{
	static const uint8_t exponents[][8] = { { 3 }, { 1, 0, 1 }, { 4 } };
	static const size_t lengths[] = { 1, 3, 1 };
	static const unsigned long values[] = { 3, 65537 };
	BIGNUM *exponent = NULL;
	const uint8_t *at;
	EVP_PKEY *pkey;
	int i;

	self->key.algorithm = SKS_URI "rsa2048.exp";
	for (i = 0; i < 3; i++) {
		self->key.parameters = exponents[i];
		self->key.parameters_len = lengths[i];
		issuer_key_free(&self->key);
		ASSERT_STATUS(0, issuer_open(&self->issuer));
		EXPECT_STATUS(i < 2 ? 0 : SKS_E_OPTION,
			      issuer_create_key(&self->issuer, &self->key));
		if (i == 2)
			break;
		at = self->key.public_key.bytes;
		pkey = d2i_PUBKEY(NULL, &at, self->key.public_key.len);
		ASSERT_EQ(EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &exponent), 1);
		EXPECT_EQ(BN_is_word(exponent, values[i]), 1);
		EXPECT_EQ(EVP_PKEY_get_bits(pkey), 2048);
		EVP_PKEY_free(pkey);
		EXPECT_STATUS(0, issuer_abort(&self->issuer));
	}
	BN_free(exponent);
}

static int set_path(struct issuer *issuer, const struct issuer_key *key)
{
	struct frame data = { };
	uint8_t mac[32];

	frame_number(&issuer->args, key->handle, 4);
	frame_number(&issuer->args, 1, 1);
	frame_bytes(&issuer->args, key->certificate.bytes, key->certificate.len);
	frame_bytes(&data, key->public_key.bytes, key->public_key.len);
	frame_text(&data, key->id);
	frame_bytes(&data, key->certificate.bytes, key->certificate.len);
	issuer_mac(issuer, "setCertificatePath", &data, mac);
	frame_free(&data);
	frame_bytes(&issuer->args, mac, sizeof(mac));
	return issuer_call(issuer, SKS_SET_CERTIFICATE_PATH);
}

/* Row 13 */
TEST_F(limit, of_a_certificate_is_its_size_and_that_no_other_key_has_it)
{
	static uint8_t zeros[16385];
	uint32_t first;

	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, issuer_create_key(&self->issuer, &self->other));
	frame_raw(&self->other.certificate, zeros, sizeof(zeros));
	EXPECT_STATUS(SKS_E_OPTION, set_path(&self->issuer, &self->other));
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
	ASSERT_STATUS(0, sks_enrol(&self->issuer, &self->key));
	first = self->key.handle;
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, issuer_create_key(&self->issuer, &self->other));
	frame_reset(&self->other.certificate);
	frame_raw(&self->other.certificate, self->key.certificate.bytes,
		  self->key.certificate.len);
	ASSERT_STATUS(0, set_path(&self->issuer, &self->other));
	/* Its own it is not, but a secret has a certificate only as its name. */
	ASSERT_STATUS(0, issuer_import(&self->issuer, SKS_IMPORT_SYMMETRIC_KEY, &self->other,
				       "0123456789abcdef", 16));
	EXPECT_STATUS(SKS_E_OPTION, issuer_close(&self->issuer));
	EXPECT_EQ(sks_count_keys(&self->issuer), 1);
	self->key.handle = first;
	EXPECT_STATUS(0, sks_sign_with(&self->issuer, &self->key, ECDSA_SHA256, ""));
}

static int import(struct _test_data_limit *self, int method, const void *bytes, size_t len)
{
	return issuer_import(&self->issuer, method, &self->key, bytes, len);
}

/* Row 14 */
TEST_F(limit, of_an_imported_secret_is_128_bytes_and_once)
{
	static uint8_t secret[129];
	const uint8_t *certificate;
	size_t len;

	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->key));
	EXPECT_STATUS(SKS_E_OPTION, import(self, SKS_IMPORT_SYMMETRIC_KEY, secret, 129));
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->key));
	ASSERT_STATUS(0, import(self, SKS_IMPORT_SYMMETRIC_KEY, secret, 128));
	EXPECT_STATUS(SKS_E_OPTION, import(self, SKS_IMPORT_SYMMETRIC_KEY, secret, 128));
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->key));
	ASSERT_STATUS(0, import(self, SKS_IMPORT_SYMMETRIC_KEY, secret, 128));
	ASSERT_STATUS(0, issuer_close(&self->issuer));
	ASSERT_EQ(sks_protection(&self->issuer, &self->key, self->fields), 0);
	EXPECT_EQ(self->fields[18], SKS_BACKUP_IMPORTED);
	sks_begin(&self->issuer, &self->key);
	ASSERT_STATUS(0, issuer_call(&self->issuer, SKS_GET_KEY_ATTRIBUTES));
	EXPECT_EQ(reader_number(&self->issuer.out, 2), 128);
	EXPECT_EQ(reader_number(&self->issuer.out, 1), 1);
	certificate = reader_bytes(&self->issuer.out, &len);
	ASSERT_EQ(len, self->key.certificate.len);
	EXPECT_EQ(memcmp(certificate, self->key.certificate.bytes, len), 0);
}

/* Row 15 */
TEST_F(limit, of_an_imported_private_key_is_its_certificate)
{
	EVP_PKEY *own = EVP_EC_gen("P-256");
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(own);
	unsigned char *der = NULL;
	int len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);

	/* Its certificate is of the pair that the device made. */
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->key));
	ASSERT_STATUS(0, import(self, SKS_IMPORT_PRIVATE_KEY, der, len));
	EXPECT_STATUS(SKS_E_OPTION, issuer_close(&self->issuer));
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
	PKCS8_PRIV_KEY_INFO_free(info);
	OPENSSL_free(der);
	EVP_PKEY_free(own);
}

/* Row 25 */
TEST_F(limit, of_endorsed_algorithms_is_their_order_and_that_the_key_can_do_them)
{
	static const char * const lists[][3] = {
		{ D "ecdsa-sha384", D "ecdsa-sha256" }, { D "ecdsa-sha256", D "ecdsa-sha256" },
		{ "urn:unknown" }, { D "ecdsa-sha256", SKS_URI_NONE }, { SKS_URI "ec.nist.p256" },
	};
	size_t i;

	for (i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		memcpy(self->key.endorsed, lists[i], sizeof(lists[i]));
		ASSERT_STATUS(0, issuer_open(&self->issuer));
		EXPECT_STATUS(SKS_E_OPTION, issuer_create_key(&self->issuer, &self->key));
		EXPECT_EQ(sks_count_rows(&self->daemon), 0);
	}
	/* An EC key cannot do what RSA does: that shows when it is final. */
	self->key.endorsed[0] = D "rsa-sha256";
	self->key.endorsed[1] = NULL;
	EXPECT_STATUS(SKS_E_OPTION, sks_enrol(&self->issuer, &self->key));
	self->key.endorsed[0] = D "ecdsa-sha384";
	ASSERT_STATUS(0, sks_enrol(&self->issuer, &self->key));
	EXPECT_STATUS(SKS_E_ALGORITHM,
		      sks_sign_with(&self->issuer, &self->key, ECDSA_SHA256, ""));
}

static int extend(struct _test_data_limit *self, const char *type, int kind,
		  const char *qualifier, const void *data, size_t len)
{
	const struct issuer_extension extension = { type, kind, qualifier, data, len };

	return issuer_add_extension(&self->issuer, &self->key, &extension);
}

/* Row 28 */
TEST_F(limit, of_extensions_is_one_of_a_type_well_formed)
{
	static const struct {
		int kind;
		const char *qualifier, *data;
		size_t len;
	} wrong[] = {
		{ SKS_EXTENSION_PLAIN, "image/png", "x", 1 },
		{ SKS_EXTENSION_LOGOTYPE, "", "x", 1 },
		{ SKS_EXTENSION_PROPERTY_BAG, "", "", 0 },
		{ SKS_EXTENSION_PROPERTY_BAG, "", "\0\1a\2\0\1\60", 7 },
		{ SKS_EXTENSION_PROPERTY_BAG, "", "\0\1a\1\0\2\60", 7 },
		{ SKS_EXTENSION_PROPERTY_BAG, "", "\0\0\1\0\1\60", 6 },
		{ SKS_EXTENSION_LOGOTYPE + 1, "", "x", 1 },
	};
	char qualifier[32];
	size_t i, len;

	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		ASSERT_STATUS(0, issuer_open(&self->issuer));
		ASSERT_STATUS(0, sks_make(&self->issuer, &self->key));
		EXPECT_STATUS(SKS_E_OPTION, extend(self, "urn:1", wrong[i].kind,
						   wrong[i].qualifier, wrong[i].data,
						   wrong[i].len)) {
			TH_LOG("%zu", i);
		}
		EXPECT_EQ(sks_count_rows(&self->daemon), 0);
	}
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->key));
	ASSERT_STATUS(0, extend(self, "urn:1", SKS_EXTENSION_PLAIN, "", "x", 1));
	EXPECT_STATUS(SKS_E_OPTION, extend(self, "urn:1", SKS_EXTENSION_PLAIN, "", "x", 1));
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->key));
	ASSERT_STATUS(0, extend(self, "urn:1", SKS_EXTENSION_LOGOTYPE, "image/png", "PNG", 3));
	ASSERT_STATUS(0, issuer_close(&self->issuer));
	sks_begin(&self->issuer, &self->key);
	frame_text(&self->issuer.args, "urn:1");
	ASSERT_STATUS(0, issuer_call(&self->issuer, SKS_GET_EXTENSION));
	EXPECT_EQ(reader_number(&self->issuer.out, 1), SKS_EXTENSION_LOGOTYPE);
	reader_text(&self->issuer.out, qualifier, sizeof(qualifier));
	EXPECT_STREQ(qualifier, "image/png");
	EXPECT_EQ(memcmp(reader_blob(&self->issuer.out, &len), "PNG", 3), 0);
}

TEST_F(limit, of_ids_is_one_object_whatever_its_kind)
{
	self->key.id = "PIN.1";
	put_pin(self, &self->key);
	ASSERT_STATUS(0, begin(self));
	EXPECT_STATUS(SKS_E_OPTION, issuer_create_key(&self->issuer, &self->key));
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, issuer_create_puk(&self->issuer, &self->puk));
	self->pin.id = "PUK.1";
	EXPECT_STATUS(SKS_E_OPTION, issuer_create_pin(&self->issuer, &self->pin));
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
}

/* Row 33: status and a sentence, in what the reference allows. */
TEST_F(limit, of_what_is_said_is_2000_bytes_and_each_refusal_says_why)
{
	static const uint8_t none[300];
	int method, said = 0;

	for (method = 1; method <= 104; method++) {
		frame_raw(&self->issuer.args, none, sizeof(none));
		if (!issuer_call(&self->issuer, method) || self->issuer.status == -1)
			continue;
		said++;
		EXPECT_GT(self->issuer.status, 0);
		EXPECT_LE(self->issuer.status, SKS_E_NOT_AVAILABLE);
		EXPECT_GT(strlen(self->issuer.text), 10);
		EXPECT_LE(strlen(self->issuer.text), 2000);
		EXPECT_EQ(self->issuer.out.left, 0);
	}
	EXPECT_GE(said, 30);
}

/* A key that nothing protects is one of UKS, for all that it is endorsed for. */
TEST_F(limit, of_a_key_without_pin_is_none_for_programs_that_know_no_sks)
{
	uint8_t hash[32] = { 1 };
	char name[64];

	self->key.endorsed[0] = ECDSA_SHA256;
	ASSERT_STATUS(0, sks_enrol(&self->issuer, &self->key));
	snprintf(name, sizeof(name), "sks-%u-Key.1", self->key.handle);
	EXPECT_EQ(ask_open(&self->daemon, name, UKS_PURPOSE_SIGN), 0);
	EXPECT_EQ(ask_sign(&self->daemon, self->daemon.attrs[UKS_A_KEY_ID].value,
			   UKS_ALG_ECDSA, UKS_DIGEST_SHA256, hash, sizeof(hash)), 0);
	EXPECT_CODE(ask_by_name(&self->daemon, UKS_OP_KEY_DELETE, name), UKS_E_PROVISION);
	EXPECT_EQ(sks_count_keys(&self->issuer), 1);
}

TEST_HARNESS_MAIN
