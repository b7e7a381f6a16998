// SPDX-License-Identifier: LGPL-2.1-or-later
/* Records of what the daemon decided, for root. */
#include <stdlib.h>

#include "internal.h"

static int init(struct uks_exchange *ex, uint32_t command, struct uks_err *err)
{
	int ret = uks_exchange_init(ex, 0, err);
	uint8_t *answer;

	if (ret)
		return ret;
	answer = realloc(ex->answer, UKS_PAYLOAD_MAX);
	if (!answer) {
		uks_exchange_free(ex);
		return uks_fail_memory(err);
	}
	ex->answer = answer;
	ex->room = UKS_PAYLOAD_MAX;
	uks_attrs_put_u32(&ex->request, UKS_A_COMMAND, command);
	return 0;
}

static int take_result(const struct uks_attr *table, void *data, size_t *len,
		       struct uks_err *err)
{
	const struct uks_attr *result = &table[UKS_A_RESULT];

	if (!result->type)
		return uks_fail_protocol(err, "the daemon gave no records");
	if (result->len > *len)
		return uks_fail(err, UKS_E_NO_ROOM, 0, NULL);
	memcpy(data, result->value, result->len);
	*len = result->len;
	return 0;
}

static int run(struct uks_exchange *ex, struct uks_client *client, struct uks_attr *table,
	       struct uks_err *err)
{
	int ret = uks_exchange_run(ex, client, UKS_IOC_AUDIT, err);

	if (!ret && uks_attrs_parse(ex->answer, ex->answer_len, table))
		ret = uks_fail_protocol(err, "the daemon gave a malformed answer");
	return ret;
}

int uks_audit_head(struct uks_client *client, void *head, size_t *len, struct uks_err *err)
{
	struct uks_attr table[UKS_A_MAX + 1];
	struct uks_exchange ex;
	int ret = init(&ex, UKS_AUDIT_HEAD, err);

	if (ret)
		return ret;
	ret = run(&ex, client, table, err);
	if (!ret)
		ret = take_result(table, head, len, err);
	uks_exchange_free(&ex);
	return ret;
}

int uks_audit_read(struct uks_client *client, char cursor[UKS_AUDIT_CURSOR], void *records,
		   size_t *len, struct uks_err *err)
{
	struct uks_attr table[UKS_A_MAX + 1];
	char next[UKS_AUDIT_CURSOR] = "";
	struct uks_exchange ex;
	int ret = init(&ex, UKS_AUDIT_READ, err);

	if (ret)
		return ret;
	if (*cursor)
		uks_attrs_put_string(&ex.request, UKS_A_CURSOR, cursor);
	ret = run(&ex, client, table, err);
	if (!ret)
		ret = take_result(table, records, len, err);
	if (!ret && table[UKS_A_CURSOR].type &&
	    !uks_attr_string(&table[UKS_A_CURSOR], next, sizeof(next)))
		ret = uks_fail_protocol(err, "the daemon gave a cursor that is too long");
	if (!ret)
		memcpy(cursor, next, sizeof(next));
	uks_exchange_free(&ex);
	return ret;
}
