// SPDX-License-Identifier: GPL-2.0
/*
 * Calls: requests that a client makes of the daemon. The kernel checks the shape
 * of what goes either way; what it means is the daemon's to decide.
 */
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "uks.h"

#define A(name)		BIT_ULL(UKS_A_##name)
#define KEYREF		(A(KEY_NAME) | A(KEY_ID))
#define DESCRIPTION	(A(KEY_ID) | A(KEY_NAME) | A(KEY_TYPE) | A(PURPOSES) | A(KEY_VERSION) | \
			 A(KEY_STATE) | A(CREATED) | A(OWNER) | A(ORIGIN) | A(PUBLIC_KEY) | \
			 A(POLICY) | A(USES) | A(ERASED) | A(CHECK_VALUE) | \
			 A(PROVIDER) | A(TRIES))
#define NEW_KEY		(A(PURPOSES) | A(POLICY) | A(FLAGS) | A(KEY_STATE) | A(PROVIDER) | \
			 A(NEW_PIN) | A(ADMIN_CODE))
#define ADMINISTRATION	(A(MESSAGE) | A(CURSOR) | A(LIMIT) | A(FLAGS))
#define WRAPPING	(A(WRAPPING_NAME) | A(WRAPPING_ID))

/**
 * struct uks_shape - which attributes an operation has
 * @need: must be in the request
 * @may: may be in the request
 * @out_need: must be in the answer
 * @out_may: may be in the answer
 */
struct uks_shape {
	u64 need;
	u64 may;
	u64 out_need;
	u64 out_may;
};

