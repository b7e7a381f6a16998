// SPDX-License-Identifier: GPL-2.0
#include <linux/genetlink.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "control.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

struct message {
	struct nlmsghdr nl;
	struct genlmsghdr genl;
	uint8_t attrs[512];
};

static int parse(const uint8_t *at, size_t len, struct uks_attr *table, unsigned int max)
{
	struct uks_attr attr;
	int ret;

	memset(table, 0, (max + 1) * sizeof(*table));
	while ((ret = uks_attr_next(&at, &len, &attr)) > 0)
		if (attr.type <= max)
			table[attr.type] = attr;
	return ret;
}

static int send_message(struct control *control, uint16_t type, uint16_t flags, uint8_t cmd,
			const struct uks_attrs *attrs)
{
	struct message msg = {
		.nl.nlmsg_type = type,
		.nl.nlmsg_flags = NLM_F_REQUEST | flags,
		.nl.nlmsg_seq = ++control->seq,
		.genl.cmd = cmd,
		.genl.version = UKS_GENL_VERSION,
	};
	size_t len = attrs ? attrs->len : 0;

	if (len > sizeof(msg.attrs))
		return -EMSGSIZE;
	if (len)
		memcpy(msg.attrs, attrs->buf, len);
	msg.nl.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN + len);
	return send(control->fd, &msg, msg.nl.nlmsg_len, 0) < 0 ? -errno : 0;
}

/* One message of a reply: 1, 0 when it ended, or a negative errno value. */
static int take_message(const struct nlmsghdr *nl, struct control_reply *reply, unsigned int max)
{
	const struct genlmsghdr *genl = NLMSG_DATA(nl);
	const struct nlmsgerr *err = NLMSG_DATA(nl);
	int status;

	if (nl->nlmsg_type == NLMSG_ERROR)
		return err->error;
	if (nl->nlmsg_type == NLMSG_DONE) {
		memcpy(&status, NLMSG_DATA(nl), sizeof(status));
		return status;
	}
	reply->cmd = genl->cmd;
	return parse((const uint8_t *)genl + GENL_HDRLEN,
		     nl->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN), reply->attr, max) ?: 1;
}

static ssize_t receive(struct control *control, struct control_reply *reply, int timeout_ms)
{
	struct pollfd pollfd = { .fd = control->fd, .events = POLLIN };
	ssize_t len;
	int ret;

	do {
		ret = poll(&pollfd, 1, timeout_ms);
	} while (ret < 0 && errno == EINTR);
	if (ret <= 0)
		return ret ? -errno : -ETIMEDOUT;
	len = recv(control->fd, reply->buf, sizeof(reply->buf), 0);
	return len < 0 ? -errno : len;
}

static int ask(struct control *control, uint16_t type, uint8_t cmd, const struct uks_attrs *attrs,
	       struct control_reply *reply, unsigned int max)
{
	ssize_t len;
	int ret;

	ret = send_message(control, type, 0, cmd, attrs);
	if (ret)
		return ret;
	len = receive(control, reply, CONTROL_WAIT_MS);
	if (len < 0)
		return len;
	if (!NLMSG_OK((struct nlmsghdr *)reply->buf, (size_t)len))
		return -EBADMSG;
	ret = take_message((struct nlmsghdr *)reply->buf, reply, max);
	return ret > 0 ? 0 : ret ?: -ENODATA;
}

static uint32_t group_id(const struct uks_attr *groups)
{
	struct uks_attr attr[CTRL_ATTR_MCAST_GRP_MAX + 1];
	const uint8_t *at = groups->value;
	size_t left = groups->len;
	struct uks_attr group;

	while (groups->type && uks_attr_next(&at, &left, &group) > 0) {
		if (parse(group.value, group.len, attr, CTRL_ATTR_MCAST_GRP_MAX))
			return 0;
		if (attr[CTRL_ATTR_MCAST_GRP_NAME].type &&
		    !strcmp((const char *)attr[CTRL_ATTR_MCAST_GRP_NAME].value,
			    UKS_GENL_GROUP_EVENTS))
			return uks_attr_u32(&attr[CTRL_ATTR_MCAST_GRP_ID], 0);
	}
	return 0;
}

static int resolve(struct control *control)
{
	struct control_reply reply;
	struct uks_attrs attrs;
	uint8_t buf[32];
	int ret;

	uks_attrs_init(&attrs, buf, sizeof(buf));
	uks_attrs_put(&attrs, CTRL_ATTR_FAMILY_NAME, UKS_GENL_NAME, sizeof(UKS_GENL_NAME));
	ret = ask(control, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, &attrs, &reply,
		  CTRL_ATTR_MCAST_GROUPS);
	if (ret)
		return ret;
	memcpy(&control->family, reply.attr[CTRL_ATTR_FAMILY_ID].value, sizeof(control->family));
	control->events = group_id(&reply.attr[CTRL_ATTR_MCAST_GROUPS]);
	return control->events ? 0 : -ENOENT;
}

/**
 * control_open() - open a socket to the family
 * @control: filled in; to be closed with control_close()
 *
 * Return: 0 or a negative errno value.
 */
int control_open(struct control *control)
{
	int ret;

	*control = (struct control){ .fd = -1 };
	control->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (control->fd < 0)
		return -errno;
	ret = resolve(control);
	if (ret)
		control_close(control);
	return ret;
}

/**
 * control_close() - close the socket
 * @control: the socket
 */
