// SPDX-License-Identifier: LGPL-2.1-or-later
/* Records that somebody altered, removed, reordered or cut off: each is found and named. */
#include <dirent.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "tests/unit/leaks.h"
#include "tests/unit/uksd-audit.h"

#define FIRST_FILE	"audit/00000000000000000001" UKS_AUDIT_SUFFIX

FIXTURE(audit_damage)
{
	struct daemon daemon;
	struct records records;
	struct uks_audit_head head;	/* what the daemon said before the damage */
	char path[PATH_MAX];
	uint8_t *bytes;			/* of the file, as it was */
	size_t len;
};

#define START() ASSERT_EQ(daemon_start(&self->daemon), 0)

/* Some twenty records with an anchor among them, and the daemon gone. */
FIXTURE_SETUP(audit_damage)
{
	int i;

	ASSERT_EQ(daemon_new(&self->daemon), 0);
	self->daemon.config.audit = true;
	self->daemon.config.audit_segment = 1 << 20;
	START();
	ASSERT_EQ(ask_generate(&self->daemon, "ship", UKS_KEY_AES_256), 0);
	daemon_stop(&self->daemon);
	START();
	for (i = 0; i < 12; i++)
		ASSERT_EQ(ask_open(&self->daemon, "ship", UKS_PURPOSE_ENCRYPT), 0);
	daemon_stop(&self->daemon);
	START();
	ASSERT_EQ(records_ask(&self->daemon, &self->records), 0);
	ASSERT_EQ(records_check(&self->records), 0);
	records_path(&self->daemon, FIRST_FILE, self->path);
	self->bytes = file_get(self->path, &self->len);
	self->head = self->records.head;
	/* The file has the records of the questions, too. */
	ASSERT_EQ(records_check_files(&self->daemon, &self->records, &self->head), 0);
}

