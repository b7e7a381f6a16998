// SPDX-License-Identifier: LGPL-2.1-or-later
/* The connection to the control plane. */
#include <string.h>

#include "netlink.h"

int control_fail(int error, const char *what)
{
	switch (-error) {
	case NLE_PERM:
		return fail_text(EXIT_ACCESS, "cannot %s: only root may (CAP_SYS_ADMIN)", what);
	case NLE_OBJ_NOTFOUND:
		return fail_text(EXIT_UNAVAILABLE,
				 "cannot %s: %s: %s (UKS-%d)", what,
				 uks_strerror(UKS_E_NO_DEVICE), uks_cure(UKS_E_NO_DEVICE),
				 UKS_E_NO_DEVICE);
	default:
		return fail_text(EXIT_ERROR, "cannot %s: %s", what, nl_geterror(error));
	}
}

int control_open(struct control *control)
{
	int ret;

	control->sock = nl_socket_alloc();
	if (!control->sock)
		return -NLE_NOMEM;
	ret = genl_connect(control->sock);
	if (!ret)
		ret = genl_ctrl_resolve(control->sock, UKS_GENL_NAME);
	if (ret < 0) {
		nl_socket_free(control->sock);
		return ret;
	}
	control->family = ret;
	return 0;
}

void control_close(struct control *control)
{
	nl_socket_free(control->sock);
}

int control_parse(struct nl_msg *msg, struct nlattr **attrs, uint8_t *cmd)
{
	struct nla_policy policy[UKS_NL_A_MAX + 1] = {
		[UKS_NL_A_KEY_ID] = { .type = NLA_UNSPEC, .minlen = UKS_KEY_ID_LEN },
		[UKS_NL_A_COUNT] = { .type = NLA_U32 },
		[UKS_NL_A_SESSION_ID] = { .type = NLA_U64 },
		[UKS_NL_A_UID] = { .type = NLA_U32 },
		[UKS_NL_A_PID] = { .type = NLA_U32 },
		[UKS_NL_A_PURPOSE] = { .type = NLA_U32 },
		[UKS_NL_A_ALGORITHM] = { .type = NLA_U32 },
		[UKS_NL_A_USES] = { .type = NLA_U64 },
		[UKS_NL_A_STAT] = { .type = NLA_NESTED },
	};

	*cmd = genlmsg_hdr(nlmsg_hdr(msg))->cmd;
	return genlmsg_parse(nlmsg_hdr(msg), 0, attrs, UKS_NL_A_MAX, policy);
}

struct asking {
	control_fn *fn;
	void *arg;
};

static int on_message(struct nl_msg *msg, void *arg)
{
	struct nlattr *attrs[UKS_NL_A_MAX + 1];
	struct asking *asking = arg;
	uint8_t cmd;
	int ret = control_parse(msg, attrs, &cmd);

	if (ret < 0)
		return ret;
	asking->fn(attrs, cmd, asking->arg);
	return NL_OK;
}

static int send_question(struct control *control, uint8_t cmd, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();
	int ret = -NLE_NOMEM;

	if (msg && genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, control->family, 0, flags, cmd,
			       UKS_GENL_VERSION))
		ret = nl_send_auto(control->sock, msg);
	nlmsg_free(msg);
	return ret;
}

/* A dump that the kernel gave up tells so where it ends, which libnl passes over. */
static int on_finish(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);
	int *error = arg;

	if (nlmsg_datalen(header) >= (int)sizeof(*error))
		memcpy(error, nlmsg_data(header), sizeof(*error));
	return NL_STOP;
}

static int receive_dump(struct control *control)
{
	int error = 0;
	int ret = nl_socket_modify_cb(control->sock, NL_CB_FINISH, NL_CB_CUSTOM, on_finish,
				      &error);

	if (!ret)
		ret = nl_recvmsgs_default(control->sock);
	return ret < 0 || error >= 0 ? ret : -nl_syserr2nlerr(error);
}

/* Asks, gives each message of the answer to @fn, and waits for the end. */
int control_ask(struct control *control, uint8_t cmd, int flags, control_fn *fn, void *arg)
{
	struct asking asking = { fn, arg };
	int ret = nl_socket_modify_cb(control->sock, NL_CB_VALID, NL_CB_CUSTOM, on_message,
				      &asking);

	if (!ret)
		ret = send_question(control, cmd, flags);
	if (ret < 0)
		return ret;
	return flags & NLM_F_DUMP ? receive_dump(control) : nl_wait_for_ack(control->sock);
}
