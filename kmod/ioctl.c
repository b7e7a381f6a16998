// SPDX-License-Identifier: GPL-2.0
/* One way in for every ioctl: sizes, flags, copying in and out. */
#include <linux/file.h>
#include <linux/uaccess.h>

#include "uks.h"

static const struct uks_ioctl *uks_ioctl_find(const struct uks_ioctl *table, unsigned int rows,
					      unsigned int cmd)
{
	unsigned int i;

	for (i = 0; i < rows; i++)
		if (table[i].cmd == cmd)
			return &table[i];
	return NULL;
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

/*
 * Copying of a struct that has the kernel's own length, as nearly all have: word
 * by word, which takes a third of the instructions of copy_from_user(), most of
 * which look where the struct is. That it fits the union is seen to by uks_cmd.
 */
static int uks_ioctl_copy_in(struct uks_cmd *cmd, u32 size, const u64 __user *user)
{
	u64 *words = (u64 *)((u8 *)cmd + offsetof(struct uks_cmd, head));
	u32 i;

	if (cmd->size != size)
		return copy_struct_from_user(words, size, user, cmd->size);
	if (!user_read_access_begin(user, size))
		return -EFAULT;
	for (i = 0; i < size / sizeof(u64); i++)
		unsafe_get_user(words[i], &user[i], fault);
	user_read_access_end();
	return 0;
fault:
	user_read_access_end();
	return -EFAULT;
}

static int uks_ioctl_copy_out(const struct uks_cmd *cmd, u32 size, u64 __user *user)
{
	const u64 *words = (const u64 *)((const u8 *)cmd + offsetof(struct uks_cmd, head));
	u32 i;

	if (cmd->size != size)
		return copy_to_user(user, words, min(cmd->size, size)) ? -EFAULT : 0;
	if (!user_write_access_begin(user, size))
		return -EFAULT;
	for (i = 0; i < size / sizeof(u64); i++)
		unsafe_put_user(words[i], &user[i], fault);
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
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
	void __user *user = (void __user *)arg;
	struct uks_cmd ucmd;
	int ret;

	if (!op)
		return -ENOTTY;
	if (get_user(ucmd.size, (u32 __user *)user))
		return -EFAULT;
	if (ucmd.size < op->min)
		return -EINVAL;
	/* No struct of whatever version is longer: looking for zeros would take time. */
	if (ucmd.size > PAGE_SIZE)
		return -E2BIG;
	ret = uks_ioctl_copy_in(&ucmd, op->size, user);
	if (ret)
		return ret;
	if (ucmd.head.flags & ~op->flags)
		return -EINVAL;
	ucmd.owner = owner;
	ucmd.file = NULL;
	ret = op->fn(&ucmd);
	ucmd.head.size = ucmd.size;
	if (uks_ioctl_copy_out(&ucmd, op->size, user) && !ret)
		ret = -EFAULT;
	return uks_ioctl_install(&ucmd, ret);
}
