// SPDX-License-Identifier: LGPL-2.1-or-later
/* Management of keys, as a client sees it. */
#include <kselftest_harness.h>
#include <sodium.h>

#include "tests/unit/leaks.h"
#include "tests/unit/uksd-daemon.h"

#define CIPHER		(UKS_PURPOSE_ENCRYPT | UKS_PURPOSE_DECRYPT)
#define MAC		(UKS_PURPOSE_MAC | UKS_PURPOSE_MAC_VERIFY)
#define SIGNATURE	(UKS_PURPOSE_SIGN | UKS_PURPOSE_VERIFY)

FIXTURE(keys)
{
	struct daemon daemon;
};

FIXTURE_SETUP(keys)
{
	ASSERT_EQ(daemon_new(&self->daemon), 0);
	ASSERT_EQ(daemon_start(&self->daemon), 0) {
		TH_LOG("%s", self->daemon.failure.text);
	}
}

FIXTURE_TEARDOWN(keys)
{
	daemon_stop(&self->daemon);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

static const struct {
	uint32_t type, purposes, algorithm;
	size_t secret_len, public_len;
} types[] = {
	{ UKS_KEY_AES_128, CIPHER, UKS_ALG_AES_GCM, 16, 0 },
	{ UKS_KEY_AES_192, CIPHER, UKS_ALG_AES_GCM, 24, 0 },
	{ UKS_KEY_AES_256, CIPHER, UKS_ALG_AES_GCM, 32, 0 },
	{ UKS_KEY_CHACHA20, CIPHER, UKS_ALG_CHACHA20_POLY1305, 32, 0 },
	{ UKS_KEY_HMAC_SHA256, MAC, UKS_ALG_HMAC, 32, 0 },
	{ UKS_KEY_EC_P256, SIGNATURE, UKS_ALG_ECDSA, 0, 91 },
	{ UKS_KEY_ED25519, SIGNATURE, UKS_ALG_ED25519, 0, 44 },
};

#define TYPES	(sizeof(types) / sizeof(*types))

static uint32_t number(const struct daemon *daemon, int type)
{
	return uks_attr_u32(&daemon->attrs[type], 0);
}

static bool text_is(const struct daemon *daemon, int type, const char *text)
{
	char value[UKS_NAME_MAX + 1];

	return uks_attr_string(&daemon->attrs[type], value, sizeof(value)) &&
	       !strcmp(value, text);
}

static uint32_t ask_id(struct daemon *daemon, uint32_t op, const uint8_t *id)
{
	ask_begin(daemon);
	uks_attrs_put(&daemon->in, UKS_A_KEY_ID, id, UKS_KEY_ID_LEN);
	return ask(daemon, op);
}

static uint32_t ask_rename(struct daemon *daemon, const char *from, const char *to)
{
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, from);
	uks_attrs_put_string(&daemon->in, UKS_A_NEW_NAME, to);
	return ask(daemon, UKS_OP_KEY_RENAME);
}

TEST_F(keys, status)
{
	struct daemon *daemon = &self->daemon;

	ASSERT_EQ(ask_generate(daemon, "key", UKS_KEY_AES_256), 0);
	daemon->uid = BOB;
	ASSERT_EQ(ask_generate(daemon, "key", UKS_KEY_AES_256), 0);
	ASSERT_EQ(ask_generate(daemon, "other", UKS_KEY_AES_256), 0);
	ask_begin(daemon);
	ASSERT_EQ(ask(daemon, UKS_OP_STATUS), 0);
	EXPECT_TRUE(text_is(daemon, UKS_A_STORE, daemon->config.store));
	EXPECT_EQ(number(daemon, UKS_A_STORE_SCHEMA), 6);
	EXPECT_EQ(uks_attr_u64(&daemon->attrs[UKS_A_KEYS], 0), 2);
	EXPECT_EQ(daemon->attrs[UKS_A_TPM_ROOT].len, UKS_TPM_NAME_LEN);
	EXPECT_EQ(memcmp(daemon->attrs[UKS_A_TPM].value, "IBM SW", 6), 0);
	EXPECT_GT(daemon->attrs[UKS_A_DAEMON_VERSION].len, 4);
	EXPECT_GE(uks_attr_u64(&daemon->attrs[UKS_A_STARTED], 0), (uint64_t)time(NULL) - 60);
}

