// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What libuks refuses by itself, before the kernel is asked; and answers in parts that a
 * daemon could give without end.
 */
#include <kselftest_harness.h>

#include "libuks/internal.h"
#include "tests/fuzz/kernel.h"
#include "tests/unit/allocation.h"

#define LONG	(1ULL << 32)	/* one byte more than the kernel counts */

FIXTURE(refuse)
{
	struct uks_client *client;
	struct uks_err err;
	uint8_t wire[8192];
	size_t wire_len;
	uint8_t out[64];
	size_t len;
};

FIXTURE_SETUP(refuse)
{
	ASSERT_EQ(uks_client_new(&self->client, NULL), 0);
	self->len = sizeof(self->out);
	kernel_answers(NULL, 0);
	memory_begin(0);
}

FIXTURE_TEARDOWN(refuse)
{
	uks_client_free(self->client);
}

/* A call that returned @ret was refused with @code and a text, and nobody was asked. */
static void expect_refused(struct __test_metadata *_metadata, struct _test_data_refuse *self,
			   int ret, int code)
{
	EXPECT_EQ(memory_end(NULL), 0);
	EXPECT_EQ(ret, -code);
	EXPECT_EQ(self->err.code, code);
	EXPECT_NE(*self->err.text, 0);
	EXPECT_EQ(kernel_asked(), 0);
	memset(&self->err, 0, sizeof(self->err));
	memory_begin(0);
}

#define REFUSED(call, code)	expect_refused(_metadata, self, call, code)

/* ---- arguments ---- */

TEST_F(refuse, options_material_and_names_that_make_no_sense)
{
	const struct uks_key_options newer = { .reserved = { 0, 1 } };
	const struct uks_material nothing = { .format = UKS_FORMAT_RAW };
	const struct uks_list_options from_none = { .after = "" };
	struct uks_client *client = self->client;
	struct uks_err *err = &self->err;
	struct uks_key_list *list;

	REFUSED(uks_key_generate_with(client, "k", UKS_KEY_AES_128, &newer, NULL, err),
		UKS_E_INVALID);
	REFUSED(uks_key_import_with(client, "k", UKS_KEY_AES_128, &newer, &nothing, NULL, err),
		UKS_E_BAD_MATERIAL);
	REFUSED(uks_key_list_with(client, &from_none, &list, err), UKS_E_BAD_NAME);
	REFUSED(uks_key_rename(client, "k", "@00112233445566778899aabbccddeeff", err),
		UKS_E_BAD_NAME);
	REFUSED(uks_key_restore(client, "k", "", NULL, err), UKS_E_BAD_NAME);
}

TEST_F(refuse, methods_and_parameters_that_make_no_sense)
{
	static const uint8_t much[UINT16_MAX + 1];
	struct uks_parameters how = { .have = 1U << 31 };
	const struct uks_method old = { .version = 1 }, alone = { 0 };
	const struct uks_method with = { .parameters = &how };
	struct uks_client *client = self->client;
	struct uks_err *err = &self->err;
	struct uks_session *session;

	REFUSED(uks_key_derive(client, "k", &old, "new", UKS_KEY_AES_128, NULL, NULL, err),
		UKS_E_INVALID);
	REFUSED(uks_key_agree(client, "k", &alone, "new", UKS_KEY_SECRET, NULL, NULL, err),
		UKS_E_BAD_PARAMETER);
	REFUSED(uks_session_open_with(client, "k", UKS_PURPOSE_SIGN, &with, &session, err),
		UKS_E_INVALID);
	how = (struct uks_parameters){ .label = much, .label_len = UKS_PARAMETERS_MAX };
	REFUSED(uks_session_open_with(client, "k", UKS_PURPOSE_SIGN, &with, &session, err),
		UKS_E_BAD_PARAMETER);
	how.label_len = sizeof(much);
	REFUSED(uks_session_open_with(client, "k", UKS_PURPOSE_SIGN, &with, &session, err),
		UKS_E_BAD_PARAMETER);
}

TEST_F(refuse, wrapping_and_proofs_that_make_no_sense)
{
	static const uint8_t much[UKS_PAYLOAD_MAX];
	const struct uks_wrapping none = { .format = 0 };
	const struct uks_wrapping both = { .key = "w", .public_key = much, .public_key_len = 9 };
	const struct uks_wrapping nameless = { .key = "", .format = UKS_FORMAT_RAW };
	const struct uks_wrapping formless = { .key = "w" };
	struct uks_client *client = self->client;
	struct uks_err *err = &self->err;
	size_t *len = &self->len;
	uint8_t *out = self->out;

	REFUSED(uks_key_wrap(client, "k", 0, &none, out, len, err), UKS_E_INVALID);
	REFUSED(uks_key_wrap(client, "k", 0, &both, out, len, err), UKS_E_INVALID);
	REFUSED(uks_key_wrap(client, "k", 0, &nameless, out, len, err), UKS_E_BAD_NAME);
	REFUSED(uks_key_unwrap(client, "k", UKS_KEY_AES_128, &formless, much, 9, NULL, NULL, err),
		UKS_E_INVALID);
	REFUSED(uks_key_unwrap(client, "k", UKS_KEY_AES_128, &nameless, much, sizeof(much), NULL,
			       NULL, err), UKS_E_TOO_LONG);
	REFUSED(uks_key_attest(client, "k", 0, much, 0, 0, out, len, err), UKS_E_INVALID);
	REFUSED(uks_key_attest(client, "k", 0, much, UKS_CHALLENGE_MAX + 1, 0, out, len, err),
		UKS_E_INVALID);
	REFUSED(uks_attest_activate(client, much, sizeof(much), out, len, err), UKS_E_TOO_LONG);
	REFUSED(uks_sks_call(client, 90, much, UKS_SKS_MESSAGE_MAX + 1, 0, out, len, err),
		UKS_E_TOO_LONG);
}

