// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sessions: what a lease holds, what an edited store gives, who waits for whom. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <kselftest_harness.h>
#include <sodium.h>
#include <sqlite3.h>

#include "tests/unit/leaks.h"
#include "tests/unit/uksd-daemon.h"

FIXTURE(session)
{
	struct daemon daemon;
};

FIXTURE_SETUP(session)
{
	ASSERT_EQ(daemon_new(&self->daemon), 0);
	ASSERT_EQ(daemon_start(&self->daemon), 0) {
		TH_LOG("%s", self->daemon.failure.text);
	}
}

FIXTURE_TEARDOWN(session)
{
	daemon_stop(&self->daemon);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

static const struct {
	uint32_t type, purposes, algorithm, digest;
	size_t secret_len;
} types[] = {
	{ UKS_KEY_AES_128, 0x03, UKS_ALG_AES_GCM, 0, 16 },
	{ UKS_KEY_AES_192, 0x03, UKS_ALG_AES_GCM, 0, 24 },
	{ UKS_KEY_AES_256, 0x03, UKS_ALG_AES_GCM, 0, 32 },
	{ UKS_KEY_CHACHA20, 0x03, UKS_ALG_CHACHA20_POLY1305, 0, 32 },
	{ UKS_KEY_HMAC_SHA256, 0x30, UKS_ALG_HMAC, UKS_DIGEST_SHA256, 32 },
	{ UKS_KEY_EC_P256, 0x0c, UKS_ALG_ECDSA, UKS_DIGEST_SHA256, 0 },
	{ UKS_KEY_ED25519, 0x0c, UKS_ALG_ED25519, 0, 0 },
};

#define TYPES	(sizeof(types) / sizeof(*types))

static uint32_t open_with(struct daemon *daemon, uint32_t purpose, uint32_t algorithm,
			  uint32_t digest)
{
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "key");
	uks_attrs_put_u32(&daemon->in, UKS_A_PURPOSES, purpose);
	if (algorithm)
		uks_attrs_put_u32(&daemon->in, UKS_A_ALGORITHM, algorithm);
	if (digest)
		uks_attrs_put_u32(&daemon->in, UKS_A_DIGEST, digest);
	return ask(daemon, UKS_OP_SESSION_OPEN);
}

TEST_F(session, leases_hold_what_the_kernel_needs)
{
	struct daemon *daemon = &self->daemon;
	const struct uks_attr *attrs = daemon->attrs;
	uint32_t purpose;
	size_t i;

	for (i = 0; i < TYPES; i++) {
		ASSERT_EQ(ask_generate(daemon, "key", types[i].type), 0);
		for (purpose = 1; purpose <= 0x40; purpose <<= 1) {
			if (!(purpose & types[i].purposes)) {
				EXPECT_EQ(open_with(daemon, purpose, 0, 0), UKS_E_BAD_PURPOSE);
				EXPECT_EQ(attrs[UKS_A_KEY_MATERIAL].type, 0);
				continue;
			}
			ASSERT_EQ(open_with(daemon, purpose, 0, 0), 0);
			EXPECT_EQ(attrs[UKS_A_KEY_ID].len, UKS_KEY_ID_LEN);
			EXPECT_EQ(uks_attr_u32(&attrs[UKS_A_KEY_VERSION], 0), 1);
			EXPECT_EQ(uks_attr_u32(&attrs[UKS_A_ALGORITHM], 0), types[i].algorithm);
			EXPECT_EQ(uks_attr_u32(&attrs[UKS_A_DIGEST], 0), types[i].digest);
			EXPECT_EQ(attrs[UKS_A_KEY_MATERIAL].len, types[i].secret_len);
			EXPECT_EQ(!attrs[UKS_A_KEY_MATERIAL].type, !types[i].secret_len);
			EXPECT_EQ(attrs[UKS_A_LEASE_FLAGS].type, 0);
			EXPECT_EQ(attrs[UKS_A_KEY_NAME].type, 0);
		}
		EXPECT_EQ(open_with(daemon, types[i].purposes, 0, 0), UKS_E_BAD_PURPOSE);
		ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_DELETE, "key"), 0);
	}
}

