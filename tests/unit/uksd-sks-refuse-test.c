// SPDX-License-Identifier: LGPL-2.1-or-later
/* What is out of range, of another session or not there: refused, and nothing is left of it. */
#include <string.h>

#include <openssl/ec.h>

#include "sks/issuer-crypto.h"
#include "tests/unit/uksd-sks-fixture.h"

#define COUNT(array)	(sizeof(array) / sizeof(*(array)))

FIXTURE(refuse)
{
	struct daemon daemon;
	struct issuer issuer;
	struct issuer_puk puk;
	struct issuer_pin pin;
	struct issuer_key key;
};

FIXTURE_SETUP(refuse)
{
	SKS_SETUP();
	self->puk = (struct issuer_puk){ .id = "PUK.1", .value = "0123AB", .len = 6, .limit = 5,
					 .format = SKS_FORMAT_ALPHANUMERIC };
	self->pin = (struct issuer_pin){ .id = "PIN.1", .limit = 3, .min = 4, .max = 8 };
	self->key = (struct issuer_key){ .id = "Key.1" };
}

FIXTURE_TEARDOWN(refuse)
{
	issuer_key_free(&self->key);
	SKS_TEARDOWN();
}

TEST_F(refuse, policies_of_puks_that_are_out_of_range)
{
	static const char long_value[170];
	const struct issuer_puk wrong[] = {
		{ .format = SKS_FORMAT_BINARY + 1, .limit = 5, .value = "1", .len = 1 },
		{ .limit = SKS_TRIES_MAX + 1, .value = "1", .len = 1 },
		{ .limit = 5, .format = SKS_FORMAT_BINARY, .value = long_value, .len = 129 },
		{ .limit = 5, .format = SKS_FORMAT_BINARY, .value = long_value, .len = 170 },
		{ .limit = 5, .value = "", .len = 0 },
		{ .limit = 5, .value = "12a4", .len = 4 },
	};
	size_t i;

	for (i = 0; i < COUNT(wrong); i++) {
		self->puk = wrong[i];
		self->puk.id = "PUK.1";
		ASSERT_STATUS(0, issuer_open(&self->issuer));
		EXPECT_STATUS(SKS_E_OPTION, issuer_create_puk(&self->issuer, &self->puk)) {
			TH_LOG("%zu", i);
		}
		EXPECT_EQ(sks_count_rows(&self->daemon), 0);
	}
}

TEST_F(refuse, policies_of_pins_that_are_out_of_range)
{
	static const struct issuer_pin wrong[] = {
		{ .limit = 3, .min = 4, .max = 8, .format = SKS_FORMAT_BINARY + 1 },
		{ .limit = 3, .min = 4, .max = 8, .grouping = SKS_GROUPING_UNIQUE + 1 },
		{ .limit = 3, .min = 4, .max = 8, .input = SKS_INPUT_TRUSTED_GUI + 1 },
		{ .limit = 3, .min = 4, .max = 8, .patterns = SKS_PATTERNS + 1 },
		{ .limit = 3, .min = 4, .max = 8, .patterns = SKS_PATTERN_MISSING_GROUP },
		{ .limit = 0, .min = 4, .max = 8 },
		{ .limit = SKS_TRIES_MAX + 1, .min = 4, .max = 8 },
		{ .limit = 3, .min = 0, .max = 8 },
		{ .limit = 3, .min = 8, .max = 4 },
		{ .limit = 3, .min = 4, .max = SKS_PIN_MAX + 1 },
	};
	size_t i;

	for (i = 0; i < COUNT(wrong); i++) {
		self->pin = wrong[i];
		self->pin.id = "PIN.1";
		ASSERT_STATUS(0, issuer_open(&self->issuer));
		EXPECT_STATUS(SKS_E_OPTION, issuer_create_pin(&self->issuer, &self->pin)) {
			TH_LOG("%zu", i);
		}
		EXPECT_EQ(sks_count_rows(&self->daemon), 0);
	}
}

