/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The new register of the master key, from empty to in force; and the end of all. */
#ifndef UKSD_MASTER_REGISTER_H
#define UKSD_MASTER_REGISTER_H

#include "daemon/dispatch.h"
#include "daemon/master/record.h"

/**
 * register_load() - fill the new register
 * @worker: the worker
 * @record: the record, to be changed
 * @message: nothing, to generate the key; or a part of it: its number from 1 (a byte),
 *	how many there are (a byte, 2 or 3), the part (SEAL_MASTER_LEN bytes)
 * @len: bytes of it
 * @failure: receives UKS_E_MASTER_STATE when the register is full or the part is not
 *	the next, UKS_E_BAD_MATERIAL
 *
 * The key is the XOR of its parts: any number of them but all tells nothing of it, when
 * each is uniformly random. Until the last one they are in memory only.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int register_load(struct worker *worker, struct master_record *record, const uint8_t *message,
		  size_t len, struct failure *failure);

/**
 * register_open() - read the key of the new register
 * @worker: the worker
 * @record: the record; the register is not empty
 * @key: receives the key, in locked memory
 * @failure: receives UKS_E_STORE when something else is there than the record says
 *
 * Return: 0, or -1 with @failure filled in.
 */
int register_open(struct worker *worker, const struct master_record *record, uint8_t *key,
		  struct failure *failure);

/**
 * register_clear() - empty the new register, parts included
 * @worker: the worker
 * @record: the record, to be changed
 * @failure: receives UKS_E_MASTER_STATE when it is empty
 *
 * Return: 0, or -1 with @failure filled in.
 */
int register_clear(struct worker *worker, struct master_record *record, struct failure *failure);

/**
 * register_set() - take the key of the new register into use
 * @worker: the worker
 * @record: the record, to be changed
 * @failure: receives UKS_E_MASTER_STATE when it is not committed, UKS_E_BLOB with the
 *	name of a key that is damaged
 *
 * Every blob is sealed anew, in one change of the store: afterwards either all are
 * under the new key, or all under the old one.
 *
 * Return: 0, or -1 with @failure filled in and nothing changed.
 */
int register_set(struct worker *worker, struct master_record *record, struct failure *failure);

/**
 * struct exchange - what else belongs into the change that exchanges the master key
 * @fill: writes it to the store; @key is the new master key
 * @context: its last argument but one
 */
struct exchange {
	int (*fill)(struct uksd *uksd, struct store *store, const uint8_t *key, void *context,
		    struct failure *failure);
	void *context;
};

/**
 * master_exchange() - put another master key in the place of the present one
 * @uksd: the daemon
 * @store: the store
 * @key: the other key, in locked memory
 * @record: the record as it shall be
 * @exchange: what goes into the same change
 * @failure: receives the cause
 *
 * For the time of the change no other one is possible, and for its end no key can be
 * used. The secret of authorisation values stays; the new register is empty afterwards.
 *
 * Return: 0, or -1 with @failure filled in and nothing changed.
 */
int master_exchange(struct uksd *uksd, struct store *store, const uint8_t *key,
		    struct master_record *record, const struct exchange *exchange,
		    struct failure *failure);

/**
 * master_zeroize() - destroy the master key and all that is under it
 * @uksd: the daemon; its workers may run
 * @store: the store
 * @failure: receives the cause
 *
 * What was begun is gone on with at the next start (master_resume()).
 *
 * Return: 0, or -1 with @failure filled in.
 */
int master_zeroize(struct uksd *uksd, struct store *store, struct failure *failure);

/**
 * master_resume() - go on with what a former daemon died in
 * @uksd: the daemon, its master key open, without workers
 * @store: the store
 * @failure: receives the cause
 *
 * Return: 0, or -1 with @failure filled in.
 */
int master_resume(struct uksd *uksd, struct store *store, struct failure *failure);

#endif /* UKSD_MASTER_REGISTER_H */
