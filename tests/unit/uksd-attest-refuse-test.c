// SPDX-License-Identifier: LGPL-2.1-or-later
/* Attestations that are altered, replayed or of something else, as uks-verify sees them. */
#include <openssl/x509v3.h>
#include <sodium.h>

#include "tests/unit/uksd-attest-fixture.h"

TEST_F(attest, wrong_challenge_is_refused)
{
	ATTEST("release");
	self->wanted.challenge.at = other_challenge;
	CHECK(CHECK_CHALLENGE);
	self->wanted.challenge = (struct check_bytes){ sizeof(challenge) - 1, challenge };
	CHECK(CHECK_CHALLENGE);
}

TEST_F(attest, other_key_and_other_machine_are_refused)
{
	uint8_t other[512];
	size_t len;

	ATTEST("release");
	ASSERT_EQ(ask_generate(&self->daemon, "second", UKS_KEY_EC_P256), 0);
	ASSERT_EQ(ask_by_name(&self->daemon, UKS_OP_KEY_EXPORT_PUBLIC, "second"), 0);
	len = self->daemon.attrs[UKS_A_PUBLIC_KEY].len;
	memcpy(other, self->daemon.attrs[UKS_A_PUBLIC_KEY].value, len);
	self->wanted.key = (struct check_bytes){ len, other };
	CHECK(CHECK_KEY);
	self->wanted.key.at = NULL;
	self->wanted.ak = (struct check_bytes){ len, other };
	CHECK(CHECK_OTHER_AK);
}

TEST_F(attest, pcrs_and_time_are_compared)
{
	ATTEST("release");
	self->wanted.bank = 0x000b;
	self->wanted.pcrs = 1 << 7;	/* swtpm's PCR 7 is zero */
	CHECK(CHECK_GOOD);
	self->wanted.pcr[7][31] = 1;
	CHECK(CHECK_PCR);
	self->wanted.pcrs = 1 << 16;	/* not quoted */
	CHECK(CHECK_PCR);
	self->wanted.pcrs = 0;
	self->wanted.at += 8 * 86400;
	CHECK(CHECK_TIME);
	self->wanted.at -= 10 * 86400;
	CHECK(CHECK_TIME);
}

TEST_F(attest, altered_policy_is_refused)
{
	UKS_ITEM *item = UKS_ITEM_new();

	ATTEST("release");
	CHECK(CHECK_GOOD);
	ASN1_INTEGER_set_uint64(item->attribute, UKS_POLICY_A_MAX_USES);
	item->value->type = UKS_VALUE_NUMBER;
	item->value->d.number = ASN1_INTEGER_new();
	sk_UKS_ITEM_push(self->checked.attestation->policy->items, item);
	REWRITE_AND_CHECK(CHECK_POLICY);
}

TEST_F(attest, altered_claims_are_refused)
{
	uint8_t digests[4][ATTESTATION_DIGEST];
	UKS_ATTESTATION *attestation;

	ATTEST("release");
	CHECK(CHECK_GOOD);
	ASN1_INTEGER_set_uint64(self->checked.attestation->claims->origin, UKS_ORIGIN_IMPORTED);
	REWRITE_AND_CHECK(CHECK_CLAIMS);

	/* With its digest adapted, the quote is of something else. */
	ATTEST("release");
	CHECK(CHECK_GOOD);
	attestation = self->checked.attestation;
	ASN1_INTEGER_set_uint64(attestation->claims->protection, UKS_PROVIDER_TPM);
	ASSERT_EQ(attestation_digests(attestation, self->checked.spki, self->checked.spki_len,
				      digests), 0);
	ASN1_STRING_set(attestation->digests->claims, digests[3], 32);
	REWRITE_AND_CHECK(CHECK_REPLAYED);
}