TEST_F(refuse, keys_whose_protection_is_out_of_range_or_not_there)
{
	static const char long_pin[300] = { [0 ... 298] = '1' };
	const struct issuer_key wrong[] = {
		{ .biometric = SKS_BIOMETRIC_EXCLUSIVE + 1 },
		{ .export = SKS_PROTECT_NEVER + 1 },
		{ .deletion = SKS_PROTECT_NEVER + 1 },
		{ .usage = SKS_USAGE_UNIVERSAL + 1 },
		{ .export = SKS_PROTECT_PIN }, { .deletion = SKS_PROTECT_PIN },
		{ .export = SKS_PROTECT_PUK }, { .deletion = SKS_PROTECT_PUK },
		{ .biometric = SKS_BIOMETRIC_COMBINED },
		{ .biometric = SKS_BIOMETRIC_EXCLUSIVE, .pin = &self->pin, .pin_value = "1234" },
		{ .pin_value = "1234" },
		{ .pin = &self->pin, .pin_value = long_pin },
		{ .algorithm = SKS_URI "ec.nist.p257" }, { .algorithm = ECDSA_SHA256 },
		{ .parameters = "\3", .parameters_len = 1 },
		{ .algorithm = SKS_URI "rsa2048.exp" },
		{ .algorithm = SKS_URI "rsa2048.exp", .parameters = "123456789",
		  .parameters_len = 9 },
	};
	size_t i;

	for (i = 0; i < COUNT(wrong); i++) {
		self->key = wrong[i];
		self->key.id = "Key.1";
		ASSERT_STATUS(0, issuer_open(&self->issuer));
		if (self->key.pin)
			ASSERT_STATUS(0, issuer_create_pin(&self->issuer, &self->pin));
		EXPECT_STATUS(SKS_E_OPTION, issuer_create_key(&self->issuer, &self->key)) {
			TH_LOG("%zu", i);
		}
		EXPECT_EQ(sks_count_rows(&self->daemon), 0);
	}
	self->key = (struct issuer_key){ .id = "Key.1", .entry_algorithm = SKS_URI "key.2" };
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	EXPECT_STATUS(SKS_E_ALGORITHM, issuer_create_key(&self->issuer, &self->key));
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
}

/* The session that they are of stays as it is. */
TEST_F(refuse, policies_of_another_session)
{
	struct issuer_pin foreign = self->pin;
	int rows;

	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, issuer_create_puk(&self->issuer, &self->puk));
	ASSERT_STATUS(0, issuer_create_pin(&self->issuer, &self->pin));
	rows = sks_count_rows(&self->daemon);
	foreign.puk = &self->puk;
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	EXPECT_STATUS(SKS_E_OPTION, issuer_create_pin(&self->issuer, &foreign));
	EXPECT_EQ(sks_count_rows(&self->daemon), rows);
	self->key.pin = &self->pin;
	self->key.pin_value = "1234";
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	EXPECT_STATUS(SKS_E_OPTION, issuer_create_key(&self->issuer, &self->key));
	EXPECT_EQ(sks_count_rows(&self->daemon), rows);
	EXPECT_EQ(sks_count_sessions(&self->issuer, true), 1);
}

static int create(struct issuer *issuer, const char *algorithm, const char *id, const char *uri,
		  const char *kmk, size_t certificate)
{
	EVP_PKEY *ephemeral = EVP_EC_gen("P-256");
	static const uint8_t zeros[65000];
	struct frame own = { };

	issuer_spki(ephemeral, &own);
	frame_text(&issuer->args, algorithm);
	frame_number(&issuer->args, 0, 1);
	frame_text(&issuer->args, id);
	frame_bytes(&issuer->args, own.bytes, own.len);
	frame_text(&issuer->args, uri);
	frame_text(&issuer->args, kmk);
	frame_number(&issuer->args, 0, 4);
	frame_number(&issuer->args, 100, 2);
	frame_number(&issuer->args, 50, 2);
	frame_bytes(&issuer->args, zeros, certificate);
	frame_free(&own);
	EVP_PKEY_free(ephemeral);
	return issuer_call(issuer, SKS_CREATE_SESSION);
}

