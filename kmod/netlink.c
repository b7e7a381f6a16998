// SPDX-License-Identifier: GPL-2.0
/*
 * The control plane: generic netlink family "uks". No key byte and no plaintext
 * passes here, for a tap on the socket layer sees all of it.
 */
#include <linux/file.h>
#include <linux/module.h>
#include <net/genetlink.h>

#include "uks.h"

static struct genl_family uks_family;

static struct sk_buff *uks_reply_new(struct genl_info *info, void **header)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);

	if (!skb)
		return NULL;
	*header = genlmsg_put_reply(skb, info, &uks_family, 0, info->genlhdr->cmd);
	if (!*header) {
		nlmsg_free(skb);
		return NULL;
	}
	return skb;
}

static int uks_reply_count(struct sk_buff *skb, void *header, struct genl_info *info, u32 count)
{
	if (nla_put_u32(skb, UKS_NL_A_COUNT, count)) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return genlmsg_reply(skb, info);
}

/*
 * CAP_SYS_ADMIN of the socket's opener and of the sender: being the daemon means
 * seeing every key.
 */
static int uks_nl_register(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply;
	void *header;
	u64 features;
	int ret;

	if (!netlink_capable(skb, CAP_SYS_ADMIN)) {
		NL_SET_ERR_MSG(info->extack, "REGISTER needs CAP_SYS_ADMIN");
		return -EPERM;
	}
	if (GENL_REQ_ATTR_CHECK(info, UKS_NL_A_FEATURES))
		return -EINVAL;
	features = uks_features() & nla_get_u64(info->attrs[UKS_NL_A_FEATURES]);
	reply = uks_reply_new(info, &header);
	if (!reply)
		return -ENOMEM;
	ret = nla_put_u64_64bit(reply, UKS_NL_A_FEATURES, features, UKS_NL_A_PAD) ?:
	      nla_put_u64_64bit(reply, UKS_NL_A_ALGORITHMS, uks_algorithms(), UKS_NL_A_PAD) ?:
	      nla_put_u64_64bit(reply, UKS_NL_A_DIGESTS, uks_digests_mask(), UKS_NL_A_PAD);
	if (ret)
		goto err;
	ret = uks_daemon_register(NETLINK_CB(skb).sk, info->snd_portid);
	if (ret) {
		NL_SET_ERR_MSG(info->extack, "another daemon is registered");
		goto err;
	}
	genlmsg_end(reply, header);
	ret = genlmsg_reply(reply, info);
	if (ret)
		uks_daemon_unregister(info->snd_portid);
	return ret;
err:
	nlmsg_free(reply);
	return ret;
}

static int uks_nl_refuse_stranger(struct genl_info *info)
{
	if (uks_daemon_is(info->snd_portid))
		return 0;
	NL_SET_ERR_MSG(info->extack, "the sender is not the registered daemon");
	return -EPERM;
}

static int uks_nl_channel(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply;
	struct file *file;
	void *header;
	int fd, ret;

	ret = uks_nl_refuse_stranger(info);
	if (ret)
		return ret;
	reply = uks_reply_new(info, &header);
	if (!reply)
		return -ENOMEM;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		ret = fd;
		goto err_reply;
	}
	file = uks_channel_open();
	if (IS_ERR(file)) {
		ret = PTR_ERR(file);
		goto err_fd;
	}
	ret = nla_put_s32(reply, UKS_NL_A_CHANNEL_FD, fd);
	if (ret)
		goto err_file;
	genlmsg_end(reply, header);
	ret = genlmsg_reply(reply, info);
	reply = NULL;
	if (ret)
		goto err_file;
	fd_install(fd, file);
	return 0;

err_file:
	fput(file);
err_fd:
	put_unused_fd(fd);
err_reply:
	nlmsg_free(reply);
	return ret;
}

static int uks_nl_revoke(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply;
	const u8 *key_id;
	void *header;
	u32 count;
	int ret;

	ret = uks_nl_refuse_stranger(info);
	if (ret)
		return ret;
	if (GENL_REQ_ATTR_CHECK(info, UKS_NL_A_KEY_ID))
		return -EINVAL;
	/* Before anything is revoked: who is told ENOMEM shall know that nothing was. */
	reply = uks_reply_new(info, &header);
	if (!reply)
		return -ENOMEM;
	key_id = nla_data(info->attrs[UKS_NL_A_KEY_ID]);
	count = uks_sessions_revoke(key_id);
	uks_event_revoked(key_id, count);
	return uks_reply_count(reply, header, info, count);
}

