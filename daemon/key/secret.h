/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys that serve one request outside sessions: to agree, derive, wrap and unwrap. */
#ifndef UKSD_KEY_SECRET_H
#define UKSD_KEY_SECRET_H

#include "daemon/key/change.h"
#include "daemon/key/use.h"
#include "daemon/parameter.h"

#define SECRET_ROOM	(KEY_SECRET_MAX + 1024)	/* for a key in any format */

/**
 * struct one_use - a key that does one job
 * @key: the key
 * @policy: its policy; points into @key
 * @private_key: it, ready
 * @job: what it is to do
 * @secret: locked room for SECRET_ROOM bytes of secret
 * @output: at @secret
 */
struct one_use {
	struct key key;
	struct policy policy;
	struct private_key *private_key;
	struct job job;
	uint8_t *secret;
	struct output output;
};

/**
 * one_use_load() - make a record's key ready
 * @worker: its @secret is used meanwhile
 * @request: has its PIN, if it needs one
 * @record: the key
 * @policy: its policy
 * @purpose: what for
 * @private_key: receives it, for the provider to unload
 * @failure: receives UKS_E_BLOB, UKS_E_CRYPTO, what pin_give() says
 *
 * Return: 0, or -1 with @failure filled in.
 */
int one_use_load(struct worker *worker, const struct request *request,
		 const struct record *record, const struct policy *policy, uint32_t purpose,
		 struct private_key **private_key, struct failure *failure);

/**
 * one_use_begin() - may the client use a key for the request's job? Then make it ready
 * @worker: holds the key
 * @request: UKS_A_ALGORITHM, UKS_A_DIGEST and UKS_A_PARAMETERS say how
 * @record: the key
 * @purpose: one bit of enum uks_purpose
 * @use: what is filled in; to be ended by one_use_end() also when this fails
 * @failure: receives what key_permit() says, UKS_E_BAD_PARAMETER, UKS_E_NO_MEMORY
 *
 * Return: 0, or -1 with @failure filled in.
 */
int one_use_begin(struct worker *worker, const struct request *request,
		  const struct record *record, uint32_t purpose, struct one_use *use,
		  struct failure *failure);

/**
 * one_use_perform() - count the use and do the job
 * @worker: the worker
 * @use: begun
 * @failure: receives what key_count() and the provider say
 *
 * Return: 0 with the result at @output of @use, or -1 with @failure filled in.
 */
int one_use_perform(struct worker *worker, struct one_use *use, struct failure *failure);

/**
 * one_use_keep() - keep bytes as the key that key_new() has begun
 * @worker: @record is that key
 * @request: as in key_keep()
 * @type: its type
 * @import: its bytes
 * @out: as in key_keep()
 * @failure: as in key_keep(), or UKS_E_BAD_MATERIAL
 *
 * Return: 0, or -1 with @failure filled in.
 */
int one_use_keep(struct worker *worker, const struct request *request,
		 const struct key_type *type, const struct import *import,
		 struct uks_attrs *out, struct failure *failure);

/** one_use_end() - wipe and free what one_use_begin() made */
void one_use_end(struct worker *worker, struct one_use *use);

#endif /* UKSD_KEY_SECRET_H */
