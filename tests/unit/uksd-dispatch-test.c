// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the dispatcher refuses: requests that are incomplete, malformed or strange. */
#include <kselftest_harness.h>
#include <sodium.h>

#include "tests/unit/leaks.h"
#include "tests/unit/uksd-daemon.h"

#define TYPES	(UKS_A_MAX + 1)

FIXTURE(dispatch)
{
	struct daemon daemon;
};

FIXTURE_SETUP(dispatch)
{
	ASSERT_EQ(daemon_new(&self->daemon), 0);
	ASSERT_EQ(daemon_start(&self->daemon), 0) {
		TH_LOG("%s", self->daemon.failure.text);
	}
	ASSERT_EQ(ask_generate(&self->daemon, "key", UKS_KEY_EC_P256), 0);
}

FIXTURE_TEARDOWN(dispatch)
{
	daemon_stop(&self->daemon);
	daemon_delete(&self->daemon);
	EXPECT_EQ(leaks(), 0);
}

#define KEYREF	0xffff

/* What each operation needs and takes; KEYREF stands for name or id, 0 ends. */
static const struct {
	uint32_t op;
	uint16_t needs[6];
	uint16_t takes[9];
} shapes[] = {
	{ UKS_OP_STATUS, { }, { } },
	{ UKS_OP_SESSION_OPEN, { KEYREF, UKS_A_PURPOSES },
	  { UKS_A_KEY_VERSION, UKS_A_ALGORITHM, UKS_A_DIGEST, UKS_A_PARAMETERS, UKS_A_FLAGS,
	    UKS_A_PIN } },
	{ UKS_OP_KEY_GENERATE, { UKS_A_KEY_NAME, UKS_A_KEY_TYPE },
	  { UKS_A_PURPOSES, UKS_A_POLICY, UKS_A_FLAGS, UKS_A_KEY_STATE, UKS_A_COUNT,
	    UKS_A_PROVIDER, UKS_A_NEW_PIN, UKS_A_ADMIN_CODE } },
	{ UKS_OP_KEY_IMPORT,
	  { UKS_A_KEY_NAME, UKS_A_KEY_TYPE, UKS_A_KEY_FORMAT, UKS_A_KEY_MATERIAL },
	  { UKS_A_PURPOSES, UKS_A_POLICY, UKS_A_FLAGS, UKS_A_KEY_STATE, UKS_A_PROVIDER,
	    UKS_A_NEW_PIN, UKS_A_ADMIN_CODE } },
	{ UKS_OP_KEY_EXPORT_PUBLIC, { KEYREF }, { UKS_A_KEY_VERSION } },
	{ UKS_OP_KEY_LIST, { }, { UKS_A_CURSOR, UKS_A_LIMIT, UKS_A_FLAGS } },
	{ UKS_OP_KEY_SHOW, { KEYREF }, { UKS_A_KEY_VERSION } },
	{ UKS_OP_KEY_RENAME, { KEYREF, UKS_A_NEW_NAME }, { } },
	{ UKS_OP_KEY_DELETE, { KEYREF }, { UKS_A_FLAGS } },
	{ UKS_OP_KEY_ROTATE, { KEYREF }, { UKS_A_KEY_FORMAT, UKS_A_KEY_MATERIAL } },
	{ UKS_OP_KEY_SET_STATE, { KEYREF, UKS_A_KEY_STATE }, { UKS_A_KEY_VERSION } },
	{ UKS_OP_KEY_SET_POLICY, { KEYREF, UKS_A_POLICY }, { } },
	{ UKS_OP_KEY_RESTORE, { KEYREF }, { UKS_A_NEW_NAME } },
	{ UKS_OP_KEY_VERSIONS, { KEYREF }, { } },
	{ UKS_OP_USE,
	  { UKS_A_KEY_ID, UKS_A_KEY_VERSION, UKS_A_PURPOSES, UKS_A_ALGORITHM },
	  { UKS_A_DIGEST, UKS_A_PARAMETERS, UKS_A_COUNT } },
	{ UKS_OP_SIGN,
	  { UKS_A_KEY_ID, UKS_A_KEY_VERSION, UKS_A_PURPOSES, UKS_A_ALGORITHM, UKS_A_MESSAGE },
	  { UKS_A_DIGEST, UKS_A_PARAMETERS } },
	{ UKS_OP_VERIFY,
	  { UKS_A_KEY_ID, UKS_A_KEY_VERSION, UKS_A_PURPOSES, UKS_A_ALGORITHM, UKS_A_MESSAGE,
	    UKS_A_SIGNATURE },
	  { UKS_A_DIGEST, UKS_A_PARAMETERS } },
};

