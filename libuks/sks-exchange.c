// SPDX-License-Identifier: LGPL-2.1-or-later
/* SKS: arguments in, outputs out. Both may be secret, and are wiped. */
#include <stddef.h>
#include <stdlib.h>

#include "sks.h"

#define LISTS		3	/* in one answer, at most */
#define LIST_MAX	255	/* elements */

/**
 * struct uks_sks_block - what a caller is given: a struct, and what it points to
 * @size: bytes at @bytes
 * @bytes: the struct first
 */
struct uks_sks_block {
	size_t size;
	max_align_t bytes[];
};

void uks_sks_free(void *given)
{
	struct uks_sks_block *block;

	if (!given)
		return;
	block = (void *)((char *)given - offsetof(struct uks_sks_block, bytes));
	explicit_bzero(block->bytes, block->size);
	free(block);
}

int uks_sks_begin(struct uks_sks_exchange *ex, struct uks_err *err)
{
	*ex = (struct uks_sks_exchange){
		.out = { .bytes = malloc(UKS_SKS_MESSAGE_MAX), .size = UKS_SKS_MESSAGE_MAX },
		.answer = malloc(UKS_SKS_MESSAGE_MAX),
	};
	if (ex->out.bytes && ex->answer)
		return 0;
	free(ex->out.bytes);
	free(ex->answer);
	return uks_fail_memory(err);
}

/* The status, if it is not 0, and what the daemon says beside. */
static int fail_status(struct uks_sks_exchange *ex, int status, struct uks_err *err)
{
	struct sks_bytes text = sks_get_bytes(&ex->in);

	uks_fail(err, UKS_E_PROVISION, 0, "%.*s", (int)text.len, (const char *)text.at);
	return status;
}

int uks_sks_run(struct uks_sks_exchange *ex, struct uks_client *client, uint8_t method,
		uint32_t flags, struct uks_err *err)
{
	size_t len = UKS_SKS_MESSAGE_MAX;
	int ret, status;

	if (ex->out.full)
		return uks_fail(err, UKS_E_TOO_LONG, 0,
				"an argument, or all of them, have too many bytes");
	ret = uks_sks_call(client, method, ex->out.bytes, ex->out.len, flags, ex->answer, &len,
			   err);
	if (ret)
		return ret;
	ex->len = len;
	ex->in = (struct sks_in){ .at = ex->answer, .left = len };
	status = sks_get_u8(&ex->in);
	return status ? fail_status(ex, status, err) : 0;
}

int uks_sks_end(struct uks_sks_exchange *ex, int ret, struct uks_err *err)
{
	if (!ret && !sks_end(&ex->in))
		ret = uks_fail_protocol(err, "the outputs of the method are malformed");
	explicit_bzero(ex->out.bytes, ex->out.len);
	explicit_bzero(ex->answer, ex->len);
	free(ex->out.bytes);
	free(ex->answer);
	if (ret)
		uks_sks_free(ex->block ? ex->block->bytes : NULL);
	return ret;
}

int uks_sks_call_with(struct uks_client *client, uint8_t method, uint32_t handle,
		      const struct uks_sks_bytes *first, const struct uks_sks_bytes *second,
		      struct uks_err *err)
{
	struct uks_sks_exchange ex;
	int ret = uks_sks_begin(&ex, err);

	if (ret)
		return ret;
	sks_put_u32(&ex.out, handle);
	if (first)
		uks_sks_put(&ex, first);
	if (second)
		uks_sks_put(&ex, second);
	ret = uks_sks_run(&ex, client, method, 0, err);
	return uks_sks_end(&ex, ret, err);
}

void uks_sks_put(struct uks_sks_exchange *ex, const struct uks_sks_bytes *bytes)
{
	sks_put_bytes(&ex->out, bytes->data, bytes->len);
}

void uks_sks_put_text(struct uks_sks_exchange *ex, const char *text)
{
	sks_put_string(&ex->out, text ? text : "");
}

void uks_sks_put_count(struct uks_sks_exchange *ex, size_t count)
{
	if (count > LIST_MAX)
		ex->out.full = true;
	sks_put_u8(&ex->out, count);
}

static void *take_room(struct uks_sks_exchange *ex, size_t size)
{
	void *room = (char *)ex->block->bytes + ex->used;

	ex->used += size;
	return room;
}

/* An array is shorter than its length and bytes were; elements of a list are counted. */
void *uks_sks_give(struct uks_sks_exchange *ex, size_t size, struct uks_err *err)
{
	size_t lists = LISTS * LIST_MAX * sizeof(struct uks_sks_bytes);
	size_t room = size + lists + ex->len + LISTS * sizeof(max_align_t);

	ex->block = calloc(1, sizeof(*ex->block) + room);
	if (!ex->block) {
		uks_fail_memory(err);
		return NULL;
	}
	ex->block->size = room;
	return take_room(ex, size);
}

static struct uks_sks_bytes copy(struct uks_sks_exchange *ex, const struct sks_bytes *bytes)
{
	uint8_t *room = take_room(ex, bytes->len);

	if (bytes->len)
		memcpy(room, bytes->at, bytes->len);
	return (struct uks_sks_bytes){ .data = room, .len = bytes->len };
}

struct uks_sks_bytes uks_sks_get(struct uks_sks_exchange *ex)
{
	struct sks_bytes bytes = sks_get_bytes(&ex->in);

	return copy(ex, &bytes);
}

struct uks_sks_bytes uks_sks_get_blob(struct uks_sks_exchange *ex)
{
	struct sks_bytes bytes = sks_get_blob(&ex->in);

	return copy(ex, &bytes);
}

const char *uks_sks_get_text(struct uks_sks_exchange *ex)
{
	struct sks_bytes bytes = sks_get_bytes(&ex->in);
	char *text;

	/* The room is zero, and two bytes of length left some for the end. */
	if (ex->in.bad)
		return "";
	text = (char *)copy(ex, &bytes).data;
	take_room(ex, 1);
	if (memchr(text, 0, bytes.len))
		ex->in.bad = true;
	return text;
}

static void *take_elements(struct uks_sks_exchange *ex, size_t count, size_t size)
{
	ex->used = (ex->used + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);
	return take_room(ex, count * size);
}

const struct uks_sks_bytes *uks_sks_get_list(struct uks_sks_exchange *ex, size_t *count)
{
	struct uks_sks_bytes *list;
	size_t i;

	*count = sks_get_u8(&ex->in);
	list = take_elements(ex, *count, sizeof(*list));
	for (i = 0; i < *count; i++)
		list[i] = uks_sks_get(ex);
	return list;
}

const char *const *uks_sks_get_texts(struct uks_sks_exchange *ex, size_t *count)
{
	const char **list;
	size_t i;

	*count = sks_get_u8(&ex->in);
	list = take_elements(ex, *count, sizeof(*list));
	for (i = 0; i < *count; i++)
		list[i] = uks_sks_get_text(ex);
	return list;
}

int uks_sks_take(struct uks_sks_exchange *ex, const char *what, bool blob, void *to,
		 size_t *len, struct uks_err *err)
{
	struct sks_bytes bytes = blob ? sks_get_blob(&ex->in) : sks_get_bytes(&ex->in);
	size_t room = *len;

	*len = bytes.len;
	if (bytes.len > room)
		return uks_fail(err, UKS_E_NO_ROOM, 0,
				"the %s has %zu bytes, there is room for %zu", what, bytes.len,
				room);
	if (bytes.len)
		memcpy(to, bytes.at, bytes.len);
	return 0;
}