TEST_F(keys, are_described_as_they_were_made)
{
	struct daemon *daemon = &self->daemon;
	uint8_t made[ANSWER_MAX];
	size_t i, len;
	char name[8];

	for (i = 0; i < TYPES; i++) {
		snprintf(name, sizeof(name), "key %zu", i);
		ASSERT_EQ(ask_generate(daemon, name, types[i].type), 0);
		EXPECT_TRUE(text_is(daemon, UKS_A_KEY_NAME, name));
		EXPECT_EQ(daemon->attrs[UKS_A_KEY_ID].len, UKS_KEY_ID_LEN);
		EXPECT_EQ(number(daemon, UKS_A_KEY_TYPE), types[i].type);
		EXPECT_EQ(number(daemon, UKS_A_PURPOSES), types[i].purposes);
		EXPECT_EQ(number(daemon, UKS_A_KEY_VERSION), 1);
		EXPECT_EQ(number(daemon, UKS_A_KEY_STATE), UKS_STATE_ACTIVE);
		EXPECT_EQ(number(daemon, UKS_A_OWNER), ALICE);
		EXPECT_EQ(number(daemon, UKS_A_ORIGIN), UKS_ORIGIN_GENERATED);
		EXPECT_GE(uks_attr_u64(&daemon->attrs[UKS_A_CREATED], 0),
			  (uint64_t)time(NULL) - 60);
		EXPECT_EQ(daemon->attrs[UKS_A_PUBLIC_KEY].len, types[i].public_len);
		EXPECT_EQ(daemon->attrs[UKS_A_KEY_MATERIAL].type, 0);
		len = daemon->answer.len - sizeof(daemon->answer);
		memcpy(made, daemon->out, len);
		ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_SHOW, name), 0);
		/* and what tells it from other keys */
		EXPECT_EQ(daemon->attrs[UKS_A_CHECK_VALUE].len, KEY_CHECK_LEN);
		EXPECT_NE(memmem(daemon->out, sizeof(daemon->out), made, len), NULL);
	}
}

TEST_F(keys, purposes_must_fit_the_type)
{
	struct daemon *daemon = &self->daemon;
	uint32_t purposes, bad;
	char name[32];
	size_t i;

	for (i = 0; i < TYPES; i++) {
		for (purposes = 1; purposes <= 0x80; purposes++) {
			snprintf(name, sizeof(name), "key %zu %u", i, purposes);
			ask_begin(daemon);
			uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, name);
			uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, types[i].type);
			uks_attrs_put_u32(&daemon->in, UKS_A_PURPOSES, purposes);
			ask(daemon, UKS_OP_KEY_GENERATE);
			bad = purposes & ~uks_type_purposes(types[i].type);
			ASSERT_EQ(daemon->answer.code, bad ? UKS_E_BAD_PURPOSE : 0);
			ASSERT_EQ(number(daemon, UKS_A_PURPOSES), bad ? 0 : purposes);
		}
	}
}

TEST_F(keys, types_must_be_known)
{
	EXPECT_EQ(ask_generate(&self->daemon, "key", UKS_KEY_FFDHE_4096 + 1), UKS_E_BAD_TYPE);
	EXPECT_EQ(ask_generate(&self->daemon, "key", UKS_KEY_ML_DSA_44), UKS_E_LIBRARY);
	EXPECT_EQ(ask_generate(&self->daemon, "key", UKS_KEY_ML_KEM_1024), UKS_E_LIBRARY);
	EXPECT_EQ(ask_generate(&self->daemon, "key", UINT32_MAX), UKS_E_BAD_TYPE);
	EXPECT_EQ(ask_import(&self->daemon, "key", UINT32_MAX, UKS_FORMAT_RAW, "0123456789abcdef",
			     16), UKS_E_BAD_TYPE);
}

