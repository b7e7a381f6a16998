// SPDX-License-Identifier: LGPL-2.1-or-later
/* The master key: the same after a restart, with this TPM only. */
#include <kselftest_harness.h>
#include <sodium.h>

#include "tests/unit/leaks.h"
#include "tests/unit/uksd-daemon.h"

FIXTURE(master)
{
	struct daemon daemon;
	uint8_t secret[32];
};

FIXTURE_SETUP(master)
{
	struct daemon *daemon = &self->daemon;

	ASSERT_EQ(daemon_new(daemon), 0);
	ASSERT_EQ(daemon_start(daemon), 0) {
		TH_LOG("%s", daemon->failure.text);
	}
	ASSERT_EQ(ask_generate(daemon, "key", UKS_KEY_AES_256), 0);
	ASSERT_EQ(ask_open(daemon, "key", UKS_PURPOSE_ENCRYPT), 0);
	memcpy(self->secret, daemon->attrs[UKS_A_KEY_MATERIAL].value, 32);
	daemon_stop(daemon);
}

FIXTURE_TEARDOWN(master)
{
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

#define EXPECT_SAME_KEY() do { \
	ASSERT_EQ(daemon_start(&self->daemon), 0) { \
		TH_LOG("%s", self->daemon.failure.text); \
	} \
	EXPECT_EQ(ask_open(&self->daemon, "key", UKS_PURPOSE_ENCRYPT), 0); \
	EXPECT_EQ(memcmp(self->secret, self->daemon.attrs[UKS_A_KEY_MATERIAL].value, 32), 0); \
	daemon_stop(&self->daemon); \
} while (0)

#define EXPECT_NO_START(expected, fragment) do { \
	EXPECT_EQ(daemon_start(&self->daemon), -1); \
	EXPECT_EQ(self->daemon.failure.code, expected); \
	EXPECT_NE(strstr(self->daemon.failure.text, fragment), NULL) { \
		TH_LOG("%s", self->daemon.failure.text); \
	} \
} while (0)

TEST_F(master, survives_a_restart)
{
	EXPECT_SAME_KEY();
	EXPECT_SAME_KEY();
}

TEST_F(master, survives_a_power_cycle)
{
	swtpm_off(&self->daemon.swtpm);
	ASSERT_EQ(swtpm_on(&self->daemon.swtpm, "not-need-init,startup-clear"), 0);
	EXPECT_SAME_KEY();
}

/* What the TPM was told once opens it after each start, also of an older store. */
TEST_F(master, authorisation_values_stay)
{
	uint8_t values[3][UKS_TPM_AUTH_LEN], other[UKS_TPM_AUTH_LEN];
	struct daemon *daemon = &self->daemon;
	int i;

	for (i = 0; i < 3; i++) {
		if (!i)
			ASSERT_EQ(daemon_sql(daemon, "DELETE FROM meta WHERE name = 'auth-secret'"),
				  0);
		ASSERT_EQ(daemon_start(daemon), 0);
		master_auth(daemon->master, "label", "one", 3, values[i]);
		master_auth(daemon->master, "label", "two", 3, other);
		EXPECT_NE(memcmp(values[i], other, sizeof(other)), 0);
		daemon_stop(daemon);
	}
	EXPECT_EQ(memcmp(values[0], values[1], sizeof(other)), 0);
	EXPECT_EQ(memcmp(values[0], values[2], sizeof(other)), 0);
}

TEST_F(master, another_tpm_is_named)
{
	struct swtpm other;

	ASSERT_EQ(swtpm_new(&other), 0);
	ASSERT_EQ(swtpm_on(&other, "not-need-init,startup-clear"), 0);
	memcpy(self->daemon.config.tcti, other.tcti, sizeof(other.tcti));
	EXPECT_NO_START(UKS_E_TPM, self->daemon.config.store);
	EXPECT_NE(strstr(self->daemon.failure.text, "another TPM"), NULL) {
		TH_LOG("%s", self->daemon.failure.text);
	}
	memcpy(self->daemon.config.tcti, self->daemon.swtpm.tcti, sizeof(other.tcti));
	EXPECT_SAME_KEY();
	swtpm_delete(&other);
}

TEST_F(master, cleared_tpm_is_named)
{
	ASSERT_EQ(other_clear(self->daemon.swtpm.tcti), 0);
	EXPECT_NO_START(UKS_E_TPM, "cleared");
	EXPECT_NE(strstr(self->daemon.failure.text, self->daemon.config.store), NULL);
}

TEST_F(master, no_tpm_is_named)
{
	swtpm_off(&self->daemon.swtpm);
	EXPECT_NO_START(UKS_E_TPM, "TPM");
}

TEST_F(master, damaged_blob_is_refused)
{
	ASSERT_EQ(daemon_sql(&self->daemon,
			     "UPDATE meta SET value = zeroblob(200) WHERE name = 'master-key'"), 0);
	EXPECT_NO_START(UKS_E_TPM, self->daemon.config.store);
}

TEST_F(master, damaged_metadata_is_refused)
{
	/* What is looked at last is damaged first, so that each is what stops it. */
	static const char * const edits[] = {
		"UPDATE meta SET value = zeroblob(72) WHERE name = 'auth-secret'",
		"UPDATE meta SET value = zeroblob(71) WHERE name = 'auth-secret'",
		"DELETE FROM meta WHERE name = 'tpm-endorsement'",
		"UPDATE meta SET value = zeroblob(33) WHERE name = 'tpm-root'",
		"DELETE FROM meta WHERE name = 'tpm-root'",
		"UPDATE meta SET value = zeroblob(513) WHERE name = 'master-key'",
	};
	size_t i;

	for (i = 0; i < sizeof(edits) / sizeof(*edits); i++) {
		ASSERT_EQ(daemon_sql(&self->daemon, edits[i]), 0);
		EXPECT_NO_START(UKS_E_STORE, "damaged");
	}
}

/* Never a second master key beside keys of the first. */
TEST_F(master, store_without_master_key_but_with_keys_is_refused)
{
	ASSERT_EQ(daemon_sql(&self->daemon, "DELETE FROM meta"), 0);
	EXPECT_NO_START(UKS_E_STORE, "damaged");
}

/* With the sealed key of a second store, none of the first store's keys opens. */
TEST_F(master, exchanged_master_key_opens_nothing)
{
	struct daemon *daemon = &self->daemon, *other = calloc(1, sizeof(*other));
	char sql[PATH_MAX + 200];

	ASSERT_NE(other, NULL);
	*other = *daemon;
	memcpy(other->dir, "/dev/shm/uksd-XXXXXX", 21);
	ASSERT_NE(mkdtemp(other->dir), NULL);
	snprintf(other->config.store, sizeof(other->config.store), "%s/keys.db", other->dir);
	ASSERT_EQ(daemon_start(other), 0);
	daemon_stop(other);
	snprintf(sql, sizeof(sql),
		 "ATTACH '%s' AS other; INSERT OR REPLACE INTO meta SELECT * FROM other.meta",
		 other->config.store);
	ASSERT_EQ(daemon_sql(daemon, sql), 0);
	ASSERT_EQ(daemon_start(daemon), 0);
	EXPECT_EQ(ask_open(daemon, "key", UKS_PURPOSE_ENCRYPT), UKS_E_ROLLBACK);
	daemon_stop(daemon);
	other->swtpm.pid = 0;
	snprintf(sql, sizeof(sql), "rm -r %s", other->dir);
	EXPECT_EQ(system(sql), 0);
	free(other);
}

TEST_HARNESS_MAIN
