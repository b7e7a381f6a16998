// SPDX-License-Identifier: LGPL-2.1-or-later
/* UKS_OP_BACKUP: backups, page by page. */
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "daemon/backup/backup.h"
#include "daemon/dispatch.h"
#include "daemon/key/access.h"
#include "daemon/log.h"

/* Is the call about the backup that is under way? */
static struct backup *find(struct worker *worker, const struct request *request,
			   struct failure *failure)
{
	struct backup *backup = worker->uksd->custody.backup;
	const struct uks_attr *cursor = &request->attrs[UKS_A_CURSOR];
	struct timespec now;
	char text[40];

	if (!backup || !uks_attr_string(cursor, text, sizeof(text)) ||
	    strcmp(text, backup->cursor)) {
		failure_set(failure, UKS_E_BACKUP,
			    "this backup is not under way any more: begin again");
		return NULL;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	backup->used = now.tv_sec;
	return backup;
}

static int handle_read(struct worker *worker, const struct request *request,
		       struct uks_attrs *out, struct failure *failure)
{
	struct uksd *uksd = worker->uksd;
	struct backup *backup;
	size_t len;
	int ret;

	if (uksd->master->state != UKS_MASTER_VALID)
		return failure_set(failure, UKS_E_MASTER_STATE,
				   "there is no master key, so there is nothing to back up");
	if (request->attrs[UKS_A_CURSOR].type)
		backup = find(worker, request, failure);
	else
		backup = backup_new(uksd, BACKUP_READ, failure);
	if (!backup)
		return -1;
	if (backup->task != BACKUP_READ || backup->ended)
		return failure_set(failure, UKS_E_BACKUP, "the backup was read whole already");
	pthread_rwlock_rdlock(&uksd->custody.gate);
	ret = backup_read(worker, backup, backup->secrets->frame, &len, failure);
	pthread_rwlock_unlock(&uksd->custody.gate);
	if (ret) {
		backup_drop(&uksd->custody);
		return -1;
	}
	uks_attrs_put(out, UKS_A_RESULT, backup->secrets->frame, len);
	if (!backup->ended)
		uks_attrs_put_string(out, UKS_A_CURSOR, backup->cursor);
	return 0;
}

/* A backup is restored onto nothing: keys that are there would be lost. */
static int check_empty(struct worker *worker, struct master_record *record,
		       struct failure *failure)
{
	uint64_t versions;

	if (!worker->uksd->custody.recovered)
		return failure_set(failure, UKS_E_MASTER_STATE,
				   "no master key was brought back from shares: see 'uksctl restore'");
	if (record_load(worker->uksd, worker->store, record, failure) ||
	    worker->store->ops->versions(worker->store, &versions, failure))
		return -1;
	if (versions)
		return failure_set(failure, UKS_E_MASTER_STATE,
				   "this store has keys: a backup is restored onto an empty one; 'uksctl master zeroize' empties it");
	if (record->count)
		return failure_set(failure, UKS_E_MASTER_STATE,
				   "this store has administrators: a backup is restored onto a new one; 'uksctl master zeroize' makes it new");
	return record_counted(worker->uksd, record, failure);
}

static struct backup *begin_write(struct worker *worker, const struct request *request,
				  struct failure *failure)
{
	uint32_t flags = uks_attr_u32(&request->attrs[UKS_A_FLAGS], 0);
	struct master_record record;

	if (flags & UKS_CALL_CHECK)
		return backup_new(worker->uksd, BACKUP_CHECK, failure);
	if (check_empty(worker, &record, failure))
		return NULL;
	return backup_new(worker->uksd, BACKUP_RESTORE, failure);
}

static int handle_write(struct worker *worker, const struct request *request,
			struct uks_attrs *out, struct failure *failure)
{
	const struct uks_attr *frame = &request->attrs[UKS_A_MESSAGE];
	struct custody *custody = &worker->uksd->custody;
	struct backup *backup;
	int ret;

