// SPDX-License-Identifier: LGPL-2.1-or-later
/* SKS: arguments go in parts when they are long, and so do answers. */
#include <stdlib.h>

#include <uks/sks.h>

#include "internal.h"

#define PART		(48 * 1024)
#define CURSOR_MAX	8

/* One method that is being called. */
struct sks {
	struct uks_client *client;
	uint8_t method;
	uint32_t flags;
	uint8_t cursor[CURSOR_MAX];
	size_t cursor_len;
	uint8_t *answer;
	size_t room;
	size_t len;
};

static int take_answer(struct sks *sks, const struct uks_exchange *ex, struct uks_err *err)
{
	struct uks_attr table[UKS_A_MAX + 1];
	const struct uks_attr *result = &table[UKS_A_RESULT], *cursor = &table[UKS_A_CURSOR];

	if (uks_attrs_parse(ex->answer, ex->answer_len, table) || cursor->len > CURSOR_MAX)
		return uks_fail_protocol(err, "the daemon's answer is malformed");
	sks->cursor_len = cursor->len;
	if (cursor->len)
		memcpy(sks->cursor, cursor->value, cursor->len);
	if (result->len > sks->room - sks->len)
		return uks_fail(err, UKS_E_NO_ROOM, 0, "the answer has more than %zu bytes",
				sks->room);
	if (result->len)
		memcpy(sks->answer + sks->len, result->value, result->len);
	sks->len += result->len;
	return 0;
}

/* Whatever the method, the kernel wants room for the longest answer there can be. */
static int make_room(struct uks_exchange *ex, struct uks_err *err)
{
	uint8_t *answer = realloc(ex->answer, UKS_PAYLOAD_MAX);

	if (!answer)
		return uks_fail_memory(err);
	ex->answer = answer;
	ex->room = UKS_PAYLOAD_MAX;
	return 0;
}

static int call_part(struct sks *sks, const uint8_t *part, size_t len, uint32_t flags,
		     struct uks_err *err)
{
	struct uks_exchange ex;
	int ret = uks_exchange_init(&ex, len, err);

	if (ret)
		return ret;
	uks_attrs_put_u32(&ex.request, UKS_A_COMMAND, sks->method);
	uks_attrs_put(&ex.request, UKS_A_MESSAGE, part, len);
	if (sks->cursor_len)
		uks_attrs_put(&ex.request, UKS_A_CURSOR, sks->cursor, sks->cursor_len);
	if (flags)
		uks_attrs_put_u32(&ex.request, UKS_A_FLAGS, flags);
	ret = make_room(&ex, err);
	if (!ret)
		ret = uks_exchange_run(&ex, sks->client, UKS_IOC_PROVISION, err);
	if (!ret) {
		ret = take_answer(sks, &ex, err);
		explicit_bzero(ex.answer, ex.answer_len);
	}
	uks_exchange_free(&ex);
	return ret;
}

static int call_parts(struct sks *sks, const uint8_t *arguments, size_t len,
		      struct uks_err *err)
{
	int ret;

	for (; len > PART; arguments += PART, len -= PART) {
		ret = call_part(sks, arguments, PART, sks->flags | SKS_CALL_MORE, err);
		if (ret)
			return ret;
	}
	return call_part(sks, arguments, len, sks->flags, err);
}

/*
 * A long answer goes on where it ended, each time by some bytes or it would have no end;
 * its arguments are short.
 */
static int call_on(struct sks *sks, const uint8_t *arguments, size_t len, struct uks_err *err)
{
	size_t before = 0;
	int ret = 0;

	while (!ret && sks->cursor_len) {
		if (len > PART || sks->len == before)
			return uks_fail_protocol(err, "the daemon's answer has no end");
		before = sks->len;
		ret = call_part(sks, arguments, len, sks->flags, err);
	}
	return ret;
}

int uks_sks_call(struct uks_client *client, uint8_t method, const void *arguments, size_t len,
		 uint32_t flags, void *answer, size_t *answer_len, struct uks_err *err)
{
	struct sks sks = {
		.client = client, .method = method, .flags = flags, .answer = answer,
		.room = *answer_len,
	};
	int ret;

	*answer_len = 0;
	if (len > UKS_SKS_MESSAGE_MAX)
		return uks_fail(err, UKS_E_TOO_LONG, 0, "the arguments have more than %d bytes",
				UKS_SKS_MESSAGE_MAX);
	ret = call_parts(&sks, arguments, len, err);
	if (!ret)
		ret = call_on(&sks, arguments, len, err);
	if (!ret && !sks.len)
		ret = uks_fail_protocol(err, "the daemon gave no status");
	if (!ret)
		*answer_len = sks.len;
	return ret;
}
