// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "daemon/audit/internal.h"
#include "daemon/log.h"

#define ROUND_UP(len)	(((len) + 7) / 8 * 8)

void audit_note(struct audit_note *note, uint16_t event)
{
	note->record = (struct uks_audit_record){
		.event = event, .key_owner = UKS_AUDIT_NOBODY, .uid = UKS_AUDIT_NOBODY,
		.gid = UKS_AUDIT_NOBODY,
	};
	note->used = 0;
}

void audit_detail(struct audit_note *note, uint8_t number, const void *bytes, size_t len)
{
	size_t room = sizeof(note->details) - note->used;
	uint8_t *at = note->details + note->used;

	if (room <= UKS_AUDIT_DETAIL_HEAD)
		return;
	if (len > room - UKS_AUDIT_DETAIL_HEAD)
		len = room - UKS_AUDIT_DETAIL_HEAD;
	at[0] = number;
	at[1] = len;
	at[2] = len >> 8;
	memcpy(at + UKS_AUDIT_DETAIL_HEAD, bytes, len);
	note->used += UKS_AUDIT_DETAIL_HEAD + len;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	/* To the tick: the exact clock may cost a system call. */
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* With the lock. */
static int append(struct audit *audit, struct audit_note *note)
{
	size_t details = ROUND_UP(note->used), before = audit->used;
	size_t len = sizeof(note->record) + details;
	uint8_t *at = audit->buffer + before;

	if (before + audit->promised + len > AUDIT_BUFFER) {
		audit->lost++;
		return -1;
	}
	note->record.len = len + UKS_AUDIT_HASH_LEN;
	note->record.sequence = ++audit->sequence;
	note->record.time_ns = now_ns();
	memcpy(at, &note->record, sizeof(note->record));
	if (details) {
		memset(note->details + note->used, 0, details - note->used);
		memcpy(at + sizeof(note->record), note->details, details);
	}
	audit->used += len;
	/* The writer is told of the first, to wait for more, and when it should hurry. */
	if (audit->used > AUDIT_BUFFER / 2 && !audit->hurry) {
		audit->hurry = true;
		pthread_cond_signal(&audit->wake);
	} else if (!before) {
		pthread_cond_signal(&audit->wake);
	}
	return 0;
}

int audit_append(struct audit *audit, struct audit_note *note)
{
	int ret;

	if (!audit)
		return 0;
	pthread_mutex_lock(&audit->lock);
	ret = append(audit, note);
	pthread_mutex_unlock(&audit->lock);
	return ret;
}

void audit_append_promised(struct audit *audit, struct audit_note *note)
{
	pthread_mutex_lock(&audit->lock);
	audit->promised -= UKS_AUDIT_RECORD_MAX;
	append(audit, note);
	pthread_mutex_unlock(&audit->lock);
}

static bool promise(struct audit *audit)
{
	bool room;

	pthread_mutex_lock(&audit->lock);
	room = audit->used + audit->promised + UKS_AUDIT_RECORD_MAX <= AUDIT_BUFFER;
	if (room)
		audit->promised += UKS_AUDIT_RECORD_MAX;
	pthread_mutex_unlock(&audit->lock);
	return room;
}

int audit_promise(struct audit *audit, struct failure *failure)
{
	if (!atomic_load(&audit->failed) && promise(audit))
		return 0;
	if (audit_flush(audit, false, failure))
		return -1;
	if (promise(audit))
		return 0;
	return failure_set(failure, UKS_E_AUDIT,
			   "too many records wait to be written: try again later");
}

/* What waits gets its hashes, one following from the other. */
static void encode(struct audit *audit, size_t used)
{
	struct audit_file *file = &audit->file;
	struct uks_audit_record record;
	const uint8_t *at = audit->spare;
	uint8_t *to = audit->encoded;
	size_t len;

	for (; used; used -= len, at += len) {
		memcpy(&record, at, sizeof(record));
		len = record.len - UKS_AUDIT_HASH_LEN;
		memcpy(to, at, len);
		uks_audit_hash(file->head, at, len, file->head);
		memcpy(to + len, file->head, UKS_AUDIT_HASH_LEN);
		file->last = record.sequence;
		if (record.event == UKS_AUDIT_ANCHOR)
			audit_note_anchor(file, to, &record);
		else
			atomic_store(&audit->anchor_due, true);
		to += record.len;
	}
	audit->pending = to - audit->encoded;
}

static void send_on(struct audit *audit, size_t len)
{
	const uint8_t *at = audit->encoded;
	struct uks_audit_record record;
	size_t next;

	while (audit->sink && (next = uks_audit_next(at, len, &record))) {
		audit_sink_send(audit->sink, at, &record);
		at += next;
		len -= next;
	}
}

static int write_pending(struct audit *audit, struct failure *failure)
{
	size_t len = audit->pending;

	if (!len)
		return 0;
	if (audit_file_write(&audit->file, audit->encoded, len, failure))
		return -1;
	audit->pending = 0;
	send_on(audit, len);
	return 0;
}

/* What happened to the records themselves is recorded, too. Returns whether it was. */
static bool tell(struct audit *audit)
{
	struct audit_note note;
	bool told = false;

	pthread_mutex_lock(&audit->lock);
	if (audit->lost > audit->told) {
		audit_note(&note, UKS_AUDIT_LOST);
		note.record.value = audit->lost - audit->told;
		audit->told = audit->lost;
		told = !append(audit, &note);
	}
	if (!audit->remove && audit_file_excess(&audit->file)) {
		audit_note(&note, UKS_AUDIT_REMOVED);
		note.record.value = audit_file_excess(&audit->file);
		if (!append(audit, &note)) {
			audit->remove = note.record.value;
			told = true;
		}
	}
	pthread_mutex_unlock(&audit->lock);
	return told;
}

static void take_buffer(struct audit *audit, size_t *used)
{
	uint8_t *buffer = audit->buffer;

	pthread_mutex_lock(&audit->lock);
	audit->buffer = audit->spare;
	*used = audit->used;
	audit->used = 0;
	audit->hurry = false;
	pthread_mutex_unlock(&audit->lock);
	audit->spare = buffer;
}

/* With the write lock. A file must be there before records get their hashes. */
static int write_out(struct audit *audit, struct failure *failure)
{
	size_t used;

	do {
		if (write_pending(audit, failure) || audit_file_rotate(&audit->file, failure))
			return -1;
		take_buffer(audit, &used);
		encode(audit, used);
		if (write_pending(audit, failure))
			return -1;
		if (audit->remove)
			audit_file_remove(&audit->file, audit->remove);
		audit->remove = 0;
	} while (tell(audit));
	return 0;
}

int audit_flush(struct audit *audit, bool durable, struct failure *failure)
{
	int ret;

	pthread_mutex_lock(&audit->write_lock);
	ret = write_out(audit, failure);
	if (!ret && durable && fdatasync(audit->file.fd))
		ret = failure_set(failure, UKS_E_AUDIT, "cannot make records durable: %s",
				  strerror(errno));
	if (ret && !atomic_exchange(&audit->failed, true))
		log_error("audit: %s%s", failure->text, audit->config->audit_fail_closed ?
			  "; until then nothing is done" : "");
	if (!ret && atomic_exchange(&audit->failed, false))
		log_info("audit: records are written again");
	pthread_mutex_unlock(&audit->write_lock);
	return ret;
}

void audit_event(struct audit *audit, uint16_t event, const struct key *key, uint64_t value)
{
	struct failure failure;
	struct audit_note note;

	if (!audit)
		return;
	audit_note(&note, event);
	note.record.value = value;
	if (key) {
		memcpy(note.record.key_id, key->id, sizeof(key->id));
		note.record.key_owner = key->owner;
		note.record.key_version = key->version;
		note.record.key_type = key->type;
		audit_detail(&note, UKS_AUDIT_D_NAME, key->name, strlen(key->name));
	}
	audit_append(audit, &note);
	audit_flush(audit, audit->config->audit_sync, &failure);
}

void audit_zeroized(struct audit *audit, uint32_t count, uint32_t uid, uint32_t pid)
{
	struct failure failure;
	struct audit_note note;

	if (!audit)
		return;
	audit_note(&note, UKS_AUDIT_ZEROIZED);
	note.record.value = count;
	note.record.uid = uid;
	note.record.pid = pid;
	audit_append(audit, &note);
	audit_flush(audit, audit->config->audit_sync, &failure);
}

void audit_head(struct audit *audit, struct uks_audit_head *head)
{
	const struct audit_file *file = &audit->file;
	size_t i;

	*head = (struct uks_audit_head){ .len = sizeof(*head) };
	pthread_mutex_lock(&audit->write_lock);
	if (atomic_load(&audit->failed))
		head->flags |= UKS_AUDIT_CLOSED;
	if (audit->config->audit_fail_closed)
		head->flags |= UKS_AUDIT_FAIL_CLOSED;
	head->last = file->last;
	memcpy(head->hash, file->head, sizeof(head->hash));
	head->anchor_sequence = file->anchor.sequence;
	if (file->anchor.sequence)
		uks_audit_extend(file->anchor.before, file->anchor.hash, head->anchor);
	audit_file_previous(file, head->previous);
	head->first = file->count ? file->segments->first : 1;
	for (i = 0; i < file->count; i++)
		head->bytes += file->segments[i].size;
	head->lost = audit->lost;
	pthread_mutex_unlock(&audit->write_lock);
}

int audit_read(struct audit *audit, uint64_t *segment, uint64_t *offset, uint8_t *records,
	       size_t *len, struct failure *failure)
{
	int ret;

	pthread_mutex_lock(&audit->write_lock);
	ret = audit_file_read(&audit->file, segment, offset, records, len, failure);
	pthread_mutex_unlock(&audit->write_lock);
	return ret;
}
