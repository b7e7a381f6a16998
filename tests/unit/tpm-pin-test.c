// SPDX-License-Identifier: LGPL-2.1-or-later
/* PINs, tries and administrators, with a software TPM. */
#include <stdio.h>

#include <openssl/sha.h>

#include "tests/unit/tpm-ready.h"
#include "tpm/key.h"
#include "tpm/nv.h"
#include "tpm/pin.h"

#define LIMIT	3
#define CODE(text) fill_code(&(struct uks_tpm_code){ NULL, 0 }, text)

static const uint8_t auth[UKS_TPM_AUTH_LEN] = "0123456789abcdef0123456789abcdef";

static const struct uks_tpm_code *fill_code(struct uks_tpm_code *code, const char *text)
{
	*code = (struct uks_tpm_code){ text, strlen(text) };
	return code;
}

FIXTURE(pin)
{
	struct swtpm swtpm;
	struct uks_tpm *tpm;
	struct uks_tpm_error error;
	struct uks_tpm_identity id;
	struct uks_tpm_index admin;
	struct uks_tpm_index pin;
	unsigned int left;
};

#define define(handle, pin, index) \
	uks_tpm_pin_define(self->tpm, handle, &self->admin, CODE("admin"), CODE(pin), LIMIT, \
			   index, &self->error)
#define verify(pin_) \
	uks_tpm_pin_verify(self->tpm, &self->pin, CODE(pin_), &self->left, &self->error)
#define reset(code) \
	uks_tpm_pin_reset(self->tpm, &self->pin, LIMIT, &self->admin, CODE(code), &self->error)
#define change(next, code) \
	uks_tpm_pin_change(self->tpm, &self->pin, CODE(next), &self->admin, CODE(code), \
			   &self->error)

FIXTURE_SETUP(pin)
{
	READY_SETUP();
	ASSERT_OK(uks_tpm_admin_define(self->tpm, UKS_TPM_ADMIN_HANDLE, CODE("admin"),
				       &self->admin, &self->error));
	ASSERT_OK(define(UKS_TPM_PIN_HANDLE, "1234", &self->pin));
}

FIXTURE_TEARDOWN(pin)
{
	READY_TEARDOWN();
}

/* The PIN is wrong, and @n tries are left then. */
#define EXPECT_WRONG(pin, n) do { \
	EXPECT_CAUSE(verify(pin), UKS_TPM_WRONG_AUTH); \
	EXPECT_EQ(self->left, n); \
} while (0)

#define EXPECT_BLOCKED(pin) do { \
	EXPECT_CAUSE(verify(pin), UKS_TPM_PIN_BLOCKED); \
	EXPECT_EQ(self->left, 0); \
} while (0)

#define EXPECT_RIGHT(pin) do { \
	EXPECT_OK(verify(pin)); \
	EXPECT_EQ(self->left, LIMIT); \
} while (0)

TEST_F(pin, wrong_tries_are_counted_and_the_right_pin_gives_them_back)
{
	EXPECT_RIGHT("1234");
	EXPECT_WRONG("4321", 2);
	EXPECT_WRONG("12345", 1);
	EXPECT_RIGHT("1234");
	EXPECT_WRONG("1", 2);
	EXPECT_OK(uks_tpm_pin_left(self->tpm, &self->pin, &self->left, &self->error));
	EXPECT_EQ(self->left, 2);
}

TEST_F(pin, last_wrong_try_blocks_also_the_right_pin_and_over_a_restart)
{
	EXPECT_WRONG("a", 2);
	POWER_CYCLE();
	EXPECT_WRONG("b", 1);
	EXPECT_WRONG("c", 0);
	EXPECT_BLOCKED("1234");
	POWER_CYCLE();
	EXPECT_BLOCKED("1234");
}

TEST_F(pin, administrator_gives_tries_back)
{
	for (unsigned int i = 1; i <= LIMIT; i++)
		EXPECT_WRONG("x", LIMIT - i);
	EXPECT_CAUSE(reset("guess"), UKS_TPM_WRONG_AUTH);
	EXPECT_BLOCKED("1234");
	EXPECT_OK(reset("admin"));
	EXPECT_RIGHT("1234");
}

