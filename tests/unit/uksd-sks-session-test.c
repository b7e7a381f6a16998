// SPDX-License-Identifier: LGPL-2.1-or-later
/* Sessions: what is told about them, how long they live, and who comes at once. */
#include <pthread.h>
#include <string.h>

#include <openssl/ec.h>

#include "sks/issuer-crypto.h"
#include "tests/unit/clock.h"
#include "tests/unit/uksd-sks-fixture.h"

#define CALLERS		4
#define TRIES		6	/* of each caller */

FIXTURE(session)
{
	struct daemon daemon;
	struct issuer issuer;
	struct issuer_pin pin;
	struct issuer_key key;
};

FIXTURE_SETUP(session)
{
	SKS_SETUP();
	self->pin = (struct issuer_pin){ .id = "PIN.1", .limit = 100, .min = 4, .max = 8 };
	self->key = (struct issuer_key){ .id = "Key.1" };
}

FIXTURE_TEARDOWN(session)
{
	clock_shift_of_day = 0;
	clock_shift_since_boot = 0;
	issuer_key_free(&self->key);
	SKS_TEARDOWN();
}

static int ask_sessions(struct issuer *issuer, bool open)
{
	frame_number(&issuer->args, 0, 4);
	frame_number(&issuer->args, open, 1);
	return issuer_call(issuer, SKS_ENUMERATE_SESSIONS);
}

static bool is_told(struct issuer *issuer, const struct frame *kmk)
{
	struct reader *out = &issuer->out;
	const uint8_t *bytes;
	char text[1100];
	bool is;
	size_t len;

	is = reader_number(out, 4) == issuer->handle;
	reader_text(out, text, sizeof(text));
	is = is && !strcmp(text, SKS_URI_SESSION) && !reader_number(out, 1);
	bytes = reader_bytes(out, &len);
	is = is && len == kmk->len && !memcmp(bytes, kmk->bytes, len);
	reader_number(out, 4);
	is = is && reader_number(out, 4) == issuer->lifetime;
	reader_text(out, text, sizeof(text));
	is = is && !strcmp(text, issuer->server_id);
	reader_text(out, text, sizeof(text));
	is = is && !strcmp(text, issuer->client_id);
	reader_text(out, text, sizeof(text));
	return is && !strcmp(text, issuer->uri) && !out->bad && !out->left;
}

/* Row 11 */
TEST_F(session, is_listed_as_it_was_opened_and_so_are_its_keys)
{
	struct issuer *issuer = &self->issuer;
	struct frame kmk = { };

	issuer->kmk = EVP_EC_gen("P-256");
	issuer_spki(issuer->kmk, &kmk);
	ASSERT_STATUS(0, issuer_open(issuer));
	ASSERT_STATUS(0, sks_make(issuer, &self->key));
	ASSERT_STATUS(0, ask_sessions(issuer, true));
	EXPECT_TRUE(is_told(issuer, &kmk));
	EXPECT_EQ(sks_count_sessions(issuer, false), 0);
	EXPECT_EQ(sks_count_keys(issuer), 0);
	ASSERT_STATUS(0, issuer_close(issuer));
	EXPECT_EQ(sks_count_sessions(issuer, true), 0);
	ASSERT_STATUS(0, ask_sessions(issuer, false));
	EXPECT_TRUE(is_told(issuer, &kmk));
	frame_number(&issuer->args, 0, 4);
	ASSERT_STATUS(0, issuer_call(issuer, SKS_ENUMERATE_KEYS));
	EXPECT_EQ(reader_number(&issuer->out, 4), self->key.handle);
	EXPECT_EQ(reader_number(&issuer->out, 4), issuer->handle);
	EVP_PKEY_free(issuer->kmk);
	frame_free(&kmk);
}

/* Those that are closed have keys, and do not count. */
TEST_F(session, is_one_of_256_that_are_open)
{
	int i;

	ASSERT_STATUS(0, sks_enrol(&self->issuer, &self->key));
	for (i = 0; i < 256; i++)
		ASSERT_STATUS(0, issuer_open(&self->issuer));
	EXPECT_STATUS(SKS_E_STORAGE, issuer_open(&self->issuer));
	EXPECT_EQ(sks_count_sessions(&self->issuer, true), 256);
	EXPECT_STATUS(0, issuer_abort(&self->issuer));
	EXPECT_STATUS(0, issuer_open(&self->issuer));
	EXPECT_EQ(sks_count_sessions(&self->issuer, true), 256);
	EXPECT_EQ(sks_count_sessions(&self->issuer, false), 1);
}