#define SHAPES	(sizeof(shapes) / sizeof(*shapes))

/* An attribute that is well made, though it need not make sense. */
static void put_one(struct uks_attrs *in, uint16_t type, int longer)
{
	static const uint8_t number[9] = { 1 };
	size_t len = request_policies[type].min_len;
	bool numeric = len == 4 || len == 8;

	if (!len)
		len = 32;
	uks_attrs_put(in, type,
		      numeric ? (const void *)number : "a name that is longer than a key id",
		      len + longer);
}

static void put_all(struct daemon *daemon, size_t shape, uint16_t except)
{
	size_t i;
	uint16_t type;

	ask_begin(daemon);
	for (i = 0; i < 6 && shapes[shape].needs[i]; i++) {
		type = shapes[shape].needs[i];
		if (type != except)
			put_one(&daemon->in, type == KEYREF ? UKS_A_KEY_NAME : type, 0);
	}
}

static bool knows(size_t shape, uint16_t type)
{
	bool keyref = type == UKS_A_KEY_NAME || type == UKS_A_KEY_ID;
	size_t i;

	for (i = 0; i < 6; i++)
		if (shapes[shape].needs[i] == type || (keyref && shapes[shape].needs[i] == KEYREF))
			return true;
	for (i = 0; i < 9; i++)
		if (shapes[shape].takes[i] == type)
			return true;
	return false;
}

#define EXPECT_ERROR(expected_code, expected_errno) do { \
	EXPECT_EQ(self->daemon.answer.code, expected_code) { \
		TH_LOG("%s", self->daemon.text); \
	} \
	EXPECT_EQ(self->daemon.answer.error, expected_errno); \
	EXPECT_NE(*self->daemon.text, 0); \
} while (0)

TEST_F(dispatch, every_operation_needs_its_attributes)
{
	size_t shape, i;

	for (shape = 0; shape < SHAPES; shape++) {
		for (i = 0; i < 6 && shapes[shape].needs[i]; i++) {
			put_all(&self->daemon, shape, shapes[shape].needs[i]);
			ask(&self->daemon, shapes[shape].op);
			EXPECT_ERROR(UKS_E_MISSING_ATTRIBUTE, EINVAL);
		}
	}
}

TEST_F(dispatch, no_operation_takes_what_it_does_not_know)
{
	size_t shape;
	int type;

	for (shape = 0; shape < SHAPES; shape++) {
		for (type = 1; type < TYPES; type++) {
			if (knows(shape, type))
				continue;
			put_all(&self->daemon, shape, 0);
			put_one(&self->daemon.in, type, 0);
			ask(&self->daemon, shapes[shape].op);
			EXPECT_ERROR(UKS_E_PROTOCOL, EINVAL);
		}
	}
}

TEST_F(dispatch, attributes_have_a_length)
{
	size_t shape, i;
	int type;

	for (shape = 0; shape < SHAPES; shape++) {
		for (type = 1; type < TYPES; type++) {
			if (!knows(shape, type) || request_policies[type].min_len < 4)
				continue;
			for (i = 0; i < 6 && shapes[shape].needs[i] != type; i++)
				;
			put_all(&self->daemon, shape, i < 6 ? type : KEYREF);
			put_one(&self->daemon.in, type, -1);
			ask(&self->daemon, shapes[shape].op);
			EXPECT_ERROR(UKS_E_PROTOCOL, EINVAL);
			put_all(&self->daemon, shape, i < 6 ? type : KEYREF);
			put_one(&self->daemon.in, type, 1);
			ask(&self->daemon, shapes[shape].op);
			EXPECT_ERROR(UKS_E_PROTOCOL, EINVAL);
		}
	}
}

TEST_F(dispatch, attributes_have_a_greatest_length)
{
	static const uint8_t long_one[UKS_MESSAGE_MAX + 1];
	struct daemon *daemon = &self->daemon;

	ask_begin(daemon);
	uks_attrs_put(&daemon->in, UKS_A_KEY_NAME, "", 0);
	ask(daemon, UKS_OP_KEY_SHOW);
	EXPECT_ERROR(UKS_E_PROTOCOL, EINVAL);
	ask_begin(daemon);
	uks_attrs_put(&daemon->in, UKS_A_KEY_NAME, long_one, UKS_NAME_MAX + 1);
	ask(daemon, UKS_OP_KEY_SHOW);
	EXPECT_ERROR(UKS_E_PROTOCOL, EINVAL);
	ask_import(daemon, "new", UKS_KEY_AES_256, UKS_FORMAT_RAW, long_one, 16385);
	EXPECT_ERROR(UKS_E_PROTOCOL, EINVAL);
	ask_sign(daemon, long_one, UKS_ALG_ED25519, 0, long_one, sizeof(long_one));
	EXPECT_ERROR(UKS_E_PROTOCOL, EINVAL);
	ask_verify(daemon, long_one, UKS_ALG_ED25519, 0, "", 0, long_one, UKS_SIGNATURE_MAX + 1);
	EXPECT_ERROR(UKS_E_PROTOCOL, EINVAL);
}

