// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Every call of libuks before a kernel and a daemon that do as they like, and without
 * memory: it then says why, gives nothing and leaves nothing behind.
 */
#include <kselftest_harness.h>

#include "libuks/internal.h"
#include "tests/fuzz/kernel.h"
#include "tests/unit/libuks-calls.h"
#include "tests/unit/allocation.h"

#define ANSWER_MAX	1024
#define UNTOUCHED	0x5a

/* ---- what the daemon answers ---- */

static uint8_t wire[3 * (3 + ANSWER_MAX)];
static size_t wire_len;

/* An answer that has what any call may want, but for attribute @without. */
static void answer_to(const struct call *call, uint16_t without, struct uks_attrs *answer)
{
	static const uint16_t numbers[] = {
		UKS_A_KEY_TYPE, UKS_A_PURPOSES, UKS_A_KEY_VERSION, UKS_A_KEY_STATE, UKS_A_ORIGIN,
		UKS_A_OWNER, UKS_A_TRIES, UKS_A_STORE_SCHEMA,
	};
	static const uint16_t texts[] = {
		UKS_A_KEY_NAME, UKS_A_DAEMON_VERSION, UKS_A_STORE, UKS_A_TPM, UKS_A_PUBLIC_KEY,
		UKS_A_WRAPPED, UKS_A_TPM_ROOT, UKS_A_POLICY, UKS_A_CHECK_VALUE,
	};
	static const uint8_t id[UKS_KEY_ID_LEN] = { 1, 2, 3 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		if (numbers[i] != without)
			uks_attrs_put_u32(answer, numbers[i], i + 1);
	for (i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i] != without)
			uks_attrs_put_string(answer, texts[i], "four");
	if (without != UKS_A_KEY_ID)
		uks_attrs_put(answer, UKS_A_KEY_ID, id, sizeof(id));
	if (without != UKS_A_RESULT)
		uks_attrs_put(answer, UKS_A_RESULT, call->outputs ? call->outputs : "four",
			      call->outputs ? call->outputs_len : 4);
	uks_attrs_put_u64(answer, UKS_A_ERASED, 7);
	uks_attrs_put_u64(answer, UKS_A_CREATED, 7);
}

/* The next answer, or with @error, a refusal that says @bytes. */
static void add_answer(uint8_t error, const void *bytes, size_t len)
{
	uint8_t *at = wire + wire_len;

	*at++ = error;
	*at++ = len;
	*at++ = len >> 8;
	memcpy(at, bytes, len);
	wire_len += 3 + len;
	kernel_answers(wire, wire_len);
}

static void begin_answers(void)
{
	wire_len = 0;
	kernel_answers(wire, 0);
}

static size_t good_answer(const struct call *call)
{
	uint8_t bytes[ANSWER_MAX];
	struct uks_attrs answer;

	uks_attrs_init(&answer, bytes, sizeof(bytes));
	answer_to(call, 0, &answer);
	begin_answers();
	add_answer(0, bytes, answer.len);
	return answer.len;
}

/* ---- what a call gives ---- */

FIXTURE(calls)
{
	struct uks_client *client;
	struct given given;
	struct given before;
	struct uks_err err;
};

FIXTURE_SETUP(calls)
{
	ASSERT_EQ(uks_client_new(&self->client, NULL), 0);
	ASSERT_LE(UKS_A_MAX, 255);
}

FIXTURE_TEARDOWN(calls)
{
	uks_client_free(self->client);
}

static int make(struct _test_data_calls *self, const struct call *call, const char *key)
{
	memset(&self->given, UNTOUCHED, sizeof(self->given));
	memcpy(self->given.cursor, "before", 7);
	self->given.len = sizeof(self->given.bytes);
	self->before = self->given;
	memset(&self->err, 0, sizeof(self->err));
	return call->make(self->client, key, &self->given, &self->err);
}

static void free_object(const struct call *call, struct given *given)
{
	if (call->free)
		call->free(given->object);
}

/* A call that failed may have made the object NULL, and say how much room it wants. */
static bool gave_nothing(const struct _test_data_calls *self)
{
	const struct given *given = &self->given, *before = &self->before;

	return (!given->object || given->object == before->object) &&
	       !memcmp(given->bytes, before->bytes, sizeof(given->bytes)) &&
	       given->erased == before->erased && given->tries == before->tries &&
	       !strcmp(given->cursor, before->cursor);
}