static int uks_nl_zeroize(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply;
	void *header;
	u32 count;

	if (!uks_daemon_is(info->snd_portid) && !netlink_capable(skb, CAP_SYS_ADMIN)) {
		NL_SET_ERR_MSG(info->extack, "ZEROIZE needs CAP_SYS_ADMIN");
		return -EPERM;
	}
	reply = uks_reply_new(info, &header);
	if (!reply)
		return -ENOMEM;
	count = uks_sessions_revoke(NULL);
	uks_event_zeroized(count);
	return uks_reply_count(reply, header, info, count);
}

static int uks_nl_put_stats(struct sk_buff *skb)
{
	const struct {
		u16 type;
		u64 value;
	} stats[] = {
		{ UKS_NL_STAT_CLIENTS, atomic64_read(&uks_clients) },
		{ UKS_NL_STAT_SESSIONS, uks_quota_used(UKS_QUOTA_SESSIONS) },
		{ UKS_NL_STAT_CHANNELS, READ_ONCE(uks_queue.nr_channels) },
		{ UKS_NL_STAT_QUEUED, READ_ONCE(uks_queue.nr_queued) },
		{ UKS_NL_STAT_TAKEN, READ_ONCE(uks_queue.nr_taken) },
		{ UKS_NL_STAT_BYTES, uks_quota_used(UKS_QUOTA_BYTES) },
		{ UKS_NL_STAT_SUBMITTED, atomic64_read(&uks_counters.submitted) },
		{ UKS_NL_STAT_COMPLETED, atomic64_read(&uks_counters.completed) },
		{ UKS_NL_STAT_FAILED, atomic64_read(&uks_counters.failed) },
		{ UKS_NL_STAT_REFUSED, atomic64_read(&uks_counters.refused) },
		{ UKS_NL_STAT_LATE, atomic64_read(&uks_counters.late) },
		{ UKS_NL_STAT_MALFORMED, atomic64_read(&uks_counters.malformed) },
		{ UKS_NL_STAT_MESSAGES, atomic64_read(&uks_messages) },
		{ UKS_NL_STAT_REVOKED, atomic64_read(&uks_sessions_revoked) },
	};
	struct nlattr *nest = nla_nest_start(skb, UKS_NL_A_STAT);
	unsigned int i;

	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < ARRAY_SIZE(stats); i++)
		if (nla_put_u64_64bit(skb, stats[i].type, stats[i].value, UKS_NL_STAT_PAD))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int uks_nl_stats(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply;
	void *header;

	if (!netlink_capable(skb, CAP_SYS_ADMIN)) {
		NL_SET_ERR_MSG(info->extack, "STATS needs CAP_SYS_ADMIN");
		return -EPERM;
	}
	reply = uks_reply_new(info, &header);
	if (!reply)
		return -ENOMEM;
	if (uks_nl_put_stats(reply)) {
		nlmsg_free(reply);
		return -EMSGSIZE;
	}
	genlmsg_end(reply, header);
	return genlmsg_reply(reply, info);
}

static int uks_nl_put_session(struct sk_buff *skb, struct netlink_callback *cb,
			      struct uks_session *session)
{
	const struct uks_client *client = session->client;
	u8 key_id[UKS_KEY_ID_LEN];
	void *header;

	spin_lock(&session->lock);
	memcpy(key_id, session->key_id, sizeof(key_id));
	spin_unlock(&session->lock);
	header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &uks_family,
			     NLM_F_MULTI, UKS_NL_CMD_SESSION);
	if (!header)
		return -EMSGSIZE;
	if (nla_put_u64_64bit(skb, UKS_NL_A_SESSION_ID, session->id, UKS_NL_A_PAD) ||
	    nla_put_u32(skb, UKS_NL_A_UID, from_kuid(&init_user_ns, client->cred->euid)) ||
	    nla_put_u32(skb, UKS_NL_A_PID, pid_nr(client->tgid)) ||
	    nla_put(skb, UKS_NL_A_KEY_ID, sizeof(key_id), key_id) ||
	    nla_put_u32(skb, UKS_NL_A_PURPOSE, session->purpose) ||
	    nla_put_u32(skb, UKS_NL_A_ALGORITHM, session->algorithm) ||
	    nla_put_u64_64bit(skb, UKS_NL_A_USES, atomic64_read(&session->uses), UKS_NL_A_PAD)) {
		genlmsg_cancel(skb, header);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, header);
	return 0;
}

static int uks_nl_sessions_start(struct netlink_callback *cb)
{
	if (netlink_capable(cb->skb, CAP_SYS_ADMIN))
		return 0;
	NL_SET_ERR_MSG(cb->extack, "SESSION needs CAP_SYS_ADMIN");
	return -EPERM;
}