TEST_F(dispatch, numbers_begin_at_one)
{
	struct daemon *daemon = &self->daemon;

	ask_generate(daemon, "new", 0);
	EXPECT_ERROR(UKS_E_PROTOCOL, EINVAL);
	ask_open(daemon, "key", 0);
	EXPECT_ERROR(UKS_E_PROTOCOL, EINVAL);
	ask_begin(daemon);
	uks_attrs_put_u32(&daemon->in, UKS_A_LIMIT, 0);
	ask(daemon, UKS_OP_KEY_LIST);
	EXPECT_ERROR(UKS_E_PROTOCOL, EINVAL);
}

TEST_F(dispatch, name_or_id_but_not_both)
{
	struct daemon *daemon = &self->daemon;
	static const uint32_t ops[] = {
		UKS_OP_KEY_SHOW, UKS_OP_KEY_DELETE, UKS_OP_KEY_EXPORT_PUBLIC,
	};
	size_t i;

	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		ask_begin(daemon);
		put_one(&daemon->in, UKS_A_KEY_NAME, 0);
		put_one(&daemon->in, UKS_A_KEY_ID, 0);
		ask(daemon, ops[i]);
		EXPECT_ERROR(UKS_E_INVALID, EINVAL);
	}
	EXPECT_EQ(ask_by_name(daemon, UKS_OP_KEY_SHOW, "key"), 0);
}

TEST_F(dispatch, attributes_of_a_newer_client_are_passed_over)
{
	struct daemon *daemon = &self->daemon;

	ask_begin(daemon);
	uks_attrs_put_u32(&daemon->in, UKS_A_MAX + 1, 7);
	uks_attrs_put_string(&daemon->in, UKS_A_KEY_NAME, "key");
	uks_attrs_put(&daemon->in, 0x3fff, "x", 1);
	EXPECT_EQ(ask(daemon, UKS_OP_KEY_SHOW), 0);
}

TEST_F(dispatch, unknown_operations)
{
	static const uint32_t ops[] = { 0, UKS_OP_PROVISION + 1, 1000, UINT32_MAX };
	size_t i;

	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		ask_begin(&self->daemon);
		ask(&self->daemon, ops[i]);
		EXPECT_ERROR(UKS_E_UNSUPPORTED, EOPNOTSUPP);
	}
}

TEST_F(dispatch, malformed_payloads)
{
	struct daemon *daemon = &self->daemon;
	static const struct {
		uint8_t bytes[8];
		size_t len;
	} bad[] = {
		{ { 4 }, 1 },
		{ { 4, 0, 1 }, 3 },
		{ { 0, 0, 1, 0 }, 4 },
		{ { 3, 0, 1, 0 }, 4 },
		{ { 5, 0, 1, 0 }, 4 },
		{ { 0xff, 0xff, 1, 0, 1, 1, 1, 1 }, 8 },
		{ { 4, 0, 0x7f, 0, 2, 0, 1, 0 }, 8 },
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ask_begin(daemon);
		memcpy(daemon->in_buf, bad[i].bytes, bad[i].len);
		daemon->in.len = bad[i].len;
		ask(daemon, UKS_OP_STATUS);
		EXPECT_ERROR(UKS_E_PROTOCOL, EINVAL);
	}
}

/* A header that lies is no request; nothing can be answered. */
TEST_F(dispatch, lying_headers)
{
	struct worker *worker = self->daemon.worker;
	struct uks_request_header good = {
		.len = sizeof(good) + 8, .op = UKS_OP_STATUS, .id = 1, .identity_len = 8,
		.out_max = UKS_PAYLOAD_MAX,
	}, bad[4] = { good, good, good, good };
	size_t i;

	bad[0].len++;
	bad[1].identity_len = 9;
	bad[2].payload_len = UINT32_MAX;
	bad[3].identity_len = 16;
	bad[3].payload_len = UINT32_MAX - 7;
	for (i = 0; i < 4; i++) {
		memcpy(worker->in, &bad[i], sizeof(good));
		worker->in_len = sizeof(good) + 8;
		EXPECT_EQ(dispatch(worker), -1);
		worker_done(worker);
	}
	worker->in_len = sizeof(good) - 1;
	EXPECT_EQ(dispatch(worker), -1);
	memcpy(worker->in, &good, sizeof(good));
	worker->in_len = sizeof(good) + 8;
	EXPECT_EQ(dispatch(worker), 0);
	worker_done(worker);
}

