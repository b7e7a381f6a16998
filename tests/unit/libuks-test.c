// SPDX-License-Identifier: LGPL-2.1-or-later
/* libuks without the module: errors, words, payloads, the header of streams. */
#include <errno.h>
#include <stdio.h>

#include <kselftest_harness.h>

#include "leaks.h"
#include "libuks-header.h"
#include "libuks/internal.h"
#include "libuks/stream.h"
#include "libuks/uks-stream.h"

/* ---- every error of the header has words ---- */

static void check_error(const char *name, uint32_t code, void *arg)
{
	struct __test_metadata *_metadata = arg;

	ASSERT_NE(uks_error_name(code), NULL) {
		TH_LOG("UKS_E_%s is not in libuks/error-table.c", name);
	}
	EXPECT_STREQ(uks_error_name(code), name);
	EXPECT_STREQ(uks_error_name(-(int)code), name);
	EXPECT_GT(strlen(uks_strerror(code)), 4);
	EXPECT_EQ(strchr(uks_strerror(code), '\n'), NULL);
	EXPECT_EQ(strchr(uks_cure(code), '\n'), NULL);
	ASSERT_NE(uks_explain(code), NULL);
	if (code)
		EXPECT_GT(strlen(uks_cure(code)), 4);
	if (uks_explain(code)[0])
		EXPECT_EQ(uks_explain(code)[strlen(uks_explain(code)) - 1], '\n');
}

TEST(every_error_is_explained)
{
	int count = read_enumerators("UKS_E_", check_error, _metadata);
	int i;

	ASSERT_GE(count, 69);
	for (i = 0; uks_error_at(i) >= 0; i++)
		;
	EXPECT_EQ(i, count);
	EXPECT_EQ(uks_error_name(99), NULL);
	EXPECT_EQ(uks_explain(-99), NULL);
	EXPECT_NE(uks_strerror(99), NULL);
}

/* ---- every value of the header has a name ---- */

struct words {
	struct __test_metadata *metadata;
	enum uks_word set;
};

static void check_word(const char *name, uint32_t value, void *arg)
{
	const struct words *words = arg;
	struct __test_metadata *_metadata = words->metadata;
	const char *word = uks_word(words->set, value);

	ASSERT_NE(word, NULL) {
		TH_LOG("%s is not in libuks/word.c", name);
	}
	EXPECT_EQ(uks_word_value(words->set, word), value);
}

TEST(every_value_has_a_name)
{
	static const struct {
		const char *prefix;
		enum uks_word set;
		int least;
	} sets[] = {
		{ "UKS_KEY_", UKS_WORD_KEY_TYPE, 33 },
		{ "UKS_PURPOSE_", UKS_WORD_PURPOSE, 10 },
		{ "UKS_ALG_", UKS_WORD_ALGORITHM, 35 },
		{ "UKS_DIGEST_", UKS_WORD_DIGEST, 10 },
		{ "UKS_FORMAT_", UKS_WORD_FORMAT, 3 },
		{ "UKS_STATE_", UKS_WORD_STATE, 7 },
		{ "UKS_ORIGIN_", UKS_WORD_ORIGIN, 5 },
		{ "UKS_FEATURE_", UKS_WORD_FEATURE, 4 },
		{ "UKS_LEASE_", UKS_WORD_LEASE_FLAG, 2 },
		{ "UKS_CALL_", UKS_WORD_CALL_FLAG, 4 },
		{ "UKS_POLICY_", UKS_WORD_POLICY_FLAG, 3 },
		{ "UKS_PROVIDER_", UKS_WORD_PROVIDER, 2 },
	};
	struct words words = { .metadata = _metadata };
	size_t i, known;
	int count;

	for (i = 0; i < ARRAY_SIZE(sets); i++) {
		words.set = sets[i].set;
		count = read_enumerators(sets[i].prefix, check_word, &words);
		EXPECT_GE(count, sets[i].least);
		for (known = 0; uks_word_at(sets[i].set, known); known++)
			;
		EXPECT_EQ((int)known, count);
		EXPECT_EQ(uks_word_value(sets[i].set, "no such word"), 0);
		EXPECT_EQ(uks_word(sets[i].set, 0x40000000), NULL);
	}
	EXPECT_EQ(uks_word(99, 1), NULL);
}

/* ---- from errno and outcome to code and text ---- */

