// SPDX-License-Identifier: LGPL-2.1-or-later
/* The SQLite store by itself: schema, changes, what it refuses, a full disk, threads. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <kselftest_harness.h>
#include <sodium.h>
#include <sqlite3.h>

#include "daemon/log.h"
#include "daemon/store/store.h"
#include "tests/unit/leaks.h"

static const struct store_ops *const sqlite = &store_sqlite;

#define PATH	"keys.db"	/* in a directory of its own, where each test is */

FIXTURE(store)
{
	char dir[32];
	struct store *store;
	struct record record, found;
	struct failure failure;
};

FIXTURE_SETUP(store)
{
	ASSERT_GE(sodium_init(), 0);
	log_level(LOG_ERR - 1);
	memcpy(self->dir, "/tmp/uks-store-XXXXXX", 22);
	ASSERT_NE(mkdtemp(self->dir), NULL);
	ASSERT_EQ(chdir(self->dir), 0);
	ASSERT_EQ(store_open(PATH, true, &self->store, &self->failure), 0) {
		TH_LOG("%s", self->failure.text);
	}
}

FIXTURE_TEARDOWN(store)
{
	char command[64];

	store_close(self->store);
	snprintf(command, sizeof(command), "rm -r %s", self->dir);
	EXPECT_EQ(system(command), 0);
	EXPECT_EQ(leaks(), 0);
}

static void rename_to(struct record *record, const char *name)
{
	snprintf(record->key.name, sizeof(record->key.name), "%s", name);
}

static struct record *make(struct record *record, uint32_t owner, const char *name)
{
	memset(record, 0, sizeof(*record));
	randombytes_buf(record->key.id, UKS_KEY_ID_LEN);
	rename_to(record, name);
	record->key.owner = owner;
	record->key.type = UKS_KEY_ED25519;
	record->key.purposes = UKS_PURPOSE_SIGN;
	record->key.origin = UKS_ORIGIN_GENERATED;
	record->key.provider = UKS_PROVIDER_TPM;
	record->key.pin_len = 4;
	memcpy(record->key.pin, "\0pin", 4);
	record->key.state = UKS_STATE_ACTIVE;
	record->key.version = 1;
	record->key.created = 1700000000;
	record->key.policy_len = 3;
	memcpy(record->key.policy, "pol", 3);
	record->key.public_len = 44;
	randombytes_buf(record->key.public_key, 44);
	record->blob.len = 73;
	randombytes_buf(record->blob.data, record->blob.len);
	return record;
}

static int add(struct store *store, struct record *record, uint32_t owner, const char *name,
	       struct failure *failure)
{
	return store->ops->insert(store, make(record, owner, name), failure);
}

static int remove_key(struct store *store, const uint8_t *id, struct failure *failure)
{
	if (store->ops->begin(store, failure))
		return -1;
	if (store->ops->remove(store, id, failure)) {
		store->ops->rollback(store);
		return -1;
	}
	if (store->ops->commit(store, failure))
		return -1;
	store->ops->scrub(store);
	return 0;
}

#define OP(op, ...) ((op)(self->store, ##__VA_ARGS__, &self->failure))
#define ADD(owner, name) add(self->store, &self->record, owner, name, &self->failure)

static bool same(const struct record *a, const struct record *b)
{
	return !memcmp(a->key.id, b->key.id, UKS_KEY_ID_LEN) &&
	       !strcmp(a->key.name, b->key.name) && a->key.owner == b->key.owner &&
	       a->key.type == b->key.type && a->key.purposes == b->key.purposes &&
	       a->key.origin == b->key.origin &&
	       a->key.provider == b->key.provider && a->key.pin_len == b->key.pin_len &&
	       !memcmp(a->key.pin, b->key.pin, a->key.pin_len) && a->key.state == b->key.state &&
	       a->key.version == b->key.version && a->key.created == b->key.created &&
	       a->key.policy_len == b->key.policy_len &&
	       !memcmp(a->key.policy, b->key.policy, a->key.policy_len) &&
	       a->key.public_len == b->key.public_len &&
	       !memcmp(a->key.public_key, b->key.public_key, a->key.public_len) &&
	       a->blob.len == b->blob.len && !memcmp(a->blob.data, b->blob.data, a->blob.len);
}

