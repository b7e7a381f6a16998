// SPDX-License-Identifier: LGPL-2.1-or-later
/* The master key opens after approved boots only; OpenSSL signs in the authority's place. */
#include <stdlib.h>

#include <kselftest_harness.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <sodium.h>

#include "tests/unit/leaks.h"
#include "tests/unit/uksd-ceremony.h"
#include "tpm/boot.h"

#define PCRS		"sha256:7,11"
#define REFERENCE	"store 1"

FIXTURE(boot)
{
	struct daemon daemon;
	struct ceremony ceremony;
	EVP_PKEY *key;				/* of the authority */
	char pem[512];
	struct uks_tpm_authority authority;
	struct uks_tpm_pcr_values values;	/* of the boot that is approved */
	struct uks_tpm_approval approval;
	uint8_t secret[32];
};

#define START()		ASSERT_EQ(daemon_start(&self->daemon), 0)

#define RESTART() do { \
	daemon_stop(&self->daemon); \
	START(); \
} while (0)

static void new_authority(FIXTURE_DATA(boot) * self, const char *reference)
{
	struct uks_tpm_error error;
	BIO *bio = BIO_new(BIO_s_mem());
	int len;

	EVP_PKEY_free(self->key);
	self->key = EVP_EC_gen("P-256");
	if (PEM_write_bio_PUBKEY(bio, self->key) != 1)
		abort();
	len = BIO_read(bio, self->pem, sizeof(self->pem) - 1);
	self->pem[len] = 0;
	BIO_free(bio);
	if (uks_tpm_authority_read(self->pem, len, reference, strlen(reference),
				   &self->authority, &error))
		abort();
}

/* Signs the approval of @self->values. */
static void sign_values(FIXTURE_DATA(boot) * self)
{
	uint8_t message[UKS_TPM_MESSAGE_MAX], signature[128];
	size_t message_len, len = sizeof(signature);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct uks_tpm_error error;

	uks_tpm_approval_message(&self->values, &self->authority, message, &message_len);
	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, self->key) != 1 ||
	    EVP_DigestSign(ctx, signature, &len, message, message_len) != 1 ||
	    uks_tpm_approval_make(&self->values, &self->authority, signature, len,
				  &self->approval, &error))
		abort();
	EVP_MD_CTX_free(ctx);
}

static uint32_t ask_boot(FIXTURE_DATA(boot) * self, uint32_t command, const void *message,
			 size_t len)
{
	struct daemon *daemon = &self->daemon;
	uint32_t code;

	ask_begin(daemon);
	uks_attrs_put_u32(&daemon->in, UKS_A_COMMAND, command);
	if (len)
		uks_attrs_put(&daemon->in, UKS_A_MESSAGE, message, len);
	daemon->uid = 0;
	code = ask(daemon, UKS_OP_BOOT_POLICY);
	daemon->uid = ALICE;
	return code;
}

static uint32_t set(FIXTURE_DATA(boot) * self)
{
	char hex[2 * UKS_TPM_APPROVAL_MAX + 1], *message;
	json_t *json;
	uint32_t code;

	sodium_bin2hex(hex, sizeof(hex), self->approval.data, self->approval.len);
	json = json_pack("{s:s, s:s#, s:s}", "authority", self->pem, "reference",
			 (char *)self->authority.ref, (int)self->authority.ref_len, "approval",
			 hex);
	message = json_dumps(json, 0);
	json_decref(json);
	code = ask_boot(self, UKS_BOOT_SET, message, strlen(message));
	free(message);
	return code;
}

static uint32_t approve(FIXTURE_DATA(boot) * self)
{
	return ask_boot(self, UKS_BOOT_APPROVE, self->approval.data, self->approval.len);
}

/* What the daemon tells; to be released. */
static json_t *show(FIXTURE_DATA(boot) * self, const char *pcrs)
{
	const struct uks_attr *result = &self->daemon.attrs[UKS_A_RESULT];

	if (ask_boot(self, UKS_BOOT_SHOW, pcrs, pcrs ? strlen(pcrs) : 0))
		return NULL;
	return json_loadb((const char *)result->value, result->len, 0, NULL);
}

