// SPDX-License-Identifier: LGPL-2.1-or-later
/* Issuers manage keys later: delete, unlock, update, clone, and new management keys. */
#include <string.h>

#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "tests/unit/uksd-sks-fixture.h"

FIXTURE(post)
{
	struct daemon daemon;
	struct issuer issuer;
	EVP_PKEY *kmk;
	EVP_PKEY *foreign;
	struct issuer_pin pin;
	struct issuer_key key;
	struct issuer_key new;
};

FIXTURE_SETUP(post)
{
	SKS_SETUP();
	self->kmk = EVP_EC_gen("P-256");
	self->foreign = EVP_EC_gen("P-384");
	self->issuer.kmk = self->kmk;
	self->pin = (struct issuer_pin){
		.id = "PIN.1", .limit = 3, .min = 4, .max = 8, .grouping = SKS_GROUPING_SHARED,
	};
	self->key = (struct issuer_key){ .id = "Key.1", .pin = &self->pin, .pin_value = "1234" };
	self->new = (struct issuer_key){ .id = "New.1" };
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, issuer_create_pin(&self->issuer, &self->pin));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->key));
	ASSERT_STATUS(0, issuer_close(&self->issuer));
	ASSERT_STATUS(0, issuer_open(&self->issuer));
}

FIXTURE_TEARDOWN(post)
{
	issuer_key_free(&self->key);
	issuer_key_free(&self->new);
	EVP_PKEY_free(self->kmk);
	EVP_PKEY_free(self->foreign);
	SKS_TEARDOWN();
}

#define SIGN(key, pin)	sks_sign_with(&self->issuer, key, ECDSA_SHA256, pin)

/* Row 29 */
TEST_F(post, deletes_when_the_session_is_closed)
{
	EXPECT_STATUS(0, issuer_post(&self->issuer, SKS_POST_DELETE, NULL, &self->key));
	EXPECT_EQ(sks_count_keys(&self->issuer), 1);
	EXPECT_STATUS(0, issuer_close(&self->issuer));
	EXPECT_EQ(sks_count_keys(&self->issuer), 0);
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
}

TEST_F(post, unlocks_a_pin)
{
	int i;

	for (i = 0; i < 3; i++)
		EXPECT_STATUS(SKS_E_AUTHORIZATION, SIGN(&self->key, "9999"));
	EXPECT_STATUS(0, issuer_post(&self->issuer, SKS_POST_UNLOCK, NULL, &self->key));
	EXPECT_STATUS(SKS_E_AUTHORIZATION, SIGN(&self->key, "1234"));
	EXPECT_STATUS(0, issuer_close(&self->issuer));
	EXPECT_STATUS(0, SIGN(&self->key, "1234"));
	EXPECT_EQ(sks_count_sessions(&self->issuer, false), 1);
}

/* The handle and the PIN stay, the rest is new. */
TEST_F(post, updates_a_key_in_its_place)
{
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->new));
	EXPECT_STATUS(0, issuer_post(&self->issuer, SKS_POST_UPDATE, &self->new, &self->key));
	EXPECT_STATUS(0, issuer_close(&self->issuer));
	EXPECT_EQ(sks_count_keys(&self->issuer), 1);
	EXPECT_STATUS(SKS_E_NO_KEY, SIGN(&self->new, "1234"));
	self->new.handle = self->key.handle;
	EXPECT_STATUS(SKS_E_AUTHORIZATION, SIGN(&self->new, "9999"));
	EXPECT_STATUS(0, SIGN(&self->new, "1234"));
	EXPECT_TRUE(sks_is_signature(&self->issuer, &self->new));
	EXPECT_EQ(sks_count_sessions(&self->issuer, false), 1);
	EXPECT_STATUS(0, sks_authorized(&self->issuer, SKS_DELETE_KEY, &self->new, "", NULL));
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
}