/* Row 0 is the answer that refuses. */
static const struct uks_shape uks_shapes[] = {
	[0] = { .out_may = A(ERROR_TEXT) },
	[UKS_OP_STATUS] = {
		.out_may = A(DAEMON_VERSION) | A(STORE) | A(STORE_SCHEMA) | A(KEYS) | A(TPM) |
			   A(TPM_ROOT) | A(STARTED) | A(GENERATION) | A(MASTER_STATE) |
			   A(RESULT),
	},
	[UKS_OP_SESSION_OPEN] = {
		.need = A(PURPOSES),
		.may = KEYREF | A(KEY_VERSION) | A(ALGORITHM) | A(DIGEST) | A(PARAMETERS) |
		       A(FLAGS) | A(PIN),
		.out_need = A(KEY_ID) | A(KEY_VERSION) | A(ALGORITHM),
		.out_may = A(DIGEST) | A(KEY_MATERIAL) | A(LEASE_FLAGS) | A(LEASE_USES) |
			   A(LEASE_EXPIRES) | A(PARAMETERS) | A(PREFIX) | A(NONCE_LEN) |
			   A(TAG_LEN) | A(IDLE) | A(KEY_TYPE),
	},
	[UKS_OP_KEY_GENERATE] = {
		.need = A(KEY_NAME) | A(KEY_TYPE),
		.may = NEW_KEY | A(COUNT),
		.out_need = A(KEY_ID),
		.out_may = DESCRIPTION,
	},
	[UKS_OP_KEY_IMPORT] = {
		.need = A(KEY_NAME) | A(KEY_TYPE) | A(KEY_FORMAT) | A(KEY_MATERIAL),
		.may = NEW_KEY,
		.out_need = A(KEY_ID),
		.out_may = DESCRIPTION,
	},
	[UKS_OP_KEY_EXPORT_PUBLIC] = {
		.may = KEYREF | A(KEY_VERSION),
		.out_need = A(PUBLIC_KEY),
		.out_may = A(KEY_ID) | A(KEY_TYPE) | A(KEY_VERSION) | A(KEY_FORMAT),
	},
	[UKS_OP_KEY_LIST] = {
		.may = A(CURSOR) | A(LIMIT) | A(FLAGS),
		.out_may = A(KEY) | A(CURSOR),
	},
	[UKS_OP_KEY_SHOW] = {
		.may = KEYREF | A(KEY_VERSION),
		.out_need = A(KEY_ID),
		.out_may = DESCRIPTION,
	},
	[UKS_OP_KEY_RENAME] = {
		.need = A(NEW_NAME),
		.may = KEYREF,
	},
	[UKS_OP_KEY_DELETE] = {
		.may = KEYREF | A(FLAGS),
		.out_may = A(ERASED),
	},
	[UKS_OP_SIGN] = {
		.out_need = A(SIGNATURE),
	},
	[UKS_OP_VERIFY] = {},
	[UKS_OP_ENCRYPT] = {
		.out_need = A(RESULT),
		.out_may = A(NONCE),
	},
	[UKS_OP_DECRYPT] = {
		.out_need = A(RESULT),
		.out_may = A(NONCE),
	},
	[UKS_OP_MAC] = {
		.out_need = A(RESULT),
	},
	[UKS_OP_AGREE] = {
		.out_need = A(RESULT),
	},
	[UKS_OP_DERIVE] = {
		.out_need = A(RESULT),
	},
	[UKS_OP_USE] = {},
	[UKS_OP_KEY_AGREE] = {
		.need = A(NEW_NAME) | A(KEY_TYPE) | A(PARAMETERS),
		.may = KEYREF | NEW_KEY | A(ALGORITHM) | A(DIGEST) | A(PIN),
		.out_need = A(KEY_ID),
		.out_may = DESCRIPTION,
	},
	[UKS_OP_KEY_DERIVE] = {
		.need = A(NEW_NAME) | A(KEY_TYPE) | A(ALGORITHM),
		.may = KEYREF | NEW_KEY | A(DIGEST) | A(PARAMETERS) | A(PIN),
		.out_need = A(KEY_ID),
		.out_may = DESCRIPTION,
	},
	[UKS_OP_KEY_WRAP] = {
		.need = A(ALGORITHM),
		.may = KEYREF | A(KEY_VERSION) | WRAPPING | A(PUBLIC_KEY) | A(KEY_FORMAT) |
		       A(DIGEST) | A(PARAMETERS) | A(PIN),
		.out_need = A(WRAPPED),
		.out_may = A(KEY_ID) | A(KEY_TYPE) | A(KEY_VERSION) | A(KEY_FORMAT),
	},
	[UKS_OP_KEY_UNWRAP] = {
		.need = A(KEY_NAME) | A(KEY_TYPE) | A(KEY_FORMAT) | A(WRAPPED) | A(ALGORITHM),
		.may = WRAPPING | NEW_KEY | A(DIGEST) | A(PARAMETERS) | A(PIN),
		.out_need = A(KEY_ID),
		.out_may = DESCRIPTION,
	},
	[UKS_OP_KEY_ROTATE] = {
		.may = KEYREF | A(KEY_FORMAT) | A(KEY_MATERIAL),
		.out_need = A(KEY_ID),
		.out_may = DESCRIPTION,
	},
	[UKS_OP_KEY_SET_STATE] = {
		.need = A(KEY_STATE),
		.may = KEYREF | A(KEY_VERSION),
		.out_need = A(KEY_ID),
		.out_may = DESCRIPTION,
	},
	[UKS_OP_KEY_SET_POLICY] = {
		.need = A(POLICY),
		.may = KEYREF,
		.out_need = A(KEY_ID),
		.out_may = DESCRIPTION,
	},
	[UKS_OP_KEY_RESTORE] = {
		.may = KEYREF | A(NEW_NAME),
		.out_need = A(KEY_ID),
		.out_may = DESCRIPTION,
	},
	[UKS_OP_KEY_VERSIONS] = {
		.may = KEYREF,
		.out_may = A(KEY),
	},
	[UKS_OP_KEY_ATTEST] = {
		.need = A(COMMAND),
		.may = KEYREF | A(KEY_VERSION) | A(FLAGS) | A(CHALLENGE) | A(MESSAGE),
		.out_need = A(RESULT),
		.out_may = A(KEY_ID) | A(KEY_VERSION),
	},
	[UKS_OP_PIN] = {
		.need = A(COMMAND),
		.may = KEYREF | A(PIN) | A(NEW_PIN) | A(ADMIN_CODE),
		.out_may = A(TRIES),
	},
	[UKS_OP_BOOT_POLICY] = {
		.need = A(COMMAND),
		.may = ADMINISTRATION,
		.out_may = A(RESULT) | A(CURSOR),
	},
	[UKS_OP_MASTER] = {
		.need = A(COMMAND),
		.may = ADMINISTRATION,
		.out_may = A(RESULT) | A(CURSOR),
	},
	[UKS_OP_BACKUP] = {
		.need = A(COMMAND),
		.may = ADMINISTRATION,
		.out_may = A(RESULT) | A(CURSOR),
	},
	[UKS_OP_AUDIT] = {
		.need = A(COMMAND),
		.may = ADMINISTRATION,
		.out_may = A(RESULT) | A(CURSOR),
	},
	[UKS_OP_PROVISION] = {
		.need = A(COMMAND),
		.may = ADMINISTRATION,
		.out_may = A(RESULT) | A(CURSOR),
	},
};