	if (request->attrs[UKS_A_CURSOR].type)
		backup = find(worker, request, failure);
	else
		backup = begin_write(worker, request, failure);
	if (!backup)
		return -1;
	if (backup->task == BACKUP_READ)
		return failure_set(failure, UKS_E_BACKUP, "this backup is read, not written");
	pthread_rwlock_rdlock(&custody->gate);
	ret = backup_take(worker->uksd, backup, NULL, frame->value, frame->len, failure);
	pthread_rwlock_unlock(&custody->gate);
	if (!ret && backup->task == BACKUP_RESTORE)
		ret = backup_keep(backup, frame->value, frame->len, failure);
	if (ret) {
		backup_drop(custody);
		return -1;
	}
	uks_attrs_put_string(out, UKS_A_CURSOR, backup->cursor);
	return 0;
}

static int report(struct worker *worker, struct uks_attrs *out, struct failure *failure)
{
	const struct backup *backup = worker->uksd->custody.backup;
	json_t *json;
	char *text;

	if (!backup || !backup->ended)
		return failure_set(failure, UKS_E_BACKUP, "no backup was read or checked whole");
	json = json_pack("{s:I, s:I, s:I, s:I, s:O}", "created", (json_int_t)backup->created,
			 "keys", (json_int_t)backup->rows.keys,
			 "versions", (json_int_t)backup->rows.versions,
			 "frames", (json_int_t)backup->frames, "left_out", backup->left_out);
	text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	if (!text)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for an answer");
	uks_attrs_put(out, UKS_A_RESULT, text, strlen(text));
	free(text);
	return 0;
}

/*
 * Commands of the administrators who came along are counted in this TPM from now on, so
 * that the first one they write has the number that is due. The keys are restored even if
 * the TPM cannot do so now: it is tried again when such a command comes.
 */
static void count_commands(struct worker *worker)
{
	struct master_record record;
	struct failure failure;

	if (record_load(worker->uksd, worker->store, &record, &failure) ||
	    (record.count &&
	     record_begin_to_count(worker->uksd, worker->store, &record, &failure)))
		log_error("commands of the restored administrators are not counted yet: %s",
			  failure.text);
}

static int restore(struct worker *worker, struct backup *backup, struct failure *failure)
{
	struct custody *custody = &worker->uksd->custody;
	struct master_record record;

	if (check_empty(worker, &record, failure) || backup_restore(worker, backup, failure))
		return -1;
	count_commands(worker);
	sodium_memzero(custody->secrets->recovered, SEAL_MASTER_LEN);
	custody->recovered = false;
	return 0;
}

static int handle_finish(struct worker *worker, const struct request *request,
			 struct uks_attrs *out, struct failure *failure)
{
	struct backup *backup = find(worker, request, failure);
	int ret = 0;

	if (!backup)
		return -1;
	if (!backup->ended)
		ret = failure_set(failure, UKS_E_BACKUP,
				  "the backup is cut off after frame %llu: nothing was changed",
				  (unsigned long long)backup->frames);
	else if (backup->task == BACKUP_RESTORE)
		ret = restore(worker, backup, failure);
	if (!ret)
		ret = report(worker, out, failure);
	backup_drop(&worker->uksd->custody);
	return ret;
}

static int run(struct worker *worker, const struct request *request, struct uks_attrs *out,
	       struct failure *failure)
{
	uint32_t command = uks_attr_u32(&request->attrs[UKS_A_COMMAND], 0);

	switch (command) {
	case UKS_BACKUP_READ:
		return handle_read(worker, request, out, failure);
	case UKS_BACKUP_WRITE:
		return handle_write(worker, request, out, failure);
	case UKS_BACKUP_FINISH:
		return handle_finish(worker, request, out, failure);
	case UKS_BACKUP_ABORT:
		backup_drop(&worker->uksd->custody);
		return 0;
	case UKS_BACKUP_REPORT:
		return report(worker, out, failure);
	default:
		return failure_set(failure, UKS_E_UNSUPPORTED,
				   "this daemon does not know command %u on backups: update uksd",
				   command);
	}
}

int handle_backup(struct worker *worker, const struct request *request, struct uks_attrs *out,
		  struct failure *failure)
{
	struct custody *custody = &worker->uksd->custody;
	int ret;

	if (access_administrator(request, failure))
		return -1;
	if (pthread_mutex_trylock(&custody->lock))
		return failure_set(failure, UKS_E_BUSY,
				   "another command on the master key is under way: see 'uksctl master status'");
	atomic_store(&custody->busy, true);
	ret = run(worker, request, out, failure);
	atomic_store(&custody->busy, false);
	pthread_mutex_unlock(&custody->lock);
	return ret;
}
