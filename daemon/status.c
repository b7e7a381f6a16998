// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/dispatch.h"

int handle_status(struct worker *worker, const struct request *request,
		  struct uks_attrs *out, struct failure *failure)
{
	const struct uksd *uksd = worker->uksd;
	const struct master *master = uksd->master;
	struct store *store = worker->store;
	uint64_t keys;

	if (store->ops->count(store, request->uid, &keys, failure))
		return -1;
	uks_attrs_put_string(out, UKS_A_DAEMON_VERSION, UKS_VERSION);
	uks_attrs_put_string(out, UKS_A_STORE, uksd->config->store);
	uks_attrs_put_u32(out, UKS_A_STORE_SCHEMA, store->ops->schema(store));
	uks_attrs_put_u64(out, UKS_A_KEYS, keys);
	uks_attrs_put_string(out, UKS_A_TPM, master->tpm);
	uks_attrs_put(out, UKS_A_TPM_ROOT, master->identity.root, sizeof(master->identity.root));
	uks_attrs_put_u64(out, UKS_A_STARTED, uksd->started);
	uks_attrs_put_u32(out, UKS_A_MASTER_STATE, master->state);
	return 0;
}
