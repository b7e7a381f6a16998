// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl sessions, stats, zeroize */
#include <stdio.h>
#include <unistd.h>

#include "netlink.h"

static const struct column session_columns[] = {
	{ "id", "SESSION", true },
	{ "uid", "UID", true },
	{ "pid", "PID", true },
	{ "purpose", "PURPOSE", false },
	{ "algorithm", "ALGORITHM", false },
	{ "uses", "USES", true },
	{ "key", "KEY", false },
};

static const struct {
	uint16_t type;
	struct column column;
} stats[] = {
	{ UKS_NL_STAT_CLIENTS, { "clients", "Clients open", false } },
	{ UKS_NL_STAT_SESSIONS, { "sessions", "Sessions open", false } },
	{ UKS_NL_STAT_CHANNELS, { "channels", "Channels open", false } },
	{ UKS_NL_STAT_QUEUED, { "queued", "Requests waiting", false } },
	{ UKS_NL_STAT_TAKEN, { "taken", "Requests in hand", false } },
	{ UKS_NL_STAT_BYTES, { "bytes", "Kernel memory, bytes", false } },
	{ UKS_NL_STAT_SUBMITTED, { "submitted", "Requests submitted", false } },
	{ UKS_NL_STAT_COMPLETED, { "completed", "Requests answered", false } },
	{ UKS_NL_STAT_FAILED, { "failed", "Requests without answer", false } },
	{ UKS_NL_STAT_REFUSED, { "refused", "Calls refused as busy", false } },
	{ UKS_NL_STAT_LATE, { "late", "Late answers", false } },
	{ UKS_NL_STAT_MALFORMED, { "malformed", "Malformed answers", false } },
	{ UKS_NL_STAT_MESSAGES, { "messages", "Messages in the kernel", false } },
	{ UKS_NL_STAT_REVOKED, { "revoked", "Sessions revoked", false } },
};

/* Asks one question; the error was told. */
static int ask(uint8_t cmd, int flags, control_fn *fn, void *arg, const char *what)
{
	struct control control;
	int ret = control_open(&control);

	if (ret)
		return control_fail(ret, what);
	ret = control_ask(&control, cmd, flags, fn, arg);
	control_close(&control);
	return ret < 0 ? control_fail(ret, what) : EXIT_OK;
}

static json_int_t number(struct nlattr *attr)
{
	if (!attr)
		return 0;
	return nla_len(attr) == sizeof(uint64_t) ? nla_get_u64(attr) : nla_get_u32(attr);
}

static void add_session(struct nlattr **attrs, uint8_t cmd, void *arg)
{
	const uint8_t none[UKS_KEY_ID_LEN] = { 0 };
	struct nlattr *key = attrs[UKS_NL_A_KEY_ID];
	uint32_t algorithm = number(attrs[UKS_NL_A_ALGORITHM]);
	json_t *session;

	(void)cmd;
	session = json_pack("{s:I, s:I, s:I, s:o, s:o, s:I, s:o}",
			    "id", number(attrs[UKS_NL_A_SESSION_ID]),
			    "uid", number(attrs[UKS_NL_A_UID]),
			    "pid", number(attrs[UKS_NL_A_PID]),
			    "purpose", json_word(UKS_WORD_PURPOSE,
						 number(attrs[UKS_NL_A_PURPOSE])),
			    "algorithm", json_word(UKS_WORD_ALGORITHM, algorithm),
			    "uses", number(attrs[UKS_NL_A_USES]),
			    "key", json_hex(key ? nla_data(key) : none, UKS_KEY_ID_LEN));
	json_array_append_new(arg, session);
}

int run_sessions(struct run *run)
{
	json_t *list = json_array();
	int ret = ask(UKS_NL_CMD_SESSION, NLM_F_DUMP, add_session, list, "list the sessions");

	if (!ret)
		return print_list(run, "sessions", session_columns, ARRAY_SIZE(session_columns),
				  list);
	json_decref(list);
	return ret;
}

static void add_stats(struct nlattr **attrs, uint8_t cmd, void *arg)
{
	struct nlattr *values[UKS_NL_STAT_MAX + 1];
	size_t i;

	(void)cmd;
	if (!attrs[UKS_NL_A_STAT] ||
	    nla_parse_nested(values, UKS_NL_STAT_MAX, attrs[UKS_NL_A_STAT], NULL))
		return;
	for (i = 0; i < ARRAY_SIZE(stats); i++)
		json_object_set_new(arg, stats[i].column.key,
				    json_integer(number(values[stats[i].type])));
}

int run_stats(struct run *run)
{
	struct column columns[ARRAY_SIZE(stats)];
	json_t *object = json_object();
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(stats); i++)
		columns[i] = stats[i].column;
	ret = ask(UKS_NL_CMD_STATS, 0, add_stats, object, "get the counters");
	if (!ret && !json_object_size(object))
		ret = fail_text(EXIT_ERROR, "the kernel gave no counters");
	if (!ret)
		return print_record(run, columns, ARRAY_SIZE(columns), object);
	json_decref(object);
	return ret;
}

static void take_count(struct nlattr **attrs, uint8_t cmd, void *arg)
{
	(void)cmd;
	*(json_int_t *)arg = number(attrs[UKS_NL_A_COUNT]);
}

int run_zeroize(struct run *run)
{
	static const struct column rows[] = { { "sessions", "Sessions ended", false } };
	json_int_t count = 0;
	char answer[16] = "";
	int ret;

	if (!run->options[OPTION_YES]) {
		if (!isatty(STDIN_FILENO))
			return fail_usage(run, "nobody is there to be asked: use --yes");
		fputs("End the sessions of all users? [y/N] ", stderr);
		if (!fgets(answer, sizeof(answer), stdin) ||
		    (answer[0] != 'y' && answer[0] != 'Y'))
			return fail_text(EXIT_ERROR, "no session was ended");
	}
	ret = ask(UKS_NL_CMD_ZEROIZE, 0, take_count, &count, "end all sessions");
	if (ret)
		return ret;
	return print_record(run, rows, ARRAY_SIZE(rows), json_pack("{s:I}", "sessions", count));
}
