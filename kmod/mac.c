// SPDX-License-Identifier: GPL-2.0
/* MACs: HMAC and CMAC under a lease; what the kernel has not, by the daemon. */
#include <crypto/algapi.h>
#include <crypto/hash.h>
#include <linux/uaccess.h>

#include "uks.h"

/**
 * uks_mac_compare() - is a MAC the one the caller has?
 * @mac: the right one
 * @mac_len: bytes at @mac, at most UKS_MAC_MAX
 * @sig: user address of the caller's
 * @sig_len: bytes at @sig; a shortened MAC is wrong
 *
 * Return: 0, -EBADMSG, -EFAULT.
 */
int uks_mac_compare(const u8 *mac, u32 mac_len, u64 sig, u32 sig_len)
{
	u8 given[UKS_MAC_MAX];

	if (sig_len != mac_len)
		return -EBADMSG;
	if (copy_from_user(given, u64_to_user_ptr(sig), sig_len))
		return -EFAULT;
	return crypto_memneq(mac, given, mac_len) ? -EBADMSG : 0;
}

static int uks_mac_here(struct uks_session *session, struct uks_lease *lease,
			const struct uks_message *message, u8 *mac)
{
	int ret = uks_lease_use(session, lease, &message->wait);

	if (!ret)
		ret = uks_hash_user(session, lease->mac, message->in, message->in_len, mac);
	if (!ret)
		uks_session_used(session);
	return ret;
}

/* Compute, and give out or compare. */
static int uks_mac_message(struct uks_session *session, u32 purpose, struct uks_message *message)
{
	struct uks_lease *lease;
	u8 mac[UKS_MAC_MAX];
	int ret;

	ret = uks_session_begin(session, purpose, &lease);
	if (ret)
		return ret;
	if (!lease)
		return uks_message_check(session, message) ?: uks_message_run(session, message);
	ret = -ENOBUFS;
	if (purpose == UKS_PURPOSE_MAC && message->out_len < session->result_max)
		goto out;
	ret = uks_mac_here(session, lease, message, mac);
	if (ret)
		goto out;
	if (purpose == UKS_PURPOSE_MAC_VERIFY)
		ret = uks_mac_compare(mac, session->result_max, message->sig, message->sig_len);
	else if (copy_to_user(u64_to_user_ptr(message->out), mac, session->result_max))
		ret = -EFAULT;
out:
	if (!ret || ret == -ENOBUFS)
		message->out_len = session->result_max;
	memzero_explicit(mac, sizeof(mac));
	uks_lease_put(lease);
	return ret;
}

/** uks_mac() - UKS_IOC_MAC */
int uks_mac(struct uks_cmd *cmd)
{
	struct uks_sign *sign = &cmd->sign;
	struct uks_message message = {
		.in = sign->in, .in_len = sign->in_len, .out = sign->out,
		.out_len = sign->out_len, .wait = { sign->deadline_ns, &sign->outcome },
	};
	int ret = uks_mac_message(cmd->owner, UKS_PURPOSE_MAC, &message);

	sign->out_len = message.out_len;
	return ret;
}

/** uks_mac_verify() - UKS_IOC_MAC_VERIFY */
int uks_mac_verify(struct uks_cmd *cmd)
{
	struct uks_verify *verify = &cmd->verify;
	struct uks_message message = {
		.in = verify->in, .in_len = verify->in_len, .sig = verify->sig,
		.sig_len = verify->sig_len, .wait = { verify->deadline_ns, &verify->outcome },
	};

	return uks_mac_message(cmd->owner, UKS_PURPOSE_MAC_VERIFY, &message);
}
