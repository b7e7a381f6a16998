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
	if (uks_copy_in(given, sig, sig_len))
		return -EFAULT;
	return crypto_memneq(mac, given, mac_len) ? -EBADMSG : 0;
}

static int uks_mac_compute(struct uks_session *session, struct uks_lease *lease,
			   const struct uks_wait *wait, u64 in, u32 in_len, u8 *mac)
{
	int ret = uks_lease_use(session, lease, wait);

	if (!ret)
		ret = uks_hash_user(session, lease->mac, in, in_len, mac);
	if (!ret)
		uks_session_used(session);
	return ret;
}

static int uks_mac_here(struct uks_session *session, struct uks_lease *lease,
			struct uks_sign *sign)
{
	const struct uks_wait wait = { sign->deadline_ns, &sign->outcome };
	u8 mac[UKS_MAC_MAX];
	int ret;

	if (sign->out_len < session->result_max) {
		sign->out_len = session->result_max;
		return -ENOBUFS;
	}
	ret = uks_mac_compute(session, lease, &wait, sign->in, sign->in_len, mac);
	if (!ret)
		ret = uks_copy_out(sign->out, mac, session->result_max);
	if (!ret)
		sign->out_len = session->result_max;
	memzero_explicit(mac, sizeof(mac));
	return ret;
}

/** uks_mac() - UKS_IOC_MAC */
int uks_mac(struct uks_cmd *cmd)
{
	struct uks_lease *lease;
	int ret;

	ret = uks_session_begin(cmd->owner, UKS_PURPOSE_MAC, &lease);
	if (ret)
		return ret;
	if (!lease)
		return uks_message_make(cmd);
	ret = uks_mac_here(cmd->owner, lease, &cmd->sign);
	uks_lease_put(lease);
	return ret;
}

static int uks_mac_verify_here(struct uks_session *session, struct uks_lease *lease,
			       struct uks_verify *verify)
{
	const struct uks_wait wait = { verify->deadline_ns, &verify->outcome };
	u8 mac[UKS_MAC_MAX];
	int ret;

	ret = uks_mac_compute(session, lease, &wait, verify->in, verify->in_len, mac);
	if (!ret)
		ret = uks_mac_compare(mac, session->result_max, verify->sig, verify->sig_len);
	memzero_explicit(mac, sizeof(mac));
	return ret;
}

/** uks_mac_verify() - UKS_IOC_MAC_VERIFY */
int uks_mac_verify(struct uks_cmd *cmd)
{
	struct uks_lease *lease;
	int ret;

	ret = uks_session_begin(cmd->owner, UKS_PURPOSE_MAC_VERIFY, &lease);
	if (ret)
		return ret;
	if (!lease)
		return uks_message_verify(cmd);
	ret = uks_mac_verify_here(cmd->owner, lease, &cmd->verify);
	uks_lease_put(lease);
	return ret;
}
