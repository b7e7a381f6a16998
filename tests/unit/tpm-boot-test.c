// SPDX-License-Identifier: LGPL-2.1-or-later
/* A secret for approved boots: PCRs of a software TPM, approvals signed by openssl(1). */
#include <stdio.h>
#include <sys/random.h>

#include "tests/unit/tpm-ready.h"
#include "tpm/boot.h"

#define REF "store 1"

FIXTURE(boot)
{
	struct swtpm swtpm;
	struct uks_tpm *tpm;
	struct uks_tpm_error error;
	struct uks_tpm_identity id;
	struct uks_tpm_authority authority;
	struct uks_tpm_pcr_values now;
	struct uks_tpm_approval approval;
	struct uks_tpm_blob blob;
	uint8_t secret[UKS_TPM_SECRET_LEN];
	uint8_t back[UKS_TPM_SECRET_LEN];
};

/* A shell command in the TPM's folder. */
static int shell(const struct swtpm *swtpm, const char *what)
{
	char command[512];

	snprintf(command, sizeof(command), "cd %s; export TPM2TOOLS_TCTI=%s; { %s; } >log 2>&1",
		 swtpm->dir, swtpm->tcti, what);
	return system(command);
}

static size_t load(const struct swtpm *swtpm, const char *name, void *data, size_t size)
{
	char path[64];
	size_t len = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", swtpm->dir, name);
	file = fopen(path, "r");
	if (file) {
		len = fread(data, 1, size, file);
		fclose(file);
	}
	return len;
}

static int save(const struct swtpm *swtpm, const char *name, const void *data, size_t len)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", swtpm->dir, name);
	file = fopen(path, "w");
	return !file || fwrite(data, 1, len, file) != len || fclose(file) ? -1 : 0;
}

/* A new authority, away from the library. */
static int make_authority(const struct swtpm *swtpm, const char *genpkey, const char *ref,
			  struct uks_tpm_authority *authority, struct uks_tpm_error *error)
{
	char command[256], pem[2048];
	size_t len;

	snprintf(command, sizeof(command),
		 "openssl genpkey %s -out key.pem && openssl pkey -in key.pem -pubout -out pub.pem",
		 genpkey);
	if (shell(swtpm, command))
		return -1;
	len = load(swtpm, "pub.pem", pem, sizeof(pem));
	return uks_tpm_authority_read(pem, len, ref, strlen(ref), authority, error);
}

static int approve(const struct swtpm *swtpm, const struct uks_tpm_pcr_values *values,
		   const struct uks_tpm_authority *authority, struct uks_tpm_approval *approval,
		   struct uks_tpm_error *error)
{
	uint8_t message[UKS_TPM_MESSAGE_MAX], signature[UKS_TPM_OUTPUT_MAX];
	size_t len;

	uks_tpm_approval_message(values, authority, message, &len);
	if (save(swtpm, "message", message, len) ||
	    shell(swtpm, "openssl dgst -sha256 -sign key.pem -out signature message"))
		return -1;
	len = load(swtpm, "signature", signature, sizeof(signature));
	return uks_tpm_approval_make(values, authority, signature, len, approval, error);
}

#define EC "-algorithm EC -pkeyopt ec_paramgen_curve:P-256"
#define RSA "-algorithm RSA -pkeyopt rsa_keygen_bits:2048"
#define new_authority(kind, ref) \
	make_authority(&self->swtpm, kind, ref, &self->authority, &self->error)
#define read_now(text) do { \
	struct uks_tpm_pcrs pcrs; \
	ASSERT_OK(uks_tpm_pcrs_parse(text, &pcrs, &self->error)); \
	ASSERT_OK(uks_tpm_pcrs_read(self->tpm, &pcrs, &self->now, &self->error)); \
} while (0)
#define approve_now() \
	approve(&self->swtpm, &self->now, &self->authority, &self->approval, &self->error)
#define seal() uks_tpm_boot_seal(self->tpm, self->secret, &self->authority, &self->blob, \
				 &self->error)
#define unseal(approvals, count) \
	uks_tpm_boot_unseal(self->tpm, &self->blob, &self->authority, approvals, count, \
			    self->back, &self->error)
#define EXPECT_OPENS(approvals, count) do { \
	EXPECT_OK(unseal(approvals, count)); \
	EXPECT_EQ(memcmp(self->back, self->secret, UKS_TPM_SECRET_LEN), 0); \
} while (0)
#define EXPECT_CLOSED(approvals, count, why) do { \
	static const uint8_t zero[UKS_TPM_SECRET_LEN]; \
	memset(self->back, 1, sizeof(self->back)); \
	EXPECT_CAUSE(unseal(approvals, count), why); \
	EXPECT_EQ(memcmp(self->back, zero, sizeof(zero)), 0); \
} while (0)