TEST_F(post, clones_the_protection_of_a_key)
{
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->new));
	EXPECT_STATUS(0, issuer_post(&self->issuer, SKS_POST_CLONE, &self->new, &self->key));
	EXPECT_STATUS(0, issuer_close(&self->issuer));
	EXPECT_EQ(sks_count_keys(&self->issuer), 2);
	EXPECT_STATUS(SKS_E_AUTHORIZATION, SIGN(&self->new, "9999"));
	EXPECT_STATUS(0, SIGN(&self->key, "1234"));
	EXPECT_STATUS(0, SIGN(&self->new, "1234"));
	EXPECT_EQ(sks_count_sessions(&self->issuer, false), 1);
}

/* Row 31: what fails ends the session, and the key is as it was. */
TEST_F(post, obeys_only_the_key_that_manages)
{
	self->issuer.kmk = self->foreign;
	EXPECT_STATUS(SKS_E_OPTION,
		      issuer_post(&self->issuer, SKS_POST_DELETE, NULL, &self->key));
	EXPECT_EQ(sks_count_sessions(&self->issuer, true), 0);
	EXPECT_STATUS(0, SIGN(&self->key, "1234"));
	self->issuer.kmk = self->kmk;
	self->issuer.privacy = true;
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	EXPECT_STATUS(SKS_E_OPTION,
		      issuer_post(&self->issuer, SKS_POST_DELETE, NULL, &self->key));
	EXPECT_STATUS(0, SIGN(&self->key, "1234"));
}

TEST_F(post, does_one_thing_to_a_key_that_is_deleted)
{
	EXPECT_STATUS(0, issuer_post(&self->issuer, SKS_POST_DELETE, NULL, &self->key));
	EXPECT_STATUS(SKS_E_OPTION,
		      issuer_post(&self->issuer, SKS_POST_UNLOCK, NULL, &self->key));
	EXPECT_EQ(sks_count_sessions(&self->issuer, true), 0);
	EXPECT_STATUS(0, SIGN(&self->key, "1234"));
}

/* Row 30; the first session is closed, so its handle is that of the key's session. */
TEST_F(post, takes_a_new_management_key_from_the_old_one)
{
	uint32_t open = self->issuer.handle;

	EVP_PKEY_free(self->foreign);
	self->foreign = EVP_RSA_gen(2048);
	sks_begin(&self->issuer, &(struct issuer_key){ });
	ASSERT_STATUS(0, issuer_call(&self->issuer, SKS_ENUMERATE_KEYS));
	reader_number(&self->issuer.out, 4);
	self->issuer.handle = reader_number(&self->issuer.out, 4);
	self->issuer.kmk = self->foreign;
	EXPECT_STATUS(SKS_E_OPTION, issuer_roll_over(&self->issuer, self->foreign));
	self->issuer.kmk = self->kmk;
	EXPECT_STATUS(0, issuer_roll_over(&self->issuer, self->foreign));
	EXPECT_STATUS(SKS_E_OPTION, issuer_roll_over(&self->issuer, self->kmk));
	self->issuer.handle = open;
	self->issuer.kmk = self->foreign;
	EXPECT_STATUS(0, issuer_post(&self->issuer, SKS_POST_DELETE, NULL, &self->key));
	EXPECT_STATUS(0, issuer_close(&self->issuer));
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
}

/* What an update or a clone takes over is not there twice. */
TEST_F(post, refuses_new_keys_that_do_not_fit)
{
	struct issuer_pin own = { .id = "PIN.2", .limit = 3, .min = 4, .max = 8 };

	ASSERT_STATUS(0, issuer_create_pin(&self->issuer, &own));
	self->new.pin = &own;
	self->new.pin_value = "4321";
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->new));
	EXPECT_STATUS(SKS_E_OPTION,
		      issuer_post(&self->issuer, SKS_POST_UPDATE, &self->new, &self->key));
	self->new.pin = NULL;
	self->new.pin_value = NULL;
	self->new.usage = SKS_USAGE_ENCRYPTION;
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->new));
	EXPECT_STATUS(SKS_E_OPTION,
		      issuer_post(&self->issuer, SKS_POST_UPDATE, &self->new, &self->key));
	EXPECT_EQ(sks_count_sessions(&self->issuer, true), 0);
	EXPECT_EQ(sks_count_keys(&self->issuer), 1);
	EXPECT_STATUS(0, SIGN(&self->key, "1234"));
}