TEST_F(session, algorithm_and_digest_must_fit)
{
	struct daemon *daemon = &self->daemon;
	uint32_t purpose, algorithm, digest, expected;
	const struct uks_row *row;
	size_t i;

	for (i = 0; i < TYPES; i++) {
		ASSERT_EQ(ask_generate(daemon, "key", types[i].type), 0);
		purpose = types[i].purposes & -types[i].purposes;
		for (algorithm = 1; algorithm <= UKS_ALG_ML_KEM + 1; algorithm++) {
			row = uks_row_find(types[i].type, algorithm);
			expected = !row ? UKS_E_BAD_ALGORITHM :
				   !(row->purposes & purpose) ? UKS_E_BAD_PURPOSE :
				   row->traits & UKS_TRAIT_EXPLICIT ? UKS_E_BAD_ALGORITHM : 0;
			EXPECT_EQ(open_with(daemon, purpose, algorithm, 0), expected);
		}
		row = uks_row_find(types[i].type, types[i].algorithm);
		for (digest = 1; digest <= UKS_DIGEST_GIVEN + 1; digest++) {
			expected = !(row->digests >> digest & 1) ? UKS_E_BAD_DIGEST :
				   digest == UKS_DIGEST_SHA1 ? UKS_E_LEGACY : 0;
			EXPECT_EQ(open_with(daemon, purpose, 0, digest), expected);
			if (!expected)
				EXPECT_EQ(uks_attr_u32(&daemon->attrs[UKS_A_DIGEST], 0), digest);
		}
		ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_DELETE, "key"), 0);
	}
}

TEST_F(session, purposes_of_the_key_bind)
{
	struct daemon *daemon = &self->daemon;

	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "key");
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, UKS_KEY_AES_256);
	uks_attrs_put_u32(&daemon->in, UKS_A_PURPOSES, UKS_PURPOSE_DECRYPT);
	ASSERT_EQ(ask(daemon, UKS_OP_KEY_GENERATE), 0);
	EXPECT_EQ(open_with(daemon, UKS_PURPOSE_DECRYPT, 0, 0), 0);
	EXPECT_EQ(open_with(daemon, UKS_PURPOSE_ENCRYPT, 0, 0), UKS_E_BAD_PURPOSE);
}

/* Everything that uses a key must find out that its row was edited. */
static bool refused_everywhere(struct daemon *daemon)
{
	static const uint32_t ops[] = { UKS_OP_KEY_SHOW, UKS_OP_KEY_EXPORT_PUBLIC };
	uint32_t code;
	size_t i;

	for (i = 0; i < 2; i++) {
		code = ask_by_name(daemon, ops[i], "key");
		if (code != UKS_E_BLOB && code != UKS_E_NO_KEY)
			return false;
	}
	code = ask_open(daemon, "key", UKS_PURPOSE_SIGN);
	if (code != UKS_E_BLOB && code != UKS_E_NO_KEY && code != UKS_E_BAD_TYPE &&
	    code != UKS_E_BAD_PURPOSE && code != UKS_E_BAD_ALGORITHM && code != UKS_E_BAD_DIGEST)
		return false;
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "key");
	uks_attrs_put_string(&daemon->in, UKS_A_NEW_NAME, "new");
	code = ask(daemon, UKS_OP_KEY_RENAME);
	return code == UKS_E_BLOB || code == UKS_E_NO_KEY;
}