FIXTURE_SETUP(boot)
{
	READY_SETUP();
	ASSERT_EQ(getrandom(self->secret, sizeof(self->secret), 0), sizeof(self->secret));
}

FIXTURE_TEARDOWN(boot)
{
	READY_TEARDOWN();
}

static int extend(const struct swtpm *swtpm, int pcr)
{
	char command[128];

	snprintf(command, sizeof(command), "tpm2_pcrextend %d:sha256=%064d", pcr, 42);
	return shell(swtpm, command);
}

TEST_F(boot, selections_are_read_and_written)
{
	static const char *const bad[] = {
		"", "sha256", "sha256:", "sha256:24", "sha256:7,", "sha256:,7", "sha256:7 ",
		"sha256:007", "sha1:7", "md5:7", "7", "sha256:-1", "sha256:7;8", "sha256:7,x",
	};
	struct uks_tpm_pcrs pcrs = { .mask = 77 };
	char text[UKS_TPM_PCRS_TEXT];

	ASSERT_OK(uks_tpm_pcrs_parse("sha256:11,7,0,23", &pcrs, &self->error));
	EXPECT_EQ(pcrs.mask, 1 << 11 | 1 << 7 | 1 << 0 | 1 << 23);
	uks_tpm_pcrs_format(&pcrs, text);
	EXPECT_STREQ(text, "sha256:0,7,11,23");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		pcrs.mask = 77;
		EXPECT_CAUSE(uks_tpm_pcrs_parse(bad[i], &pcrs, &self->error),
			     UKS_TPM_BAD_ARGUMENT);
		EXPECT_EQ(pcrs.mask, 77);
	}
	pcrs = (struct uks_tpm_pcrs){ UKS_TPM_SHA256, 0xffffff };
	uks_tpm_pcrs_format(&pcrs, text);
	EXPECT_EQ(strlen(text), strlen("sha256:") + 10 * 2 + 14 * 3 - 1);
}

TEST_F(boot, values_and_policy_are_those_of_tpm2_tools)
{
	uint8_t message[UKS_TPM_MESSAGE_MAX], theirs[UKS_TPM_HASH_LEN];
	size_t len;

	ASSERT_EQ(extend(&self->swtpm, 16), 0);
	read_now("sha256:0,1,2,7,11,12,16,23");
	ASSERT_EQ(new_authority(EC, ""), 0);
	uks_tpm_approval_message(&self->now, &self->authority, message, &len);
	ASSERT_EQ(shell(&self->swtpm,
			"tpm2_createpolicy --policy-pcr -l sha256:0,1,2,7,11,12,16,23 -L p"), 0);
	ASSERT_EQ(shell(&self->swtpm, "tpm2_flushcontext -l"), 0);
	ASSERT_EQ(load(&self->swtpm, "p", theirs, sizeof(theirs)), sizeof(theirs));
	EXPECT_EQ(len, sizeof(theirs));
	EXPECT_EQ(memcmp(message, theirs, sizeof(theirs)), 0);
}

TEST_F(boot, more_pcrs_than_a_tpm_gives_at_once_are_read)
{
	struct uks_tpm_pcr_values one;

	ASSERT_EQ(extend(&self->swtpm, 23), 0);
	read_now("sha256:23");
	one = self->now;
	read_now("sha256:0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23");
	EXPECT_EQ(memcmp(self->now.value[23], one.value[23], UKS_TPM_HASH_LEN), 0);
	EXPECT_NE(memcmp(self->now.value[22], one.value[23], UKS_TPM_HASH_LEN), 0);
}

TEST_F(boot, approved_boot_opens_and_another_one_names_the_pcr)
{
	ASSERT_EQ(new_authority(EC, REF), 0);
	ASSERT_OK(seal());
	EXPECT_CLOSED(NULL, 0, UKS_TPM_NOT_APPROVED);
	read_now("sha256:7,11");
	ASSERT_OK(approve_now());
	EXPECT_OPENS(&self->approval, 1);

	/* One that is not selected does not matter. */
	ASSERT_EQ(extend(&self->swtpm, 12), 0);
	EXPECT_OPENS(&self->approval, 1);
	ASSERT_EQ(extend(&self->swtpm, 11), 0);
	EXPECT_CLOSED(&self->approval, 1, UKS_TPM_BOOT_CHANGED);
	EXPECT_NE(strstr(self->error.text, "sha256:11 differ"), NULL);
	POWER_CYCLE();
	EXPECT_OPENS(&self->approval, 1);
}

