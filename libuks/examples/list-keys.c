// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Lists the caller's keys, one a line: type, name, purposes.
 *
 * Build: cc list-keys.c $(pkg-config --cflags --libs libuks)
 */
#include <stdio.h>

#include <uks.h>

static void print(const struct uks_key *key)
{
	const char *type = uks_word(UKS_WORD_KEY_TYPE, key->type);
	uint32_t bit;

	printf("%-12s %s:", type ? type : "(unknown)", key->name);
	for (bit = 1; bit; bit <<= 1)
		if (key->purposes & bit && uks_word(UKS_WORD_PURPOSE, bit))
			printf(" %s", uks_word(UKS_WORD_PURPOSE, bit));
	putchar('\n');
}

int main(void)
{
	struct uks_client *client = NULL;
	struct uks_key_list *list = NULL;
	struct uks_key *key = NULL;
	struct uks_err err;
	int ret;

	ret = uks_client_new(&client, &err);
	if (!ret)
		ret = uks_key_list(client, &list, &err);
	while (!ret) {
		ret = uks_key_list_next(list, &key, &err);
		if (ret || !key)
			break;
		print(key);
		uks_key_free(key);
	}
	if (ret)
		fprintf(stderr, "list-keys: %s\n", err.text);

	uks_key_list_free(list);
	uks_client_free(client);
	return ret ? 1 : 0;
}
