// SPDX-License-Identifier: LGPL-2.1-or-later
/* Listing keys, page by page. */
#include <stdlib.h>

#include "internal.h"

/*
 * struct uks_key_list - a list that is being read
 * @client: whose keys
 * @page: answer that holds the current page
 * @at: rest of the page
 * @left: bytes at @at
 * @cursor: where the next page begins; "" if there is none
 * @begun: the first page was asked for
 */
struct uks_key_list {
	struct uks_client *client;
	struct uks_exchange page;
	const uint8_t *at;
	size_t left;
	char cursor[UKS_NAME_MAX + 1];
	bool begun;
};

int uks_key_list(struct uks_client *client, struct uks_key_list **list, struct uks_err *err)
{
	*list = calloc(1, sizeof(**list));
	if (!*list)
		return uks_fail_memory(err);
	(*list)->client = client;
	return 0;
}

void uks_key_list_free(struct uks_key_list *list)
{
	if (!list)
		return;
	uks_exchange_free(&list->page);
	free(list);
}

/* A cursor that does not move on would list the same keys for ever. */
static int take_cursor(struct uks_key_list *list, struct uks_err *err)
{
	struct uks_attr table[UKS_A_MAX + 1];
	char cursor[sizeof(list->cursor)] = "";

	if (uks_attrs_parse(list->page.answer, list->page.answer_len, table) ||
	    (table[UKS_A_CURSOR].type &&
	     !uks_attr_string(&table[UKS_A_CURSOR], cursor, sizeof(cursor))) ||
	    (cursor[0] && !strcmp(cursor, list->cursor)))
		return uks_fail_protocol(err, "the daemon gave a malformed list");
	memcpy(list->cursor, cursor, sizeof(cursor));
	list->at = list->page.answer;
	list->left = list->page.answer_len;
	return 0;
}

static int next_page(struct uks_key_list *list, struct uks_err *err)
{
	int ret;

	uks_exchange_free(&list->page);
	ret = uks_exchange_init(&list->page, 0, err);
	if (!ret && list->begun)
		ret = uks_exchange_name(&list->page, UKS_A_CURSOR, list->cursor, err);
	if (!ret)
		ret = uks_exchange_run(&list->page, list->client, UKS_IOC_KEY_LIST, err);
	if (!ret)
		ret = take_cursor(list, err);
	list->begun = true;
	return ret;
}

static int describe(const struct uks_attr *attr, struct uks_key **out, struct uks_err *err)
{
	struct uks_key *key = uks_key_alloc(0);
	int ret;

	if (!key)
		return uks_fail_memory(err);
	ret = uks_key_fill(key, 0, attr->value, attr->len, err);
	if (ret)
		uks_key_free(key);
	else
		*out = key;
	return ret;
}

int uks_key_list_next(struct uks_key_list *list, struct uks_key **out, struct uks_err *err)
{
	struct uks_attr attr;
	int ret;

	*out = NULL;
	for (;;) {
		while ((ret = uks_attr_next(&list->at, &list->left, &attr)) > 0)
			if (attr.type == UKS_A_KEY)
				return describe(&attr, out, err);
		if (ret)
			return uks_fail_protocol(err, "the daemon gave a malformed list");
		if (list->begun && !list->cursor[0])
			return 0;
		ret = next_page(list, err);
		if (ret)
			return ret;
	}
}