/* The call fails with @code, says why and gives nothing. */
static void expect_refused(struct __test_metadata *_metadata, struct _test_data_calls *self,
			   const struct call *call, int ret, int code)
{
	EXPECT_EQ(ret, -code) {
		TH_LOG("%s: %s", call->name, self->err.text);
	}
	EXPECT_EQ(self->err.code, code);
	EXPECT_NE(*self->err.text, 0);
	EXPECT_TRUE(gave_nothing(self)) {
		TH_LOG("%s gave something", call->name);
	}
}

/* ---- the daemon ---- */

TEST_F(calls, take_an_answer_that_is_whole)
{
	const struct call *call;

	for (call = libuks_calls; call->name; call++) {
		good_answer(call);
		memory_begin(0);
		EXPECT_EQ(make(self, call, "key"), 0) {
			TH_LOG("%s: %s", call->name, self->err.text);
		}
		free_object(call, &self->given);
		EXPECT_EQ(memory_end(NULL), 0) {
			TH_LOG("%s leaves something behind", call->name);
		}
		EXPECT_EQ(kernel_asked(), 1);
		EXPECT_TRUE(!call->free || self->given.object != self->before.object);
	}
}

TEST_F(calls, give_nothing_of_an_answer_that_is_cut)
{
	struct uks_attr table[UKS_A_MAX + 1];
	const struct call *call;
	uint8_t whole[ANSWER_MAX];
	size_t len, cut;
	int ret;

	for (call = libuks_calls; call->name; call++) {
		len = good_answer(call);
		memcpy(whole, wire + 3, len);
		for (cut = 0; cut < len; cut++) {
			begin_answers();
			add_answer(0, whole, cut);
			memory_begin(0);
			ret = make(self, call, "key");
			if (!ret)
				free_object(call, &self->given);
			EXPECT_EQ(memory_end(NULL), 0);
			if (ret || ((call->needs || call->reads) &&
				    uks_attrs_parse(whole, cut, table)))
				expect_refused(_metadata, self, call, ret, UKS_E_PROTOCOL);
		}
	}
}

TEST_F(calls, give_nothing_of_an_answer_that_lacks_something)
{
	const struct call *call;
	uint8_t bytes[ANSWER_MAX];
	struct uks_attrs answer;
	int ret, without;

	for (call = libuks_calls; call->name; call++) {
		for (without = 1; without <= UKS_A_MAX; without++) {
			uks_attrs_init(&answer, bytes, sizeof(bytes));
			answer_to(call, without, &answer);
			begin_answers();
			add_answer(0, bytes, answer.len);
			memory_begin(0);
			ret = make(self, call, "key");
			if (!ret)
				free_object(call, &self->given);
			EXPECT_EQ(memory_end(NULL), 0);
			if (ret || without == call->needs)
				expect_refused(_metadata, self, call, ret, UKS_E_PROTOCOL);
		}
	}
}

TEST_F(calls, hand_on_what_the_daemon_says)
{
	static const uint8_t codes[] = { UKS_E_NO_KEY, UKS_E_TIMEOUT, UKS_E_NO_MEMORY };
	const struct call *call;
	size_t i;
	int ret;

	for (call = libuks_calls; call->name; call++) {
		for (i = 0; i < sizeof(codes); i++) {
			begin_answers();
			add_answer(codes[i], "the cause", 9);
			memory_begin(0);
			ret = make(self, call, "key");
			EXPECT_EQ(memory_end(NULL), 0);
			expect_refused(_metadata, self, call, ret, codes[i]);
			EXPECT_STREQ(self->err.text, "the cause");
		}
		/* Who does not want to know more is told the code. */
		add_answer(UKS_E_NO_KEY, "the cause", 9);
		begin_answers();
		EXPECT_EQ(call->make(self->client, "key", &self->given, NULL), -UKS_E_NO_DAEMON);
		EXPECT_TRUE(gave_nothing(self));
	}
}