TEST_F(pin, administrator_sets_another_pin_and_the_index_stays)
{
	EXPECT_CAUSE(change("5678", "guess"), UKS_TPM_WRONG_AUTH);
	EXPECT_RIGHT("1234");
	EXPECT_OK(change("5678", "admin"));
	EXPECT_WRONG("1234", 2);
	EXPECT_RIGHT("5678");
}

/* A TPM takes zeros off the end of an authorisation value: TPM 2.0 part 1. */
TEST_F(pin, whose_hash_ends_in_zero_is_one_like_others)
{
	static const char octets[] = "UKS code\0000478";
	uint8_t hash[SHA256_DIGEST_LENGTH];

	SHA256((const uint8_t *)octets, sizeof(octets) - 1, hash);
	ASSERT_EQ(hash[31], 0);
	EXPECT_OK(change("0478", "admin"));
	EXPECT_RIGHT("0478");
	EXPECT_WRONG("1234", 2);
	POWER_CYCLE();
	EXPECT_RIGHT("0478");
}

TEST_F(pin, changing_a_blocked_pin_gives_no_tries)
{
	for (unsigned int i = 1; i <= LIMIT; i++)
		EXPECT_WRONG("x", LIMIT - i);
	EXPECT_OK(change("5678", "admin"));
	EXPECT_BLOCKED("5678");
	EXPECT_OK(reset("admin"));
	EXPECT_RIGHT("5678");
}

TEST_F(pin, guessing_the_administrators_code_locks_the_tpm_for_such_guesses)
{
	int tries;

	for (tries = 0; tries < 64; tries++) {
		EXPECT_EQ(uks_tpm_admin_verify(self->tpm, &self->admin, CODE("guess"),
					       &self->error), -1);
		if (self->error.cause != UKS_TPM_WRONG_AUTH)
			break;
	}
	EXPECT_EQ(self->error.cause, UKS_TPM_LOCKOUT);
	EXPECT_CAUSE(uks_tpm_admin_verify(self->tpm, &self->admin, CODE("admin"), &self->error),
		     UKS_TPM_LOCKOUT);
	EXPECT_CAUSE(reset("admin"), UKS_TPM_LOCKOUT);
	/* PINs have tries of their own. */
	EXPECT_RIGHT("1234");
	EXPECT_WRONG("4321", 2);
}

TEST_F(pin, administrator_changes_the_code)
{
	EXPECT_CAUSE(uks_tpm_admin_change(self->tpm, &self->admin, CODE("guess"), CODE("new"),
					  &self->error), UKS_TPM_WRONG_AUTH);
	EXPECT_OK(uks_tpm_admin_verify(self->tpm, &self->admin, CODE("admin"), &self->error));
	EXPECT_OK(uks_tpm_admin_change(self->tpm, &self->admin, CODE("admin"), CODE("new"),
				       &self->error));
	EXPECT_CAUSE(uks_tpm_admin_verify(self->tpm, &self->admin, CODE("admin"), &self->error),
		     UKS_TPM_WRONG_AUTH);
	EXPECT_OK(reset("new"));
}

TEST_F(pin, index_of_a_pin_is_not_taken_over)
{
	struct uks_tpm_index index = { .handle = 0 };

	EXPECT_WRONG("x", 2);
	EXPECT_CAUSE(define(UKS_TPM_PIN_HANDLE, "mine", &index), UKS_TPM_HANDLE_TAKEN);
	EXPECT_EQ(index.handle, 0);
	EXPECT_OK(uks_tpm_pin_left(self->tpm, &self->pin, &self->left, &self->error));
	EXPECT_EQ(self->left, 2);
	EXPECT_CAUSE(uks_tpm_admin_define(self->tpm, UKS_TPM_ADMIN_HANDLE, CODE("mine"), &index,
					  &self->error), UKS_TPM_HANDLE_TAKEN);
	EXPECT_OK(uks_tpm_admin_define(self->tpm, UKS_TPM_ADMIN_HANDLE, CODE("admin"), &index,
				       &self->error));
	EXPECT_EQ(memcmp(&index, &self->admin, sizeof(index)), 0);
}