static_assert(UKS_A_MAX < 64);

/* Which attributes are there? One that comes twice has two meanings: refused. */
static int uks_attrs_seen(const void *payload, u32 len, u64 *seen)
{
	const struct nlattr *nla;
	int rem;

	*seen = 0;
	nla_for_each_attr(nla, payload, len, rem) {
		u64 bit = BIT_ULL(nla_type(nla));

		if (*seen & bit && nla_type(nla) != UKS_A_KEY)
			return -EINVAL;
		*seen |= bit;
	}
	return 0;
}

/**
 * uks_attrs_check() - has a payload the attributes its operation wants?
 * @op: enum uks_op, or 0 for the answer that refuses
 * @payload: attributes
 * @len: bytes at @payload
 * @answer: it is an answer, not a request
 * @tb: the attributes, indexed by type
 *
 * Return: 0, or -EINVAL when an attribute is missing, unknown, malformed, out of
 * place or there twice.
 */
int uks_attrs_check(u32 op, const void *payload, u32 len, bool answer, struct nlattr **tb)
{
	const struct uks_shape *shape = &uks_shapes[op];
	u64 need = answer ? shape->out_need : shape->need;
	u64 may = answer ? shape->out_may : shape->may;
	u64 seen;

	if (__nla_parse(tb, UKS_A_MAX, payload, len, uks_request_policy, NL_VALIDATE_STRICT, NULL))
		return -EINVAL;
	if (uks_attrs_seen(payload, len, &seen))
		return -EINVAL;
	if (need & ~seen || seen & ~(need | may))
		return -EINVAL;
	return 0;
}

/**
 * uks_outcome_text() - give the caller the daemon's words about an error
 * @outcome: where the text shall go
 * @req: an answered request
 *
 * The text only explains: when it cannot be given, the error stands as it is.
 */
void uks_outcome_text(struct uks_outcome *outcome, const struct uks_request *req)
{
	struct nlattr *tb[UKS_A_MAX + 1];
	u32 room = outcome->text_len;
	char text[UKS_TEXT_MAX];
	size_t len = 0;

	outcome->text_len = 0;
	if (!req->error || uks_attrs_check(0, req->out, req->out_len, true, tb))
		return;
	if (!tb[UKS_A_ERROR_TEXT] || !room)
		return;
	len = min_t(size_t, nla_len(tb[UKS_A_ERROR_TEXT]), sizeof(text) - 1);
	len = min_t(size_t, len, room - 1);
	memcpy(text, nla_data(tb[UKS_A_ERROR_TEXT]), len);
	text[len++] = 0;
	if (!copy_to_user(u64_to_user_ptr(outcome->text), text, len))
		outcome->text_len = len;
}

