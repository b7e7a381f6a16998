// SPDX-License-Identifier: GPL-2.0
/*
 * Channels: one read gives a worker one request, one write takes one answer.
 * What the daemon writes is checked as if it were hostile.
 */
#include <linux/anon_inodes.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "uks.h"

/* Errors that a client may see; those above are the kernel's own. */
#define UKS_ERRNO_MAX	511

/* The daemon that the channel belongs to has gone. */
static bool uks_channel_stale(const struct uks_channel *channel)
{
	return !READ_ONCE(uks_queue.registered) ||
	       READ_ONCE(uks_queue.registration) != channel->registration;
}

static ssize_t uks_channel_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct uks_channel *channel = file->private_data;
	struct uks_request *req;
	ssize_t ret;
	int error;

	while (!(req = uks_request_take(channel, count, &error))) {
		if (error != -EAGAIN || file->f_flags & O_NONBLOCK)
			return error;
		ret = wait_event_interruptible_exclusive(uks_queue.wait,
							 READ_ONCE(uks_queue.nr_queued) ||
							 uks_channel_stale(channel));
		if (ret)
			return ret;
	}
	ret = req->in_len;
	if (copy_to_user(buf, &req->header, req->in_len)) {
		uks_request_untake(req);
		ret = -EFAULT;
	}
	uks_request_put(req);
	return ret;
}

/* Is the answer well made? What is inside the attributes is the waiter's to check. */
static int uks_channel_check(const struct uks_request *req,
			     const struct uks_answer_header *answer, const void *out, u32 out_len,
			     struct nlattr **tb)
{
	if (answer->flags || answer->error > UKS_ERRNO_MAX || !answer->error != !answer->code)
		return -EINVAL;
	if (out_len > req->header.out_max)
		return -EMSGSIZE;
	if (answer->error)
		return uks_attrs_check(0, out, out_len, true, tb);
	return uks_attrs_check(req->header.op, out, out_len, true, tb);
}

static int uks_channel_answer(struct uks_channel *channel,
			      const struct uks_answer_header *answer, void **out, u32 out_len)
{
	struct nlattr *tb[UKS_A_MAX + 1];
	struct uks_request *req;
	int ret;

	req = uks_request_find(channel, answer->id);
	if (!req) {
		atomic64_inc(&uks_counters.late);
		return -ENOENT;
	}
	ret = uks_channel_check(req, answer, *out, out_len, tb);
	if (ret) {
		atomic64_inc(&uks_counters.malformed);
		goto out;
	}
	/* From here on a REVOKE of the key finds the session. */
	if (req->session && !answer->error)
		uks_session_learn(req->session, nla_data(tb[UKS_A_KEY_ID]));
	if (uks_request_answer(req, channel, answer, *out, out_len)) {
		*out = NULL;
	} else {
		atomic64_inc(&uks_counters.late);
		ret = -ENOENT;
	}
out:
	uks_request_put(req);
	return ret;
}

static ssize_t uks_channel_write(struct file *file, const char __user *buf, size_t count,
				 loff_t *pos)
{
	struct uks_answer_header answer;
	void *out = NULL;
	u32 out_len;
	int ret;

	if (count < sizeof(answer))
		return -EINVAL;
	if (count > sizeof(answer) + UKS_PAYLOAD_MAX)
		return -EMSGSIZE;
	if (copy_from_user(&answer, buf, sizeof(answer)))
		return -EFAULT;
	if (answer.len != count)
		return -EINVAL;
	out_len = count - sizeof(answer);
	if (out_len) {
		out = kvmalloc(out_len, GFP_KERNEL_ACCOUNT);
		if (!out)
			return -ENOMEM;
		ret = -EFAULT;
		if (copy_from_user(out, buf + sizeof(answer), out_len))
			goto out;
	}
	ret = uks_channel_answer(file->private_data, &answer, &out, out_len);
out:
	kvfree_sensitive(out, out_len);
	return ret ? ret : count;
}

static __poll_t uks_channel_poll(struct file *file, poll_table *wait)
{
	poll_wait(file, &uks_queue.wait, wait);
	if (uks_channel_stale(file->private_data))
		return EPOLLHUP | EPOLLERR;
	return EPOLLOUT | EPOLLWRNORM |
	       (READ_ONCE(uks_queue.nr_queued) ? EPOLLIN | EPOLLRDNORM : 0);
}

static int uks_channel_valid(struct uks_cmd *cmd)
{
	struct uks_request *req = uks_request_find(cmd->owner, cmd->valid.id);

	if (!req)
		return -ENOENT;
	uks_request_put(req);
	return 0;
}

static const struct uks_ioctl uks_channel_ioctls[] = {
	UKS_IOCTL(UKS_IOC_CHANNEL_VALID, uks_channel_valid, uks_channel_valid, id, 0),
};

static long uks_channel_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return uks_ioctl(uks_channel_ioctls, ARRAY_SIZE(uks_channel_ioctls), file->private_data,
			 cmd, arg);
}

static int uks_channel_release(struct inode *inode, struct file *file)
{
	struct uks_channel *channel = file->private_data;
	u64 registration = channel->registration;
	struct uks_channel *other;
	bool last = true;

	uks_request_fail_taken(channel);
	spin_lock(&uks_queue.lock);
	list_del(&channel->node);
	uks_queue.nr_channels--;
	list_for_each_entry(other, &uks_queue.channels, node)
		last &= other->registration != registration;
	spin_unlock(&uks_queue.lock);
	kfree(channel);
	if (last)
		uks_daemon_lost(registration);
	return 0;
}

static const struct file_operations uks_channel_fops = {
	.owner = THIS_MODULE,
	.read = uks_channel_read,
	.write = uks_channel_write,
	.poll = uks_channel_poll,
	.unlocked_ioctl = uks_channel_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = uks_channel_release,
};

/**
 * uks_channel_open() - make a channel
 *
 * Return: its file, or an ERR_PTR.
 */
struct file *uks_channel_open(void)
{
	struct uks_channel *channel = kzalloc(sizeof(*channel), GFP_KERNEL_ACCOUNT);
	struct file *file;

	if (!channel)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&channel->taken);
	file = anon_inode_getfile("[uks-channel]", &uks_channel_fops, channel, O_RDWR);
	if (IS_ERR(file)) {
		kfree(channel);
		return file;
	}
	spin_lock(&uks_queue.lock);
	channel->registration = uks_queue.registration;
	list_add(&channel->node, &uks_queue.channels);
	uks_queue.nr_channels++;
	spin_unlock(&uks_queue.lock);
	return file;
}
