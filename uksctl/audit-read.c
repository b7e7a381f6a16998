// SPDX-License-Identifier: LGPL-2.1-or-later
/* Records from the daemon, or from files that were copied. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit.h"

int audit_get_head(struct run *run, struct uks_audit_head *head)
{
	size_t len = sizeof(*head);

	if (uks_audit_head(run->client, head, &len, &run->err))
		return fail(run, "get the head of the records", NULL);
	if (len != sizeof(*head) || head->len != len)
		return fail_text(EXIT_ERROR,
				 "the daemon tells of its records in a form that is not known here: update uksctl");
	return EXIT_OK;
}

static int give(const struct audit_reading *reading, const uint8_t *bytes, size_t len,
		uint64_t *last)
{
	struct uks_audit_record record;
	int ret = EXIT_OK;
	size_t used;

	for (; len && !ret; bytes += used, len -= used) {
		used = uks_audit_next(bytes, len, &record);
		if (!used) {
			if (reading->left)
				reading->left(reading->context, bytes, len);
			return EXIT_OK;
		}
		*last = record.sequence;
		ret = reading->each(reading->context, bytes, &record);
	}
	return ret;
}

/* To the record that was the last when the head was asked for: each question makes more. */
int audit_read_daemon(struct run *run, const struct uks_audit_head *head,
		      const struct audit_reading *reading)
{
	uint8_t *page = malloc(UKS_AUDIT_PAGE);
	char cursor[UKS_AUDIT_CURSOR] = "";
	uint64_t last = 0;
	int ret = EXIT_OK;
	size_t len;

	if (!page)
		return fail_text(EXIT_ERROR, "out of memory");
	do {
		len = UKS_AUDIT_PAGE;
		if (uks_audit_read(run->client, cursor, page, &len, &run->err))
			ret = fail(run, "read the records", NULL);
		else
			ret = give(reading, page, len, &last);
	} while (!ret && *cursor && last < head->last);
	free(page);
	return ret;
}

static uint8_t *read_file(const char *path, size_t *len)
{
	uint8_t *bytes = NULL;
	struct stat st;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		goto out;
	bytes = malloc(st.st_size + 1);
	if (bytes && read(fd, bytes, st.st_size) != st.st_size) {
		free(bytes);
		bytes = NULL;
	}
	*len = st.st_size;
out:
	if (fd >= 0)
		close(fd);
	return bytes;
}

static int one_file(const char *path, const struct audit_reading *reading)
{
	size_t len, at = sizeof(struct uks_audit_segment);
	uint64_t last;
	uint8_t *bytes = read_file(path, &len);
	int ret = EXIT_OK;

	if (!bytes)
		return fail_errno("read", path);
	if (reading->segment)
		at = reading->segment(reading->context, bytes, len);
	if (at && at <= len)
		ret = give(reading, bytes + at, len - at, &last);
	free(bytes);
	return ret;
}

static int is_segment(const struct dirent *entry)
{
	const char *suffix = strrchr(entry->d_name, '.');

	return suffix && !strcmp(suffix, UKS_AUDIT_SUFFIX);
}

static int all_files(const char *path, const struct audit_reading *reading)
{
	struct dirent **list;
	int i, count, ret = EXIT_OK;
	char *name;

	count = scandir(path, &list, is_segment, alphasort);
	if (count < 0)
		return fail_errno("list", path);
	if (!count)
		ret = fail_text(EXIT_ERROR, "there are no files of records in '%s'", path);
	for (i = 0; i < count; i++) {
		if (!ret && asprintf(&name, "%s/%s", path, list[i]->d_name) > 0) {
			ret = one_file(name, reading);
			free(name);
		}
		free(list[i]);
	}
	free(list);
	return ret;
}

int audit_read_files(struct run *run, const char *path, const struct audit_reading *reading)
{
	struct stat st;

	(void)run;
	if (stat(path, &st))
		return fail_errno("open", path);
	return S_ISDIR(st.st_mode) ? all_files(path, reading) : one_file(path, reading);
}
