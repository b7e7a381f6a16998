// SPDX-License-Identifier: LGPL-2.1-or-later
/* Listing keys, page by page, and the versions of a key. */
#include <stdlib.h>

#include "internal.h"

/*
 * struct uks_key_list - a list that is being read
 * @client: whose keys
 * @page: answer that holds the current page
 * @at: rest of the page
 * @left: bytes at @at
 * @cursor: where the next page begins; "" if there is none
 * @flags: which keys, enum uks_call_flag
 * @limit: entries of a page, or 0
 * @begun: the first page was asked for
 */
struct uks_key_list {
	struct uks_client *client;
	struct uks_exchange page;
	const uint8_t *at;
	size_t left;
	char cursor[UKS_NAME_MAX + 1];
	uint32_t flags;
	uint32_t limit;
	bool begun;
};

static int begin_after(struct uks_key_list *list, const char *after, struct uks_err *err)
{
	size_t len = strlen(after);

	if (!len || len > UKS_NAME_MAX)
		return uks_fail(err, UKS_E_BAD_NAME, 0, NULL);
	memcpy(list->cursor, after, len + 1);
	return 0;
}

int uks_key_list_with(struct uks_client *client, const struct uks_list_options *options,
		      struct uks_key_list **list, struct uks_err *err)
{
	int ret = uks_key_list(client, list, err);

	if (ret || !options)
		return ret;
	(*list)->flags = options->flags;
	(*list)->limit = options->page;
	if (options->after)
		ret = begin_after(*list, options->after, err);
	if (ret)
		uks_key_list_free(*list);
	return ret;
}

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

static int put_page(struct uks_key_list *list, struct uks_err *err)
{
	struct uks_exchange *page = &list->page;

	if (list->flags)
		uks_attrs_put_u32(&page->request, UKS_A_FLAGS, list->flags);
	if (list->limit)
		uks_attrs_put_u32(&page->request, UKS_A_LIMIT, list->limit);
	return list->cursor[0] ? uks_exchange_name(page, UKS_A_CURSOR, list->cursor, err) : 0;
}

static int next_page(struct uks_key_list *list, struct uks_err *err)
{
	int ret;

	uks_exchange_free(&list->page);
	ret = uks_exchange_init(&list->page, 0, err);
	if (!ret)
		ret = put_page(list, err);
	if (!ret)
		ret = uks_exchange_run(&list->page, list->client, UKS_IOC_KEY_LIST, err);
	if (!ret)
		ret = take_cursor(list, err);
	list->begun = true;
	return ret;
}

/* All versions come in one answer, which is the first and last page. */
int uks_key_versions(struct uks_client *client, const char *key, struct uks_key_list **list,
		     struct uks_err *err)
{
	struct uks_key_list *new;
	int ret = uks_key_list(client, &new, err);

	if (ret)
		return ret;
	ret = uks_exchange_init(&new->page, 0, err);
	if (!ret)
		ret = uks_exchange_key(&new->page, key, err);
	if (!ret)
		ret = uks_exchange_run(&new->page, client, UKS_IOC_KEY_VERSIONS, err);
	if (!ret)
		ret = take_cursor(new, err);
	new->begun = true;
	if (ret)
		uks_key_list_free(new);
	else
		*list = new;
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
