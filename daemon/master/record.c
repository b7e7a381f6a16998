// SPDX-License-Identifier: LGPL-2.1-or-later
#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "daemon/log.h"
#include "daemon/master/record.h"
#include "daemon/tpmgate.h"
#include "tpm/nv.h"

#define COUNTER_LABEL	"uks signed commands"
#define SEALED_LEN	(sizeof(struct master_record) + SEAL_VALUE_OVERHEAD)

static_assert(SEALED_LEN <= STORE_META_MAX, "the store takes a record");
static_assert(sizeof(struct master_record) == 104 + RECORD_ADMINISTRATORS * 124,
	      "a record has no padding");

static const uint8_t pattern_label[] = "uks master pattern v1";

void master_pattern(const uint8_t *key, uint8_t *pattern)
{
	uint8_t digest[crypto_generichash_BYTES];

	crypto_generichash(digest, sizeof(digest), pattern_label, sizeof(pattern_label) - 1, key,
			   SEAL_MASTER_LEN);
	memcpy(pattern, digest, MASTER_PATTERN_LEN);
	sodium_memzero(digest, sizeof(digest));
}

static bool is_sound(const struct master_record *record)
{
	return record->format == RECORD_FORMAT && record->count <= RECORD_ADMINISTRATORS &&
	       record->commit <= record->count && record->revoke <= record->count;
}

int record_read(struct store *store, const uint8_t *key, struct master_record *record,
		struct failure *failure)
{
	uint8_t room[STORE_META_MAX];
	size_t len;

	if (store->ops->get_meta(store, META_RECORD, room, &len, failure))
		return -1;
	if (!len) {
		*record = (struct master_record){
			.format = RECORD_FORMAT, .current = UKS_MASTER_VALID,
			.next = UKS_MASTER_EMPTY,
		};
		randombytes_buf(record->store, sizeof(record->store));
		return 0;
	}
	if (!seal_open_value(key, META_RECORD, room, len, (uint8_t *)record, sizeof(*record)) &&
	    is_sound(record))
		return 0;
	return failure_set(failure, UKS_E_STORE,
			   "the store is damaged: its record of administrators cannot be opened; restore it from a backup");
}

int record_write(struct store *store, const uint8_t *key, const struct master_record *record,
		 struct failure *failure)
{
	uint8_t sealed[SEALED_LEN];
	size_t len;

	seal_value(key, META_RECORD, (const uint8_t *)record, sizeof(*record), sealed, &len);
	return store->ops->put_meta(store, META_RECORD, sealed, len, failure);
}

int record_change(struct uksd *uksd, struct store *store, const struct master_record *record,
		  struct failure *failure)
{
	if (store->ops->begin(store, failure))
		return -1;
	if (!record_write(store, uksd->master->key, record, failure))
		return store->ops->commit(store, failure);
	store->ops->rollback(store);
	return -1;
}

static void take_index(const struct master_record *record, struct uks_tpm_index *index)
{
	index->handle = record->counter_handle;
	memcpy(index->name, record->counter_name, sizeof(index->name));
}

static int refuse_old(struct failure *failure, uint64_t sequence, uint64_t counted)
{
	return failure_set(failure, UKS_E_ROLLBACK,
			   "the record of administrators is an older copy: it knows %llu signed commands, the TPM has counted %llu; put the newest store back",
			   (unsigned long long)sequence, (unsigned long long)counted);
}

/* Between the two, the daemon may have died: the store is written first. */
static int compare(struct uks_tpm *tpm, const uint8_t *auth, const struct master_record *record,
		   struct failure *failure)
{
	struct uks_tpm_index index;
	struct uks_tpm_error error;
	uint64_t counted;

	take_index(record, &index);
	if (uks_tpm_counter_read(tpm, &index, auth, &counted, &error))
		return tpmgate_fail(&error, failure);
	if (record->sequence == counted)
		return 0;
	if (record->sequence != counted + 1)
		return refuse_old(failure, record->sequence, counted);
	if (uks_tpm_counter_advance(tpm, &index, auth, record->sequence, &error))
		return tpmgate_fail(&error, failure);
	return 0;
}

static int make_counter(struct uks_tpm *tpm, const uint8_t *auth, struct master_record *record,
			struct failure *failure)
{
	struct uks_tpm_index index;
	struct uks_tpm_error error;

	if (uks_tpm_counter_define(tpm, RECORD_COUNTER_HANDLE, auth, &index, &record->sequence,
				   &error))
		return tpmgate_fail(&error, failure);
	record->counter_handle = index.handle;
	memcpy(record->counter_name, index.name, sizeof(index.name));
	return 0;
}