TEST(each_errno_of_the_interface_has_its_code)
{
	static const struct {
		int errnum;
		int code;
	} codes[] = {
		{ ENOTTY, UKS_E_UNSUPPORTED }, { E2BIG, UKS_E_PROTOCOL },
		{ EINVAL, UKS_E_INVALID }, { EOPNOTSUPP, UKS_E_UNSUPPORTED },
		{ EFAULT, UKS_E_FAULT }, { EACCES, UKS_E_NOT_OPENER },
		{ EBUSY, UKS_E_BUSY }, { ENOBUFS, UKS_E_NO_ROOM },
		{ EMSGSIZE, UKS_E_TOO_LONG }, { ENOTCONN, UKS_E_NO_DAEMON },
		{ EPIPE, UKS_E_DAEMON_DIED }, { ETIMEDOUT, UKS_E_TIMEOUT },
		{ EINTR, UKS_E_INTERRUPTED }, { EBADMSG, UKS_E_NOT_AUTHENTIC },
		{ EKEYREVOKED, UKS_E_REVOKED }, { EKEYEXPIRED, UKS_E_LEASE_EXPIRED },
		{ EDQUOT, UKS_E_LEASE_USED_UP }, { EPERM, UKS_E_WRONG_PURPOSE },
		{ EBADFD, UKS_E_STATE }, { ENOKEY, UKS_E_NO_KEY },
		{ EEXIST, UKS_E_KEY_EXISTS }, { ENOMEM, UKS_E_NO_MEMORY },
	};
	struct uks_outcome outcome = { 0 };
	struct uks_err err;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		EXPECT_EQ(uks_fail_outcome(&err, codes[i].errnum, &outcome), -codes[i].code);
		EXPECT_EQ(err.code, codes[i].code);
		EXPECT_EQ(err.errnum, codes[i].errnum);
		EXPECT_GT(strlen(err.text), 4);
		EXPECT_EQ(uks_fail_outcome(NULL, codes[i].errnum, NULL), -codes[i].code);
	}
}

TEST(the_words_of_the_daemon_come_first)
{
	char text[UKS_TEXT_MAX] = "the key 'x' is not there: make it";
	struct uks_outcome outcome = {
		.error = UKS_E_NO_KEY,
		.text = (uintptr_t)text,
		.text_len = strlen(text) + 1,
		.request_id = 7,
	};
	struct uks_err err;

	EXPECT_EQ(uks_fail_outcome(&err, ENOKEY, &outcome), -UKS_E_NO_KEY);
	EXPECT_STREQ(err.text, text);
	EXPECT_EQ(err.request, 7);

	outcome.text_len = 0;
	EXPECT_EQ(uks_fail_outcome(&err, ENOKEY, &outcome), -UKS_E_NO_KEY);
	EXPECT_NE(strstr(err.text, uks_strerror(UKS_E_NO_KEY)), NULL);
	EXPECT_NE(strstr(err.text, uks_cure(UKS_E_NO_KEY)), NULL);

	/* A text without an end, and an error of a newer daemon. */
	memset(text, 'x', sizeof(text));
	outcome.text_len = UINT32_MAX;
	outcome.error = 4711;
	EXPECT_EQ(uks_fail_outcome(&err, EIO, &outcome), -4711);
	EXPECT_LT(strnlen(err.text, sizeof(err.text)), sizeof(err.text));
}

/* ---- which key ---- */

