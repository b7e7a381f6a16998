// SPDX-License-Identifier: LGPL-2.1-or-later
/* The life of the master key: who decides, in which order, and what is refused. */
#include <kselftest_harness.h>
#include <openssl/ec.h>
#include <sodium.h>

#include "tests/unit/leaks.h"
#include "tests/unit/uksd-ceremony.h"
#include "tests/unit/uksd-policy.h"

FIXTURE(ceremony)
{
	struct daemon daemon;
	struct ceremony ceremony;
	uint8_t secret[32];
	uint8_t digest[32];
};

FIXTURE_SETUP(ceremony)
{
	struct daemon *daemon = &self->daemon;

	ASSERT_EQ(daemon_new(daemon), 0);
	ASSERT_EQ(daemon_start(daemon), 0) {
		TH_LOG("%s", daemon->failure.text);
	}
	ASSERT_EQ(ceremony_new(&self->ceremony, daemon), 0);
	ASSERT_EQ(ask_generate(daemon, "key", UKS_KEY_AES_256), 0);
	ASSERT_EQ(ask_by_name(daemon, UKS_OP_KEY_ROTATE, "key"), 0);
	ASSERT_EQ(ask_open(daemon, "key", UKS_PURPOSE_ENCRYPT), 0);
	memcpy(self->secret, daemon->attrs[UKS_A_KEY_MATERIAL].value, 32);
	/* The first look writes the store's id. */
	ASSERT_EQ(ask_master(&self->ceremony, UKS_MASTER_SHOW, NULL, 0), 0);
}

FIXTURE_TEARDOWN(ceremony)
{
	daemon_stop(&self->daemon);
	ceremony_delete(&self->ceremony);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

#define NOTE_STORE()	daemon_digest(&self->daemon, self->digest)
#define EXPECT_SAME_STORE() do { \
	uint8_t now[32]; \
	daemon_digest(&self->daemon, now); \
	EXPECT_EQ(memcmp(now, self->digest, 32), 0); \
} while (0)

#define EXPECT_REFUSED(question, code, fragment) do { \
	NOTE_STORE(); \
	EXPECT_EQ(question, code) { \
		TH_LOG("%s", self->daemon.text); \
	} \
	EXPECT_NE(strstr(self->daemon.text, fragment), NULL) { \
		TH_LOG("%s", self->daemon.text); \
	} \
	EXPECT_SAME_STORE(); \
} while (0)

#define EXPECT_KEY() do { \
	EXPECT_EQ(ask_open(&self->daemon, "key", UKS_PURPOSE_ENCRYPT), 0) { \
		TH_LOG("%s", self->daemon.text); \
	} \
	EXPECT_EQ(memcmp(self->secret, self->daemon.attrs[UKS_A_KEY_MATERIAL].value, 32), 0); \
} while (0)

#define EXPECT_STATUS(path, value)	EXPECT_STREQ(status(&self->ceremony, path), value)

#define RESTART() do { \
	daemon_stop(&self->daemon); \
	ASSERT_EQ(daemon_start(&self->daemon), 0) { \
		TH_LOG("%s", self->daemon.failure.text); \
	} \
} while (0)

static uint32_t load(struct ceremony *ceremony)
{
	return ask_master(ceremony, UKS_MASTER_LOAD, NULL, 0);
}

static uint32_t load_part(struct ceremony *ceremony, uint8_t number, uint8_t count, uint8_t fill)
{
	uint8_t part[34] = { number, count };

	memset(part + 2, fill, 32);
	return ask_master(ceremony, UKS_MASTER_LOAD, part, sizeof(part));
}

static uint32_t rotate(struct ceremony *ceremony)
{
	return ask_master(ceremony, UKS_MASTER_ROTATE, NULL, 0);
}

/* Commits to what is in the new register. */
static uint32_t commit(struct ceremony *ceremony, unsigned int signers)
{
	char members[64];

	snprintf(members, sizeof(members), "\"pattern\":\"%s\"", status(ceremony, "new.pattern"));
	return order(ceremony, "commit", members, signers);
}

TEST_F(ceremony, is_for_root_of_the_machine)
{
	struct daemon *daemon = &self->daemon;
	static const uint32_t ops[] = { UKS_OP_MASTER, UKS_OP_BACKUP };
	int i, j;

	for (i = 0; i < 2; i++)
		for (j = 0; j < 2; j++) {
			ask_begin(daemon);
			uks_attrs_put_u32(&daemon->in, UKS_A_COMMAND, 1);
			daemon->uid = j ? 0 : ALICE;
			daemon->userns = j ? 0xeffffffe : 0xeffffffd;
			EXPECT_REFUSED(ask(daemon, ops[i]), UKS_E_ACCESS, "root");
		}
	daemon->userns = 0xeffffffd;
	daemon->uid = ALICE;
}

