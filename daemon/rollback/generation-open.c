// SPDX-License-Identifier: LGPL-2.1-or-later
/* Whether the store is the latest, and what makes it so: the first start, and root. */
#include <string.h>

#include <sodium.h>

#include "daemon/log.h"
#include "daemon/rollback/generation-internal.h"
#include "daemon/tpmgate.h"

#define META_COUNTER	"generation-counter"	/* struct uks_tpm_index: handle, name */
#define HANDLES		17	/* each store that shares a TPM has a counter of its own */

/* What is known of store and counter while they are compared. */
struct comparison {
	struct uksd *uksd;
	struct store *store;
	struct uks_tpm *tpm;
	bool has_index;		/* the store names a counter */
	bool has_counter;	/* and the TPM has it */
	uint64_t counted;
	uint64_t stored;
};

/* The anchor and the administrator's index come after the first one. */
static uint32_t handle_of(unsigned int i)
{
	return UKS_TPM_COUNTER_HANDLE + (i ? 0xf + i : 0);
}

static int read_index(struct store *store, struct uks_tpm_index *index, bool *found,
		      struct failure *failure)
{
	uint8_t room[STORE_META_MAX];
	size_t len;
	uint32_t handle;

	if (store->ops->get_meta(store, META_COUNTER, room, &len, failure))
		return -1;
	*found = len == sizeof(handle) + sizeof(index->name);
	if (!*found)
		return 0;
	memcpy(&handle, room, sizeof(handle));
	index->handle = handle;
	memcpy(index->name, room + sizeof(handle), sizeof(index->name));
	return 0;
}

static int write_index(struct store *store, const struct uks_tpm_index *index,
		       struct failure *failure)
{
	uint8_t room[sizeof(index->handle) + sizeof(index->name)];

	memcpy(room, &index->handle, sizeof(index->handle));
	memcpy(room + sizeof(index->handle), index->name, sizeof(index->name));
	return store->ops->put_meta(store, META_COUNTER, room, sizeof(room), failure);
}

/* An index that is gone, or another one now, is no failure: then nothing was counted. */
static int read_counter(struct comparison *with, struct failure *failure)
{
	struct generation *generation = with->uksd->generation;
	struct uks_tpm_error error;

	with->has_counter = !uks_tpm_counter_read(with->tpm, &generation->index,
						  generation->auth, &with->counted, &error);
	if (with->has_counter || error.cause == UKS_TPM_INDEX ||
	    error.cause == UKS_TPM_WRONG_AUTH)
		return 0;
	return tpmgate_fail(&error, failure);
}

static int look(struct comparison *with, struct failure *failure)
{
	struct generation *generation = with->uksd->generation;

	if (ledger_stored(with->store, &with->stored, failure) ||
	    read_index(with->store, &generation->index, &with->has_index, failure))
		return -1;
	return with->has_index ? read_counter(with, failure) : 0;
}

/* A counter of this TPM that no other store has. */
static int define_counter(struct comparison *with, struct failure *failure)
{
	struct generation *generation = with->uksd->generation;
	struct uks_tpm_error error = { .cause = UKS_TPM_OK };
	unsigned int i;

	for (i = 0; i < HANDLES; i++) {
		if (!uks_tpm_counter_define(with->tpm, handle_of(i), generation->auth,
					    &generation->index, &with->counted, &error))
			return 0;
		if (error.cause != UKS_TPM_HANDLE_TAKEN)
			break;
	}
	return tpmgate_fail(&error, failure);
}

/* Whether the TPM has a counter such as a store of UKS has. */
static int find_any_counter(struct comparison *with, bool *found, struct failure *failure)
{
	struct generation *generation = with->uksd->generation;
	struct uks_tpm_index index;
	struct uks_tpm_error error;
	unsigned int i;

	*found = false;
	for (i = 0; i < HANDLES && !*found; i++) {
		if (uks_tpm_counter_index(handle_of(i), &index, &error))
			return tpmgate_fail(&error, failure);
		if (!uks_tpm_counter_read(with->tpm, &index, generation->auth, &with->counted,
					  &error) ||
		    error.cause == UKS_TPM_WRONG_AUTH)
			*found = true;
		else if (error.cause != UKS_TPM_INDEX)
			return tpmgate_fail(&error, failure);
	}
	return 0;
}

static int rebuild(struct comparison *with, struct failure *failure)
{
	struct uksd *uksd = with->uksd;
	struct store *store = with->store;

	if (store->ops->begin(store, failure))
		return -1;
	if (!write_index(store, &uksd->generation->index, failure) &&
	    !ledger_rebuild(uksd->ledger, store, with->counted, failure))
		return store->ops->commit(store, failure);
	store->ops->rollback(store);
	return -1;
}