static int sql(const char *path, const char *statement)
{
	sqlite3 *db;
	int ret;

	ret = sqlite3_open(path, &db);
	if (!ret)
		ret = sqlite3_exec(db, statement, NULL, NULL, NULL);
	if (ret)
		fprintf(stderr, "# %s: %s\n", statement, sqlite3_errmsg(db));
	sqlite3_close(db);
	return ret;
}

static int reopen(struct store **store, const char *path, struct failure *failure)
{
	store_close(*store);
	*store = NULL;
	return store_open(path, true, store, failure);
}

TEST_F(store, gives_back_what_was_put_in)
{
	ASSERT_EQ(ADD(1000, "name"), 0);
	ASSERT_EQ(OP(sqlite->by_name, 1000, "name", &self->found), 0);
	EXPECT_TRUE(same(&self->record, &self->found));
	ASSERT_EQ(OP(sqlite->by_id, self->record.key.id, &self->found), 0);
	EXPECT_TRUE(same(&self->record, &self->found));
	ASSERT_EQ(reopen(&self->store, PATH, &self->failure), 0);
	ASSERT_EQ(OP(sqlite->version, self->record.key.id, 0, &self->found), 0);
	EXPECT_TRUE(same(&self->record, &self->found));
	EXPECT_EQ(OP(sqlite->version, self->record.key.id, 1, &self->found), -1);
	EXPECT_EQ(self->failure.code, UKS_E_NO_KEY);
}

TEST_F(store, takes_the_greatest_of_everything)
{
	char name[UKS_NAME_MAX + 1] = "";

	memset(name, 'n', UKS_NAME_MAX);
	make(&self->record, UINT32_MAX - 1, name);
	self->record.key.purposes = UINT32_MAX;
	self->record.key.policy_len = KEY_POLICY_MAX;
	self->record.key.public_len = KEY_PUBLIC_MAX;
	self->record.blob.len = SEAL_BLOB_MAX;
	ASSERT_EQ(OP(sqlite->insert, &self->record), 0);
	ASSERT_EQ(OP(sqlite->by_name, UINT32_MAX - 1, name, &self->found), 0);
	EXPECT_TRUE(same(&self->record, &self->found));
}

TEST_F(store, never_overwrites_a_key)
{
	struct record first;

	ASSERT_EQ(ADD(1000, "name"), 0);
	first = self->record;
	EXPECT_EQ(ADD(1000, "name"), -1);
	EXPECT_EQ(self->failure.code, UKS_E_KEY_EXISTS);
	ASSERT_EQ(OP(sqlite->by_name, 1000, "name", &self->found), 0);
	EXPECT_TRUE(same(&first, &self->found));
	/* The same id is as impossible. */
	rename_to(&first, "other");
	EXPECT_EQ(OP(sqlite->insert, &first), -1);
	EXPECT_EQ(self->failure.code, UKS_E_KEY_EXISTS);
}

TEST_F(store, keeps_owners_apart)
{
	struct record first;
	uint64_t count;

	ASSERT_EQ(ADD(1000, "name"), 0);
	first = self->record;
	ASSERT_EQ(ADD(1001, "name"), 0);
	ASSERT_EQ(OP(sqlite->by_name, 1000, "name", &self->found), 0);
	EXPECT_TRUE(same(&first, &self->found));
	EXPECT_EQ(OP(sqlite->by_name, 1002, "name", &self->found), -1);
	EXPECT_EQ(self->failure.code, UKS_E_NO_KEY);
	ASSERT_EQ(OP(sqlite->count, 1001, &count), 0);
	EXPECT_EQ(count, 1);
	ASSERT_EQ(OP(sqlite->count, 1002, &count), 0);
	EXPECT_EQ(count, 0);
}

