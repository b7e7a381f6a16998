// SPDX-License-Identifier: LGPL-2.1-or-later
/* tpm/ with a software TPM: the root, sealing, and the names of what goes wrong. */
#include <ctype.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <kselftest_harness.h>
#include <tss2/tss2_esys.h>

#include "tests/unit/leaks.h"
#include "tests/unit/tpm-expect.h"
#include "tests/unit/tpm-swtpm.h"
#include "tpm/tpm.h"

#define ROOT	UKS_TPM_ROOT_HANDLE

FIXTURE(tpm)
{
	struct swtpm swtpm;
	struct uks_tpm *tpm;
	struct uks_tpm_error error;
	struct uks_tpm_identity id;
	uint8_t secret[UKS_TPM_SECRET_LEN];
};

FIXTURE_SETUP(tpm)
{
	setenv("TSS2_LOG", "all+none", 1);
	ASSERT_EQ(swtpm_new(&self->swtpm), 0);
	ASSERT_EQ(swtpm_on(&self->swtpm, "not-need-init,startup-clear"), 0);
	ASSERT_EQ(uks_tpm_open(self->swtpm.tcti, &self->tpm, &self->error), 0) {
		TH_LOG("%s", self->error.text);
	}
	ASSERT_EQ(getrandom(self->secret, sizeof(self->secret), 0), sizeof(self->secret));
}

FIXTURE_TEARDOWN(tpm)
{
	uks_tpm_close(self->tpm);
	swtpm_delete(&self->swtpm);
	EXPECT_EQ(leaks(), 0);
}

#define find_root(expected, found) \
	uks_tpm_root(self->tpm, ROOT, expected, found, &self->error)

/* As after a restart of the program. */
static int reopen(struct uks_tpm **tpm, const char *tcti, struct uks_tpm_error *error)
{
	uks_tpm_close(*tpm);
	return uks_tpm_open(tcti, tpm, error);
}

TEST_F(tpm, is_described)
{
	char text[64], cut[5];

	uks_tpm_describe(self->tpm, text, sizeof(text));
	EXPECT_EQ(strncmp(text, "IBM SW   TPM, firmware ", 23), 0) {
		TH_LOG("%s", text);
	}
	EXPECT_TRUE(isdigit(text[23]));
	uks_tpm_describe(self->tpm, cut, sizeof(cut));
	EXPECT_STREQ(cut, "IBM ");
}

TEST_F(tpm, first_start_makes_the_root_persistent)
{
	TPM2B_NAME name;

	ASSERT_OK(find_root(NULL, &self->id));
	ASSERT_EQ(other_name(self->swtpm.tcti, ROOT, &name), 0);
	ASSERT_EQ(name.size, UKS_TPM_NAME_LEN);
	EXPECT_EQ(memcmp(name.name, self->id.root, UKS_TPM_NAME_LEN), 0);
	EXPECT_EQ(other_count(self->swtpm.tcti, PERSISTENT), 1);
	EXPECT_NOTHING_LEFT();
}

TEST_F(tpm, later_start_finds_the_root)
{
	struct uks_tpm_identity again;

	ASSERT_OK(find_root(NULL, &self->id));
	swtpm_off(&self->swtpm);
	ASSERT_EQ(swtpm_on(&self->swtpm, "not-need-init,startup-clear"), 0);
	ASSERT_OK(reopen(&self->tpm, self->swtpm.tcti, &self->error));
	ASSERT_OK(find_root(&self->id, &again));
	EXPECT_EQ(memcmp(&again, &self->id, sizeof(again)), 0);
	EXPECT_EQ(other_count(self->swtpm.tcti, PERSISTENT), 1);
	EXPECT_NOTHING_LEFT();
}

TEST_F(tpm, first_start_takes_the_root_that_is_there)
{
	struct uks_tpm_identity again;

	ASSERT_OK(find_root(NULL, &self->id));
	ASSERT_OK(find_root(NULL, &again));
	EXPECT_EQ(memcmp(&again, &self->id, sizeof(again)), 0);
	EXPECT_EQ(other_count(self->swtpm.tcti, PERSISTENT), 1);
}

