/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A daemon that attests, and a verifier: the fixture of all tests of attestations. */
#ifndef UKSD_ATTEST_FIXTURE_H
#define UKSD_ATTEST_FIXTURE_H

#include <kselftest_harness.h>

#include "tests/unit/leaks.h"
#include "tests/unit/uksd-attest.h"

static const uint8_t challenge[20] = "whoever asks for it";
static const uint8_t other_challenge[20] = "somebody else's one";

FIXTURE(attest)
{
	struct daemon daemon;
	struct check_wanted wanted;
	struct uks_evidence_public ak;
	uint8_t der[ATTESTATION_MAX];
	size_t len;
	struct checked checked;
	char why[CHECK_WHY_MAX];
};

#define EXPECT_SAYS(expected, part) do { \
	EXPECT_EQ(self->daemon.answer.code, (uint32_t)(expected)); \
	EXPECT_NE(strstr(self->daemon.text, part), NULL) { \
		TH_LOG("%s", self->daemon.text); \
	} \
} while (0)

#define ATTEST_WITH(name, flags, bytes) do { \
	ASSERT_EQ(ask_attest(&self->daemon, name, flags, bytes, sizeof(bytes)), 0) { \
		TH_LOG("%s", self->daemon.text); \
	} \
	self->len = self->daemon.attrs[UKS_A_RESULT].len; \
	memcpy(self->der, self->daemon.attrs[UKS_A_RESULT].value, self->len); \
} while (0)
#define ATTEST(name)	ATTEST_WITH(name, 0, challenge)

/* Frees what the check before it found. */
#define CHECK(status) do { \
	int expected_ = (status); \
	check_free(&self->checked); \
	EXPECT_EQ(check_attestation(self->der, self->len, &self->wanted, &self->checked, \
				    self->why), expected_) { \
		TH_LOG("%s", self->why); \
	} \
	EXPECT_EQ(!*self->why, expected_ == CHECK_GOOD); \
} while (0)

#define READ_AK() do { \
	UKS_AK *ak_; \
	ASSERT_EQ(ask_ak(&self->daemon), 0) { \
		TH_LOG("%s", self->daemon.text); \
	} \
	ASSERT_EQ(check_ak(self->daemon.attrs[UKS_A_RESULT].value, \
			   self->daemon.attrs[UKS_A_RESULT].len, NULL, 0, &ak_, &self->ak, \
			   self->why), CHECK_GOOD); \
	UKS_AK_free(ak_); \
	self->wanted.ak = (struct check_bytes){ self->ak.spki_len, self->ak.spki }; \
} while (0)

#define REWRITE_AND_CHECK(status) do { \
	ASSERT_TRUE(attest_rewrite(&self->checked, self->checked.attestation, self->der, \
				   &self->len)); \
	CHECK(status); \
} while (0)

FIXTURE_SETUP(attest)
{
	ASSERT_EQ(daemon_new(&self->daemon), 0);
	ASSERT_EQ(daemon_start(&self->daemon), 0) {
		TH_LOG("%s", self->daemon.failure.text);
	}
	memcpy(self->daemon.uksd.module, "0.1.0", 6);
	ASSERT_EQ(ask_generate(&self->daemon, "release", UKS_KEY_EC_P256), 0);
	ASSERT_EQ(ask_generate(&self->daemon, "disk", UKS_KEY_AES_256), 0);
	self->wanted.challenge = (struct check_bytes){ sizeof(challenge), challenge };
	self->wanted.at = time(NULL);
	READ_AK();
}

FIXTURE_TEARDOWN(attest)
{
	check_free(&self->checked);
	daemon_stop(&self->daemon);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

#endif /* UKSD_ATTEST_FIXTURE_H */
