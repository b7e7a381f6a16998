// SPDX-License-Identifier: LGPL-2.1-or-later
/* The life of a key: states, versions, deletion, replacement, what is due. */
#include <kselftest_harness.h>

#include "daemon/housekeeping.h"
#include "daemon/key/lifecycle.h"
#include "tests/unit/leaks.h"
#include "tests/unit/uksd-policy.h"

FIXTURE(lifecycle)
{
	struct daemon daemon;
	uint8_t id[UKS_KEY_ID_LEN];
	uint8_t policy_buf[UKS_PAYLOAD_MAX];
	struct uks_attrs policy;
};

FIXTURE_SETUP(lifecycle)
{
	ASSERT_EQ(daemon_new(&self->daemon), 0);
	self->daemon.config.delete_window = 3600;
	ASSERT_EQ(daemon_start(&self->daemon), 0) {
		TH_LOG("%s", self->daemon.failure.text);
	}
	uks_attrs_init(&self->policy, self->policy_buf, sizeof(self->policy_buf));
}

FIXTURE_TEARDOWN(lifecycle)
{
	daemon_stop(&self->daemon);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

static uint32_t ask_state(struct daemon *daemon, uint32_t version, uint32_t state)
{
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "key");
	if (version)
		uks_attrs_put_u32(&daemon->in, UKS_A_KEY_VERSION, version);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_STATE, state);
	return ask(daemon, UKS_OP_KEY_SET_STATE);
}

static uint32_t ask_by_id(struct daemon *daemon, uint32_t op, const uint8_t *id, uint32_t flags)
{
	ask_begin(daemon);
	uks_attrs_put(&daemon->in, UKS_A_KEY_ID, id, UKS_KEY_ID_LEN);
	if (flags)
		uks_attrs_put_u32(&daemon->in, UKS_A_FLAGS, flags);
	return ask(daemon, op);
}

static uint32_t ask_open_version(struct daemon *daemon, uint32_t version, uint32_t purpose,
				 uint32_t flags)
{
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "key");
	uks_attrs_put_u32(&daemon->in, UKS_A_PURPOSES, purpose);
	if (version)
		uks_attrs_put_u32(&daemon->in, UKS_A_KEY_VERSION, version);
	if (flags)
		uks_attrs_put_u32(&daemon->in, UKS_A_FLAGS, flags);
	return ask(daemon, UKS_OP_SESSION_OPEN);
}

static uint32_t state_of(struct daemon *daemon, uint32_t version)
{
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "key");
	if (version)
		uks_attrs_put_u32(&daemon->in, UKS_A_KEY_VERSION, version);
	if (ask(daemon, UKS_OP_KEY_SHOW))
		return 0;
	return uks_attr_u32(&daemon->attrs[UKS_A_KEY_STATE], 0);
}

#define ROTATE()	ask_by_name(&self->daemon, UKS_OP_KEY_ROTATE, "key")
#define DELETE()	ask_by_name(&self->daemon, UKS_OP_KEY_DELETE, "key")
#define MAKE() do { \
	ASSERT_EQ(ask_generate(&self->daemon, "key", UKS_KEY_AES_256), 0); \
	REMEMBER(); \
} while (0)

