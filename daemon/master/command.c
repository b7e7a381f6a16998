// SPDX-License-Identifier: LGPL-2.1-or-later
#include <string.h>

#include <sodium.h>

#include "daemon/log.h"
#include "daemon/master/admin.h"
#include "daemon/master/command.h"
#include "daemon/master/share.h"

static int malformed(const struct command *command, struct failure *failure)
{
	return failure_set(failure, UKS_E_INVALID,
			   "the command '%s' lacks something, or has too much", command->name);
}

/*
 * The record is written first, with the number of the command, then the number is
 * counted in the TPM: what comes in between is made up for at the next command.
 */
static int finish(struct worker *worker, struct master_record *record,
		  const struct command *command, struct failure *failure)
{
	bool counted = record->counter_handle;

	if (counted)
		record->sequence++;
	if (record_change(worker->uksd, worker->store, record, failure))
		return -1;
	log_info("command '%s' on the master key was done, signed by %u of %u administrators",
		 command->name, command->signers, record->count);
	return counted ? record_count(worker->uksd, record, failure) : 0;
}

static int set_thresholds(struct master_record *record, json_int_t commit, json_int_t revoke,
			  struct failure *failure)
{
	if (commit < 1 || commit > record->count || revoke < 1 || revoke > record->count)
		return failure_set(failure, UKS_E_INVALID,
				   "of %u administrators, 1 to %u can be needed to commit and to revoke",
				   record->count, record->count);
	record->commit = commit;
	record->revoke = revoke;
	return 0;
}

static int add_all(struct master_record *record, const struct command *command,
		   const json_t *administrators, struct failure *failure)
{
	const char *name, *key;
	json_t *entry;
	size_t i;

	if (!json_array_size(administrators))
		return malformed(command, failure);
	json_array_foreach(administrators, i, entry) {
		if (json_unpack(entry, "{s:s, s:s !}", "name", &name, "key", &key))
			return malformed(command, failure);
		if (administrator_add(record, name, key, failure))
			return -1;
	}
	return 0;
}

/* In imprint mode root says who the first ones are; later they say it themselves. */
static int enrol(struct worker *worker, struct master_record *record,
		 const struct command *command, struct failure *failure)
{
	json_int_t commit, revoke;
	json_t *administrators;
	struct master_record changed;

	if (json_unpack(command->json, "{s:o, s:I, s:I !}", "administrators", &administrators,
			"commit", &commit, "revoke", &revoke))
		return malformed(command, failure);
	changed = *record;
	if (command_enough(record, command, record->commit, failure) ||
	    add_all(&changed, command, administrators, failure) ||
	    set_thresholds(&changed, commit, revoke, failure))
		return -1;
	if (!record->counter_handle) {
		if (record_begin_to_count(worker->uksd, worker->store, record, failure))
			return -1;
		changed.counter_handle = record->counter_handle;
		memcpy(changed.counter_name, record->counter_name, sizeof(changed.counter_name));
		changed.sequence = record->sequence;
	}
	*record = changed;
	return finish(worker, record, command, failure);
}

static int revoke(struct worker *worker, struct master_record *record,
		  const struct command *command, struct failure *failure)
{
	struct master_record changed = *record;
	json_int_t commit, needed;
	const char *name;

	if (json_unpack(command->json, "{s:s, s:I, s:I !}", "administrator", &name, "commit",
			&commit, "revoke", &needed))
		return malformed(command, failure);
	if (!record->count)
		return failure_set(failure, UKS_E_MASTER_STATE,
				   "no administrator is enrolled: see 'uksctl master init'");
	if (command_enough(record, command, record->revoke, failure) ||
	    administrator_remove(&changed, name, failure) ||
	    set_thresholds(&changed, commit, needed, failure))
		return -1;
	*record = changed;
	return finish(worker, record, command, failure);
}

static int commit(struct worker *worker, struct master_record *record,
		  const struct command *command, struct failure *failure)
{
	char own[2 * MASTER_PATTERN_LEN + 1];
	const char *pattern;

	if (json_unpack(command->json, "{s:s !}", "pattern", &pattern))
		return malformed(command, failure);
	if (record->next != UKS_MASTER_FULL_UNCOMMITTED)
		return failure_set(failure, UKS_E_MASTER_STATE,
				   "the new register holds nothing that could be committed: see 'uksctl master status'");
	sodium_bin2hex(own, sizeof(own), record->pattern, sizeof(record->pattern));
	if (strcmp(own, pattern))
		return failure_set(failure, UKS_E_MASTER_STATE,
				   "the new register holds the key with pattern %s, the command is about another",
				   own);
	if (command_enough(record, command, record->commit, failure))
		return -1;
	record->next = UKS_MASTER_FULL_COMMITTED;
	return finish(worker, record, command, failure);
}

int master_command(struct worker *worker, struct master_record *record, const uint8_t *message,
		   size_t len, struct failure *failure)
{
	struct command command;
	int ret;

	if (command_parse(record, message, len, &command, failure))
		return -1;
	if (!strcmp(command.name, "enrol"))
		ret = enrol(worker, record, &command, failure);
	else if (!strcmp(command.name, "revoke"))
		ret = revoke(worker, record, &command, failure);
	else if (!strcmp(command.name, "commit"))
		ret = commit(worker, record, &command, failure);
	else
		ret = failure_set(failure, UKS_E_INVALID, "there is no command '%s'",
				  command.name);
	command_free(&command);
	return ret;
}

static int split(struct worker *worker, json_int_t threshold, json_int_t count,
		 struct uks_attrs *out, struct failure *failure)
{
	struct share *shares = sodium_allocarray(SHARES_MAX, sizeof(*shares));
	uint8_t *packed = sodium_malloc(SHARES_MAX * sizeof(*shares));
	size_t len = 0;
	int ret = -1, i;

	if (!shares || !packed)
		failure_set(failure, UKS_E_NO_MEMORY, "out of locked memory for shares");
	else
		ret = shares_split(worker->uksd->master->key, threshold, count, shares, failure);
	for (i = 0; !ret && i < count; i++) {
		memcpy(packed + len, &shares[i], share_len(&shares[i]));
		len += share_len(&shares[i]);
	}
	if (!ret)
		uks_attrs_put(out, UKS_A_RESULT, packed, len);
	sodium_free(packed);
	sodium_free(shares);
	return ret;
}

/* Counted before the shares are given out: they could not be taken back. */
int master_shares(struct worker *worker, struct master_record *record, const uint8_t *message,
		  size_t len, struct uks_attrs *out, struct failure *failure)
{
	json_int_t threshold, count;
	struct command command;
	int ret = -1;

	if (command_parse(record, message, len, &command, failure))
		return -1;
	if (strcmp(command.name, "shares") ||
	    json_unpack(command.json, "{s:I, s:I !}", "threshold", &threshold, "count", &count))
		malformed(&command, failure);
	else if (record->current != UKS_MASTER_VALID)
		failure_set(failure, UKS_E_MASTER_STATE, "there is no master key to split");
	else if (threshold < 2 || count < threshold || count > SHARES_MAX)
		failure_set(failure, UKS_E_INVALID,
			    "a master key is split into 2 to %d shares, of which at least 2 are needed",
			    SHARES_MAX);
	else if (!command_enough(record, &command, record->commit, failure) &&
		 !finish(worker, record, &command, failure))
		ret = split(worker, threshold, count, out, failure);
	command_free(&command);
	return ret;
}