TEST_F(keys, names_that_are_good)
{
	static const char * const good[] = {
		"a", "name", "with space", "tls/www.example.org", "-dash", "'; DROP TABLE keys; --",
		"\303\244\303\266\303\274", "\346\227\245\346\234\254", "\360\237\224\221", "%s%n",
	};
	char longest[UKS_NAME_MAX + 1] = "";
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		EXPECT_EQ(ask_generate(&self->daemon, good[i], UKS_KEY_AES_128), 0) {
			TH_LOG("%s", self->daemon.text);
		}
		EXPECT_EQ(ask_by_name(&self->daemon, UKS_OP_KEY_SHOW, good[i]), 0);
	}
	memset(longest, 'x', UKS_NAME_MAX);
	EXPECT_EQ(ask_generate(&self->daemon, longest, UKS_KEY_EC_P256), 0);
	EXPECT_EQ(ask_by_name(&self->daemon, UKS_OP_KEY_SHOW, longest), 0);
}

TEST_F(keys, names_that_are_bad)
{
	static const char * const bad[] = {
		" a", "a ", " ", "a\nb", "a\tb", "a\033[2J", "a\177", "\302\205",
		"\300\200", "\301\277", "\355\240\200", "\364\220\200\200", "\365\200\200\200",
		"\377", "a\200", "\303", "\342\202", "\360\237\224", "\360\200\200\200",
		"a\342\200\256b", "a\342\200\213b", "\357\273\277a", "a\342\201\246b",
	};
	struct daemon *daemon = &self->daemon;
	size_t i;

	ASSERT_EQ(ask_generate(daemon, "good", UKS_KEY_AES_128), 0);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		EXPECT_EQ(ask_generate(daemon, bad[i], UKS_KEY_AES_128), UKS_E_BAD_NAME) {
			TH_LOG("%zu", i);
		}
		EXPECT_EQ(ask_rename(daemon, "good", bad[i]), UKS_E_BAD_NAME);
		EXPECT_EQ(ask_by_name(daemon, UKS_OP_KEY_SHOW, bad[i]), UKS_E_NO_KEY);
	}
	/* A NUL inside is not the end of the name. */
	ask_begin(daemon);
	uks_attrs_put(&daemon->in, UKS_A_KEY_NAME, "good\0", 5);
	EXPECT_EQ(ask(daemon, UKS_OP_KEY_DELETE), UKS_E_NO_KEY);
	ask_begin(daemon);
	uks_attrs_put(&daemon->in, UKS_A_KEY_NAME, "new\0", 4);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, UKS_KEY_AES_128);
	EXPECT_EQ(ask(daemon, UKS_OP_KEY_GENERATE), UKS_E_BAD_NAME);
}

TEST_F(keys, are_never_overwritten)
{
	struct daemon *daemon = &self->daemon;
	uint8_t secret[32];

	ASSERT_EQ(ask_generate(daemon, "key", UKS_KEY_AES_256), 0);
	ASSERT_EQ(ask_open(daemon, "key", UKS_PURPOSE_ENCRYPT), 0);
	memcpy(secret, daemon->attrs[UKS_A_KEY_MATERIAL].value, 32);
	EXPECT_EQ(ask_generate(daemon, "key", UKS_KEY_AES_256), UKS_E_KEY_EXISTS);
	EXPECT_EQ(daemon->answer.error, EEXIST);
	EXPECT_EQ(ask_import(daemon, "key", UKS_KEY_AES_128, UKS_FORMAT_RAW, "0123456789abcdef",
			     16), UKS_E_KEY_EXISTS);
	ASSERT_EQ(ask_generate(daemon, "other", UKS_KEY_AES_256), 0);
	EXPECT_EQ(ask_rename(daemon, "other", "key"), UKS_E_KEY_EXISTS);
	ASSERT_EQ(ask_open(daemon, "key", UKS_PURPOSE_ENCRYPT), 0);
	EXPECT_EQ(memcmp(secret, daemon->attrs[UKS_A_KEY_MATERIAL].value, 32), 0);
	EXPECT_EQ(ask_by_name(daemon, UKS_OP_KEY_SHOW, "other"), 0);
}