TEST(a_key_is_a_name_or_an_id)
{
	static const char id[] = "@00112233445566778899AABBccddeeff";
	struct uks_attr table[UKS_A_MAX + 1];
	struct uks_exchange ex;
	char name[UKS_NAME_MAX + 2];
	struct uks_err err;

	ASSERT_EQ(uks_exchange_init(&ex, 0, &err), 0);
	EXPECT_EQ(uks_exchange_key(&ex, id, &err), 0);
	EXPECT_EQ(uks_exchange_key(&ex, "@00112233445566778899AABBccddeef", &err), 0);
	ASSERT_EQ(uks_attrs_parse(ex.request.buf, ex.request.len, table), 0);
	ASSERT_EQ(table[UKS_A_KEY_ID].len, UKS_KEY_ID_LEN);
	EXPECT_EQ(table[UKS_A_KEY_ID].value[0], 0);
	EXPECT_EQ(table[UKS_A_KEY_ID].value[10], 0xaa);
	EXPECT_EQ(table[UKS_A_KEY_ID].value[15], 0xff);
	EXPECT_EQ(table[UKS_A_KEY_NAME].len, strlen(id) - 1);

	/* What looks like an id cannot become a name; nor what is too short or long. */
	EXPECT_EQ(uks_exchange_name(&ex, UKS_A_NEW_NAME, id, &err), -UKS_E_BAD_NAME);
	EXPECT_EQ(uks_exchange_key(&ex, "", &err), -UKS_E_BAD_NAME);
	memset(name, 'n', sizeof(name));
	name[UKS_NAME_MAX + 1] = 0;
	EXPECT_EQ(uks_exchange_key(&ex, name, &err), -UKS_E_BAD_NAME);
	name[UKS_NAME_MAX] = 0;
	EXPECT_EQ(uks_exchange_key(&ex, name, &err), 0);
	EXPECT_EQ(ex.request.error, 0);
	uks_exchange_free(&ex);
	EXPECT_EQ(uks_exchange_init(&ex, UKS_PAYLOAD_MAX, &err), -UKS_E_TOO_LONG);
	EXPECT_EQ(leaks(), 0);
}

/* ---- descriptions of keys, as a hostile or defective daemon might give them ---- */

static void put_description(struct uks_attrs *attrs, uint16_t without)
{
	static const uint16_t numbers[] = {
		UKS_A_KEY_TYPE, UKS_A_PURPOSES, UKS_A_KEY_VERSION,
		UKS_A_KEY_STATE, UKS_A_ORIGIN, UKS_A_OWNER,
	};
	uint8_t id[UKS_KEY_ID_LEN] = { 1, 2, 3 };
	size_t i;

	if (without != UKS_A_KEY_ID)
		uks_attrs_put(attrs, UKS_A_KEY_ID, id, sizeof(id));
	if (without != UKS_A_KEY_NAME)
		uks_attrs_put_string(attrs, UKS_A_KEY_NAME, "four");
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		if (without != numbers[i])
			uks_attrs_put_u32(attrs, numbers[i], 100 + i);
	if (without != UKS_A_CREATED)
		uks_attrs_put_u64(attrs, UKS_A_CREATED, 1ULL << 40);
}

TEST(a_description_is_taken_whole_or_not_at_all)
{
	static const uint16_t needed[] = {
		UKS_A_KEY_ID, UKS_A_KEY_NAME, UKS_A_KEY_TYPE, UKS_A_PURPOSES, UKS_A_KEY_VERSION,
		UKS_A_KEY_STATE, UKS_A_ORIGIN, UKS_A_OWNER, UKS_A_CREATED,
	};
	uint8_t payload[512], *exact;
	struct uks_key *key = uks_key_alloc(4);
	struct uks_attrs attrs;
	struct uks_err err;
	size_t i;

	ASSERT_NE(key, NULL);
	uks_attrs_init(&attrs, payload, sizeof(payload));
	put_description(&attrs, 0);
	ASSERT_EQ(attrs.error, 0);
	EXPECT_EQ(uks_key_fill(key, 4, payload, attrs.len, &err), 0);
	EXPECT_STREQ(key->name, "four");
	EXPECT_EQ(key->id[2], 3);
	EXPECT_EQ(key->version, 102);
	EXPECT_EQ(key->owner, 105);
	EXPECT_EQ(key->created, 1ULL << 40);
	EXPECT_EQ(key->public_key, NULL);

	/* Cut anywhere. A copy of its own lets the sanitizer see reads past the end. */
	for (i = 0; i < attrs.len; i++) {
		exact = malloc(i);
		memcpy(exact, payload, i);
		EXPECT_EQ(uks_key_fill(key, 4, exact, i, &err), -UKS_E_PROTOCOL);
		free(exact);
	}
	for (i = 0; i < ARRAY_SIZE(needed); i++) {
		uks_attrs_init(&attrs, payload, sizeof(payload));
		put_description(&attrs, needed[i]);
		EXPECT_EQ(uks_key_fill(key, 4, payload, attrs.len, &err), -UKS_E_PROTOCOL);
	}
	uks_key_free(key);
	EXPECT_EQ(leaks(), 0);
}

