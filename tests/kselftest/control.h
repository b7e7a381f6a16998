/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control plane of uks.ko, spoken without a library, so that a test can also
 * say what no library would and so that a 32-bit program needs none.
 */
#ifndef KSELFTEST_CONTROL_H
#define KSELFTEST_CONTROL_H

#include <uks/attr.h>

#define CONTROL_WAIT_MS	20000	/* when something that must happen has not */

/**
 * struct control - a socket that speaks generic netlink with the family "uks"
 * @fd: the socket
 * @family: number of the family
 * @events: number of its group of events
 * @seq: number of the last question
 */
struct control {
	int fd;
	uint16_t family;
	uint32_t events;
	uint32_t seq;
};

/**
 * struct control_reply - an answer or an event
 * @cmd: enum uks_nl_cmd
 * @attr: its attributes, by type
 * @buf: where they are
 */
struct control_reply {
	uint8_t cmd;
	struct uks_attr attr[UKS_NL_A_MAX + 1];
	uint8_t buf[16384];
};

int control_open(struct control *control);
void control_close(struct control *control);
int control_call(struct control *control, uint8_t cmd, const struct uks_attrs *attrs,
		 struct control_reply *reply);
int control_send(struct control *control, uint8_t cmd, const struct uks_attrs *attrs);
int control_dump(struct control *control, uint8_t cmd,
		 void (*fn)(const struct control_reply *reply, void *arg), void *arg);
int control_join(struct control *control);
int control_event(struct control *control, struct control_reply *reply);
int control_revoke(struct control *control, const uint8_t *key_id);
int control_zeroize(struct control *control);
int64_t control_stat(struct control *control, enum uks_nl_stat stat);
int control_wait_stat(struct control *control, enum uks_nl_stat stat, int64_t value);

#endif /* KSELFTEST_CONTROL_H */
