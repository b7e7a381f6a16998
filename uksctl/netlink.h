/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The control plane, as an administrator sees it. */
#ifndef UKSCTL_NETLINK_H
#define UKSCTL_NETLINK_H

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>

#include "uksctl.h"

/**
 * struct control - a connection to the generic netlink family "uks"
 * @sock: the socket
 * @family: number of the family
 */
struct control {
	struct nl_sock *sock;
	int family;
};

/* Gets the attributes of one message; @arg is the caller's. */
typedef void control_fn(struct nlattr **attrs, uint8_t cmd, void *arg);

int control_open(struct control *control);
void control_close(struct control *control);
int control_ask(struct control *control, uint8_t cmd, int flags, control_fn *fn, void *arg);
int control_fail(int error, const char *what);
int control_parse(struct nl_msg *msg, struct nlattr **attrs, uint8_t *cmd);

#endif /* UKSCTL_NETLINK_H */