static int without_counter(struct uks_tpm *tpm, struct failure *failure)
{
	struct uks_tpm_error error;
	bool there;

	if (uks_tpm_index_there(tpm, RECORD_COUNTER_HANDLE, &there, &error))
		return tpmgate_fail(&error, failure);
	if (!there)
		return 0;
	return failure_set(failure, UKS_E_ROLLBACK,
			   "this store has no administrators, but the TPM counts signed commands of one that has (NV index 0x%08x): put the newest store back, or remove that index if its store is gone",
			   RECORD_COUNTER_HANDLE);
}

/* A handle without a name: the counter was to be made when the daemon died. */
static bool is_named(const struct master_record *record)
{
	return !sodium_is_zero(record->counter_name, sizeof(record->counter_name));
}

static int counted(struct uks_tpm *tpm, const uint8_t *auth, struct master_record *record,
		   struct failure *failure)
{
	if (!record->counter_handle)
		return without_counter(tpm, failure);
	if (!is_named(record))
		return make_counter(tpm, auth, record, failure);
	return compare(tpm, auth, record, failure);
}

int record_counted(struct uksd *uksd, struct master_record *record, struct failure *failure)
{
	uint8_t auth[UKS_TPM_AUTH_LEN];
	struct uks_tpm *tpm;
	int ret;

	if (tpmgate_enter(uksd, &tpm, failure))
		return -1;
	master_auth(uksd->master, COUNTER_LABEL, NULL, 0, auth);
	ret = counted(tpm, auth, record, failure);
	tpmgate_leave(uksd);
	sodium_memzero(auth, sizeof(auth));
	return ret;
}

/* The intention is stored first: an index that nobody knows would look like a lost record. */
int record_begin_to_count(struct uksd *uksd, struct store *store, struct master_record *record,
			  struct failure *failure)
{
	if (record->counter_handle)
		return 0;
	record->counter_handle = RECORD_COUNTER_HANDLE;
	if (record_change(uksd, store, record, failure) ||
	    record_counted(uksd, record, failure))
		return -1;
	/* Who asks for the status is told the number that the TPM begins with. */
	return record_change(uksd, store, record, failure);
}

/* Of one that was made when the daemon died, the name was not stored. */
static int forget(struct uks_tpm *tpm, const uint8_t *auth, const struct master_record *record,
		  struct failure *failure)
{
	struct uks_tpm_index index;
	struct uks_tpm_error error;
	int ret;

	take_index(record, &index);
	ret = is_named(record) ? uks_tpm_index_remove(tpm, &index, &error) :
				 uks_tpm_counter_drop(tpm, index.handle, auth, &error);
	return ret ? tpmgate_fail(&error, failure) : 0;
}

int record_forget(struct uksd *uksd, const struct master_record *record,
		  struct failure *failure)
{
	uint8_t auth[UKS_TPM_AUTH_LEN];
	struct uks_tpm *tpm;
	int ret;

	if (!record->counter_handle)
		return 0;
	if (tpmgate_enter(uksd, &tpm, failure))
		return -1;
	master_auth(uksd->master, COUNTER_LABEL, NULL, 0, auth);
	ret = forget(tpm, auth, record, failure);
	tpmgate_leave(uksd);
	sodium_memzero(auth, sizeof(auth));
	return ret;
}

int record_load(struct uksd *uksd, struct store *store, struct master_record *record,
		struct failure *failure)
{
	uint8_t room[STORE_META_MAX];
	size_t len;

	if (record_read(store, uksd->master->key, record, failure) ||
	    store->ops->get_meta(store, META_RECORD, room, &len, failure))
		return -1;
	return len ? 0 : record_change(uksd, store, record, failure);
}

int record_count(struct uksd *uksd, const struct master_record *record,
		 struct failure *failure)
{
	uint8_t auth[UKS_TPM_AUTH_LEN];
	struct uks_tpm_index index;
	struct uks_tpm_error error;
	struct uks_tpm *tpm;
	int ret = 0;

	if (tpmgate_enter(uksd, &tpm, failure))
		return -1;
	master_auth(uksd->master, COUNTER_LABEL, NULL, 0, auth);
	take_index(record, &index);
	if (uks_tpm_counter_advance(tpm, &index, auth, record->sequence, &error))
		ret = tpmgate_fail(&error, failure);
	tpmgate_leave(uksd);
	sodium_memzero(auth, sizeof(auth));
	return ret;
}