TEST_F(post, updates_a_key_once_and_by_a_key_that_does_nothing_else)
{
	struct issuer_key third = { .id = "New.2" };

	ASSERT_STATUS(0, sks_make(&self->issuer, &self->new));
	ASSERT_STATUS(0, sks_make(&self->issuer, &third));
	ASSERT_STATUS(0, issuer_post(&self->issuer, SKS_POST_UPDATE, &self->new, &self->key));
	EXPECT_STATUS(SKS_E_OPTION,
		      issuer_post(&self->issuer, SKS_POST_UPDATE, &third, &self->key));
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->new));
	ASSERT_STATUS(0, issuer_post(&self->issuer, SKS_POST_CLONE, &self->new, &self->key));
	EXPECT_STATUS(SKS_E_OPTION,
		      issuer_post(&self->issuer, SKS_POST_UPDATE, &self->new, &self->key));
	EXPECT_EQ(sks_count_sessions(&self->issuer, true), 0);
	EXPECT_EQ(sks_count_keys(&self->issuer), 1);
	EXPECT_STATUS(0, SIGN(&self->key, "1234"));
	issuer_key_free(&third);
}

/* The clone would have the PIN of a key that shares it with none. */
TEST_F(post, clones_no_pin_that_is_not_shared)
{
	struct issuer_pin own = { .id = "PIN.2", .limit = 3, .min = 4, .max = 8 };
	struct issuer_key target = { .id = "Key.2", .pin = &own, .pin_value = "4321" };

	ASSERT_STATUS(0, issuer_create_pin(&self->issuer, &own));
	ASSERT_STATUS(0, sks_make(&self->issuer, &target));
	ASSERT_STATUS(0, issuer_close(&self->issuer));
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->new));
	EXPECT_STATUS(SKS_E_OPTION,
		      issuer_post(&self->issuer, SKS_POST_CLONE, &self->new, &target));
	EXPECT_EQ(sks_count_sessions(&self->issuer, true), 0);
	EXPECT_EQ(sks_count_keys(&self->issuer), 2);
	EXPECT_STATUS(0, SIGN(&target, "4321"));
	issuer_key_free(&target);
}

TEST_F(post, reaches_no_key_that_is_open_unmanaged_or_gone)
{
	struct issuer_key target = { .id = "Key.2" };
	uint32_t closed;

	ASSERT_STATUS(0, sks_make(&self->issuer, &self->new));
	EXPECT_STATUS(SKS_E_NO_SESSION, issuer_roll_over(&self->issuer, self->foreign));
	EXPECT_STATUS(SKS_E_NO_KEY,
		      issuer_post(&self->issuer, SKS_POST_DELETE, NULL, &self->new));
	self->issuer.kmk = NULL;
	ASSERT_STATUS(0, sks_enrol(&self->issuer, &target));
	self->issuer.kmk = self->kmk;
	closed = self->issuer.handle;
	EXPECT_STATUS(SKS_E_NOT_ALLOWED, issuer_roll_over(&self->issuer, self->foreign));
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	EXPECT_NE(self->issuer.handle, closed);
	EXPECT_STATUS(SKS_E_OPTION,
		      issuer_post(&self->issuer, SKS_POST_DELETE, NULL, &target));
	EXPECT_EQ(sks_count_keys(&self->issuer), 2);
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, issuer_post(&self->issuer, SKS_POST_DELETE, NULL, &self->key));
	ASSERT_STATUS(0, sks_authorized(&self->issuer, SKS_DELETE_KEY, &self->key, "", NULL));
	EXPECT_STATUS(SKS_E_NO_KEY, issuer_close(&self->issuer));
	EXPECT_EQ(sks_count_sessions(&self->issuer, true), 0);
	EXPECT_STATUS(0, SIGN(&target, ""));
	issuer_key_free(&target);
}

TEST_HARNESS_MAIN
