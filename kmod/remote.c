// SPDX-License-Identifier: GPL-2.0
/*
 * Requests of a session: what the daemon does with a key that the kernel has not,
 * and the uses that it counts. The payload names the key by what the daemon
 * answered when the session began.
 */
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "uks.h"

static void *uks_remote_reserve(void **at, u16 type, u32 len)
{
	struct nlattr *nla = *at;

	nla->nla_type = type;
	nla->nla_len = nla_attr_size(len);
	memset(nla_data(nla) + len, 0, nla_padlen(len));
	*at += nla_total_size(len);
	return nla_data(nla);
}

static void uks_remote_put(void **at, u16 type, const void *value, u32 len)
{
	memcpy(uks_remote_reserve(at, type, len), value, len);
}

static void uks_remote_put_u32(void **at, u16 type, u32 value)
{
	uks_remote_put(at, type, &value, sizeof(value));
}

static u32 uks_remote_size(const struct uks_session *session, const struct uks_remote *remote)
{
	u32 size = nla_total_size(UKS_KEY_ID_LEN) + 3 * nla_total_size(sizeof(u32));

	if (session->digest)
		size += nla_total_size(sizeof(u32));
	if (session->parameters.len)
		size += nla_total_size(session->parameters.len);
	size += nla_total_size(remote->op == UKS_OP_USE ? sizeof(u32) : remote->message_len);
	if (remote->signature_len)
		size += nla_total_size(remote->signature_len);
	if (remote->nonce_len)
		size += nla_total_size(remote->nonce_len);
	return size;
}

/**
 * uks_remote_new() - make a request of a session
 * @session: the session
 * @remote: op and lengths are given; gets the request, and where message,
 *	signature and nonce are to be written before it is run
 *
 * Return: 0, -EMSGSIZE when the message is too long, -EBUSY (quota), -ENOMEM.
 */
int uks_remote_new(struct uks_session *session, struct uks_remote *remote)
{
	struct uks_request *req;
	void *at;

	if (remote->message_len > UKS_MESSAGE_MAX ||
	    uks_remote_size(session, remote) > UKS_PAYLOAD_MAX)
		return -EMSGSIZE;
	req = uks_request_new(session->client, remote->op, uks_remote_size(session, remote));
	if (IS_ERR(req))
		return PTR_ERR(req);
	at = uks_request_payload(req);
	uks_remote_put(&at, UKS_A_KEY_ID, session->key_id, UKS_KEY_ID_LEN);
	uks_remote_put_u32(&at, UKS_A_KEY_VERSION, session->key_version);
	uks_remote_put_u32(&at, UKS_A_PURPOSES, session->purpose);
	uks_remote_put_u32(&at, UKS_A_ALGORITHM, session->algorithm);
	if (session->digest)
		uks_remote_put_u32(&at, UKS_A_DIGEST, session->digest);
	if (session->parameters.len)
		uks_remote_put(&at, UKS_A_PARAMETERS, session->parameters.data,
			       session->parameters.len);
	if (remote->op == UKS_OP_USE)
		uks_remote_put_u32(&at, UKS_A_COUNT, 1);
	else
		remote->message = uks_remote_reserve(&at, UKS_A_MESSAGE, remote->message_len);
	if (remote->signature_len)
		remote->signature = uks_remote_reserve(&at, UKS_A_SIGNATURE,
						       remote->signature_len);
	if (remote->nonce_len)
		remote->nonce = uks_remote_reserve(&at, UKS_A_NONCE, remote->nonce_len);
	remote->req = req;
	return 0;
}

/**
 * uks_remote_run() - have a request done
 * @remote: from uks_remote_new(), complete
 * @wait: how to wait
 * @tb: attributes of the answer
 *
 * Return: 0 or a negative errno value.
 */
int uks_remote_run(struct uks_remote *remote, const struct uks_wait *wait, struct nlattr **tb)
{
	int ret = uks_request_run(remote->req, wait->deadline_ns, wait->outcome);

	/* Shape and presence were checked when it was written. */
	return ret ?: uks_attrs_check(remote->op, remote->req->out, remote->req->out_len, true,
				      tb);
}

/**
 * uks_remote_put_result() - give the caller what the daemon made of a message
 * @session: the session
 * @result: the attribute
 * @out: user address for it
 * @out_len: room there; then the length of the result
 *
 * Return: 0; -EPROTO when it is longer than its algorithm makes them; -ENOBUFS;
 * -EFAULT.
 */
int uks_remote_put_result(const struct uks_session *session, const struct nlattr *result, u64 out,
			  u32 *out_len)
{
	u32 room = *out_len, len = nla_len(result);

	if (len > session->result_max)
		return -EPROTO;
	*out_len = len;
	if (len > room)
		return -ENOBUFS;
	return copy_to_user(u64_to_user_ptr(out), nla_data(result), len) ? -EFAULT : 0;
}

/**
 * uks_remote_use() - have the daemon count one message before it is begun
 * @session: the session
 * @wait: how to wait
 *
 * Return: 0, or how the daemon refused.
 */
int uks_remote_use(struct uks_session *session, const struct uks_wait *wait)
{
	struct uks_remote remote = { .op = UKS_OP_USE };
	struct nlattr *tb[UKS_A_MAX + 1];
	int ret = uks_remote_new(session, &remote);

	if (ret)
		return ret;
	ret = uks_remote_run(&remote, wait, tb);
	uks_request_put(remote.req);
	return ret;
}