TEST_F(store, names_are_bytes)
{
	ASSERT_EQ(ADD(1000, "name"), 0);
	EXPECT_EQ(ADD(1000, "Name"), 0);
	EXPECT_EQ(ADD(1000, "name "), 0);
	EXPECT_EQ(ADD(1000, "n\xc3\xa4me"), 0);
	EXPECT_EQ(ADD(1000, "na\xcc\x88me"), 0);
	EXPECT_EQ(ADD(1000, "name'; DROP TABLE keys; --"), 0);
	EXPECT_EQ(OP(sqlite->by_name, 1000, "NAME", &self->found), -1);
	EXPECT_EQ(OP(sqlite->by_name, 1000, "%", &self->found), -1);
}

TEST_F(store, removes_a_key_and_its_bytes)
{
	char command[160];
	uint8_t *blob = self->record.blob.data;
	char hex[17];

	ASSERT_EQ(ADD(1000, "first"), 0);
	ASSERT_EQ(ADD(1000, "second"), 0);
	sodium_bin2hex(hex, sizeof(hex), blob, 8);
	snprintf(command, sizeof(command), "cat " PATH "* | xxd -p | tr -d '\\n' | grep -q %s",
		 hex);
	EXPECT_EQ(system(command), 0);
	ASSERT_EQ(OP(remove_key, self->record.key.id), 0);
	EXPECT_NE(system(command), 0);
	EXPECT_EQ(OP(sqlite->by_id, self->record.key.id, &self->found), -1);
	EXPECT_EQ(self->failure.code, UKS_E_NO_KEY);
	EXPECT_EQ(OP(sqlite->version, self->record.key.id, 0, &self->found), -1);
	EXPECT_EQ(OP(remove_key, self->record.key.id), -1);
	EXPECT_EQ(self->failure.code, UKS_E_NO_KEY);
	EXPECT_EQ(OP(sqlite->by_name, 1000, "first", &self->found), 0);
}

TEST_F(store, changes_are_all_or_nothing)
{
	ASSERT_EQ(ADD(1000, "name"), 0);
	self->found = self->record;
	rename_to(&self->found, "new");
	self->found.blob.data[0] ^= 1;
	ASSERT_EQ(OP(sqlite->begin), 0);
	ASSERT_EQ(OP(sqlite->update, &self->found), 0);
	sqlite->rollback(self->store);
	ASSERT_EQ(OP(sqlite->by_name, 1000, "name", &self->found), 0);
	EXPECT_TRUE(same(&self->record, &self->found));

	rename_to(&self->found, "new");
	ASSERT_EQ(OP(sqlite->begin), 0);
	ASSERT_EQ(OP(sqlite->update, &self->found), 0);
	ASSERT_EQ(OP(sqlite->commit), 0);
	EXPECT_EQ(OP(sqlite->by_name, 1000, "name", &self->found), -1);
	EXPECT_EQ(OP(sqlite->by_name, 1000, "new", &self->found), 0);
}

TEST_F(store, update_refuses_a_taken_name_and_a_missing_key)
{
	ASSERT_EQ(ADD(1000, "taken"), 0);
	ASSERT_EQ(ADD(1000, "name"), 0);
	rename_to(&self->record, "taken");
	ASSERT_EQ(OP(sqlite->begin), 0);
	EXPECT_EQ(OP(sqlite->update, &self->record), -1);
	EXPECT_EQ(self->failure.code, UKS_E_KEY_EXISTS);
	sqlite->rollback(self->store);
	make(&self->record, 1000, "missing");
	ASSERT_EQ(OP(sqlite->begin), 0);
	EXPECT_EQ(OP(sqlite->update, &self->record), -1);
	EXPECT_EQ(self->failure.code, UKS_E_NO_KEY);
	sqlite->rollback(self->store);
}