FIXTURE_TEARDOWN(audit_damage)
{
	free(self->bytes);
	daemon_stop(&self->daemon);
	records_clean(&self->daemon);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

#define CHECK() records_check_files(&self->daemon, &self->records, &self->head)

static size_t locate(const struct daemon *daemon, uint64_t sequence, size_t *len)
{
	char path[PATH_MAX];

	return records_locate(daemon, sequence, path, len);
}

static void hash_anew(uint8_t *bytes, size_t at, size_t len)
{
	uks_audit_hash(bytes + at - UKS_AUDIT_HASH_LEN, bytes + at, len - UKS_AUDIT_HASH_LEN,
		       bytes + at + len - UKS_AUDIT_HASH_LEN);
}

TEST_F(audit_damage, of_one_bit_is_found_and_named)
{
	static const size_t offsets[] = { 4, 6, 17, 24, 33, 48, 56, 64, 68, 72, 80, 91, 96, 127 };
	uint64_t sequence;
	size_t at, len, i;

	for (sequence = 1; sequence <= self->head.last; sequence++) {
		at = locate(&self->daemon, sequence, &len);
		for (i = 0; i < sizeof(offsets) / sizeof(*offsets); i++) {
			self->bytes[at + offsets[i]] ^= 0x10;
			file_put(self->path, self->bytes, self->len);
			EXPECT_GT(CHECK(), 0);
			EXPECT_TRUE(records_damaged_at(&self->records, sequence, "altered"));
			self->bytes[at + offsets[i]] ^= 0x10;
		}
	}
}

TEST_F(audit_damage, with_a_new_hash_shows_in_the_next_record)
{
	uint64_t sequence;
	size_t at, len;

	for (sequence = 1; sequence < self->head.last; sequence++) {
		file_put(self->path, self->bytes, self->len);
		at = locate(&self->daemon, sequence, &len);
		uint8_t copy[UKS_AUDIT_RECORD_MAX];

		memcpy(copy, self->bytes + at, len);
		self->bytes[at + offsetof(struct uks_audit_record, uid)] ^= 1;
		if (sequence > 1)
			hash_anew(self->bytes, at, len);
		else
			uks_audit_hash(self->bytes + offsetof(struct uks_audit_segment, previous),
				       self->bytes + at, len - UKS_AUDIT_HASH_LEN,
				       self->bytes + at + len - UKS_AUDIT_HASH_LEN);
		file_put(self->path, self->bytes, self->len);
		EXPECT_GT(CHECK(), 0);
		EXPECT_TRUE(records_damaged_at(&self->records, sequence + 1, "altered"));
		memcpy(self->bytes + at, copy, len);
	}
}

/* Who makes the whole chain anew cannot make what the TPM has. */
TEST_F(audit_damage, with_all_hashes_made_anew_is_not_what_daemon_and_tpm_say)
{
	struct uks_audit_head head = self->head;
	uint64_t sequence, anchor = self->head.anchor_sequence;
	size_t at, len;

	for (sequence = 3; sequence <= self->head.last; sequence++) {
		at = locate(&self->daemon, sequence, &len);
		if (sequence == 3)
			self->bytes[at + offsetof(struct uks_audit_record, uid)] ^= 1;
		hash_anew(self->bytes, at, len);
	}
	file_put(self->path, self->bytes, self->len);
	EXPECT_GT(CHECK(), 1);
	EXPECT_TRUE(records_damaged_at(&self->records, self->head.last, "another hash"));
	EXPECT_TRUE(records_damaged_at(&self->records, anchor, "does not follow"));
	/* Without the daemon's word the TPM's is enough. */
	head.last = 0;
	EXPECT_GT(records_check_files(&self->daemon, &self->records, &head), 0);
	EXPECT_TRUE(records_damaged_at(&self->records, anchor, "the TPM does not confirm"));
}

TEST_F(audit_damage, by_removal_is_found_and_named)
{
	uint8_t *less = malloc(self->len);
	uint64_t sequence;
	size_t at, len;

	ASSERT_NE(less, NULL);
	for (sequence = 1; sequence < self->head.last; sequence++) {
		file_put(self->path, self->bytes, self->len);
		at = locate(&self->daemon, sequence, &len);
		memcpy(less, self->bytes, at);
		memcpy(less + at, self->bytes + at + len, self->len - at - len);
		file_put(self->path, less, self->len - len);
		EXPECT_GT(CHECK(), 0);
		EXPECT_TRUE(records_damaged_at(&self->records, sequence, "is missing"));
	}
	free(less);
}

TEST_F(audit_damage, by_reordering_is_found_and_named)
{
	uint8_t *other = malloc(self->len);
	uint64_t sequence;
	size_t at, len, next;

	ASSERT_NE(other, NULL);
	for (sequence = 1; sequence < self->head.last; sequence++) {
		file_put(self->path, self->bytes, self->len);
		at = locate(&self->daemon, sequence, &len);
		locate(&self->daemon, sequence + 1, &next);
		memcpy(other, self->bytes, self->len);
		memcpy(other + at, self->bytes + at + len, next);
		memcpy(other + at + next, self->bytes + at, len);
		file_put(self->path, other, self->len);
		EXPECT_GT(CHECK(), 0);
		EXPECT_TRUE(records_damaged_at(&self->records, sequence, "out of order"));
	}
	free(other);
}

TEST_F(audit_damage, by_a_record_twice_is_found_and_named)
{
	uint8_t *more = malloc(2 * self->len);
	size_t at, len;

	ASSERT_NE(more, NULL);
	at = locate(&self->daemon, 5, &len);
	memcpy(more, self->bytes, at + len);
	memcpy(more + at + len, self->bytes + at, self->len - at);
	file_put(self->path, more, self->len + len);
	EXPECT_GT(CHECK(), 0);
	EXPECT_TRUE(records_damaged_at(&self->records, 5, "out of order"));
	free(more);
}

TEST_F(audit_damage, by_cutting_off_the_end_is_found_and_named)
{
	uint64_t sequence;
	size_t at, len;

	for (sequence = 1; sequence <= self->head.last; sequence++) {
		file_put(self->path, self->bytes, self->len);
		at = locate(&self->daemon, sequence, &len);
		file_put(self->path, self->bytes, at);
		EXPECT_GT(CHECK(), 0);
		EXPECT_TRUE(records_damaged_at(&self->records, sequence, "are missing"));
		file_put(self->path, self->bytes, at + len / 2);
		EXPECT_GT(CHECK(), 0);
		EXPECT_TRUE(records_damaged_at(&self->records, sequence, "no record"));
	}
}

TEST_F(audit_damage, by_cutting_off_an_anchor_shows_in_the_tpm_alone)
{
	struct uks_audit_head head = self->head;
	size_t at, len;

	at = locate(&self->daemon, self->head.anchor_sequence, &len);
	file_put(self->path, self->bytes, at);
	head.last = 0;
	EXPECT_EQ(records_check_files(&self->daemon, &self->records, &head), 1);
	EXPECT_NE(strstr(self->records.texts[0], "the TPM does not confirm the anchor"), NULL) {
		TH_LOG("%s", self->records.texts[0]);
	}
}

/* The daemon finds it at its start, says so, and goes on behind it. */
TEST_F(audit_damage, while_the_daemon_was_away_is_recorded)
{
	size_t at, len;

	daemon_stop(&self->daemon);
	free(self->bytes);
	self->bytes = file_get(self->path, &self->len);
	at = locate(&self->daemon, 5, &len);
	self->bytes[at + 40] ^= 1;
	file_put(self->path, self->bytes, self->len);
	START();
	ASSERT_EQ(ask_open(&self->daemon, "ship", UKS_PURPOSE_ENCRYPT), 0);
	ASSERT_EQ(records_ask(&self->daemon, &self->records), 0);
	EXPECT_GT(records_count(&self->records, UKS_AUDIT_BROKEN), 0);
	EXPECT_GT(records_check(&self->records), 1);
	EXPECT_TRUE(records_damaged_at(&self->records, 5, "altered"));
	/* The evidence was left alone. */
	free(self->bytes);
	self->bytes = file_get(self->path, &len);
	EXPECT_EQ(len, self->len);
}

TEST_F(audit_damage, by_bringing_back_old_files_is_recorded)
{
	struct uks_audit_record record;

	records_save(&self->daemon, "saved");
	ASSERT_EQ(ask_open(&self->daemon, "ship", UKS_PURPOSE_ENCRYPT), 0);
	daemon_stop(&self->daemon);
	records_bring_back(&self->daemon, "saved");
	START();
	ASSERT_EQ(records_ask(&self->daemon, &self->records), 0);
	ASSERT_NE(records_find(&self->records, UKS_AUDIT_BROKEN, 0, &record), NULL);
	EXPECT_EQ(record.value, self->head.anchor_sequence);
	EXPECT_GT(records_check(&self->records), 0);
	EXPECT_TRUE(records_damaged_at(&self->records, record.sequence,
				       "the daemon found the chain damaged"));
}

TEST_F(audit_damage, by_removing_all_files_is_recorded)
{
	struct uks_audit_record record;

	daemon_stop(&self->daemon);
	records_clean(&self->daemon);
	START();
	ASSERT_EQ(records_ask(&self->daemon, &self->records), 0);
	ASSERT_NE(records_find(&self->records, UKS_AUDIT_BROKEN, 0, &record), NULL);
	EXPECT_EQ(record.value, 0);
	EXPECT_GT(records_check(&self->records), 0);
}

TEST_F(audit_damage, of_any_bytes_is_survived)
{
	int i, j;

	for (i = 0; i < 300; i++) {
		for (j = 0; j < 20; j++)
			self->bytes[rand() % self->len] = rand();
		file_put(self->path, self->bytes, rand() % self->len);
		EXPECT_GT(CHECK(), 0);
		if (i % 20)
			continue;
		daemon_stop(&self->daemon);
		START();
		ASSERT_EQ(ask_open(&self->daemon, "ship", UKS_PURPOSE_ENCRYPT), 0);
		records_path(&self->daemon, FIRST_FILE, self->path);
	}
}

TEST_HARNESS_MAIN