TEST_F(pin, codes_and_limits_out_of_bounds_are_refused)
{
	static const char long_code[UKS_TPM_CODE_MAX + 1];
	const struct uks_tpm_code too_long = { long_code, sizeof(long_code) };
	struct uks_tpm_index index;

	EXPECT_CAUSE(verify(""), UKS_TPM_BAD_ARGUMENT);
	EXPECT_CAUSE(uks_tpm_pin_verify(self->tpm, &self->pin, &too_long, &self->left,
					&self->error), UKS_TPM_BAD_ARGUMENT);
	EXPECT_CAUSE(uks_tpm_pin_define(self->tpm, UKS_TPM_PIN_HANDLE + 1, &self->admin,
					CODE("admin"), CODE("1234"), 0, &index, &self->error),
		     UKS_TPM_BAD_ARGUMENT);
	EXPECT_CAUSE(uks_tpm_pin_reset(self->tpm, &self->pin, 256, &self->admin, CODE("admin"),
				       &self->error), UKS_TPM_BAD_ARGUMENT);
	EXPECT_RIGHT("1234");
}

static int sign(struct uks_tpm *tpm, const struct uks_tpm_key *key,
		const struct uks_tpm_index *pin, const char *code, struct uks_tpm_error *error)
{
	const struct uks_tpm_access access = { auth, pin, { code, code ? strlen(code) : 0 } };
	uint8_t digest[UKS_TPM_HASH_LEN] = { 0 }, out[UKS_TPM_OUTPUT_MAX];
	size_t len = sizeof(out);

	return uks_tpm_key_sign(tpm, key, &access, UKS_TPM_ECDSA, UKS_TPM_SHA256, digest,
				sizeof(digest), out, &len, error);
}

TEST_F(pin, key_with_a_pin_works_with_that_pin_only)
{
	const struct uks_tpm_access access = { .auth = auth, .pin = &self->pin };
	struct uks_tpm_index other;
	struct uks_tpm_key key;

	ASSERT_OK(define(UKS_TPM_PIN_HANDLE + 1, "other", &other));
	ASSERT_OK(uks_tpm_key_create(self->tpm, UKS_TPM_P256, UKS_TPM_KEY_SIGN, &access, &key,
				     &self->error));
	EXPECT_OK(sign(self->tpm, &key, &self->pin, "1234", &self->error));
	EXPECT_CAUSE(sign(self->tpm, &key, &self->pin, "4321", &self->error), UKS_TPM_WRONG_AUTH);
	EXPECT_OK(uks_tpm_pin_left(self->tpm, &self->pin, &self->left, &self->error));
	EXPECT_EQ(self->left, 2);
	/* Without a PIN, and with one that somebody knows. */
	EXPECT_CAUSE(sign(self->tpm, &key, NULL, NULL, &self->error), UKS_TPM_WRONG_AUTH);
	EXPECT_CAUSE(sign(self->tpm, &key, &other, "other", &self->error), UKS_TPM_WRONG_AUTH);
	EXPECT_OK(sign(self->tpm, &key, &self->pin, "1234", &self->error));

	for (unsigned int i = 1; i <= LIMIT; i++)
		EXPECT_WRONG("x", LIMIT - i);
	/* The key is as old as any copy of it. */
	EXPECT_CAUSE(sign(self->tpm, &key, &self->pin, "1234", &self->error),
		     UKS_TPM_PIN_BLOCKED);
	EXPECT_OK(reset("admin"));
	EXPECT_OK(change("5678", "admin"));
	EXPECT_OK(sign(self->tpm, &key, &self->pin, "5678", &self->error));
}

TEST_F(pin, pin_whose_index_is_gone_is_told)
{
	ASSERT_OK(uks_tpm_index_remove(self->tpm, &self->pin, &self->error));
	EXPECT_CAUSE(verify("1234"), UKS_TPM_INDEX);
}

TEST_HARNESS_MAIN