TEST_F(tpm, root_missing_at_its_handle_is_put_back)
{
	struct uks_tpm_identity again;
	TPM2B_NAME name;

	ASSERT_OK(find_root(NULL, &self->id));
	ASSERT_EQ(other_evict(self->swtpm.tcti, ROOT), 0);
	ASSERT_OK(find_root(&self->id, &again));
	EXPECT_EQ(memcmp(&again, &self->id, sizeof(again)), 0);
	ASSERT_EQ(other_name(self->swtpm.tcti, ROOT, &name), 0);
	EXPECT_EQ(memcmp(name.name, self->id.root, UKS_TPM_NAME_LEN), 0);
	EXPECT_NOTHING_LEFT();
}

/* What tpm2-tools make of the TCG's templates has the same names. */
TEST_F(tpm, names_are_those_of_the_standard_templates)
{
	struct uks_tpm_identity standard;
	char *command;
	FILE *names;
	int ret;

	ASSERT_OK(find_root(NULL, &self->id));
	ret = asprintf(&command,
		       "set -e; cd %s; export TPM2TOOLS_TCTI=%s\n"
		       "a='fixedtpm|fixedparent|sensitivedataorigin|userwithauth'\n"
		       "a=\"$a|noda|restricted|decrypt\"\n"
		       "head -c 64 /dev/zero |\n"
		       " tpm2_createprimary -Q -C o -G ecc256:aes128cfb -a $a -u - -c root.ctx\n"
		       "tpm2_readpublic -Q -c root.ctx -n root.name; tpm2_flushcontext -t\n"
		       "tpm2_createek -Q -G ecc -c ek.ctx -u ek.pub\n"
		       "tpm2_readpublic -Q -c ek.ctx -n ek.name; tpm2_flushcontext -t\n"
		       "cat root.name ek.name", self->swtpm.dir, self->swtpm.tcti);
	ASSERT_NE(ret, -1);
	names = popen(command, "r");
	free(command);
	ASSERT_NE(names, NULL);
	EXPECT_EQ(fread(&standard, sizeof(standard), 1, names), 1);
	EXPECT_EQ(pclose(names), 0);
	EXPECT_EQ(memcmp(standard.root, self->id.root, UKS_TPM_NAME_LEN), 0);
	EXPECT_EQ(memcmp(standard.endorsement, self->id.endorsement, UKS_TPM_NAME_LEN), 0);
}

TEST_F(tpm, cleared_tpm_is_told)
{
	ASSERT_OK(find_root(NULL, &self->id));
	ASSERT_EQ(other_clear(self->swtpm.tcti), 0);
	EXPECT_CAUSE(find_root(&self->id, &self->id), UKS_TPM_CLEARED);
	EXPECT_EQ(other_count(self->swtpm.tcti, PERSISTENT), 0);
	EXPECT_NOTHING_LEFT();
}

TEST_F(tpm, cleared_tpm_is_told_though_the_handle_is_in_use_again)
{
	struct uks_tpm_identity later;

	ASSERT_OK(find_root(NULL, &self->id));
	ASSERT_EQ(other_clear(self->swtpm.tcti), 0);
	ASSERT_EQ(other_persist(self->swtpm.tcti, ROOT), 0);
	EXPECT_CAUSE(find_root(&self->id, &later), UKS_TPM_CLEARED);
	ASSERT_EQ(other_evict(self->swtpm.tcti, ROOT), 0);

	ASSERT_OK(find_root(NULL, &later));
	EXPECT_EQ(memcmp(later.endorsement, self->id.endorsement, UKS_TPM_NAME_LEN), 0);
	EXPECT_NE(memcmp(later.root, self->id.root, UKS_TPM_NAME_LEN), 0);
	EXPECT_CAUSE(find_root(&self->id, &later), UKS_TPM_CLEARED);
}