TEST(a_public_key_is_taken_if_there_is_room)
{
	struct uks_key *key = uks_key_alloc(4);
	struct uks_attrs attrs;
	uint8_t payload[512];
	struct uks_err err;

	ASSERT_NE(key, NULL);
	uks_attrs_init(&attrs, payload, sizeof(payload));
	put_description(&attrs, 0);
	uks_attrs_put(&attrs, UKS_A_PUBLIC_KEY, "1234", 4);
	ASSERT_EQ(uks_key_fill(key, 4, payload, attrs.len, &err), 0);
	ASSERT_EQ(key->public_key_len, 4);
	EXPECT_EQ(memcmp(key->public_key, "1234", 4), 0);
	uks_key_free(key);

	key = uks_key_alloc(0);
	ASSERT_NE(key, NULL);
	ASSERT_EQ(uks_key_fill(key, 0, payload, attrs.len, &err), 0);
	EXPECT_EQ(key->public_key, NULL);
	uks_key_free(key);
}

/* ---- policies ---- */

static void make_policy(struct __test_metadata *_metadata, struct uks_policy *policy)
{
	static const uint8_t digest[32] = { 1, 2, 3 };
	const struct uks_conditions who = {
		.have = 1U << UKS_GRANT_UID | 1U << UKS_GRANT_PURPOSES | 1U << UKS_GRANT_EXE |
			1U << UKS_GRANT_EXE_DIGEST,
		.uid = 1000,
		.purposes = UKS_PURPOSE_SIGN,
		.exe = "/usr/bin/app",
		.exe_digest = digest,
	};
	const struct uks_conditions where = {
		.have = 1U << UKS_GRANT_UNIT | 1U << UKS_GRANT_GID | 1U << UKS_GRANT_CGROUP |
			1U << UKS_GRANT_LABEL,
		.unit = "app.service", .gid = 100, .cgroup = 1ULL << 33, .label = "app_t",
	};
	struct uks_err err;

	ASSERT_EQ(uks_policy_set(policy, UKS_POLICY_A_MAX_USES, 1ULL << 40, &err), 0);
	ASSERT_EQ(uks_policy_set(policy, UKS_POLICY_A_IDLE, 60, &err), 0);
	ASSERT_EQ(uks_policy_add(policy, UKS_POLICY_A_GRANT, &who, &err), 0);
	ASSERT_EQ(uks_policy_add(policy, UKS_POLICY_A_BIND, &where, &err), 0);
}

/* The bytes that a request would have. */
static const struct uks_attr *policy_bytes(struct __test_metadata *_metadata,
					   struct uks_exchange *ex,
					   const struct uks_policy *policy)
{
	static struct uks_attr table[UKS_A_MAX + 1];

	ASSERT_EQ(uks_exchange_init(ex, 0, NULL), 0);
	ASSERT_EQ(uks_exchange_policy(ex, policy, NULL), 0);
	ASSERT_EQ(uks_attrs_parse(ex->request.buf, ex->request.len, table), 0);
	return &table[UKS_A_POLICY];
}

TEST(a_policy_is_read_as_it_was_written)
{
	const struct uks_conditions *found;
	const struct uks_attr *bytes;
	struct uks_policy *policy, *back;
	struct uks_exchange ex;
	uint64_t value;

	ASSERT_EQ(uks_policy_new(&policy, NULL), 0);
	make_policy(_metadata, policy);
	bytes = policy_bytes(_metadata, &ex, policy);
	ASSERT_EQ(uks_policy_parse(bytes->value, bytes->len, &back, NULL), 0);
	EXPECT_EQ(uks_policy_get(back, UKS_POLICY_A_MAX_USES, &value), 1);
	EXPECT_EQ(value, 1ULL << 40);
	EXPECT_EQ(uks_policy_get(back, UKS_POLICY_A_NOT_AFTER, &value), 0);
	found = uks_policy_at(back, UKS_POLICY_A_GRANT, 0);
	ASSERT_NE(found, NULL);
	EXPECT_EQ(found->uid, 1000);
	EXPECT_EQ(found->purposes, UKS_PURPOSE_SIGN);
	EXPECT_STREQ(found->exe, "/usr/bin/app");
	EXPECT_EQ(found->exe_digest[2], 3);
	EXPECT_EQ(found->unit, NULL);
	EXPECT_EQ(uks_policy_at(back, UKS_POLICY_A_GRANT, 1), NULL);
	found = uks_policy_at(back, UKS_POLICY_A_BIND, 0);
	ASSERT_NE(found, NULL);
	EXPECT_STREQ(found->unit, "app.service");
	EXPECT_EQ(found->gid, 100);
	EXPECT_EQ(found->cgroup, 1ULL << 33);
	EXPECT_STREQ(found->label, "app_t");
	uks_policy_clear(back, UKS_POLICY_A_GRANT);
	uks_policy_clear(back, UKS_POLICY_A_MAX_USES);
	EXPECT_EQ(uks_policy_at(back, UKS_POLICY_A_GRANT, 0), NULL);
	EXPECT_NE(uks_policy_at(back, UKS_POLICY_A_BIND, 0), NULL);
	EXPECT_EQ(uks_policy_get(back, UKS_POLICY_A_MAX_USES, &value), 0);
	uks_exchange_free(&ex);
	uks_policy_free(policy);
	uks_policy_free(back);
	EXPECT_EQ(leaks(), 0);
}