/* What the kernel says of the client is no part of what the client says. */
TEST_F(dispatch, identity_is_not_payload)
{
	struct worker *worker = self->daemon.worker;
	struct uks_request_header header = {
		.op = UKS_OP_KEY_SHOW, .id = 1, .uid = ALICE, .out_max = UKS_PAYLOAD_MAX,
	};
	struct uks_answer_header answer;
	struct uks_attrs in;

	uks_attrs_init(&in, worker->in + sizeof(header), 1000);
	uks_attrs_put_string(&in, UKS_A_KEY_NAME, "key");
	header.identity_len = in.len;
	header.len = sizeof(header) + in.len;
	memcpy(worker->in, &header, sizeof(header));
	worker->in_len = header.len;
	ASSERT_EQ(dispatch(worker), 0);
	memcpy(&answer, worker->out, sizeof(answer));
	EXPECT_EQ(answer.code, UKS_E_MISSING_ATTRIBUTE);
	worker_done(worker);
}

/* With an error comes a text, and nothing else. */
TEST_F(dispatch, errors_carry_a_text_only)
{
	int type;

	ASSERT_EQ(ask_by_name(&self->daemon, UKS_OP_KEY_SHOW, "missing"), UKS_E_NO_KEY);
	EXPECT_ERROR(UKS_E_NO_KEY, ENOKEY);
	EXPECT_EQ(self->daemon.answer.flags, 0);
	for (type = 1; type < TYPES; type++)
		EXPECT_EQ(!!self->daemon.attrs[type].type, type == UKS_A_ERROR_TEXT);
}

TEST_F(dispatch, each_code_has_its_errno)
{
	static const struct {
		enum uks_error code;
		int number;
	} codes[] = {
		{ UKS_E_NO_KEY, ENOKEY }, { UKS_E_KEY_EXISTS, EEXIST },
		{ UKS_E_BAD_NAME, EINVAL }, { UKS_E_BAD_TYPE, EINVAL },
		{ UKS_E_BAD_PURPOSE, EINVAL }, { UKS_E_BAD_ALGORITHM, EINVAL },
		{ UKS_E_BAD_DIGEST, EINVAL }, { UKS_E_MISSING_ATTRIBUTE, EINVAL },
		{ UKS_E_BAD_MATERIAL, EINVAL }, { UKS_E_BAD_SIGNATURE, EBADMSG },
		{ UKS_E_NO_PUBLIC, EINVAL }, { UKS_E_ACCESS, EACCES },
		{ UKS_E_BLOB, EUCLEAN }, { UKS_E_STORE, EIO }, { UKS_E_STORE_FULL, ENOSPC },
		{ UKS_E_CRYPTO, EIO }, { UKS_E_TPM, EIO }, { UKS_E_INTERNAL, EIO },
	};
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		EXPECT_EQ(failure_errno(codes[i].code), codes[i].number);
}

/* What comes from a damaged store could hold what a terminal obeys. */
TEST_F(dispatch, texts_are_one_printable_line)
{
	struct failure failure;

	failure_fill(&failure, UKS_E_BLOB, "key '%s'", "\033[2Jx\n\177\302\2332J\303\244");
	EXPECT_STREQ(failure.text, "key '?[2Jx????2J\303\244'");
}

/* Nothing that a client may send takes the daemon down; the answer is well made. */
TEST_F(dispatch, survives_random_payloads)
{
	struct daemon *daemon = &self->daemon;
	size_t shape, i, flips;
	uint32_t round;

	for (round = 0; round < 20000; round++) {
		shape = randombytes_uniform(SHAPES);
		put_all(daemon, shape, 0);
		if (randombytes_uniform(2))
			put_one(&daemon->in, 1 + randombytes_uniform(UKS_A_MAX), 0);
		flips = randombytes_uniform(5);
		for (i = 0; i < flips && daemon->in.len; i++)
			daemon->in_buf[randombytes_uniform(daemon->in.len)] ^=
				1 << randombytes_uniform(8);
		if (randombytes_uniform(2) && daemon->in.len)
			daemon->in.len -= randombytes_uniform(daemon->in.len);
		ask(daemon, shapes[shape].op);
		ASSERT_EQ(!daemon->answer.code, !daemon->answer.error);
	}
}

TEST_HARNESS_MAIN
