/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libuks: records of what the daemon decided. Included by <uks.h>. */
#ifndef UKS_AUDIT_CALLS_H
#define UKS_AUDIT_CALLS_H

#ifndef UKS_H
#error "include <uks.h>, which includes this"
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define UKS_AUDIT_PAGE		61440	/* bytes of records that one call gives at most */
#define UKS_AUDIT_CURSOR	64	/* bytes of a cursor with its NUL */

/**
 * uks_audit_head() - get the head of the chain of records, and what the TPM says of it
 * @client: the store
 * @head: receives struct uks_audit_head, as Documentation/audit.rst has it
 * @len: in: room at @head, bytes; out: bytes given
 * @err: receives the error, or NULL
 *
 * For root. What waits to be written is written first.
 *
 * Return: 0, or a negative enum uks_error: UKS_E_ACCESS, UKS_E_UNSUPPORTED.
 */
int uks_audit_head(struct uks_client *client, void *head, size_t *len, struct uks_err *err);

/**
 * uks_audit_read() - get records
 * @client: the store
 * @cursor: "" for the oldest record that is kept; becomes what gives those that follow,
 *	"" at the end
 * @records: receives whole records, as Documentation/audit.rst has them
 * @len: in: room at @records, at least UKS_AUDIT_PAGE bytes; out: bytes given
 * @err: receives the error, or NULL
 *
 * For root. Each call makes a record itself.
 *
 * Return: 0, or a negative enum uks_error: UKS_E_ACCESS, UKS_E_UNSUPPORTED, UKS_E_AUDIT.
 */
int uks_audit_read(struct uks_client *client, char cursor[UKS_AUDIT_CURSOR], void *records,
		   size_t *len, struct uks_err *err);

#ifdef __cplusplus
}
#endif

#endif /* UKS_AUDIT_CALLS_H */
