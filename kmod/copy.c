// SPDX-License-Identifier: GPL-2.0
/*
 * Copying between user memory and buffers whose room the caller has checked.
 *
 * What is short goes by two words at a time: copy_from_user() and copy_to_user() spend more
 * on finding out where the kernel's side lies than on 64 bytes.
 */
#include <linux/uaccess.h>

#include "uks.h"

#define UKS_COPY_SHORT	96	/* bytes; the structs of the ioctls of sessions fit */

static bool uks_copy_is_short(u32 len)
{
	return IS_ENABLED(CONFIG_HAVE_EFFICIENT_UNALIGNED_ACCESS) && len && len <= UKS_COPY_SHORT;
}

/**
 * uks_copy_in() - copy from user memory
 * @to: where to; has room for @len bytes
 * @from: user address
 * @len: bytes
 *
 * Return: 0, or -EFAULT with @to undefined.
 */
int uks_copy_in(void *to, u64 from, u32 len)
{
	const u8 __user *user = u64_to_user_ptr(from);
	u32 at;

	if (!uks_copy_is_short(len))
		return copy_from_user(to, user, len) ? -EFAULT : 0;
	if (!user_read_access_begin(user, len))
		return -EFAULT;
	for (at = 0; at + 16 <= len; at += 16) {
		unsafe_get_user(*(u64 *)(to + at), (const u64 __user *)(user + at), fault);
		unsafe_get_user(*(u64 *)(to + at + 8), (const u64 __user *)(user + at + 8), fault);
	}
	for (; at < len; at++)
		unsafe_get_user(*(u8 *)(to + at), user + at, fault);
	user_read_access_end();
	return 0;
fault:
	user_read_access_end();
	return -EFAULT;
}

/**
 * uks_copy_out() - copy to user memory
 * @to: user address
 * @from: what; @len bytes of it are there
 * @len: bytes
 *
 * Return: 0, or -EFAULT with some of it copied.
 */
int uks_copy_out(u64 to, const void *from, u32 len)
{
	u8 __user *user = u64_to_user_ptr(to);
	u32 at;

	if (!uks_copy_is_short(len))
		return copy_to_user(user, from, len) ? -EFAULT : 0;
	if (!user_write_access_begin(user, len))
		return -EFAULT;
	for (at = 0; at + 16 <= len; at += 16) {
		unsafe_put_user(*(u64 *)(from + at), (u64 __user *)(user + at), fault);
		unsafe_put_user(*(u64 *)(from + at + 8), (u64 __user *)(user + at + 8), fault);
	}
	for (; at < len; at++)
		unsafe_put_user(*(const u8 *)(from + at), user + at, fault);
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}