/* The values that PCRs have now, as SHOW tells them, into @self->values. */
static void read_values(FIXTURE_DATA(boot) * self)
{
	json_t *json = show(self, PCRS), *value;
	struct uks_tpm_error error;
	const char *number;

	if (!json || uks_tpm_pcrs_parse(json_string_value(json_object_get(json, "pcrs")),
					&self->values.pcrs, &error))
		abort();
	json_object_foreach(json_object_get(json, "values"), number, value)
		sodium_hex2bin(self->values.value[atoi(number)], 32, json_string_value(value),
			       json_string_length(value), NULL, NULL, NULL);
	json_decref(json);
}

static const uint8_t measured[32] = { 1, 2, 3 };

/* A boot that differs: something else is measured, past the daemon. */
static int extend(FIXTURE_DATA(boot) * self, int pcr)
{
	char hex[65], command[256];

	sodium_bin2hex(hex, sizeof(hex), measured, sizeof(measured));
	snprintf(command, sizeof(command), "TPM2TOOLS_TCTI=%.64s tpm2_pcrextend %d:sha256=%s",
		 self->daemon.swtpm.tcti, pcr, hex);
	return system(command);
}

/* What the PCR will be then: known before. */
static void predict(FIXTURE_DATA(boot) * self, int pcr)
{
	uint8_t both[64];

	memcpy(both, self->values.value[pcr], 32);
	memcpy(both + 32, measured, 32);
	SHA256(both, sizeof(both), self->values.value[pcr]);
}

static int power_cycle(FIXTURE_DATA(boot) * self)
{
	swtpm_off(&self->daemon.swtpm);
	return swtpm_on(&self->daemon.swtpm, "not-need-init,startup-clear");
}

static bool opens(FIXTURE_DATA(boot) * self)
{
	struct daemon *daemon = &self->daemon;

	return !daemon->uksd.locked.code && !ask_open(daemon, "key", UKS_PURPOSE_ENCRYPT) &&
	       !memcmp(daemon->attrs[UKS_A_KEY_MATERIAL].value, self->secret, 32);
}

#define EXPECT_OPENS()	EXPECT_TRUE(opens(self))

static const char *trouble(struct daemon *daemon)
{
	static char text[UKS_TEXT_MAX];

	*text = 0;
	ask_begin(daemon);
	if (!ask(daemon, UKS_OP_STATUS))
		uks_attr_string(&daemon->attrs[UKS_A_RESULT], text, sizeof(text));
	return text;
}

/* Started, it has no master key, refuses every key, says why, and changes nothing. */
#define EXPECT_LOCKED(fragment) do { \
	static const uint8_t zeros[SEAL_MASTER_LEN]; \
	EXPECT_EQ(self->daemon.uksd.locked.code, UKS_E_BOOT); \
	EXPECT_CODE(ask_open(&self->daemon, "key", UKS_PURPOSE_ENCRYPT), UKS_E_BOOT); \
	EXPECT_CODE(ask_generate(&self->daemon, "new", UKS_KEY_AES_256), UKS_E_BOOT); \
	EXPECT_CODE(ask_master(&self->ceremony, UKS_MASTER_SHOW, NULL, 0), UKS_E_BOOT); \
	EXPECT_CODE(set(self), UKS_E_BOOT); \
	EXPECT_CODE(ask_boot(self, UKS_BOOT_CLEAR, NULL, 0), UKS_E_BOOT); \
	EXPECT_NE(strstr(trouble(&self->daemon), fragment), NULL) { \
		TH_LOG("%s", trouble(&self->daemon)); \
	} \
	EXPECT_EQ(memcmp(self->daemon.master->key, zeros, SEAL_MASTER_LEN), 0); \
	EXPECT_EQ(memcmp(self->daemon.master->auth, zeros, SEAL_MASTER_LEN), 0); \
} while (0)

