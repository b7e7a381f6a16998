// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include <sodium.h>

#include "daemon/log.h"
#include "daemon/master/register.h"

#define PART_MESSAGE_LEN	(2 + SEAL_MASTER_LEN)
#define PARTS_MAX		3

static int wrong_state(struct failure *failure, const char *text)
{
	return failure_set(failure, UKS_E_MASTER_STATE, "%s: see 'uksctl master status'", text);
}

static void forget_parts(struct custody *custody)
{
	sodium_memzero(custody->secrets->parts, sizeof(custody->secrets->parts));
	custody->parts_given = 0;
	custody->parts_needed = 0;
}

/* What is in the register survives a restart: administrators may take their time. */
static int fill(struct worker *worker, struct master_record *record, const uint8_t *key,
		struct failure *failure)
{
	struct store *store = worker->store;
	struct uks_tpm_blob blob;

	if (master_seal(worker->uksd, key, &blob, failure))
		return -1;
	master_pattern(key, record->pattern);
	record->next = UKS_MASTER_FULL_UNCOMMITTED;
	if (store->ops->begin(store, failure))
		return -1;
	if (!store->ops->put_meta(store, META_NEW, blob.data, blob.len, failure) &&
	    !record_write(store, worker->uksd->master->key, record, failure))
		return store->ops->commit(store, failure);
	store->ops->rollback(store);
	return -1;
}

static int load_generated(struct worker *worker, struct master_record *record,
			  struct failure *failure)
{
	uint8_t *key = worker->uksd->custody.secrets->key;
	int ret;

	randombytes_buf(key, SEAL_MASTER_LEN);
	ret = fill(worker, record, key, failure);
	sodium_memzero(key, SEAL_MASTER_LEN);
	return ret;
}

static int check_part(const struct custody *custody, const uint8_t *message, size_t len,
		      struct failure *failure)
{
	unsigned int number, count;

	if (len != PART_MESSAGE_LEN)
		return failure_set(failure, UKS_E_BAD_MATERIAL,
				   "a part of a master key has %d bytes", SEAL_MASTER_LEN);
	number = message[0];
	count = message[1];
	if (count < 2 || count > PARTS_MAX)
		return failure_set(failure, UKS_E_INVALID,
				   "a master key is made of 2 or %d parts", PARTS_MAX);
	if (custody->parts_needed && custody->parts_needed != count)
		return failure_set(failure, UKS_E_MASTER_STATE,
				   "the key that was begun has %u parts: give those, or 'uksctl master clear' first",
				   custody->parts_needed);
	if (number != custody->parts_given + 1)
		return failure_set(failure, UKS_E_MASTER_STATE,
				   "part %u is not the next one: %u of %u were given", number,
				   custody->parts_given, count);
	if (sodium_is_zero(message + 2, SEAL_MASTER_LEN))
		return failure_set(failure, UKS_E_BAD_MATERIAL,
				   "a part of nothing but zeros is not random: make one with 'uksctl master part'");
	return 0;
}

static int take_part(struct worker *worker, struct master_record *record,
		     const uint8_t *message, size_t len, struct failure *failure)
{
	struct custody *custody = &worker->uksd->custody;
	uint8_t *parts = custody->secrets->parts;
	size_t i;
	int ret;

	if (check_part(custody, message, len, failure))
		return -1;
	for (i = 0; i < SEAL_MASTER_LEN; i++)
		parts[i] ^= message[2 + i];
	custody->parts_needed = message[1];
	if (++custody->parts_given < custody->parts_needed)
		return 0;
	/* The same part twice cancels itself. */
	if (sodium_is_zero(parts, SEAL_MASTER_LEN))
		ret = failure_set(failure, UKS_E_BAD_MATERIAL,
				  "the parts cancel each other: one was given twice; begin again");
	else
		ret = fill(worker, record, parts, failure);
	forget_parts(custody);
	return ret;
}

int register_load(struct worker *worker, struct master_record *record, const uint8_t *message,
		  size_t len, struct failure *failure)
{
	if (record->next != UKS_MASTER_EMPTY)
		return wrong_state(failure, "the new register is full");
	if (len)
		return take_part(worker, record, message, len, failure);
	if (worker->uksd->custody.parts_given)
		return wrong_state(failure, "parts of a master key were given already");
	return load_generated(worker, record, failure);
}

int register_open(struct worker *worker, const struct master_record *record, uint8_t *key,
		  struct failure *failure)
{
	struct store *store = worker->store;
	uint8_t pattern[MASTER_PATTERN_LEN];
	uint8_t room[STORE_META_MAX];
	struct uks_tpm_blob blob;

	if (store->ops->get_meta(store, META_NEW, room, &blob.len, failure))
		return -1;
	if (!blob.len || blob.len > sizeof(blob.data))
		return failure_set(failure, UKS_E_STORE,
				   "the store is damaged: its new register has %zu bytes; clear it and load it again",
				   blob.len);
	memcpy(blob.data, room, blob.len);
	if (master_unseal(worker->uksd, &blob, key, failure))
		return -1;
	master_pattern(key, pattern);
	if (!memcmp(pattern, record->pattern, sizeof(pattern)))
		return 0;
	sodium_memzero(key, SEAL_MASTER_LEN);
	return failure_set(failure, UKS_E_STORE,
			   "the store is damaged: its new register holds another key than its pattern says; clear it and load it again");
}

int register_clear(struct worker *worker, struct master_record *record, struct failure *failure)
{
	struct custody *custody = &worker->uksd->custody;
	struct store *store = worker->store;

	if (record->next == UKS_MASTER_EMPTY && !custody->parts_given)
		return wrong_state(failure, "the new register is empty");
	forget_parts(custody);
	if (record->next == UKS_MASTER_EMPTY)
		return 0;
	record->next = UKS_MASTER_EMPTY;
	memset(record->pattern, 0, sizeof(record->pattern));
	if (store->ops->begin(store, failure))
		return -1;
	if (store->ops->drop_meta(store, META_NEW, failure) ||
	    record_write(store, worker->uksd->master->key, record, failure)) {
		store->ops->rollback(store);
		return -1;
	}
	if (store->ops->commit(store, failure))
		return -1;
	store->ops->scrub(store);
	return 0;
}
