// SPDX-License-Identifier: LGPL-2.1-or-later
/* What issuers say is MACed, in each method: a wrong MAC changes nothing and ends it all. */
#include <string.h>

#include <openssl/ec.h>

#include "sks/issuer-crypto.h"
#include "tests/unit/uksd-sks-fixture.h"

#define MAC_BITS	(8 * (2 + 32))	/* at the end of the arguments, with their length */

FIXTURE(mac)
{
	struct daemon daemon;
	struct issuer issuer;
	EVP_PKEY *kmk;
	struct issuer_puk puk;
	struct issuer_pin pin;
	struct issuer_key target;	/* of a closed session */
	struct issuer_key key;		/* of an open one */
};

FIXTURE_SETUP(mac)
{
	SKS_SETUP();
	self->kmk = EVP_EC_gen("P-256");
	self->issuer.kmk = self->kmk;
	self->puk = (struct issuer_puk){ .id = "PUK.1", .value = "012355", .len = 6, .limit = 3 };
	self->pin = (struct issuer_pin){ .id = "PIN.1", .limit = 3, .min = 4, .max = 8 };
	self->target = (struct issuer_key){ .id = "Key.0" };
	self->key = (struct issuer_key){ .id = "Key.1" };
	ASSERT_STATUS(0, sks_enrol(&self->issuer, &self->target));
}

FIXTURE_TEARDOWN(mac)
{
	issuer_key_free(&self->target);
	issuer_key_free(&self->key);
	EVP_PKEY_free(self->kmk);
	SKS_TEARDOWN();
}

/* How far a session is when a method is called. */
enum { OPENED, WITH_KEY, WITH_PATH };

static int come_to(struct _test_data_mac *self, int step)
{
	if (issuer_open(&self->issuer))
		return -1;
	if (step >= WITH_KEY && issuer_create_key(&self->issuer, &self->key))
		return -1;
	if (step >= WITH_KEY)
		issuer_certify(&self->issuer, &self->key, NULL);
	return step >= WITH_PATH ? issuer_set_path(&self->issuer, &self->key, false) : 0;
}

static int create_puk(struct _test_data_mac *self)
{
	return issuer_create_puk(&self->issuer, &self->puk);
}

static int create_pin(struct _test_data_mac *self)
{
	return issuer_create_pin(&self->issuer, &self->pin);
}

static int create_key(struct _test_data_mac *self)
{
	return issuer_create_key(&self->issuer, &self->key);
}

static int set_path(struct _test_data_mac *self)
{
	return issuer_set_path(&self->issuer, &self->key, false);
}

static int import_secret(struct _test_data_mac *self)
{
	return issuer_import(&self->issuer, SKS_IMPORT_SYMMETRIC_KEY, &self->key, "secret", 6);
}

static int import_private(struct _test_data_mac *self)
{
	return issuer_import(&self->issuer, SKS_IMPORT_PRIVATE_KEY, &self->key, "PKCS #8", 7);
}

static int add_extension(struct _test_data_mac *self)
{
	const struct issuer_extension extension = { .type = "urn:1", .data = "x", .len = 1 };

	return issuer_add_extension(&self->issuer, &self->key, &extension);
}

static int post_delete(struct _test_data_mac *self)
{
	return issuer_post(&self->issuer, SKS_POST_DELETE, NULL, &self->target);
}

static int post_unlock(struct _test_data_mac *self)
{
	return issuer_post(&self->issuer, SKS_POST_UNLOCK, NULL, &self->target);
}

static int post_update(struct _test_data_mac *self)
{
	return issuer_post(&self->issuer, SKS_POST_UPDATE, &self->key, &self->target);
}

static int post_clone(struct _test_data_mac *self)
{
	return issuer_post(&self->issuer, SKS_POST_CLONE, &self->key, &self->target);
}

static int close_session(struct _test_data_mac *self)
{
	return issuer_close(&self->issuer);
}