TEST_F(store, keeps_metadata)
{
	uint8_t value[STORE_META_MAX], long_one[STORE_META_MAX + 1] = { 1 };
	size_t len;

	ASSERT_EQ(OP(sqlite->get_meta, "a", value, &len), 0);
	EXPECT_EQ(len, 0);
	ASSERT_EQ(OP(sqlite->begin), 0);
	ASSERT_EQ(OP(sqlite->put_meta, "a", (const uint8_t *)"one", 3), 0);
	ASSERT_EQ(OP(sqlite->put_meta, "a", (const uint8_t *)"two", 3), 0);
	ASSERT_EQ(OP(sqlite->put_meta, "b", long_one, sizeof(long_one)), 0);
	ASSERT_EQ(OP(sqlite->commit), 0);
	ASSERT_EQ(OP(sqlite->get_meta, "a", value, &len), 0);
	ASSERT_EQ(len, 3);
	EXPECT_EQ(memcmp(value, "two", 3), 0);
	EXPECT_EQ(OP(sqlite->get_meta, "b", value, &len), -1);
	EXPECT_EQ(self->failure.code, UKS_E_STORE);
}

struct listed {
	char names[400];
	int left;
};

static bool collect(const struct record *record, void *context)
{
	struct listed *listed = context;

	strcat(strcat(listed->names, record->key.name), " ");
	return --listed->left;
}

TEST_F(store, lists_by_name_in_bytes)
{
	static const char * const names[] = { "b", "a", "\xc3\xa4", "B", "aa", "~" };
	struct listed all = { .left = 100 }, after = { .left = 100 }, two = { .left = 2 };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		ASSERT_EQ(ADD(1000, names[i]), 0);
	ASSERT_EQ(ADD(1001, "not mine"), 0);
	ASSERT_EQ(OP(sqlite->list, 1000, "", collect, &all), 0);
	EXPECT_STREQ(all.names, "B a aa b ~ \xc3\xa4 ");
	ASSERT_EQ(OP(sqlite->list, 1000, "a", collect, &after), 0);
	EXPECT_STREQ(after.names, "aa b ~ \xc3\xa4 ");
	ASSERT_EQ(OP(sqlite->list, 1000, "", collect, &two), 0);
	EXPECT_STREQ(two.names, "B a ");
}

/* Only its owner may even see the files. */
TEST_F(store, files_are_private_under_the_daemons_umask)
{
	struct stat st;

	ASSERT_EQ(unlink(PATH), 0);
	umask(077);
	ASSERT_EQ(reopen(&self->store, PATH, &self->failure), 0);
	ASSERT_EQ(ADD(1000, "name"), 0);
	ASSERT_EQ(stat(PATH, &st), 0);
	EXPECT_EQ(st.st_mode & 0777, 0600);
	ASSERT_EQ(stat(PATH "-wal", &st), 0);
	EXPECT_EQ(st.st_mode & 0777, 0600);
}

TEST_F(store, is_durable_by_its_settings)
{
	char journal[8] = "";
	sqlite3_stmt *stmt;
	sqlite3 *db;

	ASSERT_EQ(sqlite3_open(PATH, &db), 0);
	ASSERT_EQ(sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &stmt, NULL), 0);
	ASSERT_EQ(sqlite3_step(stmt), SQLITE_ROW);
	snprintf(journal, sizeof(journal), "%s", sqlite3_column_text(stmt, 0));
	EXPECT_STREQ(journal, "wal");
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

#define EXPECT_NOT_OPENED(fragment) do { \
	EXPECT_EQ(reopen(&self->store, PATH, &self->failure), -1); \
	EXPECT_EQ(self->failure.code, UKS_E_STORE); \
	EXPECT_NE(strstr(self->failure.text, fragment), NULL) { \
		TH_LOG("%s", self->failure.text); \
	} \
} while (0)