FIXTURE_SETUP(boot)
{
	ASSERT_EQ(daemon_new(&self->daemon), 0);
	START();
	ASSERT_EQ(ceremony_new(&self->ceremony, &self->daemon), 0);
	ASSERT_EQ(ask_generate(&self->daemon, "key", UKS_KEY_AES_256), 0);
	ASSERT_EQ(ask_open(&self->daemon, "key", UKS_PURPOSE_ENCRYPT), 0);
	memcpy(self->secret, self->daemon.attrs[UKS_A_KEY_MATERIAL].value, 32);
	new_authority(self, REFERENCE);
	read_values(self);
	sign_values(self);
}

FIXTURE_TEARDOWN(boot)
{
	EVP_PKEY_free(self->key);
	ceremony_delete(&self->ceremony);
	daemon_stop(&self->daemon);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

TEST_F(boot, opens_after_an_approved_boot_and_names_the_pcr_after_another)
{
	EXPECT_CODE(set(self), 0);
	EXPECT_OPENS();
	RESTART();
	EXPECT_OPENS();
	/* One that is not selected does not matter. */
	ASSERT_EQ(extend(self, 12), 0);
	RESTART();
	EXPECT_OPENS();
	ASSERT_EQ(extend(self, 11), 0);
	RESTART();
	EXPECT_LOCKED("sha256:11 differ");
	ASSERT_EQ(power_cycle(self), 0);
	RESTART();
	EXPECT_OPENS();
}

TEST_F(boot, approval_made_before_an_update_lets_it_in)
{
	ASSERT_EQ(set(self), 0);
	predict(self, 11);
	sign_values(self);
	EXPECT_CODE(approve(self), 0);
	ASSERT_EQ(extend(self, 11), 0);
	RESTART();
	EXPECT_OPENS();
	/* And so does the way back. */
	ASSERT_EQ(power_cycle(self), 0);
	RESTART();
	EXPECT_OPENS();
	ASSERT_EQ(extend(self, 7), 0);
	RESTART();
	EXPECT_LOCKED("sha256:7 differ");
}

TEST_F(boot, approval_given_while_locked_opens_at_the_next_start)
{
	ASSERT_EQ(set(self), 0);
	ASSERT_EQ(extend(self, 7), 0);
	RESTART();
	EXPECT_LOCKED("sha256:7 differ");
	read_values(self);
	sign_values(self);
	EXPECT_CODE(approve(self), 0);
	EXPECT_CODE(ask_open(&self->daemon, "key", UKS_PURPOSE_ENCRYPT), UKS_E_BOOT);
	RESTART();
	EXPECT_OPENS();
}

TEST_F(boot, approval_of_another_authority_or_reference_is_refused)
{
	struct uks_tpm_approval first;

	ASSERT_EQ(set(self), 0);
	first = self->approval;
	predict(self, 11);
	self->authority.ref[0] ^= 1;
	sign_values(self);
	EXPECT_CODE(approve(self), UKS_E_BOOT);
	new_authority(self, REFERENCE);
	sign_values(self);
	EXPECT_CODE(approve(self), UKS_E_BOOT);
	self->approval = first;
	self->approval.data[12] ^= 1;
	EXPECT_CODE(approve(self), UKS_E_BOOT);
	self->approval.len = 0;
	EXPECT_CODE(approve(self), UKS_E_BOOT);
	/* Written past the daemon, it does not help either. */
	sign_values(self);
	ASSERT_EQ(extend(self, 11), 0);
	self->daemon.uksd.boot_policy.approvals[0] = self->approval;
	ASSERT_EQ(self->daemon.store->ops->begin(self->daemon.store, &self->daemon.failure), 0);
	ASSERT_EQ(boot_policy_write(self->daemon.store, &self->daemon.uksd.boot_policy,
				    &self->daemon.failure), 0);
	ASSERT_EQ(self->daemon.store->ops->commit(self->daemon.store, &self->daemon.failure), 0);
	RESTART();
	EXPECT_LOCKED("approv");
	EXPECT_EQ(strstr(trouble(&self->daemon), "differ"), NULL);
}

TEST_F(boot, policy_removed_from_the_store_does_not_open_it)
{
	struct daemon *daemon = &self->daemon;

	ASSERT_EQ(set(self), 0);
	daemon_stop(daemon);
	ASSERT_EQ(daemon_sql(daemon, "UPDATE meta SET name = 'x' || name WHERE name LIKE 'boot-%'"),
		  0);
	EXPECT_EQ(daemon_start(daemon), -1);
	EXPECT_EQ(daemon->failure.code, UKS_E_TPM);
	ASSERT_EQ(daemon_sql(daemon,
			     "UPDATE meta SET name = substr(name, 2) WHERE name LIKE 'xboot-%'"),
		  0);
	START();
	EXPECT_OPENS();
}

TEST_F(boot, policy_that_this_boot_does_not_fulfil_is_refused)
{
	char text[128];

	predict(self, 7);
	sign_values(self);
	EXPECT_CODE(set(self), UKS_E_BOOT);
	EXPECT_NE(strstr(self->daemon.text, "sha256:7 differ"), NULL);
	self->approval.data[self->approval.len - 1] ^= 1;
	EXPECT_CODE(set(self), UKS_E_BOOT);
	EXPECT_CODE(ask_boot(self, UKS_BOOT_SET, "{}", 2), UKS_E_INVALID);
	EXPECT_CODE(ask_boot(self, UKS_BOOT_SET, NULL, 0), UKS_E_INVALID);
	snprintf(text, sizeof(text), "{\"authority\":\"none\",\"approval\":\"00\"}");
	EXPECT_CODE(ask_boot(self, UKS_BOOT_SET, text, strlen(text)), UKS_E_INVALID);
	EXPECT_CODE(approve(self), UKS_E_INVALID);
	EXPECT_CODE(ask_boot(self, 99, NULL, 0), UKS_E_UNSUPPORTED);
	EXPECT_CODE(ask_boot(self, UKS_BOOT_SHOW, "sha1:7", 6), UKS_E_INVALID);
	ASSERT_EQ(extend(self, 7), 0);
	RESTART();
	EXPECT_OPENS();
}

TEST_F(boot, cleared_policy_lets_any_boot_in)
{
	EXPECT_CODE(ask_boot(self, UKS_BOOT_CLEAR, NULL, 0), UKS_E_INVALID);
	ASSERT_EQ(set(self), 0);
	EXPECT_CODE(ask_boot(self, UKS_BOOT_CLEAR, NULL, 0), 0);
	EXPECT_OPENS();
	ASSERT_EQ(extend(self, 11), 0);
	RESTART();
	EXPECT_OPENS();
}

TEST_F(boot, another_reference_withdraws_all_approvals)
{
	struct uks_tpm_approval old = self->approval;

	ASSERT_EQ(set(self), 0);
	new_authority(self, "store 2");
	sign_values(self);
	EXPECT_CODE(set(self), 0);
	self->approval = old;
	EXPECT_CODE(approve(self), UKS_E_BOOT);
	RESTART();
	EXPECT_OPENS();
}

TEST_F(boot, rotation_of_the_master_key_keeps_the_policy)
{
	struct ceremony *ceremony = &self->ceremony;
	uint8_t before[SEAL_MASTER_LEN];
	char members[64];

	ASSERT_EQ(set(self), 0);
	memcpy(before, self->daemon.master->key, sizeof(before));
	ASSERT_EQ(ask_master(ceremony, UKS_MASTER_LOAD, NULL, 0), 0);
	/* What is in the new register was sealed under the policy in force. */
	EXPECT_CODE(ask_boot(self, UKS_BOOT_CLEAR, NULL, 0), UKS_E_MASTER_STATE);
	EXPECT_CODE(set(self), UKS_E_MASTER_STATE);
	snprintf(members, sizeof(members), "\"pattern\":\"%.16s\"",
		 status(ceremony, "new.pattern"));
	ASSERT_EQ(order(ceremony, "commit", members, 0), 0);
	ASSERT_EQ(ask_master(ceremony, UKS_MASTER_ROTATE, NULL, 0), 0);
	EXPECT_NE(memcmp(before, self->daemon.master->key, sizeof(before)), 0);
	EXPECT_OPENS();
	RESTART();
	EXPECT_OPENS();
	ASSERT_EQ(extend(self, 11), 0);
	RESTART();
	EXPECT_LOCKED("sha256:11 differ");
}

TEST_F(boot, only_root_of_the_machine_may_ask)
{
	struct daemon *daemon = &self->daemon;
	uint32_t command;

	ASSERT_EQ(set(self), 0);
	for (command = UKS_BOOT_SHOW; command <= UKS_BOOT_CLEAR; command++) {
		ask_begin(daemon);
		uks_attrs_put_u32(&daemon->in, UKS_A_COMMAND, command);
		EXPECT_CODE(ask(daemon, UKS_OP_BOOT_POLICY), UKS_E_ACCESS);
		/* Neither root of a container. */
		daemon->userns++;
		EXPECT_CODE(ask_boot(self, command, NULL, 0), UKS_E_ACCESS);
		daemon->userns--;
	}
	ASSERT_EQ(extend(self, 11), 0);
	RESTART();
	ask_begin(daemon);
	uks_attrs_put_u32(&daemon->in, UKS_A_COMMAND, UKS_BOOT_APPROVE);
	EXPECT_CODE(ask(daemon, UKS_OP_BOOT_POLICY), UKS_E_ACCESS);
}

TEST_F(boot, tells_what_is_approved_and_what_is_now)
{
	uint8_t digest[32];
	const json_t *list;
	char hex[65];
	json_t *json;

	json = show(self, NULL);
	EXPECT_TRUE(json_is_false(json_object_get(json, "policy")));
	EXPECT_TRUE(json_is_true(json_object_get(json, "approved")));
	EXPECT_EQ(json_array_size(json_object_get(json, "approvals")), 0);
	json_decref(json);
	ASSERT_EQ(set(self), 0);
	predict(self, 11);
	sign_values(self);
	ASSERT_EQ(approve(self), 0);
	ASSERT_EQ(approve(self), 0);	/* known already */
	json = show(self, NULL);
	EXPECT_TRUE(json_is_true(json_object_get(json, "policy")));
	SHA256(self->authority.spki, self->authority.len, digest);
	sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest));
	EXPECT_STREQ(json_string_value(json_object_get(json, "authority")), hex);
	EXPECT_STREQ(json_string_value(json_object_get(json, "reference")), REFERENCE);
	list = json_object_get(json, "approvals");
	ASSERT_EQ(json_array_size(list), 2);
	EXPECT_TRUE(json_is_true(json_object_get(json_array_get(list, 0), "now")));
	EXPECT_TRUE(json_is_false(json_object_get(json_array_get(list, 1), "now")));
	sodium_bin2hex(hex, sizeof(hex), self->values.value[11], 32);
	EXPECT_STREQ(json_string_value(json_object_get(json_object_get(json_array_get(list, 1),
								       "values"), "11")), hex);
	json_decref(json);
}

TEST_F(boot, oldest_approval_gives_way_but_never_that_of_this_boot)
{
	int i;

	ASSERT_EQ(set(self), 0);
	for (i = 0; i < BOOT_APPROVALS + 3; i++) {
		predict(self, 11);
		sign_values(self);
		ASSERT_EQ(approve(self), 0);
	}
	EXPECT_EQ(self->daemon.uksd.boot_policy.count, BOOT_APPROVALS);
	RESTART();
	EXPECT_EQ(self->daemon.uksd.boot_policy.count, BOOT_APPROVALS);
	EXPECT_OPENS();
	/* Those that gave way do not count any more, the newest does. */
	ASSERT_EQ(extend(self, 11), 0);
	RESTART();
	EXPECT_LOCKED("sha256:11 differ");
	for (i = 0; i < BOOT_APPROVALS + 2; i++)
		ASSERT_EQ(extend(self, 11), 0);
	RESTART();
	EXPECT_OPENS();
}

TEST_HARNESS_MAIN