/* Change one byte of a column of bytes; 0 while there are bytes. */
static int flip(sqlite3 *db, const char *table, const char *column, int at, int *len)
{
	uint8_t bytes[SEAL_BLOB_MAX];
	sqlite3_stmt *stmt;
	char sql[200];
	int ret;

	snprintf(sql, sizeof(sql), "SELECT CAST(%s AS BLOB) FROM %s", column, table);
	sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	if (sqlite3_step(stmt) != SQLITE_ROW)
		abort();
	*len = sqlite3_column_bytes(stmt, 0);
	memcpy(bytes, sqlite3_column_blob(stmt, 0), *len);
	sqlite3_finalize(stmt);
	if (at >= *len)
		return -1;
	bytes[at] ^= 1;
	snprintf(sql, sizeof(sql), "UPDATE %s SET %s = CAST(?1 AS %s)", table, column,
		 strcmp(column, "name") ? "BLOB" : "TEXT");
	sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	sqlite3_bind_blob(stmt, 1, bytes, *len, SQLITE_TRANSIENT);
	ret = sqlite3_step(stmt) == SQLITE_DONE ? 0 : -1;
	sqlite3_finalize(stmt);
	return ret;
}

TEST_F(session, each_changed_byte_of_a_row_is_noticed)
{
	static const char * const columns[][2] = {
		{ "keys", "name" }, { "versions", "public_key" }, { "versions", "blob" },
	};
	struct daemon *daemon = &self->daemon;
	int at, len, count = 0;
	sqlite3 *db;
	size_t i;

	ASSERT_EQ(ask_generate(daemon, "key", UKS_KEY_ED25519), 0);
	ASSERT_EQ(sqlite3_open(daemon->config.store, &db), 0);
	for (i = 0; i < 3; i++) {
		for (at = 0; !flip(db, columns[i][0], columns[i][1], at, &len); at++) {
			ASSERT_TRUE(refused_everywhere(daemon)) {
				TH_LOG("%s, byte %d", columns[i][1], at);
			}
			ASSERT_EQ(flip(db, columns[i][0], columns[i][1], at, &len), 0);
			count++;
		}
		ASSERT_EQ(at, len);
	}
	sqlite3_close(db);
	EXPECT_EQ(count, 3 + 44 + 32 + SEAL_OVERHEAD);
	EXPECT_EQ(ask_open(daemon, "key", UKS_PURPOSE_SIGN), 0);
}

TEST_F(session, each_changed_number_of_a_row_is_noticed)
{
	static const char * const edits[] = {
		"UPDATE keys SET owner = owner %s 1", "UPDATE keys SET type = type %s 1",
		"UPDATE keys SET purposes = purposes %s 1",
		"UPDATE keys SET origin = origin %s 1",
		"UPDATE versions SET state = state %s 1",
		"UPDATE versions SET created = created %s 1",
		"UPDATE keys SET erase = erase %s 1",
		"UPDATE keys SET version = version %s 1;UPDATE versions SET version = version %s 1",
		"UPDATE keys SET policy = CASE '%s' WHEN '+' THEN x'00' ELSE x'' END",
	};
	struct daemon *daemon = &self->daemon;
	char sql[200];
	size_t i;

	ASSERT_EQ(ask_generate(daemon, "key", UKS_KEY_EC_P256), 0);
	for (i = 0; i < sizeof(edits) / sizeof(*edits); i++) {
		snprintf(sql, sizeof(sql), edits[i], "+", "+");
		ASSERT_EQ(daemon_sql(daemon, sql), 0);
		EXPECT_TRUE(refused_everywhere(daemon)) {
			TH_LOG("%s", sql);
		}
		snprintf(sql, sizeof(sql), edits[i], "-", "-");
		ASSERT_EQ(daemon_sql(daemon, sql), 0);
		ASSERT_EQ(ask_open(daemon, "key", UKS_PURPOSE_SIGN), 0);
	}
}

