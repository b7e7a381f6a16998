// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Counters. A tag binds them to the key, so that they cannot be turned back by an
 * edit, nor go missing; only the whole store can be put back.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "daemon/key/usage.h"
#include "daemon/key/use.h"
#include "daemon/rollback/ledger.h"

#define BOOT_ID	"/proc/sys/kernel/random/boot_id"

int usage_boot(uint8_t *boot, struct failure *failure)
{
	char text[40] = "";
	FILE *file = fopen(BOOT_ID, "re");
	size_t len = 0;
	int ret = -1;

	if (file && fgets(text, sizeof(text), file))
		ret = sodium_hex2bin(boot, 16, text, strcspn(text, "\n"), "-", &len, NULL);
	if (file)
		fclose(file);
	if (!ret && len == 16)
		return 0;
	return failure_set(failure, UKS_E_INTERNAL,
			   "cannot read which boot this is from " BOOT_ID ": %s",
			   file ? "malformed" : strerror(errno));
}

static uint64_t seconds_since_boot(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

static void make_tag(const uint8_t *master, const uint8_t *id, const struct uses *uses,
		     uint8_t *tag)
{
	uint8_t bytes[sizeof(uses->boot) + 4 * sizeof(uint64_t)];
	uint64_t numbers[4] = { uses->total, uses->in_boot, uses->since, uses->in_rate };

	memcpy(bytes, uses->boot, sizeof(uses->boot));
	memcpy(bytes + sizeof(uses->boot), numbers, sizeof(numbers));
	seal_tag(master, id, bytes, sizeof(bytes), tag);
}

static int put(const struct uksd *uksd, struct store *store, const struct key *key,
	       struct uses *uses, struct failure *failure)
{
	make_tag(uksd->master->key, key->id, uses, uses->tag);
	return store->ops->put_uses(store, key->id, uses, failure);
}

int usage_read(const struct uksd *uksd, struct store *store, const struct key *key,
	       struct uses *uses, struct failure *failure)
{
	uint8_t tag[sizeof(uses->tag)];

	if (store->ops->get_uses(store, key->id, uses, failure))
		return -1;
	make_tag(uksd->master->key, key->id, uses, tag);
	if (!sodium_memcmp(tag, uses->tag, sizeof(tag)))
		return 0;
	return failure_set(failure, UKS_E_BLOB,
			   "the counters of key '%s' were edited: restore the store from a backup",
			   key->name);
}

int usage_begin(const struct uksd *uksd, struct store *store, const struct key *key,
		const struct policy *policy, struct failure *failure)
{
	struct uses uses = { .since = seconds_since_boot() };

	if (!policy_counted(policy))
		return 0;
	if (!usage_read(uksd, store, key, &uses, failure))
		return ledger_check_uses(uksd->ledger, key, &uses, failure);
	if (failure->code != UKS_E_NO_KEY)
		return -1;
	memcpy(uses.boot, uksd->boot, sizeof(uses.boot));
	return put(uksd, store, key, &uses, failure);
}

/* A new boot begins new times for what is counted by boot or by time. */
static void turn(const struct uksd *uksd, const struct policy *policy, uint64_t now,
		 struct uses *uses)
{
	if (memcmp(uses->boot, uksd->boot, sizeof(uses->boot))) {
		memcpy(uses->boot, uksd->boot, sizeof(uses->boot));
		uses->in_boot = 0;
		uses->since = now;
		uses->in_rate = 0;
	}
	if (policy->rate_seconds && now - uses->since >= policy->rate_seconds) {
		uses->since = now;
		uses->in_rate = 0;
	}
}

/* Written so that no sum can overflow. */
static bool over(uint64_t used, uint64_t count, uint64_t max)
{
	return max && (used >= max || count > max - used);
}

static int add(const struct key *key, const struct policy *policy, uint32_t count, uint64_t now,
	       struct uses *uses, struct failure *failure)
{
	if (over(uses->total, count, policy->max_uses))
		return failure_set(failure, UKS_E_USED_UP,
				   "key '%s' has no uses left, of %llu that its policy permits: make a new key",
				   key->name, (unsigned long long)policy->max_uses);
	if (over(uses->in_boot, count, policy->max_uses_boot))
		return failure_set(failure, UKS_E_USED_UP_BOOT,
				   "key '%s' has no uses left until the next boot, of %llu that its policy permits",
				   key->name, (unsigned long long)policy->max_uses_boot);
	if (over(uses->in_rate, count, policy->rate_uses))
		return failure_set(failure, UKS_E_RATE,
				   "key '%s' was used as often as its policy permits within %u s: try again in %llu s",
				   key->name, policy->rate_seconds,
				   (unsigned long long)(uses->since + policy->rate_seconds - now));
	uses->total += count;
	uses->in_boot += count;
	uses->in_rate += count;
	return 0;
}

static int count_in_change(struct worker *worker, const struct key *key,
			   const struct policy *policy, uint32_t count, struct failure *failure)
{
	uint64_t now = seconds_since_boot();
	struct uses uses;

	if (usage_read(worker->uksd, worker->store, key, &uses, failure)) {
		if (failure->code != UKS_E_NO_KEY)
			return -1;
		return failure_set(failure, UKS_E_BLOB,
				   "the counters of key '%s' are missing: restore the store from a backup",
				   key->name);
	}
	if (ledger_check_uses(worker->uksd->ledger, key, &uses, failure))
		return -1;
	turn(worker->uksd, policy, now, &uses);
	if (add(key, policy, count, now, &uses, failure))
		return -1;
	return put(worker->uksd, worker->store, key, &uses, failure);
}

int key_count(struct worker *worker, const struct key *key, const struct policy *policy,
	      uint32_t count, struct failure *failure)
{
	struct store *store = worker->store;

	if (!policy_counted(policy))
		return 0;
	if (store->ops->begin(store, failure))
		return -1;
	if (!count_in_change(worker, key, policy, count, failure))
		return store->ops->commit(store, failure);
	store->ops->rollback(store);
	return -1;
}

int usage_rewrap(const struct uksd *uksd, struct store *store, const uint8_t *key,
		 const uint8_t *id, struct uses *uses, struct failure *failure)
{
	uint8_t tag[sizeof(uses->tag)];

	make_tag(uksd->master->key, id, uses, tag);
	if (sodium_memcmp(tag, uses->tag, sizeof(tag)))
		return failure_set(failure, UKS_E_BLOB,
				   "the counters of a key were edited: delete the key, or restore the store from a backup");
	make_tag(key, id, uses, uses->tag);
	return store->ops->put_uses(store, id, uses, failure);
}