static int uks_nl_sessions(struct sk_buff *skb, struct netlink_callback *cb)
{
	return uks_sessions_dump(skb, cb, uks_nl_put_session);
}

static const struct genl_small_ops uks_ops[] = {
	{ .cmd = UKS_NL_CMD_REGISTER, .doit = uks_nl_register },
	{ .cmd = UKS_NL_CMD_CHANNEL, .doit = uks_nl_channel },
	{ .cmd = UKS_NL_CMD_REVOKE, .doit = uks_nl_revoke },
	{ .cmd = UKS_NL_CMD_ZEROIZE, .doit = uks_nl_zeroize },
	{ .cmd = UKS_NL_CMD_STATS, .doit = uks_nl_stats },
};

/* One that is refused before it begins. */
static const struct genl_ops uks_dumps[] = {
	{
		.cmd = UKS_NL_CMD_SESSION,
		.start = uks_nl_sessions_start,
		.dumpit = uks_nl_sessions,
	},
};

static const struct genl_multicast_group uks_groups[] = {
	{ .name = UKS_GENL_GROUP_EVENTS, .flags = GENL_MCAST_CAP_SYS_ADMIN },
};

static struct genl_family uks_family __ro_after_init = {
	.name = UKS_GENL_NAME,
	.version = UKS_GENL_VERSION,
	.maxattr = UKS_NL_A_MAX,
	.policy = uks_control_policy,
	.netnsok = false,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = uks_dumps,
	.n_ops = ARRAY_SIZE(uks_dumps),
	.small_ops = uks_ops,
	.n_small_ops = ARRAY_SIZE(uks_ops),
	.resv_start_op = 0,
	.mcgrps = uks_groups,
	.n_mcgrps = ARRAY_SIZE(uks_groups),
};

/* Events inform; nobody depends on them, so one that memory is too short for is lost. */
static struct sk_buff *uks_event_new(u32 cmd, void **header)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);

	if (!skb)
		return NULL;
	*header = genlmsg_put(skb, 0, 0, &uks_family, 0, cmd);
	if (!*header) {
		nlmsg_free(skb);
		return NULL;
	}
	return skb;
}

static void uks_event_send(struct sk_buff *skb, void *header, bool failed)
{
	if (failed) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, header);
	genlmsg_multicast(&uks_family, skb, 0, 0, GFP_KERNEL);
}

/**
 * uks_event_daemon() - tell that the daemon came or went
 * @up: it came
 * @pid: its process
 * @sessions: how many sessions were revoked because it went
 */
void uks_event_daemon(bool up, u32 pid, u32 sessions)
{
	struct sk_buff *skb;
	void *header;

	skb = uks_event_new(up ? UKS_NL_CMD_EVENT_DAEMON_UP : UKS_NL_CMD_EVENT_DAEMON_DOWN,
			    &header);
	if (skb)
		uks_event_send(skb, header, nla_put_u32(skb, UKS_NL_A_PID, pid) ||
			       (!up && nla_put_u32(skb, UKS_NL_A_COUNT, sessions)));
}

/**
 * uks_event_revoked() - tell that the sessions of a key were revoked
 * @key_id: the key
 * @count: how many there were
 */
void uks_event_revoked(const u8 *key_id, u32 count)
{
	struct sk_buff *skb;
	void *header;

	skb = uks_event_new(UKS_NL_CMD_EVENT_REVOKED, &header);
	if (skb)
		uks_event_send(skb, header,
			       nla_put(skb, UKS_NL_A_KEY_ID, UKS_KEY_ID_LEN, key_id) ||
			       nla_put_u32(skb, UKS_NL_A_COUNT, count));
}

/**
 * uks_event_zeroized() - tell that all sessions were wiped, and that the caller did it
 * @count: how many there were
 */
void uks_event_zeroized(u32 count)
{
	struct sk_buff *skb;
	void *header;

	skb = uks_event_new(UKS_NL_CMD_EVENT_ZEROIZED, &header);
	if (skb)
		uks_event_send(skb, header, nla_put_u32(skb, UKS_NL_A_COUNT, count) ||
			       nla_put_u32(skb, UKS_NL_A_UID,
					   from_kuid(&init_user_ns, current_euid())) ||
			       nla_put_u32(skb, UKS_NL_A_PID, task_tgid_nr(current)));
}

/**
 * uks_netlink_init() - register the family
 *
 * Return: 0 or a negative errno value.
 */
int __init uks_netlink_init(void)
{
	return genl_register_family(&uks_family);
}

/** uks_netlink_exit() - unregister the family */
void uks_netlink_exit(void)
{
	genl_unregister_family(&uks_family);
}

MODULE_ALIAS_GENL_FAMILY(UKS_GENL_NAME);
