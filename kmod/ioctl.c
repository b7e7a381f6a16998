// SPDX-License-Identifier: GPL-2.0
/* One way in for every ioctl: sizes, flags, copying in and out. */
#include <linux/file.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>

#include "uks.h"

static const struct uks_ioctl *uks_ioctl_find(const struct uks_ioctl *table, unsigned int rows,
					      unsigned int cmd)
{
	unsigned int row = UKS_IOCTL_ROW(cmd);

	if (row >= rows)
		return NULL;
	row = array_index_nospec(row, rows);
	return table[row].fn && table[row].cmd == cmd ? &table[row] : NULL;
}

/* The new file is made known to the caller last, when nothing can fail any more. */
static int uks_ioctl_install(struct uks_cmd *cmd, int ret)
{
	if (!cmd->file)
		return ret;
	if (ret) {
		put_unused_fd(cmd->fd);
		fput(cmd->file);
		return ret;
	}
	fd_install(cmd->fd, cmd->file);
	return 0;
}

/* Nearly all structs have the kernel's own length. That it fits the union is seen to by uks_cmd. */
static int uks_ioctl_copy_in(struct uks_cmd *cmd, u32 size, unsigned long arg)
{
	void *whole = (u8 *)cmd + offsetof(struct uks_cmd, head);

	if (cmd->size == size)
		return uks_copy_in(whole, arg, size);
	return copy_struct_from_user(whole, size, (void __user *)arg, cmd->size);
}

/**
 * uks_ioctl() - run one command of a table
 * @table: the commands that the file has
 * @rows: length of @table
 * @owner: private data of the file
 * @cmd: command
 * @arg: pointer to its struct
 *
 * The struct is written back also when the command failed, for then it tells
 * the length that is needed and the outcome of the request.
 *
 * Return: 0 or a negative errno value, see "General ioctl format".
 */
long uks_ioctl(const struct uks_ioctl *table, unsigned int rows, void *owner,
	       unsigned int cmd, unsigned long arg)
{
	const struct uks_ioctl *op = uks_ioctl_find(table, rows, cmd);
	struct uks_cmd ucmd;
	int ret;

	if (!op)
		return -ENOTTY;
	if (get_user(ucmd.size, (u32 __user *)arg))
		return -EFAULT;
	if (ucmd.size < op->min)
		return -EINVAL;
	/* No struct of whatever version is longer: looking for zeros would take time. */
	if (ucmd.size > PAGE_SIZE)
		return -E2BIG;
	ret = uks_ioctl_copy_in(&ucmd, op->size, arg);
	if (ret)
		return ret;
	if (ucmd.head.flags & ~op->flags)
		return -EINVAL;
	ucmd.owner = owner;
	ucmd.file = NULL;
	ret = op->fn(&ucmd);
	ucmd.head.size = ucmd.size;
	if (uks_copy_out(arg, &ucmd.head, min(ucmd.size, op->size)) && !ret)
		ret = -EFAULT;
	return uks_ioctl_install(&ucmd, ret);
}
