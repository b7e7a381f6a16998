// SPDX-License-Identifier: LGPL-2.1-or-later
/* The administrator reads the records. */
#include "daemon/audit/audit.h"
#include "daemon/dispatch.h"
#include "daemon/key/access.h"

#define INIT_USERNS	0xeffffffdU	/* inode number, fixed by the kernel */
#define READ_MAX	61440		/* bytes of UKS_A_RESULT */

/* "SEGMENT.OFFSET": whoever asks gives it back as it came. */
static int parse_cursor(const struct uks_attr *attr, uint64_t *segment, uint64_t *offset,
			struct failure *failure)
{
	unsigned long long first = 0, at = 0;
	char text[64];
	int end = 0;

	if (attr->type && (!uks_attr_string(attr, text, sizeof(text)) ||
			   sscanf(text, "%llu.%llu%n", &first, &at, &end) != 2 || text[end]))
		goto bad;
	*segment = first;
	*offset = at;
	return 0;
bad:
	return failure_set(failure, UKS_E_INVALID, "the cursor is not one that was given out");
}

static int give_records(struct audit *audit, const struct request *request,
			struct uks_attrs *out, struct failure *failure)
{
	size_t room = out->size - out->len, len;
	uint64_t segment, offset;
	char cursor[64];

	if (parse_cursor(&request->attrs[UKS_A_CURSOR], &segment, &offset, failure))
		return -1;
	if (room < sizeof(cursor) + 2 * NLA_HDRLEN + UKS_AUDIT_RECORD_MAX)
		return failure_set(failure, UKS_E_NO_ROOM, "there is no room for a record");
	len = room - sizeof(cursor) - 2 * NLA_HDRLEN;
	if (len > READ_MAX)
		len = READ_MAX;
	if (audit_read(audit, &segment, &offset, out->buf + out->len + NLA_HDRLEN, &len,
		       failure))
		return -1;
	uks_attrs_reserve(out, UKS_A_RESULT, len);
	if (!len)
		return 0;
	snprintf(cursor, sizeof(cursor), "%llu.%llu", (unsigned long long)segment,
		 (unsigned long long)offset);
	uks_attrs_put_string(out, UKS_A_CURSOR, cursor);
	return 0;
}

static void give_head(struct uksd *uksd, struct uks_attrs *out)
{
	struct uks_audit_head head;
	struct failure failure;

	audit_head(uksd->audit, &head);
	if (!audit_anchor_read(uksd, head.tpm, &failure))
		head.flags |= UKS_AUDIT_HAS_TPM;
	uks_attrs_put(out, UKS_A_RESULT, &head, sizeof(head));
}

int handle_audit(struct worker *worker, const struct request *request,
		 struct uks_attrs *out, struct failure *failure)
{
	uint32_t command = uks_attr_u32(&request->attrs[UKS_A_COMMAND], 0);
	struct audit *audit = worker->uksd->audit;

	if (request->uid || request->userns != INIT_USERNS)
		return failure_set(failure, UKS_E_ACCESS,
				   "only root of the machine may read the records");
	if (!audit)
		return failure_set(failure, UKS_E_UNSUPPORTED,
				   "there are no records: 'audit = off' in uksd.conf");
	/* If they cannot be written now, those that are there can be read. */
	audit_flush(audit, false, failure);
	switch (command) {
	case UKS_AUDIT_READ:
		return give_records(audit, request, out, failure);
	case UKS_AUDIT_HEAD:
		give_head(worker->uksd, out);
		return 0;
	default:
		return failure_set(failure, UKS_E_INVALID, "there is no command %u of the audit",
				   command);
	}
}