/* A store as the first schema left it: its keys, and what is new about them. */
TEST_F(store, brings_the_first_schema_up_to_date)
{
	static const char * const versions[] = {
#include "schema-1.inc"
	};
	uint64_t count;

	store_close(self->store);
	self->store = NULL;
	ASSERT_EQ(system("rm " PATH "*"), 0);
	ASSERT_EQ(sql(PATH, versions[0]), 0);
	ASSERT_EQ(sql(PATH, "PRAGMA application_id = 0x554b5331; PRAGMA user_version = 1"), 0);
	ASSERT_EQ(sql(PATH,
		      "INSERT INTO meta VALUES ('a', x'01');"
		      "INSERT INTO keys VALUES (zeroblob(16), 1000, 'one', 7, 12, x'', 1, 2);"
		      "INSERT INTO keys VALUES (randomblob(16), 1000, 'two', 3, 3, x'', 1, 1);"
		      "INSERT INTO versions VALUES (zeroblob(16), 1, 1, 5, x'', x'07');"
		      "INSERT INTO versions VALUES (zeroblob(16), 2, 1, 6, x'', x'08');"
		      "INSERT INTO versions SELECT id,1,1,7,x'',x'09' FROM keys WHERE type = 3;"),
		  0);
	EXPECT_EQ(store_open(PATH, false, &self->store, &self->failure), -1);
	ASSERT_EQ(store_open(PATH, true, &self->store, &self->failure), 0) {
		TH_LOG("%s", self->failure.text);
	}
	ASSERT_EQ(OP(sqlite->by_name, 1000, "one", &self->found), 0);
	EXPECT_EQ(self->found.key.version, 2);
	EXPECT_EQ(self->found.key.created, 6);
	EXPECT_EQ(self->found.blob.data[0], 8);
	EXPECT_EQ(self->found.key.deleted + self->found.key.erase + self->found.key.due, 0);
	ASSERT_EQ(OP(sqlite->version, self->found.key.id, 0, &self->found), 0);
	EXPECT_EQ(self->found.blob.data[0], 7);
	ASSERT_EQ(OP(sqlite->by_name, 1000, "two", &self->found), 0);
	ASSERT_EQ(OP(sqlite->count, 1000, &count), 0);
	EXPECT_EQ(count, 2);
	ASSERT_EQ(OP(remove_key, self->found.key.id), 0);
	EXPECT_EQ(ADD(1000, "one"), -1);
	EXPECT_EQ(self->failure.code, UKS_E_KEY_EXISTS);
}

TEST_F(store, refuses_a_newer_schema)
{
	ASSERT_EQ(sql(PATH, "PRAGMA user_version = 7"), 0);
	EXPECT_NOT_OPENED("has schema 7, this daemon knows up to 6: update uksd");
	/* and leaves it as it was */
	ASSERT_EQ(sql(PATH, "PRAGMA user_version = 6"), 0);
	EXPECT_EQ(reopen(&self->store, PATH, &self->failure), 0);
}

TEST_F(store, refuses_the_database_of_another_program)
{
	store_close(self->store);
	self->store = NULL;
	ASSERT_EQ(unlink(PATH), 0);
	ASSERT_EQ(sql(PATH, "CREATE TABLE theirs (x)"), 0);
	EXPECT_NOT_OPENED("not a UKS store");
	ASSERT_EQ(sql(PATH, "DROP TABLE theirs; PRAGMA application_id = 7"), 0);
	EXPECT_NOT_OPENED("not a UKS store");
}

TEST_F(store, refuses_what_is_no_database)
{
	int fd;

	store_close(self->store);
	self->store = NULL;
	fd = open(PATH, O_WRONLY | O_TRUNC);
	ASSERT_GE(fd, 0);
	ASSERT_EQ(write(fd, "Dear diary, today I was not a database at all.", 46), 46);
	close(fd);
	EXPECT_NOT_OPENED("damaged");
}

