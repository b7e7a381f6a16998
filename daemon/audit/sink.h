/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where records go beside the files: the journal, and the audit of Linux. */
#ifndef UKSD_AUDIT_SINK_H
#define UKSD_AUDIT_SINK_H

#include "daemon/config.h"
#include "include/uks/audit.h"

struct audit_sink;

/**
 * audit_sink_open() - open what the configuration names
 * @config: the configuration
 * @sink: receives it; NULL when there is none
 * @failure: receives UKS_E_AUDIT, UKS_E_NO_MEMORY
 *
 * Return: 0, or -1 with @failure filled in.
 */
int audit_sink_open(const struct config *config, struct audit_sink **sink,
		    struct failure *failure);

/**
 * audit_sink_send() - send a record that was written
 * @sink: from audit_sink_open(), or NULL
 * @at: the record
 * @record: its fixed part
 *
 * What does not arrive there is logged once.
 */
void audit_sink_send(struct audit_sink *sink, const uint8_t *at,
		     const struct uks_audit_record *record);

/**
 * audit_sink_close() - close it
 * @sink: from audit_sink_open(), or NULL
 */
void audit_sink_close(struct audit_sink *sink);

#endif /* UKSD_AUDIT_SINK_H */