TEST_F(refuse, sessions_of_an_issuer_that_says_what_is_malformed)
{
	/* Unicode 15, table 3-7: what is UTF-8, and what only looks like it. */
	static const char * const uris[] = {
		"", "\xff", "\xe2\x82", "\xed\xa0\x80", "\xc0\x80", "\xf0\x80\x80\x80",
		"\xe2\x82z",
	};
	static const char id[] = "S-1", uri[] = "http://issuer.example.com/";
	char long_uri[SKS_URI_MAX + 2] = "";
	struct issuer *issuer = &self->issuer;
	size_t i;

	memset(long_uri, 'a', sizeof(long_uri) - 1);
	EXPECT_STATUS(SKS_E_OPTION, create(issuer, SKS_URI "session.2", id, uri, "", 3));
	EXPECT_STATUS(SKS_E_OPTION, create(issuer, SKS_URI_SESSION, "", uri, "", 3));
	EXPECT_STATUS(SKS_E_OPTION, create(issuer, SKS_URI_SESSION, "S 1", uri, "", 3));
	EXPECT_STATUS(SKS_E_OPTION, create(issuer, SKS_URI_SESSION, long_uri, uri, "", 3));
	EXPECT_STATUS(SKS_E_OPTION, create(issuer, SKS_URI_SESSION, id, long_uri, "", 3));
	EXPECT_STATUS(SKS_E_OPTION, create(issuer, SKS_URI_SESSION, id, uri, "no key", 3));
	EXPECT_STATUS(SKS_E_OPTION, create(issuer, SKS_URI_SESSION, id, uri, "", 65000));
	for (i = 0; i < COUNT(uris); i++)
		EXPECT_STATUS(SKS_E_OPTION,
			      create(issuer, SKS_URI_SESSION, id, uris[i], "", 3)) {
			TH_LOG("%zu", i);
		}
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
	EXPECT_STATUS(0, create(issuer, SKS_URI_SESSION, id,
				"\xc3\xbc\xe2\x82\xac\xf0\x9f\x94\x91", "", 3));
	EXPECT_EQ(sks_count_sessions(issuer, true), 1);
}

static int set_paths(struct issuer *issuer, const struct issuer_key *key, int count, size_t len)
{
	struct frame data = { };
	uint8_t mac[32];
	int i;

	frame_number(&issuer->args, key->handle, 4);
	frame_number(&issuer->args, count, 1);
	frame_bytes(&data, key->public_key.bytes, key->public_key.len);
	frame_text(&data, key->id);
	for (i = 0; i < count; i++) {
		frame_bytes(&issuer->args, key->certificate.bytes, len);
		frame_bytes(&data, key->certificate.bytes, len);
	}
	issuer_mac(issuer, "setCertificatePath", &data, mac);
	frame_free(&data);
	frame_bytes(&issuer->args, mac, sizeof(mac));
	return issuer_call(issuer, SKS_SET_CERTIFICATE_PATH);
}

static int begin(struct _test_data_refuse *self)
{
	if (issuer_open(&self->issuer) || issuer_create_key(&self->issuer, &self->key))
		return -1;
	issuer_certify(&self->issuer, &self->key, NULL);
	return 0;
}

TEST_F(refuse, certificates_that_are_none_or_come_twice)
{
	ASSERT_STATUS(0, begin(self));
	EXPECT_STATUS(SKS_E_OPTION, set_paths(&self->issuer, &self->key, 0, 0));
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
	ASSERT_STATUS(0, begin(self));
	EXPECT_STATUS(SKS_E_OPTION, set_paths(&self->issuer, &self->key, 1, 0));
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
	ASSERT_STATUS(0, begin(self));
	EXPECT_STATUS(SKS_E_OPTION, set_paths(&self->issuer, &self->key, 1,
					      self->key.certificate.len - 1));
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
	ASSERT_STATUS(0, begin(self));
	ASSERT_STATUS(0, issuer_set_path(&self->issuer, &self->key, false));
	EXPECT_STATUS(SKS_E_OPTION, issuer_set_path(&self->issuer, &self->key, false));
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
}

TEST_F(refuse, keys_that_are_imported_without_certificate_or_are_none)
{
	static const uint8_t bytes[20000];
	struct issuer *issuer = &self->issuer;

	ASSERT_STATUS(0, begin(self));
	EXPECT_STATUS(SKS_E_OPTION, issuer_import(issuer, SKS_IMPORT_SYMMETRIC_KEY, &self->key,
						  bytes, 16));
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
	ASSERT_STATUS(0, begin(self));
	ASSERT_STATUS(0, issuer_set_path(issuer, &self->key, false));
	EXPECT_STATUS(SKS_E_OPTION, issuer_import(issuer, SKS_IMPORT_PRIVATE_KEY, &self->key,
						  bytes, sizeof(bytes)));
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
	ASSERT_STATUS(0, begin(self));
	ASSERT_STATUS(0, issuer_set_path(issuer, &self->key, false));
	EXPECT_STATUS(SKS_E_OPTION, issuer_import(issuer, SKS_IMPORT_PRIVATE_KEY, &self->key,
						  bytes, 100));
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
}