static uint64_t uses(struct daemon *daemon, const char *name)
{
	if (ask_by_name(daemon, UKS_OP_KEY_SHOW, name))
		return UINT64_MAX;
	return uks_attr_u64(&daemon->attrs[UKS_A_USES], UINT64_MAX);
}

/* Counts are bound to the master key: a new one takes them over, and none from an edit. */
TEST_F(ceremony, keeps_what_counted_keys_have_used)
{
	struct daemon *daemon = &self->daemon;
	uint8_t bytes[16], id[UKS_KEY_ID_LEN];
	struct uks_attrs policy;

	uks_attrs_init(&policy, bytes, sizeof(bytes));
	ASSERT_EQ(ask_generate_with(daemon, "counted", UKS_KEY_AES_256,
				    policy_u64(&policy, UKS_POLICY_A_MAX_USES, 3)), 0);
	memcpy(id, daemon->attrs[UKS_A_KEY_ID].value, sizeof(id));
	ASSERT_EQ(ask_use(daemon, id, UKS_PURPOSE_ENCRYPT, UKS_ALG_AES_GCM, 2), 0);
	ASSERT_EQ(load(&self->ceremony), 0);
	ASSERT_EQ(commit(&self->ceremony, 0), 0);
	ASSERT_EQ(rotate(&self->ceremony), 0);
	RESTART();
	EXPECT_EQ(uses(daemon, "counted"), 2);
	EXPECT_EQ(ask_use(daemon, id, UKS_PURPOSE_ENCRYPT, UKS_ALG_AES_GCM, 1), 0);
	EXPECT_EQ(ask_use(daemon, id, UKS_PURPOSE_ENCRYPT, UKS_ALG_AES_GCM, 1), UKS_E_USED_UP);

	/* A count that was edited is not made true by the change. */
	ASSERT_EQ(daemon_sql(daemon, "UPDATE uses SET total = 0"), 0);
	ASSERT_EQ(load(&self->ceremony), 0);
	ASSERT_EQ(commit(&self->ceremony, 0), 0);
	EXPECT_REFUSED(rotate(&self->ceremony), UKS_E_BLOB, "edited");
}

TEST_F(ceremony, goes_from_state_to_state)
{
	char pattern[32], before[32];

	EXPECT_STATUS("current.state", "valid");
	EXPECT_STATUS("new.state", "empty");
	snprintf(before, sizeof(before), "%s", status(&self->ceremony, "current.pattern"));
	ASSERT_EQ(load(&self->ceremony), 0);
	EXPECT_STATUS("new.state", "full-uncommitted");
	snprintf(pattern, sizeof(pattern), "%s", status(&self->ceremony, "new.pattern"));
	EXPECT_EQ(strlen(pattern), 16);
	RESTART();
	EXPECT_STATUS("new.pattern", pattern);
	ASSERT_EQ(commit(&self->ceremony, 0), 0);
	EXPECT_STATUS("new.state", "full-committed");
	EXPECT_STATUS("current.pattern", before);
	ASSERT_EQ(rotate(&self->ceremony), 0);
	EXPECT_STATUS("new.state", "empty");
	EXPECT_STATUS("current.state", "valid");
	EXPECT_STATUS("current.pattern", pattern);
	EXPECT_KEY();
	RESTART();
	EXPECT_STATUS("current.pattern", pattern);
	EXPECT_KEY();
}