TEST_F(refuse, policies_that_are_too_long)
{
	char path[1024];
	const struct uks_conditions by_path = { .have = 1U << UKS_GRANT_EXE, .exe = path };
	struct uks_key_options options = { .purposes = UKS_PURPOSE_SIGN };
	struct uks_policy *policy;
	int i;

	memset(path, 'p', sizeof(path));
	path[sizeof(path) - 1] = 0;
	ASSERT_EQ(uks_policy_new(&policy, NULL), 0);
	for (i = 0; i < 4; i++)
		ASSERT_EQ(uks_policy_add(policy, UKS_POLICY_A_BIND, &by_path, NULL), 0);
	options.policy = policy;
	memory_begin(0);
	REFUSED(uks_key_generate_with(self->client, "k", UKS_KEY_AES_128, &options, NULL,
				      &self->err), UKS_E_BAD_POLICY);
	REFUSED(uks_key_set_policy(self->client, "k", policy, NULL, &self->err), UKS_E_BAD_POLICY);
	uks_policy_free(policy);
}

/* ---- messages ---- */

static void add_answer(struct _test_data_refuse *self, const struct uks_attrs *answer)
{
	uint8_t *at = self->wire + self->wire_len;

	*at++ = 0;
	*at++ = answer->len;
	*at++ = answer->len >> 8;
	memcpy(at, answer->buf, answer->len);
	self->wire_len += 3 + answer->len;
	kernel_answers(self->wire, self->wire_len);
}

static struct uks_session *open_session(struct _test_data_refuse *self)
{
	struct uks_attrs nothing = { .buf = self->out };
	struct uks_session *session = NULL;

	add_answer(self, &nothing);
	uks_session_open(self->client, "k", UKS_PURPOSE_DECRYPT, 0, 0, &session, NULL);
	kernel_answers(NULL, 0);
	memory_begin(0);
	return session;
}

/* The kernel counts 32 bits: more would be taken for less. */
TEST_F(refuse, messages_of_2_to_the_32_bytes)
{
	struct uks_session *session = open_session(self);
	struct uks_aead aead = { .aad_len = LONG };
	struct uks_err *err = &self->err;
	size_t *len = &self->len;
	uint8_t *out = self->out;

	ASSERT_NE(session, NULL);
	REFUSED(uks_encrypt(session, NULL, out, LONG, out, len, err), UKS_E_TOO_LONG);
	REFUSED(uks_encrypt(session, &aead, out, 1, out, len, err), UKS_E_TOO_LONG);
	REFUSED(uks_decrypt(session, &aead, out, 1, out, len, err), UKS_E_TOO_LONG);
	REFUSED(uks_decrypt(session, NULL, out, LONG, out, len, err), UKS_E_TOO_LONG);
	REFUSED(uks_sign(session, out, LONG, out, len, err), UKS_E_TOO_LONG);
	REFUSED(uks_mac(session, out, LONG, out, len, err), UKS_E_TOO_LONG);
	REFUSED(uks_agree(session, out, LONG, out, len, err), UKS_E_TOO_LONG);
	REFUSED(uks_derive(session, out, LONG, out, len, err), UKS_E_TOO_LONG);
	REFUSED(uks_verify(session, out, LONG, out, 1, err), UKS_E_TOO_LONG);
	REFUSED(uks_mac_verify(session, out, 1, out, LONG, err), UKS_E_TOO_LONG);
	REFUSED(uks_begin(session, &aead, err), UKS_E_TOO_LONG);
	REFUSED(uks_update(session, out, LONG, err), UKS_E_TOO_LONG);
	REFUSED(uks_finish_verify(session, out, LONG, err), UKS_E_TOO_LONG);
	EXPECT_EQ(self->len, sizeof(self->out));
	uks_session_close(session);
}

/* ---- answers in parts ---- */

static void add_page(struct _test_data_refuse *self, const char *cursor, const char *result)
{
	uint8_t bytes[512];
	struct uks_attrs page;

	uks_attrs_init(&page, bytes, sizeof(bytes));
	if (cursor)
		uks_attrs_put_string(&page, UKS_A_CURSOR, cursor);
	if (result)
		uks_attrs_put_string(&page, UKS_A_RESULT, result);
	add_answer(self, &page);
}