static const struct {
	const char *name;
	int step;
	int (*call)(struct _test_data_mac *self);
} methods[] = {
	{ "createPUKPolicy", OPENED, create_puk },
	{ "createPINPolicy", OPENED, create_pin },
	{ "createKeyEntry", OPENED, create_key },
	{ "setCertificatePath", WITH_KEY, set_path },
	{ "importSymmetricKey", WITH_PATH, import_secret },
	{ "importPrivateKey", WITH_PATH, import_private },
	{ "addExtension", WITH_PATH, add_extension },
	{ "postDeleteKey", OPENED, post_delete },
	{ "postUnlockKey", OPENED, post_unlock },
	{ "postUpdateKey", WITH_PATH, post_update },
	{ "postCloneKeyProtection", WITH_PATH, post_clone },
	{ "closeProvisioningSession", WITH_PATH, close_session },
};

/* Row 5, for each method that has one. */
TEST_F(mac, that_is_wrong_ends_the_session_whatever_the_method)
{
	int rows = sks_count_rows(&self->daemon);
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		ASSERT_STATUS(0, come_to(self, methods[i].step));
		self->issuer.flip = ISSUER_FLIP_FROM_END(0);
		EXPECT_STATUS(SKS_E_MAC, methods[i].call(self)) {
			TH_LOG("%s", methods[i].name);
		}
		EXPECT_EQ(sks_count_sessions(&self->issuer, true), 0);
		EXPECT_EQ(sks_count_rows(&self->daemon), rows);
	}
	EXPECT_STATUS(0, sks_sign_with(&self->issuer, &self->target, ECDSA_SHA256, ""));
}

/* The counter of MACs has to be that of the device: no call can be left out or repeated. */
TEST_F(mac, of_another_place_in_the_order_ends_the_session)
{
	int rows = sks_count_rows(&self->daemon);
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		ASSERT_STATUS(0, come_to(self, methods[i].step));
		self->issuer.counter++;
		EXPECT_STATUS(SKS_E_MAC, methods[i].call(self)) {
			TH_LOG("%s", methods[i].name);
		}
		EXPECT_EQ(sks_count_rows(&self->daemon), rows);
	}
}

TEST_F(mac, covers_the_certificates_of_the_issuers_chain)
{
	int rows = sks_count_rows(&self->daemon);

	ASSERT_STATUS(0, come_to(self, WITH_KEY));
	/* The last bit of the second certificate is one of its signature. */
	self->issuer.flip = ISSUER_FLIP_FROM_END(MAC_BITS);
	EXPECT_STATUS(SKS_E_MAC, issuer_set_path(&self->issuer, &self->key, true));
	EXPECT_EQ(sks_count_rows(&self->daemon), rows);
	ASSERT_STATUS(0, come_to(self, WITH_KEY));
	ASSERT_STATUS(0, issuer_set_path(&self->issuer, &self->key, true));
	EXPECT_STATUS(0, issuer_close(&self->issuer));
}

static int close_with(struct issuer *issuer, size_t nonce_len)
{
	static const uint8_t nonce[64] = { 1, 2, 3 };
	struct frame data = { };
	uint8_t mac[32];

	frame_text(&data, issuer->client_id);
	frame_text(&data, issuer->server_id);
	frame_text(&data, issuer->uri);
	frame_bytes(&data, nonce, nonce_len);
	issuer_mac(issuer, "closeProvisioningSession", &data, mac);
	frame_free(&data);
	frame_number(&issuer->args, issuer->handle, 4);
	frame_bytes(&issuer->args, nonce, nonce_len);
	frame_bytes(&issuer->args, mac, sizeof(mac));
	return issuer_call(issuer, SKS_CLOSE_SESSION);
}

TEST_F(mac, of_the_end_has_a_nonce_of_1_to_32_bytes)
{
	static const struct {
		size_t len;
		int status;
	} nonces[] = { { 0, SKS_E_OPTION }, { 1, 0 }, { 32, 0 }, { 33, SKS_E_OPTION } };
	int rows = sks_count_rows(&self->daemon);
	size_t i;

	for (i = 0; i < 4; i++) {
		ASSERT_STATUS(0, issuer_open(&self->issuer));
		EXPECT_STATUS(nonces[i].status, close_with(&self->issuer, nonces[i].len));
		EXPECT_EQ(sks_count_sessions(&self->issuer, true), 0);
		EXPECT_EQ(sks_count_rows(&self->daemon), rows);
	}
}

TEST_HARNESS_MAIN