/* The table of Documentation/lifecycle.rst, once more and by hand. */
TEST_F(lifecycle, has_the_transitions_of_the_table)
{
	static const struct {
		uint32_t from, to;
	} allowed[] = {
		{ UKS_STATE_PRE_ACTIVATION, UKS_STATE_ACTIVE },
		{ UKS_STATE_PRE_ACTIVATION, UKS_STATE_COMPROMISED },
		{ UKS_STATE_ACTIVE, UKS_STATE_SUSPENDED },
		{ UKS_STATE_ACTIVE, UKS_STATE_DEACTIVATED },
		{ UKS_STATE_ACTIVE, UKS_STATE_COMPROMISED },
		{ UKS_STATE_SUSPENDED, UKS_STATE_ACTIVE },
		{ UKS_STATE_SUSPENDED, UKS_STATE_DEACTIVATED },
		{ UKS_STATE_SUSPENDED, UKS_STATE_COMPROMISED },
		{ UKS_STATE_DEACTIVATED, UKS_STATE_COMPROMISED },
	};
	struct key key = { .version = 1, .newest = 1 };
	uint32_t to;
	bool found;
	size_t i;

	for (key.state = 0; key.state <= 8; key.state++) {
		for (to = 0; to <= 8; to++) {
			found = false;
			for (i = 0; i < sizeof(allowed) / sizeof(*allowed); i++)
				if (allowed[i].from == key.state && allowed[i].to == to)
					found = true;
			EXPECT_EQ(lifecycle_allows(&key, to), found) {
				TH_LOG("%u to %u", key.state, to);
			}
		}
	}
	key.newest = 2;
	key.state = UKS_STATE_DEACTIVATED;
	EXPECT_TRUE(lifecycle_allows(&key, UKS_STATE_SUSPENDED));
	key.state = UKS_STATE_SUSPENDED;
	EXPECT_FALSE(lifecycle_allows(&key, UKS_STATE_ACTIVE));
	key.deleted = 1;
	for (to = 0; to <= 8; to++)
		EXPECT_FALSE(lifecycle_allows(&key, to));
}

TEST_F(lifecycle, each_state_permits_what_it_says)
{
	struct daemon *daemon = &self->daemon;

	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "key");
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, UKS_KEY_AES_256);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_STATE, UKS_STATE_PRE_ACTIVATION);
	ASSERT_EQ(ask(daemon, UKS_OP_KEY_GENERATE), 0);
	EXPECT_CODE(ask_open(daemon, "key", UKS_PURPOSE_ENCRYPT), UKS_E_PRE_ACTIVATION);
	EXPECT_CODE(ask_open(daemon, "key", UKS_PURPOSE_DECRYPT), UKS_E_PRE_ACTIVATION);
	EXPECT_CODE(ask_state(daemon, 0, UKS_STATE_SUSPENDED), UKS_E_TRANSITION);
	EXPECT_CODE(ask_state(daemon, 0, UKS_STATE_DESTROYED), UKS_E_TRANSITION);
	ASSERT_EQ(ask_state(daemon, 0, UKS_STATE_ACTIVE), 0);
	EXPECT_CODE(ask_open(daemon, "key", UKS_PURPOSE_ENCRYPT), 0);
	ASSERT_EQ(ask_state(daemon, 0, UKS_STATE_SUSPENDED), 0);
	EXPECT_CODE(ask_open(daemon, "key", UKS_PURPOSE_ENCRYPT), UKS_E_SUSPENDED);
	EXPECT_CODE(ask_open(daemon, "key", UKS_PURPOSE_DECRYPT), UKS_E_SUSPENDED);
	ASSERT_EQ(ask_state(daemon, 0, UKS_STATE_DEACTIVATED), 0);
	EXPECT_CODE(ask_open(daemon, "key", UKS_PURPOSE_ENCRYPT), UKS_E_DEACTIVATED);
	EXPECT_CODE(ask_open(daemon, "key", UKS_PURPOSE_DECRYPT), 0);
	ASSERT_EQ(ask_state(daemon, 0, UKS_STATE_COMPROMISED), 0);
	EXPECT_CODE(ask_open(daemon, "key", UKS_PURPOSE_DECRYPT), UKS_E_COMPROMISED);
	EXPECT_CODE(ask_open_version(daemon, 0, UKS_PURPOSE_DECRYPT, UKS_CALL_COMPROMISED), 0);
	EXPECT_CODE(ask_open_version(daemon, 0, UKS_PURPOSE_ENCRYPT, UKS_CALL_COMPROMISED),
		    UKS_E_COMPROMISED);
	EXPECT_CODE(ask_state(daemon, 0, UKS_STATE_ACTIVE), UKS_E_TRANSITION);
	EXPECT_CODE(ask_state(daemon, 7, UKS_STATE_ACTIVE), UKS_E_NO_VERSION);
	EXPECT_EQ(daemon->revocations, 4);
}