/*
 * A call that changes something is refused beforehand when its answer could not
 * be given out: there is no undoing it afterwards.
 */
static int uks_call_check_room(u32 op, struct uks_call *call)
{
	u32 room = uks_op_room(op);

	if (!room)
		return 0;
	if (call->out_len < room) {
		call->out_len = room;
		call->outcome.error = UKS_E_NO_ROOM;
		return -ENOBUFS;
	}
	return fault_in_writeable(u64_to_user_ptr(call->out), room) ? -EFAULT : 0;
}

/**
 * uks_call_request() - make a request of a call
 * @client: who calls
 * @op: enum uks_op
 * @call: what it says
 *
 * Return: the request, not yet submitted, or an ERR_PTR.
 */
struct uks_request *uks_call_request(struct uks_client *client, u32 op,
				     const struct uks_call *call)
{
	struct nlattr *tb[UKS_A_MAX + 1];
	struct uks_request *req;
	int ret;

	if (call->in_len > UKS_PAYLOAD_MAX)
		return ERR_PTR(-EMSGSIZE);
	req = uks_request_new(client, op, call->in_len);
	if (IS_ERR(req))
		return req;
	ret = -EFAULT;
	if (copy_from_user(uks_request_payload(req), u64_to_user_ptr(call->in), call->in_len))
		goto err;
	ret = uks_attrs_check(op, uks_request_payload(req), call->in_len, false, tb);
	if (ret)
		goto err;
	return req;
err:
	uks_request_put(req);
	return ERR_PTR(ret);
}

static int uks_call_reply(struct uks_call *call, const struct uks_request *req)
{
	u32 room = call->out_len;

	call->out_len = req->out_len;
	if (room < req->out_len) {
		call->outcome.error = UKS_E_NO_ROOM;
		return -ENOBUFS;
	}
	if (copy_to_user(u64_to_user_ptr(call->out), req->out, req->out_len))
		return -EFAULT;
	return 0;
}

static int uks_call(struct uks_cmd *cmd, u32 op)
{
	struct uks_call *call = &cmd->call;
	struct uks_request *req;
	int ret;

	if (call->reserved)
		return -EINVAL;
	ret = uks_call_check_room(op, call);
	if (ret)
		return ret;
	req = uks_call_request(cmd->owner, op, call);
	if (IS_ERR(req))
		return PTR_ERR(req);
	ret = uks_request_run(req, call->deadline_ns, &call->outcome);
	if (!ret)
		ret = uks_call_reply(call, req);
	uks_request_put(req);
	return ret;
}

/** uks_call_status() - UKS_IOC_STATUS */
int uks_call_status(struct uks_cmd *cmd)
{
	return uks_call(cmd, UKS_OP_STATUS);
}

/** uks_call_key_generate() - UKS_IOC_KEY_GENERATE */
int uks_call_key_generate(struct uks_cmd *cmd)
{
	return uks_call(cmd, UKS_OP_KEY_GENERATE);
}

/** uks_call_key_import() - UKS_IOC_KEY_IMPORT */
int uks_call_key_import(struct uks_cmd *cmd)
{
	return uks_call(cmd, UKS_OP_KEY_IMPORT);
}

/** uks_call_key_export_public() - UKS_IOC_KEY_EXPORT_PUBLIC */
int uks_call_key_export_public(struct uks_cmd *cmd)
{
	return uks_call(cmd, UKS_OP_KEY_EXPORT_PUBLIC);
}

/** uks_call_key_list() - UKS_IOC_KEY_LIST */
int uks_call_key_list(struct uks_cmd *cmd)
{
	return uks_call(cmd, UKS_OP_KEY_LIST);
}

/** uks_call_key_show() - UKS_IOC_KEY_SHOW */
int uks_call_key_show(struct uks_cmd *cmd)
{
	return uks_call(cmd, UKS_OP_KEY_SHOW);
}

