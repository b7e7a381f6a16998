// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/store/store.h"

int store_open(const char *where, bool create, struct store **store, struct failure *failure)
{
	return store_sqlite.open(where, create, store, failure);
}

void store_close(struct store *store)
{
	if (store)
		store->ops->close(store);
}