TEST_F(lifecycle, a_new_version_encrypts_and_the_old_one_decrypts)
{
	struct daemon *daemon = &self->daemon;
	uint8_t first[32];

	MAKE();
	ASSERT_EQ(ask_open(daemon, "key", UKS_PURPOSE_ENCRYPT), 0);
	memcpy(first, daemon->attrs[UKS_A_KEY_MATERIAL].value, 32);
	ASSERT_EQ(ROTATE(), 0);
	EXPECT_EQ(uks_attr_u32(&daemon->attrs[UKS_A_KEY_VERSION], 0), 2);
	EXPECT_EQ(daemon->revocations, 1);
	EXPECT_CODE(ask_open_version(daemon, 1, UKS_PURPOSE_ENCRYPT, 0), UKS_E_DEACTIVATED);
	ASSERT_EQ(ask_open_version(daemon, 1, UKS_PURPOSE_DECRYPT, 0), 0);
	EXPECT_EQ(memcmp(first, daemon->attrs[UKS_A_KEY_MATERIAL].value, 32), 0);
	ASSERT_EQ(ask_open(daemon, "key", UKS_PURPOSE_ENCRYPT), 0);
	EXPECT_EQ(uks_attr_u32(&daemon->attrs[UKS_A_KEY_VERSION], 0), 2);
	EXPECT_NE(memcmp(first, daemon->attrs[UKS_A_KEY_MATERIAL].value, 32), 0);
	EXPECT_CODE(ask_open_version(daemon, 3, UKS_PURPOSE_DECRYPT, 0), UKS_E_NO_VERSION);
	/* resuming leads each version back to where it was */
	ASSERT_EQ(ask_state(daemon, 0, UKS_STATE_SUSPENDED), 0);
	EXPECT_EQ(state_of(daemon, 1), UKS_STATE_SUSPENDED);
	EXPECT_CODE(ROTATE(), UKS_E_TRANSITION);
	ASSERT_EQ(ask_state(daemon, 0, UKS_STATE_ACTIVE), 0);
	EXPECT_EQ(state_of(daemon, 1), UKS_STATE_DEACTIVATED);
	EXPECT_EQ(state_of(daemon, 2), UKS_STATE_ACTIVE);
	/* one version alone */
	ASSERT_EQ(ask_state(daemon, 1, UKS_STATE_COMPROMISED), 0);
	EXPECT_EQ(state_of(daemon, 2), UKS_STATE_ACTIVE);
	self->daemon.refuse_to_revoke = true;
	EXPECT_CODE(ROTATE(), UKS_E_INTERNAL);
}

