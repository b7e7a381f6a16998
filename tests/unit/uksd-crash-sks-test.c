// SPDX-License-Identifier: LGPL-2.1-or-later
/* An enrolment, and the first PIN of all, killed at each step. */
#include <kselftest_harness.h>

#include "daemon/sks/tries.h"
#include "tests/unit/leaks.h"
#include "tests/unit/uksd-crash.h"
#include "tests/unit/uksd-sks.h"

FIXTURE(crash)
{
	struct crash crash;
};

FIXTURE_SETUP(crash)
{
	ASSERT_EQ(crash_begin(&self->crash), 0);
}

FIXTURE_TEARDOWN(crash)
{
	EXPECT_EQ(crash_end(&self->crash), 0);
	EXPECT_EQ(leaks(), 0);
}

/* An issuer's whole session: policies, two keys, certificates, the end. */
static uint32_t enrol(struct daemon *daemon)
{
	struct issuer_puk puk = { .id = "PUK.1", .value = "012355", .len = 6, .limit = 3 };
	struct issuer_pin pin = {
		.id = "PIN.1", .puk = &puk, .limit = 3, .min = 4, .max = 8,
		.grouping = SKS_GROUPING_SHARED,
	};
	struct issuer_key one = { .id = "Key.1", .pin = &pin, .pin_value = "1234" };
	struct issuer_key two = { .id = "Key.2", .pin = &pin, .pin_value = "1234" };
	struct issuer issuer;

	sks_issuer(&issuer, daemon);
	return issuer_open(&issuer) || issuer_create_puk(&issuer, &puk) ||
	       issuer_create_pin(&issuer, &pin) || sks_make(&issuer, &one) ||
	       sks_make(&issuer, &two) || issuer_close(&issuer);
}

static bool signs(struct issuer *issuer, uint32_t handle)
{
	const struct issuer_key key = { .handle = handle };

	return !sks_sign_with(issuer, &key, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
			      "1234");
}

/* Both keys are there and sign, and no session is open. */
static bool is_enrolled(struct daemon *daemon, const uint8_t *secret)
{
	struct issuer issuer;
	uint32_t handle = 0;
	bool made;
	int i;

	sks_issuer(&issuer, daemon);
	made = sks_count_keys(&issuer) == 2 && !sks_count_sessions(&issuer, true);
	for (i = 0; made && i < 2; i++) {
		frame_number(&issuer.args, handle, 4);
		made = !issuer_call(&issuer, SKS_ENUMERATE_KEYS);
		handle = reader_number(&issuer.out, 4);
		made = made && signs(&issuer, handle);
	}
	issuer_exit(&issuer);
	return made;
}

/* No key is there; what is open can be given up, and then nothing is left. */
static bool is_not_enrolled(struct daemon *daemon, const uint8_t *secret)
{
	struct issuer issuer;
	bool none;

	sks_issuer(&issuer, daemon);
	none = !sks_count_keys(&issuer) && !sks_count_sessions(&issuer, false);
	frame_number(&issuer.args, 0, 4);
	frame_number(&issuer.args, 1, 1);
	none = none && !issuer_call(&issuer, SKS_ENUMERATE_SESSIONS);
	issuer.handle = reader_number(&issuer.out, 4);
	if (none && issuer.handle)
		none = !issuer_abort(&issuer);
	issuer_exit(&issuer);
	return none && !sks_count_rows(daemon);
}

TEST_F_TIMEOUT(crash, enrolment, 600)
{
	static const struct change change = { enrol, is_enrolled, is_not_enrolled };

	crash_tpm(&self->crash.daemon, "", ".saved");
	self->crash.tpm_saved = true;
	EXPECT_OLD_OR_NEW(&self->crash, &change);
}

/* An issuer whose session is open, in which the first key with a PIN is to be made. */
static struct issuer first_issuer;
static struct issuer_pin first_pin = { .id = "PIN.1", .limit = 3, .min = 4, .max = 8 };

static int open_session(struct daemon *daemon)
{
	sks_issuer(&first_issuer, daemon);
	return issuer_open(&first_issuer) || issuer_create_pin(&first_issuer, &first_pin);
}

static uint32_t make_pin(struct daemon *daemon)
{
	struct issuer_key key = { .id = "Key.1", .pin = &first_pin, .pin_value = "1234" };

	return issuer_create_key(&first_issuer, &key);
}

static bool has_pin(struct daemon *daemon, const uint8_t *secret)
{
	struct sks_row row = { .kind = SKS_PIN };
	struct store *store = daemon->worker->store;

	if (store->ops->sks_find(store, SKS_BY_KIND, &row, &daemon->failure))
		return false;
	free(row.blob);
	return crash_ends_without(daemon, SKS_TRIES_HANDLE);
}

static bool has_no_pin(struct daemon *daemon, const uint8_t *secret)
{
	return crash_ends_without(daemon, SKS_TRIES_HANDLE);
}

/* It makes a counter in the TPM, which ends with the master key. */
TEST_F_TIMEOUT(crash, first_pin, 600)
{
	static const struct change change = { make_pin, has_pin, has_no_pin };

	PREPARE(open_session(&self->crash.daemon));
	crash_tpm(&self->crash.daemon, "", ".saved");
	self->crash.tpm_saved = true;
	EXPECT_OLD_OR_NEW(&self->crash, &change);
	issuer_exit(&first_issuer);
}

TEST_HARNESS_MAIN