/* A policy that was read in part would seem weaker than it is. */
TEST(a_policy_is_read_whole_or_not_at_all)
{
	struct uks_policy *policy, *back = NULL;
	const struct uks_attr *bytes;
	struct uks_exchange ex;
	int at, read = 0, next;
	uint8_t *exact;

	ASSERT_EQ(uks_policy_new(&policy, NULL), 0);
	make_policy(_metadata, policy);
	bytes = policy_bytes(_metadata, &ex, policy);
	for (at = 1; at < bytes->len; at++) {
		exact = malloc(at);
		memcpy(exact, bytes->value, at);
		/* Cut between two rules it is a policy, of another text. */
		next = uks_policy_parse(exact, at, &back, NULL);
		EXPECT_TRUE(!next || next == -UKS_E_BAD_POLICY);
		read += !next;
		if (!next)
			uks_policy_free(back);
		free(exact);
	}
	EXPECT_EQ(read, 3);
	uks_exchange_free(&ex);
	uks_policy_free(policy);
	EXPECT_EQ(leaks(), 0);
}

TEST(a_policy_takes_only_what_makes_sense)
{
	const struct uks_conditions nobody = { 0 };
	const struct uks_conditions everybody = {
		.have = 1U << UKS_GRANT_PURPOSES, .purposes = UKS_PURPOSE_SIGN,
	};
	const struct uks_conditions empty = { .have = 1U << UKS_GRANT_EXE, .exe = "" };
	const struct uks_conditions newer = { .have = 1U << 31 | 1U << UKS_GRANT_UID };
	struct uks_policy *policy;

	ASSERT_EQ(uks_policy_new(&policy, NULL), 0);
	EXPECT_EQ(uks_policy_set(policy, UKS_POLICY_A_GRANT, 1, NULL), -UKS_E_INVALID);
	EXPECT_EQ(uks_policy_set(policy, 0, 1, NULL), -UKS_E_INVALID);
	EXPECT_EQ(uks_policy_set(policy, UKS_POLICY_A_IDLE, 1ULL << 32, NULL), -UKS_E_INVALID);
	EXPECT_EQ(uks_policy_add(policy, UKS_POLICY_A_GRANT, &nobody, NULL), -UKS_E_BAD_POLICY);
	EXPECT_EQ(uks_policy_add(policy, UKS_POLICY_A_GRANT, &everybody, NULL),
		  -UKS_E_BAD_POLICY);
	EXPECT_EQ(uks_policy_add(policy, UKS_POLICY_A_BIND, &empty, NULL), -UKS_E_BAD_POLICY);
	EXPECT_EQ(uks_policy_add(policy, UKS_POLICY_A_BIND, &newer, NULL), -UKS_E_BAD_POLICY);
	EXPECT_EQ(uks_policy_at(policy, UKS_POLICY_A_GRANT, 0), NULL);
	EXPECT_EQ(uks_policy_at(policy, UKS_POLICY_A_BIND, 0), NULL);
	uks_policy_free(policy);
	EXPECT_EQ(leaks(), 0);
}