TEST_F(lifecycle, a_deleted_key_comes_back_as_it_was)
{
	struct daemon *daemon = &self->daemon;
	uint64_t keys;
	uint8_t first[32];

	MAKE();
	ASSERT_EQ(ask_open(daemon, "key", UKS_PURPOSE_ENCRYPT), 0);
	memcpy(first, daemon->attrs[UKS_A_KEY_MATERIAL].value, 32);
	ASSERT_EQ(ROTATE(), 0);
	ASSERT_EQ(DELETE(), 0);
	EXPECT_GE(uks_attr_u64(&daemon->attrs[UKS_A_ERASED], 0), (uint64_t)time(NULL) + 3500);
	EXPECT_CODE(ask_open(daemon, "key", UKS_PURPOSE_DECRYPT), UKS_E_NO_KEY);
	EXPECT_CODE(ask_open_by_id(daemon, self->id, UKS_PURPOSE_DECRYPT), UKS_E_DESTROYED);
	EXPECT_CODE(ask_by_id(daemon, UKS_OP_KEY_ROTATE, self->id, 0), UKS_E_DESTROYED);
	EXPECT_CODE(ask_by_id(daemon, UKS_OP_KEY_DELETE, self->id, 0), UKS_E_DESTROYED);
	ASSERT_EQ(ask_by_id(daemon, UKS_OP_KEY_SHOW, self->id, 0), 0);
	EXPECT_EQ(uks_attr_u32(&daemon->attrs[UKS_A_KEY_STATE], 0), UKS_STATE_DESTROYED);
	ASSERT_EQ(daemon->store->ops->count(daemon->store, ALICE, &keys, &daemon->failure), 0);
	EXPECT_EQ(keys, 0);
	/* its name is free, so that it needs another one */
	ASSERT_EQ(ask_generate(daemon, "key", UKS_KEY_ED25519), 0);
	EXPECT_CODE(ask_by_name(daemon, UKS_OP_KEY_RESTORE, "key"), UKS_E_KEY_EXISTS);
	daemon->uid = BOB;
	EXPECT_CODE(ask_by_id(daemon, UKS_OP_KEY_RESTORE, self->id, 0), UKS_E_ACCESS);
	daemon->uid = ALICE;
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "key");
	uks_attrs_put_string(&daemon->in, UKS_A_NEW_NAME, "back");
	ASSERT_EQ(ask(daemon, UKS_OP_KEY_RESTORE), 0);
	EXPECT_CODE(ask_by_name(daemon, UKS_OP_KEY_RESTORE, "key"), UKS_E_RESTORE);
	EXPECT_CODE(ask_by_id(daemon, UKS_OP_KEY_RESTORE, self->id, 0), UKS_E_RESTORE);
	ASSERT_EQ(ask_open(daemon, "back", UKS_PURPOSE_ENCRYPT), 0);
	EXPECT_EQ(uks_attr_u32(&daemon->attrs[UKS_A_KEY_VERSION], 0), 2);
}

TEST_F(lifecycle, an_erased_key_leaves_its_check_value)
{
	struct daemon *daemon = &self->daemon;
	uint8_t check[KEY_CHECK_LEN];

	MAKE();
	ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_SHOW, "key"), 0);
	ASSERT_EQ(daemon->attrs[UKS_A_CHECK_VALUE].len, KEY_CHECK_LEN);
	memcpy(check, daemon->attrs[UKS_A_CHECK_VALUE].value, KEY_CHECK_LEN);
	ASSERT_EQ(DELETE(), 0);
	ASSERT_EQ(ask_by_id(daemon, UKS_OP_KEY_DELETE, self->id, UKS_CALL_NOW), 0);
	EXPECT_CODE(ask_by_id(daemon, UKS_OP_KEY_RESTORE, self->id, 0), UKS_E_RESTORE);
	EXPECT_CODE(ask_open_by_id(daemon, self->id, UKS_PURPOSE_DECRYPT), UKS_E_NO_KEY);
	ASSERT_EQ(ask_by_id(daemon, UKS_OP_KEY_SHOW, self->id, 0), 0);
	EXPECT_EQ(uks_attr_u32(&daemon->attrs[UKS_A_KEY_STATE], 0), UKS_STATE_DESTROYED);
	EXPECT_EQ(memcmp(check, daemon->attrs[UKS_A_CHECK_VALUE].value, KEY_CHECK_LEN), 0);
	daemon->uid = BOB;
	EXPECT_CODE(ask_by_id(daemon, UKS_OP_KEY_SHOW, self->id, 0), UKS_E_NO_KEY);
}

TEST_F(lifecycle, no_edit_brings_a_deleted_key_back)
{
	struct daemon *daemon = &self->daemon;

	MAKE();
	ASSERT_EQ(DELETE(), 0);
	ASSERT_EQ(daemon_sql(daemon, "UPDATE keys SET deleted = 0, erase = 0"), 0);
	EXPECT_CODE(ask_open(daemon, "key", UKS_PURPOSE_ENCRYPT), UKS_E_BLOB);
}