TEST_F(ceremony, takes_no_step_out_of_order)
{
	struct ceremony *ceremony = &self->ceremony;

	EXPECT_REFUSED(rotate(ceremony), UKS_E_MASTER_STATE, "no committed master key");
	EXPECT_REFUSED(commit(ceremony, 0), UKS_E_MASTER_STATE, "nothing that could be committed");
	EXPECT_REFUSED(ask_master(ceremony, UKS_MASTER_CLEAR, NULL, 0), UKS_E_MASTER_STATE,
		       "empty");
	ASSERT_EQ(load(ceremony), 0);
	EXPECT_REFUSED(load(ceremony), UKS_E_MASTER_STATE, "full");
	EXPECT_REFUSED(load_part(ceremony, 1, 2, 5), UKS_E_MASTER_STATE, "full");
	EXPECT_REFUSED(rotate(ceremony), UKS_E_MASTER_STATE, "no committed");
	EXPECT_REFUSED(order(ceremony, "commit", "\"pattern\":\"0011223344556677\"", 0),
		       UKS_E_MASTER_STATE, "about another");
	ASSERT_EQ(commit(ceremony, 0), 0);
	EXPECT_REFUSED(commit(ceremony, 0), UKS_E_MASTER_STATE, "nothing that could be committed");
	EXPECT_REFUSED(load(ceremony), UKS_E_MASTER_STATE, "full");
	ASSERT_EQ(ask_master(ceremony, UKS_MASTER_CLEAR, NULL, 0), 0);
	EXPECT_STATUS("new.state", "empty");
	EXPECT_REFUSED(rotate(ceremony), UKS_E_MASTER_STATE, "no committed");
	EXPECT_KEY();
}

/* The pattern is that of the XOR of all parts, computed here once more. */
TEST_F(ceremony, makes_a_key_of_its_parts)
{
	static const uint8_t label[] = "uks master pattern v1";
	struct ceremony *ceremony = &self->ceremony;
	uint8_t key[32], digest[32];
	char pattern[17];

	ASSERT_EQ(load_part(ceremony, 1, 3, 0x0f), 0);
	EXPECT_STATUS("parts_given", "1");
	EXPECT_STATUS("new.state", "empty");
	EXPECT_REFUSED(load_part(ceremony, 1, 3, 0x33), UKS_E_MASTER_STATE, "not the next");
	EXPECT_REFUSED(load_part(ceremony, 3, 3, 0x33), UKS_E_MASTER_STATE, "not the next");
	EXPECT_REFUSED(load_part(ceremony, 2, 2, 0x33), UKS_E_MASTER_STATE, "3 parts");
	EXPECT_REFUSED(load(ceremony), UKS_E_MASTER_STATE, "parts");
	ASSERT_EQ(load_part(ceremony, 2, 3, 0x33), 0);
	ASSERT_EQ(load_part(ceremony, 3, 3, 0xa5), 0);
	EXPECT_STATUS("new.state", "full-uncommitted");
	memset(key, 0x0f ^ 0x33 ^ 0xa5, sizeof(key));
	crypto_generichash(digest, 32, label, sizeof(label) - 1, key, 32);
	sodium_bin2hex(pattern, sizeof(pattern), digest, 8);
	EXPECT_STATUS("new.pattern", pattern);
}

TEST_F(ceremony, refuses_parts_that_are_none)
{
	struct ceremony *ceremony = &self->ceremony;
	uint8_t part[33] = { 1, 2, 3 };

	EXPECT_REFUSED(load_part(ceremony, 1, 1, 5), UKS_E_INVALID, "2 or 3 parts");
	EXPECT_REFUSED(load_part(ceremony, 1, 4, 5), UKS_E_INVALID, "2 or 3 parts");
	EXPECT_REFUSED(load_part(ceremony, 1, 2, 0), UKS_E_BAD_MATERIAL, "zeros");
	EXPECT_REFUSED(ask_master(ceremony, UKS_MASTER_LOAD, part, sizeof(part)),
		       UKS_E_BAD_MATERIAL, "32 bytes");
	ASSERT_EQ(load_part(ceremony, 1, 2, 5), 0);
	EXPECT_REFUSED(load_part(ceremony, 2, 2, 5), UKS_E_BAD_MATERIAL, "cancel");
	EXPECT_STATUS("parts_given", "0");
	/* Parts that were begun are dropped on demand, and by a restart. */
	ASSERT_EQ(load_part(ceremony, 1, 2, 5), 0);
	ASSERT_EQ(ask_master(ceremony, UKS_MASTER_CLEAR, NULL, 0), 0);
	EXPECT_STATUS("parts_given", "0");
	ASSERT_EQ(load_part(ceremony, 1, 2, 5), 0);
	RESTART();
	EXPECT_REFUSED(load_part(ceremony, 2, 2, 6), UKS_E_MASTER_STATE, "not the next");
}

