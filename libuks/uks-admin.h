/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libuks: the life of the master key, which boots open it, and backups. For root of the
 * machine; what goes in and out is described in Documentation/master-key.rst and
 * boot-policy.rst.
 */
#ifndef UKS_ADMIN_H
#define UKS_ADMIN_H

#include "uks.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct uks_admin_call - what is asked for
 * @command: enum uks_master_command, uks_backup_command or uks_boot_command
 * @message: for that command, or NULL
 * @message_len: bytes at @message, at most UKS_MESSAGE_MAX
 * @cursor: from the answer before, or NULL
 * @flags: enum uks_call_flag
 */
struct uks_admin_call {
	uint32_t command;
	const void *message;
	size_t message_len;
	const char *cursor;
	uint32_t flags;
};

/**
 * struct uks_admin_answer - the answer
 * @result: what the command gives; wiped when it is freed
 * @result_len: bytes at @result
 * @cursor: for the next call; "" if there is no more
 *
 * Made by uks_master(), uks_backup() and uks_boot_policy(), freed by
 * uks_admin_answer_free(); a later library may add members at the end.
 */
struct uks_admin_answer {
	const uint8_t *result;
	size_t result_len;
	const char *cursor;
};

/**
 * uks_master() - take a step in the life of the master key
 * @client: the client
 * @call: which
 * @answer: [out] the answer; uks_admin_answer_free() it; NULL: it is dropped
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_ACCESS, -UKS_E_MASTER_STATE,
 * -UKS_E_NOT_ADMIN, -UKS_E_REPLAYED, -UKS_E_SHARES.
 */
int uks_master(struct uks_client *client, const struct uks_admin_call *call,
	       struct uks_admin_answer **answer, struct uks_err *err);

/**
 * uks_backup() - read or write a piece of a backup
 * @client: the client
 * @call: which; frames go in its message, without their length
 * @answer: [out] the answer, as in uks_master()
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_BACKUP, -UKS_E_MASTER_STATE.
 */
int uks_backup(struct uks_client *client, const struct uks_admin_call *call,
	       struct uks_admin_answer **answer, struct uks_err *err);

/**
 * uks_boot_policy() - show or change which boots open the master key
 * @client: the client
 * @call: which, an enum uks_boot_command; what its message and the answer are is in
 *	Documentation/boot-policy.rst
 * @answer: [out] the answer, as in uks_master()
 * @err: what went wrong, or NULL
 *
 * Return: 0, or a negative enum uks_error, as -UKS_E_BOOT, -UKS_E_ACCESS,
 * -UKS_E_MASTER_STATE, -UKS_E_BUSY.
 */
int uks_boot_policy(struct uks_client *client, const struct uks_admin_call *call,
		    struct uks_admin_answer **answer, struct uks_err *err);

/**
 * uks_admin_answer_free() - wipe and free an answer
 * @answer: the answer, or NULL
 */
void uks_admin_answer_free(struct uks_admin_answer *answer);

#ifdef __cplusplus
}
#endif

#endif /* UKS_ADMIN_H */
