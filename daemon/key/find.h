/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the name or id in a request to the key. */
#ifndef UKSD_KEY_FIND_H
#define UKSD_KEY_FIND_H

#include "daemon/dispatch.h"
#include "daemon/key/policy.h"

/**
 * key_find() - look up the key that a request names
 * @worker: @record receives it, in its newest version
 * @request: has UKS_A_KEY_NAME, in the name space of the client, or UKS_A_KEY_ID
 * @failure: receives UKS_E_NO_KEY, UKS_E_ACCESS, UKS_E_DESTROYED, UKS_E_STORE
 *
 * The client is the owner, or somebody whom the key's policy grants something. That
 * is no permission to use the key: key_permit() gives that. What @record says is not to
 * be believed before key_open().
 *
 * Return: 0, or -1 with @failure filled in.
 */
int key_find(struct worker *worker, const struct request *request, struct failure *failure);

/**
 * key_may_know() - may the client of a request know of a key?
 * @worker: the worker
 * @request: the request
 * @key: the key
 * @failure: receives UKS_E_ACCESS, UKS_E_BLOB
 *
 * Return: 0 for its owner, and for whom its policy grants something; or -1 with
 * @failure filled in.
 */
int key_may_know(struct worker *worker, const struct request *request, const struct key *key,
		 struct failure *failure);

/**
 * key_find_version() - go on to another version of the key that was found
 * @worker: @record is the key, and becomes that version
 * @version: which; 0 for the one that is there
 * @failure: receives UKS_E_NO_VERSION, UKS_E_STORE
 *
 * Return: 0, or -1 with @failure filled in.
 */
int key_find_version(struct worker *worker, uint32_t version, struct failure *failure);

/**
 * key_find_to_use() - look up a key, and hold it until worker_done()
 * @worker: as in key_find(); @lock is held afterwards
 * @request: as in key_find(); UKS_A_KEY_VERSION may name a version
 * @failure: as in key_find(), or UKS_E_NO_VERSION
 *
 * Return: 0, or -1 with @failure filled in.
 */
int key_find_to_use(struct worker *worker, const struct request *request,
		    struct failure *failure);

/**
 * key_find_wrapping_to_use() - look up the key that unwraps, and hold it
 * @worker: @record and @wrapping receive it; @lock is held afterwards
 * @request: has UKS_A_WRAPPING_NAME or UKS_A_WRAPPING_ID
 * @failure: as in key_find()
 *
 * Return: 0, or -1 with @failure filled in.
 */
int key_find_wrapping_to_use(struct worker *worker, const struct request *request,
			     struct failure *failure);

/**
 * key_find_both_to_use() - look up a key to be wrapped, and that which wraps, and hold
 *	both
 * @worker: @record receives the first, @wrapping the second
 * @request: names both; UKS_A_KEY_VERSION may name a version of the first
 * @failure: as in key_find_to_use(); UKS_E_ACCESS also when the client does not own
 *	the first
 *
 * Return: 0, or -1 with @failure filled in.
 */
int key_find_both_to_use(struct worker *worker, const struct request *request,
			 struct failure *failure);

/**
 * key_find_to_change() - look up a key of the client, and hold it alone until
 *	worker_done()
 * @worker: as in key_find(); @lock is held afterwards
 * @request: as in key_find()
 * @failure: as in key_find(); UKS_E_ACCESS for everybody but the owner
 *
 * Return: 0, or -1 with @failure filled in.
 */
int key_find_to_change(struct worker *worker, const struct request *request,
		       struct failure *failure);

/**
 * key_not_provisioned() - may its owner delete, rotate or replace a key?
 * @key: the key
 * @policy: its policy
 * @failure: receives UKS_E_PROVISION for a key that an issuer provided
 *
 * Return: 0, or -1 with @failure filled in.
 */
int key_not_provisioned(const struct key *key, const struct policy *policy,
			struct failure *failure);

/**
 * key_open_record() - open the sealed secret of a record, and with it prove that the
 *	record is whole and the latest
 * @worker: @secret receives the secret, to be wiped by the caller
 * @record: the record; its key is locked, or a change under way
 * @len: receives its length
 * @failure: receives UKS_E_BLOB, UKS_E_ROLLBACK
 *
 * Return: 0, or -1 with @failure filled in and no secret left.
 */
int key_open_record(struct worker *worker, const struct record *record, size_t *len,
		    struct failure *failure);

/**
 * key_open() - open the sealed secret of @record, and with it prove the record
 * @worker: @secret receives the secret, to be wiped by the caller
 * @len: receives its length
 * @failure: receives UKS_E_BLOB, UKS_E_ROLLBACK
 *
 * Return: 0, or -1 with @failure filled in.
 */
int key_open(struct worker *worker, size_t *len, struct failure *failure);

/**
 * key_prove() - find out whether a record is as it was stored
 * @worker: whose @secret is used meanwhile
 * @record: the record
 * @failure: receives UKS_E_BLOB
 *
 * Return: 0, or -1 with @failure filled in.
 */
int key_prove(struct worker *worker, const struct record *record, struct failure *failure);

/**
 * key_ready() - the key of @record, ready to sign
 * @worker: holds the key's lock
 * @failure: receives UKS_E_BLOB, UKS_E_CRYPTO
 *
 * Return: the key, for keycache_put(), or NULL with @failure filled in.
 */
struct cached_key *key_ready(struct worker *worker, struct failure *failure);

#endif /* UKSD_KEY_FIND_H */
