// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/uks.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "daemon/control.h"
#include "daemon/log.h"

#define FEATURES	(UKS_FEATURE_AES_GCM | UKS_FEATURE_CHACHA20_POLY1305 | \
			 UKS_FEATURE_HMAC_SHA256 | UKS_FEATURE_DIGEST)

/*
 * @calls is the registered socket: the kernel knows the daemon by its port, and
 * the daemon is gone when it is closed. Questions and their answers pass there,
 * one at a time, under @lock. @events is another, so that no event comes
 * between question and answer.
 */
struct control {
	struct nl_sock *calls;
	struct nl_sock *events;
	int family;
	uint64_t features;
	uint64_t algorithms;
	uint64_t digests;
	pthread_mutex_t lock;
};

/* Answer to the question with the number @seq. */
struct answer {
	uint32_t seq;
	bool valid;
	uint64_t features;
	uint64_t algorithms;
	uint64_t digests;
	uint32_t count;
	int32_t fd;
};

static const struct nla_policy policy[UKS_NL_A_MAX + 1] = {
	[UKS_NL_A_FEATURES] = { .type = NLA_U64 },
	[UKS_NL_A_CHANNEL_FD] = { .type = NLA_S32 },
	[UKS_NL_A_KEY_ID] = { .minlen = UKS_KEY_ID_LEN, .maxlen = UKS_KEY_ID_LEN },
	[UKS_NL_A_COUNT] = { .type = NLA_U32 },
	[UKS_NL_A_PID] = { .type = NLA_U32 },
	[UKS_NL_A_UID] = { .type = NLA_U32 },
	[UKS_NL_A_ALGORITHMS] = { .type = NLA_U64 },
	[UKS_NL_A_DIGESTS] = { .type = NLA_U64 },
};

static int on_answer(struct nl_msg *msg, void *user)
{
	struct answer *answer = user;
	struct nlattr *attrs[UKS_NL_A_MAX + 1];

	if (nlmsg_hdr(msg)->nlmsg_seq != answer->seq ||
	    genlmsg_parse(nlmsg_hdr(msg), 0, attrs, UKS_NL_A_MAX, policy) < 0)
		return NL_SKIP;
	if (attrs[UKS_NL_A_FEATURES])
		answer->features = nla_get_u64(attrs[UKS_NL_A_FEATURES]);
	if (attrs[UKS_NL_A_ALGORITHMS])
		answer->algorithms = nla_get_u64(attrs[UKS_NL_A_ALGORITHMS]);
	if (attrs[UKS_NL_A_DIGESTS])
		answer->digests = nla_get_u64(attrs[UKS_NL_A_DIGESTS]);
	if (attrs[UKS_NL_A_COUNT])
		answer->count = nla_get_u32(attrs[UKS_NL_A_COUNT]);
	if (attrs[UKS_NL_A_CHANNEL_FD])
		answer->fd = nla_get_s32(attrs[UKS_NL_A_CHANNEL_FD]);
	answer->valid = true;
	return NL_OK;
}

static struct nl_sock *open_socket(struct failure *failure)
{
	struct nl_sock *sock = nl_socket_alloc();
	int ret, on = 1;

	if (!sock) {
		failure_set(failure, UKS_E_NO_MEMORY, "out of memory for a netlink socket");
		return NULL;
	}
	/* Each question has an answer, so that none need be acknowledged. */
	nl_socket_disable_auto_ack(sock);
	ret = genl_connect(sock);
	if (ret) {
		failure_set(failure, UKS_E_NO_DAEMON, "cannot open a netlink socket: %s",
			    nl_geterror(ret));
		nl_socket_free(sock);
		return NULL;
	}
	/* The kernel need not send a question back with its error. */
	setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	return sock;
}

/* Ask and wait for the answer, or the error; 0 or a libnl error. */
static int ask(struct control *control, struct nl_msg *msg, struct answer *answer)
{
	int ret;

	memset(answer, 0, sizeof(*answer));
	answer->fd = -1;
	pthread_mutex_lock(&control->lock);
	nl_socket_modify_cb(control->calls, NL_CB_VALID, NL_CB_CUSTOM, on_answer, answer);
	ret = nl_send_auto(control->calls, msg);
	answer->seq = nlmsg_hdr(msg)->nlmsg_seq;
	while (ret >= 0 && !answer->valid)
		ret = nl_recvmsgs_default(control->calls);
	nl_socket_modify_cb(control->calls, NL_CB_VALID, NL_CB_DEFAULT, NULL, NULL);
	pthread_mutex_unlock(&control->lock);
	return ret < 0 ? ret : 0;
}

static struct nl_msg *question(struct control *control, uint8_t cmd)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (msg && !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, control->family, 0, 0, cmd,
				UKS_GENL_VERSION)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return msg;
}

static int register_daemon(struct control *control, struct failure *failure)
{
	struct nl_msg *msg = question(control, UKS_NL_CMD_REGISTER);
	struct answer answer;
	int ret = -NLE_NOMEM;

	if (msg && !nla_put_u64(msg, UKS_NL_A_FEATURES, FEATURES))
		ret = ask(control, msg, &answer);
	nlmsg_free(msg);
	switch (ret) {
	case 0:
		control->features = answer.features;
		control->algorithms = answer.algorithms;
		control->digests = answer.digests;
		return 0;
	case -NLE_PERM:
		return failure_set(failure, UKS_E_NO_PERMISSION,
				   "cannot register with the kernel: needs CAP_SYS_ADMIN; start uksd as root");
	case -NLE_BUSY:
		return failure_set(failure, UKS_E_BUSY,
				   "cannot register with the kernel: another uksd is running; stop it first");
	default:
		return failure_set(failure, UKS_E_PROTOCOL, "cannot register with the kernel: %s",
				   nl_geterror(ret));
	}
}

