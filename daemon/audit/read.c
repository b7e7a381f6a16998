// SPDX-License-Identifier: LGPL-2.1-or-later
/* Records given out again. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "daemon/audit/file.h"

static int failed(const char *what, const char *path, struct failure *failure)
{
	return failure_set(failure, UKS_E_AUDIT, "cannot %s %s: %s", what, path, strerror(errno));
}

/* The first file that begins at @first or later; NULL behind the last. */
static const struct audit_segment *segment_from(const struct audit_file *file, uint64_t first)
{
	size_t i;

	for (i = 0; i < file->count; i++)
		if (file->segments[i].first >= first)
			return &file->segments[i];
	return NULL;
}

static size_t whole_records(const uint8_t *records, size_t len)
{
	struct uks_audit_record record;
	size_t used = 0, next;

	while ((next = uks_audit_next(records + used, len - used, &record)))
		used += next;
	return used;
}

static int read_some(const struct audit_file *file, const struct audit_segment *segment,
		     uint64_t offset, uint8_t *records, size_t *len, struct failure *failure)
{
	uint64_t left = segment->size - offset;
	char path[PATH_MAX];
	ssize_t ret;
	int fd;

	audit_file_path(file, segment->first, path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return failed("open", path, failure);
	ret = pread(fd, records, *len < left ? *len : left, offset);
	if (ret < 0)
		failed("read", path, failure);
	close(fd);
	if (ret < 0)
		return -1;
	*len = whole_records(records, ret);
	return 0;
}

int audit_file_read(const struct audit_file *file, uint64_t *segment, uint64_t *offset,
		    uint8_t *records, size_t *len, struct failure *failure)
{
	const struct audit_segment *found;
	size_t room = *len;

	for (;;) {
		*len = 0;
		found = segment_from(file, *segment);
		if (!found)
			return 0;
		if (found->first != *segment || *offset < sizeof(struct uks_audit_segment))
			*offset = sizeof(struct uks_audit_segment);
		*segment = found->first;
		*len = room;
		if (*offset < found->size &&
		    read_some(file, found, *offset, records, len, failure))
			return -1;
		if (*offset < found->size && *len) {
			*offset += *len;
			return 0;
		}
		/* At its end, or where it is damaged, go on with the next. */
		*segment += 1;
	}
}

void audit_file_previous(const struct audit_file *file, uint8_t *previous)
{
	struct uks_audit_segment segment = { 0 };
	char path[PATH_MAX];
	ssize_t len = -1;
	int fd;

	audit_file_path(file, file->count ? file->segments->first : 0, path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0) {
		len = pread(fd, &segment, sizeof(segment), 0);
		close(fd);
	}
	if (len != sizeof(segment))
		memset(segment.previous, 0, sizeof(segment.previous));
	memcpy(previous, segment.previous, sizeof(segment.previous));
}