void control_close(struct control *control)
{
	if (control->fd >= 0)
		close(control->fd);
	control->fd = -1;
}

/**
 * control_call() - put a question and take the answer
 * @control: the socket
 * @cmd: enum uks_nl_cmd
 * @attrs: attributes of the question, or NULL
 * @reply: the answer
 *
 * Return: 0 or a negative errno value, the kernel's if it refuses.
 */
int control_call(struct control *control, uint8_t cmd, const struct uks_attrs *attrs,
		 struct control_reply *reply)
{
	return ask(control, control->family, cmd, attrs, reply, UKS_NL_A_MAX);
}

/**
 * control_send() - ask, and leave the answer unread
 * @control: open
 * @cmd: enum uks_nl_cmd
 * @attrs: its attributes, or NULL
 *
 * Return: 0 or a negative errno value.
 */
int control_send(struct control *control, uint8_t cmd, const struct uks_attrs *attrs)
{
	return send_message(control, control->family, 0, cmd, attrs);
}

/**
 * control_dump() - ask for a list
 * @control: the socket
 * @cmd: enum uks_nl_cmd
 * @fn: called for each entry
 * @arg: for @fn
 *
 * Return: 0 or a negative errno value.
 */
int control_dump(struct control *control, uint8_t cmd,
		 void (*fn)(const struct control_reply *reply, void *arg), void *arg)
{
	struct control_reply reply;
	struct nlmsghdr *nl;
	ssize_t len;
	int ret;

	ret = send_message(control, control->family, NLM_F_DUMP, cmd, NULL);
	while (!ret) {
		len = receive(control, &reply, CONTROL_WAIT_MS);
		if (len < 0)
			return len;
		for (nl = (struct nlmsghdr *)reply.buf; NLMSG_OK(nl, (size_t)len);
		     nl = NLMSG_NEXT(nl, len)) {
			ret = take_message(nl, &reply, UKS_NL_A_MAX);
			if (ret <= 0)
				return ret;
			fn(&reply, arg);
		}
		ret = 0;
	}
	return ret;
}

/**
 * control_join() - be told of events from now on
 * @control: the socket
 *
 * Return: 0 or a negative errno value.
 */
int control_join(struct control *control)
{
	return setsockopt(control->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &control->events,
			  sizeof(control->events)) ? -errno : 0;
}

/**
 * control_event() - wait for an event
 * @control: a socket that has joined
 * @reply: the event
 *
 * Return: 0 or a negative errno value.
 */
int control_event(struct control *control, struct control_reply *reply)
{
	ssize_t len = receive(control, reply, CONTROL_WAIT_MS);
	int ret;

	if (len < 0)
		return len;
	ret = take_message((struct nlmsghdr *)reply->buf, reply, UKS_NL_A_MAX);
	return ret > 0 ? 0 : ret ?: -ENODATA;
}

/**
 * control_revoke() - revoke the sessions of a key
 * @control: the daemon's socket
 * @key_id: the key
 *
 * Return: how many there were, or a negative errno value.
 */
int control_revoke(struct control *control, const uint8_t *key_id)
{
	struct control_reply reply;
	struct uks_attrs attrs;
	uint8_t buf[32];
	int ret;

	uks_attrs_init(&attrs, buf, sizeof(buf));
	uks_attrs_put(&attrs, UKS_NL_A_KEY_ID, key_id, UKS_KEY_ID_LEN);
	ret = control_call(control, UKS_NL_CMD_REVOKE, &attrs, &reply);
	return ret ?: (int)uks_attr_u32(&reply.attr[UKS_NL_A_COUNT], -ENODATA);
}

/**
 * control_zeroize() - end all sessions
 * @control: the socket
 *
 * Return: how many there were, or a negative errno value.
 */
int control_zeroize(struct control *control)
{
	struct control_reply reply;
	int ret = control_call(control, UKS_NL_CMD_ZEROIZE, NULL, &reply);

	return ret ?: (int)uks_attr_u32(&reply.attr[UKS_NL_A_COUNT], -ENODATA);
}

/**
 * control_stat() - read a counter of the module
 * @control: the socket
 * @stat: which
 *
 * Return: its value or a negative errno value.
 */
int64_t control_stat(struct control *control, enum uks_nl_stat stat)
{
	struct uks_attr attr[UKS_NL_STAT_MAX + 1];
	struct control_reply reply;
	const struct uks_attr *nest = &reply.attr[UKS_NL_A_STAT];
	int ret;

	ret = control_call(control, UKS_NL_CMD_STATS, NULL, &reply);
	if (ret)
		return ret;
	if (!nest->type || parse(nest->value, nest->len, attr, UKS_NL_STAT_MAX))
		return -EBADMSG;
	return uks_attr_u64(&attr[stat], -ENODATA);
}

/**
 * control_wait_stat() - wait until a counter has a value
 * @control: the socket
 * @stat: which
 * @value: the value
 *
 * Nothing tells that a request was queued or a session freed: this looks again
 * and again, giving way to others.
 *
 * Return: 0, -ETIMEDOUT, or another negative errno value.
 */
int control_wait_stat(struct control *control, enum uks_nl_stat stat, int64_t value)
{
	time_t end = time(NULL) + CONTROL_WAIT_MS / 1000;
	int64_t now;

	while ((now = control_stat(control, stat)) != value) {
		if (now < 0)
			return now;
		if (time(NULL) > end)
			return -ETIMEDOUT;
		sched_yield();
	}
	return 0;
}