TEST_F(keys, are_different)
{
	struct daemon *daemon = &self->daemon;
	uint8_t secrets[2][32];
	char name[2] = "a";
	int i;

	for (i = 0; i < 2; i++, name[0]++) {
		ASSERT_EQ(ask_generate(daemon, name, UKS_KEY_AES_256), 0);
		ASSERT_EQ(ask_open(daemon, name, UKS_PURPOSE_ENCRYPT), 0);
		ASSERT_EQ(daemon->attrs[UKS_A_KEY_MATERIAL].len, 32);
		memcpy(secrets[i], daemon->attrs[UKS_A_KEY_MATERIAL].value, 32);
	}
	EXPECT_NE(memcmp(secrets[0], secrets[1], 32), 0);
	EXPECT_FALSE(sodium_is_zero(secrets[0], 32));
}

/* In another's name space there is nothing; by its id a key is refused. */
TEST_F(keys, belong_to_their_owner)
{
	static const uint32_t ops[] = {
		UKS_OP_KEY_SHOW, UKS_OP_KEY_EXPORT_PUBLIC, UKS_OP_KEY_DELETE,
	};
	struct daemon *daemon = &self->daemon;
	uint8_t id[UKS_KEY_ID_LEN];
	static const uint32_t others[] = { BOB, 0, UINT32_MAX - 1 };
	size_t i, j;

	ASSERT_EQ(ask_generate(daemon, "key", UKS_KEY_ED25519), 0);
	memcpy(id, daemon->attrs[UKS_A_KEY_ID].value, sizeof(id));
	for (j = 0; j < 3; j++) {
		daemon->uid = others[j];
		for (i = 0; i < 3; i++) {
			EXPECT_EQ(ask_by_name(daemon, ops[i], "key"), UKS_E_NO_KEY);
			EXPECT_EQ(ask_id(daemon, ops[i], id), UKS_E_ACCESS);
			EXPECT_EQ(daemon->answer.error, EACCES);
			EXPECT_EQ(strstr(daemon->text, "1000"), NULL);
			EXPECT_EQ(strstr(daemon->text, "key '"), NULL);
		}
		EXPECT_EQ(ask_rename(daemon, "key", "mine"), UKS_E_NO_KEY);
		ask_begin(daemon);
		uks_attrs_put(&daemon->in, UKS_A_KEY_ID, id, sizeof(id));
		uks_attrs_put_string(&daemon->in, UKS_A_NEW_NAME, "mine");
		EXPECT_EQ(ask(daemon, UKS_OP_KEY_RENAME), UKS_E_ACCESS);
		EXPECT_EQ(ask_open(daemon, "key", UKS_PURPOSE_SIGN), UKS_E_NO_KEY);
		ask_begin(daemon);
		uks_attrs_put(&daemon->in, UKS_A_KEY_ID, id, sizeof(id));
		uks_attrs_put_u32(&daemon->in, UKS_A_PURPOSES, UKS_PURPOSE_SIGN);
		EXPECT_EQ(ask(daemon, UKS_OP_SESSION_OPEN), UKS_E_ACCESS);
		EXPECT_EQ(ask_sign(daemon, id, UKS_ALG_ED25519, 0, "x", 1), UKS_E_ACCESS);
		ask_begin(daemon);
		ASSERT_EQ(ask(daemon, UKS_OP_KEY_LIST), 0);
		EXPECT_EQ(daemon->attrs[UKS_A_KEY].type, 0);
	}
	EXPECT_EQ(daemon->revocations, 0);
	daemon->uid = ALICE;
	EXPECT_EQ(ask_id(daemon, UKS_OP_KEY_SHOW, id), 0);
	id[15] ^= 1;
	EXPECT_EQ(ask_id(daemon, UKS_OP_KEY_SHOW, id), UKS_E_NO_KEY);
}