static int refuse(struct comparison *with, const char *why, struct failure *failure)
{
	return failure_set(failure, UKS_E_ROLLBACK,
			   "the store %s is refused: %s. Restore its latest copy; or if this one shall be the latest, set 'accept-generation = %llu/%llu' in uksd.conf and restart uksd",
			   with->uksd->config->store, why, (unsigned long long)with->stored,
			   (unsigned long long)with->counted);
}

static bool accepted(const struct comparison *with)
{
	const struct config *config = with->uksd->config;

	return config->accept && config->accept_stored == with->stored &&
	       config->accept_counted == with->counted;
}

static int take_as_latest(struct comparison *with, struct failure *failure)
{
	if (!with->has_counter && define_counter(with, failure))
		return -1;
	if (rebuild(with, failure))
		return -1;
	log_warning("the store %s of generation %llu was ACCEPTED as the latest by 'accept-generation', though the TPM counted %llu: what was changed since is undone, keys that were deleted may be back; remove that line from uksd.conf",
		    with->uksd->config->store, (unsigned long long)with->stored,
		    (unsigned long long)with->counted);
	return 0;
}

static int note_row(const struct row *row, void *context, struct failure *failure)
{
	(void)row;
	(void)failure;
	*(bool *)context = true;
	return 0;
}

static int has_rows(struct comparison *with, bool *has, struct failure *failure)
{
	*has = false;
	return with->store->ops->rows(with->store, STORE_ROWS_VERSIONS, NULL, 1, note_row, has,
				      failure);
}

/* A store without a generation is new, or of a daemon that had none, or was edited. */
static int begin_first(struct comparison *with, struct failure *failure)
{
	bool keys, found;

	if (has_rows(with, &keys, failure))
		return -1;
	if (keys && find_any_counter(with, &found, failure))
		return -1;
	if (keys && found && accepted(with))
		return take_as_latest(with, failure);
	if (keys && found)
		return refuse(with, "it has keys but no generation, while the TPM counts one",
			      failure);
	if (define_counter(with, failure))
		return -1;
	return rebuild(with, failure);
}

static int compare(struct comparison *with, struct failure *failure)
{
	char why[160];

	if (!with->has_counter)
		return refuse(with, "the counter of its generation is not in the TPM any more",
			      failure);
	if (with->stored == with->counted || with->stored == with->counted + 1)
		return 0;
	snprintf(why, sizeof(why),
		 with->stored < with->counted ?
		 "it is an older copy, of generation %llu, and the TPM has counted %llu" :
		 "it is of generation %llu, and the TPM has counted %llu only: the counter is another one",
		 (unsigned long long)with->stored, (unsigned long long)with->counted);
	return refuse(with, why, failure);
}

static int load(struct comparison *with, struct failure *failure)
{
	struct failure why;

	if (compare(with, failure))
		return -1;
	if (!ledger_load(with->uksd->ledger, with->store, with->counted, &why))
		return 0;
	if (why.code == UKS_E_ROLLBACK)
		return refuse(with, "rows of its ledger were exchanged, added or removed",
			      failure);
	*failure = why;
	return -1;
}

static int open_inside(struct comparison *with, struct failure *failure)
{
	if (look(with, failure))
		return -1;
	if (accepted(with))
		return take_as_latest(with, failure);
	if (!with->stored)
		return begin_first(with, failure);
	return load(with, failure);
}

static int open_gate(struct uksd *uksd, struct store *store, struct failure *failure)
{
	struct comparison with = { .uksd = uksd, .store = store };
	int ret;

	if (tpmgate_enter(uksd, &with.tpm, failure))
		return -1;
	ret = open_inside(&with, failure);
	tpmgate_leave(uksd);
	return ret;
}

static int make_ledger(struct uksd *uksd, struct failure *failure)
{
	uint8_t secret[64];

	master_auth(uksd->master, "uks ledger rows", NULL, 0, secret);
	master_auth(uksd->master, "uks ledger head", NULL, 0, secret + 32);
	uksd->ledger = ledger_new(secret, uksd->config->generation_interval, failure);
	sodium_memzero(secret, sizeof(secret));
	return uksd->ledger ? 0 : -1;
}

int generation_open(struct uksd *uksd, struct store *store, struct failure *failure)
{
	uksd->generation = generation_new(uksd, failure);
	if (!uksd->generation || make_ledger(uksd, failure))
		goto err;
	master_auth(uksd->master, "uks counter", NULL, 0, uksd->generation->auth);
	if (open_gate(uksd, store, failure))
		goto err;
	uksd->generation->store->ledger = uksd->ledger;
	/* A crash between commit and count leaves this to be done. */
	if (generation_work(uksd, failure))
		goto err;
	return 0;
err:
	store->ledger = NULL;
	ledger_free(uksd->ledger);
	generation_free(uksd->generation);
	uksd->ledger = NULL;
	uksd->generation = NULL;
	return -1;
}
