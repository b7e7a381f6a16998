// SPDX-License-Identifier: LGPL-2.1-or-later
/* Commands of administrators. */
#include <stdlib.h>

#include <libuks/uks-admin.h>

#include "internal.h"

/* An answer and what it points to, in one piece. */
struct box {
	struct uks_admin_answer answer;
	char cursor[256];
	uint8_t result[];
};

void uks_admin_answer_free(struct uks_admin_answer *answer)
{
	if (!answer)
		return;
	explicit_bzero((void *)answer->result, answer->result_len);
	free(answer);
}

static int fill(const struct uks_exchange *ex, struct uks_admin_answer **answer,
		struct uks_err *err)
{
	struct uks_attr table[UKS_A_MAX + 1];
	const struct uks_attr *result = &table[UKS_A_RESULT];
	struct box *box;

	if (uks_attrs_parse(ex->answer, ex->answer_len, table))
		return uks_fail_protocol(err, "the daemon gave a malformed answer");
	box = calloc(1, sizeof(*box) + result->len);
	if (!box)
		return uks_fail_memory(err);
	if (table[UKS_A_CURSOR].type &&
	    !uks_attr_string(&table[UKS_A_CURSOR], box->cursor, sizeof(box->cursor))) {
		free(box);
		return uks_fail_protocol(err, "the daemon gave a malformed answer");
	}
	if (result->len)
		memcpy(box->result, result->value, result->len);
	box->answer = (struct uks_admin_answer){
		.result = box->result, .result_len = result->len, .cursor = box->cursor,
	};
	*answer = &box->answer;
	return 0;
}

static int ask(struct uks_client *client, unsigned long cmd, const struct uks_admin_call *call,
	       struct uks_admin_answer **answer, struct uks_err *err)
{
	struct uks_exchange ex;
	int ret = uks_exchange_init(&ex, call->message_len, err);

	if (ret)
		return ret;
	uks_attrs_put_u32(&ex.request, UKS_A_COMMAND, call->command);
	if (call->message_len)
		uks_attrs_put(&ex.request, UKS_A_MESSAGE, call->message, call->message_len);
	if (call->cursor && *call->cursor)
		uks_attrs_put_string(&ex.request, UKS_A_CURSOR, call->cursor);
	if (call->flags)
		uks_attrs_put_u32(&ex.request, UKS_A_FLAGS, call->flags);
	ret = uks_exchange_run(&ex, client, cmd, err);
	if (!ret && answer)
		ret = fill(&ex, answer, err);
	if (!ret)
		explicit_bzero(ex.answer, ex.answer_len);
	uks_exchange_free(&ex);
	return ret;
}

int uks_master(struct uks_client *client, const struct uks_admin_call *call,
	       struct uks_admin_answer **answer, struct uks_err *err)
{
	return ask(client, UKS_IOC_MASTER, call, answer, err);
}

int uks_boot_policy(struct uks_client *client, const struct uks_admin_call *call,
		    struct uks_admin_answer **answer, struct uks_err *err)
{
	return ask(client, UKS_IOC_BOOT_POLICY, call, answer, err);
}

int uks_backup(struct uks_client *client, const struct uks_admin_call *call,
	       struct uks_admin_answer **answer, struct uks_err *err)
{
	return ask(client, UKS_IOC_BACKUP, call, answer, err);
}