TEST_F(keys, export_their_public_part)
{
	struct daemon *daemon = &self->daemon;
	uint8_t spki[100];
	size_t i;

	for (i = 0; i < TYPES; i++) {
		ASSERT_EQ(ask_generate(daemon, "key", types[i].type), 0);
		if (types[i].public_len)
			memcpy(spki, daemon->attrs[UKS_A_PUBLIC_KEY].value, types[i].public_len);
		ask_by_name(daemon, UKS_OP_KEY_EXPORT_PUBLIC, "key");
		if (types[i].public_len) {
			EXPECT_EQ(daemon->answer.code, 0);
			EXPECT_EQ(number(daemon, UKS_A_KEY_FORMAT), UKS_FORMAT_SPKI);
			EXPECT_EQ(number(daemon, UKS_A_KEY_TYPE), types[i].type);
			EXPECT_EQ(number(daemon, UKS_A_KEY_VERSION), 1);
			ASSERT_EQ(daemon->attrs[UKS_A_PUBLIC_KEY].len, types[i].public_len);
			EXPECT_EQ(memcmp(daemon->attrs[UKS_A_PUBLIC_KEY].value, spki,
					 types[i].public_len), 0);
		} else {
			EXPECT_EQ(daemon->answer.code, UKS_E_NO_PUBLIC);
		}
		ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_DELETE, "key"), 0);
	}
}

TEST_F(keys, are_renamed_and_go_on_working)
{
	struct daemon *daemon = &self->daemon;
	uint8_t id[UKS_KEY_ID_LEN], secret[32];

	ASSERT_EQ(ask_generate(daemon, "old", UKS_KEY_AES_256), 0);
	memcpy(id, daemon->attrs[UKS_A_KEY_ID].value, sizeof(id));
	ASSERT_EQ(ask_open(daemon, "old", UKS_PURPOSE_ENCRYPT), 0);
	memcpy(secret, daemon->attrs[UKS_A_KEY_MATERIAL].value, 32);
	ASSERT_EQ(ask_rename(daemon, "old", "new"), 0);
	EXPECT_EQ(daemon->answer.len, sizeof(daemon->answer));
	EXPECT_EQ(ask_by_name(daemon, UKS_OP_KEY_SHOW, "old"), UKS_E_NO_KEY);
	EXPECT_EQ(ask_rename(daemon, "old", "new"), UKS_E_NO_KEY);
	ASSERT_EQ(ask_open(daemon, "new", UKS_PURPOSE_ENCRYPT), 0);
	EXPECT_EQ(memcmp(daemon->attrs[UKS_A_KEY_MATERIAL].value, secret, 32), 0);
	EXPECT_EQ(memcmp(daemon->attrs[UKS_A_KEY_ID].value, id, sizeof(id)), 0);
	EXPECT_EQ(ask_rename(daemon, "new", "new"), 0);
	EXPECT_EQ(ask_generate(daemon, "old", UKS_KEY_AES_256), 0);
	EXPECT_EQ(daemon->revocations, 0);
}

TEST_F(keys, all_versions_are_resealed)
{
	struct daemon *daemon = &self->daemon;
	struct store *store = daemon->store;
	static const char copy[] =
		"INSERT INTO versions SELECT key,2,state,created,public_key,blob FROM versions";
	static const uint8_t secret[32] = "another secret of the same key..";
	struct record record;

	ASSERT_EQ(ask_generate(daemon, "old", UKS_KEY_AES_256), 0);
	ASSERT_EQ(daemon_sql(daemon, copy), 0);
	/* The second is no true one, so nothing may be changed. */
	EXPECT_EQ(ask_rename(daemon, "old", "new"), UKS_E_BLOB);
	ASSERT_EQ(store->ops->by_name(store, ALICE, "old", &record, &daemon->failure), 0);
	record.key.version = 2;
	seal_secret(daemon->master->key, &record.key, secret, 32, &record.blob);
	ASSERT_EQ(store->ops->begin(store, &daemon->failure), 0);
	ASSERT_EQ(store->ops->update(store, &record, &daemon->failure), 0);
	ASSERT_EQ(store->ops->commit(store, &daemon->failure), 0);
	ASSERT_EQ(ask_rename(daemon, "old", "new"), 0);
	EXPECT_EQ(ask_open(daemon, "new", UKS_PURPOSE_ENCRYPT), 0);
	ASSERT_EQ(daemon_sql(daemon, "UPDATE keys SET version = 2"), 0);
	ASSERT_EQ(ask_open(daemon, "new", UKS_PURPOSE_ENCRYPT), 0);
	EXPECT_EQ(number(daemon, UKS_A_KEY_VERSION), 2);
	EXPECT_EQ(memcmp(daemon->attrs[UKS_A_KEY_MATERIAL].value, secret, 32), 0);
}