static int set_property(struct _test_data_refuse *self, const char *type, const char *name,
			const char *value)
{
	sks_begin(&self->issuer, &self->key);
	frame_text(&self->issuer.args, type);
	frame_text(&self->issuer.args, name);
	frame_text(&self->issuer.args, value);
	return issuer_call(&self->issuer, SKS_SET_PROPERTY);
}

static bool bag_is(struct _test_data_refuse *self, const char *bag, size_t size)
{
	char qualifier[8];
	const uint8_t *data;
	size_t len;

	sks_begin(&self->issuer, &self->key);
	frame_text(&self->issuer.args, "urn:bag");
	if (issuer_call(&self->issuer, SKS_GET_EXTENSION))
		return false;
	reader_number(&self->issuer.out, 1);
	reader_text(&self->issuer.out, qualifier, sizeof(qualifier));
	data = reader_blob(&self->issuer.out, &len);
	return len == size && !memcmp(data, bag, size);
}

TEST_F(refuse, properties_that_are_not_there_or_no_text)
{
	static const uint8_t zeros[SKS_EXTENSION_MAX + 1];
	static const char bag[] = "\0\1a\1\0\1\60";
	const struct issuer_extension long_one = {
		.type = "urn:long", .kind = SKS_EXTENSION_PLAIN, .data = zeros,
		.len = sizeof(zeros),
	};
	const struct issuer_extension extensions[] = {
		{ .type = "urn:bag", .kind = SKS_EXTENSION_PROPERTY_BAG, .data = bag, .len = 7 },
		{ .type = "urn:plain", .kind = SKS_EXTENSION_PLAIN, .data = bag, .len = 7 },
	};
	size_t i;

	ASSERT_STATUS(0, begin(self));
	ASSERT_STATUS(0, issuer_set_path(&self->issuer, &self->key, false));
	EXPECT_STATUS(SKS_E_OPTION, issuer_add_extension(&self->issuer, &self->key, &long_one));
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
	ASSERT_STATUS(0, begin(self));
	ASSERT_STATUS(0, issuer_set_path(&self->issuer, &self->key, false));
	for (i = 0; i < COUNT(extensions); i++)
		ASSERT_STATUS(0, issuer_add_extension(&self->issuer, &self->key, &extensions[i]));
	ASSERT_STATUS(0, issuer_close(&self->issuer));
	EXPECT_STATUS(SKS_E_OPTION, set_property(self, "urn:bag", "b", "1"));
	EXPECT_STATUS(SKS_E_OPTION, set_property(self, "urn:plain", "a", "1"));
	EXPECT_STATUS(SKS_E_OPTION, set_property(self, "urn:other", "a", "1"));
	EXPECT_STATUS(SKS_E_OPTION, set_property(self, "urn:bag", "a", "\xff"));
	EXPECT_TRUE(bag_is(self, bag, 7));
	EXPECT_STATUS(0, set_property(self, "urn:bag", "a", "1"));
	EXPECT_TRUE(bag_is(self, "\0\1a\1\0\1\61", 7));
}

/* Authorization where none is wanted, and the PIN or PUK of a key that has none. */
TEST_F(refuse, authorization_that_nothing_asks_for)
{
	struct issuer_key other = { .id = "Key.2", .pin = &self->pin, .pin_value = "1234" };

	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, issuer_create_pin(&self->issuer, &self->pin));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->key));
	ASSERT_STATUS(0, sks_make(&self->issuer, &other));
	ASSERT_STATUS(0, issuer_close(&self->issuer));
	EXPECT_STATUS(SKS_E_OPTION,
		      sks_authorized(&self->issuer, SKS_EXPORT_KEY, &self->key, "1234", NULL));
	EXPECT_STATUS(SKS_E_OPTION,
		      sks_authorized(&self->issuer, SKS_DELETE_KEY, &self->key, "1234", NULL));
	EXPECT_STATUS(SKS_E_OPTION,
		      sks_authorized(&self->issuer, SKS_UNLOCK_KEY, &self->key, "1234", NULL));
	EXPECT_STATUS(SKS_E_OPTION,
		      sks_authorized(&self->issuer, SKS_UNLOCK_KEY, &other, "1234", NULL));
	EXPECT_EQ(sks_count_keys(&self->issuer), 2);
	EXPECT_STATUS(0, sks_sign_with(&self->issuer, &self->key, ECDSA_SHA256, ""));
	EXPECT_STATUS(0, sks_sign_with(&self->issuer, &other, ECDSA_SHA256, "1234"));
	issuer_key_free(&other);
}

TEST_HARNESS_MAIN
