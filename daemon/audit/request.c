// SPDX-License-Identifier: LGPL-2.1-or-later
/* From a request to its record. */
#include <sodium.h>

#include "daemon/audit/internal.h"
#include "daemon/dispatch.h"
#include "daemon/examine.h"

#define BIT(op)		(1ULL << UKS_OP_##op)

/* What these did must be on record before anybody learns that they did it. */
#define CHANGES		(BIT(KEY_GENERATE) | BIT(KEY_IMPORT) | BIT(KEY_RENAME) | \
			 BIT(KEY_DELETE) | BIT(KEY_AGREE) | BIT(KEY_DERIVE) | BIT(KEY_WRAP) | \
			 BIT(KEY_UNWRAP) | BIT(KEY_ROTATE) | BIT(KEY_SET_STATE) | \
			 BIT(KEY_SET_POLICY) | BIT(KEY_RESTORE) | BIT(PIN) | BIT(BOOT_POLICY) | \
			 BIT(MASTER) | BIT(BACKUP) | BIT(PROVISION))

static bool changes(const struct request *request)
{
	return request->op < 64 && CHANGES & 1ULL << request->op;
}

void audit_subject(struct worker *worker, const struct key *key)
{
	struct audit_subject *subject = &worker->subject;

	memcpy(subject->id, key->id, sizeof(subject->id));
	subject->owner = key->owner;
	subject->version = key->version;
	subject->type = key->type;
}

static void note_subject(struct uks_audit_record *record, const struct worker *worker,
			 const struct request *request)
{
	const struct uks_attr *id = &request->attrs[UKS_A_KEY_ID];
	const struct audit_subject *subject = &worker->subject;

	if (!subject->version) {
		if (id->type && id->len == sizeof(record->key_id))
			memcpy(record->key_id, id->value, sizeof(record->key_id));
		record->key_version = uks_attr_u32(&request->attrs[UKS_A_KEY_VERSION], 0);
		record->key_type = uks_attr_u32(&request->attrs[UKS_A_KEY_TYPE], 0);
		return;
	}
	memcpy(record->key_id, subject->id, sizeof(record->key_id));
	record->key_owner = subject->owner;
	record->key_version = subject->version;
	record->key_type = subject->type;
}

static void note_text(struct audit_note *note, uint8_t number, const struct uks_attr *attr)
{
	if (attr->type)
		audit_detail(note, number, attr->value, attr->len);
}

static void note_request(struct audit_note *note, uint16_t event, const struct worker *worker,
			 const struct request *request)
{
	const struct uks_attr *attrs = request->attrs;
	struct uks_audit_record *record = &note->record;

	audit_note(note, event);
	record->op = request->op;
	record->request = request->id;
	record->uid = request->uid;
	record->gid = request->gid;
	record->pid = request->tgid;
	record->purposes = uks_attr_u32(&attrs[UKS_A_PURPOSES], 0);
	record->algorithm = uks_attr_u32(&attrs[UKS_A_ALGORITHM], 0);
	record->digest = uks_attr_u32(&attrs[UKS_A_DIGEST], 0);
	record->command = uks_attr_u32(&attrs[UKS_A_COMMAND],
				       uks_attr_u32(&attrs[UKS_A_KEY_STATE], 0));
	note_subject(record, worker, request);
	note_text(note, UKS_AUDIT_D_NAME, &attrs[UKS_A_KEY_NAME]);
	note_text(note, UKS_AUDIT_D_NEW_NAME, &attrs[UKS_A_NEW_NAME]);
	note_text(note, UKS_AUDIT_D_WRAPPING, &attrs[UKS_A_WRAPPING_NAME]);
	note_text(note, UKS_AUDIT_D_WRAPPING, &attrs[UKS_A_WRAPPING_ID]);
}

/* What is worth a look at the client: not each of a thousand signatures. */
static void note_client(struct audit_note *note, struct worker *worker,
			const struct request *request)
{
	const struct uks_attr *label = &request->secctx;
	const struct process *process = &worker->process;
	struct failure failure;

	if (worker->uksd->examiner &&
	    examine(worker, request, EXAMINE_EXE, &failure) && process->known & EXAMINE_EXE)
		audit_detail(note, UKS_AUDIT_D_EXE, process->exe, strnlen(process->exe, 255));
	if (label->type)
		audit_detail(note, UKS_AUDIT_D_LABEL, label->value,
			     strnlen((const char *)label->value,
				     label->len < 255 ? label->len : 255));
}

static int write_intent(struct worker *worker, const struct request *request,
			struct failure *failure)
{
	struct audit *audit = worker->uksd->audit;
	struct audit_note note;

	if (audit_promise(audit, failure))
		return -1;
	note_request(&note, UKS_AUDIT_INTENT, worker, request);
	audit_append_promised(audit, &note);
	return audit_flush(audit, audit->config->audit_sync, failure);
}

int audit_before(struct worker *worker, const struct request *request, struct failure *failure)
{
	struct audit *audit = worker->uksd->audit;

	if (!audit || !audit->config->audit_fail_closed)
		return 0;
	if (audit_promise(audit, failure))
		return -1;
	worker->promised = true;
	return changes(request) ? write_intent(worker, request, failure) : 0;
}

void audit_after(struct worker *worker, const struct request *request, uint32_t code)
{
	struct audit *audit = worker->uksd->audit;
	bool now = code || changes(request);
	struct audit_note note;
	struct failure failure;

	if (!audit)
		return;
	note_request(&note, UKS_AUDIT_REQUEST, worker, request);
	/* What SKS refuses is an answer as any other to the kernel, but a refusal here. */
	note.record.value = worker->subject.status;
	note.record.code = code || !worker->subject.status ? code : UKS_E_PROVISION;
	if (now)
		note_client(&note, worker, request);
	if (worker->promised)
		audit_append_promised(audit, &note);
	else
		audit_append(audit, &note);
	worker->promised = false;
	worker->subject.version = 0;
	worker->subject.status = 0;
	if (now)
		audit_flush(audit, audit->config->audit_sync, &failure);
}