TEST_F(session, swapped_blobs_are_refused)
{
	static const char swap[] = "CREATE TEMP TABLE t AS SELECT key, blob FROM versions;"
		"UPDATE versions SET blob = (SELECT blob FROM t WHERE t.key != versions.key)";
	struct daemon *daemon = &self->daemon;

	ASSERT_EQ(ask_generate(daemon, "key", UKS_KEY_AES_256), 0);
	ASSERT_EQ(ask_generate(daemon, "other", UKS_KEY_AES_256), 0);
	ASSERT_EQ(daemon_sql(daemon, swap), 0);
	EXPECT_EQ(open_with(daemon, UKS_PURPOSE_ENCRYPT, 0, 0), UKS_E_BLOB);
	EXPECT_EQ(daemon->answer.error, EUCLEAN);
	EXPECT_EQ(ask_open(daemon, "other", UKS_PURPOSE_ENCRYPT), UKS_E_BLOB);
	ASSERT_EQ(daemon_sql(daemon, swap), 0);
	EXPECT_EQ(open_with(daemon, UKS_PURPOSE_ENCRYPT, 0, 0), 0);
}

/* Mallory, who can write the file, gives herself Alice's key. */
TEST_F(session, stolen_rows_are_refused)
{
	struct daemon *daemon = &self->daemon;

	ASSERT_EQ(ask_generate(daemon, "key", UKS_KEY_ED25519), 0);
	ASSERT_EQ(daemon_sql(daemon, "UPDATE keys SET owner = 1001"), 0);
	daemon->uid = BOB;
	EXPECT_TRUE(refused_everywhere(daemon));
	ask_begin(daemon);
	EXPECT_EQ(ask(daemon, UKS_OP_KEY_LIST), UKS_E_BLOB);
	EXPECT_NE(strstr(daemon->text, "'key'"), NULL);
	/* The cure that the text names. */
	EXPECT_EQ(ask_by_name(daemon, UKS_OP_KEY_DELETE, "key"), 0);
	ask_begin(daemon);
	EXPECT_EQ(ask(daemon, UKS_OP_KEY_LIST), 0);
}

/* A key that is ready to sign does not depend on what becomes of its row. */
TEST_F(session, open_again_after_an_edit_is_refused_though_cached)
{
	struct daemon *daemon = &self->daemon;
	uint8_t id[UKS_KEY_ID_LEN];

	ASSERT_EQ(ask_generate(daemon, "key", UKS_KEY_ED25519), 0);
	memcpy(id, daemon->attrs[UKS_A_KEY_ID].value, sizeof(id));
	ASSERT_EQ(open_with(daemon, UKS_PURPOSE_SIGN, 0, 0), 0);
	ASSERT_EQ(daemon_sql(daemon, "UPDATE versions SET blob = zeroblob(73)"), 0);
	EXPECT_EQ(open_with(daemon, UKS_PURPOSE_SIGN, 0, 0), UKS_E_BLOB);
	keycache_clear(daemon->uksd.cache);
	EXPECT_EQ(ask_sign(daemon, id, UKS_ALG_ED25519, 0, "x", 1), UKS_E_BLOB);
}

/* More keys than the cache holds, each used twice. */
TEST_F(session, cache_forgets_and_finds_again)
{
	struct keycache *small = keycache_new(&provider_sealed, 3), *all;
	struct daemon *daemon = &self->daemon;
	uint8_t ids[8][UKS_KEY_ID_LEN];
	char name[16];
	int i, round;

	ASSERT_NE(small, NULL);
	all = daemon->uksd.cache;
	daemon->uksd.cache = small;
	for (i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "%d", i);
		ASSERT_EQ(ask_generate(daemon, name, UKS_KEY_EC_P256 + i % 2), 0);
		memcpy(ids[i], daemon->attrs[UKS_A_KEY_ID].value, UKS_KEY_ID_LEN);
	}
	for (round = 0; round < 2; round++)
		for (i = 0; i < 8; i++)
			EXPECT_EQ(ask_sign(daemon, ids[i], UKS_ALG_ECDSA + i % 2,
					   i % 2 ? 0 : UKS_DIGEST_SHA256,
					   "0123456789abcdef0123456789abcdef", 32), 0);
	daemon->uksd.cache = all;
	keycache_free(small);
}