/* Row 10 */
TEST_F(session, that_is_closed_is_neither_aborted_nor_changed)
{
	ASSERT_STATUS(0, sks_enrol(&self->issuer, &self->key));
	EXPECT_STATUS(SKS_E_NO_SESSION, issuer_abort(&self->issuer));
	EXPECT_STATUS(SKS_E_NO_SESSION, issuer_create_pin(&self->issuer, &self->pin));
	EXPECT_EQ(sks_count_keys(&self->issuer), 1);
	EXPECT_STATUS(0, sks_sign_with(&self->issuer, &self->key, ECDSA_SHA256, ""));
}

static int get_handle(struct issuer *issuer, const char *id)
{
	frame_number(&issuer->args, issuer->handle, 4);
	frame_text(&issuer->args, id);
	return issuer_call(issuer, SKS_GET_KEY_HANDLE);
}

TEST_F(session, tells_handles_of_its_keys_and_outlives_a_wrong_question)
{
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->key));
	EXPECT_STATUS(SKS_E_NO_KEY, get_handle(&self->issuer, "Key.2"));
	ASSERT_STATUS(0, get_handle(&self->issuer, "Key.1"));
	EXPECT_EQ(reader_number(&self->issuer.out, 4), self->key.handle);
	EXPECT_STATUS(0, issuer_close(&self->issuer));
}

/* Row 7: seconds since the boot count, whatever the clock of the day says. */
TEST_F(session, ends_after_its_life_time_though_the_clock_is_set_back)
{
	self->issuer.lifetime = 100;
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	clock_shift_of_day = 86400;
	ASSERT_STATUS(0, issuer_create_pin(&self->issuer, &self->pin));
	clock_shift_of_day = -86400;
	clock_shift_since_boot = 99;
	EXPECT_EQ(sks_count_sessions(&self->issuer, true), 1);
	clock_shift_since_boot = 102;
	EXPECT_STATUS(SKS_E_NO_SESSION, issuer_create_key(&self->issuer, &self->key));
	EXPECT_EQ(sks_count_sessions(&self->issuer, true), 0);
	EXPECT_EQ(sks_count_rows(&self->daemon), 0);
}

/* In another boot there is only the clock of the day. */
TEST_F(session, ends_after_a_boot_when_its_time_is_over_or_not_come_yet)
{
	static const long shifts[] = { 102, -1000 };
	int i;

	self->issuer.lifetime = 100;
	for (i = 0; i < 2; i++) {
		ASSERT_STATUS(0, issuer_open(&self->issuer));
		daemon_stop(&self->daemon);
		self->daemon.boot++;
		ASSERT_EQ(daemon_start(&self->daemon), 0);
		EXPECT_EQ(sks_count_sessions(&self->issuer, true), 1);
		clock_shift_of_day = shifts[i];
		EXPECT_EQ(sks_count_sessions(&self->issuer, true), 0);
		EXPECT_STATUS(SKS_E_NO_SESSION, issuer_create_pin(&self->issuer, &self->pin));
		EXPECT_EQ(sks_count_rows(&self->daemon), 0);
		clock_shift_of_day = 0;
	}
}

/* With the TPM switched off all that lists is served, and what has to count is not. */
TEST_F(session, and_keys_are_listed_without_the_tpm)
{
	unsigned int fields[19];

	self->key.pin = &self->pin;
	self->key.pin_value = "1234";
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, issuer_create_pin(&self->issuer, &self->pin));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->key));
	ASSERT_STATUS(0, issuer_close(&self->issuer));
	swtpm_off(&self->daemon.swtpm);
	EXPECT_STATUS(0, issuer_info(&self->issuer));
	EXPECT_EQ(sks_count_keys(&self->issuer), 1);
	EXPECT_EQ(sks_count_sessions(&self->issuer, false), 1);
	EXPECT_EQ(sks_count_sessions(&self->issuer, true), 0);
	EXPECT_EQ(sks_protection(&self->issuer, &self->key, fields), 0);
	sks_begin(&self->issuer, &self->key);
	EXPECT_STATUS(0, issuer_call(&self->issuer, SKS_GET_KEY_ATTRIBUTES));
	EXPECT_STATUS(0, sks_sign_with(&self->issuer, &self->key, ECDSA_SHA256, "1234"));
	EXPECT_STATUS(-1, sks_sign_with(&self->issuer, &self->key, ECDSA_SHA256, "9999"));
	EXPECT_EQ(self->daemon.answer.code, UKS_E_TPM);
	ASSERT_EQ(swtpm_on(&self->daemon.swtpm, "not-need-init,startup-clear"), 0);
}