TEST_F(attest, altered_challenge_and_digests_are_refused)
{
	uint8_t digest[32];

	ATTEST_WITH("release", 0, other_challenge);
	self->wanted.challenge.at = other_challenge;
	CHECK(CHECK_GOOD);
	self->wanted.challenge.at = challenge;
	ASN1_STRING_set(self->checked.attestation->challenge, challenge, sizeof(challenge));
	REWRITE_AND_CHECK(CHECK_CHALLENGE);
	/* With its digest adapted, the quote is of something else. */
	EVP_Digest(challenge, sizeof(challenge), digest, NULL, EVP_sha256(), NULL);
	ASN1_STRING_set(self->checked.attestation->digests->challenge, digest, 32);
	REWRITE_AND_CHECK(CHECK_REPLAYED);
}

TEST_F(attest, replayed_quote_is_refused)
{
	UKS_STATEMENT *old;

	ATTEST_WITH("release", 0, other_challenge);
	self->wanted.challenge.at = other_challenge;
	CHECK(CHECK_GOOD);
	old = self->checked.attestation->evidence->quote;
	self->checked.attestation->evidence->quote = UKS_STATEMENT_new();
	self->wanted.challenge.at = challenge;
	ATTEST("release");
	CHECK(CHECK_GOOD);
	UKS_STATEMENT_free(self->checked.attestation->evidence->quote);
	self->checked.attestation->evidence->quote = old;
	REWRITE_AND_CHECK(CHECK_REPLAYED);
}

TEST_F(attest, exchanged_key_is_refused)
{
	EVP_PKEY *other = EVP_EC_gen("P-256");
	uint8_t *at = self->der;

	ATTEST("release");
	CHECK(CHECK_GOOD);
	ASSERT_EQ(X509_set_pubkey(self->checked.leaf, other), 1);
	ASSERT_GT(X509_sign(self->checked.leaf, other, EVP_sha256()), 0);
	self->len = i2d_X509(self->checked.leaf, &at);
	self->len += i2d_X509(self->checked.issuer, &at);
	CHECK(CHECK_KEY);
	EVP_PKEY_free(other);
}

/* All parts right, signed by a key that the TPM does not certify. */
TEST_F(attest, other_chain_is_refused)
{
	EVP_PKEY *other = EVP_EC_gen("P-256");
	uint8_t *at = self->der;

	ATTEST("release");
	CHECK(CHECK_GOOD);
	ASSERT_EQ(X509_set_pubkey(self->checked.issuer, other), 1);
	ASSERT_GT(X509_sign(self->checked.issuer, other, EVP_sha256()), 0);
	ASSERT_GT(X509_sign(self->checked.leaf, other, EVP_sha256()), 0);
	self->len = i2d_X509(self->checked.leaf, &at);
	self->len += i2d_X509(self->checked.issuer, &at);
	CHECK(CHECK_CHAIN);
	EVP_PKEY_free(other);
}

TEST_F_TIMEOUT(attest, each_altered_byte_is_refused, 300)
{
	size_t at, good = 0;

	ATTEST("release");
	for (at = 0; at < self->len; at++) {
		self->der[at] ^= 1 << at % 8;
		check_free(&self->checked);
		if (check_attestation(self->der, self->len, &self->wanted, &self->checked,
				      self->why) == CHECK_GOOD) {
			TH_LOG("byte %zu of %zu", at, self->len);
			good++;
		}
		self->der[at] ^= 1 << at % 8;
	}
	EXPECT_EQ(good, 0);
	CHECK(CHECK_GOOD);
}

TEST_F_TIMEOUT(attest, each_cut_is_refused, 300)
{
	size_t len;

	ATTEST("disk");
	for (len = 0; len < self->len; len++) {
		check_free(&self->checked);
		EXPECT_NE(check_attestation(self->der, len, &self->wanted, &self->checked,
					    self->why), CHECK_GOOD);
	}
	self->der[self->len++] = 0;
	CHECK(CHECK_MALFORMED);
}

/* ---- anonymous ---- */

TEST_F(attest, edited_key_is_not_attested)
{
	ASSERT_EQ(daemon_sql(&self->daemon,
			     "UPDATE keys SET origin = 2 WHERE name = 'release'"), 0);
	EXPECT_CODE(ask_attest(&self->daemon, "release", 0, challenge, sizeof(challenge)),
		    UKS_E_BLOB);
}

/* The certificates that SKS tells issuers, one after the other. */
TEST_HARNESS_MAIN