TEST_F(refuse, a_list_that_does_not_move_on)
{
	struct uks_key_list *list;
	struct uks_key *key;

	add_page(self, "a", NULL);
	add_page(self, "b", NULL);
	add_page(self, "b", NULL);
	memory_begin(0);
	ASSERT_EQ(uks_key_list(self->client, &list, NULL), 0);
	EXPECT_EQ(uks_key_list_next(list, &key, &self->err), -UKS_E_PROTOCOL);
	EXPECT_EQ(key, NULL);
	EXPECT_EQ(kernel_asked(), 3);
	uks_key_list_free(list);
	EXPECT_EQ(memory_end(NULL), 0);
}

TEST_F(refuse, records_and_admin_answers_with_a_cursor_that_is_too_long)
{
	char cursor[UKS_AUDIT_CURSOR] = "before", far[301];
	const struct uks_admin_call call = { .command = 1 };
	struct uks_admin_answer *answer = NULL;

	memset(far, 'c', 300);
	far[300] = 0;
	add_page(self, far, "records");
	add_page(self, far, "result");
	memory_begin(0);
	EXPECT_EQ(uks_audit_read(self->client, cursor, self->out, &self->len, &self->err),
		  -UKS_E_PROTOCOL);
	EXPECT_STREQ(cursor, "before");
	EXPECT_EQ(uks_master(self->client, &call, &answer, &self->err), -UKS_E_PROTOCOL);
	EXPECT_EQ(answer, NULL);
	EXPECT_EQ(memory_end(NULL), 0);
}

/* A long answer of SKS comes in parts, which are joined. */
TEST_F(refuse, an_answer_of_sks_in_parts_that_has_no_end)
{
	int i;

	add_page(self, "1", "one ");
	add_page(self, "2", "two");
	add_page(self, NULL, " three");
	ASSERT_EQ(uks_sks_call(self->client, 1, "", 0, 0, self->out, &self->len, NULL), 0);
	EXPECT_EQ(kernel_asked(), 3);
	ASSERT_EQ(self->len, 13);
	EXPECT_EQ(memcmp(self->out, "one two three", 13), 0);

	self->wire_len = 0;
	for (i = 0; i < 100; i++)
		add_page(self, "1", NULL);
	self->len = sizeof(self->out);
	EXPECT_EQ(uks_sks_call(self->client, 1, "", 0, 0, self->out, &self->len, &self->err),
		  -UKS_E_PROTOCOL);
	EXPECT_EQ(self->len, 0);
	EXPECT_EQ(kernel_asked(), 1);
}

/* Long arguments go in parts: the last one's answer counts. */
TEST_F(refuse, an_answer_of_sks_to_long_arguments_that_goes_on)
{
	static const uint8_t arguments[100000];

	add_page(self, "1", NULL);
	add_page(self, "2", NULL);
	add_page(self, NULL, "done");
	ASSERT_EQ(uks_sks_call(self->client, 15, arguments, sizeof(arguments), 0, self->out,
			       &self->len, NULL), 0);
	EXPECT_EQ(kernel_asked(), 3);
	EXPECT_EQ(self->len, 4);

	self->wire_len = 0;
	add_page(self, "1", NULL);
	add_page(self, "2", NULL);
	add_page(self, "3", "cut");
	self->len = sizeof(self->out);
	EXPECT_EQ(uks_sks_call(self->client, 15, arguments, sizeof(arguments), 0, self->out,
			       &self->len, &self->err), -UKS_E_PROTOCOL);
	EXPECT_EQ(self->len, 0);

	/* The daemon refuses the second part. */
	self->wire_len = 0;
	add_page(self, "1", NULL);
	self->wire[self->wire_len++] = UKS_E_TIMEOUT;
	self->wire[self->wire_len++] = 0;
	self->wire[self->wire_len++] = 0;
	kernel_answers(self->wire, self->wire_len);
	self->len = sizeof(self->out);
	EXPECT_EQ(uks_sks_call(self->client, 15, arguments, sizeof(arguments), 0, self->out,
			       &self->len, &self->err), -UKS_E_TIMEOUT);
	EXPECT_EQ(self->len, 0);
	EXPECT_EQ(kernel_asked(), 2);
}

TEST_F(refuse, an_answer_of_sks_that_is_longer_than_the_room)
{
	add_page(self, "123456789", "x");
	EXPECT_EQ(uks_sks_call(self->client, 1, "", 0, 0, self->out, &self->len, &self->err),
		  -UKS_E_PROTOCOL);
	self->wire_len = 0;
	add_page(self, NULL, "more");
	self->len = 3;
	EXPECT_EQ(uks_sks_call(self->client, 1, "", 0, 0, self->out, &self->len, &self->err),
		  -UKS_E_NO_ROOM);
	self->wire_len = 0;
	add_page(self, NULL, "");
	self->len = sizeof(self->out);
	EXPECT_EQ(uks_sks_call(self->client, 1, "", 0, 0, self->out, &self->len, &self->err),
		  -UKS_E_PROTOCOL);
	EXPECT_EQ(self->len, 0);
}

TEST_HARNESS_MAIN