TEST_F(ceremony, counts_the_signatures_of_administrators)
{
	struct ceremony *ceremony = &self->ceremony;

	ASSERT_EQ(enrol_all(ceremony), 0) {
		TH_LOG("%s", self->daemon.text);
	}
	EXPECT_STATUS("administrators", "3");
	ASSERT_EQ(load(ceremony), 0);
	EXPECT_REFUSED(commit(ceremony, 0), UKS_E_NOT_ADMIN, "needs the signatures of 2");
	EXPECT_REFUSED(commit(ceremony, 1), UKS_E_NOT_ADMIN, "needs the signatures of 2");
	EXPECT_REFUSED(commit(ceremony, 0x101), UKS_E_NOT_ADMIN, "needs the signatures of 2");
	EXPECT_STATUS("new.state", "full-uncommitted");
	/* Ed25519 and ECDSA. */
	ASSERT_EQ(commit(ceremony, 3), 0) {
		TH_LOG("%s", self->daemon.text);
	}
	EXPECT_STATUS("new.state", "full-committed");
	ASSERT_EQ(rotate(ceremony), 0);
	EXPECT_STATUS("administrators", "3");
	EXPECT_KEY();
	RESTART();
	EXPECT_STATUS("administrators", "3");
}

TEST_F(ceremony, refuses_signatures_of_strangers)
{
	struct ceremony *ceremony = &self->ceremony;
	EVP_PKEY *own, *stranger = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	ASSERT_EQ(enrol_all(ceremony), 0);
	ASSERT_EQ(load(ceremony), 0);
	own = ceremony->keys[0];
	ceremony->keys[0] = stranger;
	EXPECT_REFUSED(commit(ceremony, 7), UKS_E_NOT_ADMIN, "of no administrator");
	ceremony->keys[0] = own;
	EVP_PKEY_free(stranger);
	EXPECT_STATUS("new.state", "full-uncommitted");
}

TEST_F(ceremony, does_no_command_twice)
{
	struct ceremony *ceremony = &self->ceremony;
	char *enrol, *text, members[64];

	ASSERT_EQ(enrol_all(ceremony), 0);
	ASSERT_EQ(load(ceremony), 0);
	snprintf(members, sizeof(members), "\"pattern\":\"%s\"", status(ceremony, "new.pattern"));
	text = command_text(ceremony, "commit", members);
	ASSERT_EQ(send_command(ceremony, UKS_MASTER_SIGNED, text, 3), 0);
	EXPECT_REFUSED(send_command(ceremony, UKS_MASTER_SIGNED, text, 7), UKS_E_REPLAYED,
		       "was used");
	RESTART();
	EXPECT_REFUSED(send_command(ceremony, UKS_MASTER_SIGNED, text, 7), UKS_E_REPLAYED,
		       "was used");
	free(text);
	/* Another store's command, made with the right number. */
	enrol = command_text(ceremony, "revoke",
			     "\"administrator\":\"admin0\",\"commit\":1,\"revoke\":1");
	memset(strstr(enrol, "\"store\":\"") + 9, '0', 8);
	EXPECT_REFUSED(send_command(ceremony, UKS_MASTER_SIGNED, enrol, 7), UKS_E_REPLAYED,
		       "another store");
	free(enrol);
}

/* Of the store alone, an older copy is put back; the TPM has counted on. */
TEST_F(ceremony, does_no_command_again_in_an_older_store)
{
	struct ceremony *ceremony = &self->ceremony;
	char *text, sql[PATH_MAX + 64];

	ASSERT_EQ(enrol_all(ceremony), 0);
	text = command_text(ceremony, "revoke",
			    "\"administrator\":\"admin0\",\"commit\":1,\"revoke\":1");
	snprintf(sql, sizeof(sql),
		 "CREATE TABLE old_meta AS SELECT * FROM meta WHERE name = 'master-record'");
	ASSERT_EQ(daemon_sql(&self->daemon, sql), 0);
	ASSERT_EQ(send_command(ceremony, UKS_MASTER_SIGNED, text, 7), 0);
	EXPECT_STATUS("administrators", "2");
	ASSERT_EQ(load(ceremony), 0);
	ASSERT_EQ(commit(ceremony, 2), 0);
	ASSERT_EQ(daemon_sql(&self->daemon, "REPLACE INTO meta SELECT * FROM old_meta"), 0);
	EXPECT_REFUSED(send_command(ceremony, UKS_MASTER_SIGNED, text, 7), UKS_E_ROLLBACK,
		       "older copy");
	/* Nor can the administrators be made to disappear. */
	ASSERT_EQ(daemon_sql(&self->daemon, "DELETE FROM meta WHERE name = 'master-record'"), 0);
	EXPECT_EQ(load(ceremony), UKS_E_ROLLBACK);
	EXPECT_NE(strstr(self->daemon.text, "no administrators"), NULL);
	free(text);
}