TEST_F(tpm, foreign_tpm_is_told)
{
	struct uks_tpm_blob blob;
	struct swtpm foreign;

	ASSERT_OK(find_root(NULL, &self->id));
	ASSERT_OK(uks_tpm_seal(self->tpm, self->secret, &blob, &self->error));
	ASSERT_EQ(swtpm_new(&foreign), 0);
	ASSERT_EQ(swtpm_on(&foreign, "not-need-init,startup-clear"), 0);
	EXPECT_OK(reopen(&self->tpm, foreign.tcti, &self->error));
	EXPECT_CAUSE(find_root(&self->id, &self->id), UKS_TPM_FOREIGN);
	EXPECT_EQ(other_count(foreign.tcti, PERSISTENT), 0);
	EXPECT_EQ(other_count(foreign.tcti, TRANSIENT), 0);

	/* And it could not do anything with the blob. */
	EXPECT_OK(find_root(NULL, &self->id));
	EXPECT_CAUSE(uks_tpm_unseal(self->tpm, &blob, self->secret, &self->error),
		     UKS_TPM_SEALED_BLOB);
	EXPECT_EQ(other_count(foreign.tcti, SESSIONS), 0);
	swtpm_delete(&foreign);
}

TEST_F(tpm, handle_with_something_else_is_left_alone)
{
	TPM2B_NAME before, after;

	ASSERT_EQ(other_persist(self->swtpm.tcti, ROOT), 0);
	ASSERT_EQ(other_name(self->swtpm.tcti, ROOT, &before), 0);
	EXPECT_CAUSE(find_root(NULL, &self->id), UKS_TPM_HANDLE_TAKEN);

	/* The same when the root was at another handle before. */
	ASSERT_OK(uks_tpm_root(self->tpm, ROOT + 1, NULL, &self->id, &self->error));
	EXPECT_CAUSE(find_root(&self->id, &self->id), UKS_TPM_HANDLE_TAKEN);
	ASSERT_EQ(other_name(self->swtpm.tcti, ROOT, &after), 0);
	ASSERT_EQ(before.size, UKS_TPM_NAME_LEN);
	EXPECT_EQ(memcmp(before.name, after.name, UKS_TPM_NAME_LEN), 0);
	EXPECT_NOTHING_LEFT();
}

TEST_F(tpm, handle_must_be_a_persistent_one_of_the_owner)
{
	static const uint32_t bad[] = { 0, TRANSIENT, PERSISTENT - 1,
					PLATFORM, UINT32_MAX };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		EXPECT_CAUSE(uks_tpm_root(self->tpm, bad[i], NULL, &self->id, &self->error),
			     UKS_TPM_BAD_CONFIG);
	EXPECT_OK(uks_tpm_root(self->tpm, PLATFORM - 1, NULL, &self->id,
			       &self->error));
}

TEST_F(tpm, password_of_a_hierarchy_is_told)
{
	ASSERT_EQ(other_set_password(self->swtpm.tcti, ESYS_TR_RH_ENDORSEMENT, "e"), 0);
	EXPECT_CAUSE(find_root(NULL, &self->id), UKS_TPM_HIERARCHY);
	EXPECT_EQ(other_count(self->swtpm.tcti, PERSISTENT), 0);
	ASSERT_EQ(other_clear(self->swtpm.tcti), 0);
	ASSERT_EQ(other_set_password(self->swtpm.tcti, ESYS_TR_RH_OWNER, "o"), 0);
	EXPECT_CAUSE(find_root(NULL, &self->id), UKS_TPM_HIERARCHY);
	EXPECT_NOTHING_LEFT();
}

/* The usual case of machines that others look after: passwords, but the root is there. */
TEST_F(tpm, later_start_needs_no_password)
{
	struct uks_tpm_blob blob;

	ASSERT_OK(find_root(NULL, &self->id));
	ASSERT_OK(uks_tpm_seal(self->tpm, self->secret, &blob, &self->error));
	ASSERT_EQ(other_set_password(self->swtpm.tcti, ESYS_TR_RH_OWNER, "o"), 0);
	ASSERT_EQ(other_set_password(self->swtpm.tcti, ESYS_TR_RH_ENDORSEMENT, "e"), 0);
	ASSERT_OK(reopen(&self->tpm, self->swtpm.tcti, &self->error));
	EXPECT_OK(find_root(&self->id, &self->id));
	EXPECT_OK(uks_tpm_unseal(self->tpm, &blob, self->secret, &self->error));
}

