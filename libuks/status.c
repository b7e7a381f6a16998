// SPDX-License-Identifier: LGPL-2.1-or-later
/* How the daemon is. */
#include <stdlib.h>

#include "internal.h"

/* A status and what it points to, in one piece. */
struct box {
	struct uks_status status;
	char daemon_version[64];
	char store[4096];
	char tpm[128];
	uint8_t tpm_root[66];
	char trouble[UKS_TEXT_MAX];
};

void uks_status_free(struct uks_status *status)
{
	free(status);
}

static int fill(struct box *box, const struct uks_exchange *ex, struct uks_err *err)
{
	struct uks_status *status = &box->status;
	struct uks_attr table[UKS_A_MAX + 1];
	const struct uks_attr *root = &table[UKS_A_TPM_ROOT];

	if (uks_attrs_parse(ex->answer, ex->answer_len, table) ||
	    !uks_attr_string(&table[UKS_A_DAEMON_VERSION], box->daemon_version,
			     sizeof(box->daemon_version)) ||
	    !uks_attr_string(&table[UKS_A_STORE], box->store, sizeof(box->store)) ||
	    !uks_attr_string(&table[UKS_A_TPM], box->tpm, sizeof(box->tpm)) ||
	    !root->type || root->len > sizeof(box->tpm_root))
		return uks_fail_protocol(err, "the daemon described itself incompletely");
	if (!uks_attr_string(&table[UKS_A_RESULT], box->trouble, sizeof(box->trouble)))
		*box->trouble = 0;
	memcpy(box->tpm_root, root->value, root->len);
	*status = (struct uks_status){
		.daemon_version = box->daemon_version,
		.store = box->store,
		.store_schema = uks_attr_u32(&table[UKS_A_STORE_SCHEMA], 0),
		.tpm = box->tpm,
		.tpm_root = box->tpm_root,
		.tpm_root_len = root->len,
		.keys = uks_attr_u64(&table[UKS_A_KEYS], 0),
		.started = uks_attr_u64(&table[UKS_A_STARTED], 0),
		.master_state = uks_attr_u32(&table[UKS_A_MASTER_STATE], 0),
		.generation = uks_attr_u64(&table[UKS_A_GENERATION], 0),
		.trouble = box->trouble,
	};
	return 0;
}

int uks_status(struct uks_client *client, struct uks_status **status, struct uks_err *err)
{
	struct box *box = calloc(1, sizeof(*box));
	struct uks_exchange ex;
	int ret;

	if (!box)
		return uks_fail_memory(err);
	ret = uks_exchange_init(&ex, 0, err);
	if (ret)
		goto out;
	ret = uks_exchange_run(&ex, client, UKS_IOC_STATUS, err);
	if (!ret)
		ret = fill(box, &ex, err);
	uks_exchange_free(&ex);
out:
	if (ret)
		free(box);
	else
		*status = &box->status;
	return ret;
}
