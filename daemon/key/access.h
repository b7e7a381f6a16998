/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may use a key, and for what. */
#ifndef UKSD_ACCESS_H
#define UKSD_ACCESS_H

#include "daemon/dispatch.h"
#include "daemon/key/policy.h"

/**
 * access_owner() - does the client of a request own a key?
 * @request: the request
 * @key: the key
 * @failure: receives UKS_E_ACCESS, with nothing in it that only the owner may
 *	know
 *
 * Root is nobody else. What a key's policy grants others is its use, not this.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int access_owner(const struct request *request, const struct key *key, struct failure *failure);

/**
 * access_check() - may the client of a request use a key?
 * @worker: the worker
 * @request: the request
 * @key: the key
 * @policy: its policy
 * @purpose: what for, one bit of enum uks_purpose; 0 for any
 * @in_session: the session was opened by this process, so that executable and
 *	unit need no look
 * @failure: receives UKS_E_ACCESS
 *
 * The owner may, and whom a grant of the policy lets in; and if the policy binds the
 * key, only those who fulfil one of its binds.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int access_check(struct worker *worker, const struct request *request, const struct key *key,
		 const struct policy *policy, uint32_t purpose, bool in_session,
		 struct failure *failure);

/**
 * access_purpose() - may a key be used for a purpose?
 * @key: the key, which the client may use
 * @purpose: one bit of enum uks_purpose
 * @failure: receives UKS_E_BAD_PURPOSE
 *
 * Return: 0, or -1 with @failure filled in.
 */
int access_purpose(const struct key *key, uint32_t purpose, struct failure *failure);

/**
 * access_administrator() - is it root of this machine who asks?
 * @request: the request
 * @failure: receives UKS_E_ACCESS
 *
 * User 0 of another user namespace than the initial one is not.
 *
 * Return: 0, or -1 with @failure filled in.
 */
int access_administrator(const struct request *request, struct failure *failure);

#endif /* UKSD_ACCESS_H */