TEST_F(tpm, secret_comes_back_after_power_off)
{
	struct uks_tpm_blob blob, second;
	uint8_t back[UKS_TPM_SECRET_LEN];

	ASSERT_OK(find_root(NULL, &self->id));
	ASSERT_OK(uks_tpm_seal(self->tpm, self->secret, &blob, &self->error));
	ASSERT_OK(uks_tpm_seal(self->tpm, self->secret, &second, &self->error));
	EXPECT_NE(memcmp(&blob, &second, sizeof(blob)), 0);
	EXPECT_EQ(memmem(blob.data, blob.len, self->secret, sizeof(self->secret)), NULL);

	swtpm_off(&self->swtpm);
	ASSERT_EQ(swtpm_on(&self->swtpm, "not-need-init,startup-clear"), 0);
	ASSERT_OK(reopen(&self->tpm, self->swtpm.tcti, &self->error));
	ASSERT_OK(find_root(&self->id, &self->id));
	ASSERT_OK(uks_tpm_unseal(self->tpm, &blob, back, &self->error));
	EXPECT_EQ(memcmp(back, self->secret, sizeof(back)), 0);
	ASSERT_OK(uks_tpm_unseal(self->tpm, &second, back, &self->error));
	EXPECT_EQ(memcmp(back, self->secret, sizeof(back)), 0);
	EXPECT_NOTHING_LEFT();
}

TEST_F(tpm, nothing_is_sealed_without_a_root)
{
	struct uks_tpm_blob blob = { .len = 0 };

	EXPECT_EQ(uks_tpm_seal(self->tpm, self->secret, &blob, &self->error), -1);
	EXPECT_EQ(self->error.cause, UKS_TPM_OTHER);
	EXPECT_EQ(blob.len, 0);
}

static bool is_zero(const uint8_t *data, size_t len)
{
	while (len--)
		if (data[len])
			return false;
	return true;
}

TEST_F_TIMEOUT(tpm, each_changed_byte_of_a_blob_is_refused, 120)
{
	struct uks_tpm_blob blob, changed;

	ASSERT_OK(find_root(NULL, &self->id));
	ASSERT_OK(uks_tpm_seal(self->tpm, self->secret, &blob, &self->error));
	for (size_t i = 0; i < blob.len; i++) {
		changed = blob;
		changed.data[i] ^= 1 << i % 8;
		memset(self->secret, 0xff, sizeof(self->secret));
		EXPECT_CAUSE(uks_tpm_unseal(self->tpm, &changed, self->secret, &self->error),
			     UKS_TPM_SEALED_BLOB);
		EXPECT_TRUE(is_zero(self->secret, sizeof(self->secret))) {
			TH_LOG("byte %zu", i);
		}
	}
	EXPECT_NOTHING_LEFT();
}

TEST_F_TIMEOUT(tpm, blob_of_another_length_is_refused, 120)
{
	struct uks_tpm_blob blob, changed;

	ASSERT_OK(find_root(NULL, &self->id));
	ASSERT_OK(uks_tpm_seal(self->tpm, self->secret, &blob, &self->error));
	changed = blob;
	for (changed.len = 0; changed.len <= UKS_TPM_BLOB_MAX + 1; changed.len++) {
		if (changed.len == blob.len)
			continue;
		EXPECT_CAUSE(uks_tpm_unseal(self->tpm, &changed, self->secret, &self->error),
			     UKS_TPM_SEALED_BLOB);
	}
	changed.len = SIZE_MAX;
	EXPECT_CAUSE(uks_tpm_unseal(self->tpm, &changed, self->secret, &self->error),
		     UKS_TPM_SEALED_BLOB);
	EXPECT_NOTHING_LEFT();
}

