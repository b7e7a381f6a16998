// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdlib.h>
#include <syslog.h>

#include <libaudit.h>
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "daemon/audit/sink.h"
#include "daemon/log.h"
#include "include/uks/audit-names.h"

#define LINE_LEN	512

struct audit_sink {
	bool journal;
	int kernel;
	bool told;
};

int audit_sink_open(const struct config *config, struct audit_sink **result,
		    struct failure *failure)
{
	struct audit_sink *sink;

	*result = NULL;
	if (!config->audit_journal && !config->audit_kernel)
		return 0;
	sink = calloc(1, sizeof(*sink));
	if (!sink)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory for records");
	sink->journal = config->audit_journal;
	sink->kernel = config->audit_kernel ? audit_open() : -1;
	if (config->audit_kernel && sink->kernel < 0) {
		free(sink);
		return failure_set(failure, UKS_E_AUDIT,
				   "cannot reach the audit of Linux: %s; set 'audit-kernel = off' where there is none",
				   strerror(errno));
	}
	*result = sink;
	return 0;
}

/* One line, the same for both. */
static void describe(const uint8_t *at, const struct uks_audit_record *record, char *line,
		     size_t size)
{
	const char *event = uks_audit_event_name(record->event);
	const char *op = uks_audit_op_name(record->op);
	char id[2 * UKS_KEY_ID_LEN + 1];

	(void)at;
	sodium_bin2hex(id, sizeof(id), record->key_id, sizeof(record->key_id));
	snprintf(line, size,
		 "uks-seq=%llu uks-event=%s uks-op=%s uks-key=%s uks-owner=%d uks-uid=%d uks-pid=%u uks-code=%u uks-request=%llu uks-value=%llu",
		 (unsigned long long)record->sequence, event ? event : "unknown",
		 op ? op : "none", id, (int)record->key_owner, (int)record->uid, record->pid,
		 record->code,
		 (unsigned long long)record->request, (unsigned long long)record->value);
}

static int to_journal(const struct uks_audit_record *record, const char *line)
{
	const char *event = uks_audit_event_name(record->event);
	const char *op = uks_audit_op_name(record->op);

	return sd_journal_send("MESSAGE=%s", line,
			       "PRIORITY=%d", record->code ? LOG_NOTICE : LOG_INFO,
			       "SYSLOG_IDENTIFIER=uksd-audit",
			       "UKS_SEQUENCE=%llu", (unsigned long long)record->sequence,
			       "UKS_EVENT=%s", event ? event : "unknown",
			       "UKS_OPERATION=%s", op ? op : "none",
			       "UKS_UID=%d", record->uid,
			       "UKS_CODE=%u", record->code,
			       "UKS_REQUEST_ID=%llu", (unsigned long long)record->request, NULL);
}

/* EPERM: without CAP_AUDIT_WRITE. It has no room at times, which is its affair. */
static int to_kernel(const struct audit_sink *sink, const struct uks_audit_record *record,
		     const char *line)
{
	/* Host, address and terminal are empty, not to be looked for. */
	return audit_log_user_message(sink->kernel, AUDIT_TRUSTED_APP, line, "", "", "",
				      !record->code) > 0 ? 0 : -errno;
}

static void tell_once(struct audit_sink *sink, const char *where, int error)
{
	if (error >= 0 || sink->told)
		return;
	sink->told = true;
	log_error("records do not arrive in %s: %s", where, strerror(-error));
}

void audit_sink_send(struct audit_sink *sink, const uint8_t *at,
		     const struct uks_audit_record *record)
{
	char line[LINE_LEN];

	if (!sink)
		return;
	describe(at, record, line, sizeof(line));
	if (sink->journal)
		tell_once(sink, "the journal", to_journal(record, line));
	if (sink->kernel >= 0)
		tell_once(sink, "the audit of Linux", to_kernel(sink, record, line));
}

void audit_sink_close(struct audit_sink *sink)
{
	if (!sink)
		return;
	if (sink->kernel >= 0)
		audit_close(sink->kernel);
	free(sink);
}