TEST_F(store, refuses_a_symbolic_link)
{
	ASSERT_EQ(rename(PATH, "other"), 0);
	ASSERT_EQ(symlink("other", PATH), 0);
	EXPECT_NOT_OPENED("cannot open it");
}

TEST_F(store, refuses_to_make_one_unasked)
{
	struct store *store;

	EXPECT_EQ(store_open("other.db", false, &store, &self->failure), -1);
	EXPECT_EQ(access("other.db", F_OK), -1);
	EXPECT_EQ(store_open("/nonexistent/keys.db", true, &store, &self->failure), -1);
	EXPECT_EQ(self->failure.code, UKS_E_STORE);
}

/* An editor of the file may want its code to run in the daemon. */
TEST_F(store, runs_no_trigger_and_no_view)
{
	ASSERT_EQ(sql(PATH,
		      "CREATE TRIGGER t AFTER INSERT ON keys BEGIN DELETE FROM keys; END"), 0);
	ASSERT_EQ(reopen(&self->store, PATH, &self->failure), 0);
	ASSERT_EQ(ADD(1000, "name"), 0);
	EXPECT_EQ(OP(sqlite->by_name, 1000, "name", &self->found), 0);
	ASSERT_EQ(sql(PATH, "DROP TRIGGER t; ALTER TABLE versions RENAME TO v"), 0);
	ASSERT_EQ(sql(PATH, "CREATE VIEW versions AS SELECT * FROM v"), 0);
	EXPECT_EQ(reopen(&self->store, PATH, &self->failure), -1);
}

/* What cannot be in a row that the daemon wrote. */
TEST_F(store, refuses_values_out_of_range)
{
	static const char * const edits[] = {
		"UPDATE keys SET type = -1",
		"UPDATE keys SET purposes = 4294967296",
		"UPDATE versions SET state = 1 << 40",
		"UPDATE keys SET policy = zeroblob(4097)",
		"UPDATE versions SET public_key = zeroblob(2049)",
		"UPDATE versions SET blob = zeroblob(4138)",
		"UPDATE versions SET blob = zeroblob(100000)",
	};
	size_t i;

	for (i = 0; i < sizeof(edits) / sizeof(*edits); i++) {
		ASSERT_EQ(sql(PATH, "DELETE FROM versions; DELETE FROM keys"), 0);
		ASSERT_EQ(sql(PATH, "DELETE FROM counts"), 0);
		ASSERT_EQ(ADD(1000, "name"), 0);
		ASSERT_EQ(sql(PATH, edits[i]), 0);
		EXPECT_EQ(OP(sqlite->by_name, 1000, "name", &self->found), -1) {
			TH_LOG("%s", edits[i]);
		}
		EXPECT_EQ(self->failure.code, UKS_E_BLOB);
	}
}

/* Add keys until there is no room, or 10000 of them; returns how many. */
static uint64_t fill(struct store *store, struct failure *failure)
{
	struct record *record = malloc(sizeof(*record));
	uint64_t added;
	char name[32];

	for (added = 0; record && added < 10000; added++) {
		snprintf(name, sizeof(name), "key %llu", (unsigned long long)added);
		if (add(store, record, 1000, name, failure))
			break;
	}
	free(record);
	return added;
}

#define EXPECT_COUNT(expected) do { \
	uint64_t count; \
	ASSERT_EQ(OP(sqlite->count, 1000, &count), 0); \
	EXPECT_EQ(count, expected); \
} while (0)