TEST_F(tpm, full_tpm_is_told_and_works_when_there_is_room)
{
	struct uks_tpm_blob blob;

	ASSERT_EQ(other_fill(self->swtpm.tcti, 3), 0);
	EXPECT_CAUSE(find_root(NULL, &self->id), UKS_TPM_CONTEXTS_EXHAUSTED);
	ASSERT_EQ(other_flush_all(self->swtpm.tcti, TRANSIENT), 0);
	ASSERT_OK(find_root(NULL, &self->id));

	ASSERT_EQ(other_fill_sessions(self->swtpm.tcti), 0);
	EXPECT_CAUSE(uks_tpm_seal(self->tpm, self->secret, &blob, &self->error),
		     UKS_TPM_CONTEXTS_EXHAUSTED);
	ASSERT_EQ(other_flush_all(self->swtpm.tcti, SESSIONS), 0);
	ASSERT_OK(uks_tpm_seal(self->tpm, self->secret, &blob, &self->error));

	ASSERT_EQ(other_fill(self->swtpm.tcti, 3), 0);
	EXPECT_CAUSE(uks_tpm_unseal(self->tpm, &blob, self->secret, &self->error),
		     UKS_TPM_CONTEXTS_EXHAUSTED);
	EXPECT_EQ(other_count(self->swtpm.tcti, SESSIONS), 0);
	ASSERT_EQ(other_flush_all(self->swtpm.tcti, TRANSIENT), 0);
	EXPECT_OK(uks_tpm_unseal(self->tpm, &blob, self->secret, &self->error));
	EXPECT_NOTHING_LEFT();
}

/* One slot is enough for each command, as the hardware has few. */
TEST_F(tpm, one_free_slot_is_enough)
{
	struct uks_tpm_blob blob;

	ASSERT_EQ(other_fill(self->swtpm.tcti, 1), 0);
	ASSERT_OK(find_root(NULL, &self->id));
	ASSERT_OK(uks_tpm_seal(self->tpm, self->secret, &blob, &self->error));
	EXPECT_OK(uks_tpm_unseal(self->tpm, &blob, self->secret, &self->error));
	EXPECT_EQ(other_count(self->swtpm.tcti, TRANSIENT), 1);
}

TEST_F(tpm, works_in_dictionary_lockout)
{
	struct uks_tpm_blob blob;

	ASSERT_EQ(other_lock_out(self->swtpm.tcti), 0);
	ASSERT_OK(find_root(NULL, &self->id));
	ASSERT_OK(uks_tpm_seal(self->tpm, self->secret, &blob, &self->error));
	EXPECT_OK(uks_tpm_unseal(self->tpm, &blob, self->secret, &self->error));
}

TEST_F(tpm, failure_mode_is_told)
{
	struct uks_tpm_blob blob;

	ASSERT_OK(find_root(NULL, &self->id));
	ASSERT_OK(uks_tpm_seal(self->tpm, self->secret, &blob, &self->error));
	ASSERT_EQ(swtpm_break(&self->swtpm), 0);
	EXPECT_CAUSE(uks_tpm_root(self->tpm, ROOT + 1, NULL, &self->id, &self->error),
		     UKS_TPM_FAILURE_MODE);
	EXPECT_OK(reopen(&self->tpm, self->swtpm.tcti, &self->error));
	EXPECT_CAUSE(find_root(&self->id, &self->id), UKS_TPM_FAILURE_MODE);
}

TEST_F(tpm, tpm_that_goes_away_is_told)
{
	struct uks_tpm_blob blob;

	ASSERT_OK(find_root(NULL, &self->id));
	swtpm_off(&self->swtpm);
	EXPECT_CAUSE(uks_tpm_seal(self->tpm, self->secret, &blob, &self->error),
		     UKS_TPM_NO_DEVICE);
}