/* Another worker, which deletes the key "key". */
struct deleter {
	struct daemon *daemon;
	struct worker *worker;
	atomic_int tid;
	atomic_bool done;
	uint32_t code;
};

static void *delete_key(void *context)
{
	struct deleter *deleter = context;
	struct worker *worker = deleter->worker;
	struct uks_request_header header = {
		.op = UKS_OP_KEY_DELETE, .id = 1 << 30, .uid = ALICE, .out_max = UKS_PAYLOAD_MAX,
	};
	struct uks_answer_header answer;
	struct uks_attrs in;

	uks_attrs_init(&in, worker->in + sizeof(header), 100);
	uks_attrs_put_string(&in, UKS_A_KEY_NAME, "key");
	header.payload_len = in.len;
	header.len = sizeof(header) + in.len;
	memcpy(worker->in, &header, sizeof(header));
	worker->in_len = header.len;
	atomic_store(&deleter->tid, syscall(SYS_gettid));
	if (dispatch(worker))
		abort();
	memcpy(&answer, worker->out, sizeof(answer));
	deleter->code = answer.code;
	worker_done(worker);
	atomic_store(&deleter->done, true);
	return NULL;
}

/* Wait until a thread sleeps, waiting for a lock. */
static void wait_for_sleep(const struct deleter *deleter)
{
	char path[64], state = 0;
	FILE *file;

	while (!atomic_load(&deleter->tid))
		;
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", atomic_load(&deleter->tid));
	while (state != 'S' && !atomic_load(&deleter->done)) {
		file = fopen(path, "r");
		if (!file)
			return;
		if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
			abort();
		fclose(file);
	}
}

/*
 * The answer to a session-open is in a worker's hands: until it is written, the
 * kernel would not find the session to revoke.
 */
TEST_F(session, deletion_waits_for_the_answer_that_opens_a_session)
{
	struct daemon *daemon = &self->daemon;
	struct deleter deleter = { .daemon = daemon };
	struct uks_request_header header = {
		.op = UKS_OP_SESSION_OPEN, .id = 7, .uid = ALICE, .out_max = UKS_PAYLOAD_MAX,
	};
	struct worker *worker = daemon->worker;
	struct uks_attrs in;
	pthread_t thread;

	deleter.worker = worker_new(&daemon->uksd, &daemon->failure);
	ASSERT_NE(deleter.worker, NULL);
	ASSERT_EQ(ask_generate(daemon, "key", UKS_KEY_AES_256), 0);
	uks_attrs_init(&in, worker->in + sizeof(header), 100);
	uks_attrs_put_string(&in, UKS_A_KEY_NAME, "key");
	uks_attrs_put_u32(&in, UKS_A_PURPOSES, UKS_PURPOSE_ENCRYPT);
	header.payload_len = in.len;
	header.len = sizeof(header) + in.len;
	memcpy(worker->in, &header, sizeof(header));
	worker->in_len = header.len;
	ASSERT_EQ(dispatch(worker), 0);
	ASSERT_NE(worker->lock, NULL);

	ASSERT_EQ(pthread_create(&thread, NULL, delete_key, &deleter), 0);
	wait_for_sleep(&deleter);
	EXPECT_FALSE(atomic_load(&deleter.done));
	EXPECT_EQ(daemon->revocations, 0);
	worker_done(worker);	/* the answer was written */
	pthread_join(thread, NULL);
	EXPECT_EQ(deleter.code, 0);
	EXPECT_EQ(daemon->revocations, 1);
	EXPECT_EQ(ask_open(daemon, "key", UKS_PURPOSE_ENCRYPT), UKS_E_NO_KEY);
	worker_free(deleter.worker);
}

TEST_HARNESS_MAIN
