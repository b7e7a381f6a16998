/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a request to its answer. */
#ifndef UKSD_DISPATCH_H
#define UKSD_DISPATCH_H

#include "daemon/uksd.h"

/**
 * struct request - a request, checked
 * @id: its number
 * @op: enum uks_op
 * @uid: effective user id of the client, in the initial user namespace
 * @gid: effective group id, in the initial user namespace
 * @tgid: its process, in the initial pid namespace
 * @userns: inode number of its user namespace
 * @groups: supplementary group ids, an array of 32-bit numbers, as the kernel has them
 * @secctx: its security context, as the kernel has it
 * @attrs: attributes by type, their lengths and ranges checked
 *
 * Attributes point into the worker's buffer.
 */
struct request {
	uint64_t id;
	uint32_t op;
	uint32_t uid;
	uint32_t gid;
	uint32_t tgid;
	uint64_t userns;
	struct uks_attr groups;
	struct uks_attr secctx;
	struct uks_attr attrs[UKS_A_MAX + 1];
};

/*
 * Handles one operation: writes the attributes of the answer to @out, returns 0,
 * or -1 with @failure filled in, having changed nothing. An answer that does
 * not fit must be noticed before anything is changed.
 */
typedef int (*handler)(struct worker *worker, const struct request *request,
		       struct uks_attrs *out, struct failure *failure);

int handle_status(struct worker *worker, const struct request *request,
		  struct uks_attrs *out, struct failure *failure);
int handle_session_open(struct worker *worker, const struct request *request,
			struct uks_attrs *out, struct failure *failure);
int handle_key_generate(struct worker *worker, const struct request *request,
			struct uks_attrs *out, struct failure *failure);
int handle_key_import(struct worker *worker, const struct request *request,
		      struct uks_attrs *out, struct failure *failure);
int handle_key_export_public(struct worker *worker, const struct request *request,
			     struct uks_attrs *out, struct failure *failure);
int handle_key_list(struct worker *worker, const struct request *request,
		    struct uks_attrs *out, struct failure *failure);
int handle_key_show(struct worker *worker, const struct request *request,
		    struct uks_attrs *out, struct failure *failure);
int handle_key_rename(struct worker *worker, const struct request *request,
		      struct uks_attrs *out, struct failure *failure);
int handle_key_delete(struct worker *worker, const struct request *request,
		      struct uks_attrs *out, struct failure *failure);
int handle_sign(struct worker *worker, const struct request *request,
		struct uks_attrs *out, struct failure *failure);
int handle_encrypt(struct worker *worker, const struct request *request,
		   struct uks_attrs *out, struct failure *failure);
int handle_decrypt(struct worker *worker, const struct request *request,
		   struct uks_attrs *out, struct failure *failure);
int handle_mac(struct worker *worker, const struct request *request,
	       struct uks_attrs *out, struct failure *failure);
int handle_agree(struct worker *worker, const struct request *request,
		 struct uks_attrs *out, struct failure *failure);
int handle_derive(struct worker *worker, const struct request *request,
		  struct uks_attrs *out, struct failure *failure);
int handle_key_agree(struct worker *worker, const struct request *request,
		     struct uks_attrs *out, struct failure *failure);
int handle_key_derive(struct worker *worker, const struct request *request,
		      struct uks_attrs *out, struct failure *failure);
int handle_key_wrap(struct worker *worker, const struct request *request,
		    struct uks_attrs *out, struct failure *failure);
int handle_key_unwrap(struct worker *worker, const struct request *request,
		      struct uks_attrs *out, struct failure *failure);
int handle_verify(struct worker *worker, const struct request *request,
		  struct uks_attrs *out, struct failure *failure);

int handle_audit(struct worker *worker, const struct request *request,
		 struct uks_attrs *out, struct failure *failure);
int handle_use(struct worker *worker, const struct request *request,
	       struct uks_attrs *out, struct failure *failure);
int handle_key_rotate(struct worker *worker, const struct request *request,
		      struct uks_attrs *out, struct failure *failure);
int handle_key_set_state(struct worker *worker, const struct request *request,
			 struct uks_attrs *out, struct failure *failure);
int handle_key_set_policy(struct worker *worker, const struct request *request,
			  struct uks_attrs *out, struct failure *failure);
int handle_key_restore(struct worker *worker, const struct request *request,
		       struct uks_attrs *out, struct failure *failure);
int handle_key_attest(struct worker *worker, const struct request *request,
		      struct uks_attrs *out, struct failure *failure);
int handle_pin(struct worker *worker, const struct request *request,
	       struct uks_attrs *out, struct failure *failure);
int handle_key_versions(struct worker *worker, const struct request *request,
			struct uks_attrs *out, struct failure *failure);
int handle_master(struct worker *worker, const struct request *request,
		  struct uks_attrs *out, struct failure *failure);
int handle_boot_policy(struct worker *worker, const struct request *request,
		       struct uks_attrs *out, struct failure *failure);
int handle_backup(struct worker *worker, const struct request *request,
		  struct uks_attrs *out, struct failure *failure);
int handle_provision(struct worker *worker, const struct request *request,
		     struct uks_attrs *out, struct failure *failure);

/**
 * struct attr_policy - what an attribute must be like
 * @min_len: least length, bytes
 * @max_len: greatest length, bytes
 * @min: least value of a number
 */
struct attr_policy {
	uint16_t min_len;
	uint16_t max_len;
	uint32_t min;
};

/* By attribute type; made from Documentation/netlink/specs/uks.yaml. */
extern const struct attr_policy request_policies[UKS_A_MAX + 1];
extern const struct attr_policy parameter_policies[UKS_PARAM_MAX + 1];
extern const struct attr_policy policy_policies[UKS_POLICY_A_MAX + 1];
extern const struct attr_policy grant_policies[UKS_GRANT_MAX + 1];

/**
 * dispatch() - handle the request in a worker's buffer
 * @worker: @in holds the request and @in_len its length; @out and @out_len
 *	receive the answer
 *
 * worker_done() is to be called once the answer was written, and also when
 * this fails.
 *
 * Return: 0, or -1 when this is no request that could be answered: the kernel
 * and this daemon do not understand each other.
 */
int dispatch(struct worker *worker);

/**
 * dispatch_refuse() - replace the answer by an error
 * @worker: @out and @out_len receive the answer
 * @id: number of the request
 * @failure: the error
 */
void dispatch_refuse(struct worker *worker, uint64_t id, const struct failure *failure);

#endif /* UKSD_DISPATCH_H */
