// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * As uksd-nth-test, for requests that the TPM has a part in: keys in it, PINs, proofs and
 * enrolment. Each allocation, each step of the store and each command of the TPM fails once.
 * The answer must be whole, and what was refused must have changed nothing.
 */
#include "tests/unit/uksd-nth-fixture.h"
#include "tests/unit/uksd-sks.h"

#define MOST_TRIES	12	/* of one request; where it has more places, some are left out */
#define CODE		"administrator"

FIXTURE_VARIANT_ADD(nth, of_memory) { .origin = HERE };
FIXTURE_VARIANT_ADD(nth, of_the_disk) { .origin = STEP };
FIXTURE_VARIANT_ADD(nth, of_the_tpm) { .origin = TPM };

/* ---- requests ---- */

static void put_text(struct uks_attrs *in, uint16_t type, const char *text)
{
	uks_attrs_put(in, type, text, strlen(text));
}

static uint32_t generate(struct _test_data_nth *self, const char *name, bool in_tpm, bool pin)
{
	struct uks_attrs *in = named(self, name), policy;
	uint8_t bytes[64];

	uks_attrs_put_u32(in, UKS_A_KEY_TYPE, UKS_KEY_EC_P256);
	if (in_tpm)
		uks_attrs_put_u32(in, UKS_A_PROVIDER, UKS_PROVIDER_TPM);
	if (!pin)
		return UKS_OP_KEY_GENERATE;
	uks_attrs_init(&policy, bytes, sizeof(bytes));
	uks_attrs_put_u32(&policy, UKS_POLICY_A_PIN, UKS_PIN_SESSION);
	uks_attrs_put_u32(&policy, UKS_POLICY_A_PIN_TRIES, 3);
	uks_attrs_put(in, UKS_A_POLICY, bytes, policy.len);
	put_text(in, UKS_A_NEW_PIN, "1234");
	put_text(in, UKS_A_ADMIN_CODE, CODE);
	return UKS_OP_KEY_GENERATE;
}

static uint32_t generate_new(struct _test_data_nth *self, bool in_tpm, bool pin)
{
	char name[32];

	snprintf(name, sizeof(name), "key %u", ++self->number);
	return generate(self, name, in_tpm, pin);
}

static uint32_t generate_in_tpm(struct _test_data_nth *self)
{
	return generate_new(self, true, false);
}

static uint32_t generate_with_pin(struct _test_data_nth *self)
{
	return generate_new(self, false, true);
}

static uint32_t generate_in_tpm_with_pin(struct _test_data_nth *self)
{
	return generate_new(self, true, true);
}

/* A fresh key "target"; the former one is erased. */
static void make_target(struct _test_data_nth *self, bool in_tpm, bool pin)
{
	uks_attrs_put_u32(named(self, "target"), UKS_A_FLAGS, UKS_CALL_NOW);
	ask(&self->daemon, UKS_OP_KEY_DELETE);
	if (ask(&self->daemon, generate(self, "target", in_tpm, pin)))
		abort();
	memcpy(self->id, self->daemon.attrs[UKS_A_KEY_ID].value, sizeof(self->id));
}

static uint32_t erase_with_pin(struct _test_data_nth *self)
{
	make_target(self, false, true);
	uks_attrs_put_u32(named(self, "target"), UKS_A_FLAGS, UKS_CALL_NOW);
	return UKS_OP_KEY_DELETE;
}

static uint32_t rotate_in_tpm(struct _test_data_nth *self)
{
	make_target(self, true, false);
	named(self, "target");
	return UKS_OP_KEY_ROTATE;
}

static uint32_t open_with_pin(struct _test_data_nth *self)
{
	make_target(self, false, true);
	uks_attrs_put_u32(named(self, "target"), UKS_A_PURPOSES, UKS_PURPOSE_SIGN);
	put_text(&self->daemon.in, UKS_A_PIN, "1234");
	return UKS_OP_SESSION_OPEN;
}

/* In a session, which was opened with the PIN if there is one. */
static uint32_t sign(struct _test_data_nth *self, bool pin)
{
	static const uint8_t digest[32] = { 5 };
	struct uks_attrs *in = &self->daemon.in;
	const struct uks_attr *kept = &self->daemon.attrs[UKS_A_PARAMETERS];

	make_target(self, true, pin);
	uks_attrs_put_u32(named(self, "target"), UKS_A_PURPOSES, UKS_PURPOSE_SIGN);
	if (pin)
		put_text(in, UKS_A_PIN, "1234");
	if (ask(&self->daemon, UKS_OP_SESSION_OPEN))
		abort();
	self->kept_len = kept->len;
	if (kept->len)
		memcpy(self->kept, kept->value, kept->len);
	ask_begin(&self->daemon);
	uks_attrs_put(in, UKS_A_KEY_ID, self->id, UKS_KEY_ID_LEN);
	uks_attrs_put_u32(in, UKS_A_KEY_VERSION, 1);
	uks_attrs_put_u32(in, UKS_A_PURPOSES, UKS_PURPOSE_SIGN);
	uks_attrs_put_u32(in, UKS_A_ALGORITHM, UKS_ALG_ECDSA);
	uks_attrs_put_u32(in, UKS_A_DIGEST, UKS_DIGEST_SHA256);
	if (self->kept_len)
		uks_attrs_put(in, UKS_A_PARAMETERS, self->kept, self->kept_len);
	uks_attrs_put(in, UKS_A_MESSAGE, digest, sizeof(digest));
	return UKS_OP_SIGN;
}