static uint32_t ask_replace(struct daemon *daemon)
{
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "key");
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, UKS_KEY_CHACHA20);
	uks_attrs_put_u32(&daemon->in, UKS_A_FLAGS, UKS_CALL_REPLACE);
	return ask(daemon, UKS_OP_KEY_GENERATE);
}

TEST_F(lifecycle, replacing_deletes_the_old_key_in_the_same_change)
{
	struct daemon *daemon = &self->daemon;

	MAKE();
	EXPECT_CODE(ask_generate(daemon, "key", UKS_KEY_CHACHA20), UKS_E_KEY_EXISTS);
	daemon->refuse_to_revoke = true;
	EXPECT_CODE(ask_replace(daemon), UKS_E_INTERNAL);
	daemon->refuse_to_revoke = false;
	ASSERT_EQ(ask_replace(daemon), 0);
	EXPECT_EQ(memcmp(daemon->revoked, self->id, UKS_KEY_ID_LEN), 0);
	EXPECT_CODE(ask_open_by_id(daemon, self->id, UKS_PURPOSE_ENCRYPT), UKS_E_DESTROYED);
	ASSERT_EQ(ask_open(daemon, "key", UKS_PURPOSE_ENCRYPT), 0);
	EXPECT_EQ(uks_attr_u32(&daemon->attrs[UKS_A_ALGORITHM], 0), UKS_ALG_CHACHA20_POLY1305);
}

TEST_F(lifecycle, many_keys_are_one_change)
{
	struct daemon *daemon = &self->daemon;
	uint64_t keys;

	ASSERT_EQ(ask_generate(daemon, "k-000003", UKS_KEY_AES_128), 0);
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "k");
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, UKS_KEY_AES_128);
	uks_attrs_put_u32(&daemon->in, UKS_A_COUNT, 5);
	EXPECT_CODE(ask(daemon, UKS_OP_KEY_GENERATE), UKS_E_KEY_EXISTS);
	ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_DELETE, "k-000003"), 0);
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "k");
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, UKS_KEY_AES_128);
	uks_attrs_put_u32(&daemon->in, UKS_A_COUNT, 5);
	ASSERT_EQ(ask(daemon, UKS_OP_KEY_GENERATE), 0);
	EXPECT_EQ(ask_open(daemon, "k-000005", UKS_PURPOSE_ENCRYPT), 0);
	ASSERT_EQ(daemon->store->ops->count(daemon->store, ALICE, &keys, &daemon->failure), 0);
	EXPECT_EQ(keys, 5);
}

static uint32_t ask_made(struct daemon *daemon, const char *name, int attr, uint32_t value)
{
	ask_begin(daemon);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, name);
	uks_attrs_put_u32(&daemon->in, UKS_A_KEY_TYPE, UKS_KEY_AES_128);
	uks_attrs_put_u32(&daemon->in, attr, value);
	return ask(daemon, UKS_OP_KEY_GENERATE);
}

static uint32_t ask_restore_as(struct daemon *daemon, const uint8_t *id, const void *name,
			       size_t len)
{
	ask_begin(daemon);
	uks_attrs_put(&daemon->in, UKS_A_KEY_ID, id, UKS_KEY_ID_LEN);
	uks_attrs_put(&daemon->in, UKS_A_NEW_NAME, name, len);
	return ask(daemon, UKS_OP_KEY_RESTORE);
}

static uint32_t ask_deleted_from(struct daemon *daemon, const char *cursor)
{
	ask_begin(daemon);
	uks_attrs_put_u32(&daemon->in, UKS_A_FLAGS, UKS_CALL_DELETED);
	uks_attrs_put_string(&daemon->in, UKS_A_CURSOR, cursor);
	return ask(daemon, UKS_OP_KEY_LIST);
}