TEST(parameters_are_written_as_far_as_they_are_said)
{
	const struct uks_parameters nothing = { 0 };
	const struct uks_parameters some = {
		.have = UKS_HAVE_SALT_LEN, .mgf_digest = UKS_DIGEST_SHA256,
	};
	struct uks_parameters long_ones = { .info_len = UKS_PARAMETERS_MAX };
	uint8_t info[UKS_PARAMETERS_MAX] = { 0 };
	struct uks_attr table[UKS_A_MAX + 1];
	struct uks_exchange ex;

	long_ones.info = info;
	ASSERT_EQ(uks_exchange_init(&ex, 0, NULL), 0);
	EXPECT_EQ(uks_exchange_parameters(&ex, NULL, NULL), 0);
	EXPECT_EQ(uks_exchange_parameters(&ex, &nothing, NULL), 0);
	EXPECT_EQ(uks_exchange_parameters(&ex, &long_ones, NULL), -UKS_E_BAD_PARAMETER);
	EXPECT_EQ(ex.request.len, 0);
	EXPECT_EQ(uks_exchange_parameters(&ex, &some, NULL), 0);
	ASSERT_EQ(uks_attrs_parse(ex.request.buf, ex.request.len, table), 0);
	ASSERT_EQ(table[UKS_A_PARAMETERS].len, 16);
	EXPECT_EQ(memcmp(table[UKS_A_PARAMETERS].value,
			 "\x08\x00\x01\x00\x01\x00\x00\x00\x08\x00\x02\x00\x00\x00\x00\x00", 16),
		  0);
	uks_exchange_free(&ex);
	EXPECT_EQ(leaks(), 0);
}

/* ---- the format of streams, byte by byte ---- */

static void make_header(uint8_t *header)
{
	int i;

	for (i = 0; i < STREAM_HEADER_LEN; i++)
		header[i] = i;
	memcpy(header, "\x89UKS\x0d\x0a\x1a\x0a", 8);
	header[8] = 1;
	header[9] = UKS_ALG_AES_GCM;
	header[10] = 16;
	header[11] = 0;
	memcpy(header + 12, "\x78\x56\x34\x12", 4);
}

TEST(a_stream_header_is_read_as_documented)
{
	struct uks_stream_header found;
	uint8_t header[STREAM_HEADER_LEN];
	struct uks_err err;
	int i, ret;

	make_header(header);
	ASSERT_EQ(uks_stream_inspect(header, sizeof(header), &found, &err), 0);
	EXPECT_EQ(found.algorithm, UKS_ALG_AES_GCM);
	EXPECT_EQ(found.key_version, 0x12345678);
	EXPECT_EQ(memcmp(found.key_id, header + 16, UKS_KEY_ID_LEN), 0);

	for (i = 0; i < STREAM_HEADER_LEN; i++) {
		EXPECT_EQ(uks_stream_inspect(header, i, &found, &err),
			  -UKS_E_STREAM_TRUNCATED);
		header[i] ^= 0x80;
		ret = uks_stream_inspect(header, sizeof(header), &found, &err);
		/* Algorithm, key and random part are judged with the key at hand. */
		EXPECT_EQ(ret, i < 9 || i == 10 || i == 11 ? -UKS_E_STREAM_FORMAT : 0);
		header[i] ^= 0x80;
	}
}

TEST(a_chunk_has_only_the_lengths_documented)
{
	EXPECT_TRUE(stream_word_valid(65536, 0));
	EXPECT_TRUE(stream_word_valid(STREAM_FINAL | 65536, 5));
	EXPECT_TRUE(stream_word_valid(STREAM_FINAL | 1, 5));
	EXPECT_TRUE(stream_word_valid(STREAM_FINAL, 0));
	EXPECT_FALSE(stream_word_valid(STREAM_FINAL, 1));
	EXPECT_FALSE(stream_word_valid(STREAM_FINAL | 65537, 0));
	EXPECT_FALSE(stream_word_valid(65535, 0));
	EXPECT_FALSE(stream_word_valid(0, 0));
	EXPECT_FALSE(stream_word_valid(65537, 3));
	EXPECT_FALSE(stream_word_valid(0x40000000 | 65536, 0));
}

TEST(associated_data_is_laid_out_as_documented)
{
	uint8_t header[STREAM_HEADER_LEN], aad[STREAM_AAD_LEN];

	make_header(header);
	stream_aad(aad, header, 0x0102030405060708, STREAM_FINAL | 0x1234);
	EXPECT_EQ(sizeof(aad), 60);
	EXPECT_EQ(memcmp(aad, header, 48), 0);
	EXPECT_EQ(memcmp(aad + 48, "\x08\x07\x06\x05\x04\x03\x02\x01\x34\x12\x00\x80", 12), 0);
}

TEST_HARNESS_MAIN
