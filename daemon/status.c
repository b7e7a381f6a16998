// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/dispatch.h"
#include "daemon/rollback/ledger.h"

/* What an administrator should look at. */
static void put_trouble(const struct uksd *uksd, struct uks_attrs *out)
{
	char text[UKS_TEXT_MAX] = "";
	struct ledger_state state;

	if (uksd->locked.code) {
		snprintf(text, sizeof(text), "%s", uksd->locked.text);
	} else if (uksd->damaged) {
		snprintf(text, sizeof(text), "the store is damaged: restore it from a backup");
	} else if (uksd->ledger) {
		ledger_state(uksd->ledger, &state);
		if (state.strange || state.missing)
			snprintf(text, sizeof(text),
				 "%llu rows of the store are not the latest and refused, %llu are missing: see the log",
				 (unsigned long long)state.strange,
				 (unsigned long long)state.missing);
	}
	if (*text)
		uks_attrs_put(out, UKS_A_RESULT, text, strlen(text));
}

int handle_status(struct worker *worker, const struct request *request,
		  struct uks_attrs *out, struct failure *failure)
{
	const struct uksd *uksd = worker->uksd;
	const struct master *master = uksd->master;
	struct store *store = worker->store;
	uint64_t keys, generation;
	struct failure unread;

	if (store->ops->count(store, request->uid, &keys, failure))
		return -1;
	uks_attrs_put_string(out, UKS_A_DAEMON_VERSION, UKS_VERSION);
	uks_attrs_put_string(out, UKS_A_STORE, uksd->config->store);
	uks_attrs_put_u32(out, UKS_A_STORE_SCHEMA, store->ops->schema(store));
	uks_attrs_put_u64(out, UKS_A_KEYS, keys);
	uks_attrs_put_string(out, UKS_A_TPM, master->tpm);
	uks_attrs_put(out, UKS_A_TPM_ROOT, master->identity.root, sizeof(master->identity.root));
	uks_attrs_put_u64(out, UKS_A_STARTED, uksd->started);
	/* What it is cannot be read before the boot is approved. */
	if (uksd->locked.code != UKS_E_BOOT)
		uks_attrs_put_u32(out, UKS_A_MASTER_STATE, master->state);
	/* One that cannot be read is among the trouble. */
	if (!ledger_stored(store, &generation, &unread))
		uks_attrs_put_u64(out, UKS_A_GENERATION, generation);
	put_trouble(uksd, out);
	return 0;
}
