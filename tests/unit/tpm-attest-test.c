// SPDX-License-Identifier: LGPL-2.1-or-later
/* Statements of a software TPM, checked without one; tpm2_checkquote(1) judges, too. */
#include <stdio.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "tests/unit/tpm-ready.h"
#include "tpm/attest.h"

/* As the TPM's maker defines the index of a certificate. */
#define EK_ATTRIBUTES "'ppread|ppwrite|authread|no_da|platformcreate'"

static const uint8_t auth[UKS_TPM_AUTH_LEN] = "of the attestation key 123456789";
static const uint8_t key_auth[UKS_TPM_AUTH_LEN] = "of the key";
static const uint8_t challenge[20] = "a challenge";

FIXTURE(attest)
{
	struct swtpm swtpm;
	struct uks_tpm *tpm;
	struct uks_tpm_error error;
	struct uks_tpm_identity id;
	struct uks_tpm_key ak;
	uint8_t spki[UKS_TPM_SPKI_MAX];
	size_t spki_len;
	struct uks_evidence evidence;
	struct uks_evidence_facts facts;
	struct uks_tpm_pcrs pcrs;
};

FIXTURE_SETUP(attest)
{
	READY_SETUP();
	self->spki_len = sizeof(self->spki);
	ASSERT_OK(uks_tpm_ak_create(self->tpm, auth, &self->ak, &self->error));
	ASSERT_OK(uks_tpm_key_public(&self->ak, self->spki, &self->spki_len, &self->error));
	ASSERT_OK(uks_tpm_pcrs_parse("sha256:0,7,16", &self->pcrs, &self->error));
}

FIXTURE_TEARDOWN(attest)
{
	READY_TEARDOWN();
}

#define quote() uks_tpm_quote(self->tpm, &self->ak, auth, &self->pcrs, challenge, \
			      sizeof(challenge), &self->evidence, &self->error)
#define certify(key) uks_tpm_certify(self->tpm, &self->ak, auth, key, key_auth, challenge, \
				     sizeof(challenge), &self->evidence, &self->error)
#define check(evidence, challenge, len) \
	uks_evidence_check(evidence, self->spki, self->spki_len, challenge, len, &self->facts)
#define EXPECT_GOOD(why) EXPECT_EQ((why), NULL)
#define EXPECT_WHY(why, part) do { \
	const char *text = (why); \
	EXPECT_NE(text, NULL); \
	EXPECT_NE(strstr(text ? text : "", part), NULL) { \
		TH_LOG("%s", text); \
	} \
} while (0)

static int save(const struct swtpm *swtpm, const char *name, const void *data, size_t len)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", swtpm->dir, name);
	file = fopen(path, "w");
	return !file || fwrite(data, 1, len, file) != len || fclose(file) ? -1 : 0;
}

static int shell(const struct swtpm *swtpm, const char *what)
{
	char command[512];

	snprintf(command, sizeof(command), "cd %s; export TPM2TOOLS_TCTI=%s; { %s; } >log 2>&1",
		 swtpm->dir, swtpm->tcti, what);
	return system(command);
}

TEST_F(attest, quote_is_accepted_here_and_by_tpm2_checkquote)
{
	const struct uks_evidence *evidence = &self->evidence;
	struct uks_tpm_pcr_values now;
	uint8_t values[3 * 32];

	ASSERT_EQ(shell(&self->swtpm, "tpm2_pcrevent 16 /etc/passwd"), 0);
	ASSERT_OK(quote());
	EXPECT_GOOD(check(evidence, challenge, sizeof(challenge)));
	EXPECT_EQ(self->facts.type, UKS_EVIDENCE_QUOTE);
	ASSERT_OK(uks_tpm_pcrs_read(self->tpm, &self->pcrs, &now, &self->error));
	memcpy(values, now.value[0], 32);
	memcpy(values + 32, now.value[7], 32);
	memcpy(values + 64, now.value[16], 32);
	EXPECT_GOOD(uks_evidence_pcrs(&self->facts, UKS_TPM_SHA256, self->pcrs.mask, values, 96));

	ASSERT_EQ(save(&self->swtpm, "statement", evidence->statement, evidence->len), 0);
	ASSERT_EQ(save(&self->swtpm, "signature", evidence->signature, evidence->signature_len), 0);
	ASSERT_EQ(save(&self->swtpm, "challenge", challenge, sizeof(challenge)), 0);
	ASSERT_EQ(save(&self->swtpm, "ak.der", self->spki, self->spki_len), 0);
	ASSERT_EQ(shell(&self->swtpm, "openssl pkey -pubin -inform DER -in ak.der -out ak.pem"), 0);
	EXPECT_EQ(shell(&self->swtpm,
			"tpm2_checkquote -u ak.pem -m statement -s signature -q challenge"), 0);
	EXPECT_NE(shell(&self->swtpm,
			"tpm2_checkquote -u ak.pem -m statement -s signature -q 00"), 0);

	values[70] ^= 1;
	EXPECT_WHY(uks_evidence_pcrs(&self->facts, UKS_TPM_SHA256, self->pcrs.mask, values, 96),
		   "other values");
	EXPECT_WHY(uks_evidence_pcrs(&self->facts, UKS_TPM_SHA256, 1, values, 96), "other PCRs");
}