/* A refusal that says how long the answer is, and then the answer. */
TEST_F(calls, ask_again_with_the_room_that_an_answer_needs)
{
	static uint8_t longest[3 + 2 * UKS_REPLY_MIN] = { ENOBUFS, 0, 2 * UKS_REPLY_MIN >> 8 };
	const struct call *call;
	size_t len;

	for (call = libuks_calls; call->name; call++) {
		/* These give all the room that there can be at once. */
		if (call->outputs || strstr(call->name, "audit"))
			continue;
		len = good_answer(call);
		memcpy(longest + 3, wire, 3 + len);
		kernel_answers(longest, sizeof(longest));
		memory_begin(0);
		EXPECT_EQ(make(self, call, "key"), 0);
		EXPECT_EQ(kernel_asked(), 2);
		free_object(call, &self->given);
		EXPECT_EQ(memory_end(NULL), 0);
	}
}

/* ---- the kernel, and memory ---- */

TEST_F(calls, say_why_there_is_no_device)
{
	static const struct { int errnum; int code; } causes[] = {
		{ ENOENT, UKS_E_NO_DEVICE }, { ENXIO, UKS_E_NO_DEVICE },
		{ EACCES, UKS_E_NO_PERMISSION }, { EOVERFLOW, UKS_E_UNMAPPED },
		{ EMFILE, UKS_E_BUSY }, { ENOMEM, UKS_E_NO_MEMORY }, { EIO, UKS_E_IO },
	};
	const struct call *call;
	size_t i;
	int ret;

	for (call = libuks_calls; call->name; call++) {
		for (i = 0; i < ARRAY_SIZE(causes); i++) {
			good_answer(call);
			kernel_refuses(causes[i].errnum);
			memory_begin(0);
			ret = make(self, call, "key");
			EXPECT_EQ(memory_end(NULL), 0);
			expect_refused(_metadata, self, call, ret, causes[i].code);
			EXPECT_EQ(self->err.errnum, causes[i].errnum);
			EXPECT_EQ(kernel_asked(), 0);
		}
	}
	kernel_refuses(0);
}

TEST_F(calls, end_without_memory_and_work_with_it_again)
{
	unsigned int nth, places, tries = 0;
	const struct call *call;
	int ret;

	for (call = libuks_calls; call->name; call++) {
		good_answer(call);
		memory_begin(0);
		ASSERT_EQ(make(self, call, "key"), 0);
		memory_end(&places);
		free_object(call, &self->given);
		for (nth = 1; nth <= places; nth++, tries++) {
			good_answer(call);
			memory_begin(nth);
			ret = make(self, call, "key");
			EXPECT_EQ(memory_end(NULL), 0) {
				TH_LOG("%s, allocation %u leaves something behind", call->name,
				       nth);
			}
			expect_refused(_metadata, self, call, ret, UKS_E_NO_MEMORY);
		}
		good_answer(call);
		EXPECT_EQ(make(self, call, "key"), 0);
		free_object(call, &self->given);
	}
	EXPECT_GT(tries, 100);
}

/* ---- the caller ---- */

TEST_F(calls, refuse_a_name_that_cannot_be_one)
{
	char long_name[UKS_NAME_MAX + 2];
	const struct call *call;
	int ret;

	memset(long_name, 'n', sizeof(long_name));
	long_name[UKS_NAME_MAX + 1] = 0;
	for (call = libuks_calls; call->name; call++) {
		if (call->keyless)
			continue;
		good_answer(call);
		memory_begin(0);
		ret = make(self, call, "");
		expect_refused(_metadata, self, call, ret, UKS_E_BAD_NAME);
		ret = make(self, call, long_name);
		expect_refused(_metadata, self, call, ret, UKS_E_BAD_NAME);
		EXPECT_EQ(memory_end(NULL), 0);
		EXPECT_EQ(kernel_asked(), 0);
	}
}

TEST_F(calls, give_nothing_where_there_is_no_room)
{
	const struct call *call;
	struct given *given = &self->given;

	for (call = libuks_calls; call->name; call++) {
		if (call->free || !call->needs || (call->outputs && call->outputs_len != 7))
			continue;
		good_answer(call);
		make(self, call, "key");
		EXPECT_EQ(memcmp(given->bytes, "four", 4), 0);
		good_answer(call);
		*given = self->before;
		given->len = 3;
		EXPECT_EQ(call->make(self->client, "key", given, &self->err), -UKS_E_NO_ROOM) {
			TH_LOG("%s", call->name);
		}
		EXPECT_TRUE(gave_nothing(self));
		EXPECT_NE(*self->err.text, 0);
	}
}

TEST_HARNESS_MAIN
