// SPDX-License-Identifier: GPL-2.0
/*
 * Signatures: the kernel hashes the message, the daemon signs the digest. Only a
 * message that Ed25519 wants whole goes to the daemon.
 */
#include <crypto/hash.h>
#include <crypto/sha2.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "uks.h"

static void *uks_sign_put(void *at, u16 type, const void *value, u32 len)
{
	struct nlattr *nla = at;

	nla->nla_type = type;
	nla->nla_len = nla_attr_size(len);
	if (len)
		memcpy(nla_data(nla), value, len);
	memset(nla_data(nla) + len, 0, nla_padlen(len));
	return at + nla_total_size(len);
}

static void *uks_sign_put_u32(void *at, u16 type, u32 value)
{
	return uks_sign_put(at, type, &value, sizeof(value));
}

/* The payload names the key by what the daemon answered when the session began. */
static struct uks_request *uks_sign_request(struct uks_session *session, u32 op,
					    const u8 *message, u32 len, u32 sig_len, void **sig)
{
	u32 size = nla_total_size(UKS_KEY_ID_LEN) + 4 * nla_total_size(sizeof(u32)) +
		   nla_total_size(len) + (sig_len ? nla_total_size(sig_len) : 0);
	struct uks_request *req;
	void *at;

	if (!session->digest)
		size -= nla_total_size(sizeof(u32));
	req = uks_request_new(session->client, op, size);
	if (IS_ERR(req))
		return req;
	at = uks_request_payload(req);
	at = uks_sign_put(at, UKS_A_KEY_ID, session->key_id, UKS_KEY_ID_LEN);
	at = uks_sign_put_u32(at, UKS_A_KEY_VERSION, session->key_version);
	at = uks_sign_put_u32(at, UKS_A_PURPOSES, session->purpose);
	at = uks_sign_put_u32(at, UKS_A_ALGORITHM, session->algorithm);
	if (session->digest)
		at = uks_sign_put_u32(at, UKS_A_DIGEST, session->digest);
	at = uks_sign_put(at, UKS_A_MESSAGE, message, len);
	if (sig_len) {
		struct nlattr *nla = at;

		nla->nla_type = UKS_A_SIGNATURE;
		nla->nla_len = nla_attr_size(sig_len);
		*sig = nla_data(nla);
	}
	return req;
}

/**
 * uks_sign_message() - have a digest or short message signed
 * @session: the session
 * @message: what to sign
 * @len: bytes at @message
 * @out: user address for the signature
 * @out_len: room there; then the length of the signature
 * @deadline_ns: when to give up
 * @outcome: filled in
 *
 * The caller has seen to it that there is room for uks_session_output_len().
 *
 * Return: 0 or a negative errno value; -EPROTO when the daemon's signature is
 * longer than its algorithm makes them.
 */
int uks_sign_message(struct uks_session *session, const u8 *message, u32 len, u64 out,
		     u32 *out_len, u64 deadline_ns, struct uks_outcome *outcome)
{
	struct nlattr *tb[UKS_A_MAX + 1];
	struct uks_request *req;
	int ret;

	req = uks_sign_request(session, UKS_OP_SIGN, message, len, 0, NULL);
	if (IS_ERR(req))
		return PTR_ERR(req);
	ret = uks_request_run(req, deadline_ns, outcome);
	if (ret)
		goto out;
	/* Shape and presence were checked when it was written. */
	ret = uks_attrs_check(UKS_OP_SIGN, req->out, req->out_len, true, tb);
	if (ret)
		goto out;
	ret = -EPROTO;
	if (nla_len(tb[UKS_A_SIGNATURE]) > *out_len)
		goto out;
	*out_len = nla_len(tb[UKS_A_SIGNATURE]);
	ret = -EFAULT;
	if (copy_to_user(u64_to_user_ptr(out), nla_data(tb[UKS_A_SIGNATURE]), *out_len))
		goto out;
	uks_session_used(session);
	ret = 0;
out:
	uks_request_put(req);
	return ret;
}

/**
 * uks_verify_message() - have a signature verified
 * @session: the session
 * @message: what was signed
 * @len: bytes at @message
 * @sig: user address of the signature
 * @sig_len: bytes at @sig
 * @deadline_ns: when to give up
 * @outcome: filled in
 *
 * Return: 0, -EBADMSG, or another negative errno value.
 */
int uks_verify_message(struct uks_session *session, const u8 *message, u32 len, u64 sig,
		       u32 sig_len, u64 deadline_ns, struct uks_outcome *outcome)
{
	struct uks_request *req;
	void *room = NULL;
	int ret;

	if (!sig_len || sig_len > UKS_SIGNATURE_MAX)
		return -EBADMSG;
	req = uks_sign_request(session, UKS_OP_VERIFY, message, len, sig_len, &room);
	if (IS_ERR(req))
		return PTR_ERR(req);
	ret = -EFAULT;
	if (copy_from_user(room, u64_to_user_ptr(sig), sig_len))
		goto out;
	ret = uks_request_run(req, deadline_ns, outcome);
	if (!ret)
		uks_session_used(session);
out:
	uks_request_put(req);
	return ret;
}

/* The digest of a message, or the message itself where the algorithm wants it. */
static int uks_sign_input(struct uks_session *session, u64 in, u32 in_len, u8 **message, u32 *len)
{
	int ret;

	if (session->hash) {
		*len = crypto_shash_digestsize(session->hash);
		*message = kmalloc(*len, GFP_KERNEL_ACCOUNT);
		if (!*message)
			return -ENOMEM;
		ret = uks_hash_user(session, session->hash, in, in_len, *message);
	} else {
		if (in_len > UKS_MESSAGE_MAX)
			return -EMSGSIZE;
		*len = in_len;
		*message = kvmalloc(in_len, GFP_KERNEL_ACCOUNT);
		if (!*message)
			return -ENOMEM;
		ret = copy_from_user(*message, u64_to_user_ptr(in), in_len) ? -EFAULT : 0;
	}
	if (ret) {
		kvfree_sensitive(*message, *len);
		*message = NULL;
	}
	return ret;
}

/** uks_sign() - UKS_IOC_SIGN */
int uks_sign(struct uks_cmd *cmd)
{
	struct uks_session *session = cmd->owner;
	struct uks_sign *sign = &cmd->sign;
	u8 *message;
	u32 len;
	int ret;

	ret = uks_session_begin(session, UKS_PURPOSE_SIGN, NULL);
	if (ret)
		return ret;
	if (sign->out_len < uks_session_output_len(session)) {
		sign->out_len = uks_session_output_len(session);
		return -ENOBUFS;
	}
	ret = uks_sign_input(session, sign->in, sign->in_len, &message, &len);
	if (ret)
		return ret;
	ret = uks_sign_message(session, message, len, sign->out, &sign->out_len,
			       sign->deadline_ns, &sign->outcome);
	kvfree_sensitive(message, len);
	return ret;
}

/** uks_verify() - UKS_IOC_VERIFY */
int uks_verify(struct uks_cmd *cmd)
{
	struct uks_session *session = cmd->owner;
	struct uks_verify *verify = &cmd->verify;
	u8 *message;
	u32 len;
	int ret;

	ret = uks_session_begin(session, UKS_PURPOSE_VERIFY, NULL);
	if (ret)
		return ret;
	ret = uks_sign_input(session, verify->in, verify->in_len, &message, &len);
	if (ret)
		return ret;
	ret = uks_verify_message(session, message, len, verify->sig, verify->sig_len,
				 verify->deadline_ns, &verify->outcome);
	kvfree_sensitive(message, len);
	return ret;
}
