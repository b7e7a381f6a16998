/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* May this client use this key so, now? The one place that answers. */
#ifndef UKSD_KEY_USE_H
#define UKSD_KEY_USE_H

#include "daemon/key/find.h"
#include "daemon/key/policy.h"

/**
 * struct key_call - a use of a key that a client asks for
 * @use: how the key is to be used
 * @flags: bits of enum uks_call_flag of the request
 * @in_session: the request was made in a session, which was checked when it was
 *	opened: what can only be found out about a process is not looked up again
 */
struct key_call {
	struct key_use use;
	uint32_t flags;
	bool in_session;
};

/**
 * key_permit() - may the client of a request use a key so, now?
 * @worker: the worker
 * @request: the request
 * @key: the key, in the version that is to be used
 * @call: how
 * @policy: receives the key's policy; points into @key
 * @failure: receives the first reason against it: UKS_E_ACCESS, UKS_E_DESTROYED,
 *	UKS_E_BAD_PURPOSE, UKS_E_BAD_ALGORITHM, UKS_E_BAD_DIGEST, UKS_E_LEGACY,
 *	UKS_E_LIBRARY, UKS_E_NOT_YET, UKS_E_EXPIRED, UKS_E_PRE_ACTIVATION,
 *	UKS_E_SUSPENDED, UKS_E_DEACTIVATED, UKS_E_COMPROMISED
 *
 * Counts nothing: that is key_count(), to be called last, when nothing else can
 * go wrong before the key is used.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int key_permit(struct worker *worker, const struct request *request, const struct key *key,
	       const struct key_call *call, struct policy *policy, struct failure *failure);

/**
 * key_count() - count uses of a key, if its policy bounds them
 * @worker: the worker; no change of its store may be under way
 * @key: the key
 * @policy: its policy
 * @count: how many uses
 * @failure: receives UKS_E_USED_UP, UKS_E_USED_UP_BOOT, UKS_E_RATE, UKS_E_STORE,
 *	UKS_E_STORE_FULL, UKS_E_BLOB
 *
 * The count is durable when this returns.
 *
 * Return: 0, or -1 with @failure filled in and nothing counted.
 */
int key_count(struct worker *worker, const struct key *key, const struct policy *policy,
	      uint32_t count, struct failure *failure);

/**
 * key_of_session() - get the key of a session's request: found, permitted, counted
 * @worker: the worker
 * @request: a request that the kernel made in a session: UKS_A_KEY_ID,
 *	UKS_A_KEY_VERSION, UKS_A_PURPOSES, UKS_A_ALGORITHM, perhaps UKS_A_DIGEST
 * @purposes: what the request's operation is for, bits of enum uks_purpose; the
 *	session's must be one of them
 * @failure: receives what key_permit() and key_count() say, or UKS_E_WRONG_PURPOSE,
 *	UKS_E_NO_KEY, UKS_E_NO_VERSION, UKS_E_BLOB, UKS_E_CRYPTO
 *
 * One call is one use. For remote ciphers of whole blocks, which are many calls
 * for one message, the session is UKS_LEASE_COUNTED: the kernel asks by
 * UKS_OP_USE for each message, and this counts nothing.
 *
 * Return: the key, for keycache_put(), or NULL with @failure filled in.
 */
struct cached_key *key_of_session(struct worker *worker, const struct request *request,
				  uint32_t purposes, struct failure *failure);

/**
 * key_use_ahead() - count uses that the kernel is about to make of a key (UKS_OP_USE)
 * @worker: the worker
 * @request: made by the kernel in a session; UKS_A_COUNT uses, or one
 * @failure: receives what key_permit() and key_count() say
 *
 * Return: 0, or -1 with @failure filled in and nothing counted.
 */
int key_use_ahead(struct worker *worker, const struct request *request,
		  struct failure *failure);

/**
 * key_counted_by_kernel() - does the kernel ask by UKS_OP_USE before each message?
 * @algorithm: of the session, enum uks_algorithm
 * @remote: the daemon does the work
 *
 * Return: true for leases and for remote ciphers of whole blocks.
 */
bool key_counted_by_kernel(uint32_t algorithm, bool remote);

#endif /* UKSD_KEY_USE_H */