TEST_F(keys, are_deleted_with_their_sessions)
{
	struct daemon *daemon = &self->daemon;
	uint8_t id[UKS_KEY_ID_LEN];

	ASSERT_EQ(ask_generate(daemon, "key", UKS_KEY_ED25519), 0);
	memcpy(id, daemon->attrs[UKS_A_KEY_ID].value, sizeof(id));
	ASSERT_EQ(ask_sign(daemon, id, UKS_ALG_ED25519, 0, "x", 1), 0);
	ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_DELETE, "key"), 0);
	EXPECT_EQ(daemon->revocations, 1);
	EXPECT_EQ(memcmp(daemon->revoked, id, sizeof(id)), 0);
	/* It was ready to sign a moment ago. */
	EXPECT_EQ(ask_sign(daemon, id, UKS_ALG_ED25519, 0, "x", 1), UKS_E_NO_KEY);
	EXPECT_EQ(ask_by_name(daemon, UKS_OP_KEY_SHOW, "key"), UKS_E_NO_KEY);
	EXPECT_EQ(ask_by_name(daemon, UKS_OP_KEY_DELETE, "key"), UKS_E_NO_KEY);
	EXPECT_EQ(daemon->revocations, 1);
	EXPECT_EQ(ask_generate(daemon, "key", UKS_KEY_AES_128), 0);
}

TEST_F(keys, stay_when_their_sessions_do)
{
	struct daemon *daemon = &self->daemon;

	ASSERT_EQ(ask_generate(daemon, "key", UKS_KEY_AES_128), 0);
	daemon->refuse_to_revoke = true;
	EXPECT_EQ(ask_by_name(daemon, UKS_OP_KEY_DELETE, "key"), UKS_E_INTERNAL);
	EXPECT_EQ(ask_open(daemon, "key", UKS_PURPOSE_ENCRYPT), 0);
}

TEST_F(keys, need_room_for_their_answer)
{
	struct daemon *daemon = &self->daemon;

	daemon->out_max = 100;
	EXPECT_EQ(ask_generate(daemon, "key", UKS_KEY_EC_P256), UKS_E_NO_ROOM);
	EXPECT_EQ(daemon->answer.error, ENOBUFS);
	daemon->out_max = UKS_REPLY_MIN;
	EXPECT_EQ(ask_by_name(daemon, UKS_OP_KEY_SHOW, "key"), UKS_E_NO_KEY);
	EXPECT_EQ(ask_generate(daemon, "key", UKS_KEY_EC_P256), 0);
}

struct page {
	char names[UKS_REPLY_MIN];
	char cursor[UKS_NAME_MAX + 1];
	int count;
};