/* No file may grow further: as with a quota. With room it goes on. */
TEST_F(store, used_up_quota_loses_nothing)
{
	struct rlimit limit, before;
	uint64_t added;

	signal(SIGXFSZ, SIG_IGN);
	ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 250000;
	ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
	added = fill(self->store, &self->failure);
	EXPECT_EQ(self->failure.code, UKS_E_STORE_FULL) {
		TH_LOG("%s", self->failure.text);
	}
	EXPECT_GT(added, 3);
	EXPECT_COUNT(added);
	ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
	EXPECT_EQ(ADD(1000, "one more"), 0);
	ASSERT_EQ(reopen(&self->store, PATH, &self->failure), 0);
	EXPECT_COUNT(added + 1);
}

/* A file system of its own, in a mount namespace of its own. */
TEST_F(store, full_disk_loses_nothing)
{
	uint64_t added;

	if (unshare(geteuid() ? CLONE_NEWUSER | CLONE_NEWNS : CLONE_NEWNS))
		SKIP(return, "no mount namespace: %s", strerror(errno));
	ASSERT_EQ(mkdir("small", 0700), 0);
	/* The root of a chroot need not be a mount point; then there is none to close. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		ASSERT_EQ(errno, EINVAL);
	ASSERT_EQ(mount("small", "small", "tmpfs", 0, "size=400k"), 0);
	ASSERT_EQ(reopen(&self->store, "small/" PATH, &self->failure), 0);
	added = fill(self->store, &self->failure);
	EXPECT_EQ(self->failure.code, UKS_E_STORE_FULL) {
		TH_LOG("%s", self->failure.text);
	}
	EXPECT_GT(added, 3);
	EXPECT_COUNT(added);
	ASSERT_EQ(mount("small", "small", "tmpfs", MS_REMOUNT, "size=2m"), 0);
	EXPECT_EQ(ADD(1000, "one more"), 0);
	ASSERT_EQ(reopen(&self->store, "small/" PATH, &self->failure), 0);
	EXPECT_COUNT(added + 1);
	store_close(self->store);
	self->store = NULL;
	ASSERT_EQ(umount("small"), 0);
}

#define THREADS	4
#define EACH	50

struct writer {
	pthread_t thread;
	int number;
	int failed;
};

/* Adds keys, renames each, deletes each second one; and collides with others. */
static void *write_keys(void *context)
{
	struct writer *writer = context;
	struct record *record = calloc(1, sizeof(*record));
	struct failure failure;
	struct store *store;
	char name[32];
	int i;

	writer->failed = 1;
	if (!record || store_open(PATH, false, &store, &failure))
		return NULL;
	for (i = 0; i < EACH; i++) {
		snprintf(name, sizeof(name), "%d", i);
		if (add(store, record, 1000 + writer->number, name, &failure))
			goto out;
		snprintf(record->key.name, sizeof(record->key.name), "new %d", i);
		if (store->ops->begin(store, &failure) ||
		    store->ops->update(store, record, &failure) ||
		    store->ops->commit(store, &failure))
			goto out;
		if (i % 2 && store->ops->remove(store, record->key.id, &failure))
			goto out;
		if (add(store, record, 1, name, &failure) && failure.code != UKS_E_KEY_EXISTS)
			goto out;
	}
	writer->failed = 0;
out:
	if (writer->failed)
		fprintf(stderr, "# %s\n", failure.text);
	store_close(store);
	free(record);
	return NULL;
}

TEST_F(store, serves_threads)
{
	struct writer writers[THREADS];
	uint64_t count;
	int i;

	for (i = 0; i < THREADS; i++) {
		writers[i] = (struct writer){ .number = i };
		ASSERT_EQ(pthread_create(&writers[i].thread, NULL, write_keys, &writers[i]), 0);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(writers[i].thread, NULL);
		EXPECT_EQ(writers[i].failed, 0);
		ASSERT_EQ(OP(sqlite->count, 1000 + i, &count), 0);
		EXPECT_EQ(count, EACH / 2);
	}
	ASSERT_EQ(OP(sqlite->count, 1, &count), 0);
	EXPECT_EQ(count, EACH);
}

TEST_HARNESS_MAIN