TEST_F(attest, altered_replayed_or_foreign_quote_is_refused)
{
	static const struct uks_evidence_facts none;
	struct uks_evidence altered;
	struct uks_tpm_key other;

	ASSERT_OK(quote());
	for (size_t at = 0; at < self->evidence.len; at++) {
		altered = self->evidence;
		altered.statement[at] ^= 1 << at % 8;
		EXPECT_WHY(check(&altered, challenge, sizeof(challenge)), "not signed");
		EXPECT_EQ(memcmp(&self->facts, &none, sizeof(none)), 0);
	}
	for (size_t at = 0; at < self->evidence.signature_len; at++) {
		altered = self->evidence;
		altered.signature[at] ^= 1 << at % 8;
		EXPECT_WHY(check(&altered, challenge, sizeof(challenge)), "not signed");
	}
	for (size_t len = 0; len < self->evidence.signature_len; len++) {
		altered = self->evidence;
		altered.signature_len = len;
		EXPECT_WHY(check(&altered, challenge, sizeof(challenge)), "not signed");
	}
	EXPECT_WHY(check(&self->evidence, challenge, 19), "another challenge");
	EXPECT_WHY(check(&self->evidence, auth, sizeof(challenge)), "another challenge");
	ASSERT_OK(uks_tpm_ak_create(self->tpm, auth, &other, &self->error));
	self->spki_len = sizeof(self->spki);
	ASSERT_OK(uks_tpm_key_public(&other, self->spki, &self->spki_len, &self->error));
	EXPECT_WHY(check(&self->evidence, challenge, sizeof(challenge)), "not signed");
}

TEST_F(attest, certified_key_is_inside_and_its_use_is_told)
{
	const struct uks_tpm_access access = { .auth = key_auth };
	uint8_t area[UKS_TPM_SPKI_MAX], spki[UKS_TPM_SPKI_MAX];
	size_t area_len, spki_len;
	struct uks_evidence_public public;
	struct uks_tpm_key key;

	for (int type = UKS_TPM_RSA_2048; type <= UKS_TPM_P384; type++) {
		if (type == UKS_TPM_RSA_3072)
			continue;
		area_len = sizeof(area);
		spki_len = sizeof(spki);
		ASSERT_OK(uks_tpm_key_create(self->tpm, type, UKS_TPM_KEY_SIGN, &access, &key,
					     &self->error));
		ASSERT_OK(certify(&key));
		ASSERT_OK(uks_tpm_key_area(&key, area, &area_len, &self->error));
		ASSERT_OK(uks_tpm_key_public(&key, spki, &spki_len, &self->error));
		EXPECT_GOOD(check(&self->evidence, challenge, sizeof(challenge)));
		EXPECT_GOOD(uks_evidence_certified(&self->facts, area, area_len, &public));
		EXPECT_EQ(public.attributes & UKS_EVIDENCE_INSIDE, UKS_EVIDENCE_INSIDE);
		EXPECT_EQ(public.attributes & UKS_EVIDENCE_SIGN, UKS_EVIDENCE_SIGN);
		EXPECT_EQ(public.attributes & UKS_EVIDENCE_DECRYPT, 0);
		EXPECT_EQ(public.has_policy, 0);
		ASSERT_EQ(public.spki_len, spki_len);
		EXPECT_EQ(memcmp(public.spki, spki, spki_len), 0);

		/* A key that says of itself it may more. */
		area[5] ^= 2;
		EXPECT_WHY(uks_evidence_certified(&self->facts, area, area_len, &public),
			   "another key");
		EXPECT_EQ(public.spki_len, 0);
	}
	ASSERT_OK(quote());
	EXPECT_GOOD(check(&self->evidence, challenge, sizeof(challenge)));
	EXPECT_WHY(uks_evidence_certified(&self->facts, area, area_len, &public),
		   "not about a key");
}

TEST_F(attest, attestation_key_signs_nothing_else)
{
	const struct uks_tpm_access access = { .auth = auth };
	uint8_t digest[32] = { 0 }, out[UKS_TPM_OUTPUT_MAX];
	size_t len = sizeof(out);

	EXPECT_EQ(uks_tpm_key_sign(self->tpm, &self->ak, &access, UKS_TPM_ECDSA, UKS_TPM_SHA256,
				   digest, 32, out, &len, &self->error), -1);
	ASSERT_OK(quote());
}

