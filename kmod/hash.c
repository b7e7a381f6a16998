// SPDX-License-Identifier: GPL-2.0
/* Hashing what user memory holds, without bound: MACs, and digests for signatures. */
#include <crypto/algapi.h>
#include <crypto/hash.h>
#include <crypto/sha2.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "uks.h"

/**
 * uks_hash_alloc() - the hash that a digest's number means
 * @digest: enum uks_digest
 *
 * Return: the transform, or an ERR_PTR: -EPROTO for an unknown number.
 */
struct crypto_shash *uks_hash_alloc(u32 digest)
{
	switch (digest) {
	case UKS_DIGEST_SHA256:
		return crypto_alloc_shash("sha256", 0, 0);
	case UKS_DIGEST_SHA384:
		return crypto_alloc_shash("sha384", 0, 0);
	case UKS_DIGEST_SHA512:
		return crypto_alloc_shash("sha512", 0, 0);
	}
	return ERR_PTR(-EPROTO);
}

/**
 * uks_hash_work_size() - room that the state of a hash needs
 * @tfm: the hash
 *
 * Return: bytes.
 */
u32 uks_hash_work_size(struct crypto_shash *tfm)
{
	return sizeof(struct shash_desc) + crypto_shash_descsize(tfm);
}

/**
 * uks_hash_update_user() - go on hashing with user memory
 * @desc: state
 * @buffer: room to copy through
 * @in: user address
 * @in_len: bytes at @in
 *
 * Return: 0, -EFAULT, or -EINTR after a fatal signal.
 */
int uks_hash_update_user(struct shash_desc *desc, struct uks_buffer *buffer, u64 in, u32 in_len)
{
	int ret;

	while (in_len) {
		u32 part = min(in_len, buffer->size);

		if (fatal_signal_pending(current))
			return -EINTR;
		buffer->used = max(buffer->used, part);
		if (copy_from_user(buffer->data, u64_to_user_ptr(in), part))
			return -EFAULT;
		ret = crypto_shash_update(desc, buffer->data, part);
		if (ret)
			return ret;
		in += part;
		in_len -= part;
		cond_resched();
	}
	return 0;
}

/**
 * uks_hash_copy_user() - go on hashing with user memory, with a buffer of its own
 * @session: whose buffer and quota
 * @desc: state
 * @in: user address
 * @in_len: bytes at @in
 *
 * Return: 0 or a negative errno value.
 */
int uks_hash_copy_user(struct uks_session *session, struct shash_desc *desc, u64 in, u32 in_len)
{
	u32 work_size = uks_hash_work_size(desc->tfm);
	struct uks_buffer *buffer;
	int ret;

	buffer = uks_buffer_get(session, min(in_len, UKS_SPARE_MAX), work_size);
	if (IS_ERR(buffer))
		return PTR_ERR(buffer);
	ret = uks_hash_update_user(desc, buffer, in, in_len);
	uks_buffer_put(session, buffer);
	return ret;
}

/**
 * uks_hash_user() - hash or MAC user memory
 * @session: whose buffer
 * @tfm: hash or MAC
 * @in: user address
 * @in_len: bytes at @in
 * @out: the result
 *
 * Return: 0 or a negative errno value.
 */
int uks_hash_user(struct uks_session *session, struct crypto_shash *tfm, u64 in, u32 in_len,
		  u8 *out)
{
	struct uks_buffer *buffer;
	struct shash_desc *desc;
	int ret;

	buffer = uks_buffer_get(session, min(in_len, UKS_SPARE_MAX), uks_hash_work_size(tfm));
	if (IS_ERR(buffer))
		return PTR_ERR(buffer);
	desc = buffer->work;
	desc->tfm = tfm;
	ret = crypto_shash_init(desc);
	if (!ret)
		ret = uks_hash_update_user(desc, buffer, in, in_len);
	if (!ret)
		ret = crypto_shash_final(desc, out);
	uks_buffer_put(session, buffer);
	return ret;
}

/**
 * uks_mac_compare() - is a MAC the one the caller has?
 * @mac: the right one
 * @mac_len: bytes at @mac
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

static int uks_mac_message(struct uks_session *session, struct uks_lease *lease, u64 in,
			   u32 in_len, u8 *mac)
{
	int ret = uks_lease_use(lease);

	if (!ret)
		ret = uks_hash_user(session, lease->mac, in, in_len, mac);
	if (!ret)
		uks_session_used(session);
	return ret;
}

/** uks_mac() - UKS_IOC_MAC */
int uks_mac(struct uks_cmd *cmd)
{
	struct uks_session *session = cmd->owner;
	struct uks_sign *sign = &cmd->sign;
	struct uks_lease *lease;
	u8 mac[UKS_MAC_MAX];
	u32 mac_len;
	int ret;

	ret = uks_session_begin(session, UKS_PURPOSE_MAC, &lease);
	if (ret)
		return ret;
	mac_len = crypto_shash_digestsize(lease->mac);
	ret = -ENOBUFS;
	if (sign->out_len < mac_len)
		goto out;
	ret = uks_mac_message(session, lease, sign->in, sign->in_len, mac);
	if (!ret && copy_to_user(u64_to_user_ptr(sign->out), mac, mac_len))
		ret = -EFAULT;
out:
	if (!ret || ret == -ENOBUFS)
		sign->out_len = mac_len;
	memzero_explicit(mac, sizeof(mac));
	uks_lease_put(lease);
	return ret;
}

/** uks_mac_verify() - UKS_IOC_MAC_VERIFY */
int uks_mac_verify(struct uks_cmd *cmd)
{
	struct uks_session *session = cmd->owner;
	struct uks_verify *verify = &cmd->verify;
	struct uks_lease *lease;
	u8 mac[UKS_MAC_MAX];
	int ret;

	ret = uks_session_begin(session, UKS_PURPOSE_MAC_VERIFY, &lease);
	if (ret)
		return ret;
	ret = uks_mac_message(session, lease, verify->in, verify->in_len, mac);
	if (!ret)
		ret = uks_mac_compare(mac, crypto_shash_digestsize(lease->mac), verify->sig,
				      verify->sig_len);
	memzero_explicit(mac, sizeof(mac));
	uks_lease_put(lease);
	return ret;
}