/** uks_call_key_rename() - UKS_IOC_KEY_RENAME */
int uks_call_key_rename(struct uks_cmd *cmd)
{
	return uks_call(cmd, UKS_OP_KEY_RENAME);
}

/** uks_call_key_delete() - UKS_IOC_KEY_DELETE */
int uks_call_key_delete(struct uks_cmd *cmd)
{
	return uks_call(cmd, UKS_OP_KEY_DELETE);
}

/** uks_call_key_agree() - UKS_IOC_KEY_AGREE */
int uks_call_key_agree(struct uks_cmd *cmd)
{
	return uks_call(cmd, UKS_OP_KEY_AGREE);
}

/** uks_call_key_derive() - UKS_IOC_KEY_DERIVE */
int uks_call_key_derive(struct uks_cmd *cmd)
{
	return uks_call(cmd, UKS_OP_KEY_DERIVE);
}

/** uks_call_key_wrap() - UKS_IOC_KEY_WRAP */
int uks_call_key_wrap(struct uks_cmd *cmd)
{
	return uks_call(cmd, UKS_OP_KEY_WRAP);
}

/** uks_call_key_unwrap() - UKS_IOC_KEY_UNWRAP */
int uks_call_key_unwrap(struct uks_cmd *cmd)
{
	return uks_call(cmd, UKS_OP_KEY_UNWRAP);
}

/** uks_call_key_rotate() - UKS_IOC_KEY_ROTATE */
int uks_call_key_rotate(struct uks_cmd *cmd)
{
	return uks_call(cmd, UKS_OP_KEY_ROTATE);
}

/** uks_call_key_set_state() - UKS_IOC_KEY_SET_STATE */
int uks_call_key_set_state(struct uks_cmd *cmd)
{
	return uks_call(cmd, UKS_OP_KEY_SET_STATE);
}

/** uks_call_key_set_policy() - UKS_IOC_KEY_SET_POLICY */
int uks_call_key_set_policy(struct uks_cmd *cmd)
{
	return uks_call(cmd, UKS_OP_KEY_SET_POLICY);
}

/** uks_call_key_restore() - UKS_IOC_KEY_RESTORE */
int uks_call_key_restore(struct uks_cmd *cmd)
{
	return uks_call(cmd, UKS_OP_KEY_RESTORE);
}

/** uks_call_key_versions() - UKS_IOC_KEY_VERSIONS */
int uks_call_key_versions(struct uks_cmd *cmd)
{
	return uks_call(cmd, UKS_OP_KEY_VERSIONS);
}

/** uks_call_key_attest() - UKS_IOC_KEY_ATTEST */
int uks_call_key_attest(struct uks_cmd *cmd)
{
	return uks_call(cmd, UKS_OP_KEY_ATTEST);
}

/** uks_call_pin() - UKS_IOC_PIN */
int uks_call_pin(struct uks_cmd *cmd)
{
	return uks_call(cmd, UKS_OP_PIN);
}

/** uks_call_boot_policy() - UKS_IOC_BOOT_POLICY */
int uks_call_boot_policy(struct uks_cmd *cmd)
{
	return uks_call(cmd, UKS_OP_BOOT_POLICY);
}

/** uks_call_master() - UKS_IOC_MASTER */
int uks_call_master(struct uks_cmd *cmd)
{
	return uks_call(cmd, UKS_OP_MASTER);
}

/** uks_call_backup() - UKS_IOC_BACKUP */
int uks_call_backup(struct uks_cmd *cmd)
{
	return uks_call(cmd, UKS_OP_BACKUP);
}

/** uks_call_audit() - UKS_IOC_AUDIT */
int uks_call_audit(struct uks_cmd *cmd)
{
	return uks_call(cmd, UKS_OP_AUDIT);
}

/** uks_call_provision() - UKS_IOC_PROVISION */
int uks_call_provision(struct uks_cmd *cmd)
{
	return uks_call(cmd, UKS_OP_PROVISION);
}