static uint32_t sign_in_tpm(struct _test_data_nth *self)
{
	return sign(self, false);
}

static uint32_t sign_with_pin(struct _test_data_nth *self)
{
	return sign(self, true);
}

static uint32_t pin_command(struct _test_data_nth *self, uint32_t command)
{
	make_target(self, false, true);
	uks_attrs_put_u32(named(self, "target"), UKS_A_COMMAND, command);
	if (command == UKS_PIN_UNLOCK)
		put_text(&self->daemon.in, UKS_A_ADMIN_CODE, CODE);
	else
		put_text(&self->daemon.in, UKS_A_PIN, "1234");
	if (command != UKS_PIN_CHECK)
		put_text(&self->daemon.in, UKS_A_NEW_PIN, "5678");
	return UKS_OP_PIN;
}

static uint32_t pin_check(struct _test_data_nth *self)
{
	return pin_command(self, UKS_PIN_CHECK);
}

static uint32_t pin_change(struct _test_data_nth *self)
{
	return pin_command(self, UKS_PIN_CHANGE);
}

static uint32_t pin_unlock(struct _test_data_nth *self)
{
	return pin_command(self, UKS_PIN_UNLOCK);
}

static uint32_t attest(struct _test_data_nth *self)
{
	make_target(self, true, false);
	uks_attrs_put_u32(named(self, "target"), UKS_A_COMMAND, UKS_ATTEST_KEY);
	put_text(&self->daemon.in, UKS_A_CHALLENGE, "whoever asks for it");
	return UKS_OP_KEY_ATTEST;
}

static uint32_t attest_ak(struct _test_data_nth *self)
{
	ask_begin(&self->daemon);
	uks_attrs_put_u32(&self->daemon.in, UKS_A_COMMAND, UKS_ATTEST_AK);
	return UKS_OP_KEY_ATTEST;
}

static const struct nth_request requests[] = {
	{ "generate in TPM", generate_in_tpm },
	{ "generate with PIN", generate_with_pin },
	{ "generate in TPM with PIN", generate_in_tpm_with_pin },
	{ "erase with PIN", erase_with_pin },
	{ "rotate in TPM", rotate_in_tpm },
	{ "open with PIN", open_with_pin },
	{ "sign in TPM", sign_in_tpm },
	{ "sign in TPM with PIN", sign_with_pin },
	{ "check PIN", pin_check },
	{ "change PIN", pin_change },
	{ "unlock", pin_unlock },
	{ "attest", attest },
	{ "attest AK", attest_ak },
};

TEST_F_TIMEOUT(nth, leaves_a_request_done_or_refused_whole, 600)
{
	struct nth_tries tries = { };
	size_t i;

	for (i = 0; i < sizeof(requests) / sizeof(*requests); i++)
		sweep(_metadata, self, &requests[i], variant->origin, MOST_TRIES, &tries);
	EXPECT_NE(tries.refused, 0);
	TH_LOG("%u faults, of which %u ended in a refusal", tries.all, tries.refused);
}

/* ---- enrolment ---- */

/* The issuer is in this program, too, and has all the memory that it wants. */
TEST_F_TIMEOUT(nth, leaves_an_enrolment_done_or_without_a_key, 600)
{
	struct issuer_key key = { .id = "Key.1" };
	unsigned int n, places, step, refused = 0;
	struct issuer issuer;
	int keys, ret;

	if (variant->origin == HERE)
		SKIP(return, "the issuer would have no memory");
	sks_issuer(&issuer, &self->daemon);
	nth_begin(variant->origin, 0);
	ret = sks_enrol(&issuer, &key);
	places = nth_end();
	ASSERT_EQ(ret, 0);
	step = places / MOST_TRIES + 1;
	for (n = 1; n <= places; n += step) {
		keys = sks_count_keys(&issuer);
		nth_begin(variant->origin, n);
		ret = sks_enrol(&issuer, &key);
		nth_end();
		refused += !!ret;
		EXPECT_EQ(sks_count_keys(&issuer), keys + !ret) {
			TH_LOG("place %u of %u", n, places);
		}
	}
	/* The device asks a TPM that failed once more. */
	EXPECT_TRUE(refused || variant->origin == TPM);
	ASSERT_EQ(sks_enrol(&issuer, &key), 0);
	EXPECT_EQ(sks_sign_with(&issuer, &key, ECDSA_SHA256, ""), 0);
	TH_LOG("%u places, %u refusals", places, refused);
	issuer_key_free(&key);
	issuer_exit(&issuer);
}

TEST_HARNESS_MAIN
