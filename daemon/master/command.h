/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands that administrators sign: what they do. */
#ifndef UKSD_MASTER_COMMAND_H
#define UKSD_MASTER_COMMAND_H

#include "daemon/master/record.h"

/**
 * master_command() - do what a signed command says
 * @worker: the worker
 * @record: the record, compared with the TPM
 * @message: see command_parse(); the commands are "enrol", "revoke" and "commit"
 * @len: bytes of it
 * @failure: receives UKS_E_NOT_ADMIN, UKS_E_REPLAYED, UKS_E_MASTER_STATE, UKS_E_INVALID
 *
 * Return: 0, or -1 with @failure filled in and nothing changed.
 */
int master_command(struct worker *worker, struct master_record *record, const uint8_t *message,
		   size_t len, struct failure *failure);

/**
 * master_shares() - split the master key, if enough administrators have signed that
 * @worker: the worker
 * @record: the record, compared with the TPM
 * @message: see command_parse(); the command is "shares"
 * @len: bytes of it
 * @out: receives the shares, one after the other, see struct share
 * @failure: as in master_command()
 *
 * Return: 0, or -1 with @failure filled in.
 */
int master_shares(struct worker *worker, struct master_record *record, const uint8_t *message,
		  size_t len, struct uks_attrs *out, struct failure *failure);

#endif /* UKSD_MASTER_COMMAND_H */