static int join_events(struct control *control, struct failure *failure)
{
	int group, ret;

	control->events = open_socket(failure);
	if (!control->events)
		return -1;
	nl_socket_disable_seq_check(control->events);
	nl_socket_set_nonblocking(control->events);
	group = genl_ctrl_resolve_grp(control->calls, UKS_GENL_NAME, UKS_GENL_GROUP_EVENTS);
	ret = group < 0 ? group : nl_socket_add_membership(control->events, group);
	if (ret)
		return failure_set(failure, UKS_E_PROTOCOL,
				   "cannot listen to the kernel's events: %s", nl_geterror(ret));
	return 0;
}

int control_register(struct control **result, struct failure *failure)
{
	struct control *control = calloc(1, sizeof(*control));

	if (!control)
		return failure_set(failure, UKS_E_NO_MEMORY, "out of memory");
	pthread_mutex_init(&control->lock, NULL);
	control->calls = open_socket(failure);
	if (!control->calls)
		goto out;
	control->family = genl_ctrl_resolve(control->calls, UKS_GENL_NAME);
	if (control->family < 0) {
		failure_set(failure, UKS_E_NO_DEVICE,
			    "the kernel has no netlink family '%s': load the module with 'modprobe uks'",
			    UKS_GENL_NAME);
		goto out;
	}
	if (join_events(control, failure) || register_daemon(control, failure))
		goto out;
	*result = control;
	return 0;
out:
	control_close(control);
	return -1;
}

void control_close(struct control *control)
{
	if (!control)
		return;
	nl_socket_free(control->events);
	nl_socket_free(control->calls);
	pthread_mutex_destroy(&control->lock);
	free(control);
}

uint64_t control_features(const struct control *control)
{
	return control->features;
}

uint64_t control_algorithms(const struct control *control)
{
	return control->algorithms;
}

uint64_t control_digests(const struct control *control)
{
	return control->digests;
}

int control_channel(struct control *control, int *fd, struct failure *failure)
{
	struct nl_msg *msg = question(control, UKS_NL_CMD_CHANNEL);
	struct answer answer;
	int ret = -NLE_NOMEM;

	if (msg)
		ret = ask(control, msg, &answer);
	nlmsg_free(msg);
	if (!ret && answer.fd < 0)
		ret = -NLE_MISSING_ATTR;
	if (ret)
		return failure_set(failure, UKS_E_PROTOCOL, "cannot open a channel: %s",
				   nl_geterror(ret));
	*fd = answer.fd;
	return 0;
}

int control_revoke(struct control *control, const uint8_t *id, uint32_t *count,
		   struct failure *failure)
{
	struct nl_msg *msg = question(control, UKS_NL_CMD_REVOKE);
	struct answer answer;
	int ret = -NLE_NOMEM;

	if (msg && !nla_put(msg, UKS_NL_A_KEY_ID, UKS_KEY_ID_LEN, id))
		ret = ask(control, msg, &answer);
	nlmsg_free(msg);
	if (ret)
		return failure_set(failure, UKS_E_INTERNAL,
				   "the kernel did not end the key's sessions: %s; nothing was changed",
				   nl_geterror(ret));
	*count = answer.count;
	return 0;
}

int control_event_fd(const struct control *control)
{
	return nl_socket_get_fd(control->events);
}

static void tell_zeroized(const struct control_events *events, struct nlattr **attrs)
{
	struct control_zeroized zeroized = { .uid = UINT32_MAX };

	if (attrs && attrs[UKS_NL_A_COUNT])
		zeroized.count = nla_get_u32(attrs[UKS_NL_A_COUNT]);
	if (attrs && attrs[UKS_NL_A_UID])
		zeroized.uid = nla_get_u32(attrs[UKS_NL_A_UID]);
	if (attrs && attrs[UKS_NL_A_PID])
		zeroized.pid = nla_get_u32(attrs[UKS_NL_A_PID]);
	events->zeroized(events->context, &zeroized);
}

static int on_event(struct nl_msg *msg, void *user)
{
	const struct control_events *events = user;
	struct genlmsghdr *header = nlmsg_data(nlmsg_hdr(msg));
	struct nlattr *attrs[UKS_NL_A_MAX + 1];

	if (genlmsg_parse(nlmsg_hdr(msg), 0, attrs, UKS_NL_A_MAX, policy) < 0)
		return NL_SKIP;
	switch (header->cmd) {
	case UKS_NL_CMD_EVENT_ZEROIZED:
		log_info("all sessions were ended on an administrator's request");
		tell_zeroized(events, attrs);
		break;
	case UKS_NL_CMD_EVENT_DAEMON_DOWN:
		if (attrs[UKS_NL_A_PID] && nla_get_u32(attrs[UKS_NL_A_PID]) == (uint32_t)getpid())
			events->lost(events->context);
		break;
	default:
		break;
	}
	return NL_OK;
}

void control_read_events(struct control *control, const struct control_events *events)
{
	int ret;

	nl_socket_modify_cb(control->events, NL_CB_VALID, NL_CB_CUSTOM, on_event, (void *)events);
	do {
		ret = nl_recvmsgs_default(control->events);
	} while (!ret);
	/* Events were lost: act as if the one that matters had been among them. */
	if (ret == -NLE_NOMEM)
		tell_zeroized(events, NULL);
	else if (ret != -NLE_AGAIN && ret != -NLE_INTR)
		log_warning("reading the kernel's events failed: %s", nl_geterror(ret));
}
