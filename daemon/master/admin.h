/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Administrators of the master key, and commands that they have signed. */
#ifndef UKSD_MASTER_ADMIN_H
#define UKSD_MASTER_ADMIN_H

#include <jansson.h>

#include "daemon/master/record.h"

/**
 * struct command - a command about the master key
 * @json: the members that only this command has; to be released by command_free()
 * @name: its member "command"
 * @signers: how many administrators have signed it
 */
struct command {
	json_t *json;
	char name[16];
	uint32_t signers;
};

/**
 * command_parse() - read a command and count who has signed it
 * @record: the record, in force
 * @message: JSON: {"command": TEXT, "signatures": [HEX, ...]}
 * @len: bytes of it
 * @command: receives the command, for command_free()
 * @failure: receives UKS_E_INVALID when it is malformed; UKS_E_REPLAYED when it is for
 *	another store or its number is not the next; UKS_E_NOT_ADMIN when a signature is
 *	no administrator's
 *
 * A signature is of TEXT, byte by byte: Ed25519 (RFC 8032), or ECDSA with SHA-256 as DER
 * (FIPS 186-5). Nobody counts twice.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int command_parse(const struct master_record *record, const uint8_t *message, size_t len,
		  struct command *command, struct failure *failure);

/**
 * command_free() - release a command
 * @command: from command_parse()
 */
void command_free(struct command *command);

/**
 * command_enough() - have enough administrators signed?
 * @record: the record, in force
 * @command: the command
 * @needed: how many there must be; in imprint mode none
 * @failure: receives UKS_E_NOT_ADMIN
 *
 * Return: 0, or -1 with @failure filled in.
 */
int command_enough(const struct master_record *record, const struct command *command,
		   uint32_t needed, struct failure *failure);

/**
 * administrator_add() - enrol somebody
 * @record: the record, to be changed
 * @name: for people
 * @key: DER SubjectPublicKeyInfo in hexadecimal digits
 * @failure: receives UKS_E_BAD_NAME, UKS_E_BAD_MATERIAL, UKS_E_INVALID
 *
 * Return: 0, or -1 with @failure filled in.
 */
int administrator_add(struct master_record *record, const char *name, const char *key,
		      struct failure *failure);

/**
 * administrator_remove() - let somebody be no administrator any more
 * @record: the record, to be changed
 * @name: who
 * @failure: receives UKS_E_NOT_ADMIN
 *
 * Return: 0, or -1 with @failure filled in.
 */
int administrator_remove(struct master_record *record, const char *name,
			 struct failure *failure);

#endif /* UKSD_MASTER_ADMIN_H */
