// SPDX-License-Identifier: GPL-2.0
/* Hashing what user memory holds, without bound: MACs, and digests for signatures. */
#include <crypto/hash.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "uks.h"

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
		if (uks_copy_in(buffer->data, in, part))
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

static int uks_hash_start(const struct uks_session *session, struct crypto_shash *tfm,
			  struct shash_desc *desc)
{
	int ret;

	desc->tfm = tfm;
	ret = crypto_shash_init(desc);
	if (!ret && session->prefix.len)
		ret = crypto_shash_update(desc, session->prefix.data, session->prefix.len);
	return ret;
}

/**
 * uks_hash_begin() - begin a hash or MAC
 * @session: whose message
 * @tfm: hash or MAC
 * @desc: state
 *
 * What the daemon wants to be hashed before each message comes first.
 *
 * Return: 0 or a negative errno value.
 */
int uks_hash_begin(const struct uks_session *session, struct crypto_shash *tfm,
		   struct shash_desc *desc)
{
	return uks_hash_start(session, tfm, desc);
}

/* The last part, which is the only one of a short message, and the end in one call. */
static int uks_hash_finup_user(struct shash_desc *desc, struct uks_buffer *buffer, u64 in,
			       u32 in_len, u8 *out)
{
	buffer->used = max(buffer->used, in_len);
	if (uks_copy_in(buffer->data, in, in_len))
		return -EFAULT;
	return crypto_shash_finup(desc, buffer->data, in_len, out);
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
	u32 last;
	int ret;

	buffer = uks_buffer_get(session, min(in_len, UKS_SPARE_MAX), uks_hash_work_size(tfm));
	if (IS_ERR(buffer))
		return PTR_ERR(buffer);
	desc = buffer->work;
	last = in_len ? (in_len - 1) % buffer->size + 1 : 0;
	ret = uks_hash_start(session, tfm, desc);
	if (!ret && last < in_len)
		ret = uks_hash_update_user(desc, buffer, in, in_len - last);
	if (!ret)
		ret = uks_hash_finup_user(desc, buffer, in + in_len - last, last, out);
	uks_buffer_put(session, buffer);
	return ret;
}