static int list(struct daemon *daemon, struct page *page, uint32_t limit)
{
	const uint8_t *at = daemon->out;
	struct uks_attr attr, table[UKS_A_MAX + 1];
	char name[UKS_NAME_MAX + 1];
	size_t len;

	ask_begin(daemon);
	if (*page->cursor)
		uks_attrs_put_string(&daemon->in, UKS_A_CURSOR, page->cursor);
	if (limit)
		uks_attrs_put_u32(&daemon->in, UKS_A_LIMIT, limit);
	*page = (struct page){ };
	if (ask(daemon, UKS_OP_KEY_LIST))
		return -1;
	len = daemon->answer.len - sizeof(daemon->answer);
	while (uks_attr_next(&at, &len, &attr) > 0) {
		if (attr.type == UKS_A_CURSOR) {
			uks_attr_string(&attr, page->cursor, sizeof(page->cursor));
			continue;
		}
		if (attr.type != UKS_A_KEY || uks_attrs_parse(attr.value, attr.len, table) ||
		    table[UKS_A_PUBLIC_KEY].type ||
		    !uks_attr_string(&table[UKS_A_KEY_NAME], name, sizeof(name)))
			return -1;
		page->count++;
		strcat(strcat(page->names, name), " ");
	}
	return 0;
}

TEST_F(keys, are_listed_in_pages)
{
	struct daemon *daemon = &self->daemon;
	struct page page = { }, all = { };
	char name[16];
	int i, pages = 0;

	ASSERT_EQ(list(daemon, &page, 0), 0);
	EXPECT_EQ(page.count, 0);
	EXPECT_STREQ(page.cursor, "");
	for (i = 9; i >= 0; i--) {
		snprintf(name, sizeof(name), "k%d", i);
		ASSERT_EQ(ask_generate(daemon, name, UKS_KEY_AES_128), 0);
	}
	ASSERT_EQ(list(daemon, &page, 0), 0);
	EXPECT_STREQ(page.names, "k0 k1 k2 k3 k4 k5 k6 k7 k8 k9 ");
	EXPECT_STREQ(page.cursor, "");
	/* by number */
	do {
		ASSERT_EQ(list(daemon, &page, 4), 0);
		strcat(all.names, page.names);
		pages++;
	} while (*page.cursor);
	EXPECT_EQ(pages, 3);
	EXPECT_STREQ(all.names, "k0 k1 k2 k3 k4 k5 k6 k7 k8 k9 ");
	/* a limit that is just reached leaves no cursor */
	ASSERT_EQ(list(daemon, &page, 10), 0);
	EXPECT_EQ(page.count, 10);
	EXPECT_STREQ(page.cursor, "");
	/* by room */
	daemon->out_max = 700;
	pages = 0;
	*all.names = 0;
	do {
		ASSERT_EQ(list(daemon, &page, 0), 0);
		EXPECT_LE(daemon->answer.len, sizeof(daemon->answer) + 700);
		strcat(all.names, page.names);
		pages++;
	} while (*page.cursor);
	EXPECT_GT(pages, 2);
	EXPECT_STREQ(all.names, "k0 k1 k2 k3 k4 k5 k6 k7 k8 k9 ");
	/* not even one */
	daemon->out_max = 300;
	EXPECT_EQ(list(daemon, &page, 0), -1);
	EXPECT_EQ(daemon->answer.code, UKS_E_NO_ROOM);
}

TEST_F(keys, fill_an_answer)
{
	struct daemon *daemon = &self->daemon;
	char name[UKS_NAME_MAX + 1];
	struct page page = { };
	int i, count = 0;

	for (i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "%0255d", i);
		ASSERT_EQ(ask_generate(daemon, name, UKS_KEY_AES_128), 0);
	}
	daemon->out_max = UKS_REPLY_MIN;
	do {
		ASSERT_EQ(list(daemon, &page, 0), 0);
		count += page.count;
	} while (*page.cursor);
	EXPECT_EQ(count, 300);
	daemon->out_max = UKS_PAYLOAD_MAX;
	ask_begin(daemon);
	ASSERT_EQ(ask(daemon, UKS_OP_KEY_LIST), 0);
	EXPECT_GT(daemon->answer.len, 64000);
	EXPECT_LE(daemon->answer.len, sizeof(daemon->answer) + UKS_PAYLOAD_MAX);
	EXPECT_NE(daemon->attrs[UKS_A_CURSOR].type, 0);
}

TEST_HARNESS_MAIN
