/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words for what is in records. */
#ifndef UKS_AUDIT_NAMES_H
#define UKS_AUDIT_NAMES_H

#include "audit.h"

/** uks_audit_op_name() - word for an enum uks_op, or NULL */
static inline const char *uks_audit_op_name(uint32_t op)
{
	static const char * const names[] = {
		[UKS_OP_STATUS] = "status",
		[UKS_OP_SESSION_OPEN] = "session-open",
		[UKS_OP_KEY_GENERATE] = "key-generate",
		[UKS_OP_KEY_IMPORT] = "key-import",
		[UKS_OP_KEY_EXPORT_PUBLIC] = "key-public",
		[UKS_OP_KEY_LIST] = "key-list",
		[UKS_OP_KEY_SHOW] = "key-show",
		[UKS_OP_KEY_RENAME] = "key-rename",
		[UKS_OP_KEY_DELETE] = "key-delete",
		[UKS_OP_SIGN] = "sign",
		[UKS_OP_VERIFY] = "verify",
		[UKS_OP_ENCRYPT] = "encrypt",
		[UKS_OP_DECRYPT] = "decrypt",
		[UKS_OP_MAC] = "mac",
		[UKS_OP_AGREE] = "agree",
		[UKS_OP_DERIVE] = "derive",
		[UKS_OP_USE] = "use",
		[UKS_OP_KEY_AGREE] = "key-agree",
		[UKS_OP_KEY_DERIVE] = "key-derive",
		[UKS_OP_KEY_WRAP] = "key-wrap",
		[UKS_OP_KEY_UNWRAP] = "key-unwrap",
		[UKS_OP_KEY_ROTATE] = "key-rotate",
		[UKS_OP_KEY_SET_STATE] = "key-set-state",
		[UKS_OP_KEY_SET_POLICY] = "key-set-policy",
		[UKS_OP_KEY_RESTORE] = "key-restore",
		[UKS_OP_KEY_VERSIONS] = "key-versions",
		[UKS_OP_KEY_ATTEST] = "key-attest",
		[UKS_OP_PIN] = "pin",
		[UKS_OP_BOOT_POLICY] = "boot-policy",
		[UKS_OP_MASTER] = "master",
		[UKS_OP_BACKUP] = "backup",
		[UKS_OP_AUDIT] = "audit",
		[UKS_OP_PROVISION] = "provision",
	};

	return op < sizeof(names) / sizeof(*names) ? names[op] : NULL;
}

/** uks_audit_event_name() - word for an enum uks_audit_event, or NULL */
static inline const char *uks_audit_event_name(uint32_t event)
{
	static const char * const names[UKS_AUDIT_EVENTS] = {
		[UKS_AUDIT_REQUEST] = "request",
		[UKS_AUDIT_INTENT] = "intent",
		[UKS_AUDIT_STARTED] = "started",
		[UKS_AUDIT_STOPPED] = "stopped",
		[UKS_AUDIT_UNCLEAN] = "unclean",
		[UKS_AUDIT_BROKEN] = "broken",
		[UKS_AUDIT_LOST] = "lost",
		[UKS_AUDIT_REMOVED] = "removed",
		[UKS_AUDIT_ANCHOR] = "anchor",
		[UKS_AUDIT_ZEROIZED] = "zeroized",
		[UKS_AUDIT_ERASED] = "erased",
		[UKS_AUDIT_DEACTIVATED] = "deactivated",
		[UKS_AUDIT_ROTATED] = "rotated",
	};

	return event < UKS_AUDIT_EVENTS ? names[event] : NULL;
}

#endif /* UKS_AUDIT_NAMES_H */