TEST_F(tpm, tpm_that_nobody_started_is_started)
{
	swtpm_off(&self->swtpm);
	ASSERT_EQ(swtpm_on(&self->swtpm, "not-need-init"), 0);
	ASSERT_OK(reopen(&self->tpm, self->swtpm.tcti, &self->error));
	EXPECT_OK(find_root(NULL, &self->id));
}

FIXTURE(no_tpm)
{
	struct uks_tpm *tpm;
	struct uks_tpm_error error;
	int err;		/* stderr as it was */
	int written[2];		/* what was written to it since */
};

FIXTURE_SETUP(no_tpm)
{
	unsetenv("TSS2_LOG");
	ASSERT_EQ(pipe(self->written), 0);
	self->err = dup(STDERR_FILENO);
	ASSERT_EQ(dup2(self->written[1], STDERR_FILENO), STDERR_FILENO);
}

FIXTURE_TEARDOWN(no_tpm)
{
	char text[4096] = "";
	int written = -1;

	dup2(self->err, STDERR_FILENO);
	EXPECT_EQ(ioctl(self->written[0], FIONREAD, &written), 0);
	EXPECT_EQ(written, 0) {
		if (read(self->written[0], text, sizeof(text) - 1) > 0)
			TH_LOG("%s", text);
	}
	EXPECT_EQ(leaks(), 0);
}

/* Each failure is told once, and nothing goes to stderr. */
#define EXPECT_NO_TPM(tcti, why) do { \
	self->tpm = (void *)1; \
	EXPECT_CAUSE(uks_tpm_open(tcti, &self->tpm, &self->error), why); \
	EXPECT_EQ(self->tpm, NULL); \
} while (0)

TEST_F(no_tpm, missing_device)
{
	EXPECT_NO_TPM("device:/dev/no-tpm", UKS_TPM_NO_DEVICE);
	EXPECT_NE(strstr(self->error.text, "/dev/no-tpm"), NULL);
	EXPECT_NO_TPM("swtpm:path=/nowhere/tpm", UKS_TPM_NO_DEVICE);
}

TEST_F(no_tpm, device_that_is_no_tpm)
{
	EXPECT_NO_TPM("device:/dev/null", UKS_TPM_NO_DEVICE);
}

TEST_F(no_tpm, file_that_is_no_device_stays_as_it_is)
{
	char path[] = "/tmp/uks-tpm-XXXXXX", tcti[64];
	struct stat st;
	int fd;

	fd = mkstemp(path);
	ASSERT_NE(fd, -1);
	snprintf(tcti, sizeof(tcti), "device:%s", path);
	EXPECT_NO_TPM(tcti, UKS_TPM_BAD_CONFIG);
	EXPECT_EQ(fstat(fd, &st), 0);
	EXPECT_EQ(st.st_size, 0);
	close(fd);
	unlink(path);
}

TEST_F(no_tpm, device_of_others)
{
	char dir[] = "/tmp/uks-tpm-XXXXXX", tcti[64];

	ASSERT_NE(mkdtemp(dir), NULL);
	ASSERT_EQ(chmod(dir, 0), 0);
	snprintf(tcti, sizeof(tcti), "device:%s/tpm0", dir);
	if (!geteuid())
		ASSERT_EQ(seteuid(65534), 0);
	EXPECT_NO_TPM(tcti, UKS_TPM_NO_PERMISSION);
	EXPECT_EQ(seteuid(getuid()), 0);
	rmdir(dir);
}

TEST_F(no_tpm, unknown_tcti)
{
	EXPECT_NO_TPM(NULL, UKS_TPM_BAD_CONFIG);
	EXPECT_NO_TPM("", UKS_TPM_BAD_CONFIG);
	EXPECT_NO_TPM("carrier-pigeon", UKS_TPM_BAD_CONFIG);
	EXPECT_NO_TPM("carrier-pigeon:/dev/tpmrm0", UKS_TPM_BAD_CONFIG);
	EXPECT_NO_TPM("swtpm:colour=blue", UKS_TPM_BAD_CONFIG);
}

TEST_HARNESS_MAIN