TEST_F(lifecycle, what_makes_no_sense_changes_nothing)
{
	struct daemon *daemon = &self->daemon;
	char long_name[UKS_NAME_MAX + 1] = "";

	memset(long_name, 'k', UKS_NAME_MAX);
	MAKE();
	EXPECT_CODE(ask_made(daemon, "new", UKS_A_KEY_STATE, UKS_STATE_SUSPENDED),
		    UKS_E_TRANSITION);
	EXPECT_CODE(ask_made(daemon, long_name, UKS_A_COUNT, 2), UKS_E_BAD_NAME);
	EXPECT_CODE(ask_by_id(daemon, UKS_OP_KEY_RESTORE, self->id, 0), UKS_E_RESTORE);
	ASSERT_EQ(DELETE(), 0);
	EXPECT_CODE(ask_restore_as(daemon, self->id, "new\0", 4), UKS_E_BAD_NAME);
	EXPECT_CODE(ask_restore_as(daemon, self->id, " new", 4), UKS_E_BAD_NAME);
	EXPECT_CODE(ask_deleted_from(daemon, "no id"), UKS_E_PROTOCOL);
	EXPECT_CODE(ask_deleted_from(daemon, "0123"), UKS_E_PROTOCOL);
	EXPECT_EQ(ask_restore_as(daemon, self->id, "new", 3), 0);
	EXPECT_EQ(ask_open(daemon, "new", UKS_PURPOSE_ENCRYPT), 0);
}

#define KEEP_HOUSE() do { \
	uint64_t next_; \
	ASSERT_EQ(housekeeping(self->daemon.worker, &next_, &self->daemon.failure), 0); \
} while (0)

TEST_F(lifecycle, what_is_due_is_done)
{
	struct daemon *daemon = &self->daemon;

	/* rotated: its time has come by the edit of a date that proves nothing */
	policy_u64(&self->policy, UKS_POLICY_A_ROTATE, 1000);
	ASSERT_EQ(ask_generate_with(daemon, "key", UKS_KEY_AES_256, &self->policy), 0);
	ASSERT_EQ(daemon_sql(daemon, "UPDATE keys SET due = 1"), 0);
	KEEP_HOUSE();
	EXPECT_EQ(state_of(daemon, 2), 0);
	ASSERT_EQ(ask_set_policy(daemon, "key", policy_u64(&self->policy, UKS_POLICY_A_NOT_AFTER,
							   time(NULL))), 0);
	KEEP_HOUSE();
	EXPECT_EQ(state_of(daemon, 1), UKS_STATE_DEACTIVATED);
	ASSERT_EQ(DELETE(), 0);
	KEEP_HOUSE();
	EXPECT_CODE(ask_by_name(daemon, UKS_OP_KEY_RESTORE, "key"), 0);
}

TEST_F(lifecycle, deleted_keys_are_erased_when_their_time_is_over)
{
	struct daemon *daemon = &self->daemon;
	uint64_t next;

	MAKE();
	daemon->config.delete_window = 1;
	ASSERT_EQ(DELETE(), 0);
	do {
		ASSERT_EQ(housekeeping(daemon->worker, &next, &daemon->failure), 0);
	} while (next);
	EXPECT_CODE(ask_by_id(daemon, UKS_OP_KEY_RESTORE, self->id, 0), UKS_E_RESTORE);
	EXPECT_NE(strstr(daemon->text, "was erased"), NULL);
}

TEST_F(lifecycle, keys_are_rotated_by_their_policy)
{
	struct daemon *daemon = &self->daemon;

	policy_u64(&self->policy, UKS_POLICY_A_ROTATE, 1);
	ASSERT_EQ(ask_generate_with(daemon, "key", UKS_KEY_AES_256, &self->policy), 0);
	while (!state_of(daemon, 2))
		KEEP_HOUSE();
	EXPECT_EQ(state_of(daemon, 1), UKS_STATE_DEACTIVATED);
}

TEST_HARNESS_MAIN