TEST_F(attest, credential_proves_that_the_key_is_in_the_tpm)
{
	uint8_t ek[UKS_TPM_SPKI_MAX], area[UKS_TPM_SPKI_MAX], back[UKS_TPM_HASH_LEN];
	size_t ek_len = sizeof(ek), area_len = sizeof(area), len = sizeof(back);
	static const uint8_t secret[UKS_TPM_HASH_LEN] = "for this attestation key alone";
	struct uks_evidence_credential credential;
	struct uks_evidence_public public;
	struct uks_tpm_key other;

	ASSERT_OK(uks_tpm_ek_public(self->tpm, ek, &ek_len, &self->error));
	EXPECT_GOOD(uks_evidence_read_public(ek, ek_len, &public));
	EXPECT_EQ(memcmp(public.name, self->id.endorsement, sizeof(public.name)), 0);
	ASSERT_OK(uks_tpm_key_area(&self->ak, area, &area_len, &self->error));
	EXPECT_GOOD(uks_evidence_read_public(area, area_len, &public));
	EXPECT_EQ(public.attributes & UKS_EVIDENCE_RESTRICTED, UKS_EVIDENCE_RESTRICTED);

	EXPECT_GOOD(uks_evidence_credential(ek, ek_len, public.name, secret, sizeof(secret),
					    &credential));
	ASSERT_OK(uks_tpm_ak_activate(self->tpm, &self->ak, auth, &credential, back, &len,
				      &self->error));
	EXPECT_EQ(len, sizeof(secret));
	EXPECT_EQ(memcmp(back, secret, sizeof(secret)), 0);

	/* Another key of the same TPM, and an altered credential. */
	ASSERT_OK(uks_tpm_ak_create(self->tpm, auth, &other, &self->error));
	EXPECT_CAUSE(uks_tpm_ak_activate(self->tpm, &other, auth, &credential, back, &len,
					 &self->error), UKS_TPM_BAD_ARGUMENT);
	credential.blob[40] ^= 1;
	EXPECT_CAUSE(uks_tpm_ak_activate(self->tpm, &self->ak, auth, &credential, back, &len,
					 &self->error), UKS_TPM_BAD_ARGUMENT);
	EXPECT_WHY(uks_evidence_credential(area, area_len, public.name, secret, 32, &credential),
		   "no ECC");
	EXPECT_WHY(uks_evidence_credential(ek, ek_len - 1, public.name, secret, 32, &credential),
		   "malformed");
}

TEST_F(attest, certificate_of_the_endorsement_key_is_read_if_there_is_one)
{
	uint8_t certificate[UKS_TPM_CERTIFICATE_MAX], theirs[1500];
	size_t len = sizeof(certificate);

	ASSERT_OK(uks_tpm_ek_certificate(self->tpm, certificate, &len, &self->error));
	EXPECT_EQ(len, 0);
	for (size_t i = 0; i < sizeof(theirs); i++)
		theirs[i] = i * 7;
	ASSERT_EQ(save(&self->swtpm, "cert", theirs, sizeof(theirs)), 0);
	ASSERT_EQ(shell(&self->swtpm,
			"tpm2_nvdefine 0x1c0000a -C p -s 1500 -a "
			EK_ATTRIBUTES), 0);
	ASSERT_EQ(shell(&self->swtpm, "tpm2_nvwrite 0x1c0000a -C p -i cert"), 0);
	len = sizeof(certificate);
	ASSERT_OK(uks_tpm_ek_certificate(self->tpm, certificate, &len, &self->error));
	EXPECT_EQ(len, sizeof(theirs));
	EXPECT_EQ(memcmp(certificate, theirs, sizeof(theirs)), 0);
	len = 10;
	EXPECT_CAUSE(uks_tpm_ek_certificate(self->tpm, certificate, &len, &self->error),
		     UKS_TPM_BAD_ARGUMENT);
}

TEST_F(attest, resets_are_counted)
{
	struct uks_tpm_clock before, after;

	ASSERT_OK(uks_tpm_clock(self->tpm, &before, &self->error));
	POWER_CYCLE();
	ASSERT_OK(uks_tpm_clock(self->tpm, &after, &self->error));
	EXPECT_EQ(after.resets, before.resets + 1);
	/* It may have been further, since power went away without a word. */
	EXPECT_TRUE(after.clock >= before.clock || !after.safe);
	ASSERT_OK(quote());
}

TEST_F(attest, challenge_that_is_too_long_is_refused)
{
	static const uint8_t long_challenge[UKS_TPM_CHALLENGE_MAX + 1];

	EXPECT_CAUSE(uks_tpm_quote(self->tpm, &self->ak, auth, &self->pcrs, long_challenge,
				   sizeof(long_challenge), &self->evidence, &self->error),
		     UKS_TPM_BAD_ARGUMENT);
}

TEST_HARNESS_MAIN