TEST_F(ceremony, revokes_an_administrator)
{
	static const char members[] = "\"administrator\":\"admin2\",\"commit\":2,\"revoke\":2";
	struct ceremony *ceremony = &self->ceremony;

	EXPECT_REFUSED(order(ceremony, "revoke", members, 0), UKS_E_MASTER_STATE, "enrolled");
	ASSERT_EQ(enrol_all(ceremony), 0);
	EXPECT_REFUSED(order(ceremony, "revoke", members, 3), UKS_E_NOT_ADMIN,
		       "needs the signatures of 3");
	EXPECT_REFUSED(order(ceremony, "revoke",
			     "\"administrator\":\"nobody\",\"commit\":2,\"revoke\":2", 7),
		       UKS_E_NOT_ADMIN, "no administrator 'nobody'");
	EXPECT_REFUSED(order(ceremony, "revoke",
			     "\"administrator\":\"admin2\",\"commit\":2,\"revoke\":3", 7),
		       UKS_E_INVALID, "1 to 2");
	ASSERT_EQ(order(ceremony, "revoke", members, 7), 0);
	EXPECT_STATUS("administrators", "2");
	ASSERT_EQ(load(ceremony), 0);
	/* Whose key is no administrator's any more spoils what others have signed. */
	EXPECT_REFUSED(commit(ceremony, 7), UKS_E_NOT_ADMIN, "of no administrator");
	ASSERT_EQ(commit(ceremony, 3), 0);
}

TEST_F(ceremony, enrols_nobody_without_those_who_are)
{
	struct ceremony *ceremony = &self->ceremony;
	char *members = enrolment(ceremony, 4, 2, 2), *first = enrolment(ceremony, 3, 2, 2);

	ASSERT_EQ(order(ceremony, "enrol", first, 0), 0);
	EXPECT_REFUSED(order(ceremony, "enrol", members, 0), UKS_E_NOT_ADMIN, "signatures of 2");
	EXPECT_REFUSED(order(ceremony, "enrol", first, 3), UKS_E_INVALID, "already");
	ASSERT_EQ(order(ceremony, "enrol", members, 3), 0);
	EXPECT_STATUS("administrators", "3");
	free(first);
	free(members);
}

TEST_F(ceremony, refuses_keys_that_cannot_sign)
{
	struct ceremony *ceremony = &self->ceremony;
	EVP_PKEY *own = ceremony->keys[0];
	static const char * const groups[] = { "P-384", "secp256k1" };
	char *members;
	int i;

	for (i = 0; i < 2; i++) {
		ceremony->keys[0] = EVP_EC_gen(groups[i]);
		members = enrolment(ceremony, 1, 1, 1);
		EXPECT_REFUSED(order(ceremony, "enrol", members, 0), UKS_E_BAD_MATERIAL,
			       "Ed25519 or ECDSA P-256");
		EVP_PKEY_free(ceremony->keys[0]);
		free(members);
	}
	ceremony->keys[0] = own;
	EXPECT_REFUSED(order(ceremony, "enrol",
			     "\"administrators\":[],\"commit\":1,\"revoke\":1", 0),
		       UKS_E_INVALID, "lacks something");
	members = enrolment(ceremony, 1, 2, 1);
	EXPECT_REFUSED(order(ceremony, "enrol", members, 0), UKS_E_INVALID, "1 to 1");
	free(members);
}

TEST_F(ceremony, refuses_what_is_no_command)
{
	static const char * const messages[] = {
		"", "{}", "[]", "{\"command\":1,\"signatures\":[]}",
		"{\"command\":\"\",\"signatures\":[]}",
		"{\"command\":\"{}\",\"signatures\":[],\"more\":1}",
		"{\"command\":\"{\\\"uks\\\":\\\"master command 2\\\"}\",\"signatures\":[]}",
	};
	size_t i;

	for (i = 0; i < sizeof(messages) / sizeof(*messages); i++)
		EXPECT_REFUSED(ask_master(&self->ceremony, UKS_MASTER_SIGNED, messages[i],
					  strlen(messages[i])), UKS_E_INVALID, "command");
	EXPECT_REFUSED(order(&self->ceremony, "dance", "", 0), UKS_E_INVALID, "no command 'dance'");
	EXPECT_REFUSED(order(&self->ceremony, "commit", "", 0), UKS_E_INVALID, "lacks something");
	EXPECT_REFUSED(ask_master(&self->ceremony, 99, NULL, 0), UKS_E_UNSUPPORTED, "99");
}