TEST_F(boot, new_approval_lets_an_update_in_without_sealing_again)
{
	struct uks_tpm_approval both[2];

	ASSERT_EQ(new_authority(EC, REF), 0);
	ASSERT_OK(seal());
	read_now("sha256:7,11");
	ASSERT_OK(approve_now());
	both[0] = self->approval;
	ASSERT_EQ(extend(&self->swtpm, 11), 0);
	read_now("sha256:7,11");
	ASSERT_OK(approve_now());
	both[1] = self->approval;
	EXPECT_OPENS(both, 2);
	POWER_CYCLE();
	EXPECT_OPENS(both, 2);
	/* The one that comes closest is told. */
	ASSERT_EQ(extend(&self->swtpm, 7), 0);
	EXPECT_CLOSED(both, 2, UKS_TPM_BOOT_CHANGED);
	EXPECT_NE(strstr(self->error.text, "sha256:7 differ"), NULL);
}

TEST_F(boot, rsa_authority_approves_too)
{
	ASSERT_EQ(new_authority(RSA, REF), 0);
	ASSERT_OK(seal());
	read_now("sha256:7");
	ASSERT_OK(approve_now());
	EXPECT_OPENS(&self->approval, 1);
}

TEST_F(boot, secret_sealed_without_a_policy_is_migrated)
{
	struct uks_tpm_blob old;

	ASSERT_EQ(new_authority(EC, REF), 0);
	ASSERT_OK(uks_tpm_seal(self->tpm, self->secret, &old, &self->error));
	ASSERT_OK(uks_tpm_unseal(self->tpm, &old, self->back, &self->error));
	ASSERT_OK(uks_tpm_boot_seal(self->tpm, self->back, &self->authority, &self->blob,
				    &self->error));
	read_now("sha256:7");
	ASSERT_OK(approve_now());
	EXPECT_OPENS(&self->approval, 1);
	/* Nobody opens it past the policy. */
	EXPECT_EQ(uks_tpm_unseal(self->tpm, &self->blob, self->back, &self->error), -1);
}

TEST_F(boot, altered_approval_is_refused)
{
	struct uks_tpm_approval altered;

	ASSERT_EQ(new_authority(EC, REF), 0);
	ASSERT_OK(seal());
	read_now("sha256:7,11");
	ASSERT_OK(approve_now());
	for (size_t at = 0; at < self->approval.len; at++) {
		altered = self->approval;
		altered.data[at] ^= 1 << at % 8;
		EXPECT_CLOSED(&altered, 1, UKS_TPM_NOT_APPROVED);
	}
	for (size_t len = 0; len < self->approval.len; len++) {
		altered = self->approval;
		altered.len = len;
		EXPECT_CLOSED(&altered, 1, UKS_TPM_NOT_APPROVED);
	}
	EXPECT_OPENS(&self->approval, 1);
}

TEST_F(boot, approval_of_another_authority_or_reference_is_refused)
{
	struct uks_tpm_authority first;
	uint8_t signature[72] = { 0 };

	ASSERT_EQ(new_authority(EC, REF), 0);
	ASSERT_OK(seal());
	first = self->authority;
	read_now("sha256:7");
	ASSERT_EQ(new_authority(EC, REF), 0);
	ASSERT_OK(approve_now());
	/* Its own approval is fine, but the secret is not sealed for it. */
	EXPECT_CLOSED(&self->approval, 1, UKS_TPM_NOT_APPROVED);
	self->authority = first;
	EXPECT_CLOSED(&self->approval, 1, UKS_TPM_NOT_APPROVED);
	EXPECT_CAUSE(uks_tpm_approval_make(&self->now, &first, signature, sizeof(signature),
					   &self->approval, &self->error), UKS_TPM_NOT_APPROVED);
	self->authority.ref[0] ^= 1;
	EXPECT_CLOSED(&self->approval, 1, UKS_TPM_NOT_APPROVED);
}

TEST_F(boot, key_that_is_none_is_refused)
{
	EXPECT_CAUSE(uks_tpm_authority_read("nonsense", 8, NULL, 0, &self->authority,
					    &self->error), UKS_TPM_BAD_ARGUMENT);
	EXPECT_CAUSE(new_authority("-algorithm ED25519", REF), UKS_TPM_BAD_ARGUMENT);
	EXPECT_CAUSE(new_authority(EC, "a reference that has more than 32 bytes"),
		     UKS_TPM_BAD_ARGUMENT);
}

TEST_HARNESS_MAIN
