// SPDX-License-Identifier: LGPL-2.1-or-later
/* UKS_OP_MASTER: what is asked of the master key. */
#include <string.h>

#include <jansson.h>
#include <sodium.h>

#include "daemon/key/access.h"
#include "daemon/log.h"
#include "daemon/master/command.h"
#include "daemon/master/register.h"
#include "daemon/master/share.h"

static json_t *hex(const uint8_t *bytes, size_t len)
{
	char text[2 * 128 + 1];

	return json_string(sodium_bin2hex(text, sizeof(text), bytes, len));
}

static const char *state_name(uint32_t state)
{
	switch (state) {
	case UKS_MASTER_EMPTY:
		return "empty";
	case UKS_MASTER_FULL_UNCOMMITTED:
		return "full-uncommitted";
	case UKS_MASTER_FULL_COMMITTED:
		return "full-committed";
	default:
		return "valid";
	}
}

static json_t *describe_register(uint32_t state, const uint8_t *pattern)
{
	json_t *out = json_pack("{s:s}", "state", state_name(state));

	if (state != UKS_MASTER_EMPTY)
		json_object_set_new(out, "pattern", hex(pattern, MASTER_PATTERN_LEN));
	return out;
}

static json_t *describe_administrators(const struct master_record *record)
{
	uint8_t digest[crypto_hash_sha256_BYTES];
	json_t *list = json_array();
	uint32_t i;

	for (i = 0; i < record->count; i++) {
		const struct administrator *admin = &record->administrators[i];

		crypto_hash_sha256(digest, admin->key, admin->key_len);
		json_array_append_new(list, json_pack("{s:s, s:o}", "name", admin->name, "key",
						      hex(digest, sizeof(digest))));
	}
	return list;
}

static json_t *describe(struct uksd *uksd, const struct master_record *record)
{
	struct custody *custody = &uksd->custody;
	uint8_t pattern[MASTER_PATTERN_LEN];

	master_pattern(uksd->master->key, pattern);
	return json_pack("{s:o, s:I, s:o, s:I, s:I, s:o, s:o, s:i, s:i, s:b, s:I, s:I}",
			 "store", hex(record->store, sizeof(record->store)),
			 "sequence", (json_int_t)record->sequence,
			 "administrators", describe_administrators(record),
			 "commit", (json_int_t)record->commit,
			 "revoke", (json_int_t)record->revoke,
			 "current", describe_register(record->current, pattern),
			 "new", describe_register(record->next, record->pattern),
			 "parts_given", (int)custody->parts_given,
			 "parts_needed", (int)custody->parts_needed,
			 "recovered", (int)custody->recovered,
			 "done", (json_int_t)atomic_load(&custody->done),
			 "total", (json_int_t)atomic_load(&custody->total));
}

static int reply(struct uks_attrs *out, json_t *json, struct failure *failure)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	if (!text)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for an answer");
	uks_attrs_put(out, UKS_A_RESULT, text, strlen(text));
	free(text);
	return 0;
}

/* Also while another command is under way, so that its progress can be seen. */
static int show(struct worker *worker, struct uks_attrs *out, struct failure *failure)
{
	struct custody *custody = &worker->uksd->custody;
	struct master_record record;
	int ret;

	pthread_rwlock_rdlock(&custody->gate);
	ret = record_load(worker->uksd, worker->store, &record, failure);
	if (!ret)
		ret = reply(out, describe(worker->uksd, &record), failure);
	pthread_rwlock_unlock(&custody->gate);
	return ret;
}

static int recover(struct worker *worker, const struct uks_attr *message,
		   struct failure *failure)
{
	struct custody *custody = &worker->uksd->custody;
	struct share *shares = sodium_allocarray(SHARES_MAX, sizeof(*shares));
	unsigned int given;
	int ret = -1;

	custody->recovered = false;
	if (!shares)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of locked memory for shares");
	if (!shares_parse(message->value, message->len, shares, &given, failure))
		ret = shares_combine(shares, given, custody->secrets->recovered, failure);
	sodium_free(shares);
	if (ret)
		return -1;
	custody->recovered = true;
	log_info("a master key was brought back from %u shares", given);
	return 0;
}

/* Who asks to destroy everything names the store, so that it is not another one. */
static int zeroize(struct worker *worker, const struct master_record *record,
		   const struct uks_attr *message, struct failure *failure)
{
	if (message->len != sizeof(record->store) ||
	    memcmp(message->value, record->store, sizeof(record->store)))
		return failure_set(failure, UKS_E_INVALID,
				   "this is the id of another store: nothing was destroyed");
	return master_zeroize(worker->uksd, worker->store, failure);
}

static int run(struct worker *worker, uint32_t command, const struct uks_attr *message,
	       struct uks_attrs *out, struct failure *failure)
{
	struct master_record record;
	int ret;

	if (record_load(worker->uksd, worker->store, &record, failure))
		return -1;
	if (command != UKS_MASTER_ZEROIZE &&
	    record_counted(worker->uksd, &record, failure))
		return -1;
	/* Administrators who came with a backup have no counter in this TPM yet. */
	if (command != UKS_MASTER_ZEROIZE && record.count &&
	    record_begin_to_count(worker->uksd, worker->store, &record, failure))
		return -1;
	switch (command) {
	case UKS_MASTER_LOAD:
		ret = register_load(worker, &record, message->value, message->len, failure);
		break;
	case UKS_MASTER_CLEAR:
		ret = register_clear(worker, &record, failure);
		break;
	case UKS_MASTER_ROTATE:
		ret = register_set(worker, &record, failure);
		break;
	case UKS_MASTER_RECOVER:
		ret = recover(worker, message, failure);
		break;
	case UKS_MASTER_ZEROIZE:
		ret = zeroize(worker, &record, message, failure);
		break;
	case UKS_MASTER_SIGNED:
		ret = master_command(worker, &record, message->value, message->len, failure);
		break;
	case UKS_MASTER_SHARES:
		return master_shares(worker, &record, message->value, message->len, out,
				     failure);
	default:
		return failure_set(failure, UKS_E_UNSUPPORTED,
				   "this daemon does not know command %u on the master key: update uksd",
				   command);
	}
	return ret ? ret : show(worker, out, failure);
}

int handle_master(struct worker *worker, const struct request *request, struct uks_attrs *out,
		  struct failure *failure)
{
	uint32_t command = uks_attr_u32(&request->attrs[UKS_A_COMMAND], 0);
	struct custody *custody = &worker->uksd->custody;
	int ret;

	if (access_administrator(request, failure))
		return -1;
	if (command == UKS_MASTER_SHOW)
		return show(worker, out, failure);
	if (pthread_mutex_trylock(&custody->lock))
		return failure_set(failure, UKS_E_BUSY,
				   "another command on the master key is under way: see 'uksctl master status'");
	atomic_store(&custody->busy, true);
	ret = run(worker, command, &request->attrs[UKS_A_MESSAGE], out, failure);
	atomic_store(&custody->busy, false);
	pthread_mutex_unlock(&custody->lock);
	return ret;
}