/* A key that is damaged is named, and all stay under the old master key. */
TEST_F(ceremony, names_a_damaged_key_and_rotates_nothing)
{
	ASSERT_EQ(ask_generate(&self->daemon, "broken", UKS_KEY_AES_256), 0);
	ASSERT_EQ(daemon_sql(&self->daemon,
			     "UPDATE versions SET blob = zeroblob(73)\n"
			     "WHERE key = (SELECT id FROM keys WHERE name = 'broken')"), 0);
	ASSERT_EQ(load(&self->ceremony), 0);
	ASSERT_EQ(commit(&self->ceremony, 0), 0);
	EXPECT_REFUSED(rotate(&self->ceremony), UKS_E_BLOB, "broken");
	EXPECT_STATUS("new.state", "full-committed");
	EXPECT_KEY();
	RESTART();
	EXPECT_KEY();
	/* Others may change the store again. */
	EXPECT_EQ(ask_generate(&self->daemon, "other", UKS_KEY_AES_256), 0);
}

TEST_F(ceremony, destroys_everything_on_demand)
{
	struct ceremony *ceremony = &self->ceremony;
	struct daemon *daemon = &self->daemon;
	uint8_t store[16], wrong[16] = { 1 };
	char before[32];

	ASSERT_EQ(enrol_all(ceremony), 0);
	snprintf(before, sizeof(before), "%s", status(ceremony, "current.pattern"));
	ASSERT_EQ(sodium_hex2bin(store, 16, status(ceremony, "store"), 32, NULL, NULL, NULL), 0);
	EXPECT_REFUSED(ask_master(ceremony, UKS_MASTER_ZEROIZE, wrong, 16), UKS_E_INVALID,
		       "another store");
	EXPECT_REFUSED(ask_master(ceremony, UKS_MASTER_ZEROIZE, NULL, 0), UKS_E_INVALID,
		       "another store");
	daemon->revocations = 0;
	ASSERT_EQ(ask_master(ceremony, UKS_MASTER_ZEROIZE, store, 16), 0) {
		TH_LOG("%s", daemon->text);
	}
	EXPECT_GE(daemon->revocations, 1);
	EXPECT_STATUS("current.state", "empty");
	EXPECT_STATUS("administrators", "0");
	EXPECT_EQ(ask_open(daemon, "key", UKS_PURPOSE_ENCRYPT), UKS_E_MASTER_STATE);
	EXPECT_EQ(ask_generate(daemon, "new", UKS_KEY_AES_256), UKS_E_MASTER_STATE);
	RESTART();
	EXPECT_STATUS("current.state", "empty");
	EXPECT_EQ(ask_generate(daemon, "new", UKS_KEY_AES_256), UKS_E_MASTER_STATE);
	ask_begin(daemon);
	ASSERT_EQ(ask(daemon, UKS_OP_STATUS), 0);
	EXPECT_EQ(uks_attr_u32(&daemon->attrs[UKS_A_MASTER_STATE], 0), UKS_MASTER_EMPTY);
	/* And a new life begins. */
	ASSERT_EQ(load(ceremony), 0);
	ASSERT_EQ(commit(ceremony, 0), 0);
	ASSERT_EQ(rotate(ceremony), 0);
	EXPECT_STATUS("current.state", "valid");
	EXPECT_STRNE(status(ceremony, "current.pattern"), before);
	EXPECT_EQ(ask_open(daemon, "key", UKS_PURPOSE_ENCRYPT), UKS_E_NO_KEY);
	EXPECT_EQ(ask_generate(daemon, "new", UKS_KEY_AES_256), 0);
	ASSERT_EQ(enrol_all(ceremony), 0);
}

/* As after a daemon that died right after it had begun. */
TEST_F(ceremony, goes_on_to_destroy_what_was_begun)
{
	ASSERT_EQ(daemon_sql(&self->daemon, "INSERT INTO meta VALUES ('zeroize', x'31')"), 0);
	RESTART();
	EXPECT_STATUS("current.state", "empty");
	EXPECT_EQ(ask_open(&self->daemon, "key", UKS_PURPOSE_ENCRYPT), UKS_E_MASTER_STATE);
	RESTART();
	EXPECT_STATUS("current.state", "empty");
}

TEST_HARNESS_MAIN