/* A caller has a worker of its own, as each channel has. */
struct caller {
	pthread_t thread;
	struct daemon daemon;
	struct issuer issuer;
	const struct issuer_key *key;
	int done;
};

static int start(struct caller *caller, struct daemon *daemon, void *(*run)(void *context))
{
	caller->daemon = *daemon;
	caller->daemon.worker = worker_new(&daemon->uksd, &daemon->failure);
	if (!caller->daemon.worker)
		return -1;
	caller->daemon.worker->uksd = &daemon->uksd;
	sks_issuer(&caller->issuer, &caller->daemon);
	return pthread_create(&caller->thread, NULL, run, caller);
}

static void join(struct caller *caller)
{
	pthread_join(caller->thread, NULL);
	issuer_exit(&caller->issuer);
	worker_free(caller->daemon.worker);
}

static void *try_wrong(void *context)
{
	struct caller *caller = context;
	int i;

	for (i = 0; i < TRIES; i++)
		if (sks_sign_with(&caller->issuer, caller->key, ECDSA_SHA256, "9999") &&
		    caller->issuer.status == SKS_E_AUTHORIZATION)
			caller->done++;
	return NULL;
}

/* No try is lost when several come at once. */
TEST_F(session, counts_each_wrong_pin_of_callers_that_come_at_once)
{
	struct caller *callers = calloc(CALLERS, sizeof(*callers));
	unsigned int fields[19];
	int i;

	self->key.pin = &self->pin;
	self->key.pin_value = "1234";
	ASSERT_STATUS(0, issuer_open(&self->issuer));
	ASSERT_STATUS(0, issuer_create_pin(&self->issuer, &self->pin));
	ASSERT_STATUS(0, sks_make(&self->issuer, &self->key));
	ASSERT_STATUS(0, issuer_close(&self->issuer));
	for (i = 0; i < CALLERS; i++) {
		callers[i].key = &self->key;
		ASSERT_EQ(start(&callers[i], &self->daemon, try_wrong), 0);
	}
	for (i = 0; i < CALLERS; i++) {
		join(&callers[i]);
		EXPECT_EQ(callers[i].done, TRIES);
	}
	ASSERT_EQ(sks_protection(&self->issuer, &self->key, fields), 0);
	EXPECT_EQ(fields[13], CALLERS * TRIES);
	EXPECT_STATUS(0, sks_sign_with(&self->issuer, &self->key, ECDSA_SHA256, "1234"));
	free(callers);
}

static void *enrol(void *context)
{
	struct issuer_key key = { .id = "Key.1" };
	struct caller *caller = context;
	int i;

	for (i = 0; i < TRIES; i++) {
		caller->done += !sks_enrol(&caller->issuer, &key) &&
				!sks_sign_with(&caller->issuer, &key, ECDSA_SHA256, "") &&
				sks_is_signature(&caller->issuer, &key);
		issuer_key_free(&key);
	}
	return NULL;
}

TEST_F(session, of_one_caller_does_not_disturb_that_of_another)
{
	struct caller *callers = calloc(CALLERS, sizeof(*callers));
	int i;

	for (i = 0; i < CALLERS; i++)
		ASSERT_EQ(start(&callers[i], &self->daemon, enrol), 0);
	for (i = 0; i < CALLERS; i++) {
		join(&callers[i]);
		EXPECT_EQ(callers[i].done, TRIES);
	}
	EXPECT_EQ(sks_count_keys(&self->issuer), CALLERS * TRIES);
	EXPECT_EQ(sks_count_sessions(&self->issuer, true), 0);
	free(callers);
}

TEST_HARNESS_MAIN
