// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl monitor: events, one a line, until a signal or the reader ends it. */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "netlink.h"

static const struct {
	uint8_t cmd;
	const char *name;
} events[] = {
	{ UKS_NL_CMD_EVENT_DAEMON_UP, "daemon-up" },
	{ UKS_NL_CMD_EVENT_DAEMON_DOWN, "daemon-down" },
	{ UKS_NL_CMD_EVENT_REVOKED, "revoked" },
	{ UKS_NL_CMD_EVENT_ZEROIZED, "zeroized" },
};

static const char *name_of(uint8_t cmd)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(events); i++)
		if (events[i].cmd == cmd)
			return events[i].name;
	return NULL;
}

static json_t *json_event(const char *name, struct nlattr **attrs)
{
	json_t *event = json_pack("{s:o, s:s}", "time", json_time(time(NULL)), "event", name);

	if (attrs[UKS_NL_A_PID])
		json_object_set_new(event, "pid", json_integer(nla_get_u32(attrs[UKS_NL_A_PID])));
	if (attrs[UKS_NL_A_KEY_ID])
		json_object_set_new(event, "key", json_hex(nla_data(attrs[UKS_NL_A_KEY_ID]),
							   UKS_KEY_ID_LEN));
	if (attrs[UKS_NL_A_COUNT])
		json_object_set_new(event, "sessions",
				    json_integer(nla_get_u32(attrs[UKS_NL_A_COUNT])));
	return event;
}

static void print_event(json_t *event)
{
	const char *key;
	json_t *value;

	printf("%s %s", json_string_value(json_object_get(event, "time")),
	       json_string_value(json_object_get(event, "event")));
	json_object_foreach(event, key, value)
		if (json_is_integer(value))
			printf(" %s %lld", key, (long long)json_integer_value(value));
	if (json_object_get(event, "key"))
		printf(" key @%s", json_string_value(json_object_get(event, "key")));
	putchar('\n');
	json_decref(event);
}

static int on_event(struct nl_msg *msg, void *arg)
{
	struct nlattr *attrs[UKS_NL_A_MAX + 1];
	const struct run *run = arg;
	const char *name;
	uint8_t cmd;

	if (control_parse(msg, attrs, &cmd) < 0)
		return NL_SKIP;
	name = name_of(cmd);
	if (!name)
		return NL_SKIP;
	if (run->options[OPTION_JSON])
		print_json(json_event(name, attrs), JSON_COMPACT);
	else
		print_event(json_event(name, attrs));
	fflush(stdout);
	return NL_OK;
}

static int subscribe(struct control *control, struct run *run)
{
	int group = genl_ctrl_resolve_grp(control->sock, UKS_GENL_NAME, UKS_GENL_GROUP_EVENTS);
	int ret;

	if (group < 0)
		return group;
	nl_socket_disable_seq_check(control->sock);
	ret = nl_socket_add_membership(control->sock, group);
	if (!ret)
		ret = nl_socket_modify_cb(control->sock, NL_CB_VALID, NL_CB_CUSTOM, on_event, run);
	return ret;
}

int run_monitor(struct run *run)
{
	struct control control;
	int ret = control_open(&control);

	if (ret)
		return control_fail(ret, "watch events");
	ret = subscribe(&control, run);
	while (!ret && !ferror(stdout)) {
		ret = nl_recvmsgs_default(control.sock);
		/* Events came faster than they were read: say so, and go on. */
		if (ret == -NLE_NOMEM && errno == ENOBUFS) {
			fail_text(EXIT_ERROR, "some events were lost");
			ret = 0;
		}
		if (ret > 0)
			ret = 0;
	}
	control_close(&control);
	return ret ? control_fail(ret, "watch events") : EXIT_ERROR;
}
