// SPDX-License-Identifier: LGPL-2.1-or-later
/* uksctl backup create, backup verify, restore */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "master.h"

#define FRAME_MAX	57344

static const struct column backup_rows[] = {
	{ "created", "Created", false },
	{ "keys", "Keys", false },
	{ "versions", "Versions", false },
	{ "left_out", "Left out", false },
};

static int call(struct run *run, const struct uks_admin_call *call,
		struct uks_admin_answer **answer, const char *what)
{
	if (uks_backup(run->client, call, answer, &run->err))
		return fail(run, what, NULL);
	return EXIT_OK;
}

static void abort_backup(struct run *run)
{
	const struct uks_admin_call call = { .command = UKS_BACKUP_ABORT };

	uks_backup(run->client, &call, NULL, NULL);
}

/* What is missing in a backup is told by name. */
static json_t *left_out(const json_t *report)
{
	json_t *list = json_array(), *entry;
	const char *name, *reason;
	json_int_t owner;
	size_t i;

	json_array_foreach(json_object_get(report, "left_out"), i, entry) {
		if (json_unpack(entry, "{s:I, s:s, s:s}", "owner", &owner, "name", &name,
				"reason", &reason))
			continue;
		json_array_append_new(list, json_sprintf("%s of user %lld (%s)", name,
							 (long long)owner,
							 strcmp(reason, "pin") ?
							 "it is inside the TPM" :
							 "its PIN is inside the TPM"));
	}
	return list;
}

static int print_report(struct run *run, const struct uks_admin_answer *answer)
{
	json_t *report = master_json(answer), *out;
	int ret;

	out = json_pack("{s:o, s:O, s:O, s:o}", "created",
			json_time(json_integer_value(json_object_get(report, "created"))),
			"keys", json_object_get(report, "keys"),
			"versions", json_object_get(report, "versions"),
			"left_out", left_out(report));
	ret = print_record(run, backup_rows, ARRAY_SIZE(backup_rows), out);
	json_decref(report);
	return ret;
}

static int report(struct run *run)
{
	const struct uks_admin_call ask = { .command = UKS_BACKUP_REPORT };
	struct uks_admin_answer *answer;
	int ret = call(run, &ask, &answer, "tell what the backup has");

	if (ret)
		return ret;
	ret = print_report(run, answer);
	uks_admin_answer_free(answer);
	return ret;
}

static int write_frame(const struct output *output, const struct uks_admin_answer *answer)
{
	uint8_t len[4] = {
		answer->result_len >> 24, answer->result_len >> 16, answer->result_len >> 8,
		answer->result_len,
	};
	int ret = output_write(output, len, sizeof(len));

	return ret ? ret : output_write(output, answer->result, answer->result_len);
}

static int read_all_frames(struct run *run, const struct output *output)
{
	struct uks_admin_call ask = { .command = UKS_BACKUP_READ };
	struct uks_admin_answer *answer;
	struct progress progress;
	uint64_t done = 0;
	char cursor[64];
	int ret;

	progress_begin(&progress, -1);
	do {
		ret = call(run, &ask, &answer, "read the backup");
		if (ret)
			break;
		ret = write_frame(output, answer);
		done += answer->result_len;
		snprintf(cursor, sizeof(cursor), "%s", answer->cursor);
		uks_admin_answer_free(answer);
		ask.cursor = cursor;
		if (!ret && progress_tell(&progress, done))
			ret = fail_text(EXIT_AGAIN, "interrupted: no backup was made");
	} while (!ret && *cursor);
	progress_end(&progress);
	return ret;
}

int run_backup_create(struct run *run)
{
	struct output output;
	int ret = output_open(run, &output, 0600, true);

	if (ret)
		return ret;
	catch_signals();
	ret = read_all_frames(run, &output);
	if (ret) {
		abort_backup(run);
		output_abandon(&output);
		return ret;
	}
	ret = output_commit(run, &output);
	return ret ? ret : report(run);
}

/* 1 with a frame, 0 at the end of the file, -1 when it is cut off or no backup. */
static int read_frame(int fd, uint8_t *frame, size_t *len)
{
	uint8_t head[4];
	ssize_t got = input_read(fd, head, sizeof(head));

	if (!got)
		return 0;
	*len = (size_t)head[0] << 24 | head[1] << 16 | head[2] << 8 | head[3];
	if (got != sizeof(head) || !*len || *len > FRAME_MAX)
		return -1;
	return input_read(fd, frame, *len) == (ssize_t)*len ? 1 : -1;
}

static int write_all_frames(struct run *run, int fd, uint32_t flags, char *cursor, size_t size)
{
	struct uks_admin_call ask = { .command = UKS_BACKUP_WRITE, .flags = flags };
	uint8_t *frame = malloc(FRAME_MAX);
	struct uks_admin_answer *answer;
	struct progress progress;
	uint64_t done = 0;
	int ret = EXIT_OK, more = 1;

	if (!frame)
		return fail_text(EXIT_ERROR, "out of memory");
	progress_begin(&progress, fd);
	ask.message = frame;
	while (!ret && (more = read_frame(fd, frame, &ask.message_len)) > 0) {
		ret = call(run, &ask, &answer, "take the backup in");
		if (ret)
			break;
		snprintf(cursor, size, "%s", answer->cursor);
		uks_admin_answer_free(answer);
		ask.cursor = cursor;
		done += ask.message_len + 4;
		if (progress_tell(&progress, done))
			ret = fail_text(EXIT_AGAIN, "interrupted: nothing was changed");
	}
	progress_end(&progress);
	if (!ret && (more < 0 || !done))
		ret = fail_text(EXIT_NOT_AUTHENTIC,
				"the backup is cut off or no backup of UKS: nothing was changed (UKS-%d)",
				UKS_E_BACKUP);
	free(frame);
	return ret;
}

static int take(struct run *run, uint32_t flags)
{
	struct uks_admin_call ask = { .command = UKS_BACKUP_FINISH };
	struct uks_admin_answer *answer;
	char cursor[64] = "";
	int fd, ret;

	fd = open(run->args[0], O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno("read", run->args[0]);
	catch_signals();
	ret = write_all_frames(run, fd, flags, cursor, sizeof(cursor));
	close(fd);
	if (ret) {
		abort_backup(run);
		return ret;
	}
	ask.cursor = cursor;
	if (!run->options[OPTION_TIMEOUT])
		uks_client_set_timeout(run->client, MASTER_MINUTES * 60000);
	ret = call(run, &ask, &answer, flags ? "verify the backup" : "restore the backup");
	if (ret)
		return ret;
	ret = print_report(run, answer);
	uks_admin_answer_free(answer);
	return ret;
}

int run_backup_verify(struct run *run)
{
	return take(run, UKS_CALL_CHECK);
}

int run_restore(struct run *run)
{
	int ret = run_master_recover(run);

	return ret ? ret : take(run, 0);
}
