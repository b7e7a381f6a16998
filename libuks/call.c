// SPDX-License-Identifier: LGPL-2.1-or-later
/* Requests to the daemon: payload in, payload out. */
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "internal.h"

/* Names, a policy, parameters and numbers. */
#define REQUEST_ROOM	(2048 + UKS_POLICY_MAX + UKS_PARAMETERS_MAX)
/* What every call that changes something must offer. */
#define ANSWER_ROOM	UKS_REPLY_MIN

static bool is_id(const char *key)
{
	return key[0] == '@' && strlen(key) == 1 + 2 * UKS_KEY_ID_LEN &&
	       strspn(key + 1, "0123456789abcdefABCDEF") == 2 * UKS_KEY_ID_LEN;
}

static void parse_id(const char *key, uint8_t *id)
{
	char digits[3] = "";
	int i;

	for (i = 0; i < UKS_KEY_ID_LEN; i++) {
		memcpy(digits, key + 1 + 2 * i, 2);
		id[i] = strtoul(digits, NULL, 16);
	}
}

int uks_exchange_init(struct uks_exchange *ex, size_t material_len, struct uks_err *err)
{
	size_t room = REQUEST_ROOM + material_len;

	*ex = (struct uks_exchange){ .room = ANSWER_ROOM, .fd = -1 };
	if (room > UKS_PAYLOAD_MAX)
		return uks_fail(err, UKS_E_TOO_LONG, 0, NULL);
	uks_attrs_init(&ex->request, malloc(room), room);
	ex->answer = malloc(ex->room);
	if (ex->request.buf && ex->answer)
		return 0;
	uks_exchange_free(ex);
	return uks_fail_memory(err);
}

void uks_exchange_free(struct uks_exchange *ex)
{
	if (ex->request.buf)
		explicit_bzero(ex->request.buf, ex->request.size);
	free(ex->request.buf);
	free(ex->answer);
	ex->request.buf = NULL;
	ex->answer = NULL;
}

int uks_exchange_name(struct uks_exchange *ex, uint16_t type, const char *name,
		      struct uks_err *err)
{
	size_t len = strlen(name);

	if (!len || len > UKS_NAME_MAX)
		return uks_fail(err, UKS_E_BAD_NAME, 0,
				"a key name has 1 to %d bytes, this one has %zu",
				UKS_NAME_MAX, len);
	if (type != UKS_A_CURSOR && is_id(name))
		return uks_fail(err, UKS_E_BAD_NAME, 0,
				"\"@\" and 32 digits is a key's id, not a name");
	uks_attrs_put_string(&ex->request, type, name);
	return 0;
}

static int put_key(struct uks_exchange *ex, uint16_t name_type, uint16_t id_type, const char *key,
		   struct uks_err *err)
{
	uint8_t id[UKS_KEY_ID_LEN];

	if (!is_id(key))
		return uks_exchange_name(ex, name_type, key, err);
	parse_id(key, id);
	uks_attrs_put(&ex->request, id_type, id, sizeof(id));
	return 0;
}

int uks_exchange_key(struct uks_exchange *ex, const char *key, struct uks_err *err)
{
	return put_key(ex, UKS_A_KEY_NAME, UKS_A_KEY_ID, key, err);
}

int uks_exchange_wrapping_key(struct uks_exchange *ex, const char *key, struct uks_err *err)
{
	return put_key(ex, UKS_A_WRAPPING_NAME, UKS_A_WRAPPING_ID, key, err);
}

/* A key and one of its versions, or the newest if @version is 0. */
int uks_exchange_version(struct uks_exchange *ex, const char *key, uint32_t version,
			 struct uks_err *err)
{
	int ret = uks_exchange_key(ex, key, err);

	if (!ret && version)
		uks_attrs_put_u32(&ex->request, UKS_A_KEY_VERSION, version);
	return ret;
}

/* Algorithm, digest and parameters. */
int uks_exchange_method(struct uks_exchange *ex, uint32_t algorithm, uint32_t digest,
			const struct uks_parameters *parameters, struct uks_err *err)
{
	if (algorithm)
		uks_attrs_put_u32(&ex->request, UKS_A_ALGORITHM, algorithm);
	if (digest)
		uks_attrs_put_u32(&ex->request, UKS_A_DIGEST, digest);
	return uks_exchange_parameters(ex, parameters, err);
}

static int grow_answer(struct uks_exchange *ex, size_t room, struct uks_err *err)
{
	uint8_t *answer = realloc(ex->answer, room);

	if (!answer)
		return uks_fail_memory(err);
	ex->answer = answer;
	ex->room = room;
	return 0;
}

int uks_exchange_run(struct uks_exchange *ex, struct uks_client *client, unsigned long cmd,
		     struct uks_err *err)
{
	char text[UKS_TEXT_MAX];
	struct uks_call call = {
		.size = sizeof(call),
		.in = (uintptr_t)ex->request.buf,
		.in_len = ex->request.len,
		.deadline_ns = uks_deadline(atomic_load_explicit(&client->timeout,
								 memory_order_relaxed)),
		.fd = -1,
	};
	int fd = uks_client_fd(client, err);
	int ret;

	text[0] = 0;
	if (fd < 0)
		return fd;
	if (ex->request.error)
		return uks_fail(err, UKS_E_TOO_LONG, 0, NULL);
	for (;;) {
		call.out = (uintptr_t)ex->answer;
		call.out_len = ex->room;
		call.outcome = (struct uks_outcome){ .text = (uintptr_t)text,
						     .text_len = sizeof(text) };
		if (!ioctl(fd, cmd, &call))
			break;
		/* Nothing was changed, so it is no harm to ask again. */
		if (errno != ENOBUFS || call.out_len <= ex->room ||
		    call.out_len > UKS_PAYLOAD_MAX)
			return uks_fail_outcome(err, errno, &call.outcome);
		ret = grow_answer(ex, call.out_len, err);
		if (ret)
			return ret;
	}
	if (call.out_len > ex->room)
		return uks_fail_protocol(err, "the kernel wrote more than there was room for");
	ex->answer_len = call.out_len;
	ex->fd = call.fd;
	return 0;
}

/* The bytes that an answer is about; @what names them when there is not enough room. */
int uks_exchange_bytes(const struct uks_exchange *ex, uint16_t type, const char *what,
		       void *out, size_t *out_len, struct uks_err *err)
{
	struct uks_attr table[UKS_A_MAX + 1];
	const struct uks_attr *bytes = &table[type];
	size_t room = *out_len;

	if (uks_attrs_parse(ex->answer, ex->answer_len, table) || !bytes->type)
		return uks_fail_protocol(err, "the daemon's answer lacks what was asked for");
	*out_len = bytes->len;
	if (bytes->len > room)
		return uks_fail(err, UKS_E_NO_ROOM, 0,
				"the %s has %u bytes, there is room for %zu", what, bytes->len,
				room);
	memcpy(out, bytes->value, bytes->len);
	return 0;
}
