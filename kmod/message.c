// SPDX-License-Identifier: GPL-2.0
/*
 * Messages that the daemon works on: to sign, verify, agree, derive, and to encrypt
 * or MAC where the kernel cannot. Of a signature the kernel hashes the message where
 * it has the digest; all else goes to the daemon whole.
 */
#include <crypto/hash.h>
#include <linux/uaccess.h>

#include "uks.h"

#define UKS_GIVEN_MAX	1024U	/* a digest, or the DigestInfo of one */

#define UKS_CHECKING	(UKS_PURPOSE_VERIFY | UKS_PURPOSE_MAC_VERIFY)

static u32 uks_message_op(u32 purpose)
{
	switch (purpose) {
	case UKS_PURPOSE_SIGN:
		return UKS_OP_SIGN;
	case UKS_PURPOSE_VERIFY:
		return UKS_OP_VERIFY;
	case UKS_PURPOSE_ENCRYPT:
		return UKS_OP_ENCRYPT;
	case UKS_PURPOSE_DECRYPT:
		return UKS_OP_DECRYPT;
	case UKS_PURPOSE_AGREE:
		return UKS_OP_AGREE;
	case UKS_PURPOSE_DERIVE:
		return UKS_OP_DERIVE;
	}
	return UKS_OP_MAC;
}

/**
 * uks_message_max() - greatest message that goes to the daemon
 * @session: the session
 *
 * Return: bytes.
 */
u32 uks_message_max(const struct uks_session *session)
{
	return session->digest == UKS_DIGEST_GIVEN ? UKS_GIVEN_MAX : UKS_MESSAGE_MAX;
}

/**
 * uks_message_check() - lengths that are known beforehand
 * @session: the session
 * @message: the message
 *
 * A signature is made only if there is room for the longest, for it costs.
 *
 * Return: 0; -ENOBUFS; -EBADMSG for what cannot be a signature or MAC; -EMSGSIZE.
 */
int uks_message_check(const struct uks_session *session, struct uks_message *message)
{
	if (!session->hash && message->in_len > uks_message_max(session))
		return -EMSGSIZE;
	if (session->purpose & UKS_CHECKING)
		return !message->sig_len || message->sig_len > UKS_SIGNATURE_MAX ? -EBADMSG : 0;
	if (session->purpose == UKS_PURPOSE_SIGN && message->out_len < session->result_max) {
		message->out_len = session->result_max;
		return -ENOBUFS;
	}
	return 0;
}

/* Straight into the request, which is charged and wiped. */
static int uks_message_fill(struct uks_session *session, const struct uks_message *message,
			    const struct uks_remote *remote)
{
	if (remote->signature_len &&
	    copy_from_user(remote->signature, u64_to_user_ptr(message->sig), message->sig_len))
		return -EFAULT;
	if (message->gathered) {
		memcpy(remote->message, message->gathered, remote->message_len);
		return 0;
	}
	if (session->hash)
		return uks_hash_user(session, session->hash, message->in, message->in_len,
				     remote->message);
	return copy_from_user(remote->message, u64_to_user_ptr(message->in), message->in_len) ?
	       -EFAULT : 0;
}

static int uks_message_result(const struct uks_session *session, struct uks_message *message,
			      struct nlattr **tb)
{
	const struct nlattr *result = tb[UKS_A_RESULT];

	switch (session->purpose) {
	case UKS_PURPOSE_VERIFY:
		return 0;
	case UKS_PURPOSE_MAC_VERIFY:
		if (nla_len(result) > UKS_MAC_MAX)
			return -EPROTO;
		return uks_mac_compare(nla_data(result), nla_len(result), message->sig,
				       message->sig_len);
	case UKS_PURPOSE_SIGN:
		result = tb[UKS_A_SIGNATURE];
		break;
	}
	return uks_remote_put_result(session, result, message->out, &message->out_len);
}

/**
 * uks_message_run() - have the daemon work on a message
 * @session: the session
 * @message: the message, which uks_message_check() has seen
 *
 * Return: 0; -EBADMSG when a signature or MAC is wrong; -ENOBUFS, with the length of
 * the result; -EPROTO when the daemon's result is longer than its algorithm makes
 * them; another negative errno value.
 */
int uks_message_run(struct uks_session *session, struct uks_message *message)
{
	struct uks_remote remote = {
		.op = uks_message_op(session->purpose),
		.message_len = session->hash ? crypto_shash_digestsize(session->hash) :
					       message->in_len,
		.signature_len = session->purpose == UKS_PURPOSE_VERIFY ? message->sig_len : 0,
	};
	struct nlattr *tb[UKS_A_MAX + 1];
	int ret;

	ret = uks_remote_new(session, &remote);
	if (ret)
		return ret;
	ret = uks_message_fill(session, message, &remote);
	/* What was gathered was counted when it was begun. */
	if (!ret && !message->gathered)
		ret = uks_lease_use(session, NULL, &message->wait);
	if (!ret)
		ret = uks_remote_run(&remote, &message->wait, tb);
	if (!ret)
		ret = uks_message_result(session, message, tb);
	if (!ret)
		uks_session_used(session);
	uks_request_put(remote.req);
	return ret;
}

/**
 * uks_message_make() - have the daemon sign, compute a MAC, agree or derive
 * @cmd: a struct uks_sign; the session may be used
 *
 * Return: as uks_message_check() and uks_message_run().
 */
int uks_message_make(struct uks_cmd *cmd)
{
	struct uks_sign *sign = &cmd->sign;
	struct uks_message message = {
		.in = sign->in, .in_len = sign->in_len, .out = sign->out,
		.out_len = sign->out_len, .wait = { sign->deadline_ns, &sign->outcome },
	};
	int ret;

	ret = uks_message_check(cmd->owner, &message) ?: uks_message_run(cmd->owner, &message);
	sign->out_len = message.out_len;
	return ret;
}

/**
 * uks_message_verify() - have the daemon verify a signature or MAC
 * @cmd: a struct uks_verify; the session may be used
 *
 * Return: as uks_message_check() and uks_message_run().
 */
int uks_message_verify(struct uks_cmd *cmd)
{
	const struct uks_verify *verify = &cmd->verify;
	struct uks_message message = {
		.in = verify->in, .in_len = verify->in_len, .sig = verify->sig,
		.sig_len = verify->sig_len, .wait = { verify->deadline_ns, &cmd->verify.outcome },
	};

	return uks_message_check(cmd->owner, &message) ?: uks_message_run(cmd->owner, &message);
}

static int uks_message_begin(struct uks_cmd *cmd, u32 purpose)
{
	struct uks_lease *lease;

	return uks_session_begin(cmd->owner, purpose, &lease);
}

/** uks_sign() - UKS_IOC_SIGN */
int uks_sign(struct uks_cmd *cmd)
{
	return uks_message_begin(cmd, UKS_PURPOSE_SIGN) ?: uks_message_make(cmd);
}

/** uks_agree() - UKS_IOC_AGREE */
int uks_agree(struct uks_cmd *cmd)
{
	return uks_message_begin(cmd, UKS_PURPOSE_AGREE) ?: uks_message_make(cmd);
}

/** uks_derive() - UKS_IOC_DERIVE */
int uks_derive(struct uks_cmd *cmd)
{
	return uks_message_begin(cmd, UKS_PURPOSE_DERIVE) ?: uks_message_make(cmd);
}

/** uks_verify() - UKS_IOC_VERIFY */
int uks_verify(struct uks_cmd *cmd)
{
	return uks_message_begin(cmd, UKS_PURPOSE_VERIFY) ?: uks_message_verify(cmd);
}
